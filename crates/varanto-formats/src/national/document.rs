//! The national document: CDA R2 with the header of social welfare, and the content in base64.

mod printing;

use std::borrow::Cow;
use std::ops::Range;

use roxmltree::Node;
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::{Element, ElementKind};
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_domain::codes::sets;
use varanto_domain::faults::{Fault, FaultKind, Stage};
use varanto_domain::ids::{Oid, PersonalIdentityCode};

use super::elements::{APART, PATHS};
use super::reading::{Place, Reading, Told, parse, shown};
use super::{HL7, HL7FI, bare_oid, base64, times};

pub use super::elements::path_of;
pub use printing::write;
pub(super) use printing::{value, version_before};

const ROOT: &str = "ClinicalDocument";
/// The code set of professionals' registration numbers.
const PROFESSIONALS: &str = "1.2.246.537.26";
/// The elements of a CDA header that are read, or that say nothing more here.
const HEADER: &[&str] = &[
    "realmCode",
    "typeId",
    "id",
    "code",
    "title",
    "effectiveTime",
    "confidentialityCode",
    "languageCode",
    "setId",
    "versionNumber",
    "recordTarget",
    "author",
    "custodian",
    "participant",
    "relatedDocument",
    "authorization",
    "componentOf",
    "hl7fi:localSocialHeader",
    "component",
];
const SOCIAL_HEADER: &[&str] = &[
    "specificDocumentType",
    "creationTime",
    "documentGroup",
    "fileFormat",
    "structuredFileFormat",
    "softwareSupport",
    "functionCode",
    "recordStatus",
    "registryType",
    "outsourcingServiceCustomer",
    "outsourcingServiceCustomerName",
    "totalRetentionPeriodClass",
    "specialContent",
    "contentSpecificationId",
    "encompassingClientRelationship",
    "serviceProcess",
    "authorizationRestrictionArgument",
    "inaccessibleArgument",
    "releaseDateForPatientViewing",
    "reasonOfCorrection",
    "signature",
    "signatureCollection",
    "own:clientNonDisclosure",
];

/// A document as it was read.
#[derive(Debug, Clone, Default)]
pub struct NationalDocument {
    /// The elements of the header.
    pub metadata: RawMetadata<'static>,
    /// The content, decoded.
    pub parts: Vec<(Part, Vec<u8>)>,
    /// Where in the bytes the element stands that the content was taken from; a signature must cover
    /// this very element.
    pub body: Range<usize>,
    /// How many electronic signatures it carries.
    pub signatures: usize,
    /// Whether it is XML with a document's root: whatever else is wrong with it can be told.
    pub formed: bool,
}

/// Reads a document; what cannot be read is missing and told.
///
/// Answers with the faults, each in its stage, and remarks on oddities that change nothing.
///
/// Source: ARC-1, ARC-2; national-specs 1.2, 2.1, 2.2.
#[must_use]
pub fn read(bytes: &[u8]) -> (NationalDocument, Vec<Fault>, Vec<Fault>) {
    let mut document = NationalDocument::default();
    let mut told = Told::default();
    match parse(bytes, ROOT) {
        Ok(xml) => {
            let root = xml.root_element();
            if root.tag_name().name() == ROOT && root.tag_name().namespace() == Some(HL7) {
                document.formed = true;
                let reading = Reading::new(Stage::Header, "nat 2.1");
                read_header(&reading.root(root, ROOT), &mut document);
                told.and(reading.told());
                let reading = Reading::new(Stage::Mime, "nat 1.2");
                read_body(&reading.root(root, ROOT), &mut document);
                told.and(reading.told());
            } else {
                told.faults.push(wrong_root(root));
            }
            let mark = bytes.len() - xml.input_text().len();
            document.body = document.body.start + mark..document.body.end + mark;
        }
        Err(fault) => told.faults.push(fault),
    }
    (document, told.faults, told.remarks)
}

fn wrong_root(root: Node<'_, '_>) -> Fault {
    Fault::new(FaultKind::UnknownElement, shown(root.tag_name().name()), "nat 1.2")
        .arg("known", ROOT)
        .at(Stage::Header)
}

