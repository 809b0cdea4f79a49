//! Clients' choices of a producer: offered, picked, undone, decided by the right that is opened; seen by whom they concern.

use serde_json::{Value, json};
use varanto_app::AppError;
use varanto_app::relationship::{ChoiceEnd, ChoiceSeen};
use varanto_domain::access::{Basis, Caller, LookReason, Purpose, Reason, Role, Situation};
use varanto_domain::ids::Oid;
use varanto_domain::mandates::Matter;
use varanto_domain::persons::PersonFacts;
use varanto_domain::relationship::{ChoiceState, ProducerOffer};
use varanto_domain::time::{Clock, FinnishDay, Validity};

use crate::access::{code, worker};
use crate::citizens::{child, in_custody_of};
use crate::destruction::archivist;
use crate::mandates::Relatives;
use crate::oversight::person;
use crate::persons::Told;
use crate::world::{
    CLOSED_UNIT, COUNTY, Client, Draft, NEIGHBOUR, NEIGHBOURS_UNIT, OPERATING_UNIT, PRODUCER,
    PRODUCERS_OTHER_UNIT, PRODUCERS_UNIT, TASK, UNIT, World, ask, client, oid, serving,
};

fn offer() -> ProducerOffer {
    ProducerOffer {
        service_task: TASK.to_owned(),
        service: None,
        units: vec![oid(PRODUCERS_UNIT), oid(PRODUCERS_OTHER_UNIT)],
    }
}

fn end_of(id: &str) -> ChoiceEnd {
    ChoiceEnd { id: id.to_owned(), ..ChoiceEnd::default() }
}

/// A client whom the county serves, and whose relationship's document is archived.
struct Offered {
    world: World,
    who: Client,
    relationship: Draft,
    id: Oid,
    me: Caller,
    county: Caller,
}

impl Offered {
    fn of(who: Client, change: impl Fn(Draft) -> Draft) -> Self {
        let world = World::new();
        let relationship = change(world.relationship(&who));
        world.open_case_under(&relationship, &who);
        Self::in_world(world, who, relationship)
    }

    fn in_world(world: World, who: Client, relationship: Draft) -> Self {
        world.know(&who);
        let (me, county) = (world.citizen(&who), worker(&world, COUNTY, UNIT));
        let id = oid(&relationship.text("relationship_id"));
        Self { world, who, relationship, id, me, county }
    }

    fn offers(&self, by: &Caller, offer: &ProducerOffer) -> Result<ChoiceSeen, AppError> {
        self.world.app.offer_choice(by, &self.id, Some(&self.who.identifier()), offer)
    }

    fn sees(&self, by: &Caller, situation: Situation) -> Result<Vec<ChoiceSeen>, AppError> {
        self.world.app.own_choices(by, self.who.code, situation)
    }

    fn own(&self) -> Vec<ChoiceSeen> {
        self.sees(&self.me, Situation::Citizen).unwrap()
    }

    fn picks(
        &self,
        by: &Caller,
        situation: Situation,
        id: &str,
        unit: Option<&str>,
    ) -> &'static str {
        let unit = unit.map(oid);
        let code_of = self.who.code;
        code(self.world.app.pick_producer(by, code_of, situation, id, unit.as_ref()))
    }

    fn pick(&self, id: &str, unit: Option<&str>) -> &'static str {
        self.picks(&self.me, Situation::Citizen, id, unit)
    }

    /// What a caller sees of choices beside the relationship.
    fn beside(&self, by: &Caller, purpose: Purpose) -> Result<Vec<ChoiceState>, AppError> {
        let state = self.world.app.show_relationship(by, &self.id, purpose)?;
        Ok(state.choices.into_iter().map(|one| one.state).collect())
    }

    fn made(&self, by: &Caller) -> Vec<(String, ChoiceState)> {
        let page = self.world.app.list_choices_made(by, None, 10).unwrap();
        page.choices.into_iter().map(|one| (one.name.family, one.choice.state)).collect()
    }
}

