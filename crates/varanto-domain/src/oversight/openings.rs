//! Break-glass: a worker opens a client's documents without case context, for a reason and for a time, and the
//! controller judges it afterwards.
//!
//! Source: ACC-3, LOG-2.

use crate::access::log::{Event, KeptLine};
use crate::access::{Basis, Denial, LogPermit, LookReason, Reason};
use crate::ids::{ClientKey, Oid};
use crate::time::{FinnishDay, Instant};

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

    /// When documents that are opened for so many hours are closed again.
    #[must_use]
    pub fn end_of(opened_at: Instant, hours: u32) -> Instant {
        opened_at.plus_millis(i64::from(hours) * 60 * 60 * 1000)
    }

    /// Whether a line of the use log tells of this opening of a client's documents: by the same worker, at the
    /// same moment, for the same reason and as long. In whose register a single look was, its documents say.
    ///
    /// Source: ARC-15, LOG-1, ACC-3.
    #[must_use]
    pub fn is_told_by(&self, client: ClientKey, line: &KeptLine) -> bool {
        let until = match (line.event, line.word("hours").and_then(|hours| hours.parse().ok())) {
            (Event::BreakGlass, Some(hours)) => Self::end_of(line.at, hours),
            (Event::Open | Event::Search | Event::Disclose | Event::Archive, None) => line.at,
            _ => return false,
        };
        let registers = line.word("registers");
        is_stated(line)
            && line.client == Some(client)
            && line.actor.name == self.actor
            && (line.at, until) == (self.opened_at, self.until)
            && line.says("reason", Reason::Look(self.reason).code())
            && registers.is_none_or(|all| all.split(',').any(|one| one == self.controller.as_str()))
    }

    /// Whether a look that a line tells of is in the queue with this opening of the same client's: told of by it, made
    /// while it lasted, or later on the day of a single look.
    ///
    /// Source: ARC-15, LOG-2.
    #[must_use]
    pub fn answers_for(&self, line: &KeptLine) -> bool {
        let day = FinnishDay::of(self.opened_at);
        let lasts = line.at < self.until || FinnishDay::of(line.at) == day;
        line.actor.name == self.actor
            && line.says("reason", Reason::Look(self.reason).code())
            && self.opened_at <= line.at
            && lasts
    }

    /// Where its judgement stands by the lines of the use log about its client, oldest first, and who judged it last
    /// and when. `line` is the number of the line that tells of the opening.
    ///
    /// Source: ARC-15, LOG-2.
    #[must_use]
    pub fn judged_by<'l>(
        &self,
        line: i64,
        lines: &'l [KeptLine],
    ) -> (Judgement, Option<(&'l str, Instant)>) {
        let (line, register) = (line.to_string(), self.controller.as_str());
        let of_this = lines.iter().filter(|told| {
            told.event == Event::Judge
                && &*told.outcome == "permitted"
                && told.word("line") == Some(&line)
                && told.word("register").is_none_or(|told| told == register)
        });
        let last = of_this
            .filter_map(|told| Some((Judgement::of_code(told.word("state")?)?, told)))
            .next_back();
        last.map_or((Judgement::New, None), |(state, told)| {
            (state, Some((&*told.actor.name, told.at)))
        })
    }
}

