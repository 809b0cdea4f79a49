//! What the commands of `varanto import` print.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use varanto_domain::codes::ServiceTask;
use varanto_domain::faults::FaultKind;
use varanto_workbench::addition::{OfTable, Together};
use varanto_workbench::conversion::Conversion;
use varanto_workbench::mapping::Target;
use varanto_workbench::reconciliation::{Head, Sum};
use varanto_workbench::relationships::LookedUp;
use varanto_workbench::report::{FaultGroup, OfKind, Report, Way};
use varanto_workbench::run::Done;
use varanto_workbench::showing::Shown;
use varanto_workbench::undo::{Stays, Undone};
use varanto_workbench::work::{State, Unseen};

use super::super::output::{as_table, count_of};
use super::super::{Context, Failure};
use super::Ended;
use super::stopping::{command_line, typed};
use crate::pages::Words;
use crate::texts::{self, Language};

/// So fast an archive of two cores takes ready documents, for the estimate of a run.
const EACH_SECOND: u64 = 1000;
/// What an archived document takes besides seven tenths of its bytes.
const BESIDES: u64 = 400;
const MEGABYTE: u64 = 1_000_000;

/// A rehearsal's report, with the time that it took and the lists that it wrote; or how far a batch is.
pub(super) fn report(
    report: &Report,
    rehearsed: Option<(Duration, &[PathBuf; 2])>,
    context: &Context,
) -> Result<(), Failure> {
    let value = as_value(report, context.output.language());
    let states = report.states.iter().filter(|(_, count)| *count > 0);
    let mut text = vec![format!(
        "{} documents: {}.",
        report.documents(),
        states
            .map(|(state, count)| format!("{count} {}", state.name()))
            .collect::<Vec<_>>()
            .join(", ")
    )];
    if report.strays > 0 {
        text.push(format!("{} that no row names.", count_of(report.strays, "file", "files")));
    }
    if report.lost > 0 {
        text.push(format!(
            "What was completed of {} is of no row any more: look at it at the archivist's desk before you run.",
            count_of(report.lost, "row", "rows")
        ));
    }
    let wanted = |group: &&FaultGroup| {
        group.element == Target::Relationship.name()
            && group.code == FaultKind::MissingElement.code()
    };
    if let Some(group) = report.faults.iter().find(wanted) {
        text.push(format!(
            "{} of active clients without a relationship: varanto import relationships asks the archive for them.",
            count_of(group.rows, "row", "rows")
        ));
    }
    if report.needless_tasks.count > 0 {
        text.push(needless_tasks(report));
    }
    if !report.lines.is_empty() {
        text.push(String::new());
        text.push(made_of_it(report));
    }
    for (why, count) in &report.left_out {
        text.push(format!("left out: {count} {why}"));
    }
    if !report.faults.is_empty() {
        text.push(String::new());
        text.extend(report.faults.iter().map(|group| cause(group, context)));
    }
    if let Some((took, [faults, strays])) = rehearsed {
        text.push(String::new());
        text.push(estimate(report, took));
        if let Some(table) = conversions(report) {
            text.extend([String::new(), table, String::new()]);
        }
        if !report.faults.is_empty() {
            text.push(format!("Every fault of every row is in {}.", faults.display()));
        }
        if report.strays > 0 {
            text.push(format!("The files without a row are in {}.", strays.display()));
        }
    }
    context.output.one(&value, &text.join("\n"))
}

/// The same for machines.
fn as_value(report: &Report, language: Language) -> serde_json::Value {
    let states = report.states.iter().filter(|(_, count)| *count > 0);
    let faults: Vec<_> = report
        .faults
        .iter()
        .map(|group| {
            let [message, right] = words_of(group, language);
            json!({
                "code": group.code, "element": group.element, "rule": group.rule, "rows": group.rows,
                "examples": group.examples, "message": message, "right": right,
            })
        })
        .collect();
    let lines = report.lines.iter().map(|line| {
        json!({
            "client_state": line.client_state, "service_task": line.task, "clients": line.clients,
            "old_relationships": line.relationships, "cases": line.cases,
            "documents": line.documents, "bytes": line.bytes,
        })
    });
    json!({
        "documents": report.documents(),
        "states": states.map(|(state, count)| (state.name().to_owned(), json!(count)))
            .collect::<serde_json::Map<_, _>>(),
        "faults": faults,
        "made_of_it": lines.collect::<Vec<_>>(),
        "files": report.files.iter().map(of_kind).collect::<Vec<_>>(),
        "left_out": report.left_out.iter().map(|(why, count)| (why.clone(), json!(count)))
            .collect::<serde_json::Map<_, _>>(),
        "files_without_a_row": report.strays,
        "completed_rows_lost": report.lost,
        "needless_original_tasks": {
            "rows": report.needless_tasks.count, "examples": report.needless_tasks.examples,
        },
        "made_in_all": {
            "clients": report.made.clients, "old_relationships": report.made.relationships,
            "cases": report.made.cases, "documents": report.made.documents, "bytes": report.made.bytes,
        },
    })
}

