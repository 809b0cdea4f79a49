//! The archive's own certificate authority: made at first start, it signs the server's certificate
//! and those of the systems that may come in.
//!
//! A client certificate is bound as real service certificates of the nation are (national-specs
//! 1.5): the subject's `serialNumber` is the organisation's OID, its `CN` the system's identifier.
//! Source: ACC-1, REG-4.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    RevocationReason, RevokedCertParams, SanType, SerialNumber, date_time_ymd,
};
use varanto_app::certificates::KnownCertificate;
use varanto_domain::ids::Oid;
use varanto_domain::time::Instant;
use x509_parser::prelude::{FromDer, X509Certificate};

const DAY: u64 = 24 * 60 * 60;
const AUTHORITY_DAYS: u64 = 20 * 365;
const SERVER_DAYS: u64 = 397;
const RENEW_BEFORE_DAYS: i64 = 30;
/// An instant as rcgen takes it, to the second. A macro, because rcgen does not name the type.
macro_rules! moment {
    ($instant:expr) => {
        date_time_ymd(1970, 1, 1) + since_epoch($instant)
    };
}

const SUBJECT_SERIAL: &[u64] = &[2, 5, 4, 5];

/// Why a certificate cannot be made, read or revoked.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key or certificate cannot be made or read.
    #[error("certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// A certificate file that holds no certificate.
    #[error("{0} holds no certificate that can be read")]
    Unreadable(PathBuf),
    /// No certificate with this serial number was issued here.
    #[error("no certificate with serial number {0} was issued here")]
    Unknown(String),
    /// A name that a certificate cannot carry.
    #[error("a certificate cannot carry the name {0}")]
    BadName(String),
}

/// The archive's own certificate authority, in the directory `pki` of the data directory.
#[derive(Debug, Clone)]
pub struct Authority {
    directory: PathBuf,
}

/// What a new client certificate is bound to, and for how long.
#[derive(Debug, Clone)]
pub struct ClientOrder {
    /// The system's identifier in the system register (`CN`).
    pub system: String,
    /// The organisation's OID (`serialNumber`).
    pub organisation: Oid,
    /// The organisation's name (`O`), for people.
    pub organisation_name: String,
    /// The first instant it is good.
    pub from: Instant,
    /// The last instant it is good.
    pub until: Instant,
}

/// A certificate just made. The private key is kept nowhere else.
#[derive(Clone)]
pub struct Issued {
    /// The serial number, in hexadecimal.
    pub serial: String,
    /// The certificate.
    pub certificate_pem: String,
    /// Its private key.
    pub key_pem: String,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Issued({})", self.serial)
    }
}

/// What a certificate says, for lists.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct CertificateFacts {
    /// The serial number, in hexadecimal.
    pub serial: String,
    /// The system's identifier.
    pub system: String,
    /// The organisation's OID.
    pub organisation: String,
    /// The organisation's name.
    pub organisation_name: String,
    /// The first instant it is good, RFC 3339.
    pub from: String,
    /// The last instant it is good, RFC 3339.
    pub until: String,
    /// When it was revoked, RFC 3339; `None` when it was not.
    pub revoked: Option<String>,
    /// SHA-256 over the certificate, in hexadecimal.
    pub fingerprint: String,
}

impl Authority {
    /// The authority under a data directory; made now when it is not there, and its server's
    /// certificate renewed when it is due or its names changed.
    pub fn open(data: &Path, names: &[String], now: Instant) -> Result<Self, CertificateError> {
        let authority = Self { directory: data.join("pki") };
        private_directory(&authority.directory)?;
        private_directory(&authority.directory.join("issued"))?;
        if !authority.authority_file().exists() {
            authority.make_authority(now)?;
            authority.write_revocations(&[], now)?;
        }
        authority.renew(names, now)?;
        Ok(authority)
    }

    /// The authority that a data directory holds already; nothing is made and nothing renewed.
    #[must_use]
    pub fn existing(data: &Path) -> Self {
        Self { directory: data.join("pki") }
    }

