//! Sessions of people at the pages: in the store, so that every server over it knows them, and one that ends is over
//! everywhere. What a session holds is the doors' own, and opens with the secret in its browser's cookie alone.
//!
//! Source: ACC-1, OPS-1; OWASP ASVS 5.0 chapter 7.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use varanto_domain::access::sessions::{SessionLimits, SessionTimes};
use varanto_domain::archive::documents::VersionState;
use varanto_domain::ids::{ClientIdentifier, PersonalIdentityCode};
use varanto_domain::time::Instant;
use varanto_store::{KeptSession, ReadTx, SessionFamily, StoreError, WriteTx};

use crate::recording::FoundEarlier;
use crate::{App, AppError};

pub use varanto_store::SessionSecret;

/// How many sessions there may be; beyond it those end that were quiet longest.
pub const MOST_SESSIONS: i64 = 50_000;

/// How many logins of one person there may be at the same time; with one more, the one that began first ends.
///
/// Source: OWASP ASVS 5.0 7.1.2.
pub const MOST_OF_ONE: usize = 10;

/// How many sessions may come of one login, each in the place of the one before; then it ends.
const MOST_OF_LOGIN: i64 = 50;

/// How many sessions of a person are listed: more than one may have, for those that have ended and lie there still.
const MOST_LISTED: i64 = 50;

/// How long after another secret took its place one may still come, from what was asked before: in milliseconds.
const STILL_UNDER_WAY: i64 = 60_000;

/// Whose a session is.
#[derive(Clone, PartialEq, Eq)]
pub enum SessionOwner {
    /// A professional's, by the subject of the login.
    Professional(String),
    /// A citizen's.
    Citizen(PersonalIdentityCode),
}

impl std::fmt::Debug for SessionOwner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionOwner(***)")
    }
}

/// What is found of a secret.
#[derive(Debug)]
pub enum SessionSeen {
    /// A session that lasts.
    Lasts(FoundSession),
    /// One in whose place another secret was put a while ago: two have the session, and one of them is not its person. What
    /// came of the login is to end.
    Renewed,
    /// Nothing that lasts.
    Over,
}

/// A session that lasts.
pub struct FoundSession {
    /// When it began and was in use.
    pub times: SessionTimes,
    /// What it holds.
    pub content: Vec<u8>,
    /// Whether it is to be noted now that it is in use.
    pub is_to_be_noted: bool,
}

/// What this server has seen of sessions, by the digests of their secrets: it counts for as long as it could not be noted.
#[derive(Default)]
pub(crate) struct InUse(Mutex<HashMap<Vec<u8>, Seen>>);

/// When a session was in use, and when it was last tried to note it.
#[derive(Clone, Copy)]
struct Seen {
    asked_at: Instant,
    tried_at: Option<Instant>,
}

/// How many sessions are remembered before those that were quiet longest are looked through.
const REMEMBERED: usize = 10_000;

impl InUse {
    fn seen(&self, name: &[u8]) -> Option<Instant> {
        self.lock().get(name).map(|seen| seen.asked_at)
    }

    /// Remembers that a session is in use; answers whether it is to be noted, where that is due and was not tried lately.
    fn see(&self, name: Vec<u8>, now: Instant, limits: SessionLimits, due: bool) -> bool {
        let mut kept = self.lock();
        if kept.len() > REMEMBERED {
            let before = limits.oldest(now).asked_at;
            kept.retain(|_, seen| seen.asked_at > before);
        }
        let tried_at = kept.get(&name).and_then(|seen| seen.tried_at);
        let lately = |at: Instant| now.millis().saturating_sub(at.millis()) < limits.note_after();
        let notes = due && !tried_at.is_some_and(lately);
        let tried_at = if notes { Some(now) } else { tried_at };
        kept.insert(name, Seen { asked_at: now, tried_at });
        notes
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Seen>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for FoundSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FoundSession({:?})", self.times)
    }
}

