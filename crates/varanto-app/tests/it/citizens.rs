//! Citizens who say themselves what they permit and refuse, and those who act for them; and citizens of whom nothing
//! is archived.

use varanto_app::AppError;
use varanto_app::disclosure::Recorded;
use varanto_domain::access::{Caller, Purpose, Situation};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::disclosure::{Giver, Refused};
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::persons::{Guardian, GuardianKind, PersonFacts};
use varanto_domain::time::{FinnishDay, Validity};
use varanto_formats::will::{Identified, Named, PermissionAct, RefusalAct, WillRequest};

use crate::access::{code, neighbours_relationship};
use crate::persons::Told;
use crate::world::{COUNTY, Client, System, World, ask, client, oid};

fn identified(who: &Client) -> Identified {
    let name = Named { given_names: who.given.clone(), family_name: who.family.clone() };
    Identified { code: who.code, name }
}

/// What a citizen says at the own door.
fn saying<A>(who: &Client, act: A) -> WillRequest<A> {
    WillRequest {
        client: identified(who),
        act,
        unit: None,
        language: None,
        professional: None,
        title: None,
        representative: None,
        mandate_shown: false,
        explanation: None,
    }
}

/// What somebody says for another.
fn saying_for<A>(who: &Client, by: &Client, role: &'static str, act: A) -> WillRequest<A> {
    WillRequest { representative: Some((identified(by), role)), ..saying(who, act) }
}

fn archived(answer: Result<Recorded, AppError>) -> varanto_app::archive::Archived {
    match answer.unwrap() {
        Recorded::Archived(archived) => *archived,
        Recorded::Unchanged => panic!("it was said before"),
    }
}

pub(crate) fn child() -> Client {
    let born = FinnishDay::parse("2015-03-02").unwrap();
    let code = PersonalIdentityCode::compose(born, 905).unwrap();
    Client { code, given: "Pikku Testi".into(), family: "Suvanto".into(), temporary: false }
}

pub(crate) fn in_custody_of(guardian: &Client) -> PersonFacts {
    let born_on = FinnishDay::parse("2015-03-02");
    let days = Validity { first: born_on.unwrap(), last: None };
    let guardians = vec![Guardian { code: guardian.code, kind: GuardianKind::Custody, days }];
    PersonFacts { born_on, guardians, ..PersonFacts::default() }
}

