//! Bad input: each fault by its stable code, its element and its rule; nothing stored, one log line.

use serde_json::{Value, json};
use varanto_app::AppError;
use varanto_app::archive::Submission;
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::{Fault, FaultKind};

use crate::world::{
    CLOSED_UNIT, COUNTY, Draft, NEIGHBOUR, NEIGHBOURS_UNIT, PRODUCER, PRODUCERS_UNIT, System,
    World, client, identity, structure_of, told,
};

/// Sends what must be refused; answers the faults when nothing but one log line was kept.
pub(crate) fn refused(world: &World, system: System, submission: Submission) -> Vec<Fault> {
    let before = world.contents();
    let answer = world.app.archive_document(&world.caller(system), submission);
    let faults = match answer {
        Err(AppError::Refused(faults)) => faults,
        other => panic!("should be refused: {other:?}"),
    };
    let mut after = world.contents();
    assert_eq!(after.log_lines, before.log_lines + 1, "one line");
    assert_eq!(after.proof_leaves, before.proof_leaves + 1, "one leaf");
    after.log_lines = before.log_lines;
    after.proof_leaves = before.proof_leaves;
    assert_eq!(format!("{after:?}"), format!("{before:?}"), "nothing is kept");
    for fault in &faults {
        let shown = format!("{fault:?}");
        assert!(!shown.contains("Suvanto-"), "a fault shows no client data: {shown}");
    }
    faults
}

/// The faults of a draft are exactly these: code, element, rule.
pub(crate) fn check(world: &World, draft: &Draft, expected: &[(&str, &str, &str)]) {
    check_sent(world, System::County, draft.submission(), expected);
}

fn check_sent(
    world: &World,
    system: System,
    submission: Submission,
    expected: &[(&str, &str, &str)],
) {
    let faults = refused(world, system, submission);
    let mut found: Vec<(&str, &str, &str)> = faults
        .iter()
        .map(|fault| (fault.code(), fault.element.as_str(), fault.rule.as_ref()))
        .collect();
    let mut expected = expected.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{}", told(&faults));
}

/// ARC-2: metadata that are missing, unknown, of a wrong form or value.
#[test]
fn wrong_metadata_are_told_at_their_element() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = || world.note(&dossier);
    let check = |draft: Draft, expected: &[(&str, &str, &str)]| check(&world, &draft, expected);

    check(note().drop("language"), &[("missing-element", "language", "ARC-2")]);
    check(note().set("language", "finnish"), &[("wrong-form", "language", "ARC-2")]);
    check(note().set("language", 7), &[("wrong-type", "language", "ARC-2")]);
    check(note().set("languge", "fi"), &[("unknown-element", "languge", "ARC-2")]);
    check(note().set("client.name", "A"), &[("unknown-element", "client.name", "ARC-2")]);
    check(note().set("client.given_names", " "), &[("empty-text", "client.given_names", "ARC-2")]);
    check(
        note().set("client.given_names", "A".repeat(201)),
        &[("too-large", "client.given_names", "ARC-2")],
    );
    check(note().set("group", "6"), &[("unknown-code", "group", "ARC-2")]);
    check(note().set("group", ""), &[("empty-text", "group", "ARC-2")]);
    check(note().set("service_task", "99"), &[("unknown-code", "service_task", "ARC-2")]);
    check(
        world.next_version(&note()).set("replaces.reason", "77"),
        &[
            ("unknown-code", "replaces.reason", "ARC-2"),
            // Its first version was never archived.
            ("unknown-predecessor", "replaces.document_id", "ARC-3"),
        ],
    );
    check(note().set("record_state", "1"), &[("wrong-value", "record_state", "ARC-2")]);
    check(note().set("view_format", "1"), &[("wrong-value", "view_format", "ARC-2")]);
    check(note().set("written_at", "2026-11-02"), &[("wrong-form", "written_at", "ARC-2")]);
    check(
        note().set("written_at", "2027-01-01T00:00:00+02:00"),
        &[("wrong-time", "written_at", "ARC-2")],
    );
    check(note().set("version", 0), &[("wrong-form", "version", "ARC-2")]);
    check(note().set("version", 1.5), &[("wrong-type", "version", "ARC-2")]);
    check(
        note().set("case_opened_on", "2026-01-01"),
        &[("forbidden-element", "case_opened_on", "ARC-2")],
    );
    check(
        note().set("display_delay_until", "2027-01-01"),
        &[("missing-conditional-element", "inaccessible_reason", "ARC-2")],
    );
    check(
        note().set("professional.registration_number", "12A"),
        &[("wrong-form", "professional.registration_number", "ARC-2")],
    );
    check(note().set("set_id", world.new_oid()), &[("disagreement", "set_id", "nat 2.4")]);
    check(
        note().set("set_id", "1.2..3"),
        &[("disagreement", "set_id", "nat 2.4"), ("not-an-oid", "set_id", "ARC-2")],
    );
    check(
        note().set("client", "A"),
        &[
            ("missing-conditional-element", "client.identity_code", "ARC-2"),
            ("missing-conditional-element", "client.temporary_id.extension", "ARC-2"),
            ("missing-conditional-element", "client.temporary_id.root", "ARC-2"),
            ("missing-element", "client.birth_date", "ARC-2"),
            ("missing-element", "client.family_name", "ARC-2"),
            ("missing-element", "client.given_names", "ARC-2"),
            ("wrong-type", "client", "ARC-2"),
        ],
    );
}

