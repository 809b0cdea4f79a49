//! Backups of a real store, taken while it is written to, and brought back.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::TempDir;
use varanto_domain::archive::proof::Hash;
use varanto_domain::time::Instant;

use super::keeping::KeepRule;
use super::*;
use crate::keys::KeyRing;
use crate::store::tests::{Site, is_of, leaf, newest};
use crate::{DATABASE_FILE, Store, StoreError, WriteTx};

/// A store with its folder of backups.
struct Kept {
    site: Site,
    elsewhere: TempDir,
}

impl Kept {
    fn new() -> Self {
        Self { site: Site::embedded(), elsewhere: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.elsewhere.path().join("backups")
    }

    fn folder(&self) -> Result<BackupFolder, StoreError> {
        BackupFolder::begin(&self.path(), &self.site.ring, &self.site.options.origin)?;
        BackupFolder::open_to_write(&self.path(), &self.site.ring, &self.site.options.origin)
    }

    fn take(&self, store: &Store, at: &str) -> Result<Point, StoreError> {
        let data = self.site.folder.path();
        let beside = files_beside(data, &[&data.join("keys")])?;
        let now = Instant::parse(at).unwrap();
        store.back_up(&self.folder()?, data, &beside, now, |_, _| Ok(()))
    }

    /// Restores a point and opens what came back.
    fn restored(&self, point: &Point) -> (PathBuf, Store) {
        let into = self.elsewhere.path().join(&point.name);
        BackupFolder::open_to_read(&self.path(), &self.site.ring)
            .unwrap()
            .restore(point, &into, |_, _| {})
            .unwrap();
        let store =
            Store::open_read_only(&into, self.site.ring.clone(), &self.site.options).unwrap();
        (into, store)
    }
}

fn put(tx: &mut WriteTx<'_>, id: i64) -> Result<(), StoreError> {
    tx.execute("INSERT INTO scrap (id, bytes) VALUES (?1, randomblob(5000))", [id])?;
    tx.append_leaf(leaf(id.cast_unsigned()));
    Ok(())
}

fn fill(store: &Store, ids: std::ops::Range<i64>) {
    for id in ids {
        store.write(move |tx| put(tx, id)).unwrap();
    }
}

fn count(store: &Store) -> i64 {
    store.read(|tx| tx.one::<i64>("SELECT count(*) FROM scrap", [], |row| row.get(0))).unwrap()
}

fn root(store: &Store) -> (u64, Hash) {
    let body = newest(store).body;
    (body.size, body.root)
}

/// OPS-3: each point brings back the archive of its instant, with the files beside it; what did not change
/// is kept once.
#[test]
fn every_point_brings_back_its_own_instant() {
    if !is_of(false) {
        return;
    }
    let kept = Kept::new();
    let store = kept.site.store();
    let data = kept.site.folder.path().to_path_buf();
    fs::create_dir(data.join("pki")).unwrap();
    fs::write(data.join("pki/server of ours.pem"), "a certificate").unwrap();
    fs::write(data.join("empty"), "").unwrap();
    fill(&store, 0..600);
    let first = kept.take(&store, "2026-03-23T09:00:00Z").unwrap();
    let then = root(&store);
    fill(&store, 600..620);
    fs::write(data.join("pki/server of ours.pem"), "a newer certificate").unwrap();
    let second = kept.take(&store, "2026-03-23T10:00:00Z").unwrap();
    assert!(first.added > 3_000_000, "{first:?}");
    assert!(second.added < first.added / 2, "{second:?}");

    let (folder, restored) = kept.restored(&first);
    assert_eq!((count(&restored), root(&restored)), (600, then));
    assert_eq!((first.log_size, &first.checkpoint), (then.0, &newest(&restored).note));
    assert_eq!(fs::read_to_string(folder.join("pki/server of ours.pem")).unwrap(), "a certificate");
    assert_eq!(fs::read(folder.join("empty")).unwrap(), b"");
    assert!(!folder.join("keys").exists(), "keys are never in a backup");
    let (folder, restored) = kept.restored(&second);
    assert_eq!(count(&restored), 620);
    let certificate = fs::read_to_string(folder.join("pki/server of ours.pem")).unwrap();
    assert_eq!(certificate, "a newer certificate");
    let sound = restored.read(|tx| Ok::<_, StoreError>(tx.verify_database()?.is_empty()));
    assert!(sound.unwrap());

    let folder = kept.folder().unwrap();
    assert_eq!(folder.list().unwrap().whole, [first.clone(), second.clone()]);
    let at = |text| folder.point_at(Some(Instant::parse(text).unwrap())).unwrap();
    assert_eq!(at("2026-03-23T08:59:59Z"), None);
    assert_eq!(at("2026-03-23T09:59:59Z"), Some(first));
    assert_eq!(folder.point_at(None).unwrap(), Some(second));
}

/// JOI-6, OPS-3: no login of the time of the backup comes back with it.
#[test]
fn a_restore_logs_everybody_out() {
    if !is_of(false) {
        return;
    }
    let kept = Kept::new();
    let store = kept.site.store();
    let sql = "INSERT INTO session (name, person, begun_at, asked_at, sealed)
        VALUES (randomblob(32), randomblob(32), 1, 1, randomblob(90))";
    let login = move |tx: &mut WriteTx<'_>| tx.execute(sql, []);
    store.write(login).unwrap();
    fill(&store, 0..3);
    let sessions = |store: &Store| {
        let count = "SELECT count(*) FROM session";
        store.read(|tx| tx.one::<i64>(count, [], |row| row.get(0))).unwrap()
    };
    assert_eq!(sessions(&store), 1);
    let point = kept.take(&store, "2026-03-23T09:00:00Z").unwrap();
    let (_, restored) = kept.restored(&point);
    assert_eq!((sessions(&restored), count(&restored)), (0, 3));
}

/// OPS-3: a backup under steady writing is one snapshot: as many rows as leaves, and the signed root over
/// them.
#[test]
fn a_backup_beside_writing_is_one_snapshot() {
    if !is_of(false) {
        return;
    }
    let kept = Kept::new();
    let store = kept.site.store();
    fill(&store, 0..200);
    let over = Arc::new(AtomicBool::new(false));
    let writing = {
        let (store, over) = (store.clone(), Arc::clone(&over));
        std::thread::spawn(move || {
            let mut id = 200;
            while !over.load(Ordering::Relaxed) {
                store.write(move |tx| put(tx, id)).unwrap();
                id += 1;
            }
            id
        })
    };
    let points: Vec<Point> = (0..6)
        .map(|hour| kept.take(&store, &format!("2026-03-23T1{hour}:00:00Z")).unwrap())
        .collect();
    over.store(true, Ordering::Relaxed);
    let written = writing.join().unwrap();
    assert!(written > 230, "nothing was written beside: {written}");
    for point in &points {
        let (_, restored) = kept.restored(point);
        let rows = count(&restored).cast_unsigned();
        assert_eq!((rows, &point.checkpoint), (point.log_size, &newest(&restored).note));
        let log = restored.read(|tx| tx.verify_log(|_| {})).unwrap();
        assert!(log.damage.is_empty() && log.leaves == rows, "{:?}", log.damage);
    }
}

/// OPS-3: nothing readable lies in the folder, and other keys open none of it.
#[test]
fn nothing_reads_without_the_keys() {
    if !is_of(false) {
        return;
    }
    let kept = Kept::new();
    let store = kept.site.store();
    let told = b"Aino Virtanen told of it".repeat(40);
    let row = told.clone();
    store
        .write(move |tx| tx.execute("INSERT INTO scrap (id, bytes) VALUES (1, ?1)", [row.clone()]))
        .unwrap();
    let point = kept.take(&store, "2026-03-23T09:00:00Z").unwrap();
    let holds = |file: &Path| {
        fs::read(file).unwrap().windows(24).any(|window| window == b"Aino Virtanen told of it")
    };
    let written = files_beside(&kept.path(), &[]).unwrap();
    assert!(written.len() > 3 && !written.iter().any(|file| holds(&kept.path().join(file))));
    let (folder, _) = kept.restored(&point);
    assert!(holds(&folder.join(DATABASE_FILE)), "it is in the database that came back");
    let strangers = KeyRing::create(&kept.elsewhere.path().join("strangers")).unwrap();
    let opened = BackupFolder::open_to_read(&kept.path(), &strangers);
    assert!(matches!(opened.err(), Some(StoreError::WrongKeys(_))));
}

/// OPS-3: a changed, exchanged or missing piece, and a changed point, are told; nothing half comes back.
#[test]
fn damage_to_a_backup_is_told_and_nothing_half_comes_back() {
    if !is_of(false) {
        return;
    }
    let kept = Kept::new();
    let store = kept.site.store();
    fill(&store, 0..200);
    let point = kept.take(&store, "2026-03-23T09:00:00Z").unwrap();
    let folder = kept.folder().unwrap();
    folder.check(&point, |_, _| {}).unwrap();
    let pieces: Vec<PathBuf> = files_beside(&folder.pieces(), &[])
        .unwrap()
        .iter()
        .map(|one| folder.pieces().join(one))
        .collect();
    let (whole, other) = (fs::read(&pieces[0]).unwrap(), fs::read(&pieces[1]).unwrap());
    let into = kept.elsewhere.path().join("half");
    let told = || {
        let checked = folder.check(&point, |_, _| {});
        let restored = folder.restore(&point, &into, |_, _| {});
        assert!(!into.join(DATABASE_FILE).exists() && !into.join("restoring").exists());
        matches!((checked, restored), (Err(StoreError::Damaged(_)), Err(StoreError::Damaged(_))))
    };
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    for bytes in [changed.as_slice(), &other, &whole[..whole.len() - 1], b""] {
        fs::write(&pieces[0], bytes).unwrap();
        assert!(told());
        assert!(!pieces[0].exists(), "it is put aside");
    }
    assert!(told());
    drop(folder);
    kept.take(&store, "2026-03-23T09:30:00Z").unwrap();
    assert!(pieces[0].exists(), "the next backup made it anew");
    let folder = kept.folder().unwrap();
    folder.check(&point, |_, _| {}).unwrap();
    folder.restore(&point, &into, |_, _| {}).unwrap();
    let again = folder.restore(&point, &into, |_, _| {});
    assert!(matches!(again, Err(StoreError::File { .. })), "it never writes over anything");

    let file = folder.points().join(format!("{}.point", point.name));
    let mut changed = fs::read(&file).unwrap();
    for place in [0, 40, changed.len() - 1] {
        changed[place] ^= 1;
        fs::write(&file, &changed).unwrap();
        let listed = folder.list().unwrap();
        let told = match listed.whole.iter().find(|one| one.name == point.name) {
            Some(point) => matches!(folder.check(point, |_, _| {}), Err(StoreError::Damaged(_))),
            None => listed.damaged == [point.name.clone()],
        };
        assert!(told, "{place}");
        let thinned = folder.prune(&KeepRule { last: 9, days: 0, months: 0 }, false);
        assert!(
            matches!(thinned, Err(StoreError::Damaged(_))),
            "nobody knows which pieces it names"
        );
        changed[place] ^= 1;
    }
}

/// OPS-3: a backup that was broken off leaves no point, and the next one is whole.
#[test]
fn a_backup_that_was_broken_off_leaves_no_point() {
    if !is_of(false) {
        return;
    }
    let kept = Kept::new();
    let store = kept.site.store();
    fill(&store, 0..200);
    let data = kept.site.folder.path();
    let beside = [PathBuf::from("went away meanwhile")];
    let now = Instant::parse("2026-03-23T09:00:00Z").unwrap();
    let folder = kept.folder().unwrap();
    let half = |done, total| if done * 2 > total { Err(Stopped) } else { Ok(()) };
    let broken = store.back_up(&folder, data, &beside, now, half);
    assert!(matches!(broken, Err(StoreError::Closed)));
    assert_eq!(folder.list().unwrap(), Points::default());
    // Half of a piece that a killed backup left is no piece.
    fs::create_dir_all(kept.path().join("coming")).unwrap();
    fs::write(kept.path().join("coming/half"), "half").unwrap();
    drop(folder);
    let point = kept.take(&store, "2026-03-23T10:00:00Z").unwrap();
    assert!(!kept.path().join("coming/half").exists());
    assert_eq!(count(&kept.restored(&point).1), 200);
}

/// OPS-3: one writes in the folder at a time, and only backups of one archive.
#[test]
fn a_folder_is_of_one_archive_and_one_writer() {
    if !is_of(false) {
        return;
    }
    let kept = Kept::new();
    let held = kept.folder().unwrap();
    assert!(matches!(kept.folder().err(), Some(StoreError::BackupBusy(_))));
    let reading = || BackupFolder::open_to_read(&kept.path(), &kept.site.ring);
    assert!(matches!(reading().err(), Some(StoreError::BackupBusy(_))));
    drop(held);
    let (first, second) = (reading().unwrap(), reading().unwrap());
    assert!(matches!(kept.folder().err(), Some(StoreError::BackupBusy(_))));
    drop((first, second));
    let other = BackupFolder::open_to_write(&kept.path(), &kept.site.ring, "other.example/log");
    assert!(matches!(other.err(), Some(StoreError::BackupOfAnother { .. })));
    let taken = kept.elsewhere.path();
    let among = BackupFolder::begin(taken, &kept.site.ring, "archive.example/log");
    assert!(matches!(among, Err(StoreError::NotABackup(_))), "other things lie there");
    let missing = taken.join("a disk that is not there");
    let unbegun = BackupFolder::open_to_write(&missing, &kept.site.ring, "archive.example/log");
    assert!(matches!(unbegun.err(), Some(StoreError::NotABackup(_))) && !missing.exists());
}

/// OPS-3: thinning out keeps what a rule keeps, the newest always, and every piece that they name.
#[test]
fn thinning_out_keeps_what_the_rule_says_and_all_its_pieces() {
    if !is_of(false) {
        return;
    }
    let kept = Kept::new();
    let store = kept.site.store();
    let times = [
        "2026-01-05T09:00:00Z",
        "2026-01-31T09:00:00Z",
        "2026-02-10T09:00:00Z",
        "2026-02-10T15:00:00Z",
        "2026-02-11T09:00:00Z",
        "2026-02-11T15:00:00Z",
    ];
    for (id, at) in (0i64..).zip(times) {
        fill(&store, id * 100..id * 100 + 100);
        kept.take(&store, at).unwrap();
    }
    let points: Vec<(String, Instant)> =
        times.map(|at| (at.to_owned(), Instant::parse(at).unwrap())).to_vec();
    let rule = |last, days, months| KeepRule { last, days, months };
    let table: [(KeepRule, &[usize]); 6] = [
        (rule(0, 0, 0), &[5]),
        (rule(3, 0, 0), &[3, 4, 5]),
        (rule(0, 2, 0), &[3, 5]),
        (rule(0, 9, 0), &[0, 1, 3, 5]),
        (rule(0, 0, 2), &[1, 5]),
        (rule(2, 1, 9), &[1, 4, 5]),
    ];
    for (rule, stay) in table {
        let expected: Vec<&str> = stay.iter().map(|place| times[*place]).collect();
        assert_eq!(rule.kept(&points).into_iter().collect::<Vec<_>>(), expected, "{rule:?}");
    }
    let folder = kept.folder().unwrap();
    let tried = folder.prune(&rule(1, 2, 2), true).unwrap();
    assert_eq!((tried.gone.len(), tried.kept, tried.freed), (3, 3, None));
    assert_eq!(folder.list().unwrap().whole.len(), 6);
    let done = folder.prune(&rule(1, 2, 2), false).unwrap();
    assert!(done.gone == tried.gone && done.freed.unwrap() > 0);
    let left = folder.list().unwrap().whole;
    assert_eq!(left.len(), 3);
    drop(folder);
    for (point, rows) in left.iter().zip([200, 400, 600]) {
        assert_eq!(count(&kept.restored(point).1), rows);
    }
    let nothing = kept.folder().unwrap().prune(&rule(9, 9, 9), false).unwrap();
    assert_eq!((nothing.gone.len(), nothing.freed), (0, Some(0)));
}

/// OPS-3: a clock that was set back takes nothing away: the newest is the one with most of the archive in it.
#[test]
fn a_clock_that_was_set_back_takes_nothing_away() {
    if !is_of(false) {
        return;
    }
    let kept = Kept::new();
    let store = kept.site.store();
    fill(&store, 0..100);
    kept.take(&store, "2036-03-23T09:00:00Z").unwrap();
    fill(&store, 100..200);
    let back = kept.take(&store, "2026-03-23T09:00:00Z").unwrap();
    let folder = kept.folder().unwrap();
    assert_eq!(folder.point_at(None).unwrap().as_ref(), Some(&back));
    folder.prune(&KeepRule { last: 1, days: 0, months: 0 }, false).unwrap();
    assert_eq!(folder.list().unwrap().whole, [back]);
}
