//! What a citizen permits and refuses today.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use varanto_app::disclosure::CurrentRefusals;
use varanto_domain::disclosure::{Giver, Refused};
use varanto_domain::time::FinnishDay;

use crate::doors::Doors;
use crate::login::gate::Visit;
use crate::names::Names;
use crate::pages::{Shell, rendered};
use crate::reading::Page;
use crate::rest::problem::Problem;
use crate::tokens::LoggedInAs;

#[derive(Template)]
#[template(path = "own/will.html")]
struct WillPage {
    shell: Shell,
    informed_on: Option<FinnishDay>,
    permitted: bool,
    given_on: Option<FinnishDay>,
    refusals: Vec<Entry>,
}

struct Entry {
    what: String,
    set_on: Option<FinnishDay>,
    by_representative: bool,
}

/// `GET /fi/own/will/`.
pub(super) async fn page(State(doors): State<Doors>, Extension(visit): Extension<Visit>) -> Page {
    let LoggedInAs::Citizen { code, .. } = visit.session.logged_in.who else {
        return Err(Problem::not_found());
    };
    let caller = Arc::clone(&visit.caller);
    let told = doors.work(move |app| {
        Ok((app.current_permission(&caller, code)?, app.current_refusals(&caller, code)?))
    });
    let (permission, refusals) = told.await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let page = WillPage {
        shell: Shell::of(&doors, &visit),
        informed_on: permission.informed_on,
        permitted: permission.permission.is_some(),
        given_on: permission.permission.and_then(|one| one.given_on),
        refusals: entries(&refusals, &names, FinnishDay::of(doors.app.now())),
    };
    Ok(rendered(&page, visit.language))
}

fn entries(refusals: &CurrentRefusals, names: &Names<'_>, today: FinnishDay) -> Vec<Entry> {
    let entry = |one: &varanto_domain::disclosure::RefusalEntry| Entry {
        what: match &one.refused {
            Refused::Controller(controller) => names.organisation(controller.as_str()),
            Refused::ServiceTask(task) => names.task(task, today),
            Refused::Document(document) => {
                format!("{} {document}", names.of("own.refused_document"))
            }
        },
        set_on: one.set_on,
        by_representative: one.by == Giver::Representative,
    };
    refusals.entries.iter().map(entry).collect()
}
