//! What can go wrong in the store: always ours to mend, never the caller's.

use std::path::PathBuf;

/// The store could not do what was asked. No variant carries client data.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The queue is full, or no reader came free in time. Nothing was done; try again shortly.
    #[error("the store has all the work it can hold; try again shortly")]
    Busy,
    /// The read took longer than it was given, and was broken off.
    #[error("the read took longer than it may and was broken off")]
    Overtime,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// The store was opened for reading.
    #[error("the store is open for reading only")]
    ReadOnly,
    /// An operation asked for another one, which could only run after it.
    #[error("an operation cannot wait for another operation")]
    Nested,
    /// The operation panicked and was undone.
    #[error("the operation broke down and was undone")]
    Panicked,
    /// The disk, or the store's allotted size, is full. Nothing was kept.
    #[error("the disk is full; nothing was kept")]
    DiskFull,
    /// The group this operation belonged to could not be committed. Nothing of it was kept.
    #[error("the commit failed and nothing was kept: {0}")]
    NotCommitted(String),
    /// The database cannot be reached, or takes no writes for now. Nothing was kept; try again shortly.
    #[error("the database cannot be used now, and nothing was kept: {0}")]
    Unavailable(String),
    /// The connection was lost while the group this operation belonged to was committed. It is kept whole, or not at
    /// all: whoever asks again, or sends the same again, learns which.
    #[error(
        "the database was lost during the commit, and nobody knows yet whether it was kept: {0}"
    )]
    OutcomeUnknown(String),
    /// The address of the database cannot be used.
    #[error("the address of the database {0}")]
    Address(String),
    /// What was asked is done with one file, and the archive is in a database of a server.
    #[error(
        "the archive is kept in PostgreSQL, so its database is backed up by PostgreSQL's own means (pg_basebackup, \
         continuous archiving)"
    )]
    OnServer,
    /// The same unique thing is there already.
    #[error("a unique value is there already: {0}")]
    Conflict(String),
    /// The database answered with an error.
    #[error("the database failed: {0}")]
    Database(String),
    /// What is stored contradicts itself, or does not decrypt.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// Another process has the store open.
    #[error("another process has the store at {0} open")]
    Locked(PathBuf),
    /// Something is where a store shall be moved to.
    #[error(
        "something is at {0} already; a store is moved to a new database of a server, or into a data directory \
         without varanto.db"
    )]
    NotEmpty(PathBuf),
    /// The store was moved, and goes on elsewhere.
    #[error(
        "the archive was moved to {0} and goes on there; tell it so in [store] of the configuration, or move it back"
    )]
    Moved(String),
    /// The configuration names a server without a store, and there is one in a file.
    #[error(
        "the archive is in {0}, and nothing is in the database that the configuration names yet; move it there with \
         `varanto move --to postgres`"
    )]
    NotMoved(PathBuf),
    /// There is no store, or something else, at this place.
    #[error("{0} is not a Varanto store")]
    NotAStore(PathBuf),
    /// The store was written by a newer program.
    #[error(
        "the store has schema change {number:04}_{name}, which this program does not know; \
         it was written by a newer version, so start that one"
    )]
    SchemaNewer {
        /// The number of the unknown change.
        number: i64,
        /// Its name.
        name: String,
    },
    /// A schema change in the store is not the one this program has under that number.
    #[error(
        "schema change {number:04}_{name} in the store differs from this program's; \
         the store was made by an altered program and is left untouched"
    )]
    SchemaAltered {
        /// The number of the change.
        number: i64,
        /// Its name in the store.
        name: String,
    },
    /// The store lacks schema changes and is not open for writing.
    #[error(
        "the store has an older schema; open it once with `varanto serve` to bring it up to date"
    )]
    SchemaOlder,
    /// The key files are not the ones this store was made with.
    #[error("these key files do not belong to this store ({0})")]
    WrongKeys(&'static str),
    /// The store's proof log has another origin than the configuration says.
    #[error("the store's proof log is named {stored:?}, the configuration says {configured:?}")]
    OtherOrigin {
        /// The origin in the store.
        stored: String,
        /// The origin asked for.
        configured: String,
    },
    /// A key file cannot be used.
    #[error("the key file {path}: {why}")]
    KeyFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no backup at this place.
    #[error(
        "{0} holds no backups of a Varanto archive: its disk is not there, or no backup was taken into it \
         yet (varanto backup take --to FOLDER begins it)"
    )]
    NotABackup(PathBuf),
    /// The folder holds backups of another archive.
    #[error(
        "{folder} holds backups of the archive {origin:?}; give each archive a folder of its own"
    )]
    BackupOfAnother {
        /// Which folder.
        folder: PathBuf,
        /// The proof log of the archive whose backups it holds.
        origin: String,
    },
    /// Another process works in the folder of backups.
    #[error("another backup or restore works in {0}; try again when it has ended")]
    BackupBusy(PathBuf),
    /// A file or folder could not be read or written.
    #[error("{path}: {why}")]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// What the operating system said.
        why: String,
    },
}

impl StoreError {
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::File { path: path.into(), why: error.to_string() }
    }
}

/// Whether an operation that ended with this error keeps what it wrote.
///
/// A denial is an answer: it commits, with its log line. A failure is undone.
pub trait Commits {
    /// True for an answer, false for a failure.
    fn commits(&self) -> bool;
}

impl Commits for StoreError {
    fn commits(&self) -> bool {
        false
    }
}
