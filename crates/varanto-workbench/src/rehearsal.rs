//! The rehearsal: everything is read, mapped, composed and checked as archiving would, and nothing is sent.
//!
//! Every fault of every row is found in one pass; what is sound is ready to be archived.
//! Source: OLD-3 to OLD-9.

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use aws_lc_rs::digest::{SHA256, digest};
use varanto_app::Registry;
use varanto_app::archive::{CheckOptions, PdfRules, SignatureTrust, check_submission};
use varanto_domain::archive::conformance::{ConformanceLevel, ConformanceLevels};
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::old_data::{
    HangsOn, LeftOut, OldDays, Selectable, needs_original_task, tasks_of_2016_in_use, wrong_days,
};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::LARGEST_PART;

use crate::answers::Decision;
use crate::comparison;
use crate::conversion::{Converter, NotConverted};
use crate::delivery::{Delivery, DeliveryError, Found};
use crate::documents::{Draft, FOR_EVER, OldDocument, read_document, read_draft};
use crate::identifiers;
use crate::kind::Kind;
use crate::mapping::{Mapping, Target};
use crate::queue::has_nothing_to_bring;
use crate::reading::Reading;
use crate::room::{Place, Room};
use crate::work::{
    FINGERPRINT, FileFacts, Finding, Item, Keys, MainRow, State, TASKS_IN_USE, UNDONE_EDITION,
    Work, WorkError,
};

/// How many documents are checked together.
const TOGETHER: u32 = 512;

