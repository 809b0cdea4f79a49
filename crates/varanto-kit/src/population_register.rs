//! A stand-in for the population register, for demonstration and tests: it speaks the archive's own JSON
//! form over HTTPS, since the register's interface is not public. It knows what it was told to say.
//!
//! Source: REG-5, design 5.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::Clock;
use varanto_formats::persons::{PersonAnswer, read_question, write};

/// The stand-in. Cheap to clone.
#[derive(Clone)]
pub struct StandIn(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    token: Option<String>,
    persons: Mutex<HashMap<PersonalIdentityCode, PersonFacts>>,
    asked: AtomicU64,
    silent: AtomicBool,
    garbled: AtomicBool,
}

impl std::fmt::Debug for StandIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StandIn({} asked)", self.asked())
    }
}

impl StandIn {
    /// A register that knows nobody yet, and answers those alone who show the token, if there is one.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, token: Option<&str>) -> Self {
        Self(Arc::new(Inner {
            clock,
            token: token.map(|token| format!("Bearer {token}")),
            persons: Mutex::default(),
            asked: AtomicU64::new(0),
            silent: AtomicBool::new(false),
            garbled: AtomicBool::new(false),
        }))
    }

    /// From now on it says this of a person.
    pub fn say(&self, code: PersonalIdentityCode, facts: PersonFacts) {
        self.0.persons.lock().unwrap_or_else(PoisonError::into_inner).insert(code, facts);
    }

    /// Lets questions wait without an answer, or answers again.
    pub fn fall_silent(&self, silent: bool) {
        self.0.silent.store(silent, Ordering::Relaxed);
    }

    /// Answers with what nobody can read, or sensibly again.
    pub fn garble(&self, garbled: bool) {
        self.0.garbled.store(garbled, Ordering::Relaxed);
    }

    /// How many persons were asked about.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.0.asked.load(Ordering::Relaxed)
    }

    /// Its one route, `POST /persons`.
    pub fn router(&self) -> Router {
        Router::new().route("/persons", post(answer)).with_state(self.clone())
    }

    /// Opens it on a port of its own, to those who show a certificate of the authority.
    ///
    /// # Errors
    /// When no port is free, or the certificates do not read.
    pub async fn open(&self, identities: &Identities) -> io::Result<SocketAddr> {
        let tcp = TcpListener::bind("127.0.0.1:0").await?;
        let address = tcp.local_addr()?;
        let acceptor = TlsAcceptor::from(Arc::new(identities.server()?));
        let router = self.router();
        tokio::spawn(async move { axum::serve(Behind { tcp, acceptor }, router).await });
        Ok(address)
    }
}

async fn answer(State(register): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    let inner = &register.0;
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if inner.token.as_deref().is_some_and(|token| shown != Some(token)) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(codes) = read_question(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    inner.asked.fetch_add(codes.len() as u64, Ordering::Relaxed);
    if inner.silent.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
    if inner.garbled.load(Ordering::Relaxed) {
        return "<persons/>".into_response();
    }
    let known = inner.persons.lock().unwrap_or_else(PoisonError::into_inner);
    let told = codes.into_iter().filter_map(|code| Some((code, known.get(&code)?.clone())));
    let answer = PersonAnswer { told_at: inner.clock.now(), persons: told.collect() };
    ([(header::CONTENT_TYPE, "application/json")], write(&answer)).into_response()
}

/// Connections behind TLS.
struct Behind {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Behind {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            // One who shakes no hand is let go; the next may.
            if let Ok((stream, from)) = self.tcp.accept().await
                && let Ok(stream) = self.acceptor.accept(stream).await
            {
                return (stream, from);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// Certificates of one authority, all PEM: the register's own for `localhost`, and one for who may ask.
#[derive(Debug, Clone)]
pub struct Identities {
    /// The authority.
    pub authority: String,
    /// The certificate of who may ask.
    pub certificate: String,
    /// Its key.
    pub key: String,
    server: (String, String),
}

impl Identities {
    /// Makes an authority and both certificates.
    ///
    /// # Errors
    /// What the making answered.
    pub fn make() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let issue = |name: &str| {
            let key = KeyPair::generate()?;
            let made =
                CertificateParams::new(vec![name.to_owned()])?.signed_by(&key, &authority)?;
            Ok::<_, rcgen::Error>((made.pem(), key.serialize_pem()))
        };
        let (certificate, key) = issue("archive.example")?;
        let server = issue("localhost")?;
        Ok(Self { authority: authority.pem(), certificate, key, server })
    }

    fn server(&self) -> io::Result<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        for one in chain(&self.authority)? {
            roots.add(one).map_err(io::Error::other)?;
        }
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .map_err(io::Error::other)?;
        let key =
            PrivateKeyDer::from_pem_slice(self.server.1.as_bytes()).map_err(io::Error::other)?;
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain(&self.server.0)?, key)
            .map_err(io::Error::other)
    }
}

fn chain(pem: &str) -> io::Result<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(io::Error::other)
}
