//! The nation's structure files: JSON Schema (draft-07) with `sosmeta` annotations, to [`Structure`]
//! and back.
//!
//! The published files use one small part of JSON Schema in one fixed way, so a structure says all
//! that its file does. The reader takes a row's kind from its annotations and then compares the
//! file's keywords with those that [`write()`] prints for such a row: a keyword, value or pattern more
//! or less is a fault, so that nothing in a file is ever silently not enforced.
//!
//! Source: REG-3, ARC-5; national-specs 1.4.

use std::borrow::Cow;
use std::fmt;

use varanto_domain::ids::Oid;
use varanto_domain::structures::{Content, Field, FieldKind, FieldObligation, Names, Structure};
use varanto_domain::time::FinnishDay;

use crate::content;

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";
const DATE: &str = "^-?[0-9]{4}(-(0[1-9]|1[0-2])(-(0[0-9]|[1-2][0-9]|3[0-1]))?)?$";
const MOMENT: &str = "^-?[0-9]{4}(-(0[1-9]|1[0-2])(-(0[0-9]|[1-2][0-9]|3[0-1])\
    (T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?\
    (Z|(\\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00)))?)?)?$";
const SYSTEM_HEAD: &str = "^urn:oid:";
const SYSTEM_TAIL: &str = r"(\.\d+)*$";

/// The annotations of a row that are known. Those that no rule needs (descriptions, examples, notes
/// to implementers) are passed over.
const ROW_NOTES: &[&str] = &[
    "name",
    "title",
    "description",
    "example",
    "implementationNote",
    "representation",
    "repeatable",
    "required",
    "conditionalRequired",
    "nationwideRecordedInformation",
    "hiddenField",
    "hiddenTitle",
    "rowNumber",
    "classification",
    "classificationOid",
    "classificationLink",
    "systemUri",
    "acceptedValues",
    "valueSet",
    "phrase",
];

const DOCUMENT_NOTES: &[&str] = &[
    "title",
    "status",
    "documentDefinitionVersion",
    "dataComponentLibraryVersion",
    "oid",
    "documentType",
    "documentAuthor",
    "documentSubject",
];

/// What is wrong with a structure file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaFault {
    /// The JSON pointer of the keyword or annotation.
    pub at: String,
    /// What is wrong there.
    pub problem: SchemaProblem,
}

/// What can be wrong with a structure file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaProblem {
    /// The file is not one JSON text; the fault's code and reason.
    NotJson(String),
    /// A keyword or annotation that this archive does not know, and so would not enforce.
    UnknownKeyword,
    /// A keyword or annotation that should be there is missing.
    Missing,
    /// The value is not one that this archive knows how to enforce. Holds what would be.
    Expected(String),
}

impl fmt::Display for SchemaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            SchemaProblem::NotJson(reason) => write!(f, "{reason}"),
            SchemaProblem::UnknownKeyword => {
                write!(f, "{}: a keyword that would not be enforced", self.at)
            }
            SchemaProblem::Missing => write!(f, "{}: missing", self.at),
            SchemaProblem::Expected(what) => write!(f, "{}: expected {what}", self.at),
        }
    }
}

/// Reads one published structure file.
///
/// # Errors
/// Every place where the file says something that a [`Structure`] cannot hold, so would not be
/// enforced, or lacks what a structure needs.
///
/// Source: REG-3, ARC-5.
pub fn read(bytes: &[u8]) -> Result<Structure, Vec<SchemaFault>> {
    let file = content::read(bytes, "schema").map_err(|fault| {
        let reason: Vec<&str> = fault.args.iter().map(|(_, text)| text.as_str()).collect();
        let text = format!("{} {}: {}", fault.code(), fault.element, reason.join(", "));
        vec![SchemaFault { at: String::new(), problem: SchemaProblem::NotJson(text) }]
    })?;
    let mut reader = Reader { faults: Vec::new() };
    match reader.structure(&file) {
        Some(structure) if reader.faults.is_empty() => Ok(structure),
        _ => Err(reader.faults),
    }
}

