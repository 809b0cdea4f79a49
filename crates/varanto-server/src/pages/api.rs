//! The API page: our OpenAPI document for people to read, and an island of script to try it.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::elements::{Element, Obligation};

use super::{Shell, Words, known_codes, rendered};
use crate::doors::{DemoFacts, Doors};
use crate::rest::openapi;
use crate::rest::routes::Operation;
use crate::rest::table::{SEARCH, TABLE};
use crate::texts::Language;

const TAGS: [&str; 10] = [
    "documents",
    "retention",
    "relationships",
    "clients",
    "wills",
    "users",
    "logs",
    "proof",
    "registers",
    "running",
];

#[derive(Template)]
#[template(path = "api.html")]
struct ApiPage {
    shell: Shell,
    tags: Vec<Tag>,
    groups: Vec<&'static str>,
    elements: Vec<Row>,
    codes: Vec<(&'static str, String, String)>,
    shapes: Vec<(String, String)>,
    tokens: Vec<(String, String)>,
    try_body: String,
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
    parameters: Vec<ShownParameter>,
    answers: Vec<ShownAnswer>,
    takes_example: String,
    answer_example: String,
}

struct ShownParameter {
    name: String,
    place: String,
    meaning: String,
    example: String,
}

struct ShownAnswer {
    status: u16,
    schema: &'static str,
    media_type: &'static str,
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
pub(super) fn page(doors: &Doors, language: Language) -> Response {
    let (words, demo) = (Words(language), doors.demo.get());
    let page = ApiPage {
        shell: Shell::new(language, "/api/"),
        tags: TAGS.iter().map(|tag| shown_tag(tag, words, demo)).collect(),
        groups: DocumentGroup::ALL.iter().map(|group| group.code()).collect(),
        elements: Element::ALL.iter().map(|element| row(*element)).collect(),
        codes: codes(words),
        shapes: openapi::shapes(),
        tokens: demo.map(|demo| demo.tokens.clone()).unwrap_or_default(),
        try_body: openapi::body_example(SEARCH.example, demo),
    };
    rendered(&page, language)
}

/// `GET /api/openapi.json`.
pub(super) async fn openapi(State(doors): State<Doors>) -> Response {
    let text = openapi::document(&doors.base, doors.demo.get()).to_string();
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

fn shown_tag(tag: &'static str, words: Words, demo: Option<&DemoFacts>) -> Tag {
    let of_tag = TABLE.iter().filter(|operation| operation.tag == tag);
    Tag {
        name: words.of(&format!("tag.{tag}")),
        anchor: tag,
        operations: of_tag.map(|operation| shown(operation, words, demo)).collect(),
    }
}

fn shown(operation: &'static Operation, words: Words, demo: Option<&DemoFacts>) -> Shown {
    let path = operation.path_parameters().map(|name| (name, "api.place_path"));
    let query = operation.query.iter().map(|query| (query.name, "api.place_query"));
    let parameter = |(name, place): (&str, &str)| ShownParameter {
        name: name.to_owned(),
        place: words.of(place),
        meaning: words.of(&format!("parameter.{name}")),
        example: openapi::parameter_example(operation, name, demo),
    };
    let good = operation.answers.iter().map(|(status, media_type, schema)| ShownAnswer {
        status: *status,
        schema,
        media_type,
    });
    let bad = openapi::problem_statuses(operation).into_iter().map(|status| ShownAnswer {
        status,
        schema: "Problem",
        media_type: "application/problem+json",
    });
    let example = operation.takes.map(|takes| openapi::body_example(takes.example, demo));
    Shown {
        path: operation.full_path(),
        summary: words.of(&format!("operation.{}", operation.id)),
        parameters: path.chain(query).map(parameter).collect(),
        answers: good.chain(bad).collect(),
        takes_example: example.as_deref().map(pretty).unwrap_or_default(),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What the interface has, its page tells.
    #[test]
    fn every_operation_is_on_the_page() {
        for operation in TABLE {
            assert!(TAGS.contains(&operation.tag), "{} of {}", operation.id, operation.tag);
        }
    }
}
