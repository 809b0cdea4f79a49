//! A server as another machine's: reached over TCP and TLS with a password, and followed by a standby.

use std::fs::Permissions;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::{OWNER, Server, done, is_root};

/// Who may come in: over the network encrypted and with a password alone, by the socket those of the machine.
const DOOR: &str = "local all all trust\nlocal replication all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";

/// What the certificate of a server is shown for, and who answers for it.
pub struct Shown {
    /// The authority's certificate, PEM.
    pub authority_pem: String,
    certificate_pem: String,
    key_pem: String,
}

impl Shown {
    /// A certificate for these names and addresses, of an authority of its own.
    ///
    /// # Errors
    /// When a key or certificate cannot be made.
    pub fn for_names(names: &[&str]) -> Result<Self, rcgen::Error> {
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let authority_key = KeyPair::generate()?;
        let authority_pem = authority.self_signed(&authority_key)?.pem();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate()?;
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let certificate = CertificateParams::new(names)?.signed_by(&key, &issuer)?;
        let (certificate_pem, key_pem) = (certificate.pem(), key.serialize_pem());
        Ok(Self { authority_pem, certificate_pem, key_pem })
    }
}

impl Server {
    /// Makes and starts a durable server that is reached at `127.0.0.1` too, encrypted and with the password.
    ///
    /// # Errors
    /// When the programs are not there, or do not do it.
    pub fn start_on_network(shown: &Shown, password: &str) -> io::Result<Self> {
        let mut server = Self::make(true)?;
        server.port = free_port()?;
        server.listens = true;
        let data = server.folder.join("data");
        for (name, text) in [
            ("pg_hba.conf", DOOR),
            ("server.crt", &shown.certificate_pem),
            ("server.key", &shown.key_pem),
        ] {
            let file = data.join(name);
            std::fs::write(&file, text)?;
            std::fs::set_permissions(&file, Permissions::from_mode(0o600))?;
            if is_root()? {
                done(Command::new("chown").arg("postgres:").arg(file))?;
            }
        }
        server.start_again()?;
        server.ask("postgres", &format!("ALTER ROLE {OWNER} PASSWORD '{password}'"))?;
        Ok(server)
    }

    /// Where the server is reached over the network.
    #[must_use]
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// Starts a standby that follows this server, and lets this one acknowledge nothing that the standby has not.
    ///
    /// # Errors
    /// When it does not follow within a minute.
    pub fn standby(&self) -> io::Result<Self> {
        const FOLLOWED: &str = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        let mut standby = Self::at_home(true)?;
        standby.port = free_port()?;
        standby.listens = true;
        let mut copy = standby.program("pg_basebackup");
        copy.arg("-h").arg(&self.folder).args(["-p", &self.port.to_string(), "-U", OWNER]);
        done(copy.args(["-R", "-c", "fast", "-D"]).arg(standby.folder.join("data")))?;
        standby.start_again()?;
        self.ask("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")?;
        self.ask("postgres", "SELECT pg_reload_conf()")?;
        let until = Instant::now() + Duration::from_mins(1);
        while self.ask("postgres", FOLLOWED)?.trim() != "1" {
            if Instant::now() > until {
                return Err(io::Error::other("the standby does not follow"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(standby)
    }

    /// Makes a standby the server that takes writes.
    ///
    /// # Errors
    /// When it is none.
    pub fn promote(&self) -> io::Result<()> {
        let mut command = self.program("pg_ctl");
        done(command.args(["promote", "-D"]).arg(self.folder.join("data"))).map(drop)
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
