//! The national document: CDA R2 with the header of social welfare, and the content in base64.

use std::borrow::Cow;
use std::ops::Range;

use roxmltree::Node;
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::{Element, ElementKind};
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_domain::codes::{CodeSets, sets};
use varanto_domain::faults::{Fault, FaultKind, Stage};
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::time::{FinnishDay, Instant};

use super::elements::{APART, Named, PATHS, named_set};
use super::print::Printer;
use super::reading::{Place, Reading, Told, parse, shown};
use super::{HL7, HL7FI, OWN, bare_oid, base64, times};

pub use super::elements::path_of;

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
    let Some(value) = place.attribute(attribute) else {
        // Each part of the software's name has an obligation of its own.
        let software = place.node.tag_name().name() == "softwareSupport";
        if place.attribute("nullFlavor").is_none() && !software {
            place.push(place.fault(FaultKind::MissingElement, attribute).arg("name", attribute));
        }
        return;
    };
    if place.attribute("nullFlavor").is_some() {
        place.remark(
            place.fault(FaultKind::ForbiddenElement, "nullFlavor").arg("name", "nullFlavor"),
        );
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
        let extension = id.attribute("extension").unwrap_or_default();
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
        && id.attribute("nullFlavor").is_none()
        && id.fixed("root", &[PROFESSIONALS]).is_some()
        && let Some(number) = id.needed_attribute("extension")
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
        let Some(code) = task.needed_attribute("code") else { continue };
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

/// What is replaced is of the same set, one version before.
fn check_related(root: &Place<'_, '_>, metadata: &RawMetadata<'_>) {
    for related in root.all("relatedDocument") {
        related.fixed("typeCode", &["RPLC", "APND"]);
    }
    let Some(parent) = root.at("relatedDocument[@typeCode=RPLC]/parentDocument") else { return };
    let set = parent.find("setId");
    if let (Some(set), Some(RawValue::Text(own))) = (&set, metadata.get(Element::SetId))
        && set.attribute("root").map(bare_oid) != Some(own)
    {
        let fault = set.fault(FaultKind::Disagreement, "root").arg("other", "set_id");
        set.push(fault.arg("expected", own));
    }
    let version = parent.find("versionNumber");
    if let (Some(version), Some(RawValue::Whole(own))) = (&version, metadata.get(Element::Version))
        && version.attribute("value") != Some(&(own - 1).to_string())
    {
        let fault = version.fault(FaultKind::Disagreement, "value").arg("other", "version");
        version.push(fault.arg("expected", own - 1));
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
        id.push(fault.arg("other", Element::OrganiserId.path()).arg("expected", own));
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
            fault.arg("other", Element::DocumentId.path()).arg("expected", format!("OID{own}")),
        );
    }
    if let Some(text) = body.needed("text") {
        text.fixed("representation", &["B64"]);
        let media = text.fixed("mediaType", &["application/xhtml+xml", "application/pdf"]);
        let part = if media == Some("application/pdf") { Part::Pdf } else { Part::View };
        document.parts.extend(decoded(&text).map(|bytes| (part, bytes)));
    }
    if let Some(json) = body.find("json") {
        if json.attribute("representation").is_some() {
            json.fixed("representation", &["B64"]);
        }
        document.parts.extend(decoded(&json).map(|bytes| (Part::Structured, bytes)));
    }
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
pub(super) fn value<'a>(metadata: &'a RawMetadata<'_>, element: Element) -> Option<Cow<'a, str>> {
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
pub(super) fn version_before(metadata: &RawMetadata<'_>) -> String {
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
        let oid = Oid::parse(set).expect("code sets have constant OIDs");
        let display = self.code_sets.name_of(&oid, code, self.day).map(|names| names.fi.clone());
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
        self.code("hl7fi:reasonOfCorrection", E::ReplacesReason);
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
