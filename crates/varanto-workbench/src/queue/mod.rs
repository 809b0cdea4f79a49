//! The work queue: what people must complete of a batch that was rehearsed, grouped by cause.
//!
//! A queue is the batch's own work file, looked at from the other side: rows with faults that nobody answered yet, and
//! what was answered. Nothing of it is given out without the archive's permit, which is written down before, and nothing of
//! a row that names no controller who reads. Whoever answers says what they were shown: the answer to anything else is
//! refused. Answers are on the disk before anybody hears of it; a rehearsal takes them in, and a run makes one where
//! answers wait. Source: OLD-7; document 002.

mod after;
mod answering;
mod files;
mod kept;
mod others;
mod row;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256, digest};
use rusqlite::{ErrorCode, OptionalExtension, Row, params};
use serde::Serialize;
use varanto_domain::access::OldDataPermit;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;

use crate::answers::{Given, Person, given};
use crate::conversion::hexadecimal;
use crate::delivery::{Delivery, DeliveryError};
use crate::mapping::{self, Mapping, Target};
use crate::rehearsal::RehearsalError;
use crate::report::read_args;
use crate::work::{
    DELIVERY, FINGERPRINT, MAPPING, RowName, State, UNDONE_EDITION, Work, WorkError,
};

pub use after::Settled;
pub use answering::{Attachments, Bulk, Kept, MOST, TakenBack};
pub use files::{DeliveredFile, Files};
pub use others::{Against, AllAgainst, Other};
pub use row::{File, Named, Paper, QueuedRow, SourceValue, Whose};

/// Why the queue of a batch gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The work file.
    #[error(transparent)]
    Work(WorkError),
    /// A rehearsal or a run writes into the work file.
    #[error("the batch is being rehearsed or archived")]
    Busy,
    /// The delivery is another one than was rehearsed.
    #[error("the delivery is another one than was rehearsed")]
    Changed,
    /// The delivery.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The row could not be judged.
    #[error(transparent)]
    Rehearsal(#[from] RehearsalError),
    /// The mapping file that the batch was rehearsed by does not read.
    #[error("the mapping file of the batch does not read")]
    Mapping,
    /// The permit is of other controllers.
    #[error("the permit is of other controllers")]
    NotPermitted,
    /// There is no such row or cause.
    #[error("no such row or cause")]
    Missing,
    /// What was answered is wrong.
    #[error("{} faults", .0.len())]
    Refused(Vec<Fault>),
}

impl From<WorkError> for QueueError {
    fn from(error: WorkError) -> Self {
        match &error {
            WorkError::Database(rusqlite::Error::SqliteFailure(why, _))
                if matches!(why.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) =>
            {
                Self::Busy
            }
            _ => Self::Work(error),
        }
    }
}

impl From<rusqlite::Error> for QueueError {
    fn from(error: rusqlite::Error) -> Self {
        WorkError::from(error).into()
    }
}

/// How much of what was archived is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UndoneSoFar {
    /// Nothing.
    #[default]
    Nothing,
    /// An undo has begun, and more is to be undone.
    Some,
    /// All of it.
    All,
}

/// How far the queue of a batch is, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Rows of the index.
    pub rows: u64,
    /// Rows without a fault, or archived.
    pub sound: u64,
    /// Rows that have faults, whether or not somebody answered since they were found.
    pub faulty: u64,
    /// Rows that the archive has.
    pub archived: u64,
    /// Rows that the archive did not take.
    pub refused: u64,
    /// Rows that are not brought, those that somebody decided so of since the last rehearsal too.
    pub left_out: u64,
    /// Rows that were archived, and whose documents are invalidated.
    pub invalidated: u64,
    /// Rows that an undo left as they are: nobody knows that the batch archived them.
    pub read: u64,
    /// Rows that somebody must complete.
    pub open: u64,
    /// Of these, rows that want it for several causes: they are counted by each.
    pub several: u64,
    /// Rows of which the values are shifted or cut off: the source alone mends them.
    pub of_source: u64,
    /// Rows whose answers another person must check.
    pub to_check: u64,
    /// Rows that wait for the next rehearsal or run with what was answered, also those that are open for something else.
    pub completed: u64,
    /// Attachments without a fault of their own that wait for their main document.
    pub waiting: u64,
    /// Rows that name no controller who reads, or do not read themselves: they are shown to nobody, and mended in the
    /// mapping file or the source.
    pub unnamed: u64,
    /// Rows of which something was answered and that the delivery does not have any more, word for word.
    pub lost: u64,
    /// Whether a run has begun: nothing is completed any more.
    pub begun: bool,
    /// How much of what was archived is undone.
    pub undone: UndoneSoFar,
    /// The edition that the mapping file must have to be rehearsed again, where one was undone.
    pub next_edition: Option<u32>,
    /// Whether the batch is confirmed.
    pub confirmed: bool,
}

/// What people did at the desk since the last rehearsal, and what waits there, in rows: counts alone, for whoever keeps the
/// batch's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct AtDesk {
    /// Completed, and checked where two must look: the next rehearsal or run takes them in.
    pub completed: u64,
    /// Decided that they are not brought.
    pub left_out: u64,
    /// Answered, and another person must check it.
    pub to_check: u64,
    /// Somebody must complete them still.
    pub open: u64,
    /// Their values are shifted or cut off: the source alone mends them.
    pub of_source: u64,
    /// Attachments without a fault of their own that wait for their main document.
    pub waiting: u64,
}

