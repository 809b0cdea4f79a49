//! Requests to correct documents, for who may correct them and the keeper of the archive: those that wait, and the answer to
//! one. What is listed, seen and answered the operations decide. Source: CIT-6, CAS-1, CAS-6.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use varanto_app::archive::{CorrectionSeen, MOST_WORDS};
use varanto_domain::access::{Basis, LookReason, Reason, Role};
use varanto_domain::archive::corrections::Answer;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::time::{FinnishDay, Instant};

use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::own;
use crate::pages::{Shell, redirect, rendered};
use crate::reading::{Page, Row, Told};
use crate::rest::problem::{Problem, ToldFault};

/// How many requests a page has.
const REQUESTS: usize = 30;

/// A request, with what its document's metadata tell.
struct Shown {
    id: String,
    document: Row,
    client: String,
    asked_at: Instant,
    /// The key of as what it was asked.
    asked_as: &'static str,
    answer_by: FinnishDay,
    /// Whether the day for the answer is over.
    late: bool,
    /// The key of where it stands, and the look of its mark.
    state: (&'static str, &'static str),
    wanted: String,
    answer: Option<(Instant, Option<String>)>,
}

impl Shown {
    fn of(seen: &CorrectionSeen, names: &Names<'_>, shell: &Shell, today: FinnishDay) -> Self {
        let request = &seen.correction;
        let answered = request.answered.as_ref();
        Self {
            id: request.id.clone(),
            document: Row::of(&seen.document, names, shell, ""),
            client: Told::of(&seen.document).client.name().unwrap_or_default(),
            asked_at: request.asked_at,
            asked_as: match request.asked_as {
                Basis::Guardianship => "correction.by_guardian",
                Basis::Mandate => "correction.by_mandate",
                _ => "correction.by_client",
            },
            answer_by: request.answer_by,
            late: answered.is_none() && request.answer_by < today,
            state: own::state_of_request(answered.map(|answered| answered.how)),
            wanted: request.wanted.clone(),
            answer: answered.map(|answered| (answered.at, answered.words.clone())),
        }
    }
}

#[derive(Template)]
#[template(path = "desk/corrections.html")]
struct ListPage {
    shell: Shell,
    requests: Vec<Shown>,
    next: Option<String>,
    first: bool,
}

/// `GET /fi/desk/corrections/`: the requests that wait, oldest first.
pub(super) async fn list(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<HashMap<String, String>>,
) -> Page {
    let (caller, after) = (Arc::clone(&visit.caller), asked.get("after").cloned());
    let first = after.is_none();
    let listed =
        doors.work(move |app| app.list_corrections(&caller, after.as_deref(), REQUESTS)).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let (shell, today) = (Shell::of(&doors, &visit), FinnishDay::of(doors.clock.now()));
    let one = |seen: &CorrectionSeen| Shown::of(seen, &names, &shell, today);
    let requests = listed.corrections.iter().map(one).collect();
    let next = listed.next.map(|next| {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("after", &next).finish();
        shell.to(&format!("/desk/corrections/?{query}"))
    });
    Ok(rendered(&ListPage { shell, requests, next, first }, visit.language))
}

#[derive(Template)]
#[template(path = "desk/correction.html")]
struct RequestPage {
    shell: Shell,
    form_token: String,
    request: Shown,
    /// The answers that may be given: code, key of the text, whether it is chosen.
    answers: Vec<(&'static str, &'static str, bool)>,
    most: usize,
    words: String,
    /// Faults of the answer and of its words.
    wrong: Option<String>,
    wordless: Option<String>,
}

const fn key_of(answer: Answer) -> &'static str {
    match answer {
        Answer::Corrected => "correction.answer_corrected",
        Answer::Removed => "correction.answer_removed",
        Answer::Refused => "correction.answer_refused",
    }
}

/// `GET /fi/desk/corrections/{id}/`: one request, and the answer to it.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    request_page(&doors, &visit, id_of(&path), &Fields::default(), &[]).await
}

fn id_of(path: &HashMap<String, String>) -> String {
    path.get("id").cloned().unwrap_or_default()
}

async fn see(doors: &Doors, visit: &Visit, id: String) -> Result<CorrectionSeen, Problem> {
    let caller = Arc::clone(&visit.caller);
    doors.work(move |app| app.show_correction(&caller, &id)).await
}

async fn request_page(
    doors: &Doors,
    visit: &Visit,
    id: String,
    sent: &Fields,
    faults: &[Fault],
) -> Page {
    let seen = see(doors, visit, id).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let (shell, today) = (Shell::of(doors, visit), FinnishDay::of(doors.clock.now()));
    let told = |fault: &Fault| {
        let told = ToldFault::of(fault, visit.language);
        format!("{} {}", told.message, told.right)
    };
    let of_words = |fault: &&Fault| fault.element == "answer";
    let chosen = Answer::of_code(sent.text("how"));
    let offered = |one: &Answer| (one.code(), key_of(*one), chosen == Some(*one));
    let page = RequestPage {
        request: Shown::of(&seen, &names, &shell, today),
        form_token: visit.session.form_token.clone(),
        answers: seen.answers.iter().map(offered).collect(),
        most: MOST_WORDS,
        words: sent.text("words").to_owned(),
        wrong: faults.iter().find(|fault| !of_words(fault)).map(told),
        wordless: faults.iter().find(of_words).map(told),
        shell,
    };
    let mut response = rendered(&page, visit.language);
    if !faults.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `POST /fi/desk/corrections/{id}/`: answers.
pub(super) async fn answer(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let id = id_of(&path);
    let Some(how) = Answer::of_code(fields.text("how")) else {
        let fault = Fault::new(FaultKind::MissingElement, "how", "CIT-6").arg("name", "how");
        return request_page(&doors, &visit, id, &fields, &[fault]).await;
    };
    let words = fields.text("words").replace("\r\n", "\n");
    let (caller, asked) = (Arc::clone(&visit.caller), id.clone());
    let done = doors.work(move |app| app.answer_correction(&caller, &asked, how, &words)).await;
    match done {
        Ok(()) => Ok(redirect(&visit.to(&visit.path))),
        Err(problem) if problem.denial.is_none() && !problem.faults.is_empty() => {
            request_page(&doors, &visit, id, &fields, &problem.faults).await
        }
        Err(problem) => Err(problem),
    }
}

/// `POST /fi/desk/corrections/{id}/open`: to the document, at the pages of its client or at the archivist's desk.
pub(super) async fn open(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let seen = see(&doors, &visit, id_of(&path)).await?;
    let document = &seen.document.document;
    let session = &visit.session;
    let desk = if visit.caller.role() == Some(Role::Archivist) {
        let reason = Reason::Look(LookReason::Correction);
        let handle = session.open_client_because(&doors, seen.client, reason).await?;
        format!("/desk/archive/documents/{handle}")
    } else {
        let handle = session.open_client(&doors, seen.client, None).await?;
        format!("/desk/clients/{handle}/documents")
    };
    Ok(redirect(&visit.to(&format!("{desk}/{document}/"))))
}
