//! The one writer: it takes waiting operations in groups and makes each group durable at once.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use varanto_domain::archive::proof::{CheckpointBody, Peaks};

use crate::engine::{Database, Session};
use crate::error::Commits;
use crate::migrations::{MIGRATIONS, require_current};
use crate::proof_log::{Checkpoint, Seal, Tail, insert_checkpoint, unstored};
use crate::store::{KEY_HORIZON, Shared, key_horizon, refuse_moved, write_fact};
use crate::together::{Told, WriterName, new_writer_name};
use crate::tx::{Effects, ReadTx, WriteTx};
use crate::{Durable, StoreError, StoreOptions};

/// What reaches the writer.
pub(crate) enum Job {
    /// An operation to run; one that gives way lets all others run before it.
    Run {
        /// What is run.
        operation: Box<dyn Operation>,
        /// Whether it gives way.
        gives_way: bool,
    },
    /// Nothing follows: finish what came before, then end.
    Stop,
}

/// An operation on its way through the writer; hides what type it answers.
pub(crate) trait Operation: Send {
    /// Runs it. True when what it wrote is kept. It runs again when that was undone for a neighbour's
    /// sake.
    fn run(&mut self, tx: &mut WriteTx<'_>) -> bool;
    /// Puts an error in place of the answer of the last run, of which nothing can be kept.
    fn refuse(&mut self, error: StoreError);
    /// Tells whoever waits: its own answer once that is durable, else why nothing was kept.
    fn reply(self: Box<Self>, outcome: Result<Seal, StoreError>);
}

/// An operation with its answer and whoever waits for it.
pub(crate) struct Waiting<F, T, E> {
    work: F,
    answer: Option<Result<T, E>>,
    reply: SyncSender<Result<Durable<T>, E>>,
}

impl<F, T, E> Waiting<F, T, E> {
    pub(crate) fn new(work: F, reply: SyncSender<Result<Durable<T>, E>>) -> Self {
        Self { work, answer: None, reply }
    }
}

impl<F, T, E> Operation for Waiting<F, T, E>
where
    F: Fn(&mut WriteTx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Commits + Send,
{
    fn run(&mut self, tx: &mut WriteTx<'_>) -> bool {
        let answer = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)));
        let answer = answer.unwrap_or_else(|_| Err(E::from(StoreError::Panicked)));
        let kept = answer.as_ref().map_or_else(Commits::commits, |_| true);
        self.answer = Some(answer);
        kept
    }

    fn refuse(&mut self, error: StoreError) {
        self.answer = Some(Err(E::from(error)));
    }

    fn reply(mut self: Box<Self>, outcome: Result<Seal, StoreError>) {
        let answer = match (outcome, self.answer.take()) {
            (Ok(seal), Some(Ok(value))) => Ok(Durable { value, seal }),
            (Ok(_), Some(Err(error))) => Err(error),
            (Ok(_), None) => Err(E::from(StoreError::Closed)),
            // Its own answer may rest on what a neighbour wrote, and that is gone as well.
            (Err(error), _) => Err(E::from(error)),
        };
        // Whoever gave up waiting has gone; the outcome stands all the same.
        let _ = self.reply.send(answer);
    }
}

/// An operation that had its turn, with what it did beside its rows.
struct Done {
    operation: Box<dyn Operation>,
    effects: Effects,
}

/// The writer's own state: its connection, and the end of the proof log.
pub(crate) struct Writer {
    database: Database,
    options: StoreOptions,
    session: Session,
    shared: Arc<Shared>,
    tail: Tail,
    newest: Arc<Checkpoint>,
    /// Every key given so far lies under this one, and it is on disk.
    horizon: i64,
    /// What is in memory may be other than what is on disk, so it is read again before anything is written.
    unsure: bool,
    /// The name of this opening of the store; none where nobody else writes at the same time.
    name: Option<WriterName>,
    /// When another was last found to have written since this one's turn before.
    others_wrote: Option<Instant>,
}

