//! The server engine: PostgreSQL, spoken to over one connection a session.
//!
//! Whoever has the store open for writing holds a lock of the database for as long as the connection lasts, alone or
//! together with others; each transaction that writes takes another, so that one of them writes at a time. What a lost
//! connection had begun is undone by the database before another can have its locks.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::error::Error as _;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::BytesMut;
use tokio::runtime::{Builder, Runtime};
use tokio::task::AbortHandle;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Error, SimpleQueryMessage, Statement};

use super::address::ServerAddress;
use super::dialect;
use super::tables::Table;
use super::{Cells, MARK_TABLE, Row, Schema, Statements, Value};
use crate::StoreError;
use crate::keymaker::PROGRAMS;
use crate::migrations::MIGRATIONS;
use crate::together::{TOLD, Told};

/// Whose transaction holds this lock of the database writes. Programs of before there were several hold it always.
const WRITING: i64 = i64::from_be_bytes(*b"varanto\0");
/// Who has the store open for writing holds this lock, alone or together with others.
const OPEN: i64 = i64::from_be_bytes(*b"varanto\x01");
/// Whoever holds this lock leads in the work in the background.
const LEADING: i64 = i64::from_be_bytes(*b"varanto\x02");
/// The locks of the numbers of those who write together.
const NUMBERS: i64 = i64::from_be_bytes(*b"vrnto\x03\0\0");
/// How long a lock is waited for that is held for as long as a program is connected: one that was killed lets go of it
/// in a moment.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// How long the database may take to begin and to undo. One that says nothing for longer is lost.
const ANSWERING: Duration = Duration::from_secs(10);
/// How long it may take to commit: then nobody knows whether it did.
const COMMITTING: Duration = Duration::from_secs(30);
/// How long a statement of an operation that writes may take.
const WORKING: Duration = Duration::from_mins(10);
/// How much longer than its time a read that is broken off may take to say so.
const BREAKING_OFF: Duration = Duration::from_secs(5);
/// What the session that writes asks of the server: to be durable, to wait for others for a moment and ask
/// again, and to let go of the locks soon when this side is gone.
const AS_WRITER: &str = "SET synchronous_commit = on; SET statement_timeout = 0; SET lock_timeout = 1000;
    SET idle_in_transaction_session_timeout = 0; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 3;
    SET tcp_keepalives_count = 4; SET tcp_user_timeout = 20000; SET client_connection_check_interval = 5000";
/// What one that writes together with others asks, too: that its transaction is undone when it says nothing for a while in
/// the midst of it, because its machine stands still, so that the others can write.
const AMONG_OTHERS: &str = "SET idle_in_transaction_session_timeout = 20000";
/// What one that reads beside others asks: its snapshot, too, holds up who would change tables.
const READING: &str = "SET idle_in_transaction_session_timeout = 300000";
/// How many rows of a long list are fetched at once.
const ROWS_AT_ONCE: u32 = 256;

/// What speaks for the connections of all sessions, so that whoever waits may be within another runtime.
static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();

type Failure = Box<dyn std::error::Error + Sync + Send>;

/// One connection to the database.
pub(crate) struct Session {
    client: Client,
    /// Ends the connection, whatever it waits for.
    connection: AbortHandle,
    address: ServerAddress,
    statements: RefCell<HashMap<&'static str, Statement>>,
    /// A transaction goes on.
    begun: Cell<bool>,
    /// It writes.
    writing: Cell<bool>,
    /// A statement of the transaction failed, so it takes no more until that is undone.
    failed: Cell<bool>,
    /// The connection is of no more use.
    lost: Cell<bool>,
    changes: Cell<u64>,
    cursors: Cell<u64>,
    /// When the snapshot has taken too long.
    until: Cell<Option<Instant>>,
    /// What other programs told until the snapshot was taken.
    told: RefCell<Option<Arc<Told>>>,
    /// The number of this program among those that write together.
    number: Cell<Option<i64>>,
}

