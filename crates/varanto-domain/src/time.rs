//! Days and instants, as Finnish law counts them.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A day in Finland. Rules count in days; both ends of a span belong to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FinnishDay(Date);

impl FinnishDay {
    /// The day, or `None` when the calendar has no such day.
    #[must_use]
    pub fn new(year: i16, month: i8, day: i8) -> Option<Self> {
        Date::new(year, month, day).ok().map(Self)
    }

    /// Reads `2026-03-23`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let b = text.as_bytes();
        let formed = b.len() == 10 && b[4] == b'-' && b[7] == b'-';
        let part = |range: std::ops::Range<usize>| {
            let digits = &text.as_bytes()[range];
            digits
                .iter()
                .all(u8::is_ascii_digit)
                .then(|| digits.iter().fold(0i16, |sum, b| sum * 10 + i16::from(b - b'0')))
        };
        if !formed {
            return None;
        }
        Self::new(part(0..4)?, i8::try_from(part(5..7)?).ok()?, i8::try_from(part(8..10)?).ok()?)
    }

    /// The day in Finland at an instant.
    #[must_use]
    pub fn of(instant: Instant) -> Self {
        Self(instant.timestamp().to_zoned(helsinki()).date())
    }

    /// The first instant of the day in Finland.
    #[must_use]
    pub fn start(self) -> Instant {
        let zoned = self.0.to_zoned(helsinki()).expect("Finnish days begin within jiff's range");
        Instant::from_millis(zoned.timestamp().as_millisecond())
    }

    /// The year, such as 2026.
    #[must_use]
    pub fn year(self) -> i16 {
        self.0.year()
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> i8 {
        self.0.month()
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> i8 {
        self.0.day()
    }

    /// The day this many days later, or earlier when negative; the calendar's end stops it.
    #[must_use]
    pub fn plus_days(self, days: i32) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().days(days)))
    }

    /// The day this many years later; of a day that the year does not have, the last one of its month.
    #[must_use]
    pub fn plus_years(self, years: i16) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().years(years)))
    }

    /// Full years lived from `self` as a birth day to `day`; negative before it.
    #[must_use]
    pub fn years_until(self, day: Self) -> i16 {
        let years = day.year() - self.year();
        if (day.month(), day.day()) < (self.month(), self.day()) { years - 1 } else { years }
    }

    /// Days since 1970-01-01, negative before it. What the store keeps.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0.since(Date::constant(1970, 1, 1)).map_or(0, |span| span.get_days())
    }

    /// The day with this [`FinnishDay::number`], or `None` outside the calendar.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Date::constant(1970, 1, 1)
            .checked_add(jiff::Span::new().try_days(number).ok()?)
            .ok()
            .map(Self)
    }
}

fn helsinki() -> TimeZone {
    static ZONE: std::sync::OnceLock<TimeZone> = std::sync::OnceLock::new();
    ZONE.get_or_init(|| TimeZone::get("Europe/Helsinki").expect("the zone data is in the program"))
        .clone()
}

impl fmt::Display for FinnishDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl fmt::Debug for FinnishDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An instant to the millisecond.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(i64);

impl Instant {
    /// The instant this many milliseconds after 1970-01-01T00:00Z.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds after 1970-01-01T00:00Z.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 instant, such as `2026-03-23T10:54:24+02:00`. An offset or `Z` is needed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let timestamp: jiff::Timestamp = text.parse().ok()?;
        Some(Self(timestamp.as_millisecond()))
    }

    /// The hour of the clock in Finland, 0 to 23.
    #[must_use]
    pub fn finnish_hour(self) -> i8 {
        self.timestamp().to_zoned(helsinki()).hour()
    }

    /// The instant so many milliseconds later.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    fn timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.timestamp(), f)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Tells the time. The program has one that reads the machine's clock; tests set theirs.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Instant;
}

/// A span of days; both the first and the last belong to it. No last day: until further notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Validity {
    /// The first day.
    pub first: FinnishDay,
    /// The last day, if one is set.
    pub last: Option<FinnishDay>,
}

impl Validity {
    /// Whether `day` lies in the span.
    #[must_use]
    pub fn contains(&self, day: FinnishDay) -> bool {
        self.first <= day && self.last.is_none_or(|last| day <= last)
    }

    /// Whether some day lies in both spans.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(self.first.max(other.first)) && other.contains(self.first.max(other.first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_finland() {
        let day = FinnishDay::of(Instant::parse("2026-06-30T21:30:00Z").unwrap());
        assert_eq!(day.to_string(), "2026-07-01");
        assert_eq!(day.start().to_string(), "2026-06-30T21:00:00Z");
    }

    #[test]
    fn a_day_and_its_number_are_the_same_thing() {
        for text in ["1890-01-01", "1970-01-01", "2000-02-29", "2099-12-31"] {
            let day = FinnishDay::parse(text).unwrap();
            assert_eq!(FinnishDay::from_number(day.number()), Some(day));
            assert_eq!(day.to_string(), text);
        }
        assert_eq!(FinnishDay::parse("2026-02-30"), None);
        assert_eq!(FinnishDay::parse("2026-2-03"), None);
    }

    #[test]
    fn a_year_is_lived_on_the_birthday() {
        let born = FinnishDay::parse("2008-03-01").unwrap();
        assert_eq!(born.years_until(FinnishDay::parse("2026-02-28").unwrap()), 17);
        assert_eq!(born.years_until(FinnishDay::parse("2026-03-01").unwrap()), 18);
    }
}
