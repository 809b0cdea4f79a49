//! The gate for kept views: XHTML that shows the same for ever, and does nothing.
//!
//! A view is kept for decades and shown in browsers, so it may hold text, tables and its own
//! pictures, and nothing that runs, loads or refers outside itself. The gate knows what it allows
//! and refuses the rest.
//!
//! Source: ARC-1; national-specs 1.3.

use roxmltree::{Attribute, Document, Node};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;

use crate::xml::{self, NotXml};

/// The largest view taken, in bytes.
pub const MAX_BYTES: usize = 50_000_000;
/// The deepest nesting taken.
pub const MAX_DEPTH: usize = 200;
/// A view with more faults is not read further.
pub const MAX_FAULTS: usize = 100;

const XHTML: &str = "http://www.w3.org/1999/xhtml";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
const RULE: &str = "ARC-1";

/// The elements that a view may have.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "meta",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// The attributes that any element may have. `aria-…` and `role` too.
const ATTRIBUTES: &[&str] = &[
    "abbr",
    "align",
    "alt",
    "axis",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "char",
    "charoff",
    "class",
    "clear",
    "color",
    "colspan",
    "compact",
    "datetime",
    "dir",
    "face",
    "frame",
    "headers",
    "height",
    "hspace",
    "id",
    "lang",
    "name",
    "noshade",
    "nowrap",
    "role",
    "rowspan",
    "rules",
    "scope",
    "size",
    "span",
    "start",
    "style",
    "summary",
    "title",
    "type",
    "valign",
    "value",
    "version",
    "vspace",
    "width",
];

/// The attributes whose value is an address.
const ADDRESSES: &[&str] = &[
    "action",
    "archive",
    "background",
    "cite",
    "classid",
    "code",
    "codebase",
    "data",
    "formaction",
    "href",
    "icon",
    "longdesc",
    "lowsrc",
    "manifest",
    "ping",
    "poster",
    "profile",
    "src",
    "srcdoc",
    "srcset",
    "usemap",
];

/// What a picture's address begins with, in lower case up to the comma, and what its first bytes are
/// in base64.
const PICTURES: &[(&str, &str)] = &[
    ("data:image/png;base64,", "iVBORw0KGgo"),
    ("data:image/jpeg;base64,", "/9j/"),
    ("data:image/gif;base64,", "R0lGOD"),
];

/// What a style may not hold, looked for in lower case without white space, comments or quotes.
const STYLES: &[(&str, FaultKind)] = &[
    ("url(", FaultKind::OutsideReference),
    ("src(", FaultKind::OutsideReference),
    ("image(", FaultKind::OutsideReference),
    ("image-set(", FaultKind::OutsideReference),
    ("cross-fade(", FaultKind::OutsideReference),
    ("@", FaultKind::ForbiddenMarkup),
    ("\\", FaultKind::ForbiddenMarkup),
    ("expression(", FaultKind::ForbiddenMarkup),
    ("javascript:", FaultKind::ForbiddenMarkup),
    ("vbscript:", FaultKind::ForbiddenMarkup),
    ("behavior:", FaultKind::ForbiddenMarkup),
    ("-moz-binding", FaultKind::ForbiddenMarkup),
    ("<", FaultKind::ForbiddenMarkup),
];

/// Every fault of a view, each with its element's path (`view:/div/div[2]/img/@src`) and line; none
/// when the view may be kept. Of more than [`MAX_FAULTS`] the first are told.
///
/// `document` is the identifier of the structured document that the view belongs to, where it is
/// known: a root element that has an `id` must name it, as `OID1.2.246…`.
#[must_use]
pub fn check(bytes: &[u8], document: Option<&Oid>) -> Vec<Fault> {
    if bytes.len() > MAX_BYTES {
        return vec![Fault::new(FaultKind::TooLarge, "view:", RULE).arg("limit", MAX_BYTES)];
    }
    let parsed = xml::utf8(bytes).and_then(|text| {
        declared_utf8(text)?;
        xml::parse(text)
    });
    match parsed {
        Ok(view) => View { view: &view, faults: Vec::new() }.check(document),
        Err(NotXml { reason, line }) => {
            let fault = Fault::new(FaultKind::NotXhtml, "view:", RULE);
            vec![fault.arg("reason", reason).arg("line", line)]
        }
    }
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

struct View<'v> {
    view: &'v Document<'v>,
    faults: Vec<Fault>,
}

