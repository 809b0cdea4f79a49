//! Destroying what is kept no longer: holds, lists, two archivists, and nothing left but what the log needs (ARC-12).

use std::collections::HashSet;

use serde_json::json;
use varanto_app::AppError;
use varanto_app::archive::{DocumentQuery, InvalidationRequest};
use varanto_app::callers::PersonFacts as Login;
use varanto_app::oversight::{LogQuery, OwnLogQuery};
use varanto_app::retention::{
    DestructionQuery, DestructionView, HoldQuery, HoldRequest, HoldView, Proposal, Remains,
};
use varanto_app::users::Loading;
use varanto_app::verify::verify_certificate;
use varanto_domain::access::{Caller, LookReason, Purpose, Reason, Role};
use varanto_domain::archive::destruction::{HoldReason, ListState};
use varanto_domain::ids::Oid;
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::FinnishDay;

use crate::access::{code, worker};
use crate::joint_cases::entry;
use crate::oversight::person;
use crate::world::{
    COUNTY, Client, Dossier, Draft, NEIGHBOUR, UNIT, World, clear_up, client, copy, files_of, oid,
    open, pieces, told,
};

const ALL: usize = 1000;
/// Thirty years after the closing of the old cases, and longer than two after every death.
const LATER: &str = "2055-03-01T10:00:00+02:00";
const SUPERVISION: Purpose = Purpose::READ.because(Reason::Look(LookReason::Supervision));

pub(crate) fn archivist(world: &World, subject: &str, organisation: &str) -> Caller {
    let facts = Login {
        subject: subject.to_owned(),
        registration_number: None,
        role: Role::Archivist.code().into(),
        organisation: oid(organisation),
        unit: None,
        duty: None,
        strong: true,
    };
    world.app.caller_of_person(facts).unwrap()
}

/// An archive thirty years on, with a client who has died: an old relationship, its closed case, two papers and an
/// attachment to the first.
struct Old {
    world: World,
    who: Client,
    dossier: Dossier,
    papers: Vec<Draft>,
}

impl Old {
    fn new() -> Self {
        let world = World::new();
        let who = client(1);
        let dossier = world.open_old_case(&who);
        let mut papers = vec![world.old(&dossier), world.old(&dossier)];
        let attached = world.old(&dossier).set("main_document", papers[0].text("document_id"));
        papers.push(attached);
        for paper in &papers {
            world.archive(paper);
        }
        let died_on = FinnishDay::parse("2026-10-30");
        world.tell(vec![(who.code, PersonFacts { died_on, ..PersonFacts::default() })]);
        world.clock.set(LATER);
        Self { world, who, dossier, papers }
    }

    fn aino(&self) -> Caller {
        archivist(&self.world, "aino", COUNTY)
    }

    fn olli(&self) -> Caller {
        archivist(&self.world, "olli", COUNTY)
    }

    fn everything(&self) -> Vec<Oid> {
        let registers = [&self.dossier.relationship_document, &self.dossier.case_document];
        let papers = self.papers.iter().map(Draft::id);
        registers.into_iter().map(|id| oid(id)).chain(papers).collect()
    }

    fn propose(&self, documents: Vec<Oid>) -> Result<DestructionView, AppError> {
        let proposal = Proposal { documents, dry_run: false };
        self.world.app.propose_destruction(&self.aino(), &proposal)
    }

    /// A list that both archivists have approved.
    fn approved(&self, documents: Vec<Oid>) -> String {
        let id = self.propose(documents).unwrap().id.unwrap();
        for who in [self.aino(), self.olli()] {
            self.world.app.approve_destruction(&who, &id).unwrap();
        }
        id
    }

    fn carry_out(&self, id: &str) -> DestructionView {
        self.world.app.carry_out_destruction(&self.olli(), id, ALL).unwrap()
    }

    fn hold(&self, document: &Oid) -> HoldView {
        let explanation = Some("Muutoksenhaku on vireillä".to_owned());
        let (document, reason) = (document.clone(), HoldReason::LegalMatter);
        let request = HoldRequest { document, reason, explanation };
        self.world.app.place_hold(&self.aino(), &request).unwrap()
    }

