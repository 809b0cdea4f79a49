//! Who keeps the users: the main users of an organisation, and in parallel joining (rinnakkaisliittyminen) those of the
//! organiser in whose system a private producer works. An organiser may let a producer's own main users keep the
//! producer's users for it, for some days, within units and service tasks.
//!
//! Source: JOI-3, ACC-2; Act 703/2023 section 9.

use std::fmt::Write;
use std::sync::Arc;

use super::caller::{Caller, Role, Strength, Who};
use super::denial::Denial;
use super::users::UserRight;
use crate::faults::{Fault, FaultKind};
use crate::ids::Oid;
use crate::joining::{OrganisationKind, Registers};
use crate::relationship::{RegisterUseRight, Side, Standing};
use crate::time::{FinnishDay, Validity};

const RULE: &str = "JOI-3";

/// What an organiser lets a producer's own main users keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Who lets.
    pub organiser: Oid,
    /// Whose users.
    pub producer: Oid,
    /// For which units of the producer's; empty: any.
    pub units: Vec<Oid>,
    /// For which service tasks, as codes; `None`: any.
    pub service_tasks: Option<Vec<Arc<str>>>,
    /// The weakest login that may be granted.
    pub login: Strength,
    /// The days. There is always a last one.
    pub validity: Validity,
}

impl Delegation {
    /// The first word of the line that tells of one.
    pub const GIVEN: &'static str = "delegated";
    /// The first word of the line that tells of its withdrawal.
    pub const WITHDRAWN: &'static str = "withdrawn";

    /// What the line of the log tells of it: all of it.
    #[must_use]
    pub fn detail(&self) -> String {
        let mut text =
            format!("{} organiser={} producer={}", Self::GIVEN, self.organiser, self.producer);
        let units: Vec<&str> = self.units.iter().map(Oid::as_str).collect();
        let _ = write!(text, " units={}", units.join(","));
        if let Some(tasks) = &self.service_tasks {
            let _ = write!(text, " tasks={}", tasks.join(","));
        }
        let Validity { first, last } = self.validity;
        let login = if self.login == Strength::Strong { "strong" } else { "weak" };
        let last = last.map(|day| day.to_string()).unwrap_or_default();
        let _ = write!(text, " login={login} days={first}..{last}");
        text
    }

    /// The delegation that a line tells of; `None`: it tells of none.
    #[must_use]
    pub fn read(detail: &str) -> Option<Self> {
        let words = detail.strip_prefix(Self::GIVEN)?;
        let of = |name: &str| {
            words.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
        };
        let words_of = |text: &str| -> Vec<String> {
            text.split(',').filter(|one| !one.is_empty()).map(str::to_owned).collect()
        };
        let units: Option<Vec<Oid>> =
            words_of(of("units")?).iter().map(|unit| Oid::parse(unit).ok()).collect();
        let (first, last) = of("days")?.split_once("..")?;
        Some(Self {
            organiser: Oid::parse(of("organiser")?).ok()?,
            producer: Oid::parse(of("producer")?).ok()?,
            units: units?,
            service_tasks: of("tasks")
                .map(|tasks| words_of(tasks).iter().map(|one| Arc::from(&**one)).collect()),
            login: match of("login")? {
                "strong" => Strength::Strong,
                "weak" => Strength::Weak,
                _ => return None,
            },
            validity: Validity {
                first: FinnishDay::parse(first)?,
                last: Some(FinnishDay::parse(last)?),
            },
        })
    }

    /// What the line of its withdrawal tells: which one, and whether what was granted under it is ended with it.
    #[must_use]
    pub fn withdrawal(line: i64, ends_rights: bool) -> String {
        let rights = if ends_rights { "end" } else { "keep" };
        format!("{} delegation={line} rights={rights}", Self::WITHDRAWN)
    }

    /// The number of the delegation whose withdrawal a line tells of, and whether what was granted under it is ended
    /// with it.
    #[must_use]
    pub fn withdrawn_by(detail: &str) -> Option<(i64, bool)> {
        let rest = detail.strip_prefix(Self::WITHDRAWN)?.strip_prefix(" delegation=")?;
        let (number, rights) = rest.split_once(" rights=")?;
        let ends = match rights {
            "end" => true,
            "keep" => false,
            _ => return None,
        };
        Some((number.parse().ok()?, ends))
    }

    /// Whether it lets keep the users of an organisation for an organiser.
    #[must_use]
    pub fn is_between(&self, organisation: &Oid, organiser: Option<&Oid>) -> bool {
        Some(&self.organiser) == organiser && self.producer == *organisation
    }

    /// Whether it reaches a right: all the units that the right is for, which it names.
    #[must_use]
    pub fn reaches(&self, right: &UserRight) -> bool {
        let within = |unit: &Oid| self.units.contains(unit);
        self.units.is_empty() || !right.units.is_empty() && right.units.iter().all(within)
    }

