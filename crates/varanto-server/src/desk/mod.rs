//! The professional's desk: finding a client, the client's whole situation, the time line, documents, and recording.
//!
//! Every page asks the archive's own operations, which decide and log; a page decides nothing. Source: CAS-1, CAS-3;
//! design D11.

mod client;
mod record;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use varanto_domain::access::Situation;
use varanto_domain::archive::metadata::identity_code_fault;
use varanto_domain::faults::Fault;
use varanto_domain::ids::{ClientIdentifier, PersonalIdentityCode};

use crate::doors::{DemoClient, Doors};
use crate::login::gate::{self, Fields, Side, Visit};
use crate::pages::{Entry, Shell, redirect, rendered};
use crate::reading::{self, Page};
use crate::rest::problem::ToldFault;

pub(crate) use client::{Kind, Relationship, kinds, opens_with_reason, relationships, situation};

/// The navigation of the desks.
pub const MENU: &[Entry] = &[Entry { path: "/desk/", text: "desk.menu_find" }];

/// The tabs of a client's pages: the last part of their address, and the key of their text.
pub const TABS: &[Entry] = &[
    Entry { path: "", text: "desk.tab_situation" },
    Entry { path: "timeline/", text: "desk.tab_timeline" },
    Entry { path: "record/", text: "desk.tab_record" },
];

/// The routes of the desks, each behind the gate.
pub fn router(doors: &Doors) -> Router<Doors> {
    let routes = Router::new()
        .route("/{language}/desk/", get(home))
        .route("/{language}/desk/find", post(find))
        .route("/{language}/desk/clients/{client}/", get(client::page))
        .route("/{language}/desk/clients/{client}/reason", post(client::reason))
        .route("/{language}/desk/clients/{client}/record/", get(record::page).post(record::begin))
        .route(
            "/{language}/desk/clients/{client}/record/{draft}/",
            get(record::draft).post(record::act),
        )
        .route("/{language}/desk/clients/{client}/record/{draft}/view", get(record::view))
        .route("/{language}/desk/clients/{client}/record/{draft}/archive", post(record::archive))
        .route("/{language}/desk/clients/{client}/recorded/{oid}/", get(record::recorded))
        .nest("/{language}/desk/clients/{client}", reading::router());
    gate::behind(doors, Side::Desk, routes)
}

/// The situations in which a professional may name that documents are looked for; the usual one first.
const SITUATIONS: [Option<Situation>; 3] =
    [None, Some(Situation::Disclosure), Some(Situation::StatutoryDisclosure)];

#[derive(Template)]
#[template(path = "desk/home.html")]
struct HomePage {
    shell: Shell,
    form_token: String,
    situations: Vec<(&'static str, &'static str)>,
    fault: Option<ToldFault>,
    examples: Vec<DemoClient>,
}

/// `GET /fi/desk/`: whom to look for.
async fn home(State(doors): State<Doors>, Extension(visit): Extension<Visit>) -> Page {
    Ok(home_page(&doors, &visit, None))
}

fn home_page(doors: &Doors, visit: &Visit, fault: Option<&Fault>) -> Response {
    let situation = |one: &Option<Situation>| match one {
        None => ("", "desk.situation_usual"),
        Some(Situation::Disclosure) => ("disclosure", "desk.situation_disclosure"),
        Some(_) => ("statutory-disclosure", "desk.situation_statutory"),
    };
    let mut shell = Shell::of(doors, visit);
    "/desk/".clone_into(&mut shell.path);
    let page = HomePage {
        shell,
        form_token: visit.session.form_token.clone(),
        situations: SITUATIONS.iter().map(situation).collect(),
        fault: fault.map(|fault| ToldFault::of(fault, visit.language)),
        examples: doors.demo.get().map(|demo| demo.clients.clone()).unwrap_or_default(),
    };
    rendered(&page, visit.language)
}

/// `POST /fi/desk/find`: to the client's pages. Whether the archive knows the client is told by what they show.
async fn find(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let code = fields.text("identity_code").to_uppercase();
    let code = match PersonalIdentityCode::parse(&code) {
        Ok(code) => code,
        Err(why) => {
            let fault = identity_code_fault("identity_code", why);
            return Ok(home_page(&doors, &visit, Some(&fault)));
        }
    };
    let situation = fields.given("situation").and_then(Situation::of_code);
    let situation = SITUATIONS.into_iter().flatten().find(|known| Some(*known) == situation);
    let handle = visit.session.open_client(ClientIdentifier::Code(code), situation);
    Ok(redirect(&visit.to(&format!("/desk/clients/{handle}/"))))
}
