//! Versions, invalidation, attachments and resending (ARC-3, ARC-4).

use serde_json::{Value, json};
use varanto_app::AppError;
use varanto_app::archive::{Afterwards, Archived, DocumentQuery, InvalidationRequest, LookedAt};
use varanto_domain::access::{Caller, Denial, Purpose};
use varanto_domain::archive::documents::{Part, VersionState};
use varanto_domain::faults::Fault;
use varanto_domain::ids::{ClientIdentifier, TemporaryIdentifier};
use varanto_formats::receipts;

use crate::access::{code, producers_note, worker};
use crate::world::{
    COUNTY, Draft, PRODUCER, PRODUCERS_UNIT, System, UNIT, World, client, oid, serving,
};

fn request(reason: &str) -> InvalidationRequest {
    InvalidationRequest { reason: reason.into(), explanation: Some("Väärän asiakkaan".into()) }
}

fn state(world: &World, draft: &Draft) -> VersionState {
    let opened =
        world.app.open_document(&world.county(), &draft.id(), Purpose::READ_INVALIDATED).unwrap();
    opened.state
}

/// ARC-1: what was sent comes back to the byte, every kind of document.
#[test]
fn every_kind_of_document_comes_back_as_it_was_sent() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let old = world.open_old_case(&client(1));
    let drafts = [world.note(&dossier), world.phase_one(&dossier), world.old(&old)];
    for draft in drafts {
        let sent = draft.submission();
        let archived = world.archive(&draft);
        assert!(!archived.resent);
        let opened =
            world.app.open_content(&world.county(), &draft.id(), None, Purpose::READ).unwrap();
        assert_eq!(opened.parts, sent.parts);
        let one = sent.parts[0].clone();
        let opened = world
            .app
            .open_content(&world.county(), &draft.id(), Some(one.0), Purpose::READ)
            .unwrap();
        assert_eq!(opened.parts, [one]);
    }
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-3: a new version replaces the one before; invalidating it brings that back into force.
#[test]
fn invalidating_the_newest_version_restores_the_one_before() {
    use VersionState::{InForce, Invalidated, Replaced};
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let first = world.note(&dossier);
    let second = world.next_version(&first);
    let third = world.next_version(&second);
    for draft in [&first, &second, &third] {
        world.archive(draft);
    }
    let states = || [&first, &second, &third].map(|draft| state(&world, draft));
    assert_eq!(states(), [Replaced, Replaced, InForce]);

    world.app.invalidate_document(&world.county(), &third.id(), &request("1")).unwrap();
    assert_eq!(states(), [Replaced, InForce, Invalidated]);
    world.app.invalidate_document(&world.county(), &first.id(), &request("1")).unwrap();
    assert_eq!(states(), [Invalidated, InForce, Invalidated]);
    assert_eq!(world.damage(), Vec::<String>::new());

    // The next number is above the highest, although the newest in force is the second.
    let fourth = world.next_version(&second).set("version", 4);
    world.archive(&fourth);
    assert_eq!(states(), [Invalidated, Replaced, Invalidated]);
    assert_eq!(state(&world, &fourth), InForce);

    let again = world.app.invalidate_document(&world.county(), &third.id(), &request("1"));
    assert!(matches!(again, Err(AppError::AlreadyInvalidated(id)) if id == third.id()));
    assert_eq!(world.damage(), Vec::<String>::new());
    let world = world.reopen();
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-3: an invalidated version is hidden from normal use, and read only on purpose.
#[test]
fn an_invalidated_version_is_read_only_on_purpose() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    world.archive(&note);
    world.app.invalidate_document(&world.county(), &note.id(), &request("2")).unwrap();

    let caller = world.county();
    let denied = world.app.open_document(&caller, &note.id(), Purpose::READ);
    assert!(matches!(denied, Err(AppError::Denied(Denial::Invalidated))));
    let denied = world.app.open_content(&caller, &note.id(), None, Purpose::READ);
    assert!(matches!(denied, Err(AppError::Denied(Denial::Invalidated))));
    let denied = world.app.prove_document(&caller, &note.id(), Purpose::READ);
    assert!(matches!(denied, Err(AppError::Denied(Denial::Invalidated))));

    let opened = world.app.open_document(&caller, &note.id(), Purpose::READ_INVALIDATED).unwrap();
    assert_eq!(opened.state, VersionState::Invalidated);
    let (reason, at) = opened.invalidated.unwrap();
    assert_eq!((reason.as_str(), at), ("2", varanto_domain::time::Clock::now(&*world.clock)));
    let listed = world.app.list_versions(&caller, &note.id(), Purpose::READ_INVALIDATED).unwrap();
    assert_eq!(listed.versions.len(), 1);
}

