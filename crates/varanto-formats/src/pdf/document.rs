//! What the document does and carries: actions, annotations, forms, embedded files, layers.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Object, ObjectId};

use super::clauses as c;
use super::colour::OutputIntent;
use super::objects::{Objects, dictionary_of, holds, is_a, parts, shown};
use super::report::Report;

const ACTIONS: &[&[u8]] =
    &[b"GoTo", b"GoToE", b"GoToR", b"Named", b"SubmitForm", b"Thread", b"URI"];
const NAMED: &[&[u8]] = &[b"FirstPage", b"LastPage", b"NextPage", b"PrevPage"];
const FILTERS: &[&[u8]] = &[
    b"ASCII85Decode",
    b"ASCIIHexDecode",
    b"CCITTFaxDecode",
    b"DCTDecode",
    b"FlateDecode",
    b"JBIG2Decode",
    b"JPXDecode",
    b"RunLengthDecode",
];
const BOUNDARIES: &[&[u8]] = &[b"ArtBox", b"BleedBox", b"CropBox", b"MediaBox", b"TrimBox"];
/// The types of PDF 1.4, less those that part 1 forbids.
const ANNOTATIONS_1: &[&[u8]] = &[
    b"Circle",
    b"FreeText",
    b"Highlight",
    b"Ink",
    b"Line",
    b"Link",
    b"Popup",
    b"PrinterMark",
    b"Square",
    b"Squiggly",
    b"Stamp",
    b"StrikeOut",
    b"Text",
    b"TrapNet",
    b"Underline",
    b"Widget",
];
const ANNOTATIONS_2: &[&[u8]] =
    &[b"Caret", b"FileAttachment", b"Polygon", b"PolyLine", b"Redact", b"Watermark"];

/// Judges everything outside the content of pages.
pub(super) fn check(
    objects: Objects<'_>,
    output: &OutputIntent,
    reachable: &BTreeSet<ObjectId>,
    report: &mut Report,
) {
    let mut files = Files::default();
    for id in reachable {
        let Some(object) = objects.document.objects.get(id) else { continue };
        walk(object, &mut |inner| {
            let place = Place { id: *id, by_itself: std::ptr::eq(inner, object) };
            check_object(objects, inner, place, &mut files, report);
        });
    }
    check_files(objects, &files, report);
    if let Some(catalog) = objects.catalog() {
        check_catalog(objects, catalog, report);
        check_form(objects, catalog, report);
        check_layers(objects, catalog, reachable, report);
    }
    for (id, page) in objects.pages() {
        check_page(objects, id, page, report);
        for annotation in objects.array(page, b"Annots").unwrap_or_default() {
            let place = objects.id_of(annotation).unwrap_or(id);
            if let Some(annotation) = objects.follow(annotation).and_then(dictionary_of) {
                check_annotation(objects, annotation, place, output, report);
            }
        }
    }
}

/// An object and all within it that has objects in it.
fn walk<'d>(object: &'d Object, look: &mut impl FnMut(&'d Object)) {
    let mut waiting = vec![object];
    while let Some(object) = waiting.pop() {
        look(object);
        waiting.extend(parts(object).filter(|part| holds(part)));
    }
}

/// Where an object stands.
#[derive(Clone, Copy)]
struct Place {
    /// The object of the file that it is, or is in.
    id: ObjectId,
    /// Whether it is that object.
    by_itself: bool,
}

/// Embedded files, as the objects of a file name them.
#[derive(Default)]
struct Files<'d> {
    /// File specifications, each with its files.
    specified: Vec<(&'d Dictionary, &'d Dictionary, Place)>,
    /// What stands in AF.
    associated: BTreeSet<ObjectId>,
}