impl App {
    /// Begins a session; the one `before` it in the same browser is over, and beyond [`MOST_OF_ONE`] those of the person's
    /// logins that began first. Answers its secret.
    ///
    /// # Errors
    /// What the store answers.
    pub fn begin_session(
        &self,
        owner: &SessionOwner,
        content: Vec<u8>,
        before: Option<SessionSecret>,
    ) -> Result<SessionSecret, AppError> {
        let secret = SessionSecret::random();
        let keys = self.store.keys();
        let person = match owner {
            SessionOwner::Professional(subject) => keys.session_person(subject),
            SessionOwner::Citizen(code) => keys.session_citizen(*code),
        };
        let now = self.clock.now();
        let (new, times) = (secret.clone(), SessionTimes { begun_at: now, asked_at: now });
        self.store.write::<_, AppError>(move |tx| {
            if let Some(before) = &before {
                tx.delete_session(before)?;
            }
            for family in tx.families_of(&person)?.iter().skip(MOST_OF_ONE - 1) {
                tx.delete_family(&person, family)?;
            }
            let (family, person) = (SessionFamily::of(&new), person.clone());
            let content = content.clone();
            let session = KeptSession { person, family, times, renewed_at: None, content };
            Ok(tx.insert_session(&new, &session)?)
        })?;
        Ok(secret)
    }

    /// Goes on with what a session holds changed, under another secret: `None` when there is nothing to go on with. It
    /// lasts no longer than the first would have, and ends when somebody logs out with the secret of before.
    ///
    /// # Errors
    /// What the store answers.
    pub fn renew_session(
        &self,
        secret: &SessionSecret,
        limits: SessionLimits,
        content: Vec<u8>,
    ) -> Result<Option<SessionSecret>, AppError> {
        let (old, new, now) = (secret.clone(), SessionSecret::random(), self.clock.now());
        let (answered, seen) = (new.clone(), self.in_use.seen(&old.name()));
        let renewed = self.store.write::<_, AppError>(move |tx| {
            let Some(session) = lasting(tx, &old, limits, (now, seen))? else { return Ok(false) };
            if tx.count_family(&session.person, &session.family)? >= MOST_OF_LOGIN {
                tx.delete_session(&old)?;
                return Ok(false);
            }
            tx.leave_session(&old, &session, now)?;
            let times = SessionTimes { asked_at: now, ..session.times };
            tx.insert_session(&new, &KeptSession { times, content: content.clone(), ..session })?;
            Ok(true)
        })?;
        Ok(renewed.value.then_some(answered))
    }

    /// The session of a secret, when it lasts still. Who finds it is told when it is to be noted that it is in use; until it
    /// is, what this server has seen of it counts here.
    ///
    /// # Errors
    /// What the store answers.
    pub fn find_session(
        &self,
        secret: &SessionSecret,
        limits: SessionLimits,
    ) -> Result<SessionSeen, AppError> {
        let (now, name) = (self.clock.now(), secret.name());
        let seen = self.in_use.seen(&name);
        let read = |tx: &ReadTx<'_>| kept(tx, secret, limits, (now, seen));
        let Some(found) = self.store.read::<_, StoreError>(read)? else {
            return Ok(SessionSeen::Over);
        };
        if let Some(at) = found.renewed_at {
            let long_ago = now.millis().saturating_sub(at.millis()) > STILL_UNDER_WAY;
            return Ok(if long_ago { SessionSeen::Renewed } else { SessionSeen::Over });
        }
        let KeptSession { times, content, .. } = found;
        let is_to_be_noted = limits.is_to_be_noted(times, now);
        let is_to_be_noted = self.in_use.see(name, now, limits, is_to_be_noted);
        Ok(SessionSeen::Lasts(FoundSession { times, content, is_to_be_noted }))
    }

    /// Notes that a session is in use.
    ///
    /// # Errors
    /// What the store answers; it is tried again when a while has gone by.
    pub fn note_session(&self, secret: &SessionSecret) -> Result<(), AppError> {
        let (secret, now) = (secret.clone(), self.clock.now());
        self.store.write::<_, AppError>(move |tx| Ok(tx.note_session(&secret, now)?))?;
        Ok(())
    }

