//! Versions of documents: their rows, their records and their contents.

use std::sync::Arc;

use varanto_domain::access::log::told_of;
use varanto_domain::access::{
    ContinuePermit, Display, DocumentFacts, InvalidatePermit, ReadPermit, Subject, VersionFacts,
    WholePermit,
};
use varanto_domain::archive::documents::{DocumentGroup, Form, Part, VersionState};
use varanto_domain::archive::proof;
use varanto_domain::archive::receipt::{digested_columns, digested_content, digested_metadata};
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::relationship::InCase;
use varanto_domain::time::Instant;

use crate::content::Place;
use crate::engine::{Row, params};
use crate::holes;
use crate::keys::DataKey;
use crate::oids;
use crate::signatures::SealedSignatures;
use crate::{ReadTx, Store, StoreError, WriteTx};

/// Everything the store keeps in the clear about one version.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "each field is the column of the same name")]
pub struct VersionRow {
    pub version: VersionKey,
    pub oid: Oid,
    pub client: ClientKey,
    pub set: VersionKey,
    pub number: u32,
    pub state: VersionState,
    pub group: DocumentGroup,
    pub form: Form,
    pub parts: Vec<Part>,
    pub controller: Oid,
    pub unit: Option<Oid>,
    pub service_task: Option<Arc<str>>,
    pub specific_type: Option<Arc<str>>,
    pub case_key: Option<i64>,
    pub relationship_key: Option<i64>,
    pub main: Option<VersionKey>,
    pub written_at: Instant,
    pub archived_at: Instant,
    pub content_bytes: u64,
    pub arrival: Arc<str>,
    pub leaf: u64,
}

/// A content, compressed and encrypted on the caller's thread, with its salted digest.
pub struct SealedContent {
    bytes: Vec<u8>,
    digest: proof::Hash,
    salt: proof::Salt,
}

/// A record of metadata, compressed and encrypted on the caller's thread. Its digest
/// waits for the columns, some of which only the writer knows.
pub struct SealedRecord {
    bytes: Vec<u8>,
    digest: proof::Hash,
    salt: proof::Salt,
}

/// What of a version goes into its receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionEvidence {
    /// Its leaf in the proof log.
    pub leaf: u64,
    /// The salt and digest of its content.
    pub content: (proof::Salt, proof::Hash),
    /// The salt and digest of its metadata.
    pub metadata: (proof::Salt, proof::Hash),
}

