//! Finding damage in rows: every version and every log line is held against its leaf.

use varanto_domain::archive::documents::VersionState;
use varanto_domain::archive::proof;
use varanto_domain::ids::{ClientKey, VersionKey};

use crate::documents::{InvalidationMark, VersionRow};
use crate::verify::{Accounted, Damage, LeafMap, LeafReader};
use crate::{FileKind, ReadTx, StoreError};

/// The rows of a table that belong to none of another, which has the column as the first of its key.
macro_rules! without {
    ($table:literal, $column:literal, $other:literal) => {
        concat!(
            "SELECT DISTINCT ",
            $column,
            " FROM ",
            $table,
            " AS kept WHERE NOT EXISTS (SELECT 1 FROM ",
            $other,
            " AS other WHERE other.",
            $column,
            " = kept.",
            $column,
            ") LIMIT 1000"
        )
    };
}

/// What the walk over the rows found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReport {
    /// How many versions were read.
    pub versions: u64,
    /// How many log lines were read.
    pub lines: u64,
    /// Versions of clients whose key was destroyed: nothing of them can be read, by intent.
    pub erased: u64,
    /// Versions that were destroyed, as the log tells.
    pub destroyed: u64,
    /// What is not as it was sealed; empty when all is.
    pub damage: Vec<Damage>,
}

/// What the caller's own checks of a version need.
#[derive(Debug, Clone, Copy)]
pub struct ReadVersion<'v> {
    /// Its row.
    pub row: &'v VersionRow,
    /// Its metadata.
    pub record: &'v [u8],
    /// The parts of its content, in the order of the row's.
    pub parts: &'v [Vec<u8>],
    /// The evidence of its signatures, if it came with any.
    pub signatures: Option<&'v [u8]>,
}

/// The caller's own checks of a version.
pub type JudgeVersion<'j> =
    dyn FnMut(&ReadTx<'_>, &ReadVersion<'_>) -> Result<Vec<Damage>, StoreError> + 'j;

impl ReadTx<'_> {
    /// Reads every version and every log line, and holds each against its leaf; then tells the leaves
    /// behind which nothing stands any more. `judge` adds what follows from the records. `progress`
    /// is told how many rows have been read so far.
    pub fn verify_rows(
        &self,
        judge: &mut JudgeVersion<'_>,
        mut progress: impl FnMut(u64),
    ) -> Result<RowReport, StoreError> {
        let leaves = self.log_size()?;
        let mut walk = RowWalk {
            tx: self,
            leaves: LeafReader::of(self),
            map: LeafMap::of(leaves),
            report: RowReport {
                versions: 0,
                lines: 0,
                erased: 0,
                destroyed: 0,
                damage: Vec::new(),
            },
        };
        walk.versions(judge, &mut progress)?;
        walk.destroyed()?;
        walk.lines(&mut progress)?;
        walk.strays()?;
        walk.means()?;
        walk.counts()?;
        let lost: Vec<u64> = walk.map.unaccounted().take(1000).collect();
        for leaf in lost {
            let what = "no version or log line stands behind it: a row was lost";
            walk.report.damage.push(Damage::at(format!("leaf {leaf}"), what));
        }
        Ok(walk.report)
    }
}

struct RowWalk<'a> {
    tx: &'a ReadTx<'a>,
    leaves: LeafReader<'a>,
    map: LeafMap,
    report: RowReport,
}

