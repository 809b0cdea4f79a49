//! What is of the server engine alone: sessions that are lost, a server that is killed, others that write. They run
//! where the tests are about it, each on a database or a server of its own.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::WriteTx;

pub(super) fn put(tx: &mut WriteTx<'_>, id: i64) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO scrap (id, bytes) VALUES (?1, ?2)";
    tx.execute(SQL, params![id, vec![7u8; 100]])?;
    tx.append_leaf(leaf(id.cast_unsigned()));
    Ok(())
}

pub(super) fn kept(store: &Store) -> Vec<i64> {
    store.read(|tx| tx.all("SELECT id FROM scrap ORDER BY id", [], |row| row.get(0))).unwrap()
}

/// A site on a server of its own.
fn site_on(server: &postgres::Server) -> Site {
    let address = server.address(&server.create(None).unwrap());
    let mut site = Site::new();
    site.options.server = Some(ServerAddress::new(&address, None, None).unwrap());
    site
}

/// Ends every session of stores in a database, as an operator may.
pub(super) fn end_sessions(site: &Site) {
    const SQL: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let _: i64 = site.database().one(SQL, [], |row| row.get(0)).unwrap();
}

/// Tells writers to end, also when the test ends otherwise than it should.
struct Ending<'d>(&'d AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// OPS-2: a session that was lost while nothing happened is found again, by writers and readers.
#[test]
fn a_session_lost_while_idle_is_opened_anew() {
    if !is_of(true) {
        return;
    }
    let site = Site::new();
    let store = site.store();
    for id in 1..=3 {
        store.write(move |tx| put(tx, id)).unwrap();
        assert_eq!(kept(&store), (1..=id).collect::<Vec<_>>());
        end_sessions(&site);
    }
    let seal = store.write(|tx| put(tx, 4)).unwrap().seal;
    assert_eq!((seal.leaves[0].index, kept(&store)), (3, vec![1, 2, 3, 4]));
}

/// OPS-2: a commit in whose midst the session is lost is answered as unknown, never as done, and what is written next
/// stands on what the database holds.
#[test]
fn a_commit_that_is_cut_off_is_answered_as_unknown() {
    if !is_of(true) {
        return;
    }
    let site = Site::new();
    let store = site.store();
    store.write(|tx| put(tx, 1)).unwrap();
    let harm = site.database();
    harm.define(
        "CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
        CREATE CONSTRAINT TRIGGER cut_off AFTER INSERT ON scrap DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION cut_off()",
    )
    .unwrap();
    let cut = store.write(|tx| put(tx, 2));
    assert!(matches!(cut, Err(StoreError::OutcomeUnknown(_))), "{cut:?}");
    harm.define("DROP TRIGGER cut_off ON scrap").unwrap();
    let seal = store.write(|tx| put(tx, 3)).unwrap().seal;
    assert_eq!((seal.leaves[0].index, kept(&store)), (1, vec![1, 3]));
    let report = store.read(|tx| tx.verify_log(|_| {})).unwrap();
    assert_eq!((report.leaves, report.damage), (2, vec![]));
}

/// OPS-2: what was acknowledged outlives sessions that are ended and a server that is killed, and of nothing there is
/// half.
#[test]
fn what_was_acknowledged_outlives_a_killed_server() {
    if !is_of(true) {
        return;
    }
    let mut server = postgres::Server::start(true).unwrap();
    let site = site_on(&server);
    let store = site.store();
    let told = written_while(&store, || {
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(700));
            end_sessions(&site);
            std::thread::sleep(Duration::from_millis(700));
            server.kill().unwrap();
            server.start_again().unwrap();
        }
        std::thread::sleep(Duration::from_millis(700));
    });
    told.hold_against(&store);
}

