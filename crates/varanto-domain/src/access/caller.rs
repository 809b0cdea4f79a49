//! Who asks: systems, professionals, citizens, and the archive's own operator.

use std::sync::Arc;

pub use crate::joining::{Function, Sector};

use super::Denial;
use crate::ids::{ClientKey, Oid, PersonalIdentityCode};

/// Who asks, and for which organisation.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// The system or the person.
    pub who: Who,
    /// The organisation that the caller works for; for a citizen, the one that keeps the door.
    pub organisation: Oid,
    /// The controllers whose registers are the caller's own.
    pub registers: Vec<Oid>,
    /// The units that the caller acts for: a person's own one, all of a system's organisation.
    pub units: Arc<[Oid]>,
    /// What the system is certified to do, or the person's role allows.
    pub functions: Vec<Function>,
    /// In which of the two sectors the organisation works.
    pub sector: Sector,
    /// Where organisers keep the users of the caller's organisation: who the caller is in whose register. The rest
    /// of the caller is what is left somewhere. `None`: the same everywhere.
    pub by_register: Option<Arc<ByRegister>>,
}

/// Who a producer's worker is, register by register: an organiser in whose system the producer works keeps the
/// producer's users for its own register, and for no other (rinnakkaisliittyminen).
///
/// Source: JOI-3.
#[derive(Debug, Clone, PartialEq)]
pub struct ByRegister {
    /// The organisers that keep the users, each with what it leaves of the login; `None`: nothing.
    pub kept: Vec<(Oid, Option<Caller>)>,
    /// What is left in any other register.
    pub elsewhere: Option<Caller>,
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
        role: Role,
        /// The unit where the person works.
        unit: Option<Oid>,
        /// The service tasks of the duty, as codes; `None`: those of the unit.
        duty: Option<Vec<Arc<str>>>,
        /// How the person was authenticated.
        strength: Strength,
    },
    /// A citizen, for themself or for another.
    Citizen {
        /// Who they are: the key of the client, or of one of whom nothing is archived a number that names nobody else.
        client: ClientKey,
        /// The identity code that the login told.
        code: PersonalIdentityCode,
        /// How they were authenticated.
        strength: Strength,
    },
    /// The archive's own operator at the command line, who sees no content.
    Operator,
}

/// How a person was authenticated (ACC-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strength {
    /// By card or another strong means.
    Strong,
    /// By user name and password or the like.
    Weak,
}

/// A professional's role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A worker of a controller.
    Worker,
    /// A worker responsible for the client's matters (vastuutyöntekijä).
    ResponsibleWorker,
    /// A worker of a producer.
    ProducerWorker,
    /// The keeper of a controller's archive (arkistonhoitaja).
    Archivist,
    /// The data-protection officer (tietosuojavastaava).
    DataProtectionOfficer,
    /// A main user (pääkäyttäjä), who keeps the register of users and sees no client.
    MainUser,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Worker,
        Self::ResponsibleWorker,
        Self::ProducerWorker,
        Self::Archivist,
        Self::DataProtectionOfficer,
        Self::MainUser,
    ];

    /// Its word in logins and logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::ResponsibleWorker => "responsible-worker",
            Self::ProducerWorker => "producer-worker",
            Self::Archivist => "archivist",
            Self::DataProtectionOfficer => "data-protection-officer",
            Self::MainUser => "main-user",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// Whether it is a role of client work.
    #[must_use]
    pub const fn serves_clients(self) -> bool {
        matches!(self, Self::Worker | Self::ResponsibleWorker | Self::ProducerWorker)
    }

    /// What the role allows, whatever the system is certified for. Those who serve clients record what they do,
    /// and a controller's workers old documents too, and take back what their own unit recorded; those who keep and
    /// oversee record nothing, and the keeper of the archive takes back what anybody did. A main user has nothing to do
    /// with documents.
    ///
    /// Source: ACC-1, ACC-2, ARC-3, RUR-4; national-specs 6.9.
    #[must_use]
    pub fn functions(self) -> Vec<Function> {
        use Function::{
            ArchiveOldDocuments, ArchivePhaseOne, ArchiveStructured, Disclosure, Invalidate, Read,
            RegisterUse,
        };
        let recording = [ArchiveStructured, ArchivePhaseOne];
        let more: &[Function] = match self {
            Self::Worker | Self::ResponsibleWorker => {
                &[ArchiveOldDocuments, RegisterUse, Disclosure, Invalidate]
            }
            Self::ProducerWorker => &[RegisterUse, Invalidate],
            Self::Archivist => &[Invalidate],
            Self::DataProtectionOfficer => &[],
            Self::MainUser => return Vec::new(),
        };
        let recording = recording.into_iter().filter(|_| self.serves_clients());
        std::iter::once(Read).chain(recording).chain(more.iter().copied()).collect()
    }
}

impl Caller {
    /// The role, of a professional.
    #[must_use]
    pub const fn role(&self) -> Option<Role> {
        match &self.who {
            Who::Person { role, .. } => Some(*role),
            _ => None,
        }
    }

    /// Whether it is a system.
    #[must_use]
    pub const fn is_system(&self) -> bool {
        matches!(self.who, Who::System { .. })
    }

    /// Whether a controller's register is the caller's own.
    #[must_use]
    pub fn owns(&self, controller: &Oid) -> bool {
        self.registers.contains(controller)
    }

    /// Who the caller is in a controller's register.
    ///
    /// # Errors
    /// [`Denial::NoUserHere`] where who keeps the users gives the caller no right.
    ///
    /// Source: JOI-3, ACC-2.
    pub fn in_register(&self, controller: &Oid) -> Result<&Self, Denial> {
        let Some(by_register) = &self.by_register else { return Ok(self) };
        let kept = by_register.kept.iter().find(|(organiser, _)| organiser == controller);
        let here = kept.map_or(&by_register.elsewhere, |(_, here)| here);
        here.as_ref().ok_or(Denial::NoUserHere)
    }

    /// Who the caller is in the registers of its own organisation, where no organiser keeps its users.
    ///
    /// # Errors
    /// [`Denial::NoUserHere`] where the organisation gives the caller no right.
    ///
    /// Source: JOI-3, ACC-2.
    pub fn at_home(&self) -> Result<&Self, Denial> {
        let Some(by_register) = &self.by_register else { return Ok(self) };
        by_register.elsewhere.as_ref().ok_or(Denial::NoUserHere)
    }

    /// Whether one of the caller's units is this one, in a controller's register.
    #[must_use]
    pub fn acts_for(&self, unit: &Oid, controller: &Oid) -> bool {
        self.in_register(controller).is_ok_and(|here| here.units.contains(unit))
    }

    /// Whether the caller may do a function at all.
    #[must_use]
    pub fn may(&self, function: Function) -> bool {
        self.functions.contains(&function)
    }
}
