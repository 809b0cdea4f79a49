//! Those who are turned away, told in the use log without letting them fill it.
//!
//! The first try of a caller is a line at once. Further tries of the same kind by the same certificate
//! or address within a minute are counted, and the count is a line of its own when the minute is
//! over, so that an attack is in the log with its size. Addresses are kept in memory alone.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use varanto_app::callers::TurnedAway;

/// How long tries are counted before their number is a line.
const MINUTE: Duration = Duration::from_mins(1);
/// How many callers are told apart; the rest are counted together.
const MOST_CALLERS: usize = 10_000;

/// Who was turned away, as far as it shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Turned {
    /// Someone with this certificate, by its fingerprint.
    Certificate(String),
    /// Someone from this address.
    Address(IpAddr),
    /// Someone else, when too many are told apart already.
    Other,
}

impl Turned {
    /// Who shows a certificate, or comes from an address. Neighbours in one IPv6 network are one.
    #[must_use]
    pub fn of(certificate: Option<&str>, address: Option<IpAddr>) -> Self {
        match (certificate, address) {
            (Some(print), _) => Self::Certificate(print.to_owned()),
            (None, Some(IpAddr::V6(address))) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                Self::Address(IpAddr::V6(network.into()))
            }
            (None, Some(address)) => Self::Address(address),
            (None, None) => Self::Other,
        }
    }

    /// A name that tells it apart in memory.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Certificate(print) => format!("certificate:{print}"),
            Self::Address(address) => format!("address:{address}"),
            Self::Other => "other".to_owned(),
        }
    }

    fn certificate(&self) -> Option<String> {
        match self {
            Self::Certificate(print) => Some(print.clone()),
            Self::Address(_) | Self::Other => None,
        }
    }
}

/// Counts those who are turned away.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<HashMap<(&'static str, Turned), Tries>>);

#[derive(Debug)]
struct Tries {
    since: Instant,
    untold: u64,
}

impl Ledger {
    /// Takes in a try; answers the line to write at once, for the first of its kind in a minute.
    pub fn take(&self, code: &'static str, who: Turned, now: Instant) -> Option<TurnedAway> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (code, who);
        if all.len() >= MOST_CALLERS && !all.contains_key(&key) {
            key.1 = Turned::Other;
        }
        let certificate = key.1.certificate();
        let mut first = false;
        let tries = all.entry(key).or_insert_with(|| {
            first = true;
            Tries { since: now, untold: 0 }
        });
        if first {
            return Some(TurnedAway { code, certificate, times: 1 });
        }
        tries.untold += 1;
        None
    }

    /// The lines of the minutes that are over; of all, when the program ends.
    pub fn due(&self, now: Instant, all: bool) -> Vec<TurnedAway> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = Vec::new();
        kept.retain(|(code, who), tries| {
            let over = all || now.saturating_duration_since(tries.since) >= MINUTE;
            if over && tries.untold > 0 {
                let certificate = who.certificate();
                lines.push(TurnedAway { code, certificate, times: tries.untold });
            }
            !over
        });
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LOG-1: however often someone tries, the log has two lines a minute, and every try is counted.
    #[test]
    fn a_thousand_tries_of_one_caller_are_two_lines_that_count_them() {
        let (ledger, start) = (Ledger::default(), Instant::now());
        let print = Turned::of(Some("ab12"), None);
        let mut lines = Vec::new();
        for _ in 0..1000 {
            lines.extend(ledger.take("certificate-expired", print.clone(), start));
        }
        assert_eq!(ledger.due(start + Duration::from_secs(59), false), []);
        lines.extend(ledger.due(start + MINUTE, false));
        let told: Vec<_> =
            lines.iter().map(|line| (line.certificate.as_deref(), line.times)).collect();
        assert_eq!(told, [(Some("ab12"), 1), (Some("ab12"), 999)]);

        // The next minute begins anew, and a single try leaves no count behind.
        assert!(ledger.take("certificate-expired", print, start + MINUTE).is_some());
        assert_eq!(ledger.due(start + MINUTE * 2, false), []);
    }

    /// LOG-1: callers and reasons are told apart, up to a number that fits in memory.
    #[test]
    fn callers_and_reasons_are_counted_apart_until_there_are_too_many() {
        let (ledger, now) = (Ledger::default(), Instant::now());
        let at = |number: u32| Turned::of(None, Some(IpAddr::V4(number.into())));
        assert!(ledger.take("token-malformed", at(1), now).is_some());
        assert!(ledger.take("token-expired", at(1), now).is_some());
        assert!(ledger.take("token-malformed", at(2), now).is_some());
        assert!(ledger.take("token-malformed", at(1), now).is_none());
        let lines = (10..40_000).filter_map(|one| ledger.take("token-malformed", at(one), now));
        assert_eq!(lines.count(), MOST_CALLERS - 3 + 1);
        let counted: u64 = ledger.due(now, true).iter().map(|line| line.times).sum();
        assert_eq!(counted + MOST_CALLERS as u64 + 1, 4 + 39_990);

        let neighbours = ["2001:db8::1", "2001:db8::2"].map(|one| one.parse().unwrap());
        assert_eq!(Turned::of(None, Some(neighbours[0])), Turned::of(None, Some(neighbours[1])));
    }
}
