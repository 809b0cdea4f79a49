//! Deliveries that the process keeps open between looks, so that a look at one row lists no folder and reads no index again.
//!
//! What is kept counts only while the delivery's folder or archive, the index and the tables beside it are the very files
//! that were read: same place on the disk, size and moments. What may have changed in the moment of reading is not kept at
//! all. A row's own file is read anew at each look and held against the digest of the rehearsal, and whoever names another
//! file has the delivery listed anew. Source: OLD-7.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::QueueError;
use crate::delivery::Delivery;
use crate::mapping::Mapping;
use crate::rehearsal::fingerprint;

/// How many are kept: who completes rows looks at one or two.
const MOST: usize = 4;
/// How long one is kept that nobody looks at.
const IDLE: Duration = Duration::from_mins(15);
/// A file that was touched so shortly before may be touched again without another moment.
const SETTLED: Duration = Duration::from_secs(2);

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

    /// Whether the file was last touched long enough ago that another touch has another moment.
    fn is_settled(self, now: SystemTime) -> bool {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let Some(since) = since.checked_sub(SETTLED) else { return false };
        let since = i128::try_from(since.as_nanos()).unwrap_or(i128::MAX);
        self.0[3] < since && self.0[4] < since
    }
}

struct Kept {
    place: PathBuf,
    /// Of the mapping and the delivery.
    fingerprint: String,
    stamps: Vec<(PathBuf, Stamp)>,
    delivery: Arc<Delivery>,
    used: Instant,
}

impl Kept {
    fn is_so_still(&self) -> bool {
        self.stamps.iter().all(|(path, stamp)| Stamp::of(path) == Some(*stamp))
    }
}

static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

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
    let now = SystemTime::now();
    let before = Stamp::of(place);
    let delivery = Arc::new(Delivery::open(place)?);
    let paths = [place.to_owned()].into_iter().chain(tables(&delivery, mapping));
    let stamps = paths.map(|path| Some((path.clone(), Stamp::of(&path)?)));
    let stamps: Option<Vec<_>> = stamps.collect();
    if fingerprint(&delivery, mapping)? != rehearsed {
        return Err(QueueError::Changed);
    }
    let settled = |stamps: &Vec<(PathBuf, Stamp)>| {
        before == Some(stamps[0].1) && stamps.iter().all(|(_, stamp)| stamp.is_settled(now))
    };
    if let Some(stamps) = stamps.filter(settled) {
        let (place, fingerprint) = (place.to_owned(), rehearsed.to_owned());
        let delivery = Arc::clone(&delivery);
        let one = Kept { place, fingerprint, stamps, delivery, used: Instant::now() };
        let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|other| other.place != one.place || other.fingerprint != one.fingerprint);
        all.push(one);
        let many = all.len().saturating_sub(MOST);
        all.drain(..many);
    }
    Ok(delivery)
}

/// Forgets what is kept of a delivery: whoever asks next has it listed anew.
pub(super) fn forget(place: &Path) {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).retain(|one| one.place != place);
}

/// What is kept of a delivery, as long as it is so; the one that was looked at last stays longest.
fn kept(place: &Path, rehearsed: &str) -> Option<Arc<Delivery>> {
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|one| one.used.elapsed() < IDLE);
    let at = all.iter().position(|one| one.place == place && one.fingerprint == rehearsed)?;
    let mut one = all.remove(at);
    if !one.is_so_still() {
        return None;
    }
    one.used = Instant::now();
    let delivery = Arc::clone(&one.delivery);
    all.push(one);
    Some(delivery)
}

/// The files of the index and of the tables beside it, where they are files of their own.
fn tables(delivery: &Delivery, mapping: &Mapping) -> Vec<PathBuf> {
    let beside = mapping.joins.iter().map(|join| &join.index);
    beside
        .chain([&mapping.index])
        .filter_map(|index| delivery.path_of(&index.file).map(Path::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was touched a moment ago may be touched again within the same moment, and is not trusted.
    #[test]
    fn what_was_touched_just_now_is_not_settled() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::now();
        let stamp = Stamp::of(folder.path()).unwrap();
        assert!(!stamp.is_settled(now));
        assert!(stamp.is_settled(now + Duration::from_secs(5)));
        fs::write(folder.path().join("a"), "a").unwrap();
        assert_ne!(Stamp::of(folder.path()), Some(stamp), "a file came");
        assert_eq!(Stamp::of(&folder.path().join("b")), None);
    }
}
