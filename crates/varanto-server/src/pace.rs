//! How much each caller may ask in a minute, in units that weigh what an operation costs.
//!
//! A caller who has been quiet may ask a whole minute's units at once; they come back evenly. Source:
//! OPS-4; the headers are those of the IETF draft "`RateLimit` header fields for HTTP".

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

const MINUTE: Duration = Duration::from_mins(1);
/// How many callers are told apart; the rest share one pace.
const MOST_CALLERS: usize = 100_000;

/// The pace of every caller.
#[derive(Debug, Default)]
pub struct Pace(Mutex<HashMap<String, Instant>>);

/// Where a caller stands after asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Units in a minute.
    pub limit: u32,
    /// Units left now.
    pub left: u32,
    /// When as many units as were asked are there again; nought when they were there.
    pub wait: Duration,
    /// When all units are there again.
    pub full: Duration,
}

impl Pace {
    /// Takes `units` of a caller's `limit` for a minute; takes nothing when so many are not left.
    /// `None` when there is no limit.
    pub fn take(&self, caller: &str, units: u32, limit: u32, now: Instant) -> Option<Standing> {
        if limit == 0 {
            return None;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_CALLERS {
            all.retain(|_, spent_until| *spent_until > now);
        }
        let known = all.len() < MOST_CALLERS || all.contains_key(caller);
        let key = if known { caller } else { "" };
        let each = MINUTE / limit;
        // The instant at which everything asked so far will have come back.
        let spent_until = all.get(key).copied().unwrap_or(now).max(now);
        let then = spent_until + each * units.min(limit);
        let wait = then.saturating_duration_since(now + MINUTE);
        let stands = if wait.is_zero() { then } else { spent_until };
        all.insert(key.to_owned(), stands);
        let full = stands.saturating_duration_since(now);
        let left =
            (MINUTE.saturating_sub(full).as_nanos() / each.as_nanos().max(1)).min(limit.into());
        Some(Standing { limit, left: u32::try_from(left).unwrap_or(limit), wait, full })
    }
}

impl Standing {
    /// Whether the caller asked more than was left.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !self.wait.is_zero()
    }

    /// The seconds after which to ask again.
    #[must_use]
    pub fn retry_after(&self) -> u32 {
        seconds(self.wait).max(1)
    }

    /// Shows the caller where it stands.
    pub fn show(&self, headers: &mut HeaderMap) {
        let policy = format!("\"caller\";q={};w=60", self.limit);
        let standing = format!("\"caller\";r={};t={}", self.left, seconds(self.full));
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", standing)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// Whole seconds, rounded up.
fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs() + u64::from(time.subsec_nanos() > 0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OPS-4: a minute's units may be asked at once, the next when they have come back, each caller
    /// for itself.
    #[test]
    fn units_are_spent_at_once_and_come_back_evenly() {
        let (pace, start) = (Pace::default(), Instant::now());
        let check = |caller: &str, units, after: u64, expected: (bool, u32, u32)| {
            let now = start + Duration::from_secs(after);
            let standing = pace.take(caller, units, 60, now).unwrap();
            let told = (standing.is_over(), standing.left, standing.retry_after());
            assert_eq!(told, expected, "{caller} {units} after {after}");
        };
        check("a", 5, 0, (false, 55, 1));
        check("a", 55, 0, (false, 0, 1));
        check("a", 5, 0, (true, 0, 5));
        check("b", 1, 0, (false, 59, 1));
        check("a", 5, 3, (true, 3, 2));
        check("a", 5, 5, (false, 0, 1));
        check("a", 1, 600, (false, 59, 1));
        assert_eq!(pace.take("a", 1, 0, start), None);
    }
}