/// A version to be kept.
pub struct NewVersion<'a> {
    /// Its key, drawn before its content was sealed.
    pub version: VersionKey,
    /// Its OID.
    pub oid: &'a Oid,
    /// Whose it is.
    pub client: ClientKey,
    /// The first version's key; its own for a first version.
    pub set: VersionKey,
    /// Its number in the set.
    pub number: u32,
    /// Its group.
    pub group: DocumentGroup,
    /// Its form.
    pub form: Form,
    /// Its parts, in their order: those of its form, and those beside.
    pub parts: &'a [Part],
    /// General type, specific type, service task.
    pub codes: [Option<&'a str>; 3],
    /// In whose register.
    pub controller: &'a Oid,
    /// Organiser and unit.
    pub parties: [Option<&'a Oid>; 2],
    /// The case it hangs on, or is.
    pub case_key: Option<i64>,
    /// The relationship it belongs to, or is.
    pub relationship_key: Option<i64>,
    /// The main document's set.
    pub main: Option<VersionKey>,
    /// When it was written.
    pub written_at: Instant,
    /// When it came.
    pub archived_at: Instant,
    /// Who brought it, and with which certificate.
    pub arrival: &'a str,
    /// Bytes of its content as sent.
    pub content_bytes: u64,
    /// Its content.
    pub content: &'a SealedContent,
    /// Its metadata.
    pub record: &'a SealedRecord,
    /// The evidence of its signatures, if it came with any.
    pub signatures: Option<&'a SealedSignatures>,
}

/// The label and place names under which the parts of a version are sealed and salted.
const CONTENT: &str = "content";
const RECORD: &str = "record";
pub(crate) const EXPLANATION: &str = "explanation";

impl Store {
    /// Compresses and encrypts a content for a version, on the thread that asks.
    pub fn seal_content(
        &self,
        key: &DataKey,
        version: VersionKey,
        dictionary: i64,
        parts: &[(Part, &[u8])],
    ) -> Result<SealedContent, StoreError> {
        let salt = key.salt(CONTENT, version.0);
        let slim = holes::cut(parts);
        let bare: Vec<&[u8]> = slim.iter().map(AsRef::as_ref).collect();
        let place = Place { what: CONTENT, key: version.0 };
        Ok(SealedContent {
            bytes: self.seal_parts(dictionary, key, place, &bare)?,
            digest: proof::salted(&salt, &digested_content(parts)),
            salt,
        })
    }

    /// As [`Store::seal_content`], for the record of metadata.
    pub fn seal_record(
        &self,
        key: &DataKey,
        version: VersionKey,
        dictionary: i64,
        record: &[u8],
    ) -> Result<SealedRecord, StoreError> {
        let place = Place { what: RECORD, key: version.0 };
        Ok(SealedRecord {
            bytes: self.seal_parts(dictionary, key, place, &[record])?,
            digest: proof::sha256(record),
            salt: key.salt(RECORD, version.0),
        })
    }
}

impl ReadTx<'_> {
    /// The version with this OID.
    pub fn find_version(&self, oid: &Oid) -> Result<Option<VersionRow>, StoreError> {
        const SQL: &str = "SELECT version_key FROM document_route WHERE oid = ?1";
        let key: Option<i64> = self.optional(SQL, [oids::pack(oid)], |row| row.get(0))?;
        key.map(|key| self.version_of_key(VersionKey(key))).transpose()
    }

    /// The OID of a version.
    pub fn oid_of(&self, version: VersionKey) -> Result<Oid, StoreError> {
        const SQL: &str = "SELECT oid FROM document_version WHERE version_key = ?1";
        let packed: Vec<u8> = self.one(SQL, [version.0], |row| row.get(0))?;
        oids::unpack(&packed)
            .ok_or_else(|| StoreError::Damaged(format!("the OID of version {}", version.0)))
    }

    /// The row of a version that is known to exist.
    pub fn version_of_key(&self, version: VersionKey) -> Result<VersionRow, StoreError> {
        const SQL: &str = concat!(
            "SELECT version_key, client_key, set_key, version, state, document_group, form, ",
            "controller, case_key, relationship_key, main_key, written_at, archived_at, ",
            "content_bytes, leaf, oid, arrival, unit, service_task, specific_type ",
            "FROM document_version WHERE version_key = ?1"
        );
        let raw = self.optional(SQL, [version.0], RawVersion::read)?;
        let raw =
            raw.ok_or_else(|| StoreError::Damaged(format!("version {} is missing", version.0)))?;
        self.version_of(&raw)
    }

    /// What a decision needs to know of a version; `joint` are the clients of its case, where that is joint.
    /// The record is not opened for it, so the citizen's view takes the document as hidden.
    pub fn facts(
        &self,
        row: &VersionRow,
        joint: Arc<[InCase]>,
    ) -> Result<VersionFacts, StoreError> {
        let set = if row.set == row.version { row.oid.clone() } else { self.oid_of(row.set)? };
        Ok(VersionFacts {
            version: row.version,
            client: row.client,
            document: DocumentFacts {
                id: row.oid.clone(),
                set,
                client: Some(row.client),
                controller: row.controller.clone(),
                unit: row.unit.clone(),
                group: row.group,
                state: row.state,
                service_task: row.service_task.clone(),
                subject: row.specific_type.as_deref().map_or(Subject::Ordinary, Subject::of_type),
                display: Display::UNREAD,
                signed: row.group == DocumentGroup::LaterPhase,
                written_at: row.written_at,
                joint,
            },
        })
    }

    /// The versions of a set, oldest first.
    pub fn list_versions(&self, set: VersionKey) -> Result<Vec<VersionRow>, StoreError> {
        const SQL: &str = "SELECT version_key FROM document_version
            WHERE set_key = ?1 AND version > 1 ORDER BY version";
        let later = self.all(SQL, [set.0], |row| row.get::<i64>(0))?;
        std::iter::once(set.0)
            .chain(later)
            .map(|key| self.version_of_key(VersionKey(key)))
            .collect()
    }

    /// The number of a document's next version: one above the highest, invalidated ones too. Source: ARC-3; nat 3.4.
    ///
    /// # Errors
    /// The database's error.
    pub fn next_number(&self, set: VersionKey) -> Result<u32, StoreError> {
        const SQL: &str =
            "SELECT max(version) FROM document_version WHERE set_key = ?1 AND version > 1";
        let highest = self.one(SQL, [set.0], |row| row.get::<Option<i64>>(0))?;
        let highest = u32::try_from(highest.unwrap_or(1));
        highest
            .map(|number| number + 1)
            .map_err(|_| StoreError::Damaged("a version's number".into()))
    }

    /// The attachments of a main document, oldest first: the newest versions of their sets.
    pub fn list_attachments(&self, main: VersionKey) -> Result<Vec<VersionRow>, StoreError> {
        const SQL: &str = "SELECT version_key FROM document_version
            WHERE main_key = ?1 AND state = 0 ORDER BY version_key";
        let keys = self.all(SQL, [main.0], |row| row.get::<i64>(0))?;
        keys.into_iter().map(|key| self.version_of_key(VersionKey(key))).collect()
    }

    /// The columns of a version that its metadata's digest covers; see [`NewVersion`].
    pub fn columns(&self, version: VersionKey) -> Result<String, StoreError> {
        const SQL: &str = "SELECT version_key, client_key, set_key, version, document_group, form,
            general_type, specific_type, service_task, controller, organiser, unit, case_key,
            relationship_key, main_key, written_at, archived_at, content_bytes, arrival
            FROM document_version WHERE version_key = ?1";
        let values: [Option<i64>; 19] = self.one(SQL, [version.0], |row| {
            let mut values = [None; 19];
            for (column, value) in values.iter_mut().enumerate() {
                *value = row.get(column)?;
            }
            Ok(values)
        })?;
        let mut texts = Vec::with_capacity(values.len());
        for (column, value) in values.into_iter().enumerate() {
            texts.push(match (value, (6..12).contains(&column) || column == 18) {
                (Some(term), true) => self.term(term)?.to_string(),
                (Some(number), false) => number.to_string(),
                (None, _) => String::new(),
            });
        }
        texts.push(self.oid_of(version)?.to_string());
        texts.extend(self.signatures_line(version)?);
        Ok(columns_text(&texts))
    }

    /// The metadata of a row, that `permit` opens.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] also when the permit is for another version.
    pub fn record(
        &self,
        permit: &WholePermit<'_>,
        row: &VersionRow,
    ) -> Result<Vec<u8>, StoreError> {
        if permit.version() != row.version {
            return Err(StoreError::Damaged("a permit for another version".into()));
        }
        self.open_record(row)
    }

    /// As [`ReadTx::record`], for one who masks what it tells of where the client is.
    pub fn record_to_mask(
        &self,
        permit: &ReadPermit,
        row: &VersionRow,
    ) -> Result<Vec<u8>, StoreError> {
        if permit.version() != row.version {
            return Err(StoreError::Damaged("a permit for another version".into()));
        }
        self.open_record(row)
    }

    /// The structured content of a row, for one who masks what it tells of where the client is; `None`
    /// for a version of another form.
    pub fn structured_to_mask(
        &self,
        permit: &ReadPermit,
        row: &VersionRow,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        if permit.version() != row.version {
            return Err(StoreError::Damaged("a permit for another version".into()));
        }
        let parts = self.content_of(row.version, row.client, &row.parts)?;
        let mut named = row.parts.iter().zip(parts);
        Ok(named.find(|(part, _)| **part == Part::Structured).map(|(_, bytes)| bytes))
    }

    /// The structured content of a version that `permit` lets be followed by the next, for what is taken over into it.
    pub fn structured_to_continue(
        &self,
        permit: &ContinuePermit,
        row: &VersionRow,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        if permit.version() != row.version {
            return Err(StoreError::Damaged("a permit for another version".into()));
        }
        let parts = self.content_of(row.version, row.client, &row.parts)?;
        let mut named = row.parts.iter().zip(parts);
        Ok(named.find(|(part, _)| **part == Part::Structured).map(|(_, bytes)| bytes))
    }

    /// The content that `permit` opens, part by part, byte for byte as it was archived. A part that it
    /// does not open is left out.
    pub fn content(&self, permit: &WholePermit<'_>) -> Result<Vec<(Part, Vec<u8>)>, StoreError> {
        const SQL: &str = "SELECT form FROM document_version WHERE version_key = ?1";
        let form: i64 = self.one(SQL, [permit.version().0], |row| row.get(0))?;
        let named = parts_of(form)?;
        let parts = self.content_of(permit.version(), permit.client(), &named)?;
        let opened = named.into_iter().zip(parts).filter(|(part, _)| permit.opens(*part));
        Ok(opened.collect())
    }

    /// What a rule turns on of a version's metadata: `read` picks it, and it is told to nobody but as what follows from it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the metadata do not open.
    pub fn fact_of_record<T>(
        &self,
        row: &VersionRow,
        read: impl FnOnce(&[u8]) -> T,
    ) -> Result<T, StoreError> {
        Ok(read(&self.open_record(row)?))
    }

    pub(crate) fn open_record(&self, row: &VersionRow) -> Result<Vec<u8>, StoreError> {
        const SQL: &str = "SELECT record FROM document_version WHERE version_key = ?1";
        let sealed: Vec<u8> = self.one(SQL, [row.version.0], |row| row.get(0))?;
        let key = self.data_key(row.client)?;
        let place = Place { what: RECORD, key: row.version.0 };
        let mut parts = self.open_parts(&key, place, &sealed)?;
        match (parts.pop(), parts.is_empty()) {
            (Some(record), true) => Ok(record),
            _ => Err(StoreError::Damaged(format!("record {} has other parts", row.version.0))),
        }
    }

    pub(crate) fn content_of(
        &self,
        version: VersionKey,
        client: ClientKey,
        named: &[Part],
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT sealed FROM content WHERE version_key = ?1";
        let sealed: Option<Vec<u8>> = self.optional(SQL, [version.0], |row| row.get(0))?;
        let sealed = sealed
            .ok_or_else(|| StoreError::Damaged(format!("content {} is missing", version.0)))?;
        let key = self.data_key(client)?;
        let slim = self.open_parts(&key, Place { what: CONTENT, key: version.0 }, &sealed)?;
        holes::fill(named, slim)
            .ok_or_else(|| StoreError::Damaged(format!("content {} has other parts", version.0)))
    }

    /// What of a version goes into its receipt, made anew from what is kept.
    pub fn evidence(&self, permit: &WholePermit<'_>) -> Result<VersionEvidence, StoreError> {
        let row = self.version_of_key(permit.version())?;
        self.evidence_of(&row)
    }

    fn evidence_of(&self, row: &VersionRow) -> Result<VersionEvidence, StoreError> {
        let parts = self.content_of(row.version, row.client, &row.parts)?;
        let record = self.open_record(row)?;
        self.evidence_from(row, &record, &parts)
    }

    pub(crate) fn evidence_from(
        &self,
        row: &VersionRow,
        record: &[u8],
        parts: &[Vec<u8>],
    ) -> Result<VersionEvidence, StoreError> {
        let key = self.data_key(row.client)?;
        let named: Vec<(Part, &[u8])> =
            row.parts.iter().copied().zip(parts.iter().map(Vec::as_slice)).collect();
        let columns = self.columns(row.version)?;
        let content_salt = key.salt(CONTENT, row.version.0);
        let metadata_salt = key.salt(RECORD, row.version.0);
        let content = proof::salted(&content_salt, &digested_content(&named));
        let metadata = proof::salted(&metadata_salt, &digested_metadata(record, &columns));
        Ok(VersionEvidence {
            leaf: row.leaf,
            content: (content_salt, content),
            metadata: (metadata_salt, metadata),
        })
    }

    pub(crate) fn data_key(
        &self,
        client: ClientKey,
    ) -> Result<std::sync::Arc<DataKey>, StoreError> {
        self.client_data_key(client)?
            .ok_or_else(|| StoreError::Damaged(format!("the key of client {} is gone", client.0)))
    }

    pub(crate) fn version_of(&self, raw: &RawVersion) -> Result<VersionRow, StoreError> {
        let damaged = || StoreError::Damaged(format!("the row of version {}", raw.version));
        let group = usize::try_from(raw.group).ok().and_then(|n| DocumentGroup::ALL.get(n));
        let state = usize::try_from(raw.state).ok().and_then(|n| VersionState::ALL.get(n));
        Ok(VersionRow {
            version: VersionKey(raw.version),
            client: ClientKey(raw.client),
            set: VersionKey(raw.set),
            number: u32::try_from(raw.number).map_err(|_| damaged())?,
            state: *state.ok_or_else(damaged)?,
            group: *group.ok_or_else(damaged)?,
            form: form_of(raw.form)?,
            parts: parts_of(raw.form)?,
            controller: self.oid_term(raw.controller)?,
            unit: raw.unit.map(|unit| self.oid_term(unit)).transpose()?,
            service_task: raw.service_task.map(|task| self.term(task)).transpose()?,
            specific_type: raw.specific_type.map(|kind| self.term(kind)).transpose()?,
            case_key: raw.case_key,
            relationship_key: raw.relationship_key,
            main: raw.main.map(VersionKey),
            written_at: Instant::from_millis(raw.written_at),
            archived_at: Instant::from_millis(raw.archived_at),
            content_bytes: u64::try_from(raw.content_bytes).map_err(|_| damaged())?,
            leaf: u64::try_from(raw.leaf).map_err(|_| damaged())?,
            oid: oids::unpack(&raw.oid).ok_or_else(damaged)?,
            arrival: self.term(raw.arrival)?,
        })
    }
}

