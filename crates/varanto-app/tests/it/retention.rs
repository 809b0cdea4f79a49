//! How long documents are kept by law, and whose period is over: of the facts as they stand.

use serde_json::json;
use varanto_app::archive::DocumentQuery;
use varanto_app::relationship::How;
use varanto_app::{AppError, AppOptions};
use varanto_domain::access::{Caller, LookReason, Purpose, Reason, Role};
use varanto_domain::archive::register_documents::CLOSING_IS_SUPPOSED;
use varanto_domain::archive::retention::{KindsOfRecords, Period, PermanentOrder, Retention};
use varanto_domain::ids::Oid;
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::FinnishDay;
use varanto_formats::acts;

use crate::access::{code, neighbours_relationship, worker};
use crate::oversight::person;
use crate::world::{COUNTY, Dossier, Draft, NEIGHBOUR, OPERATING_UNIT, World, client, oid};

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

/// Why it is looked at documents of the dead.
const REASON: Reason = Reason::Look(LookReason::Supervision);

fn archivist(world: &World, organisation: &str) -> Caller {
    person(world, Role::Archivist, organisation, None)
}

/// The rule, and the last day of keeping; `ever`, or from what it waits, where there is none.
fn told(kept: Option<Retention>) -> (&'static str, String) {
    let kept = kept.expect("it is told");
    let until = match kept.period {
        Period::ForEver => "ever".to_owned(),
        Period::NotYetCounted(from) => format!("waits for {}", from.code()),
        Period::Until { last, .. } => last.to_string(),
    };
    (kept.rule.code(), until)
}

fn period_of(world: &World, draft: &Draft) -> (&'static str, String) {
    let archivist = archivist(world, COUNTY);
    let purpose = Purpose::READ.because(REASON);
    told(world.app.open_document(&archivist, &draft.id(), purpose).unwrap().retention)
}

fn due(world: &World, caller: &Caller, on: &str) -> Result<Vec<Oid>, AppError> {
    let (due_on, reason) = (Some(day(on)), Some(REASON));
    let mut query = DocumentQuery { due_on, reason, limit: 1, ..DocumentQuery::default() };
    let mut all = Vec::new();
    loop {
        let page = world.app.find_documents(caller, &query)?;
        for hit in page.hits {
            assert!(hit.retention.is_some_and(|kept| kept.is_over_on(day(on))));
            all.push(hit.document);
        }
        let Some(next) = page.next else { break };
        query.cursor = Some(next);
    }
    all.sort_unstable();
    Ok(all)
}

fn ids(drafts: &[&Draft]) -> Vec<Oid> {
    let mut all: Vec<Oid> = drafts.iter().map(|one| one.id()).collect();
    all.sort_unstable();
    all
}

/// ARC-12: the keeper of the archive is told the period by law beside the class that was sent, computed of the facts as they
/// stand: it waits for an open case, counts from its closing, and waits again when the case is reopened; nobody else is told.
#[test]
fn the_period_follows_the_facts() {
    let world = World::new();
    let who = client(1);
    let relationship = world.relationship(&who);
    world.archive(&relationship);
    let case = world.case(&who, &relationship.text("relationship_id"));
    world.archive(&case);
    let dossier = Dossier {
        client: who.clone(),
        relationship: relationship.text("relationship_id"),
        case: case.text("case_id"),
        relationship_document: relationship.text("document_id"),
        case_document: case.text("document_id"),
    };
    let note = world.note(&dossier);
    world.archive(&note);
    world.know(&who);
    let shown = world.app.open_document(&archivist(&world, COUNTY), &note.id(), Purpose::READ);
    let shown = shown.unwrap();
    assert!(shown.metadata.contains("\"retention_class\":\"1\""), "{}", shown.metadata);
    assert_eq!(told(shown.retention), ("families", "waits for case-closed".to_owned()));
    assert_eq!(period_of(&world, &relationship), ("basic-data", "waits for death".to_owned()));

    let closed = world.next_version(&case).closed_on("2026-10-01");
    world.archive(&closed);
    assert_eq!(period_of(&world, &note), ("families", "2056-10-01".to_owned()));
    assert_eq!(period_of(&world, &closed), ("families", "2056-10-01".to_owned()));
    let mut again = world.next_version(&closed).drop("case_closed_on");
    again.structured.clone_from(&case.structured);
    world.archive(&again);
    assert_eq!(period_of(&world, &note), ("families", "waits for case-closed".to_owned()));

    let died = PersonFacts { died_on: Some(day("2026-10-30")), ..PersonFacts::default() };
    world.tell(vec![(who.code, died)]);
    assert_eq!(period_of(&world, &relationship), ("basic-data", "2028-10-30".to_owned()));
    world.know(&who);
    assert_eq!(period_of(&world, &relationship), ("basic-data", "waits for death".to_owned()));
    let county = world.app.open_document(&world.county(), &note.id(), Purpose::READ).unwrap();
    assert!(county.retention.is_none());
    // Born on the eighth.
    let sample = world.relationship(&client(7));
    world.archive(&sample);
    assert_eq!(period_of(&world, &sample), ("sample", "ever".to_owned()));
}

