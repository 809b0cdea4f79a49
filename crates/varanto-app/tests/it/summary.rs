//! The client summary: each item decided by itself, with its own line.

use varanto_app::AppError;
use varanto_app::archive::{ClientSummary, SummaryItem, SummaryQuery};
use varanto_app::oversight::LogQuery;
use varanto_domain::access::{Caller, LookReason, Reason, Role, Situation, StatutoryGround};
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::FinnishDay;

use crate::access::neighbours_relationship;
use crate::oversight::person;
use crate::world::{
    COUNTY, Client, Draft, OPERATING_UNIT, PRODUCERS_UNIT, System, UNIT, World, client, oid,
    serving, structure_of,
};

fn ask(client: &Client, enriched: bool) -> SummaryQuery {
    SummaryQuery { client: client.identifier(), enriched, situation: None, reason: None }
}

/// How many relationships, cases and key documents a summary has.
fn counts(summary: &ClientSummary) -> [usize; 3] {
    [summary.relationships.len(), summary.cases.len(), summary.documents.len()]
}

/// A decision, a plan and a note of a client, in the county's register; the decision and the plan are key documents.
fn archived(world: &World, who: &Client) -> Vec<Draft> {
    let relationship = world.relationship(who).served_by(vec![serving(
        PRODUCERS_UNIT,
        "2026-11-02",
        "2026-11-10",
    )]);
    let dossier = world.open_case_under(&relationship, who);
    let typed = |general: &str, written: &str| {
        world
            .note(&dossier)
            .set("general_type", general)
            .set("written_at", written)
            .set("created_at", written)
    };
    let plan = world.structured_document(&dossier, structure_of("1506.16009"), 7);
    let drafts = vec![
        typed("11", "2026-10-01T12:00:00+03:00"),
        plan.set("general_type", "16"),
        world.note(&dossier),
    ];
    for draft in &drafts {
        world.archive(draft);
    }
    drafts
}