/// Metadata that are no JSON, or hold a member twice, are told and nothing else is guessed.
#[test]
fn metadata_that_cannot_be_read_are_told_once() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let sound = world.note(&dossier).submission();
    let check = |metadata: &[u8], code: &str| {
        let submission = Submission { metadata: metadata.to_vec(), ..sound.clone() };
        let faults = refused(&world, System::County, submission);
        assert_eq!(faults.len(), 1, "{}", told(&faults));
        assert_eq!(faults[0].code(), code);
        assert!(faults[0].element.starts_with("metadata"), "{}", faults[0].element);
    };
    check(b"", "not-json");
    check(b"{\"document_id\":", "not-json");
    check(b"\xff\xfe", "not-json");
    check(b"[]", "wrong-type");
    check(b"{\"language\":\"fi\",\"language\":\"sv\"}", "duplicate-member");
    check(b"{\"client\":{\"sex\":\"1\",\"sex\":\"2\"}}", "duplicate-member");
}

/// ARC-2, ARC-11: persons' identifiers, each way of being wrong; never shown.
#[test]
fn a_wrong_identity_code_is_told_and_not_shown() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = || world.note(&dossier);
    let check = |code: &str, expected: &str| {
        let draft = note().set("client.identity_code", code);
        let faults = refused(&world, System::County, draft.submission());
        let found: Vec<(&str, &str)> =
            faults.iter().map(|fault| (fault.code(), fault.element.as_str())).collect();
        assert!(found.contains(&(expected, "client.identity_code")), "{}", told(&faults));
        assert!(!format!("{faults:?}").contains(code));
    };
    let right = client(1).code.reveal().to_owned();
    let mut wrong = right.clone();
    let last = wrong.pop().unwrap();
    wrong.push(if last == 'A' { 'B' } else { 'A' });
    check(&wrong, "identity-code-check");
    check("010171-9", "identity-code-form");
    check("010171G900K", "identity-code-century");
    check("310271-900K", "identity-code-birth-date");
    check("010171-001K", "identity-code-number");

    let born = client(2).born();
    self::check(
        &world,
        &note().set("client.birth_date", born),
        &[("disagreement", "client.birth_date", "nat 2.4")],
    );
    let temporary = |root: &str, extension: &str| {
        note()
            .drop("client.identity_code")
            .set("client.temporary_id.root", root)
            .set("client.temporary_id.extension", extension)
    };
    self::check(
        &world,
        &temporary("1.2.246.10.90000001.22.2026", "0101"),
        &[("temporary-identifier-form", "client.temporary_id.extension", "ARC-11")],
    );
    self::check(
        &world,
        &temporary("1.2.246.10.90000001.23.2026", "010111A998W"),
        &[("temporary-identifier-form", "client.temporary_id.root", "ARC-11")],
    );
}

