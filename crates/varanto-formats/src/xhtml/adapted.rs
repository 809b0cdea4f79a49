//! A page of elsewhere made fit for the gate: what the gate allows is written anew, what is known to be no content is
//! left out and told, and all else is told as lost.
//!
//! Source: ARC-1, OLD-1.

use std::collections::BTreeSet;

use roxmltree::Node;
use varanto_domain::faults::Fault;

use super::{MAX_DEPTH, XHTML, allowed, own_text, parse};

/// Elements without any content of the page.
const SILENT: &[&str] = &["area", "base", "basefont", "bgsound", "noembed", "noframes"];
/// Elements that show something which markup alone does not hold, change what is shown, or which the person who wrote
/// filled in.
const SHOWING: &[&str] = &[
    "applet", "audio", "canvas", "embed", "frame", "frameset", "iframe", "image", "input", "link",
    "math", "meter", "object", "picture", "progress", "script", "select", "svg", "template",
    "textarea", "video",
];
/// Elements that stand on lines of their own, which the gate does not know.
const BLOCKS: &[&str] = &["dialog", "dir", "fieldset", "form", "hgroup", "legend", "search"];
/// Elements that stand within lines, which the gate does not know; `o_p` is of a word processor.
const INLINE: &[&str] = &["blink", "button", "data", "label", "nobr", "o_p"];
/// Attributes that do something, or say something to programs, and change nothing that a page shows.
const SILENT_ATTRIBUTES: &[&str] = &[
    "accept-charset",
    "accesskey",
    "action",
    "alink",
    "charset",
    "content",
    "enctype",
    "for",
    "href",
    "hreflang",
    "http-equiv",
    "link",
    "method",
    "rel",
    "rev",
    "scheme",
    "tabindex",
    "target",
    "vlink",
];
/// What is told for what has no name that is known: a name may be text of the page.
const OTHER: &str = "other";
/// Elements that have no content.
const EMPTY: &[&str] = &["br", "col", "hr", "img", "meta", "wbr"];

/// A page made fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Adapted {
    /// The page.
    pub page: String,
    /// What was left out and is no content: names of elements, and of attributes after `@`, of fixed lists.
    pub left_out: Vec<String>,
    /// What may be content and could not stand, by names of fixed lists: a page without it is another one.
    pub lost: Vec<String>,
}

/// Makes a page fit for the gate. The markup is XML, as [`super::check`] reads it.
///
/// # Errors
/// The fault for which it does not read.
pub fn adapt(markup: &str) -> Result<Adapted, Fault> {
    let read = parse(markup)?;
    let mut page = Page::default();
    page.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    page.element(read.root_element(), 0);
    page.out.push('\n');
    let list = |names: BTreeSet<String>| names.into_iter().collect();
    Ok(Adapted { page: page.out, left_out: list(page.left_out), lost: list(page.lost) })
}

#[derive(Default)]
struct Page {
    out: String,
    left_out: BTreeSet<String>,
    lost: BTreeSet<String>,
}

impl Page {
    fn element(&mut self, element: Node<'_, '_>, depth: usize) {
        let name = element.tag_name().name();
        if depth > MAX_DEPTH {
            return self.lose(OTHER);
        }
        match name {
            "html" => self.open(element, "html", &[("xmlns", XHTML)], depth),
            "style" => self.style(element),
            "img" if !shows_own_picture(element) => self.lose(name),
            // A hidden value is not seen, and a button does nothing on paper.
            "input" if is_hidden(element) => self.leave_out("input"),
            "link" if !element.attribute("rel").is_some_and(is_of_style) => self.leave_out("link"),
            // The page is UTF-8 now, whatever it was.
            "meta" if element.attribute("name").is_none() => self.leave_out("meta"),
            _ if SHOWING.contains(&name) => self.lose(name),
            _ if SILENT.contains(&name) => self.leave_out(name),
            _ if allowed::is_element(name) => self.open(element, name, &[], depth),
            _ if BLOCKS.contains(&name) => {
                self.leave_out(name);
                self.attributes_of_left_out(element);
                self.out.push_str("<div>");
                self.children(element, depth);
                self.out.push_str("</div>");
            }
            _ if INLINE.contains(&name) => {
                self.leave_out(name);
                self.attributes_of_left_out(element);
                self.children(element, depth);
            }
            // What looks like an element may be text: <name@example>.
            _ => self.lose(OTHER),
        }
    }

    fn leave_out(&mut self, name: &str) {
        self.left_out.insert(name.to_owned());
    }

    fn lose(&mut self, name: &str) {
        self.lost.insert(name.to_owned());
    }

