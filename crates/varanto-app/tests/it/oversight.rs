//! The use log under review, a client's own log, and looks without case context: whose business a line is,
//! what of it is told, and that reading it is a line itself.

use varanto_app::AppError;
use varanto_app::SearchLimits;
use varanto_app::archive::DocumentQuery;
use varanto_app::callers::PersonFacts;
use varanto_app::oversight::{
    HintQuery, LogPage, LogQuery, OpeningQuery, OpeningRequest, OwnLogQuery,
};
use varanto_domain::access::log::{Actor, Event};
use varanto_domain::access::{Caller, LookReason, Purpose, Reason, Role, Who};
use varanto_domain::oversight::hints::HintFact;
use varanto_domain::oversight::openings::Judgement;
use varanto_domain::oversight::own_view::Onlooker;
use varanto_domain::time::FinnishDay;

use crate::world::{
    COUNTY, Client, NEIGHBOUR, OPERATING_UNIT, System, UNIT, World, client, harm, oid,
};

/// A person of an organisation, strongly authenticated.
pub(crate) fn person(world: &World, role: Role, organisation: &str, unit: Option<&str>) -> Caller {
    let facts = PersonFacts {
        subject: format!("{}-of-{organisation}", role.code()),
        registration_number: None,
        role: role.code().into(),
        organisation: oid(organisation),
        unit: unit.map(oid),
        duty: None,
        strong: true,
    };
    world.app.caller_of_person(facts).unwrap()
}

pub(crate) fn officer(world: &World) -> Caller {
    person(world, Role::DataProtectionOfficer, COUNTY, None)
}

fn told(page: &LogPage) -> Vec<(&'static str, String, usize)> {
    let line = |line: &varanto_app::oversight::ReviewedLine| {
        (line.event.code(), line.reason.clone(), line.documents.len())
    };
    page.lines.iter().map(line).collect()
}

