//! The embedded engine: SQLite in one file, with a write-ahead log beside it.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, OptionalExtension, ToSql, params_from_iter};

use super::tables::Table;
use super::{Cells, Row, Schema, Statements, Value};
use crate::{StoreError, StoreOptions};

/// Statements kept prepared on each connection.
const STATEMENTS_KEPT: usize = 256;
/// How many steps of SQLite's machine lie between two looks at the clock: some microseconds.
const STEPS_BETWEEN_LOOKS: i32 = 1000;
/// After how many rows of many the write-ahead log is folded in.
const ROWS_IN_LOG: usize = 20_000;
/// How long a connection waits for another process's lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// How long it is before the write-ahead log is asked for again, while another folds it in.
const BETWEEN_TRIES: Duration = Duration::from_millis(2);
/// Written into the file's header, so that another program's database is not taken for a store.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"VRNT");

/// One connection to the database.
pub(crate) struct Session {
    /// Of the one that writes; ends before its connection.
    folding: Option<Folding>,
    conn: Connection,
}

impl Session {
    /// Opens the one connection that writes, making the database when there is none.
    ///
    /// Foreign keys are not enforced here: a parent is written by the same function as its child, and
    /// the check would cost a lookup for every row. `verify` checks them all instead. A database that is
    /// not a store is left as it is. The writer itself folds the write-ahead log in, between groups.
    pub(crate) fn open_writing(path: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(LOCK_PATIENCE)?;
        keep_plans(&conn)?;
        let session = Self { conn, folding: Some(Folding::of(path, options)) };
        if !session.is_ours_or_empty()? {
            return Err(StoreError::NotAStore(path.into()));
        }
        let conn = &session.conn;
        conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        conn.pragma_update(None, "page_size", 8192)?;
        let mode: String =
            conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        if mode != "wal" {
            return Err(StoreError::Database(format!("the journal stayed in mode {mode}")));
        }
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "wal_autocheckpoint", 0)?;
        conn.pragma_update(None, "foreign_keys", false)?;
        conn.pragma_update(None, "cache_size", -i64::from(options.cache_mib) * 1024)?;
        // What is deleted is overwritten, pages that are freed too: drafts, and what was destroyed.
        conn.pragma_update(None, "secure_delete", "ON")?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(session)
    }

    /// Opens a connection that only reads.
    pub(crate) fn open_reading(path: &Path, mmap_mib: u32) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(LOCK_PATIENCE)?;
        keep_plans(&conn)?;
        conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        conn.pragma_update(None, "query_only", true)?;
        conn.pragma_update(None, "mmap_size", i64::from(mmap_mib) << 20)?;
        conn.pragma_update(None, "cache_size", -8 * 1024)?;
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        Ok(Self { conn, folding: None })
    }

    /// Opens a connection that folds the write-ahead log in, beside the one that writes.
    pub(super) fn open_folding(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(LOCK_PATIENCE)?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        Ok(Self { conn, folding: None })
    }

    #[cfg(test)]
    pub(super) fn open_aside(path: &Path) -> Result<Self, StoreError> {
        Ok(Self { conn: Connection::open(path)?, folding: None })
    }

    /// An empty database that is gone with the session.
    pub(crate) fn in_memory() -> Result<Self, StoreError> {
        Ok(Self { conn: Connection::open_in_memory()?, folding: None })
    }

    pub(crate) fn define(&self, sql: &str) -> Result<(), StoreError> {
        Ok(self.conn.execute_batch(sql)?)
    }

    pub(crate) fn begin_writing(&self) -> Result<(), StoreError> {
        self.run("BEGIN IMMEDIATE", &[]).map(drop)
    }

    pub(crate) fn begin_reading(&mut self, time: Option<Duration>) -> Result<(), StoreError> {
        self.watch(time)?;
        self.run("BEGIN DEFERRED", &[]).map(drop)
    }

    pub(crate) fn end_reading(&mut self) -> Result<(), StoreError> {
        self.watch(None)?;
        self.roll_back()
    }

    /// Has statements broken off once the time is over; without a time, no more.
    fn watch(&mut self, time: Option<Duration>) -> Result<(), StoreError> {
        let until = time.map(|time| Instant::now() + time);
        let over = until.map(|until| move || Instant::now() > until);
        Ok(self.conn.progress_handler(STEPS_BETWEEN_LOOKS, over)?)
    }

    pub(crate) fn commit(&self) -> Result<(), StoreError> {
        self.run("COMMIT", &[]).map(drop)
    }

    pub(crate) fn roll_back(&self) -> Result<(), StoreError> {
        if self.conn.is_autocommit() { Ok(()) } else { self.run("ROLLBACK", &[]).map(drop) }
    }

    pub(crate) fn begin_part(&self) -> Result<(), StoreError> {
        self.run("SAVEPOINT operation", &[]).map(drop)
    }

    pub(crate) fn undo_part(&self) -> Result<(), StoreError> {
        self.run("ROLLBACK TO operation", &[]).map(drop)
    }

    pub(crate) fn end_part(&self) -> Result<(), StoreError> {
        self.run("RELEASE operation", &[]).map(drop)
    }

    /// SQLite gives up the whole transaction when the disk fails or fills in mid-statement.
    pub(crate) fn loss(&self) -> Option<StoreError> {
        let lost = self.conn.is_autocommit();
        lost.then(|| StoreError::NotCommitted("the disk failed or is full".into()))
    }

    pub(crate) fn changes(&self) -> u64 {
        self.conn.total_changes()
    }

    pub(crate) fn is_ours_or_empty(&self) -> Result<bool, StoreError> {
        let id: i32 = self.conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if id == APPLICATION_ID {
            return Ok(true);
        }
        let objects: i64 =
            self.conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok(objects == 0)
    }

    /// Marks the database as a store.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        Ok(self.conn.pragma_update(None, "application_id", APPLICATION_ID)?)
    }

    pub(crate) fn has_table(&self, name: &str) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT 1 FROM sqlite_schema WHERE name = ?1";
        Ok(self.conn.query_row(SQL, [name], |_| Ok(())).optional()?.is_some())
    }

    pub(crate) fn schema(&self) -> Result<Schema, StoreError> {
        const SQL: &str = "SELECT CAST(type || ' ' || name || ' on ' || tbl_name AS BLOB),
            CAST(sql AS BLOB) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'";
        let mut statement = self.conn.prepare(SQL)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Pages, indexes and foreign keys. Reads the whole file.
    pub(crate) fn check_itself(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut found = Vec::new();
        self.each("PRAGMA integrity_check(1000)", [], |row| {
            let said: String = row.get(0)?;
            if said != "ok" {
                found.push(("database".to_owned(), said));
            }
            Ok::<_, StoreError>(())
        })?;
        self.each("PRAGMA foreign_key_check", [], |row| {
            let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
            let number: Option<i64> = row.get(1)?;
            let place = format!("table {table}, row {number:?}");
            found.push((place, format!("belongs to no row of {parent}")));
            Ok::<_, StoreError>(())
        })?;
        Ok(found)
    }

    /// How many bytes the pages of the snapshot have.
    pub(crate) fn count_bytes(&self) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        let bytes: i64 = self.one(SQL, [], |row| row.get(0))?;
        Ok(u64::try_from(bytes).unwrap_or_default())
    }

    /// Hands the pages of the snapshot to `visit`, in their order.
    pub(crate) fn each_page<E: From<StoreError>>(
        &self,
        mut visit: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        const SQL: &str = "SELECT data FROM sqlite_dbpage ORDER BY pgno";
        self.each(SQL, [], |row| visit(row.get(0)?))
    }

    /// Writes a tile of the proof log. The growing tile of a level keeps one place at the head of the table, and a
    /// full one goes to the end: there it takes a page's eighth besides its overflow page, where a tile that
    /// had grown in place would hold a page of its own half empty.
    pub(crate) fn write_tile(
        &self,
        (level, number): (u32, i64),
        hashes: &[u8],
        full: bool,
    ) -> Result<(), StoreError> {
        const GROWING: &str = "INSERT INTO tile (rowid, level, number, hashes)
            VALUES (-1 - ?1, ?1, ?2, ?3)
            ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes";
        const GROWN: &str = "DELETE FROM tile WHERE level = ?1 AND number = ?2";
        const FULL: &str = "INSERT INTO tile (level, number, hashes) VALUES (?1, ?2, ?3)";
        let level = Value::Integer(Some(level.into()));
        let (number, hashes) = (Value::Integer(Some(number)), Value::Blob(Some(hashes)));
        if full {
            self.run(GROWN, &[level, number])?;
        }
        let sql = if full { FULL } else { GROWING };
        self.run(sql, &[level, number, hashes]).map(drop)
    }

    pub(crate) fn tidy(&mut self, someone_waits: bool) {
        if let Some(folding) = &mut self.folding {
            let step = if someone_waits { Folding::STEP } else { Folding::LONG_STEP };
            folding.after_group(&self.conn, step);
        }
    }

    /// Moves what is in the write-ahead log into the database, so that one file is the store.
    pub(crate) fn fold(&self) -> Result<(), StoreError> {
        self.fold_all().map(drop)
    }

    /// Folds the whole write-ahead log in and empties it. False when somebody who reads, or folds in, kept it from that
    /// for longer than such things last.
    pub(super) fn fold_all(&self) -> Result<bool, StoreError> {
        let until = Instant::now() + LOCK_PATIENCE;
        loop {
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            let (busy, frames): (bool, i64) =
                self.one(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
            // SQLite waits for those who read, and not for another that folds in: that is told by a log of -1 frames.
            let another_folds = busy && frames < 0;
            if !another_folds || Instant::now() > until {
                return Ok(!busy);
            }
            thread::sleep(BETWEEN_TRIES);
        }
    }
}

