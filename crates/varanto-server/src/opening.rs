//! Opening an archive with its doors: what `serve` and `demo` share.

use std::net::TcpListener;
use std::sync::Arc;

use axum::Router;
use jsonwebtoken::jwk::JwkSet;
use varanto_app::{App, AppOptions, OpenError};
use varanto_domain::time::Clock;

use crate::anchors::{Anchors, AnchorsError};
use crate::certificates::Authority;
use crate::config::{self, Config};
use crate::doors::Doors;
use crate::known_certificates::KnownError;
use crate::outbound::ConnectionError;
use crate::population_register::Connection;
use crate::revocation_lists::Fetching;
use crate::server::{self, Server, ServerError};
use crate::signing_keys::SigningKeyError;
use crate::tls::{Judge, TlsError};
use crate::tokens::Tokens;
use crate::{
    backups, known_certificates, leading, login, mandate_register, operating, signing_keys,
};

/// Why an archive does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// The archive itself.
    #[error(transparent)]
    Archive(#[from] OpenError),
    /// Its sockets or certificates.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The authorities of client certificates.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The anchors and revocation lists of signatures.
    #[error("signatures: {0}")]
    Anchors(#[from] AnchorsError),
    /// The keys by which the archive signs for organisations.
    #[error(transparent)]
    SigningKeys(#[from] SigningKeyError),
    /// The connection to a register outside.
    #[error(transparent)]
    Outside(#[from] ConnectionError),
    /// What other servers issued and revoked.
    #[error("certificates of other servers: {0}")]
    Known(#[from] KnownError),
    /// The certificates.
    #[error(transparent)]
    Certificate(#[from] crate::certificates::CertificateError),
}

/// An archive about to open: its sockets are bound, its doors are made, nobody is let in yet.
#[derive(Debug)]
pub struct Opening {
    /// The doors.
    pub doors: Doors,
    /// The archive's own certificate authority.
    pub authority: Authority,
    fetching: Fetching,
    register: Option<Connection>,
    listeners: Vec<TcpListener>,
    operators: Vec<TcpListener>,
}

impl Opening {
    /// Opens the archive of a configuration, together with other servers where it is in a database of one. `log_in` may set whose tokens are taken and how people log in, knowing the
    /// address that others know the archive by, and give the issuer's keys when they come from no
    /// file. Sockets come first, so that a second program on the same port fails before it touches
    /// the data.
    pub fn prepare(
        mut config: Config,
        clock: Arc<dyn Clock>,
        log_in: impl FnOnce(&mut Config, &Authority, &str) -> Option<JwkSet>,
    ) -> Result<Self, OpeningError> {
        let listeners = server::listen(&config.listen.addresses)?;
        let bound = listeners.iter().filter_map(|listener| listener.local_addr().ok());
        config.listen.addresses = bound.collect();
        let operators = server::listen(&config.listen.operators)?;
        let options = AppOptions { together: true, ..config.app_options() };
        let app = App::open(&options, Arc::clone(&clock))?;
        let fetching = Fetching::of(&mut config.signatures, &config.data, Arc::clone(&clock))?;
        let anchors = Anchors::open(&config.signatures, &app)?;
        app.sign_with(signing_keys::read(&config.signatures)?);
        let authority = Authority::open(&config.data, &config.listen.names, clock.now())?;
        // What others have revoked meanwhile opens nothing here from the first request on: who cannot hear it stays shut.
        known_certificates::hear(&app, &authority, clock.now())?;
        let judge = Judge::open(&authority, &config.clients, Arc::clone(&clock))?;
        let base = config.public_base();
        let keys = log_in(&mut config, &authority, &base);
        let tokens = Tokens::new(&config.tokens, keys, Arc::clone(&clock));
        let provider = login::Provider::of(&config, &app.shared_secret("varanto/login/1"))?;
        let register = Connection::of(&config.population_register)?;
        if let Some(mandates) = mandate_register::Connection::of(&config.mandate_register)? {
            mandates.connect(&app);
        }
        let doors = Doors::new(config, app, clock, judge, anchors, tokens, provider);
        Ok(Self { doors, authority, fetching, register, listeners, operators })
    }

    /// Connects a population register that is known only now.
    pub fn connect(&mut self, register: &config::PopulationRegister) -> Result<(), OpeningError> {
        self.register = Connection::of(register)?;
        Ok(())
    }

    /// Lets callers in. `beside` are routes that come from elsewhere, such as a login.
    pub fn open(self, beside: Router) -> Result<Server, ServerError> {
        let for_operators = operating::router().with_state(self.doors.clone());
        let operators = self.doors.router(beside.clone().merge(for_operators));
        let router = self.doors.router(beside);
        let open = self.listeners.into_iter().map(|listener| (listener, router.clone()));
        let own = self.operators.into_iter().map(|listener| (listener, operators.clone()));
        let mut server = Server::start(open.chain(own).collect(), &self.doors, self.authority)?;
        let register = self.register.map(|register| register.connect(&self.doors.app));
        let sessions = login::sessions::limits(&self.doors.config.login);
        server.run_beside(leading::go_on(self.doors.app.clone(), register, sessions));
        if !self.doors.config.backup.folder.as_os_str().is_empty() {
            let (app, config) = (self.doors.app.clone(), self.doors.config.clone());
            server.run_beside(backups::go_on(app, config));
        }
        if !self.fetching.is_empty() {
            server.run_beside(self.fetching.go_on());
        }
        Ok(server)
    }
}
