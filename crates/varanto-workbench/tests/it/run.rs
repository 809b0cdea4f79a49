//! A run archives what is sound, once, however often it is broken off.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use varanto_app::Registry;
use varanto_kit::deliveries::SourceSystem;
use varanto_workbench::delivery::Delivery;
use varanto_workbench::door::Door;
use varanto_workbench::run::{Done, Run, RunError};
use varanto_workbench::work::{State, Work};

use crate::archive::{Archive, Unsigned};
use crate::world::{World, faults, told};

const DOCUMENTS: u32 = 250;

fn run(
    world: &World,
    work: &mut Work,
    doors: Vec<Box<dyn Door>>,
    stop: &AtomicBool,
) -> Result<Done, RunError> {
    let delivery = Delivery::open(&world.place()).unwrap();
    let registry = Registry::alone(&[], &[]).unwrap();
    let run = Run {
        delivery: &delivery,
        mapping: &world.mapping,
        registry: &registry,
        signer: &Unsigned,
        most_each_second: None,
        stop,
        progress: &|_| {},
    };
    run.run(work, doors)
}

fn archives_what_is_sound(system: SourceSystem) {
    let world = World::new(system, DOCUMENTS);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let before = archive.versions();
    let (sound, dossiers) = (work.count(State::Sound).unwrap(), work.dossiers().unwrap());
    let earlier = faults(&world.batch());
    let stop = AtomicBool::new(false);
    let done = run(&world, &mut work, vec![archive.door(), archive.door()], &stop).unwrap();
    let anew: Vec<u64> =
        faults(&world.batch()).difference(&earlier).map(|(place, _)| *place).collect();
    assert_eq!(done.refused, 0, "{}", told(&world.batch(), &anew));
    assert_eq!(done.archived, sound);
    assert_eq!(archive.versions() - before, sound + dossiers);
    assert!(sound > u64::from(DOCUMENTS) * 8 / 10 && dossiers > 20, "{sound} {dossiers}");
    // A second run has nothing to do, and adds nothing.
    let again = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    assert_eq!((again.archived, again.refused), (0, 0));
    assert_eq!(archive.versions() - before, sound + dossiers);
}

/// OLD-1 to OLD-5, OLD-9: what is sound of the oldest system's delivery is archived with its cases and relationships.
#[test]
fn what_is_sound_of_the_oldest_system_is_archived() {
    archives_what_is_sound(SourceSystem::Aamu);
}

/// OLD-6: what three owners wrote is archived in the register of the one who has it now.
#[test]
fn what_is_sound_of_the_system_with_three_owners_is_archived() {
    archives_what_is_sound(SourceSystem::Kaisla);
}

/// OLD-9: a run that is cut off again and again, each time with an answer on its way, archives the same as one that
/// is not.
#[test]
fn a_run_that_is_cut_off_archives_nothing_twice_and_loses_nothing() {
    let world = World::new(SourceSystem::Portti, DOCUMENTS);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let before = archive.versions();
    let (sound, dossiers) = (work.count(State::Sound).unwrap(), work.dossiers().unwrap());
    for cut in 0..6 {
        let stop = Arc::new(AtomicBool::new(false));
        let doors = vec![archive.door_that_ends_after(7 * cut, &stop), archive.door()];
        let ended = run(&world, &mut work, doors, &stop);
        assert!(matches!(ended, Err(RunError::NoAnswer(_))), "{ended:?}");
    }
    // The work file itself is lost with all that was noted in it: everything is handed in again.
    drop(work);
    std::fs::remove_dir_all(world.batch()).unwrap();
    let mut work = world.rehearse();
    let done =
        run(&world, &mut work, vec![archive.door(), archive.door()], &AtomicBool::new(false)).unwrap();
    assert_eq!((done.archived, done.refused), (sound, 0));
    assert_eq!(archive.versions() - before, sound + dossiers);
}
