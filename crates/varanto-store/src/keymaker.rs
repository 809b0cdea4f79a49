//! The archive's own keys: time-ordered, never given twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use varanto_domain::ids::Ids;
use varanto_domain::time::Clock;

/// How far a key's millisecond is shifted up: a million keys a millisecond, until the year 2248.
const RUNNING_BITS: u32 = 20;
/// How many milliseconds' keys are set aside at once, so that the horizon is seldom written.
const SET_ASIDE_MILLIS: i64 = 10_000;

/// Makes keys from the clock. A key is above every key made before, also when the clock steps back.
pub struct KeyMaker {
    last: AtomicI64,
    clock: Arc<dyn Clock>,
}

impl KeyMaker {
    /// Goes on above `horizon`, under which all keys of earlier runs lie.
    pub(crate) fn above(horizon: i64, clock: Arc<dyn Clock>) -> Self {
        Self { last: AtomicI64::new(horizon), clock }
    }

    /// Goes on above `horizon`, where that is higher.
    pub(crate) fn rise_above(&self, horizon: i64) {
        self.last.fetch_max(horizon, Ordering::AcqRel);
    }

    pub(crate) fn last(&self) -> i64 {
        self.last.load(Ordering::Acquire)
    }

    /// A horizon with room for the keys of the next seconds.
    pub(crate) fn next_horizon(&self) -> i64 {
        self.last() + (SET_ASIDE_MILLIS << RUNNING_BITS)
    }
}

impl Ids for KeyMaker {
    fn next_key(&self) -> i64 {
        let of_clock = self.clock.now().millis() << RUNNING_BITS;
        let next = |last: i64| of_clock.max(last + 1);
        match self.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(next(last))) {
            Ok(last) | Err(last) => next(last),
        }
    }
}