/// ARC-5, nat 9: content names the metadata's client, and every identity code in it holds.
#[test]
fn content_names_the_client_by_a_sound_identity_code() {
    const NOTE: &str = "/merkinta_tapaamisesta_tai_yhteydenotosta/asiakas";
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = || world.note(&dossier);
    let check = |draft: Draft, expected: &[(&str, &str, &str)]| check(&world, &draft, expected);
    let of = |people: &[&Value]| note().content(NOTE, json!(people));
    let person = |identifier: &str, system: &str, value: &str| {
        json!({"sukunimi": "Testi", "etunimet": "Aino",
            identifier: {"system": system, "value": value}})
    };
    let by_code =
        |number| person("henkilotunnus", "urn:oid:1.2.246.21", client(number).code.reveal());
    let stranger = &[(
        "disagreement",
        "structured:/merkinta_tapaamisesta_tai_yhteydenotosta/asiakas",
        "nat 9",
    )];
    check(of(&[&by_code(2)]), stranger);
    check(of(&[&by_code(2), &by_code(3)]), stranger);
    world.archive(&of(&[&by_code(2), &by_code(1)]));
    // A document may be older than the client's identity code.
    let root = format!("{COUNTY}.22.2026");
    world.archive(&of(&[&person("tilapainen_yksilointitunnus", &root, "010171A998W")]));

    let wrong = person("henkilotunnus", "1.2.246.21", "010190-900R");
    check(
        of(&[&by_code(1), &wrong]),
        &[(
            "identity-code-check",
            "structured:/merkinta_tapaamisesta_tai_yhteydenotosta/asiakas/1/henkilotunnus/value",
            "1506.19005 row 4",
        )],
    );
}

/// REG-3: the faults of every bad structure file are told, and nothing is loaded.
#[test]
fn every_bad_structure_file_is_told() {
    let world = World::new();
    let sound = varanto_formats::national_schema::write(structure_of("1506.19005")).into_bytes();
    let bad = world.app.load_structures(vec![b"{".to_vec(), sound, b"[]".to_vec()]).unwrap_err();
    let places: Vec<usize> = bad.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, [0, 2]);
    for (_, error) in &bad {
        assert!(
            matches!(error, varanto_app::administer::LoadError::Schema(faults) if !faults.is_empty())
        );
    }
    assert!(world.app.registry().structures().all(|entry| entry.built_in));
}

/// REG-1, nat 2.4: identifiers under the sender's node, organisations and units of the register.
#[test]
fn organisations_units_and_nodes_are_held_against_the_register() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = || world.note(&dossier);
    let check = |draft: Draft, expected: &[(&str, &str, &str)]| check(&world, &draft, expected);
    let foreign = format!("{NEIGHBOUR}.95.2026.1");
    check(
        note().set("document_id", foreign.as_str()).set("set_id", foreign.as_str()),
        &[("oid-not-owned", "document_id", "nat 2.4"), ("oid-not-owned", "set_id", "nat 2.4")],
    );
    // A namesake of the node is not under it.
    let namesake = format!("{COUNTY}9.95.2026.1");
    check(
        note().set("document_id", namesake.as_str()).set("set_id", namesake.as_str()),
        &[("oid-not-owned", "document_id", "nat 2.4"), ("oid-not-owned", "set_id", "nat 2.4")],
    );
    // So must a relationship and a case that begin.
    let relationship = world
        .relationship(&client(7))
        .set("relationship_id", foreign.as_str())
        .content("/asiakkuusasiakirja/asiakkuuden_yksilointitunnus/value", foreign.as_str());
    check(relationship, &[("oid-not-owned", "relationship_id", "nat 2.4")]);
    let case = world
        .case(&client(1), &dossier.relationship)
        .set("case_id", foreign.as_str())
        .content("/asia_asiakirja/asian_tiedot/asiatunnus/value", foreign.as_str());
    check(case, &[("oid-not-owned", "case_id", "nat 2.4")]);
    // The register of the tests begins in 2015.
    check(
        world
            .phase_one(&dossier)
            .set("written_at", "2014-12-31T12:00:00+02:00")
            .set("created_at", "2014-12-31T12:00:00+02:00"),
        &[
            ("unknown-organisation", "controller.id", "REG-1"),
            ("unknown-organisation", "organiser.id", "REG-1"),
            ("unknown-unit", "service_unit.id", "REG-1"),
        ],
    );
    check(
        note().set("organiser.id", "1.2.246.10.90000009"),
        &[("unknown-organisation", "organiser.id", "REG-1")],
    );
    check(
        note().set("producer.id", "1.2.246.10.90000009"),
        &[("unknown-organisation", "producer.id", "REG-1")],
    );
    check(
        note().set("service_unit.id", "1.2.246.10.90000001.10.99"),
        &[("unknown-unit", "service_unit.id", "REG-1")],
    );
    check(
        note().set("service_unit.id", NEIGHBOURS_UNIT),
        &[("unknown-unit", "service_unit.id", "REG-1")],
    );
    check(
        note().set("service_unit.id", CLOSED_UNIT),
        &[("unknown-unit", "service_unit.id", "REG-1")],
    );
    // The producer's unit belongs to nobody of the document until the producer is named.
    check(
        note().set("service_unit.id", PRODUCERS_UNIT),
        &[("unknown-unit", "service_unit.id", "REG-1")],
    );
    world.archive(&note().set("service_unit.id", PRODUCERS_UNIT).set("producer.id", PRODUCER));
    // A unit that was closed later is known when the document was written.
    world.archive(
        &note()
            .set("service_unit.id", CLOSED_UNIT)
            .set("written_at", "2023-12-31T23:00:00+02:00")
            .set("created_at", "2023-12-31T23:00:00+02:00")
            .set("replaces.reason", json!(null))
            .drop("replaces.reason"),
    );
}

