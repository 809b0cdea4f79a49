//! What clients tell of themselves: told by the client, a guardian or by mandate, and seen by those who serve.

use varanto_app::AppError;
use varanto_app::statements::{Extent, OwnStatements, Telling, Tells, ToldStatement};
use varanto_domain::access::{Basis, Caller, LookReason, Purpose, Reason, Role, Situation};
use varanto_domain::mandates::Matter;
use varanto_domain::oversight::own_view::TouchedStatements;
use varanto_domain::persons::{Guardian, GuardianKind, PersonFacts};
use varanto_domain::statements::{ContactFacts, MOST_VERSIONS, OwnPlan, Said, StatementKind};
use varanto_domain::time::{Clock, FinnishDay, Validity};

use crate::access::{code, neighbours_relationship, worker};
use crate::citizens::{child, in_custody_of};
use crate::destruction::archivist;
use crate::mandates::Relatives;
use crate::oversight::person;
use crate::persons::Told;
use crate::world::{
    COUNTY, Client, NEIGHBOUR, NEIGHBOURS_UNIT, OPERATING_UNIT, PRODUCER, PRODUCERS_UNIT, System,
    UNIT, World, ask, client, oid, serving,
};

fn plan(goals: &str) -> Said {
    Said::Plan(OwnPlan { goals: goals.to_owned(), wishes: String::new() })
}

fn telephone(number: &str) -> Said {
    Said::Contact(ContactFacts { telephone: number.to_owned(), ..ContactFacts::default() })
}

fn tells(situation: Situation, of: &Client, said: &Said, after: u32) -> Tells {
    let told_by = Some("Aino Suvanto".to_owned());
    Tells { client: of.code, situation, said: said.clone(), told_by, after }
}

fn tell(world: &World, by: &Caller, of: &Client, said: &Said, after: u32) -> &'static str {
    tell_as(world, by, Situation::Citizen, of, said, after)
}

fn tell_as(
    world: &World,
    by: &Caller,
    situation: Situation,
    of: &Client,
    said: &Said,
    after: u32,
) -> &'static str {
    match world.app.tell(by, &tells(situation, of, said, after)) {
        Ok(Telling::Kept) => "kept",
        Ok(Telling::Unchanged) => "unchanged",
        Err(error) => code(Err::<(), _>(error)),
    }
}

fn own(world: &World, by: &Caller, of: &Client) -> OwnStatements {
    world.app.own_statements(by, of.code, Situation::Citizen, Extent::Page).unwrap()
}

/// What is said, with who said it.
fn words(told: &[ToldStatement]) -> Vec<(Said, Basis)> {
    told.iter().map(|one| (one.said.clone(), one.told_as)).collect()
}

/// What a caller is shown beside the relationship, or why nothing of it.
fn beside(
    world: &World,
    caller: &Caller,
    relationship: &str,
    purpose: Purpose,
) -> Result<Vec<(Said, Basis)>, AppError> {
    let shown = world.app.show_relationship(caller, &oid(relationship), purpose)?;
    Ok(words(&shown.statements.unwrap_or_default()))
}