/// Rows on their way into a table of a file that counts only when all are there.
pub(crate) struct Filling<'s> {
    session: &'s Session,
    statement: rusqlite::Statement<'s>,
    rows: usize,
}

impl Session {
    pub(super) fn fill(&self, table: &Table) -> Result<Filling<'_>, StoreError> {
        let places: Vec<String> = (1..=table.columns.len()).map(|at| format!("?{at}")).collect();
        let (names, places) = (table.names(), places.join(", "));
        let sql = format!("INSERT INTO {} ({names}) VALUES ({places})", table.name);
        Ok(Filling { session: self, statement: self.conn.prepare(&sql)?, rows: 0 })
    }
}

impl Filling<'_> {
    /// Now and then what is there is folded in: the write-ahead log would be as long as the file.
    pub(super) fn put(&mut self, values: &[Value<'_>]) -> Result<(), StoreError> {
        self.statement.execute(params_from_iter(values))?;
        self.rows += 1;
        if self.rows.is_multiple_of(ROWS_IN_LOG) {
            self.session.commit()?;
            self.session.fold()?;
            self.session.begin_writing()?;
        }
        Ok(())
    }
}

impl Statements for Session {
    fn visit(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.walk(sql, values, visit)
    }

    /// Rows come one by one in any case.
    fn walk(
        &self,
        sql: &str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if visit(&Row::of(row)).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn run(&self, sql: &'static str, values: &[Value<'_>]) -> Result<usize, StoreError> {
        Ok(self.conn.prepare_cached(sql)?.execute(params_from_iter(values))?)
    }
}

