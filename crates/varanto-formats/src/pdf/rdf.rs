//! XMP as it is written in RDF: properties with simple values, arrays and structures.

use roxmltree::{Document, Node};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// How deep values nest, at most.
const MAX_DEPTH: usize = 32;

/// What kind of array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Bag,
    Seq,
    Alt,
}

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    /// A text.
    Simple(String),
    /// Entries, each with its language.
    Array(Kind, Vec<(Option<String>, Value)>),
    /// Fields.
    Structure(Vec<Property>),
}

/// A property, or a field of a structure.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Property {
    pub(super) namespace: String,
    pub(super) prefix: String,
    pub(super) name: String,
    pub(super) value: Value,
}

impl Property {
    pub(super) fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }
}

impl Value {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Simple(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn fields(&self) -> &[Property] {
        match self {
            Self::Structure(fields) => fields,
            _ => &[],
        }
    }
}

/// The properties of a packet; an error says what is no RDF in it.
pub(super) fn properties(document: &Document<'_>) -> Result<Vec<Property>, &'static str> {
    let rdf = document.descendants().find(|node| node.has_tag_name((RDF, "RDF")));
    let rdf = rdf.ok_or("no rdf:RDF")?;
    let mut found = Vec::new();
    for description in rdf.children().filter(Node::is_element) {
        if !description.has_tag_name((RDF, "Description")) {
            return Err("another element than rdf:Description in rdf:RDF");
        }
        found.extend(members(description, 0)?);
    }
    Ok(found)
}

/// The properties that an element holds, as attributes and as elements.
fn members(node: Node<'_, '_>, depth: usize) -> Result<Vec<Property>, &'static str> {
    if depth > MAX_DEPTH {
        return Err("values nested too deep");
    }
    let source = node.document().input_text();
    let mut found = Vec::new();
    for attribute in node.attributes() {
        let Some(namespace) = attribute.namespace() else { continue };
        if namespace == RDF || namespace == XML {
            continue;
        }
        found.push(Property {
            namespace: namespace.to_owned(),
            prefix: prefix(&source[attribute.range()]),
            name: attribute.name().to_owned(),
            value: Value::Simple(attribute.value().to_owned()),
        });
    }
    for child in node.children().filter(Node::is_element) {
        let tag = child.tag_name();
        let namespace = tag.namespace().ok_or("an element without a namespace")?;
        let start = child.range().start + 1;
        found.push(Property {
            namespace: namespace.to_owned(),
            prefix: prefix(&source[start..child.range().end]),
            name: tag.name().to_owned(),
            value: value(child, depth + 1)?,
        });
    }
    Ok(found)
}

fn prefix(text: &str) -> String {
    let name = text.split(|sign: char| sign == '=' || sign == '>' || sign.is_whitespace());
    let name = name.into_iter().next().unwrap_or_default();
    name.split_once(':').map(|(prefix, _)| prefix.to_owned()).unwrap_or_default()
}

fn value(node: Node<'_, '_>, depth: usize) -> Result<Value, &'static str> {
    if depth > MAX_DEPTH {
        return Err("values nested too deep");
    }
    if let Some(resource) = node.attribute((RDF, "resource")) {
        return Ok(Value::Simple(resource.to_owned()));
    }
    if node.attribute((RDF, "parseType")) == Some("Resource") {
        return Ok(structure(members(node, depth)?));
    }
    let mut children = node.children().filter(Node::is_element);
    let Some(child) = children.next() else {
        let text: String = node.children().filter_map(|text| text.text()).collect();
        let fields = members(node, depth)?;
        return Ok(if fields.is_empty() || !text.trim().is_empty() {
            Value::Simple(text)
        } else {
            structure(fields)
        });
    };
    if children.next().is_some() {
        return Err("several values of one property");
    }
    let kind = match child.tag_name().name() {
        _ if child.tag_name().namespace() != Some(RDF) => {
            return Err("an element that is no value");
        }
        "Bag" => Kind::Bag,
        "Seq" => Kind::Seq,
        "Alt" => Kind::Alt,
        "Description" => return Ok(structure(members(child, depth)?)),
        _ => return Err("an element that is no value"),
    };
    let mut entries = Vec::new();
    for entry in child.children().filter(Node::is_element) {
        if !entry.has_tag_name((RDF, "li")) {
            return Err("an entry that is no rdf:li");
        }
        let language = entry.attribute((XML, "lang")).map(str::to_owned);
        entries.push((language, value(entry, depth + 1)?));
    }
    Ok(Value::Array(kind, entries))
}

/// A structure; one with `rdf:value` stands for that value, and its other fields describe it.
fn structure(fields: Vec<Property>) -> Value {
    match fields.iter().find(|field| field.is(RDF, "value")) {
        Some(field) => field.value.clone(),
        None => Value::Structure(fields),
    }
}
