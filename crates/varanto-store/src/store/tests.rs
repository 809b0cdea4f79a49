mod server;
mod together;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use tempfile::TempDir;
use varanto_domain::archive::proof::{Hash, leaf_hash, verify_consistency};
use varanto_domain::ids::ClientKey;
use varanto_kit::postgres;

use super::*;
use crate::writer::Operation;

/// A clock that stands where a test puts it.
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn set(&self, text: &str) {
        self.0.store(Instant::parse(text).unwrap().millis(), Ordering::Relaxed);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Whether the tests are about the server engine.
pub(crate) fn on_server() -> bool {
    postgres::of_tests().is_some()
}

/// Whether a test is left out because it is about the other engine, which a run of its own is for.
pub(crate) fn is_of(server: bool) -> bool {
    if on_server() != server {
        println!("skipped: it is about the other engine");
    }
    on_server() == server
}

/// The address of a new database, when the tests are about the server engine.
fn new_database() -> Option<ServerAddress> {
    let server = postgres::of_tests()?;
    let name = server.create(None).unwrap();
    Some(ServerAddress::new(&server.address(&name), None, None).unwrap())
}

/// A folder for a store, its keys, and a clock; on the server engine, a database too.
pub(crate) struct Site {
    pub(crate) folder: TempDir,
    pub(crate) ring: KeyRing,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) options: StoreOptions,
}

impl Site {
    pub(crate) fn new() -> Self {
        let mut site = Self::embedded();
        site.options.server = new_database();
        site
    }

    /// One on the embedded engine in any case.
    pub(crate) fn embedded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ring = KeyRing::create(&folder.path().join("keys")).unwrap();
        let clock = Arc::new(SetClock(AtomicI64::new(0)));
        clock.set("2026-03-23T08:00:00Z");
        let options = StoreOptions::of_origin("archive.example/log");
        Self { folder, ring, clock, options }
    }

    pub(crate) fn open(&self) -> Result<Store, StoreError> {
        let clock: Arc<dyn Clock> = Arc::<SetClock>::clone(&self.clock);
        Store::open(self.folder.path(), self.ring.clone(), &self.options, clock)
    }

    /// Opens the store with a table that tests write to.
    pub(crate) fn store(&self) -> Store {
        let store = self.open().unwrap();
        store
            .write(|tx| {
                tx.session().define(
                    "CREATE TABLE IF NOT EXISTS scrap (
                    id INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT",
                )
            })
            .unwrap();
        store
    }

    /// A session that can harm the database.
    pub(crate) fn database(&self) -> Session {
        self.options.database(self.folder.path()).open_aside().unwrap()
    }

    pub(crate) fn open_read_only(&self) -> Store {
        Store::open_read_only(self.folder.path(), self.ring.clone(), &self.options).unwrap()
    }
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method alone is not general enough"
)]
pub(crate) fn newest(store: &Store) -> Checkpoint {
    store.read(|tx| tx.newest_checkpoint()).unwrap()
}

pub(crate) fn leaf(number: u64) -> Hash {
    leaf_hash(&number.to_be_bytes())
}

fn put(tx: &mut WriteTx<'_>, id: i64) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO scrap (id, bytes) VALUES (?1, ?2)";
    tx.execute(SQL, params![id, vec![0u8; 100]])?;
    tx.append_leaf(leaf(id.cast_unsigned()));
    Ok(())
}

fn kept(store: &Store) -> Vec<i64> {
    let sql = "SELECT id FROM scrap ORDER BY id";
    store.read(|tx| tx.all::<i64>(sql, [], |row| row.get(0))).unwrap()
}

/// Holds the writer inside an operation until let go.
struct Gate {
    let_go: Sender<()>,
    holder: JoinHandle<()>,
}

impl Gate {
    fn shut(store: &Store) -> Self {
        let (let_go, wait): (Sender<()>, Receiver<()>) = channel();
        let (entered, inside) = channel();
        let store = store.clone();
        let holder = spawn(move || {
            let work = move |_: &mut WriteTx<'_>| {
                entered.send(()).unwrap();
                wait.recv().unwrap();
                Ok::<_, StoreError>(())
            };
            store.write(work).unwrap();
        });
        inside.recv().unwrap();
        Self { let_go, holder }
    }

    fn open(self) {
        self.let_go.send(()).unwrap();
        self.holder.join().unwrap();
    }
}

