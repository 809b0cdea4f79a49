//! Whether the archive's writer goes on: what `/ready` asks. Source: OPS-4.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use varanto_app::{AppError, StoreError, StoreMetrics};

/// How long the archive is not ready after a commit that failed. Then a caller may try again, and
/// tells by its success or failure how it goes.
const AFTER_FAILING: Duration = Duration::from_secs(10);

/// How long writes may wait with none of them done before the writer counts as stuck.
const STUCK_AFTER: Duration = Duration::from_secs(5);

/// Whether the archive's writer goes on.
#[derive(Debug, Default)]
pub struct Pulse(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// Groups committed and failed, when last looked at.
    groups: (u64, u64),
    /// How long turns of writing had been waited for then.
    turn_waits: u64,
    /// When the last commit failed; `None` when one has succeeded since.
    failed: Option<Instant>,
    /// Since when writes wait with none done.
    waiting: Option<Instant>,
    /// The writer has ended, or a newer program has taken over, and neither ever comes back.
    ended: bool,
    /// Others over the same database cannot be heard: nobody can be let in.
    deaf: bool,
}

impl Pulse {
    /// Takes in what an operation answered: a writer that has ended answers nothing else any more.
    pub fn saw(&self, error: &AppError) {
        if matches!(error, AppError::Store(StoreError::Closed)) {
            self.seen().ended = true;
        }
    }

    /// Takes in what the store has counted; asked about once a second.
    pub fn look(&self, store: &StoreMetrics, now: Instant) {
        let mut seen = self.seen();
        seen.ended |= store.superseded;
        let (committed, failed) = seen.groups;
        seen.groups = (store.groups, store.failed_groups);
        if store.failed_groups > failed {
            seen.failed = Some(now);
        } else if store.groups > committed {
            seen.failed = None;
        }
        // Who waits for others that write is not stuck; it gives up by itself.
        let waited = std::mem::replace(&mut seen.turn_waits, store.turn_waits);
        let moved = (committed, failed) != seen.groups || waited != store.turn_waits;
        seen.waiting = if store.waiting == 0 {
            None
        } else if moved {
            Some(now)
        } else {
            seen.waiting.or(Some(now))
        };
    }

    /// Takes in whether other servers could be heard; asked about once a second.
    pub fn heard(&self, others: bool) {
        self.seen().deaf = !others;
    }

    /// Whether writes can be expected to succeed.
    #[must_use]
    pub fn is_well(&self, now: Instant) -> bool {
        let seen = self.seen();
        let long_ago = |when: Option<Instant>, span| {
            when.is_none_or(|when| now.saturating_duration_since(when) > span)
        };
        let stuck = seen.waiting.is_some() && long_ago(seen.waiting, STUCK_AFTER);
        !seen.ended && !seen.deaf && !stuck && long_ago(seen.failed, AFTER_FAILING)
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(groups: u64, failed_groups: u64, waiting: usize) -> StoreMetrics {
        StoreMetrics {
            groups,
            operations: groups,
            failed_groups,
            turned_away: 0,
            waiting,
            commit_micros: 0,
            commits: [0; 11],
            superseded: false,
            turn_waits: 0,
        }
    }

    #[test]
    fn a_failed_commit_is_told_until_one_succeeds_or_a_caller_may_try_again() {
        let pulse = Pulse::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        pulse.look(&counted(3, 0, 0), start);
        assert!(pulse.is_well(start));
        pulse.look(&counted(4, 1, 0), after(1));
        assert!(!pulse.is_well(after(1)) && !pulse.is_well(after(11)));
        assert!(pulse.is_well(after(12)));
        pulse.look(&counted(5, 1, 0), after(2));
        assert!(pulse.is_well(after(2)));
    }

    #[test]
    fn a_writer_that_does_nothing_while_writes_wait_is_stuck() {
        let pulse = Pulse::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        pulse.look(&counted(3, 0, 9), start);
        pulse.look(&counted(3, 0, 9), after(4));
        assert!(pulse.is_well(after(5)) && !pulse.is_well(after(6)));
        pulse.look(&counted(4, 0, 9), after(6));
        assert!(pulse.is_well(after(11)));
        pulse.look(&counted(4, 0, 0), after(12));
        assert!(pulse.is_well(after(60)));
    }

    #[test]
    fn a_writer_that_has_ended_never_comes_back() {
        let pulse = Pulse::default();
        pulse.saw(&AppError::Store(StoreError::Busy));
        assert!(pulse.is_well(Instant::now()));
        pulse.saw(&AppError::Store(StoreError::Closed));
        pulse.look(&counted(1, 0, 0), Instant::now());
        assert!(!pulse.is_well(Instant::now()));
    }

    #[test]
    fn who_cannot_hear_others_or_is_superseded_is_not_ready() {
        let pulse = Pulse::default();
        let now = Instant::now();
        pulse.heard(false);
        assert!(!pulse.is_well(now));
        pulse.heard(true);
        assert!(pulse.is_well(now));
        pulse.look(&StoreMetrics { superseded: true, ..counted(1, 0, 0) }, now);
        pulse.look(&counted(2, 0, 0), now);
        assert!(!pulse.is_well(now));
    }

    #[test]
    fn who_waits_for_others_that_write_is_not_stuck() {
        let pulse = Pulse::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        for second in 0..9 {
            pulse.look(&StoreMetrics { turn_waits: second, ..counted(3, 0, 9) }, after(second));
        }
        assert!(pulse.is_well(after(9)));
    }
}