/// A version's row before its terms are looked up.
pub(crate) struct RawVersion {
    version: i64,
    client: i64,
    set: i64,
    number: i64,
    state: i64,
    group: i64,
    form: i64,
    controller: i64,
    case_key: Option<i64>,
    relationship_key: Option<i64>,
    main: Option<i64>,
    written_at: i64,
    archived_at: i64,
    content_bytes: i64,
    leaf: i64,
    oid: Vec<u8>,
    arrival: i64,
    unit: Option<i64>,
    service_task: Option<i64>,
    specific_type: Option<i64>,
}

impl RawVersion {
    /// Reads the columns in the order in which [`ReadTx::version_of_key`] asks for them.
    pub(crate) fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            version: row.get(0)?,
            client: row.get(1)?,
            set: row.get(2)?,
            number: row.get(3)?,
            state: row.get(4)?,
            group: row.get(5)?,
            form: row.get(6)?,
            controller: row.get(7)?,
            case_key: row.get(8)?,
            relationship_key: row.get(9)?,
            main: row.get(10)?,
            written_at: row.get(11)?,
            archived_at: row.get(12)?,
            content_bytes: row.get(13)?,
            leaf: row.get(14)?,
            oid: row.get(15)?,
            arrival: row.get(16)?,
            unit: row.get(17)?,
            service_task: row.get(18)?,
            specific_type: row.get(19)?,
        })
    }
}

