//! Taking a controller's register in: its package is checked first, all of it; then every version is kept with its line and its
//! proof here, and what stands beside; at the end the archive is held against the package.

use std::path::Path;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{self, TransferPermit};
use varanto_domain::archive::proof::sha256;
use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;
use varanto_domain::relationship::{RoadState, RoadStep};
use varanto_domain::time::FinnishDay;
use varanto_formats::register_package::{About, MATERIAL, PARTS, README, REGISTERS, Summary};
use varanto_store::OPERATOR;

use super::checking::{Checked, Checking};
use super::compare::{Comparison, RegisterComparison};
use super::export::check_reference;
use super::reading::Found;
use super::replay::Replay;
use super::restate::Restating;
use super::{Reader, TransferError, TransferRequest, walk};
use crate::administer::administration;
use crate::roads::roads_in_log;
use crate::{App, AppError};

/// What taking a package in would come to.
#[derive(Debug, Clone)]
pub struct TakeInPlan {
    /// What the package is of.
    pub about: About,
    /// How much is in it.
    pub summary: Summary,
    /// The SHA-256 of its list.
    pub checksum: String,
    /// The key under which it was checked.
    pub key: Option<String>,
    /// How many of its versions are here already, the same.
    pub there: u64,
    /// Whether taking it in began before, and whether all of it is in.
    pub begun: Option<bool>,
}

/// What a taking in does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeInStep {
    /// It checks the package: so many files.
    Checking(u64),
    /// It keeps what stands beside documents: so many files.
    Beside(u64),
    /// It keeps versions: so many, of so many.
    Versions(u64, u64),
    /// It holds the archive against the package: so many files.
    Comparing(u64),
}

/// A register that is in.
#[derive(Debug, Clone)]
pub struct TakenRegister {
    /// What was checked before.
    pub plan: TakeInPlan,
    /// How many versions were kept now.
    pub kept: u64,
    /// How many of what stands beside documents are in.
    pub beside: u64,
    /// How many of those are not: what they are about is in no document of the package.
    pub left: u64,
    /// What holding the archive against the package found.
    pub comparison: RegisterComparison,
}

fn operator() -> Actor {
    Actor { name: OPERATOR.into(), organisation: None, detail: None }
}

fn line(at: varanto_domain::time::Instant, outcome: Outcome, detail: String) -> LogLine {
    let (event, actor) = (Event::Transfer, operator());
    LogLine { at, event, outcome, actor, client: None, version: None, detail }
}

/// Whether a file of a package is kept beside the register: what proves it, and what tells of it in the archive that it is
/// from. Documents are kept as documents; structures and code sets are loaded apart.
fn is_kept(name: &str) -> bool {
    name != README && ![PARTS, REGISTERS, MATERIAL].iter().any(|folder| name.starts_with(folder))
}

impl App {
    /// Checks a package, and tells what taking it in would come to. Nothing is kept but, of one that is refused, a line.
    ///
    /// # Errors
    /// [`AppError::Refused`] with every fault, logged; what the disk answers.
    ///
    /// Source: OPS-3.
    pub fn plan_take_in(
        &self,
        request: &TransferRequest,
        (place, key): (&Path, Option<&str>),
        mut going: impl FnMut(TakeInStep),
    ) -> Result<TakeInPlan, TransferError> {
        self.check_package(request, (place, key), &mut going)
    }