/// That documents name an original service task which the rules do not ask for: no fault, but nobody mends it afterwards.
fn needless_tasks(report: &Report) -> String {
    let places: Vec<String> = report.needless_tasks.examples.iter().map(u64::to_string).collect();
    let more = if report.needless_tasks.count > places.len() as u64 { " …" } else { "" };
    format!(
        "Look at {} (row {}{more}): an original service task is named, though those of 2016 were in use. Say in the mapping \
         file since when they were (service_tasks_of_2016_from), or name one only of what is older: when = {{ written_at = {{ \
         before = \"2016-03-01\" }} }}.",
        count_of(report.needless_tasks.count, "document", "documents"),
        places.join(", "),
    )
}

fn made_of_it(report: &Report) -> String {
    let columns =
        ["clients", "service task", "count", "old relationships", "cases", "documents", "MB"];
    let rows = report.lines.iter().map(|line| {
        let task = ServiceTask::from_code(&line.task).map_or("", ServiceTask::name_fi);
        vec![
            line.client_state.clone(),
            format!("{} {task}", line.task),
            line.clients.to_string(),
            line.relationships.to_string(),
            line.cases.to_string(),
            line.documents.to_string(),
            format!("{}.{}", line.bytes / MEGABYTE, line.bytes % MEGABYTE / (MEGABYTE / 10)),
        ]
    });
    let made = &report.made;
    let all = vec![
        "in all".to_owned(),
        String::new(),
        made.clients.to_string(),
        made.relationships.to_string(),
        made.cases.to_string(),
        made.documents.to_string(),
        format!("{}.{}", made.bytes / MEGABYTE, made.bytes % MEGABYTE / (MEGABYTE / 10)),
    ];
    as_table(&columns, &rows.chain([all]).collect::<Vec<_>>())
}

/// What becomes of files, in a word of machines and one of people.
const fn way(way: Way) -> [&'static str; 2] {
    match way {
        Way::Ready => ["ready", "as it is"],
        Way::Converted => ["converted", "converted"],
        Way::WantsConversion => ["wants-conversion", "not chosen"],
    }
}

fn of_kind(files: &OfKind) -> serde_json::Value {
    json!({
        "kind": files.kind.name(), "way": way(files.way)[0], "documents": files.documents, "bytes": files.bytes,
        "archived_bytes": files.archived_bytes, "seconds_each": files.each.map(|(each, _)| each.as_secs_f64()),
        "measured": files.each.map(|(_, measured)| measured),
    })
}

/// How many are converted at once: as the rehearsal does.
fn at_once() -> u64 {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64)
}

/// What is converted, and what conversion would cost where nobody chose it; nothing where there is neither.
fn conversions(report: &Report) -> Option<String> {
    let columns = ["kind", "", "documents", "MB", "becomes MB", "a file", "in all", "known"];
    let megabytes =
        |bytes: u64| format!("{}.{}", bytes / MEGABYTE, bytes % MEGABYTE / (MEGABYTE / 10));
    let rows = report.files.iter().filter_map(|files| {
        let (each, measured) = files.each?;
        let all = each.saturating_mul(u32::try_from(files.documents).unwrap_or(u32::MAX));
        let all = all / u32::try_from(at_once()).unwrap_or(1);
        Some(vec![
            files.kind.name().to_owned(),
            way(files.way)[1].to_owned(),
            files.documents.to_string(),
            megabytes(files.bytes),
            if files.way == Way::Converted { megabytes(files.archived_bytes) } else { "?".into() },
            span(each),
            span(all),
            if measured { "measured".to_owned() } else { "assumed".to_owned() },
        ])
    });
    let rows: Vec<Vec<String>> = rows.collect();
    (!rows.is_empty()).then(|| as_table(&columns, &rows))
}

