//! What clients permit and refuse: their documents, the rows derived of them, and recording them.

use varanto_app::archive::InvalidationRequest;
use varanto_app::disclosure::Recorded;
use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::disclosure::{Giver, Refused};
use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;
use varanto_formats::will::{Identified, Named, PermissionAct, RefusalAct, WillRequest};

use crate::access::{code, neighbours_relationship, worker};
use crate::bad_input::check;
use crate::world::{
    COUNTY, Client, NEIGHBOURS_UNIT, OPERATING_UNIT, System, UNIT, World, ask, client, harm, oid,
};

/// What a unit records of a client's will.
pub(crate) fn recording<A>(who: &Client, unit: &str, act: A) -> WillRequest<A> {
    let name = Named { given_names: who.given.clone(), family_name: who.family.clone() };
    WillRequest {
        client: Identified { code: who.code, name },
        act,
        unit: Some(oid(unit)),
        language: None,
        professional: Some(Named {
            given_names: "Testi".into(), family_name: "Työntekijä".into()
        }),
        title: Some("sosiaaliohjaaja".into()),
        representative: None,
        mandate_shown: false,
        explanation: None,
    }
}

fn refused_by(world: &World, caller: &Caller, who: &Client) -> Vec<Refused> {
    let current = world.app.current_refusals(caller, who.code).unwrap();
    current.entries.into_iter().map(|entry| entry.refused).collect()
}

fn refuse(world: &World, who: &Client, refused: Refused) -> Recorded {
    let request = recording(who, UNIT, RefusalAct::Refuse(refused));
    world.app.record_refusal(&world.county(), &request).unwrap()
}

/// DIS-2: a refusal document says the whole state of its day; a new version withdraws what it leaves out,
/// and invalidating it brings back what the one before says.
#[test]
fn the_version_in_force_says_what_is_refused() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let county = world.county();
    let task = Refused::ServiceTask("24".into());
    let register = Refused::Controller(oid(COUNTY));
    assert_eq!(refused_by(&world, &county, &who), []);
    let first = world.refusal(&who, &[register.clone(), task.clone()]);
    world.archive(&first);
    assert_eq!(refused_by(&world, &county, &who), [register.clone(), task.clone()]);
    let second =
        world.next_version(&first).saying(&world.refusal(&who, std::slice::from_ref(&task)));
    world.archive(&second);
    assert_eq!(refused_by(&world, &county, &who), std::slice::from_ref(&task));
    let reason = InvalidationRequest { reason: "4".into(), explanation: None };
    world.app.invalidate_document(&county, &second.id(), &reason).unwrap();
    assert_eq!(refused_by(&world, &county, &who), [register.clone(), task.clone()]);

    // What came back is withdrawn like any other: its next version is above the invalidated one.
    let withdraw = recording(&who, UNIT, RefusalAct::Withdraw(task));
    let Recorded::Archived(archived) = world.app.record_refusal(&county, &withdraw).unwrap() else {
        panic!("it was refused before");
    };
    assert_eq!(archived.receipt.version, 3);
    assert_eq!(refused_by(&world, &county, &who), [register]);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// DIS-2, REL-9: a name that is another than in the client's newest document in the recorder's own registers is remarked on, part
/// by part and without telling the other; one as it is known is not.
#[test]
fn a_name_that_is_not_as_it_is_known_is_remarked_on() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let remarks = |given: &str, family: &str, refused: &str| {
        let act = RefusalAct::Refuse(Refused::ServiceTask(refused.into()));
        let mut request = recording(&who, UNIT, act);
        request.client.name =
            Named { given_names: given.to_owned(), family_name: family.to_owned() };
        match world.app.record_refusal(&world.county(), &request).unwrap() {
            Recorded::Archived(archived) => {
                let told = |one: &Fault| (one.code(), one.element.clone(), one.value.is_none());
                let of_names = |one: &&Fault| one.code() == "name-not-as-known";
                archived.remarks.iter().filter(of_names).map(told).collect::<Vec<_>>()
            }
            Recorded::Unchanged => panic!("it is refused anew"),
        }
    };
    let (given, family) = (who.given.as_str(), who.family.as_str());
    let remark = |element: &str| ("name-not-as-known", format!("client/{element}"), true);
    assert_eq!(remarks(&given.to_uppercase(), family, "20"), []);
    assert_eq!(remarks(given, "Toinen", "23"), [remark("family_name")]);
    let both = [remark("given_names"), remark("family_name")];
    assert_eq!(remarks("Joku", "Toinen", "24"), both);
}

