//! Access over REST: why something is decided as it is, and who may see a document.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use varanto_app::archive::{AccessList, AccessQuestion, Explained, Onlooker, WhoLooks};
use varanto_domain::access::{Action, Denial, Grant, Obligation, Purpose, Reason, Situation};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;

use super::caller::Asker;
use super::parameters::Parameters;
use super::problem::{Coded, Problem, ToldDenial};
use super::{body, documents};
use crate::doors::Doors;
use crate::frame::language_of;
use crate::texts::Language;

type Answer = Result<Response, Problem>;

/// `POST /access/_explain`: what is decided of the caller's own question, and why.
pub async fn explain(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let bytes = body::read(&headers, sent, &doors.config.limits).await?;
    let question = asked(&body::json(&headers, &bytes)?).map_err(Problem::faults)?;
    let (document, action) = (question.document.clone(), question.action);
    let told = doors.work(move |app| app.explain_access(&asker.0, &question)).await?;
    let answer = ToldAnswer::of(&document, action, &told, language_of(&headers));
    Ok(documents::json(print(&answer)).into_response())
}

/// `GET /documents/{oid}/access`: who may open it today, and why.
pub async fn list(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let (oid, purpose) = (documents::document(&oid)?, documents::purpose(&parameters)?);
    let document = oid.clone();
    let list = doors.work(move |app| app.list_access(&asker.0, &oid, purpose)).await?;
    let answer = ToldList::of(&document, &list, language_of(&headers));
    Ok(documents::json(print(&answer)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AskedBody {
    document: String,
    action: String,
    situation: Option<String>,
    reason: Option<String>,
    #[serde(default)]
    invalidated: bool,
}

/// The question of a body, or every fault in it.
fn asked(told: &AskedBody) -> Result<AccessQuestion, Vec<Fault>> {
    let mut faults = Vec::new();
    let mut wrong = |kind, name: &'static str, expected: String| {
        faults.push(Fault::new(kind, name, "ACC-4").arg("expected", expected));
    };
    let document = Oid::parse(&told.document).ok();
    if document.is_none() {
        wrong(FaultKind::NotAnOid, "document", String::new());
    }
    let actions = AccessQuestion::ACTIONS;
    let action = Action::of_code(&told.action).filter(|action| actions.contains(action));
    if action.is_none() {
        wrong(FaultKind::WrongValue, "action", actions.map(Action::code).join(", "));
    }
    let situation = told.situation.as_deref().map(Situation::of_code);
    if situation == Some(None) {
        let all = Situation::ALL.map(Situation::code).join(", ");
        wrong(FaultKind::WrongValue, "situation", all);
    }
    let reason = told.reason.as_deref().map(Reason::of_look);
    if reason == Some(None) {
        wrong(FaultKind::WrongValue, "reason", Reason::OF_LOOKS.map(Reason::code).join(", "));
    }
    match (document, action) {
        (Some(document), Some(action)) if faults.is_empty() => {
            let (situation, reason) = (situation.flatten(), reason.flatten());
            let purpose = Purpose { situation, reason, invalidated_too: told.invalidated };
            Ok(AccessQuestion { document, action, purpose })
        }
        _ => Err(faults),
    }
}

#[derive(Serialize)]
struct ToldGrant {
    ground: Coded,
    obligations: Vec<Coded>,
}

impl ToldGrant {
    fn of(grant: &Grant, language: Language) -> Self {
        let coded = |one: &Obligation| Coded::of("obligation", one.code(), language);
        Self {
            ground: Coded::of("ground", grant.basis.code(), language),
            obligations: grant.obligations.iter().map(coded).collect(),
        }
    }
}

#[derive(Serialize)]
struct ToldNo {
    code: &'static str,
    title: String,
    detail: String,
    rule: &'static str,
    #[serde(flatten)]
    more: ToldDenial,
}

impl ToldNo {
    fn of(denial: Denial, language: Language) -> Self {
        let told = Problem::denied(denial).tell(language, "", "");
        Self {
            code: denial.code(),
            title: told.title,
            detail: told.detail,
            rule: denial.rule(),
            more: ToldDenial::of(denial, language),
        }
    }
}

#[derive(Serialize)]
struct ToldAnswer {
    document_id: String,
    action: &'static str,
    situation: &'static str,
    day: String,
    allowed: bool,
    #[serde(flatten)]
    yes: Option<ToldGrant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    denial: Option<ToldNo>,
}

impl ToldAnswer {
    fn of(document: &Oid, action: Action, told: &Explained, language: Language) -> Self {
        let answer = told.answer.as_ref();
        Self {
            document_id: document.to_string(),
            action: action.code(),
            situation: told.situation.code(),
            day: told.day.to_string(),
            allowed: answer.is_ok(),
            yes: answer.ok().map(|grant| ToldGrant::of(grant, language)),
            denial: answer.err().map(|denial| ToldNo::of(*denial, language)),
        }
    }
}

#[derive(Serialize)]
struct ToldList {
    document_id: String,
    day: String,
    access: Vec<ToldOnlooker>,
}

#[derive(Serialize)]
struct ToldOnlooker {
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    organisation: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    users_kept_by: Option<String>,
    situation: &'static str,
    with_reason: bool,
    #[serde(flatten)]
    grant: ToldGrant,
}

impl ToldList {
    fn of(document: &Oid, list: &AccessList, language: Language) -> Self {
        let told = |one: &Onlooker| {
            let (system, role, unit) = match &one.who {
                WhoLooks::System(id) => (Some(id.clone()), None, None),
                WhoLooks::People(role, unit) => {
                    (None, Some(role.code()), unit.as_ref().map(ToString::to_string))
                }
            };
            ToldOnlooker {
                system,
                role,
                unit,
                organisation: one.organisation.to_string(),
                users_kept_by: one.users_kept_by.as_ref().map(ToString::to_string),
                situation: one.situation.code(),
                with_reason: one.with_reason,
                grant: ToldGrant::of(&one.grant, language),
            }
        };
        Self {
            document_id: document.to_string(),
            day: list.day.to_string(),
            access: list.onlookers.iter().map(told).collect(),
        }
    }
}

fn print<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("texts and switches are always JSON")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use varanto_domain::access::{Ask, Basis, Missing};

    use super::*;
    use crate::texts;

    /// ACC-4: grounds, obligations, missing facts and whom to ask have their texts in each language.
    #[test]
    fn every_part_of_an_explanation_has_its_text_and_no_text_is_unused() {
        let families: [(&str, BTreeSet<&str>); 4] = [
            ("ground", Basis::ALL.map(Basis::code).into()),
            ("obligation", Obligation::CODES.into()),
            ("missing", Missing::ALL.map(Missing::code).into()),
            ("ask", Ask::ALL.map(Ask::code).into()),
        ];
        for language in Language::ALL {
            for (family, known) in &families {
                let told: BTreeSet<&str> = texts::keys(language)
                    .into_iter()
                    .filter_map(|key| key.strip_prefix(family)?.strip_prefix('.'))
                    .collect();
                assert_eq!(told, *known, "{family} {language}");
            }
        }
    }

    #[test]
    fn every_fault_of_a_question_is_told_at_once() {
        let text = r#"{"document":"x","action":"store","situation":"y","reason":"z"}"#;
        let faults = asked(&serde_json::from_str(text).unwrap()).unwrap_err();
        let elements: Vec<&str> = faults.iter().map(|fault| fault.element.as_str()).collect();
        assert_eq!(elements, ["document", "action", "situation", "reason"]);
    }
}
