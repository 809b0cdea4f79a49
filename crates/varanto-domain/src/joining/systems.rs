//! Systems: what each is certified for, and which certificates speak for it.

use crate::ids::Oid;
use crate::structures::Names;
use crate::time::{FinnishDay, Validity};

/// A client-information system of the register (asiakastietojärjestelmä).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct System {
    /// Its identifier in the system register.
    pub id: String,
    /// Its names.
    pub names: Names,
    /// The organisations it may act for.
    pub organisations: Vec<Oid>,
    /// Which certificates speak for it.
    pub certificates: CertificateBinding,
    /// What it is certified to do, and when (sertifiointi).
    pub certification: Vec<CertifiedFunction>,
    /// The days it is in the register; both ends count.
    pub validity: Validity,
}

impl System {
    /// Whether it is in the register and certified for `function` on `day`. Source: JOI-4.
    #[must_use]
    pub fn may(&self, function: Function, day: FinnishDay) -> bool {
        let certified =
            |one: &CertifiedFunction| one.function == function && one.validity.contains(day);
        self.validity.contains(day) && self.certification.iter().any(certified)
    }

    /// Whether it may act for this organisation.
    #[must_use]
    pub fn acts_for(&self, organisation: &Oid) -> bool {
        self.organisations.contains(organisation)
    }
}

/// A function that systems are certified for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Function {
    /// Archiving unstructured client documents of phase I.
    ArchivePhaseOne,
    /// Archiving structured documents: relationships, cases, client documents of phase II.
    ArchiveStructured,
    /// Archiving documents made before joining.
    ArchiveOldDocuments,
    /// Finding and reading.
    Read,
    /// Invalidating documents.
    Invalidate,
    /// Working in an organiser's register under a register-use right.
    RegisterUse,
    /// Receiving documents of other controllers.
    Disclosure,
}

impl Function {
    /// Every function.
    pub const ALL: [Self; 7] = [
        Self::ArchivePhaseOne,
        Self::ArchiveStructured,
        Self::ArchiveOldDocuments,
        Self::Read,
        Self::Invalidate,
        Self::RegisterUse,
        Self::Disclosure,
    ];

    /// The function's word in files.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ArchivePhaseOne => "archive-phase-one",
            Self::ArchiveStructured => "archive-structured",
            Self::ArchiveOldDocuments => "archive-old-documents",
            Self::Read => "read",
            Self::Invalidate => "invalidate",
            Self::RegisterUse => "register-use",
            Self::Disclosure => "disclosure",
        }
    }

    /// The function of a word, or `None` when there is no such function.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.code() == code)
    }
}

/// A function, with the days for which the system is certified for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CertifiedFunction {
    /// The function.
    pub function: Function,
    /// The days; both ends count.
    pub validity: Validity,
}

/// Which certificates speak for a system. Each list that is not empty must hold the certificate's
/// value; at least one list is not empty.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct CertificateBinding {
    /// Serial numbers of the subject, as service certificates carry the organisation's OID there.
    pub subject_serials: Vec<String>,
    /// SHA-256 fingerprints of the certificate.
    pub fingerprints: Vec<[u8; 32]>,
    /// Common names of the subject.
    pub common_names: Vec<String>,
}

/// What the binding looks at in a certificate that was already found genuine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Certificate<'a> {
    /// The serial number attribute of the subject.
    pub subject_serial: Option<&'a str>,
    /// The SHA-256 fingerprint of its DER form.
    pub fingerprint: &'a [u8; 32],
    /// The common name of the subject.
    pub common_name: Option<&'a str>,
}

impl CertificateBinding {
    /// Whether the certificate speaks for the system.
    #[must_use]
    pub fn binds(&self, certificate: &Certificate<'_>) -> bool {
        let holds = |list: &[String], value: Option<&str>| {
            list.is_empty() || value.is_some_and(|value| list.iter().any(|one| one == value))
        };
        let print =
            self.fingerprints.is_empty() || self.fingerprints.contains(certificate.fingerprint);
        !self.is_empty()
            && print
            && holds(&self.subject_serials, certificate.subject_serial)
            && holds(&self.common_names, certificate.common_name)
    }

    /// Whether it names nothing, and so binds no certificate.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.subject_serials.is_empty()
            && self.fingerprints.is_empty()
            && self.common_names.is_empty()
    }

    /// Whether one certificate could speak for both systems: they name the same kinds of value,
    /// at least one, and share a value of each kind that both name.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        /// `None`: not both name such values.
        fn meet<T: PartialEq>(a: &[T], b: &[T]) -> Option<bool> {
            (!a.is_empty() && !b.is_empty()).then(|| a.iter().any(|one| b.contains(one)))
        }
        let kinds = [
            meet(&self.subject_serials, &other.subject_serials),
            meet(&self.fingerprints, &other.fingerprints),
            meet(&self.common_names, &other.common_names),
        ];
        kinds.contains(&Some(true)) && !kinds.contains(&Some(false))
    }
}
