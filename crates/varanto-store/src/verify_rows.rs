//! Finding damage in rows: every version and every log line is held against its leaf.

use varanto_domain::archive::documents::VersionState;
use varanto_domain::archive::proof;
use varanto_domain::ids::VersionKey;

use crate::documents::{InvalidationMark, VersionRow};
use crate::verify::{Accounted, Damage, LeafMap, LeafReader};
use crate::{ReadTx, StoreError};

/// What the walk over the rows found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReport {
    /// How many versions were read.
    pub versions: u64,
    /// How many log lines were read.
    pub lines: u64,
    /// Versions of clients whose key was destroyed: nothing of them can be read, by intent.
    pub erased: u64,
    /// What is not as it was sealed; empty when all is.
    pub damage: Vec<Damage>,
}

/// What the caller's own checks of a version need: the row, the record, the parts of the content.
pub type JudgeVersion<'j> =
    dyn FnMut(&ReadTx<'_>, &VersionRow, &[u8], &[Vec<u8>]) -> Result<Vec<Damage>, StoreError> + 'j;

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
            report: RowReport { versions: 0, lines: 0, erased: 0, damage: Vec::new() },
        };
        walk.versions(judge, &mut progress)?;
        walk.lines(&mut progress)?;
        walk.strays()?;
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
        let record = match self.tx.record_of(version, row.client) {
            Ok(record) => record,
            Err(error) => return self.note(&format!("{place}: metadata"), error),
        };
        let parts = match self.tx.content_of(version, row.client) {
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
        match judge(self.tx, &row, &record, &parts) {
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
            Some(InvalidationMark { line }) => {
                if !self.tx.line_tells_of(line, row.version)? {
                    self.damage(format!("invalidation of {place}"), "no log line tells of it");
                }
                VersionState::Invalidated
            }
            None if self.tx.has_later_valid(row)? => VersionState::Replaced,
            None => VersionState::InForce,
        };
        if row.state != expected {
            let what = format!("its state is {}, but should be {}", row.state.name(), expected.name());
            self.damage(place.to_owned(), what);
        }
        Ok(())
    }

    fn route(&mut self, place: &str, row: &VersionRow) -> Result<(), StoreError> {
        let oid = match self.tx.oid_of(row.version) {
            Ok(oid) => oid,
            Err(error) => return self.note(place, error),
        };
        match self.tx.find_version(&oid) {
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
                    Ok((leaf, hash)) => {
                        self.account(&place, leaf);
                        if self.leaves.leaf(leaf)? != Some(hash) {
                            self.damage(place, "differs from its leaf in the proof log");
                        }
                    }
                    Err(error) => self.note(&place, error)?,
                }
            }
            progress(self.report.versions + self.report.lines);
        }
    }

    /// Contents without a version, versions without a content, and identifiers that lead nowhere.
    fn strays(&mut self) -> Result<(), StoreError> {
        const CONTENTS: &str = "SELECT version_key FROM content
            WHERE version_key NOT IN (SELECT version_key FROM document_version) LIMIT 1000";
        const ROUTES: &str = "SELECT version_key FROM document_route
            WHERE version_key NOT IN (SELECT version_key FROM document_version) LIMIT 1000";
        for (sql, table) in [(CONTENTS, "content"), (ROUTES, "identifier")] {
            for key in self.tx.all(sql, [], |row| row.get::<_, i64>(0))? {
                self.damage(format!("{table} of version {key}"), "belongs to no version");
            }
        }
        Ok(())
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
