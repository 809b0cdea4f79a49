//! Giving the disclosure permission, after informing, and withdrawing it (DIS-2, CIT-5).

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use varanto_app::Registry;
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::structures::FieldKind;
use varanto_domain::time::FinnishDay;
use varanto_formats::will::PermissionAct;

use super::will::{self, NameFields, Whose, name_fields, typed_name};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::pages::{Shell, rendered};
use crate::reading::{self, ClientFrame, Page};
use crate::rest::problem::Problem;

#[derive(Template)]
#[template(path = "own/permission.html")]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that the template asks")]
struct PermissionPage {
    shell: Shell,
    frame: ClientFrame,
    base: String,
    permitted: bool,
    own: bool,
    /// The nation's text of informing, which stands in the document.
    informing: Option<String>,
    names: Option<NameFields>,
    /// Whether it was sent without what it needs.
    unread: bool,
    nameless: bool,
    /// Whether another's name is not known here, and so nothing can be given.
    unknown: bool,
}

/// The nation's text of informing, of the structure in force on a day.
fn informing(registry: &Registry, today: FinnishDay) -> Option<String> {
    let arc = DocumentGroup::Permission.structure_arc();
    let arc = arc.strip_prefix("1.2.246.537.6.").unwrap_or(arc);
    let entry = registry.structure_in_force(arc, today)?;
    entry.structure.fields.iter().find_map(|field| match &field.kind {
        FieldKind::Phrase(phrases) => phrases.first().cloned(),
        _ => None,
    })
}

/// `GET …/will/permission/`: the informing, and the way to give the permission; or to withdraw it.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    shown(&doors, &visit, &whose, None).await
}

/// The page; `sent` are the fields that did not do.
async fn shown(doors: &Doors, visit: &Visit, whose: &Whose, sent: Option<&Fields>) -> Page {
    let will = match whose.today(doors, visit).await {
        Ok(will) => will,
        Err(problem) => return Ok(reading::locked(doors, visit, &whose.client, problem)),
    };
    if !will.may_say || whose.is_kept_from(&will.permission) {
        return Err(Problem::not_found());
    }
    let permitted = will.permission.permission.is_some();
    let first = will.permission.document.is_none();
    let known = if first { whose.name(doors, visit).await } else { None };
    let unknown = first && known.is_none();
    let page = PermissionPage {
        shell: Shell {
            path: format!("{}permission/", whose.base(visit)),
            ..Shell::of(doors, visit)
        },
        frame: whose.frame(visit),
        base: whose.base(visit),
        permitted,
        own: whose.is_own(),
        informing: informing(&doors.app.registry(), FinnishDay::of(doors.app.now())),
        names: (unknown && whose.is_own()).then(|| name_fields(sent)),
        unknown: unknown && !whose.is_own(),
        unread: sent.is_some_and(|fields| fields.given("informed").is_none()),
        nameless: unknown && sent.is_some_and(|fields| typed_name(fields).is_none()),
    };
    let mut response: Response = rendered(&page, visit.language);
    if sent.is_some() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `POST …/will/permission/`: gives it, or withdraws it; at once.
pub(super) async fn say(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let whose = Whose::of(&visit, &path)?;
    let act = match fields.text("act") {
        "give" => PermissionAct::Give,
        "withdraw" => PermissionAct::Withdraw,
        _ => return Err(Problem::not_found()),
    };
    let known = whose.name(&doors, &visit).await;
    let typed = || typed_name(&fields).filter(|_| whose.is_own());
    let first = match whose.today(&doors, &visit).await {
        Ok(will) => will.permission.document.is_none(),
        Err(problem) => return Ok(reading::locked(&doors, &visit, &whose.client, problem)),
    };
    let name = known.or_else(typed).or_else(|| (!first).then(will::as_before));
    let informed = act == PermissionAct::Withdraw || fields.given("informed").is_some();
    let Some(name) = name.filter(|_| informed) else {
        return shown(&doors, &visit, &whose, Some(&fields)).await;
    };
    let request = whose.says(&visit, name, act)?;
    let caller = Arc::clone(&visit.caller);
    match doors.work(move |app| app.record_permission(&caller, &request)).await {
        Ok(recorded) => Ok(whose.told(&doors, &visit, &recorded).await),
        Err(problem) => Ok(reading::locked(&doors, &visit, &whose.client, problem)),
    }
}
