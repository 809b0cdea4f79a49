//! Who keeps whose users, and how far.

use super::*;
use crate::joining::{Organisation, RegisterEntries, Sector};
use crate::relationship::Branch;
use crate::structures::Names;

const COUNTY: &str = "1.2.246.10.1";
const NEIGHBOUR: &str = "1.2.246.10.2";
const PRODUCER: &str = "1.2.246.10.3";
const OTHER_PRODUCER: &str = "1.2.246.10.4";
const HOME: &str = "1.2.246.10.3.10.1";
const SCHOOL: &str = "1.2.246.10.3.10.2";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

fn days(first: &str, last: &str) -> Validity {
    Validity { first: day(first), last: FinnishDay::parse(last) }
}

fn tasks(all: &[&str]) -> Vec<Arc<str>> {
    all.iter().map(|one| Arc::from(*one)).collect()
}

/// The county lets the producer's main users keep the users of the home, for families with children, in the spring.
fn delegation() -> Delegation {
    Delegation {
        organiser: oid(COUNTY),
        producer: oid(PRODUCER),
        units: vec![oid(HOME)],
        service_tasks: Some(tasks(&["24", "25"])),
        login: Strength::Strong,
        validity: days("2026-01-01", "2026-06-30"),
    }
}

/// A right of Aino at the home, for the county's register.
fn right() -> UserRight {
    UserRight {
        subject: "aino".into(),
        organisation: oid(PRODUCER),
        organiser: Some(oid(COUNTY)),
        given_names: "Aino".into(),
        family_name: "Testi".into(),
        role: Role::ProducerWorker,
        units: vec![oid(HOME)],
        service_tasks: Some(tasks(&["24"])),
        login: Strength::Strong,
        validity: days("2026-02-01", "2026-05-31"),
        granted_by: "Olli Testi".into(),
    }
}

fn delegated() -> Keeper {
    Keeper::Delegated { number: 7, delegation: Arc::new(delegation()) }
}

fn county() -> Keeper {
    Keeper::Organisation(oid(COUNTY))
}

fn told(faults: Vec<Fault>) -> Vec<(&'static str, String)> {
    faults.into_iter().map(|one| (one.code(), one.element)).collect()
}

