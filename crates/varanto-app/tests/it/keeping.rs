//! Main users keep the register of users: an organiser those of the producers that work in its system, and, where it
//! lets them, a producer's own main users the producer's.

use serde_json::json;
use varanto_app::AppError;
use varanto_app::administer::LoadError;
use varanto_app::callers::{PersonFacts, Unknown};
use varanto_app::oversight::{LogQuery, ReviewedLine};
use varanto_app::relationship::NoticeQuery;
use varanto_app::users::{GrantRequest, ListedUser, LoadedUsers, Loading, UserChange, UserQuery};
use varanto_domain::access::keeping::Delegation;
use varanto_domain::access::log::Event;
use varanto_domain::access::users::UserRight;
use varanto_domain::access::{Caller, Purpose, Role, Strength};
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::time::{FinnishDay, Validity};

use crate::access::{code, neighbours_own};
use crate::oversight::officer;
use crate::world::{
    COUNTY, Draft, NEIGHBOUR, NEIGHBOURS_UNIT, PRODUCER, PRODUCERS_OTHER_UNIT, PRODUCERS_UNIT,
    TASK, UNIT, World, ask, client, harm, oid, on_server, serving,
};

/// The county's main user, and one of the neighbours', from the operator's file.
const CHIEF: &str = "chief";
const NEIGHBOURS_CHIEF: &str = "neighbours-chief";

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

fn days(first: &str, last: &str) -> Validity {
    Validity { first: day(first), last: FinnishDay::parse(last) }
}

/// A world whose counties have a main user each, and a client whom the producer serves for the county.
fn world() -> (World, Draft) {
    let world = World::new();
    let entry = |subject: &str, organisation: &str, role: Role| {
        json!({"subject": subject, "organisation": organisation, "given_names": "Päivi",
            "family_name": "Pää", "identity_code": code_of(subject).reveal(), "role": role.code(),
            "first_day": "2026-01-01", "granted_by": "Johto"})
    };
    let officer = format!("data-protection-officer-of-{COUNTY}");
    let users = [
        entry(CHIEF, COUNTY, Role::MainUser),
        entry(&officer, COUNTY, Role::DataProtectionOfficer),
        entry(NEIGHBOURS_CHIEF, NEIGHBOUR, Role::MainUser),
    ];
    world
        .app
        .load_users(json!({ "users": users }).to_string().as_bytes(), Loading::default())
        .unwrap();
    let who = client(1);
    let relationship =
        world.relationship(&who).served_by(vec![serving(PRODUCERS_UNIT, "2026-01-01", "")]);
    let dossier = world.open_case_under(&relationship, &who);
    let note = world.note(&dossier);
    world.archive(&note);
    world.know(&who);
    (world, note)
}

fn login(
    world: &World,
    subject: &str,
    role: Role,
    organisation: &str,
    unit: Option<&str>,
) -> Result<Caller, Unknown> {
    world.app.caller_of_person(PersonFacts {
        subject: subject.into(),
        registration_number: None,
        role: role.code().into(),
        organisation: oid(organisation),
        unit: unit.map(oid),
        duty: None,
        strong: true,
    })
}

fn main_user(world: &World, subject: &str, organisation: &str) -> Caller {
    login(world, subject, Role::MainUser, organisation, None).unwrap()
}

/// What a look of the producer's worker at the note is answered, or why the login is not taken.
fn look(world: &World, subject: &str, note: &Draft) -> &'static str {
    match login(world, subject, Role::ProducerWorker, PRODUCER, Some(PRODUCERS_UNIT)) {
        Ok(caller) => code(world.app.open_document(&caller, &note.id(), Purpose::READ)),
        Err(why) => why.code(),
    }
}

/// Everybody's own identity code, by the subject of their logins.
fn code_of(subject: &str) -> PersonalIdentityCode {
    let known = [CHIEF, NEIGHBOURS_CHIEF, "boss", "aino", "eeva", "olli", "liisa", "x"];
    let place = (20..).zip(known).find(|(_, one)| *one == subject);
    client(place.map_or(19, |(number, _)| number)).code
}

/// A right of a producer's worker in the county's register until the end of the year.
fn right(subject: &str) -> GrantRequest {
    let right = UserRight {
        subject: subject.into(),
        organisation: oid(PRODUCER),
        organiser: Some(oid(COUNTY)),
        given_names: "Aino".into(),
        family_name: "Testi".into(),
        role: Role::ProducerWorker,
        units: vec![oid(PRODUCERS_UNIT)],
        service_tasks: Some(vec![TASK.into()]),
        login: Strength::Strong,
        validity: days("2026-11-01", "2026-12-31"),
        granted_by: String::new(),
    };
    GrantRequest { right, person: Some(code_of(subject)), delegation: None }
}

fn delegation() -> Delegation {
    Delegation {
        organiser: oid(COUNTY),
        producer: oid(PRODUCER),
        units: vec![oid(PRODUCERS_UNIT)],
        service_tasks: Some(vec![TASK.into()]),
        login: Strength::Strong,
        validity: days("2026-11-01", "2026-12-31"),
    }
}

/// The producer's main user, named by the county for a delegation.
fn named(subject: &str, delegation: i64) -> GrantRequest {
    let GrantRequest { right, person, .. } = right(subject);
    let right = UserRight { role: Role::MainUser, units: Vec::new(), service_tasks: None, ..right };
    GrantRequest { right, person, delegation: Some(delegation) }
}

/// Lets the producer's Boss keep its users; answers the delegation's number.
fn delegate(world: &World) -> i64 {
    let chief = main_user(world, CHIEF, COUNTY);
    let number = world.app.delegate_users(&chief, &delegation()).unwrap().id;
    world.app.grant_user(&chief, &named("boss", number)).unwrap();
    number
}

