//! The reconciliation: that each source document is archived and readable, byte for byte, or why it is not.
//!
//! The report is one line of JSON for each row of the index, each file beside, and each case and old relationship that the
//! batch made, between a head and a sum. It holds no client data. It is signed, and whoever has it can count it and check
//! every receipt in it without archive and delivery. Source: OLD-9.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use varanto_app::Registry;
use varanto_app::verify::{Held, ReceiptProblem, verify_receipt};
use varanto_domain::ids::Oid;

use crate::answers::Decision;
use crate::conversion::{Conversion, hexadecimal};
use crate::delivery::Delivery;
use crate::door::Door;
use crate::identifiers;
use crate::mapping::Mapping;
use crate::plan::Plan;
use crate::reading_back::ReadingBack;
use crate::run::{RunError, check_made_alike, check_rehearsed};
use crate::undo::{UndoneEdition, undone_editions};
use crate::whose::Whose;
use crate::work::{RECONCILED, SAID_DESTROYABLE, State, Work};

/// The form of reports that this program writes.
const FORM: u32 = 4;
/// The first form, whose lines tell of rows and files alone. A report outlives the program that made it, so that it is read.
const FORM_OF_ROWS: u32 = 2;
/// The first form whose lines tell whose a row is, and whose head which rows of other batches it settles.
const FORM_OF_WHOSE: u32 = 4;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The form of the report.
    pub form: u32,
    /// The source system.
    pub source: String,
    /// The batch.
    pub batch: String,
    /// The edition: another one makes other identifiers.
    pub edition: u32,
    /// The source's table: the index, as the delivery names it.
    pub table: String,
    /// When it was made.
    pub made_at: String,
    /// What the organisation brings and leaves, and where the rest is kept. Source: OLD-8.
    pub plan: Plan,
    /// Editions of the batch that were undone: what reports say of them is so no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<UndoneEdition>,
    /// Rows of other batches of which the mapping file says which documents they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settles: Vec<SettledRow>,
    /// The archive's signed state, with its key.
    pub checkpoint: Box<RawValue>,
}

/// A row of another batch of which the organisation says which documents it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettledRow {
    /// The batch.
    pub batch: String,
    /// Where the row stands in it.
    pub row: u64,
    /// What the documents are called in the archive.
    pub documents: Vec<String>,
}

impl SettledRow {
    fn of(mapping: &Mapping) -> Vec<Self> {
        let called = |id: &String| identifiers::document(mapping, id).to_string();
        let each = mapping.settles.iter().map(|one| Self {
            batch: one.batch.clone(),
            row: one.row,
            documents: one.documents.iter().map(called).collect(),
        });
        each.collect()
    }
}

/// What became of a row, or of a file that no row names.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Where the row stands; `None` for a file that no row names.
    pub row: Option<u64>,
    /// The SHA-256 of the source file, hexadecimal.
    pub sha256: Option<String>,
    /// Its bytes.
    pub bytes: Option<u64>,
    /// `archived`, `left-out`, `faulty`, `refused`, `not-archived`, `no-row`, or what keeps an archived document from
    /// being reconciled: `differs`, `unreadable`, `unproven`.
    pub outcome: String,
    /// Why, where it is not archived.
    pub why: Option<String>,
    /// What the document is called in the archive, or would be: the same in every batch of the source and edition.
    pub document: Option<String>,
    /// Whose it is, by marks that name nobody; `None` where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whose: Option<Whose>,
    /// How it was converted, where the archive has what was made of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversion: Option<Conversion>,
    /// What of the row a person completed, or let stand, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub completed: Vec<String>,
    /// Its receipt.
    pub receipt: Option<Box<RawValue>>,
}

