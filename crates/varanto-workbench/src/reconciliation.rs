//! The reconciliation: that each source document is archived and readable, byte for byte, or why it is not.
//!
//! The report is one line of JSON for each row of the index and each file beside, between a head and a sum. It holds no
//! client data. It is signed, and whoever has it can count it and check every receipt in it without archive and
//! delivery. Source: OLD-9.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use varanto_app::verify::{Held, ReceiptProblem, verify_receipt};
use varanto_domain::archive::documents::Part;
use varanto_domain::ids::Oid;

use crate::delivery::Delivery;
use crate::door::Door;
use crate::kind::Kind;
use crate::mapping::Mapping;
use crate::run::{RunError, check_rehearsed};
use crate::work::{State, Work};

/// The form of reports that this program writes and reads.
const FORM: u32 = 1;

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
    /// When it was made.
    pub made_at: String,
    /// Where what is left out is kept, in the organisation's words. Source: OLD-8.
    pub kept_elsewhere: String,
    /// The archive's signed state, with its key.
    pub checkpoint: Box<RawValue>,
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
    /// The document in the archive.
    pub document: Option<String>,
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
    /// Rows that the organisation does not bring.
    pub left_out: u64,
    /// Files that no row names.
    pub strays: u64,
    /// Everything else: rows with faults, refused or not handed in yet, and archived ones that do not agree.
    pub open: u64,
    /// Whether every row is archived or left out by choice, and no file is without a row: only then may the
    /// source be destroyed.
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

/// Makes the report of a batch: every source file is read again, every archived document is read back and held against
/// it, and every receipt is checked.
///
/// # Errors
/// What cannot be read or written, and an archive that does not answer.
pub fn reconcile(
    work: &Work,
    delivery: &Delivery,
    mapping: &Mapping,
    door: &mut dyn Door,
    made_at: &str,
    path: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Sum, ReportError> {
    let failed = |reason: &dyn ToString| ReportError::File {
        path: path.to_owned(),
        reason: reason.to_string(),
    };
    check_rehearsed(work, delivery, mapping)?;
    let about = |key| Ok::<_, RunError>(work.about(key)?.unwrap_or_default());
    let checkpoint = door.checkpoint().map_err(RunError::NoAnswer)?;
    let raw = |text: String| RawValue::from_string(text).map_err(|error| failed(&error));
    let mut report = BufWriter::new(File::create(path).map_err(|error| failed(&error))?);
    let mut line = |value: &str| writeln!(report, "{value}").map_err(|error| failed(&error));
    // On one line, however it was printed.
    let compact: serde_json::Value =
        serde_json::from_str(&checkpoint).map_err(|error| failed(&error))?;
    let head = Head {
        form: FORM,
        source: about("source")?,
        batch: about("batch")?,
        made_at: made_at.to_owned(),
        kept_elsewhere: mapping.kept_elsewhere.clone(),
        checkpoint: raw(compact.to_string())?,
    };
    line(&json(&head))?;
    let total = State::ALL
        .into_iter()
        .try_fold(0, |sum, state| Ok::<_, RunError>(sum + work.count(state)?))?;
    let mut sum = Sum::default();
    let mut statement = work
        .connection()
        .prepare(
            "SELECT place, file, state, left_out, digest, bytes, document, receipt,
               (SELECT group_concat(DISTINCT code) FROM fault WHERE fault.number = item.number)
             FROM item ORDER BY number",
        )
        .map_err(RunError::from)?;
    let mut rows = statement.query([]).map_err(RunError::from)?;
    while let Some(row) = rows.next().map_err(RunError::from)? {
        let known = Known::read(row).map_err(RunError::from)?;
        let entry = reconciled(known, delivery, door, checkpoint.as_bytes())?;
        sum.count(&entry);
        line(&json(&entry))?;
        progress(sum.rows, total);
    }
    let mut statement = work
        .connection()
        .prepare("SELECT name, bytes, digest FROM stray ORDER BY name")
        .map_err(RunError::from)?;
    let mut rows = statement.query([]).map_err(RunError::from)?;
    while let Some(row) = rows.next().map_err(RunError::from)? {
        let (bytes, digest): (i64, Option<Vec<u8>>) =
            (row.get(1).map_err(RunError::from)?, row.get(2).map_err(RunError::from)?);
        let entry = Entry {
            row: None,
            sha256: digest.as_deref().map(hexadecimal),
            bytes: Some(bytes.unsigned_abs()),
            outcome: "no-row".to_owned(),
            why: None,
            document: None,
            receipt: None,
        };
        sum.count(&entry);
        line(&json(&entry))?;
    }
    sum.conclude();
    line(&json(&sum))?;
    report
        .into_inner()
        .map_err(|error| failed(&error))?
        .sync_all()
        .map_err(|error| failed(&error))?;
    Ok(sum)
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers print")
}

/// What the work file knows of a row.
struct Known {
    place: i64,
    file: Option<i64>,
    state: String,
    left_out: Option<String>,
    digest: Option<Vec<u8>>,
    bytes: Option<i64>,
    document: Option<String>,
    receipt: Option<String>,
    codes: Option<String>,
}

impl Known {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            place: row.get(0)?,
            file: row.get(1)?,
            state: row.get(2)?,
            left_out: row.get(3)?,
            digest: row.get(4)?,
            bytes: row.get(5)?,
            document: row.get(6)?,
            receipt: row.get(7)?,
            codes: row.get(8)?,
        })
    }
}