fn read_header(root: &Place<'_, '_>, document: &mut NationalDocument) {
    root.known(HL7, HEADER);
    check_known(root, HL7, 0);
    for (path, attribute, expected) in [
        ("realmCode", "code", "FI"),
        ("typeId", "root", "2.16.840.1.113883.1.3"),
        ("typeId", "extension", "POCD_HD000040"),
    ] {
        if let Some(place) = root.needed(path) {
            place.fixed(attribute, &[expected]);
        }
    }
    let Some(social) = root.needed("localSocialHeader") else {
        return;
    };
    social.known(HL7FI, SOCIAL_HEADER);
    check_known(&social, HL7FI, 0);
    let signatures =
        social.find("signatureCollection").map_or_else(Vec::new, |c| c.all("signature"));
    document.signatures = signatures.len();
    for (element, path) in PATHS {
        if !APART.contains(element) {
            read_element(root, *element, path, &mut document.metadata);
        }
    }
    read_client(root, &mut document.metadata);
    read_professional(root, &mut document.metadata);
    read_service_tasks(&social, &mut document.metadata);
    read_reason(&social, &mut document.metadata);
    check_related(root, &document.metadata);
    check_organiser(root, &document.metadata);
    if let Some(status) = root.at("authorization/consent/statusCode") {
        status.fixed("code", &["completed"]);
    }
    if let Some(kind) = social.at("serviceProcess/type")
        && kind.text().as_deref() != Some("Sosiaalihuollon palveluprosessi")
    {
        let fault = kind.fault(FaultKind::WrongPhrase, "");
        kind.push(fault.arg("expected", "Sosiaalihuollon palveluprosessi"));
    }
}

fn read_element(
    root: &Place<'_, '_>,
    element: Element,
    path: &'static str,
    metadata: &mut RawMetadata<'static>,
) {
    let path = &path[ROOT.len() + 1..];
    let (path, attribute) = match path.rsplit_once("/@") {
        Some((path, attribute)) => (path, Some(attribute)),
        None => (path, None),
    };
    let Some(place) = root.at(path) else { return };
    let Some(attribute) = attribute else {
        if let Some(text) = place.text() {
            let text = match element.row().kind {
                ElementKind::Oid => bare_oid(&text).to_owned(),
                _ => text.into_owned(),
            };
            metadata.insert(element, RawValue::Text(text.into()));
        }
        return;
    };
    // Each part of the software's name has an obligation of its own.
    let software = place.node.tag_name().name() == "softwareSupport";
    if software && place.attribute(attribute).is_none() {
        return;
    }
    let Some(value) = place.value_or_null(attribute) else { return };
    if attribute == "root" {
        place.no_extension();
    }
    if let ElementKind::Code(set) = element.row().kind {
        check_code_system(&place, element, set);
    }
    metadata.insert(element, value_of(element, value));
}

fn value_of(element: Element, value: &str) -> RawValue<'static> {
    let text = |text: String| RawValue::Text(Cow::Owned(text));
    match element.row().kind {
        ElementKind::Oid | ElementKind::OwnOid | ElementKind::PartyOid => {
            text(bare_oid(value).to_owned())
        }
        ElementKind::Instant => text(times::instant(value).unwrap_or_else(|| value.to_owned())),
        ElementKind::Day => text(times::day(value).unwrap_or_else(|| value.to_owned())),
        ElementKind::Number => {
            value.parse().map_or_else(|_| text(value.to_owned()), RawValue::Whole)
        }
        ElementKind::Switch => match value {
            "true" => RawValue::Switch(true),
            "false" => RawValue::Switch(false),
            _ => text(value.to_owned()),
        },
        _ => text(value.to_owned()),
    }
}

/// The code system is the element's set, or a version of it; with or without `urn:oid:`.
fn check_code_system(place: &Place<'_, '_>, element: Element, set: &str) {
    let system = place.attribute("codeSystem");
    let fits = system.is_some_and(|system| {
        Oid::parse(bare_oid(system)).is_ok_and(|system| system.is_under_text(set))
    });
    if fits {
        return;
    }
    let mut fault = Fault::new(FaultKind::WrongCodeSystem, element.path(), "nat 2.1")
        .arg("expected", set)
        .path(place.path_of("codeSystem"))
        .at(Stage::CodeSets);
    if let Some(system) = system {
        fault = fault.value(shown(system));
    }
    place.push(fault);
}

