//! The pool of reading sessions.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::{Database, Session};
use crate::{StoreError, StoreOptions};

/// How long a read waits for a session before it is turned away.
const PATIENCE: Duration = Duration::from_secs(5);
/// Reading sessions, opened as they are first needed.
pub(crate) struct Readers {
    database: Database,
    newest: bool,
    mmap_mib: u32,
    idle: Mutex<Idle>,
    freed: Condvar,
}

struct Idle {
    sessions: Vec<Session>,
    unopened: usize,
}

impl Readers {
    /// With `newest`, everything is seen that was written.
    pub(crate) fn of(database: Database, options: &StoreOptions, newest: bool) -> Self {
        let idle = Idle { sessions: Vec::new(), unopened: options.readers.max(1) };
        Self {
            database,
            newest,
            mmap_mib: options.mmap_mib,
            idle: Mutex::new(idle),
            freed: Condvar::new(),
        }
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
        let session = self.begin(time)?;
        let answer = catch_unwind(AssertUnwindSafe(|| read(&session)));
        self.put_back(session);
        answer.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Begins a snapshot. Sessions that were lost while they were idle are opened anew.
    fn begin(&self, time: Option<Duration>) -> Result<Session, StoreError> {
        loop {
            let (mut session, fresh) = self.take()?;
            match session.begin_reading(time) {
                Ok(()) => return Ok(session),
                Err(StoreError::Unavailable(_)) if !fresh => self.put_back(session),
                Err(error) => {
                    self.put_back(session);
                    return Err(error);
                }
            }
        }
    }

    /// A session, and whether it was opened for this.
    fn take(&self) -> Result<(Session, bool), StoreError> {
        let until = Instant::now() + PATIENCE;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(session) = idle.sessions.pop() {
                return Ok((session, false));
            }
            if idle.unopened > 0 {
                idle.unopened -= 1;
                drop(idle);
                let opened = self.database.open_reading(self.mmap_mib, self.newest);
                return opened.map(|session| (session, true)).inspect_err(|_| self.give_up());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(StoreError::Busy);
            }
            idle = self.freed.wait_timeout(idle, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends the snapshot and hands the session to the next reader; a broken one is closed.
    fn put_back(&self, mut session: Session) {
        if session.end_reading().is_err() {
            drop(session);
            return self.give_up();
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).sessions.push(session);
        self.freed.notify_one();
    }

    fn give_up(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).unopened += 1;
        self.freed.notify_one();
    }
}
