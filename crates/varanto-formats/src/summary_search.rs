//! What summary is asked for as it comes over REST. Every fault in it is told at once.

use serde::Deserialize;
use varanto_domain::access::{Reason, Situation};
use varanto_domain::ids::ClientIdentifier;

use crate::log_search::{Reading, unreadable};
use crate::search::{Client, SearchError};

/// Whose summary is asked for, typed.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct SummaryTerms {
    pub client: ClientIdentifier,
    pub enriched: bool,
    pub situation: Option<Situation>,
    pub reason: Option<Reason>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct SummarySearch {
    client: Option<Client>,
    form: Option<String>,
    situation: Option<String>,
    reason: Option<String>,
}

/// Reads whose summary is asked for.
///
/// # Errors
/// The first thing that keeps it from being a request, or every fault of its values.
pub fn read(bytes: &[u8]) -> Result<SummaryTerms, SearchError> {
    let asked: SummarySearch = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of("ARC-9");
    let enriched = reading.coded("form", asked.form, form_of, ["plain", "enriched"]);
    let enriched = enriched.unwrap_or_default();
    let all = Situation::ALL.map(Situation::code);
    let situation = reading.coded("situation", asked.situation, Situation::of_code, all);
    let all = Reason::OF_LOOKS.map(Reason::code);
    let reason = reading.coded("reason", asked.reason, Reason::of_look, all);
    let client = reading.client(asked.client);
    let terms = client.map(|client| SummaryTerms { client, enriched, situation, reason });
    reading.finish_whole(terms)
}

fn form_of(code: &str) -> Option<bool> {
    match code {
        "plain" => Some(false),
        "enriched" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_asked_for_with_every_fault_told_at_once() {
        let SearchError::Faults(faults) =
            read(br#"{"form":"full","situation":"x","reason":"y"}"#).unwrap_err()
        else {
            panic!("it reads as JSON");
        };
        let told: Vec<&str> = faults.iter().map(|fault| fault.element.as_str()).collect();
        assert_eq!(told, ["form", "situation", "reason", "client"]);
        let text = br#"{"client":{"identity_code":"180418A903L"},"form":"enriched",
            "situation":"disclosure","reason":"urgent"}"#;
        let terms = read(text).unwrap();
        assert!(terms.enriched);
        assert_eq!(terms.situation, Some(Situation::Disclosure));
        let plain = read(br#"{"client":{"identity_code":"180418A903L"}}"#).unwrap();
        assert_eq!((plain.enriched, plain.situation, plain.reason), (false, None, None));
    }
}
