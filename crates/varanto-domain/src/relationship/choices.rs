//! The client's choice of a producer (tuottajan valinta): what the organiser offers, and what the client picks.
//!
//! A choice is no document: it opens no right, and the organiser who hands the service over may do otherwise. The lines of the
//! use log tell of each whole; [`told_choices`] says what the rows must be.
//!
//! Source: CIT-5, CAS-4; document 001 (tuottajavalinta).

use std::collections::BTreeMap;

use super::rights::{RegisterUseRight, Side, Standing};
use crate::access::log::{Event, KeptLine};
use crate::archive::references::KnownRelationship;
use crate::codes::sets;
use crate::faults::{Fault, FaultKind};
use crate::ids::{ClientKey, Oid};
use crate::time::FinnishDay;

/// The most units that are offered at once: more nobody compares.
pub const MOST_OFFERED: usize = 20;

const RULE: &str = "CIT-5";

/// What is offered to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerOffer {
    /// The service task's code.
    pub service_task: String,
    /// The social service's code, where one is named.
    pub service: Option<String>,
    /// The producers' units to choose from.
    pub units: Vec<Oid>,
}

impl ProducerOffer {
    /// Everything that is wrong with an offer about a relationship whose units hold these rights.
    ///
    /// Source: CIT-5, RUR-1, RUR-7.
    #[must_use]
    pub fn faults(
        &self,
        relationship: &KnownRelationship,
        rights: &[RegisterUseRight],
        known: &OfferedAmong<'_>,
        today: FinnishDay,
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        let fault = |kind, element: &str| Fault::new(kind, element, RULE);
        match relationship.last_day {
            // Of one who has died, too: such a relationship is an old one.
            _ if relationship.old => {
                let expected = "a relationship that is not old";
                faults.push(fault(FaultKind::WrongValue, "relationship").arg("expected", expected));
            }
            Some(last) if last < today => {
                faults.push(fault(FaultKind::ClosedRelationship, "relationship").arg("day", last));
            }
            _ => {}
        }
        if !relationship.service_tasks.contains(&self.service_task) {
            let expected = relationship.service_tasks.join(", ");
            faults.push(fault(FaultKind::WrongValue, "service_task").arg("expected", expected));
        }
        if self.service.as_ref().is_some_and(|service| !(known.is_service)(service)) {
            let expected = sets::SOCIAL_SERVICE;
            faults.push(fault(FaultKind::WrongValue, "service").arg("expected", expected));
        }
        let mut units = self.units.clone();
        units.sort_unstable();
        units.dedup();
        if units.len() < 2 {
            faults.push(fault(FaultKind::TooFewEntries, "units").arg("least", 2));
        }
        if units.len() < self.units.len() || units.len() > MOST_OFFERED {
            let expected = format!("2–{MOST_OFFERED}");
            faults.push(fault(FaultKind::WrongValue, "units").arg("expected", expected));
        }
        for unit in &units {
            if !(known.is_producers)(unit) {
                faults.push(fault(FaultKind::UnknownUnit, "units").value(unit.as_str()));
            }
            let serves = rights.iter().find(|right| {
                right.holder == *unit && self.is_given_by(right) && lasts(right, today)
            });
            if let Some(right) = serves {
                let there = fault(FaultKind::AlreadyThere, "units").value(unit.as_str());
                faults.push(there.arg("day", right.validity.first));
            }
        }
        faults
    }

    /// Whether a right gives what is offered: a producer's own, to the service task and, where both name one, the service.
    fn is_given_by(&self, right: &RegisterUseRight) -> bool {
        let of_service = |service: &String| right.services.iter().any(|one| **one == **service);
        let service = right.services.is_empty() || self.service.as_ref().is_none_or(of_service);
        let task = right.branch.service_task() == Some(self.service_task.as_str());
        task && service && right.side == Side::Producer
    }

    /// The producers' units that give what is offered already, in their order.
    #[must_use]
    pub fn serving(&self, rights: &[RegisterUseRight], today: FinnishDay) -> Vec<Oid> {
        let gives = |right: &&RegisterUseRight| self.is_given_by(right) && lasts(right, today);
        let mut units: Vec<Oid> =
            rights.iter().filter(gives).map(|right| right.holder.clone()).collect();
        units.sort_unstable();
        units.dedup();
        units
    }