/// LOG-1, LOG-2: the officer reads who looked at what in the own registers, what a search returned
/// included, newest first, in pages; and each reading is a line itself, with the lines that it showed.
#[test]
fn an_officer_reads_the_lines_of_the_own_registers() {
    let world = World::new();
    let who = client(1);
    let note = world.note(&world.open_case(&who));
    world.archive(&note);
    world.know(&who);
    let worker = person(&world, Role::Worker, COUNTY, Some(UNIT));
    world.app.open_content(&worker, &note.id(), None, Purpose::READ).unwrap();
    let query = DocumentQuery { client: Some(who.identifier()), ..DocumentQuery::default() };
    let hits = world.app.find_documents(&worker, &query).unwrap().hits.len();
    assert_eq!(hits, 3);
    let stranger = world.caller(System::Neighbour);
    assert!(world.app.open_document(&stranger, &note.id(), Purpose::READ).is_err());

    let all = LogQuery { client: Some(who.identifier()), ..LogQuery::default() };
    let officer = officer(&world);
    let page = world.app.review_log(&officer, &all).unwrap();
    let archived = ("archive", "own-register".to_owned(), 1);
    let expected = [
        ("open", "another-register".to_owned(), 1),
        ("search", "case-context".to_owned(), 3),
        ("open", "case-context".to_owned(), 1),
        archived.clone(),
        archived.clone(),
        archived,
    ];
    assert_eq!(told(&page), expected);
    assert_eq!(page.lines[0].actor, "system:neighbour");
    assert_eq!(page.lines[1].role, Some(Role::Worker));
    assert_eq!(page.lines[1].unit, Some(oid(UNIT)));
    assert!(page.lines.iter().all(|line| line.client == page.lines[0].client));
    assert!(page.lines[0].client.is_some() && page.next.is_none());

    // The same in pages of two.
    let mut query = LogQuery { limit: 2, ..all.clone() };
    let mut lines = Vec::new();
    loop {
        let next = world.app.review_log(&officer, &query).unwrap();
        lines.extend(told(&next));
        query.cursor = next.next;
        if query.cursor.is_none() {
            break;
        }
    }
    let reviews = lines.iter().filter(|(event, _, _)| *event == "review").count();
    assert!(
        lines.len() - reviews == expected.len() && lines.ends_with(&expected[4..]),
        "{lines:?}"
    );

    let reviews = LogQuery { event: Some(Event::Review), ..LogQuery::default() };
    let page = world.app.review_log(&officer, &reviews).unwrap();
    let first = page.lines.last().unwrap();
    assert!(first.detail.starts_with("by=client lines="), "{}", first.detail);
    assert_eq!(first.detail.matches(',').count(), expected.len() - 1);
    assert_eq!(first.client, lines.first().map(|_| page.lines[0].client.clone()).unwrap());
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// LOG-2, ACC-2: another controller's officer learns nothing of the county's clients: neither lines, nor
/// that the archive knows somebody at all.
#[test]
fn an_officer_learns_nothing_of_other_registers() {
    let world = World::new();
    let (known, unknown) = (client(1), client(2));
    let note = world.note(&world.open_case(&known));
    world.archive(&note);
    let neighbours = person(&world, Role::Worker, NEIGHBOUR, None);
    for who in [&known, &unknown] {
        let query = DocumentQuery { client: Some(who.identifier()), ..DocumentQuery::default() };
        assert!(world.app.find_documents(&neighbours, &query).unwrap().hits.is_empty());
    }
    assert!(world.app.open_document(&neighbours, &note.id(), Purpose::READ).is_err());

    let officer = person(&world, Role::DataProtectionOfficer, NEIGHBOUR, None);
    let lines = |query: LogQuery| world.app.review_log(&officer, &query).unwrap().lines;
    for who in [&known, &unknown] {
        let about = LogQuery { client: Some(who.identifier()), ..LogQuery::default() };
        assert!(lines(about).is_empty());
    }
    let own = LogQuery { actor: Some(Actor::of(&neighbours).name), ..LogQuery::default() };
    let own = lines(own);
    let searches: Vec<_> = own.iter().filter(|line| line.event == Event::Search).collect();
    assert_eq!(searches.len(), 2);
    let (one, other) = (searches[0], searches[1]);
    assert_eq!((&one.client, &other.client), (&None, &None));
    assert_eq!((&one.reason, &one.detail), (&other.reason, &other.detail));
    assert_eq!((one.elsewhere, one.documents.len()), (other.elsewhere, other.documents.len()));
    let opened = own.iter().find(|line| line.event == Event::Open).unwrap();
    assert!(opened.elsewhere && opened.client.is_none() && opened.documents.is_empty());
    assert!(
        lines(LogQuery { actor: Some("system:county".into()), ..LogQuery::default() }).is_empty()
    );
}

/// LOG-2, ACC-2: workers, producers and systems read no log; a denied try is a line.
#[test]
fn nobody_else_reads_the_log() {
    let world = World::new();
    let callers = [
        world.county(),
        world.caller(System::Producer),
        person(&world, Role::Worker, COUNTY, Some(UNIT)),
        person(&world, Role::ResponsibleWorker, COUNTY, Some(UNIT)),
    ];
    for caller in &callers {
        let before = world.contents().log_lines;
        let lines = world.app.review_log(caller, &LogQuery::default());
        let hints = world.app.hint_at_looks(caller, &HintQuery::default());
        for denied in [lines.map(drop), hints.map(drop)] {
            assert!(
                matches!(denied, Err(AppError::Denied(denial)) if denial.code() == "role-does-not-fit")
            );
        }
        assert_eq!(world.contents().log_lines, before + 2);
    }
}

/// LOG-2: what strikes the eye is told with its reason, its lines and its facts, in pages.
#[test]
fn looks_that_strike_the_eye_are_hinted_at() {
    let world = World::new();
    let who = client(1);
    let note = world.note(&world.open_case(&who));
    world.archive(&note);
    let worker = person(&world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    let urgent = Purpose::READ.because(Reason::Look(LookReason::Urgent));
    for _ in 0..5 {
        assert!(world.app.open_document(&worker, &note.id(), Purpose::READ).is_err());
    }
    world.clock.set("2026-11-03T02:10:00+02:00");
    world.app.open_content(&worker, &note.id(), None, urgent).unwrap();

    let officer = officer(&world);
    let query = HintQuery { limit: 2, ..HintQuery::default() };
    let first = world.app.hint_at_looks(&officer, &query).unwrap();
    let reasons = |found: &varanto_app::oversight::FoundHints| {
        found.hints.iter().map(|told| told.hint.reason.code()).collect::<Vec<_>>()
    };
    assert_eq!(reasons(&first), ["odd-hours", "no-case-context"]);
    assert!(first.hints[1].client.is_some());
    assert_eq!(first.hints[1].hint.facts[1], (HintFact::Reasons, "urgent".to_owned()));
    let second = HintQuery { cursor: first.next, ..query.clone() };
    let second = world.app.hint_at_looks(&officer, &second).unwrap();
    assert_eq!(reasons(&second), ["many-denials"]);
    assert!(second.next.is_none() && second.hints[0].hint.lines.len() == 5);

    // Another controller's officer is hinted at nothing.
    let other = person(&world, Role::DataProtectionOfficer, NEIGHBOUR, None);
    assert!(world.app.hint_at_looks(&other, &HintQuery::default()).unwrap().hints.is_empty());
    let long = HintQuery { from: FinnishDay::new(2026, 10, 1), ..HintQuery::default() };
    assert!(matches!(world.app.hint_at_looks(&officer, &long), Err(AppError::Refused(_))));
}

/// LOG-2: a review looks through more lines than one page of a search may, person by person and day by day, and tells the
/// same in pages of one as at once.
#[test]
fn a_review_looks_through_any_number_of_lines() {
    let world = World::new();
    let who = client(1);
    let note = world.note(&world.open_case(&who));
    world.archive(&note);
    let urgent = Purpose::READ.because(Reason::Look(LookReason::Urgent));
    for day in ["2026-11-02", "2026-11-03", "2026-11-04"] {
        world.clock.set(&format!("{day}T10:00:00+02:00"));
        for unit in [OPERATING_UNIT, UNIT] {
            let mut worker = person(&world, Role::Worker, COUNTY, Some(unit));
            if let Who::Person { subject, .. } = &mut worker.who {
                *subject = format!("aino-in-{unit}");
            }
            for _ in 0..6 {
                world.app.open_content(&worker, &note.id(), None, urgent).unwrap();
            }
        }
    }
    let narrow = world.clone_with(SearchLimits { rows: 5, ..SearchLimits::default() });
    let officer = officer(&world);
    let told = |query: &HintQuery| {
        let found = narrow.app.hint_at_looks(&officer, query).unwrap();
        let hint = |told: &varanto_app::oversight::ToldHint| {
            (told.hint.day.to_string(), told.hint.reason.code(), told.hint.lines.len())
        };
        (found.hints.iter().map(hint).collect::<Vec<_>>(), found.next)
    };
    let (all, next) = told(&HintQuery::default());
    let expected = ["2026-11-04", "2026-11-03", "2026-11-02"];
    assert_eq!(all, expected.map(|day| (day.to_owned(), "no-case-context", 6)));
    assert_eq!(next, None);
    let mut query = HintQuery { limit: 1, ..HintQuery::default() };
    for one in all {
        let (page, next) = told(&query);
        assert_eq!(page, [one]);
        query.cursor = next;
    }
    assert_eq!(query.cursor, None);
}

/// The question for a client's own log.
pub(crate) fn own_log_of(who: &Client) -> OwnLogQuery {
    let client = who.identifier();
    OwnLogQuery { client, representative: None, from: None, before: None, limit: 0, cursor: None }
}

/// LOG-2, CIT-3: a client's own log tells organisations, roles and grounds, a day later, and nothing of what is
/// kept from the client, of denials, or of other registers; what the officer is told is no more.
#[test]
fn a_client_is_told_who_looked_as_the_rules_allow() {
    let world = World::new();
    let who = client(1);
    let dossier = world.open_case(&who);
    let (shown, hidden) = (world.note(&dossier), world.note(&dossier).set("special_content", "K"));
    let delayed = world.note(&dossier).set("display_delay_until", "2026-11-20");
    let held = |draft: crate::world::Draft| draft.set("inaccessible_reason", "1");
    let drafts = [shown.clone(), held(hidden), held(delayed)];
    for draft in &drafts {
        world.archive(draft);
    }
    let worker = person(&world, Role::Worker, COUNTY, Some(UNIT));
    for draft in &drafts {
        world.app.open_content(&worker, &draft.id(), None, Purpose::READ).unwrap();
    }
    let stranger = world.caller(System::Neighbour);
    assert!(world.app.open_document(&stranger, &shown.id(), Purpose::READ).is_err());
    let supervised = Purpose::READ.because(Reason::Look(LookReason::Supervision));
    let other = person(&world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    world.app.open_document(&other, &shown.id(), supervised).unwrap();

    let officer = officer(&world);
    let query = own_log_of(&who);
    let looks = || {
        world.know(&who);
        world.app.own_log(&officer, &query).unwrap().looks
    };
    assert!(looks().is_empty());
    world.clock.set("2026-11-03T23:59:00+02:00");
    assert!(looks().is_empty());
    world.clock.set("2026-11-04T00:01:00+02:00");
    let told = looks();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].onlooker, Onlooker::Person(Some(Role::Worker), Some(oid(UNIT))));
    assert_eq!((told[0].ground.code(), told[0].disclosed), ("case-context", false));
    assert_eq!(told[0].kinds.len(), 1);
    world.clock.set("2026-11-21T08:00:00+02:00");
    assert_eq!(looks().len(), 2);
    world.clock.set("2027-05-10T08:00:00+03:00");
    assert_eq!(looks().len(), 3);
    // In pages.
    let first = OwnLogQuery { limit: 2, ..query.clone() };
    let page = world.app.own_log(&officer, &first).unwrap();
    assert_eq!(page.looks.len(), 2);
    let second = OwnLogQuery { cursor: page.next, ..first };
    let page = world.app.own_log(&officer, &second).unwrap();
    assert!(page.looks.len() == 1 && page.next.is_none());

    let neighbours = person(&world, Role::DataProtectionOfficer, NEIGHBOUR, None);
    assert!(world.app.own_log(&neighbours, &query).unwrap().looks.is_empty());
    let denied = world.app.own_log(&worker, &query);
    assert!(matches!(denied, Err(AppError::Denied(_))));
}

/// LOG-2, CIT-1: a citizen is told of the looks at the own documents as the officer would tell it, and of nobody else's;
/// the own reading is a line, and none that is told.
#[test]
fn a_citizen_is_told_who_looked_at_the_own_documents() {
    let world = World::new();
    let (who, other) = (client(1), client(2));
    let dossier = world.open_case(&who);
    let shown = world.note(&dossier);
    world.archive(&shown);
    world.archive(&world.note(&world.open_case(&other)));
    let worker = person(&world, Role::Worker, COUNTY, Some(UNIT));
    world.app.open_content(&worker, &shown.id(), None, Purpose::READ).unwrap();
    world.clock.set("2026-11-04T00:01:00+02:00");
    world.know(&who);

    let citizen =
        |who: &Client, strong| world.app.caller_of_citizen(who.code, strong).unwrap().unwrap();
    let own = citizen(&who, true);
    world.app.open_document(&own, &shown.id(), Purpose::READ).unwrap();
    world.clock.set("2026-11-07T08:00:00+02:00");
    let lines = world.contents().log_lines;
    let told = world.app.looks_at_own(&own, 0, None).unwrap();
    assert_eq!(world.contents().log_lines, lines + 1);
    assert_eq!(told.looks.len(), 1, "{told:?}");
    assert_eq!(told.looks[0].onlooker, Onlooker::Person(Some(Role::Worker), Some(oid(UNIT))));
    world.know(&who);
    let officers = world.app.own_log(&officer(&world), &own_log_of(&who)).unwrap();
    assert_eq!(told.looks, officers.looks);

    assert!(world.app.looks_at_own(&citizen(&other, true), 0, None).unwrap().looks.is_empty());
    assert!(world.app.looks_at_own(&citizen(&client(9), true), 0, None).unwrap().looks.is_empty());
    for denied in [citizen(&who, false), worker, officer(&world)] {
        let answer = world.app.looks_at_own(&denied, 0, None);
        assert!(matches!(answer, Err(AppError::Denied(_))), "{answer:?}");
    }
}

/// The openings in the county's queue: state, reason, whether it lasts beyond a look.
fn queue(world: &World, states: &[Judgement]) -> Vec<(&'static str, &'static str, bool)> {
    let query = OpeningQuery { states: states.to_vec(), ..OpeningQuery::default() };
    let page = world.app.list_openings(&officer(world), &query).unwrap();
    let told = |one: &varanto_app::oversight::QueuedOpening| {
        let lasts = one.opening.until > one.opening.opened_at;
        (one.opening.state.code(), Reason::Look(one.opening.reason).code(), lasts)
    };
    page.openings.iter().map(told).collect()
}

/// ACC-3, LOG-2: what was opened for hours opens for its worker and client alone, until its end, in no other
/// register; then a reason is wanted again. Each opening is in the queue once.
#[test]
fn break_glass_opens_for_its_hours_and_is_queued() {
    let world = World::new();
    let (who, other) = (client(1), client(2));
    let note = world.note(&world.open_case(&who));
    let others_note = world.note(&world.open_case(&other));
    world.archive(&note);
    world.archive(&others_note);
    let worker = person(&world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    let colleague = person(&world, Role::ResponsibleWorker, COUNTY, Some(OPERATING_UNIT));
    let look = |caller: &Caller, id: &varanto_domain::ids::Oid| match world.app.open_content(
        caller,
        id,
        None,
        Purpose::READ,
    ) {
        Ok(_) => "yes",
        Err(AppError::Denied(denial)) => denial.code(),
        Err(error) => panic!("{error:?}"),
    };
    let without = "case-context-missing";
    assert_eq!(look(&worker, &note.id()), without);

    let request =
        OpeningRequest { client: who.identifier(), reason: LookReason::Urgent, hours: Some(2) };
    let opened = world.app.open_up(&worker, &request).unwrap();
    assert_eq!(opened.until.to_string(), "2026-11-02T10:00:00Z");
    assert_eq!(look(&worker, &note.id()), "yes");
    assert_eq!(look(&worker, &others_note.id()), without);
    assert_eq!(look(&colleague, &note.id()), without);
    let query = DocumentQuery { client: Some(who.identifier()), ..DocumentQuery::default() };
    assert_eq!(world.app.find_documents(&worker, &query).unwrap().hits.len(), 3);
    let neighbours = person(&world, Role::Worker, NEIGHBOUR, None);
    assert!(world.app.open_up(&neighbours, &request).is_ok());
    assert_eq!(look(&neighbours, &note.id()), "another-register");

    world.clock.set("2026-11-02T11:59:59+02:00");
    assert_eq!(look(&worker, &note.id()), "yes");
    world.clock.set("2026-11-02T12:00:00+02:00");
    assert_eq!(look(&worker, &note.id()), without);
    assert_eq!(queue(&world, &[]), [("new", "urgent", true)]);

    // A single look with its reason opens nothing beside itself, and is in the queue once a day.
    let stated = Purpose::READ.because(Reason::Look(LookReason::FirstContact));
    world.app.open_document(&colleague, &note.id(), stated).unwrap();
    world.app.open_document(&colleague, &note.id(), stated).unwrap();
    let query = DocumentQuery { reason: Some(Reason::Look(LookReason::FirstContact)), ..query };
    world.app.find_documents(&colleague, &query).unwrap();
    assert_eq!(look(&colleague, &note.id()), without);
    let both = [("new", "first-contact", false), ("new", "urgent", true)];
    assert_eq!(queue(&world, &[]), both);

    // The neighbour's officer finds nothing, though one of its workers asked for the same client.
    let neighbours = person(&world, Role::DataProtectionOfficer, NEIGHBOUR, None);
    let all = OpeningQuery { states: Judgement::ALL.to_vec(), ..OpeningQuery::default() };
    assert!(world.app.list_openings(&neighbours, &all).unwrap().openings.is_empty());
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// LOG-2, ACC-3: a version that is made without case context, while the client is opened for some hours, says in the log for
/// which reason, and is in the queue with the opening; one whose line is in no queue is damage.
#[test]
fn a_version_made_for_a_stated_reason_is_in_the_queue() {
    let world = World::new();
    let who = client(1);
    let note = world.note(&world.open_case(&who));
    world.archive(&note);
    world.know(&who);
    let worker = person(&world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    let next = world.next_version(&note);
    let sent = world.app.archive_document(&worker, next.submission());
    assert!(matches!(sent, Err(AppError::Denied(_))));
    let request =
        OpeningRequest { client: who.identifier(), reason: LookReason::Urgent, hours: Some(2) };
    world.app.open_up(&worker, &request).unwrap();
    world.app.archive_document(&worker, next.submission()).unwrap();
    let query = LogQuery { event: Some(Event::Archive), limit: 1, ..LogQuery::default() };
    let line = world.app.review_log(&officer(&world), &query).unwrap().lines.remove(0);
    assert_eq!((line.reason.as_str(), line.detail.as_str()), ("stated-reason", "reason=urgent"));
    assert_eq!(queue(&world, &[]), [("new", "urgent", true)]);
    assert_eq!(world.damage(), Vec::<String>::new());

    let folder = std::sync::Arc::clone(&world.folder);
    world.app.clone().close();
    assert_eq!(harm(folder.path(), "DELETE FROM opening"), 1);
    let lost: Vec<String> =
        world.reopen().damage().into_iter().filter(|one| one.contains("in no queue")).collect();
    assert_eq!(lost.len(), 2, "{lost:?}");
}

/// ACC-3: an unknown client is opened like a known one, and too many hours, systems and officers are told no.
#[test]
fn opening_up_tells_nothing_of_who_is_known() {
    let world = World::new();
    let worker = person(&world, Role::Worker, COUNTY, Some(UNIT));
    let ask = |hours| OpeningRequest {
        client: client(9).identifier(),
        reason: LookReason::Urgent,
        hours,
    };
    let opened = world.app.open_up(&worker, &ask(None)).unwrap();
    assert_eq!(opened.until.to_string(), "2026-11-02T12:00:00Z");
    assert_eq!(queue(&world, &[]), []);
    for hours in [0, 25] {
        assert!(matches!(world.app.open_up(&worker, &ask(Some(hours))), Err(AppError::Refused(_))));
    }
    for caller in [world.county(), officer(&world), world.caller(System::Producer)] {
        assert!(matches!(world.app.open_up(&caller, &ask(None)), Err(AppError::Denied(_))));
    }
}

/// LOG-2: an opening is judged by somebody else of its register, forward alone; what is questioned opens nothing
/// any more.
#[test]
fn an_opening_is_judged_in_its_register() {
    let world = World::new();
    let who = client(1);
    let note = world.note(&world.open_case(&who));
    world.archive(&note);
    let worker = person(&world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    let request =
        OpeningRequest { client: who.identifier(), reason: LookReason::Urgent, hours: Some(9) };
    world.app.open_up(&worker, &request).unwrap();
    let officer = officer(&world);
    let page = world.app.list_openings(&officer, &OpeningQuery::default()).unwrap();
    let id = page.openings[0].id.clone();
    let judge = |caller: &Caller, id: &str, to| match world.app.judge_opening(caller, id, to) {
        Ok(judged) => judged.opening.state.code(),
        Err(AppError::Denied(denial)) => denial.code(),
        Err(AppError::Refused(faults)) => faults[0].code(),
        Err(AppError::NotFound) => "not-found",
        Err(error) => panic!("{error:?}"),
    };
    let neighbours = person(&world, Role::DataProtectionOfficer, NEIGHBOUR, None);
    assert_eq!(judge(&neighbours, &id, Judgement::Seen), "not-found");
    assert_eq!(judge(&worker, &id, Judgement::Approved), "role-does-not-fit");
    assert_eq!(judge(&officer, "nonsense", Judgement::Seen), "not-found");
    assert_eq!(judge(&officer, "1", Judgement::Seen), "not-found");
    assert_eq!(judge(&officer, &id, Judgement::New), "wrong-value");
    assert_eq!(judge(&officer, &id, Judgement::Seen), "seen");
    assert!(world.app.open_content(&worker, &note.id(), None, Purpose::READ).is_ok());
    assert_eq!(judge(&officer, &id, Judgement::Questioned), "questioned");
    assert!(world.app.open_content(&worker, &note.id(), None, Purpose::READ).is_err());
    assert_eq!(queue(&world, &[Judgement::Questioned]), [("questioned", "urgent", true)]);
    assert_eq!(judge(&officer, &id, Judgement::Approved), "approved");
    assert_eq!(judge(&officer, &id, Judgement::Seen), "wrong-value");
    assert_eq!(queue(&world, &[]), []);

    let judgements = LogQuery { event: Some(Event::Judge), ..LogQuery::default() };
    let page = world.app.review_log(&officer, &judgements).unwrap();
    let permitted = page.lines.iter().filter(|line| line.outcome == "permitted").count();
    assert_eq!(permitted, 3);
    let world = world.reopen();
    assert_eq!(queue(&world, &[Judgement::Approved]), [("approved", "urgent", true)]);
}