    /// Changes what a session holds, in the order in which it is asked, whichever server is. `change` is given what it
    /// holds, and answers what it is to hold; `None`: it does not read. `None` when the session is over.
    ///
    /// # Errors
    /// What the store answers.
    pub fn change_session<T: Send + 'static>(
        &self,
        secret: &SessionSecret,
        limits: SessionLimits,
        change: impl Fn(&[u8]) -> Option<(Vec<u8>, T)> + Send + 'static,
    ) -> Result<Option<T>, AppError> {
        let (secret, now) = (secret.clone(), self.clock.now());
        let seen = self.in_use.seen(&secret.name());
        let changed = self.store.write::<_, AppError>(move |tx| {
            let Some(session) = lasting(tx, &secret, limits, (now, seen))? else { return Ok(None) };
            let Some((content, answer)) = change(&session.content) else { return Ok(None) };
            tx.update_session(&secret, &KeptSession { content, ..session })?;
            Ok(Some(answer))
        })?;
        Ok(changed.value)
    }

    /// Keeps in a session what earlier documents were seen to say for a draft about a client, until those of another one are
    /// looked at. It goes with the client's key, too.
    ///
    /// # Errors
    /// What the store answers.
    ///
    /// Source: REL-9.
    pub fn keep_earlier(
        &self,
        secret: &SessionSecret,
        (client, draft): (&ClientIdentifier, i64),
        found: &FoundEarlier,
    ) -> Result<(), AppError> {
        let (secret, client, printed) = (secret.clone(), client.clone(), found.write(draft));
        self.store.write::<_, AppError>(move |tx| {
            let found = tx.find_client(&client)?.map(|client| (client, printed.as_bytes()));
            Ok(tx.keep_session_found(&secret, found)?)
        })?;
        Ok(())
    }

    /// Forgets what earlier documents were seen to say.
    ///
    /// # Errors
    /// What the store answers.
    pub fn forget_earlier(&self, secret: &SessionSecret) -> Result<(), AppError> {
        let secret = secret.clone();
        self.store.write::<_, AppError>(move |tx| Ok(tx.keep_session_found(&secret, None)?))?;
        Ok(())
    }

    /// What earlier documents were seen to say for a draft about a client, in this session; `None`: they were not looked at, or
    /// it is not as it was kept, and they are to be looked at again. Each look was decided and logged when it was one; of each
    /// document it is told whether it stands still.
    ///
    /// # Errors
    /// What the store answers.
    ///
    /// Source: REL-9.
    pub fn earlier_for(
        &self,
        secret: &SessionSecret,
        (client, draft): (&ClientIdentifier, i64),
    ) -> Result<Option<FoundEarlier>, AppError> {
        let read = |tx: &ReadTx<'_>| {
            let Some(client) = tx.find_client(client)? else { return Ok(None) };
            let found = tx.session_found(secret, client)?;
            let found = found.and_then(|found| FoundEarlier::read(&found, draft));
            found.map(|found| standing(tx, found)).transpose()
        };
        match self.store.read::<_, StoreError>(read) {
            Err(StoreError::Damaged(place)) => {
                tracing::error!(place, "what a session found is not as it was kept, and not told");
                Ok(None)
            }
            found => Ok(found?),
        }
    }

    /// Ends a session, at every server, and whatever came of it under other secrets. Nothing is written where there is none.
    ///
    /// # Errors
    /// What the store answers.
    pub fn end_session(&self, secret: &SessionSecret) -> Result<(), AppError> {
        if self.store.read::<_, StoreError>(|tx| tx.family_of(secret))?.is_none() {
            return Ok(());
        }
        let secret = secret.clone();
        self.store.write::<_, AppError>(move |tx| Ok(tx.delete_session(&secret)?))?;
        Ok(())
    }

    /// The sessions of the person of a session that last, the one begun last first, and whether each is that one.
    ///
    /// # Errors
    /// What the store answers.
    pub fn sessions_beside(
        &self,
        secret: &SessionSecret,
        limits: SessionLimits,
    ) -> Result<Vec<(SessionTimes, bool)>, AppError> {
        let (now, seen) = (self.clock.now(), self.in_use.seen(&secret.name()));
        let read = |tx: &ReadTx<'_>| match lasting(tx, secret, limits, (now, seen))? {
            Some(session) => tx.sessions_of(&session.person, secret, MOST_LISTED),
            None => Ok(Vec::new()),
        };
        let mut sessions = self.store.read::<_, StoreError>(read)?;
        sessions.retain(|(times, _)| limits.last(*times, now));
        Ok(sessions)
    }

    /// Ends every session of the person of a session, that one too. Answers how many there were.
    ///
    /// # Errors
    /// What the store answers.
    pub fn end_all_sessions(&self, secret: &SessionSecret) -> Result<usize, AppError> {
        let secret = secret.clone();
        let ended = self.store.write::<_, AppError>(move |tx| match tx.family_of(&secret)? {
            Some((person, _)) => Ok(tx.delete_sessions_of(&person)?),
            None => Ok(0),
        })?;
        Ok(ended.value)
    }

    /// Clears sessions away that have ended by themselves, and those that were quiet longest where there are more than
    /// `most`. Answers how many.
    ///
    /// # Errors
    /// What the store answers.
    pub fn clear_sessions(&self, limits: SessionLimits, most: i64) -> Result<usize, AppError> {
        let now = self.clock.now();
        let (oldest, newest) = (limits.oldest(now), limits.newest(now));
        let is_due = self.store.read::<_, StoreError>(|tx| {
            Ok(tx.count_sessions_before(oldest, newest)? > 0 || tx.count_sessions()? > most)
        })?;
        if !is_due {
            return Ok(0);
        }
        let cleared = self.store.write::<_, AppError>(move |tx| {
            let ended = tx.delete_sessions_before(oldest, newest)?;
            let over = tx.count_sessions()?.saturating_sub(most);
            Ok(if over > 0 { ended + tx.delete_quietest_sessions(over)? } else { ended })
        })?;
        Ok(cleared.value)
    }

    /// A secret that every server over the same archive knows, for what a browser carries from one to another; `label`
    /// says for what.
    #[must_use]
    pub fn shared_secret(&self, label: &str) -> [u8; 32] {
        *self.store.keys().shared_secret(label)
    }
}