impl Writer {
    pub(crate) fn new(
        (database, options): (Database, StoreOptions),
        session: Session,
        shared: Arc<Shared>,
        newest: Checkpoint,
        horizon: i64,
    ) -> Result<Self, StoreError> {
        let tail = Tail::load(&session, newest.body.size)?;
        let name = session.number().map(|_| new_writer_name());
        Ok(Self {
            database,
            options,
            session,
            shared,
            tail,
            newest: Arc::new(newest),
            horizon,
            unsure: false,
            name,
            others_wrote: None,
        })
    }

    /// Works until told to stop or until nobody can send any more.
    pub(crate) fn work(mut self, jobs: &Receiver<Job>, most: usize) {
        let on_server = matches!(self.database, Database::Server(_));
        let few = if on_server { FEW_ON_SERVER } else { FEW };
        let mut queue = Queue::of(few, most);
        loop {
            let (group, last) = queue.next_group(jobs);
            let gathered = group.len();
            self.shared.counters.waiting.fetch_sub(gathered, Ordering::Relaxed);
            let began = Instant::now();
            self.run(group);
            queue.took(began.elapsed());
            queue.others_wrote = self.others_wrote;
            self.session.tidy(queue.others_come());
            if last {
                break;
            }
        }
        if let Err(error) = self.session.fold() {
            tracing::warn!(%error, "the write-ahead log was not folded in at closing");
        }
    }

    /// Runs the operations and answers them.
    ///
    /// A savepoint for each would cost a copy of every page that it changes, and failures that have
    /// written are rare. So all run without; when one fails that has written, everything is undone and
    /// all run again, now each in a savepoint, so that the failure is undone alone.
    fn run(&mut self, mut group: VecDeque<Box<dyn Operation>>) {
        let mut alone = false;
        while !group.is_empty() {
            let mut done = Vec::with_capacity(group.len());
            match self.attempt(&mut group, &mut done, alone) {
                Ok(Some(sealing)) => self.answer(done, sealing),
                Ok(None) => {
                    let again = done.into_iter().map(|done| done.operation);
                    group = again.chain(group).collect();
                    alone = true;
                }
                Err(StoreError::Locked(_)) if done.is_empty() => {
                    let why = "others have been writing for longer than may be waited for";
                    for operation in group.drain(..) {
                        operation.reply(Err(StoreError::Unavailable(why.into())));
                    }
                }
                Err(error) => self.fail(done, &mut group, &error),
            }
        }
    }

    /// Runs the group and commits it; `None` when all was undone because one failed. On an error,
    /// `done` holds those whose work is lost, and the group those that had no turn yet.
    fn attempt(
        &mut self,
        group: &mut VecDeque<Box<dyn Operation>>,
        done: &mut Vec<Done>,
        alone: bool,
    ) -> Result<Option<Sealing>, StoreError> {
        self.begin()?;
        while let Some(operation) = group.pop_front() {
            done.push(Done { operation, effects: Effects::default() });
            let current = done.last_mut().expect("was pushed just now");
            let stands = if alone { self.turn_alone(current)? } else { self.turn(current)? };
            if !stands {
                self.tail.truncate_to_sealed();
                self.session.roll_back()?;
                return Ok(None);
            }
        }
        let sealing = self.seal()?;
        let started = Instant::now();
        self.session.commit()?;
        self.shared.counters.committed(done.len(), started.elapsed());
        Ok(Some(sealing))
    }

    /// One operation. False when it failed and something of it is left to undo. An error means that
    /// the whole group is lost.
    fn turn(&mut self, current: &mut Done) -> Result<bool, StoreError> {
        let before = (self.session.changes(), self.tail.size());
        let effects = &mut current.effects;
        let mut tx = WriteTx::turn(&self.session, &self.shared, &mut self.tail, effects);
        let kept = current.operation.run(&mut tx);
        if let Some(loss) = self.session.loss() {
            return Err(loss);
        }
        let failed = self.session.has_failed();
        if failed && kept {
            current.operation.refuse(StoreError::NotCommitted("a statement failed".into()));
        }
        if failed || !kept {
            *effects = Effects::default();
        }
        Ok(!failed && (kept || before == (self.session.changes(), self.tail.size())))
    }

