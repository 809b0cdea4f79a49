//! The register files: organisations with their units, and systems, as JSON.
//!
//! ```json
//! {"organisations": [{"oid": "1.2.246.10.32213561", "names": {"fi": "…"}, "kind": "public",
//!    "parent": "…", "first_day": "2023-01-01", "last_day": "…", "nodes": ["…"], "controller": true,
//!    "sector": "social-welfare", "wide_register_use": false, "keeps_wills": false,
//!    "disclosure": {"first_day": "2025-01-01", "last_day": "…"}}],
//!  "units": [{"oid": "…", "kind": "operating-unit", "organisation": "…", "parent": "…",
//!    "names": {"fi": "…", "sv": "…"}, "first_day": "2023-01-01"}],
//!  "systems": [{"id": "…", "names": {"fi": "…"}, "organisations": ["…"], "first_day": "2024-01-01",
//!    "certificates": {"subject_serials": ["…"], "fingerprints": ["ab:cd:…"], "common_names": ["…"]},
//!    "certification": [{"function": "archive-structured", "first_day": "2024-01-01"}]}]}
//! ```
//!
//! Organisations and systems may be in one file or in two. An unknown member is a fault.
//!
//! Source: REG-1, REG-4.

use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;
use varanto_domain::joining::{
    CertificateBinding, CertifiedFunction, Function, Organisation, OrganisationKind,
    RegisterEntries, Sector, System, Unit, UnitKind,
};
use varanto_domain::structures::Content;
use varanto_domain::time::Validity;

use crate::code_sets::{names_content, object, text};
use crate::content;
use crate::members::{Faults, Place};

const KINDS: [(&str, OrganisationKind); 2] =
    [("public", OrganisationKind::Public), ("private", OrganisationKind::Private)];
const SECTORS: [(&str, Sector); 2] =
    [("social-welfare", Sector::SocialWelfare), ("health-care", Sector::HealthCare)];
const UNIT_KINDS: [(&str, UnitKind); 2] =
    [("operating-unit", UnitKind::OperatingUnit), ("service-unit", UnitKind::ServiceUnit)];

/// Reads a register file. Whether the entries agree with each other is for
/// [`varanto_domain::joining::Registers::new`] to say.
///
/// # Errors
/// What makes it no JSON, or else every fault, each at its path (`units/3/first_day`).
pub fn read(bytes: &[u8]) -> Result<RegisterEntries, Vec<Fault>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let content = content::read(bytes, "file").map_err(|fault| vec![fault])?;
    let faults = Faults::of("REG-1");
    let lists = ["organisations", "units", "systems"];
    let file = Place::root(&content, &faults).object(&lists).and_then(|file| {
        let organisations = file.optional("organisations", |place| place.all(organisation_of));
        let units = file.optional("units", |place| place.all(unit_of));
        let systems = file.optional("systems", |place| place.all(system_of));
        Some(RegisterEntries {
            organisations: organisations?.unwrap_or_default(),
            units: units?.unwrap_or_default(),
            systems: systems?.unwrap_or_default(),
        })
    });
    faults.or(file)
}

/// Prints a register file.
#[must_use]
pub fn write(entries: &RegisterEntries) -> String {
    content::write(&object([
        (
            "organisations",
            content_list(entries.organisations.iter().map(organisation_content).collect()),
        ),
        ("units", content_list(entries.units.iter().map(unit_content).collect())),
        ("systems", content_list(entries.systems.iter().map(system_content).collect())),
    ]))
}

