//! XML-DSig as the national document carries it: made.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use uppsala::NodeId;
use varanto_domain::archive::proof;
use varanto_domain::archive::signatures::SignerKind;

use super::canonical::Tree;
use super::signing::{KeyKind, Signing};
use super::xml::{CDA, DSIG, ECDSA_SHA256, EXCLUSIVE, FINNISH, RSA_SHA256, SHA256};

/// The set of kinds of signatures.
const KINDS: &str = "1.2.246.537.5.40127.2006";
const CONTENT_DIGEST: &str = "@content-digest@";
const TIME_DIGEST: &str = "@time-digest@";
const VALUE: &str = "@value@";

/// Signs a national document: adds one signature after those that it has.
///
/// # Errors
/// Why it cannot be signed: it is no such document, or the key does not sign.
pub fn sign(document: &str, signing: &Signing<'_>) -> Result<String, String> {
    if [CONTENT_DIGEST, TIME_DIGEST, VALUE].iter().any(|mark| document.contains(mark)) {
        return Err("the document holds a mark of ours".into());
    }
    let tree = Tree::read(document.as_bytes())?;
    let root = tree.root((CDA, "ClinicalDocument")).ok_or("another root element")?;
    let component = tree.only(root, (CDA, "component")).ok_or("no component")?;
    let content = tree.only(component, (CDA, "nonXMLBody")).ok_or("no nonXMLBody")?;
    let content_id = tree.attribute(content, "ID").ok_or("a nonXMLBody without an ID")?;
    if content_id.contains(['"', '<', '&']) {
        return Err("an ID that is none".into());
    }
    let header = tree.only(root, (FINNISH, "localSocialHeader")).ok_or("no localSocialHeader")?;
    let collection = tree.only(header, (FINNISH, "signatureCollection"));
    let number = collection.map_or(0, |found| tree.elements(found).len()) + 1;
    let body = tree.canonical(content)?;

    let mut added = template(signing, content_id, number);
    let end = if let Some(collection) = collection {
        end_of(&tree, document, collection)?
    } else {
        added = format!("<signatureCollection xmlns=\"{FINNISH}\">{added}</signatureCollection>");
        end_of(&tree, document, header)?
    };
    let mut signed = [&document[..end], &added, &document[end..]].concat();
    fill(&mut signed, CONTENT_DIGEST, &digest(&body));
    let time = canonical_of(&signed, number, Inner::Timestamp)?;
    fill(&mut signed, TIME_DIGEST, &digest(&time));
    let info = canonical_of(&signed, number, Inner::SignedInfo)?;
    let value = signing.key.sign(info.as_bytes())?;
    fill(&mut signed, VALUE, &STANDARD.encode(value));
    Ok(signed)
}

fn digest(canonical: &str) -> String {
    STANDARD.encode(proof::sha256(canonical.as_bytes()))
}

fn fill(document: &mut String, mark: &str, with: &str) {
    if let Some(at) = document.find(mark) {
        document.replace_range(at..at + mark.len(), with);
    }
}

/// Where the end tag of an element begins.
fn end_of(tree: &Tree<'_>, document: &str, node: NodeId) -> Result<usize, String> {
    let range = tree.range(node).ok_or("an element without a place")?;
    // The tree's places are those of the text without its byte-order mark.
    let offset = document.len() - document.trim_start_matches('\u{feff}').len();
    let text = document.get(range.start + offset..range.end + offset).unwrap_or_default();
    let end = text.rfind("</").ok_or("an empty header")?;
    Ok(range.start + offset + end)
}

#[derive(Clone, Copy)]
enum Inner {
    Timestamp,
    SignedInfo,
}

fn canonical_of(document: &str, number: usize, which: Inner) -> Result<String, String> {
    let tree = Tree::read(document.as_bytes())?;
    let found = tree.root((CDA, "ClinicalDocument")).and_then(|root| {
        let header = tree.only(root, (FINNISH, "localSocialHeader"))?;
        let collection = tree.only(header, (FINNISH, "signatureCollection"))?;
        let signature = *tree.elements(collection).get(number - 1)?;
        match which {
            Inner::Timestamp => tree.only(signature, (FINNISH, "signatureTimestamp")),
            Inner::SignedInfo => {
                tree.only(tree.only(signature, (DSIG, "Signature"))?, (DSIG, "SignedInfo"))
            }
        }
    });
    Ok(tree.canonical(found.ok_or("a signature that is not where it was put")?)?)
}

fn template(signing: &Signing<'_>, content_id: &str, number: usize) -> String {
    let method = match signing.key.kind() {
        KeyKind::Rsa => RSA_SHA256,
        KeyKind::EcP256 | KeyKind::EcP384 => ECDSA_SHA256,
    };
    let name = match signing.kind {
        SignerKind::Professional => "Ammattihenkilön allekirjoitus",
        SignerKind::System => "Järjestelmäallekirjoitus",
    };
    let time_id = format!("{content_id}.time.{number}");
    let reference = |id: &str, mark: &str| {
        format!(
            "<Reference URI=\"#{id}\"><Transforms><Transform Algorithm=\"{EXCLUSIVE}\"/></Transforms>\
             <DigestMethod Algorithm=\"{SHA256}\"/><DigestValue>{mark}</DigestValue></Reference>"
        )
    };
    format!(
        "<signature xmlns=\"{FINNISH}\" ID=\"{content_id}.signature.{number}\">\
         <signatureDescription code=\"{code}\" codeSystem=\"{KINDS}\" \
         codeSystemName=\"KanTa-palvelut - Sähköisen allekirjoituksen tyyppi\" displayName=\"{name}\"/>\
         <signatureTimestamp ID=\"{time_id}\">{at}</signatureTimestamp>\
         <Signature xmlns=\"{DSIG}\"><SignedInfo>\
         <CanonicalizationMethod Algorithm=\"{EXCLUSIVE}\"/><SignatureMethod Algorithm=\"{method}\"/>\
         {content}{time}</SignedInfo><SignatureValue>{VALUE}</SignatureValue><KeyInfo><X509Data>\
         <X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo></Signature></signature>",
        code = signing.kind.code(),
        at = signing.at,
        content = reference(content_id, CONTENT_DIGEST),
        time = reference(&time_id, TIME_DIGEST),
        certificate = STANDARD.encode(signing.key.certificate()),
    )
}
