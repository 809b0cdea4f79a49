//! The population register, asked over HTTPS: the questions are posted as JSON of our own, with a client
//! certificate, a token, or both. Source: REG-5; design D13.

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
use varanto_app::App;
use varanto_app::persons::PopulationRegister;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_formats::persons::{self, PersonAnswer};

use crate::config;

/// The largest answer that is taken.
const LARGEST: usize = 16 * 1024 * 1024;
/// How often it is looked who is due, and how soon again when the register did not answer.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const AGAIN: Duration = Duration::from_secs(30);

/// Why the register cannot be connected.
#[derive(Debug, thiserror::Error)]
#[error("population_register: {path}: {reason}", path = .path.display())]
pub struct ConnectionError {
    /// The file or address.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// The connection of a configuration.
pub struct Connection {
    address: Uri,
    host: String,
    tls: Arc<ClientConfig>,
    token: Option<HeaderValue>,
    patience: Duration,
    batch: usize,
    every: Duration,
    runtime: Handle,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connection({})", self.address)
    }
}

impl Connection {
    /// The connection of a configuration; `None` where it names no address. Called on the runtime that the
    /// questions are sent on.
    ///
    /// # Errors
    /// An address that is none, a file that cannot be read, a key that does not fit.
    pub fn of(config: &config::PopulationRegister) -> Result<Option<Self>, ConnectionError> {
        if config.address.is_empty() {
            return Ok(None);
        }
        let fault = |reason: &str| ConnectionError {
            path: config.address.as_str().into(),
            reason: reason.to_owned(),
        };
        let address: Uri = config.address.parse().map_err(|_| fault("no address"))?;
        let host = address.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        if address.scheme_str() != Some("https") || host.is_empty() {
            return Err(fault("an address of the form https://…"));
        }
        let token = config.token_file.as_deref().map(bearer).transpose()?;
        Ok(Some(Self {
            host,
            tls: Arc::new(tls(config)?),
            token,
            address,
            patience: Duration::from_secs(config.seconds),
            batch: config.batch,
            every: Duration::from_hours(config.hours),
            runtime: Handle::current(),
        }))
    }

    /// Connects an archive, and answers the work that asks about the clients that are due, again and again,
    /// for as long as the archive is open.
    pub fn connect(self, app: App) -> impl Future<Output = ()> + Send + 'static {
        let (batch, every) = (self.batch, self.every);
        app.connect_population_register(Arc::new(self), every);
        go_on(app, batch)
    }

    async fn post(&self, question: String) -> Result<Vec<u8>, String> {
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
        let mut asked =
            Request::post(path).header(HOST, host).header(CONTENT_TYPE, "application/json");
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

impl PopulationRegister for Connection {
    fn ask(&self, codes: &[PersonalIdentityCode]) -> Result<PersonAnswer, String> {
        let question = persons::write_question(codes);
        let posted =
            self.runtime.block_on(tokio::time::timeout(self.patience, self.post(question)));
        let answer = posted.map_err(|_| format!("not within {} s", self.patience.as_secs()))??;
        persons::read(&answer).map_err(|faults| {
            let first = faults.first();
            let told = first.map(|fault| format!("{} at {}", fault.code(), fault.element));
            format!("its answer does not read: {}", told.unwrap_or_default())
        })
    }
}

async fn go_on(app: App, batch: usize) {
    loop {
        let asking = app.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let asked = asking.ask_due_persons(batch)?;
            Ok::<_, varanto_app::persons::AskError>((asked, asking.count_due_persons()?))
        });
        let wait = match asked.await {
            Ok(Ok((asked, left))) => {
                metrics::gauge!("varanto_persons_due").set(f64::from(left));
                if asked == batch { Duration::ZERO } else { LOOK_EVERY }
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "clients could not be asked about");
                AGAIN
            }
            Err(error) => {
                tracing::error!(%error, "asking about clients broke down");
                AGAIN
            }
        };
        tokio::time::sleep(wait).await;
    }
}

