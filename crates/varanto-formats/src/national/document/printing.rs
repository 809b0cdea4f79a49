//! Printing a national document from metadata and parts.

use std::borrow::Cow;

use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::{Element, ElementKind};
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_domain::codes::{CodeSets, sets};
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::time::{FinnishDay, Instant};

use super::super::elements::{Named, named_set};
use super::super::print::Printer;
use super::super::{HL7, HL7FI, OWN, base64, times};
use super::{PROFESSIONALS, ROOT};

/// Prints a document: the header from the metadata, the parts in base64. `signatures` is the printed
/// `signatureCollection`, where there is one; `code_sets` give the codes their names.
///
/// Source: ARC-1; national-specs 1.2, 2.1, 2.2.
#[must_use]
pub fn write(
    metadata: &RawMetadata<'_>,
    parts: &[(Part, &[u8])],
    code_sets: &CodeSets,
    signatures: Option<&str>,
) -> String {
    let written = value(metadata, Element::WrittenAt).and_then(|text| Instant::parse(&text));
    let day = FinnishDay::of(written.unwrap_or(Instant::from_millis(0)));
    let mut document = Writing { out: Printer::new(), metadata, code_sets, day };
    let schema = ("xsi:schemaLocation", "urn:hl7-org:v3 ../../cda/CDA_Fi_sos.xsd");
    let schemas = ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
    document.out.open(ROOT, &[("xmlns", HL7), ("xmlns:hl7fi", HL7FI), schemas, schema]);
    document.head();
    document.people();
    document.context();
    document.social_header(signatures);
    document.body(parts);
    document.out.close(ROOT);
    document.out.finish()
}

/// The text of an element, with moments and days as messages spell them.
pub(in super::super) fn value<'a>(
    metadata: &'a RawMetadata<'_>,
    element: Element,
) -> Option<Cow<'a, str>> {
    let text = match metadata.get(element)? {
        RawValue::Text(text) => text.as_ref(),
        RawValue::Whole(number) => return Some(number.to_string().into()),
        RawValue::Switch(switch) => return Some(switch.to_string().into()),
        RawValue::Unfit(_) => return None,
    };
    Some(match element.row().kind {
        ElementKind::Instant => {
            Instant::parse(text).map_or(text.into(), |at| times::stamp(at).into())
        }
        ElementKind::Day => {
            FinnishDay::parse(text).map_or(text.into(), |day| times::digits(day).into())
        }
        _ => text.into(),
    })
}

/// The number of the version before this one.
pub(in super::super) fn version_before(metadata: &RawMetadata<'_>) -> String {
    match metadata.get(Element::Version) {
        Some(RawValue::Whole(version)) => version.saturating_sub(1).to_string(),
        _ => String::new(),
    }
}

struct Writing<'a> {
    out: Printer,
    metadata: &'a RawMetadata<'a>,
    code_sets: &'a CodeSets,
    day: FinnishDay,
}

