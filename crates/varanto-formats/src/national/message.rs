//! A whole message: the frame and the document in it or beside it, read and held against each other.
//!
//! Source: national-specs 3.1 to 3.4, 9.

use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_domain::faults::{Fault, FaultKind, Stage};
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::time::Instant;

use super::document::{self, NationalDocument};
use super::frame::{self, Copied, Frame, Interaction};
use super::reading::{Told, parse, shown};
use super::{mime, soap, times};

/// A message as it was read. What could not be read is missing, and told.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// The frame.
    pub frame: Frame,
    /// The version of the envelope around it, if there is one.
    pub envelope: Option<soap::Version>,
    /// The bytes of the document, as signed.
    pub document_bytes: Option<Vec<u8>>,
    /// The document.
    pub document: NationalDocument,
    /// Every fault, each in its stage.
    pub faults: Vec<Fault>,
    /// Oddities that change nothing.
    pub remarks: Vec<Fault>,
}

/// Reads a frame, alone or in a SOAP envelope, and the document that it carries or that came beside
/// it. One that came both ways must be the same, byte for byte.
#[must_use]
pub fn read(frame: &[u8], beside: Option<&[u8]>) -> Message {
    let mut message = Message::default();
    let mut told = Told::default();
    read_frame(frame, &mut message, &mut told);
    let inside = inside(&mut message.frame, &mut told);
    let differs = matches!((&inside, beside), (Some(one), Some(other)) if one.document != other);
    if differs {
        let fault = Fault::new(FaultKind::Disagreement, mime::PATH, "nat 3.1");
        told.faults.push(fault.arg("other", "document").path(mime::PATH).at(Stage::Mime));
    }
    let content_id = inside.as_ref().and_then(|carried| carried.content_id.clone());
    message.document_bytes = inside.map(|carried| carried.document).or(beside.map(<[u8]>::to_vec));
    if message.frame.nullification.is_some() {
        if message.document_bytes.is_some() {
            let fault = Fault::new(FaultKind::ForbiddenElement, mime::PATH, "ARC-3");
            told.faults.push(fault.arg("name", "text").path(mime::PATH).at(Stage::Frame));
        }
    } else if let Some(bytes) = &message.document_bytes {
        let (read, faults, remarks) = document::read(bytes);
        message.document = read;
        told.faults.extend(faults);
        told.remarks.extend(remarks);
        compare(&message.frame, &message.document.metadata, &mut told);
        compare_request(&message.frame, &message.document.metadata, &mut told);
        check_content_id(content_id.as_deref(), &message.document.metadata, &mut told);
    } else if message.frame.interaction.is_some()
        && !told.faults.iter().any(|fault| fault.stage == Some(Stage::Mime))
    {
        let fault = Fault::new(FaultKind::MissingElement, "document", "nat 3.1");
        told.faults.push(fault.arg("name", "ClinicalDocument").path(mime::PATH).at(Stage::Mime));
    }
    place_under_root(&message.frame, &mut told.faults);
    told.faults.sort_by_key(|fault| fault.stage);
    (message.faults, message.remarks) = (told.faults, told.remarks);
    message
}

/// What was told of the frame's text, under the frame's own root.
fn place_under_root(frame: &Frame, faults: &mut [Fault]) {
    let Some(interaction) = frame.interaction else { return };
    for fault in faults.iter_mut().filter(|fault| fault.path.as_deref() == Some(mime::PATH)) {
        let place = format!("{}/{}", interaction.code(), mime::PATH);
        if fault.element == mime::PATH {
            fault.element.clone_from(&place);
        }
        fault.path = Some(place.into());
    }
}

/// The fault of a frame that asks for another service than its sender said beside it.
#[must_use]
pub fn declared_request_fault(frame: &Frame, declared: &str) -> Option<Fault> {
    let differs = frame.interaction.is_some() && frame.request.as_deref() != Some(declared);
    differs.then(|| {
        let fault = Fault::new(FaultKind::Disagreement, "palveluPyynto", "nat 1.6");
        let fault = fault.value(shown(declared)).arg("other", "reasonCode");
        fault.arg("expected", frame.request.as_deref().map_or("–".into(), shown)).at(Stage::Frame)
    })
}