/// Prints a structure as a draft-07 JSON Schema in the nation's form, with the annotations that a
/// [`Structure`] keeps. [`read`] gives the same structure back.
#[must_use]
pub fn write(structure: &Structure) -> String {
    let title = format!("'{}' JSON schema", structure.title.fi);
    let version = version_of(&structure.oid).unwrap_or(structure.first_day);
    let mut notes = vec![
        ("title", text(&title)),
        ("status", text("Valmis")),
        ("documentDefinitionVersion", text(version.to_string())),
        ("dataComponentLibraryVersion", text(&structure.component_library)),
        ("oid", text(structure.oid.as_str())),
        ("documentType", text(&structure.document_type)),
    ];
    notes.extend(structure.author.as_ref().map(|author| ("documentAuthor", text(author))));
    notes.extend(structure.subject.as_ref().map(|subject| ("documentSubject", text(subject))));
    let root = object([
        ("type", text("object")),
        ("additionalProperties", Content::Switch(false)),
        ("sosmeta", object([("name", names_note(&structure.title))])),
        ("required", required(&structure.fields)),
        ("properties", properties(&structure.fields)),
    ]);
    let mut members = vec![
        ("$schema", text(DRAFT)),
        ("title", text(&title)),
        ("type", text("object")),
        ("additionalProperties", Content::Switch(false)),
        ("sosmeta", object(notes)),
    ];
    if version != structure.first_day {
        let first_day = text(structure.first_day.to_string());
        members.push(("varanto", object([("firstDay", first_day)])));
    }
    members.push(("required", Content::List(vec![text(&*structure.root)])));
    let root = vec![(Cow::Borrowed(&*structure.root), root)];
    members.push(("properties", Content::Object(root)));
    content::write(&object(members))
}

/// The version date that the last three arcs of a structure's OID state.
fn version_of(oid: &Oid) -> Option<FinnishDay> {
    let mut arcs = oid.as_str().rsplit('.');
    let day = arcs.next()?.parse().ok()?;
    let month = arcs.next()?.parse().ok()?;
    let year = arcs.next()?.parse().ok()?;
    FinnishDay::new(year, month, day)
}

// What a row looks like in a file. `write` prints this, and `read` compares with it.

/// The keywords of a row, annotations and a group's rows left out.
fn rules(field: &Field) -> Content<'_> {
    let core = core_rules(field);
    if !field.repeats {
        return core;
    }
    let least = if field.obligation == FieldObligation::Obligatory { "1" } else { "0" };
    object([
        ("type", text("array")),
        ("minItems", Content::Number(Cow::Borrowed(least))),
        ("items", core),
    ])
}

fn core_rules(field: &Field) -> Content<'_> {
    match &field.kind {
        FieldKind::Text | FieldKind::Name if field.obligation == FieldObligation::Obligatory => {
            object([("type", text("string")), ("minLength", Content::Number(Cow::Borrowed("1")))])
        }
        FieldKind::Text | FieldKind::Name | FieldKind::SignatureLine => any_text(),
        FieldKind::Date => object([("type", text("string")), ("pattern", text(DATE))]),
        FieldKind::Moment => object([("type", text("string")), ("pattern", text(MOMENT))]),
        FieldKind::Switch => object([("type", text("boolean"))]),
        FieldKind::Number => object([("type", text("number"))]),
        FieldKind::Quantity => closed(
            &["value", "code"],
            [("value", object([("type", text("number"))])), ("code", any_text())],
        ),
        FieldKind::Code { code_set, system, allowed } => closed(
            &["system", "code", "display"],
            [
                ("system", system_rules(code_set.as_ref(), system.as_deref())),
                ("code", one_of(allowed)),
                ("display", any_text()),
            ],
        ),
        FieldKind::Identifier { .. } => {
            closed(&["value"], [("system", any_text()), ("value", any_text())])
        }
        FieldKind::Phrase(phrases) => one_of(phrases),
        FieldKind::Group(fields) => object([
            ("type", text("object")),
            ("additionalProperties", Content::Switch(false)),
            ("required", required(fields)),
        ]),
    }
}

fn any_text<'a>() -> Content<'a> {
    object([("type", text("string"))])
}

fn one_of(values: &[String]) -> Content<'_> {
    if values.is_empty() {
        return any_text();
    }
    let values = values.iter().map(text).collect();
    object([("type", text("string")), ("enum", Content::List(values))])
}

