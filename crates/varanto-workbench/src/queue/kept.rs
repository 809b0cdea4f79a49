//! Deliveries that the process keeps open between looks, so that a look at one row lists no folder and reads no index again.
//!
//! What is kept counts only while the delivery's folders or its archive, the index and the tables beside it are the very ones
//! that were read: same place on the disk, size and moments. A file that is written twice within one moment has the same
//! ones, so that nothing is kept before it was seen the same for a while, and read then. That a file in a folder was written
//! anew is not seen: a row's own file is read at each look and held against the digest of the rehearsal, and whoever names
//! another file, or says of many rows that they have none, has the delivery listed anew. So a delivery with a folder for
//! each document need not have all of them looked at each time: the first [`AT_EACH_LOOK`] are, all of them by and by.
//!
//! What nobody looks at is dropped after a while, and soon when it is gone: an archive that is deleted gives back its room
//! on the disk only when nobody holds it open. Source: OLD-7.

use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::QueueError;
use crate::delivery::Delivery;
use crate::mapping::Mapping;
use crate::rehearsal::fingerprint;

/// How many are kept: who completes rows looks at one or two.
const MOST: usize = 4;
/// How long one is kept that nobody looks at.
const IDLE: Duration = Duration::from_mins(15);
/// So long after it was touched, a file is not touched again without another moment.
const SETTLED: Duration = Duration::from_secs(2);
/// How many of a delivery's places are held against the disk at each look, the delivery itself, the index and the tables
/// first: some hundredths of a second at most.
const AT_EACH_LOOK: usize = 4000;
/// How often what is kept is looked through whole.
const LOOKED_THROUGH: Duration = Duration::from_secs(30);

/// Which file it was: device, number on it, size, and the moments of its content and its entry, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp([i128; 5]);

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let facts = fs::metadata(path).ok()?;
        let nanos =
            |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Some(Self([
            i128::from(facts.dev()),
            i128::from(facts.ino()),
            i128::from(facts.size()),
            nanos(facts.mtime(), facts.mtime_nsec()),
            nanos(facts.ctime(), facts.ctime_nsec()),
        ]))
    }
}

struct Kept {
    place: PathBuf,
    /// Of the mapping and the delivery.
    fingerprint: String,
    stamps: Arc<Stamps>,
    /// Since when it is known to be so.
    since: Instant,
    /// Read when it had been so for a while.
    delivery: Option<Arc<Delivery>>,
    used: Instant,
}

/// The files that a delivery is known by, and how they are.
type Stamps = Vec<(PathBuf, Stamp)>;

impl Kept {
    fn is_of(&self, (place, rehearsed): (&Path, &str)) -> bool {
        self.place == place && self.fingerprint == rehearsed
    }
}

fn are_so_still(stamps: &[(PathBuf, Stamp)]) -> bool {
    stamps.iter().all(|(path, stamp)| Stamp::of(path) == Some(*stamp))
}

static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());
/// Whether somebody looks through what is kept; known to whoever holds what is kept alone.
static LOOKED: AtomicBool = AtomicBool::new(false);

fn all() -> MutexGuard<'static, Vec<Kept>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The delivery that was rehearsed.
///
/// # Errors
/// [`QueueError::Changed`] where it is another one by now, and what cannot be read.
pub(super) fn opened(
    place: &Path,
    mapping: &Mapping,
    rehearsed: Option<&str>,
) -> Result<Arc<Delivery>, QueueError> {
    let rehearsed = rehearsed.ok_or(QueueError::Changed)?;
    if let Some(delivery) = kept(place, rehearsed) {
        return Ok(delivery);
    }
    let now = Instant::now();
    let before = Stamp::of(place);
    let delivery = Arc::new(Delivery::open(place)?);
    let (own, folders) = delivery.listed().split_at(1);
    let paths =
        own.iter().cloned().chain(tables(&delivery, mapping)).chain(folders.iter().cloned());
    let stamps: Option<Stamps> =
        paths.map(|path| Stamp::of(&path).map(|stamp| (path, stamp))).collect();
    if fingerprint(&delivery, mapping)? != rehearsed {
        return Err(QueueError::Changed);
    }
    if let Some(stamps) = stamps.filter(|stamps| before == Some(stamps[0].1)) {
        keep((place, rehearsed), Arc::new(stamps), &delivery, now);
    }
    Ok(delivery)
}