fn read_client(root: &Place<'_, '_>, metadata: &mut RawMetadata<'static>) {
    let Some(role) = root.needed("recordTarget/patientRole") else {
        return;
    };
    let mut put = |element: Element, value: &str| {
        metadata.insert(element, RawValue::Text(Cow::Owned(value.to_owned())));
    };
    let (mut code, mut temporary) = (false, false);
    for id in role.all("id") {
        let Some(root) = id.attribute("root").map(bare_oid) else { continue };
        let extension = id.value_or_null("extension").unwrap_or_default();
        let again = if root == PersonalIdentityCode::ROOT { &mut code } else { &mut temporary };
        if std::mem::replace(again, true) {
            id.push(id.fault(FaultKind::DuplicateMember, ""));
        } else if root == PersonalIdentityCode::ROOT {
            put(Element::ClientIdentityCode, extension);
        } else {
            put(Element::ClientTemporaryRoot, root);
            put(Element::ClientTemporaryId, extension);
        }
    }
    let Some(name) = role.at("patient/name") else { return };
    if let Some(call) = name.find("given[@qualifier=CL]").and_then(|given| given.text()) {
        put(Element::ClientCallName, &call);
    }
    if let Some(given) = given_names(&name) {
        put(Element::ClientGivenNames, &given);
    }
    if let Some(family) = name.find("family").and_then(|family| family.text()) {
        put(Element::ClientFamilyName, &family);
    }
}