/// DIS-1, DIS-2: a permission is given and withdrawn by versions of one document; the client stays informed
/// since the first of them.
#[test]
fn the_version_in_force_says_what_is_permitted() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let permits = || {
        let current = world.app.current_permission(&world.county(), who.code).unwrap();
        (current.permission.is_some(), current.informed_on.map(|day| day.to_string()))
    };
    assert_eq!(permits(), (false, None));
    let informed = world.permission(&who, None);
    world.archive(&informed);
    let since = Some("2026-11-02".to_owned());
    assert_eq!(permits(), (false, since.clone()));
    world.clock.set("2026-11-05T10:00:00+02:00");
    let given = world.next_version(&informed).saying(&world.permission(&who, Some(true)));
    world.archive(&given);
    assert_eq!(permits(), (true, since.clone()));
    let withdrawn = world.next_version(&given).saying(&world.permission(&who, Some(false)));
    world.archive(&withdrawn);
    assert_eq!(permits(), (false, since.clone()));
    let reason = InvalidationRequest { reason: "4".into(), explanation: None };
    world.app.invalidate_document(&world.county(), &withdrawn.id(), &reason).unwrap();
    assert_eq!(permits(), (true, since));
}

/// DIS-2: what could not be acted upon is refused: another client, a representative of no such role, a
/// controller that nobody knows, another register, a second document beside the one in force.
#[test]
fn a_will_that_cannot_be_acted_upon_is_refused() {
    const ENTRY: &str = "/kieltoasiakirja/rekisterinpitajaa_koskevat_luovutuskiellot/\
        rekisterinpitajaa_koskeva_luovutuskielto/0";
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let register = || world.refusal(&who, &[Refused::Controller(oid(COUNTY))]);
    let other = client(2).code;
    let wrong = register().content("/kieltoasiakirja/asiakas/henkilotunnus/value", other.reveal());
    check(&world, &wrong, &[("disagreement", "structured:/kieltoasiakirja/asiakas", "nat 9")]);

    let nobody = world.refusal(&who, &[Refused::Controller(oid("1.2.246.10.99999999"))]);
    let place = format!("structured:{ENTRY}/rekisterinpitaja_jonka_tietojen_luovutus_kielletaan/0");
    check(&world, &nobody, &[("unknown-organisation", &place, "DIS-2")]);

    let person = serde_json::json!({"sukunimi": "Suvanto", "etunimet": "Eino",
        "edunvalvojan_tunniste": "12", "rooli": {"system": "urn:oid:1.2.246.537.6.1284.201601",
        "code": "12", "display": "Vanhempi"}});
    let acting =
        register().content(&format!("{ENTRY}/kieltaja_on_laillinen_edustaja"), true).content(
            &format!("{ENTRY}/henkilo_joka_kieltaa_asiakastietojen_luovuttamisen"),
            vec![person],
        );
    let role = format!(
        "structured:{ENTRY}/henkilo_joka_kieltaa_asiakastietojen_luovuttamisen/0/rooli/code"
    );
    check(&world, &acting, &[("unknown-code", &role, "1505.9 row 17")]);

    let elsewhere = register().set("controller.id", COUNTY);
    check(&world, &elsewhere, &[("wrong-value", "controller.id", "DIS-2")]);

    world.archive(&register());
    check(&world, &register(), &[("will-exists", "set_id", "DIS-2")]);
    // Of the other kind there is none yet.
    world.archive(&world.permission(&who, Some(true)));
}

