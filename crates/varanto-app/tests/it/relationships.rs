//! The organiser's operations: relationships and cases whose documents the archive writes.

use serde_json::{Value, json};
use varanto_app::AppError;
use varanto_app::archive::{Archived, InvalidationRequest, SystemKey, SystemKeys};
use varanto_app::relationship::{How, NoticeQuery, RelationshipState, Written};
use varanto_domain::access::{Caller, LookReason, Purpose, Reason};
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;
use varanto_domain::persons::PersonFacts;
use varanto_domain::relationship::{Road, RoadStep};
use varanto_domain::time::{FinnishDay, Validity};
use varanto_formats::acts;

use crate::signatures::{key, signers};
use crate::world::{
    COUNTY, Client, Dossier, Draft, NEIGHBOUR, OPERATING_UNIT, PRODUCERS_OTHER_UNIT,
    PRODUCERS_UNIT, System, TASK, UNIT, World, client, oid, registers, told,
};

const NOW: How = How { dry_run: false, confirmed: false, reason: None };
const TRIED: How = How { dry_run: true, confirmed: false, reason: None };
const SURELY: How = How { dry_run: false, confirmed: true, reason: None };
const TODAY: &str = "2026-11-02";

type Answer = Result<Written, AppError>;

/// A relationship and a case that the archive wrote the documents of.
struct Opened {
    who: Client,
    relationship: Oid,
    case: Oid,
}

impl World {
    fn asks_for_relationship(&self, who: &Client) -> Value {
        json!({
            "document_id": self.new_oid(), "relationship_id": self.new_oid(), "controller": COUNTY,
            "operating_unit": OPERATING_UNIT, "client": {"identity_code": who.code.reveal(),
            "given_names": who.given, "family_name": who.family}, "non_disclosure": false,
            "service_task": TASK, "unit": UNIT, "first_day": "2026-10-01",
        })
    }

    fn asks_for_case(&self, relationship: &Oid) -> Value {
        json!({
            "document_id": self.new_oid(), "case_id": self.new_oid(), "service_task": TASK,
            "relationship_id": relationship.as_str(), "name": "99", "name_detail": "Tuki",
            "opened_on": "2026-10-01",
        })
    }

    fn opens_relationship(&self, caller: &Caller, asked: &Value, how: How) -> Answer {
        let asked = acts::read_new_relationship(asked.to_string().as_bytes()).unwrap();
        self.app.open_relationship(caller, &asked, how)
    }

    fn opens_case(&self, caller: &Caller, asked: &Value, how: How) -> Answer {
        let asked = acts::read_new_case(asked.to_string().as_bytes()).unwrap();
        self.app.open_case(caller, &asked, how)
    }

    fn acts(&self, caller: &Caller, on: &Oid, mut asked: Value, how: How) -> Answer {
        if asked.get("document_id").is_none() {
            asked["document_id"] = self.new_oid().into();
        }
        let asked = acts::read_relationship_act(asked.to_string().as_bytes()).unwrap();
        self.app.act_on_relationship(caller, on, &asked, how)
    }

    fn acts_on_case(&self, caller: &Caller, on: &Oid, mut asked: Value) -> Answer {
        asked["document_id"] = self.new_oid().into();
        let asked = acts::read_case_act(asked.to_string().as_bytes()).unwrap();
        self.app.act_on_case(caller, on, &asked, NOW)
    }

    /// A world whose county is on a road.
    fn on(road: Road) -> Self {
        let world = Self::new();
        if road == Road::Long {
            let begin = RoadStep::Begin(FinnishDay::parse(TODAY).unwrap());
            world.app.step_road(&oid(COUNTY), begin).unwrap();
        }
        world
    }

    /// Opens a relationship and a case under it.
    fn opened(&self, number: u16) -> Opened {
        let who = client(number);
        let asked = self.asks_for_relationship(&who);
        archived(self.opens_relationship(&self.county(), &asked, NOW));
        let relationship = oid(asked["relationship_id"].as_str().unwrap());
        let asked = self.asks_for_case(&relationship);
        archived(self.opens_case(&self.county(), &asked, NOW));
        Opened { who, relationship, case: oid(asked["case_id"].as_str().unwrap()) }
    }

    fn state(&self, relationship: &Oid) -> RelationshipState {
        self.app.show_relationship(&self.county(), relationship, Purpose::READ).unwrap()
    }

    /// What a version's document holds.
    fn content(&self, document: &Oid) -> Value {
        let opened =
            self.app.open_content(&self.county(), document, Some(Part::Structured), Purpose::READ);
        serde_json::from_slice(&opened.unwrap().parts[0].1).unwrap()
    }
}

fn archived(answer: Answer) -> Archived {
    match answer {
        Ok(Written { outcome: Ok(archived), .. }) => archived,
        Err(AppError::Refused(faults)) => panic!("{}", told(&faults)),
        other => panic!("{other:?}"),
    }
}

/// What an act is answered: `done`, or why not, each fault as its code and element.
fn code(answer: Answer) -> String {
    match answer {
        Ok(_) => "done".into(),
        Err(AppError::Denied(denial)) => denial.code().into(),
        Err(AppError::NotFound) => "not-found".into(),
        Err(AppError::ChangedMeanwhile { .. }) => "changed-meanwhile".into(),
        Err(AppError::DuplicateWithOtherBytes { .. }) => "duplicate".into(),
        Err(AppError::Refused(faults)) => {
            let told = |fault: &Fault| format!("{} {}", fault.code(), fault.element);
            let mut all: Vec<String> = faults.iter().map(told).collect();
            all.sort();
            all.join(", ")
        }
        Err(other) => panic!("{other:?}"),
    }
}

