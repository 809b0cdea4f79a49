//! A controller's whole register (rekisteri) on its way out of an archive: why it goes, and what of the lines of the use
//! log goes with it.
//!
//! Source: OPS-3, OLD-6.

use std::collections::BTreeSet;

use crate::access::log::KeptLine;
use crate::archive::documents::VersionState;
use crate::ids::Oid;
use crate::oversight::lines::SeenLine;

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

/// A line of the use log as it goes with a controller's register, by what the controller's reviewer sees of it: `None` when
/// it goes whole, for it tells of nothing but the register; else what is told of it beside its leaf, without what it tells
/// of documents in other registers, how many there are, and of persons whom the register does not hold.
///
/// Source: OPS-3, LOG-1, LOG-2, ACC-2; own-choices.
#[must_use]
pub fn line_in_part(line: &KeptLine, seen: &SeenLine, controller: &Oid) -> Option<KeptLine> {
    if tells_of_the_register_alone(line, seen, controller) {
        return None;
    }
    let mut told = line.clone();
    told.client = seen.client;
    told.version = line.version.filter(|version| seen.versions.contains(version));
    told.detail = line.plain_detail();
    if line.actor.name.starts_with("citizen:") {
        "citizen".clone_into(&mut told.actor.name);
    }
    if line.actor.organisation.as_deref() != Some(controller.as_str()) {
        told.actor.detail = None;
    }
    Some(told)
}

fn tells_of_the_register_alone(line: &KeptLine, seen: &SeenLine, controller: &Oid) -> bool {
    let is_own = |register: &str| Oid::parse(register).map_or(true, |one| one == *controller);
    let own_word = |word: &str| match word.split_once('=') {
        Some(("register" | "registers" | "from", value)) => value.split(',').all(is_own),
        Some(("hits", value)) => value == "0" || value == seen.versions.len().to_string(),
        Some(("holder", _)) => false,
        _ => true,
    };
    seen.versions.len() == line.versions().len()
        && (line.client.is_none() || seen.client.is_some())
        && line.detail.split(' ').all(own_word)
}

/// A version as a package tells it: its number, and its state.
pub type ToldVersion = (u32, VersionState);

/// What of a document's versions does not follow, as they are told in their order: the numbers that are missing, and those in a
/// state that does not follow, each with the one that does. Numbers run from one without a gap; of what is not invalidated the
/// highest is in force, and the others are replaced.
///
/// Source: OPS-3, ARC-3.
#[must_use]
pub fn what_does_not_follow(versions: &[ToldVersion]) -> (Vec<u32>, Vec<ToldVersion>) {
    let numbers: BTreeSet<u32> = versions.iter().map(|(number, _)| *number).collect();
    let highest = numbers.last().copied().unwrap_or_default();
    let missing = (1..=highest).filter(|number| !numbers.contains(number)).take(MOST_MISSING);
    let stands = |(_, state): &&ToldVersion| *state != VersionState::Invalidated;
    let newest = versions.iter().filter(stands).map(|(number, _)| *number).max();
    let follows = |(number, state): &ToldVersion| {
        let follows = match state {
            VersionState::Invalidated => VersionState::Invalidated,
            _ if Some(*number) == newest => VersionState::InForce,
            _ => VersionState::Replaced,
        };
        (follows != *state).then_some((*number, follows))
    };
    (missing.collect(), versions.iter().filter_map(follows).collect())
}

/// How many missing versions of one document are named.
const MOST_MISSING: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::log::{Actor, Event};
    use crate::ids::{ClientKey, VersionKey};
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
                detail: Some("certificate".into()),
            },
            client: client.then_some(ClientKey(7)),
            version: version.map(VersionKey),
            detail: detail.into(),
        }
    }

    /// OPS-3, ACC-2: what tells of the register alone goes whole; of what tells of other registers, how much is in them, or
    /// of a client whom the register does not hold, that is left out.
    #[test]
    fn a_line_that_tells_of_other_registers_goes_in_part() {
        const OTHER: &str = "1.2.246.10.90000002";
        let own = Oid::parse(OWN).unwrap();
        let check = |line: &KeptLine, knows: bool, expected: Option<&str>| {
            let all = line.versions();
            let versions: Vec<VersionKey> = all.iter().copied().filter(|one| one.0 < 100).collect();
            let elsewhere = versions.is_empty() && !all.is_empty();
            let client = line.client.filter(|_| knows && !elsewhere);
            let seen = SeenLine { client, versions, elsewhere, masked: false };
            let told = line_in_part(line, &seen, &own);
            assert_eq!(told.as_ref().map(|one| one.detail.as_str()), expected, "{line:?}");
            if let Some(told) = told {
                assert!(told.versions().iter().all(|one| one.0 < 100) && told.client == client);
                assert_eq!(
                    told.actor.detail.is_some(),
                    line.actor.organisation.as_deref() == Some(OWN)
                );
            }
        };
        check(&line(OWN, true, Some(1), ""), true, None);
        check(&line(OTHER, true, Some(1), ""), true, None);
        check(&line(OWN, true, None, "by=client hits=2 versions=1,5"), true, None);
        check(&line(OWN, true, None, "by=client hits=3 versions=1,5"), true, Some("by=client"));
        check(&line(OTHER, true, None, "by=client hits=2 versions=300,5"), true, Some("by=client"));
        check(&line(OTHER, true, Some(300), "5"), true, Some(""));
        check(&line(OWN, true, Some(300), "reason=urgent"), true, Some("reason=urgent"));
        check(&line(OWN, true, None, "hits=0"), true, None);
        check(&line(OWN, true, None, "hits=0 by=client"), false, Some("by=client"));
        check(&line(OWN, false, None, "structures"), false, None);
        let named = |registers: &str| format!("hours=4 registers={registers}");
        check(&line(OWN, true, None, &named(OWN)), true, None);
        check(&line(OWN, true, None, &named(&format!("{OWN},{OTHER}"))), true, Some("hours=4"));
        check(&line(OWN, true, None, "holder=7 told=yes"), true, Some("told=yes"));
        check(&line(OWN, false, None, "road begin from=2026-11-02"), true, None);
        for reason in TransferReason::ALL {
            assert_eq!(TransferReason::of_code(reason.code()), Some(reason));
        }
    }

    /// OPS-3, ARC-3: versions of a document in a package run without a gap, one of them at most is in force, and no newer one
    /// stands beside it.
    #[test]
    fn versions_run_without_a_gap_and_states_follow() {
        use VersionState::{InForce, Invalidated, Replaced};
        let check = |versions: &[ToldVersion], missing: &[u32], states: &[ToldVersion]| {
            let expected = (missing.to_vec(), states.to_vec());
            assert_eq!(what_does_not_follow(versions), expected, "{versions:?}");
        };
        check(&[], &[], &[]);
        check(&[(1, InForce)], &[], &[]);
        check(&[(1, Replaced), (2, InForce)], &[], &[]);
        check(&[(1, InForce), (2, Invalidated)], &[], &[]);
        check(&[(1, Invalidated), (2, Invalidated)], &[], &[]);
        check(&[(1, Replaced), (2, Invalidated), (3, InForce)], &[], &[]);
        check(&[(2, InForce)], &[1], &[]);
        check(&[(1, Replaced), (4, InForce)], &[2, 3], &[]);
        check(&[(1, InForce), (2, InForce)], &[], &[(1, Replaced)]);
        check(&[(1, Replaced), (2, Invalidated)], &[], &[(1, InForce)]);
        check(&[(1, Invalidated), (2, Replaced)], &[], &[(2, InForce)]);
    }
}
