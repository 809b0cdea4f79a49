//! Keeping the versions of a package as the archive that it is from had them: each with its own line and proof here, in the order
//! in which they came there.

use std::sync::Arc;

use varanto_domain::access::log::{Actor, Event, KeptLine};
use varanto_domain::archive::documents::{Part, VersionState, archiving_delay_millis};
use varanto_domain::archive::references::{KnownCase, KnownRelationship, RegisterContent};
use varanto_domain::archive::register_documents::{CaseContent, RelationshipContent};
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::relationship::{Parties, Road};
use varanto_domain::time::FinnishDay;
use varanto_formats::register_package::{InvalidationFile, write};
use varanto_store::{
    DataKey, NewVersion, OPERATOR, SealedContent, SealedRecord, SealedSignatures, Store,
    StoreError, VersionRow, WriteTx,
};

use super::TransferError;
use super::reading::VersionRead;
use super::told::ToldOfVersion;
use crate::archive::record::who_brought;
use crate::derived::{clients_of_case, derive_long_road};
use crate::{App, AppError, Registry};

/// How many versions, and about how many bytes, are kept in one turn.
const MOST_AT_ONCE: usize = 32;
const MOST_BYTES: usize = 8 << 20;

/// Versions on their way into the archive.
pub(super) struct Replay<'a> {
    app: &'a App,
    registry: Arc<Registry>,
    controller: Oid,
    /// The line that tells that it began.
    taken: i64,
    today: FinnishDay,
    waiting: Vec<Ready>,
    bytes: usize,
    /// How many versions are in: kept now, or there before.
    pub(super) kept: u64,
    pub(super) there: u64,
}

/// A version that is ready to be kept.
struct Ready {
    version: VersionKey,
    dictionaries: [i64; 2],
    told: ToldOfVersion,
    record: Vec<u8>,
    parts: Vec<(Part, Vec<u8>)>,
    arrival: String,
    invalidated: Option<(InvalidationFile, KeptLine)>,
    signatures: Option<String>,
    /// What the archive that it is from kept of it, as the package tells it.
    beside: String,
}

/// A version, sealed.
struct Sealed {
    content: SealedContent,
    record: SealedRecord,
    signatures: Option<SealedSignatures>,
}

fn lost(what: &str, told: &ToldOfVersion) -> StoreError {
    StoreError::Damaged(format!("the {what} of {} in the package", told.document))
}

impl<'a> Replay<'a> {
    pub(super) fn begin(app: &'a App, controller: &Oid, taken: i64) -> Self {
        Self {
            app,
            registry: app.registry(),
            controller: controller.clone(),
            taken,
            today: FinnishDay::of(app.clock.now()),
            waiting: Vec::new(),
            bytes: 0,
            kept: 0,
            there: 0,
        }
    }

    /// Takes a version, and keeps those that wait when they are many.
    pub(super) fn version(&mut self, version: VersionRead) -> Result<(), TransferError> {
        let told = ToldOfVersion::of(&version, self.registry.code_sets(), self.today);
        let told = told.map_err(|what| {
            let document = &version.file.document_id;
            StoreError::Damaged(format!("the {what} of {document} in the package"))
        })?;
        let structure = told.structure.as_ref().and_then(|one| self.registry.structure(one));
        let structure = structure.map(|entry| Arc::clone(&entry.structure));
        let VersionRead { file, record, parts } = version;
        let beside = write(&file);
        let told_of_it = file.invalidated.as_ref().and_then(|why| why.told.first()?.read());
        self.bytes += parts.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        self.waiting.push(Ready {
            version: VersionKey(self.app.store.ids().next_key()),
            dictionaries: self.app.dictionaries_for(structure.as_deref(), &self.registry)?,
            told,
            record,
            parts,
            arrival: file.arrival,
            invalidated: file.invalidated.zip(told_of_it),
            signatures: file.proof.signatures.map(|kept| kept.evidence().to_owned()),
            beside,
        });
        if self.waiting.len() >= MOST_AT_ONCE || self.bytes >= MOST_BYTES {
            self.keep()?;
        }
        Ok(())
    }

    /// Keeps the versions that wait, all of them or none.
    pub(super) fn keep(&mut self) -> Result<(), TransferError> {
        self.bytes = 0;
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let (store, controller, taken) =
            (self.app.store.clone(), self.controller.clone(), self.taken);
        let of = waiting.len() as u64;
        let done = self.app.store.write::<_, AppError>(move |tx| {
            let mut new = 0;
            for one in &waiting {
                new += u64::from(one.keep(tx, &store, (&controller, taken))?);
            }
            Ok(new)
        })?;
        self.kept += done.value;
        self.there += of - done.value;
        Ok(())
    }
}

