//! Checking a package that was handed over on request, without any store (DIS-6, ARC-15).

use std::collections::{BTreeMap, BTreeSet};

use varanto_domain::archive::documents::Part;
use varanto_domain::archive::proof::{self, CheckpointBody};
use varanto_domain::archive::receipt::digested_content;
use varanto_formats::package::{self, DocumentEntry, INDEX, Index, SUMS, hexadecimal};
use varanto_formats::{checkpoints, zip};
use varanto_store::verified_note;

/// What a package's check answers.
#[derive(Debug, Clone)]
pub struct PackageVerdict {
    /// The contents list.
    pub index: Index,
    /// The SHA-256 of the whole, which the archive's log tells, in hexadecimal.
    pub checksum: String,
    /// How many documents were found in the proof log, as the package tells it.
    pub proven: usize,
    /// Of those, how many with their whole content.
    pub with_content: usize,
    /// The key under which the proofs were checked; none where there are no proofs.
    pub key: Option<String>,
    /// What does not hold; empty when all does.
    pub faults: Vec<PackageFault>,
}

/// What of a package does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageFault {
    /// The file is no package, or a byte of it was changed.
    NotAPackage,
    /// It has no contents list, or one that does not read.
    NoIndex,
    /// It is another package than the one whose checksum was given.
    OtherChecksum,
    /// A file that the contents list names is missing, or other than it says.
    File(String),
    /// A file is there that the contents list does not name.
    Unlisted(String),
    /// The list of checksums says other than the files do.
    Sums,
    /// The package carries another key than the one that is trusted.
    OtherKey,
    /// The checkpoint is not signed by the key, or is none.
    CheckpointSignature,
    /// A document's proof does not read, or does not lead to the checkpoint.
    Proof(String),
    /// A document's content is other than the one that was archived.
    Content(String),
    /// What is told of a document is other than what its proof covers.
    Metadata(String),
    /// A line of the use log, by its number, is other than it was written, or its proof does not lead to the checkpoint.
    Line(String),
    /// The list of the package is not signed by the key, or is another than was signed.
    NotSigned,
    /// There is more or less in the package than it says.
    Counts,
}

impl PackageFault {
    /// Its stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAPackage => "not-a-package",
            Self::NoIndex => "no-index",
            Self::OtherChecksum => "other-checksum",
            Self::File(_) => "file-differs",
            Self::Unlisted(_) => "file-unlisted",
            Self::Sums => "checksums-differ",
            Self::OtherKey => "other-key",
            Self::CheckpointSignature => "checkpoint-signature",
            Self::Proof(_) => "proof-fails",
            Self::Content(_) => "content-differs",
            Self::Metadata(_) => "metadata-differ",
            Self::Line(_) => "log-line-differs",
            Self::NotSigned => "not-signed",
            Self::Counts => "counts-differ",
        }
    }

    /// Where it is: a file's name, a document's identifier, a line's number.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        match self {
            Self::File(place)
            | Self::Unlisted(place)
            | Self::Proof(place)
            | Self::Content(place)
            | Self::Metadata(place)
            | Self::Line(place) => Some(place),
            _ => None,
        }
    }
}

/// Checks a package: that no byte of it was changed, that it holds what its contents list names and nothing else,
/// and that each document with a proof is in the proof log as it was archived.
///
/// `key` is the archive's verifier key, from a source that is trusted; without it the package's own key is used, which
/// whoever made the file could have chosen. `checksum` is the one that the archive's log tells of the package.
///
/// # Errors
/// What keeps the file from being read as a package.
///
/// Source: DIS-6, ARC-15.
pub fn verify_package(
    file: &[u8],
    key: Option<&str>,
    checksum: Option<&str>,
) -> Result<PackageVerdict, PackageFault> {
    let entries = zip::read(file).ok_or(PackageFault::NotAPackage)?;
    let files: BTreeMap<&str, &[u8]> = entries.iter().copied().collect();
    let printed = files.get(INDEX).copied().ok_or(PackageFault::NoIndex)?;
    let index = package::read(printed).map_err(|_| PackageFault::NoIndex)?;
    let own = hexadecimal(&proof::sha256(file));
    let mut faults = Vec::new();
    if checksum.is_some_and(|told| !told.trim().eq_ignore_ascii_case(&own)) {
        faults.push(PackageFault::OtherChecksum);
    }
    let mut listed = BTreeSet::from([INDEX, SUMS]);
    for entry in index.files() {
        listed.insert(&entry.name);
        if !files.get(entry.name.as_str()).is_some_and(|data| entry.is_of(data)) {
            faults.push(PackageFault::File(entry.name.clone()));
        }
    }
    let unlisted = entries.iter().map(|(name, _)| *name).filter(|name| !listed.contains(name));
    faults.extend(unlisted.map(|name| PackageFault::Unlisted(name.to_owned())));
    if entries.len() != files.len() {
        faults.push(PackageFault::NotAPackage);
    }
    let text = String::from_utf8_lossy(printed);
    if files.get(SUMS).is_none_or(|sums| *sums != package::sums(&index, &text).as_bytes()) {
        faults.push(PackageFault::Sums);
    }
    let (mut proven, mut with_content, mut used) = (0, 0, None);
    if let Some(log) = &index.log {
        let trusted = key.map_or(log.verifier_key.as_str(), str::trim);
        if trusted != log.verifier_key {
            faults.push(PackageFault::OtherKey);
        }
        used = Some(trusted.to_owned());
        match signed(trusted, &log.checkpoint) {
            None => faults.push(PackageFault::CheckpointSignature),
            Some(checkpoint) => {
                for document in &index.documents {
                    match check(document, &files, &checkpoint) {
                        Ok(None) => {}
                        Ok(Some(content)) => {
                            proven += 1;
                            with_content += usize::from(content);
                        }
                        Err(fault) => faults.push(fault),
                    }
                }
            }
        }
    } else if let Some(one) = index.documents.iter().find(|one| one.proof.is_some()) {
        faults.push(PackageFault::Proof(one.document_id.clone()));
    }
    Ok(PackageVerdict { index, checksum: own, proven, with_content, key: used, faults })
}

/// The statement of a checkpoint that the key has signed.
fn signed(key: &str, note: &str) -> Option<CheckpointBody> {
    let (origin, public) = checkpoints::verifier(key)?;
    CheckpointBody::parse(verified_note(&origin, &public, note)?)
}

/// Whether a document has a proof that holds, and whether its content was held against it.
fn check(
    document: &DocumentEntry,
    files: &BTreeMap<&str, &[u8]>,
    checkpoint: &CheckpointBody,
) -> Result<Option<bool>, PackageFault> {
    let Some(entry) = &document.proof else { return Ok(None) };
    let fails = || PackageFault::Proof(document.document_id.clone());
    let told = entry.read().map_err(|_| fails())?;
    let leaf = proof::version_leaf(&told.content, &told.metadata);
    if leaf != told.leaf.leaf || told.leaf.root(checkpoint.size) != Some(checkpoint.root) {
        return Err(fails());
    }
    let Some(salt) = told.content_salt else { return Ok(Some(false)) };
    let mut parts: Vec<(Part, &[u8])> = document
        .files
        .iter()
        .filter_map(|file| {
            let part = Part::of_name(file.part.as_deref()?)?;
            Some((part, *files.get(file.name.as_str())?))
        })
        .collect();
    parts.sort_by_key(|(part, _)| *part);
    if proof::salted(&salt, &digested_content(&parts)) == told.content {
        Ok(Some(true))
    } else {
        Err(PackageFault::Content(document.document_id.clone()))
    }
}
