//! The landing page: what is inside, how it grew, and what to try.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use varanto_kit::oidc::User;

use super::{Growth, Shell, rendered};
use crate::bulletins::Bulletin;
use crate::doors::Doors;
use crate::inside::Inside;
use crate::texts::Language;

#[derive(Template)]
#[template(path = "landing.html")]
struct Landing {
    shell: Shell,
    bulletins: Vec<Bulletin>,
    login: bool,
    making: Option<(u64, u64)>,
    inside: Option<Arc<Inside>>,
    growth: Growth,
    commands: Vec<String>,
    users: Vec<User>,
}

/// `GET /`: in the language that the browser asks for.
pub(super) async fn negotiated(
    doors: State<Doors>,
    Extension(language): Extension<Language>,
) -> Response {
    page(doors, language).await
}

/// `GET /fi/`, `/sv/`, `/en/`.
pub(super) async fn page(State(doors): State<Doors>, language: Language) -> Response {
    if !doors.config.pages.show_counts {
        return show(&doors, language, None);
    }
    match doors.inside().await {
        Ok(inside) => show(&doors, language, Some(inside)),
        Err(problem) => problem.into_response(),
    }
}

fn show(doors: &Doors, language: Language, inside: Option<Arc<Inside>>) -> Response {
    let demo = doors.demo.get().cloned().unwrap_or_default();
    let page = Landing {
        shell: Shell::new(language, "/"),
        bulletins: doors.bulletins.shown(doors.clock.now()),
        login: doors.login.is_some(),
        making: doors.progress.now(),
        growth: inside.as_ref().map_or_else(|| Growth::of(&[]), |seen| Growth::of(&seen.months)),
        inside,
        commands: demo.commands,
        users: demo.users,
    };
    rendered(&page, language)
}

fn severity(bulletin: &Bulletin) -> &'static str {
    use crate::bulletins::Severity;
    match bulletin.severity {
        Severity::Notice => "severity.notice",
        Severity::Degraded => "severity.degraded",
        Severity::Disturbance => "severity.disturbance",
    }
}

/// The day of a bulletin, as its instant begins.
fn day(bulletin: &Bulletin) -> &str {
    bulletin.published.split('T').next().unwrap_or_default()
}
