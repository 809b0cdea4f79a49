//! The register of users (käyttäjärekisteri): who may use the archive for an organisation, and how far.
//!
//! An organisation that keeps a register of its users has each login held against it, and the narrower of the
//! two counts. Of an organisation that keeps none, the login alone is taken.
//!
//! The users of a private producer that works in an organiser's system are kept by the organiser, for the organiser's
//! register and no other; who does it is in [`super::keeping`].
//!
//! Source: ACC-2, JOI-3; Act 703/2023 section 9.

use std::sync::Arc;

use super::caller::{Role, Strength, Who};
use crate::ids::Oid;
use crate::time::{FinnishDay, Validity};

/// What one person may be for an organisation. A person may have several such rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRight {
    /// The subject of the person's logins.
    pub subject: String,
    /// The organisation.
    pub organisation: Oid,
    /// The organiser that keeps the right, of a producer that works in the organiser's system: it counts in the
    /// organiser's register alone. `None`: the organisation keeps it itself.
    pub organiser: Option<Oid>,
    /// The given names.
    pub given_names: String,
    /// The family name.
    pub family_name: String,
    /// The role.
    pub role: Role,
    /// The units for which the person may act; empty: none is narrowed to.
    pub units: Vec<Oid>,
    /// The service tasks of the duty, as codes; `None`: those of the unit.
    pub service_tasks: Option<Vec<Arc<str>>>,
    /// The weakest login that is taken.
    pub login: Strength,
    /// The days of the right.
    pub validity: Validity,
    /// Who granted it, in the organisation's words.
    pub granted_by: String,
}

/// How a right was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// The day.
    pub on: FinnishDay,
    /// Whether who granted it ended it.
    pub by_granter: bool,
}

/// From which day on an organiser's register of a producer's users counts by reason of a right that was granted on a
/// day: a worker's, from the first day on which it was in force. A main user's right shuts nobody out, nor one that
/// was in force on no day, nor a slip: one that was ended on its first day by who granted it.
///
/// Source: JOI-3; own-choices.
#[must_use]
pub fn register_begins(
    right: &UserRight,
    granted: FinnishDay,
    ended: Option<Ending>,
) -> Option<FinnishDay> {
    let first = right.validity.first.max(granted);
    let is_worker = right.role == Role::ProducerWorker;
    let was_in_force = right.validity.contains(first) && ended.is_none_or(|end| first <= end.on);
    let is_slip = ended.is_some_and(|end| end.by_granter && end.on == first);
    (is_worker && was_in_force && !is_slip).then_some(first)
}

/// Why a login is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotAUser {
    /// The register has no right of this person in this role today.
    NoRight,
    /// The register wants a strong login.
    LoginTooWeak,
}

/// What the register leaves of a login. `rights` are the person's own in the organisation that keeps the register.
///
/// The role must be that of a right of the day. The unit of the login stays when one of these rights has it, or is
/// for any unit; another unit gives nothing. The service tasks are those that both the login and these rights
/// have. Anybody but a person is left alone.
///
/// # Errors
/// [`NotAUser`].
///
/// Source: ACC-2.
pub fn narrowed(who: Who, rights: &[UserRight], today: FinnishDay) -> Result<Who, NotAUser> {
    let Who::Person { subject, registration_number, role, unit, duty, strength } = who else {
        return Ok(who);
    };
    let of_today = |right: &&UserRight| {
        right.subject == subject && right.role == role && right.validity.contains(today)
    };
    let held: Vec<&UserRight> = rights.iter().filter(of_today).collect();
    if held.is_empty() {
        return Err(NotAUser::NoRight);
    }
    let taken: Vec<&UserRight> = held
        .into_iter()
        .filter(|right| strength == Strength::Strong || right.login == Strength::Weak)
        .collect();
    if taken.is_empty() {
        return Err(NotAUser::LoginTooWeak);
    }
    let has = |right: &UserRight, unit: &Oid| right.units.is_empty() || right.units.contains(unit);
    let unit = unit.filter(|unit| taken.iter().any(|right| has(right, unit)));
    // Of several rights those count that are for the unit of the login.
    let of_unit = |right: &&&UserRight| unit.as_ref().is_none_or(|unit| has(right, unit));
    let tasks: Vec<Option<&Vec<Arc<str>>>> =
        taken.iter().filter(of_unit).map(|right| right.service_tasks.as_ref()).collect();
    let free = tasks.iter().any(Option::is_none);
    let named: Vec<Arc<str>> = tasks.into_iter().flatten().flatten().cloned().collect();
    let duty = match (duty, free) {
        (duty, true) => duty,
        (None, false) => Some(named),
        (Some(mut duty), false) => {
            duty.retain(|task| named.contains(task));
            Some(duty)
        }
    };
    Ok(Who::Person { subject, registration_number, role, unit, duty, strength })
}

