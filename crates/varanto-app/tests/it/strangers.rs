//! Every way to a document asks the same rule, and leaves a line (ACC-2, LOG-1, design D2, D3).

use varanto_app::AppError;
use varanto_app::archive::{DocumentQuery, InvalidationRequest};
use varanto_app::callers::{PersonFacts, TurnedAway, Unknown};
use varanto_domain::access::{Caller, Denial, Purpose};
use varanto_domain::archive::documents::Part;
use varanto_domain::ids::Oid;
use varanto_formats::view::ViewLanguage;

use crate::world::{COUNTY, NEIGHBOUR, System, World, certificate, client, oid};

/// Every look at a document that exists, by name; what it answers.
fn looks(world: &World, caller: &Caller, id: &Oid) -> Vec<(&'static str, Result<(), AppError>)> {
    let app = &world.app;
    let read = Purpose::READ;
    let reason = InvalidationRequest { reason: "1".into(), explanation: None };
    vec![
        ("open", app.open_document(caller, id, read).map(drop)),
        ("open on purpose", app.open_document(caller, id, Purpose::READ_INVALIDATED).map(drop)),
        ("content", app.open_content(caller, id, None, read).map(drop)),
        ("view", app.open_content(caller, id, Some(Part::View), read).map(drop)),
        ("no such part", app.open_content(caller, id, Some(Part::Pdf), read).map(drop)),
        ("page", app.show_document(caller, id, read, ViewLanguage::Finnish).map(drop)),
        ("print", app.print_document(caller, id, read, ViewLanguage::Swedish).map(drop)),
        ("versions", app.list_versions(caller, id, read).map(drop)),
        ("proof", app.prove_document(caller, id, read).map(drop)),
        ("delays", app.archiving_delays(caller, &oid(COUNTY), 10).map(drop)),
        ("invalidate", app.invalidate_document(caller, id, &reason)),
    ]
}

/// ACC-2, LOG-1: another organisation's system, or a producer's, gets nowhere by any way, and each
/// try is logged.
#[test]
fn a_stranger_gets_nowhere_and_every_try_is_logged() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    world.archive(&note);
    for system in [System::Neighbour, System::Producer] {
        let stranger = world.caller(system);
        let before = world.contents();
        let looked = looks(&world, &stranger, &note.id());
        for (way, answer) in &looked {
            assert!(
                matches!(answer, Err(AppError::Denied(Denial::AnotherRegister))),
                "{way}: {answer:?}"
            );
        }
        let resent = world.app.archive_document(&stranger, note.submission());
        assert!(matches!(resent, Err(AppError::Denied(Denial::AnotherRegister))), "{resent:?}");
        let after = world.contents();
        assert_eq!(after.log_lines, before.log_lines + looked.len() as u64 + 1);
        assert_eq!(after.versions, before.versions);
    }
    // Sent into the stranger's own register, the identifier alone does not open it either.
    let taken = note
        .clone()
        .set("controller.id", NEIGHBOUR)
        .set("organiser.id", NEIGHBOUR)
        .set("service_unit.id", crate::world::NEIGHBOURS_UNIT);
    let answer = world.app.archive_document(&world.caller(System::Neighbour), taken.submission());
    // The answer is that of any identifier that is not the sender's: whether it exists is not told.
    assert!(matches!(answer, Err(AppError::Refused(_))), "{answer:?}");
    let opened = world.app.open_document(&world.county(), &note.id(), Purpose::READ).unwrap();
    assert_eq!(opened.state.name(), "in-force");
}

/// JOI-4: what a system is not certified for it may not do, in its own register either.
#[test]
fn a_system_does_only_what_it_is_certified_for() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    world.archive(&note);
    let check = |system: System, way: &str, code: Option<&str>| {
        let answers = looks(&world, &world.caller(system), &note.id());
        let (_, answer) = answers.iter().find(|(name, _)| *name == way).unwrap();
        match (answer, code) {
            (Ok(()), None) => {}
            (Err(AppError::Denied(denial)), Some(code)) => assert_eq!(denial.code(), code),
            other => panic!("{system:?} {way}: {other:?}"),
        }
    };
    for way in ["open", "content", "page", "print", "versions", "proof"] {
        check(System::ReadOnly, way, None);
        check(System::OldDocuments, way, Some("not-certified"));
    }
    check(System::ReadOnly, "invalidate", Some("not-certified"));
    check(System::County, "invalidate", None);
}