fn queue_up<T: Send + 'static, E>(
    store: &Store,
    work: impl Fn(&mut WriteTx<'_>) -> Result<T, E> + Send + 'static,
) -> JoinHandle<Result<Durable<T>, E>>
where
    E: From<StoreError> + Commits + Send + 'static,
{
    let before = store.queue_length();
    let own = store.clone();
    let thread = spawn(move || own.write(work));
    while store.queue_length() == before {
        std::thread::sleep(Duration::from_millis(1));
    }
    thread
}

/// The two ways for an operation to end without a value.
#[derive(Debug)]
enum Ended {
    Denied,
    Failed,
    Store(StoreError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Commits for Ended {
    fn commits(&self) -> bool {
        matches!(self, Self::Denied)
    }
}

#[test]
fn operations_that_wait_together_are_committed_together() {
    let site = Site::new();
    let store = site.store();
    let before = store.metrics();
    let gate = Gate::shut(&store);
    let waiting: Vec<_> = (0..64).map(|id| queue_up(&store, move |tx| put(tx, id))).collect();
    assert_eq!(store.queue_length(), 64);
    gate.open();
    let seals: Vec<Seal> =
        waiting.into_iter().map(|thread| thread.join().unwrap().unwrap().seal).collect();
    let after = store.metrics();
    assert_eq!(after.operations - before.operations, 65);
    assert_eq!(after.groups - before.groups, 2);
    assert_eq!(after.waiting, 0);
    assert_eq!(after.commits.iter().sum::<u64>(), after.groups);
    for (id, seal) in (0u64..).zip(seals) {
        assert_eq!(seal.checkpoint.body.size, 64);
        assert_eq!(seal.leaves.len(), 1);
        assert_eq!(seal.leaves[0].leaf, leaf(id));
        assert_eq!(seal.leaves[0].root(64), Some(seal.checkpoint.body.root));
    }
}

#[test]
fn a_group_has_a_greatest_size() {
    let mut site = Site::new();
    site.options.group = 10;
    let store = site.store();
    let gate = Gate::shut(&store);
    let waiting: Vec<_> = (0..25).map(|id| queue_up(&store, move |tx| put(tx, id))).collect();
    let before = store.metrics().groups;
    gate.open();
    for thread in waiting {
        thread.join().unwrap().unwrap();
    }
    assert_eq!(store.metrics().groups - before, 4);
}

#[test]
fn nobody_is_answered_and_nothing_is_seen_before_the_commit() {
    let site = Site::new();
    let store = site.store();
    let gate = Gate::shut(&store);
    let first = queue_up(&store, |tx| put(tx, 1));
    let (entered, inside) = channel();
    let (let_go, wait): (Sender<()>, Receiver<()>) = channel();
    let second = queue_up(&store, move |tx| {
        entered.send(tx.all("SELECT id FROM scrap", [], |row| row.get::<i64>(0))?).unwrap();
        wait.recv().unwrap();
        put(tx, 2)
    });
    gate.open();
    assert_eq!(inside.recv().unwrap(), [1], "the neighbour before is seen inside the group");
    std::thread::sleep(Duration::from_millis(20));
    assert!(!first.is_finished());
    assert!(kept(&store).is_empty());
    let_go.send(()).unwrap();
    first.join().unwrap().unwrap();
    second.join().unwrap().unwrap();
    assert_eq!(kept(&store), [1, 2]);
}

#[test]
fn failures_and_panics_are_undone_alone_and_a_denial_is_kept() {
    let site = Site::new();
    let store = site.store();
    let gate = Gate::shut(&store);
    let ending = |id: i64, error: fn() -> Ended| {
        queue_up(&store, move |tx| {
            put(tx, id)?;
            Err::<(), Ended>(error())
        })
    };
    let first = queue_up(&store, |tx| put(tx, 1));
    let failed = ending(2, || Ended::Failed);
    let panicked = ending(3, || panic!("a test's panic"));
    let denied = ending(4, || Ended::Denied);
    let conflicting = queue_up(&store, |tx| put(tx, 1));
    let last = queue_up(&store, |tx| put(tx, 5));
    gate.open();

    let first = first.join().unwrap().unwrap().seal;
    assert!(matches!(failed.join().unwrap(), Err(Ended::Failed)));
    assert!(matches!(panicked.join().unwrap(), Err(Ended::Store(StoreError::Panicked))));
    assert!(matches!(denied.join().unwrap(), Err(Ended::Denied)));
    assert!(matches!(conflicting.join().unwrap(), Err(StoreError::Conflict(_))));
    let last = last.join().unwrap().unwrap().seal;
    assert_eq!(kept(&store), [1, 4, 5]);
    assert_eq!(first.leaves[0].index, 0);
    assert_eq!(last.leaves[0].index, 2);
    let hashes = |index| store.read(|tx| tx.leaf_hash(index)).unwrap();
    assert_eq!([0, 1, 2, 3].map(hashes), [Some(leaf(1)), Some(leaf(4)), Some(leaf(5)), None]);
    for seal in [first, last] {
        assert_eq!(seal.leaves[0].root(3), Some(seal.checkpoint.body.root));
    }
}

#[test]
fn an_operation_inside_an_operation_is_refused_instead_of_waiting_for_ever() {
    let site = Site::new();
    let store = site.store();
    let inner = store.clone();
    let outcome = store.write(move |tx| {
        put(tx, 1)?;
        inner.write(|tx| put(tx, 2)).map(|durable| durable.value)
    });
    assert!(matches!(outcome, Err(StoreError::Nested)));
    assert!(kept(&store).is_empty());
}

#[test]
fn a_full_queue_turns_away_at_once() {
    let mut site = Site::new();
    site.options.queue = 2;
    let store = site.store();
    let gate = Gate::shut(&store);
    let waiting = [1, 2].map(|id| queue_up(&store, move |tx| put(tx, id)));
    let turned_away = store.write(|tx| put(tx, 3));
    assert!(matches!(turned_away, Err(StoreError::Busy)));
    assert_eq!((store.queue_length(), store.metrics().turned_away), (2, 1));
    gate.open();
    for thread in waiting {
        thread.join().unwrap().unwrap();
    }
    store.write(|tx| put(tx, 4)).unwrap();
    assert_eq!(kept(&store), [1, 2, 4]);
}

#[test]
fn closing_finishes_what_waits() {
    let site = Site::new();
    let store = site.store();
    let (clone, gate) = (store.clone(), Gate::shut(&store));
    let waiting: Vec<_> = (0..20).map(|id| queue_up(&store, move |tx| put(tx, id))).collect();
    let closing = spawn(move || store.close());
    std::thread::sleep(Duration::from_millis(20));
    gate.open();
    closing.join().unwrap();
    for thread in waiting {
        thread.join().unwrap().unwrap();
    }
    assert_eq!(kept(&clone).len(), 20);
    assert!(matches!(clone.write(|tx| put(tx, 99)), Err(StoreError::Closed)));
    drop(clone);
    let log = site.folder.path().join(format!("{DATABASE_FILE}-wal"));
    assert_eq!(std::fs::metadata(log).map_or(0, |file| file.len()), 0);
}

#[test]
fn one_process_at_a_time_writes_and_others_may_read() {
    let site = Site::new();
    let store = site.store();
    assert!(matches!(site.open(), Err(StoreError::Locked(_))));
    store.write(|tx| put(tx, 1)).unwrap();
    let reading = site.open_read_only();
    assert_eq!(kept(&reading), [1]);
    assert!(matches!(reading.write(|tx| put(tx, 2)), Err(StoreError::ReadOnly)));
    drop(store);
    drop(reading);
    let reading = site.open_read_only();
    assert_eq!(kept(&reading), [1]);
    assert!(site.open().is_ok());
}

#[test]
fn a_reader_cannot_write() {
    let site = Site::new();
    let store = site.store();
    let tried = store.read(|tx| tx.session().execute("DELETE FROM scrap", []));
    assert!(matches!(tried, Err(StoreError::Database(_) | StoreError::Unavailable(_))));
}

#[test]
fn a_panic_in_a_read_gives_its_connection_back() {
    let mut site = Site::new();
    site.options.readers = 1;
    let store = site.store();
    for _ in 0..3 {
        let own = store.clone();
        let work = move || own.read(|_| -> Result<(), StoreError> { panic!("a test's panic") });
        assert!(spawn(work).join().is_err());
    }
    assert!(kept(&store).is_empty());
}

#[test]
fn the_write_ahead_log_is_folded_in_as_it_grows() {
    if !is_of(false) {
        return;
    }
    let mut site = Site::new();
    site.options.log_mib = 40;
    let store = site.store();
    let log = site.folder.path().join(format!("{DATABASE_FILE}-wal"));
    for id in 0..100i64 {
        let sql = "INSERT INTO scrap (id, bytes) VALUES (?1, zeroblob(1000000))";
        store.write(move |tx| tx.execute(sql, [id])).unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
    let longest = std::fs::metadata(&log).unwrap().len();
    assert!(longest > 3 << 20 && longest < 60 << 20, "{longest}");
}

#[test]
fn the_write_ahead_log_is_emptied_although_another_folds_it_in() {
    if !is_of(false) {
        return;
    }
    let site = Site::new();
    let store = site.store();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let another =
                rusqlite::Connection::open(site.folder.path().join(DATABASE_FILE)).unwrap();
            let fold = "PRAGMA wal_checkpoint(PASSIVE)";
            while !done.load(Ordering::Relaxed) {
                another.query_row(fold, [], |_| Ok(())).unwrap();
            }
        });
        let remains: Vec<Remains> = (0..30i64)
            .map(|id| {
                let sql = "INSERT INTO scrap (id, bytes) VALUES (?1, zeroblob(3000000))";
                store.write(move |tx| tx.execute(sql, [id])).unwrap();
                store.fold().unwrap()
            })
            .collect();
        done.store(true, Ordering::Relaxed);
        assert_eq!(remains, [Remains::Nowhere; 30]);
    });
}

