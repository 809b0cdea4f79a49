//! The frame (siirtokehys) that carries a document to the archive: HL7 V3, `RCMR_IN200002FI01` for a
//! first version, `RCMR_IN200016FI01` for one that replaces another.
//!
//! Source: ARC-3; national-specs 3.1 to 3.4.

use roxmltree::Node;
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::RawMetadata;
use varanto_domain::codes::sets;
use varanto_domain::faults::{Fault, FaultKind, Stage};
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::time::Instant;

use super::document::{value, version_before};
use super::print::Printer;
use super::reading::{Place, Reading, Told, shown, spelt};
use super::{ARCHIVE_DEVICE, HL7, bare_oid, times};

/// The service requests (palvelupyynnöt).
const REQUESTS: &str = "1.2.246.537.6.1503";
/// The situations of use (käyttötilanteet).
const SITUATIONS: &str = "1.2.246.537.6.1289";
const INTERACTIONS: &str = "2.16.840.1.113883.1.6";
const TRIGGERS: &str = "2.16.840.1.113883.1.18";

/// What a frame asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interaction {
    /// Archive a document.
    Archive,
    /// Archive a version that replaces another; with the status `NULLIFIED`, in our own form,
    /// invalidate one.
    Replace,
}

impl Interaction {
    /// Every interaction that is taken.
    pub const ALL: [Self; 2] = [Self::Archive, Self::Replace];

    /// Its identifier, which is the name of the root element.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Archive => "RCMR_IN200002FI01",
            Self::Replace => "RCMR_IN200016FI01",
        }
    }

    const fn trigger(self) -> &'static str {
        match self {
            Self::Archive => "RCMR_TE000102UV01",
            Self::Replace => "RCMR_TE000910UV01",
        }
    }

    fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// An identifier of two halves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Id {
    /// The node.
    pub root: String,
    /// The number under it, if it has one.
    pub extension: Option<String>,
}

/// A value of the frame's copy of metadata, and where it stands. The value may be client data.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) value: String,
    pub(super) path: String,
}

impl std::fmt::Debug for Copied {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "*** at {}", self.path)
    }
}

/// The frame's copy of the document's key metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Copies {
    pub(super) id: Option<Copied>,
    pub(super) set: Option<Copied>,
    pub(super) version: Option<Copied>,
    pub(super) register: Option<Copied>,
    pub(super) written: Option<Copied>,
    pub(super) confidentiality: Option<Copied>,
    pub(super) language: Option<Copied>,
    pub(super) client: Option<(Copied, Copied)>,
    pub(super) given: Option<Copied>,
    pub(super) family: Option<Copied>,
    pub(super) sex: Option<Copied>,
    pub(super) born: Option<Copied>,
    pub(super) controller: Option<Copied>,
    pub(super) call: Option<Copied>,
    pub(super) case: Option<Copied>,
    pub(super) replaced: Option<Copied>,
    pub(super) replaced_set: Option<Copied>,
    pub(super) replaced_version: Option<Copied>,
}

/// Why a version is to be invalidated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nullification {
    /// The reason's code in our own set.
    pub reason: String,
    /// What else there is to say.
    pub explanation: Option<String>,
}

/// A frame as it was read.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// What it asks for.
    pub interaction: Option<Interaction>,
    /// The message's own identifier.
    pub id: Option<Id>,
    /// The device that sent it: an organisation's OID.
    pub sender: Option<String>,
    /// The service request, `SP1`; `None` where the nation's code is not public and none was sent.
    pub request: Option<String>,
    /// The MIME text in which the document stands; `None` for a placeholder.
    pub carried: Option<String>,
    /// The copy of the document's metadata.
    pub copies: Copies,
    /// The version to be invalidated and why, when the frame asks for that.
    pub nullification: Option<(Oid, Nullification)>,
}

impl Frame {
    /// The document that it brings, by its copy of the metadata.
    #[must_use]
    pub fn document_id(&self) -> Option<&str> {
        self.copies.id.as_ref().map(|copied| copied.value.as_str())
    }
}

