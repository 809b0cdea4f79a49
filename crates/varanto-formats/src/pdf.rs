//! PDF/A files, as old documents come: the gate that each must pass, and the clauses it is judged by.
//!
//! The gate ([`check`]) asks what an archive must be sure of at once: that the bytes are a whole PDF
//! file, that the file says to be PDF/A, and that it neither hides (encryption), runs (scripts,
//! launches) nor carries what its part of the standard does not let it carry.
//!
//! The judgement ([`judge`]) goes through the clauses of the standard's parts 1 to 3 as far as they can
//! be told from a file's objects, streams and fonts, and reports what is broken by clause. Which
//! clauses those are is the table in [`clauses`]. Images are not decoded.
//!
//! Hostile files cost no more than `weight` lets them, and content streams no more than the budget of
//! `drawing`.
//!
//! Source: ARC-1; ISO 19005-1 to -4.

mod bytes;
pub mod clauses;
mod cmap;
mod colour;
mod document;
mod drawing;
mod encodings;
mod fonts;
mod images;
mod lexer;
mod objects;
mod programs;
mod rdf;
mod report;
mod signed;
mod tags;
mod weight;
mod xmp;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, LoadOptions, Object, Stream};
use memchr::memmem;
use varanto_domain::faults::{Fault, FaultKind};

use objects::{Objects, holds, is_a, parts};
pub use report::{Finding, Flavour, Report};

/// The largest file taken, in bytes.
pub const MAX_BYTES: usize = crate::LARGEST_PART;

/// The most bytes of embedded files looked into, all together.
const MAX_EMBEDDED: usize = MAX_BYTES;
/// Within the last bytes of a whole file its end mark stands.
const END_WITHIN: usize = 1024;
const PDFA_ID: &str = "http://www.aiim.org/pdfa/ns/id/";
const RULE: &str = "ARC-1";

/// Actions that do more than show another place of the document.
const ACTIONS: &[&[u8]] = &[
    b"GoTo3DView",
    b"Hide",
    b"ImportData",
    b"Launch",
    b"Movie",
    b"Rendition",
    b"ResetForm",
    b"RichMediaExecute",
    b"SetOCGState",
    b"Sound",
];
/// Annotations that play or run.
const ANNOTATIONS: &[&[u8]] = &[b"3D", b"Movie", b"RichMedia", b"Screen", b"Sound"];

/// What the gate learned of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PdfFacts {
    /// The version in the header, such as `1.7`.
    pub version: String,
    /// The part of ISO 19005 that the file says to keep, 1 to 4.
    pub part: u8,
    /// The level of conformance: `A`, `B`, `U`, `E` or `F`; `None` for plain part 4.
    pub conformance: Option<char>,
    /// How many pages it has.
    pub pages: usize,
    /// How many files it carries.
    pub embedded_files: usize,
}

/// Judges a file by what no archived one may be.
///
/// # Errors
/// Every fault found: `not-pdf` when the bytes are not a whole PDF file, and then nothing more;
/// `not-pdf-a`, `forbidden-in-pdf` for what it does not say or may not hold.
pub fn check(bytes: &[u8]) -> Result<PdfFacts, Vec<Fault>> {
    let document = load(bytes).map_err(|fault| vec![fault])?;
    gate(&document, &Found::in_document(&document), &claim_in_document(&document))
}

/// How many electronic signatures are inside a file; none in one that does not read. They are not verified.
///
/// Source: ARC-6.
#[must_use]
pub fn count_signatures(bytes: &[u8]) -> usize {
    // A signature names the bytes that it covers where they can be seen; few files have one.
    const COVERED: &[u8] = b"/ByteRange";
    if memmem::find(bytes, COVERED).is_none() {
        return 0;
    }
    load(bytes).map_or(0, |document| signed::count(Objects { document: &document }))
}

/// What is told of a file: whether it passes the gate, and what it breaks of the standard.
#[derive(Debug)]
pub struct Judgement {
    /// The gate's answer.
    pub gate: Result<PdfFacts, Vec<Fault>>,
    /// The clauses broken; `None` when the bytes are no PDF file at all, or the flavour is of a part
    /// that is not judged.
    pub report: Option<Report>,
}

