//! The rule of the day: what disclosure within social welfare has needed, and since when.

use crate::time::FinnishDay;

/// What a disclosure to another controller of social welfare needs of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Needs {
    /// The client was informed (informointi).
    Informing,
    /// The client, once informed, has given the disclosure permission (luovutuslupa).
    Permission,
}

/// A rule and the days on which it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatedRule {
    /// Its first day: year, month, day.
    pub first: (i16, i8, i8),
    /// Its last day; `None`: it is the rule of today.
    pub last: Option<(i16, i8, i8)>,
    /// What it needs.
    pub needs: Needs,
    /// The law.
    pub law: &'static str,
}

/// The rules, oldest first, without a gap. Before the first, nothing was disclosed electronically.
///
/// Source: DIS-1; design D9; national-specs 6.4.
pub const RULES_OF_DISCLOSURE: [DatedRule; 2] = [
    DatedRule {
        first: (2021, 11, 1),
        last: Some((2023, 12, 31)),
        needs: Needs::Informing,
        law: "784/2021",
    },
    DatedRule { first: (2024, 1, 1), last: None, needs: Needs::Permission, law: "703/2023" },
];

/// The rule that holds on a day; `None` before the first.
#[must_use]
pub fn rule_on(day: FinnishDay) -> Option<&'static DatedRule> {
    let at = (day.year(), day.month(), day.day());
    RULES_OF_DISCLOSURE
        .iter()
        .find(|rule| rule.first <= at && rule.last.is_none_or(|last| at <= last))
}
