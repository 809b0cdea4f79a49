//! Asking for a document to be corrected, and what became of it (CIT-6).

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use varanto_app::archive::{Answered, Correction, MOST_WORDS};
use varanto_domain::archive::corrections::{ANSWER_DAYS, Ending};
use varanto_domain::archive::documents::VersionState;
use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;

use super::will::Whose;
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::pages::{Shell, redirect, rendered};
use crate::reading::{self, ClientFrame, Page, Row};
use crate::rest::problem::{Problem, ToldFault};

#[derive(Template)]
#[template(path = "own/correction.html")]
struct AskPage {
    shell: Shell,
    frame: ClientFrame,
    path: String,
    document: Row,
    days: i32,
    most: usize,
    wanted: String,
    fault: Option<ToldFault>,
}

/// The document of the address; a word is said of the client whose pages are open.
struct Place {
    whose: Whose,
    document: Oid,
    path: String,
}

impl Place {
    fn of(visit: &Visit, path: &HashMap<String, String>) -> Result<Self, Problem> {
        let whose = Whose::of(visit, path)?;
        let document = path.get("oid").and_then(|oid| Oid::parse(oid).ok());
        let document = document.ok_or_else(Problem::not_found)?;
        let base = reading::base(visit.side, &whose.client.handle);
        Ok(Self { whose, path: format!("{base}documents/{document}/"), document })
    }
}

/// `GET …/documents/{oid}/correction/`: what is to be put right in the document.
pub(super) async fn form(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    ask_page(&doors, &visit, place, String::new(), None).await
}

async fn ask_page(
    doors: &Doors,
    visit: &Visit,
    place: Place,
    wanted: String,
    fault: Option<&Fault>,
) -> Page {
    let (caller, client) = (Arc::clone(&visit.caller), place.whose.client.clone());
    let document = place.document.clone();
    let opened = doors
        .work(move |app| app.open_document(&caller, client.looked_at(&document), client.purpose()))
        .await;
    let view = match opened {
        Ok(view) if view.state == VersionState::InForce => view,
        Ok(_) => return Err(Problem::not_found()),
        Err(problem) => return Ok(reading::locked(doors, visit, &place.whose.client, problem)),
    };
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let (shell, frame) = (Shell::of(doors, visit), ClientFrame::of(visit, &place.whose.client));
    let page = AskPage {
        document: Row::of(&view, &names, &shell, &frame.base),
        path: place.path,
        days: ANSWER_DAYS,
        most: MOST_WORDS,
        wanted,
        fault: fault.map(|fault| ToldFault::of(fault, visit.language)),
        shell,
        frame,
    };
    let mut response = rendered(&page, visit.language);
    if fault.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `POST …/documents/{oid}/correction/`: asks.
pub(super) async fn ask(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    let (caller, client) = (Arc::clone(&visit.caller), place.whose.client.clone());
    let (document, situation) = (place.document.clone(), place.whose.situation);
    // A form's lines end with two characters, and each is counted as one.
    let wanted = fields.text("wanted").replace("\r\n", "\n");
    let words = wanted.clone();
    let asked = doors.work(move |app| {
        app.ask_correction(&caller, client.looked_at(&document), situation, &words)
    });
    match asked.await {
        Ok(request) => {
            let base = reading::base(visit.side, &place.whose.client.handle);
            Ok(redirect(&visit.to(&format!("{base}corrections/#request-{}", request.id))))
        }
        Err(problem) => match problem.faults.first().cloned() {
            Some(fault) => ask_page(&doors, &visit, place, wanted, Some(&fault)).await,
            None => Ok(reading::locked(&doors, &visit, &place.whose.client, problem)),
        },
    }
}

#[derive(Template)]
#[template(path = "own/corrections.html")]
struct RequestsPage {
    shell: Shell,
    frame: ClientFrame,
    requests: Vec<Request>,
}

struct Request {
    id: String,
    title: String,
    written_on: FinnishDay,
    asked_at: varanto_domain::time::Instant,
    wanted: String,
    /// Where it stands: the key of its text, and the look of its mark.
    state: (&'static str, &'static str),
    waits: bool,
    answer_by: FinnishDay,
    answered: Option<Answered>,
    /// Whether it was refused, so that the client may complain.
    refused: bool,
    /// The page of the version that was shown, or of the one that corrects.
    address: Option<String>,
}

impl Request {
    fn of(request: Correction, names: &Names<'_>, shell: &Shell, base: &str) -> Self {
        let day = FinnishDay::of(request.written_at);
        let how = request.answered.as_ref().map(|answered| answered.how);
        let shown = match &request.answered {
            None => Some(request.document.clone()),
            Some(answered) => answered.by.clone(),
        };
        let kind = names.kind(request.kind.as_deref(), None, day);
        Self {
            title: kind.unwrap_or_else(|| names.of("desk.document")),
            written_on: day,
            asked_at: request.asked_at,
            wanted: request.wanted,
            state: state(how),
            waits: how.is_none(),
            answer_by: request.answer_by,
            answered: request.answered,
            refused: how == Some(Ending::Refused),
            address: shown.map(|oid| shell.to(&format!("{base}documents/{oid}/"))),
            id: request.id,
        }
    }
}

/// The key of where a request stands, and the look of its mark.
pub(crate) const fn state(how: Option<Ending>) -> (&'static str, &'static str) {
    match how {
        None => ("correction.waits", "wait"),
        Some(Ending::Corrected(_)) => ("correction.corrected", "good"),
        Some(Ending::Removed) => ("correction.removed", "good"),
        Some(Ending::Refused) => ("correction.refused", "bad"),
        Some(Ending::Withdrawn) => ("correction.withdrawn", ""),
    }
}

/// `GET …/corrections/`: what was asked, and what was answered.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    let (caller, code, situation) = (Arc::clone(&visit.caller), whose.code, whose.situation);
    let own = doors.work(move |app| app.own_corrections(&caller, code, situation)).await;
    let own = match own {
        Ok(own) => own,
        Err(problem) => return Ok(reading::locked(&doors, &visit, &whose.client, problem)),
    };
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let (shell, frame) = (Shell::of(&doors, &visit), whose.frame(&visit));
    let one = |request| Request::of(request, &names, &shell, &frame.base);
    let requests = own.into_iter().map(one).collect();
    Ok(rendered(&RequestsPage { shell, frame, requests }, visit.language))
}

/// `POST …/corrections/`: takes a request back. One that has ended meanwhile is shown with its end.
pub(super) async fn withdraw(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    let id = fields.text("request").to_owned();
    let (caller, code, situation) = (Arc::clone(&visit.caller), whose.code, whose.situation);
    let asked = id.clone();
    let done =
        doors.work(move |app| app.withdraw_correction(&caller, code, situation, &asked)).await;
    match done {
        Err(problem) if problem.faults.is_empty() => {
            Ok(reading::locked(&doors, &visit, &whose.client, problem))
        }
        _ => Ok(redirect(&visit.to(&format!("{}#request-{id}", visit.path)))),
    }
}
