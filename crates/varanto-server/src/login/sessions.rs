//! Sessions of people at the pages. They are kept in the store and not here, so that any server over it goes on with what
//! another began, and what ends is over at once everywhere.
//!
//! Source: ACC-1, OPS-1; OWASP ASVS 5.0 chapter 7.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use varanto_app::recording::FoundEarlier;
use varanto_app::sessions::{MOST_SESSIONS, SessionOwner, SessionSecret, SessionSeen};
use varanto_app::{App, AppError};
use varanto_domain::access::sessions::{SessionLimits, SessionTimes};
use varanto_domain::access::{Reason, Situation};
use varanto_domain::ids::ClientIdentifier;

use super::refused;
use crate::config;
use crate::doors::Doors;
use crate::rest::problem::Problem;
use crate::tokens::{LoggedIn, LoggedInAs};

pub use super::held::{Held, OpenClient, SaidReceipt};

/// How many characters a secret has in its cookie.
const WORD: usize = 43;
/// How much later than it ends a session is cleared away: clocks of servers differ.
const CLEAR_LATER: i64 = 60 * 60 * 1000;
/// How many notes that a session is in use may wait at the same time.
pub(crate) const NOTING: usize = 16;
/// How often sessions that have ended by themselves are cleared away.
const CLEAR_EVERY: Duration = Duration::from_mins(1);

/// One person at the pages, as the session is when a request comes.
pub struct Session {
    secret: SessionSecret,
    held: Held,
    /// A client that was looked at, where that is to be noted.
    looked_at: Mutex<Option<String>>,
}

impl Deref for Session {
    type Target = Held;
    fn deref(&self) -> &Held {
        &self.held
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({:?})", self.logged_in)
    }
}

/// How long sessions last, as configured.
#[must_use]
pub fn limits(config: &config::Login) -> SessionLimits {
    let millis = |minutes: u64| i64::try_from(minutes.saturating_mul(60_000)).unwrap_or(i64::MAX);
    SessionLimits {
        idle: millis(config.idle_minutes),
        whole: millis(config.whole_hours.saturating_mul(60)),
    }
}

/// Begins a session; the one of the cookie that the browser showed `before` is over. Answers the secret by which alone it is
/// found.
pub(super) async fn begin(
    doors: &Doors,
    held: &Held,
    before: Option<&str>,
) -> Result<SessionSecret, Problem> {
    let owner = owner(&held.logged_in);
    let (content, before) = (held.write(), before.map(SessionSecret::of_cookie));
    doors.work(move |app| app.begin_session(&owner, content, before)).await
}

fn owner(logged_in: &LoggedIn) -> SessionOwner {
    match &logged_in.who {
        LoggedInAs::Citizen { code, .. } => SessionOwner::Citizen(*code),
        LoggedInAs::Professional(positions) => {
            // Each position is of the same login.
            let subject = positions.first().map(|one| one.sub.clone()).unwrap_or_default();
            SessionOwner::Professional(subject)
        }
    }
}

/// The session of a cookie, when it lasts still, after whatever other servers have changed was heard.
///
/// # Errors
/// What the archive answers: a session that cannot be read now is not over.
pub(super) async fn find(doors: &Doors, cookie: &str) -> Result<Option<Arc<Session>>, Problem> {
    if !is_word(cookie) {
        return Ok(None);
    }
    // Who asks while the database is away is told so at once, and waits for nothing.
    doors.hear_others().await?;
    let (secret, limits) = (SessionSecret::of_cookie(cookie), limits(&doors.config.login));
    let of = secret.clone();
    let found = doors.work(move |app| app.find_session(&of, limits)).await?;
    let found = match found {
        SessionSeen::Lasts(found) => found,
        SessionSeen::Over => return Ok(None),
        SessionSeen::Renewed => {
            // Nobody tells the one who has it by right from the one who does not: the person logs in again.
            tracing::warn!("a secret that another took the place of came again: its session ends");
            behind(doors, move |app| app.end_session(&secret));
            return Ok(None);
        }
    };
    if found.is_to_be_noted {
        let secret = secret.clone();
        behind(doors, move |app| app.note_session(&secret));
    }
    let looked_at = Mutex::default();
    let held = Held::read(&found.content);
    Ok(held.map(|held| Arc::new(Session { secret, held, looked_at })))
}

