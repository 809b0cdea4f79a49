//! XML-DSig as the national document carries it: checked.
//!
//! A signature covers two elements: the content (`component/nonXMLBody`) and its own
//! `signatureTimestamp`. Both are picked by their place in the tree, never looked up by their ids, so an
//! element moved, doubled or wrapped elsewhere is never what is digested. What the signature says is
//! read from the canonical bytes that its value was checked over, and the content is given out as
//! the canonical bytes that were digested.
//!
//! Source: ARC-6, national-specs 1.5; XML Signature 1.1, Exclusive XML Canonicalization 1.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::Node;
use uppsala::NodeId;
use varanto_domain::archive::proof;
use varanto_domain::archive::signatures::{Flaw, Signature, SignatureForm, SignerKind};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::time::Instant;

use super::Checked;
use super::canonical::{Name, Tree};
use super::certificate::Certificate;
use super::keys::Algorithm;
use super::trust::Trust;

/// The namespace of the document.
pub(super) const CDA: &str = "urn:hl7-org:v3";
/// The namespace of the Finnish header.
pub(super) const FINNISH: &str = "urn:hl7finland";
/// The namespace of signatures.
pub(super) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
pub(super) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub(super) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
pub(super) const SHA256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
pub(super) const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
pub(super) const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

/// The most signatures taken on one document.
const MOST_SIGNATURES: usize = 16;

/// A national document whose signatures were checked.
#[derive(Debug, Clone)]
pub struct SignedDocument {
    /// The content (`nonXMLBody`) in canonical form: the very bytes that were digested. Whoever uses
    /// signed content reads it from here.
    pub content: String,
    /// The signatures in the order in which they stand; none when the document has none.
    pub signatures: Vec<Checked>,
}

/// Checks the signatures of a national document.
///
/// # Errors
/// The document's shape leaves open what is signed: every fault.
pub fn verify(bytes: &[u8], trust: &Trust, now: Instant) -> Result<SignedDocument, Vec<Fault>> {
    let tree = Tree::read(bytes).map_err(|reason| vec![unfit("document", reason)])?;
    let places = Places::find(&tree)?;
    let content = tree.canonical(places.content).map_err(|r| vec![unfit("nonXMLBody", r)])?;
    let digested = Digested { id: &places.content_id, digest: proof::sha256(content.as_bytes()) };
    let signatures = places.signatures.iter();
    let signatures = signatures.map(|node| check(&tree, *node, &digested, trust, now)).collect();
    Ok(SignedDocument { content, signatures })
}

/// Where in the document the place is that a fault of its signatures names.
#[must_use]
pub fn path_of(element: &str) -> Option<String> {
    const SIGNATURES: &str = "ClinicalDocument/localSocialHeader/signatureCollection";
    if let Some(rest) = element.strip_prefix("signature:") {
        let (place, inside) = rest.split_once(':').unwrap_or((rest, ""));
        let inside = match inside {
            "certificate" => "/Signature/KeyInfo/X509Data/X509Certificate",
            "time" => "/signatureTimestamp",
            _ => "",
        };
        return Some(format!("{SIGNATURES}/signature[{place}]{inside}"));
    }
    match element {
        "signature" | "document:signatureCollection" => Some(SIGNATURES.to_owned()),
        "document:nonXMLBody" => Some("ClinicalDocument/component/nonXMLBody".to_owned()),
        "document" | "document:document" | "document:ClinicalDocument" => {
            Some("ClinicalDocument".to_owned())
        }
        _ => None,
    }
}

fn unfit(element: &str, reason: &'static str) -> Fault {
    Fault::new(FaultKind::SignatureForm, format!("document:{element}"), "ARC-6")
        .arg("reason", reason)
}

/// Where the content and the signatures stand.
struct Places {
    content: NodeId,
    content_id: String,
    signatures: Vec<NodeId>,
}

