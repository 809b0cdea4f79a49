//! What `varanto import` prints of a rehearsal, of how far a batch is, and of one row, in the language that is asked for.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use varanto_domain::codes::ServiceTask;
use varanto_domain::faults::FaultKind;
use varanto_workbench::conversion::Conversion;
use varanto_workbench::mapping::Target;
use varanto_workbench::queue::AtDesk;
use varanto_workbench::report::{FaultGroup, OfKind, Report, Way};
use varanto_workbench::showing::{Completed, Shown};
use varanto_workbench::work::State;

use super::super::output::as_table;
use super::super::{Context, Failure};
use super::telling::Say;
use crate::pages::Words;
use crate::texts::{self, Language};

/// So fast an archive of two cores takes ready documents, for the estimate of a run.
const EACH_SECOND: u64 = 1000;
/// What an archived document takes besides seven tenths of its bytes.
const BESIDES: u64 = 400;
const MEGABYTE: u64 = 1_000_000;

/// What is told of a batch besides its report.
pub(super) enum Besides<'a> {
    /// A rehearsal has just ended: how long it took, and the lists that it wrote.
    Rehearsed(Duration, &'a [PathBuf; 2]),
    /// How far it is was asked: what was done at the desk since, where people may complete it still.
    Asked(Option<AtDesk>),
}

/// A rehearsal's report, or how far a batch is.
pub(super) fn report(
    report: &Report,
    besides: &Besides<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let say = Say::of(context);
    let mut value = as_value(report, say.0);
    let documents = say.count("document", report.documents());
    let head = [("documents", &*documents), ("states", &say.states(report))];
    let mut text = vec![say.with("head", &head)];
    if let Besides::Asked(Some(desk)) = besides {
        text.extend(at_the_desk(desk, say));
        value["desk"] = json!(desk);
    }
    text.extend(looked_at(report, say));
    if !report.lines.is_empty() {
        text.extend([String::new(), made_of_it(report, say)]);
    }
    text.extend(report.left_out.iter().map(|(why, count)| say.left_out(why, *count)));
    if !report.faults.is_empty() {
        text.push(String::new());
        text.extend(report.faults.iter().map(|group| cause(group, say)));
    }
    if let Besides::Rehearsed(took, [faults, strays]) = besides {
        let estimate = Estimate::of(report);
        value["took_seconds"] = json!(took.as_secs_f64());
        value["estimate"] = json!({ "seconds": estimate.seconds, "bytes": estimate.bytes });
        value["lists"] = json!({ "faults": faults, "files_without_a_row": strays });
        text.extend([String::new(), estimate.words(*took, say)]);
        if let Some(table) = conversions(report, say) {
            text.extend([String::new(), table, String::new()]);
        }
        let lists = [
            (!report.faults.is_empty(), "faults_list", faults),
            (report.strays > 0, "strays_list", strays),
        ];
        let lists = lists.iter().filter(|(there, ..)| *there);
        text.extend(
            lists.map(|(_, key, path)| say.with(key, &[("path", &path.display().to_string())])),
        );
    }
    context.output.one(&value, &text.join("\n"))
}

/// What somebody should look at besides the faults.
fn looked_at(report: &Report, say: Say) -> Vec<String> {
    let rows = |count| say.count("row", count);
    let mut text = Vec::new();
    if report.strays > 0 {
        text.push(say.count("strays", report.strays));
    }
    if report.lost > 0 {
        text.push(say.with("lost", &[("rows", &rows(report.lost))]));
    }
    let wanted = |group: &&FaultGroup| {
        group.element == Target::Relationship.name()
            && group.code == FaultKind::MissingElement.code()
    };
    if let Some(group) = report.faults.iter().find(wanted) {
        text.push(say.with("without_relationship", &[("rows", &rows(group.rows))]));
    }
    // No fault, but nobody mends it afterwards.
    let needless = &report.needless_tasks;
    if needless.count > 0 {
        let told = [
            ("documents", &*say.count("document", needless.count)),
            ("rows", &say.rows(&needless.examples, needless.count)),
            ("example", "when = { written_at = { before = \"2016-03-01\" } }"),
        ];
        text.push(say.with("needless_tasks", &told));
    }
    text
}

/// What was done at the archivist's desk since the last rehearsal, and what waits there.
fn at_the_desk(desk: &AtDesk, say: Say) -> Vec<String> {
    let done = [
        ("desk-completed", desk.completed),
        ("desk-left_out", desk.left_out),
        ("desk-to_check", desk.to_check),
    ];
    let done = done.into_iter().filter(|(_, count)| *count > 0);
    let done: Vec<String> = done.map(|(key, count)| say.count(key, count)).collect();
    let mut text = Vec::new();
    if !done.is_empty() {
        let told = say.with("at_the_desk", &[("parts", &done.join(", "))]);
        text.push(format!("{told} {}", say.text("desk_taken_in")));
    }
    let waiting = [
        ("desk-open", desk.open),
        ("desk-of_source", desk.of_source),
        ("desk-waiting", desk.waiting),
    ];
    if desk.open == 0 && !done.is_empty() {
        text.push(say.text("desk_none_open"));
    }
    let waiting = waiting.into_iter().filter(|(_, count)| *count > 0);
    text.extend(waiting.map(|(key, count)| say.count(key, count)));
    text
}