    /// The PEM file of the authority's certificate, which callers must trust.
    #[must_use]
    pub fn authority_file(&self) -> PathBuf {
        self.directory.join("ca.pem")
    }

    /// The PEM file of the revocation list.
    #[must_use]
    pub fn revocation_file(&self) -> PathBuf {
        self.directory.join("revoked.pem")
    }

    /// The PEM files of the server's certificate and its key.
    #[must_use]
    pub fn server_files(&self) -> (PathBuf, PathBuf) {
        (self.directory.join("server.pem"), self.directory.join("server.key"))
    }

    /// Makes a certificate for a system and keeps its public half in `issued`.
    pub fn issue(&self, order: &ClientOrder) -> Result<Issued, CertificateError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(order)?;
        params.not_before = moment!(order.from);
        params.not_after = moment!(order.until);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer()?)?;
        let serial = serial_of(certificate.der())
            .ok_or_else(|| CertificateError::Unreadable(self.directory.join("issued")))?;
        let file = self.directory.join("issued").join(format!("{serial}.pem"));
        write_private(&file, certificate.pem().as_bytes())?;
        Ok(Issued { serial, certificate_pem: certificate.pem(), key_pem: key.serialize_pem() })
    }

    /// Every client certificate issued here, oldest first.
    pub fn list(&self) -> Result<Vec<CertificateFacts>, CertificateError> {
        let directory = self.directory.join("issued");
        let revoked = self.revoked()?;
        let entries = fs::read_dir(&directory).map_err(|source| at(&directory, source))?;
        let mut all = Vec::new();
        for entry in entries {
            let path = entry.map_err(|source| at(&directory, source))?.path();
            if path.extension().is_some_and(|extension| extension == "pem") {
                all.push(facts(&path, &revoked)?);
            }
        }
        all.sort_by(|a: &CertificateFacts, b| (&a.from, &a.serial).cmp(&(&b.from, &b.serial)));
        Ok(all)
    }

    /// Revokes a certificate by its serial number. Doors that are open notice within seconds.
    pub fn revoke(&self, serial: &str, now: Instant) -> Result<(), CertificateError> {
        let known = self.directory.join("issued").join(format!("{serial}.pem"));
        if !is_serial(serial) || !known.exists() {
            return Err(CertificateError::Unknown(serial.to_owned()));
        }
        self.revoke_not_known(serial, now)
    }

    /// As [`Authority::revoke`], whether or not the folder knows the certificate: the list of revocations needs its number alone.
    pub fn revoke_not_known(&self, serial: &str, now: Instant) -> Result<(), CertificateError> {
        if !is_serial(serial) {
            return Err(CertificateError::Unknown(serial.to_owned()));
        }
        let _alone = self.alone()?;
        let mut revoked = self.revoked()?;
        if revoked.iter().all(|(known, _)| known != serial) {
            revoked.push((serial.to_owned(), now));
        }
        self.write_revocations(&revoked, now)
    }

    /// What the folder knows of the certificates issued by the authority.
    pub fn known(&self) -> Result<Vec<KnownCertificate>, CertificateError> {
        let directory = self.directory.join("issued");
        let mut revoked: BTreeMap<String, Instant> = self.revoked()?.into_iter().collect();
        let mut all = Vec::new();
        for entry in fs::read_dir(&directory).map_err(|source| at(&directory, source))? {
            let path = entry.map_err(|source| at(&directory, source))?.path();
            let serial = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            if path.extension().is_some_and(|extension| extension == "pem") && is_serial(serial) {
                // One that cannot be read keeps nothing else from being told.
                let certificate = fs::read(&path).unwrap_or_else(|error| {
                    tracing::warn!(file = %path.display(), %error, "a certificate cannot be read");
                    Vec::new()
                });
                let (serial, revoked_at) = (serial.to_owned(), revoked.remove(serial));
                all.push(KnownCertificate { serial, certificate, revoked_at });
            }
        }
        // Revoked where it was issued, in a folder that came without it.
        all.extend(revoked.into_iter().map(|(serial, at)| KnownCertificate {
            serial,
            certificate: Vec::new(),
            revoked_at: Some(at),
        }));
        Ok(all)
    }

    /// Takes in what others know of certificates.
    pub fn take_in(&self, told: &[KnownCertificate], now: Instant) -> Result<(), CertificateError> {
        let _alone = self.alone()?;
        let before = self.revoked()?;
        let mut revoked: BTreeMap<String, Instant> = before.iter().cloned().collect();
        for one in told.iter().filter(|one| is_serial(&one.serial)) {
            if let Some(at) = one.revoked_at {
                let first = revoked.entry(one.serial.clone()).or_insert(at);
                *first = at.min(*first);
            }
            let file = self.directory.join("issued").join(format!("{}.pem", one.serial));
            if !one.certificate.is_empty() && !file.exists() {
                write_private(&file, &one.certificate)?;
            }
        }
        let revoked: Vec<(String, Instant)> = revoked.into_iter().collect();
        if revoked.iter().any(|one| !before.contains(one)) {
            self.write_revocations(&revoked, now)?;
        }
        Ok(())
    }

    /// When the folder was changed last: by it is told that something was issued or revoked.
    #[must_use]
    pub fn changed_at(&self) -> [Option<SystemTime>; 2] {
        let changed = |path: PathBuf| fs::metadata(path).and_then(|found| found.modified()).ok();
        [changed(self.directory.join("issued")), changed(self.revocation_file())]
    }

    /// The folder for one writer of revocations: two would lose what the other added.
    fn alone(&self) -> Result<fs::File, CertificateError> {
        let path = self.directory.join("lock");
        let open =
            fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = open.map_err(|source| at(&path, source))?;
        file.lock().map_err(|source| at(&path, source))?;
        Ok(file)
    }

    /// The certificates revoked: serial number and instant.
    pub fn revoked(&self) -> Result<Vec<(String, Instant)>, CertificateError> {
        let file = self.revocation_file();
        let text = fs::read(&file).map_err(|source| at(&file, source))?;
        revocations_in(&text).ok_or(CertificateError::Unreadable(file))
    }

    fn make_authority(&self, now: Instant) -> Result<(), CertificateError> {
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::OrganizationName, "Varanto");
        // Two archives may trust each other's authority, and revocations go by the issuer's name.
        let key = KeyPair::generate()?;
        let mark = hex(&digest(key.public_key_raw()));
        name.push(DnType::CommonName, format!("Varanto archive authority {}", &mark[..16]));
        params.distinguished_name = name;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = moment!(now) - Duration::from_mins(5);
        params.not_after = moment!(now) + Duration::from_secs(AUTHORITY_DAYS * DAY);
        let certificate = params.self_signed(&key)?;
        write_private(&self.directory.join("ca.key"), key.serialize_pem().as_bytes())?;
        write_private(&self.authority_file(), certificate.pem().as_bytes())
    }

    /// Renews the server's certificate when it is due or its names changed.
    pub fn renew(&self, names: &[String], now: Instant) -> Result<(), CertificateError> {
        let (certificate_file, key_file) = self.server_files();
        if key_file.exists() && still_good(&certificate_file, names, now) {
            return Ok(());
        }
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CommonName, "Varanto archive");
        params.distinguished_name = name;
        params.subject_alt_names = alternative_names(names)?;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        params.not_before = moment!(now) - Duration::from_mins(5);
        params.not_after = moment!(now) + Duration::from_secs(SERVER_DAYS * DAY);
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer()?)?;
        write_private(&key_file, key.serialize_pem().as_bytes())?;
        write_private(&certificate_file, certificate.pem().as_bytes())
    }

    fn issuer(&self) -> Result<Issuer<'static, KeyPair>, CertificateError> {
        let read = |path: PathBuf| fs::read_to_string(&path).map_err(|source| at(&path, source));
        let key = KeyPair::from_pem(&read(self.directory.join("ca.key"))?)?;
        Ok(Issuer::from_ca_cert_pem(&read(self.authority_file())?, key)?)
    }

    fn write_revocations(
        &self,
        revoked: &[(String, Instant)],
        now: Instant,
    ) -> Result<(), CertificateError> {
        let number = u64::try_from(now.millis()).unwrap_or_default();
        let list = CertificateRevocationListParams {
            this_update: moment!(now),
            next_update: moment!(now) + Duration::from_secs(AUTHORITY_DAYS * DAY),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(revoked_params).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let text = list.signed_by(&self.issuer()?)?.pem()?;
        write_private(&self.revocation_file(), text.as_bytes())
    }
}

