//! Pages for people: server-rendered, in three languages, readable without script.

mod api;
pub(crate) mod form;
mod growth;
mod landing;
mod style;

use std::borrow::Cow;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use varanto_app::Registry;
use varanto_domain::access::{Denial, Role};
use varanto_domain::time::{FinnishDay, Instant};

use crate::desk;
use crate::doors::Doors;
use crate::login::gate::{Side, Visit};
use crate::login::sessions::Session;
use crate::names::Names;
use crate::rest::problem::{Problem, Told, ToldDenial};
use crate::texts::{self, Language};

pub use growth::Growth;

/// What a page may load: its own style, script, font and pictures, and nothing else.
pub const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     font-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'";

/// What an answer of the interface may do in a browser: nothing, in no origin at all.
pub const API_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const FINNISH_MONTHS: [&str; 12] = [
    "Tammikuu",
    "Helmikuu",
    "Maaliskuu",
    "Huhtikuu",
    "Toukokuu",
    "Kesäkuu",
    "Heinäkuu",
    "Elokuu",
    "Syyskuu",
    "Lokakuu",
    "Marraskuu",
    "Joulukuu",
];

const SWEDISH_MONTHS: [&str; 12] = [
    "Januari",
    "Februari",
    "Mars",
    "April",
    "Maj",
    "Juni",
    "Juli",
    "Augusti",
    "September",
    "Oktober",
    "November",
    "December",
];

/// The words of one language, for templates.
#[derive(Debug, Clone, Copy)]
pub struct Words(pub Language);

impl Words {
    /// The text of a key.
    #[must_use]
    pub fn of(&self, key: &str) -> String {
        texts::text(self.0, key)
    }

    /// A text about an act at the desk: its name, or what else the ending names.
    pub(crate) fn act(self, act: &str, ending: &str) -> String {
        self.of(&format!("act.{act}{ending}"))
    }

    /// A text about what clients tell of themselves: of a kind or a field, or what else the ending names.
    pub(crate) fn told(self, what: &str, ending: &str) -> String {
        self.of(&format!("told.{what}{ending}"))
    }

    /// Whether there is a text with this key.
    pub(crate) fn knows(self, key: &str) -> bool {
        texts::find(self.0, key).is_some()
    }

    /// A way in which a document is shown to the client.
    pub(crate) fn showing(self, how: &str) -> String {
        self.of(&format!("showing.{how}"))
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

    /// Whether names of the registers and code sets stand in Finnish on a page: there are none in English.
    #[must_use]
    pub fn names_are_foreign(&self) -> bool {
        self.0 == Language::English
    }

    /// A day as the language writes it.
    #[must_use]
    pub fn day(&self, day: &FinnishDay) -> String {
        let (year, month, number) = (day.year(), day.month(), day.day());
        match self.0 {
            Language::English => {
                let month = MONTHS.get(usize::try_from(month).unwrap_or(0).saturating_sub(1));
                format!("{number} {} {year}", month.unwrap_or(&""))
            }
            Language::Finnish | Language::Swedish => format!("{number}.{month}.{year}"),
        }
    }

    /// A value as it stands in a sentence: a day as the language writes it, and whatever else as it is.
    #[must_use]
    pub fn in_sentence<'v>(&self, value: &'v str) -> Cow<'v, str> {
        match FinnishDay::parse(value).filter(|_| value.len() == "2001-02-01".len()) {
            Some(day) => Cow::Owned(self.day(&day)),
            None => Cow::Borrowed(value),
        }
    }

    /// A month and its year.
    #[must_use]
    pub fn month(&self, day: &FinnishDay) -> String {
        let names = match self.0 {
            Language::Finnish => FINNISH_MONTHS,
            Language::Swedish => SWEDISH_MONTHS,
            Language::English => MONTHS,
        };
        let at = usize::try_from(day.month()).unwrap_or(0).saturating_sub(1);
        format!("{} {}", names.get(at).unwrap_or(&""), day.year())
    }

    /// A day and the time of day by the Finnish clock, as the language writes them.
    #[must_use]
    pub fn moment(&self, at: &Instant) -> String {
        let (hour, minute) = (at.finnish_hour(), at.millis().div_euclid(60_000).rem_euclid(60));
        let day = self.day(&FinnishDay::of(*at));
        match self.0 {
            Language::Finnish => format!("{day} klo {hour}.{minute:02}"),
            Language::Swedish => format!("{day} kl. {hour}.{minute:02}"),
            Language::English => format!("{day} at {hour}:{minute:02}"),
        }
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
    pub path: String,
    /// What stands behind the path of a page that is shown as it was asked for: `?kind=19`.
    pub query: String,
    /// The program's version.
    pub version: &'static str,
    /// Who is logged in; `None` on pages for everybody.
    pub visitor: Option<Visitor>,
}