/// The report for machines.
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

/// The name of a service task; the nation has none in English.
fn task_name(task: ServiceTask, language: Language) -> &'static str {
    match language {
        Language::Swedish => task.name_sv(),
        Language::Finnish | Language::English => task.name_fi(),
    }
}

fn megabytes(bytes: u64, say: Say) -> String {
    let point = if say.0 == Language::English { '.' } else { ',' };
    format!("{}{point}{}", bytes / MEGABYTE, bytes % MEGABYTE / (MEGABYTE / 10))
}

fn table(columns: &[&str], rows: &[Vec<String>], say: Say) -> String {
    let named: Vec<String> = columns
        .iter()
        .map(|name| match *name {
            "MB" | "" => (*name).to_owned(),
            key => say.text(&format!("col_{key}")),
        })
        .collect();
    as_table(&named.iter().map(String::as_str).collect::<Vec<_>>(), rows)
}

fn made_of_it(report: &Report, say: Say) -> String {
    let columns = ["clients", "task", "count", "relationships", "cases", "documents", "MB"];
    let rows = report.lines.iter().map(|line| {
        let task = ServiceTask::from_code(&line.task).map_or("", |task| task_name(task, say.0));
        vec![
            say.text(&format!("clients-{}", line.client_state)),
            format!("{} {task}", line.task),
            line.clients.to_string(),
            line.relationships.to_string(),
            line.cases.to_string(),
            line.documents.to_string(),
            megabytes(line.bytes, say),
        ]
    });
    let made = &report.made;
    let all = vec![
        say.text("in_all"),
        String::new(),
        made.clients.to_string(),
        made.relationships.to_string(),
        made.cases.to_string(),
        made.documents.to_string(),
        megabytes(made.bytes, say),
    ];
    table(&columns, &rows.chain([all]).collect::<Vec<_>>(), say)
}

/// What becomes of files, in a word of machines.
const fn way(way: Way) -> &'static str {
    match way {
        Way::Ready => "ready",
        Way::Converted => "converted",
        Way::WantsConversion => "wants-conversion",
    }
}

fn of_kind(files: &OfKind) -> serde_json::Value {
    json!({
        "kind": files.kind.name(), "way": way(files.way), "documents": files.documents, "bytes": files.bytes,
        "archived_bytes": files.archived_bytes, "seconds_each": files.each.map(|(each, _)| each.as_secs_f64()),
        "measured": files.each.map(|(_, measured)| measured),
    })
}

/// How many are converted at once: as the rehearsal does.
fn at_once() -> u64 {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64)
}

/// What is converted, and what conversion would cost where nobody chose it; nothing where there is neither.
fn conversions(report: &Report, say: Say) -> Option<String> {
    let columns = ["kind", "", "documents", "MB", "becomes", "each", "all", "known"];
    let rows = report.files.iter().filter_map(|files| {
        let (each, measured) = files.each?;
        let all = each.saturating_mul(u32::try_from(files.documents).unwrap_or(u32::MAX));
        let all = all / u32::try_from(at_once()).unwrap_or(1);
        let is_made = files.way == Way::Converted;
        Some(vec![
            files.kind.name().to_owned(),
            say.text(&format!("way-{}", way(files.way))),
            files.documents.to_string(),
            megabytes(files.bytes, say),
            if is_made { megabytes(files.archived_bytes, say) } else { "?".into() },
            say.span(each),
            say.span(all),
            say.text(if measured { "measured" } else { "assumed" }),
        ])
    });
    let rows: Vec<Vec<String>> = rows.collect();
    (!rows.is_empty()).then(|| table(&columns, &rows, say))
}

/// How long a run would take, and by how much the archive would grow.
struct Estimate {
    seconds: u64,
    bytes: u64,
}

impl Estimate {
    fn of(report: &Report) -> Self {
        let sound = report.count(State::Sound);
        let bytes: u64 = report.files.iter().map(|files| files.archived_bytes).sum();
        Self { seconds: sound.div_ceil(EACH_SECOND), bytes: bytes * 7 / 10 + sound * BESIDES }
    }

    fn words(&self, took: Duration, say: Say) -> String {
        let told = [
            ("took", &*say.span(took)),
            ("rate", &EACH_SECOND.to_string()),
            ("time", &say.span(Duration::from_secs(self.seconds))),
            ("megabytes", &self.bytes.div_ceil(MEGABYTE).to_string()),
        ];
        say.with("estimate", &told)
    }
}

/// What is wrong and what would be right, as a sentence in the language of the context.
pub(super) fn sentence(context: &Context) -> impl Fn(&FaultGroup) -> String {
    let language = context.output.language();
    move |fault| words_of(fault, language).join(" ").trim_end().to_owned()
}