/// The rights of one person for an organisation, by who keeps them.
#[derive(Debug, Clone, Default)]
pub struct HeldRights<'r> {
    /// Those that the organisation keeps itself; `None`: it keeps no register of its users.
    pub own: Option<&'r [UserRight]>,
    /// Those of each organiser that keeps the organisation's users, for its own register.
    pub kept: Vec<(&'r Oid, &'r [UserRight])>,
}

/// What is left of a login, register by register.
#[derive(Debug, Clone, PartialEq)]
pub struct Left {
    /// What is left somewhere.
    pub somewhere: Who,
    /// In the register of each organiser that keeps the users; `None`: nothing.
    pub kept: Vec<(Oid, Option<Who>)>,
    /// In any other register.
    pub elsewhere: Option<Who>,
}

/// What the registers of users leave of a login. In the register of an organiser that keeps the organisation's
/// users its rights alone count; in any other those that the organisation keeps itself, or where it keeps none, the
/// login. Nobody is a main user by the login alone.
///
/// # Errors
/// [`NotAUser`] when nothing is left anywhere.
///
/// Source: ACC-2, JOI-3.
pub fn left_of(who: &Who, held: &HeldRights<'_>, today: FinnishDay) -> Result<Left, NotAUser> {
    let main_user = matches!(who, Who::Person { role: Role::MainUser, .. });
    let elsewhere = match held.own {
        None if main_user => Err(NotAUser::NoRight),
        None => Ok(who.clone()),
        Some(rights) => narrowed(who.clone(), rights, today),
    };
    let kept: Vec<(Oid, Result<Who, NotAUser>)> = held
        .kept
        .iter()
        .map(|(organiser, rights)| ((*organiser).clone(), narrowed(who.clone(), rights, today)))
        .collect();
    let all = || std::iter::once(&elsewhere).chain(kept.iter().map(|(_, left)| left));
    let with_unit = |left: &&Who| matches!(left, Who::Person { unit: Some(_), .. });
    let somewhere = all().flatten().find(with_unit).or_else(|| all().flatten().next()).cloned();
    let weak = all().any(|left| *left == Err(NotAUser::LoginTooWeak));
    let why = if weak { NotAUser::LoginTooWeak } else { NotAUser::NoRight };
    let somewhere = somewhere.ok_or(why)?;
    let kept = kept.into_iter().map(|(organiser, left)| (organiser, left.ok())).collect();
    Ok(Left { somewhere, kept, elsewhere: elsewhere.ok() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(text: &str) -> Oid {
        Oid::parse(text).unwrap()
    }

    fn right(units: &[&str], tasks: Option<&[&str]>) -> UserRight {
        UserRight {
            subject: "aino".into(),
            organisation: oid("1.2"),
            organiser: None,
            given_names: "Aino".into(),
            family_name: "Testi".into(),
            role: Role::Worker,
            units: units.iter().map(|unit| oid(unit)).collect(),
            service_tasks: tasks.map(|tasks| tasks.iter().map(|task| Arc::from(*task)).collect()),
            login: Strength::Strong,
            validity: Validity {
                first: FinnishDay::new(2026, 1, 1).unwrap(),
                last: FinnishDay::new(2026, 6, 30),
            },
            granted_by: "Pääkäyttäjä".into(),
        }
    }

    fn login(unit: Option<&str>, tasks: Option<&[&str]>) -> Who {
        Who::Person {
            subject: "aino".into(),
            registration_number: None,
            role: Role::Worker,
            unit: unit.map(oid),
            duty: tasks.map(|tasks| tasks.iter().map(|task| Arc::from(*task)).collect()),
            strength: Strength::Strong,
        }
    }

    fn check(login: Who, rights: &[UserRight], day: &str, expected: &Result<Who, NotAUser>) {
        let told = narrowed(login, rights, FinnishDay::parse(day).unwrap());
        assert!(told == *expected, "{told:?} on {day}, not {expected:?}");
    }

    /// ACC-2: a login is taken on the days of a right in its role, both ends counting.
    #[test]
    fn a_login_is_taken_while_a_right_lasts() {
        let rights = [right(&["1.2.1"], None)];
        let aino = || login(Some("1.2.1"), None);
        check(aino(), &rights, "2025-12-31", &Err(NotAUser::NoRight));
        check(aino(), &rights, "2026-01-01", &Ok(aino()));
        check(aino(), &rights, "2026-06-30", &Ok(aino()));
        check(aino(), &rights, "2026-07-01", &Err(NotAUser::NoRight));
        check(aino(), &[], "2026-03-01", &Err(NotAUser::NoRight));
        let archivist = UserRight { role: Role::Archivist, ..right(&[], None) };
        check(aino(), &[archivist], "2026-03-01", &Err(NotAUser::NoRight));
        let other = UserRight { subject: "olli".into(), ..right(&[], None) };
        check(aino(), &[other], "2026-03-01", &Err(NotAUser::NoRight));
        let system = Who::System { id: "desk".into(), certificate: String::new() };
        check(system.clone(), &[], "2026-03-01", &Ok(system));
    }

    /// ACC-2: the narrower of the login and the register counts: of units, of service tasks, of logins.
    #[test]
    fn the_narrower_counts() {
        let day = "2026-03-01";
        let rights = |units: &[&str], tasks: Option<&[&str]>| [right(units, tasks)];
        let taken = |unit, tasks, rights: &[UserRight], expected| {
            check(login(unit, tasks), rights, day, &Ok(expected));
        };
        // Units: another than the register's gives nothing; none named is none given.
        taken(Some("1.2.2"), None, &rights(&["1.2.1"], None), login(None, None));
        taken(Some("1.2.2"), None, &rights(&[], None), login(Some("1.2.2"), None));
        taken(None, None, &rights(&["1.2.1"], None), login(None, None));
        // Service tasks: those that both have.
        let both = Some(&["24"][..]);
        taken(None, Some(&["24", "25"]), &rights(&[], Some(&["24", "10"])), login(None, both));
        taken(None, None, &rights(&[], both), login(None, both));
        taken(None, both, &rights(&[], None), login(None, both));
        taken(None, Some(&["25"]), &rights(&[], both), login(None, Some(&[])));
        // Two rights: those of the login's unit alone.
        let two = [right(&["1.2.1"], both), right(&["1.2.2"], Some(&["10"]))];
        taken(Some("1.2.2"), None, &two, login(Some("1.2.2"), Some(&["10"])));
        // Logins.
        let weak = || match login(None, None) {
            Who::Person { subject, registration_number, role, unit, duty, .. } => Who::Person {
                subject,
                registration_number,
                role,
                unit,
                duty,
                strength: Strength::Weak,
            },
            other => other,
        };
        check(weak(), &rights(&[], None), day, &Err(NotAUser::LoginTooWeak));
        let light = [UserRight { login: Strength::Weak, ..right(&[], None) }];
        check(weak(), &light, day, &Ok(weak()));
    }

    /// What is left of Aino's login at a unit in the register of the county that keeps the users of her organisation,
    /// and elsewhere: the service tasks, where anything is.
    fn reach(
        own: Option<&[UserRight]>,
        kept: &[UserRight],
        expected: &Result<[Reach; 2], NotAUser>,
    ) {
        let (county, day) = (oid("1.3"), FinnishDay::new(2026, 3, 1).unwrap());
        let held = HeldRights { own, kept: vec![(&county, kept)] };
        let tasks = |who: Option<&Who>| match who {
            Some(Who::Person { unit: Some(_), duty, .. }) => {
                Some(duty.as_ref().map(|tasks| tasks.iter().map(ToString::to_string).collect()))
            }
            _ => None,
        };
        let told = left_of(&login(Some("1.2.1"), None), &held, day)
            .map(|left| [tasks(left.kept[0].1.as_ref()), tasks(left.elsewhere.as_ref())]);
        assert_eq!(told, *expected);
    }

    type Reach = Option<Option<Vec<String>>>;

    /// JOI-3: where an organiser keeps a producer's users, its rights alone count in its register, and nowhere else.
    #[test]
    fn a_right_that_an_organiser_keeps_counts_in_its_register_alone() {
        let both = || right(&["1.2.1"], Some(&["24"]));
        let free = || right(&["1.2.1"], None);
        let past = UserRight {
            validity: Validity { first: both().validity.first, last: FinnishDay::new(2026, 2, 1) },
            ..both()
        };
        let (as_login, of_24) = (Some(None), Some(Some(vec!["24".to_owned()])));
        // The producer keeps no register of its own: elsewhere the login counts, in the county's register it does not.
        reach(None, &[both()], &Ok([of_24.clone(), as_login.clone()]));
        reach(None, &[], &Ok([None, as_login.clone()]));
        reach(None, &[past], &Ok([None, as_login.clone()]));
        // It keeps one: a right of the one gives nothing where the other counts.
        reach(Some(&[free()]), &[both()], &Ok([of_24.clone(), as_login.clone()]));
        reach(Some(&[free()]), &[], &Ok([None, as_login]));
        reach(Some(&[]), &[both()], &Ok([of_24, None]));
        reach(Some(&[]), &[], &Err(NotAUser::NoRight));
    }

    /// JOI-3: an organiser's register of a producer's users begins with the first worker's right that is in force.
    #[test]
    fn a_register_begins_with_a_workers_right_in_force() {
        let day = |text: &str| FinnishDay::parse(text).unwrap();
        let worker = UserRight { role: Role::ProducerWorker, ..right(&["1.2.1"], None) };
        let check = |right: &UserRight, granted, ended: Option<(&str, bool)>, expected| {
            let ended = ended.map(|(on, by_granter)| Ending { on: day(on), by_granter });
            let told = register_begins(right, day(granted), ended);
            assert_eq!(told, FinnishDay::parse(expected), "{granted} {ended:?}");
        };
        check(&worker, "2026-03-01", None, "2026-03-01");
        check(&worker, "2025-12-01", None, "2026-01-01");
        check(&worker, "2026-03-01", Some(("2026-03-02", true)), "2026-03-01");
        check(&worker, "2026-03-01", Some(("2026-03-01", false)), "2026-03-01");
        check(&worker, "2026-03-01", Some(("2026-03-01", true)), "");
        check(&worker, "2025-12-01", Some(("2026-01-01", true)), "");
        check(&worker, "2025-12-01", Some(("2025-12-31", false)), "");
        check(&worker, "2026-07-01", None, "");
        for role in Role::ALL.into_iter().filter(|role| *role != Role::ProducerWorker) {
            check(&UserRight { role, ..worker.clone() }, "2026-03-01", None, "");
        }
    }

    /// JOI-3: nobody is a main user by what the login says alone.
    #[test]
    fn a_main_user_is_in_a_register() {
        let Who::Person { subject, registration_number, unit, duty, strength, .. } =
            login(None, None)
        else {
            panic!("a person logs in")
        };
        let who = Who::Person {
            subject,
            registration_number,
            role: Role::MainUser,
            unit,
            duty,
            strength,
        };
        let day = FinnishDay::new(2026, 3, 1).unwrap();
        let alone = left_of(&who, &HeldRights::default(), day);
        assert_eq!(alone, Err(NotAUser::NoRight));
        let rights = [UserRight { role: Role::MainUser, ..right(&[], None) }];
        let held = HeldRights { own: Some(&rights), kept: Vec::new() };
        assert_eq!(left_of(&who, &held, day).map(|left| left.somewhere), Ok(who));
    }
}
