//! What commands print: tables for people, JSON for machines, progress for those who wait.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use varanto_domain::faults::Fault;

use crate::pages::Words;
use crate::rest::problem::ToldFault;
use crate::texts::{self, Language};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something went wrong, in words.
    Words(String),
    /// What was sent has these faults.
    Faults(Vec<Fault>, Language),
}

impl Failure {
    /// A failure in words.
    #[must_use]
    pub(super) fn of(words: impl std::fmt::Display) -> Self {
        Self::Words(words.to_string())
    }

    /// What the workbench of old data says in English, in a language.
    #[must_use]
    pub(super) fn of_workbench(self, language: Language) -> Self {
        match self {
            Self::Words(words) => Self::Words(texts::of_workbench(language, &words)),
            faults @ Self::Faults(..) => faults,
        }
    }

    /// Tells it on standard error.
    pub(super) fn tell(&self, as_json: bool) {
        let mut out = std::io::stderr().lock();
        // There is nobody left to tell that standard error is closed.
        let _ = match self {
            Self::Words(words) if as_json => writeln!(out, "{}", json!({ "error": words })),
            Self::Words(words) => writeln!(out, "varanto: {words}"),
            Self::Faults(faults, language) => {
                let told: Vec<ToldFault> =
                    faults.iter().map(|fault| ToldFault::of(fault, *language)).collect();
                if as_json {
                    writeln!(out, "{}", json!({ "faults": told }))
                } else {
                    let line =
                        |one: &ToldFault| format!("{}: {} {}", one.code, one.message, one.right);
                    writeln!(out, "{}", told.iter().map(line).collect::<Vec<_>>().join("\n"))
                }
            }
        };
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Words(error.to_string())
    }
}

/// How a command prints.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    json: bool,
    language: Language,
}

impl Output {
    /// Prints JSON or text; faults in a language.
    #[must_use]
    pub(super) fn new(json: bool, language: Language) -> Self {
        Self { json, language }
    }

    /// The language of texts about faults.
    #[must_use]
    pub(super) fn language(self) -> Language {
        self.language
    }

    /// Whether it prints for machines.
    #[must_use]
    pub(super) fn is_json(self) -> bool {
        self.json
    }

    /// Prints rows: a table, or a JSON array of objects whose members are the columns' names.
    pub(super) fn rows(self, columns: &[&str], rows: Vec<Vec<String>>) -> Result<(), Failure> {
        let text = if self.json { as_objects(columns, rows) } else { as_table(columns, &rows) };
        Self::print(&text)
    }

    /// Prints one thing: its JSON, or its words.
    pub(super) fn one(self, value: &Value, words: &str) -> Result<(), Failure> {
        let text = if self.json { value.to_string() } else { words.to_owned() };
        Self::print(&text)
    }

    fn print(text: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        match writeln!(out, "{text}") {
            // The reader of a pipe has seen enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }
}

fn as_objects(columns: &[&str], rows: Vec<Vec<String>>) -> String {
    let object = |row: Vec<String>| {
        let names = columns.iter().map(|name| name.replace(' ', "_"));
        Value::Object(names.zip(row.into_iter().map(Value::String)).collect::<Map<_, _>>())
    };
    Value::Array(rows.into_iter().map(object).collect()).to_string()
}

pub(super) fn as_table(columns: &[&str], rows: &[Vec<String>]) -> String {
    let width = |place: usize| {
        let cells = rows.iter().filter_map(|row| row.get(place));
        let widest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
        widest.max(columns[place].chars().count())
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(columns.to_vec())];
    lines.push(widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  "));
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

/// Progress of long work: a bar on a terminal, a line every few seconds in a pipe.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    language: Language,
    what: String,
    total: u64,
    began: Instant,
    told: Instant,
}

const TELL_EVERY: Duration = Duration::from_secs(2);

impl Progress {
    /// Progress of so many steps.
    #[must_use]
    pub(super) fn new(what: &str, total: u64) -> Self {
        Self::said(Language::English, what, total)
    }

    /// Progress of so many steps, of a command that speaks another language than English.
    #[must_use]
    pub(super) fn said(language: Language, what: &str, total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total);
            let style =
                ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {per_sec} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(what.to_owned());
            bar
        });
        let began = Instant::now();
        Self { bar, language, what: what.to_owned(), total, began, told: began }
    }

    /// So many steps are done, of so many; the total may become known late.
    pub(super) fn at(&mut self, done: u64, total: u64) {
        self.total = total;
        match &self.bar {
            Some(bar) => {
                bar.set_length(total);
                bar.set_position(done);
            }
            None if self.told.elapsed() >= TELL_EVERY => {
                self.told = Instant::now();
                let pace = pace(self.language, (done, total), self.began.elapsed());
                eprintln!("{}: {pace}", self.what);
            }
            None => {}
        }
    }

    /// All is done.
    pub(super) fn end(&mut self) {
        match &self.bar {
            Some(bar) => bar.finish_and_clear(),
            None => eprintln!("{}: {}/{}", self.what, self.total, self.total),
        }
    }
}

/// How far something is, how fast it went until now, and when it ends if it goes on like this.
fn pace(language: Language, (done, total): (u64, u64), took: Duration) -> String {
    let far = format!("{done}/{total}");
    let rate = u128::from(done) * 1000 / took.as_millis().max(1);
    let Some(left) = (u128::from(total.saturating_sub(done))).checked_div(rate) else { return far };
    let left = if left < 120 { format!("{left} s") } else { format!("{} min", left / 60) };
    let told = [("far", &*far), ("rate", &rate.to_string()), ("left", &left)];
    Words(language).with("import.pace", &told)
}

/// So many of something, in words for one and for several.
pub(super) fn count_of(count: u64, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// A size for people.
pub(super) fn bytes_in_words(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let (mut size, mut unit) = (bytes, 0);
    while size >= 10_000 && unit + 1 < UNITS.len() {
        (size, unit) = (size / 1000, unit + 1);
    }
    format!("{size} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_told_with_its_unit() {
        assert_eq!(bytes_in_words(9_999), "9999 bytes");
        assert_eq!(bytes_in_words(12_345_678), "12 MB");
    }

    #[test]
    fn progress_in_a_pipe_tells_rate_and_end() {
        let after = |seconds| Duration::from_secs(seconds);
        let pace = |done, total, took| pace(Language::English, (done, total), took);
        assert_eq!(pace(500, 2000, after(2)), "500/2000, 250 a second, 6 s left");
        assert_eq!(pace(500, 100_000, after(5)), "500/100000, 100 a second, 16 min left");
        assert_eq!(pace(0, 2000, after(2)), "0/2000", "nothing is known yet");
        assert_eq!(pace(1, 2000, after(2)), "1/2000");
        let swedish = super::pace(Language::Swedish, (500, 2000), after(2));
        assert_eq!(swedish, "500/2000, 250 i sekunden, 6 s kvar");
    }

    #[test]
    fn a_table_is_aligned_and_its_json_has_the_same_facts() {
        let rows = vec![vec!["1".into(), "Ääkköset".into()], vec!["22".into(), "b".into()]];
        assert_eq!(
            as_table(&["no", "the name"], &rows),
            "no  the name\n--  --------\n1   Ääkköset\n22  b"
        );
        assert_eq!(
            as_objects(&["no", "the name"], rows),
            r#"[{"no":"1","the_name":"Ääkköset"},{"no":"22","the_name":"b"}]"#
        );
    }
}
