//! The work file: what the workbench knows of a batch between two runs, in one SQLite file.
//!
//! It holds client data, as the delivery does: it lies in the batch's folder, which nobody but its owner may read,
//! and goes when the batch is confirmed and the folder is deleted. Source: OLD-9.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;

use crate::answers::{Answers, Decision};
use crate::conversion::{Conversion, hexadecimal};
use crate::delivery::Row;
use crate::documents::Values;
use crate::kind::Kind;
use crate::mapping::Target;
use crate::queue::of_source;

/// Under which key it is known what was rehearsed.
pub(crate) const FINGERPRINT: &str = "fingerprint";
/// Under which key it is known which edition was undone last.
pub(crate) const UNDONE_EDITION: &str = "undone_edition";
/// Under which key it is known which editions were undone, when, and after which report.
pub(crate) const UNDONE: &str = "undone";

/// Under which key it is counted how often a person answered.
const ANSWERS_GIVEN: &str = "answers_given";
/// Under which key it is known how many of these answers the last rehearsal took in.
const ANSWERS_TAKEN: &str = "answers_taken";

/// Under which keys it is known what was rehearsed: where the delivery is, the mapping file's text, and the files of code
/// sets.
pub(crate) const DELIVERY: &str = "delivery";
pub(crate) const MAPPING: &str = "mapping";
const CODE_SETS: &str = "code_sets";

/// Under which key it is known that a run has begun: from then on nothing that people complete is taken in.
const SENDING: &str = "sending";

/// Under which key it is known which rows another rehearsal changed for the worse that nobody has seen yet.
const UNSEEN: &str = "unseen";

/// Under which key it is known when a report was made that said that the source may be destroyed: whatever later ones say, it
/// was given away.
pub(crate) const SAID_DESTROYABLE: &str = "said_destroyable";
/// Under which key it is known of which rows an undo left a later version in force.
pub(crate) const LATER_STAYS: &str = "later_stays";
/// Under which key it is known of which rows the archive did not tell an undo whether a later version stays in force.
pub(crate) const LATER_NOT_TOLD: &str = "later_not_told";

/// Under which key it is known how rows are made into documents, cases and relationships.
const MADE_BY: &str = "made_by";
/// How this program makes them. Raised with each change after which the same rows, by the same mapping, would become something
/// else: what is half archived is not gone on with otherwise.
const MAKING: &str = "2";

/// Under which key it is known since when the organisation's documents have the service task of 2016 alone.
pub(crate) const TASKS_IN_USE: &str = "tasks_of_2016_in_use";

/// Under which key it is known what was reconciled last.
pub(crate) const RECONCILED: &str = "reconciled";

/// How long the program waits for another one that writes into the work file.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long somebody at a page waits for it.
const PATIENCE_OF_PEOPLE: Duration = Duration::from_secs(3);

/// What a row is called by what the source says in it.
pub(crate) type RowName = Vec<u8>;

/// What stands beside a row under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// This row.
    One(String),
    /// Nothing.
    None,
    /// Rows that do not say the same.
    Several,
}

/// Why the work file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// What SQLite says.
    #[error("the work file: {0}")]
    Database(#[from] rusqlite::Error),
    /// What the system says.
    #[error("{}: {reason}", .path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// What stands in it was not written by this program.
    #[error("the work file holds {0}, which this program did not write")]
    Foreign(String),
}

/// Where a document of the delivery is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its row was read.
    Read,
    /// It has faults.
    Faulty,
    /// It is not brought, by the organisation's choice.
    LeftOut,
    /// It was checked and has no fault.
    Sound,
    /// The archive has it, and answered a receipt.
    Archived,
    /// The archive refused it.
    Refused,
    /// It was archived, and is invalidated with its whole batch.
    Undone,
}

impl State {
    /// Each of them, in the order of the way.
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::Faulty,
        Self::LeftOut,
        Self::Sound,
        Self::Archived,
        Self::Refused,
        Self::Undone,
    ];

    /// Its word in the work file and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Faulty => "faulty",
            Self::LeftOut => "left-out",
            Self::Sound => "sound",
            Self::Archived => "archived",
            Self::Refused => "refused",
            Self::Undone => "undone",
        }
    }
}