#[test]
fn the_write_ahead_log_stays_short_although_somebody_always_reads() {
    if !is_of(false) {
        return;
    }
    let mut site = Site::new();
    site.options.log_mib = 40;
    let store = site.store();
    let done = std::sync::atomic::AtomicBool::new(false);
    let log = site.folder.path().join(format!("{DATABASE_FILE}-wal"));
    std::thread::scope(|scope| {
        for reader in 0..3u64 {
            let (store, done) = (&store, &done);
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(2 * reader));
                while !done.load(Ordering::Relaxed) {
                    let sql = "SELECT count(*) FROM scrap";
                    let read = |tx: &ReadTx<'_>| {
                        let first: i64 = tx.one(sql, [], |row| row.get(0))?;
                        std::thread::sleep(Duration::from_millis(6));
                        let again: i64 = tx.one(sql, [], |row| row.get(0))?;
                        assert_eq!(first, again, "a snapshot stands still");
                        Ok::<_, StoreError>(())
                    };
                    store.read(read).unwrap();
                }
            });
        }
        // However slow the disk is: some day it is emptied, long before all that is written would be in it.
        let (mut longest, mut emptied) = (0, false);
        for id in 0..600i64 {
            let sql = "INSERT INTO scrap (id, bytes) VALUES (?1, zeroblob(1000000))";
            store.write(move |tx| tx.execute(sql, [id])).unwrap();
            std::thread::sleep(Duration::from_millis(2));
            let length = std::fs::metadata(&log).unwrap().len();
            emptied = length < longest;
            if emptied {
                break;
            }
            longest = length;
        }
        done.store(true, Ordering::Relaxed);
        assert!(emptied && longest > 32 << 20, "{longest}");
    });
}

