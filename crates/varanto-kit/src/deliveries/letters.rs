//! Letters of word processors, as small as they can be: DOCX, which is a zip archive, and Rich Text Format.

use std::fmt::Write as _;
use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const TYPES: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
    <Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
    <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
    <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
    <Override PartName=\"/word/document.xml\" \
    ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
const RELATIONSHIPS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
    <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
    <Relationship Id=\"rId1\" \
    Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
    Target=\"word/document.xml\"/></Relationships>";

/// A letter in DOCX, a paragraph for each text; in its last one a word was struck out while changes were tracked, where that
/// is asked for.
pub(super) fn docx(paragraphs: &[&str], tracked: bool) -> Vec<u8> {
    let mut body = String::new();
    for text in paragraphs {
        let _ = write!(body, "<w:p><w:r><w:t>{text}</w:t></w:r></w:p>");
    }
    if tracked {
        body.push_str(
            "<w:p><w:del w:id=\"1\" w:author=\"Mäkelä\" w:date=\"2017-02-03T08:00:00Z\"><w:r>\
             <w:delText>Hylätään.</w:delText></w:r></w:del></w:p>",
        );
    }
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{body}\
         <w:sectPr><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
         <w:pgMar w:top=\"1417\" w:right=\"1134\" w:bottom=\"1417\" w:left=\"1134\" w:header=\"708\" w:footer=\"708\" \
         w:gutter=\"0\"/></w:sectPr></w:body></w:document>"
    );
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    let parts = [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", RELATIONSHIPS),
        ("word/document.xml", &*document),
    ];
    for (name, text) in parts {
        zip.start_file(name, options).expect("a name that a zip archive takes");
        zip.write_all(text.as_bytes()).expect("memory takes it");
    }
    zip.finish().expect("memory takes it").into_inner()
}

/// A letter in Rich Text Format, a paragraph for each text; with a field that counts the day of today, where that is asked
/// for.
pub(super) fn rtf(paragraphs: &[&str], with_field: bool) -> Vec<u8> {
    let mut text = String::from("{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}\\f0\\fs22 ");
    for paragraph in paragraphs {
        for sign in paragraph.chars() {
            match u8::try_from(u32::from(sign)) {
                Ok(byte) if byte.is_ascii() => text.push(sign),
                Ok(byte) => {
                    let _ = write!(text, "\\'{byte:02x}");
                }
                Err(_) => text.push('?'),
            }
        }
        text.push_str("\\par ");
    }
    if with_field {
        text.push_str("{\\field{\\*\\fldinst DATE}{\\fldrslt 3.2.2017}}\\par ");
    }
    text.push('}');
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same letter has the same bytes, and says what it is at once.
    #[test]
    fn letters_are_the_same_each_time() {
        let texts = ["Asiakas kertoi äidistään."];
        assert_eq!(docx(&texts, false), docx(&texts, false));
        assert!(docx(&texts, true).starts_with(b"PK\x03\x04"));
        let text = String::from_utf8(rtf(&texts, true)).unwrap();
        assert!(text.starts_with("{\\rtf1") && text.contains("\\'e4idist\\'e4\\'e4n"), "{text}");
    }
}
