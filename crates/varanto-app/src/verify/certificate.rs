//! Checking a certificate of destruction, without any store (ARC-12).

use varanto_domain::archive::destruction::{APPROVALS, Certificate};
use varanto_formats::{certificates, checkpoints};
use varanto_store::verified_note;

/// What the check of a certificate answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateVerdict {
    /// What is certified.
    pub certificate: Certificate,
    /// The key under which it was checked.
    pub key: String,
}

/// Why a certificate does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFault {
    /// It is no certificate of this form.
    Unreadable,
    /// The key is none.
    NoKey,
    /// It carries another key than the holder trusts, or is of another archive.
    OtherKey,
    /// It is not signed by the key, or was changed since.
    Signature,
    /// It does not name two different archivists who approved.
    Approvals,
}

impl CertificateFault {
    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::NoKey => "no-key",
            Self::OtherKey => "other-key",
            Self::Signature => "signature",
            Self::Approvals => "approvals",
        }
    }
}

/// Checks a certificate offline: that it reads, that the archive signed it, and that two approved. Without a key that of the
/// certificate is taken, which whoever made it could have chosen.
///
/// # Errors
/// The first thing that does not hold.
///
/// Source: ARC-12, ARC-15.
pub fn verify_certificate(
    note: &str,
    key: Option<&str>,
) -> Result<CertificateVerdict, CertificateFault> {
    let end = note.find("\n\n").ok_or(CertificateFault::Unreadable)?;
    let certificate = certificates::read(&note[..=end]).ok_or(CertificateFault::Unreadable)?;
    let key = key.map_or(certificate.verifier_key.as_str(), str::trim).to_owned();
    let (origin, public) = checkpoints::verifier(&key).ok_or(CertificateFault::NoKey)?;
    if key != certificate.verifier_key || origin != certificate.archive {
        return Err(CertificateFault::OtherKey);
    }
    if verified_note(&origin, &public, note).is_none() {
        return Err(CertificateFault::Signature);
    }
    let mut by: Vec<&str> = certificate.approvals.iter().map(|(by, _)| by.as_str()).collect();
    by.sort_unstable();
    by.dedup();
    if by.len() < APPROVALS {
        return Err(CertificateFault::Approvals);
    }
    Ok(CertificateVerdict { certificate, key })
}
