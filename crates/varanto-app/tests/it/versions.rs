//! Versions, invalidation, attachments and resending (ARC-3, ARC-4).

use varanto_app::AppError;
use varanto_app::archive::InvalidationRequest;
use varanto_domain::access::{Denial, Purpose};
use varanto_domain::archive::documents::{Part, VersionState};
use varanto_formats::receipts;

use crate::world::{Draft, System, World, client};

fn request(reason: &str) -> InvalidationRequest {
    InvalidationRequest { reason: reason.into(), explanation: Some("Väärän asiakkaan".into()) }
}

fn state(world: &World, draft: &Draft) -> VersionState {
    let opened =
        world.app.open_document(&world.county(), &draft.id(), Purpose::ReadInvalidated).unwrap();
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
            world.app.open_content(&world.county(), &draft.id(), None, Purpose::Read).unwrap();
        assert_eq!(opened.parts, sent.parts);
        let one = sent.parts[0].clone();
        let opened = world
            .app
            .open_content(&world.county(), &draft.id(), Some(one.0), Purpose::Read)
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
    let denied = world.app.open_document(&caller, &note.id(), Purpose::Read);
    assert!(matches!(denied, Err(AppError::Denied(Denial::Invalidated))));
    let denied = world.app.open_content(&caller, &note.id(), None, Purpose::Read);
    assert!(matches!(denied, Err(AppError::Denied(Denial::Invalidated))));
    let denied = world.app.prove_document(&caller, &note.id(), Purpose::Read);
    assert!(matches!(denied, Err(AppError::Denied(Denial::Invalidated))));

    let opened = world.app.open_document(&caller, &note.id(), Purpose::ReadInvalidated).unwrap();
    assert_eq!(opened.state, VersionState::Invalidated);
    let (reason, at) = opened.invalidated.unwrap();
    assert_eq!((reason.as_str(), at), ("2", varanto_domain::time::Clock::now(&*world.clock)));
    let listed = world.app.list_versions(&caller, &note.id(), Purpose::ReadInvalidated).unwrap();
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
        let opened = world.app.open_document(&world.county(), &note.id(), Purpose::Read).unwrap();
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
    let opened = world.app.open_document(&world.county(), &newer.id(), Purpose::Read).unwrap();
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
    let proof = world.app.prove_document(&world.county(), &note.id(), Purpose::Read).unwrap();
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
