//! Joint cases: what is seen of them through each of their clients.

use serde_json::{Value, json};
use varanto_app::AppError;
use varanto_app::archive::{DocumentQuery, LookedAt, SummaryQuery};
use varanto_app::oversight::{LogQuery, OwnLogQuery};
use varanto_domain::access::{Caller, LookReason, Purpose, Reason, Role, Situation};
use varanto_domain::disclosure::Refused;
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::oversight::own_view::Onlooker;
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::{FinnishDay, Validity};
use varanto_formats::view::ViewLanguage;
use varanto_formats::will::{PermissionAct, RefusalAct};

use crate::access::{code, neighbours_relationship, worker};
use crate::differential::{OTHER_UNIT, neighbours_too};
use crate::guardians::{citizen, newest_client};
use crate::oversight::person;
use crate::wills::recording;
use crate::world::{
    COUNTY, Client, Dossier, Draft, System, UNIT, World, client, instant, justified, oid,
    registers, told, unknown,
};

const JOINED: &str = "2026-10-10T12:00:00+03:00";
const LEFT: &str = "2026-10-20T12:00:00+03:00";
const DISCLOSED: Purpose = Purpose::READ.in_situation(Situation::Disclosure);

/// A case of the first client, whom one unit of the county serves, that the second, whom another unit serves, was
/// in for ten days; a note of each time.
pub(crate) struct Family {
    pub(crate) world: World,
    pub(crate) first: Client,
    pub(crate) second: Client,
    keys: [ClientKey; 2],
    dossier: Dossier,
    case: Draft,
    seconds_relationship: String,
    pub(crate) before: Oid,
    pub(crate) meanwhile: Oid,
    pub(crate) after: Oid,
}

pub(crate) fn entry(who: &Client, joined: &str, left: Option<&str>) -> Value {
    let (identifier, identity) = who.identified();
    let mut entry = json!({
        "sukunimi": who.family, "etunimet": who.given, identifier: identity,
        "syntymaaika": who.born(), "asiaan_liittymishetki": joined,
    });
    if let Some(left) = left {
        entry["asiasta_poistumishetki"] = left.into();
    }
    entry
}

fn written(draft: Draft, at: &str) -> Draft {
    draft.set("written_at", at).set("created_at", at)
}

fn joint(draft: Draft, clients: Vec<Value>) -> Draft {
    draft
        .content("/asia_asiakirja/asian_tiedot/yhteinen_asia", true)
        .content("/asia_asiakirja/asiakas", clients)
}

/// A case becomes one of several clients.
pub(crate) fn made_joint(world: &World, dossier: &Dossier, times: Vec<Value>) -> Draft {
    let case = world
        .case(&dossier.client, &dossier.relationship)
        .set("set_id", dossier.case_document.as_str())
        .set("case_id", dossier.case.as_str())
        .content("/asia_asiakirja/asian_tiedot/asiatunnus/value", dossier.case.as_str())
        .set("version", 2)
        .set("replaces.document_id", dossier.case_document.as_str())
        .set("replaces.reason", "2");
    let case = written(joint(case, times), "2026-10-15T12:00:00+03:00");
    world.archive(&case);
    case
}

impl Family {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let loaded = neighbours_too(registers()).to_string().into_bytes();
        world.app.load_registers("world", loaded).unwrap();
        let (first, second) = (client(1), client(2));
        let dossier = world.open_case(&first);
        let firsts = newest_client(&world);
        let mut others = world.relationship(&second);
        let text = others.structured.take().unwrap().to_string().replace(UNIT, OTHER_UNIT);
        others.structured = Some(serde_json::from_str(&text).unwrap());
        world.archive(&others);
        let keys = [firsts, newest_client(&world)];
        let times = vec![
            entry(&first, "2026-10-01T00:00:00+03:00", None),
            entry(&second, JOINED, Some(LEFT)),
        ];
        let case = made_joint(&world, &dossier, times);
        let note = |at: &str| {
            let note = written(world.note(&dossier), at).set("general_type", "11");
            world.archive(&note);
            note.id()
        };
        let (before, meanwhile) = (note("2026-10-10T11:59:59+03:00"), note(JOINED));
        let after = note(LEFT);
        world.know(&first);
        world.know(&second);
        let seconds_relationship = others.text("relationship_id");
        Self {
            world,
            first,
            second,
            keys,
            dossier,
            case,
            seconds_relationship,
            before,
            meanwhile,
            after,
        }
    }

    fn found(&self, caller: &Caller, who: &Client, purpose: Purpose) -> Vec<Oid> {
        let query = DocumentQuery {
            client: Some(who.identifier()),
            situation: purpose.situation,
            reason: purpose.reason,
            ..DocumentQuery::default()
        };
        let page = self.world.app.find_documents(caller, &query).unwrap();
        page.hits.into_iter().map(|hit| hit.document).collect()
    }

    /// The worker of the unit that serves the second client alone.
    pub(crate) fn others_worker(&self) -> Caller {
        worker(&self.world, COUNTY, OTHER_UNIT)
    }

    /// The population register tells of a safety order.
    pub(crate) fn under_order(&self, who: &Client) {
        let order = Validity { first: FinnishDay::of(instant(JOINED)), last: None };
        let under = PersonFacts { safety_order: Some(order), ..PersonFacts::default() };
        self.world.tell(vec![(who.code, under)]);
    }

    /// That an answer tells nothing of the first client.
    pub(crate) fn tells_nothing(&self, told: &str) {
        let (code, first) = (self.first.code.reveal(), &self.first);
        for secret in [code, &first.family, &first.born()] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
        let mut identifiers = told.split(|one: char| !one.is_ascii_digit() && one != '.');
        assert!(!identifiers.any(|one| one == self.dossier.relationship), "{told}");
    }
}