fn is_serial(text: &str) -> bool {
    let sign = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    !text.is_empty() && text.len().is_multiple_of(2) && text.bytes().all(sign)
}

fn revoked_params((serial, when): &(String, Instant)) -> RevokedCertParams {
    RevokedCertParams {
        serial_number: SerialNumber::from_slice(&bytes_of_hex(serial)),
        revocation_time: moment!(*when),
        reason_code: Some(RevocationReason::Unspecified),
        invalidity_date: None,
    }
}

fn subject(order: &ClientOrder) -> Result<DistinguishedName, CertificateError> {
    let bad = |_| CertificateError::BadName(order.organisation.to_string());
    let oid = order.organisation.as_str().try_into().map_err(bad)?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "FI");
    name.push(DnType::OrganizationName, order.organisation_name.as_str());
    name.push(DnType::CustomDnType(SUBJECT_SERIAL.to_vec()), DnValue::PrintableString(oid));
    name.push(DnType::CommonName, order.system.as_str());
    Ok(name)
}

fn alternative_names(names: &[String]) -> Result<Vec<SanType>, CertificateError> {
    let mut all = vec![
        SanType::IpAddress([127, 0, 0, 1].into()),
        SanType::IpAddress(std::net::Ipv6Addr::LOCALHOST.into()),
    ];
    for name in std::iter::once("localhost").chain(names.iter().map(String::as_str)) {
        all.push(match name.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(
                name.try_into().map_err(|_| CertificateError::BadName(name.to_owned()))?,
            ),
        });
    }
    Ok(all)
}