/// A time in the unit that people would say it in.
fn span(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match time.as_secs() {
        0 if seconds < 0.1 => format!("{:.1} ms", seconds * 1000.0),
        0..10 => format!("{seconds:.1} s"),
        10..120 => format!("{seconds:.0} s"),
        120..7200 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}

fn estimate(report: &Report, took: Duration) -> String {
    let sound = report.count(State::Sound);
    let bytes: u64 = report.files.iter().map(|files| files.archived_bytes).sum();
    format!(
        "Rehearsed in {:.1} s. At {EACH_SECOND} documents a second the run takes about {}; the archive grows by about \
         {} MB.",
        took.as_secs_f64(),
        span(Duration::from_secs(sound.div_ceil(EACH_SECOND))),
        (bytes * 7 / 10 + sound * BESIDES).div_ceil(MEGABYTE)
    )
}

/// What is wrong and what would be right, as a sentence in the language of the context.
pub(super) fn sentence(context: &Context) -> impl Fn(&FaultGroup) -> String {
    let language = context.output.language();
    move |fault| words_of(fault, language).join(" ").trim_end().to_owned()
}

/// Everything that is known of a row.
pub(super) fn row(shown: &Shown, context: &Context) -> Result<(), Failure> {
    let sentence = sentence(context);
    let [document, case, relationship] = &shown.called;
    let faults = shown.faults.iter().map(|fault| {
        json!({
            "code": fault.code, "element": fault.element, "rule": fault.rule, "value": fault.value,
            "message": sentence(fault),
        })
    });
    let completed = shown.completed.iter().map(|one| {
        json!({
            "what": one.what, "value": one.value, "by": one.by, "name": one.name, "at": one.at,
            "checked": one.checked.as_ref().map(|(by, name, at)| json!({ "by": by, "name": name, "at": at })),
        })
    });
    let file = shown.content.as_ref();
    let value = json!({
        "source": shown.source, "made": shown.made, "completed": completed.collect::<Vec<_>>(), "file": shown.file,
        "content": file.map(|(kind, bytes, sum)| json!({ "kind": kind, "bytes": bytes, "sha256": sum })),
        "conversion": shown.conversion, "state": shown.state, "left_out": shown.left_out,
        "document": document, "case": case, "relationship": relationship,
        "receipt": shown.receipt, "faults": faults.collect::<Vec<_>>(),
    });
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut add = |part: &str, name: &str, value: &str| {
        rows.push(vec![part.to_owned(), name.to_owned(), value.to_owned()]);
    };
    for (column, value) in &shown.source {
        add("index", column, value);
    }
    for (name, value) in &shown.made {
        add("mapping", name, value);
    }
    for one in &shown.completed {
        let value = if one.value.is_empty() { "nothing is known" } else { one.value.as_str() };
        let checked =
            one.checked.as_ref().map(|(by, name, at)| format!("; checked by {name} ({by}), {at}"));
        let waits =
            if shown.checked_by_two { "; another person has not checked it yet" } else { "" };
        let checked = checked.unwrap_or_else(|| waits.to_owned());
        add(
            "completed",
            &one.what,
            &format!("{value}: by {} ({}), {}{checked}", one.name, one.by, one.at),
        );
    }
    if let Some(name) = &shown.file {
        add("file", "name", name);
    }
    if let Some((kind, bytes, sum)) = file {
        add("file", "content", &format!("{kind}, {bytes} bytes"));
        add("file", "sha256", sum);
    }
    if let Some(conversion) = &shown.conversion {
        let Conversion { tool, version, part, bytes, sha256, left_out, .. } = conversion;
        add("converted", "by", &format!("{tool} {version}"));
        add("converted", "into", &format!("{part}, {bytes} bytes"));
        add("converted", "sha256", sha256);
        if !left_out.is_empty() {
            add("converted", "left out", &left_out.join(", "));
        }
    }
    add("archive", "state", &shown.state);
    if let Some(why) = &shown.left_out {
        add("archive", "left out", why);
    }
    for (name, id) in [("document", document), ("case", case), ("relationship", relationship)] {
        if let Some(id) = id {
            add("archive", name, id);
        }
    }
    for fault in &shown.faults {
        add("fault", &format!("{} {}", fault.code, fault.element), &sentence(fault));
    }
    context.output.one(&value, &as_table(&["of", "what", "value"], &rows))
}

/// What a report of the form of before does not say.
const OF_ROWS_ALONE: &str = "says nothing of cases and old relationships: whether they are in the archive as they were handed \
                             in, a new reconciliation tells.";

/// How many of what stays open after adding up are named.
const NAMED: usize = 20;

/// Reports that were added up.
pub(super) fn together(
    together: &Together,
    signed: bool,
    context: &Context,
) -> Result<(), Failure> {
    let Together { reports, archived, left_out, without_document, open, .. } = together;
    let mut text = vec![format!(
        "{reports} reports hold{}: {archived} documents archived, {} left out by choice; {} open.",
        if signed { ", and are signed" } else { "; their signatures were not checked" },
        left_out - without_document,
        open.len()
    )];
    if *without_document > 0 {
        text.push(format!(
            "{} no document that could be read, as two people decided.",
            count_of(*without_document, "row has", "rows have")
        ));
    }
    text.extend(together.tables.iter().map(of_table));
    for one in open.iter().take(NAMED) {
        let what = match (one.row, &one.kept) {
            (Some(row), _) => format!("row {row}"),
            (None, Some(kept)) => format!("case or old relationship {kept}"),
            (None, None) => "a file".to_owned(),
        };
        let why = one.why.as_deref().unwrap_or_default();
        text.push(
            format!("{}: {what} {} {why}", one.report.display(), one.outcome).trim_end().to_owned(),
        );
    }
    if open.len() > NAMED {
        text.push(format!("… {} more; --json names all", open.len() - NAMED));
    }
    if together.of_rows_alone > 0 {
        text.push(format!(
            "{} an earlier form and {OF_ROWS_ALONE}",
            count_of(together.of_rows_alone as u64, "report is of", "reports are of")
        ));
    }
    text.push(verdict(together.source_may_be_destroyed).to_owned());
    context.output.one(&json!(together), &text.join("\n"))
}

/// What one report says of its table: what was left out, and why.
fn of_table(one: &OfTable) -> String {
    let sum = &one.sum;
    let reasons = sum.reasons.iter().map(|(why, count)| format!("{count} {why}"));
    let reasons = reasons.collect::<Vec<_>>().join(", ");
    let left_out = sum.left_out + sum.without_document;
    format!(
        "{}: {} of batch {}: {}, {} archived, {left_out} left out{}, {} open in it; {}.",
        one.report.display(),
        one.table,
        one.batch,
        count_of(sum.rows, "row", "rows"),
        sum.archived,
        if reasons.is_empty() { reasons } else { format!(" ({reasons})") },
        sum.open,
        count_of(sum.strays, "file without a row", "files without a row"),
    )
}

/// What is wrong and what would be right, in the reader's language.
fn words_of(group: &FaultGroup, language: Language) -> [String; 2] {
    let words = Words(language);
    texts::of_kept_fault(language, &group.code, |name| match name {
        "element" => Some(Cow::Borrowed(group.element.as_str())),
        "value" => group.value.as_deref().map(|value| words.in_sentence(value)),
        "expected" => group.args.get(name).map(|value| Cow::Borrowed(value.as_str())),
        _ => group.args.get(name).map(|value| words.in_sentence(value)),
    })
}

fn cause(group: &FaultGroup, context: &Context) -> String {
    let [message, right] = words_of(group, context.output.language());
    format!(
        "{:>8}  {} {} ({})\n          {message} {right}\n          {}",
        group.rows,
        group.code,
        group.element,
        group.rule,
        rows_of(&group.examples, group.rows, context)
    )
}

/// That a run archives nothing before somebody has seen these rows.
pub(super) fn made_faulty(changed: &Unseen, context: &Context) -> String {
    let which = rows_of(&changed.places, changed.rows, context);
    text(context, "made_faulty", &[("count", &changed.rows.to_string()), ("which", &which)])
}

/// What a run archived.
pub(super) fn archived(done: Done, took: Duration, context: &Context) -> Result<Ended, Failure> {
    let rate = u128::from(done.archived) * 1000 / took.as_millis().max(1);
    let value = json!({
        "archived": done.archived, "refused": done.refused, "bytes": done.bytes,
        "seconds": took.as_secs_f64(),
    });
    let words = format!(
        "{} documents archived ({} bytes) in {:.1} s, {rate} a second; {} refused.{}",
        done.archived,
        done.bytes,
        took.as_secs_f64(),
        done.refused,
        if done.refused > 0 { " `varanto import status` tells why." } else { "" }
    );
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
    let then = text(context, "go_on", &[]);
    context.output.one(&value, &format!("{words}\n{then}\n  {}", go_on.join("\n  ")))?;
    Ok(Ended::Stopped)
}

/// A text of these commands in the language of the context.
fn text(context: &Context, key: &str, values: &[(&str, &str)]) -> String {
    Words(context.output.language()).with(&format!("import.{key}"), values)
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
    let words = text(context, "rehearsal_stopped", &[]);
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
    let mut words = text(context, "run_stopped", &told);
    if let Some(why) = silent {
        let _ = write!(words, " {}", text(context, "run_silent", &[("why", why)]));
    }
    let value = json!({ "archived": archived, "left": left, "cases_and_relationships": made });
    stopped((value, &words), &[&this_command()], context)
}

/// What a look-up of active relationships came to.
pub(super) fn looked_up(told: &LookedUp, context: &Context) -> Result<(), Failure> {
    let clients = |count: u64| count_of(count, "client", "clients");
    let mut text = vec![format!(
        "The active relationship of {} is known; {} with none in the archive, {} with several.",
        clients(told.found),
        clients(told.none),
        clients(told.several)
    )];
    let refused = told.refused.iter();
    text.extend(refused.map(|(why, count)| format!("not told of {}: {why}", clients(*count))));
    text.push(
        "Rehearse again: each row takes what was found, and the others are told by row.".to_owned(),
    );
    let refused: serde_json::Map<_, _> =
        told.refused.iter().map(|(why, count)| (why.clone(), json!(count))).collect();
    let value = json!({
        "found": told.found, "none": told.none, "several": told.several, "refused": refused,
    });
    context.output.one(&value, &text.join("\n"))
}

/// A look-up that was ended before its end.
pub(super) fn look_up_stopped(context: &Context) -> Result<Ended, Failure> {
    let words = text(context, "look_up_stopped", &[]);
    stopped((json!({}), &words), &[&this_command()], context)
}

/// A reconciliation that was ended before its end.
pub(super) fn reconciliation_stopped(context: &Context) -> Result<Ended, Failure> {
    let words = text(context, "reconciliation_stopped", &[]);
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
    let words = format!("{}{}", text(context, "undo_stopped", &told), in_force(stays, context));
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
            let which = rows_of(rows, count, context);
            let told = [("count", &*count.to_string()), ("which", &which)];
            let _ = write!(words, "\n{}", text(context, key, &told));
        }
    }
    words
}

