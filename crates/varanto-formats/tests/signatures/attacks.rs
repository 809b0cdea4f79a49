//! Signature wrapping and its kin: whatever is moved, doubled or hidden, only what was digested is used.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use varanto_domain::archive::signatures::SignerKind;
use varanto_formats::signature::xml;

use crate::world::{CONTENT, DOCUMENT, NOW, at, document, sign, signed_by, verdicts, world};

fn signed() -> String {
    signed_by(&world().system, SignerKind::System)
}

fn check(document: &str, expected: &[&str]) {
    assert_eq!(verdicts(document.as_bytes(), &world().trust(), NOW), expected);
}

fn element<'a>(document: &'a str, name: &str) -> &'a str {
    let start = document.find(&format!("<{name}")).unwrap();
    let name = name.split(' ').next().unwrap();
    let end = document.find(&format!("</{name}>")).unwrap() + name.len() + 3;
    &document[start..end]
}

const NOT_ONE: &str = "refused signature-form document:nonXMLBody";
const TWICE: &str = "refused duplicate-id document";
const ELSEWHERE: &str = "refused signature-form document:signatureCollection";

#[test]
fn a_signed_document_is_valid_and_gives_out_what_was_digested() {
    check(&signed(), &["valid"]);
    let read = xml::verify(signed().as_bytes(), &world().trust(), at(NOW)).unwrap();
    assert!(read.content.contains(&STANDARD.encode(CONTENT)));
    assert_eq!(read.signatures[0].chain.len(), 2, "the authority between and the root");
    assert_eq!(read.signatures[0].lists.len(), 2);
}

/// ARC-6: several professionals may sign one document, each for itself.
#[test]
fn each_of_several_signatures_is_judged() {
    let world = world();
    let first = signed_by(&world.professional, SignerKind::Professional);
    let both = sign(&first, &world.rsa_system, SignerKind::System);
    let all = sign(&both, &world.system, SignerKind::System);
    check(&all, &["valid", "valid", "valid"]);
    let value = element(&all, "SignatureValue").to_owned();
    check(
        &all.replacen(&value, "<SignatureValue>AAAA</SignatureValue>", 1),
        &["value", "valid", "valid"],
    );
    // Two signatures change places; each still covers its own time and the content.
    let one = element(&all, "signature xmlns").to_owned();
    let rest = all.replacen(&one, "", 1);
    let moved = rest.replace("</signatureCollection>", &format!("{one}</signatureCollection>"));
    check(&moved, &["valid", "valid", "valid"]);
}

#[test]
fn a_changed_content_or_time_is_broken() {
    let document = signed();
    let other = STANDARD.encode("<div>muuta</div>");
    check(&document.replace(&STANDARD.encode(CONTENT), &other), &["content"]);
    check(&document.replace("2026-03-23T08:55:00Z", "2026-03-23T08:55:01Z"), &["time"]);
    check(
        &document.replace("mediaType=\"application/xhtml+xml\"", "mediaType=\"text/plain\""),
        &["content"],
    );
    check(
        &document.replace("representation=\"B64\">e30=", "representation=\"B64\"> e30="),
        &["content"],
    );
}

/// The signed content is moved aside under its id, and another stands where readers look.
#[test]
fn a_second_content_is_refused_wherever_it_stands() {
    let document = signed();
    let body = element(&document, "nonXMLBody").to_owned();
    let forged = body.replace(&STANDARD.encode(CONTENT), &STANDARD.encode("<div>x</div>"));
    let renamed = forged.replace(&format!("OID{DOCUMENT}"), "OID1.2.3");
    for (inserted, expected) in [
        (document.replace(&body, &format!("{body}{forged}")), vec![TWICE, NOT_ONE]),
        (document.replace(&body, &format!("{forged}{body}")), vec![TWICE, NOT_ONE]),
        (document.replace(&body, &format!("{body}{renamed}")), vec![NOT_ONE]),
        (document.replace(&body, &format!("<x>{body}</x>{renamed}")), vec![NOT_ONE]),
        (
            document.replace("<component>", &format!("<component>{forged}</component><component>")),
            vec![TWICE, NOT_ONE],
        ),
        (
            document.replace("<component>", &format!("<other>{body}</other><component>")),
            vec![TWICE, NOT_ONE],
        ),
        (
            document
                .replace(&body, &renamed)
                .replace("<id root", &format!("<x>{body}</x><id root")),
            vec![NOT_ONE],
        ),
        // The original goes into the signature, as an enveloping `Object`.
        (
            document
                .replace(&body, &renamed)
                .replace("</KeyInfo>", &format!("</KeyInfo><Object>{body}</Object>")),
            vec![NOT_ONE],
        ),
        // Another namespace, the same local name.
        (
            document.replace(&body, &format!("{body}<nonXMLBody xmlns=\"urn:other\" ID=\"a\"/>")),
            vec![NOT_ONE],
        ),
    ] {
        check(&inserted, &expected);
    }
}