/// Judges a file by the gate and by the clauses of a flavour: the one asked for, or else the one that
/// it says to be. A file that says nothing is judged as `1b` or `2b`, as its version of PDF fits.
#[must_use]
pub fn judge(bytes: &[u8], asked: Option<Flavour>) -> Judgement {
    let document = match load(bytes) {
        Ok(document) => document,
        Err(fault) => {
            let looks_like_one = bytes.starts_with(b"%PDF-") && bytes.len() <= MAX_BYTES;
            let report = looks_like_one.then(|| {
                let claimed = asked.or_else(|| claim_in(bytes));
                let mut report = Report::new(claimed.unwrap_or_else(|| supposed(bytes)));
                bytes::check_unread(bytes, &mut report);
                report.complete = false;
                report
            });
            let report = report.filter(|report| report.flavour.is_judged());
            return Judgement { gate: Err(vec![fault]), report };
        }
    };
    let objects = Objects { document: &document };
    let text = xmp::own_text(objects);
    let metadata = xmp::parse(&text);
    let claim = claim_of(&metadata);
    let claimed = claim.as_ref().ok();
    let flavour = asked
        .or(claimed.map(|claim| Flavour { part: claim.part, level: claim.conformance }))
        .unwrap_or_else(|| supposed(bytes));
    let packet = xmp::Packet { text: &text, parsed: &metadata };
    let found = Found::in_document(&document);
    let report = flavour.is_judged().then(|| report_of(bytes, objects, packet, &found, flavour));
    Judgement { gate: gate(&document, &found, &claim), report }
}

fn report_of(
    bytes: &[u8],
    objects: Objects<'_>,
    packet: xmp::Packet<'_>,
    found: &Found<'_>,
    flavour: Flavour,
) -> Report {
    let mut report = Report::new(flavour);
    bytes::check(bytes, objects.document, &mut report);
    bytes::check_trailer(objects.document, &mut report);
    check_object_streams(objects, &mut report);
    let reachable = objects.reachable();
    let properties = xmp::check(objects, packet, &reachable, &mut report);
    xmp::check_info(objects, &properties, &mut report);
    let output = colour::OutputIntent::read(objects, &mut report);
    document::check(objects, &output, &reachable, &mut report);
    tags::check(objects, &mut report);
    drawing::check(objects, &output, &mut report);
    check_carried(found, &mut report);
    signed::check(bytes, objects, &mut report);
    report
}

/// What stands in streams of objects is spelt by the same rules.
fn check_object_streams(objects: Objects<'_>, report: &mut Report) {
    let mut left = MAX_EMBEDDED;
    for object in objects.document.objects.values() {
        let Object::Stream(stream) = object else { continue };
        if !is_a(&stream.dict, b"ObjStm") {
            continue;
        }
        match stream.get_plain_content_with_limit(left) {
            Ok(content) => {
                left -= content.len();
                bytes::check_object_stream(&content, report);
            }
            Err(_) => report.complete = false,
        }
    }
}

/// Embedded files of part 2 are PDF/A themselves.
fn check_carried(found: &Found<'_>, report: &mut Report) {
    if report.flavour.part == 2 && !found.carries_only_pdf_a() {
        report.add(&clauses::EMBEDDED_PDFA, None, "another file");
    }
}

/// The flavour that a file which does not say any is judged by.
fn supposed(bytes: &[u8]) -> Flavour {
    let old = bytes.get(7).is_some_and(|version| (b'0'..=b'4').contains(version));
    Flavour { part: if old { 1 } else { 2 }, level: Some('B') }
}

/// What the metadata of a file that cannot be read say, when they stand in it as they are.
fn claim_in(bytes: &[u8]) -> Option<Flavour> {
    let text = |name: &str| {
        let at = bytes.windows(name.len()).position(|window| window == name.as_bytes())?;
        let rest = bytes.get(at + name.len()..)?.iter().take(4);
        rest.map(|byte| char::from(*byte)).find(char::is_ascii_alphanumeric)
    };
    Flavour::parse(&format!("{}{}", text("pdfaid:part")?, text("pdfaid:conformance")?))
}

fn gate(
    document: &Document,
    found: &Found<'_>,
    claim: &Result<Claim, Fault>,
) -> Result<PdfFacts, Vec<Fault>> {
    let mut faults = found.faults();
    let pages = pages_of(document);
    if pages == 0 {
        faults.push(not_pdf("no pages"));
    }
    match claim {
        Ok(claim) => faults.extend(found.faults_under(claim)),
        Err(fault) => faults.push(fault.clone()),
    }
    match claim {
        Ok(Claim { part, conformance }) if faults.is_empty() => Ok(PdfFacts {
            version: document.version.clone(),
            part: *part,
            conformance: *conformance,
            pages,
            embedded_files: found.embedded.len(),
        }),
        _ => Err(faults),
    }
}