fn system_rules<'a>(code_set: Option<&Oid>, system: Option<&'a str>) -> Content<'a> {
    match (code_set, system) {
        (Some(oid), _) => {
            let pattern = oid.as_str().replace('.', r"\.");
            let pattern = format!("{SYSTEM_HEAD}{pattern}{SYSTEM_TAIL}");
            object([("type", text("string")), ("pattern", text(pattern))])
        }
        (None, Some(system)) => {
            object([("type", text("string")), ("enum", Content::List(vec![text(system)]))])
        }
        (None, None) => any_text(),
    }
}

fn closed<'a>(
    required: &[&'static str],
    members: impl IntoIterator<Item = (&'static str, Content<'a>)>,
) -> Content<'a> {
    object([
        ("type", text("object")),
        ("additionalProperties", Content::Switch(false)),
        ("required", Content::List(required.iter().map(|name| text(*name)).collect())),
        ("properties", object(members)),
    ])
}

fn required(fields: &[Field]) -> Content<'_> {
    let obligatory = fields.iter().filter(|field| field.obligation == FieldObligation::Obligatory);
    Content::List(obligatory.map(|field| text(&*field.key)).collect())
}

fn properties(fields: &[Field]) -> Content<'_> {
    let members = fields.iter().map(|field| (Cow::Borrowed(&*field.key), annotated(field)));
    Content::Object(members.collect())
}

/// The row with its annotations, and a group with its rows.
fn annotated(field: &Field) -> Content<'_> {
    let mut rules = rules(field);
    let core = match &mut rules {
        Content::Object(members) if field.repeats => {
            members.iter_mut().find(|(name, _)| name == "items").map(|(_, items)| items)
        }
        other => Some(other),
    };
    if let Some(Content::Object(members)) = core {
        members.insert(1, (Cow::Borrowed("sosmeta"), notes(field)));
        if let FieldKind::Group(fields) = &field.kind {
            members.push((Cow::Borrowed("properties"), properties(fields)));
        }
    }
    rules
}

fn notes(field: &Field) -> Content<'_> {
    let mut notes = vec![("name", names_note(&field.names))];
    if let Some(representation) = representation(&field.kind) {
        let fi = object([("lang", text("fi")), ("value", text(representation))]);
        notes.push(("representation", Content::List(vec![fi])));
    }
    match &field.kind {
        FieldKind::Identifier { system: Some(system) } => {
            notes.push(("systemUri", plain_notes([system.as_str()])));
        }
        FieldKind::Code { code_set, allowed, .. } => {
            if let Some(oid) = code_set {
                notes.push(("classificationOid", plain_notes([oid.as_str().to_owned()])));
            }
            if !allowed.is_empty() {
                notes.push(("acceptedValues", plain_notes(allowed)));
            }
        }
        _ => {}
    }
    let obligation = |which| Content::Switch(field.obligation == which);
    notes.extend([
        ("repeatable", Content::Switch(field.repeats)),
        ("required", obligation(FieldObligation::Obligatory)),
        ("conditionalRequired", obligation(FieldObligation::Conditional)),
        ("rowNumber", Content::Number(Cow::Owned(field.row.to_string()))),
    ]);
    object(notes)
}

fn names_note(names: &Names) -> Content<'_> {
    let note = |lang, value| object([("lang", text(lang)), ("value", value)]);
    let sv = names.sv.as_ref().map(|name| note("sv", text(name)));
    Content::List([note("fi", text(&names.fi))].into_iter().chain(sv).collect())
}

fn plain_notes<'a, T: IntoText<'a>>(values: impl IntoIterator<Item = T>) -> Content<'a> {
    let note = |value| object([("lang", text("")), ("value", text(value))]);
    Content::List(values.into_iter().map(note).collect())
}

fn representation(kind: &FieldKind) -> Option<&'static str> {
    Some(match kind {
        FieldKind::Text => "Teksti",
        FieldKind::Name => "Nimi",
        FieldKind::SignatureLine => "Allekirjoitus",
        FieldKind::Date => "Pvm",
        FieldKind::Moment => "Hetki",
        FieldKind::Switch => "Kytkin",
        FieldKind::Number => "Numero",
        FieldKind::Quantity => "Määrä",
        FieldKind::Code { .. } => "Koodi",
        FieldKind::Identifier { .. } => "Tunnus",
        FieldKind::Phrase(_) => "Fraasi",
        FieldKind::Group(_) => return None,
    })
}

trait IntoText<'a> {
    fn into_text(self) -> Cow<'a, str>;
}

