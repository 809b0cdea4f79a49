//! What a PDF file is made of: what is not known to come out of a conversion keeps it from being converted.

use std::collections::HashSet;

use lopdf::{Dictionary, Document, LoadOptions, Object, ObjectId, decode_text_string};
use varanto_domain::faults::FaultKind;
use varanto_formats::pdf;

use crate::conversion::NotConverted;

/// The most that a stream of objects may grow to.
const LARGEST_STREAM: usize = 64 * 1024 * 1024;
/// The most pages that are held against one another.
const MOST_PAGES: usize = 1_000;
/// The largest side of a page, in points: A1 and a little more.
const LARGEST_SIDE: f32 = 2_400.0;
/// The most bookmarks.
const MOST_BOOKMARKS: usize = 10_000;
/// So deep objects stand within one another.
const DEEPEST: usize = 100;

/// What the file's own root may hold.
const OF_ROOT: [&[u8]; 18] = [
    b"Type",
    b"Version",
    b"Extensions",
    b"Pages",
    b"PageLabels",
    b"Names",
    b"Dests",
    b"ViewerPreferences",
    b"PageLayout",
    b"PageMode",
    b"Outlines",
    b"OpenAction",
    b"Lang",
    b"MarkInfo",
    b"StructTreeRoot",
    b"Metadata",
    b"OutputIntents",
    b"PieceInfo",
];
const OF_PAGE: [&[u8]; 20] = [
    b"Type",
    b"Parent",
    b"LastModified",
    b"Resources",
    b"MediaBox",
    b"CropBox",
    b"BleedBox",
    b"TrimBox",
    b"ArtBox",
    b"BoxColorInfo",
    b"Contents",
    b"Rotate",
    b"Group",
    b"Thumb",
    b"StructParents",
    b"Annots",
    b"Metadata",
    b"PieceInfo",
    b"ID",
    b"Tabs",
];
const OF_LINK: [&[u8]; 15] = [
    b"Type",
    b"Subtype",
    b"Rect",
    b"Border",
    b"BS",
    b"C",
    b"F",
    b"A",
    b"Dest",
    b"H",
    b"P",
    b"NM",
    b"M",
    b"StructParent",
    b"QuadPoints",
];
const OF_BOOKMARK: [&[u8]; 12] = [
    b"Type", b"Title", b"Parent", b"Prev", b"Next", b"First", b"Last", b"Count", b"Dest", b"A",
    b"C", b"F",
];
/// What a file says about itself that is no content: who made it with what, and when.
const OF_INFO: [&[u8]; 9] = [
    b"Title",
    b"Author",
    b"Subject",
    b"Keywords",
    b"Creator",
    b"Producer",
    b"CreationDate",
    b"ModDate",
    b"Trapped",
];

/// The fonts that every reader has.
const OF_EVERY_READER: [&[u8]; 14] = [
    b"Courier",
    b"Courier-Bold",
    b"Courier-BoldOblique",
    b"Courier-Oblique",
    b"Helvetica",
    b"Helvetica-Bold",
    b"Helvetica-BoldOblique",
    b"Helvetica-Oblique",
    b"Symbol",
    b"Times-Bold",
    b"Times-BoldItalic",
    b"Times-Italic",
    b"Times-Roman",
    b"ZapfDingbats",
];

/// What a file has beside its pages.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) pages: usize,
    pub(super) bookmarks: Vec<String>,
    links: usize,
    /// The entries about the file.
    entries: Vec<(&'static str, String)>,
    /// What is never written anew: no content.
    beside: Vec<&'static str>,
}

impl Facts {
    /// What was left out of what was made: nothing that is content.
    pub(super) fn left_out_of(&self, made: &Self) -> Result<Vec<String>, NotConverted> {
        let mut left_out: Vec<String> = self.beside.iter().map(|&what| what.to_owned()).collect();
        if made.links < self.links {
            left_out.push("links".to_owned());
        }
        for entry in &self.entries {
            match entry {
                entry if made.entries.contains(entry) => {}
                ("title" | "author", _) => left_out.push(entry.0.to_owned()),
                _ => return loses("an entry about the file"),
            }
        }
        left_out.sort();
        Ok(left_out)
    }
}

fn loses<T>(what: &str) -> Result<T, NotConverted> {
    Err(NotConverted::Loses { what: what.to_owned() })
}

fn broken() -> NotConverted {
    NotConverted::here("the file is broken, or locked")
}

/// Looks at a source.
///
/// # Errors
/// It is broken, or holds what is not known to come out.
pub(super) fn examine(source: &[u8]) -> Result<Facts, NotConverted> {
    // What is told of a whole file is what is to be mended; one that is not whole would come out shorter.
    let faults = pdf::check(source).err().unwrap_or_default();
    if faults.iter().any(|fault| fault.kind == FaultKind::NotPdf) {
        return Err(broken());
    }
    let document = load(source)?;
    if document.is_encrypted() || document.was_encrypted() {
        return Err(broken());
    }
    if pdf::count_signatures(source) > 0 {
        return loses("an electronic signature");
    }
    for object in document.objects.values() {
        check_object(object, &document, 0)?;
    }
    let facts = read(&document)?;
    match facts.pages {
        0 => Err(broken()),
        pages if pages > MOST_PAGES => Err(NotConverted::here("the file has too many pages")),
        _ => Ok(facts),
    }
}