/// REL-4: through each client of a joint case is seen what was written while the client was in it, the moment of
/// joining counted in and that of leaving out, and nothing else of the others.
#[test]
fn each_client_sees_what_was_written_meanwhile() {
    let family = Family::new();
    let county = family.world.county();
    let seconds = family.found(&county, &family.second, Purpose::READ);
    assert!(seconds.contains(&family.meanwhile) && seconds.contains(&family.case.id()));
    assert!(!seconds.contains(&family.before) && !seconds.contains(&family.after));
    assert!(!seconds.contains(&oid(&family.dossier.relationship_document)));
    assert_eq!(seconds.len(), 3);
    assert_eq!(family.found(&county, &family.first, Purpose::READ).len(), 5);
    // By the relationship of the one, nothing of what the other's case context gives.
    let query = DocumentQuery {
        relationship: Some(oid(&family.dossier.relationship)),
        ..DocumentQuery::default()
    };
    let page = family.world.app.find_documents(&family.others_worker(), &query).unwrap();
    assert!(page.hits.is_empty());
    assert_eq!(family.world.damage(), Vec::<String>::new());
    family.world.app.reindex().unwrap();
    assert_eq!(family.world.damage(), Vec::<String>::new());
    assert_eq!(family.found(&county, &family.second, Purpose::READ), seconds);
}

/// REL-4, REL-12: one who has a ground for one client of a joint case alone learns that there is the document, and
/// nothing of the others: neither by metadata, lists, cases and summary, nor by content.
#[test]
fn a_ground_for_one_client_tells_nothing_of_the_others() {
    let family = Family::new();
    let (app, id) = (&family.world.app, &family.meanwhile);
    family.tells_nothing(&{
        let worker = family.others_worker();
        let opened = app.open_document(&worker, id, Purpose::READ).unwrap();
        assert!(opened.masked && opened.parts.is_empty());
        assert_eq!(code(app.open_content(&worker, id, None, Purpose::READ)), "names-other-clients");
        assert_eq!(code(app.prove_document(&worker, id, Purpose::READ)), "names-other-clients");
        assert_eq!(code(app.list_access(&worker, id, Purpose::READ)), "names-other-clients");
        assert_eq!(
            code(app.open_document(&worker, &family.before, Purpose::READ)),
            "case-context-missing"
        );
        let query = SummaryQuery {
            client: family.second.identifier(),
            enriched: false,
            situation: None,
            reason: None,
        };
        let summary = app.client_summary(&worker, &query).unwrap();
        assert_eq!(summary.documents.len(), 1);
        assert_eq!(summary.cases.len(), 1);
        assert!(summary.cases[0].joint && summary.cases[0].relationship.is_none());
        let case = app.show_case(&worker, &oid(&family.dossier.case), Purpose::READ).unwrap();
        assert_eq!(case.relationship, None);
        let relation = oid(&family.seconds_relationship);
        let relation = app.show_relationship(&worker, &relation, Purpose::READ).unwrap();
        assert_eq!(relation.cases.len(), 1);
        let query =
            DocumentQuery { client: Some(family.second.identifier()), ..DocumentQuery::default() };
        let found = app.find_documents(&worker, &query).unwrap();
        assert_eq!(found.hits.len(), 3);
        let shared = found.hits.iter().filter(|hit| hit.masked);
        let shared: Vec<String> = shared.map(|hit| format!("{hit:?}")).collect();
        assert_eq!(shared.len(), 2);
        format!("{opened:?} {summary:?} {case:?} {relation:?} {shared:?}")
    });
    // With a reason for the other, the whole is opened.
    let because = Purpose::READ.because(Reason::Look(LookReason::InformationRequest));
    let worker = family.others_worker();
    assert_eq!(code(app.open_content(&worker, id, None, because)), "yes");
    // The unit that serves the first client alone sees whose the document is, and not the whole either.
    let firsts = worker_of_the_first(&family);
    let opened = app.open_document(&firsts, id, Purpose::READ).unwrap();
    assert!(opened.metadata.contains(family.first.code.reveal()));
    assert_eq!(code(app.open_content(&firsts, id, None, Purpose::READ)), "names-other-clients");
    assert_eq!(code(app.open_content(&firsts, &family.after, None, Purpose::READ)), "yes");
}

