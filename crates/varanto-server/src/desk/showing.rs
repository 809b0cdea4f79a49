//! How a document is shown in the citizen's view: delayed, hidden, given to guardians or not, with what the client's side
//! would see before it is confirmed. Source: CIT-3, CIT-4.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use varanto_app::AppError;
use varanto_app::archive::{Restricted, Showing, ShowingAsked};
use varanto_app::relationship::How;
use varanto_domain::access::{Denial, InTheView};
use varanto_domain::codes::sets;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;

use super::acts::read_day;
use super::record;
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::login::sessions::OpenClient;
use crate::names::Names;
use crate::pages::{Shell, Why, redirect, rendered};
use crate::reading::{self, ClientFrame, Page};
use crate::rest::problem::{Problem, ToldFault};

/// The document of the address.
struct Place {
    client: OpenClient,
    document: Oid,
    /// The path of the document's page, without language.
    document_path: String,
}

impl Place {
    fn of(visit: &Visit, path: &HashMap<String, String>) -> Result<Self, Problem> {
        let (client, document) = visit.document(path)?;
        let document_path = path_of(visit, &client, &document);
        Ok(Self { client, document, document_path })
    }
}

fn path_of(visit: &Visit, client: &OpenClient, document: &Oid) -> String {
    format!("{}documents/{document}/", reading::base(visit.side, &client.handle))
}

#[derive(Template)]
#[template(path = "desk/showing.html")]
struct ShowingPage {
    shell: Shell,
    frame: ClientFrame,
    document_path: String,
    version: Oid,
    minor: bool,
    /// What is shown now, and what would be.
    now: Vec<Seen>,
    then: Option<Vec<Seen>>,
    /// What follows from a professional's signature that the next version lacks, as a key.
    signature: Option<&'static str>,
    done: bool,
    form: Form,
    reasons: Vec<(String, String)>,
    guardians: Vec<(String, String)>,
    /// Faults beside their fields, by field, and those beside none.
    beside: HashMap<&'static str, String>,
    faults: Vec<String>,
}

impl ShowingPage {
    fn fault(&self, field: &str) -> Option<&str> {
        self.beside.get(field).map(String::as_str)
    }
}

/// Who sees the document, or why not.
pub(super) struct Seen {
    pub(super) who: &'static str,
    pub(super) sees: bool,
    pub(super) why: String,
}

/// What the form holds.
#[derive(Default)]
struct Form {
    how: String,
    until: String,
    reason: String,
    argument: String,
    guardians: String,
}

impl Form {
    fn sent(fields: &Fields) -> Self {
        let text = |name: &str| fields.text(name).to_owned();
        Self {
            how: text("how"),
            until: text("until"),
            reason: text("reason"),
            argument: text("argument"),
            guardians: text("guardians"),
        }
    }

    fn of(said: &Showing, shell: &Shell) -> Self {
        let how = match (said.hidden, said.delayed_until) {
            (true, _) => "hidden",
            (false, Some(_)) => "delayed",
            (false, None) => "shown",
        };
        Self {
            how: how.to_owned(),
            until: said.delayed_until.map(|day| shell.words.day(&day)).unwrap_or_default(),
            reason: said.reason.clone().unwrap_or_default(),
            argument: said.argument.clone().unwrap_or_default(),
            // A decision is made, never gone on with: what the document says may be another's word.
            guardians: String::new(),
        }
    }

    /// What it asks for, and what of it does not read. A day that does not read stands for tomorrow, so that the rest is
    /// checked with it; nothing is archived then.
    fn read(&self, today: FinnishDay) -> (Showing, Option<Fault>) {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let delayed = self.how == "delayed" || (self.how == "hidden" && !self.until.is_empty());
        let day = read_day(&self.until);
        let known = matches!(self.how.as_str(), "shown" | "delayed" | "hidden");
        let wrong = |element, expected| {
            let value = if element == "showing" { &self.how } else { &self.until };
            Fault::new(FaultKind::WrongForm, element, "CIT-3")
                .value(&**value)
                .arg("expected", expected)
        };
        let fault = match (known, delayed, day) {
            (false, ..) => Some(wrong("showing", "shown, delayed, hidden")),
            (true, true, None) => Some(wrong("display_delay_until", "23.3.2027")),
            _ => None,
        };
        let showing = Showing {
            delayed_until: delayed.then(|| day.unwrap_or(today.plus_days(1))),
            hidden: self.how == "hidden",
            guardians: given(&self.guardians),
            reason: given(&self.reason),
            argument: given(&self.argument),
        };
        (showing, fault)
    }
}

/// `GET …/documents/{oid}/showing/`: how the document is shown, and the form.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    let told = match showing(&doors, &visit, &place).await {
        Ok(told) => told,
        Err(problem) => return Ok(reading::locked(&doors, &visit, &place.client, problem)),
    };
    let form = Form::of(&told.said, &Shell::of(&doors, &visit));
    let mut made = made(&doors, &visit, &place, &told, form);
    made.done = asked.contains_key("done");
    Ok(rendered(&made, visit.language))
}