/// Reads a document without a frame: for those who check one before it is sent.
#[must_use]
pub fn read_document(bytes: &[u8]) -> Message {
    let (document, mut faults, remarks) = document::read(bytes);
    faults.sort_by_key(|fault| fault.stage);
    let document_bytes = Some(bytes.to_vec());
    Message { document_bytes, document, faults, remarks, ..Message::default() }
}

fn read_frame(bytes: &[u8], message: &mut Message, told: &mut Told) {
    let xml = match parse(bytes, "frame") {
        Ok(xml) => xml,
        Err(fault) => {
            told.faults.push(fault);
            return;
        }
    };
    match soap::payload(xml.root_element()) {
        Ok((payload, envelope)) => {
            message.envelope = envelope;
            let (frame, found) = frame::read(payload);
            message.frame = frame;
            told.and(found);
        }
        Err(refused) => {
            let (fault, envelope) = *refused;
            message.envelope = envelope;
            told.faults.push(fault);
        }
    }
}

/// The document that the frame carries. Its text is not needed after that.
fn inside(frame: &mut Frame, told: &mut Told) -> Option<mime::Carried> {
    match mime::read(&frame.carried.take()?) {
        Ok(carried) => Some(carried),
        Err(fault) => {
            told.faults.push(fault);
            None
        }
    }
}

fn text<'a>(metadata: &'a RawMetadata<'_>, element: Element) -> Option<&'a str> {
    match metadata.get(element) {
        Some(RawValue::Text(text)) => Some(text),
        _ => None,
    }
}

fn check_content_id(found: Option<&str>, metadata: &RawMetadata<'_>, told: &mut Told) {
    if let (Some(found), Some(own)) = (found, text(metadata, Element::DocumentId))
        && found != own
    {
        let fault = Fault::new(FaultKind::Disagreement, mime::PATH, "nat 3.1").value(shown(found));
        let fault = fault.arg("other", "document_id").arg("expected", shown(own)).path(mime::PATH);
        told.faults.push(fault.at(Stage::Mime));
    }
}

/// Holds the frame's copies against the document.
fn compare(frame: &Frame, metadata: &RawMetadata<'_>, told: &mut Told) {
    let copies = &frame.copies;
    let mut differ = |copy: &Copied, element: Element, own: &str| {
        told.faults.push(disagreement(copy, element, own));
    };
    let equal = [
        (&copies.id, Element::DocumentId),
        (&copies.set, Element::SetId),
        (&copies.controller, Element::ControllerId),
        (&copies.register, Element::RegisterType),
        (&copies.confidentiality, Element::Confidentiality),
        (&copies.given, Element::ClientGivenNames),
        (&copies.family, Element::ClientFamilyName),
        (&copies.sex, Element::ClientSex),
        (&copies.call, Element::ClientCallName),
        (&copies.case, Element::CaseId),
        (&copies.replaced, Element::ReplacesDocument),
        (&copies.replaced_set, Element::SetId),
    ];
    for (copy, element) in equal {
        if let (Some(copy), Some(own)) = (copy, text(metadata, element))
            && copy.value != own
        {
            differ(copy, element, own);
        }
    }
    if let Some(RawValue::Whole(own)) = metadata.get(Element::Version) {
        for (copy, own) in
            [(&copies.version, *own), (&copies.replaced_version, own.saturating_sub(1))]
        {
            if let Some(copy) = copy.as_ref().filter(|copy| copy.value != own.to_string()) {
                differ(copy, Element::Version, &own.to_string());
            }
        }
    }
    if let (Some(copy), Some(own)) = (&copies.born, text(metadata, Element::ClientBirthDate))
        && times::day(&copy.value).as_deref() != Some(own)
    {
        differ(copy, Element::ClientBirthDate, own);
    }
    compare_client(frame, metadata, told);
    compare_loosely(frame, metadata, told);
}

/// The faults of a frame that should name a version with these metadata.
#[must_use]
pub fn naming_faults(frame: &Frame, metadata: &RawMetadata<'_>) -> Vec<Fault> {
    let mut told = Told::default();
    compare(frame, metadata, &mut told);
    told.faults
}

