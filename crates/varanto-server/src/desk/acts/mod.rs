//! Acts on a client's relationships and cases: a form, what would be written and who would then see what, and the act.
//!
//! Each is done by the archive's own operations, which are tried first: what they would write is what is shown before it
//! is confirmed. Source: CAS-1, REL-2, REL-3, RUR-1, RUR-5.

mod form;
mod steps;

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use varanto_app::relationship::{How, RelationshipState, Written};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;

use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::login::sessions::OpenClient;
use crate::names::Names;
use crate::pages::{Shell, Words, redirect, rendered};
use crate::reading::{self, ClientFrame, Page};
use crate::rest::problem::{Problem, ToldFault};
use form::{Field, Kind, Made};
pub(super) use form::{MANY, coded, producers, read_day};
use steps::Outcome;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    OpenCase,
    HandOver,
    EndService,
    ResumeService,
    CloseCase,
    /// Says when a case was closed of which an import supposed the day.
    SayClosing,
    ReopenCase,
    EndRelationship,
}

impl Act {
    const ALL: [(Self, &'static str); 8] = [
        (Self::OpenCase, "open-case"),
        (Self::HandOver, "hand-over"),
        (Self::EndService, "end-service"),
        (Self::ResumeService, "resume-service"),
        (Self::CloseCase, "close-case"),
        (Self::SayClosing, "say-closing"),
        (Self::ReopenCase, "reopen-case"),
        (Self::EndRelationship, "end-relationship"),
    ];

    fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == code).map(|(act, _)| act)
    }

    /// Its name in addresses, and after `act.` in the texts.
    pub(super) fn code(self) -> &'static str {
        Self::ALL.into_iter().find(|(act, _)| *act == self).map_or("", |(_, code)| code)
    }

    /// What takes it back.
    const fn undone_by(self) -> Option<Self> {
        match self {
            Self::HandOver | Self::ResumeService => Some(Self::EndService),
            Self::EndService => Some(Self::ResumeService),
            Self::OpenCase | Self::ReopenCase => Some(Self::CloseCase),
            Self::CloseCase => Some(Self::ReopenCase),
            Self::SayClosing | Self::EndRelationship => None,
        }
    }
}

/// What an address names: the relationship, the case, the service.
const PLACES: [&str; 4] = ["relationship", "case", "task", "unit"];

/// What is asked for: the values of the form, and of the address that it began with.
#[derive(Clone, Default)]
struct Asked(HashMap<String, String>);

impl Asked {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    fn oid(&self, name: &str) -> Option<Oid> {
        Oid::parse(self.given(name)?).ok()
    }
}

/// What a page of an act knows.
struct Known {
    client: OpenClient,
    act: Act,
    asked: Asked,
    /// The relationship that the act is on, where there is one already.
    relationship: Option<RelationshipState>,
    today: FinnishDay,
}

#[derive(Template)]
#[template(path = "desk/act.html")]
struct ActPage {
    shell: Shell,
    frame: ClientFrame,
    /// The path of the page, without language.
    path: String,
    act: &'static str,
    lead: String,
    fields: Vec<Field>,
    /// What goes along unseen: identifiers, and what the address named.
    kept: Vec<(String, String)>,
    /// Faults that stand beside no field.
    faults: Vec<String>,
    shown: Option<Shown>,
    /// What narrows a long list, where it is one.
    search: Option<String>,
    /// Whether there is nothing to choose from, told in words.
    empty: Option<String>,
    /// What the client chose, in words.
    chosen: Vec<String>,
}

/// What would be written, and what follows.
struct Shown {
    facts: Vec<(String, String)>,
    follows: Vec<String>,
    remarks: Vec<String>,
    unfinished: Vec<String>,
}

