//! A document as the keeper of the archive sees it: how long it is kept, what holds it, and the way to invalidate it.

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use varanto_app::retention::{HoldQuery, HoldRequest, HoldView};
use varanto_domain::access::Purpose;
use varanto_domain::archive::destruction::HoldReason;
use varanto_domain::archive::documents::VersionState;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;

use super::{Frame, faults_of, period};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::login::sessions::OpenClient;
use crate::names::Names;
use crate::pages::{Shell, Words, redirect, rendered};
use crate::reading::{self, Page, Row, Told};
use crate::rest::problem::Problem;

#[derive(Template)]
#[template(path = "archive/document.html")]
struct DocumentPage {
    shell: Shell,
    frame: Frame,
    document: String,
    row: Row,
    state: Option<&'static str>,
    /// How long it is kept by law, in words.
    period: Option<String>,
    /// The document among the client's pages.
    read: String,
    holds: Vec<HoldView>,
    hold_reasons: Vec<(&'static str, String, bool)>,
    /// The page that invalidates it, or tells that it is invalidated.
    invalidation: String,
    invalidated: bool,
    /// Whether other documents hang on it, so that it is corrected and never invalidated.
    held_by_others: bool,
    /// Whether the form of a hold is the one that was sent.
    holding: bool,
    /// What was written and chosen in the form that has faults.
    said: HashMap<&'static str, String>,
}

/// Which client, and which document.
struct Place {
    client: OpenClient,
    document: Oid,
    path: String,
}

impl Place {
    fn of(visit: &Visit, path: &HashMap<String, String>) -> Result<Self, Problem> {
        let (client, document) = visit.document(path)?;
        let path = format!("/desk/archive/documents/{}/{document}/", client.handle);
        Ok(Self { client, document, path })
    }
}

/// `GET …/documents/{client}/{oid}/`.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    shown(&doors, &visit, &place, &[], HashMap::new()).await
}

async fn shown(
    doors: &Doors,
    visit: &Visit,
    place: &Place,
    faults: &[Fault],
    said: HashMap<&'static str, String>,
) -> Page {
    let (caller, client, document) =
        (visit.caller.clone(), place.client.clone(), place.document.clone());
    let purpose = Purpose { invalidated_too: true, ..client.purpose() };
    let seen = doors.work(move |app| {
        let view = app.open_document(&caller, client.looked_at(&document), purpose)?;
        let query = HoldQuery { document: Some(document), ..HoldQuery::default() };
        let holds = app.list_holds(&caller, &query)?.holds;
        Ok((view, holds))
    });
    let (view, holds) = match seen.await {
        Ok(seen) => seen,
        Err(problem) => return Ok(reading::locked(doors, visit, &place.client, problem)),
    };
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let shell = Shell::of(doors, visit);
    let base = reading::base(visit.side, &place.client.handle);
    let chosen = |name: &str, code: &str| said.get(name).is_some_and(|one| one == code);
    let page = DocumentPage {
        row: Row::of(&view, &names, &shell, &base),
        state: reading::state(view.state),
        period: view.retention.map(|kept| period(shell.words, kept)),
        read: shell.to(&format!("{base}documents/{}/", place.document)),
        holds,
        hold_reasons: hold_reasons(shell.words)
            .into_iter()
            .map(|(code, text)| (code, text, chosen("hold_reason", code)))
            .collect(),
        invalidation: shell.to(&super::super::invalidation::path(
            visit,
            &place.client,
            &place.document,
        )),
        invalidated: view.state == VersionState::Invalidated,
        held_by_others: !Told::of(&view).may_be_invalidated(),
        document: place.document.to_string(),
        frame: Frame::of(visit, faults),
        holding: !said.is_empty(),
        said,
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// The reasons of holds, by code.
pub(super) fn hold_reasons(words: Words) -> Vec<(&'static str, String)> {
    let told =
        |reason: HoldReason| (reason.code(), words.of(&format!("archive.hold-{}", reason.code())));
    HoldReason::ALL.into_iter().map(told).collect()
}

/// `POST …/documents/{client}/{oid}/`: holds the document.
pub(super) async fn act(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    let (caller, document) = (visit.caller.clone(), place.document.clone());
    let explanation = fields.given("explanation").map(str::to_owned);
    let done = if let Some(reason) = HoldReason::of_code(fields.text("hold_reason")) {
        let request = HoldRequest { document, reason, explanation };
        doors.work(move |app| app.place_hold(&caller, &request).map(drop)).await
    } else {
        let fault = Fault::new(FaultKind::MissingElement, "hold_reason", "ARC-12");
        Err(Problem::fault(fault.arg("name", "hold_reason")))
    };
    match done {
        Ok(()) => Ok(redirect(&visit.to(&place.path))),
        Err(problem) => {
            let faults = faults_of(problem)?;
            let names = ["explanation", "hold_reason"];
            let said = names.map(|name| (name, fields.text(name).to_owned())).into();
            shown(&doors, &visit, &place, &faults, said).await
        }
    }
}