async fn showing(doors: &Doors, visit: &Visit, place: &Place) -> Result<Restricted, Problem> {
    let (caller, client) = (Arc::clone(&visit.caller), place.client.clone());
    let document = place.document.clone();
    doors
        .work(move |app| app.show_showing(&caller, client.looked_at(&document), client.purpose()))
        .await
}

fn made(doors: &Doors, visit: &Visit, place: &Place, told: &Restricted, form: Form) -> ShowingPage {
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let today = FinnishDay::of(doors.clock.now());
    let coded = |set: &str| {
        let Ok(oid) = Oid::parse(set) else { return Vec::new() };
        let values = registry.code_sets().choices_on(&oid, today);
        let values = values.map(|(_, values)| values).unwrap_or_default().into_iter();
        let name_of = |code: &str| names.coded(set, code, today).unwrap_or_else(|| code.to_owned());
        values.map(|one| (one.code.clone(), name_of(&one.code))).collect()
    };
    ShowingPage {
        frame: ClientFrame::of(visit, &place.client),
        document_path: place.document_path.clone(),
        version: doors.app.identifier_for(&visit.caller),
        minor: told.minor,
        now: seen(visit, told.before, told.minor),
        then: None,
        signature: told.loses_signature.map(record::own_missing),
        done: false,
        form,
        reasons: coded(sets::HIDING_REASON),
        guardians: coded(sets::MINOR_DISCLOSURE),
        beside: HashMap::new(),
        faults: Vec::new(),
        shell: Shell::of(doors, visit),
    }
}

/// Who sees it of the client's side.
pub(super) fn seen(visit: &Visit, view: InTheView, minor: bool) -> Vec<Seen> {
    let one = |who, seen: Result<(), Denial>| Seen {
        who,
        sees: seen.is_ok(),
        why: seen.err().map(|denial| Why::of(denial, visit.language).detail).unwrap_or_default(),
    };
    let mut all = vec![one("showing.client", view.client)];
    if minor {
        all.push(one("showing.guardians", view.guardians));
    }
    all
}

/// What comes of an act: what would be seen, or the faults.
type Answer = Result<Restricted, Vec<Fault>>;

/// `POST …/documents/{oid}/showing/`: shows what the client's side would see, or does it.
pub(super) async fn act(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    let version = fields.given("version").and_then(|oid| Oid::parse(oid).ok());
    let version = version.ok_or_else(Problem::not_found)?;
    let form = Form::sent(&fields);
    let surely = fields.text("do") == "confirm";
    let answer = if fields.text("do") == "change" {
        Err(Vec::new())
    } else {
        let (showing, fault) = form.read(FinnishDay::of(doors.clock.now()));
        let asked = ShowingAsked { version: version.clone(), showing };
        let answer = restrict(&doors, &visit, &place, asked, surely && fault.is_none()).await;
        match (answer, fault) {
            (Err(problem), _) => {
                return Ok(reading::locked(&doors, &visit, &place.client, problem));
            }
            (Ok(answer), None) => answer,
            (Ok(answer), Some(fault)) => {
                let mut faults = answer.err().unwrap_or_default();
                faults.insert(0, fault);
                Err(faults)
            }
        }
    };
    if surely && answer.is_ok() {
        let path = path_of(&visit, &place.client, &version);
        return Ok(redirect(&visit.to(&format!("{path}showing/?done=1"))));
    }
    told(&doors, &visit, &place, form, (version, answer)).await
}

async fn restrict(
    doors: &Doors,
    visit: &Visit,
    place: &Place,
    asked: ShowingAsked,
    surely: bool,
) -> Result<Answer, Problem> {
    let (caller, client) = (Arc::clone(&visit.caller), place.client.clone());
    let document = place.document.clone();
    doors
        .work(move |app| {
            let how = How { dry_run: !surely, confirmed: false, reason: client.reason };
            match app.restrict_showing(&caller, client.looked_at(&document), &asked, how) {
                Ok(restricted) => Ok(Ok(restricted)),
                Err(AppError::Refused(faults)) => Ok(Err(faults)),
                Err(error) => Err(error),
            }
        })
        .await
}

/// The page after a try: with what would be seen, or with the faults beside the fields.
async fn told(
    doors: &Doors,
    visit: &Visit,
    place: &Place,
    form: Form,
    (version, answer): (Oid, Answer),
) -> Page {
    let (known, faults) = match answer {
        Ok(tried) => (tried, None),
        Err(faults) => (showing(doors, visit, place).await?, Some(faults)),
    };
    let mut page = made(doors, visit, place, &known, form);
    page.version = version;
    let Some(faults) = faults else {
        page.then = Some(seen(visit, known.after, known.minor));
        return Ok(rendered(&page, visit.language));
    };
    for fault in &faults {
        let told = ToldFault::of(fault, visit.language);
        let text = format!("{} {}", told.message, told.right);
        let field = match fault.element.as_str() {
            "display_delay_until" => "until",
            "inaccessible_reason" => "reason",
            "restriction_argument" => "argument",
            "guardian_disclosure" => "guardians",
            _ => {
                page.faults.push(text);
                continue;
            }
        };
        page.beside.insert(field, text);
    }
    let mut response: Response = rendered(&page, visit.language);
    if !faults.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}