/// Whether a server certificate has a month left and names all that it should.
fn still_good(file: &Path, names: &[String], now: Instant) -> bool {
    let Some(der) = fs::read(file).ok().and_then(|text| first_der(&text)) else { return false };
    let Ok((_, certificate)) = X509Certificate::from_der(&der) else { return false };
    let left = certificate.validity().not_after.timestamp() - now.millis() / 1000;
    let holds = |name: &String| String::from_utf8_lossy(&der).contains(name.as_str());
    let numeric = |name: &&String| name.parse::<std::net::IpAddr>().is_err();
    left > RENEW_BEFORE_DAYS * 86_400 && names.iter().filter(numeric).all(holds)
}

fn facts(path: &Path, revoked: &[(String, Instant)]) -> Result<CertificateFacts, CertificateError> {
    let unreadable = || CertificateError::Unreadable(path.to_path_buf());
    let text = fs::read(path).map_err(|source| at(path, source))?;
    let der = first_der(&text).ok_or_else(unreadable)?;
    let (_, certificate) = X509Certificate::from_der(&der).map_err(|_| unreadable())?;
    let serial = hex(certificate.raw_serial());
    let subject = Subject::of(&certificate);
    let time = |seconds: i64| Instant::from_millis(seconds * 1000).to_string();
    Ok(CertificateFacts {
        system: subject.system,
        organisation: subject.organisation,
        organisation_name: subject.organisation_name,
        from: time(certificate.validity().not_before.timestamp()),
        until: time(certificate.validity().not_after.timestamp()),
        revoked: revoked.iter().find(|(known, _)| *known == serial).map(|(_, at)| at.to_string()),
        fingerprint: fingerprint(&der),
        serial,
    })
}

