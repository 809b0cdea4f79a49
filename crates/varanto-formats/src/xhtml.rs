//! The gate for kept views: XHTML that shows the same for ever, and does nothing.
//!
//! A view is kept for decades and shown in browsers, so it may hold text, tables and its own
//! pictures, and nothing that runs, loads or refers outside itself. The gate knows what it allows
//! and refuses the rest. The view of a structured document has the nation's form besides; what
//! deviates from it is remarked on. What may be shown to people is [`safe_copy()`].
//!
//! Source: ARC-1; national-specs 1.3.

mod adapted;
mod allowed;
mod form;
mod safe_copy;
mod shown;

use roxmltree::{Document, Node};
use varanto_domain::archive::view_agreement::ShownView;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;

use crate::xml::{self, NotXml};
use allowed::XHTML;

pub use adapted::{Adapted, adapt};
pub use safe_copy::{MEDIA_TYPE as SAFE_COPY_MEDIA_TYPE, safe_copy};

/// The largest view taken, in bytes.
pub const MAX_BYTES: usize = crate::LARGEST_PART;
/// The deepest nesting taken.
pub const MAX_DEPTH: usize = 200;
/// A view with more faults is not read further.
pub const MAX_FAULTS: usize = 100;

const RULE: &str = "ARC-1";

/// What reading a view tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Examination {
    /// What keeps it out of the archive.
    pub faults: Vec<Fault>,
    /// How it deviates from the nation's form of views. Empty when there are faults, and for views
    /// that need not have the form.
    pub remarks: Vec<Fault>,
    /// What it shows; empty when there are faults.
    pub shown: ShownView,
}

/// Reads the view of a structured document: the safe subset, the root tied to the document where
/// that is known, the nation's form, and what it shows.
///
/// `document` is the identifier of the document: a root element that has an `id` must name it, as
/// `OID1.2.246…`.
#[must_use]
pub fn examine(bytes: &[u8], document: Option<&Oid>) -> Examination {
    let text = match readable(bytes) {
        Ok(text) => text,
        Err(fault) => return Examination { faults: vec![fault], ..Examination::default() },
    };
    let view = match parse(text) {
        Ok(view) => view,
        Err(fault) => return Examination { faults: vec![fault], ..Examination::default() },
    };
    let faults = Gate { view: &view, faults: Vec::new() }.check(document);
    if !faults.is_empty() {
        return Examination { faults, ..Examination::default() };
    }
    Examination { faults, remarks: form::remarks(&view), shown: shown::read(&view) }
}

/// Every fault of a view, each with its element's path (`view:/div/div[2]/img/@src`), line and
/// column; none when the view may be kept. Of more than [`MAX_FAULTS`] the first are told.
///
/// Views that stand alone, of phase I and of old documents, need no more than this.
/// `document` as for [`examine`].
#[must_use]
pub fn check(bytes: &[u8], document: Option<&Oid>) -> Vec<Fault> {
    match readable(bytes).and_then(parse) {
        Ok(view) => Gate { view: &view, faults: Vec::new() }.check(document),
        Err(fault) => vec![fault],
    }
}

/// A view to print: its tree, of which [`is_shown`] tells what is printed.
pub(crate) struct PrintableView<'v>(pub(crate) Document<'v>);

impl<'v> PrintableView<'v> {
    pub(crate) fn read(text: &'v str) -> Result<Self, Fault> {
        parse(text).map(Self)
    }
}

/// A view's text, to read it for print.
pub(crate) fn printable(bytes: &[u8]) -> Result<&str, Fault> {
    readable(bytes)
}

/// Whether an element is one that the gate allows.
pub(crate) fn is_shown(element: Node<'_, '_>) -> bool {
    let name = element.tag_name();
    name.namespace() == Some(XHTML) && allowed::is_element(name.name())
}

/// The view's text, if it is short enough and in UTF-8.
fn readable(bytes: &[u8]) -> Result<&str, Fault> {
    if bytes.len() > MAX_BYTES {
        return Err(Fault::new(FaultKind::TooLarge, "view:", RULE).arg("limit", MAX_BYTES));
    }
    xml::utf8(bytes).and_then(|text| declared_utf8(text).map(|()| text)).map_err(not_xhtml)
}

fn parse(text: &str) -> Result<Document<'_>, Fault> {
    xml::parse(text).map_err(not_xhtml)
}

fn not_xhtml(NotXml { reason, line }: NotXml) -> Fault {
    Fault::new(FaultKind::NotXhtml, "view:", RULE).arg("reason", reason).arg("line", line)
}

/// Refuses an XML declaration of another encoding than the one the bytes are in.
fn declared_utf8(text: &str) -> Result<(), NotXml> {
    let Some(declaration) = text.strip_prefix("<?xml ") else { return Ok(()) };
    let declaration = declaration.split("?>").next().unwrap_or_default();
    let Some((_, encoding)) = declaration.split_once("encoding") else { return Ok(()) };
    let name = encoding.trim_matches(|c: char| c.is_whitespace() || "='\"".contains(c));
    let name = name.split(['\'', '"']).next().unwrap_or_default();
    let utf8 = ["utf-8", "utf8", "us-ascii"].iter().any(|one| one.eq_ignore_ascii_case(name));
    if utf8 { Ok(()) } else { Err(NotXml { reason: "an encoding other than UTF-8", line: 1 }) }
}

/// Where something stands: its element's path with a part of it, line and column.
struct Place {
    element: String,
    line: u32,
    column: u32,
}

