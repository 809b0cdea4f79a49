//! Holds, lists of documents to be destroyed, and what is left of those that were. Rows follow from lines of the use log.

use std::collections::BTreeMap;

use varanto_domain::access::DestroyPermit;
use varanto_domain::access::log::{Actor, Event, KeptLine};
use varanto_domain::archive::destruction::{
    DestroyedVersion, DestructionList, Entry, Fate, Hold, HoldReason, KeptBecause, OverBecause,
    Told, digest_of, digest_of_certificate,
};
use varanto_domain::archive::documents::{DocumentGroup, archiving_delay_millis};
use varanto_domain::archive::proof;
use varanto_domain::archive::retention::{CountedFrom, RetentionRule};
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::time::{FinnishDay, Instant};

use crate::content::Place;
use crate::documents::VersionRow;
use crate::engine::{Row, params};
use crate::oids;
use crate::{ReadTx, StoreError, WriteTx};

const HOLD: &str = "hold";

fn damaged(what: &str, key: i64) -> StoreError {
    StoreError::Damaged(format!("the row of {what} {key}"))
}

macro_rules! holds_sql {
    ($which:literal) => {
        concat!(
            "SELECT hold_key, controller, client_key, set_key, reason, explained, placed_line, lifted_line ",
            "FROM retention_hold ",
            $which
        )
    };
}

macro_rules! lists_sql {
    ($which:literal) => {
        concat!(
            "SELECT destruction_key, controller, entries, digest, made_line, first_approval, second_approval, ",
            "ended_line, certificate FROM destruction ",
            $which
        )
    };
}

/// Where bytes of what was destroyed may be left in the files of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// Nowhere: they are overwritten, and the write-ahead log is empty.
    Nowhere,
    /// In the write-ahead log: somebody who reads kept it from being emptied, and it is tried again later.
    InLog,
    /// With the server that the database is on: the archive overwrites nothing there.
    OnServer,
}

impl Remains {
    /// Its word in answers; it never changes.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nowhere => "nowhere",
            Self::InLog => "write-ahead-log",
            Self::OnServer => "database-server",
        }
    }
}