impl Session {
    /// Connects to a server that takes writes, and waits a while until nobody has it open; `together` with others: nobody
    /// who has it open alone.
    pub(crate) fn open_writing(
        address: &ServerAddress,
        together: bool,
    ) -> Result<Self, StoreError> {
        const ALONE: &str = "SELECT pg_try_advisory_lock(?1)";
        const TOGETHER: &str = "SELECT pg_try_advisory_lock_shared(?1)";
        let session = Self::connect(address, true)?;
        session.script(AS_WRITER)?;
        let coded: String = session.one("SHOW server_encoding", [], |row| row.get(0))?;
        if coded != "UTF8" {
            let why = format!("leads to a database of {coded}, and it must be one of UTF8");
            return Err(StoreError::Address(why));
        }
        let until = Instant::now() + LOCK_PATIENCE;
        let lock = if together { TOGETHER } else { ALONE };
        while !session.one(lock, [OPEN], |row| row.get::<bool>(0))? {
            if Instant::now() > until {
                return Err(StoreError::Locked(address.name().into()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        if together {
            session.script(AMONG_OTHERS)?;
            session.take_number()?;
        }
        if session.is_ours_or_empty()? {
            Ok(session)
        } else {
            Err(StoreError::NotAStore(address.name().into()))
        }
    }

    /// Takes a number that no other connected program has, beginning anywhere: one that was used a moment ago by a program
    /// which lost its connection is unlikely to come again at once.
    fn take_number(&self) -> Result<(), StoreError> {
        const LOCK: &str = "SELECT pg_try_advisory_lock(?1)";
        let mut random = [0; 2];
        aws_lc_rs::rand::fill(&mut random)
            .map_err(|_| StoreError::Database("no random bytes".into()))?;
        let first = i64::from(u16::from_be_bytes(random));
        for step in 0..PROGRAMS {
            let number = (first + step) % PROGRAMS;
            if self.one(LOCK, [NUMBERS + number], |row| row.get::<bool>(0))? {
                self.number.set(Some(number));
                return Ok(());
            }
        }
        Err(StoreError::Locked(self.address.name().into()))
    }

    pub(super) fn number(&self) -> Option<i64> {
        self.number.get()
    }

    /// Connects to ask for the lead in the work in the background.
    pub(super) fn open_leading(address: &ServerAddress) -> Result<Self, StoreError> {
        let session = Self::connect(address, true)?;
        session.script(AS_WRITER)?;
        Ok(session)
    }

    /// Takes the lead, when nobody has it.
    pub(super) fn take_lead(&self) -> Result<bool, StoreError> {
        const LOCK: &str = "SELECT pg_try_advisory_lock(?1)";
        self.script("SELECT 1")?;
        self.one(LOCK, [LEADING], |row| row.get(0))
    }

    /// Whether the database answers on this connection.
    pub(super) fn answers(&self) -> bool {
        self.script("SELECT 1").is_ok()
    }

    /// Connects for reading; `newest`: to the server that takes writes, so that what was written is seen.
    pub(crate) fn open_reading(
        address: &ServerAddress,
        newest: bool,
        hears: bool,
    ) -> Result<Self, StoreError> {
        let session = Self::connect(address, newest)?;
        if hears {
            session.script(READING)?;
        }
        Ok(session)
    }

    fn connect(address: &ServerAddress, writes: bool) -> Result<Self, StoreError> {
        let runtime = RUNTIME.get_or_init(|| {
            Builder::new_multi_thread().worker_threads(2).enable_all().build().ok()
        });
        let runtime = runtime.as_ref().ok_or_else(|| StoreError::Database("no threads".into()))?;
        let to = address.clone();
        let connected = wait_until(None, runtime.spawn(async move { to.connect(writes).await }));
        let connected = connected.ok_or_else(|| StoreError::Database("no connection".into()))?;
        let connected = connected.map_err(|error| StoreError::Database(error.to_string()))?;
        let (client, connection) = connected.map_err(|error| {
            let Some(error) = error else {
                return StoreError::Unavailable(format!("{} does not answer", address.name()));
            };
            let why = format!("{}: {}", address.name(), said(&error));
            match fault(&error) {
                // Wrong names and passwords among them: nothing can be read or written either way.
                StoreError::Database(_) => StoreError::Unavailable(why),
                other => other,
            }
        })?;
        let session = Self {
            client,
            connection,
            address: address.clone(),
            statements: RefCell::default(),
            begun: Cell::new(false),
            writing: Cell::new(false),
            failed: Cell::new(false),
            lost: Cell::new(false),
            changes: Cell::new(0),
            cursors: Cell::new(0),
            until: Cell::new(None),
            told: RefCell::new(None),
            number: Cell::new(None),
        };
        // Compiling a statement costs more than any of ours takes.
        session.script("SET jit = off; SET client_min_messages = warning")?;
        Ok(session)
    }

    /// Waits for the answer to a statement, for as long as one may take.
    fn wait<T>(&self, work: impl Future<Output = Result<T, Error>>) -> Result<T, StoreError> {
        let time = self.time_left()?.or_else(|| self.writing.get().then_some(WORKING));
        self.wait_at_most(time, work)
    }

    /// How long a snapshot with a time may still take, and somewhat more to say so.
    fn time_left(&self) -> Result<Option<Duration>, StoreError> {
        let Some(until) = self.until.get() else { return Ok(None) };
        match until.checked_duration_since(Instant::now()) {
            Some(left) => Ok(Some(left + BREAKING_OFF)),
            None => Err(StoreError::Overtime),
        }
    }

    /// Waits for an answer. Without one in time the connection is ended: a server that hangs would hold everybody up.
    fn wait_at_most<T>(
        &self,
        time: Option<Duration>,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, StoreError> {
        let Some(answer) = wait_until(time.map(|time| Instant::now() + time), work) else {
            self.failed.set(true);
            self.give_up();
            let name = self.address.name();
            return Err(StoreError::Unavailable(format!("{name} does not answer")));
        };
        answer.map_err(|error| {
            self.failed.set(true);
            let fault = match fault(&error) {
                StoreError::Database(why) if self.client.is_closed() => {
                    StoreError::Unavailable(why)
                }
                fault => fault,
            };
            // A plan that no longer fits the tables is made anew with the connection.
            let stale = error.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED);
            if stale || matches!(fault, StoreError::Unavailable(_)) {
                self.lost.set(true);
            }
            fault
        })
    }

    /// Ends the connection. The database undoes what was begun and lets go of the lock as soon as it hears of it.
    pub(super) fn give_up(&self) {
        self.lost.set(true);
        self.connection.abort();
    }

    fn statement(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let types: Vec<Type> = values.iter().map(kind).collect();
        let text = dialect::statement(sql);
        let statement = self.wait(self.client.prepare_typed(&text, &types))?;
        self.statements.borrow_mut().insert(sql, statement.clone());
        Ok(statement)
    }

    fn script(&self, sql: &str) -> Result<(), StoreError> {
        self.wait_at_most(Some(ANSWERING), self.client.batch_execute(sql))
    }

    /// Runs statements that make tables, one after the other.
    pub(crate) fn define(&self, sql: &str) -> Result<(), StoreError> {
        let definition = dialect::definition(sql);
        self.wait_at_most(None, self.client.batch_execute(&definition))
    }

    /// Begins a transaction that writes, when it is this program's turn.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when it is not for now: nothing has begun.
    pub(crate) fn begin_writing(&self) -> Result<(), StoreError> {
        // What another committed before this one had the lock is seen by the next statement, whatever the default is.
        let begin = "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock";
        self.failed.set(false);
        // Also when the lock was not had, it has begun.
        self.begun.set(true);
        let Err(error) = self.script(&format!("{begin}({WRITING})")) else {
            self.writing.set(true);
            return Ok(());
        };
        if self.loss().is_none() {
            self.roll_back()?;
        }
        Err(match error {
            // It was waited for in vain, or an operator ended the waiting.
            StoreError::Busy | StoreError::Overtime => {
                StoreError::Locked(self.address.name().into())
            }
            other => other,
        })
    }

    /// Begins a snapshot; with `hears`, takes down what other programs tell in it.
    pub(crate) fn begin_reading(
        &self,
        time: Option<Duration>,
        hears: bool,
    ) -> Result<(), StoreError> {
        let bounded = time.map(|time| {
            let millis = time.as_millis().clamp(1, 1 << 30);
            format!("SET LOCAL statement_timeout = {millis};")
        });
        let bounded = bounded.unwrap_or_default();
        let asked = if hears { TOLD } else { "" };
        let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;{bounded}{asked}");
        self.told.replace(None);
        self.failed.set(false);
        // Also when the rest of it fails, it has begun.
        self.begun.set(true);
        let answer = self.wait_at_most(Some(ANSWERING), self.client.simple_query(&begin))?;
        self.told.replace(if hears { told(&answer).map(Arc::new) } else { None });
        self.until.set(time.map(|time| Instant::now() + time));
        Ok(())
    }

    pub(super) fn told(&self) -> Option<Arc<Told>> {
        self.told.borrow().clone()
    }

    fn begin(&self, sql: &str) -> Result<(), StoreError> {
        self.script(sql)?;
        self.begun.set(true);
        self.failed.set(false);
        Ok(())
    }

    pub(crate) fn end_reading(&self) -> Result<(), StoreError> {
        self.until.set(None);
        match self.loss() {
            Some(error) => Err(error),
            None => self.roll_back(),
        }
    }

    /// Commits. When the connection is lost meanwhile, nobody knows yet whether the work is kept.
    pub(crate) fn commit(&self) -> Result<(), StoreError> {
        if self.failed.get() {
            // The database would undo all, and say nothing of it.
            return Err(StoreError::NotCommitted("a statement failed".into()));
        }
        if let Some(error) = self.loss() {
            return Err(error);
        }
        let refused = Cell::new(false);
        let committing = async {
            let answer = self.client.batch_execute("COMMIT").await;
            answer.inspect_err(|error| refused.set(error.as_db_error().is_some()))
        };
        match self.wait_at_most(Some(COMMITTING), committing) {
            Err(StoreError::Unavailable(why)) => Err(StoreError::OutcomeUnknown(why)),
            // The database alone knows that nothing is kept, and only when it says so.
            Err(error) if !refused.get() => Err(StoreError::OutcomeUnknown(error.to_string())),
            Err(error) => Err(error),
            Ok(()) => {
                self.begun.set(false);
                self.writing.set(false);
                Ok(())
            }
        }
    }

    pub(crate) fn roll_back(&self) -> Result<(), StoreError> {
        if !self.begun.get() {
            return Ok(());
        }
        self.script("ROLLBACK")?;
        self.begun.set(false);
        self.writing.set(false);
        self.failed.set(false);
        Ok(())
    }

    pub(crate) fn begin_part(&self) -> Result<(), StoreError> {
        self.script("SAVEPOINT operation")
    }

    pub(crate) fn undo_part(&self) -> Result<(), StoreError> {
        self.script("ROLLBACK TO SAVEPOINT operation")?;
        self.failed.set(false);
        Ok(())
    }

    pub(crate) fn end_part(&self) -> Result<(), StoreError> {
        self.script("RELEASE SAVEPOINT operation")
    }

    pub(crate) fn loss(&self) -> Option<StoreError> {
        let lost = self.lost.get() || self.client.is_closed();
        lost.then(|| StoreError::Unavailable(format!("{} was lost", self.address.name())))
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.get()
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes.get()
    }

    pub(crate) fn is_ours_or_empty(&self) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
        if self.has_table(MARK_TABLE)? {
            return Ok(true);
        }
        let tables: i64 = self.one(SQL, [], |row| row.get(0))?;
        Ok(tables == 0)
    }

    pub(crate) fn has_table(&self, name: &str) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT EXISTS (SELECT 1 FROM pg_tables
            WHERE schemaname = current_schema() AND tablename = ?1)";
        self.one(SQL, [name], |row| row.get(0))
    }

    /// What we keep is compressed and encrypted already: the database need not try.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        const SQL: &str = "SELECT format('ALTER TABLE %I ALTER COLUMN %I SET STORAGE EXTERNAL',
            relname, attname) FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
            AND atttypid = 'bytea'::regtype AND attstorage = 'x' AND NOT attisdropped";
        let changes: Vec<String> = self.all(SQL, [], |row| row.get(0))?;
        self.define(&changes.join(";"))
    }

