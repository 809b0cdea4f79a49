//! From the content in force and an act to the next content, or every reason why not.
//!
//! What an act does not concern stays as it is, member for member. What hangs on other documents, such as
//! open cases, is judged when the new version is archived.

use std::sync::Arc;

use super::acts::{HandOver, OwnService, RelationshipAct, Served};
use super::opening;
use super::reading::{RelationshipUnits, UnitEntry};
use super::rights::{Branch, Side};
use super::road::Road;
use super::wording::{self, Wording};
use crate::archive::register_documents::{CaseContent, RelationshipContent};
use crate::codes::sets;
use crate::faults::{Fault, FaultKind};
use crate::ids::Oid;
use crate::structures::Content;
use crate::time::{FinnishDay, Validity};

const ROOT: &str = "/asiakkuusasiakirja";
const TASKS: &str = "sosiaalihuollon_palvelutehtava";
const OWN_UNITS: &str = "palvelunjarjestajan_palveluyksikko";
const PRODUCERS: &str = "palveluntuottaja";
const IMPLEMENTERS: &str = "palveluntoteuttaja";
const PURCHASE: &str = "hankintatapa";
const CASE_ROOT: &str = "/asia_asiakirja";
const FIRST: &str = "asiakkuuden_alkamispvm";
const LAST: &str = "asiakkuuden_paattymispvm";
const PROTECTION: &str = "lastensuojelun_asiakkuus";
const PROTECTION_FIRST: &str = "lastensuojelun_asiakkuuden_alkamispvm";
const PROTECTION_LAST: &str = "lastensuojelun_asiakkuuden_paattymispvm";

type Applied = Result<Content<'static>, Vec<Fault>>;

impl RelationshipAct {
    /// The next content of a relationship document.
    ///
    /// # Errors
    /// Every reason why the act cannot be done on this content. The elements are the act's own members.
    ///
    /// Source: REL-1, REL-3, REL-8, REL-10 to REL-12, RUR-1, RUR-3, RUR-8; national-specs 6.1, 6.2.
    pub fn apply(&self, content: &Content<'static>, wording: &Wording<'_>) -> Applied {
        let mut change = Change::of(content);
        if self.service().is_some_and(|service| service.case.is_some()) {
            change.refuse(Fault::new(FaultKind::ForbiddenElement, "case", "REL-5"));
        }
        if matches!(self, Self::HandOver(service) if service.purchase.is_some()) {
            change.refuse(Fault::new(FaultKind::ForbiddenElement, "purchase", "REL-5"));
        }
        self.change(&mut change, wording);
        change.finish(content)
    }

    /// The next content of a case's document, on the long road: the service that the act is about stands
    /// there.
    ///
    /// # Errors
    /// As [`RelationshipAct::apply`].
    ///
    /// Source: REL-6, RUR-1, RUR-3, RUR-8.
    pub fn apply_in_case(&self, content: &Content<'static>, wording: &Wording<'_>) -> Applied {
        let mut change = Change::of_case(content, wording);
        match self.service() {
            Some(_) => self.change(&mut change, wording),
            None => change.not_there("act"),
        }
        change.finish(content)
    }

    fn change(&self, change: &mut Change, wording: &Wording<'_>) {
        match self {
            Self::BeginService(service) => change.begin_service(service, wording),
            Self::HandOver(service) => change.hand_over(service, wording),
            Self::EndService { of, last_day } => change.end_service(of, *last_day),
            Self::SuspendService { of, first_day, last_day } => {
                change.suspend(of, *first_day, *last_day);
            }
            Self::ResumeService { of, first_day } => change.resume(of, *first_day),
            Self::SetWorkers(list) => change.set_list("palveluista_vastaava_tyontekija", list),
            Self::SetRisks(list) => change.set_list("riskitieto", list),
            Self::SetRelatedPersons(list) => {
                change.set_list("asiakkaaseen_liittyvat_henkilot", list);
            }
            Self::BeginChildProtection { first_day } => change.begin_protection(*first_day),
            Self::EndChildProtection { last_day } => change.end_protection(*last_day),
            Self::End { last_day, grounds } => change.end(*last_day, grounds.as_deref()),
        }
    }
}