impl ReadTx<'_> {
    /// Signs a certificate, or what else the archive vouches for, with the key of the proof log: a C2SP signed note. Its
    /// first line is to be no log's name, so that no checkpoint is signed with it.
    #[must_use]
    pub fn sign_note(&self, text: &str) -> String {
        self.keys().ring().sign_note(self.origin(), text)
    }

    /// Who acted, as a line tells, and when.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when there is no such line.
    pub fn who_and_when(&self, line: i64) -> Result<(Actor, Instant), StoreError> {
        let found = self.find_log_line(line)?.ok_or_else(|| damaged("log line", line))?;
        Ok((found.actor, found.at))
    }

    /// The newest version of a document that stands.
    pub fn newest_of_set(&self, set: VersionKey) -> Result<Option<VersionKey>, StoreError> {
        const SQL: &str = "SELECT version_key FROM document_version
            WHERE version_key = ?1 OR (set_key = ?1 AND version > 1) ORDER BY version DESC LIMIT 1";
        self.optional(SQL, [set.0], |row| row.get(0).map(VersionKey))
    }

    fn hold_of(&self, row: &Row<'_>) -> Result<Hold, StoreError> {
        let key = row.get(0)?;
        let reason = HoldReason::of_code(&self.term(row.get(4)?)?);
        Ok(Hold {
            key,
            controller: self.oid_term(row.get(1)?)?,
            client: ClientKey(row.get(2)?),
            set: VersionKey(row.get(3)?),
            reason: reason.ok_or_else(|| damaged("hold", key))?,
            explained: row.get(5)?,
            placed: row.get(6)?,
            lifted: row.get(7)?,
        })
    }

    /// A hold by its key.
    pub fn find_hold(&self, key: i64) -> Result<Option<Hold>, StoreError> {
        const SQL: &str = holds_sql!("WHERE hold_key = ?1");
        self.optional(SQL, [key], |row| self.hold_of(row))
    }

    /// At most so many holds in a register, newest first, under a key; lifted ones too when they are asked for.
    pub fn list_holds(
        &self,
        register: &Oid,
        lifted_too: bool,
        under: i64,
        most: usize,
    ) -> Result<Vec<Hold>, StoreError> {
        const SQL: &str = holds_sql!(
            "INDEXED BY hold_by_register WHERE controller = ?1 AND hold_key < ?2 \
             AND (?3 = 1 OR lifted_line IS NULL) ORDER BY hold_key DESC LIMIT ?4"
        );
        let Some(register) = self.find_term(register.as_str())? else { return Ok(Vec::new()) };
        let params = params![register, under, lifted_too, i64::try_from(most).unwrap_or(i64::MAX)];
        self.all(SQL, params, |row| self.hold_of(row))
    }

    /// The holds on a document, by itself and by what any of its versions hangs on, oldest first. Where a case was moved,
    /// both the relationship that a version names and that of its case count.
    ///
    /// Source: ARC-12.
    pub fn holds_on(&self, versions: &[VersionRow]) -> Result<Vec<Hold>, StoreError> {
        const SQL: &str = holds_sql!(
            "INDEXED BY hold_by_set WHERE set_key = ?1 AND lifted_line IS NULL ORDER BY hold_key"
        );
        const CASE: &str = "SELECT set_key FROM document_version WHERE version_key =
            (SELECT version_key FROM client_case WHERE case_key = ?1)";
        const RELATIONSHIP: &str = "SELECT set_key FROM document_version WHERE version_key =
            (SELECT version_key FROM relationship WHERE relationship_key = ?1)";
        const OF_CASE: &str = "SELECT relationship_key FROM client_case WHERE case_key = ?1";
        let mut sets = Vec::new();
        for row in versions {
            sets.push(row.set.0);
            sets.extend(row.main.map(|main| main.0));
            let mut relationships: Vec<i64> = row.relationship_key.into_iter().collect();
            if let Some(case) = row.case_key {
                sets.extend(self.optional(CASE, [case], |row| row.get::<i64>(0))?);
                relationships.extend(self.optional(OF_CASE, [case], |row| row.get::<i64>(0))?);
            }
            for key in relationships {
                sets.extend(self.optional(RELATIONSHIP, [key], |row| row.get::<i64>(0))?);
            }
        }
        sets.sort_unstable();
        sets.dedup();
        let mut holds = Vec::new();
        for set in sets {
            holds.extend(self.all(SQL, [set], |row| self.hold_of(row))?);
        }
        Ok(holds)
    }

    /// What was explained of a hold; `None` when nothing was, or when its document is destroyed.
    pub fn explanation_of_hold(&self, hold: &Hold) -> Result<Option<String>, StoreError> {
        const SQL: &str = "SELECT explanation FROM retention_hold WHERE hold_key = ?1";
        let sealed: Option<Vec<u8>> = self.one(SQL, [hold.key], |row| row.get(0))?;
        let (Some(sealed), Some(key)) = (sealed, self.client_data_key(hold.client)?) else {
            return Ok(None);
        };
        let text = self.open_parts(&key, Place { what: HOLD, key: hold.key }, &sealed)?.pop();
        let digest = text
            .as_ref()
            .map(|text| proof::to_base64(&proof::salted(&key.salt(HOLD, hold.key), text)));
        let text = text.filter(|_| digest.as_ref() == Some(&hold.explained));
        let text = text.and_then(|text| String::from_utf8(text).ok());
        Ok(Some(text.ok_or_else(|| damaged("hold", hold.key))?))
    }

    fn list_of(&self, row: &Row<'_>) -> Result<DestructionList, StoreError> {
        let key: i64 = row.get(0)?;
        let approvals: [Option<i64>; 2] = [row.get(5)?, row.get(6)?];
        let certificate: Option<String> = row.get(8)?;
        let entries: i64 = row.get(2)?;
        Ok(DestructionList {
            key,
            controller: self.oid_term(row.get(1)?)?,
            entries: u32::try_from(entries).map_err(|_| damaged("destruction", key))?,
            digest: row.get(3)?,
            made: row.get(4)?,
            approvals: approvals.into_iter().flatten().collect(),
            fates: self.fates_of(key)?,
            ended: row.get(7)?,
            certificate: certificate.map(|text| digest_of_certificate(&text)),
        })
    }

    fn fates_of(&self, list: i64) -> Result<BTreeMap<u32, Fate>, StoreError> {
        const SQL: &str = "SELECT place, kept_because, line FROM destruction_entry
            WHERE destruction_key = ?1 AND (line IS NOT NULL OR kept_because IS NOT NULL)";
        let rows: Vec<(u32, Option<i64>, Option<i64>)> =
            self.all(SQL, [list], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let fate = |(place, kept, line): (u32, Option<i64>, Option<i64>)| {
            let wrong = || damaged("an entry of destruction", list);
            let kept = match kept {
                Some(why) => {
                    let why = usize::try_from(why).ok().and_then(|at| KeptBecause::ALL.get(at));
                    Some(*why.ok_or_else(wrong)?)
                }
                None => None,
            };
            Ok((place, Fate { kept, line: line.ok_or_else(wrong)? }))
        };
        rows.into_iter().map(fate).collect()
    }

    /// A list by its key.
    pub fn find_destruction(&self, key: i64) -> Result<Option<DestructionList>, StoreError> {
        const SQL: &str = lists_sql!("WHERE destruction_key = ?1");
        self.optional(SQL, [key], |row| self.list_of(row))
    }

    /// At most so many lists of a register, newest first, under a key.
    pub fn list_destructions(
        &self,
        register: &Oid,
        under: i64,
        most: usize,
    ) -> Result<Vec<DestructionList>, StoreError> {
        const SQL: &str = lists_sql!(
            "INDEXED BY destruction_by_register WHERE controller = ?1 AND destruction_key < ?2 \
             ORDER BY destruction_key DESC LIMIT ?3"
        );
        let Some(register) = self.find_term(register.as_str())? else { return Ok(Vec::new()) };
        let params = params![register, under, i64::try_from(most).unwrap_or(i64::MAX)];
        self.all(SQL, params, |row| self.list_of(row))
    }

    /// The entries of a list, in their order.
    pub fn list_entries(&self, list: i64) -> Result<Vec<Entry>, StoreError> {
        const SQL: &str = "SELECT place, set_key, document, rule, counted_from, since, last_day
            FROM destruction_entry WHERE destruction_key = ?1 ORDER BY place";
        type Raw = (u32, i64, Vec<u8>, i64, i64, i32, i32);
        let rows: Vec<Raw> = self.all(SQL, [list], |row| {
            let days = (row.get(5)?, row.get(6)?);
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, days.0, days.1))
        })?;
        let read = |(place, set, document, rule, from, since, last): Raw| {
            let at = |number: i64| usize::try_from(number).ok();
            Some(Entry {
                place,
                set: VersionKey(set),
                document: oids::unpack(&document)?,
                because: OverBecause {
                    rule: *RetentionRule::ALL.get(at(rule)?)?,
                    from: *CountedFrom::ALL.get(at(from)?)?,
                    since: FinnishDay::from_number(since)?,
                    last: FinnishDay::from_number(last)?,
                },
            })
        };
        let wrong = || damaged("an entry of destruction", list);
        rows.into_iter().map(|row| read(row).ok_or_else(wrong)).collect()
    }

    /// The list that a document is on and that has not ended.
    pub fn open_list_of(&self, set: VersionKey) -> Result<Option<i64>, StoreError> {
        const SQL: &str = "SELECT list.destruction_key FROM destruction_entry AS entry
            INDEXED BY entry_by_set
            JOIN destruction AS list ON list.destruction_key = entry.destruction_key
            WHERE entry.set_key = ?1 AND list.ended_line IS NULL LIMIT 1";
        self.optional(SQL, [set.0], |row| row.get(0))
    }

    /// The signed certificate of a list that is carried out.
    pub fn certificate_of(&self, list: i64) -> Result<Option<String>, StoreError> {
        const SQL: &str = "SELECT certificate FROM destruction WHERE destruction_key = ?1";
        Ok(self.optional(SQL, [list], |row| row.get::<Option<String>>(0))?.flatten())
    }

    /// The first versions of the documents that hang on one: its attachments; on a case document those of the case; on a
    /// relationship document the documents of its cases.
    ///
    /// Source: ARC-12.
    pub fn sets_hanging_on(&self, row: &VersionRow) -> Result<Vec<VersionKey>, StoreError> {
        const ATTACHED: &str =
            "SELECT DISTINCT set_key FROM document_version INDEXED BY version_by_main
            WHERE main_key = ?1";
        const OF_CASE: &str =
            "SELECT DISTINCT set_key FROM document_version INDEXED BY version_by_case
            WHERE case_key = ?1 AND set_key != ?2";
        const CASES: &str = "SELECT DISTINCT set_key FROM document_version
            INDEXED BY case_document_by_relationship
            WHERE relationship_key = ?1 AND document_group = 1 AND set_key != ?2";
        let read = |row: &Row<'_>| row.get(0).map(VersionKey);
        let mut sets = self.all(ATTACHED, [row.set.0], read)?;
        sets.extend(match (row.group, row.case_key, row.relationship_key) {
            (DocumentGroup::Case, Some(case), _) => self.all(OF_CASE, [case, row.set.0], read)?,
            (DocumentGroup::Relationship, _, Some(key)) => {
                self.all(CASES, [key, row.set.0], read)?
            }
            _ => Vec::new(),
        });
        Ok(sets)
    }

    /// Whether somebody is recording in a case.
    pub fn is_recorded_in(&self, case_key: i64) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM draft WHERE case_key = ?1)";
        self.one(SQL, [case_key], |row| row.get(0))
    }

    /// In whose register a document with this identifier was that was destroyed. It is not archived again.
    pub fn destroyed_in(&self, oid: &Oid) -> Result<Option<Oid>, StoreError> {
        const SQL: &str = "SELECT controller FROM destroyed_version WHERE oid = ?1
            UNION ALL SELECT controller FROM taken_gone WHERE oid = ?1";
        let register: Option<i64> = self.optional(SQL, [oids::pack(oid)], |row| row.get(0))?;
        register.map(|register| self.oid_term(register)).transpose()
    }

    /// The versions that went with a list, in the order of its entries.
    pub fn list_destroyed(&self, list: i64) -> Result<Vec<DestroyedFacts>, StoreError> {
        const SQL: &str = concat!(
            "SELECT version_key, client_key, oid, set_key, version, document_group, specific_type, controller, ",
            "archived_at, delay, joint, leaf, destruction_key, place, line FROM destroyed_version ",
            "WHERE set_key IN (SELECT set_key FROM destruction_entry WHERE destruction_key = ?1) ",
            "AND destruction_key = ?1 ORDER BY place, version"
        );
        self.all(SQL, [list], |row| self.destroyed_of(row))
    }

    /// What is left of a version that was destroyed.
    pub(crate) fn find_destroyed(
        &self,
        version: VersionKey,
    ) -> Result<Option<DestroyedFacts>, StoreError> {
        const SQL: &str = concat!(
            "SELECT version_key, client_key, oid, set_key, version, document_group, specific_type, controller, ",
            "archived_at, delay, joint, leaf, destruction_key, place, line FROM destroyed_version ",
            "WHERE version_key = ?1"
        );
        self.optional(SQL, [version.0], |row| self.destroyed_of(row))
    }

    fn destroyed_of(&self, row: &Row<'_>) -> Result<DestroyedFacts, StoreError> {
        let key: i64 = row.get(0)?;
        let wrong = || damaged("destroyed version", key);
        let group = usize::try_from(row.get::<i64>(5)?).ok();
        let kind: Option<i64> = row.get(6)?;
        Ok(DestroyedFacts {
            version: VersionKey(key),
            client: ClientKey(row.get(1)?),
            document: oids::unpack(&row.get::<Vec<u8>>(2)?).ok_or_else(wrong)?,
            set: VersionKey(row.get(3)?),
            number: row.get(4)?,
            group: *group.and_then(|at| DocumentGroup::ALL.get(at)).ok_or_else(wrong)?,
            specific_type: kind
                .map(|kind| self.term(kind))
                .transpose()?
                .map(|kind| kind.to_string()),
            controller: self.oid_term(row.get(7)?)?,
            archived_at: row.get(8)?,
            delay: row.get(9)?,
            joint: row.get(10)?,
            leaf: row.get::<i64>(11)?.cast_unsigned(),
            entry: (row.get(12)?, row.get(13)?),
            line: row.get(14)?,
        })
    }
}

