//! Break-glass: a worker opens a client's documents without case context, for a reason and for a time, and the
//! controller judges it afterwards.
//!
//! Source: ACC-3, LOG-2.

use crate::access::{Denial, LogPermit, LookReason};
use crate::ids::Oid;
use crate::time::Instant;

/// The hours for which documents are opened when the worker does not say.
pub const USUAL_HOURS: u32 = 4;
/// The most hours for which they are opened.
pub const MOST_HOURS: u32 = 24;

/// Documents of one client in one register, opened by one worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// In whose register.
    pub controller: Oid,
    /// Who: the actor of the line.
    pub actor: String,
    /// Why.
    pub reason: LookReason,
    /// From when.
    pub opened_at: Instant,
    /// Until when, this instant no more. A single look for a stated reason opens nothing beside itself: it
    /// ends where it begins.
    pub until: Instant,
    /// Where its judgement stands.
    pub state: Judgement,
}

impl Opening {
    /// Whether it opens anything at an instant. What was questioned opens nothing any more.
    #[must_use]
    pub fn is_in_force(&self, now: Instant) -> bool {
        self.opened_at <= now && now < self.until && self.state != Judgement::Questioned
    }
}

/// Where the judgement of an opening stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Judgement {
    /// Nobody has looked at it yet.
    New,
    /// A reviewer has seen it.
    Seen,
    /// A reviewer has asked the worker why.
    Questioned,
    /// A reviewer finds it right. It ends the matter.
    Approved,
}

impl Judgement {
    /// Every state; the place in this list is what the store keeps.
    pub const ALL: [Self; 4] = [Self::New, Self::Seen, Self::Questioned, Self::Approved];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Seen => "seen",
            Self::Questioned => "questioned",
            Self::Approved => "approved",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// The states that may follow: forward alone, but that what was questioned may be approved.
    #[must_use]
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::New => &[Self::Seen, Self::Questioned, Self::Approved],
            Self::Seen => &[Self::Questioned, Self::Approved],
            Self::Questioned => &[Self::Approved],
            Self::Approved => &[],
        }
    }
}

/// Decides whether a reviewer may judge an opening: in the own registers, and never the own look.
///
/// # Errors
/// [`Denial::AnotherRegister`], [`Denial::OwnLook`].
///
/// Source: LOG-2.
pub fn may_judge(permit: &LogPermit, reviewer: &str, opening: &Opening) -> Result<(), Denial> {
    if !permit.covers(&opening.controller) {
        return Err(Denial::AnotherRegister);
    }
    if opening.actor == reviewer { Err(Denial::OwnLook) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Caller, Role, Sector, Strength, Who, may_review_log};

    fn oid(text: &str) -> Oid {
        Oid::parse(text).unwrap()
    }

    fn opening(actor: &str, controller: &str) -> Opening {
        Opening {
            controller: oid(controller),
            actor: actor.into(),
            reason: LookReason::Urgent,
            opened_at: Instant::from_millis(1000),
            until: Instant::from_millis(2000),
            state: Judgement::New,
        }
    }

    /// ACC-3: an opening opens from its first instant until its last, and a single look nothing beside itself.
    #[test]
    fn an_opening_ends_with_its_time() {
        let check = |opening: &Opening, at: i64, expected: bool| {
            assert_eq!(opening.is_in_force(Instant::from_millis(at)), expected, "{at}");
        };
        let hour = opening("person:a", "1.2");
        check(&hour, 999, false);
        check(&hour, 1000, true);
        check(&hour, 1999, true);
        check(&hour, 2000, false);
        let look = Opening { until: hour.opened_at, ..hour.clone() };
        check(&look, 1000, false);
        check(&Opening { state: Judgement::Seen, ..hour.clone() }, 1500, true);
        check(&Opening { state: Judgement::Approved, ..hour.clone() }, 1500, true);
        check(&Opening { state: Judgement::Questioned, ..hour }, 1500, false);
    }

    /// LOG-2: judgements go forward, and an approval ends the matter.
    #[test]
    fn judgements_go_forward() {
        use Judgement::{Approved, New, Questioned, Seen};
        for (from, next) in [
            (New, &[Seen, Questioned, Approved][..]),
            (Seen, &[Questioned, Approved]),
            (Questioned, &[Approved]),
            (Approved, &[]),
        ] {
            for to in Judgement::ALL {
                assert_eq!(from.next().contains(&to), next.contains(&to), "{from:?} to {to:?}");
            }
        }
    }

    /// LOG-2: nobody judges the own look, nor those in other registers.
    #[test]
    fn a_reviewer_judges_the_looks_of_others_in_the_own_registers() {
        let who = Who::Person {
            subject: "olli".into(),
            registration_number: None,
            role: Role::DataProtectionOfficer,
            unit: None,
            duty: None,
            strength: Strength::Strong,
        };
        let reviewer = Caller {
            who,
            organisation: oid("1.2"),
            registers: vec![oid("1.2")],
            units: [].into(),
            functions: Vec::new(),
            sector: Sector::SocialWelfare,
        };
        let permit = may_review_log(&reviewer).unwrap();
        let check = |actor: &str, controller: &str, expected: Result<(), &str>| {
            let told = may_judge(&permit, "person:olli", &opening(actor, controller));
            assert_eq!(told.map_err(Denial::code), expected);
        };
        check("person:aino", "1.2", Ok(()));
        check("person:olli", "1.2", Err("own-look"));
        check("person:aino", "1.3", Err("another-register"));
    }
}
