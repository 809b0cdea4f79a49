//! Several programs that write into one database of a server at the same time, each a store of its own here. They run
//! where the tests are about the server engine.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;

use super::server::{Told, end_sessions, kept, put, written_while};
use super::*;

/// Stores that are open over one database, each in a folder of its own.
struct Several {
    site: Site,
    folders: Vec<TempDir>,
}

impl Several {
    fn new() -> Self {
        let mut site = Site::new();
        drop(site.store());
        site.options.together = true;
        Self { site, folders: Vec::new() }
    }

    /// Opens one more; its clock stands somewhere else.
    fn open_with(&mut self, time: &str, migrations: &[Migration]) -> Result<Store, StoreError> {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SetClock(AtomicI64::new(0)));
        clock.set(time);
        let site = &self.site;
        let ring = site.ring.clone();
        let opened = Store::open_with(folder.path(), ring, &site.options, clock, migrations);
        self.folders.push(folder);
        opened
    }

    fn open(&mut self) -> Store {
        self.open_with("2026-03-23T08:00:00Z", MIGRATIONS).unwrap()
    }
}

fn log_size(tx: &ReadTx<'_>) -> Result<u64, StoreError> {
    tx.log_size()
}

/// Everything that any of them acknowledged is there for each of them, and the log is one.
fn hold(told: Vec<Told>, stores: &[Store]) {
    let mut all = Told::default();
    for told in told {
        assert!(
            told.acknowledged.len() > 20,
            "one of them got nowhere: {}",
            told.acknowledged.len()
        );
        all.acknowledged.extend(told.acknowledged);
        all.unknown.extend(told.unknown);
    }
    let places: HashSet<u64> = all.acknowledged.iter().map(|(_, place)| *place).collect();
    assert_eq!(places.len(), all.acknowledged.len(), "two leaves have one place");
    for store in stores {
        all.hold_against(store);
    }
    let heads: HashSet<String> = stores.iter().map(|store| newest(store).note).collect();
    assert_eq!(heads.len(), 1, "each knows the same end of the log");
}