/// Who is logged in, as every page of theirs shows it.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The name.
    pub name: String,
    /// Role, unit and organisation; empty for citizens.
    pub place: String,
    /// What every form must carry.
    pub form_token: String,
    /// Whose pages these are.
    pub side: Side,
    /// Whether there are other positions to choose from.
    pub several: bool,
    /// The role of a professional: each has pages of its own.
    pub role: Option<Role>,
}

/// An entry of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The path without language.
    pub path: &'static str,
    /// The key of its text.
    pub text: &'static str,
}

/// The pages for everybody.
const PUBLIC: &[Entry] = &[
    Entry { path: "/", text: "page.home" },
    Entry { path: "/login/", text: "page.log_in" },
    Entry { path: "/api/", text: "page.api" },
];

impl Shell {
    pub(crate) fn new(language: Language, path: impl Into<String>) -> Self {
        Self {
            words: Words(language),
            path: path.into(),
            query: String::new(),
            version: env!("CARGO_PKG_VERSION"),
            visitor: None,
        }
    }

    /// What is around a page of one who is logged in.
    #[must_use]
    pub fn of(doors: &Doors, visit: &Visit) -> Self {
        let visitor =
            Visitor::of(&doors.app.registry(), &visit.session, visit.side, visit.language);
        let query = visit.query.clone();
        Self { visitor: Some(visitor), query, ..Self::new(visit.language, visit.path.as_str()) }
    }

    /// The navigation.
    #[must_use]
    pub fn menu(&self) -> &'static [Entry] {
        match self.visitor.as_ref().map(|one| one.side) {
            Some(Side::Desk) => desk::menu(self.visitor.as_ref().and_then(|one| one.role)),
            Some(Side::Own) => crate::own::MENU,
            None => PUBLIC,
        }
    }

    /// Where the name of the archive leads.
    #[must_use]
    pub fn home(&self) -> String {
        self.to(self.menu().first().map_or("/", |first| first.path))
    }

    /// An address in the page's language.
    #[must_use]
    pub fn to(&self, path: &str) -> String {
        format!("/{}{path}", self.words.tag())
    }

    /// Whether an entry of the navigation is the page shown, or the nearest one above it.
    #[must_use]
    pub fn is_at(&self, entry: &Entry) -> bool {
        let is_above = |one: &&Entry| {
            self.path == one.path || (one.path.len() > 1 && self.path.starts_with(one.path))
        };
        let nearest = self.menu().iter().filter(is_above).max_by_key(|one| one.path.len());
        nearest == Some(entry)
    }

    /// The language switch: tag, name, address, and whether it is the one shown.
    #[must_use]
    pub fn languages(&self) -> Vec<(&'static str, &'static str, String, bool)> {
        let one = |language: Language| {
            let address = format!("/{}{}{}", language.tag(), self.path, self.query);
            (language.tag(), language.name(), address, language == self.words.0)
        };
        Language::ALL.into_iter().map(one).collect()
    }
}

