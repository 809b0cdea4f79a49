//! A proposal says what can be seen, and asks the rest.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use varanto_app::Registry;
use varanto_kit::deliveries::SourceSystem;
use varanto_workbench::delivery::Delivery;
use varanto_workbench::mapping;
use varanto_workbench::proposal::{Proposal, Wording, propose};
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

/// A proposal for a folder of these files.
fn of_folder(files: &[(&str, &str)]) -> Proposal {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let delivery = Delivery::open(folder.path()).unwrap();
    let registry = Registry::alone(&[], &[]).unwrap();
    propose(&delivery, "vanha", registry.code_sets(), IN_ENGLISH).unwrap()
}

/// The small files of an index's rows.
const PAPERS: [(&str, &str); 3] = [("1.txt", "yksi"), ("2.txt", "kaksi"), ("3.txt", "kolme")];

fn with_papers(others: &[(&str, &str)]) -> Proposal {
    of_folder(&[&PAPERS[..], others].concat())
}

/// OLD-3, OLD-7: each proposal asks which column tells of an order of non-disclosure, and what each of its words says; and a column
/// that tells of deaths comes before how clients stand.
#[test]
fn orders_and_deaths_are_asked_in_each_proposal() {
    let index = |columns: &str, values: [&str; 3]| {
        let line = |(at, values): (usize, &str)| format!("{};{0}.txt;{values}\n", at + 1);
        let lines: String = values.into_iter().enumerate().map(line).collect();
        with_papers(&[("i.csv", &format!("DOK;TIEDOSTO;{columns}\n{lines}"))]).text
    };
    let text = index("TURVA;TILA;KUOLLUT", ["K;P;1.2.2015", "ei;V;", ";P;"]);
    let question = "which of these words says that there is an order of non-disclosure?";
    assert!(text.replace("\n# ", " ").contains(question), "{text}");
    for line in [
        "\n\"client.non_disclosure\" = { column = \"TURVA\", codes = { K = \"\", ei = \"false\" } }\n",
        "\nclient_state = [{ when = { \"KUOLLUT\" = \"*\" }, constant = \"deceased\" }, { column = \"TILA\", codes = { P = \"\", V = \"\" } }]\n",
    ] {
        let line = line.replace("K = ", "\"K\" = ").replace("ei = ", "\"ei\" = ");
        let line = line.replace("P = \"\"", "\"P\" = \"\"").replace("V = \"\"", "\"V\" = \"\"");
        assert!(text.contains(&line), "{line} in\n{text}");
    }
    let text = index("AVLIDEN;ASNRO;X", ["ja;1;1", "nej;2;2", "nej;3;3"]);
    assert!(text.contains("\n#client_state = [{ when = { \"AVLIDEN\" = [\"ja\", \"nej\"] }, constant = \"\" }, { constant = \"\" }]\n"), "{text}");
    let question = "which column tells of an order of non-disclosure, and by which words?";
    assert!(text.replace("\n# ", " ").contains(question), "{text}");
    assert!(text.contains("\n#\"client.non_disclosure\" = { column = \"\""), "{text}");
    // Whoever does not answer has no mapping file.
    let told =
        mapping::read(&text.replace("#client_state", "client_state")).unwrap_err().to_string();
    assert!(told.contains("client_state"), "{told}");
}

/// OLD-9: an index that does not read is told with the reason, and is no document of a delivery without one.
#[test]
fn an_index_that_does_not_read_is_told() {
    let xml = "<!DOCTYPE v><v><d><id>1</id></d><d><id>2</id></d></v>";
    let found =
        with_papers(&[("index.xml", xml), ("a/b/c/loki.json", "{\"a\": 1}"), ("k.csv", "a;b\n")]);
    let why = |name: &str| {
        let told = found.unread.iter().find(|(file, _)| file == name);
        told.unwrap_or_else(|| panic!("{name} in {:?}", found.unread)).1.clone()
    };
    assert!(why("index.xml").contains("document type"), "{}", why("index.xml"));
    assert!(why("k.csv").contains("no rows"));
    let files = found.index.unwrap();
    assert!(files.contains("1.txt") && !files.contains("index.xml") && !files.contains("k.csv"));
    assert!(found.text.contains("index.xml: byte 12: a document type"), "{}", found.text);
    // Deep in the delivery, and as JSON is exported.
    let list = "{\n \"asiakirjat\": [\n  {\"id\": 1, \"tiedosto\": \"1.txt\"},\n  {\"id\": 2, \"tiedosto\": \"2.txt\"}\n ]\n}";
    let found = with_papers(&[("a/b/c/index.json", list)]);
    assert!(found.text.contains("form = \"json\"\nrow = \"asiakirjat\"\n"), "{}", found.text);
    assert!(found.text.contains("file = { column = \"tiedosto\" }"));
    assert_eq!((found.index, found.unread), (None, vec![]));
}

/// OLD-9: a heading above the table, and a table without columns' names, are seen and asked.
#[test]
fn the_row_of_the_names_is_proposed() {
    for (csv, header, file) in [
        (
            "Vanhat asiakirjat 2017\n\nDOK;TIEDOSTO;LAJI\n1;1.txt;a\n2;2.txt;b\n",
            "header = 3\n",
            "TIEDOSTO",
        ),
        ("Vanhat 2017;;\nDOK;TIEDOSTO;LAJI\n1;1.txt;a\n2;2.txt;b\n", "header = 2\n", "TIEDOSTO"),
        ("1;1.txt;090960-9229\n2;2.txt;090960-9229\n3;3.txt;\n", "header = 0\n", "2"),
    ] {
        let found = with_papers(&[("i.csv", csv)]).text;
        assert!(found.contains(header), "{found}");
        assert!(found.contains(&format!("file = {{ column = \"{file}\" }}")), "{found}");
        assert!(!found.contains("090960"), "nobody's code stands in it");
    }
}

/// OLD-9: however many texts look like tables, one of them is in memory; what the index names is a document, and none.
#[test]
fn texts_that_look_like_tables_take_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = "DOK;TIEDOSTO\n".to_owned();
    for number in 0..3000 {
        let words: Vec<String> = (0..150).map(|at| format!("sana{number}x{at}")).collect();
        let words = words.join(", ");
        std::fs::write(
            folder.path().join(format!("{number}.txt")),
            format!("Hei, sinä,\nkoti, työ\n{words}\n"),
        )
        .unwrap();
        writeln!(index, "{number};{number}.txt").unwrap();
    }
    let delivery = Delivery::open(folder.path()).unwrap();
    let registry = Registry::alone(&[], &[]).unwrap();
    let proposed =
        |delivery: &Delivery| propose(delivery, "vanha", registry.code_sets(), IN_ENGLISH).unwrap();
    let before = peak();
    let found = proposed(&delivery);
    assert!(found.index.is_some(), "letters are no index");
    std::fs::write(folder.path().join("i.csv"), index).unwrap();
    let delivery = Delivery::open(folder.path()).unwrap();
    let found = proposed(&delivery).text;
    assert!(
        found.contains("file = \"i.csv\"") && !found.contains("They look like tables"),
        "{found}"
    );
    let grown = peak() - before;
    assert!(grown < 24 * 1024, "{grown} kB");
}

/// The most memory that this process had, in kilobytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