    /// As [`Writer::turn`], in a savepoint, so that nothing of a failure is left.
    fn turn_alone(&mut self, current: &mut Done) -> Result<bool, StoreError> {
        self.session.begin_part()?;
        let mark = self.tail.size();
        if !self.turn(current)? {
            self.session.undo_part()?;
            self.tail.truncate(mark);
        }
        self.session.end_part()?;
        Ok(true)
    }

    /// Writes the horizon of keys, the grown tiles, and the checkpoint over them.
    fn seal(&mut self) -> Result<Sealing, StoreError> {
        let mut sealing = Sealing::default();
        if self.shared.ids.last() >= self.horizon {
            let mut horizon = self.shared.ids.next_horizon();
            if self.name.is_some() {
                // Another may have set more aside, and told nobody but whoever opens the store next.
                horizon = horizon.max(key_horizon(&self.session)?);
            }
            write_fact(&self.session, KEY_HORIZON, &horizon.to_be_bytes())?;
            sealing.horizon = Some(horizon);
        }
        if self.tail.has_unsealed() {
            self.tail.write_tiles(&self.session)?;
            let peaks = self.tail.peaks()?;
            let (origin, size) = (self.shared.origin.clone(), self.tail.size());
            let body = CheckpointBody { origin, size, root: peaks.root() };
            let checkpoint = Checkpoint::signed(self.shared.keys.ring(), body);
            let by = self.name.as_deref().map(|name| (name, self.shared.ids.last()));
            insert_checkpoint(&self.session, &checkpoint, self.shared.clock.now(), by)?;
            sealing.log = Some((peaks, Arc::new(checkpoint)));
        }
        Ok(sealing)
    }

    /// Answers everybody in a group that is on disk.
    fn answer(&mut self, done: Vec<Done>, sealing: Sealing) {
        if let Some(horizon) = sealing.horizon {
            self.horizon = horizon;
        }
        let (peaks, newest) = sealing.log.unzip();
        if let Some(newest) = newest {
            self.newest = newest;
        }
        for Done { operation, effects } in done {
            for (number, text) in &effects.terms {
                self.shared.terms.keep(*number, text);
            }
            let leaves = effects.leaves.iter().zip(peaks.iter().cycle());
            let leaves = leaves.map(|(leaf, peaks)| self.tail.prove(peaks, *leaf)).collect();
            let checkpoint = Arc::clone(&self.newest);
            operation.reply(Result::map(leaves, |leaves| Seal { checkpoint, leaves }));
        }
        self.tail.sealed();
    }

    /// Tells everybody whose work is lost. When not even a transaction could be begun, that is everybody.
    fn fail(
        &mut self,
        done: Vec<Done>,
        group: &mut VecDeque<Box<dyn Operation>>,
        error: &StoreError,
    ) {
        tracing::error!(%error, operations = done.len(), "a group of operations was not committed");
        self.shared.counters.failed.fetch_add(1, Ordering::Relaxed);
        self.unsure = true;
        self.shared.generation.raise();
        self.tail.truncate_to_sealed();
        if let Err(error) = self.session.roll_back() {
            tracing::warn!(%error, "the group was not undone at once");
        }
        let unbegun = if done.is_empty() { std::mem::take(group) } else { VecDeque::new() };
        for operation in done.into_iter().map(|done| done.operation).chain(unbegun) {
            operation.reply(Err(lost(error)));
        }
    }

