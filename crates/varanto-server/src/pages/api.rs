//! The API page: our OpenAPI document for people to read, and an island of script to try it.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::elements::{Element, Obligation};

use super::{Shell, Words, known_codes, rendered};
use crate::doors::Doors;
use crate::rest::openapi;
use crate::rest::routes::Operation;
use crate::rest::table::TABLE;
use crate::texts::Language;

const TAGS: [&str; 4] = ["documents", "proof", "registers", "running"];

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage {
    shell: Shell,
    tags: Vec<Tag>,
    groups: Vec<&'static str>,
    elements: Vec<Row>,
    codes: Vec<(&'static str, String, String)>,
}

struct Tag {
    name: String,
    anchor: &'static str,
    operations: Vec<Shown>,
}

struct Shown {
    operation: &'static Operation,
    path: String,
    summary: String,
    parameters: Vec<(String, String, String)>,
    answers: Vec<(u16, String)>,
    takes_example: String,
    answer_example: String,
}

struct Row {
    path: &'static str,
    name: &'static str,
    marks: Vec<&'static str>,
}

/// `GET /api/`: in the language that the browser asks for.
pub(super) async fn negotiated(
    State(doors): State<Doors>,
    Extension(language): Extension<Language>,
) -> Response {
    page(&doors, language)
}

/// `GET /fi/api/`, `/sv/api/`, `/en/api/`.
pub(super) fn page(_doors: &Doors, language: Language) -> Response {
    let words = Words(language);
    let page = ApiPage {
        shell: Shell::new(language, "/api/"),
        tags: TAGS.iter().map(|tag| shown_tag(tag, words)).collect(),
        groups: DocumentGroup::ALL.iter().map(|group| group.code()).collect(),
        elements: Element::ALL.iter().map(|element| row(*element)).collect(),
        codes: codes(words),
    };
    rendered(&page, language)
}

/// `GET /api/openapi.json`.
pub(super) async fn openapi(State(doors): State<Doors>) -> Response {
    let text = openapi::document(&doors.base).to_string();
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

fn shown_tag(tag: &'static str, words: Words) -> Tag {
    let of_tag = TABLE.iter().filter(|operation| operation.tag == tag);
    Tag {
        name: words.of(&format!("tag.{tag}")),
        anchor: tag,
        operations: of_tag.map(|operation| shown(operation, words)).collect(),
    }
}

fn shown(operation: &'static Operation, words: Words) -> Shown {
    let meaning = |name: &str| words.of(&format!("parameter.{name}"));
    let path = operation.path_parameters().map(|name| (name, "api.place_path"));
    let query = operation.query.iter().map(|query| (query.name, "api.place_query"));
    let parameters = path
        .chain(query)
        .map(|(name, place)| (name.to_owned(), words.of(place), meaning(name)))
        .collect();
    let good = operation.answers.iter().map(|(status, kind, schema)| {
        (*status, if schema.is_empty() { (*kind).to_owned() } else { format!("{schema} · {kind}") })
    });
    let bad = openapi::problem_statuses(operation)
        .into_iter()
        .map(|status| (status, "Problem · application/problem+json".to_owned()));
    Shown {
        path: operation.full_path(),
        summary: words.of(&format!("operation.{}", operation.id)),
        parameters,
        answers: good.chain(bad).collect(),
        takes_example: operation.takes.map(|takes| pretty(takes.example)).unwrap_or_default(),
        answer_example: openapi::answer_example(operation),
        operation,
    }
}

fn pretty(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| text.to_owned())
}

fn row(element: Element) -> Row {
    let mark = |group: &DocumentGroup| match element.obligation(*group) {
        Obligation::Obligatory => "P",
        Obligation::Conditional(_) => "E",
        Obligation::Optional => "V",
        Obligation::Forbidden => "–",
    };
    let found = element.row();
    Row {
        path: found.path,
        name: found.finnish,
        marks: DocumentGroup::ALL.iter().map(mark).collect(),
    }
}

fn codes(words: Words) -> Vec<(&'static str, String, String)> {
    let (families, codes) = known_codes();
    let told = |(family, code): (&'static str, &'static str)| {
        let (head, body) =
            if family == "fault" { ("message", "right") } else { ("title", "detail") };
        let text = |part: &str| words.of(&format!("{family}.{code}.{part}"));
        (code, text(head), text(body))
    };
    let mut all: Vec<_> = families.into_iter().zip(codes).map(told).collect();
    all.sort_unstable();
    all
}
