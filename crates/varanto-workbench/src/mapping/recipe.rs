//! How one value is made of a row: the first step that fits gives it.

use std::collections::BTreeMap;

use jiff::civil;
use jiff::fmt::strtime;
use varanto_domain::time::FinnishDay;

use crate::delivery::Row;

/// The steps for one target, tried in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe(pub(super) Vec<Step>);

/// One way to a value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// The columns that must have one of these values for the step to be taken; `*` is any value.
    pub when: BTreeMap<String, Vec<String>>,
    /// Where the value is from.
    pub from: From,
    /// What each value becomes; a value that is not named is a fault. Empty: values stay as they are.
    pub codes: BTreeMap<String, String>,
    /// What a value that is not named in `codes` becomes instead of a fault.
    pub otherwise: Option<String>,
    /// The forms in which days come, as `strptime` has them; they become `2012-03-01`.
    pub days: Vec<String>,
    /// Which part of the value is taken.
    pub take: Option<Take>,
    /// Whether there may be no such column at all.
    pub optional: bool,
}

/// Where a step's value is from.
#[derive(Debug, Clone, PartialEq)]
pub enum From {
    /// A column of the row.
    Column(String),
    /// The same for every row.
    Constant(String),
}

impl Default for From {
    fn default() -> Self {
        Self::Constant(String::new())
    }
}

/// A part of a value: names often stand together in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// What stands before the first comma, or else before the first space.
    First,
    /// What stands after it.
    Rest,
    /// The last part of a name after spaces.
    Last,
    /// All but the last part.
    AllButLast,
}

impl Take {
    pub(super) const ALL: [Self; 4] = [Self::First, Self::Rest, Self::Last, Self::AllButLast];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Rest => "rest",
            Self::Last => "last",
            Self::AllButLast => "all-but-last",
        }
    }

    fn of(self, value: &str) -> &str {
        let (first, rest) = value
            .split_once(',')
            .or_else(|| value.split_once(char::is_whitespace))
            .unwrap_or((value, ""));
        let (before, last) = value.rsplit_once(char::is_whitespace).unwrap_or(("", value));
        match self {
            Self::First => first.trim(),
            Self::Rest => rest.trim(),
            Self::Last => last.trim(),
            Self::AllButLast => before.trim(),
        }
    }
}

/// A value that a mapping does not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmapped {
    /// The column that it stands in.
    pub column: String,
    /// The value.
    pub value: String,
    /// Why it is not taken.
    pub why: WhyUnmapped,
    /// Which step of the target's met it: what one word means may turn on what else stands in the row.
    pub step: usize,
}

/// Why a value is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyUnmapped {
    /// `codes` does not name it.
    NotNamed,
    /// No form of `days` fits, or there is no such day.
    NoDay,
    /// It holds letters that could not be read in the index's encoding.
    Undecodable,
}

impl Recipe {
    /// The value that the first fitting step with a value gives.
    pub(super) fn value(&self, row: &Row) -> Result<Option<String>, Unmapped> {
        for (at, step) in self.0.iter().enumerate().filter(|(_, step)| step.fits(row)) {
            let met = |unmapped| Unmapped { step: at + 1, ..unmapped };
            if let Some(value) = step.value(row).map_err(met)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Every column whose value it turns on.
    pub(super) fn every_column(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(Step::columns)
    }

    /// Every column that must be there.
    pub(super) fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|step| !step.optional).flat_map(Step::columns)
    }
}

impl Step {
    fn columns(&self) -> impl Iterator<Item = &str> {
        let from = match &self.from {
            From::Column(column) => Some(column.as_str()),
            From::Constant(_) => None,
        };
        self.when.keys().map(String::as_str).chain(from)
    }

    fn fits(&self, row: &Row) -> bool {
        self.when.iter().all(|(column, values)| {
            let found = row.get(column).unwrap_or_default();
            values.iter().any(|value| value == found || (value == "*" && !found.is_empty()))
        })
    }

    fn value(&self, row: &Row) -> Result<Option<String>, Unmapped> {
        let column = match &self.from {
            From::Constant(value) => return Ok(Some(value.clone())),
            From::Column(column) => column,
        };
        let Some(value) = row.get(column) else { return Ok(None) };
        let unmapped =
            |why| Unmapped { column: column.clone(), value: value.to_owned(), why, step: 0 };
        if value.contains('\u{fffd}') {
            return Err(unmapped(WhyUnmapped::Undecodable));
        }
        let taken = self.take.map_or(value, |take| take.of(value));
        if taken.is_empty() {
            return Ok(None);
        }
        if !self.days.is_empty() {
            let day = self.days.iter().find_map(|form| day_in_form(form, taken));
            return day.map(Some).ok_or_else(|| unmapped(WhyUnmapped::NoDay));
        }
        if self.codes.is_empty() {
            return Ok(Some(taken.to_owned()));
        }
        let code = self.codes.get(taken).or(self.otherwise.as_ref());
        code.cloned().map(Some).ok_or_else(|| unmapped(WhyUnmapped::NotNamed))
    }
}

/// No client document is older: a year of two digits is no year of the first century.
const EARLIEST: i16 = 1850;

/// A day in a form, as `2012-03-01`; with a time of day where the form has one.
pub(crate) fn day_in_form(form: &str, text: &str) -> Option<String> {
    let parsed = strtime::parse(form, text).ok()?;
    let date: civil::Date = parsed.to_date().ok()?;
    if date.year() < EARLIEST {
        return None;
    }
    let day = FinnishDay::new(date.year(), date.month(), date.day())?;
    match parsed.to_time() {
        Ok(time) if form.contains("%H") => Some(format!("{day}T{time:.0}")),
        _ => Some(day.to_string()),
    }
}
