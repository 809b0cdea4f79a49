//! TLS at the doors, and the verdict on the certificate that a system shows.
//!
//! The handshake only proves that the peer holds the key of its certificate. Whether the certificate
//! is good is judged after it, so that a system with an expired or revoked certificate gets an
//! answer it can read and the log gets a line, instead of a bare alert. Source: ACC-1.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::accept::{Accept, NoDelayAcceptor};
use axum_server::tls::TlsService;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig, SignatureScheme,
};
use tower::Layer;
use varanto_app::certificates::KnownCertificate;
use varanto_domain::time::{Clock, Instant};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::certificates::{self, Authority, Subject, hex};
use crate::config::Clients;

/// The certificate that the peer showed, judged; in the extensions of every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerCertificate {
    /// None was shown: a person's browser, or a stranger.
    None,
    /// One of a trusted authority, in force when the connection was made.
    Trusted(Arc<TrustedCertificate>),
    /// One that opens nothing.
    Refused(RefusedCertificate),
}

/// The address that the connection comes from; in the extensions of every request. It is kept in
/// memory alone, to tell callers apart, and stands in no log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub Option<IpAddr>);

/// A certificate of a trusted authority.
#[derive(Debug)]
pub struct TrustedCertificate {
    /// SHA-256 over the certificate, in hexadecimal.
    pub fingerprint: String,
    /// The same, as bytes.
    pub digest: [u8; 32],
    /// Its serial number, in hexadecimal.
    pub serial: String,
    /// The system's identifier (`CN`).
    pub system: String,
    /// The organisation's OID (`serialNumber` of the subject).
    pub organisation: String,
    /// The first instant it is good.
    pub from: Instant,
    /// The last instant it is good, and those that it came with.
    pub until: Instant,
    /// As it was shown, with those that lead to its authority.
    chain: Vec<CertificateDer<'static>>,
    /// Which reading of authorities and revocation lists found it good last.
    found_good: AtomicU64,
}

impl PartialEq for TrustedCertificate {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for TrustedCertificate {}

/// A certificate that opens nothing, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCertificate {
    /// Why.
    pub reason: RefusalReason,
    /// SHA-256 over the certificate, in hexadecimal.
    pub fingerprint: String,
    /// When it ended, begins or was revoked, where that is the reason.
    pub when: Option<Instant>,
}

/// Why a certificate opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalReason {
    /// Its last instant has passed.
    Expired,
    /// Its first instant has not come.
    NotYet,
    /// Its authority has revoked it.
    Revoked,
    /// No authority trusted here made it.
    UnknownIssuer,
    /// It was not made for a client.
    WrongPurpose,
    /// It names no system or no organisation.
    Nameless,
    /// It cannot be read, or breaks a rule of certificates.
    Broken,
}

impl RefusalReason {
    /// Every reason, for tables of texts.
    pub const ALL: [Self; 7] = [
        Self::Expired,
        Self::NotYet,
        Self::Revoked,
        Self::UnknownIssuer,
        Self::WrongPurpose,
        Self::Nameless,
        Self::Broken,
    ];

    /// The stable code of the problem that the peer is told.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Expired => "certificate-expired",
            Self::NotYet => "certificate-not-yet-valid",
            Self::Revoked => "certificate-revoked",
            Self::UnknownIssuer => "certificate-unknown-issuer",
            Self::WrongPurpose => "certificate-wrong-purpose",
            Self::Nameless => "certificate-nameless",
            Self::Broken => "certificate-broken",
        }
    }
}

/// Why the doors cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate, key or revocation list cannot be read.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The parts do not make a TLS configuration.
    #[error("TLS: {0}")]
    Configuration(String),
}

/// Installs the one cryptography provider of the program. Call first; calling again does nothing.
pub fn install_cryptography() {
    // The second installer of the same provider loses, and that is no harm.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Judges certificates of peers: by authority, purpose, time and revocation.
pub struct Judge {
    authorities: Vec<PathBuf>,
    revocation_lists: Vec<PathBuf>,
    clock: Arc<dyn Clock>,
    state: RwLock<Arc<Bench>>,
    /// What other servers revoked of the own authority's, by serial number, also while no file of here takes it in.
    told: RwLock<BTreeMap<String, Instant>>,
}

/// What the judge has read from its files.
struct Bench {
    verifier: Arc<dyn ClientCertVerifier>,
    revoked: Vec<(String, Instant)>,
    /// Which reading it is, from 1.
    reading: u64,
    stamps: Vec<Option<SystemTime>>,
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judge").field("authorities", &self.authorities).finish_non_exhaustive()
    }
}

