//! Who takes part: organisations, their units, and the systems that act for them.
//!
//! [`Registers`] is a snapshot of both registers: read whole, checked whole, never changed. A newer
//! file makes a newer snapshot.
//!
//! Source: REG-1, REG-4, RUR-7, JOI-4.

mod check;
mod systems;

use std::collections::HashMap;

use crate::faults::Fault;
use crate::ids::Oid;
use crate::structures::Names;
use crate::time::{FinnishDay, Validity};

pub use systems::{Certificate, CertificateBinding, CertifiedFunction, Function, System};

/// Whether an organisation is of the public sector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OrganisationKind {
    /// A wellbeing services county, a municipality, the state.
    Public,
    /// A company, a foundation, an association, a self-employed person.
    Private,
}

/// An organisation of the register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Organisation {
    /// Names it: `1.2.246.10.<business id>` or a node under it.
    pub oid: Oid,
    /// Its names.
    pub names: Names,
    /// Public or private.
    pub kind: OrganisationKind,
    /// The organisation it is part of.
    pub parent: Option<Oid>,
    /// The days it is in the register; both ends count.
    pub validity: Validity,
    /// The nodes under which it numbers its own things. Empty: the node of its business id, or its
    /// own OID when that has none.
    pub nodes: Vec<Oid>,
    /// Whether it is a controller (rekisterinpitäjä): documents are archived into its registers.
    pub controller: bool,
    /// In which sector it works.
    pub sector: Sector,
    /// Whether producers do its work as the organiser too, in the client relationships and cases of
    /// its register (laaja rekisterinkäyttöoikeus), as in shelter services. Source: RUR-6.
    pub wide_register_use: bool,
    /// The days on which it is able to disclose to other controllers and to receive from them: it has
    /// joined with a system that does so. `None`: it has not taken that into use. Source: DIS-1, JOI-5.
    pub disclosure: Option<Validity>,
    /// Whether the documents of clients' will, permissions and refusals, are kept in its register for
    /// all (tahdonilmaisupalvelu). One organisation's at most. Source: DIS-2; national-specs 6.4.
    pub keeps_wills: bool,
}

/// The sector in which an organisation works.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Sector {
    /// Social welfare (sosiaalihuolto).
    #[default]
    SocialWelfare,
    /// Health care (terveydenhuolto).
    HealthCare,
}

impl Organisation {
    /// The nodes under which it numbers its own things.
    #[must_use]
    pub fn own_nodes(&self) -> Vec<Oid> {
        if !self.nodes.is_empty() {
            return self.nodes.clone();
        }
        vec![self.oid.organisation_node().unwrap_or_else(|| self.oid.clone())]
    }
}

/// Which level of an organisation a unit is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnitKind {
    /// Toimintayksikkö.
    OperatingUnit,
    /// Palveluyksikkö.
    ServiceUnit,
}

/// A unit of an organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unit {
    /// Names it.
    pub oid: Oid,
    /// Operating or service unit.
    pub kind: UnitKind,
    /// The organisation whose it is.
    pub organisation: Oid,
    /// The unit it is part of; `None`: it stands right under its organisation.
    pub parent: Option<Oid>,
    /// Its names.
    pub names: Names,
    /// The days it is in the register; both ends count.
    pub validity: Validity,
}

/// The lists of the register files, before they are checked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RegisterEntries {
    /// Every organisation.
    pub organisations: Vec<Organisation>,
    /// Every unit.
    pub units: Vec<Unit>,
    /// Every system.
    pub systems: Vec<System>,
}

/// The checked registers of organisations, units and systems.
#[derive(Clone, Debug, Default)]
pub struct Registers {
    organisations: HashMap<Oid, Organisation>,
    units: HashMap<Oid, Unit>,
    systems: Vec<System>,
    /// Whose each node is.
    owners: HashMap<Oid, Oid>,
}

/// The longest line from a unit to the top of its hierarchy.
const MAX_LEVELS: usize = 64;

impl Registers {
    /// The registers made of `entries`.
    ///
    /// # Errors
    /// Every fault of the entries, each at its place (`organisations/3/parent`): OIDs twice or under
    /// another's node, missing parents, circles, private units under public ones (RUR-7), systems
    /// that no certificate or two systems' certificates could name.
    pub fn new(entries: RegisterEntries) -> Result<Self, Vec<Fault>> {
        let faults = check::check(&entries);
        if !faults.is_empty() {
            return Err(faults);
        }
        let RegisterEntries { organisations, units, systems } = entries;
        Ok(Self {
            owners: owners_of(&organisations),
            organisations: organisations.into_iter().map(|one| (one.oid.clone(), one)).collect(),
            units: units.into_iter().map(|one| (one.oid.clone(), one)).collect(),
            systems,
        })
    }

    /// The organisation of this OID.
    #[must_use]
    pub fn organisation(&self, oid: &Oid) -> Option<&Organisation> {
        self.organisations.get(oid)
    }

    /// The unit of this OID.
    #[must_use]
    pub fn unit(&self, oid: &Oid) -> Option<&Unit> {
        self.units.get(oid)
    }

