//! What stand-ins share: a port of their own behind real TLS, for those who show a certificate, and how they
//! answer.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Opens routes on a port of their own, to those who show a certificate of the authority.
///
/// # Errors
/// When no port is free, or the certificates do not read.
pub(crate) async fn open(router: Router, identities: &Identities) -> io::Result<SocketAddr> {
    let tcp = TcpListener::bind("127.0.0.1:0").await?;
    let address = tcp.local_addr()?;
    serve(router, tcp, identities.server(true)?);
    Ok(address)
}

/// Opens routes on a port that was taken for them, to everybody.
///
/// # Errors
/// When the certificates do not read.
pub(crate) fn open_to_all(
    router: Router,
    port: std::net::TcpListener,
    identities: &Identities,
) -> io::Result<()> {
    port.set_nonblocking(true)?;
    serve(router, TcpListener::from_std(port)?, identities.server(false)?);
    Ok(())
}

fn serve(router: Router, tcp: TcpListener, tls: ServerConfig) {
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    tokio::spawn(async move { axum::serve(Behind { tcp, acceptor }, router).await });
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

/// How a stand-in answers: those alone who show its token, if it has one; with nothing, or with what nobody can
/// read, while it is told to.
pub(crate) struct Manner {
    token: Option<String>,
    silent: AtomicBool,
    garbled: AtomicBool,
}

impl Manner {
    pub(crate) fn asking_for(token: Option<&str>) -> Self {
        let token = token.map(|token| format!("Bearer {token}"));
        Self { token, silent: AtomicBool::new(false), garbled: AtomicBool::new(false) }
    }

    pub(crate) fn fall_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::Relaxed);
    }

    pub(crate) fn garble(&self, garbled: bool) {
        self.garbled.store(garbled, Ordering::Relaxed);
    }

    /// Whether whoever asks shows the token.
    pub(crate) fn admits(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        self.token.as_deref().is_none_or(|token| shown == Some(token))
    }

    /// The answer to a question that was read.
    pub(crate) async fn answer(&self, told: impl FnOnce() -> String) -> Response {
        if self.silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if self.garbled.load(Ordering::Relaxed) {
            return "<garbled/>".into_response();
        }
        ([(header::CONTENT_TYPE, "application/json")], told()).into_response()
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

    /// What the register's own port shows, and whether it asks for a certificate.
    fn server(&self, asks: bool) -> io::Result<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        for one in chain(&self.authority)? {
            roots.add(one).map_err(io::Error::other)?;
        }
        let verifier = if asks {
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .map_err(io::Error::other)?
        } else {
            WebPkiClientVerifier::no_client_auth()
        };
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