fn hand_over(first: &str) -> Value {
    json!({"act": "hand-over", "service_task": TASK, "producer": PRODUCERS_UNIT,
        "services": ["45"], "first_day": first})
}

fn of_producer(act: &str, days: &Value) -> Value {
    let mut asked = json!({"act": act, "service_task": TASK, "unit": PRODUCERS_UNIT});
    for (name, day) in days.as_object().unwrap() {
        asked[name] = day.clone();
    }
    asked
}

/// REL-1, REL-2, RUR-1: three calls open a relationship, a case in it, and a producer's right; the documents
/// are documents like any other, and the rows are those that their content makes.
#[test]
fn three_calls_open_a_case_and_hand_over_a_service() {
    let world = World::new();
    let opened = world.opened(1);
    let producer = world.caller(System::Producer);
    let read = |of: &Oid| code_of(world.app.show_case(&producer, of, Purpose::READ));
    assert_eq!(read(&opened.case), "another-register");
    let written = world.acts(&world.county(), &opened.relationship, hand_over(TODAY), NOW).unwrap();
    assert_eq!(written.changes.len(), 1);
    assert_eq!(written.changes[0].before, None);
    assert_eq!(read(&opened.case), "yes");
    let state = world.state(&opened.relationship);
    assert_eq!((state.version, state.cases.len(), state.services.len()), (2, 1, 2));
    assert_eq!(state.cases[0].case.as_ref(), Some(&opened.case));
    assert_eq!(world.damage(), Vec::<String>::new());
    let before = format!("{:?}", world.state(&opened.relationship));
    world.app.reindex().unwrap();
    assert_eq!(format!("{:?}", world.state(&opened.relationship)), before);
    assert_eq!(world.damage(), Vec::<String>::new());
}

fn code_of<T>(answer: Result<T, AppError>) -> &'static str {
    match answer {
        Ok(_) => "yes",
        Err(AppError::Denied(denial)) => denial.code(),
        Err(AppError::NotFound) => "not-found",
        Err(other) => panic!("{other:?}"),
    }
}

/// RUR-4, REL-6: on either road a producer reads the relationship under its right, and cannot change it, close the case or end the
/// relationship. Other organisations learn nothing.
#[test]
fn a_producer_changes_neither_relationship_nor_case() {
    for road in Road::ALL {
        let world = World::on(road);
        let opened = world.opened(1);
        archived(world.acts(&world.county(), &opened.relationship, hand_over(TODAY), NOW));
        let before = world.contents();
        let producer = world.caller(System::Producer);
        let neighbour = world.caller(System::Neighbour);
        for how in [NOW, TRIED] {
            let end = json!({"act": "end", "last_day": TODAY});
            let answer =
                |caller: &Caller| code(world.acts(caller, &opened.relationship, end.clone(), how));
            assert_eq!(answer(&producer), "organisers-document");
            assert_eq!(answer(&neighbour), "another-register");
            let answer = world.acts(&world.county(), &oid("1.2.3.4"), end.clone(), how);
            assert_eq!(code(answer), "not-found");
        }
        let close = json!({"act": "close", "closed_on": TODAY});
        assert_eq!(
            code(world.acts_on_case(&producer, &opened.case, close.clone())),
            "organisers-document"
        );
        assert_eq!(code(world.acts_on_case(&neighbour, &opened.case, close)), "another-register");
        let case = world.asks_for_case(&opened.relationship);
        assert_eq!(code(world.opens_case(&producer, &case, NOW)), "organisers-document");
        assert_eq!(code(world.opens_case(&neighbour, &case, NOW)), "another-register");
        let relationship = world.asks_for_relationship(&client(7));
        assert_eq!(
            code(world.opens_relationship(&producer, &relationship, NOW)),
            "another-register"
        );
        assert_eq!(
            code(world.opens_relationship(&neighbour, &relationship, TRIED)),
            "another-register"
        );
        let after = world.contents();
        assert_eq!(format!("{:?}", (before.versions)), format!("{:?}", (after.versions)));
    }
}

/// RUR-6: where the organiser's register is used widely, its producer does the organiser's work, while its right
/// runs.
#[test]
fn a_wide_right_lets_the_producer_do_the_organisers_work() {
    for road in Road::ALL {
        let world = World::on(road);
        let opened = world.opened(1);
        let until = {
            let mut asked = hand_over(TODAY);
            asked["last_day"] = "2026-11-30".into();
            asked
        };
        archived(world.acts(&world.county(), &opened.relationship, until, NOW));
        let mut wide = registers();
        wide["organisations"][0]["wide_register_use"] = true.into();
        world.app.load_registers("world", wide.to_string().into_bytes()).unwrap();
        let producer = world.caller(System::Producer);
        let numbered = |mut asked: Value, number: u32| {
            asked["document_id"] = format!("1.2.246.10.90000003.95.2026.{number}").into();
            asked
        };
        let end = of_producer("end-service", &json!({"last_day": "2026-12-15"}));
        archived(world.acts(&producer, &opened.relationship, numbered(end.clone(), 1), NOW));
        if road == Road::Long {
            let own = json!({"act": "end-service", "service_task": TASK, "unit": UNIT,
                "last_day": TODAY});
            archived(world.acts(&producer, &opened.relationship, numbered(own, 4), NOW));
        }
        let asked = numbered(json!({"act": "close", "closed_on": TODAY}), 2);
        let asked = acts::read_case_act(asked.to_string().as_bytes()).unwrap();
        archived(world.app.act_on_case(&producer, &opened.case, &asked, NOW));
        world.clock.set("2026-12-16T10:00:00+02:00");
        let answer = world.acts(&producer, &opened.relationship, numbered(end, 3), NOW);
        assert_eq!(code(answer), "register-use-right-ended");
        assert_eq!(world.damage(), Vec::<String>::new());
    }
}