/// What became of a case or old relationship that the batch made.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MadeEntry {
    /// `case` or `relationship`.
    pub made: String,
    /// What it is called in the archive.
    pub kept: String,
    /// The document in which it is kept.
    pub document: String,
    /// `archived`, or what keeps it from being reconciled: `differs`, `unreadable`, `unproven`.
    pub outcome: String,
    /// Why, where it does not agree.
    pub why: Option<String>,
    /// Its receipt.
    pub receipt: Option<Box<RawValue>>,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// Rows of the index.
    pub rows: u64,
    /// Rows whose document is archived, proven and read back byte for byte.
    pub archived: u64,
    /// Those of them whose file was converted: the archive has what was made of it.
    pub converted: u64,
    /// Rows that the organisation does not bring.
    pub left_out: u64,
    /// Rows of which people decided that the source has no document that could be read. That the delivery has none does
    /// not say so.
    pub without_document: u64,
    /// How many rows were left out for which reason, those without a document too.
    pub reasons: BTreeMap<String, u64>,
    /// Files that no row names.
    pub strays: u64,
    /// Everything else: rows with faults, refused or not handed in yet, and archived ones that do not agree.
    pub open: u64,
    /// Cases that the batch made: archived, proven and read back as they were handed in.
    pub cases: u64,
    /// Old relationships that the batch made, likewise.
    pub old_relationships: u64,
    /// Cases and old relationships that the batch made and that do not agree.
    pub made_open: u64,
    /// Whether every row is archived, left out by choice, or without a document as two people decided, and no file is
    /// without a row, and every case and old relationship agrees: only then may the source be destroyed.
    pub source_may_be_destroyed: bool,
}

/// Why a report does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// What the run says.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The file.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The report.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// A reconciliation of a batch.
pub struct Reconciliation<'a> {
    /// The delivery.
    pub delivery: &'a Delivery,
    /// The mapping that it was rehearsed by.
    pub mapping: &'a Mapping,
    /// Structures and code sets, as the run had them.
    pub registry: &'a Registry,
    /// When it is made.
    pub made_at: &'a str,
    /// The most documents that are read back in a second; without one, as fast as the archive gives them.
    pub most_each_second: Option<u32>,
    /// Ends it before its end: there is no report then.
    pub stop: &'a AtomicBool,
    /// Is told how many rows, cases and old relationships are done, of how many.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

impl Reconciliation<'_> {
    /// Makes the report of a batch: every source file is read again, every archived document is read back through so many
    /// doors at once and held against what was handed in, and every receipt is checked. The report is in the order of the
    /// index, however many doors there are.
    ///
    /// # Errors
    /// What cannot be read or written, and an archive that does not answer.
    pub fn run(
        &self,
        work: &Work,
        mut doors: Vec<Box<dyn Door>>,
        path: &Path,
    ) -> Result<Sum, ReportError> {
        let failed = |reason: &dyn ToString| ReportError::File {
            path: path.to_owned(),
            reason: reason.to_string(),
        };
        let Self { delivery, mapping, .. } = *self;
        check_rehearsed(work, delivery, mapping)?;
        check_made_alike(work)?;
        let before = standing(work)?;
        let none = || RunError::NoAnswer("no door".to_owned());
        let door = doors.first_mut().ok_or_else(none)?;
        let checkpoint = door.checkpoint().map_err(RunError::NoAnswer)?;
        // On one line, however it was printed.
        let compact: serde_json::Value =
            serde_json::from_str(&checkpoint).map_err(|error| failed(&error))?;
        let head = Head {
            form: FORM,
            source: mapping.source.clone(),
            batch: mapping.batch.clone(),
            edition: mapping.edition,
            table: mapping.index.file.clone(),
            made_at: self.made_at.to_owned(),
            plan: Plan::of(mapping),
            undone: undone_editions(work)?,
            settles: SettledRow::of(mapping),
            checkpoint: RawValue::from_string(compact.to_string())
                .map_err(|error| failed(&error))?,
        };
        let mut report = BufWriter::new(File::create(path).map_err(|error| failed(&error))?);
        let mut line = |value: &str| writeln!(report, "{value}").map_err(|error| failed(&error));
        line(&json(&head))?;
        let mut sum = Sum::default();
        let mut each = |entry: Entry| {
            sum.count(&entry);
            line(&json(&entry))
        };
        let reading = ReadingBack::new(work, self, checkpoint.as_bytes())?;
        reading.rows(work, &mut doors, &mut each)?;
        strays(work, &mut each)?;
        reading.made(work, &mut doors, &mut |entry| {
            sum.count_made(&entry);
            line(&json(&entry))
        })?;
        // It took long: what came into the delivery meanwhile is in no line, and would be destroyed with it.
        let now = Delivery::open(delivery.place()).map_err(RunError::from)?;
        check_rehearsed(work, &now, mapping)?;
        if undone_editions(work)? != head.undone || standing(work)? != before {
            let what = "the batch was run or undone meanwhile, or a part of it; reconcile again";
            return Err(RunError::NotRehearsed(what.to_owned()).into());
        }
        sum.conclude(&head);
        line(&json(&sum))?;
        let written = report.into_inner().map_err(|error| failed(&error))?;
        written.sync_all().map_err(|error| failed(&error))?;
        Ok(sum)
    }

    /// Notes in the work file what a report says, before it takes its place: once it is there, it may be given away.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn note_verdict(&self, work: &Work, sum: &Sum) -> Result<(), RunError> {
        if sum.source_may_be_destroyed {
            work.set_about(SAID_DESTROYABLE, self.made_at)?;
        }
        Ok(())
    }

    /// Notes in the work file that there is a report, signed and in its place: the batch can be confirmed then.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn note_reported(&self, work: &Work, sum: &Sum) -> Result<(), RunError> {
        let noted = json(&Reconciled {
            at: self.made_at.to_owned(),
            archived: sum.archived,
            made_open: sum.made_open,
        });
        Ok(work.set_about(RECONCILED, &noted)?)
    }
}