fn worker_of_the_first(family: &Family) -> Caller {
    worker(&family.world, COUNTY, UNIT)
}

/// REL-4, CIT-1: each client of a joint case finds it in the own view, without what tells of the others; and where
/// one of them is under a safety order is masked for all (ARC-10).
#[test]
fn citizens_see_that_there_is_a_joint_document_and_nothing_of_the_others() {
    let family = Family::new();
    let (app, id) = (&family.world.app, &family.meanwhile);
    let second = citizen(family.keys[1]);
    let opened = app.open_document(&second, id, Purpose::READ).unwrap();
    family.tells_nothing(&format!("{opened:?}"));
    assert!(opened.metadata.contains(UNIT));
    assert_eq!(code(app.open_content(&second, id, None, Purpose::READ)), "names-other-clients");
    assert_eq!(
        code(app.open_document(&second, &family.before, Purpose::READ)),
        "another-persons-document"
    );
    assert_eq!(family.found(&second, &family.second, Purpose::READ).len(), 3);
    let first = citizen(family.keys[0]);
    assert_eq!(code(app.open_content(&first, id, None, Purpose::READ)), "names-other-clients");
    assert_eq!(code(app.open_content(&first, &family.before, None, Purpose::READ)), "yes");

    family.under_order(&family.first);
    let opened = app.open_document(&second, id, Purpose::READ).unwrap();
    assert!(!opened.metadata.contains(UNIT), "{}", opened.metadata);
}

/// REL-4, DIS-1, DIS-2: a document that names several clients is disclosed whole when each permits it, without the
/// others when one does, and not at all when one refuses.
#[test]
fn a_refusal_of_one_client_holds_a_joint_document_back() {
    let family = Family::new();
    let world = &family.world;
    neighbours_relationship(world, &family.second);
    let neighbour = world.caller(System::Neighbour);
    let opens = |expected: &str| {
        let answer = world.app.open_content(&neighbour, &family.meanwhile, None, DISCLOSED);
        assert_eq!(code(answer), expected);
    };
    let permit = |who: &Client| {
        let request = recording(who, UNIT, PermissionAct::Give);
        world.app.record_permission(&world.county(), &request).unwrap();
    };
    let found = || family.found(&neighbour, &family.second, DISCLOSED);
    opens("receiver-without-relationship");
    permit(&family.second);
    opens("names-other-clients");
    assert!(found().contains(&family.meanwhile));
    let told = world.app.open_document(&neighbour, &family.meanwhile, DISCLOSED).unwrap();
    family.tells_nothing(&format!("{told:?}"));
    permit(&family.first);
    opens("names-other-clients");
    neighbours_relationship(world, &family.first);
    opens("yes");
    let refused = RefusalAct::Refuse(Refused::Document(family.meanwhile.clone()));
    let request = recording(&family.first, UNIT, refused);
    world.app.record_refusal(&world.county(), &request).unwrap();
    opens("not-disclosed");
    assert!(!found().contains(&family.meanwhile));
}