fn disagreement(copy: &Copied, element: Element, own: &str) -> Fault {
    let fault = Fault::new(FaultKind::Disagreement, element.path(), "nat 9")
        .arg("other", copy.path.clone())
        .path(copy.path.clone())
        .at(Stage::Frame);
    if element.row().personal {
        fault
    } else {
        fault.value(shown(&copy.value)).arg("expected", shown(own))
    }
}

fn compare_client(frame: &Frame, metadata: &RawMetadata<'_>, told: &mut Told) {
    let Some((root, extension)) = &frame.copies.client else { return };
    let (element, own_root) = if root.value == PersonalIdentityCode::ROOT {
        (Element::ClientIdentityCode, Some(PersonalIdentityCode::ROOT))
    } else {
        (Element::ClientTemporaryId, text(metadata, Element::ClientTemporaryRoot))
    };
    let own = text(metadata, element);
    if [Element::ClientIdentityCode, Element::ClientTemporaryId]
        .iter()
        .all(|element| metadata.get(*element).is_none())
    {
        // The document does not tell whom it is about, which is told already.
        return;
    }
    if own != Some(&extension.value) || own_root != Some(&root.value) {
        told.faults.push(disagreement(extension, element, ""));
    }
}

/// What real messages differ in, and nothing hangs on: told as remarks.
fn compare_loosely(frame: &Frame, metadata: &RawMetadata<'_>, told: &mut Told) {
    let at = |text: &str| Instant::parse(text);
    if let (Some(copy), Some(own)) = (&frame.copies.written, text(metadata, Element::WrittenAt)) {
        let found = times::instant(&copy.value).and_then(|text| at(&text));
        if found.is_none() {
            let fault = Fault::new(FaultKind::WrongForm, copy.path.clone(), "nat 3.1");
            let fault = fault.value(shown(&copy.value)).arg("expected", times::INSTANT_FORM);
            told.faults.push(fault.path(copy.path.clone()).at(Stage::Frame));
        } else if found != at(own) {
            told.remarks.push(disagreement(copy, Element::WrittenAt, own));
        }
    }
    if let (Some(copy), Some(own)) = (&frame.copies.language, text(metadata, Element::Language))
        && copy.value != own
    {
        let fault = disagreement(copy, Element::Language, own);
        if copy.value.eq_ignore_ascii_case(own) {
            told.remarks.push(fault);
        } else {
            told.faults.push(fault);
        }
    }
}

/// The service request fits the document's group, the interaction its version.
fn compare_request(frame: &Frame, metadata: &RawMetadata<'_>, told: &mut Told) {
    let Some(interaction) = frame.interaction else { return };
    let act = format!("{}/controlActProcess/reasonCode/@code", interaction.code());
    if let Some(group) = text(metadata, Element::Group).and_then(DocumentGroup::of_code) {
        let wanted = group.service_request();
        let of_others = |request: &str| {
            DocumentGroup::ALL.iter().any(|other| other.service_request() == Some(request))
        };
        let fits = match (&frame.request, wanted) {
            (found, Some(_)) => found.as_deref() == wanted,
            (Some(found), None) => !of_others(found),
            (None, None) => true,
        };
        if !fits {
            let mut fault = Fault::new(FaultKind::Disagreement, act.clone(), "nat 3.3");
            if let Some(found) = &frame.request {
                fault = fault.value(shown(found));
            }
            let fault = fault.arg("other", "group").arg("expected", wanted.unwrap_or("–"));
            told.faults.push(fault.path(act).at(Stage::Frame));
        }
    }
    let later =
        matches!(metadata.get(Element::Version), Some(RawValue::Whole(version)) if *version > 1);
    let wanted = if later { Interaction::Replace } else { Interaction::Archive };
    if metadata.get(Element::Version).is_some() && wanted != interaction {
        let path = format!("{}/interactionId/@extension", interaction.code());
        let fault = Fault::new(FaultKind::Disagreement, path.clone(), "nat 3.2");
        let fault = fault.value(interaction.code()).arg("other", "version");
        told.faults.push(fault.arg("expected", wanted.code()).path(path).at(Stage::Frame));
    }
}