impl RowWalk<'_> {
    fn versions(
        &mut self,
        judge: &mut JudgeVersion<'_>,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), StoreError> {
        const NEXT: &str = "SELECT version_key FROM document_version WHERE version_key > ?1
            ORDER BY version_key LIMIT 512";
        let mut last = i64::MIN;
        loop {
            let keys: Vec<i64> = self.tx.all(NEXT, [last], |row| row.get(0))?;
            let Some(newest) = keys.last() else { return Ok(()) };
            last = *newest;
            for key in keys {
                self.version(VersionKey(key), judge)?;
                self.report.versions += 1;
            }
            progress(self.report.versions);
        }
    }

    /// Of a version that was destroyed nothing is left to hold against its leaf; that it was, the log tells.
    fn destroyed(&mut self) -> Result<(), StoreError> {
        for (version, leaf) in self.tx.leaves_of_destroyed()? {
            self.account(&format!("destroyed version {version}"), leaf);
            self.report.destroyed += 1;
        }
        Ok(())
    }

    fn version(
        &mut self,
        version: VersionKey,
        judge: &mut JudgeVersion<'_>,
    ) -> Result<(), StoreError> {
        let place = format!("version {}", version.0);
        let row = match self.tx.version_of_key(version) {
            Ok(row) => row,
            Err(error) => return self.note(&place, error),
        };
        self.account(&place, row.leaf);
        self.state(&place, &row)?;
        self.route(&place, &row)?;
        let key = match self.tx.client_data_key(row.client) {
            Ok(key) => key,
            Err(error) => return self.note(&format!("{place}: key of its client"), error),
        };
        if key.is_none() {
            if self.tx.is_erased(row.client)? {
                self.report.erased += 1;
            } else {
                self.damage(format!("{place}: key of its client"), "is missing");
            }
            return Ok(());
        }
        let record = match self.tx.open_record(&row) {
            Ok(record) => record,
            Err(error) => return self.note(&format!("{place}: metadata"), error),
        };
        let parts = match self.tx.content_of(version, row.client, &row.parts) {
            Ok(parts) => parts,
            Err(error) => return self.note(&format!("{place}: content"), error),
        };
        match self.tx.evidence_from(&row, &record, &parts) {
            Ok(evidence) => {
                let leaf = proof::version_leaf(&evidence.content.1, &evidence.metadata.1);
                if self.leaves.leaf(row.leaf)? != Some(leaf) {
                    let what = "the metadata row or content differs from its leaf in the proof log";
                    self.damage(place.clone(), what);
                }
            }
            Err(error) => return self.note(&format!("{place}: metadata row"), error),
        }
        let signatures = match self.tx.signatures_of(&row) {
            Ok(kept) => kept.map(|kept| kept.evidence),
            Err(error) => return self.note(&format!("{place}: signatures"), error),
        };
        let signatures = signatures.as_deref();
        let read = ReadVersion { row: &row, record: &record, parts: &parts, signatures };
        match judge(self.tx, &read) {
            Ok(found) => self.report.damage.extend(found),
            Err(error) => return self.note(&place, error),
        }
        Ok(())
    }

    /// A version is invalidated when a row says why, and replaced when a later one is not.
    fn state(&mut self, place: &str, row: &VersionRow) -> Result<(), StoreError> {
        let invalidated = match self.tx.invalidation_mark(row.version) {
            Ok(mark) => mark,
            Err(error) => return self.note(place, error),
        };
        let expected = match invalidated {
            Some(mark) => {
                self.invalidation(&format!("invalidation of {place}"), row, &mark)?;
                VersionState::Invalidated
            }
            None if self.tx.has_later_valid(row)? => VersionState::Replaced,
            None => VersionState::InForce,
        };
        if row.state != expected {
            let what =
                format!("its state is {}, but should be {}", row.state.name(), expected.name());
            self.damage(place.to_owned(), what);
        }
        Ok(())
    }

    fn invalidation(
        &mut self,
        place: &str,
        row: &VersionRow,
        mark: &InvalidationMark,
    ) -> Result<(), StoreError> {
        match self.tx.line_tells_of(row.version, mark) {
            Ok(true) => {}
            Ok(false) => self.damage(place, "no log line tells of it so"),
            Err(error) => self.note(place, error)?,
        }
        if self.tx.is_erased(row.client)? {
            return Ok(());
        }
        match self.tx.explanation_opens(row, mark) {
            Ok(()) => Ok(()),
            Err(error) => self.note(place, error),
        }
    }

    fn route(&mut self, place: &str, row: &VersionRow) -> Result<(), StoreError> {
        match self.tx.find_version(&row.oid) {
            Ok(Some(found)) if found.version == row.version => Ok(()),
            Ok(_) => {
                self.damage(place.to_owned(), "is not found by its identifier");
                Ok(())
            }
            Err(error) => self.note(place, error),
        }
    }

    fn lines(&mut self, progress: &mut impl FnMut(u64)) -> Result<(), StoreError> {
        let mut number = 0;
        loop {
            let page = self.tx.log_lines_after(number, 512)?;
            let Some((newest, _)) = page.last() else { return Ok(()) };
            number = *newest;
            for (line, read) in page {
                self.report.lines += 1;
                let place = format!("log line {line}");
                match read {
                    Ok(read) => {
                        self.account(&place, read.leaf);
                        let kept = self.leaves.leaf(read.leaf)?;
                        if kept != Some(read.hash) && !read.erased {
                            self.damage(place, "differs from its leaf in the proof log");
                        }
                    }
                    Err(error) => self.note(&place, error)?,
                }
            }
            progress(self.report.versions + self.report.lines);
        }
    }

    /// Rows that hang on nothing.
    fn strays(&mut self) -> Result<(), StoreError> {
        const CONTENTS: &str = without!("content", "version_key", "document_version");
        const ROUTES: &str = without!("document_route", "version_key", "document_version");
        const INVALIDATIONS: &str = without!("invalidation", "version_key", "document_version");
        const EVIDENCE: &str = without!("signature_evidence", "version_key", "document_version");
        // Of each relationship and case, one document is in force, and the row is made of it.
        const RELATIONSHIPS: &str = "SELECT relationship_key FROM relationship AS kept
            WHERE NOT EXISTS (SELECT 1 FROM document_version AS said
            WHERE said.version_key = kept.version_key AND said.document_group = 0
            AND said.state = 0 AND said.relationship_key = kept.relationship_key) LIMIT 1000";
        const CASES: &str = "SELECT case_key FROM client_case AS kept
            WHERE NOT EXISTS (SELECT 1 FROM document_version AS said
            WHERE said.version_key = kept.version_key AND said.document_group = 1
            AND said.state = 0 AND said.case_key = kept.case_key) LIMIT 1000";
        const CASE_CLIENTS: &str = without!("case_client", "case_key", "client_case");
        const RIGHTS: &str = without!("register_use_right", "relationship_key", "relationship");
        const SUSPENSIONS: &str = "SELECT DISTINCT relationship_key FROM right_suspension AS kept
            WHERE NOT EXISTS (SELECT 1 FROM register_use_right AS other
            WHERE other.relationship_key = kept.relationship_key AND other.place = kept.place) LIMIT 1000";
        const REFUSALS: &str = "SELECT DISTINCT version_key FROM refusal AS kept
            WHERE NOT EXISTS (SELECT 1 FROM document_version AS said
            WHERE said.version_key = kept.version_key AND said.client_key = kept.client_key
            AND said.document_group = 6) LIMIT 1000";
        const PERMISSIONS: &str = "SELECT version_key FROM disclosure_permission AS kept
            WHERE NOT EXISTS (SELECT 1 FROM document_version AS said
            WHERE said.version_key = kept.version_key AND said.client_key = kept.client_key
            AND said.document_group = 5) LIMIT 1000";
        const IDENTIFIERS: &str = without!("client_identifier", "client_key", "client_key");
        const KEYS: &str = "SELECT client_key FROM client_key
            EXCEPT SELECT client_key FROM client_identifier LIMIT 1000";
        const PERSONS: &str = without!("person", "client_key", "client_key");
        const FACTS: &str = without!("person_facts", "client_key", "client_key");
        let tables = [
            (CONTENTS, "content of version", "belongs to no version"),
            (ROUTES, "identifier of version", "belongs to no version"),
            (INVALIDATIONS, "invalidation of version", "belongs to no version"),
            (EVIDENCE, "signatures of version", "belong to no version"),
            (RELATIONSHIPS, "relationship row", "is not what a document in force says"),
            (CASES, "case row", "is not what a document in force says"),
            (CASE_CLIENTS, "client of case", "belongs to no case"),
            (RIGHTS, "right of relationship", "belongs to no relationship"),
            (SUSPENSIONS, "suspension in relationship", "belongs to no right"),
            (REFUSALS, "refusals of version", "belong to no refusal document"),
            (PERMISSIONS, "permission of version", "belongs to no permission document"),
            (IDENTIFIERS, "identifier of client", "leads to no key"),
            (KEYS, "key of client", "no identifier leads to it"),
            (PERSONS, "person of client", "leads to no key"),
            (FACTS, "person of client", "leads to no key"),
        ];
        for (sql, table, what) in tables {
            for key in self.tx.all(sql, [], |row| row.get::<i64>(0))? {
                self.damage(format!("{table} {key}"), what);
            }
        }
        Ok(())
    }

    /// What is needed to read, whether or not a document needed it yet: keys, dictionaries, files.
    fn means(&mut self) -> Result<(), StoreError> {
        const KEYS: &str = "SELECT client_key FROM client_key WHERE wrapped IS NOT NULL";
        const HIGHEST: &str = "SELECT max(version_key) FROM document_version";
        const DICTIONARIES: &str = "SELECT id FROM dictionary ORDER BY id";
        let highest = self.tx.one(HIGHEST, [], |row| row.get::<Option<i64>>(0))?;
        if highest.unwrap_or(0) > crate::store::key_horizon(self.tx.session())? {
            self.damage("store fact key_horizon", "lies under a key that was given");
        }
        for client in self.tx.all(KEYS, [], |row| row.get::<i64>(0))? {
            if let Err(error) = self.tx.client_data_key(ClientKey(client)) {
                self.note(&format!("key of client {client}"), error)?;
            }
        }
        for id in self.tx.all(DICTIONARIES, [], |row| row.get::<i64>(0))? {
            if let Err(error) = self.tx.dictionary(id) {
                self.note(&format!("dictionary {id}"), error)?;
            }
        }
        for kind in FileKind::ALL {
            if let Err(error) = self.tx.list_register_files(kind) {
                self.note("loaded file", error)?;
            }
        }
        match self.tx.wrong_material() {
            Ok(wrong) => {
                for place in wrong {
                    self.damage(place, "is not what its digest is of");
                }
            }
            Err(error) => self.note("signature material", error)?,
        }
        for (place, wrong) in [
            ("persons", self.tx.wrong_persons()),
            ("openings", self.tx.wrong_openings()),
            ("drafts", self.tx.wrong_drafts()),
            ("sessions", self.tx.wrong_sessions()),
            ("certificates", self.tx.wrong_certificates()),
            ("identity joins", self.tx.wrong_identity_joins()),
            ("retention", self.tx.wrong_retention()),
            ("correction requests", self.tx.wrong_corrections()),
            ("client statements", self.tx.wrong_statements()),
            ("producer choices", self.tx.wrong_choices()),
            ("registers taken in", self.tx.wrong_takings()),
        ] {
            match wrong {
                Ok(wrong) => {
                    for (place, what) in wrong {
                        self.damage(place, what);
                    }
                }
                Err(error) => self.note(place, error)?,
            }
        }
        match self.tx.wrong_notices() {
            Ok(wrong) => {
                for key in wrong {
                    self.damage(format!("notice {key}"), "is not as it was written");
                }
            }
            Err(error) => self.note("notices", error)?,
        }
        for file in self.tx.stray_register_files()? {
            self.damage(file, "is of no known kind");
        }
        Ok(())
    }

    /// The counts kept while archiving, held against a recount.
    fn counts(&mut self) -> Result<(), StoreError> {
        match self.tx.wrong_counts() {
            Ok(wrong) => {
                for place in wrong {
                    self.damage(place, "differs from a recount of the versions");
                }
                Ok(())
            }
            Err(error) => self.note("counts", error),
        }
    }

    fn account(&mut self, place: &str, leaf: u64) {
        let what = match self.map.account(leaf) {
            Accounted::First => return,
            Accounted::Again => "claims a leaf that another row has claimed",
            Accounted::Outside => "claims a leaf that the proof log does not have",
        };
        self.damage(place.to_owned(), what);
    }

    fn damage(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.report.damage.push(Damage::at(place, what));
    }

    /// Damage is noted and the walk goes on; any other failure ends it.
    fn note(&mut self, place: &str, error: StoreError) -> Result<(), StoreError> {
        match error {
            StoreError::Damaged(what) | StoreError::Database(what) => {
                self.damage(place.to_owned(), what);
                Ok(())
            }
            other => Err(other),
        }
    }
}