fn check(keeper: &Keeper, right: &UserRight, expected: &[(&'static str, &str)]) {
    let faults = told(granting_faults(keeper, "olli", right, Some(&delegation())));
    let expected: Vec<_> = expected.iter().map(|(code, at)| (*code, (*at).to_owned())).collect();
    assert_eq!(faults, expected, "{right:?}");
}

/// JOI-3: users are kept by strongly authenticated main users, and by nobody else.
#[test]
fn main_users_keep_users() {
    let caller = |who: Who| Caller {
        who,
        organisation: oid(COUNTY),
        registers: Vec::new(),
        units: Arc::from([]),
        functions: Vec::new(),
        sector: crate::joining::Sector::SocialWelfare,
        by_register: None,
    };
    let person = |role: Role, strength: Strength| Who::Person {
        subject: "olli".into(),
        registration_number: None,
        role,
        unit: None,
        duty: None,
        strength,
    };
    let code = |who: Who| may_keep_users(&caller(who)).map(str::to_owned).map_err(Denial::code);
    for role in Role::ALL {
        let expected =
            if role == Role::MainUser { Ok("olli".to_owned()) } else { Err("role-does-not-fit") };
        assert_eq!(code(person(role, Strength::Strong)), expected);
    }
    assert_eq!(code(person(Role::MainUser, Strength::Weak)), Err("weak-login"));
    let system = Who::System { id: "desk".into(), certificate: String::new() };
    assert_eq!(code(system), Err("role-does-not-fit"));
    assert_eq!(code(Who::Operator), Err("operator-sees-nothing"));
}

/// JOI-3, JOI-2: a main user keeps the users of the own organisation and those of the producers in its system, a delegated
/// one those of the one producer for the one organiser; joint joiners keep each their own.
#[test]
fn everybody_keeps_their_own_users() {
    let table: [(&str, Option<&str>, bool, bool); 7] = [
        (COUNTY, None, true, false),
        (PRODUCER, Some(COUNTY), true, true),
        (OTHER_PRODUCER, Some(COUNTY), true, false),
        (PRODUCER, None, false, false),
        (PRODUCER, Some(NEIGHBOUR), false, false),
        (NEIGHBOUR, None, false, false),
        (NEIGHBOUR, Some(NEIGHBOUR), false, false),
    ];
    for (organisation, organiser, by_county, by_delegated) in table {
        let (of, by) = (oid(organisation), organiser.map(oid));
        assert_eq!(county().keeps(&of, by.as_ref()), by_county, "{organisation} {organiser:?}");
        assert_eq!(
            delegated().keeps(&of, by.as_ref()),
            by_delegated,
            "{organisation} {organiser:?}"
        );
        let both = [delegated(), county()];
        let keep: Vec<&Keeper> = keepers_of_users(&both, &of, by.as_ref()).collect();
        let expected = [by_delegated.then_some(&both[0]), by_county.then_some(&both[1])];
        assert_eq!(keep, expected.into_iter().flatten().collect::<Vec<_>>());
    }
    let producers = Keeper::Organisation(oid(PRODUCER));
    let sees = |keeper: &Keeper, right: &UserRight| keeper.sees(right, None);
    assert!(sees(&producers, &right()) && !producers.keeps(&oid(PRODUCER), Some(&oid(COUNTY))));
    assert!(!sees(&Keeper::Organisation(oid(NEIGHBOUR)), &right()));
}

/// JOI-3: a delegated main user sees the users whom the delegation reaches, all of whose units it names, and whoever
/// hangs on it; the organiser's main user sees all of them.
#[test]
fn a_delegated_main_user_sees_within_the_delegation() {
    let check = |units: &[&str], hangs_on: Option<i64>, expected: bool| {
        let units = units.iter().map(|unit| oid(unit)).collect();
        let right = UserRight { units, ..right() };
        assert_eq!(delegated().sees(&right, hangs_on), expected, "{right:?} {hangs_on:?}");
        assert!(county().sees(&right, hangs_on));
    };
    check(&[HOME], None, true);
    check(&[SCHOOL], None, false);
    check(&[HOME, SCHOOL], None, false);
    check(&[], None, false);
    check(&[SCHOOL], Some(7), true);
    check(&[SCHOOL], Some(8), false);
    let elsewhere = UserRight { organiser: Some(oid(NEIGHBOUR)), ..right() };
    assert!(!delegated().sees(&elsewhere, Some(7)));
    let open = Delegation { units: Vec::new(), ..delegation() };
    let open = Keeper::Delegated { number: 7, delegation: Arc::new(open) };
    assert!(open.sees(&UserRight { units: Vec::new(), ..right() }, None));
}

/// JOI-3: a right makes a main user on its days: of an organisation by itself, of a producer for an organiser by a
/// delegation.
#[test]
fn a_right_makes_a_main_user() {
    let under = |said: Option<Delegation>, right: UserRight, number: Option<i64>, on: &str| {
        Keeper::by(&KeptRight { right, delegation: number }, said, day(on))
    };
    let by = |right: UserRight, delegation: Option<i64>, on: &str| {
        let said = Delegation { validity: days("2026-01-01", "2026-12-31"), ..self::delegation() };
        under(Some(said), right, delegation, on).map(|keeper| match keeper {
            Keeper::Delegated { number: 7, .. } => delegated(),
            other => other,
        })
    };
    let main_user = || UserRight { role: Role::MainUser, ..right() };
    assert_eq!(by(main_user(), Some(7), "2026-01-31"), None);
    assert_eq!(by(main_user(), Some(7), "2026-02-01"), Some(delegated()));
    assert_eq!(by(main_user(), Some(7), "2026-05-31"), Some(delegated()));
    assert_eq!(by(main_user(), Some(7), "2026-06-01"), None);
    assert_eq!(by(right(), Some(7), "2026-03-01"), None);
    assert_eq!(by(main_user(), None, "2026-03-01"), None);
    let own = UserRight { organisation: oid(COUNTY), organiser: None, ..main_user() };
    assert_eq!(by(own.clone(), None, "2026-03-01"), Some(county()));
    assert_eq!(by(own, Some(7), "2026-03-01"), None);
    // The delegation was withdrawn, is over, or is another's.
    let on = |said: Option<Delegation>, on| under(said, main_user(), Some(7), on).is_some();
    assert!(on(Some(delegation()), "2026-03-01"));
    assert!(!on(None, "2026-03-01"));
    let short = Delegation { validity: days("2026-01-01", "2026-02-28"), ..delegation() };
    assert!(!on(Some(short), "2026-03-01"));
    assert!(!on(Some(Delegation { organiser: oid(NEIGHBOUR), ..delegation() }), "2026-03-01"));
    assert!(!on(Some(Delegation { producer: oid(OTHER_PRODUCER), ..delegation() }), "2026-03-01"));
}

/// JOI-3: a delegated main user grants within the delegation and never beyond it: units by name, service tasks, days,
/// logins; workers of the producer, nobody as main user, nothing to themself. Every fault is told.
#[test]
fn a_delegated_main_user_grants_within_the_delegation() {
    let beyond = "beyond-delegation";
    let keeper = delegated();
    check(&keeper, &right(), &[]);
    check(&keeper, &UserRight { units: Vec::new(), ..right() }, &[(beyond, "units")]);
    let units = vec![oid(HOME), oid(SCHOOL)];
    check(&keeper, &UserRight { units, ..right() }, &[(beyond, "units/1")]);
    let service_tasks = Some(tasks(&["24", "10"]));
    check(&keeper, &UserRight { service_tasks, ..right() }, &[(beyond, "service_tasks/1")]);
    check(&keeper, &UserRight { service_tasks: None, ..right() }, &[(beyond, "service_tasks")]);
    check(&keeper, &UserRight { login: Strength::Weak, ..right() }, &[(beyond, "login")]);
    for (first, last, expected) in [
        ("2026-01-01", "2026-06-30", &[][..]),
        ("2025-12-31", "2026-06-30", &[(beyond, "first_day")]),
        ("2026-01-01", "2026-07-01", &[(beyond, "last_day")]),
        ("2026-01-01", "", &[(beyond, "last_day")]),
    ] {
        check(&keeper, &UserRight { validity: days(first, last), ..right() }, expected);
    }
    for role in Role::ALL.into_iter().filter(|role| *role != Role::ProducerWorker) {
        check(&keeper, &UserRight { role, ..right() }, &[("wrong-value", "role")]);
    }
    let own =
        UserRight { subject: "olli".into(), role: Role::MainUser, service_tasks: None, ..right() };
    let all = [("own-user-right", "subject"), ("wrong-value", "role"), (beyond, "service_tasks")];
    check(&keeper, &own, &all);
    let without = granting_faults(&keeper, "olli", &right(), None);
    assert_eq!(told(without), [("no-delegation", "delegation".to_owned())]);
    let open = Delegation {
        units: Vec::new(),
        service_tasks: None,
        login: Strength::Weak,
        ..delegation()
    };
    let free = UserRight {
        login: Strength::Weak,
        service_tasks: None,
        units: vec![oid(SCHOOL)],
        ..right()
    };
    assert!(open.beyond(&free).is_empty());
    assert_eq!(open.beyond(&UserRight { units: Vec::new(), ..free }).len(), 1);
}

/// JOI-3, ACC-2: an organiser's main user names main users of a producer, each for a delegation and within its days; main
/// users of the own organisation are the operator's to name, and nobody's own right is theirs to grant.
#[test]
fn an_organisers_main_user_names_main_users_of_producers() {
    let keeper = county();
    check(&keeper, &right(), &[]);
    check(&keeper, &UserRight { units: Vec::new(), service_tasks: None, ..right() }, &[]);
    check(&keeper, &UserRight { validity: days("2020-01-01", ""), ..right() }, &[]);
    check(&keeper, &UserRight { role: Role::Worker, ..right() }, &[("wrong-value", "role")]);
    let main_user =
        || UserRight { role: Role::MainUser, units: Vec::new(), service_tasks: None, ..right() };
    check(&keeper, &main_user(), &[]);
    let wide = UserRight {
        login: Strength::Weak,
        validity: days("2026-02-01", ""),
        role: Role::MainUser,
        ..right()
    };
    let all = [
        ("beyond-delegation", "last_day"),
        ("wrong-value", "login"),
        ("forbidden-element", "units"),
        ("forbidden-element", "service_tasks"),
    ];
    check(&keeper, &wide, &all);
    let without = granting_faults(&keeper, "olli", &main_user(), None);
    assert_eq!(told(without), [("no-delegation", "delegation".to_owned())]);
    for role in Role::ALL {
        let own = UserRight { organisation: oid(COUNTY), organiser: None, role, ..right() };
        let expected: &[_] = if role == Role::MainUser { &[("wrong-value", "role")] } else { &[] };
        check(&keeper, &own, expected);
    }
    check(
        &keeper,
        &UserRight { subject: "olli".into(), ..right() },
        &[("own-user-right", "subject")],
    );
}

/// JOI-3: a delegated main user ends what the delegation reaches; main users are ended by who names them, and nobody
/// ends the own right.
#[test]
fn a_right_is_ended_by_who_keeps_it() {
    let ends = |keeper: &Keeper, right: &UserRight| told(ending_faults(keeper, "olli", right));
    let none: Vec<(&str, String)> = Vec::new();
    assert_eq!(ends(&delegated(), &right()), none);
    assert_eq!(ends(&delegated(), &UserRight { service_tasks: None, ..right() }), none);
    let elsewhere = [
        UserRight { units: vec![oid(SCHOOL)], ..right() },
        UserRight { units: Vec::new(), ..right() },
    ];
    for right in elsewhere {
        assert_eq!(ends(&delegated(), &right), [("beyond-delegation", "units".to_owned())]);
        assert_eq!(ends(&county(), &right), none);
    }
    let main_user = UserRight { role: Role::MainUser, ..right() };
    assert_eq!(ends(&delegated(), &main_user), [("wrong-value", "role".to_owned())]);
    assert_eq!(ends(&county(), &main_user), none);
    let own = UserRight { organisation: oid(COUNTY), organiser: None, ..main_user };
    assert_eq!(ends(&county(), &own), [("wrong-value", "role".to_owned())]);
    let mine = UserRight { subject: "olli".into(), ..right() };
    assert_eq!(ends(&county(), &mine), [("own-user-right", "subject".to_owned())]);
}

/// JOI-3, RUR-3: no right goes beyond the register-use rights of the producer's units in the organiser's register, those
/// that last or are to come.
#[test]
fn no_right_goes_beyond_the_register_use_rights() {
    let held =
        |controller: &str, holder: &str, task: &str, first: &str, last: &str| RegisterUseRight {
            controller: oid(controller),
            organiser: oid(controller),
            relationship: oid("1.2.246.10.1.95.1"),
            branch: Branch::ServiceTask(task.into()),
            services: Vec::new(),
            holder: oid(holder),
            side: Side::Producer,
            validity: days(first, last),
            suspensions: Vec::new(),
        };
    let faults = |held: &[RegisterUseRight]| {
        told(register_use_faults(&right(), &[oid(HOME)], held.iter(), day("2026-03-01")))
    };
    let both = [
        ("no-register-use", "units/0".to_owned()),
        ("no-register-use", "service_tasks/0".to_owned()),
    ];
    let none: Vec<(&str, String)> = Vec::new();
    assert_eq!(faults(&[]), both);
    assert_eq!(faults(&[held(COUNTY, HOME, "24", "2026-01-01", "2026-03-01")]), none);
    assert_eq!(faults(&[held(COUNTY, HOME, "24", "2026-04-01", "")]), none);
    assert_eq!(faults(&[held(COUNTY, HOME, "24", "2026-01-01", "2026-02-28")]), both);
    assert_eq!(faults(&[held(NEIGHBOUR, HOME, "24", "2026-01-01", "")]), both);
    assert_eq!(faults(&[held(COUNTY, SCHOOL, "24", "2026-01-01", "")]), both);
    assert_eq!(faults(&[held(COUNTY, HOME, "10", "2026-01-01", "")]), both[1..]);
    let organisers =
        RegisterUseRight { side: Side::Organiser, ..held(COUNTY, HOME, "24", "2026-01-01", "") };
    assert_eq!(faults(&[organisers]), both);
    // Of units that are not reached nothing is told, whatever rights they have.
    let home = held(COUNTY, HOME, "24", "2026-01-01", "");
    for held in [vec![], vec![home]] {
        let faults = register_use_faults(&right(), &[], held.iter(), day("2026-03-01"));
        assert_eq!(told(faults), both[1..]);
    }
    let two = UserRight { units: vec![oid(HOME), oid(SCHOOL), oid(OTHER_PRODUCER)], ..right() };
    let producers = [oid(HOME), oid(SCHOOL)];
    assert_eq!(delegation().reached(&two, &producers), [oid(HOME)]);
    let open = Delegation { units: Vec::new(), ..delegation() };
    assert_eq!(open.reached(&two, &producers), producers);
}

/// JOI-3: days end no earlier than they begin, and not before today.
#[test]
fn days_end_after_they_begin_and_not_in_the_past() {
    let today = day("2026-03-01");
    for (first, last, is_right) in [
        ("2026-01-01", "2026-03-01", true),
        ("2026-01-01", "2026-02-28", false),
        ("2026-05-01", "2026-04-30", false),
        ("2026-05-01", "2026-05-01", true),
        ("2026-05-01", "", true),
    ] {
        assert_eq!(day_faults(&days(first, last), today).is_none(), is_right, "{first} {last}");
    }
}

/// JOI-3, ARC-15: the line of the log tells a delegation whole, so that it is made anew of it.
#[test]
fn a_line_tells_a_delegation_whole() {
    let open = Delegation {
        units: Vec::new(),
        service_tasks: None,
        login: Strength::Weak,
        ..delegation()
    };
    let none = Delegation { service_tasks: Some(Vec::new()), ..delegation() };
    for one in [delegation(), open, none] {
        assert_eq!(Delegation::read(&one.detail()), Some(one));
    }
    for line in
        ["granted person:aino role=worker", "delegated", "withdrawn delegation=7 rights=end"]
    {
        assert_eq!(Delegation::read(line), None);
    }
    for ends in [true, false] {
        assert_eq!(Delegation::withdrawn_by(&Delegation::withdrawal(7, ends)), Some((7, ends)));
    }
    for line in ["withdraw", "withdrawn delegation=7", "withdrawn delegation=7 rights=some"] {
        assert_eq!(Delegation::withdrawn_by(line), None);
    }
}

/// JOI-3, JOI-2, RUR-7: parallel joining is a private producer's, in the system of a public controller outside whose
/// hierarchy it stands, while it is in the register.
#[test]
fn a_private_producer_joins_in_parallel_with_a_public_organiser() {
    use OrganisationKind::{Private, Public};
    const CHAIN: &str = "1.2.246.10.5";
    const DAUGHTER: &str = "1.2.246.10.6";
    let organisation = |text: &str, kind: OrganisationKind, parent: Option<&str>| Organisation {
        oid: oid(text),
        names: Names { fi: text.to_owned(), sv: None },
        kind,
        parent: parent.map(oid),
        validity: days("2023-01-01", "2026-12-31"),
        nodes: Vec::new(),
        controller: true,
        sector: Sector::SocialWelfare,
        wide_register_use: false,
        disclosure: None,
        keeps_wills: false,
    };
    let no_controller = Organisation { controller: false, ..organisation(NEIGHBOUR, Public, None) };
    let entries = RegisterEntries {
        organisations: vec![
            organisation(COUNTY, Public, None),
            no_controller,
            organisation(PRODUCER, Private, None),
            organisation(OTHER_PRODUCER, Public, None),
            organisation(CHAIN, Private, None),
            organisation(DAUGHTER, Private, Some(CHAIN)),
        ],
        ..RegisterEntries::default()
    };
    let registers = Registers::new(entries).unwrap();
    let today = day("2026-03-01");
    let faults = |organiser: &str, producer: &str, today: FinnishDay| {
        told(producer_faults(&registers, (&oid(organiser), &oid(producer)), "producer", today))
    };
    let refused = |code: &'static str| vec![(code, "producer".to_owned())];
    for (organiser, producer, expected) in [
        (COUNTY, PRODUCER, vec![]),
        (COUNTY, DAUGHTER, vec![]),
        // No public controller, no private producer, and one line.
        (NEIGHBOUR, PRODUCER, refused("no-parallel-joining")),
        (CHAIN, PRODUCER, refused("no-parallel-joining")),
        (COUNTY, OTHER_PRODUCER, refused("no-parallel-joining")),
        (COUNTY, COUNTY, refused("no-parallel-joining")),
        (CHAIN, DAUGHTER, refused("no-parallel-joining")),
        (COUNTY, "1.2.246.10.9", refused("unknown-organisation")),
    ] {
        assert_eq!(faults(organiser, producer, today), expected, "{organiser} {producer}");
    }
    assert_eq!(faults(COUNTY, PRODUCER, day("2027-01-01")), refused("unknown-organisation"));
}

/// JOI-3: units are named of the producer's own, each other one is told at its place.
#[test]
fn units_are_the_producers_own() {
    let theirs = [oid(HOME), oid(SCHOOL)];
    let faults = |named: &[&str]| {
        let named: Vec<Oid> = named.iter().map(|one| oid(one)).collect();
        told(unit_faults(&named, &theirs, &oid(PRODUCER)))
    };
    assert_eq!(faults(&[]), vec![]);
    assert_eq!(faults(&[SCHOOL, HOME]), vec![]);
    let strange = vec![("wrong-value", "units/1".to_owned())];
    assert_eq!(faults(&[HOME, "1.2.246.10.4.10.1"]), strange);
}
