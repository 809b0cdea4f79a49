//! A line to somebody outside: TLS with the authority and the certificate that a place names, and requests on it one
//! after another. Source: REG-5, OLD-1; design D13.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::{Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use crate::outbound::{ConnectionError, Place};

/// Where somebody is, and how to come there.
#[derive(Clone)]
pub(crate) struct Line {
    host: String,
    port: u16,
    /// What is said of the host in each request.
    named: HeaderValue,
    tls: Arc<ClientConfig>,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({}:{})", self.host, self.port)
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Line {
    /// The line to a place, which has an address of the form `https://…`.
    ///
    /// # Errors
    /// An address that is none, a file that cannot be read, a key that does not fit.
    pub(crate) fn to(place: &Place<'_>, address: &Uri) -> Result<Self, ConnectionError> {
        let fault = || place.fault(place.address, "an address of the form https://…");
        let host = address.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if address.scheme_str() != Some("https") || host.is_empty() {
            return Err(fault());
        }
        let named = address.authority().map_or(host.as_str(), |named| named.as_str());
        let named = HeaderValue::from_str(named).map_err(|_| fault())?;
        let port = address.port_u16().unwrap_or(443);
        Ok(Self { host, port, named, tls: Arc::new(tls(place)?) })
    }

    /// Makes a connection.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) async fn open(&self) -> Result<Open, String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let stream = stream.map_err(|error| told(&error))?;
        stream.set_nodelay(true).map_err(|error| told(&error))?;
        let name = ServerName::try_from(self.host.clone()).map_err(|error| told(&error))?;
        let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await;
        let stream = TokioIo::new(stream.map_err(|error| told(&error))?);
        let (sender, connection) = http1::handshake(stream).await.map_err(|error| told(&error))?;
        let connection = tokio::spawn(async move {
            // A broken connection shows in the next request on it.
            let _ = connection.await;
        });
        Ok(Open { sender, named: self.named.clone(), connection })
    }
}

/// One connection, kept alive.
#[derive(Debug)]
pub(crate) struct Open {
    sender: SendRequest<Full<Bytes>>,
    named: HeaderValue,
    connection: JoinHandle<()>,
}

impl Open {
    /// Sends a request and reads the whole answer, of so many bytes at most.
    ///
    /// # Errors
    /// Why there is no answer, in words that hold nothing of the request.
    pub(crate) async fn send(
        &mut self,
        mut request: Request<Full<Bytes>>,
        largest: usize,
    ) -> Result<Answer, String> {
        request.headers_mut().insert(HOST, self.named.clone());
        let told = |error: hyper::Error| error.to_string();
        self.sender.ready().await.map_err(told)?;
        let (head, body) = self.sender.send_request(request).await.map_err(told)?.into_parts();
        let body =
            Limited::new(body, largest).collect().await.map_err(|error| error.to_string())?;
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.connection.abort();
    }
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
