//! The database beneath the store: a file of the embedded engine, or a database of a server. No room but this one
//! knows which it is.

mod address;
mod dialect;
mod embedded;
mod server;
mod tables;
mod values;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use address::ServerAddress;
pub(crate) use tables::{Filling, Table, tables};
pub(crate) use values::{Bind, Cells, Params, Row, Value, params};

use crate::migrations::{MIGRATIONS, apply};
use crate::together::Told;
use crate::{Remains, StoreError, StoreOptions};

/// The table by which a database is known to be a store.
pub(crate) const MARK_TABLE: &str = "store_fact";

/// Where the database is.
#[derive(Clone, Debug)]
pub(crate) enum Database {
    Embedded(PathBuf),
    Server(Box<ServerAddress>),
}

/// One connection to the database.
pub(crate) enum Session {
    Embedded(embedded::Session),
    Server(Box<server::Session>),
}

/// Each table and index with what made it; bytes, because damaged texts are no texts.
pub(crate) type Schema = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// What runs statements.
pub(crate) trait Statements {
    /// Hands the rows of a statement to `visit`, until it breaks off. Other statements may be run meanwhile.
    fn visit(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// As [`Statements::visit`], of a list too long for memory: within a transaction.
    fn walk(
        &self,
        sql: &str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// Runs a statement that gives no rows; answers how many rows it changed.
    fn run(&self, sql: &'static str, values: &[Value<'_>]) -> Result<usize, StoreError>;

    /// The one row that the statement must give.
    fn one<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let found = self.optional(sql, params, read)?;
        found.ok_or_else(|| StoreError::Database("a statement gave no row".into()))
    }

    /// The first row of the statement, if it gives any.
    fn optional<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let (mut read, mut found) = (Some(read), None);
        params.give(|values| {
            self.visit(sql, values, &mut |row| {
                found = read.take().map(|read| read(row));
                ControlFlow::Break(())
            })
        })?;
        found.transpose()
    }

    /// Every row of the statement, in its order.
    fn all<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let (mut rows, mut failed) = (Vec::new(), None);
        params.give(|values| {
            self.visit(sql, values, &mut |row| match read(row) {
                Ok(row) => {
                    rows.push(row);
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            })
        })?;
        failed.map_or(Ok(rows), Err)
    }

    /// Hands every row of the statement to `visit` as it comes, for lists too long for memory.
    ///
    /// # Errors
    /// The database's error, or the first of `visit`, which ends the walk.
    fn each<E: From<StoreError>>(
        &self,
        sql: &str,
        params: impl Params,
        mut visit: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut failed = None;
        params.give(|values| {
            self.walk(sql, values, &mut |row| match visit(row) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            })
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Runs a statement that gives no rows; answers how many rows it changed.
    fn execute(&self, sql: &'static str, params: impl Params) -> Result<usize, StoreError> {
        params.give(|values| self.run(sql, values))
    }
}

impl Database {
    /// Opens the one session that writes, making the database's tables when it has none.
    ///
    /// # Errors
    /// [`StoreError::NotAStore`] for a database of something else, which is left as it is;
    /// [`StoreError::Locked`] for one of a server that another program has open for itself alone, or at all, where this
    /// one wants it for itself alone.
    pub(crate) fn open_writing(&self, options: &StoreOptions) -> Result<Session, StoreError> {
        Ok(match self {
            Self::Embedded(path) => {
                Session::Embedded(embedded::Session::open_writing(path, options)?)
            }
            Self::Server(address) => {
                Session::Server(Box::new(server::Session::open_writing(address, options.together)?))
            }
        })
    }

    /// Opens a session that only reads. With `newest`, of several servers the one that takes writes, so that what was
    /// written is seen.
    pub(crate) fn open_reading(
        &self,
        mmap_mib: u32,
        newest: bool,
        hears: bool,
    ) -> Result<Session, StoreError> {
        Ok(match self {
            Self::Embedded(path) => {
                Session::Embedded(embedded::Session::open_reading(path, mmap_mib)?)
            }
            Self::Server(address) => {
                Session::Server(Box::new(server::Session::open_reading(address, newest, hears)?))
            }
        })
    }

    /// Overwrites what the write-ahead log has of what was deleted, beside the session that writes; answers where some
    /// of it may be left.
    pub(crate) fn fold_beside(&self) -> Result<Remains, StoreError> {
        match self {
            Self::Server(_) => Ok(Remains::OnServer),
            Self::Embedded(path) if embedded::Session::open_folding(path)?.fold_all()? => {
                Ok(Remains::Nowhere)
            }
            Self::Embedded(_) => Ok(Remains::InLog),
        }
    }

    /// A session beside the store, that tests harm it by.
    #[cfg(test)]
    pub(crate) fn open_aside(&self) -> Result<Session, StoreError> {
        Ok(match self {
            Self::Embedded(path) => Session::Embedded(embedded::Session::open_aside(path)?),
            Self::Server(address) => {
                Session::Server(Box::new(server::Session::open_reading(address, false, false)?))
            }
        })
    }

    /// What is said of it to people.
    pub(crate) fn place(&self) -> PathBuf {
        match self {
            Self::Embedded(path) => path.clone(),
            Self::Server(address) => address.name().into(),
        }
    }
}

/// The same done on either engine.
macro_rules! either {
    ($session:expr, $own:ident => $done:expr) => {
        match $session {
            Session::Embedded($own) => $done,
            Session::Server($own) => $done,
        }
    };
}

impl Statements for Session {
    fn visit(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        either!(self, own => own.visit(sql, values, visit))
    }

    fn walk(
        &self,
        sql: &str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        either!(self, own => own.walk(sql, values, visit))
    }

    fn run(&self, sql: &'static str, values: &[Value<'_>]) -> Result<usize, StoreError> {
        either!(self, own => own.run(sql, values))
    }
}

