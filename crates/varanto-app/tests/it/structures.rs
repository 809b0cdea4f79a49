//! The registry of structures: what may be loaded, withdrawn and taken into use again.

use varanto_app::StructureState;
use varanto_app::administer::LoadError;
use varanto_domain::structures::Structure;
use varanto_formats::national_schema;

use crate::world::{World, oid, structure_of};

/// ARC-5, REG-3: a withdrawn structure comes back on purpose alone, and what was published under an
/// OID stays as it was.
#[test]
fn a_structure_stays_withdrawn_and_as_it_was_published() {
    let world = World::new();
    let new = Structure {
        oid: oid("1.2.246.537.6.1506.19005.2026.12.1"),
        ..structure_of("1506.19005").clone()
    };
    let printed = |structure: &Structure| national_schema::write(structure).into_bytes();
    let load = |structures: &[&Structure]| {
        let files = structures.iter().map(|structure| printed(structure)).collect();
        match world.app.load_structures(files) {
            Ok(loaded) => Ok(loaded.len()),
            Err(bad) => match &bad[0].1 {
                LoadError::Faults(faults) => Err(faults[0].code()),
                other => panic!("{other:?}"),
            },
        }
    };
    let state = || world.app.registry().structure(&new.oid).map(|entry| entry.state);
    let mut other = new.clone();
    other.title.fi.push('x');

    assert_eq!(load(&[&new, &other]), Err("structure-published"));
    assert_eq!(state(), None);
    assert_eq!(load(&[&new]), Ok(1));
    assert_eq!(load(&[&new]), Ok(1));
    assert_eq!(load(&[&other]), Err("structure-published"));
    assert!(world.app.withdraw_structure(&new.oid).unwrap());
    assert_eq!(load(&[&new]), Err("structure-withdrawn"));
    assert_eq!(state(), Some(StructureState::Withdrawn));
    assert!(world.app.reinstate_structure(&new.oid).unwrap());
    assert_eq!(state(), Some(StructureState::Ready));
    assert!(!world.app.reinstate_structure(&new.oid).unwrap());
    assert_eq!(load(&[&new]), Ok(1));

    // The official file takes the place of our own table, once.
    let ours = structure_of("1506.15007");
    let mut official = ours.clone();
    official.title.fi.push('x');
    assert_eq!(load(&[ours]), Ok(1));
    assert_eq!(load(&[&official]), Ok(1));
    assert_eq!(load(&[ours]), Err("structure-published"));
}