    /// The units of a right that it reaches, of those that are the producer's.
    #[must_use]
    pub fn reached(&self, right: &UserRight, theirs: &[Oid]) -> Vec<Oid> {
        let within = |unit: &&Oid| {
            theirs.contains(unit) && (self.units.is_empty() || self.units.contains(unit))
        };
        right.units.iter().filter(within).cloned().collect()
    }

    /// What of a right goes beyond it, on a day. The units must be named, the service tasks where they are here.
    ///
    /// Source: JOI-3.
    #[must_use]
    pub fn beyond(&self, right: &UserRight) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut beyond = |element: String, allowed: String| {
            faults.push(
                Fault::new(FaultKind::BeyondDelegation, element, RULE).arg("allowed", allowed),
            );
        };
        let units: Vec<&str> = self.units.iter().map(Oid::as_str).collect();
        let units = if units.is_empty() {
            "units of the producer, by name".to_owned()
        } else {
            units.join(", ")
        };
        if right.units.is_empty() {
            beyond("units".to_owned(), units.clone());
        }
        for (place, unit) in right.units.iter().enumerate() {
            if !self.units.is_empty() && !self.units.contains(unit) {
                beyond(format!("units/{place}"), units.clone());
            }
        }
        if let Some(allowed) = &self.service_tasks {
            match &right.service_tasks {
                None => beyond("service_tasks".to_owned(), allowed.join(", ")),
                Some(tasks) => {
                    for (place, _) in
                        tasks.iter().enumerate().filter(|(_, task)| !allowed.contains(task))
                    {
                        beyond(format!("service_tasks/{place}"), allowed.join(", "));
                    }
                }
            }
        }
        if self.login == Strength::Strong && right.login == Strength::Weak {
            beyond("login".to_owned(), "strong".to_owned());
        }
        faults.extend(self.beyond_days(right));
        faults
    }

    /// What of a right's days goes beyond its own.
    #[must_use]
    pub fn beyond_days(&self, right: &UserRight) -> Vec<Fault> {
        let last = self.validity.last.map(|day| day.to_string()).unwrap_or_default();
        let outside = |day: Option<FinnishDay>, element: &str| {
            let within = day.is_some_and(|day| self.validity.contains(day));
            let fault = Fault::new(FaultKind::BeyondDelegation, element, RULE);
            (!within).then(|| fault.arg("allowed", format!("{}–{last}", self.validity.first)))
        };
        let days = [
            outside(Some(right.validity.first), "first_day"),
            outside(right.validity.last, "last_day"),
        ];
        days.into_iter().flatten().collect()
    }
}

/// A right of the register of users as it is kept: under which delegation, if a delegated main user granted it, or if it
/// makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRight {
    /// The right.
    pub right: UserRight,
    /// The number of the delegation that it hangs on.
    pub delegation: Option<i64>,
}

/// Whose users somebody keeps, by a right as main user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keeper {
    /// The users of an organisation, and those of producers that work in its system.
    Organisation(Oid),
    /// The users of a producer for an organiser, within a delegation.
    Delegated {
        /// The delegation's number.
        number: i64,
        /// The delegation.
        delegation: Arc<Delegation>,
    },
}

impl Keeper {
    /// What a right that is in force makes of whom it is for; `None`: it is no main user's. `delegation`: the one that it
    /// hangs on, if that was not withdrawn.
    #[must_use]
    pub fn by(kept: &KeptRight, delegation: Option<Delegation>, day: FinnishDay) -> Option<Self> {
        let right = &kept.right;
        if right.role != Role::MainUser || !right.validity.contains(day) {
            return None;
        }
        let organiser = right.organiser.as_ref();
        match (organiser, kept.delegation) {
            (None, None) => Some(Self::Organisation(right.organisation.clone())),
            (Some(_), Some(number)) => {
                let lets = |one: &Delegation| {
                    one.is_between(&right.organisation, organiser) && one.validity.contains(day)
                };
                let delegation = Arc::new(delegation.filter(lets)?);
                Some(Self::Delegated { number, delegation })
            }
            _ => None,
        }
    }

    /// Whether the users of an organisation are kept so, by itself or by an organiser.
    #[must_use]
    pub fn keeps(&self, organisation: &Oid, organiser: Option<&Oid>) -> bool {
        match self {
            Self::Organisation(own) => organiser.unwrap_or(organisation) == own,
            Self::Delegated { delegation, .. } => delegation.is_between(organisation, organiser),
        }
    }