/// A content in the making, with what was said before, and the reasons found against the act.
struct Change {
    next: Content<'static>,
    said: Said,
    faults: Vec<Fault>,
}

/// What the content said before, of a relationship or of a case of the long road.
struct Said {
    road: Road,
    first_day: Option<FinnishDay>,
    /// The last day of the relationship, or the day on which the case was closed.
    last_day: Option<FinnishDay>,
    service_tasks: Vec<Arc<str>>,
    units: RelationshipUnits,
}

impl Change {
    fn of(content: &Content<'static>) -> Self {
        let read = RelationshipContent::read(content);
        let said = Said {
            road: Road::Short,
            first_day: read.first_day,
            last_day: read.last_day,
            service_tasks: read.service_tasks,
            units: read.units,
        };
        Self { next: content.clone(), said, faults: Vec::new() }
    }

    fn of_case(content: &Content<'static>, wording: &Wording<'_>) -> Self {
        let read = CaseContent::read(content, wording.code_sets, wording.day);
        let said = Said {
            road: Road::Long,
            first_day: read.opened_on,
            last_day: read.closed.then_some(read.closed_on).flatten(),
            service_tasks: read.service_task.into_iter().collect(),
            units: read.units,
        };
        Self { next: content.clone(), said, faults: Vec::new() }
    }

    /// The next content; one that is the same as before is no act.
    fn finish(mut self, before: &Content<'static>) -> Applied {
        if self.faults.is_empty() && self.next == *before {
            self.refuse(Fault::new(FaultKind::NothingChanges, "act", "REL-1"));
        }
        if self.faults.is_empty() { Ok(self.next) } else { Err(self.faults) }
    }

    fn refuse(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    fn root(&mut self) -> &mut Content<'static> {
        self.at(ROOT)
    }