/// A file of so many bytes, and a smaller one, is weighed without being looked into.
const SMALL: u64 = 1024 * 1024;
/// How much of a file's beginning tells what it is.
const TELLS_KIND: u64 = 2048;

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
    /// This edition of the batch was undone: its identifiers are used up.
    #[error("edition {0} of the batch was undone; raise edition in the mapping file")]
    Undone(u32),
    /// Documents of the batch are archived already: a new rehearsal would forget which.
    #[error(
        "{0} documents, cases and old relationships of the batch are in the archive already; go on with it, or begin another batch"
    )]
    Begun(u64),
    /// A run was broken off: it may have archived documents whose receipts did not come back.
    #[error(
        "a run of the batch was broken off, and may have archived documents; run it to its end, or undo it"
    )]
    Sending,
    /// Whoever started it had it ended before its end: what was found until then is forgotten by the next one.
    #[error("it was stopped")]
    Stopped,
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
    /// Reads and checks everything, unless it is stopped. What an earlier rehearsal of the batch found is forgotten.
    ///
    /// # Errors
    /// An index that cannot be read to its end, a mapping that does not fit it, a batch that was begun.
    pub fn run(&self, work: &mut Work, stop: &AtomicBool) -> Result<(), RehearsalError> {
        let begun = work.begun()?;
        if begun > 0 {
            return Err(RehearsalError::Begun(begun));
        }
        if work.sends()? {
            return Err(RehearsalError::Sending);
        }
        if let Some(undone) = work.about(UNDONE_EDITION)?
            && undone.parse().is_ok_and(|undone: u32| undone >= self.mapping.edition)
        {
            return Err(RehearsalError::Undone(self.mapping.edition));
        }
        let fingerprint = fingerprint(self.delivery, self.mapping)?;
        let answers = work.answers_given()?;
        work.together(Work::clear)?;
        let reading = Reading::new(self.delivery, self.mapping);
        reading.run(work, stop, &|read| (self.progress)(Stage::Reading, read, 0))?;
        self.check_all(work, stop)?;
        (self.progress)(Stage::Comparing, 0, 0);
        let (rules, signatures) = (rules(), SignatureTrust::not_asked_for());
        let options = self.options(&rules, &signatures);
        work.together(|work| -> Result<(), RehearsalError> {
            comparison::compare(self, &options, work, stop)?;
            self.find_strays(work, stop)?;
            work.set_about("rehearsed_at", &self.now.to_string())?;
            work.set_about("source", &self.mapping.source)?;
            work.set_about("batch", &self.mapping.batch)?;
            let in_use = tasks_of_2016_in_use(self.mapping.tasks_of_2016_from);
            work.set_about(TASKS_IN_USE, &in_use.to_string())?;
            work.note_answers_taken(answers)?;
            work.note_unseen()?;
            work.note_making()?;
            Ok(work.set_about(FINGERPRINT, &fingerprint)?)
        })
    }

    /// Keeps what no row names, but for the index and the tables beside it.
    fn find_strays(&self, work: &Work, stop: &AtomicBool) -> Result<(), RehearsalError> {
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
            go_on(stop)?;
            let sum = self.delivery.sum(at).ok();
            work.connection().prepare_cached("INSERT INTO stray VALUES (?, ?, ?, ?)")?.execute(
                (
                    i64::try_from(at).unwrap_or(i64::MAX),
                    &entry.name,
                    entry.size.cast_signed(),
                    sum.as_ref().map(AsRef::as_ref),
                ),
            )?;
        }
        Ok(())
    }

    /// Checks every document, some at a time and these by several checkers at once.
    fn check_all(&self, work: &mut Work, stop: &AtomicBool) -> Result<(), RehearsalError> {
        let total = work.count(State::Read)?;
        let (rules, signatures) = (rules(), SignatureTrust::not_asked_for());
        let options = self.options(&rules, &signatures);
        let folder = work.folder().to_owned();
        let converter = Converter::new(&self.mapping.convert, &folder);
        let room = Room::for_checking(self.delivery);
        let (mut last, mut done) = (0, 0);
        loop {
            let items = work.unchecked(last, TOGETHER)?;
            let Some(item) = items.last() else { break };
            last = item.number;
            done += items.len() as u64;
            let next = AtomicUsize::new(0);
            let checker = || {
                let mine = || {
                    let goes_on = go_on(stop).is_ok();
                    goes_on.then(|| items.get(next.fetch_add(1, Ordering::Relaxed))).flatten()
                };
                std::iter::from_fn(mine)
                    .map_while(|item| {
                        let _place = self.place(item, &converter, &room, stop)?;
                        Some(self.check(item, &options, &converter))
                    })
                    .collect::<Vec<_>>()
            };
            let findings: Vec<Finding> = thread::scope(|scope| {
                let checkers: Vec<_> =
                    (0..self.checkers.max(1)).map(|_| scope.spawn(checker)).collect();
                checkers
                    .into_iter()
                    .flat_map(|one| one.join().unwrap_or_else(|broken| resume_unwind(broken)))
                    .collect()
            });
            go_on(stop)?;
            work.together(|work| findings.iter().try_for_each(|finding| work.found(finding)))?;
            (self.progress)(Stage::Checking, done, total);
        }
        let took = converter.took();
        work.together(|work| took.iter().try_for_each(|(kind, took)| work.add_pace(*kind, *took)))?;
        Ok(())
    }

    /// A place for a document while it is checked, with whatever is made of its file; `None` where it was stopped.
    fn place<'r>(
        &self,
        item: &Item,
        converter: &Converter<'_>,
        room: &'r Room,
        stop: &AtomicBool,
    ) -> Option<Place<'r>> {
        let entries = self.delivery.entries();
        let file = item.file.and_then(|at| Some((at, entries.get(at)?.size)));
        let bytes = file.map_or(0, |(at, size)| match size {
            bytes if bytes > LARGEST_PART as u64 => 0,
            bytes if bytes <= SMALL => bytes * most_times(),
            bytes => {
                let beginning = self.delivery.beginning(at, TELLS_KIND).unwrap_or_default();
                let kind = Kind::of(&beginning);
                bytes * times(kind, converter.takes(kind))
            }
        });
        room.take(bytes, &|| stop.load(Ordering::Relaxed))
    }

    const fn options<'a>(
        &self,
        pdf: &'a PdfRules,
        signatures: &'a SignatureTrust,
    ) -> CheckOptions<'a> {
        CheckOptions { now: self.now, caller: None, pdf, signatures }
    }

    /// What archiving would say of one row, read or completed so.
    pub(crate) fn check_one(&self, item: &Item, folder: &Path) -> Vec<Fault> {
        let (rules, signatures) = (rules(), SignatureTrust::not_asked_for());
        let converter = Converter::new(&self.mapping.convert, folder);
        self.check(item, &self.options(&rules, &signatures), &converter).faults
    }

    /// Everything that can be told of one document alone. What a person decided of it is judged anew: what was true of the
    /// row when it was decided may be so no more.
    fn check(&self, item: &Item, options: &CheckOptions<'_>, converter: &Converter<'_>) -> Finding {
        let mut finding = self.check_alone(item, options, converter);
        let Some(decision) = item.decided.filter(|_| finding.left_out.is_none()) else {
            return finding;
        };
        let nothing = |fault: &Fault| has_nothing_to_bring(fault.code(), &fault.element);
        if decision == Decision::NothingToBring
            && !item.is_shifted
            && (item.file_is_missing || finding.faults.iter().any(nothing))
        {
            let left_out = Some(decision.code());
            return Finding { left_out, keys: None, faults: Vec::new(), ..finding };
        }
        finding.faults.push(decision.does_not_fit());
        finding
    }

    fn check_alone(
        &self,
        item: &Item,
        options: &CheckOptions<'_>,
        converter: &Converter<'_>,
    ) -> Finding {
        let mut finding = Finding { number: item.number, ..Finding::default() };
        let code = item.values.get(&Target::IdentityCode);
        finding.client = code
            .and_then(|code| PersonalIdentityCode::parse(code).ok())
            .map(|code| code.reveal().to_owned());
        let draft = read_draft(item.values.clone(), &mut finding.faults);
        let content = item.file.and_then(|at| self.content(at, &mut finding));
        let left_out = match item.decided {
            // Whether it was, all rows together tell; of a row that is shifted nobody knows.
            Some(Decision::DeliveredTwice) => item.decided.filter(|_| !item.is_shifted),
            Some(Decision::StaysElsewhere) => {
                item.decided.filter(|_| !self.mapping.kept_elsewhere.trim().is_empty())
            }
            Some(Decision::NothingToBring) | None => None,
        };
        if let Some(decision) = left_out {
            let left_out = Some(decision.code());
            return Finding { left_out, faults: Vec::new(), ..finding };
        }
        let document = draft.as_whole();
        // What the choice turns on is known of a row without faults alone.
        if item.told.is_empty()
            && let Some(document) = document
            && let Some(left_out) = why_not_brought(self.mapping, document, item.main.as_ref())
        {
            return Finding { left_out: Some(left_out), faults: Vec::new(), ..finding };
        }
        // In a row that is shifted any value may stand in any column, and in one that does not read there is none: of the file
        // that it names is told what is wrong with it, and no more.
        if document.is_none() && (item.is_shifted || item.values.is_empty()) {
            if content.is_some() {
                let faults = self.judge(&draft, content, options, converter, &mut finding.file);
                let of_file = |fault: &Fault| is_of_content(fault) || fault.element == "file";
                finding.faults.extend(faults.into_iter().filter(of_file));
            }
            return finding;
        }
        let told: Vec<&str> = item.told.split(' ').collect();
        let mut of_old_data = self.rules_of_old_data(&draft);
        of_old_data.retain(|fault| {
            fault.kind != FaultKind::MissingElement || !told.contains(&fault.element.as_str())
        });
        finding.faults.extend(of_old_data);
        if let Some(document) = document
            && let Some(relationship) = identifiers::relationship(self.mapping, document)
        {
            finding.keys = Some(Keys {
                document: identifiers::document(self.mapping, &document.source_id),
                case: identifiers::case(self.mapping, document),
                relationship,
                day: document.day().to_string(),
                task: document.service_task.clone(),
                state: document.state.name(),
            });
        }
        let is_told = |fault: &Fault| match fault.kind {
            FaultKind::MissingElement if told.contains(&fault.element.as_str()) => true,
            FaultKind::MissingElement | FaultKind::MissingConditionalElement => {
                draft.leaves_out(&fault.element)
            }
            _ => false,
        };
        let faults = self.judge(&draft, content, options, converter, &mut finding.file);
        finding.faults.extend(faults.into_iter().filter(|fault| !is_told(fault)));
        finding
    }

    /// What archiving would say of the document with its file, or with what is made of it. Without a file, or with one that
    /// nothing can be made of, what is said of it is judged all the same.
    fn judge(
        &self,
        draft: &Draft,
        content: Option<(Kind, Vec<u8>)>,
        options: &CheckOptions<'_>,
        converter: &Converter<'_>,
        facts: &mut Option<FileFacts>,
    ) -> Vec<Fault> {
        // The content comes back: it is in memory once.
        let judged = |part, bytes| {
            let mut submission = draft.submission(self.mapping, part, bytes);
            let faults = check_submission(&submission, self.registry, options).faults;
            (faults, submission.parts.pop().map(|(_, bytes)| bytes).unwrap_or_default())
        };
        let without_content = || {
            let faults = judged(Part::View, Vec::new()).0.into_iter();
            faults.filter(|fault| !is_of_content(fault)).collect::<Vec<_>>()
        };
        let Some((kind, bytes)) = content else { return without_content() };
        // What is wrong with the file as it is stays told where it cannot be converted.
        let takes = converter.takes(kind);
        let (mut as_it_is, bytes) = match kind.part() {
            Some(part) => judged(part, bytes),
            None => (without_content(), bytes),
        };
        if kind.part().is_some() && !(takes && as_it_is.iter().any(is_of_content)) {
            return as_it_is;
        }
        if !takes {
            let wants = Fault::new(FaultKind::FileWantsConversion, "file", "OLD-1");
            as_it_is.push(wants.arg("found", kind.name()));
            return as_it_is;
        }
        let (conversion, made) = match converter.convert(kind, &bytes) {
            Ok(made) => made,
            Err(why) => {
                as_it_is.push(why.fault());
                return as_it_is;
            }
        };
        let Some(part) = conversion.part() else {
            as_it_is.push(NotConverted::here("its record does not read").fault());
            return as_it_is;
        };
        drop(bytes);
        let (mut faults, _) = judged(part, made);
        let mut broken: Vec<String> =
            faults.iter().filter(|fault| is_of_content(fault)).map(rule_of).collect();
        if broken.is_empty() {
            if let Some(facts) = facts {
                facts.conversion = Some(conversion);
            }
            return faults;
        }
        faults.retain(|fault| !is_of_content(fault));
        broken.dedup();
        let reason = format!("what it made would not be taken: {}", broken.join(", "));
        converter.forget(kind, &conversion);
        faults.push(NotConverted::here(reason).fault());
        faults
    }

    fn content(&self, at: usize, finding: &mut Finding) -> Option<(Kind, Vec<u8>)> {
        // What the archive takes in no case is told by its size, and not read.
        if let Some(entry) = self.delivery.entries().get(at)
            && entry.size > LARGEST_PART as u64
        {
            let fault = Fault::new(FaultKind::FileTooLarge, "file", "ARC-1");
            finding.faults.push(fault.arg("size", entry.size).arg("limit", LARGEST_PART));
            return None;
        }
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
        finding.file = Some(FileFacts {
            kind: kind.name(),
            bytes: bytes.len() as u64,
            digest: sum,
            conversion: None,
        });
        if bytes.is_empty() {
            finding.faults.push(Fault::new(FaultKind::EmptyFile, "file", "OLD-9"));
            return None;
        }
        Some((kind, bytes))
    }

    fn rules_of_old_data(&self, draft: &Draft) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(written) = draft.day() {
            faults.extend(self.rules_of_days(draft, written));
        }
        // Of whom the code does not read nobody can ask the archive: the code is told.
        let may_be_known =
            self.mapping.says(Target::Relationship) || draft.said(Target::IdentityCode).is_some();
        if draft.state().is_some_and(|state| state.hangs_on() == HangsOn::ActiveRelationship)
            && draft.says_nothing_of(Target::Relationship)
            && may_be_known
        {
            let name = Target::Relationship.name();
            let fault = Fault::new(FaultKind::MissingElement, name, "OLD-5");
            faults.push(fault.arg("name", name));
        }
        faults
    }

    fn rules_of_days(&self, draft: &Draft, written: FinnishDay) -> Vec<Fault> {
        let mut faults = Vec::new();
        if written >= self.mapping.joined_on {
            let fault = Fault::new(FaultKind::NotOldData, "written_at", "OLD-1");
            faults.push(fault.arg("day", self.mapping.joined_on));
        }
        let said = |target| draft.said(target).and_then(FinnishDay::parse);
        faults.extend(wrong_days(&OldDays {
            written,
            opened: said(Target::CaseOpened),
            closed: said(Target::CaseClosed),
            today: FinnishDay::of(self.now),
        }));
        // What the nation's day asks is asked by the check of metadata.
        if draft.says_nothing_of(Target::OriginalTask)
            && needs_original_task(written, self.mapping.tasks_of_2016_from)
            && !needs_original_task(written, None)
        {
            let element = "original_service_task.code";
            let fault = Fault::new(FaultKind::MissingConditionalElement, element, "OLD-4");
            faults
                .push(fault.arg("name", element).arg("condition", "before-service-tasks-of-2016"));
        }
        faults
    }
}

