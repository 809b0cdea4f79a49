//! The files of the delivery, for whoever looks for the one of a row: by a part of the name, some at a time.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::params;
use varanto_domain::access::OldDataPermit;

use super::{Queue, QueueError};
use crate::delivery::Found;

/// A file of the delivery that is no table of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveredFile {
    /// Its name.
    pub name: String,
    /// How large it is.
    pub bytes: u64,
    /// A row that names it, or for which somebody named it; none where it is nobody's.
    pub row: Option<u64>,
}

/// Some files of the delivery.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    /// They.
    pub files: Vec<DeliveredFile>,
    /// Behind which one the next are, where there are more.
    pub next: Option<usize>,
}

impl Queue {
    /// The files of the delivery from one on whose names hold some text, however that is capitalised; those alone that are of
    /// no row, or all of them.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what cannot be read.
    pub fn files(
        &self,
        permit: &OldDataPermit,
        (named, strays_alone): (&str, bool),
        (from, most): (usize, usize),
    ) -> Result<Files, QueueError> {
        self.permitted(permit)?;
        self.list_anew()?;
        let delivery = self.delivery()?;
        let at = |name: &str| match delivery.find(name) {
            Found::One(at) => Some(at),
            Found::None | Found::Several(_) => None,
        };
        let beside = self.mapping.joins.iter().map(|join| join.index.file.as_str());
        let tables: BTreeSet<usize> =
            beside.chain([self.mapping.index.file.as_str()]).filter_map(at).collect();
        let said: BTreeMap<usize, u64> = self
            .named_files()?
            .into_iter()
            .filter_map(|(name, place)| Some((at(&name)?, place)))
            .collect();
        let wanted = named.trim().to_lowercase();
        let mut found = Files::default();
        for (at, entry) in delivery.entries().iter().enumerate().skip(from) {
            if tables.contains(&at) || !entry.name.to_lowercase().contains(&wanted) {
                continue;
            }
            let row = match said.get(&at) {
                Some(place) => Some(*place),
                None => self.row_of_file(at)?,
            };
            if strays_alone && row.is_some() {
                continue;
            }
            if found.files.len() == most {
                found.next = Some(at);
                break;
            }
            found.files.push(DeliveredFile { name: entry.name.clone(), bytes: entry.size, row });
        }
        Ok(found)
    }

    /// The files that somebody named, with the rows that they are named for.
    fn named_files(&self) -> Result<Vec<(String, u64)>, QueueError> {
        let sql = "SELECT value, place FROM answer WHERE element = 'file' AND value <> ''";
        let mut statement = self.work.connection().prepare_cached(sql)?;
        let named = statement
            .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
        Ok(named.collect::<Result<_, _>>()?)
    }

    /// The first row that names a file.
    fn row_of_file(&self, at: usize) -> Result<Option<u64>, QueueError> {
        let sql = "SELECT min(place) FROM item WHERE file = ?";
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        let mut statement = self.work.connection().prepare_cached(sql)?;
        let place: Option<i64> = statement.query_row(params![at], |row| row.get(0))?;
        Ok(place.map(i64::unsigned_abs))
    }
}