    pub(crate) fn schema(&self) -> Result<Schema, StoreError> {
        const SQL: &str = "SELECT 'column ' || relname || '.' || attname,
            concat_ws(' ', attnum, format_type(atttypid, atttypmod), attcollation::regcollation,
            attnotnull, pg_get_expr(adbin, adrelid))
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
            WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'v', 'm', 'p')
            AND attnum > 0 AND NOT attisdropped
            UNION ALL SELECT 'index ' || indexname,
            replace(indexdef, ' ON ' || quote_ident(schemaname) || '.', ' ON ')
            FROM pg_indexes WHERE schemaname = current_schema()
            UNION ALL SELECT 'constraint ' || relname || '.' || conname, pg_get_constraintdef(pg_constraint.oid)
            FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
            WHERE relnamespace = current_schema()::regnamespace
            UNION ALL SELECT 'trigger ' || relname || '.' || tgname, ''
            FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
            WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal
            UNION ALL SELECT 'rule ' || tablename || '.' || rulename, definition
            FROM pg_rules WHERE schemaname = current_schema()";
        let read = |row: &Row<'_>| {
            let (name, made): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            Ok((name.into_bytes(), made.map(String::into_bytes)))
        };
        Ok(self.all(SQL, [], read)?.into_iter().collect())
    }

    /// A session in an empty schema, which is gone with it.
    pub(super) fn aside(&self) -> Result<Self, StoreError> {
        let session = Self::connect(&self.address, true)?;
        session.begin(
            "BEGIN; CREATE SCHEMA varanto_as_made; SET LOCAL search_path = varanto_as_made",
        )?;
        Ok(session)
    }

    /// Looks for rows that name terms which there are not: nothing else belongs to a row that is not written with it.
    pub(crate) fn check_itself(&self) -> Result<Vec<(String, String)>, StoreError> {
        let definitions = MIGRATIONS.iter().map(|migration| migration.sql);
        let mut found = Vec::new();
        for (table, column) in dialect::columns_of_terms(definitions) {
            let sql = format!(
                "SELECT DISTINCT {column} FROM {table} AS kept WHERE {column} IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM term WHERE term.number = kept.{column}) LIMIT 1000"
            );
            for row in self.wait(self.client.query(&sql, &[]))? {
                let number = Cells::integer(&row, 0)?;
                let place = format!("table {table}, column {column}, value {number:?}");
                found.push((place, "belongs to no row of term".to_owned()));
            }
        }
        Ok(found)
    }

    pub(crate) fn write_tile(
        &self,
        (level, number): (u32, i64),
        hashes: &[u8],
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO tile (level, number, hashes) VALUES (?1, ?2, ?3)
            ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes";
        let level = Value::Integer(Some(level.into()));
        let (number, hashes) = (Value::Integer(Some(number)), Value::Blob(Some(hashes)));
        self.run(SQL, &[level, number, hashes]).map(drop)
    }
}