/// Keeps a delivery that was read from this moment on, where it had been the same for a while before; else it is noted
/// that it is so now.
fn keep(of: (&Path, &str), stamps: Arc<Stamps>, delivery: &Arc<Delivery>, read_from: Instant) {
    let mut all = all();
    let known = all.iter().position(|one| one.is_of(of)).map(|at| all.remove(at));
    let since = known.filter(|known| known.stamps == stamps).map_or(read_from, |known| known.since);
    let settled = read_from.duration_since(since) >= SETTLED;
    all.push(Kept {
        place: of.0.to_owned(),
        fingerprint: of.1.to_owned(),
        stamps,
        since,
        delivery: settled.then(|| Arc::clone(delivery)),
        used: Instant::now(),
    });
    let many = all.len().saturating_sub(MOST);
    all.drain(..many);
    if !LOOKED.swap(true, Ordering::Relaxed) {
        drop(all);
        thread::spawn(|| {
            loop {
                thread::sleep(LOOKED_THROUGH);
                if !look_through(IDLE) {
                    break;
                }
            }
        });
    }
}

/// Drops what nobody looked at for so long, and what is gone or another one by now; answers whether anything is left.
fn look_through(idle: Duration) -> bool {
    // Looked at without holding what is kept: a disk that does not answer holds up nobody.
    let stamps: Vec<Arc<Stamps>> = all().iter().map(|one| Arc::clone(&one.stamps)).collect();
    let gone: Vec<_> = stamps.into_iter().filter(|stamps| !are_so_still(stamps)).collect();
    let mut all = all();
    all.retain(|one| {
        let gone = gone.iter().any(|stamps| Arc::ptr_eq(stamps, &one.stamps));
        !gone && one.used.elapsed() < idle
    });
    LOOKED.store(!all.is_empty(), Ordering::Relaxed);
    !all.is_empty()
}

/// Forgets what is kept of a delivery: whoever asks next has it listed anew.
pub(super) fn forget(place: &Path) {
    all().retain(|one| one.place != place);
}

/// What is kept of a delivery, as long as it is so; the one that was looked at last stays longest.
fn kept(place: &Path, rehearsed: &str) -> Option<Arc<Delivery>> {
    let (delivery, stamps) = {
        let mut all = all();
        all.retain(|one| one.used.elapsed() < IDLE);
        let one = all.iter().find(|one| one.is_of((place, rehearsed)))?;
        (Arc::clone(one.delivery.as_ref()?), Arc::clone(&one.stamps))
    };
    let is_so = are_so_still(&stamps[..stamps.len().min(AT_EACH_LOOK)]);
    let mut all = all();
    // Somebody else may have dropped it, or kept it anew, meanwhile.
    let same = |one: &Kept| Arc::ptr_eq(&one.stamps, &stamps);
    if let Some(at) = all.iter().position(same) {
        let mut one = all.remove(at);
        if is_so {
            one.used = Instant::now();
            all.push(one);
        }
    }
    is_so.then_some(delivery)
}

/// The files of the index and of the tables beside it, where they are files of their own.
fn tables(delivery: &Delivery, mapping: &Mapping) -> Vec<PathBuf> {
    let beside = mapping.joins.iter().map(|join| &join.index);
    beside
        .chain([&mapping.index])
        .filter_map(|index| delivery.path_of(&index.file).map(Cow::into_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A delivery is kept only when it was read after it had been the same for a while.
    #[test]
    fn what_was_touched_just_now_is_not_kept() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        fs::write(place.join("a"), "a").unwrap();
        let delivery = Arc::new(Delivery::open(place).unwrap());
        let stamps = || Arc::new(vec![(place.to_owned(), Stamp::of(place).unwrap())]);
        let begun = Instant::now();
        let read = |after: u64| {
            keep((place, "x"), stamps(), &delivery, begun + Duration::from_millis(after));
            kept(place, "x").is_some()
        };
        assert!(!read(0) && !read(1900), "it may be written again within the same moment");
        assert!(read(2100));
        // Another moment of the disk.
        std::thread::sleep(Duration::from_millis(50));
        fs::write(place.join("b"), "b").unwrap();
        assert!(kept(place, "x").is_none(), "a file came");
        assert!(!read(2200) && !read(4100));
        assert!(read(4300) && kept(place, "y").is_none());
        forget(place);
        assert!(kept(place, "x").is_none());
    }

    /// What nobody looks at, and what is deleted, is held by nobody: its room is given back.
    #[test]
    fn what_is_idle_or_gone_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("d");
        let held = || {
            fs::create_dir_all(&place).unwrap();
            let delivery = Arc::new(Delivery::open(&place).unwrap());
            let begun = Instant::now();
            for after in [0, 2100] {
                let stamps = Arc::new(vec![(place.clone(), Stamp::of(&place).unwrap())]);
                keep((&place, "x"), stamps, &delivery, begun + Duration::from_millis(after));
            }
            Arc::downgrade(&delivery)
        };
        let idle = held();
        look_through(IDLE);
        assert!(idle.upgrade().is_some());
        look_through(Duration::ZERO);
        assert!(idle.upgrade().is_none(), "nobody looked at it");
        let gone = held();
        fs::remove_dir(&place).unwrap();
        look_through(IDLE);
        assert!(gone.upgrade().is_none(), "it is deleted");
    }
}
