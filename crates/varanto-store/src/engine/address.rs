//! Where a server engine is, and how it is spoken to.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::AbortHandle;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres::{Client, Config, NoTls, Socket};

use crate::StoreError;

/// How long a connection may take to be made.
const CONNECTING: Duration = Duration::from_secs(5);
/// Where PostgreSQL listens when nothing else is said.
const PORT: u16 = 5432;
/// After how much silence the other side is asked whether it is still there, and how long it is believed.
const SILENCE: Duration = Duration::from_secs(10);

/// The address of a PostgreSQL database, and what is needed to be let in. The password is told to nobody.
#[derive(Clone)]
pub struct ServerAddress {
    /// One for each host, in the order in which they are tried.
    hosts: Vec<Config>,
    /// None: in the clear, on this machine alone or because the address says so.
    tls: Option<Arc<ClientConfig>>,
    name: String,
}

impl std::fmt::Debug for ServerAddress {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl ServerAddress {
    /// Reads an address, such as `postgres://varanto@db.example.fi/varanto`. Several hosts with commas between are
    /// tried in turn, until one takes writes. Except on this machine, the connection is encrypted, and the server shows
    /// a certificate of `authority` (PEM), unless the address ends with `sslmode=disable`.
    ///
    /// # Errors
    /// [`StoreError::Address`] says what is wrong with it.
    pub fn new(
        url: &str,
        password: Option<&str>,
        authority: Option<&[u8]>,
    ) -> Result<Self, StoreError> {
        let wrong = |why: &str| StoreError::Address(why.to_owned());
        // What the parser says may repeat the address, and with it a password.
        let config: Config = url.parse().map_err(|_| wrong("is no address of PostgreSQL"))?;
        if config.get_password().is_some() {
            return Err(wrong("holds a password, which belongs into a file of its own"));
        }
        if !config.get_hostaddrs().is_empty() {
            return Err(wrong("names a host by hostaddr; name it by host alone"));
        }
        let database = config.get_dbname().ok_or_else(|| wrong("names no database"))?.to_owned();
        let hosts: Vec<String> = config.get_hosts().iter().map(told).collect();
        if hosts.is_empty() {
            return Err(wrong("names no host"));
        }
        let clear = config.get_ssl_mode() == SslMode::Disable
            || config.get_ssl_mode() != SslMode::Require
                && config.get_hosts().iter().all(is_this_machine)
                && authority.is_none();
        let tls = match authority {
            _ if clear => None,
            Some(pem) => Some(Arc::new(
                trusting(pem)
                    .ok_or_else(|| wrong("has an authority file that holds no certificate"))?,
            )),
            None => {
                return Err(wrong(
                    "is to be encrypted, so it needs the authority of the server's certificate, or sslmode=disable",
                ));
            }
        };
        let name = format!("{database} at {}", hosts.join(", "));
        let of_host = |(place, host): (usize, &Host)| {
            let mut one = Config::new();
            one.dbname(&database).application_name("varanto").connect_timeout(CONNECTING);
            match host {
                Host::Tcp(name) => one.host(name),
                Host::Unix(path) => one.host_path(path),
            };
            let ports = config.get_ports();
            one.port(ports.get(place).or(ports.first()).copied().unwrap_or(PORT));
            one.ssl_mode(if clear { SslMode::Disable } else { SslMode::Require });
            one.keepalives_idle(SILENCE).keepalives_interval(SILENCE / 4).keepalives_retries(4);
            one.tcp_user_timeout(2 * SILENCE);
            if let Some(user) = config.get_user() {
                one.user(user);
            }
            if let Some(options) = config.get_options() {
                one.options(options);
            }
            if let Some(password) = password {
                one.password(password);
            }
            one
        };
        Ok(Self { hosts: config.get_hosts().iter().enumerate().map(of_host).collect(), tls, name })
    }

