//! What is printed is read again as the same thing, and hostile messages cost no more than they weigh.

use std::fmt::Write;

use proptest::prelude::*;
use proptest::strategy::Union;
use varanto_domain::archive::documents::{DocumentGroup, Part};
use varanto_domain::archive::elements::{Element, ElementKind};
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_domain::codes::CodeSets;
use varanto_domain::faults::Stage;
use varanto_domain::ids::Oid;
use varanto_domain::time::{FinnishDay, Instant};

use super::frame::{self, Id, NewFrame, Nullification};
use super::{document, message, mime};

type Value = RawValue<'static>;
type Content = Vec<(Part, Vec<u8>)>;

fn text(text: impl Into<String>) -> Value {
    RawValue::Text(text.into().into())
}

/// Any text that XML can hold, with what it must escape more often than chance has it.
fn any_text() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => "[a-zåäö A-ZÅÄÖ0-9-]",
        2 => "[<>&\"'\\]\\[!?;\n\r\t ]",
        1 => "\\PC",
    ];
    proptest::collection::vec(character, 1..12).prop_map(|characters| characters.concat())
}

fn value_of(kind: ElementKind) -> BoxedStrategy<Value> {
    match kind {
        ElementKind::Oid | ElementKind::OwnOid | ElementKind::PartyOid => {
            (1u32..99_999).prop_map(|n| text(format!("1.2.246.10.{n}"))).boxed()
        }
        ElementKind::Code(_) => "[A-Z0-9]{1,5}".prop_map(text).boxed(),
        ElementKind::Choice(choices) => proptest::sample::select(choices).prop_map(text).boxed(),
        ElementKind::Instant => (0i64..4_000_000_000_000)
            .prop_map(|millis| text(Instant::from_millis(millis).to_string()))
            .boxed(),
        ElementKind::Day => (0i32..80_000)
            .prop_map(|days| text(FinnishDay::new(1850, 1, 1).unwrap().plus_days(days).to_string()))
            .boxed(),
        ElementKind::Number => (1i64..400).prop_map(RawValue::Whole).boxed(),
        ElementKind::Switch => any::<bool>().prop_map(RawValue::Switch).boxed(),
        ElementKind::RegistrationNumber => "[0-9]{1,11}".prop_map(text).boxed(),
        ElementKind::Language => "[a-z]{2}".prop_map(text).boxed(),
        ElementKind::Text(_) | ElementKind::IdentityCode | ElementKind::TemporaryIdentifier => {
            any_text().prop_map(text).boxed()
        }
    }
}

/// Elements that stand in a document together or not at all.
const TOGETHER: &[&[Element]] = &[
    &[Element::ProducerId, Element::ProducerName],
    &[Element::OriginalTaskSet, Element::OriginalTaskCode],
    &[Element::ServiceUnitId, Element::ServiceUnitName],
    &[Element::OperatingUnitId, Element::OperatingUnitName],
    &[Element::OrganiserId, Element::OrganiserName],
    &[Element::ProfessionalGivenNames, Element::ProfessionalFamilyName],
];

/// Elements that every document has.
const ALWAYS: &[Element] = &[
    Element::DocumentId,
    Element::SetId,
    Element::Group,
    Element::WrittenAt,
    Element::ControllerId,
    Element::ClientGivenNames,
    Element::ClientFamilyName,
];

/// Elements that hang on each other, and are drawn apart.
const APART: &[Element] = &[
    Element::Version,
    Element::ReplacesDocument,
    Element::ReplacesReasonSet,
    Element::ClientIdentityCode,
    Element::ClientTemporaryRoot,
    Element::ClientTemporaryId,
];

fn every_value() -> impl Strategy<Value = Vec<(Element, Value, bool)>> {
    let each = Element::ALL
        .iter()
        .map(|element| (Just(*element), value_of(element.row().kind), any::<bool>()));
    each.collect::<Vec<_>>()
}