impl<'a> IntoText<'a> for &'a str {
    fn into_text(self) -> Cow<'a, str> {
        Cow::Borrowed(self)
    }
}

impl<'a> IntoText<'a> for &'a String {
    fn into_text(self) -> Cow<'a, str> {
        Cow::Borrowed(self)
    }
}

impl IntoText<'_> for String {
    fn into_text(self) -> Cow<'static, str> {
        Cow::Owned(self)
    }
}

fn text<'a>(value: impl IntoText<'a>) -> Content<'a> {
    Content::Text(value.into_text())
}

fn object<'a>(members: impl IntoIterator<Item = (&'static str, Content<'a>)>) -> Content<'a> {
    let members = members.into_iter().map(|(name, value)| (Cow::Borrowed(name), value));
    Content::Object(members.collect())
}

/// Reads a file, collecting every fault on the way.
struct Reader {
    faults: Vec<SchemaFault>,
}

impl Reader {
    fn fault(&mut self, at: &str, problem: SchemaProblem) {
        self.faults.push(SchemaFault { at: at.to_owned(), problem });
    }

    fn structure(&mut self, file: &Content) -> Option<Structure> {
        let notes = self.object(file, "", "sosmeta")?;
        self.known(notes, "/sosmeta", DOCUMENT_NOTES);
        let (version, oid) = self.version(notes)?;
        if self.text(notes, "/sosmeta", "status")? != "Valmis" {
            self.fault("/sosmeta/status", SchemaProblem::Expected("`Valmis`".to_owned()));
        }
        let (root, node) = match self.object(file, "", "properties")? {
            Content::Object(members) if members.len() == 1 => &members[0],
            _ => {
                self.fault("/properties", SchemaProblem::Expected("one member".to_owned()));
                return None;
            }
        };
        let at = format!("/properties/{root}");
        let root_notes = self.object(node, &at, "sosmeta")?;
        let title = self.names(root_notes, &format!("{at}/sosmeta"));
        let fields = self.fields(node, &at);
        let expected = object([
            ("type", text("object")),
            ("additionalProperties", Content::Switch(false)),
            ("required", required(&fields)),
        ]);
        self.compare(&expected, node, &at, &["sosmeta", "properties"]);
        let first_day = self.document_rules(file, root, version);
        let optional = |name| notes.member(name).and_then(Content::text).map(str::to_owned);
        Some(Structure {
            oid,
            title: title?,
            first_day,
            component_library: self.text(notes, "/sosmeta", "dataComponentLibraryVersion")?,
            document_type: self.text(notes, "/sosmeta", "documentType")?,
            subject: optional("documentSubject"),
            author: optional("documentAuthor"),
            root: root.as_ref().into(),
            fields,
        })
    }

    /// The version date and the OID, which must state the same date.
    fn version(&mut self, notes: &Content) -> Option<(FinnishDay, Oid)> {
        let oid = Oid::parse(&self.text(notes, "/sosmeta", "oid")?).ok();
        let version = self.text(notes, "/sosmeta", "documentDefinitionVersion")?;
        let version = FinnishDay::parse(&version);
        match (version, oid) {
            (Some(version), Some(oid)) if version_of(&oid) == Some(version) => Some((version, oid)),
            _ => {
                let what = "an OID that ends in the version date";
                self.fault("/sosmeta/oid", SchemaProblem::Expected(what.to_owned()));
                None
            }
        }
    }

    /// Compares what stands around the root, and gives the first day of use.
    fn document_rules(&mut self, file: &Content, root: &str, version: FinnishDay) -> FinnishDay {
        let expected = object([
            ("$schema", text(DRAFT)),
            ("type", text("object")),
            ("additionalProperties", Content::Switch(false)),
            ("required", Content::List(vec![text(root)])),
        ]);
        self.compare(&expected, file, "", &["sosmeta", "properties", "title", "varanto"]);
        let Some(own) = file.member("varanto") else { return version };
        self.known(own, "/varanto", &["firstDay"]);
        let day = own.member("firstDay").and_then(Content::text).and_then(FinnishDay::parse);
        if day.is_none() {
            self.fault("/varanto/firstDay", SchemaProblem::Expected("a date".to_owned()));
        }
        day.unwrap_or(version)
    }

