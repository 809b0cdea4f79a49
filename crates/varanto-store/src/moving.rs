//! Moving a store from one engine to the other: every row of every table, and each table held against its copy before
//! anything of it counts.
//!
//! On a server the copy is one transaction; a file is made in a folder of its own and takes its place at the end. So a
//! move that was broken off has left nothing, or the whole copy, which the next one finds equal and goes on with.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};

use crate::engine::{
    Database, Filling, MARK_TABLE, Row, Session, Statements, Table, Value, tables,
};
use crate::keys::KeyRing;
use crate::migrations::{MIGRATIONS, apply, require_current};
use crate::store::{DATABASE_FILE, Facts, lock, mark_moved, refuse_moved};
use crate::{StoreError, StoreOptions};

/// Where a file is made, in the data folder.
const ASIDE: &str = "moving";
/// What making the tables writes.
const OF_SCHEMA: &str = "schema_migration";

/// A move that has begun: nobody else writes on either side.
pub struct Move {
    _lock: File,
    folder: PathBuf,
    from: Session,
    place: PathBuf,
    /// The copy's database; a file of another folder than the archive's until it is whole.
    target: Database,
    /// Open from the beginning where the copy is there already, and on a server.
    to: Option<Session>,
    copied: bool,
    tables: Vec<Table>,
    rows: Vec<u64>,
}

/// A table that is the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedTable {
    /// Its name.
    pub table: String,
    /// How many rows it has.
    pub rows: u64,
    /// SHA-256 over its rows in the order of their keys.
    pub sha256: [u8; 32],
}

/// What a move does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moving {
    /// It copies rows.
    Copying,
    /// It reads them on both sides.
    Comparing,
}

impl Move {
    /// Opens both sides, and looks whether the move can be.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when somebody has either side open for writing; [`StoreError::NotEmpty`] when something is
    /// at the target; [`StoreError::Moved`] when the store is elsewhere already; and what opening a store answers.
    pub fn begin(
        folder: &Path,
        ring: &KeyRing,
        from: &StoreOptions,
        to: &StoreOptions,
    ) -> Result<Self, StoreError> {
        let source = from.database(folder);
        if matches!(&source, Database::Embedded(path) if !path.is_file()) {
            return Err(StoreError::NotAStore(source.place()));
        }
        let lock = lock(folder)?;
        let mut session = source.open_writing(from)?;
        if !session.has_table(MARK_TABLE)? {
            return Err(StoreError::NotAStore(source.place()));
        }
        require_current(&session, MIGRATIONS)?;
        refuse_moved(&session)?;
        Facts::read(&session)?.keys(ring.clone(), &from.origin)?;
        let mut target = to.database(folder);
        let place = target.place();
        let is_there = match &target {
            Database::Embedded(path) => path.exists(),
            Database::Server(_) => true,
        };
        let opened = is_there.then(|| target.open_writing(to)).transpose();
        let opened = opened.map_err(|error| match error {
            StoreError::NotAStore(_) | StoreError::Damaged(_) => {
                StoreError::NotEmpty(place.clone())
            }
            other => other,
        })?;
        let copied = match &opened {
            Some(session) => session.has_table(MARK_TABLE)?,
            None => false,
        };
        if let (Database::Embedded(path), false) = (&mut target, copied) {
            if is_there {
                return Err(StoreError::NotEmpty(place));
            }
            *path = folder.join(ASIDE).join(DATABASE_FILE);
        }
        let tables = tables()?;
        session.begin_reading(None, false)?;
        let count = |table: &Table| table.count(&session);
        let rows = tables.iter().map(count).collect::<Result<_, _>>()?;
        let folder = folder.to_owned();
        Ok(Self {
            _lock: lock,
            folder,
            from: session,
            place,
            target,
            to: opened,
            copied,
            tables,
            rows,
        })
    }

    /// The tables, and how many rows each has.
    pub fn tables(&self) -> impl Iterator<Item = (&str, u64)> {
        self.tables.iter().map(|table| table.name.as_str()).zip(self.rows.iter().copied())
    }

    /// Where the store will be.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Whether a copy is there already: an earlier move was broken off when it had been made.
    #[must_use]
    pub fn is_copied(&self) -> bool {
        self.copied
    }

    /// The folder to verify the copy in: a file is not in its place yet.
    #[must_use]
    pub fn folder_of_copy(&self) -> &Path {
        match &self.target {
            Database::Embedded(path) => path.parent().unwrap_or(&self.folder),
            Database::Server(_) => &self.folder,
        }
    }

