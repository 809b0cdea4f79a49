//! What an operation answers when it cannot do what was asked.

use varanto_domain::access::Denial;
use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;
use varanto_store::{Commits, StoreError};

/// Whose move it is: the law says no, what was sent is wrong, it is not there, or we failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppError {
    /// The law says no. Logged.
    #[error("denied: {}", .0.code())]
    Denied(Denial),
    /// What was sent is wrong: every fault. Logged.
    #[error("refused: {} faults", .0.len())]
    Refused(Vec<Fault>),
    /// There is no such thing. Logged.
    #[error("not found")]
    NotFound,
    /// A document with this identifier is archived already, with other bytes. Logged.
    #[error("archived already with other bytes: {document}")]
    DuplicateWithOtherBytes {
        /// The identifier.
        document: Oid,
        /// Which parts differ: `metadata`, `structured`, `view`, `pdf`.
        differs: Vec<&'static str>,
    },
    /// Another version came since the one that this was made from. Logged.
    #[error("changed meanwhile: {newest}")]
    ChangedMeanwhile {
        /// The version in force.
        newest: Oid,
    },
    /// A right would end in which its producer has left something unfinished; it must be confirmed. Logged.
    #[error("unfinished: {}", .0.len())]
    Unfinished(Vec<Fault>),
    /// The version is invalidated already.
    #[error("invalidated already: {0}")]
    AlreadyInvalidated(Oid),
    /// What was archived cannot be shown in the form asked for. Logged.
    #[error("not shown: {}", .0.code())]
    NotShown(Fault),
    /// The key of the organisation's system does not sign. Nothing is kept.
    #[error("not signed: {0}")]
    NotSigned(String),
    /// We failed, or are too busy.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Commits for AppError {
    /// Answers commit with their log lines; failures are undone.
    fn commits(&self) -> bool {
        !matches!(self, Self::Store(_) | Self::NotSigned(_))
    }
}

/// Why an archive does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store does not open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A register file that was loaded earlier does not read any more.
    #[error("the loaded file {name} does not read: {why}")]
    RegisterFile {
        /// Its name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
}