/// DIS-2: every unit that serves the client reads and continues what another controller's unit recorded;
/// one that does not is told nothing, not even whether there is such a client.
#[test]
fn whoever_serves_the_client_reads_and_records_the_will() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let neighbour = world.caller(System::Neighbour);
    let task = Refused::ServiceTask("24".into());
    refuse(&world, &who, Refused::Controller(oid(COUNTY)));
    let nothing = |of: &Client| code(world.app.current_refusals(&neighbour, of.code));
    assert_eq!(nothing(&who), "receiver-without-relationship");
    assert_eq!(nothing(&client(7)), "receiver-without-relationship");
    let request = recording(&who, NEIGHBOURS_UNIT, RefusalAct::Refuse(task.clone()));
    let answer = world.app.record_refusal(&neighbour, &request);
    assert_eq!(code(answer), "receiver-without-relationship");

    neighbours_relationship(&world, &who);
    assert_eq!(refused_by(&world, &neighbour, &who), [Refused::Controller(oid(COUNTY))]);
    world.app.record_refusal(&neighbour, &request).unwrap();
    let both = [Refused::Controller(oid(COUNTY)), task.clone()];
    assert_eq!(refused_by(&world, &world.county(), &who), both);
    let current = world.app.current_refusals(&world.county(), who.code).unwrap();
    let (document, version) = current.document.unwrap();
    assert_eq!(version, 2);
    assert!(current.entries.iter().all(|entry| entry.by == Giver::Client));
    // Its own unit serves; another does not.
    let serving = worker(&world, COUNTY, UNIT);
    assert_eq!(code(world.app.current_refusals(&serving, who.code)), "yes");
    let other = worker(&world, COUNTY, OPERATING_UNIT);
    assert_eq!(code(world.app.current_refusals(&other, who.code)), "receiver-without-relationship");
    // The document is opened as any other; what another recorded is not taken back.
    assert_eq!(code(world.app.open_document(&world.county(), &document, Purpose::READ)), "yes");
    let reason = InvalidationRequest { reason: "4".into(), explanation: None };
    let taken = world.app.invalidate_document(&world.county(), &document, &reason);
    assert_eq!(code(taken), "another-makers-document");
    assert_eq!(
        code(world.app.open_document(&world.caller(System::Producer), &document, Purpose::READ)),
        "another-register"
    );
    let own = world.app.invalidate_document(&neighbour, &document, &reason);
    assert_eq!(code(own), "yes");
    assert_eq!(refused_by(&world, &world.county(), &who), [Refused::Controller(oid(COUNTY))]);
}

/// DIS-2: recording writes the next version of the national document; saying the same again changes
/// nothing, and withdrawing takes out that alone.
#[test]
fn recording_makes_the_next_version_of_the_document() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let county = world.county();
    let (one, two) = (Refused::ServiceTask("24".into()), Refused::ServiceTask("25".into()));
    let document = Refused::Document(oid("1.2.246.10.90000001.95.2026.7"));
    for refused in [&one, &two, &document] {
        assert!(matches!(refuse(&world, &who, refused.clone()), Recorded::Archived(_)));
    }
    let versions = world.contents().versions;
    assert!(matches!(refuse(&world, &who, one.clone()), Recorded::Unchanged));
    assert_eq!(world.contents().versions, versions);
    let withdraw = recording(&who, UNIT, RefusalAct::Withdraw(one));
    let Recorded::Archived(archived) = world.app.record_refusal(&county, &withdraw).unwrap() else {
        panic!("it was refused before");
    };
    let remarks: Vec<&str> = archived.remarks.iter().map(Fault::code).collect();
    assert_eq!((archived.receipt.version, remarks), (4, vec!["signature-missing"]));
    assert_eq!(refused_by(&world, &county, &who), [two, document]);

    let act = |act| world.app.record_permission(&county, &recording(&who, UNIT, act)).unwrap();
    let changes = |recorded| matches!(recorded, Recorded::Archived(_));
    assert!(!changes(act(PermissionAct::Withdraw)));
    assert!(changes(act(PermissionAct::Inform)));
    assert!(!changes(act(PermissionAct::Inform)));
    assert!(changes(act(PermissionAct::Give)));
    assert!(!changes(act(PermissionAct::Give)));
    assert!(changes(act(PermissionAct::Withdraw)));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// DIS-2: a unit that is not the caller's records nothing; and a system of the keeper alone neither.
