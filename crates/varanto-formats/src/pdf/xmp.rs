//! The metadata of a file, which say in XMP what it is.

mod schemas;
mod values;

use std::collections::BTreeSet;

use lopdf::{Dictionary, ObjectId, Stream};

use super::clauses as c;
use super::objects::{self, Objects, is_a};
use super::rdf::{self, Kind, Property, Value};
use super::report::Report;
use crate::xml;
use schemas::{EXTENSION, Schemas, Types};
use values::Moment;

const PDFA_ID: &str = "http://www.aiim.org/pdfa/ns/id/";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const XMP: &str = "http://ns.adobe.com/xap/1.0/";
const PDF: &str = "http://ns.adobe.com/pdf/1.3/";

/// The largest metadata stream read, in bytes.
const MAX_BYTES: usize = 4_000_000;
/// The most properties judged.
const MAX_PROPERTIES: usize = 20_000;

/// Why metadata are not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unread {
    NoStream,
    Unreadable,
    NotUnicode,
    NotXml(&'static str),
}

impl Unread {
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::NoStream => "no metadata stream",
            Self::Unreadable => "the metadata stream cannot be read",
            Self::NotUnicode => "the metadata are not Unicode",
            Self::NotXml(_) => "the metadata are not XML",
        }
    }
}

/// A metadata stream, parsed once for all who look into it.
#[derive(Clone, Copy)]
pub(super) struct Packet<'a> {
    pub(super) text: &'a Result<String, Unread>,
    pub(super) parsed: &'a Result<roxmltree::Document<'a>, Unread>,
}

/// The text of the document's own metadata.
pub(super) fn own_text(objects: Objects<'_>) -> Result<String, Unread> {
    let stream = objects.catalog().and_then(|catalog| objects.stream(catalog, b"Metadata"));
    text_in(stream.ok_or(Unread::NoStream)?)
}

fn text_in(stream: &Stream) -> Result<String, Unread> {
    let bytes = stream.get_plain_content_with_limit(MAX_BYTES).map_err(|_| Unread::Unreadable)?;
    text_of(bytes).ok_or(Unread::NotUnicode)
}

/// The metadata as XML. A stream may be padded with zeros as well as with space.
pub(super) fn parse(text: &Result<String, Unread>) -> Result<roxmltree::Document<'_>, Unread> {
    let text = text.as_ref().map_err(|unread| *unread)?;
    let text = text.trim_start_matches('\u{feff}').trim_end_matches('\0');
    xml::parse(text).map_err(|fault| Unread::NotXml(fault.reason))
}

/// Judges every metadata stream; answers the properties of the document's own.
pub(super) fn check(
    objects: Objects<'_>,
    packet: Packet<'_>,
    reachable: &BTreeSet<ObjectId>,
    report: &mut Report,
) -> Vec<Property> {
    let catalog = objects.catalog();
    let main = catalog.and_then(|catalog| objects.stream(catalog, b"Metadata"));
    let main_id = catalog.and_then(|catalog| objects.id(catalog, b"Metadata"));
    let Some(stream) = main else {
        report.add(&c::METADATA, None, Unread::NoStream.reason());
        report.add(&c::IDENTIFICATION, None, Unread::NoStream.reason());
        return Vec::new();
    };
    let properties = judge(stream, packet, main_id, report).unwrap_or_default();
    let schemas = Schemas::described(&properties, main_id, report);
    check_properties(&properties, &schemas, None, main_id, report);
    check_identification(&properties, main_id, report);
    for id in reachable.iter().copied() {
        if Some(id) == main_id {
            continue;
        }
        let Ok(stream) = objects.document.get_object(id).and_then(lopdf::Object::as_stream) else {
            continue;
        };
        if !is_a(&stream.dict, b"Metadata") {
            continue;
        }
        let text = text_in(stream);
        let packet = Packet { text: &text, parsed: &parse(&text) };
        if let Some(properties) = judge(stream, packet, Some(id), report) {
            let own = Schemas::described(&properties, Some(id), report);
            check_properties(&properties, &own, Some(&schemas), Some(id), report);
        }
    }
    properties
}