    /// Begins a transaction; on a database that was lost meanwhile, once it is found again. What another program wrote
    /// since this one's last turn is taken up.
    fn begin(&mut self) -> Result<(), StoreError> {
        if self.session.is_broken() {
            self.find_again()?;
        }
        match self.begin_in_turn() {
            Err(StoreError::Unavailable(why)) if self.session.is_broken() => {
                tracing::warn!(why, "the database was lost while nothing was written");
                self.find_again()?;
                self.begin_in_turn()?;
            }
            begun => begun?,
        }
        let mut others = false;
        if self.name.is_some() {
            let told = Told::read(&self.session)?;
            self.shared.hear_in_turn(&self.session, &told)?;
            // Whatever names say: what is built on is the end of the log that is there.
            others = told.writer != self.name || unstored(told.size)? != self.tail.size();
            self.others_wrote = if others { Some(Instant::now()) } else { self.others_wrote };
        }
        if self.unsure || others { self.take_up() } else { Ok(()) }
    }

    /// Begins a transaction when it is this one's turn, for which it waits a while.
    fn begin_in_turn(&self) -> Result<(), StoreError> {
        let asked = Instant::now();
        loop {
            match self.session.begin_writing() {
                Err(StoreError::Locked(_)) if asked.elapsed() < TURN_PATIENCE => {
                    self.shared.counters.turn_waits.fetch_add(1, Ordering::Relaxed);
                }
                begun => return begun,
            }
        }
    }

    /// Opens the database again after its connection was lost.
    fn find_again(&mut self) -> Result<(), StoreError> {
        self.unsure = true;
        // It may live on, and hold the lock.
        self.session.give_up();
        let session = self.database.open_writing(&self.options).map_err(taken)?;
        require_current(&session, MIGRATIONS).map_err(|error| self.shared.newer(error))?;
        refuse_moved(&session)?;
        self.session = session;
        self.shared.ids.number(self.session.number());
        // Another program may have written meanwhile.
        self.shared.forget();
        tracing::info!("the database was found again");
        Ok(())
    }

    /// Takes the state up again from disk, in the transaction that was begun.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the database has come back without what was acknowledged, as a standby does that
    /// had not followed its primary to the end: nothing is built on it.
    fn take_up(&mut self) -> Result<(), StoreError> {
        let tx = ReadTx::snapshot(&self.session, &self.shared);
        let newest = tx.newest_checkpoint()?;
        let found = newest.body.size;
        // What this one wrote, and what it was told of what others did.
        let own = (self.newest.body.size, self.newest.note.clone());
        let heard = self.shared.heard_end.now();
        for (size, note) in [own, (unstored(heard.0)?, heard.1)] {
            // While the connection lasts, what was committed before is there.
            let is_there = found >= size
                && (size == 0 || !self.unsure || tx.checkpoint_at(size)?.note == note);
            if !is_there {
                let what = format!("came back without the checkpoint of {size} leaves");
                let why = format!("the database {what} that was acknowledged");
                return Err(StoreError::Damaged(why));
            }
        }
        self.horizon = key_horizon(&self.session)?;
        if self.unsure {
            self.shared.ids.rise_above(self.horizon);
        }
        self.tail = Tail::load(&self.session, newest.body.size)?;
        self.newest = Arc::new(newest);
        self.unsure = false;
        Ok(())
    }
}

/// What a group's commit makes true of the writer's own state.
#[derive(Default)]
struct Sealing {
    horizon: Option<i64>,
    log: Option<(Peaks, Arc<Checkpoint>)>,
}

