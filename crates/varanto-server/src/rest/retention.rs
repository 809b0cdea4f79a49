//! Retention over REST: holds, and lists of documents to be destroyed. Source: ARC-12.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use varanto_app::retention::{
    Act, DestructionPage, DestructionQuery, DestructionView, HoldPage, HoldQuery, HoldRequest,
    HoldView, ListedEntry, Proposal, Remains,
};
use varanto_domain::archive::destruction::KeptBecause;
use varanto_formats::retention;

use super::caller::Asker;
use super::problem::Problem;
use super::{body, documents};
use crate::doors::Doors;

type Answer = Result<Response, Problem>;

/// How many documents are destroyed in one request; whoever carries a list out asks until it is done.
pub(crate) const AT_ONCE: usize = 50;

/// `POST /retention/holds`: holds a document, and what hangs on it.
pub async fn hold(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let terms = body::told(&doors, &headers, sent, retention::read_hold).await?;
    let retention::HoldTerms { document, reason, explanation } = terms;
    let request = HoldRequest { document, reason, explanation };
    let held = doors.work(move |app| app.place_hold(&asker.0, &request)).await?;
    Ok((StatusCode::CREATED, documents::answer(&ToldHold::of(&held))).into_response())
}

/// `POST /retention/holds/_search`: the holds, a page at a time.
pub async fn holds(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let terms = body::told(&doors, &headers, sent, retention::read_holds).await?;
    let query = HoldQuery {
        document: terms.document,
        lifted_too: terms.lifted,
        limit: terms.limit.unwrap_or(0),
        cursor: terms.cursor,
    };
    let page = doors.work(move |app| app.list_holds(&asker.0, &query)).await?;
    let HoldPage { holds, next } = &page;
    let holds = holds.iter().map(ToldHold::of).collect();
    Ok(documents::answer(&ToldHolds { holds, next: next.as_deref() }))
}

/// `POST /retention/holds/{hold}/lift`: lets go of what was held.
pub async fn lift(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
) -> Answer {
    let lifted = doors.work(move |app| app.lift_hold(&asker.0, &id)).await?;
    Ok(documents::answer(&ToldHold::of(&lifted)))
}

/// `POST /retention/destructions`: makes a list of documents to be destroyed.
pub async fn propose(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let terms = body::told(&doors, &headers, sent, retention::read_proposal).await?;
    let proposal = Proposal { documents: terms.documents, dry_run: terms.dry_run };
    let status = if proposal.dry_run { StatusCode::OK } else { StatusCode::CREATED };
    let made = doors.work(move |app| app.propose_destruction(&asker.0, &proposal)).await?;
    Ok((status, documents::answer(&ToldList::of(&made))).into_response())
}

/// `POST /retention/destructions/_search`: the lists, a page at a time.
pub async fn lists(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let terms = body::told(&doors, &headers, sent, retention::read_lists).await?;
    let query = DestructionQuery { limit: terms.limit.unwrap_or(0), cursor: terms.cursor };
    let page = doors.work(move |app| app.list_destructions(&asker.0, &query)).await?;
    let DestructionPage { lists, next } = &page;
    let lists = lists.iter().map(ToldList::of).collect();
    Ok(documents::answer(&ToldLists { destructions: lists, next: next.as_deref() }))
}

/// `GET /retention/destructions/{destruction}`: a list with its entries.
pub async fn show(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
) -> Answer {
    let shown = doors.work(move |app| app.show_destruction(&asker.0, &id)).await?;
    Ok(documents::answer(&ToldList::of(&shown)))
}

/// `POST /retention/destructions/{destruction}/approval`: one of two archivists approves.
pub async fn approve(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
) -> Answer {
    let shown = doors.work(move |app| app.approve_destruction(&asker.0, &id)).await?;
    Ok(documents::answer(&ToldList::of(&shown)))
}

/// `POST /retention/destructions/{destruction}/withdrawal`: nothing of it is destroyed.
pub async fn withdraw(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
) -> Answer {
    let shown = doors.work(move |app| app.withdraw_destruction(&asker.0, &id)).await?;
    Ok(documents::answer(&ToldList::of(&shown)))
}