impl Places {
    /// Finds both by their paths, and refuses what has the looks of either elsewhere.
    fn find(tree: &Tree<'_>) -> Result<Self, Vec<Fault>> {
        let Some(root) = tree.root((CDA, "ClinicalDocument")) else {
            return Err(vec![unfit("ClinicalDocument", "another root element")]);
        };
        let mut faults = Vec::new();
        if let Some(shared) = tree.shared_id() {
            let fault = Fault::new(FaultKind::DuplicateId, "document", "ARC-6");
            faults.push(fault.value(shared));
        }
        let content = tree
            .only(root, (CDA, "component"))
            .and_then(|component| tree.only(component, (CDA, "nonXMLBody")))
            .filter(|_| tree.count("nonXMLBody") == 1);
        let content_id = content.and_then(|node| tree.attribute(node, "ID")).map(str::to_owned);
        let document = tree.only(root, (CDA, "id")).and_then(|id| tree.attribute(id, "root"));
        match (&content_id, document) {
            _ if content.is_none() => {
                faults.push(unfit("nonXMLBody", "not exactly one, in its place"));
            }
            (Some(id), Some(document)) if *id == format!("OID{document}") => {}
            _ => faults.push(unfit("nonXMLBody", "an ID that is not the document's")),
        }
        let signatures = Self::signatures(tree, root).unwrap_or_else(|fault| {
            faults.push(fault);
            Vec::new()
        });
        match (content, content_id) {
            (Some(content), Some(content_id)) if faults.is_empty() => {
                Ok(Self { content, content_id, signatures })
            }
            _ => Err(faults),
        }
    }

    fn signatures(tree: &Tree<'_>, root: NodeId) -> Result<Vec<NodeId>, Fault> {
        let header = tree.children(root, (FINNISH, "localSocialHeader"));
        let collections: Vec<NodeId> = header
            .iter()
            .flat_map(|header| tree.children(*header, (FINNISH, "signatureCollection")))
            .collect();
        let found: Vec<NodeId> = collections
            .iter()
            .flat_map(|collection| tree.children(*collection, (FINNISH, "signature")))
            .collect();
        let told = |reason| Err(unfit("signatureCollection", reason));
        if header.len() > 1 || collections.len() > 1 {
            return told("more than one");
        }
        if found.len() > MOST_SIGNATURES {
            return told("too many signatures");
        }
        let others = [("signatureCollection", collections.len()), ("Signature", found.len())];
        if others.iter().any(|(name, known)| tree.count(name) != *known) {
            return told("a signature outside its place, or a place without one");
        }
        Ok(found)
    }
}

/// An element that a signature should cover.
struct Digested<'a> {
    id: &'a str,
    digest: proof::Hash,
}

const DESCRIPTION: Name = (FINNISH, "signatureDescription");
const TIMESTAMP: Name = (FINNISH, "signatureTimestamp");
const SIGNATURE: Name = (DSIG, "Signature");

/// Checks one `signature` element.
fn check(
    tree: &Tree<'_>,
    node: NodeId,
    content: &Digested<'_>,
    trust: &Trust,
    now: Instant,
) -> Checked {
    let mut found = Signature {
        form: SignatureForm::Xml,
        kind: kind(tree, node),
        signed_at: None,
        signer: None,
        flaws: Vec::new(),
        doubts: Vec::new(),
    };
    let read = Parts::of(tree, node).and_then(|parts| {
        let timestamp = Timestamp::of(tree, parts.timestamp)?;
        let signed_info = tree.canonical(parts.signed_info)?;
        Ok((parts, timestamp, signed_info))
    });
    let (parts, timestamp, signed_info) = match read {
        Ok(read) => read,
        Err(reason) => {
            found.flaws.push(Flaw::Form(reason));
            return unread(found);
        }
    };
    if found.kind.is_none() {
        found.flaws.push(Flaw::Form("a kind of signature that is not known"));
    }
    found.signed_at = Some(timestamp.at);
    let Ok(certificate) = Certificate::read(&parts.certificate) else {
        found.flaws.push(Flaw::Form("a certificate that cannot be read"));
        return unread(found);
    };
    match SignedInfo::read(&signed_info) {
        Err(reason) => found.flaws.push(Flaw::Form(reason)),
        Ok(info) => {
            found.flaws.extend(info.flaws(content, &timestamp.digested()));
            let value =
                certificate.key.verifies(info.algorithm, signed_info.as_bytes(), &parts.value);
            if !value {
                found.flaws.push(Flaw::Value);
            }
        }
    }
    let standing = trust.examine(&certificate, &[], &found, now);
    found.signer = Some(certificate.signer.clone());
    found.doubts = standing.doubts;
    Checked { found, certificate: certificate.der, chain: standing.chain, lists: standing.lists }
}

