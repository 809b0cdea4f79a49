//! Break-glass over REST: opening without case context, and the queue in which it is judged.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use varanto_app::oversight::{OpeningPage, OpeningQuery, OpeningRequest, QueuedOpening};
use varanto_domain::access::Reason;
use varanto_formats::log_search;

use super::caller::Asker;
use super::problem::Problem;
use super::{body, documents};
use crate::doors::Doors;

type Answer = Result<Response, Problem>;

/// `POST /openings`: opens a client's documents without case context, for some hours.
pub async fn open(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let terms = body::told(&doors, &headers, sent, log_search::read_opening).await?;
    let request = OpeningRequest { client: terms.client, reason: terms.reason, hours: terms.hours };
    let opened = doors.work(move |app| app.open_up(&asker.0, &request)).await?;
    let told =
        ToldOpened { reason: Reason::Look(opened.reason).code(), until: opened.until.to_string() };
    Ok((StatusCode::CREATED, documents::answer(&told)).into_response())
}

/// `POST /openings/_search`: the queue, a page at a time.
pub async fn search(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let terms = body::told(&doors, &headers, sent, log_search::read_queue).await?;
    let query = OpeningQuery {
        states: terms.states,
        limit: terms.limit.unwrap_or(OpeningQuery::USUAL),
        cursor: terms.cursor,
    };
    let page = doors.work(move |app| app.list_openings(&asker.0, &query)).await?;
    Ok(documents::answer(&ToldPage::of(&page)))
}

/// `POST /openings/{opening}/judgement`: seen, questioned, approved.
pub async fn judge(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let state = body::told(&doors, &headers, sent, log_search::read_judgement).await?;
    let judged = doors.work(move |app| app.judge_opening(&asker.0, &id, state)).await?;
    Ok(documents::answer(&ToldOpening::of(&judged)))
}

#[derive(Serialize)]
struct ToldOpened {
    reason: &'static str,
    until: String,
}

#[derive(Serialize)]
struct ToldPage<'a> {
    openings: Vec<ToldOpening<'a>>,
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct ToldOpening<'a> {
    opening: &'a str,
    state: &'static str,
    controller: &'a str,
    actor: &'a str,
    client: &'a str,
    reason: &'static str,
    opened_at: String,
    until: String,
    line: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    judged_by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    judged_at: Option<String>,
}

impl<'a> ToldPage<'a> {
    fn of(page: &'a OpeningPage) -> Self {
        let openings = page.openings.iter().map(ToldOpening::of).collect();
        Self { openings, next: page.next.as_deref() }
    }
}

impl<'a> ToldOpening<'a> {
    fn of(one: &'a QueuedOpening) -> Self {
        let judged = one.judged.as_ref();
        Self {
            opening: &one.id,
            state: one.opening.state.code(),
            controller: one.opening.controller.as_str(),
            actor: &one.opening.actor,
            client: &one.client,
            reason: Reason::Look(one.opening.reason).code(),
            opened_at: one.opening.opened_at.to_string(),
            until: one.opening.until.to_string(),
            line: one.line,
            judged_by: judged.map(|(by, _)| by.as_str()),
            judged_at: judged.map(|(_, at)| at.to_string()),
        }
    }
}
