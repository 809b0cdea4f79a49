//! The store: one database, one writer that commits groups, many snapshot readers.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{JoinHandle, ThreadId};
use std::time::Duration;

use varanto_domain::archive::proof::{CheckpointBody, empty_root};
use varanto_domain::ids::{ClientIdentifier, Ids};
use varanto_domain::time::{Clock, Instant};

use crate::clients::ClientCache;
use crate::content::{Codec, Place};
use crate::engine::{Database, MARK_TABLE, ServerAddress, Session, Statements, params};
use crate::error::Commits;
use crate::keymaker::KeyMaker;
use crate::keys::{DataKey, KeyRing, Keys, WrappedKey, make_folder, make_store_key};
use crate::metrics::{Counters, StoreMetrics};
use crate::migrations::{MIGRATIONS, Migration, apply, require_current};
use crate::proof_log::{Checkpoint, Seal, insert_checkpoint};
use crate::readers::Readers;
use crate::term_cache::TermCache;
use crate::together::{HeardEnd, read_news, tell_news};
use crate::tx::{ReadTx, WriteTx};
use crate::writer::{Job, Waiting, Writer};
use crate::{Remains, StoreError};

/// The database's file name in the store's folder.
pub const DATABASE_FILE: &str = "varanto.db";
/// The file whose lock says that a process has the store open.
pub const LOCK_FILE: &str = "varanto.lock";

const STORE_KEY: &str = "store_key";
const VERIFIER: &str = "verifier";
const ORIGIN: &str = "origin";
pub(crate) const KEY_HORIZON: &str = "key_horizon";
/// How long who opens the store waits for others that write, or read what is to be changed.
const OPENING: Duration = Duration::from_secs(30);
/// Where a store goes on that was moved.
const MOVED: &str = "moved_to";

/// How a store is opened.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// How many operations may wait for the writer before further ones are turned away.
    pub queue: usize,
    /// How many snapshots may be read at once.
    pub readers: usize,
    /// How many operations are committed together at most.
    pub group: usize,
    /// The name of the proof log, unique in the world, such as `archive.example.fi/log`. It stays.
    pub origin: String,
    /// The writer's page cache, in MiB.
    pub cache_mib: u32,
    /// How much of the database each reader maps into memory, in MiB.
    pub mmap_mib: u32,
    /// How long the write-ahead log may grow, in MiB, before the writer waits a moment for the
    /// readers that keep it from starting over. Usually it starts over at three quarters of that.
    pub log_mib: u32,
    /// The database of a server that the store is in; none: it is in a file of the folder.
    pub server: Option<ServerAddress>,
    /// Whether other programs may have the same database of a server open for writing at the same time.
    pub together: bool,
}

impl StoreOptions {
    /// The usual sizes for a log of this name.
    #[must_use]
    pub fn of_origin(origin: &str) -> Self {
        let origin = origin.into();
        Self {
            queue: 1024,
            readers: 4,
            group: 256,
            origin,
            cache_mib: 64,
            mmap_mib: 2047,
            log_mib: 128,
            server: None,
            together: false,
        }
    }

    pub(crate) fn database(&self, folder: &Path) -> Database {
        match &self.server {
            Some(address) => Database::Server(Box::new(address.clone())),
            None => Database::Embedded(folder.join(DATABASE_FILE)),
        }
    }
}

/// The archive's shelves. Cheap to clone; all clones are the same store.
#[derive(Clone)]
pub struct Store {
    inside: Arc<Inside>,
    gives_way: bool,
}

/// What both the writer and everybody else use.
pub(crate) struct Shared {
    pub(crate) keys: Keys,
    pub(crate) origin: String,
    pub(crate) ids: KeyMaker,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) codec: Codec,
    pub(crate) counters: Counters,
    pub(crate) terms: TermCache,
    pub(crate) clients: ClientCache,
    pub(crate) generation: Arc<Generation>,
    /// How often something was heard that another program had changed.
    pub(crate) heard: Generation,
    /// How far the proof log was heard to reach.
    pub(crate) heard_end: HeardEnd,
}

/// Counts how often the database may have become another than what is in memory of it.
#[derive(Debug, Default)]
pub(crate) struct Generation(AtomicU64);