/// ARC-3: what cannot be invalidated, and why.
#[test]
fn a_wrong_invalidation_changes_nothing() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    world.archive(&note);
    let caller = world.county();
    let check = |id: &str, reason: &str, code: &str, element: &str| {
        let lines = world.contents().log_lines;
        let answer =
            world.app.invalidate_document(&caller, &crate::world::oid(id), &request(reason));
        match answer {
            Err(AppError::Refused(faults)) => {
                assert_eq!((faults[0].code(), faults[0].element.as_str()), (code, element));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(world.contents().log_lines, lines + 1);
    };
    let id = note.text("document_id");
    check(&id, "no-such-reason", "unknown-code", "reason");
    check(&dossier.case_document, "1", "held-by-others", "document_id");
    check(&dossier.relationship_document, "1", "held-by-others", "document_id");
    let missing =
        world.app.invalidate_document(&caller, &crate::world::oid("1.2.3"), &request("1"));
    assert!(matches!(missing, Err(AppError::NotFound)));
    let denied =
        world.app.invalidate_document(&world.caller(System::ReadOnly), &note.id(), &request("1"));
    assert!(matches!(denied, Err(AppError::Denied(denial)) if denial.code() == "not-certified"));
    assert_eq!(state(&world, &note), VersionState::InForce);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-3, CAS-1: a worker is told what invalidating comes to and is kept from what is not the own unit's; a try changes
/// nothing; and afterwards whoever may do it is told what became of it.
#[test]
fn a_worker_invalidates_what_the_own_unit_recorded() {
    let world = World::new();
    let who = client(1);
    let served = vec![serving(PRODUCERS_UNIT, "2026-01-01", "")];
    let dossier = world.open_case_under(&world.relationship(&who).served_by(served), &who);
    let first = world.note(&dossier);
    world.archive(&first);
    let note = world.next_version(&first);
    world.archive(&note);
    let attachment = world.note(&dossier).set("main_document", first.text("document_id"));
    world.archive(&attachment);
    let producers = producers_note(&world, &dossier);
    world.archive_as(System::Producer, &producers);
    world.know(&who);

    let own = worker(&world, COUNTY, UNIT);
    let told = |caller: &Caller, draft: &Draft, request: Option<&InvalidationRequest>| {
        world.app.tell_invalidation(caller, &draft.id(), Purpose::READ, request)
    };
    let lines = world.contents().log_lines;
    let before = told(&own, &note, None).unwrap();
    assert_eq!(world.contents().log_lines, lines + 1, "the look is a line");
    assert_eq!(before.done, None);
    let comes_back = Afterwards::Version(first.id());
    assert_eq!((&before.afterwards, before.attachments), (&comes_back, vec![attachment.id()]));
    assert!(!before.shown.unwrap().more);
    let wrong = told(&own, &note, Some(&request("no-such-reason")));
    assert_eq!(code(wrong), "unknown-code");
    assert!(told(&own, &note, Some(&request("3"))).unwrap().done.is_none());
    assert_eq!(state(&world, &note), VersionState::InForce, "a try changes nothing");

    let others = told(&own, &producers, None);
    assert_eq!(code(others), "another-units-document");
    let denied = world.app.invalidate_document(&own, &producers.id(), &request("1"));
    assert_eq!(code(denied), "another-units-document");
    let case = oid(&dossier.case_document);
    let told_of_case =
        |request: Option<&_>| world.app.tell_invalidation(&own, &case, Purpose::READ, request);
    assert_eq!(code(told_of_case(Some(&request("1")))), "held-by-others");
    let kept_from = told_of_case(None).unwrap().kept_from;
    assert_eq!(kept_from.iter().map(Fault::code).collect::<Vec<_>>(), ["held-by-others"]);
    let of_another = client(2).identifier();
    let id = note.id();
    let elsewhere = LookedAt { document: &id, of: Some(&of_another) };
    let missing = world.app.invalidate_document(&own, elsewhere, &request("1"));
    assert_eq!(code(missing), "not-found");

    world.app.invalidate_document(&own, &note.id(), &request("3")).unwrap();
    assert_eq!(
        [state(&world, &first), state(&world, &note)],
        [VersionState::InForce, VersionState::Invalidated]
    );
    let after = told(&own, &note, None).unwrap();
    let done = after.done.unwrap();
    assert_eq!((done.reason.as_str(), after.afterwards), ("3", comes_back));
    assert!(done.line > 0);
    let again = told(&own, &note, Some(&request("3")));
    assert!(matches!(again, Err(AppError::AlreadyInvalidated(id)) if id == note.id()));
    let hidden = world.app.open_document(&own, &note.id(), Purpose::READ);
    assert_eq!(code(hidden), "version-invalidated");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-3: what is confirmed is what was shown: where the document stands otherwise when it is written, nothing is.
#[test]
fn a_confirmation_holds_for_what_was_told() {
    let world = World::new();
    let first = world.note(&world.open_case(&client(1)));
    world.archive(&first);
    let second = world.next_version(&first);
    world.archive(&second);
    let county = world.county();
    let told = |draft: &Draft| {
        let told = world.app.tell_invalidation(&county, &draft.id(), Purpose::READ, None).unwrap();
        told.stands.code()
    };
    let confirm = |draft: &Draft, stood: &str| {
        let asked = request("4");
        code(world.app.invalidate_as_told(&county, &draft.id(), &asked, Some(stood)))
    };
    let (of_first, of_second) = (told(&first), told(&second));
    let third = world.next_version(&second);
    world.archive(&third);
    assert_eq!(confirm(&second, &of_second), "changed-meanwhile", "another is in force now");
    assert_eq!(confirm(&first, &of_first), "changed-meanwhile", "and another stays so");
    assert_eq!(confirm(&second, ""), "changed-meanwhile", "nothing was shown");
    assert_eq!(state(&world, &second), VersionState::Replaced);
    assert_eq!(confirm(&second, &told(&second)), "yes");
    assert_eq!(state(&world, &second), VersionState::Invalidated);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-3: a relationship and a case go on in new versions, and what they say follows.
#[test]
fn a_closed_case_follows_from_its_newest_version() {
    let world = World::new();
    let person = client(1);
    let relationship = world.relationship(&person);
    world.archive(&relationship);
    let case = world.case(&person, &relationship.text("relationship_id"));
    world.archive(&case);
    world.clock.forward_millis(60_000);
    world.archive(&world.next_version(&relationship));
    let closed = world.next_version(&case).closed_on("2026-10-30");
    world.archive(&closed);
    assert_eq!(state(&world, &case), VersionState::Replaced);
    assert_eq!(state(&world, &closed), VersionState::InForce);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-4: an attachment is a document of its own, listed with its main document.
#[test]
fn attachments_are_listed_with_their_main_document() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    world.archive(&note);
    let attachment = world.note(&dossier).set("main_document", note.text("document_id"));
    let other = world.phase_one(&dossier).set("main_document", note.text("document_id"));
    world.archive(&attachment);
    world.archive(&other);
    let listed = || {
        let opened = world.app.open_document(&world.county(), &note.id(), Purpose::READ).unwrap();
        opened.attachments
    };
    assert_eq!(listed(), [attachment.id(), other.id()]);

    // A new version of the attachment takes the place of the one before; an invalidated one is gone.
    let next = world.next_version(&attachment);
    world.archive(&next);
    assert_eq!(listed(), [other.id(), next.id()]);
    world.app.invalidate_document(&world.county(), &other.id(), &request("1")).unwrap();
    assert_eq!(listed(), [next.id()]);

    // A new version of the main document keeps its attachments.
    let newer = world.next_version(&note);
    world.archive(&newer);
    let opened = world.app.open_document(&world.county(), &newer.id(), Purpose::READ).unwrap();
    assert_eq!(opened.attachments, [next.id()]);
}

/// ARC-3, ARC-15: sending the same again answers the same receipt, to the byte, however much came
/// after; other bytes are a conflict that names the part.
#[test]
fn sending_the_same_again_answers_the_same_receipt() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    let receipt = receipts::write(&world.archive(&note).receipt);
    for _ in 0..300 {
        world.archive(&world.phase_one(&dossier));
    }
    let before = world.contents();
    let again = world.archive(&note);
    assert!(again.resent);
    assert_eq!(receipts::write(&again.receipt), receipt);
    let proof = world.app.prove_document(&world.county(), &note.id(), Purpose::READ).unwrap();
    assert_eq!(receipts::write(&proof.receipt), receipt);
    let after = world.contents();
    assert_eq!((after.versions, after.log_lines), (before.versions, before.log_lines + 2));

    let world = world.reopen();
    assert_eq!(receipts::write(&world.archive(&note).receipt), receipt);

    let check = |draft: &Draft, expected: &[&str]| {
        let answer = world.app.archive_document(&world.county(), draft.submission());
        match answer {
            Err(AppError::DuplicateWithOtherBytes { document, differs }) => {
                assert_eq!((document, differs.as_slice()), (note.id(), expected));
            }
            other => panic!("{other:?}"),
        }
    };
    check(&note.clone().set("language", "sv"), &["metadata"]);
    let view = String::from_utf8(note.submission().part(Part::View).unwrap().to_vec()).unwrap();
    check(&note.clone().view(&view.replace("kotona", "koulussa")), &["view"]);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-3, ARC-5: a document that is archived stays so, whatever becomes of its structure.
#[test]
fn a_resent_document_is_answered_after_its_structure_was_withdrawn() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    let receipt = receipts::write(&world.archive(&note).receipt);
    assert!(world.app.withdraw_structure(&crate::world::structure_of("1506.19005").oid).unwrap());
    let again = world.archive(&note);
    assert_eq!((again.resent, receipts::write(&again.receipt)), (true, receipt));
}

/// ARC-3, ARC-15: eight at once send the same document, and all get the one receipt; eight at once
/// send a next version, and one is taken.
#[test]
fn what_comes_at_once_is_kept_once() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = world.note(&dossier);
    let answers = at_once(&world, &[(); 8].map(|()| note.clone()));
    let receipts: Vec<String> =
        answers.iter().map(|answer| receipts::write(&answer.as_ref().unwrap().receipt)).collect();
    assert!(receipts.iter().all(|receipt| *receipt == receipts[0]));
    let fresh = answers.iter().filter(|answer| !answer.as_ref().unwrap().resent).count();
    assert_eq!(fresh, 1);

    let next = [(); 8].map(|()| world.next_version(&note));
    let answers = at_once(&world, &next);
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for answer in answers {
        match answer {
            Ok(_) => {}
            Err(AppError::Refused(faults)) => {
                assert!(faults.iter().any(|fault| fault.code() == "not-the-newest"), "{faults:?}");
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    // A client whom nobody knew yet is made once.
    let person = client(2);
    let [first, second] = [world.relationship(&person), world.relationship(&person)];
    let answers = at_once(&world, &[first, second]);
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(world.contents().clients, 2);
    assert_eq!(world.damage(), Vec::<String>::new());
}

fn at_once(world: &World, drafts: &[Draft]) -> Vec<Result<Archived, AppError>> {
    let gate = std::sync::Barrier::new(drafts.len());
    std::thread::scope(|threads| {
        let running: Vec<_> = drafts
            .iter()
            .map(|draft| {
                let gate = &gate;
                threads.spawn(move || {
                    let (caller, submission) = (world.county(), draft.submission());
                    gate.wait();
                    world.app.archive_document(&caller, submission)
                })
            })
            .collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// ARC-11: a client without an identity code is known by the temporary identifier.
#[test]
fn a_client_may_be_known_by_a_temporary_identifier() {
    const ROOT: &str = "1.2.246.10.90000001.22.2026";
    let world = World::new();
    let person = client(1);
    let temporary = |draft: Draft| {
        draft
            .drop("client.identity_code")
            .set("client.temporary_id.root", ROOT)
            .set("client.temporary_id.extension", "010171A998W")
    };
    let given = json!({"system": ROOT, "value": "010171A998W"});
    let relationship = temporary(world.relationship(&person))
        .drop_content("/asiakkuusasiakirja/asiakas/henkilotunnus")
        .content("/asiakkuusasiakirja/asiakas/tilapainen_yksilointitunnus", given.clone());
    world.archive(&relationship);
    let case = temporary(world.case(&person, &relationship.text("relationship_id")))
        .drop_content("/asia_asiakirja/asiakas/0/henkilotunnus")
        .content("/asia_asiakirja/asiakas/0/tilapainen_yksilointitunnus", given.clone());
    world.archive(&case);
    let dossier = crate::world::Dossier {
        client: person,
        relationship: relationship.text("relationship_id"),
        case: case.text("case_id"),
        relationship_document: relationship.text("document_id"),
        case_document: case.text("document_id"),
    };
    let note = temporary(world.note(&dossier));
    world.archive(&note);

    // Another's joint case takes the client's documents too.
    let other = world.open_case(&client(2));
    let mut joint = world
        .case(&client(2), &other.relationship)
        .content("/asia_asiakirja/asian_tiedot/yhteinen_asia", true)
        .content("/asia_asiakirja/asiakas/0/asiaan_liittymishetki", "2024-01-09");
    let clients =
        joint.structured.as_mut().unwrap().pointer_mut("/asia_asiakirja/asiakas").unwrap();
    let mut second = clients[0].clone();
    second.as_object_mut().unwrap().remove("henkilotunnus");
    second["tilapainen_yksilointitunnus"] = given;
    clients.as_array_mut().unwrap().push(second);
    world.archive(&joint);
    let of_joint = crate::world::Dossier { case: joint.text("case_id"), ..dossier };
    world.archive(&temporary(world.note(&of_joint)));
    let root = crate::world::oid(ROOT);
    let known = TemporaryIdentifier::new(&root, "010171A998W").unwrap();
    let query = DocumentQuery {
        client: Some(ClientIdentifier::Temporary(known)),
        ..DocumentQuery::default()
    };
    let page = world.app.find_documents(&world.county(), &query).unwrap();
    // The relationship, the case, a note in it, and of the joint case its document and a note.
    assert_eq!(page.hits.len(), 5);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// OLD-5: an active client's old documents hang on a closed case of the one active relationship.
#[test]
fn old_documents_hang_on_a_closed_case_of_the_active_relationship() {
    let world = World::new();
    let mut dossier = world.open_case(&client(1));
    let closed = world.closed_case(&client(1), &dossier.relationship);
    world.archive(&closed);
    dossier.case = closed.text("case_id");
    world.archive(&world.old(&dossier));
    let early = world
        .old(&dossier)
        .set("written_at", "1964-05-06T12:00:00+02:00")
        .set("created_at", "1964-05-06T12:00:00+02:00")
        .set("original_service_task.code_set", "1989")
        .set("original_service_task.code", "101");
    world.archive(&early);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// REL-1: a later version brings no ended relationship back beside a new one.
#[test]
fn an_ended_relationship_is_not_reopened_beside_a_new_one() {
    const LAST_DAY: &str = "/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/asiakkuuden_paattymispvm";
    let world = World::new();
    let person = client(1);
    let first = world.relationship(&person);
    world.archive(&first);
    let ended = world.next_version(&first).ended_on("2026-01-31");
    world.archive(&ended);
    world.archive(&world.relationship(&person));
    let reopened = world.next_version(&ended).drop_content(LAST_DAY);
    let answer = world.app.archive_document(&world.county(), reopened.submission());
    let Err(AppError::Refused(faults)) = answer else { panic!("{answer:?}") };
    assert!(faults.iter().any(|fault| fault.code() == "relationship-exists"), "{faults:?}");
}

/// ARC-14: with each version is kept which system brought it, of which organisation and by which certificate, and which
/// professional answers for it; each version has its own, also after the archive was opened again, and sending it again
/// changes nothing of it.
#[test]
fn who_brought_a_version_is_kept_with_it() {
    let world = World::new();
    let who = client(1);
    let relationship =
        world.relationship(&who).served_by(vec![serving(PRODUCERS_UNIT, "2026-01-01", "")]);
    let dossier = world.open_case_under(&relationship, &who);
    let note = world.note(&dossier);
    let by_producer = world
        .note(&dossier)
        .set("document_id", "1.2.246.10.90000003.95.2026.1")
        .set("set_id", "1.2.246.10.90000003.95.2026.1")
        .set("service_unit.id", PRODUCERS_UNIT)
        .set("producer.id", PRODUCER)
        .set("producer.name", "Tuottaja");
    world.archive(&note);
    world.archive_as(System::Producer, &by_producer);
    assert!(world.archive(&note).resent);
    let later = world.next_version(&note);
    world.archive(&later);
    let world = world.reopen();
    let check = |draft: &Draft, system: System, name: &str, organisation: &str| {
        let opened = world.app.open_document(&world.county(), &draft.id(), Purpose::READ).unwrap();
        let told: Value = serde_json::from_str(&opened.arrival).unwrap();
        let certificate = format!("{:02x}", system as u8).repeat(32);
        let expected = json!({"by": format!("system:{name}"), "organisation": organisation,
            "with": format!("certificate {certificate}")});
        assert_eq!(told, expected);
        let told: Value = serde_json::from_str(&opened.metadata).unwrap();
        let family = draft.text("professional.family_name");
        assert_eq!(told["professional"]["family_name"], family.as_str());
    };
    check(&note, System::County, "county", COUNTY);
    check(&later, System::County, "county", COUNTY);
    check(&by_producer, System::Producer, "producer", PRODUCER);
}
