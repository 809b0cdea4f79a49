//! What the commands of `varanto import` print, in the language that is asked for.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use varanto_domain::time::Instant;
use varanto_workbench::queue::AtDesk;
use varanto_workbench::relationships::LookedUp;
use varanto_workbench::report::Report;
use varanto_workbench::run::Done;
use varanto_workbench::undo::{Stays, Undone};
use varanto_workbench::work::{State, Unseen};

use super::super::{Context, Failure};
use super::Ended;
use super::stopping::{command_line, typed};
use crate::pages::Words;
use crate::texts::{self, Language};

/// How many rows are named, where they are many.
pub(super) const NAMED: usize = 20;

/// The words of these commands, in one language.
#[derive(Clone, Copy)]
pub(super) struct Say(pub(super) Language);

impl Say {
    /// In the language of a context.
    pub(super) fn of(context: &Context) -> Self {
        Self(context.output.language())
    }

    /// A text with its placeholders filled in.
    pub(super) fn with(self, key: &str, values: &[(&str, &str)]) -> String {
        Words(self.0).with(&format!("import.{key}"), values)
    }

    /// A text without placeholders.
    pub(super) fn text(self, key: &str) -> String {
        self.with(key, &[])
    }

    /// So many of something, in words for one and for several.
    pub(super) fn count(self, what: &str, count: u64) -> String {
        let form = if count == 1 { "one" } else { "many" };
        self.with(&format!("{what}-{form}"), &[("count", &count.to_string())])
    }

    /// How many documents are how far; what there is none of is not told.
    pub(super) fn states(self, report: &Report) -> String {
        let states = report.states.iter().filter(|(_, count)| *count > 0);
        let states: Vec<String> = states
            .map(|(state, count)| self.count(&format!("state-{}", state.name()), *count))
            .collect();
        states.join(", ")
    }

    /// Why documents are not brought, and how many; the reason's own word stands beside, as reports have it.
    pub(super) fn left_out(self, why: &str, count: u64) -> String {
        let reason = texts::find(self.0, &format!("archive-plan.left-{why}")).unwrap_or(why);
        let told = [("count", &*count.to_string()), ("why", reason), ("code", why)];
        self.with("left_out_line", &told)
    }

    /// A number with a fraction, as the language writes it.
    pub(super) fn decimal(self, number: f64, digits: usize) -> String {
        let text = format!("{number:.digits$}");
        match self.0 {
            Language::English => text,
            Language::Finnish | Language::Swedish => text.replace('.', ","),
        }
    }

    /// A time in the unit that people would say it in.
    pub(super) fn span(self, time: Duration) -> String {
        let seconds = time.as_secs_f64();
        let (number, digits, unit) = match time.as_secs() {
            0 if seconds < 0.1 => (seconds * 1000.0, 1, "ms"),
            0..10 => (seconds, 1, "s"),
            10..120 => (seconds, 0, "s"),
            120..7200 => (seconds / 60.0, 0, "min"),
            _ => (seconds / 3600.0, 1, "h"),
        };
        format!("{} {unit}", self.decimal(number, digits))
    }

    /// A moment that was noted down, by the Finnish clock and as the language writes it.
    pub(super) fn moment(self, noted: &str) -> String {
        Instant::parse(noted).map_or_else(|| noted.to_owned(), |at| Words(self.0).moment(&at))
    }

    /// Rows by number, the first of them where they are many: `row 3`, `rows 3, 5 …`.
    pub(super) fn rows(self, places: &[u64], count: u64) -> String {
        let named: Vec<String> = places.iter().take(NAMED).map(u64::to_string).collect();
        let more = if count > named.len() as u64 { " …" } else { "" };
        let rows = format!("{}{more}", named.join(", "));
        self.with(if count == 1 { "row" } else { "rows" }, &[("rows", &rows)])
    }
}

/// That a run archives nothing before somebody has seen these rows.
pub(super) fn made_faulty(changed: &Unseen, context: &Context) -> String {
    let say = Say::of(context);
    let which = say.rows(&changed.places, changed.rows);
    say.with("made_faulty", &[("count", &changed.rows.to_string()), ("which", &which)])
}

/// What a run leaves for another batch, in rows.
pub(super) struct LeftOpen {
    /// That have faults.
    pub(super) faulty: u64,
    /// Of these, that do not read.
    pub(super) unread: u64,
    /// Of these, what waits at the archivist's desk.
    pub(super) desk: AtDesk,
}