impl Generation {
    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn raise(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

struct Inside {
    shared: Arc<Shared>,
    readers: Readers,
    /// None when the store is open for reading only.
    jobs: Option<SyncSender<Job>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    writer_thread: Option<ThreadId>,
    /// Held until everything above has ended.
    _lock: Option<File>,
}

/// An answer with the evidence that it is on disk. Only the writer makes one, after the commit.
#[derive(Debug)]
pub struct Durable<T> {
    /// What the operation answered.
    pub value: T,
    /// The checkpoint that covers the operation's leaves, and their proofs.
    pub seal: Seal,
}

impl Store {
    /// Opens the store of a folder, or on the server that the options name, making it when there is none, and brings its
    /// schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another process has it open, [`StoreError::SchemaNewer`] and
    /// [`StoreError::SchemaAltered`] for a store that another program version wrote,
    /// [`StoreError::WrongKeys`] and [`StoreError::OtherOrigin`] when it was made with others. The
    /// store is untouched then.
    pub fn open(
        folder: &Path,
        ring: KeyRing,
        options: &StoreOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StoreError> {
        Self::open_with(folder, ring, options, clock, MIGRATIONS)
    }

    pub(crate) fn open_with(
        folder: &Path,
        ring: KeyRing,
        options: &StoreOptions,
        clock: Arc<dyn Clock>,
        migrations: &[Migration],
    ) -> Result<Self, StoreError> {
        make_folder(folder).map_err(|error| StoreError::file(folder, &error))?;
        let lock = lock(folder)?;
        let database = options.database(folder);
        let session = database.open_writing(options)?;
        let number = session.number();
        let file = folder.join(DATABASE_FILE);
        let on_server = matches!(database, Database::Server(_));
        if on_server && file.is_file() && !session.has_table(MARK_TABLE)? {
            return Err(StoreError::NotMoved(file));
        }
        let facts = prepare_in_turn(&session, &ring, (&options.origin, clock.now()), migrations)?;
        let keys = facts.keys(ring, &options.origin)?;
        let ids = KeyMaker::above(facts.horizon, Arc::clone(&clock));
        ids.number(number);
        let shared = Arc::new(Shared::new(keys, &options.origin, ids, clock));
        shared.keys.hear(facts.news, false);
        let newest = ReadTx::snapshot(&session, &shared).newest_checkpoint()?;
        let place = (database.clone(), options.clone());
        let writer = Writer::new(place, session, Arc::clone(&shared), newest, facts.horizon)?;
        let (jobs, waiting) = sync_channel(options.queue.max(1));
        let most = options.group.max(1);
        let writer = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.work(&waiting, most))
            .map_err(|error| StoreError::file(folder, &error))?;
        let readers = Readers::of(database, options, true, Arc::clone(&shared.generation));
        let inside = Inside {
            shared,
            readers,
            jobs: Some(jobs),
            writer_thread: Some(writer.thread().id()),
            writer: Mutex::new(Some(writer)),
            _lock: Some(lock),
        };
        Ok(Self { inside: Arc::new(inside), gives_way: false })
    }

    /// Whether there is a store already, in the folder or on the server.
    ///
    /// # Errors
    /// What the server answers.
    pub fn exists(folder: &Path, options: &StoreOptions) -> Result<bool, StoreError> {
        let database = options.database(folder);
        match &database {
            Database::Embedded(path) => Ok(path.exists()),
            Database::Server(_) => {
                database.open_reading(options.mmap_mib, true, false)?.has_table(MARK_TABLE)
            }
        }
    }

    /// Opens a store for reading, also beside the process that writes it. Nothing is changed.
    ///
    /// # Errors
    /// As for [`Store::open`], and [`StoreError::SchemaOlder`] when its schema is not up to date.
    pub fn open_read_only(
        folder: &Path,
        ring: KeyRing,
        options: &StoreOptions,
    ) -> Result<Self, StoreError> {
        let (database, origin) = (options.database(folder), options.origin.as_str());
        let place = database.place();
        if matches!(&database, Database::Embedded(path) if !path.is_file()) {
            return Err(StoreError::NotAStore(place));
        }
        let readers = Readers::of(database, options, false, Arc::default());
        let (facts, newest) = readers.snapshot(None, |session| {
            if !session.is_ours_or_empty()? {
                return Err(StoreError::NotAStore(place.clone()));
            }
            require_current(session, MIGRATIONS)?;
            let newest =
                session.one("SELECT max(sealed_at) FROM checkpoint", [], |row| row.get(0))?;
            Ok((Facts::read(session)?, newest))
        })?;
        let keys = facts.keys(ring, origin)?;
        let clock: Arc<dyn Clock> = Arc::new(StoppedClock(Instant::from_millis(newest)));
        let ids = KeyMaker::above(facts.horizon, Arc::clone(&clock));
        let inside = Inside {
            shared: Arc::new(Shared::new(keys, origin, ids, clock)),
            readers,
            jobs: None,
            writer: Mutex::new(None),
            writer_thread: None,
            _lock: None,
        };
        Ok(Self { inside: Arc::new(inside), gives_way: false })
    }

    /// The same store for work that gives way: what is written through it waits for what others write, and is committed
    /// a few at a time while others write too.
    #[must_use]
    pub fn giving_way(&self) -> Self {
        Self { inside: Arc::clone(&self.inside), gives_way: true }
    }

    /// Reads in one snapshot. Do not read or write again inside `read`: it could wait for itself. A
    /// read that lasts keeps the write-ahead log from being folded in, so it grows meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when no reader came free within five seconds, else those of `read`.
    pub fn read<T, E: From<StoreError>>(
        &self,
        read: impl FnOnce(&ReadTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let inside = &self.inside;
        inside.readers.snapshot(None, |session| {
            inside.shared.hear(session)?;
            read(&ReadTx::snapshot(session, &inside.shared))
        })
    }

    /// Reads in one snapshot, for so long at most.
    ///
    /// # Errors
    /// As for [`Store::read`], and [`StoreError::Overtime`] when a statement was broken off.
    pub fn read_within<T, E: From<StoreError>>(
        &self,
        time: Duration,
        read: impl FnOnce(&ReadTx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let inside = &self.inside;
        inside.readers.snapshot(Some(time), |session| {
            inside.shared.hear(session)?;
            read(&ReadTx::snapshot(session, &inside.shared))
        })
    }

    /// Runs an operation on the writer, all or nothing, and waits until it is on disk. It may run
    /// more than once; of all but the last time nothing is left.
    ///
    /// The answer comes only after the commit that holds it. An error for which [`Commits`] is true
    /// is an answer and keeps what was written; any other undoes it, leaves included.
    ///
    /// # Errors
    /// Those of `work`; [`StoreError::Busy`] at once when the queue is full, [`StoreError::Nested`]
    /// inside another operation, [`StoreError::Panicked`] when `work` panicked, and [`StoreError::DiskFull`] or [`StoreError::NotCommitted`] when its
    /// group could not be kept.
    pub fn write<T, E>(
        &self,
        work: impl Fn(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<Durable<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Commits + Send + 'static,
    {
        let jobs = self.inside.jobs.as_ref().ok_or(StoreError::ReadOnly)?;
        if self.inside.writer_thread == Some(std::thread::current().id()) {
            return Err(E::from(StoreError::Nested));
        }
        let counters = &self.inside.shared.counters;
        let (reply, answer) = sync_channel(1);
        counters.waiting.fetch_add(1, Ordering::Relaxed);
        let operation = Box::new(Waiting::new(work, reply));
        let sent = jobs.try_send(Job::Run { operation, gives_way: self.gives_way });
        if let Err(error) = sent {
            counters.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(E::from(match error {
                TrySendError::Full(_) => {
                    counters.turned_away.fetch_add(1, Ordering::Relaxed);
                    StoreError::Busy
                }
                TrySendError::Disconnected(_) => StoreError::Closed,
            }));
        }
        answer.recv().unwrap_or_else(|_| Err(E::from(StoreError::Closed)))
    }

    /// What makes the archive's own keys.
    #[must_use]
    pub fn ids(&self) -> &dyn Ids {
        &self.inside.shared.ids
    }

    /// The keys of the store.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.inside.shared.keys
    }

    /// The data key of the client whom an identifier names, or `None` while nothing is archived about
    /// that client, or when the key has been destroyed.
    ///
    /// # Errors
    /// Those of [`Store::read`], and of [`ReadTx::client_data_key`].
    pub fn find_data_key(
        &self,
        identifier: &ClientIdentifier,
    ) -> Result<Option<Arc<DataKey>>, StoreError> {
        let Shared { keys, clients, .. } = &*self.inside.shared;
        let at_hand = clients.find(&keys.lookup(identifier)).and_then(|client| keys.kept(client.0));
        match at_hand {
            Some(key) => Ok(Some(key)),
            None => self.read(|tx| match tx.find_client(identifier)? {
                Some(client) => tx.client_data_key(client),
                None => Ok(None),
            }),
        }
    }

    /// The name of the proof log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.inside.shared.origin
    }

    /// Frames parts together, compresses and encrypts them, on the caller's thread;
    /// [`ReadTx::open_parts`] opens them again.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when there is no such dictionary, or the parts are over a gibibyte.
    pub fn seal_parts(
        &self,
        dictionary: i64,
        key: &DataKey,
        place: Place,
        parts: &[&[u8]],
    ) -> Result<Vec<u8>, StoreError> {
        let codec = &self.inside.shared.codec;
        let dictionary = match codec.kept(dictionary) {
            Some(dictionary) => dictionary,
            None => self.read(|tx| tx.dictionary(dictionary))?,
        };
        codec.seal(&dictionary, key, place, parts)
    }

    /// How many operations wait for the writer.
    #[must_use]
    pub fn queue_length(&self) -> usize {
        self.inside.shared.counters.waiting.load(Ordering::Relaxed)
    }

    /// Rises whenever the database may have become another than what somebody keeps in memory of it: a commit was not
    /// answered, the connection was lost and another program may have written meanwhile, or one was heard to have
    /// changed what is kept so.
    #[must_use]
    pub fn generation(&self) -> u64 {
        let shared = &self.inside.shared;
        shared.generation.now() + shared.heard.now()
    }

    /// Whether other programs may have the store open for writing, too.
    #[must_use]
    pub fn has_others(&self) -> bool {
        self.inside.readers.hear_others()
    }

    /// Asks whether another program has changed what is kept in memory: [`Store::generation`] tells. Where no other has
    /// the store open nobody is asked.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] while the database cannot be asked, and when a newer program has changed its tables.
    pub fn listen(&self) -> Result<(), StoreError> {
        if self.has_others() { self.read(|_| Ok(())) } else { Ok(()) }
    }

    pub(crate) fn database(&self) -> &Database {
        self.inside.readers.database()
    }

    /// What the store counted since it was opened.
    #[must_use]
    pub fn metrics(&self) -> StoreMetrics {
        self.inside.shared.counters.snapshot()
    }

    /// Folds the write-ahead log into the database, so that what was destroyed is in neither; answers what of it may
    /// be left all the same.
    ///
    /// # Errors
    /// The database's error.
    pub fn fold(&self) -> Result<Remains, StoreError> {
        if self.inside.jobs.is_none() {
            return Err(StoreError::ReadOnly);
        }
        self.inside.readers.database().fold_beside()
    }

    /// Finishes what waits, folds the write-ahead log in, and ends the writer. Clones of this store
    /// can still read; their writes are answered [`StoreError::Closed`].
    pub fn close(self) {
        self.inside.stop();
    }
}

impl Inside {
    fn stop(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (Some(jobs), Some(writer)) = (&self.jobs, writer) else {
            return;
        };
        let sent = jobs.send(Job::Stop).is_ok();
        let own_thread = self.writer_thread == Some(std::thread::current().id());
        if sent && !own_thread && writer.join().is_err() {
            tracing::error!("the store's writer broke down");
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    /// Forgets what is kept in memory of the rows: they may have been changed by another program.
    pub(crate) fn forget(&self) {
        self.generation.raise();
        self.keys.forget_all();
        self.terms.forget();
        self.clients.forget();
    }

    fn new(keys: Keys, origin: &str, ids: KeyMaker, clock: Arc<dyn Clock>) -> Self {
        let origin = origin.into();
        Self {
            keys,
            origin,
            ids,
            clock,
            codec: Codec::new(),
            counters: Counters::default(),
            terms: TermCache::default(),
            clients: ClientCache::default(),
            generation: Arc::default(),
            heard: Generation::default(),
            heard_end: HeardEnd::default(),
        }
    }
}

/// The clock of a store that is only read.
struct StoppedClock(Instant);

impl Clock for StoppedClock {
    fn now(&self) -> Instant {
        self.0
    }
}

pub(crate) fn lock(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join(LOCK_FILE);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(|error| StoreError::file(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(folder.into())),
        Err(TryLockError::Error(error)) => Err(StoreError::file(&path, &error)),
    }
}

/// What a store knows about itself.
pub(crate) struct Facts {
    store_key: WrappedKey,
    verifier: Vec<u8>,
    origin: String,
    horizon: i64,
    news: i64,
}

impl Facts {
    pub(crate) fn read(session: &Session) -> Result<Self, StoreError> {
        Ok(Self {
            store_key: WrappedKey(read_fact(session, STORE_KEY)?),
            verifier: read_fact(session, VERIFIER)?,
            origin: String::from_utf8(read_fact(session, ORIGIN)?).map_err(|_| missing(ORIGIN))?,
            horizon: key_horizon(session)?,
            news: read_news(session)?,
        })
    }

    /// Opens the store's key, once the ring and the origin are known to be the store's.
    pub(crate) fn keys(&self, ring: KeyRing, origin: &str) -> Result<Keys, StoreError> {
        if self.origin != origin {
            let (stored, configured) = (self.origin.clone(), origin.to_owned());
            return Err(StoreError::OtherOrigin { stored, configured });
        }
        if self.verifier != ring.public_key() {
            return Err(StoreError::WrongKeys("the checkpoint signing key is another"));
        }
        Keys::open(ring, &self.store_key)
    }
}

/// The number under which every key given so far lies.
pub(crate) fn key_horizon(session: &Session) -> Result<i64, StoreError> {
    let kept = read_fact(session, KEY_HORIZON)?;
    kept.try_into().map(i64::from_be_bytes).map_err(|_| missing(KEY_HORIZON))
}

fn missing(name: &str) -> StoreError {
    StoreError::Damaged(format!("the store's fact {name} is missing or broken"))
}

fn read_fact(session: &Session, name: &'static str) -> Result<Vec<u8>, StoreError> {
    find_fact(session, name)?.ok_or_else(|| missing(name))
}

fn find_fact(session: &Session, name: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: &str = "SELECT value FROM store_fact WHERE name = ?1";
    session.optional(SQL, [name], |row| row.get(0))
}

/// Keeps a fact about the store in place of the one of that name.
pub(crate) fn write_fact(session: &Session, name: &str, value: &[u8]) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO store_fact (name, value) VALUES (?1, ?2)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    session.execute(SQL, params![name, value])?;
    Ok(())
}

/// Refuses a store that goes on elsewhere: two that are written to would contradict each other.
pub(crate) fn refuse_moved(session: &Session) -> Result<(), StoreError> {
    if !session.has_table(MARK_TABLE)? {
        return Ok(());
    }
    match find_fact(session, MOVED)? {
        Some(place) => Err(StoreError::Moved(String::from_utf8_lossy(&place).into_owned())),
        None => Ok(()),
    }
}

/// Notes where a store goes on from now on.
pub(crate) fn mark_moved(session: &Session, place: &Path) -> Result<(), StoreError> {
    session.begin_writing()?;
    write_fact(session, MOVED, place.as_os_str().as_encoded_bytes())?;
    session.commit()
}

/// Prepares the store; on a server waits a while for others that write or read: each try holds them up for a moment.
fn prepare_in_turn(
    session: &Session,
    ring: &KeyRing,
    (origin, now): (&str, Instant),
    migrations: &[Migration],
) -> Result<Facts, StoreError> {
    let begun = std::time::Instant::now();
    loop {
        match prepare(session, ring, origin, now, migrations) {
            Err(StoreError::Busy | StoreError::Locked(_))
                if session.is_of_server() && begun.elapsed() < OPENING =>
            {
                session.roll_back()?;
                std::thread::sleep(Duration::from_millis(500));
            }
            prepared => return prepared,
        }
    }
}

/// Brings the schema up to date and gives a new store its facts, in one transaction.
fn prepare(
    session: &Session,
    ring: &KeyRing,
    origin: &str,
    now: Instant,
    migrations: &[Migration],
) -> Result<Facts, StoreError> {
    refuse_moved(session)?;
    session.begin_writing()?;
    let changed = apply(session, migrations)?;
    let begun: bool =
        session.one("SELECT EXISTS (SELECT 1 FROM store_fact)", [], |row| row.get(0))?;
    if begun && changed {
        tell_news(session)?;
    }
    if !begun {
        write_fact(session, STORE_KEY, &make_store_key(ring).0)?;
        write_fact(session, VERIFIER, &ring.public_key())?;
        write_fact(session, ORIGIN, origin.as_bytes())?;
        write_fact(session, KEY_HORIZON, &0i64.to_be_bytes())?;
        let body = CheckpointBody { origin: origin.into(), size: 0, root: empty_root() };
        insert_checkpoint(session, &Checkpoint::signed(ring, body), now, None)?;
    }
    let facts = Facts::read(session)?;
    session.commit()?;
    Ok(facts)
}

#[cfg(test)]
pub(crate) mod tests;
