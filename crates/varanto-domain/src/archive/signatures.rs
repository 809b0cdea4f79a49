//! Electronic signatures (sähköiset allekirjoitukset): what was found out about each, whose a document
//! needs, and what follows when it is missing, broken or not trusted (ARC-6).
//!
//! The checking itself is arithmetic and stands in the formats; here stand its answers and the rules.
//! The table of whose signature a document needs is [`needed`]; where the nation is silent the choice
//! is ours: `docs/own-choices.md`.

use std::fmt;

use super::conformance::ConformanceLevel;
use super::documents::DocumentGroup;
use super::metadata::Metadata;
use super::proof::Hash;
use crate::faults::{Fault, FaultKind};
use crate::ids::Oid;
use crate::time::Instant;

/// How far a signer's clock may be ahead of ours, in milliseconds.
const CLOCK_MILLIS: i64 = 5 * 60 * 1000;

/// The form in which a signature came.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SignatureForm {
    /// XML-DSig inside the national document.
    Xml,
    /// A detached JWS beside the parts of a REST submission.
    Jws,
    /// Inside a PDF file.
    Pdf,
}

impl SignatureForm {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::Xml, Self::Jws, Self::Pdf];

    /// Its name in the interfaces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Xml => "xml",
            Self::Jws => "jws",
            Self::Pdf => "pdf",
        }
    }
}

/// Whose signature it is (sähköisen allekirjoituksen tyyppi, code set 1.2.246.537.5.40127.2006).
///
/// Source: national-specs 1.5.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SignerKind {
    /// A professional's, made with a card (ammattihenkilön allekirjoitus).
    Professional,
    /// A system's, made for its organisation (järjestelmäallekirjoitus).
    System,
}

impl SignerKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Professional, Self::System];

    /// The code in the set of kinds.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Professional => "1",
            Self::System => "3",
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Its name in the interfaces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Professional => "professional",
            Self::System => "system",
        }
    }
}

/// What of a signed document is not as it was signed, or cannot be told.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Flaw {
    /// The content's digest is another one.
    Content,
    /// The digest of the signing time is another one.
    Time,
    /// The digest of the metadata is another one.
    Metadata,
    /// The signature is not the certificate's over what is said to be signed.
    Value,
    /// The signature is not of the form that the nation uses, or that we document; the words hold
    /// nothing of the document.
    Form(&'static str),
}

impl Flaw {
    /// Its stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Time => "time",
            Self::Metadata => "metadata",
            Self::Value => "value",
            Self::Form(_) => "form",
        }
    }
}

/// Why a signer's certificate is not one to trust, or not without a word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Doubt {
    /// No chain leads from it to a configured anchor.
    IssuerUnknown,
    /// It, or one above it, was not yet in force when the signature says it was made.
    NotYetInForce,
    /// It, or one above it, was no longer in force when the signature says it was made.
    Expired,
    /// It was in force when signing, and is no longer now.
    ExpiredSince,
    /// It, or one above it, is revoked; since when, where the list tells of the signer itself.
    Revoked(Option<Instant>),
    /// No revocation list speaks of it, or of one above it.
    RevocationUnknown,
    /// Only a list past its time says that it is not revoked.
    RevocationOutdated,
    /// It may not be used for signing documents.
    Purpose,
    /// It is not the certificate of the kind of signer that the signature claims.
    KindDiffers,
    /// It, or one above it, breaks the rules of certificates; the words are the checker's.
    Malformed(String),
}

impl Doubt {
    /// Its stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::IssuerUnknown => "issuer-not-among-the-anchors",
            Self::NotYetInForce => "not-yet-in-force",
            Self::Expired => "expired",
            Self::ExpiredSince => "expired-since",
            Self::Revoked(_) => "revoked",
            Self::RevocationUnknown => "revocation-unknown",
            Self::RevocationOutdated => "revocation-outdated",
            Self::Purpose => "purpose",
            Self::KindDiffers => "kind-differs",
            Self::Malformed(_) => "malformed",
        }
    }

    /// Whether it alone makes a signature worth refusing. What is not grave is told and kept.
    ///
    /// A certificate that ended after signing, and a list past its time, say nothing against the
    /// signature; a certificate revoked after signing does, because its keeper may have lost the key.
    #[must_use]
    pub const fn is_grave(&self) -> bool {
        !matches!(self, Self::ExpiredSince | Self::RevocationOutdated)
    }
}