/// Reads the frame at an element.
pub(super) fn read(root: Node<'_, '_>) -> (Frame, Told) {
    let mut frame = Frame::default();
    let reading = Reading::new(Stage::Frame, "nat 3.1");
    let name = root.tag_name();
    let interaction = Interaction::of_code(name.name()).filter(|_| name.namespace() == Some(HL7));
    let Some(interaction) = interaction else {
        let known = Interaction::ALL.map(Interaction::code).join(", ");
        let fault = Fault::new(FaultKind::UnknownElement, shown(name.name()), "nat 3.2");
        reading.push(fault.arg("known", known));
        return (frame, reading.told());
    };
    frame.interaction = Some(interaction);
    let root = reading.root(root, interaction.code());
    read_wrapper(&root, interaction, &mut frame);
    if let Some(act) = root.needed("controlActProcess") {
        read_act(&act, interaction, &mut frame);
    }
    (frame, reading.told())
}

fn read_wrapper(root: &Place<'_, '_>, interaction: Interaction, frame: &mut Frame) {
    root.known(HL7, WRAPPER);
    root.fixed("ITSVersion", &["XML_1.0"]);
    if let Some(id) = root.needed("id") {
        frame.id = id.needed_attribute("root").map(|root| Id {
            root: bare_oid(root).to_owned(),
            extension: id.attribute("extension").map(str::to_owned),
        });
        check_oid(&id, frame.id.as_ref().map(|id| id.root.as_str()));
    }
    if let Some(time) = root.needed("creationTime") {
        check_time(&time);
    }
    match root.find("versionCode") {
        Some(version) => {
            version.fixed("code", &["V3-2006"]);
        }
        None => root.remark(missing(root, "versionCode")),
    }
    if let Some(id) = root.needed("interactionId") {
        id.fixed("root", &[INTERACTIONS]);
        id.fixed("extension", &[interaction.code()]);
    }
    for (name, expected) in [
        ("processingCode", &["D", "P", "T"][..]),
        ("processingModeCode", &["T"]),
        ("acceptAckCode", &["ER", "AL", "NE"]),
    ] {
        if let Some(place) = root.needed(name) {
            place.fixed("code", expected);
        }
    }
    if let Some(id) = root.needed("receiver/device/id") {
        id.fixed("root", &[ARCHIVE_DEVICE]);
    }
    if let Some(id) = root.needed("sender/device/id") {
        frame.sender = id.needed_attribute("root").map(|root| bare_oid(root).to_owned());
        check_oid(&id, frame.sender.as_deref());
    }
}

const WRAPPER: &[&str] = &[
    "id",
    "creationTime",
    "versionCode",
    "interactionId",
    "profileId",
    "processingCode",
    "processingModeCode",
    "acceptAckCode",
    "receiver",
    "sender",
    "controlActProcess",
];

fn missing(place: &Place<'_, '_>, name: &str) -> Fault {
    let path = format!("{}/{name}", place.path());
    Fault::new(FaultKind::MissingElement, path.clone(), "nat 3.1").arg("name", name).path(path)
}

fn check_oid(place: &Place<'_, '_>, found: Option<&str>) {
    if let Some(found) = found
        && Oid::parse(found).is_err()
    {
        place.push(place.fault(FaultKind::NotAnOid, "root").value(shown(found)));
    }
}

fn check_time(place: &Place<'_, '_>) {
    if let Some(value) = place.needed_attribute("value")
        && times::instant(value).and_then(|text| Instant::parse(&text)).is_none()
    {
        let fault = place.fault(FaultKind::WrongForm, "value").value(shown(value));
        place.push(fault.arg("expected", times::INSTANT_FORM));
    }
}