/// Rows that want the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// What it is called in addresses: it tells nothing of what stands in the rows.
    pub id: String,
    /// The fault's code.
    pub code: String,
    /// Where it is.
    pub element: String,
    /// The rule.
    pub rule: String,
    /// The value that all of them have, where they are grouped by it.
    pub value: Option<String>,
    /// In which column and by which step of the mapping it was met, where they are grouped by it: elsewhere the same word
    /// may mean something else.
    pub met: Option<String>,
    /// What the text of the first speaks of.
    pub args: BTreeMap<String, String>,
    /// How many rows are open.
    pub rows: u64,
    /// What the texts of the rows speak of, the most frequent first, with how many rows each: a few of them, where they are
    /// many. Which other row it is differs with each, and is none of it.
    pub words: Vec<(BTreeMap<String, String>, u64)>,
}

impl Cause {
    /// Whether the rows' texts speak of one and the same.
    #[must_use]
    pub fn is_of_one_kind(&self) -> bool {
        self.words.len() < 2
    }
}

/// A row in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The row.
    pub place: u64,
    /// The day on which the document was written, where it reads.
    pub day: Option<String>,
    /// The general document type, where the mapping made one.
    pub general_type: Option<String>,
    /// How far it is.
    pub state: String,
    /// Whether somebody must still complete it.
    pub open: bool,
    /// For how many causes it is open.
    pub causes: u64,
    /// What was answered of it.
    pub given: Vec<Given>,
    /// What is shown of it: an answer to anything else is refused.
    pub seen: Seen,
}

/// What was answered of a row that is not there any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// What the row said, as a digest.
    pub row: String,
    /// What is shown of it: it is forgotten as it was shown.
    pub seen: Seen,
    /// Where the row stood.
    pub place: u64,
    /// What was answered, by name.
    pub elements: Vec<String>,
    /// Who answered.
    pub by: String,
}

/// What somebody was shown, as a digest: of the rehearsal, of what the source says in the rows, of what the mapping and
/// people made of it, and of their files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen(String);

impl Seen {
    /// As a page says it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Seen {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// The fault is answered: of its element, of it itself or of the whole row, since the last rehearsal or still unchecked;
/// or the other rows with the same content, identifier or file are not brought any more or were given another one; or the
/// decision that does not fit is taken back.
macro_rules! answered {
    () => {
        "(EXISTS (SELECT 1 FROM answer WHERE answer.row = item.row
            AND (answer.serial > ?1 OR (?2 AND answer.checked_by IS NULL))
            AND answer.element IN ('row', fault.element, 'stands:' || fault.code,
              CASE WHEN fault.element LIKE 'original_service_task.%' THEN 'original_service_task'
                WHEN fault.element LIKE 'pdf:%' OR fault.element LIKE 'view:%' THEN 'file'
                ELSE fault.element END))
          OR (fault.code = 'decision-does-not-fit' AND NOT EXISTS (
            SELECT 1 FROM answer WHERE answer.row = item.row AND answer.element = 'row'))
          OR (fault.code = 'answer-of-another-file' AND NOT EXISTS (
            SELECT 1 FROM answer WHERE answer.row = item.row AND answer.paper <> item.digest))
          OR (fault.code = 'same-source-identifier' AND NOT EXISTS (
            SELECT 1 FROM item other WHERE other.source_id = item.source_id AND other.number <> item.number
              AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.row = other.row
                AND (answer.element = 'row' OR answer.element = 'document'
                  AND (answer.serial > ?1 OR (?2 AND answer.checked_by IS NULL))))))
          OR (fault.code = 'file-of-another-row' AND NOT EXISTS (
            SELECT 1 FROM item other WHERE other.file = item.file AND other.number <> item.number
              AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.row = other.row
                AND (answer.element = 'row' OR answer.element = 'file'
                  AND (answer.serial > ?1 OR (?2 AND answer.checked_by IS NULL))))))
          OR (fault.code = 'same-content' AND NOT EXISTS (
            SELECT 1 FROM item other WHERE other.digest = item.digest AND other.number <> item.number
              AND other.client = item.client AND other.day = item.day
              AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.row = other.row AND answer.element = 'row'))))"
    };
}

/// Rows that are shown: they name a controller, and read.
macro_rules! shown {
    () => {
        "item.controller IS NOT NULL AND item.row IS NOT NULL"
    };
}

pub(crate) use shown;

/// The faults of rows that the source alone mends.
macro_rules! of_source {
    () => {
        "('surplus-values', 'missing-values')"
    };
}

pub(crate) use of_source;

/// That the main document of an attachment has faults, and nobody decided of it: the attachment waits for that. A decision
/// that the last rehearsal took in and that does not fit is none.
macro_rules! waits_for_main {
    () => {
        "EXISTS (SELECT 1 FROM item main WHERE main.source_id = item.said ->> '$.main_document'
           AND main.state = 'faulty'
           AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.row = main.row AND answer.element = 'row'
             AND (NOT ?2 OR answer.checked_by IS NOT NULL)
             AND (answer.serial > ?1 OR NOT EXISTS (SELECT 1 FROM fault doubt
               WHERE doubt.number = main.number AND doubt.code = 'decision-does-not-fit'))))"
    };
}