/// LOG-1: a look at what is not there leaves a line too, and tells nothing.
#[test]
fn what_is_not_there_is_not_found_and_logged() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    world.archive(&note);
    let missing = oid(&world.new_oid());
    for caller in [world.county(), world.caller(System::Neighbour)] {
        let before = world.contents().log_lines;
        let looked = looks(&world, &caller, &missing);
        for (way, answer) in &looked {
            if *way != "delays" {
                assert!(matches!(answer, Err(AppError::NotFound)), "{way}: {answer:?}");
            }
        }
        assert_eq!(world.contents().log_lines, before + looked.len() as u64);
    }
    let part = world.app.open_content(&world.county(), &note.id(), Some(Part::Pdf), Purpose::READ);
    assert!(matches!(part, Err(AppError::NotFound)));
}

/// LOG-1, design D2: after any look the log has grown, on disk: a copy of the files has the line.
#[test]
fn a_look_is_logged_on_disk_before_it_is_answered() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    world.archive(&note);
    let lines_on_disk = || {
        let copied = tempfile::tempdir().unwrap();
        crate::world::copy(world.folder.path(), copied.path());
        let app = crate::world::open(copied.path(), &world.clock).unwrap();
        let lines = app.contents().unwrap().log_lines;
        assert!(app.verify_store(|_| {}).unwrap().damage.is_empty());
        lines
    };
    let county = world.county();
    let before = lines_on_disk();
    world.app.open_document(&county, &note.id(), Purpose::READ).unwrap();
    assert_eq!(lines_on_disk(), before + 1);
    world.app.open_content(&county, &note.id(), None, Purpose::READ).unwrap();
    assert_eq!(lines_on_disk(), before + 2);
    world.app.show_document(&county, &note.id(), Purpose::READ, ViewLanguage::Finnish).unwrap();
    world.app.print_document(&county, &note.id(), Purpose::READ, ViewLanguage::Finnish).unwrap();
    assert_eq!(lines_on_disk(), before + 4);
    // A search over a register leaves its own line, and one for each client that it showed.
    world.app.find_documents(&county, &DocumentQuery::default()).unwrap();
    assert_eq!(lines_on_disk(), before + 6);
    world.app.list_versions(&county, &note.id(), Purpose::READ).unwrap();
    world.app.prove_document(&county, &note.id(), Purpose::READ).unwrap();
    world.app.archiving_delays(&county, &oid(COUNTY), 3).unwrap();
    assert_eq!(lines_on_disk(), before + 9);
    world
        .app
        .log_turned_away(&TurnedAway {
            code: "certificate-expired",
            certificate: Some("ab12".into()),
            times: 3,
        })
        .unwrap();
    world.app.log_unreadable(&county, "truncated").unwrap();
    assert_eq!(lines_on_disk(), before + 11);
}

/// ACC-1, REG-4: which certificates make a caller, and which do not.
#[test]
fn a_certificate_makes_a_caller_only_while_its_system_is_in_the_register() {
    let world = World::new();
    let check = |fingerprint: u8, expected: Unknown| {
        let print = [fingerprint; 32];
        assert_eq!(world.app.caller_of_certificate(&certificate(&print)).unwrap_err(), expected);
    };
    check(77, Unknown::System);
    check(System::Expired as u8, Unknown::SystemNotInForce);
    let print = [System::County as u8; 32];
    let mut of_neighbour = certificate(&print);
    of_neighbour.subject_serial = Some(NEIGHBOUR);
    let unknown = world.app.caller_of_certificate(&of_neighbour).unwrap_err();
    assert_eq!(unknown, Unknown::CertificateOfAnother);
    of_neighbour.subject_serial = Some(COUNTY);
    let caller = world.app.caller_of_certificate(&of_neighbour).unwrap();
    assert_eq!((caller.organisation.as_str(), caller.registers.len()), (COUNTY, 1));
    assert!(world.caller(System::Producer).registers.is_empty());
    // In 2024 the expired system still was in the register.
    world.clock.set("2024-12-31T23:30:00+02:00");
    assert_eq!(world.caller(System::Expired).organisation.as_str(), COUNTY);
    world.clock.set("2025-01-01T00:30:00+02:00");
    check(System::Expired as u8, Unknown::SystemNotInForce);
}

