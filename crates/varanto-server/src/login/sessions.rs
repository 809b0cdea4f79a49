//! Sessions of people at the pages: kept in memory alone, so that what ends is over at once, and nothing of
//! them outlives the program.
//!
//! Source: ACC-1; OWASP ASVS 5.0 chapter 7.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use varanto_app::archive::LookedAt;
use varanto_app::recording::FoundEarlier;
use varanto_domain::access::{Purpose, Reason, Role, Situation};
use varanto_domain::ids::{ClientIdentifier, Oid};
use varanto_domain::time::Instant;

use crate::config;
use crate::tokens::{LoggedIn, LoggedInAs, Person};

/// How many sessions there may be; beyond it those that were quiet longest end.
const MOST: usize = 50_000;

/// How many clients one session has open; beyond it those are closed that were not looked at for longest.
const MOST_CLIENTS: usize = 40;

type Key = [u8; 32];

/// Every session that lasts.
pub struct Sessions {
    kept: Mutex<HashMap<Key, Arc<Session>>>,
    idle: i64,
    whole: i64,
}

/// One person at the pages.
pub struct Session {
    /// Who logged in.
    pub logged_in: LoggedIn,
    /// What every form of the session must carry.
    pub form_token: String,
    /// Which of the positions of a professional was chosen; `None`: it is still to be.
    position: Option<usize>,
    begun_at: Instant,
    asked_at: AtomicI64,
    clients: Mutex<Vec<OpenClient>>,
    receipts: Mutex<Vec<SaidReceipt>>,
    /// What earlier documents were seen to say for the draft of this number.
    earlier: Mutex<Option<(i64, Arc<FoundEarlier>)>>,
}

/// The receipt of what a citizen said in this session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is what its name says")]
pub struct SaidReceipt {
    /// The word of the client whose will it is.
    pub client: String,
    pub document: Oid,
    pub version: u32,
    pub archived_at: Instant,
}

/// A client whose pages a session has open. Addresses name it by a word that means nothing outside the session.
#[derive(Clone)]
pub struct OpenClient {
    /// The word.
    pub handle: String,
    /// Who.
    pub client: ClientIdentifier,
    /// In which situation; `None`: the asker's usual one.
    pub situation: Option<Situation>,
    /// For which reason the client's documents are looked at, once one was given.
    pub reason: Option<Reason>,
}

impl OpenClient {
    /// What a look at the client's documents says.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        Purpose { situation: self.situation, reason: self.reason, ..Purpose::READ }
    }

    /// A document as this client's: what is said here of the look is said of this client's documents alone.
    #[must_use]
    pub const fn looked_at<'a>(&'a self, document: &'a Oid) -> LookedAt<'a> {
        LookedAt { document, of: Some(&self.client) }
    }
}

impl std::fmt::Debug for OpenClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenClient(***)")
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sessions({})", locked(&self.kept).len())
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({:?})", self.logged_in)
    }
}

impl Sessions {
    /// No sessions yet; each will last as configured.
    #[must_use]
    pub fn new(config: &config::Login) -> Self {
        let millis =
            |minutes: u64| i64::try_from(minutes.saturating_mul(60_000)).unwrap_or(i64::MAX);
        Self {
            kept: Mutex::default(),
            idle: millis(config.idle_minutes),
            whole: millis(config.whole_hours.saturating_mul(60)),
        }
    }

    /// Begins a session. Answers the secret by which alone it is found.
    pub fn begin(&self, logged_in: LoggedIn, now: Instant) -> String {
        let position = match &logged_in.who {
            LoggedInAs::Professional(positions) => (positions.len() == 1).then_some(0),
            LoggedInAs::Citizen { .. } => None,
        };
        self.keep(Session {
            logged_in,
            form_token: random_word(),
            position,
            begun_at: now,
            asked_at: AtomicI64::new(now.millis()),
            clients: Mutex::default(),
            receipts: Mutex::default(),
            earlier: Mutex::default(),
        })
    }

    /// The session of a secret, when it lasts still; from now on it is quiet no more.
    #[must_use]
    pub fn find(&self, secret: &str, now: Instant) -> Option<Arc<Session>> {
        let mut kept = locked(&self.kept);
        let session = Arc::clone(kept.get(&key(secret))?);
        if !self.lasts(&session, now) {
            kept.remove(&key(secret));
            return None;
        }
        session.asked_at.store(now.millis(), Ordering::Relaxed);
        Some(session)
    }

    /// Ends a session.
    pub fn end(&self, secret: &str) {
        locked(&self.kept).remove(&key(secret));
    }

    /// Goes on in one of a professional's positions: in a session of a new secret, with no client open, for
    /// who may do other things is another caller. It lasts no longer than the first one would have.
    ///
    /// `None` for a position that the login did not tell.
    #[must_use]
    pub fn choose(&self, secret: &str, position: usize, now: Instant) -> Option<String> {
        let session = self.find(secret, now)?;
        let LoggedInAs::Professional(positions) = &session.logged_in.who else { return None };
        positions.get(position)?;
        self.end(secret);
        Some(self.keep(Session {
            logged_in: session.logged_in.clone(),
            form_token: random_word(),
            position: Some(position),
            begun_at: session.begun_at,
            asked_at: AtomicI64::new(now.millis()),
            clients: Mutex::default(),
            receipts: Mutex::default(),
            earlier: Mutex::default(),
        }))
    }