    /// The offer with its units in their order, each once: the same units are the same offer.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.units.sort_unstable();
        self.units.dedup();
        self
    }
}

/// What an offer may name, beside what its relationship does.
pub struct OfferedAmong<'a> {
    /// Whether a unit is valid today and another organisation's.
    pub is_producers: &'a dyn Fn(&Oid) -> bool,
    /// Whether a code is one of a social service in force.
    pub is_service: &'a dyn Fn(&str) -> bool,
}

fn lasts(right: &RegisterUseRight, today: FinnishDay) -> bool {
    !matches!(right.standing_on(today), Standing::Ended(_))
}

/// A choice that was offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProducerChoice {
    /// Its key.
    pub key: i64,
    /// In whose register.
    pub controller: Oid,
    /// To whom it is offered.
    pub client: ClientKey,
    /// The relationship that the service will belong to.
    pub relationship: Oid,
    /// What is offered.
    pub offer: ProducerOffer,
    /// The producers' units that gave the service already when it was offered: that they still do decides nothing. `None`: it
    /// was offered before this was noted, and only the units that were offered decide.
    pub serving: Option<Vec<Oid>>,
    /// The line that tells of the offer.
    pub offered: i64,
    /// What was picked, and the line that tells of it; `None`: nothing, or not any more.
    pub chosen: Option<(Oid, i64)>,
    /// The line that tells that the offer was taken back.
    pub ended: Option<i64>,
}

/// Where a choice stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChoiceState {
    /// The client may choose.
    Waits,
    /// The client has chosen, and may choose otherwise.
    Chosen(Oid),
    /// The service was handed to this unit, one of those that were offered or another: nothing is chosen any more, also when
    /// that has ended.
    HandedTo(Oid),
    /// The relationship has ended, and no service of it is handed to anybody.
    RelationshipEnded,
    /// The organiser took the offer back.
    TakenBack,
}

impl ChoiceState {
    /// Its stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Waits => "waits",
            Self::Chosen(_) => "chosen",
            Self::HandedTo(_) => "handed-over",
            Self::RelationshipEnded => "relationship-ended",
            Self::TakenBack => "taken-back",
        }
    }

    /// Whether the client may still choose.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Waits | Self::Chosen(_))
    }
}

impl ProducerChoice {
    /// Where it stands, by its relationship and the rights of that: once a unit had the service after the day of the offer, it is
    /// decided for good, whichever the client picked.
    ///
    /// Source: CIT-5, RUR-1.
    #[must_use]
    pub fn state(
        &self,
        offered_on: FinnishDay,
        relationship: &KnownRelationship,
        rights: &[RegisterUseRight],
        today: FinnishDay,
    ) -> ChoiceState {
        let chosen = self.chosen.as_ref().map(|(unit, _)| unit);
        let ended = relationship.old || relationship.last_day.is_some_and(|last| last < today);
        match (self.handed_to(offered_on, rights), chosen) {
            _ if self.ended.is_some() => ChoiceState::TakenBack,
            (Some(unit), _) => ChoiceState::HandedTo(unit.clone()),
            (None, _) if ended => ChoiceState::RelationshipEnded,
            (None, Some(unit)) => ChoiceState::Chosen(unit.clone()),
            (None, None) => ChoiceState::Waits,
        }
    }

