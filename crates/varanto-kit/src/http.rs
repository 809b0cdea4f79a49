//! A small HTTPS client, for tests, the bench and the checks of the demonstration.
//!
//! One [`Connection`] is one TLS connection that is kept alive: requests on it follow one another.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// Who the client is and whom it trusts.
#[derive(Clone)]
pub struct Client {
    config: Arc<ClientConfig>,
    address: SocketAddr,
    name: String,
    bearer: Option<String>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client({} at {})", self.name, self.address)
    }
}

/// Why a request got no answer.
#[derive(Debug)]
pub enum HttpError {
    /// The connection could not be made, or broke.
    Connection(io::Error),
    /// The request could not be made, or the answer could not be read.
    Http(String),
    /// A certificate or key could not be read.
    Certificate(String),
}

impl std::fmt::Display for HttpError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connection(error) => write!(f, "connection: {error}"),
            Self::Http(text) => write!(f, "http: {text}"),
            Self::Certificate(text) => write!(f, "certificate: {text}"),
        }
    }
}

impl std::error::Error for HttpError {}

impl From<io::Error> for HttpError {
    fn from(error: io::Error) -> Self {
        Self::Connection(error)
    }
}

impl From<hyper::Error> for HttpError {
    fn from(error: hyper::Error) -> Self {
        Self::Http(error.to_string())
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON; `null` when it is not JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, empty when it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What is sent beside method, path and body.
#[derive(Debug, Clone, Default)]
pub struct Send<'a> {
    /// The media type of the body.
    pub content_type: Option<&'a str>,
    /// Further headers.
    pub headers: &'a [(&'a str, &'a str)],
}

impl Client {
    /// A client of the server at `address`, which shows a certificate for `name` by an authority in
    /// `authority_pem`.
    pub fn new(address: SocketAddr, name: &str, authority_pem: &str) -> Result<Self, HttpError> {
        Self::with_identity(address, name, authority_pem, None)
    }

    /// As [`Client::new`], with a client certificate and its key (PEM) to show.
    pub fn with_identity(
        address: SocketAddr,
        name: &str,
        authority_pem: &str,
        identity: Option<(&str, &str)>,
    ) -> Result<Self, HttpError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(certificate)?
            .with_root_certificates(roots(authority_pem)?);
        let mut config = match identity {
            Some((chain, key)) => {
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(certificate)?;
                builder.with_client_auth_cert(chain_of(chain)?, key).map_err(certificate)?
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { config: Arc::new(config), address, name: name.to_owned(), bearer: None })
    }

    /// The same client, showing a bearer token with every request.
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Self {
        self.bearer = Some(token.to_owned());
        self
    }

    /// Makes a TLS connection and nothing more: for callers who write the bytes themselves.
    pub async fn raw(&self) -> Result<tokio_rustls::client::TlsStream<TcpStream>, HttpError> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(self.name.clone()).map_err(certificate)?;
        Ok(TlsConnector::from(Arc::clone(&self.config)).connect(name, stream).await?)
    }

    /// Makes a connection to send requests on, one after another.
    pub async fn connect(&self) -> Result<Connection, HttpError> {
        let stream = TokioIo::new(self.raw().await?);
        let (sender, connection) = http1::handshake(stream).await?;
        tokio::spawn(async move {
            // A broken connection shows in the next request on it.
            let _ = connection.await;
        });
        let host = format!("{}:{}", self.name, self.address.port());
        Ok(Connection { sender, host, bearer: self.bearer.clone() })
    }

    /// Asks once, on a connection of its own.
    pub async fn get(&self, path: &str) -> Result<Answer, HttpError> {
        self.connect().await?.get(path).await
    }