/// The forms in the order that the column `form` counts them, in its lowest two bits. The bits above
/// tell which parts stand beside those of the form, in the order of [`Part::BESIDE`].
const FORMS: [Form; 3] = [Form::Structured, Form::Xhtml, Form::Pdf];

fn form_of(number: i64) -> Result<Form, StoreError> {
    let beside = (number >> 2) < (1 << Part::BESIDE.len());
    usize::try_from(number & 3)
        .ok()
        .filter(|_| number >= 0 && beside)
        .and_then(|number| FORMS.get(number).copied())
        .ok_or_else(|| StoreError::Damaged(format!("form {number} is unknown")))
}

fn parts_of(number: i64) -> Result<Vec<Part>, StoreError> {
    let mut parts = form_of(number)?.parts().to_vec();
    let beside = Part::BESIDE.into_iter().enumerate();
    parts.extend(beside.filter(|(bit, _)| number & (4 << bit) != 0).map(|(_, part)| part));
    Ok(parts)
}

fn number_of(form: Form, parts: &[Part]) -> i64 {
    let form = match form {
        Form::Structured => 0,
        Form::Xhtml => 1,
        Form::Pdf => 2,
    };
    let bits = Part::BESIDE.iter().enumerate().filter(|(_, part)| parts.contains(part));
    bits.fold(form, |number, (bit, _)| number | (4 << bit))
}