/// Rows on their way into a table, by the protocol's own road for many.
pub(crate) struct Filling<'s> {
    session: &'s Session,
    writer: Pin<Box<BinaryCopyInWriter>>,
}

impl Session {
    pub(super) fn fill(&self, table: &Table) -> Result<Filling<'_>, StoreError> {
        let sql = format!("COPY {} ({}) FROM STDIN (FORMAT binary)", table.name, table.names());
        let types: Vec<Type> = table.columns.iter().map(|(_, of)| kind(of)).collect();
        let sink = self.wait(self.client.copy_in(&sql))?;
        Ok(Filling { session: self, writer: Box::pin(BinaryCopyInWriter::new(sink, &types)) })
    }
}

impl Filling<'_> {
    pub(super) fn put(&mut self, values: &[Value<'_>]) -> Result<(), StoreError> {
        self.session.wait(self.writer.as_mut().write(&bound(values)))
    }

    pub(super) fn end(mut self) -> Result<(), StoreError> {
        self.session.wait(self.writer.as_mut().finish()).map(drop)
    }
}

impl Statements for Session {
    fn visit(
        &self,
        sql: &'static str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let statement = self.statement(sql, values)?;
        let rows = self.wait(self.client.query(&statement, &bound(values)))?;
        if !sql.starts_with("SELECT") {
            self.changes.set(self.changes.get() + rows.len() as u64);
        }
        let _ = rows.iter().try_for_each(|row| visit(&Row::of(row)));
        Ok(())
    }