/// Looks at what was made.
///
/// # Errors
/// It does not read.
pub(super) fn read_made(bytes: &[u8]) -> Result<Facts, NotConverted> {
    read(&load(bytes)?)
}

/// The texts that stand for pictures in what was made.
///
/// # Errors
/// It does not read.
pub(in crate::conversion) fn texts_of_pictures(made: &[u8]) -> Result<Vec<String>, NotConverted> {
    let document = load(made)?;
    let texts = document.objects.values().filter_map(|object| {
        let text = object.as_dict().ok()?.get(b"Alt").ok()?;
        decode_text_string(text).ok()
    });
    Ok(texts.map(|text| text.trim().to_owned()).collect())
}

fn load(bytes: &[u8]) -> Result<Document, NotConverted> {
    let options = LoadOptions { max_decompressed_size: Some(LARGEST_STREAM), ..Default::default() };
    let document = Document::load_mem_with_options(bytes, options).map_err(|_| broken())?;
    if document.xref_recovery.is_some() { Err(broken()) } else { Ok(document) }
}

/// Refuses what may stand in any object: texts that stand for pictures, and files within the file.
fn check_object(object: &Object, document: &Document, depth: usize) -> Result<(), NotConverted> {
    if depth > DEEPEST {
        return Err(broken());
    }
    let dictionary = match object {
        Object::Array(all) => {
            return all.iter().try_for_each(|one| check_object(one, document, depth + 1));
        }
        Object::Dictionary(dictionary) => dictionary,
        Object::Stream(stream) => &stream.dict,
        _ => return Ok(()),
    };
    if dictionary.has(b"Alt") || dictionary.has(b"ActualText") {
        return loses("a text that stands for a picture");
    }
    if dictionary.has(b"EF") || dictionary.has_type(b"EmbeddedFile") {
        return loses("a file within the file");
    }
    if dictionary.has(b"BaseFont") && !has_sure_letters(dictionary, document) {
        return loses("a font that is not in the file");
    }
    dictionary.iter().try_for_each(|(_, value)| check_object(value, document, depth + 1))
}

/// Whether a font is in the file, or one of those that every reader has: what stands for another one may have other
/// signs.
fn has_sure_letters(font: &Dictionary, document: &Document) -> bool {
    let kind = font.get_deref(b"Subtype", document).and_then(Object::as_name).unwrap_or_default();
    // Its letters are in the font beneath it.
    if kind == b"Type0" {
        return true;
    }
    let about = font.get_deref(b"FontDescriptor", document).and_then(Object::as_dict);
    let files: [&[u8]; 3] = [b"FontFile", b"FontFile2", b"FontFile3"];
    if about.is_ok_and(|about| files.iter().any(|file| about.has(file))) {
        return true;
    }
    let name = font.get_deref(b"BaseFont", document).and_then(Object::as_name).unwrap_or_default();
    kind == b"Type1" && OF_EVERY_READER.contains(&name)
}

fn read(document: &Document) -> Result<Facts, NotConverted> {
    let root = document.catalog().map_err(|_| broken())?;
    let mut facts = Facts::default();
    for (key, value) in root {
        let value = document.dereference(value).map_err(|_| broken())?.1;
        match (key.as_slice(), value) {
            (_, Object::Null) => {}
            (b"AcroForm", Object::Dictionary(form)) => check_form(form, document)?,
            (b"Names", Object::Dictionary(names)) => {
                only(names, &[b"Dests"], "a file, or a program, within the file")?;
            }
            (b"OpenAction", value) => check_action(value, document)?,
            (b"OCProperties", _) => return loses("layers"),
            (key, _) if !OF_ROOT.contains(&key) => return loses("what is not known in a file"),
            (b"StructTreeRoot", _) => facts.beside.push("tags"),
            (b"PageLabels", _) => facts.beside.push("page labels"),
            (b"Metadata", _) => facts.beside.push("metadata"),
            (b"PieceInfo", _) => facts.beside.push("programs' own data"),
            (b"Outlines", Object::Dictionary(outlines)) => {
                facts.bookmarks = bookmarks(outlines, document)?;
            }
            _ => {}
        }
    }
    for page in document.get_pages().into_values() {
        let page = document.get_dictionary(page).map_err(|_| broken())?;
        only(page, &OF_PAGE, "what is not known on a page")?;
        check_size(page, document)?;
        facts.links += count_links(page, document)?;
        facts.pages += 1;
    }
    facts.entries = entries(document)?;
    Ok(facts)
}