/// Who signed, as the certificate names it. Not shown by `Debug`: it may be a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Signer {
    /// The subject's common name.
    pub name: String,
    /// The subject's `serialNumber`: a professional's registration number, or an organisation's OID.
    pub number: String,
    /// The organisation named in the subject, if one is.
    pub organisation: Option<String>,
    /// Who issued the certificate: its common name.
    pub issuer: String,
    /// The certificate's serial number, in hexadecimal.
    pub serial: String,
    /// The first instant the certificate is good.
    pub from: Instant,
    /// The last instant the certificate is good.
    pub until: Instant,
    /// SHA-256 of the certificate.
    pub fingerprint: Hash,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer(issued by {})", self.issuer)
    }
}

/// What was found out about one signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// In what form it came.
    pub form: SignatureForm,
    /// Whose it says it is; `None` when it does not say.
    pub kind: Option<SignerKind>,
    /// When it says it was made.
    pub signed_at: Option<Instant>,
    /// Who made it; `None` when the certificate cannot be read.
    pub signer: Option<Signer>,
    /// Everything that breaks it; none when it is intact.
    pub flaws: Vec<Flaw>,
    /// Everything against trusting its certificate; none when it is trusted.
    pub doubts: Vec<Doubt>,
}

impl Signature {
    /// Whether what was signed is what is here.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.flaws.is_empty()
    }

    /// Whether it is intact and nothing grave speaks against its certificate.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.is_intact() && !self.doubts.iter().any(Doubt::is_grave)
    }
}

/// Whose signature a document needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needed {
    /// A professional's.
    Professional,
    /// A system's or a professional's.
    Either,
    /// A system's; a professional's is no substitute.
    System,
}

/// The general types (yleinen asiakirjatyyppi) whose documents state, decide or plan something about a
/// client in a professional's own name: *Lausunto*, *Päätös*, *Suunnitelma*.
const IN_A_PROFESSIONALS_NAME: [&str; 3] = ["7", "11", "15"];

/// Whose signature a document of this group and general type needs.
///
/// The nation's list (handbook 9.10) is not public. Known are: old documents take a system's
/// signature only; the client-relationship document carries a system's; a client plan carries
/// professionals'. The rest is our own choice.
///
/// Source: ARC-6, national-specs 1.5.
#[must_use]
pub fn needed(group: DocumentGroup, general_type: Option<&str>) -> Needed {
    match group {
        DocumentGroup::Old => Needed::System,
        DocumentGroup::LaterPhase | DocumentGroup::PhaseOne
            if general_type.is_some_and(|code| IN_A_PROFESSIONALS_NAME.contains(&code)) =>
        {
            Needed::Professional
        }
        _ => Needed::Either,
    }
}

impl Needed {
    fn is_met_by(self, kind: Option<SignerKind>) -> bool {
        match self {
            Self::Professional => kind == Some(SignerKind::Professional),
            Self::Either => kind.is_some(),
            Self::System => kind == Some(SignerKind::System),
        }
    }

    /// Its name in the faults.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Professional => SignerKind::Professional.name(),
            Self::Either => "system, professional",
            Self::System => SignerKind::System.name(),
        }
    }
}

/// What the signatures of a document are held against.
#[derive(Clone, Debug)]
pub struct Header<'a> {
    /// The document's group.
    pub group: DocumentGroup,
    /// Its general type.
    pub general_type: Option<&'a str>,
    /// The registration number of the professional who wrote it.
    pub registration_number: Option<&'a str>,
    /// The organisations that it names or that sent it: a system signs for one of them.
    pub organisations: Vec<&'a Oid>,
}

