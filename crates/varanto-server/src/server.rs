//! The server: listens, shakes hands, hands requests to the doors, and ends cleanly.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use tokio::task::JoinSet;

use crate::certificates::{Authority, CertificateError};
use crate::doors::Doors;
use crate::known_certificates::Together;
use crate::running;
use crate::tls::{self, JudgingAcceptor, TlsError};

const WATCH_EVERY: Duration = Duration::from_secs(1);
const RENEW_EVERY: u32 = 6 * 60 * 60;
/// How often histograms take in what was recorded, in rounds of the watch.
const UPKEEP_EVERY: u32 = 5;
const GRACE: Duration = Duration::from_secs(10);

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The certificates cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// A server that runs until it is told to end.
#[derive(Debug)]
pub struct Server {
    addresses: Vec<SocketAddr>,
    handles: Vec<Handle<SocketAddr>>,
    tasks: JoinSet<()>,
}

/// The sockets of the configured addresses, bound before anything else is done.
pub fn listen(addresses: &[SocketAddr]) -> Result<Vec<TcpListener>, ServerError> {
    let one = |address: &SocketAddr| {
        let bound = TcpListener::bind(address).and_then(|listener| {
            listener.set_nonblocking(true)?;
            Ok(listener)
        });
        bound.map_err(|source| ServerError::Listen { address: *address, source })
    };
    addresses.iter().map(one).collect()
}

impl Server {
    /// Starts to serve on sockets that are bound already, each with what is served there.
    pub fn start(
        listeners: Vec<(TcpListener, Router)>,
        doors: &Doors,
        authority: Authority,
    ) -> Result<Self, ServerError> {
        let tls = tls::server_config(&authority, &doors.judge)?;
        let config = RustlsConfig::from_config(Arc::new(tls));
        let mut server = Self { addresses: Vec::new(), handles: Vec::new(), tasks: JoinSet::new() };
        for (listener, router) in listeners {
            server.open(listener, &config, doors, router)?;
        }
        server.tasks.spawn(share(doors.clone(), authority.clone()));
        server.tasks.spawn(watch(doors.clone(), authority, config));
        server.tasks.spawn(hear(doors.clone()));
        Ok(server)
    }

    fn open(
        &mut self,
        listener: TcpListener,
        config: &RustlsConfig,
        doors: &Doors,
        router: Router,
    ) -> Result<(), ServerError> {
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let address = listener.local_addr().unwrap_or(unknown);
        let failed = |source| ServerError::Listen { address, source };
        let handle = Handle::new();
        let acceptor = JudgingAcceptor::new(config.clone(), Arc::clone(&doors.judge));
        let mut server = axum_server::from_tcp(listener)
            .map_err(failed)?
            .handle(handle.clone())
            .acceptor(acceptor);
        let head = Duration::from_secs(doors.config.limits.head_seconds);
        let builder = server.http_builder();
        builder.http1().timer(TokioTimer::new()).header_read_timeout(head).half_close(true);
        builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(head * 3));
        self.addresses.push(address);
        self.handles.push(handle);
        self.tasks.spawn(async move {
            if let Err(error) = server.serve(router.into_make_service()).await {
                tracing::error!(%error, %address, "the door broke");
            }
        });
        Ok(())
    }

    /// Lets something that never ends run for as long as the server does.
    pub fn run_beside(&mut self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// The addresses listened on, with the ports that the system chose where 0 was asked for.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Takes no more connections, lets running requests end for ten seconds, and ends.
    pub async fn end(mut self) {
        for handle in &self.handles {
            handle.graceful_shutdown(Some(GRACE));
        }
        let ended = async {
            for _ in 0..self.handles.len() {
                self.tasks.join_next().await;
            }
        };
        // The watcher never ends by itself, and goes with the set.
        let _ = tokio::time::timeout(GRACE + Duration::from_secs(1), ended).await;
        self.tasks.shutdown().await;
    }
}

/// Waits for SIGTERM or Ctrl-C.
pub async fn told_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// Hears now and then what other servers have changed, so that one that nobody asks also learns of a newer program.
async fn hear(doors: Doors) {
    loop {
        tokio::time::sleep(WATCH_EVERY).await;
        // What fails is known to the pulse.
        let _ = doors.hear_others().await;
    }
}

/// Notices changed revocation lists, keys and authorities, takes recorded times into their
/// histograms, looks whether the writer goes on, and renews the server's certificate.
async fn watch(doors: Doors, own: Authority, config: RustlsConfig) {
    let mut round = 0u32;
    loop {
        tokio::time::sleep(WATCH_EVERY).await;
        round = round.wrapping_add(1);
        doors.tokens.refresh();
        doors.tell_turned_away(false).await;
        doors.pulse.look(&doors.app.store_metrics(), Instant::now());
        if round.is_multiple_of(UPKEEP_EVERY) {
            running::recorder().run_upkeep();
        }
        match doors.judge.refresh() {
            Ok(true) => tracing::info!("authorities and revocation lists were read again"),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "a revocation list or authority cannot be read"),
        }
        match doors.anchors.refresh(&doors.app) {
            Ok(true) => tracing::info!("the anchors of signatures and their lists were read again"),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "an anchor of signatures or a list cannot be read");
            }
        }
        if round.is_multiple_of(RENEW_EVERY)
            && let Err(error) = renew(&doors, &own, &config)
        {
            tracing::warn!(%error, "the server's certificate cannot be renewed");
        }
    }
}

/// Tells other servers which certificates were issued and revoked here, and hears of theirs.
async fn share(doors: Doors, own: Authority) {
    let mut certificates = Together::default();
    loop {
        let (sharing, own) = (doors.clone(), own.clone());
        let shared = tokio::task::spawn_blocking(move || {
            let now = sharing.clock.now();
            let done = certificates.refresh(&sharing.app, (&own, &sharing.judge), now);
            sharing.certificates_apart.saw(done.is_ok(), now);
            if let Err(error) = done {
                tracing::warn!(%error, "certificates are not told to others, or theirs not heard");
            }
            certificates
        });
        certificates = shared.await.unwrap_or_default();
        tokio::time::sleep(WATCH_EVERY).await;
    }
}

fn renew(doors: &Doors, own: &Authority, config: &RustlsConfig) -> Result<(), ServerError> {
    own.renew(&doors.config.listen.names, doors.clock.now())?;
    config.reload_from_config(Arc::new(tls::server_config(own, &doors.judge)?));
    Ok(())
}