/// Refuses a dictionary that has another key than these.
fn only(dictionary: &Dictionary, known: &[&[u8]], what: &str) -> Result<(), NotConverted> {
    if dictionary.iter().any(|(key, _)| !known.contains(&key.as_slice())) {
        return loses(what);
    }
    Ok(())
}

/// A form without fields is none.
fn check_form(form: &Dictionary, document: &Document) -> Result<(), NotConverted> {
    let fields = form.get_deref(b"Fields", document).and_then(Object::as_array);
    if form.has(b"XFA") || fields.is_ok_and(|fields| !fields.is_empty()) {
        return loses("fields of a form");
    }
    Ok(())
}

/// Refuses a page that is not found whole, or whose size is none of paper.
fn check_size(page: &Dictionary, document: &Document) -> Result<(), NotConverted> {
    let mut at = page;
    for _ in 0..DEEPEST {
        if let Ok(sides) = at.get_deref(b"MediaBox", document).and_then(Object::as_array) {
            let sides: Vec<f32> = sides
                .iter()
                .filter_map(|side| document.dereference(side).ok()?.1.as_float().ok())
                .collect();
            let [left, low, right, high] = sides[..] else { return Err(broken()) };
            let longest = (right - left).abs().max((high - low).abs());
            return if longest <= LARGEST_SIDE {
                Ok(())
            } else {
                Err(NotConverted::here("a page is larger than A1"))
            };
        }
        at = at.get_deref(b"Parent", document).and_then(Object::as_dict).map_err(|_| broken())?;
    }
    Err(broken())
}

/// The number of links of a page, where it has no other annotations.
fn count_links(page: &Dictionary, document: &Document) -> Result<usize, NotConverted> {
    let Ok(all) = page.get_deref(b"Annots", document) else { return Ok(0) };
    let all = match all {
        Object::Null => return Ok(0),
        Object::Array(all) => all,
        _ => return Err(broken()),
    };
    for one in all {
        let one =
            document.dereference(one).and_then(|(_, one)| one.as_dict()).map_err(|_| broken())?;
        match one.get_deref(b"Subtype", document).and_then(Object::as_name) {
            Ok(b"Link") => {}
            Ok(b"Widget") => return loses("fields of a form"),
            _ => return loses("a note, a stamp or the like upon a page"),
        }
        only(one, &OF_LINK, "what is not known of a link")?;
        if let Ok(action) = one.get(b"A") {
            let action = document.dereference(action).map_err(|_| broken())?.1;
            check_action(action, document)?;
        }
    }
    Ok(all.len())
}

/// Refuses an action that does more than to go somewhere.
fn check_action(action: &Object, document: &Document) -> Result<(), NotConverted> {
    let Object::Dictionary(action) = action else { return Ok(()) };
    let kind = action.get_deref(b"S", document).and_then(Object::as_name);
    if !matches!(kind, Ok(b"GoTo" | b"URI")) || action.has(b"Next") {
        return loses("a program within the file");
    }
    Ok(())
}

/// The titles of all bookmarks, in their order.
fn bookmarks(outlines: &Dictionary, document: &Document) -> Result<Vec<String>, NotConverted> {
    let reference =
        |from: &Dictionary, key: &[u8]| from.get(key).and_then(Object::as_reference).ok();
    let mut titles = Vec::new();
    let mut seen: HashSet<ObjectId> = HashSet::new();
    let mut next: Vec<ObjectId> = reference(outlines, b"First").into_iter().collect();
    while let Some(id) = next.pop() {
        if !seen.insert(id) || titles.len() > MOST_BOOKMARKS {
            return Err(broken());
        }
        let one = document.get_dictionary(id).map_err(|_| broken())?;
        only(one, &OF_BOOKMARK, "what is not known of a bookmark")?;
        if let Ok(action) = one.get_deref(b"A", document) {
            check_action(action, document)?;
        }
        let title = one.get_deref(b"Title", document).and_then(decode_text_string);
        titles.push(title.map_err(|_| broken())?);
        // What stands below a bookmark comes before the one after it.
        next.extend(reference(one, b"Next"));
        next.extend(reference(one, b"First"));
    }
    Ok(titles)
}

/// What the file says about itself; an entry that is none of the known ones may be content.
fn entries(document: &Document) -> Result<Vec<(&'static str, String)>, NotConverted> {
    let Ok(info) = document.trailer.get_deref(b"Info", document).and_then(Object::as_dict) else {
        return Ok(Vec::new());
    };
    only(info, &OF_INFO, "an entry about the file")?;
    let mut entries = Vec::new();
    for (key, name) in [
        (&b"Title"[..], "title"),
        (b"Author", "author"),
        (b"Subject", "subject"),
        (b"Keywords", "keywords"),
    ] {
        if let Ok(value) = info.get_deref(key, document) {
            let value = decode_text_string(value).map_err(|_| broken())?;
            if !value.trim().is_empty() {
                entries.push((name, value));
            }
        }
    }
    Ok(entries)
}