/// OPS-1, OPS-2: two that write at the same time make one log, and what one acknowledged the other reads at once.
#[test]
fn two_that_write_at_the_same_time_make_one_log() {
    if !is_of(true) {
        return;
    }
    let mut several = Several::new();
    let stores = [several.open(), several.open()];
    let told = std::thread::scope(|scope| {
        let pause = || std::thread::sleep(Duration::from_secs(2));
        let both: Vec<_> =
            stores.iter().map(|store| scope.spawn(move || written_while(store, pause))).collect();
        // Meanwhile what one acknowledges is looked for at the other.
        for turn in 0..40 {
            let (here, there) = (&stores[turn % 2], &stores[(turn + 1) % 2]);
            let id = here.ids().next_key();
            let seal = here.write(move |tx| put(tx, id)).unwrap().seal;
            assert!(kept(there).contains(&id), "{id} is not there yet");
            let place = seal.leaves[0].index;
            assert!(there.read(log_size).unwrap() > place);
            let there = there.read(|tx| tx.seal_of(place)).unwrap();
            assert_eq!((&there.0, &there.1), (&*seal.checkpoint, &seal.leaves[0]), "one receipt");
        }
        both.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    let both: usize = told.iter().map(|told| told.acknowledged.len()).sum();
    let leaves = stores[0].read(log_size).unwrap();
    assert_eq!(leaves, both as u64 + 40);
    let report = stores[1].read(|tx| tx.verify_log(|_| {})).unwrap();
    assert_eq!((report.leaves, report.damage), (leaves, vec![]));
}

/// OPS-2: sessions that are cut while two write lose nothing that was acknowledged by either, and the log stays one.
#[test]
fn two_whose_sessions_are_cut_lose_nothing() {
    if !is_of(true) {
        return;
    }
    let mut several = Several::new();
    let stores = [several.open(), several.open()];
    let done = AtomicBool::new(false);
    let told = std::thread::scope(|scope| {
        let until_done = || {
            while !done.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(20));
            }
        };
        let both: Vec<_> = stores
            .iter()
            .map(|store| scope.spawn(move || written_while(store, until_done)))
            .collect();
        for _ in 0..8 {
            std::thread::sleep(Duration::from_millis(400));
            end_sessions(&several.site);
        }
        std::thread::sleep(Duration::from_millis(400));
        done.store(true, Ordering::Relaxed);
        both.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    hold(told, &stores);
}

/// ARC-12, OPS-2: a key that one destroyed opens nothing at the other, which had it in memory and has written nothing since.
#[test]
fn a_key_that_another_destroyed_opens_nothing_here() {
    if !is_of(true) {
        return;
    }
    let mut several = Several::new();
    let (first, second) = (several.open(), several.open());
    let client = ClientKey(7);
    first.write(move |tx| tx.make_client_key(client).map(drop)).unwrap();
    let key_at = |store: &Store| store.read(|tx| tx.client_data_key(client)).unwrap();
    assert!(key_at(&first).is_some() && key_at(&second).is_some());
    // One whose snapshot is of before keeps nothing in memory after.
    let (looked, entered) = channel();
    let (go_on, wait) = channel::<()>();
    let reading = {
        let second = second.clone();
        spawn(move || {
            second.read(|tx| {
                tx.log_size()?;
                looked.send(()).unwrap();
                wait.recv().unwrap();
                tx.client_data_key(client).map(|key| key.is_some())
            })
        })
    };
    entered.recv().unwrap();
    first.write(move |tx| tx.destroy_client_key(client)).unwrap();
    assert!(key_at(&second).is_none());
    go_on.send(()).unwrap();
    assert!(reading.join().unwrap().unwrap(), "its snapshot has the key still");
    assert!(key_at(&second).is_none() && key_at(&first).is_none());
    let written = second.write(move |tx| tx.make_client_key(client).map(drop));
    assert!(matches!(written, Err(StoreError::Conflict(_))), "{written:?}");
}

/// OPS-2: whoever asks hears that another has changed what is kept in memory, once, and not of what is not kept so.
#[test]
fn what_another_changed_is_heard_by_who_asks() {
    if !is_of(true) {
        return;
    }
    let mut several = Several::new();
    let (first, second) = (several.open(), several.open());
    second.listen().unwrap();
    let before = second.generation();
    first.write(|tx| put(tx, 1)).unwrap();
    second.listen().unwrap();
    assert_eq!(second.generation(), before, "a row is no news");
    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "the method alone is not general enough"
    )]
    first.write(|tx| tx.tell_others()).unwrap();
    assert_eq!(second.generation(), before, "nobody has asked yet");
    second.listen().unwrap();
    let heard = second.generation();
    assert!(heard > before);
    second.listen().unwrap();
    assert_eq!(second.generation(), heard);
}

/// OPS-2: a key that is given after another's was read is above it, though this one's clock is behind.
#[test]
fn keys_rise_from_one_to_the_other_wherever_their_clocks_are() {
    if !is_of(true) {
        return;
    }
    let mut several = Several::new();
    let ahead = several.open_with("2026-03-23T09:00:00Z", MIGRATIONS).unwrap();
    let behind = several.open_with("2026-03-23T08:00:00Z", MIGRATIONS).unwrap();
    for turn in 1..=3 {
        let given = ahead.write(move |tx| put(tx, turn).map(|()| tx.next_key())).unwrap().value;
        assert!(kept(&behind).contains(&turn));
        let next = behind.ids().next_key();
        assert!(next > given, "{next} after {given}");
        behind.write(move |tx| put(tx, 100 + turn)).unwrap();
        assert!(kept(&ahead).contains(&(100 + turn)));
        assert!(ahead.ids().next_key() > next);
    }
}

