//! Reading back: each row of a batch, and each case and old relationship that it made, with what the archive has of it,
//! through several doors at once.
//!
//! A few hundred are read back together and told in the order of the index: neither memory nor the report depends on
//! how long the delivery is, or on how many doors there are. Source: OLD-9.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::value::RawValue;
use varanto_app::archive::Submission;
use varanto_app::verify::Held;
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::Element;
use varanto_domain::ids::Oid;
use varanto_formats::metadata;

use crate::conversion::hexadecimal;
use crate::documents::read_document;
use crate::door::Door;
use crate::dossiers::{Dossier, each_dossier};
use crate::identifiers;
use crate::queue::is_mended_in_the_source;
use crate::reconciliation::{Each, Entry, MadeEntry, Reconciliation, ReportError, unproven};
use crate::room::Room;
use crate::run::{Pace, RunError, archived_of, asked, carried};
use crate::whose::Whose;
use crate::work::{State, Work, read_conversion, read_values};

/// How many rows are read back together.
const TOGETHER: usize = 512;
/// How often a document is in memory while it is read back: as it was handed in, as it comes piece by piece, as one piece, and
/// as what that is taken apart into.
const READ_BACK: u64 = 4;

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
    /// What documents that are read back take in memory.
    room: Room,
    /// That one door ended: the others end with it.
    ended: AtomicBool,
    /// How much is read back, and in all.
    done: AtomicU64,
    total: u64,
}

impl<'a> ReadingBack<'a> {
    pub(crate) fn new(
        work: &'a Work,
        of: &'a Reconciliation<'a>,
        checkpoint: &'a [u8],
    ) -> Result<Self, RunError> {
        let rows = State::ALL.into_iter().map(|state| work.count(state));
        let total = rows.sum::<Result<u64, _>>()? + work.dossiers_made()?;
        Ok(Self {
            folder: work.folder(),
            of,
            checkpoint,
            pace: Pace::new(of.most_each_second),
            room: Room::for_carrying(of.delivery),
            ended: AtomicBool::new(false),
            done: AtomicU64::new(0),
            total,
        })
    }

    /// What became of each row, in the order of the index.
    pub(crate) fn rows(
        &self,
        work: &Work,
        doors: &mut [Box<dyn Door>],
        each: Each<'_>,
    ) -> Result<(), ReportError> {
        let mut statement = work.connection().prepare(ROWS).map_err(RunError::from)?;
        let mut rows = statement.query_map([], Known::read).map_err(RunError::from)?;
        loop {
            let some = rows.by_ref().take(TOGETHER).collect::<Result<Vec<_>, _>>();
            let some = some.map_err(RunError::from)?;
            if some.is_empty() {
                return Ok(());
            }
            let entries = self.together(&some, doors, &|known, door| self.reconciled(known, door));
            entries?.into_iter().try_for_each(&mut *each)?;
        }
    }

    /// What became of each case and old relationship that the batch made, in the order in which their clients come in the
    /// index.
    pub(crate) fn made(
        &self,
        work: &Work,
        doors: &mut [Box<dyn Door>],
        each: Each<'_, MadeEntry>,
    ) -> Result<(), ReportError> {
        let Reconciliation { mapping, registry, .. } = *self.of;
        let mut told = 0;
        let mut tell = |some: &mut Vec<Made>| {
            told += some.len() as u64;
            let entries =
                self.together(some, doors, &|made, door| self.reconciled_made(made, door));
            some.clear();
            entries?.into_iter().try_for_each(&mut *each)
        };
        let connection = work.connection();
        let mut some = Vec::new();
        let mut statement = connection.prepare(CLIENTS).map_err(RunError::from)?;
        let clients = statement.query_map([], |row| row.get(0)).map_err(RunError::from)?;
        for client in clients {
            let client: String = client.map_err(RunError::from)?;
            each_dossier::<RunError>(
                connection,
                mapping,
                registry,
                Some(&client),
                &mut |dossier| {
                    if let Some(receipt) = work.receipt_of_dossier(dossier.kept.as_str())? {
                        some.push(Made { dossier, receipt });
                    }
                    Ok(())
                },
            )?;
            if some.len() >= TOGETHER {
                tell(&mut some)?;
            }
        }
        tell(&mut some)?;
        // One that is in no line would be proven by silence.
        if told != work.dossiers_made().map_err(RunError::from)? {
            return Err(foreign().into());
        }
        Ok(())
    }

