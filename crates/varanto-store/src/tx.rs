//! Transactions: a snapshot to read, and the writer's turn to write.

use std::ops::Deref;
use std::sync::Arc;

use varanto_domain::archive::proof::Hash;
use varanto_domain::ids::{ClientKey, Ids, VersionKey};
use varanto_domain::time::Instant;

use crate::StoreError;
use crate::checksum;
use crate::clients::ClientCache;
use crate::content::{Dictionary, Place};
use crate::engine::{Params, Row, Session, Statements, params};
use crate::keys::{DataKey, Keys};
use crate::proof_log::Tail;
use crate::store::Shared;
use crate::term_cache::TermCache;

/// One snapshot of the store: nothing that others commit meanwhile is seen.
pub struct ReadTx<'a> {
    session: &'a Session,
    shared: &'a Shared,
    /// Whether all that is read is known to be on disk, so that it may be kept in memory.
    durable: bool,
    /// How much news of other programs the snapshot is not older than.
    news: i64,
}

impl<'a> ReadTx<'a> {
    pub(crate) fn snapshot(session: &'a Session, shared: &'a Shared) -> Self {
        let news = session.told().map_or_else(|| shared.keys.news(), |told| told.news);
        Self { session, shared, durable: true, news }
    }

    pub(crate) fn session(&self) -> &'a Session {
        self.session
    }

    /// The name of the proof log.
    #[must_use]
    pub fn origin(&self) -> &'a str {
        &self.shared.origin
    }

    /// The keys of the store.
    #[must_use]
    pub fn keys(&self) -> &'a Keys {
        &self.shared.keys
    }

    /// The terms in memory.
    pub(crate) fn terms(&self) -> &'a TermCache {
        &self.shared.terms
    }

    /// The clients in memory.
    pub(crate) fn clients(&self) -> &'a ClientCache {
        &self.shared.clients
    }

    /// Whether all that is read is known to be on disk, so that it may be kept in memory.
    pub(crate) fn is_durable(&self) -> bool {
        self.durable
    }

    /// Compresses and encrypts parts as one blob that only its place and key open.
    pub(crate) fn seal_parts(
        &self,
        key: &DataKey,
        place: Place,
        dictionary: i64,
        parts: &[&[u8]],
    ) -> Result<Vec<u8>, StoreError> {
        let dictionary = self.dictionary(dictionary)?;
        self.shared.codec.seal(&dictionary, key, place, parts)
    }

    /// The one row that the statement must give.
    pub(crate) fn one<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.session.one(sql, params, read)
    }

    /// The first row of the statement, if it gives any.
    pub(crate) fn optional<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.session.optional(sql, params, read)
    }

    /// Every row of the statement, in its order.
    pub(crate) fn all<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.session.all(sql, params, read)
    }

    /// Hands every row of the statement to `visit` as it comes, for lists too long for memory.
    ///
    /// # Errors
    /// The database's error, or the first of `visit`, which ends the walk.
    pub(crate) fn each<E: From<StoreError>>(
        &self,
        sql: &'static str,
        params: impl Params,
        visit: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.session.each(sql, params, visit)
    }

    /// A client's data key, or `None` when there is none: never made, or destroyed.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the stored key does not open.
    pub fn client_data_key(&self, client: ClientKey) -> Result<Option<Arc<DataKey>>, StoreError> {
        const SQL: &str = "SELECT wrapped FROM client_key WHERE client_key = ?1";
        if let Some(key) = self.keys().kept(client.0) {
            return Ok(Some(key));
        }
        let wrapped: Option<Option<Vec<u8>>> = self.optional(SQL, [client.0], |row| row.get(0))?;
        let Some(wrapped) = wrapped.flatten() else {
            return Ok(None);
        };
        let key = self.keys().unwrap(client.0, &wrapped)?;
        if self.durable {
            self.keys().keep(client.0, &key, self.news);
        }
        Ok(Some(key))
    }

    /// A compression dictionary, made ready; 0 is the one that says "without".
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when there is no such dictionary.
    pub fn dictionary(&self, id: i64) -> Result<Arc<Dictionary>, StoreError> {
        const SQL: &str = "SELECT bytes FROM dictionary WHERE id = ?1";
        if let Some(dictionary) = self.shared.codec.kept(id) {
            return Ok(dictionary);
        }
        let bytes: Option<Vec<u8>> = self.optional(SQL, [id], |row| row.get(0))?;
        let bytes =
            bytes.ok_or_else(|| StoreError::Damaged(format!("dictionary {id} is missing")))?;
        let bytes = checksum::strip(&bytes, &[b"dictionary"])
            .ok_or_else(|| StoreError::Damaged(format!("dictionary {id} is not as it was made")))?;
        let dictionary = Arc::new(Dictionary::prepare(id, bytes)?);
        if self.durable {
            self.shared.codec.keep(&dictionary);
        }
        Ok(dictionary)
    }

    /// The newest dictionary for a subject: a structure's name, or a kind of metadata.
    pub fn newest_dictionary(&self, subject: &str) -> Result<Option<i64>, StoreError> {
        const SQL: &str = "SELECT id FROM dictionary WHERE subject = ?1 ORDER BY id DESC LIMIT 1";
        self.optional(SQL, [subject], |row| row.get(0))
    }

    /// Opens what [`Store::seal_parts`](crate::Store::seal_parts) made: its parts, in order.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when key, place or bytes are others.
    pub fn open_parts(
        &self,
        key: &DataKey,
        place: Place,
        sealed: &[u8],
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let id = crate::content::dictionary_of(sealed)?;
        let dictionary = self.dictionary(id)?;
        self.shared.codec.open(&dictionary, key, place, sealed)
    }
}

