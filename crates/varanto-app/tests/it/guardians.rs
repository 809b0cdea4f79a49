//! Guardians of minors: who they are says the population register, what they see says the organiser.

use std::sync::Arc;

use varanto_app::archive::DocumentQuery;
use varanto_domain::access::{Caller, Purpose, Sector, Situation, Strength, Who};
use varanto_domain::ids::{ClientKey, Oid, PersonalIdentityCode};
use varanto_domain::persons::{Guardian, GuardianKind, PersonFacts};
use varanto_domain::time::{FinnishDay, Validity};

use crate::access::{code, producers_note};
use crate::whereabouts::{secret_in, telling_note};
use crate::world::{
    Client, Dossier, Draft, PRODUCERS_UNIT, System, UNIT, World, ask, client, oid, serving,
};

const AS_GUARDIAN: Purpose = Purpose::READ.in_situation(Situation::Guardian);

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

/// A child of eleven with a case, and a parent who is a client too.
struct Family {
    world: World,
    child: Client,
    parent: Client,
    caller: Caller,
    dossier: Dossier,
}

impl Family {
    fn new() -> Self {
        let world = World::new();
        let code = PersonalIdentityCode::compose(day("2015-03-02"), 905).unwrap();
        let child = Client {
            code,
            given: "Pikku Testi".into(),
            family: "Suvanto".into(),
            temporary: false,
        };
        let relationship =
            world.relationship(&child).served_by(vec![serving(PRODUCERS_UNIT, "2026-01-01", "")]);
        let dossier = world.open_case_under(&relationship, &child);
        let parent = client(7);
        world.open_case(&parent);
        let caller = citizen(newest_client(&world));
        Self { world, child, parent, caller, dossier }
    }

    fn tell(&self, kind: GuardianKind, last: Option<&str>, order: bool) {
        let always = Validity { first: day("2015-03-02"), last: last.map(day) };
        let facts = PersonFacts {
            born_on: Some(day("2015-03-02")),
            safety_order: order.then_some(Validity { last: None, ..always }),
            guardians: vec![Guardian { code: self.parent.code, kind, days: always }],
            ..PersonFacts::default()
        };
        self.world.tell(vec![(self.child.code, facts)]);
    }

    fn note(&self, mark: &str) -> Draft {
        self.world.note(&self.dossier).set("guardian_disclosure", mark)
    }

    fn archived(&self, system: System, draft: &Draft) -> Oid {
        self.world.archive_as(system, draft);
        draft.id()
    }

    /// What the parent is answered on opening the content.
    fn opens(&self, id: &Oid) -> &'static str {
        code(self.world.app.open_content(&self.caller, id, None, AS_GUARDIAN))
    }
}

/// A citizen by key alone: nothing but mandates turns on the code.
pub(crate) fn citizen(key: ClientKey) -> Caller {
    Caller {
        who: Who::Citizen { client: key, code: client(99).code, strength: Strength::Strong },
        organisation: oid("1.2.246.10.90000009"),
        registers: Vec::new(),
        units: Arc::from([]),
        functions: Vec::new(),
        sector: Sector::SocialWelfare,
        by_register: None,
    }
}

/// The client of whom something was archived last: keys grow.
pub(crate) fn newest_client(world: &World) -> ClientKey {
    let sql = "SELECT max(client_key) FROM client_key";
    ClientKey(ask(world.folder.path(), sql)[0][0].parse().unwrap())
}

