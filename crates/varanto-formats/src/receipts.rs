//! Receipts as JSON files: what the archive answers, and what `verify` reads back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use varanto_domain::archive::proof::{self, Hash, LeafProof, Salt};
use varanto_domain::archive::receipt::Receipt;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::Instant;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReceiptFile {
    document_id: String,
    set_id: String,
    version: u32,
    archived_at: String,
    content: DigestFile,
    metadata: DigestFile,
    version_leaf: LeafFile,
    log_line: LineFile,
    log_leaf: LeafFile,
    checkpoint: String,
    /// What the door told with the receipt: no part of the proof.
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "read so that a saved answer is a receipt file")]
    remarks: Option<IgnoredAny>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DigestFile {
    salt: String,
    salted_sha256: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineFile {
    salt: String,
    text: String,
}

/// A leaf with its way to the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeafFile {
    index: u64,
    hash: String,
    path: Vec<String>,
}

/// Prints a receipt as JSON, the same text for the same receipt.
#[must_use]
pub fn write(receipt: &Receipt) -> String {
    let file = ReceiptFile {
        document_id: receipt.document.to_string(),
        set_id: receipt.set.to_string(),
        version: receipt.version,
        archived_at: receipt.archived_at.to_string(),
        content: digest_file(&receipt.content_salt, &receipt.content),
        metadata: digest_file(&receipt.metadata_salt, &receipt.metadata),
        version_leaf: leaf_file(&receipt.version_leaf),
        log_line: LineFile { salt: STANDARD.encode(receipt.line_salt), text: receipt.line.clone() },
        log_leaf: leaf_file(&receipt.line_leaf),
        checkpoint: receipt.checkpoint.clone(),
        remarks: None,
    };
    serde_json::to_string(&file).expect("a receipt has only texts and numbers")
}

/// Bytes in base64.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn digest_file(salt: &Salt, digest: &Hash) -> DigestFile {
    DigestFile { salt: STANDARD.encode(salt), salted_sha256: STANDARD.encode(digest) }
}

pub(crate) fn leaf_file(leaf: &LeafProof) -> LeafFile {
    LeafFile {
        index: leaf.index,
        hash: STANDARD.encode(leaf.leaf),
        path: leaf.path.iter().map(|hash| STANDARD.encode(hash)).collect(),
    }
}

/// Reads a receipt.
///
/// # Errors
/// The first thing that keeps it from being one, with its element.
pub fn read(bytes: &[u8]) -> Result<Receipt, Fault> {
    let file: ReceiptFile = serde_json::from_slice(bytes).map_err(|error| {
        Fault::new(FaultKind::NotJson, "receipt", "ARC-15")
            .arg("reason", format!("line {}, column {}", error.line(), error.column()))
    })?;
    let document = oid(&file.document_id, "document_id")?;
    Ok(Receipt {
        document,
        set: oid(&file.set_id, "set_id")?,
        version: file.version,
        archived_at: Instant::parse(&file.archived_at)
            .ok_or_else(|| wrong("archived_at", "2026-03-23T08:54:24.5Z"))?,
        content_salt: salt(&file.content.salt, "content.salt")?,
        content: hash(&file.content.salted_sha256, "content.salted_sha256")?,
        metadata_salt: salt(&file.metadata.salt, "metadata.salt")?,
        metadata: hash(&file.metadata.salted_sha256, "metadata.salted_sha256")?,
        version_leaf: leaf(&file.version_leaf, "version_leaf")?,
        line: file.log_line.text,
        line_salt: salt(&file.log_line.salt, "log_line.salt")?,
        line_leaf: leaf(&file.log_leaf, "log_leaf")?,
        checkpoint: file.checkpoint,
    })
}

/// What a receipt covers beside the content: the metadata as they are kept, and the columns that
/// were hashed with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covered {
    /// The metadata as they are kept.
    pub record: String,
    /// The columns that searches read, and the salted digest of the signatures' evidence.
    pub columns: String,
    /// The evidence of the version's signatures, if it came with any.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signatures: Option<CoveredSignatures>,
}

/// The evidence of a version's signatures, with the salt of the digest that the columns end with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveredSignatures {
    salt: String,
    evidence: String,
}

impl CoveredSignatures {
    /// The evidence with its salt.
    #[must_use]
    pub fn of(salt: &Salt, evidence: String) -> Self {
        Self { salt: STANDARD.encode(salt), evidence }
    }

    /// The evidence.
    #[must_use]
    pub fn evidence(&self) -> &str {
        &self.evidence
    }
}

impl Covered {
    /// Whether the evidence of the signatures, where there is any, is what the columns tell of.
    #[must_use]
    pub fn evidence_fits(&self) -> bool {
        self.signatures.as_ref().is_none_or(|kept| {
            let salt = STANDARD.decode(&kept.salt).ok().and_then(|salt| Salt::try_from(salt).ok());
            let digest = salt.map(|salt| proof::salted(&salt, kept.evidence.as_bytes()));
            digest.is_some_and(|digest| {
                self.columns.lines().last() == Some(proof::to_base64(&digest).as_str())
            })
        })
    }
}

/// Prints what a receipt covers.
#[must_use]
pub fn write_covered(covered: &Covered) -> String {
    serde_json::to_string(covered).expect("texts always print as JSON")
}

/// The answer of `GET …/proof`; its receipt is the holder's own already.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofFile {
    #[serde(rename = "receipt")]
    _receipt: serde::de::IgnoredAny,
    covers: Covered,
}

/// Reads what a receipt covers, from the answer of `GET …/proof` or its member `covers` alone.
///
/// # Errors
/// The first thing that keeps it from being either.
pub fn read_covered(bytes: &[u8]) -> Result<Covered, Fault> {
    let whole = serde_json::from_slice::<ProofFile>(bytes).map(|file| file.covers);
    whole.or_else(|_| serde_json::from_slice(bytes)).map_err(|error| {
        Fault::new(FaultKind::NotJson, "covers", "ARC-15")
            .arg("reason", format!("line {}, column {}", error.line(), error.column()))
    })
}

fn wrong(element: &str, expected: &str) -> Fault {
    Fault::new(FaultKind::WrongForm, element, "ARC-15").arg("expected", expected)
}

fn oid(text: &str, element: &str) -> Result<Oid, Fault> {
    Oid::parse(text).map_err(|_| Fault::new(FaultKind::NotAnOid, element, "ARC-15"))
}

fn bytes<const N: usize>(text: &str, element: &str) -> Result<[u8; N], Fault> {
    STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| wrong(element, &format!("base64 of {N} bytes")))
}

pub(crate) fn salt(text: &str, element: &str) -> Result<Salt, Fault> {
    bytes(text, element)
}

pub(crate) fn hash(text: &str, element: &str) -> Result<Hash, Fault> {
    bytes(text, element)
}

pub(crate) fn leaf(file: &LeafFile, element: &str) -> Result<LeafProof, Fault> {
    Ok(LeafProof {
        index: file.index,
        leaf: hash(&file.hash, element)?,
        path: file.path.iter().map(|step| hash(step, element)).collect::<Result<_, _>>()?,
    })
}