/// `GET …/acts/{act}/`: the form.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Query(asked): Query<HashMap<String, String>>,
) -> Page {
    match known(&doors, &visit, &path, Asked(asked)).await? {
        Ok(known) => {
            let made = form::made(&doors, &visit, &known);
            Ok(act_page(&doors, &visit, &known, made, &[], None))
        }
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// `POST …/acts/{act}/`: tries the act and shows what it would write, or does it.
pub(super) async fn act(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let sent = fields.all().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let asked = Asked(sent.filter(|(name, _)| name != crate::login::gate::TOKEN).collect());
    let button = asked.text("do").to_owned();
    let known = match known(&doors, &visit, &path, asked).await? {
        Ok(known) => known,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let made = form::made(&doors, &visit, &known);
    if matches!(button.as_str(), "change" | "search") {
        return Ok(act_page(&doors, &visit, &known, made, &[], None));
    }
    let steps = match steps::of(&doors, &visit, &known, &made) {
        Ok(steps) => steps,
        Err(faults) => return Ok(act_page(&doors, &visit, &known, made, &faults, None)),
    };
    let surely = button == "confirm";
    let how = How {
        dry_run: !surely,
        confirmed: known.asked.given("unfinished_seen").is_some(),
        reason: known.client.reason,
    };
    match steps::go(&doors, &visit, steps, how).await {
        Ok(Outcome::Done) => Ok(redirect(&visit.to(&done(&visit, &known)))),
        Ok(Outcome::Tried(written)) => {
            let shown = shown(&doors, &visit, &known, &made, &written);
            Ok(act_page(&doors, &visit, &known, made, &[], Some(shown)))
        }
        Ok(Outcome::Refused(faults, 0)) => {
            Ok(act_page(&doors, &visit, &known, made, &faults, None))
        }
        Ok(Outcome::Refused(faults, _)) => goes_on(&doors, &visit, &path, known, &faults).await,
        Err(problem) if problem.denial.is_none() && problem.status != StatusCode::NOT_FOUND => {
            Ok(failed(&doors, &visit, known, &problem))
        }
        Err(problem) => Ok(reading::locked(&doors, &visit, &known.client, problem)),
    }
}

/// The first of two operations is done and the second is not: the form goes on from there, and says so.
async fn goes_on(
    doors: &Doors,
    visit: &Visit,
    path: &HashMap<String, String>,
    before: Known,
    faults: &[Fault],
) -> Page {
    let mut asked = before.asked;
    if let Some(new) = asked.0.get("new_relationship").cloned()
        && before.relationship.is_none()
    {
        asked.0.insert("relationship".to_owned(), new);
    }
    let known = match known(doors, visit, path, asked).await? {
        Ok(known) => known,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let mut made = form::made(doors, visit, &known);
    made.beside.push(Words(visit.language).of("act.partly"));
    Ok(act_page(doors, visit, &known, made, faults, None))
}

/// The form once more, with what was typed, where the archive could not do it, or somebody else acted meanwhile.
fn failed(doors: &Doors, visit: &Visit, mut known: Known, problem: &Problem) -> Response {
    known.asked.0.remove("based_on");
    let mut made = form::made(doors, visit, &known);
    let words = Words(visit.language);
    made.beside.push(words.of(&format!("problem.{}.title", problem.code)));
    let mut response = act_page(doors, visit, &known, made, &[], None);
    *response.status_mut() = problem.status;
    response
}

/// The page that says that it is done, with the way back.
fn done(visit: &Visit, known: &Known) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("done", known.act.code());
    let asked = |name: &str| known.asked.given(name);
    for name in PLACES {
        let value = match (name, known.act) {
            ("unit", Act::HandOver) => asked("implementer").or(asked("producer")),
            ("task", Act::HandOver) => asked("service_task"),
            // What was opened just now is what may be closed.
            ("case", Act::OpenCase) => asked("new_case"),
            ("relationship", Act::OpenCase) => asked(name).or(asked("new_relationship")),
            _ => asked(name),
        };
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    format!("{}?{}", reading::base(visit.side, &known.client.handle), query.finish())
}

/// What the client's page says of an act that was done just now: the key of its text, and the address that takes it back.
pub(super) fn told(
    asked: &HashMap<String, String>,
    base: &str,
) -> Option<(String, Option<String>)> {
    let act = Act::of_code(asked.get("done")?)?;
    let back = act.undone_by().map(|undo| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in PLACES.iter().filter_map(|name| Some((name, asked.get(*name)?))) {
            query.append_pair(name, value);
        }
        format!("{base}acts/{}/?{}", undo.code(), query.finish())
    });
    Some((format!("act.{}-done", act.code()), back))
}

/// The client, the act, and the relationship that it is on, as far as the caller may see it.
async fn known(
    doors: &Doors,
    visit: &Visit,
    path: &HashMap<String, String>,
    asked: Asked,
) -> Result<Result<Known, Response>, Problem> {
    let part = |name: &str| path.get(name).map_or("", String::as_str);
    let client = visit.client(part("client"))?;
    let act = Act::of_code(part("act")).ok_or_else(Problem::not_found)?;
    let today = FinnishDay::of(doors.clock.now());
    let mut known = Known { client, act, asked, relationship: None, today };
    let named = known.asked.oid("relationship");
    if named.is_none() && act != Act::OpenCase {
        return Err(Problem::not_found());
    }
    if let Some(relationship) = named {
        let (caller, purpose) = (Arc::clone(&visit.caller), known.client.purpose());
        let of = known.client.client.clone();
        let looked = doors
            .work(move |app| app.show_relationship_of(&caller, &of, &relationship, purpose))
            .await;
        match looked {
            Ok(state) => known.relationship = Some(state),
            Err(problem) => {
                return Ok(Err(reading::locked(doors, visit, &known.client, problem)));
            }
        }
    }
    Ok(Ok(known))
}

fn act_page(
    doors: &Doors,
    visit: &Visit,
    known: &Known,
    made: Made,
    faults: &[Fault],
    shown: Option<Shown>,
) -> Response {
    let Made { mut fields, mut kept, lead, search, empty, mut beside, chosen } = made;
    for fault in faults {
        let told = ToldFault::labelled(fault, visit.language, |_| None);
        let text = format!("{} {}", told.message, told.right);
        match fields.iter_mut().find(|field| field.answers(&fault.element)) {
            Some(field) if fault.kind == FaultKind::MissingElement => {
                field.fault = Some(Words(visit.language).of("form.fault.missing-element"));
            }
            Some(field) => field.fault = Some(text),
            None => beside.push(text),
        }
    }
    if let Some(shown) = &shown {
        kept.extend(search.iter().map(|search| ("q".to_owned(), search.clone())));
        kept.extend(fields.iter().map(|field| (field.name.to_owned(), field.value.clone())));
        if !shown.unfinished.is_empty() {
            kept.push(("unfinished_seen".to_owned(), "1".to_owned()));
        }
    }
    let refused = !faults.is_empty();
    let page = ActPage {
        frame: ClientFrame::of(visit, &known.client),
        path: format!(
            "{}acts/{}/",
            reading::base(visit.side, &known.client.handle),
            known.act.code()
        ),
        act: known.act.code(),
        shell: Shell::of(doors, visit),
        faults: beside,
        lead,
        fields,
        kept,
        shown,
        search,
        empty,
        chosen,
    };
    let mut response = rendered(&page, visit.language).into_response();
    if refused {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

/// What would be written, in words: the values as they were given, the rights that arise and end, what was found.
fn shown(doors: &Doors, visit: &Visit, known: &Known, made: &Made, written: &[Written]) -> Shown {
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let shell = Shell::of(doors, visit);
    let told = |fault: &Fault| {
        let told = ToldFault::of(fault, visit.language);
        format!("{} {}", told.message, told.right)
    };
    let facts = made.fields.iter().filter(|field| !field.value.is_empty());
    let changes = written.iter().flat_map(|one| &one.changes);
    let mut follows: Vec<String> =
        changes.map(|change| steps::follows(change, &names, &shell, known.today)).collect();
    follows.push(shell.words.of(&format!("act.{}-follows", known.act.code())));
    let remarks = written.iter().filter_map(|one| one.outcome.as_ref().err());
    Shown {
        facts: facts.map(|field| (shell.words.of(&field.label), field.shown(&shell))).collect(),
        follows: follows.into_iter().filter(|text| !text.is_empty()).collect(),
        remarks: remarks.flat_map(|preview| &preview.remarks).map(told).collect(),
        unfinished: written.iter().flat_map(|one| &one.unfinished).map(told).collect(),
    }
}