    fn open(&mut self, element: Node<'_, '_>, name: &str, own: &[(&str, &str)], depth: usize) {
        self.out.extend(["<", name]);
        for (name, value) in own {
            self.out.extend([" ", name, "=\"", value, "\""]);
        }
        for attribute in element.attributes() {
            // Of other namespaces the gate knows the one of XML itself: its languages.
            let prefix = if attribute.namespace().is_some() { "xml:" } else { "" };
            if allowed::judge_attribute(element, &attribute).is_empty() {
                self.out.extend([" ", prefix, attribute.name(), "=\""]);
                self.text(attribute.value());
                self.out.push('"');
            } else {
                self.attribute(attribute.name(), attribute.value());
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

    /// An attribute that cannot stand.
    fn attribute(&mut self, name: &str, value: &str) {
        let black = name == "text" && matches!(value, "black" | "#000000" | "#000");
        if SILENT_ATTRIBUTES.contains(&name) || black {
            self.leave_out(&format!("@{name}"));
        } else if is_event(name) {
            self.leave_out("@on");
        } else if allowed::is_attribute(name) {
            self.lose(&format!("@{name}"));
        } else {
            self.lose("@other");
        }
    }

    /// The attributes of an element that goes while what is in it stays: those that show something go with it.
    fn attributes_of_left_out(&mut self, element: Node<'_, '_>) {
        for attribute in element.attributes() {
            if !matches!(
                attribute.name(),
                "class" | "id" | "lang" | "name" | "title" | "type" | "value"
            ) {
                self.attribute(attribute.name(), attribute.value());
            }
        }
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

    /// A style of the page's own, if nothing is wrong with it.
    fn style(&mut self, style: Node<'_, '_>) {
        let text: String = style.children().filter_map(|node| own_text(&node)).collect();
        // Office programs put their styles into comments, which hid them from the browsers of then.
        let bare = text.trim().trim_start_matches("<!--").trim_end_matches("-->");
        if allowed::judge_style(bare).is_empty() {
            self.out.push_str("<style>");
            self.text(bare);
            self.out.push_str("</style>");
        } else {
            self.lose("style");
        }
    }

    fn text(&mut self, text: &str) {
        for sign in text.chars() {
            match sign {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                other => self.out.push(other),
            }
        }
    }
}

fn shows_own_picture(image: Node<'_, '_>) -> bool {
    image.attribute("src").is_some_and(allowed::is_picture)
}

fn is_of_style(rel: &str) -> bool {
    rel.to_ascii_lowercase().contains("style")
}

/// Whether it is the name of an event: `onload`, and not something that only begins so.
fn is_event(name: &str) -> bool {
    const EVENTS: &[&str] = &[
        "blur",
        "change",
        "click",
        "contextmenu",
        "dblclick",
        "focus",
        "keydown",
        "keypress",
        "keyup",
        "load",
        "mousedown",
        "mousemove",
        "mouseout",
        "mouseover",
        "mouseup",
        "reset",
        "resize",
        "scroll",
        "select",
        "submit",
        "unload",
    ];
    name.strip_prefix("on").is_some_and(|event| EVENTS.contains(&event))
}

fn is_hidden(input: Node<'_, '_>) -> bool {
    let kind = input.attribute("type").unwrap_or_default().to_ascii_lowercase();
    matches!(kind.as_str(), "hidden" | "submit" | "button" | "reset")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xhtml::check;

    fn adapted(body: &str) -> Adapted {
        let page = format!(
            "<html xmlns=\"{XHTML}\"><head><title>T</title></head><body>{body}</body></html>"
        );
        let adapted = adapt(&page).unwrap();
        assert_eq!(check(adapted.page.as_bytes(), None), [], "{}", adapted.page);
        adapted
    }

    /// OLD-1, ARC-1: what is no content is left out and told; the text stays, all of it.
    #[test]
    fn what_does_something_is_left_out_and_told() {
        let page = adapted(
            "<p onclick=\"x()\">Yksi <a href=\"http://a.example/\" target=\"x\">kaksi</a></p>\
             <form action=\"/x\"><fieldset><legend>Kolme</legend><input type=\"hidden\" value=\"1\"/></fieldset></form>\
             <nobr>neljä</nobr>",
        );
        for text in ["Yksi ", "kaksi", "Kolme", "neljä"] {
            assert!(page.page.contains(text), "{}", page.page);
        }
        let told =
            ["@action", "@href", "@on", "@target", "fieldset", "form", "input", "legend", "nobr"];
        assert_eq!(page.left_out, told);
        assert!(page.lost.is_empty());
    }

    /// OLD-9: a picture of elsewhere, a frame or a field that somebody filled in is content: it is told as lost.
    #[test]
    fn what_is_content_and_cannot_stand_is_told_as_lost() {
        for (body, lost) in [
            ("<img src=\"kuva.jpg\"/>", "img"),
            ("<iframe src=\"toinen.html\"/>", "iframe"),
            ("<input type=\"text\" value=\"Virtanen\"/>", "input"),
            ("<input value=\"Virtanen\"/>", "input"),
            ("<textarea>Kertomus</textarea>", "textarea"),
            ("<svg><path/></svg>", "svg"),
            ("<style>@import url(x.css);</style>", "style"),
            ("<link rel=\"stylesheet\" href=\"x.css\"/>", "link"),
            ("<script>document.write('Kertomus')</script>", "script"),
            ("<p style=\"background: url(x)\">Teksti</p>", "@style"),
            ("<table background=\"kuva.jpg\"></table>", "@other"),
            ("<ol reversed=\"\"><li>Yksi</li></ol>", "@other"),
            // Names that are text of the page are told to nobody.
            ("Matti <matti_virtanen_kunta_fi>kirjoitti</matti_virtanen_kunta_fi>", "other"),
            ("<p _080850-901k=\"\">Teksti</p>", "@other"),
        ] {
            assert_eq!(adapted(body).lost, [lost], "{body}");
        }
        let own = adapted("<img alt=\"Kuva\" src=\"data:image/png;base64,iVBORw0KGgo=\"/>");
        assert!(own.lost.is_empty() && own.page.contains("iVBOR"));
    }
}
