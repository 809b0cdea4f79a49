//! The pool of reading sessions.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::{Database, Session};
use crate::store::Generation;
use crate::{StoreError, StoreOptions};

/// How long a read waits for a session before it is turned away.
const PATIENCE: Duration = Duration::from_secs(5);
/// Reading sessions, opened as they are first needed.
pub(crate) struct Readers {
    database: Database,
    newest: bool,
    /// Whether other programs write into the same database, so that each snapshot tells of them.
    hears: bool,
    mmap_mib: u32,
    idle: Mutex<Idle>,
    freed: Condvar,
    generation: Arc<Generation>,
}

struct Idle {
    sessions: Vec<Opened>,
    unopened: usize,
}

/// A session with the generation that it was opened in: later it may be with a server that has been left behind.
struct Opened {
    session: Session,
    generation: u64,
}

impl Readers {
    /// With `newest`, everything is seen that was written.
    pub(crate) fn of(
        database: Database,
        options: &StoreOptions,
        newest: bool,
        generation: Arc<Generation>,
    ) -> Self {
        let idle = Idle { sessions: Vec::new(), unopened: options.readers.max(1) };
        let hears = newest && options.together && matches!(database, Database::Server(_));
        Self {
            database,
            newest,
            hears,
            mmap_mib: options.mmap_mib,
            idle: Mutex::new(idle),
            freed: Condvar::new(),
            generation,
        }
    }

    /// Whether other programs write into the same database, so that each snapshot tells of them.
    pub(crate) const fn hear_others(&self) -> bool {
        self.hears
    }

    /// What the sessions are of.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Runs `read` within one snapshot. With a time given, a statement that runs when it is over is
    /// broken off and answers [`StoreError::Overtime`].
    pub(crate) fn snapshot<T, E: From<StoreError>>(
        &self,
        time: Option<Duration>,
        read: impl FnOnce(&Session) -> Result<T, E>,
    ) -> Result<T, E> {
        let opened = self.begin(time)?;
        let answer = catch_unwind(AssertUnwindSafe(|| read(&opened.session)));
        self.put_back(opened);
        answer.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Begins a snapshot. Sessions that were lost while they were idle are opened anew.
    fn begin(&self, time: Option<Duration>) -> Result<Opened, StoreError> {
        loop {
            let (mut opened, fresh) = self.take()?;
            match opened.session.begin_reading(time, self.hears) {
                Ok(()) => return Ok(opened),
                Err(StoreError::Unavailable(_)) if !fresh => {
                    self.generation.raise();
                    self.put_back(opened);
                }
                Err(error) => {
                    self.put_back(opened);
                    return Err(error);
                }
            }
        }
    }

    /// A session, and whether it was opened for this.
    fn take(&self) -> Result<(Opened, bool), StoreError> {
        let generation = self.generation.now();
        let until = Instant::now() + PATIENCE;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            while let Some(opened) = idle.sessions.pop() {
                if opened.generation == generation {
                    return Ok((opened, false));
                }
                idle.unopened += 1;
            }
            if idle.unopened > 0 {
                idle.unopened -= 1;
                drop(idle);
                let opened = self.database.open_reading(self.mmap_mib, self.newest, self.hears);
                let opened = opened.map(|session| (Opened { session, generation }, true));
                return opened.inspect_err(|_| self.give_up());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(StoreError::Busy);
            }
            idle = self.freed.wait_timeout(idle, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends the snapshot and hands the session to the next reader; a broken one is closed.
    fn put_back(&self, mut opened: Opened) {
        if opened.session.end_reading().is_err() {
            drop(opened);
            return self.give_up();
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).sessions.push(opened);
        self.freed.notify_one();
    }

    fn give_up(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).unopened += 1;
        self.freed.notify_one();
    }
}