/// ARC-2, ACC-2: another organisation's register is denied, whatever else is wrong.
#[test]
fn a_register_of_another_is_denied() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let check = |system: System, draft: Draft, code: &str| {
        let before = world.contents();
        let answer = world.app.archive_document(&world.caller(system), draft.submission());
        let Err(AppError::Denied(denial)) = answer else { panic!("{answer:?}") };
        assert_eq!(denial.code(), code);
        let after = world.contents();
        assert_eq!((after.versions, after.clients), (before.versions, before.clients));
        assert_eq!(after.log_lines, before.log_lines + 1);
    };
    let note = || world.note(&dossier);
    let of_neighbour = note().set("controller.id", NEIGHBOUR).set("organiser.id", NEIGHBOUR);
    check(
        System::County,
        of_neighbour.clone().set("service_unit.id", NEIGHBOURS_UNIT),
        "another-register",
    );
    check(System::Neighbour, note(), "another-register");
    check(System::Producer, note(), "another-register");
    check(System::ReadOnly, note(), "not-certified");
    check(System::OldDocuments, note(), "not-certified");
    check(System::OldDocuments, world.phase_one(&dossier), "not-certified");
    // A system that archives old documents makes the relationships and cases they hang on.
    let old = world.old_relationship(&client(1));
    world.archive_as(System::OldDocuments, &old);
    let case = world.closed_case(&client(1), &old.text("relationship_id"));
    world.archive_as(System::OldDocuments, &case);
}

/// ARC-5: structures that are unknown, withdrawn, not yet in force, or of another type.
#[test]
fn only_published_structures_in_force_are_taken() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let note = || world.note(&dossier);
    let check = |draft: Draft, expected: &[(&str, &str, &str)]| check(&world, &draft, expected);
    check(
        note().set("structure", "1.2.246.537.6.1506.19005.1999.1.1"),
        &[("unknown-structure", "structure", "ARC-5")],
    );
    check(note().set("specific_type", "15007"), &[("disagreement", "structure", "nat 9")]);
    check(
        note()
            .set("written_at", "2022-01-09T12:00:00+02:00")
            .set("created_at", "2022-01-09T12:00:00+02:00"),
        &[("structure-not-in-force", "structure", "ARC-5")],
    );
    let plan = world.structured_document(&dossier, structure_of("1506.15007"), 1);
    world.archive(&plan.clone().set("general_type", "15"));
    assert!(world.app.withdraw_structure(&structure_of("1506.15007").oid).unwrap());
    let plan = world.structured_document(&dossier, structure_of("1506.15007"), 2);
    check(plan.set("general_type", "15"), &[("structure-not-in-force", "structure", "ARC-5")]);
}

/// ARC-1, ARC-5: the structured part.
#[test]
fn structured_content_is_held_against_its_structure() {
    const HEADING: &str = "/asia_asiakirja/asian_tiedot";
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let case = || world.case(&client(1), &dossier.relationship);
    let check = |draft: Draft, expected: &[(&str, &str, &str)]| check(&world, &draft, expected);
    let at = |path: &str| format!("structured:{HEADING}/{path}");
    check(
        case().content(&format!("{HEADING}/lisatieto"), "x"),
        &[("unknown-element", &at("lisatieto"), "1505.2 row 10")],
    );
    check(
        case().drop_content(&format!("{HEADING}/nimi")),
        &[("missing-element", &at("nimi"), "1505.2 row 12")],
    );
    check(
        case().content(&format!("{HEADING}/yhteinen_asia"), "ei"),
        &[("wrong-type", &at("yhteinen_asia"), "1505.2 row 17")],
    );
    check(
        case().drop_content(&format!("{HEADING}/lisatieto_luokkaan_muu")),
        &[("missing-conditional-element", &at("lisatieto_luokkaan_muu"), "1505.2 row 13")],
    );
    let mut submission = case().submission();
    submission.parts[0].1.truncate(40);
    let faults = refused(&world, System::County, submission);
    assert!(told(&faults).contains("not-json at structured"), "{}", told(&faults));
}

