//! What the population register says of persons: birth, death, personal-safety orders, guardians.
//!
//! These facts are no documents. The register is their master; the archive keeps what it was told, and when.

use crate::ids::PersonalIdentityCode;
use crate::time::{FinnishDay, Instant, Validity};

/// For how many days after the day of telling what was told still counts as known.
pub const HOLDS_FOR_DAYS: i32 = 1;

/// What the population register says of one person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonFacts {
    /// The day of birth.
    pub born_on: Option<FinnishDay>,
    /// The day of death.
    pub died_on: Option<FinnishDay>,
    /// The days of the personal-safety non-disclosure order (turvakielto).
    pub safety_order: Option<Validity>,
    /// Who looks after the person's matters.
    pub guardians: Vec<Guardian>,
}

/// Somebody who looks after a person's matters, and the days of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guardian {
    /// Who.
    pub code: PersonalIdentityCode,
    /// As what.
    pub kind: GuardianKind,
    /// On which days.
    pub days: Validity,
}

/// As what somebody looks after a person's matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuardianKind {
    /// Custody of a child (huolto).
    Custody,
    /// A right to information about a child, by an agreement or order about custody (tiedonsaantioikeus).
    InformationRight,
    /// Guardianship (edunvalvonta): for the person's property and other matters named in the order.
    Guardianship,
}

impl GuardianKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Custody, Self::InformationRight, Self::Guardianship];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Custody => "custody",
            Self::InformationRight => "information-right",
            Self::Guardianship => "guardianship",
        }
    }

    /// Whether such a one may be shown what a minor's documents let guardians see. Guardianship alone is
    /// of property, and shows nothing.
    ///
    /// Source: CIT-4, DIS-5; national-specs 6.7.
    #[must_use]
    pub const fn sees_documents(self) -> bool {
        matches!(self, Self::Custody | Self::InformationRight)
    }
}

impl PersonFacts {
    /// Whether a personal-safety order is in force on a day.
    #[must_use]
    pub fn is_under_safety_order(&self, day: FinnishDay) -> bool {
        self.safety_order.is_some_and(|days| days.contains(day))
    }

    /// Whether somebody looks after the person's matters on a day in a way that shows documents.
    ///
    /// Source: CIT-4, DIS-5.
    #[must_use]
    pub fn is_in_care_of(&self, guardian: PersonalIdentityCode, day: FinnishDay) -> bool {
        let cares = |one: &Guardian| {
            one.code == guardian && one.kind.sees_documents() && one.days.contains(day)
        };
        self.guardians.iter().any(cares)
    }
}

/// Whether what the register told at an instant counts as known on a day: told on that day or the day
/// before. What is older may have changed, and what was told later was not known yet; either way whatever
/// turns on it is decided as if nothing were known.
///
/// Source: ARC-10, DIS-1, DIS-5.
#[must_use]
pub fn is_known_on(told_at: Instant, day: FinnishDay) -> bool {
    let told = FinnishDay::of(told_at);
    told <= day && day <= told.plus_days(HOLDS_FOR_DAYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> FinnishDay {
        FinnishDay::parse(text).unwrap()
    }

    /// CIT-4, DIS-5: custody and a right to information show documents; guardianship alone is of property.
    #[test]
    fn who_looks_after_property_alone_sees_no_documents() {
        let told = GuardianKind::ALL.map(|kind| (kind.code(), kind.sees_documents()));
        let expected = [("custody", true), ("information-right", true), ("guardianship", false)];
        assert_eq!(told, expected);
    }

    /// ARC-10: what the population register told counts on the day of telling and the day after.
    #[test]
    fn facts_are_known_on_the_day_they_were_told_and_the_day_after() {
        let told = Instant::parse("2026-11-02T23:30:00+02:00").unwrap();
        for (on, known) in [
            ("2026-11-01", false),
            ("2026-11-02", true),
            ("2026-11-03", true),
            ("2026-11-04", false),
        ] {
            assert_eq!(is_known_on(told, day(on)), known, "{on}");
        }
    }

    /// ARC-10: an order is in force from its first day to its last, both counted.
    #[test]
    fn a_safety_order_counts_on_both_its_end_days() {
        let days = Validity { first: day("2026-01-10"), last: Some(day("2026-03-10")) };
        let facts = PersonFacts { safety_order: Some(days), ..PersonFacts::default() };
        for (on, under) in [
            ("2026-01-09", false),
            ("2026-01-10", true),
            ("2026-03-10", true),
            ("2026-03-11", false),
        ] {
            assert_eq!(facts.is_under_safety_order(day(on)), under, "{on}");
        }
    }
}