    fn keep(&self, session: Session) -> String {
        let now = Instant::from_millis(session.asked_at.load(Ordering::Relaxed));
        let secret = random_word();
        let mut kept = locked(&self.kept);
        if kept.len() >= MOST {
            kept.retain(|_, session| self.lasts(session, now));
        }
        if kept.len() >= MOST {
            let quietest = kept.iter().min_by_key(|(_, one)| one.asked_at.load(Ordering::Relaxed));
            if let Some(key) = quietest.map(|(key, _)| *key) {
                kept.remove(&key);
            }
        }
        kept.insert(key(&secret), Arc::new(session));
        secret
    }

    fn lasts(&self, session: &Session, now: Instant) -> bool {
        let since = |then: i64| now.millis().saturating_sub(then);
        since(session.asked_at.load(Ordering::Relaxed)) < self.idle
            && since(session.begun_at.millis()) < self.whole
    }
}

impl Session {
    /// The professional, in the position that was chosen; `None` for citizens, and before it is chosen.
    #[must_use]
    pub fn professional(&self) -> Option<&Person> {
        match &self.logged_in.who {
            LoggedInAs::Professional(positions) => positions.get(self.position?),
            LoggedInAs::Citizen { .. } => None,
        }
    }

    /// The role of a professional's position.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.professional().and_then(|person| Role::of_code(&person.role))
    }

    /// Whether it is a citizen's.
    #[must_use]
    pub const fn is_citizens(&self) -> bool {
        matches!(self.logged_in.who, LoggedInAs::Citizen { .. })
    }

    /// The positions of a professional.
    #[must_use]
    pub fn positions(&self) -> &[Person] {
        match &self.logged_in.who {
            LoggedInAs::Professional(positions) => positions,
            LoggedInAs::Citizen { .. } => &[],
        }
    }

    /// Opens a client's pages. Answers the word that addresses name them by; the same client in the same
    /// situation keeps its word.
    pub fn open_client(&self, client: ClientIdentifier, situation: Option<Situation>) -> String {
        let mut clients = locked(&self.clients);
        if let Some(known) =
            clients.iter().find(|one| one.client == client && one.situation == situation)
        {
            return known.handle.clone();
        }
        if clients.len() >= MOST_CLIENTS {
            clients.remove(0);
        }
        let mut handle = random_word();
        handle.truncate(16);
        let word = handle.clone();
        clients.push(OpenClient { handle: word, client, situation, reason: None });
        handle
    }

    /// The client that a word names: from now on the one that was looked at last.
    #[must_use]
    pub fn client(&self, handle: &str) -> Option<OpenClient> {
        let mut clients = locked(&self.clients);
        let place = clients.iter().position(|one| one.handle == handle)?;
        let found = clients.remove(place);
        clients.push(found.clone());
        Some(found)
    }

    /// Keeps what earlier documents were seen to say for a draft, until those of another one are looked at.
    pub fn keep_earlier(&self, draft: i64, found: FoundEarlier) {
        *locked(&self.earlier) = Some((draft, Arc::new(found)));
    }

    /// What earlier documents were seen to say for a draft; `None`: they were not looked at.
    #[must_use]
    pub fn earlier_for(&self, draft: i64) -> Option<Arc<FoundEarlier>> {
        let kept = locked(&self.earlier);
        kept.as_ref().filter(|(of, _)| *of == draft).map(|(_, found)| Arc::clone(found))
    }

    /// Forgets what earlier documents were seen to say.
    pub fn forget_earlier(&self) {
        *locked(&self.earlier) = None;
    }

    /// Keeps a receipt for as long as the session lasts.
    pub fn keep_receipt(&self, receipt: SaidReceipt) {
        let mut receipts = locked(&self.receipts);
        if receipts.len() >= MOST_CLIENTS {
            receipts.remove(0);
        }
        receipts.push(receipt);
    }

    /// The receipt of a document of a client's will, of what was said in this session.
    #[must_use]
    pub fn receipt(&self, client: &str, document: &Oid) -> Option<SaidReceipt> {
        let receipts = locked(&self.receipts);
        receipts.iter().find(|one| one.client == client && one.document == *document).cloned()
    }

    /// From now on the client's documents are looked at for a reason, or for none.
    pub fn look_because(&self, handle: &str, reason: Option<Reason>) {
        let mut clients = locked(&self.clients);
        if let Some(client) = clients.iter_mut().find(|one| one.handle == handle) {
            client.reason = reason;
        }
    }
}

/// A word of 256 random bits.
pub(super) fn random_word() -> String {
    let mut random = [0; 32];
    aws_lc_rs::rand::fill(&mut random).expect("the system has a source of random bytes");
    URL_SAFE_NO_PAD.encode(random)
}

