//! A signed document as a tree, and any element of it in exclusive canonical form.
//!
//! One parser reads the tree that is walked and digested. Whoever needs what an element says parses
//! its canonical bytes, which are those that were digested: no comment, entity or second reading stands
//! between what was signed and what is used.

use std::collections::HashSet;

use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;
use uppsala::parser::Parser;
use uppsala::{Document, NodeId, NodeKind};

use crate::xml;

/// The deepest nesting taken; national documents have less than a dozen levels.
const MAX_DEPTH: u32 = 64;

/// A document read as a tree.
pub(super) struct Tree<'a> {
    document: Document<'a>,
}

/// A name in a namespace.
pub(super) type Name = (&'static str, &'static str);

impl<'a> Tree<'a> {
    /// Reads a document without a document type, within the limits that all XML here has.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let text = xml::utf8(bytes).map_err(|error| error.reason)?;
        xml::parse(text).map_err(|error| error.reason)?;
        if !declares_utf8(text) {
            return Err("an encoding other than UTF-8");
        }
        let parser = Parser::new().with_forbid_dtd(true).with_max_depth(MAX_DEPTH);
        let document = parser.parse(text).map_err(|_| "not well-formed XML, or nested too deep")?;
        let tree = Self { document };
        let relative = tree.all_elements().any(|element| {
            element.namespace_declarations.iter().any(|(_, address)| !is_absolute(address))
        });
        if relative {
            return Err("a namespace that is a relative address");
        }
        Ok(tree)
    }

    /// The root element, when it has this name.
    pub(super) fn root(&self, name: Name) -> Option<NodeId> {
        self.document.document_element().filter(|root| self.is(*root, name))
    }

    /// Whether a node is an element of this name.
    pub(super) fn is(&self, node: NodeId, (namespace, local): Name) -> bool {
        let element = self.document.element(node);
        element.is_some_and(|element| element.matches_name_ns(namespace, local))
    }

    /// The children of a node that have this name.
    pub(super) fn children(&self, node: NodeId, name: Name) -> Vec<NodeId> {
        self.document.children_iter(node).filter(|child| self.is(*child, name)).collect()
    }

    /// The elements among the children of a node.
    pub(super) fn elements(&self, node: NodeId) -> Vec<NodeId> {
        let document = &self.document;
        document.children_iter(node).filter(|child| document.element(*child).is_some()).collect()
    }

    /// The only child of this name; `None` when there is none, or another.
    pub(super) fn only(&self, node: NodeId, name: Name) -> Option<NodeId> {
        let found = self.children(node, name);
        (found.len() == 1).then(|| found[0])
    }

    /// How many elements of this local name the whole document has, in whatever namespace.
    pub(super) fn count(&self, local: &str) -> usize {
        self.all_elements().filter(|element| element.name.local_name == local).count()
    }

    /// An attribute without a namespace.
    pub(super) fn attribute(&self, node: NodeId, name: &str) -> Option<&str> {
        let element = self.document.element(node)?;
        let found = element.attributes.iter().find(|attribute| {
            attribute.name.namespace_uri.is_none() && attribute.name.local_name == name
        })?;
        Some(&found.value)
    }

    /// The text of an element that holds nothing but text (and comments, which do not count).
    pub(super) fn text(&self, node: NodeId) -> Option<String> {
        let mut text = String::new();
        for child in self.document.children_iter(node) {
            match self.document.node_kind(child)? {
                NodeKind::Text(part) | NodeKind::CData(part) => text.push_str(part),
                NodeKind::Comment(_) => {}
                _ => return None,
            }
        }
        Some(text)
    }

    /// The first value that two attributes named `ID`, in whatever case, share.
    pub(super) fn shared_id(&self) -> Option<String> {
        let mut seen = HashSet::new();
        for element in self.all_elements() {
            for attribute in &element.attributes {
                let is_id = attribute.name.local_name.eq_ignore_ascii_case("id");
                if is_id && !seen.insert(attribute.value.as_ref()) {
                    return Some(attribute.value.to_string());
                }
            }
        }
        None
    }

    /// An element in exclusive canonical form without comments.
    ///
    /// # Errors
    /// A processing instruction inside: what it is for cannot be told.
    pub(super) fn canonical(&self, node: NodeId) -> Result<String, &'static str> {
        let instruction = self.document.descendants(node).into_iter().any(|inner| {
            matches!(self.document.node_kind(inner), Some(NodeKind::ProcessingInstruction(_)))
        });
        if instruction {
            return Err("a processing instruction inside what is signed");
        }
        let nodes = NodeSet::tree_without_comments(node, &self.document);
        let bytes =
            canonicalize_doc::<&str>(&self.document, C14nMode::Exclusive, Some(&nodes), &[])
                .map_err(|_| "an element that has no canonical form")?;
        String::from_utf8(bytes).map_err(|_| "an element that has no canonical form")
    }

    /// Where an element stands in the text, which begins after a byte-order mark.
    pub(super) fn range(&self, node: NodeId) -> Option<std::ops::Range<usize>> {
        self.document.node_range(node)
    }

    fn all_elements(&self) -> impl Iterator<Item = &uppsala::Element<'a>> {
        let all = self.document.descendants(self.document.root());
        all.into_iter().filter_map(|node| self.document.element(node))
    }
}