fn check_object<'d>(
    objects: Objects<'d>,
    object: &'d Object,
    place: Place,
    files: &mut Files<'d>,
    report: &mut Report,
) {
    let id = place.id;
    if let Object::Array(entries) = object
        && entries.len() > 8191
    {
        report.add(&c::LIMIT_ARRAY, Some(id), "more entries");
    }
    let Some(dictionary) = dictionary_of(object) else { return };
    if dictionary.len() > 4095 {
        report.add(&c::LIMIT_DICTIONARY, Some(id), "more entries");
    }
    if let Object::Stream(_) = object {
        check_stream(objects, dictionary, id, report);
    }
    let (mut on_its_own, mut additional, mut carried, mut embedded) = ([None; 3], None, None, None);
    for (key, value) in dictionary {
        match key.as_slice() {
            b"A" => on_its_own[0] = Some(value),
            b"OpenAction" => on_its_own[1] = Some(value),
            b"PA" => on_its_own[2] = Some(value),
            b"AA" => additional = objects.follow(value).and_then(dictionary_of),
            b"AF" => carried = Some(value),
            b"EF" => embedded = objects.follow(value).and_then(dictionary_of),
            _ => (),
        }
    }
    for actions in on_its_own.into_iter().flatten() {
        // A structure element's attributes stand in A too.
        if is_a(dictionary, b"StructElem") {
            continue;
        }
        for action in objects.dictionaries_in(actions) {
            check_action(objects, action, id, report);
        }
    }
    for (_, actions) in additional.into_iter().flatten() {
        for action in objects.dictionaries_in(actions) {
            check_action(objects, action, id, report);
        }
    }
    if let Some(carried) = carried {
        match objects.follow(carried) {
            Some(Object::Array(all)) => {
                files.associated.extend(all.iter().filter_map(|file| objects.id_of(file)));
            }
            _ => files.associated.extend(objects.id_of(carried)),
        }
    }
    if let Some(embedded) = embedded {
        files.specified.push((dictionary, embedded, place));
    }
}

fn check_stream(objects: Objects<'_>, dictionary: &Dictionary, id: ObjectId, report: &mut Report) {
    let file_keys = [&b"F"[..], b"FFilter", b"FDecodeParms"];
    // An embedded file's F in a stream's dictionary would be its file too.
    if file_keys.iter().any(|key| dictionary.has(key)) {
        report.add(&c::STREAM_OUTSIDE, Some(id), "F, FFilter or FDecodeParms");
    }
    let names: Vec<&[u8]> = match objects.get(dictionary, b"Filter") {
        Some(Object::Name(name)) => vec![name],
        Some(Object::Array(names)) => {
            names.iter().filter_map(|name| objects.follow(name)?.as_name().ok()).collect()
        }
        _ => Vec::new(),
    };
    for name in names {
        let wrong = match report.flavour.part {
            1 => name == b"LZWDecode",
            _ if name == b"Crypt" => !is_identity(objects, dictionary),
            _ => !FILTERS.contains(&name),
        };
        if wrong {
            report.add(&c::FILTER, Some(id), shown(name));
        }
    }
    if is_a(dictionary, b"ObjStm") || is_a(dictionary, b"XRef") {
        report.add(&c::XREF_STREAM, Some(id), "a stream of objects or cross-references");
    }
}

fn is_identity(objects: Objects<'_>, dictionary: &Dictionary) -> bool {
    let parameters = objects.dictionaries(dictionary, b"DecodeParms");
    parameters.iter().all(|one| match objects.name(one, b"Name") {
        Some(name) => name == b"Identity",
        None => true,
    })
}

fn check_action(objects: Objects<'_>, action: &Dictionary, id: ObjectId, report: &mut Report) {
    let mut waiting = vec![action];
    let mut seen = Vec::new();
    while let Some(action) = waiting.pop() {
        if seen.len() > 1000 || seen.iter().any(|one| std::ptr::eq(*one, action)) {
            continue;
        }
        seen.push(action);
        let Some(kind) = objects.name(action, b"S") else { continue };
        if !ACTIONS.contains(&kind) || (report.flavour.part == 1 && kind == b"GoToE") {
            report.add(&c::ACTION, Some(id), shown(kind));
        }
        if kind == b"Named"
            && let Some(name) = objects.name(action, b"N")
            && !NAMED.contains(&name)
        {
            report.add(&c::ACTION, Some(id), format!("Named {}", shown(name)));
        }
        waiting.extend(objects.dictionaries(action, b"Next"));
    }
}

fn check_catalog(objects: Objects<'_>, catalog: &Dictionary, report: &mut Report) {
    if catalog.has(b"AA") {
        report.add(&c::ADDITIONAL_ACTION, None, "AA in the catalog");
    }
    if catalog.has(b"Requirements") {
        report.add(&c::REQUIREMENTS, None, "Requirements");
    }
    if objects.is_true(catalog, b"NeedsRendering") {
        report.add(&c::FORM_XFA, None, "NeedsRendering");
    }
    let names = objects.dictionary(catalog, b"Names");
    if names.is_some_and(|names| names.has(b"AlternatePresentations")) {
        report.add(&c::ALTERNATE_PRESENTATION, None, "AlternatePresentations");
    }
    if names.is_some_and(|names| names.has(b"EmbeddedFiles")) {
        report.add(&c::EMBEDDED_FILE, None, "EmbeddedFiles");
    }
    if names.is_some_and(|names| names.has(b"JavaScript")) {
        report.add(&c::ACTION, None, "JavaScript");
    }
    let Some(permissions) = objects.dictionary(catalog, b"Perms") else { return };
    for (key, _) in permissions {
        if !matches!(key.as_slice(), b"DocMDP" | b"UR3") {
            report.add(&c::PERMISSIONS, None, shown(key));
        }
    }
    if let Some(signature) = objects.dictionary(permissions, b"DocMDP") {
        for reference in objects.dictionaries(signature, b"Reference") {
            for key in [&b"DigestLocation"[..], b"DigestMethod", b"DigestValue"] {
                if reference.has(key) {
                    report.add(&c::SIGNATURE_DIGEST, None, shown(key));
                }
            }
        }
    }
}

