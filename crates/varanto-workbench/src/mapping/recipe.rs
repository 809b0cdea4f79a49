//! How one value is made of a row: the first step that fits gives it.

use std::collections::BTreeMap;

use jiff::civil;
use jiff::fmt::strtime;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::time::FinnishDay;

use super::{Mapping, Target};
use crate::delivery::Row;
use crate::documents::moment;

/// The steps for one target, tried in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe(pub(super) Vec<Step>);

/// One way to a value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// What must hold for the step to be taken, all of it.
    pub when: Vec<Condition>,
    /// Where the value is from.
    pub from: From,
    /// What is taken away where a value begins with it, large and small letters alike.
    pub without: String,
    /// What each value becomes; a value that is not named is a fault. Empty: values stay as they are.
    pub codes: BTreeMap<String, String>,
    /// What a value that is not named in `codes` becomes instead of a fault.
    pub otherwise: Option<String>,
    /// The forms in which days come, as `strptime` has them; they become `2012-03-01`.
    pub days: Vec<String>,
    /// Which part of the value is taken.
    pub take: Option<Take>,
    /// What is put before and after a value that stays as it is.
    pub around: [String; 2],
    /// Whether there may be no such column at all.
    pub optional: bool,
}

/// What must hold of a row for a step to be taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// A column has one of these values; `*` is any value.
    Column(String, Vec<String>),
    /// A day that the mapping itself makes of the row lies in a span; one that is not said lies in none.
    Day(Target, Span<FinnishDay>),
    /// The client's age in full years, on the day that the document was written, lies in a span.
    Age(Span<i16>),
}

/// From a day or an age, that itself counted, to before another one; without one of them it is open there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<T> {
    /// The first that lies in it.
    pub from: Option<T>,
    /// The first that does not any more.
    pub before: Option<T>,
}

impl<T: PartialOrd + Copy> Span<T> {
    /// Whether it holds this one.
    #[must_use]
    pub fn holds(self, one: T) -> bool {
        self.from.is_none_or(|from| from <= one) && self.before.is_none_or(|before| one < before)
    }
}

/// Where a step's value is from.
#[derive(Debug, Clone, PartialEq)]
pub enum From {
    /// A column of the row.
    Column(String),
    /// Several columns with this between them; those that are empty leave nothing.
    Columns(Vec<String>, String),
    /// The same for every row.
    Constant(String),
}

impl From {
    /// The columns, as faults name them.
    fn columns(&self) -> String {
        match self {
            Self::Column(column) => column.clone(),
            Self::Columns(columns, _) => columns.join(" + "),
            Self::Constant(_) => String::new(),
        }
    }
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
    /// No form of `days` fits.
    NoForm,
    /// A form of `days` fits, and the calendar has no such day.
    NoDay,
    /// It holds letters that could not be read in the index's encoding.
    Undecodable,
    /// It is what a spreadsheet writes where a formula came to nothing.
    ErrorOfSheet,
    /// A condition turns on a day or an age that does not read: that one has a fault of its own.
    DayUnknown,
}

/// The days of a row that conditions turn on.
pub(super) struct Days<'a> {
    pub(super) mapping: &'a Mapping,
    pub(super) row: &'a Row,
    /// What people said in place of the source.
    pub(super) said: &'a dyn Fn(Target) -> Option<String>,
}

/// A day or code that does not read.
struct DoesNotRead;

/// Why it cannot be said whether a condition holds.
enum Unclear {
    /// A day or an age that it turns on does not read.
    Day,
    /// What stands in its column is no value.
    Column(String, String, WhyUnmapped),
}

impl std::convert::From<DoesNotRead> for Unclear {
    fn from(_: DoesNotRead) -> Self {
        Self::Day
    }
}

/// What spreadsheets write in place of a value where a formula came to nothing, in English, Finnish and Swedish.
const ERRORS_OF_SHEETS: [&str; 26] = [
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NUM!",
    "#NULL!",
    "#DATA!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
    "#PUUTTUU!",
    "#PUUTTUU",
    "#VIITTAUS!",
    "#ARVO!",
    "#NIMI?",
    "#JAKO/0!",
    "#LUKU!",
    "#TYHJÄ!",
    "#SAKNAS!",
    "#REFERENS!",
    "#VÄRDEFEL!",
    "#NAMN?",
    "#DIVISION/0!",
    "#OGILTIGT!",
    "#SKÄRNING!",
];