/// What metadata and content both say must be the same.
#[test]
fn metadata_and_content_may_not_disagree() {
    const HEADING: &str = "structured:/asia_asiakirja/asian_tiedot";
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let case = || world.case(&client(1), &dossier.relationship);
    let check = |draft: Draft, expected: &[(&str, &str, &str)]| check(&world, &draft, expected);
    check(
        case().set("case_id", world.new_oid()),
        &[("disagreement", &format!("{HEADING}/asiatunnus"), "nat 9")],
    );
    check(
        case().set("service_task", "20"),
        &[("disagreement", &format!("{HEADING}/palvelutehtava"), "nat 9")],
    );
    check(
        case().set("case_opened_on", "2024-01-10"),
        &[("disagreement", &format!("{HEADING}/avauspaiva"), "nat 9")],
    );
    check(
        case().content("/asia_asiakirja/asiakas/0/henkilotunnus", identity(&client(2))),
        &[("disagreement", "structured:/asia_asiakirja/asiakas", "nat 9")],
    );
    let relationship = world.relationship(&client(3));
    check(
        relationship.clone().set("relationship_id", world.new_oid()),
        &[("disagreement", "structured:/asiakkuusasiakirja/asiakkuuden_yksilointitunnus", "nat 9")],
    );
    check(
        relationship.content("/asiakkuusasiakirja/asiakas/henkilotunnus", identity(&client(4))),
        &[("disagreement", "structured:/asiakkuusasiakirja/asiakas", "nat 9")],
    );
}

/// ARC-1: which parts a document may have.
#[test]
fn the_parts_must_make_one_of_the_three_forms() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let old = world.open_old_case(&client(1));
    let has = |submission: Submission, code: &str, element: &str| {
        let faults = refused(&world, System::County, submission);
        let found = faults.iter().any(|one| one.code() == code && one.element == element);
        assert!(found, "{}", told(&faults));
    };
    has(world.note(&dossier).without_view().submission(), "wrong-parts", "parts");
    has(world.phase_one(&dossier).without_view().submission(), "wrong-parts", "parts");
    let mut twice = world.phase_one(&dossier).submission();
    twice.parts.push(twice.parts[0].clone());
    has(twice, "wrong-parts", "parts");
    let mut both = world.old(&old);
    both.view = crate::world::View::Made;
    has(both.submission(), "wrong-parts", "parts");
    // A document of phase I has no structure, a relationship always has one.
    let mut structured = world.phase_one(&dossier);
    structured.structured = Some(json!({"a": 1}));
    has(structured.submission(), "wrong-parts", "parts");
    let mut plain = world.relationship(&client(5));
    plain.structured = None;
    has(plain.submission(), "wrong-parts", "parts");
}

/// ARC-1: views that would do something, or look elsewhere.
#[test]
fn a_view_may_not_act_nor_refer_outside() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let has = |inside: &str, code: &str| {
        let view = format!(
            "<div class=\"soc-document\" xmlns=\"http://www.w3.org/1999/xhtml\">{inside}</div>"
        );
        let faults =
            refused(&world, System::County, world.phase_one(&dossier).view(&view).submission());
        let found = faults.iter().any(|one| one.code() == code && one.element.starts_with("view:"));
        assert!(found, "{inside}: {}", told(&faults));
    };
    has("<script>alert(1)</script>", "forbidden-markup");
    has("<p onclick=\"x()\">a</p>", "forbidden-markup");
    has("<img src=\"https://example.com/a.png\" alt=\"\"/>", "outside-reference");
    has("<a href=\"javascript:x()\">a</a>", "outside-reference");
    has("<p style=\"background:url(https://example.com/a)\">a</p>", "outside-reference");
    has("<p>open", "not-xhtml");
    // The view of a structured document names that document.
    let other = world.note(&dossier).view(&format!(
        "<div class=\"soc-document\" id=\"OID{COUNTY}.95.1\" xmlns=\"http://www.w3.org/1999/xhtml\"><p>a</p></div>"
    ));
    let faults = refused(&world, System::County, other.submission());
    assert!(faults.iter().all(|one| one.element.starts_with("view:")), "{}", told(&faults));
}