#[test]
fn an_id_that_occurs_twice_is_refused_however_it_is_written() {
    let document = signed();
    for id in ["ID", "Id", "id", "xml:id", "ep2:ID"] {
        let added = format!("<ep2:creationTime {id}=\"OID{DOCUMENT}\"");
        check(&document.replace("<ep2:creationTime", &added), &[TWICE]);
    }
    check(&document.replace("<ep2:creationTime", "<ep2:creationTime ID=\"other\""), &["valid"]);
}

#[test]
fn the_content_is_bound_to_the_document_that_names_it() {
    let document = signed();
    let other = document.replace(&format!("<id root=\"{DOCUMENT}\"/>"), "<id root=\"1.2.3\"/>");
    check(&other, &[NOT_ONE]);
}

#[test]
fn a_signature_outside_its_place_is_refused() {
    let document = signed();
    let collection = element(&document, "signatureCollection").to_owned();
    let bare = element(&document, "Signature").to_owned();
    let inside = document.replace("</nonXMLBody>", &format!("{bare}</nonXMLBody>"));
    check(&inside, &[ELSEWHERE]);
    check(&document.replace(&collection, &format!("<x>{collection}</x>")), &[ELSEWHERE]);
    check(
        &document.replace(&collection, &format!("{collection}<signatureCollection/>")),
        &[ELSEWHERE],
    );
    let twice = collection.replace(" ID=\"", " ID=\"b");
    check(&document.replace(&collection, &format!("{collection}{twice}")), &[ELSEWHERE]);
    check(&document.replace(&collection, ""), &[]);
}

#[test]
fn what_is_signed_is_the_two_elements_and_no_other() {
    let document = signed();
    let reference = element(&document, "Reference").to_owned();
    let form = |words: &str| format!("form: {words}");
    let extra = document.replacen(&reference, &format!("{reference}{reference}"), 1);
    check(&extra, &[&form("not exactly two references")]);
    let missing = document.replacen(&reference, "", 1);
    check(&missing, &[&form("not exactly two references")]);
    // Both references to one element.
    let second = document[document.find(&reference).unwrap() + reference.len()..].to_owned();
    let second = element(&second, "Reference").to_owned();
    let same = document.replacen(&second, &reference, 1);
    let others = form("references to other elements than the content and the time");
    check(&same, &[&format!("{others}, value")]);
    for (from, to, words) in [
        ("URI=\"#OID", "URI=\"OID", "a reference that does not name an element's ID"),
        ("URI=\"#OID", "URI=\"#xpointer(id('OID", "a reference that does not name an element's ID"),
        (
            "<Transforms>",
            "<Transforms><Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\"/>",
            "other transforms than the exclusive canonicalisation",
        ),
        (
            "<Transforms>",
            "<Transforms><Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"/>",
            "other transforms than the exclusive canonicalisation",
        ),
        ("xmlenc#sha256", "xmldsig#sha1", "another digest than SHA-256"),
        ("ecdsa-sha256", "hmac-sha256", "another algorithm than RSA or ECDSA with SHA-256"),
        (
            "<CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
            "<CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/>",
            "another canonicalisation than the exclusive one",
        ),
        (
            "xml-exc-c14n#\"/></Transforms>",
            "xml-exc-c14n#\"><i PrefixList=\"a\"/></Transform></Transforms>",
            "an algorithm with parameters",
        ),
        ("<DigestValue>", "<DigestValue>=", "a DigestValue that is not 32 bytes in base64"),
    ] {
        let changed = document.replacen(from, to, 1);
        assert_ne!(changed, document, "{from}");
        check(&changed, &[&form(words)]);
    }
}

/// The signed list of references is put aside; another takes its place.
#[test]
fn a_swapped_list_of_references_is_broken() {
    let world = world();
    let document = signed();
    let other = sign(
        &document
            .replacen(element(&document, "signatureCollection"), "", 1)
            .replace(&STANDARD.encode(CONTENT), &STANDARD.encode("toinen")),
        &world.system,
        SignerKind::System,
    );
    let (ours, theirs) = (element(&document, "SignedInfo"), element(&other, "SignedInfo"));
    check(&other.replace(theirs, ours), &["content, value"]);
    check(&document.replace(ours, theirs), &["content, value"]);
    let twice = document.replace(ours, &format!("{ours}{ours}"));
    check(&twice, &["form: not exactly SignedInfo, SignatureValue and KeyInfo"]);
    let hidden = document.replace(ours, &format!("{theirs}<Object>{ours}</Object>"));
    check(&hidden, &["form: not exactly SignedInfo, SignatureValue and KeyInfo"]);
}