/// What is left of a version that was destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestroyedFacts {
    /// Its key.
    pub version: VersionKey,
    /// Whose it was.
    pub client: ClientKey,
    /// Its identifier.
    pub document: Oid,
    /// The first version's key.
    pub set: VersionKey,
    /// Its number.
    pub number: u32,
    /// Its group.
    pub group: DocumentGroup,
    /// Its specific type.
    pub specific_type: Option<String>,
    /// In whose register it was.
    pub controller: Oid,
    archived_at: i64,
    delay: Option<i64>,
    /// Whether it named other clients beside its own.
    pub joint: bool,
    /// Its leaf in the proof log.
    pub leaf: u64,
    /// The list that it went with, and its place there.
    pub entry: (i64, u32),
    /// The line that tells of it.
    pub line: i64,
}

impl DestroyedFacts {
    /// What a version leaves that goes with an entry of a list; no line tells of it yet.
    #[must_use]
    pub fn of(row: &VersionRow, joint: bool, entry: (i64, u32)) -> Self {
        Self {
            version: row.version,
            client: row.client,
            document: row.oid.clone(),
            set: row.set,
            number: row.number,
            group: row.group,
            specific_type: row.specific_type.as_deref().map(str::to_owned),
            controller: row.controller.clone(),
            archived_at: row.archived_at.millis(),
            delay: archiving_delay_millis(row.group, row.written_at, row.archived_at),
            joint,
            leaf: row.leaf,
            entry,
            line: 0,
        }
    }

