//! What every door shares.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::from_fn_with_state;
use tokio::sync::{Mutex, Semaphore};
use tower_http::catch_panic::CatchPanicLayer;
use varanto_app::{App, AppError, StoreError};
use varanto_domain::time::Clock;
use varanto_kit::oidc::User;

use crate::anchors::Anchors;
use crate::bulletins::Bulletins;
use crate::config::Config;
use crate::inside::{self, Inside};
use crate::known_certificates::Apart;
use crate::pace::Pace;
use crate::priority::{self, Background};
use crate::pulse::Pulse;
use crate::rest::problem::Problem;
use crate::rest::routes;
use crate::rest::table::TABLE;
use crate::taking_out::Takings;
use crate::tls::Judge;
use crate::tokens::Tokens;
use crate::turned_away::Ledger;
use crate::{desk, frame, login, own, pages, running};

/// How long after other servers could not be heard nobody tries again.
const DEAF: Duration = Duration::from_secs(1);
/// How old the counts on the landing page may be.
const COUNT_EVERY: Duration = Duration::from_secs(2);

/// What every door shares. Cheap to clone.
#[derive(Clone)]
pub struct Doors(Arc<Shared>);

/// The parts of [`Doors`].
pub struct Shared {
    /// The configuration.
    pub config: Config,
    /// The address that others know the archive by.
    pub base: String,
    /// The archive.
    pub app: App,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Judges certificates.
    pub judge: Arc<Judge>,
    /// Whose signatures are trusted.
    pub anchors: Anchors,
    /// Verifies tokens.
    pub tokens: Tokens,
    /// The login provider of people; `None`: nobody logs in to the pages.
    pub login: Option<Arc<login::Provider>>,
    /// What operators tell.
    pub bulletins: Bulletins,
    /// How many requests may be worked on at the same time.
    pub slots: Semaphore,
    /// The demonstration's progress; all zeroes in other archives.
    pub progress: Progress,
    /// What the demonstration shows on the landing page.
    pub demo: OnceLock<DemoFacts>,
    /// Whether the archive's writer goes on.
    pub pulse: Pulse,
    /// How much each caller has asked.
    pub pace: Pace,
    /// Works for requests that give way to others.
    background: Background,
    /// The registers that are taken out at the desk.
    pub takings: Takings,
    /// Who was turned away, and how often.
    pub turned_away: Ledger,
    /// How many notes of sessions may wait still.
    pub(crate) noting: Arc<Semaphore>,
    /// Since when certificates are not told to other servers, or theirs not heard.
    pub(crate) certificates_apart: Apart,
    inside: Mutex<Option<(Instant, Arc<Inside>)>>,
    hearing: Hearing,
    ended: AtomicBool,
}

/// When it was last asked what other servers have changed.
#[derive(Debug, Default)]
struct Hearing {
    /// How many times it was begun.
    begun: AtomicU64,
    /// The last one.
    last: Mutex<Heard>,
}

/// A look at what other servers have changed.
#[derive(Debug, Default)]
struct Heard {
    /// Which one.
    number: u64,
    /// When it failed, if it did.
    failed_at: Option<Instant>,
}

/// How far the demonstration's data are made.
#[derive(Debug, Default)]
pub struct Progress {
    made: AtomicU64,
    planned: AtomicU64,
}

impl Progress {
    /// Says how many documents there will be.
    pub fn plan(&self, documents: u64) {
        self.planned.store(documents, Ordering::Relaxed);
    }

    /// Says how many there are.
    pub fn made(&self, documents: u64) {
        self.made.store(documents, Ordering::Relaxed);
    }

    /// Made and planned, while something is still to be made.
    #[must_use]
    pub fn now(&self) -> Option<(u64, u64)> {
        let (made, planned) =
            (self.made.load(Ordering::Relaxed), self.planned.load(Ordering::Relaxed));
        (made < planned).then_some((made, planned))
    }
}

