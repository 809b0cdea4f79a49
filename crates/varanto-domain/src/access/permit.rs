//! Permits: made here alone, asked for by everything that gives out or takes in client data.

use super::{Basis, VersionFacts};
use crate::ids::{ClientKey, VersionKey};

/// The right to read one version. Only the decisions of [`crate::access`] make it:
///
/// ```compile_fail
/// use varanto_domain::access::{Basis, ReadPermit, VersionFacts};
/// fn forge(facts: &VersionFacts) -> ReadPermit {
///     ReadPermit::new(facts, Basis::OwnRegister)
/// }
/// ```
///
/// ```compile_fail
/// use varanto_domain::access::{Basis, ReadPermit};
/// use varanto_domain::ids::{ClientKey, VersionKey};
/// let forged =
///     ReadPermit { version: VersionKey(1), client: ClientKey(1), basis: Basis::OwnRegister };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a permit that opens nothing was asked for in vain"]
pub struct ReadPermit {
    version: VersionKey,
    client: ClientKey,
    basis: Basis,
}

/// The right to archive one document. Only [`super::may_archive`] makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchivePermit {
    basis: Basis,
}

/// The right to invalidate one version. Only [`super::may_invalidate`] makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidatePermit {
    version: VersionKey,
    basis: Basis,
}

impl ReadPermit {
    pub(super) fn new(facts: &VersionFacts, basis: Basis) -> Self {
        Self { version: facts.version, client: facts.client, basis }
    }

    /// The version that may be read.
    #[must_use]
    pub const fn version(&self) -> VersionKey {
        self.version
    }

    /// Whose it is.
    #[must_use]
    pub const fn client(&self) -> ClientKey {
        self.client
    }

    /// On what ground.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        self.basis
    }
}

impl ArchivePermit {
    pub(super) fn new(basis: Basis) -> Self {
        Self { basis }
    }

    /// On what ground.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        self.basis
    }
}

impl InvalidatePermit {
    pub(super) fn new(facts: &VersionFacts, basis: Basis) -> Self {
        Self { version: facts.version, basis }
    }

    /// The version that may be invalidated.
    #[must_use]
    pub const fn version(&self) -> VersionKey {
        self.version
    }

    /// On what ground.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        self.basis
    }
}
