//! What the tests share: an authority, signers and a document.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use varanto_domain::archive::signatures::{Doubt, Flaw, Signature, SignerKind};
use varanto_domain::time::Instant;
use varanto_formats::signature::{FileKey, RevocationList, Signing, Trust, sign_xml, xml};
use varanto_kit::signers::{Issued, Order, SignerKey, SigningAuthority};

pub(crate) const SIGNED_AT: &str = "2026-03-23T08:55:00Z";
pub(crate) const NOW: &str = "2026-03-24T12:00:00Z";
pub(crate) const DOCUMENT: &str = "1.2.246.10.2012566.95.2026.1.7";

pub(crate) fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

pub(crate) const GOOD: [&str; 2] = ["2025-01-01T00:00:00Z", "2028-01-01T00:00:00Z"];

pub(crate) struct World {
    pub(crate) authority: SigningAuthority,
    pub(crate) professional: Issued,
    pub(crate) system: Issued,
    pub(crate) rsa_system: Issued,
}

/// One world for all tests: making RSA keys takes its time.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let good = (at(GOOD[0]), at(GOOD[1]));
        let mut authority = SigningAuthority::make("Varanto Test Certs", good).unwrap();
        let mut issue = |name, number, professional, key| {
            authority.issue(&Order { name, number, professional, key, good }).unwrap()
        };
        let county = "1.2.246.10.2012566.10.0";
        let professional = issue("Virtanen Aino", "25104559650", true, SignerKey::P256);
        let system = issue("ATJ", county, false, SignerKey::P256);
        let rsa_system = issue("ATJ RSA", county, false, SignerKey::Rsa);
        World { authority, professional, system, rsa_system }
    })
}

impl World {
    pub(crate) fn trust(&self) -> Trust {
        let mut trust = Trust::default();
        trust.add_anchor(self.authority.root()).unwrap();
        trust.add_intermediate(self.authority.between()).unwrap();
        let lists = self.authority.revocation_lists(&[], at("2026-03-01T00:00:00Z"), at(GOOD[1]));
        for list in lists.unwrap() {
            trust.add_list(RevocationList::read(&list).unwrap());
        }
        trust
    }
}

/// The document with one signature.
pub(crate) fn signed_by(by: &Issued, kind: SignerKind) -> String {
    sign(&document(CONTENT), by, kind)
}

pub(crate) fn key(of: &Issued) -> FileKey {
    FileKey::read(of.key_pem.as_bytes(), of.certificate_pem.as_bytes()).unwrap()
}

pub(crate) fn sign(document: &str, by: &Issued, kind: SignerKind) -> String {
    sign_xml(document, &Signing { key: &key(by), kind, at: at(SIGNED_AT) }).unwrap()
}

pub(crate) const CONTENT: &str = "<div class=\"soc-document\">Käynti sovittu</div>";

/// A document without a signature.
pub(crate) fn document(content: &str) -> String {
    let body = STANDARD.encode(content);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\">\
         <!-- tunniste --><id root=\"{DOCUMENT}\"/>\
         <ep2:localSocialHeader xmlns:ep2=\"urn:hl7finland\"><ep2:creationTime value=\"20260323\"/>\
         </ep2:localSocialHeader><component><nonXMLBody ID=\"OID{DOCUMENT}\">\
         <text mediaType=\"application/xhtml+xml\" representation=\"B64\">{body}</text>\
         <ep2:json xmlns:ep2=\"urn:hl7finland\" representation=\"B64\">e30=</ep2:json>\
         </nonXMLBody></component></ClinicalDocument>"
    )
}

/// The verdict on each signature: `valid`, or everything against it.
pub(crate) fn verdicts(document: &[u8], trust: &Trust, now: &str) -> Vec<String> {
    match xml::verify(document, trust, at(now)) {
        Ok(signed) => signed.signatures.iter().map(|one| verdict(&one.found)).collect(),
        Err(faults) => {
            faults.iter().map(|f| format!("refused {} {}", f.code(), f.element)).collect()
        }
    }
}

pub(crate) fn verdict(found: &Signature) -> String {
    let flaws = found.flaws.iter().map(|flaw| match flaw {
        Flaw::Form(reason) => format!("form: {reason}"),
        other => other.code().to_owned(),
    });
    let doubts = found.doubts.iter().map(|doubt| match doubt {
        Doubt::Malformed(reason) => format!("malformed: {reason}"),
        other => other.code().to_owned(),
    });
    let all: Vec<String> = flaws.chain(doubts).collect();
    if all.is_empty() { "valid".to_owned() } else { all.join(", ") }
}