/// What the demonstration shows on the landing page.
#[derive(Debug, Clone, Default)]
pub struct DemoFacts {
    /// People who can log in.
    pub users: Vec<User>,
    /// Command lines that work.
    pub commands: Vec<String>,
    /// Tokens of the people, for the trying form: name and token.
    pub tokens: Vec<(String, String)>,
    /// The made-up identity code of a client to look for.
    pub identity_code: String,
    /// A document of that client.
    pub document: String,
    /// The identifier of a client's relationship that runs.
    pub relationship: String,
    /// The identifier of a case in it.
    pub case: String,
    /// The case's service task, a code.
    pub service_task: String,
    /// The unit that opened it.
    pub unit: String,
    /// The organisation in whose register it is.
    pub organisation: String,
    /// A unit of a producer.
    pub producers_unit: String,
    /// Clients to look for at the desk.
    pub clients: Vec<DemoClient>,
    /// The made-up identity codes of children whose guardians can log in.
    pub children: Vec<String>,
    /// The folder of the professionals' cards: a certificate and a key for each, by the name to log in with.
    pub cards: PathBuf,
}

/// A client of the demonstration to look for.
#[derive(Debug, Clone)]
pub struct DemoClient {
    /// The made-up identity code.
    pub identity_code: String,
    /// The unit that serves the client, and who of those who can log in works in it.
    pub unit: String,
}

impl Deref for Doors {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl std::fmt::Debug for Doors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Doors({})", self.base)
    }
}

impl Doors {
    /// Doors to an open archive.
    #[must_use]
    pub fn new(
        config: Config,
        app: App,
        clock: Arc<dyn Clock>,
        judge: Arc<Judge>,
        anchors: Anchors,
        tokens: Tokens,
        login: Option<login::Provider>,
    ) -> Self {
        // The recorder must be there before anything is counted.
        let _ = running::recorder();
        Self(Arc::new(Shared {
            base: config.public_base(),
            login: login.map(Arc::new),
            bulletins: Bulletins::of(&config.data),
            slots: Semaphore::new(config.limits.concurrent),
            config,
            app,
            clock,
            judge,
            anchors,
            tokens,
            progress: Progress::default(),
            demo: OnceLock::new(),
            pulse: Pulse::default(),
            pace: Pace::default(),
            background: Background::new().expect("the machine starts threads"),
            takings: Takings::default(),
            turned_away: Ledger::default(),
            noting: Arc::new(Semaphore::new(login::sessions::NOTING)),
            certificates_apart: Apart::default(),
            inside: Mutex::new(None),
            hearing: Hearing::default(),
            ended: AtomicBool::new(false),
        }))
    }

    /// Runs one operation where waiting for the disk is allowed.
    ///
    /// # Errors
    /// What the operation answered, as a problem.
    pub async fn work<T: Send + 'static>(
        &self,
        operation: impl FnOnce(&App) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, Problem> {
        let background = priority::in_background();
        let app = if background { self.app.giving_way() } else { self.app.clone() };
        let seconds = self.config.limits.retry_after_seconds;
        // What an operation tells stands under the request that asked for it.
        let span = tracing::Span::current();
        let work = move || span.in_scope(|| operation(&app));
        let done = if background {
            self.background.spawn(work)
        } else {
            tokio::task::spawn_blocking(work)
        };
        match done.await {
            Ok(answer) => answer.map_err(|error| {
                self.pulse.saw(&error);
                Problem::of(error, seconds)
            }),
            Err(error) => {
                tracing::error!(%error, "an operation broke down");
                Err(Problem::internal())
            }
        }
    }

    /// Runs what nobody waits for, and what gives way to those who do.
    pub(crate) fn aside(&self, work: impl FnOnce(&App) + Send + 'static) {
        let app = self.app.giving_way();
        drop(self.background.spawn(move || work(&app)));
    }