/// One operation's turn on the writer: it sees everything before it, and is undone alone when it
/// fails.
pub struct WriteTx<'a> {
    read: ReadTx<'a>,
    tail: &'a mut Tail,
    effects: &'a mut Effects,
    now: Instant,
    /// What a log line says of the version that this operation kept last.
    pub(crate) told: Option<(VersionKey, String)>,
    /// Whether other programs are told already that what they keep in memory is old.
    pub(crate) told_others: bool,
}

/// What an operation does beside its rows.
#[derive(Default)]
pub(crate) struct Effects {
    pub(crate) leaves: Vec<u64>,
    /// Terms found or made, to be kept in memory once they are known to be on disk.
    pub(crate) terms: Vec<(i64, Arc<str>)>,
}

impl<'a> WriteTx<'a> {
    pub(crate) fn turn(
        session: &'a Session,
        shared: &'a Shared,
        tail: &'a mut Tail,
        effects: &'a mut Effects,
    ) -> Self {
        let now = shared.clock.now();
        let read = ReadTx { session, shared, durable: false, news: shared.keys.news() };
        Self { read, tail, effects, now, told: None, told_others: false }
    }

    /// Runs a statement that gives no rows; answers how many rows it changed.
    pub(crate) fn execute(
        &mut self,
        sql: &'static str,
        params: impl Params,
    ) -> Result<usize, StoreError> {
        self.session().execute(sql, params)
    }

    /// Appends a leaf to the proof log and answers its number. Its proof comes with the
    /// [`Seal`](crate::Seal) of the operation.
    pub fn append_leaf(&mut self, leaf: Hash) -> u64 {
        let index = self.tail.append(leaf);
        self.effects.leaves.push(index);
        index
    }

    /// A new key; see [`Ids`].
    pub fn next_key(&mut self) -> i64 {
        self.read.shared.ids.next_key()
    }

    /// Notes a term that may be kept in memory when this operation is on disk.
    pub(crate) fn note_term(&mut self, number: i64, text: Arc<str>) {
        self.effects.terms.push((number, text));
    }

    /// The instant of this operation; the same throughout it.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Makes a client's data key, or answers the one made before.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the client's key has been destroyed: it never gets another.
    pub fn make_client_key(&mut self, client: ClientKey) -> Result<Arc<DataKey>, StoreError> {
        const SQL: &str =
            "INSERT INTO client_key (client_key, wrapped, made_at) VALUES (?1, ?2, ?3)
            ON CONFLICT (client_key) DO NOTHING";
        if let Some(key) = self.client_data_key(client)? {
            return Ok(key);
        }
        let (key, wrapped) = self.keys().make(client.0);
        let made_at = self.now.millis();
        match self.execute(SQL, params![client.0, wrapped.0, made_at])? {
            0 => Err(StoreError::Conflict("the client's key has been destroyed".into())),
            _ => Ok(key),
        }
    }

    /// Destroys a client's data key, and with it all that it encrypted, for good. The bytes are
    /// overwritten in the file of the embedded engine; copies in backups open no more once the key ring is replaced.
    /// Answers whether there was a key.
    pub fn destroy_client_key(&mut self, client: ClientKey) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE client_key SET wrapped = NULL, destroyed_at = ?2
            WHERE client_key = ?1 AND wrapped IS NOT NULL";
        let now = self.now.millis();
        let changed = self.execute(SQL, params![client.0, now])? > 0;
        if changed {
            self.keys().forget(client.0);
            self.delete_drafts_of(client)?;
            self.tell_others()?;
        }
        Ok(changed)
    }

    /// Keeps a new dictionary for a subject and answers its number.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the bytes are no dictionary.
    pub fn insert_dictionary(&mut self, subject: &str, bytes: &[u8]) -> Result<i64, StoreError> {
        const SQL: &str = "INSERT INTO dictionary (id, subject, trained_at, bytes)
            VALUES ((SELECT coalesce(max(id), 0) + 1 FROM dictionary), ?1, ?2, ?3) RETURNING id";
        Dictionary::prepare(1, bytes)?;
        let bytes = checksum::append(bytes, &[b"dictionary"]);
        let now = self.now.millis();
        self.one(SQL, params![subject, now, bytes], |row| row.get(0))
    }
}

impl<'a> Deref for WriteTx<'a> {
    type Target = ReadTx<'a>;
    fn deref(&self) -> &ReadTx<'a> {
        &self.read
    }
}
