//! Certificates that the archive's own authority issued to systems: known to every server over the archive, whichever issued
//! or revoked them.
//!
//! Source: ACC-1, REG-4, OPS-1.

use std::collections::HashMap;

use crate::{App, AppError};

pub use varanto_store::CertificateRow as KnownCertificate;

/// What is told of certificates by one of two who know some of them, and is news to the other. What was revoked stays so,
/// since when it was first; and a certificate that is known is not forgotten.
///
/// Source: ACC-1.
#[must_use]
pub fn news_of(told: &[KnownCertificate], known: &[KnownCertificate]) -> Vec<KnownCertificate> {
    let known: HashMap<&str, &KnownCertificate> =
        known.iter().map(|one| (one.serial.as_str(), one)).collect();
    let joined = told.iter().filter_map(|one| {
        let Some(before) = known.get(one.serial.as_str()) else { return Some(one.clone()) };
        let revoked_at = [before.revoked_at, one.revoked_at].into_iter().flatten().min();
        let from = if before.certificate.is_empty() { one } else { before };
        let joined = KnownCertificate {
            serial: one.serial.clone(),
            certificate: from.certificate.clone(),
            revoked_at,
        };
        (joined != **before).then_some(joined)
    });
    joined.collect()
}

impl App {
    /// The certificates that are known to the archive.
    ///
    /// # Errors
    /// What the store answers.
    pub fn certificates(&self) -> Result<Vec<KnownCertificate>, AppError> {
        self.store.read(|tx| tx.list_certificates().map_err(AppError::from))
    }

    /// Takes in what somebody else knows of certificates; every server hears of it.
    ///
    /// # Errors
    /// What the store answers.
    pub fn take_in_certificates(&self, told: Vec<KnownCertificate>) -> Result<(), AppError> {
        self.store.write::<_, AppError>(move |tx| {
            for row in news_of(&told, &tx.list_certificates()?) {
                tx.keep_certificate(&row)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Rises whenever another server has changed something.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.store.generation()
    }
}

#[cfg(test)]
mod tests {
    use varanto_domain::time::Instant;

    use super::*;

    fn known(serial: &str, certificate: &str, revoked_at: i64) -> KnownCertificate {
        KnownCertificate {
            serial: serial.to_owned(),
            certificate: certificate.as_bytes().to_vec(),
            revoked_at: (revoked_at > 0).then(|| Instant::from_millis(revoked_at)),
        }
    }

    /// ACC-1: two who know of certificates know the same once each has heard the other, and neither forgets a revocation.
    #[test]
    fn what_one_knows_of_certificates_the_other_learns() {
        let nothing: &[KnownCertificate] = &[];
        for (told, before, news) in [
            (known("a", "pem", 0), nothing, Some(known("a", "pem", 0))),
            (known("a", "", 5), nothing, Some(known("a", "", 5))),
            (known("a", "pem", 0), &[known("a", "pem", 0)], None),
            (known("a", "pem", 5), &[known("a", "pem", 0)], Some(known("a", "pem", 5))),
            // A folder of before that is copied back takes nothing back.
            (known("a", "pem", 0), &[known("a", "pem", 5)], None),
            (known("a", "pem", 7), &[known("a", "pem", 5)], None),
            (known("a", "pem", 5), &[known("a", "pem", 7)], Some(known("a", "pem", 5))),
            (known("a", "pem", 0), &[known("a", "", 5)], Some(known("a", "pem", 5))),
            (known("a", "", 0), &[known("a", "pem", 5)], None),
            (known("b", "pem", 0), &[known("a", "pem", 5)], Some(known("b", "pem", 0))),
        ] {
            let told_first = news_of(std::slice::from_ref(&told), before);
            assert_eq!(told_first, news.clone().into_iter().collect::<Vec<_>>(), "{told:?}");
            assert_eq!(news_of(&told_first, &told_first), [], "{told:?}");
        }
    }
}