    /// Takes in what other servers over the same database have changed of what is kept in memory: whatever they have
    /// acknowledged until now. Those who ask at the same time share one look.
    ///
    /// # Errors
    /// 503 when they cannot be heard: by what may be of before nobody is let in.
    pub async fn hear_others(&self) -> Result<(), Problem> {
        if !self.app.has_others() {
            return Ok(());
        }
        let came = self.hearing.begun.load(Ordering::Acquire);
        let mut last = self.hearing.last.lock().await;
        let is_fresh = last.number > came || last.failed_at.is_some_and(|at| at.elapsed() < DEAF);
        if !is_fresh {
            let number = self.hearing.begun.fetch_add(1, Ordering::AcqRel) + 1;
            let app = self.app.clone();
            let heard = tokio::task::spawn_blocking(move || app.hear_others()).await;
            let heard = heard.unwrap_or_else(|error| {
                tracing::error!(%error, "hearing other servers broke down");
                Err(AppError::Store(StoreError::Panicked))
            });
            self.pulse.heard(heard.is_ok());
            if let Err(error) = &heard {
                tracing::debug!(%error, "other servers cannot be heard");
            }
            *last = Heard { number, failed_at: heard.is_err().then(Instant::now) };
        }
        if last.failed_at.is_none() {
            return Ok(());
        }
        let why = StoreError::Unavailable("other servers cannot be heard".to_owned());
        Err(Problem::of(why.into(), self.config.limits.retry_after_seconds))
    }

    /// Whether requests can be worked on.
    #[must_use]
    pub fn ready(&self) -> bool {
        !self.ended.load(Ordering::Relaxed) && self.pulse.is_well(Instant::now())
    }

    /// What is inside the archive, counted again when the last count is two seconds old: however
    /// many strangers look, the archive counts for one of them.
    ///
    /// # Errors
    /// What the archive answered, as a problem.
    pub async fn inside(&self) -> Result<Arc<Inside>, Problem> {
        let mut kept = self.inside.lock().await;
        if let Some((when, inside)) = &*kept
            && when.elapsed() < COUNT_EVERY
        {
            return Ok(Arc::clone(inside));
        }
        let counted = Arc::new(self.work(inside::read).await?);
        *kept = Some((Instant::now(), Arc::clone(&counted)));
        Ok(counted)
    }

    /// Writes the lines of those who were turned away often; all of them, when the program ends.
    pub async fn tell_turned_away(&self, all: bool) {
        let due = self.turned_away.due(Instant::now(), all);
        if due.is_empty() {
            return;
        }
        let written = self.work(move |app| due.iter().try_for_each(|one| app.log_turned_away(one)));
        if let Err(problem) = written.await {
            tracing::error!(code = problem.code, "who was turned away could not be logged");
        }
    }

    /// Says that the program is ending: balancers should look elsewhere.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// Sets the figures that are only looked at when somebody asks.
    pub fn tell_metrics(&self) {
        let in_use = self.config.limits.concurrent - self.slots.available_permits();
        metrics::gauge!("varanto_requests_in_work").set(count(in_use));
        metrics::gauge!("varanto_writes_waiting").set(count(self.app.queue_length()));
        let store = self.app.store_metrics();
        metrics::counter!("varanto_commits_total").absolute(store.groups);
        metrics::counter!("varanto_commits_failed_total").absolute(store.failed_groups);
        metrics::counter!("varanto_writes_total").absolute(store.operations);
        metrics::counter!("varanto_writes_turned_away_total").absolute(store.turned_away);
        metrics::counter!("varanto_commit_micros_total").absolute(store.commit_micros);
        metrics::counter!("varanto_turn_waits_total").absolute(store.turn_waits);
    }

    /// Every door, in its frame. `beside` are routes that come from elsewhere, such as a login.
    pub fn router(&self, beside: Router) -> Router {
        let running = Router::new()
            .route("/health", axum::routing::get(running::health))
            .route("/ready", axum::routing::get(running::ready))
            .route("/metrics", axum::routing::get(running::figures));
        let router = Router::new()
            .merge(running)
            .merge(pages::router())
            .merge(login::router())
            .merge(desk::router(self))
            .merge(own::router(self))
            .merge(routes::router(self, TABLE))
            .method_not_allowed_fallback(wrong_method)
            .fallback(nowhere)
            .with_state(self.clone())
            .merge(beside);
        router
            .layer(CatchPanicLayer::custom(frame::panicked))
            .layer(from_fn_with_state(self.clone(), frame::around))
    }
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

async fn nowhere() -> Problem {
    Problem::not_found()
}

async fn wrong_method(request: Request) -> Problem {
    let matched = request.extensions().get::<MatchedPath>();
    routes::wrong_method(matched.map(MatchedPath::as_str), TABLE)
}
