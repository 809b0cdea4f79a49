//! A controller's whole register (rekisteri) on its way out of one archive and into another: why it goes, and which
//! lines of the use log go with it.
//!
//! Source: OPS-3, OLD-6.

use crate::access::log::KeptLine;
use crate::ids::{Oid, VersionKey};

/// Why a register leaves an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransferReason {
    /// The controller keeps its register in another archive from now on.
    ChangeOfArchive,
    /// Another controller takes the register over.
    ChangeOfController,
    /// A copy is kept elsewhere, in a form that needs no program.
    Safekeeping,
    /// The law or an authority asks for it.
    ByLaw,
}

impl TransferReason {
    /// Every reason.
    pub const ALL: [Self; 4] =
        [Self::ChangeOfArchive, Self::ChangeOfController, Self::Safekeeping, Self::ByLaw];

    /// Its stable name, as the log keeps it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ChangeOfArchive => "change-of-archive",
            Self::ChangeOfController => "change-of-controller",
            Self::Safekeeping => "safekeeping",
            Self::ByLaw => "by-law",
        }
    }

    /// The reason with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// Whether a line of the use log belongs to a controller's register: it tells of a version in it, whoever acted; or
/// it tells of no version at all, and the controller's own people or systems acted. `in_register` says of a version
/// whether it is, or was until it was destroyed, in the register; `knows` whether the register holds anything of the
/// client of the line.
///
/// # Errors
/// The first of what it asks.
///
/// Source: OPS-3, LOG-1, LOG-2.
pub fn belongs<E>(
    line: &KeptLine,
    controller: &Oid,
    mut in_register: impl FnMut(VersionKey) -> Result<bool, E>,
    knows: impl FnOnce() -> Result<bool, E>,
) -> Result<bool, E> {
    let versions = line.versions();
    for version in &versions {
        if in_register(*version)? {
            return Ok(true);
        }
    }
    let own = line.actor.organisation.as_deref() == Some(controller.as_str());
    if !own || !versions.is_empty() {
        return Ok(false);
    }
    if line.client.is_some() { knows() } else { Ok(true) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::log::{Actor, Event};
    use crate::ids::ClientKey;
    use crate::time::Instant;

    const OWN: &str = "1.2.246.10.90000001";

    fn line(organisation: &str, client: bool, version: Option<i64>, detail: &str) -> KeptLine {
        KeptLine {
            number: 1,
            at: Instant::from_millis(0),
            event: Event::Search,
            outcome: "permitted".into(),
            reason: "own-register".into(),
            actor: Actor {
                name: "system:1".into(),
                organisation: Some(organisation.into()),
                detail: None,
            },
            client: client.then_some(ClientKey(7)),
            version: version.map(VersionKey),
            detail: detail.into(),
        }
    }

    /// OPS-3: what anybody did with a document of the register goes with it; what the controller's own people did goes
    /// when it is about no document, and about nobody of whom the register holds nothing.
    #[test]
    fn a_line_goes_with_the_register_whose_documents_it_tells_of() {
        let own = Oid::parse(OWN).unwrap();
        let check = |line: &KeptLine, knows: bool, expected: bool| {
            let ours = |version: VersionKey| Ok::<_, ()>(version.0 < 100);
            assert_eq!(belongs(line, &own, ours, || Ok(knows)), Ok(expected), "{line:?}");
        };
        let other = "1.2.246.10.90000002";
        check(&line(OWN, true, Some(1), ""), false, true);
        check(&line(other, true, Some(1), ""), false, true);
        check(&line(other, true, None, "hits=2 versions=300,5"), false, true);
        check(&line(OWN, true, Some(300), ""), true, false);
        check(&line(OWN, true, None, "hits=1 versions=300"), true, false);
        check(&line(OWN, true, None, "hits=0"), true, true);
        check(&line(OWN, true, None, "hits=0"), false, false);
        check(&line(OWN, false, None, "structures"), false, true);
        check(&line(other, false, None, "structures"), true, false);
        for reason in TransferReason::ALL {
            assert_eq!(TransferReason::of_code(reason.code()), Some(reason));
        }
    }
}
