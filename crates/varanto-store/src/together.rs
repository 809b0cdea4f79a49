//! What several programs tell each other that write into one database of a server: who wrote last and up to which key,
//! and whether something changed that others keep in memory.
//!
//! Each group of operations is written under one lock of the database, so that there is one order of all of them, and
//! one proof log. Whoever has the lock reads here whether another had it since, and then takes the end of the log up
//! from disk again. Who only reads is told with the snapshot itself, so that nothing is answered from memory that
//! another had changed when the snapshot was taken.
//!
//! Source: OPS-1, OPS-2; design D6, D7.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::engine::{Session, Statements};
use crate::migrations::{MIGRATIONS, require_current};
use crate::store::{Shared, write_fact};
use crate::{StoreError, WriteTx};

/// The fact that holds who wrote last, and the last key that was given until then.
const TURN: &str = "turn";
/// The fact that counts the changes of what others keep in memory.
const NEWS: &str = "news";

/// What gives both facts, in the words of the server alone: it goes along with what begins a snapshot.
pub(crate) const TOLD: &str =
    "SELECT name, encode(value, 'base64') FROM store_fact WHERE name IN ('turn', 'news')";

/// The name of one program's opening of the store.
pub(crate) type WriterId = [u8; 16];

/// A new name, which nobody else has.
pub(crate) fn new_writer_id() -> WriterId {
    let mut id = WriterId::default();
    aws_lc_rs::rand::fill(&mut id).expect("the operating system gives random bytes");
    id
}

/// What is told.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Told {
    /// Who wrote last; none while nobody has told.
    pub(crate) writer: Option<WriterId>,
    /// The last key that had been given then.
    pub(crate) last_key: i64,
    /// How often something changed that others keep in memory.
    pub(crate) news: i64,
}

impl Told {
    /// Takes in a fact. One that does not read counts as never told: then more is read again than need be.
    pub(crate) fn take(&mut self, name: &str, value: &[u8]) {
        match name {
            TURN => {
                let read = value.split_at_checked(size_of::<WriterId>());
                let writer = read.and_then(|(writer, _)| writer.try_into().ok());
                let key = read.and_then(|(_, key)| key.try_into().ok());
                (self.writer, self.last_key) = (writer, key.map_or(0, i64::from_be_bytes));
            }
            NEWS => self.news = value.try_into().map_or(0, i64::from_be_bytes),
            _ => {}
        }
    }

    /// What is told now, in the transaction that goes on.
    pub(crate) fn read(session: &Session) -> Result<Self, StoreError> {
        const SQL: &str = "SELECT name, value FROM store_fact WHERE name IN ('turn', 'news')";
        let mut told = Self::default();
        for (name, value) in
            session.all(SQL, [], |row| Ok((row.get::<String>(0)?, row.get::<Vec<u8>>(1)?)))?
        {
            told.take(&name, &value);
        }
        Ok(told)
    }
}

/// Tells who writes, and the last key that was given.
pub(crate) fn tell_turn(
    session: &Session,
    writer: &WriterId,
    last_key: i64,
) -> Result<(), StoreError> {
    write_fact(session, TURN, &[&writer[..], &last_key.to_be_bytes()].concat())
}

/// Tells that something changed that others keep in memory, once the transaction is committed.
pub(crate) fn tell_news(session: &Session) -> Result<(), StoreError> {
    if !session.is_of_server() {
        return Ok(());
    }
    let news = Told::read(session)?.news;
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
            Some(told) => self.take_in(session, &told),
            None => Ok(()),
        }
    }

    /// Takes in what was told, in the snapshot or transaction that told it.
    ///
    /// # Errors
    /// As [`Shared::hear`].
    pub(crate) fn take_in(&self, session: &Session, told: &Told) -> Result<(), StoreError> {
        // What is read here was given a lower key than what is kept after it, wherever clocks are.
        self.ids.rise_above(told.last_key);
        if told.news <= self.keys.news() {
            return Ok(());
        }
        require_current(session, MIGRATIONS).map_err(|error| self.newer(error))?;
        if self.keys.hear(told.news) {
            self.heard.raise();
        }
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
    fn what_does_not_read_was_never_told() {
        let mut told = Told::default();
        let (writer, key) = ([7; 16], 0x0102_0304_0506_0708_i64);
        told.take(TURN, &[&writer[..], &key.to_be_bytes()].concat());
        told.take(NEWS, &5i64.to_be_bytes());
        told.take("origin", b"something else");
        assert_eq!(told, Told { writer: Some(writer), last_key: key, news: 5 });
        told.take(TURN, b"short");
        told.take(NEWS, b"");
        assert_eq!(told, Told::default());
        told.take(TURN, &writer);
        assert_eq!(told.last_key, 0);
    }
}