impl Visitor {
    /// Who a session's person is, in words.
    #[must_use]
    pub fn of(registry: &Registry, session: &Session, side: Side, language: Language) -> Self {
        let names = Names { registry, language };
        let place = session.professional().map(|person| names.place(person)).unwrap_or_default();
        let logged_in = &session.logged_in;
        Self {
            name: format!("{} {}", logged_in.given_names, logged_in.family_name),
            place,
            form_token: session.form_token.clone(),
            side,
            several: session.positions().len() > 1,
            role: session.role(),
        }
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
        .route("/{language}/style/", get(style::page))
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

/// Sends a browser on to a page, which it gets.
#[must_use]
pub fn redirect(to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(to) => (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response(),
        Err(_) => Problem::not_found().into_response(),
    }
}

/// A template as an answer, in its language.
pub(crate) fn rendered(template: &impl Template, language: Language) -> Response {
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
    why: Option<Why>,
    request: bool,
}

/// Why the law says no, for people to read.
#[derive(Debug, Clone)]
pub struct Why {
    /// The denial in words.
    pub title: String,
    /// What it means.
    pub detail: String,
    /// What would have to be there.
    pub missing: String,
    /// Whom to ask.
    pub ask: String,
    /// The act, with the section where one is known.
    pub law: &'static str,
    /// The rule.
    pub rule: &'static str,
}

impl Why {
    /// A denial in words.
    #[must_use]
    pub fn of(denial: Denial, language: Language) -> Self {
        let told = Problem::denied(denial).tell(language, "", "");
        let more = ToldDenial::of(denial, language);
        Self {
            title: told.title,
            detail: told.detail,
            missing: more.missing.text,
            ask: more.ask.text,
            law: more.law,
            rule: denial.rule(),
        }
    }
}

/// A problem as a page, for people who came with a browser.
#[must_use]
pub fn problem_page(
    problem: &Problem,
    language: Language,
    id: &str,
    base: &str,
    visitor: Option<Visitor>,
) -> Response {
    let told = problem.tell(language, id, base);
    let why = problem.denial.map(|denial| Why::of(denial, language));
    let home = match visitor.as_ref().map(|one| one.side) {
        Some(Side::Desk) => "/desk/",
        Some(Side::Own) => "/own/",
        None => "/",
    };
    let shell = Shell { visitor, ..Shell::new(language, home) };
    let page = ProblemPage { shell, told, why, request: true };
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
    let why = problem.denial.map(|denial| Why::of(denial, *language));
    rendered(&ProblemPage { shell, told, why, request: false }, *language)
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
    "proof.js", "text/javascript; charset=utf-8", "assets/proof.js";
    "queue.js", "text/javascript; charset=utf-8", "assets/queue.js";
    "form.js", "text/javascript; charset=utf-8", "assets/form.js";
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

    /// CIT-1: days and times are written as the language writes them, by the Finnish clock.
    #[test]
    fn days_and_times_are_written_by_language() {
        let at = Instant::parse("2026-03-02T22:05:59Z").unwrap();
        let told = |language| Words(language).moment(&at);
        assert_eq!(told(Language::Finnish), "3.3.2026 klo 0.05");
        assert_eq!(told(Language::Swedish), "3.3.2026 kl. 0.05");
        assert_eq!(told(Language::English), "3 March 2026 at 0:05");
    }

    /// A day in a sentence is written as the language writes it; nothing else is taken for one.
    #[test]
    fn days_in_sentences_are_written_by_language() {
        let said = |language, value| Words(language).in_sentence(value).into_owned();
        for (language, day) in [
            (Language::Finnish, "1.2.2001"),
            (Language::Swedish, "1.2.2001"),
            (Language::English, "1 February 2001"),
        ] {
            assert_eq!(said(language, "2001-02-01"), day);
            for other in ["2001-02-30", "2001-02-01T08:00:00Z", "2001-02", "12", "", "ei päivää!"]
            {
                assert_eq!(said(language, other), other);
            }
        }
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