/// Faults that are still to be answered. What else is wrong with a row whose values are shifted follows from that.
macro_rules! open_faults {
    ($what:literal, $($end:literal),*) => {
        open_faults!($what, ""; $($end),*)
    };
    ($what:expr, $more:literal; $($end:literal),*) => {
        concat!(
            "SELECT ",
            $what,
            $more,
            " FROM item JOIN fault USING (number)
             WHERE item.state = 'faulty' AND ",
            shown!(),
            " AND fault.code <> 'answer-not-checked'
             AND (fault.code IN ",
            of_source!(),
            " OR item.number NOT IN (SELECT number FROM fault WHERE code IN ",
            of_source!(),
            "))
             AND NOT (fault.code = 'main-document-not-brought' AND ",
            waits_for_main!(),
            ")
             AND NOT ",
            answered!(),
            " ",
            $($end),*
        )
    };
}

/// What the text of a fault speaks of, but for which other row it is.
macro_rules! words {
    () => {
        "CASE WHEN instr(fault.args, '\"first\"') > 0 THEN json_remove(fault.args, '$.first') ELSE fault.args END"
    };
}

/// What makes one cause of faults.
macro_rules! key {
    () => {
        "fault.code, CASE WHEN fault.element LIKE 'original_service_task.%' THEN 'original_service_task'
           ELSE fault.element END, fault.rule,
         CASE WHEN fault.code = 'unmapped-value' THEN fault.value END,
         CASE WHEN fault.code = 'unmapped-value' THEN (fault.args ->> '$.step') || ' ' || (fault.args ->> '$.column') END"
    };
}

pub(crate) use {key, words};

/// The faults of one cause.
macro_rules! of_cause {
    ($what:literal, $end:literal) => {
        open_faults!(
            $what,
            "AND fault.code = ?3 AND fault.rule = ?5 AND CASE WHEN fault.element LIKE 'original_service_task.%'
               THEN 'original_service_task' ELSE fault.element END = ?4
             AND (fault.code <> 'unmapped-value' OR (fault.value IS ?6
               AND (fault.args ->> '$.step') || ' ' || (fault.args ->> '$.column') IS ?7)) ",
            $end
        )
    };
}

/// Every open fault with its cause: once through them tells how far the queue is, and what rows are open for.
const EVERY: &str = open_faults!(concat!(key!(), ", item.number, fault.rowid, ", words!()), ""; "ORDER BY item.number");
/// Every cause that there was at the last rehearsal, open or not: without a look at the rows.
const KEYS: &str = concat!("SELECT DISTINCT ", key!(), " FROM fault");
/// The faults of one cause by what their texts speak of.
const WORDS_OF_CAUSE: &str = of_cause!(
    "count(DISTINCT item.number), min(fault.rowid), json_remove(fault.args, '$.first')",
    "GROUP BY 3"
);
const COUNT_OF_CAUSE: &str = of_cause!("count(DISTINCT item.number)", "");
/// Those that stand at a place or before it, and the last of them.
const AMONG: &str =
    of_cause!("count(DISTINCT item.number), max(item.place)", "AND item.place <= ?8");
const OF_CAUSE: &str = of_cause!(
    "DISTINCT item.place, coalesce(item.day, substr(item.said ->> '$.written_at', 1, 10)), item.said ->> '$.general_type', item.state",
    "AND item.place > ?8 ORDER BY item.place LIMIT ?9"
);
/// For how many causes a row is open.
const OPEN_FOR: &str = open_faults!(
    "count(DISTINCT fault.code || ' ' || fault.rule || ' ' || CASE WHEN fault.element LIKE 'original_service_task.%'
       THEN 'original_service_task' ELSE fault.element END)",
    "AND item.place = ?3"
);
/// From the faults of attachments to their rows: these are fewer than the rows with faults.
const WAITING: &str = concat!(
    "SELECT count(DISTINCT item.number) FROM fault CROSS JOIN item USING (number)
  WHERE fault.code = 'main-document-not-brought' AND item.state = 'faulty' AND ",
    shown!(),
    " AND NOT EXISTS (
  SELECT 1 FROM fault other WHERE other.number = item.number AND other.code <> 'main-document-not-brought')
  AND ",
    waits_for_main!(),
    " AND NOT EXISTS (SELECT 1 FROM answer WHERE answer.row = item.row AND answer.element IN ('row', 'main_document'))"
);
/// Those that are not shown, as the index over them says it.
const UNNAMED: &str = "SELECT count(*) FROM item WHERE controller IS NULL OR row IS NULL";
/// Each controller once, from one to the next in the index over them: there are few, and rows are many.
const CONTROLLERS: &str = "WITH RECURSIVE one (controller) AS (
    SELECT min(controller) FROM item
    UNION ALL SELECT (SELECT min(controller) FROM item WHERE item.controller > one.controller)
      FROM one WHERE one.controller IS NOT NULL)
  SELECT controller FROM one WHERE controller IS NOT NULL";
const TO_CHECK: &str = concat!(
    "SELECT count(DISTINCT row) FROM answer JOIN item USING (row) WHERE checked_by IS NULL AND ",
    shown!()
);
/// Of which something was answered since the last rehearsal, or it was decided that they are not brought.
macro_rules! new_answers {
    ($($which:literal)*) => {
        concat!(
            "SELECT count(DISTINCT row) FROM answer CROSS JOIN item USING (row)
             WHERE answer.serial > ?1 AND (NOT ?2 OR answer.checked_by IS NOT NULL) AND ",
            shown!(),
            $(" ", $which,)*
        )
    };
}
const COMPLETED: &str = new_answers!(
    "AND NOT EXISTS (SELECT 1 FROM answer decision WHERE decision.row = item.row AND decision.element = 'row')"
);
const DECIDED_SOUND: &str = new_answers!("AND answer.element = 'row' AND item.state = 'sound'");
const DECIDED: &str = new_answers!("AND answer.element = 'row' AND item.state <> 'left-out'");
/// From the answers to their rows, never the other way round: answers are fewer.
const ANSWERED: &str = concat!(
    "SELECT DISTINCT item.place, item.day, item.said ->> '$.general_type', item.state
  FROM answer CROSS JOIN item USING (row)
  WHERE item.place > ?1 AND (?2 IS NULL
    OR answer.checked_by IS NULL AND answer.given_by NOT IN (SELECT value FROM json_each(?2))) AND ",
    shown!(),
    " ORDER BY item.place LIMIT ?3"
);
/// Rows that wait for a check of what one person answered alone.
const OWN_TO_CHECK: &str = concat!(
    "SELECT count(DISTINCT row) FROM answer JOIN item USING (row)
  WHERE checked_by IS NULL AND given_by IN (SELECT value FROM json_each(?1)) AND NOT EXISTS (
    SELECT 1 FROM answer other WHERE other.row = answer.row AND other.checked_by IS NULL
      AND other.given_by NOT IN (SELECT value FROM json_each(?1))) AND ",
    shown!()
);
const LOST: &str = "SELECT min(place), group_concat(element, ' '), max(given_name), row FROM answer
  WHERE NOT EXISTS (SELECT 1 FROM item WHERE item.row = answer.row) GROUP BY row ORDER BY 1 LIMIT ?";