fn organisation_of(place: Place<'_>) -> Option<Organisation> {
    let known = [
        "oid",
        "names",
        "kind",
        "parent",
        "first_day",
        "last_day",
        "nodes",
        "controller",
        "sector",
        "wide_register_use",
        "disclosure",
        "keeps_wills",
    ];
    let entry = place.object(&known)?;
    let oid = entry.required("oid").and_then(|place| place.oid());
    let names = entry.required("names").and_then(Place::names);
    let kind = entry.required("kind").and_then(|place| place.word(&KINDS));
    let parent = entry.optional("parent", |place| place.oid());
    let validity = entry.validity();
    let nodes = entry.optional("nodes", oids);
    let controller = entry.required("controller").and_then(|place| place.switch());
    let sector = entry.optional("sector", |place| place.word(&SECTORS));
    let wide = entry.optional("wide_register_use", |place| place.switch());
    let disclosure = entry.optional("disclosure", |place| {
        place.object(&["first_day", "last_day"]).and_then(|days| days.validity())
    });
    let keeps_wills = entry.optional("keeps_wills", |place| place.switch());
    Some(Organisation {
        oid: oid?,
        names: names?,
        kind: kind?,
        parent: parent?,
        validity: validity?,
        nodes: nodes?.unwrap_or_default(),
        controller: controller?,
        sector: sector?.unwrap_or_default(),
        wide_register_use: wide?.unwrap_or_default(),
        disclosure: disclosure?,
        keeps_wills: keeps_wills?.unwrap_or_default(),
    })
}

fn unit_of(place: Place<'_>) -> Option<Unit> {
    let known = ["oid", "kind", "organisation", "parent", "names", "first_day", "last_day"];
    let entry = place.object(&known)?;
    let oid = entry.required("oid").and_then(|place| place.oid());
    let kind = entry.required("kind").and_then(|place| place.word(&UNIT_KINDS));
    let organisation = entry.required("organisation").and_then(|place| place.oid());
    let parent = entry.optional("parent", |place| place.oid());
    let names = entry.required("names").and_then(Place::names);
    let validity = entry.validity();
    Some(Unit {
        oid: oid?,
        kind: kind?,
        organisation: organisation?,
        parent: parent?,
        names: names?,
        validity: validity?,
    })
}

fn system_of(place: Place<'_>) -> Option<System> {
    let known =
        ["id", "names", "organisations", "certificates", "certification", "first_day", "last_day"];
    let entry = place.object(&known)?;
    let id = entry.required("id").and_then(|place| place.text());
    let names = entry.required("names").and_then(Place::names);
    let organisations = entry.required("organisations").and_then(oids);
    let certificates = entry.required("certificates").and_then(binding_of);
    let certification = entry.required("certification").and_then(|place| place.all(certified_of));
    let validity = entry.validity();
    Some(System {
        id: id?.to_owned(),
        names: names?,
        organisations: organisations?,
        certificates: certificates?,
        certification: certification?,
        validity: validity?,
    })
}

fn binding_of(place: Place<'_>) -> Option<CertificateBinding> {
    let binding = place.object(&["subject_serials", "fingerprints", "common_names"])?;
    let texts = |place: Place<'_>| place.all(|place| place.text().map(str::to_owned));
    let subject_serials = binding.optional("subject_serials", texts);
    let fingerprints =
        binding.optional("fingerprints", |place| place.all(|place| place.fingerprint()));
    let common_names = binding.optional("common_names", texts);
    Some(CertificateBinding {
        subject_serials: subject_serials?.unwrap_or_default(),
        fingerprints: fingerprints?.unwrap_or_default(),
        common_names: common_names?.unwrap_or_default(),
    })
}

fn certified_of(place: Place<'_>) -> Option<CertifiedFunction> {
    let entry = place.object(&["function", "first_day", "last_day"])?;
    let words = Function::ALL.map(|function| (function.code(), function));
    let function = entry.required("function").and_then(|place| place.word(&words));
    let validity = entry.validity();
    Some(CertifiedFunction { function: function?, validity: validity? })
}

fn oids(place: Place<'_>) -> Option<Vec<Oid>> {
    place.all(|place| place.oid())
}

fn organisation_content(organisation: &Organisation) -> Content<'_> {
    let (first_day, last_day) = days(organisation.validity);
    let nodes: Vec<_> = organisation.nodes.iter().map(|node| text(node.as_str())).collect();
    object([
        ("oid", Some(text(organisation.oid.as_str()))),
        ("names", Some(names_content(&organisation.names))),
        ("kind", Some(text(word(&KINDS, organisation.kind)))),
        ("parent", organisation.parent.as_ref().map(|parent| text(parent.as_str()))),
        first_day,
        last_day,
        ("nodes", content_list(nodes)),
        ("controller", Some(Content::Switch(organisation.controller))),
        ("sector", Some(text(word(&SECTORS, organisation.sector)))),
        ("wide_register_use", Some(Content::Switch(organisation.wide_register_use))),
        (
            "disclosure",
            organisation.disclosure.map(|disclosure| {
                let (first_day, last_day) = days(disclosure);
                object([first_day, last_day])
            }),
        ),
        ("keeps_wills", Some(Content::Switch(organisation.keeps_wills))),
    ])
}

