//! The metadata of a document's next version, made here of those of the version before (ARC-3).

use std::borrow::Cow;

use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_domain::ids::Oid;
use varanto_domain::time::Instant;

use crate::relationship::compose::PROGRAM;

/// Puts a text in the place of an element, or takes the element out.
pub(crate) fn put(raw: &mut RawMetadata<'_>, element: Element, value: Option<&str>) {
    match value {
        Some(value) => raw.insert(element, RawValue::Text(Cow::Owned(value.to_owned()))),
        None => raw.remove(element),
    }
}

/// The metadata of a version with its place among the versions: what it replaces and why, when it was made, and by which
/// software. All else is that of the version before. The number is above that of every version there is, for one that was
/// invalidated keeps its own ([`varanto_store::ReadTx::next_number`]).
pub(crate) fn next_of<'a>(
    mut raw: RawMetadata<'a>,
    version: &Oid,
    (before, reason): (&Oid, &str),
    number: u32,
    created_at: Instant,
) -> RawMetadata<'a> {
    raw.insert(Element::Version, RawValue::Whole(number.into()));
    raw.remove(Element::ReplacesReasonSet);
    let created_at = created_at.to_string();
    for (element, value) in [
        (Element::DocumentId, version.as_str()),
        (Element::ReplacesDocument, before.as_str()),
        (Element::ReplacesReason, reason),
        (Element::CreatedAt, &created_at),
        (Element::SoftwareManufacturer, "Varanto"),
        (Element::SoftwareProduct, "Varanto"),
        (Element::SoftwareVersion, PROGRAM),
    ] {
        put(&mut raw, element, Some(value));
    }
    raw
}