/// Metadata as a message can state them; any elements, any values.
fn any_metadata() -> impl Strategy<Value = RawMetadata<'static>> {
    let group = proptest::sample::select(DocumentGroup::ALL.to_vec());
    let drawn = (every_value(), group, 1i64..5, 0u8..3);
    drawn.prop_map(|(values, group, version, client)| {
        let wanted = |element: Element, there: bool| {
            let leader = TOGETHER.iter().find(|list| list.contains(&element)).map(|list| list[0]);
            let leader = leader.map(|leader| {
                values.iter().find(|(one, ..)| *one == leader).is_some_and(|(_, _, there)| *there)
            });
            ALWAYS.contains(&element) || (leader.unwrap_or(there) && !APART.contains(&element))
        };
        let mut metadata = RawMetadata::default();
        for (element, value, there) in &values {
            let apart = match element {
                Element::ReplacesDocument => version > 1,
                Element::ClientIdentityCode => client != 1,
                Element::ClientTemporaryRoot | Element::ClientTemporaryId => client != 0,
                _ => false,
            };
            if apart || wanted(*element, *there) {
                metadata.insert(*element, value.clone());
            }
        }
        metadata.insert(Element::Version, RawValue::Whole(version));
        metadata.insert(Element::Group, text(group.code()));
        metadata
    })
}

fn any_content() -> impl Strategy<Value = Content> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..300);
    Union::new(vec![
        bytes().prop_map(|pdf| vec![(Part::Pdf, pdf)]).boxed(),
        bytes().prop_map(|view| vec![(Part::View, view)]).boxed(),
        (bytes(), bytes())
            .prop_map(|(view, json)| vec![(Part::View, view), (Part::Structured, json)])
            .boxed(),
    ])
}

fn printed(metadata: &RawMetadata<'_>, content: &Content) -> Vec<u8> {
    let parts: Vec<(Part, &[u8])> =
        content.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
    document::write(metadata, &parts, &CodeSets::built_in(), None).into_bytes()
}

fn sender() -> Oid {
    Oid::parse("1.2.246.10.90000001").unwrap()
}

fn new_frame(sender: &Oid) -> NewFrame<'_> {
    NewFrame {
        id: Id { root: "1.2.246.10.90000001.95".to_owned(), extension: Some("7".to_owned()) },
        created: Instant::from_millis(1_795_000_000_000),
        sender,
        user: ("Aino <Testi>", "Työ & Tekijä"),
        unit: (sender, "Suvannon \"hyvinvointialue\""),
    }
}

fn assert_same(found: &RawMetadata<'_>, expected: &RawMetadata<'_>) -> Result<(), TestCaseError> {
    for element in Element::ALL {
        prop_assert_eq!(found.get(*element), expected.get(*element), "{}", element.path());
    }
    Ok(())
}

proptest! {
    /// ARC-1: a printed document states what it was printed from, and holds the same content.
    #[test]
    fn a_printed_document_is_read_as_what_it_was_printed_from(
        metadata in any_metadata(),
        content in any_content(),
    ) {
        let (read, faults, remarks) = document::read(&printed(&metadata, &content));
        prop_assert_eq!((faults, remarks), (vec![], vec![]));
        assert_same(&read.metadata, &metadata)?;
        prop_assert_eq!(read.parts, content);
    }

    /// A printed frame agrees with the document that it carries, and carries it whole.
    #[test]
    fn a_printed_frame_agrees_with_its_document(
        metadata in any_metadata(),
        content in any_content(),
        nullified in any::<bool>(),
    ) {
        let sender = sender();
        let document = printed(&metadata, &content);
        if nullified {
            let why = Nullification { reason: "1".to_owned(), explanation: Some("a <b>".to_owned()) };
            let frame = frame::write_nullification(&new_frame(&sender), &metadata, &why);
            let read = message::read(frame.as_bytes(), None);
            prop_assert_eq!((read.faults, read.remarks), (vec![], vec![]));
            prop_assert_eq!(read.frame.nullification.map(|(_, why)| why), Some(why));
            return Ok(());
        }
        let frame = frame::write(&new_frame(&sender), &metadata, &document);
        let read = message::read(frame.as_bytes(), None);
        prop_assert_eq!((read.faults, read.remarks), (vec![], vec![]));
        prop_assert_eq!(read.document_bytes.as_deref(), Some(document.as_slice()));
        assert_same(&read.document.metadata, &metadata)?;
        prop_assert_eq!(read.frame.sender.as_deref(), Some(sender.as_str()));
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let message = message::read(&bytes, Some(&bytes));
        prop_assert!(!message.faults.is_empty());
    }
}

