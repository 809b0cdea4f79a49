use super::*;
use proptest::prelude::*;

const COUNTY: &str = "1.2.246.10.32213561";
const CARE_LTD: &str = "1.2.246.10.1234567";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

fn names(fi: &str) -> Names {
    Names { fi: fi.to_owned(), sv: None }
}

fn since_2023() -> Validity {
    Validity { first: day("2023-01-01"), last: None }
}

fn organisation(text: &str, kind: OrganisationKind) -> Organisation {
    Organisation {
        oid: oid(text),
        names: names("Lakeuden hyvinvointialue"),
        kind,
        parent: None,
        validity: since_2023(),
        nodes: Vec::new(),
        controller: true,
        sector: Sector::SocialWelfare,
        wide_register_use: false,
        disclosure: None,
        keeps_wills: false,
    }
}

fn unit(text: &str, organisation: &str, parent: Option<&str>) -> Unit {
    Unit {
        oid: oid(text),
        kind: UnitKind::ServiceUnit,
        organisation: oid(organisation),
        parent: parent.map(oid),
        names: names("Lapsiperheiden sosiaalityö"),
        validity: since_2023(),
    }
}

fn system(id: &str, organisations: &[&str], common_name: &str) -> System {
    System {
        id: id.to_owned(),
        names: names("Asiakastietojärjestelmä"),
        organisations: organisations.iter().map(|one| oid(one)).collect(),
        certificates: CertificateBinding {
            common_names: vec![common_name.to_owned()],
            ..CertificateBinding::default()
        },
        certification: vec![CertifiedFunction {
            function: Function::ArchiveStructured,
            validity: Validity { first: day("2024-01-01"), last: Some(day("2026-12-31")) },
        }],
        validity: since_2023(),
    }
}

fn county() -> RegisterEntries {
    RegisterEntries {
        organisations: vec![
            organisation(COUNTY, OrganisationKind::Public),
            organisation(CARE_LTD, OrganisationKind::Private),
        ],
        units: vec![
            unit("1.2.246.10.32213561.10.0", COUNTY, None),
            unit("1.2.246.10.32213561.10.7", COUNTY, Some("1.2.246.10.32213561.10.0")),
            unit("1.2.246.10.32213561.10.71", COUNTY, Some("1.2.246.10.32213561.10.7")),
            unit("1.2.246.10.1234567.10.1", CARE_LTD, None),
        ],
        systems: vec![system("kunto", &[COUNTY], "kunto.example")],
    }
}

/// The faults of `entries`, as code and place.
fn faults(entries: RegisterEntries) -> Vec<(String, String)> {
    let faults = Registers::new(entries).err().unwrap_or_default();
    faults.into_iter().map(|fault| (fault.code().to_owned(), fault.element)).collect()
}

