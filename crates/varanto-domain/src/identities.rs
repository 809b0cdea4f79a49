//! Clients without a personal identity code: whose a temporary identifier turned out to be.
//!
//! A document stays with the identifier that it was sent with. That two identifiers are of one person is a dated
//! fact of its own, told by lines of the use log: joined, and parted again. While it holds, every rule sees one
//! person with several keys; afterwards each key is a person of its own, as before, and what came meanwhile is with
//! the identifier that it was sent with.
//!
//! Source: ARC-11; national-specs 2.4.

use crate::access::log::{Event, KeptLine};
use crate::faults::{Fault, FaultKind};
use crate::ids::{ClientKey, Oid};
use crate::time::Instant;

/// That a temporary identifier was joined to an identity code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IdentityJoin {
    /// The line of the use log that tells of the joining.
    pub line: i64,
    /// The client of the temporary identifier.
    pub temporary: ClientKey,
    /// The client of the identity code.
    pub person: ClientKey,
    /// Since when.
    pub joined_at: Instant,
    /// The line that tells of the parting, and since when.
    pub parted: Option<(i64, Instant)>,
}

/// What is done with two identifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityAct {
    /// They are of one person.
    Join,
    /// They are not.
    Part,
}

impl IdentityAct {
    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Part => "part",
        }
    }

    /// The act of a name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        [Self::Join, Self::Part].into_iter().find(|act| act.code() == code)
    }

    /// What its line says, which is about the client of the identity code.
    #[must_use]
    pub fn detail(self, reason: IdentityReason, temporary: ClientKey) -> String {
        format!("{} temporary={} because={}", self.code(), temporary.0, reason.code())
    }

    /// What the line says that stands beside it, about the client of the temporary identifier.
    #[must_use]
    pub fn detail_beside(self, reason: IdentityReason) -> String {
        format!("{} because={}", self.code(), reason.code())
    }
}

/// Why identifiers are joined or parted.
///
/// Source: ARC-11; own-choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityReason {
    /// The client was given an identity code.
    CodeGiven,
    /// It was found out who the client is.
    Identified,
    /// They were joined by mistake.
    Mistaken,
}

impl IdentityReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::CodeGiven, Self::Identified, Self::Mistaken];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CodeGiven => "code-given",
            Self::Identified => "identified",
            Self::Mistaken => "mistaken",
        }
    }

    /// The reason of a name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// For what it is a reason.
    #[must_use]
    pub const fn of_act(self) -> IdentityAct {
        match self {
            Self::CodeGiven | Self::Identified => IdentityAct::Join,
            Self::Mistaken => IdentityAct::Part,
        }
    }
}

/// The joins that lines tell of, oldest first. The lines come in their order.
///
/// Source: ARC-11, ARC-15.
#[must_use]
pub fn joins_of<'l>(lines: impl IntoIterator<Item = &'l KeptLine>) -> Vec<IdentityJoin> {
    let mut joins: Vec<IdentityJoin> = Vec::new();
    for line in lines {
        let told = line.event == Event::Identity && &*line.outcome == "permitted";
        let temporary = line.word("temporary").and_then(|key| key.parse().ok()).map(ClientKey);
        let (true, Some(person), Some(temporary)) = (told, line.client, temporary) else {
            continue;
        };
        match line.detail.split(' ').next().and_then(IdentityAct::of_code) {
            Some(IdentityAct::Join) => joins.push(IdentityJoin {
                line: line.number,
                temporary,
                person,
                joined_at: line.at,
                parted: None,
            }),
            Some(IdentityAct::Part) => {
                let of_both = |one: &&mut IdentityJoin| {
                    one.temporary == temporary && one.person == person && one.parted.is_none()
                };
                if let Some(join) = joins.iter_mut().find(of_both) {
                    join.parted = Some((line.number, line.at));
                }
            }
            None => {}
        }
    }
    joins
}

/// What has to be known of two identifiers, so far as the asker's registers tell it.
#[derive(Debug, Clone, Default)]
pub struct IdentityFacts {
    /// Whether the registers hold anything under the temporary identifier.
    pub temporary_is_known: bool,
    /// Whether it is joined to the identity code now; `Some(false)`: to another.
    pub joined: Option<bool>,
    /// Since when.
    pub since: Option<Instant>,
    /// The active relationships of the temporary identifier in registers in which the identity code has one too.
    pub both_active: Vec<Oid>,
}

