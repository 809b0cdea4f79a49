//! The client summary over REST: as JSON, as a page, and on paper.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;
use varanto_app::archive::{
    ClientSummary, SummaryCase, SummaryDocument, SummaryItem, SummaryQuery, SummaryRelationship,
};
use varanto_domain::access::Caller;
use varanto_domain::archive::documents::Part;
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;
use varanto_formats::render::{self, Cover};
use varanto_formats::sheet::Sheet;
use varanto_formats::view::{ViewLanguage, day_in_words};
use varanto_formats::xhtml::{self, SAFE_COPY_MEDIA_TYPE};
use varanto_formats::{content, summary_search};

use super::caller::Asker;
use super::parameters::Parameters;
use super::problem::{Coded, Problem};
use super::{body, documents};
use crate::doors::Doors;
use crate::frame::language_of;
use crate::names::Names;

type Answer = Result<Response, Problem>;

/// The forms in which a summary is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Json,
    Page,
    Print,
}

/// `POST /clients/_summary`: the summary in the form that `Accept` chooses.
pub async fn summary(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let language = documents::language(&parameters, &headers)?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let shape = chosen(accept.unwrap_or("*/*"))?;
    let terms = body::told(&doors, &headers, sent, summary_search::read).await?;
    let query = SummaryQuery {
        client: terms.client,
        enriched: terms.enriched,
        situation: terms.situation,
        reason: terms.reason,
    };
    let request = query.clone();
    let caller = asker.0.clone();
    let summary = doors.work(move |app| app.client_summary(&caller, &query)).await?;
    let registry = doors.app.registry();
    if shape == Shape::Json {
        let words = Names { registry: &registry, language: language_of(&headers) };
        let told = ToldSummary::of(&summary, &request, &words);
        return Ok(documents::answer(&told));
    }
    let words = Names::spoken(&registry, language);
    let sheet = sheet(&summary, &words, language);
    if shape == Shape::Page {
        let title = words.of("summary.title");
        let page = xhtml::safe_copy(sheet.as_bytes(), &title, language.tag());
        let policy = [
            (header::CONTENT_TYPE, SAFE_COPY_MEDIA_TYPE),
            (header::CONTENT_SECURITY_POLICY, documents::SHOWN_POLICY),
            (header::CACHE_CONTROL, "no-store"),
        ];
        return Ok((policy, page.map_err(Problem::fault)?).into_response());
    }
    let printed = print(&summary, &request, &asker.0, &words, (&sheet, language))?;
    let fixed = [(header::CONTENT_TYPE, "application/pdf"), (header::CACHE_CONTROL, "no-store")];
    Ok((fixed, printed).into_response())
}

fn print(
    summary: &ClientSummary,
    asked: &SummaryQuery,
    caller: &Caller,
    words: &Names<'_>,
    (sheet, language): (&str, ViewLanguage),
) -> Result<Vec<u8>, Problem> {
    let title = words.of("summary.title");
    let made = FinnishDay::of(summary.made_at);
    let cover = Cover {
        title: &title,
        document_type: "",
        organisation: &words.organisation(caller.organisation.as_str()),
        client: &asked.client.in_views(),
        written_on: Some(made),
        archived: &format!("{title} · {}", day_in_words(made)),
        archived_at: summary.made_at,
        language,
    };
    render::view(sheet.as_bytes(), &cover).map_err(Problem::fault)
}

/// The first form in `Accept` that there is.
fn chosen(accept: &str) -> Result<Shape, Problem> {
    let wanted = accept.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    for one in wanted {
        match one.to_ascii_lowercase().as_str() {
            "*/*" | "application/*" | "application/json" => return Ok(Shape::Json),
            "application/xhtml+xml" | "text/html" => return Ok(Shape::Page),
            "application/pdf" => return Ok(Shape::Print),
            _ => {}
        }
    }
    let known = "application/json, application/xhtml+xml, application/pdf";
    Err(Problem::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable").arg("available", known))
}

#[derive(Serialize)]
struct ToldSummary<'a> {
    form: &'static str,
    made_at: String,
    relationships: Vec<ToldRelationship<'a>>,
    cases: Vec<ToldCase<'a>>,
    documents: Vec<ToldDocument<'a>>,
    more: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    more_with: Vec<&'static str>,
}

