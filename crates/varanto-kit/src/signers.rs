//! Those who sign, outside the archive: an authority of its own with certificates for professionals and
//! systems, shaped as the nation's are, and its revocation lists. For demonstrations and tests.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, DnValue, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, RevokedCertParams, SerialNumber, date_time_ymd,
};
use varanto_domain::time::Instant;

const SUBJECT_SERIAL: &[u64] = &[2, 5, 4, 5];

/// An instant as rcgen takes it. A macro, because rcgen does not name the type.
macro_rules! moment {
    ($instant:expr) => {
        date_time_ymd(1970, 1, 1)
            + Duration::from_millis(u64::try_from($instant.millis()).unwrap_or_default())
    };
}

/// What kind of key a signer has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignerKey {
    /// RSA of 2048 bits.
    Rsa,
    /// On the curve P-256.
    P256,
    /// On the curve P-384.
    P384,
}

impl SignerKey {
    fn make(self) -> Result<KeyPair, rcgen::Error> {
        KeyPair::generate_for(match self {
            Self::Rsa => &PKCS_RSA_SHA256,
            Self::P256 => &PKCS_ECDSA_P256_SHA256,
            Self::P384 => &PKCS_ECDSA_P384_SHA384,
        })
    }
}

/// Whom a certificate names, and for how long.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// The common name.
    pub name: &'a str,
    /// A professional's registration number, or an organisation's OID.
    pub number: &'a str,
    /// Whether it is a professional's card; else a system's certificate.
    pub professional: bool,
    /// What key it has.
    pub key: SignerKey,
    /// The first and the last instant it is good.
    pub good: (Instant, Instant),
}

/// A signer's certificate with its key.
#[derive(Clone)]
pub struct Issued {
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
    /// The key, PKCS #8 in PEM.
    pub key_pem: String,
    /// The certificate's serial number.
    pub serial: Vec<u8>,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Issued({:?})", self.serial)
    }
}

/// A root and an authority under it that issues the signers' certificates.
pub struct SigningAuthority {
    root: Issuer<'static, KeyPair>,
    root_der: Vec<u8>,
    root_pem: String,
    between: Issuer<'static, KeyPair>,
    between_der: Vec<u8>,
    between_pem: String,
    issued: u64,
}

impl SigningAuthority {
    /// Makes both, good for a span.
    ///
    /// # Errors
    /// What the maker of certificates answers.
    pub fn make(name: &str, good: (Instant, Instant)) -> Result<Self, rcgen::Error> {
        let root_key = KeyPair::generate()?;
        let root_params = authority_params(&format!("{name} Root"), good, 1);
        let root_certificate = root_params.self_signed(&root_key)?;
        let root = Issuer::new(root_params, root_key);
        let between_key = KeyPair::generate()?;
        let mut between_params = authority_params(name, good, 0);
        between_params.use_authority_key_identifier_extension = true;
        let between_certificate = between_params.signed_by(&between_key, &root)?;
        Ok(Self {
            root,
            root_der: root_certificate.der().to_vec(),
            root_pem: root_certificate.pem(),
            between: Issuer::new(between_params, between_key),
            between_der: between_certificate.der().to_vec(),
            between_pem: between_certificate.pem(),
            issued: 1000,
        })
    }

    /// The root's certificate, DER.
    #[must_use]
    pub fn root(&self) -> &[u8] {
        &self.root_der
    }

    /// The root's certificate, PEM.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The certificate of the authority under the root, DER.
    #[must_use]
    pub fn between(&self) -> &[u8] {
        &self.between_der
    }

    /// The certificate of the authority under the root, PEM.
    #[must_use]
    pub fn between_pem(&self) -> &str {
        &self.between_pem
    }

    /// Issues a signer's certificate.
    ///
    /// # Errors
    /// What the maker of certificates answers; a number that no certificate can carry.
    pub fn issue(&mut self, order: &Order<'_>) -> Result<Issued, rcgen::Error> {
        self.issued += 1;
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CountryName, "FI");
        let number = DnValue::PrintableString(order.number.try_into()?);
        name.push(DnType::CustomDnType(SUBJECT_SERIAL.to_vec()), number);
        name.push(DnType::CommonName, order.name);
        params.distinguished_name = name;
        params.serial_number = Some(SerialNumber::from(self.issued));
        params.not_before = moment!(order.good.0);
        params.not_after = moment!(order.good.1);
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = if order.professional {
            vec![KeyUsagePurpose::ContentCommitment]
        } else {
            vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment]
        };
        let key = order.key.make()?;
        let certificate = params.signed_by(&key, &self.between)?;
        Ok(Issued {
            certificate_pem: certificate.pem(),
            certificate: certificate.der().to_vec(),
            key_pem: key.serialize_pem(),
            serial: SerialNumber::from(self.issued).to_bytes(),
        })
    }

    /// The lists of what is revoked, DER: of the authority under the root, and of the root, which
    /// revoked nothing.
    ///
    /// # Errors
    /// What the maker of lists answers.
    pub fn revocation_lists(
        &self,
        revoked: &[(&Issued, Instant)],
        made: Instant,
        next: Instant,
    ) -> Result<[Vec<u8>; 2], rcgen::Error> {
        let list = |revoked_certs| CertificateRevocationListParams {
            this_update: moment!(made),
            next_update: moment!(next),
            crl_number: SerialNumber::from(u64::try_from(made.millis()).unwrap_or_default()),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let revoked = revoked.iter().map(|(issued, at)| RevokedCertParams {
            serial_number: SerialNumber::from_slice(&issued.serial),
            revocation_time: moment!(at),
            reason_code: None,
            invalidity_date: None,
        });
        Ok([
            list(revoked.collect()).signed_by(&self.between)?.der().to_vec(),
            list(Vec::new()).signed_by(&self.root)?.der().to_vec(),
        ])
    }
}

fn authority_params(name: &str, good: (Instant, Instant), below: u8) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CountryName, "FI");
    subject.push(DnType::OrganizationName, "Varanto");
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(below));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = moment!(good.0);
    params.not_after = moment!(good.1);
    params
}
