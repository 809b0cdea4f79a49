//! A delivery of an imaginary system, and the batch that is made of it.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use rusqlite::Connection;
use varanto_app::Registry;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_kit::county::{County, CountySize};
use varanto_kit::deliveries::{self, Delivered, SourceSystem};
use varanto_workbench::delivery::Delivery;
use varanto_workbench::mapping::{self, Mapping, Target};
use varanto_workbench::rehearsal::{Rehearsal, RehearsalError};
use varanto_workbench::relationships::look_up;
use varanto_workbench::work::Work;

use crate::archive::Archive;

pub(crate) struct World {
    pub(crate) county: County,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) delivered: Delivered,
    pub(crate) mapping: Mapping,
}

/// Deliveries are small in daily runs, and whole where time is no matter.
pub(crate) fn size() -> u32 {
    if std::env::var_os("VARANTO_LONG").is_some() { 100_000 } else { 1200 }
}

pub(crate) fn now() -> Instant {
    Instant::parse("2026-11-25T12:00:00+02:00").unwrap()
}

impl World {
    pub(crate) fn new(system: SourceSystem, documents: u32) -> Self {
        Self::with(system, documents, deliveries::FAULTY)
    }

    /// A delivery without a fault.
    pub(crate) fn whole(system: SourceSystem, documents: u32) -> Self {
        Self::with(system, documents, 0)
    }

    fn with(system: SourceSystem, documents: u32, faulty: u32) -> Self {
        let until = FinnishDay::new(2026, 11, 20).unwrap();
        let county = County::new(1, CountySize { clients: 60, documents: 1200 }, until);
        let folder = tempfile::tempdir().unwrap();
        let delivered =
            deliveries::write(system, &county, 7, documents, faulty, folder.path()).unwrap();
        let text = std::fs::read_to_string(folder.path().join("mapping.toml")).unwrap();
        let mapping = mapping::read(&text).unwrap();
        Self { county, folder, delivered, mapping }
    }

    pub(crate) fn place(&self) -> PathBuf {
        let zip = self.folder.path().join("delivery.zip");
        if zip.exists() { zip } else { self.folder.path().join("delivery") }
    }

    pub(crate) fn batch(&self) -> PathBuf {
        self.folder.path().join("batch")
    }

    pub(crate) fn rehearse(&self) -> Work {
        self.try_rehearse().unwrap()
    }

    /// Rehearses; where the source does not say active relationships, looks them up in an archive and rehearses again.
    pub(crate) fn try_rehearse(&self) -> Result<Work, RehearsalError> {
        let work = self.rehearse_alone()?;
        if self.mapping.says(Target::Relationship) {
            return Ok(work);
        }
        let archive = Archive::with(&self.county, &self.folder.path().join("looked-up-in"));
        let stop = AtomicBool::new(false);
        let told = look_up(&work, &mut *archive.door(), false, &stop, &mut |_, _| {}).unwrap();
        assert!(told.is_whole(), "{told:?}");
        drop(work);
        self.rehearse_alone()
    }

    /// Rehearses, and looks nothing up.
    pub(crate) fn rehearse_alone(&self) -> Result<Work, RehearsalError> {
        let delivery = Delivery::open(&self.place()).unwrap();
        let registry = Registry::alone(&[], &[]).unwrap();
        let mut work = Work::open(&self.batch()).unwrap();
        let rehearsal = Rehearsal {
            delivery: &delivery,
            mapping: &self.mapping,
            registry: &registry,
            now: now(),
            checkers: 2,
            progress: &|_, _, _| {},
        };
        rehearsal.run(&mut work, &AtomicBool::new(false))?;
        Ok(work)
    }
}

/// Everything that is told of some rows.
pub(crate) fn told(batch: &Path, places: &[u64]) -> String {
    let work = Connection::open(batch.join("work.sqlite")).unwrap();
    let mut statement = work
        .prepare("SELECT element, value, args FROM fault JOIN item USING (number) WHERE place = ?")
        .unwrap();
    let mut told = String::new();
    for place in places.iter().take(4) {
        let mut rows = statement.query([place.cast_signed()]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let (element, value, args): (String, Option<String>, String) =
                (row.get(0).unwrap(), row.get(1).unwrap(), row.get(2).unwrap());
            writeln!(told, "{place}: {element} {value:?} {args}").unwrap();
        }
    }
    told
}

/// Each faulty row with the code of its fault, as the work file has them.
pub(crate) fn faults(batch: &Path) -> BTreeSet<(u64, String)> {
    let work = Connection::open(batch.join("work.sqlite")).unwrap();
    let mut statement =
        work.prepare("SELECT DISTINCT place, code FROM fault JOIN item USING (number)").unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, String>(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}