impl Judge {
    /// A judge who trusts the archive's own authority and those of the configuration.
    pub fn open(
        own: &Authority,
        clients: &Clients,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, TlsError> {
        let mut authorities = vec![own.authority_file()];
        authorities.extend(clients.authorities.iter().cloned());
        let mut revocation_lists = vec![own.revocation_file()];
        revocation_lists.extend(clients.revocation_lists.iter().cloned());
        let bench = Bench::read(&authorities, &revocation_lists, 1)?;
        let state = RwLock::new(Arc::new(bench));
        let told = RwLock::default();
        Ok(Arc::new(Self { authorities, revocation_lists, clock, state, told }))
    }

    /// Takes in what was revoked, by what others tell: it opens nothing from now on, whatever becomes of the files.
    pub fn hear(&self, certificates: &[KnownCertificate]) {
        let revoked = certificates.iter();
        let revoked = revoked.filter_map(|one| Some((one.serial.clone(), one.revoked_at?)));
        self.told.write().unwrap_or_else(PoisonError::into_inner).extend(revoked);
    }

    /// When a certificate was revoked, by what others told.
    fn told(&self, serial: &str) -> Option<Instant> {
        self.told.read().unwrap_or_else(PoisonError::into_inner).get(serial).copied()
    }

    /// Reads the files again when one of them has changed. A file that cannot be read leaves the
    /// judge as it was.
    pub fn refresh(&self) -> Result<bool, TlsError> {
        let seen = stamps(&self.authorities, &self.revocation_lists);
        let earlier = self.bench();
        if earlier.stamps == seen {
            return Ok(false);
        }
        let next = earlier.reading + 1;
        let bench = Arc::new(Bench::read(&self.authorities, &self.revocation_lists, next)?);
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = bench;
        Ok(true)
    }

    /// The verdict on what a peer showed in the handshake.
    #[must_use]
    pub fn judge(&self, chain: Option<&[CertificateDer<'_>]>) -> PeerCertificate {
        let Some((end, intermediates)) = chain.and_then(<[_]>::split_first) else {
            return PeerCertificate::None;
        };
        let bench = self.bench();
        let now = self.clock.now();
        let digest = certificates::digest(end);
        let print = hex(&digest);
        let refuse = |reason, when| {
            PeerCertificate::Refused(RefusedCertificate {
                reason,
                fingerprint: print.clone(),
                when,
            })
        };
        let Ok((_, read)) = X509Certificate::from_der(end) else {
            return refuse(RefusalReason::Broken, None);
        };
        let seen = Arc::new(seen(&read, digest, (end, intermediates), bench.reading));
        if let Some(at) = self.told(&seen.serial) {
            return refuse(RefusalReason::Revoked, Some(at));
        }
        if let Err(error) = bench.verifier.verify_client_cert(end, intermediates, unix(now)) {
            let reason = reason_of(&error);
            return refuse(reason, bench.moment_of(reason, &seen));
        }
        if seen.system.is_empty() || seen.organisation.is_empty() {
            return refuse(RefusalReason::Nameless, None);
        }
        PeerCertificate::Trusted(seen)
    }

    /// The verdict now on a certificate judged when its connection was made: time passes, lists of
    /// revocations grow and authorities are removed while a connection lives. The whole chain is
    /// judged again whenever one of these has changed.
    #[must_use]
    pub fn judge_again(&self, earlier: &PeerCertificate) -> PeerCertificate {
        let PeerCertificate::Trusted(certificate) = earlier else { return earlier.clone() };
        let reading = self.bench().reading;
        let lasts =
            self.clock.now() <= certificate.until && self.told(&certificate.serial).is_none();
        if lasts && certificate.found_good.load(Ordering::Relaxed) == reading {
            return earlier.clone();
        }
        let verdict = self.judge(Some(&certificate.chain));
        if let PeerCertificate::Trusted(again) = &verdict {
            // Under the reading that judged it, which may be a later one.
            let reading = again.found_good.load(Ordering::Relaxed);
            certificate.found_good.store(reading, Ordering::Relaxed);
            return earlier.clone();
        }
        verdict
    }

    fn bench(&self) -> Arc<Bench> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Bench {
    fn read(authorities: &[PathBuf], lists: &[PathBuf], reading: u64) -> Result<Self, TlsError> {
        let stamps = stamps(authorities, lists);
        let mut roots = RootCertStore::empty();
        for path in authorities {
            for certificate in pem_certificates(path)? {
                roots.add(certificate).map_err(|error| file(path, error))?;
            }
        }
        let mut crls = Vec::new();
        let mut revoked = Vec::new();
        for path in lists {
            let text = fs::read(path).map_err(|error| file(path, error))?;
            let list = CertificateRevocationListDer::from_pem_slice(&text)
                .map_err(|error| file(path, format!("{error:?}")))?;
            crls.push(list);
            revoked.extend(
                certificates::revocations_in(&text).ok_or_else(|| file(path, "no list in it"))?,
            );
        }
        let verifier = WebPkiClientVerifier::builder(Arc::new(roots))
            .with_crls(crls)
            .allow_unknown_revocation_status()
            .build()
            .map_err(|error| TlsError::Configuration(error.to_string()))?;
        Ok(Self { verifier, revoked, reading, stamps })
    }

    fn moment_of(&self, reason: RefusalReason, seen: &TrustedCertificate) -> Option<Instant> {
        match reason {
            RefusalReason::Expired => Some(seen.until),
            RefusalReason::NotYet => Some(seen.from),
            RefusalReason::Revoked => {
                self.revoked.iter().find(|(serial, _)| *serial == seen.serial).map(|(_, at)| *at)
            }
            _ => None,
        }
    }
}

fn seen(
    certificate: &X509Certificate<'_>,
    digest: [u8; 32],
    shown: (&CertificateDer<'_>, &[CertificateDer<'_>]),
    reading: u64,
) -> TrustedCertificate {
    let subject = Subject::of(certificate);
    let time = |seconds: i64| Instant::from_millis(seconds.saturating_mul(1000));
    let last = |certificate: &X509Certificate<'_>| certificate.validity().not_after.timestamp();
    let above = shown.1.iter().filter_map(|der| X509Certificate::from_der(der).ok());
    let until = above.map(|(_, read)| last(&read)).min();
    let chain = std::iter::once(shown.0).chain(shown.1);
    TrustedCertificate {
        fingerprint: hex(&digest),
        digest,
        serial: hex(certificate.raw_serial()),
        system: subject.system,
        organisation: subject.organisation,
        from: time(certificate.validity().not_before.timestamp()),
        until: time(until.map_or(last(certificate), |above| above.min(last(certificate)))),
        chain: chain.map(|der| der.clone().into_owned()).collect(),
        found_good: AtomicU64::new(reading),
    }
}

fn reason_of(error: &rustls::Error) -> RefusalReason {
    use rustls::CertificateError as Wrong;
    let rustls::Error::InvalidCertificate(wrong) = error else { return RefusalReason::Broken };
    match wrong {
        Wrong::Expired | Wrong::ExpiredContext { .. } => RefusalReason::Expired,
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => RefusalReason::NotYet,
        Wrong::Revoked => RefusalReason::Revoked,
        Wrong::UnknownIssuer | Wrong::BadSignature => RefusalReason::UnknownIssuer,
        Wrong::InvalidPurpose | Wrong::InvalidPurposeContext { .. } => RefusalReason::WrongPurpose,
        _ => RefusalReason::Broken,
    }
}

fn stamps(authorities: &[PathBuf], lists: &[PathBuf]) -> Vec<Option<SystemTime>> {
    let changed = |path: &PathBuf| fs::metadata(path).and_then(|found| found.modified()).ok();
    authorities.iter().chain(lists).map(changed).collect()
}

fn unix(instant: Instant) -> UnixTime {
    let millis = u64::try_from(instant.millis()).unwrap_or_default();
    UnixTime::since_unix_epoch(Duration::from_millis(millis))
}

/// Takes any certificate whose key the peer holds; [`Judge`] has the say about it afterwards.
#[derive(Debug)]
struct ProofOfPossession {
    algorithms: WebPkiSupportedAlgorithms,
    hints: Vec<DistinguishedName>,
}

impl ClientCertVerifier for ProofOfPossession {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        _end: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The TLS of the doors: 1.3 and 1.2, the server's certificate, a client's one asked for.
pub fn server_config(own: &Authority, judge: &Judge) -> Result<ServerConfig, TlsError> {
    let (certificate_file, key_file) = own.server_files();
    let chain = pem_certificates(&certificate_file)?;
    let key = PrivateKeyDer::from_pem_file(&key_file)
        .map_err(|error| file(&key_file, format!("{error:?}")))?;
    let provider = CryptoProvider::get_default()
        .ok_or_else(|| TlsError::Configuration("no cryptography provider".into()))?;
    let possession = ProofOfPossession {
        algorithms: provider.signature_verification_algorithms,
        hints: judge.bench().verifier.root_hint_subjects().to_vec(),
    };
    let mut config = ServerConfig::builder()
        .with_client_cert_verifier(Arc::new(possession))
        .with_single_cert(chain, key)
        .map_err(|error| TlsError::Configuration(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn pem_certificates(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(|error| file(path, format!("{error:?}")))?
        .collect();
    found.map_err(|error| file(path, format!("{error:?}")))
}

fn file(path: &std::path::Path, reason: impl std::fmt::Display) -> TlsError {
    TlsError::File { path: path.to_path_buf(), reason: reason.to_string() }
}

/// Accepts a connection, and puts the verdict on its certificate into every request on it.
#[derive(Debug, Clone)]
pub struct JudgingAcceptor {
    tls: RustlsAcceptor<NoDelayAcceptor>,
    judge: Arc<Judge>,
}

impl JudgingAcceptor {
    /// An acceptor for a TLS configuration, which may be replaced while it runs.
    #[must_use]
    pub fn new(config: RustlsConfig, judge: Arc<Judge>) -> Self {
        Self { tls: RustlsAcceptor::new(config).acceptor(NoDelayAcceptor), judge }
    }
}

type Stream = tokio_rustls::server::TlsStream<tokio::net::TcpStream>;
type Judged<S> = AddExtension<AddExtension<TlsService<S>, PeerCertificate>, PeerAddress>;
type Accepted<S> = (Stream, Judged<S>);

impl<S: Send + 'static> Accept<tokio::net::TcpStream, S> for JudgingAcceptor {
    type Stream = Stream;
    type Service = Judged<S>;
    type Future = std::pin::Pin<Box<dyn Future<Output = io::Result<Accepted<S>>> + Send>>;

    fn accept(&self, stream: tokio::net::TcpStream, service: S) -> Self::Future {
        let judge = Arc::clone(&self.judge);
        let address = PeerAddress(stream.peer_addr().ok().map(|address| address.ip()));
        let shaking = self.tls.accept(stream, service);
        Box::pin(async move {
            let (stream, service) = shaking.await?;
            let verdict = judge.judge(stream.get_ref().1.peer_certificates());
            Ok((stream, Extension(address).layer(Extension(verdict).layer(service))))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificates::{ClientOrder, first_der};
    use varanto_domain::ids::Oid;
    use varanto_domain::time::FinnishDay;

    struct March;
    impl Clock for March {
        fn now(&self) -> Instant {
            day("2026-03-01")
        }
    }

    fn day(text: &str) -> Instant {
        FinnishDay::parse(text).unwrap().start()
    }

    /// ACC-1: an open connection ends its trust with its authority, and with a revocation by that
    /// authority; what another authority revokes is none of its business.
    #[test]
    fn a_removed_authority_and_a_revocation_reach_open_connections() {
        install_cryptography();
        let homes = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [own, other] =
            [0, 1].map(|n| Authority::open(homes[n].path(), &[], day("2026-01-01")).unwrap());
        let trusted = homes[0].path().join("trusted.pem");
        fs::copy(other.authority_file(), &trusted).unwrap();
        let clients = Clients {
            authorities: vec![trusted.clone()],
            revocation_lists: vec![other.revocation_file()],
        };
        let judge = Judge::open(&own, &clients, Arc::new(March)).unwrap();
        let order = |system: &str| ClientOrder {
            system: system.into(),
            organisation: Oid::parse("1.2.246.10.1234567").unwrap(),
            organisation_name: "Koivuranta".into(),
            from: day("2026-01-01"),
            until: day("2027-01-01"),
        };
        let shown = |authority: &Authority, system: &str| {
            let issued = authority.issue(&order(system)).unwrap();
            let der = first_der(issued.certificate_pem.as_bytes()).unwrap();
            (judge.judge(Some(&[CertificateDer::from(der)])), issued.serial)
        };
        let check = |earlier: &PeerCertificate, expected: Option<RefusalReason>| {
            let reason = match judge.judge_again(earlier) {
                PeerCertificate::Refused(refused) => Some(refused.reason),
                _ => None,
            };
            assert_eq!(reason, expected);
        };
        let (ours, our_serial) = shown(&own, "ours");
        let (theirs, _) = shown(&other, "theirs");
        check(&ours, None);
        check(&theirs, None);

        own.revoke(&our_serial, day("2026-02-01")).unwrap();
        assert!(judge.refresh().unwrap());
        check(&ours, Some(RefusalReason::Revoked));
        check(&theirs, None);

        fs::copy(own.authority_file(), &trusted).unwrap();
        assert!(judge.refresh().unwrap());
        check(&theirs, Some(RefusalReason::UnknownIssuer));
    }
}
