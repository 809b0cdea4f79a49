//! The pool of reading connections, and how connections are set up.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::migrations::is_ours_or_empty;
use crate::{StoreError, StoreOptions};

/// Statements kept prepared on each connection.
const STATEMENTS_KEPT: usize = 256;
/// How long a read waits for a connection before it is turned away.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many steps of SQLite's machine lie between two looks at the clock: some microseconds.
const STEPS_BETWEEN_LOOKS: i32 = 1000;
/// How long a connection waits for another process's lock.
pub(crate) const LOCK_PATIENCE: Duration = Duration::from_secs(5);

/// Opens the one connection that writes, making the database when there is none.
///
/// Foreign keys are not enforced here: a parent is written by the same function as its child, and
/// the check would cost a lookup for every row. `verify` checks them all instead. A database that is
/// not a store is left as it is. The writer itself folds the write-ahead log in, between groups.
pub(crate) fn open_writing(path: &Path, options: &StoreOptions) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(LOCK_PATIENCE)?;
    keep_plans(&conn)?;
    if !is_ours_or_empty(&conn)? {
        return Err(StoreError::NotAStore(path.into()));
    }
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
    conn.pragma_update(None, "secure_delete", "FAST")?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(conn)
}

/// A prepared statement keeps its plan. Otherwise SQLite parses and plans it anew whenever a bound value that the
/// plan could turn on changes, which is at every look, and costs more than the rows. Each statement names its index.
fn keep_plans(conn: &Connection) -> Result<(), StoreError> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn open_reading(path: &Path, mmap_mib: u32) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(LOCK_PATIENCE)?;
    keep_plans(&conn)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "mmap_size", i64::from(mmap_mib) << 20)?;
    conn.pragma_update(None, "cache_size", -8 * 1024)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    Ok(conn)
}

/// Reading connections, opened as they are first needed.
pub(crate) struct Readers {
    path: PathBuf,
    mmap_mib: u32,
    idle: Mutex<Idle>,
    freed: Condvar,
}

struct Idle {
    connections: Vec<Connection>,
    unopened: usize,
}

impl Readers {
    pub(crate) fn of(path: &Path, options: &StoreOptions) -> Self {
        let idle = Idle { connections: Vec::new(), unopened: options.readers.max(1) };
        Self {
            path: path.into(),
            mmap_mib: options.mmap_mib,
            idle: Mutex::new(idle),
            freed: Condvar::new(),
        }
    }

    /// Runs `read` within one snapshot. With a time given, a statement that runs when it is over is
    /// broken off and answers [`StoreError::Overtime`].
    pub(crate) fn snapshot<T, E: From<StoreError>>(
        &self,
        time: Option<Duration>,
        read: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.take()?;
        if let Err(error) = watch(&mut conn, time) {
            self.put_back(conn);
            return Err(error.into());
        }
        let answer = catch_unwind(AssertUnwindSafe(|| {
            begin(&conn)?;
            read(&conn)
        }));
        self.put_back(conn);
        answer.unwrap_or_else(|panic| resume_unwind(panic))
    }

    fn take(&self) -> Result<Connection, StoreError> {
        let until = Instant::now() + PATIENCE;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(conn) = idle.connections.pop() {
                return Ok(conn);
            }
            if idle.unopened > 0 {
                idle.unopened -= 1;
                drop(idle);
                return open_reading(&self.path, self.mmap_mib).inspect_err(|_| self.give_up());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(StoreError::Busy);
            }
            idle = self.freed.wait_timeout(idle, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends the snapshot and hands the connection to the next reader; a broken one is closed.
    fn put_back(&self, mut conn: Connection) {
        let ended = watch(&mut conn, None).is_ok() && (conn.is_autocommit() || end(&conn).is_ok());
        if !ended {
            drop(conn);
            return self.give_up();
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).connections.push(conn);
        self.freed.notify_one();
    }

    fn give_up(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).unopened += 1;
        self.freed.notify_one();
    }
}

/// Has statements broken off once the time is over; without a time, no more.
fn watch(conn: &mut Connection, time: Option<Duration>) -> Result<(), StoreError> {
    let until = time.map(|time| Instant::now() + time);
    let over = until.map(|until| move || Instant::now() > until);
    Ok(conn.progress_handler(STEPS_BETWEEN_LOOKS, over)?)
}

fn begin(conn: &Connection) -> Result<(), StoreError> {
    conn.prepare_cached("BEGIN DEFERRED")?.execute([])?;
    Ok(())
}

fn end(conn: &Connection) -> Result<(), StoreError> {
    conn.prepare_cached("ROLLBACK")?.execute([])?;
    Ok(())
}