/// The given names in their order, but for the one that says which of them is used.
pub(super) fn given_names(name: &Place<'_, '_>) -> Option<String> {
    let all = name.all("given");
    let texts: Vec<Cow<'_, str>> = all
        .iter()
        .filter(|given| given.attribute("qualifier") != Some("CL"))
        .filter_map(Place::text)
        .collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

fn read_professional(root: &Place<'_, '_>, metadata: &mut RawMetadata<'static>) {
    let Some(author) = root.at("author/assignedAuthor") else { return };
    let mut put = |element: Element, value: &str| {
        metadata.insert(element, RawValue::Text(Cow::Owned(value.to_owned())));
    };
    if let Some(id) = author.find("id")
        && let Some(number) = id.value_or_null("extension")
        && id.fixed("root", &[PROFESSIONALS]).is_some()
    {
        put(Element::ProfessionalNumber, number);
    }
    let Some(name) = author.at("assignedPerson/name") else { return };
    if let Some(given) = given_names(&name) {
        put(Element::ProfessionalGivenNames, &given);
    }
    if let Some(family) = name.find("family").and_then(|family| family.text()) {
        put(Element::ProfessionalFamilyName, &family);
    }
}

/// The service task of 2016, and the earlier one of an old document: each by its code system.
fn read_service_tasks(social: &Place<'_, '_>, metadata: &mut RawMetadata<'static>) {
    for task in social.all("functionCode") {
        let system = task.attribute("codeSystem").map(bare_oid).unwrap_or_default();
        let of = |set: &str| Oid::parse(system).is_ok_and(|system| system.is_under_text(set));
        let Some(code) = task.value_or_null("code") else { continue };
        let (element, named) = if of(sets::SERVICE_TASK_1989) {
            (Element::OriginalTaskCode, Some("1989"))
        } else if of(sets::SERVICE_TASK_2011) {
            (Element::OriginalTaskCode, Some("2011"))
        } else {
            check_code_system(&task, Element::ServiceTask, sets::SERVICE_TASK);
            (Element::ServiceTask, None)
        };
        if metadata.get(element).is_some() {
            task.push(task.fault(FaultKind::DuplicateMember, ""));
            continue;
        }
        metadata.insert(element, RawValue::Text(Cow::Owned(code.to_owned())));
        if let Some(named) = named {
            metadata.insert(Element::OriginalTaskSet, RawValue::Text(Cow::Borrowed(named)));
        }
    }
}

/// Why a version is replaced: a code of our own set, or of another, which is kept with it. Which set
/// the nation has is not public.
fn read_reason(social: &Place<'_, '_>, metadata: &mut RawMetadata<'static>) {
    let Some(reason) = social.find("reasonOfCorrection") else { return };
    let Some(code) = reason.value_or_null("code") else { return };
    let mut put = |element: Element, value: &str| {
        metadata.insert(element, RawValue::Text(Cow::Owned(value.to_owned())));
    };
    put(Element::ReplacesReason, code);
    if let Some(set) = reason.needed_attribute("codeSystem").map(bare_oid)
        && set != sets::REPLACEMENT_REASON
    {
        put(Element::ReplacesReasonSet, set);
    }
}

/// The elements of a header that hold others, each with those that are read.
const CONTAINERS: &[(&str, &[&str])] = &[
    ("recordTarget", &["patientRole"]),
    ("patientRole", &["id", "patient"]),
    ("patient", &["name", "administrativeGenderCode", "birthTime"]),
    ("name", &["given", "family"]),
    ("author", &["time", "assignedAuthor"]),
    ("assignedAuthor", &["id", "assignedPerson"]),
    ("assignedPerson", &["name"]),
    ("custodian", &["assignedCustodian"]),
    ("assignedCustodian", &["representedCustodianOrganization"]),
    ("representedCustodianOrganization", &["id", "name"]),
    ("participant", &["associatedEntity"]),
    ("associatedEntity", &["id", "scopingOrganization"]),
    ("scopingOrganization", &["id", "name"]),
    ("relatedDocument", &["parentDocument"]),
    ("parentDocument", &["id", "setId", "versionNumber"]),
    ("authorization", &["consent"]),
    ("consent", &["code", "statusCode"]),
    ("componentOf", &["encompassingEncounter"]),
    (
        "encompassingEncounter",
        &["id", "effectiveTime", "responsibleParty", "encounterParticipant", "location"],
    ),
    ("effectiveTime", &["low", "high"]),
    ("responsibleParty", &["assignedEntity"]),
    ("encounterParticipant", &["assignedEntity"]),
    ("assignedEntity", &["id", "representedOrganization"]),
    ("representedOrganization", &["id", "name"]),
    ("location", &["healthCareFacility"]),
    ("healthCareFacility", &["location", "serviceProviderOrganization"]),
    ("serviceProviderOrganization", &["id", "name"]),
    ("serviceProcess", &["type", "code"]),
];

/// Elements whose inside is read elsewhere: the content, the signatures and what is said of them.
const READ_ELSEWHERE: &[&str] =
    &["component", "localSocialHeader", "signature", "signatureCollection"];

/// Tells every element of a header that is not read: what the archive does not understand could change
/// whom a document is about, or who may see it.
fn check_known(above: &Place<'_, '_>, namespace: &str, depth: u8) {
    for place in above.elements() {
        let name = place.node.tag_name();
        if name.namespace() != Some(namespace) || READ_ELSEWHERE.contains(&name.name()) {
            continue;
        }
        let known = CONTAINERS.iter().find(|(container, _)| *container == name.name());
        // No place in a header lies deeper than seven elements.
        let known = known.filter(|_| depth < 7).map_or(&[][..], |(_, known)| known);
        place.known(namespace, known);
        if !known.is_empty() {
            check_known(&place, namespace, depth + 1);
        }
    }
}

/// What is replaced is of the same set, one version before.
fn check_related(root: &Place<'_, '_>, metadata: &RawMetadata<'_>) {
    for (path, kinds) in [
        ("relatedDocument", &["RPLC", "APND"][..]),
        ("participant", &["PRF"]),
        ("componentOf/encompassingEncounter/encounterParticipant", &["ADM"]),
    ] {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let above = if above.is_empty() { Some(root.clone()) } else { root.at(above) };
        for place in above.iter().flat_map(|above| above.all(name)) {
            place.fixed("typeCode", kinds);
        }
    }
    let Some(parent) = root.at("relatedDocument[@typeCode=RPLC]/parentDocument") else { return };
    let set = parent.find("setId");
    if let (Some(set), Some(RawValue::Text(own))) = (&set, metadata.get(Element::SetId))
        && set.needed_oid() != Some(own)
    {
        let fault = set.fault(FaultKind::Disagreement, "root").arg("other", "set_id");
        set.push(fault.arg("expected", shown(own)));
    }
    let version = parent.find("versionNumber");
    if let (Some(version), Some(RawValue::Whole(own))) = (&version, metadata.get(Element::Version))
        && version.attribute("value") != Some(&own.saturating_sub(1).to_string())
    {
        let fault = version.fault(FaultKind::Disagreement, "value").arg("other", "version");
        version.push(fault.arg("expected", own.saturating_sub(1)));
    }
}

/// The organiser stands in two places, and is one.
fn check_organiser(root: &Place<'_, '_>, metadata: &RawMetadata<'_>) {
    let path = "componentOf/encompassingEncounter/responsibleParty/assignedEntity/\
                representedOrganization/id";
    if let Some(id) = root.at(path)
        && let (Some(found), Some(RawValue::Text(own))) =
            (id.attribute("root").map(bare_oid), metadata.get(Element::OrganiserId))
        && found != own
    {
        let fault = id.fault(FaultKind::Disagreement, "root").value(shown(found));
        id.push(fault.arg("other", Element::OrganiserId.path()).arg("expected", shown(own)));
    }
}

fn read_body(root: &Place<'_, '_>, document: &mut NationalDocument) {
    let Some(body) = root.needed("component/nonXMLBody") else {
        return;
    };
    document.body = body.node.range();
    body.known(HL7, &["text", "hl7fi:json"]);
    if let (Some(id), Some(RawValue::Text(own))) =
        (body.needed_attribute("ID"), document.metadata.get(Element::DocumentId))
        && id.strip_prefix("OID") != Some(own)
    {
        let fault = body.fault(FaultKind::Disagreement, "ID").value(shown(id));
        body.push(
            fault
                .arg("other", Element::DocumentId.path())
                .arg("expected", format!("OID{}", shown(own))),
        );
    }
    document.parts = parts_of(&body);
}

fn parts_of(body: &Place<'_, '_>) -> Vec<(Part, Vec<u8>)> {
    let mut parts = Vec::new();
    if let Some(text) = body.needed("text") {
        text.fixed("representation", &["B64"]);
        let media = text.fixed("mediaType", &["application/xhtml+xml", "application/pdf"]);
        let part = if media == Some("application/pdf") { Part::Pdf } else { Part::View };
        parts.extend(decoded(&text).map(|bytes| (part, bytes)));
    }
    if let Some(json) = body.find("json") {
        if json.attribute("representation").is_some() {
            json.fixed("representation", &["B64"]);
        }
        parts.extend(decoded(&json).map(|bytes| (Part::Structured, bytes)));
    }
    parts
}

/// The parts in a `nonXMLBody` that stands alone: in the canonical bytes that a signature covers. `None`
/// when it is none. Its faults are those of the document that it was taken from.
#[must_use]
pub fn read_signed_content(canonical: &str) -> Option<Vec<(Part, Vec<u8>)>> {
    let xml = parse(canonical.as_bytes(), "nonXMLBody").ok()?;
    let root = xml.root_element();
    let reading = Reading::new(Stage::Mime, "nat 1.2");
    let parts = parts_of(&reading.root(root, "nonXMLBody"));
    let named = root.tag_name().name() == "nonXMLBody" && root.tag_name().namespace() == Some(HL7);
    named.then_some(parts)
}

fn decoded(place: &Place<'_, '_>) -> Option<Vec<u8>> {
    match base64::decode(&place.text().unwrap_or_default()) {
        Ok(bytes) => Some(bytes),
        Err(reason) => {
            place.push(place.fault(FaultKind::NotBase64, "").arg("reason", reason));
            None
        }
    }
}

/// Names the places in the document of faults that the metadata's check found, and the form that
/// values have there.
pub fn place_faults(faults: &mut [Fault]) {
    for fault in faults.iter_mut().filter(|fault| fault.path.is_none()) {
        let Some(element) = Element::of_path(&fault.element) else { continue };
        fault.path = path_of(element).map(Into::into);
        let form = match element.row().kind {
            ElementKind::Instant => times::INSTANT_FORM,
            ElementKind::Day => times::DAY_FORM,
            _ => continue,
        };
        if fault.kind == FaultKind::WrongForm {
            fault.args = vec![("expected", form.to_owned())];
        }
    }
}