/// How many rows, cases and old relationships of a batch stand how: what a report tells is of one moment.
fn standing(work: &Work) -> Result<Vec<(String, i64)>, RunError> {
    let sql = "SELECT 'row ' || state, count(*) FROM item GROUP BY state
      UNION ALL SELECT kind || ' ' || state, count(*) FROM dossier GROUP BY kind, state ORDER BY 1";
    let mut statement = work.connection().prepare(sql)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Each file that no row names.
fn strays(work: &Work, each: Each<'_>) -> Result<(), ReportError> {
    let mut statement = work
        .connection()
        .prepare("SELECT bytes, digest FROM stray ORDER BY name")
        .map_err(RunError::from)?;
    let strays = statement
        .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<Vec<u8>>>(1)?)))
        .map_err(RunError::from)?;
    for stray in strays {
        let (bytes, digest) = stray.map_err(RunError::from)?;
        each(Entry {
            row: None,
            sha256: digest.as_deref().map(hexadecimal),
            bytes: Some(bytes.unsigned_abs()),
            outcome: "no-row".to_owned(),
            why: None,
            document: None,
            whose: None,
            conversion: None,
            completed: Vec::new(),
            receipt: None,
        })?;
    }
    Ok(())
}

/// What the work file knows of the last reconciliation.
#[derive(Debug, Serialize, Deserialize)]
struct Reconciled {
    at: String,
    archived: u64,
    made_open: u64,
}

fn reconciled(work: &Work) -> Result<Option<Reconciled>, RunError> {
    Ok(work.about(RECONCILED)?.and_then(|noted| serde_json::from_str(&noted).ok()))
}

/// When a report of a batch was made that said that the source may be destroyed. Of what a program of before noted nobody knows
/// what its report said.
pub(crate) fn said_destroyable(work: &Work) -> Result<Option<String>, RunError> {
    if let Some(at) = work.about(SAID_DESTROYABLE)? {
        return Ok(Some(at));
    }
    let unknown = work.about(RECONCILED)?.is_some() && reconciled(work)?.is_none();
    Ok(unknown.then(|| "an earlier program".to_owned()))
}

/// That every archived document of a batch was found in the archive by its last reconciliation.
///
/// # Errors
/// That it was not.
pub(crate) fn check_reconciled(work: &Work) -> Result<(), RunError> {
    let not = |what: String| Err(RunError::NotRehearsed(what));
    let Some(noted) = reconciled(work)? else {
        return not("the batch was not reconciled since it was run; reconcile it first".to_owned());
    };
    let archived = work.count(State::Archived)?;
    if noted.archived != archived {
        return not(format!(
            "of {archived} archived documents {} agreed when the batch was reconciled on {}; see its report",
            noted.archived, noted.at
        ));
    }
    if noted.made_open > 0 {
        return not(format!(
            "{} cases or old relationships did not agree when the batch was reconciled on {}; see its report",
            noted.made_open, noted.at
        ));
    }
    Ok(())
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers print")
}