/// That rows stay open, and what is to be done before; or that they were meant to.
pub(super) fn leaves_open(left: &LeftOpen, is_meant: bool, context: &Context) -> String {
    let say = Say::of(context);
    let desk = [
        ("desk-open", left.desk.open),
        ("desk-to_check", left.desk.to_check),
        ("desk-of_source", left.desk.of_source),
        ("desk-waiting", left.desk.waiting),
    ];
    let mut words = vec![say.count("leaves_open", left.faulty)];
    let counted = desk.into_iter().filter(|(_, count)| *count > 0);
    words.extend(counted.map(|(key, count)| {
        let told = say.count(key, count);
        if told.ends_with('.') { told } else { format!("{told}.") }
    }));
    if left.unread > 0 {
        words.push(say.count("leaves_unread", left.unread));
    }
    words.push(say.text(if is_meant { "left_open" } else { "leave_open" }));
    words.join(" ")
}

/// What a run archived.
pub(super) fn archived(done: Done, took: Duration, context: &Context) -> Result<Ended, Failure> {
    let rate = u128::from(done.archived) * 1000 / took.as_millis().max(1);
    let value = json!({
        "archived": done.archived, "refused": done.refused, "bytes": done.bytes,
        "seconds": took.as_secs_f64(),
    });
    let say = Say::of(context);
    let mut words = say.with(
        "archived",
        &[
            ("documents", &*say.count("document", done.archived)),
            ("bytes", &done.bytes.to_string()),
            ("took", &say.span(took)),
            ("rate", &rate.to_string()),
            ("refused", &done.refused.to_string()),
        ],
    );
    if done.refused > 0 {
        let _ = write!(words, " {}", say.text("archived_refused"));
    }
    context.output.one(&value, &words)?;
    Ok(Ended::with(done.refused == 0))
}

/// That a command was ended before its end, what was done until then, and how one goes on.
fn stopped(
    (mut value, words): (serde_json::Value, &str),
    go_on: &[&str],
    context: &Context,
) -> Result<Ended, Failure> {
    value["stopped"] = json!(true);
    value["go_on"] = json!(go_on);
    let then = Say::of(context).text("go_on");
    context.output.one(&value, &format!("{words}\n{then}\n  {}", go_on.join("\n  ")))?;
    Ok(Ended::Stopped)
}

/// The command that was typed.
fn this_command() -> String {
    command_line(typed())
}

/// A rehearsal that was ended before its end.
pub(super) fn rehearsal_stopped(
    go_on: &str,
    of_another: bool,
    context: &Context,
) -> Result<Ended, Failure> {
    let typed = this_command();
    let go_on = [go_on, typed.as_str()];
    let words = Say::of(context).text("rehearsal_stopped");
    stopped((json!({}), &words), if of_another { &go_on } else { &go_on[..1] }, context)
}

/// A run that was ended before its end, and that the archive did not answer at its end.
pub(super) fn run_stopped(
    (report, made): (&Report, u64),
    silent: Option<&str>,
    context: &Context,
) -> Result<Ended, Failure> {
    let [archived, left] = [State::Archived, State::Sound].map(|state| report.count(state));
    let told = [("archived", &*archived.to_string()), ("left", &left.to_string())];
    let mut words = Say::of(context).with("run_stopped", &told);
    if let Some(why) = silent {
        let _ = write!(words, " {}", Say::of(context).with("run_silent", &[("why", why)]));
    }
    let value = json!({ "archived": archived, "left": left, "cases_and_relationships": made });
    stopped((value, &words), &[&this_command()], context)
}

/// What a look-up of active relationships came to.
pub(super) fn looked_up(told: &LookedUp, context: &Context) -> Result<(), Failure> {
    let say = Say::of(context);
    let clients = |count: u64| say.count("client", count);
    let (found, none, several) = (clients(told.found), clients(told.none), clients(told.several));
    let counts = [("found", &*found), ("none", &none), ("several", &several)];
    let mut text = vec![say.with("looked_up", &counts)];
    let refused = told.refused.iter();
    text.extend(
        refused.map(|(why, count)| {
            say.with("not_told", &[("clients", &clients(*count)), ("why", why)])
        }),
    );
    text.push(say.text("rehearse_again"));
    let refused: serde_json::Map<_, _> =
        told.refused.iter().map(|(why, count)| (why.clone(), json!(count))).collect();
    let value = json!({
        "found": told.found, "none": told.none, "several": told.several, "refused": refused,
    });
    context.output.one(&value, &text.join("\n"))
}

/// A look-up that was ended before its end.
pub(super) fn look_up_stopped(context: &Context) -> Result<Ended, Failure> {
    let words = Say::of(context).text("look_up_stopped");
    stopped((json!({}), &words), &[&this_command()], context)
}

/// A reconciliation that was ended before its end.
pub(super) fn reconciliation_stopped(context: &Context) -> Result<Ended, Failure> {
    let words = Say::of(context).text("reconciliation_stopped");
    stopped((json!({}), &words), &[&this_command()], context)
}

