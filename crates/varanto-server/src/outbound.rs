//! Registers outside, asked over HTTPS: a question is posted as JSON, with a client certificate, a token, or
//! both. Source: REG-5, DIS-5; design D13.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_rustls::TlsConnector;
use varanto_domain::faults::Fault;

/// The largest answer that is taken.
const LARGEST: usize = 16 * 1024 * 1024;

/// Why a register cannot be connected.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {path}: {reason}", path = .path.display())]
pub struct ConnectionError {
    /// The table of the configuration.
    pub name: &'static str,
    /// The file or address.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// Where a register is, and what is shown to it, as a configuration says.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table of the configuration.
    pub name: &'static str,
    /// The address; empty when there is no connection.
    pub address: &'a str,
    /// A PEM file of the authorities whose certificate the register shows.
    pub authority: Option<&'a Path>,
    /// A PEM file of the certificate that is shown to it.
    pub certificate: Option<&'a Path>,
    /// A PEM file of the certificate's key.
    pub key: Option<&'a Path>,
    /// A file with the token that is shown to it.
    pub token_file: Option<&'a Path>,
    /// How long an answer may take.
    pub seconds: u64,
}

impl Place<'_> {
    fn fault(&self, path: impl Into<PathBuf>, reason: impl Into<String>) -> ConnectionError {
        ConnectionError { name: self.name, path: path.into(), reason: reason.into() }
    }
}

/// A connection to a register.
pub struct Outbound {
    address: Uri,
    host: String,
    tls: Arc<ClientConfig>,
    token: Option<HeaderValue>,
    patience: Duration,
    runtime: Handle,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outbound({})", self.address)
    }
}

impl Outbound {
    /// The connection to a place; `None` where it has no address. Called on the runtime that the questions are
    /// sent on.
    ///
    /// # Errors
    /// An address that is none, a file that cannot be read, a key that does not fit.
    pub fn to(place: &Place<'_>) -> Result<Option<Self>, ConnectionError> {
        if place.address.is_empty() {
            return Ok(None);
        }
        let fault = |reason: &str| place.fault(place.address, reason);
        let address: Uri = place.address.parse().map_err(|_| fault("no address"))?;
        let host = address.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if address.scheme_str() != Some("https") || host.is_empty() {
            return Err(fault("an address of the form https://…"));
        }
        let token = place.token_file.map(|file| bearer(place, file)).transpose()?;
        Ok(Some(Self {
            host,
            tls: Arc::new(tls(place)?),
            token,
            address,
            patience: Duration::from_secs(place.seconds),
            runtime: Handle::current(),
        }))
    }

    /// What the register answers to a question. Waits for it, so it is called where waiting is allowed.
    ///
    /// # Errors
    /// Why there is no answer, in words that hold nothing of the question.
    pub fn ask(&self, question: String) -> Result<Vec<u8>, String> {
        self.send("application/json", question)
    }

    /// What is answered to a form (`application/x-www-form-urlencoded`). As [`Outbound::ask`].
    ///
    /// # Errors
    /// Why there is no answer, in words that hold nothing of the form.
    pub fn post_form(&self, form: String) -> Result<Vec<u8>, String> {
        self.send("application/x-www-form-urlencoded", form)
    }

    fn send(&self, kind: &'static str, question: String) -> Result<Vec<u8>, String> {
        let posted = self.post(kind, question);
        let posted = self.runtime.block_on(tokio::time::timeout(self.patience, posted));
        posted.map_err(|_| format!("not within {} s", self.patience.as_secs()))?
    }

    async fn post(&self, kind: &'static str, question: String) -> Result<Vec<u8>, String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let port = self.address.port_u16().unwrap_or(443);
        let stream = TcpStream::connect((self.host.as_str(), port)).await;
        let stream = stream.map_err(|error| told(&error))?;
        let name = ServerName::try_from(self.host.clone()).map_err(|error| told(&error))?;
        let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await;
        let stream = TokioIo::new(stream.map_err(|error| told(&error))?);
        let (mut sender, connection) =
            http1::handshake(stream).await.map_err(|error| told(&error))?;
        let connection = tokio::spawn(connection);
        let path = self.address.path_and_query().map_or("/", |path| path.as_str());
        let host = self.address.authority().map_or(self.host.as_str(), |named| named.as_str());
        let mut asked = Request::post(path).header(HOST, host).header(CONTENT_TYPE, kind);
        if let Some(token) = &self.token {
            asked = asked.header(AUTHORIZATION, token);
        }
        let asked = asked.body(Full::new(Bytes::from(question))).map_err(|error| told(&error))?;
        let answer = sender.send_request(asked).await.map_err(|error| told(&error))?;
        if answer.status() != StatusCode::OK {
            return Err(format!("answered {}", answer.status()));
        }
        let body = Limited::new(answer.into_body(), LARGEST).collect().await;
        connection.abort();
        body.map(|body| body.to_bytes().to_vec()).map_err(|error| told(&error))
    }
}

/// Why an answer does not read, without its values.
pub(crate) fn first_fault(faults: &[Fault]) -> String {
    let told = faults.first().map(|fault| format!("{} at {}", fault.code(), fault.element));
    format!("its answer does not read: {}", told.unwrap_or_default())
}

fn bearer(place: &Place<'_>, file: &Path) -> Result<HeaderValue, ConnectionError> {
    let token = std::fs::read_to_string(file);
    let token = token.map_err(|error| place.fault(file, error.to_string()))?;
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
        .map_err(|_| place.fault(file, "no token"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn tls(place: &Place<'_>) -> Result<ClientConfig, ConnectionError> {
    let mut roots = RootCertStore::empty();
    let authority = place.authority.unwrap_or(Path::new(""));
    let fault =
        |path: &Path, reason: &dyn std::fmt::Debug| place.fault(path, format!("{reason:?}"));
    for one in chain(place, authority)? {
        roots.add(one).map_err(|error| fault(authority, &error))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| fault(authority, &error))?
        .with_root_certificates(roots);
    let mut tls = match (place.certificate, place.key) {
        (Some(certificate), Some(key)) => {
            let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| fault(key, &error))?;
            builder
                .with_client_auth_cert(chain(place, certificate)?, secret)
                .map_err(|error| fault(certificate, &error))?
        }
        _ => builder.with_no_client_auth(),
    };
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

fn chain(place: &Place<'_>, path: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectionError> {
    let read = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| place.fault(path, format!("{error:?}")))?;
    if read.is_empty() {
        return Err(place.fault(path, "no certificate"));
    }
    Ok(read)
}
