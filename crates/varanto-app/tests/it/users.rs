//! The register of users: loaded whole by organisation, held against logins, kept with its history.

use serde_json::{Value, json};
use varanto_app::administer::LoadError;
use varanto_app::callers::{PersonFacts, Unknown};
use varanto_app::oversight::{HintQuery, LogQuery};
use varanto_app::users::{Loading, UserQuery};
use varanto_domain::access::log::Event;
use varanto_domain::access::{Purpose, Role, Who};

use crate::oversight::person;
use crate::world::{
    COUNTY, Client, NEIGHBOUR, NEIGHBOURS_UNIT, OPERATING_UNIT, TASK, UNIT, World, client, oid,
};

fn entry(subject: &str, role: Role, units: &[&str]) -> Value {
    json!({"subject": subject, "organisation": COUNTY, "given_names": "Aino", "family_name": "Testi",
        "role": role.code(), "units": units, "first_day": "2026-01-01", "granted_by": "Olli Testi"})
}

/// Loads a file; how many rights it granted, ended, and left.
fn load(world: &World, users: &[Value]) -> Result<[usize; 3], LoadError> {
    let file = json!({ "users": users }).to_string();
    let loaded = world.app.load_users(file.as_bytes(), Loading::default())?;
    Ok([loaded.granted(), loaded.ended(), loaded.kept])
}

fn login(subject: &str, organisation: &str, unit: &str, strong: bool) -> PersonFacts {
    PersonFacts {
        subject: subject.into(),
        registration_number: None,
        role: "worker".into(),
        organisation: oid(organisation),
        unit: Some(oid(unit)),
        duty: None,
        strong,
    }
}

/// The units and the duty that are left of a login, or why it is not taken.
fn taken(world: &World, facts: PersonFacts) -> Result<(usize, Option<usize>), Unknown> {
    let caller = world.app.caller_of_person(facts)?;
    let Who::Person { duty, .. } = &caller.who else { panic!("a person logged in") };
    Ok((caller.units.len(), duty.as_ref().map(Vec::len)))
}

