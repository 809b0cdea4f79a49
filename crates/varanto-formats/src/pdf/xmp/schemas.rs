//! Schemas: the predefined ones and those that a file describes, and whether values fit their types.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use lopdf::ObjectId;

use super::super::clauses as c;
use super::super::rdf::{Kind, Property, Value};
use super::super::report::Report;
use super::values::{Moment, is_coordinate, is_integer, is_locale, is_media_type, is_real, is_uri};

const SCHEMA: &str = "http://www.aiim.org/pdfa/ns/schema#";
const PROPERTY: &str = "http://www.aiim.org/pdfa/ns/property#";
const TYPE: &str = "http://www.aiim.org/pdfa/ns/type#";
const FIELD: &str = "http://www.aiim.org/pdfa/ns/field#";
/// The namespace of the container that extension schemas are described in.
pub(super) const EXTENSION: &str = "http://www.aiim.org/pdfa/ns/extension/";

/// How deep types that schemas describe refer to one another.
const MAX_DEPTH: usize = 16;

/// What a type says of a value.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    array: Option<Kind>,
    name: String,
    /// The only values, when they are few.
    values: Vec<String>,
}

impl Shape {
    /// Reads `seq Text`, `Lang Alt`, `Open Choice of Text` and the like.
    fn parse(text: &str) -> Self {
        let (text, values) = match text.split_once('(') {
            Some((text, values)) => {
                (text, values.trim_end_matches(')').split('|').map(str::to_owned).collect())
            }
            None => (text, Vec::new()),
        };
        let lower = text.trim().to_ascii_lowercase();
        let mut rest = lower.as_str();
        let mut array = None;
        for (word, kind) in [("bag", Kind::Bag), ("seq", Kind::Seq), ("alt", Kind::Alt)] {
            if let Some(after) = rest.strip_prefix(word)
                && after.starts_with(' ')
            {
                array = Some(kind);
                rest = after.trim_start();
                break;
            }
        }
        for choice in ["open choice", "closed choice", "choice"] {
            if let Some(after) = rest.strip_prefix(choice) {
                rest = after.trim_start();
                rest = rest.strip_prefix("of ").unwrap_or(rest).trim_start();
                break;
            }
        }
        let name = if rest.is_empty() { "text".to_owned() } else { rest.replace(' ', "") };
        Self { array, name, values }
    }
}

/// A structure that a type names: its fields stand in one namespace.
#[derive(Clone, Debug, Default)]
struct Structure {
    namespace: String,
    fields: BTreeMap<String, Shape>,
}

/// Schemas: which properties there are, and of which types.
#[derive(Clone, Debug, Default)]
pub(super) struct Schemas {
    pub(super) properties: HashMap<String, BTreeMap<String, Shape>>,
    structures: HashMap<String, Structure>,
}

static PREDEFINED_1: LazyLock<Schemas> = LazyLock::new(|| Schemas::predefined("1"));
static PREDEFINED_2: LazyLock<Schemas> = LazyLock::new(|| Schemas::predefined("2"));

const SIMPLE: &[&str] = &[
    "agentname",
    "any",
    "boolean",
    "date",
    "gpscoordinate",
    "integer",
    "langalt",
    "locale",
    "mimetype",
    "propername",
    "rational",
    "real",
    "renditionclass",
    "text",
    "uri",
    "url",
    "xpath",
];

