//! What a rehearsal found: every fault grouped by cause, and what would be made of the rest. Source: OLD-3, OLD-9.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::OptionalExtension;
use serde_json::Value;

use crate::conversion::{Chosen, assumed};
use crate::kind::Kind;
use crate::work::{State, TASKS_IN_USE, Work, WorkError};

/// How many rows are named as examples of a fault.
const EXAMPLES: i64 = 5;

/// What a rehearsal found, or how far a batch is.
#[derive(Debug, Clone)]
pub struct Report {
    /// How many documents are how far.
    pub states: Vec<(State, u64)>,
    /// The faults, the most frequent first.
    pub faults: Vec<FaultGroup>,
    /// What is made of what is sound, by how the client stands and by service task.
    pub lines: Vec<Line>,
    /// What the files of what is sound are, and what wants to be converted, by kind.
    pub files: Vec<OfKind>,
    /// Why documents are not brought, with how many.
    pub left_out: Vec<(String, u64)>,
    /// Files that no row names.
    pub strays: u64,
    /// Rows of which something was completed, and that the delivery does not have any more.
    pub lost: u64,
    /// Documents that name an original service task, though they were written when those of 2016 were in use: no rule refuses
    /// it, and mostly the mapping is wrong.
    pub needless_tasks: Rows,
    /// What is made of all of it: what several lines count, a relationship of several service tasks or a client of several
    /// ones, is counted once.
    pub made: Made,
}

/// Rows, with the places of some of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rows {
    /// How many there are.
    pub count: u64,
    /// Where some stand.
    pub examples: Vec<u64>,
}

/// What is made of everything that is sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Made {
    /// Clients.
    pub clients: u64,
    /// Old relationships.
    pub relationships: u64,
    /// Closed cases.
    pub cases: u64,
    /// Documents.
    pub documents: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A cause of faults.
#[derive(Debug, Clone)]
pub struct FaultGroup {
    /// The fault's code.
    pub code: String,
    /// Where it is.
    pub element: String,
    /// The rule.
    pub rule: String,
    /// How many rows have it.
    pub rows: u64,
    /// The places of some of them.
    pub examples: Vec<u64>,
    /// The value of the first, where it is no client data.
    pub value: Option<String>,
    /// What the text of the first speaks of.
    pub args: BTreeMap<String, String>,
}

/// What is made for clients who stand in one way, of one service task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `ended`, `active` or `deceased`.
    pub client_state: String,
    /// The service task.
    pub task: String,
    /// Clients.
    pub clients: u64,
    /// Old relationships; none for active clients, whose relationship is there.
    pub relationships: u64,
    /// Closed cases.
    pub cases: u64,
    /// Documents.
    pub documents: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Files of one kind, that go in as they are or are converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfKind {
    /// What they are.
    pub kind: Kind,
    /// What becomes of them.
    pub way: Way,
    /// Documents.
    pub documents: u64,
    /// Bytes of the source's files.
    pub bytes: u64,
    /// Bytes of what goes into the archive; of what is not converted yet nobody knows, and it is none.
    pub archived_bytes: u64,
    /// How long a file takes to be converted, and whether that was measured here or is assumed.
    pub each: Option<(Duration, bool)>,
}

/// What becomes of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// They go in as they are.
    Ready,
    /// They are converted.
    Converted,
    /// They want to be, and the mapping does not choose it.
    WantsConversion,
}

const FILES: &str = "SELECT kind, conversion IS NOT NULL, count(*), sum(bytes),
    sum(coalesce(conversion ->> '$.bytes', bytes))
  FROM item WHERE state IN ('sound', 'archived', 'refused') AND kind IS NOT NULL GROUP BY 1, 2 ORDER BY 2, 3 DESC, 1";
/// What the archive does not take as it is, and is nothing that was converted in vain.
const WANTING: &str = "SELECT kind, count(*), sum(bytes) FROM item
  WHERE state = 'faulty' AND EXISTS (SELECT 1 FROM fault WHERE fault.number = item.number
      AND (code = 'file-wants-conversion' OR element LIKE 'pdf:%'))
    AND NOT EXISTS (SELECT 1 FROM fault WHERE fault.number = item.number
      AND code IN ('not-pdf', 'not-converted', 'conversion-loses'))
  GROUP BY 1 ORDER BY 2 DESC, 1";