/// Judges the form of a metadata stream; answers its properties.
fn judge(
    stream: &Stream,
    packet: Packet<'_>,
    id: Option<ObjectId>,
    report: &mut Report,
) -> Option<Vec<Property>> {
    if stream.dict.has(b"Filter") {
        report.add(&c::METADATA_FILTER, id, "Filter");
    }
    if let Ok(text) = packet.text {
        check_header(text, id, report);
    }
    let parsed = match packet.parsed {
        Ok(parsed) => parsed,
        Err(Unread::NotXml(reason)) => {
            report.add(&c::XMP_FORM, id, *reason);
            return None;
        }
        Err(_) => {
            report.add(&c::XMP_FORM, id, "no Unicode");
            return None;
        }
    };
    match rdf::properties(parsed) {
        Ok(properties) => {
            check_duplicates(&properties, id, report);
            Some(properties)
        }
        Err(reason) => {
            report.add(&c::XMP_FORM, id, reason);
            None
        }
    }
}

fn check_header(text: &str, id: Option<ObjectId>, report: &mut Report) {
    // Metadata need no packet around them.
    let Some((_, header)) = text.split_once("<?xpacket") else { return };
    let header = header.split("?>").next().unwrap_or_default();
    for name in ["bytes", "encoding"] {
        let named =
            header.split(name).nth(1).is_some_and(|rest| rest.trim_start().starts_with('='));
        if named {
            report.add(&c::XMP_HEADER, id, name);
        }
    }
}

fn check_duplicates(properties: &[Property], id: Option<ObjectId>, report: &mut Report) {
    let mut seen = std::collections::HashSet::new();
    for property in properties {
        if !seen.insert((&property.namespace, &property.name)) {
            report.add(&c::XMP_FORM, id, "a property that stands twice");
        }
    }
}

/// The text of XMP bytes. They begin with `<` or a byte-order mark, and the zeros around that tell
/// UTF-8, UTF-16 and UTF-32 apart.
pub(super) fn text_of(bytes: Vec<u8>) -> Option<String> {
    match bytes.as_slice() {
        [0, 0, 0, b'<', ..] | [0, 0, 0xfe, 0xff, ..] => utf32(&bytes, u32::from_be_bytes),
        [b'<', 0, 0, 0, ..] | [0xff, 0xfe, 0, 0, ..] => utf32(&bytes, u32::from_le_bytes),
        [0, b'<', ..] | [0xfe, 0xff, ..] => utf16(&bytes, u16::from_be_bytes),
        [b'<', 0, ..] | [0xff, 0xfe, ..] => utf16(&bytes, u16::from_le_bytes),
        _ => String::from_utf8(bytes).ok(),
    }
}

fn utf16(bytes: &[u8], join: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, _line_end) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| join(*pair)).collect();
    String::from_utf16(&units).ok()
}

fn utf32(bytes: &[u8], join: fn([u8; 4]) -> u32) -> Option<String> {
    let (fours, _line_end) = bytes.as_chunks::<4>();
    fours.iter().map(|four| char::from_u32(join(*four))).collect()
}

fn check_identification(properties: &[Property], id: Option<ObjectId>, report: &mut Report) {
    let flavour = report.flavour;
    let ours = || properties.iter().filter(|property| property.namespace == PDFA_ID);
    let value = |name: &str| {
        ours().find(|property| property.name == name).and_then(|property| property.value.text())
    };
    if value("part").map(str::trim) != Some(flavour.part.to_string().as_str()) {
        report.add(&c::IDENTIFICATION, id, "another part, or none");
    }
    let level = value("conformance").unwrap_or_default().trim().to_owned();
    let rank = |level: Option<char>| match level {
        Some('A') => 3,
        Some('U') => 2,
        _ => 1,
    };
    // A file of a higher level keeps the lower ones too.
    let told = level.chars().next().filter(|_| level.len() == 1);
    let known = matches!(told, Some('A' | 'B')) || (told == Some('U') && flavour.part != 1);
    if !known || rank(told) < rank(flavour.level) {
        report.add(&c::IDENTIFICATION, id, "another level, or none");
    }
    if ours().any(|property| property.prefix != "pdfaid") {
        report.add(&c::IDENTIFICATION, id, "another prefix than pdfaid");
    }
}