/// How long a turn of writing is waited for while others write: longer than one that stands still is waited for by the
/// database, and less than callers wait.
const TURN_PATIENCE: Duration = Duration::from_secs(25);
/// How many operations that give way are in a group while others come too: whoever waits for the next group waits for
/// the one before it as well. On a server, where a group costs more than the operations in it, they are two.
const FEW: usize = 1;
const FEW_ON_SERVER: usize = 2;
/// How long after the last operation that does not give way the next is expected.
const EXPECTED_WITHIN: Duration = Duration::from_secs(1);
/// How many times as long as a group with such operations took the writer and the disk rest from them afterwards, while
/// others come too.
const REST: u32 = 1;
/// How many operations that give way are waited for while nobody else comes: most of what a commit writes (the ends of
/// the logs and of the indices) they share.
const GATHERED: usize = 8;
/// How long they are waited for.
const GATHERING: Duration = Duration::from_millis(4);

/// What waits for the writer, in the order of its turns.
struct Queue {
    /// How many that give way are in a group while others come too.
    few: usize,
    /// The most operations in a group.
    most: usize,
    first: VecDeque<Box<dyn Operation>>,
    giving_way: VecDeque<Box<dyn Operation>>,
    /// When an operation came last that does not give way.
    came: Option<Instant>,
    /// When others wrote last into the same database: what they write may be such an operation.
    others_wrote: Option<Instant>,
    /// Since when one that gives way is waited with for more of them.
    gathering: Instant,
    /// Until when what gives way is not worked on while others come too.
    rests: Instant,
    /// Whether the group begun last has operations that give way.
    has_giving_way: bool,
}

impl Queue {
    fn of(few: usize, most: usize) -> Self {
        let (first, giving_way) = (VecDeque::new(), VecDeque::new());
        let now = Instant::now();
        Self {
            few,
            most,
            first,
            giving_way,
            came: None,
            others_wrote: None,
            gathering: now,
            rests: now,
            has_giving_way: false,
        }
    }

    /// Waits for operations to run together, at most so many. True when nothing comes after them.
    fn next_group(&mut self, jobs: &Receiver<Job>) -> (VecDeque<Box<dyn Operation>>, bool) {
        while self.first.len() < self.most {
            let job = match self.begins_at() {
                None => jobs.recv().unwrap_or(Job::Stop),
                Some(at) => {
                    let left = at.saturating_duration_since(Instant::now());
                    let Ok(job) = jobs.recv_timeout(left) else { break };
                    job
                }
            };
            match job {
                Job::Run { operation, gives_way: true } => {
                    if self.giving_way.is_empty() {
                        self.gathering = Instant::now();
                    }
                    self.giving_way.push_back(operation);
                }
                Job::Run { operation, gives_way: false } => {
                    self.first.push_back(operation);
                    self.came = Some(Instant::now());
                }
                Job::Stop => {
                    return (self.first.drain(..).chain(self.giving_way.drain(..)).collect(), true);
                }
            }
        }
        (self.group(), false)
    }

    /// When the next group begins, if nothing more comes; `None` when nothing waits.
    fn begins_at(&self) -> Option<Instant> {
        if !self.first.is_empty() {
            Some(Instant::now())
        } else if self.giving_way.is_empty() {
            None
        } else if self.others_come() {
            Some(self.rests)
        } else if self.giving_way.len() >= GATHERED {
            Some(Instant::now())
        } else {
            Some(self.gathering + GATHERING)
        }
    }

    fn group(&mut self) -> VecDeque<Box<dyn Operation>> {
        let mut group = std::mem::take(&mut self.first);
        let others = self.others_come();
        let most = if others { self.few } else { self.most };
        let room = if others && Instant::now() < self.rests {
            0
        } else {
            most.min(self.most.saturating_sub(group.len()).max(1))
        };
        let giving_way = self.giving_way.drain(..room.min(self.giving_way.len()));
        self.has_giving_way = giving_way.len() > 0;
        group.extend(giving_way);
        self.gathering = Instant::now();
        group
    }

    /// Whether others than what gives way come at this time.
    fn others_come(&self) -> bool {
        let lately = |at: Option<Instant>| at.is_some_and(|at| at.elapsed() < EXPECTED_WITHIN);
        lately(self.came) || lately(self.others_wrote)
    }