    /// Whether a right may be seen by the keeper: of an organisation those that it keeps, and those of its own people that
    /// others keep; of a delegation those that it reaches, and those that hang on it.
    #[must_use]
    pub fn sees(&self, right: &UserRight, hangs_on: Option<i64>) -> bool {
        let keeps = self.keeps(&right.organisation, right.organiser.as_ref());
        match self {
            Self::Organisation(own) => keeps || *own == right.organisation,
            Self::Delegated { number, delegation } => {
                keeps && (hangs_on == Some(*number) || delegation.reaches(right))
            }
        }
    }

    /// The number of the delegation under which it is kept.
    #[must_use]
    pub const fn delegation(&self) -> Option<i64> {
        match self {
            Self::Organisation(_) => None,
            Self::Delegated { number, .. } => Some(*number),
        }
    }
}

/// Decides whether somebody may keep users at all: main users, strongly authenticated. Whose is asked of their
/// rights, with [`Keeper::keeps`].
///
/// # Errors
/// [`Denial::OperatorSeesNothing`], [`Denial::RoleDoesNotFit`], [`Denial::WeakLogin`].
///
/// Source: JOI-3, ACC-1, ACC-2.
pub fn may_keep_users(caller: &Caller) -> Result<&str, Denial> {
    match &caller.who {
        Who::Operator => Err(Denial::OperatorSeesNothing),
        Who::Person { role: Role::MainUser, strength: Strength::Weak, .. } => {
            Err(Denial::WeakLogin)
        }
        Who::Person { role: Role::MainUser, subject, .. } => Ok(subject),
        Who::Person { .. } | Who::System { .. } | Who::Citizen { .. } => {
            Err(Denial::RoleDoesNotFit)
        }
    }
}

/// Those of these that keep the users of an organisation, by itself or by an organiser; none: they are not theirs to
/// keep.
///
/// Source: JOI-3.
pub fn keepers_of_users<'k, 'q>(
    keepers: &'k [Keeper],
    organisation: &'q Oid,
    organiser: Option<&'q Oid>,
) -> impl Iterator<Item = &'k Keeper> + use<'k, 'q> {
    keepers.iter().filter(move |keeper| keeper.keeps(organisation, organiser))
}

/// What keeps an organiser from letting a producer into its system: parallel joining is a private producer's, in the
/// system of a public organiser outside whose hierarchy it stands.
///
/// Source: JOI-3, JOI-2, RUR-7.
#[must_use]
pub fn producer_faults(
    registers: &Registers,
    (organiser, producer): (&Oid, &Oid),
    element: &str,
    today: FinnishDay,
) -> Vec<Fault> {
    let Some(whose) = registers.organisation(producer).filter(|one| one.validity.contains(today))
    else {
        let fault = Fault::new(FaultKind::UnknownOrganisation, element, RULE);
        return vec![fault.value(producer.as_str()).arg("role", element)];
    };
    let by = registers.organisation(organiser);
    let public = by.is_some_and(|one| one.kind == OrganisationKind::Public && one.controller);
    let private = whose.kind == OrganisationKind::Private;
    if public && private && !registers.in_one_line(organiser, producer) {
        return Vec::new();
    }
    vec![Fault::new(FaultKind::NoParallelJoining, element, RULE).value(producer.as_str())]
}

/// The units that are none of an organisation's, each at its place.
#[must_use]
pub fn unit_faults(named: &[Oid], theirs: &[Oid], organisation: &Oid) -> Vec<Fault> {
    let strange = named.iter().enumerate().filter(|(_, unit)| !theirs.contains(unit));
    let fault = |(place, _): (usize, &Oid)| {
        Fault::new(FaultKind::WrongValue, format!("units/{place}"), RULE)
            .arg("expected", format!("a unit of {organisation}"))
    };
    strange.map(fault).collect()
}

/// That days end no earlier than they begin, and not before today.
#[must_use]
pub fn day_faults(validity: &Validity, today: FinnishDay) -> Option<Fault> {
    let least = validity.first.max(today);
    let ended = validity.last.is_some_and(|last| last < least);
    let fault = Fault::new(FaultKind::WrongValue, "last_day", RULE);
    ended.then(|| fault.arg("expected", format!("{least} or later")))
}

/// The roles in which a main user grants rights: to people of the organisation's own, or to those `of_a_producer` that
/// works in the organiser's system. Main users of an organisation are named by the operator's file alone.
///
/// Source: JOI-3, ACC-2.
#[must_use]
pub const fn grantable_roles(keeper: &Keeper, of_a_producer: bool) -> &'static [Role] {
    match (of_a_producer, keeper) {
        (false, _) => &[
            Role::Worker,
            Role::ResponsibleWorker,
            Role::ProducerWorker,
            Role::Archivist,
            Role::DataProtectionOfficer,
        ],
        (true, Keeper::Delegated { .. }) => &[Role::ProducerWorker],
        (true, Keeper::Organisation(_)) => &[Role::ProducerWorker, Role::MainUser],
    }
}