/// A message as frames of this kind are, for those who want to break it.
fn sound() -> (String, String) {
    let mut metadata = RawMetadata::default();
    for (element, value) in [
        (Element::DocumentId, "1.2.246.10.90000001.95.7"),
        (Element::SetId, "1.2.246.10.90000001.95.7"),
        (Element::Group, "5"),
        (Element::WrittenAt, "2026-11-02T08:00:00Z"),
        (Element::ControllerId, "1.2.246.10.90000001"),
        (Element::ClientIdentityCode, "010190-999F"),
        (Element::ClientGivenNames, "Aino"),
        (Element::ClientFamilyName, "Testi"),
    ] {
        metadata.insert(element, text(value));
    }
    metadata.insert(Element::Version, RawValue::Whole(1));
    let document = printed(&metadata, &vec![(Part::View, b"<div/>".to_vec())]);
    let frame = frame::write(&new_frame(&sender()), &metadata, &document);
    (frame, String::from_utf8(document).unwrap())
}

/// How a frame and a document are refused: by their first fault's stage, code and first argument.
fn told(frame: &[u8], document: Option<&[u8]>) -> (Stage, &'static str, String) {
    let message = message::read(frame, document);
    let fault = message.faults.first().expect("a fault");
    let reason = fault.args.first().map(|(_, value)| value.clone()).unwrap_or_default();
    (fault.stage.unwrap(), fault.code(), reason)
}

fn not_xml(reason: &str) -> (Stage, &'static str, String) {
    (Stage::WellFormed, "not-xml", reason.to_owned())
}

/// Entities never grow: there are none.
#[test]
fn a_message_with_entities_is_refused_unread() {
    let (frame, document) = sound();
    let mut laughs = String::from("<!DOCTYPE a [<!ENTITY a0 'ha'>");
    for n in 1..30 {
        let of = format!("&a{};", n - 1).repeat(10);
        let _ = write!(laughs, "<!ENTITY a{n} '{of}'>");
    }
    laughs.push_str("]>");
    let outside = "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>";
    for doctype in [&laughs, outside, "<!DOCTYPE a [<!ENTITY % b SYSTEM 'http://a/'> %b;]>"] {
        let hostile = |text: &str| text.replacen("?>\n", &format!("?>{doctype}\n"), 1);
        assert_eq!(told(hostile(&frame).as_bytes(), None), not_xml("a document type"));
        let told = told(frame.as_bytes(), Some(hostile(&document).as_bytes()));
        // The frame carries the sound one, so the one beside it also differs from it.
        assert_eq!(told.0, Stage::Mime);
        let (_, faults, _) = document::read(hostile(&document).as_bytes());
        assert_eq!((faults.len(), faults[0].code()), (1, "not-xml"));
    }
}

/// Depth, breadth and names cost no stack and no squares.
#[test]
fn a_heavy_message_is_refused_or_read_in_time_that_grows_with_its_size() {
    let (frame, _) = sound();
    let put = |what: &str| frame.replacen("<priorityCode", &format!("{what}<priorityCode"), 1);
    let deep = format!("{}{}", "<a>".repeat(200_000), "</a>".repeat(200_000));
    let _ = message::read(put(&deep).as_bytes(), None);
    let wide = "<a/>".repeat(600_000);
    assert_eq!(told(put(&wide).as_bytes(), None), not_xml("too many nodes"));
    let attributes = " a='x'".repeat(70_000);
    let many = put(&format!("<a{attributes}/>"));
    assert_eq!(told(many.as_bytes(), None), not_xml("too many attributes on one element"));
    let spaces = "<a xmlns:b='c'/>".repeat(600);
    let told_of = told(put(&spaces).as_bytes(), None);
    assert_eq!(told_of, not_xml("too many namespace declarations"));
    let long = frame.replacen("code=\"R\"", &format!("code=\"{}\"", "R".repeat(4_000_000)), 1);
    let faults = message::read(long.as_bytes(), None).faults;
    assert_eq!((faults.len(), faults[0].code()), (1, "wrong-value"));
    assert!(faults.iter().all(|fault| format!("{fault:?}").len() < 2_000), "told at its length");
}