    /// Notes how long a group took.
    fn took(&mut self, time: Duration) {
        if self.has_giving_way {
            self.rests = Instant::now() + time * REST;
        }
    }
}

/// Another program that writes now is no reason to say more than that nothing can be written.
fn taken(error: StoreError) -> StoreError {
    match error {
        StoreError::Locked(_) => StoreError::Unavailable(error.to_string()),
        other => other,
    }
}

/// The error that everybody in a lost group gets.
fn lost(error: &StoreError) -> StoreError {
    match error {
        StoreError::DiskFull
        | StoreError::NotCommitted(_)
        | StoreError::Unavailable(_)
        | StoreError::OutcomeUnknown(_) => error.clone(),
        other => StoreError::NotCommitted(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    /// Stands in for an operation that nothing is known of but whether it gives way.
    struct Any;

    impl Operation for Any {
        fn run(&mut self, _: &mut WriteTx<'_>) -> bool {
            true
        }
        fn refuse(&mut self, _: StoreError) {}
        fn reply(self: Box<Self>, _: Result<Seal, StoreError>) {}
    }

    /// The sizes of the groups that become of what waits: of each, whether it gives way.
    fn groups(queue: &mut Queue, waiting: &[bool]) -> Vec<usize> {
        let (send, jobs) = channel();
        for &gives_way in waiting {
            send.send(Job::Run { operation: Box::new(Any), gives_way }).unwrap();
        }
        let mut sizes = Vec::new();
        while sizes.iter().sum::<usize>() < waiting.len() {
            let (group, last) = queue.next_group(&jobs);
            assert!(!last);
            sizes.push(group.len());
            queue.took(Duration::from_millis(3));
        }
        sizes
    }

    /// OLD-9, OPS-4: what gives way shares a commit while nobody else comes, however many are waited for.
    #[test]
    fn what_gives_way_shares_a_commit_while_nobody_else_comes() {
        let check = |waiting: usize, expected: &[usize]| {
            assert_eq!(groups(&mut Queue::of(1, 64), &vec![true; waiting]), expected, "{waiting}");
        };
        check(1, &[1]);
        check(GATHERED - 1, &[GATHERED - 1]);
        check(GATHERED + 5, &[GATHERED + 5]);
        check(70, &[64, 6]);
    }

    /// OLD-9, OPS-4: while others come, what gives way comes a few at a time, and the writer rests in between.
    #[test]
    fn the_writer_rests_from_what_gives_way_while_others_come() {
        let mut queue = Queue::of(1, 64);
        let began = Instant::now();
        assert_eq!(groups(&mut queue, &[true, true, false, true, false]), [3, 1, 1]);
        assert!(began.elapsed() >= Duration::from_millis(6) * REST, "{:?}", began.elapsed());
        // Who does not give way does not wait for the end of the rest, and takes nothing along that does.
        queue.rests = Instant::now() + Duration::from_hours(1);
        let (send, jobs) = channel();
        for gives_way in [true, false, true] {
            send.send(Job::Run { operation: Box::new(Any), gives_way }).unwrap();
        }
        assert_eq!(queue.next_group(&jobs).0.len(), 1);
        assert_eq!(queue.giving_way.len(), 2);
        // Once nobody comes any more, there is nothing to rest for.
        queue.came = None;
        assert_eq!(queue.next_group(&jobs).0.len(), 2);
    }

    #[test]
    fn whatever_waits_is_in_the_last_group() {
        let (send, jobs) = channel();
        let mut queue = Queue::of(1, 64);
        queue.rests = Instant::now() + Duration::from_hours(1);
        for gives_way in [true, false] {
            send.send(Job::Run { operation: Box::new(Any), gives_way }).unwrap();
        }
        send.send(Job::Stop).unwrap();
        let (first, last) = queue.next_group(&jobs);
        let rest = if last { 0 } else { queue.next_group(&jobs).0.len() };
        assert_eq!(first.len() + rest, 2);
    }
}