/// A prepared statement keeps its plan. Otherwise SQLite parses and plans it anew whenever a bound value that the
/// plan could turn on changes, which is at every look, and costs more than the rows. Each statement names its index.
fn keep_plans(conn: &Connection) -> Result<(), StoreError> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Folds the write-ahead log into the database, and keeps it from growing without end.
///
/// It is done beside the writer, for whoever waits for the writer would wait for it as well, and a little at a time: the
/// disk takes in what was folded while commits wait for it. The log starts over only when all of it is folded
/// in and no reader stands on an older snapshot, and while others fold something is always written behind them. So
/// when the log has become long enough for that, the writer does the last little itself between two groups. Under steady
/// reading the moment without readers may never come; the writer makes it when the log has grown as long as it may: no
/// commit follows meanwhile, and so no new reader is in the way.
struct Folding {
    longest: i64,
    next_look: Instant,
    beside: Beside,
}

/// Folds in beside the writer, on a thread of its own from the first time on that it is asked.
struct Beside {
    path: PathBuf,
    ask: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Asked>,
}

/// What the writer and the thread that folds in for it tell each other.
#[derive(Default)]
struct Asked {
    /// The thread is at what it was asked.
    working: AtomicBool,
    /// What is written meanwhile is to be folded in as well.
    to_the_end: AtomicBool,
}

