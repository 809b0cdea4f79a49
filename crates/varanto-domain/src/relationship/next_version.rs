//! The metadata of the documents that the organiser's operations write.

use std::borrow::Cow;

use super::acts::{Named, NewCase, NewRelationship};
use super::wording::Wording;
use crate::archive::documents::DocumentGroup;
use crate::archive::elements::Element;
use crate::archive::metadata::{RawMetadata, RawValue};
use crate::archive::register_documents::CaseContent;
use crate::ids::{ClientIdentifier, Oid};
use crate::structures::Content;
use crate::time::Instant;

/// Under which identifier and when a version is made, and by whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Making {
    /// The version's identifier, numbered by the sender as any document's.
    pub document: Oid,
    /// When.
    pub written_at: Instant,
    /// The professional who answers for it, where one is named.
    pub maker: Option<Maker>,
    /// The version of this program: it writes the document.
    pub program: &'static str,
}

/// A professional (ammattihenkilö).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Maker {
    /// The registration number, where there is one.
    pub registration_number: Option<String>,
    /// Etunimet.
    pub given_names: String,
    /// Sukunimi.
    pub family_name: String,
}

/// The reason of replacement: brought up to date. Source: own-choices.
const BROUGHT_UP_TO_DATE: &str = "2";

/// The elements that name the maker.
const OF_MAKER: [Element; 3] =
    [Element::ProfessionalNumber, Element::ProfessionalGivenNames, Element::ProfessionalFamilyName];

impl Making {
    fn write(&self, metadata: &mut RawMetadata<'_>) {
        let at = self.written_at.to_string();
        put(metadata, Element::DocumentId, self.document.as_str());
        put(metadata, Element::WrittenAt, &at);
        put(metadata, Element::CreatedAt, &at);
        put(metadata, Element::SoftwareManufacturer, "Varanto");
        put(metadata, Element::SoftwareProduct, "Varanto");
        put(metadata, Element::SoftwareVersion, self.program);
        // Whoever made the version before did not make this one.
        for element in OF_MAKER {
            metadata.remove(element);
        }
        if let Some(maker) = &self.maker {
            if let Some(number) = &maker.registration_number {
                put(metadata, Element::ProfessionalNumber, number);
            }
            put(metadata, Element::ProfessionalGivenNames, &maker.given_names);
            put(metadata, Element::ProfessionalFamilyName, &maker.family_name);
        }
    }
}

/// The metadata of the version that follows: as those before, but for what a new version changes. A
/// case's day of closing follows the content.
///
/// Source: ARC-3, REL-1, REL-2.
#[must_use]
pub fn next_metadata<'a>(
    mut before: RawMetadata<'a>,
    replaces: &Oid,
    content: &Content<'_>,
    making: &Making,
    wording: &Wording<'_>,
) -> RawMetadata<'a> {
    making.write(&mut before);
    let number = match before.get(Element::Version) {
        Some(RawValue::Whole(number)) => *number + 1,
        _ => 1,
    };
    before.insert(Element::Version, RawValue::Whole(number));
    put(&mut before, Element::ReplacesDocument, replaces.as_str());
    put(&mut before, Element::ReplacesReason, BROUGHT_UP_TO_DATE);
    before.remove(Element::ReplacesReasonSet);
    if content.member("asia_asiakirja").is_some() {
        let said = CaseContent::read(content, wording.code_sets, wording.day);
        match said.closed_on {
            Some(day) => put(&mut before, Element::CaseClosed, &day.to_string()),
            None => before.remove(Element::CaseClosed),
        }
    }
    before
}

