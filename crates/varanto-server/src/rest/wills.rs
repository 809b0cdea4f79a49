//! What clients permit and refuse over REST: whoever serves a client reads it and records it.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use varanto_app::disclosure::{CurrentPermission, CurrentRefusals, Recorded};
use varanto_domain::disclosure::{Giver, RefusalEntry, Refused};
use varanto_domain::ids::Oid;
use varanto_formats::will;

use super::caller::Asker;
use super::problem::Problem;
use super::{body, documents, documents_json};
use crate::doors::Doors;
use crate::frame::language_of;

type Answer = Result<Response, Problem>;

/// `POST /refusals/_search`: what a client refuses today.
pub async fn refusals(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let client = body::told(&doors, &headers, sent, will::read_whose).await?;
    let current = doors.work(move |app| app.current_refusals(&asker.0, client)).await?;
    Ok(documents::answer(&ToldRefusals::of(&current)))
}

/// `POST /refusals`: a refusal is made or withdrawn.
pub async fn record_refusal(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let request = body::told(&doors, &headers, sent, will::read_refusal).await?;
    let recorded = doors.work(move |app| app.record_refusal(&asker.0, &request)).await?;
    Ok(told(&recorded, &headers))
}

/// `POST /permissions/_search`: what a client permits today, and since when the client is informed.
pub async fn permission(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let client = body::told(&doors, &headers, sent, will::read_whose).await?;
    let current = doors.work(move |app| app.current_permission(&asker.0, client)).await?;
    Ok(documents::answer(&ToldPermission::of(&current)))
}

/// `POST /permissions`: a client is informed, permits, or withdraws the permission.
pub async fn record_permission(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let request = body::told(&doors, &headers, sent, will::read_permission).await?;
    let recorded = doors.work(move |app| app.record_permission(&asker.0, &request)).await?;
    Ok(told(&recorded, &headers))
}

/// 201 with the receipt of the new version; 200 where nothing had to change.
fn told(recorded: &Recorded, headers: &HeaderMap) -> Response {
    match recorded {
        Recorded::Archived(archived) => {
            let place = format!("{}/documents/{}", super::routes::BASE, archived.receipt.document);
            let answer = documents_json::archived(archived, language_of(headers));
            let created = (StatusCode::CREATED, [(header::LOCATION, place)]);
            (created.0, created.1, documents::json(answer)).into_response()
        }
        Recorded::Unchanged => documents::json(r#"{"changed":false}"#.to_owned()).into_response(),
    }
}

#[derive(Serialize)]
struct ToldDocument {
    document_id: String,
    version: u32,
}

fn document((document, version): &(Oid, u32)) -> ToldDocument {
    ToldDocument { document_id: document.to_string(), version: *version }
}

#[derive(Serialize)]
struct ToldRefusals {
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<ToldDocument>,
    refusals: Vec<ToldRefusal>,
}

#[derive(Serialize)]
struct ToldRefusal {
    refused: ToldRefused,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_on: Option<String>,
    by_representative: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum ToldRefused {
    Controller(String),
    ServiceTask(String),
    Document(String),
}

impl ToldRefusals {
    fn of(current: &CurrentRefusals) -> Self {
        let told = |entry: &RefusalEntry| ToldRefusal {
            refused: match &entry.refused {
                Refused::Controller(controller) => ToldRefused::Controller(controller.to_string()),
                Refused::ServiceTask(task) => ToldRefused::ServiceTask(task.to_string()),
                Refused::Document(document) => ToldRefused::Document(document.to_string()),
            },
            set_on: entry.set_on.map(|day| day.to_string()),
            by_representative: entry.by == Giver::Representative,
        };
        Self {
            document: current.document.as_ref().map(document),
            refusals: current.entries.iter().map(told).collect(),
        }
    }
}

#[derive(Serialize)]
struct ToldPermission {
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<ToldDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    informed_on: Option<String>,
    permitted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_on: Option<String>,
}

impl ToldPermission {
    fn of(current: &CurrentPermission) -> Self {
        let given_on = current.permission.and_then(|permission| permission.given_on);
        Self {
            document: current.document.as_ref().map(document),
            informed_on: current.informed_on.map(|day| day.to_string()),
            permitted: current.permission.is_some(),
            given_on: given_on.map(|day| day.to_string()),
        }
    }
}