#[test]
fn an_unknown_or_altered_schema_is_refused_and_left_untouched() {
    const NEW: &str = "INSERT INTO schema_migration VALUES (9999, 'future', ?1)";
    const OTHER: &str = "UPDATE schema_migration SET sha256 = ?1 WHERE number = 1";
    let site = Site::new();
    drop(site.store());
    let conn = site.database();
    conn.execute(NEW, [[0u8].as_slice()]).unwrap();
    let refused = site.open().err().unwrap();
    assert!(matches!(&refused, StoreError::SchemaNewer { number: 9999, name } if name == "future"));
    assert!(refused.to_string().contains("9999_future"), "{refused}");
    conn.execute("DELETE FROM schema_migration WHERE number = 9999", []).unwrap();
    conn.execute(OTHER, [[0u8].as_slice()]).unwrap();
    let refused = site.open().err().unwrap();
    assert!(matches!(&refused, StoreError::SchemaAltered { number: 1, .. }), "{refused}");
    let tables: i64 =
        conn.one("SELECT count(*) FROM schema_migration", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, i64::try_from(MIGRATIONS.len()).unwrap());
}

#[test]
fn a_store_with_a_schema_change_fewer_is_brought_up_to_date() {
    const FEWER: &str = "DROP TABLE taken_file; DROP TABLE taken_version; DROP TABLE taken_gone";
    let site = Site::new();
    drop(site.store());
    let all = i64::try_from(MIGRATIONS.len()).unwrap();
    let applied = || -> i64 {
        let sql = "SELECT count(*) FROM schema_migration";
        site.database().one(sql, [], |row| row.get(0)).unwrap()
    };
    // As a program of before the last change left it.
    let conn = site.database();
    conn.define(FEWER).unwrap();
    conn.execute("DELETE FROM schema_migration WHERE number = ?1", [all]).unwrap();
    drop(conn);
    assert_eq!(applied(), all - 1);
    drop(site.open().unwrap());
    assert_eq!(applied(), all);
}

