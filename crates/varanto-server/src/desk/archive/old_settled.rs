//! Rows of old data that nobody completes: those whose document the archive has, and those that cannot be opened at this
//! moment. From both there is a way on.
//!
//! Source: OLD-7, OLD-9.

use std::collections::HashMap;

use askama::Template;
use axum::response::Response;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::time::FinnishDay;
use varanto_workbench::queue::{Listed, Seen, Settled};

use super::old_data::{HOME, Showing, ShownListed, person};
use super::{Frame, reasons};
use crate::doors::Doors;
use crate::login::gate::Visit;
use crate::names::Names;
use crate::pages::{Shell, rendered};
use crate::reading::Page;
use crate::rest::problem::{Problem, Told};

#[derive(Template)]
#[template(path = "archive/old_data_settled.html")]
struct SettledPage {
    shell: Shell,
    frame: Frame,
    batch: String,
    base: String,
    row: ShownListed,
    /// What the document is called in the archive.
    document: Option<String>,
    reasons: Vec<(&'static str, String)>,
}

/// A row whose document the archive has, or had: it is opened there, for a reason.
pub(super) async fn settled(
    doors: &Doors,
    visit: &Visit,
    batch: &str,
    row: Settled,
    faults: &[Fault],
) -> Page {
    let shell = Shell::of(doors, visit);
    let base = shell.to(&format!("{HOME}{batch}/"));
    let by = person(doors, visit).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let showing = Showing::of(names, shell.words, &base, by, FinnishDay::of(doors.app.now()));
    let document = row.document.map(|document| document.to_string());
    let listed = Listed {
        place: row.place,
        day: row.day,
        general_type: row.general_type,
        state: row.state,
        open: false,
        causes: 0,
        given: row.given,
        seen: Seen::default(),
    };
    let page = SettledPage {
        row: showing.listed(&listed, None, false),
        document,
        reasons: reasons(shell.words),
        frame: Frame::of(visit, faults),
        batch: batch.to_owned(),
        base: base.clone(),
        shell,
    };
    Ok(rendered(&page, visit.language))
}

#[derive(Template)]
#[template(path = "archive/old_data_shut.html")]
struct ShutPage {
    shell: Shell,
    frame: Frame,
    batch: String,
    base: String,
    row: String,
    told: Told,
}

/// Whether a row cannot be opened for what its batch is at this moment, and not for who asks.
pub(super) fn is_shut(problem: &Problem) -> bool {
    problem.denial.is_none()
        && (matches!(problem.code, "old-data-changed" | "old-data-unreadable")
            || problem.faults.iter().any(|fault| fault.kind == FaultKind::BatchBusy))
}

/// Why a row cannot be opened at this moment, with the way back to its batch.
pub(super) fn shut(
    doors: &Doors,
    visit: &Visit,
    path: &HashMap<String, String>,
    problem: &Problem,
) -> Response {
    let part = |name: &str| path.get(name).cloned().unwrap_or_default();
    let (shell, batch) = (Shell::of(doors, visit), part("batch"));
    let page = ShutPage {
        told: problem.tell(visit.language, "", ""),
        base: shell.to(&format!("{HOME}{batch}/")),
        row: part("row"),
        frame: Frame::of(visit, &[]),
        batch,
        shell,
    };
    let mut response = rendered(&page, visit.language);
    *response.status_mut() = problem.status;
    response
}
