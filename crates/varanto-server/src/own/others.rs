//! Acting for another: a guardian for a child, or one who has an adult's mandate.

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use varanto_domain::access::Situation;
use varanto_domain::archive::metadata::identity_code_fault;
use varanto_domain::faults::Fault;
use varanto_domain::ids::{ClientIdentifier, PersonalIdentityCode};

use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::pages::{Shell, redirect, rendered};
use crate::reading::Page;
use crate::rest::problem::ToldFault;

/// As whom a citizen may act for another.
const SITUATIONS: [Situation; 2] = [Situation::Guardian, Situation::Mandate];

#[derive(Template)]
#[template(path = "own/others.html")]
struct OthersPage {
    shell: Shell,
    form_token: String,
    situations: [(&'static str, &'static str); 2],
    fault: Option<ToldFault>,
    examples: Vec<String>,
}

/// `GET /fi/own/others/`.
pub(super) async fn page(State(doors): State<Doors>, Extension(visit): Extension<Visit>) -> Page {
    Ok(others_page(&doors, &visit, None))
}

fn others_page(doors: &Doors, visit: &Visit, fault: Option<&Fault>) -> Response {
    let mut shell = Shell::of(doors, visit);
    "/own/others/".clone_into(&mut shell.path);
    let page = OthersPage {
        shell,
        form_token: visit.session.form_token.clone(),
        situations: [("guardian", "own.as_guardian"), ("mandate", "own.by_mandate")],
        fault: fault.map(|fault| ToldFault::of(fault, visit.language)),
        examples: doors.demo.get().map(|demo| demo.children.clone()).unwrap_or_default(),
    };
    rendered(&page, visit.language)
}

/// `POST /fi/own/others/open`: to the pages of the other. Whether the citizen may act is decided of each document.
pub(super) async fn open(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let code = match PersonalIdentityCode::parse(&fields.text("identity_code").to_uppercase()) {
        Ok(code) => code,
        Err(why) => {
            let fault = identity_code_fault("identity_code", why);
            return Ok(others_page(&doors, &visit, Some(&fault)));
        }
    };
    let situation = fields.given("situation").and_then(Situation::of_code);
    let situation = situation.filter(|one| SITUATIONS.contains(one)).unwrap_or(SITUATIONS[0]);
    let handle = visit.session.open_client(ClientIdentifier::Code(code), Some(situation));
    Ok(redirect(&visit.to(&format!("/own/clients/{handle}/"))))
}