/// CIT-4, DIS-5: a guardian sees what the organiser lets guardians see; a producer's mark alone shows
/// nothing, until the organiser has decided in a version of its own.
#[test]
fn guardians_see_what_the_organiser_lets_them_see() {
    let family = Family::new();
    family.tell(GuardianKind::Custody, None, false);
    let by_producer = |mark: &str| {
        producers_note(&family.world, &family.dossier).set("guardian_disclosure", mark)
    };
    let shown = family.archived(System::County, &family.note("1"));
    let hidden = family.archived(System::County, &family.note("2"));
    let said = by_producer("1");
    let said_by_producer = family.archived(System::Producer, &said);
    let hidden_by_producer = family.archived(System::Producer, &by_producer("2"));
    assert_eq!(family.opens(&shown), "yes");
    assert_eq!(family.opens(&hidden), "hidden-from-guardians");
    assert_eq!(family.opens(&said_by_producer), "guardians-not-said");
    assert_eq!(family.opens(&hidden_by_producer), "guardian-decision-open");

    let decided = family.world.next_version(&said).set("service_unit.id", UNIT);
    let decided = decided.drop("producer.id").drop("producer.name");
    let decided = family.archived(System::County, &decided);
    assert_eq!(family.opens(&decided), "yes");
    assert_eq!(family.opens(&said_by_producer), "version-replaced");

    let query = DocumentQuery {
        client: Some(family.child.identifier()),
        situation: Some(Situation::Guardian),
        ..DocumentQuery::default()
    };
    let found = family.world.app.find_documents(&family.caller, &query).unwrap();
    let mut found: Vec<Oid> = found.hits.into_iter().map(|hit| hit.document).collect();
    found.sort_unstable();
    let mut expected = vec![shown, decided];
    expected.sort_unstable();
    assert_eq!(found, expected);
}

/// CIT-3: what a professional holds back, for a time or for good, is held back from guardians too.
#[test]
fn what_is_held_back_is_held_back_from_guardians() {
    let family = Family::new();
    family.tell(GuardianKind::Custody, None, false);
    let held = |path: &str, value: &str| {
        let draft = family.note("1").set(path, value).set("inaccessible_reason", "1");
        family.archived(System::County, &draft)
    };
    assert_eq!(family.opens(&held("special_content", "K")), "special-content");
    let delayed = held("display_delay_until", "2026-11-03");
    assert_eq!(family.opens(&delayed), "showing-delayed");
    family.world.clock.set("2026-11-04T10:00:00+02:00");
    family.tell(GuardianKind::Custody, None, false);
    assert_eq!(family.opens(&delayed), "yes");
}

/// DIS-5: who guards a child is what the population register said today or yesterday, on the days that it
/// said; guardianship of property alone shows nothing, and nobody guards an adult.
#[test]
fn a_guardian_is_one_while_the_register_says_so() {
    let family = Family::new();
    let note = family.archived(System::County, &family.note("1"));
    assert_eq!(family.opens(&note), "not-a-guardian");
    family.tell(GuardianKind::InformationRight, None, false);
    assert_eq!(family.opens(&note), "yes");
    family.tell(GuardianKind::Guardianship, None, false);
    assert_eq!(family.opens(&note), "not-a-guardian");
    family.tell(GuardianKind::Custody, Some("2026-11-02"), false);
    assert_eq!(family.opens(&note), "yes");
    family.world.clock.set("2026-11-03T10:00:00+02:00");
    assert_eq!(family.opens(&note), "not-a-guardian");
    family.tell(GuardianKind::Custody, None, false);
    family.world.clock.set("2026-11-04T10:00:00+02:00");
    assert_eq!(family.opens(&note), "yes");
    family.world.clock.set("2026-11-05T10:00:00+02:00");
    assert_eq!(family.opens(&note), "not-a-guardian", "nothing is known any more");
    family.world.clock.set("2033-03-02T10:00:00+02:00");
    family.tell(GuardianKind::Custody, None, false);
    assert_eq!(family.opens(&note), "not-a-minor");
}

/// ARC-10: a guardian of a child under a safety order sees nothing that tells where the child is.
#[test]
fn guardians_of_a_child_under_an_order_see_no_place() {
    let family = Family::new();
    let note = telling_note(&family.world, &family.dossier).set("guardian_disclosure", "1");
    let note = family.archived(System::County, &note);
    for (order, masked) in [(false, false), (true, true)] {
        family.tell(GuardianKind::Custody, None, order);
        let app = &family.world.app;
        let view = app.open_document(&family.caller, &note, AS_GUARDIAN).unwrap();
        let opened = app.open_content(&family.caller, &note, None, AS_GUARDIAN).unwrap();
        let parts: Vec<_> =
            opened.parts.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect();
        let told = format!("{view:?} {}", parts.join(" "));
        assert_eq!((view.masked, secret_in(&told).is_none()), (masked, masked), "{told}");
    }
}