/// That nobody stopped it.
pub(crate) fn go_on(stop: &AtomicBool) -> Result<(), RehearsalError> {
    if stop.load(Ordering::Relaxed) { Err(RehearsalError::Stopped) } else { Ok(()) }
}

/// Why the organisation does not bring a document, if it does not. An attachment goes the way of its main document; with one
/// that has faults it waits for that.
///
/// Source: OLD-8, ARC-4; document 002, "Vanhat liiteasiakirjat".
pub(crate) fn why_not_brought(
    mapping: &Mapping,
    document: &OldDocument,
    main: Option<&MainRow>,
) -> Option<&'static str> {
    match main {
        Some(main) if !main.reads => None,
        Some(main) => read_document(main.values.clone(), &mut Vec::new())
            .and_then(|main| choice_leaves_out(mapping, &main)),
        // The attachment of what another batch brought goes there.
        None if document.main_batch.is_some() => None,
        None => choice_leaves_out(mapping, document),
    }
}

fn choice_leaves_out(mapping: &Mapping, document: &OldDocument) -> Option<&'static str> {
    let retention = document.values.get(&Target::RetentionClass).map(String::as_str);
    let selectable = Selectable {
        state: document.state,
        born: Some(document.code.birth_day()),
        permanent: retention.is_none_or(|class| class == FOR_EVER),
        general_type: document.values.get(&Target::GeneralType).map(String::as_str),
    };
    let choice = mapping.choice(&document.service_task);
    choice.takes(&selectable).err().map(LeftOut::code)
}