/// A comment changes neither what is digested nor what is read: the text read is the text digested.
#[test]
fn comments_and_sections_change_nothing_that_is_read() {
    let document = signed();
    let text = STANDARD.encode(CONTENT);
    let (head, tail) = text.split_at(20);
    let expected = xml::verify(document.as_bytes(), &world().trust(), at(NOW)).unwrap().content;
    for (from, to) in [
        (text.clone(), format!("{head}<!-- x -->{tail}")),
        (text.clone(), format!("<![CDATA[{head}]]>{tail}")),
        (text.clone(), format!("{head}&#{};{}", tail.as_bytes()[0], &tail[1..])),
        ("2026-03-23T08:55:00Z".into(), "2026-03-23<!-- -->T08:55:00Z".into()),
        ("<SignedInfo>".into(), "<SignedInfo><!-- x -->".into()),
    ] {
        let changed = document.replacen(&from, &to, 1);
        assert_ne!(changed, document);
        check(&changed, &["valid"]);
        let read = xml::verify(changed.as_bytes(), &world().trust(), at(NOW)).unwrap();
        assert_eq!(read.content, expected);
        assert_eq!(read.signatures[0].found.signed_at, Some(at("2026-03-23T08:55:00Z")));
    }
    // In the digest, a comment would let two readers see two values: it is taken out before both.
    let digest = element(&document, "DigestValue").to_owned();
    let commented = digest.replace("<DigestValue>", "<DigestValue><!--AAAA-->");
    check(&document.replacen(&digest, &commented, 1), &["valid"]);
    let instruction = document.replacen(&text, &format!("{head}<?x y?>{tail}"), 1);
    check(&instruction, &[NOT_ONE]);
}

#[test]
fn entities_and_document_types_are_refused() {
    let document = signed();
    let refused = "refused signature-form document:document";
    let declared = "?>\n<!DOCTYPE ClinicalDocument [<!ENTITY e 'x'>]>";
    check(&document.replacen("?>\n", declared, 1), &[refused]);
    check(&document.replacen("e30=", "&e;", 1), &[refused]);
    check(&document.replacen("UTF-8", "UTF-16", 1), &[refused]);
    check(&format!("{document}<!-- ok -->"), &["valid"]);
    check(&format!("\u{feff}{document}"), &["valid"]);
    check(
        &document.replace("<component>", &format!("{}<component>", "<a>".repeat(100))),
        &[refused],
    );
}

#[test]
fn the_signer_is_the_one_certificate_of_the_signature() {
    let world = world();
    let document = signed();
    let certificate = element(&document, "X509Certificate").to_owned();
    let other = format!(
        "<X509Certificate>{}</X509Certificate>",
        STANDARD.encode(&world.rsa_system.certificate)
    );
    check(&document.replace(&certificate, &other), &["value"]);
    let both = document.replace(&certificate, &format!("{certificate}{other}"));
    check(&both, &["form: not exactly the signer's certificate in KeyInfo"]);
    let garbage = document.replace(&certificate, "<X509Certificate>AAAA</X509Certificate>");
    check(&garbage, &["form: a certificate that cannot be read"]);
    let spoilt = document.replace(&certificate, "<X509Certificate>?</X509Certificate>");
    check(&spoilt, &["form: a certificate that is not base64"]);
}

/// A system may not pass for a professional, nor the other way round.
#[test]
fn the_kind_that_is_claimed_is_the_certificates() {
    let document = signed();
    check(
        &document.replace("signatureDescription code=\"3\"", "signatureDescription code=\"1\""),
        &["kind-differs"],
    );
    check(
        &document.replace("signatureDescription code=\"3\"", "signatureDescription code=\"7\""),
        &["form: a kind of signature that is not known"],
    );
    let world = world();
    let card = signed_by(&world.professional, SignerKind::System);
    check(&card, &["kind-differs"]);
}

#[test]
fn a_document_without_a_header_cannot_be_signed() {
    let bare = document(CONTENT).replace("localSocialHeader", "otherHeader");
    let world = world();
    let key = crate::world::key(&world.system);
    let signing = varanto_formats::signature::Signing {
        key: &key,
        kind: SignerKind::System,
        at: at(crate::world::SIGNED_AT),
    };
    assert!(varanto_formats::signature::sign_xml(&bare, &signing).is_err());
}
