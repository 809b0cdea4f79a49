//! Pages for people: server-rendered, in three languages, readable without script.

mod api;
mod growth;
mod landing;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use varanto_domain::access::Denial;

use crate::doors::Doors;
use crate::rest::problem::{Problem, Told};
use crate::texts::{self, Language};

pub use growth::Growth;

/// What a page may load: its own style, script, font and pictures, and nothing else.
pub const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     font-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

/// What an answer of the interface may do in a browser: nothing, in no origin at all.
pub const API_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'";

/// The words of one language, for templates.
#[derive(Debug, Clone, Copy)]
pub struct Words(pub Language);

impl Words {
    /// The text of a key.
    #[must_use]
    pub fn of(&self, key: &str) -> String {
        texts::text(self.0, key)
    }

    /// The text of a key with its placeholders filled in.
    #[must_use]
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        texts::fill(self.0, key, |name| {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into())
        })
    }

    /// The language.
    #[must_use]
    pub fn language(&self) -> Language {
        self.0
    }

    /// The language's tag.
    #[must_use]
    pub fn tag(&self) -> &'static str {
        self.0.tag()
    }

    /// A whole number, with narrow spaces between thousands.
    #[must_use]
    pub fn number(&self, number: &u64) -> String {
        let digits = number.to_string();
        let mut out = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                out.push('\u{a0}');
            }
            out.push(digit);
        }
        out
    }
}

/// What every page has around its content.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The words.
    pub words: Words,
    /// The path of the same page without a language: `/` or `/api/`.
    pub path: &'static str,
    /// The program's version.
    pub version: &'static str,
}

impl Shell {
    fn new(language: Language, path: &'static str) -> Self {
        Self { words: Words(language), path, version: env!("CARGO_PKG_VERSION") }
    }

    /// The language switch: tag, name, address, and whether it is the one shown.
    #[must_use]
    pub fn languages(&self) -> Vec<(&'static str, &'static str, String, bool)> {
        let one = |language: Language| {
            let address = format!("/{}{}", language.tag(), self.path);
            (language.tag(), language.name(), address, language == self.words.0)
        };
        Language::ALL.into_iter().map(one).collect()
    }
}

/// The routes of the pages and of what they load.
pub fn router() -> Router<Doors> {
    let mut router = Router::new()
        .route("/", get(landing::negotiated))
        .route("/api/", get(api::negotiated))
        .route("/api", get(|| async { moved("/api/") }))
        .route("/api/openapi.json", get(api::openapi))
        .route("/problems/{code}", get(problem_described))
        .route("/assets/{name}", get(asset));
    for language in Language::ALL {
        let tag = language.tag();
        router = router
            .route(&format!("/{tag}"), get(move || async move { moved(&format!("/{tag}/")) }))
            .route(
                &format!("/{tag}/"),
                get(move |doors: State<Doors>| landing::page(doors, language)),
            )
            .route(
                &format!("/{tag}/api/"),
                get(move |doors: State<Doors>| async move { api::page(&doors, language) }),
            );
    }
    router
}

fn moved(to: &str) -> Response {
    let status = StatusCode::PERMANENT_REDIRECT;
    match HeaderValue::from_str(to) {
        Ok(to) => (status, [(header::LOCATION, to)]).into_response(),
        Err(_) => Problem::not_found().into_response(),
    }
}

