//! Signing, as an organisation's system, what the organisation writes in the archive itself: at the desk, and by acts
//! on relationships and cases (ARC-6).
//!
//! The archive has no key of its own for this. An organisation may give it the key of a system certificate of
//! its own; whatever it has given none for stays unsigned.

use std::sync::{Arc, PoisonError};

use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::signatures::SignerKind;
use varanto_domain::ids::Oid;
use varanto_domain::time::Instant;
use varanto_formats::signature::{Signing, SigningKey, jws};

use super::Submission;
use crate::{App, AppError};

/// The key by which the archive signs as a system of an organisation.
pub struct SystemKey {
    /// Whose system.
    pub organisation: Oid,
    /// The key with its certificate.
    pub key: Box<dyn SigningKey + Send + Sync>,
}

impl std::fmt::Debug for SystemKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SystemKey({})", self.organisation)
    }
}

/// Every key by which the archive signs for organisations.
#[derive(Debug, Default)]
pub struct SystemKeys(Vec<SystemKey>);

impl SystemKeys {
    /// These keys, one for an organisation.
    #[must_use]
    pub const fn new(keys: Vec<SystemKey>) -> Self {
        Self(keys)
    }

    /// The key for what a caller writes into a register: that of the caller's own organisation, or where the
    /// register's organiser keeps the caller as a user of its own system, the organiser's.
    ///
    /// Source: ARC-6, JOI-3; own-choices.
    fn of(&self, caller: &Caller, controller: &Oid) -> Option<&SystemKey> {
        let of = |organisation: &Oid| self.0.iter().find(|key| key.organisation == *organisation);
        let kept = caller.by_register.as_ref().is_some_and(|by_register| {
            by_register.kept.iter().any(|(one, here)| one == controller && here.is_some())
        });
        of(&caller.organisation).or_else(|| of(controller).filter(|_| kept))
    }
}

impl App {
    /// From now on the archive signs with these keys what organisations write in it. At first it has none.
    pub fn sign_with(&self, keys: SystemKeys) {
        let mut kept = self.system_keys.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Arc::new(keys);
    }

    /// Whose system signs what a caller writes here into a register; `None`: nobody's.
    pub(crate) fn system_that_signs(&self, caller: &Caller, controller: &Oid) -> Option<Oid> {
        self.keys().of(caller, controller).map(|key| key.organisation.clone())
    }

    /// The submission with the signature of the organisation's system, where the archive has its key. What is archived
    /// already keeps the signature that it has, so that the same answer comes when it is sent again.
    ///
    /// # Errors
    /// [`AppError::NotSigned`] when the key fails.
    ///
    /// Source: ARC-6.
    pub(crate) fn signed_by_system(
        &self,
        caller: &Caller,
        mut submission: Submission,
        (controller, document): (&Oid, &Oid),
        now: Instant,
    ) -> Result<Submission, AppError> {
        let keys = self.keys();
        if let Some(kept) = self.signature_kept(caller, document, now)? {
            submission.parts.extend(kept);
        } else if let Some(key) = keys.of(caller, controller) {
            let signed = signed_text(&submission);
            let signing = Signing { key: &*key.key, kind: SignerKind::System, at: now };
            let signature = jws::sign(&signed, &signing).map_err(AppError::NotSigned)?;
            submission.parts.push((Part::Signature, signature.into_bytes()));
        }
        Ok(submission)
    }

    fn keys(&self) -> Arc<SystemKeys> {
        let keys = self.system_keys.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&keys)
    }

    /// The part with the signature of a version that is archived already, none where it has none, for who may send it
    /// again.
    fn signature_kept(
        &self,
        caller: &Caller,
        document: &Oid,
        now: Instant,
    ) -> Result<Option<Parts>, AppError> {
        let inquiry = self.inquiry(caller, Purpose::READ, now);
        self.store.read(|tx| {
            let Some(row) = tx.find_version(document)? else { return Ok(None) };
            let Ok(permit) = inquiry.may_compare_resent(tx, &row)? else { return Ok(None) };
            let Ok(whole) = permit.whole() else { return Ok(None) };
            let mut parts = tx.content(&whole)?;
            parts.retain(|(part, _)| *part == Part::Signature);
            Ok(Some(parts))
        })
    }
}

/// Parts of a submission.
type Parts = Vec<(Part, Vec<u8>)>;

/// What a signature of a submission is made over.
pub(crate) fn signed_text(submission: &Submission) -> String {
    jws::signed_parts(&submission.metadata, &submission.slices())
}
