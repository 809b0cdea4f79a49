//! Invalidating a document: why, what will become of it, the confirmation, and what became of it. For those who recorded it and
//! for the keeper of the archive alike. Source: ARC-3, CAS-1, CAS-6.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use varanto_app::AppError;
use varanto_app::archive::{
    Afterwards, InvalidationDone, InvalidationRequest, InvalidationTold, ShownAfter,
};
use varanto_domain::access::{InTheView, Role};
use varanto_domain::archive::documents::VersionState;
use varanto_domain::codes::sets;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;

use super::showing::{Seen, seen};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::login::sessions::OpenClient;
use crate::names::Names;
use crate::pages::{Shell, redirect, rendered};
use crate::reading::{self, ClientFrame, Page, Row, Told};
use crate::rest::problem::{Problem, ToldFault};

/// The path of the page that invalidates a client's document, without language.
pub(super) fn path(visit: &Visit, client: &OpenClient, document: &Oid) -> String {
    format!("{}documents/{document}/invalidation/", reading::base(visit.side, &client.handle))
}

/// The document of the address.
struct Place {
    client: OpenClient,
    document: Oid,
}

impl Place {
    fn of(visit: &Visit, path: &HashMap<String, String>) -> Result<Self, Problem> {
        let (client, document) = visit.document(path)?;
        Ok(Self { client, document })
    }
}

#[derive(Template)]
#[template(path = "desk/invalidation.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that the template asks")]
struct InvalidationPage {
    shell: Shell,
    frame: ClientFrame,
    /// The path of the page itself, and where the document is read, without language.
    path: String,
    document_path: String,
    document: Oid,
    row: Row,
    version: Option<u32>,
    /// Whether the version is the one in force, so that the one before it comes back.
    is_in_force: bool,
    /// The version that is in force afterwards.
    in_force: Option<String>,
    /// Whether one is that who asks may not see.
    withheld: bool,
    /// What the client's side sees before and after.
    seen: Option<(Vec<Seen>, Vec<Seen>)>,
    /// Whether that is more afterwards.
    shows_more: bool,
    /// Why it is not invalidated here, as a key.
    kept_from: Option<&'static str>,
    /// How the document stands: what the confirmation holds for.
    stands: String,
    /// Whether it had been invalidated when it was confirmed.
    already: bool,
    attachments: Vec<String>,
    corrections: Vec<String>,
    /// What became of it.
    done: Option<Done>,
    /// Whether all that is left is to confirm.
    sure: bool,
    form: Form,
    /// The codes of the reasons, with their names.
    reasons: Vec<(String, String)>,
    /// Faults beside their fields, by field, and those beside none.
    beside: HashMap<&'static str, String>,
    faults: Vec<String>,
    /// The document at the archivist's desk, for who works there.
    archive: Option<String>,
    /// Whether who asks may record it anew.
    records: bool,
}

impl InvalidationPage {
    fn fault(&self, field: &str) -> Option<&str> {
        self.beside.get(field).map(String::as_str)
    }

    /// The name of the reason that was chosen.
    fn chosen(&self) -> &str {
        let chosen = self.reasons.iter().find(|(code, _)| *code == self.form.reason);
        chosen.map(|(_, name)| name.as_str()).unwrap_or_default()
    }
}

struct Done {
    reason: String,
    at: String,
    line: u64,
}

/// What the form holds.
#[derive(Default)]
struct Form {
    reason: String,
    explanation: String,
}

impl Form {
    fn sent(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        Self { reason: text("reason"), explanation: text("explanation") }
    }

    fn request(&self) -> InvalidationRequest {
        let explanation = (!self.explanation.is_empty()).then(|| self.explanation.clone());
        InvalidationRequest { reason: self.reason.clone(), explanation }
    }
}

/// `GET …/documents/{oid}/invalidation/`: what invalidating comes to, and the form; or what became of it.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    match told(&doors, &visit, &place, None).await {
        Ok(Ok(told)) => {
            Ok(rendered(&made(&doors, &visit, &place, &told, Form::default()), visit.language))
        }
        Ok(Err(faults)) => Err(Problem::faults(faults)),
        Err(problem) => Ok(reading::locked(&doors, &visit, &place.client, problem)),
    }
}