#[test]
fn another_programs_database_is_not_touched() {
    let site = Site::new();
    site.database().define("CREATE TABLE theirs (a INTEGER) STRICT").unwrap();
    assert!(matches!(site.open(), Err(StoreError::NotAStore(_))));
    let ring = site.ring.clone();
    if on_server() {
        let opened = Store::open_read_only(site.folder.path(), ring, &site.options);
        assert!(matches!(opened, Err(StoreError::NotAStore(_))));
        return;
    }
    let mode: String = site.database().one("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete");
    let folder = tempfile::tempdir().unwrap();
    let opened = Store::open_read_only(folder.path(), ring, &site.options);
    assert!(matches!(opened, Err(StoreError::NotAStore(_))));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_store_opens_with_its_own_keys_and_name_alone() {
    let mut site = Site::new();
    drop(site.store());
    let own = site.ring.clone();
    site.ring = KeyRing::create(&site.folder.path().join("other")).unwrap();
    assert!(matches!(site.open(), Err(StoreError::WrongKeys(_))));
    let mixed = site.folder.path().join("mixed");
    std::fs::create_dir(&mixed).unwrap();
    for (from, file) in
        [("keys", crate::CHECKPOINT_SIGNING_FILE), ("other", crate::KEY_ENCRYPTION_FILE)]
    {
        std::fs::copy(site.folder.path().join(from).join(file), mixed.join(file)).unwrap();
    }
    site.ring = KeyRing::open(&mixed).unwrap();
    assert!(matches!(site.open(), Err(StoreError::WrongKeys(_))));
    site.ring = own;
    site.options.origin = "another.example/log".into();
    assert!(matches!(site.open(), Err(StoreError::OtherOrigin { .. })));
}

#[test]
fn keys_are_never_given_twice_also_when_the_clock_steps_back() {
    let site = Site::new();
    let store = site.store();
    let mut last = 0;
    let mut check = |key: i64| {
        assert!(key > last);
        last = key;
    };
    for _ in 0..1000 {
        check(store.ids().next_key());
    }
    site.clock.set("2026-03-24T08:00:00Z");
    let key = store.write(|tx| Ok::<_, StoreError>(tx.next_key())).unwrap().value;
    assert_eq!(key >> 20, Instant::parse("2026-03-24T08:00:00Z").unwrap().millis());
    check(key);
    drop(store);
    site.clock.set("2026-03-22T08:00:00Z");
    let store = site.store();
    check(store.ids().next_key());
    let ids: std::collections::HashSet<i64> = std::thread::scope(|scope| {
        let store = &store;
        let threads: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..500).map(|_| store.ids().next_key()).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 2000);
    assert!(ids.iter().all(|id| *id > last));
}

#[test]
fn a_store_whose_process_died_goes_on_where_it_was() {
    if !is_of(false) {
        return;
    }
    let site = Site::new();
    let store = site.store();
    let mut last = 0;
    for id in 1..=300 {
        let work = move |tx: &mut WriteTx<'_>| put(tx, id).map(|()| tx.next_key());
        last = store.write(work).unwrap().value;
    }
    // What a process that is killed now would leave behind.
    let left = tempfile::tempdir().unwrap();
    for file in [DATABASE_FILE.to_owned(), format!("{DATABASE_FILE}-wal")] {
        std::fs::copy(site.folder.path().join(&file), left.path().join(&file)).unwrap();
    }
    let before = newest(&store).body;
    drop(store);
    site.clock.set("2026-03-23T07:59:00Z");
    let clock: Arc<dyn Clock> = Arc::<SetClock>::clone(&site.clock);
    let store = Store::open(left.path(), site.ring.clone(), &site.options, clock).unwrap();
    assert_eq!(kept(&store).len(), 300);
    assert!(store.ids().next_key() > last);
    let after = store.write(|tx| put(tx, 301)).unwrap().seal;
    assert_eq!(after.leaves[0].index, 300);
    let after = &after.checkpoint.body;
    let path = store.read(|tx| tx.consistency(before.size, after.size)).unwrap();
    assert!(verify_consistency((300, &before.root), (301, &after.root), &path));
}

/// The part of the next test that is killed: eight callers write and say what was acknowledged. It
/// does nothing outside the folder which that test prepares.
#[test]
#[ignore = "runs as a process of its own, in the next test"]
fn writes_until_killed() {
    let folder = Path::new(".");
    if !folder.join("to-be-killed").exists() {
        return;
    }
    let ring = KeyRing::open(&folder.join("keys")).unwrap();
    let options = StoreOptions::of_origin("archive.example/log");
    let clock = Arc::new(SetClock(AtomicI64::new(0)));
    clock.set("2026-03-23T08:00:00Z");
    let store = Store::open(folder, ring, &options, clock).unwrap();
    let started = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while started.elapsed() < Duration::from_secs(20) {
                    let id = store.ids().next_key();
                    let seal = store.write(move |tx| put(tx, id)).unwrap().seal;
                    println!("acknowledged {id} {}", seal.leaves[0].index);
                }
            });
        }
    });
}