fn check_form(objects: Objects<'_>, catalog: &Dictionary, report: &mut Report) {
    let Some(form) = objects.dictionary(catalog, b"AcroForm") else { return };
    if objects.is_true(form, b"NeedAppearances") {
        report.add(&c::NEED_APPEARANCES, None, "NeedAppearances true");
    }
    if form.has(b"XFA") {
        report.add(&c::FORM_XFA, None, "XFA");
    }
    let mut waiting = objects.dictionaries(form, b"Fields");
    let mut looked = 0;
    while let Some(field) = waiting.pop() {
        looked += 1;
        if looked > 100_000 {
            report.complete = false;
            return;
        }
        if field.has(b"AA") {
            report.add(&c::FIELD_ACTION, None, "AA in a field");
        }
        if field.has(b"A") && report.flavour.part != 1 {
            report.add(&c::FIELD_ACTION, None, "A in a field");
        }
        waiting.extend(objects.dictionaries(field, b"Kids"));
    }
}

fn check_page(objects: Objects<'_>, id: ObjectId, page: &Dictionary, report: &mut Report) {
    if page.has(b"AA") && report.flavour.part != 1 {
        report.add(&c::ADDITIONAL_ACTION, Some(id), "AA in a page");
    }
    if page.has(b"PresSteps") {
        report.add(&c::ALTERNATE_PRESENTATION, Some(id), "PresSteps");
    }
    for key in BOUNDARIES {
        let Some((boundary, _)) = objects.inherited(page, key) else { continue };
        let Ok(entries) = boundary.as_array() else { continue };
        let sides: Option<Vec<f32>> =
            entries.iter().map(|side| objects.follow(side)?.as_float().ok()).collect();
        let Some([left, bottom, right, top]) = sides.as_deref() else { continue };
        for side in [(right - left).abs(), (top - bottom).abs()] {
            if !(3.0..=14_400.0).contains(&side) {
                report.add(&c::LIMIT_PAGE, Some(id), shown(key));
            }
        }
    }
}

fn check_annotation(
    objects: Objects<'_>,
    annotation: &Dictionary,
    id: ObjectId,
    output: &OutputIntent,
    report: &mut Report,
) {
    let part = report.flavour.part;
    let kind = objects.name(annotation, b"Subtype").unwrap_or_default();
    if !ANNOTATIONS_1.contains(&kind) && (part == 1 || !ANNOTATIONS_2.contains(&kind)) {
        report.add(&c::ANNOTATION_TYPE, Some(id), shown(kind));
    }
    check_flags(objects, annotation, kind, id, report);
    let opaque = objects.number(annotation, b"CA").is_none_or(|opacity| opacity >= 1.0);
    let coloured = [&b"C"[..], b"IC"]
        .iter()
        .any(|key| objects.array(annotation, key).is_some_and(|colour| !colour.is_empty()));
    if !opaque {
        report.add(&c::ANNOTATION_COLOUR, Some(id), "CA");
    }
    if coloured && !output.is(*b"RGB ") {
        report.add(&c::ANNOTATION_COLOUR, Some(id), "C or IC");
    }
    if kind == b"Widget" {
        for key in [&b"A"[..], b"AA"] {
            if annotation.has(key) {
                report.add(&c::FIELD_ACTION, Some(id), format!("{} in a widget", shown(key)));
            }
        }
    }
    check_appearance(objects, annotation, kind, id, report);
}

fn check_flags(
    objects: Objects<'_>,
    annotation: &Dictionary,
    kind: &[u8],
    id: ObjectId,
    report: &mut Report,
) {
    const INVISIBLE: i64 = 1;
    const HIDDEN: i64 = 2;
    const PRINT: i64 = 4;
    const NO_VIEW: i64 = 32;
    const TOGGLE_NO_VIEW: i64 = 256;
    let part_1 = report.flavour.part == 1;
    let Some(flags) = objects.integer(annotation, b"F") else {
        if part_1 || kind != b"Popup" {
            report.add(&c::ANNOTATION_FLAGS, Some(id), "no F");
        }
        return;
    };
    let mut forbidden = INVISIBLE | HIDDEN | NO_VIEW;
    if !part_1 {
        forbidden |= TOGGLE_NO_VIEW;
    }
    if flags & forbidden != 0 || flags & PRINT == 0 {
        report.add(&c::ANNOTATION_FLAGS, Some(id), format!("F {flags}"));
    }
}

