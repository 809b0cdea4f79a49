//! Clients without an identity code (ARC-11): a temporary identifier is joined to the identity code of whose it turned
//! out to be, and parted again. While it is joined, whatever is asked by either is asked of one person.

use std::collections::BTreeSet;

use varanto_app::AppError;
use varanto_app::archive::{AccessQuestion, ClientSummary, DocumentQuery, SummaryQuery};
use varanto_app::oversight::{
    HintQuery, IdentityAnswer, IdentityRequest, LogQuery, OpeningRequest, OwnLogQuery,
};
use varanto_app::users::Loading;
use varanto_domain::access::log::Event;
use varanto_domain::access::{
    Action, Caller, LookReason, Purpose, Reason, Role, Situation, Strength, Who,
};
use varanto_domain::disclosure::{AskedFor, OutsideRequest, Refused};
use varanto_domain::identities::{IdentityAct, IdentityReason};
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::persons::{Guardian, GuardianKind, PersonFacts};
use varanto_domain::time::{FinnishDay, Validity};
use varanto_formats::will::{PermissionAct, RefusalAct};

use crate::access::{code, neighbours_relationship, worker};
use crate::guardians::{citizen, newest_client};
use crate::handing_over;
use crate::joint_cases::{entry, made_joint};
use crate::oversight::{officer, own_log_of, person};
use crate::wills::recording;
use crate::world::{
    COUNTY, Client, Dossier, Draft, NEIGHBOUR, NEIGHBOURS_UNIT, OPERATING_UNIT, PRODUCERS_UNIT,
    System, UNIT, World, client, oid, serving, unknown,
};

const ASKED: Purpose = Purpose::READ.in_situation(Situation::Disclosure);
const WITH_REASON: Purpose = Purpose::READ.because(Reason::Look(LookReason::Urgent));

/// A client of the county with a temporary identifier, whom its unit and a producer serve; and one with an identity
/// code, who was the county's client before and is its neighbour's.
struct Two {
    world: World,
    archivist: Caller,
    stranger: Client,
    known: Client,
    dossier: Dossier,
    knowns_key: ClientKey,
    strangers_note: Draft,
    knowns_note: Draft,
}

impl Two {
    fn new() -> Self {
        let world = World::new();
        let (stranger, known) = (unknown(1), client(2));
        let served = world.relationship(&stranger).served_by(vec![serving(
            PRODUCERS_UNIT,
            "2026-01-01",
            "",
        )]);
        let dossier = world.open_case_under(&served, &stranger);
        let strangers_note = world.note(&dossier).set("guardian_disclosure", "1");
        world.archive(&strangers_note);
        let knowns_note = formerly(&world, &known);
        let knowns_key = newest_client(&world);
        neighbours_relationship(&world, &known);
        world.know(&known);
        let archivist = person(&world, Role::Archivist, COUNTY, None);
        Self { world, archivist, stranger, known, dossier, knowns_key, strangers_note, knowns_note }
    }

    fn request(&self, act: IdentityAct) -> IdentityRequest {
        IdentityRequest {
            act,
            reason: match act {
                IdentityAct::Join => IdentityReason::Identified,
                IdentityAct::Part => IdentityReason::Mistaken,
            },
            temporary: self.stranger.temporary_id(),
            code: self.known.code,
            dry_run: false,
        }
    }

    fn act(&self, act: IdentityAct) -> IdentityAnswer {
        self.world.app.act_on_identities(&self.archivist, &self.request(act)).unwrap()
    }

    fn join(&self) -> IdentityAnswer {
        self.act(IdentityAct::Join)
    }

    fn part(&self) -> IdentityAnswer {
        self.act(IdentityAct::Part)
    }

    /// What somebody is answered on opening the notes: the stranger's, the known one's.
    fn opens(&self, caller: &Caller, purpose: Purpose) -> [&'static str; 2] {
        [&self.strangers_note, &self.knowns_note].map(|note| {
            let answer = code(self.world.app.open_content(caller, &note.id(), None, purpose));
            let asked = AccessQuestion { document: note.id(), action: Action::Read, purpose };
            let explained = self.world.app.explain_access(caller, &asked).unwrap().answer;
            assert_eq!(explained.is_ok(), answer == "yes", "{explained:?}");
            answer
        })
    }