fn unread(found: Signature) -> Checked {
    Checked { found, certificate: Vec::new(), chain: Vec::new(), lists: Vec::new() }
}

fn kind(tree: &Tree<'_>, node: NodeId) -> Option<SignerKind> {
    let description = tree.only(node, DESCRIPTION)?;
    SignerKind::of_code(tree.attribute(description, "code")?)
}

/// The signed moment, from its canonical bytes.
struct Timestamp {
    id: String,
    at: Instant,
    digest: proof::Hash,
}

impl Timestamp {
    fn of(tree: &Tree<'_>, node: NodeId) -> Result<Self, &'static str> {
        let canonical = tree.canonical(node)?;
        let id = tree.attribute(node, "ID").ok_or("a signatureTimestamp without an ID")?;
        let read = crate::xml::parse(&canonical).map_err(|error| error.reason)?;
        let root = read.root_element();
        let text = root.text().filter(|_| root.children().count() == 1);
        let at = text.and_then(|text| Instant::parse(text.trim()));
        Ok(Self {
            id: id.to_owned(),
            at: at.ok_or("a signatureTimestamp that is no instant with its zone")?,
            digest: proof::sha256(canonical.as_bytes()),
        })
    }

    fn digested(&self) -> Digested<'_> {
        Digested { id: &self.id, digest: self.digest }
    }
}

/// The parts of a `signature` element, each in its place and once.
struct Parts {
    timestamp: NodeId,
    signed_info: NodeId,
    value: Vec<u8>,
    certificate: Vec<u8>,
}

impl Parts {
    fn of(tree: &Tree<'_>, node: NodeId) -> Result<Self, &'static str> {
        let timestamp = tree.only(node, TIMESTAMP).ok_or("not exactly one signatureTimestamp")?;
        let signature = tree.only(node, SIGNATURE).ok_or("not exactly one Signature")?;
        let children = tree.elements(signature);
        let names = ["SignedInfo", "SignatureValue", "KeyInfo"];
        let fits = children.len() == names.len()
            && children.iter().zip(names).all(|(child, name)| tree.is(*child, (DSIG, name)));
        if !fits {
            return Err("not exactly SignedInfo, SignatureValue and KeyInfo");
        }
        let only =
            |node, name| tree.only(node, (DSIG, name)).filter(|_| tree.elements(node).len() == 1);
        let certificate = only(children[2], "X509Data")
            .and_then(|data| only(data, "X509Certificate"))
            .ok_or("not exactly the signer's certificate in KeyInfo")?;
        Ok(Self {
            timestamp,
            signed_info: children[0],
            value: binary(tree, children[1]).ok_or("a SignatureValue that is not base64")?,
            certificate: binary(tree, certificate).ok_or("a certificate that is not base64")?,
        })
    }
}

fn binary(tree: &Tree<'_>, node: NodeId) -> Option<Vec<u8>> {
    decode(&tree.text(node)?)
}

/// Strict base64, whitespace aside.
fn decode(text: &str) -> Option<Vec<u8>> {
    let bare: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(bare).ok()
}

/// What a signature says that it covers, from the canonical bytes that its value covers.
struct SignedInfo {
    algorithm: Algorithm,
    references: Vec<(String, proof::Hash)>,
}

impl SignedInfo {
    fn read(canonical: &str) -> Result<Self, &'static str> {
        let document = crate::xml::parse(canonical).map_err(|error| error.reason)?;
        let mut parts = elements(document.root_element())?.into_iter();
        let mut next = || parts.next().ok_or("a SignedInfo that breaks off");
        let method = algorithm(next()?, "CanonicalizationMethod")?;
        if method != EXCLUSIVE {
            return Err("another canonicalisation than the exclusive one");
        }
        let algorithm = match algorithm(next()?, "SignatureMethod")? {
            RSA_SHA256 => Algorithm::Rsa,
            ECDSA_SHA256 => Algorithm::Ecdsa,
            _ => return Err("another algorithm than RSA or ECDSA with SHA-256"),
        };
        let references = parts.map(reference).collect::<Result<Vec<_>, _>>()?;
        if references.len() != 2 {
            return Err("not exactly two references");
        }
        Ok(Self { algorithm, references })
    }