/// How many times its own size a file of a kind takes while it is checked: itself, what it is read into, what is made of it,
/// and what that is read into. What a picture is unpacked into is counted where that is done.
const fn times(kind: Kind, is_converted: bool) -> u64 {
    match kind {
        Kind::Html | Kind::Xhtml | Kind::Docx | Kind::Rtf if is_converted => most_times(),
        Kind::Pdf => 4,
        Kind::Text | Kind::Tiff | Kind::Png | Kind::Jpeg if is_converted => 4,
        Kind::Xhtml => 3,
        _ => 1,
    }
}

/// The most of these.
const fn most_times() -> u64 {
    12
}

/// Whether a fault is of the content, and not of what is said about it.
fn is_of_content(fault: &Fault) -> bool {
    ["pdf:", "view:"].iter().any(|part| fault.element.starts_with(part))
}

fn rule_of(fault: &Fault) -> String {
    format!("{} ({})", fault.code(), fault.rule)
}

/// What a rehearsal was of: the mapping file, the index and the tables beside it, and the names and sizes of the files.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn fingerprint(delivery: &Delivery, mapping: &Mapping) -> Result<String, DeliveryError> {
    let tables = mapping.joins.iter().map(|join| join.index.file.as_str());
    let own = delivery.fingerprint(tables.chain([mapping.index.file.as_str()]))?;
    Ok(format!("{} {own}", mapping.digest))
}

/// How PDF files are judged: as an archive of its own would at its strictest.
fn rules() -> PdfRules {
    PdfRules { levels: ConformanceLevels::all(ConformanceLevel::Refuse), ..PdfRules::default() }
}