fn unit_content(unit: &Unit) -> Content<'_> {
    let (first_day, last_day) = days(unit.validity);
    object([
        ("oid", Some(text(unit.oid.as_str()))),
        ("kind", Some(text(word(&UNIT_KINDS, unit.kind)))),
        ("organisation", Some(text(unit.organisation.as_str()))),
        ("parent", unit.parent.as_ref().map(|parent| text(parent.as_str()))),
        ("names", Some(names_content(&unit.names))),
        first_day,
        last_day,
    ])
}

fn system_content(system: &System) -> Content<'_> {
    let (first_day, last_day) = days(system.validity);
    let texts = |list: &'_ [String]| -> Option<Content<'static>> {
        content_list(list.iter().map(|one| Content::Text(one.clone().into())).collect())
    };
    let binding = &system.certificates;
    let prints = binding.fingerprints.iter().map(|print| Content::Text(hexadecimal(print).into()));
    let certification = system.certification.iter().map(|one| {
        let (first_day, last_day) = days(one.validity);
        object([("function", Some(text(one.function.code()))), first_day, last_day])
    });
    let organisations = system.organisations.iter().map(|oid| text(oid.as_str())).collect();
    object([
        ("id", Some(text(&system.id))),
        ("names", Some(names_content(&system.names))),
        ("organisations", Some(Content::List(organisations))),
        (
            "certificates",
            Some(object([
                ("subject_serials", texts(&binding.subject_serials)),
                ("fingerprints", content_list(prints.collect())),
                ("common_names", texts(&binding.common_names)),
            ])),
        ),
        ("certification", Some(Content::List(certification.collect()))),
        first_day,
        last_day,
    ])
}

