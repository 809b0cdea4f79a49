//! A rehearsal finds every fault that was planted, and invents none.

use std::collections::BTreeSet;

use varanto_kit::deliveries::SourceSystem;
use varanto_workbench::kind::Kind;
use varanto_workbench::report::{OfKind, Report, Way};
use varanto_workbench::work::State;

use crate::world::{World, faults, size, told};

fn finds_what_was_planted(system: SourceSystem) {
    let world = World::new(system, size());
    let work = world.rehearse();
    let planted: BTreeSet<(u64, String)> =
        world.delivered.planted.iter().map(|one| (one.place, one.code.to_owned())).collect();
    let found = faults(&world.batch());
    let missed: Vec<_> = planted.difference(&found).collect();
    let invented: Vec<_> = found.difference(&planted).collect();
    let places: Vec<u64> = invented.iter().map(|(place, _)| *place).collect();
    let told = told(&world.batch(), &places);
    let some = |list: &[&(u64, String)]| format!("{} {:?}", list.len(), &list[..list.len().min(9)]);
    assert!(
        missed.is_empty() && invented.is_empty(),
        "missed {}\ninvented {}\n{told}",
        some(&missed),
        some(&invented)
    );
    assert!(!planted.is_empty(), "nothing was planted");
    let count = |state| work.count(state).unwrap();
    let rows: BTreeSet<u64> = planted.iter().map(|(place, _)| *place).collect();
    assert_eq!(count(State::Faulty), rows.len() as u64);
    assert_eq!(count(State::Sound) + count(State::Faulty), world.delivered.rows);
}

/// OLD-9: the oldest system: a table in code page 850, days in five forms, clients in another table.
#[test]
fn every_fault_of_the_oldest_system_is_found_and_none_invented() {
    finds_what_was_planted(SourceSystem::Aamu);
}

/// OLD-9, OLD-6: a zip archive with an XML index, and three owners of the register one after another.
#[test]
fn every_fault_of_the_system_with_three_owners_is_found_and_none_invented() {
    finds_what_was_planted(SourceSystem::Kaisla);
}

/// OLD-9: JSON lines in UTF-16, equal names in many folders, one client under two codes.
#[test]
fn every_fault_of_the_system_with_equal_names_is_found_and_none_invented() {
    finds_what_was_planted(SourceSystem::Portti);
}

/// OLD-9: what is converted is counted by kind with what it becomes and how long a file took; of what wants to be
/// converted and is not chosen it is said what it would take, as it was measured or else as it is assumed.
#[test]
fn what_is_converted_is_estimated_by_kind() {
    let mut world = World::new(SourceSystem::Aamu, 150);
    let found = |world: &World, kind: Kind, way: Way| -> Option<OfKind> {
        let report = Report::of(&world.rehearse()).unwrap();
        let files: u64 = report
            .files
            .iter()
            .filter(|one| one.way != Way::WantsConversion)
            .map(|one| one.documents)
            .sum();
        assert_eq!(files, report.count(State::Sound), "every sound document has a file");
        report.files.into_iter().find(|one| one.kind == kind && one.way == way)
    };
    let texts = found(&world, Kind::Text, Way::Converted).unwrap();
    let (each, measured) = texts.each.unwrap();
    assert!(measured && each.as_secs() < 1 && texts.documents > 5, "{texts:?}");
    assert!(texts.archived_bytes > texts.bytes, "a page has more signs than a text: {texts:?}");
    let ready = found(&world, Kind::Pdf, Way::Ready).unwrap();
    assert_eq!((ready.each, ready.archived_bytes), (None, ready.bytes));
    let text = std::fs::read_to_string(world.folder.path().join("mapping.toml")).unwrap();
    let text = text.replace("\"text\", ", "");
    world.mapping = varanto_workbench::mapping::read(&text).unwrap();
    let wanting = found(&world, Kind::Text, Way::WantsConversion).unwrap();
    assert_eq!(wanting.each, Some((each, true)), "it was measured here before");
    assert_eq!((wanting.documents, wanting.archived_bytes), (texts.documents, 0));
    std::fs::remove_dir_all(world.batch()).unwrap();
    let assumed = found(&world, Kind::Text, Way::WantsConversion).unwrap();
    assert!(!assumed.each.unwrap().1, "{assumed:?}");
    assert_eq!(found(&world, Kind::Doc, Way::WantsConversion), None, "nothing converts it");
}