fn key(secret: &str) -> Key {
    let digest = digest::digest(&digest::SHA256, secret.as_bytes());
    *digest.as_ref().first_chunk().expect("SHA-256 has 32 bytes")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions() -> Sessions {
        let config = config::Login { idle_minutes: 30, whole_hours: 2, ..config::Login::default() };
        Sessions::new(&config)
    }

    fn at(minutes: i64) -> Instant {
        Instant::from_millis(1_800_000_000_000 + minutes * 60_000)
    }

    fn person(unit: &str) -> Person {
        Person {
            sub: "aino".into(),
            role: "worker".into(),
            organisation: "1.2.3".into(),
            unit: Some(unit.into()),
            registration_number: None,
            service_tasks: None,
            acr: "strong".into(),
        }
    }

    fn aino(units: &[&str]) -> LoggedIn {
        LoggedIn {
            given_names: "Aino".into(),
            family_name: "Esimerkki".into(),
            who: LoggedInAs::Professional(units.iter().map(|unit| person(unit)).collect()),
        }
    }

    /// ACC-1: a session ends when nothing is asked for as long as it may be quiet, and at its end in any case.
    #[test]
    fn a_session_ends_when_it_was_quiet_and_at_its_end() {
        let sessions = sessions();
        let secret = sessions.begin(aino(&["1.2.3.1"]), at(0));
        assert!(sessions.find(&secret, at(29)).is_some());
        assert!(sessions.find(&secret, at(58)).is_some());
        assert!(sessions.find(&secret, at(88)).is_none(), "quiet for half an hour");
        assert!(sessions.find(&secret, at(59)).is_none(), "what ended stays ended");

        let secret = sessions.begin(aino(&["1.2.3.1"]), at(0));
        for minute in [25, 50, 75, 100, 119] {
            assert!(sessions.find(&secret, at(minute)).is_some(), "{minute}");
        }
        assert!(sessions.find(&secret, at(120)).is_none(), "two hours are over");
    }

    /// ACC-1: a session is found by its own secret alone, and not once it was ended.
    #[test]
    fn a_session_is_found_by_its_secret_until_it_is_ended() {
        let sessions = sessions();
        let (one, other) =
            (sessions.begin(aino(&["1"]), at(0)), sessions.begin(aino(&["1"]), at(0)));
        assert_ne!(one, other);
        sessions.end(&one);
        assert!(sessions.find(&one, at(1)).is_none());
        assert!(sessions.find(&other, at(1)).is_some());
        assert!(sessions.find("", at(1)).is_none());
    }

    /// ACC-2: a position is chosen from those of the login, in a session of a new secret that has no client open.
    #[test]
    fn another_position_is_another_session() {
        let sessions = sessions();
        let first = sessions.begin(aino(&["1", "2"]), at(0));
        let session = sessions.find(&first, at(0)).unwrap();
        assert!(session.professional().is_none(), "it is to be chosen");
        let handle = session.open_client(client(), None);
        assert!(sessions.choose(&first, 2, at(1)).is_none());

        let second = sessions.choose(&first, 1, at(1)).unwrap();
        assert!(sessions.find(&first, at(1)).is_none());
        let session = sessions.find(&second, at(1)).unwrap();
        assert_eq!(session.professional().unwrap().unit.as_deref(), Some("2"));
        assert!(session.client(&handle).is_none());
    }

    fn client() -> ClientIdentifier {
        let code = varanto_domain::ids::PersonalIdentityCode::parse("180418A903L").unwrap();
        ClientIdentifier::Code(code)
    }

    /// CAS-1: of very many open clients those are closed that were not looked at for longest, never the one in use.
    #[test]
    fn the_client_in_use_stays_open() {
        let sessions = sessions();
        let secret = sessions.begin(aino(&["1"]), at(0));
        let session = sessions.find(&secret, at(0)).unwrap();
        let first = session.open_client(client(), None);
        let other = |number: u16| {
            let day = varanto_domain::time::FinnishDay::parse("1980-01-01").unwrap();
            let code = varanto_domain::ids::PersonalIdentityCode::compose(day, number).unwrap();
            session.open_client(ClientIdentifier::Code(code), None)
        };
        let second = other(900);
        for number in 901..901 + u16::try_from(MOST_CLIENTS).unwrap() - 1 {
            assert!(session.client(&first).is_some());
            other(number);
        }
        assert!(session.client(&first).is_some() && session.client(&second).is_none());
    }

    /// D8: addresses name a client by a word of the session, which says nothing of the client.
    #[test]
    fn a_client_is_named_by_a_word_of_the_session() {
        let sessions = sessions();
        let session = |secret: &str| sessions.find(secret, at(0)).unwrap();
        let (one, other) =
            (sessions.begin(aino(&["1"]), at(0)), sessions.begin(aino(&["1"]), at(0)));
        let handle = session(&one).open_client(client(), None);
        assert_eq!(session(&one).open_client(client(), None), handle);
        assert_ne!(session(&one).open_client(client(), Some(Situation::Disclosure)), handle);
        assert!(session(&other).client(&handle).is_none());
        assert!(!handle.contains("180418"));
    }
}