/// The columns as they are hashed: a value a line, an empty one for nothing.
fn columns_text(values: &[impl AsRef<str>]) -> String {
    let mut text = String::with_capacity(256);
    for value in values {
        text.push_str(value.as_ref());
        text.push('\n');
    }
    text
}

impl NewVersion<'_> {
    /// The columns that the metadata's digest covers: all but the state, which changes, and the leaf;
    /// and one line more for the evidence of signatures.
    fn columns(&self) -> String {
        let number = |number: i64| number.to_string();
        let maybe = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let [general, specific, task] = self.codes;
        let [organiser, unit] = self.parties.map(|party| party.map(Oid::as_str));
        let mut texts = vec![
            number(self.version.0),
            number(self.client.0),
            number(self.set.0),
            number(i64::from(self.number)),
            number(self.group as i64),
            number(number_of(self.form, self.parts)),
            text(general),
            text(specific),
            text(task),
            self.controller.to_string(),
            text(organiser),
            text(unit),
            maybe(self.case_key),
            maybe(self.relationship_key),
            maybe(self.main.map(|main| main.0)),
            number(self.written_at.millis()),
            number(self.archived_at.millis()),
            number(self.content_bytes.cast_signed()),
            self.arrival.to_owned(),
            self.oid.to_string(),
        ];
        texts.extend(self.signatures.map(SealedSignatures::line));
        columns_text(&texts)
    }
}