/// One encoding, and a byte-order mark changes nothing.
#[test]
fn other_encodings_are_refused_and_a_byte_order_mark_is_passed_over() {
    let (frame, document) = sound();
    let marked = [b"\xef\xbb\xbf", frame.as_bytes()].concat();
    assert!(message::read(&marked, None).faults.is_empty());
    let marked = [b"\xef\xbb\xbf", document.as_bytes()].concat();
    assert!(document::read(&marked).1.is_empty());
    let wide: Vec<u8> = frame.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [[b"\xff\xfe".as_slice(), &wide].concat(), frame.replace('A', "\u{1}").into()] {
        assert_eq!(told(&bytes, None).0, Stage::WellFormed);
    }
    let latin = frame.replace("UTF-8", "ISO-8859-1");
    assert_eq!(told(latin.as_bytes(), None), not_xml("a declared encoding other than UTF-8"));
    let two = [b"\xef\xbb\xbf\xef\xbb\xbf", frame.as_bytes()].concat();
    assert_eq!(told(&two, None).0, Stage::WellFormed);
    assert_eq!(told(&frame.replace("Aino", "Ai\u{0}no").into_bytes(), None).0, Stage::WellFormed);
    let mut cut = frame.into_bytes();
    let at = cut.iter().position(|byte| *byte == 0xC3).unwrap();
    cut.remove(at);
    assert_eq!(told(&cut, None), not_xml("bytes that are not UTF-8"));
}

/// What a sender could hide a second document in is refused: each body is one document.
#[test]
fn a_body_cannot_hold_two_documents() {
    let (frame, document) = sound();
    let (head, tail) = frame.split_once("<text mediaType=\"multipart/related\">").unwrap();
    let (_, tail) = tail.split_once("</text>").unwrap();
    let with = |body: &str| {
        let body = body.replace('&', "&amp;").replace('<', "&lt;");
        format!("{head}<text mediaType=\"multipart/related\">{body}</text>{tail}")
    };
    let body = mime::write(document.as_bytes(), "1.2.246.10.90000001.95.7");
    assert!(message::read(with(&body).as_bytes(), None).faults.is_empty());
    let boundary = "--varanto-1.2.246.10.90000001.95.7\n";
    let part = body.split(boundary).nth(1).unwrap().split("--varanto").next().unwrap();
    let twice = body.replacen(boundary, &format!("{boundary}{part}{boundary}"), 1);
    let told_of = |text: &str| told(with(text).as_bytes(), None);
    assert_eq!(told_of(&twice), (Stage::Mime, "not-mime", "more than one part".to_owned()));
    let inner = body.replacen("text/xml; charset", "multipart/mixed; charset", 1);
    assert_eq!(told_of(&inner).1, "not-mime");
    let again =
        body.replacen("Content-Type: text/xml", "Content-Type: text/xml\nContent-Type: a", 1);
    assert_eq!(told_of(&again).2, "a head with the same line twice");
    let long = body.replacen("MIME-Version", &format!("X: {}\nMIME-Version", "y".repeat(9_000)), 1);
    assert_eq!(told_of(&long).2, "a head that is too long");
    // Base64 has one spelling: no other alphabet, no stray bits, nothing after the padding.
    let end = part.trim_end();
    for (from, to) in [("=\n", "\n"), ("=\n", "=QQ==\n"), ("PD94", "PD9-"), ("PD94", "PD94=")] {
        let changed = body.replacen(from, to, 1);
        if changed != body {
            assert_eq!(told_of(&changed).1, "not-base64", "{from} {to} {}", end.len());
        }
    }
}