/// What a client certificate's subject binds it to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// The system's identifier (`CN`).
    pub system: String,
    /// The organisation's OID (`serialNumber`).
    pub organisation: String,
    /// The organisation's name (`O`).
    pub organisation_name: String,
}

impl Subject {
    /// The subject of a certificate; missing names are empty.
    #[must_use]
    pub fn of(certificate: &X509Certificate<'_>) -> Self {
        let text = |attribute: Option<&x509_parser::x509::AttributeTypeAndValue<'_>>| {
            attribute.and_then(|found| found.as_str().ok()).unwrap_or_default().to_owned()
        };
        let subject = certificate.subject();
        let serial = x509_parser::oid_registry::OID_X509_SERIALNUMBER;
        Self {
            system: text(subject.iter_common_name().next()),
            organisation: text(subject.iter_by_oid(&serial).next()),
            organisation_name: text(subject.iter_organization().next()),
        }
    }
}

/// The serial numbers and instants in a revocation list (PEM); `None` when it is not one.
#[must_use]
pub fn revocations_in(pem: &[u8]) -> Option<Vec<(String, Instant)>> {
    let (_, block) = x509_parser::pem::parse_x509_pem(pem).ok()?;
    let (_, list) = x509_parser::parse_x509_crl(&block.contents).ok()?;
    let one = |entry: &x509_parser::revocation_list::RevokedCertificate<'_>| {
        let when = Instant::from_millis(entry.revocation_date.timestamp() * 1000);
        (hex(entry.raw_serial()), when)
    };
    Some(list.iter_revoked_certificates().map(one).collect())
}

/// When the first certificate of a PEM text ends.
#[must_use]
pub fn end_of(pem: &[u8]) -> Option<Instant> {
    let der = first_der(pem)?;
    let (_, read) = X509Certificate::from_der(&der).ok()?;
    Some(Instant::from_millis(read.validity().not_after.timestamp().saturating_mul(1000)))
}

/// The first certificate of a PEM text, in DER.
#[must_use]
pub fn first_der(pem: &[u8]) -> Option<Vec<u8>> {
    x509_parser::pem::parse_x509_pem(pem).ok().map(|(_, block)| block.contents)
}

/// SHA-256 over a certificate (DER), in hexadecimal.
#[must_use]
pub fn fingerprint(der: &[u8]) -> String {
    hex(&digest(der))
}

/// SHA-256 over bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
}

/// Bytes in hexadecimal, lower case.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes_of_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.bytes().filter_map(|b| char::from(b).to_digit(16)).map(low).collect();
    digits.chunks(2).map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit)).collect()
}

fn low(digit: u32) -> u8 {
    u8::try_from(digit).unwrap_or_default()
}

fn serial_of(der: &[u8]) -> Option<String> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| hex(certificate.raw_serial()))
}

fn since_epoch(instant: Instant) -> Duration {
    Duration::from_secs(u64::try_from(instant.millis() / 1000).unwrap_or_default())
}

fn private_directory(path: &Path) -> Result<(), CertificateError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| at(path, source))
}

/// Writes a file that only its owner can read, whole or not at all, and on disk when it answers.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), CertificateError> {
    let draft = draft_of(path);
    let write = || {
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        fs::File::open(folder_of(path))?.sync_all()
    };
    write().map_err(|source| {
        // There may be no draft to take away: it could not be made, or it has its name already.
        let _ = fs::remove_file(&draft);
        at(path, source)
    })
}

/// The name of a draft beside a file, another one each time: two writers never share one.
fn draft_of(path: &Path) -> PathBuf {
    let mut random = [0u8; 8];
    // Without randomness the name is always the same, and the second of two writers is refused.
    let _ = aws_lc_rs::rand::fill(&mut random);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.draft", hex(&random)));
    path.with_file_name(name)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn at(path: &Path, source: io::Error) -> CertificateError {
    CertificateError::File { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests;
