//! Sessions of people at the pages. What one holds opens with the secret in its browser's cookie alone, which is nowhere
//! here: neither the database, nor a backup, nor whoever has both and the keys, opens a session that is not their own.

use varanto_domain::access::sessions::SessionTimes;
use varanto_domain::ids::{ClientKey, PersonalIdentityCode};
use varanto_domain::time::Instant;
use zeroize::Zeroizing;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::backup::hex;
use crate::engine::params;
use crate::keys::{DataKey, Keys};
use crate::{ReadTx, StoreError, WriteTx};

/// The secret of a session: a word that the browser's cookie holds.
#[derive(Clone)]
pub struct SessionSecret(Zeroizing<String>);

impl SessionSecret {
    /// A new one, of 256 random bits.
    #[must_use]
    pub fn random() -> Self {
        let mut random = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(random.as_mut_slice())
            .expect("the operating system gives random bytes");
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(random.as_slice())))
    }

    /// The one that a cookie holds.
    #[must_use]
    pub fn of_cookie(word: &str) -> Self {
        Self(Zeroizing::new(word.to_owned()))
    }

    /// The word itself, for the cookie alone.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Under what the session is found. It tells nothing of the secret.
    #[must_use]
    pub fn name(&self) -> Vec<u8> {
        let word = self.0.as_bytes();
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, word).as_ref().to_vec()
    }

    /// What opens what the session holds.
    fn key(&self) -> DataKey {
        DataKey::of_outside(self.0.as_bytes(), "varanto/session/1")
    }
}

impl std::fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionSecret(***)")
    }
}

/// Whose a session is, by a keyed digest of the login.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionPerson(Vec<u8>);

impl std::fmt::Debug for SessionPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionPerson(***)")
    }
}

/// A session as it is kept.
pub struct KeptSession {
    /// Whose it is.
    pub person: SessionPerson,
    /// Of which login it came.
    pub family: SessionFamily,
    /// When it began and was in use.
    pub times: SessionTimes,
    /// When another secret took its place; `None`: none did.
    pub renewed_at: Option<Instant>,
    /// What it holds.
    pub content: Vec<u8>,
}

/// The sessions that came of one login, each of the one before by a renewal: by the name of the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionFamily(Vec<u8>);

impl SessionFamily {
    /// The one that a secret begins.
    #[must_use]
    pub fn of(secret: &SessionSecret) -> Self {
        Self(secret.name())
    }
}

/// A row without what it holds.
struct Row {
    name: Vec<u8>,
    person: Vec<u8>,
    times: SessionTimes,
    /// Null for the session that a login began itself.
    family: Option<Vec<u8>>,
    renewed_at: Option<Instant>,
}

impl Row {
    fn of(secret: &SessionSecret, session: &KeptSession) -> Self {
        let name = secret.name();
        let family = Some(session.family.0.clone()).filter(|family| *family != name);
        let (person, times) = (session.person.0.clone(), session.times);
        Self { name, person, times, family, renewed_at: session.renewed_at }
    }

    /// What a session is bound to under the store's key: its own place, and what its other columns say.
    fn scope(&self) -> Vec<u8> {
        let Self { name, person, times, family, renewed_at } = self;
        let begun = times.begun_at.millis();
        // What is not there is not named: so sessions of before there was a family open still.
        let family = family.as_ref().map(|family| format!(" family {}", hex(family)));
        let renewed = renewed_at.map(|at| format!(" renewed {}", at.millis()));
        let more = [family, renewed].map(Option::unwrap_or_default).concat();
        format!("varanto/session/1 {} {} {begun}{more}", hex(name), hex(person)).into_bytes()
    }
}

/// What of a session is found for a draft is bound to under the store's key.
fn scope_of_found(name: &[u8]) -> Vec<u8> {
    format!("varanto/session-found/1 {}", hex(name)).into_bytes()
}