/// A document of the delivery, as it is checked.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its number, in the order of the index.
    pub number: i64,
    /// What the mapping made of its row.
    pub values: Values,
    /// The file in the delivery.
    pub file: Option<usize>,
    /// Of which elements a fault is told already.
    pub told: String,
    /// Why a person decided that it is not brought.
    pub decided: Option<Decision>,
    /// Whether it names no file, or one that the delivery does not have.
    pub file_is_missing: bool,
    /// Whether its values are shifted or cut off: what it says of its document may be another column's.
    pub is_shifted: bool,
    /// Of an attachment, the document that it hangs on, where the delivery has that.
    pub main: Option<MainRow>,
}

/// A document that others hang on.
#[derive(Debug, Clone)]
pub struct MainRow {
    /// What the mapping made of its row.
    pub values: Values,
    /// Whether nothing was wrong with it when it was read.
    pub reads: bool,
}

/// What checking found of a document.
#[derive(Debug, Clone, Default)]
pub struct Finding {
    /// The document's number.
    pub number: i64,
    /// The client's identity code, where it reads.
    pub client: Option<String>,
    /// What it will be called in the archive, where so much is known.
    pub keys: Option<Keys>,
    /// Of the file: what it is, how long, and its digest.
    pub file: Option<FileFacts>,
    /// Why it is not brought.
    pub left_out: Option<&'static str>,
    /// Every fault.
    pub faults: Vec<Fault>,
}

/// What a document is called in the archive, and what it hangs on.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The document.
    pub document: Oid,
    /// Its case.
    pub case: Oid,
    /// Its relationship.
    pub relationship: Oid,
    /// The day on which it was written, as `2012-03-01`.
    pub day: String,
    /// The service task.
    pub task: String,
    /// How the client stands.
    pub state: &'static str,
}

/// Rows that a rehearsal changed for the worse, and that nobody has seen so.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unseen {
    /// How many there are.
    pub rows: u64,
    /// Where the first of them stand.
    pub places: Vec<u64>,
}

impl Unseen {
    /// How many are named.
    const NAMED: usize = 20;
}

/// What is known of a file.
#[derive(Debug, Clone)]
pub struct FileFacts {
    /// What it is: `pdf`, `xhtml` or another.
    pub kind: &'static str,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub digest: [u8; 32],
    /// How it is converted, where it is.
    pub conversion: Option<Conversion>,
}

/// The work file, opened.
#[derive(Debug)]
pub struct Work {
    connection: Connection,
    folder: PathBuf,
}

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- The tables beside the index, by the value that joins them; NULL where two rows do not say the same.
CREATE TABLE IF NOT EXISTS beside (
  name TEXT NOT NULL, key TEXT NOT NULL, row TEXT, PRIMARY KEY (name, key)) WITHOUT ROWID;
-- A document of the delivery.
CREATE TABLE IF NOT EXISTS item (
  number INTEGER PRIMARY KEY,
  place INTEGER NOT NULL,
  -- What the source says in this row: a digest, and how many equal rows are before it.
  row BLOB,
  source_id TEXT,
  file INTEGER,
  said TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'read',
  left_out TEXT,
  kind TEXT, bytes INTEGER, digest BLOB,
  document TEXT, case_id TEXT, relationship TEXT, client TEXT, day TEXT, task TEXT, client_state TEXT,
  receipt TEXT,
  -- How the file is converted: tool, version, digests.
  conversion TEXT,
  -- What a person completed, or let stand, with spaces between.
  completed TEXT,
  -- The controller, where the row names one that reads.
  controller TEXT,
  -- The client's identity code where it reads, what the organisation calls the client, and how it is with an order of
  -- non-disclosure, as the source says them.
  source_code TEXT, source_client TEXT, source_order TEXT,
  -- The row's values word for word, a JSON array; which columns they are of; and how many more came than there are columns.
  source TEXT, heading INTEGER, surplus INTEGER);
