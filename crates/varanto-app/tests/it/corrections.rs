//! Correction requests: asked by the client, seen by who may correct, answered, and told to who asked.

use varanto_app::AppError;
use varanto_app::archive::{Correction, CorrectionSeen, InvalidationRequest, LookedAt};
use varanto_domain::access::{Basis, Caller, Purpose, Situation};
use varanto_domain::archive::corrections::{Answer, Ending};
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::persons::{Guardian, GuardianKind, PersonFacts};
use varanto_domain::time::{Clock, FinnishDay, Validity};

use crate::access::{code, neighbours_relationship, producers_note, worker};
use crate::destruction::archivist;
use crate::persons::Told;
use crate::world::{
    COUNTY, Client, Dossier, Draft, NEIGHBOUR, NEIGHBOURS_UNIT, PRODUCER, PRODUCERS_UNIT, System,
    UNIT, World, client, serving,
};

const WANTED: &str = "Lapsia on kaksi, ei kolme.";

/// A client whom a unit of the county and a producer's serve, with a note of each.
struct Asked {
    world: World,
    relationship: Draft,
    dossier: Dossier,
    note: Draft,
    of_producer: Draft,
    client: Caller,
}

impl Asked {
    fn of(who: &Client) -> Self {
        let world = World::new();
        let served = vec![serving(PRODUCERS_UNIT, "2026-01-01", "")];
        let relationship = world.relationship(who).served_by(served);
        let dossier = world.open_case_under(&relationship, who);
        let shown = |note: Draft| note.set("guardian_disclosure", "1");
        let (note, of_producer) =
            (shown(world.note(&dossier)), shown(producers_note(&world, &dossier)));
        world.archive(&note);
        world.archive_as(System::Producer, &of_producer);
        world.know(who);
        let client = world.citizen(who);
        Self { world, relationship, dossier, note, of_producer, client }
    }

    fn asks(&self, document: &Oid, wanted: &str) -> Result<Correction, AppError> {
        self.asks_as(&self.client, Situation::Citizen, document, wanted)
    }

    fn asks_as(
        &self,
        caller: &Caller,
        situation: Situation,
        document: &Oid,
        wanted: &str,
    ) -> Result<Correction, AppError> {
        let of = self.dossier.client.identifier();
        let document = LookedAt { document, of: Some(&of) };
        self.world.app.ask_correction(caller, document, situation, wanted)
    }

    fn own(&self) -> Vec<Correction> {
        let code = self.dossier.client.code;
        self.world.app.own_corrections(&self.client, code, Situation::Citizen).unwrap()
    }

    fn listed(&self, caller: &Caller) -> Vec<CorrectionSeen> {
        self.world.app.list_corrections(caller, None, 10).unwrap().corrections
    }

    fn answers(&self, caller: &Caller, id: &str, answer: Answer, words: &str) -> &'static str {
        code(self.world.app.answer_correction(caller, id, answer, words))
    }
}

fn ids(seen: &[CorrectionSeen]) -> Vec<&str> {
    seen.iter().map(|one| &*one.correction.id).collect()
}