    /// As the log tells of it.
    #[must_use]
    pub fn told(&self) -> DestroyedVersion {
        let Self {
            document, set, number, group, controller, archived_at, delay, joint, leaf, ..
        } = self;
        let kind = self.specific_type.as_deref().unwrap_or("-");
        let delay = delay.map(|millis| millis.to_string()).unwrap_or_default();
        let row = format!(
            "{document} {} {number} {} {kind} {controller} {archived_at} {delay} {joint} {leaf}",
            set.0,
            group.code()
        );
        let Self { version, client, entry, line, .. } = *self;
        DestroyedVersion { version, client, row, entry, line }
    }
}

impl WriteTx<'_> {
    /// The salted digest of what is explained of a hold, as its line tells it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the client's key is gone.
    pub fn digest_of_explanation(
        &self,
        client: ClientKey,
        key: i64,
        text: &str,
    ) -> Result<String, StoreError> {
        let salt = self.data_key(client)?.salt(HOLD, key);
        Ok(proof::to_base64(&proof::salted(&salt, text.as_bytes())))
    }

    /// Keeps a hold that a line tells of.
    pub fn insert_hold(
        &mut self,
        hold: &Hold,
        explanation: Option<&str>,
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO retention_hold (hold_key, controller, client_key, set_key, reason,
            explained, explanation, placed_line) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let sealed = match explanation {
            Some(text) => {
                let (key, place) =
                    (self.data_key(hold.client)?, Place { what: HOLD, key: hold.key });
                Some(self.seal_parts(&key, place, 0, &[text.as_bytes()])?)
            }
            None => None,
        };
        let controller = self.make_term(hold.controller.as_str())?;
        let reason = self.make_term(hold.reason.code())?;
        let (client, set, explained) = (hold.client.0, hold.set.0, &hold.explained);
        let row =
            params![hold.key, controller, client, set, reason, explained, sealed, hold.placed];
        self.execute(SQL, row).map(drop)
    }

    /// Lifts a hold, as a line tells.
    pub fn lift_hold(&mut self, key: i64, line: i64) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE retention_hold SET lifted_line = ?2 WHERE hold_key = ?1";
        self.execute(SQL, params![key, line]).map(drop)
    }

    /// Keeps a list that a line tells of.
    pub fn insert_destruction(
        &mut self,
        list: &DestructionList,
        entries: &[Entry],
    ) -> Result<(), StoreError> {
        const LIST: &str = "INSERT INTO destruction
            (destruction_key, controller, entries, digest, made_line) VALUES (?1, ?2, ?3, ?4, ?5)";
        const ENTRY: &str = "INSERT INTO destruction_entry
            (destruction_key, place, set_key, document, rule, counted_from, since, last_day)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let controller = self.make_term(list.controller.as_str())?;
        let row = params![list.key, controller, list.entries, list.digest, list.made];
        self.execute(LIST, row)?;
        for Entry { place, set, document, because } in entries {
            let OverBecause { rule, from, since, last } = because;
            let rule = RetentionRule::ALL.iter().position(|one| one == rule);
            let from = CountedFrom::ALL.iter().position(|one| one == from);
            let at = |place: Option<usize>| place.and_then(|at| i64::try_from(at).ok());
            let (rule, from, document) = (at(rule), at(from), oids::pack(document));
            let days = (since.number(), last.number());
            self.execute(
                ENTRY,
                params![list.key, place, set.0, document, rule, from, days.0, days.1],
            )?;
        }
        Ok(())
    }

    /// Notes an approval of a list, as a line tells.
    pub fn approve_destruction(&mut self, key: i64, line: i64) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE destruction SET
            second_approval = CASE WHEN first_approval IS NULL THEN NULL ELSE ?2 END,
            first_approval = coalesce(first_approval, ?2) WHERE destruction_key = ?1";
        self.execute(SQL, params![key, line]).map(drop)
    }

    /// Notes the end of a list, as a line tells: with its certificate when it is carried out, else withdrawn.
    pub fn end_destruction(
        &mut self,
        key: i64,
        line: i64,
        certificate: Option<&str>,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE destruction SET ended_line = ?2, certificate = ?3
            WHERE destruction_key = ?1";
        self.execute(SQL, params![key, line, certificate]).map(drop)
    }

    /// Notes what became of an entry, as a line tells.
    pub fn keep_fate(&mut self, list: i64, place: u32, fate: Fate) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE destruction_entry SET kept_because = ?3, line = ?4
            WHERE destruction_key = ?1 AND place = ?2";
        let why = fate.kept.and_then(|why| KeptBecause::ALL.iter().position(|one| *one == why));
        let why = why.and_then(|at| i64::try_from(at).ok());
        self.execute(SQL, params![list, place, why, fate.line]).map(drop)
    }

    /// Destroys a version: its content, metadata, signatures, and all that was derived of it. What is left is its
    /// identifier, its leaf, and what `facts` say. A file of the embedded engine has its bytes overwritten; a server
    /// marks them as free ([`Remains::OnServer`]).
    ///
    /// # Errors
    /// [`StoreError::Damaged`] also when the facts are of another version than the permit.
    ///
    /// Source: ARC-12.
    pub fn destroy_version(
        &mut self,
        permit: &DestroyPermit,
        facts: &DestroyedFacts,
    ) -> Result<(), StoreError> {
        const KEEP: &str = "INSERT INTO destroyed_version VALUES
            (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
        const ROUTE: &str = "DELETE FROM document_route WHERE oid = ?1";
        const WILL: [&str; 2] = [
            "DELETE FROM refusal WHERE client_key = ?1 AND version_key = ?2",
            "DELETE FROM disclosure_permission WHERE client_key = ?1 AND version_key = ?2",
        ];
        const VERSION: [&str; 5] = [
            "DELETE FROM taken_version WHERE version_key = ?1",
            "DELETE FROM content WHERE version_key = ?1",
            "DELETE FROM signature_evidence WHERE version_key = ?1",
            "DELETE FROM invalidation WHERE version_key = ?1",
            "DELETE FROM document_version WHERE version_key = ?1",
        ];
        let key = permit.version();
        if facts.version != key || facts.client != permit.client() {
            return Err(StoreError::Damaged("a permit for another version".into()));
        }
        let kind = self.make_term_if(facts.specific_type.as_deref())?;
        let controller = self.make_term(facts.controller.as_str())?;
        let oid = oids::pack(&facts.document);
        self.uncount_version(key)?;
        self.execute(ROUTE, [&oid])?;
        for sql in WILL {
            self.execute(sql, [facts.client.0, key.0])?;
        }
        for sql in VERSION {
            self.execute(sql, [key.0])?;
        }
        let row = params![
            key.0,
            facts.client.0,
            oid,
            facts.set.0,
            facts.number,
            facts.group as i64,
            kind,
            controller,
            facts.archived_at,
            facts.delay,
            facts.joint,
            facts.leaf.cast_signed(),
            facts.entry.0,
            facts.entry.1,
            facts.line,
        ];
        self.execute(KEEP, row).map(drop)
    }

    /// Takes away what was derived of a document whose last version was destroyed, what was explained of holds on it, and
    /// the words of requests to correct it.
    pub fn drop_derived(&mut self, row: &VersionRow) -> Result<(), StoreError> {
        const HOLDS: &str = "UPDATE retention_hold SET explanation = NULL WHERE set_key = ?1";
        const CORRECTIONS: &str =
            "UPDATE correction_request SET wanted_text = NULL, answer_text = NULL
            WHERE set_key = ?1";
        const CASE: [&str; 2] = [
            "DELETE FROM client_case WHERE case_key = ?1",
            "DELETE FROM case_client WHERE case_key = ?1",
        ];
        const RELATIONSHIP: [&str; 4] = [
            "DELETE FROM relationship WHERE relationship_key = ?1",
            "DELETE FROM register_use_right WHERE relationship_key = ?1",
            "DELETE FROM right_suspension WHERE relationship_key = ?1",
            "DELETE FROM notice WHERE relationship_key = ?1",
        ];
        self.execute(HOLDS, [row.set.0])?;
        self.execute(CORRECTIONS, [row.set.0])?;
        match (row.group, row.case_key, row.relationship_key) {
            (DocumentGroup::Case, Some(key), _) => {
                for sql in CASE {
                    self.execute(sql, [key])?;
                }
            }
            (DocumentGroup::Relationship, _, Some(key)) => {
                self.drop_choices(key)?;
                for sql in RELATIONSHIP {
                    self.execute(sql, [key])?;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl ReadTx<'_> {
    /// What the log tells of holds, lists and destroyed versions.
    fn told_of_retention(&self) -> Result<Told, StoreError> {
        const SQL: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail FROM use_log
            WHERE event IN (?1, ?2) ORDER BY line";
        let events = [Event::Retention as i64, Event::Destroy as i64];
        let lines: Vec<KeptLine> = self.all(SQL, events, |row| self.kept_line(row))?;
        Ok(Told::of(&lines))
    }

    /// The holds, lists and destroyed versions that are kept other than the log tells.
    pub(crate) fn wrong_retention(&self) -> Result<Vec<(String, &'static str)>, StoreError> {
        let told = self.told_of_retention()?;
        let mut wrong = Vec::new();
        self.wrong_holds(&told, &mut wrong)?;
        self.wrong_lists(&told, &mut wrong)?;
        self.wrong_destroyed(&told, &mut wrong)?;
        Ok(wrong)
    }

    fn wrong_holds(
        &self,
        told: &Told,
        wrong: &mut Vec<(String, &'static str)>,
    ) -> Result<(), StoreError> {
        const SQL: &str = holds_sql!("ORDER BY hold_key");
        let mut found = 0;
        let rows = self.all(SQL, [], |row| Ok((row.get::<i64>(0)?, self.hold_of(row))))?;
        for (key, hold) in rows {
            let place = format!("hold {key}");
            match hold {
                Ok(hold) if told.holds.get(&key) == Some(&hold) => {
                    found += 1;
                    if !self.is_explained_so(&hold)? {
                        wrong.push((place, "is explained otherwise than its line tells"));
                    }
                }
                Ok(_) | Err(StoreError::Damaged(_)) => {
                    wrong.push((place, "is other than the log tells"));
                }
                Err(error) => return Err(error),
            }
        }
        if found < told.holds.len() {
            wrong.push(("holds".to_owned(), "one that the log tells of is missing"));
        }
        Ok(())
    }

    fn is_explained_so(&self, hold: &Hold) -> Result<bool, StoreError> {
        match self.explanation_of_hold(hold) {
            Ok(Some(_)) => Ok(!hold.explained.is_empty()),
            Ok(None) => Ok(hold.explained.is_empty()
                || self.is_destroyed(hold.set)?
                || self.is_erased(hold.client)?),
            Err(StoreError::Damaged(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether versions of a document were destroyed.
    pub(crate) fn is_destroyed(&self, set: VersionKey) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM destroyed_version
            INDEXED BY destroyed_by_set WHERE set_key = ?1)";
        self.one(SQL, [set.0], |row| row.get(0))
    }

    fn wrong_lists(
        &self,
        told: &Told,
        wrong: &mut Vec<(String, &'static str)>,
    ) -> Result<(), StoreError> {
        const SQL: &str = lists_sql!("ORDER BY destruction_key");
        const STRAY: &str = "SELECT DISTINCT destruction_key FROM destruction_entry
            WHERE destruction_key NOT IN (SELECT destruction_key FROM destruction)";
        let mut found = 0;
        let rows = self.all(SQL, [], |row| Ok((row.get::<i64>(0)?, self.list_of(row))))?;
        for (key, list) in rows {
            let place = format!("destruction {key}");
            let list = match list {
                Ok(list) if told.lists.get(&key) == Some(&list) => list,
                Ok(_) | Err(StoreError::Damaged(_)) => {
                    wrong.push((place, "is other than the log tells"));
                    continue;
                }
                Err(error) => return Err(error),
            };
            found += 1;
            let entries = match self.list_entries(key) {
                Ok(entries) => entries,
                Err(StoreError::Damaged(_)) => Vec::new(),
                Err(error) => return Err(error),
            };
            if digest_of(&entries) != list.digest || entries.len() != list.entries as usize {
                wrong.push((place, "has other entries than the log tells"));
            }
        }
        if found < told.lists.len() {
            wrong.push(("destructions".to_owned(), "one that the log tells of is missing"));
        }
        for key in self.all(STRAY, [], |row| row.get::<i64>(0))? {
            wrong.push((format!("destruction {key}"), "is missing, and has entries"));
        }
        Ok(())
    }

    fn wrong_destroyed(
        &self,
        told: &Told,
        wrong: &mut Vec<(String, &'static str)>,
    ) -> Result<(), StoreError> {
        const SQL: &str = "SELECT version_key FROM destroyed_version ORDER BY version_key";
        const STANDS: &str =
            "SELECT EXISTS (SELECT 1 FROM document_version WHERE version_key = ?1)";
        let keys: Vec<VersionKey> = self.all(SQL, [], |row| row.get(0).map(VersionKey))?;
        let mut found = 0;
        for key in keys {
            let place = format!("destroyed version {}", key.0);
            match self.find_destroyed(key) {
                Ok(Some(facts)) => {
                    let tells =
                        told.destroyed.get(&key).is_some_and(|one| one.tells_of(&facts.told()));
                    if !tells {
                        wrong.push((place.clone(), "is other than the log tells"));
                    }
                    found += usize::from(tells);
                    if self.one(STANDS, [key.0], |row| row.get(0))? {
                        wrong.push((place, "stands all the same"));
                    }
                }
                Ok(None) | Err(StoreError::Damaged(_)) => wrong.push((place, "does not read")),
                Err(error) => return Err(error),
            }
        }
        if found < told.destroyed.len() {
            let place = "destroyed versions".to_owned();
            wrong.push((place, "one that the log tells of is missing"));
        }
        Ok(())
    }

    /// The leaves of the versions that were destroyed: nothing of these is left but the leaf.
    pub(crate) fn leaves_of_destroyed(&self) -> Result<Vec<(i64, u64)>, StoreError> {
        const SQL: &str = "SELECT version_key, leaf FROM destroyed_version ORDER BY version_key";
        self.all(SQL, [], |row| Ok((row.get(0)?, row.get::<i64>(1)?.cast_unsigned())))
    }
}