fn check_properties(
    properties: &[Property],
    own: &Schemas,
    main: Option<&Schemas>,
    id: Option<ObjectId>,
    report: &mut Report,
) {
    let part = report.flavour.part;
    let predefined = Schemas::of_part(part);
    for property in properties.iter().take(MAX_PROPERTIES) {
        // The container of extension schemas is judged as such.
        if property.is(EXTENSION, "schemas") {
            continue;
        }
        let mut known = [Some(predefined), Some(own), main].into_iter().flatten();
        let shape = known.find_map(|schemas| {
            let schema = schemas.properties.get(&property.namespace)?;
            Some((schema.get(&property.name)?, schemas))
        });
        let Some((shape, schemas)) = shape else {
            report.add(&c::XMP_PROPERTY, id, named(property));
            continue;
        };
        let types = Types { schemas, predefined, part };
        if !types.fit(&property.value, shape, 0) {
            report.add(&c::XMP_TYPE, id, named(property));
        }
    }
}

/// A property's name for a report, when it looks like one.
fn named(property: &Property) -> String {
    let plain = |text: &str| {
        !text.is_empty()
            && text.len() <= 40
            && text.chars().all(|sign| sign.is_ascii_alphanumeric())
    };
    if plain(&property.prefix) && plain(&property.name) {
        format!("{}:{}", property.prefix, property.name)
    } else {
        "a property".to_owned()
    }
}

/// Judges whether the document information dictionary agrees with the metadata.
pub(super) fn check_info(objects: Objects<'_>, properties: &[Property], report: &mut Report) {
    let Ok(info) = objects.document.trailer.get(b"Info") else { return };
    let Some(lopdf::Object::Dictionary(info)) = objects.follow(info) else { return };
    let get = |namespace: &str, name: &str| {
        properties.iter().find(|property| property.is(namespace, name)).map(|one| &one.value)
    };
    let plain = |value: Option<&Value>| value.and_then(Value::text).map(str::to_owned);
    let default = |value: Option<&Value>| match value {
        Some(Value::Array(Kind::Alt, entries)) => entries
            .iter()
            .find(|(language, _)| language.as_deref() == Some("x-default"))
            .or(entries.first())
            .and_then(|(_, entry)| entry.text().map(str::to_owned)),
        _ => None,
    };
    let only = |value: Option<&Value>| match value {
        Some(Value::Array(Kind::Seq, entries)) => match entries.as_slice() {
            [(_, entry)] => entry.text().map(str::to_owned),
            _ => None,
        },
        _ => None,
    };
    let pairs = [
        (&b"Title"[..], default(get(DC, "title"))),
        (b"Author", only(get(DC, "creator"))),
        (b"Subject", default(get(DC, "description"))),
        (b"Keywords", plain(get(PDF, "Keywords"))),
        (b"Creator", plain(get(XMP, "CreatorTool"))),
        (b"Producer", plain(get(PDF, "Producer"))),
        (b"CreationDate", plain(get(XMP, "CreateDate"))),
        (b"ModDate", plain(get(XMP, "ModifyDate"))),
    ];
    for (key, told) in pairs {
        check_entry(objects, info, key, told, report);
    }
}

fn check_entry(
    objects: Objects<'_>,
    info: &Dictionary,
    key: &[u8],
    told: Option<String>,
    report: &mut Report,
) {
    let Some(value) = objects.get(info, key) else { return };
    let named = objects::shown(key);
    let Ok(text) = lopdf::decode_text_string(value) else {
        report.add(&c::INFO_AGREES, None, format!("{named} is no text"));
        return;
    };
    let same = match told {
        None => false,
        Some(told) if key.ends_with(b"Date") => {
            match (Moment::parse_pdf(text.trim_end_matches('\0')), Moment::parse(&told)) {
                (Some(one), Some(two)) => one.is_same(two),
                _ => false,
            }
        }
        Some(told) => told.trim_end_matches('\0') == text.trim_end_matches('\0'),
    };
    if !same {
        report.add(&c::INFO_AGREES, None, named);
    }
}
