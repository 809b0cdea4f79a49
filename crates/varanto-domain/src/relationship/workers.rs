//! Who is responsible for a client's services, and was on which days: the own worker (omatyöntekijä) and the
//! responsible workers that each version of the relationship document names.
//!
//! Source: REL-11; annex A.1 rows 112 to 123; act 1301/2014 section 42.

use std::sync::Arc;

use super::reading::{RelationshipUnits, UnitEntry};
use super::rights::Branch;
use crate::archive::register_documents::RelationshipContent;
use crate::structures::Content;
use crate::time::{FinnishDay, Validity};

/// A worker as the document names one. `Debug` is masked.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponsibleWorker {
    /// Sukunimi.
    pub family_name: String,
    /// Etunimet.
    pub given_names: String,
    /// Palveluyksikkö, as its code is written.
    pub unit: Option<String>,
    /// Rekisteröintitunnus.
    pub registration_number: Option<String>,
}

impl std::fmt::Debug for ResponsibleWorker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// A worker's being responsible: for what, and on which days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Responsibility {
    /// Who.
    pub worker: ResponsibleWorker,
    /// For one service task, or the whole relationship.
    pub branch: Branch,
    /// On which days. No last day: until another version says otherwise.
    pub days: Validity,
}

/// What one version of a relationship document says of its workers.
#[derive(Debug, Clone)]
pub struct WorkersOfVersion {
    written_on: FinnishDay,
    workers: Vec<ResponsibleWorker>,
    units: RelationshipUnits,
    last_day: Option<FinnishDay>,
}

impl WorkersOfVersion {
    /// Reads a version's content; `written_on` is the day on which the version was written.
    #[must_use]
    pub fn read(content: &Content<'_>, written_on: FinnishDay) -> Self {
        let said = RelationshipContent::read(content);
        let root = content.member("asiakkuusasiakirja");
        let listed = root.and_then(|root| root.member("palveluista_vastaava_tyontekija"));
        let workers = listed.map(Content::entries).unwrap_or_default().iter().map(worker);
        Self { written_on, workers: workers.collect(), units: said.units, last_day: said.last_day }
    }

    /// For what a worker answers on the days of the version: for the service tasks that the worker's unit
    /// serves, and while it does; for the whole relationship where no unit is named, or it serves the whole, or
    /// no service at all.
    fn branches(&self, worker: &ResponsibleWorker, days: Validity) -> Vec<(Branch, Validity)> {
        let unit = worker.unit.as_deref();
        let serves = |entry: &&UnitEntry| Some(entry.unit.as_str()) == unit;
        let mut found: Vec<(Branch, Validity)> = Vec::new();
        let mut any = false;
        for entry in self.units.entries.iter().filter(serves) {
            any = true;
            if let Some(within) = both(entry.days.unwrap_or(days), days) {
                found.push((entry.branch.clone(), within));
            }
        }
        if any { found } else { vec![(Branch::WholeRelationship, days)] }
    }
}

/// Who was responsible on which days, by the versions of a relationship document, oldest first.
///
/// What a version says holds from the day on which it was written to the day on which the next one was, both
/// counted: on the day of a change both are responsible. It ends with the relationship. A worker whom versions
/// that follow each other name is one responsibility.
///
/// Source: REL-11.
#[must_use]
pub fn responsibilities(versions: &[WorkersOfVersion]) -> Vec<Responsibility> {
    let mut all: Vec<Responsibility> = Vec::new();
    let mut begun = None;
    for (at, version) in versions.iter().enumerate() {
        // A version is never older than the one before it.
        let first = begun.map_or(version.written_on, |day| version.written_on.max(day));
        begun = Some(first);
        let next = versions.get(at + 1).map(|next| next.written_on.max(first));
        let last = next.into_iter().chain(version.last_day).min();
        if last.is_some_and(|last| last < first) {
            continue;
        }
        for worker in &version.workers {
            for (branch, days) in version.branches(worker, Validity { first, last }) {
                join(&mut all, Responsibility { worker: worker.clone(), branch, days });
            }
        }
    }
    all.sort_by_key(|one| one.days.first);
    all
}

/// Adds a responsibility, or draws out the one that it goes on from: same worker, same service, no day between.
fn join(all: &mut Vec<Responsibility>, more: Responsibility) {
    let goes_on = |one: &&mut Responsibility| {
        one.worker == more.worker
            && one.branch == more.branch
            && one.days.last.is_none_or(|last| more.days.first <= last.plus_days(1))
    };
    match all.iter_mut().find(goes_on) {
        Some(one) => {
            one.days.first = one.days.first.min(more.days.first);
            one.days.last = one.days.last.zip(more.days.last).map(|(one, other)| one.max(other));
        }
        None => all.push(more),
    }
}

fn both(one: Validity, other: Validity) -> Option<Validity> {
    let first = one.first.max(other.first);
    let last = one.last.into_iter().chain(other.last).min();
    last.is_none_or(|last| first <= last).then_some(Validity { first, last })
}