/// What is wrong and what would be right, in the reader's language.
fn words_of(group: &FaultGroup, language: Language) -> [String; 2] {
    let words = Words(language);
    texts::of_kept_fault(language, &group.code, |name| match name {
        "element" => {
            let named = texts::element_of_row(language, &group.element);
            Some(Cow::Borrowed(named.unwrap_or(&group.element)))
        }
        "value" => group.value.as_deref().map(|value| words.in_sentence(value)),
        "expected" => group.args.get(name).map(|value| Cow::Borrowed(value.as_str())),
        _ => group.args.get(name).map(|value| words.in_sentence(value)),
    })
}

fn cause(group: &FaultGroup, say: Say) -> String {
    let [message, right] = words_of(group, say.0);
    format!(
        "{:>8}  {} {} ({})\n          {message} {right}\n          {}",
        group.rows,
        group.code,
        group.element,
        group.rule,
        say.rows(&group.examples, group.rows)
    )
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
    let say = Say::of(context);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut add = |part: &str, name: &str, value: &str| {
        let part = say.text(&format!("of_{part}"));
        rows.push(vec![part, name.to_owned(), value.to_owned()]);
    };
    for (column, value) in &shown.source {
        add("index", column, value);
    }
    for (name, value) in &shown.made {
        add("mapping", name, value);
    }
    for one in &shown.completed {
        let [what, value] = completed_words(one, shown.checked_by_two, say);
        add("completed", &what, &value);
    }
    for (part, name, value) in of_the_file(shown, say) {
        add(part, &name, &value);
    }
    let state = Words(say.0).of(&format!("old_data.state-{}", shown.state));
    add("archive", &say.text("show_state"), &state);
    if let Some(why) = &shown.left_out {
        let reason = texts::find(say.0, &format!("archive-plan.left-{why}")).unwrap_or(why);
        add("archive", &say.text("show_left_out"), &format!("{reason} ({why})"));
    }
    for (key, id) in
        [("show_document", document), ("show_case", case), ("show_relationship", relationship)]
    {
        if let Some(id) = id {
            add("archive", &say.text(key), id);
        }
    }
    for fault in &shown.faults {
        add("fault", &format!("{} {}", fault.code, fault.element), &sentence(fault));
    }
    context.output.one(&value, &table(&["of", "what", "value"], &rows, say))
}

/// The file of a row and how it is converted: which part of the answer, its name and value.
fn of_the_file(shown: &Shown, say: Say) -> Vec<(&'static str, String, String)> {
    let mut rows = Vec::new();
    let mut add = |part, key: &str, value: &str| {
        let name = if key == "sha256" { key.to_owned() } else { say.text(key) };
        rows.push((part, name, value.to_owned()));
    };
    let bytes = |kind: &str, count: u64| {
        say.with("show_bytes", &[("kind", kind), ("count", &count.to_string())])
    };
    if let Some(name) = &shown.file {
        add("file", "show_name", name);
    }
    if let Some((kind, count, sum)) = &shown.content {
        add("file", "show_content", &bytes(kind, *count));
        add("file", "sha256", sum);
    }
    if let Some(conversion) = &shown.conversion {
        let Conversion { tool, version, part, bytes: count, sha256, left_out, .. } = conversion;
        add("converted", "show_by", &format!("{tool} {version}"));
        add("converted", "show_into", &bytes(part, *count));
        add("converted", "sha256", sha256);
        if !left_out.is_empty() {
            let lost = left_out.iter().map(|one| texts::said(say.0, "what", one.as_str().into()));
            add("converted", "show_lost", &lost.collect::<Vec<_>>().join(", "));
        }
    }
    rows
}

/// What somebody completed: its name, and what they said, who and when.
fn completed_words(one: &Completed, by_two: bool, say: Say) -> [String; 2] {
    let words = Words(say.0);
    let (what, value) = match one.what.as_str() {
        "row" => (say.text("show_decision"), words.of(&format!("old_data.decision-{}", one.value))),
        "back" => (say.text("show_back"), String::new()),
        what => match what.strip_prefix("stands:") {
            Some(code) => {
                let text = texts::find(say.0, &format!("old_data.stands-{code}"));
                (say.text("show_stands"), text.unwrap_or(code).to_owned())
            }
            None if one.value.is_empty() => (what.to_owned(), say.text("nothing_known")),
            None => (what.to_owned(), one.value.clone()),
        },
    };
    let by = |by: &str, name: &str, at: &str| [by.to_owned(), name.to_owned(), say.moment(at)];
    let [own, name, at] = by(&one.by, &one.name, &one.at);
    let told = [("value", &*value), ("by", &own), ("name", &name), ("at", &at)];
    let mut completed = say.with("completed_by", &told);
    if let Some((checker, checker_name, when)) = &one.checked {
        let [checker, name, at] = by(checker, checker_name, when);
        let told = [("completed", &*completed), ("by", &checker), ("name", &name), ("at", &at)];
        completed = say.with("completed_checked", &told);
    } else if by_two {
        completed = say.with("completed_waits", &[("completed", &completed)]);
    }
    [what, completed]
}