/// CIT-5, CAS-4, RUR-1: what is offered the client picks, picks otherwise and undoes, and those who serve are told; once a right is
/// opened to one of the units it is decided.
#[test]
fn a_client_chooses_until_a_right_is_opened() {
    let all = Offered::of(client(1), |draft| draft);
    let (world, county) = (&all.world, &all.county);
    assert!(all.own().is_empty());
    let id = all.offers(county, &offer()).unwrap().id;
    assert_eq!(all.offers(county, &offer()).unwrap().id, id, "offered twice, one choice");
    assert_eq!(all.own()[0].state, ChoiceState::Waits);
    assert!(all.made(county).is_empty());
    let (one, other) = (oid(PRODUCERS_UNIT), oid(PRODUCERS_OTHER_UNIT));
    assert_eq!(all.pick(&id, Some(PRODUCERS_UNIT)), "yes");
    world.clock.forward_millis(60_000);
    assert_eq!(all.pick(&id, Some(PRODUCERS_OTHER_UNIT)), "yes");
    assert_eq!(all.pick(&id, Some(PRODUCERS_OTHER_UNIT)), "yes", "sent twice");
    let chosen = ChoiceState::Chosen(other.clone());
    let seen = all.own().remove(0);
    assert_eq!((seen.state, seen.chosen_as), (chosen.clone(), Some(Basis::OwnData)));
    assert_eq!(seen.chosen_at, Some(world.clock.now()));
    assert_eq!(all.beside(county, Purpose::READ).unwrap(), std::slice::from_ref(&chosen));
    assert_eq!(all.made(county), [(all.who.family.clone(), chosen)]);
    assert_eq!(all.pick(&id, None), "yes");
    assert_eq!(all.own()[0].state, ChoiceState::Waits);
    assert!(all.made(county).is_empty());
    assert_eq!(all.pick(&id, Some(PRODUCERS_OTHER_UNIT)), "yes");

    let served = vec![serving(PRODUCERS_UNIT, "2026-10-05", "")];
    let second = world.next_version(&all.relationship).served_by(served);
    world.archive(&second);
    assert_eq!(all.own()[0].state, ChoiceState::HandedTo(one.clone()));
    assert_eq!(all.pick(&id, Some(PRODUCERS_UNIT)), "stands-otherwise");
    assert_eq!(all.pick(&id, None), "stands-otherwise");
    assert_eq!(code(world.app.end_choice(county, &end_of(&id))), "stands-otherwise");
    assert!(all.made(county).is_empty(), "nothing is left to do");
    let handed = ChoiceState::HandedTo(one);
    assert_eq!(all.beside(county, Purpose::READ).unwrap(), std::slice::from_ref(&handed));
    assert_eq!(all.own()[0].chosen, Some(other), "what the client wanted stays told");

    // The service ends: what was decided is not open again, and the next offer is a new choice.
    let served = vec![serving(PRODUCERS_UNIT, "2026-10-05", "2026-11-02")];
    world.clock.forward_millis(24 * 3_600_000);
    world.archive(&world.next_version(&second).served_by(served));
    assert_eq!(all.beside(county, Purpose::READ).unwrap(), [handed]);
    assert!(all.made(county).is_empty());
    assert_ne!(all.offers(county, &offer()).unwrap().id, id);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-5, RUR-1: a unit that was not offered decides too, also from a day before the offer; one that served before does not. What is
/// decided no list reads, and is decided no more where the right was a mistake.
#[test]
fn whoever_gets_the_service_decides_the_choice() {
    let there = || vec![serving(NEIGHBOURS_UNIT, "2026-09-01", "")];
    let all = Offered::of(client(1), |draft| draft);
    let (world, county) = (&all.world, &all.county);
    let id = all.offers(county, &offer()).unwrap().id;
    assert_eq!(all.pick(&id, Some(PRODUCERS_UNIT)), "yes");
    let read = |all: &Offered| {
        let sql = "SELECT count(*) FROM producer_choice WHERE handed_to IS NULL";
        ask(all.world.folder.path(), sql).concat().concat()
    };
    assert_eq!((all.made(county).len(), read(&all)), (1, "1".to_owned()));
    let second = world.next_version(&all.relationship).served_by(there());
    world.archive(&second);
    let other = ChoiceState::HandedTo(oid(NEIGHBOURS_UNIT));
    assert_eq!(all.own()[0].state, other);
    assert_eq!(all.own()[0].chosen, Some(oid(PRODUCERS_UNIT)), "what was wanted stays told");
    assert_eq!(all.beside(county, Purpose::READ).unwrap(), [other]);
    assert_eq!((all.made(county).len(), read(&all)), (0, "0".to_owned()));
    assert_eq!(world.damage(), Vec::<String>::new());
    world.app.reindex().unwrap();
    assert_eq!(read(&all), "0");
    world.archive(&world.next_version(&second).served_by(Vec::<Value>::new()));
    assert_eq!(all.own()[0].state, ChoiceState::Chosen(oid(PRODUCERS_UNIT)));
    assert_eq!((all.made(county).len(), read(&all)), (1, "1".to_owned()));
    assert_eq!(world.damage(), Vec::<String>::new());

    let all = Offered::of(client(1), |draft| draft.served_by(there()));
    let id = all.offers(&all.county, &offer()).unwrap().id;
    assert_eq!(all.pick(&id, Some(PRODUCERS_UNIT)), "yes");
    all.world.archive(&all.world.next_version(&all.relationship));
    assert_eq!(all.made(&all.county).len(), 1);
    assert_eq!(all.world.damage(), Vec::<String>::new());
}

/// CIT-5, CAS-4, LOG-1: a citizen is told that a choice waits, with a line of the look; where none does nothing is told and no line is
/// left, and to one who may see none nothing is told.
#[test]
fn a_choice_that_waits_is_told() {
    let all = Offered::of(client(1), |draft| draft);
    let (world, other) = (&all.world, all.world.citizen(&client(2)));
    let waits = |by: &Caller, situation: Situation| {
        let lines = world.contents().log_lines;
        let waits = world.app.choices_that_wait(by, all.who.code, situation).unwrap();
        (waits, world.contents().log_lines - lines)
    };
    assert_eq!(waits(&all.me, Situation::Citizen), (0, 0));
    let id = all.offers(&all.county, &offer()).unwrap().id;
    assert_eq!(waits(&all.me, Situation::Citizen), (1, 1));
    for situation in [Situation::Citizen, Situation::Guardian, Situation::Mandate] {
        assert_eq!(waits(&other, situation).0, 0);
    }
    assert_eq!(all.pick(&id, Some(PRODUCERS_UNIT)), "yes");
    assert_eq!(waits(&all.me, Situation::Citizen), (0, 0));
    assert_eq!(all.pick(&id, None), "yes");
    assert_eq!(waits(&all.me, Situation::Citizen), (1, 1));
}

/// CIT-5, REL-6: on the long road tasks come from the cases, and the case's document hands the service over.
#[test]
fn on_the_long_road_a_choice_is_decided_by_the_case() {
    let (world, who) = (World::new(), client(1));
    world.begins_the_long_road("2026-11-02");
    let relationship = world.long_relationship(&who);
    world.archive(&relationship);
    let all = Offered::in_world(world, who, relationship);
    let (world, county) = (&all.world, all.world.county());
    let Err(AppError::Refused(faults)) = all.offers(&county, &offer()) else {
        panic!("a task was offered of which there is no case");
    };
    assert_eq!((faults[0].code(), &*faults[0].element), ("wrong-value", "service_task"));
    let case = world.long_case(&all.who, all.id.as_str(), &json!({}));
    world.archive(&case);
    let id = all.offers(&county, &offer()).unwrap().id;
    assert_eq!(all.pick(&id, Some(PRODUCERS_UNIT)), "yes");
    assert_eq!(all.made(&county).len(), 1);
    let served = vec![serving(PRODUCERS_UNIT, "2026-11-02", "")];
    world.archive(&world.next_version(&case).content("/asia_asiakirja/palveluntuottaja", served));
    assert_eq!(all.own()[0].state, ChoiceState::HandedTo(oid(PRODUCERS_UNIT)));
    assert!(all.made(&county).is_empty());
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-5: with the relationship a choice ends that nobody decided: it is in no list, and nothing is chosen any more.
#[test]
fn a_choice_ends_with_its_relationship() {
    let (world, who) = (World::new(), client(1));
    let relationship = world.relationship(&who);
    world.archive(&relationship);
    let all = Offered::in_world(world, who, relationship);
    let id = all.offers(&all.world.county(), &offer()).unwrap().id;
    assert_eq!(all.pick(&id, Some(PRODUCERS_UNIT)), "yes");
    all.world.archive(&all.world.next_version(&all.relationship).ended_on("2026-11-01"));
    assert_eq!(all.own()[0].state, ChoiceState::RelationshipEnded);
    assert_eq!(all.pick(&id, Some(PRODUCERS_OTHER_UNIT)), "stands-otherwise");
    assert!(all.made(&all.world.county()).is_empty());
}

/// CIT-5: an offer is taken back as it was seen: not when the client chose meanwhile, and not at another client's page.
#[test]
fn an_offer_is_taken_back_as_it_was_seen() {
    let all = Offered::of(client(1), |draft| draft);
    let id = all.offers(&all.county, &offer()).unwrap().id;
    assert_eq!(all.pick(&id, Some(PRODUCERS_UNIT)), "yes");
    let end = |of: &Client, chosen: Option<&str>| {
        let (of, chosen) = (Some(of.identifier()), Some(chosen.map(oid)));
        code(all.world.app.end_choice(&all.county, &ChoiceEnd { of, chosen, ..end_of(&id) }))
    };
    assert_eq!(end(&all.who, None), "stands-otherwise");
    assert_eq!(end(&all.who, Some(PRODUCERS_OTHER_UNIT)), "stands-otherwise");
    assert_eq!(end(&client(2), Some(PRODUCERS_UNIT)), "not-found");
    assert_eq!(end(&all.who, Some(PRODUCERS_UNIT)), "yes");
    assert_eq!(all.own()[0].state, ChoiceState::TakenBack, "the client sees it for a month");
    all.world.clock.forward_millis(31 * 24 * 3_600_000);
    all.world.know(&all.who);
    assert!(all.own().is_empty());
}

/// LOG-1, LOG-2: what is done about a choice stands in the log of the register, whoever does it, and what another than the client
/// did in the client's own log.
#[test]
fn lines_of_a_choice_are_of_its_register() {
    let all = Offered::of(client(1), |draft| draft);
    let id = all.offers(&all.county, &offer()).unwrap().id;
    assert_eq!(all.pick(&id, Some(PRODUCERS_UNIT)), "yes");
    let sql = "SELECT detail FROM use_log JOIN document_version USING (version_key)
        JOIN term ON number = controller WHERE event = (SELECT max(event) FROM use_log)
        AND term.text = 'CONTROLLER' ORDER BY line";
    let told = ask(all.world.folder.path(), &sql.replace("CONTROLLER", COUNTY)).concat();
    let acts: Vec<&str> = told.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(acts, ["act=offer", "act=pick"]);
}

/// CIT-5, RUR-4: who may hand the service over offers, and nobody else; what is wrong is told at once, and an offer of the same
/// service waits for the one before.
#[test]
fn who_hands_a_service_over_offers_it() {
    let all = Offered::of(client(1), |draft| draft);
    let world = &all.world;
    let stranger = person(world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    for (by, expected) in [
        (&stranger, "case-context-missing"),
        (&worker(world, PRODUCER, PRODUCERS_UNIT), "another-register"),
        (&worker(world, NEIGHBOUR, NEIGHBOURS_UNIT), "another-register"),
        (&archivist(world, "aino", COUNTY), "not-certified"),
        (&all.me, "not-for-citizens"),
    ] {
        let lines = world.contents().log_lines;
        assert_eq!(code(all.offers(by, &offer())), expected);
        assert!(world.contents().log_lines > lines);
    }
    let of_another = client(2).identifier();
    let as_another = world.app.offer_choice(&all.county, &all.id, Some(&of_another), &offer());
    assert_eq!(code(as_another), "not-found");
    let wrong =
        ProducerOffer { service_task: "10".into(), units: vec![oid(CLOSED_UNIT)], ..offer() };
    let Err(AppError::Refused(faults)) = all.offers(&all.county, &wrong) else {
        panic!("a wrong offer was taken");
    };
    let codes: Vec<_> = faults.iter().map(|fault| (fault.code(), &*fault.element)).collect();
    let expected =
        [("wrong-value", "service_task"), ("too-few-entries", "units"), ("unknown-unit", "units")];
    assert_eq!(codes, expected);
    assert!(all.own().is_empty());

    let id = all.offers(&world.county(), &offer()).unwrap().id;
    let turned = ProducerOffer { units: offer().units.into_iter().rev().collect(), ..offer() };
    assert_eq!(all.offers(&all.county, &turned).unwrap().id, id, "the same units, the same offer");
    let wider = [oid(NEIGHBOURS_UNIT)].into_iter().chain(offer().units).collect();
    let wider = ProducerOffer { units: wider, ..offer() };
    assert_eq!(code(all.offers(&all.county, &wider)), "stands-otherwise");
    let of_service = ProducerOffer { service: Some("-".into()), ..offer() };
    assert_eq!(code(all.offers(&all.county, &of_service)), "wrong-value");
    let end = |by: &Caller, id: &str| code(world.app.end_choice(by, &end_of(id)));
    assert_eq!(end(&stranger, &id), "case-context-missing");
    assert_eq!(end(&worker(world, NEIGHBOUR, NEIGHBOURS_UNIT), &id), "not-found");
    assert_eq!(end(&all.county, "no such"), "not-found");
    assert_eq!(end(&all.county, &id), "yes");
    assert_eq!(end(&all.county, &id), "stands-otherwise");
    assert_eq!(all.own()[0].state, ChoiceState::TakenBack);
    assert!(all.beside(&all.county, Purpose::READ).unwrap().is_empty());
    assert_eq!(all.pick(&id, Some(PRODUCERS_UNIT)), "stands-otherwise");
    assert_eq!(code(all.offers(&all.county, &wider)), "yes");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-5, ACC-2: nobody else learns of a choice: another client, a producer that serves, a worker without case context, whom a list
/// would show it; and none is picked for another.
#[test]
fn nobody_else_learns_of_a_choice() {
    let served = vec![serving(NEIGHBOURS_UNIT, "2026-10-05", "")];
    let all = Offered::of(client(1), |draft| draft.served_by(served.clone()));
    let world = &all.world;
    let id = all.offers(&all.county, &offer()).unwrap().id;
    assert_eq!(all.pick(&id, Some(CLOSED_UNIT)), "unknown-unit");
    assert_eq!(all.pick(&id, Some(PRODUCERS_UNIT)), "yes");
    world.open_case(&client(2));
    let other = world.citizen(&client(2));
    for situation in [Situation::Citizen, Situation::Guardian, Situation::Mandate] {
        assert_ne!(code(all.sees(&other, situation)), "yes");
        assert_ne!(all.picks(&other, situation, &id, None), "yes");
    }
    let through_own =
        world.app.pick_producer(&other, client(2).code, Situation::Citizen, &id, None);
    assert_eq!(code(through_own), "not-found");
    assert_eq!(all.pick("no such", None), "not-found");
    let there = worker(world, NEIGHBOUR, NEIGHBOURS_UNIT);
    assert!(all.beside(&there, Purpose::READ).unwrap().is_empty(), "a producer sees no others");
    assert!(all.made(&there).is_empty());
    let stranger = person(world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    assert!(all.made(&stranger).is_empty());
    let keeper = archivist(world, "aino", COUNTY);
    assert_eq!(code(world.app.list_choices_made(&keeper, None, 10)), "role-does-not-fit");
    assert_eq!(code(world.app.list_choices_made(&all.me, None, 10)), "role-does-not-fit");
    assert_eq!(all.made(&all.county).len(), 1);
}

/// CIT-4, CIT-5, DIS-5: a guardian with custody chooses for a small child where the relationship's document may be shown to
/// guardians, and learns of nothing where it may not.
#[test]
fn a_guardian_chooses_where_guardians_may_see() {
    for (shown, expected) in [("1", 1), ("2", 0)] {
        let all = Offered::of(child(), |draft| draft.set("guardian_disclosure", shown));
        let mother = client(7);
        let register = Told::in_world(&all.world);
        let facts = in_custody_of(&mother);
        register.say(all.who.code, facts.clone());
        all.world.tell(vec![(all.who.code, facts)]);
        let id = all.offers(&all.county, &offer()).unwrap().id;
        let caller = all.world.citizen(&mother);
        let seen = all.sees(&caller, Situation::Guardian).unwrap();
        assert_eq!(seen.len(), expected, "{shown}");
        let picks = all.picks(&caller, Situation::Guardian, &id, Some(PRODUCERS_UNIT));
        assert_eq!(picks, if expected == 1 { "yes" } else { "not-found" });
        if expected == 1 {
            assert_eq!(all.own()[0].chosen_as, Some(Basis::Guardianship));
            // What the child then says personally no guardian changes.
            assert_eq!(all.pick(&id, Some(PRODUCERS_OTHER_UNIT)), "yes");
            for unit in [Some(PRODUCERS_UNIT), None] {
                let picks = all.picks(&caller, Situation::Guardian, &id, unit);
                assert_eq!(picks, "said-by-client");
            }
        }
    }
}

/// CIT-5, DIS-5, ARC-10: by mandate one chooses as far as it covers saying the will; under a safety order nothing of it is shown, nor
/// to a worker who looks for a reason.
#[test]
fn a_mandate_chooses_and_a_safety_order_hides() {
    let all = Relatives::new();
    let (world, adult) = (&all.world, &all.adult);
    let register = Told::in_world(world);
    let born_on = Some(adult.code.birth_day());
    register.say(adult.code, PersonFacts { born_on, ..PersonFacts::default() });
    let relationship = oid(&all.dossier.relationship);
    let county = worker(world, COUNTY, UNIT);
    let id = world.app.offer_choice(&county, &relationship, None, &offer()).unwrap().id;
    let shown = || world.app.own_choices(&all.caller, adult.code, Situation::Mandate);
    let picks = |unit: &str| {
        let unit = oid(unit);
        let mandate = Situation::Mandate;
        code(world.app.pick_producer(&all.caller, adult.code, mandate, &id, Some(&unit)))
    };
    all.mandate(&[Matter::SeeDocuments], None);
    assert_eq!(picks(PRODUCERS_UNIT), "mandate-does-not-cover");
    all.mandate(&[Matter::SayWill], None);
    assert_eq!(picks(PRODUCERS_UNIT), "mandate-does-not-cover");
    assert_eq!(code(shown()), "mandate-does-not-cover");
    all.mandate(&[Matter::SeeDocuments, Matter::SayWill], None);
    assert_eq!(shown().unwrap().len(), 1);
    assert_eq!(picks(PRODUCERS_UNIT), "yes");
    let first = FinnishDay::parse("2026-01-01").unwrap();
    let safety_order = Some(Validity { first, last: None });
    let facts = PersonFacts { born_on, safety_order, ..PersonFacts::default() };
    register.say(adult.code, facts.clone());
    world.tell(vec![(adult.code, facts)]);
    assert!(shown().unwrap().is_empty());
    assert_eq!(picks(PRODUCERS_OTHER_UNIT), "not-found");
    let urgent = Purpose::READ.because(Reason::Look(LookReason::Urgent));
    let stranger = person(world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    let state = world.app.show_relationship(&stranger, &relationship, urgent).unwrap();
    assert!(state.masked && state.choices.is_empty());
    let own = world.citizen(adult);
    let seen = world.app.own_choices(&own, adult.code, Situation::Citizen).unwrap();
    assert_eq!(seen[0].chosen_as, Some(Basis::Mandate));
}
