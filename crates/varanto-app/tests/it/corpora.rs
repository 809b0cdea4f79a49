//! Files that others wrote: PDF/A files, real national messages, the national structures.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};
use serde_json::{Value, json};
use varanto_app::StructureState;
use varanto_app::archive::{CheckOptions, PdfRules, SignatureTrust, check_message};
use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::documents::Part;
use varanto_domain::structures::Structure;
use varanto_domain::time::FinnishDay;
use varanto_formats::national_schema;
use varanto_formats::synthetic::Draw;

use crate::bad_input::refused;
use crate::world::{Client, Draft, System, View, World, certificate, client, corpora, oid};

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// OLD-1, ARC-1: every conforming PDF/A file is archived as an old document and comes back.
#[test]
fn every_conforming_pdf_a_file_comes_back_byte_for_byte() {
    let Some(folder) = corpora("pdfa/pass") else { return };
    let world = World::new();
    let dossier = world.open_old_case(&client(1));
    let files = files(&folder);
    assert_eq!(files.len(), 107);
    for (name, bytes) in &files {
        let draft = world.old(&dossier).pdf(bytes.clone());
        let answer =
            world.app.archive_document(&world.caller(System::OldDocuments), draft.submission());
        assert!(answer.is_ok(), "{name}: {answer:?}");
        let opened = world
            .app
            .open_content(&world.county(), &draft.id(), Some(Part::Pdf), crate::world::justified())
            .unwrap();
        assert_eq!(opened.parts, [(Part::Pdf, bytes.clone())], "{name}");
    }
    assert_eq!(world.damage(), Vec::<String>::new());
}

const VANTAA: &str = "1.2.246.10.32213561.10.0";
const VANTAAS_UNIT: &str = "1.2.246.10.1246109.10.2001213";
const HELSINKI: &str = "1.2.246.10.2012566.10.40";
const HELSINKIS_UNIT: &str = "1.2.246.10.2012566.10.40006775";

/// The two organisations of the messages, each with a system of its own.
pub(crate) fn load_senders(world: &World) {
    let organisation = |oid: &str, name: &str| {
        json!({"oid": oid, "names": {"fi": name}, "kind": "public", "first_day": "2023-01-01",
            "controller": true})
    };
    let unit = |oid: &str, of: &str| {
        json!({"oid": oid, "kind": "service-unit", "organisation": of, "names": {"fi": "Yksikkö"},
            "first_day": "2023-01-01"})
    };
    let system = |id: u8, of: &str| {
        json!({"id": format!("apotti-{id}"), "names": {"fi": "Apotti"}, "organisations": [of],
        "first_day": "2023-01-01",
        "certificates": {"fingerprints": [format!("{id:02x}").repeat(32)]},
        "certification": [
            {"function": "archive-structured", "first_day": "2023-01-01"},
            {"function": "read", "first_day": "2023-01-01"},
        ]})
    };
    let registers = json!({
        "organisations": [
            organisation(VANTAA, "Vantaan ja Keravan hyvinvointialue"),
            organisation(HELSINKI, "Helsingin sosiaali- ja terveystoimi"),
        ],
        "units": [unit(VANTAAS_UNIT, VANTAA), unit(HELSINKIS_UNIT, HELSINKI)],
        "systems": [system(71, VANTAA), system(72, HELSINKI)],
    });
    world.app.load_registers("national", registers.to_string().into_bytes()).unwrap();
}

pub(crate) fn sender(world: &World, id: u8) -> Caller {
    let fingerprint = [id; 32];
    world.app.caller_of_certificate(&certificate(&fingerprint)).unwrap()
}

/// A real message as a draft: metadata translated from its header, content and view as they are.
struct Message {
    draft: Draft,
    json: Vec<u8>,
    view: Vec<u8>,
}

fn message(path: &Path) -> Message {
    let text = std::fs::read_to_string(path).unwrap();
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    let decoded = |name: &str| {
        let found = find(root, name).unwrap();
        let base64: String =
            found.children().filter(Node::is_text).filter_map(|node| node.text()).collect();
        STANDARD.decode(base64.split_whitespace().collect::<String>()).unwrap()
    };
    let (json, view) = (decoded("json"), decoded("text"));
    let draft = Draft {
        metadata: metadata(root),
        structured: Some(serde_json::from_slice(&json).unwrap()),
        view: View::Given(view.clone()),
        pdf: None,
    };
    Message { draft, json, view }
}