fn check_appearance(
    objects: Objects<'_>,
    annotation: &Dictionary,
    kind: &[u8],
    id: ObjectId,
    report: &mut Report,
) {
    let Some(appearance) = objects.dictionary(annotation, b"AP") else {
        let without_size = objects.numbers(annotation, b"Rect").is_some_and(|rect| {
            matches!(rect[..], [left, bottom, right, top]
                if left.total_cmp(&right).is_eq() && bottom.total_cmp(&top).is_eq())
        });
        let exempt = without_size || matches!(kind, b"Popup" | b"Link");
        if report.flavour.part != 1 && !exempt {
            report.add(&c::APPEARANCE, Some(id), "no AP");
        }
        return;
    };
    if appearance.iter().any(|(key, _)| key != b"N") {
        report.add(&c::APPEARANCE, Some(id), "more than N in AP");
    }
    let button = kind == b"Widget"
        && objects
            .inherited(annotation, b"FT")
            .is_some_and(|(kind, _)| kind.as_name().is_ok_and(|kind| kind == b"Btn"));
    let fits = match objects.get(appearance, b"N") {
        Some(Object::Stream(_)) => !button,
        Some(Object::Dictionary(_)) => button,
        _ => false,
    };
    if !fits {
        report.add(&c::APPEARANCE, Some(id), "N of another type");
    }
}

/// File specifications with embedded files.
fn check_files(objects: Objects<'_>, files: &Files<'_>, report: &mut Report) {
    for (specification, embedded, Place { id, by_itself }) in &files.specified {
        report.add(&c::EMBEDDED_FILE, Some(*id), "EF in a file specification");
        if !specification.has(b"F") || !specification.has(b"UF") {
            report.add(&c::FILE_SPECIFICATION, Some(*id), "no F or no UF");
        }
        if report.flavour.part != 3 {
            continue;
        }
        if !specification.has(b"AFRelationship") {
            report.add(&c::ASSOCIATED_FILE, Some(*id), "no AFRelationship");
        }
        if !(*by_itself && files.associated.contains(id)) {
            report.add(&c::ASSOCIATED_FILE, Some(*id), "in no AF");
        }
        let typed = embedded.iter().all(|(_, file)| {
            let file = objects.follow(file).and_then(dictionary_of);
            file.and_then(|file| objects.name(file, b"Subtype"))
                .is_some_and(|kind| kind.contains(&b'/'))
        });
        if !typed {
            report.add(&c::ASSOCIATED_FILE, Some(*id), "an embedded file without a media type");
        }
    }
}

fn check_layers(
    objects: Objects<'_>,
    catalog: &Dictionary,
    reachable: &BTreeSet<ObjectId>,
    report: &mut Report,
) {
    let Some(layers) = objects.dictionary(catalog, b"OCProperties") else { return };
    report.add(&c::OPTIONAL_CONTENT, None, "OCProperties");
    let mut names = Vec::new();
    let groups: BTreeSet<ObjectId> = objects
        .array(layers, b"OCGs")
        .unwrap_or_default()
        .iter()
        .filter_map(|group| objects.id_of(group))
        .filter(|group| reachable.contains(group))
        .collect();
    let clause = &c::OPTIONAL_CONTENT_CONFIGURATION;
    let mut configurations = objects.dictionaries(layers, b"D");
    configurations.extend(objects.dictionaries(layers, b"Configs"));
    for configuration in configurations {
        match objects.string(configuration, b"Name") {
            None | Some(b"") => report.add(clause, None, "no Name"),
            Some(name) if names.contains(&name) => report.add(clause, None, "a Name used twice"),
            Some(name) => names.push(name),
        }
        if configuration.has(b"AS") {
            report.add(clause, None, "AS");
        }
        if let Some(order) = objects.get(configuration, b"Order") {
            let mut listed = BTreeSet::new();
            let (mut waiting, mut looked) = (vec![order], 0);
            while let Some(entry) = waiting.pop() {
                looked += 1;
                listed.extend(objects.id_of(entry));
                if let Some(Object::Array(entries)) = objects.follow(entry)
                    && looked < 100_000
                {
                    waiting.extend(entries);
                }
            }
            if !groups.is_subset(&listed) {
                report.add(clause, None, "a group that Order leaves out");
            }
        }
    }
}