fn read_act(act: &Place<'_, '_>, interaction: Interaction, frame: &mut Frame) {
    act.fixed("classCode", &["CACT"]);
    act.fixed("moodCode", &["EVN"]);
    if let Some(code) = act.needed("code") {
        code.fixed("codeSystem", &[TRIGGERS]);
        if code.attribute("code").is_some() {
            code.fixed("code", &[interaction.trigger()]);
        } else {
            code.remark(code.fault(FaultKind::MissingElement, "code").arg("name", "code"));
        }
    }
    if let Some(priority) = act.find("priorityCode") {
        priority.fixed("code", &["R"]);
    }
    let reason = read_reasons(act, frame);
    if let Some(performer) = act.needed("authorOrPerformer") {
        performer.fixed("typeCode", &["PRF", "AUT"]);
        performer.needed("assignedPerson/id");
        if let Some(id) = performer.needed("assignedPerson/representedOrganization/id") {
            check_oid(&id, id.needed_attribute("root").map(bare_oid));
        }
    }
    let Some(document) = act.needed("subject/clinicalDocument") else {
        return;
    };
    let nullified = read_document(&document, frame);
    if interaction == Interaction::Archive && nullified {
        let fault = document.fault(FaultKind::ForbiddenElement, "").arg("name", "NULLIFIED");
        document.push(fault);
        read_carried(&document, frame);
        return;
    }
    if nullified {
        if let Some(text) = document.find("text") {
            text.push(text.fault(FaultKind::ForbiddenElement, "").arg("name", "text"));
        }
        read_nullification(act, reason, frame);
        return;
    }
    if reason.is_some() {
        // A reason to invalidate asks for another thing than the status does.
        let place = format!("{}/statusCode/@code", document.path());
        let fault = Fault::new(FaultKind::WrongValue, place.clone(), "nat 3.1");
        document.push(fault.arg("expected", "NULLIFIED").path(place));
    }
    read_carried(&document, frame);
}

/// The service request and the situation of use, in either order, and with our own set the reason of
/// an invalidation, which is answered.
fn read_reasons(act: &Place<'_, '_>, frame: &mut Frame) -> Option<String> {
    let (mut request, mut situation, mut reason) = (false, false, None);
    for code in act.all("reasonCode") {
        let null = code.attribute("nullFlavor").is_some() && code.attribute("code").is_none();
        let system = code.attribute("codeSystem").map(bare_oid).unwrap_or_default();
        let of = |set: &str| Oid::parse(system).is_ok_and(|system| system.is_under_text(set));
        let again = if of(REQUESTS) {
            let value = if null { None } else { code.needed_attribute("code") };
            frame.request = value.map(str::to_owned);
            std::mem::replace(&mut request, true)
        } else if of(SITUATIONS) {
            // Which situations there are besides the first is not public.
            code.needed_attribute("code");
            std::mem::replace(&mut situation, true)
        } else if of(sets::INVALIDATION_REASON) {
            let value = code.needed_attribute("code").unwrap_or_default();
            reason.replace(value.to_owned()).is_some()
        } else {
            let fault = code.fault(FaultKind::WrongCodeSystem, "codeSystem").value(shown(system));
            code.push(fault.arg("expected", format!("{REQUESTS}, {SITUATIONS}")));
            false
        };
        if again {
            code.push(code.fault(FaultKind::DuplicateMember, ""));
        }
    }
    for (there, set) in [(request, REQUESTS), (situation, SITUATIONS)] {
        if !there {
            act.push(missing(act, &format!("reasonCode[@codeSystem={set}]")));
        }
    }
    reason
}

