//! How codes, units and identifiers are written into a document: names come from the registers.

use super::acts::{Named, Purchase};
use crate::codes::{CodeSets, sets};
use crate::ids::{ClientIdentifier, Oid};
use crate::joining::Registers;
use crate::structures::Content;
use crate::time::FinnishDay;

/// Where the names in a document come from: nobody types them (kertakirjaaminen).
///
/// Source: REL-9; national-specs 1.4.
#[derive(Clone, Copy)]
pub struct Wording<'a> {
    /// Organisations and units.
    pub registers: &'a Registers,
    /// Code sets.
    pub code_sets: &'a CodeSets,
    /// The day on which it is written.
    pub day: FinnishDay,
}

/// The identifier system of OIDs, as real messages name it.
const OIDS: &str = "urn:oid:1.2.246.1";
/// The code system of organisations and units, with the version that real messages name.
const ORGANISATIONS: &str = "urn:oid:1.2.246.537.6.202.2008";
/// The identifier system of identity codes.
const IDENTITY_CODES: &str = "urn:oid:1.2.246.21";

impl Wording<'_> {
    /// A unit or organisation. One that the register does not know is named by its OID; the checks of
    /// archiving refuse it.
    #[must_use]
    pub fn unit(&self, oid: &Oid) -> Content<'static> {
        coding(ORGANISATIONS, oid.as_str(), &self.name_of(oid))
    }

    /// The name of a unit or organisation.
    #[must_use]
    pub fn name_of(&self, oid: &Oid) -> String {
        let unit = self.registers.unit(oid).map(|unit| &unit.names.fi);
        let organisation = || self.registers.organisation(oid).map(|one| &one.names.fi);
        let name = unit.or_else(organisation).filter(|name| !name.is_empty());
        name.map_or_else(|| oid.to_string(), Clone::clone)
    }

    /// A code of a national set, with the name that is in force on the day.
    #[must_use]
    pub fn code(&self, set: &str, code: &str) -> Content<'static> {
        let known = Oid::parse(set).ok();
        let name = known.and_then(|set| self.code_sets.name_of(&set, code, self.day));
        let name = name.map(|names| names.fi.as_str()).filter(|name| !name.is_empty());
        let version = self
            .code_sets
            .all()
            .find(|one| one.oid.as_str() == set && !one.version.is_empty())
            .map(|one| format!(".{}", one.version));
        let system = format!("urn:oid:{set}{}", version.unwrap_or_default());
        coding(&system, code, name.unwrap_or(code))
    }

    /// The state of a case, open or closed, by its name in the set.
    #[must_use]
    pub fn case_state(&self, closed: bool) -> Option<Content<'static>> {
        let set = self.code_sets.all().find(|set| set.oid.as_str() == sets::CASE_STATE)?;
        let name = if closed { "Suljettu" } else { "Avoin" };
        let value = set.values.iter().find(|value| value.names.fi == name)?;
        Some(self.code(sets::CASE_STATE, &value.code))
    }

    /// The members that name a client: names, identifier, day of birth.
    #[must_use]
    pub fn client(&self, client: &Named) -> Content<'static> {
        let mut content = Content::object([
            ("sukunimi", Content::of_text(&client.family_name)),
            ("etunimet", Content::of_text(&client.given_names)),
        ]);
        match &client.identifier {
            ClientIdentifier::Code(code) => {
                content.set("henkilotunnus", identifier(IDENTITY_CODES, code.reveal()));
            }
            ClientIdentifier::Temporary(temporary) => {
                let root = format!("urn:oid:{}", temporary.root());
                let given = identifier(&root, temporary.reveal());
                content.set("tilapainen_yksilointitunnus", given);
            }
        }
        if let Some(born) = client.born() {
            content.set("syntymaaika", Content::of_text(&born));
        }
        content
    }
}

/// An OID as an identifier.
pub(super) fn oid(oid: &Oid) -> Content<'static> {
    identifier(OIDS, oid.as_str())
}

/// How a service is bought, by the long road's own list.
pub(super) fn purchase(kind: Purchase) -> Content<'static> {
    const LIST: &str = "asia_asiakirja/hankintatapa";
    let known = Purchase::ALL.iter().find(|(one, ..)| *one == kind);
    known.map_or(Content::Null, |(_, _, code, name)| coding(LIST, code, name))
}

fn identifier(system: &str, value: &str) -> Content<'static> {
    Content::object([("system", Content::of_text(system)), ("value", Content::of_text(value))])
}

fn coding(system: &str, code: &str, display: &str) -> Content<'static> {
    Content::object([
        ("system", Content::of_text(system)),
        ("code", Content::of_text(code)),
        ("display", Content::of_text(display)),
    ])
}