/// CIT-5, DIS-2: a client refuses the disclosure of one service task, and it acts at once; the withdrawal acts at once
/// too. Each is a version of the national document, made by the client and by no unit.
#[test]
fn what_a_client_refuses_and_withdraws_acts_at_once() {
    let world = World::new();
    let who = client(1);
    let dossier = world.open_case(&who);
    let note = world.note(&dossier);
    world.archive(&note);
    neighbours_relationship(&world, &who);
    world.know(&who);
    let own = world.citizen(&who);
    let neighbour = world.caller(System::Neighbour);
    let asks = || {
        let purpose = Purpose::READ.in_situation(Situation::Disclosure);
        code(world.app.open_document(&neighbour, &note.id(), purpose))
    };
    assert_eq!(asks(), "disclosure-permission-missing");
    let given = archived(world.app.record_permission(&own, &saying(&who, PermissionAct::Give)));
    assert_eq!(asks(), "yes");
    let task = Refused::ServiceTask("24".into());
    let refuse = saying(&who, RefusalAct::Refuse(task.clone()));
    let refused = archived(world.app.record_refusal(&own, &refuse));
    assert_eq!(asks(), "not-disclosed");
    assert!(matches!(world.app.record_refusal(&own, &refuse), Ok(Recorded::Unchanged)));
    let will = world.app.will_of(&own, who.code, Situation::Citizen).unwrap();
    assert!(will.permission.permission.is_some() && will.may_say);
    let entries = will.refusals.unwrap().entries;
    assert_eq!(entries.len(), 1);
    assert_eq!((&entries[0].refused, entries[0].by), (&task, Giver::Client));
    let withdrawn =
        archived(world.app.record_refusal(&own, &saying(&who, RefusalAct::Withdraw(task))));
    assert_eq!((withdrawn.receipt.version, asks()), (2, "yes"));
    archived(world.app.record_permission(&own, &saying(&who, PermissionAct::Withdraw)));
    assert_eq!(asks(), "disclosure-permission-missing");
    for document in [given.receipt.document, refused.receipt.document] {
        let view = world.app.open_document(&world.county(), &document, Purpose::READ).unwrap();
        assert!(!view.metadata.contains("professional"), "{}", view.metadata);
        assert!(!view.metadata.contains("service_unit"), "{}", view.metadata);
    }
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-5, DIS-5: nobody says another's will as if it were the own, nor in another's name.
#[test]
fn nobody_says_anothers_will() {
    let world = World::new();
    let (who, other) = (client(1), client(2));
    world.open_case(&who);
    world.open_case(&other);
    Told::in_world(&world).say(who.code, PersonFacts::default());
    let stranger = world.citizen(&other);
    let give = saying(&who, PermissionAct::Give);
    assert_eq!(code(world.app.record_permission(&stranger, &give)), "another-persons-document");
    for (role, expected) in [("31", "not-a-guardian"), ("34", "mandate-missing")] {
        let give = saying_for(&who, &other, role, PermissionAct::Give);
        assert_eq!(code(world.app.record_permission(&stranger, &give)), expected);
    }
    for situation in [Situation::Citizen, Situation::Guardian, Situation::Mandate] {
        let unknown = world.app.will_of(&stranger, client(77).code, situation);
        let known = world.app.will_of(&stranger, who.code, situation);
        assert_eq!(code(unknown), code(known), "whether the archive knows somebody is not told");
    }
    let own = world.citizen(&who);
    let in_anothers_name = saying_for(&who, &other, "31", PermissionAct::Give);
    assert_eq!(code(world.app.record_permission(&own, &in_anothers_name)), "not-a-guardian");
}

/// CIT-4, DIS-5: a guardian gives, sees and withdraws the permission of a small child, client or not; sets no refusals
/// and is told of none; and no more once the register says so.
#[test]
fn a_guardian_gives_the_permission_of_a_child_and_nothing_else() {
    let world = World::new();
    let (child, mother) = (child(), client(7));
    world.open_case(&child);
    let register = Told::in_world(&world);
    register.say(child.code, in_custody_of(&mother));
    let caller = world.citizen(&mother);
    let sees = |caller: &Caller| world.app.will_of(caller, child.code, Situation::Guardian);
    let before = sees(&caller).unwrap();
    assert!(before.permission.permission.is_none() && before.refusals.is_none());
    let give = saying_for(&child, &mother, "31", PermissionAct::Give);
    archived(world.app.record_permission(&caller, &give));
    let given = sees(&caller).unwrap().permission;
    assert_eq!((given.permission.is_some(), given.by), (true, Some(Giver::Representative)));
    let refuse = RefusalAct::Refuse(Refused::Controller(oid(COUNTY)));
    let refuse = saying_for(&child, &mother, "31", refuse);
    assert_eq!(code(world.app.record_refusal(&caller, &refuse)), "not-for-citizens");
    let withdraw = saying_for(&child, &mother, "31", PermissionAct::Withdraw);
    archived(world.app.record_permission(&caller, &withdraw));
    assert!(sees(&caller).unwrap().permission.permission.is_none());

    // A refusal that there is makes no difference to what a guardian is told.
    world.archive(&world.refusal(&child, &[Refused::Controller(oid(COUNTY))]));
    assert_eq!(code(world.app.record_refusal(&caller, &refuse)), "not-for-citizens");

    let facts = in_custody_of(&mother);
    let informed = Guardian { kind: GuardianKind::InformationRight, ..facts.guardians[0].clone() };
    register.say(child.code, PersonFacts { guardians: vec![informed], ..facts });
    assert!(!sees(&caller).unwrap().may_say, "a right to information gives no permission");
    assert_eq!(code(world.app.record_permission(&caller, &give)), "not-a-guardian");

    let born_on = Some(child.code.birth_day());
    register.say(child.code, PersonFacts { born_on, ..PersonFacts::default() });
    assert_eq!(code(sees(&caller)), "not-a-guardian");
    assert_eq!(code(world.app.record_permission(&caller, &give)), "not-a-guardian");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// DIS-5: what a child has said personally no guardian changes; the child changes what a guardian said.
#[test]
fn a_guardian_changes_nothing_that_a_child_said() {
    let world = World::new();
    let (child, mother) = (child(), client(7));
    world.open_case(&child);
    let register = Told::in_world(&world);
    register.say(child.code, in_custody_of(&mother));
    let (own, guardian) = (world.citizen(&child), world.citizen(&mother));
    let by_mother = |act| {
        let request = saying_for(&child, &mother, "31", act);
        code(world.app.record_permission(&guardian, &request))
    };
    assert_eq!(by_mother(PermissionAct::Give), "yes");
    archived(world.app.record_permission(&own, &saying(&child, PermissionAct::Withdraw)));
    assert_eq!(by_mother(PermissionAct::Give), "said-by-client");
    let told = world.app.will_of(&guardian, child.code, Situation::Guardian).unwrap();
    assert_eq!(told.permission.by, Some(Giver::Client));
}

/// CIT-4: what a unit recorded of a child's permission tells which unit, and no guardian is shown it; that it is given a
/// guardian is told.
#[test]
fn a_guardian_is_not_shown_which_unit_recorded_the_permission() {
    let world = World::new();
    let (child, mother) = (child(), client(7));
    world.open_case(&child);
    let register = Told::in_world(&world);
    register.say(child.code, in_custody_of(&mother));
    world.tell(vec![(child.code, in_custody_of(&mother))]);
    let mut unit = crate::wills::recording(&child, crate::world::UNIT, PermissionAct::Give);
    unit.representative = Some((identified(&mother), "31"));
    unit.explanation = Some("Turvakodissa".into());
    let document = archived(world.app.record_permission(&world.county(), &unit)).receipt.document;
    let caller = world.citizen(&mother);
    let purpose = Purpose::READ.in_situation(Situation::Guardian);
    assert_eq!(code(world.app.open_document(&caller, &document, purpose)), "guardians-not-said");
    let query = varanto_app::archive::DocumentQuery {
        client: Some(child.identifier()),
        situation: Some(Situation::Guardian),
        ..varanto_app::archive::DocumentQuery::default()
    };
    let found = world.app.find_documents(&caller, &query).unwrap();
    assert!(found.hits.iter().all(|hit| hit.document != document));
    let told = world.app.will_of(&caller, child.code, Situation::Guardian).unwrap();
    assert!(told.permission.permission.is_some());
    let withdraw = saying_for(&child, &mother, "31", PermissionAct::Withdraw);
    archived(world.app.record_permission(&caller, &withdraw));
}

/// DIS-2: who withdraws need not tell the name again: it is that of the version before.
#[test]
fn the_next_version_knows_the_name_of_the_one_before() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let own = world.citizen(&who);
    let nameless = |act| {
        let mut request = saying(&who, act);
        request.client.name = Named { given_names: String::new(), family_name: String::new() };
        world.app.record_permission(&own, &request)
    };
    assert_eq!(code(nameless(PermissionAct::Give)), "missing-element");
    archived(world.app.record_permission(&own, &saying(&who, PermissionAct::Give)));
    let next = archived(nameless(PermissionAct::Withdraw));
    let view = world.app.open_document(&own, &next.receipt.document, Purpose::READ).unwrap();
    assert!(view.metadata.contains(&who.family), "{}", view.metadata);
}

/// CIT-1: of a citizen of whom nothing is archived nothing is kept by coming in and looking: no client, no person, and
/// nobody is asked about. With the first document the citizen is a client like any other.
#[test]
fn one_who_is_no_client_leaves_no_trace_but_the_log() {
    let world = World::new();
    world.open_case(&client(1));
    let (visitor, child) = (client(7), child());
    let rows = || {
        ["client_identifier", "client_key", "person"]
            .map(|table| ask(world.folder.path(), &format!("SELECT count(*) FROM {table}")))
            .map(|told| told[0][0].parse::<i64>().unwrap())
    };
    let before = (rows(), world.contents().clients);
    let caller = world.citizen(&visitor);
    assert_eq!(caller, world.citizen(&visitor), "the same citizen is the same to the archive");
    assert_ne!(caller, world.citizen(&client(8)));
    world.app.looks_at_own(&caller, 0, None).unwrap();
    let will = world.app.will_of(&caller, visitor.code, Situation::Citizen).unwrap();
    assert!(will.permission.document.is_none() && will.refusals.unwrap().entries.is_empty());
    let _ = world.app.will_of(&caller, child.code, Situation::Guardian);
    assert_eq!((rows(), world.contents().clients), before);

    archived(world.app.record_permission(&caller, &saying(&visitor, PermissionAct::Give)));
    let after = rows();
    assert_eq!(after, before.0.map(|count| count + 1));
    let caller = world.citizen(&visitor);
    let will = world.app.will_of(&caller, visitor.code, Situation::Citizen).unwrap();
    assert!(will.permission.permission.is_some());
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-4: a guardian who is no client sees the child's documents that guardians may see.
#[test]
fn a_guardian_need_be_no_client() {
    let world = World::new();
    let (child, mother) = (child(), client(7));
    let dossier = world.open_case(&child);
    let shown = world.note(&dossier).set("guardian_disclosure", "1");
    world.archive(&shown);
    let caller = world.citizen(&mother);
    let opens = || {
        let purpose = Purpose::READ.in_situation(Situation::Guardian);
        code(world.app.open_document(&caller, &shown.id(), purpose))
    };
    world.tell(vec![(child.code, in_custody_of(&client(8)))]);
    assert_eq!(opens(), "not-a-guardian");
    world.tell(vec![(child.code, in_custody_of(&mother))]);
    assert_eq!(opens(), "yes");
    let own = world.app.will_of(&caller, mother.code, Situation::Citizen).unwrap();
    assert!(own.permission.document.is_none());
}

/// CIT-4, DIS-5: the children of whom a citizen is told are the minors who live and of whom the register says today that
/// the citizen sees to them, clients or not; of others, and where it is silent, nothing.
#[test]
fn the_children_told_are_those_of_the_register() {
    let world = World::new();
    let (child, mother) = (child(), client(7));
    let caller = world.citizen(&mother);
    assert_eq!(world.app.children_of(&caller).unwrap(), None, "no register is connected");
    let register = Told::in_world(&world);
    assert_eq!(world.app.children_of(&caller).unwrap(), Some(Vec::new()));
    register.say(child.code, in_custody_of(&mother));
    assert_eq!(world.app.children_of(&caller).unwrap(), Some(vec![child.code]));
    assert_eq!(world.app.children_of(&world.citizen(&client(8))).unwrap(), Some(Vec::new()));
    assert_eq!(world.app.children_of(&world.county()).unwrap(), None);
    let facts = in_custody_of(&mother);
    let died_on = FinnishDay::parse("2026-10-01");
    for other in [
        PersonFacts { died_on, ..facts.clone() },
        PersonFacts { born_on: FinnishDay::parse("2008-11-02"), ..facts.clone() },
        PersonFacts { born_on: None, ..facts.clone() },
        PersonFacts {
            guardians: vec![Guardian {
                kind: GuardianKind::Guardianship,
                ..facts.guardians[0].clone()
            }],
            ..facts
        },
    ] {
        register.say(child.code, other);
        assert_eq!(world.app.children_of(&caller).unwrap(), Some(Vec::new()));
    }
}

/// DIS-2: the two documents of the will stay two, whoever says it.
#[test]
fn what_a_unit_recorded_a_client_goes_on_with() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let unit = crate::wills::recording(&who, crate::world::UNIT, PermissionAct::Give);
    let first = archived(world.app.record_permission(&world.county(), &unit));
    let own = world.citizen(&who);
    let next = archived(world.app.record_permission(&own, &saying(&who, PermissionAct::Withdraw)));
    assert_eq!((first.receipt.version, next.receipt.version), (1, 2));
    assert_eq!(first.receipt.set, next.receipt.set);
    let group = DocumentGroup::Permission.code();
    let view = world.app.open_document(&own, &next.receipt.document, Purpose::READ).unwrap();
    assert!(view.metadata.contains(&format!("\"group\":\"{group}\"")), "{}", view.metadata);
}