/// Reads the copy of metadata; answers whether the status says that the version is to be invalidated.
fn read_document(document: &Place<'_, '_>, frame: &mut Frame) -> bool {
    document.fixed("classCode", &["DOCCLIN"]);
    document.fixed("moodCode", &["EVN"]);
    let value = |path: &str, attribute: &str| {
        let place = document.at(path)?;
        let value = place.attribute(attribute)?;
        let value = spelt(attribute, value);
        Some(Copied { value: value.to_owned(), path: place.path_of(attribute) })
    };
    let text = |path: &str| {
        let place = document.at(path)?;
        Some(Copied { value: place.text()?.into_owned(), path: place.path().to_owned() })
    };
    let status = document
        .needed("statusCode")
        .and_then(|status| status.fixed("code", &["COMPLETED", "NULLIFIED"]));
    for path in ["id", "setId", "custodian/assignedCustodian/representedOrganization/id"] {
        if let Some(id) = document.needed(path) {
            check_oid(&id, id.needed_oid());
        }
    }
    if let Some(version) = document.needed("versionNumber") {
        version.needed_attribute("value");
    }
    if let Some(client) = document.needed("recordTarget/patient/id") {
        client.needed_attribute("root");
        client.needed_attribute("extension");
    }
    for (path, expected) in [
        ("realmCode", ("code", "FI")),
        ("typeId", ("extension", "POCD_HD000040")),
        ("completionCode", ("code", "LA")),
        ("storageCode", ("code", "AC")),
    ] {
        if let Some(place) = document.find(path) {
            place.fixed(expected.0, &[expected.1]);
        }
    }
    let custodian = "custodian/assignedCustodian/representedOrganization/id";
    let parent = |rest: &str| format!("relatedDocument[@typeCode=RPLC]/parentDocument/{rest}");
    frame.copies = Copies {
        id: value("id", "root"),
        set: value("setId", "root"),
        version: value("versionNumber", "value"),
        register: value("code", "code"),
        written: value("effectiveTime", "value"),
        confidentiality: value("confidentialityCode", "code"),
        language: value("languageCode", "code"),
        client: value("recordTarget/patient/id", "root")
            .zip(value("recordTarget/patient/id", "extension")),
        given: document.at("recordTarget/patient/patientPerson/name").and_then(|name| {
            let value = super::document::given_names(&name)?;
            Some(Copied { value, path: format!("{}/given", name.path()) })
        }),
        family: text("recordTarget/patient/patientPerson/name/family"),
        sex: value("recordTarget/patient/patientPerson/administrativeGenderCode", "code"),
        born: value("recordTarget/patient/patientPerson/birthTime", "value"),
        controller: value(custodian, "root"),
        call: text("recordTarget/patient/patientPerson/name/given[@qualifier=CL]"),
        case: value("componentOf/encounterEvent/id", "root"),
        replaced: value(&parent("id"), "root"),
        replaced_set: value(&parent("setId"), "root"),
        replaced_version: value(&parent("versionNumber"), "value"),
    };
    status == Some("NULLIFIED")
}

/// The text that carries the document, or the placeholder that stands for one that comes beside.
fn read_carried(document: &Place<'_, '_>, frame: &mut Frame) {
    let Some(text) = document.needed("text") else { return };
    text.fixed("mediaType", &["multipart/related"]);
    if !text.node.children().any(|child| child.is_element()) {
        frame.carried = text.text().map(std::borrow::Cow::into_owned);
        return;
    }
    // A placeholder holds nothing that could be taken for a document.
    let says = text.node.descendants().filter(Node::is_text).filter_map(|node| node.text());
    let reason = if says.into_iter().any(|text| !text.trim().is_empty()) {
        "a text beside or in the placeholder"
    } else if text.elements().len() != 1 || text.find("mimeEncode").is_none() {
        "elements in place of MIME"
    } else {
        return;
    };
    text.push(text.fault(FaultKind::NotMime, "").arg("reason", reason));
}

fn read_nullification(act: &Place<'_, '_>, reason: Option<String>, frame: &mut Frame) {
    let Some(reason) = reason else {
        let name = format!("reasonCode[@codeSystem={}]", sets::INVALIDATION_REASON);
        act.push(missing(act, &name));
        return;
    };
    let explanation =
        act.find("text").and_then(|text| text.text()).map(std::borrow::Cow::into_owned);
    let id = frame.copies.id.as_ref();
    match id.map(|id| (Oid::parse(&id.value), id)) {
        Some((Ok(id), _)) => {
            frame.nullification = Some((id, Nullification { reason, explanation }));
        }
        Some((Err(_), id)) => {
            let fault = Fault::new(FaultKind::NotAnOid, id.path.clone(), "nat 3.1");
            act.push(fault.value(shown(&id.value)).path(id.path.clone()));
        }
        None => {}
    }
}

/// What a frame is printed from.
#[derive(Debug, Clone)]
pub struct NewFrame<'a> {
    /// The message's own identifier.
    pub id: Id,
    /// Now.
    pub created: Instant,
    /// The sending organisation.
    pub sender: &'a Oid,
    /// The user's name, and identifier if it is told.
    pub user: (&'a str, &'a str),
    /// The user's unit or organisation, and its name.
    pub unit: (&'a Oid, &'a str),
}

