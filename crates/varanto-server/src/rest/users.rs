//! The register of users over REST.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use varanto_app::users::{ListedUser, UserPage, UserQuery};
use varanto_domain::access::Strength;
use varanto_domain::ids::Oid;
use varanto_formats::log_search;

use super::caller::Asker;
use super::problem::Problem;
use super::{body, documents};
use crate::doors::Doors;

/// `POST /users/_search`: the users of the reviewer's organisation, with what was granted and ended before.
pub async fn search(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Result<Response, Problem> {
    let terms = body::told(&doors, &headers, sent, log_search::read_users).await?;
    let query = UserQuery {
        history: terms.history,
        limit: terms.limit.unwrap_or(UserQuery::USUAL),
        cursor: terms.cursor,
    };
    let page = doors.work(move |app| app.list_users(&asker.0, &query)).await?;
    Ok(documents::answer(&ToldUsers::of(&page)))
}

#[derive(Serialize)]
struct ToldUsers<'a> {
    users: Vec<ToldUser<'a>>,
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct ToldUser<'a> {
    subject: &'a str,
    organisation: &'a str,
    given_names: &'a str,
    family_name: &'a str,
    role: &'static str,
    units: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tasks: Option<Vec<&'a str>>,
    login: &'static str,
    first_day: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_day: Option<String>,
    granted_by: &'a str,
    granted_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
}

impl<'a> ToldUsers<'a> {
    fn of(page: &'a UserPage) -> Self {
        let told = |one: &'a ListedUser| {
            let right = &one.right;
            let tasks = right.service_tasks.as_ref();
            ToldUser {
                subject: &right.subject,
                organisation: right.organisation.as_str(),
                given_names: &right.given_names,
                family_name: &right.family_name,
                role: right.role.code(),
                units: right.units.iter().map(Oid::as_str).collect(),
                service_tasks: tasks.map(|tasks| tasks.iter().map(AsRef::as_ref).collect()),
                login: if right.login == Strength::Strong { "strong" } else { "weak" },
                first_day: right.validity.first.to_string(),
                last_day: right.validity.last.map(|day| day.to_string()),
                granted_by: &right.granted_by,
                granted_at: one.granted_at.to_string(),
                ended_at: one.ended_at.map(|at| at.to_string()),
            }
        };
        Self { users: page.users.iter().map(told).collect(), next: page.next.as_deref() }
    }
}