#[test]
fn what_was_acknowledged_outlives_a_killed_process() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    if !is_of(false) {
        return;
    }

    let site = Site::new();
    drop(site.store());
    std::fs::write(site.folder.path().join("to-be-killed"), "").unwrap();
    for _ in 0..3 {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "store::tests::writes_until_killed", "--ignored", "--nocapture"])
            .current_dir(site.folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut acknowledged: Vec<(i64, u64)> = Vec::new();
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let Some((_, numbers)) = line.split_once("acknowledged ") else { continue };
            // The last line may have been cut short.
            let Some((id, leaf)) = numbers.split_once(' ') else { continue };
            acknowledged.push((id.parse().unwrap(), leaf.parse().unwrap_or(u64::MAX)));
            if acknowledged.len() == 400 {
                process.kill().unwrap();
            }
        }
        process.wait().unwrap();
        acknowledged.pop();
        assert!(acknowledged.len() >= 399, "{}", acknowledged.len());

        let store = site.store();
        let kept = kept(&store);
        for (id, index) in acknowledged {
            assert!(kept.contains(&id));
            let hash = store.read(|tx| tx.leaf_hash(index)).unwrap();
            assert_eq!(hash, Some(leaf(id.cast_unsigned())));
        }
        let report = store.read(|tx| tx.verify_log(|_| {})).unwrap();
        assert_eq!((report.leaves, report.damage), (kept.len() as u64, vec![]));
        assert!(kept.iter().all(|id| *id < store.ids().next_key()));
    }
}

#[test]
fn a_full_disk_keeps_nothing_half_and_the_store_goes_on() {
    if !is_of(false) {
        return;
    }
    let site = Site::new();
    let store = site.store();
    let limit = |pages: i64| {
        let work = move |tx: &mut WriteTx<'_>| {
            let now: i64 = tx.one("PRAGMA page_count", [], |row| row.get(0))?;
            tx.session().define(&format!("PRAGMA max_page_count = {}", now + pages))?;
            Ok::<_, StoreError>(())
        };
        store.write(work).unwrap();
    };
    let mut acknowledged: Vec<i64> = Vec::new();
    let mut refused = 0;
    for round in 0..40 {
        limit(round % 8);
        let gate = Gate::shut(&store);
        let waiting: Vec<_> = (0..5)
            .map(|number| {
                let id = round * 10 + number;
                let work = move |tx: &mut WriteTx<'_>| {
                    const SQL: &str = "INSERT INTO scrap (id, bytes) VALUES (?1, zeroblob(?2))";
                    for copy in 0..20 {
                        tx.append_leaf(leaf(id.cast_unsigned() * 100 + copy));
                    }
                    tx.execute(SQL, [id, 9000 * number])
                };
                (id, queue_up(&store, work))
            })
            .collect();
        gate.open();
        for (id, thread) in waiting {
            match thread.join().unwrap() {
                Ok(durable) => {
                    let body = &durable.seal.checkpoint.body;
                    let proofs = &durable.seal.leaves;
                    assert!(proofs.iter().all(|leaf| leaf.root(body.size) == Some(body.root)));
                    acknowledged.push(id);
                }
                Err(StoreError::DiskFull | StoreError::NotCommitted(_)) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(kept(&store), acknowledged);
    }
    assert!(refused > 0 && !acknowledged.is_empty());
    limit(10_000);
    store.write(|tx| put(tx, 100_000)).unwrap();
    let leaves = acknowledged.len() as u64 * 20 + 1;
    let report = store.read(|tx| tx.verify_log(|_| {})).unwrap();
    assert_eq!((report.leaves, report.damage), (leaves, vec![]));
    drop(store);
    assert_eq!(kept(&site.store()).len(), acknowledged.len() + 1);
}