/// OPS-2: when the primary is killed under load and its synchronous standby promoted, the store finds the new primary by
/// itself, over TLS, and everything that was acknowledged is there.
#[test]
fn what_was_acknowledged_outlives_a_primary_whose_standby_takes_over() {
    if !is_of(true) {
        return;
    }
    let shown = postgres::Shown::for_names(&["localhost"]).unwrap();
    let mut primary = postgres::Server::start_on_network(&shown, "geheim").unwrap();
    let database = primary.create(None).unwrap();
    let standby = primary.standby().unwrap();
    let mut site = Site::embedded();
    let hosts = format!("{},{}", primary.host(), standby.host());
    site.options.server = Some(over_network(&hosts, &database, &shown, "geheim"));
    let store = site.store();
    let before = store.generation();
    let mut acknowledged_at_the_end = 0;
    let told = written_while(&store, || {
        std::thread::sleep(Duration::from_millis(1500));
        primary.kill().unwrap();
        std::thread::sleep(Duration::from_millis(500));
        standby.promote().unwrap();
        let until = std::time::Instant::now() + Duration::from_secs(30);
        while store.generation() == before && std::time::Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
        acknowledged_at_the_end = kept(&store).len();
        std::thread::sleep(Duration::from_millis(1500));
    });
    assert!(told.acknowledged.len() > acknowledged_at_the_end, "nothing was written after");
    told.hold_against(&store);
}

/// OPS-2: a full disk of the database's server refuses what it cannot keep and loses nothing, and on it goes when there is
/// room, whether the server got over it or had to be started again.
#[test]
fn a_full_disk_of_the_server_keeps_what_it_has_and_goes_on_with_more_room() {
    if !is_of(true) {
        return;
    }
    let Some(mut server) = postgres::Server::start_on_disk(80).unwrap() else {
        println!("skipped: a disk of its own can only be made by root");
        return;
    };
    let site = site_on(&server);
    let store = site.store();
    let put_much = |id: i64| {
        store.write(move |tx| {
            const SQL: &str = "INSERT INTO scrap (id, bytes) VALUES (?1, ?2)";
            // Bytes that cannot be compressed.
            let mut bytes = vec![0u8; 100_000];
            aws_lc_rs::rand::fill(&mut bytes).unwrap();
            tx.execute(SQL, params![id, bytes])?;
            tx.append_leaf(leaf(id.cast_unsigned()));
            Ok::<_, StoreError>(())
        })
    };
    let mut told = Told::default();
    let mut full = None;
    for id in 1..=2000 {
        match put_much(id) {
            Ok(durable) => told.acknowledged.push((id, durable.seal.leaves[0].index)),
            Err(error) => {
                full = Some(error);
                told.unknown.push(id);
                break;
            }
        }
    }
    let full = full.expect("the disk is full before 200 MB are in 80");
    let refusal = matches!(
        full,
        StoreError::DiskFull | StoreError::Unavailable(_) | StoreError::OutcomeUnknown(_)
    );
    assert!(refusal, "{full:?}");
    println!("full after {}: {full}", told.acknowledged.len());
    server.grow_disk(400).unwrap();
    let until = std::time::Instant::now() + Duration::from_mins(1);
    for id in 3001..=3010 {
        let index = loop {
            match put_much(id) {
                Ok(durable) => break durable.seal.leaves[0].index,
                Err(error) => assert!(std::time::Instant::now() < until, "{error}"),
            }
        };
        told.acknowledged.push((id, index));
    }
    told.hold_against(&store);
}