/// What comes of a try: what invalidating would come to, or the faults.
type Answer = Result<InvalidationTold, Vec<Fault>>;

async fn told(
    doors: &Doors,
    visit: &Visit,
    place: &Place,
    request: Option<InvalidationRequest>,
) -> Result<Answer, Problem> {
    let (caller, client) = (Arc::clone(&visit.caller), place.client.clone());
    let document = place.document.clone();
    doors
        .work(move |app| {
            let looked_at = client.looked_at(&document);
            match app.tell_invalidation(&caller, looked_at, client.purpose(), request.as_ref()) {
                Ok(told) => Ok(Ok(told)),
                Err(AppError::Refused(faults)) => Ok(Err(faults)),
                Err(error) => Err(error),
            }
        })
        .await
}

/// `POST …/documents/{oid}/invalidation/`: asks to confirm, or invalidates.
pub(super) async fn act(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    let form = Form::sent(&fields);
    let there = visit.to(&self::path(&visit, &place.client, &place.document));
    let answer = match fields.text("do") {
        "change" => Ok(Err(Vec::new())),
        "confirm" => match invalidate(&doors, &visit, &place, &fields, form.request()).await {
            Ok(Ok(())) => return Ok(redirect(&there)),
            Ok(Err(faults)) => Ok(Err(faults)),
            Err(problem) => Err(problem),
        },
        _ => told(&doors, &visit, &place, Some(form.request())).await,
    };
    match answer {
        Ok(Ok(told)) => {
            let mut page = made(&doors, &visit, &place, &told, form);
            page.sure = true;
            Ok(rendered(&page, visit.language))
        }
        Ok(Err(faults)) => again(&doors, &visit, &place, form, &faults).await,
        // Somebody did it before: the page tells what became of it, and that it was another's reason that counted.
        Err(problem) if problem.code == "already-invalidated" => {
            already(&doors, &visit, &place).await
        }
        Err(problem) => Ok(reading::locked(&doors, &visit, &place.client, problem)),
    }
}

async fn invalidate(
    doors: &Doors,
    visit: &Visit,
    place: &Place,
    fields: &Fields,
    request: InvalidationRequest,
) -> Result<Result<(), Vec<Fault>>, Problem> {
    let (caller, client) = (Arc::clone(&visit.caller), place.client.clone());
    let (document, stood) = (place.document.clone(), fields.text("stands").to_owned());
    doors
        .work(move |app| {
            let looked_at = client.looked_at(&document);
            match app.invalidate_as_told(&caller, looked_at, &request, Some(&stood)) {
                Ok(()) => Ok(Ok(())),
                Err(AppError::Refused(faults)) => Ok(Err(faults)),
                Err(error) => Err(error),
            }
        })
        .await
}

/// What became of it, for one who confirmed what had been done already.
async fn already(doors: &Doors, visit: &Visit, place: &Place) -> Page {
    let known = match told(doors, visit, place, None).await {
        Ok(answer) => answer.map_err(Problem::faults)?,
        Err(problem) => return Ok(reading::locked(doors, visit, &place.client, problem)),
    };
    let mut page = made(doors, visit, place, &known, Form::default());
    page.already = true;
    let mut response: Response = rendered(&page, visit.language);
    *response.status_mut() = StatusCode::CONFLICT;
    Ok(response)
}