fn reconciled(
    known: Known,
    delivery: &Delivery,
    door: &mut dyn Door,
    checkpoint: &[u8],
) -> Result<Entry, RunError> {
    let archived = known.state == State::Archived.name();
    let mut entry = Entry {
        row: Some(known.place.unsigned_abs()),
        sha256: known.digest.as_deref().map(hexadecimal),
        bytes: known.bytes.map(i64::unsigned_abs),
        outcome: match known.state.as_str() {
            "read" | "sound" => "not-archived".to_owned(),
            other => other.to_owned(),
        },
        why: known.left_out.or(known.codes.filter(|_| !archived)),
        document: known.document.filter(|_| archived),
        receipt: None,
    };
    let (true, Some(receipt)) = (archived, known.receipt) else { return Ok(entry) };
    let foreign =
        || RunError::NotRehearsed("the work file was not written by this program".to_owned());
    let at = known.file.and_then(|at| usize::try_from(at).ok()).ok_or_else(foreign)?;
    let source = delivery.read(at)?;
    let document =
        entry.document.as_deref().and_then(|id| Oid::parse(id).ok()).ok_or_else(foreign)?;
    if Some(digest(&SHA256, &source).as_ref()) != known.digest.as_deref() {
        "differs".clone_into(&mut entry.outcome);
        entry.why = Some("changed-since-rehearsal".to_owned());
        return Ok(entry);
    }
    let part = Kind::of(&source).part().ok_or_else(foreign)?;
    match door.read(&document, part) {
        Err(why) => {
            "unreadable".clone_into(&mut entry.outcome);
            entry.why = Some(why);
        }
        Ok(back) if back != source => "differs".clone_into(&mut entry.outcome),
        Ok(_) => {
            // What was signed is kept with its signature, and the receipt is of both.
            let mut parts = vec![(part, source)];
            parts.extend(
                door.read(&document, Part::Signature).ok().map(|own| (Part::Signature, own)),
            );
            let held = Held { parts, ..Held::default() };
            if let Some(why) = unproven(receipt.as_bytes(), checkpoint, &held, &document) {
                "unproven".clone_into(&mut entry.outcome);
                entry.why = Some(why);
            }
        }
    }
    entry.receipt = RawValue::from_string(receipt).ok();
    Ok(entry)
}

/// Why a receipt does not prove that a document is in the archive whose checkpoint this is. That the checkpoint goes on
/// from the receipt's is for `varanto verify`, which asks the archive for the proof.
fn unproven(receipt: &[u8], checkpoint: &[u8], held: &Held, document: &Oid) -> Option<String> {
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
    fn count(&mut self, entry: &Entry) {
        self.rows += u64::from(entry.row.is_some());
        let place = match entry.outcome.as_str() {
            "archived" => &mut self.archived,
            "left-out" => &mut self.left_out,
            "no-row" => &mut self.strays,
            _ => &mut self.open,
        };
        *place += 1;
    }

    fn conclude(&mut self) {
        self.source_may_be_destroyed = self.open == 0 && self.strays == 0 && self.rows > 0;
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
    let mut before: Option<u64> = None;
    let mut documents = HashSet::new();
    for (at, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line.map_err(|error| failed(at, &error))?;
        let Some(head) = &head else {
            let read: Head = serde_json::from_str(&line).map_err(|error| failed(at, &error))?;
            if read.form != FORM {
                return Err(failed(at, &format!("a report of form {}", read.form)));
            }
            head = Some(read);
            continue;
        };
        if last.is_some() {
            return Err(failed(at, &"something stands after the sum"));
        }
        if let Ok(sum) = serde_json::from_str::<Sum>(&line) {
            last = Some(sum);
            continue;
        }
        let entry: Entry = serde_json::from_str(&line).map_err(|error| failed(at, &error))?;
        // Each row once: a row told twice would hide one that is missing.
        if entry.row.is_some() && entry.row <= before {
            return Err(failed(at, &"the rows are not in order"));
        }
        before = entry.row.or(before);
        if entry.outcome == "archived" {
            let told = || failed(at, &"an archived document without its receipt");
            let receipt = entry.receipt.as_ref().ok_or_else(told)?;
            let document = entry.document.as_deref().and_then(|id| Oid::parse(id).ok());
            let checkpoint = head.checkpoint.get().as_bytes();
            let document = document.ok_or_else(told)?;
            if entry.row.is_none() || entry.sha256.is_none() {
                return Err(told());
            }
            // One document on two rows would hide that one is missing.
            if !documents.insert(document.clone()) {
                return Err(failed(at, &"a document on two rows"));
            }
            if let Some(why) =
                unproven(receipt.get().as_bytes(), checkpoint, &Held::default(), &document)
            {
                return Err(failed(at, &why));
            }
        }
        counted.count(&entry);
    }
    counted.conclude();
    match (head, last) {
        (Some(head), Some(sum)) if sum == counted => Ok((head, sum)),
        (_, Some(_)) => Err(whole(&"the sum is not that of the lines")),
        _ => Err(whole(&"the report ends before its sum")),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
