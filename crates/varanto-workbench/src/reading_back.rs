//! Reading back: each row of a batch, with what the archive has of it, through several doors at once.
//!
//! A few hundred rows are read back together and told in the order of the index: neither memory nor the report depends on
//! how long the delivery is, or on how many doors there are. Source: OLD-9.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::value::RawValue;
use varanto_app::verify::Held;
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::Element;
use varanto_formats::metadata;

use crate::conversion::hexadecimal;
use crate::documents::read_document;
use crate::door::Door;
use crate::identifiers;
use crate::reconciliation::{Each, Entry, Reconciliation, ReportError, unproven};
use crate::run::{Pace, RunError, archived_of, asked};
use crate::work::{State, Work, read_conversion, read_values};

/// How many rows are read back together.
const TOGETHER: usize = 512;

/// What the work file knows of a row.
struct Known {
    place: i64,
    source_id: Option<String>,
    file: Option<i64>,
    state: String,
    left_out: Option<String>,
    digest: Option<Vec<u8>>,
    bytes: Option<i64>,
    receipt: Option<String>,
    conversion: Option<String>,
    codes: Option<String>,
    completed: Option<String>,
    said: String,
}

const ROWS: &str =
    "SELECT place, source_id, file, state, left_out, digest, bytes, receipt, conversion,
    (SELECT group_concat(DISTINCT code) FROM fault WHERE fault.number = item.number), completed,
    said
  FROM item ORDER BY number";

impl Known {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            place: row.get(0)?,
            source_id: row.get(1)?,
            file: row.get(2)?,
            state: row.get(3)?,
            left_out: row.get(4)?,
            digest: row.get(5)?,
            bytes: row.get(6)?,
            receipt: row.get(7)?,
            conversion: row.get(8)?,
            codes: row.get(9)?,
            completed: row.get(10)?,
            said: row.get(11)?,
        })
    }
}

/// What is read back, and against what.
pub(crate) struct ReadingBack<'a> {
    folder: &'a Path,
    of: &'a Reconciliation<'a>,
    checkpoint: &'a [u8],
    pace: Pace,
    /// That one door ended: the others end with it.
    ended: AtomicBool,
}

impl<'a> ReadingBack<'a> {
    pub(crate) fn new(folder: &'a Path, of: &'a Reconciliation<'a>, checkpoint: &'a [u8]) -> Self {
        let pace = Pace::new(of.most_each_second);
        Self { folder, of, checkpoint, pace, ended: AtomicBool::new(false) }
    }

    /// What became of each row, in the order of the index.
    pub(crate) fn rows(
        &self,
        work: &Work,
        doors: &mut [Box<dyn Door>],
        progress: &(dyn Fn(u64, u64) + Sync),
        each: Each<'_>,
    ) -> Result<(), ReportError> {
        let counted = State::ALL.into_iter().map(|state| work.count(state));
        let total = counted.sum::<Result<u64, _>>().map_err(RunError::from)?;
        let done = AtomicU64::new(0);
        let tell = || progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
        let mut statement = work.connection().prepare(ROWS).map_err(RunError::from)?;
        let mut rows = statement.query_map([], Known::read).map_err(RunError::from)?;
        loop {
            let some = rows.by_ref().take(TOGETHER).collect::<Result<Vec<_>, _>>();
            let some = some.map_err(RunError::from)?;
            if some.is_empty() {
                return Ok(());
            }
            self.together(&some, doors, &tell)?.into_iter().try_for_each(&mut *each)?;
        }
    }