/// A delivery of the oldest system, changed by hand.
fn spoilt(index: &dyn Fn(String) -> String, clients: &dyn Fn(String) -> String) -> World {
    let world = World::new(SourceSystem::Aamu, 30);
    for (name, change) in [("ASIAKIRJAT.CSV", index), ("ASIAKKAAT.CSV", clients)] {
        let path = world.place().join(name);
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        std::fs::write(&path, change(text)).unwrap();
    }
    world
}

/// OLD-9: a client of whom the table beside has no row, or two that differ, gets no documents of anybody.
#[test]
fn a_client_that_the_table_beside_does_not_tell_alike_is_a_fault() {
    let same = |text: String| text;
    let first = |text: &str| text.lines().nth(1).unwrap().to_owned();
    for (change, code) in [
        (
            &(|text: String| text.replace(&first(&text), "")) as &dyn Fn(String) -> String,
            "no-row-beside",
        ),
        (
            &|text: String| {
                let line = first(&text);
                let (number, _) = line.split_once(';').unwrap();
                format!("{text}{number};TOINEN HENKILO;P;\r\n")
            },
            "rows-beside-differ",
        ),
    ] {
        let world = spoilt(&same, change);
        let work = world.rehearse();
        let found = faults(&world.batch());
        assert!(found.iter().any(|(_, told)| told == code), "{code} in {found:?}");
        let faulty = work.count(State::Faulty).unwrap();
        assert!(faulty >= found.iter().filter(|(_, told)| told == code).count() as u64);
    }
    // The same row twice says the same.
    let twice = |text: String| {
        let line = first(&text);
        format!("{text}{line}\r\n")
    };
    let world = spoilt(&same, &twice);
    world.rehearse();
    assert!(!faults(&world.batch()).iter().any(|(_, code)| code == "rows-beside-differ"));
}

/// OLD-9: a table beside that hides rows would give a client's documents as nobody's, or as those of one who is alive.
#[test]
fn a_table_beside_that_does_not_read_ends_the_rehearsal() {
    let world = spoilt(&|text| text, &|text| text.replacen("\r\n", "\r\n\"", 2));
    let told = world.try_rehearse().err().unwrap().to_string();
    assert!(told.contains("ASIAKKAAT.CSV"), "{told}");
    assert!(told.contains("line 2 begins") && told.contains("line 3 begins"), "{told}");
    assert!(told.contains("quotation mark"), "{told}");
}

/// OLD-8: a row whose retention class is not understood is faulty, and not left out as something that is kept for a
/// time alone.
#[test]
fn a_row_with_faults_is_never_left_out_by_choice() {
    let mut world = World::new(SourceSystem::Portti, 60);
    let text = std::fs::read_to_string(world.folder.path().join("mapping.toml")).unwrap();
    let text = text
        .replace("[convert]", "kept_elsewhere = \"paperiarkisto\"\n\n[bring]\notherwise = \"permanent-and-sample\"\n\n[convert]")
        + "retention_class = { column = \"laji\", codes = { \"Hakemus\" = \"2\" } }\n";
    world.mapping = varanto_workbench::mapping::read(&text).unwrap();
    let work = world.rehearse();
    let left_out = work.count(State::LeftOut).unwrap();
    assert!(left_out > 0 && work.count(State::Faulty).unwrap() > left_out, "{left_out}");
    assert_eq!(
        work.count(State::Sound).unwrap() + left_out + work.count(State::Faulty).unwrap(),
        60
    );
}

/// OLD-9: a column that no row has is told before anything is made without it.
#[test]
fn a_column_that_is_nowhere_is_told() {
    for system in SourceSystem::ALL {
        let mut world = World::new(system, 20);
        let text = std::fs::read_to_string(world.folder.path().join("mapping.toml")).unwrap();
        let text = format!("{text}retention_class = {{ column = \"sailytys.luokkka\" }}\n");
        world.mapping = varanto_workbench::mapping::read(&text).unwrap();
        let told = world.try_rehearse().unwrap_err().to_string();
        assert!(told.contains("sailytys.luokkka"), "{told}");
    }
}