fn not_pdf(reason: &str) -> Fault {
    Fault::new(FaultKind::NotPdf, "pdf:", RULE).arg("reason", reason)
}

fn forbidden(reason: &str) -> Fault {
    Fault::new(FaultKind::ForbiddenInPdf, "pdf:", RULE).arg("reason", reason)
}

/// Reads the file's objects; compressed streams that hold no objects stay as they are.
fn load(bytes: &[u8]) -> Result<Document, Fault> {
    if bytes.len() > MAX_BYTES {
        return Err(Fault::new(FaultKind::TooLarge, "pdf:", RULE).arg("limit", MAX_BYTES));
    }
    if !bytes.starts_with(b"%PDF-") {
        return Err(not_pdf("the file does not begin with %PDF-"));
    }
    let tail = &bytes[bytes.len().saturating_sub(END_WITHIN)..];
    if memmem::find(tail, b"%%EOF").is_none() {
        return Err(not_pdf("the file does not end with %%EOF"));
    }
    weight::open_budget(bytes).map_err(|heavy| not_pdf(heavy.reason()))?;
    let options = LoadOptions {
        strict: true,
        max_decompressed_size: Some(weight::MAX_OBJECT_STREAM),
        filter: Some(weight::weigh_object_streams),
        ..LoadOptions::default()
    };
    let loaded = Document::load_mem_with_options(bytes, options);
    weight::close_budget().map_err(|heavy| not_pdf(heavy.reason()))?;
    // What the parser says could quote the file.
    loaded.map_err(|_| not_pdf("the objects of the file cannot be read"))
}

/// Counts pages one by one: the file's own count may lie.
fn pages_of(document: &Document) -> usize {
    let is_page = |id: &lopdf::ObjectId| {
        document.get_dictionary(*id).is_ok_and(|page| page.has_type(b"Page"))
    };
    document.page_iter().filter(is_page).count()
}

/// What the file says of itself: `pdfaid:part` and `pdfaid:conformance`.
#[derive(Debug)]
struct Claim {
    part: u8,
    conformance: Option<char>,
}

fn claim_in_document(document: &Document) -> Result<Claim, Fault> {
    claim_of(&xmp::parse(&xmp::own_text(Objects { document })))
}

fn claim_of(metadata: &Result<roxmltree::Document<'_>, xmp::Unread>) -> Result<Claim, Fault> {
    let not_pdf_a =
        |reason: &str| Fault::new(FaultKind::NotPdfA, "pdf:/Metadata", RULE).arg("reason", reason);
    let packet = metadata.as_ref().map_err(|unread| not_pdf_a(unread.reason()))?;

    // A schema may stand as elements or as attributes.
    let value = |name: &str| {
        packet.descendants().find_map(|node| {
            let element = node.has_tag_name((PDFA_ID, name)).then(|| node.text()).flatten();
            element.or_else(|| node.attribute((PDFA_ID, name))).map(str::trim)
        })
    };
    let part = match value("part") {
        Some("1") => 1,
        Some("2") => 2,
        Some("3") => 3,
        Some("4") => 4,
        _ => return Err(not_pdf_a("no PDF/A part 1 to 4 in the metadata")),
    };
    let conformance = match (part, value("conformance")) {
        (1, Some("A" | "a")) | (2 | 3, Some("A")) => Some('A'),
        (1, Some("B" | "b")) | (2 | 3, Some("B")) => Some('B'),
        (2 | 3, Some("U")) => Some('U'),
        (4, Some("E")) => Some('E'),
        (4, Some("F")) => Some('F'),
        (4, None) => None,
        _ => return Err(not_pdf_a("no conformance level of its part in the metadata")),
    };
    Ok(Claim { part, conformance })
}

/// What a file may not hold, or only under some parts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Encryption,
    Script,
    Action,
    Form,
    PlayingAnnotation,
}

impl Thing {
    fn words(self) -> &'static str {
        match self {
            Self::Encryption => "encryption",
            Self::Script => "JavaScript",
            Self::Action => "an action that runs or plays",
            Self::Form => "an XFA form",
            Self::PlayingAnnotation => "an annotation that plays or runs",
        }
    }
}