/// Prints a frame for a document, from the document's own metadata.
///
/// Source: national-specs 3.1, 3.4.
#[must_use]
pub fn write(frame: &NewFrame<'_>, metadata: &RawMetadata<'_>, document: &[u8]) -> String {
    let replaces = metadata.get(Element::ReplacesDocument).is_some();
    let interaction = if replaces { Interaction::Replace } else { Interaction::Archive };
    let mut out = Printer::new();
    write_wrapper(&mut out, frame, interaction);
    let group = value(metadata, Element::Group).and_then(|code| DocumentGroup::of_code(&code));
    write_reasons(&mut out, group.and_then(DocumentGroup::service_request), None);
    write_performer(&mut out, frame);
    write_document(&mut out, metadata, "COMPLETED", Some(document));
    out.close("controlActProcess").close(interaction.code());
    out.finish()
}

/// Prints a frame that asks for a version's invalidation, in our own form.
#[must_use]
pub fn write_nullification(
    frame: &NewFrame<'_>,
    metadata: &RawMetadata<'_>,
    why: &Nullification,
) -> String {
    let mut out = Printer::new();
    write_wrapper(&mut out, frame, Interaction::Replace);
    if let Some(text) = &why.explanation {
        out.text("text", text);
    }
    write_reasons(&mut out, None, Some(&why.reason));
    write_performer(&mut out, frame);
    write_document(&mut out, metadata, "NULLIFIED", None);
    out.close("controlActProcess").close(Interaction::Replace.code());
    out.finish()
}

fn write_wrapper(out: &mut Printer, frame: &NewFrame<'_>, interaction: Interaction) {
    let code = interaction.code();
    out.open(code, &[("xmlns", HL7), ("ITSVersion", "XML_1.0")]);
    let mut id = vec![("root", frame.id.root.as_str())];
    if let Some(extension) = &frame.id.extension {
        id.push(("extension", extension));
    }
    out.empty("id", &id);
    out.empty("creationTime", &[("value", &times::stamp(frame.created))]);
    out.empty("versionCode", &[("code", "V3-2006")]);
    out.empty("interactionId", &[("root", INTERACTIONS), ("extension", code)]);
    out.empty("processingCode", &[("code", "D")]);
    out.empty("processingModeCode", &[("code", "T")]);
    out.empty("acceptAckCode", &[("code", "ER")]);
    write_device(out, "receiver", "RCV", ARCHIVE_DEVICE);
    write_device(out, "sender", "SND", frame.sender.as_str());
    out.open("controlActProcess", &[("classCode", "CACT"), ("moodCode", "EVN")]);
    out.empty("code", &[("code", interaction.trigger()), ("codeSystem", TRIGGERS)]);
}

pub(super) fn write_device(out: &mut Printer, name: &str, kind: &str, root: &str) {
    out.open(name, &[("typeCode", kind)])
        .open("device", &[("classCode", "DEV"), ("determinerCode", "INSTANCE")])
        .empty("id", &[("root", root)])
        .close("device")
        .close(name);
}

fn write_reasons(out: &mut Printer, request: Option<&str>, invalidation: Option<&str>) {
    let requests = format!("{REQUESTS}.201601");
    let situations = format!("{SITUATIONS}.201901");
    out.empty("priorityCode", &[("code", "R")]);
    match request {
        Some(code) => out.empty("reasonCode", &[("code", code), ("codeSystem", &requests)]),
        None => out.empty("reasonCode", &[("nullFlavor", "UNK"), ("codeSystem", &requests)]),
    };
    out.empty("reasonCode", &[("code", "1"), ("codeSystem", &situations)]);
    if let Some(code) = invalidation {
        let set = sets::INVALIDATION_REASON;
        out.empty("reasonCode", &[("code", code), ("codeSystem", set)]);
    }
}

fn write_performer(out: &mut Printer, frame: &NewFrame<'_>) {
    out.open("authorOrPerformer", &[("typeCode", "AUT")])
        .open("assignedPerson", &[])
        .empty("id", &[("nullFlavor", "NA")])
        .open("assignedPerson", &[])
        .open("name", &[])
        .text("family", frame.user.1)
        .text("given", frame.user.0)
        .close("name")
        .close("assignedPerson")
        .open("representedOrganization", &[])
        .empty("id", &[("root", frame.unit.0.as_str())])
        .text("name", frame.unit.1)
        .close("representedOrganization")
        .close("assignedPerson")
        .close("authorOrPerformer");
}

