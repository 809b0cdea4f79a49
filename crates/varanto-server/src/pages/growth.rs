//! The picture of growth: how many document versions there are, by the month they were written.

use std::fmt::Write;

/// The picture's width and height, and the margins to its axes, in its own units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 12.0;

/// How many years may be named under the picture.
const MOST_YEARS: usize = 12;

/// Counts by month, oldest first, and what the picture shows of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Growth {
    months: Vec<(String, u64)>,
}

/// A year's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    /// Its number.
    pub name: String,
    /// Written in it.
    pub made: u64,
    /// Written by its end.
    pub cumulative: u64,
}

/// A line of the picture's scale: where it lies, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// From the left or the top, in the picture's units.
    pub at: f64,
    /// The year, or the number of documents.
    pub label: String,
}

impl Growth {
    /// Growth over months such as `(2026, 3)`, in any order. Months without any are filled in.
    #[must_use]
    pub fn of(counts: &[((i16, i8), u64)]) -> Self {
        let place = |(year, month): (i16, i8)| i32::from(year) * 12 + i32::from(month) - 1;
        let places = counts.iter().map(|(month, _)| place(*month));
        let (Some(first), Some(last)) = (places.clone().min(), places.max()) else {
            return Self { months: Vec::new() };
        };
        let count = |at: i32| {
            counts.iter().filter(|(month, _)| place(*month) == at).map(|(_, count)| count).sum()
        };
        let name = |at: i32| format!("{:04}-{:02}", at.div_euclid(12), at.rem_euclid(12) + 1);
        Self { months: (first..=last).map(|at| (name(at), count(at))).collect() }
    }

    /// Whether there is anything to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.months.is_empty()
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.months.iter().map(|(_, count)| count).sum()
    }

    /// The first month.
    #[must_use]
    pub fn first(&self) -> &str {
        self.months.first().map_or("", |(month, _)| month)
    }

    /// The last month.
    #[must_use]
    pub fn last(&self) -> &str {
        self.months.last().map_or("", |(month, _)| month)
    }

    /// The figures by year, for those who read tables.
    #[must_use]
    pub fn years(&self) -> Vec<Year> {
        let mut years: Vec<Year> = Vec::new();
        let mut cumulative = 0;
        for (month, count) in &self.months {
            cumulative += count;
            let year = month.split('-').next().unwrap_or_default();
            match years.last_mut().filter(|last| last.name == year) {
                Some(last) => {
                    last.made += count;
                    last.cumulative = cumulative;
                }
                None => {
                    years.push(Year { name: year.to_owned(), made: *count, cumulative });
                }
            }
        }
        years
    }

    /// The area under the growing line, as a path of SVG.
    #[must_use]
    pub fn area(&self) -> String {
        let floor = HEIGHT - BOTTOM;
        let mut path = format!("M{LEFT:.1},{floor:.1}");
        let mut cumulative = 0;
        for (place, (_, count)) in self.months.iter().enumerate() {
            cumulative += count;
            let _ = write!(path, " L{:.1},{:.1}", self.across(place), self.up(cumulative));
        }
        let _ = write!(path, " L{:.1},{floor:.1} Z", self.across(self.months.len().max(1) - 1));
        path
    }

    /// The first month of years that the picture has, so many that their labels do not touch.
    #[must_use]
    pub fn year_ticks(&self) -> Vec<Tick> {
        let every = self.months.len() / (12 * MOST_YEARS) + 1;
        let january = |(place, (month, _)): (usize, &(String, u64))| {
            let year = month.strip_suffix("-01")?;
            Some(Tick { at: self.across(place), label: year.to_owned() })
        };
        self.months.iter().enumerate().filter_map(january).step_by(every).collect()
    }

    /// Quarters of the whole, from the floor to the top.
    #[must_use]
    pub fn count_ticks(&self) -> Vec<Tick> {
        let total = self.total();
        let tick = |quarter: u64| {
            let count = total * quarter / 4;
            Tick { at: self.up(count), label: count.to_string() }
        };
        (0..=4).map(tick).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "a picture has no more precision than that")]
    fn across(&self, place: usize) -> f64 {
        let steps = self.months.len().max(2) - 1;
        LEFT + (WIDTH - LEFT - 8.0) * place as f64 / steps as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "a picture has no more precision than that")]
    fn up(&self, count: u64) -> f64 {
        let floor = HEIGHT - BOTTOM;
        floor - (floor - TOP) * count as f64 / self.total().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_begins_on_the_floor_and_ends_at_the_top() {
        let growth = Growth::of(&[((2026, 1), 10), ((2025, 11), 30)]);

        assert_eq!(growth.total(), 40);
        assert_eq!((growth.first(), growth.last()), ("2025-11", "2026-01"));
        let area = "M56.0,212.0 L56.0,62.0 L384.0,62.0 L712.0,12.0 L712.0,212.0 Z";
        assert_eq!(growth.area(), area);
        let years: Vec<_> = growth.years().iter().map(|y| (y.made, y.cumulative)).collect();
        assert_eq!(years, [(30, 30), (10, 40)]);
        assert_eq!(growth.year_ticks(), [Tick { at: 712.0, label: "2026".into() }]);
    }

    #[test]
    fn nothing_yet_is_no_fault() {
        let growth = Growth::of(&[]);
        assert!(growth.is_empty());
        assert_eq!(growth.area(), "M56.0,212.0 L56.0,212.0 Z");
    }
}
