//! XML within limits: what the XML parser is given, so that hostile input costs no more than it weighs.

use memchr::{memchr_iter, memmem};
use roxmltree::{Document, Error, ParsingOptions};

/// The most nodes taken.
const MAX_NODES: u32 = 500_000;
/// The most attributes taken on one element: the parser compares each with each.
const MAX_ATTRIBUTES: usize = 64;
/// The most namespace declarations taken: the parser hands each down to every element that adds one.
const MAX_NAMESPACES: usize = 512;

/// Why a text is not taken as XML, in words that hold nothing of the text, and on which line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NotXml {
    pub(crate) reason: &'static str,
    pub(crate) line: usize,
}

/// Parses a text without a document type.
pub(crate) fn parse(text: &str) -> Result<Document<'_>, NotXml> {
    check_weight(text)?;
    if text.starts_with('\u{feff}') {
        // The parser passes over a second mark, and whoever looks at the text's beginning does not.
        return Err(NotXml { reason: "a character that XML does not have", line: 1 });
    }
    let options =
        ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options)
        .map_err(|error| NotXml { reason: reason(&error), line: error.pos().row as usize })
}

/// The text of UTF-8 bytes without their byte-order mark; a second one is no XML.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, NotXml> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let bytes = bytes.strip_prefix(MARK).unwrap_or(bytes);
    if bytes.starts_with(MARK) {
        return Err(NotXml { reason: "a second byte-order mark", line: 1 });
    }
    std::str::from_utf8(bytes).map_err(|error| NotXml {
        reason: "bytes that are not UTF-8",
        line: line_at(bytes, error.valid_up_to()),
    })
}

fn line_at(bytes: &[u8], position: usize) -> usize {
    bytes[..position].split(|byte| *byte == b'\n').count()
}

/// Counts what the parser's work grows with faster than the text does. Counts too much where a
/// comment looks like markup, never too little.
fn check_weight(text: &str) -> Result<(), NotXml> {
    let bytes = text.as_bytes();
    let heavy = |reason, at| Err(NotXml { reason, line: line_at(bytes, at) });

    if let Some(at) = memmem::find_iter(bytes, "xmlns").nth(MAX_NAMESPACES) {
        return heavy("too many namespace declarations", at);
    }
    // An attribute is a name, `=` and a quoted value inside a tag; a `<` always begins something new.
    for tag in memchr_iter(b'<', bytes) {
        if matches!(bytes.get(tag + 1), Some(b'!' | b'?')) {
            continue;
        }
        let (mut quote, mut attributes) = (None, 0);
        for (at, byte) in bytes.iter().enumerate().skip(tag + 1) {
            match (byte, quote) {
                (b'<', _) | (b'>', None) => break,
                (b'"' | b'\'', None) => quote = Some(byte),
                (_, Some(open)) if byte == open => quote = None,
                (b'=', None) => attributes += 1,
                _ => (),
            }
            if attributes > MAX_ATTRIBUTES {
                return heavy("too many attributes on one element", at);
            }
        }
    }
    Ok(())
}

fn reason(error: &Error) -> &'static str {
    match error {
        Error::DtdDetected => "a document type",
        Error::NodesLimitReached => "too many nodes",
        Error::NoRootNode => "no root element",
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream => "the text breaks off",
        Error::UnexpectedCloseTag(..) | Error::UnexpectedEntityCloseTag(_) => {
            "an end tag that closes another element"
        }
        Error::UnknownEntityReference(..)
        | Error::MalformedEntityReference(_)
        | Error::EntityReferenceLoop(_) => "an entity other than the five of XML",
        Error::DuplicatedAttribute(..) => "an attribute that occurs twice",
        Error::UnknownNamespace(..) => "a prefix without a namespace",
        Error::NonXmlChar(..) => "a character that XML does not have",
        Error::InvalidAttributeValue(_) => "a wrong attribute value",
        _ => "not well-formed XML",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_costs_the_parser_no_more_than_it_weighs() {
        let attributes = " a='x'".repeat(200_000);
        let told = |text: &str| parse(text).map(|_| ()).unwrap_err().reason;
        assert_eq!(told(&format!("<p{attributes}/>")), "too many attributes on one element");
        assert_eq!(told(&"<a xmlns:b='c'>".repeat(9_999)), "too many namespace declarations");
        assert_eq!(told(&"<a>".repeat(600_000)), "too many nodes");
        assert_eq!(told(&"<a>".repeat(400_000)), "the text breaks off");
    }

    /// Quotes in a text do not hide the element that follows them.
    #[test]
    fn an_apostrophe_hides_no_element() {
        let attributes = " a='x'".repeat(200);
        let hidden = format!("<p>d'accord <b{attributes}/></p>");
        assert_eq!(parse(&hidden).unwrap_err().reason, "too many attributes on one element");
        let signs = "=".repeat(100);
        assert!(parse(&format!("<p>{signs} \"b=2 c='3<!-- {signs} --></p>")).is_ok());
    }
}