    fn walk(
        &self,
        sql: &str,
        values: &[Value<'_>],
        visit: &mut dyn FnMut(&Row<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let cursor = format!("walk_{}", self.cursors.replace(self.cursors.get() + 1));
        let types: Vec<Type> = values.iter().map(kind).collect();
        let declared = format!("DECLARE {cursor} NO SCROLL CURSOR FOR {}", dialect::statement(sql));
        let declared = self.wait(self.client.prepare_typed(&declared, &types))?;
        self.wait(self.client.execute(&declared, &bound(values)))?;
        let fetched = format!("FETCH {ROWS_AT_ONCE} FROM {cursor}");
        let fetched = self.wait(self.client.prepare(&fetched))?;
        loop {
            let rows = self.wait_at_most(self.time_left()?, self.client.query(&fetched, &[]))?;
            let ended = rows.iter().try_for_each(|row| visit(&Row::of(row))).is_break();
            if ended || rows.is_empty() {
                return self.script(&format!("CLOSE {cursor}"));
            }
        }
    }

    fn run(&self, sql: &'static str, values: &[Value<'_>]) -> Result<usize, StoreError> {
        let statement = self.statement(sql, values)?;
        let changed = self.wait(self.client.execute(&statement, &bound(values)))?;
        self.changes.set(self.changes.get() + changed);
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }
}

/// What other programs tell, of the row that came with the beginning of a snapshot.
fn told(heard: &[SimpleQueryMessage]) -> Option<Told> {
    let row = heard.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    })?;
    let number = |column: usize| row.get(column).and_then(|text| text.parse().ok());
    let news = row.get(4).and_then(|text| BASE64.decode(text).ok());
    Some(Told {
        size: number(0)?,
        note: row.get(1).unwrap_or_default().to_owned(),
        writer: row.get(2).map(str::to_owned),
        last_key: number(3).unwrap_or(0),
        news: Told::news_of(news.as_deref()),
    })
}

