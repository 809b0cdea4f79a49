//! The deployment test goes through with an archive that keeps the rules, and says why where it does not.

use varanto_app::Registry;
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::time::FinnishDay;
use varanto_kit::deliveries::SourceSystem;
use varanto_workbench::deployment_test::{CannotTest, Step, Trial, run};

use crate::archive::{Archive, Unsigned};
use crate::world::{World, now};

fn trial(world: &World) -> Trial {
    let own = &world.county.organisations()[0];
    Trial {
        node: own.id.child("11.2026").unwrap(),
        controller: (own.id.clone(), own.name.clone()),
        unit: (own.operating_unit.clone(), own.name.clone()),
        client: PersonalIdentityCode::compose(FinnishDay::new(1990, 1, 1).unwrap(), 900).unwrap(),
        now: now(),
    }
}

/// OLD-10: the test case of old-data archiving goes through step by step, leaves no document in force, and can be made
/// again.
#[test]
fn the_deployment_test_goes_through() {
    let world = World::new(SourceSystem::Portti, 5);
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let registry = Registry::alone(&[], &[]).unwrap();
    let mut trial = trial(&world);
    for hour in 0..2 {
        trial.now = now().plus_millis(-hour * 3_600_000);
        let outcomes = run(&trial, &registry, &Unsigned, &mut *archive.door()).unwrap();
        assert_eq!(outcomes.len(), Step::ALL.len());
        let failed: Vec<_> = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).collect();
        assert!(failed.is_empty(), "{failed:?}");
    }
}

/// OLD-10: a step that fails says why, and what hangs on it fails with it; the others are tried all the same.
#[test]
fn a_step_that_fails_says_why() {
    let world = World::new(SourceSystem::Portti, 5);
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let registry = Registry::alone(&[], &[]).unwrap();
    let mut trial = trial(&world);
    trial.unit.0 = Oid::parse("1.2.246.10.99999999.10.0").unwrap();
    let outcomes = run(&trial, &registry, &Unsigned, &mut *archive.door()).unwrap();
    let why = |step: Step| {
        let (_, outcome) = outcomes.iter().find(|(one, _)| *one == step).unwrap();
        outcome.clone().err().unwrap_or_default()
    };
    assert!(why(Step::Relationship).contains("operating_unit"), "{outcomes:?}");
    assert!(why(Step::ReadBack).contains("earlier"), "{outcomes:?}");
    assert_eq!(why(Step::Door), "");
}

/// OLD-10: no deployment test is made with a real person.
#[test]
fn a_real_person_is_no_test_person() {
    let world = World::new(SourceSystem::Portti, 5);
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let registry = Registry::alone(&[], &[]).unwrap();
    let mut trial = trial(&world);
    trial.client =
        PersonalIdentityCode::compose(FinnishDay::new(1890, 1, 1).unwrap(), 100).unwrap();
    let told = run(&trial, &registry, &Unsigned, &mut *archive.door());
    assert!(matches!(told, Err(CannotTest::NoTestPerson)));
}