/// The county's main user in the operator's file.
fn chief_entry() -> serde_json::Value {
    json!({"subject": CHIEF, "organisation": COUNTY, "given_names": "Päivi", "family_name": "Pää",
        "identity_code": code_of(CHIEF).reveal(), "role": "main-user", "first_day": "2026-01-01",
        "granted_by": "Johto"})
}

/// Puts in the place of each right in a closed archive the same without an identity code, as it was loaded once.
fn forget_codes(folder: &std::path::Path, clock: std::sync::Arc<crate::world::SetClock>) {
    use varanto_domain::access::Basis;
    use varanto_domain::access::log::{Actor, LogLine, Outcome};
    use varanto_store::{KeyRing, NewUserRight, OPERATOR, Store, StoreError, StoreOptions};

    let options = crate::world::options(folder);
    let ring = KeyRing::open(&options.key_folder).unwrap();
    let of_store = StoreOptions::of_origin(&options.origin);
    let now = varanto_domain::time::Clock::now(&*clock);
    let store = Store::open(&options.folder, ring, &of_store, clock).unwrap();
    let turn = move |tx: &mut varanto_store::WriteTx<'_>| {
        for row in tx.list_all_user_rights()? {
            let line = |what: &str| LogLine {
                at: now,
                event: Event::Users,
                outcome: Outcome::Permitted(Basis::Operation),
                actor: Actor {
                    name: OPERATOR.into(),
                    organisation: Some(row.organisation.to_string()),
                    detail: None,
                },
                client: None,
                version: None,
                detail: what.to_owned(),
            };
            let ended = tx.log(&line("ended"))?;
            tx.end_user_right(row.key, ended.number, now)?;
            let granted = tx.log(&line("granted"))?;
            let new = NewUserRight {
                organisation: &row.organisation,
                organiser: None,
                delegation: None,
                right: &row.right,
                lookup: None,
            };
            tx.insert_user_right(&new, granted.number, now)?;
        }
        Ok(())
    };
    store.write::<_, StoreError>(turn).unwrap();
    store.close();
}

/// The identifier of a user's right in force.
fn subjects_with_keys(world: &World, caller: &Caller, subject: &str) -> String {
    let users = world.app.list_users(caller, &UserQuery::default()).unwrap().users;
    users.into_iter().find(|one| one.right.subject == subject).unwrap().id
}

/// Users whom main users keep: under a delegation that lasts, and under one that was withdrawn.
pub(crate) fn kept_by_main_users(world: &World) {
    let file = json!({"users": [chief_entry()]}).to_string();
    world.app.load_users(file.as_bytes(), Loading::default()).unwrap();
    let chief = main_user(world, CHIEF, COUNTY);
    for ends in [true, false] {
        let number = delegate(world);
        let boss = main_user(world, "boss", PRODUCER);
        let aino = world.app.grant_user(&boss, &right("aino")).unwrap();
        world.app.change_user(&boss, &aino.id, &right("aino")).unwrap();
        if ends {
            world.app.withdraw_delegation(&chief, &number.to_string(), true).unwrap();
        }
    }
}