/// What makes one cause of faults: code, element, value, where it was met, and rule.
type Key = (String, String, Option<String>, Option<String>, String);

fn read_key(row: &Row<'_>) -> rusqlite::Result<Key> {
    Ok((row.get(0)?, row.get(1)?, row.get(3)?, row.get(4)?, row.get(2)?))
}

/// What a cause is called: it tells nothing of what stands in the rows.
fn id_of((code, element, value, met, rule): &Key) -> String {
    let value = value.as_deref().unwrap_or("\u{1}");
    let met = met.as_deref().unwrap_or("\u{1}");
    let told = [code.as_str(), element, rule, value, met].join("\u{1f}");
    hexadecimal(&digest(&SHA256, told.as_bytes()).as_ref()[..8])
}

/// How many different words of a cause are counted: of more, those that came first.
const WORDS_COUNTED: usize = 32;
/// How many of them are told.
const WORDS_TOLD: usize = 3;

/// The rows of a cause, as they are counted one after the other.
struct Counted {
    rows: u64,
    last: Option<i64>,
    first: i64,
    words: BTreeMap<String, u64>,
}

impl From<i64> for Counted {
    /// A cause whose first fault this is.
    fn from(first: i64) -> Self {
        Self { rows: 0, last: None, first, words: BTreeMap::new() }
    }
}

impl Counted {
    fn add(&mut self, number: i64, fault: i64, words: &str) {
        self.first = self.first.min(fault);
        if self.last.replace(number) == Some(number) {
            return;
        }
        self.rows += 1;
        if let Some(count) = self.words.get_mut(words) {
            *count += 1;
        } else if self.words.len() < WORDS_COUNTED {
            self.words.insert(words.to_owned(), 1);
        }
    }
}

/// The most frequent of the words of a cause.
fn most_frequent(
    words: impl IntoIterator<Item = (String, u64)>,
) -> Vec<(BTreeMap<String, String>, u64)> {
    let mut words: Vec<(String, u64)> = words.into_iter().collect();
    words.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    words.truncate(WORDS_TOLD);
    words.into_iter().map(|(args, rows)| (read_args(&args), rows)).collect()
}

/// What is open.
#[derive(Default)]
struct Open {
    rows: u64,
    several: u64,
    of_source: u64,
    causes: Vec<Cause>,
}

/// The queue of a batch.
#[derive(Debug)]
pub struct Queue {
    work: Work,
    mapping: Mapping,
    delivery: PathBuf,
    opened: OnceCell<Arc<Delivery>>,
    /// Listed for an answer that names a file, whatever was opened before.
    listed_anew: OnceCell<Arc<Delivery>>,
}