/// OPS-1: who wants the database alone has to wait for those who have it open together, and they for who has it alone.
#[test]
fn who_wants_it_alone_waits_for_the_others() {
    if !is_of(true) {
        return;
    }
    let mut several = Several::new();
    let (first, second) = (several.open(), several.open());
    several.site.options.together = false;
    let refused = several.open_with("2026-03-23T08:00:00Z", MIGRATIONS).err();
    assert!(matches!(refused, Some(StoreError::Locked(_))), "{refused:?}");
    first.close();
    second.close();
    let alone = several.open();
    several.site.options.together = true;
    let refused = several.open_with("2026-03-23T08:00:00Z", MIGRATIONS).err();
    assert!(matches!(refused, Some(StoreError::Locked(_))), "{refused:?}");
    alone.write(|tx| put(tx, 1)).unwrap();
    alone.close();
    several.open().write(|tx| put(tx, 2)).unwrap();
}

/// OPS-1, OPS-2: beside a database that a newer program has changed an older one neither reads nor writes, says why, and
/// is known to be of no more use; the newer one works.
#[test]
fn an_older_one_stops_beside_a_newer_one() {
    if !is_of(true) {
        return;
    }
    let mut several = Several::new();
    let older = several.open();
    older.write(|tx| put(tx, 1)).unwrap();
    let changes: Vec<Migration> =
        MIGRATIONS.iter().copied().chain([crate::migrations::NEWER]).collect();
    let newer = several.open_with("2026-03-23T08:00:00Z", &changes).unwrap();
    assert!(!older.metrics().superseded);
    let why = |error: Option<StoreError>| match error {
        Some(StoreError::Unavailable(why)) => assert!(why.contains("9999_newer"), "{why}"),
        other => panic!("{other:?}"),
    };
    for _ in 0..2 {
        why(older.read(log_size).err());
        why(older.write(|tx| put(tx, 2)).err());
        why(older.listen().err());
    }
    assert!(older.metrics().superseded);
    drop(newer);
}