/// ARC-9: the summary holds relationships, cases and key documents; in the enriched form their contents too. Each item
/// leaves its line.
#[test]
fn a_summary_holds_what_the_caller_may_see() {
    let world = World::new();
    let who = client(1);
    let drafts = archived(&world, &who);
    let worker = person(&world, Role::Worker, COUNTY, Some(UNIT));
    let before = world.contents().log_lines;
    let plain = world.app.client_summary(&worker, &ask(&who, false)).unwrap();
    assert_eq!(counts(&plain), [1, 1, 2]);
    assert_eq!(world.contents().log_lines, before + 4);
    assert!(plain.documents.iter().all(|one| one.item.content.is_none()));
    assert_eq!(plain.documents[0].item.document, drafts[1].id());
    assert_eq!(plain.documents[1].general_type, "11");
    assert_eq!(plain.relationships[0].item.ground.code(), "case-context");

    let enriched = world.app.client_summary(&worker, &ask(&who, true)).unwrap();
    assert_eq!(counts(&enriched), [1, 1, 2]);
    let contents = enriched.relationships.iter().map(|one| &one.item);
    let contents = contents.chain(enriched.cases.iter().map(|one| &one.item));
    let mut contents = contents.chain(enriched.documents.iter().map(|one| &one.item));
    assert!(contents.all(|item| item.content.is_some()));

    let officer = person(&world, Role::DataProtectionOfficer, COUNTY, None);
    let lines = LogQuery { client: Some(who.identifier()), limit: 8, ..LogQuery::default() };
    let lines = world.app.review_log(&officer, &lines).unwrap().lines;
    assert!(lines[..4].iter().all(|line| line.detail == "summary enriched"));
    assert!(lines[4..].iter().all(|line| line.detail == "summary plain"));
    assert!(lines.iter().all(|line| line.documents.len() == 1));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-9, ACC-2, RUR-3: each caller is told what the decision lets, and one who may see nothing cannot tell a known client
/// from an unknown one.
#[test]
fn a_summary_is_each_callers_own() {
    let world = World::new();
    let (who, unknown) = (client(1), client(2));
    archived(&world, &who);
    let check = |caller: &Caller, query: &SummaryQuery, expected: [usize; 3]| {
        let summary = world.app.client_summary(caller, query).unwrap();
        assert_eq!(counts(&summary), expected, "{caller:?}");
        assert!(!summary.more);
    };
    let plain = ask(&who, false);
    check(&world.county(), &plain, [1, 1, 2]);
    check(&world.caller(System::Producer), &plain, [1, 1, 2]);
    check(&world.caller(System::Neighbour), &plain, [0, 0, 0]);
    check(&world.caller(System::Neighbour), &ask(&unknown, false), [0, 0, 0]);
    let asked = SummaryQuery { situation: Some(Situation::Disclosure), ..plain.clone() };
    check(&world.caller(System::Neighbour), &asked, [0, 0, 0]);
    check(&world.county(), &asked, [1, 1, 2]);
    let other = person(&world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    check(&other, &plain, [0, 0, 0]);
    let reason = Some(Reason::Look(LookReason::Urgent));
    check(&other, &SummaryQuery { reason, ..plain.clone() }, [1, 1, 2]);
    world.clock.set("2026-11-11T00:01:00+02:00");
    check(&world.caller(System::Producer), &plain, [0, 0, 0]);
    let old = world.caller(System::OldDocuments);
    assert!(matches!(world.app.client_summary(&old, &plain), Err(AppError::Denied(_))));
}

/// OLD-3, ARC-9: the relationships of a client who has died are in no other organiser's summary, on whatever ground it is
/// asked for; the controller's own side finds them for a reason alone. Of a living client the same summary tells.
#[test]
fn a_dead_clients_relationships_are_in_no_other_organisers_summary() {
    let world = World::new();
    let who = client(1);
    archived(&world, &who);
    neighbours_relationship(&world, &who);
    world.archive(&world.permission(&who, Some(true)));
    world.archive(&world.old(&world.open_old_case(&who)));
    let neighbour = world.caller(System::Neighbour);
    let statutory = Reason::Statutory(StatutoryGround::Section64);
    let reason = Reason::Look(LookReason::InformationRequest);
    let asked = |situation, reason| SummaryQuery { situation, reason, ..ask(&who, false) };
    let at_county = |caller: &Caller, query: &SummaryQuery| {
        let summary = world.app.client_summary(caller, query).unwrap();
        let county = |item: &SummaryItem| item.controller == oid(COUNTY);
        summary.relationships.iter().filter(|one| county(&one.item)).count()
    };
    let disclosed = asked(Some(Situation::Disclosure), None);
    let by_law = asked(Some(Situation::StatutoryDisclosure), Some(statutory));
    for (died, expected) in [(None, [2, 2, 2, 2]), (Some("2026-11-01"), [0, 0, 0, 2])] {
        let died_on = died.and_then(FinnishDay::parse);
        world.tell(vec![(who.code, PersonFacts { died_on, ..PersonFacts::default() })]);
        let more_with = |caller: &Caller, query: &SummaryQuery| {
            let summary = world.app.client_summary(caller, query).unwrap();
            summary.more_with.iter().map(|with| with.code()).collect::<Vec<_>>()
        };
        let told =
            [more_with(&neighbour, &disclosed), more_with(&world.county(), &asked(None, None))];
        // What is held back of a living client may be known of; of a dead one that a reason is wanted, in the own register.
        let of_own = if died.is_some() { vec!["reason"] } else { vec![] };
        let of_other = if died.is_some() { vec!["reason"] } else { vec!["statutory-ground"] };
        assert_eq!(told, [of_other, of_own.clone()], "{died:?}");
        assert_eq!(more_with(&neighbour, &asked(None, None)), of_own);
        let found = [
            at_county(&neighbour, &disclosed),
            at_county(&neighbour, &by_law),
            at_county(&world.county(), &asked(None, None)),
            at_county(&world.county(), &asked(None, Some(reason))),
        ];
        assert_eq!(found, expected, "{died:?}");
    }
}