impl<'a> Header<'a> {
    /// What the metadata tell, and whose system sent them.
    #[must_use]
    pub fn of(metadata: &'a Metadata, sender: Option<&'a Oid>) -> Self {
        let parties = [&metadata.organiser, &metadata.producer, &metadata.service_unit];
        let named = parties.into_iter().flatten().map(|party| &party.id);
        Self {
            group: metadata.group,
            general_type: metadata.general_type.as_deref(),
            registration_number: metadata.professional.registration_number.as_deref(),
            organisations: std::iter::once(&metadata.controller.id)
                .chain(named)
                .chain(sender)
                .collect(),
        }
    }
}

/// What follows from a document's signatures.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Judgement {
    /// What the document is refused for.
    pub faults: Vec<Fault>,
    /// What is told and kept, and refuses nothing.
    pub remarks: Vec<Fault>,
}

/// Judges a document's signatures.
///
/// At [`ConformanceLevel::Off`] nothing is refused, and a missing one is not told. A broken signature, and one that claims to be made in
/// the future, are refused at both other levels; a missing one, an untrusted certificate and a signer
/// whom the header does not name are refused at [`ConformanceLevel::Refuse`] and remarked at
/// [`ConformanceLevel::Warn`]. Every signature is judged, so one good one does not excuse a bad one. One inside a
/// PDF file is not verified: it is remarked, and counts as none. Without a header, because the metadata do
/// not hold, whose signature is needed is not asked.
///
/// Source: ARC-6.
#[must_use]
pub fn judge(
    signatures: &[Signature],
    header: Option<&Header<'_>>,
    level: ConformanceLevel,
    arrived: Instant,
) -> Judgement {
    let mut judged = Judgement::default();
    for (place, signature) in signatures.iter().enumerate() {
        let at = format!("signature:{}", place + 1);
        if signature.form == SignatureForm::Pdf {
            let fault = Fault::new(FaultKind::SignatureNotVerified, at, RULE);
            judged.remarks.push(fault.arg("reason", "inside a PDF file"));
            continue;
        }
        let broken = flaws(signature, &at, arrived);
        let untrusted = if broken.is_empty() { doubts(signature, &at) } else { Vec::new() };
        judged.sort(broken, level != ConformanceLevel::Off);
        for (fault, grave) in untrusted {
            judged.sort(vec![fault], grave && level == ConformanceLevel::Refuse);
        }
    }
    if let Some(header) = header {
        if level != ConformanceLevel::Off {
            judged.sort(missing(signatures, header), level == ConformanceLevel::Refuse);
        }
        judged.sort(unnamed(signatures, header), level == ConformanceLevel::Refuse);
    }
    judged
}

impl Judgement {
    fn sort(&mut self, found: Vec<Fault>, refused: bool) {
        if refused { self.faults.extend(found) } else { self.remarks.extend(found) }
    }
}

const RULE: &str = "ARC-6";

fn flaws(signature: &Signature, at: &str, arrived: Instant) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for flaw in &signature.flaws {
        faults.push(match flaw {
            Flaw::Form(reason) => {
                Fault::new(FaultKind::SignatureForm, at, RULE).arg("reason", reason)
            }
            other => Fault::new(FaultKind::SignatureBroken, at, RULE).arg("what", other.code()),
        });
    }
    let future = signature.signed_at.filter(|at| at.millis() > arrived.millis() + CLOCK_MILLIS);
    if let Some(claimed) = future {
        let fault = Fault::new(FaultKind::WrongTime, format!("{at}:time"), RULE);
        faults.push(fault.value(claimed.to_string()).arg("expected", format!("<= {arrived}")));
    }
    faults
}