pub(crate) type Each<'e, Line = Entry> = &'e mut dyn FnMut(Line) -> Result<(), ReportError>;

/// Why a receipt does not prove that a document is in the archive whose checkpoint this is. That the checkpoint goes on
/// from the receipt's is for `varanto verify`, which asks the archive for the proof.
pub(crate) fn unproven(
    receipt: &[u8],
    checkpoint: &[u8],
    held: &Held,
    document: &Oid,
) -> Option<String> {
    let verdict = match verify_receipt(receipt, checkpoint, held) {
        Ok(verdict) => verdict,
        Err(problem) => return Some(problem.code().to_owned()),
    };
    if verdict.receipt.document != *document {
        return Some("receipt-of-another".to_owned());
    }
    let faults = verdict.faults.iter().filter(|fault| **fault != ReceiptProblem::NotContinued);
    let codes: Vec<&str> = faults.map(ReceiptProblem::code).collect();
    (!codes.is_empty()).then(|| codes.join(", "))
}

impl Sum {
    pub(crate) fn count(&mut self, entry: &Entry) {
        self.rows += u64::from(entry.row.is_some());
        let place = match entry.outcome.as_str() {
            "archived" => &mut self.archived,
            "left-out" if entry.is_without_document() => &mut self.without_document,
            "left-out" => &mut self.left_out,
            "no-row" => &mut self.strays,
            _ => &mut self.open,
        };
        *place += 1;
        let converted = entry.outcome == "archived" && entry.conversion.is_some();
        self.converted += u64::from(converted);
        if entry.outcome == "left-out" {
            let why = entry.why.clone().unwrap_or_default();
            *self.reasons.entry(why).or_default() += 1;
        }
    }

    pub(crate) fn count_made(&mut self, entry: &MadeEntry) {
        let place = match entry.made.as_str() {
            _ if !entry.agrees() => &mut self.made_open,
            "case" => &mut self.cases,
            _ => &mut self.old_relationships,
        };
        *place += 1;
    }

    pub(crate) fn conclude(&mut self, head: &Head) {
        let settled = !head.is_undone() && (self.without_document == 0 || head.plan.checked_by_two);
        let open = self.open + self.strays + self.made_open;
        self.source_may_be_destroyed = open == 0 && self.rows > 0 && settled;
    }
}

impl Head {
    /// Whether each case and old relationship of the batch has a line of its own: else the report's verdict is of rows and
    /// files alone.
    #[must_use]
    pub const fn tells_of_made(&self) -> bool {
        self.form > FORM_OF_ROWS
    }

    /// Whether its lines tell whose each row is: of earlier reports nobody knows it.
    #[must_use]
    pub const fn tells_whose(&self) -> bool {
        self.form >= FORM_OF_WHOSE
    }

    /// Whether what it tells of was undone, all of it or a part.
    pub(crate) fn is_undone(&self) -> bool {
        self.undone.iter().any(|one| one.edition == self.edition)
    }

    /// A line as the sum, if it is one; in the form of before it counts no cases and old relationships.
    fn read_sum(&self, line: &str) -> Option<Sum> {
        if self.tells_of_made() {
            return serde_json::from_str(line).ok();
        }
        let mut members: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(line).ok()?;
        for name in ["cases", "old_relationships", "made_open"] {
            if members.insert(name.to_owned(), 0.into()).is_some() {
                return None;
            }
        }
        serde_json::from_value(members.into()).ok()
    }
}

impl MadeEntry {
    /// Whether the archive has it as it was handed in.
    pub(crate) fn agrees(&self) -> bool {
        self.outcome == "archived" && ["case", "relationship"].contains(&self.made.as_str())
    }
}

impl Entry {
    /// Whether people decided that the source has no document of the row that could be read.
    pub(crate) fn is_without_document(&self) -> bool {
        self.outcome == "left-out" && self.why.as_deref() == Some(Decision::NothingToBring.code())
    }
}