/// OPS-1, OPS-2: the store is let in over the network with the password, and sends it to nobody who does not show the
/// certificate of the right authority for the right name.
#[test]
fn a_database_over_the_network_shows_who_it_is() {
    if !is_of(true) {
        return;
    }
    let shown = postgres::Shown::for_names(&["localhost", "127.0.0.1"]).unwrap();
    let server = postgres::Server::start_on_network(&shown, "geheim").unwrap();
    let (database, port) = (server.create(None).unwrap(), server.host());
    let port = port.trim_start_matches("localhost:");
    let mut site = Site::embedded();
    let mut open = |address: ServerAddress| {
        site.options.server = Some(address);
        site.open().map(drop)
    };
    for host in ["localhost", "127.0.0.1"] {
        let address = over_network(&format!("{host}:{port}"), &database, &shown, "geheim");
        open(address).unwrap();
    }
    let here = format!("localhost:{port}");
    let others = postgres::Shown::for_names(&["localhost"]).unwrap();
    let refusals = [
        ("another authority", over_network(&here, &database, &others, "geheim")),
        ("another password", over_network(&here, &database, &shown, "anderes")),
        ("in the clear", {
            let url = format!("postgres://varanto@{here}/{database}?sslmode=disable");
            ServerAddress::new(&url, Some("geheim"), None).unwrap()
        }),
    ];
    for (what, address) in refusals {
        let refused = open(address).unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{what}: {refused:?}");
        let told = refused.to_string();
        assert!(!told.contains("geheim") && !told.contains("anderes"), "{what}: {told}");
    }
    let shown = postgres::Shown::for_names(&["db.example.fi"]).unwrap();
    let server = postgres::Server::start_on_network(&shown, "geheim").unwrap();
    let address = over_network(&server.host(), "postgres", &shown, "geheim");
    let refused = open(address).unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "another name: {refused:?}");
}

fn over_network(
    hosts: &str,
    database: &str,
    shown: &postgres::Shown,
    password: &str,
) -> ServerAddress {
    let url = format!("postgres://varanto@{hosts}/{database}");
    let authority = shown.authority_pem.as_bytes();
    ServerAddress::new(&url, Some(password), Some(authority)).unwrap()
}

/// What writers heard of what they wrote.
#[derive(Default)]
pub(super) struct Told {
    /// Which rows are durable, and the place of each one's leaf.
    pub(super) acknowledged: Vec<(i64, u64)>,
    /// Of which nobody knows.
    pub(super) unknown: Vec<i64>,
}

impl Told {
    /// Everything that was acknowledged is there, nothing is half, and nothing that was refused is there.
    pub(super) fn hold_against(&self, store: &Store) {
        println!("{} acknowledged, {} unknown", self.acknowledged.len(), self.unknown.len());
        assert!(self.acknowledged.len() > 50, "{}", self.acknowledged.len());
        let kept: HashSet<i64> = kept(store).into_iter().collect();
        for (id, index) in &self.acknowledged {
            assert!(kept.contains(id), "{id} was acknowledged");
            let hash = store.read(|tx| tx.leaf_hash(*index)).unwrap();
            assert_eq!(hash, Some(leaf(id.cast_unsigned())));
        }
        let known: HashSet<i64> = self.acknowledged.iter().map(|(id, _)| *id).collect();
        assert!(kept.iter().all(|id| known.contains(id) || self.unknown.contains(id)));
        let report = store.read(|tx| tx.verify_log(|_| {})).unwrap();
        assert_eq!((report.leaves, report.damage), (kept.len() as u64, vec![]));
    }
}

/// Writes from four threads for as long as something else goes on.
pub(super) fn written_while(store: &Store, goes_on: impl FnOnce()) -> Told {
    let done = AtomicBool::new(false);
    let write = || {
        let mut told = Told::default();
        while !done.load(Ordering::Relaxed) {
            let id = store.ids().next_key();
            match store.write(move |tx| put(tx, id)) {
                Ok(durable) => told.acknowledged.push((id, durable.seal.leaves[0].index)),
                Err(StoreError::OutcomeUnknown(_)) => told.unknown.push(id),
                Err(StoreError::Unavailable(_) | StoreError::NotCommitted(_)) => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(other) => panic!("{other}"),
            }
        }
        told
    };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..4).map(|_| scope.spawn(write)).collect();
        let ending = Ending(&done);
        goes_on();
        drop(ending);
        writers.into_iter().map(|writer| writer.join().unwrap()).fold(
            Told::default(),
            |mut all, told| {
                all.acknowledged.extend(told.acknowledged);
                all.unknown.extend(told.unknown);
                all
            },
        )
    })
}

