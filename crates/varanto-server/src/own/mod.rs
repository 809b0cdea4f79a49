//! A citizen's own pages: what is held of them and how it may be shown, who looked, what they permit and refuse;
//! and acting for a child or by mandate.
//!
//! Source: CIT-1 to CIT-7, LOG-2, DIS-2.

mod choices;
mod corrections;
mod home;
mod log;
mod others;
mod permit;
mod refuse;
mod statements;
mod will;

use axum::Router;
use axum::routing::get;
use varanto_domain::access::Situation;
use varanto_domain::ids::ClientIdentifier;

use crate::doors::Doors;
use crate::login::gate::{self, Side, Visit};
use crate::pages::Entry;
use crate::reading;
use crate::rest::problem::Problem;
use crate::tokens::LoggedInAs;

pub(crate) use corrections::state as state_of_request;

/// The navigation of a citizen's pages.
pub const MENU: &[Entry] = &[
    Entry { path: "/own/", text: "own.menu_home" },
    Entry { path: "/own/log/", text: "own.menu_log" },
    Entry { path: "/own/will/", text: "own.menu_will" },
    Entry { path: "/own/others/", text: "own.menu_others" },
];

/// The tabs of the pages of the one who is read about.
pub const TABS: &[Entry] = &[
    Entry { path: "", text: "own.tab_situation" },
    Entry { path: "timeline/", text: "own.tab_documents" },
    Entry { path: "will/", text: "own.tab_will" },
    Entry { path: "told/", text: "told.title" },
    Entry { path: "choices/", text: "choice.own_title" },
    Entry { path: "corrections/", text: "correction.title" },
];

/// The routes of a citizen's pages, each behind the gate.
pub fn router(doors: &Doors) -> Router<Doors> {
    let routes = Router::new()
        .route("/{language}/own/", get(home::own))
        .route("/{language}/own/log/", get(log::page))
        .route("/{language}/own/will/", get(will::own))
        .route("/{language}/own/others/", get(others::page))
        .route("/{language}/own/others/open", get(others::back).post(others::open))
        .route("/{language}/own/clients/{client}/", get(home::page))
        .route("/{language}/own/clients/{client}/will/", get(will::page))
        .nest("/{language}/own/clients/{client}/will", wills())
        .route("/{language}/own/clients/{client}/choices/", get(choices::page).post(choices::pick))
        .route(
            "/{language}/own/clients/{client}/told/",
            get(statements::page).post(statements::forget),
        )
        .route("/{language}/own/clients/{client}/told/copy", get(statements::copy))
        .route(
            "/{language}/own/clients/{client}/told/{kind}/",
            get(statements::form).post(statements::tell),
        )
        .route(
            "/{language}/own/clients/{client}/corrections/",
            get(corrections::page).post(corrections::withdraw),
        )
        .route(
            "/{language}/own/clients/{client}/documents/{oid}/correction/",
            get(corrections::form).post(corrections::ask),
        )
        .nest("/{language}/own/clients/{client}", reading::router());
    gate::behind(doors, Side::Own, routes)
}

/// The pages of what is permitted and refused.
fn wills() -> Router<Doors> {
    Router::new()
        .route("/permission/", get(permit::page).post(permit::say))
        .route("/refuse/", get(refuse::page).post(refuse::refuse))
        .route("/withdraw/", get(refuse::back).post(refuse::withdraw))
        .route("/receipt/{oid}/", get(will::receipt))
}

/// The word that addresses name the citizen by.
async fn own_handle(doors: &Doors, visit: &Visit) -> Result<String, Problem> {
    match &visit.session.logged_in.who {
        LoggedInAs::Citizen { code, .. } => {
            let (client, situation) = (ClientIdentifier::Code(*code), Situation::Citizen);
            visit.session.open_client(doors, client, Some(situation)).await
        }
        LoggedInAs::Professional(_) => Err(Problem::not_found()),
    }
}