    fn at(&mut self, pointer: &str) -> &mut Content<'static> {
        self.next.at_mut(pointer).expect("what was read in the content stands there")
    }

    /// Nothing begins in a relationship that has ended, nor in a closed case: a client who comes again gets a
    /// new one.
    fn must_be_active(&mut self) {
        if let Some(last) = self.said.last_day {
            let ended = match self.said.road {
                Road::Short => Fault::new(FaultKind::ClosedRelationship, "relationship", "REL-3"),
                Road::Long => Fault::new(FaultKind::ClosedCase, "case", "REL-3"),
            };
            self.refuse(ended.arg("day", last));
        }
    }

    fn in_order(&mut self, days: Validity) {
        if let Some(last) = days.last {
            self.not_before("last_day", last, days.first);
        }
    }

    fn not_before(&mut self, element: &str, day: FinnishDay, least: FinnishDay) {
        if day < least {
            let wrong = Fault::new(FaultKind::WrongTime, element, "RUR-1").value(day.to_string());
            self.refuse(wrong.arg("expected", format!("≥ {least}")));
        }
    }

    /// The entries of a unit in a branch, with their days.
    fn entries(&self, branch: &Branch, unit: &Oid) -> Vec<(UnitEntry, Validity)> {
        let of =
            |entry: &&UnitEntry| entry.branch == *branch && entry.unit_oid().as_ref() == Some(unit);
        let found = self.said.units.entries.iter().filter(of);
        found.filter_map(|entry| Some((entry.clone(), entry.days?))).collect()
    }

    /// The implementers that stand under a producer's entry.
    fn implementers(&self, of: &UnitEntry) -> Vec<(UnitEntry, Validity)> {
        let under = format!("{}/{IMPLEMENTERS}/", of.pointer);
        let found = self.said.units.entries.iter().filter(|one| one.pointer.starts_with(&under));
        found.filter_map(|entry| Some((entry.clone(), entry.days?))).collect()
    }

    /// Refuses what is there already on some of the days.
    fn must_be_new(&mut self, element: &str, days: Validity, there: &[(UnitEntry, Validity)]) {
        if let Some((_, held)) = there.iter().find(|(_, held)| held.overlaps(&days)) {
            let already = Fault::new(FaultKind::AlreadyThere, element, "RUR-1");
            self.refuse(already.arg("day", held.first));
        }
    }

    fn not_there(&mut self, element: &str) {
        self.refuse(Fault::new(FaultKind::NotThere, element, "RUR-1"));
    }

    /// Where a service task stands; a case of the long road is about one alone.
    fn task_at(&self, task: &str) -> Option<String> {
        if self.said.road == Road::Long {
            let is = self.said.service_tasks.iter().any(|of| **of == *task);
            return is.then(|| CASE_ROOT.to_owned());
        }
        let tasks = self.next.member("asiakkuusasiakirja")?.member(TASKS)?.entries();
        let is = |entry: &Content<'_>| {
            entry.member("palvelutehtava").and_then(|code| code.member("code")?.text())
                == Some(task)
        };
        Some(format!("{ROOT}/{TASKS}/{}", tasks.iter().position(is)?))
    }

    fn begin_service(&mut self, service: &OwnService, wording: &Wording<'_>) {
        self.must_be_active();
        self.in_order(service.days);
        let branch = Branch::ServiceTask(service.service_task.clone());
        let there = self.entries(&branch, &service.unit);
        self.must_be_new("unit", service.days, &there);
        if let Some(task) = self.task_at(&service.service_task) {
            self.at(&task).push(OWN_UNITS, opening::own_unit(service, wording));
        } else if self.said.road == Road::Long {
            self.task_differs(&service.service_task);
        } else {
            self.root().push(TASKS, opening::task(service, wording));
        }
    }

    fn task_differs(&mut self, task: &str) {
        let expected = self.said.service_tasks.join(", ");
        let unknown = Fault::new(FaultKind::ServiceTaskDiffers, "service_task", "RUR-1");
        self.refuse(unknown.value(task).arg("expected", expected));
    }

    fn hand_over(&mut self, service: &HandOver, wording: &Wording<'_>) {
        self.must_be_active();
        self.in_order(service.days);
        let Some(task) = self.task_at(&service.service_task) else {
            return self.task_differs(&service.service_task);
        };
        let branch = Branch::ServiceTask(service.service_task.clone());
        let mut producers = self.entries(&branch, &service.producer);
        producers
            .retain(|(entry, held)| entry.side == Side::Producer && held.overlaps(&service.days));
        let new = |unit: &Oid| {
            let services = service.services.iter();
            let services = services.map(|code| wording.code(sets::SOCIAL_SERVICE, code));
            let mut entry = Content::object([]);
            if !service.services.is_empty() {
                entry.set("sosiaalipalvelu", Content::List(services.collect()));
            }
            entry.set("palveluyksikon_nimi", wording.unit(unit));
            entry.set(FIRST, Content::of_text(&service.days.first));
            if let Some(last) = service.days.last {
                entry.set(LAST, Content::of_text(&last));
            }
            entry
        };
        let bought = |mut entry: Content<'static>| {
            if let Some(purchase) = service.purchase {
                entry.set(PURCHASE, wording::purchase(purchase));
            }
            entry
        };
        match (&service.implementer, producers.first()) {
            (None, _) => {
                self.must_be_new("producer", service.days, &producers);
                self.at(&task).push(PRODUCERS, bought(new(&service.producer)));
            }
            (Some(implementer), Some((producer, _))) => {
                let mut there = self.implementers(producer);
                there.retain(|(entry, _)| entry.unit_oid().as_ref() == Some(implementer));
                self.must_be_new("implementer", service.days, &there);
                let pointer = producer.pointer.clone();
                self.at(&pointer).push(IMPLEMENTERS, new(implementer));
            }
            (Some(implementer), None) => {
                let mut producer = bought(new(&service.producer));
                producer.push(IMPLEMENTERS, new(implementer));
                self.at(&task).push(PRODUCERS, producer);
            }
        }
    }

    /// Ends what runs beyond the day; where nothing does, the latest service ends later than it did.
    fn end_service(&mut self, of: &Served, last_day: FinnishDay) {
        let mut there = self.entries(&branch_of(of), &of.unit);
        there.sort_by_key(|(_, days)| days.first);
        let Some((latest, days)) = there.last().cloned() else { return self.not_there("unit") };
        let beyond = |days: &Validity| days.last.is_none_or(|last| last > last_day);
        let runs = there.iter().any(|(_, days)| beyond(days));
        if !runs {
            self.not_before("last_day", last_day, days.first);
            return self.at(&latest.pointer).set(LAST, Content::of_text(&last_day));
        }
        for (entry, days) in there.iter().filter(|(_, days)| beyond(days)) {
            self.not_before("last_day", last_day, days.first);
            self.at(&entry.pointer).set(LAST, Content::of_text(&last_day));
            for (implementer, days) in self.implementers(entry) {
                if beyond(&days) {
                    self.not_before("last_day", last_day, days.first);
                    self.at(&implementer.pointer).set(LAST, Content::of_text(&last_day));
                }
            }
        }
    }

    /// Parts a service in two, with the interruption between them; its implementers with it.
    fn suspend(&mut self, of: &Served, first_day: FinnishDay, last_day: FinnishDay) {
        self.in_order(Validity { first: first_day, last: Some(last_day) });
        let there = self.entries(&branch_of(of), &of.unit);
        if there.is_empty() {
            return self.not_there("unit");
        }
        let spans = |days: &Validity| {
            days.first < first_day && days.last.is_none_or(|last| last > last_day)
        };
        let Some((entry, _)) = there.iter().find(|(_, days)| spans(days)) else {
            return self.not_there("first_day");
        };
        let (before, after) = (first_day.plus_days(-1), last_day.plus_days(1));
        let mut second = self.at(&entry.pointer).clone();
        second.set(FIRST, Content::of_text(&after));
        self.at(&entry.pointer).set(LAST, Content::of_text(&before));
        let (mut gone_before, mut gone_after) = (Vec::new(), Vec::new());
        for (implementer, days) in self.implementers(entry) {
            let place = &implementer.pointer[entry.pointer.len()..];
            let ends_before = days.last.is_some_and(|last| last <= last_day);
            if ends_before && days.first >= first_day {
                // It would be in neither part.
                let inside = Fault::new(FaultKind::ServiceRuns, "first_day", "RUR-8");
                self.refuse(inside.arg("role", implementer.side.code()));
            }
            if days.first >= first_day {
                gone_before.push(implementer.pointer.clone());
            } else if days.last.is_some_and(|last| last > before) {
                self.at(&implementer.pointer).set(LAST, Content::of_text(&before));
            }
            if ends_before {
                gone_after.push(place.to_owned());
            } else if days.first < after
                && let Some(again) = second.at_mut(place)
            {
                again.set(FIRST, Content::of_text(&after));
            }
        }
        for place in gone_after.iter().rev() {
            remove(&mut second, place);
        }
        for pointer in gone_before.iter().rev() {
            remove(&mut self.next, pointer);
        }
        self.insert_behind(&entry.pointer, second);
    }

    /// Brings an interrupted service back sooner, or begins one again that has ended.
    fn resume(&mut self, of: &Served, first_day: FinnishDay) {
        self.must_be_active();
        let mut there = self.entries(&branch_of(of), &of.unit);
        there.sort_by_key(|(_, days)| days.first);
        self.must_be_new("first_day", Validity { first: first_day, last: Some(first_day) }, &there);
        let Some((ended, days)) = there.iter().rfind(|(_, days)| days.first < first_day) else {
            return self.not_there("unit");
        };
        let later = there.iter().find(|(_, days)| days.first > first_day);
        if let Some((later, days)) = later {
            self.at(&later.pointer).set(FIRST, Content::of_text(&first_day));
            for (implementer, own) in self.implementers(later) {
                if own.first == days.first {
                    self.at(&implementer.pointer).set(FIRST, Content::of_text(&first_day));
                }
            }
            return;
        }
        let mut again = self.at(&ended.pointer).clone();
        let begins = |entry: &mut Content<'static>| {
            entry.set(FIRST, Content::of_text(&first_day));
            entry.take(LAST);
        };
        begins(&mut again);
        // Those come back that worked until the end; others had ended for reasons of their own.
        for (implementer, own) in self.implementers(ended).into_iter().rev() {
            let place = &implementer.pointer[ended.pointer.len()..];
            if own.last.is_none() || own.last == days.last {
                again.at_mut(place).map(begins);
            } else {
                remove(&mut again, place);
            }
        }
        let pointer = ended.pointer.clone();
        self.insert_behind(&pointer, again);
    }

    /// Puts an entry into a list, right behind another.
    fn insert_behind(&mut self, pointer: &str, entry: Content<'static>) {
        let (list, at) = pointer.rsplit_once('/').expect("a pointer of an entry");
        let at: usize = at.parse().expect("the last step of an entry is its place");
        if let Some(Content::List(entries)) = self.next.at_mut(list) {
            entries.insert(at + 1, entry);
        } else {
            // One entry that stands without a list around it.
            self.refuse(Fault::new(FaultKind::WrongType, "structured:", "ARC-5"));
        }
    }

    fn set_list(&mut self, key: &'static str, list: &[Content<'static>]) {
        if list.is_empty() {
            self.root().take(key);
        } else {
            self.root().set(key, Content::List(list.to_vec()));
        }
    }

    fn begin_protection(&mut self, first_day: FinnishDay) {
        self.must_be_active();
        if let Some(held) = self.said.units.child_protection.filter(|held| held.contains(first_day))
        {
            let already = Fault::new(FaultKind::AlreadyThere, "act", "REL-8");
            self.refuse(already.arg("day", held.first));
        }
        let first = [(PROTECTION_FIRST, Content::of_text(&first_day))];
        self.root().set(PROTECTION, Content::object(first));
    }

    fn end_protection(&mut self, last_day: FinnishDay) {
        let Some(held) = self.said.units.child_protection else { return self.not_there("act") };
        self.not_before("last_day", last_day, held.first);
        let pointer = format!("{ROOT}/{PROTECTION}");
        self.at(&pointer).set(PROTECTION_LAST, Content::of_text(&last_day));
    }

    fn end(&mut self, last_day: FinnishDay, grounds: Option<&str>) {
        self.must_be_active();
        if let Some(first) = self.said.first_day {
            self.not_before("last_day", last_day, first);
        }
        let pointer = format!("{ROOT}/sosiaalihuollon_asiakkuus");
        if self.next.at_mut(&pointer).is_none() {
            self.root().set("sosiaalihuollon_asiakkuus", Content::object([]));
        }
        let heading = self.at(&pointer);
        heading.set(LAST, Content::of_text(&last_day));
        if let Some(grounds) = grounds {
            heading.set("asiakkuuden_paattymisen_perustelu", Content::of_text(grounds));
        }
    }
}

fn branch_of(of: &Served) -> Branch {
    of.service_task.clone().map_or(Branch::WholeRelationship, Branch::ServiceTask)
}

/// Takes an entry out of its list, and the list with it when it was the last one.
fn remove(content: &mut Content<'static>, pointer: &str) {
    let Some((list, at)) = pointer.rsplit_once('/') else { return };
    let Some((parent, key)) = list.rsplit_once('/') else { return };
    let Some(Content::List(entries)) = content.at_mut(list) else { return };
    if let Ok(at) = at.parse::<usize>()
        && at < entries.len()
    {
        entries.remove(at);
    }
    let empty = entries.is_empty();
    if empty && let Some(parent) = content.at_mut(parent) {
        parent.take(key);
    }
}
