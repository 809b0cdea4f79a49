//! The receipt: what the archive answers, so that anyone can check later, offline, that a version,
//! its metadata and the line that logged its arrival are unchanged (ARC-15).

use super::documents::Part;
use super::proof::{self, CheckpointBody, Hash, LeafProof, Salt};
use crate::access::log;
use crate::ids::Oid;
use crate::time::Instant;

/// The evidence about one archived version.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The document's identifier.
    pub document: Oid,
    /// What all its versions share.
    pub set: Oid,
    /// Its version number.
    pub version: u32,
    /// When it was archived.
    pub archived_at: Instant,
    /// The salt of the content's digest.
    pub content_salt: Salt,
    /// The salted digest of the content; see [`digested_content`].
    pub content: Hash,
    /// The salt of the metadata's digest.
    pub metadata_salt: Salt,
    /// The salted digest of the metadata; see [`digested_metadata`].
    pub metadata: Hash,
    /// The proof of the version's leaf.
    pub version_leaf: LeafProof,
    /// The log line of its arrival, as it was hashed.
    pub line: String,
    /// The salt of the line's digest.
    pub line_salt: Salt,
    /// The proof of the line's leaf.
    pub line_leaf: LeafProof,
    /// The signed checkpoint that both proofs lead to (C2SP signed note).
    pub checkpoint: String,
}

/// What in a receipt does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptFault {
    /// The digests of content and metadata do not give the version's leaf.
    VersionLeaf,
    /// The log line does not give its leaf.
    LineLeaf,
    /// The evidence of the signatures is other than the one archived.
    Signatures,
    /// A proof does not lead to the checkpoint's root.
    Inclusion,
    /// The log line tells of another document, version, set or moment than the receipt.
    Facts,
    /// The content differs from the one archived.
    Content,
    /// The metadata differ from those archived.
    Metadata,
}

impl ReceiptFault {
    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::VersionLeaf => "version-leaf-differs",
            Self::LineLeaf => "log-line-differs",
            Self::Inclusion => "not-in-the-log",
            Self::Facts => "facts-differ",
            Self::Content => "content-differs",
            Self::Metadata => "metadata-differ",
            Self::Signatures => "signatures-differ",
        }
    }
}

impl Receipt {
    /// Checks that the receipt agrees with itself and with the checkpoint. The checkpoint's
    /// signature is for the caller to check first.
    ///
    /// # Errors
    /// Everything that does not hold.
    pub fn check(&self, checkpoint: &CheckpointBody) -> Result<(), Vec<ReceiptFault>> {
        let mut faults = Vec::new();
        if proof::version_leaf(&self.content, &self.metadata) != self.version_leaf.leaf {
            faults.push(ReceiptFault::VersionLeaf);
        }
        let line = proof::salted(&self.line_salt, self.line.as_bytes());
        if proof::log_leaf(&line) != self.line_leaf.leaf {
            faults.push(ReceiptFault::LineLeaf);
        }
        let told = log::told_of(&self.document, self.version, &self.set);
        let at = self.archived_at.millis().to_string();
        let field = |name| log::field_of(&self.line, name);
        if field("document") != Some(&told) || field("at") != Some(&at) {
            faults.push(ReceiptFault::Facts);
        }
        let included = [&self.version_leaf, &self.line_leaf]
            .iter()
            .all(|leaf| leaf.root(checkpoint.size) == Some(checkpoint.root));
        if !included {
            faults.push(ReceiptFault::Inclusion);
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// Checks a content, part by part as it was sent, against the receipt.
    ///
    /// # Errors
    /// [`ReceiptFault::Content`] when it is another one.
    pub fn check_content(&self, parts: &[(Part, &[u8])]) -> Result<(), ReceiptFault> {
        let digest = proof::salted(&self.content_salt, &digested_content(parts));
        if digest == self.content { Ok(()) } else { Err(ReceiptFault::Content) }
    }

    /// Checks the metadata, as the archive's proof gives them, against the receipt.
    ///
    /// # Errors
    /// [`ReceiptFault::Metadata`] when they are others.
    pub fn check_metadata(&self, record: &[u8], columns: &str) -> Result<(), ReceiptFault> {
        let digest = proof::salted(&self.metadata_salt, &digested_metadata(record, columns));
        if digest == self.metadata { Ok(()) } else { Err(ReceiptFault::Metadata) }
    }
}

/// The bytes of which a content's digest is made: each part's name and length on a line, then the
/// part.
#[must_use]
pub fn digested_content(parts: &[(Part, &[u8])]) -> Vec<u8> {
    let bytes: usize = parts.iter().map(|(_, bytes)| bytes.len() + 32).sum();
    let mut all = Vec::with_capacity(bytes);
    for (part, bytes) in parts {
        all.extend_from_slice(format!("{} {}\n", part.name(), bytes.len()).as_bytes());
        all.extend_from_slice(bytes);
    }
    all
}

/// The bytes of which the metadata's digest is made: the SHA-256 of the metadata as kept, and the
/// columns that searches read.
#[must_use]
pub fn digested_metadata(record: &[u8], columns: &str) -> Vec<u8> {
    digested_columns(&proof::sha256(record), columns)
}

/// As [`digested_metadata`], when the record's digest is known already.
#[must_use]
pub fn digested_columns(record: &Hash, columns: &str) -> Vec<u8> {
    [record.as_slice(), columns.as_bytes()].concat()
}