/// OLD-9, OPS-4: what gives way waits for what does not, comes a few at a time while others write, and is all done.
#[test]
fn what_gives_way_comes_last_and_a_few_at_a_time() {
    let site = Site::new();
    let store = site.store();
    let groups = store.metrics().groups;
    let gate = Gate::shut(&store);
    let order = Arc::new(Mutex::new(Vec::new()));
    let behind = |store: &Store, id: i64| {
        let order = Arc::clone(&order);
        queue_up(store, move |tx| {
            order.lock().unwrap().push(id);
            put(tx, id)
        })
    };
    let giving_way = store.giving_way();
    let mut waiting: Vec<_> = (1..=5).map(|id| behind(&giving_way, id)).collect();
    waiting.push(behind(&store, 6));
    gate.open();
    for one in waiting {
        one.join().unwrap().unwrap();
    }
    assert_eq!(*order.lock().unwrap(), [6, 1, 2, 3, 4, 5]);
    assert_eq!(kept(&store), [1, 2, 3, 4, 5, 6]);
    // The gate's own; the one that does not give way with the first that do; the others.
    let own = if on_server() { 4 } else { 6 };
    assert_eq!(store.metrics().groups - groups, own);
}

#[test]
fn a_commit_that_fails_fails_its_whole_group() {
    /// Stands in for an operation, and notes how it was answered.
    struct Noting(Sender<Result<Seal, StoreError>>, bool);
    impl Operation for Noting {
        fn run(&mut self, tx: &mut WriteTx<'_>) -> bool {
            tx.append_leaf(leaf(1));
            if self.1 {
                // Ends the transaction under the writer, as SQLite does when the disk fails.
                let _ = tx.session().define(if on_server() {
                    "SELECT pg_terminate_backend(pg_backend_pid())"
                } else {
                    "ROLLBACK"
                });
            }
            true
        }
        fn refuse(&mut self, _: StoreError) {}
        fn reply(self: Box<Self>, outcome: Result<Seal, StoreError>) {
            self.0.send(outcome).unwrap();
        }
    }
    let site = Site::new();
    let store = site.store();
    let gate = Gate::shut(&store);
    let (note, noted) = channel();
    for breaks in [false, false, true, false] {
        let counters = &store.inside.shared.counters;
        counters.waiting.fetch_add(1, Ordering::Relaxed);
        let operation = Box::new(Noting(note.clone(), breaks));
        let job = Job::Run { operation, gives_way: false };
        store.inside.jobs.as_ref().unwrap().send(job).unwrap();
    }
    gate.open();
    let outcomes: Vec<_> = (0..4).map(|_| noted.recv().unwrap()).collect();
    for lost in &outcomes[..3] {
        assert!(matches!(lost, Err(StoreError::NotCommitted(_) | StoreError::Unavailable(_))));
    }
    let seal = outcomes[3].as_ref().unwrap();
    assert_eq!((seal.leaves[0].index, seal.checkpoint.body.size), (0, 1));
    assert_eq!(store.metrics().failed_groups, 1);
}

#[test]
fn a_clients_key_is_made_once_and_destroyed_for_good() {
    let site = Site::new();
    let store = site.store();
    let client = ClientKey(7);
    let find = || store.read(|tx| tx.client_data_key(client)).unwrap();
    let undone = store.write(move |tx| {
        tx.make_client_key(client)?;
        Err::<(), _>(Ended::Failed)
    });
    assert!(matches!(undone, Err(Ended::Failed)));
    assert!(find().is_none(), "a key that was never committed must encrypt nothing");

    let made = store.write(move |tx| tx.make_client_key(client)).unwrap().value;
    let sealed = made.seal(b"here", b"text");
    let again = store.write(move |tx| tx.make_client_key(client)).unwrap().value;
    assert_eq!(again.open(b"here", &sealed).unwrap(), b"text");
    assert_eq!(find().unwrap().open(b"here", &sealed).unwrap(), b"text");
    drop(store);

    let store = site.store();
    let find = || store.read(|tx| tx.client_data_key(client)).unwrap();
    assert_eq!(find().unwrap().salt("content", 1), made.salt("content", 1));
    let undone = store.write(move |tx| {
        tx.destroy_client_key(client)?;
        Err::<(), _>(Ended::Failed)
    });
    assert!(matches!(undone, Err(Ended::Failed)));
    assert_eq!(find().unwrap().salt("content", 1), made.salt("content", 1));
    assert!(store.write(move |tx| tx.destroy_client_key(client)).unwrap().value);
    assert!(find().is_none());
    assert!(!store.write(move |tx| tx.destroy_client_key(client)).unwrap().value);
    let revived = store.write(move |tx| tx.make_client_key(client).map(|_| ()));
    assert!(matches!(revived, Err(StoreError::Conflict(_))));
}

