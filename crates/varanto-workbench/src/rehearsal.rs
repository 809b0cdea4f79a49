//! The rehearsal: everything is read, mapped, composed and checked as archiving would, and nothing is sent.
//!
//! Every fault of every row is found in one pass; what is sound is ready to be archived.
//! Source: OLD-3 to OLD-9.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use std::thread;

use aws_lc_rs::digest::{SHA256, digest};
use varanto_app::Registry;
use varanto_app::archive::{CheckOptions, PdfRules, SignatureTrust, check_submission};
use varanto_domain::archive::conformance::{ConformanceLevel, ConformanceLevels};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::old_data::{HangsOn, LeftOut, Selectable, needs_original_task};
use varanto_domain::time::Instant;

use crate::comparison;
use crate::delivery::{Delivery, DeliveryError, Found, Row};
use crate::documents::{OldDocument, Values, read_document};
use crate::identifiers;
use crate::kind::Kind;
use crate::mapping::{Mapping, Target, Unmapped, WhyUnmapped};
use crate::work::{FileFacts, Finding, Item, Keys, State, Work, WorkError};

/// How many rows are written together.
const TOGETHER: usize = 2000;
/// How many documents wait for a checker.
const WAITING: u32 = 64;

/// Why a rehearsal broke off.
#[derive(Debug, thiserror::Error)]
pub enum RehearsalError {
    /// The delivery.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The work file.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// A mapping that names what the index does not have.
    #[error("{0}")]
    Mapping(String),
    /// Documents of the batch are archived already: a new rehearsal would forget which.
    #[error(
        "{0} documents of the batch are archived already; go on with it, or begin another batch"
    )]
    Begun(u64),
}

impl From<rusqlite::Error> for RehearsalError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Work(error.into())
    }
}

/// What a rehearsal is at, for a progress line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The index is read.
    Reading,
    /// Documents are checked.
    Checking,
    /// What belongs together is looked at together.
    Comparing,
}

/// A rehearsal of a delivery.
pub struct Rehearsal<'a> {
    /// The delivery.
    pub delivery: &'a Delivery,
    /// The mapping.
    pub mapping: &'a Mapping,
    /// Structures and code sets.
    pub registry: &'a Registry,
    /// The moment to judge by.
    pub now: Instant,
    /// How many check at once.
    pub checkers: usize,
    /// Is told how far it is: the stage, how many are done, of how many.
    pub progress: &'a (dyn Fn(Stage, u64, u64) + Sync),
}

