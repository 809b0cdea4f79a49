//! What is wrong with the lists of a register file: all of it at once.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::{OrganisationKind, RegisterEntries, nodes_from, owners_of};
use crate::faults::{Fault, FaultKind};
use crate::ids::Oid;

/// Every fault of the entries.
pub(super) fn check(entries: &RegisterEntries) -> Vec<Fault> {
    let lists = Lists::of(entries);
    let mut faults = duplicates(entries);
    faults.extend(lists.organisations_faults());
    faults.extend(lists.units_faults());
    faults.extend(lists.systems_faults());
    faults
}

/// The entries with what finding in them needs: positions by OID.
struct Lists<'a> {
    entries: &'a RegisterEntries,
    organisations: HashMap<&'a Oid, usize>,
    units: HashMap<&'a Oid, usize>,
    owners: HashMap<Oid, Oid>,
}

fn fault(kind: FaultKind, list: &str, at: usize, member: &str) -> Fault {
    Fault::new(kind, format!("{list}/{at}/{member}"), "REG-1")
}

/// OIDs and identifiers that stand twice.
fn duplicates(entries: &RegisterEntries) -> Vec<Fault> {
    let organisations = entries.organisations.iter().map(|one| &one.oid).enumerate();
    let units = entries.units.iter().map(|unit| &unit.oid).enumerate();
    let oids = organisations
        .map(|(at, oid)| ("organisations", at, oid))
        .chain(units.map(|(at, oid)| ("units", at, oid)));
    let systems = entries.systems.iter().map(|system| &system.id).enumerate();

    let mut faults = twice(oids, "oid");
    faults.extend(twice(systems.map(|(at, id)| ("systems", at, id)), "id"));
    faults
}

fn twice<'a, K>(keys: impl Iterator<Item = (&'static str, usize, K)>, member: &str) -> Vec<Fault>
where
    K: Hash + Eq + Copy + std::fmt::Display + 'a,
{
    let mut first = HashMap::new();
    let mut faults = Vec::new();
    for (list, at, key) in keys {
        let place = first.entry(key).or_insert_with(|| format!("{list}/{at}"));
        if *place != format!("{list}/{at}") {
            let twice = fault(FaultKind::DuplicateEntry, list, at, member);
            faults.push(twice.value(key.to_string()).arg("first", place));
        }
    }
    faults
}

impl<'a> Lists<'a> {
    fn of(entries: &'a RegisterEntries) -> Self {
        let organisations = entries.organisations.iter().enumerate();
        let units = entries.units.iter().enumerate();
        Self {
            entries,
            organisations: organisations.map(|(at, one)| (&one.oid, at)).collect(),
            units: units.map(|(at, unit)| (&unit.oid, at)).collect(),
            owners: owners_of(&entries.organisations),
        }
    }

    fn kind_of(&self, organisation: &Oid) -> Option<OrganisationKind> {
        let at = self.organisations.get(organisation)?;
        Some(self.entries.organisations[*at].kind)
    }

