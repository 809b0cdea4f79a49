//! How archiving goes in a register: how soon documents come after they were ready, and what is turned down, by who sends it.
//!
//! Counts alone: they tell of no client and name no person.
//!
//! Source: CAS-6, ARC-13.

use crate::access::log::PERSON;

/// The spans within which documents come: an hour, a day and a week, in milliseconds.
const SPANS: [i64; 3] = [3_600_000, 24 * 3_600_000, 7 * 24 * 3_600_000];

/// Who sends documents, as far as it is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sender {
    /// A client-information system, by its identifier in the system register.
    System(String),
    /// People, at the archive's own pages.
    People,
    /// The archive itself, for nobody: what its operator has done.
    Archive,
}

impl Sender {
    /// The sender whom lines of the use log and arrivals name.
    #[must_use]
    pub fn of_actor(name: &str) -> Self {
        match name.strip_prefix("system:") {
            Some(id) => Self::System(id.to_owned()),
            None if name.starts_with(PERSON) || name.starts_with("citizen:") => Self::People,
            None => Self::Archive,
        }
    }
}

/// How soon documents came after they were ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delays {
    /// Of how many versions it is told.
    pub versions: u64,
    /// How many of them came within an hour, a day and a week.
    pub within: [u64; 3],
    /// The longest delay, in milliseconds.
    pub longest_millis: u64,
}

impl Delays {
    /// Counts a version in that came so long after it was ready.
    pub fn add(&mut self, millis: i64) {
        self.versions += 1;
        for (count, span) in self.within.iter_mut().zip(SPANS) {
            *count += u64::from(millis <= span);
        }
        self.longest_millis = self.longest_millis.max(millis.max(0).cast_unsigned());
    }

    /// Counts in what others tell.
    pub fn add_all(&mut self, other: &Self) {
        self.versions += other.versions;
        for (count, more) in self.within.iter_mut().zip(other.within) {
            *count += more;
        }
        self.longest_millis = self.longest_millis.max(other.longest_millis);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ARC-13: a span's last moment counts, and the longest delay is kept; two counts together are the count of both.
    #[test]
    fn a_delay_falls_into_every_span_that_it_does_not_exceed() {
        let check = |millis: &[i64], within: [u64; 3], longest: u64| {
            let mut all = Delays::default();
            for one in millis {
                all.add(*one);
            }
            let expected =
                Delays { versions: millis.len() as u64, within, longest_millis: longest };
            assert_eq!(all, expected);
            let mut together = Delays::default();
            for one in millis {
                let mut alone = Delays::default();
                alone.add(*one);
                together.add_all(&alone);
            }
            assert_eq!(together, expected);
        };
        check(&[], [0; 3], 0);
        check(&[0], [1; 3], 0);
        check(&[3_600_000], [1; 3], 3_600_000);
        check(&[3_600_001, 5], [1, 2, 2], 3_600_001);
        check(&[86_400_000, 86_400_001], [0, 1, 2], 86_400_001);
        check(&[604_800_000, 604_800_001], [0, 0, 1], 604_800_001);
    }

    /// CAS-6: systems are told apart, people are not.
    #[test]
    fn people_are_not_told_apart() {
        for (name, expected) in [
            ("system:10", Sender::System("10".into())),
            ("person:aino", Sender::People),
            ("citizen:7", Sender::People),
            ("operator", Sender::Archive),
            ("nobody", Sender::Archive),
        ] {
            assert_eq!(Sender::of_actor(name), expected, "{name}");
        }
    }
}
