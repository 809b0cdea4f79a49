//! Proving that an archived version is unchanged (ARC-15).

use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{Caller, Purpose, WholePermit};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::proof::{Hash, Salt};
use varanto_domain::archive::receipt::Receipt;
use varanto_domain::ids::Oid;
use varanto_formats::signature::evidence::{self, MaterialKind};
use varanto_store::{ReadTx, StoreError};

use super::LookedAt;
use crate::{App, AppError};

/// The evidence about a version, for one who may read it.
#[derive(Debug, Clone)]
pub struct DocumentProof {
    /// The very receipt that was answered when the version was archived.
    pub receipt: Receipt,
    /// The metadata as they are kept and hashed.
    pub record: String,
    /// The columns that were hashed with them.
    pub columns: String,
    /// The evidence of the version's signatures, and the salt of its digest, which the columns end with.
    pub signatures: Option<(Salt, String)>,
}

/// A version's receipt, and the content that it covers.
#[derive(Debug, Clone)]
pub struct ProvedContent {
    /// The very receipt that was answered when the version was archived.
    pub receipt: Receipt,
    /// Every part of the content, or none.
    pub parts: Vec<(Part, Vec<u8>)>,
}

/// What a verdict on a signature rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureMaterial {
    /// What it is.
    pub kind: MaterialKind,
    /// Its bytes (DER).
    pub der: Vec<u8>,
}

/// A content of so many bytes is still given with its proof, for a browser to check.
const CHECKED_BYTES: usize = 20 << 20;

impl App {
    /// Gives a version's receipt again, with the metadata that it covers. Logged.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`]; each logged.
    pub fn prove_document<'a>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        purpose: Purpose,
    ) -> Result<DocumentProof, AppError> {
        let looked_at = document.into();
        self.look(caller, looked_at, purpose, "proof", |seen| {
            let whole = seen.permit.whole().map_err(AppError::Denied)?;
            let record = seen.tx.record(&whole, seen.row)?;
            let damaged = |_| StoreError::Damaged("evidence is not text".into());
            let signatures = match seen.tx.find_signatures(&whole, seen.row)? {
                Some(kept) => Some((kept.salt, String::from_utf8(kept.evidence).map_err(damaged)?)),
                None => None,
            };
            Ok(DocumentProof {
                signatures,
                receipt: receipt(seen.tx, whole, looked_at.document)?,
                record: String::from_utf8(record)
                    .map_err(|_| StoreError::Damaged("a record is not text".into()))?,
                columns: seen.tx.columns(whole.version())?,
            })
        })
    }

    /// Gives a version's proof with the content that it covers, for one who checks it on the spot: every part, byte for
    /// byte as it was archived, where all are the document's own; of one that came in a message, whose frame tells more
    /// than the document, or that is large, none. Logged.
    ///
    /// # Errors
    /// As [`App::prove_document`].
    ///
    /// Source: CIT-7, ARC-15.
    pub fn prove_content<'a>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        purpose: Purpose,
    ) -> Result<ProvedContent, AppError> {
        let looked_at = document.into();
        self.look(caller, looked_at, purpose, "proof content", |seen| {
            let whole = seen.permit.whole().map_err(AppError::Denied)?;
            let mut parts = Vec::new();
            if seen.row.parts.iter().all(|part| part.is_content()) {
                parts = seen.tx.content(&whole)?;
            }
            if parts.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > CHECKED_BYTES {
                parts.clear();
            }
            Ok(ProvedContent { receipt: receipt(seen.tx, whole, looked_at.document)?, parts })
        })
    }

    /// Gives a certificate or a revocation list that the verdict on a version's signatures rests on, by its
    /// SHA-256 as the evidence names it: what anybody needs to check them anew. Logged.
    ///
    /// # Errors
    /// [`AppError::NotFound`] also for what this version's evidence does not name; [`AppError::Denied`];
    /// each logged.
    pub fn open_signature_material(
        &self,
        caller: &Caller,
        document: &Oid,
        digest: &Hash,
        purpose: Purpose,
    ) -> Result<SignatureMaterial, AppError> {
        self.look(caller, document, purpose, "signature-material", |seen| {
            let whole = seen.permit.whole().map_err(AppError::Denied)?;
            let kept = seen.tx.find_signatures(&whole, seen.row)?;
            let evidence = kept.and_then(|kept| evidence::read(&kept.evidence));
            let evidence = evidence.ok_or(AppError::NotFound)?;
            let named = evidence.signatures.iter().find_map(|one| one.material.names(digest));
            let (kind, found) =
                named.zip(seen.tx.find_material(digest)?).ok_or(AppError::NotFound)?;
            Ok(SignatureMaterial { kind, der: found })
        })
    }

    /// The newest signed checkpoint of the proof log (C2SP signed note). It tells of nobody.
    pub fn checkpoint(&self) -> Result<String, AppError> {
        self.store.read(|tx| Ok(tx.newest_checkpoint()?.note))
    }

    /// The proof that the log of `from` leaves is the beginning of the log of `to` leaves.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for sizes that the log never had.
    pub fn consistency(&self, from: u64, to: u64) -> Result<Vec<[u8; 32]>, AppError> {
        self.store.read(|tx| {
            if from == 0 || from > to || to > tx.log_size()? {
                return Err(AppError::NotFound);
            }
            Ok(tx.consistency(from, to)?)
        })
    }

    /// The key with which anyone checks the checkpoints' signatures (C2SP note verifier key).
    #[must_use]
    pub fn verifier_key(&self) -> String {
        self.store.keys().ring().verifier_key(self.store.origin())
    }

    /// Logs a refusal of a reading caller who asked for what is not there.
    pub(crate) fn log_not_found(&self, caller: &Caller, event: Event) -> Result<(), AppError> {
        let outcome = Outcome::Refused(vec!["not-found"]);
        self.log(caller, event, outcome, self.clock.now()).map(drop)
    }
}

/// The receipt that was answered when the version was archived, to the byte.
pub(super) fn receipt(
    tx: &ReadTx<'_>,
    permit: WholePermit<'_>,
    document: &Oid,
) -> Result<Receipt, StoreError> {
    let row = tx.version_of_key(permit.version())?;
    let evidence = tx.evidence(&permit)?;
    let (checkpoint, version_leaf) = tx.seal_of(evidence.leaf)?;
    let line = tx.line_of_leaf(evidence.leaf + 1)?.ok_or_else(|| {
        StoreError::Damaged(format!("the line of the arrival of version {}", row.version.0))
    })?;
    let line_leaf = tx.inclusion(line.leaf, checkpoint.body.size)?;
    Ok(Receipt {
        document: document.clone(),
        set: tx.oid_of(row.set)?,
        version: row.number,
        archived_at: row.archived_at,
        content_salt: evidence.content.0,
        content: evidence.content.1,
        metadata_salt: evidence.metadata.0,
        metadata: evidence.metadata.1,
        version_leaf,
        line: line.text,
        line_salt: line.salt,
        line_leaf,
        checkpoint: checkpoint.note,
    })
}
