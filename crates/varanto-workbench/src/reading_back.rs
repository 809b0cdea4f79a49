//! Reading back: each row of a batch, with what the archive has of it, through several doors at once.
//!
//! A few hundred rows are read back together and told in the order of the index: neither memory nor the report depends on
//! how long the delivery is, or on how many doors there are. Source: OLD-9.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant as Stopwatch;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::value::RawValue;
use varanto_app::verify::Held;
use varanto_domain::archive::documents::Part;
use varanto_domain::ids::Oid;

use crate::conversion::hexadecimal;
use crate::door::{Door, NotRead};
use crate::identifiers;
use crate::reconciliation::{Each, Entry, Reconciliation, ReportError, unproven};
use crate::run::{BUSY, FIRST_WAIT, PATIENCE, Pace, RunError, archived_of, busy, rest};
use crate::work::{State, Work, read_conversion};

/// The parts of a document.
type Parts = Vec<(Part, Vec<u8>)>;

/// How many rows are read back together.
const TOGETHER: usize = 512;
/// How often a document is asked for again that the archive failed to give.
const ASKED_AGAIN: u32 = 3;

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
}

const ROWS: &str =
    "SELECT place, source_id, file, state, left_out, digest, bytes, receipt, conversion,
    (SELECT group_concat(DISTINCT code) FROM fault WHERE fault.number = item.number), completed
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
        match self.read(door, &document)? {
            Err(why) => {
                "unreadable".clone_into(&mut entry.outcome);
                entry.why = Some(why);
            }
            Ok(back) if !back.iter().any(|(one, bytes)| *one == part && *bytes == handed_in) => {
                "differs".clone_into(&mut entry.outcome);
            }
            Ok(back) => {
                // What was signed is kept with its signature, and the receipt is of both.
                let own = back.into_iter().filter(|(one, _)| *one == Part::Signature);
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

    /// Reads a document until there is an answer: its parts, or why they are not given. An archive that is busy, or away for a
    /// moment, has lost nothing, and the report does not say so.
    fn read(&self, door: &mut dyn Door, document: &Oid) -> Result<Result<Parts, String>, RunError> {
        let (mut asked, mut broken) = (0, 0);
        let begun = Stopwatch::now();
        loop {
            let (why, wait) = match door.read_whole(document) {
                Ok(parts) => return Ok(Ok(parts)),
                Err(NotRead::Refused(why)) => return Ok(Err(why)),
                Err(NotRead::Shut(why)) => return Err(RunError::Shut(why)),
                Err(NotRead::Later(_)) if begun.elapsed() >= BUSY => {
                    return Err(RunError::NoAnswer(busy()));
                }
                Err(NotRead::Later(after)) => ("it is busy".to_owned(), after),
                Err(NotRead::Broken(why)) if broken == ASKED_AGAIN => return Ok(Err(why)),
                Err(NotRead::Broken(why)) => {
                    broken += 1;
                    (why, FIRST_WAIT * 2u32.pow(broken - 1))
                }
                Err(NotRead::NoAnswer(why)) => {
                    asked += 1;
                    (why, FIRST_WAIT * 2u32.pow(asked - 1))
                }
            };
            if asked == PATIENCE || rest(&self.ended, wait) {
                return Err(RunError::NoAnswer(why));
            }
        }
    }
}