    /// How many documents are found by the identifiers of the two.
    fn found(&self, caller: &Caller, purpose: Purpose) -> [usize; 2] {
        [&self.stranger, &self.known].map(|who| found(&self.world, caller, who, purpose).len())
    }

    fn holds(&self, act: impl Fn() -> bool) {
        assert!(!act(), "before");
        self.join();
        assert!(act(), "joined");
        self.part();
        assert!(!act(), "parted");
        assert_eq!(self.world.damage(), Vec::<String>::new());
    }
}

/// A former client of the county's, with a note.
fn formerly(world: &World, who: &Client) -> Draft {
    let relationship = world.relationship(who);
    world.archive(&relationship);
    let case = world.case(who, &relationship.text("relationship_id"));
    world.archive(&case);
    let note = world.note(&Dossier {
        client: who.clone(),
        relationship: relationship.text("relationship_id"),
        case: case.text("case_id"),
        relationship_document: relationship.text("document_id"),
        case_document: case.text("document_id"),
    });
    let note = note.set("guardian_disclosure", "1");
    world.archive(&note);
    world.archive(&world.next_version(&case).closed_on("2026-10-30"));
    world.archive(&world.next_version(&relationship).ended_on("2026-10-31"));
    note
}

fn found(world: &World, caller: &Caller, who: &Client, purpose: Purpose) -> BTreeSet<String> {
    let query = DocumentQuery {
        client: Some(who.identifier()),
        situation: purpose.situation,
        reason: purpose.reason,
        ..DocumentQuery::default()
    };
    let page = world.app.find_documents(caller, &query).unwrap();
    page.hits.iter().map(|hit| hit.document.to_string()).collect()
}

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

