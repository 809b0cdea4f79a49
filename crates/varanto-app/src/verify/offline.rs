//! Checking a receipt, and what is held against it, without any store (ARC-15).

use varanto_domain::archive::documents::Part;
use varanto_domain::archive::proof::{self, CheckpointBody, Hash};
use varanto_domain::archive::receipt::{Receipt, ReceiptFault};
use varanto_domain::faults::Fault;
use varanto_formats::{checkpoints, receipts};
use varanto_store::verified_note;

/// What the holder has beside the receipt and the checkpoint. What is missing is not checked.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// The archive's verifier key, from a source that the holder trusts. Without it the key in the
    /// checkpoint's file is used, which whoever made the file could have chosen.
    pub key: Option<String>,
    /// The document's parts, byte for byte as they were archived.
    pub parts: Vec<(Part, Vec<u8>)>,
    /// The answer of `GET …/proof`, which tells the metadata as they are kept.
    pub metadata: Option<Vec<u8>>,
}

/// What a receipt's check answers.
#[derive(Debug, Clone)]
pub struct ReceiptVerdict {
    /// The receipt.
    pub receipt: Receipt,
    /// The size of the exported checkpoint's log.
    pub size: u64,
    /// The key under which everything was checked.
    pub key: String,
    /// What does not hold; empty when all does.
    pub faults: Vec<ReceiptProblem>,
}

/// What of a receipt or checkpoint does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptProblem {
    /// A file does not read.
    Unreadable(&'static str, String),
    /// The checkpoint's file carries another key than the holder trusts.
    OtherKey,
    /// The exported checkpoint is not signed by its key.
    CheckpointSignature,
    /// The receipt's own checkpoint is not signed by the exported key.
    ReceiptSignature,
    /// The exported checkpoint does not continue the receipt's.
    NotContinued,
    /// The receipt contradicts itself, its checkpoint, or what is held against it.
    Receipt(ReceiptFault),
}

impl ReceiptProblem {
    /// Its stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(..) => "unreadable",
            Self::OtherKey => "other-key",
            Self::CheckpointSignature => "checkpoint-signature",
            Self::ReceiptSignature => "receipt-signature",
            Self::NotContinued => "not-continued",
            Self::Receipt(fault) => fault.code(),
        }
    }
}

/// Checks a receipt against an exported checkpoint, and what the holder has against the receipt,
/// offline: no store is asked.
///
/// # Errors
/// What keeps the files from being read.
///
/// Source: ARC-15.
pub fn verify_receipt(
    receipt: &[u8],
    exported: &[u8],
    held: &Held,
) -> Result<ReceiptVerdict, ReceiptProblem> {
    let unreadable = |name| move |fault: Fault| ReceiptProblem::Unreadable(name, told(&fault));
    let receipt = receipts::read(receipt).map_err(unreadable("receipt"))?;
    let exported = checkpoints::read(exported).map_err(unreadable("checkpoint"))?;
    let key = held.key.as_deref().map_or(exported.verifier_key.as_str(), str::trim);
    let (origin, public) = checkpoints::verifier(key)
        .ok_or_else(|| ReceiptProblem::Unreadable("key", "verifier_key".to_owned()))?;
    let mut faults = Vec::new();
    if exported.verifier_key != key {
        faults.push(ReceiptProblem::OtherKey);
    }
    let signed = |note: &str| verified_note(&origin, &public, note).and_then(CheckpointBody::parse);
    let (newest, own) = (signed(&exported.checkpoint), signed(&receipt.checkpoint));
    if newest.is_none() {
        faults.push(ReceiptProblem::CheckpointSignature);
    }
    match &own {
        None => faults.push(ReceiptProblem::ReceiptSignature),
        Some(own) => {
            let found = receipt.check(own).err().unwrap_or_default();
            faults.extend(found.into_iter().map(ReceiptProblem::Receipt));
        }
    }
    if let (Some(newest), Some(own)) = (&newest, &own)
        && !continues(own, newest, exported.continues.as_ref())
    {
        faults.push(ReceiptProblem::NotContinued);
    }
    faults.extend(against(&receipt, held)?.into_iter().map(ReceiptProblem::Receipt));
    let size = newest.map_or(0, |newest| newest.size);
    Ok(ReceiptVerdict { receipt, size, key: key.to_owned(), faults })
}

/// What the holder has, held against the receipt.
fn against(receipt: &Receipt, held: &Held) -> Result<Vec<ReceiptFault>, ReceiptProblem> {
    let mut faults = Vec::new();
    if !held.parts.is_empty() {
        let mut parts: Vec<(Part, &[u8])> =
            held.parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
        parts.sort_by_key(|(part, _)| *part);
        faults.extend(receipt.check_content(&parts).err());
    }
    if let Some(metadata) = &held.metadata {
        let covered = receipts::read_covered(metadata)
            .map_err(|fault| ReceiptProblem::Unreadable("metadata", told(&fault)))?;
        let checked = receipt.check_metadata(covered.record.as_bytes(), &covered.columns);
        faults.extend(checked.err());
        if !covered.evidence_fits() {
            faults.push(ReceiptFault::Signatures);
        }
    }
    Ok(faults)
}

fn told(fault: &Fault) -> String {
    format!("{} at {}", fault.code(), fault.element)
}

/// Whether the newer checkpoint is of the same log, grown.
fn continues(
    own: &CheckpointBody,
    newest: &CheckpointBody,
    given: Option<&(u64, Vec<Hash>)>,
) -> bool {
    if own.size == newest.size {
        return own.root == newest.root;
    }
    given.is_some_and(|(size, path)| {
        let (own, newest) = ((own.size, &own.root), (newest.size, &newest.root));
        *size == own.0 && proof::verify_consistency(own, newest, path)
    })
}

/// The statement of a note, its signature unchecked.
pub(super) fn body_of(note: &str) -> Option<CheckpointBody> {
    let end = note.find("\n\n")? + 1;
    CheckpointBody::parse(&note[..end])
}
