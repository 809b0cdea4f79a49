//! The signatures of a whole submission, in whatever form they came: checked when it arrives, and in
//! the same way each time the archive is verified.

use varanto_domain::archive::documents::{Form, Part};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::time::Instant;

use super::trust::Trust;
use super::{Checked, jws, xml};
use crate::national::document;

/// What was found out about the signatures of a submission.
#[derive(Debug, Clone, Default)]
pub struct SentSignatures {
    /// The signatures: those in the national document, then those of the signature part.
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
