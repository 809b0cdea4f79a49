//! Refusing disclosure by controller, service task or document, and withdrawing a refusal (DIS-2, CIT-5). What is about to
//! be said is shown before it is said.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use varanto_domain::codes::ServiceTask;
use varanto_domain::disclosure::Refused;
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;
use varanto_formats::will::RefusalAct;

use super::will::{self, NameFields, Whose, name_fields, typed_name};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::pages::{Shell, redirect, rendered};
use crate::reading::{self, ClientFrame, Page};
use crate::rest::problem::Problem;

#[derive(Template)]
#[template(path = "own/refuse.html")]
struct ChoosePage {
    shell: Shell,
    frame: ClientFrame,
    base: String,
    /// Controllers and service tasks that are not refused yet: value and name.
    controllers: Vec<(String, String)>,
    tasks: Vec<(String, String)>,
    faulty: bool,
}

#[derive(Template)]
#[template(path = "own/confirm.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that the template asks")]
struct ConfirmPage {
    shell: Shell,
    frame: ClientFrame,
    base: String,
    /// What is refused, in words, and the key of what it is.
    what: String,
    kind: &'static str,
    withdraws: bool,
    field: &'static str,
    value: String,
    names: Option<NameFields>,
    nameless: bool,
    /// Whether another's name is not known here, and so nothing can be refused.
    unknown: bool,
    own: bool,
}

/// `GET …/will/refuse/`: what may be refused.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    choose(&doors, &visit, &whose, false).await
}

async fn choose(doors: &Doors, visit: &Visit, whose: &Whose, faulty: bool) -> Page {
    let refused = match whose.today(doors, visit).await {
        Ok(will) => will.refusals.filter(|_| will.may_say).ok_or_else(Problem::not_found)?,
        Err(problem) => return Ok(reading::locked(doors, visit, &whose.client, problem)),
    };
    let open = |one: &Refused| refused.entries.iter().all(|entry| entry.refused != *one);
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let today = FinnishDay::of(doors.app.now());
    let all = registry.registers().organisations().into_iter();
    let controllers = all.filter(|one| one.controller && !one.keeps_wills);
    let controllers = controllers.map(|one| Refused::Controller(one.oid.clone()));
    let tasks = ServiceTask::ALL.into_iter().map(|one| Refused::ServiceTask(one.code().into()));
    let offered = |all: Vec<Refused>| {
        let one = |one: &Refused| (will::field_of(one).1, will::named(one, &names, today));
        let mut offered: Vec<_> = all.iter().filter(|one| open(one)).map(one).collect();
        offered.sort_by(|one, other| one.1.cmp(&other.1));
        offered
    };
    let page = ChoosePage {
        shell: Shell { path: format!("{}refuse/", whose.base(visit)), ..Shell::of(doors, visit) },
        frame: whose.frame(visit),
        base: whose.base(visit),
        controllers: offered(controllers.collect()),
        tasks: offered(tasks.collect()),
        faulty,
    };
    let mut response = rendered(&page, visit.language);
    if faulty {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The one thing that a form names.
fn named(fields: &Fields) -> Option<Refused> {
    let oid = |name: &str| fields.given(name).and_then(|text| Oid::parse(text).ok());
    let task = || {
        let code = fields.given("service_task")?;
        ServiceTask::ALL.into_iter().find(|one| one.code() == code)
    };
    let controller = oid("controller").map(Refused::Controller);
    let task = task().map(|one| Refused::ServiceTask(one.code().into()));
    let document = oid("document").map(Refused::Document);
    let mut all = [controller, task, document].into_iter().flatten();
    all.next().filter(|_| all.next().is_none())
}

/// `POST …/will/refuse/`: what is about to be refused; once it is confirmed, refuses it at once.
pub(super) async fn refuse(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    match named(&fields) {
        Some(refused) => say(&doors, &visit, &whose, &fields, RefusalAct::Refuse(refused)).await,
        None => choose(&doors, &visit, &whose, true).await,
    }
}

/// `POST …/will/withdraw/`: the refusal that is about to be withdrawn; once it is confirmed, withdraws it at once.
pub(super) async fn withdraw(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    let refused = named(&fields).ok_or_else(Problem::not_found)?;
    say(&doors, &visit, &whose, &fields, RefusalAct::Withdraw(refused)).await
}

/// `GET …/will/withdraw/`: who reloads a page that was sent comes back to what is refused.
pub(super) async fn back(
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    Ok(redirect(&visit.to(&whose.base(&visit))))
}

async fn say(
    doors: &Doors,
    visit: &Visit,
    whose: &Whose,
    fields: &Fields,
    act: RefusalAct,
) -> Page {
    let will = match whose.today(doors, visit).await {
        Ok(will) => will,
        Err(problem) => return Ok(reading::locked(doors, visit, &whose.client, problem)),
    };
    let refusals = will.refusals.filter(|_| will.may_say).ok_or_else(Problem::not_found)?;
    if let RefusalAct::Withdraw(refused) = &act
        && refusals.entries.iter().all(|entry| entry.refused != *refused)
    {
        return Err(Problem::not_found());
    }
    let known = match refusals.document {
        Some(_) => whose.name(doors, visit).await.or_else(|| Some(will::as_before())),
        None => whose.name(doors, visit).await,
    };
    let confirmed = fields.given("confirmed").is_some();
    let typed = || typed_name(fields).filter(|_| whose.is_own());
    let Some(name) = known.clone().or_else(typed).filter(|_| confirmed) else {
        let names = known.is_none().then(|| name_fields(Some(fields)));
        return Ok(confirm(doors, visit, whose, &act, (names, confirmed)));
    };
    let request = whose.says(visit, name, act)?;
    let caller = Arc::clone(&visit.caller);
    match doors.work(move |app| app.record_refusal(&caller, &request)).await {
        Ok(recorded) => Ok(whose.told(doors, visit, &recorded).await),
        Err(problem) => Ok(reading::locked(doors, visit, &whose.client, problem)),
    }
}

fn confirm(
    doors: &Doors,
    visit: &Visit,
    whose: &Whose,
    act: &RefusalAct,
    (fields, nameless): (Option<NameFields>, bool),
) -> axum::response::Response {
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let (refused, withdraws) = match act {
        RefusalAct::Refuse(refused) => (refused, false),
        RefusalAct::Withdraw(refused) => (refused, true),
    };
    let (field, value) = will::field_of(refused);
    let page = ConfirmPage {
        shell: Shell { path: whose.base(visit), ..Shell::of(doors, visit) },
        frame: whose.frame(visit),
        base: whose.base(visit),
        what: will::named(refused, &names, FinnishDay::of(doors.app.now())),
        kind: match refused {
            Refused::Controller(_) => "own.refuse-controller",
            Refused::ServiceTask(_) => "own.refuse-task",
            Refused::Document(_) => "own.refuse-document",
        },
        withdraws,
        field,
        value,
        unknown: fields.is_some() && !whose.is_own(),
        names: fields,
        nameless,
        own: whose.is_own(),
    };
    rendered(&page, visit.language)
}
