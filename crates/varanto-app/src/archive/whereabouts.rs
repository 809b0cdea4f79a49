//! What a permit lets see of a version: as it was archived, or without what tells where the client is
//! (ARC-10). All that leaves the archive masked is masked here.

use varanto_domain::access::{Denial, ReadPermit, joint, whereabouts};
use varanto_domain::archive::documents::{Form, Part};
use varanto_domain::archive::metadata::RawMetadata;
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;
use varanto_formats::view::{self, Heading, ViewLanguage};
use varanto_formats::{content, metadata};
use varanto_store::{ReadTx, StoreError, VersionRow};

use super::show_document::Facts;
use crate::{AppError, Registry};

/// The parts that a permit opens of a version.
pub(super) fn parts(permit: &ReadPermit, row: &VersionRow) -> Vec<Part> {
    match permit.whole() {
        Ok(whole) => row.parts.iter().copied().filter(|part| whole.opens(*part)).collect(),
        Err(Denial::CannotBeMasked) if row.form == Form::Structured => {
            vec![Part::Structured, Part::View]
        }
        Err(_) => Vec::new(),
    }
}

/// The metadata that a permit lets see.
pub(crate) fn record(
    tx: &ReadTx<'_>,
    permit: &ReadPermit,
    row: &VersionRow,
) -> Result<Vec<u8>, StoreError> {
    if let Ok(whole) = permit.whole() {
        return tx.record(&whole, row);
    }
    let kept = tx.record_to_mask(permit, row)?;
    let mut shown = raw(&kept, row)?;
    if permit.grant().hides_others() {
        shown = joint::hide_clients(&shown, permit.is_through_its_own());
    }
    if permit.grant().masks() {
        shown = whereabouts::mask_metadata(&shown);
    }
    Ok(metadata::write_raw(&shown).into_bytes())
}

/// The content that a permit lets see, part by part. Masked, it is the structured content with what of it
/// tells no place, and a view made of that.
///
/// # Errors
/// [`Denial::NamesOthers`] where nothing may be told of other clients; [`Denial::CannotBeMasked`] for what has
/// no structure to mask it by.
pub(crate) fn content(
    tx: &ReadTx<'_>,
    permit: &ReadPermit,
    row: &VersionRow,
    registry: &Registry,
) -> Result<Vec<(Part, Vec<u8>)>, AppError> {
    match permit.whole() {
        Ok(whole) => return Ok(tx.content(&whole)?),
        Err(Denial::CannotBeMasked) => {}
        Err(denial) => return Err(AppError::Denied(denial)),
    }
    let cannot = || AppError::Denied(Denial::CannotBeMasked);
    let structured = tx.structured_to_mask(permit, row)?.ok_or_else(cannot)?;
    let kept = record(tx, permit, row)?;
    let facts = Facts::of(&raw(&kept, row)?, registry, ViewLanguage::Finnish);
    let entry = facts.structure.as_ref().and_then(|oid| registry.structure(oid));
    let structure = &entry.ok_or_else(cannot)?.structure;
    let read = content::read(&structured, Part::Structured.name()).map_err(|_| cannot())?;
    let day = facts.written_on.unwrap_or(FinnishDay::of(row.written_at));
    let masked = whereabouts::mask_content(structure, &read, registry.code_sets(), day);
    let heading = Heading {
        document: &row.oid,
        organisation: &facts.organisation,
        document_type: &structure.document_type,
        made_on: facts.written_on,
        language: ViewLanguage::Finnish,
    };
    let made = view::render(structure, &masked, &heading);
    Ok(vec![
        (Part::Structured, content::write(&masked).into_bytes()),
        (Part::View, made.into_bytes()),
    ])
}

/// Whether a version may be named to one for whom it must be masked: its identifier may be under the node
/// of a producer, and tell who serves the client.
pub(crate) fn may_name(permit: &ReadPermit, row: &VersionRow) -> bool {
    identifier(permit.grant().masks(), &row.oid, &row.controller).is_some()
}

/// An identifier of a document, a case or a relationship in a controller's register; none where it is masked.
pub(crate) fn identifier(masked: bool, id: &Oid, controller: &Oid) -> Option<Oid> {
    let shown = !masked || whereabouts::is_of_the_controller(id, controller);
    shown.then(|| id.clone())
}

fn raw<'k>(kept: &'k [u8], row: &VersionRow) -> Result<RawMetadata<'k>, StoreError> {
    let damaged = |_| StoreError::Damaged(format!("the record of version {}", row.version.0));
    metadata::read(kept).map(|(raw, _)| raw).map_err(damaged)
}