/// What stands anywhere in the file, reachable or not: what cannot be reached today could be by a
/// reader that mends files.
#[derive(Default)]
struct Found<'d> {
    things: BTreeSet<Thing>,
    embedded: Vec<&'d Stream>,
    /// Whether each embedded file says to be PDF/A, once that was asked.
    only_pdf_a: OnceCell<bool>,
}

impl<'d> Found<'d> {
    fn in_document(document: &'d Document) -> Self {
        let mut found = Self::default();
        if document.is_encrypted() || document.was_encrypted() {
            found.things.insert(Thing::Encryption);
        }
        let mut waiting: Vec<&Object> = document.objects.values().collect();
        while let Some(object) = waiting.pop() {
            match object {
                Object::Dictionary(dictionary) => found.look_at(dictionary, document),
                Object::Stream(stream) => {
                    found.look_at(&stream.dict, document);
                    if is_a(&stream.dict, b"EmbeddedFile") {
                        found.embedded.push(stream);
                    }
                }
                _ => (),
            }
            waiting.extend(parts(object).filter(|part| holds(part)));
        }
        found.embedded.sort_by_key(|stream| std::ptr::from_ref(*stream));
        found.embedded.dedup_by_key(|stream| std::ptr::from_ref(*stream));
        found
    }

    fn look_at(&mut self, dictionary: &'d Dictionary, document: &'d Document) {
        let follow = |object: &'d Object| document.dereference(object).ok().map(|(_, found)| found);
        let (mut action, mut annotation, mut files) = (None, None, None);
        let (mut element, mut placed) = (false, false);
        for (key, value) in dictionary {
            match key.as_slice() {
                b"S" => action = follow(value).and_then(|kind| kind.as_name().ok()),
                b"Subtype" => annotation = follow(value).and_then(|kind| kind.as_name().ok()),
                b"Type" => element = value.as_name().is_ok_and(|kind| kind == b"StructElem"),
                b"Rect" => placed = true,
                b"EF" => files = follow(value).and_then(|files| files.as_dict().ok()),
                b"JS" | b"JavaScript" => drop(self.things.insert(Thing::Script)),
                b"XFA" => drop(self.things.insert(Thing::Form)),
                _ => (),
            }
        }
        // A structure element has a type of its own in S.
        if let Some(action) = action.filter(|_| !element) {
            if action == b"JavaScript" {
                self.things.insert(Thing::Script);
            }
            if ACTIONS.contains(&action) {
                self.things.insert(Thing::Action);
            }
        }
        if annotation.is_some_and(|annotation| placed && ANNOTATIONS.contains(&annotation)) {
            self.things.insert(Thing::PlayingAnnotation);
        }
        // A file specification names its file under EF; the stream need not say what it is.
        if let Some(files) = files {
            let streams = files.iter().filter_map(|(_, file)| document.dereference(file).ok());
            self.embedded.extend(streams.filter_map(|(_, file)| file.as_stream().ok()));
        }
    }

    /// What no part of the standard lets a file hold.
    fn faults(&self) -> Vec<Fault> {
        let always = self.things.iter().filter(|thing| **thing != Thing::PlayingAnnotation);
        always.map(|thing| forbidden(thing.words())).collect()
    }

    /// What the part that the file says to keep does not let it hold.
    fn faults_under(&self, claim: &Claim) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.things.contains(&Thing::PlayingAnnotation) && claim.conformance != Some('E') {
            faults.push(forbidden(Thing::PlayingAnnotation.words()));
        }
        let only_pdf_a = match (claim.part, claim.conformance) {
            _ if self.embedded.is_empty() => return faults,
            (1, _) => {
                faults.push(forbidden("an embedded file"));
                return faults;
            }
            (2, _) | (4, None) => true,
            _ => false,
        };
        if only_pdf_a && !self.carries_only_pdf_a() {
            faults.push(forbidden("an embedded file that is not PDF/A"));
        }
        faults
    }

    fn carries_only_pdf_a(&self) -> bool {
        *self.only_pdf_a.get_or_init(|| all_pdf_a(&self.embedded))
    }
}

/// Whether each embedded file says to be PDF/A. What they carry in their turn is not looked into.
fn all_pdf_a(embedded: &[&Stream]) -> bool {
    let mut left = MAX_EMBEDDED;
    embedded.iter().all(|stream| {
        let Ok(bytes) = stream.get_plain_content_with_limit(left) else { return false };
        left -= bytes.len();
        load(&bytes).is_ok_and(|document| claim_in_document(&document).is_ok())
    })
}

#[cfg(test)]
mod tests;