/// RUR-1, RUR-3, RUR-8: a service is interrupted and resumed, ended, and ended later; each day as it was asked.
#[test]
fn a_service_is_interrupted_resumed_and_ended_by_plain_dates() {
    for road in Road::ALL {
        let world = World::on(road);
        let opened = world.opened(1);
        let spans = || {
            let state = world.state(&opened.relationship);
            let right =
                state.services.into_iter().find(|one| one.holder == oid(PRODUCERS_UNIT)).unwrap();
            let told = |span: &varanto_domain::time::Validity| {
                format!(
                    "{}..{}",
                    span.first,
                    span.last.map(|day| day.to_string()).unwrap_or_default()
                )
            };
            right.spans().iter().map(told).collect::<Vec<_>>().join(" ")
        };
        let check = |asked: Value, answer: &str, expected: &str| {
            let found =
                code(world.acts(&world.county(), &opened.relationship, asked.clone(), SURELY));
            assert_eq!(found, answer, "{asked}");
            assert_eq!(spans(), expected, "{asked}");
        };
        archived(world.acts(&world.county(), &opened.relationship, hand_over("2026-10-05"), NOW));
        let begun = "2026-10-05..";
        check(hand_over("2026-10-20"), "already-there producer", begun);
        let days = |first: &str, last: &str| json!({"first_day": first, "last_day": last});
        check(
            of_producer("suspend-service", &days("2026-10-05", "2026-10-09")),
            "not-there first_day",
            begun,
        );
        check(
            of_producer("suspend-service", &days("2026-10-12", "2026-10-11")),
            "wrong-time last_day",
            begun,
        );
        let parted = "2026-10-05..2026-10-11 2026-11-16..";
        check(of_producer("suspend-service", &days("2026-10-12", "2026-11-15")), "done", parted);
        let sooner = "2026-10-05..2026-10-11 2026-11-09..";
        check(of_producer("resume-service", &json!({"first_day": "2026-11-09"})), "done", sooner);
        check(
            of_producer("resume-service", &json!({"first_day": "2026-11-10"})),
            "already-there first_day",
            sooner,
        );
        let ended = "2026-10-05..2026-10-11 2026-11-09..2026-11-30";
        check(of_producer("end-service", &json!({"last_day": "2026-11-30"})), "done", ended);
        check(
            of_producer("end-service", &json!({"last_day": "2026-11-30"})),
            "nothing-changes act",
            ended,
        );
        let later = "2026-10-05..2026-10-11 2026-11-09..2026-12-11";
        check(of_producer("end-service", &json!({"last_day": "2026-12-11"})), "done", later);
        check(
            of_producer("end-service", &json!({"last_day": "2026-11-01"})),
            "wrong-time last_day",
            later,
        );
        let again = "2026-10-05..2026-10-11 2026-11-09..2026-12-11 2027-01-11..";
        check(of_producer("resume-service", &json!({"first_day": "2027-01-11"})), "done", again);
        let elsewhere = json!({"act": "end-service", "service_task": "10", "unit": PRODUCERS_UNIT, "last_day": TODAY});
        check(elsewhere, "not-there unit", again);
        assert_eq!(world.damage(), Vec::<String>::new());
    }
}

/// RUR-1: an implementer works for its producer: it is interrupted, brought back and ended with it.
#[test]
fn an_implementer_follows_its_producer() {
    for road in Road::ALL {
        let world = World::on(road);
        let opened = world.opened(1);
        let mut asked = hand_over("2026-10-05");
        asked["implementer"] = PRODUCERS_OTHER_UNIT.into();
        let act = |asked: Value| {
            archived(world.acts(&world.county(), &opened.relationship, asked, SURELY))
        };
        act(asked);
        act(of_producer(
            "suspend-service",
            &json!({"first_day": "2026-11-09", "last_day": "2026-11-15"}),
        ));
        act(of_producer("end-service", &json!({"last_day": "2026-12-31"})));
        let state = world.state(&opened.relationship);
        for unit in [PRODUCERS_UNIT, PRODUCERS_OTHER_UNIT] {
            let right = state.services.iter().find(|one| one.holder == oid(unit)).unwrap();
            assert_eq!(right.validity.last.unwrap().to_string(), "2026-12-31", "{unit}");
            assert_eq!(right.suspensions.len(), 1, "{unit}");
        }
        let more = hand_over("2027-02-01");
        act(more);
        let mut asked = hand_over("2027-02-08");
        asked["implementer"] = PRODUCERS_OTHER_UNIT.into();
        act(asked.clone());
        let again = world.acts(&world.county(), &opened.relationship, asked, SURELY);
        assert_eq!(code(again), "already-there implementer");
    }
}