#[derive(Serialize)]
struct ToldItem<'a> {
    document_id: &'a str,
    controller: &'a str,
    controller_name: String,
    ground: Coded,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    masked: bool,
    written_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    structure: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct ToldRelationship<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    relationship_id: Option<&'a str>,
    old: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_day: Option<String>,
    service_tasks: Vec<Task>,
    #[serde(flatten)]
    item: ToldItem<'a>,
}

#[derive(Serialize)]
struct ToldCase<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    case_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relationship_id: Option<&'a str>,
    closed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_on: Option<String>,
    joint: bool,
    service_task: Task,
    #[serde(flatten)]
    item: ToldItem<'a>,
}

#[derive(Serialize)]
struct ToldDocument<'a> {
    general_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    specific_type: Option<&'a str>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_task: Option<Task>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
    #[serde(flatten)]
    item: ToldItem<'a>,
}

#[derive(Serialize)]
struct Task {
    code: String,
    name: String,
}

impl Task {
    fn of(code: &str, day: FinnishDay, words: &Names<'_>) -> Self {
        Self { code: code.to_owned(), name: words.task(code, day) }
    }
}

impl<'a> ToldSummary<'a> {
    fn of(summary: &'a ClientSummary, asked: &SummaryQuery, words: &Names<'_>) -> Self {
        let day = FinnishDay::of(summary.made_at);
        let tasks =
            |codes: &[String]| codes.iter().map(|code| Task::of(code, day, words)).collect();
        let relationship = |one: &'a SummaryRelationship| ToldRelationship {
            relationship_id: one.id.as_ref().map(Oid::as_str),
            old: one.old,
            last_day: one.last_day.map(|day| day.to_string()),
            service_tasks: tasks(&one.service_tasks),
            item: ToldItem::of(&one.item, words),
        };
        let case = |one: &'a SummaryCase| ToldCase {
            case_id: one.id.as_ref().map(Oid::as_str),
            relationship_id: one.relationship.as_ref().map(Oid::as_str),
            closed: one.closed,
            closed_on: one.closed_on.map(|day| day.to_string()),
            joint: one.joint,
            service_task: Task::of(&one.service_task, day, words),
            item: ToldItem::of(&one.item, words),
        };
        let document = |one: &'a SummaryDocument| ToldDocument {
            general_type: one.general_type,
            specific_type: one.specific_type.as_deref(),
            name: document_name(one, words),
            service_task: one.service_task.as_deref().map(|task| Task::of(task, day, words)),
            unit: one.unit.as_ref().map(Oid::as_str),
            item: ToldItem::of(&one.item, words),
        };
        Self {
            form: if asked.enriched { "enriched" } else { "plain" },
            made_at: summary.made_at.to_string(),
            relationships: summary.relationships.iter().map(relationship).collect(),
            cases: summary.cases.iter().map(case).collect(),
            documents: summary.documents.iter().map(document).collect(),
            more: summary.more,
            more_with: summary.more_with.iter().map(|with| with.code()).collect(),
        }
    }
}

impl<'a> ToldItem<'a> {
    fn of(item: &'a SummaryItem, words: &Names<'_>) -> Self {
        let content = item.content.as_ref();
        Self {
            document_id: item.document.as_str(),
            controller: item.controller.as_str(),
            controller_name: words.organisation(item.controller.as_str()),
            ground: Coded::of("ground", item.ground.code(), words.language),
            masked: item.masked,
            written_at: item.written_at.to_string(),
            structure: content.map(|(structure, _)| structure.as_str()),
            content: content.and_then(|(_, bytes)| serde_json::from_slice(bytes).ok()),
        }
    }
}

fn document_name(document: &SummaryDocument, words: &Names<'_>) -> String {
    let day = FinnishDay::of(document.item.written_at);
    let name = words.kind(document.specific_type.as_deref(), Some(document.general_type), day);
    name.unwrap_or_else(|| document.general_type.into())
}