/// Whether a line tells of a look for a stated reason, of a version that was made for one, or of what was opened for some
/// hours: each is in a register's queue.
///
/// Source: ACC-3, LOG-2.
#[must_use]
pub fn is_stated(line: &KeptLine) -> bool {
    let queued = match line.event {
        Event::Open | Event::Search | Event::Disclose | Event::BreakGlass => true,
        Event::Archive => line.word("reason").is_some(),
        _ => false,
    };
    queued && &*line.outcome == "permitted" && &*line.reason == Basis::StatedReason.code()
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
            by_register: None,
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

    /// What was opened at 1,000 for four hours in register 1.2 by person:a, as its line tells it.
    fn line(detail: &str) -> KeptLine {
        KeptLine {
            number: 7,
            at: Instant::from_millis(1000),
            event: Event::BreakGlass,
            outcome: "permitted".into(),
            reason: Basis::StatedReason.code().into(),
            actor: crate::access::log::Actor {
                name: "person:a".into(),
                organisation: None,
                detail: None,
            },
            client: Some(ClientKey(1)),
            version: None,
            detail: detail.into(),
        }
    }

    /// ARC-15, ACC-3: an opening is told of by the line of the same worker, client, moment, reason, hours and register,
    /// and by no other.
    #[test]
    fn an_opening_is_told_of_by_its_line_alone() {
        let until = Opening::end_of(Instant::from_millis(1000), 4);
        let hours = Opening { until, ..opening("person:a", "1.2") };
        let look = Opening { until: hours.opened_at, ..hours.clone() };
        let told = line("reason=urgent hours=4 registers=1.2,1.3");
        let check = |opening: &Opening, line: &KeptLine, expected: bool| {
            assert_eq!(opening.is_told_by(ClientKey(1), line), expected, "{opening:?} {line:?}");
        };
        check(&hours, &told, true);
        check(&hours, &line("reason=urgent hours=4"), true);
        check(&look, &told, false);
        check(&Opening { actor: "person:b".into(), ..hours.clone() }, &told, false);
        check(&Opening { controller: oid("1.4"), ..hours.clone() }, &told, false);
        check(&Opening { reason: LookReason::Correction, ..hours.clone() }, &told, false);
        check(&Opening { opened_at: Instant::from_millis(999), ..hours.clone() }, &told, false);
        check(&hours, &line("reason=urgent hours=5 registers=1.2"), false);
        check(&hours, &KeptLine { client: Some(ClientKey(2)), ..told.clone() }, false);
        check(&hours, &KeptLine { outcome: "denied".into(), ..told.clone() }, false);
        check(&hours, &KeptLine { reason: "case-context".into(), ..told.clone() }, false);
        let opened = KeptLine { event: Event::Open, ..line("metadata reason=urgent") };
        check(&look, &opened, true);
        check(&hours, &opened, false);
        check(&look, &KeptLine { event: Event::Explain, ..opened }, false);
    }

    /// LOG-2: a look for a reason is in the queue with what was opened for hours that last, and with a look of the same
    /// day.
    #[test]
    fn a_look_is_in_the_queue_with_what_was_opened_before_it() {
        let hour = 60 * 60 * 1000;
        let at = |hours: i64| Instant::from_millis(1000 + hours * hour);
        let look = Opening { until: at(0), opened_at: at(0), ..opening("person:a", "1.2") };
        let hours = Opening { until: at(30), ..look.clone() };
        let check = |opening: &Opening, hours: i64, reason: &str, expected: bool| {
            let line = KeptLine { at: at(hours), event: Event::Open, ..line(reason) };
            assert_eq!(opening.answers_for(&line), expected, "{hours} {reason}");
        };
        check(&look, 0, "metadata reason=urgent", true);
        check(&look, 3, "metadata reason=urgent", true);
        check(&look, 3, "metadata reason=correction", false);
        check(&look, 23, "metadata reason=urgent", false);
        check(&look, -1, "metadata reason=urgent", false);
        check(&hours, 29, "metadata reason=urgent", true);
        check(&hours, 30, "metadata reason=urgent", false);
    }

    /// LOG-2: the last judgement of this opening in this register counts.
    #[test]
    fn judgements_are_read_out_of_the_lines() {
        let judge = |detail: &str| KeptLine { event: Event::Judge, ..line(detail) };
        let told = [
            judge("state=seen line=7 register=1.2"),
            judge("state=questioned line=7 register=1.2"),
            judge("state=approved line=7 register=1.3"),
            judge("state=approved line=8 register=1.2"),
            KeptLine { outcome: "denied".into(), ..judge("state=approved line=7 register=1.2") },
        ];
        let state = |lines| opening("person:b", "1.2").judged_by(7, lines);
        let by = Some(("person:a", Instant::from_millis(1000)));
        assert_eq!(state(&[]), (Judgement::New, None));
        assert_eq!(state(&told[..1]), (Judgement::Seen, by));
        assert_eq!(state(&told), (Judgement::Questioned, by));
        assert_eq!(state(&[judge("state=approved line=7")]), (Judgement::Approved, by));
    }
}
