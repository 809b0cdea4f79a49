//! What the store counts about itself.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::together::Superseded;

/// The upper ends of the buckets that commits are counted in, in microseconds; a last bucket
/// without an end follows.
pub const COMMIT_BUCKETS_MICROS: [u64; 10] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000];

#[derive(Default)]
pub(crate) struct Counters {
    groups: AtomicU64,
    operations: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) turned_away: AtomicU64,
    pub(crate) waiting: AtomicUsize,
    commit_micros: AtomicU64,
    commits: [AtomicU64; COMMIT_BUCKETS_MICROS.len() + 1],
    pub(crate) superseded: Superseded,
    pub(crate) turn_waits: AtomicU64,
}

impl Counters {
    /// Counts a commit of so many operations, and how long the commit itself took.
    pub(crate) fn committed(&self, operations: usize, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let bucket = COMMIT_BUCKETS_MICROS.partition_point(|end| *end < micros);
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.operations.fetch_add(operations as u64, Ordering::Relaxed);
        self.commit_micros.fetch_add(micros, Ordering::Relaxed);
        self.commits[bucket].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn snapshot(&self) -> StoreMetrics {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StoreMetrics {
            groups: read(&self.groups),
            operations: read(&self.operations),
            failed_groups: read(&self.failed),
            turned_away: read(&self.turned_away),
            waiting: self.waiting.load(Ordering::Relaxed),
            commit_micros: read(&self.commit_micros),
            commits: std::array::from_fn(|bucket| read(&self.commits[bucket])),
            superseded: self.superseded.is_so(),
            turn_waits: read(&self.turn_waits),
        }
    }
}

/// What the store counted since it was opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StoreMetrics {
    /// Groups committed; each is one wait for the disk.
    pub groups: u64,
    /// Operations in those groups.
    pub operations: u64,
    /// Groups of which nothing could be kept.
    pub failed_groups: u64,
    /// Operations turned away because the queue was full.
    pub turned_away: u64,
    /// Operations waiting now.
    pub waiting: usize,
    /// Time spent in commits, in microseconds.
    pub commit_micros: u64,
    /// Commits by how long they took, in the buckets of [`COMMIT_BUCKETS_MICROS`].
    pub commits: [u64; COMMIT_BUCKETS_MICROS.len() + 1],
    /// Whether a newer program has changed the tables, so that this one does nothing any more.
    pub superseded: bool,
    /// How many seconds turns of writing were waited for while others wrote, as far as they were whole.
    pub turn_waits: u64,
}
