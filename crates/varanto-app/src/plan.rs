//! The facts of the self-monitoring plan (omavalvontasuunnitelma): what is kept where, who may, which systems
//! (LOG-3). Read from what is loaded and counted; nothing of a client, and no user's name.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use varanto_domain::access::{Role, Strength};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::ids::Oid;
use varanto_domain::joining::System;
use varanto_domain::time::{FinnishDay, Validity};

use crate::{App, AppError, Registry};

/// The facts, as they are on a day.
#[derive(Debug, Clone)]
pub struct PlanFacts {
    /// The day.
    pub day: FinnishDay,
    /// The registers, by controller.
    pub registers: Vec<PlannedRegister>,
    /// Who may, by the registers of users.
    pub users: Vec<PlannedUsers>,
    /// Organisations of the day that keep no register of users here: a login alone tells who may.
    pub logins_alone: Vec<Oid>,
    /// The systems of the register, those too whose days are over or to come.
    pub systems: Vec<System>,
}

/// A controller's register.
#[derive(Debug, Clone)]
pub struct PlannedRegister {
    /// Whose.
    pub controller: Oid,
    /// Versions of documents in it, by group.
    pub kinds: BTreeMap<DocumentGroup, u64>,
    /// Whether clients' permissions and refusals are kept in it for all.
    pub keeps_wills: bool,
    /// Whether producers do the organiser's work in it too.
    pub wide_register_use: bool,
    /// The days on which it discloses and receives.
    pub discloses: Option<Validity>,
    /// The first day of the long road, where it is on it or will be.
    pub long_road_from: Option<FinnishDay>,
}

/// Users of one organisation with the same right on the day.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlannedUsers {
    /// The organisation.
    pub organisation: Oid,
    /// The organiser that keeps them for its register, where it is not the organisation itself.
    pub organiser: Option<Oid>,
    /// The role.
    pub role: Role,
    /// The units; empty: none is narrowed to.
    pub units: Vec<Oid>,
    /// The service tasks, as codes; `None`: those of the unit.
    pub service_tasks: Option<Vec<Arc<str>>>,
    /// The weakest login that is taken.
    pub login: Strength,
    /// How many persons.
    pub persons: usize,
}

impl App {
    /// The facts of the self-monitoring plan, as they are today.
    ///
    /// Source: LOG-3.
    pub fn plan_facts(&self) -> Result<PlanFacts, AppError> {
        let day = FinnishDay::of(self.clock.now());
        let registry = self.registry();
        let registers = registry.registers();
        let tallies = self.store.read::<_, AppError>(|tx| Ok(tx.list_tallies()?))?;
        let mut kinds: BTreeMap<Oid, BTreeMap<DocumentGroup, u64>> = BTreeMap::new();
        for row in tallies {
            *kinds.entry(row.controller).or_default().entry(row.group).or_default() += row.versions;
        }
        let of_today =
            registers.organisations().into_iter().filter(|one| one.validity.contains(day));
        let organisations: Vec<_> = of_today.collect();
        // A register outlives its controller's days: what is in it is told as long as it is there.
        let mut controllers: BTreeSet<Oid> = kinds.keys().cloned().collect();
        let named = organisations.iter().filter(|one| one.controller);
        controllers.extend(named.map(|one| one.oid.clone()));
        let register = |controller: Oid| {
            let entry = registers.organisation(&controller);
            PlannedRegister {
                kinds: kinds.get(&controller).cloned().unwrap_or_default(),
                keeps_wills: entry.is_some_and(|one| one.keeps_wills),
                wide_register_use: entry.is_some_and(|one| one.wide_register_use),
                discloses: entry.and_then(|one| one.disclosure),
                long_road_from: registry.roads().of_controller(&controller).long_from,
                controller,
            }
        };
        let alone = organisations.iter().filter(|one| registry.users(&one.oid).is_none());
        Ok(PlanFacts {
            day,
            registers: controllers.into_iter().map(register).collect(),
            users: organisations
                .iter()
                .flat_map(|one| users_of(&registry, &one.oid, day))
                .collect(),
            logins_alone: alone.map(|one| one.oid.clone()).collect(),
            systems: registers.systems().to_vec(),
        })
    }
}

/// The users of an organisation on a day, those with the same right together.
fn users_of(registry: &Registry, organisation: &Oid, day: FinnishDay) -> Vec<PlannedUsers> {
    let mut all: Vec<(PlannedUsers, HashSet<&str>)> = Vec::new();
    let held = registry.users(organisation).into_iter().flatten();
    let held = held.chain(registry.users_kept(organisation));
    for right in held.filter(|right| right.validity.contains(day)) {
        let same = PlannedUsers {
            organisation: organisation.clone(),
            organiser: right.organiser.clone(),
            role: right.role,
            units: sorted(&right.units),
            service_tasks: right.service_tasks.as_deref().map(sorted),
            login: right.login,
            persons: 0,
        };
        match all.iter_mut().find(|(known, _)| *known == same) {
            Some((_, persons)) => drop(persons.insert(right.subject.as_str())),
            None => all.push((same, HashSet::from([right.subject.as_str()]))),
        }
    }
    let counted =
        all.into_iter().map(|(same, persons)| PlannedUsers { persons: persons.len(), ..same });
    let mut counted: Vec<PlannedUsers> = counted.collect();
    counted.sort_by_cached_key(|one| {
        let role = Role::ALL.iter().position(|role| *role == one.role);
        let weak = one.login == Strength::Weak;
        (one.organiser.clone(), role, one.units.clone(), one.service_tasks.clone(), weak)
    });
    counted
}

fn sorted<T: Clone + Ord>(all: &[T]) -> Vec<T> {
    let mut all = all.to_vec();
    all.sort_unstable();
    all
}