/// Writes something of a session; nobody waits for it, and it waits for what others write. Where much waits already, it is
/// left to another request.
fn behind(doors: &Doors, work: impl FnOnce(&App) -> Result<(), AppError> + Send + 'static) {
    let Ok(slot) = Arc::clone(&doors.noting).try_acquire_owned() else { return };
    let app = doors.app.giving_way();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = work(&app) {
            tracing::debug!(%error, "something of a session could not be noted");
        }
        drop(slot);
    });
}

/// Whether a cookie may be one of ours: what is not asks nothing of the database.
fn is_word(cookie: &str) -> bool {
    let may_be = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    cookie.len() == WORD && cookie.chars().all(may_be)
}

/// Ends the session of a cookie, and whatever came of it under other secrets.
pub(super) async fn end(doors: &Doors, cookie: &str) -> Result<(), Problem> {
    if !is_word(cookie) {
        return Ok(());
    }
    let secret = SessionSecret::of_cookie(cookie);
    doors.work(move |app| app.end_session(&secret)).await
}

/// Ends every session of the person of a session.
pub(super) async fn end_all(doors: &Doors, cookie: &str) -> Result<(), Problem> {
    let secret = SessionSecret::of_cookie(cookie);
    doors.work(move |app| app.end_all_sessions(&secret)).await.map(drop)
}

/// Clears away what has ended by itself, again and again.
pub(crate) async fn clear(app: App, limits: SessionLimits) {
    loop {
        let clearing = app.clone();
        let cleared = tokio::task::spawn_blocking(move || {
            clearing.giving_way().clear_sessions(limits.longer(CLEAR_LATER), MOST_SESSIONS)
        });
        match cleared.await {
            Ok(Ok(0)) => {}
            Ok(Ok(sessions)) => tracing::debug!(sessions, "sessions that have ended were cleared"),
            Ok(Err(error)) => tracing::warn!(%error, "sessions could not be cleared"),
            Err(error) => tracing::error!(%error, "clearing sessions broke down"),
        }
        tokio::time::sleep(CLEAR_EVERY).await;
    }
}

impl Session {
    /// Goes on in one of a professional's positions, in a session of a new secret. `None` for a position that the login
    /// did not tell, and when the session is over.
    pub(super) async fn choose(
        &self,
        doors: &Doors,
        position: usize,
    ) -> Result<Option<(SessionSecret, Held)>, Problem> {
        let Some(held) = self.held.in_position(position) else { return Ok(None) };
        let (content, secret) = (held.write(), self.secret.clone());
        let limits = limits(&doors.config.login);
        let renewed = doors.work(move |app| app.renew_session(&secret, limits, content)).await?;
        Ok(renewed.map(|secret| (secret, held)))
    }

    /// The sessions of the same person that last, the one begun last first, and whether each is this one.
    pub(super) async fn beside(&self, doors: &Doors) -> Result<Vec<(SessionTimes, bool)>, Problem> {
        let (secret, limits) = (self.secret.clone(), limits(&doors.config.login));
        doors.work(move |app| app.sessions_beside(&secret, limits)).await
    }

    /// The client that a word names.
    #[must_use]
    pub fn client(&self, handle: &str) -> Option<OpenClient> {
        let found = self.held.client(handle)?.clone();
        if self.held.is_among_the_first(handle) {
            let mut looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
            *looked_at = Some(handle.to_owned());
        }
        Some(found)
    }

    /// Notes which client was looked at, where that matters; the page does not wait for it.
    pub(super) fn note_looks(&self, doors: &Doors) {
        let looked_at = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(handle) = looked_at else { return };
        let (secret, limits) = (self.secret.clone(), limits(&doors.config.login));
        let look = move |held: &mut Held| held.look_at(&handle);
        behind(doors, move |app| changed(app, &secret, limits, look).map(drop));
    }