/// Rows by number, the first of them where they are many: `row 3`, `rows 3, 5 …`.
fn rows_of(places: &[u64], count: u64, context: &Context) -> String {
    let named: Vec<String> = places.iter().take(NAMED).map(u64::to_string).collect();
    let more = if count > named.len() as u64 { " …" } else { "" };
    let rows = format!("{}{more}", named.join(", "));
    text(context, if count == 1 { "row" } else { "rows" }, &[("rows", &rows)])
}

/// That another command works in a batch's folder.
pub(super) fn another_works(folder: &Path, language: Language) -> String {
    let folder = folder.display().to_string();
    Words(language).with("import.another_works", &[("folder", &folder)])
}

/// What `pause` did, and how far the batch is.
pub(super) fn paused(paused: bool, report: &Report, context: &Context) -> Result<(), Failure> {
    let words = Words(context.output.language());
    let states = report.states.iter().filter(|(_, count)| *count > 0);
    let states: Vec<String> = states
        .map(|(state, count)| {
            format!("{}: {count}", words.of(&format!("old_data.state-{}", state.name())))
        })
        .collect();
    let told = text(context, if paused { "paused" } else { "nothing_works" }, &[]);
    let count = text(context, "stands", &[("count", &report.documents().to_string())]);
    let words = format!("{told}\n{count} {}.", states.join(", "));
    context.output.one(&json!({ "paused": paused }), &words)
}