/// An undo that was ended before its end.
pub(super) fn undo_stopped(
    report: &Report,
    stays: &Stays,
    context: &Context,
) -> Result<Ended, Failure> {
    let undone = report.count(State::Undone);
    // What a run that was killed may have sent is looked at, too.
    let left = [State::Archived, State::Sound, State::Refused].map(|state| report.count(state));
    let left: u64 = left.into_iter().sum();
    let told = [("undone", &*undone.to_string()), ("left", &left.to_string())];
    let words =
        format!("{}{}", Say::of(context).with("undo_stopped", &told), in_force(stays, context));
    let value = json!({
        "undone": undone, "left": left,
        "later_versions_in_rows": stays.later, "later_versions_not_told_of_rows": stays.not_told,
    });
    stopped((value, &words), &[&this_command()], context)
}

/// Which later versions an undo left in force, each kind on a line of its own; nothing where there are none.
pub(super) fn in_force(stays: &Stays, context: &Context) -> String {
    let mut words = String::new();
    for (key, rows) in [("later", &stays.later), ("later_not_told", &stays.not_told)] {
        if !rows.is_empty() {
            let count = rows.len() as u64;
            let which = Say::of(context).rows(rows, count);
            let told = [("count", &*count.to_string()), ("which", &which)];
            let _ = write!(words, "\n{}", Say::of(context).with(key, &told));
        }
    }
    words
}

/// That another command works in a batch's folder.
pub(super) fn another_works(folder: &Path, language: Language) -> String {
    let folder = folder.display().to_string();
    Words(language).with("import.another_works", &[("folder", &folder)])
}

/// What `pause` did, and how far the batch is.
pub(super) fn paused(paused: bool, report: &Report, context: &Context) -> Result<(), Failure> {
    let say = Say::of(context);
    let told = say.text(if paused { "paused" } else { "nothing_works" });
    let documents = say.count("document", report.documents());
    let stands = say.with("head", &[("documents", &*documents), ("states", &say.states(report))]);
    context.output.one(&json!({ "paused": paused }), &format!("{told}\n{stands}"))
}

/// What an undo did, and what of the batch stays in the archive.
pub(super) fn undone(undone: &Undone, context: &Context) -> Result<(), Failure> {
    let Undone { undone: count, left, stays, cases, old_relationships, counted } = undone;
    let say = Say::of(context);
    let (rows, documents) = (say.count("row", count + left), say.count("document", *count));
    let what_stays = [
        ("cases", &*say.count("closed_case", *cases)),
        ("relationships", &say.count("old_relationship", *old_relationships)),
    ];
    let stays_key = if *counted { "undone_stays" } else { "undone_stays_least" };
    let mut words = [
        say.with("undone", &[("rows", &*rows), ("documents", &documents)]),
        say.with(stays_key, &what_stays),
        say.text("undone_anew"),
    ]
    .join(" ");
    if *left > 0 {
        let _ =
            write!(words, "\n{}", say.with("undone_left", &[("rows", &say.count("row", *left))]));
    }
    words.push_str(&in_force(stays, context));
    let value = json!({
        "undone": count, "left": left, "later_versions_in_rows": stays.later,
        "later_versions_not_told_of_rows": stays.not_told, "all_counted": counted, "cases": cases,
        "old_relationships": old_relationships,
    });
    context.output.one(&value, &words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OLD-9: a time is said in the unit that people would say it in, and as the language writes numbers.
    #[test]
    fn times_are_said_as_people_say_them() {
        for (millis, english, swedish) in [
            (0, "0.0 ms", "0,0 ms"),
            (12, "12.0 ms", "12,0 ms"),
            (700, "0.7 s", "0,7 s"),
            (2800, "2.8 s", "2,8 s"),
            (45_000, "45 s", "45 s"),
            (600_000, "10 min", "10 min"),
            (9_000_000, "2.5 h", "2,5 h"),
        ] {
            let time = Duration::from_millis(millis);
            assert_eq!(Say(Language::English).span(time), english);
            assert_eq!(Say(Language::Swedish).span(time), swedish);
        }
    }

    /// OLD-9: one is one, and several are several, in each language.
    #[test]
    fn one_row_is_no_rows() {
        for (language, one, several) in [
            (Language::English, "1 row", "2 rows"),
            (Language::Finnish, "1 rivi", "2 riviä"),
            (Language::Swedish, "1 rad", "2 rader"),
        ] {
            let say = Say(language);
            assert_eq!((say.count("row", 1), say.count("row", 2)), (one.into(), several.into()));
            for state in State::ALL {
                let key = format!("state-{}", state.name());
                assert!(say.count(&key, 1).starts_with("1 "), "{language} {key}");
                assert!(say.count(&key, 3).starts_with("3 "), "{language} {key}");
            }
        }
    }
}
