//! Backups: snapshots of the archive in a folder elsewhere, made while it goes on (OPS-3).
//!
//! A folder of backups holds
//!
//! * `backup.txt`: whose backups they are, and the folder's own key, wrapped by the archive's key ring;
//! * `pieces/`: pieces of at most [`PIECE_BYTES`], compressed and encrypted, each named by a keyed digest
//!   of what is in it. What has not changed since an earlier backup is there already, and is kept once;
//! * `points/`: one file for each instant that can be restored. It lists the files of the archive, the
//!   pieces of each in order, and the checkpoint of the proof log at that instant.
//!
//! Nothing in the folder reads without the key files, which are never in it. A point is written last,
//! when everything that it names is on disk: a backup that was broken off leaves no point.

mod folder;
mod keeping;
mod point;
mod restoring;
mod taking;
#[cfg(test)]
mod tests;

pub use folder::BackupFolder;
pub(crate) use folder::hex;
pub use keeping::{KeepRule, Pruned};
pub use point::{Point, Points};
pub use taking::{Going, Stopped, files_beside};

/// How many bytes of a file are one piece: small enough that a changed page costs little, large enough
/// that a county's database is some ten thousand of them.
pub(crate) const PIECE_BYTES: usize = 256 * 1024;
