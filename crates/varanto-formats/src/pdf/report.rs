//! What a file was found to break, clause by clause.

use std::fmt;

use lopdf::ObjectId;
use varanto_domain::faults::{Fault, FaultKind};

use super::clauses::{Binds, Clause};

/// The most findings kept of one clause, and of one file.
const MAX_OF_ONE: usize = 3;
const MAX_OF_ALL: usize = 60;

/// What a file says to be: `1a`, `1b`, `2a`, `2b`, `2u`, `3b` and so on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flavour {
    /// The part of ISO 19005, 1 to 4.
    pub part: u8,
    /// The level of conformance: `A`, `B`, `U`, `E` or `F`; `None` for plain part 4.
    pub level: Option<char>,
}

impl Flavour {
    /// Reads `2b` or `3U`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut letters = text.chars();
        let part = letters.next()?.to_digit(10)?;
        let level = letters.next().map(|letter| letter.to_ascii_uppercase());
        let fits = matches!(
            (part, level),
            (1, Some('A' | 'B')) | (2 | 3, Some('A' | 'B' | 'U')) | (4, None | Some('E' | 'F'))
        );
        (fits && letters.next().is_none())
            .then_some(Self { part: u8::try_from(part).unwrap_or_default(), level })
    }

    /// Whether its clauses are judged; part 4 is taken at its word.
    #[must_use]
    pub fn is_judged(self) -> bool {
        (1..=3).contains(&self.part)
    }

    fn bound_by(self, binds: Binds) -> bool {
        match binds {
            Binds::All => true,
            // Part 1 knows no level U: there, level A asks for Unicode.
            Binds::Unicode => matches!(self.level, Some('A' | 'U')),
            Binds::Tagged => self.level == Some('A'),
        }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Some(level) => write!(f, "{}{}", self.part, level.to_ascii_lowercase()),
            None => write!(f, "{}", self.part),
        }
    }
}

/// One thing that a file breaks.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// What was asked.
    pub clause: &'static Clause,
    /// Where: an object of the file, or `None` for the file itself.
    pub object: Option<ObjectId>,
    /// What was found, in words and names of the standard; never content.
    pub found: String,
}

/// Everything found in a file.
#[derive(Debug)]
pub struct Report {
    /// What the file was judged as.
    pub flavour: Flavour,
    /// What it breaks, in the order of looking.
    pub findings: Vec<Finding>,
    /// Whether the whole file was looked through; a file that draws endlessly is not.
    pub complete: bool,
}

impl Report {
    pub(super) fn new(flavour: Flavour) -> Self {
        Self { flavour, findings: Vec::new(), complete: true }
    }

    /// Notes a finding, if the flavour is bound by the clause.
    pub(super) fn add(
        &mut self,
        clause: &'static Clause,
        object: Option<ObjectId>,
        found: impl Into<String>,
    ) {
        let bound =
            self.flavour.bound_by(clause.binds) && !clause.under(self.flavour.part).is_empty();
        let of_one = self.findings.iter().filter(|finding| finding.clause == clause).count();
        if !bound || of_one >= MAX_OF_ONE || self.findings.len() >= MAX_OF_ALL {
            return;
        }
        let finding = Finding { clause, object, found: found.into() };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// The clauses broken, by their numbers in the standard.
    pub fn clauses(&self) -> impl Iterator<Item = &'static str> {
        self.findings
            .iter()
            .flat_map(|finding| finding.clause.under(self.flavour.part).iter().copied())
    }

    /// The findings as faults of a submission.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.findings.iter().map(|finding| self.fault(finding)).collect()
    }

    fn fault(&self, finding: &Finding) -> Fault {
        let part = self.flavour.part;
        let clauses = finding.clause.under(part).join(", ");
        let place = match finding.object {
            Some((number, _)) => format!("pdf:object {number}"),
            None => "pdf:".to_owned(),
        };
        Fault::new(FaultKind::PdfAClause, place, format!("ISO 19005-{part} {clauses}"))
            .value(&finding.found)
            .arg("flavour", self.flavour)
            .arg("clause", clauses)
            .arg("asked", finding.clause.words)
            .arg("name", finding.clause.name)
    }
}