impl<'a> Writing<'a> {
    fn value(&self, element: Element) -> Option<Cow<'a, str>> {
        value(self.metadata, element)
    }

    fn has(&self, element: Element) -> bool {
        self.metadata.get(element).is_some()
    }

    /// A coded element; nothing when the metadata do not have it.
    fn code(&mut self, tag: &str, element: Element) {
        if let (Some(code), ElementKind::Code(set)) = (self.value(element), element.row().kind) {
            self.coded(tag, set, &code);
        }
    }

    fn coded(&mut self, tag: &str, set: &str, code: &str) {
        let named = named_set(set);
        let system = format!("{set}{}", named.map_or("", |Named { version, .. }| version));
        let oid = Oid::parse(set).ok();
        let display = oid
            .and_then(|oid| self.code_sets.name_of(&oid, code, self.day))
            .map(|names| names.fi.clone());
        let mut attributes = vec![("code", code), ("codeSystem", &system)];
        if let Some(name) = named.map(|named| named.name).filter(|name| !name.is_empty()) {
            attributes.push(("codeSystemName", name));
        }
        if let Some(display) = display.as_deref().filter(|display| !display.is_empty()) {
            attributes.push(("displayName", display));
        }
        self.out.empty(tag, &attributes);
    }

    /// An element with one attribute; nothing when the metadata do not have it.
    fn attribute(&mut self, tag: &str, name: &str, element: Element) {
        if let Some(value) = self.value(element) {
            self.out.empty(tag, &[(name, &value)]);
        }
    }

    fn text(&mut self, tag: &str, element: Element) {
        if let Some(value) = self.value(element) {
            self.out.text(tag, &value);
        }
    }

    fn null(&mut self, tag: &str) {
        self.out.empty(tag, &[("nullFlavor", "NA")]);
    }

    fn head(&mut self) {
        self.out
            .empty("realmCode", &[("code", "FI")])
            .empty("typeId", &[("root", "2.16.840.1.113883.1.3"), ("extension", "POCD_HD000040")]);
        self.attribute("id", "root", Element::DocumentId);
        if self.has(Element::GeneralType) {
            self.code("code", Element::GeneralType);
        } else {
            self.null("code");
        }
        self.attribute("effectiveTime", "value", Element::WrittenAt);
        self.code("confidentialityCode", Element::Confidentiality);
        self.attribute("languageCode", "code", Element::Language);
        self.attribute("setId", "root", Element::SetId);
        self.attribute("versionNumber", "value", Element::Version);
    }

    fn people(&mut self) {
        self.out.open("recordTarget", &[]).open("patientRole", &[]);
        if let Some(code) = self.value(Element::ClientIdentityCode) {
            self.out.empty("id", &[("root", PersonalIdentityCode::ROOT), ("extension", &code)]);
        }
        if let (Some(root), Some(extension)) =
            (self.value(Element::ClientTemporaryRoot), self.value(Element::ClientTemporaryId))
        {
            self.out.empty("id", &[("root", &root), ("extension", &extension)]);
        }
        self.out.open("patient", &[]).open("name", &[]);
        self.text("given", Element::ClientGivenNames);
        if let Some(call) = self.value(Element::ClientCallName) {
            self.out.open("given", &[("qualifier", "CL")]).put(&call).close("given");
        }
        self.text("family", Element::ClientFamilyName);
        self.out.close("name");
        self.code("administrativeGenderCode", Element::ClientSex);
        self.attribute("birthTime", "value", Element::ClientBirthDate);
        self.out.close("patient").close("patientRole").close("recordTarget");
        self.author();
        let tag = "representedCustodianOrganization";
        self.out.open("custodian", &[]).open("assignedCustodian", &[]).open(tag, &[]);
        self.attribute("id", "root", Element::ControllerId);
        self.text("name", Element::ControllerName);
        self.out.close(tag).close("assignedCustodian").close("custodian");
        if self.has(Element::ProducerId) {
            self.out
                .open("participant", &[("typeCode", "PRF")])
                .open("associatedEntity", &[("classCode", "PROV")])
                .open("scopingOrganization", &[]);
            self.attribute("id", "root", Element::ProducerId);
            self.text("name", Element::ProducerName);
            self.out.close("scopingOrganization").close("associatedEntity").close("participant");
        }
    }

    fn author(&mut self) {
        self.out.open("author", &[]);
        self.null("time");
        self.out.open("assignedAuthor", &[]);
        match self.value(Element::ProfessionalNumber) {
            Some(number) => {
                self.out.empty("id", &[("root", PROFESSIONALS), ("extension", &number)]);
            }
            None => self.null("id"),
        }
        if self.has(Element::ProfessionalGivenNames) || self.has(Element::ProfessionalFamilyName) {
            self.out.open("assignedPerson", &[]).open("name", &[]);
            self.text("given", Element::ProfessionalGivenNames);
            self.text("family", Element::ProfessionalFamilyName);
            self.out.close("name").close("assignedPerson");
        }
        self.out.close("assignedAuthor").close("author");
    }

    fn context(&mut self) {
        if self.has(Element::ReplacesDocument) {
            self.out.open("relatedDocument", &[("typeCode", "RPLC")]).open("parentDocument", &[]);
            self.attribute("id", "root", Element::ReplacesDocument);
            self.attribute("setId", "root", Element::SetId);
            let before = version_before(self.metadata);
            self.out.empty("versionNumber", &[("value", &before)]);
            self.out.close("parentDocument").close("relatedDocument");
        }
        if self.has(Element::MainDocument) {
            self.out.open("relatedDocument", &[("typeCode", "APND")]).open("parentDocument", &[]);
            self.attribute("id", "root", Element::MainDocument);
            self.out.close("parentDocument").close("relatedDocument");
        }
        if self.has(Element::GuardianDisclosure) {
            self.out.open("authorization", &[]).open("consent", &[]);
            self.code("code", Element::GuardianDisclosure);
            self.out.empty("statusCode", &[("code", "completed")]);
            self.out.close("consent").close("authorization");
        }
        self.encounter();
    }

    fn encounter(&mut self) {
        self.out.open("componentOf", &[]).open("encompassingEncounter", &[]);
        if self.has(Element::CaseId) {
            self.attribute("id", "root", Element::CaseId);
        } else {
            self.null("id");
        }
        if self.has(Element::CaseOpened) || self.has(Element::CaseClosed) {
            self.out.open("effectiveTime", &[]);
            self.attribute("low", "value", Element::CaseOpened);
            self.attribute("high", "value", Element::CaseClosed);
            self.out.close("effectiveTime");
        } else {
            self.null("effectiveTime");
        }
        if self.has(Element::OrganiserId) {
            self.out.open("responsibleParty", &[]);
            self.organisation(Element::OrganiserId, Element::OrganiserName);
            self.out.close("responsibleParty");
        }
        if self.has(Element::ServiceUnitId) {
            self.out.open("encounterParticipant", &[("typeCode", "ADM")]);
            self.organisation(Element::ServiceUnitId, Element::ServiceUnitName);
            self.out.close("encounterParticipant");
        }
        if self.has(Element::OperatingUnitId) {
            let tag = "serviceProviderOrganization";
            self.out.open("location", &[]).open("healthCareFacility", &[]).open(tag, &[]);
            self.attribute("id", "root", Element::OperatingUnitId);
            self.text("name", Element::OperatingUnitName);
            self.out.close(tag).close("healthCareFacility").close("location");
        }
        self.out.close("encompassingEncounter").close("componentOf");
    }

    fn organisation(&mut self, id: Element, name: Element) {
        self.out.open("assignedEntity", &[]);
        self.null("id");
        self.out.open("representedOrganization", &[]);
        self.attribute("id", "root", id);
        self.text("name", name);
        self.out.close("representedOrganization").close("assignedEntity");
    }

    fn social_header(&mut self, signatures: Option<&str>) {
        use Element as E;
        self.out.open("hl7fi:localSocialHeader", &[]);
        self.code("hl7fi:specificDocumentType", E::SpecificType);
        self.attribute("hl7fi:creationTime", "value", E::CreatedAt);
        self.code("hl7fi:documentGroup", E::Group);
        self.code("hl7fi:fileFormat", E::ViewFormat);
        self.code("hl7fi:structuredFileFormat", E::StructuredFormat);
        self.software();
        self.code("hl7fi:functionCode", E::ServiceTask);
        if let Some(code) = self.value(E::OriginalTaskCode) {
            let set = match self.value(E::OriginalTaskSet).as_deref() {
                Some("1989") => sets::SERVICE_TASK_1989,
                _ => sets::SERVICE_TASK_2011,
            };
            self.coded("hl7fi:functionCode", set, &code);
        }
        self.code("hl7fi:recordStatus", E::RecordState);
        self.code("hl7fi:registryType", E::RegisterType);
        self.attribute("hl7fi:outsourcingServiceCustomer", "root", E::OrganiserId);
        self.text("hl7fi:outsourcingServiceCustomerName", E::OrganiserName);
        self.code("hl7fi:totalRetentionPeriodClass", E::RetentionClass);
        self.code("hl7fi:specialContent", E::SpecialContent);
        self.text("hl7fi:contentSpecificationId", E::Structure);
        self.attribute("hl7fi:encompassingClientRelationship", "root", E::RelationshipId);
        if self.has(E::ServiceProcess) {
            self.out
                .open("hl7fi:serviceProcess", &[])
                .text("hl7fi:type", "Sosiaalihuollon palveluprosessi");
            self.code("hl7fi:code", E::ServiceProcess);
            self.out.close("hl7fi:serviceProcess");
        }
        self.text("hl7fi:authorizationRestrictionArgument", E::RestrictionArgument);
        self.code("hl7fi:inaccessibleArgument", E::InaccessibleReason);
        self.attribute("hl7fi:releaseDateForPatientViewing", "value", E::DisplayDelay);
        if let Some(code) = self.value(E::ReplacesReason) {
            let set = self.value(E::ReplacesReasonSet);
            self.coded(
                "hl7fi:reasonOfCorrection",
                set.as_deref().unwrap_or(sets::REPLACEMENT_REASON),
                &code,
            );
        }
        if let Some(order) = self.value(E::ClientNonDisclosure) {
            self.out.empty("own:clientNonDisclosure", &[("xmlns:own", OWN), ("value", &order)]);
        }
        if let Some(signatures) = signatures {
            self.out.raw(signatures);
        }
        self.out.close("hl7fi:localSocialHeader");
    }

    fn software(&mut self) {
        let values = [
            ("moderator", self.value(Element::SoftwareManufacturer)),
            ("product", self.value(Element::SoftwareProduct)),
            ("version", self.value(Element::SoftwareVersion)),
        ];
        let attributes: Vec<(&str, &str)> =
            values.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        if !attributes.is_empty() {
            self.out.empty("hl7fi:softwareSupport", &attributes);
        }
    }

    fn body(&mut self, parts: &[(Part, &[u8])]) {
        let id = format!("OID{}", self.value(Element::DocumentId).unwrap_or_default());
        self.out.open("component", &[]).open("nonXMLBody", &[("ID", &id)]);
        for (part, bytes) in parts {
            let tag = match part {
                Part::View | Part::Pdf => "text",
                _ => continue,
            };
            let media = ("mediaType", part.media_type());
            self.out.open(tag, &[media, ("representation", "B64")]);
            self.out.raw(&base64::encode(bytes)).close(tag);
        }
        if let Some((_, bytes)) = parts.iter().find(|(part, _)| *part == Part::Structured) {
            self.out.open("hl7fi:json", &[("representation", "B64")]);
            self.out.raw(&base64::encode(bytes)).close("hl7fi:json");
        }
        self.out.close("nonXMLBody").close("component");
    }
}