impl Ready {
    /// Keeps the version with its line, its proof and what follows from it; `false`: it was there, and what came of it since
    /// is kept.
    fn keep(
        &self,
        tx: &mut WriteTx<'_>,
        store: &Store,
        (controller, taken): (&Oid, i64),
    ) -> Result<bool, AppError> {
        let told = &self.told;
        if let Some(row) = tx.find_version(&told.document)? {
            self.go_on(tx, &row, taken)?;
            return Ok(false);
        }
        let client = match tx.find_client(&told.client)? {
            Some(client) => client,
            None => tx.insert_client(&told.client)?,
        };
        let key = tx.make_client_key(client)?;
        let sealed = self.seal(store, &key)?;
        let keys = self.keep_facts(tx, controller, client)?;
        let set = self.set(tx)?;
        self.insert(tx, controller, (client, set), keys, &sealed)?;
        // Its line follows its leaf at once: receipts tell both.
        tx.restate(&self.line(client, taken))?;
        tx.keep_taken_version(taken, (self.version, client), self.beside.as_bytes())?;
        self.count(tx, controller)?;
        if let Some(why) = &self.invalidated {
            invalidate(tx, (self.version, client), why, taken)?;
        } else if let Some(set) = set
            && let Some(before) = in_force(tx, set, self.version)?
        {
            tx.replace_version(before.version)?;
        }
        if let (RegisterContent::Relationship(_) | RegisterContent::Case(_), Some(key)) =
            (&told.says, keys.0)
        {
            derive_long_road(tx, key)?;
        }
        Ok(true)
    }

    /// The first version of the document; `None`: it is this one.
    fn set(&self, tx: &WriteTx<'_>) -> Result<Option<VersionKey>, StoreError> {
        let told = &self.told;
        if told.set == told.document {
            return Ok(None);
        }
        let first = tx.find_version(&told.set)?.ok_or_else(|| lost("first version", told))?;
        Ok(Some(first.version))
    }

    fn seal(&self, store: &Store, key: &DataKey) -> Result<Sealed, StoreError> {
        let parts: Vec<(Part, &[u8])> =
            self.parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
        let signatures = self
            .signatures
            .as_ref()
            .map(|evidence| store.seal_signatures(key, self.version, 0, evidence.as_bytes()));
        Ok(Sealed {
            content: store.seal_content(key, self.version, self.dictionaries[0], &parts)?,
            record: store.seal_record(key, self.version, self.dictionaries[1], &self.record)?,
            signatures: signatures.transpose()?,
        })
    }

    fn insert(
        &self,
        tx: &mut WriteTx<'_>,
        controller: &Oid,
        (client, set): (ClientKey, Option<VersionKey>),
        (relationship_key, case_key): (Option<i64>, Option<i64>),
        sealed: &Sealed,
    ) -> Result<(), StoreError> {
        let told = &self.told;
        let main = match &told.main {
            Some(main) => {
                Some(tx.find_version(main)?.ok_or_else(|| lost("main document", told))?.set)
            }
            None => None,
        };
        let parts: Vec<Part> = self.parts.iter().map(|(part, _)| *part).collect();
        tx.insert_version(&NewVersion {
            version: self.version,
            oid: &told.document,
            client,
            set: set.unwrap_or(self.version),
            number: told.number,
            group: told.group,
            form: told.form,
            parts: &parts,
            codes: [0, 1, 2].map(|place| told.codes[place].as_deref()),
            controller,
            parties: [0, 1].map(|place| told.parties[place].as_ref()),
            case_key,
            relationship_key,
            main,
            written_at: told.written_at,
            archived_at: told.archived_at,
            arrival: &self.arrival,
            content_bytes: self.content_bytes(),
            content: &sealed.content,
            record: &sealed.record,
            signatures: sealed.signatures.as_ref(),
        })?;
        Ok(())
    }

    fn content_bytes(&self) -> u64 {
        let content = self.parts.iter().filter(|(part, _)| part.is_content());
        content.map(|(_, bytes)| bytes.len() as u64).sum()
    }

    fn count(&self, tx: &mut WriteTx<'_>, controller: &Oid) -> Result<(), StoreError> {
        let told = &self.told;
        let [general, specific, _] = &told.codes;
        let kind = specific.as_deref().or(general.as_deref());
        let written = FinnishDay::of(told.written_at);
        tx.count_version(controller, written, (told.group, kind), self.content_bytes())?;
        match archiving_delay_millis(told.group, told.written_at, told.archived_at) {
            Some(millis) => tx.count_delay(controller, FinnishDay::of(told.archived_at), millis),
            None => Ok(()),
        }
    }

    /// The line of its arrival, as it was there: when, and who brought it.
    fn line(&self, client: ClientKey, taken: i64) -> KeptLine {
        let operator = || Actor { name: OPERATOR.into(), organisation: None, detail: None };
        KeptLine {
            number: 0,
            at: self.told.archived_at,
            event: Event::Archive,
            outcome: "done".into(),
            reason: "".into(),
            actor: who_brought(&self.arrival).unwrap_or_else(operator),
            client: Some(client),
            version: Some(self.version),
            detail: format!("taken-in={taken}"),
        }
    }