    /// What of the two elements is not as it was signed.
    fn flaws(&self, content: &Digested<'_>, timestamp: &Digested<'_>) -> Vec<Flaw> {
        let digest_of = |wanted: &Digested<'_>| {
            let mut found = self.references.iter().filter(|(id, _)| id == wanted.id);
            found.next().map(|(_, digest)| *digest)
        };
        match (digest_of(content), digest_of(timestamp)) {
            (Some(signed_content), Some(signed_time)) if content.id != timestamp.id => {
                let mut flaws = Vec::new();
                if signed_content != content.digest {
                    flaws.push(Flaw::Content);
                }
                if signed_time != timestamp.digest {
                    flaws.push(Flaw::Time);
                }
                flaws
            }
            _ => vec![Flaw::Form("references to other elements than the content and the time")],
        }
    }
}

/// The child elements; anything but white space between them is refused.
fn elements<'a, 'i>(node: Node<'a, 'i>) -> Result<Vec<Node<'a, 'i>>, &'static str> {
    let stray = node.children().any(|child| {
        !child.is_element() && child.text().is_none_or(|text| !text.trim().is_empty())
    });
    if stray {
        return Err("text where a signature has none");
    }
    Ok(node.children().filter(Node::is_element).collect())
}

/// The algorithm that an element of this name tells; one with parameters is refused.
fn algorithm<'a>(node: Node<'a, '_>, name: &str) -> Result<&'a str, &'static str> {
    if !node.has_tag_name((DSIG, name)) {
        return Err("an element in a signature out of its place");
    }
    if !elements(node)?.is_empty() {
        return Err("an algorithm with parameters");
    }
    node.attribute("Algorithm").ok_or("an algorithm without a name")
}

/// The id that a reference leads to, and the digest that it tells.
fn reference(node: Node<'_, '_>) -> Result<(String, proof::Hash), &'static str> {
    if !node.has_tag_name((DSIG, "Reference")) {
        return Err("an element in a signature out of its place");
    }
    let id = node.attribute("URI").and_then(|uri| uri.strip_prefix('#'));
    let id = id.filter(|id| !id.is_empty() && !id.contains(['(', '/']));
    let id = id.ok_or("a reference that does not name an element's ID")?;
    let parts = elements(node)?;
    let [transforms, method, value] = parts.as_slice() else {
        return Err("a reference of other parts than Transforms, DigestMethod and DigestValue");
    };
    if !transforms.has_tag_name((DSIG, "Transforms")) {
        return Err("an element in a signature out of its place");
    }
    let transforms = elements(*transforms)?
        .into_iter()
        .map(|one| algorithm(one, "Transform"))
        .collect::<Result<Vec<_>, _>>()?;
    // The signature is inside neither element, so taking it out changes nothing.
    if !matches!(transforms.as_slice(), [EXCLUSIVE] | [ENVELOPED, EXCLUSIVE]) {
        return Err("other transforms than the exclusive canonicalisation");
    }
    if algorithm(*method, "DigestMethod")? != SHA256 {
        return Err("another digest than SHA-256");
    }
    if !value.has_tag_name((DSIG, "DigestValue")) || value.children().any(|one| one.is_element()) {
        return Err("an element in a signature out of its place");
    }
    let digest = value.text().and_then(decode).and_then(|bytes| bytes.try_into().ok());
    Ok((id.to_owned(), digest.ok_or("a DigestValue that is not 32 bytes in base64")?))
}