/// OLD-1: a PDF part that is no PDF/A file.
#[test]
fn an_old_document_must_be_a_pdf_a_file() {
    let world = World::new();
    let old = world.open_old_case(&client(1));
    let has = |bytes: Vec<u8>, code: &str| {
        let faults = refused(&world, System::County, world.old(&old).pdf(bytes).submission());
        let found = faults.iter().any(|one| one.code() == code && one.element.starts_with("pdf"));
        assert!(found, "{}", told(&faults));
    };
    has(b"Hello".to_vec(), "not-pdf");
    has(Vec::new(), "not-pdf");
    has(b"%PDF-1.7\n".to_vec(), "not-pdf");
    let sound = crate::world::paper();
    has(sound[..sound.len() / 2].to_vec(), "not-pdf");
}

/// ARC-7: cases and relationships that a document refers to.
#[test]
fn references_must_hold() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let other = world.open_case(&client(2));
    let old = world.open_old_case(&client(1));
    let note = || world.note(&dossier);
    let check = |draft: Draft, expected: &[(&str, &str, &str)]| check(&world, &draft, expected);
    check(note().set("case_id", world.new_oid()), &[("unknown-case", "case_id", "ARC-7")]);
    check(
        note().set("case_id", other.case.as_str()),
        &[("case-of-another-client", "case_id", "ARC-7")],
    );
    check(
        note().set("relationship_id", other.relationship.as_str()),
        &[("disagreement", "relationship_id", "ARC-7")],
    );
    check(note().set("service_task", "20"), &[("service-task-differs", "service_task", "nat 9")]);
    check(
        note().set("case_id", old.case.as_str()),
        &[("old-relationship-takes-old-only", "case_id", "OLD-2")],
    );
    check(
        world.case(&client(1), &world.new_oid()),
        &[("unknown-relationship", "relationship_id", "ARC-7")],
    );
    check(
        world.case(&client(1), &other.relationship),
        &[("relationship-of-another-client", "relationship_id", "ARC-7")],
    );
    // A client of whom nothing is known leaves no trace when refused.
    check(
        world.case(&client(9), &other.relationship),
        &[("relationship-of-another-client", "relationship_id", "ARC-7")],
    );
    // Old documents.
    check(world.old(&dossier), &[("case-not-closed", "case_id", "OLD-5")]);
    check(
        world.case(&client(1), &old.relationship),
        &[("case-not-closed", "structured:/asia_asiakirja/asian_tiedot/tila", "ARC-7")],
    );
    let joint = world
        .closed_case(&client(1), &old.relationship)
        .content("/asia_asiakirja/asian_tiedot/yhteinen_asia", true)
        .content("/asia_asiakirja/asiakas/0/asiaan_liittymishetki", "2024-01-09");
    check(
        joint,
        &[("joint-case", "structured:/asia_asiakirja/asian_tiedot/yhteinen_asia", "REL-4")],
    );
    let another_task = world
        .closed_case(&client(1), &old.relationship)
        .set("service_task", "20")
        .content("/asia_asiakirja/asian_tiedot/palvelutehtava", crate::world::task("20"));
    check(another_task, &[("service-task-differs", "service_task", "OLD-2")]);
    let written_before_2016 = world
        .old(&old)
        .set("written_at", "2015-05-06T12:00:00+03:00")
        .set("created_at", "2015-05-06T12:00:00+03:00");
    check(
        written_before_2016,
        &[
            ("missing-conditional-element", "original_service_task.code", "ARC-2"),
            ("missing-conditional-element", "original_service_task.code_set", "ARC-2"),
        ],
    );
}

