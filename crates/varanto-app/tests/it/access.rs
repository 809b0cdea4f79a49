//! Who may see and do what, through the operations: workers in case context, producers under their
//! rights, other controllers by law.

use varanto_app::AppError;
use varanto_app::archive::{AccessQuestion, DocumentQuery, WhoLooks};
use varanto_app::callers::PersonFacts;
use varanto_domain::access::{
    Action, Caller, Denial, LookReason, Purpose, Reason, Role, Situation, StatutoryGround,
};
use varanto_domain::ids::Oid;

use crate::world::{
    COUNTY, Client, Dossier, Draft, NEIGHBOUR, NEIGHBOURS_UNIT, OPERATING_UNIT, PRODUCER,
    PRODUCERS_UNIT, System, UNIT, World, client, justified, oid, serving,
};

pub(crate) fn worker(world: &World, organisation: &str, unit: &str) -> Caller {
    let facts = PersonFacts {
        subject: "t.tyontekija".into(),
        registration_number: None,
        role: "worker".into(),
        organisation: oid(organisation),
        unit: Some(oid(unit)),
        duty: None,
        strong: true,
    };
    world.app.caller_of_person(facts).unwrap()
}

/// The code of what is answered; `yes` for what is opened.
pub(crate) fn code<T: std::fmt::Debug>(answer: Result<T, AppError>) -> &'static str {
    match answer {
        Ok(_) => "yes",
        Err(AppError::Denied(denial)) => denial.code(),
        Err(AppError::NotFound) => "not-found",
        Err(AppError::Refused(faults)) => faults[0].code(),
        Err(other) => panic!("{other:?}"),
    }
}

/// Asks by every way to a document; all must answer alike, and a search shows it or does not.
fn check(world: &World, caller: &Caller, who: &Client, id: &Oid, purpose: Purpose, expected: &str) {
    let app = &world.app;
    assert_eq!(code(app.open_document(caller, id, purpose)), expected, "open");
    assert_eq!(code(app.open_content(caller, id, None, purpose)), expected, "content");
    assert_eq!(code(app.list_versions(caller, id, purpose)), expected, "versions");
    assert_eq!(code(app.prove_document(caller, id, purpose)), expected, "proof");
    let query = DocumentQuery {
        client: Some(who.identifier()),
        situation: purpose.situation,
        reason: purpose.reason,
        ..DocumentQuery::default()
    };
    let found = app.find_documents(caller, &query);
    let shown = found.map(|page| page.hits.iter().any(|hit| hit.document == *id));
    match shown {
        Ok(shown) => assert_eq!(shown, expected == "yes", "search"),
        Err(AppError::Denied(denial)) => assert_eq!(denial.code(), expected, "search"),
        Err(other) => panic!("{other:?}"),
    }
}

/// ACC-2, ACC-3: a worker sees the clients whom the own unit serves; others with a reason alone.
#[test]
fn a_worker_looks_in_case_context_or_with_a_reason() {
    let world = World::new();
    let who = client(1);
    let note = world.note(&world.open_case(&who));
    world.archive(&note);
    world.know(&who);
    let serving = worker(&world, COUNTY, UNIT);
    let other = worker(&world, COUNTY, crate::world::OPERATING_UNIT);
    let reason = Purpose::READ.because(Reason::Look(LookReason::FirstContact));
    check(&world, &serving, &who, &note.id(), Purpose::READ, "yes");
    check(&world, &other, &who, &note.id(), Purpose::READ, "case-context-missing");
    check(&world, &other, &who, &note.id(), reason, "yes");
    check(&world, &world.county(), &who, &note.id(), Purpose::READ, "yes");
}

/// OLD-3: old documents of one who is no client any more want a reason from everybody.
#[test]
fn old_documents_of_a_former_client_want_a_reason() {
    let world = World::new();
    let who = client(1);
    let old = world.old(&world.open_old_case(&who));
    world.archive(&old);
    check(&world, &world.county(), &who, &old.id(), Purpose::READ, "ended-wants-reason");
    check(&world, &world.county(), &who, &old.id(), justified(), "yes");
    // A client again: the usual context is enough.
    world.open_case(&who);
    check(&world, &world.county(), &who, &old.id(), Purpose::READ, "yes");
}

