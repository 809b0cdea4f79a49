//! The organisations and units that a document names, and the nodes its identifiers lie under.
//!
//! Source: REG-1, RUR-7; national-specs 2.4, 6.2.

use super::documents::DocumentGroup;
use super::metadata::{Metadata, Party};
use crate::access::Caller;
use crate::faults::{Fault, FaultKind};
use crate::ids::Oid;
use crate::joining::Registers;
use crate::time::FinnishDay;

/// Every organisation, unit or identifier that the register does not bear out.
#[must_use]
pub fn check(metadata: &Metadata, caller: &Caller, registers: &Registers) -> Vec<Fault> {
    let mut faults = Vec::new();
    check_nodes(metadata, caller, registers, &mut faults);
    let day = FinnishDay::of(metadata.written_at);
    let in_force = |oid: &Oid| {
        // Old documents name what was; the register only has to know it.
        let known = registers.organisation_of(oid).is_some();
        known && (metadata.group == DocumentGroup::Old || registers.is_valid_on(oid, day))
    };
    let controller = &metadata.controller.id;
    if !registers.organisation(controller).is_some_and(|found| found.controller) {
        faults.push(unknown("controller.id", FaultKind::UnknownOrganisation, controller));
    }
    for (element, party) in [("organiser.id", &metadata.organiser), ("producer.id", &metadata.producer)]
    {
        if let Some(party) = party.as_ref().filter(|party| !in_force(&party.id)) {
            faults.push(unknown(element, FaultKind::UnknownOrganisation, &party.id));
        }
    }
    for (element, unit) in
        [("service_unit.id", &metadata.service_unit), ("operating_unit.id", &metadata.operating_unit)]
    {
        let Some(unit) = unit else { continue };
        if !in_force(&unit.id) || !belongs(metadata, &unit.id, registers) {
            faults.push(unknown(element, FaultKind::UnknownUnit, &unit.id));
        }
    }
    faults
}

fn unknown(element: &'static str, kind: FaultKind, oid: &Oid) -> Fault {
    Fault::new(kind, element, "REG-1").value(oid.as_str()).arg("role", element)
}

/// The archive's own identifiers must lie under a node of the organisation that sends them.
fn check_nodes(
    metadata: &Metadata,
    caller: &Caller,
    registers: &Registers,
    faults: &mut Vec<Fault>,
) {
    let senders = || std::iter::once(&caller.organisation).chain(&caller.registers);
    let nodes = || {
        let nodes = senders()
            .filter_map(|sender| registers.organisation(sender))
            .flat_map(|sender| sender.own_nodes())
            .map(|node| format!("{node}.…"));
        let mut nodes: Vec<String> = nodes.collect();
        nodes.dedup();
        nodes.join(", ")
    };
    for (element, oid) in [("document_id", &metadata.document_id), ("set_id", &metadata.set_id)] {
        // A later version may continue a set that another organisation began (OLD-6).
        let continued = element == "set_id" && metadata.version > 1;
        if !continued && !senders().any(|sender| registers.owns_node(sender, oid)) {
            faults.push(
                Fault::new(FaultKind::OidNotOwned, element, "nat 2.4")
                    .value(oid.as_str())
                    .arg("expected", nodes()),
            );
        }
    }
}

/// Whether a unit is the organiser's, the producer's or the controller's, at any depth.
fn belongs(metadata: &Metadata, unit: &Oid, registers: &Registers) -> bool {
    let Some(owner) = registers.organisation_of(unit) else { return false };
    let line: Vec<&Oid> =
        registers.line_of_organisation(&owner.oid).into_iter().map(|one| &one.oid).collect();
    let parties = [&metadata.organiser, &metadata.producer];
    parties
        .into_iter()
        .flatten()
        .chain(std::iter::once(&metadata.controller))
        .filter_map(|party: &Party| registers.organisation_of(&party.id))
        .any(|party| {
            line.contains(&&party.oid)
                || registers.line_of_organisation(&party.oid).iter().any(|up| up.oid == owner.oid)
        })
}
