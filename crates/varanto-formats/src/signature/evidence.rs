//! The evidence of signatures, kept beside a version for ever: what was found out when it arrived, and
//! everything that is needed to find it out again. One JSON object.
//!
//! Certificates above the signer's and revocation lists are many versions': they are named by their
//! digests, and kept once. The signer's own certificate stands in the signature.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use varanto_domain::archive::conformance::ConformanceLevel;
use varanto_domain::archive::proof;
use varanto_domain::archive::signatures::{Doubt, Flaw, Signature, SignatureForm, SignerKind};
use varanto_domain::faults::Fault;
use varanto_domain::time::Instant;

use super::Checked;
use super::certificate::hex;
use super::trust::{RevocationList, Trust};

/// What is kept about the signatures of one version.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// When the signatures were checked: on arrival.
    pub checked_at: Instant,
    /// How much they were asked for.
    pub level: ConformanceLevel,
    /// The signatures with what their verdicts rest on.
    pub signatures: Vec<Checked>,
    /// The codes of what was remarked, such as `issuer-not-trusted`.
    pub remarks: Vec<String>,
    /// The metadata as sent, which a detached signature covers and the archive rewrites; none for
    /// signatures that are inside the document.
    pub signed_metadata: Option<Vec<u8>>,
}

impl Evidence {
    /// The certificates above the signers', each once.
    #[must_use]
    pub fn certificates(&self) -> Vec<&[u8]> {
        let mut all: Vec<&[u8]> = Vec::new();
        for one in self.signatures.iter().flat_map(|signature| &signature.chain) {
            if !all.contains(&one.as_slice()) {
                all.push(one);
            }
        }
        all
    }

    /// The digests of the revocation lists that were asked, each once.
    #[must_use]
    pub fn lists(&self) -> Vec<proof::Hash> {
        let mut all: Vec<proof::Hash> = Vec::new();
        for one in self.signatures.iter().flat_map(|signature| &signature.lists) {
            if !all.contains(one) {
                all.push(*one);
            }
        }
        all
    }
}

/// Prints the evidence.
#[must_use]
pub fn write(evidence: &Evidence) -> String {
    let kept = Kept {
        checked_at: evidence.checked_at.to_string(),
        level: evidence.level.name().to_owned(),
        signatures: evidence.signatures.iter().map(KeptSignature::of).collect(),
        remarks: evidence.remarks.clone(),
        signed_metadata: evidence.signed_metadata.as_ref().map(|bytes| STANDARD.encode(bytes)),
    };
    serde_json::to_string(&kept).expect("texts and lists print as JSON")
}

/// What of evidence is needed to check again: see [`Evidence`].
#[derive(Debug, Clone, PartialEq)]
pub struct Recheck {
    /// When the signatures were checked.
    pub checked_at: Instant,
    /// Each signature: its verdict as it was printed, and what that rests on.
    pub signatures: Vec<Rested>,
    /// The codes of what was remarked.
    pub remarks: Vec<String>,
    /// The metadata as sent, where a detached signature covers them.
    pub signed_metadata: Option<Vec<u8>>,
}

/// A verdict, and the digests (SHA-256) of what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Rested {
    verdict: serde_json::Value,
    /// The certificates and revocation lists.
    pub material: Material,
}

/// The digests of certificates and revocation lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Material {
    anchor: Option<proof::Hash>,
    between: Vec<proof::Hash>,
    lists: Vec<proof::Hash>,
}

/// Reads evidence in order to check it again. `None` when it is not such evidence.
#[must_use]
pub fn read(text: &[u8]) -> Option<Recheck> {
    let kept: Kept = serde_json::from_slice(text).ok()?;
    let mut found = Recheck {
        checked_at: Instant::parse(&kept.checked_at)?,
        signatures: Vec::new(),
        remarks: kept.remarks,
        signed_metadata: match kept.signed_metadata {
            Some(text) => Some(STANDARD.decode(text).ok()?),
            None => None,
        },
    };
    for signature in kept.signatures {
        let digests = |texts: Vec<String>| -> Option<Vec<proof::Hash>> {
            texts.iter().map(|one| proof::from_base64(one)).collect()
        };
        let mut between = digests(signature.chain)?;
        let (anchor, lists) = (between.pop(), digests(signature.lists)?);
        let material = Material { anchor, between, lists };
        found.signatures.push(Rested { verdict: signature.verdict, material });
    }
    Some(found)
}

/// What a digest of [`Material`] is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaterialKind {
    /// A certificate above the signer's.
    Certificate,
    /// A revocation list.
    RevocationList,
}

impl Material {
    /// What a digest is of, if it is one of these.
    #[must_use]
    pub fn names(&self, digest: &proof::Hash) -> Option<MaterialKind> {
        let certificate = || self.anchor.iter().chain(&self.between).any(|one| one == digest);
        if self.lists.contains(digest) {
            Some(MaterialKind::RevocationList)
        } else {
            certificate().then_some(MaterialKind::Certificate)
        }
    }