/// Every reason why two identifiers cannot be joined, or parted. A person has one active relationship in a register:
/// where each identifier has one, one of the two is ended first.
///
/// Source: ARC-11, REL-1.
#[must_use]
pub fn check(act: IdentityAct, reason: IdentityReason, facts: &IdentityFacts) -> Vec<Fault> {
    const AT: &str = "temporary_id";
    if !facts.temporary_is_known {
        return vec![Fault::new(FaultKind::UnknownClient, AT, "ARC-11")];
    }
    let mut faults = Vec::new();
    if reason.of_act() != act {
        let fits = IdentityReason::ALL.into_iter().filter(|reason| reason.of_act() == act);
        let fits: Vec<&str> = fits.map(IdentityReason::code).collect();
        let wrong = Fault::new(FaultKind::WrongValue, "reason", "ARC-11").value(reason.code());
        faults.push(wrong.arg("expected", fits.join(", ")));
    }
    match (act, facts.joined) {
        (IdentityAct::Join, Some(true)) | (IdentityAct::Part, None | Some(false)) => {
            faults.push(Fault::new(FaultKind::NothingChanges, AT, "ARC-11"));
        }
        (IdentityAct::Join, Some(false)) => {
            let since = facts.since.map(|at| at.to_string()).unwrap_or_default();
            faults.push(Fault::new(FaultKind::AlreadyThere, AT, "ARC-11").arg("day", since));
        }
        (IdentityAct::Join, None) => {
            let each = |existing: &Oid| {
                let fault = Fault::new(FaultKind::RelationshipExists, "identity_code", "REL-1");
                fault.arg("existing", existing)
            };
            faults.extend(facts.both_active.iter().map(each));
        }
        (IdentityAct::Part, Some(true)) => {}
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::log::Actor;

    fn line(number: i64, detail: &str, person: i64) -> KeptLine {
        KeptLine {
            number,
            at: Instant::from_millis(number * 1000),
            event: Event::Identity,
            outcome: "permitted".into(),
            reason: "archivist".into(),
            actor: Actor { name: "person:a".into(), organisation: None, detail: None },
            client: Some(ClientKey(person)),
            version: None,
            detail: detail.into(),
        }
    }

    /// ARC-11: lines tell the joins, each with when it was made and taken apart; what was denied, tried, or stands
    /// beside tells none.
    #[test]
    fn lines_tell_of_joins_and_partings() {
        let why = |act: IdentityAct, reason, temporary| act.detail(reason, ClientKey(temporary));
        let join = |temporary| why(IdentityAct::Join, IdentityReason::CodeGiven, temporary);
        let part = |temporary| why(IdentityAct::Part, IdentityReason::Mistaken, temporary);
        let mut denied = line(4, &join(8), 1);
        denied.outcome = "denied".into();
        let mut tried = line(6, &join(9), 1);
        tried.outcome = "done".into();
        let beside = IdentityAct::Join.detail_beside(IdentityReason::CodeGiven);
        let lines = [
            line(1, &join(7), 1),
            line(2, &part(7), 2),
            line(3, &part(7), 1),
            denied,
            line(5, &join(7), 2),
            tried,
            line(7, &beside, 7),
        ];
        let told = joins_of(&lines);
        let (first, second) = (&told[0], &told[1]);
        assert_eq!(told.len(), 2);
        assert_eq!((first.line, first.person), (1, ClientKey(1)));
        assert_eq!(first.parted, Some((3, Instant::from_millis(3000))));
        assert_eq!((second.line, second.person, second.parted), (5, ClientKey(2), None));
    }

    /// ARC-11, REL-1: a temporary identifier is joined once, and not where each has an active relationship in one
    /// register.
    #[test]
    fn identifiers_are_joined_once_and_without_two_relationships() {
        use IdentityAct::{Join, Part};
        let told = |act, facts: &IdentityFacts| -> Vec<&str> {
            let fits = |reason: &IdentityReason| reason.of_act() == act;
            let reason = IdentityReason::ALL.into_iter().find(fits).unwrap();
            check(act, reason, facts).iter().map(Fault::code).collect()
        };
        let known = IdentityFacts { temporary_is_known: true, ..IdentityFacts::default() };
        let joined = |to| IdentityFacts { joined: Some(to), ..known.clone() };
        let relationship = Oid::parse("1.2.246.10.90000001.95.2026.1").unwrap();
        let twice = IdentityFacts { both_active: vec![relationship], ..known.clone() };
        assert_eq!(told(Join, &IdentityFacts::default()), ["unknown-client"]);
        assert_eq!(told(Join, &known), Vec::<&str>::new());
        assert_eq!(told(Join, &twice), ["relationship-exists"]);
        assert_eq!(told(Join, &joined(true)), ["nothing-changes"]);
        assert_eq!(told(Join, &joined(false)), ["already-there"]);
        assert_eq!(told(Part, &IdentityFacts::default()), ["unknown-client"]);
        assert_eq!(told(Part, &joined(true)), Vec::<&str>::new());
        assert_eq!(told(Part, &known), ["nothing-changes"]);
        assert_eq!(told(Part, &joined(false)), ["nothing-changes"]);
    }

    /// ARC-11: what is a reason to join is none to part, and the other way about.
    #[test]
    fn each_act_has_its_own_reasons() {
        let facts = |act| IdentityFacts {
            temporary_is_known: true,
            joined: (act == IdentityAct::Part).then_some(true),
            ..IdentityFacts::default()
        };
        for reason in IdentityReason::ALL {
            assert_eq!(IdentityReason::of_code(reason.code()), Some(reason));
            for act in [IdentityAct::Join, IdentityAct::Part] {
                let faults = check(act, reason, &facts(act));
                let codes: Vec<&str> = faults.iter().map(Fault::code).collect();
                let expected: &[&str] = if reason.of_act() == act { &[] } else { &["wrong-value"] };
                assert_eq!(codes, expected, "{act:?} {reason:?}");
            }
        }
    }
}