    /// Takes a controller's register in, whoever asks runs the machine. Broken off, the same call goes on where it was; called
    /// again, it adds nothing. Lines tell that it began and that all is in, and one of each version; what the archive that
    /// it is from proves and what its log tells are kept beside.
    ///
    /// # Errors
    /// [`AppError::Refused`] with every fault of the package, logged: then nothing of it is in. What the disk answers.
    ///
    /// Source: OPS-3, ARC-1, ARC-3, ARC-12, ARC-14, ARC-15, LOG-1.
    pub fn take_in_register(
        &self,
        request: &TransferRequest,
        (place, key): (&Path, Option<&str>),
        mut going: impl FnMut(TakeInStep),
    ) -> Result<TakenRegister, TransferError> {
        let plan = self.check_package(request, (place, key), &mut going)?;
        let permit = access::takes_register_in(&request.controller);
        let (mut kept, mut beside, mut left) = (0, 0, 0);
        if plan.begun != Some(true) {
            let taken = self.begin_taking(request, &plan)?;
            self.keep_beside(place, taken, &mut going)?;
            kept = self.keep_versions(request, place, (taken, &plan), &mut going)?;
            (beside, left) = self.restate(request, place, taken)?;
            self.plan_endings(&request.controller)?;
            self.take_road(&plan)?;
            self.end_taking(request, taken, &plan)?;
        }
        let comparison = self.hold_against(&permit, (place, key), &mut going)?;
        let found = comparison.versions;
        let words = request.words("take-in");
        let detail = format!(
            "{words} package={} versions={} missing={} differ={} beyond={} compared",
            plan.checksum, found.same, found.missing, found.differ, found.beyond
        );
        self.write_line(line(self.clock.now(), Outcome::Done, detail))?;
        Ok(TakenRegister { plan, kept, beside, left, comparison })
    }

    /// Checks a package; one that is refused leaves a line.
    fn check_package(
        &self,
        request: &TransferRequest,
        (place, key): (&Path, Option<&str>),
        going: &mut dyn FnMut(TakeInStep),
    ) -> Result<TakeInPlan, TransferError> {
        let refused = |faults: Vec<Fault>| -> TransferError {
            let codes = faults.iter().map(Fault::code).collect();
            let line = line(self.clock.now(), Outcome::Refused(codes), request.words("take-in"));
            match self.write_line(line) {
                Ok(_) => AppError::Refused(faults).into(),
                Err(error) => error.into(),
            }
        };
        if let Err(AppError::Refused(faults)) = check_reference(request) {
            return Err(refused(faults));
        }
        let permit = access::takes_register_in(&request.controller);
        let registry = self.registry();
        let today = FinnishDay::of(self.clock.now());
        let (checked, begun) = self.store.read::<_, TransferError>(|tx| {
            let checking = Checking::begin(tx, &permit, &registry, today, key)?;
            let checked = checking.run(place, &mut |files| going(TakeInStep::Checking(files)))?;
            let taken = tx.list_taken()?;
            let known = taken.iter().rfind(|one| one.package == checked.checksum);
            Ok((checked, known.map(|one| one.ended.is_some())))
        })?;
        let Checked { about, summary, checksum, key, there, faults } = checked;
        // What is in may have gone on since: comparing tells.
        let holds = |fault: &Fault| fault.code() != "package-does-not-hold";
        let over = begun == Some(true) && faults.iter().all(holds);
        match about {
            Some(about) if faults.is_empty() || over => {
                Ok(TakeInPlan { about, summary, checksum, key, there, begun })
            }
            _ => Err(refused(faults)),
        }
    }

    /// The line that names the taking in: a new one, or that of the run that was broken off.
    fn begin_taking(&self, request: &TransferRequest, plan: &TakeInPlan) -> Result<i64, AppError> {
        let known = self.store.read::<_, AppError>(|tx| {
            let taken = tx.list_taken()?;
            Ok(taken.into_iter().rfind(|one| one.package == plan.checksum))
        })?;
        if let Some(known) = known {
            return Ok(known.line.number);
        }
        let (words, archive) = (request.words("take-in"), &plan.about.archive);
        let detail = format!("{words} archive={archive} package={} begun", plan.checksum);
        let written = self.write_line(line(self.clock.now(), Outcome::Done, detail))?;
        Ok(written.value.number)
    }

    fn end_taking(
        &self,
        request: &TransferRequest,
        taken: i64,
        plan: &TakeInPlan,
    ) -> Result<(), AppError> {
        let (words, checksum) = (request.words("take-in"), plan.checksum.clone());
        let (now, versions) = (self.clock.now(), plan.summary.versions);
        self.store.write::<_, AppError>(move |tx| {
            let (files, gone) = tx.count_taken(taken)?;
            let detail = format!(
                "{words} package={checksum} taken={taken} versions={versions} files={files} gone={gone} ended"
            );
            tx.log(&line(now, Outcome::Done, detail))?;
            Ok(())
        })?;
        Ok(())
    }