    /// What became of some, each door taking the next one; in their order.
    fn together<T: Sync, Line: Send>(
        &self,
        some: &[T],
        doors: &mut [Box<dyn Door>],
        reconciled: &(dyn Fn(&T, &mut dyn Door) -> Result<Line, RunError> + Sync),
    ) -> Result<Vec<Line>, RunError> {
        let next = AtomicUsize::new(0);
        let through = |door: &mut dyn Door| {
            let mut entries = Vec::new();
            while !self.ended.load(Ordering::Relaxed) {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(one) = some.get(at) else { break };
                let stopped = self.of.stop.load(Ordering::Relaxed);
                let entry = if stopped { Err(RunError::Stopped) } else { reconciled(one, door) };
                // Whoever ends because another one ended does not know why.
                if entry.is_err() && self.ended.swap(true, Ordering::Relaxed) {
                    break;
                }
                entries.push((at, entry));
                (self.of.progress)(self.done.fetch_add(1, Ordering::Relaxed) + 1, self.total);
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
            whose: self.whose(known)?,
            conversion: None,
            completed: known.completed.as_ref().map(each).unwrap_or_default(),
            receipt: None,
        };
        let (true, Some(receipt)) = (archived, &known.receipt) else { return Ok(entry) };
        entry.conversion = read_conversion(known.conversion.clone())?;
        let at = known.file.and_then(|at| usize::try_from(at).ok()).ok_or_else(foreign)?;
        let document = document.ok_or_else(foreign)?;
        let bytes = carried(self.of.delivery, at, entry.conversion.as_ref(), READ_BACK);
        let Some(_place) = self.room.take(bytes, &|| self.is_stopped()) else {
            return Err(RunError::Stopped);
        };
        let source = self.of.delivery.read(at)?;
        let same = Some(digest(&SHA256, &source).as_ref()) == known.digest.as_deref();
        let handed_in =
            same.then(|| archived_of(self.folder, source, entry.conversion.as_ref())).flatten();
        let Some((part, handed_in)) = handed_in else {
            "differs".clone_into(&mut entry.outcome);
            entry.why = Some("changed-since-rehearsal".to_owned());
            return Ok(entry);
        };
        let made = read_document(read_values(&known.said)?, &mut Vec::new()).ok_or_else(foreign)?;
        let sent = made.submission(self.of.mapping, part, handed_in);
        let found = self.held_against(&document, sent, receipt, door)?;
        if !matches!(found, Err(Differs::Unreadable(_))) {
            entry.receipt = RawValue::from_string(receipt.clone()).ok();
        }
        if let Err(differs) = found {
            (entry.outcome, entry.why) = differs.told();
        }
        Ok(entry)
    }

    /// Whose a row is: of one whose values are shifted nobody knows.
    fn whose(&self, known: &Known) -> Result<Option<Whose>, RunError> {
        let codes = known.codes.as_deref().unwrap_or_default();
        if codes.split(',').any(is_mended_in_the_source) {
            return Ok(None);
        }
        Ok(Whose::of(self.of.mapping, &read_values(&known.said)?))
    }

    fn is_stopped(&self) -> bool {
        [&self.ended, self.of.stop].iter().any(|one| one.load(Ordering::Relaxed))
    }

    fn reconciled_made(&self, made: &Made, door: &mut dyn Door) -> Result<MadeEntry, RunError> {
        let Made { dossier, receipt } = made;
        let document = identifiers::document_of(self.of.mapping, &dossier.kept);
        let found = self.held_against(&document, dossier.submission.clone(), receipt, door)?;
        let (outcome, why) = found.map_or_else(Differs::told, |()| ("archived".to_owned(), None));
        Ok(MadeEntry {
            made: dossier.kind.name().to_owned(),
            kept: dossier.kept.to_string(),
            document: document.to_string(),
            outcome,
            why,
            receipt: RawValue::from_string(receipt.clone()).ok(),
        })
    }

    /// Whether the archive has a document as it was handed in: as whose and as what, byte for byte, and by its receipt.
    fn held_against(
        &self,
        document: &Oid,
        sent: Submission,
        receipt: &str,
        door: &mut dyn Door,
    ) -> Result<Result<(), Differs>, RunError> {
        let stopped = || self.is_stopped();
        if self.pace.wait(&stopped) {
            return Err(RunError::Stopped);
        }
        let back = match asked(&stopped, || door.read_whole(document))? {
            Err(why) => return Ok(Err(Differs::Unreadable(why))),
            Ok(back) => back,
        };
        match otherwise(&sent.metadata, &back.metadata) {
            Err(element) => return Ok(Err(Differs::In(Some(element)))),
            Ok(elements) if !elements.is_empty() => {
                return Ok(Err(Differs::In(Some(elements.join(",")))));
            }
            Ok(_) => {}
        }
        if !sent.parts.iter().all(|part| back.parts.contains(part)) {
            return Ok(Err(Differs::In(None)));
        }
        // What was signed is kept with its signature, and the receipt is of both.
        let own = back.parts.into_iter().filter(|(one, _)| *one == Part::Signature);
        let held = Held { parts: sent.parts.into_iter().chain(own).collect(), ..Held::default() };
        let why = unproven(receipt.as_bytes(), self.checkpoint, &held, document);
        Ok(why.map_or(Ok(()), |why| Err(Differs::Unproven(why))))
    }
}

/// A case or old relationship that was made, with its receipt.
struct Made {
    dossier: Dossier,
    receipt: String,
}

/// Clients of whom the batch made something, as they come in the index.
const CLIENTS: &str = "SELECT client FROM item
  WHERE client IN (SELECT client FROM dossier WHERE state = 'archived') GROUP BY client ORDER BY min(number)";

/// How what the archive has is not what was handed in.
enum Differs {
    /// It is not given back; what the archive answered.
    Unreadable(String),
    /// In these elements, or in its bytes.
    In(Option<String>),
    /// The receipt does not hold, and what of it does not.
    Unproven(String),
}

impl Differs {
    /// The outcome of a report's line, and why.
    fn told(self) -> (String, Option<String>) {
        let (outcome, why) = match self {
            Self::Unreadable(why) => ("unreadable", Some(why)),
            Self::In(why) => ("differs", why),
            Self::Unproven(why) => ("unproven", Some(why)),
        };
        (outcome.to_owned(), why)
    }
}

fn foreign() -> RunError {
    RunError::NotRehearsed("the work file was not written by this program".to_owned())
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
