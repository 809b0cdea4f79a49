//! Signatures of REST submissions: detached JWS over the parts of one, metadata and content.
//!
//! What is signed is a short text that names each part sent, in this order, with its length and digest:
//!
//! ```text
//! varanto-signed-parts/1
//! metadata 1412 Ur0OJcTeMEU72HFZBXsAx8DQJc5YRcPa6G8/Xynw3iw=
//! structured 5380 QESQbjRIA24uebxvau/qR8VJ3lrinqr52dtN/EQoHks=
//! view 8113 g3JxQF4d7lJ1mWqKZ0Nf6xq2yq3mUoYlq0m9v2h3C1M=
//! ```
//!
//! Each line ends with a line feed, the last one too; the digest is SHA-256 over the part's bytes as
//! sent, in base64. The text is the payload of each signature and is left out of it (RFC 7515
//! appendix F). So no part can be left out, added or changed, and a token signs some hundred bytes
//! whatever the size of the document.
//!
//! The protected header holds `alg` (`ES256`, `RS256` or `PS256`), `x5c` (the signer's certificate
//! first) and `iat` (when, in seconds); it may hold `kid`, `typ`, `cty`, and `b64: false` with `crit`
//! (RFC 7797). One signature is sent as compact text `header..signature`; several as the JSON form
//! `{"signatures": [{"protected": …, "signature": …}]}`.
//!
//! Source: ARC-6; RFC 7515, RFC 7518 section 3, RFC 7797.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::proof;
use varanto_domain::archive::signatures::{Flaw, Signature, SignatureForm, SignerKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::Instant;

use super::Checked;
use super::certificate::Certificate;
use super::keys::{Algorithm, Curve};
use super::signing::{KeyKind, Signing};
use super::trust::Trust;

/// The most signatures taken on one submission, and certificates in one of them.
const MOST: usize = 16;
/// The most bytes of all signatures together.
const MOST_BYTES: usize = 256 * 1024;

/// How the text that is signed begins.
pub const SIGNED_PARTS: &str = "varanto-signed-parts/1\n";

/// The text that is signed: every part sent with its length and digest.
#[must_use]
pub fn signed_parts(metadata: &[u8], parts: &[(Part, &[u8])]) -> String {
    let mut text = String::from(SIGNED_PARTS);
    let mut line = |name: &str, bytes: &[u8]| {
        let digest = STANDARD.encode(proof::sha256(bytes));
        let _ = writeln!(text, "{name} {} {digest}", bytes.len());
    };
    line("metadata", metadata);
    for part in Part::ALL.into_iter().filter(|part| part.is_content()) {
        for (_, bytes) in parts.iter().filter(|(found, _)| *found == part) {
            line(part.name(), bytes);
        }
    }
    text
}

/// Checks the signatures of a submission over the text that [`signed_parts`] made of it. A part in
/// which no signature can be read at all is one that is not of the form.
#[must_use]
pub fn verify(sent: &[u8], signed: &str, trust: &Trust, now: Instant) -> Vec<Checked> {
    match read(sent) {
        Ok(signatures) => signatures.iter().map(|one| check(one, signed, trust, now)).collect(),
        Err(reason) => vec![Checked::not_of_the_form(SignatureForm::Jws, reason)],
    }
}

/// Makes one signature, compact.
///
/// # Errors
/// The key does not sign, or not with an algorithm of JWS that is taken here.
pub fn sign(signed: &str, signing: &Signing<'_>) -> Result<String, String> {
    let algorithm = match signing.key.kind() {
        KeyKind::Rsa => "RS256",
        KeyKind::EcP256 => "ES256",
        KeyKind::EcP384 => return Err("ECDSA on P-384 is not used with JWS here".into()),
    };
    let header = serde_json::json!({
        "alg": algorithm,
        "iat": signing.at.millis().div_euclid(1000),
        "x5c": [STANDARD.encode(signing.key.certificate())],
    });
    let protected = URL_SAFE_NO_PAD.encode(header.to_string());
    let value = signing.key.sign(&signing_input(&protected, signed, true))?;
    Ok(format!("{protected}..{}", URL_SAFE_NO_PAD.encode(value)))
}

fn signing_input(protected: &str, signed: &str, encoded: bool) -> Vec<u8> {
    if encoded {
        format!("{protected}.{}", URL_SAFE_NO_PAD.encode(signed)).into_bytes()
    } else {
        format!("{protected}.{signed}").into_bytes()
    }
}

/// One signature as sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    protected: String,
    signature: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentAll {
    signatures: Vec<Sent>,
}

fn read(sent: &[u8]) -> Result<Vec<Sent>, &'static str> {
    if sent.len() > MOST_BYTES {
        return Err("more bytes than signatures have");
    }
    let text = std::str::from_utf8(sent).map_err(|_| "bytes that are not UTF-8")?.trim();
    let signatures = if text.starts_with('{') {
        let all: SentAll = serde_json::from_str(text)
            .map_err(|_| "JSON of another form than signatures with protected and signature")?;
        all.signatures
    } else {
        let parts: Vec<&str> = text.split('.').collect();
        let [protected, "", signature] = parts.as_slice() else {
            return Err("not a header, nothing and a signature between dots");
        };
        vec![Sent { protected: (*protected).to_owned(), signature: (*signature).to_owned() }]
    };
    if signatures.is_empty() || signatures.len() > MOST {
        return Err("no signature, or too many");
    }
    Ok(signatures)
}

