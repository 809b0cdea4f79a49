//! What several programs tell each other that write into one database of a server: who wrote last and up to which key,
//! and whether something changed that others keep in memory.
//!
//! Each group of operations is written under one lock of the database, so that there is one order of all of them, and
//! one proof log. Whoever has the lock reads here whether another had it since, and then takes the end of the log up
//! from disk again. Who only reads is told with the snapshot itself, so that nothing is answered from memory that
//! another had changed when the snapshot was taken.
//!
//! Source: OPS-1, OPS-2; design D6, D7.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::engine::{Session, Statements};
use crate::migrations::{MIGRATIONS, require_current};
use crate::store::{Shared, write_fact};
use crate::{StoreError, WriteTx};

/// The fact that counts the changes of what others keep in memory.
const NEWS: &str = "news";

/// What tells of others, in the words of the server alone: it goes along with what begins a snapshot.
pub(crate) const TOLD: &str = "SELECT newest.size, newest.note, newest.writer, newest.last_key,
    (SELECT encode(value, 'base64') FROM store_fact WHERE name = 'news')
    FROM (SELECT size, note, writer, last_key FROM checkpoint ORDER BY size DESC LIMIT 1) AS newest";

/// The name of one program's opening of the store.
pub(crate) type WriterName = String;

/// A new name, which nobody else has.
pub(crate) fn new_writer_name() -> WriterName {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).expect("the operating system gives random bytes");
    format!("{:032x}", u128::from_be_bytes(random))
}

/// What is told.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Told {
    /// The size of the proof log.
    pub(crate) size: i64,
    /// Its newest checkpoint.
    pub(crate) note: String,
    /// Who sealed it; none: one that had the store open alone.
    pub(crate) writer: Option<WriterName>,
    /// The last key that had been given then.
    pub(crate) last_key: i64,
    /// How often something changed that others keep in memory.
    pub(crate) news: i64,
}

impl Told {
    /// How much news there is, by the fact's value. One that does not read counts as never told.
    pub(crate) fn news_of(value: Option<&[u8]>) -> i64 {
        value.and_then(|value| value.try_into().ok()).map_or(0, i64::from_be_bytes)
    }

    /// What is told now, in the transaction that goes on.
    pub(crate) fn read(session: &Session) -> Result<Self, StoreError> {
        const SQL: &str = "SELECT size, note, writer, last_key FROM checkpoint
            ORDER BY size DESC LIMIT 1";
        let news = read_news(session)?;
        session.one(SQL, [], |row| {
            let (size, note, writer) = (row.get(0)?, row.get::<Option<String>>(1)?, row.get(2)?);
            let last_key = row.get::<Option<i64>>(3)?.unwrap_or(0);
            Ok(Self { size, note: note.unwrap_or_default(), writer, last_key, news })
        })
    }
}

/// How often something changed that others keep in memory.
pub(crate) fn read_news(session: &Session) -> Result<i64, StoreError> {
    const SQL: &str = "SELECT value FROM store_fact WHERE name = 'news'";
    let value: Option<Vec<u8>> = session.optional(SQL, [], |row| row.get(0))?;
    Ok(Told::news_of(value.as_deref()))
}

/// The end of the proof log that was heard of: what was acknowledged reached it, so a database without it has lost
/// something.
#[derive(Default)]
pub(crate) struct HeardEnd {
    size: AtomicI64,
    end: Mutex<(i64, String)>,
}

impl HeardEnd {
    fn hear(&self, told: &Told) {
        if told.size <= self.size.load(Ordering::Acquire) || told.note.is_empty() {
            return;
        }
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        if told.size > end.0 {
            *end = (told.size, told.note.clone());
            self.size.store(told.size, Ordering::Release);
        }
    }

    /// The size of the log, and its checkpoint; nothing was heard: 0.
    pub(crate) fn now(&self) -> (i64, String) {
        self.end.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Tells that something changed that others keep in memory, once the transaction is committed.
pub(crate) fn tell_news(session: &Session) -> Result<(), StoreError> {
    if !session.is_of_server() {
        return Ok(());
    }
    let news = read_news(session)?;
    write_fact(session, NEWS, &(news + 1).to_be_bytes())
}

impl WriteTx<'_> {
    /// Tells other programs that write into the same database to read again what they keep in memory: registers, users,
    /// roads and keys.
    pub fn tell_others(&mut self) -> Result<(), StoreError> {
        if !self.told_others {
            tell_news(self.session())?;
            self.told_others = true;
        }
        Ok(())
    }
}

/// Whether a newer program has changed the tables beneath this one, which then neither reads nor writes any more.
#[derive(Debug, Default)]
pub(crate) struct Superseded(AtomicBool);

impl Superseded {
    pub(crate) fn is_so(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn found(&self) {
        if !self.0.swap(true, Ordering::Relaxed) {
            tracing::error!(
                "a newer version has changed the database; this program is of no more use and is to be replaced"
            );
        }
    }
}

impl Shared {
    /// Takes in what the snapshot of a session tells, before anything of it is answered.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when a newer program has changed the tables.
    pub(crate) fn hear(&self, session: &Session) -> Result<(), StoreError> {
        match session.told() {
            // A snapshot may be older than what was heard since.
            Some(told) => self.take_in(session, &told, false),
            None => Ok(()),
        }
    }

    /// Takes in what was told in a turn of writing. Nothing is newer; less news than was heard is news as well: the
    /// database has come back as it was before.
    ///
    /// # Errors
    /// As [`Shared::hear`].
    pub(crate) fn hear_in_turn(&self, session: &Session, told: &Told) -> Result<(), StoreError> {
        self.take_in(session, told, true)
    }

    fn take_in(&self, session: &Session, told: &Told, less: bool) -> Result<(), StoreError> {
        // What is read here was given a lower key than what is kept after it, wherever clocks are.
        self.ids.rise_above(told.last_key);
        self.heard_end.hear(told);
        let known = self.keys.news();
        if told.news == known || (told.news < known && !less) {
            return Ok(());
        }
        require_current(session, MIGRATIONS).map_err(|error| self.newer(error))?;
        self.keys.hear(told.news, less);
        self.heard.raise();
        Ok(())
    }

    /// What is said of a database that a newer program has changed: nothing can be done with it now.
    pub(crate) fn newer(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::SchemaNewer { .. } => {
                self.counters.superseded.found();
                StoreError::Unavailable(error.to_string())
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_that_does_not_read_was_never_told() {
        assert_eq!(Told::news_of(Some(&5i64.to_be_bytes())), 5);
        assert_eq!([Told::news_of(Some(b"short")), Told::news_of(None)], [0, 0]);
    }

    /// OPS-2: of what is heard the longest log is remembered.
    #[test]
    fn the_longest_log_that_was_heard_of_is_remembered() {
        let heard = HeardEnd::default();
        for (size, note, kept) in [(3, "three", 3), (2, "two", 3), (9, "", 3), (9, "nine", 9)] {
            heard.hear(&Told { size, note: note.into(), ..Told::default() });
            assert_eq!(heard.now().0, kept, "{note}");
        }
        assert_eq!(heard.now().1, "nine");
    }
}