/// The list, or nothing when it is empty: both are read alike.
fn content_list(entries: Vec<Content<'_>>) -> Option<Content<'_>> {
    (!entries.is_empty()).then_some(Content::List(entries))
}

type Member = (&'static str, Option<Content<'static>>);

fn days(validity: Validity) -> (Member, Member) {
    let text = |day: varanto_domain::time::FinnishDay| Content::Text(day.to_string().into());
    (("first_day", Some(text(validity.first))), ("last_day", validity.last.map(text)))
}

fn word<T: Copy + PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    let found = words.iter().find(|(_, one)| *one == value);
    found.map(|(word, _)| *word).expect("every value has its word")
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to memory");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use varanto_domain::joining::Registers;
    use varanto_domain::structures::Names;
    use varanto_domain::time::FinnishDay;

    const COUNTY: &str = r#"{
        "organisations": [
            {"oid": "1.2.246.10.32213561", "names": {"fi": "Lakeuden hyvinvointialue", "sv": "Slättens välfärdsområde"},
             "kind": "public", "first_day": "2023-01-01", "controller": true},
            {"oid": "1.2.246.10.1234567", "names": {"fi": "Kotihoiva Oy"}, "kind": "private",
             "first_day": "2024-03-01", "last_day": "2027-12-31", "nodes": ["1.2.246.10.1234567"], "controller": false}],
        "units": [
            {"oid": "1.2.246.10.32213561.10.0", "kind": "operating-unit", "organisation": "1.2.246.10.32213561",
             "names": {"fi": "Lakeuden hyvinvointialue"}, "first_day": "2023-01-01"},
            {"oid": "1.2.246.10.32213561.10.12", "kind": "service-unit", "organisation": "1.2.246.10.32213561",
             "parent": "1.2.246.10.32213561.10.0", "names": {"fi": "Lapsiperheiden sosiaalityö"}, "first_day": "2023-01-01"}],
        "systems": [
            {"id": "kunto-7", "names": {"fi": "Kunto"}, "organisations": ["1.2.246.10.32213561"],
             "certificates": {"fingerprints": ["AB:cd:00000000000000000000000000000000000000000000000000000000000f"]},
             "certification": [{"function": "archive-structured", "first_day": "2024-01-01", "last_day": "2026-12-31"},
                               {"function": "read", "first_day": "2024-01-01"}],
             "first_day": "2024-01-01"}]}"#;

    fn check(json: &str, expected: &[(&str, &str)]) {
        let faults = read(json.as_bytes()).expect_err("a file with faults");
        let found: Vec<(&str, &str)> =
            faults.iter().map(|fault| (fault.code(), fault.element.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_register_file_is_read_and_printed() {
        let entries = read(COUNTY.as_bytes()).unwrap();
        assert_eq!((entries.organisations.len(), entries.units.len()), (2, 2));
        let print = entries.systems[0].certificates.fingerprints[0];
        assert_eq!((print[0], print[1], print[31]), (0xab, 0xcd, 0x0f));
        assert_eq!(entries.organisations[1].validity.last, FinnishDay::parse("2027-12-31"));
        assert_eq!(read(write(&entries).as_bytes()).unwrap(), entries);
        assert!(Registers::new(entries).is_ok());
    }

    #[test]
    fn every_fault_of_a_register_file_is_told_with_its_path() {
        check(
            r#"{"organisations": [{"oid": "1.2.246.10.x", "names": {"en": "x"}, "kind": "half",
                 "first_day": "1.1.2023", "controler": true}],
                "units": {}, "systems": [{"id": "", "names": {"fi": "x"}, "organisations": ["1.2.3", 4],
                 "certificates": {"fingerprints": ["ab", "zz"]},
                 "certification": [{"function": "write", "first_day": "2024-01-01"}], "first_day": null}],
                "offices": []}"#,
            &[
                ("unknown-element", "offices"),
                ("unknown-element", "organisations/0/controler"),
                ("not-an-oid", "organisations/0/oid"),
                ("unknown-element", "organisations/0/names/en"),
                ("missing-element", "organisations/0/names/fi"),
                ("wrong-form", "organisations/0/kind"),
                ("wrong-form", "organisations/0/first_day"),
                ("missing-element", "organisations/0/controller"),
                ("wrong-type", "units"),
                ("empty-text", "systems/0/id"),
                ("wrong-type", "systems/0/organisations/1"),
                ("wrong-form", "systems/0/certificates/fingerprints/0"),
                ("wrong-form", "systems/0/certificates/fingerprints/1"),
                ("wrong-form", "systems/0/certification/0/function"),
                ("wrong-type", "systems/0/first_day"),
            ],
        );
        check("[]", &[("wrong-type", "")]);
        check("", &[("not-json", "file:")]);
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(
            names in prop::collection::vec(("[ -~äöå]{0,12}", prop::option::of("[a-zåäö]{0,12}")), 1..6),
            print in prop::array::uniform32(any::<u8>()),
            switch in any::<bool>(),
        ) {
            let oid = |at: usize| Oid::parse(&format!("1.2.246.10.{at}")).unwrap();
            let first = FinnishDay::new(2023, 1, 1).unwrap();
            let validity = Validity { first, last: switch.then_some(first) };
            let organisations = names.iter().enumerate().map(|(at, (fi, sv))| Organisation {
                oid: oid(at),
                names: Names { fi: fi.clone(), sv: sv.clone() },
                kind: if switch { OrganisationKind::Public } else { OrganisationKind::Private },
                parent: at.checked_sub(1).map(oid),
                validity,
                nodes: (0..at).map(oid).collect(),
                controller: switch,
                sector: if switch { Sector::HealthCare } else { Sector::SocialWelfare },
                wide_register_use: !switch,
                disclosure: switch.then_some(validity),
                keeps_wills: switch && at == 0,
            });
            let entries = RegisterEntries {
                organisations: organisations.collect(),
                units: Vec::new(),
                systems: vec![System {
                    id: "x".to_owned(),
                    names: Names::default(),
                    organisations: vec![oid(0)],
                    certificates: CertificateBinding {
                        fingerprints: vec![print],
                        ..CertificateBinding::default()
                    },
                    certification: vec![CertifiedFunction { function: Function::Read, validity }],
                    validity,
                }],
            };
            prop_assert_eq!(read(write(&entries).as_bytes()).unwrap(), entries);
        }
    }
}