/// REL-3: a relationship ends when no case is open and no service runs; every reason is told at once. A client
/// who comes again gets a new relationship, never beside an active one.
#[test]
fn a_relationship_ends_when_nothing_is_open_and_a_new_one_begins() {
    const ENDS: &str =
        "structured:/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/asiakkuuden_paattymispvm";
    let world = World::new();
    let opened = world.opened(1);
    let county = world.county();
    let end = json!({"act": "end", "last_day": TODAY, "grounds": "Tuen tarve on päättynyt."});
    let task = "structured:/asiakkuusasiakirja/sosiaalihuollon_palvelutehtava/0";
    let runs = format!(
        "open-case {ENDS}, service-runs {task}/palvelunjarjestajan_palveluyksikko/0/asiakkuuden_paattymispvm"
    );
    for how in [TRIED, NOW] {
        assert_eq!(code(world.acts(&county, &opened.relationship, end.clone(), how)), runs);
    }
    let close = json!({"act": "close", "closed_on": TODAY});
    archived(world.acts_on_case(&county, &opened.case, close.clone()));
    assert_eq!(
        code(world.acts_on_case(&county, &opened.case, close.clone())),
        "nothing-changes act"
    );
    archived(world.acts_on_case(&county, &opened.case, json!({"act": "reopen"})));
    archived(world.acts_on_case(&county, &opened.case, close));
    let unit = json!({"act": "end-service", "service_task": TASK, "unit": UNIT, "last_day": TODAY});
    archived(world.acts(&county, &opened.relationship, unit, NOW));
    archived(world.acts(&county, &opened.relationship, end.clone(), NOW));
    assert_eq!(
        code(world.acts(&county, &opened.relationship, end, NOW)),
        "closed-relationship relationship, nothing-changes act"
            .replace(", nothing-changes act", "")
    );
    let again = world.asks_for_relationship(&opened.who);
    // The last day is the relationship's own.
    assert_eq!(
        code(world.opens_relationship(&county, &again, NOW)),
        "relationship-exists relationship_id"
    );
    world.clock.set("2026-11-03T10:00:00+02:00");
    archived(world.opens_relationship(&county, &again, NOW));
    let more = world.asks_for_relationship(&opened.who);
    assert_eq!(
        code(world.opens_relationship(&county, &more, NOW)),
        "relationship-exists relationship_id"
    );
    assert_eq!(
        code(world.acts(&county, &opened.relationship, hand_over("2026-11-03"), NOW)),
        "closed-relationship relationship"
    );
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ACC-4: an opening under an identifier that another's document has is answered as one under an
/// identifier that no document has: not even its day is learnt from units that were in force then.
#[test]
fn an_opening_tells_nothing_of_anothers_document() {
    let world = World::new();
    world.clock.set("2023-06-01T10:00:00+02:00");
    let others = crate::access::neighbours_relationship(&world, &client(7));
    world.clock.set("2026-11-02T10:00:00+02:00");
    let asks = |document: &str| {
        let mut asked = world.asks_for_relationship(&client(1));
        asked["document_id"] = document.into();
        asked["unit"] = crate::world::CLOSED_UNIT.into();
        match world.opens_relationship(&world.county(), &asked, TRIED) {
            Err(AppError::Refused(faults)) => {
                faults.iter().map(|fault| (fault.code(), fault.element.clone())).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    let nothing = asks(&format!("{NEIGHBOUR}.95.2023.404404"));
    assert!(nothing.iter().any(|(code, _)| *code == "unknown-unit"), "{nothing:?}");
    assert_eq!(asks(others.id().as_str()), nothing);
}

/// ARC-3: what was sent again is answered the same, also after other versions came; another act under the same
/// identifier is a conflict.
#[test]
fn an_act_sent_again_answers_the_same_receipt() {
    sent_again(&World::new());
}

/// ARC-6, ARC-3: so it is too when the archive signs for the organisation, each time anew.
#[test]
fn an_act_that_is_signed_here_is_answered_the_same_when_it_is_sent_again() {
    let world = World::new();
    let key = SystemKey { organisation: oid(COUNTY), key: Box::new(key(&signers().county)) };
    world.app.sign_with(SystemKeys::new(vec![key]));
    sent_again(&world);
}

fn sent_again(world: &World) {
    let opened = world.opened(1);
    let county = world.county();
    let mut asked = hand_over(TODAY);
    asked["document_id"] = world.new_oid().into();
    let first = archived(world.acts(&county, &opened.relationship, asked.clone(), NOW));
    world.clock.set("2026-11-05T10:00:00+02:00");
    archived(world.acts(
        &county,
        &opened.relationship,
        of_producer("end-service", &json!({"last_day": "2026-12-31"})),
        SURELY,
    ));
    let before = world.contents();
    let again = archived(world.acts(&county, &opened.relationship, asked.clone(), NOW));
    assert!(again.resent && !first.resent);
    assert_eq!(again.receipt, first.receipt);
    asked["first_day"] = "2026-11-03".into();
    assert_eq!(code(world.acts(&county, &opened.relationship, asked, NOW)), "duplicate");
    assert_eq!(format!("{:?}", world.contents().versions), format!("{:?}", before.versions));

    let relationship = world.asks_for_relationship(&client(2));
    let first = archived(world.opens_relationship(&county, &relationship, NOW));
    let id = oid(relationship["relationship_id"].as_str().unwrap());
    let case = world.asks_for_case(&id);
    let of_case = archived(world.opens_case(&county, &case, NOW));
    world.clock.set("2026-11-06T10:00:00+02:00");
    let again = archived(world.opens_relationship(&county, &relationship, NOW));
    assert!(again.resent && again.receipt == first.receipt);
    let again = archived(world.opens_case(&county, &case, NOW));
    assert!(again.resent && again.receipt == of_case.receipt);
}

/// REL-1: an act based on a version that is not in force any more writes nothing, and of acts at the same time
/// none is lost.
#[test]
fn no_act_is_lost_to_another() {
    let world = World::new();
    let opened = world.opened(1);
    let county = world.county();
    let seen = world.state(&opened.relationship).document.unwrap();
    let risks = |based_on: &Oid| {
        json!({"act": "set-risks", "based_on": based_on.as_str(), "risks": [
            {"riskin_kuvaus": "Väkivallan uhka", "riskitiedon_alkamispaiva": TODAY}]})
    };
    archived(world.acts(&county, &opened.relationship, hand_over(TODAY), NOW));
    assert_eq!(
        code(world.acts(&county, &opened.relationship, risks(&seen), NOW)),
        "changed-meanwhile"
    );
    let seen = world.state(&opened.relationship).document.unwrap();
    archived(world.acts(&county, &opened.relationship, risks(&seen), NOW));

    let begin = |unit: &str, day: u32| {
        json!({"act": "begin-service", "service_task": "26", "unit": unit, "document_id": world.new_oid(),
            "first_day": format!("2026-11-{day:02}"), "last_day": format!("2026-11-{day:02}")})
    };
    let acts: Vec<Value> = (1..=12).map(|day| begin(UNIT, day)).collect();
    std::thread::scope(|scope| {
        for asked in &acts {
            let (world, county, on) = (&world, &county, &opened.relationship);
            scope.spawn(move || {
                loop {
                    match code(world.acts(county, on, asked.clone(), NOW)).as_str() {
                        "done" => break,
                        "changed-meanwhile" => {}
                        other => panic!("{other}"),
                    }
                }
            });
        }
    });
    let state = world.state(&opened.relationship);
    assert_eq!(state.version, 3 + 12);
    let content = world.content(state.document.as_ref().unwrap());
    let units = &content["asiakkuusasiakirja"]["sosiaalihuollon_palvelutehtava"][1]["palvelunjarjestajan_palveluyksikko"];
    assert_eq!(units.as_array().unwrap().len(), 12);
    assert_eq!(state.risks, risks(&seen)["risks"].to_string());
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// REL-1: what an act would do is told without doing it; the version it would write can be signed and archived
/// as any document.
#[test]
fn a_dry_run_keeps_nothing_and_its_version_is_archived_as_it_stands() {
    let world = World::new();
    let opened = world.opened(1);
    let before = world.contents();
    let tried = world.acts(&world.county(), &opened.relationship, hand_over(TODAY), TRIED).unwrap();
    assert_eq!(tried.changes.len(), 1);
    let preview = tried.outcome.unwrap_err();
    assert_eq!(format!("{:?}", world.contents().versions), format!("{:?}", before.versions));
    assert_eq!(world.state(&opened.relationship).services.len(), 1);
    assert_eq!(preview.remarks, []);
    world.app.archive_document(&world.county(), preview.submission).unwrap();
    assert_eq!(world.state(&opened.relationship).services.len(), 2);
}

/// REL-8, REL-10 to REL-12: child protection, risks, workers and related persons, each as the document has them.
#[test]
fn child_protection_risks_workers_and_persons_are_kept_with_their_history() {
    let world = World::new();
    let opened = world.opened(1);
    let county = world.county();
    let act = |asked: Value| code(world.acts(&county, &opened.relationship, asked, NOW));
    let newest = || world.state(&opened.relationship).document.unwrap();
    assert_eq!(act(json!({"act": "end-child-protection", "last_day": TODAY})), "not-there act");
    assert_eq!(act(json!({"act": "begin-child-protection", "first_day": "2026-10-12"})), "done");
    assert_eq!(
        act(json!({"act": "begin-child-protection", "first_day": TODAY})),
        "already-there act"
    );
    assert_eq!(act(json!({"act": "end-child-protection", "last_day": "2026-12-31"})), "done");
    let worker = json!([{"sukunimi": "Kallio", "etunimet": "Marjo"}]);
    let first = newest();
    assert_eq!(
        act(json!({"act": "set-workers", "based_on": first.as_str(), "workers": worker})),
        "done"
    );
    let wrong = json!({"act": "set-workers", "based_on": newest().as_str(), "workers": [{"sukunimi": "Kallio"}]});
    assert_eq!(
        act(wrong),
        "missing-element structured:/asiakkuusasiakirja/palveluista_vastaava_tyontekija/0/etunimet"
    );
    let relative = json!([{"sukunimi": "Kallio", "etunimet": "Ilmari"}]);
    assert_eq!(
        act(
            json!({"act": "set-related-persons", "based_on": newest().as_str(), "persons": relative})
        ),
        "done"
    );
    let state = world.state(&opened.relationship);
    assert_eq!(state.child_protection.unwrap().last.unwrap().to_string(), "2026-12-31");
    assert_eq!((state.workers, state.related_persons), (worker.to_string(), relative.to_string()));
    let earlier = world.content(&first);
    assert_eq!(earlier["asiakkuusasiakirja"].get("palveluista_vastaava_tyontekija"), None);
    let named = |content: Value| content["asiakkuusasiakirja"]["asiakas"].clone();
    assert_eq!(named(world.content(state.document.as_ref().unwrap())), named(earlier));
}

/// REL-11: who was responsible on a day is answered for each day, in each service task, also when the worker
/// changed in between; the look leaves one line, and who may not read the relationship learns nothing.
#[test]
fn it_is_known_who_was_responsible_on_each_day() {
    let world = World::new();
    let opened = world.opened(1);
    let county = world.county();
    let set = |workers: Value| {
        let newest = world.state(&opened.relationship).document.unwrap();
        let asked = json!({"act": "set-workers", "based_on": newest.as_str(), "workers": workers});
        code(world.acts(&county, &opened.relationship, asked, NOW))
    };
    let worker = |name: &str| {
        let unit =
            json!({"system": "urn:oid:1.2.246.537.6.202.2008", "code": UNIT, "display": "U"});
        json!([{"sukunimi": name, "etunimet": "Testi", "palveluyksikko": unit}])
    };
    let on = |day: &str| {
        let day = FinnishDay::parse(day);
        let shown = world.app.show_workers(&county, &opened.relationship, day, Purpose::READ);
        let shown = shown.unwrap();
        assert!(shown.complete);
        let told = shown.responsible.iter().map(|one| {
            let task = one.service_task();
            format!("{} {}", one.worker.family_name, task.as_deref().unwrap_or("-"))
        });
        told.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(on(TODAY), "");
    assert_eq!(set(worker("Kallio")), "done");
    world.clock.set("2026-11-10T10:00:00+02:00");
    assert_eq!(set(worker("Niemi")), "done");
    assert_eq!(set(worker("Harju")), "done");
    world.clock.set("2026-12-01T10:00:00+02:00");
    assert_eq!(on("2026-11-01"), "");
    assert_eq!(on(TODAY), format!("Kallio {TASK}"));
    assert_eq!(on("2026-11-09"), format!("Kallio {TASK}"));
    assert_eq!(on("2026-11-10"), format!("Kallio {TASK}, Niemi {TASK}, Harju {TASK}"));
    assert_eq!(on("2026-11-11"), format!("Harju {TASK}"));
    let asks = |caller: &Caller| {
        code_of(world.app.show_workers(caller, &opened.relationship, None, Purpose::READ))
    };
    let lines = world.app.contents().unwrap().log_lines;
    assert_eq!(asks(&county), "yes");
    assert_eq!(asks(&world.caller(System::Neighbour)), "another-register");
    assert_eq!(world.app.contents().unwrap().log_lines, lines + 2);
    world.app.reindex().unwrap();
    assert_eq!(on("2026-11-10"), format!("Kallio {TASK}, Niemi {TASK}, Harju {TASK}"));
}

/// REL-11, ARC-10: to one for whom it is masked where the client is, the workers are named as in the relationship, without
/// their units and what these serve.
#[test]
fn workers_of_a_client_under_an_order_are_shown_masked() {
    let world = World::new();
    let opened = world.opened(1);
    let unit = json!({"system": "urn:oid:1.2.246.537.6.202.2008", "code": UNIT, "display": "U"});
    let workers = json!([{"sukunimi": "Kallio", "etunimet": "Testi", "palveluyksikko": unit}]);
    let newest = world.state(&opened.relationship).document.unwrap();
    let asked = json!({"act": "set-workers", "based_on": newest.as_str(), "workers": workers});
    assert_eq!(code(world.acts(&world.county(), &opened.relationship, asked, NOW)), "done");
    let shown = |masked: bool| {
        let worker = crate::access::worker(&world, COUNTY, crate::world::OPERATING_UNIT);
        let reason = Purpose::READ.because(Reason::Look(LookReason::Urgent));
        let told = world.app.show_workers(&worker, &opened.relationship, None, reason).unwrap();
        assert_eq!((told.masked, told.responsible.len()), (masked, 1));
        let one = &told.responsible[0];
        (one.worker.family_name.clone(), one.worker.unit.clone(), one.service_task().is_some())
    };
    world.know(&client(1));
    assert_eq!(shown(false), ("Kallio".to_owned(), Some(UNIT.to_owned()), true));
    let order = PersonFacts {
        safety_order: Some(Validity { first: FinnishDay::new(2026, 1, 1).unwrap(), last: None }),
        ..PersonFacts::default()
    };
    world.tell(vec![(client(1).code, order)]);
    assert_eq!(shown(true), ("Kallio".to_owned(), None, false));
}

/// REL-4: a client who joins makes a case joint, with the moments of both; one who left may join again.
#[test]
fn clients_join_and_leave_a_case() {
    let world = World::new();
    let opened = world.opened(1);
    let county = world.county();
    let act = |asked: Value| code(world.acts_on_case(&county, &opened.case, asked));
    let other = client(2);
    let joins = |at: &str| {
        json!({"act": "join", "joined_at": at, "client": {"identity_code": other.code.reveal(),
            "given_names": other.given, "family_name": other.family}})
    };
    let leaves = |at: &str| json!({"act": "leave", "left_at": at, "client": {"identity_code": other.code.reveal()}});
    assert_eq!(act(leaves("2026-10-20T12:00:00+03:00")), "not-there client");
    assert_eq!(act(joins("2026-09-20T12:00:00+03:00")), "wrong-time joined_at");
    assert_eq!(act(joins("2026-10-10T12:00:00+03:00")), "done");
    assert_eq!(act(joins("2026-10-11T12:00:00+03:00")), "already-there client");
    assert_eq!(act(leaves("2026-10-09T12:00:00+03:00")), "wrong-time left_at");
    assert_eq!(act(leaves("2026-10-20T12:00:00+03:00")), "done");
    let state = world.app.show_case(&county, &opened.case, Purpose::READ).unwrap();
    assert!(state.joint);
    let content = world.content(state.document.as_ref().unwrap());
    let clients = content["asia_asiakirja"]["asiakas"].as_array().unwrap();
    assert_eq!(clients[0]["asiaan_liittymishetki"], "2026-09-30T21:00:00Z");
    assert_eq!(clients[1]["asiaan_liittymishetki"], "2026-10-10T09:00:00Z");
    assert_eq!(clients[1]["asiasta_poistumishetki"], "2026-10-20T09:00:00Z");
    assert_eq!(act(joins("2026-10-25T12:00:00+03:00")), "done");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// RUR-7: who serves is held against the organisation register, and names come from it (REL-9).
#[test]
fn units_are_those_of_the_register() {
    let world = World::new();
    let opened = world.opened(1);
    let mut asked = hand_over(TODAY);
    asked["producer"] = format!("{NEIGHBOUR}.10.999").into();
    let element = "structured:/asiakkuusasiakirja/sosiaalihuollon_palvelutehtava/0/palveluntuottaja/0/palveluyksikon_nimi/code";
    let answer = world.acts(&world.county(), &opened.relationship, asked.clone(), NOW);
    assert_eq!(code(answer), format!("unknown-unit {element}"));
    asked["service_task"] = "10".into();
    let answer = world.acts(&world.county(), &opened.relationship, asked, NOW);
    assert_eq!(code(answer), "service-task-differs service_task");
    archived(world.acts(&world.county(), &opened.relationship, hand_over(TODAY), NOW));
    let content = world.content(&world.state(&opened.relationship).document.unwrap());
    let unit = content.pointer("/asiakkuusasiakirja/sosiaalihuollon_palvelutehtava/0/palveluntuottaja/0/palveluyksikon_nimi/display");
    assert_eq!(unit.unwrap(), "Yksikkö");
}

/// The notices to the producer's units, in words.
fn told_notices(world: &World, query: NoticeQuery) -> Vec<String> {
    let page = world.app.list_notices(&world.caller(System::Producer), query).unwrap();
    let told = |one: &varanto_app::relationship::ToldNotice| {
        format!("{} {} cases={}", one.notice.kind.code(), one.notice.day, one.cases.len())
    };
    page.notices.iter().map(told).collect()
}

/// RUR-5: a producer is told that a right was opened, with the case, and that one is about to end, two weeks
/// before; what it acknowledged is told no more, and an end that moved is told anew.
#[test]
fn a_producer_is_told_of_its_rights_as_they_open_and_before_they_end() {
    let world = World::new();
    let opened = world.opened(1);
    let act = |asked: Value| {
        archived(world.acts(&world.county(), &opened.relationship, asked, SURELY));
    };
    let open = NoticeQuery::default();
    assert_eq!(told_notices(&world, open), Vec::<String>::new());
    act(hand_over("2026-11-09"));
    let first = ["right-opened 2026-11-09 cases=1"];
    assert_eq!(told_notices(&world, open), first);
    act(of_producer("end-service", &json!({"last_day": "2026-12-31"})));
    assert_eq!(told_notices(&world, open), first);
    world.clock.set("2026-12-16T10:00:00+02:00");
    assert_eq!(told_notices(&world, open), first);
    world.clock.set("2026-12-17T10:00:00+02:00");
    assert_eq!(told_notices(&world, open), [first[0], "right-ending 2026-12-31 cases=1"]);
    act(of_producer("end-service", &json!({"last_day": "2026-12-20"})));
    assert_eq!(told_notices(&world, open), [first[0], "right-ending 2026-12-20 cases=1"]);

    let producer = world.caller(System::Producer);
    let id = world.app.list_notices(&producer, open).unwrap().notices[0].id;
    assert_eq!(
        code_of(world.app.acknowledge_notice(&world.caller(System::Neighbour), id)),
        "not-found"
    );
    assert_eq!(code_of(world.app.acknowledge_notice(&producer, id)), "yes");
    assert_eq!(code_of(world.app.acknowledge_notice(&producer, id)), "yes");
    assert_eq!(code_of(world.app.acknowledge_notice(&producer, id + 1)), "not-found");
    assert_eq!(told_notices(&world, open), ["right-ending 2026-12-20 cases=1"]);
    let all = NoticeQuery { acknowledged_too: true, ..open };
    assert_eq!(told_notices(&world, all).len(), 2);
    let page = world.app.list_notices(&producer, NoticeQuery { limit: 1, ..all }).unwrap();
    assert!(page.more && page.notices.len() == 1 && page.notices[0].acknowledged_at.is_some());
    let next = NoticeQuery { after: page.notices[0].id, ..all };
    assert_eq!(told_notices(&world, next), ["right-ending 2026-12-20 cases=1"]);

    // Once the right is over the case is told no more.
    world.clock.set("2026-12-21T10:00:00+02:00");
    assert_eq!(told_notices(&world, open), ["right-ending 2026-12-20 cases=0"]);
    for (caller, answer) in [(System::Neighbour, "yes"), (System::ReadOnly, "not-certified")] {
        let told = world.app.list_notices(&world.caller(caller), open);
        assert_eq!(code_of(told.map(|page| assert!(page.notices.is_empty()))), answer);
    }
    let before = format!("{:?}", world.app.list_notices(&producer, all));
    world.app.reindex().unwrap();
    assert_eq!(format!("{:?}", world.app.list_notices(&producer, all)), before);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// RUR-5: the organiser is warned of what the producer has left unfinished, and ends the right only if it says so.
#[test]
fn the_organiser_is_warned_before_it_ends_an_unfinished_right() {
    let world = World::new();
    let opened = world.opened(1);
    let county = world.county();
    archived(world.acts(&county, &opened.relationship, hand_over("2026-10-05"), NOW));
    let end = || of_producer("end-service", &json!({"last_day": TODAY}));
    let warned = |expected: &str| {
        let tried = world.acts(&county, &opened.relationship, end(), TRIED).unwrap();
        let told: Vec<&str> = tried.unfinished.iter().map(Fault::code).collect();
        assert_eq!(told.join(", "), expected);
        let before = world.state(&opened.relationship).version;
        match world.acts(&county, &opened.relationship, end(), NOW) {
            Err(AppError::Unfinished(faults)) => assert_eq!(faults, tried.unfinished),
            other => panic!("{other:?}"),
        }
        assert_eq!(world.state(&opened.relationship).version, before);
    };
    warned("nothing-recorded");
    let dossier = Dossier {
        client: opened.who.clone(),
        relationship: opened.relationship.to_string(),
        case: opened.case.to_string(),
        relationship_document: String::new(),
        case_document: String::new(),
    };
    let of_unit = |draft: Draft| {
        let id = format!("1.2.246.10.90000003.95.2026.{}", world.number());
        draft
            .set("document_id", id.as_str())
            .set("set_id", id.as_str())
            .set("service_unit.id", PRODUCERS_UNIT)
            .set("producer.id", "1.2.246.10.90000003")
            .set("producer.name", "Hoiva Oy")
    };
    let note = of_unit(world.note(&dossier));
    world.archive_as(System::Producer, &note);
    let taken_back = of_unit(world.note(&dossier));
    world.archive_as(System::Producer, &taken_back);
    let reason = InvalidationRequest { reason: "4".into(), explanation: None };
    world
        .app
        .invalidate_document(&world.caller(System::Producer), &taken_back.id(), &reason)
        .unwrap();
    warned("taken-back");
    let mut asked = end();
    asked["document_id"] = world.new_oid().into();
    let first = archived(world.acts(&county, &opened.relationship, asked.clone(), SURELY));
    let again = archived(world.acts(&county, &opened.relationship, asked, NOW));
    assert_eq!(again.receipt, first.receipt);
    // The latest end may move later without a word.
    let later = of_producer("end-service", &json!({"last_day": "2026-11-20"}));
    archived(world.acts(&county, &opened.relationship, later, NOW));
}

/// REL-5, REL-6: on the short road services stand on the relationship, and an act names no case and no kind of
/// purchase; on the long road it is written into the case, with how the service is bought, and of several cases one
/// is named.
#[test]
fn an_act_on_a_service_is_written_into_the_document_of_its_road() {
    for road in Road::ALL {
        let world = World::on(road);
        let opened = world.opened(1);
        let mut asked = hand_over(TODAY);
        asked["purchase"] = "voucher".into();
        asked["case"] = opened.case.as_str().into();
        let act = |asked: &Value| {
            world.acts(&world.county(), &opened.relationship, asked.clone(), SURELY)
        };
        let case = || world.app.show_case(&world.county(), &opened.case, Purpose::READ).unwrap();
        if road == Road::Short {
            assert_eq!(code(act(&asked)), "forbidden-element case, forbidden-element purchase");
            archived(act(&hand_over(TODAY)));
            assert_eq!((world.state(&opened.relationship).version, case().version), (2, 1));
            continue;
        }
        archived(act(&asked));
        assert_eq!((world.state(&opened.relationship).version, case().version), (1, 2));
        let content = world.content(&case().document.unwrap());
        let producer = &content["asia_asiakirja"]["palveluntuottaja"][0];
        assert_eq!(producer["hankintatapa"]["display"], "Palveluseteli");
        let second = world.asks_for_case(&opened.relationship);
        archived(world.opens_case(&world.county(), &second, NOW));
        let begin = json!({"act": "begin-service", "service_task": TASK, "unit": UNIT,
            "first_day": "2027-01-01", "last_day": "2027-01-31"});
        assert_eq!(code(act(&begin)), "several-cases case");
        assert_eq!(code(act(&of_producer("end-service", &json!({"last_day": TODAY})))), "done");
        let none = json!({"act": "begin-service", "service_task": "10", "unit": UNIT,
            "first_day": TODAY});
        assert_eq!(code(act(&none)), "no-open-case service_task");
        assert_eq!(world.damage(), Vec::<String>::new());
    }
}