-- The names of columns, a JSON array: mostly one for all rows.
CREATE TABLE IF NOT EXISTS heading (id INTEGER PRIMARY KEY, columns TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS item_state ON item (state, number);
CREATE INDEX IF NOT EXISTS item_place ON item (place);
CREATE INDEX IF NOT EXISTS item_source ON item (source_id);
CREATE INDEX IF NOT EXISTS item_file ON item (file);
CREATE INDEX IF NOT EXISTS item_case ON item (client, relationship, case_id, number);
CREATE INDEX IF NOT EXISTS item_client ON item (client, state, number);
CREATE INDEX IF NOT EXISTS item_digest ON item (digest);
-- A file that no row names.
CREATE TABLE IF NOT EXISTS stray (file INTEGER PRIMARY KEY, name TEXT NOT NULL, bytes INTEGER NOT NULL, digest BLOB);
CREATE TABLE IF NOT EXISTS fault (
  number INTEGER NOT NULL, code TEXT NOT NULL, element TEXT NOT NULL, rule TEXT NOT NULL, value TEXT, args TEXT NOT NULL,
  by_archive INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS fault_number ON fault (number);
CREATE INDEX IF NOT EXISTS fault_code ON fault (code, element);
-- A case or old relationship that documents hang on.
CREATE TABLE IF NOT EXISTS dossier (
  kept TEXT PRIMARY KEY, kind TEXT NOT NULL, client TEXT NOT NULL, state TEXT NOT NULL, receipt TEXT) WITHOUT ROWID;
-- What people completed of a row; a rehearsal forgets none of it. It is of the row that says the very same, wherever that
-- stands, and of no other one; `place` is where it stood. `serial` counts whatever people did.
CREATE TABLE IF NOT EXISTS answer (
  row BLOB NOT NULL, element TEXT NOT NULL, value TEXT NOT NULL, place INTEGER NOT NULL,
  given_by TEXT NOT NULL, given_name TEXT NOT NULL, given_at TEXT NOT NULL,
  checked_by TEXT, checked_name TEXT, checked_at TEXT, serial INTEGER NOT NULL,
  -- The file that was shown beside, and whether it takes the place of something that was checked.
  paper BLOB, vetted INTEGER NOT NULL,
  PRIMARY KEY (row, element)) WITHOUT ROWID;
-- How many files of a kind were converted here, ever, and how many microseconds that took.
CREATE TABLE IF NOT EXISTS pace (kind TEXT PRIMARY KEY, files INTEGER NOT NULL, micros INTEGER NOT NULL) WITHOUT ROWID;
-- The active relationship of a client with a controller, as the archive told it when it was asked: NULL where there are none
-- or several, and how many. A rehearsal forgets none of it.
CREATE TABLE IF NOT EXISTS active (
  controller TEXT NOT NULL, client TEXT NOT NULL, relationship TEXT, count INTEGER NOT NULL,
  PRIMARY KEY (controller, client)) WITHOUT ROWID;
-- The rows of the rehearsal before, to tell what another one changed.
CREATE TABLE IF NOT EXISTS earlier (row BLOB PRIMARY KEY, digest BLOB, sound INTEGER NOT NULL) WITHOUT ROWID;
-- What was wrong with them.
CREATE TABLE IF NOT EXISTS earlier_fault (row BLOB NOT NULL, code TEXT NOT NULL, element TEXT NOT NULL,
  PRIMARY KEY (row, code, element)) WITHOUT ROWID;
";

/// The columns that work files did not always have.
const LATER_COLUMNS: [&str; 9] = [
    "completed TEXT",
    "row BLOB",
    "controller TEXT",
    "source_code TEXT",
    "source_client TEXT",
    "source_order TEXT",
    "source TEXT",
    "heading INTEGER",
    "surplus INTEGER",
];
/// The indexes over them: the last ones let the desk count and name without reading every row.
const LATER_INDEXES: &str = "CREATE INDEX IF NOT EXISTS item_row ON item (row);
CREATE INDEX IF NOT EXISTS item_main ON item (said ->> '$.main_document');
CREATE INDEX IF NOT EXISTS item_controller ON item (controller);
CREATE INDEX IF NOT EXISTS answer_main ON answer (value) WHERE element = 'main_document';
CREATE INDEX IF NOT EXISTS item_unnamed ON item (number) WHERE controller IS NULL OR row IS NULL;
CREATE INDEX IF NOT EXISTS item_source_client ON item (source_client) WHERE source_client IS NOT NULL";

impl Work {
    /// Opens the work file of a batch's folder, and makes both where they are not there.
    ///
    /// # Errors
    /// What the system or SQLite says.
    pub fn open(folder: &Path) -> Result<Self, WorkError> {
        let unreadable = |error: std::io::Error| WorkError::Unreadable {
            path: folder.to_owned(),
            reason: error.to_string(),
        };
        if !folder.exists() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unreadable)?;
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(unreadable)?;
        let file = folder.join("work.sqlite");
        let connection = Connection::open(&file)?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).map_err(unreadable)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // What is lost with the power is asked again of the archive, which answers the same receipt.
        connection.pragma_update(None, "synchronous", "normal")?;
        connection.busy_timeout(PATIENCE)?;
        connection.execute_batch(SCHEMA)?;
        // A file of before people could answer.
        for column in LATER_COLUMNS {
            let (name, _) = column.split_once(' ').expect("a column has a type");
            if connection.prepare(&format!("SELECT {name} FROM item")).is_err() {
                connection.execute_batch(&format!("ALTER TABLE item ADD COLUMN {column}"))?;
            }
        }
        connection.execute_batch(LATER_INDEXES)?;
        Ok(Self { connection, folder: folder.to_owned() })
    }

    /// Opens the work file of a batch's folder for people at a page, and makes nothing: what they do is on the disk before
    /// it is answered, and they wait no longer than people do. `None` where there is none, or one of before people could
    /// answer.
    pub(crate) fn for_people(folder: &Path) -> Result<Option<Self>, WorkError> {
        let file = folder.join("work.sqlite");
        if !file.is_file() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&file, flags)?;
        connection.busy_timeout(PATIENCE_OF_PEOPLE)?;
        connection.pragma_update(None, "synchronous", "full")?;
        let has = "SELECT EXISTS (SELECT 1 FROM pragma_table_info('item') WHERE name = 'heading')";
        let mut knows_answers: bool = connection.query_row(has, [], |row| row.get(0))?;
        if knows_answers {
            // The column was added to a work file of before, and says nothing before it is rehearsed again.
            let says = "SELECT coalesce((SELECT heading IS NOT NULL FROM item LIMIT 1), 1)";
            knows_answers = connection.query_row(says, [], |row| row.get(0))?;
        }
        Ok(knows_answers.then(|| Self { connection, folder: folder.to_owned() }))
    }

    /// The batch's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Does several things as one.
    ///
    /// # Errors
    /// Those of the things, after which none was done.
    pub fn together<T, E: From<WorkError>>(
        &self,
        things: impl FnOnce(&Self) -> Result<T, E>,
    ) -> Result<T, E> {
        let begin = |sql| self.connection.execute_batch(sql).map_err(WorkError::from);
        begin("BEGIN IMMEDIATE")?;
        let done = things(self);
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        self.connection.execute_batch(end).map_err(WorkError::from)?;
        done
    }

    /// Forgets something of the batch.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn forget_about(&self, key: &str) -> Result<(), WorkError> {
        self.connection.execute("DELETE FROM about WHERE key = ?", [key])?;
        Ok(())
    }

    /// Something that is known of the batch.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn about(&self, key: &str) -> Result<Option<String>, WorkError> {
        let mut statement =
            self.connection.prepare_cached("SELECT value FROM about WHERE key = ?")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    /// Keeps something of the batch.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_about(&self, key: &str, value: &str) -> Result<(), WorkError> {
        self.connection
            .prepare_cached(
                "INSERT INTO about VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            )?
            .execute([key, value])?;
        Ok(())
    }

    /// Forgets everything that a rehearsal found, but for which editions were undone and what people answered.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn clear(&self) -> Result<(), WorkError> {
        // Of a rehearsal that came to its end; one that did not has changed nothing yet.
        if self.about(FINGERPRINT)?.is_some() {
            self.connection.execute_batch(
                "DELETE FROM earlier; INSERT OR IGNORE INTO earlier
                 SELECT row, digest, state = 'sound' FROM item WHERE row IS NOT NULL;
                 DELETE FROM earlier_fault; INSERT OR IGNORE INTO earlier_fault
                 SELECT row, code, element FROM fault JOIN item USING (number)
                 WHERE row IS NOT NULL AND NOT by_archive",
            )?;
        }
        for table in ["beside", "item", "heading", "fault", "dossier", "stray"] {
            self.connection.execute(&format!("DELETE FROM {table}"), [])?;
        }
        self.connection.execute(
            "DELETE FROM about WHERE key NOT IN (?, ?, ?, ?)",
            [UNDONE_EDITION, UNDONE, ANSWERS_GIVEN, SENDING],
        )?;
        Ok(())
    }

    /// Notes how the rows are made into documents.
    pub(crate) fn note_making(&self) -> Result<(), WorkError> {
        self.set_about(MADE_BY, MAKING)
    }

    /// Whether the rows were made into documents as this program makes them.
    pub(crate) fn is_made_alike(&self) -> Result<bool, WorkError> {
        Ok(self.about(MADE_BY)?.as_deref() == Some(MAKING))
    }

    /// How many documents, cases and relationships the archive has of the batch.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn begun(&self) -> Result<u64, WorkError> {
        let dossiers: i64 = self.connection.query_row(
            "SELECT count(*) FROM dossier WHERE state = 'archived'",
            [],
            |row| row.get(0),
        )?;
        let undone = self.count(State::Undone)? > 0 || self.about(SENDING)?.is_none();
        let archived = self.count(State::Archived)?;
        // The cases and relationships of an undone batch stay in the archive, without documents.
        Ok(archived + if undone { 0 } else { dossiers.unsigned_abs() })
    }

    /// Keeps a row of a table beside the index.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_beside(&self, name: &str, key: &str, row: &str) -> Result<(), WorkError> {
        self.connection
            .prepare_cached(
                "INSERT INTO beside VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET row = NULL
                 WHERE row IS NOT excluded.row",
            )?
            .execute([name, key, row])?;
        Ok(())
    }

    /// What stands under a key in a table beside the index.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn beside(&self, name: &str, key: &str) -> Result<Beside, WorkError> {
        let mut statement =
            self.connection.prepare_cached("SELECT row FROM beside WHERE name = ? AND key = ?")?;
        let found: Option<Option<String>> =
            statement.query_row([name, key], |row| row.get(0)).optional()?;
        Ok(match found {
            None => Beside::None,
            Some(None) => Beside::Several,
            Some(Some(row)) => Beside::One(row),
        })
    }

    /// The name of a row whose content has this digest: no row before it has the same.
    pub(crate) fn name_row(&self, digest: &[u8; 32]) -> Result<RowName, WorkError> {
        let name = |copy: u32| [digest.as_slice(), &copy.to_be_bytes()].concat();
        let last: Option<RowName> = self
            .connection
            .prepare_cached(
                "SELECT row FROM item WHERE row BETWEEN ? AND ? ORDER BY row DESC LIMIT 1",
            )?
            .query_row((name(0), name(u32::MAX)), |row| row.get(0))
            .optional()?;
        let copy =
            last.and_then(|last| Some(u32::from_be_bytes(last.get(32..)?.try_into().ok()?) + 1));
        Ok(name(copy.unwrap_or(0)))
    }

    /// Keeps the names of columns; answers what they are called.
    pub(crate) fn add_heading(&self, columns: &[String]) -> Result<i64, WorkError> {
        let columns = serde_json::to_string(columns).expect("texts are JSON");
        self.connection
            .prepare_cached("INSERT INTO heading (columns) VALUES (?)")?
            .execute([columns])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// What the source says in a row, word for word, without what stands beside it.
    pub(crate) fn source(&self, place: u64) -> Result<Option<Row>, WorkError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT heading.columns, item.source, item.surplus FROM item JOIN heading ON heading.id = item.heading
             WHERE item.place = ? ORDER BY item.number LIMIT 1",
        )?;
        let read = |row: &rusqlite::Row<'_>| {
            let (columns, source): (String, String) = (row.get(0)?, row.get(1)?);
            Ok((columns, source, row.get::<_, i64>(2)?))
        };
        let found = statement.query_row([place.cast_signed()], read).optional()?;
        let Some((columns, source, surplus)) = found else { return Ok(None) };
        let foreign = |_| WorkError::Foreign("a row that does not read".to_owned());
        let columns: Vec<String> = serde_json::from_str(&columns).map_err(foreign)?;
        Ok(Some(Row {
            number: place,
            columns: columns.into(),
            values: serde_json::from_str(&source).map_err(foreign)?,
            surplus: usize::try_from(surplus).unwrap_or_default(),
            lacking: 0,
            broken: None,
        }))
    }

    /// Keeps a document of the index; its row stands at a place, and has a name.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn add_item(
        &self,
        (place, row): (u64, Option<&RowName>),
        (source, heading, surplus): (&str, i64, usize),
        values: &Values,
        file: Option<usize>,
        answers: &Answers,
        ([code, client], order): (&[Option<String>; 2], Option<&str>),
    ) -> Result<i64, WorkError> {
        let said = write_values(values);
        let source_id = values.get(&Target::Document);
        let controller = values.get(&Target::Controller).filter(|one| Oid::parse(one).is_ok());
        self.connection
            .prepare_cached(
                "INSERT INTO item (place, row, controller, source_code, source_client, source_order, source_id, file, said,
                   left_out, completed, source, heading, surplus)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                i64::try_from(place).unwrap_or(i64::MAX),
                row,
                controller,
                code,
                client,
                order,
                source_id,
                file.map(|at| i64::try_from(at).unwrap_or(i64::MAX)),
                said,
                answers.decision().map(Decision::code),
                answers.names(),
                source,
                heading,
                i64::try_from(surplus).unwrap_or(i64::MAX),
            ])?;
        Ok(self.connection.last_insert_rowid())
    }

    /// Keeps a fault of a document.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_fault(&self, number: i64, fault: &Fault) -> Result<(), WorkError> {
        let args: serde_json::Map<String, serde_json::Value> = fault
            .args
            .iter()
            .map(|(name, value)| ((*name).to_owned(), serde_json::Value::from(value.as_str())))
            .collect();
        self.connection.prepare_cached("INSERT INTO fault VALUES (?, ?, ?, ?, ?, ?, 0)")?.execute(
            params![
                number,
                fault.code(),
                fault.element,
                &*fault.rule,
                fault.value,
                serde_json::Value::Object(args).to_string()
            ],
        )?;
        Ok(())
    }

    /// The documents from a number on that have not been checked, so many at most.
    ///
    /// # Errors
    /// What SQLite says, and what cannot be read of what was written.
    pub fn unchecked(&self, after: i64, most: u32) -> Result<Vec<Item>, WorkError> {
        let mut statement = self.connection.prepare_cached(
            concat!("SELECT number, said, file,
               (SELECT group_concat(element, ' ') FROM fault WHERE fault.number = item.number), left_out,
               EXISTS (SELECT 1 FROM fault WHERE fault.number = item.number
                 AND (code = 'missing-file' OR code = 'missing-element' AND element = 'file')),
               EXISTS (SELECT 1 FROM fault WHERE fault.number = item.number AND code IN ", of_source!(), ")
             FROM item WHERE number > ? AND state = 'read' ORDER BY number LIMIT ?"),
        )?;
        let mut rows = statement.query(params![after, most])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            let file: Option<i64> = row.get(2)?;
            let values = read_values(row.get_ref(1)?.as_str().unwrap_or_default())?;
            items.push(Item {
                number: row.get(0)?,
                main: self.main_of(&values)?,
                values,
                file: file.and_then(|at| usize::try_from(at).ok()),
                told: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
                decided: row.get::<_, Option<String>>(4)?.as_deref().and_then(Decision::of_code),
                file_is_missing: row.get(5)?,
                is_shifted: row.get(6)?,
            });
        }
        Ok(items)
    }

    /// The document that another one is an attachment of, where the delivery has it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn main_of(&self, values: &Values) -> Result<Option<MainRow>, WorkError> {
        let Some(main) = values.get(&Target::MainDocument) else { return Ok(None) };
        let found: Option<(String, bool)> = self
            .connection
            .prepare_cached(
                "SELECT said, NOT EXISTS (SELECT 1 FROM fault WHERE fault.number = item.number AND NOT by_archive)
                 FROM item WHERE source_id = ? ORDER BY number LIMIT 1",
            )?
            .query_row([main], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        found.map(|(said, reads)| Ok(MainRow { values: read_values(&said)?, reads })).transpose()
    }

    /// Keeps what checking found.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn found(&self, finding: &Finding) -> Result<(), WorkError> {
        let keys = finding.keys.as_ref();
        let file = finding.file.as_ref();
        let state = if finding.left_out.is_some() { State::LeftOut } else { State::Sound };
        self.connection
            .prepare_cached(
                "UPDATE item SET state = ?2, left_out = ?3, kind = ?4, bytes = ?5, digest = ?6, document = ?7,
                   case_id = ?8, relationship = ?9, client = ?10, day = ?11, task = ?12, client_state = ?13, conversion = ?14
                 WHERE number = ?1",
            )?
            .execute(params![
                finding.number,
                state.name(),
                finding.left_out,
                file.map(|file| file.kind),
                file.map(|file| i64::try_from(file.bytes).unwrap_or(i64::MAX)),
                file.map(|file| file.digest),
                keys.map(|keys| keys.document.as_str()),
                keys.map(|keys| keys.case.as_str()),
                keys.map(|keys| keys.relationship.as_str()),
                finding.client,
                keys.map(|keys| keys.day.as_str()),
                keys.map(|keys| keys.task.as_str()),
                keys.map(|keys| keys.state),
                file.and_then(|file| file.conversion.as_ref()).map(write_conversion),
            ])?;
        if finding.left_out.is_some() {
            // Who is not brought wants nothing.
            self.connection
                .prepare_cached("DELETE FROM fault WHERE number = ?")?
                .execute([finding.number])?;
        }
        for fault in &finding.faults {
            self.add_fault(finding.number, fault)?;
        }
        Ok(())
    }

    /// How many documents are so far.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn count(&self, state: State) -> Result<u64, WorkError> {
        let mut statement =
            self.connection.prepare_cached("SELECT count(*) FROM item WHERE state = ?")?;
        let count: i64 = statement.query_row([state.name()], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Adds how long files of a kind took to be converted.
    pub(crate) fn add_pace(
        &self,
        kind: Kind,
        (files, time): (u64, Duration),
    ) -> Result<(), WorkError> {
        let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        self.connection
            .prepare_cached(
                "INSERT INTO pace VALUES (?, ?, ?)
                 ON CONFLICT DO UPDATE SET files = files + excluded.files, micros = micros + excluded.micros",
            )?
            .execute((kind.name(), files.cast_signed(), micros))?;
        Ok(())
    }

    /// How many cases and old relationships are to be made, or are made.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn dossiers(&self) -> Result<u64, WorkError> {
        let count: i64 =
            self.connection.query_row("SELECT count(*) FROM dossier", [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// How many cases and old relationships the archive has of the batch, as far as is noted.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn dossiers_made(&self) -> Result<u64, WorkError> {
        let sql = "SELECT count(*) FROM dossier WHERE state = 'archived' AND receipt IS NOT NULL";
        let count: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// The receipt of a case or old relationship that the batch made.
    pub(crate) fn receipt_of_dossier(&self, kept: &str) -> Result<Option<String>, WorkError> {
        let sql = "SELECT receipt FROM dossier WHERE kept = ? AND state = 'archived' AND receipt IS NOT NULL";
        Ok(self.connection.prepare_cached(sql)?.query_row([kept], |row| row.get(0)).optional()?)
    }

    /// How many answers of people there were, ever: a rehearsal notes it at its beginning.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn answers_given(&self) -> Result<u64, WorkError> {
        Ok(self.about(ANSWERS_GIVEN)?.and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    /// Counts that people answered, checked or took back; within what is done together.
    pub(crate) fn count_answers(&self) -> Result<u64, WorkError> {
        let serial = self.answers_given()? + 1;
        self.set_about(ANSWERS_GIVEN, &serial.to_string())?;
        Ok(serial)
    }

    /// How many answers the last rehearsal took in.
    pub(crate) fn answers_taken(&self) -> Result<u64, WorkError> {
        Ok(self.about(ANSWERS_TAKEN)?.and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    /// Begins to send: nothing that people complete from now on is taken in, and nothing that they completed may wait.
    /// Whether it is so.
    pub(crate) fn begin_sending(&self) -> Result<bool, WorkError> {
        self.together(|work| {
            let taken_in = work.sends()? || !work.answers_wait()?;
            if taken_in {
                work.set_about(SENDING, "begun")?;
            }
            Ok(taken_in)
        })
    }

    /// Whether a run has begun, or something is archived.
    pub(crate) fn sends(&self) -> Result<bool, WorkError> {
        Ok(self.about(SENDING)?.is_some() || self.begun()? > 0)
    }

    /// Nothing was sent, or all of it was undone: the batch may be rehearsed again.
    pub(crate) fn end_sending(&self) -> Result<(), WorkError> {
        self.forget_about(SENDING)
    }

    /// Of how many rows something was answered that are not in the delivery any more, word for word.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn lost(&self) -> Result<u64, WorkError> {
        let sql = "SELECT count(DISTINCT row) FROM answer
          WHERE NOT EXISTS (SELECT 1 FROM item WHERE item.row = answer.row)";
        let count: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Notes which rows this rehearsal made faulty that were sound, or that people answered and that are faulty for another
    /// cause by now, or left out without a person's decision, or found with another file than the rehearsal before, unless a
    /// person named it: nobody has seen that.
    pub(crate) fn note_unseen(&self) -> Result<(), WorkError> {
        let sql = "SELECT item.place FROM item JOIN earlier USING (row)
          WHERE (earlier.sound AND item.state = 'faulty')
            OR (NOT earlier.sound AND item.state = 'faulty'
              AND EXISTS (SELECT 1 FROM answer WHERE answer.row = item.row)
              AND EXISTS (SELECT 1 FROM fault WHERE fault.number = item.number AND code <> 'answer-not-checked'
                AND (item.row, code, element) NOT IN (SELECT row, code, element FROM earlier_fault)))
            OR (earlier.digest <> item.digest AND NOT EXISTS (SELECT 1 FROM answer
              WHERE answer.row = item.row AND answer.element = 'file' AND answer.paper = item.digest))
            OR (earlier.sound AND item.state = 'left-out' AND NOT EXISTS (
              SELECT 1 FROM answer WHERE answer.row = item.row AND answer.element = 'row'))
          ORDER BY item.place";
        let mut unseen = Unseen::default();
        let mut statement = self.connection.prepare(sql)?;
        let mut places = statement.query_map([], |row| row.get::<_, i64>(0))?;
        places.try_for_each(|place| {
            let place = place?.unsigned_abs();
            unseen.rows += 1;
            if unseen.places.len() < Unseen::NAMED {
                unseen.places.push(place);
            }
            Ok::<_, rusqlite::Error>(())
        })?;
        self.set_about(UNSEEN, &serde_json::to_string(&unseen).expect("numbers print"))
    }

    /// What the last rehearsal changed for the worse, and nobody was told.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn unseen(&self) -> Result<Unseen, WorkError> {
        let Some(text) = self.about(UNSEEN)? else { return Ok(Unseen::default()) };
        // A program of before counted them, and named none.
        let counted = || text.parse().map_or(1, |rows| rows);
        Ok(serde_json::from_str(&text)
            .unwrap_or_else(|_| Unseen { rows: counted(), places: Vec::new() }))
    }

    /// Notes that somebody was told of what the last rehearsal found.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn note_seen(&self) -> Result<(), WorkError> {
        self.forget_about(UNSEEN)
    }

    /// Keeps what a rehearsal was of, for those who complete what it found and for the run that takes it in.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remember(
        &self,
        delivery: &Path,
        mapping: &str,
        code_sets: &[PathBuf],
    ) -> Result<(), WorkError> {
        let named =
            code_sets.iter().map(|path| Ok((path.to_string_lossy(), digest_of_file(path)?)));
        let named: Vec<_> = named.collect::<Result<_, WorkError>>()?;
        self.set_about(CODE_SETS, &serde_json::to_string(&named).expect("texts are JSON"))?;
        self.set_about(MAPPING, mapping)?;
        self.set_about(DELIVERY, &delivery.to_string_lossy())
    }

    /// The files of code sets that the batch was rehearsed with, besides those inside the program; `None` where no
    /// rehearsal came to its end, or one of them is another one by now.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn code_sets(&self) -> Result<Option<Vec<PathBuf>>, WorkError> {
        let foreign = |_| WorkError::Foreign("names of files".to_owned());
        let Some(named) = self.about(CODE_SETS)? else { return Ok(None) };
        let named: Vec<(PathBuf, String)> = serde_json::from_str(&named).map_err(foreign)?;
        for (path, known) in &named {
            if digest_of_file(path)? != *known {
                return Ok(None);
            }
        }
        Ok(Some(named.into_iter().map(|(path, _)| path).collect()))
    }

    /// Notes how many answers a rehearsal took in.
    pub(crate) fn note_answers_taken(&self, count: u64) -> Result<(), WorkError> {
        self.set_about(ANSWERS_TAKEN, &count.to_string())
    }

    /// Whether people answered since the last rehearsal began: another one takes it in.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn answers_wait(&self) -> Result<bool, WorkError> {
        Ok(self.answers_given()? > self.answers_taken()?)
    }

    /// The connection, for the statements of one pass over everything.
    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }
}

