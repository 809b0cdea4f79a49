//! A rehearsal finds every fault that was planted, and invents none.

use std::collections::BTreeSet;

use varanto_kit::deliveries::SourceSystem;
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
