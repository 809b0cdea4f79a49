//! Electronic signatures: checked, and made (ARC-6).
//!
//! What is checked is told as facts ([`varanto_domain::archive::signatures::Signature`]); the rules
//! there say what follows. Nothing here fetches anything: anchors and revocation lists are handed in.

mod canonical;
mod certificate;
pub mod evidence;
pub mod jws;
mod keys;
pub mod sent;
mod signing;
mod trust;
pub mod xml;
mod xml_signing;

pub use certificate::Certificate;
pub use signing::{FileKey, KeyKind, Signing, SigningKey};
pub use trust::{RevocationList, Trust};
pub use xml_signing::sign as sign_xml;

use varanto_domain::archive::proof::Hash;
use varanto_domain::archive::signatures::{Flaw, Signature, SignatureForm};

/// A signature that was checked, and what the verdict rests on: enough to check it again later.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// What was found out.
    pub found: Signature,
    /// The signer's certificate, DER; empty when it cannot be read.
    pub certificate: Vec<u8>,
    /// The certificates above it, DER: intermediates first, the anchor last; empty when no chain
    /// leads to an anchor.
    pub chain: Vec<Vec<u8>>,
    /// SHA-256 of each revocation list that was asked.
    pub lists: Vec<Hash>,
}

impl Checked {
    /// A signature of which nothing can be read; the words hold nothing of what was sent.
    fn not_of_the_form(form: SignatureForm, reason: &'static str) -> Self {
        let found = Signature {
            form,
            kind: None,
            signed_at: None,
            signer: None,
            flaws: vec![Flaw::Form(reason)],
            doubts: Vec::new(),
        };
        Self { found, certificate: Vec::new(), chain: Vec::new(), lists: Vec::new() }
    }
}
