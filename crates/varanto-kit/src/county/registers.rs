//! The county's organisations, units, systems and users, as the archive's registers take them.

use varanto_domain::ids::Oid;
use varanto_domain::joining::{
    CertificateBinding, CertifiedFunction, Function, Organisation as RegisterOrganisation,
    OrganisationKind as Sector, RegisterEntries, System, Unit as RegisterUnit, UnitKind,
};
use varanto_domain::structures::Names;
use varanto_domain::time::{FinnishDay, Validity};

use super::organisations::{Organisation, OrganisationKind};

fn names(fi: &str) -> Names {
    Names { fi: fi.to_owned(), sv: None }
}

fn since(year: i16) -> Validity {
    let first = FinnishDay::new(year, 1, 1).expect("the calendar has that day");
    Validity { first, last: None }
}

/// The organisations and their units. The county is also registered for the node of the former
/// municipality, whose old data it archives: its unit is one of the county's.
pub(super) fn organisations(all: &[Organisation]) -> RegisterEntries {
    let mut entries = RegisterEntries::default();
    let (former, living): (Vec<_>, Vec<_>) =
        all.iter().partition(|one| one.kind == OrganisationKind::FormerMunicipality);
    let county = &all[0];
    for organisation in living {
        let is_county = organisation.kind == OrganisationKind::County;
        let public = organisation.kind != OrganisationKind::Producer;
        let inherited = former.iter().map(|one| one.id.clone()).filter(|_| is_county);
        entries.organisations.push(RegisterOrganisation {
            oid: organisation.id.clone(),
            names: names(&organisation.name),
            kind: if public { Sector::Public } else { Sector::Private },
            parent: None,
            validity: since(2023),
            nodes: std::iter::once(organisation.id.clone()).chain(inherited).collect(),
            controller: true,
            sector: varanto_domain::joining::Sector::SocialWelfare,
            wide_register_use: false,
            disclosure: Some(since(2025)).filter(|_| public),
            keeps_wills: is_county,
        });
        add_units(&mut entries, organisation, &organisation.id);
    }
    for organisation in former {
        add_units(&mut entries, organisation, &county.id);
    }
    entries
}

fn add_units(entries: &mut RegisterEntries, organisation: &Organisation, owner: &Oid) {
    let mut add = |oid: &Oid, kind, parent: Option<&Oid>, name: &str| {
        entries.units.push(RegisterUnit {
            oid: oid.clone(),
            kind,
            organisation: owner.clone(),
            parent: parent.cloned(),
            names: names(name),
            validity: since(1993),
        });
    };
    let operating = &organisation.operating_unit;
    add(operating, UnitKind::OperatingUnit, None, &organisation.name);
    for unit in &organisation.units {
        add(&unit.id, UnitKind::ServiceUnit, Some(operating), &unit.name);
    }
}

/// A client-information system for each organisation that archives, bound to certificates whose
/// subject carries the organisation's OID.
pub(super) fn systems(all: &[Organisation]) -> RegisterEntries {
    let products = ["Sosiaali-Suvanto", "Kotihoito-Koivu", "Lähde-Asiakas", "Lehto-Sosiaali"];
    let archiving = all.iter().filter(|one| one.kind != OrganisationKind::FormerMunicipality);
    let systems = archiving.zip(products).enumerate().map(|(at, (organisation, product))| {
        let functions: &[Function] = match organisation.kind {
            OrganisationKind::County | OrganisationKind::Neighbour => &Function::ALL,
            _ => &[
                Function::ArchivePhaseOne,
                Function::ArchiveStructured,
                Function::Read,
                Function::Invalidate,
                Function::RegisterUse,
            ],
        };
        let certified =
            |function: &Function| CertifiedFunction { function: *function, validity: since(2023) };
        System {
            id: format!("demo-{}", at + 1),
            names: names(product),
            organisations: vec![organisation.id.clone()],
            certificates: CertificateBinding {
                subject_serials: vec![organisation.id.to_string()],
                ..CertificateBinding::default()
            },
            certification: functions.iter().map(certified).collect(),
            validity: since(2023),
        }
    });
    RegisterEntries { systems: systems.collect(), ..RegisterEntries::default() }
}
