//! Checking a controller's whole register as a package, without any store (OPS-3, ARC-15).

use std::path::Path;

use varanto_formats::register_package::{About, Summary};

use super::PackageFault;
use crate::transfer::{ReadPackage, Reader, TransferError, walk};

/// What the check of a register's package answers.
#[derive(Debug, Clone)]
pub struct RegisterVerdict {
    /// What it is of; `None` where that does not read.
    pub about: Option<About>,
    /// How much was found in it.
    pub summary: Summary,
    /// The SHA-256 of its list, which the log of the archive tells that it came from.
    pub checksum: String,
    /// The key under which it was checked.
    pub key: Option<String>,
    /// The size of the log to which its proofs lead.
    pub log_size: u64,
    /// What does not hold; empty when all does.
    pub faults: Vec<PackageFault>,
    /// How much more does not hold, when that is too much to be told.
    pub untold: u64,
}

/// Checks a package: that every file of it is there, as its list tells, and nothing else; that the archive has signed the
/// list; that every version, every line of the log and every leaf of what was destroyed is in the proof log; and that
/// every content and every metadata are those that were archived.
///
/// `key` is the archive's verifier key, from a source that is trusted; without it the package's own key is used, which
/// whoever made it could have chosen. `going` is told how many files have been read.
///
/// # Errors
/// What the disk answers.
///
/// Source: OPS-3, ARC-15.
pub fn verify_register(
    place: &Path,
    key: Option<&str>,
    mut going: impl FnMut(u64),
) -> Result<RegisterVerdict, TransferError> {
    let (mut reader, mut files) = (Reader::new(key), 0);
    walk(place, &mut |name, found| {
        drop(reader.file(name, found));
        files += 1;
        going(files);
        Ok(())
    })?;
    let (_, package) = reader.end();
    Ok(RegisterVerdict::of(package))
}

impl RegisterVerdict {
    /// What reading a package to its end found.
    pub(crate) fn of(package: ReadPackage) -> Self {
        let ReadPackage { about, summary, checksum, key, log_size, faults, untold, .. } = package;
        Self { about, summary, checksum, key, log_size, faults, untold }
    }
}