    fn fields(&mut self, node: &Content, at: &str) -> Vec<Field> {
        let Some(Content::Object(members)) = self.object(node, at, "properties") else {
            return Vec::new();
        };
        let mut fields = Vec::with_capacity(members.len());
        for (key, node) in members {
            let at = format!("{at}/properties/{}", key.replace('~', "~0").replace('/', "~1"));
            fields.extend(self.field(key, node, &at));
        }
        fields
    }

    fn field(&mut self, key: &str, node: &Content, at: &str) -> Option<Field> {
        let is_list = node.member("type").and_then(Content::text) == Some("array");
        let (core, core_at) = if is_list {
            (self.object(node, at, "items")?, format!("{at}/items"))
        } else {
            (node, at.to_owned())
        };
        let notes = self.object(core, &core_at, "sosmeta")?;
        let notes_at = format!("{core_at}/sosmeta");
        self.known(notes, &notes_at, ROW_NOTES);
        let row = notes.member("rowNumber").and_then(|row| match row {
            Content::Number(text) => text.parse().ok(),
            _ => None,
        });
        if row.is_none() {
            self.fault(&notes_at, SchemaProblem::Expected("a rowNumber".to_owned()));
        }
        let obligation = match (
            self.switch(notes, &notes_at, "required")?,
            self.switch(notes, &notes_at, "conditionalRequired")?,
        ) {
            (true, _) => FieldObligation::Obligatory,
            (false, true) => FieldObligation::Conditional,
            (false, false) => FieldObligation::Optional,
        };
        let field = Field {
            row: row?,
            key: key.into(),
            names: self.names(notes, &notes_at)?,
            kind: self.kind(core, notes, &core_at)?,
            obligation,
            repeats: self.switch(notes, &notes_at, "repeatable")?,
        };
        let own: &[&str] = match field.kind {
            FieldKind::Group(_) => &["sosmeta", "properties"],
            _ => &["sosmeta"],
        };
        self.compare(&rules(&field), node, at, own);
        Some(field)
    }

    fn kind(&mut self, core: &Content, notes: &Content, at: &str) -> Option<FieldKind> {
        let representation = finnish(notes.member("representation"));
        Some(match representation {
            None | Some("Otsikko") => FieldKind::Group(self.fields(core, at)),
            Some("Teksti") => FieldKind::Text,
            Some("Nimi") => FieldKind::Name,
            Some("Allekirjoitus") => FieldKind::SignatureLine,
            Some("Pvm") => FieldKind::Date,
            Some("Hetki") => FieldKind::Moment,
            Some("Kytkin") => FieldKind::Switch,
            Some("Numero" | "Lkm") => FieldKind::Number,
            Some("Määrä" | "Mitta" | "Prosentti") => FieldKind::Quantity,
            Some("Fraasi") => FieldKind::Phrase(texts(core.member("enum"))),
            Some("Tunnus") => {
                let systems = notes.member("systemUri");
                let system = systems.and_then(|notes| notes.entries().first()?.member("value"));
                FieldKind::Identifier { system: system.and_then(Content::text).map(str::to_owned) }
            }
            Some("Koodi") => self.code(core, at)?,
            Some(_) => {
                let at = format!("{at}/sosmeta/representation");
                self.fault(&at, SchemaProblem::Expected("a known representation".to_owned()));
                return None;
            }
        })
    }

    fn code(&mut self, core: &Content, at: &str) -> Option<FieldKind> {
        let parts = self.object(core, at, "properties")?;
        let at = format!("{at}/properties");
        let system = self.object(parts, &at, "system")?;
        let allowed = texts(self.object(parts, &at, "code")?.member("enum"));
        let code_set = match system.member("pattern").and_then(Content::text) {
            None => None,
            Some(pattern) => {
                let oid = code_set_of(pattern);
                if oid.is_none() {
                    let at = format!("{at}/system/pattern");
                    let what = format!("{SYSTEM_HEAD}…{SYSTEM_TAIL}");
                    self.fault(&at, SchemaProblem::Expected(what));
                }
                Some(oid?)
            }
        };
        let own_system = texts(system.member("enum")).into_iter().next();
        Some(FieldKind::Code { code_set, system: own_system, allowed })
    }

