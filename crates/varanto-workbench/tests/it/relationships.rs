//! Active relationships that no source knows are looked up in the archive.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use varanto_kit::deliveries::SourceSystem;
use varanto_workbench::relationships::look_up;
use varanto_workbench::run::RunError;
use varanto_workbench::work::{State, Work};

use crate::archive::Archive;
use crate::world::{World, faults};

/// OLD-5: before it is looked up, each row of an active client is told; broken off, a look-up keeps what was answered, and the
/// next one asks for the others alone. Then each row has the relationship that the archive knows.
#[test]
fn an_active_relationship_is_looked_up_once() {
    let world = World::whole(SourceSystem::Kaisla, 300);
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let work = world.rehearse_alone().unwrap();
    let active: BTreeSet<(u64, String)> = world
        .delivered
        .said
        .iter()
        .filter(|said| said.relationship.is_some())
        .map(|said| (said.place, "missing-element".to_owned()))
        .collect();
    assert!(!active.is_empty());
    assert_eq!(faults(&world.batch()), active, "each of them is told, and no other row");
    let stop = AtomicBool::new(false);
    let ask = |work: &Work, door: &mut dyn varanto_workbench::door::Door, anew| {
        look_up(work, door, anew, &stop, &mut |_, _| {})
    };
    let shut = ask(&work, &mut *archive.door_that_shuts_after(1), false);
    assert!(matches!(shut, Err(RunError::Shut(_))), "{shut:?}");
    let clients: BTreeSet<&str> = world
        .delivered
        .said
        .iter()
        .filter(|said| said.relationship.is_some())
        .map(|said| said.code.as_str())
        .collect();
    assert!(clients.len() > 1, "{clients:?}");
    let others = u32::try_from(clients.len()).unwrap() - 1;
    let told = ask(&work, &mut *archive.door_that_shuts_after(others), false).unwrap();
    assert!(told.is_whole(), "{told:?}");
    assert_eq!(told.found, clients.len() as u64);
    // Nobody is asked for twice, unless that is said.
    assert_eq!(ask(&work, &mut *archive.door_that_shuts_after(0), false).unwrap(), told);
    assert!(ask(&work, &mut *archive.door_that_shuts_after(0), true).is_err());
    // What was told before is still known.
    assert_eq!(ask(&work, &mut *archive.door_that_shuts_after(0), false).unwrap(), told);
    assert_eq!(ask(&work, &mut *archive.door(), true).unwrap(), told);
    drop(work);
    let work = world.rehearse_alone().unwrap();
    assert_eq!(work.count(State::Faulty).unwrap(), 0);
    let looked_up = rusqlite::Connection::open(world.batch().join("work.sqlite")).unwrap();
    for said in &world.delivered.said {
        let sql = "SELECT said ->> '$.relationship_id' FROM item WHERE place = ?";
        let found: Option<String> =
            looked_up.query_row(sql, [said.place.cast_signed()], |row| row.get(0)).unwrap();
        assert_eq!(found, said.relationship, "row {}", said.place);
    }
}

/// OLD-5: of whom the archive has no active relationship, or several, each row tells it.
#[test]
fn who_has_not_one_active_relationship_is_told_by_row() {
    let world = World::whole(SourceSystem::Kaisla, 60);
    let empty = Archive::without_relationships(&world.county, &world.folder.path().join("empty"));
    let work = world.rehearse_alone().unwrap();
    let missing = faults(&world.batch());
    let stop = AtomicBool::new(false);
    let told = look_up(&work, &mut *empty.door(), false, &stop, &mut |_, _| {}).unwrap();
    assert!(told.none > 0 && told.found == 0 && !told.is_whole(), "{told:?}");
    drop(work);
    world.rehearse_alone().unwrap();
    let found = faults(&world.batch());
    let same = missing.iter().map(|(place, _)| (*place, "not-one-relationship".to_owned()));
    assert_eq!(found, same.collect());
}
