//! What a file is, by what stands in it: names of old systems' files promise much.

use varanto_domain::archive::documents::Part;

use crate::delivery::{Encoding, decoded};

/// What a file of a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// PDF of any kind; whether it is PDF/A is judged like every part that is archived.
    Pdf,
    /// An XHTML document.
    Xhtml,
    /// HTML that is no XHTML.
    Html,
    /// Other XML.
    Xml,
    /// A scan in TIFF.
    Tiff,
    /// A scan or picture in JPEG.
    Jpeg,
    /// A picture in PNG.
    Png,
    /// Rich text.
    Rtf,
    /// A document of a word processor in an Office Open XML package.
    Docx,
    /// A document of an older word processor.
    Doc,
    /// Plain text.
    Text,
    /// Something else.
    Unknown,
}

impl Kind {
    /// Its word in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Xhtml => "xhtml",
            Self::Html => "html",
            Self::Xml => "xml",
            Self::Tiff => "tiff",
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Rtf => "rtf",
            Self::Docx => "docx",
            Self::Doc => "doc",
            Self::Text => "text",
            Self::Unknown => "unknown",
        }
    }

    /// Each of them.
    pub const ALL: [Self; 12] = [
        Self::Pdf,
        Self::Xhtml,
        Self::Html,
        Self::Xml,
        Self::Tiff,
        Self::Jpeg,
        Self::Png,
        Self::Rtf,
        Self::Docx,
        Self::Doc,
        Self::Text,
        Self::Unknown,
    ];

    /// The kind of a word in reports.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What the bytes are.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let beginning = &bytes[..bytes.len().min(2048)];
        let holds = |wanted: &[u8]| beginning.windows(wanted.len()).any(|part| part == wanted);
        match beginning {
            [0xFF, 0xD8, 0xFF, ..] => Self::Jpeg,
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Self::Tiff,
            [0x89, b'P', b'N', b'G', ..] => Self::Png,
            [b'{', b'\\', b'r', b't', b'f', ..] => Self::Rtf,
            [0xD0, 0xCF, 0x11, 0xE0, ..] => Self::Doc,
            [b'P', b'K', 3, 4, ..] if holds(b"word/") || holds(b"[Content_Types].xml") => {
                Self::Docx
            }
            // Two bytes a letter: its mark tells.
            [0xFF, 0xFE, ..] => Self::of_two_bytes(beginning, Encoding::UTF_16_LITTLE),
            [0xFE, 0xFF, ..] => Self::of_two_bytes(beginning, Encoding::UTF_16_BIG),
            // A PDF file may have a line of something else before its mark.
            _ if holds(b"%PDF-") => Self::Pdf,
            _ => Self::of_text(bytes, beginning),
        }
    }

    fn of_text(bytes: &[u8], beginning: &[u8]) -> Self {
        let text = beginning.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(beginning).trim_ascii_start();
        let lower = text.to_ascii_lowercase();
        let holds = |wanted: &[u8]| lower.windows(wanted.len()).any(|part| part == wanted);
        if text.starts_with(b"<") {
            return match () {
                () if holds(b"http://www.w3.org/1999/xhtml") => Self::Xhtml,
                () if holds(b"<html") || holds(b"<!doctype html") || holds(b"<body") => Self::Html,
                () if text.starts_with(b"<?xml") => Self::Xml,
                () if begins_as_html(&lower) => Self::Html,
                // A text may begin with the sign.
                () => Self::of_plain(bytes, beginning),
            };
        }
        Self::of_plain(bytes, beginning)
    }

    fn of_two_bytes(beginning: &[u8], encoding: Encoding) -> Self {
        let Ok(text) = decoded(beginning, encoding) else { return Self::Unknown };
        match Self::of_text(text.as_bytes(), text.as_bytes()) {
            Self::Unknown => Self::Text,
            kind => kind,
        }
    }

    fn of_plain(bytes: &[u8], beginning: &[u8]) -> Self {
        let control = |byte: &u8| *byte < 32 && !b"\t\n\r\x0c\x1a".contains(byte);
        if bytes.is_empty() || beginning.iter().any(control) { Self::Unknown } else { Self::Text }
    }

    /// The part that a file of this kind is archived as, without being converted.
    #[must_use]
    pub const fn part(self) -> Option<Part> {
        match self {
            Self::Pdf => Some(Part::Pdf),
            Self::Xhtml => Some(Part::View),
            _ => None,
        }
    }
}

/// Elements with which pages begin that have no `html` of their own.
const BEGINNINGS: [&[u8]; 18] = [
    b"!--",
    b"b",
    b"basefont",
    b"br",
    b"center",
    b"div",
    b"font",
    b"h1",
    b"h2",
    b"h3",
    b"head",
    b"hr",
    b"meta",
    b"p",
    b"pre",
    b"span",
    b"table",
    b"title",
];

/// Whether a text in lower case begins with an element of HTML.
fn begins_as_html(lower: &[u8]) -> bool {
    let after = lower.strip_prefix(b"<").unwrap_or_default();
    BEGINNINGS.iter().any(|name| {
        let ends = |next: &u8| name == b"!--" || next.is_ascii_whitespace() || b">/".contains(next);
        after.strip_prefix(*name).and_then(<[u8]>::first).is_some_and(ends)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OLD-9: a file is what stands in it, whatever its name says.
    #[test]
    fn a_file_is_known_by_its_beginning() {
        for (bytes, kind) in [
            (&b"%PDF-1.7\n"[..], "pdf"),
            (b"\n\n%PDF-1.4", "pdf"),
            (b"<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\">", "xhtml"),
            (b"\xEF\xBB\xBF<html xmlns=\"http://www.w3.org/1999/xhtml\"><head/>", "xhtml"),
            (b"<div id=\"a\" xmlns=\"http://www.w3.org/1999/xhtml\">", "xhtml"),
            (b"<!DOCTYPE html><HTML><body>", "html"),
            (b"<p>Moi</p>", "html"),
            (b"<Siirretty 1.2.2003>\nAsiakas kertoi", "text"),
            (b"<Puhelu> Asiakas kertoi", "text"),
            (b"\xFF\xFEA\0s\0", "text"),
            (b"\xFE\xFF\0<\0h\0t\0m\0l\0>", "html"),
            (b"<?xml version=\"1.0\"?><potilas/>", "xml"),
            (b"II*\0\x08\0\0\0", "tiff"),
            (b"MM\0*\0\0\0\x08", "tiff"),
            (b"\xFF\xD8\xFF\xE0", "jpeg"),
            (b"\x89PNG\r\n", "png"),
            (b"{\\rtf1\\ansi", "rtf"),
            (b"PK\x03\x04........[Content_Types].xml", "docx"),
            (b"PK\x03\x04........kuva.jpg", "unknown"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1", "doc"),
            (b"Asiakas kertoi \xE4idist\xE4\xE4n.", "text"),
            (b"\0\0\0\x01", "unknown"),
            (b"", "unknown"),
        ] {
            assert_eq!(Kind::of(bytes).name(), kind, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
