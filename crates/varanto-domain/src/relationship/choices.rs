//! The client's choice of a producer (tuottajan valinta): what the organiser offers, and what the client picks.
//!
//! A choice is no document: it opens no right, and the organiser who hands the service over may do otherwise. The lines of the
//! use log tell of each whole; [`told`] says what the rows must be.
//!
//! Source: CIT-5, CAS-4; document 001 (tuottajavalinta).

use std::collections::BTreeMap;

use super::rights::{RegisterUseRight, Standing};
use crate::access::log::{Event, KeptLine};
use crate::archive::references::KnownRelationship;
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
    /// Everything that is wrong with an offer about a relationship whose units hold these rights: `is_producers` tells of a unit
    /// whether it is valid today and another organisation's.
    ///
    /// Source: CIT-5, RUR-1, RUR-7.
    #[must_use]
    pub fn faults(
        &self,
        relationship: &KnownRelationship,
        rights: &[RegisterUseRight],
        is_producers: impl Fn(&Oid) -> bool,
        today: FinnishDay,
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        let fault = |kind, element: &str| Fault::new(kind, element, RULE);
        match relationship.last_day {
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
            if !is_producers(unit) {
                faults.push(fault(FaultKind::UnknownUnit, "units").value(unit.as_str()));
            }
            let serves = rights.iter().find(|right| {
                right.holder == *unit && is_of(right, &self.service_task) && lasts(right, today)
            });
            if let Some(right) = serves {
                let there = fault(FaultKind::AlreadyThere, "units").value(unit.as_str());
                faults.push(there.arg("day", right.validity.first));
            }
        }
        faults
    }
}

fn is_of(right: &RegisterUseRight, service_task: &str) -> bool {
    right.branch.service_task() == Some(service_task)
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
    /// The service was handed to this one of the units that were offered: nothing is chosen any more.
    HandedTo(Oid),
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
            Self::TakenBack => "taken-back",
        }
    }

    /// Whether the client may still choose.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Waits | Self::Chosen(_))
    }

    /// The unit that was chosen, or got the service.
    #[must_use]
    pub const fn unit(&self) -> Option<&Oid> {
        match self {
            Self::Chosen(unit) | Self::HandedTo(unit) => Some(unit),
            Self::Waits | Self::TakenBack => None,
        }
    }
}

impl ProducerChoice {
    /// Where it stands, by the rights of its relationship: once a right was opened to one of the units, it is decided, whichever
    /// the client picked.
    ///
    /// Source: CIT-5, RUR-1.
    #[must_use]
    pub fn state(&self, rights: &[RegisterUseRight], today: FinnishDay) -> ChoiceState {
        let gives = |unit: &&Oid| {
            let of_unit = |right: &&RegisterUseRight| right.holder == **unit;
            let mut held = rights.iter().filter(of_unit);
            held.any(|right| is_of(right, &self.offer.service_task) && lasts(right, today))
        };
        let chosen = self.chosen.as_ref().map(|(unit, _)| unit);
        let first = chosen.into_iter().chain(&self.offer.units);
        match (self.ended, first.into_iter().find(gives), chosen) {
            (Some(_), ..) => ChoiceState::TakenBack,
            (None, Some(unit), _) => ChoiceState::HandedTo(unit.clone()),
            (None, None, Some(unit)) => ChoiceState::Chosen(unit.clone()),
            (None, None, None) => ChoiceState::Waits,
        }
    }

    /// What the line of the offer tells; the line's own client is the one to whom it is offered.
    #[must_use]
    pub fn detail(&self) -> String {
        let Self { key, controller, relationship, offer, .. } = self;
        let service = offer.service.as_deref().unwrap_or("-");
        let units: Vec<&str> = offer.units.iter().map(Oid::as_str).collect();
        format!(
            "act=offer choice={key} controller={controller} relationship={relationship} task={} service={service} units={}",
            offer.service_task,
            units.join(",")
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
            units: line.word("units")?.split(',').map(oid).collect::<Option<_>>()?,
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
            let is_producers = |unit: &Oid| !unit.as_str().starts_with("1.2.3");
            let faults = offer.faults(&relationship, rights, is_producers, day("2026-11-02"));
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
        check(&|_, it| it.old = true, &[], &["wrong-value"]);
        check(&|_, it| it.last_day = Some(day("2026-11-02")), &[], &[]);
        check(&|_, it| it.last_day = Some(day("2026-11-01")), &[], &["closed-relationship"]);
        let serves = right("1.2.4.1", Some("24"), "2026-12-01", None);
        check(&|_, _| (), std::slice::from_ref(&serves), &["already-there"]);
        let ended = right("1.2.4.1", Some("24"), "2026-01-01", Some("2026-11-01"));
        check(&|_, _| (), std::slice::from_ref(&ended), &[]);
        let of_other_task = right("1.2.4.1", Some("10"), "2026-01-01", None);
        check(&|_, _| (), std::slice::from_ref(&of_other_task), &[]);
        let all = |offer: &mut ProducerOffer, it: &mut KnownRelationship| {
            (offer.service_task, it.old) = ("10".to_owned(), true);
            offer.units = vec![oid("1.2.3.7")];
        };
        check(&all, &[], &["wrong-value", "wrong-value", "too-few-entries", "unknown-unit"]);
    }

    /// CIT-5: the client chooses until a right was opened to one of the units, the chosen one or another; or the offer was taken
    /// back.
    #[test]
    fn a_choice_lasts_until_a_right_is_opened() {
        let today = day("2026-11-02");
        let (one, other) = (oid("1.2.4.1"), oid("1.2.5.1"));
        let waits = choice();
        let chosen = ProducerChoice { chosen: Some((other.clone(), 2)), ..choice() };
        let to = |unit: &str, task, last| [right(unit, task, "2026-10-01", last)];
        assert_eq!(waits.state(&[], today), ChoiceState::Waits);
        assert_eq!(chosen.state(&[], today), ChoiceState::Chosen(other.clone()));
        let given = to("1.2.4.1", Some("24"), None);
        assert_eq!(waits.state(&given, today), ChoiceState::HandedTo(one.clone()));
        assert_eq!(chosen.state(&given, today), ChoiceState::HandedTo(one));
        let both = [given[0].clone(), to("1.2.5.1", Some("24"), None)[0].clone()];
        assert_eq!(chosen.state(&both, today), ChoiceState::HandedTo(other.clone()));
        for rights in [
            to("1.2.4.1", Some("10"), None),
            to("1.2.4.1", None, None),
            to("1.2.6.1", Some("24"), None),
            to("1.2.4.1", Some("24"), Some("2026-11-01")),
        ] {
            assert_eq!(chosen.state(&rights, today), ChoiceState::Chosen(other.clone()));
        }
        let taken_back = ProducerChoice { ended: Some(3), ..chosen };
        assert_eq!(taken_back.state(&given, today), ChoiceState::TakenBack);
        assert!(!taken_back.state(&[], today).is_open());
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
        for service in [None, Some("3".to_owned())] {
            let mut choice = choice();
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
        let plain = line(1, "permitted", choice().detail()).plain_detail();
        assert!(
            !plain.contains("units="),
            "which units may serve tells where the client is: {plain}"
        );
    }
}