    /// Tells every difference between the keywords that this archive enforces and the file's.
    fn compare(&mut self, expected: &Content, found: &Content, at: &str, own: &[&str]) {
        let (Content::Object(wanted), Content::Object(members)) = (expected, found) else {
            if !same(expected, found) {
                self.fault(at, SchemaProblem::Expected(content::write(expected)));
            }
            return;
        };
        for (name, value) in members {
            let at = format!("{at}/{name}");
            match expected.member(name) {
                // The annotations and rows of a list stand in its items.
                Some(rule) if name == "items" => self.compare(rule, value, &at, own),
                Some(rule) => self.compare(rule, value, &at, &[]),
                None if own.contains(&name.as_ref()) && expected.member("items").is_none() => {}
                None => self.fault(&at, SchemaProblem::UnknownKeyword),
            }
        }
        for (name, _) in wanted.iter().filter(|(name, _)| found.member(name).is_none()) {
            self.fault(&format!("{at}/{name}"), SchemaProblem::Missing);
        }
    }

    fn known(&mut self, notes: &Content, at: &str, known: &[&str]) {
        let Content::Object(members) = notes else { return };
        for (name, _) in members.iter().filter(|(name, _)| !known.contains(&name.as_ref())) {
            self.fault(&format!("{at}/{name}"), SchemaProblem::UnknownKeyword);
        }
    }

    fn object<'c, 'a>(
        &mut self,
        node: &'c Content<'a>,
        at: &str,
        name: &str,
    ) -> Option<&'c Content<'a>> {
        let member = node.member(name).filter(|value| matches!(value, Content::Object(_)));
        if member.is_none() {
            self.fault(&format!("{at}/{name}"), SchemaProblem::Expected("an object".to_owned()));
        }
        member
    }

    fn text(&mut self, notes: &Content, at: &str, name: &str) -> Option<String> {
        let text = notes.member(name).and_then(Content::text).map(str::to_owned);
        if text.is_none() {
            self.fault(&format!("{at}/{name}"), SchemaProblem::Expected("a text".to_owned()));
        }
        text
    }

    fn switch(&mut self, notes: &Content, at: &str, name: &str) -> Option<bool> {
        if let Some(Content::Switch(value)) = notes.member(name) {
            return Some(*value);
        }
        self.fault(&format!("{at}/{name}"), SchemaProblem::Expected("true or false".to_owned()));
        None
    }

    fn names(&mut self, notes: &Content, at: &str) -> Option<Names> {
        let Some(fi) = finnish(notes.member("name")) else {
            self.fault(&format!("{at}/name"), SchemaProblem::Expected("a Finnish name".to_owned()));
            return None;
        };
        let sv = in_language(notes.member("name"), "sv").map(str::to_owned);
        Some(Names { fi: fi.to_owned(), sv })
    }
}

/// Whether two values ask the same: lists of texts (`enum`, `required`) are sets.
fn same(expected: &Content, found: &Content) -> bool {
    let (Content::List(wanted), Content::List(entries)) = (expected, found) else {
        return expected == found;
    };
    let sorted = |list: &Content| {
        let mut texts = texts(Some(list));
        texts.sort_unstable();
        texts
    };
    wanted.len() == entries.len()
        && entries.iter().all(|entry| entry.text().is_some())
        && sorted(expected) == sorted(found)
}

fn code_set_of(pattern: &str) -> Option<Oid> {
    let oid = pattern.strip_prefix(SYSTEM_HEAD)?.strip_suffix(SYSTEM_TAIL)?;
    Oid::parse(&oid.replace(r"\.", ".")).ok()
}

fn texts(list: Option<&Content>) -> Vec<String> {
    let entries = list.map(Content::entries).unwrap_or_default();
    entries.iter().filter_map(|entry| entry.text().map(str::to_owned)).collect()
}

fn finnish<'c>(notes: Option<&'c Content>) -> Option<&'c str> {
    in_language(notes, "fi")
}

