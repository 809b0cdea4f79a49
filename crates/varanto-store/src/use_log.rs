//! The use log: appended to, never changed; each line a leaf of the proof log.

use std::sync::Arc;

use varanto_domain::access::log::{Actor, Event, KeptLine, LogLine, canonical, told_of};
use varanto_domain::archive::proof;
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::time::Instant;

use crate::documents::InvalidationMark;
use crate::engine::{Row, params};
use crate::keys::DataKey;
use crate::oids;
use crate::{ReadTx, StoreError, WriteTx};

const SALT: &str = "log";

/// How many characters of an invalidation's reason its line tells, as `reason=…`.
pub const REASON_CHARACTERS: usize = 8;

/// A line that was appended, and what of it goes into receipts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineEvidence {
    /// Its number.
    pub number: i64,
    /// Its leaf in the proof log.
    pub leaf: u64,
    /// The line as it was hashed.
    pub text: String,
    /// The salt of its digest.
    pub salt: proof::Salt,
}

impl WriteTx<'_> {
    /// Appends a line. Its leaf goes to the proof log.
    pub fn log(&mut self, line: &LogLine) -> Result<LineEvidence, StoreError> {
        let reason = line.outcome.reason();
        let codes = (line.event, line.outcome.code(), reason.as_str());
        self.append_line(line.at, codes, &line.actor, (line.client, line.version), &line.detail)
    }

    /// Appends a line that another archive's log has, with what it tells of its moment and of who acted; its number is the next
    /// one here. Its detail says where it is from.
    ///
    /// Source: OPS-3, LOG-1.
    pub fn restate(&mut self, line: &KeptLine) -> Result<LineEvidence, StoreError> {
        let codes = (line.event, &*line.outcome, &*line.reason);
        self.append_line(line.at, codes, &line.actor, (line.client, line.version), &line.detail)
    }

    fn append_line(
        &mut self,
        at: Instant,
        (event, outcome, reason): (Event, &str, &str),
        actor: &Actor,
        (client, version): (Option<ClientKey>, Option<VersionKey>),
        detail: &str,
    ) -> Result<LineEvidence, StoreError> {
        const NEXT: &str = "SELECT coalesce(max(line), 0) + 1 FROM use_log";
        const SQL: &str =
            "INSERT INTO use_log VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        let number: i64 = self.one(NEXT, [], |row| row.get(0))?;
        let told = match self.told.take() {
            Some((of, told)) if Some(of) == version => told,
            _ => self.told_of_version(version)?,
        };
        let codes = (event.code(), outcome, reason);
        let text = canonical(number, at, codes, actor, (client, version, &told), detail);
        let salt = self.log_salt(client, number)?;
        let leaf = self.append_leaf(proof::log_leaf(&proof::salted(&salt, text.as_bytes())));
        let outcome = self.make_term(outcome)?;
        let reason = self.make_term(reason)?;
        let name = self.make_term(&actor.name)?;
        let organisation = self.make_term_if(actor.organisation.as_deref())?;
        let actor_detail = self.make_term_if(actor.detail.as_deref())?;
        self.execute(
            SQL,
            params![
                number,
                at.millis(),
                event as i64,
                outcome,
                reason,
                name,
                organisation,
                actor_detail,
                client.map(|client| client.0),
                version.map(|version| version.0),
                detail,
                leaf.cast_signed(),
            ],
        )?;
        Ok(LineEvidence { number, leaf, text, salt })
    }
}

/// A line as the store gives it back: its leaf and the digest that the leaf was made of.
pub(crate) struct LoggedLine {
    pub(crate) number: i64,
    pub(crate) leaf: u64,
    pub(crate) text: String,
    pub(crate) client: Option<ClientKey>,
}

/// A line's number, and the line, when it reads.
pub(crate) type ReadLine = (i64, Result<SealedLine, StoreError>);

