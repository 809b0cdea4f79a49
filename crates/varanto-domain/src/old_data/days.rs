//! The days of an old document and of its case, held against one another.

use crate::faults::{Fault, FaultKind};
use crate::time::FinnishDay;

/// What a source says of a document's days and of its case's.
#[derive(Clone, Copy, Debug)]
pub struct OldDays {
    /// When the document was written.
    pub written: FinnishDay,
    /// The day on which its case was opened.
    pub opened: Option<FinnishDay>,
    /// The day on which its case was closed.
    pub closed: Option<FinnishDay>,
    /// The day on which all of it is judged.
    pub today: FinnishDay,
}

/// Every day that cannot be: a document is written while its case lasts, and a case that was closed was closed by today.
///
/// Source: OLD-2, OLD-5, OLD-9, ARC-12.
#[must_use]
pub fn wrong_days(days: &OldDays) -> Vec<Fault> {
    let wrong = |element: &str, day: FinnishDay, expected: String| {
        Fault::new(FaultKind::WrongTime, element, "OLD-5")
            .value(day.to_string())
            .arg("expected", expected)
    };
    let OldDays { written, today, .. } = *days;
    let mut faults = Vec::new();
    if let Some(opened) = days.opened.filter(|opened| *opened > written) {
        faults.push(wrong("case_opened_on", opened, format!("≤ {written}")));
    }
    if let Some(closed) = days.closed.filter(|closed| *closed < written) {
        faults.push(wrong("case_closed_on", closed, format!("≥ {written}")));
    }
    if let Some(closed) = days.closed.filter(|closed| *closed > today) {
        faults.push(wrong("case_closed_on", closed, format!("≤ {today}")));
    }
    faults
}

/// Whether a document is older than the client whom it names: mostly it is a parent's, or another child's. What was written
/// of a child that was not born yet a person lets stand.
///
/// Source: OLD-9.
#[must_use]
pub fn is_before_birth(written: FinnishDay, born: FinnishDay) -> bool {
    written < born
}

/// What the rows of one case say of its days together.
#[derive(Clone, Copy, Debug)]
pub struct CaseRows {
    /// The day of the first document.
    pub first: FinnishDay,
    /// The day of the last document.
    pub last: FinnishDay,
    /// The first day of opening that a row says.
    pub opened: Option<FinnishDay>,
    /// The last day of closing that a row says.
    pub closed: Option<FinnishDay>,
    /// How many rows there are.
    pub rows: u64,
    /// How many of them say a day of closing.
    pub rows_with_closing: u64,
    /// Whether the source says which case it is: then one row speaks for all.
    pub named: bool,
}

/// The days of an old case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CaseDays {
    /// The first day.
    pub opened: FinnishDay,
    /// The last day.
    pub closed: FinnishDay,
    /// Whether the source says the last day. Where it does not, the case may have gone on for years after the last document
    /// that is brought, and no period is counted from that.
    pub closing_is_known: bool,
}

/// The days of a case: no later than its first document and no earlier than its last, whatever was said. The closing is known
/// where each row says one, or, where the source names the case, any; and where no document is later.
///
/// Source: OLD-2, OLD-5, ARC-12.
#[must_use]
pub fn case_of_rows(rows: &CaseRows) -> CaseDays {
    let told = rows.rows_with_closing == rows.rows || rows.named;
    CaseDays {
        opened: rows.opened.map_or(rows.first, |said| said.min(rows.first)),
        closed: rows.closed.map_or(rows.last, |said| said.max(rows.last)),
        closing_is_known: told && rows.closed.is_some_and(|said| said >= rows.last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> FinnishDay {
        FinnishDay::parse(text).unwrap()
    }

    /// OLD-2, ARC-12: a case lasts as long as is said and no shorter than its documents; that it was closed on the day of the
    /// last one is supposed unless the source says it.
    #[test]
    fn a_closing_that_nobody_said_is_supposed() {
        for (opened, closed, (with_closing, named), lasts, known) in [
            (None, None, (0, false), ("2001-02-03", "2009-03-12"), false),
            (None, Some("2019-06-30"), (3, false), ("2001-02-03", "2019-06-30"), true),
            (None, Some("2009-03-12"), (3, false), ("2001-02-03", "2009-03-12"), true),
            // Rows that say nothing may be of a case that goes on.
            (None, Some("2019-06-30"), (2, false), ("2001-02-03", "2019-06-30"), false),
            (None, Some("2019-06-30"), (1, true), ("2001-02-03", "2019-06-30"), true),
            (None, None, (0, true), ("2001-02-03", "2009-03-12"), false),
            // What was written later than the closing that a row says makes that no closing of the whole.
            (None, Some("2005-05-05"), (1, true), ("2001-02-03", "2009-03-12"), false),
            (Some("1999-01-01"), None, (0, false), ("1999-01-01", "2009-03-12"), false),
            (Some("2003-01-01"), None, (0, false), ("2001-02-03", "2009-03-12"), false),
        ] {
            let rows = CaseRows {
                first: day("2001-02-03"),
                last: day("2009-03-12"),
                opened: opened.map(day),
                closed: closed.map(day),
                rows: 3,
                rows_with_closing: with_closing,
                named,
            };
            let (opened, closed) = (day(lasts.0), day(lasts.1));
            let expected = CaseDays { opened, closed, closing_is_known: known };
            assert_eq!(case_of_rows(&rows), expected, "{rows:?}");
        }
    }

    /// OLD-9: a document may be as old as its client.
    #[test]
    fn no_document_is_older_than_its_client() {
        let born = day("2012-02-02");
        assert!(is_before_birth(day("2012-02-01"), born));
        assert!(!is_before_birth(born, born) && !is_before_birth(day("2020-01-01"), born));
    }

    /// OLD-5, OLD-9: a case is opened by its document's day, closed on it or later and by today; the days themselves
    /// count.
    #[test]
    fn days_that_cannot_be_are_faults() {
        for (written, opened, closed, told) in [
            ("2001-05-05", None, None, &[][..]),
            ("2001-05-05", Some("2001-05-05"), Some("2001-05-05"), &[]),
            ("2015-04-01", None, Some("2001-05-05"), &["case_closed_on ≥ 2015-04-01"]),
            ("2015-04-01", Some("2015-04-02"), None, &["case_opened_on ≤ 2015-04-01"]),
            ("2015-04-01", None, Some("2026-11-26"), &[]),
            ("2015-04-01", None, Some("2026-11-27"), &["case_closed_on ≤ 2026-11-26"]),
            (
                "1994-02-01",
                Some("1995-01-01"),
                Some("1993-01-01"),
                &["case_opened_on ≤ 1994-02-01", "case_closed_on ≥ 1994-02-01"],
            ),
        ] {
            let days = OldDays {
                written: day(written),
                opened: opened.map(day),
                closed: closed.map(day),
                today: day("2026-11-26"),
            };
            let expected = |fault: &Fault| {
                let arg = fault.args.iter().find(|(name, _)| *name == "expected");
                arg.map(|(_, value)| value.clone()).unwrap_or_default()
            };
            let found: Vec<String> = wrong_days(&days)
                .iter()
                .map(|fault| format!("{} {}", fault.element, expected(fault)))
                .collect();
            assert_eq!(found, told, "{written} {opened:?} {closed:?}");
        }
    }
}