    fn parent_of_organisation(&self, oid: &Oid) -> Option<&'a Oid> {
        self.entries.organisations[*self.organisations.get(oid)?].parent.as_ref()
    }

    fn parent_of_unit(&self, oid: &Oid) -> Option<&'a Oid> {
        self.entries.units[*self.units.get(oid)?].parent.as_ref()
    }

    fn organisations_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (at, organisation) in self.entries.organisations.iter().enumerate() {
            let at_member = |kind, member: &str| fault(kind, "organisations", at, member);
            for node in organisation.own_nodes() {
                if let Some(owner) = self.foreign_owner(&organisation.oid, &node) {
                    let member = if organisation.nodes.is_empty() { "oid" } else { "nodes" };
                    let taken = at_member(FaultKind::NodeOfAnother, member);
                    faults.push(taken.value(node.to_string()).arg("owner", owner));
                }
            }
            if backwards(organisation.validity) {
                faults.push(at_member(FaultKind::WrongTime, "last_day"));
            }
            if organisation.disclosure.is_some_and(backwards) {
                faults.push(at_member(FaultKind::WrongTime, "disclosure/last_day"));
            }
            let others = &self.entries.organisations[..at];
            if let Some(first) = others.iter().position(|other| other.keeps_wills)
                && organisation.keeps_wills
            {
                let second = at_member(FaultKind::DuplicateEntry, "keeps_wills");
                faults.push(second.arg("first", format!("organisations/{first}")));
            }
            if (organisation.keeps_wills || organisation.disclosure.is_some())
                && !organisation.controller
            {
                faults.push(at_member(FaultKind::WrongValue, "controller").arg("expected", true));
            }
            let Some(parent) = &organisation.parent else { continue };
            if !self.organisations.contains_key(parent) {
                let missing = at_member(FaultKind::UnknownOrganisation, "parent");
                faults.push(missing.value(parent.to_string()).arg("role", "parent"));
            }
            if circles(&organisation.oid, |oid| self.parent_of_organisation(oid)) {
                faults.push(at_member(FaultKind::HierarchyCycle, "parent"));
            }
            let private = organisation.kind == OrganisationKind::Private;
            if private && self.kind_of(parent) == Some(OrganisationKind::Public) {
                faults.push(private_under_public("organisations", at, parent));
            }
        }
        faults
    }

    fn units_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (at, unit) in self.entries.units.iter().enumerate() {
            let at_member = |kind, member: &str| fault(kind, "units", at, member);
            if !self.organisations.contains_key(&unit.organisation) {
                let missing = at_member(FaultKind::UnknownOrganisation, "organisation");
                faults.push(missing.value(unit.organisation.to_string()).arg("role", "unit"));
            }
            if let Some(owner) = self.foreign_owner(&unit.organisation, &unit.oid) {
                let taken = at_member(FaultKind::NodeOfAnother, "oid");
                faults.push(taken.value(unit.oid.to_string()).arg("owner", owner));
            }
            if backwards(unit.validity) {
                faults.push(at_member(FaultKind::WrongTime, "last_day"));
            }
            let Some(parent) = &unit.parent else { continue };
            if !self.units.contains_key(parent) {
                let missing = at_member(FaultKind::UnknownUnit, "parent");
                faults.push(missing.value(parent.to_string()));
            }
            if circles(&unit.oid, |oid| self.parent_of_unit(oid)) {
                faults.push(at_member(FaultKind::HierarchyCycle, "parent"));
            }
            if let Some(public) = self.public_above(&unit.organisation, parent) {
                faults.push(private_under_public("units", at, public));
            }
        }
        faults
    }

    /// The first unit of a public organisation above a private organisation's unit. Source: RUR-7.
    fn public_above(&self, organisation: &Oid, parent: &'a Oid) -> Option<&'a Oid> {
        if self.kind_of(organisation) != Some(OrganisationKind::Private) {
            return None;
        }
        let mut seen = HashSet::new();
        std::iter::successors(Some(parent), |oid| self.parent_of_unit(oid))
            .take_while(|oid| seen.insert(*oid))
            .find(|oid| {
                let unit = self.units.get(*oid).map(|at| &self.entries.units[*at]);
                unit.and_then(|unit| self.kind_of(&unit.organisation))
                    == Some(OrganisationKind::Public)
            })
    }

    fn systems_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let systems = &self.entries.systems;
        for (at, system) in systems.iter().enumerate() {
            let at_member =
                |kind, member: &str| Fault::new(kind, format!("systems/{at}/{member}"), "REG-4");
            for (nth, organisation) in system.organisations.iter().enumerate() {
                if !self.organisations.contains_key(organisation) {
                    let member = format!("organisations/{nth}");
                    let missing = at_member(FaultKind::UnknownOrganisation, &member);
                    faults.push(missing.value(organisation.to_string()).arg("role", "system"));
                }
            }
            if system.certificates.is_empty() {
                let missing = at_member(FaultKind::MissingElement, "certificates");
                faults.push(missing.arg("name", "fingerprints"));
            }
            let twin = systems[..at].iter().position(|other| {
                other.certificates.overlaps(&system.certificates) && other.id != system.id
            });
            if let Some(twin) = twin.filter(|_| !system.certificates.is_empty()) {
                let twice = at_member(FaultKind::DuplicateEntry, "certificates");
                faults.push(twice.arg("first", format!("systems/{twin}")));
            }
            let spans = system.certification.iter().map(|one| one.validity);
            if spans.chain([system.validity]).any(backwards) {
                faults.push(at_member(FaultKind::WrongTime, "last_day"));
            }
        }
        faults
    }

    /// The owner of `oid`, or of a node above it, that is not of the organisation's own line.
    fn foreign_owner(&self, organisation: &Oid, oid: &Oid) -> Option<&Oid> {
        nodes_from(oid)
            .filter_map(|node| self.owners.get(&node))
            .find(|owner| !self.in_one_line(organisation, owner))
    }

    /// Whether one of the two organisations is the other or stands above it.
    fn in_one_line(&self, a: &Oid, b: &Oid) -> bool {
        let above = |low: &Oid, high: &Oid| {
            let mut seen = HashSet::new();
            let start = self.organisations.get_key_value(low).map(|(oid, _)| *oid);
            std::iter::successors(start, |oid| self.parent_of_organisation(oid))
                .take_while(|oid| seen.insert(*oid))
                .any(|oid| oid == high)
        };
        a == b || above(a, b) || above(b, a)
    }
}

fn private_under_public(list: &str, at: usize, public: &Oid) -> Fault {
    Fault::new(FaultKind::PrivateUnderPublic, format!("{list}/{at}/parent"), "RUR-7")
        .arg("public", public)
}

fn backwards(validity: crate::time::Validity) -> bool {
    validity.last.is_some_and(|last| last < validity.first)
}

/// Whether going up from `start` comes back to it.
fn circles<'a>(start: &'a Oid, up: impl Fn(&Oid) -> Option<&'a Oid>) -> bool {
    let mut seen = HashSet::new();
    std::iter::successors(up(start), |oid| up(oid))
        .take_while(|oid| seen.insert(*oid))
        .any(|oid| oid == start)
}