    /// What became of some rows, each door taking the next one.
    fn together(
        &self,
        rows: &[Known],
        doors: &mut [Box<dyn Door>],
        tell: &(dyn Fn() + Sync),
    ) -> Result<Vec<Entry>, RunError> {
        let next = AtomicUsize::new(0);
        let through = |door: &mut dyn Door| {
            let mut entries = Vec::new();
            while !self.ended.load(Ordering::Relaxed) {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(known) = rows.get(at) else { break };
                let entry = self.reconciled(known, door);
                // Whoever ends because another one ended does not know why.
                if entry.is_err() && self.ended.swap(true, Ordering::Relaxed) {
                    break;
                }
                entries.push((at, entry));
                tell();
            }
            entries
        };
        let mut entries = thread::scope(|scope| {
            let through = &through;
            let doors = doors.iter_mut().map(|door| scope.spawn(move || through(&mut **door)));
            let doors: Vec<_> = doors.collect();
            let done = doors.into_iter().flat_map(|one| {
                one.join().unwrap_or_else(|broken| std::panic::resume_unwind(broken))
            });
            done.collect::<Vec<_>>()
        });
        entries.sort_by_key(|(at, _)| *at);
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    fn reconciled(&self, known: &Known, door: &mut dyn Door) -> Result<Entry, RunError> {
        let archived = known.state == State::Archived.name();
        let named = |id: &String| identifiers::document(self.of.mapping, id);
        let document = known.source_id.as_ref().map(named);
        let each = |names: &String| names.split(' ').map(str::to_owned).collect();
        let mut entry = Entry {
            row: Some(known.place.unsigned_abs()),
            sha256: known.digest.as_deref().map(hexadecimal),
            bytes: known.bytes.map(i64::unsigned_abs),
            outcome: match known.state.as_str() {
                "read" | "sound" => "not-archived".to_owned(),
                other => other.to_owned(),
            },
            why: known.left_out.clone().or_else(|| known.codes.clone().filter(|_| !archived)),
            document: document.as_ref().map(ToString::to_string),
            conversion: None,
            completed: known.completed.as_ref().map(each).unwrap_or_default(),
            receipt: None,
        };
        let (true, Some(receipt)) = (archived, &known.receipt) else { return Ok(entry) };
        let foreign =
            || RunError::NotRehearsed("the work file was not written by this program".to_owned());
        entry.conversion = read_conversion(known.conversion.clone())?;
        let at = known.file.and_then(|at| usize::try_from(at).ok()).ok_or_else(foreign)?;
        let document = document.ok_or_else(foreign)?;
        let source = self.of.delivery.read(at)?;
        let same = Some(digest(&SHA256, &source).as_ref()) == known.digest.as_deref();
        let handed_in =
            same.then(|| archived_of(self.folder, source, entry.conversion.as_ref())).flatten();
        let Some((part, handed_in)) = handed_in else {
            "differs".clone_into(&mut entry.outcome);
            entry.why = Some("changed-since-rehearsal".to_owned());
            return Ok(entry);
        };
        self.pace.wait();
        let back = match asked(&self.ended, || door.read_whole(&document))? {
            Err(why) => {
                "unreadable".clone_into(&mut entry.outcome);
                entry.why = Some(why);
                return Ok(entry);
            }
            Ok(back) => back,
        };
        // As whose, and as what, it is there.
        let made = read_document(read_values(&known.said)?, &mut Vec::new()).ok_or_else(foreign)?;
        let ours = made.submission(self.of.mapping, part, Vec::new()).metadata;
        let elements = otherwise(&ours, &back.metadata);
        match elements {
            Err(element) => {
                "differs".clone_into(&mut entry.outcome);
                entry.why = Some(element);
            }
            Ok(elements) if !elements.is_empty() => {
                "differs".clone_into(&mut entry.outcome);
                entry.why = Some(elements.join(","));
            }
            Ok(_) if !back.parts.iter().any(|(one, bytes)| *one == part && *bytes == handed_in) => {
                "differs".clone_into(&mut entry.outcome);
            }
            Ok(_) => {
                // What was signed is kept with its signature, and the receipt is of both.
                let own = back.parts.into_iter().filter(|(one, _)| *one == Part::Signature);
                let parts = [(part, handed_in)].into_iter().chain(own).collect();
                let held = Held { parts, ..Held::default() };
                if let Some(why) = unproven(receipt.as_bytes(), self.checkpoint, &held, &document) {
                    "unproven".clone_into(&mut entry.outcome);
                    entry.why = Some(why);
                }
            }
        }
        entry.receipt = RawValue::from_string(receipt.clone()).ok();
        Ok(entry)
    }
}

/// The elements of a document's metadata that the archive tells otherwise than they were handed in; an archive may tell more.
/// Where somebody works is not told of everybody.
fn otherwise(ours: &[u8], theirs: &[u8]) -> Result<Vec<&'static str>, String> {
    let read = |bytes| metadata::read(bytes).map(|(raw, _)| raw).map_err(|_| "metadata".to_owned());
    let (ours, theirs) = (read(ours)?, read(theirs)?);
    let differs = ours.differences(&theirs).into_iter().filter(|element| {
        let masked = theirs.get(*element).is_none() && element.path().starts_with("operating_unit");
        ours.get(*element).is_some() && !masked
    });
    Ok(differs.map(Element::path).collect())
}
