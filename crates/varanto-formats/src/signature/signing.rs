//! Keys that sign, and the signatures that they make.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use varanto_domain::archive::signatures::SignerKind;
use varanto_domain::time::Instant;

use super::certificate::Certificate;

/// What a signing key computes; the digest is SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// RSA as PKCS #1 1.5 pads it.
    Rsa,
    /// ECDSA on P-256.
    EcP256,
    /// ECDSA on P-384; in a token only.
    EcP384,
}

/// A private key with its certificate: in a file, or in a token that does not give it out.
pub trait SigningKey {
    /// What it computes.
    fn kind(&self) -> KeyKind;

    /// The certificate of its public half, DER.
    fn certificate(&self) -> &[u8];

    /// The signature over a message: of ECDSA two numbers of equal length.
    ///
    /// # Errors
    /// Why there is none.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String>;
}

/// A key from a file, in memory.
pub struct FileKey {
    pair: Pair,
    certificate: Vec<u8>,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileKey({:?})", self.kind())
    }
}

impl FileKey {
    /// Reads a key (PKCS #8) and its certificate, both PEM: RSA, or ECDSA on P-256.
    ///
    /// # Errors
    /// What cannot be read, or that the two do not belong together.
    pub fn read(key_pem: &[u8], certificate_pem: &[u8]) -> Result<Self, String> {
        let key = PrivatePkcs8KeyDer::from_pem_slice(key_pem)
            .map_err(|_| "the key is not PKCS #8 in PEM".to_owned())?;
        let certificate = CertificateDer::from_pem_slice(certificate_pem)
            .map_err(|_| "the certificate is not PEM".to_owned())?;
        let key = key.secret_pkcs8_der();
        let pair = RsaKeyPair::from_pkcs8(key).map(Pair::Rsa).or_else(|_| {
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key).map(Pair::Ec)
        });
        let pair = pair.map_err(|_| "the key is neither RSA nor ECDSA on P-256".to_owned())?;
        let found = Self { pair, certificate: certificate.to_vec() };
        if found.is_of_its_certificate()? {
            Ok(found)
        } else {
            Err("the certificate is another key's".to_owned())
        }
    }

    fn is_of_its_certificate(&self) -> Result<bool, String> {
        let public = match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_ref(),
            Pair::Ec(pair) => pair.public_key().as_ref(),
        };
        let info = Certificate::read(&self.certificate)?.key.info;
        Ok(info.ends_with(public))
    }
}

impl SigningKey for FileKey {
    fn kind(&self) -> KeyKind {
        match self.pair {
            Pair::Rsa(_) => KeyKind::Rsa,
            Pair::Ec(_) => KeyKind::EcP256,
        }
    }

    fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let random = SystemRandom::new();
        let failed = |_| "the key does not sign".to_owned();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut value = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut value).map_err(failed)?;
                Ok(value)
            }
            Pair::Ec(pair) => {
                pair.sign(&random, message).map(|value| value.as_ref().to_vec()).map_err(failed)
            }
        }
    }
}

/// Who signs, as what, and when.
pub struct Signing<'a> {
    /// The key.
    pub key: &'a dyn SigningKey,
    /// Whose signature it is.
    pub kind: SignerKind,
    /// The moment that it tells.
    pub at: Instant,
}