/// REL-1, REL-3: what has ended takes nothing new, and there is one relationship at a time.
#[test]
fn an_ended_relationship_and_a_closed_case_take_nothing_new() {
    let world = World::new();
    let person = client(1);
    let relationship = world.relationship(&person);
    world.archive(&relationship);
    let id = relationship.text("relationship_id");
    check(
        &world,
        &world.relationship(&person),
        &[("relationship-exists", "relationship_id", "REL-1")],
    );
    let case = world.case(&person, &id);
    world.archive(&case);
    let dossier = crate::world::Dossier {
        client: person.clone(),
        relationship: id.clone(),
        case: case.text("case_id"),
        relationship_document: relationship.text("document_id"),
        case_document: case.text("document_id"),
    };
    let in_time = world.note(&dossier);
    world.archive(&in_time);
    check(
        &world,
        &world
            .case(&person, &id)
            .set("case_id", dossier.case.as_str())
            .content("/asia_asiakirja/asian_tiedot/asiatunnus/value", dossier.case.as_str()),
        &[("shared-by-versions", "case_id", "REL-2")],
    );
    world.archive(&world.next_version(&case).closed_on("2026-10-31"));
    check(&world, &world.note(&dossier), &[("closed-case", "case_id", "REL-3")]);
    world.archive(&world.next_version(&relationship).ended_on("2026-10-31"));
    check(
        &world,
        &world.note(&dossier),
        &[("closed-case", "case_id", "REL-3"), ("closed-relationship", "case_id", "REL-3")],
    );
    check(
        &world,
        &world.case(&person, &id),
        &[("closed-relationship", "relationship_id", "REL-3")],
    );
    // What was written by the last day, the case as well as the document, may be archived later.
    let early = |draft: Draft| {
        let day = "2026-10-31T12:00:00+02:00";
        draft.set("written_at", day).set("created_at", day)
    };
    world.archive(&early(world.case(&person, &id)));
    world.archive(&early(world.note(&dossier)));
    // What was written in time, and corrections of it, still come.
    let late = world
        .note(&dossier)
        .set("written_at", "2026-10-30T12:00:00+02:00")
        .set("created_at", "2026-10-30T12:00:00+02:00");
    world.archive(&late);
    world.archive(&world.next_version(&in_time));
    // An ended client comes back with a new relationship.
    world.archive(&world.relationship(&person));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-3: versions that do not follow.
#[test]
fn a_new_version_must_follow_the_newest() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let other = world.open_case(&client(2));
    let first = world.note(&dossier);
    let second = world.next_version(&first);
    world.archive(&first);
    world.archive(&second);
    let third = || world.next_version(&second);
    let check = |draft: Draft, expected: &[(&str, &str, &str)]| check(&world, &draft, expected);
    check(
        world.next_version(&first),
        &[
            ("not-the-newest", "replaces.document_id", "ARC-3"),
            ("wrong-value", "version", "nat 3.4"),
        ],
    );
    check(third().set("version", 7), &[("wrong-value", "version", "nat 3.4")]);
    check(
        third().set("replaces.document_id", world.new_oid()),
        &[("unknown-predecessor", "replaces.document_id", "ARC-3")],
    );
    check(
        third().set("set_id", second.text("document_id")),
        &[("shared-by-versions", "set_id", "nat 3.4")],
    );
    check(third().set("set_id", world.new_oid()), &[("shared-by-versions", "set_id", "nat 3.4")]);
    let of_other = world.note(&other);
    check(
        of_other
            .set("set_id", first.text("document_id"))
            .set("version", 3)
            .set("replaces.document_id", second.text("document_id"))
            .set("replaces.reason", "2"),
        &[("shared-by-versions", "client", "nat 3.4")],
    );
    check(
        third().drop("replaces.reason"),
        &[("missing-conditional-element", "replaces.reason", "ARC-2")],
    );
    let mut plain = world.phase_one(&dossier);
    plain = plain
        .set("set_id", first.text("document_id"))
        .set("version", 3)
        .set("replaces.document_id", second.text("document_id"))
        .set("replaces.reason", "2");
    check(plain, &[("shared-by-versions", "group", "nat 3.4")]);
    // An old relationship is never updated.
    let old = world.old_relationship(&client(1));
    world.archive(&old);
    check(
        world.next_version(&old),
        &[("old-relationship-not-updatable", "replaces.document_id", "OLD-2")],
    );
    // The invalidated version is not continued.
    let request =
        varanto_app::archive::InvalidationRequest { reason: "1".into(), explanation: None };
    world.app.invalidate_document(&world.county(), &second.id(), &request).unwrap();
    check(third(), &[("predecessor-invalidated", "replaces.document_id", "ARC-3")]);
}