#[test]
fn a_unit_records_for_itself_alone() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let record = |unit: &str| {
        let request = recording(&who, unit, PermissionAct::Give);
        code(world.app.record_permission(&world.county(), &request))
    };
    assert_eq!(record(NEIGHBOURS_UNIT), "unknown-unit");
    let nameless = WillRequest { unit: None, ..recording(&who, UNIT, PermissionAct::Give) };
    let answer = world.app.record_permission(&world.county(), &nameless);
    assert_eq!(code(answer), "missing-element");
    assert_eq!(record(UNIT), "yes");
}

/// DIS-2: the rows follow from the documents alone: made anew they are the same to the byte, whatever
/// had become of them, and damage in them is found.
#[test]
fn wills_are_made_anew_from_the_documents() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let first = world.refusal(&who, &[Refused::Controller(oid(COUNTY))]);
    world.archive(&first);
    let task = Refused::ServiceTask("24".into());
    world.archive(&world.next_version(&first).saying(&world.refusal(&who, &[task])));
    let permission = world.permission(&who, None);
    world.archive(&permission);
    let given = world.next_version(&permission).saying(&world.permission(&who, Some(true)));
    world.archive(&given);
    let before = rows(&world);
    assert_eq!(before.len(), 4);
    let spoil = |sql| harm(world.folder.path(), sql);
    spoil("UPDATE refusal SET refused = '25' WHERE kind = 1");
    spoil("DELETE FROM disclosure_permission WHERE granted = 1");
    spoil("INSERT INTO refusal VALUES (1, 2, 0, 1, '24', NULL, 0)");
    assert_eq!(world.damage().len(), 3, "{:?}", world.damage());
    let done = world.app.reindex().unwrap();
    assert_eq!((done.wills, done.unread), (4, 0));
    assert_eq!(rows(&world), before);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// Every row of both tables, as text.
fn rows(world: &World) -> Vec<String> {
    let all = ["refusal", "disclosure_permission"].map(|table| {
        ask(world.folder.path(), &format!("SELECT * FROM {table} ORDER BY client_key, version_key"))
    });
    all.concat().into_iter().map(|row| row.join(" ")).collect()
}

/// DIS-2: those who record for one client at the same time take turns, and none of it is lost.
#[test]
fn recordings_at_the_same_time_are_all_kept() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let tasks = ["20", "23", "24", "25"];
    std::thread::scope(|scope| {
        for task in tasks {
            let (app, who, county) = (&world.app, &who, world.county());
            scope.spawn(move || {
                let request =
                    recording(who, UNIT, RefusalAct::Refuse(Refused::ServiceTask(task.into())));
                app.record_refusal(&county, &request).unwrap();
            });
        }
    });
    let mut refused = refused_by(&world, &world.county(), &who);
    refused.sort();
    assert_eq!(refused, tasks.map(|task| Refused::ServiceTask(task.into())));
}

/// ACC-4: a system that looks for documents of a client whom it serves finds the client's will among them;
/// another finds none, and the group is not told by the denial.
#[test]
fn a_will_is_found_by_those_who_serve_the_client() {
    let world = World::new();
    let who = client(1);
    world.open_case(&who);
    let refusal = world.refusal(&who, &[Refused::Controller(oid(COUNTY))]);
    world.archive(&refusal);
    let query = varanto_app::archive::DocumentQuery {
        client: Some(who.identifier()),
        group: Some(DocumentGroup::Refusal),
        ..varanto_app::archive::DocumentQuery::default()
    };
    let found = |caller: &Caller| -> Vec<Oid> {
        let page = world.app.find_documents(caller, &query).unwrap();
        page.hits.into_iter().map(|hit| hit.document).collect()
    };
    assert_eq!(found(&world.county()), [refusal.id()]);
    assert_eq!(found(&world.caller(System::Neighbour)), []);
    let told = |id: &Oid| {
        code(world.app.open_document(&world.caller(System::Neighbour), id, Purpose::READ))
    };
    let note = world.note(&world.open_case(&client(2)));
    world.archive(&note);
    assert_eq!(told(&refusal.id()), "another-register");
    assert_eq!(told(&note.id()), "another-register");
}