    /// Keeps the files of the package that stand beside its documents, and the certificates on which verdicts on signatures
    /// rest: before the versions, so that none is without them.
    fn keep_beside(
        &self,
        place: &Path,
        taken: i64,
        going: &mut dyn FnMut(TakeInStep),
    ) -> Result<(), TransferError> {
        let mut files = 0;
        walk(place, &mut |name, found| {
            let Found::Data(data) = found else { return Ok(()) };
            files += 1;
            going(TakeInStep::Beside(files));
            let (name, of_signatures) = (name.to_owned(), name.starts_with(MATERIAL));
            if !of_signatures && !is_kept(&name) {
                return Ok(());
            }
            self.store.write::<_, AppError>(move |tx| {
                if of_signatures {
                    tx.keep_material(&sha256(&data), &data)?;
                } else {
                    tx.keep_taken_file(taken, &name, &data)?;
                }
                Ok(())
            })?;
            Ok(())
        })
    }

    /// Keeps every version that is not here; answers how many were kept.
    fn keep_versions(
        &self,
        request: &TransferRequest,
        place: &Path,
        (taken, plan): (i64, &TakeInPlan),
        going: &mut dyn FnMut(TakeInStep),
    ) -> Result<u64, TransferError> {
        let mut replay = Replay::begin(self, &request.controller, taken);
        let mut reader = Reader::new(plan.key.as_deref());
        let all = plan.summary.versions;
        walk(place, &mut |name, found| {
            if let Some(version) = reader.file(name, found) {
                replay.version(version)?;
                going(TakeInStep::Versions(replay.kept + replay.there, all));
            }
            Ok(())
        })?;
        if let (Some(version), _) = reader.end() {
            replay.version(version)?;
        }
        replay.keep()?;
        going(TakeInStep::Versions(replay.kept + replay.there, all));
        Ok(replay.kept)
    }

    /// Keeps what lines tell of beside documents; answers how many, and how many are left in the package.
    fn restate(
        &self,
        request: &TransferRequest,
        place: &Path,
        taken: i64,
    ) -> Result<(u64, u64), TransferError> {
        let mut restating = Restating::begin(self, &request.controller, taken)?;
        walk(place, &mut |name, found| match found {
            Found::Data(data) => restating.file(name, &data),
            Found::Odd => Ok(()),
        })?;
        Ok((restating.kept, restating.left))
    }

    /// Puts the controller on the road that it was on, where it is on none here.
    fn take_road(&self, plan: &TakeInPlan) -> Result<(), TransferError> {
        let steps = plan.about.road.clone();
        let Ok(controller) = Oid::parse(&plan.about.controller) else { return Ok(()) };
        let now = self.clock.now();
        let done = self.store.write::<_, AppError>(move |tx| {
            if steps.is_empty()
                || roads_in_log(tx)?.of_controller(&controller) != RoadState::default()
            {
                return Ok(false);
            }
            for step in &steps {
                if RoadStep::read(step).is_some_and(|(whose, _)| whose == controller) {
                    tx.log(&administration(now, step))?;
                }
            }
            tx.tell_others()?;
            Ok(true)
        })?;
        if done.value {
            self.registry
                .refresh(&self.store)
                .map_err(|error| crate::StoreError::Damaged(error.to_string()))?;
        }
        Ok(())
    }

    fn hold_against(
        &self,
        permit: &TransferPermit,
        (place, key): (&Path, Option<&str>),
        going: &mut dyn FnMut(TakeInStep),
    ) -> Result<RegisterComparison, TransferError> {
        self.store.read::<_, TransferError>(|tx| {
            let comparison = Comparison::begin(tx, permit, key)?;
            comparison.run(place, &mut |files| going(TakeInStep::Comparing(files)))
        })
    }
}