/// Each doubt as a fault, and whether it is grave.
fn doubts(signature: &Signature, at: &str) -> Vec<(Fault, bool)> {
    let signer = signature.signer.as_ref();
    let issuer = signer.map(|signer| signer.issuer.clone()).unwrap_or_default();
    let day = |at: Option<Instant>| at.map_or_else(String::new, |at| at.to_string());
    let told = |doubt: &Doubt| {
        let fault = |kind| Fault::new(kind, format!("{at}:certificate"), RULE).value(&*issuer);
        match doubt {
            Doubt::IssuerUnknown => fault(FaultKind::IssuerNotTrusted),
            Doubt::ExpiredSince => fault(FaultKind::CertificateEndedSince)
                .arg("last", day(signer.map(|signer| signer.until))),
            Doubt::NotYetInForce | Doubt::Expired => fault(FaultKind::CertificateNotInForce)
                .arg("first", day(signer.map(|signer| signer.from)))
                .arg("last", day(signer.map(|signer| signer.until))),
            Doubt::Revoked(since) => fault(FaultKind::CertificateRevoked)
                .arg("since", since.map_or_else(String::new, |at| at.to_string())),
            Doubt::RevocationUnknown | Doubt::RevocationOutdated => {
                fault(FaultKind::RevocationUnknown)
            }
            Doubt::Purpose | Doubt::KindDiffers => {
                let kind = signature.kind.map_or("signing", SignerKind::name);
                fault(FaultKind::CertificatePurpose).arg("expected", kind)
            }
            Doubt::Malformed(reason) => {
                fault(FaultKind::CertificateMalformed).arg("reason", reason)
            }
        }
    };
    signature.doubts.iter().map(|doubt| (told(doubt), doubt.is_grave())).collect()
}

/// A document without an intact signature of the kind that it needs.
fn missing(signatures: &[Signature], header: &Header<'_>) -> Vec<Fault> {
    let needed = needed(header.group, header.general_type);
    let met = signatures.iter().any(|s| s.is_intact() && needed.is_met_by(s.kind));
    // A broken one of that kind is told as broken.
    let broken = signatures.iter().any(|s| !s.is_intact() && s.form != SignatureForm::Pdf);
    if met || broken {
        return Vec::new();
    }
    vec![Fault::new(FaultKind::SignatureMissing, "signature", RULE).arg("expected", needed.name())]
}

/// Signers who are not the professional, or not of an organisation, that the header names: of several
/// professionals one must be the writer, because a superior may sign too; each system must be of one
/// of the organisations. A header that leaves the writer's number out names nobody: it is not signed, so
/// the number could have been taken away.
fn unnamed(signatures: &[Signature], header: &Header<'_>) -> Vec<Fault> {
    let intact = |kind| {
        let mine = move |(_, s): &(usize, &Signature)| s.is_intact() && s.kind == Some(kind);
        signatures.iter().enumerate().filter(mine)
    };
    let number = |signature: &Signature| signature.signer.as_ref().map(|s| s.number.clone());
    let fault = |place: usize, expected: &str| {
        Fault::new(FaultKind::SignerDiffers, format!("signature:{}:certificate", place + 1), RULE)
            .arg("expected", expected)
    };
    let mut faults = Vec::new();
    let writer = header.registration_number;
    let is_writer = |s: &Signature| writer.is_some() && number(s).as_deref() == writer;
    let mut professionals = intact(SignerKind::Professional).peekable();
    if let Some((place, _)) = professionals.peek().copied()
        && !professionals.any(|(_, s)| is_writer(s))
    {
        faults.push(fault(place, "professional.registration_number"));
    }
    for (place, signature) in intact(SignerKind::System) {
        let own = number(signature).and_then(|number| Oid::parse(&number).ok());
        if !own.is_some_and(|own| header.organisations.iter().any(|of| is_kin(&own, of))) {
            faults.push(fault(place, "controller.id"));
        }
    }
    faults
}

/// Whether one of two OIDs is the other's, or both lie under one organisation's node.
fn is_kin(own: &Oid, named: &Oid) -> bool {
    own == named
        || match (own.organisation_node(), named.organisation_node()) {
            (Some(one), Some(other)) => one == other,
            _ => false,
        }
}

#[cfg(test)]
mod tests;
