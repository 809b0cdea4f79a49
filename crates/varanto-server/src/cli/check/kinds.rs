//! Telling files apart by what stands in them, and seeing which belong together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue as RawJson;
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_formats::metadata;
use varanto_formats::national::message;

const XHTML: &[u8] = b"http://www.w3.org/1999/xhtml";
const SOAP: [&[u8]; 2] =
    [b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"];

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The metadata of the REST interface.
    Metadata,
    /// A part of a document's content, a national document, or a frame.
    Part(Part),
}

/// A file that was recognised, and what it says of where it belongs.
#[derive(Debug)]
pub(super) struct KnownFile {
    pub(super) path: PathBuf,
    pub(super) kind: Kind,
    /// The document that it is, brings or shows, as it says itself.
    pub(super) names: Option<String>,
    /// Whether it is a frame with its document inside.
    pub(super) whole: bool,
}

impl KnownFile {
    pub(super) fn of(path: PathBuf, kind: Kind, bytes: &[u8]) -> Self {
        let mut whole = false;
        let names = match kind {
            Kind::Metadata => metadata::read(bytes).ok().and_then(|(raw, _)| document_id(&raw)),
            Kind::Part(Part::View) => root_tag(text_of(bytes)).and_then(shown_id),
            Kind::Part(Part::National) => {
                document_id(&message::read_document(bytes).document.metadata)
            }
            Kind::Part(Part::Frame) => {
                let message = message::read(bytes, None);
                whole = message.document_bytes.is_some() || message.frame.nullification.is_some();
                message.frame.document_id().map(str::to_owned)
            }
            Kind::Part(Part::Structured | Part::Pdf | Part::Signature) => None,
        };
        Self { path, kind, names, whole }
    }

    fn is(&self, part: Part) -> bool {
        self.kind == Kind::Part(part)
    }

    fn folder(&self) -> Option<&Path> {
        self.path.parent()
    }
}

/// Files that are one submission, by their places among all files.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// Metadata and the parts of the content.
    Submission { metadata: usize, parts: Vec<usize> },
    /// A frame and the document that came beside it.
    Pair { frame: usize, document: usize },
    /// A file alone.
    Lone(usize),
}

impl Item {
    /// Its files, the one that names it first.
    pub(super) fn files(&self) -> Vec<usize> {
        match self {
            Self::Submission { metadata, parts } => {
                std::iter::once(*metadata).chain(parts.iter().copied()).collect()
            }
            Self::Pair { frame, document } => vec![*frame, *document],
            Self::Lone(file) => vec![*file],
        }
    }
}

fn text_of(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start()
}

/// What bytes are; `None` for anything that the archive does not take.
pub(super) fn kind_of(bytes: &[u8]) -> Option<Kind> {
    if bytes.starts_with(b"%PDF-") {
        return Some(Kind::Part(Part::Pdf));
    }
    let text = text_of(bytes);
    match text.first()? {
        b'{' => json_kind(text),
        b'<' => xml_kind(text),
        _ if is_compact_signature(text) => Some(Kind::Part(Part::Signature)),
        _ => None,
    }
}

/// A detached JWS: a header that is a JSON object in base64url, nothing, and a signature.
fn is_compact_signature(text: &[u8]) -> bool {
    let formed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let text = text.trim_ascii_end();
    text.starts_with(b"eyJ") && text.windows(2).any(|pair| pair == b"..") && text.iter().all(formed)
}

fn json_kind(text: &[u8]) -> Option<Kind> {
    let holds = |word: &[u8]| text.windows(word.len()).any(|window| window == word);
    let members: Option<BTreeMap<String, &RawJson>> = serde_json::from_slice(text).ok();
    // One that is cut off is told by what it names.
    let has = |name: &str| match &members {
        Some(members) => members.contains_key(name),
        None => holds(format!("\"{name}\"").as_bytes()),
    };
    // What is loaded into an archive is none of its documents.
    let is_schema = has("$schema") && (has("properties") || has("definitions"));
    if is_schema || ["organisations", "units", "systems"].into_iter().any(has) {
        return None;
    }
    if members.as_ref().is_some_and(|members| members.len() == 1) && has("signatures") {
        return Some(Kind::Part(Part::Signature));
    }
    let is_metadata = has("document_id") || has("set_id");
    Some(if is_metadata { Kind::Metadata } else { Kind::Part(Part::Structured) })
}

/// A message is known by its root element, a view by its namespace too.
fn xml_kind(text: &[u8]) -> Option<Kind> {
    let tag = root_tag(text)?;
    let end = tag.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'/');
    let name = &tag[..end.unwrap_or(tag.len())];
    let name = name.rsplit(|byte| *byte == b':').next()?;
    let holds = |word: &[u8]| tag.windows(word.len()).any(|window| window == word);
    let part = match name {
        b"ClinicalDocument" => Part::National,
        b"Envelope" if SOAP.into_iter().any(holds) => Part::Frame,
        name if name.starts_with(b"RCMR_IN") => Part::Frame,
        name if name == b"html" || holds(XHTML) => Part::View,
        _ => return None,
    };
    Some(Kind::Part(part))
}