/// What keeps a main user from granting a right, whatever the registers say. `subject`: the main user's own.
/// `delegation`: the one that a delegated main user acts under, or that a main user of a producer's is named for.
///
/// A main user's own right is nobody's to grant but another's; main users of an organisation are named by the
/// operator's file alone, those of producers by their organiser, each for a delegation. A producer's people are
/// workers of a producer.
///
/// Source: JOI-3, ACC-2.
#[must_use]
pub fn granting_faults(
    keeper: &Keeper,
    subject: &str,
    right: &UserRight,
    delegation: Option<&Delegation>,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    if right.subject == subject {
        faults.push(Fault::new(FaultKind::OwnUserRight, "subject", RULE));
    }
    let delegated = keeper.delegation().is_some();
    let roles = grantable_roles(keeper, right.organiser.is_some());
    if !roles.contains(&right.role) {
        let codes: Vec<&str> = roles.iter().map(|role| role.code()).collect();
        let fault = Fault::new(FaultKind::WrongValue, "role", RULE);
        faults.push(fault.arg("expected", codes.join(", ")));
    }
    let names_one = right.organiser.is_some() && right.role == Role::MainUser;
    if !delegated && !names_one {
        return faults;
    }
    let Some(delegation) = delegation else {
        faults.push(Fault::new(FaultKind::NoDelegation, "delegation", RULE));
        return faults;
    };
    if delegated {
        faults.extend(delegation.beyond(right));
    } else {
        faults.extend(delegation.beyond_days(right));
        if right.login == Strength::Weak {
            let fault = Fault::new(FaultKind::WrongValue, "login", RULE);
            faults.push(fault.arg("expected", "strong"));
        }
        let narrowed =
            [("units", !right.units.is_empty()), ("service_tasks", right.service_tasks.is_some())];
        for (name, _) in narrowed.into_iter().filter(|(_, is_said)| *is_said) {
            faults.push(Fault::new(FaultKind::ForbiddenElement, name, RULE).arg("name", name));
        }
    }
    faults
}

/// What keeps a main user from ending a right, or changing it: it is the own one, a main user's that another names, or
/// one for units that the delegation does not reach.
///
/// Source: JOI-3, ACC-2.
#[must_use]
pub fn ending_faults(keeper: &Keeper, subject: &str, right: &UserRight) -> Vec<Fault> {
    let mut faults = Vec::new();
    if right.subject == subject {
        faults.push(Fault::new(FaultKind::OwnUserRight, "subject", RULE));
    }
    let delegated = keeper.delegation().is_some();
    if right.role == Role::MainUser && (delegated || right.organiser.is_none()) {
        faults.push(Fault::new(FaultKind::WrongValue, "role", RULE).arg("expected", "–"));
    }
    if let Keeper::Delegated { delegation, .. } = keeper
        && !delegation.reaches(right)
    {
        let units: Vec<&str> = delegation.units.iter().map(Oid::as_str).collect();
        let fault = Fault::new(FaultKind::BeyondDelegation, "units", RULE);
        faults.push(fault.arg("allowed", units.join(", ")));
    }
    faults
}

/// What of a right goes beyond the register-use rights that the producer's units have in the organiser's register: each
/// unit must have one that lasts or is to come, and each service task named be covered by one of them. Of units that
/// are not `reached`, being another producer's or beyond the delegation, nothing is told.
///
/// Source: JOI-3, RUR-1, RUR-3.
#[must_use]
pub fn register_use_faults<'r>(
    right: &UserRight,
    reached: &[Oid],
    held: impl Iterator<Item = &'r RegisterUseRight>,
    today: FinnishDay,
) -> Vec<Fault> {
    let counts = |one: &&RegisterUseRight| {
        Some(&one.controller) == right.organiser.as_ref()
            && one.side != Side::Organiser
            && reached.contains(&one.holder)
            && !matches!(one.standing_on(today), Standing::Ended(_))
    };
    let held: Vec<&RegisterUseRight> = held.filter(counts).collect();
    let units = right.units.iter().enumerate().filter(|(_, unit)| reached.contains(unit));
    let without = units.filter(|(_, unit)| held.iter().all(|one| one.holder != **unit));
    let tasks = right.service_tasks.iter().flatten().enumerate();
    let uncovered = tasks.filter(|(_, task)| !held.iter().any(|one| one.branch.covers(task)));
    let places = without.map(|(place, _)| format!("units/{place}"));
    let places = places.chain(uncovered.map(|(place, _)| format!("service_tasks/{place}")));
    places.map(|place| Fault::new(FaultKind::NoRegisterUse, place, RULE)).collect()
}

#[cfg(test)]
mod tests;
