//! Choosing a producer where the organiser offers a choice (CIT-5).

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use varanto_app::relationship::ChoiceSeen;
use varanto_domain::faults::FaultKind;
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;

use super::will::Whose;
use crate::desk::ShownChoice;
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::pages::{Shell, redirect, rendered};
use crate::reading::{self, ClientFrame, Page};

#[derive(Template)]
#[template(path = "own/choices.html")]
struct ChoicesPage {
    shell: Shell,
    frame: ClientFrame,
    choices: Vec<ShownChoice>,
    /// The key of what was done just now, or why it was not.
    done: Option<&'static str>,
    wrong: Option<&'static str>,
}

/// `GET …/choices/`: what is offered, and what was chosen.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    choices_page(&doors, &visit, &path, None).await
}

async fn choices_page(
    doors: &Doors,
    visit: &Visit,
    path: &HashMap<String, String>,
    wrong: Option<&'static str>,
) -> Page {
    let whose = Whose::of(visit, path)?;
    let (caller, code, situation) = (Arc::clone(&visit.caller), whose.code, whose.situation);
    let own = doors.work(move |app| app.own_choices(&caller, code, situation)).await;
    let own = match own {
        Ok(own) => own,
        Err(problem) => return Ok(reading::locked(doors, visit, &whose.client, problem)),
    };
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let today = FinnishDay::of(doors.clock.now());
    let one = |seen: &ChoiceSeen| ShownChoice::of(seen, &names, today);
    let page = ChoicesPage {
        choices: own.iter().map(one).collect(),
        done: match visit.query.as_str() {
            "?chosen" => Some("choice.done_chosen"),
            "?undone" => Some("choice.done_undone"),
            _ => None,
        },
        wrong,
        shell: Shell::of(doors, visit),
        frame: whose.frame(visit),
    };
    let mut response = rendered(&page, visit.language);
    if wrong.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `POST …/choices/`: chooses, or takes the choice back.
pub(super) async fn pick(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    let undoes = fields.text("do") == "undo";
    let unit = fields.given("unit").and_then(|unit| Oid::parse(unit).ok());
    if !undoes && unit.is_none() {
        return choices_page(&doors, &visit, &path, Some("choice.none_ticked")).await;
    }
    let (caller, code, situation) = (Arc::clone(&visit.caller), whose.code, whose.situation);
    let (id, picked) = (fields.text("choice").to_owned(), unit.filter(|_| !undoes));
    let done = doors
        .work(move |app| app.pick_producer(&caller, code, situation, &id, picked.as_ref()))
        .await;
    match done {
        Ok(()) => {
            let done = if undoes { "?undone" } else { "?chosen" };
            Ok(redirect(&visit.to(&format!("{}{done}", visit.path))))
        }
        Err(problem) if problem.denial.is_none() && !problem.faults.is_empty() => {
            let why = match problem.faults[0].kind {
                FaultKind::UnknownUnit => "choice.unit_gone",
                FaultKind::SaidByClient => "choice.said_by_client",
                _ => "choice.stood_otherwise",
            };
            choices_page(&doors, &visit, &path, Some(why)).await
        }
        Err(problem) => Ok(reading::locked(&doors, &visit, &whose.client, problem)),
    }
}