fn files(work: &Work) -> Result<Vec<OfKind>, WorkError> {
    let connection = work.connection();
    let mut measured =
        connection.prepare("SELECT micros / files FROM pace WHERE kind = ? AND files > 0")?;
    let mut found = Vec::new();
    let mut add = |kind: &str, way: Way, [documents, bytes, archived]: [i64; 3]| {
        let Some(kind) = Kind::ALL.into_iter().find(|one| one.name() == kind) else {
            return Ok(());
        };
        // Of what nobody can convert there is no time.
        if way == Way::WantsConversion && !Chosen::KINDS.contains(&kind) {
            return Ok(());
        }
        let each = match way {
            Way::Ready => None,
            Way::Converted | Way::WantsConversion => {
                let micros: Option<i64> =
                    measured.query_row([kind.name()], |row| row.get(0)).optional()?;
                let known = micros.map(|micros| Duration::from_micros(micros.unsigned_abs()));
                Some((known.unwrap_or_else(|| assumed(kind)), known.is_some()))
            }
        };
        found.push(OfKind {
            kind,
            way,
            documents: documents.unsigned_abs(),
            bytes: bytes.unsigned_abs(),
            archived_bytes: archived.unsigned_abs(),
            each,
        });
        Ok::<_, WorkError>(())
    };
    let mut sound = connection.prepare(FILES)?;
    let mut rows = sound.query([])?;
    while let Some(row) = rows.next()? {
        let way = if row.get(1)? { Way::Converted } else { Way::Ready };
        add(&row.get::<_, String>(0)?, way, [row.get(2)?, row.get(3)?, row.get(4)?])?;
    }
    let mut wanting = connection.prepare(WANTING)?;
    let mut rows = wanting.query([])?;
    while let Some(row) = rows.next()? {
        let counted = [row.get(1)?, row.get(2)?, 0];
        add(&row.get::<_, String>(0)?, Way::WantsConversion, counted)?;
    }
    Ok(found)
}

const FAULTS: &str = "SELECT code, element, rule, count(DISTINCT number), min(rowid) FROM fault
  GROUP BY code, element, rule ORDER BY 4 DESC, code, element";
const LINES: &str = "SELECT client_state, task, count(DISTINCT client),
    CASE client_state WHEN 'active' THEN 0 ELSE count(DISTINCT relationship) END,
    count(DISTINCT case_id), count(*), sum(bytes)
  FROM item WHERE state IN ('sound', 'archived', 'refused') GROUP BY 1, 2 ORDER BY 1, 2";

/// The same over all lines. A client whom two controllers' rows say otherwise is one client.
const MADE: &str = "SELECT count(DISTINCT client),
    count(DISTINCT CASE client_state WHEN 'active' THEN NULL ELSE relationship END),
    count(DISTINCT case_id), count(*), coalesce(sum(bytes), 0)
  FROM item WHERE state IN ('sound', 'archived', 'refused')";
/// Rows that name an original service task though those of 2016 were in use on their day.
const NEEDLESS: &str = "SELECT place FROM item
  WHERE left_out IS NULL AND day >= ? AND said ->> '$.original_service_task' IS NOT NULL ORDER BY place";

fn needless_tasks(work: &Work) -> Result<Rows, WorkError> {
    let Some(in_use) = work.about(TASKS_IN_USE)? else { return Ok(Rows::default()) };
    let mut statement = work.connection().prepare(NEEDLESS)?;
    let mut rows = statement.query([in_use])?;
    let mut found = Rows::default();
    while let Some(row) = rows.next()? {
        let place: i64 = row.get(0)?;
        if found.count < EXAMPLES.unsigned_abs() {
            found.examples.push(place.unsigned_abs());
        }
        found.count += 1;
    }
    Ok(found)
}

impl Report {
    /// Reads the report from the work file.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn of(work: &Work) -> Result<Self, WorkError> {
        let states = State::ALL
            .into_iter()
            .map(|state| Ok((state, work.count(state)?)))
            .collect::<Result<_, WorkError>>()?;
        let connection = work.connection();
        let number = |value: i64| value.unsigned_abs();
        let mut statement = connection.prepare(LINES)?;
        let lines = statement.query_map([], |row| {
            Ok(Line {
                client_state: row.get(0)?,
                task: row.get(1)?,
                clients: number(row.get(2)?),
                relationships: number(row.get(3)?),
                cases: number(row.get(4)?),
                documents: number(row.get(5)?),
                bytes: number(row.get::<_, Option<i64>>(6)?.unwrap_or(0)),
            })
        })?;
        let lines = lines.collect::<Result<_, _>>()?;
        let mut statement = connection.prepare(
            "SELECT left_out, count(*) FROM item WHERE left_out IS NOT NULL GROUP BY 1 ORDER BY 2 DESC",
        )?;
        let left_out = statement
            .query_map([], |row| Ok((row.get(0)?, number(row.get(1)?))))?
            .collect::<Result<_, _>>()?;
        let strays: i64 =
            connection.query_row("SELECT count(*) FROM stray", [], |row| row.get(0))?;
        let (faults, lost) = (faults(work)?, work.lost()?);
        let (files, needless_tasks) = (files(work)?, needless_tasks(work)?);
        let made = connection.query_row(MADE, [], |row| {
            let of = |at: usize| row.get::<_, i64>(at).map(number);
            let (clients, relationships, cases) = (of(0)?, of(1)?, of(2)?);
            Ok(Made { clients, relationships, cases, documents: of(3)?, bytes: of(4)? })
        })?;
        let strays = number(strays);
        Ok(Self { states, faults, lines, files, left_out, strays, lost, needless_tasks, made })
    }

    /// How many documents are so far.
    #[must_use]
    pub fn count(&self, state: State) -> u64 {
        self.states.iter().find(|(one, _)| *one == state).map_or(0, |(_, count)| *count)
    }

    /// All documents of the index.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.states.iter().map(|(_, count)| count).sum()
    }
}

