//! A proposal says what can be seen, and asks the rest.

use std::collections::BTreeSet;

use varanto_app::Registry;
use varanto_kit::deliveries::SourceSystem;
use varanto_workbench::delivery::Delivery;
use varanto_workbench::mapping;
use varanto_workbench::proposal::{Wording, propose};
use varanto_workbench::work::State;

use crate::world::{World, faults};

/// As the proposal itself speaks.
pub(crate) const IN_ENGLISH: Wording<'static> =
    Wording { say: &|words| words.to_owned(), swedish: false };

fn proposed(world: &World) -> String {
    let delivery = Delivery::open(&world.place()).unwrap();
    let registry = Registry::alone(&[], &[]).unwrap();
    let proposal = propose(&delivery, "vanha", registry.code_sets(), IN_ENGLISH).unwrap();
    assert_eq!(proposal.questions, proposal.text.matches("# QUESTION:").count());
    // It reads as it is, but for what it asks; and holds nobody's identity code.
    let asked = mapping::read(&proposal.text).unwrap_err().to_string();
    assert!(asked.contains("node") || asked.contains("created_at"), "{asked}");
    assert!(!proposal.text.contains(world.county.client(0).code.reveal()));
    proposal.text
}

/// OLD-7, OLD-9: of each system the index, the file, the client and the day are found.
#[test]
fn what_can_be_seen_of_a_delivery_is_proposed() {
    for (system, lines) in [
        (
            SourceSystem::Aamu,
            &[
                "file = \"ASIAKIRJAT.CSV\"",
                "encoding = \"cp850\"",
                "[beside.asiakkaat]",
                "#checked_by_two = true",
                "#kept_elsewhere = \"\"",
                "#  { when = { LUOKITUS = [\"1989\"] }, column = \"REKISTERI\"",
                "key = \"ASNRO\"",
                "document = { column = \"DOKNRO\" }",
                "file = { column = \"TIEDOSTO\" }",
                "\"client.identity_code\" = { column = \"HETU\" }",
                "written_at = { column = \"PVM\", day = [",
                "main_document = { column = \"PAAASIAKIRJA\" }",
                "\"client.given_names\" = { column = \"asiakkaat.NIMI\", take = \"rest\" }",
            ][..],
        ),
        (
            SourceSystem::Kaisla,
            &[
                "form = \"xml\"",
                "row = \"asiakirja\"",
                "encoding = \"utf-8\"",
                "document = { column = \"@tunnus\" }",
                "\"client.identity_code\" = { column = \"asiakas/hetu\" }",
                "\"client.family_name\" = { column = \"asiakas/sukunimi\" }",
                "written_at = { column = \"laadittu\", day = [\"%Y-%m-%d\"] }",
                "\"paattynyt\" = \"ended\"",
            ],
        ),
        (
            SourceSystem::Portti,
            &[
                "form = \"jsonl\"",
                "encoding = \"utf-16le\"",
                "file = { column = \"tiedosto\" }",
                "\"client.identity_code\" = { column = \"asiakas.tunnus\" }",
                "client = { column = \"asiakas.numero\" }",
                "\"Suunnitelma\" = \"15\"",
                "service_task = { column = \"rekisteri\"",
                "#  { when = { written_at = { before = \"2011-01-01\" } }, column = \"rekisteri\", codes = { \"ELATUS\" = \"\",",
                "#  { when = { written_at = { from = \"2011-01-01\", before = \"2016-03-01\" } }, column = \"rekisteri\",",
            ],
        ),
    ] {
        let text = proposed(&World::new(system, 300));
        for line in lines {
            assert!(text.contains(line), "{line} in\n{text}");
        }
    }
}

/// OLD-7, OLD-9: a proposal whose questions are answered finds the same faults as the mapping file of the system.
#[test]
fn a_proposal_with_its_questions_answered_is_a_mapping_file() {
    let mut world = World::new(SourceSystem::Aamu, 400);
    world.rehearse();
    let known: BTreeSet<u64> = faults(&world.batch()).into_iter().map(|(place, _)| place).collect();
    let whole = std::fs::read_to_string(world.folder.path().join("mapping.toml")).unwrap();
    let line = |start: &str| {
        whole
            .lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_else(|| panic!("{start}"))
            .to_owned()
    };
    let mut text = proposed(&world);
    for (question, answer) in [
        ("#created_at", line("created_at")),
        ("#node", line("node")),
        ("#joined_on", line("joined_on")),
        ("#\"controller.id\"", line("\"controller.id\"")),
        ("#\"controller.name\"", line("\"controller.name\"")),
        ("#\"operating_unit.id\"", line("\"operating_unit.id\"")),
        ("#\"operating_unit.name\"", line("\"operating_unit.name\"")),
        ("service_task = ", line("service_task = ")),
        ("general_type = ", line("general_type = ")),
        ("client_state = ", line("client_state = ").replace("asiakas.TILA", "asiakkaat.TILA")),
    ] {
        let asked = text.lines().find(|line| line.starts_with(question));
        let asked = asked.unwrap_or_else(|| panic!("{question} in\n{text}")).to_owned();
        text = text.replace(&asked, &answer);
    }
    let original = &whole[whole.find("original_service_task = [").unwrap()..];
    let original = &original[..original.find("\n]\n").unwrap() + 3];
    let asked =
        text.lines().find(|line| line.starts_with("#original_service_task")).unwrap().to_owned();
    text = text.replace(&asked, original);
    world.mapping = mapping::read(&text).unwrap();
    let work = world.rehearse();
    let found: BTreeSet<u64> = faults(&world.batch()).into_iter().map(|(place, _)| place).collect();
    assert_eq!(found, known, "{text}");
    assert!(work.count(State::Sound).unwrap() > 300);
}