impl Session {
    /// Begins a transaction that writes.
    pub(crate) fn begin_writing(&self) -> Result<(), StoreError> {
        either!(self, own => own.begin_writing())
    }

    /// Begins a snapshot. With a time given, a statement that runs when it is over is broken off and answers
    /// [`StoreError::Overtime`]. With `hears`, the snapshot also gives what other programs tell.
    pub(crate) fn begin_reading(
        &mut self,
        time: Option<Duration>,
        hears: bool,
    ) -> Result<(), StoreError> {
        match self {
            Self::Embedded(own) => own.begin_reading(time),
            Self::Server(own) => own.begin_reading(time, hears),
        }
    }

    /// What other programs told until the snapshot was taken; none where nobody else writes.
    pub(crate) fn told(&self) -> Option<Arc<Told>> {
        match self {
            Self::Embedded(_) => None,
            Self::Server(own) => own.told(),
        }
    }

    /// Opens a session that asks for the lead in the work in the background.
    pub(crate) fn open_leading(address: &ServerAddress) -> Result<Self, StoreError> {
        Ok(Self::Server(Box::new(server::Session::open_leading(address)?)))
    }

    /// Takes the lead, when nobody has it: where the database is a file, nobody can.
    pub(crate) fn take_lead(&self) -> Result<bool, StoreError> {
        match self {
            Self::Embedded(_) => Ok(true),
            Self::Server(own) => own.take_lead(),
        }
    }

    /// Whether the database answers on this connection.
    pub(crate) fn answers(&self) -> bool {
        match self {
            Self::Embedded(_) => true,
            Self::Server(own) => own.answers(),
        }
    }

