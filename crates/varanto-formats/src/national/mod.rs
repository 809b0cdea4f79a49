//! National messages: the frame (siirtokehys), the signed document (CDA R2) in it, and the
//! acknowledgement that answers.
//!
//! A document's header becomes the same [`RawMetadata`](varanto_domain::archive::metadata::RawMetadata)
//! as the REST interface sends, so one operation archives both. What cannot be read is told as
//! faults, each in its stage and at its path; oddities of real messages that change nothing are
//! told as remarks. Where the nation's form is not public the form is ours: `docs/own-choices.md`.
//!
//! Source: ARC-1, ARC-2; national-specs 1 to 3.

pub mod acknowledgement;
pub mod document;
pub mod frame;
pub mod message;
pub mod mime;
pub mod soap;

mod base64;
mod elements;
mod print;
mod reading;
#[cfg(test)]
mod tests;
mod times;

/// HL7 version 3: frames and CDA documents.
pub const HL7: &str = "urn:hl7-org:v3";
/// HL7 Finland: the extensions of the header, the structured content.
pub const HL7FI: &str = "urn:hl7finland";
/// Our own elements, where neither has one.
pub const OWN: &str = "urn:varanto:national:1";
/// The device of the national archive, to which frames are addressed.
pub const ARCHIVE_DEVICE: &str = "1.2.246.556.18007.2";

/// An OID without the `urn:oid:` that some systems spell before it.
fn bare_oid(text: &str) -> &str {
    let text = text.trim_matches([' ', '\t', '\n', '\r']);
    text.strip_prefix("urn:oid:").unwrap_or(text)
}