    /// Every digest.
    pub fn digests(&self) -> impl Iterator<Item = &proof::Hash> {
        self.anchor.iter().chain(&self.between).chain(&self.lists)
    }

    /// The trust of that day, from what the archive still has under a digest. `None` when something is
    /// missing, or does not read.
    #[must_use]
    pub fn trust(&self, material: impl Fn(&proof::Hash) -> Option<Vec<u8>>) -> Option<Trust> {
        let mut trust = Trust::default();
        if let Some(anchor) = &self.anchor {
            trust.add_anchor(&material(anchor)?).ok()?;
        }
        for between in &self.between {
            trust.add_intermediate(&material(between)?).ok()?;
        }
        for list in &self.lists {
            trust.add_list(RevocationList::read(&material(list)?).ok()?);
        }
        Some(trust)
    }
}

impl Rested {
    /// Whether a signature checked anew comes to the verdict that was kept. How a reason is worded is no
    /// part of it.
    #[must_use]
    pub fn agrees_with(&self, anew: &Checked) -> bool {
        let (mut kept, mut anew) = (self.verdict.clone(), verdict(&anew.found));
        for verdict in [&mut kept, &mut anew] {
            let flaws = verdict.get_mut("flaws").and_then(serde_json::Value::as_array_mut);
            for flaw in flaws.into_iter().flatten() {
                flaw.as_object_mut().map(|flaw| flaw.remove("reason"));
            }
        }
        kept == anew
    }
}

/// The verdicts, as a reader of the archive is told: JSON with `checked_at`, `level`, `remarks` and
/// `signatures`. Of the evidence it leaves out the raw certificates and signatures.
#[must_use]
pub fn told(text: &[u8]) -> Option<String> {
    let kept: Kept = serde_json::from_slice(text).ok()?;
    let signatures: Vec<_> = kept.signatures.into_iter().map(|one| one.verdict).collect();
    let told = serde_json::json!({
        "checked_at": kept.checked_at,
        "level": kept.level,
        "remarks": kept.remarks,
        "signatures": signatures,
    });
    Some(told.to_string())
}

/// The codes of faults, for [`Evidence::remarks`].
#[must_use]
pub fn codes(faults: &[Fault]) -> Vec<String> {
    let mut codes: Vec<String> = faults.iter().map(|fault| fault.code().to_owned()).collect();
    codes.sort();
    codes.dedup();
    codes
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    checked_at: String,
    level: String,
    signatures: Vec<KeptSignature>,
    remarks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    signed_metadata: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptSignature {
    verdict: serde_json::Value,
    chain: Vec<String>,
    lists: Vec<String>,
}

impl KeptSignature {
    fn of(checked: &Checked) -> Self {
        Self {
            verdict: verdict(&checked.found),
            chain: checked.chain.iter().map(|one| proof::to_base64(&proof::sha256(one))).collect(),
            lists: checked.lists.iter().map(proof::to_base64).collect(),
        }
    }
}

/// One verdict as JSON.
fn verdict(found: &Signature) -> serde_json::Value {
    let flaws: Vec<_> = found
        .flaws
        .iter()
        .map(|flaw| match flaw {
            Flaw::Form(reason) => serde_json::json!({ "code": flaw.code(), "reason": reason }),
            _ => serde_json::json!({ "code": flaw.code() }),
        })
        .collect();
    let doubts: Vec<_> = found
        .doubts
        .iter()
        .map(|doubt| match doubt {
            Doubt::Revoked(Some(since)) => {
                serde_json::json!({ "code": doubt.code(), "since": since.to_string() })
            }
            _ => serde_json::json!({ "code": doubt.code() }),
        })
        .collect();
    let signer = found.signer.as_ref().map(|signer| {
        serde_json::json!({
            "name": signer.name,
            "number": signer.number,
            "organisation": signer.organisation,
            "issuer": signer.issuer,
            "serial": signer.serial,
            "from": signer.from.to_string(),
            "until": signer.until.to_string(),
            "fingerprint": hex(&signer.fingerprint),
        })
    });
    serde_json::json!({
        "form": found.form.name(),
        "kind": found.kind.map(SignerKind::name),
        "signed_at": found.signed_at.map(|at| at.to_string()),
        "verdict": word(found),
        "flaws": flaws,
        "doubts": doubts,
        "signer": signer,
    })
}

/// The verdict in a word.
fn word(found: &Signature) -> &'static str {
    match found.form {
        _ if found.is_trusted() => "valid",
        _ if found.is_intact() => "valid-not-trusted",
        SignatureForm::Pdf if found.flaws.iter().all(|flaw| matches!(flaw, Flaw::Form(_))) => {
            "not-verified"
        }
        _ => "broken",
    }
}