/// Checks a report by itself: that it is whole, that its sum is that of its lines, and that every receipt in it is of
/// the archive whose checkpoint it carries.
///
/// # Errors
/// The first thing that does not hold, with its line.
pub fn verify(path: &Path) -> Result<(Head, Sum), ReportError> {
    let whole = |reason: &dyn ToString| ReportError::File {
        path: path.to_owned(),
        reason: reason.to_string(),
    };
    let failed =
        |at: usize, reason: &dyn ToString| whole(&format!("line {at}: {}", reason.to_string()));
    let file = File::open(path).map_err(|error| whole(&error))?;
    let mut head: Option<Head> = None;
    let mut counted = Sum::default();
    let mut last: Option<Sum> = None;
    let mut documents = HashSet::new();
    let mut before: Option<u64> = None;
    for (at, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line.map_err(|error| failed(at, &error))?;
        let Some(head) = &head else {
            head = Some(read_head(&line).map_err(|why| failed(at, &why))?);
            continue;
        };
        if last.is_some() {
            return Err(failed(at, &"something stands after the sum"));
        }
        if let Some(sum) = head.read_sum(&line) {
            last = Some(sum);
            continue;
        }
        let checkpoint = head.checkpoint.get().as_bytes();
        let mut proven = |document: Option<&str>, receipt: Option<&RawValue>| {
            proven_once(document, receipt, checkpoint, &mut documents)
                .map_err(|why| failed(at, &why))
        };
        if head.tells_of_made()
            && let Ok(made) = serde_json::from_str::<MadeEntry>(&line)
        {
            if made.outcome == "archived" {
                proven(Some(&made.document), made.receipt.as_deref())?;
            }
            counted.count_made(&made);
            continue;
        }
        let entry: Entry = serde_json::from_str(&line).map_err(|error| failed(at, &error))?;
        if !head.tells_whose() && entry.whose.is_some() {
            return Err(failed(at, &"unknown field `whose`"));
        }
        // Each row once: a row told twice would hide one that is missing.
        if entry.row.is_some() && entry.row <= before {
            return Err(failed(at, &"the rows are not in order"));
        }
        before = entry.row.or(before);
        if let Some(conversion) = &entry.conversion
            && entry.sha256.as_ref() != Some(&conversion.source)
        {
            return Err(failed(at, &"a conversion of another file"));
        }
        if entry.outcome == "archived" {
            if entry.row.is_none() || entry.sha256.is_none() {
                return Err(failed(at, &WITHOUT_RECEIPT));
            }
            proven(entry.document.as_deref(), entry.receipt.as_deref())?;
        }
        counted.count(&entry);
    }
    if let Some(head) = &head {
        counted.conclude(head);
    }
    match (head, last) {
        (Some(head), Some(sum)) if sum == counted => Ok((head, sum)),
        (_, Some(_)) => Err(whole(&"the sum is not that of the lines")),
        _ => Err(whole(&"the report ends before its sum")),
    }
}

/// The head of a report, of a form that this program reads.
fn read_head(line: &str) -> Result<Head, String> {
    let read: Form = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if !(FORM_OF_ROWS..=FORM).contains(&read.form) {
        return Err(format!(
            "a report of form {}; this program reads {FORM_OF_ROWS} to {FORM}",
            read.form
        ));
    }
    let head: Head = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if !head.tells_whose() && !head.settles.is_empty() {
        return Err("unknown field `settles`".to_owned());
    }
    Ok(head)
}

/// What tells how the rest of a report is read.
#[derive(Deserialize)]
struct Form {
    form: u32,
}

const WITHOUT_RECEIPT: &str = "an archived document without its receipt";

/// That a line's document is told by no other line, and that its receipt is of it and of the archive whose checkpoint this
/// is.
fn proven_once(
    document: Option<&str>,
    receipt: Option<&RawValue>,
    checkpoint: &[u8],
    documents: &mut HashSet<Oid>,
) -> Result<(), String> {
    let document = document.and_then(|id| Oid::parse(id).ok());
    let (Some(document), Some(receipt)) = (document, receipt) else {
        return Err(WITHOUT_RECEIPT.to_owned());
    };
    // One document on two lines would hide that one is missing.
    if documents.contains(&document) {
        return Err("a document on two lines".to_owned());
    }
    let why = unproven(receipt.get().as_bytes(), checkpoint, &Held::default(), &document);
    documents.insert(document);
    why.map_or(Ok(()), Err)
}
