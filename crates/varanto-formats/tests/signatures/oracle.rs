//! Agreement with xmlsec1, an implementation that shares nothing with ours: what we sign it verifies,
//! what it signs we verify, and what either refuses the other does not take.

use std::path::Path;
use std::process::{Command, Stdio};

use varanto_domain::archive::signatures::{Flaw, SignerKind};
use varanto_formats::signature::xml;
use varanto_kit::signers::Issued;

use crate::world::{NOW, at, document, sign, world};

/// The documents signed and mutated in each direction, for each of two signers.
const DOCUMENTS: u64 = 16;

fn is_there() -> bool {
    let found = Command::new("xmlsec1").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !found {
        println!("skipped: no xmlsec1 on this machine");
    }
    found
}

const IDS: [&str; 4] = [
    "--id-attr:ID",
    "urn:hl7-org:v3:nonXMLBody",
    "--id-attr:ID",
    "urn:hl7finland:signatureTimestamp",
];

/// Whether xmlsec1 verifies the document's signature and its chain to our root.
fn theirs(folder: &Path, document: &[u8]) -> bool {
    let file = folder.join("document.xml");
    std::fs::write(&file, document).unwrap();
    let (root, between) = (folder.join("root.pem"), folder.join("between.pem"));
    std::fs::write(&root, world().authority.root_pem()).unwrap();
    std::fs::write(&between, world().authority.between_pem()).unwrap();
    let status = Command::new("xmlsec1")
        .args(["--verify", "--enabled-key-data", "x509"])
        .args(["--verification-gmt-time", "2026-03-24+12:00:00", "--trusted-pem"])
        .arg(&root)
        .arg("--untrusted-pem")
        .arg(&between)
        .args(IDS)
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.unwrap().success()
}

/// The same document, signed by xmlsec1 where ours has its values.
fn signed_by_them(folder: &Path, ours: &str, by: &Issued) -> String {
    let (template, key, out) =
        (folder.join("template.xml"), folder.join("key.pem"), folder.join("signed.xml"));
    std::fs::write(&template, emptied(ours)).unwrap();
    std::fs::write(&key, &by.key_pem).unwrap();
    let certificate = folder.join("certificate.pem");
    std::fs::write(&certificate, &by.certificate_pem).unwrap();
    let told = Command::new("xmlsec1")
        .arg("--sign")
        .args(IDS)
        .arg("--privkey-pem")
        .arg(format!("{},{}", key.display(), certificate.display()))
        .arg("--output")
        .args([&out, &template])
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    std::fs::read_to_string(&out).unwrap()
}

/// A signed document without digests, value and certificate: what xmlsec1 fills in.
fn emptied(ours: &str) -> String {
    ["DigestValue", "SignatureValue", "X509Certificate"].iter().fold(
        ours.to_owned(),
        |text, name| {
            let (open, close) = (format!("<{name}>"), format!("</{name}>"));
            let mut out = String::new();
            for piece in text.split_inclusive(&close) {
                match piece.split_once(&open) {
                    Some((before, _)) => out.extend([before, &open, &close]),
                    None => out.push_str(piece),
                }
            }
            out
        },
    )
}

/// Our verdict: whether the signature is intact and trusted; `None` when we refuse its form, which
/// xmlsec1 may take.
fn ours(document: &[u8]) -> Option<bool> {
    let Ok(read) = xml::verify(document, &world().trust(), at(NOW)) else { return None };
    let [one] = read.signatures.as_slice() else { return None };
    let formed = !one.found.flaws.iter().any(|flaw| matches!(flaw, Flaw::Form(_)));
    formed.then(|| one.found.is_trusted())
}