/// The client's relationship, with the producer's unit serving between the days.
fn with_producer(world: &World, who: &Client, first: &str, last: &str) -> (Draft, Dossier) {
    let relationship =
        world.relationship(who).served_by(vec![serving(PRODUCERS_UNIT, first, last)]);
    let dossier = world.open_case_under(&relationship, who);
    (relationship, dossier)
}

/// The producer's own note in the county's register.
pub(crate) fn producers_note(world: &World, dossier: &Dossier) -> Draft {
    let id = format!("{PRODUCER}.95.2026.{}", world.number());
    world
        .note(dossier)
        .set("document_id", id.as_str())
        .set("set_id", id)
        .set("service_unit.id", PRODUCERS_UNIT)
        .set("producer.id", PRODUCER)
        .set("producer.name", "Hoiva Oy")
}

/// RUR-2, RUR-3: a producer reads what the service needs and records its own work, while its right
/// runs.
#[test]
fn a_producer_reads_and_records_under_its_right() {
    let world = World::new();
    let who = client(1);
    let (_, dossier) = with_producer(&world, &who, "2026-11-02", "2026-11-10");
    let note = world.note(&dossier);
    world.archive(&note);
    let producer = world.caller(System::Producer);
    let read = |expected| check(&world, &producer, &who, &note.id(), Purpose::READ, expected);
    read("yes");
    let own = producers_note(&world, &dossier);
    assert_eq!(code(world.app.archive_document(&producer, own.submission())), "yes");
    assert_eq!(code(world.app.archive_document(&producer, own.submission())), "yes");
    let corrected = world.next_version(&own);
    let corrected = corrected.set("document_id", format!("{PRODUCER}.95.2026.{}", world.number()));
    assert_eq!(code(world.app.archive_document(&producer, corrected.submission())), "yes");

    world.clock.set("2026-11-10T23:59:00+02:00");
    read("yes");
    world.clock.set("2026-11-11T00:01:00+02:00");
    read("register-use-right-ended");
    let late = producers_note(&world, &dossier);
    let late = world.app.archive_document(&producer, late.submission());
    assert_eq!(code(late), "register-use-right-ended");
    // After the end the organiser answers for the producer's documents (ARC-3).
    let reason =
        varanto_app::archive::InvalidationRequest { reason: "4".into(), explanation: None };
    let producers = world.app.invalidate_document(&producer, &corrected.id(), &reason);
    assert_eq!(code(producers), "register-use-right-ended");
    let countys = world.app.invalidate_document(&world.county(), &corrected.id(), &reason);
    assert_eq!(code(countys), "yes");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// RUR-4: a producer neither updates the organiser's documents nor those of other makers, whatever
/// unit it writes on the new version.
#[test]
fn a_producer_leaves_the_organisers_documents_alone() {
    let world = World::new();
    let who = client(1);
    let (relationship, dossier) = with_producer(&world, &who, "2026-11-02", "2026-12-31");
    let note = world.note(&dossier);
    world.archive(&note);
    let producer = world.caller(System::Producer);
    let id = || format!("{PRODUCER}.95.2026.{}", world.number());
    let updated = world.next_version(&relationship).set("document_id", id());
    let answer = world.app.archive_document(&producer, updated.submission());
    assert_eq!(code(answer), "organisers-document");
    let taken = world
        .next_version(&note)
        .set("document_id", id())
        .set("service_unit.id", PRODUCERS_UNIT)
        .set("producer.id", PRODUCER)
        .set("producer.name", "Hoiva Oy");
    let answer = world.app.archive_document(&producer, taken.submission());
    assert_eq!(code(answer), "another-makers-document");
    let reason =
        varanto_app::archive::InvalidationRequest { reason: "4".into(), explanation: None };
    let answer = world.app.invalidate_document(&producer, &note.id(), &reason);
    assert_eq!(code(answer), "another-makers-document");
    let relationship_document = oid(&dossier.relationship_document);
    let answer = world.app.open_document(&producer, &relationship_document, Purpose::READ);
    assert_eq!(code(answer), "yes");
}

/// DIS-1, DIS-3: to another controller nothing is disclosed, by permission or by law, while the archive does
/// not know whether the client lives and under which order; and a situation is never guessed.
#[test]
fn another_controller_is_given_nothing_of_an_unknown_person() {
    let world = World::new();
    let who = client(1);
    let note = world.note(&world.open_case(&who));
    world.archive(&note);
    let neighbour = world.caller(System::Neighbour);
    let by_law = Purpose::READ.in_situation(Situation::StatutoryDisclosure);
    let section = Reason::Statutory(StatutoryGround::Section64);
    check(&world, &neighbour, &who, &note.id(), Purpose::READ, "another-register");
    check(&world, &neighbour, &who, &note.id(), by_law, "statutory-reason-needed");
    check(&world, &neighbour, &who, &note.id(), by_law.because(section), "controller-not-able");
    let asked = Purpose::READ.in_situation(Situation::Disclosure);
    check(&world, &neighbour, &who, &note.id(), asked, "receiver-without-relationship");
    check(&world, &world.county(), &who, &note.id(), asked, "situation-does-not-fit");
    // A search elsewhere names whose documents it looks for.
    let query =
        DocumentQuery { situation: Some(Situation::Disclosure), ..DocumentQuery::default() };
    assert_eq!(code(world.app.find_documents(&neighbour, &query)), "missing-element");
    assert_eq!(neighbour.organisation.as_str(), NEIGHBOUR);
}

/// ACC-4: what is explained is what is then decided, for every kind of caller; and explaining shows
/// nothing and leaves its line.
#[test]
fn an_explanation_says_what_the_act_itself_is_answered() {
    let world = World::new();
    let who = client(1);
    let (relationship, dossier) = with_producer(&world, &who, "2026-11-02", "2026-12-31");
    let note = world.note(&dossier);
    world.archive(&note);
    let callers = [
        world.county(),
        world.caller(System::Producer),
        world.caller(System::Neighbour),
        worker(&world, COUNTY, UNIT),
        worker(&world, COUNTY, crate::world::OPERATING_UNIT),
        worker(&world, NEIGHBOUR, crate::world::OPERATING_UNIT),
    ];
    let purposes = [
        Purpose::READ,
        Purpose::READ.because(Reason::Look(LookReason::Urgent)),
        Purpose::READ.in_situation(Situation::RegisterUse),
        Purpose::READ.in_situation(Situation::Disclosure),
    ];
    for caller in &callers {
        for purpose in purposes {
            for document in [note.id(), relationship.id()] {
                let action = Action::Read;
                let asked = AccessQuestion { document: document.clone(), action, purpose };
                let before = world.contents().log_lines;
                let told = world.app.explain_access(caller, &asked).unwrap();
                assert_eq!(world.contents().log_lines, before + 1);
                let told = told.answer.map_or_else(Denial::code, |_| "yes");
                let done = code(world.app.open_document(caller, &document, purpose));
                assert_eq!(told, done, "{caller:?} {purpose:?}");
            }
        }
    }
    let nowhere = AccessQuestion {
        document: oid("1.2.246.10.12345678.95.2026.404"),
        action: Action::Read,
        purpose: Purpose::READ,
    };
    assert_eq!(code(world.app.explain_access(&callers[0], &nowhere)), "not-found");
}

/// ACC-4: who could see a document is told to those who see it in their own register; everybody who is
/// named could, and a producer no longer than its right runs.
#[test]
fn a_document_tells_who_may_see_it_and_why() {
    let world = World::new();
    let who = client(1);
    let (_, dossier) = with_producer(&world, &who, "2026-11-02", "2026-11-10");
    let note = world.note(&dossier);
    world.archive(&note);
    let list = |caller: &Caller| world.app.list_access(caller, &note.id(), Purpose::READ);
    let told = || {
        let all = list(&world.county()).unwrap().onlookers;
        let one = |one: &varanto_app::archive::Onlooker| {
            let who = match &one.who {
                WhoLooks::System(id) => id.clone(),
                WhoLooks::People(role, unit) => {
                    format!("{} {}", role.code(), unit.as_ref().map_or("-", Oid::as_str))
                }
            };
            (who, one.grant.basis.code(), one.with_reason)
        };
        all.iter().map(one).collect::<Vec<_>>()
    };
    let people = |role: Role, unit: &str| format!("{} {unit}", role.code());
    let now = told();
    for expected in [
        (people(Role::Worker, UNIT), "case-context", false),
        (people(Role::ProducerWorker, PRODUCERS_UNIT), "register-use", false),
        (people(Role::Worker, "-"), "stated-reason", true),
        (people(Role::Archivist, "-"), "archivist", false),
        (people(Role::DataProtectionOfficer, "-"), "review", true),
    ] {
        assert!(now.contains(&expected), "{expected:?} in {now:?}");
    }
    let systems = |all: &[(String, &'static str, bool)], ground: &str| {
        all.iter().filter(|(who, basis, _)| !who.contains(' ') && *basis == ground).count()
    };
    assert!(systems(&now, "own-register") > 0 && systems(&now, "register-use") > 0, "{now:?}");

    assert_eq!(code(list(&world.caller(System::Producer))), "another-register");
    assert_eq!(code(list(&world.caller(System::Neighbour))), "another-register");
    let other = worker(&world, COUNTY, crate::world::OPERATING_UNIT);
    assert_eq!(code(list(&other)), "case-context-missing");

    world.clock.set("2026-11-11T00:01:00+02:00");
    let later = told();
    assert!(!later.iter().any(|(_, basis, _)| *basis == "register-use"), "{later:?}");
}

/// The draft in the neighbour's register, with identifiers of its own.
fn neighbours(world: &World, draft: Draft) -> Draft {
    let id = format!("{NEIGHBOUR}.95.2026.{}", world.number());
    draft
        .set("document_id", id.as_str())
        .set("set_id", id)
        .set("controller.id", NEIGHBOUR)
        .set("organiser.id", NEIGHBOUR)
        .set("service_unit.id", NEIGHBOURS_UNIT)
}

/// A client's relationship in the neighbour's register, with its unit serving.
pub(crate) fn neighbours_relationship(world: &World, who: &Client) -> Draft {
    neighbours_own(world, world.relationship(who))
}

/// A relationship of the drafts, archived into the neighbour's register.
pub(crate) fn neighbours_own(world: &World, draft: Draft) -> Draft {
    let relation = format!("{NEIGHBOUR}.95.2026.{}", world.number());
    let mut relationship = neighbours(world, draft);
    let units = relationship.structured.take().unwrap().to_string();
    let units = [UNIT, OPERATING_UNIT].iter().fold(units, |text, unit| {
        text.replace(&format!("\"{unit}\""), &format!("\"{NEIGHBOURS_UNIT}\""))
    });
    relationship.structured = Some(serde_json::from_str(&units).unwrap());
    let relationship = relationship
        .set("relationship_id", relation.as_str())
        .content("/asiakkuusasiakirja/asiakkuuden_yksilointitunnus/value", relation.as_str());
    let neighbour = world.caller(System::Neighbour);
    let sent = world.app.archive_document(&neighbour, relationship.submission());
    assert_eq!(code(sent), "yes");
    relationship
}

fn told<T: std::fmt::Debug>(answer: Result<T, AppError>) -> Vec<(&'static str, String)> {
    match answer {
        Err(AppError::Refused(faults)) => {
            faults.iter().map(|fault| (fault.code(), fault.element.clone())).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// ACC-4: whether a document refers to something of another register or to nothing at all, the answer
/// is the same: no end of a relationship, no open case, no kind is told.
#[test]
fn a_reference_into_another_register_is_answered_as_one_to_nothing() {
    let world = World::new();
    let countys = world.open_case(&client(1));
    let old = world.open_old_case(&client(1));
    let neighbour = world.caller(System::Neighbour);
    let relationship = neighbours_relationship(&world, &client(1));
    let naming = |relationship_id: &str| {
        let next = world
            .next_version(&relationship)
            .set("document_id", format!("{NEIGHBOUR}.95.2026.{}", world.number()))
            .set("relationship_id", relationship_id)
            .content("/asiakkuusasiakirja/asiakkuuden_yksilointitunnus/value", relationship_id)
            .ended_on("2026-11-01");
        told(world.app.archive_document(&neighbour, next.submission()))
    };
    let nothing = naming(&format!("{COUNTY}.95.2026.999999"));
    assert!(nothing.iter().any(|(code, _)| *code == "shared-by-versions"), "{nothing:?}");
    assert_eq!(naming(&countys.relationship), nothing);
    assert_eq!(naming(&old.relationship), nothing);
}

/// ACC-4, RUR-2: a producer learns nothing of other clients' cases, of other services' cases and of
/// documents that it may not read by referring to them.
#[test]
fn a_producers_reference_beside_its_service_is_one_to_nothing() {
    let world = World::new();
    let who = client(1);
    let (_, dossier) = with_producer(&world, &who, "2026-11-02", "2026-12-31");
    let other = world.open_case(&client(2));
    let others_note = world.note(&other);
    world.archive(&others_note);
    let producer = world.caller(System::Producer);
    let sent = |draft: Draft| told(world.app.archive_document(&producer, draft.submission()));
    let missing = || format!("{COUNTY}.95.2026.{}", 900_000 + world.number());
    let own = || producers_note(&world, &dossier);
    let nothing = sent(own().set("case_id", missing()));
    assert_eq!(nothing, [("unknown-case", "case_id".to_owned())]);
    assert_eq!(sent(own().set("case_id", other.case.as_str())), nothing);
    let nothing = sent(own().set("main_document", missing()));
    assert_eq!(nothing[0].0, "unknown-main-document");
    assert_eq!(sent(own().set("main_document", others_note.text("document_id"))), nothing);
    let replacing = |id: &str| {
        let first = format!("{PRODUCER}.95.2026.1");
        let next = own().set("set_id", first).set("version", 2);
        sent(next.set("replaces.document_id", id).set("replaces.reason", "2"))
    };
    let nothing = replacing(&missing());
    assert!(nothing.iter().any(|(code, _)| *code == "unknown-predecessor"), "{nothing:?}");
    assert_eq!(replacing(&others_note.text("document_id")), nothing);
}

/// ACC-4, JOI-4: what a system is not certified for does not tell of what kind another's document is.
#[test]
fn a_stranger_is_not_told_the_kind_of_a_document() {
    let world = World::new();
    let who = client(1);
    let (dossier, old) = (world.open_case(&who), world.open_old_case(&who));
    let drafts = [world.note(&dossier), world.phase_one(&dossier)];
    for draft in &drafts {
        world.archive(draft);
    }
    let paper = world.old(&old);
    world.archive_as(System::OldDocuments, &paper);
    let ids = [drafts[0].id(), drafts[1].id(), paper.id(), oid(&dossier.case_document)];
    let reader = world.caller(System::ReadOnly);
    let stranger =
        Caller { registers: vec![oid(NEIGHBOUR)], organisation: oid(NEIGHBOUR), ..reader };
    let weak = PersonFacts {
        subject: "t.tyontekija".into(),
        registration_number: None,
        role: "worker".into(),
        organisation: oid(NEIGHBOUR),
        unit: Some(oid(NEIGHBOURS_UNIT)),
        duty: None,
        strong: false,
    };
    let weak = world.app.caller_of_person(weak).unwrap();
    for caller in [stranger, weak] {
        let answers = ids.iter().map(|id| {
            let asked = AccessQuestion {
                document: id.clone(),
                action: Action::Version,
                purpose: Purpose::READ,
            };
            world.app.explain_access(&caller, &asked).unwrap().answer.unwrap_err()
        });
        let answers: Vec<Denial> = answers.collect();
        assert!(answers.iter().all(|one| *one == answers[0]), "{answers:?}");
    }
}

/// ACC-4: the cursor of a page tells no place of a document that the page does not show.
#[test]
fn a_cursor_tells_no_place() {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let world = World::new();
    let who = client(1);
    let dossier = world.open_case(&who);
    let at = |minute: u32| format!("2026-10-01T12:{minute:02}:00+03:00");
    let notes: Vec<Draft> = (0..3)
        .map(|number| {
            let at = at(number);
            let note = world.note(&dossier).set("written_at", at.as_str()).set("created_at", at);
            world.archive(&note);
            note
        })
        .collect();
    let query = DocumentQuery {
        client: Some(who.identifier()),
        group: Some(varanto_domain::archive::documents::DocumentGroup::LaterPhase),
        limit: 1,
        ..DocumentQuery::default()
    };
    let page = world.app.find_documents(&world.county(), &query).unwrap();
    let next = page.next.unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(&next).unwrap();
    for note in &notes {
        let written = crate::world::instant(&note.text("written_at")).millis();
        assert!(!next.contains(&written.to_string()));
        assert!(!bytes.windows(8).any(|eight| eight == written.to_be_bytes()));
    }
    let second = DocumentQuery { cursor: Some(next), ..query };
    let page = world.app.find_documents(&world.county(), &second).unwrap();
    assert_eq!(page.hits[0].document, notes[1].id());
}
