//! Deaths that the source of old data knew of, and the population register does not. Source: OLD-3.

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use serde::Deserialize;
use varanto_app::archive::DocumentQuery;
use varanto_domain::access::{LookReason, Reason, Situation};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::time::FinnishDay;

use super::Frame;
use crate::doors::Doors;
use crate::login::gate::Visit;
use crate::names::Names;
use crate::pages::{Shell, rendered};
use crate::reading::{Page, Row};

/// The only reason of this page, and of the looks that it leads to.
const REASON: LookReason = LookReason::Supervision;

/// How many relationships are shown at once.
const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "archive/deaths.html")]
struct DeathsPage {
    shell: Shell,
    frame: Frame,
    /// The code of the reason for which a relationship is opened.
    reason: &'static str,
    rows: Vec<DeathRow>,
    next: Option<String>,
}

struct DeathRow {
    document: String,
    title: String,
    archived_on: FinnishDay,
}

/// Where the page before ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Paged {
    cursor: String,
}

/// `GET /fi/desk/archive/deaths/`: old relationships of clients whom the source knew for dead, and who live by the register.
pub(super) async fn deaths(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(paged): Query<Paged>,
) -> Page {
    let query = DocumentQuery {
        death_contradicted: true,
        group: Some(DocumentGroup::Relationship),
        situation: Some(Situation::Archivist),
        reason: Some(Reason::Look(REASON)),
        limit: PAGE,
        cursor: (!paged.cursor.is_empty()).then_some(paged.cursor),
        ..DocumentQuery::default()
    };
    let caller = visit.caller.clone();
    let found = doors.work(move |app| app.find_documents(&caller, &query)).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let mut shell = Shell::of(&doors, &visit);
    "/desk/archive/deaths/".clone_into(&mut shell.path);
    let rows = found.hits.iter().map(|view| DeathRow {
        title: Row::of(view, &names, &shell, "").title,
        archived_on: FinnishDay::of(view.archived_at),
        document: view.document.to_string(),
    });
    let page = DeathsPage {
        rows: rows.collect(),
        next: found.next.map(|cursor| shell.to(&format!("/desk/archive/deaths/?cursor={cursor}"))),
        reason: Reason::Look(REASON).code(),
        frame: Frame::of(&visit, &[]),
        shell,
    };
    Ok(rendered(&page, visit.language))
}