fn bearer(file: &Path) -> Result<HeaderValue, ConnectionError> {
    let fault = |reason: String| ConnectionError { path: file.to_owned(), reason };
    let token = std::fs::read_to_string(file).map_err(|error| fault(error.to_string()))?;
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
        .map_err(|_| fault("no token".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

fn tls(config: &config::PopulationRegister) -> Result<ClientConfig, ConnectionError> {
    let mut roots = RootCertStore::empty();
    let authority = config.authority.clone().unwrap_or_default();
    let fault = |path: &Path, reason: &dyn std::fmt::Debug| ConnectionError {
        path: path.to_owned(),
        reason: format!("{reason:?}"),
    };
    for one in chain(&authority)? {
        roots.add(one).map_err(|error| fault(&authority, &error))?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| fault(&authority, &error))?
        .with_root_certificates(roots);
    let mut tls = match (&config.certificate, &config.key) {
        (Some(certificate), Some(key)) => {
            let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| fault(key, &error))?;
            builder
                .with_client_auth_cert(chain(certificate)?, secret)
                .map_err(|error| fault(certificate, &error))?
        }
        _ => builder.with_no_client_auth(),
    };
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(tls)
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, ConnectionError> {
    let fault = |reason: String| ConnectionError { path: path.to_owned(), reason };
    let read = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| fault(format!("{error:?}")))?;
    if read.is_empty() {
        return Err(fault("no certificate".to_owned()));
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use varanto_app::AppOptions;
    use varanto_app::persons::AskError;
    use varanto_domain::persons::PersonFacts;
    use varanto_domain::time::{Clock, FinnishDay};
    use varanto_kit::population_register::{Identities, StandIn};

    use super::*;
    use crate::clock::MachineClock;

    fn code() -> PersonalIdentityCode {
        PersonalIdentityCode::parse("180418A903L").unwrap()
    }

    struct Asking {
        stand_in: StandIn,
        home: tempfile::TempDir,
        config: config::PopulationRegister,
    }

    /// A register behind real TLS that asks for a certificate and a token.
    async fn asking() -> Asking {
        let home = tempfile::tempdir().unwrap();
        let identities = Identities::make().unwrap();
        let stand_in = StandIn::new(Arc::new(MachineClock), Some("salainen"));
        let address = stand_in.open(&identities).await.unwrap();
        let file = |name: &str, text: &str| {
            let path = home.path().join(name);
            std::fs::write(&path, text).unwrap();
            Some(path)
        };
        let config = config::PopulationRegister {
            address: format!("https://localhost:{}/persons", address.port()),
            authority: file("authority.pem", &identities.authority),
            certificate: file("certificate.pem", &identities.certificate),
            key: file("key.pem", &identities.key),
            token_file: file("token", "salainen\n"),
            ..config::PopulationRegister::default()
        };
        Asking { stand_in, home, config }
    }

    async fn ask(config: &config::PopulationRegister) -> Result<PersonAnswer, String> {
        let connection = Connection::of(config).unwrap().unwrap();
        tokio::task::spawn_blocking(move || connection.ask(&[code()])).await.unwrap()
    }

    /// REG-5: a question goes out over TLS with certificate and token, and the answer is read.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_register_is_asked_with_certificate_and_token() {
        crate::tls::install_cryptography();
        let Asking { stand_in, home, config } = asking().await;
        let died_on = FinnishDay::parse("2026-10-30");
        let facts = PersonFacts { died_on, ..PersonFacts::default() };
        assert_eq!(ask(&config).await.unwrap().persons, Vec::new());
        stand_in.say(code(), facts.clone());
        assert_eq!(ask(&config).await.unwrap().persons, vec![(code(), facts)]);

        std::fs::write(home.path().join("token"), "väärä").unwrap();
        assert!(ask(&config).await.unwrap_err().contains("401"));
        let stranger = config::PopulationRegister { certificate: None, ..config.clone() };
        assert!(ask(&stranger).await.is_err());
        let other = Identities::make().unwrap();
        std::fs::write(home.path().join("authority.pem"), other.authority).unwrap();
        let told = ask(&config).await.unwrap_err();
        assert!(told.contains("certificate") && !told.contains(code().reveal()), "{told}");
    }

    /// REG-5: an answer that does not come, is too late or does not read is told without client data.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_does_not_answer_in_time_or_in_form_is_told() {
        crate::tls::install_cryptography();
        let Asking { stand_in, config, home: _home } = asking().await;
        let config = config::PopulationRegister { seconds: 1, ..config };
        stand_in.fall_silent(true);
        assert_eq!(ask(&config).await, Err("not within 1 s".to_owned()));
        stand_in.fall_silent(false);
        stand_in.garble(true);
        let told = ask(&config).await.unwrap_err();
        assert!(told.starts_with("its answer does not read: not-json"), "{told}");
        let nobody = config::PopulationRegister {
            address: "https://localhost:1/persons".to_owned(),
            ..config
        };
        assert!(ask(&nobody).await.is_err());
    }

    #[tokio::test]
    async fn a_wrong_connection_is_told_by_file_or_address() {
        crate::tls::install_cryptography();
        let Asking { home, config, stand_in: _ } = asking().await;
        for address in ["http://localhost/persons", "localhost", "https://"] {
            let wrong =
                config::PopulationRegister { address: address.to_owned(), ..config.clone() };
            assert_eq!(Connection::of(&wrong).unwrap_err().path, PathBuf::from(address));
        }
        let missing = home.path().join("missing");
        for wrong in [
            config::PopulationRegister { authority: Some(missing.clone()), ..config.clone() },
            config::PopulationRegister { key: Some(missing.clone()), ..config.clone() },
            config::PopulationRegister { token_file: Some(missing.clone()), ..config.clone() },
        ] {
            assert_eq!(Connection::of(&wrong).unwrap_err().path, missing);
        }
        assert!(Connection::of(&config::PopulationRegister::default()).unwrap().is_none());
    }

    /// REG-5: an archive with nobody in it has nobody to ask about, and one without a register says so.
    #[tokio::test(flavor = "multi_thread")]
    async fn an_archive_asks_about_those_who_are_due() {
        crate::tls::install_cryptography();
        let Asking { config, stand_in, home: _home } = asking().await;
        let home = tempfile::tempdir().unwrap();
        let clock: Arc<dyn Clock> = Arc::new(MachineClock);
        let app = App::open(&AppOptions::in_folder(home.path()), clock).unwrap();
        assert!(matches!(app.ask_due_persons(1), Err(AskError::NotConnected)));
        let connection = Connection::of(&config).unwrap().unwrap();
        let work = tokio::spawn(connection.connect(app.clone()));
        tokio::time::sleep(Duration::from_millis(300)).await;
        work.abort();
        assert_eq!((app.ask_due_persons(1).unwrap(), stand_in.asked()), (0, 0));
    }
}