/// Whoever waits for the other side's answer.
struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread until the work is done; `None` when that is not so at an instant.
fn wait_until<T>(until: Option<Instant>, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let waker = Waker::from(Arc::new(Parked(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return Some(done);
        }
        let Some(until) = until else {
            std::thread::park();
            continue;
        };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        std::thread::park_timeout(left);
    }
}

fn kind(value: &Value<'_>) -> Type {
    match value {
        Value::Integer(_) => Type::INT8,
        Value::Text(_) => Type::TEXT,
        Value::Blob(_) => Type::BYTEA,
    }
}

fn bound<'v>(values: &'v [Value<'v>]) -> Vec<&'v (dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Value<'_> {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        match self {
            Value::Integer(number) => number.to_sql(of, out),
            Value::Text(text) => text.to_sql(of, out),
            Value::Blob(bytes) => bytes.to_sql(of, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A whole number of any width, or a yes or no.
struct Whole(i64);

impl<'r> FromSql<'r> for Whole {
    fn from_sql(of: &Type, raw: &'r [u8]) -> Result<Self, Failure> {
        Ok(Self(match *of {
            Type::BOOL => bool::from_sql(of, raw)?.into(),
            Type::INT2 => i16::from_sql(of, raw)?.into(),
            Type::INT4 => i32::from_sql(of, raw)?.into(),
            _ => i64::from_sql(of, raw)?,
        }))
    }

    fn accepts(of: &Type) -> bool {
        matches!(*of, Type::BOOL | Type::INT2 | Type::INT4 | Type::INT8)
    }
}

impl Cells for tokio_postgres::Row {
    fn integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        let whole = self.try_get::<_, Option<Whole>>(column).map_err(|error| fault(&error))?;
        Ok(whole.map(|whole| whole.0))
    }

    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        self.try_get(column).map_err(|error| fault(&error))
    }

    fn blob(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        self.try_get(column).map_err(|error| fault(&error))
    }
}

/// What an error of the database is to the store.
fn fault(error: &Error) -> StoreError {
    let Some(code) = error.code() else {
        return if error.is_closed() || is_of_the_connection(error) {
            StoreError::Unavailable(said(error))
        } else {
            StoreError::Database(said(error))
        };
    };
    match code.code().split_at(2) {
        // The connection; an operator who stops the server; too many connections; a standby, which takes no writes; a
        // transaction in the midst of which nothing was said for too long.
        ("08", _)
        | ("57", "P01" | "P02" | "P03" | "P05")
        | ("53", "300")
        | ("25", "006" | "P03") => StoreError::Unavailable(said(error)),
        ("53", "100") => StoreError::DiskFull,
        ("57", "014") => StoreError::Overtime,
        ("40" | "55", _) => StoreError::Busy,
        ("23", _) => StoreError::Conflict(said(error)),
        ("XX", "001" | "002") => StoreError::Damaged(said(error)),
        _ => StoreError::Database(said(error)),
    }
}

fn is_of_the_connection(error: &Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<std::io::Error>() {
            return true;
        }
        source = cause.source();
    }
    false
}

/// What the database said, without the values that it quotes in its detail.
fn said(error: &Error) -> String {
    match error.as_db_error() {
        Some(told) => format!("{} ({})", told.message(), told.code().code()),
        None => match error.source() {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}
