//! What a certificate says.

use varanto_domain::archive::proof;
use varanto_domain::archive::signatures::Signer;
use varanto_domain::time::Instant;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_X509_COMMON_NAME,
    OID_X509_ORGANIZATION_NAME, OID_X509_SERIALNUMBER, Oid,
};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::x509::X509Name;

use super::keys::{Algorithm, Curve, PublicKey};
use super::signing::KeyKind;

/// A certificate that was read. It is not thereby trusted.
#[derive(Clone, PartialEq, Debug)]
pub struct Certificate {
    /// Its bytes, DER.
    pub der: Vec<u8>,
    /// Whom it names, and by whom it was issued.
    pub signer: Signer,
    /// Where its issuer says that its revocation lists are.
    pub list_addresses: Vec<String>,
    pub(super) serial: Vec<u8>,
    pub(super) key: PublicKey,
    pub(super) may_sign: bool,
    pub(super) may_commit: bool,
}

impl Certificate {
    /// Reads a certificate.
    ///
    /// # Errors
    /// What is wrong with it, in the reader's words.
    pub fn read(der: &[u8]) -> Result<Self, String> {
        let (rest, read) = X509Certificate::from_der(der).map_err(|error| error.to_string())?;
        if !rest.is_empty() {
            return Err("bytes after the certificate".into());
        }
        let usage = read.key_usage().map_err(|error| error.to_string())?;
        let validity = read.validity();
        let at = |seconds: i64| Instant::from_millis(seconds.saturating_mul(1000));
        Ok(Self {
            der: der.to_vec(),
            signer: Signer {
                name: part(read.subject(), &OID_X509_COMMON_NAME).unwrap_or_default(),
                number: part(read.subject(), &OID_X509_SERIALNUMBER).unwrap_or_default(),
                organisation: part(read.subject(), &OID_X509_ORGANIZATION_NAME),
                issuer: part(read.issuer(), &OID_X509_COMMON_NAME).unwrap_or_default(),
                serial: hex(read.raw_serial()),
                from: at(validity.not_before.timestamp()),
                until: at(validity.not_after.timestamp()),
                fingerprint: proof::sha256(der),
            },
            list_addresses: list_addresses(&read),
            serial: read.raw_serial().to_vec(),
            key: public_key(&read),
            may_sign: usage.as_ref().is_some_and(|usage| usage.value.digital_signature()),
            may_commit: usage.as_ref().is_some_and(|usage| usage.value.non_repudiation()),
        })
    }

    /// What its key computes.
    #[must_use]
    pub fn key_kind(&self) -> KeyKind {
        match self.key.curve {
            None => KeyKind::Rsa,
            Some(Curve::P256) => KeyKind::EcP256,
            Some(Curve::P384) => KeyKind::EcP384,
        }
    }

    /// Whether a signature is its key's over a message.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let algorithm = match self.key_kind() {
            KeyKind::Rsa => Algorithm::Rsa,
            KeyKind::EcP256 | KeyKind::EcP384 => Algorithm::Ecdsa,
        };
        self.key.verifies(algorithm, message, signature)
    }
}

fn part(name: &X509Name<'_>, which: &Oid<'_>) -> Option<String> {
    let found = name.iter_by_oid(which).next()?;
    found.as_str().ok().map(str::to_owned)
}

fn public_key(certificate: &X509Certificate<'_>) -> PublicKey {
    let info = certificate.public_key();
    let named = (info.algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY)
        .then(|| info.algorithm.parameters.as_ref()?.as_oid().ok())
        .flatten();
    let curve = named.and_then(|oid| {
        [(OID_EC_P256, Curve::P256), (OID_NIST_EC_P384, Curve::P384)]
            .into_iter()
            .find_map(|(known, curve)| (known == oid).then_some(curve))
    });
    PublicKey { info: info.raw.to_vec(), curve }
}

fn list_addresses(certificate: &X509Certificate<'_>) -> Vec<String> {
    use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension};
    let mut addresses = Vec::new();
    for extension in certificate.extensions() {
        let ParsedExtension::CRLDistributionPoints(points) = extension.parsed_extension() else {
            continue;
        };
        for point in points.iter() {
            let Some(DistributionPointName::FullName(names)) = &point.distribution_point else {
                continue;
            };
            addresses.extend(names.iter().filter_map(|name| match name {
                GeneralName::URI(address) => Some((*address).to_owned()),
                _ => None,
            }));
        }
    }
    addresses
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