/// What an undo did, and what of the batch stays in the archive.
pub(super) fn undone(undone: &Undone, context: &Context) -> Result<(), Failure> {
    let Undone { undone: count, left, stays, cases, old_relationships, counted } = undone;
    let least = if *counted { "" } else { "At least " };
    let mut words = format!(
        "{count} documents are invalidated. {least}{} and {} stay in the archive, without documents. To archive the delivery \
         anew, raise `edition` in the mapping file and rehearse it again. What reports say of this \
         edition is so no more.",
        count_of(*cases, "closed case", "closed cases"),
        count_of(*old_relationships, "old relationship", "old relationships")
    );
    if *left > 0 {
        let rows = count_of(*left, "row was", "rows were");
        let _ = write!(
            words,
            "\n{rows} never archived by this batch: where another batch archived their documents, those stay."
        );
    }
    words.push_str(&in_force(stays, context));
    let value = json!({
        "undone": count, "left": left, "later_versions_in_rows": stays.later,
        "later_versions_not_told_of_rows": stays.not_told, "all_counted": counted, "cases": cases,
        "old_relationships": old_relationships,
    });
    context.output.one(&value, &words)
}

/// A reconciliation's sum.
pub(super) fn sum(sum: &Sum, report: &Path, context: &Context) -> Result<(), Failure> {
    let words = format!(
        "{}\nThe report is in {}, its signature beside it.",
        counted(sum, true),
        report.display()
    );
    context.output.one(&json!(sum), &words)
}

