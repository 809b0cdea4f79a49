//! A controller's whole register on its way out: everything of it, opened by one permit, in the order in which it came.

use std::collections::HashMap;

use varanto_domain::access::log::KeptLine;
use varanto_domain::access::{LogPermit, TransferPermit};
use varanto_domain::archive::corrections::CorrectionRequest;
use varanto_domain::archive::destruction::Hold;
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::proof::{LeafProof, Salt};
use varanto_domain::archive::transfer::line_in_part;
use varanto_domain::identities::IdentityJoin;
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::oversight::lines::{self, LineFacts, SeenLine};
use varanto_domain::time::Instant;

use crate::content::Place;
use crate::destruction::DestroyedFacts;
use crate::documents::{EXPLANATION, VersionRow};
use crate::engine::params;
use crate::signatures::KeptSignatures;
use crate::{ReadTx, StoreError, VersionEvidence};

/// How many rows are read at once.
const STRETCH: i64 = 256;

/// How much there is of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegisterSize {
    /// Versions of documents.
    pub versions: u64,
    /// Of those, versions of attachments.
    pub attachments: u64,
    /// Of those, versions whose client's key was destroyed.
    pub erased: u64,
    /// The bytes of their contents as they were sent.
    pub content_bytes: u64,
    /// Versions that were destroyed when their period was over.
    pub destroyed: u64,
    /// Lines of the whole use log: all are read to find those of the register.
    pub lines: u64,
}

/// A version with all that is kept of it.
#[derive(Debug, Clone)]
pub struct WholeVersion {
    /// Its row.
    pub row: VersionRow,
    /// The identifier of the first version of its set.
    pub set: Oid,
    /// The identifier of the first version of its main document, for an attachment.
    pub main: Option<Oid>,
    /// Its metadata as they are kept.
    pub record: Vec<u8>,
    /// Its parts, byte for byte as they were sent.
    pub parts: Vec<(Part, Vec<u8>)>,
    /// The columns that the digest of the metadata covers.
    pub columns: String,
    /// Its digests, with their salts.
    pub evidence: VersionEvidence,
    /// The way of its leaf to the root of the log of the size asked for.
    pub leaf: LeafProof,
    /// The evidence of its signatures, if it came with any.
    pub signatures: Option<KeptSignatures>,
    /// Why it was invalidated, if it was.
    pub invalidated: Option<Invalidated>,
}

/// Why and when a version was invalidated.
#[derive(Debug, Clone)]
pub struct Invalidated {
    /// The reason's code.
    pub reason: String,
    /// What was explained.
    pub explanation: Option<String>,
    /// When.
    pub at: Instant,
    /// The line that tells of it.
    pub told: KeptLine,
}

/// A version of a register, in its turn.
#[derive(Debug)]
pub enum RegisterVersion {
    /// It is there.
    Whole(Box<WholeVersion>),
    /// The key of its client was destroyed: its leaf is left.
    Erased(Box<VersionRow>, LeafProof),
}

/// A line of the use log with what its leaf is made of.
#[derive(Debug, Clone)]
pub struct RegisterLine {
    /// Its number.
    pub number: i64,
    /// The line as it was hashed; or what is told of one that goes in part.
    pub text: String,
    /// Whether what it tells of other registers was left out: then nothing but its leaf is proven.
    pub in_part: bool,
    /// The salt of its digest; `None` when it is gone with the key of the client, and of one that goes in part.
    pub salt: Option<Salt>,
    /// The way of its leaf to the root of the log of the size asked for.
    pub leaf: LeafProof,
}