impl Place {
    /// `part` names an attribute, `/@src`; `at` is where in the text it begins.
    fn of(view: &Document<'_>, node: Node<'_, '_>, part: &str, at: usize) -> Self {
        let position = view.text_pos_at(at);
        let element = format!("view:{}{part}", path(node));
        Self { element, line: position.row, column: position.col }
    }

    fn fault(self, kind: FaultKind) -> Fault {
        Fault::new(kind, self.element, RULE).arg("line", self.line).arg("column", self.column)
    }
}

struct Gate<'v> {
    view: &'v Document<'v>,
    faults: Vec<Fault>,
}

impl<'v> Gate<'v> {
    fn check(mut self, document: Option<&Oid>) -> Vec<Fault> {
        self.check_root(document);
        let mut depth = 0;
        let mut next = Some(self.view.root());
        while let Some(node) = next {
            if self.faults.len() >= MAX_FAULTS {
                break;
            }
            if depth > MAX_DEPTH {
                self.forbid(node, "nested too deep");
                break;
            }
            self.check_node(node);
            next = following(node, &mut depth);
        }
        self.faults.truncate(MAX_FAULTS);
        self.faults
    }

    fn check_root(&mut self, document: Option<&Oid>) {
        let root = self.view.root_element();
        let name = root.tag_name();
        if name.namespace() != Some(XHTML) || !matches!(name.name(), "div" | "html") {
            let fault = self.place(root).fault(FaultKind::NotXhtml);
            self.faults.push(fault.arg("reason", "the root is no div or html of XHTML"));
        }
        if let (Some(document), Some(id)) = (document, root.attribute_node("id"))
            && id.value() != format!("OID{document}")
        {
            let place = Place::of(self.view, root, "/@id", id.range().start);
            let fault = place.fault(FaultKind::Disagreement).arg("other", "id");
            self.faults.push(fault.arg("expected", format!("OID{document}")));
        }
    }

    fn check_node(&mut self, node: Node<'v, 'v>) {
        if node.is_pi() {
            self.forbid(node, "processing instruction");
        }
        if node.is_comment() && node.text().is_some_and(|text| text.trim_start().starts_with('[')) {
            self.forbid(node, "conditional comment");
        }
        if node.is_element() {
            self.check_element(node);
        }
    }

    fn check_element(&mut self, element: Node<'v, 'v>) {
        let name = element.tag_name();
        if name.namespace() != Some(XHTML) {
            // The root was told already.
            if element != self.view.root_element() {
                self.forbid(element, "foreign namespace");
            }
            return;
        }
        if !allowed::is_element(name.name()) {
            self.forbid(element, "element");
        }
        for attribute in element.attributes() {
            for wrong in allowed::judge_attribute(element, &attribute) {
                let part = format!("/@{}", short(attribute.name()));
                let place = Place::of(self.view, element, &part, attribute.range().start);
                self.tell(place, wrong);
            }
        }
        if name.name() == "style" {
            let texts: String = element.descendants().filter_map(|node| own_text(&node)).collect();
            for wrong in allowed::judge_style(&texts) {
                self.tell(self.place(element), wrong);
            }
        }
    }

    fn tell(&mut self, place: Place, wrong: allowed::Wrong) {
        let fault = place.fault(wrong.kind);
        self.faults.push(match wrong.reason {
            Some(reason) => fault.arg("reason", reason),
            None => fault,
        });
    }

    fn forbid(&mut self, node: Node<'v, 'v>, reason: &str) {
        let fault = self.place(node).fault(FaultKind::ForbiddenMarkup);
        self.faults.push(fault.arg("reason", reason));
    }

    fn place(&self, node: Node<'v, 'v>) -> Place {
        Place::of(self.view, node, "", node.range().start)
    }
}

/// The next node in document order, and its depth; no recursion, however deep the view.
fn following<'a, 'v>(node: Node<'a, 'v>, depth: &mut usize) -> Option<Node<'a, 'v>> {
    if let Some(child) = node.first_child() {
        *depth += 1;
        return Some(child);
    }
    let mut at = node;
    loop {
        if let Some(sibling) = at.next_sibling() {
            return Some(sibling);
        }
        at = at.parent()?;
        *depth = depth.saturating_sub(1);
    }
}

/// Where a node stands: names from the root, with a number where a name stands several times.
fn path(node: Node<'_, '_>) -> String {
    let elements: Vec<_> = node.ancestors().filter(Node::is_element).take(MAX_DEPTH + 2).collect();
    let mut path = String::new();
    for element in elements.iter().rev() {
        path.push('/');
        path.push_str(&short(element.tag_name().name()));
        let same = |other: &Node<'_, '_>| other.tag_name().name() == element.tag_name().name();
        let before = element.prev_siblings().skip(1).filter(Node::is_element).filter(same).count();
        let alone = before == 0
            && !element.next_siblings().skip(1).filter(Node::is_element).any(|other| same(&other));
        if !alone {
            path.extend(["[", &(before + 1).to_string(), "]"]);
        }
    }
    path
}

/// A name, cut when it is longer than any that is known.
fn short(name: &str) -> String {
    name.chars().take(40).collect()
}

/// The text of a text node alone.
fn own_text<'a>(node: &Node<'a, '_>) -> Option<&'a str> {
    node.is_text().then(|| node.text()).flatten()
}

/// Whether an element has a class among those that it names.
pub(crate) fn has_class(element: Node<'_, '_>, class: &str) -> bool {
    classes(element).any(|one| one == class)
}

fn classes<'a>(element: Node<'a, '_>) -> impl Iterator<Item = &'a str> {
    element.attribute("class").unwrap_or_default().split_ascii_whitespace()
}

#[cfg(test)]
pub(crate) use tests::real_views;

#[cfg(test)]
mod tests;