/// Why what stands in a column is no value: nothing is told by it, nor by its silence.
pub(crate) fn no_value(value: &str) -> Option<WhyUnmapped> {
    if value.contains('\u{fffd}') {
        Some(WhyUnmapped::Undecodable)
    } else if value.starts_with('#') && ERRORS_OF_SHEETS.contains(&value.to_uppercase().as_str()) {
        Some(WhyUnmapped::ErrorOfSheet)
    } else {
        None
    }
}

impl Days<'_> {
    fn text(&self, target: Target) -> Result<Option<String>, DoesNotRead> {
        let said = (self.said)(target);
        let text = match said {
            Some(said) => Some(said),
            // No day turns on a day, so that this comes to its end.
            None => self.mapping.value(target, self.row).map_err(|_| DoesNotRead)?,
        };
        Ok(text.filter(|text| !text.is_empty()))
    }

    fn day(&self, target: Target) -> Result<Option<FinnishDay>, DoesNotRead> {
        let Some(text) = self.text(target)? else {
            // Of what every document has, none is a fault.
            return if target.is_required() { Err(DoesNotRead) } else { Ok(None) };
        };
        moment(&text).map(|moment| Some(FinnishDay::of(moment))).ok_or(DoesNotRead)
    }

    fn age(&self) -> Result<i16, DoesNotRead> {
        let written = self.day(Target::WrittenAt)?.ok_or(DoesNotRead)?;
        let born = if let Some(born) = self.day(Target::BirthDate)? {
            born
        } else {
            let code = self.text(Target::IdentityCode)?.ok_or(DoesNotRead)?;
            PersonalIdentityCode::parse(&code).map_err(|_| DoesNotRead)?.birth_day()
        };
        Ok(born.years_until(written))
    }
}

impl Condition {
    /// Whether it turns on more than a column.
    pub(super) const fn is_of_days(&self) -> bool {
        !matches!(self, Self::Column(..))
    }

    /// Whether it holds. What is no value holds where the mapping names it word for word, and else is unclear.
    fn holds(&self, days: &Days<'_>) -> Result<bool, Unclear> {
        Ok(match self {
            Self::Column(column, values) => {
                let found = days.row.get(column).unwrap_or_default();
                if values.iter().any(|value| value == found) {
                    return Ok(true);
                }
                if let Some(why) = no_value(found) {
                    return Err(Unclear::Column(column.clone(), found.to_owned(), why));
                }
                !found.is_empty() && values.iter().any(|value| value == "*")
            }
            Self::Day(target, span) => days.day(*target)?.is_some_and(|day| span.holds(day)),
            Self::Age(span) => span.holds(days.age()?),
        })
    }
}