impl<'v> View<'v> {
    fn check(mut self, document: Option<&Oid>) -> Vec<Fault> {
        self.check_root(document);
        let mut depth = 0;
        let mut next = Some(self.view.root());
        while let Some(node) = next {
            if self.faults.len() >= MAX_FAULTS {
                break;
            }
            if depth > MAX_DEPTH {
                self.forbid(node, "", "nested too deep");
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
            let fault = self.fault(FaultKind::NotXhtml, root, "");
            self.faults.push(fault.arg("reason", "the root is no div or html of XHTML"));
        }
        if let (Some(document), Some(id)) = (document, root.attribute("id"))
            && id != format!("OID{document}")
        {
            let fault = self.fault(FaultKind::Disagreement, root, "/@id");
            self.faults.push(fault.arg("other", "id").arg("expected", format!("OID{document}")));
        }
    }

    fn check_node(&mut self, node: Node<'v, 'v>) {
        if node.is_pi() {
            self.forbid(node, "", "processing instruction");
        }
        if node.is_comment() && node.text().is_some_and(|text| text.trim_start().starts_with('[')) {
            self.forbid(node, "", "conditional comment");
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
                self.forbid(element, "", "foreign namespace");
            }
            return;
        }
        if !ELEMENTS.contains(&name.name()) {
            self.forbid(element, "", "element");
        }
        for attribute in element.attributes() {
            self.check_attribute(element, &attribute);
        }
        if name.name() == "style" {
            let texts: String = element.descendants().filter_map(|node| own_text(&node)).collect();
            self.check_style(element, "", &texts);
        }
    }

    fn check_attribute(&mut self, element: Node<'v, 'v>, attribute: &Attribute<'v, 'v>) {
        let (name, value) = (attribute.name(), attribute.value());
        let place = || format!("/@{}", shown(name));
        match attribute.namespace() {
            None => (),
            Some(XML) if matches!(name, "lang" | "space") => return,
            Some(_) if ADDRESSES.contains(&name) => return self.refers(element, name),
            Some(_) => return self.forbid(element, &place(), "foreign attribute"),
        }
        let lower = name.to_ascii_lowercase();
        match (element.tag_name().name(), lower.as_str()) {
            (_, event) if event.starts_with("on") => {
                self.forbid(element, &place(), "event handler");
            }
            ("a", "href") if value.starts_with('#') => (),
            ("img", "src") if is_picture(value) => (),
            (_, address) if ADDRESSES.contains(&address) => self.refers(element, name),
            ("meta", "http-equiv") if value.eq_ignore_ascii_case("content-type") => (),
            ("meta", "charset" | "content") => (),
            (_, "style") => self.check_style(element, "/@style", value),
            (_, known) if known == name && ATTRIBUTES.contains(&known) => (),
            (_, aria) if aria.starts_with("aria-") => (),
            _ => self.forbid(element, &place(), "attribute"),
        }
    }

    fn check_style(&mut self, element: Node<'v, 'v>, place: &str, style: &str) {
        let squeezed = squeeze(style);
        for (found, kind) in STYLES.iter().filter(|(what, _)| squeezed.contains(what)) {
            let fault = self.fault(*kind, element, place);
            self.faults.push(fault.arg("reason", format!("style with {found}")));
        }
    }

    fn refers(&mut self, element: Node<'v, 'v>, attribute: &str) {
        let place = format!("/@{}", shown(attribute));
        let fault = self.fault(FaultKind::OutsideReference, element, &place);
        self.faults.push(fault);
    }

    fn forbid(&mut self, node: Node<'v, 'v>, place: &str, reason: &str) {
        let fault = self.fault(FaultKind::ForbiddenMarkup, node, place);
        self.faults.push(fault.arg("reason", reason));
    }

    fn fault(&self, kind: FaultKind, node: Node<'v, 'v>, place: &str) -> Fault {
        let line = self.view.text_pos_at(node.range().start).row;
        Fault::new(kind, format!("view:{}{place}", path(node)), RULE).arg("line", line)
    }
}

/// The next node in document order, and its depth; no recursion, however deep the view.
fn following<'v>(node: Node<'v, 'v>, depth: &mut usize) -> Option<Node<'v, 'v>> {
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
        path.push_str(&shown(element.tag_name().name()));
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
fn shown(name: &str) -> String {
    name.chars().take(40).collect()
}

/// The text of a text node alone.
fn own_text<'v>(node: &Node<'v, 'v>) -> Option<&'v str> {
    node.is_text().then(|| node.text()).flatten()
}

fn is_picture(address: &str) -> bool {
    PICTURES.iter().any(|(scheme, magic)| {
        let head = address.get(..scheme.len());
        let data = address.get(scheme.len()..).unwrap_or_default().trim_ascii_start();
        let base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/= \t\r\n".contains(&byte);
        head.is_some_and(|head| head.eq_ignore_ascii_case(scheme))
            && data.starts_with(magic)
            && data.bytes().all(base64)
    })
}

/// A style in lower case without what browsers skip and what hides words from a search.
fn squeeze(style: &str) -> String {
    let mut bare = String::with_capacity(style.len());
    let mut rest = style;
    while let Some((before, comment)) = rest.split_once("/*") {
        bare.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    bare.push_str(rest);
    bare.retain(|c| !c.is_whitespace() && !c.is_control() && c != '"' && c != '\'');
    bare.make_ascii_lowercase();
    bare
}

#[cfg(test)]
mod tests;
