//! Which points stay, and sweeping away what no point names.

use std::collections::{BTreeSet, HashSet};
use std::fs;

use varanto_domain::time::{FinnishDay, Instant};

use super::folder::{BackupFolder, PieceName};
use super::point::Points;
use crate::StoreError;
use crate::keys::sync_folder;

/// Which points stay when the folder is thinned out: all that one of the rules keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepRule {
    /// The newest so many.
    pub last: usize,
    /// The newest of each of so many days that have one.
    pub days: usize,
    /// The newest of each of so many months that have one.
    pub months: usize,
}

impl KeepRule {
    /// The points that stay, of points in the order of [`BackupFolder::list`]. The newest stays whatever the rule says.
    pub(crate) fn kept<'p>(&self, points: &'p [(String, Instant)]) -> BTreeSet<&'p str> {
        let newest_first = || points.iter().rev();
        let mut kept: BTreeSet<&str> =
            newest_first().take(self.last.max(1)).map(|(name, _)| name.as_str()).collect();
        let mut newest_of_each = |most: usize, span: fn(FinnishDay) -> (i16, i8, i8)| {
            let mut seen = HashSet::new();
            for (name, taken_at) in newest_first() {
                if seen.len() == most {
                    break;
                }
                if seen.insert(span(FinnishDay::of(*taken_at))) {
                    kept.insert(name);
                }
            }
        };
        newest_of_each(self.days, |day| (day.year(), day.month(), day.day()));
        newest_of_each(self.months, |day| (day.year(), day.month(), 1));
        kept
    }
}

/// What thinning out did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// The points that went, oldest first.
    pub gone: Vec<String>,
    /// How many stayed.
    pub kept: usize,
    /// Bytes freed; `None` in a dry run, where pieces are not looked at.
    pub freed: Option<u64>,
}

impl BackupFolder {
    /// Takes away the points that the rule does not keep, and every piece that no other point names.
    ///
    /// # Errors
    /// What the disk answers, and [`StoreError::Damaged`] when a point does not read: nothing goes then, for nobody
    /// knows which pieces it names.
    pub fn prune(&self, rule: &KeepRule, dry_run: bool) -> Result<Pruned, StoreError> {
        let Points { whole, damaged } = self.list()?;
        if let Some(name) = damaged.first() {
            let why = "does not read; nothing is thinned out until its file is taken away";
            return Err(StoreError::Damaged(format!("point {name} of the backup {why}")));
        }
        let points: Vec<(String, Instant)> =
            whole.into_iter().map(|point| (point.name, point.taken_at)).collect();
        let kept = rule.kept(&points);
        let gone: Vec<String> = points
            .iter()
            .filter(|(name, _)| !kept.contains(name.as_str()))
            .map(|(name, _)| name.clone())
            .collect();
        let kept = kept.len();
        if dry_run {
            return Ok(Pruned { gone, kept, freed: None });
        }
        for name in &gone {
            self.drop_point(name)?;
        }
        // Were they to come back after a power cut, their pieces would be missing.
        sync_folder(&self.points())?;
        Ok(Pruned { gone, kept, freed: Some(self.sweep()?) })
    }

    /// Removes every piece that no point names; answers the bytes freed.
    fn sweep(&self) -> Result<u64, StoreError> {
        let mut named: HashSet<PieceName> = HashSet::new();
        for point in self.names()? {
            named.extend(self.files(&point)?.into_iter().flat_map(|file| file.pieces));
        }
        let pieces = self.pieces();
        let failed = |error: std::io::Error| StoreError::file(&pieces, &error);
        let mut freed = 0;
        for shelf in fs::read_dir(&pieces).map_err(failed)? {
            for entry in fs::read_dir(shelf.map_err(failed)?.path()).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let name = entry.file_name();
                let unnamed = name
                    .to_str()
                    .and_then(PieceName::parse)
                    .is_some_and(|name| !named.contains(&name));
                if unnamed {
                    freed += entry.metadata().map_err(failed)?.len();
                    fs::remove_file(entry.path()).map_err(failed)?;
                }
            }
        }
        Ok(freed)
    }
}
