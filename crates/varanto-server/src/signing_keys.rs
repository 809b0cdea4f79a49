//! The keys by which the archive signs as systems of organisations, from files and tokens. Source: ARC-6.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use varanto_app::archive::{SystemKey, SystemKeys};
use varanto_domain::ids::Oid;
use varanto_formats::signature::{Certificate, FileKey, KeyKind, SigningKey};
use zeroize::Zeroizing;

use crate::config::{Signatures, SystemKeyPlace};
use crate::token_key::{TokenKey, TokenPlace};

/// A key that cannot be taken into use.
#[derive(Debug, thiserror::Error)]
#[error("signatures.systems: {}: {reason}", certificate.display())]
pub struct SigningKeyError {
    /// The certificate whose key it should be.
    pub certificate: PathBuf,
    /// What is wrong.
    pub reason: String,
}

/// Reads the keys that a configuration names, and proves each against its certificate.
///
/// # Errors
/// The first one that cannot be taken into use.
pub fn read(config: &Signatures) -> Result<SystemKeys, SigningKeyError> {
    let read = |place: &SystemKeyPlace| {
        key(place)
            .map_err(|reason| SigningKeyError { certificate: place.certificate.clone(), reason })
    };
    for (at, place) in config.systems.iter().enumerate() {
        let earlier = &config.systems[..at];
        let twice = earlier.iter().any(|one| one.organisation == place.organisation);
        // One program speaks to a module once.
        let two_tokens = place.module.is_some() && earlier.iter().any(|one| one.module.is_some());
        let reason = match (twice, two_tokens) {
            (true, _) => "the organisation is named twice",
            (false, true) => "only one key may be in a token",
            _ => continue,
        };
        let (certificate, reason) = (place.certificate.clone(), reason.to_owned());
        return Err(SigningKeyError { certificate, reason });
    }
    config.systems.iter().map(read).collect::<Result<_, _>>().map(SystemKeys::new)
}

fn key(place: &SystemKeyPlace) -> Result<SystemKey, String> {
    let organisation = Oid::parse(&place.organisation)
        .map_err(|_| format!("{}: no organisation's OID", place.organisation))?;
    let certificate = bytes(&place.certificate)?;
    let der = CertificateDer::from_pem_slice(&certificate)
        .map_err(|_| "the certificate is not PEM".to_owned())?;
    // Whoever signs as an organisation's system shows that organisation's certificate and no other's.
    let named = Certificate::read(&der)?.signer.number;
    if named != organisation.as_str() {
        return Err(format!("the certificate names {named}, not {organisation}"));
    }
    let key: Box<dyn SigningKey + Send + Sync> = match (&place.key, &place.module) {
        (Some(file), None) => Box::new(FileKey::read(&bytes(file)?, &certificate)?),
        (None, Some(module)) => {
            let pin = bytes(&place.pin_file)?;
            let pin = std::str::from_utf8(&pin).map_err(|_| "the PIN is not UTF-8".to_owned())?;
            let place = TokenPlace { module, token: &place.token, key: &place.key_label };
            let key = TokenKey::open(&place, pin.trim_end_matches(['\r', '\n']), der.to_vec())?;
            if key.kind() == KeyKind::EcP384 {
                return Err("ECDSA on P-384 is not used with JWS here".to_owned());
            }
            Box::new(OneAtATime {
                kind: key.kind(),
                certificate: der.to_vec(),
                key: Mutex::new(key),
            })
        }
        _ => return Err("either a key or a module is named".to_owned()),
    };
    Ok(SystemKey { organisation, key })
}

fn bytes(file: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    fs::read(file).map(Zeroizing::new).map_err(|error| format!("{}: {error}", file.display()))
}

/// A key in a token, whose session does one thing at a time.
struct OneAtATime {
    key: Mutex<TokenKey>,
    kind: KeyKind,
    certificate: Vec<u8>,
}

impl SigningKey for OneAtATime {
    fn kind(&self) -> KeyKind {
        self.kind
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner).sign(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use varanto_domain::time::Instant;
    use varanto_kit::signers::{Order, SignerKey, SigningAuthority};

    /// ARC-6: a key that is not the certificate's, not there, named in two places or none, a certificate of another organisation, and an organisation
    /// that is named twice are told, not passed over.
    #[test]
    fn keys_are_taken_with_their_certificates_alone() {
        let home = tempfile::tempdir().unwrap();
        let good = (Instant::from_millis(0), Instant::from_millis(4_000_000_000_000));
        let mut authority = SigningAuthority::make("Certs", good).unwrap();
        let mut place = |name: &str| {
            let order = Order {
                name,
                number: "1.2.246.10.1",
                professional: false,
                key: SignerKey::P256,
                good,
            };
            let issued = authority.issue(&order).unwrap();
            let (certificate, key) =
                (home.path().join(format!("{name}.pem")), home.path().join(format!("{name}.key")));
            fs::write(&certificate, &issued.certificate_pem).unwrap();
            fs::write(&key, &issued.key_pem).unwrap();
            let organisation = "1.2.246.10.1".to_owned();
            SystemKeyPlace { organisation, certificate, key: Some(key), ..Default::default() }
        };
        let (one, other) = (place("one"), place("other"));
        let read = |place: SystemKeyPlace| {
            read(&Signatures { systems: vec![place], ..Default::default() })
        };
        assert!(read(one.clone()).is_ok());
        for wrong in [
            SystemKeyPlace { key: other.key, ..one.clone() },
            SystemKeyPlace { key: Some(home.path().join("none")), ..one.clone() },
            SystemKeyPlace { key: None, ..one.clone() },
            SystemKeyPlace { module: Some("softhsm.so".into()), ..one.clone() },
            SystemKeyPlace { organisation: "county".into(), ..one.clone() },
            SystemKeyPlace { organisation: "1.2.246.10.2".into(), ..one.clone() },
        ] {
            assert!(read(wrong).is_err());
        }
        let systems = vec![one.clone(), one];
        assert!(super::read(&Signatures { systems, ..Default::default() }).is_err());
    }
}