    /// Opens a client's pages. Answers the word that addresses name them by; the same client in the same situation keeps
    /// its word.
    ///
    /// # Errors
    /// What the archive answers; 401 when the session is over.
    pub async fn open_client(
        &self,
        doors: &Doors,
        client: ClientIdentifier,
        situation: Option<Situation>,
    ) -> Result<String, Problem> {
        if let Some(known) = self.held.known(&client, situation) {
            return Ok(known.handle.clone());
        }
        self.change(doors, move |held| held.open_client(&client, situation)).await
    }

    /// As [`Session::open_client`], to look for a reason.
    ///
    /// # Errors
    /// As [`Session::open_client`].
    pub async fn open_client_because(
        &self,
        doors: &Doors,
        client: ClientIdentifier,
        reason: Reason,
    ) -> Result<String, Problem> {
        let opening = move |held: &mut Held| {
            let handle = held.open_client(&client, None);
            held.look_because(&handle, Some(reason));
            handle
        };
        self.change(doors, opening).await
    }

    /// From now on the client's documents are looked at for a reason, or for none.
    ///
    /// # Errors
    /// As [`Session::open_client`].
    pub async fn look_because(
        &self,
        doors: &Doors,
        handle: &str,
        reason: Option<Reason>,
    ) -> Result<(), Problem> {
        let handle = handle.to_owned();
        self.change(doors, move |held| held.look_because(&handle, reason)).await
    }

    /// Keeps a receipt for as long as the session lasts.
    ///
    /// # Errors
    /// As [`Session::open_client`].
    pub async fn keep_receipt(&self, doors: &Doors, receipt: SaidReceipt) -> Result<(), Problem> {
        self.change(doors, move |held| held.keep_receipt(receipt.clone())).await
    }

    /// Keeps what earlier documents were seen to say for a draft about a client, until those of another one are looked at.
    ///
    /// # Errors
    /// What the archive answers.
    pub async fn keep_earlier(
        &self,
        doors: &Doors,
        (client, draft): (&ClientIdentifier, i64),
        found: FoundEarlier,
    ) -> Result<(), Problem> {
        let (secret, client) = (self.secret.clone(), client.clone());
        doors.work(move |app| app.keep_earlier(&secret, (&client, draft), &found)).await
    }

    /// What earlier documents were seen to say for a draft about a client; `None`: they were not looked at.
    ///
    /// # Errors
    /// What the archive answers.
    pub async fn earlier_for(
        &self,
        doors: &Doors,
        (client, draft): (&ClientIdentifier, i64),
    ) -> Result<Option<FoundEarlier>, Problem> {
        let (secret, client) = (self.secret.clone(), client.clone());
        doors.work(move |app| app.earlier_for(&secret, (&client, draft))).await
    }

    /// Forgets what earlier documents were seen to say.
    ///
    /// # Errors
    /// What the archive answers.
    pub async fn forget_earlier(&self, doors: &Doors) -> Result<(), Problem> {
        let secret = self.secret.clone();
        doors.work(move |app| app.forget_earlier(&secret)).await
    }

    /// Changes what the session holds, as it is then: another request may have changed it since this one came.
    async fn change<T: Send + 'static>(
        &self,
        doors: &Doors,
        change: impl Fn(&mut Held) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let (secret, limits) = (self.secret.clone(), limits(&doors.config.login));
        let changed = doors.work(move |app| changed(app, &secret, limits, change)).await?;
        changed.ok_or_else(|| refused("session-ended"))
    }
}

/// Changes what the session of a secret holds; `None` when it is over.
fn changed<T: Send + 'static>(
    app: &App,
    secret: &SessionSecret,
    limits: SessionLimits,
    change: impl Fn(&mut Held) -> T + Send + 'static,
) -> Result<Option<T>, AppError> {
    app.change_session(secret, limits, move |content| {
        let mut held = Held::read(content)?;
        let answer = change(&mut held);
        Some((held.write(), answer))
    })
}