impl WriteTx<'_> {
    /// Keeps a version: row, content, route, and its leaf in the proof log.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the OID is taken.
    pub fn insert_version(&mut self, new: &NewVersion<'_>) -> Result<VersionEvidence, StoreError> {
        const ROUTE: &str = "INSERT INTO document_route (oid, version_key) VALUES (?1, ?2)";
        const CONTENT: &str = "INSERT INTO content (version_key, sealed) VALUES (?1, ?2)";
        const VERSION: &str = "INSERT INTO document_version VALUES
            (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,
             ?19, ?20, ?21, ?22)";
        // What was sealed before the client's key was destroyed would never open again.
        if self.is_erased(new.client)? {
            return Err(StoreError::Conflict("the client's key has been destroyed".into()));
        }
        let key = new.version.0;
        let oid = oids::pack(new.oid);
        self.execute(ROUTE, params![oid, key])?;
        self.execute(CONTENT, params![key, new.content.bytes])?;
        let columns = new.columns();
        let metadata =
            proof::salted(&new.record.salt, &digested_columns(&new.record.digest, &columns));
        let leaf = self.append_leaf(proof::version_leaf(&new.content.digest, &metadata));
        let [general, specific, task] = new.codes;
        let [organiser, unit] = new.parties.map(|party| party.map(Oid::as_str));
        let terms = [
            self.make_term_if(general)?,
            self.make_term_if(specific)?,
            self.make_term_if(task)?,
            Some(self.make_term(new.controller.as_str())?),
            self.make_term_if(organiser)?,
            self.make_term_if(unit)?,
        ];
        let arrival = self.make_term(new.arrival)?;
        self.execute(
            VERSION,
            params![
                key,
                oid,
                new.client.0,
                new.set.0,
                new.number,
                new.group as i64,
                number_of(new.form, new.parts),
                terms[0],
                terms[1],
                terms[2],
                terms[3],
                terms[4],
                terms[5],
                new.case_key,
                new.relationship_key,
                new.main.map(|main| main.0),
                new.written_at.millis(),
                new.archived_at.millis(),
                new.content_bytes.cast_signed(),
                arrival,
                new.record.bytes,
                leaf.cast_signed(),
            ],
        )?;
        if let Some(signatures) = new.signatures {
            self.insert_signatures(new.version, signatures)?;
        }
        if new.set == new.version {
            self.told = Some((new.version, told_of(new.oid, new.number, new.oid)));
        }
        Ok(VersionEvidence {
            leaf,
            content: (new.content.salt, new.content.digest),
            metadata: (new.record.salt, metadata),
        })
    }

    /// Marks a version as replaced by a newer one.
    pub fn replace_version(&mut self, version: VersionKey) -> Result<(), StoreError> {
        self.set_state(version, VersionState::Replaced)
    }

    /// Brings a replaced version back into force, because the one that replaced it was invalidated.
    pub fn restore_version(&mut self, version: VersionKey) -> Result<(), StoreError> {
        self.set_state(version, VersionState::InForce)
    }

    /// Marks a version as invalidated, and keeps why. `line` is the number and the moment of the log
    /// line that tells of it.
    pub fn invalidate_version(
        &mut self,
        permit: &InvalidatePermit,
        client: ClientKey,
        reason: &str,
        explanation: Option<&str>,
        line: (i64, Instant),
    ) -> Result<(), StoreError> {
        self.keep_invalidation((permit.version(), client), reason, explanation, line)
    }

    /// As [`WriteTx::invalidate_version`], of a version that is taken in from another archive in which it is invalidated.
    pub fn keep_invalidation(
        &mut self,
        (version, client): (VersionKey, ClientKey),
        reason: &str,
        explanation: Option<&str>,
        line: (i64, Instant),
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO invalidation
            (version_key, reason, explanation, invalidated_at, line) VALUES (?1, ?2, ?3, ?4, ?5)";
        let sealed = match explanation {
            Some(text) => {
                let key = self.data_key(client)?;
                let place = Place { what: EXPLANATION, key: version.0 };
                Some(self.seal_parts(&key, place, 0, &[text.as_bytes()])?)
            }
            None => None,
        };
        let reason = self.make_term(reason)?;
        self.execute(SQL, params![version.0, reason, sealed, line.1.millis(), line.0])?;
        self.set_state(version, VersionState::Invalidated)
    }

    fn set_state(&mut self, version: VersionKey, state: VersionState) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE document_version SET state = ?2 WHERE version_key = ?1";
        let changed = self.execute(SQL, params![version.0, state as i64])?;
        if changed == 1 {
            Ok(())
        } else {
            Err(StoreError::Damaged(format!("version {} is missing", version.0)))
        }
    }
}