/// OPS-2: one program writes at a time. Another takes over when the first has lost the database, and the first goes on
/// from what the other left.
#[test]
fn another_program_takes_over_and_hands_back() {
    if !is_of(true) {
        return;
    }
    let site = Site::new();
    let first = site.store();
    let client = ClientKey(7);
    first.write(|tx| put(tx, 1)).unwrap();
    first.write(move |tx| tx.make_client_key(client).map(|_| ())).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::<SetClock>::clone(&site.clock);
    let open = || {
        let (ring, clock) = (site.ring.clone(), Arc::clone(&clock));
        Store::open(elsewhere.path(), ring, &site.options, clock)
    };
    assert!(matches!(open(), Err(StoreError::Locked(_))));
    end_sessions(&site);
    let second = open().unwrap();
    let refused = first.write(|tx| put(tx, 2));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    second.write(|tx| put(tx, 3)).unwrap();
    second.write(move |tx| tx.destroy_client_key(client)).unwrap();
    let given = second.write(|tx| Ok::<_, StoreError>(tx.next_key())).unwrap().value;
    second.close();
    let seal = first.write(|tx| put(tx, 4)).unwrap().seal;
    assert_eq!((seal.leaves[0].index, kept(&first)), (2, vec![1, 3, 4]));
    assert!(first.ids().next_key() > given);
    assert!(first.read(|tx| tx.client_data_key(client)).unwrap().is_none());
}

/// OPS-2: on a database that has come back without what was acknowledged, nothing is built.
#[test]
fn a_database_that_came_back_older_is_not_written_to() {
    if !is_of(true) {
        return;
    }
    let site = Site::new();
    let store = site.store();
    store.write(|tx| put(tx, 1)).unwrap();
    let older = newest(&store);
    store.write(|tx| put(tx, 2)).unwrap();
    let harm = site.database();
    harm.execute("DELETE FROM checkpoint WHERE size = 2", []).unwrap();
    let sql = "UPDATE checkpoint SET note = ?1 WHERE size = 1";
    harm.execute(sql, [older.note.as_str()]).unwrap();
    end_sessions(&site);
    for id in [3, 4] {
        let refused = store.write(move |tx| put(tx, id)).unwrap_err().to_string();
        assert!(refused.contains("acknowledged"), "{refused}");
    }
    assert_eq!(newest(&store), older);
}

/// OPS-2: while the database takes no writes, as a standby does, writes are refused as unavailable, and go on after.
#[test]
fn a_database_that_takes_no_writes_is_unavailable() {
    if !is_of(true) {
        return;
    }
    let site = Site::new();
    let store = site.store();
    store.write(|tx| put(tx, 1)).unwrap();
    let only_reads = |yes: &str| {
        let harm = site.database();
        harm.define("SET default_transaction_read_only = off").unwrap();
        let name: String =
            harm.one("SELECT current_database()::text", [], |row| row.get(0)).unwrap();
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = {yes}");
        harm.define(&sql).unwrap();
        end_sessions(&site);
    };
    only_reads("on");
    let refused = store.write(|tx| put(tx, 2));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let reading = site.open_read_only();
    assert_eq!(kept(&reading), [1]);
    only_reads("off");
    store.write(|tx| put(tx, 3)).unwrap();
    assert_eq!(kept(&store), [1, 3]);
}

/// OPS-2: a server that takes no writes for a while, and keeps its connections, is written to again when it does.
#[test]
fn a_server_that_takes_no_writes_for_a_while_is_written_to_again() {
    if !is_of(true) {
        return;
    }
    let server = postgres::Server::start(false).unwrap();
    let store = site_on(&server).store();
    store.write(|tx| put(tx, 1)).unwrap();
    let only_reads = |yes: &str| {
        let sql = format!("ALTER SYSTEM SET default_transaction_read_only = {yes}");
        server.ask("postgres", &sql).unwrap();
        server.ask("postgres", "SELECT pg_reload_conf()").unwrap();
        std::thread::sleep(Duration::from_millis(300));
    };
    only_reads("on");
    for _ in 0..2 {
        let refused = store.write(|tx| put(tx, 2));
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    }
    only_reads("off");
    store.write(|tx| put(tx, 3)).unwrap();
    assert_eq!(kept(&store), [1, 3]);
}