impl Schemas {
    fn predefined(part: &str) -> Self {
        let mut found = Self::default();
        let other = if part == "1" { "2 " } else { "1 " };
        let (mut schema, mut structure, mut skipped) = (None, None, false);
        for line in include_str!("schemas.txt").lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["schema", "2", _, namespace] | ["schema", _, namespace]
                    if namespace.contains(':') =>
                {
                    skipped = words[1] == "2" && part == "1";
                    schema = Some((*namespace).to_owned());
                    structure = None;
                    if !skipped {
                        found.properties.entry((*namespace).to_owned()).or_default();
                    }
                    continue;
                }
                ["type", name, namespace] if namespace.contains(':') => {
                    skipped = false;
                    let name = name.to_ascii_lowercase();
                    let new =
                        Structure { namespace: (*namespace).to_owned(), ..Structure::default() };
                    found.structures.insert(name.clone(), new);
                    structure = Some(name);
                    continue;
                }
                _ => (),
            }
            if skipped || line.starts_with(other) {
                continue;
            }
            let line = line.strip_prefix(part).map_or(line, str::trim_start);
            let Some((name, shape)) = line.split_once(' ') else { continue };
            let shape = Shape::parse(shape);
            match (&structure, &schema) {
                (Some(structure), _) => {
                    if let Some(structure) = found.structures.get_mut(structure) {
                        structure.fields.insert(name.to_owned(), shape);
                    }
                }
                (None, Some(schema)) => {
                    if let Some(schema) = found.properties.get_mut(schema) {
                        schema.insert(name.to_owned(), shape);
                    }
                }
                (None, None) => (),
            }
        }
        found
    }

    pub(super) fn of_part(part: u8) -> &'static Self {
        if part == 1 { &PREDEFINED_1 } else { &PREDEFINED_2 }
    }

    /// The extension schemas that a packet describes, each judged.
    pub(super) fn described(
        properties: &[Property],
        id: Option<ObjectId>,
        report: &mut Report,
    ) -> Self {
        let mut found = Self::default();
        let containers = properties.iter().filter(|one| one.is(EXTENSION, "schemas"));
        for container in containers {
            if container.prefix != "pdfaExtension" {
                report.add(&c::EXTENSION_SCHEMA, id, "another prefix than pdfaExtension");
            }
            match &container.value {
                Value::Array(Kind::Bag, schemas) => {
                    for (_, schema) in schemas {
                        found.describe(schema, id, report);
                    }
                }
                _ => report.add(&c::EXTENSION_SCHEMA, id, "schemas that are no bag"),
            }
        }
        found
    }

    fn describe(&mut self, schema: &Value, id: Option<ObjectId>, report: &mut Report) {
        let fields = Fields { of: schema, namespace: SCHEMA, prefix: "pdfaSchema" };
        let mut wrong =
            fields.faults(&["schema", "namespaceURI", "prefix"], &["property", "valueType"]);
        let types = fields.entries("valueType", &mut wrong);
        let properties = fields.entries("property", &mut wrong);
        let mut names = Vec::new();
        for one in &types {
            let fields = Fields { of: one, namespace: TYPE, prefix: "pdfaType" };
            wrong.extend(
                fields.faults(&["type", "namespaceURI", "prefix", "description"], &["field"]),
            );
            let Some(name) = fields.text("type") else { continue };
            names.push(name.to_ascii_lowercase().replace(' ', ""));
        }
        for one in &types {
            self.describe_type(one, &names, &mut wrong, report.flavour.part);
        }
        let namespace = fields.text("namespaceURI").unwrap_or_default();
        for one in &properties {
            let fields = Fields { of: one, namespace: PROPERTY, prefix: "pdfaProperty" };
            wrong.extend(fields.faults(&["name", "valueType", "category", "description"], &[]));
            let category = fields.text("category");
            if category.is_some_and(|category| !matches!(category, "internal" | "external")) {
                wrong.push("a category other than internal and external");
            }
            let shape = fields.text("valueType").map(Shape::parse);
            if let Some(shape) = &shape
                && !is_known(&shape.name, &names, report.flavour.part)
            {
                wrong.push("a type of value that is not described");
            }
            if let (Some(name), Some(shape)) = (fields.text("name"), shape) {
                let schema = self.properties.entry(namespace.to_owned()).or_default();
                schema.insert(name.to_owned(), shape);
            }
        }
        for what in wrong {
            report.add(&c::EXTENSION_SCHEMA, id, what);
        }
    }

    fn describe_type(
        &mut self,
        described: &Value,
        names: &[String],
        wrong: &mut Vec<&'static str>,
        part: u8,
    ) {
        let fields = Fields { of: described, namespace: TYPE, prefix: "pdfaType" };
        let mut structure = Structure {
            namespace: fields.text("namespaceURI").unwrap_or_default().to_owned(),
            ..Structure::default()
        };
        for field in fields.entries("field", wrong) {
            let fields = Fields { of: field, namespace: FIELD, prefix: "pdfaField" };
            wrong.extend(fields.faults(&["name", "valueType", "description"], &[]));
            let shape = fields.text("valueType").map(Shape::parse);
            if let Some(shape) = &shape
                && !is_known(&shape.name, names, part)
            {
                wrong.push("a type of field that is not described");
            }
            if let (Some(name), Some(shape)) = (fields.text("name"), shape) {
                structure.fields.insert(name.to_owned(), shape);
            }
        }
        if let Some(name) = fields.text("type") {
            self.structures.insert(name.to_ascii_lowercase().replace(' ', ""), structure);
        }
    }
}