    fn stands(&self, document: &Oid) -> bool {
        match self.world.app.open_document(&self.aino(), document, SUPERVISION) {
            Ok(_) => true,
            Err(AppError::NotFound) => false,
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// What became of each entry: the document, and why it was kept; `-` where nothing became of it yet.
fn fates(view: &DestructionView) -> Vec<(Oid, &'static str)> {
    let fate = |listed: &varanto_app::retention::ListedEntry| {
        let why = match listed.fate {
            None => "-",
            Some(fate) => fate.kept.map_or("destroyed", |why| why.code()),
        };
        (listed.entry.document.clone(), why)
    };
    view.entries.iter().map(fate).collect()
}

fn faults<T: std::fmt::Debug>(answer: Result<T, AppError>) -> String {
    match answer {
        Err(AppError::Refused(faults)) => told(&faults),
        answer => panic!("{answer:?}"),
    }
}

/// Every encrypted piece that the database holds.
fn ciphertexts(world: &World) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for sql in [
        "SELECT sealed FROM content",
        "SELECT record FROM document_version",
        "SELECT explanation FROM invalidation WHERE explanation IS NOT NULL",
        "SELECT explanation FROM retention_hold WHERE explanation IS NOT NULL",
        "SELECT sealed FROM signature_evidence",
        "SELECT sealed FROM person",
        "SELECT sealed FROM person_facts",
        "SELECT wrapped FROM client_key WHERE wrapped IS NOT NULL",
    ] {
        found.extend(pieces(world.folder.path(), sql));
    }
    found
}

/// Those of the pieces of which anything is in the files of the store: sixteen bytes anywhere in them.
fn left_in_files(world: &World, pieces: &[Vec<u8>]) -> usize {
    let parts: HashSet<&[u8]> = pieces.iter().flat_map(|piece| piece.chunks_exact(16)).collect();
    let mut left: HashSet<&[u8]> = HashSet::new();
    for file in files_of(world.folder.path()) {
        let bytes = std::fs::read(file).unwrap_or_default();
        left.extend(bytes.windows(16).filter_map(|window| parts.get(window).copied()));
    }
    let is_left = |piece: &&Vec<u8>| piece.chunks_exact(16).any(|part| left.contains(part));
    pieces.iter().filter(is_left).count()
}

/// ARC-12: what two archivists approved is gone: no door shows it, its bytes are in no file (of a server, once its operator
/// has cleared up), the client of whom nothing is left is nobody, and the proof log, the counts and everything else still
/// verify.
#[test]
fn what_is_destroyed_is_gone_for_good() {
    let old = Old::new();
    let world = &old.world;
    let reason = InvalidationRequest { reason: "1".into(), explanation: Some("Virhe".into()) };
    world.app.invalidate_document(&old.aino(), &old.papers[1].id(), &reason).unwrap();
    let hold = old.hold(&old.papers[0].id());
    world.app.lift_hold(&old.olli(), &hold.id).unwrap();
    let other = world.open_case(&client(2));
    world.archive(&world.note(&other));
    let theirs = world.contents();
    let before = ciphertexts(world);
    let id = old.approved(old.everything());
    assert_eq!(left_in_files(world, &before), before.len());

    let done = old.carry_out(&id);
    assert_eq!(done.state, ListState::Done);
    let expected = if clear_up(world.folder.path()) { Remains::OnServer } else { Remains::Nowhere };
    assert_eq!(done.remains, Some(expected));
    assert!(fates(&done).iter().all(|(_, fate)| *fate == "destroyed"), "{:?}", fates(&done));
    // The attachment before its document, the papers before the case, the case before the relationship.
    let order: Vec<Oid> = done.entries.iter().map(|one| one.entry.document.clone()).collect();
    let paper = |place: usize| old.papers[place].id();
    assert_eq!(order[..3], [paper(2), paper(0), paper(1)]);
    assert_eq!(
        order[3..],
        [oid(&old.dossier.case_document), oid(&old.dossier.relationship_document)]
    );

    let after = ciphertexts(world);
    let gone: Vec<Vec<u8>> = before.iter().filter(|one| !after.contains(one)).cloned().collect();
    assert!(gone.len() > 10, "{}", gone.len());
    assert_eq!(left_in_files(world, &gone), 0);
    for document in old.everything() {
        assert!(!old.stands(&document));
        assert_eq!(
            code(world.app.open_content(&old.aino(), &document, None, SUPERVISION)),
            "not-found"
        );
        assert_eq!(code(world.app.list_versions(&old.aino(), &document, SUPERVISION)), "not-found");
    }
    let query = DocumentQuery { reason: SUPERVISION.reason, ..DocumentQuery::default() };
    let hits = world.app.find_documents(&old.aino(), &query).unwrap().hits;
    assert_eq!(hits.len(), 3, "another client's");
    assert_eq!(world.contents().versions, theirs.versions - 5);

    let verdict = world.app.verify_store(|_| {}).unwrap();
    assert_eq!((verdict.destroyed, verdict.damage), (5, Vec::new()));
    let certificate = world.app.destruction_certificate(&old.aino(), &id).unwrap();
    let checked = verify_certificate(&certificate, Some(&world.app.verifier_key())).unwrap();
    assert_eq!(checked.certificate.sums(), [5, 5, 0]);
    let folder = std::sync::Arc::clone(&world.folder);
    world.app.clone().close();
    let copied = tempfile::tempdir().unwrap();
    copy(folder.path(), copied.path());
    let app = open(copied.path(), &world.clock).unwrap();
    let done = app.reindex().unwrap();
    assert_eq!((done.relationships, done.cases, done.unread, done.erased), (1, 1, 0, 0));
    assert_eq!(app.verify_store(|_| {}).unwrap().damage, Vec::new());
}

/// ARC-12: a document that was destroyed does not come back by being sent again; a new one of the same client does come in.
#[test]
fn what_was_destroyed_is_not_archived_again() {
    let old = Old::new();
    let id = old.approved(old.everything());
    old.carry_out(&id);
    let relationship = old.world.old_relationship(&old.who);
    old.world.archive(&relationship);
    let case = old.world.closed_case(&old.who, &relationship.text("relationship_id"));
    old.world.archive(&case);
    let again = old.papers[1].clone().set("case_id", case.text("case_id"));
    let refused = faults(old.world.app.archive_document(&old.world.county(), again.submission()));
    assert!(refused.contains("destroyed-document at document_id"), "{refused}");
    old.world.archive(
        &again
            .set("document_id", "1.2.246.10.90000001.95.2026.77777")
            .set("set_id", "1.2.246.10.90000001.95.2026.77777"),
    );
    assert_eq!(old.world.damage(), Vec::<String>::new());
}

/// ARC-12: one person under two logins is one, where the register of users knows the identity code of both; and each is
/// shown what a document was sent as.
#[test]
fn one_person_with_two_logins_approves_once() {
    let old = Old::new();
    let app = &old.world.app;
    let entry = |subject: &str, number| {
        json!({"subject": subject, "organisation": COUNTY, "given_names": "Aino", "family_name": "Aho",
            "identity_code": client(number).code.reveal(), "role": "archivist",
            "first_day": "2026-01-01", "granted_by": "Johto"})
    };
    let users = json!({"users": [entry("aino", 2), entry("aino.m", 2), entry("olli", 3)]});
    app.load_users(users.to_string().as_bytes(), Loading::default()).unwrap();
    let made = old.propose(old.everything()).unwrap();
    assert!(made.entries.iter().all(|one| one.class.as_deref() == Some("1")), "{made:?}");
    let id = made.id.unwrap();
    app.approve_destruction(&old.aino(), &id).unwrap();
    let same = archivist(&old.world, "aino.m", COUNTY);
    assert_eq!(code(app.approve_destruction(&same, &id)), "approved-before");
    assert_eq!(app.approve_destruction(&old.olli(), &id).unwrap().state, ListState::Approved);
    assert_eq!(old.world.damage(), Vec::<String>::new());
}

/// ARC-12: two different archivists approve; one of them twice is one, nobody else may, and another's list is not there.
#[test]
fn two_different_archivists_approve() {
    let old = Old::new();
    let app = &old.world.app;
    let id = old.propose(old.everything()).unwrap().id.unwrap();
    let not_yet = |answer| faults(answer);
    assert!(not_yet(app.carry_out_destruction(&old.aino(), &id, ALL)).contains("stands-otherwise"));
    let once = app.approve_destruction(&old.aino(), &id).unwrap();
    assert_eq!((once.state, once.approvals.len()), (ListState::Proposed, 1));
    assert_eq!(code(app.approve_destruction(&old.aino(), &id)), "approved-before");
    assert!(not_yet(app.carry_out_destruction(&old.aino(), &id, ALL)).contains("stands-otherwise"));
    for caller in [
        old.world.county(),
        worker(&old.world, COUNTY, UNIT),
        person(&old.world, Role::DataProtectionOfficer, COUNTY, None),
    ] {
        assert_eq!(code(app.approve_destruction(&caller, &id)), "role-does-not-fit");
        assert_eq!(code(app.show_destruction(&caller, &id)), "role-does-not-fit");
        assert_eq!(code(app.carry_out_destruction(&caller, &id, ALL)), "role-does-not-fit");
        assert_eq!(code(app.destruction_certificate(&caller, &id)), "role-does-not-fit");
        let query = DestructionQuery::default();
        assert_eq!(code(app.list_destructions(&caller, &query)), "role-does-not-fit");
        assert_eq!(code(app.list_holds(&caller, &HoldQuery::default())), "role-does-not-fit");
    }
    let neighbour = archivist(&old.world, "nea", NEIGHBOUR);
    for unknown in [id.as_str(), "1", "x", ""] {
        assert_eq!(code(app.approve_destruction(&neighbour, unknown)), "not-found");
        assert_eq!(code(app.withdraw_destruction(&neighbour, unknown)), "not-found");
        assert_eq!(code(app.show_destruction(&neighbour, unknown)), "not-found");
    }
    assert!(
        app.list_destructions(&neighbour, &DestructionQuery::default()).unwrap().lists.is_empty()
    );
    assert_eq!(app.approve_destruction(&old.olli(), &id).unwrap().state, ListState::Approved);
    let third = archivist(&old.world, "kaisa", COUNTY);
    assert!(faults(app.approve_destruction(&third, &id)).contains("stands-otherwise"));
    assert!(old.stands(&old.papers[0].id()));
    assert_eq!(app.withdraw_destruction(&old.aino(), &id).unwrap().state, ListState::Withdrawn);
    for answer in [
        app.carry_out_destruction(&old.olli(), &id, ALL),
        app.approve_destruction(&third, &id),
        app.withdraw_destruction(&old.olli(), &id),
    ] {
        assert!(faults(answer).contains("stands-otherwise"));
    }
    assert!(old.stands(&old.papers[0].id()));
    assert_eq!(old.world.damage(), Vec::<String>::new());
}

/// ARC-12: what may not come on a list is told, each with why: held, not over, hung upon, another's, listed already.
#[test]
fn what_may_not_come_on_a_list_is_told() {
    let old = Old::new();
    let note = old.world.note(&old.world.open_case(&client(2)));
    old.world.archive(&note);
    let hold = old.hold(&oid(&old.dossier.case_document));
    let case = oid(&old.dossier.case_document);
    let relationship = oid(&old.dossier.relationship_document);
    let told = faults(old.propose(vec![
        old.papers[1].id(),
        note.id(),
        relationship.clone(),
        oid("1.2.3"),
    ]));
    for fault in [
        "document-held at documents/0",
        "period-runs at documents/1",
        "others-hang at documents/2",
        "unknown-document at documents/3",
    ] {
        assert!(told.contains(fault), "{fault}: {told}");
    }
    // The hold on the case holds all that hangs on it, and is told of each.
    let query = HoldQuery { document: Some(old.papers[2].id()), ..HoldQuery::default() };
    let holds = old.world.app.list_holds(&old.olli(), &query).unwrap().holds;
    assert_eq!(holds.len(), 1);
    assert_eq!(
        (holds[0].document.clone(), holds[0].reason),
        (case.clone(), HoldReason::LegalMatter)
    );
    assert_eq!(holds[0].explanation.as_deref(), Some("Muutoksenhaku on vireillä"));
    assert_eq!(holds[0].placed.by, "person:aino");
    let shown = old.world.app.open_document(&old.aino(), &old.papers[1].id(), SUPERVISION).unwrap();
    assert_eq!(shown.held, [HoldReason::LegalMatter]);
    let lifted = old.world.app.lift_hold(&old.olli(), &hold.id).unwrap();
    assert_eq!(lifted.lifted.unwrap().by, "person:olli");
    assert!(faults(old.world.app.lift_hold(&old.olli(), &hold.id)).contains("stands-otherwise"));
    let main_alone = faults(old.propose(vec![old.papers[0].id()]));
    assert!(main_alone.contains("others-hang at documents/0"), "{main_alone}");
    let with_attachment = vec![old.papers[0].id(), old.papers[2].id()];
    assert_eq!(old.propose(with_attachment).unwrap().count, 2);
    assert!(
        faults(old.propose(vec![old.papers[0].id()])).contains("listed-already at documents/0")
    );
    assert!(faults(old.propose(Vec::new())).contains("too-few-entries"));
    let neighbour = archivist(&old.world, "nea", NEIGHBOUR);
    let theirs = Proposal { documents: vec![old.papers[1].id()], dry_run: true };
    let told = faults(old.world.app.propose_destruction(&neighbour, &theirs));
    assert!(told.contains("unknown-document"), "{told}");
    let request = HoldRequest { document: case, reason: HoldReason::Other, explanation: None };
    assert!(
        faults(old.world.app.place_hold(&old.aino(), &request))
            .contains("missing-element at explanation")
    );
    assert_eq!(code(old.world.app.place_hold(&neighbour, &request)), "not-found");
    assert_eq!(code(old.world.app.lift_hold(&neighbour, &hold.id)), "not-found");
    assert_eq!(old.world.damage(), Vec::<String>::new());
}

/// ARC-12: a dry run keeps nothing, and says the same.
#[test]
fn a_dry_run_keeps_nothing() {
    let old = Old::new();
    let proposal = Proposal { documents: old.everything(), dry_run: true };
    let dry = old.world.app.propose_destruction(&old.aino(), &proposal).unwrap();
    assert_eq!((dry.id, dry.count, dry.state), (None, 5, ListState::Proposed));
    let query = DestructionQuery::default();
    assert!(old.world.app.list_destructions(&old.aino(), &query).unwrap().lists.is_empty());
    let id = old.approved(old.everything());
    old.hold(&old.papers[1].id());
    let told = old.world.app.rehearse_destruction(&old.aino(), &id).unwrap();
    let kept: Vec<&str> = fates(&told).into_iter().map(|(_, fate)| fate).collect();
    assert_eq!(kept, ["destroyed", "destroyed", "held", "others-hang", "others-hang"]);
    assert!(old.everything().iter().all(|document| old.stands(document)));
    let done = old.carry_out(&id);
    let done: Vec<&str> = fates(&done).into_iter().map(|(_, fate)| fate).collect();
    assert_eq!(done, kept);
}

/// ARC-12: facts are asked again when a document's turn comes: what is held since, or whose facts changed, is kept, the list
/// and the certificate say why, and the rest goes.
#[test]
fn what_changed_since_is_kept() {
    let old = Old::new();
    let id = old.approved(vec![old.papers[1].id(), old.papers[0].id(), old.papers[2].id()]);
    let hold = old.hold(&old.papers[0].id());
    let done = old.carry_out(&id);
    let of = |document: &Oid| fates(&done).into_iter().find(|(one, _)| one == document).unwrap().1;
    assert_eq!(of(&old.papers[0].id()), "held");
    // What is attached to what is held is held with it.
    assert_eq!(of(&old.papers[2].id()), "held");
    assert_eq!(of(&old.papers[1].id()), "destroyed");
    assert!(old.stands(&old.papers[0].id()) && !old.stands(&old.papers[1].id()));
    let certificate = old.world.app.destruction_certificate(&old.aino(), &id).unwrap();
    assert_eq!(verify_certificate(&certificate, None).unwrap().certificate.sums(), [1, 1, 2]);

    old.world.app.lift_hold(&old.aino(), &hold.id).unwrap();
    let id = old.approved(vec![old.papers[0].id(), old.papers[2].id()]);
    let case = old.world.closed_case(&old.who, &old.dossier.relationship);
    // The case is closed a day earlier: over still, and for another reason than was approved.
    let earlier = case
        .set("case_id", old.dossier.case.as_str())
        .content("/asia_asiakirja/asian_tiedot/asiatunnus/value", old.dossier.case.as_str())
        .set("set_id", old.dossier.case_document.as_str())
        .set("version", 2)
        .set("replaces.document_id", old.dossier.case_document.as_str())
        .set("replaces.reason", "2")
        .closed_on("2024-02-28");
    old.world.archive(&earlier);
    let done = old.carry_out(&id);
    // The attachment stays, and so does what it hangs on.
    let why: Vec<&str> = fates(&done).into_iter().map(|(_, fate)| fate).collect();
    assert_eq!(why, ["changed", "others-hang"]);
    assert!(old.stands(&old.papers[0].id()));
    assert_eq!(old.world.damage(), Vec::<String>::new());
}

/// ARC-12: broken off half-way it is gone on with, whoever goes on; what is there in between verifies, and what is destroyed
/// stays destroyed.
#[test]
fn a_destruction_broken_off_is_gone_on_with() {
    let old = Old::new();
    let id = old.approved(old.everything());
    let half = old.world.app.carry_out_destruction(&old.aino(), &id, 2).unwrap();
    assert_eq!(half.state, ListState::Begun);
    assert!(
        faults(old.world.app.withdraw_destruction(&old.aino(), &id)).contains("stands-otherwise")
    );
    assert_eq!(code(old.world.app.destruction_certificate(&old.aino(), &id)), "not-found");
    // As a machine that stops leaves it: the files as they are, and nothing of the program.
    let stopped = tempfile::tempdir().unwrap();
    copy(old.world.folder.path(), stopped.path());
    let app = open(stopped.path(), &old.world.clock).unwrap();
    assert_eq!(app.verify_store(|_| {}).unwrap().damage, Vec::new());
    let done = app.carry_out_destruction(&old.olli(), &id, ALL).unwrap();
    assert_eq!(done.state, ListState::Done);
    let verdict = app.verify_store(|_| {}).unwrap();
    assert_eq!((verdict.destroyed, verdict.damage), (5, Vec::new()));
    let certificate = app.destruction_certificate(&old.aino(), &id).unwrap();
    assert_eq!(verify_certificate(&certificate, None).unwrap().certificate.sums(), [5, 5, 0]);
    // A second carrying out of what is done does nothing more.
    let again = app.carry_out_destruction(&old.aino(), &id, ALL).unwrap();
    assert_eq!((again.state, again.ended), (done.state, done.ended));
}

/// ARC-12: two who carry out one list at the same time destroy each document once.
#[test]
fn two_carry_out_one_list() {
    let old = Old::new();
    let id = old.approved(old.everything());
    std::thread::scope(|scope| {
        for who in [old.aino(), old.olli()] {
            let (id, app) = (id.as_str(), &old.world.app);
            scope.spawn(move || app.carry_out_destruction(&who, id, ALL).unwrap());
        }
    });
    let verdict = old.world.app.verify_store(|_| {}).unwrap();
    assert_eq!((verdict.destroyed, verdict.damage), (5, Vec::new()));
}

/// ARC-12: a certificate is checked offline; one that was changed, or is another archive's, does not hold.
#[test]
fn a_certificate_holds_offline_alone_as_it_was_signed() {
    let old = Old::new();
    let id = old.approved(vec![old.papers[1].id()]);
    old.carry_out(&id);
    let certificate = old.world.app.destruction_certificate(&old.aino(), &id).unwrap();
    let key = old.world.app.verifier_key();
    let held = verify_certificate(&certificate, Some(&key)).unwrap().certificate;
    let by: Vec<&str> = held.approvals.iter().map(|(by, _)| by.as_str()).collect();
    assert_eq!(by, ["person:aino", "person:olli"]);
    assert_eq!(
        (held.made.0.as_str(), held.carried_out[0].0.as_str()),
        ("person:aino", "person:olli")
    );
    assert_eq!(held.entries[0].document, old.papers[1].id());
    assert_eq!(held.entries[0].last_year, 2054);
    assert!(!certificate.contains("2054-02-28"), "the days would tell of the client");
    let other = certificate.replace("person:olli", "person:otto");
    assert_eq!(verify_certificate(&other, None).unwrap_err().code(), "signature");
    let foreign = key.replace("varanto.local", "another.local");
    assert_eq!(verify_certificate(&certificate, Some(&foreign)).unwrap_err().code(), "other-key");
    assert_eq!(verify_certificate("nothing", None).unwrap_err().code(), "unreadable");
}

/// ARC-12: a document with several versions goes as a whole, with all of them, when each is over.
#[test]
fn every_version_goes() {
    let old = Old::new();
    old.world.clock.set("2026-11-03T10:00:00+02:00");
    let second = old.world.next_version(&old.papers[1]);
    let second = second
        .set("written_at", "2019-05-07T12:00:00+03:00")
        .set("created_at", "2019-05-07T12:00:00+03:00");
    old.world.archive(&second);
    old.world.clock.set(LATER);
    // By whichever of its versions it is named.
    let id = old.approved(vec![old.papers[1].id(), second.id()]);
    let done = old.carry_out(&id);
    assert_eq!(fates(&done), [(second.id(), "destroyed")]);
    assert!(!old.stands(&old.papers[1].id()) && !old.stands(&second.id()));
    let verdict = old.world.app.verify_store(|_| {}).unwrap();
    assert_eq!((verdict.destroyed, verdict.damage), (2, Vec::new()));
}

/// ARC-12, REL-4: what concerns several clients is kept for each of them: it goes when its period is over, and never while
/// one of them is of the sample.
#[test]
fn a_joint_cases_document_is_kept_for_each_client() {
    for (number, expected) in [(2, None), (7, Some("period-runs at documents/0"))] {
        let world = World::new();
        let (first, second) = (client(1), client(number));
        let dossier = world.open_case(&first);
        let clients = vec![
            entry(&first, "2024-01-09T08:00:00Z", None),
            entry(&second, "2024-01-09T08:00:00Z", None),
        ];
        let case = crate::joint_cases::made_joint(&world, &dossier, clients);
        let note = world.note(&dossier);
        world.archive(&note);
        world.archive(&world.next_version(&case).closed_on("2026-11-02"));
        world.clock.set("2057-01-01T10:00:00+02:00");
        let aino = archivist(&world, "aino", COUNTY);
        let proposal = Proposal { documents: vec![note.id()], dry_run: true };
        let made = world.app.propose_destruction(&aino, &proposal);
        match expected {
            None => assert_eq!(made.unwrap().count, 1),
            Some(expected) => {
                let told = faults(made);
                assert!(told.contains(expected), "{told}");
            }
        }
    }
}

/// ARC-12: a correction that came since the approval was approved by nobody: the document stays with all its versions.
#[test]
fn a_version_that_came_since_was_not_approved() {
    let old = Old::new();
    let id = old.approved(vec![old.papers[1].id()]);
    let corrected = old.world.next_version(&old.papers[1]);
    let corrected = corrected
        .set("written_at", "2019-05-07T12:00:00+03:00")
        .set("created_at", "2019-05-07T12:00:00+03:00");
    old.world.archive(&corrected);
    let done = old.carry_out(&id);
    assert_eq!(fates(&done), [(old.papers[1].id(), "changed")]);
    assert!(old.stands(&old.papers[1].id()) && old.stands(&corrected.id()));
}

/// ARC-12: a document whose correction is in another case hangs on both: neither case goes before it, and a hold on either
/// holds it.
#[test]
fn a_document_that_was_moved_hangs_on_both_cases() {
    let old = Old::new();
    old.world.clock.set("2026-11-03T10:00:00+02:00");
    let other = old.world.open_old_case(&old.who);
    let moved = old
        .world
        .next_version(&old.papers[1])
        .set("case_id", other.case.as_str())
        .set("written_at", "2019-05-07T12:00:00+03:00")
        .set("created_at", "2019-05-07T12:00:00+03:00");
    old.world.archive(&moved);
    old.world.clock.set(LATER);
    let alone = faults(old.propose(vec![oid(&other.case_document)]));
    assert!(alone.contains("others-hang at documents/0"), "{alone}");
    for case in [&other.case_document, &old.dossier.case_document] {
        let hold = old.hold(&oid(case));
        let told = faults(old.propose(vec![moved.id()]));
        assert!(told.contains("document-held at documents/0"), "{told}");
        old.world.app.lift_hold(&old.aino(), &hold.id).unwrap();
    }
    let id = old.approved(vec![moved.id(), oid(&other.case_document)]);
    assert!(fates(&old.carry_out(&id)).iter().all(|(_, fate)| *fate == "destroyed"));
    assert_eq!(old.world.damage(), Vec::<String>::new());
}

/// ARC-12: a list that has begun is stopped: the rest stays, and the certificate says so.
#[test]
fn a_list_that_has_begun_is_stopped() {
    let old = Old::new();
    let id = old.approved(old.everything());
    assert!(faults(old.world.app.stop_destruction(&old.aino(), &id)).contains("stands-otherwise"));
    old.world.app.carry_out_destruction(&old.olli(), &id, 2).unwrap();
    let stopped = old.world.app.stop_destruction(&old.aino(), &id).unwrap();
    assert_eq!(stopped.state, ListState::Done);
    let why: Vec<&str> = fates(&stopped).into_iter().map(|(_, fate)| fate).collect();
    assert_eq!(why, ["destroyed", "destroyed", "stopped", "stopped", "stopped"]);
    let certificate = old.world.app.destruction_certificate(&old.aino(), &id).unwrap();
    let certificate = verify_certificate(&certificate, None).unwrap().certificate;
    let by: Vec<&str> = certificate.carried_out.iter().map(|(by, _)| by.as_str()).collect();
    assert_eq!((certificate.sums(), by), ([2, 2, 3], vec!["person:olli", "person:aino"]));
    assert_eq!(old.propose(vec![old.papers[1].id()]).unwrap().count, 1, "it waits on no list");
    assert_eq!(old.world.damage(), Vec::<String>::new());
}

/// LOG-1, LOG-2: holds, approvals and each destroyed version are lines; the log of what was destroyed is read on, and tells a
/// client nothing that was not told before.
#[test]
fn the_log_tells_of_what_was_destroyed() {
    let old = Old::new();
    assert!(old.stands(&old.papers[0].id()));
    old.world.clock.forward_millis(3 * 86_400_000);
    let looks = || {
        let query = OwnLogQuery {
            client: old.who.identifier(),
            representative: None,
            from: None,
            before: None,
            limit: 100,
            cursor: None,
        };
        old.world.app.own_log(&old.aino(), &query).unwrap().looks.len()
    };
    let told_before = looks();
    let id = old.approved(vec![old.papers[1].id()]);
    old.carry_out(&id);
    let lines = |event: &str| {
        let query = LogQuery {
            event: varanto_domain::access::log::Event::of_code(event),
            limit: 100,
            ..LogQuery::default()
        };
        old.world.app.review_log(&old.aino(), &query).unwrap().lines
    };
    let destroyed = lines("destroy");
    assert_eq!(destroyed.len(), 1);
    assert_eq!(destroyed[0].documents, [old.papers[1].id()]);
    assert_eq!(destroyed[0].actor, "person:olli");
    // Made, approved twice, certified, and two lines of showing it.
    assert!(lines("retention").len() >= 4, "{}", lines("retention").len());
    // The line of its arrival is read on.
    let archived = lines("archive");
    assert!(archived.iter().any(|line| line.documents == [old.papers[1].id()]));
    assert_eq!(looks(), told_before);
}