/// `POST /retention/destructions/{destruction}/stop`: what is left of a list that has begun stays.
pub async fn stop(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
) -> Answer {
    let shown = doors.work(move |app| app.stop_destruction(&asker.0, &id)).await?;
    Ok(documents::answer(&ToldList::of(&shown)))
}

/// `POST /retention/destructions/{destruction}/carrying-out`: destroys what may go.
pub async fn carry_out(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let dry_run = body::told(&doors, &headers, sent, retention::read_carrying_out).await?;
    let done = doors.work(move |app| {
        if dry_run {
            app.rehearse_destruction(&asker.0, &id)
        } else {
            app.carry_out_destruction(&asker.0, &id, AT_ONCE)
        }
    });
    Ok(documents::answer(&ToldList::of(&done.await?)))
}

/// `GET /retention/destructions/{destruction}/certificate`: the signed certificate, a C2SP note.
pub async fn certificate(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
) -> Answer {
    let note = doors.work(move |app| app.destruction_certificate(&asker.0, &id)).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], note).into_response())
}

#[derive(Serialize)]
struct ToldHolds<'a> {
    holds: Vec<ToldHold<'a>>,
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct ToldHold<'a> {
    hold: &'a str,
    document_id: &'a str,
    controller: &'a str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<&'a str>,
    placed: ToldAct<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted: Option<ToldAct<'a>>,
}

#[derive(Serialize)]
struct ToldAct<'a> {
    by: &'a str,
    at: String,
}

#[derive(Serialize)]
struct ToldLists<'a> {
    destructions: Vec<ToldList<'a>>,
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct ToldList<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    destruction: Option<&'a str>,
    controller: &'a str,
    state: &'static str,
    count: u32,
    digest: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<ToldAct<'a>>,
    approvals: Vec<ToldAct<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<ToldAct<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remains: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entries: Vec<ToldEntry<'a>>,
}

#[derive(Serialize)]
struct ToldEntry<'a> {
    document_id: &'a str,
    rule: &'static str,
    counted_from: &'static str,
    since: String,
    last_day: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_class: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destroyed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_because: Option<&'static str>,
}

impl<'a> ToldAct<'a> {
    fn of(act: &'a Act) -> Self {
        Self { by: &act.by, at: act.at.to_string() }
    }
}

impl<'a> ToldHold<'a> {
    fn of(hold: &'a HoldView) -> Self {
        Self {
            hold: &hold.id,
            document_id: hold.document.as_str(),
            controller: hold.controller.as_str(),
            reason: hold.reason.code(),
            explanation: hold.explanation.as_deref(),
            placed: ToldAct::of(&hold.placed),
            lifted: hold.lifted.as_ref().map(ToldAct::of),
        }
    }
}

impl<'a> ToldList<'a> {
    fn of(list: &'a DestructionView) -> Self {
        Self {
            destruction: list.id.as_deref(),
            controller: list.controller.as_str(),
            state: list.state.code(),
            count: list.count,
            digest: &list.digest,
            made: list.made.as_ref().map(ToldAct::of),
            approvals: list.approvals.iter().map(ToldAct::of).collect(),
            ended: list.ended.as_ref().map(ToldAct::of),
            remains: list.remains.map(Remains::code),
            entries: list.entries.iter().map(ToldEntry::of).collect(),
        }
    }
}

impl<'a> ToldEntry<'a> {
    fn of(listed: &'a ListedEntry) -> Self {
        let ListedEntry { entry, fate, class } = listed;
        let because = entry.because;
        Self {
            document_id: entry.document.as_str(),
            rule: because.rule.code(),
            counted_from: because.from.code(),
            since: because.since.to_string(),
            last_day: because.last.to_string(),
            retention_class: class.as_deref(),
            destroyed: fate.map(|fate| fate.kept.is_none()),
            kept_because: fate.and_then(|fate| fate.kept).map(KeptBecause::code),
        }
    }
}
