//! Documents as they are answered over REST.

use serde::Serialize;
use serde_json::value::RawValue;
use varanto_app::archive::{
    Afterwards, Archived, DocumentView, FoundDocuments, InvalidationTold, VersionList,
};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::retention::{CountedFrom, Period, Retention};

use super::problem::ToldFault;
use crate::texts::Language;

#[derive(Serialize)]
struct View<'a> {
    document_id: String,
    state: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    masked: bool,
    parts: Vec<&'static str>,
    archived_at: String,
    content_bytes: u64,
    metadata: Raw<'a>,
    arrival: Raw<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invalidated: Option<Invalidated>,
    attachments: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retention: Option<Kept>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    held: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signatures: Option<Raw<'a>>,
}

#[derive(Serialize)]
struct Invalidated {
    reason: String,
    at: String,
}

/// How long it is kept by law.
#[derive(Serialize)]
struct Kept {
    rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    years: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counted_from: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_day: Option<String>,
}

impl Kept {
    fn of(kept: Retention) -> Self {
        let (years, from) = kept.rule.years().unzip();
        let (since, last) = match kept.period {
            Period::Until { since, last, .. } => (Some(since), Some(last)),
            Period::ForEver | Period::NotYetCounted(_) => (None, None),
        };
        Self {
            rule: kept.rule.code(),
            years,
            counted_from: from.map(CountedFrom::code),
            since: since.map(|day| day.to_string()),
            last_day: last.map(|day| day.to_string()),
        }
    }
}

/// JSON that the archive itself printed.
#[derive(Serialize)]
#[serde(untagged)]
enum Raw<'a> {
    Text(&'a RawValue),
    Missing(()),
}

fn raw(text: &str) -> Raw<'_> {
    serde_json::from_str(text).map_or(Raw::Missing(()), Raw::Text)
}

fn shown(view: &DocumentView) -> View<'_> {
    View {
        document_id: view.document.to_string(),
        state: view.state.name(),
        masked: view.masked,
        parts: view.parts.iter().copied().map(Part::name).collect(),
        archived_at: view.archived_at.to_string(),
        content_bytes: view.content_bytes,
        metadata: raw(&view.metadata),
        arrival: raw(&view.arrival),
        invalidated: view
            .invalidated
            .as_ref()
            .map(|(reason, at)| Invalidated { reason: reason.clone(), at: at.to_string() }),
        attachments: view.attachments.iter().map(ToString::to_string).collect(),
        retention: view.retention.map(Kept::of),
        held: view.held.iter().map(|reason| reason.code()).collect(),
        signatures: view.signatures.as_deref().map(raw),
    }
}

/// The receipt of what was archived, with the remarks made on it, if any.
#[must_use]
pub fn archived(archived: &Archived, language: Language) -> String {
    let mut receipt = varanto_formats::receipts::write(&archived.receipt);
    if !archived.remarks.is_empty() {
        let told = archived.remarks.iter().map(|remark| ToldFault::of(remark, language));
        receipt.truncate(receipt.len() - 1);
        receipt.push_str(",\"remarks\":");
        receipt.push_str(&print(&told.collect::<Vec<_>>()));
        receipt.push('}');
    }
    receipt
}

/// One version, without its content.
#[must_use]
pub fn view(view: &DocumentView) -> String {
    print(&shown(view))
}

/// The versions of a document.
#[must_use]
pub fn versions(list: &VersionList) -> String {
    #[derive(Serialize)]
    struct Versions<'a> {
        versions: Vec<View<'a>>,
    }
    print(&Versions { versions: list.versions.iter().map(shown).collect() })
}

/// What invalidating a version would come to.
#[must_use]
pub fn invalidation(told: &InvalidationTold) -> String {
    #[derive(Serialize)]
    struct Invalidation<'a> {
        document_id: String,
        state: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        in_force: Option<String>,
        afterwards: &'static str,
        shows_more: bool,
        attachments: Vec<String>,
        corrections: &'a [String],
    }
    print(&Invalidation {
        document_id: told.view.document.to_string(),
        state: told.view.state.name(),
        in_force: match &told.afterwards {
            Afterwards::Version(document) => Some(document.to_string()),
            Afterwards::NoVersion | Afterwards::Withheld => None,
        },
        afterwards: match told.afterwards {
            Afterwards::NoVersion => "no-version",
            Afterwards::Withheld => "withheld",
            Afterwards::Version(_) => "version",
        },
        shows_more: told.shown.is_some_and(|shown| shown.more),
        attachments: told.attachments.iter().map(ToString::to_string).collect(),
        corrections: &told.corrections,
    })
}

/// One page of what was found.
#[must_use]
pub fn page(found: &FoundDocuments) -> String {
    #[derive(Serialize)]
    struct Page<'a> {
        documents: Vec<View<'a>>,
        next: Option<&'a str>,
    }
    print(&Page { documents: found.hits.iter().map(shown).collect(), next: found.next.as_deref() })
}

fn print(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers are always JSON")
}