/// CIT-5: what a client tells is kept version by version, seen by the client and by those who serve, at once; the newest stands,
/// and what was taken back is shown to nobody who serves.
#[test]
fn a_client_tells_and_those_who_serve_see() {
    let world = World::new();
    let who = client(1);
    let served = vec![serving(PRODUCERS_UNIT, "2026-01-01", "")];
    let dossier = world.open_case_under(&world.relationship(&who).served_by(served), &who);
    world.know(&who);
    let me = world.citizen(&who);
    let (county, producer) =
        (worker(&world, COUNTY, UNIT), worker(&world, PRODUCER, PRODUCERS_UNIT));
    let sees =
        |caller: &Caller| beside(&world, caller, &dossier.relationship, Purpose::READ).unwrap();
    assert!(own(&world, &me, &who).standing.is_empty() && sees(&county).is_empty());

    assert_eq!(tell(&world, &me, &who, &telephone("040 1234567"), 0), "kept");
    assert_eq!(tell(&world, &me, &who, &telephone("040 1234567"), 0), "unchanged", "sent twice");
    assert_eq!(tell(&world, &me, &who, &plan("Asun kotona."), 0), "kept");
    world.clock.forward_millis(60_000);
    assert_eq!(tell(&world, &me, &who, &telephone("050 7654321"), 1), "kept");
    let told = own(&world, &me, &who);
    let stands =
        [(telephone("050 7654321"), Basis::OwnData), (plan("Asun kotona."), Basis::OwnData)];
    assert!(words(&told.standing) == stands, "{:?}", told.standing);
    assert!(words(&told.earlier) == [(telephone("040 1234567"), Basis::OwnData)]);
    assert_eq!(told.own(StatementKind::Contact).unwrap().number, 2);
    assert_eq!(told.standing[0].at, world.clock.now());
    for caller in [&county, &producer, &world.county()] {
        assert!(sees(caller) == stands, "{:?}", sees(caller));
    }

    let nothing = Said::nothing(StatementKind::Contact);
    assert_eq!(tell(&world, &me, &who, &nothing, 2), "kept");
    assert!(sees(&county) == stands[1..]);
    assert!(
        own(&world, &me, &who).standing[0].said.is_nothing(),
        "who took it out, and when, is told"
    );
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-5: wrong facts are refused with every fault, what another version came before is not written over, and nothing is told of
/// nothing; each try leaves its line.
#[test]
fn what_is_wrong_or_late_is_refused() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let me = world.citizen(&who);
    let wrong = Said::Contact(ContactFacts {
        telephone: "soita".into(),
        email: "ei ole".into(),
        ..ContactFacts::default()
    });
    let lines = world.contents().log_lines;
    let Err(AppError::Refused(faults)) =
        world.app.tell(&me, &tells(Situation::Citizen, &who, &wrong, 0))
    else {
        panic!("wrong facts were taken");
    };
    let elements: Vec<&str> = faults.iter().map(|fault| fault.element.as_str()).collect();
    assert_eq!(elements, ["telephone", "email"]);
    let nothing = Said::nothing(StatementKind::Plan);
    assert_eq!(tell(&world, &me, &who, &nothing, 0), "empty-text");
    assert_eq!(tell(&world, &me, &who, &plan("Yksi."), 3), "stands-otherwise");
    assert_eq!(world.contents().log_lines, lines + 3);
    assert_eq!(tell(&world, &me, &who, &plan("Yksi."), 0), "kept");
    assert_eq!(tell(&world, &me, &who, &plan("Toinen välilehti."), 0), "stands-otherwise");
    assert!(words(&own(&world, &me, &who).standing) == [(plan("Yksi."), Basis::OwnData)]);
}