/// The identifier in a view's root tag.
fn shown_id(tag: &[u8]) -> Option<String> {
    let tag = std::str::from_utf8(tag).ok()?;
    let (_, value) = tag.split_once(" id=")?;
    let quote = value.chars().next().filter(|sign| matches!(sign, '"' | '\''))?;
    let value = value[1..].split(quote).next()?;
    Some(value.strip_prefix("OID").unwrap_or(value).to_owned())
}

/// The root element's start tag without its brackets, past what may stand before it.
fn root_tag(mut text: &[u8]) -> Option<&[u8]> {
    loop {
        text = text.trim_ascii_start().strip_prefix(b"<")?;
        let end: &[u8] = match text.first()? {
            b'?' => b"?>",
            b'!' if text.starts_with(b"!--") => b"-->",
            b'!' => b">",
            _ => break,
        };
        let at = text.windows(end.len()).position(|window| window == end)?;
        text = &text[at + end.len()..];
    }
    Some(&text[..text.iter().position(|byte| *byte == b'>')?])
}

/// Puts together what belongs together: metadata and the parts in the same folder, by the beginning of
/// their names where the folder holds several; a document and the frame that names it.
pub(super) fn together(files: &[KnownFile]) -> Vec<Item> {
    let mut folders: BTreeMap<Option<&Path>, Vec<usize>> = BTreeMap::new();
    for (place, file) in files.iter().enumerate() {
        folders.entry(file.folder()).or_default().push(place);
    }
    let mut taken = vec![false; files.len()];
    let mut items = submissions(files, &folders, &mut taken);
    items.extend(pairs(files, &folders, &mut taken));
    items.extend((0..files.len()).filter(|place| !taken[*place]).map(Item::Lone));
    items.sort_by(|one, other| files[one.files()[0]].path.cmp(&files[other.files()[0]].path));
    items
}

/// The places of files in each folder.
type Folders<'a> = BTreeMap<Option<&'a Path>, Vec<usize>>;

fn submissions(files: &[KnownFile], folders: &Folders<'_>, taken: &mut [bool]) -> Vec<Item> {
    let mut items = Vec::new();
    for places in folders.values() {
        let (metadata, others): (Vec<usize>, Vec<usize>) =
            places.iter().partition(|place| files[**place].kind == Kind::Metadata);
        for own in &metadata {
            let belongs = |place: &&usize| {
                !taken[**place] && belongs(&files[*own], &files[**place], metadata.len() == 1)
            };
            let parts: Vec<usize> = others.iter().filter(belongs).copied().collect();
            parts.iter().chain([own]).for_each(|place| taken[*place] = true);
            items.push(Item::Submission { metadata: *own, parts });
        }
    }
    items
}

fn pairs(files: &[KnownFile], folders: &Folders<'_>, taken: &mut [bool]) -> Vec<Item> {
    let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, file) in files.iter().enumerate().filter(|(_, file)| file.is(Part::Frame)) {
        if let Some(name) = &file.names {
            named.entry(name).or_default().push(place);
        }
    }
    let mut items = Vec::new();
    for (document, file) in files.iter().enumerate().filter(|(_, file)| file.is(Part::National)) {
        let frames = file.names.as_deref().and_then(|name| named.get(name));
        let beside = frames.and_then(|frames| {
            let same = frames.iter().find(|frame| files[**frame].folder() == file.folder());
            same.or(frames.first()).copied()
        });
        if let Some(frame) = beside.or_else(|| only_frame(files, &folders[&file.folder()])) {
            taken[frame] = true;
            taken[document] = true;
            items.push(Item::Pair { frame, document });
        }
    }
    items
}

/// The frame of a folder that holds one frame, without its document, and one document: that these are
/// meant for each other, whatever they say, is told to their maker.
fn only_frame(files: &[KnownFile], folder: &[usize]) -> Option<usize> {
    let only = |part: Part| {
        let mut places = folder.iter().filter(|place| files[**place].is(part));
        places.next().filter(|_| places.next().is_none()).copied()
    };
    only(Part::National)?;
    only(Part::Frame).filter(|frame| !files[*frame].whole)
}

/// Whether a part of the same folder belongs to the metadata, `alone` if these are the only ones there.
fn belongs(metadata: &KnownFile, part: &KnownFile, alone: bool) -> bool {
    let sent = |part: Part| part.is_content() || part == Part::Signature;
    if !matches!(part.kind, Kind::Part(part) if sent(part)) {
        return false;
    }
    if part.names.is_some() && part.names == metadata.names {
        return true;
    }
    let beginning = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.and_then(|name| name.split(['.', '-', '_']).next().map(str::to_owned))
    };
    alone || beginning(&metadata.path) == beginning(&part.path)
}