/// The summary for people to read: a table of each kind, and after them the contents of an enriched one.
fn sheet(summary: &ClientSummary, words: &Names<'_>, language: ViewLanguage) -> String {
    let mut sheet = Sheet::new(&words.of("summary.title"));
    let today = FinnishDay::of(summary.made_at);
    let day = |day: Option<FinnishDay>| day.map(day_in_words).unwrap_or_default();
    let written = |item: &SummaryItem| day_in_words(FinnishDay::of(item.written_at));
    let rows = summary.relationships.iter().map(|one| {
        let tasks = one.service_tasks.iter().map(|code| words.task(code, today));
        let ended = one.last_day.is_some_and(|last| last < today);
        let state = match (one.old, ended) {
            (true, _) => "summary.old",
            (false, true) => "summary.ended",
            (false, false) => "summary.active",
        };
        vec![
            words.organisation(one.item.controller.as_str()),
            words.of(state),
            tasks.collect::<Vec<_>>().join("; "),
            day(one.last_day),
        ]
    });
    table(&mut sheet, words, "relationships", ["controller", "state", "task", "last"], rows);
    let rows = summary.cases.iter().map(|one| {
        let state = if one.closed { "summary.closed" } else { "summary.open" };
        vec![
            words.organisation(one.item.controller.as_str()),
            words.of(state),
            words.task(&one.service_task, today),
            day(one.closed_on),
        ]
    });
    table(&mut sheet, words, "cases", ["controller", "state", "task", "closed-on"], rows);
    let rows = summary.documents.iter().map(|one| {
        vec![
            document_name(one, words),
            written(&one.item),
            words.organisation(one.item.controller.as_str()),
            one.service_task.as_deref().map(|task| words.task(task, today)).unwrap_or_default(),
        ]
    });
    table(&mut sheet, words, "documents", ["document", "written", "controller", "task"], rows);
    if summary.more {
        sheet.paragraph(&words.of("summary.more"));
    }
    for with in &summary.more_with {
        sheet.paragraph(&words.of(&format!("summary.more-with-{}", with.code())));
    }
    for one in &summary.relationships {
        contents(&mut sheet, &words.of("summary.relationship"), &one.item, words, language);
    }
    for one in &summary.cases {
        contents(&mut sheet, &words.of("summary.case"), &one.item, words, language);
    }
    for one in &summary.documents {
        contents(&mut sheet, &document_name(one, words), &one.item, words, language);
    }
    sheet.finish()
}

fn table(
    sheet: &mut Sheet,
    words: &Names<'_>,
    kind: &str,
    heads: [&str; 4],
    rows: impl Iterator<Item = Vec<String>>,
) {
    sheet.heading(&words.of(&format!("summary.{kind}")));
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() {
        sheet.paragraph(&words.of("summary.none"));
        return;
    }
    let heads = heads.map(|head| words.of(&format!("summary.{head}")));
    sheet.table(&heads.each_ref().map(String::as_str), &rows);
}

/// The content of an item, by its structure.
fn contents(
    sheet: &mut Sheet,
    title: &str,
    item: &SummaryItem,
    words: &Names<'_>,
    language: ViewLanguage,
) {
    let Some((structure, bytes)) = &item.content else { return };
    let Some(entry) = words.registry.structure(structure) else { return };
    let Ok(content) = content::read(bytes, Part::Structured.name()) else { return };
    let written = day_in_words(FinnishDay::of(item.written_at));
    let controller = words.organisation(item.controller.as_str());
    sheet.heading(&format!("{title} · {controller} · {written}"));
    sheet.content(&entry.structure, &content, language);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_chooses_the_form_of_a_summary() {
        let check = |accept: &str, expected: Option<Shape>| {
            assert!(chosen(accept).ok() == expected, "{accept}");
        };
        check("*/*", Some(Shape::Json));
        check("application/json", Some(Shape::Json));
        check("application/pdf", Some(Shape::Print));
        check("text/plain, application/xhtml+xml;q=0.9", Some(Shape::Page));
        check("image/png", None);
    }
}
