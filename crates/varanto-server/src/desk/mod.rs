//! The professional's desk: finding a client, the client's whole situation, the time line, documents, and recording.
//!
//! Every page asks the archive's own operations, which decide and log; a page decides nothing. Source: CAS-1, CAS-3;
//! design D11.

mod acts;
pub(crate) mod archive;
mod choices;
mod client;
mod corrections;
mod earlier;
mod home;
mod invalidation;
mod record;
mod showing;
pub(crate) mod users;

use axum::Router;
use axum::routing::{get, post};
use varanto_domain::access::Role;

use crate::doors::Doors;
use crate::login::gate::{self, Side};
use crate::pages::Entry;
use crate::reading;

pub(crate) use choices::ShownChoice;
pub(crate) use client::{Kind, Relationship, kinds, opens_with_reason, relationships, situation};

/// The navigation of the desks.
const MENU: &[Entry] = &[
    Entry { path: "/desk/", text: "desk.menu_find" },
    Entry { path: "/desk/clients/", text: "desk.menu_clients" },
    Entry { path: "/desk/choices/", text: "choice.title" },
    Entry { path: "/desk/corrections/", text: "correction.title" },
];

/// The navigation of one in a role: each begins with where its work does.
#[must_use]
pub fn menu(role: Option<Role>) -> &'static [Entry] {
    match role {
        Some(Role::Archivist) => archive::MENU,
        Some(Role::MainUser) => users::MENU,
        _ => MENU,
    }
}

/// The tabs of a client's pages: the last part of their address, and the key of their text.
pub const TABS: &[Entry] = &[
    Entry { path: "", text: "desk.tab_situation" },
    Entry { path: "timeline/", text: "desk.tab_timeline" },
    Entry { path: "record/", text: "desk.tab_record" },
];

/// The routes of the desks, each behind the gate.
pub fn router(doors: &Doors) -> Router<Doors> {
    let routes = Router::new()
        .route("/{language}/desk/", get(home::home))
        .route("/{language}/desk/find", get(home::begin_anew).post(home::find))
        .route("/{language}/desk/open", get(home::begin_anew).post(home::open))
        .route("/{language}/desk/drafts/{draft}", get(home::begin_anew).post(home::draft))
        .route("/{language}/desk/notices/", get(home::notices))
        .route("/{language}/desk/notices/{id}", get(home::begin_anew).post(home::acknowledge))
        .route("/{language}/desk/clients/", get(home::clients))
        .route("/{language}/desk/choices/", get(choices::list))
        .route("/{language}/desk/clients/{client}/choices/end", post(choices::end))
        .route(
            "/{language}/desk/clients/{client}/choices/{relationship}/",
            get(choices::form).post(choices::offer),
        )
        .route("/{language}/desk/corrections/", get(corrections::list))
        .route(
            "/{language}/desk/corrections/{id}/",
            get(corrections::page).post(corrections::answer),
        )
        .route("/{language}/desk/corrections/{id}/open", post(corrections::open))
        .route("/{language}/desk/clients/{client}/", get(client::page))
        .route("/{language}/desk/clients/{client}/reason", post(client::reason))
        .route("/{language}/desk/clients/{client}/record/", get(record::page).post(record::begin))
        .route(
            "/{language}/desk/clients/{client}/record/{draft}/",
            get(record::draft).post(record::act),
        )
        .route("/{language}/desk/clients/{client}/record/{draft}/preview", get(record::preview))
        .route("/{language}/desk/clients/{client}/record/{draft}/view", get(record::view))
        .route("/{language}/desk/clients/{client}/record/{draft}/to-sign", get(record::to_sign))
        .route("/{language}/desk/clients/{client}/record/{draft}/archive", post(record::archive))
        .route("/{language}/desk/clients/{client}/acts/{act}/", get(acts::page).post(acts::act))
        .route(
            "/{language}/desk/clients/{client}/documents/{oid}/showing/",
            get(showing::page).post(showing::act),
        )
        .route(
            "/{language}/desk/clients/{client}/documents/{oid}/invalidation/",
            get(invalidation::page).post(invalidation::act),
        )
        .route("/{language}/desk/clients/{client}/documents/{oid}/correct", post(record::correct))
        .route("/{language}/desk/clients/{client}/recorded/{oid}/", get(record::recorded))
        .route("/{language}/desk/archive/", get(archive::home))
        .nest("/{language}/desk/archive", archive::router())
        .route("/{language}/desk/users/", get(users::list))
        .nest("/{language}/desk/users", users::router())
        .nest("/{language}/desk/clients/{client}", reading::router());
    gate::behind(doors, Side::Desk, routes)
}