fn write_document(
    out: &mut Printer,
    metadata: &RawMetadata<'_>,
    status: &str,
    document: Option<&[u8]>,
) {
    let text = |element| value(metadata, element).unwrap_or_default();
    let coded = |out: &mut Printer, tag: &str, element, system: &str| {
        if let Some(code) = value(metadata, element) {
            out.empty(tag, &[("code", &code), ("codeSystem", system)]);
        }
    };
    let id = text(Element::DocumentId);
    out.open("subject", &[]);
    out.open("clinicalDocument", &[("classCode", "DOCCLIN"), ("moodCode", "EVN")]);
    out.empty("realmCode", &[("code", "FI")]);
    out.empty("typeId", &[("root", "2.16.840.1.113883.1.3"), ("extension", "POCD_HD000040")]);
    out.empty("id", &[("root", &id)]);
    coded(out, "code", Element::RegisterType, &format!("{}.201701", sets::REGISTER));
    if let Some(document) = document {
        out.open("text", &[("mediaType", "multipart/related")]);
        out.put(&super::mime::write(document, &id)).close("text");
    }
    out.empty("statusCode", &[("code", status)]);
    out.empty("effectiveTime", &[("value", &text(Element::WrittenAt))]);
    let secrecy = format!("{}.2006", sets::CONFIDENTIALITY);
    coded(out, "confidentialityCode", Element::Confidentiality, &secrecy);
    if let Some(language) = value(metadata, Element::Language) {
        out.empty("languageCode", &[("code", &language)]);
    }
    out.empty("setId", &[("root", &text(Element::SetId))]);
    out.empty("versionNumber", &[("value", &text(Element::Version))]);
    out.empty("completionCode", &[("code", "LA"), ("codeSystem", "1.2.246.537.5.40115.2006")]);
    out.empty("storageCode", &[("code", "AC"), ("codeSystem", "1.2.246.537.5.40116.2006")]);
    write_client(out, metadata);
    out.open("custodian", &[("typeCode", "CST")])
        .open("assignedCustodian", &[("classCode", "ASSIGNED")])
        .open("representedOrganization", &[("classCode", "ORG"), ("determinerCode", "INSTANCE")])
        .empty("id", &[("root", &text(Element::ControllerId))])
        .close("representedOrganization")
        .close("assignedCustodian")
        .close("custodian");
    if let Some(replaced) = value(metadata, Element::ReplacesDocument) {
        out.open("relatedDocument", &[("typeCode", "RPLC")])
            .open("parentDocument", &[])
            .empty("id", &[("root", &replaced)])
            .empty("setId", &[("root", &text(Element::SetId))])
            .empty("versionNumber", &[("value", &version_before(metadata))])
            .close("parentDocument")
            .close("relatedDocument");
    }
    out.close("clinicalDocument").close("subject");
}

fn write_client(out: &mut Printer, metadata: &RawMetadata<'_>) {
    let (root, extension) = match value(metadata, Element::ClientIdentityCode) {
        Some(code) => (PersonalIdentityCode::ROOT.into(), code),
        None => (
            value(metadata, Element::ClientTemporaryRoot).unwrap_or_default(),
            value(metadata, Element::ClientTemporaryId).unwrap_or_default(),
        ),
    };
    out.open("recordTarget", &[("typeCode", "RCT")])
        .open("patient", &[("classCode", "PAT")])
        .empty("id", &[("root", &root), ("extension", &extension)])
        .empty("statusCode", &[("code", "normal")])
        .open("patientPerson", &[("classCode", "PSN"), ("determinerCode", "INSTANCE")])
        .open("name", &[])
        .text("family", &value(metadata, Element::ClientFamilyName).unwrap_or_default())
        .text("given", &value(metadata, Element::ClientGivenNames).unwrap_or_default());
    if let Some(call) = value(metadata, Element::ClientCallName) {
        out.open("given", &[("qualifier", "CL")]).put(&call).close("given");
    }
    out.close("name");
    if let Some(sex) = value(metadata, Element::ClientSex) {
        let set = format!("{}.1997", sets::SEX);
        out.empty("administrativeGenderCode", &[("code", &sex), ("codeSystem", &set)]);
    }
    if let Some(born) = value(metadata, Element::ClientBirthDate) {
        out.empty("birthTime", &[("value", &born)]);
    }
    out.close("patientPerson").close("patient").close("recordTarget");
}