/// The first element of a name, at any depth.
fn find<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.descendants().find(|one| one.is_element() && one.tag_name().name() == name)
}

/// An element by the names on the way to it.
fn at<'a, 'i>(node: Node<'a, 'i>, path: &str) -> Option<Node<'a, 'i>> {
    path.split('/').try_fold(node, find)
}

/// The metadata that the header of a signed document states.
fn metadata(root: Node<'_, '_>) -> Value {
    let mut draft = Draft { metadata: json!({}), structured: None, view: View::None, pdf: None };
    let attributes = [
        ("document_id", "id", "root"),
        ("set_id", "setId", "root"),
        ("confidentiality", "confidentialityCode", "code"),
        ("language", "languageCode", "code"),
        ("general_type", "code", "code"),
        ("client.identity_code", "patientRole/id", "extension"),
        ("client.sex", "administrativeGenderCode", "code"),
        ("professional.registration_number", "assignedAuthor/id", "extension"),
        ("controller.id", "representedCustodianOrganization/id", "root"),
        ("guardian_disclosure", "consent/code", "code"),
        ("case_id", "encompassingEncounter/id", "root"),
        ("service_unit.id", "encounterParticipant/representedOrganization/id", "root"),
        ("specific_type", "specificDocumentType", "code"),
        ("group", "documentGroup", "code"),
        ("view_format", "fileFormat", "code"),
        ("structured_format", "structuredFileFormat", "code"),
        ("software.manufacturer", "softwareSupport", "moderator"),
        ("software.product", "softwareSupport", "product"),
        ("software.version", "softwareSupport", "version"),
        ("service_task", "functionCode", "code"),
        ("record_state", "recordStatus", "code"),
        ("register_type", "registryType", "code"),
        ("organiser.id", "outsourcingServiceCustomer", "root"),
        ("retention_class", "totalRetentionPeriodClass", "code"),
        ("special_content", "specialContent", "code"),
        ("relationship_id", "encompassingClientRelationship", "root"),
        ("service_process", "serviceProcess/code", "code"),
        ("inaccessible_reason", "inaccessibleArgument", "code"),
    ];
    for (element, path, attribute) in attributes {
        if let Some(value) = at(root, path).and_then(|node| node.attribute(attribute)) {
            draft = draft.set(element, value);
        }
    }
    let texts = [
        ("client.family_name", "patient/name/family"),
        ("client.given_names", "patient/name/given"),
        ("professional.given_names", "assignedPerson/name/given"),
        ("professional.family_name", "assignedPerson/name/family"),
        ("controller.name", "representedCustodianOrganization/name"),
        ("organiser.name", "outsourcingServiceCustomerName"),
        ("service_unit.name", "encounterParticipant/representedOrganization/name"),
        ("structure", "contentSpecificationId"),
        ("restriction_argument", "authorizationRestrictionArgument"),
    ];
    for (element, path) in texts {
        if let Some(value) = at(root, path).and_then(|node| node.text()) {
            draft = draft.set(element, value);
        }
    }
    let time = |path: &str| at(root, path).and_then(|node| node.attribute("value")).unwrap();
    let born = time("birthTime");
    draft
        .set("written_at", moment(time("effectiveTime")))
        .set("created_at", moment(time("creationTime")))
        .set("client.birth_date", format!("{}-{}-{}", &born[..4], &born[4..6], &born[6..8]))
        .set("version", time("versionNumber").parse::<i64>().unwrap())
        .metadata
}

/// `20260717130652+0300` as RFC 3339 writes it.
fn moment(hl7: &str) -> String {
    let (at, offset) = hl7.split_at(14);
    format!(
        "{}-{}-{}T{}:{}:{}{}:{}",
        &at[..4],
        &at[4..6],
        &at[6..8],
        &at[8..10],
        &at[10..12],
        &at[12..14],
        &offset[..3],
        &offset[3..]
    )
}