fn faults(work: &Work) -> Result<Vec<FaultGroup>, WorkError> {
    let connection = work.connection();
    let mut groups = connection.prepare(FAULTS)?;
    let mut places = connection.prepare(
        "SELECT DISTINCT place FROM fault JOIN item USING (number)
         WHERE code = ? AND element = ? AND rule = ? ORDER BY place LIMIT ?",
    )?;
    let mut found = Vec::new();
    let mut rows = groups.query([])?;
    while let Some(row) = rows.next()? {
        let (code, element, rule): (String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let (count, first): (i64, i64) = (row.get(3)?, row.get(4)?);
        let examples = places
            .query_map((&code, &element, &rule, EXAMPLES), |row| row.get::<_, i64>(0))?
            .map(|place| place.map(i64::unsigned_abs))
            .collect::<Result<_, _>>()?;
        let (value, args): (Option<String>, String) = connection
            .prepare_cached("SELECT value, args FROM fault WHERE rowid = ?")?
            .query_row([first], |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.push(FaultGroup {
            code,
            element,
            rule,
            rows: count.unsigned_abs(),
            examples,
            value,
            args: read_args(&args),
        });
    }
    Ok(found)
}

pub(crate) fn read_args(args: &str) -> BTreeMap<String, String> {
    let Ok(Value::Object(args)) = serde_json::from_str(args) else { return BTreeMap::new() };
    args.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect()
}

/// The faults of one document.
///
/// # Errors
/// What SQLite says.
pub(crate) fn faults_of(work: &Work, number: i64) -> Result<Vec<FaultGroup>, WorkError> {
    let mut statement = work
        .connection()
        .prepare(&format!("{EACH_FAULT} WHERE number = ? ORDER BY code, element"))?;
    let faults = statement.query_map([number], |row| Ok(one_fault(row)?.1))?;
    Ok(faults.collect::<Result<_, _>>()?)
}

const EACH_FAULT: &str =
    "SELECT place, source_id, code, element, rule, value, args FROM fault JOIN item USING (number)";

/// A fault of a row, with the source's identifier of the document.
fn one_fault(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Option<String>, FaultGroup)> {
    let place: i64 = row.get(0)?;
    let args: String = row.get(6)?;
    let fault = FaultGroup {
        code: row.get(2)?,
        element: row.get(3)?,
        rule: row.get(4)?,
        rows: 1,
        examples: vec![place.unsigned_abs()],
        value: row.get(5)?,
        args: read_args(&args),
    };
    Ok((row.get(1)?, fault))
}

/// Writes every fault of every row beside the work file, in the words that are given, and every file that no row names:
/// `faults.csv`, `strays.csv`.
///
/// # Errors
/// What the system or SQLite says.
pub fn write_lists(
    work: &Work,
    words: &dyn Fn(&FaultGroup) -> String,
) -> Result<[PathBuf; 2], WorkError> {
    let path = work.folder().join("faults.csv");
    let mut faults =
        List::new(path, &["row", "document", "code", "element", "rule", "value", "message"])?;
    let mut statement = work.connection().prepare(&format!("{EACH_FAULT} ORDER BY place, code"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (document, fault) = one_fault(row)?;
        let place = fault.examples.first().copied().unwrap_or_default().to_string();
        let message = words(&fault);
        let (document, value) = (document.unwrap_or_default(), fault.value.unwrap_or_default());
        faults.line(&[
            &place,
            &document,
            &fault.code,
            &fault.element,
            &fault.rule,
            &value,
            &message,
        ])?;
    }
    let mut strays = List::new(work.folder().join("strays.csv"), &["file", "bytes"])?;
    let mut statement = work.connection().prepare("SELECT name, bytes FROM stray ORDER BY name")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (name, bytes): (String, i64) = (row.get(0)?, row.get(1)?);
        strays.line(&[&name, &bytes.to_string()])?;
    }
    Ok([faults.end()?, strays.end()?])
}

/// A list in the making.
struct List {
    path: PathBuf,
    list: csv::Writer<fs::File>,
}

impl List {
    fn new(path: PathBuf, columns: &[&str]) -> Result<Self, WorkError> {
        let failed = |error: io::Error| unwritten(&path, &error);
        // Sources' identifiers and names of files may be clients'.
        let file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        let file = file.map_err(failed)?;
        file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(failed)?;
        let mut list = Self { path, list: csv::Writer::from_writer(file) };
        list.line(columns)?;
        Ok(list)
    }

    fn line(&mut self, values: &[&str]) -> Result<(), WorkError> {
        self.list.write_record(values).map_err(|error| unwritten(&self.path, &error))
    }

    fn end(mut self) -> Result<PathBuf, WorkError> {
        self.list.flush().map_err(|error| unwritten(&self.path, &error))?;
        Ok(self.path)
    }
}

fn unwritten(path: &Path, reason: &dyn ToString) -> WorkError {
    WorkError::Unreadable { path: path.to_owned(), reason: reason.to_string() }
}