/// ACC-2: without a register the login is taken as it is; with one the narrower counts, in that organisation alone, also once
/// all its rights have ended, and after the archive was opened again.
#[test]
fn logins_are_held_against_the_register_of_their_organisation() {
    let world = World::new();
    let aino = || login("aino", COUNTY, UNIT, true);
    assert_eq!(taken(&world, aino()), Ok((1, None)));
    let mut narrow = entry("aino", Role::Worker, &[UNIT]);
    narrow["service_tasks"] = json!([TASK]);
    load(&world, std::slice::from_ref(&narrow)).unwrap();
    assert_eq!(taken(&world, aino()), Ok((1, Some(1))));
    assert_eq!(taken(&world, login("aino", COUNTY, OPERATING_UNIT, true)), Ok((0, Some(1))));
    assert_eq!(taken(&world, login("olli", COUNTY, UNIT, true)), Err(Unknown::User));
    assert_eq!(taken(&world, login("aino", COUNTY, UNIT, false)), Err(Unknown::WeakUser));
    assert_eq!(taken(&world, login("olli", NEIGHBOUR, NEIGHBOURS_UNIT, true)), Ok((1, None)));
    let archivist = PersonFacts { role: "archivist".into(), ..aino() };
    assert_eq!(taken(&world, archivist), Err(Unknown::User));

    let world = world.reopen();
    assert_eq!(taken(&world, aino()), Ok((1, Some(1))));
    let mut past = narrow;
    past["last_day"] = json!("2026-10-31");
    let kept = load(&world, &[past]).unwrap();
    assert_eq!(kept, [1, 1, 0]);
    assert_eq!(taken(&world, aino()), Err(Unknown::User));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ACC-2: what was granted and ended stays, each with its line; reviewers of the organisation read both, others
/// nothing.
#[test]
fn the_register_keeps_its_history() {
    let world = World::new();
    let officer_entry =
        entry(&format!("data-protection-officer-of-{COUNTY}"), Role::DataProtectionOfficer, &[]);
    let aino = entry("aino", Role::Worker, &[UNIT]);
    load(&world, &[officer_entry.clone(), aino]).unwrap();
    let olli = entry("olli", Role::Worker, &[UNIT]);
    let kept = load(&world, &[officer_entry, olli]).unwrap();
    assert_eq!(kept, [1, 1, 1]);

    let officer = person(&world, Role::DataProtectionOfficer, COUNTY, None);
    let subjects = |query: &UserQuery| {
        let page = world.app.list_users(&officer, query).unwrap();
        let told = page.users.iter().map(|one| (one.right.subject.clone(), one.ended_at.is_some()));
        (told.filter(|(subject, _)| subject.len() < 9).collect::<Vec<_>>(), page.next)
    };
    let now = subjects(&UserQuery::default());
    assert_eq!(now, (vec![("olli".to_owned(), false)], None));
    let history = UserQuery { history: true, limit: 2, ..UserQuery::default() };
    let (first, next) = subjects(&history);
    let (second, end) = subjects(&UserQuery { cursor: next, ..history });
    assert_eq!(first[0], ("olli".to_owned(), false));
    assert!([first, second].concat().contains(&("aino".to_owned(), true)) && end.is_none());

    let lines = LogQuery { event: Some(Event::Users), ..LogQuery::default() };
    let lines = world.app.review_log(&officer, &lines).unwrap().lines;
    let told: Vec<&str> = lines.iter().map(|line| line.detail.as_str()).collect();
    assert_eq!(told[..2], ["granted person:olli role=worker", "ended person:aino role=worker"]);
    let neighbours = person(&world, Role::DataProtectionOfficer, NEIGHBOUR, None);
    assert!(world.app.list_users(&neighbours, &UserQuery::default()).unwrap().users.is_empty());
    let worker = person(&world, Role::Worker, NEIGHBOUR, Some(NEIGHBOURS_UNIT));
    assert!(world.app.list_users(&worker, &UserQuery::default()).is_err());
}

/// ACC-2: a file with a fault changes nothing.
#[test]
fn a_file_of_users_with_faults_is_refused_whole() {
    let world = World::new();
    let mut nowhere = entry("aino", Role::Worker, &[]);
    nowhere["organisation"] = json!("1.2.246.10.77777777");
    let another = entry("aino", Role::Worker, &[NEIGHBOURS_UNIT]);
    let twice = entry("olli", Role::Worker, &[UNIT]);
    let refused = load(&world, &[nowhere, another, twice.clone(), twice]);
    let Err(LoadError::Faults(faults)) = refused else { panic!("{refused:?}") };
    let told: Vec<_> = faults.iter().map(|one| (one.code(), one.element.as_str())).collect();
    let expected = [
        ("unknown-organisation", "users/0/organisation"),
        ("wrong-value", "users/1/units/0"),
        ("duplicate-entry", "users/3"),
    ];
    assert_eq!(told, expected);
    assert_eq!(taken(&world, login("anybody", COUNTY, UNIT, true)), Ok((1, None)));
}

/// LOG-2: by the register of users, looks at oneself, at one's name and at colleagues are hinted at; no identity code of a user is
/// kept readable.
#[test]
fn looks_at_those_who_are_close_are_hinted_at() {
    let world = World::new();
    let [own, relative, colleague, stranger] = [1, 2, 3, 4].map(client);
    let named = |who: &Client, given: &str, family: &str| Client {
        given: given.into(),
        family: family.into(),
        ..who.clone()
    };
    let clients = [
        named(&own, "Aino", "Suvanto"),
        named(&relative, "Eeva", "Suvanto"),
        named(&colleague, "Olli", "Lehto"),
        named(&stranger, "Ilmari", "Metsä"),
    ];
    let worker = person(&world, Role::Worker, COUNTY, Some(UNIT));
    let Who::Person { subject, .. } = &worker.who else { panic!("a person logged in") };
    let mut aino = entry(subject, Role::Worker, &[UNIT]);
    aino["family_name"] = json!("Suvanto");
    aino["identity_code"] = json!(own.code.reveal());
    let mut olli = entry("olli", Role::Worker, &[UNIT]);
    olli["family_name"] = json!("Lehto");
    olli["identity_code"] = json!(colleague.code.reveal());
    let reviewer = format!("data-protection-officer-of-{COUNTY}");
    let officer = entry(&reviewer, Role::DataProtectionOfficer, &[]);
    load(&world, &[aino, olli, officer]).unwrap();
    for who in &clients {
        let note = world.note(&world.open_case(who));
        world.archive(&note);
        world.app.open_content(&worker, &note.id(), None, Purpose::READ).unwrap();
    }
    let officer = person(&world, Role::DataProtectionOfficer, COUNTY, None);
    let found = world.app.hint_at_looks(&officer, &HintQuery::default()).unwrap();
    let mut told: Vec<_> = found.hints.iter().map(|one| one.hint.reason.code()).collect();
    told.sort_unstable();
    assert_eq!(told, ["colleague", "own-documents", "same-surname"]);
    assert!(found.hints.iter().all(|one| one.client.is_some() && one.hint.lines.len() == 1));

    let folder = std::sync::Arc::clone(&world.folder);
    world.app.close();
    for file in ["varanto.db", "varanto.db-wal"] {
        let Ok(bytes) = std::fs::read(folder.path().join(file)) else { continue };
        let code = own.code.reveal().as_bytes();
        assert!(!bytes.windows(code.len()).any(|eleven| eleven == code), "{file}");
    }
}

/// ACC-2: a file of main users touches nobody else, and names nobody else; what it begins is told.
#[test]
fn main_users_are_named_alone() {
    let world = World::new();
    let how = Loading { main_users_alone: true, ..Loading::default() };
    let named = |users: &[Value], how: Loading| {
        let loaded = world.app.load_users(json!({ "users": users }).to_string().as_bytes(), how);
        loaded.map(|one| ([one.granted(), one.ended(), one.kept], one.begins))
    };
    let chief = |subject: &str, number: u16| {
        let mut chief = entry(subject, Role::MainUser, &[]);
        chief["identity_code"] = json!(client(number).code.reveal());
        chief
    };
    let dry_run = Loading { dry_run: true, ..how };
    assert_eq!(named(&[chief("p", 1)], dry_run).unwrap(), ([1, 0, 0], vec![oid(COUNTY)]));
    load(&world, &[entry("aino", Role::Worker, &[UNIT])]).unwrap();
    assert_eq!(named(&[chief("p", 1)], how).unwrap(), ([1, 0, 0], Vec::new()));
    assert_eq!(named(&[chief("q", 2)], how).unwrap(), ([1, 1, 0], Vec::new()));
    assert_eq!(taken(&world, login("aino", COUNTY, UNIT, true)), Ok((1, None)));
    let strange = [chief("q", 2), entry("olli", Role::Worker, &[UNIT])];
    let Err(LoadError::Faults(faults)) = named(&strange, how) else { panic!("it was loaded") };
    let told: Vec<_> = faults.iter().map(|one| (one.code(), one.element.as_str())).collect();
    assert_eq!(told, [("wrong-value", "users/1/role")]);
    assert_eq!(world.damage(), Vec::<String>::new());
}
