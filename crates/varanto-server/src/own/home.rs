//! What the archive holds of a citizen, on one page.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use varanto_domain::access::Situation;

use super::will::Whose;
use crate::desk::{self, Kind, Relationship};
use crate::doors::Doors;
use crate::login::gate::Visit;
use crate::names::Names;
use crate::pages::{Shell, redirect, rendered};
use crate::reading::{self, ClientFrame, Page, Row};

#[derive(Template)]
#[template(path = "own/home.html")]
struct HomePage {
    shell: Shell,
    frame: ClientFrame,
    situation: Situation,
    relationships: Vec<Relationship>,
    key_documents: Vec<Kind>,
    last: Vec<Row>,
    /// Whether a producer may be chosen, and none is yet.
    may_choose: bool,
    masked: bool,
    empty: bool,
}

/// `GET /fi/own/`: to the citizen's own pages.
pub(super) async fn own(State(doors): State<Doors>, Extension(visit): Extension<Visit>) -> Page {
    let handle = super::own_handle(&doors, &visit).await?;
    Ok(redirect(&visit.to(&format!("/own/clients/{handle}/"))))
}

/// `GET /fi/own/clients/{client}/`.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let Whose { client, code, situation } = Whose::of(&visit, &path)?;
    let (caller, asked) = (Arc::clone(&visit.caller), client.clone());
    let look = move |app: &varanto_app::App| {
        let told = desk::situation(app, &caller, &asked)?;
        Ok((told, app.choices_that_wait(&caller, code, situation)? > 0))
    };
    let (told, may_choose) = match doors.work(look).await {
        Ok(told) => told,
        Err(problem) => return Ok(reading::locked(&doors, &visit, &client, problem)),
    };
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let shell = Shell::of(&doors, &visit);
    let name = reading::timeline::about(&client, &told.last).name();
    let frame = ClientFrame { name, ..ClientFrame::of(&visit, &client) };
    let page = HomePage {
        situation,
        relationships: desk::relationships(&told, &names, &shell, &frame, None),
        key_documents: desk::kinds(&told.summary, &names, &shell, &frame),
        last: told.last.hits.iter().map(|one| Row::of(one, &names, &shell, &frame.base)).collect(),
        may_choose,
        masked: told.last.hits.iter().any(|one| one.masked),
        empty: told.last.hits.is_empty() && told.summary.relationships.is_empty(),
        shell,
        frame,
    };
    Ok(rendered(&page, visit.language))
}