    /// The system of this identifier.
    #[must_use]
    pub fn system(&self, id: &str) -> Option<&System> {
        self.systems.iter().find(|system| system.id == id)
    }

    /// The system that a certificate is bound to.
    #[must_use]
    pub fn system_of(&self, certificate: &Certificate<'_>) -> Option<&System> {
        self.systems.iter().find(|system| system.certificates.binds(certificate))
    }

    /// Whether an organisation or unit of this OID is in the register on `day`.
    #[must_use]
    pub fn is_valid_on(&self, oid: &Oid, day: FinnishDay) -> bool {
        let organisation = self.organisation(oid).map(|one| one.validity);
        let validity = organisation.or_else(|| self.unit(oid).map(|unit| unit.validity));
        validity.is_some_and(|validity| validity.contains(day))
    }

    /// The organisation under whose node `oid` lies; of several nodes the longest one decides, and
    /// of organisations that share a node the one highest in the hierarchy.
    #[must_use]
    pub fn owner_of_node(&self, oid: &Oid) -> Option<&Organisation> {
        nodes_from(oid)
            .find_map(|node| self.owners.get(&node))
            .and_then(|owner| self.organisation(owner))
    }

    /// Whether `oid` lies under a node of this organisation.
    #[must_use]
    pub fn owns_node(&self, organisation: &Oid, oid: &Oid) -> bool {
        let organisation = self.organisation(organisation);
        organisation.is_some_and(|one| one.own_nodes().iter().any(|node| oid.is_under(node)))
    }

    /// The unit and every unit above it, nearest first.
    #[must_use]
    pub fn line_of_unit(&self, unit: &Oid) -> Vec<&Unit> {
        let first = self.unit(unit);
        let next = |unit: &&Unit| unit.parent.as_ref().and_then(|parent| self.unit(parent));
        std::iter::successors(first, next).take(MAX_LEVELS).collect()
    }

    /// The organisation and every organisation above it, nearest first.
    #[must_use]
    pub fn line_of_organisation(&self, organisation: &Oid) -> Vec<&Organisation> {
        let first = self.organisation(organisation);
        let next =
            |one: &&Organisation| one.parent.as_ref().and_then(|parent| self.organisation(parent));
        std::iter::successors(first, next).take(MAX_LEVELS).collect()
    }

    /// Whether the organisations of two OIDs, of organisations or units, stand in one line: one is the
    /// other or stands above it.
    #[must_use]
    pub fn in_one_line(&self, one: &Oid, other: &Oid) -> bool {
        let (Some(one), Some(other)) = (self.organisation_of(one), self.organisation_of(other))
        else {
            return false;
        };
        let above = |low: &Oid, high: &Oid| {
            self.line_of_organisation(low).iter().any(|organisation| organisation.oid == *high)
        };
        above(&one.oid, &other.oid) || above(&other.oid, &one.oid)
    }

    /// The organisation of a unit, however deep the unit stands; of an organisation, itself.
    #[must_use]
    pub fn organisation_of(&self, oid: &Oid) -> Option<&Organisation> {
        self.organisation(oid)
            .or_else(|| self.unit(oid).and_then(|unit| self.organisation(&unit.organisation)))
    }

    /// The controller in whose register the documents of clients' will are.
    #[must_use]
    pub fn keeper_of_wills(&self) -> Option<&Organisation> {
        self.organisations.values().find(|one| one.keeps_wills)
    }

    /// Every organisation, by OID.
    #[must_use]
    pub fn organisations(&self) -> Vec<&Organisation> {
        let mut all: Vec<&Organisation> = self.organisations.values().collect();
        all.sort_by(|a, b| a.oid.cmp(&b.oid));
        all
    }

    /// Every unit, by OID.
    #[must_use]
    pub fn units(&self) -> Vec<&Unit> {
        let mut all: Vec<&Unit> = self.units.values().collect();
        all.sort_by(|a, b| a.oid.cmp(&b.oid));
        all
    }

    /// Every system, in the file's order.
    #[must_use]
    pub fn systems(&self) -> &[System] {
        &self.systems
    }
}

/// Whose each node is. Two organisations of one line may share a node; the higher one has it.
fn owners_of(organisations: &[Organisation]) -> HashMap<Oid, Oid> {
    let mut owners: HashMap<Oid, Oid> = HashMap::new();
    let parents: HashMap<&Oid, &Oid> =
        organisations.iter().filter_map(|one| Some((&one.oid, one.parent.as_ref()?))).collect();
    let height = |oid: &Oid| {
        std::iter::successors(Some(oid), |at| parents.get(at).copied()).take(MAX_LEVELS).count()
    };
    for organisation in organisations {
        for node in organisation.own_nodes() {
            let holder = owners.get(&node);
            if holder.is_none_or(|holder| height(&organisation.oid) < height(holder)) {
                owners.insert(node, organisation.oid.clone());
            }
        }
    }
    owners
}

/// `oid` and every node above it, nearest first.
fn nodes_from(oid: &Oid) -> impl Iterator<Item = Oid> {
    let up = |oid: &Oid| Oid::parse(oid.as_str().rsplit_once('.')?.0).ok();
    std::iter::successors(Some(oid.clone()), up)
}

#[cfg(test)]
mod tests;