fn faults<T: std::fmt::Debug>(answer: Result<T, AppError>) -> Vec<(&'static str, String)> {
    match answer {
        Err(AppError::Refused(faults)) => {
            faults.into_iter().map(|fault| (fault.code(), fault.element)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn subjects(world: &World, caller: &Caller, history: bool) -> Vec<(String, bool)> {
    let query = UserQuery { history, ..UserQuery::default() };
    let page = world.app.list_users(caller, &query).unwrap();
    let told = |one: ListedUser| (one.right.subject, one.ended_at.is_some());
    page.users.into_iter().map(told).collect()
}

/// JOI-3: once the county keeps a producer's users, its rights alone count in its register, from the next request on: granted,
/// changed, ended; and after the archive was opened again.
#[test]
fn a_right_of_the_organisers_counts_from_the_next_request_on() {
    let (world, note) = world();
    // Nobody keeps the producer's users yet: the login alone is taken.
    assert_eq!(look(&world, "olli", &note), "yes");
    let chief = main_user(&world, CHIEF, COUNTY);
    let aino = world.app.grant_user(&chief, &right("aino")).unwrap();
    assert_eq!(
        (look(&world, "aino", &note), look(&world, "olli", &note)),
        ("yes", "no-user-right-here")
    );
    let again = world.app.grant_user(&chief, &right("aino")).unwrap();
    assert_eq!(again.id, aino.id);
    world.app.grant_user(&chief, &right("eeva")).unwrap();

    let mut elsewhere = right("aino");
    elsewhere.right.service_tasks = Some(vec!["10".into()]);
    let changed = world.app.change_user(&chief, &aino.id, &elsewhere).unwrap();
    assert_eq!(look(&world, "aino", &note), "outside-duty");
    elsewhere.right.units = vec![oid(PRODUCERS_OTHER_UNIT)];
    let changed = world.app.change_user(&chief, &changed.id, &elsewhere).unwrap();
    assert_eq!(look(&world, "aino", &note), "another-register");
    let back = world.app.change_user(&chief, &changed.id, &right("aino")).unwrap();
    let world = world.reopen();
    assert_eq!(look(&world, "aino", &note), "yes");
    let chief = main_user(&world, CHIEF, COUNTY);
    assert!(world.app.end_user(&chief, &back.id).unwrap().ended_at.is_some());
    assert_eq!(look(&world, "aino", &note), "no-user-right-here");
    let told: Vec<bool> = subjects(&world, &chief, true)
        .into_iter()
        .filter(|one| one.0 == "aino")
        .map(|one| one.1)
        .collect();
    assert_eq!(told, [true; 4]);
    let shown = world.app.show_user(&chief, &back.id).unwrap();
    assert_eq!((shown.right.granted_by.as_str(), shown.ended_at.is_some()), ("Päivi Pää", true));
    let ended = [("ended-already", "user".to_owned())];
    assert_eq!(faults(world.app.end_user(&chief, &back.id)), ended);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// JOI-3: what the county keeps counts in its register alone; the neighbours' clients, and the notices about them, are told to
/// the producer's people as the producer itself has it.
#[test]
fn a_right_of_one_county_opens_nothing_of_another() {
    let (world, note) = world();
    let other = client(2);
    let bought = vec![serving(PRODUCERS_UNIT, "2026-01-01", "")];
    let relationship = neighbours_own(&world, world.relationship(&other).served_by(bought));
    world.know(&other);
    let document = relationship.id();
    let read = |subject: &str, unit: &str| {
        let caller = login(&world, subject, Role::ProducerWorker, PRODUCER, Some(unit)).unwrap();
        let told = world.app.list_notices(&caller, NoticeQuery::default()).unwrap().notices.len();
        (code(world.app.open_document(&caller, &document, Purpose::READ)), told)
    };
    assert_eq!(read("aino", PRODUCERS_UNIT), ("yes", 2));
    // The producer keeps a register itself, in which Olli is: Aino has a right of the county's alone.
    let olli = json!({"subject": "olli", "organisation": PRODUCER, "given_names": "Olli", "family_name": "Testi",
        "role": "producer-worker", "first_day": "2026-01-01", "granted_by": "Johto"});
    world
        .app
        .load_users(json!({"users": [olli]}).to_string().as_bytes(), Loading::default())
        .unwrap();
    let chief = main_user(&world, CHIEF, COUNTY);
    world.app.grant_user(&chief, &right("aino")).unwrap();
    assert_eq!(read("aino", PRODUCERS_UNIT), ("no-user-right-here", 1));
    assert_eq!(read("olli", PRODUCERS_UNIT), ("yes", 1));
    assert_eq!(
        (look(&world, "aino", &note), look(&world, "olli", &note)),
        ("yes", "no-user-right-here")
    );
    // The operator's file of the producer leaves the county's rights as they are.
    let kept = world
        .app
        .load_users(json!({"users": [olli]}).to_string().as_bytes(), Loading::default())
        .unwrap();
    assert_eq!((kept.kept, kept.ended()), (1, 0));
    assert_eq!(look(&world, "aino", &note), "yes");
}

/// JOI-3: the county's main user lets the producer's keep its users; that one grants, changes and ends within the
/// delegation, and every fault of what goes beyond it is told at once.
#[test]
fn a_delegated_main_user_keeps_the_producers_users_within_the_delegation() {
    let (world, note) = world();
    delegate(&world);
    let boss = main_user(&world, "boss", PRODUCER);
    let aino = world.app.grant_user(&boss, &right("aino")).unwrap();
    assert!(aino.delegation.is_some());
    assert_eq!(look(&world, "aino", &note), "yes");
    let mut wide = right("boss");
    wide.right = UserRight {
        units: vec![oid(PRODUCERS_OTHER_UNIT), oid(UNIT)],
        service_tasks: Some(vec!["10".into()]),
        login: Strength::Weak,
        role: Role::MainUser,
        validity: days("2026-11-01", "2027-01-01"),
        ..wide.right
    };
    let told = faults(world.app.grant_user(&boss, &wide));
    let expected = [
        ("own-user-right", "subject"),
        ("wrong-value", "role"),
        ("beyond-delegation", "units/0"),
        ("beyond-delegation", "units/1"),
        ("beyond-delegation", "service_tasks/0"),
        ("beyond-delegation", "login"),
        ("beyond-delegation", "last_day"),
        ("wrong-value", "units/1"),
        ("no-register-use", "service_tasks/0"),
    ];
    assert_eq!(told, expected.map(|(code, at)| (code, at.to_owned())));
    let mut another = right("aino");
    another.right.subject = "eeva".into();
    another.right.validity = days("2026-11-01", "2026-10-01");
    let told = faults(world.app.change_user(&boss, &aino.id, &another));
    let expected = [
        ("wrong-value", "subject"),
        ("beyond-delegation", "last_day"),
        ("wrong-value", "last_day"),
    ];
    assert_eq!(told, expected.map(|(code, at)| (code, at.to_owned())));
    assert_eq!(look(&world, "aino", &note), "yes");
    let chief = main_user(&world, CHIEF, COUNTY);
    world.app.grant_user(&chief, &right("eeva")).unwrap();
    world.app.end_user(&boss, &aino.id).unwrap();
    assert_eq!(look(&world, "aino", &note), "no-user-right-here");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// JOI-3: a producer's people are shut out of the county's register by a worker's right that is in force: not by a main
/// user's, not before its first day, and not by a slip; and from then on for good.
#[test]
fn a_register_of_users_begins_with_a_workers_right_in_force() {
    let (world, note) = world();
    delegate(&world);
    assert_eq!(look(&world, "olli", &note), "yes");
    let chief = main_user(&world, CHIEF, COUNTY);
    let slip = world.app.grant_user(&chief, &right("aino")).unwrap();
    assert_eq!(look(&world, "olli", &note), "no-user-right-here");
    world.app.end_user(&chief, &slip.id).unwrap();
    assert_eq!(look(&world, "olli", &note), "yes");
    let mut later = right("aino");
    later.right.validity = days("2026-11-10", "2026-12-31");
    let aino = world.app.grant_user(&chief, &later).unwrap();
    assert_eq!((look(&world, "aino", &note), look(&world, "olli", &note)), ("yes", "yes"));
    world.clock.set("2026-11-10T12:00:00+02:00");
    world.know(&client(1));
    let world = world.reopen();
    assert_eq!(
        (look(&world, "aino", &note), look(&world, "olli", &note)),
        ("yes", "no-user-right-here")
    );
    world.clock.set("2026-11-11T12:00:00+02:00");
    let chief = main_user(&world, CHIEF, COUNTY);
    world.app.end_user(&chief, &aino.id).unwrap();
    assert_eq!(
        (look(&world, "aino", &note), look(&world, "olli", &note)),
        ("no-user-right-here", "no-user-right-here")
    );
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// JOI-3: a main user grants nothing to themself under another login: who somebody is, is told of everybody, a change keeps
/// it, and it is never another's.
#[test]
fn nobody_grants_a_right_to_themself_under_another_login() {
    let (world, _) = world();
    let chief = main_user(&world, CHIEF, COUNTY);
    let other_login = GrantRequest { person: Some(code_of(CHIEF)), ..right("second-login") };
    let told = faults(world.app.grant_user(&chief, &other_login));
    assert_eq!(told, [("own-user-right", "identity_code".to_owned())]);
    let unknown = || GrantRequest { person: None, ..right("second-login") };
    let told = faults(world.app.grant_user(&chief, &unknown()));
    assert_eq!(told, [("missing-element", "identity_code".to_owned())]);
    let own = GrantRequest {
        right: UserRight {
            organisation: oid(COUNTY),
            organiser: None,
            role: Role::Worker,
            units: Vec::new(),
            ..unknown().right
        },
        ..unknown()
    };
    let told = faults(world.app.grant_user(&chief, &own));
    assert_eq!(told, [("missing-element", "identity_code".to_owned())]);

    let mut request = right("aino");
    let aino = world.app.grant_user(&chief, &request).unwrap();
    assert!(aino.identity_code_known);
    request.person = Some(code_of("eeva"));
    let told = faults(world.app.change_user(&chief, &aino.id, &request));
    assert_eq!(told, [("wrong-value", "identity_code".to_owned())]);
    request.person = None;
    request.right.service_tasks = None;
    let changed = world.app.change_user(&chief, &aino.id, &request).unwrap();
    assert!(changed.identity_code_known && changed.id != aino.id);
    request.person = Some(code_of("aino"));
    assert_eq!(world.app.grant_user(&chief, &request).unwrap().id, changed.id);

    // Of the operator's main users it is known, too: told, or known before.
    let without = |subject: &str| {
        json!({"subject": subject, "organisation": COUNTY, "given_names": "Päivi",
        "family_name": "Pää", "role": "main-user", "first_day": "2026-01-01", "granted_by": "Johto"})
    };
    let load = |users: &[serde_json::Value]| {
        let file = json!({ "users": users }).to_string();
        world
            .app
            .load_users(file.as_bytes(), Loading { main_users_alone: true, ..Loading::default() })
    };
    assert_eq!(load(&[without(CHIEF)]).unwrap().kept, 1);
    match load(&[without(CHIEF), without("boss")]) {
        Err(LoadError::Faults(faults)) => {
            let told: Vec<_> = faults.iter().map(|one| (one.code(), &*one.element)).collect();
            assert_eq!(told, [("missing-element", "users/1/identity_code")]);
        }
        other => panic!("{other:?}"),
    }
}

/// JOI-3: who keeps users by two delegations ends and changes what either of them reaches.
#[test]
fn a_leaver_is_put_out_by_whichever_delegation_reaches() {
    let (world, note) = world();
    let chief = main_user(&world, CHIEF, COUNTY);
    for unit in [PRODUCERS_OTHER_UNIT, PRODUCERS_UNIT, PRODUCERS_OTHER_UNIT] {
        let said = Delegation { units: vec![oid(unit)], ..delegation() };
        let number = world.app.delegate_users(&chief, &said).unwrap().id;
        world.app.grant_user(&chief, &named("boss", number)).unwrap();
    }
    let boss = main_user(&world, "boss", PRODUCER);
    let aino = world.app.grant_user(&boss, &right("aino")).unwrap();
    let mut shorter = right("aino");
    shorter.right.validity = days("2026-11-01", "2026-11-30");
    let aino = world.app.change_user(&boss, &aino.id, &shorter).unwrap();
    assert_eq!(look(&world, "aino", &note), "yes");
    world.app.grant_user(&chief, &right("eeva")).unwrap();
    world.app.end_user(&boss, &aino.id).unwrap();
    assert_eq!(look(&world, "aino", &note), "no-user-right-here");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// JOI-3, ACC-2: a delegated main user keeps nobody else's users: neither the organiser's workers nor another county's nor
/// those whom the producer keeps itself; sees no client; and delegates nothing.
#[test]
fn a_delegated_main_user_keeps_nobody_elses_users() {
    let (world, note) = world();
    delegate(&world);
    let boss = main_user(&world, "boss", PRODUCER);
    let of = |organisation: &str, organiser: Option<&str>| {
        let mut request = right("aino");
        request.right.organisation = oid(organisation);
        request.right.organiser = organiser.map(oid);
        code(world.app.grant_user(&boss, &request))
    };
    let strange = "another-keepers-users";
    assert_eq!(of(COUNTY, None), strange);
    assert_eq!(of(PRODUCER, None), strange);
    assert_eq!(of(PRODUCER, Some(NEIGHBOUR)), strange);
    assert_eq!(of(NEIGHBOUR, Some(COUNTY)), strange);
    assert_eq!(code(world.app.open_document(&boss, &note.id(), Purpose::READ)), "not-certified");
    assert_eq!(code(world.app.delegate_users(&boss, &delegation())), strange);
    assert_eq!(code(world.app.review_log(&boss, &LogQuery::default())), "role-does-not-fit");
    let chief = main_user(&world, CHIEF, COUNTY);
    let county = &world.app.list_users(&chief, &UserQuery::default()).unwrap().users;
    let others = county.iter().filter(|one| one.right.organisation == oid(COUNTY));
    for one in others {
        assert_eq!(code(world.app.end_user(&boss, &one.id)), "not-found");
        assert_eq!(code(world.app.show_user(&boss, &one.id)), "not-found");
        assert_eq!(code(world.app.change_user(&boss, &one.id, &right("aino"))), "not-found");
    }
    let own = county.iter().find(|one| one.right.subject == "boss").unwrap();
    assert_eq!(code(world.app.end_user(&boss, &own.id)), "own-user-right");
    assert_eq!(subjects(&world, &boss, true), [("boss".to_owned(), false)]);
    // Without a strong login a main user keeps nothing.
    let weak = world.app.caller_of_person(PersonFacts {
        subject: "boss".into(),
        registration_number: None,
        role: "main-user".into(),
        organisation: oid(PRODUCER),
        unit: None,
        duty: None,
        strong: false,
    });
    assert_eq!(weak.unwrap_err(), Unknown::WeakUser);
}

/// JOI-3: joint joiners and counties stay separate: a county's main user keeps and sees its own producers' users, and
/// lets nobody in who is no private producer outside its hierarchy.
#[test]
fn the_users_of_two_counties_stay_separate() {
    let (world, _) = world();
    let number = delegate(&world);
    let (chief, other) =
        (main_user(&world, CHIEF, COUNTY), main_user(&world, NEIGHBOURS_CHIEF, NEIGHBOUR));
    let aino = world.app.grant_user(&chief, &right("aino")).unwrap();
    assert_eq!(code(world.app.grant_user(&other, &right("eeva"))), "another-keepers-users");
    for answer in [world.app.end_user(&other, &aino.id), world.app.show_user(&other, &aino.id)] {
        assert_eq!(code(answer), "not-found");
    }
    assert_eq!(subjects(&world, &other, true), [(NEIGHBOURS_CHIEF.to_owned(), false)]);
    assert_eq!(code(world.app.withdraw_delegation(&other, &number.to_string(), true)), "not-found");
    let listed = |caller: &Caller| {
        let query = UserQuery { history: true, ..UserQuery::default() };
        world.app.list_delegations(caller, &query).unwrap().delegations.len()
    };
    let boss = main_user(&world, "boss", PRODUCER);
    assert_eq!([&chief, &officer(&world), &boss, &other].map(listed), [1, 1, 1, 0]);
    // A main user of the neighbours' producer hangs on no delegation of the county's.
    let mut strange = named("eeva", number);
    strange.right.organiser = Some(oid(NEIGHBOUR));
    let told = faults(world.app.grant_user(&other, &strange));
    assert_eq!(told, [("no-delegation", "delegation".to_owned())]);
    let to = |producer: &str, units: &[&str], last: &str| {
        let units = units.iter().map(|unit| oid(unit)).collect();
        let validity = days("2026-11-01", last);
        let said = Delegation { producer: oid(producer), units, validity, ..delegation() };
        faults(world.app.delegate_users(&chief, &said))
    };
    let expected = [
        ("no-parallel-joining", "producer"),
        ("wrong-value", "units/0"),
        ("wrong-value", "last_day"),
    ];
    let told = to(NEIGHBOUR, &[UNIT], "2026-11-01");
    assert_eq!(told, expected.map(|(code, at)| (code, at.to_owned())));
    assert_eq!(to(NEIGHBOUR, &[NEIGHBOURS_UNIT], "2026-12-31")[0].0, "no-parallel-joining");
    assert_eq!(to("1.2.246.10.77777777", &[], "2026-12-31")[0].0, "unknown-organisation");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// JOI-3: a delegation ends at once when it is withdrawn, and with it who was named for it; what was granted under it
/// ends too, or stays the county's to keep, as the county says.
#[test]
fn a_withdrawn_delegation_ends_at_once() {
    for ends_rights in [true, false] {
        let (world, note) = world();
        let number = delegate(&world);
        let boss = main_user(&world, "boss", PRODUCER);
        let aino = world.app.grant_user(&boss, &right("aino")).unwrap();
        let chief = main_user(&world, CHIEF, COUNTY);
        world.app.grant_user(&chief, &right("eeva")).unwrap();
        let done = world.app.withdraw_delegation(&chief, &number.to_string(), ends_rights).unwrap();
        assert_eq!(done.ended, 1 + usize::from(ends_rights));
        assert!(done.delegation.withdrawn_at.is_some());
        // The caller of a request that began before keeps nothing any more, either.
        assert_eq!(code(world.app.grant_user(&boss, &right("olli"))), "role-does-not-fit");
        let login = login(&world, "boss", Role::MainUser, PRODUCER, None);
        assert_eq!(login.unwrap_err(), Unknown::User);
        let expected = if ends_rights { "no-user-right-here" } else { "yes" };
        assert_eq!((look(&world, "aino", &note), look(&world, "eeva", &note)), (expected, "yes"));
        if !ends_rights {
            world.app.end_user(&chief, &aino.id).unwrap();
            assert_eq!(look(&world, "aino", &note), "no-user-right-here");
        }
        let again = world.app.withdraw_delegation(&chief, &number.to_string(), true);
        assert_eq!(faults(again), [("ended-already", "delegation".to_owned())]);
        assert_eq!(world.damage(), Vec::<String>::new());
    }
}

/// JOI-3: a changed right hangs on what it hung on, whoever changes it: what was granted under a delegation ends with
/// it, and what the county granted does not.
#[test]
fn a_changed_right_hangs_on_what_it_hung_on() {
    let (world, note) = world();
    let number = delegate(&world);
    let (boss, chief) = (main_user(&world, "boss", PRODUCER), main_user(&world, CHIEF, COUNTY));
    let under = GrantRequest { delegation: Some(number), ..right("aino") };
    let told = faults(world.app.grant_user(&chief, &under));
    assert_eq!(told, [("forbidden-element", "delegation".to_owned())]);
    let aino = world.app.grant_user(&boss, &right("aino")).unwrap();
    let eeva = world.app.grant_user(&chief, &right("eeva")).unwrap();
    let changed = |subject: &str, last: &str| {
        let mut request = right(subject);
        request.right.validity = days("2026-11-01", last);
        request
    };
    let told = faults(world.app.change_user(&chief, &aino.id, &changed("aino", "2027-01-31")));
    assert_eq!(told, [("beyond-delegation", "last_day".to_owned())]);
    let aino = world.app.change_user(&chief, &aino.id, &changed("aino", "2026-12-01")).unwrap();
    let eeva = world.app.change_user(&boss, &eeva.id, &changed("eeva", "2026-12-01")).unwrap();
    assert_eq!((aino.delegation, eeva.delegation), (Some(number), None));
    assert_eq!((look(&world, "aino", &note), look(&world, "eeva", &note)), ("yes", "yes"));
    world.app.withdraw_delegation(&chief, &number.to_string(), true).unwrap();
    let expected = ("no-user-right-here", "yes");
    assert_eq!((look(&world, "aino", &note), look(&world, "eeva", &note)), expected);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// JOI-3: nothing of a delegation outlasts its last day: neither the main user nor what was granted under it.
#[test]
fn nothing_of_a_delegation_outlasts_its_last_day() {
    let (world, note) = world();
    delegate(&world);
    let boss = main_user(&world, "boss", PRODUCER);
    world.app.grant_user(&boss, &right("aino")).unwrap();
    world.clock.set("2026-12-31T12:00:00+02:00");
    world.know(&client(1));
    assert_eq!(look(&world, "aino", &note), "yes");
    assert!(login(&world, "boss", Role::MainUser, PRODUCER, None).is_ok());
    world.clock.set("2027-01-01T12:00:00+02:00");
    assert_eq!(look(&world, "aino", &note), "no-user-right-here");
    let login = login(&world, "boss", Role::MainUser, PRODUCER, None);
    assert_eq!(login.unwrap_err(), Unknown::User);
    assert_eq!(code(world.app.grant_user(&boss, &right("olli"))), "role-does-not-fit");
}

/// ACC-2, JOI-3: a main user keeps the workers of the own organisation, and neither the own rights nor those of main
/// users; who they are is the operator's file to say, and no login alone.
#[test]
fn a_main_user_keeps_the_own_organisations_users() {
    let (world, note) = world();
    let chief = main_user(&world, CHIEF, COUNTY);
    let own = |subject: &str, role: Role| {
        let GrantRequest { right, person, .. } = right(subject);
        let units = vec![oid(UNIT)];
        let right = UserRight { organisation: oid(COUNTY), organiser: None, role, units, ..right };
        GrantRequest { right, person, delegation: None }
    };
    let worker = |world: &World| {
        let worker = login(world, "liisa", Role::Worker, COUNTY, Some(UNIT));
        worker.map(|caller| code(world.app.open_document(&caller, &note.id(), Purpose::READ)))
    };
    assert_eq!(worker(&world), Err(Unknown::User));
    let liisa = world.app.grant_user(&chief, &own("liisa", Role::Worker)).unwrap();
    assert_eq!(worker(&world), Ok("yes"));
    world.app.end_user(&chief, &liisa.id).unwrap();
    assert_eq!(worker(&world), Err(Unknown::User));
    let told = |answer| faults(answer)[0].clone();
    let another = world.app.grant_user(&chief, &own("liisa", Role::MainUser));
    assert_eq!(told(another), ("wrong-value", "role".to_owned()));
    let mine = world.app.grant_user(&chief, &own(CHIEF, Role::Worker));
    assert_eq!(told(mine), ("own-user-right", "subject".to_owned()));
    let claims = login(&world, "liisa", Role::MainUser, COUNTY, None);
    assert_eq!(claims.unwrap_err(), Unknown::User);
    let unregistered = login(&world, "liisa", Role::MainUser, PRODUCER, None);
    assert_eq!(unregistered.unwrap_err(), Unknown::User);
    let worker = crate::access::worker(&world, "1.2.246.10.90000004", "1.2.246.10.90000004");
    assert_eq!(code(world.app.grant_user(&worker, &own("x", Role::Worker))), "role-does-not-fit");
}

/// ACC-4, JOI-3, LOG-1: who may open a document tells of a producer's people from whom they have their rights; each act of a
/// main user is a line with who acted, and the county's officer reads what was granted by whom.
#[test]
fn it_is_told_from_whom_a_right_came() {
    let (world, note) = world();
    delegate(&world);
    let boss = main_user(&world, "boss", PRODUCER);
    world.app.grant_user(&boss, &right("aino")).unwrap();
    let own = GrantRequest { person: Some(code_of("boss")), ..right("second-login") };
    assert_eq!(code(world.app.grant_user(&boss, &own)), "own-user-right");
    let mut countys = right("aino");
    countys.right = UserRight { organisation: oid(COUNTY), organiser: None, ..countys.right };
    assert_eq!(code(world.app.grant_user(&boss, &countys)), "another-keepers-users");
    let list = world.app.list_access(&world.county(), &note.id(), Purpose::READ).unwrap();
    let kept: Vec<String> = list
        .onlookers
        .iter()
        .filter_map(|one| Some((one.organisation.to_string(), one.users_kept_by.clone()?)))
        .map(|(organisation, by)| format!("{organisation} by {by}"))
        .collect();
    assert_eq!(kept, [format!("{PRODUCER} by {COUNTY}")]);
    let officer = officer(&world);
    let query = UserQuery { organisation: Some(oid(PRODUCER)), ..UserQuery::default() };
    let page = world.app.list_users(&officer, &query).unwrap().users;
    let told: Vec<_> = page
        .iter()
        .map(|one| (one.right.subject.as_str(), one.right.granted_by.as_str()))
        .collect();
    assert_eq!(told, [("aino", "Aino Testi"), ("boss", "Päivi Pää")]);
    let lines = LogQuery { event: Some(Event::Users), ..LogQuery::default() };
    let lines = world.app.review_log(&officer, &lines).unwrap().lines;
    let told = |actor: &str| -> Vec<String> {
        let theirs = lines.iter().filter(|line| line.actor == format!("person:{actor}"));
        let words = |line: &ReviewedLine| {
            let words: Vec<&str> = line.detail.split(' ').take(2).collect();
            format!("{} {}", line.reason, words.join(" "))
        };
        theirs.map(words).collect()
    };
    let expected = [
        "keeps-users granted person:boss".to_owned(),
        format!("keeps-users delegated organiser={COUNTY}"),
    ];
    assert_eq!(told(CHIEF), expected);
    // Who was let into the county's register by the producer's main user, and what that one was refused.
    let expected = [
        format!("another-keepers-users grant organisation={COUNTY}"),
        format!("own-user-right grant organisation={PRODUCER}"),
        "keeps-users granted person:aino".to_owned(),
    ];
    assert_eq!(told("boss"), expected);
}

/// JOI-3: a main user who was loaded before the identity code was asked for keeps and sees nobody, until the operator
/// loads it.
#[test]
fn a_main_user_whose_identity_code_is_not_known_keeps_nobody() {
    if on_server() {
        return;
    }
    let (world, _) = world();
    let clock = std::sync::Arc::clone(&world.clock);
    let world = world.reopen_after(|folder| forget_codes(folder, clock));
    let chief = main_user(&world, CHIEF, COUNTY);
    let denied = "main-user-without-identity-code";
    assert_eq!(code(world.app.grant_user(&chief, &right("aino"))), denied);
    assert_eq!(code(world.app.delegate_users(&chief, &delegation())), denied);
    assert_eq!(code(world.app.list_users(&chief, &UserQuery::default())), denied);
    let told = json!({"users": [chief_entry()]}).to_string();
    let alone = Loading { main_users_alone: true, ..Loading::default() };
    let loaded = world.app.load_users(told.as_bytes(), alone).unwrap();
    assert_eq!([loaded.granted(), loaded.ended()], [1, 1]);
    world.app.grant_user(&chief, &right("aino")).unwrap();
}

/// ACC-2, JOI-3: the operator's file undoes what main users did only when that is said; a try and a refusal tell each
/// difference and change nothing; what was written out is loaded again without a difference.
#[test]
fn a_file_undoes_what_main_users_did_only_when_that_is_said() {
    let (world, _) = world();
    let chief = main_user(&world, CHIEF, COUNTY);
    let own = |subject: &str| {
        let GrantRequest { right, person, .. } = right(subject);
        let units = vec![oid(UNIT)];
        let (organisation, role) = (oid(COUNTY), Role::Worker);
        let right = UserRight { organisation, organiser: None, role, units, ..right };
        GrantRequest { right, person, delegation: None }
    };
    let load = |file: &str, how: Loading| {
        let told = |loaded: &LoadedUsers| {
            let words = |one: &UserChange| {
                let mark = if one.undoes { " !" } else { "" };
                let what = if one.granted { "+" } else { "-" };
                format!("{what}{}{mark}", one.right.subject)
            };
            loaded.changes.iter().map(words).collect::<Vec<_>>()
        };
        match world.app.load_users(file.as_bytes(), how) {
            Ok(loaded) => (true, told(&loaded)),
            Err(LoadError::Undoes(loaded)) => (false, told(&loaded)),
            Err(other) => panic!("{other:?}"),
        }
    };
    let (plain, dry_run) = (Loading::default(), Loading { dry_run: true, ..Loading::default() });
    world.app.grant_user(&chief, &own("olli")).unwrap();
    let before = world.app.export_users(&[oid(COUNTY)]).unwrap();
    assert!(!before.contains(code_of("olli").reveal()));
    assert_eq!(load(&before, plain), (true, Vec::new()));
    let olli = subjects_with_keys(&world, &chief, "olli");
    world.app.end_user(&chief, &olli).unwrap();
    world.app.grant_user(&chief, &own("liisa")).unwrap();
    let lines = world.contents().log_lines;
    let differences = vec!["-liisa !".to_owned(), "+olli !".to_owned()];
    assert_eq!(load(&before, dry_run), (true, differences.clone()));
    assert_eq!(load(&before, plain), (false, differences.clone()));
    assert_eq!(world.contents().log_lines, lines);
    let now = world.app.export_users(&[]).unwrap();
    assert!(now.contains(NEIGHBOURS_CHIEF) && now.contains("liisa") && !now.contains("olli"));
    assert_eq!(load(&now, plain), (true, Vec::new()));
    let overrule = Loading { overrule: true, ..plain };
    assert_eq!(load(&before, overrule), (true, differences));
    assert_eq!(load(&before, plain), (true, Vec::new()));
    assert_eq!(world.app.export_users(&[oid(COUNTY)]).unwrap(), before);
    // Liisa's identity code was not in the file; it is known all the same, where a right is changed by it.
    assert_eq!(world.damage(), Vec::<String>::new());
    let world = world.reopen();
    assert_eq!(world.app.export_users(&[oid(COUNTY)]).unwrap(), before);
}

/// JOI-3: a delegated main user sees the users whom the delegation reaches and no others, neither in a list nor by the
/// identifier; the organiser's main user sees all.
#[test]
fn a_delegated_main_user_sees_whom_the_delegation_reaches() {
    let (world, _) = world();
    delegate(&world);
    let (boss, chief) = (main_user(&world, "boss", PRODUCER), main_user(&world, CHIEF, COUNTY));
    let mut elsewhere = right("aino");
    elsewhere.right.units = vec![oid(PRODUCERS_OTHER_UNIT)];
    let elsewhere = world.app.grant_user(&chief, &elsewhere).unwrap();
    let mut anywhere = right("olli");
    (anywhere.right.units, anywhere.right.service_tasks) = (Vec::new(), None);
    let anywhere = world.app.grant_user(&chief, &anywhere).unwrap();
    world.app.grant_user(&chief, &right("eeva")).unwrap();
    let seen = [("eeva".to_owned(), false), ("boss".to_owned(), false)];
    assert_eq!(subjects(&world, &boss, true), seen);
    for one in [&elsewhere, &anywhere] {
        assert_eq!(code(world.app.show_user(&boss, &one.id)), "not-found");
        assert_eq!(code(world.app.end_user(&boss, &one.id)), "not-found");
    }
    assert_eq!(subjects(&world, &chief, false).len(), 6);
}

/// What verification says of a closed world's archive that a statement was run on: before, and after it was made anew;
/// `None` when it does not open.
fn told_after(world: &World, sql: &str) -> Option<[Vec<String>; 2]> {
    let copied = tempfile::tempdir().unwrap();
    crate::world::copy(world.folder.path(), copied.path());
    assert!(harm(copied.path(), sql) > 0, "{sql}");
    let app = crate::world::open(copied.path(), &world.clock).ok()?;
    let verify = || -> Vec<String> {
        let damage = app.verify_store(|_| {}).unwrap().damage;
        damage.iter().map(|one| one.what.clone()).collect()
    };
    let found = verify();
    app.reindex().unwrap();
    let after = verify();
    app.close();
    Some([found, after])
}

const WITHOUT_RIGHT: &str = "who granted or ended it had no right to it at that moment";

/// ARC-15, JOI-3: a right that was ended by who might not end it, that lasts though all that was granted under its
/// delegation ended, or that is put into another organisation's register, is damage.
#[test]
fn a_right_that_did_not_end_as_the_log_tells_is_damage() {
    let (world, _) = world();
    let number = delegate(&world);
    let (boss, chief) = (main_user(&world, "boss", PRODUCER), main_user(&world, CHIEF, COUNTY));
    let near = world.app.grant_user(&chief, &right("eeva")).unwrap().id;
    let mut elsewhere = right("eeva");
    elsewhere.right.units = vec![oid(PRODUCERS_OTHER_UNIT)];
    let far = world.app.grant_user(&chief, &elsewhere).unwrap().id;
    world.app.end_user(&boss, &near).unwrap();
    let aino = world.app.grant_user(&boss, &right("aino")).unwrap().id;
    world.app.withdraw_delegation(&chief, &number.to_string(), true).unwrap();
    assert_eq!(world.damage(), Vec::<String>::new());
    world.app.clone().close();
    let found = |sql: &str| told_after(&world, sql).map(|[found, _]| found).unwrap();
    let end =
        format!("SELECT ended_at || ' ' || ended_line FROM user_right WHERE user_key = {near}");
    let end = ask(world.folder.path(), &end).concat().remove(0);
    let (at, line) = end.split_once(' ').unwrap();
    let moved = format!(
        "UPDATE user_right SET ended_at = CASE user_key WHEN {far} THEN {at} END,
            ended_line = CASE user_key WHEN {far} THEN {line} END WHERE user_key IN ({near}, {far})"
    );
    assert!(found(&moved).iter().any(|what| what == WITHOUT_RIGHT), "{:?}", found(&moved));
    let lasts =
        format!("UPDATE user_right SET ended_at = NULL, ended_line = NULL WHERE user_key = {aino}");
    let outlives = "it outlives its delegation";
    assert!(found(&lasts).iter().any(|what| what == outlives), "{:?}", found(&lasts));
    let strange = format!(
        "UPDATE user_right SET organisation = (SELECT number FROM term WHERE text = '{NEIGHBOUR}')
            WHERE user_key = {far}"
    );
    assert_eq!(told_after(&world, &strange), None);
}

/// ARC-15, JOI-3: whoever granted a right had the right to at that moment, or it is damage: the main user's own right, or
/// the delegation, put later than what was done by it; and a delegation whose row is lost or made up is made anew of the log.
#[test]
fn a_right_that_was_granted_without_right_is_damage() {
    let (world, _) = world();
    let number = delegate(&world);
    let boss = main_user(&world, "boss", PRODUCER);
    world.app.grant_user(&boss, &right("aino")).unwrap();
    world.app.clone().close();
    let told = |sql: &str| told_after(&world, sql).map(|[found, after]| (found, after)).unwrap();
    // A main user's right that was ended before the delegation was given, and before the grants.
    let boss = format!("delegation = {number} AND granted_line = {}", number + 1);
    let ends = "UPDATE user_right SET ended_line = 1, ended_at = granted_at WHERE";
    let (found, _) = told(&format!("{ends} {boss}"));
    assert!(found.iter().any(|what| what == WITHOUT_RIGHT), "{found:?}");
    let chief = format!("{ends} granted_line < {number} AND delegation IS NULL");
    let (found, _) = told(&chief);
    assert!(found.iter().filter(|what| *what == WITHOUT_RIGHT).count() >= 2, "{found:?}");
    for sql in [
        "DELETE FROM delegation",
        "UPDATE delegation SET withdrawn_line = 1, withdrawn_at = 1",
        "UPDATE delegation SET said = replace(said, 'tasks=24', 'tasks=24,10')",
        "INSERT INTO delegation SELECT 1, organiser, producer, said, given_at, NULL, NULL FROM delegation",
    ] {
        let (found, after) = told(sql);
        assert!(found.iter().any(|what| what == "differs from the log"), "{sql}: {found:?}");
        assert_eq!(after, Vec::<String>::new(), "{sql}");
    }
}