/// What a session is called where it is told of: nobody finds it by that.
fn place(name: &[u8]) -> String {
    format!("session {}", hex(name.first_chunk::<8>().map_or(name, |first| first)))
}

/// What is bound to the session by its own key.
const CONTENT: &[u8] = b"content";
const FOUND: &[u8] = b"found";

impl Keys {
    /// Whose the sessions of a professional's login are.
    #[must_use]
    pub fn session_person(&self, subject: &str) -> SessionPerson {
        // No subject of a provider is a citizen's owner, whatever it is called.
        SessionPerson(self.lookup_hash(&format!("session of professional {subject}")).to_vec())
    }

    /// Whose the sessions of a citizen are.
    #[must_use]
    pub fn session_citizen(&self, code: PersonalIdentityCode) -> SessionPerson {
        let text = format!("session of citizen {}", code.reveal());
        SessionPerson(self.lookup_hash(&text).to_vec())
    }
}

impl ReadTx<'_> {
    /// The session of a secret, whether or not it lasts still.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is not as it was kept.
    pub fn find_session(&self, secret: &SessionSecret) -> Result<Option<KeptSession>, StoreError> {
        const SQL: &str = "SELECT person, begun_at, asked_at, sealed, family, renewed_at
            FROM session WHERE name = ?1";
        let name = secret.name();
        let found = self.optional(SQL, [&name[..]], |row| {
            let came_of = (row.get::<Option<Vec<u8>>>(4)?, row.get::<Option<i64>>(5)?);
            let times = times_of(row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, times, row.get::<Vec<u8>>(3)?, came_of))
        })?;
        let Some((person, times, sealed, (family, renewed_at))) = found else { return Ok(None) };
        let renewed_at = renewed_at.map(Instant::from_millis);
        let row = Row { name, person, times, family, renewed_at };
        let inner = self.keys().store_key().open(&row.scope(), &sealed);
        let content = inner.and_then(|inner| secret.key().open(CONTENT, &inner));
        let content = content.ok_or_else(|| StoreError::Damaged(place(&row.name)))?;
        let (person, family) = (SessionPerson(row.person), row.family.unwrap_or(row.name));
        let family = SessionFamily(family);
        Ok(Some(KeptSession { person, family, times, renewed_at, content }))
    }

    /// Whose the session of a secret is and of which login it came, also where it has ended or does not open.
    pub fn family_of(
        &self,
        secret: &SessionSecret,
    ) -> Result<Option<(SessionPerson, SessionFamily)>, StoreError> {
        const SQL: &str = "SELECT person, COALESCE(family, name) FROM session WHERE name = ?1";
        self.optional(SQL, [&secret.name()[..]], |row| {
            Ok((SessionPerson(row.get(0)?), SessionFamily(row.get(1)?)))
        })
    }

    /// How many sessions came of one login of somebody, with those in whose place others are.
    pub fn count_family(
        &self,
        person: &SessionPerson,
        family: &SessionFamily,
    ) -> Result<i64, StoreError> {
        const SQL: &str =
            "SELECT count(*) FROM session WHERE person = ?1 AND (name = ?2 OR family = ?2)";
        self.one(SQL, [&person.0[..], &family.0[..]], |row| row.get(0))
    }

    /// The logins of somebody of which there is a session that no other has taken the place of, the one begun last first.
    pub fn families_of(&self, person: &SessionPerson) -> Result<Vec<SessionFamily>, StoreError> {
        const SQL: &str = "SELECT COALESCE(family, name), max(begun_at) FROM session
            WHERE person = ?1 AND renewed_at IS NULL GROUP BY 1 ORDER BY 2 DESC, 1";
        self.all(SQL, [&person.0[..]], |row| Ok(SessionFamily(row.get(0)?)))
    }

    /// What was found for a draft about a client and is kept in the session of a secret. It goes with the client's key, and
    /// opens for that client alone.
    ///
    /// # Errors
    /// As [`ReadTx::find_session`].
    pub fn session_found(
        &self,
        secret: &SessionSecret,
        client: ClientKey,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT found FROM session WHERE name = ?1 AND found IS NOT NULL";
        let name = secret.name();
        let sealed: Option<Vec<u8>> = self.optional(SQL, [&name[..]], |row| row.get(0))?;
        let Some((sealed, key)) = sealed.zip(self.client_data_key(client)?) else {
            return Ok(None);
        };
        let (scope, damaged) = (scope_of_found(&name), || StoreError::Damaged(place(&name)));
        let inner = self.keys().store_key().open(&scope, &sealed).ok_or_else(damaged)?;
        let Some(inner) = key.open(&scope, &inner) else { return Ok(None) };
        secret.key().open(FOUND, &inner).map(Some).ok_or_else(damaged)
    }

    /// The sessions of somebody, the one begun last first, and whether each is the one of a secret: so many at most.
    pub fn sessions_of(
        &self,
        person: &SessionPerson,
        secret: &SessionSecret,
        most: i64,
    ) -> Result<Vec<(SessionTimes, bool)>, StoreError> {
        const SQL: &str = "SELECT begun_at, asked_at, name FROM session
            WHERE person = ?1 AND renewed_at IS NULL ORDER BY begun_at DESC, name LIMIT ?2";
        let name = secret.name();
        self.all(SQL, params![&person.0[..], most], |row| {
            let own = row.get::<Vec<u8>>(2)? == name;
            Ok((times_of(row.get(0)?, row.get(1)?), own))
        })
    }

    /// How many sessions there are.
    pub fn count_sessions(&self) -> Result<i64, StoreError> {
        self.one("SELECT count(*) FROM session", [], |row| row.get(0))
    }

    /// How many of them end by what must have been asked and begun since, and were begun by then.
    pub fn count_sessions_before(
        &self,
        oldest: SessionTimes,
        newest: Instant,
    ) -> Result<i64, StoreError> {
        const SQL: &str = "SELECT count(*) FROM session
            WHERE asked_at <= ?1 AND renewed_at IS NULL OR begun_at <= ?2 OR begun_at > ?3";
        let (asked_at, begun_at) = (oldest.asked_at.millis(), oldest.begun_at.millis());
        self.one(SQL, [asked_at, begun_at, newest.millis()], |row| row.get(0))
    }

    /// The sessions that are not as they were kept, as far as that is told without their secrets.
    pub(crate) fn wrong_sessions(&self) -> Result<Vec<(String, &'static str)>, StoreError> {
        const SQL: &str = "SELECT name, person, begun_at, asked_at, sealed, found, family,
            renewed_at FROM session ORDER BY name";
        let mut wrong = Vec::new();
        self.each(SQL, [], |read| {
            let times = times_of(read.get(2)?, read.get(3)?);
            let row = Row {
                name: read.get(0)?,
                person: read.get(1)?,
                times,
                family: read.get(6)?,
                renewed_at: read.get::<Option<i64>>(7)?.map(Instant::from_millis),
            };
            let (sealed, found): (Vec<u8>, Option<Vec<u8>>) = (read.get(4)?, read.get(5)?);
            let key = self.keys().store_key();
            let sound = key.open(&row.scope(), &sealed).is_some()
                && found.is_none_or(|found| key.open(&scope_of_found(&row.name), &found).is_some());
            if !sound {
                wrong.push((place(&row.name), "is not as it was kept"));
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(wrong)
    }
}

impl WriteTx<'_> {
    /// Keeps a new session.
    pub fn insert_session(
        &mut self,
        secret: &SessionSecret,
        session: &KeptSession,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO session (name, person, begun_at, asked_at, sealed, family)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let row = Row::of(secret, session);
        let sealed = self.sealed_session(secret, &row, &session.content);
        let SessionTimes { begun_at, asked_at } = row.times;
        let times = (begun_at.millis(), asked_at.millis());
        let (name, person) = (&row.name[..], &row.person[..]);
        self.execute(SQL, params![name, person, times.0, times.1, sealed, row.family])?;
        Ok(())
    }

    /// Keeps that another secret took a session's place. What it held is gone.
    pub fn leave_session(
        &mut self,
        secret: &SessionSecret,
        session: &KeptSession,
        at: Instant,
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "UPDATE session SET sealed = ?2, found = NULL, renewed_at = ?3 WHERE name = ?1";
        let row = Row { renewed_at: Some(at), ..Row::of(secret, session) };
        let sealed = self.sealed_session(secret, &row, &[]);
        self.execute(SQL, params![&row.name[..], sealed, at.millis()])?;
        Ok(())
    }

    /// Keeps what a session holds from now on.
    pub fn update_session(
        &mut self,
        secret: &SessionSecret,
        session: &KeptSession,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE session SET sealed = ?2 WHERE name = ?1";
        let row = Row::of(secret, session);
        let sealed = self.sealed_session(secret, &row, &session.content);
        self.execute(SQL, params![&row.name[..], sealed])?;
        Ok(())
    }

    fn sealed_session(&self, secret: &SessionSecret, row: &Row, content: &[u8]) -> Vec<u8> {
        self.keys().store_key().seal(&row.scope(), &secret.key().seal(CONTENT, content))
    }

    /// Keeps what was found for a draft about a client in the session of a secret, in place of what was found before; `None`:
    /// nothing. Of a client without a key nothing is kept.
    pub fn keep_session_found(
        &mut self,
        secret: &SessionSecret,
        found: Option<(ClientKey, &[u8])>,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE session SET found = ?2 WHERE name = ?1";
        let name = secret.name();
        let scope = scope_of_found(&name);
        let sealed = match found {
            Some((client, found)) => self.client_data_key(client)?.map(|key| {
                let inner = key.seal(&scope, &secret.key().seal(FOUND, found));
                self.keys().store_key().seal(&scope, &inner)
            }),
            None => None,
        };
        self.execute(SQL, params![&name[..], sealed])?;
        Ok(())
    }

    /// Notes that something was asked in the session of a secret.
    pub fn note_session(&mut self, secret: &SessionSecret, at: Instant) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE session SET asked_at = ?2 WHERE name = ?1 AND asked_at < ?2";
        let name = secret.name();
        self.execute(SQL, params![&name[..], at.millis()])?;
        Ok(())
    }

    /// Ends the session of a secret, and whatever came of the same login; answers whether there was one.
    pub fn delete_session(&mut self, secret: &SessionSecret) -> Result<bool, StoreError> {
        match self.family_of(secret)? {
            Some((person, family)) => Ok(self.delete_family(&person, &family)? > 0),
            None => Ok(false),
        }
    }

    /// Ends every session that came of one login of somebody; answers how many.
    pub fn delete_family(
        &mut self,
        person: &SessionPerson,
        family: &SessionFamily,
    ) -> Result<usize, StoreError> {
        const SQL: &str = "DELETE FROM session WHERE person = ?1 AND (name = ?2 OR family = ?2)";
        self.execute(SQL, [&person.0[..], &family.0[..]])
    }

    /// Ends every session of somebody; answers how many.
    pub fn delete_sessions_of(&mut self, person: &SessionPerson) -> Result<usize, StoreError> {
        self.execute("DELETE FROM session WHERE person = ?1", [&person.0[..]])
    }

    /// Clears away what has ended by what must have been asked and begun since, and what was begun after a moment; answers
    /// how many.
    pub fn delete_sessions_before(
        &mut self,
        oldest: SessionTimes,
        newest: Instant,
    ) -> Result<usize, StoreError> {
        const SQL: &str = "DELETE FROM session
            WHERE asked_at <= ?1 AND renewed_at IS NULL OR begun_at <= ?2 OR begun_at > ?3";
        let (asked_at, begun_at) = (oldest.asked_at.millis(), oldest.begun_at.millis());
        self.execute(SQL, [asked_at, begun_at, newest.millis()])
    }

    /// Ends the sessions that were quiet longest, so many.
    pub fn delete_quietest_sessions(&mut self, count: i64) -> Result<usize, StoreError> {
        const SQL: &str = "DELETE FROM session WHERE name IN
            (SELECT name FROM session ORDER BY asked_at, name LIMIT ?1)";
        self.execute(SQL, [count])
    }
}

