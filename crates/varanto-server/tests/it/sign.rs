//! `varanto sign`: with a key in a file and with one in a token, what it signs is verified.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_domain::codes::CodeSets;
use varanto_domain::time::Instant;
use varanto_formats::national::document;
use varanto_formats::signature::{RevocationList, Trust, jws, xml};
use varanto_kit::signers::{Issued, Order, SignerKey, SigningAuthority};

const PIN: &str = "1234";
const MODULES: [&str; 3] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib/pkcs11/libsofthsm2.so",
];

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// A folder with a document, an authority and a card.
struct Desk {
    folder: tempfile::TempDir,
    authority: SigningAuthority,
    card: Issued,
}

impl Desk {
    fn new(key: SignerKey) -> Self {
        let good = (at("2024-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"));
        let mut authority = SigningAuthority::make("Test signers", good).unwrap();
        let order =
            Order { name: "Testi Tekijä", number: "98258017811", professional: true, key, good };
        let card = authority.issue(&order).unwrap();
        let desk = Self { folder: tempfile::tempdir().unwrap(), authority, card };
        desk.write("card.pem", desk.card.certificate_pem.as_bytes());
        desk.write("card.key", desk.card.key_pem.as_bytes());
        desk.write("document.xml", national().as_bytes());
        desk
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.file(name), bytes).unwrap();
    }

    fn trust(&self) -> Trust {
        let mut trust = Trust::default();
        trust.add_anchor(self.authority.root()).unwrap();
        trust.add_intermediate(self.authority.between()).unwrap();
        let (made, next) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        for list in self.authority.revocation_lists(&[], made, next).unwrap() {
            trust.add_list(RevocationList::read(&list).unwrap());
        }
        trust
    }

    fn sign(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_varanto"))
            .current_dir(self.folder.path())
            .arg("sign")
            .args(["--certificate", "card.pem", "--at", "2026-03-23T10:54:24+02:00"])
            .args(arguments)
            .env("SOFTHSM2_CONF", self.file("softhsm2.conf"))
            .env("LANG", "en_GB.UTF-8")
            .output()
            .unwrap()
    }

    /// Whether the one signature of a written document is good.
    fn is_signed(&self, name: &str) {
        let signed = std::fs::read(self.file(name)).unwrap();
        let read = xml::verify(&signed, &self.trust(), at("2026-03-24T10:00:00Z")).unwrap();
        let [one] = read.signatures.as_slice() else { panic!("{}", read.signatures.len()) };
        assert!(one.found.is_trusted(), "{:?}", one.found);
    }

    /// Makes a software token with the card's key in it.
    fn make_token(&self) {
        std::fs::create_dir_all(self.file("tokens")).unwrap();
        let tokens = format!("directories.tokendir = {}\n", self.file("tokens").display());
        self.write("softhsm2.conf", tokens.as_bytes());
        self.write("pin", format!("{PIN}\n").as_bytes());
        let key = self.file("card.key").display().to_string();
        let token = ["--token", "desk", "--pin", PIN];
        let init = ["--init-token", "--free", "--label", "desk", "--so-pin", "5678", "--pin", PIN];
        let import = ["--import", &key, "--label", "card", "--id", "01"];
        for arguments in [&init[..], &[&import[..], &token].concat()] {
            let done = Command::new("softhsm2-util")
                .args(arguments)
                .env("SOFTHSM2_CONF", self.file("softhsm2.conf"))
                .output()
                .unwrap();
            assert!(done.status.success(), "{}", told(&done));
        }
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn national() -> String {
    let mut metadata = RawMetadata::default();
    for (element, value) in [
        (Element::DocumentId, "1.2.246.10.90000001.95.7"),
        (Element::SetId, "1.2.246.10.90000001.95.7"),
        (Element::Group, "5"),
        (Element::WrittenAt, "2026-03-23T08:00:00Z"),
        (Element::ControllerId, "1.2.246.10.90000001"),
        (Element::ClientIdentityCode, "010190-999F"),
    ] {
        metadata.insert(element, RawValue::Text(value.into()));
    }
    document::write(&metadata, &[(Part::View, b"<div/>")], &CodeSets::built_in(), None)
}

#[test]
fn what_a_key_in_a_file_signs_is_verified() {
    for key in [SignerKey::Rsa, SignerKey::P256] {
        let desk = Desk::new(key);
        let done = desk.sign(&["--key", "card.key", "--out", "signed.xml", "document.xml"]);
        assert!(done.status.success(), "{}", told(&done));
        desk.is_signed("signed.xml");

        desk.write("metadata.json", b"{}");
        desk.write("view.xhtml", b"<div/>");
        let parts = ["--metadata", "metadata.json", "--view", "view.xhtml"];
        let done = desk.sign(&[&parts[..], &["--key", "card.key", "--out", "signature"]].concat());
        assert!(done.status.success(), "{}", told(&done));
        let signature = std::fs::read(desk.file("signature")).unwrap();
        let signed = jws::signed_parts(b"{}", &[(Part::View, b"<div/>")]);
        let now = at("2026-03-24T10:00:00Z");
        let checked = jws::verify(&signature, &signed, &desk.trust(), now);
        assert!(checked.len() == 1 && checked[0].found.is_trusted());
    }
    let desk = Desk::new(SignerKey::Rsa);
    let other = Desk::new(SignerKey::Rsa);
    desk.write("card.key", other.card.key_pem.as_bytes());
    let done = desk.sign(&["--key", "card.key", "--out", "signed.xml", "document.xml"]);
    assert!(told(&done).contains("another key's"), "{}", told(&done));
    assert!(!desk.file("signed.xml").exists());
}

/// ARC-6: a real PKCS #11 token signs, without giving its key out.
#[test]
fn what_a_key_in_a_token_signs_is_verified() {
    let Some(module) = MODULES.into_iter().find(|module| Path::new(module).exists()) else {
        println!("skipped: no SoftHSM on this machine");
        return;
    };
    for key in [SignerKey::Rsa, SignerKey::P256, SignerKey::P384] {
        let desk = Desk::new(key);
        desk.make_token();
        let token = ["--module", module, "--token", "desk", "--pin", "pin", "--out", "signed.xml"];
        let with = |label: &str| {
            desk.sign(&[&token[..], &["--key-label", label, "document.xml"]].concat())
        };
        let done = with("card");
        assert!(done.status.success(), "{}", told(&done));
        desk.is_signed("signed.xml");
        assert!(told(&with("nobody")).contains("0 keys"), "{}", told(&with("nobody")));
        desk.write("pin", b"0000");
        assert!(told(&with("card")).contains("the token answers"), "{}", told(&with("card")));
        desk.write("pin", PIN.as_bytes());
        let other = Desk::new(key);
        desk.write("card.pem", other.card.certificate_pem.as_bytes());
        assert!(told(&with("card")).contains("another key's"), "{}", told(&with("card")));
    }
}
