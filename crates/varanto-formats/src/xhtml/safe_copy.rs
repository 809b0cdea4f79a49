//! The form of a view that may be shown to people: written anew from what the gate allows.
//!
//! The original is never sent to a browser as a page. What is sent is a page of our own, in which
//! stand only elements and attributes that the gate knows, each written by us; comments, processing
//! instructions, declarations and whatever the gate would refuse today are left out, also when the
//! gate let them in long ago. A browser reads it as XML, as the gate did, so both see one tree.
//!
//! Source: ARC-1; national-specs 1.3.

use roxmltree::{Document, Node};
use varanto_domain::faults::Fault;

use super::{MAX_DEPTH, XHTML, allowed, own_text, parse, readable};

/// The media type to send it with.
pub const MEDIA_TYPE: &str = "application/xhtml+xml; charset=utf-8";

/// How the page looks: the nation's classes, and calm tables for everything else.
const STYLE: &str = include_str!("../../assets/view.css");

/// Elements that have no content.
const EMPTY: &[&str] = &["br", "col", "hr", "img", "wbr"];

/// A page that shows the view: the title and the language of the page around it are `title` and
/// `language`.
///
/// # Errors
/// The fault for which the view cannot be read as XML at all.
pub fn safe_copy(bytes: &[u8], title: &str, language: &str) -> Result<String, Fault> {
    let view = readable(bytes).and_then(parse)?;
    Ok(Page { out: String::with_capacity(bytes.len() + 4096) }.write(&view, title, language))
}

struct Page {
    out: String,
}

impl Page {
    fn write(mut self, view: &Document<'_>, title: &str, language: &str) -> String {
        let root = view.root_element();
        self.out.push_str("<!DOCTYPE html>\n<html xmlns=\"");
        self.out.push_str(XHTML);
        self.out.push_str("\" lang=\"");
        self.value(root.attribute("lang").unwrap_or(language));
        self.out.push_str(
            "\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" \
            content=\"width=device-width, initial-scale=1\"/><title>",
        );
        self.text(title);
        self.out.push_str("</title><style>");
        self.text(STYLE);
        self.out.push_str("</style>");
        let styles = |node: &Node<'_, '_>| node.tag_name().name() == "style" && is_xhtml(*node);
        for style in view.descendants().filter(styles) {
            self.style(style);
        }
        self.out.push_str("</head><body>");
        self.element(root, 0);
        self.out.push_str("</body></html>\n");
        self.out
    }

    fn children(&mut self, parent: Node<'_, '_>, depth: usize) {
        for child in parent.children() {
            if let Some(text) = own_text(&child) {
                self.text(text);
            } else if child.is_element() {
                self.element(child, depth + 1);
            }
        }
    }

    fn element(&mut self, element: Node<'_, '_>, depth: usize) {
        let name = element.tag_name().name();
        let elsewhere = matches!(name, "head" | "meta" | "title" | "style");
        let known = is_xhtml(element) && allowed::is_element(name);
        if !known || elsewhere || depth > MAX_DEPTH {
            return;
        }
        // The page around it has these two already, wherever they stand in the view.
        let name = if matches!(name, "html" | "body") { "div" } else { name };
        self.out.push('<');
        self.out.push_str(name);
        for attribute in element.attributes() {
            let stays = attribute.namespace().is_none()
                && allowed::judge_attribute(element, &attribute).is_empty();
            if stays {
                self.out.extend([" ", attribute.name(), "=\""]);
                self.value(attribute.value());
                self.out.push('"');
            }
        }
        if EMPTY.contains(&name) {
            self.out.push_str("/>");
            return;
        }
        self.out.push('>');
        self.children(element, depth);
        self.out.extend(["</", name, ">"]);
    }

    /// A style of the view's own, if nothing is wrong with it.
    fn style(&mut self, style: Node<'_, '_>) {
        let text: String = style.children().filter_map(|node| own_text(&node)).collect();
        if allowed::judge_style(&text).is_empty() {
            self.out.push_str("<style>");
            self.text(&text);
            self.out.push_str("</style>");
        }
    }

    fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                other => self.out.push(other),
            }
        }
    }

    fn value(&mut self, value: &str) {
        for character in value.chars() {
            match character {
                '"' => self.out.push_str("&quot;"),
                '\t' => self.out.push_str("&#9;"),
                '\n' => self.out.push_str("&#10;"),
                '\r' => self.out.push_str("&#13;"),
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                other => self.out.push(other),
            }
        }
    }
}

fn is_xhtml(element: Node<'_, '_>) -> bool {
    element.tag_name().namespace() == Some(XHTML)
}