fn times_of(begun_at: i64, asked_at: i64) -> SessionTimes {
    SessionTimes {
        begun_at: Instant::from_millis(begun_at),
        asked_at: Instant::from_millis(asked_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Site;

    const CLIENT: ClientKey = ClientKey(7);

    /// ACC-1, D8: whoever has the database and the store's key opens nothing of what a session holds: it opens with the
    /// cookie's secret, and as what it was kept; and what tells of a client goes with the client's key.
    #[test]
    fn what_a_session_holds_opens_with_the_cookies_secret_alone() {
        let site = Site::new();
        let store = site.store();
        let (secret, other) = (SessionSecret::random(), SessionSecret::random());
        let kept = secret.clone();
        let write = move |tx: &mut WriteTx<'_>| {
            let person = tx.keys().session_person("aino");
            let session = KeptSession {
                person,
                family: SessionFamily::of(&kept),
                times: times_of(1, 1),
                renewed_at: None,
                content: b"held".to_vec(),
            };
            tx.insert_session(&kept, &session)?;
            tx.make_client_key(CLIENT)?;
            tx.make_client_key(ClientKey(8))?;
            tx.keep_session_found(&kept, Some((CLIENT, b"found")))
        };
        store.write::<_, StoreError>(write).unwrap();
        let read = |tx: &ReadTx<'_>| {
            tx.one("SELECT person, sealed, found FROM session", [], |row| {
                Ok((row.get::<Vec<u8>>(0)?, row.get::<Vec<u8>>(1)?, row.get::<Vec<u8>>(2)?))
            })
        };
        let (person, sealed, found) = store.read::<_, StoreError>(read).unwrap();
        let (times, name) = (times_of(1, 1), secret.name());
        let row = Row { name, person, times, family: None, renewed_at: None };
        let key = store.keys().store_key();
        let inner = key.open(&row.scope(), &sealed).expect("the store's own seal");
        let scope = scope_of_found(&row.name);
        let sealed_found = key.open(&scope, &found).expect("the store's own seal");
        let of_client = store.read(|tx| tx.client_data_key(CLIENT)).unwrap().unwrap();
        let found = of_client.open(&scope, &sealed_found).expect("the client's seal");
        assert!(secret.key().open(FOUND, &sealed_found).is_none(), "it is under the client's key");
        assert!(!inner.windows(4).any(|bytes| bytes == b"held"));
        assert_eq!(secret.key().open(CONTENT, &inner).unwrap(), b"held");
        assert_eq!(secret.key().open(FOUND, &found).unwrap(), b"found");
        for wrong in [
            other.key().open(CONTENT, &inner),
            key.open(CONTENT, &inner),
            secret.key().open(FOUND, &inner),
            other.key().open(FOUND, &found),
        ] {
            assert!(wrong.is_none());
        }
        let told = |client| store.read(|tx| tx.session_found(&secret, client)).unwrap();
        assert_eq!(told(CLIENT).as_deref(), Some(b"found".as_slice()));
        assert_eq!(told(ClientKey(8)), None, "another client's draft");
        store.write(move |tx| tx.destroy_client_key(CLIENT)).unwrap();
        assert_eq!(told(CLIENT), None, "it went with the client's key");
        let another = Row { name: other.name(), ..row };
        assert!(key.open(&another.scope(), &sealed).is_none(), "a row under another name");
    }
}