fn is_known(name: &str, described: &[String], part: u8) -> bool {
    SIMPLE.contains(&name)
        || Schemas::of_part(part).structures.contains_key(name)
        || described.iter().any(|one| one == name)
}

/// The fields of a description of a schema, property, type or field.
struct Fields<'p> {
    of: &'p Value,
    namespace: &'static str,
    prefix: &'static str,
}

impl<'p> Fields<'p> {
    fn get(&self, name: &str) -> Option<&'p Property> {
        self.of.fields().iter().find(|field| field.is(self.namespace, name))
    }

    fn text(&self, name: &str) -> Option<&'p str> {
        self.get(name)?.value.text()
    }

    /// What is wrong with the fields: each `must` be a text, each other `may` be an array.
    fn faults(&self, must: &[&str], may: &[&str]) -> Vec<&'static str> {
        let mut wrong = Vec::new();
        if !matches!(self.of, Value::Structure(_)) {
            wrong.push("a description that is no structure");
        }
        for name in must {
            match self.get(name).map(|field| &field.value) {
                Some(Value::Simple(_)) => (),
                Some(_) => wrong.push("a field of a description that is no text"),
                None => wrong.push("a description without one of its fields"),
            }
        }
        for field in self.of.fields() {
            let known = must.contains(&field.name.as_str()) || may.contains(&field.name.as_str());
            if field.namespace != self.namespace || !known {
                wrong.push("a field that descriptions do not have");
            } else if field.prefix != self.prefix {
                wrong.push("another prefix than the standard's");
            }
        }
        wrong
    }

    fn entries(&self, name: &str, wrong: &mut Vec<&'static str>) -> Vec<&'p Value> {
        match self.get(name).map(|field| &field.value) {
            Some(Value::Array(Kind::Seq, entries)) => entries.iter().map(|(_, one)| one).collect(),
            Some(_) => {
                wrong.push("a list that is no sequence");
                Vec::new()
            }
            None => Vec::new(),
        }
    }
}

/// The types that a property's value is held against.
pub(super) struct Types<'s> {
    pub(super) schemas: &'s Schemas,
    pub(super) predefined: &'s Schemas,
    pub(super) part: u8,
}

impl Types<'_> {
    pub(super) fn fit(&self, value: &Value, shape: &Shape, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        let Some(kind) = shape.array else { return self.fit_one(value, shape, depth) };
        let Value::Array(found, entries) = value else { return false };
        *found == kind && entries.iter().all(|(_, entry)| self.fit_one(entry, shape, depth))
    }

    /// Whether one value fits a shape, whatever array the shape asks for.
    fn fit_one(&self, value: &Value, shape: &Shape, depth: usize) -> bool {
        if shape.name == "any" {
            return true;
        }
        if shape.name == "langalt" {
            return matches!(value, Value::Array(Kind::Alt, entries)
                if entries.iter().all(|(language, entry)| language.is_some() && entry.text().is_some()));
        }
        let structure = self.schemas.structures.get(&shape.name);
        if let Some(structure) = structure.or_else(|| self.predefined.structures.get(&shape.name)) {
            // A type described without fields says nothing of its values.
            if structure.fields.is_empty() {
                return true;
            }
            let Value::Structure(fields) = value else { return false };
            return fields.iter().all(|field| {
                let shape = structure.fields.get(&field.name);
                field.namespace == structure.namespace
                    && shape.is_some_and(|shape| self.fit(&field.value, shape, depth + 1))
            });
        }
        let Some(text) = value.text() else { return false };
        if !shape.values.is_empty() && !shape.values.iter().any(|one| one == text) {
            return false;
        }
        match shape.name.as_str() {
            "boolean" => matches!(text, "True" | "False"),
            "integer" => is_integer(text),
            "real" => is_real(text),
            "date" => Moment::parse(text).is_some(),
            "mimetype" => is_media_type(text),
            "locale" => is_locale(text, self.part),
            "gpscoordinate" => is_coordinate(text, self.part),
            "uri" | "url" => is_uri(text),
            _ => true,
        }
    }
}
