//! The signatures of a whole submission, in whatever form they came: checked when it arrives, and in
//! the same way each time the archive is verified.

use varanto_domain::archive::documents::{Form, Part};
use varanto_domain::archive::signatures::SignatureForm;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::time::Instant;

use super::trust::Trust;
use super::{Checked, jws, xml};
use crate::national::document;
use crate::pdf;

/// The most signatures inside a PDF file that are told.
const MOST_INSIDE_PDF: usize = 16;

/// What was found out about the signatures of a submission.
#[derive(Debug, Clone, Default)]
pub struct SentSignatures {
    /// The signatures: those in the national document, those of the signature part, and those inside a PDF
    /// file, which are not verified.
    pub signatures: Vec<Checked>,
    /// Why it is open what is signed, where it is.
    pub faults: Vec<Fault>,
}

/// Checks every signature among the parts of a submission. `metadata` are those that were sent: a
/// detached signature covers them.
///
/// The content of a national document is what its signatures cover only when the parts are those in
/// the very bytes that were digested; other parts are a fault.
///
/// Source: ARC-6.
#[must_use]
pub fn check(
    metadata: &[u8],
    parts: &[(Part, &[u8])],
    trust: &Trust,
    now: Instant,
) -> SentSignatures {
    let mut found = SentSignatures::default();
    let part = |wanted| parts.iter().find(|(part, _)| *part == wanted).map(|(_, bytes)| *bytes);
    if let Some(bytes) = part(Part::National) {
        match xml::verify(bytes, trust, now) {
            Ok(signed) => {
                if !signed.signatures.is_empty() && differs(&signed.content, parts) {
                    let place = "document:nonXMLBody";
                    let fault = Fault::new(FaultKind::SignatureBroken, place, "ARC-6");
                    found.faults.push(fault.arg("what", "content"));
                }
                found.signatures.extend(signed.signatures);
            }
            Err(faults) => found.faults.extend(faults),
        }
    }
    if let Some(bytes) = part(Part::Signature) {
        let signed = jws::signed_parts(metadata, parts);
        found.signatures.extend(jws::verify(bytes, &signed, trust, now));
    }
    if let Some(bytes) = part(Part::Pdf) {
        let inside = pdf::count_signatures(bytes).min(MOST_INSIDE_PDF);
        let one = || Checked::not_of_the_form(SignatureForm::Pdf, "inside a PDF file");
        found.signatures.extend(std::iter::repeat_with(one).take(inside));
    }
    if part(Part::National).is_some() {
        for fault in &mut found.faults {
            fault.path = xml::path_of(&fault.element).map(Into::into);
        }
    }
    found
}

/// Whether the parts, when they make a form, are others than those in the signed bytes.
fn differs(canonical: &str, parts: &[(Part, &[u8])]) -> bool {
    let mut content: Vec<(Part, &[u8])> =
        parts.iter().copied().filter(|(part, _)| part.is_content()).collect();
    let named: Vec<Part> = content.iter().map(|(part, _)| *part).collect();
    if Form::of_parts(&named).is_none() {
        return false;
    }
    let Some(signed) = document::read_signed_content(canonical) else { return true };
    let mut signed: Vec<(Part, &[u8])> =
        signed.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
    content.sort_by_key(|(part, _)| *part);
    signed.sort_by_key(|(part, _)| *part);
    content != signed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file with a field that holds a signature.
    fn signed_pdf() -> Vec<u8> {
        use lopdf::{Document, Object, StringFormat, dictionary};
        let mut document = Document::with_version("1.7");
        let signature = document.add_object(dictionary! {
            "Type" => "Sig",
            "Filter" => "Adobe.PPKLite",
            "ByteRange" => vec![0.into(), 10.into(), 20.into(), 30.into()],
            "Contents" => Object::String(vec![0x30, 0], StringFormat::Hexadecimal),
        });
        let field = document.add_object(dictionary! { "FT" => "Sig", "V" => signature });
        let pages = dictionary! { "Type" => "Pages", "Kids" => Vec::<Object>::new(), "Count" => 0 };
        let pages = document.add_object(pages);
        let catalog = document.add_object(dictionary! {
            "Type" => "Catalog",
            "Pages" => pages,
            "AcroForm" => dictionary! { "Fields" => vec![Object::Reference(field)] },
        });
        document.trailer.set("Root", catalog);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        bytes
    }

    /// ARC-6: a signature inside a PDF file is recognised, and plainly said not to be verified.
    #[test]
    fn a_signature_inside_a_pdf_file_is_recognised() {
        let file = signed_pdf();
        let at = Instant::from_millis(0);
        let found = check(b"{}", &[(Part::Pdf, &file)], &Trust::default(), at);
        assert_eq!(found.signatures.len(), 1);
        assert_eq!(found.signatures[0].found.form, SignatureForm::Pdf);
        let text = String::from_utf8_lossy(&file).replace("/FT/Sig", "/FT/Tx ");
        assert_eq!(pdf::count_signatures(text.as_bytes()), 0);
        assert_eq!(pdf::count_signatures(b"%PDF-1.7 /ByteRange"), 0);
    }

    const CONTENT: &str = "<nonXMLBody xmlns=\"urn:hl7-org:v3\" ID=\"OID1.2\">\
        <text mediaType=\"application/xhtml+xml\" representation=\"B64\">PGRpdi8+</text>\
        <j:json xmlns:j=\"urn:hl7finland\" representation=\"B64\">e30=</j:json></nonXMLBody>";

    /// ARC-6: what is archived as content is what was digested, or the signature does not cover it.
    #[test]
    fn parts_that_are_not_in_the_digested_bytes_are_told() {
        let check = |parts: &[(Part, &[u8])], expected| {
            assert_eq!(differs(CONTENT, parts), expected, "{parts:?}");
        };
        check(&[(Part::View, b"<div/>"), (Part::Structured, b"{}")], false);
        check(&[(Part::Structured, b"{}"), (Part::View, b"<div/>"), (Part::Frame, b"f")], false);
        check(&[(Part::Structured, b"{ }"), (Part::View, b"<div/>")], true);
        check(&[(Part::View, b"<div/>")], true);
        check(&[(Part::Pdf, b"<div/>")], true);
        // Parts that make no form are refused for that.
        check(&[(Part::Structured, b"{}")], false);
    }
}