impl ReadTx<'_> {
    /// How much there is of the register.
    pub fn register_size(&self, permit: &TransferPermit) -> Result<RegisterSize, StoreError> {
        const VERSIONS: &str = "SELECT count(*), count(main_key),
            CAST(coalesce(sum(content_bytes), 0) AS BIGINT)
            FROM document_version WHERE controller = ?1";
        const ERASED: &str = "SELECT count(*) FROM document_version AS kept
            JOIN client_key ON client_key.client_key = kept.client_key
            WHERE kept.controller = ?1 AND client_key.destroyed_at IS NOT NULL";
        const DESTROYED: &str = "SELECT count(*) FROM destroyed_version WHERE controller = ?1";
        let lines = self.count_log_lines()?;
        let Some(register) = self.find_term(permit.controller().as_str())? else {
            return Ok(RegisterSize { lines, ..RegisterSize::default() });
        };
        let count = |number: i64| number.cast_unsigned();
        let (versions, attachments, content_bytes): (i64, i64, i64) =
            self.one(VERSIONS, [register], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let erased: i64 = self.one(ERASED, [register], |row| row.get(0))?;
        let destroyed: i64 = self.one(DESTROYED, [register], |row| row.get(0))?;
        Ok(RegisterSize {
            versions: count(versions),
            attachments: count(attachments),
            erased: count(erased),
            content_bytes: count(content_bytes),
            destroyed: count(destroyed),
            lines,
        })
    }

    /// Hands every version of the register to `visit`, in the order in which they came, one in memory at a time.
    /// `size` is that of the log to which the leaves are to be led.
    ///
    /// # Errors
    /// The store's, also for a version that does not open; or the first of `visit`.
    pub fn visit_register<E: From<StoreError>>(
        &self,
        permit: &TransferPermit,
        size: u64,
        mut visit: impl FnMut(RegisterVersion) -> Result<(), E>,
    ) -> Result<(), E> {
        const NEXT: &str = "SELECT version_key FROM document_version
            WHERE version_key > ?1 AND controller = ?2 ORDER BY version_key LIMIT ?3";
        let Some(register) = self.find_term(permit.controller().as_str())? else { return Ok(()) };
        let mut last = i64::MIN;
        loop {
            let keys: Vec<i64> = self.all(NEXT, [last, register, STRETCH], |row| row.get(0))?;
            let Some(newest) = keys.last() else { return Ok(()) };
            last = *newest;
            for key in keys {
                let row = self.version_of_key(VersionKey(key))?;
                visit(self.register_version(row, size)?)?;
            }
        }
    }

    /// A version of the register by its identifier, with all that is kept of it; `None`: there is none in this register.
    /// `size` is that of the log to which the leaf is to be led.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it does not open.
    pub fn find_in_register(
        &self,
        permit: &TransferPermit,
        document: &Oid,
        size: u64,
    ) -> Result<Option<RegisterVersion>, StoreError> {
        match self.find_version(document)? {
            Some(row) if row.controller == *permit.controller() => {
                self.register_version(row, size).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The versions of the register after a key, in the order in which they came: a stretch of them, empty at the end.
    pub fn list_register(
        &self,
        permit: &TransferPermit,
        after: VersionKey,
    ) -> Result<Vec<(VersionKey, Oid)>, StoreError> {
        const NEXT: &str = "SELECT version_key FROM document_version
            WHERE version_key > ?1 AND controller = ?2 ORDER BY version_key LIMIT ?3";
        let Some(register) = self.find_term(permit.controller().as_str())? else {
            return Ok(Vec::new());
        };
        let keys: Vec<i64> = self.all(NEXT, [after.0, register, STRETCH], |row| row.get(0))?;
        let named = keys.into_iter().map(VersionKey);
        named.map(|key| Ok((key, self.oid_of(key)?))).collect()
    }

    fn register_version(&self, row: VersionRow, size: u64) -> Result<RegisterVersion, StoreError> {
        let leaf = self.inclusion(row.leaf, size)?;
        if self.is_erased(row.client)? {
            return Ok(RegisterVersion::Erased(Box::new(row), leaf));
        }
        let record = self.open_record(&row)?;
        let parts = self.content_of(row.version, row.client, &row.parts)?;
        let evidence = self.evidence_from(&row, &record, &parts)?;
        let main = row.main.map(|main| self.identifier_of(main)).transpose()?;
        Ok(RegisterVersion::Whole(Box::new(WholeVersion {
            set: self.identifier_of(row.set)?,
            main,
            columns: self.columns(row.version)?,
            signatures: self.signatures_of(&row)?,
            invalidated: self.invalidated(&row)?,
            parts: row.parts.iter().copied().zip(parts).collect(),
            record,
            evidence,
            leaf,
            row,
        })))
    }

    fn invalidated(&self, row: &VersionRow) -> Result<Option<Invalidated>, StoreError> {
        let Some(mark) = self.invalidation_mark(row.version)? else { return Ok(None) };
        let damaged =
            || StoreError::Damaged(format!("the explanation of version {}", row.version.0));
        let explanation = match &mark.explanation {
            None => None,
            Some(sealed) => {
                let key = self.data_key(row.client)?;
                let place = Place { what: EXPLANATION, key: row.version.0 };
                let text = self.open_parts(&key, place, sealed)?.pop().ok_or_else(damaged)?;
                Some(String::from_utf8(text).map_err(|_| damaged())?)
            }
        };
        Ok(Some(Invalidated {
            reason: self.term(mark.reason)?.to_string(),
            explanation,
            at: Instant::from_millis(mark.at),
            told: self.log_line(mark.line)?,
        }))
    }

    /// Hands the lines of the use log that are the controller's business to `visit`, oldest first, and every so often how many
    /// lines have been looked through to `looked`.
    ///
    /// # Errors
    /// The store's, or the first of `visit`.
    pub fn visit_register_lines<E: From<StoreError>>(
        &self,
        permit: &TransferPermit,
        size: u64,
        mut visit: impl FnMut(RegisterLine) -> Result<(), E>,
        mut looked: impl FnMut(u64),
    ) -> Result<(), E> {
        const NEXT: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail, leaf FROM use_log
            WHERE line > ?1 AND leaf < ?2 ORDER BY line LIMIT ?3";
        let (reviewer, mut known, mut last) = (permit.lines(), HashMap::new(), 0);
        loop {
            let read = |row: &crate::engine::Row<'_>| {
                let leaf: i64 = row.get(11)?;
                Ok((self.kept_line(row)?, leaf.cast_unsigned()))
            };
            let lines: Vec<(KeptLine, u64)> =
                self.all(NEXT, [last, size.cast_signed(), STRETCH], read)?;
            let Some((newest, _)) = lines.last() else { return Ok(()) };
            last = newest.number;
            for (line, leaf) in lines {
                if let Some(seen) = self.seen_with_register(&reviewer, &line, &mut known)? {
                    let told = line_in_part(&line, &seen, permit.controller());
                    visit(self.register_line(&line, told.as_ref(), leaf, size)?)?;
                }
            }
            looked(last.cast_unsigned());
        }
    }

    /// What of a line is the controller's business, by the rule for its reviewers; `known` keeps which clients the register
    /// holds anything of.
    fn seen_with_register(
        &self,
        permit: &LogPermit,
        line: &KeptLine,
        known: &mut HashMap<ClientKey, bool>,
    ) -> Result<Option<SeenLine>, StoreError> {
        let mut controllers = Vec::new();
        for version in line.versions() {
            let found = self.logged_version(permit, version)?;
            controllers.extend(found.map(|found| (version, found.controller)));
        }
        let client_is_known = match line.client {
            None => false,
            Some(client) => {
                if let Some(known) = known.get(&client) {
                    *known
                } else {
                    let answer = self.is_client_of(permit, client)?;
                    known.insert(client, answer);
                    answer
                }
            }
        };
        let facts = LineFacts {
            line,
            controllers: &controllers,
            client_is_known,
            hides_whereabouts: false,
        };
        Ok(lines::seen(permit, facts))
    }

    fn register_line(
        &self,
        line: &KeptLine,
        told: Option<&KeptLine>,
        leaf: u64,
        size: u64,
    ) -> Result<RegisterLine, StoreError> {
        if let Some(told) = told {
            return Ok(RegisterLine {
                number: line.number,
                text: told.canonical(&self.told_of_version(told.version)?),
                in_part: true,
                salt: None,
                leaf: self.inclusion(leaf, size)?,
            });
        }
        let erased = line.client.map(|client| self.is_erased(client)).transpose()?;
        let salt = match erased {
            Some(true) => None,
            _ => Some(self.log_salt(line.client, line.number)?),
        };
        Ok(RegisterLine {
            number: line.number,
            text: line.canonical(&self.told_of_version(line.version)?),
            in_part: false,
            salt,
            leaf: self.inclusion(leaf, size)?,
        })
    }

    /// The versions of the register that were destroyed, in the order in which they came, after a key.
    pub fn destroyed_of_register(
        &self,
        permit: &TransferPermit,
        after: VersionKey,
    ) -> Result<Vec<DestroyedFacts>, StoreError> {
        const SQL: &str = "SELECT version_key FROM destroyed_version
            WHERE controller = ?1 AND version_key > ?2 ORDER BY version_key LIMIT ?3";
        let Some(register) = self.find_term(permit.controller().as_str())? else {
            return Ok(Vec::new());
        };
        let keys: Vec<i64> = self.all(SQL, [register, after.0, STRETCH], |row| row.get(0))?;
        let found = keys.into_iter().map(|key| self.find_destroyed(VersionKey(key)));
        found.filter_map(Result::transpose).collect()
    }

    /// The signed certificates of the lists of the register that were carried out, each with its list's number.
    pub fn certificates_of_register(
        &self,
        permit: &TransferPermit,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        const SQL: &str = "SELECT destruction_key, certificate FROM destruction
            WHERE controller = ?1 AND certificate IS NOT NULL ORDER BY destruction_key";
        let Some(register) = self.find_term(permit.controller().as_str())? else {
            return Ok(Vec::new());
        };
        self.all(SQL, [register], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The holds that were placed in the register and not lifted, oldest first, each with what was explained.
    pub fn holds_of_register(
        &self,
        permit: &TransferPermit,
    ) -> Result<Vec<(Hold, Option<String>)>, StoreError> {
        let mut holds = self.list_holds(permit.controller(), false, i64::MAX, usize::MAX)?;
        holds.reverse();
        let explained = |hold: Hold| {
            let said = self.explanation_of_hold(&hold)?;
            Ok((hold, said))
        };
        holds.into_iter().map(explained).collect()
    }

    /// The correction requests about documents of the register, oldest first.
    pub fn corrections_of_register(
        &self,
        permit: &TransferPermit,
    ) -> Result<Vec<CorrectionRequest>, StoreError> {
        const SQL: &str = "SELECT request_key FROM correction_request WHERE controller = ?1
            ORDER BY request_key";
        let Some(register) = self.find_term(permit.controller().as_str())? else {
            return Ok(Vec::new());
        };
        let keys: Vec<i64> = self.all(SQL, [register], |row| row.get(0))?;
        let found = keys.into_iter().map(|key| self.find_correction(key));
        found.filter_map(Result::transpose).collect()
    }

    /// The joins of temporary identifiers under which the register holds something, oldest first, each with one version
    /// under it.
    pub fn joins_of_register(
        &self,
        permit: &TransferPermit,
    ) -> Result<Vec<(IdentityJoin, VersionKey)>, StoreError> {
        const SQL: &str = "SELECT min(version_key) FROM document_version
            WHERE client_key = ?1 AND controller = ?2";
        let Some(register) = self.find_term(permit.controller().as_str())? else {
            return Ok(Vec::new());
        };
        let mut joins = Vec::new();
        for join in self.identity_joins_kept()? {
            let first: Option<i64> =
                self.one(SQL, params![join.temporary.0, register], |row| row.get(0))?;
            joins.extend(first.map(|first| (join, VersionKey(first))));
        }
        Ok(joins)
    }

    /// The metadata of one version of the register.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] also for a version of another register.
    pub fn record_of_register(
        &self,
        permit: &TransferPermit,
        version: VersionKey,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let row = self.version_of_key(version)?;
        if row.controller != *permit.controller() {
            return Err(StoreError::Damaged("a permit for another register".into()));
        }
        if self.is_erased(row.client)? {
            return Ok(None);
        }
        self.open_record(&row).map(Some)
    }
}
