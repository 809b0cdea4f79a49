//! The archive's own keys: time-ordered, never given twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use varanto_domain::ids::Ids;
use varanto_domain::time::Clock;

/// How far a key's millisecond is shifted up: a million keys a millisecond, until the year 2248.
const RUNNING_BITS: u32 = 20;
/// Of these, how many lie under the number of the program, where several give keys at the same time.
const BITS_OF_ONE: u32 = 10;
/// How many programs may give keys at the same time.
pub(crate) const PROGRAMS: i64 = 1 << (RUNNING_BITS - BITS_OF_ONE);
/// The number of a program that gives keys alone.
const ALONE: i64 = -1;
/// How many milliseconds' keys are set aside at once, so that the horizon is seldom written.
const SET_ASIDE_MILLIS: i64 = 10_000;

/// Makes keys from the clock. A key is above every key made before, also when the clock steps back. Programs that give
/// keys at the same time each have a number, which is in their keys, so that none is given by two.
pub struct KeyMaker {
    last: AtomicI64,
    number: AtomicI64,
    clock: Arc<dyn Clock>,
}

impl KeyMaker {
    /// Goes on above `horizon`, under which all keys of earlier runs lie.
    pub(crate) fn above(horizon: i64, clock: Arc<dyn Clock>) -> Self {
        Self { last: AtomicI64::new(horizon), number: AtomicI64::new(ALONE), clock }
    }

    /// From now on gives the keys of a number below [`PROGRAMS`], which no other program has; none: there is no other.
    pub(crate) fn number(&self, number: Option<i64>) {
        self.number.store(number.unwrap_or(ALONE), Ordering::Release);
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

/// The lowest key of a number above the last one, not before the clock.
fn next_of(number: i64, last: i64, of_clock: i64) -> i64 {
    if number == ALONE {
        return of_clock.max(last + 1);
    }
    let first_in = |millis: i64| (millis << RUNNING_BITS) | (number << BITS_OF_ONE);
    let now = first_in(of_clock >> RUNNING_BITS);
    let next = last + 1;
    if now > last {
        now
    } else if (next >> BITS_OF_ONE) & (PROGRAMS - 1) == number {
        next
    } else {
        first_in((last >> RUNNING_BITS) + 1)
    }
}

impl Ids for KeyMaker {
    fn next_key(&self) -> i64 {
        let of_clock = self.clock.now().millis() << RUNNING_BITS;
        let number = self.number.load(Ordering::Acquire);
        let next = |last: i64| next_of(number, last, of_clock);
        match self.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(next(last))) {
            Ok(last) | Err(last) => next(last),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use varanto_domain::time::Instant;

    use super::*;

    struct Stands(i64);

    impl Clock for Stands {
        fn now(&self) -> Instant {
            Instant::from_millis(self.0)
        }
    }

    /// OPS-2: programs that give keys at the same moment give none twice, each gives rising ones, and one that hears of
    /// another's goes on above it.
    #[test]
    fn keys_of_several_programs_rise_and_meet_nowhere() {
        let clock: Arc<dyn Clock> = Arc::new(Stands(1_800_000_000_000));
        let makers = [0, 1, 7, PROGRAMS - 1].map(|number| {
            let maker = KeyMaker::above(0, Arc::clone(&clock));
            maker.number(Some(number));
            maker
        });
        let mut all = HashSet::new();
        for _ in 0..3 {
            for maker in &makers {
                let mut last = maker.last();
                for _ in 0..2500 {
                    let key = maker.next_key();
                    assert!(key > last, "{key} after {last}");
                    assert!(all.insert(key), "{key} twice");
                    last = key;
                }
            }
        }
        makers[0].rise_above(makers[3].last());
        let key = makers[0].next_key();
        assert!(key > makers[3].last() && all.insert(key));
        let alone = KeyMaker::above(41, Arc::new(Stands(0)));
        assert_eq!((alone.next_key(), alone.next_key()), (42, 43));
    }
}