fn worker(entry: &Content<'_>) -> ResponsibleWorker {
    let text = |key: &str| entry.member(key).and_then(Content::text).map(str::to_owned);
    let within = |key: &str, part: &str| {
        entry.member(key).and_then(|one| one.member(part)).and_then(Content::text)
    };
    ResponsibleWorker {
        family_name: text("sukunimi").unwrap_or_default(),
        given_names: text("etunimet").unwrap_or_default(),
        unit: within("palveluyksikko", "code").map(str::to_owned),
        registration_number: within("rekisterointitunnus", "value").map(str::to_owned),
    }
}

impl Responsibility {
    /// The service task's code; `None`: the whole relationship.
    #[must_use]
    pub fn service_task(&self) -> Option<Arc<str>> {
        self.branch.service_task().map(Arc::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: &str = "1.2.246.10.90000001.10.1";

    fn day(text: &str) -> FinnishDay {
        FinnishDay::parse(text).unwrap()
    }

    fn named(name: &str, unit: Option<&str>) -> ResponsibleWorker {
        ResponsibleWorker {
            family_name: name.into(),
            given_names: "Testi".into(),
            unit: unit.map(str::to_owned),
            registration_number: None,
        }
    }

    fn version(on: &str, workers: Vec<ResponsibleWorker>) -> WorkersOfVersion {
        let units = RelationshipUnits::default();
        WorkersOfVersion { written_on: day(on), workers, units, last_day: None }
    }

    /// The names of those who were responsible on a day, each with the service task.
    fn on(versions: &[WorkersOfVersion], on: &str) -> String {
        let all = responsibilities(versions);
        let held = all.iter().filter(|one| one.days.contains(day(on)));
        let told = held.map(|one| {
            let task = one.service_task().unwrap_or_else(|| "all".into());
            format!("{} {task}", one.worker.family_name)
        });
        told.collect::<Vec<_>>().join(", ")
    }

    /// REL-11: who was responsible on a day is who the version of that day named; on the day of a change both.
    #[test]
    fn each_day_has_the_workers_of_its_version() {
        let (aino, olli) = (named("Aino", None), named("Olli", None));
        let versions = [
            version("2026-01-10", vec![aino.clone()]),
            version("2026-03-01", vec![aino.clone(), olli.clone()]),
            version("2026-06-01", vec![olli]),
            version("2026-06-01", vec![]),
            version("2026-09-01", vec![aino]),
        ];
        assert_eq!(on(&versions, "2026-01-09"), "");
        assert_eq!(on(&versions, "2026-01-10"), "Aino all");
        assert_eq!(on(&versions, "2026-02-28"), "Aino all");
        assert_eq!(on(&versions, "2026-03-01"), "Aino all, Olli all");
        assert_eq!(on(&versions, "2026-06-01"), "Aino all, Olli all");
        assert_eq!(on(&versions, "2026-06-02"), "");
        assert_eq!(on(&versions, "2026-09-01"), "Aino all");
        assert_eq!(on(&versions, "2030-01-01"), "Aino all");
        assert_eq!(responsibilities(&versions).len(), 3);
    }

    /// REL-11: one who was named and left out again on one day was responsible on that day.
    #[test]
    fn a_change_between_versions_of_one_day_is_kept() {
        let versions = [
            version("2026-01-10", vec![named("Aino", None)]),
            version("2026-03-01", vec![named("Olli", None)]),
            version("2026-03-01", vec![named("Aino", None)]),
        ];
        assert_eq!(on(&versions, "2026-02-28"), "Aino all");
        assert_eq!(on(&versions, "2026-03-01"), "Aino all, Olli all");
        assert_eq!(on(&versions, "2026-03-02"), "Aino all");
    }

    /// REL-11: a worker of a unit answers for the service tasks that the unit serves, while it does; one of a unit
    /// that serves nothing for the whole.
    #[test]
    fn a_worker_answers_for_what_the_unit_serves() {
        let mut version =
            version("2026-01-10", vec![named("Aino", Some(UNIT)), named("Olli", Some("1.2.3"))]);
        let entry = |task: &str, first: &str, last: Option<&str>| UnitEntry {
            pointer: String::new(),
            branch: Branch::ServiceTask(task.into()),
            unit: UNIT.into(),
            side: super::super::Side::Organiser,
            services: Vec::new(),
            days: Some(Validity { first: day(first), last: last.map(day) }),
            ends_with: None,
        };
        version.units.entries =
            vec![entry("24", "2026-01-01", Some("2026-03-31")), entry("25", "2026-02-01", None)];
        let versions = [version];
        assert_eq!(on(&versions, "2026-01-10"), "Aino 24, Olli all");
        assert_eq!(on(&versions, "2026-03-31"), "Aino 24, Olli all, Aino 25");
        assert_eq!(on(&versions, "2026-04-01"), "Olli all, Aino 25");
    }

    /// REL-11: nobody is responsible once the relationship has ended, whenever that was written down.
    #[test]
    fn responsibilities_end_with_the_relationship() {
        let mut versions =
            [version("2026-01-10", vec![named("Aino", None)]), version("2026-06-10", vec![])];
        versions[1].workers = vec![named("Aino", None)];
        versions[1].last_day = Some(day("2026-06-30"));
        assert_eq!(on(&versions, "2026-06-30"), "Aino all");
        assert_eq!(on(&versions, "2026-07-01"), "");
    }
}