    /// The unit that got the service after the offer, by the rights of its relationship: of several the chosen one, else one that
    /// was offered, else whichever began first. A unit that was not offered decides too, unless it served before.
    ///
    /// Source: CIT-5, RUR-1.
    #[must_use]
    pub fn handed_to<'r>(
        &self,
        offered_on: FinnishDay,
        rights: &'r [RegisterUseRight],
    ) -> Option<&'r Oid> {
        let chosen = self.chosen.as_ref().map(|(unit, _)| unit);
        let offered = |unit: &Oid| self.offer.units.contains(unit);
        let decides = |unit: &Oid| match &self.serving {
            Some(serving) => !serving.contains(unit),
            None => offered(unit),
        };
        let gave = rights.iter().filter(|right| {
            let lasted = right.validity.last.is_none_or(|last| offered_on <= last);
            lasted && self.offer.is_given_by(right) && decides(&right.holder)
        });
        let rank = |right: &&RegisterUseRight| {
            let place = match &right.holder {
                unit if Some(unit) == chosen => 0,
                unit if offered(unit) => 1,
                _ => 2,
            };
            (place, right.validity.first, right.holder.clone())
        };
        gave.min_by_key(rank).map(|right| &right.holder)
    }

    /// What the line of the offer tells; the line's own client is the one to whom it is offered.
    #[must_use]
    pub fn detail(&self) -> String {
        let Self { key, controller, relationship, offer, .. } = self;
        let service = offer.service.as_deref().unwrap_or("-");
        let serving = self.serving.as_deref().map(|units| format!(" serving={}", joined(units)));
        format!(
            "act=offer choice={key} controller={controller} relationship={relationship} task={} service={service} units={}{}",
            offer.service_task,
            joined(&offer.units),
            serving.unwrap_or_default()
        )
    }

    /// What the line of a pick tells; `None`: that it is taken back.
    #[must_use]
    pub fn detail_of_pick(&self, unit: Option<&Oid>) -> String {
        format!("act=pick choice={} unit={}", self.key, unit.map_or("-", Oid::as_str))
    }

    /// What the line tells by which the offer is taken back.
    #[must_use]
    pub fn detail_of_end(&self) -> String {
        format!("act=end choice={}", self.key)
    }
}

/// Units as lines and rows tell them: OIDs with commas between them, or a dash where there is none.
#[must_use]
pub fn joined(units: &[Oid]) -> String {
    let units: Vec<&str> = units.iter().map(Oid::as_str).collect();
    if units.is_empty() { "-".to_owned() } else { units.join(",") }
}

/// Units as [`joined`] tells them; `None`: they do not read.
#[must_use]
pub fn parted(units: &str) -> Option<Vec<Oid>> {
    let units = units.split(',').filter(|unit| *unit != "-");
    units.map(|unit| Oid::parse(unit).ok()).collect()
}

/// What lines tell of choices, oldest first. Of what was denied or refused nothing follows.
///
/// Source: CIT-5, ARC-15, LOG-1.
#[must_use]
pub fn told_choices(lines: &[KeptLine]) -> BTreeMap<i64, ProducerChoice> {
    let mut told = BTreeMap::new();
    let is_one = |line: &&KeptLine| line.event == Event::Choice && &*line.outcome == "permitted";
    for line in lines.iter().filter(is_one) {
        match line.word("act") {
            Some("offer") => told.extend(offered(line).map(|choice| (choice.key, choice))),
            Some("pick") => drop(picked(&mut told, line)),
            Some("end") => drop(ended(&mut told, line)),
            _ => {}
        }
    }
    told
}

fn offered(line: &KeptLine) -> Option<ProducerChoice> {
    let oid = |text: &str| Oid::parse(text).ok();
    let service = line.word("service").filter(|word| *word != "-");
    Some(ProducerChoice {
        key: line.word("choice")?.parse().ok()?,
        controller: oid(line.word("controller")?)?,
        client: line.client?,
        relationship: oid(line.word("relationship")?)?,
        offer: ProducerOffer {
            service_task: line.word("task")?.to_owned(),
            service: service.map(str::to_owned),
            units: parted(line.word("units")?)?,
        },
        serving: match line.word("serving") {
            Some(units) => Some(parted(units)?),
            None => None,
        },
        offered: line.number,
        chosen: None,
        ended: None,
    })
}

fn named<'t>(
    told: &'t mut BTreeMap<i64, ProducerChoice>,
    line: &KeptLine,
) -> Option<&'t mut ProducerChoice> {
    told.get_mut(&line.word("choice")?.parse().ok()?)
}

fn picked(told: &mut BTreeMap<i64, ProducerChoice>, line: &KeptLine) -> Option<()> {
    let unit = match line.word("unit")? {
        "-" => None,
        unit => Some(Oid::parse(unit).ok()?),
    };
    named(told, line)?.chosen = unit.map(|unit| (unit, line.number));
    Some(())
}