/// Archives a message's content as it is, and reads it back.
fn archived_as_it_is(world: &World, caller: &Caller, message: &Message) {
    let mut submission = message.draft.submission();
    submission.parts =
        vec![(Part::Structured, message.json.clone()), (Part::View, message.view.clone())];
    match world.app.archive_document(caller, submission.clone()) {
        Ok(_) => {}
        Err(varanto_app::AppError::Refused(faults)) => panic!("{}", crate::world::told(&faults)),
        Err(error) => panic!("{error:?}"),
    }
    let opened = world.app.open_content(caller, &message.draft.id(), None, Purpose::READ).unwrap();
    assert_eq!(opened.parts, submission.parts);
}

/// Archives the relationship and the case that the plan hangs on, which its own message does not
/// bring; answers the system that sends it.
pub(crate) fn open_plans_case(world: &World, plan: &Draft) -> Caller {
    let helsinki = sender(world, 72);
    let text = |path: &str| plan.text(path);
    let person = Client {
        code: varanto_domain::ids::PersonalIdentityCode::parse(&text("client.identity_code"))
            .unwrap(),
        given: text("client.given_names"),
        family: text("client.family_name"),
        temporary: false,
    };
    let of_helsinki = |draft: Draft, number: u32| {
        let id = format!("1.2.246.10.2012566.95.2026.1.{number}");
        draft
            .set("document_id", id.as_str())
            .set("set_id", id)
            .set("controller.id", HELSINKI)
            .set("organiser.id", HELSINKI)
            .set("service_unit.id", HELSINKIS_UNIT)
            .set("written_at", "2026-03-20T10:00:00+02:00")
    };
    let relationship = of_helsinki(world.relationship(&person), 1);
    let id = relationship.text("document_id");
    let relationship = relationship
        .set("relationship_id", id.as_str())
        .content("/asiakkuusasiakirja/asiakkuuden_yksilointitunnus/value", id)
        .content(
            "/asiakkuusasiakirja/sosiaalihuollon_palvelutehtava/0/palvelunjarjestajan_palveluyksikko/0/palveluyksikon_nimi/code",
            HELSINKIS_UNIT,
        );
    let case = of_helsinki(world.case(&person, &relationship.text("relationship_id")), 2)
        .set("case_id", text("case_id"))
        .content("/asia_asiakirja/asian_tiedot/asiatunnus/value", text("case_id"));
    for draft in [&relationship, &case] {
        world.app.archive_document(&helsinki, draft.submission()).unwrap();
    }
    helsinki
}

/// What the header of a real document says, as a draft.
pub(crate) fn header_of(path: &Path) -> Draft {
    message(path).draft
}

