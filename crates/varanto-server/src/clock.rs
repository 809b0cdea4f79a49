//! The machine's clock, as the program reads it.

use std::time::UNIX_EPOCH;

use varanto_domain::time::{Clock, Instant};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct MachineClock;

impl Clock for MachineClock {
    fn now(&self) -> Instant {
        #[expect(clippy::disallowed_methods, reason = "this is the clock that others are handed")]
        let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Instant::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}