    /// Whether the database is one of a server.
    pub(crate) const fn is_of_server(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    /// The number of this program among those that write into the same database; none where it writes alone.
    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Self::Embedded(_) => None,
            Self::Server(own) => own.number(),
        }
    }

    /// Ends a snapshot, if one has begun. After an error the session is of no more use.
    pub(crate) fn end_reading(&mut self) -> Result<(), StoreError> {
        either!(self, own => own.end_reading())
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// [`StoreError::OutcomeUnknown`] when nobody can tell yet whether it was committed; after any other, it was not.
    pub(crate) fn commit(&self) -> Result<(), StoreError> {
        either!(self, own => own.commit())
    }

    /// Undoes the transaction, if one goes on.
    pub(crate) fn roll_back(&self) -> Result<(), StoreError> {
        either!(self, own => own.roll_back())
    }

    /// Begins what [`Session::undo_part`] undoes alone and [`Session::end_part`] ends.
    pub(crate) fn begin_part(&self) -> Result<(), StoreError> {
        either!(self, own => own.begin_part())
    }

    /// Undoes what was done since [`Session::begin_part`].
    pub(crate) fn undo_part(&self) -> Result<(), StoreError> {
        either!(self, own => own.undo_part())
    }

    /// Keeps what was done since [`Session::begin_part`] with the rest of the transaction.
    pub(crate) fn end_part(&self) -> Result<(), StoreError> {
        either!(self, own => own.end_part())
    }

    /// Why the transaction that was begun is gone, when it is.
    pub(crate) fn loss(&self) -> Option<StoreError> {
        either!(self, own => own.loss())
    }

    /// Whether the session is of no more use, and another has to be opened.
    pub(crate) fn is_broken(&self) -> bool {
        match self {
            Self::Embedded(_) => false,
            Self::Server(own) => own.loss().is_some(),
        }
    }

    /// Ends a session that is of no more use, so that it holds nobody up.
    pub(crate) fn give_up(&self) {
        if let Self::Server(own) = self {
            own.give_up();
        }
    }

    /// Whether a statement of the transaction failed in such a way that it takes no more until that is undone.
    pub(crate) fn has_failed(&self) -> bool {
        match self {
            Self::Embedded(_) => false,
            Self::Server(own) => own.has_failed(),
        }
    }

    /// How many rows were changed so far, also by what was undone.
    pub(crate) fn changes(&self) -> u64 {
        either!(self, own => own.changes())
    }

    /// Whether the database is a store, or still empty and may become one.
    pub(crate) fn is_ours_or_empty(&self) -> Result<bool, StoreError> {
        either!(self, own => own.is_ours_or_empty())
    }

    /// Whether there is such a table.
    pub(crate) fn has_table(&self, name: &str) -> Result<bool, StoreError> {
        either!(self, own => own.has_table(name))
    }

    /// Runs statements that make tables, one after the other.
    pub(crate) fn define(&self, sql: &str) -> Result<(), StoreError> {
        either!(self, own => own.define(sql))
    }

    /// What is to be done once the tables are made.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        either!(self, own => own.settle())
    }

    /// Each table and index of the database.
    pub(crate) fn schema(&self) -> Result<Schema, StoreError> {
        either!(self, own => own.schema())
    }

    /// Each table and index as this program makes it.
    pub(crate) fn schema_as_made(&self) -> Result<Schema, StoreError> {
        let fresh = match self {
            Self::Embedded(_) => Self::Embedded(embedded::Session::in_memory()?),
            Self::Server(own) => Self::Server(Box::new(own.aside()?)),
        };
        apply(&fresh, MIGRATIONS)?;
        fresh.schema()
    }

    /// Lets the database check what it can of itself; answers where it found what.
    pub(crate) fn check_itself(&self) -> Result<Vec<(String, String)>, StoreError> {
        either!(self, own => own.check_itself())
    }

    /// Writes a tile of the proof log; `full` when it will never grow.
    pub(crate) fn write_tile(
        &self,
        tile: (u32, i64),
        hashes: &[u8],
        full: bool,
    ) -> Result<(), StoreError> {
        match self {
            Self::Embedded(own) => own.write_tile(tile, hashes, full),
            Self::Server(own) => own.write_tile(tile, hashes),
        }
    }

    /// The pages of the database, where it is one file.
    ///
    /// # Errors
    /// [`StoreError::OnServer`] where it is not.
    pub(crate) fn pages(&self) -> Result<&embedded::Session, StoreError> {
        match self {
            Self::Embedded(own) => Ok(own),
            Self::Server(_) => Err(StoreError::OnServer),
        }
    }

    /// What is to be done between two groups, when those in the last one have their answers. `someone_waits`: others than
    /// what gives way come at this time, and wait for the disk while it is at that.
    pub(crate) fn tidy(&mut self, someone_waits: bool) {
        if let Self::Embedded(own) = self {
            own.tidy(someone_waits);
        }
    }

    /// Lets the database learn how much there is of what, where it plans by that, after many rows came at once.
    pub(crate) fn learn(&self) -> Result<(), StoreError> {
        match self {
            Self::Embedded(_) => Ok(()),
            Self::Server(own) => own.define("ANALYZE"),
        }
    }

    /// What is to be done when nothing is written any more.
    pub(crate) fn fold(&self) -> Result<(), StoreError> {
        match self {
            Self::Embedded(own) => own.fold(),
            Self::Server(_) => Ok(()),
        }
    }
}