/// Ends every session of a professional's login: what the person may do has changed.
///
/// Source: ACC-1, ACC-2; OWASP ASVS 5.0 7.4.
pub(crate) fn end_sessions_of(tx: &mut WriteTx<'_>, subject: &str) -> Result<(), StoreError> {
    let person = tx.keys().session_person(subject);
    tx.delete_sessions_of(&person).map(drop)
}

/// What was found, with what became of its documents since: one that was destroyed or invalidated says nothing any more.
fn standing(tx: &ReadTx<'_>, mut found: FoundEarlier) -> Result<FoundEarlier, StoreError> {
    for one in &mut found.documents {
        let row = tx.find_version(&one.document)?;
        one.stands = row.is_some_and(|row| row.state != VersionState::Invalidated);
    }
    Ok(found)
}

/// The session of a secret, when it lasts still.
fn lasting(
    tx: &ReadTx<'_>,
    secret: &SessionSecret,
    limits: SessionLimits,
    times: (Instant, Option<Instant>),
) -> Result<Option<KeptSession>, StoreError> {
    let found = kept(tx, secret, limits, times)?;
    Ok(found.filter(|session| session.renewed_at.is_none()))
}

/// The session of a secret, when it lasts still, or would if no other had taken its place. One that was changed where it lies
/// is over: whoever has its cookie logs in again.
fn kept(
    tx: &ReadTx<'_>,
    secret: &SessionSecret,
    limits: SessionLimits,
    (now, seen): (Instant, Option<Instant>),
) -> Result<Option<KeptSession>, StoreError> {
    let lasts = |session: &KeptSession| {
        let asked_at = session.times.asked_at.max(seen.unwrap_or(session.times.asked_at));
        // One that another replaced is asked nothing any more, and tells for as long as that one may last.
        let asked_at = if session.renewed_at.is_some() { now } else { asked_at };
        limits.last(SessionTimes { asked_at, ..session.times }, now)
    };
    match tx.find_session(secret) {
        Ok(found) => Ok(found.filter(lasts)),
        Err(StoreError::Damaged(place)) => {
            tracing::error!(place, "a session is not as it was kept, and lets nobody in");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