    /// Of a version that is there: that it was invalidated since.
    fn go_on(&self, tx: &mut WriteTx<'_>, row: &VersionRow, taken: i64) -> Result<(), StoreError> {
        let (Some(why), true) = (&self.invalidated, row.state != VersionState::Invalidated) else {
            return Ok(());
        };
        invalidate(tx, (row.version, row.client), why, taken)?;
        if row.state == VersionState::InForce {
            let replaced =
                |one: &VersionRow| one.number < row.number && one.state == VersionState::Replaced;
            let before = tx.list_versions(row.set)?.into_iter().rfind(replaced);
            if let Some(before) = before {
                tx.restore_version(before.version)?;
            }
        }
        Ok(())
    }

    /// Keeps what a relationship or case document says, or one of the client's will, as archiving does; tells no producer
    /// anything. Answers the keys of its relationship and its case.
    fn keep_facts(
        &self,
        tx: &mut WriteTx<'_>,
        controller: &Oid,
        client: ClientKey,
    ) -> Result<(Option<i64>, Option<i64>), AppError> {
        let told = &self.told;
        match &told.says {
            RegisterContent::Relationship(said) => {
                Ok((Some(self.keep_relationship(tx, controller, client, said)?), None))
            }
            RegisterContent::Case(said) => self.keep_case(tx, controller, client, said),
            RegisterContent::Refusals(said) => {
                tx.keep_refusals(client, self.version, &said.entries)?;
                Ok((None, None))
            }
            RegisterContent::Permission(said) => {
                let said = said.said(FinnishDay::of(told.written_at));
                tx.keep_permission(client, self.version, &said)?;
                Ok((None, None))
            }
            RegisterContent::None => {
                let Some(id) = told.case.as_ref().filter(|_| told.in_case) else {
                    return Ok((None, None));
                };
                let case = tx.find_case(id)?.ok_or_else(|| lost("case", told))?;
                Ok((Some(case.relationship_key), Some(case.key)))
            }
        }
    }

    fn keep_relationship(
        &self,
        tx: &mut WriteTx<'_>,
        controller: &Oid,
        client: ClientKey,
        said: &RelationshipContent,
    ) -> Result<i64, StoreError> {
        let told = &self.told;
        let id = told.relationship.clone().ok_or_else(|| lost("relationship", told))?;
        let kept = tx.find_relationship(&id)?.map(|row| row.key);
        let known = KnownRelationship {
            id,
            client,
            controller: controller.clone(),
            old: said.old,
            last_day: said.last_day,
            of_deceased: said.of_deceased,
            service_tasks: said.service_tasks.iter().map(ToString::to_string).collect(),
            road: told.road,
        };
        let key = tx.upsert_relationship(kept, &known, self.version)?;
        if known.road == Road::Short {
            let parties = Parties::of(controller, told.parties[0].as_ref(), &known.id);
            tx.replace_rights(key, client, &said.units.rights(&parties))?;
        }
        Ok(key)
    }

    fn keep_case(
        &self,
        tx: &mut WriteTx<'_>,
        controller: &Oid,
        client: ClientKey,
        said: &CaseContent,
    ) -> Result<(Option<i64>, Option<i64>), AppError> {
        let told = &self.told;
        let id = told.case.clone().ok_or_else(|| lost("case", told))?;
        let relationship = told.relationship.as_ref().ok_or_else(|| lost("relationship", told))?;
        let relationship = tx.find_relationship(relationship)?;
        let relationship = relationship.ok_or_else(|| lost("relationship", told))?;
        let clients = clients_of_case(said, client, told.own.as_ref(), |identifier| {
            Ok::<_, StoreError>(match tx.find_client(identifier)? {
                Some(other) => other,
                None => tx.insert_client(identifier)?,
            })
        })?;
        let known = KnownCase {
            clients,
            controller: controller.clone(),
            relationship: relationship.known,
            closed: said.closed,
            closed_on: said.known_closing(),
            joint: said.joint,
            service_task: told.codes[2].clone().unwrap_or_default(),
            id,
        };
        let kept = tx.find_case(&known.id)?.map(|row| row.key);
        let key = tx.upsert_case(kept, relationship.key, &known, self.version)?;
        Ok((Some(relationship.key), Some(key)))
    }
}

/// The version of a document in force, beside one.
fn in_force(
    tx: &WriteTx<'_>,
    set: VersionKey,
    beside: VersionKey,
) -> Result<Option<VersionRow>, StoreError> {
    let stands = |one: &VersionRow| one.version != beside && one.state == VersionState::InForce;
    Ok(tx.list_versions(set)?.into_iter().find(stands))
}

/// Keeps why a version is invalidated, with its line.
fn invalidate(
    tx: &mut WriteTx<'_>,
    (version, client): (VersionKey, ClientKey),
    (why, line): &(InvalidationFile, KeptLine),
    taken: i64,
) -> Result<(), StoreError> {
    let detail = format!("{} taken-in={taken}:{}", line.detail, line.number);
    let line = KeptLine { client: Some(client), version: Some(version), detail, ..line.clone() };
    let number = tx.restate(&line)?.number;
    let told = (number, line.at);
    tx.keep_invalidation((version, client), &why.reason, why.explanation.as_deref(), told)
}