/// A report that was checked by itself.
pub(super) fn verified(
    head: &Head,
    sum: &Sum,
    signer: Option<&str>,
    context: &Context,
) -> Result<(), Failure> {
    let value = json!({
        "form": head.form, "source": head.source, "batch": head.batch, "made_at": head.made_at, "undone": head.undone,
        "signer": signer, "sum": sum,
    });
    let undone = head.undone.iter().map(|one| {
        let so = one.reported.as_ref().map(|at| {
            format!(
                " What its report of {at} said, that the source may be destroyed, is so no more."
            )
        });
        format!("\nEdition {} was undone on {}.{}", one.edition, one.at, so.unwrap_or_default())
    });
    let words = format!(
        "The report of batch {} of {}, made {}, holds.{}\n{}{}",
        head.batch,
        head.source,
        head.made_at,
        signer.map_or_else(
            || " Its signature was not checked: --anchors names whom to trust.".to_owned(),
            |signer| format!(" It is signed by {signer}.")
        ),
        counted(sum, head.tells_of_made()),
        undone.collect::<String>()
    );
    context.output.one(&value, &words)
}

fn counted(sum: &Sum, tells_of_made: bool) -> String {
    let Sum { rows, archived, converted, left_out, without_document, strays, open, .. } = sum;
    let verdict = verdict(sum.source_may_be_destroyed);
    let mut beside = String::new();
    if *without_document > 0 {
        let rows = count_of(*without_document, "row has", "rows have");
        let _ = write!(
            beside,
            "\n{rows} no document that could be read, as people decided: that counts where two decide \
             (checked_by_two). Ask the source first."
        );
    }
    if !sum.reasons.is_empty() {
        let reasons = sum.reasons.iter().map(|(why, count)| format!("{count} {why}"));
        let _ = write!(beside, "\nLeft out: {}.", reasons.collect::<Vec<_>>().join(", "));
    }
    let Sum { cases, old_relationships, made_open, .. } = sum;
    let _ = if tells_of_made {
        write!(
            beside,
            "\n{} and {} of the batch proven and read back as they were handed in; {made_open} that do not agree.",
            count_of(*cases, "case", "cases"),
            count_of(*old_relationships, "old relationship", "old relationships")
        )
    } else {
        write!(beside, "\nThe report is of an earlier form and {OF_ROWS_ALONE}")
    };
    format!(
        "{rows} rows: {archived} archived, proven and read back byte for byte, {converted} of them converted; {left_out} \
         left out by choice; {open} open. {} without a row.{beside}\n{verdict}",
        count_of(*strays, "file", "files")
    )
}

const fn verdict(source_may_be_destroyed: bool) -> &'static str {
    if source_may_be_destroyed {
        "Every source document is archived, or left out and kept elsewhere, or there is none: the source may be destroyed."
    } else {
        "The source may NOT be destroyed yet."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OLD-9: a time is said in the unit that people would say it in.
    #[test]
    fn times_are_said_as_people_say_them() {
        let said = |millis| span(Duration::from_millis(millis));
        for (millis, words) in [
            (0, "0.0 ms"),
            (12, "12.0 ms"),
            (700, "0.7 s"),
            (2800, "2.8 s"),
            (45_000, "45 s"),
            (600_000, "10 min"),
            (9_000_000, "2.5 h"),
        ] {
            assert_eq!(said(millis), words);
        }
    }
}