fn document_id(raw: &RawMetadata<'_>) -> Option<String> {
    match raw.get(Element::DocumentId) {
        Some(RawValue::Text(id)) => Some(id.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_what_stands_in_them() {
        let check = |text: &str, kind| assert_eq!(kind_of(text.as_bytes()), kind, "{text}");
        check("%PDF-1.7", Some(Kind::Part(Part::Pdf)));
        let view = Some(Kind::Part(Part::View));
        check("\u{feff}<?xml version=\"1.0\"?>\n<!-- a > b --><x:html xmlns:x='y'>", view);
        check("<!DOCTYPE html>\n<html>", Some(Kind::Part(Part::View)));
        check("{\"document_id\": \"1.2\"}", Some(Kind::Metadata));
        check("{\"document_id\": \"1.2\"", Some(Kind::Metadata));
        check("{\"asia\": {}}", Some(Kind::Part(Part::Structured)));
        check("<div id='a' xmlns='http://www.w3.org/1999/xhtml'>", view);
        check("{\"organisations\": []}", None);
        check("{\"$schema\": \"x\", \"properties\": {}}", None);
        check("<ClinicalDocument xmlns='urn:hl7-org:v3'>", Some(Kind::Part(Part::National)));
        check("<h:ClinicalDocument xmlns:h='urn:hl7-org:v3'/>", Some(Kind::Part(Part::National)));
        let frame = Some(Kind::Part(Part::Frame));
        check("<RCMR_IN200002FI01 xmlns='urn:hl7-org:v3'>", frame);
        check("<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'>", frame);
        let signature = Some(Kind::Part(Part::Signature));
        check("eyJhbGciOiJFUzI1NiJ9..AbC_-1\n", signature);
        check("{\"signatures\": []}", signature);
        for other in
            ["eyJh.eyJh.AA", "ey", "", "<", "<a", "<?xml", "<svg/>", "<Envelope/>", "Hei", "[1]"]
        {
            check(other, None);
        }
    }

    fn file(path: &str, kind: Kind, text: &str) -> KnownFile {
        KnownFile::of(path.into(), kind, text.as_bytes())
    }

    fn told(files: &[KnownFile]) -> Vec<String> {
        let items = together(files);
        let paths = |item: &Item| {
            let places = item.files().into_iter();
            places.map(|place| files[place].path.display().to_string()).collect::<Vec<_>>()
        };
        items.iter().map(|item| paths(item).join(" ")).collect()
    }

    #[test]
    fn parts_go_with_their_metadata() {
        let metadata =
            |path, id| file(path, Kind::Metadata, &format!("{{\"document_id\":\"{id}\"}}"));
        let structured = |path| file(path, Kind::Part(Part::Structured), "{}");
        let view =
            |path, id: &str| file(path, Kind::Part(Part::View), &format!("<html id='OID{id}'/>"));
        let files = [
            metadata("a/metadata.json", "1.2.3"),
            structured("a/structured.json"),
            metadata("b/eka.metadata.json", "1.2.4"),
            metadata("b/toka.metadata.json", "1.2.5"),
            structured("b/toka.json"),
            view("b/nakyma.xhtml", "1.2.4"),
            view("c/view.xhtml", "1.2.6"),
        ];
        assert_eq!(
            told(&files),
            [
                "a/metadata.json a/structured.json",
                "b/eka.metadata.json b/nakyma.xhtml",
                "b/toka.metadata.json b/toka.json",
                "c/view.xhtml",
            ]
        );
    }

    #[test]
    fn documents_go_with_the_frame_that_names_them() {
        let known = |path: &str, part, names: Option<&str>, whole| KnownFile {
            path: path.into(),
            kind: Kind::Part(part),
            names: names.map(str::to_owned),
            whole,
        };
        let files = [
            known("a/one.xml", Part::National, Some("1.2.3"), false),
            known("a/one-again.xml", Part::National, Some("1.2.3"), false),
            known("a/other.xml", Part::National, Some("1.2.4"), false),
            known("b/frame.xml", Part::Frame, Some("1.2.3"), false),
            known("c/frame.xml", Part::Frame, Some("1.2.9"), false),
            known("c/mistyped.xml", Part::National, Some("1.2.8"), false),
            known("d/whole.xml", Part::Frame, Some("1.2.7"), true),
            known("d/stranger.xml", Part::National, Some("1.2.6"), false),
        ];
        assert_eq!(
            told(&files),
            [
                "a/other.xml",
                "b/frame.xml a/one.xml",
                "b/frame.xml a/one-again.xml",
                "c/frame.xml c/mistyped.xml",
                "d/stranger.xml",
                "d/whole.xml",
            ]
        );
    }
}