/// How many frames the write-ahead log has, and how many of them are in the database already.
struct Log {
    frames: i64,
    folded: i64,
}

impl Folding {
    const BETWEEN_LOOKS: Duration = Duration::from_millis(2);
    /// How many frames of 8 KiB are folded in at a time while people wait. Beside a bulk run they waited 14.6 ms at p99 with
    /// 4,000, 9 with 500, and 7 with this; with 60 no less.
    const STEP: i64 = 120;
    /// How many while nobody waits: what many commits wrote anew is written once.
    const LONG_STEP: i64 = 1_000;
    /// How many frames the writer folds in itself, so that the log can start over: a document of a megabyte.
    const LAST: i64 = 160;
    /// How long readers are waited for; when they last longer, it is tried again later.
    const PATIENCE: Duration = Duration::from_millis(50);
    const AFTER_FAILING: Duration = Duration::from_secs(1);

    fn of(path: &Path, options: &StoreOptions) -> Self {
        let longest = (i64::from(options.log_mib) * 128).max(Self::STEP);
        Self { longest, next_look: Instant::now(), beside: Beside::of(path) }
    }

    fn after_group(&mut self, conn: &Connection, step: i64) {
        if Instant::now() < self.next_look {
            return;
        }
        let pause = self.look(conn, step).unwrap_or_else(|error| {
            tracing::warn!(%error, "the write-ahead log was not folded in");
            Self::AFTER_FAILING
        });
        self.next_look = Instant::now() + pause;
    }

    /// Folds in what is due, or has it folded in: more than `step` frames. Answers how long the log should be left alone then.
    fn look(&mut self, conn: &Connection, step: i64) -> Result<Duration, StoreError> {
        let log = Self::pragma(conn, "PRAGMA wal_checkpoint(NOOP)")?;
        if log.frames > self.longest {
            if !self.beside.leaves() {
                return Ok(Self::BETWEEN_LOOKS);
            }
            conn.busy_timeout(Self::PATIENCE)?;
            let log = Self::pragma(conn, "PRAGMA wal_checkpoint(TRUNCATE)");
            conn.busy_timeout(LOCK_PATIENCE)?;
            return Ok(if log?.frames == 0 { Self::BETWEEN_LOOKS } else { Self::AFTER_FAILING });
        }
        let left = log.frames - log.folded;
        // Some of what it may have is left for the moment without readers to come by itself.
        let starts_over = log.frames > self.longest / 4 * 3;
        let is_little = left <= if starts_over { Self::LAST } else { step };
        let is_left_to_the_writer =
            if is_little { starts_over } else { !self.beside.ask(starts_over) };
        if is_left_to_the_writer {
            Self::pragma(conn, "PRAGMA wal_checkpoint(PASSIVE)")?;
        }
        Ok(if starts_over { Duration::ZERO } else { Self::BETWEEN_LOOKS })
    }

