//! Identifiers that follow from the source: the same document of the same source has the same identifier in every
//! run, so that nothing comes twice. Source: OLD-9.

use aws_lc_rs::digest::{Context, SHA256};
use varanto_domain::ids::Oid;

use crate::documents::OldDocument;
use crate::mapping::{Grouping, Mapping};
use varanto_domain::old_data::HangsOn;

/// The identifier of a document: it follows from the source and what the source calls it.
#[must_use]
pub fn document(mapping: &Mapping, source_id: &str) -> Oid {
    made(mapping, &["document", &mapping.source, source_id])
}

/// The identifier of the case that a document belongs to: of one client, controller and service task, and of one
/// batch, for it hangs on a relationship of the batch: for an attachment, of the batch of its main document.
#[must_use]
pub fn case(mapping: &Mapping, document: &OldDocument) -> Oid {
    let named = document.case.as_deref().unwrap_or_default();
    let parts = [
        "case",
        &mapping.source,
        batch(mapping, document),
        document.client(),
        document.controller.as_str(),
        &document.service_task,
        named,
    ];
    made(mapping, &parts)
}

/// The relationship that the document's case hangs on: the active one, or an old one of this batch.
#[must_use]
pub fn relationship(mapping: &Mapping, document: &OldDocument) -> Option<Oid> {
    if document.state.hangs_on() == HangsOn::ActiveRelationship {
        return document.relationship.clone();
    }
    let task = match mapping.relationships {
        Grouping::PerServiceTask => document.service_task.as_str(),
        Grouping::One => "",
    };
    let parts = [
        "relationship",
        &mapping.source,
        batch(mapping, document),
        document.client(),
        document.controller.as_str(),
        task,
    ];
    Some(made(mapping, &parts))
}

fn batch<'a>(mapping: &'a Mapping, document: &'a OldDocument) -> &'a str {
    document.main_batch.as_deref().unwrap_or(&mapping.batch)
}

/// The document in which a case or an old relationship is kept.
#[must_use]
pub fn document_of(mapping: &Mapping, kept: &Oid) -> Oid {
    made(mapping, &["document of", kept.as_str()])
}

/// What tells one thing from another: 96 bits of a digest of what it stands for, so that two never meet.
pub(crate) type Mark = [u8; 12];

/// The mark of what these stand for, in an edition.
pub(crate) fn mark(mapping: &Mapping, parts: &[&str]) -> Mark {
    let mut digest = Context::new(&SHA256);
    digest.update(&mapping.edition.to_be_bytes());
    for part in parts {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    let digest = digest.finish();
    let mut mark = Mark::default();
    mark.copy_from_slice(&digest.as_ref()[..12]);
    mark
}

/// A number under the organisation's node.
fn made(mapping: &Mapping, parts: &[&str]) -> Oid {
    let mut number = [0; 16];
    number[4..].copy_from_slice(&mark(mapping, parts));
    let number = u128::from_be_bytes(number);
    mapping.node.child(number).expect("an OID with one number more is one")
}