/// ARC-4: attachments that hang on nothing they may hang on.
#[test]
fn an_attachment_hangs_on_a_main_document_of_the_same_client() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let other = world.open_case(&client(2));
    let (main, foreign) = (world.note(&dossier), world.note(&other));
    world.archive(&main);
    world.archive(&foreign);
    let attachment = world.note(&dossier).set("main_document", main.text("document_id"));
    world.archive(&attachment);
    let of = |id: String| world.note(&dossier).set("main_document", id);
    let check = |draft: Draft, expected: &[(&str, &str, &str)]| check(&world, &draft, expected);
    check(of(world.new_oid()), &[("unknown-main-document", "main_document", "ARC-4")]);
    check(
        of(foreign.text("document_id")),
        &[("main-document-of-another", "main_document", "ARC-4")],
    );
    check(
        of(attachment.text("document_id")),
        &[("attachment-of-attachment", "main_document", "ARC-4")],
    );
}

/// ARC-2: all faults are told at once, wherever they are.
#[test]
fn ten_faults_are_told_at_once() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let mut wrong = dossier.client.code.reveal().to_owned();
    let last = wrong.pop().unwrap();
    wrong.push(if last == 'A' { 'B' } else { 'A' });
    let draft = world
        .case(&dossier.client, &dossier.relationship)
        .drop("language")
        .set("speed", 1)
        .set("client.identity_code", wrong)
        .set("service_task", "99")
        .set("document_id", format!("{NEIGHBOUR}.95.2026.9"))
        .set("set_id", format!("{NEIGHBOUR}.95.2026.9"))
        .set("service_unit.id", NEIGHBOURS_UNIT)
        .set("record_state", "1")
        .content("/asia_asiakirja/lisa", 1)
        .drop_content("/asia_asiakirja/asian_tiedot/tila")
        .view("<div xmlns=\"http://www.w3.org/1999/xhtml\"><script>x()</script></div>");
    check(
        &world,
        &draft,
        &[
            ("missing-element", "language", "ARC-2"),
            ("unknown-element", "speed", "ARC-2"),
            ("identity-code-check", "client.identity_code", "nat 2.4"),
            ("unknown-code", "service_task", "ARC-2"),
            ("oid-not-owned", "document_id", "nat 2.4"),
            ("oid-not-owned", "set_id", "nat 2.4"),
            ("unknown-unit", "service_unit.id", "REG-1"),
            ("wrong-value", "record_state", "ARC-2"),
            ("unknown-element", "structured:/asia_asiakirja/lisa", "1505.2"),
            ("missing-element", "structured:/asia_asiakirja/asian_tiedot/tila", "1505.2 row 14"),
            ("forbidden-markup", "view:/div/script", "ARC-1"),
        ],
    );
}

/// ARC-2, ARC-7: references that do not hold are told beside other faults, as long as their own
/// elements are sound; to one who may not archive into the register they are not told.
#[test]
fn references_are_told_beside_the_faults_of_other_elements() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let nowhere = format!("{COUNTY}.95.2026.999999");
    let note = || {
        world
            .note(&dossier)
            .drop("language")
            .set("case_id", nowhere.as_str())
            .set("main_document", nowhere.as_str())
    };
    let missing = ("missing-element", "language", "ARC-2");
    let case = ("unknown-case", "case_id", "ARC-7");
    let main = ("unknown-main-document", "main_document", "ARC-4");
    check(&world, &note(), &[missing, main, case]);
    check(&world, &note().set("case_id", "x"), &[missing, ("not-an-oid", "case_id", "ARC-2")]);
    check(
        &world,
        &note().set("main_document", "x"),
        &[missing, ("not-an-oid", "main_document", "ARC-2"), case],
    );
    // Whose the case should be is not known without a client.
    check(
        &world,
        &note().drop("client.identity_code"),
        &[
            missing,
            ("missing-conditional-element", "client.identity_code", "ARC-2"),
            ("missing-conditional-element", "client.temporary_id.root", "ARC-2"),
            ("missing-conditional-element", "client.temporary_id.extension", "ARC-2"),
        ],
    );
    let stranger = refused(&world, System::Neighbour, note().submission());
    assert!(stranger.iter().all(|fault| fault.kind != FaultKind::UnknownCase), "{stranger:?}");
}

/// A part is refused although the metadata cannot be read, so that both are mended at once.
#[test]
fn content_is_judged_beside_unreadable_metadata() {
    let world = World::new();
    let submission =
        Submission { metadata: b"nonsense".to_vec(), parts: vec![(Part::Pdf, b"no".to_vec())] };
    let faults = refused(&world, System::County, submission);
    let codes: Vec<&str> = faults.iter().map(Fault::code).collect();
    assert_eq!(codes, ["not-json", "not-pdf"]);
}
