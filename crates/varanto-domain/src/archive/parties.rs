//! The organisations and units that a document names, and the nodes its identifiers lie under.
//!
//! The metadata are judged as they were sent, so that these faults are told beside all others.
//!
//! Source: REG-1, RUR-7; national-specs 2.4, 6.2.

use super::documents::DocumentGroup;
use super::elements::Element;
use super::metadata::{RawMetadata, RawValue};
use crate::access::Caller;
use crate::disclosure::is_will;
use crate::faults::{Fault, FaultKind};
use crate::ids::Oid;
use crate::joining::{Organisation, Registers};
use crate::time::{FinnishDay, Instant};

/// Every organisation, unit or identifier that the register does not bear out. Elements that are
/// missing or no OIDs are told by [`super::metadata::check`].
#[must_use]
pub fn check(raw: &RawMetadata<'_>, caller: &Caller, registers: &Registers) -> Vec<Fault> {
    let mut faults = Vec::new();
    check_nodes(raw, caller, registers, &mut faults);
    let old = text(raw, Element::Group) == Some(DocumentGroup::Old.code());
    let day = text(raw, Element::WrittenAt).and_then(Instant::parse).map(FinnishDay::of);
    let in_force = |oid: &Oid| {
        // Old documents name what was; the register only has to know it.
        let known = registers.organisation_of(oid).is_some();
        known && (old || day.is_none_or(|day| registers.is_valid_on(oid, day)))
    };
    if let Some(id) = oid(raw, Element::ControllerId)
        && !(in_force(&id) && registers.organisation(&id).is_some_and(|found| found.controller))
    {
        faults.push(unknown(Element::ControllerId, FaultKind::UnknownOrganisation, &id));
    }
    faults.extend(check_keeper(raw, registers));
    for element in [Element::OrganiserId, Element::ProducerId] {
        if let Some(id) = oid(raw, element).filter(|id| !in_force(id)) {
            faults.push(unknown(element, FaultKind::UnknownOrganisation, &id));
        }
    }
    for element in [Element::ServiceUnitId, Element::OperatingUnitId] {
        let Some(id) = oid(raw, element) else { continue };
        if !in_force(&id) || !belongs(raw, &id, registers) {
            faults.push(unknown(element, FaultKind::UnknownUnit, &id));
        }
    }
    faults
}

/// What clients permit and refuse acts everywhere at once, so its documents are in one register.
///
/// Source: DIS-2; national-specs 6.4.
fn check_keeper(raw: &RawMetadata<'_>, registers: &Registers) -> Option<Fault> {
    let group = text(raw, Element::Group).and_then(DocumentGroup::of_code)?;
    let named = oid(raw, Element::ControllerId)?;
    let keeper = registers.keeper_of_wills().map(|keeper| &keeper.oid);
    (is_will(group) && keeper != Some(&named)).then(|| {
        let expected = keeper.map_or("keeps_wills: true", Oid::as_str);
        Fault::new(FaultKind::WrongValue, Element::ControllerId.path(), "DIS-2")
            .value(named.as_str())
            .arg("expected", expected)
    })
}

fn text<'a>(raw: &'a RawMetadata<'_>, element: Element) -> Option<&'a str> {
    match raw.get(element) {
        Some(RawValue::Text(text)) => Some(text),
        _ => None,
    }
}

fn oid(raw: &RawMetadata<'_>, element: Element) -> Option<Oid> {
    Oid::parse(text(raw, element)?).ok()
}

fn unknown(element: Element, kind: FaultKind, oid: &Oid) -> Fault {
    Fault::new(kind, element.path(), "REG-1").value(oid.as_str()).arg("role", element.path())
}

/// The identifiers that a sender gives lie under a node of the organisation that sends them: of the
/// document, and of a relationship or case that the document begins. A temporary identifier may have
/// been given by another organisation.
fn check_nodes(
    raw: &RawMetadata<'_>,
    caller: &Caller,
    registers: &Registers,
    faults: &mut Vec<Fault>,
) {
    let senders = || std::iter::once(&caller.organisation).chain(&caller.registers);
    let nodes = || {
        let nodes = senders()
            .filter_map(|sender| registers.organisation(sender))
            .flat_map(Organisation::own_nodes)
            .map(|node| format!("{node}.…"));
        let mut nodes: Vec<String> = nodes.collect();
        nodes.sort_unstable();
        nodes.dedup();
        nodes.join(", ")
    };
    let later = matches!(raw.get(Element::Version), Some(RawValue::Whole(version)) if *version > 1);
    // A later version may continue what another organisation began (OLD-6).
    let begun = match text(raw, Element::Group).and_then(DocumentGroup::of_code) {
        _ if later => None,
        Some(DocumentGroup::Relationship) => Some(Element::RelationshipId),
        Some(DocumentGroup::Case) => Some(Element::CaseId),
        _ => None,
    };
    let set = (!later).then_some(Element::SetId);
    for element in [Some(Element::DocumentId), set, begun].into_iter().flatten() {
        let Some(id) = oid(raw, element) else { continue };
        if !senders().any(|sender| registers.owns_node(sender, &id)) {
            faults.push(
                Fault::new(FaultKind::OidNotOwned, element.path(), "nat 2.4")
                    .value(id.as_str())
                    .arg("expected", nodes()),
            );
        }
    }
}

/// Whether a unit is the organiser's, the producer's or the controller's, at any depth.
fn belongs(raw: &RawMetadata<'_>, unit: &Oid, registers: &Registers) -> bool {
    let Some(owner) = registers.organisation_of(unit) else { return false };
    let line: Vec<&Oid> =
        registers.line_of_organisation(&owner.oid).into_iter().map(|one| &one.oid).collect();
    [Element::OrganiserId, Element::ProducerId, Element::ControllerId]
        .into_iter()
        .filter_map(|party| oid(raw, party))
        .filter_map(|party| registers.organisation_of(&party))
        .any(|party| {
            line.contains(&&party.oid)
                || registers.line_of_organisation(&party.oid).iter().any(|up| up.oid == owner.oid)
        })
}