/// ARC-11, ARC-8: a search by either identifier finds what came under both while they are joined, in pages too, and its
/// lines stand in the logs of both; parted, each finds its own, with what came meanwhile under the identifier that it was
/// sent with.
#[test]
fn a_search_by_either_identifier_finds_both_while_they_are_joined() {
    let two = Two::new();
    let (world, county) = (&two.world, two.world.county());
    let by = |who: &Client| found(world, &county, who, Purpose::READ);
    let (own, theirs) = (by(&two.stranger), by(&two.known));
    assert!(own.is_disjoint(&theirs) && own.len() == 3 && theirs.len() == 3);
    two.join();
    let both: BTreeSet<String> = own.union(&theirs).cloned().collect();
    assert_eq!((by(&two.stranger), by(&two.known)), (both.clone(), both.clone()));
    let mut query = DocumentQuery {
        client: Some(two.known.identifier()),
        limit: 2,
        ..DocumentQuery::default()
    };
    let mut paged = BTreeSet::new();
    loop {
        let page = world.app.find_documents(&county, &query).unwrap();
        paged.extend(page.hits.iter().map(|hit| hit.document.to_string()));
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, both);
    // Named with the relationship of the other identifier.
    let query = DocumentQuery {
        client: Some(two.known.identifier()),
        relationship: Some(oid(&two.dossier.relationship)),
        ..DocumentQuery::default()
    };
    assert_eq!(world.app.find_documents(&county, &query).unwrap().hits.len(), 3);
    let meanwhile = world.note(&two.dossier);
    world.archive(&meanwhile);
    assert!(by(&two.known).contains(&meanwhile.text("document_id")));
    two.part();
    assert_eq!(world.app.find_documents(&county, &query).unwrap().hits.len(), 0);
    let mut own = own;
    own.insert(meanwhile.text("document_id"));
    assert_eq!((by(&two.stranger), by(&two.known)), (own, theirs));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-11, ACC-3: whose unit serves the client under one identifier looks in case context at what came under the other,
/// in the same register; and who-could-see tells so.
#[test]
fn case_context_holds_for_both_identifiers() {
    let two = Two::new();
    let serving = worker(&two.world, COUNTY, UNIT);
    assert_eq!(two.opens(&serving, Purpose::READ), ["yes", "case-context-missing"]);
    two.holds(|| two.opens(&serving, Purpose::READ) == ["yes", "yes"]);
    let elsewhere = worker(&two.world, COUNTY, OPERATING_UNIT);
    let units = || {
        let list =
            two.world.app.list_access(&two.world.county(), &two.knowns_note.id(), WITH_REASON);
        let served = |one: &varanto_app::archive::Onlooker| {
            let unit = format!("{:?}", one.who).contains(PRODUCERS_UNIT);
            unit && !one.with_reason
        };
        list.unwrap().onlookers.iter().any(served)
    };
    two.holds(units);
    assert_eq!(two.opens(&elsewhere, Purpose::READ)[0], "case-context-missing");
}

/// ARC-11, RUR-2: a register-use right under either identifier opens what came under both, in its register and for its
/// service task.
#[test]
fn a_register_use_right_holds_for_both_identifiers() {
    let two = Two::new();
    let producer = two.world.caller(System::Producer);
    assert_eq!(two.opens(&producer, Purpose::READ)[0], "yes");
    two.holds(|| two.opens(&producer, Purpose::READ) == ["yes", "yes"]);
    let finds = |who: &Client, note: &Draft| {
        found(&two.world, &producer, who, Purpose::READ).contains(&note.text("document_id"))
    };
    assert!(finds(&two.stranger, &two.strangers_note));
    two.holds(|| finds(&two.known, &two.strangers_note) && finds(&two.stranger, &two.knowns_note));
}

/// ARC-11, ARC-10: what tells where somebody is who has a temporary identifier alone is masked; joined, the population
/// register's word on the identity code holds for both.
#[test]
fn a_safety_order_holds_for_both_identifiers() {
    let two = Two::new();
    let elsewhere = worker(&two.world, COUNTY, OPERATING_UNIT);
    let shown_whole = || {
        let open = |note: &Draft| {
            let view = two.world.app.open_document(&elsewhere, &note.id(), WITH_REASON);
            !view.unwrap().masked
        };
        [open(&two.strangers_note), open(&two.knowns_note)]
    };
    assert_eq!(shown_whole(), [false, true]);
    two.join();
    assert_eq!(shown_whole(), [true, true]);
    let order = Validity { first: day("2026-01-01"), last: None };
    let facts = PersonFacts { safety_order: Some(order), ..PersonFacts::default() };
    two.world.tell(vec![(two.known.code, facts)]);
    assert_eq!(shown_whole(), [false, false]);
    // The serving unit sees the whole, and its line says of whom.
    let serving = worker(&two.world, COUNTY, UNIT);
    let view = two.world.app.open_document(&serving, &two.strangers_note.id(), Purpose::READ);
    assert!(!view.unwrap().masked);
    let archivist = &two.archivist;
    let query = LogQuery { client: Some(two.known.identifier()), ..LogQuery::default() };
    let lines = two.world.app.review_log(archivist, &query).unwrap().lines;
    assert!(lines[0].detail.contains("safety-order"), "{:?}", lines[0]);
    two.world.know(&two.known);
    two.part();
    assert_eq!(shown_whole(), [false, true]);
}

/// ARC-11, OLD-3, DIS-1, DIS-2: death, permission and refusals of the identity code hold for what came under the temporary
/// identifier while they are joined, and for it alone then.
#[test]
fn death_and_the_will_hold_for_both_identifiers() {
    let two = Two::new();
    let (world, neighbour) = (&two.world, worker(&two.world, NEIGHBOUR, NEIGHBOURS_UNIT));
    let system = world.caller(System::Neighbour);
    let permission = recording(&two.known, NEIGHBOURS_UNIT, PermissionAct::Give);
    world.app.record_permission(&system, &permission).unwrap();
    assert_eq!(two.opens(&neighbour, ASKED)[1], "yes");
    two.holds(|| two.opens(&neighbour, ASKED) == ["yes", "yes"]);
    two.holds(|| two.found(&neighbour, ASKED) == [6, 6]);
    let refused = RefusalAct::Refuse(Refused::Document(two.strangers_note.id()));
    world.app.record_refusal(&system, &recording(&two.known, NEIGHBOURS_UNIT, refused)).unwrap();
    two.join();
    let [strangers, knowns] = two.opens(&neighbour, ASKED);
    assert_ne!(strangers, "yes");
    assert_eq!(knowns, "yes");
    let facts = PersonFacts { died_on: Some(day("2026-11-01")), ..PersonFacts::default() };
    world.tell(vec![(two.known.code, facts)]);
    let serving = worker(world, COUNTY, UNIT);
    let dead = "deceased-wants-reason";
    assert_eq!(two.opens(&serving, Purpose::READ), [dead, dead]);
    two.part();
    assert_eq!(two.opens(&serving, Purpose::READ), ["yes", dead]);
}

/// ARC-11, CIT-1, CIT-4, DIS-5: the client and a guardian see what came under both identifiers.
#[test]
fn clients_and_guardians_see_what_came_under_both() {
    let two = Two::new();
    let parent = client(7);
    two.world.open_case(&parent);
    let guardian = citizen(newest_client(&two.world));
    let days = Validity { first: day("2015-01-01"), last: None };
    let facts = PersonFacts {
        born_on: Some(day("2015-01-01")),
        guardians: vec![Guardian { code: parent.code, kind: GuardianKind::Custody, days }],
        ..PersonFacts::default()
    };
    two.world.tell(vec![(two.known.code, facts)]);
    let as_guardian = Purpose::READ.in_situation(Situation::Guardian);
    assert_eq!(two.opens(&guardian, as_guardian), ["not-a-guardian", "yes"]);
    two.holds(|| two.opens(&guardian, as_guardian) == ["yes", "yes"]);
    let client = citizen(two.knowns_key);
    let as_citizen = Purpose::READ.in_situation(Situation::Citizen);
    assert_eq!(two.opens(&client, as_citizen), ["another-persons-document", "yes"]);
    two.holds(|| two.opens(&client, as_citizen) == ["yes", "yes"]);
    // The neighbour's relationship document too.
    two.holds(|| two.found(&client, as_citizen) == [7, 7]);
    let nobody = citizen(ClientKey(two.knowns_key.0 + 1));
    two.join();
    assert_eq!(
        two.opens(&nobody, as_citizen),
        ["another-persons-document", "another-persons-document"]
    );
}

/// ARC-11, ACC-3: what was opened for hours under one identifier opens what is under the other while they are joined.
#[test]
fn openings_hold_for_both_identifiers() {
    let two = Two::new();
    let world = &two.world;
    let elsewhere = worker(world, COUNTY, OPERATING_UNIT);
    let client = two.stranger.identifier();
    let request = OpeningRequest { client, reason: LookReason::Urgent, hours: Some(4) };
    world.app.open_up(&elsewhere, &request).unwrap();
    assert_eq!(two.opens(&elsewhere, Purpose::READ)[0], "yes");
    two.holds(|| two.opens(&elsewhere, Purpose::READ) == ["yes", "yes"]);
    // One who is known in the register by the other identifier alone.
    let newcomer = client_of_neighbour(world);
    let request = IdentityRequest { code: newcomer.code, ..two.request(IdentityAct::Join) };
    let archivist = &two.archivist;
    world.app.act_on_identities(archivist, &request).unwrap();
    let colleague = person(world, Role::ResponsibleWorker, COUNTY, Some(OPERATING_UNIT));
    let client = newcomer.identifier();
    let opening = OpeningRequest { client, reason: LookReason::Urgent, hours: Some(4) };
    world.app.open_up(&colleague, &opening).unwrap();
    assert_eq!(two.opens(&colleague, Purpose::READ)[0], "yes");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// Somebody whom the neighbour alone knows.
fn client_of_neighbour(world: &World) -> Client {
    let who = client(3);
    neighbours_relationship(world, &who);
    world.know(&who);
    who
}

/// ARC-11, ARC-9: the summary by either identifier holds relationships, cases and documents of both.
#[test]
fn a_summary_by_either_identifier_holds_both() {
    let two = Two::new();
    let typed = world_decision(&two);
    let county = two.world.county();
    let counted = || {
        [&two.stranger, &two.known].map(|who| {
            let client = who.identifier();
            let query = SummaryQuery { client, enriched: true, situation: None, reason: None };
            let summary: ClientSummary = two.world.app.client_summary(&county, &query).unwrap();
            [summary.relationships.len(), summary.cases.len(), summary.documents.len()]
        })
    };
    assert_eq!(counted(), [[1, 1, 1], [1, 1, 0]]);
    two.join();
    assert_eq!(counted(), [[2, 2, 1], [2, 2, 1]], "{typed}");
    two.part();
    assert_eq!(counted(), [[1, 1, 1], [1, 1, 0]]);
}

/// A decision under the temporary identifier.
fn world_decision(two: &Two) -> Oid {
    let decision = two.world.note(&two.dossier).set("general_type", "11");
    two.world.archive(&decision);
    decision.id()
}

/// ARC-11, DIS-6: what is handed over on a request about either identifier is of both while they are joined, and each
/// document's line stands in the log of the identifier that it is under.
#[test]
fn what_is_handed_over_is_of_both_identifiers() {
    let two = Two::new();
    let county = two.world.county();
    let handed = |who: &Client| {
        let request = handing_over::request(who);
        let plan = two.world.app.try_handing_over(&county, &request).unwrap();
        let planned: BTreeSet<String> =
            plan.documents.iter().map(|one| one.document.to_string()).collect();
        let package = handing_over::hand_over(&two.world, &county, &request).unwrap();
        let contents = handing_over::contents(&package).into_iter();
        assert_eq!(contents.map(|(document, _)| document).collect::<BTreeSet<_>>(), planned);
        planned
    };
    let (own, theirs) = (handed(&two.stranger), handed(&two.known));
    assert!(own.is_disjoint(&theirs));
    two.join();
    let both: BTreeSet<String> = own.union(&theirs).cloned().collect();
    assert_eq!((handed(&two.stranger), handed(&two.known)), (both.clone(), both));
    two.part();
    let looks = |who: &Client, event| {
        let query =
            LogQuery { client: Some(who.identifier()), event: Some(event), ..LogQuery::default() };
        let lines = two.world.app.review_log(&two.archivist, &query).unwrap().lines;
        lines.iter().map(|line| line.documents.len()).collect::<Vec<_>>()
    };
    // Once by itself, and twice together.
    assert_eq!(looks(&two.stranger, Event::Disclose), vec![1; 3 * own.len()]);
    assert_eq!(looks(&two.known, Event::Disclose), vec![1; 3 * theirs.len()]);
    assert_eq!(looks(&two.stranger, Event::Search), vec![own.len(); 3]);
    assert_eq!(looks(&two.known, Event::Search), vec![theirs.len(); 3]);
    assert_eq!((handed(&two.stranger), handed(&two.known)), (own, theirs));
}

/// ARC-11, REL-4, DIS-6: a document that names both identifiers, handed over while they are joined, stands in the log of
/// each, and so does a dry run of it; parted, each one's log still tells it.
#[test]
fn a_joint_document_that_is_handed_over_stands_in_both_logs() {
    let two = Two::new();
    let began = "2026-10-01T00:00:00+03:00";
    let times = vec![entry(&two.stranger, began, None), entry(&two.known, began, None)];
    let case = made_joint(&two.world, &two.dossier, times);
    two.join();
    let named = AskedFor { documents: vec![case.id()], ..AskedFor::default() };
    let request = OutsideRequest { asked: named, ..handing_over::request(&two.known) };
    two.world.app.try_handing_over(&two.archivist, &request).unwrap();
    handing_over::hand_over(&two.world, &two.archivist, &request).unwrap();
    let told = || {
        [Event::Disclose, Event::Search].map(|event| {
            [&two.stranger, &two.known].map(|who| {
                let client = Some(who.identifier());
                let query = LogQuery { client, event: Some(event), ..LogQuery::default() };
                let lines = two.world.app.review_log(&two.archivist, &query).unwrap().lines;
                lines.iter().filter(|line| line.documents == [case.id()]).count()
            })
        })
    };
    assert_eq!(told(), [[2, 2], [2, 2]]);
    two.part();
    assert_eq!(told(), [[1, 1], [1, 1]]);
}

/// ARC-11, LOG-2: the client's own log by either identifier tells the looks at both; the client's own looks are left out
/// under both; a reviewer finds the lines of both, and one word for the client. Parted, each tells its own.
#[test]
fn both_logs_are_of_one_client_while_they_are_joined() {
    let two = Two::new();
    let world = &two.world;
    let officer = officer(world);
    two.join();
    let serving = worker(world, COUNTY, UNIT);
    assert_eq!(two.opens(&serving, Purpose::READ), ["yes", "yes"]);
    let himself = citizen(two.knowns_key);
    let as_citizen = Purpose::READ.in_situation(Situation::Citizen);
    assert_eq!(two.opens(&himself, as_citizen), ["yes", "yes"]);
    world.clock.set("2026-11-05T10:00:00+02:00");
    world.know(&two.known);
    let looks = || {
        [&two.stranger, &two.known].map(|who| {
            let all = world.app.own_log(&officer, &own_log_of(who)).unwrap().looks.len();
            let one = OwnLogQuery { limit: 1, ..own_log_of(who) };
            let first = world.app.own_log(&officer, &one).unwrap();
            let more = OwnLogQuery { cursor: first.next.clone(), limit: 9, ..one };
            let rest = first.next.is_some().then(|| world.app.own_log(&officer, &more).unwrap());
            let rest = rest.map_or(0, |page| page.looks.len());
            assert_eq!(first.looks.len() + rest, all);
            all
        })
    };
    assert_eq!(looks(), [2, 2]);
    let lines = |who: &Client, event| {
        let client = Some(who.identifier());
        let query = LogQuery { client, event: Some(event), ..LogQuery::default() };
        world.app.review_log(&officer, &query).unwrap().lines
    };
    let words = |who: &Client| -> BTreeSet<String> {
        let lines = lines(who, Event::Open);
        let ids: BTreeSet<i64> = lines.iter().map(|line| line.number).collect();
        assert_eq!(ids.len(), lines.len());
        lines.into_iter().map(|line| line.client.unwrap()).collect()
    };
    let one = words(&two.stranger);
    assert_eq!((one.len(), &one), (1, &words(&two.known)));
    two.part();
    // What was shown to another citizen by mistake is told to the one whose it is.
    assert_eq!(looks(), [2, 1]);
    assert!(words(&two.stranger).is_disjoint(&words(&two.known)));
    // Joining and parting stand in the log of each.
    for who in [&two.stranger, &two.known] {
        let told = lines(who, Event::Identity);
        let details: Vec<&str> = told.iter().map(|line| line.detail.as_str()).collect();
        assert_eq!(details, ["part because=mistaken", "join because=identified"]);
    }
}

/// ARC-11, LOG-2: that identifiers were joined and parted is told to every controller whose registers hold something under
/// one of them, and a try to nobody but who made it.
#[test]
fn a_join_is_told_to_every_controller_that_it_is_about() {
    let two = Two::new();
    let theirs = person(&two.world, Role::Archivist, NEIGHBOUR, None);
    let told = |who: &Client| {
        let client = Some(who.identifier());
        let query = LogQuery { client, event: Some(Event::Identity), ..LogQuery::default() };
        let lines = two.world.app.review_log(&theirs, &query).unwrap().lines;
        lines.into_iter().map(|line| line.detail).collect::<Vec<_>>()
    };
    let tried = IdentityRequest { dry_run: true, ..two.request(IdentityAct::Join) };
    two.world.app.act_on_identities(&two.archivist, &tried).unwrap();
    assert_eq!((told(&two.known).len(), told(&two.stranger).len()), (0, 0));
    two.join();
    let joined = "join because=identified";
    assert_eq!(told(&two.known), [joined, joined]);
    two.part();
    assert_eq!(told(&two.known), ["part because=mistaken", joined]);
    assert!(told(&two.stranger).is_empty());
}

/// ARC-11, LOG-2: one who looks at documents under a temporary identifier that is joined to the own identity code looks at
/// the own documents.
#[test]
fn hints_see_one_client_in_both_identifiers() {
    let two = Two::new();
    let world = &two.world;
    let user = serde_json::json!({"users": [{"subject": "t.tyontekija", "organisation": COUNTY,
        "given_names": "Joku", "family_name": "Muu", "role": "worker", "units": [],
        "identity_code": two.known.code.reveal(), "first_day": "2026-01-01",
        "granted_by": "Olli Testi"}]});
    let (serving, officer) = (worker(world, COUNTY, UNIT), officer(world));
    world.app.load_users(user.to_string().as_bytes(), Loading::default()).unwrap();
    assert_eq!(
        code(world.app.open_content(&serving, &two.strangers_note.id(), None, Purpose::READ)),
        "yes"
    );
    two.holds(|| {
        let hints = world.app.hint_at_looks(&officer, &HintQuery::default()).unwrap().hints;
        hints.iter().any(|one| one.hint.reason.code() == "own-documents")
    });
}

/// ARC-11: a try checks everything, tells how much each identifier has in the own registers, and changes nothing; nothing
/// of other registers is counted.
#[test]
fn a_dry_run_tells_what_would_be_joined_and_keeps_nothing() {
    let two = Two::new();
    let archivist = &two.archivist;
    let request = IdentityRequest { dry_run: true, ..two.request(IdentityAct::Join) };
    let (lines, county) = (two.world.contents().log_lines, two.world.county());
    let tried = two.world.app.act_on_identities(archivist, &request).unwrap();
    assert_eq!((tried.temporary_documents, tried.code_documents), (3, 3));
    assert_eq!(two.world.contents().log_lines, lines + 2);
    assert_eq!(two.found(&county, Purpose::READ), [3, 3]);
    // Of one whom another register alone knows nothing is told, as of one whom nobody knows.
    let newcomer = client_of_neighbour(&two.world);
    let query = LogQuery { event: Some(Event::Identity), ..LogQuery::default() };
    let told = || two.world.app.review_log(archivist, &query).unwrap().lines;
    for code in [newcomer.code, client(9).code] {
        let before = told().len();
        let request = IdentityRequest { code, ..request.clone() };
        let tried = two.world.app.act_on_identities(archivist, &request).unwrap();
        assert_eq!((tried.temporary_documents, tried.code_documents), (3, 0));
        // Whoever tries may read the log: one line of either, and it is that of the temporary identifier.
        let lines = told();
        assert_eq!(lines.len(), before + 1);
        assert!(lines[0].client.is_some() && lines[0].client == lines[before].client);
    }
    let parting = IdentityRequest { dry_run: true, ..two.request(IdentityAct::Part) };
    assert_eq!(code(two.world.app.act_on_identities(archivist, &parting)), "nothing-changes");
    assert_eq!(two.join(), IdentityAnswer { at: tried.at, ..tried });
    two.world.app.act_on_identities(archivist, &parting).unwrap();
    assert_eq!(two.found(&county, Purpose::READ), [6, 6]);
    assert_eq!(two.world.damage(), Vec::<String>::new());
}

/// ARC-11, ACC-1, ACC-2: the keeper of the archive of the organisation that issued the identifier alone joins and parts,
/// strongly authenticated; whoever is denied leaves a line and learns nothing.
#[test]
fn the_issuers_archivist_alone_joins_and_parts() {
    let two = Two::new();
    let world = &two.world;
    let with = |role, organisation| person(world, role, organisation, None);
    let mut weak = with(Role::Archivist, COUNTY);
    if let Who::Person { strength, .. } = &mut weak.who {
        *strength = Strength::Weak;
    }
    let mut operator = with(Role::Archivist, COUNTY);
    operator.who = Who::Operator;
    let denied = [
        (world.county(), "role-does-not-fit"),
        (worker(world, COUNTY, UNIT), "role-does-not-fit"),
        (with(Role::ResponsibleWorker, COUNTY), "role-does-not-fit"),
        (with(Role::DataProtectionOfficer, COUNTY), "role-does-not-fit"),
        (with(Role::Archivist, NEIGHBOUR), "another-register"),
        (citizen(two.knowns_key), "role-does-not-fit"),
        (weak, "weak-login"),
        (operator, "operator-sees-nothing"),
    ];
    let check = |act| {
        for (caller, expected) in &denied {
            let lines = world.contents().log_lines;
            let answer = world.app.act_on_identities(caller, &two.request(act));
            assert_eq!(code(answer), *expected, "{caller:?}");
            assert_eq!(world.contents().log_lines, lines + 1);
        }
    };
    check(IdentityAct::Join);
    assert_eq!(two.found(&world.county(), Purpose::READ), [3, 3]);
    two.join();
    check(IdentityAct::Part);
    assert_eq!(two.found(&world.county(), Purpose::READ), [6, 6]);
}

/// ARC-11, REL-1: what cannot be joined is refused with its reason: an identifier of which the own registers hold nothing,
/// one that is joined already, and two that each have an active relationship in one of the own registers; active ones in
/// different registers are no hindrance. While they are joined, no second relationship is opened under the other, and a
/// document stays with the identifier of its case.
#[test]
fn what_is_not_one_person_is_not_joined() {
    let two = Two::new();
    let world = &two.world;
    let archivist = &two.archivist;
    let faults = |request: IdentityRequest| match world.app.act_on_identities(archivist, &request) {
        Ok(_) => Vec::new(),
        Err(AppError::Refused(faults)) => {
            faults.iter().map(|fault| (fault.code(), fault.element.clone())).collect()
        }
        Err(other) => panic!("{other:?}"),
    };
    let one = |code: &'static str, element: &str| vec![(code, element.to_owned())];
    let join = two.request(IdentityAct::Join);
    let nobody = unknown(77).temporary_id();
    let unheard = IdentityRequest { temporary: nobody, ..join.clone() };
    assert_eq!(faults(unheard), one("unknown-client", "temporary_id"));
    let why = IdentityRequest { reason: IdentityReason::Mistaken, ..join.clone() };
    assert_eq!(faults(why), one("wrong-value", "reason"));
    let twice = client(5);
    world.open_case(&twice);
    let both = IdentityRequest { code: twice.code, ..join.clone() };
    assert_eq!(faults(both.clone()), one("relationship-exists", "identity_code"));
    // The neighbour has an active one, and that is no hindrance.
    assert_eq!(faults(join.clone()), []);
    assert_eq!(faults(join.clone()), one("nothing-changes", "temporary_id"));
    assert_eq!(faults(both), one("already-there", "temporary_id"));
    let other_part = IdentityRequest { code: twice.code, ..two.request(IdentityAct::Part) };
    assert_eq!(faults(other_part), one("nothing-changes", "temporary_id"));

    let again =
        world.app.archive_document(&world.county(), world.relationship(&two.known).submission());
    assert_eq!(code(again), "relationship-exists");
    let of_the_code = Dossier { client: two.known.clone(), ..two.dossier.clone() };
    let sent = world.app.archive_document(&world.county(), world.note(&of_the_code).submission());
    assert_eq!(code(sent), "case-of-another-client");
    // Another temporary identifier of the same person is joined too, and held against both.
    let second = unknown(6);
    world.open_case(&second);
    let third = IdentityRequest { temporary: second.temporary_id(), ..join };
    assert_eq!(faults(third), one("relationship-exists", "identity_code"));
    two.part();
    let again =
        world.app.archive_document(&world.county(), world.relationship(&two.known).submission());
    assert_eq!(code(again), "yes");
}

/// ARC-11: a code that nobody knows becomes known by the joining; several identifiers are of one person, and one is
/// parted without the others. What is kept of it is made anew from the log.
#[test]
fn several_identifiers_are_joined_to_a_code_that_is_new() {
    let world = World::new();
    let strangers = [unknown(1), unknown(2)];
    for who in &strangers {
        formerly(&world, who);
    }
    let archivist = person(&world, Role::Archivist, COUNTY, None);
    let newborn = client(3);
    let act = |who: &Client, act, reason| {
        let temporary = who.temporary_id();
        let request =
            IdentityRequest { act, reason, temporary, code: newborn.code, dry_run: false };
        world.app.act_on_identities(&archivist, &request).unwrap();
    };
    let counted = || {
        [&strangers[0], &strangers[1], &newborn]
            .map(|who| found(&world, &world.county(), who, WITH_REASON).len())
    };
    assert_eq!(counted(), [3, 3, 0]);
    act(&strangers[0], IdentityAct::Join, IdentityReason::CodeGiven);
    assert_eq!(counted(), [3, 3, 3]);
    act(&strangers[1], IdentityAct::Join, IdentityReason::CodeGiven);
    assert_eq!(counted(), [6, 6, 6]);
    act(&strangers[0], IdentityAct::Part, IdentityReason::Mistaken);
    assert_eq!(counted(), [3, 3, 3]);
    act(&strangers[0], IdentityAct::Join, IdentityReason::Identified);
    assert_eq!(counted(), [6, 6, 6]);
    assert_eq!(world.damage(), Vec::<String>::new());
    world.app.reindex().unwrap();
    assert_eq!(counted(), [6, 6, 6]);
    let world = world.reopen();
    assert_eq!(world.damage(), Vec::<String>::new());
    assert_eq!(found(&world, &world.county(), &newborn, WITH_REASON).len(), 6);
}