#[test]
fn a_destroyed_key_leaves_no_bytes_in_the_files() {
    if !is_of(false) {
        return;
    }
    let site = Site::new();
    let store = site.store();
    let client = ClientKey(7);
    store.write(move |tx| tx.make_client_key(client).map(|_| ())).unwrap();
    let sql = "SELECT wrapped FROM client_key WHERE client_key = 7";
    let wrapped: Vec<u8> = store.read(|tx| tx.one(sql, [], |row| row.get(0))).unwrap();
    store.write(move |tx| tx.destroy_client_key(client)).unwrap();
    store.close();
    let file = std::fs::read(site.folder.path().join(DATABASE_FILE)).unwrap();
    assert!(!file.windows(16).any(|bytes| bytes == &wrapped[..16]));
}

#[test]
fn dictionaries_are_kept_and_used_over_restarts() {
    let site = Site::new();
    let store = site.store();
    let samples: Vec<Vec<u8>> = (0..300)
        .map(|n| {
            format!("{{\"kirjaus\":\"Asiakas {n} soitti ja peruutti tapaamisen {}\"}}", n * 7)
                .into_bytes()
        })
        .collect();
    let trained = crate::train_dictionary(&samples).unwrap();
    let client = ClientKey(1);
    let work = move |tx: &mut WriteTx<'_>| {
        tx.insert_dictionary("note", &trained)?;
        tx.make_client_key(client)?;
        tx.insert_dictionary("note", &trained)
    };
    assert_eq!(store.write(work).unwrap().value, 2);
    let broken = store.write(|tx| tx.insert_dictionary("note", b"\x37\xa4\x30\xecno dictionary"));
    assert!(matches!(broken, Err(StoreError::Damaged(_))));
    let newest = store.read(|tx| tx.newest_dictionary("note")).unwrap();
    assert_eq!(newest, Some(2));
    let place = Place { what: "content", key: 5 };
    let key = store.read(|tx| tx.client_data_key(client)).unwrap().unwrap();
    let sealed = store.seal_parts(2, &key, place, &[&samples[3], b"view"]).unwrap();
    assert!(store.seal_parts(9, &key, place, &[b"text"]).is_err());
    drop(store);
    let store = site.store();
    let parts = store.read(|tx| {
        let key = tx.client_data_key(client)?.unwrap();
        tx.open_parts(&key, place, &sealed)
    });
    assert_eq!(parts.unwrap(), [samples[3].clone(), b"view".to_vec()]);
}

#[test]
fn identity_codes_are_looked_up_by_a_digest_that_needs_the_key() {
    let (one, other) = (Site::new(), Site::new());
    let (a, b) = (one.store(), other.store());
    let hash = a.keys().lookup_hash("010190-9013");
    assert_ne!(hash, b.keys().lookup_hash("010190-9013"));
    drop(a);
    assert_eq!(one.store().keys().lookup_hash("010190-9013"), hash);
}

/// Rows of 1.2 kB with one leaf each, from 1, 16 and 64 callers. Run it in release, alone:
/// `cargo test --release -p varanto-store -- --ignored --nocapture durable_operations_a_second`.
#[test]
#[ignore = "a measurement"]
fn durable_operations_a_second() {
    const SQL: &str = "INSERT INTO scrap (id, bytes) VALUES (?1, ?2)";
    let site = Site::new();
    let store = site.store();
    for callers in [1i64, 16, 64] {
        let before = store.metrics();
        let started = std::time::Instant::now();
        std::thread::scope(|scope| {
            for caller in 0..callers {
                let store = &store;
                scope.spawn(move || {
                    let until = std::time::Duration::from_secs(3);
                    let mut count = 0u64;
                    while started.elapsed() < until {
                        let id = store.ids().next_key();
                        let mut row = vec![0u8; 1200];
                        for (at, bytes) in row.chunks_exact_mut(32).enumerate() {
                            bytes.copy_from_slice(&leaf(id.cast_unsigned() ^ at as u64));
                        }
                        let work = move |tx: &mut WriteTx<'_>| {
                            tx.append_leaf(leaf(id.cast_unsigned()));
                            tx.execute(SQL, params![id, row])
                        };
                        store.write(work).unwrap();
                        count += 1;
                    }
                    assert!(count > 0, "caller {caller} came to nothing");
                });
            }
        });
        let after = store.metrics();
        let operations = after.operations - before.operations;
        let groups = after.groups - before.groups;
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap();
        println!(
            "{callers:2} callers: {} operations a second, {} a group, {} us a commit",
            operations * 1000 / millis,
            operations / groups,
            (after.commit_micros - before.commit_micros) / groups,
        );
    }
}