/// REL-4, LOG-2: a look at all of a joint document is a line in the log of each client, and one that shows nothing of
/// the others is a line of the one through whom it was.
#[test]
fn a_look_is_in_the_log_of_each_client_whom_it_is_at() {
    let family = Family::new();
    let world = &family.world;
    let officer = person(world, Role::DataProtectionOfficer, COUNTY, None);
    let lines = |who: &Client| {
        let query = LogQuery { client: Some(who.identifier()), limit: 50, ..LogQuery::default() };
        let page = world.app.review_log(&officer, &query).unwrap();
        page.lines.iter().filter(|line| line.event.code() == "open").count()
    };
    let look = |caller: &Caller| {
        world.app.open_document(caller, &family.meanwhile, Purpose::READ).unwrap();
        [lines(&family.first), lines(&family.second)]
    };
    assert_eq!(look(&world.county()), [1, 1]);
    assert_eq!(look(&family.others_worker()), [1, 2]);
    assert_eq!(look(&worker_of_the_first(&family)), [2, 2]);
    world.clock.set("2026-11-10T10:00:00+02:00");
    world.know(&family.first);
    world.know(&family.second);
    let shown = |who: &Client| {
        let query = OwnLogQuery {
            client: who.identifier(),
            from: None,
            before: None,
            limit: 0,
            cursor: None,
            representative: None,
        };
        world.app.own_log(&officer, &query).unwrap().looks
    };
    let own = |who: &Client| shown(who).len();
    assert_eq!([own(&family.first), own(&family.second)], [2, 2]);
    // The unit that looked is not told to the one while the other is under a safety order.
    let units = || {
        let looks = shown(&family.first);
        looks.iter().filter(|look| matches!(look.onlooker, Onlooker::Person(_, Some(_)))).count()
    };
    assert_eq!(units(), 1);
    family.under_order(&family.second);
    assert_eq!(units(), 0);
    let found = family.found(&world.county(), &family.second, Purpose::READ);
    assert!(found.contains(&family.meanwhile));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// REL-4, ACC-3: a document that is looked at as one client's is there only where it concerns that client, and is
/// asked for through that client alone: whatever else opens it, and whatever reason was given.
#[test]
fn what_is_looked_at_as_one_clients_is_no_others() {
    let family = Family::new();
    let app = &family.world.app;
    let (first, second) = (family.first.identifier(), family.second.identifier());
    let stranger = unknown(77).identifier();
    let worker = worker_of_the_first(&family);
    let as_of = |document, of| LookedAt { document, of: Some(of) };
    for purpose in [Purpose::READ, justified()] {
        assert!(app.open_document(&worker, &family.before, purpose).is_ok());
        assert!(app.open_document(&worker, as_of(&family.before, &first), purpose).is_ok());
        let seconds = as_of(&family.before, &second);
        let finnish = ViewLanguage::Finnish;
        for looked in [
            app.open_document(&worker, seconds, purpose).map(drop),
            app.list_versions(&worker, seconds, purpose).map(drop),
            app.show_document(&worker, seconds, purpose, finnish).map(drop),
            app.print_document(&worker, seconds, purpose, finnish).map(drop),
            app.prove_document(&worker, seconds, purpose).map(drop),
            app.list_access(&worker, seconds, purpose).map(drop),
        ] {
            assert!(matches!(looked, Err(AppError::NotFound)), "{looked:?}");
        }
        let strangers = app.open_document(&worker, as_of(&family.before, &stranger), purpose);
        assert!(matches!(strangers, Err(AppError::NotFound)), "{strangers:?}");
    }

    // What concerns both is looked at through the one as whose it is asked for.
    let others = family.others_worker();
    assert!(app.open_document(&worker, as_of(&family.meanwhile, &first), Purpose::READ).is_ok());
    assert!(app.open_document(&others, as_of(&family.meanwhile, &second), Purpose::READ).is_ok());
    assert!(app.open_document(&others, &family.meanwhile, Purpose::READ).is_ok());
    let as_firsts = app.open_document(&others, as_of(&family.meanwhile, &first), Purpose::READ);
    assert!(matches!(as_firsts, Err(AppError::Denied(_))), "{as_firsts:?}");
}

/// REL-4, OLD-5: a joint case holds no old documents and keeps everybody who was in it; and a document is about
/// those who are in it when it is written.
#[test]
fn a_joint_case_keeps_its_clients_and_holds_no_old_documents() {
    let family = Family::new();
    let world = &family.world;
    let refused =
        |draft: &Draft| match world.app.archive_document(&world.county(), draft.submission()) {
            Err(varanto_app::AppError::Refused(faults)) => told(&faults),
            other => panic!("{other:?}"),
        };
    let of_the_second = Dossier { client: family.second.clone(), ..family.dossier.clone() };
    let late = written(world.note(&of_the_second), LEFT);
    assert!(refused(&late).contains("case-of-another-client"), "{}", refused(&late));
    world.archive(&written(world.note(&of_the_second), JOINED));

    let alone = vec![entry(&family.first, "2026-10-01T00:00:00+03:00", None)];
    let forgets = joint(world.next_version(&family.case), alone);
    assert!(refused(&forgets).contains("asia_asiakirja/asiakas"), "{}", refused(&forgets));
    let parts = world.next_version(&family.case);
    let parts = parts.content("/asia_asiakirja/asian_tiedot/yhteinen_asia", false);
    assert!(refused(&parts).contains("yhteinen_asia"), "{}", refused(&parts));

    // A case that holds old documents is not shared.
    let who = client(5);
    let relationship = world.relationship(&who);
    world.archive(&relationship);
    let case = world.closed_case(&who, &relationship.text("relationship_id"));
    world.archive(&case);
    let old = Dossier {
        client: who.clone(),
        relationship: relationship.text("relationship_id"),
        case: case.text("case_id"),
        relationship_document: String::new(),
        case_document: String::new(),
    };
    world.archive(&world.old(&old));
    let times =
        vec![entry(&who, "2024-01-09T00:00:00+02:00", None), entry(&family.second, JOINED, None)];
    let shared = joint(world.next_version(&case), times);
    assert!(refused(&shared).contains("joint-case"), "{}", refused(&shared));
}