/// OPS-2: one that stands still in the midst of writing, as a machine does that is paused, holds the others up for twenty
/// seconds, in which they wait; it then learns that nothing of it was kept.
#[test]
fn one_that_stands_still_holds_nobody_up_for_long() {
    if !is_of(true) {
        return;
    }
    let mut several = Several::new();
    let (first, second) = (several.open(), several.open());
    first.write(|tx| put(tx, 1)).unwrap();
    let (entered, inside) = channel();
    let (go_on, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let still = {
        let first = first.clone();
        spawn(move || {
            first.write(move |tx| {
                put(tx, 2)?;
                let _ = entered.send(());
                let _ = wait.lock().unwrap().recv();
                put(tx, 3)
            })
        })
    };
    inside.recv().unwrap();
    let begun = std::time::Instant::now();
    second.write(|tx| put(tx, 4)).unwrap();
    println!("held up for {:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(25), "held up for too long");
    assert_eq!(second.metrics().failed_groups, 0, "who waits has failed at nothing");
    drop(go_on);
    let told = still.join().unwrap();
    assert!(matches!(told, Err(StoreError::Unavailable(_))), "{told:?}");
    let seal = first.write(|tx| put(tx, 5)).unwrap().seal;
    assert_eq!((seal.leaves[0].index, kept(&second)), (2, vec![1, 4, 5]));
}

/// OPS-1: one leads in the background; when it ends, or its connection does, another takes the lead.
#[test]
fn one_leads_and_another_takes_over() {
    if !is_of(true) {
        return;
    }
    let mut several = Several::new();
    let (first, second) = (several.open(), several.open());
    let (lead, other) = (first.ask_for_lead().unwrap(), second.ask_for_lead().unwrap());
    assert!(lead.take().unwrap() && lead.lasts());
    assert!(!other.take().unwrap() && !other.take().unwrap());
    end_sessions(&several.site);
    assert!(!lead.lasts() && other.take().is_err(), "both have lost their connections");
    let next = second.ask_for_lead().unwrap();
    assert!(next.take().unwrap() && next.lasts());
    let again = first.ask_for_lead().unwrap();
    assert!(!again.take().unwrap());
    drop(next);
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while !again.take().unwrap() {
        assert!(std::time::Instant::now() < until, "nobody took the lead");
    }
}

/// OPS-2: what another acknowledged and this one has heard of is missed, too, when the database comes back without it: the
/// one that knows less does not go on from there.
#[test]
fn a_database_that_came_back_older_is_written_to_by_none_of_them() {
    if !is_of(true) {
        return;
    }
    let mut several = Several::new();
    let (first, second) = (several.open(), several.open());
    second.write(|tx| put(tx, 1)).unwrap();
    let older = newest(&second);
    for id in 2..=5 {
        first.write(move |tx| put(tx, id)).unwrap();
    }
    second.listen().unwrap();
    let harm = several.site.database();
    harm.execute("DELETE FROM checkpoint WHERE size > 1", []).unwrap();
    let sql = "UPDATE checkpoint SET note = ?1 WHERE size = 1";
    harm.execute(sql, [older.note.as_str()]).unwrap();
    end_sessions(&several.site);
    for (id, store) in [(6, &first), (7, &second), (8, &second)] {
        let refused = store.write(move |tx| put(tx, id)).unwrap_err().to_string();
        assert!(refused.contains("acknowledged"), "{refused}");
    }
    assert_eq!(newest(&second), older);
}

/// OPS-2: whoever is said to have written last, what is built on is the end of the log that is there.
#[test]
fn the_end_of_the_log_is_taken_up_whatever_names_say() {
    if !is_of(true) {
        return;
    }
    let mut several = Several::new();
    let (first, second) = (several.open(), several.open());
    first.write(|tx| put(tx, 1)).unwrap();
    let harm = several.site.database();
    let name = "SELECT writer FROM checkpoint WHERE size = 1";
    let name: String = harm.one(name, [], |row| row.get(0)).unwrap();
    second.write(|tx| put(tx, 2)).unwrap();
    second.write(|tx| put(tx, 3)).unwrap();
    harm.execute("UPDATE checkpoint SET writer = ?1 WHERE size = 3", [name.as_str()]).unwrap();
    let seal = first.write(|tx| put(tx, 4)).unwrap().seal;
    assert_eq!((seal.leaves[0].index, kept(&second)), (3, vec![1, 2, 3, 4]));
    let report = second.read(|tx| tx.verify_log(|_| {})).unwrap();
    assert_eq!((report.leaves, report.damage), (4, vec![]));
}

/// OPS-2: an operator who ends the waiting for a turn ends nothing else: it is waited for again, and nothing is counted as
/// failed.
#[test]
fn a_cancelled_wait_for_a_turn_is_waited_for_again() {
    const CANCEL: &str = "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    if !is_of(true) {
        return;
    }
    let mut several = Several::new();
    let (first, second) = (several.open(), several.open());
    let (entered, inside) = channel();
    let (go_on, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let holding = spawn(move || {
        first.write(move |tx| {
            put(tx, 1)?;
            let _ = entered.send(());
            let _ = wait.lock().unwrap().recv();
            Ok::<_, StoreError>(())
        })
    });
    inside.recv().unwrap();
    let waiting = {
        let second = second.clone();
        spawn(move || second.write(|tx| put(tx, 2)))
    };
    let (mut cancelled, begun) = (0, std::time::Instant::now());
    while cancelled < 3 {
        cancelled += several.site.database().one::<i64>(CANCEL, [], |row| row.get(0)).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(15), "nobody waits");
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(go_on);
    holding.join().unwrap().unwrap();
    waiting.join().unwrap().unwrap();
    second.write(|tx| put(tx, 3)).unwrap();
    assert_eq!(kept(&second), [1, 2, 3]);
    let counted = second.metrics();
    assert!(counted.failed_groups == 0 && counted.turn_waits >= 3, "{counted:?}");
}