    /// Copies every row, unless that is done, and holds each table against its copy. `going` hears how many rows of how
    /// many are done.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] when what was at the target is no copy; [`StoreError::Damaged`] when a copy came out
    /// other than what was copied. Then nothing is kept.
    pub fn copy(
        &mut self,
        to: &StoreOptions,
        mut going: impl FnMut(Moving, u64, u64),
    ) -> Result<Vec<MovedTable>, StoreError> {
        let opened = match self.to.take() {
            Some(session) => session,
            None => self.open_aside(to)?,
        };
        let session = self.to.insert(opened);
        let all: u64 = self.rows.iter().sum();
        if self.copied {
            session.begin_reading(None, false)?;
        } else {
            session.begin_writing()?;
            apply(session, MIGRATIONS)?;
            let mut done = 0;
            for table in self.tables.iter().filter(|table| table.name != OF_SCHEMA) {
                copy_table(&self.from, session, table, &mut || {
                    done += 1;
                    going(Moving::Copying, done, all);
                })?;
            }
        }
        let mut done = 0;
        let mut tick = || {
            done += 1;
            going(Moving::Comparing, done / 2, all);
        };
        let mut equal = Vec::new();
        for table in &self.tables {
            let ours = digest_of(&self.from, table, &mut tick)?;
            if ours != digest_of(session, table, &mut tick)? {
                return Err(if self.copied {
                    StoreError::NotEmpty(self.place.clone())
                } else {
                    StoreError::Damaged(format!("the copy of table {}", table.name))
                });
            }
            equal.push(ours);
        }
        if self.copied {
            session.end_reading()?;
        } else {
            session.commit()?;
            session.learn()?;
        }
        self.copied = true;
        Ok(equal)
    }

    /// Makes the folder that a file is made in, without what a move before it left.
    fn open_aside(&self, to: &StoreOptions) -> Result<Session, StoreError> {
        let aside = self.folder_of_copy();
        let failed = |error: std::io::Error| StoreError::file(aside, &error);
        if aside.exists() {
            fs::remove_dir_all(aside).map_err(failed)?;
        }
        fs::create_dir(aside).map_err(failed)?;
        self.target.open_writing(to)
    }

    /// Takes the copy to its place, and closes the store that was copied to those who would write.
    ///
    /// # Errors
    /// When either cannot be done. Moved again it goes on from there.
    pub fn finish(self) -> Result<(), StoreError> {
        let Self { mut from, to, target, place, .. } = self;
        if let Some(session) = to {
            session.fold()?;
        }
        if let Database::Embedded(path) = &target
            && *path != place
        {
            let failed = |error: std::io::Error| StoreError::file(&place, &error);
            let log = path.with_extension("db-wal");
            if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
                let why = format!("{} is not folded in", log.display());
                return Err(StoreError::NotCommitted(why));
            }
            fs::rename(path, &place).map_err(failed)?;
            let folder = File::open(&self.folder).map_err(failed)?;
            folder.sync_all().map_err(failed)?;
            // What SQLite lays beside is empty, and the folder is of no more use.
            let _ = fs::remove_dir_all(self.folder.join(ASIDE));
        }
        from.end_reading()?;
        mark_moved(&from, &place)?;
        from.fold()
    }
}

fn copy_table(
    from: &Session,
    to: &Session,
    table: &Table,
    tick: &mut dyn FnMut(),
) -> Result<(), StoreError> {
    let mut filling: Filling<'_> = to.fill(table)?;
    from.each(&table.select(), [], |row| {
        tick();
        filling.put(&values_of(table, row)?)
    })?;
    filling.end()
}

/// The values of a row, in the order of the columns.
fn values_of<'r>(table: &Table, row: &Row<'r>) -> Result<Vec<Value<'r>>, StoreError> {
    let value = |(place, (_, kind)): (usize, &(String, Value<'static>))| {
        Ok(match kind {
            Value::Integer(_) => Value::Integer(row.get(place)?),
            Value::Text(_) => Value::Text(row.get(place)?),
            Value::Blob(_) => Value::Blob(row.get(place)?),
        })
    };
    table.columns.iter().enumerate().map(value).collect()
}

/// How many rows a table has, and a digest over them in the order of their keys: of each value its kind, whether it is
/// there, its length and itself.
fn digest_of(
    session: &Session,
    table: &Table,
    tick: &mut dyn FnMut(),
) -> Result<MovedTable, StoreError> {
    let (mut digest, mut rows) = (Context::new(&SHA256), 0);
    session.each(&table.select(), [], |row| {
        tick();
        rows += 1;
        for value in values_of(table, row)? {
            let number;
            let (kind, bytes) = match value {
                Value::Integer(None) | Value::Text(None) | Value::Blob(None) => (0u8, &[][..]),
                Value::Integer(Some(whole)) => {
                    number = whole.to_be_bytes();
                    (1, &number[..])
                }
                Value::Text(Some(text)) => (2, text.as_bytes()),
                Value::Blob(Some(bytes)) => (3, bytes),
            };
            digest.update(&[kind]);
            digest.update(&(bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        }
        Ok::<_, StoreError>(())
    })?;
    let sha256 = digest.finish().as_ref().try_into().expect("SHA-256 has 32 bytes");
    Ok(MovedTable { table: table.name.clone(), rows, sha256 })
}