fn digest_of_file(path: &Path) -> Result<String, WorkError> {
    let unreadable = |error: std::io::Error| WorkError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    Ok(hexadecimal(digest(&SHA256, &fs::read(path).map_err(unreadable)?).as_ref()))
}

fn write_conversion(conversion: &Conversion) -> String {
    serde_json::to_string(conversion).expect("texts and numbers print")
}

/// How a document is converted, as the work file tells it.
pub(crate) fn read_conversion(text: Option<String>) -> Result<Option<Conversion>, WorkError> {
    let foreign = |_| WorkError::Foreign("a conversion that does not read".to_owned());
    text.map(|text| serde_json::from_str(&text).map_err(foreign)).transpose()
}

fn write_values(values: &Values) -> String {
    let named: BTreeMap<&str, &str> =
        values.iter().map(|(target, value)| (target.name(), value.as_str())).collect();
    serde_json::to_string(&named).expect("texts are JSON")
}

pub(crate) fn read_values(said: &str) -> Result<Values, WorkError> {
    let foreign = || WorkError::Foreign("values that do not read".to_owned());
    let named: BTreeMap<String, String> = serde_json::from_str(said).map_err(|_| foreign())?;
    named
        .into_iter()
        .map(|(name, value)| Ok((Target::of_name(&name).ok_or_else(foreign)?, value)))
        .collect()
}