/// Why, when and by which log line a version was invalidated.
pub(crate) struct InvalidationMark {
    pub(crate) reason: i64,
    pub(crate) explanation: Option<Vec<u8>>,
    pub(crate) at: i64,
    pub(crate) line: i64,
}

impl ReadTx<'_> {
    pub(crate) fn invalidation_mark(
        &self,
        version: VersionKey,
    ) -> Result<Option<InvalidationMark>, StoreError> {
        const SQL: &str = "SELECT reason, explanation, invalidated_at, line FROM invalidation
            WHERE version_key = ?1";
        self.optional(SQL, [version.0], |row| {
            Ok(InvalidationMark {
                reason: row.get(0)?,
                explanation: row.get(1)?,
                at: row.get(2)?,
                line: row.get(3)?,
            })
        })
    }

    /// Whether the explanation of an invalidation, if there is one, decrypts.
    pub(crate) fn explanation_opens(
        &self,
        row: &VersionRow,
        mark: &InvalidationMark,
    ) -> Result<(), StoreError> {
        let Some(sealed) = &mark.explanation else { return Ok(()) };
        let key = self.data_key(row.client)?;
        let place = Place { what: EXPLANATION, key: row.version.0 };
        self.open_parts(&key, place, sealed).map(drop)
    }

    /// Whether a later version of the set is not invalidated.
    pub(crate) fn has_later_valid(&self, row: &VersionRow) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM document_version WHERE set_key = ?1
            AND version > ?2 AND version > 1 AND version_key NOT IN
            (SELECT version_key FROM invalidation))";
        self.one(SQL, params![row.set.0, row.number], |row| row.get(0))
    }

    /// Whether the client's key was destroyed by intent.
    pub fn is_erased(&self, client: ClientKey) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM client_key
            WHERE client_key = ?1 AND destroyed_at IS NOT NULL)";
        self.one(SQL, [client.0], |row| row.get(0))
    }
}

/// Why and when a version was invalidated.
#[derive(Debug, Clone)]
pub struct InvalidationRow {
    /// The reason's code.
    pub reason: String,
    /// When.
    pub at: Instant,
    /// The number of the log line that tells of it.
    pub line: i64,
}

impl ReadTx<'_> {
    /// Why a version was invalidated, for one who may read it.
    pub fn find_invalidation(
        &self,
        permit: &ReadPermit,
    ) -> Result<Option<InvalidationRow>, StoreError> {
        let Some(mark) = self.invalidation_mark(permit.version())? else { return Ok(None) };
        Ok(Some(InvalidationRow {
            reason: self.term(mark.reason)?.to_string(),
            at: Instant::from_millis(mark.at),
            line: mark.line,
        }))
    }
}
