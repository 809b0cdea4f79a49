//! Acting for another: a guardian for a child, or one who has an adult's mandate.

use std::sync::Arc;
use std::time::Instant;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use varanto_domain::access::Situation;
use varanto_domain::access::log::Actor;
use varanto_domain::archive::metadata::identity_code_fault;
use varanto_domain::faults::Fault;
use varanto_domain::ids::{ClientIdentifier, PersonalIdentityCode};
use varanto_domain::time::FinnishDay;

use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::pages::{Shell, redirect, rendered};
use crate::reading::Page;
use crate::rest::problem::{Problem, ToldFault};

/// How many people's pages a citizen may ask for in a minute.
const OPENED_IN_A_MINUTE: u32 = 20;

/// As whom a citizen may act for another.
const SITUATIONS: [Situation; 2] = [Situation::Guardian, Situation::Mandate];

#[derive(Template)]
#[template(path = "own/others.html")]
struct OthersPage {
    shell: Shell,
    form_token: String,
    situations: [(&'static str, &'static str); 2],
    fault: Option<ToldFault>,
    /// The children by the population register: identity code and day of birth; `None`: it does not tell.
    children: Option<Vec<(String, FinnishDay)>>,
    examples: Vec<String>,
}

/// `GET /fi/own/others/`.
pub(super) async fn page(State(doors): State<Doors>, Extension(visit): Extension<Visit>) -> Page {
    others_page(&doors, &visit, None).await
}

async fn others_page(doors: &Doors, visit: &Visit, fault: Option<&Fault>) -> Page {
    let caller = Arc::clone(&visit.caller);
    let children = doors.work(move |app| app.children_of(&caller)).await?;
    let child = |code: PersonalIdentityCode| (code.reveal().to_owned(), code.birth_day());
    let mut shell = Shell::of(doors, visit);
    "/own/others/".clone_into(&mut shell.path);
    let page = OthersPage {
        shell,
        form_token: visit.session.form_token.clone(),
        situations: [("guardian", "own.as_guardian"), ("mandate", "own.by_mandate")],
        fault: fault.map(|fault| ToldFault::of(fault, visit.language)),
        children: children.map(|all| all.into_iter().map(child).collect()),
        examples: doors.demo.get().map(|demo| demo.children.clone()).unwrap_or_default(),
    };
    let mut response = rendered(&page, visit.language);
    if fault.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `GET /fi/own/others/open`: who reloads what was sent comes back to the form.
pub(super) async fn back(Extension(visit): Extension<Visit>) -> Response {
    redirect(&visit.to("/own/others/"))
}

/// `POST /fi/own/others/open`: to the pages of the other. Whether the citizen may act is decided of each document.
pub(super) async fn open(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    // Codes are not to be run through the registers.
    let name = format!("others:{}", Actor::of(&visit.caller).name);
    let standing = doors.pace.take(&name, 1, OPENED_IN_A_MINUTE, Instant::now());
    if let Some(standing) = standing.filter(crate::pace::Standing::is_over) {
        return Err(Problem::rate_limited(standing.retry_after()));
    }
    let code = match PersonalIdentityCode::parse(&fields.text("identity_code").to_uppercase()) {
        Ok(code) => code,
        Err(why) => {
            let fault = identity_code_fault("identity_code", why);
            return others_page(&doors, &visit, Some(&fault)).await;
        }
    };
    let situation = fields.given("situation").and_then(Situation::of_code);
    let situation = situation.filter(|one| SITUATIONS.contains(one)).unwrap_or(SITUATIONS[0]);
    let handle =
        visit.session.open_client(&doors, ClientIdentifier::Code(code), Some(situation)).await?;
    Ok(redirect(&visit.to(&format!("/own/clients/{handle}/"))))
}
