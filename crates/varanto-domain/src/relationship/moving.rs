//! A relationship and its cases from one road to the other: the contents that say on the one what the
//! contents before said on the other.
//!
//! Nothing is decided here that a person should decide: where it is not plain into which case a service goes,
//! the relationship stays where it is, and every reason is told.
//!
//! Source: REL-7, ARC-16; own-choices.

use std::sync::Arc;

use super::reading::RelationshipUnits;
use crate::archive::register_documents::CaseContent;
use crate::faults::{Fault, FaultKind};
use crate::ids::Oid;
use crate::structures::Content;

const ROOT: &str = "/asiakkuusasiakirja";
const CASE_ROOT: &str = "/asia_asiakirja";
const TASKS: &str = "sosiaalihuollon_palvelutehtava";
const TASK: &str = "palvelutehtava";
const OWN_UNITS: &str = "palvelunjarjestajan_palveluyksikko";
const WHOLE_UNITS: &str = "koko_asiakkuuden_palveluyksikko";
const PRODUCERS: &str = "palveluntuottaja";
const PURCHASE: &str = "hankintatapa";

/// A relationship and its cases, as their documents in force say.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    /// The relationship document's content.
    pub relationship: Content<'static>,
    /// Its cases, oldest first.
    pub cases: Vec<CaseInDossier>,
}

/// A case of a dossier.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseInDossier {
    /// Its identifier.
    pub id: Oid,
    /// What its document's content says.
    pub said: CaseContent,
    /// The content.
    pub content: Content<'static>,
}

/// What a move makes of a dossier.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedDossier {
    /// The contents of the next versions, in the order of the cases before.
    pub dossier: Dossier,
    /// The services that go from one document to another.
    pub services: Vec<MovedService>,
    /// What a person should know.
    pub remarks: Vec<Fault>,
}

/// A service that goes from the relationship's document to a case's, or back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedService {
    /// The service task's code; `None`: the whole relationship.
    pub service_task: Option<Arc<str>>,
    /// The unit's code, as written.
    pub unit: String,
    /// The case.
    pub case: Oid,
}

impl Dossier {
    /// The dossier on the long road: each service goes to a case of its task.
    ///
    /// # Errors
    /// Every service task without a case, every service that has none that could take it, and every case of a
    /// task that the relationship does not name.
    ///
    /// Source: REL-6, REL-7.
    pub fn to_long(&self) -> Result<MovedDossier, Vec<Fault>> {
        let mut moving = Moving::of(self);
        let mut whole = take_list(&mut moving.next.relationship, ROOT, OWN_UNITS);
        if !whole.is_empty() {
            match moving.case_for(None, runs(&whole)) {
                Ok(case) => moving.put(case, None, WHOLE_UNITS, &mut whole),
                Err(fault) => moving.faults.push(fault),
            }
        }
        let tasks = take_list(&mut moving.next.relationship, ROOT, TASKS);
        let mut named = Vec::new();
        for mut task in tasks {
            let Some(code) = code_of(&task, TASK) else { continue };
            let mut own = take_list(&mut task, "", OWN_UNITS);
            let mut producers = take_list(&mut task, "", PRODUCERS);
            let all: Vec<Content<'_>> = own.iter().chain(&producers).cloned().collect();
            if all.is_empty() {
                if !self.cases.iter().any(|case| case.said.service_task.as_ref() == Some(&code)) {
                    moving.faults.push(without_case(FaultKind::ServiceWithoutCase, Some(&code)));
                }
            } else {
                match moving.case_for(Some(&code), runs(&all)) {
                    Ok(case) => {
                        moving.put(case, Some(&code), OWN_UNITS, &mut own);
                        moving.put(case, Some(&code), PRODUCERS, &mut producers);
                    }
                    Err(fault) => moving.faults.push(fault),
                }
            }
            named.push(code);
        }
        for case in &self.cases {
            let task = case.said.service_task.clone().unwrap_or_default();
            if !named.contains(&task) {
                let other = Fault::new(FaultKind::ServiceTaskDiffers, "service_task", "REL-7");
                let other = other.value(&*task).arg("expected", named.join(", "));
                moving.faults.push(other.arg("case", &case.id));
            }
        }
        moving.finish()
    }

    /// The dossier on the short road: each service goes to its task on the relationship. How it is bought has no
    /// place there, and is told as a remark.
    ///
    /// # Errors
    /// None is known; what the relationship's structure asks for besides is judged as of any document.
    ///
    /// Source: REL-5, REL-7.
    pub fn to_short(&self) -> Result<MovedDossier, Vec<Fault>> {
        let mut moving = Moving::of(self);
        for at in 0..self.cases.len() {
            let content = &mut moving.next.cases[at].content;
            let whole = take_list(content, CASE_ROOT, WHOLE_UNITS);
            let own = take_list(content, CASE_ROOT, OWN_UNITS);
            let mut producers = take_list(content, CASE_ROOT, PRODUCERS);
            let coded = content.at_mut("/asia_asiakirja/asian_tiedot/palvelutehtava").cloned();
            let (Some(coded), Some(code)) = (coded, self.cases[at].said.service_task.clone())
            else {
                continue;
            };
            for producer in &mut producers {
                if producer.take(PURCHASE).is_some() {
                    let left = Fault::new(FaultKind::PurchaseNotCarried, "purchase", "REL-7");
                    moving.remarks.push(left.value(self.cases[at].id.as_str()));
                }
            }
            moving.note(at, None, &whole);
            moving.note(at, Some(&code), &own);
            moving.note(at, Some(&code), &producers);
            let place = moving.task(&code, coded);
            let root = &mut moving.next.relationship;
            for (pointer, key, entries) in
                [(ROOT, OWN_UNITS, whole), (&place, OWN_UNITS, own), (&place, PRODUCERS, producers)]
            {
                let target = root.at_mut(pointer).expect("it stands there or was put there");
                for entry in entries {
                    target.push(key, entry);
                }
            }
        }
        moving.finish()
    }

