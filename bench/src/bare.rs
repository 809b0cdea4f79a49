//! The bare engine: SQLite with the same group commit, storing the same bytes and nothing else.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rusqlite::{Connection, params};

/// Bytes that callers and writer share.
pub(crate) type Bytes = Arc<[u8]>;
/// One document: key, client, case, metadata, body as sent.
type Stored = (u64, u64, u64, Bytes, Bytes);
type Job = (Stored, SyncSender<()>);

/// One writer thread over one database.
pub(crate) struct Bare {
    jobs: Mutex<Option<SyncSender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    groups: Arc<AtomicU64>,
}

impl Bare {
    /// Opens a new database in the folder.
    pub(crate) fn open(folder: &Path) -> rusqlite::Result<Self> {
        let conn = Connection::open(folder.join("bare.db"))?;
        conn.execute_batch(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536;
             CREATE TABLE document (id INTEGER PRIMARY KEY, client INTEGER NOT NULL,
                 metadata BLOB NOT NULL, body BLOB NOT NULL) STRICT;
             CREATE TABLE by_client (client INTEGER, id INTEGER, PRIMARY KEY (client, id))
                 STRICT, WITHOUT ROWID;
             CREATE TABLE by_case (case_id INTEGER, id INTEGER, PRIMARY KEY (case_id, id))
                 STRICT, WITHOUT ROWID;
             CREATE TABLE audit (line INTEGER PRIMARY KEY, text BLOB NOT NULL) STRICT;",
        )?;
        let (jobs, waiting) = sync_channel(1024);
        let groups = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&groups);
        let writer = std::thread::spawn(move || write_all(&conn, &waiting, &counted));
        Ok(Self { jobs: Mutex::new(Some(jobs)), writer: Mutex::new(Some(writer)), groups })
    }

    /// A way to hand documents over, for one caller.
    pub(crate) fn caller(&self) -> SyncSender<Job> {
        self.jobs.lock().expect("no caller broke down").clone().expect("open")
    }

    /// Stores a document and waits until it is on disk.
    pub(crate) fn store(
        jobs: &SyncSender<Job>,
        keys: (u64, u64, u64),
        metadata: &Bytes,
        body: &Bytes,
    ) {
        let (reply, answer) = sync_channel(1);
        let (id, client, case) = keys;
        let job = ((id, client, case, Arc::clone(metadata), Arc::clone(body)), reply);
        jobs.send(job).expect("the writer lives");
        answer.recv().expect("the writer answers");
    }

    /// How many groups were committed.
    pub(crate) fn groups(&self) -> u64 {
        self.groups.load(Ordering::Relaxed)
    }

    /// Ends the writer.
    pub(crate) fn close(&self) {
        drop(self.jobs.lock().expect("no caller broke down").take());
        if let Some(writer) = self.writer.lock().expect("no caller broke down").take() {
            writer.join().expect("the writer ends");
        }
    }
}

fn write_all(conn: &Connection, waiting: &Receiver<Job>, groups: &AtomicU64) {
    const MOST: usize = 256;
    while let Ok(first) = waiting.recv() {
        let mut group = vec![first];
        while let (true, Ok(job)) = (group.len() < MOST, waiting.try_recv()) {
            group.push(job);
        }
        conn.execute_batch("BEGIN IMMEDIATE").expect("the database begins");
        for (job, _) in &group {
            conn.execute_batch("SAVEPOINT one").expect("the database takes a savepoint");
            insert(conn, job).expect("the database inserts");
            conn.execute_batch("RELEASE one").expect("the database releases");
        }
        conn.execute_batch("COMMIT").expect("the database commits");
        groups.fetch_add(1, Ordering::Relaxed);
        for (_, reply) in group {
            let _ = reply.send(());
        }
    }
}

fn insert(conn: &Connection, (id, client, case, metadata, body): &Stored) -> rusqlite::Result<()> {
    const AUDIT: [u8; 180] = [b'x'; 180];
    let (id, client, case) = (id.cast_signed(), client.cast_signed(), case.cast_signed());
    conn.prepare_cached("INSERT INTO document VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        id,
        client,
        &metadata[..],
        &body[..]
    ])?;
    conn.prepare_cached("INSERT INTO by_client VALUES (?1, ?2)")?.execute([client, id])?;
    conn.prepare_cached("INSERT INTO by_case VALUES (?1, ?2)")?.execute([case, id])?;
    conn.prepare_cached("INSERT INTO audit VALUES (NULL, ?1)")?.execute([&AUDIT[..]])?;
    Ok(())
}
