//! Detached JWS over the parts of a submission.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::signatures::SignerKind;
use varanto_formats::signature::{Signing, SigningKey, jws};

use crate::world::{NOW, SIGNED_AT, at, key, verdict, world};

fn parts() -> Vec<(Part, Vec<u8>)> {
    vec![(Part::View, b"<div/>".to_vec()), (Part::Structured, b"{}".to_vec())]
}

fn payload() -> String {
    payload_of(b"{\"version\":1}", &parts())
}

fn payload_of(metadata: &[u8], parts: &[(Part, Vec<u8>)]) -> String {
    let parts: Vec<(Part, &[u8])> =
        parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
    jws::signed_parts(metadata, &parts)
}

fn signed(rsa: bool) -> String {
    let world = world();
    let key = key(if rsa { &world.rsa_system } else { &world.system });
    jws::sign(&payload(), &Signing { key: &key, kind: SignerKind::System, at: at(SIGNED_AT) })
        .unwrap()
}

fn check(sent: &str, payload: &str, expected: &[&str]) {
    let told = jws::verify(sent.as_bytes(), payload, &world().trust(), at(NOW));
    let told: Vec<String> = told.iter().map(|one| verdict(&one.found)).collect();
    assert_eq!(told, expected, "{sent}");
}

#[test]
fn the_payload_names_every_part_with_its_length_and_digest() {
    assert!(payload().starts_with("varanto-signed-parts/1\nmetadata 13 "));
    let names: Vec<String> =
        payload().lines().skip(1).map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["metadata", "structured", "view"]);
    let structured = payload().lines().nth(2).unwrap().to_owned();
    assert_eq!(structured, "structured 2 RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=");
}

#[test]
fn a_signature_covers_metadata_and_content() {
    for rsa in [false, true] {
        check(&signed(rsa), &payload(), &["valid"]);
        let mut fewer = parts();
        fewer.pop();
        check(&signed(rsa), &payload_of(b"{\"version\":1}", &fewer), &["value"]);
        check(&signed(rsa), &payload_of(b"{\"version\":2}", &parts()), &["value"]);
        let mut other = parts();
        other[0].1.push(b' ');
        check(&signed(rsa), &payload_of(b"{\"version\":1}", &other), &["value"]);
    }
}

fn with_header(change: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut header = serde_json::json!({
        "alg": "ES256",
        "iat": at(SIGNED_AT).millis() / 1000,
        "x5c": [STANDARD.encode(&world().system.certificate)],
    });
    change(&mut header);
    URL_SAFE_NO_PAD.encode(header.to_string())
}

fn signed_with(change: impl FnOnce(&mut serde_json::Value), plain: bool) -> String {
    let protected = with_header(change);
    let payload = if plain { payload() } else { URL_SAFE_NO_PAD.encode(payload()) };
    let value = key(&world().system).sign(format!("{protected}.{payload}").as_bytes()).unwrap();
    format!("{protected}..{}", URL_SAFE_NO_PAD.encode(value))
}

#[test]
fn the_header_says_what_is_defined_and_nothing_else() {
    let form = "form: a header without alg, x5c and iat, or with what is not defined here";
    let check = |expected: &str, plain, change: &dyn Fn(&mut serde_json::Value)| {
        check(&signed_with(change, plain), &payload(), &[expected]);
    };
    check("valid", false, &|_| ());
    check("valid", false, &|header| header["kid"] = "1".into());
    check("valid", true, &|header| {
        header["b64"] = false.into();
        header["crit"] = serde_json::json!(["b64"]);
    });
    check("value", false, &|header| {
        header["b64"] = false.into();
        header["crit"] = serde_json::json!(["b64"]);
    });
    let named = "form: b64 and crit that do not name each other alone";
    check(named, true, &|header| header["b64"] = false.into());
    check(named, false, &|header| header["crit"] = serde_json::json!(["exp"]));
    check(form, false, &|header| header["exp"] = 1.into());
    check(form, false, &|header| header["jwk"] = serde_json::json!({}));
    check(form, false, &|header| header["iat"] = serde_json::Value::Null);
    let algorithm = "form: another algorithm than ES256, RS256 and PS256";
    check(algorithm, false, &|header| header["alg"] = "none".into());
    check(algorithm, false, &|header| header["alg"] = "HS256".into());
    check("value", false, &|header| header["alg"] = "RS256".into());
    check("value", false, &|header| header["alg"] = "PS256".into());
    check("form: no certificate", false, &|header| header["x5c"] = serde_json::json!([]));
    check("form: a certificate that cannot be read", false, &|header| {
        header["x5c"] = serde_json::json!(["AAAA"]);
    });
    check("value", false, &|header| {
        header["x5c"] = serde_json::json!([STANDARD.encode(&world().professional.certificate)]);
    });
}

#[test]
fn several_signatures_come_as_json_and_each_is_judged() {
    let (one, two) = (signed(false), signed(true));
    let entry = |compact: &str| {
        let (protected, signature) = compact.split_once("..").unwrap();
        serde_json::json!({ "protected": protected, "signature": signature })
    };
    let both = serde_json::json!({ "signatures": [entry(&one), entry(&two)] }).to_string();
    check(&both, &payload(), &["valid", "valid"]);
    let mixed =
        serde_json::json!({ "signatures": [entry(&one), { "protected": "e30", "signature": "" }] });
    let form = "form: a header without alg, x5c and iat, or with what is not defined here";
    check(&mixed.to_string(), &payload(), &["valid", form]);
    let json = "form: JSON of another form than signatures with protected and signature";
    check("{\"signatures\":[],\"payload\":\"e30\"}", &payload(), &[json]);
    check("{\"signatures\":[]}", &payload(), &["form: no signature, or too many"]);
    let dots = "form: not a header, nothing and a signature between dots";
    check(&one.replace("..", ".e30."), &payload(), &[dots]);
    check("", &payload(), &[dots]);
    check(&"a".repeat(300_000), &payload(), &["form: more bytes than signatures have"]);
    check(&format!("{one}\n"), &payload(), &["valid"]);
}

/// The last bits of base64url, and the encoding of the two numbers, have one spelling.
#[test]
fn a_signature_has_one_spelling() {
    let one = signed(false);
    let (head, value) = one.split_once("..").unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(value).unwrap();
    bytes.push(0);
    check(&format!("{head}..{}", URL_SAFE_NO_PAD.encode(&bytes)), &payload(), &["value"]);
    check(&format!("{head}..{value}="), &payload(), &["form: a signature not base64url"]);
}
