//! What a kept view may hold: the elements, attributes, addresses and styles that do nothing.

use roxmltree::{Attribute, Node};
use varanto_domain::faults::FaultKind;

pub(super) const XHTML: &str = "http://www.w3.org/1999/xhtml";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

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
    ("element(", FaultKind::OutsideReference),
    ("@", FaultKind::ForbiddenMarkup),
    ("\\", FaultKind::ForbiddenMarkup),
    ("expression(", FaultKind::ForbiddenMarkup),
    ("javascript:", FaultKind::ForbiddenMarkup),
    ("vbscript:", FaultKind::ForbiddenMarkup),
    ("progid:", FaultKind::ForbiddenMarkup),
    ("behavior:", FaultKind::ForbiddenMarkup),
    ("-moz-binding", FaultKind::ForbiddenMarkup),
    ("<", FaultKind::ForbiddenMarkup),
    // Text that stands in the style alone: no reader of the view's text would find it.
    (";content:", FaultKind::ForbiddenMarkup),
    ("{content:", FaultKind::ForbiddenMarkup),
];

/// The most bytes of an attribute's value, other than a picture.
const MAX_VALUE: usize = 65_536;

/// What is wrong with an attribute or a style.
pub(super) struct Wrong {
    pub(super) kind: FaultKind,
    /// In words that hold nothing of the view; `None` where the kind says all.
    pub(super) reason: Option<String>,
}

impl Wrong {
    fn forbidden(reason: &str) -> Self {
        Self { kind: FaultKind::ForbiddenMarkup, reason: Some(reason.to_owned()) }
    }

    const REFERENCE: Self = Self { kind: FaultKind::OutsideReference, reason: None };
}

/// Whether an element of this name may stand in a view.
pub(super) fn is_element(name: &str) -> bool {
    ELEMENTS.binary_search(&name).is_ok()
}

/// What is wrong with an attribute; nothing when it may stay.
pub(super) fn judge_attribute(element: Node<'_, '_>, attribute: &Attribute<'_, '_>) -> Vec<Wrong> {
    let (name, value) = (attribute.name(), attribute.value());
    match attribute.namespace() {
        None => (),
        Some(XML) if matches!(name, "lang" | "space") => return Vec::new(),
        Some(_) if ADDRESSES.contains(&name) => return vec![Wrong::REFERENCE],
        Some(_) => return vec![Wrong::forbidden("foreign attribute")],
    }
    let lower = name.to_ascii_lowercase();
    let wrong = match (element.tag_name().name(), lower.as_str()) {
        (_, event) if event.starts_with("on") => Wrong::forbidden("event handler"),
        ("img", "src") if is_picture(value) => return Vec::new(),
        (_, address) if ADDRESSES.contains(&address) && !is_anchor(element, name, value) => {
            Wrong::REFERENCE
        }
        _ if value.len() > MAX_VALUE => Wrong::forbidden("a long attribute"),
        ("meta", "http-equiv") if value.eq_ignore_ascii_case("content-type") => return Vec::new(),
        ("a", "href") | ("meta", "charset" | "content") => return Vec::new(),
        (_, "style") => return judge_style(value),
        (_, known) if known == name && is_attribute(known) => return Vec::new(),
        _ => Wrong::forbidden("attribute"),
    };
    vec![wrong]
}

/// Whether an attribute of this name may stand in a view.
pub(super) fn is_attribute(name: &str) -> bool {
    name.starts_with("aria-") || ATTRIBUTES.contains(&name)
}

/// Whether an address leads to another place of the same view.
fn is_anchor(element: Node<'_, '_>, attribute: &str, value: &str) -> bool {
    element.tag_name().name() == "a" && attribute == "href" && value.starts_with('#')
}

/// What is wrong with a style.
pub(super) fn judge_style(style: &str) -> Vec<Wrong> {
    let squeezed = format!(";{}", squeeze(style));
    let found = STYLES.iter().filter(|(what, _)| squeezed.contains(what));
    found
        .map(|(what, kind)| Wrong { kind: *kind, reason: Some(format!("style with {what}")) })
        .collect()
}

pub(super) fn is_picture(address: &str) -> bool {
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