fn ended(told: &mut BTreeMap<i64, ProducerChoice>, line: &KeptLine) -> Option<()> {
    named(told, line)?.ended = Some(line.number);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::log::Actor;
    use crate::relationship::{Branch, Road, Side};
    use crate::time::{Instant, Validity};

    fn oid(text: &str) -> Oid {
        Oid::parse(text).unwrap()
    }

    fn day(text: &str) -> FinnishDay {
        FinnishDay::parse(text).unwrap()
    }

    fn right(unit: &str, task: Option<&str>, first: &str, last: Option<&str>) -> RegisterUseRight {
        RegisterUseRight {
            holder: oid(unit),
            controller: oid("1.2.3"),
            organiser: oid("1.2.3"),
            relationship: oid("1.2.3.10"),
            branch: task.map_or(Branch::WholeRelationship, |task| Branch::ServiceTask(task.into())),
            services: Vec::new(),
            side: Side::Producer,
            validity: Validity { first: day(first), last: last.map(day) },
            suspensions: Vec::new(),
        }
    }

    fn relationship() -> KnownRelationship {
        KnownRelationship {
            id: oid("1.2.3.10"),
            client: ClientKey(3),
            controller: oid("1.2.3"),
            old: false,
            last_day: None,
            of_deceased: false,
            service_tasks: vec!["24".to_owned()],
            road: Road::Short,
        }
    }

    fn choice() -> ProducerChoice {
        ProducerChoice {
            key: 5,
            controller: oid("1.2.3"),
            client: ClientKey(3),
            relationship: oid("1.2.3.10"),
            offer: ProducerOffer {
                service_task: "24".to_owned(),
                service: None,
                units: vec![oid("1.2.4.1"), oid("1.2.5.1")],
            },
            serving: Some(Vec::new()),
            offered: 1,
            chosen: None,
            ended: None,
        }
    }

    /// CIT-5, RUR-7: at least two units of other organisations are offered, for a task of a relationship that runs, and none that
    /// serves already; every fault is told at once.
    #[test]
    fn an_offer_is_a_real_choice() {
        let check = |change: &dyn Fn(&mut ProducerOffer, &mut KnownRelationship),
                     rights: &[_],
                     expected: &[&str]| {
            let (mut offer, mut relationship) = (choice().offer, relationship());
            change(&mut offer, &mut relationship);
            let known = OfferedAmong {
                is_producers: &|unit| !unit.as_str().starts_with("1.2.3"),
                is_service: &|code| code == "3",
            };
            let faults = offer.faults(&relationship, rights, &known, day("2026-11-02"));
            let codes: Vec<_> = faults.iter().map(Fault::code).collect();
            assert_eq!(codes, expected);
        };
        check(&|_, _| (), &[], &[]);
        check(&|offer, _| offer.units.truncate(1), &[], &["too-few-entries"]);
        check(&|offer, _| offer.units.clear(), &[], &["too-few-entries"]);
        let twice = |offer: &mut ProducerOffer, _: &mut KnownRelationship| {
            offer.units.push(oid("1.2.4.1"));
        };
        check(&twice, &[], &["wrong-value"]);
        let many = |offer: &mut ProducerOffer, _: &mut KnownRelationship| {
            offer.units = (0..=MOST_OFFERED).map(|one| oid(&format!("1.2.4.{one}"))).collect();
        };
        check(&many, &[], &["wrong-value"]);
        check(&|offer, _| offer.units.push(oid("1.2.3.7")), &[], &["unknown-unit"]);
        check(&|offer, _| offer.service_task = "10".to_owned(), &[], &["wrong-value"]);
        check(&|offer, _| offer.service = Some("3".to_owned()), &[], &[]);
        for service in ["-", "4", "3 units=1.2.4.1,1.2.5.1", ""] {
            let set = |offer: &mut ProducerOffer, _: &mut KnownRelationship| {
                offer.service = Some(service.to_owned());
            };
            check(&set, &[], &["wrong-value"]);
        }
        check(&|_, it| it.old = true, &[], &["wrong-value"]);
        check(&|_, it| it.last_day = Some(day("2026-11-02")), &[], &[]);
        check(&|_, it| it.last_day = Some(day("2026-11-01")), &[], &["closed-relationship"]);
        let serves = right("1.2.4.1", Some("24"), "2026-12-01", None);
        check(&|_, _| (), std::slice::from_ref(&serves), &["already-there"]);
        let ended = right("1.2.4.1", Some("24"), "2026-01-01", Some("2026-11-01"));
        check(&|_, _| (), std::slice::from_ref(&ended), &[]);
        let of_other_task = right("1.2.4.1", Some("10"), "2026-01-01", None);
        check(&|_, _| (), std::slice::from_ref(&of_other_task), &[]);
        let three = |offer: &mut ProducerOffer, _: &mut KnownRelationship| {
            offer.service = Some("3".to_owned());
        };
        let of_service = |service: &str| RegisterUseRight {
            services: vec![service.into()],
            ..right("1.2.4.1", Some("24"), "2026-01-01", None)
        };
        check(&three, &[of_service("3")], &["already-there"]);
        check(&three, &[of_service("5")], &[]);
        let all = |offer: &mut ProducerOffer, it: &mut KnownRelationship| {
            (offer.service_task, it.old) = ("10".to_owned(), true);
            offer.units = vec![oid("1.2.3.7")];
        };
        check(&all, &[], &["wrong-value", "wrong-value", "too-few-entries", "unknown-unit"]);
    }

    /// CIT-5: the client chooses until one of the units, the chosen one or another, had the service, the relationship has ended,
    /// or the offer was taken back; and what is decided stays so when the service ends.
    #[test]
    fn a_choice_lasts_until_the_service_is_handed_over() {
        let (offered, today) = (day("2026-10-05"), day("2026-11-02"));
        let (one, other) = (oid("1.2.4.1"), oid("1.2.5.1"));
        let waits = choice();
        let chosen = ProducerChoice { chosen: Some((other.clone(), 2)), ..choice() };
        let it = relationship();
        let state =
            |choice: &ProducerChoice, rights: &[_]| choice.state(offered, &it, rights, today);
        let to = |unit: &str, task, last| [right(unit, task, "2026-10-01", last)];
        assert_eq!(state(&waits, &[]), ChoiceState::Waits);
        assert_eq!(state(&chosen, &[]), ChoiceState::Chosen(other.clone()));
        let given = to("1.2.4.1", Some("24"), None);
        for last in [None, Some("2026-10-05"), Some("2026-11-01")] {
            let given = to("1.2.4.1", Some("24"), last);
            assert_eq!(state(&waits, &given), ChoiceState::HandedTo(one.clone()));
            assert_eq!(state(&chosen, &given), ChoiceState::HandedTo(one.clone()));
        }
        let both = [given[0].clone(), to("1.2.5.1", Some("24"), None)[0].clone()];
        assert_eq!(state(&chosen, &both), ChoiceState::HandedTo(other.clone()));
        let side = Side::Implementer { producer: oid("1.2.6.1") };
        let implementers = [RegisterUseRight { side, ..given[0].clone() }];
        let before_the_offer = to("1.2.4.1", Some("24"), Some("2026-10-04"));
        for rights in [
            to("1.2.4.1", Some("10"), None),
            to("1.2.4.1", None, None),
            before_the_offer,
            implementers,
        ] {
            assert_eq!(state(&chosen, &rights), ChoiceState::Chosen(other.clone()), "{rights:?}");
        }
        let ended = |last: &str| KnownRelationship { last_day: Some(day(last)), ..relationship() };
        let at_end = |last: &str, rights: &[_]| chosen.state(offered, &ended(last), rights, today);
        assert_eq!(at_end("2026-11-02", &[]), ChoiceState::Chosen(other));
        assert_eq!(at_end("2026-11-01", &[]), ChoiceState::RelationshipEnded);
        assert_eq!(at_end("2026-11-01", &given), ChoiceState::HandedTo(one));
        assert!(!at_end("2026-11-01", &[]).is_open());
        let taken_back = ProducerChoice { ended: Some(3), ..chosen };
        assert_eq!(state(&taken_back, &given), ChoiceState::TakenBack);
        assert!(!state(&taken_back, &[]).is_open());
    }

    /// CIT-5, RUR-1: a unit that was not offered decides too, also from a day before the offer; not where it served already, and not
    /// of an offer from before it was noted who did.
    #[test]
    fn whoever_gets_the_service_decides() {
        let (offered, third) = (day("2026-10-05"), oid("1.2.6.1"));
        let to = |unit: &str, first| right(unit, Some("24"), first, None);
        let check = |serving: Option<&[&str]>, rights: &[_], expected: Option<&str>| {
            let serving = serving.map(|units| units.iter().map(|unit| oid(unit)).collect());
            let chosen = Some((oid("1.2.5.1"), 2));
            let choice = ProducerChoice { serving, chosen, ..choice() };
            let handed = choice.handed_to(offered, rights).map(Oid::as_str);
            assert_eq!(handed, expected, "{rights:?}");
        };
        for first in ["2026-09-01", "2026-10-05", "2026-12-01"] {
            let rights = [to("1.2.6.1", first)];
            check(Some(&[]), &rights, Some("1.2.6.1"));
            check(Some(&["1.2.6.1"]), &rights, None);
            check(None, &rights, None);
        }
        let other = [to("1.2.6.1", "2026-09-01"), to("1.2.7.1", "2026-10-06")];
        check(Some(&[]), &other, Some("1.2.6.1"));
        check(Some(&["1.2.6.1"]), &other, Some("1.2.7.1"));
        let offered_too = [other[0].clone(), to("1.2.4.1", "2026-11-01")];
        check(Some(&[]), &offered_too, Some("1.2.4.1"));
        check(None, &offered_too, Some("1.2.4.1"));
        let all = [offered_too[0].clone(), offered_too[1].clone(), to("1.2.5.1", "2026-12-01")];
        check(Some(&[]), &all, Some("1.2.5.1"));
        let today = day("2026-11-02");
        assert_eq!(choice().offer.serving(&other, today), [third, oid("1.2.7.1")]);
        let ended = right("1.2.6.1", Some("24"), "2026-01-01", Some("2026-11-01"));
        assert!(choice().offer.serving(&[ended], today).is_empty());
    }

    /// CIT-5, ARC-15: lines of the log tell a choice whole: the offer, the last pick, and that it was taken back.
    #[test]
    fn lines_tell_a_choice_whole() {
        let line = |number, outcome: &str, detail: String| KeptLine {
            number,
            at: Instant::from_millis(number),
            event: Event::Choice,
            outcome: outcome.into(),
            reason: "own-data".into(),
            actor: Actor::nobody(),
            client: Some(ClientKey(3)),
            version: None,
            detail,
        };
        let of = |lines: &[KeptLine]| told_choices(lines).into_values().collect::<Vec<_>>();
        let unit = oid("1.2.5.1");
        let serving = [None, Some(vec![]), Some(vec![oid("1.2.6.1"), oid("1.2.7.1")])];
        for (service, serving) in [None, Some("3".to_owned()), None].into_iter().zip(serving) {
            let mut choice = ProducerChoice { serving, ..choice() };
            choice.offer.service = service;
            let offer = line(1, "permitted", choice.detail());
            let pick = line(2, "permitted", choice.detail_of_pick(Some(&unit)));
            let undone = line(3, "permitted", choice.detail_of_pick(None));
            let end = line(4, "permitted", choice.detail_of_end());
            let denied = KeptLine { outcome: "denied".into(), ..pick.clone() };
            assert_eq!(of(&[offer.clone(), denied]), [choice.clone()]);
            let chosen = ProducerChoice { chosen: Some((unit.clone(), 2)), ..choice.clone() };
            assert_eq!(of(&[offer.clone(), pick.clone()]), std::slice::from_ref(&chosen));
            let ended = ProducerChoice { ended: Some(4), ..chosen };
            assert_eq!(of(&[offer.clone(), pick.clone(), end]), [ended]);
            assert_eq!(of(&[offer, pick, undone]), [choice]);
        }
        assert_eq!(of(&[line(1, "permitted", choice().detail_of_end())]), []);
        // Which units may serve, and in what, tells of the client.
        let plain = line(1, "permitted", choice().detail()).plain_detail();
        assert_eq!(plain, "act=offer");
    }
}