/// OPS-2: a server that hangs and says nothing is lost to who writes and who reads, in seconds; when it goes on, they do.
#[test]
fn a_server_that_hangs_holds_nobody_up() {
    if !is_of(true) {
        return;
    }
    let server = postgres::Server::start(false).unwrap();
    let store = site_on(&server).store();
    store.write(|tx| put(tx, 1)).unwrap();
    assert_eq!(kept(&store), [1]);
    let generation = store.generation();
    server.freeze(true).unwrap();
    let begun = std::time::Instant::now();
    let refused = store.write(|tx| put(tx, 2));
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let read = store.read(|tx| tx.leaf_hash(0));
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    assert!(store.generation() > generation);
    server.freeze(false).unwrap();
    let until = std::time::Instant::now() + Duration::from_secs(30);
    while let Err(error) = store.write(|tx| put(tx, 3)) {
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert!(std::time::Instant::now() < until, "{error}");
    }
    assert_eq!(kept(&store), [1, 3]);
}

/// OPS-2: who comes back to a database that a newer program has changed meanwhile writes nothing into it, however often it
/// tries.
#[test]
fn a_database_that_became_newer_meanwhile_is_not_written_to() {
    if !is_of(true) {
        return;
    }
    let site = Site::new();
    let store = site.store();
    store.write(|tx| put(tx, 1)).unwrap();
    end_sessions(&site);
    let elsewhere = tempfile::tempdir().unwrap();
    let clock: Arc<dyn Clock> = Arc::<SetClock>::clone(&site.clock);
    let changes: Vec<Migration> =
        MIGRATIONS.iter().copied().chain([crate::migrations::NEWER]).collect();
    let ring = site.ring.clone();
    Store::open_with(elsewhere.path(), ring, &site.options, clock, &changes).unwrap().close();
    for id in [2, 3] {
        let refused = store.write(move |tx| put(tx, id)).unwrap_err().to_string();
        assert!(refused.contains("9999_newer"), "{refused}");
    }
    assert_eq!(kept(&store), [1]);
}

/// OPS-2: damage to the tables of a server's database, and rows that name what there is not, are found.
#[test]
fn changed_tables_and_missing_terms_are_found() {
    if !is_of(true) {
        return;
    }
    let site = Site::new();
    drop(site.open().unwrap());
    let store = site.open().unwrap();
    let look = || {
        store
            .read(|tx| Ok::<_, StoreError>([tx.verify_schema()?, tx.verify_database()?].concat()))
            .unwrap()
    };
    assert_eq!(look(), []);
    let harm = site.database();
    harm.define("ALTER TABLE tally ADD COLUMN theirs INTEGER; DROP INDEX log_by_time").unwrap();
    harm.execute("INSERT INTO tally VALUES (77, 1, 1, 1, 1, 1)", []).unwrap();
    let places: Vec<String> = look().into_iter().map(|damage| damage.place).collect();
    assert_eq!(
        places,
        [
            "schema index log_by_time",
            "schema column tally.theirs",
            "table tally, column controller, value Some(77)"
        ]
    );
}

/// OPS-3: a database of a server is not backed up page by page, and who asks is told what to use.
#[test]
fn a_backup_by_pages_says_what_to_use_instead() {
    if !is_of(true) {
        return;
    }
    let site = Site::new();
    let (store, data) = (site.store(), site.folder.path());
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = elsewhere.path().join("backups");
    crate::BackupFolder::begin(&folder, &site.ring, &site.options.origin).unwrap();
    let origin = &site.options.origin;
    let folder = crate::BackupFolder::open_to_write(&folder, &site.ring, origin).unwrap();
    let taken = store.back_up(&folder, data, &[], Instant::from_millis(0), |_, _| Ok(()));
    let told = taken.unwrap_err();
    assert!(matches!(told, StoreError::OnServer), "{told}");
    assert!(told.to_string().contains("pg_basebackup"));
    assert!(folder.list().unwrap().whole.is_empty());
}
