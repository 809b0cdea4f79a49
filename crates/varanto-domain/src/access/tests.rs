use super::*;

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn system(functions: &[Function]) -> Caller {
    Caller {
        who: Who::System { id: "county-system".into(), certificate: "00".into() },
        organisation: oid("1.2.246.10.99999991.10.0"),
        registers: vec![oid("1.2.246.10.99999991.19.0")],
        functions: functions.to_vec(),
    }
}

fn version(controller: &str, state: VersionState) -> VersionFacts {
    VersionFacts {
        version: VersionKey(7),
        client: ClientKey(3),
        controller: oid(controller),
        state,
    }
}

const OWN: &str = "1.2.246.10.99999991.19.0";
const OTHER: &str = "1.2.246.10.99999992.19.0";

/// ACC-2, ARC-3, JOI-4: reading needs the function, the own register, and a version in normal use.
#[test]
fn a_system_reads_what_its_own_registers_hold() {
    use Function::{ArchiveStructured as Archive, Invalidate, Read};
    use VersionState::{InForce, Invalidated, Replaced};
    let check = |functions: &[Function], controller, state, purpose, expected: Result<(), &str>| {
        let answer = may_read(&system(functions), &version(controller, state), purpose);
        assert_eq!(answer.map(|_| ()).map_err(Denial::code), expected);
    };
    check(&[Read], OWN, InForce, Purpose::Read, Ok(()));
    check(&[Read], OWN, Replaced, Purpose::Read, Ok(()));
    check(&[Read], OWN, Invalidated, Purpose::Read, Err("version-invalidated"));
    check(&[Read], OWN, Invalidated, Purpose::ReadInvalidated, Err("version-invalidated"));
    check(&[Read, Invalidate], OWN, Invalidated, Purpose::ReadInvalidated, Ok(()));
    check(&[Read, Invalidate], OWN, Invalidated, Purpose::Read, Err("version-invalidated"));
    check(&[Read], OTHER, InForce, Purpose::Read, Err("another-register"));
    check(&[Read], OTHER, Invalidated, Purpose::ReadInvalidated, Err("another-register"));
    check(&[Archive], OWN, InForce, Purpose::Read, Err("not-certified"));
    check(&[], OTHER, InForce, Purpose::Read, Err("not-certified"));
}

/// ACC-1: the weaker login is for recording; it opens, finds and invalidates nothing, whatever the
/// role allows.
#[test]
fn a_weak_login_records_and_is_shown_nothing() {
    let person = |strong, functions: &[Function]| Caller {
        who: Who::Person {
            subject: "aino".into(),
            registration_number: None,
            role: "archivist".into(),
            unit: None,
            strong,
        },
        ..system(functions)
    };
    let every = Function::ALL;
    let facts = version(OWN, VersionState::InForce);
    let check = |strong, functions: &[Function], expected: Result<(), &str>| {
        let caller = person(strong, functions);
        let told = |answer: Result<(), Denial>| answer.map_err(Denial::code);
        assert_eq!(told(may_look(&caller)), expected);
        assert_eq!(told(may_read(&caller, &facts, Purpose::Read).map(|_| ())), expected);
        assert_eq!(told(may_invalidate(&caller, &facts).map(|_| ())), expected);
    };
    check(true, &every, Ok(()));
    check(false, &every, Err("weak-login"));
    check(false, &[], Err("weak-login"));
    check(true, &[], Err("not-certified"));

    let recorded = may_archive(&person(false, &every), &oid(OWN), DocumentGroup::LaterPhase);
    assert_eq!(recorded.map(|_| ()), Ok(()));
}

/// JOI-4, OLD-1: old documents need a certification of their own.
#[test]
fn a_system_archives_what_it_is_certified_for_into_its_own_registers() {
    use DocumentGroup::{Case, LaterPhase, Old, PhaseOne};
    use Function::{
        ArchiveOldDocuments as ArchiveOld, ArchivePhaseOne, ArchiveStructured as Archive,
    };
    let check = |functions: &[Function], controller, group, expected: Result<(), &str>| {
        let answer = may_archive(&system(functions), &oid(controller), group);
        assert_eq!(answer.map(|_| ()).map_err(Denial::code), expected);
    };
    check(&[Archive], OWN, LaterPhase, Ok(()));
    check(&[Archive], OWN, Old, Err("not-certified"));
    check(&[ArchiveOld], OWN, Old, Ok(()));
    check(&[ArchiveOld], OWN, LaterPhase, Err("not-certified"));
    check(&[ArchiveOld], OWN, Case, Ok(()));
    check(&[ArchivePhaseOne], OWN, PhaseOne, Ok(()));
    check(&[Archive], OWN, PhaseOne, Err("not-certified"));
    check(&[Archive], OTHER, LaterPhase, Err("another-register"));
}
