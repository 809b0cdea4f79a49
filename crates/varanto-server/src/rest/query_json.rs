//! A search as it comes over REST.

use axum::http::HeaderMap;
use varanto_app::archive::DocumentQuery;
use varanto_formats::search::{self, SearchTerms};

use super::body;
use super::problem::Problem;

/// Reads a search.
///
/// # Errors
/// 415 for another media type, 400 for text that is no search, 422 with every fault of its values.
pub fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<DocumentQuery, Problem> {
    body::must_be_json(headers)?;
    search::read(bytes).map(asked).map_err(Problem::search)
}

fn asked(terms: SearchTerms) -> DocumentQuery {
    DocumentQuery {
        client: terms.client,
        case: terms.case,
        relationship: terms.relationship,
        main_document: terms.main_document,
        controller: terms.controller,
        organiser: terms.organiser,
        unit: terms.unit,
        service_task: terms.service_task,
        general_type: terms.general_type,
        specific_type: terms.specific_type,
        group: terms.group,
        from: terms.from,
        before: terms.before,
        due_on: terms.due_on,
        death_contradicted: terms.death_contradicted,
        situation: terms.situation,
        reason: terms.reason,
        states: terms.states,
        limit: terms.limit.unwrap_or(DocumentQuery::USUAL),
        cursor: terms.cursor,
    }
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
            r#"{"case":"x","group":"77","from":"soon","due_on":"never","states":["gone"],"limit":0,
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
                ("wrong-form", "due_on"),
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
