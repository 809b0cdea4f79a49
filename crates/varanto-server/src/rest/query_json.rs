//! A search as it comes over REST. Every fault in it is told at once.

use axum::http::HeaderMap;
use serde::Deserialize;
use varanto_app::archive::DocumentQuery;
use varanto_domain::archive::documents::{DocumentGroup, VersionState};
use varanto_domain::archive::metadata::identity_code_fault;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{
    ClientIdentifier, Oid, PersonalIdentityCode, TemporaryIdentifier, TemporaryIdentifierError,
};
use varanto_domain::time::{FinnishDay, Instant};

use super::body;
use super::problem::Problem;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Search {
    client: Option<Client>,
    case: Option<String>,
    relationship: Option<String>,
    main_document: Option<String>,
    controller: Option<String>,
    organiser: Option<String>,
    unit: Option<String>,
    service_task: Option<String>,
    general_type: Option<String>,
    specific_type: Option<String>,
    group: Option<String>,
    from: Option<String>,
    before: Option<String>,
    states: Vec<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Client {
    identity_code: Option<String>,
    temporary_id: Option<Temporary>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Temporary {
    root: String,
    extension: String,
}

/// Reads a search.
///
/// # Errors
/// 415 for another media type, 400 for text that is no search, 422 with every fault of its values.
pub fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<DocumentQuery, Problem> {
    let search: Search = body::json(headers, bytes)?;
    let mut faults = Vec::new();
    let query = made(search, &mut faults);
    if faults.is_empty() { Ok(query) } else { Err(Problem::faults(faults)) }
}

fn made(search: Search, faults: &mut Vec<Fault>) -> DocumentQuery {
    let mut oid = |name: &str, text: Option<String>| -> Option<Oid> {
        let read = Oid::parse(&text?);
        read.map_err(|_| faults.push(Fault::new(FaultKind::NotAnOid, name, "ARC-8"))).ok()
    };
    let mut query = DocumentQuery {
        case: oid("case", search.case),
        relationship: oid("relationship", search.relationship),
        main_document: oid("main_document", search.main_document),
        controller: oid("controller", search.controller),
        organiser: oid("organiser", search.organiser),
        unit: oid("unit", search.unit),
        service_task: search.service_task,
        general_type: search.general_type,
        specific_type: search.specific_type,
        limit: search.limit.unwrap_or(DocumentQuery::USUAL),
        cursor: search.cursor,
        ..DocumentQuery::default()
    };
    let mut wrong = |name: &str, expected: String| {
        faults.push(Fault::new(FaultKind::WrongForm, name, "ARC-8").arg("expected", expected));
    };
    if let Some(code) = search.group {
        query.group = DocumentGroup::of_code(&code);
        if query.group.is_none() {
            wrong("group", DocumentGroup::ALL.map(DocumentGroup::code).join(", "));
        }
    }
    for (name, text, into) in
        [("from", search.from, &mut query.from), ("before", search.before, &mut query.before)]
    {
        let Some(text) = text else { continue };
        *into = moment(&text);
        if into.is_none() {
            wrong(name, "2026-03-23, 2026-03-23T10:54:24+02:00".to_owned());
        }
    }
    for name in search.states {
        match VersionState::of_name(&name) {
            Some(state) => query.states.push(state),
            None => wrong("states", VersionState::ALL.map(VersionState::name).join(", ")),
        }
    }
    if !(1..=DocumentQuery::MOST).contains(&query.limit) {
        wrong("limit", format!("1–{}", DocumentQuery::MOST));
    }
    query.client = search.client.and_then(|client| client_of(client, faults));
    query
}

/// A day means its first instant in Finland.
fn moment(text: &str) -> Option<Instant> {
    FinnishDay::parse(text).map(FinnishDay::start).or_else(|| Instant::parse(text))
}

fn client_of(client: Client, faults: &mut Vec<Fault>) -> Option<ClientIdentifier> {
    match (client.identity_code, client.temporary_id) {
        (Some(code), None) => match PersonalIdentityCode::parse(&code) {
            Ok(code) => Some(ClientIdentifier::Code(code)),
            Err(error) => {
                faults.push(identity_code_fault("client.identity_code", error));
                None
            }
        },
        (None, Some(given)) => {
            let Ok(root) = Oid::parse(&given.root) else {
                faults.push(Fault::new(FaultKind::NotAnOid, "client.temporary_id.root", "ARC-8"));
                return None;
            };
            match TemporaryIdentifier::new(&root, &given.extension) {
                Ok(identifier) => Some(ClientIdentifier::Temporary(identifier)),
                Err(error) => {
                    faults.push(temporary_fault(error));
                    None
                }
            }
        }
        _ => {
            let fault = Fault::new(FaultKind::WrongForm, "client", "ARC-8");
            faults.push(fault.arg("expected", "identity_code | temporary_id"));
            None
        }
    }
}

fn temporary_fault(error: TemporaryIdentifierError) -> Fault {
    let (element, expected) = match error {
        TemporaryIdentifierError::Root => {
            ("client.temporary_id.root", "1.2.246.10.<business id>.22.<year>")
        }
        TemporaryIdentifierError::Extension => ("client.temporary_id.extension", "010111A998W"),
    };
    Fault::new(FaultKind::TemporaryIdentifierForm, element, "ARC-11").arg("expected", expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<DocumentQuery, Vec<(&'static str, String)>> {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        read(&headers, text.as_bytes()).map_err(|problem| {
            problem.faults.into_iter().map(|fault| (fault.code(), fault.element)).collect()
        })
    }

    #[test]
    fn every_fault_of_a_search_is_told_at_once() {
        let faults = read_text(
            r#"{"case":"x","group":"77","from":"soon","states":["gone"],"limit":0,
                "client":{"identity_code":"180418A903M"}}"#,
        )
        .unwrap_err();
        let told: Vec<_> = faults.iter().map(|(code, element)| (*code, element.as_str())).collect();
        assert_eq!(
            told,
            [
                ("not-an-oid", "case"),
                ("wrong-form", "group"),
                ("wrong-form", "from"),
                ("wrong-form", "states"),
                ("wrong-form", "limit"),
                ("identity-code-check", "client.identity_code"),
            ]
        );
    }

    #[test]
    fn a_misspelt_member_is_never_ignored() {
        let faults = read_text(r#"{"clients":{}}"#).unwrap_err();
        assert_eq!(faults, [("unknown-element", "clients".to_owned())]);
        let faults = read_text(r#"{"client":{"hetu":"x"}}"#).unwrap_err();
        assert_eq!(faults, [("unknown-element", "hetu".to_owned())]);
    }

    #[test]
    fn a_day_means_its_first_instant_in_finland() {
        let query = read_text(r#"{"from":"2026-03-01","client":{"identity_code":"180418A903L"}}"#);
        let query = query.unwrap();
        assert_eq!(query.from.unwrap().to_string(), "2026-02-28T22:00:00Z");
        assert_eq!(query.limit, DocumentQuery::USUAL);
    }
}
