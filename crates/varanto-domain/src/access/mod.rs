//! Who may do what: the question, the facts, the decision (design 3).
//!
//! In this stage the grounds are two: a system acts, and a professional reads, in the registers of
//! the organisation it works for. Further grounds (register-use right, disclosure, the citizen's own
//! right …) join those of [`may_read`]; the permit, the denial and the paths through them stay.

pub mod log;
mod permit;

pub use permit::{ArchivePermit, InvalidatePermit, ReadPermit};

use crate::archive::documents::{DocumentGroup, VersionState};
use crate::ids::{ClientKey, Oid, VersionKey};
pub use crate::joining::Function;

/// Who asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// The system or the person.
    pub who: Who,
    /// The organisation that the caller works for.
    pub organisation: Oid,
    /// The controllers whose registers are the caller's own.
    pub registers: Vec<Oid>,
    /// What the system is certified to do, or the person's role allows.
    pub functions: Vec<Function>,
}

/// A system, or a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Who {
    /// A client-information system, by its id in the system register and its certificate.
    System {
        /// The system's id.
        id: String,
        /// The certificate's SHA-256 fingerprint, in hexadecimal.
        certificate: String,
    },
    /// A professional, by the token's subject.
    Person {
        /// The subject that the login gave.
        subject: String,
        /// The registration number, where the login told it.
        registration_number: Option<String>,
        /// The role.
        role: String,
        /// The unit where the person works.
        unit: Option<Oid>,
        /// Whether the login was a strong one, by card or the like.
        strong: bool,
    },
    /// The archive's own operator at the command line, who sees no content.
    Operator,
}

/// What a decision needs to know of a version.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionFacts {
    /// The version.
    pub version: VersionKey,
    /// Whose it is.
    pub client: ClientKey,
    /// In whose register it is.
    pub controller: Oid,
    /// Where it stands.
    pub state: VersionState,
}

/// What is to be done with a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Show its metadata in a list, or open it.
    Read,
    /// Look at it although it was invalidated: the caller said so.
    ReadInvalidated,
}

/// On what ground a permit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// The document is in a register of the caller's own organisation.
    OwnRegister,
}

impl Basis {
    /// Its stable name, as the log keeps it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OwnRegister => "own-register",
        }
    }
}

/// Why not: the law says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Denial {
    /// The system is not certified for this, or the role does not allow it.
    NotCertified(Function),
    /// The document is in another organisation's register.
    AnotherRegister,
    /// The version was invalidated and is hidden from normal use.
    Invalidated,
    /// The person logged in the weaker way, which is for recording alone.
    WeakLogin,
}

impl Denial {
    /// Every kind of denial, for the tables of texts.
    pub const ALL: [Self; 4] = [
        Self::NotCertified(Function::Read),
        Self::AnotherRegister,
        Self::Invalidated,
        Self::WeakLogin,
    ];

    /// Its stable name; texts in three languages hang on it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotCertified(_) => "not-certified",
            Self::AnotherRegister => "another-register",
            Self::Invalidated => "version-invalidated",
            Self::WeakLogin => "weak-login",
        }
    }

    /// The requirement behind it.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NotCertified(_) => "JOI-4",
            Self::AnotherRegister => "ACC-2",
            Self::Invalidated => "ARC-3",
            Self::WeakLogin => "ACC-1",
        }
    }
}

/// What bars a caller from looking at anything at all, whatever it looks for. A weak login is for
/// recording without disclosure or signature; to be shown what is archived is a disclosure.
///
/// # Errors
/// [`Denial::WeakLogin`], [`Denial::NotCertified`].
///
/// Source: ACC-1, JOI-4.
pub fn may_look(caller: &Caller) -> Result<(), Denial> {
    bars(caller, Function::Read)
}

/// What bars the caller from a function that discloses or ends something.
fn bars(caller: &Caller, function: Function) -> Result<(), Denial> {
    if matches!(caller.who, Who::Person { strong: false, .. }) {
        return Err(Denial::WeakLogin);
    }
    if !caller.functions.contains(&function) {
        return Err(Denial::NotCertified(function));
    }
    Ok(())
}

/// Decides whether the caller may read a version: first what bars, then what grounds.
///
/// # Errors
/// The denial that bars; without a bar and without a ground, [`Denial::AnotherRegister`].
///
/// Source: ACC-1, ACC-2, ARC-3, JOI-4; design D3.
pub fn may_read(
    caller: &Caller,
    facts: &VersionFacts,
    purpose: Purpose,
) -> Result<ReadPermit, Denial> {
    may_look(caller)?;
    if !caller.registers.contains(&facts.controller) {
        return Err(Denial::AnotherRegister);
    }
    // Hidden from normal use: those who may invalidate look at it, and only on purpose.
    let on_purpose =
        purpose == Purpose::ReadInvalidated && caller.functions.contains(&Function::Invalidate);
    if facts.state == VersionState::Invalidated && !on_purpose {
        return Err(Denial::Invalidated);
    }
    Ok(ReadPermit::new(facts, Basis::OwnRegister))
}

/// Decides whether what the caller sends again may be compared with what is archived, and answered
/// with its receipt. Whoever may archive into the register may; nothing of the content is shown.
///
/// # Errors
/// [`Denial::AnotherRegister`]. Source: ARC-3, ACC-2.
pub fn may_compare_resent(caller: &Caller, facts: &VersionFacts) -> Result<ReadPermit, Denial> {
    if !caller.registers.contains(&facts.controller) {
        return Err(Denial::AnotherRegister);
    }
    Ok(ReadPermit::new(facts, Basis::OwnRegister))
}

/// Decides whether the caller may archive a document of a group into a controller's register.
///
/// # Errors
/// The denial that bars. Source: ACC-1, JOI-4, OLD-1.
pub fn may_archive(
    caller: &Caller,
    controller: &Oid,
    group: DocumentGroup,
) -> Result<ArchivePermit, Denial> {
    let needed = functions_for(group);
    if !needed.iter().any(|function| caller.functions.contains(function)) {
        return Err(Denial::NotCertified(needed[0]));
    }
    if !caller.registers.contains(controller) {
        return Err(Denial::AnotherRegister);
    }
    Ok(ArchivePermit::new(Basis::OwnRegister))
}

/// The functions of which one is enough to archive a document of the group. Old documents hang on
/// relationships and cases, so a system that archives nothing else makes those too.
const fn functions_for(group: DocumentGroup) -> &'static [Function] {
    use Function::{ArchiveOldDocuments, ArchivePhaseOne, ArchiveStructured};
    match group {
        DocumentGroup::Old => &[ArchiveOldDocuments],
        DocumentGroup::PhaseOne => &[ArchivePhaseOne],
        DocumentGroup::Relationship | DocumentGroup::Case => {
            &[ArchiveStructured, ArchivePhaseOne, ArchiveOldDocuments]
        }
        DocumentGroup::LaterPhase | DocumentGroup::Permission | DocumentGroup::Refusal => {
            &[ArchiveStructured]
        }
    }
}

/// Decides whether the caller may invalidate a version.
///
/// # Errors
/// The denial that bars. Source: ACC-1, ARC-3, JOI-4.
pub fn may_invalidate(caller: &Caller, facts: &VersionFacts) -> Result<InvalidatePermit, Denial> {
    bars(caller, Function::Invalidate)?;
    if !caller.registers.contains(&facts.controller) {
        return Err(Denial::AnotherRegister);
    }
    Ok(InvalidatePermit::new(facts, Basis::OwnRegister))
}

#[cfg(test)]
mod tests;
