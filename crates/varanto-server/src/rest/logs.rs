//! The use log over REST: its lines, and what in them strikes the eye.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use std::collections::BTreeMap;
use varanto_app::oversight::{FoundHints, HintQuery, LogPage, LogQuery, ReviewedLine, ToldHint};
use varanto_domain::access::Role;
use varanto_domain::ids::Oid;
use varanto_formats::log_search;

use super::caller::Asker;
use super::problem::{Coded, Problem};
use super::{body, documents};
use crate::doors::Doors;
use crate::frame::language_of;
use crate::texts::Language;

type Answer = Result<Response, Problem>;

/// `POST /logs/_search`: lines of the use log, a page at a time.
pub async fn search(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let terms = body::told(&doors, &headers, sent, log_search::read_lines).await?;
    let query = LogQuery {
        client: terms.client,
        actor: terms.actor,
        from: terms.from,
        before: terms.before,
        event: terms.event,
        outcome: terms.outcome,
        limit: terms.limit.unwrap_or(LogQuery::USUAL),
        cursor: terms.cursor,
    };
    let page = doors.work(move |app| app.review_log(&asker.0, &query)).await?;
    Ok(documents::answer(&ToldPage::of(&page)))
}

/// `POST /logs/_review`: what in the log of some days strikes the eye, and why.
pub async fn review(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let terms = body::told(&doors, &headers, sent, log_search::read_hints).await?;
    let query = HintQuery {
        actor: terms.actor,
        from: terms.from,
        until: terms.until,
        limit: terms.limit.unwrap_or(HintQuery::USUAL),
        cursor: terms.cursor,
    };
    let found = doors.work(move |app| app.hint_at_looks(&asker.0, &query)).await?;
    Ok(documents::answer(&ToldHints::of(&found, language_of(&headers))))
}

#[derive(Serialize)]
struct ToldPage<'a> {
    lines: Vec<ToldLine<'a>>,
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct ToldLine<'a> {
    line: i64,
    at: String,
    event: &'static str,
    outcome: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    actor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    organisation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'a str>,
    documents: Vec<&'a str>,
    elsewhere: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    masked: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
}

impl<'a> ToldPage<'a> {
    fn of(page: &'a LogPage) -> Self {
        Self { lines: page.lines.iter().map(ToldLine::of).collect(), next: page.next.as_deref() }
    }
}

impl<'a> ToldLine<'a> {
    fn of(line: &'a ReviewedLine) -> Self {
        Self {
            line: line.number,
            at: line.at.to_string(),
            event: line.event.code(),
            outcome: &line.outcome,
            reason: &line.reason,
            actor: &line.actor,
            organisation: line.organisation.as_deref(),
            role: line.role.map(Role::code),
            unit: line.unit.as_ref().map(Oid::as_str),
            client: line.client.as_deref(),
            documents: line.documents.iter().map(Oid::as_str).collect(),
            elsewhere: line.elsewhere,
            masked: line.masked,
            detail: &line.detail,
        }
    }
}

#[derive(Serialize)]
struct ToldHints<'a> {
    from: String,
    until: String,
    hints: Vec<ShownHint<'a>>,
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct ShownHint<'a> {
    reason: Coded,
    actor: &'a str,
    day: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'a str>,
    lines: &'a [i64],
    facts: BTreeMap<&'static str, &'a str>,
}

impl<'a> ToldHints<'a> {
    fn of(found: &'a FoundHints, language: Language) -> Self {
        let told = |one: &'a ToldHint| ShownHint {
            reason: Coded::of("hint", one.hint.reason.code(), language),
            actor: &one.hint.user,
            day: one.hint.day.to_string(),
            client: one.client.as_deref(),
            lines: &one.hint.lines,
            facts: one
                .hint
                .facts
                .iter()
                .map(|(fact, value)| (fact.code(), value.as_str()))
                .collect(),
        };
        Self {
            from: found.days.0.to_string(),
            until: found.days.1.to_string(),
            hints: found.hints.iter().map(told).collect(),
            next: found.next.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use varanto_domain::oversight::hints::{HintFact, HintReason};

    use super::*;
    use crate::texts;

    /// LOG-2: every hint says why in each language, and no text is unused.
    #[test]
    fn every_hint_has_its_text_and_no_text_is_unused() {
        let reasons: BTreeSet<&str> = HintReason::ALL.map(HintReason::code).into();
        let facts: BTreeSet<&str> = HintFact::ALL.map(HintFact::code).into();
        for language in Language::ALL {
            let told = |family: &str| -> BTreeSet<&str> {
                texts::keys(language)
                    .into_iter()
                    .filter_map(|key| key.strip_prefix(family))
                    .collect()
            };
            assert_eq!(
                (told("hint."), told("hint_fact.")),
                (reasons.clone(), facts.clone()),
                "{language}"
            );
        }
    }
}