impl Recipe {
    /// The value that the first fitting step with a value gives. Of what is either so or not, another word is one that is not
    /// named.
    pub(super) fn value(
        &self,
        days: &Days<'_>,
        target: Target,
    ) -> Result<Option<String>, Unmapped> {
        for (at, step) in self.0.iter().enumerate() {
            let met = |unmapped| Unmapped { step: at + 1, ..unmapped };
            if step.fits(days).map_err(met)?
                && let Some(value) = step.value(days.row).map_err(met)?
            {
                if target == Target::NonDisclosure && !["true", "false"].contains(&&*value) {
                    let (column, why) = (step.from.columns(), WhyUnmapped::NotNamed);
                    return Err(met(Unmapped { column, value, why, step: 0 }));
                }
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    /// Whether a condition of it turns on a day or an age.
    pub(super) fn turns_on_days(&self) -> bool {
        self.0.iter().flat_map(|step| &step.when).any(Condition::is_of_days)
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
        let from: &[String] = match &self.from {
            From::Column(column) => std::slice::from_ref(column),
            From::Columns(columns, _) => columns,
            From::Constant(_) => &[],
        };
        let from = from.iter().map(String::as_str);
        let asked = self.when.iter().filter_map(|condition| match condition {
            Condition::Column(column, _) => Some(column.as_str()),
            Condition::Day(..) | Condition::Age(_) => None,
        });
        asked.chain(from)
    }

    /// Whether all conditions hold. A column that does not fit decides, whatever is known of days.
    fn fits(&self, days: &Days<'_>) -> Result<bool, Unmapped> {
        let (of_days, of_columns): (Vec<_>, Vec<_>) =
            self.when.iter().partition(|condition| condition.is_of_days());
        for condition in of_columns.into_iter().chain(of_days) {
            match condition.holds(days) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(Unclear::Day) => {
                    let (column, value) = (String::new(), String::new());
                    return Err(Unmapped { column, value, why: WhyUnmapped::DayUnknown, step: 0 });
                }
                Err(Unclear::Column(column, value, why)) => {
                    return Err(Unmapped { column, value, why, step: 0 });
                }
            }
        }
        Ok(true)
    }

    fn value(&self, row: &Row) -> Result<Option<String>, Unmapped> {
        let (parts, value) = match &self.from {
            From::Constant(value) => return Ok(Some(value.clone())),
            From::Column(column) => {
                (std::slice::from_ref(column), row.get(column).map(str::to_owned))
            }
            From::Columns(columns, between) => (columns.as_slice(), joined(row, columns, between)),
        };
        let Some(value) = value else { return Ok(None) };
        let value = without(&value, &self.without);
        let unmapped =
            |why| Unmapped { column: self.from.columns(), value: value.to_owned(), why, step: 0 };
        let mut parts = parts.iter().filter_map(|column| row.get(column));
        if let Some(why) = parts.find_map(no_value)
            && !self.codes.contains_key(value)
        {
            return Err(unmapped(why));
        }
        let taken = self.take.map_or(value, |take| take.of(value));
        if taken.is_empty() {
            return Ok(None);
        }
        if !self.days.is_empty() {
            let day = self.days.iter().find_map(|form| day_in_form(form, taken));
            let has_form = || self.days.iter().any(|form| has_the_form(form, taken));
            let why = || if has_form() { WhyUnmapped::NoDay } else { WhyUnmapped::NoForm };
            return day.map(Some).ok_or_else(|| unmapped(why()));
        }
        if self.codes.is_empty() {
            let [before, after] = &self.around;
            return Ok(Some(format!("{before}{taken}{after}")));
        }
        let code = self.codes.get(taken).or(self.otherwise.as_ref());
        code.cloned().map(Some).ok_or_else(|| unmapped(WhyUnmapped::NotNamed))
    }
}

/// Whether a text is written in a form of days, whether or not the calendar has its day: with other figures in the same places
/// it is one.
fn has_the_form(form: &str, text: &str) -> bool {
    // Years stand first or last where nothing stands between.
    ["20111111", "11112011"].iter().any(|whole| {
        let mut other = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(|sign: char| sign.is_ascii_digit()) {
            other.push_str(&rest[..at]);
            rest = &rest[at..];
            let end = rest.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(rest.len());
            other.push_str(match end {
                1 => "1",
                2 => "11",
                4 => "2011",
                6 => "111111",
                8 => whole,
                _ => &rest[..end],
            });
            rest = &rest[end..];
        }
        other.push_str(rest);
        day_in_form(form, &other).is_some()
    })
}

/// The values of several columns with something between, once where one of them has it there already.
fn joined(row: &Row, columns: &[String], between: &str) -> Option<String> {
    let values = columns.iter().filter_map(|column| row.get(column));
    values.map(str::to_owned).reduce(|whole, next| {
        let stands = !between.is_empty() && (whole.ends_with(between) || next.starts_with(between));
        if stands { whole + &next } else { whole + between + &next }
    })
}

/// A value without what it may begin with.
fn without<'v>(value: &'v str, beginning: &str) -> &'v str {
    match value.split_at_checked(beginning.len()) {
        Some((begins, rest)) if begins.to_lowercase() == beginning.to_lowercase() => rest.trim(),
        _ => value,
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