/// A template as an answer, in its language.
fn rendered(template: &impl Template, language: Language) -> Response {
    match template.render() {
        Ok(html) => ([(header::CONTENT_LANGUAGE, language.tag())], Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            Problem::internal().into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    shell: Shell,
    told: Told,
    request: bool,
}

/// A problem as a page, for people who came with a browser.
#[must_use]
pub fn problem_page(problem: &Problem, language: Language, id: &str, base: &str) -> Response {
    let told = problem.tell(language, id, base);
    let page = ProblemPage { shell: Shell::new(language, "/"), told, request: true };
    let mut response = (problem.status, rendered(&page, language)).into_response();
    problem.head(response.headers_mut(), language);
    response
}

/// `GET /problems/{code}`: what a problem's type means.
async fn problem_described(
    State(doors): State<Doors>,
    Path(code): Path<String>,
    language: axum::Extension<Language>,
) -> Response {
    let Some((family, code)) = described(&code) else {
        return Problem::not_found().into_response();
    };
    let mut problem = Problem::new(StatusCode::OK, code);
    problem.denial = Denial::ALL.iter().copied().find(|denial| denial.code() == code);
    let mut told = problem.tell(*language, "", &doors.base);
    if family == "fault" {
        let words = Words(*language);
        told.title = words.with(&format!("fault.{code}.message"), &[]);
        told.detail = words.with(&format!("fault.{code}.right"), &[]);
    }
    let shell = Shell::new(*language, "/");
    rendered(&ProblemPage { shell, told, request: false }, *language)
}

/// The family of texts and the code, of a code that the program knows.
fn described(code: &str) -> Option<(&'static str, &'static str)> {
    let (family, all) = known_codes();
    all.iter().position(|known| *known == code).map(|place| (family[place], all[place]))
}

/// Every code with texts, and beside it the family of those texts.
fn known_codes() -> (Vec<&'static str>, Vec<&'static str>) {
    use crate::rest::problem::CODES;
    use crate::tls::RefusalReason;
    use varanto_app::callers::Unknown;
    use varanto_domain::faults::FaultKind;
    let faults = FaultKind::ALL.iter().map(|kind| ("fault", kind.code()));
    let denials = Denial::ALL.iter().map(|denial| ("denial", denial.code()));
    let doors = CODES.iter().map(|code| ("problem", *code));
    let refusals = RefusalReason::ALL.iter().map(|reason| ("problem", reason.code()));
    let unknown = Unknown::ALL.iter().map(|unknown| ("problem", unknown.code()));
    doors.chain(refusals).chain(unknown).chain(denials).chain(faults).unzip()
}

macro_rules! assets {
    ($($name:literal, $kind:literal, $path:literal;)*) => {
        /// What the pages load, all of it inside the program: name, media type, bytes.
        const ASSETS: &[(&str, &str, &[u8])] = &[
            $(($name, $kind, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path))),)*
        ];
    };
}

assets! {
    "varanto.css", "text/css; charset=utf-8", "assets/varanto.css";
    "try.js", "text/javascript; charset=utf-8", "assets/try.js";
    "varanto.svg", "image/svg+xml", "assets/varanto.svg";
    "regular.woff2", "font/woff2", "../varanto-kit/assets/fonts/SourceSans3-Regular.woff2";
    "semibold.woff2", "font/woff2", "../varanto-kit/assets/fonts/SourceSans3-Semibold.woff2";
}

async fn asset(Path(name): Path<String>) -> Response {
    let Some((_, kind, bytes)) = ASSETS.iter().find(|(known, ..)| *known == name) else {
        return Problem::not_found().into_response();
    };
    let headers = [(header::CONTENT_TYPE, *kind), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, *bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        let words = Words(Language::Finnish);
        assert_eq!(words.number(&7), "7");
        assert_eq!(words.number(&40_000), "40\u{a0}000");
        assert_eq!(words.number(&1_234_567), "1\u{a0}234\u{a0}567");
    }

    #[test]
    fn every_known_code_is_described_once() {
        let (families, codes) = known_codes();
        for (family, code) in families.iter().zip(&codes) {
            let key = if *family == "fault" { "message" } else { "title" };
            for language in Language::ALL {
                assert!(texts::find(language, &format!("{family}.{code}.{key}")).is_some());
            }
        }
        assert_eq!(described("busy"), Some(("problem", "busy")));
        assert_eq!(described("no-such-code"), None);
    }
}
