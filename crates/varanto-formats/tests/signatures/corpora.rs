//! The real test messages, and what their README says that a correct verifier must find.

use std::path::PathBuf;

use varanto_domain::archive::signatures::{Doubt, SignerKind};
use varanto_formats::signature::{Trust, xml};

use crate::world::{at, verdicts};

fn message(name: &str) -> Option<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let read = std::fs::read(folder.join("national-messages").join(name)).ok();
    if read.is_none() {
        println!("skipped: the corpus of national messages is not here");
    }
    read
}

const ISSUER: &str = "issuer-not-among-the-anchors";

#[test]
fn the_messages_as_they_were_signed_are_valid_and_their_issuers_unknown() {
    for (name, now, signers) in [
        ("relationship-document-as-signed.xml", "2026-07-18T00:00:00Z", 1),
        ("plan-document-as-signed.xml", "2026-03-24T00:00:00Z", 2),
    ] {
        let Some(bytes) = message(name) else { return };
        let expected = vec![ISSUER; signers];
        assert_eq!(verdicts(&bytes, &Trust::default(), now), expected, "{name}");
        let with_returns = String::from_utf8(bytes).unwrap().replace('\n', "\r\n");
        assert_eq!(verdicts(with_returns.as_bytes(), &Trust::default(), now), expected, "{name}");
    }
}

#[test]
fn the_messages_as_stored_are_broken_by_their_content_alone() {
    for (name, signers) in [("relationship-document.xml", 1), ("plan-document.xml", 2)] {
        let Some(bytes) = message(name) else { return };
        // The digests of the signing times match, so `time` is not among the flaws.
        let expected = vec![format!("content, value, {ISSUER}"); signers];
        assert_eq!(verdicts(&bytes, &Trust::default(), "2026-08-01T00:00:00Z"), expected);
    }
}

#[test]
fn the_certificates_tell_who_signed() {
    let Some(bytes) = message("plan-document-as-signed.xml") else { return };
    let read = xml::verify(&bytes, &Trust::default(), at("2026-03-24T00:00:00Z")).unwrap();
    for one in &read.signatures {
        let signer = one.found.signer.as_ref().unwrap();
        assert_eq!(one.found.kind, Some(SignerKind::Professional));
        assert_eq!(signer.number, "25104559650");
        assert_eq!(signer.issuer, "DVV TEST Social Welfare and Healthcare Prof. Certs - G2R");
        assert_eq!(one.found.signed_at.unwrap().to_string()[..10], *"2026-03-23");
    }
    assert!(read.content.starts_with("<nonXMLBody xmlns=\"urn:hl7-org:v3\" ID=\"OID1.2.246"));

    let Some(bytes) = message("relationship-document-as-signed.xml") else { return };
    let read = xml::verify(&bytes, &Trust::default(), at("2026-10-20T00:00:00Z")).unwrap();
    let signer = read.signatures[0].found.signer.as_ref().unwrap();
    assert_eq!(read.signatures[0].found.kind, Some(SignerKind::System));
    assert_eq!(signer.number, "1.2.246.10.32213561.10.0");
    assert_eq!(signer.organisation.as_deref(), Some("Vantaan ja Keravan hyvinvointialue"));
    // Its certificate ended between signing and this arrival, which is told.
    let told: Vec<&str> = read.signatures[0].found.doubts.iter().map(Doubt::code).collect();
    assert_eq!(told, ["expired-since", ISSUER]);
}

/// Changing any character of the base64 breaks the signature.
#[test]
fn a_changed_character_of_the_content_breaks_it() {
    let Some(bytes) = message("relationship-document-as-signed.xml") else { return };
    let text = String::from_utf8(bytes).unwrap();
    let body = text.find("<nonXMLBody").unwrap();
    let start = body + text[body..].find("B64\">").unwrap() + 5;
    let end = start + text[start..].find("</text>").unwrap();
    for step in 0..40 {
        let place = start + (end - start) * step / 40;
        let mut changed = text.clone().into_bytes();
        changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
        let told = verdicts(&changed, &Trust::default(), "2026-07-18T00:00:00Z");
        assert_eq!(told, [format!("content, {ISSUER}")], "character {place}");
    }
}