/// What of a line is held against its leaf.
pub(crate) struct SealedLine {
    pub(crate) leaf: u64,
    pub(crate) hash: proof::Hash,
    /// Whether the key of its salt was destroyed by intent.
    pub(crate) erased: bool,
}

impl ReadTx<'_> {
    /// How many lines the log has.
    pub fn count_log_lines(&self) -> Result<u64, StoreError> {
        self.one("SELECT coalesce(max(line), 0) FROM use_log", [], |row| {
            row.get::<i64>(0).map(i64::cast_unsigned)
        })
    }

    /// The salt of a line, from the key of the client it is about; lines about nobody, and about
    /// clients who have no key, use the store's own.
    pub(crate) fn log_salt(
        &self,
        client: Option<ClientKey>,
        number: i64,
    ) -> Result<proof::Salt, StoreError> {
        let own = client.map(|client| self.client_data_key(client)).transpose()?.flatten();
        let key: &DataKey = own.as_deref().unwrap_or_else(|| self.keys().store_key());
        Ok(key.salt(SALT, number))
    }

    /// The lines after a number, each with its leaf and the hash that the leaf should have.
    pub(crate) fn log_lines_after(
        &self,
        number: i64,
        most: i64,
    ) -> Result<Vec<ReadLine>, StoreError> {
        const SQL: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail, leaf FROM use_log
            WHERE line > ?1 ORDER BY line LIMIT ?2";
        self.all(SQL, [number, most], |row| {
            let read = self.logged_line(row).and_then(|line| self.sealed_line(&line));
            Ok((row.get(0)?, read))
        })
    }

    /// A line about a client whose key was destroyed can be verified only when it was written
    /// afterwards, under the store's own key.
    fn sealed_line(&self, line: &LoggedLine) -> Result<SealedLine, StoreError> {
        let salt = self.log_salt(line.client, line.number)?;
        let hash = proof::log_leaf(&proof::salted(&salt, line.text.as_bytes()));
        let erased = line.client.map(|client| self.is_erased(client)).transpose()?;
        Ok(SealedLine { leaf: line.leaf, hash, erased: erased.unwrap_or(false) })
    }

    /// What a line says of its version: the OIDs, which receipts name too.
    pub(crate) fn told_of_version(
        &self,
        version: Option<VersionKey>,
    ) -> Result<String, StoreError> {
        const SQL: &str =
            "SELECT oid, version, set_key FROM document_version WHERE version_key = ?1";
        let Some(version) = version else { return Ok(String::new()) };
        let damaged = || StoreError::Damaged(format!("the identifier of version {}", version.0));
        let found: Option<(Vec<u8>, u32, i64)> =
            self.optional(SQL, [version.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let (document, number, first) = if let Some((document, number, first)) = found {
            (oids::unpack(&document).ok_or_else(damaged)?, number, VersionKey(first))
        } else {
            let gone = self.find_destroyed(version)?.ok_or_else(damaged)?;
            (gone.document, gone.number, gone.set)
        };
        let set = if first == version { document.clone() } else { self.identifier_of(first)? };
        Ok(told_of(&document, number, &set))
    }

    /// The identifier of a version that stands, or was destroyed.
    pub fn identifier_of(&self, version: VersionKey) -> Result<Oid, StoreError> {
        match self.find_destroyed(version)? {
            Some(gone) => Ok(gone.document),
            None => self.oid_of(version),
        }
    }

    /// Whether a line tells of this invalidation of this version, at its moment and for its reason.
    pub(crate) fn line_tells_of(
        &self,
        version: VersionKey,
        mark: &InvalidationMark,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT at, detail FROM use_log
            WHERE line = ?1 AND version_key = ?2 AND event = ?3";
        let event = Event::Invalidate as i64;
        let found: Option<(i64, String)> =
            self.optional(SQL, params![mark.line, version.0, event], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let reason = self.term(mark.reason)?;
        let told = |detail: &str| {
            // What stands after it says from which archive the line was taken in.
            let said = detail.strip_prefix("reason=").and_then(|said| said.split(' ').next());
            let start: String = reason.chars().take(REASON_CHARACTERS).collect();
            said == Some(start.as_str())
        };
        Ok(found.is_some_and(|(at, detail)| at == mark.at && told(&detail)))
    }

    /// The line that is this leaf, and its salt: they go into receipts. Lines and their leaves grow
    /// together, so the line is found by halving.
    pub fn line_of_leaf(&self, leaf: u64) -> Result<Option<LineEvidence>, StoreError> {
        const LEAF: &str = "SELECT leaf FROM use_log WHERE line = ?1";
        const SQL: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail, leaf FROM use_log WHERE line = ?1";
        let (mut low, mut high) = (1, self.count_log_lines()?.cast_signed());
        while low < high {
            let middle = low + (high - low) / 2;
            let at: Option<i64> = self.optional(LEAF, [middle], |row| row.get(0))?;
            if at.is_some_and(|at| at >= leaf.cast_signed()) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let found = self.optional(SQL, [low], |row| Ok(self.logged_line(row)))?;
        match found.transpose()?.filter(|line| line.leaf == leaf) {
            Some(line) => {
                let salt = self.log_salt(line.client, line.number)?;
                Ok(Some(LineEvidence { number: line.number, leaf, text: line.text, salt }))
            }
            None => Ok(None),
        }
    }

    fn logged_line(&self, row: &Row<'_>) -> Result<LoggedLine, StoreError> {
        let line = self.kept_line(row)?;
        let leaf: i64 = row.get(11)?;
        let text = line.canonical(&self.told_of_version(line.version)?);
        let (number, client) = (line.number, line.client);
        Ok(LoggedLine { number, leaf: leaf.cast_unsigned(), text, client })
    }

    /// A line by its number.
    pub(crate) fn find_log_line(&self, number: i64) -> Result<Option<KeptLine>, StoreError> {
        const SQL: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail FROM use_log WHERE line = ?1";
        self.optional(SQL, [number], |row| Ok(self.kept_line(row)))?.transpose()
    }

    /// The lines of an event about a client, oldest first.
    pub(crate) fn list_lines_about(
        &self,
        client: ClientKey,
        event: Event,
    ) -> Result<Vec<KeptLine>, StoreError> {
        const SQL: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail FROM use_log
            INDEXED BY log_by_client WHERE client_key = ?1 AND event = ?2 ORDER BY line";
        self.all(SQL, [client.0, event as i64], |row| Ok(self.kept_line(row)))?
            .into_iter()
            .collect()
    }

    /// The line of a row with the columns of the table, in their order.
    pub(crate) fn kept_line(&self, row: &Row<'_>) -> Result<KeptLine, StoreError> {
        let number: i64 = row.get(0)?;
        let event: i64 = row.get(2)?;
        let event = usize::try_from(event).ok().and_then(|event| Event::ALL.get(event));
        let event =
            *event.ok_or_else(|| StoreError::Damaged(format!("the event of log line {number}")))?;
        let text_of = |column| -> Result<Option<Arc<str>>, StoreError> {
            let term: Option<i64> = row.get(column)?;
            term.map(|term| self.term(term)).transpose()
        };
        let needed = |column| -> Result<Arc<str>, StoreError> {
            text_of(column)?
                .ok_or_else(|| StoreError::Damaged(format!("a column of log line {number}")))
        };
        let told = |text: Arc<str>| text.to_string();
        Ok(KeptLine {
            number,
            at: Instant::from_millis(row.get(1)?),
            event,
            outcome: needed(3)?,
            reason: needed(4)?,
            actor: Actor {
                name: told(needed(5)?),
                organisation: text_of(6)?.map(told),
                detail: text_of(7)?.map(told),
            },
            client: row.get::<Option<i64>>(8)?.map(ClientKey),
            version: row.get::<Option<i64>>(9)?.map(VersionKey),
            detail: row.get(10)?,
        })
    }
}