/// ARC-1, ARC-5: the content of the two real national messages is taken as it is.
#[test]
fn the_real_national_messages_are_archived_as_they_are() {
    let Some(folder) = corpora("national-messages") else { return };
    let world = World::new();
    load_senders(&world);
    let vantaa = sender(&world, 71);
    archived_as_it_is(&world, &vantaa, &message(&folder.join("relationship-document.xml")));

    let plan = message(&folder.join("plan-document.xml"));
    let helsinki = open_plans_case(&world, &plan.draft);
    archived_as_it_is(&world, &helsinki, &plan);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// REG-3, ARC-5: all national structures load, and documents on them are archived.
#[test]
fn documents_on_the_national_structures_are_archived() {
    let Some(folder) = corpora("sosmeta/Valmis") else { return };
    let world = World::new();
    let files: Vec<Vec<u8>> = files(&folder).into_iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(world.app.load_structures(files).unwrap().len(), 202);
    let registry = world.app.registry();
    let loaded: Vec<_> = registry.structures().filter(|entry| !entry.built_in).collect();
    assert_eq!(loaded.len(), 202);
    let mut of_clients: Vec<&Structure> = loaded
        .iter()
        .map(|entry| &*entry.structure)
        .filter(|structure| structure.specific_type().is_some())
        .collect();
    let dossier = world.open_case(&client(1));
    let mut draw = Draw::new(17);
    for _ in 0..30 {
        let structure = of_clients.swap_remove(draw.below(of_clients.len()));
        let draft = world.structured_document(&dossier, structure, draw.number());
        let answer = world.app.archive_document(&world.county(), draft.submission());
        if let Err(varanto_app::AppError::Refused(faults)) = &answer {
            panic!("{}: {}", structure.oid, crate::world::told(faults));
        }
        answer.unwrap();
        let opened =
            world.app.open_content(&world.county(), &draft.id(), None, Purpose::READ).unwrap();
        assert_eq!(opened.parts, draft.submission().parts);
        assert_sound_as_national(&world, &draft);
    }
    assert_eq!(world.damage(), Vec::<String>::new());
    let world = world.reopen();
    assert_eq!(world.app.registry().structures().filter(|entry| !entry.built_in).count(), 202);
}

/// ARC-1: what came over REST goes out as a national document in which nothing is wrong; unsigned.
fn assert_sound_as_national(world: &World, draft: &Draft) {
    let county = world.county();
    let part = Some(Part::National);
    let opened = world.app.open_content(&county, &draft.id(), part, Purpose::READ).unwrap();
    let (pdf, signatures) = (PdfRules::default(), SignatureTrust::default());
    let now = varanto_domain::time::Clock::now(&*world.clock);
    let options = CheckOptions { now, caller: Some(&county), pdf: &pdf, signatures: &signatures };
    let registry = world.app.registry();
    let checked = check_message(None, Some(&opened.parts[0].1), &registry, &options);
    assert!(checked.faults.is_empty(), "{}", crate::world::told(&checked.faults));
    // What a test's own view lacks was told when it was archived.
    let remarks = checked.remarks.iter().map(|one| (one.code(), one.element.as_str()));
    let others: Vec<_> = remarks.filter(|(_, element)| !element.starts_with("view:")).collect();
    assert_eq!(others, [("signature-missing", "signature")]);
}

/// ARC-5: several versions of a structure stand side by side, each from its first day on.
#[test]
fn versions_of_a_structure_stand_side_by_side() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let old = crate::world::structure_of("1506.19005");
    let new = Structure {
        oid: oid("1.2.246.537.6.1506.19005.2026.12.1"),
        first_day: FinnishDay::new(2026, 12, 1).unwrap(),
        ..old.clone()
    };
    let printed = national_schema::write(&new).into_bytes();
    let loaded = world.app.load_structures(vec![printed]).unwrap();
    assert_eq!(loaded, std::slice::from_ref(&new.oid));
    let registry = world.app.registry();
    assert_eq!(registry.versions_of_type("1506.19005").len(), 2);
    let in_force = |day: &str| {
        let day = FinnishDay::parse(day).unwrap();
        registry.structure_in_force("1506.19005", day).unwrap().structure.oid.clone()
    };
    assert_eq!(
        (in_force("2026-11-30"), in_force("2026-12-01")),
        (old.oid.clone(), new.oid.clone())
    );
    let on = |structure: &Structure| world.structured_document(&dossier, structure, world.number());
    world.archive(&on(old));
    let refused_for = |draft: Draft, code: &str| {
        let faults = refused(&world, System::County, draft.submission());
        let found: Vec<(&str, &str)> =
            faults.iter().map(|fault| (fault.code(), fault.element.as_str())).collect();
        assert_eq!(found, [(code, "structure")]);
    };
    refused_for(on(&new), "structure-not-in-force");
    world.clock.set("2026-12-01T12:00:00+02:00");
    world.archive(&on(&new));
    world.archive(&on(old));
    // What was written before its first day is not taken on it afterwards either.
    let early = on(&new).set("written_at", "2026-11-30T12:00:00+02:00");
    refused_for(early, "structure-not-in-force");
    assert!(world.app.withdraw_structure(&new.oid).unwrap());
    assert_eq!(world.app.registry().structure(&new.oid).unwrap().state, StructureState::Withdrawn);
    refused_for(on(&new), "structure-not-in-force");
    world.archive(&on(old));
    assert!(!world.app.withdraw_structure(&oid("1.2.3")).unwrap());
    assert!(!world.app.reinstate_structure(&old.oid).unwrap());
    let world = world.reopen();
    assert_eq!(world.app.registry().structure(&new.oid).unwrap().state, StructureState::Withdrawn);
}
