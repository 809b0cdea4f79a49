//! HTML, and XHTML that the archive does not take as it is, become XHTML that it takes: of what does not stand in a kept
//! page only what is known to be no content is left out, and told; at anything else nothing is made.

use std::borrow::Cow;

use html5ever::data::NAMED_ENTITIES;
use varanto_domain::archive::documents::Part;
use varanto_formats::xhtml::{self, Adapted};

use super::text::{self, Named};
use super::{Made, NotConverted, tree};
use crate::delivery::Encoding;
use crate::kind::Kind;

/// The most bytes of a page.
const LARGEST: usize = 16 * 1024 * 1024;
/// Where a page names its encoding.
const HEAD: usize = 1024;
/// Elements whose beginning browsers take for text until it is ended: one that is closed at once would hide the rest.
const HIDING: [&str; 8] =
    ["title", "textarea", "style", "script", "iframe", "noframes", "noembed", "xmp"];

pub(super) fn convert(
    kind: Kind,
    source: &[u8],
    encoding: Option<Encoding>,
) -> Result<Made, NotConverted> {
    if source.len() > LARGEST {
        return Err(NotConverted::here("it is larger than any page of an old system"));
    }
    let named = named(source).map(Named::Itself).or(encoding.map(Named::ForAll));
    let text = text::read(source, named)?;
    let text = text.trim_start_matches('\u{feff}');
    let as_xml = if kind == Kind::Xhtml { of_xml(text)? } else { None };
    let adapted = if let Some(adapted) = as_xml {
        adapted
    } else {
        let markup = tree::as_xml(&closed(text)).map_err(NotConverted::here)?;
        xhtml::adapt(&markup)
            .map_err(|fault| NotConverted::here(format!("it does not read: {}", fault.code())))?
    };
    if !adapted.lost.is_empty() {
        return Err(NotConverted::Loses { what: adapted.lost.join(", ") });
    }
    Ok(Made::here(Part::View, adapted.page.into_bytes(), adapted.left_out))
}

/// The encoding that the page itself names, if it is one that is read: in its XML declaration, or for browsers.
fn named(source: &[u8]) -> Option<Encoding> {
    let head = String::from_utf8_lossy(&source[..source.len().min(HEAD)]).to_ascii_lowercase();
    let declaration = head.trim_start_matches('\u{feff}').strip_prefix("<?xml");
    let declaration = declaration.and_then(|rest| rest.split_once("?>")).map(|(inside, _)| inside);
    let declared = declaration.and_then(|inside| inside.split_once("encoding"));
    let after = declared.or_else(|| head.split_once("charset=")).map(|(_, after)| after)?;
    let after = after.trim_start_matches(['"', '\'', ' ', '=']);
    let name = after.split(['"', '\'', ' ', ';', '>', '/']).next()?;
    Encoding::of_name(name)
}

/// A page that reads as XML but for its document type and the entities that this defines; `None` where it does not, and
/// browsers would have to make do with it.
fn of_xml(text: &str) -> Result<Option<Adapted>, NotConverted> {
    let root = text.find("<html").unwrap_or(text.len());
    if text[..root].contains("<?xml-stylesheet") {
        return Err(NotConverted::Loses { what: "link".to_owned() });
    }
    let Some(bare) = without_document_type(text) else {
        return Err(NotConverted::here("its document type defines something of its own"));
    };
    Ok(xhtml::adapt(&resolved(&bare)).ok())
}

/// The text without its document type; `None` where that defines something itself.
fn without_document_type(text: &str) -> Option<Cow<'_, str>> {
    let Some(at) = text.find("<!DOCTYPE").or_else(|| text.find("<!doctype")) else {
        return Some(Cow::Borrowed(text));
    };
    let end = at + text[at..].find('>')?;
    let within = &text[at..end];
    (!within.contains('[')).then(|| Cow::Owned([&text[..at], &text[end + 1..]].concat()))
}

/// The text with the signs for the entities that document types of XHTML define. Comments and what is marked as text stay.
fn resolved(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let kept = [("<!--", "-->"), ("<![CDATA[", "]]>")].into_iter().find_map(|(from, to)| {
            let end = rest.starts_with(from).then(|| rest.find(to)).flatten()?;
            Some(end + to.len())
        });
        let (length, sign) = match kept {
            Some(length) => (length, None),
            None => entity(rest).map_or((1, None), |(length, sign)| (length, Some(sign))),
        };
        match sign {
            Some(sign) => out.push(sign),
            None => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out.push_str(rest);
    out
}

/// The sign of the entity that a text begins with, and how long its name is; none of those that XML has itself.
fn entity(text: &str) -> Option<(usize, char)> {
    let name = text.strip_prefix('&')?;
    let name = &name[..=name.bytes().take(40).position(|byte| byte == b';')?];
    if ["amp;", "lt;", "gt;", "quot;", "apos;"].contains(&name) {
        return None;
    }
    let (first, second) = NAMED_ENTITIES.get(name)?;
    let sign = char::from_u32(*first).filter(|sign| *second == 0 && !"\0<&\"'".contains(*sign))?;
    Some((name.len() + 1, sign))
}

/// The text with an end for each element that would hide the rest: XHTML closes it at once, and browsers do not see that.
fn closed(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    let mut ends = Vec::new();
    for name in HIDING {
        for (at, beginning) in lower.match_indices(&format!("<{name}")) {
            let after = &lower[at + beginning.len()..];
            let is_it = after.starts_with(|next: char| next == '/' || next.is_ascii_whitespace());
            if let Some(end) = after.find('>').filter(|_| is_it)
                && after[..end].ends_with('/')
            {
                ends.push((at + beginning.len() + end, name));
            }
        }
    }
    if ends.is_empty() {
        return Cow::Borrowed(text);
    }
    ends.sort_unstable();
    let (mut out, mut from) = (String::with_capacity(text.len() + 16 * ends.len()), 0);
    for (end, name) in ends {
        out.extend([&text[from..end - 1], "></", name, ">"]);
        from = end + 1;
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}