impl Queue {
    /// Opens the queue of a batch's folder; `None` where no rehearsal came to its end there.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn open(folder: &Path) -> Result<Option<Self>, QueueError> {
        let Some(work) = Work::for_people(folder)? else { return Ok(None) };
        let (Some(mapping), Some(delivery)) = (work.about(MAPPING)?, work.about(DELIVERY)?) else {
            return Ok(None);
        };
        let mapping = mapping::read(&mapping).map_err(|_| QueueError::Mapping)?;
        let (opened, listed_anew) = (OnceCell::new(), OnceCell::new());
        let delivery = PathBuf::from(delivery);
        Ok(Some(Self { work, mapping, delivery, opened, listed_anew }))
    }

    /// Looks at the queue as it is now, whatever becomes of it meanwhile; nothing is answered then.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn hold(&self) -> Result<(), QueueError> {
        Ok(self.work.connection().execute_batch("BEGIN")?)
    }

    /// The mapping that the batch was rehearsed by.
    #[must_use]
    pub const fn mapping(&self) -> &Mapping {
        &self.mapping
    }

    /// Every controller that a row names: the permit must be of all.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn controllers(&self) -> Result<Vec<Oid>, QueueError> {
        let mut statement = self.work.connection().prepare_cached(CONTROLLERS)?;
        let named = statement.query_map([], |row| row.get::<_, String>(0))?;
        let foreign = |_| WorkError::Foreign("a controller that does not read".to_owned());
        named.map(|one| Ok(Oid::parse(&one?).map_err(foreign)?)).collect()
    }

    /// That the permit is of every controller that the rows name.
    fn permitted(&self, permit: &OldDataPermit) -> Result<(), QueueError> {
        if permit.covers(&self.controllers()?) { Ok(()) } else { Err(QueueError::NotPermitted) }
    }

    fn since(&self) -> Result<(i64, bool), QueueError> {
        Ok((self.work.answers_taken()?.cast_signed(), self.mapping.checked_by_two))
    }

    /// Whether a run has begun: nothing is completed any more.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn begun(&self) -> Result<bool, QueueError> {
        Ok(self.work.sends()?)
    }

    /// How far it is.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn progress(&self, permit: &OldDataPermit) -> Result<Progress, QueueError> {
        self.overview(permit).map(|(progress, _)| progress)
    }

    /// What rows are open for, the most frequent first.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn causes(&self, permit: &OldDataPermit) -> Result<Vec<Cause>, QueueError> {
        self.overview(permit).map(|(_, causes)| causes)
    }

    /// How far it is, and what rows are open for, the most frequent first.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn overview(&self, permit: &OldDataPermit) -> Result<(Progress, Vec<Cause>), QueueError> {
        self.permitted(permit)?;
        let (taken, two) = self.since()?;
        let count = |sql: &str, params: &[&dyn rusqlite::ToSql]| self.count(sql, params);
        let of = |state| self.work.count(state);
        let rows = count("SELECT count(*) FROM item", &[])?;
        let [faulty, left_out, undone, read, archived, refused] = [
            of(State::Faulty)?,
            of(State::LeftOut)?,
            of(State::Undone)?,
            of(State::Read)?,
            of(State::Archived)?,
            of(State::Refused)?,
        ];
        let open = self.every_open()?;
        let desk = self.counted(&open)?;
        let progress = Progress {
            rows,
            unnamed: count(UNNAMED, &[])?,
            lost: self.work.lost()?,
            // The most of them, mostly: what is no other one is not counted once more.
            sound: rows.saturating_sub(faulty + left_out + undone + read)
                - count(DECIDED_SOUND, &[&taken, &two])?,
            faulty,
            archived,
            refused,
            left_out: left_out + desk.left_out,
            invalidated: undone,
            read,
            several: open.several,
            of_source: desk.of_source,
            open: desk.open,
            to_check: desk.to_check,
            completed: desk.completed,
            waiting: desk.waiting,
            begun: self.work.sends()?,
            undone: match (undone, archived) {
                (0, _) => UndoneSoFar::Nothing,
                (_, 0) => UndoneSoFar::All,
                _ => UndoneSoFar::Some,
            },
            next_edition: if undone + read > 0 { self.next_edition()? } else { None },
            confirmed: self.work.about("confirmed_at")?.is_some(),
        };
        Ok((progress, open.causes))
    }

    fn count(&self, sql: &str, params: &[&dyn rusqlite::ToSql]) -> Result<u64, QueueError> {
        let connection = self.work.connection();
        let count: i64 = connection.query_row(sql, params, |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    fn counted(&self, open: &Open) -> Result<AtDesk, QueueError> {
        let (taken, two) = self.since()?;
        let count = |sql: &str| self.count(sql, &[&taken, &two]);
        Ok(AtDesk {
            completed: count(COMPLETED)?,
            left_out: count(DECIDED)?,
            to_check: if two { self.count(TO_CHECK, &[])? } else { 0 },
            open: open.rows,
            of_source: open.of_source,
            waiting: count(WAITING)?,
        })
    }

    /// What people did at the desk since the last rehearsal, and what waits there; `None` once a run has begun, for nothing is
    /// completed then. No permit is asked for: it tells of no row what stands in it, and to whoever keeps the folder.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn at_desk(&self) -> Result<Option<AtDesk>, QueueError> {
        if self.begun()? {
            return Ok(None);
        }
        self.counted(&self.every_open()?).map(Some)
    }

    /// The edition after the last one that was undone.
    fn next_edition(&self) -> Result<Option<u32>, QueueError> {
        let undone = self.work.about(UNDONE_EDITION)?.and_then(|edition| edition.parse().ok());
        Ok(undone.map(|undone: u32| undone.max(self.mapping.edition) + 1))
    }

    /// Whether the delivery is another one than was rehearsed, or is not there: no row of it can be looked at then.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn has_another_delivery(&self, permit: &OldDataPermit) -> Result<bool, QueueError> {
        self.permitted(permit)?;
        match self.delivery() {
            Ok(_) => Ok(false),
            Err(QueueError::Changed | QueueError::Delivery(_)) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Every open fault once: how many rows are open, and for what.
    fn every_open(&self) -> Result<Open, QueueError> {
        let mut statement = self.work.connection().prepare_cached(EVERY)?;
        let mut rows = statement.query(self.since()?)?;
        let mut causes: BTreeMap<Key, Counted> = BTreeMap::new();
        let (mut open, mut last) = (Open::default(), [None; 2]);
        // The row that is counted now, the cause that it was met with first, and whether another one was met.
        let mut now: (Option<i64>, Option<Key>, bool) = (None, None, false);
        while let Some(row) = rows.next()? {
            let key = read_key(row)?;
            let (number, fault): (i64, i64) = (row.get(5)?, row.get(6)?);
            let of_source = is_mended_in_the_source(&key.0);
            if last[usize::from(of_source)].replace(number) != Some(number) {
                *(if of_source { &mut open.of_source } else { &mut open.rows }) += 1;
            }
            if now.0 != Some(number) {
                now = (Some(number), Some(key.clone()), false);
            } else if !now.2 && now.1.as_ref() != Some(&key) {
                now.2 = true;
                open.several += 1;
            }
            let counted = causes.entry(key).or_insert_with(|| Counted::from(fault));
            counted.add(number, fault, row.get_ref(7)?.as_str().unwrap_or_default());
        }
        open.causes = self.causes_of(causes)?;
        Ok(open)
    }

    /// The causes that were counted, the most frequent first; those of equal frequency stay in their own order.
    fn causes_of(&self, counted: BTreeMap<Key, Counted>) -> Result<Vec<Cause>, QueueError> {
        let cause = |(key, counted): (Key, Counted)| {
            let words = most_frequent(counted.words);
            self.cause_of(key, (counted.rows, counted.first), words)
        };
        let mut causes: Vec<Cause> = counted.into_iter().map(cause).collect::<Result<_, _>>()?;
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.rows));
        Ok(causes)
    }

    fn cause_of(
        &self,
        key: Key,
        (rows, first): (u64, i64),
        words: Vec<(BTreeMap<String, String>, u64)>,
    ) -> Result<Cause, QueueError> {
        let sql = "SELECT args FROM fault WHERE rowid = ?";
        let mut statement = self.work.connection().prepare_cached(sql)?;
        let args: String = statement.query_row([first], |row| row.get(0))?;
        let id = id_of(&key);
        let (code, element, value, met, rule) = key;
        Ok(Cause { id, code, element, rule, value, args: read_args(&args), met, rows, words })
    }

    fn find_cause(&self, id: &str) -> Result<Option<Cause>, QueueError> {
        let connection = self.work.connection();
        let mut statement = connection.prepare_cached(KEYS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key = read_key(row)?;
            if id_of(&key) != id {
                continue;
            }
            let (taken, two) = self.since()?;
            let (code, element, value, met, rule) = &key;
            let asked = params![taken, two, code, element, rule, value, met];
            let count: i64 =
                connection.prepare_cached(COUNT_OF_CAUSE)?.query_row(asked, |row| row.get(0))?;
            let mut statement = connection.prepare_cached(WORDS_OF_CAUSE)?;
            let words = statement.query_map(asked, |row| {
                let rows: i64 = row.get(0)?;
                Ok(((row.get(2)?, rows.unsigned_abs()), row.get::<_, i64>(1)?))
            })?;
            let (words, first): (Vec<(String, u64)>, Vec<i64>) =
                words.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
            let Some(first) = first.into_iter().min() else { return Ok(None) };
            let words = most_frequent(words);
            return self.cause_of(key, (count.unsigned_abs(), first), words).map(Some);
        }
        Ok(None)
    }

    /// The cause of a name; `None` also when none of its rows is open any more.
    ///
    /// # Errors
    /// As [`Queue::causes`].
    pub fn cause(&self, permit: &OldDataPermit, id: &str) -> Result<Option<Cause>, QueueError> {
        self.permitted(permit)?;
        self.find_cause(id)
    }

    /// The open rows of a cause behind one, so many at most.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn rows(
        &self,
        permit: &OldDataPermit,
        cause: &Cause,
        after: u64,
        most: usize,
    ) -> Result<Vec<Listed>, QueueError> {
        self.permitted(permit)?;
        let (taken, two) = self.since()?;
        let Cause { code, element, rule, value, met, .. } = cause;
        let (after, most) = (after.cast_signed(), i64::try_from(most).unwrap_or(i64::MAX));
        let asked = params![taken, two, code, element, rule, value, met, after, most];
        self.listed(OF_CAUSE, asked)
    }

    /// What is shown of all open rows of a cause together; `None` where they are more than are answered together.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn seen_of(
        &self,
        permit: &OldDataPermit,
        cause: &Cause,
    ) -> Result<Option<Seen>, QueueError> {
        self.permitted(permit)?;
        let places = self.places(cause)?;
        if places.len() > MOST { Ok(None) } else { self.seen(&places).map(Some) }
    }

    /// Where the open rows of a cause stand: for the line that is written before they are answered together, and for
    /// nobody's eyes. None where there is no such cause.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn places_of(&self, cause: &str) -> Result<Vec<u64>, QueueError> {
        let found = self.find_cause(cause)?;
        found.map_or_else(|| Ok(Vec::new()), |cause| self.places(&cause))
    }

    /// What is shown of all open rows of a cause with their attachments, and how many of these there are: who leaves rows
    /// out decides of what hangs on them, too. `None` where they are more than are answered together.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn seen_to_leave(
        &self,
        permit: &OldDataPermit,
        cause: &Cause,
    ) -> Result<Option<(Seen, u64)>, QueueError> {
        self.permitted(permit)?;
        let places = self.places(cause)?;
        let mains = places.len();
        let all = if mains > MOST { places } else { self.with_attachments(places)? };
        if all.len() > MOST {
            return Ok(None);
        }
        Ok(Some((self.seen(&all)?, (all.len() - mains) as u64)))
    }

    /// Where rows stood that are not there any more, by what they said: for the line, as [`Queue::places_of`].
    ///
    /// # Errors
    /// What SQLite says.
    pub fn places_of_lost(&self, rows: &[String]) -> Result<Vec<u64>, QueueError> {
        let lost = self.every_lost(usize::MAX)?;
        Ok(lost.iter().filter(|one| rows.contains(&one.row)).map(|one| one.place).collect())
    }

    /// Which of the open rows of a cause one is, and how many there are; the first is 1. `None` where it is none of them.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn place_among(
        &self,
        permit: &OldDataPermit,
        cause: &Cause,
        place: u64,
    ) -> Result<Option<(u64, u64)>, QueueError> {
        self.permitted(permit)?;
        let (taken, two) = self.since()?;
        let Cause { code, element, rule, value, met, .. } = cause;
        let asked = params![taken, two, code, element, rule, value, met, place.cast_signed()];
        let mut statement = self.work.connection().prepare_cached(AMONG)?;
        let (count, last): (i64, Option<i64>) =
            statement.query_row(asked, |row| Ok((row.get(0)?, row.get(1)?)))?;
        let is_one = last == Some(place.cast_signed());
        Ok(is_one.then_some((count.unsigned_abs(), cause.rows)))
    }

    /// Where the open rows of a cause stand, and one more than are answered together at most.
    fn places(&self, cause: &Cause) -> Result<Vec<u64>, QueueError> {
        let (taken, two) = self.since()?;
        let Cause { code, element, rule, value, met, .. } = cause;
        let most = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
        let mut statement = self.work.connection().prepare(OF_CAUSE)?;
        let asked = params![taken, two, code, element, rule, value, met, 0, most];
        let places =
            statement.query_map(asked, |row| row.get::<_, i64>(0).map(i64::unsigned_abs))?;
        Ok(places.collect::<Result<_, _>>()?)
    }

    /// The rows behind one of which something was answered, so many at most; or those that this person must check, for nobody
    /// checks what they answered themselves.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn answered(
        &self,
        permit: &OldDataPermit,
        to_check: Option<&Person>,
        after: u64,
        most: usize,
    ) -> Result<Vec<Listed>, QueueError> {
        self.permitted(permit)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.listed(ANSWERED, params![after.cast_signed(), to_check.map(logins), most])
    }

    /// The row that this person is to check next, behind one or from the first on.
    ///
    /// # Errors
    /// As [`Queue::answered`].
    pub fn next_to_check(
        &self,
        permit: &OldDataPermit,
        by: &Person,
        after: u64,
    ) -> Result<Option<u64>, QueueError> {
        let mut next = self.answered(permit, Some(by), after, 1)?;
        if next.is_empty() && after > 0 {
            next = self.answered(permit, Some(by), 0, 1)?;
        }
        Ok(next.first().map(|row| row.place))
    }

    /// How many rows wait for somebody else's check of what this person answered.
    ///
    /// # Errors
    /// As [`Queue::answered`].
    pub fn own_to_check(&self, permit: &OldDataPermit, by: &Person) -> Result<u64, QueueError> {
        self.permitted(permit)?;
        let mut statement = self.work.connection().prepare_cached(OWN_TO_CHECK)?;
        let count: i64 = statement.query_row([logins(by)], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// What was answered of rows that are not there any more, so much at most.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn lost(&self, permit: &OldDataPermit, most: usize) -> Result<Vec<Lost>, QueueError> {
        self.permitted(permit)?;
        self.every_lost(most)
    }

    fn every_lost(&self, most: usize) -> Result<Vec<Lost>, QueueError> {
        let mut statement = self.work.connection().prepare(LOST)?;
        let mut rows = statement.query([i64::try_from(most).unwrap_or(i64::MAX)])?;
        let mut lost = Vec::new();
        while let Some(found) = rows.next()? {
            let (elements, row): (String, RowName) = (found.get(1)?, found.get(3)?);
            lost.push(Lost {
                seen: self.seen_lost(&row)?,
                row: hexadecimal(&row),
                place: found.get::<_, i64>(0)?.unsigned_abs(),
                elements: elements.split(' ').map(str::to_owned).collect(),
                by: found.get(2)?,
            });
        }
        Ok(lost)
    }

    /// What was answered of a row, also of one that is not there any more.
    fn seen_lost(&self, row: &RowName) -> Result<Seen, QueueError> {
        let mut context = Context::new(&SHA256);
        let mut statement = self.work.connection().prepare_cached(
            "SELECT element || ' ' || value || ' ' || serial || ' ' || coalesce(checked_by, '') FROM answer
             WHERE row = ? ORDER BY element",
        )?;
        for told in statement.query_map([row], |row| row.get::<_, String>(0))? {
            let told = told?;
            context.update(&(told.len() as u64).to_be_bytes());
            context.update(told.as_bytes());
        }
        Ok(Seen(hexadecimal(context.finish().as_ref())))
    }

    fn listed(&self, sql: &str, asked: &[&dyn rusqlite::ToSql]) -> Result<Vec<Listed>, QueueError> {
        let mut statement = self.work.connection().prepare(sql)?;
        let mut rows = statement.query(asked)?;
        let mut listed = Vec::new();
        while let Some(row) = rows.next()? {
            let place = row.get::<_, i64>(0)?.unsigned_abs();
            let causes = self.open_for(place)?;
            listed.push(Listed {
                place,
                day: row.get(1)?,
                general_type: row.get(2)?,
                state: row.get(3)?,
                open: causes > 0,
                causes,
                given: given(&self.work, &self.named(place)?)?,
                seen: self.seen(&[place])?,
            });
        }
        Ok(listed)
    }

    /// For how many causes somebody must still complete a row.
    fn open_for(&self, place: u64) -> Result<u64, QueueError> {
        let (taken, two) = self.since()?;
        let mut statement = self.work.connection().prepare_cached(OPEN_FOR)?;
        let asked = (taken, two, place.cast_signed());
        Ok(statement.query_row(asked, |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// The name of a row that is shown.
    fn named(&self, place: u64) -> Result<RowName, QueueError> {
        let sql = concat!("SELECT row FROM item WHERE place = ? AND ", shown!());
        let mut statement = self.work.connection().prepare_cached(sql)?;
        let found = statement.query_row([place.cast_signed()], |row| row.get(0)).optional()?;
        found.ok_or(QueueError::Missing)
    }

    /// What is shown of rows now.
    fn seen(&self, places: &[u64]) -> Result<Seen, QueueError> {
        let mut context = Context::new(&SHA256);
        let mut add = |bytes: Option<&[u8]>| {
            let length = bytes.map_or(u64::MAX, |bytes| bytes.len() as u64);
            context.update(&length.to_be_bytes());
            context.update(bytes.unwrap_or_default());
        };
        add(self.work.about(FINGERPRINT)?.as_deref().map(str::as_bytes));
        let connection = self.work.connection();
        let mut item = connection.prepare_cached(
            "SELECT row, said, digest, state || ' ' || coalesce(file, '') FROM item WHERE place = ?",
        )?;
        let mut answers = connection.prepare_cached(
            "SELECT element, value, serial || ' ' || coalesce(checked_by, '') FROM answer
             WHERE row = ? ORDER BY element",
        )?;
        let bytes = |row: &Row<'_>, at| -> rusqlite::Result<Option<Vec<u8>>> {
            Ok(row.get_ref(at)?.as_bytes_or_null()?.map(<[u8]>::to_vec))
        };
        for place in places {
            let mut found = item.query([place.cast_signed()])?;
            let row = found.next()?.ok_or(QueueError::Missing)?;
            for at in 0..4 {
                add(bytes(row, at)?.as_deref());
            }
            let mut given = answers.query([row.get::<_, Option<RowName>>(0)?])?;
            while let Some(answer) = given.next()? {
                for at in 0..3 {
                    add(bytes(answer, at)?.as_deref());
                }
            }
            add(None);
        }
        Ok(Seen(hexadecimal(context.finish().as_ref())))
    }

    /// The delivery, where it is the one that was rehearsed.
    fn delivery(&self) -> Result<&Delivery, QueueError> {
        if let Some(opened) = self.listed_anew.get().or_else(|| self.opened.get()) {
            return Ok(opened);
        }
        let delivery = self.open_delivery()?;
        Ok(self.opened.get_or_init(|| delivery))
    }

    /// Lists the delivery again: which file a name means, and that there is none, is known of the delivery as it is now alone.
    fn list_anew(&self) -> Result<(), QueueError> {
        kept::forget(&self.delivery);
        let delivery = self.open_delivery()?;
        self.listed_anew.get_or_init(|| delivery);
        Ok(())
    }

    fn open_delivery(&self) -> Result<Arc<Delivery>, QueueError> {
        let rehearsed = self.work.about(FINGERPRINT)?;
        let delivery = kept::opened(&self.delivery, &self.mapping, rehearsed.as_deref())?;
        if self.work.sends()? {
            // Nobody completes rows any more, and the source may be destroyed soon.
            kept::forget(&self.delivery);
        }
        Ok(delivery)
    }

    /// What a row is apart from what a rehearsal makes of it: what the source says, its file, and what was answered. What
    /// somebody writes of it is of the same row while this is the same.
    fn self_same(&self, known: &row::Known) -> Result<Seen, QueueError> {
        let mut context = Context::new(&SHA256);
        context.update(&known.row);
        context.update(known.digest.as_deref().unwrap_or_default());
        context.update(self.seen_lost(&known.row)?.0.as_bytes());
        Ok(Seen(hexadecimal(context.finish().as_ref())))
    }
}

/// Every login of a person, as a JSON array.
fn logins(person: &Person) -> String {
    let all: Vec<&String> = std::iter::once(&person.actor).chain(&person.also).collect();
    serde_json::json!(all).to_string()
}

/// What answers a fault of an element; `None` where only the source can mend it.
#[must_use]
pub fn target_of(element: &str) -> Option<Target> {
    if element.starts_with("original_service_task.") {
        return Some(Target::OriginalTask);
    }
    if is_of_file(element) {
        return Some(Target::File);
    }
    Target::of_name(element)
}

/// Whether a fault is of the file.
fn is_of_file(element: &str) -> bool {
    element == "file" || element.starts_with("pdf:") || element.starts_with("view:")
}

/// Whether many rows may be given the same: what is of the client, the case, the day and the file is not.
const fn may_be_alike(target: Target) -> bool {
    let of_days = matches!(target, Target::WrittenAt | Target::CaseOpened | Target::CaseClosed);
    !target.is_personal() && !of_days && !matches!(target, Target::Relationship)
}

/// Whether a person can say it of a row: whose register a document belongs to is said by the mapping file and the source
/// alone.
#[must_use]
pub const fn may_be_answered(target: Target) -> bool {
    !matches!(
        target,
        Target::Controller
            | Target::ControllerName
            | Target::OperatingUnit
            | Target::OperatingUnitName
    )
}

/// What all rows of a cause can be given alike: they have one value of the source in common, which means one thing.
#[must_use]
pub fn alike(cause: &Cause) -> Option<Target> {
    let one_value = cause.code == FaultKind::UnmappedValue.code() && cause.value.is_some();
    target_of(&cause.element).filter(|one| one_value && may_be_alike(*one) && may_be_answered(*one))
}

/// Whether a fault tells that a row's values are shifted or cut off: what anybody said of it would be of other columns, so
/// that the source alone mends it.
#[must_use]
pub fn is_mended_in_the_source(code: &str) -> bool {
    [FaultKind::SurplusValues, FaultKind::MissingValues].iter().any(|kind| kind.code() == code)
}

/// Whether a fault tells that the source has no document that could be read. What cannot be read at this moment, or is too
/// large, is there.
#[must_use]
pub fn has_nothing_to_bring(code: &str, element: &str) -> bool {
    has_no_file(code, element) || code == FaultKind::NotPdf.code()
}

/// Whether a fault of an element tells that there is nothing, also where the row names no file: of what is broken for the
/// archive a person looks at each.
#[must_use]
pub fn has_no_file(code: &str, element: &str) -> bool {
    let names_none = code == FaultKind::MissingElement.code() && element == Target::File.name();
    names_none
        || [FaultKind::MissingFile, FaultKind::EmptyFile].iter().any(|kind| kind.code() == code)
}

/// Whether a person may let a fault stand.
#[must_use]
pub fn may_stand(code: &str) -> Option<FaultKind> {
    crate::answers::MAY_STAND.into_iter().find(|kind| kind.code() == code)
}