/// JOI-1: an organisation that joins directly works with its own certified system: each records and reads in its own
/// register, and its neighbour, joined in the same way, in another.
#[test]
fn an_organisation_joins_with_a_certified_system_of_its_own() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    for (system, joined) in [(System::County, COUNTY), (System::Neighbour, NEIGHBOUR)] {
        let print = [system as u8; 32];
        let caller = world.app.caller_of_certificate(&certificate(&print)).unwrap();
        assert!(caller.is_system());
        assert_eq!(
            (&caller.organisation, caller.registers.as_slice()),
            (&oid(joined), &[oid(joined)][..])
        );
        let answer = world.app.archive_document(&caller, note.submission());
        assert_eq!(answer.is_ok(), joined == COUNTY, "{joined}: {answer:?}");
        let opened = world.app.open_document(&caller, &note.id(), Purpose::READ);
        assert_eq!(opened.is_ok(), joined == COUNTY, "{joined}: {opened:?}");
    }
}

/// ACC-1, ACC-2, ARC-3: workers read and record, by a weak login what needs no signature; they invalidate what their own unit
/// recorded, archivists what anybody did; who keeps or oversees records nothing.
#[test]
fn a_person_may_what_the_role_allows() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    world.archive(&note);
    let person = |role: &str, organisation: &str| PersonFacts {
        subject: "t.tyontekija".into(),
        registration_number: Some("29900000001".into()),
        role: role.into(),
        organisation: oid(organisation),
        unit: Some(oid(crate::world::UNIT)),
        duty: None,
        strong: true,
    };
    let check = |role: &str, way: &str, code: Option<&str>| {
        // Whoever may invalidates it.
        let note = world.note(&dossier);
        world.archive(&note);
        let caller = world.app.caller_of_person(person(role, COUNTY)).unwrap();
        let answers = looks(&world, &caller, &note.id());
        let (_, answer) = answers.iter().find(|(name, _)| *name == way).unwrap();
        match (answer, code) {
            (Ok(()), None) => {}
            (Err(AppError::Denied(denial)), Some(code)) => assert_eq!(denial.code(), code),
            other => panic!("{role} {way}: {other:?}"),
        }
    };
    let records = |role: &str, strong: bool, draft: &crate::world::Draft| {
        let facts = PersonFacts { strong, ..person(role, COUNTY) };
        let caller = world.app.caller_of_person(facts).unwrap();
        crate::access::code(world.app.archive_document(&caller, draft.submission()))
    };
    assert_eq!(records("worker", true, &world.note(&dossier)), "yes");
    assert_eq!(records("responsible-worker", true, &world.phase_one(&dossier)), "yes");
    assert_eq!(records("worker", false, &world.phase_one(&dossier)), "yes");
    assert_eq!(records("worker", false, &world.note(&dossier)), "weak-login");
    for role in ["archivist", "data-protection-officer"] {
        assert_eq!(records(role, true, &world.note(&dossier)), "not-certified");
    }
    check("worker", "content", None);
    check("worker", "invalidate", None);
    check("data-protection-officer", "invalidate", Some("not-certified"));
    check("responsible-worker", "open", None);
    check("data-protection-officer", "content", Some("reason-needed"));
    check("archivist", "invalidate", None);
    let caller = world.app.caller_of_person(person("worker", NEIGHBOUR)).unwrap();
    let denied = world.app.open_document(&caller, &note.id(), Purpose::READ);
    assert!(matches!(denied, Err(AppError::Denied(Denial::AnotherRegister))));
    let unknown = |role: &str, organisation: &str| {
        world.app.caller_of_person(person(role, organisation)).unwrap_err()
    };
    let weak = PersonFacts { strong: false, ..person("archivist", COUNTY) };
    let weak = world.app.caller_of_person(weak).unwrap();
    // Delays of archiving tell of no client.
    for (way, answer) in
        looks(&world, &weak, &note.id()).into_iter().filter(|(way, _)| *way != "delays")
    {
        let Err(AppError::Denied(denial)) = answer else { panic!("{way}: {answer:?}") };
        assert_eq!(denial.code(), "weak-login", "{way}");
    }
    assert_eq!(unknown("king", COUNTY), Unknown::Role);
    assert_eq!(unknown("worker", "1.2.3"), Unknown::Organisation);
}