/// The first value in a language: a published file or two has a language twice.
pub(crate) fn in_language<'c>(notes: Option<&'c Content>, language: &str) -> Option<&'c str> {
    notes?
        .entries()
        .iter()
        .find(|note| note.member("lang").and_then(Content::text) == Some(language))?
        .member("value")?
        .text()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(row: u16, key: &str, kind: FieldKind) -> Field {
        Field {
            row,
            key: key.into(),
            names: Names { fi: key.to_owned(), sv: Some(format!("{key} på svenska")) },
            kind,
            obligation: FieldObligation::Obligatory,
            repeats: false,
        }
    }

    fn plan() -> Structure {
        let code =
            |code_set: Option<&str>, system: Option<&str>, allowed: &[&str]| FieldKind::Code {
                code_set: code_set.map(|oid| Oid::parse(oid).unwrap()),
                system: system.map(str::to_owned),
                allowed: allowed.iter().map(|value| (*value).to_owned()).collect(),
            };
        let mut rows = vec![
            row(2, "nimi", FieldKind::Name),
            row(3, "tunnus", FieldKind::Identifier { system: Some("urn:oid:1.2.246.21".into()) }),
            row(4, "tehtava", code(Some("1.2.246.537.6.1221"), None, &[])),
            row(5, "laji", code(None, Some("suunnitelma/laji"), &["1", "2"])),
            row(6, "lause", FieldKind::Phrase(vec!["Hyväksyn.".into(), "En hyväksy.".into()])),
            row(7, "alku", FieldKind::Moment),
            row(8, "tunteja", FieldKind::Quantity),
        ];
        rows[5].obligation = FieldObligation::Conditional;
        rows[6].repeats = true;
        let mut group = row(1, "asiakas", FieldKind::Group(rows));
        group.repeats = true;
        Structure {
            oid: Oid::parse("1.2.246.537.6.1506.15007.2024.11.28").unwrap(),
            title: Names { fi: "Suunnitelma".to_owned(), sv: None },
            first_day: FinnishDay::new(2024, 11, 28).unwrap(),
            component_library: "2024-11-13".to_owned(),
            document_type: "Suunnitelma".to_owned(),
            subject: None,
            author: Some("Ammattihenkilö".to_owned()),
            root: "suunnitelma".into(),
            fields: vec![group, row(9, "paivamaara", FieldKind::Date)],
        }
    }

    #[test]
    fn a_printed_structure_reads_back_as_itself() {
        let mut plan = plan();
        assert_eq!(read(write(&plan).as_bytes()), Ok(plan.clone()));
        plan.first_day = FinnishDay::new(2025, 1, 1).unwrap();
        assert_eq!(read(write(&plan).as_bytes()), Ok(plan));
    }

    /// A file that asks for something this archive would not enforce is refused where it does.
    #[test]
    fn a_keyword_or_pattern_that_is_not_known_is_refused_where_it_stands() {
        let file = write(&plan());
        let check = |old: &str, new: &str, at: &str| {
            assert!(file.contains(old), "{old}");
            let faults = read(file.replacen(old, new, 1).as_bytes()).unwrap_err();
            assert!(faults.iter().any(|fault| fault.at == at), "{new}: {faults:?}");
        };
        let root = "/properties/suunnitelma/properties";
        let client = format!("{root}/asiakas/items/properties");
        check("draft-07", "draft-04", "/$schema");
        check(
            "\"minLength\":1",
            "\"minLength\":1,\"maxLength\":9",
            &format!("{client}/nimi/maxLength"),
        );
        check("\"minLength\":1", "\"minLength\":2", &format!("{client}/nimi/minLength"));
        check(
            "\"minItems\":1",
            "\"minItems\":1,\"maxItems\":3",
            &format!("{root}/asiakas/maxItems"),
        );
        check(
            "(0[0-9]|[1-2][0-9]|3[0-1]))?)?$\"",
            "(0[1-9]|[1-2][0-9]|3[0-1]))?)?$\"",
            &format!("{root}/paivamaara/pattern"),
        );
        check(
            r"6\\.1221(\\.\\d+)*$",
            r"6\\.1221$",
            &format!("{client}/tehtava/properties/system/pattern"),
        );
        check("\"Määrä\"", "\"Kuva\"", &format!("{client}/tunteja/items/sosmeta/representation"));
        check(
            "\"rowNumber\":9",
            "\"rowNumber\":9,\"maxRows\":2",
            &format!("{root}/paivamaara/sosmeta/maxRows"),
        );
        check("\"required\":[\"asiakas\",", "\"required\":[", "/properties/suunnitelma/required");
        check("\"Valmis\"", "\"Luonnos\"", "/sosmeta/status");
        check("\"oid\":\"1.2.246.537.6.1506.15007.2024.11.28\"", "\"oid\":\"1.2\"", "/sosmeta/oid");
        check("\"$schema\":", "\"oneOf\":[],\"$schema\":", "/oneOf");
    }
}