/// CIT-6: what a client asks to be put right is seen by the county's workers, answered once it is put right and not before, and
/// told to the client with the version that corrects.
#[test]
fn a_client_asks_and_the_county_corrects() {
    let asked = Asked::of(&client(1));
    let world = &asked.world;
    let county = worker(world, COUNTY, UNIT);
    assert!(asked.listed(&county).is_empty() && asked.own().is_empty());
    let request = asked.asks(&asked.note.id(), &format!("  {WANTED}\n")).unwrap();
    assert_eq!((&*request.wanted, request.asked_as), (WANTED, Basis::OwnData));
    assert_eq!(request.answer_by, FinnishDay::of(world.clock.now()).plus_days(30));
    assert_eq!(asked.own(), std::slice::from_ref(&request));

    let listed = asked.listed(&county);
    assert_eq!(ids(&listed), [&*request.id]);
    assert_eq!(listed[0].correction, request);
    let view = world.app.open_document(&county, &asked.note.id(), Purpose::READ).unwrap();
    assert_eq!(view.corrections, [&*request.id]);
    let own = Purpose::READ.in_situation(Situation::Citizen);
    let view = world.app.open_document(&asked.client, &asked.note.id(), own).unwrap();
    assert!(view.corrections.is_empty());

    assert_eq!(asked.answers(&county, &request.id, Answer::Corrected, ""), "not-corrected");
    assert_eq!(asked.answers(&county, &request.id, Answer::Removed, ""), "not-corrected");
    world.clock.forward_millis(60_000);
    let same = world.next_version(&asked.note);
    world.archive(&same);
    let county_answers = |answer| asked.answers(&county, &request.id, answer, "Korjattu.");
    assert_eq!(county_answers(Answer::Corrected), "not-corrected", "it says the same");
    let corrected = world.next_version(&same).saying(&world.note(&asked.dossier));
    world.archive(&corrected);
    assert_eq!(asked.answers(&county, &request.id, Answer::Corrected, "Korjattu."), "yes");
    assert_eq!(asked.answers(&county, &request.id, Answer::Refused, "Ei."), "stands-otherwise");
    let told = asked.own().remove(0).answered.unwrap();
    assert!(matches!(told.how, Ending::Corrected(_)));
    assert_eq!((told.words.as_deref(), told.by), (Some("Korjattu."), Some(corrected.id())));
    assert!(asked.listed(&county).is_empty());
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-6, RUR-4: nothing is refused without reasons, and not by a producer; which corrects what it recorded.
#[test]
fn a_refusal_is_the_controllers_and_tells_why() {
    let asked = Asked::of(&client(1));
    let world = &asked.world;
    let (county, producer) = (worker(world, COUNTY, UNIT), worker(world, PRODUCER, PRODUCERS_UNIT));
    let of_county = asked.asks(&asked.note.id(), WANTED).unwrap().id;
    let of_producer = asked.asks(&asked.of_producer.id(), WANTED).unwrap().id;
    assert_eq!(ids(&asked.listed(&producer)), [&*of_producer], "what its unit recorded");
    assert_eq!(ids(&asked.listed(&county)), [&*of_county, &*of_producer]);
    assert_eq!(code(world.app.show_correction(&producer, &of_county)), "not-found");

    let refuses =
        |caller: &Caller, id: &str, words: &str| asked.answers(caller, id, Answer::Refused, words);
    assert_eq!(refuses(&producer, &of_producer, "Oikein."), "another-register");
    assert_eq!(refuses(&county, &of_county, "  "), "missing-element");
    assert_eq!(refuses(&county, &of_county, &"å".repeat(2001)), "too-large");
    assert_eq!(refuses(&county, &of_county, "Lapsia on kolme."), "yes");
    world.clock.forward_millis(60_000);
    let corrected = world
        .next_version(&asked.of_producer)
        .saying(&world.note(&asked.dossier))
        .set("document_id", format!("{PRODUCER}.95.2026.{}", world.number()));
    world.archive_as(System::Producer, &corrected);
    assert_eq!(asked.answers(&producer, &of_producer, Answer::Corrected, ""), "yes");
    let own = asked.own();
    let words: Vec<_> =
        own.iter().map(|one| one.answered.as_ref().unwrap().words.as_deref()).collect();
    assert_eq!(words, [None, Some("Lapsia on kolme.")]);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-6, ARC-8: who may not see the document is told of no request about it, in no list and by no identifier; and whose right
/// has ended no more.
#[test]
fn nobody_else_learns_of_a_request() {
    let who = client(1);
    let asked = Asked::of(&who);
    let world = &asked.world;
    neighbours_relationship(world, &who);
    let id = asked.asks(&asked.of_producer.id(), WANTED).unwrap().id;
    let neighbour = worker(world, NEIGHBOUR, NEIGHBOURS_UNIT);
    let other_citizen = {
        world.open_case(&client(2));
        world.citizen(&client(2))
    };
    for caller in [&neighbour, &world.caller(System::Neighbour)] {
        assert!(asked.listed(caller).is_empty());
        assert_eq!(code(world.app.show_correction(caller, &id)), "not-found");
        assert_eq!(asked.answers(caller, &id, Answer::Refused, "Ei."), "not-found");
    }
    let listed = world.app.list_corrections(&other_citizen, None, 10);
    assert_eq!(code(listed), "role-does-not-fit");
    assert_eq!(code(world.app.list_corrections(&asked.client, None, 10)), "role-does-not-fit");
    let own = |caller: &Caller, code| world.app.own_corrections(caller, code, Situation::Citizen);
    assert_eq!(code(own(&other_citizen, who.code)), "another-persons-document");
    assert!(own(&other_citizen, client(2).code).unwrap().is_empty());
    let withdraw = |caller: &Caller, of: &Client| {
        code(world.app.withdraw_correction(caller, of.code, Situation::Citizen, &id))
    };
    assert_eq!(withdraw(&other_citizen, &client(2)), "not-found");
    assert_eq!(withdraw(&other_citizen, &who), "another-persons-document");
    let as_other = asked.asks_as(&other_citizen, Situation::Citizen, &asked.note.id(), WANTED);
    assert_eq!(code(as_other), "another-persons-document");

    let producer = worker(world, PRODUCER, PRODUCERS_UNIT);
    assert_eq!(ids(&asked.listed(&producer)), [&*id]);
    world.clock.forward_millis(60_000);
    let served = vec![serving(PRODUCERS_UNIT, "2026-01-01", "2026-11-01")];
    world.archive(&world.next_version(&asked.relationship).served_by(served));
    assert!(asked.listed(&producer).is_empty());
    assert_eq!(code(world.app.show_correction(&producer, &id)), "register-use-right-ended");
}

/// CIT-6: a request is taken back by who made it while it waits; the same words once more are the same request, and others
/// wait for their turn.
#[test]
fn a_request_is_made_once_and_may_be_taken_back() {
    let asked = Asked::of(&client(1));
    let world = &asked.world;
    let (note, code_of) = (asked.note.id(), asked.dossier.client.code);
    let first = asked.asks(&note, WANTED).unwrap();
    assert_eq!(asked.asks(&note, WANTED).unwrap(), first);
    assert_eq!(code(asked.asks(&note, "Muutakin on väärin.")), "stands-otherwise");
    assert_eq!(code(asked.asks(&note, " ")), "missing-element");
    let withdraw = |id: &str| {
        let situation = Situation::Citizen;
        code(world.app.withdraw_correction(&asked.client, code_of, situation, id))
    };
    assert_eq!(withdraw("no such"), "not-found");
    assert_eq!(withdraw(&first.id), "yes");
    assert_eq!(withdraw(&first.id), "stands-otherwise");
    let county = worker(world, COUNTY, UNIT);
    assert_eq!(asked.answers(&county, &first.id, Answer::Refused, "Ei."), "stands-otherwise");
    let second = asked.asks(&note, "Muutakin on väärin.").unwrap();
    assert_eq!(asked.own().len(), 2);
    assert_eq!(asked.own().remove(0).answered, second.answered);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-6, CAS-6: the keeper of the archive answers too; and of a document that was invalidated the client, who sees it no more,
/// is told the answer.
#[test]
fn the_client_is_told_of_what_was_removed() {
    let asked = Asked::of(&client(1));
    let world = &asked.world;
    let id = asked.asks(&asked.note.id(), "Tämä ei koske minua.").unwrap().id;
    let keeper = archivist(world, "aino", COUNTY);
    assert_eq!(ids(&asked.listed(&keeper)), [&*id]);
    let reason = InvalidationRequest { reason: "1".into(), explanation: None };
    world.app.invalidate_document(&world.county(), &asked.note.id(), &reason).unwrap();
    assert_eq!(ids(&asked.listed(&keeper)), [&*id]);
    assert_eq!(asked.answers(&keeper, &id, Answer::Corrected, ""), "not-corrected");
    assert_eq!(asked.answers(&keeper, &id, Answer::Removed, "Poistettu."), "yes");
    let own = Purpose::READ.in_situation(Situation::Citizen);
    let opens = world.app.open_document(&asked.client, &asked.note.id(), own);
    assert_eq!(code(opens), "version-invalidated");
    let told = asked.own().remove(0).answered.unwrap();
    assert_eq!((told.how, told.words.as_deref()), (Ending::Removed, Some("Poistettu.")));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-6, ARC-3: who took the document back on the client's request says so, a producer's worker too; nothing else may be
/// answered then.
#[test]
fn who_invalidates_on_request_answers_that_it_is_removed() {
    let asked = Asked::of(&client(1));
    let world = &asked.world;
    for (caller, document) in [
        (worker(world, COUNTY, UNIT), asked.note.id()),
        (worker(world, PRODUCER, PRODUCERS_UNIT), asked.of_producer.id()),
    ] {
        let id = asked.asks(&document, "Tämä ei koske minua.").unwrap().id;
        let reason = InvalidationRequest { reason: "1".into(), explanation: None };
        world.app.invalidate_document(&caller, &document, &reason).unwrap();
        let told = world.app.tell_invalidation(&caller, &document, Purpose::READ, None).unwrap();
        assert_eq!(told.corrections, [&*id]);
        let seen = world.app.show_correction(&caller, &id).unwrap();
        assert_eq!(seen.answers, [Answer::Removed]);
        assert_eq!(asked.answers(&caller, &id, Answer::Refused, "Ei."), "version-invalidated");
        assert_eq!(asked.answers(&caller, &id, Answer::Removed, "Poistettu."), "yes");
    }
    let own = asked.own();
    assert!(own.iter().all(|one| one.answered.as_ref().unwrap().how == Ending::Removed));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-3, CIT-6: what the citizen's view does not show nobody asks about there.
#[test]
fn what_is_not_shown_is_not_asked_about() {
    let asked = Asked::of(&client(1));
    let hidden = asked.world.note(&asked.dossier).set("special_content", "K");
    let hidden = hidden.set("inaccessible_reason", "1");
    asked.world.archive(&hidden);
    assert_eq!(code(asked.asks(&hidden.id(), WANTED)), "special-content");
    assert!(asked.own().is_empty());
}

/// CIT-4, CIT-6, DIS-5: a guardian with custody asks about a small child's document, is told the answer while it lasts, and is
/// told of nothing that the child asked.
#[test]
fn a_guardian_asks_for_a_child() {
    let born = FinnishDay::parse("2015-03-02").unwrap();
    let child = Client {
        code: PersonalIdentityCode::compose(born, 905).unwrap(),
        given: "Pikku Testi".into(),
        family: "Suvanto".into(),
        temporary: false,
    };
    let mother = client(7);
    let asked = Asked::of(&child);
    let world = &asked.world;
    let register = Told::in_world(world);
    let custody = |kind, last: Option<&str>| {
        let days = Validity { first: born, last: last.and_then(FinnishDay::parse) };
        let guardians = vec![Guardian { code: mother.code, kind, days }];
        PersonFacts { born_on: Some(born), guardians, ..PersonFacts::default() }
    };
    let tell = |facts: PersonFacts| {
        register.say(child.code, facts.clone());
        world.tell(vec![(child.code, facts)]);
    };
    let shown = world.note(&asked.dossier).set("guardian_disclosure", "1");
    world.archive(&shown);
    let caller = world.citizen(&mother);
    let asks = || asked.asks_as(&caller, Situation::Guardian, &shown.id(), WANTED);
    tell(custody(GuardianKind::InformationRight, None));
    assert_eq!(code(asks()), "not-a-guardian", "one who is told is no guardian");
    tell(custody(GuardianKind::Custody, None));
    assert_eq!(asks().unwrap().asked_as, Basis::Guardianship);
    let of_child = asked.asks(&shown.id(), "Minusta toisin.").unwrap();
    let own = |situation| world.app.own_corrections(&caller, child.code, situation);
    let told = own(Situation::Guardian).unwrap();
    assert_eq!(told.iter().map(|one| &*one.wanted).collect::<Vec<_>>(), [WANTED]);
    assert_eq!(asked.own(), [of_child]);
    let county = worker(world, COUNTY, UNIT);
    let said = asked.answers(&county, &told[0].id, Answer::Refused, "Koulukadun yksikkö tietää.");
    assert_eq!(said, "yes");
    let words = || {
        let told = own(Situation::Guardian).unwrap().remove(0);
        told.answered.and_then(|answered| answered.words)
    };
    assert_eq!(words().as_deref(), Some("Koulukadun yksikkö tietää."));
    let order = Some(Validity { first: born, last: None });
    tell(PersonFacts { safety_order: order, ..custody(GuardianKind::Custody, None) });
    assert_eq!(words(), None, "a guardian is not told what may tell where the child is");
    tell(custody(GuardianKind::Custody, Some("2026-11-01")));
    assert_eq!(code(own(Situation::Guardian)), "not-a-guardian");
}