/// Whether a namespace is none, or an address with a scheme and of the characters of RFC 3986 alone: any
/// other has no canonical form (Canonical XML 1.0 section 1.3).
fn is_absolute(namespace: &str) -> bool {
    let Some((scheme, rest)) = namespace.split_once(':') else { return namespace.is_empty() };
    let formed =
        scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    formed && scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && is_address(rest)
}

/// Whether a text has the characters of an address, and one fragment at most.
fn is_address(text: &str) -> bool {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?#".contains(b);
    let mut bytes = text.as_bytes();
    while let Some((first, rest)) = bytes.split_first() {
        bytes = match (first, rest) {
            (b'%', [one, two, rest @ ..]) if one.is_ascii_hexdigit() && two.is_ascii_hexdigit() => {
                rest
            }
            _ if plain(first) => rest,
            _ => return false,
        };
    }
    text.matches('#').count() <= 1
}

/// Whether the declaration, if there is one, names no other encoding.
fn declares_utf8(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("<?xml") else { return true };
    let declaration = rest.split_once("?>").map_or(rest, |(declaration, _)| declaration);
    let Some((_, encoding)) = declaration.split_once("encoding") else { return true };
    let value = encoding.trim_start().trim_start_matches('=').trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    value.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("utf-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(xml: &str, name: Name) -> String {
        let tree = Tree::read(xml.as_bytes()).unwrap();
        let root = tree.document.document_element().unwrap();
        let inner = tree.only(root, name).unwrap();
        tree.canonical(inner).unwrap()
    }

    /// The example of the recommendation, section 2.2: only namespaces in use are written.
    #[test]
    fn only_the_namespaces_in_use_are_written() {
        let xml = "<n0:pdu xmlns:n0='http://a.example' xmlns:n2='http://c'><n1:elem2 \
                   xmlns:n1='http://b.example' xml:lang='en'><n3:stuff xmlns:n3='ftp://example.org'/>\
                   </n1:elem2></n0:pdu>";
        assert_eq!(
            canonical(xml, ("http://b.example", "elem2")),
            "<n1:elem2 xmlns:n1=\"http://b.example\" xml:lang=\"en\">\
             <n3:stuff xmlns:n3=\"ftp://example.org\"></n3:stuff></n1:elem2>"
        );
    }

    #[test]
    fn comments_go_and_characters_are_written_one_way() {
        let xml = "<a xmlns='urn:u'><b z='1' a=\"x&#9;&quot;\">t<!-- c -->\u{e4}<![CDATA[<]]>&gt;\r\n</b></a>";
        assert_eq!(
            canonical(xml, ("urn:u", "b")),
            "<b xmlns=\"urn:u\" a=\"x&#x9;&quot;\" z=\"1\">t\u{e4}&lt;&gt;\n</b>"
        );
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_not_read() {
        let told = |text: &str| Tree::read(text.as_bytes()).err();
        assert_eq!(told("<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"), Some("a document type"));
        assert_eq!(
            told("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"),
            Some("an encoding other than UTF-8")
        );
        assert!(told("<?xml version='1.0' encoding = 'utf-8'?><a/>").is_none());
        assert!(told(&"<a>".repeat(200)).is_some());
        assert!(told("\u{feff}<a/>").is_none());
        for relative in ["relative", "urn:a b", "0urn:a", "urn:%4", "urn:a#b#c", "urn:\u{e4}"] {
            assert!(told(&format!("<a xmlns:b='{relative}'/>")).is_some(), "{relative}");
        }
        for sound in ["", "urn:a", "http://www.w3.org/2001/XMLSchema-instance", "urn:%4a#b"] {
            assert!(told(&format!("<a xmlns='{sound}'/>")).is_none(), "{sound}");
        }
        assert!(told("<a xmlns='urn:x'><b xmlns=''/></a>").is_none());
        let inside = Tree::read(b"<a><b>x<?p i?></b></a>").unwrap();
        let root = inside.document.document_element().unwrap();
        assert!(inside.canonical(root).is_err());
    }

    #[test]
    fn an_id_is_one_elements_alone() {
        let shared = |text: &str| Tree::read(text.as_bytes()).unwrap().shared_id();
        assert_eq!(shared("<a ID='x'><b Id='y'/></a>"), None);
        assert_eq!(shared("<a ID='x'><b Id='x'/></a>"), Some("x".into()));
        assert_eq!(shared("<a xml:id='x'><b ID='x'/></a>"), Some("x".into()));
    }
}