    fn pragma(conn: &Connection, sql: &'static str) -> Result<Log, StoreError> {
        let read = |row: &rusqlite::Row<'_>| Ok(Log { frames: row.get(1)?, folded: row.get(2)? });
        Ok(conn.prepare_cached(sql)?.query_row([], read)?)
    }
}

impl Beside {
    /// To the end is until what was written meanwhile is as little as this,
    const LITTLE: i64 = 30;
    /// or this often.
    const ROUNDS: u32 = 5;

    fn of(path: &Path) -> Self {
        Self { path: path.to_owned(), ask: None, thread: None, shared: Arc::default() }
    }

    /// Has the log folded in as it is now, or to its end. False when nobody is there to do it.
    fn ask(&mut self, to_the_end: bool) -> bool {
        if self.thread.is_none() {
            let (ask, asked) = sync_channel(1);
            let (path, shared) = (self.path.clone(), Arc::clone(&self.shared));
            let thread = thread::Builder::new().name("store-folder".into());
            let spawned = thread.spawn(move || Self::fold_when_asked(&path, &asked, &shared));
            self.thread = spawned.ok();
            self.ask = Some(ask);
        }
        self.shared.to_the_end.store(to_the_end, Ordering::Release);
        if self.shared.working.swap(true, Ordering::AcqRel) {
            return true;
        }
        let asked = self.ask.as_ref().is_some_and(|ask| ask.try_send(()).is_ok());
        if !asked {
            self.shared.working.store(false, Ordering::Release);
        }
        asked
    }

    /// Asks for the log. False while it is still being folded in.
    fn leaves(&self) -> bool {
        self.shared.to_the_end.store(false, Ordering::Release);
        !self.shared.working.load(Ordering::Acquire)
    }

    fn fold_when_asked(path: &Path, asked: &Receiver<()>, shared: &Asked) {
        let session = match Session::open_folding(path) {
            Ok(session) => session,
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log is folded in by the writer alone");
                shared.working.store(false, Ordering::Release);
                return;
            }
        };
        while asked.recv().is_ok() {
            if let Err(error) = Self::fold(&session.conn, &shared.to_the_end) {
                tracing::warn!(%error, "the write-ahead log was not folded in");
            }
            shared.working.store(false, Ordering::Release);
        }
    }

    fn fold(conn: &Connection, to_the_end: &AtomicBool) -> Result<(), StoreError> {
        for _ in 0..Self::ROUNDS {
            let log = Folding::pragma(conn, "PRAGMA wal_checkpoint(PASSIVE)")?;
            if !to_the_end.load(Ordering::Acquire) {
                break;
            }
            let since = Folding::pragma(conn, "PRAGMA wal_checkpoint(NOOP)")?;
            if since.frames - log.folded <= Self::LITTLE {
                break;
            }
        }
        Ok(())
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("what folds the write-ahead log in broke down");
        }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Integer(Some(number)) => ValueRef::Integer(number),
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Blob(Some(bytes)) => ValueRef::Blob(bytes),
            Self::Integer(None) | Self::Text(None) | Self::Blob(None) => ValueRef::Null,
        }))
    }
}

impl Cells for rusqlite::Row<'_> {
    fn integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.get_ref(column)?.as_i64_or_null().map_err(rusqlite::Error::from)?)
    }

    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        Ok(self.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?)
    }

    fn blob(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        Ok(self.get_ref(column)?.as_blob_or_null().map_err(rusqlite::Error::from)?)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::OperationInterrupted) => Self::Overtime,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::ConstraintViolation) => Self::Conflict(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged(error.to_string())
            }
            _ => Self::Database(error.to_string()),
        }
    }
}