    /// Posts JSON once, on a connection of its own.
    pub async fn post_json(
        &self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<Answer, HttpError> {
        self.connect().await?.post_json(path, body).await
    }

    /// Posts a form once, on a connection of its own.
    pub async fn post_form(&self, path: &str, form: Multipart) -> Result<Answer, HttpError> {
        self.connect().await?.post_form(path, form).await
    }
}

/// One TLS connection, kept alive.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    bearer: Option<String>,
}

impl Connection {
    /// Sends a request and reads the whole answer.
    pub async fn send(
        &mut self,
        method: &str,
        path: &str,
        body: Bytes,
        with: Send<'_>,
    ) -> Result<Answer, HttpError> {
        let mut builder = Request::builder().method(method).uri(path).header(HOST, &self.host);
        if let Some(token) = &self.bearer {
            let value = HeaderValue::from_str(&format!("Bearer {token}"))
                .map_err(|error| HttpError::Http(error.to_string()))?;
            builder = builder.header(AUTHORIZATION, value);
        }
        if let Some(kind) = with.content_type {
            builder = builder.header(CONTENT_TYPE, kind);
        }
        for (name, value) in with.headers {
            builder = builder.header(*name, *value);
        }
        let request =
            builder.body(Full::new(body)).map_err(|error| HttpError::Http(error.to_string()))?;
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// Asks for a path.
    pub async fn get(&mut self, path: &str) -> Result<Answer, HttpError> {
        self.send("GET", path, Bytes::new(), Send::default()).await
    }

    /// Asks for a path with headers.
    pub async fn get_with(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Answer, HttpError> {
        self.send("GET", path, Bytes::new(), Send { content_type: None, headers }).await
    }

    /// Posts JSON.
    pub async fn post_json(
        &mut self,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<Answer, HttpError> {
        let with = Send { content_type: Some("application/json"), headers: &[] };
        self.send("POST", path, body.to_string().into(), with).await
    }

    /// Posts a form.
    pub async fn post_form(&mut self, path: &str, form: Multipart) -> Result<Answer, HttpError> {
        let kind = form.content_type();
        let with = Send { content_type: Some(&kind), headers: &[] };
        self.send("POST", path, form.finish(), with).await
    }
}

fn roots(pem: &str) -> Result<RootCertStore, HttpError> {
    let mut roots = RootCertStore::empty();
    for one in chain_of(pem)? {
        roots.add(one).map_err(certificate)?;
    }
    Ok(roots)
}

fn chain_of(pem: &str) -> Result<Vec<CertificateDer<'static>>, HttpError> {
    CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| HttpError::Certificate(format!("{error:?}")))
}

fn certificate(error: impl std::fmt::Debug) -> HttpError {
    HttpError::Certificate(format!("{error:?}"))
}

/// A `multipart/form-data` body in the making (RFC 7578).
#[derive(Debug, Clone)]
pub struct Multipart {
    boundary: String,
    body: Vec<u8>,
}

impl Default for Multipart {
    fn default() -> Self {
        Self::new()
    }
}

impl Multipart {
    /// An empty form, with a boundary that no content holds by chance.
    #[must_use]
    pub fn new() -> Self {
        let mut random = [0; 15];
        aws_lc_rs::rand::fill(&mut random).expect("the system has a source of random bytes");
        let boundary = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random);
        Self { boundary: format!("varanto-{boundary}"), body: Vec::new() }
    }

    /// Adds a part.
    #[must_use]
    pub fn part(mut self, name: &str, content_type: &str, content: &[u8]) -> Self {
        let head = format!(
            "--{}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\
             Content-Type: {content_type}\r\n\r\n",
            self.boundary
        );
        self.body.extend_from_slice(head.as_bytes());
        self.body.extend_from_slice(content);
        self.body.extend_from_slice(b"\r\n");
        self
    }

    /// The media type of the body, boundary included.
    #[must_use]
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The whole body.
    #[must_use]
    pub fn finish(mut self) -> Bytes {
        self.body.extend_from_slice(format!("--{}--\r\n", self.boundary).as_bytes());
        self.body.into()
    }
}