/// Numbers that look random and are the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// Contents that canonicalisation has something to do with.
fn generated(draw: &mut Draw, number: u64) -> String {
    const PIECES: [&str; 8] =
        ["<p>", "&amp;", "\u{e4}\u{f6}", "\r\n", "\t", "<!-- x -->", "\"'", "\u{1f9fe}"];
    let mut text = format!("<div>{number} ");
    for _ in 0..draw.below(12) {
        text.push_str(PIECES[draw.below(PIECES.len())]);
    }
    let mut document = document(&text);
    let changes = [
        ("<text ", "<text\n\trepresentation2='a&#9;b &quot;' "),
        (
            "</nonXMLBody>",
            "<!-- c --><x:y xmlns:x='urn:x' xmlns:z='urn:z' x:b='2' a='1'/></nonXMLBody>",
        ),
        ("<nonXMLBody ", "<nonXMLBody xmlns:unused='urn:unused' "),
        (
            "<ClinicalDocument ",
            "<ClinicalDocument xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xml:lang='fi' ",
        ),
        ("<nonXMLBody", "\r\n  <nonXMLBody"),
        ("</nonXMLBody>", "<![CDATA[<&>]]>\r\n&#13;</nonXMLBody>"),
        ("</nonXMLBody>", "<a xmlns=''><b xmlns='urn:b'/></a></nonXMLBody>"),
    ];
    for (from, to) in changes {
        if draw.below(2) == 0 {
            document = document.replacen(from, to, 1);
        }
    }
    document
}

/// One letter or digit changed; now and then a byte taken out or put in.
fn mutated(draw: &mut Draw, document: &str) -> Vec<u8> {
    let mut bytes = document.as_bytes().to_vec();
    let mut place = draw.below(bytes.len());
    match draw.below(6) {
        0 => drop(bytes.remove(place)),
        1 => bytes.insert(place, b" aA0\n"[draw.below(5)]),
        _ => {
            while !bytes[place].is_ascii_alphanumeric() {
                place = draw.below(bytes.len());
            }
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        }
    }
    bytes
}

/// Counts of each pair of verdicts, to see that the comparison compares.
#[derive(Default, Debug)]
struct Seen {
    both_valid: u32,
    both_broken: u32,
    refused_by_form: u32,
}

fn compare(folder: &Path, document: &[u8], seen: &mut Seen) {
    match (ours(document), theirs(folder, document)) {
        (Some(true), true) => seen.both_valid += 1,
        (Some(false), false) => seen.both_broken += 1,
        (None, _) => seen.refused_by_form += 1,
        (ours, theirs) => {
            panic!("we say {ours:?}, xmlsec1 says {theirs}:\n{}", String::from_utf8_lossy(document))
        }
    }
}

#[test]
fn xmlsec1_agrees_on_generated_and_mutated_documents_in_both_directions() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut draw, mut seen) = (Draw(7), Seen::default());
    for by in [&world().system, &world().rsa_system] {
        for number in 0..DOCUMENTS {
            let made = sign(&generated(&mut draw, number), by, SignerKind::System);
            let remade = signed_by_them(folder.path(), &made, by);
            for document in [&made, &remade] {
                assert_eq!(ours(document.as_bytes()), Some(true), "{document}");
                assert!(theirs(folder.path(), document.as_bytes()), "{document}");
                seen.both_valid += 1;
                for _ in 0..3 {
                    compare(folder.path(), &mutated(&mut draw, document), &mut seen);
                }
            }
        }
    }
    println!("{seen:?}");
    let all = seen.both_valid + seen.both_broken + seen.refused_by_form;
    assert_eq!(u64::from(all), DOCUMENTS * 2 * 2 * 4);
    assert!(seen.both_valid > 64 && seen.both_broken > 40, "{seen:?}");
}

/// P-384, which xmlsec1 signs with and our file keys do not.
#[test]
fn a_signature_on_p384_of_xmlsec1_is_verified() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let good = (at(crate::world::GOOD[0]), at(crate::world::GOOD[1]));
    let mut authority = varanto_kit::signers::SigningAuthority::make("P-384", good).unwrap();
    let by = authority.issue(&varanto_kit::signers::Order {
        name: "ATJ",
        number: "1.2.246.10.2012566.10.0",
        professional: false,
        key: varanto_kit::signers::SignerKey::P384,
        good,
    });
    let made = sign(&document("x"), &world().system, SignerKind::System);
    let remade = signed_by_them(folder.path(), &made, &by.unwrap());
    let flaws = |document: &str| {
        let read = xml::verify(document.as_bytes(), &world().trust(), at(NOW)).unwrap();
        read.signatures[0].found.flaws.clone()
    };
    assert_eq!(flaws(&remade), []);
    assert_eq!(flaws(&remade.replace("e30=", "e31=")), [Flaw::Content]);
}