    /// What is said of it to people.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Connects to the first host that answers; for one that writes, that takes writes. Answers what ends the
    /// connection, too. `None` is said of a host that takes the connection and then says nothing.
    pub(super) async fn connect(
        &self,
        writes: bool,
    ) -> Result<(Client, AbortHandle), Option<tokio_postgres::Error>> {
        let mut why = None;
        for host in &self.hosts {
            let mut host = host.clone();
            if writes {
                host.target_session_attrs(TargetSessionAttrs::ReadWrite);
            }
            match tokio::time::timeout(CONNECTING, self.connect_to(&host)).await {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(error)) => why = Some(error),
                Err(_) => {}
            }
        }
        Err(why)
    }

    async fn connect_to(
        &self,
        host: &Config,
    ) -> Result<(Client, AbortHandle), tokio_postgres::Error> {
        match &self.tls {
            None => {
                let (client, connection) = host.connect(NoTls).await?;
                Ok((client, tokio::spawn(connection).abort_handle()))
            }
            Some(tls) => {
                let (client, connection) = host.connect(MakeTls(Arc::clone(tls))).await?;
                Ok((client, tokio::spawn(connection).abort_handle()))
            }
        }
    }
}

fn told(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    }
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "127.0.0.1" | "::1"),
        Host::Unix(_) => true,
    }
}

fn trusting(pem: &[u8]) -> Option<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.ok()?).ok()?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    (!roots.is_empty()).then_some(())?;
    Some(config.ok()?.with_root_certificates(roots).with_no_client_auth())
}

/// TLS for the driver.
struct MakeTls(Arc<ClientConfig>);

struct Connecting {
    config: Arc<ClientConfig>,
    host: ServerName<'static>,
}

struct Encrypted(tokio_rustls::client::TlsStream<Socket>);

impl MakeTlsConnect<Socket> for MakeTls {
    type Stream = Encrypted;
    type TlsConnect = Connecting;
    type Error = rustls::pki_types::InvalidDnsNameError;

    fn make_tls_connect(&mut self, host: &str) -> Result<Connecting, Self::Error> {
        let host = ServerName::try_from(host.to_owned())?;
        Ok(Connecting { config: Arc::clone(&self.0), host })
    }
}

impl TlsConnect<Socket> for Connecting {
    type Stream = Encrypted;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Encrypted>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        let connector = tokio_rustls::TlsConnector::from(self.config);
        Box::pin(async move { Ok(Encrypted(connector.connect(self.host, socket).await?)) })
    }
}

impl TlsStream for Encrypted {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str, authority: Option<&[u8]>) -> String {
        ServerAddress::new(url, None, authority).unwrap_err().to_string()
    }

    /// OPS-1: an address is refused when it would send client data in the clear, or holds a secret.
    #[test]
    fn an_address_elsewhere_is_encrypted_and_no_address_holds_a_password() {
        for (url, named) in [
            ("postgres://varanto@localhost/varanto", "varanto at localhost"),
            ("host=/run/postgresql user=varanto dbname=varanto", "varanto at /run/postgresql"),
            ("postgres://v@one,two/archive?sslmode=disable", "archive at one, two"),
        ] {
            assert_eq!(ServerAddress::new(url, Some("secret"), None).unwrap().name(), named);
        }
        assert!(refusal("postgres://v@db.example.fi/v", None).contains("authority"));
        assert!(refusal("postgres://v@localhost,db.example.fi/v", None).contains("authority"));
        assert!(
            refusal("postgres://v@db.example.fi/v", Some(b"nothing")).contains("no certificate")
        );
        let told = refusal("postgres://v:geheim@localhost/v", None);
        assert!(told.contains("password") && !told.contains("geheim"), "{told}");
        assert!(refusal("postgres://v@localhost", None).contains("database"));
        assert!(refusal("geheim", None).contains("no address"));
        let beside = "host=localhost hostaddr=10.0.0.5 user=v dbname=v";
        assert!(refusal(beside, None).contains("hostaddr"));
        assert!(refusal("postgres://v@localhost/v?sslmode=require", None).contains("authority"));
        let address = ServerAddress::new("postgres://v@localhost/v", Some("geheim"), None).unwrap();
        assert!(!format!("{address:?}").contains("geheim"));
    }
}