/// ARC-12: the keeper of the archive finds, page by page, what is over on a day, of the own registers and nothing else; what
/// the controller says of types counts; and each page is a look with its line.
#[test]
fn what_is_over_on_a_day_is_proposed() {
    let world = World::new();
    let who = client(1);
    let old = world.open_old_case(&who);
    let papers: Vec<Draft> = (0..3).map(|_| world.old(&old)).collect();
    for paper in &papers {
        world.archive(paper);
    }
    let note = world.note(&world.open_case(&client(2)));
    world.archive(&note);
    neighbours_relationship(&world, &who);
    let died = PersonFacts { died_on: Some(day("2026-10-30")), ..PersonFacts::default() };
    world.tell(vec![(who.code, died)]);
    let archivist = archivist(&world, COUNTY);
    let lines = world.contents().log_lines;
    assert_eq!(due(&world, &archivist, "2026-11-02").unwrap(), Vec::<Oid>::new());
    assert_eq!(world.contents().log_lines, lines + 1);
    // Two years after the death the relationship, thirty after the closing the case and its papers.
    let relationship: Vec<Oid> = due(&world, &archivist, "2028-10-31").unwrap();
    assert_eq!(relationship, [oid(&old.relationship_document)]);
    assert_eq!(due(&world, &archivist, "2028-10-30").unwrap(), Vec::<Oid>::new());
    let mut all = ids(&papers.iter().collect::<Vec<_>>());
    all.push(oid(&old.relationship_document));
    all.push(oid(&old.case_document));
    all.sort_unstable();
    assert_eq!(due(&world, &archivist, "2054-03-01").unwrap(), all);
    let neighbours = person(&world, Role::Archivist, NEIGHBOUR, None);
    let theirs = due(&world, &neighbours, "2054-03-01").unwrap();
    assert!(theirs.len() == 1 && !all.contains(&theirs[0]));
    for caller in [world.county(), worker(&world, COUNTY, OPERATING_UNIT)] {
        assert_eq!(code(due(&world, &caller, "2054-03-01")), "role-does-not-fit");
    }
    let vouchers = vec![note.text("specific_type")];
    let kinds_of_records = KindsOfRecords { vouchers, ..KindsOfRecords::default() };
    let world = world.reopen_with(|options| AppOptions { kinds_of_records, ..options });
    let mut with_note = ids(&[&note]);
    with_note.extend(relationship);
    with_note.sort_unstable();
    assert_eq!(due(&world, &archivist, "2029-12-01").unwrap(), with_note);
}

/// ARC-12, OLD-2: no period is counted from a closing that an import supposed; once somebody has said the day it is.
#[test]
fn a_supposed_closing_starts_no_period() {
    const FURTHER: &str = "/asia_asiakirja/asian_tiedot/lisatieto_luokkaan_muu";
    let world = World::new();
    let who = client(1);
    let relationship = world.old_relationship(&who);
    world.archive(&relationship);
    let case = world
        .closed_case(&who, &relationship.text("relationship_id"))
        .content(FURTHER, format!("Vanhat asiakasasiakirjat{CLOSING_IS_SUPPOSED}"));
    world.archive(&case);
    let paper = world.old(&Dossier {
        client: who.clone(),
        relationship: relationship.text("relationship_id"),
        case: case.text("case_id"),
        relationship_document: relationship.text("document_id"),
        case_document: case.text("document_id"),
    });
    world.archive(&paper);
    world.know(&who);
    let waits = ("families", "waits for case-closed".to_owned());
    assert_eq!((period_of(&world, &paper), period_of(&world, &case)), (waits.clone(), waits));
    assert_eq!(due(&world, &archivist(&world, COUNTY), "2199-01-01").unwrap(), Vec::<Oid>::new());
    let close = |day: &str| {
        let asked = json!({"document_id": world.new_oid(), "act": "close", "closed_on": day});
        let asked = acts::read_case_act(asked.to_string().as_bytes()).unwrap();
        let case = oid(&case.text("case_id"));
        world.app.act_on_case(&world.county(), &case, &asked, How::default()).map(drop)
    };
    close("2024-12-31").unwrap();
    assert_eq!(period_of(&world, &paper), ("families", "2054-12-31".to_owned()));
    assert_eq!(code(close("2025-12-31")), "nothing-changes");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-12: what the National Archives order to be kept is never due, as soon as the configuration says it.
#[test]
fn what_is_ordered_to_be_kept_is_never_due() {
    let mut world = World::new();
    let who = client(1);
    let paper = world.old(&world.open_old_case(&who));
    world.archive(&paper);
    world.know(&who);
    assert_eq!(period_of(&world, &paper), ("families", "2054-02-28".to_owned()));
    for (general_type, kept) in [
        (paper.text("general_type"), ("archives-order", "ever".to_owned())),
        ("99".to_owned(), ("families", "2054-02-28".to_owned())),
    ] {
        let order =
            PermanentOrder { general_type: Some(general_type), ..PermanentOrder::default() };
        let kinds_of_records =
            KindsOfRecords { permanent: vec![order], ..KindsOfRecords::default() };
        world = world.reopen_with(|options| AppOptions { kinds_of_records, ..options });
        assert_eq!(period_of(&world, &paper), kept);
    }
}