/// CIT-5, ACC-2: nobody is shown what a client told who does not serve the client: another client, another county, a worker of
/// the county without case context, its data-protection officer, one whose right has ended; and the keeper of the archive is not.
#[test]
fn who_does_not_serve_sees_nothing() {
    let world = World::new();
    let who = client(1);
    let relationship =
        world.relationship(&who).served_by(vec![serving(PRODUCERS_UNIT, "2026-01-01", "")]);
    let dossier = world.open_case_under(&relationship, &who);
    world.know(&who);
    let me = world.citizen(&who);
    assert_eq!(tell(&world, &me, &who, &plan("Asun kotona."), 0), "kept");

    world.open_case(&client(2));
    let other = world.citizen(&client(2));
    for situation in [Situation::Citizen, Situation::Guardian, Situation::Mandate] {
        let sees =
            |of: &Client| code(world.app.own_statements(&other, of.code, situation, Extent::Page));
        assert_eq!(sees(&who), sees(&client(77)), "nor whether the archive knows somebody");
        let denial = match situation {
            Situation::Citizen => "another-persons-document",
            Situation::Guardian => "not-a-guardian",
            _ => "mandate-missing",
        };
        assert_eq!(sees(&who), denial);
        assert_eq!(tell_as(&world, &other, situation, &who, &plan("Valhe."), 1), denial);
    }
    let county = worker(&world, COUNTY, UNIT);
    assert_eq!(
        code(world.app.own_statements(&county, who.code, Situation::Citizen, Extent::Page)),
        "role-does-not-fit"
    );

    let sees = |caller: &Caller, purpose| {
        beside(&world, caller, &dossier.relationship, purpose).map(|told| told.len())
    };
    let neighbour = worker(&world, NEIGHBOUR, NEIGHBOURS_UNIT);
    assert_eq!(code(sees(&neighbour, Purpose::READ)), "another-register");
    let stranger = person(&world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    assert_eq!(code(sees(&stranger, Purpose::READ)), "case-context-missing");
    let urgent = Purpose::READ.because(Reason::Look(LookReason::Urgent));
    assert_eq!(sees(&stranger, urgent).unwrap(), 1, "for a reason that is judged afterwards");
    let keeper = archivist(&world, "aino", COUNTY);
    assert_eq!(sees(&keeper, urgent).unwrap(), 0);
    assert_eq!(sees(&me, Purpose::READ.in_situation(Situation::Citizen)).unwrap(), 0);
    let producer = worker(&world, PRODUCER, PRODUCERS_UNIT);
    assert_eq!(sees(&producer, Purpose::READ).unwrap(), 1);
    let served = vec![serving(PRODUCERS_UNIT, "2026-01-01", "2026-11-01")];
    world.archive(&world.next_version(&relationship).served_by(served));
    assert_eq!(code(sees(&producer, Purpose::READ)), "register-use-right-ended");
}

/// CIT-5, DIS-1: to whom the relationship is disclosed what the client told is not; where that one serves the client itself, its
/// own relationship shows it.
#[test]
fn what_is_told_is_not_disclosed() {
    let world = World::new();
    let who = client(1);
    let dossier = world.open_case(&who);
    neighbours_relationship(&world, &who);
    world.know(&who);
    world.archive(&world.permission(&who, Some(true)));
    assert_eq!(tell(&world, &world.citizen(&who), &who, &plan("Asun kotona."), 0), "kept");
    let neighbour = world.caller(System::Neighbour);
    let disclosed = Purpose::READ.in_situation(Situation::Disclosure);
    assert!(beside(&world, &neighbour, &dossier.relationship, disclosed).unwrap().is_empty());
}

/// CIT-5, DIS-5: a guardian tells for a small child in a voice of the own, by name: another guardian does not see it, nor a guardian
/// what the child told; the child sees the plan and not where the guardian is reached; those who serve see what those told who have
/// custody today, and of a client of age the own word alone.
#[test]
fn guardians_tell_in_voices_of_their_own() {
    let world = World::new();
    let (child, mother, father) = (child(), client(7), client(8));
    let dossier = world.open_case(&child);
    let register = Told::in_world(&world);
    let facts = in_custody_of(&mother);
    let of = |who: &Client, kind| Guardian { code: who.code, kind, ..facts.guardians[0].clone() };
    let say = |fathers: GuardianKind, born: &str| {
        let facts = PersonFacts {
            born_on: FinnishDay::parse(born),
            guardians: vec![of(&mother, GuardianKind::Custody), of(&father, fathers)],
            ..facts.clone()
        };
        register.say(child.code, facts.clone());
        world.tell(vec![(child.code, facts)]);
    };
    say(GuardianKind::Custody, "2015-03-02");
    let (me, mothers, fathers) =
        (world.citizen(&child), world.citizen(&mother), world.citizen(&father));
    let guardian = Situation::Guardian;
    let tells = |by: &Caller, said: &Said| tell_as(&world, by, guardian, &child, said, 0);
    assert_eq!(tells(&mothers, &telephone("040 1111111")), "kept");
    assert_eq!(tell(&world, &me, &child, &plan("Haluan muuttaa."), 0), "kept");
    let sees =
        |by: &Caller| world.app.own_statements(by, child.code, guardian, Extent::Page).unwrap();
    let of_mother = (telephone("040 1111111"), Basis::Guardianship);
    assert!(words(&sees(&mothers).standing) == [of_mother.clone()]);
    assert_eq!(sees(&mothers).standing[0].told_by.as_deref(), Some("Aino Suvanto"));
    assert!(sees(&fathers).standing.is_empty(), "the other guardian's address is not told");
    assert_eq!(tells(&fathers, &telephone("040 2222222")), "kept");
    assert_eq!(tells(&fathers, &plan("Lapsi käy koulua.")), "kept");
    assert!(words(&sees(&mothers).standing) == [of_mother.clone()]);
    let own_word = (plan("Haluan muuttaa."), Basis::OwnData);
    let fathers_plan = (plan("Lapsi käy koulua."), Basis::Guardianship);
    let told = own(&world, &me, &child);
    assert!(words(&told.standing) == [own_word.clone(), fathers_plan.clone()]);
    assert!(told.withheld && told.standing[0].told_by.is_none());
    let county = worker(&world, COUNTY, UNIT);
    let shown = || beside(&world, &county, &dossier.relationship, Purpose::READ).unwrap();
    assert_eq!(shown().len(), 4);

    say(GuardianKind::InformationRight, "2015-03-02");
    assert!(sees(&fathers).tells_as.is_none(), "a right to information tells nothing");
    assert_eq!(tells(&fathers, &telephone("040 3333333")), "not-a-guardian");
    let now = shown();
    assert!(now.len() == 2 && now.contains(&own_word) && now.contains(&of_mother));
    say(GuardianKind::Custody, "2008-11-02");
    assert!(shown() == [own_word], "of age: the own word alone");
    let denied = world.app.own_statements(&mothers, child.code, guardian, Extent::Page);
    assert_eq!(code(denied), "not-a-minor");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-5: who told it takes the words of an earlier version out for good, and nobody else; what stands is changed first.
#[test]
fn an_earlier_version_is_taken_out_by_who_told_it() {
    let all = Relatives::new();
    let (world, adult) = (&all.world, &all.adult);
    let register = Told::in_world(world);
    let born_on = Some(adult.code.birth_day());
    register.say(adult.code, PersonFacts { born_on, ..PersonFacts::default() });
    let me = world.citizen(adult);
    for (after, goals) in [(0, "Salainen osoite."), (1, "Toinen."), (2, "Kolmas.")] {
        assert_eq!(tell(world, &me, adult, &plan(goals), after), "kept");
    }
    all.mandate(&[Matter::SeeDocuments, Matter::SayWill], None);
    let forget = |by: &Caller, situation, number| {
        let what = (StatementKind::Plan, number);
        code(world.app.forget_statement(by, adult.code, situation, what))
    };
    assert_eq!(forget(&all.caller, Situation::Mandate, 1), "not-for-citizens");
    assert_eq!(forget(&all.caller, Situation::Citizen, 1), "another-persons-document");
    assert_eq!(forget(&me, Situation::Citizen, 3), "stands-otherwise");
    assert_eq!(forget(&me, Situation::Citizen, 4), "not-found");
    assert_eq!(forget(&me, Situation::Citizen, 1), "yes");
    assert_eq!(forget(&me, Situation::Citizen, 1), "yes", "once more changes nothing");
    let told = own(world, &me, adult);
    assert!(words(&told.earlier) == [(plan("Toinen."), Basis::OwnData)]);
    assert_eq!(told.standing[0].number, 3);
    let sql = "SELECT count(*) FROM client_statement WHERE said_text IS NULL";
    assert_eq!(ask(world.folder.path(), sql)[0][0], "1");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-5: so many versions are kept; who takes earlier ones out may go on.
#[test]
fn versions_are_kept_up_to_a_number() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let me = world.citizen(&who);
    for number in 0..u32::try_from(MOST_VERSIONS).unwrap() {
        assert_eq!(tell(&world, &me, &who, &plan(&format!("{number}.")), number), "kept");
    }
    let most = u32::try_from(MOST_VERSIONS).unwrap();
    assert_eq!(tell(&world, &me, &who, &plan("Vielä."), most), "too-many-versions");
    let first = (StatementKind::Plan, 1);
    world.app.forget_statement(&me, who.code, Situation::Citizen, first).unwrap();
    assert_eq!(tell(&world, &me, &who, &plan("Vielä."), most), "kept");
}

/// LOG-2, CIT-5: the client is told, once a day has passed, who saw and who changed what the client tells: by mandate, and at a
/// unit.
#[test]
fn the_client_is_told_who_saw_and_changed_it() {
    let all = Relatives::new();
    let (world, adult) = (&all.world, &all.adult);
    let register = Told::in_world(world);
    let born_on = Some(adult.code.birth_day());
    register.say(adult.code, PersonFacts { born_on, ..PersonFacts::default() });
    let me = world.citizen(adult);
    assert_eq!(tell(world, &me, adult, &telephone("040 1234567"), 0), "kept");
    all.mandate(&[Matter::SeeDocuments, Matter::SayWill], None);
    let mandate = Situation::Mandate;
    let seen = world.app.own_statements(&all.caller, adult.code, mandate, Extent::Page).unwrap();
    assert!(seen.earlier.is_empty());
    assert_eq!(tell_as(world, &all.caller, mandate, adult, &telephone("040 9999999"), 1), "kept");
    let county = worker(world, COUNTY, UNIT);
    beside(world, &county, &all.dossier.relationship, Purpose::READ).unwrap();
    world.clock.forward_millis(3 * 24 * 60 * 60 * 1000);
    let looks = world.app.looks_at_own(&me, 0, None).unwrap().looks;
    let told: Vec<_> =
        looks.iter().filter_map(|look| Some((look.statements?, look.ground))).collect();
    for expected in [
        (TouchedStatements::Seen, Basis::Mandate),
        (TouchedStatements::Told, Basis::Mandate),
        (TouchedStatements::Seen, Basis::CaseContext),
    ] {
        assert!(told.contains(&expected), "{expected:?}: {told:?}");
    }
    assert!(told.iter().all(|(_, ground)| *ground != Basis::OwnData), "not the own acts: {told:?}");
}

/// CIT-5, LOG-2, OPS-3: one who only told something is somebody of whom the register holds something: the own log is there.
#[test]
fn one_who_only_told_is_known_to_the_log() {
    let world = World::new();
    let (child, mother) = (child(), client(7));
    let register = Told::in_world(&world);
    register.say(child.code, in_custody_of(&mother));
    let guardian = Situation::Guardian;
    let said = plan("Lapsi käy koulua.");
    assert_eq!(tell_as(&world, &world.citizen(&mother), guardian, &child, &said, 0), "kept");
    world.clock.forward_millis(3 * 24 * 60 * 60 * 1000);
    let looks = world.app.looks_at_own(&world.citizen(&child), 0, None).unwrap().looks;
    assert!(looks.iter().any(|look| look.statements == Some(TouchedStatements::Told)), "{looks:?}");
}

/// CIT-5, DIS-5, ARC-10: who has an adult's mandate sees what the adult told and tells it in the adult's voice, each as far as
/// the mandate covers it; under a safety order nothing of it, and it is not written over unseen.
#[test]
fn a_mandate_tells_in_the_clients_voice() {
    let all = Relatives::new();
    let (world, adult) = (&all.world, &all.adult);
    let register = Told::in_world(world);
    let born_on = Some(adult.code.birth_day());
    register.say(adult.code, PersonFacts { born_on, ..PersonFacts::default() });
    let me = world.citizen(adult);
    assert_eq!(tell(world, &me, adult, &plan("Oma."), 0), "kept");
    let mandate = Situation::Mandate;
    let sees = || world.app.own_statements(&all.caller, adult.code, mandate, Extent::Page);
    let tells = |said: &Said, after| tell_as(world, &all.caller, mandate, adult, said, after);
    assert_eq!(code(sees()), "mandate-missing");
    all.mandate(&[Matter::SeeDocuments], None);
    assert!(sees().unwrap().tells_as.is_none());
    assert_eq!(tells(&plan("Toisen."), 1), "mandate-does-not-cover");
    all.mandate(&[Matter::SayWill], None);
    assert_eq!(code(sees()), "mandate-does-not-cover", "to say the will alone shows no plan");
    assert_eq!(tells(&plan("Toisen."), 1), "mandate-does-not-cover");
    all.mandate(&[Matter::SeeDocuments, Matter::SayWill], None);
    assert!(words(&sees().unwrap().standing) == [(plan("Oma."), Basis::OwnData)]);
    assert_eq!(tells(&plan("Toisen."), 0), "stands-otherwise");
    assert_eq!(tells(&plan("Toisen."), 1), "kept");
    assert!(sees().unwrap().earlier.is_empty(), "what was told before is the client's alone");
    assert!(words(&own(world, &me, adult).standing) == [(plan("Toisen."), Basis::Mandate)]);
    let first = FinnishDay::parse("2026-01-01").unwrap();
    let safety_order = Some(Validity { first, last: None });
    register.say(adult.code, PersonFacts { born_on, safety_order, ..PersonFacts::default() });
    assert_eq!(code(sees()), "cannot-be-masked");
    assert_eq!(tells(&plan("Missä?"), 2), "cannot-be-masked");
    assert_eq!(own(world, &me, adult).standing.len(), 1, "the client sees the own");
}

/// CIT-5, ARC-10: under a safety order the units that serve see it and the log says so; who looks for a reason alone, from whom
/// whereabouts are masked, does not.
#[test]
fn a_safety_order_keeps_it_from_those_from_whom_it_masks() {
    let world = World::new();
    let who = client(1);
    let dossier = world.open_case(&who);
    let first = FinnishDay::parse("2026-01-01").unwrap();
    let order = Some(Validity { first, last: None });
    world.tell(vec![(who.code, PersonFacts { safety_order: order, ..PersonFacts::default() })]);
    assert_eq!(tell(&world, &world.citizen(&who), &who, &telephone("040 1234567"), 0), "kept");
    let urgent = Purpose::READ.because(Reason::Look(LookReason::Urgent));
    let stranger = person(&world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    assert!(beside(&world, &stranger, &dossier.relationship, urgent).unwrap().is_empty());
    let county = worker(&world, COUNTY, UNIT);
    assert_eq!(beside(&world, &county, &dossier.relationship, Purpose::READ).unwrap().len(), 1);
    let sql = "SELECT detail FROM use_log ORDER BY line DESC LIMIT 1";
    let told = &ask(world.folder.path(), sql)[0][0];
    assert!(told.contains("statements=1") && told.contains("safety-order"), "{told}");
}

/// CIT-5, CIT-1: one who is no client tells, is a client then, and is the same to the archive; what a guardian told before
/// becoming a client stays that guardian's.
#[test]
fn who_becomes_a_client_keeps_the_own_word() {
    let world = World::new();
    let (child, mother) = (child(), client(7));
    let register = Told::in_world(&world);
    register.say(child.code, in_custody_of(&mother));
    let guardian = Situation::Guardian;
    let said = telephone("040 1111111");
    assert_eq!(tell_as(&world, &world.citizen(&mother), guardian, &child, &said, 0), "kept");
    let before = world.citizen(&mother);
    assert_eq!(tell(&world, &before, &mother, &plan("Oma."), 0), "kept");
    let mothers = world.citizen(&mother);
    assert_ne!(mothers, before, "she is a client now");
    let sees = world.app.own_statements(&mothers, child.code, guardian, Extent::Page).unwrap();
    assert!(words(&sees.standing) == [(said, Basis::Guardianship)]);
    assert!(words(&own(&world, &mothers, &mother).standing) == [(plan("Oma."), Basis::OwnData)]);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-5, LOG-1: each look and each telling is a line with its ground, tried ones too, and none holds what was said.
#[test]
fn each_look_and_telling_is_a_line() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    world.open_case(&client(2));
    let (me, other) = (world.citizen(&who), world.citizen(&client(2)));
    let lines = || {
        let sql = "SELECT use_log.event, use_log.outcome, reason.text, use_log.detail FROM use_log
            JOIN term AS reason ON reason.number = use_log.reason ORDER BY line DESC LIMIT 1";
        let mut told = ask(world.folder.path(), sql).remove(0);
        told.remove(1);
        told
    };
    assert_eq!(tell(&world, &me, &who, &plan("Salaisuus."), 0), "kept");
    let told = lines();
    assert_eq!(told[..2], ["22", "own-data"]);
    assert!(told[2].starts_with("act=tell statement=") && !told[2].contains("Salaisuus"));
    assert!(
        told[2].contains(" kind=plan speaker=client number=1 controller=1.2.246.10.90000004 said=")
    );
    own(&world, &me, &who);
    assert_eq!(lines(), ["1", "own-data", "statements"]);
    world.app.own_statements(&me, who.code, Situation::Citizen, Extent::Copy).unwrap();
    assert_eq!(lines(), ["1", "own-data", "statements copy"]);
    let denied = "another-persons-document";
    assert_eq!(tell(&world, &other, &who, &plan("Valhe."), 1), denied);
    assert_eq!(lines(), ["22", denied, ""]);
    let seen = world.app.own_statements(&other, who.code, Situation::Citizen, Extent::Page);
    assert_eq!(code(seen), denied);
    assert_eq!(lines(), ["1", denied, "statements"]);
    assert_eq!(tell(&world, &me, &who, &telephone("soita"), 0), "wrong-form");
    assert_eq!(lines(), ["22", "wrong-form", ""]);
}