/// The protected header. What nobody defined here is refused: it could change the meaning.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProtectedHeader {
    alg: String,
    x5c: Vec<String>,
    iat: i64,
    #[serde(default)]
    crit: Option<Vec<String>>,
    #[serde(default)]
    b64: Option<bool>,
    #[serde(default, rename = "kid")]
    _kid: Option<String>,
    #[serde(default, rename = "typ")]
    _typ: Option<String>,
    #[serde(default, rename = "cty")]
    _cty: Option<String>,
}

/// A signature that was read.
struct Read {
    algorithm: Algorithm,
    encoded: bool,
    at: Instant,
    certificate: Certificate,
    others: Vec<Vec<u8>>,
    value: Vec<u8>,
}

impl Read {
    fn of(sent: &Sent) -> Result<Self, &'static str> {
        let header =
            URL_SAFE_NO_PAD.decode(&sent.protected).map_err(|_| "a header not base64url")?;
        let header: ProtectedHeader = serde_json::from_slice(&header)
            .map_err(|_| "a header without alg, x5c and iat, or with what is not defined here")?;
        let algorithm = match header.alg.as_str() {
            "ES256" => Algorithm::Ecdsa,
            "RS256" => Algorithm::Rsa,
            "PS256" => Algorithm::RsaPss,
            _ => return Err("another algorithm than ES256, RS256 and PS256"),
        };
        let encoded = match (header.b64, header.crit.as_deref()) {
            (None, None) => true,
            (Some(encoded), Some([only])) if only == "b64" => encoded,
            _ => return Err("b64 and crit that do not name each other alone"),
        };
        if header.x5c.len() > MOST {
            return Err("too many certificates");
        }
        let chain = header.x5c.iter().map(|one| STANDARD.decode(one));
        let mut chain: Vec<Vec<u8>> =
            chain.collect::<Result<_, _>>().map_err(|_| "a certificate that is not base64")?;
        if chain.is_empty() {
            return Err("no certificate");
        }
        let certificate =
            Certificate::read(&chain.remove(0)).map_err(|_| "a certificate that cannot be read")?;
        if algorithm == Algorithm::Ecdsa && certificate.key.curve != Some(Curve::P256) {
            return Err("ES256 with another key than one on P-256");
        }
        let value = URL_SAFE_NO_PAD.decode(&sent.signature);
        Ok(Self {
            algorithm,
            encoded,
            at: Instant::from_millis(header.iat.saturating_mul(1000)),
            certificate,
            others: chain,
            value: value.map_err(|_| "a signature not base64url")?,
        })
    }
}

fn check(sent: &Sent, signed: &str, trust: &Trust, now: Instant) -> Checked {
    let read = match Read::of(sent) {
        Ok(read) => read,
        Err(reason) => return Checked::not_of_the_form(SignatureForm::Jws, reason),
    };
    let mut found = Signature {
        form: SignatureForm::Jws,
        kind: None,
        signed_at: None,
        signer: None,
        flaws: Vec::new(),
        doubts: Vec::new(),
    };
    let input = signing_input(&sent.protected, signed, read.encoded);
    if !read.certificate.key.verifies(read.algorithm, &input, &read.value) {
        found.flaws.push(Flaw::Value);
    }
    // The certificate tells whose it is: a system's carries its organisation's OID.
    let is_system = Oid::parse(&read.certificate.signer.number).is_ok();
    found.kind = Some(if is_system { SignerKind::System } else { SignerKind::Professional });
    found.signed_at = Some(read.at);
    let standing = trust.examine(&read.certificate, &read.others, &found, now);
    found.doubts = standing.doubts;
    found.signer = Some(read.certificate.signer.clone());
    Checked {
        found,
        certificate: read.certificate.der,
        chain: standing.chain,
        lists: standing.lists,
    }
}