fn expect(change: impl FnOnce(&mut RegisterEntries), expected: &[(&str, &str)]) {
    let mut entries = county();
    change(&mut entries);
    let found = faults(entries);
    let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_unit_is_found_with_its_line_and_its_organisation() {
    let registers = Registers::new(county()).unwrap();
    let deepest = oid("1.2.246.10.32213561.10.71");
    let line: Vec<&str> =
        registers.line_of_unit(&deepest).iter().map(|unit| unit.oid.as_str()).collect();
    assert_eq!(
        line,
        ["1.2.246.10.32213561.10.71", "1.2.246.10.32213561.10.7", "1.2.246.10.32213561.10.0"]
    );
    assert_eq!(registers.organisation_of(&deepest).unwrap().oid, oid(COUNTY));
    assert_eq!(registers.organisation_of(&oid("1.2.3")), None);
}

#[test]
fn an_entry_is_valid_from_its_first_day_to_its_last() {
    let mut entries = county();
    entries.units[1].validity.last = Some(day("2025-06-30"));
    let registers = Registers::new(entries).unwrap();
    let valid = |on: &str| registers.is_valid_on(&oid("1.2.246.10.32213561.10.7"), day(on));
    assert!(!valid("2022-12-31"));
    assert!(valid("2023-01-01"));
    assert!(valid("2025-06-30"));
    assert!(!valid("2025-07-01"));
    assert!(!registers.is_valid_on(&oid("1.2.3"), day("2025-01-01")));
}

#[test]
fn the_longest_node_decides_whose_an_oid_is() {
    let mut entries = county();
    let mut city = organisation("1.2.246.10.32213561.19.0", OrganisationKind::Public);
    city.parent = Some(oid(COUNTY));
    city.nodes = vec![oid("1.2.246.10.32213561.19")];
    entries.organisations.push(city);
    let registers = Registers::new(entries).unwrap();
    for (asked, owner) in [
        ("1.2.246.10.32213561.95.2026.1", Some(COUNTY)),
        ("1.2.246.10.32213561.19.5", Some("1.2.246.10.32213561.19.0")),
        ("1.2.246.10.32213561", Some(COUNTY)),
        ("1.2.246.10.3221356.95.1", None),
        ("1.2.246.10", None),
    ] {
        let found = registers.owner_of_node(&oid(asked)).map(|one| one.oid.as_str());
        assert_eq!(found, owner, "{asked}");
    }
    assert!(registers.owns_node(&oid(COUNTY), &oid("1.2.246.10.32213561.95.1")));
    assert!(!registers.owns_node(&oid(CARE_LTD), &oid("1.2.246.10.32213561.95.1")));
}

/// RUR-7: a private unit never stands under a public one, however many units lie between.
#[test]
fn a_private_unit_never_stands_under_a_public_one() {
    expect(
        |entries| entries.units[3].parent = Some(oid("1.2.246.10.32213561.10.71")),
        &[("private-under-public", "units/3/parent")],
    );
    expect(
        |entries| entries.organisations[1].parent = Some(oid(COUNTY)),
        &[("private-under-public", "organisations/1/parent")],
    );
    expect(
        |entries| {
            entries.units.push(unit(
                "1.2.246.10.1234567.10.2",
                CARE_LTD,
                Some("1.2.246.10.1234567.10.1"),
            ));
            entries.units[3].parent = Some(oid("1.2.246.10.32213561.10.7"));
        },
        &[("private-under-public", "units/3/parent"), ("private-under-public", "units/4/parent")],
    );
}

#[test]
fn every_fault_of_a_register_file_is_told_at_once() {
    expect(|_| (), &[]);
    expect(
        |entries| entries.units.push(entries.units[0].clone()),
        &[("duplicate-entry", "units/4/oid")],
    );
    expect(
        |entries| {
            entries.units[0].parent = Some(oid("1.2.246.10.32213561.10.71"));
            entries.units[3].parent = Some(oid("1.2.246.10.1234567.10.99"));
            entries.organisations[0].validity.last = Some(day("2022-12-31"));
            entries.systems[0].organisations.push(oid("1.2.246.10.7654321"));
            entries.systems[0].certificates = CertificateBinding::default();
        },
        &[
            ("wrong-time", "organisations/0/last_day"),
            ("hierarchy-cycle", "units/0/parent"),
            ("hierarchy-cycle", "units/1/parent"),
            ("hierarchy-cycle", "units/2/parent"),
            ("unknown-unit", "units/3/parent"),
            ("unknown-organisation", "systems/0/organisations/1"),
            ("missing-element", "systems/0/certificates"),
        ],
    );
}

#[test]
fn nodes_and_units_of_another_organisation_are_refused() {
    expect(
        |entries| entries.units[3].oid = oid("1.2.246.10.32213561.10.9"),
        &[("node-of-another", "units/3/oid")],
    );
    expect(
        |entries| entries.organisations[1].nodes = vec![oid("1.2.246.10.32213561.77")],
        &[("node-of-another", "organisations/1/nodes")],
    );
    expect(
        |entries| entries.organisations[1].nodes = vec![oid(COUNTY), oid(CARE_LTD)],
        &[("node-of-another", "organisations/1/nodes")],
    );
}

#[test]
fn a_certificate_speaks_for_one_system() {
    expect(
        |entries| entries.systems.push(system("other", &[COUNTY], "kunto.example")),
        &[("duplicate-entry", "systems/1/certificates")],
    );
    let registers = Registers::new(county()).unwrap();
    let system_of = |common_name| {
        let certificate = Certificate { subject_serial: None, fingerprint: &[7; 32], common_name };
        registers.system_of(&certificate).map(|system| system.id.as_str())
    };
    assert_eq!(system_of(Some("kunto.example")), Some("kunto"));
    assert_eq!(system_of(Some("kunta.example")), None);
    assert_eq!(system_of(None), None);
}

#[test]
fn a_binding_asks_for_every_kind_of_value_that_it_names() {
    let binding = CertificateBinding {
        subject_serials: vec!["1.2.246.10.32213561.10.0".to_owned()],
        fingerprints: vec![[1; 32], [2; 32]],
        common_names: Vec::new(),
    };
    let binds = |subject_serial, fingerprint| {
        binding.binds(&Certificate { subject_serial, fingerprint, common_name: None })
    };
    assert!(binds(Some("1.2.246.10.32213561.10.0"), &[2; 32]));
    assert!(!binds(Some("1.2.246.10.32213561.10.0"), &[3; 32]));
    assert!(!binds(Some("1.2.246.10.1234567.10.0"), &[2; 32]));
    assert!(!binds(None, &[2; 32]));
    let anything = CertificateBinding::default();
    assert!(!anything.binds(&Certificate {
        subject_serial: None,
        fingerprint: &[0; 32],
        common_name: None
    }));
}

/// JOI-4: what a system may do ends with its certification, both end days counted.
#[test]
fn a_system_does_only_what_it_is_certified_for() {
    let system = system("kunto", &[COUNTY], "kunto.example");
    let may = |function, on: &str| system.may(function, day(on));
    assert!(!may(Function::ArchiveStructured, "2023-12-31"));
    assert!(may(Function::ArchiveStructured, "2024-01-01"));
    assert!(may(Function::ArchiveStructured, "2026-12-31"));
    assert!(!may(Function::ArchiveStructured, "2027-01-01"));
    assert!(!may(Function::ArchiveOldDocuments, "2025-01-01"));
    assert!(system.acts_for(&oid(COUNTY)) && !system.acts_for(&oid(CARE_LTD)));
}

proptest! {
    /// Any graph of parents, circles and all, is judged in the end; one that is taken has a top
    /// above every unit.
    #[test]
    fn every_hierarchy_ends(parents in prop::collection::vec(prop::option::of(0usize..12), 12)) {
        let name = |at: usize| format!("1.2.246.10.32213561.10.{at}");
        let units: Vec<Unit> = parents
            .iter()
            .enumerate()
            .map(|(at, parent)| unit(&name(at), COUNTY, parent.map(name).as_deref()))
            .collect();
        let in_circle = |start: usize| {
            let mut at = parents[start];
            (0..12).any(|_| {
                let here = at;
                at = at.and_then(|at| parents[at]);
                here == Some(start)
            })
        };
        let circles = (0..12).filter(|at| in_circle(*at)).count();
        let entries = RegisterEntries { units, ..county() };
        match Registers::new(entries) {
            Ok(registers) => {
                prop_assert_eq!(circles, 0);
                for at in 0..12 {
                    let line = registers.line_of_unit(&oid(&name(at)));
                    prop_assert!(line.last().unwrap().parent.is_none());
                }
            }
            Err(faults) => prop_assert_eq!(faults.len(), circles),
        }
    }
}
