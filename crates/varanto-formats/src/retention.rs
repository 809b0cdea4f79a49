//! What is asked of holds and of lists of documents to be destroyed, as it comes over REST. Every fault is told at once.

use serde::Deserialize;
use varanto_domain::archive::destruction::HoldReason;
use varanto_domain::ids::Oid;

use crate::log_search::{Reading, unreadable};
use crate::search::SearchError;

const RULE: &str = "ARC-12";

/// What is to be held, typed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct HoldTerms {
    pub document: Oid,
    pub reason: HoldReason,
    pub explanation: Option<String>,
}

/// Which holds are asked for, typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct HoldSearch {
    pub document: Option<Oid>,
    pub lifted: bool,
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

/// Which documents are proposed, typed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct ProposalTerms {
    pub documents: Vec<Oid>,
    pub dry_run: bool,
}

/// Which lists are asked for, typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct ListSearch {
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ToHold {
    document: Option<String>,
    reason: Option<String>,
    explanation: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct HoldsAsked {
    document: Option<String>,
    lifted: bool,
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Proposed {
    documents: Vec<String>,
    dry_run: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ListsAsked {
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct CarryOut {
    dry_run: bool,
}

/// Reads what is to be held, and why.
///
/// # Errors
/// A text that is no such object, or every fault in its values.
pub fn read_hold(bytes: &[u8]) -> Result<HoldTerms, SearchError> {
    let asked: ToHold = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of(RULE);
    let document = reading.needed("document", asked.document);
    let document = document.and_then(|text| reading.oid("document", &text));
    let reason = reading.needed("reason", asked.reason);
    let all = HoldReason::ALL.map(HoldReason::code);
    let reason = reading.coded("reason", reason, HoldReason::of_code, all);
    let explanation = asked.explanation;
    let terms = document.zip(reason);
    reading.finish_whole(terms.map(|(document, reason)| HoldTerms {
        document,
        reason,
        explanation,
    }))
}

/// Reads which holds are asked for.
///
/// # Errors
/// As [`read_hold`].
pub fn read_holds(bytes: &[u8]) -> Result<HoldSearch, SearchError> {
    let asked: HoldsAsked = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of(RULE);
    let document = asked.document.and_then(|text| reading.oid("document", &text));
    let limit = reading.limit(asked.limit);
    let (lifted, cursor) = (asked.lifted, asked.cursor);
    reading.finish(HoldSearch { document, lifted, limit, cursor })
}

/// Reads which documents are proposed to be destroyed.
///
/// # Errors
/// As [`read_hold`].
pub fn read_proposal(bytes: &[u8]) -> Result<ProposalTerms, SearchError> {
    let asked: Proposed = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of(RULE);
    let named = asked.documents.iter().enumerate();
    let documents =
        named.filter_map(|(place, text)| reading.oid(&format!("documents/{place}"), text));
    let documents = documents.collect();
    reading.finish(ProposalTerms { documents, dry_run: asked.dry_run })
}

/// Reads which lists are asked for.
///
/// # Errors
/// As [`read_hold`].
pub fn read_lists(bytes: &[u8]) -> Result<ListSearch, SearchError> {
    let asked: ListsAsked = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of(RULE);
    let limit = reading.limit(asked.limit);
    reading.finish(ListSearch { limit, cursor: asked.cursor })
}

/// Reads whether a list is carried out, or only told what would become of it.
///
/// # Errors
/// As [`read_hold`].
pub fn read_carrying_out(bytes: &[u8]) -> Result<bool, SearchError> {
    let asked: CarryOut = serde_json::from_slice(bytes).map_err(unreadable)?;
    Ok(asked.dry_run)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<T: std::fmt::Debug>(read: Result<T, SearchError>) -> Vec<(&'static str, String)> {
        match read {
            Err(SearchError::Faults(faults)) => {
                faults.into_iter().map(|fault| (fault.code(), fault.element)).collect()
            }
            Err(SearchError::Unreadable(fault)) => vec![(fault.code(), fault.element)],
            Ok(read) => panic!("{read:?}"),
        }
    }

    fn of(faults: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        faults.iter().map(|(code, element)| (*code, (*element).to_owned())).collect()
    }

    /// ARC-12: what is wrong with a hold or a proposal is told at once.
    #[test]
    fn every_fault_is_told_at_once() {
        assert_eq!(
            told(read_hold(b"{}")),
            of(&[("missing-element", "document"), ("missing-element", "reason")])
        );
        let both = br#"{"document":"x","reason":"y"}"#;
        assert_eq!(
            told(read_hold(both)),
            of(&[("not-an-oid", "document"), ("wrong-form", "reason")])
        );
        let proposal = br#"{"documents":["1.2.3","x","y"]}"#;
        assert_eq!(
            told(read_proposal(proposal)),
            of(&[("not-an-oid", "documents/1"), ("not-an-oid", "documents/2")])
        );
        assert_eq!(told(read_holds(br#"{"limit":1000}"#)).len(), 1);
        assert_eq!(told(read_lists(br#"{"x":1}"#)).len(), 1);
        assert_eq!(told(read_carrying_out(br#"{"x":1}"#)).len(), 1);
    }

    /// ARC-12: what is asked is read.
    #[test]
    fn what_is_asked_is_read() {
        let hold = br#"{"document":"1.2.3","reason":"legal-matter","explanation":"x"}"#;
        let hold = read_hold(hold).unwrap();
        assert_eq!(
            (hold.reason, hold.explanation.as_deref()),
            (HoldReason::LegalMatter, Some("x"))
        );
        let proposal = read_proposal(br#"{"documents":["1.2.3"],"dry_run":true}"#).unwrap();
        assert!(proposal.dry_run && proposal.documents.len() == 1);
        assert!(read_carrying_out(br#"{"dry_run":true}"#).unwrap());
        assert!(!read_carrying_out(b"{}").unwrap());
    }
}