    /// The units that serve by these contents, of whichever road they are.
    #[must_use]
    pub fn units(&self) -> RelationshipUnits {
        let cases = self.cases.iter().map(|case| RelationshipUnits::read_case(&case.content));
        RelationshipUnits::read(&self.relationship).with_cases(cases)
    }
}

/// A move in the making.
struct Moving<'d> {
    before: &'d Dossier,
    next: Dossier,
    services: Vec<MovedService>,
    remarks: Vec<Fault>,
    faults: Vec<Fault>,
}

impl<'d> Moving<'d> {
    fn of(before: &'d Dossier) -> Self {
        let (services, remarks, faults) = (Vec::new(), Vec::new(), Vec::new());
        Self { before, next: before.clone(), services, remarks, faults }
    }

    fn finish(self) -> Result<MovedDossier, Vec<Fault>> {
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        let Self { next, services, remarks, .. } = self;
        Ok(MovedDossier { dossier: next, services, remarks })
    }

    /// The place of the case that services of a task go to: the open one that was opened first, or where nothing
    /// runs, the one that was closed last. What is told to several clients takes no service of one.
    fn case_for(&mut self, task: Option<&Arc<str>>, runs: bool) -> Result<usize, Fault> {
        let cases = &self.before.cases;
        let of_task = |at: &usize| task.is_none() || cases[*at].said.service_task.as_ref() == task;
        let all: Vec<usize> = (0..cases.len()).filter(of_task).collect();
        let own: Vec<usize> = all.iter().copied().filter(|at| !cases[*at].said.joint).collect();
        let mut open: Vec<usize> =
            own.iter().copied().filter(|at| !cases[*at].said.closed).collect();
        open.sort_by_key(|at| (cases[*at].said.opened_on, *at));
        if let [first, rest @ ..] = &open[..] {
            if !rest.is_empty() {
                let several = Fault::new(FaultKind::SeveralCases, "case", "REL-7");
                let named: Vec<&str> = open.iter().map(|at| cases[*at].id.as_str()).collect();
                self.remarks.push(several.arg("cases", named.join(", ")));
            }
            return Ok(*first);
        }
        let last = own.iter().copied().max_by_key(|at| (cases[*at].said.closed_on, *at));
        match last {
            Some(last) if !runs => Ok(last),
            Some(_) => Err(without_case(FaultKind::ServiceWithoutOpenCase, task)),
            None if all.is_empty() => Err(without_case(FaultKind::ServiceWithoutCase, task)),
            None => Err(without_case(FaultKind::ServiceInJointCase, task)),
        }
    }

    /// Puts entries into a list of a case.
    fn put(
        &mut self,
        at: usize,
        task: Option<&Arc<str>>,
        key: &'static str,
        entries: &mut Vec<Content<'static>>,
    ) {
        self.note(at, task, entries);
        let Some(root) = self.next.cases[at].content.at_mut(CASE_ROOT) else { return };
        for entry in entries.drain(..) {
            root.push(key, entry);
        }
    }

    fn note(&mut self, at: usize, task: Option<&Arc<str>>, entries: &[Content<'static>]) {
        let case = &self.before.cases[at].id;
        self.services.extend(entries.iter().map(|entry| MovedService {
            service_task: task.cloned(),
            unit: code_of(entry, "palveluyksikon_nimi").as_deref().unwrap_or_default().to_owned(),
            case: case.clone(),
        }));
    }

    /// Where a service task stands on the relationship; it is put there when it is not.
    fn task(&mut self, code: &Arc<str>, coded: Content<'static>) -> String {
        let root =
            self.next.relationship.at_mut(ROOT).expect("a relationship document has its root");
        let tasks = root.member(TASKS).map(Content::entries).unwrap_or_default();
        let there = tasks.iter().position(|task| code_of(task, TASK).as_ref() == Some(code));
        let at = there.unwrap_or(tasks.len());
        if there.is_none() {
            root.push(TASKS, Content::object([(TASK, coded)]));
        }
        format!("{ROOT}/{TASKS}/{at}")
    }
}

fn without_case(kind: FaultKind, task: Option<&Arc<str>>) -> Fault {
    let fault = Fault::new(kind, "service_task", "REL-7");
    fault.value(task.map_or("whole-relationship", |task| task))
}

/// Whether an entry serves until further notice, an implementer's too.
fn runs(entries: &[Content<'_>]) -> bool {
    let open = |entry: &Content<'_>| entry.member("asiakkuuden_paattymispvm").is_none();
    entries.iter().any(|entry| {
        let under = entry.member("palveluntoteuttaja").map(Content::entries).unwrap_or_default();
        open(entry) || under.iter().any(open)
    })
}

/// Takes a list out of a content.
fn take_list(content: &mut Content<'static>, pointer: &str, key: &str) -> Vec<Content<'static>> {
    match content.at_mut(pointer).and_then(|parent| parent.take(key)) {
        Some(Content::List(entries)) => entries,
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

fn code_of(parent: &Content<'_>, key: &str) -> Option<Arc<str>> {
    parent.member(key)?.member("code")?.text().map(Arc::from)
}

#[cfg(test)]
mod tests;