/// The form again as it was sent, with what is wrong beside its fields.
async fn again(doors: &Doors, visit: &Visit, place: &Place, form: Form, faults: &[Fault]) -> Page {
    let known = match told(doors, visit, place, None).await {
        Ok(answer) => answer.map_err(Problem::faults)?,
        Err(problem) => return Ok(reading::locked(doors, visit, &place.client, problem)),
    };
    let mut page = made(doors, visit, place, &known, form);
    for fault in faults {
        match fault.kind {
            // The page itself says so.
            FaultKind::HeldByOthers | FaultKind::ShowsMore => continue,
            FaultKind::ChangedMeanwhile => {
                page.faults.push(page.shell.words.of("invalidation.stood_otherwise"));
                continue;
            }
            _ => {}
        }
        let label_of = |field: &str| Some(format!("invalidation.{field}"));
        let told = ToldFault::labelled(fault, visit.language, label_of);
        let text = format!("{} {}", told.message, told.right);
        match fault.element.as_str() {
            "reason" if page.form.reason.is_empty() => {
                let missing = page.shell.words.of("form.fault.missing-element");
                page.beside.insert("reason", missing)
            }
            "reason" => page.beside.insert("reason", text),
            "explanation" => page.beside.insert("explanation", text),
            _ => {
                page.faults.push(text);
                continue;
            }
        };
    }
    let mut response: Response = rendered(&page, visit.language);
    if !faults.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn made(
    doors: &Doors,
    visit: &Visit,
    place: &Place,
    told: &InvalidationTold,
    form: Form,
) -> InvalidationPage {
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let (shell, frame) = (Shell::of(doors, visit), ClientFrame::of(visit, &place.client));
    let address = |oid: &Oid| shell.to(&format!("{}documents/{oid}/", frame.base));
    let done = |done: &InvalidationDone| Done {
        reason: names
            .coded(sets::INVALIDATION_REASON, &done.reason, FinnishDay::of(done.at))
            .unwrap_or_else(|| done.reason.clone()),
        at: shell.words.moment(&done.at),
        line: done.line.unsigned_abs(),
    };
    let role = visit.caller.role();
    let handle = &place.client.handle;
    InvalidationPage {
        path: path(visit, &place.client, &place.document),
        document_path: format!("{}documents/{}/", frame.base, place.document),
        document: place.document.clone(),
        row: Row::of(&told.view, &names, &shell, &frame.base),
        version: Told::of(&told.view).version,
        is_in_force: told.view.state == VersionState::InForce,
        in_force: match &told.afterwards {
            Afterwards::Version(document) => Some(address(document)),
            Afterwards::NoVersion | Afterwards::Withheld => None,
        },
        withheld: told.afterwards == Afterwards::Withheld,
        seen: told.shown.and_then(|shown| seen_by(visit, shown)),
        shows_more: told.shown.is_some_and(|shown| shown.more),
        kept_from: told.kept_from.first().map(|fault| match fault.kind {
            FaultKind::HeldByOthers => "invalidation.held_by_others",
            _ => "invalidation.not_by_you",
        }),
        stands: told.stands.code(),
        already: false,
        attachments: told.attachments.iter().map(address).collect(),
        corrections: reading::requests(&told.corrections, &shell),
        done: told.done.as_ref().map(done),
        sure: false,
        reasons: reasons(&names, FinnishDay::of(doors.clock.now())),
        beside: HashMap::new(),
        faults: Vec::new(),
        archive: (role == Some(Role::Archivist))
            .then(|| shell.to(&format!("/desk/archive/documents/{handle}/{}/", place.document))),
        records: role.is_some_and(Role::serves_clients),
        form,
        shell,
        frame,
    }
}

/// What the client's side sees before and after, where who asks may know both.
fn seen_by(visit: &Visit, shown: ShownAfter) -> Option<(Vec<Seen>, Vec<Seen>)> {
    let both = shown.before.zip(shown.after)?;
    let mut then = seen(visit, both.1, shown.minor);
    if both.1 == InTheView::NOTHING {
        // That it is invalidated is what the page is about.
        for one in &mut then {
            one.why.clear();
        }
    }
    Some((seen(visit, both.0, shown.minor), then))
}

/// The codes of the reasons that may be given on a day, with their names.
fn reasons(names: &Names<'_>, day: FinnishDay) -> Vec<(String, String)> {
    let set = Oid::parse(sets::INVALIDATION_REASON).expect("a constant OID");
    let choices = names.registry.code_sets().choices_on(&set, day);
    let told = |code: &str| {
        let name = names.coded(sets::INVALIDATION_REASON, code, day);
        (code.to_owned(), name.unwrap_or_else(|| code.to_owned()))
    };
    choices
        .map(|(_, codes)| codes.iter().map(|code| told(&code.code)).collect())
        .unwrap_or_default()
}
