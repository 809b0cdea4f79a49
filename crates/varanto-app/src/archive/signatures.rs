//! The signatures of a submission: checked, judged at the level of its register and group, and kept as
//! evidence (ARC-6).

use varanto_domain::access::{Caller, Who};
use varanto_domain::archive::conformance::{ConformanceLevel, ConformanceLevels};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::proof::{self, Hash};
use varanto_domain::archive::signatures::{Header, judge};
use varanto_domain::faults::{Fault, Stage};
use varanto_domain::time::Instant;
use varanto_formats::signature::evidence::{self, Evidence};
use varanto_formats::signature::{Checked, Trust, sent, xml};

use super::archive_document::Submission;
use super::examine::Examined;

/// What signatures are checked against, and how much they are asked for.
#[derive(Debug, Default)]
pub struct SignatureTrust {
    /// The anchors, the certificates between, the revocation lists.
    pub trust: Trust,
    /// How much signatures are asked for.
    pub levels: ConformanceLevels,
}

impl SignatureTrust {
    /// For a submission that nobody signs yet.
    #[must_use]
    pub fn not_asked_for() -> Self {
        let levels = ConformanceLevels::all(ConformanceLevel::Off);
        Self { trust: Trust::default(), levels }
    }
}

/// What was found out about a submission's signatures, and what follows.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// What it is refused for.
    pub(super) faults: Vec<Fault>,
    /// What is told, and refuses nothing.
    pub(super) remarks: Vec<Fault>,
    signatures: Vec<Checked>,
    level: ConformanceLevel,
}

/// Checks the signatures of a submission and judges them by what its examination found.
pub(super) fn judge_signatures(
    submission: &Submission,
    examined: &Examined,
    caller: Option<&Caller>,
    trust: &SignatureTrust,
    now: Instant,
) -> Judged {
    let naming = examined.naming.as_ref();
    let found = sent::check(&submission.metadata, &submission.slices(), &trust.trust, now);
    let by_citizen = caller.is_some_and(|one| matches!(one.who, Who::Citizen { .. }));
    let level = if by_citizen {
        // What a citizen says at the archive's own door is made there, and nobody has a key to sign it with.
        ConformanceLevel::Off
    } else {
        let controller = naming.map(|naming| &naming.controller);
        trust.levels.level_for(controller, naming.map(|naming| naming.group))
    };
    let sender = caller.map(|caller| &caller.organisation);
    let header = examined.metadata.as_ref().map(|metadata| Header::of(metadata, sender));
    let facts: Vec<_> = found.signatures.iter().map(|one| one.found.clone()).collect();
    let unclear = !found.faults.is_empty();
    // Where it is open what is signed, nothing is asked of signatures that nobody could read.
    let header = header.as_ref().filter(|_| !unclear);
    let judged = judge(&facts, header, level, now);
    let (mut faults, mut remarks) = (judged.faults, judged.remarks);
    if level == ConformanceLevel::Off { &mut remarks } else { &mut faults }.extend(found.faults);
    let national = submission.part(Part::National).is_some();
    for fault in faults.iter_mut().chain(&mut remarks) {
        fault.stage.get_or_insert(Stage::Signature);
        if national && fault.path.is_none() {
            fault.path = xml::path_of(&fault.element).map(Into::into);
        }
    }
    Judged { faults, remarks, signatures: found.signatures, level }
}

/// What is kept about the signatures of a version.
pub(super) struct Kept {
    /// The evidence as it is printed.
    pub(super) evidence: String,
    /// The certificates and revocation lists that it names, each with its digest.
    pub(super) material: Vec<(Hash, Vec<u8>)>,
}

impl Judged {
    /// What is to be kept; nothing of a submission that nobody signed.
    pub(super) fn kept(
        self,
        submission: &Submission,
        trust: &Trust,
        checked_at: Instant,
    ) -> Option<Kept> {
        let signed = !self.signatures.is_empty()
            || self.remarks.iter().any(|remark| remark.element.starts_with("document"));
        if !signed {
            return None;
        }
        let detached = submission.part(Part::Signature).is_some();
        let evidence = Evidence {
            checked_at,
            level: self.level,
            remarks: evidence::codes(&self.remarks),
            signatures: self.signatures,
            signed_metadata: detached.then(|| submission.metadata.clone()),
        };
        let certificates = evidence.certificates().into_iter();
        let mut material: Vec<(Hash, Vec<u8>)> =
            certificates.map(|der| (proof::sha256(der), der.to_vec())).collect();
        let asked = evidence.lists();
        let lists = trust.lists().iter().filter(|list| asked.contains(&list.digest));
        material.extend(lists.map(|list| (list.digest, list.der.clone())));
        Some(Kept { evidence: evidence::write(&evidence), material })
    }
}