/// The metadata of the document that opens a relationship.
///
/// Source: ARC-2, REL-1.
#[must_use]
pub fn new_relationship_metadata(
    new: &NewRelationship,
    structure: &Oid,
    making: &Making,
    wording: &Wording<'_>,
) -> RawMetadata<'static> {
    let mut metadata = first_version(structure, making);
    put(&mut metadata, Element::Group, DocumentGroup::Relationship.code());
    put(&mut metadata, Element::Language, &new.language);
    put(&mut metadata, Element::Confidentiality, "6");
    put_client(&mut metadata, &new.client);
    if new.non_disclosure {
        metadata.insert(Element::ClientNonDisclosure, RawValue::Switch(true));
    }
    let parties = [
        (Element::ControllerId, Element::ControllerName, &new.controller),
        (Element::OrganiserId, Element::OrganiserName, &new.organiser),
        (Element::ServiceUnitId, Element::ServiceUnitName, &new.service.unit),
        (Element::OperatingUnitId, Element::OperatingUnitName, &new.operating_unit),
    ];
    for (id, name, party) in parties {
        put(&mut metadata, id, party.as_str());
        put(&mut metadata, name, &wording.name_of(party));
    }
    put(&mut metadata, Element::RelationshipId, new.relationship.as_str());
    put(&mut metadata, Element::RegisterType, "1");
    put(&mut metadata, Element::RetentionClass, "1");
    put(&mut metadata, Element::SpecialContent, "E");
    metadata
}

/// The metadata of the document that opens a case: whose and in which register it is says the metadata
/// of its relationship.
///
/// Source: ARC-2, REL-2.
#[must_use]
pub fn new_case_metadata<'a>(
    new: &NewCase,
    relationship: &RawMetadata<'a>,
    structure: &Oid,
    making: &Making,
) -> RawMetadata<'a> {
    const SHARED: [Element; 21] = [
        Element::Language,
        Element::Confidentiality,
        Element::ClientIdentityCode,
        Element::ClientTemporaryRoot,
        Element::ClientTemporaryId,
        Element::ClientGivenNames,
        Element::ClientCallName,
        Element::ClientFamilyName,
        Element::ClientSex,
        Element::ClientBirthDate,
        Element::ClientNonDisclosure,
        Element::ControllerId,
        Element::ControllerName,
        Element::OrganiserId,
        Element::OrganiserName,
        Element::ServiceUnitId,
        Element::ServiceUnitName,
        Element::OperatingUnitId,
        Element::OperatingUnitName,
        Element::RegisterType,
        Element::RetentionClass,
    ];
    let mut metadata: RawMetadata<'a> = first_version(structure, making);
    for element in SHARED {
        if let Some(value) = relationship.get(element) {
            metadata.insert(element, value.clone());
        }
    }
    put(&mut metadata, Element::Group, DocumentGroup::Case.code());
    put(&mut metadata, Element::RelationshipId, new.relationship.as_str());
    put(&mut metadata, Element::CaseId, new.case.as_str());
    put(&mut metadata, Element::CaseOpened, &new.opened_on.to_string());
    put(&mut metadata, Element::ServiceTask, &new.service_task);
    put(&mut metadata, Element::SpecialContent, "E");
    metadata
}

/// What every first version has.
fn first_version(structure: &Oid, making: &Making) -> RawMetadata<'static> {
    let mut metadata = RawMetadata::default();
    making.write(&mut metadata);
    put(&mut metadata, Element::SetId, making.document.as_str());
    metadata.insert(Element::Version, RawValue::Whole(1));
    put(&mut metadata, Element::Structure, structure.as_str());
    put(&mut metadata, Element::ViewFormat, "2");
    put(&mut metadata, Element::StructuredFormat, "5");
    put(&mut metadata, Element::RecordState, "3");
    metadata
}

fn put_client(metadata: &mut RawMetadata<'_>, client: &Named) {
    match &client.identifier {
        ClientIdentifier::Code(code) => {
            put(metadata, Element::ClientIdentityCode, code.reveal());
        }
        ClientIdentifier::Temporary(temporary) => {
            put(metadata, Element::ClientTemporaryRoot, temporary.root().as_str());
            put(metadata, Element::ClientTemporaryId, temporary.reveal());
        }
    }
    put(metadata, Element::ClientGivenNames, &client.given_names);
    put(metadata, Element::ClientFamilyName, &client.family_name);
    if let Some(born) = client.born() {
        put(metadata, Element::ClientBirthDate, &born.to_string());
    }
}

fn put(metadata: &mut RawMetadata<'_>, element: Element, text: &str) {
    metadata.insert(element, RawValue::Text(Cow::Owned(text.to_owned())));
}