impl Rehearsal<'_> {
    /// Reads and checks everything. What an earlier rehearsal of the batch found is forgotten.
    ///
    /// # Errors
    /// An index that cannot be read to its end, a mapping that does not fit it, a batch that was begun.
    pub fn run(&self, work: &mut Work) -> Result<(), RehearsalError> {
        let begun = work.count(State::Archived)?;
        if begun > 0 {
            return Err(RehearsalError::Begun(begun));
        }
        work.together(|work| -> Result<(), RehearsalError> {
            work.clear()?;
            self.read_beside(work)
        })?;
        self.read_index(work)?;
        self.check_all(work)?;
        (self.progress)(Stage::Comparing, 0, 0);
        let (rules, signatures) = (rules(), SignatureTrust::not_asked_for());
        let options = self.options(&rules, &signatures);
        work.together(|work| -> Result<(), RehearsalError> {
            comparison::compare(self, &options, work)?;
            self.find_strays(work)?;
            work.set_about("rehearsed_at", &self.now.to_string())?;
            work.set_about("source", &self.mapping.source)?;
            Ok(work.set_about("batch", &self.mapping.batch)?)
        })
    }

    fn read_beside(&self, work: &Work) -> Result<(), RehearsalError> {
        for join in &self.mapping.joins {
            let mut named = false;
            for row in join.index.rows(self.delivery)? {
                let row = row?;
                named |= row.columns.contains(&join.key);
                if let Some(key) = row.get(&join.key) {
                    let pairs: HashMap<&String, &String> =
                        row.columns.iter().zip(&row.values).collect();
                    let pairs = serde_json::to_string(&pairs).expect("texts are JSON");
                    work.add_beside(&join.name, key, &pairs)?;
                }
            }
            if !named {
                let what = format!("beside.{}: there is no column {:?}", join.name, join.key);
                return Err(RehearsalError::Mapping(what));
            }
        }
        Ok(())
    }

    fn read_index(&self, work: &mut Work) -> Result<(), RehearsalError> {
        let mut rows = self.mapping.index.rows(self.delivery)?;
        let mut read = 0;
        loop {
            let some: Result<Vec<Row>, DeliveryError> = rows.by_ref().take(TOGETHER).collect();
            let some = some?;
            if some.is_empty() {
                return Ok(());
            }
            if read == 0 {
                self.fits(&some[0])?;
            }
            read += some.len() as u64;
            work.together(|work| -> Result<(), RehearsalError> {
                for row in some {
                    self.read_row(work, row)?;
                }
                Ok(())
            })?;
            (self.progress)(Stage::Reading, read, 0);
        }
    }

    /// A mapping of another delivery would find every value missing: told once, not for each row. In XML and JSON
    /// a column is there when it has a value, so that only tables can be held against it.
    fn fits(&self, first: &Row) -> Result<(), RehearsalError> {
        use crate::delivery::IndexForm::{Csv, Xlsx};
        if !matches!(self.mapping.index.form, Csv { .. } | Xlsx { .. }) {
            return Ok(());
        }
        let beside = |column: &str| {
            column
                .split_once('.')
                .is_some_and(|(table, _)| self.mapping.joins.iter().any(|join| join.name == table))
        };
        let missing: Vec<String> = self
            .mapping
            .columns()
            .filter(|(_, column)| !first.columns.iter().any(|known| known == column))
            .filter(|(_, column)| !beside(column))
            .map(|(target, column)| {
                format!("document.{}: there is no column {column:?}", target.name())
            })
            .collect();
        if missing.is_empty() { Ok(()) } else { Err(RehearsalError::Mapping(missing.join("\n"))) }
    }

    fn read_row(&self, work: &Work, mut row: Row) -> Result<(), RehearsalError> {
        for join in &self.mapping.joins {
            let Some(key) = row.get(&join.on) else { continue };
            let Some(beside) = work.beside(&join.name, key)? else { continue };
            let beside: HashMap<String, String> = serde_json::from_str(&beside)
                .map_err(|_| WorkError::Foreign("a row".to_owned()))?;
            let mut columns = row.columns.to_vec();
            row.values.resize(columns.len(), String::new());
            for (column, value) in beside {
                columns.push(format!("{}.{column}", join.name));
                row.values.push(value);
            }
            row.columns = columns.into();
        }
        let mut faults = Vec::new();
        let mut values = Values::new();
        if row.surplus > 0 {
            faults.push(
                Fault::new(FaultKind::SurplusValues, "row", "OLD-9").arg("count", row.surplus),
            );
        }
        for target in Target::ALL.iter().copied() {
            match self.mapping.value(target, &row) {
                Ok(Some(value)) => {
                    values.insert(target, value);
                }
                Ok(None) if target.is_required() => {
                    let missing = Fault::new(FaultKind::MissingElement, target.name(), "OLD-1");
                    faults.push(missing.arg("name", target.name()));
                }
                Ok(None) => {}
                Err(unmapped) => faults.push(fault_of_value(target, &unmapped)),
            }
        }
        let found = values.get(&Target::File).map(|name| self.delivery.find(name));
        let file = match found {
            Some(Found::One(at)) => Some(at),
            Some(Found::None) => {
                faults.push(Fault::new(FaultKind::MissingFile, "file", "OLD-9"));
                None
            }
            Some(Found::Several(count)) => {
                let several = Fault::new(FaultKind::AmbiguousFile, "file", "OLD-9");
                faults.push(several.arg("count", count));
                None
            }
            None => None,
        };
        let number = work.add_item(row.number, &values, file)?;
        for fault in faults {
            work.add_fault(number, &fault)?;
        }
        Ok(())
    }

    /// Keeps what no row names, but for the index and the tables beside it.
    fn find_strays(&self, work: &Work) -> Result<(), RehearsalError> {
        let mut named = vec![false; self.delivery.entries().len()];
        let mut statement =
            work.connection().prepare("SELECT DISTINCT file FROM item WHERE file IS NOT NULL")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let at: i64 = row.get(0)?;
            if let Some(one) = usize::try_from(at).ok().and_then(|at| named.get_mut(at)) {
                *one = true;
            }
        }
        let tables = self.mapping.joins.iter().map(|join| &join.index);
        for index in tables.chain([&self.mapping.index]) {
            if let Found::One(at) = self.delivery.find(&index.file) {
                named[at] = true;
            }
        }
        for (at, entry) in self.delivery.entries().iter().enumerate().filter(|(at, _)| !named[*at])
        {
            let sum = self.delivery.read(at).ok().map(|bytes| digest(&SHA256, &bytes));
            work.connection().prepare_cached("INSERT INTO stray VALUES (?, ?, ?)")?.execute((
                &entry.name,
                entry.size.cast_signed(),
                sum.as_ref().map(AsRef::as_ref),
            ))?;
        }
        Ok(())
    }

    fn check_all(&self, work: &mut Work) -> Result<(), RehearsalError> {
        let total = work.count(State::Read)?;
        let (rules, signatures) = (rules(), SignatureTrust::not_asked_for());
        let options = self.options(&rules, &signatures);
        let (to_checkers, waiting) = sync_channel::<Item>(WAITING as usize);
        let (to_work, found) = sync_channel::<Finding>(WAITING as usize);
        let waiting = Mutex::new(waiting);
        thread::scope(|scope| -> Result<(), RehearsalError> {
            for _ in 0..self.checkers.max(1) {
                let (waiting, to_work, options) = (&waiting, to_work.clone(), &options);
                scope.spawn(move || {
                    loop {
                        let next = waiting.lock().map(|waiting| waiting.recv());
                        let Ok(Ok(item)) = next else { return };
                        if to_work.send(self.check(item, options)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(to_work);
            // Goes with this closure, which is when the checkers end.
            let to_checkers = to_checkers;
            let (mut last, mut sent, mut done) = (0, 0u64, 0u64);
            let mut findings: Vec<Finding> = Vec::new();
            loop {
                let items = work.unchecked(last, WAITING)?;
                if let Some(item) = items.last() {
                    last = item.number;
                }
                let ended = items.is_empty();
                sent += items.len() as u64;
                for item in items {
                    // Each that goes out makes room by taking what has come back.
                    let mut item = Some(item);
                    while let Some(one) = item.take() {
                        if let Err(error) = to_checkers.try_send(one) {
                            use std::sync::mpsc::TrySendError::{Disconnected, Full};
                            match error {
                                Full(one) => {
                                    item = Some(one);
                                    findings.extend(found.recv().ok());
                                }
                                Disconnected(_) => return Ok(()),
                            }
                        }
                    }
                }
                while let Ok(finding) = found.try_recv() {
                    findings.push(finding);
                }
                while ended && done + (findings.len() as u64) < sent {
                    let Ok(finding) = found.recv() else { break };
                    findings.push(finding);
                }
                if ended || findings.len() >= TOGETHER {
                    done += findings.len() as u64;
                    let some = std::mem::take(&mut findings);
                    work.together(|work| some.iter().try_for_each(|finding| work.found(finding)))?;
                    (self.progress)(Stage::Checking, done, total);
                }
                if ended {
                    return Ok(());
                }
            }
        })
    }

    const fn options<'a>(
        &self,
        pdf: &'a PdfRules,
        signatures: &'a SignatureTrust,
    ) -> CheckOptions<'a> {
        CheckOptions { now: self.now, caller: None, pdf, signatures }
    }

    /// Everything that can be told of one document alone.
    fn check(&self, item: Item, options: &CheckOptions<'_>) -> Finding {
        let mut finding = Finding { number: item.number, ..Finding::default() };
        let code = item.values.get(&Target::IdentityCode);
        finding.client = code
            .and_then(|code| PersonalIdentityCode::parse(code).ok())
            .map(|code| code.reveal().to_owned());
        let document = read_document(item.values, &mut finding.faults);
        let content = item.file.and_then(|at| self.content(at, &mut finding));
        let Some(document) = document else { return finding };
        if let Some(left_out) = self.left_out(&document) {
            return Finding { left_out: Some(left_out), faults: Vec::new(), ..finding };
        }
        finding.faults.extend(self.rules_of_old_data(&document));
        if let Some(relationship) = identifiers::relationship(self.mapping, &document) {
            finding.keys = Some(Keys {
                document: identifiers::document(self.mapping, &document.source_id),
                case: identifiers::case(self.mapping, &document),
                relationship,
                day: document.day().to_string(),
                task: document.service_task.clone(),
                state: document.state.name(),
            });
        }
        let Some((kind, bytes)) = content else { return finding };
        let Some(part) = kind.part() else {
            let wants = Fault::new(FaultKind::FileWantsConversion, "file", "OLD-1");
            finding.faults.push(wants.arg("found", kind.name()));
            return finding;
        };
        let submission = document.submission(self.mapping, part, bytes);
        let checked = check_submission(&submission, self.registry, options);
        let told: Vec<&str> = item.told.split(' ').collect();
        let anew = |fault: &Fault| {
            fault.kind != FaultKind::MissingElement || !told.contains(&fault.element.as_str())
        };
        finding.faults.extend(checked.faults.into_iter().filter(anew));
        finding
    }

    fn content(&self, at: usize, finding: &mut Finding) -> Option<(Kind, Vec<u8>)> {
        let bytes = match self.delivery.read(at) {
            Ok(bytes) => bytes,
            Err(error) => {
                let fault = Fault::new(FaultKind::UnreadableFile, "file", "OLD-9");
                // The error names the file, whose name may be a client's.
                let reason = match error {
                    DeliveryError::Unreadable { reason, .. } => reason,
                    DeliveryError::TooLarge(_, size) => format!("{size} bytes"),
                    _ => "unreadable".to_owned(),
                };
                finding.faults.push(fault.arg("reason", reason));
                return None;
            }
        };
        let kind = Kind::of(&bytes);
        let mut sum = [0; 32];
        sum.copy_from_slice(digest(&SHA256, &bytes).as_ref());
        finding.file =
            Some(FileFacts { kind: kind.name(), bytes: bytes.len() as u64, digest: sum });
        if bytes.is_empty() {
            finding.faults.push(Fault::new(FaultKind::EmptyFile, "file", "OLD-9"));
            return None;
        }
        Some((kind, bytes))
    }

    /// Why the organisation does not bring a document, if it does not.
    fn left_out(&self, document: &OldDocument) -> Option<&'static str> {
        let retention = document.values.get(&Target::RetentionClass).map(String::as_str);
        let selectable = Selectable {
            state: document.state,
            born: Some(document.code.birth_day()),
            permanent: retention == Some("1"),
            general_type: document.values.get(&Target::GeneralType).map(String::as_str),
        };
        let choice = self.mapping.choice(&document.service_task);
        choice.takes(&selectable).err().map(LeftOut::code)
    }

    fn rules_of_old_data(&self, document: &OldDocument) -> Vec<Fault> {
        let mut faults = Vec::new();
        if document.day() >= self.mapping.joined_on {
            let fault = Fault::new(FaultKind::NotOldData, "written_at", "OLD-1");
            faults.push(fault.arg("day", self.mapping.joined_on));
        }
        let original = document.values.contains_key(&Target::OriginalTask);
        let late = self.mapping.tasks_of_2016_from;
        // What the nation's day asks is asked by the check of metadata.
        if !original
            && needs_original_task(document.day(), late)
            && !needs_original_task(document.day(), None)
        {
            let element = "original_service_task.code";
            let fault = Fault::new(FaultKind::MissingConditionalElement, element, "OLD-4");
            faults.push(
                fault
                    .arg("name", "alkuperäinen palvelutehtävä")
                    .arg("condition", "before-service-tasks-of-2016"),
            );
        }
        if document.state.hangs_on() == HangsOn::ActiveRelationship
            && document.relationship.is_none()
        {
            let name = Target::Relationship.name();
            let fault = Fault::new(FaultKind::MissingElement, name, "OLD-5");
            faults.push(fault.arg("name", "asiakkuuden yksilöintitunnus"));
        }
        faults
    }
}

/// How PDF files are judged: as an archive of its own would at its strictest.
fn rules() -> PdfRules {
    PdfRules { levels: ConformanceLevels::all(ConformanceLevel::Refuse), ..PdfRules::default() }
}

fn fault_of_value(target: Target, unmapped: &Unmapped) -> Fault {
    let kind = match unmapped.why {
        WhyUnmapped::NotNamed => FaultKind::UnmappedValue,
        WhyUnmapped::NoDay => FaultKind::UnreadableDay,
        WhyUnmapped::Undecodable => FaultKind::Undecodable,
    };
    let fault = Fault::new(kind, target.name(), "OLD-9").arg("column", &unmapped.column);
    if target.is_personal() { fault } else { fault.value(&unmapped.value) }
}
