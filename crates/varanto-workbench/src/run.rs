//! The run: what was rehearsed and is sound is archived, client by client.
//!
//! It may be ended at any moment, by anything. What was handed in and not yet noted down is handed in again, and the
//! archive, which knows it, answers the same receipt: nothing is lost and nothing comes twice. Source: OLD-9.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant as Stopwatch};

use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use varanto_app::Registry;
use varanto_app::archive::Submission;
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::FaultKind;
use varanto_domain::ids::Oid;

use crate::conversion::{self, Conversion};
use crate::delivery::{Delivery, DeliveryError};
use crate::door::{Answer, Door, NotRead, Signer, Told};
use crate::dossiers::{document, each_dossier};
use crate::identifiers;
use crate::kind::Kind;
use crate::mapping::Mapping;
use crate::rehearsal::fingerprint;
use crate::room::Room;
use crate::undo::undone_editions;
use crate::work::{FINGERPRINT, RECONCILED, State, Work, WorkError, read_conversion};

/// How long results wait to be noted down together.
const NOTED_AFTER: Duration = Duration::from_millis(200);
/// How often an archive that does not answer is asked again before the run gives up.
const PATIENCE: u32 = 8;
/// How often a document is asked for again that the archive failed to give, or handed in again where it failed to take it.
const ASKED_AGAIN: u32 = 3;
/// At so many documents one after another the archive fails before the run ends: then it is not of one of them.
const FAILS_IN_A_ROW: u32 = 20;
/// So long an archive may be busy with other things before it takes or gives one document; then it is told that it does not
/// answer, and whoever runs it comes back later.
const BUSY: Duration = Duration::from_mins(10);
/// How long to wait before asking again an archive that did not answer; doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Why a run ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The delivery.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The work file.
    #[error(transparent)]
    Work(#[from] WorkError),
    /// Nothing was rehearsed, or something else.
    #[error("{0}")]
    NotRehearsed(String),
    /// The archive does not answer.
    #[error("the archive does not answer: {0}")]
    NoAnswer(String),
    /// The archive lets nobody in like this.
    #[error("the archive does not let the system in: {0}")]
    Shut(String),
    /// The archive did not invalidate a document.
    #[error("the archive did not invalidate a document: {0}")]
    NotUndone(String),
    /// The key does not sign.
    #[error("the signature: {0}")]
    Signature(String),
    /// Whoever started it had it ended before its end.
    #[error("it was stopped")]
    Stopped,
}

impl From<rusqlite::Error> for RunError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Work(error.into())
    }
}

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// Documents that were archived in this run.
    pub archived: u64,
    /// Documents that the archive refused, or could not be handed in, in this run.
    pub refused: u64,
    /// Bytes of content that were archived in this run.
    pub bytes: u64,
}

/// A run of a batch.
pub struct Run<'a> {
    /// The delivery.
    pub delivery: &'a Delivery,
    /// The mapping that it was rehearsed by.
    pub mapping: &'a Mapping,
    /// Structures and code sets.
    pub registry: &'a Registry,
    /// Who signs.
    pub signer: &'a dyn Signer,
    /// The most documents that are handed in in a second; without one, as fast as the archive takes them.
    pub most_each_second: Option<u32>,
    /// Ends the run after the documents that are on their way, which is no error; the run sets it itself when it ends.
    pub stop: &'a AtomicBool,
    /// Is told how far it is.
    pub progress: &'a (dyn Fn(Done) + Sync),
}

/// What a worker tells of something that it handed in.
enum Note {
    Dossier {
        kept: String,
        receipt: String,
    },
    Archived {
        number: i64,
        receipt: String,
        bytes: u64,
    },
    Refused {
        number: i64,
        told: Vec<Told>,
    },
    /// A case or relationship was refused, and with it everything that hangs on it.
    RefusedDossier {
        kept: String,
        client: String,
        told: Vec<Told>,
    },
    Failed(RunError),
}

impl Run<'_> {
    /// Archives everything that is sound and not archived yet, through so many doors at once.
    ///
    /// # Errors
    /// What ended it early; what was archived until then is noted down.
    pub fn run(&self, work: &mut Work, doors: Vec<Box<dyn Door>>) -> Result<Done, RunError> {
        check_rehearsed(work, self.delivery, self.mapping)?;
        check_made_alike(work)?;
        if undone_editions(work)?.iter().any(|one| one.edition == self.mapping.edition) {
            let what = "an undo of this edition has begun; undo it to its end, and raise edition in the mapping file";
            return Err(RunError::NotRehearsed(what.to_owned()));
        }
        let lost = if work.sends()? { 0 } else { work.lost()? };
        if lost > 0 {
            return Err(RunError::NotRehearsed(format!(
                "rows of which something was completed are not in the delivery any more ({lost}); look at them at the \
                 archivist's desk"
            )));
        }
        if !work.begin_sending()? {
            let waits = "people completed rows since the rehearsal; rehearse again";
            return Err(RunError::NotRehearsed(waits.to_owned()));
        }
        // What the archive refused is asked again: what kept it out may be mended.
        work.connection().execute_batch(AGAIN)?;
        if work.count(State::Sound)? > 0 {
            work.forget_about(RECONCILED)?;
        }
        let (clients, waiting) = sync_channel::<String>(doors.len() * 2);
        let (notes, told) = sync_channel::<Note>(256);
        let waiting = Mutex::new(waiting);
        let pace = Pace::new(self.most_each_second);
        let unanswered = AtomicBool::new(false);
        let (room, failed) = (Room::for_carrying(self.delivery), AtomicU32::new(0));
        let folder = work.folder().to_owned();
        let file = folder.join("work.sqlite");
        thread::scope(|scope| {
            for door in doors {
                let (waiting, notes, pace) = (&waiting, notes.clone(), &pace);
                let (unanswered, room, failed) = (&unanswered, &room, &failed);
                let (file, folder) = (&file, folder.as_path());
                scope.spawn(move || {
                    let opened =
                        Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY);
                    let done = opened.map_err(RunError::from).and_then(|connection| {
                        let notes = &notes;
                        let shared = Shared { folder, notes, pace, unanswered, failed, room };
                        Worker { run: self, door, connection, shared }.work(waiting)
                    });
                    if let Err(error) = done {
                        self.stop.store(true, Ordering::Relaxed);
                        let _ = notes.send(Note::Failed(error));
                    }
                });
            }
            drop(notes);
            let feeder = scope.spawn({
                let file = &file;
                move || self.feed(file, &clients)
            });
            let done = self.note_down(work, &told);
            // Workers that are still told nothing end by themselves when this end is gone.
            self.stop.store(true, Ordering::Relaxed);
            drop(told);
            let broken = || RunError::NoAnswer("a thread of the run broke down".to_owned());
            let fed = feeder.join().unwrap_or_else(|_| Err(broken()));
            // Where the archive let nobody in, or refused all of it, it has nothing of the batch. What it did not answer
            // it may have.
            let nothing = matches!(done, Ok(_) | Err(RunError::Shut(_) | RunError::Signature(_)));
            if nothing && !unanswered.load(Ordering::Relaxed) && work.begun()? == 0 {
                work.end_sending()?;
            }
            let done = done?;
            fed?;
            Ok(done)
        })
    }

    /// Hands out the clients that have something to be archived.
    fn feed(&self, file: &Path, clients: &SyncSender<String>) -> Result<(), RunError> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut next = connection.prepare(NEXT_CLIENT)?;
        let mut last = String::new();
        while !self.stop.load(Ordering::Relaxed) {
            let client: Option<String> = next.query_row([&last], |row| row.get(0)).optional()?;
            let Some(client) = client else { return Ok(()) };
            last.clone_from(&client);
            let mut waiting = Some(client);
            // Workers that stopped take nothing more, and never say so.
            while let Some(client) = waiting.take().filter(|_| !self.stop.load(Ordering::Relaxed)) {
                match clients.try_send(client) {
                    Ok(()) => {}
                    Err(TrySendError::Full(client)) => {
                        waiting = Some(client);
                        thread::sleep(Duration::from_millis(2));
                    }
                    Err(TrySendError::Disconnected(_)) => return Ok(()),
                }
            }
        }
        Ok(())
    }

    fn note_down(&self, work: &mut Work, told: &Receiver<Note>) -> Result<Done, RunError> {
        let mut done = Done::default();
        let mut failed = None;
        let mut waiting: Vec<Note> = Vec::new();
        let mut since = Stopwatch::now();
        loop {
            let note = told.recv_timeout(NOTED_AFTER);
            let ended = matches!(note, Err(RecvTimeoutError::Disconnected));
            match note {
                // Whoever is stopped because another one failed does not know why.
                Ok(Note::Failed(error)) => match failed {
                    None | Some(RunError::Stopped) => failed = Some(error),
                    Some(_) => {}
                },
                Ok(note) => waiting.push(note),
                Err(_) => {}
            }
            if ended || since.elapsed() >= NOTED_AFTER {
                let notes = std::mem::take(&mut waiting);
                work.together(|work| {
                    notes.iter().try_for_each(|note| keep(work, note, &mut done))
                })?;
                (self.progress)(done);
                since = Stopwatch::now();
            }
            if ended {
                return match failed {
                    None | Some(RunError::Stopped) => Ok(done),
                    Some(error) => Err(error),
                };
            }
        }
    }
}

const NEXT_CLIENT: &str =
    "SELECT client FROM item INDEXED BY item_client WHERE client > ? AND state = 'sound'
  ORDER BY client LIMIT 1";
/// What the archive refused is sound by all that a rehearsal can tell.
const AGAIN: &str = "UPDATE item SET state = 'sound' WHERE state = 'refused';
  UPDATE dossier SET state = 'sound' WHERE state = 'refused'; DELETE FROM fault WHERE by_archive = 1";

/// That the delivery and the mapping are those that were rehearsed: other ones would make other documents, beside those
/// that are archived.
///
/// # Errors
/// That they are not.
pub fn check_rehearsed(
    work: &Work,
    delivery: &Delivery,
    mapping: &Mapping,
) -> Result<(), RunError> {
    let not = |what: &str| Err(RunError::NotRehearsed(what.to_owned()));
    let Some(known) = work.about(FINGERPRINT)? else {
        return not("the delivery was not rehearsed yet");
    };
    let now = fingerprint(delivery, mapping)?;
    let of_mapping = |fingerprint: &str| fingerprint.split(' ').next().map(str::to_owned);
    if of_mapping(&known) != of_mapping(&now) {
        return not(
            "the mapping file is another than the one that was rehearsed; put it back, or rehearse again",
        );
    }
    if known != now {
        return not(
            "the delivery is another than the one that was rehearsed; put it back, or rehearse again",
        );
    }
    Ok(())
}

/// That the rows were made into documents as this program makes them: by an earlier one they may be others, so that what is
/// archived would be called another's.
pub(crate) fn check_made_alike(work: &Work) -> Result<(), RunError> {
    if work.is_made_alike()? {
        return Ok(());
    }
    let what = if work.begun()? > 0 || work.sends()? {
        "the batch was begun by another version of the program, which may have made other documents of its rows; go on with \
         that version, or undo it"
    } else {
        "the batch was rehearsed by another version of the program, which may have made other documents of its rows; \
         rehearse it again"
    };
    Err(RunError::NotRehearsed(what.to_owned()))
}

/// Notes down what became of something.
fn keep(work: &Work, note: &Note, done: &mut Done) -> Result<(), WorkError> {
    let connection = work.connection();
    match note {
        Note::Dossier { kept, receipt } => {
            connection
                .prepare_cached(
                    "UPDATE dossier SET state = 'archived', receipt = ?2 WHERE kept = ?1",
                )?
                .execute(params![kept, receipt])?;
        }
        Note::Archived { number, receipt, bytes } => {
            connection
                .prepare_cached(
                    "UPDATE item SET state = 'archived', receipt = ?2 WHERE number = ?1",
                )?
                .execute(params![number, receipt])?;
            done.archived += 1;
            done.bytes += bytes;
        }
        Note::Refused { number, told } => {
            refuse(work, *number, told)?;
            done.refused += 1;
        }
        Note::RefusedDossier { kept, client, told } => {
            let numbers: Vec<i64> = connection
                .prepare_cached(
                    "SELECT number FROM item INDEXED BY item_client
                     WHERE client = ?2 AND state = 'sound' AND (case_id = ?1 OR relationship = ?1)",
                )?
                .query_map([kept, client], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            done.refused += numbers.len() as u64;
            for number in numbers {
                refuse(work, number, told)?;
            }
            connection
                .prepare_cached("UPDATE dossier SET state = 'refused' WHERE kept = ?")?
                .execute([kept])?;
        }
        Note::Failed(_) => {}
    }
    Ok(())
}

fn refuse(work: &Work, number: i64, told: &[Told]) -> Result<(), WorkError> {
    work.connection()
        .prepare_cached("UPDATE item SET state = 'refused' WHERE number = ?")?
        .execute([number])?;
    for fault in told {
        work.connection()
            .prepare_cached("INSERT INTO fault VALUES (?, ?, ?, ?, ?, ?, 1)")?
            .execute(params![
                number,
                fault.code,
                fault.element,
                fault.rule,
                fault.value,
                serde_json::json!(fault.args).to_string()
            ])?;
    }
    Ok(())
}

/// A document that is still to be archived.
struct Waiting {
    number: i64,
    file: Option<i64>,
    digest: Vec<u8>,
    /// How its file is converted.
    conversion: Option<String>,
    /// Its case and its relationship.
    hangs_on: [String; 2],
}

/// One that hands in, through a door of its own.
struct Worker<'r, 'a> {
    run: &'r Run<'a>,
    door: Box<dyn Door>,
    connection: Connection,
    shared: Shared<'r>,
}

/// What all who hand in have together.
struct Shared<'r> {
    folder: &'r Path,
    notes: &'r SyncSender<Note>,
    pace: &'r Pace,
    /// That the archive did not answer something that was handed in.
    unanswered: &'r AtomicBool,
    /// At how many documents the archive failed since it took one.
    failed: &'r AtomicU32,
    /// What documents that are on their way take in memory.
    room: &'r Room,
}

impl Worker<'_, '_> {
    fn work(mut self, waiting: &Mutex<Receiver<String>>) -> Result<(), RunError> {
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(client) = next else { return Ok(()) };
            if !self.archive_client(&client)? {
                return Ok(());
            }
        }
    }

    /// Archives a client's relationships, cases and documents, in this order. Answers whether to go on.
    fn archive_client(&mut self, client: &str) -> Result<bool, RunError> {
        let mut dossiers = Vec::new();
        let (mapping, registry) = (self.run.mapping, self.run.registry);
        each_dossier::<RunError>(&self.connection, mapping, registry, Some(client), &mut |one| {
            dossiers.push(one);
            Ok(())
        })?;
        let mut refused: Vec<String> = Vec::new();
        for dossier in dossiers {
            if self.is_archived(&dossier.kept)? {
                continue;
            }
            if self.run.stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let on = dossier.hangs_on.as_ref().map(Oid::as_str);
            if on.is_some_and(|on| refused.iter().any(|one| one == on)) {
                refused.push(dossier.kept.to_string());
                continue;
            }
            let kept = dossier.kept.to_string();
            let id = identifiers::document_of(self.run.mapping, &dossier.kept);
            let note = match self.hand_in(&id, dossier.submission)? {
                Ok(receipt) => Note::Dossier { kept, receipt },
                Err(told) => {
                    refused.push(kept.clone());
                    Note::RefusedDossier { kept, client: client.to_owned(), told }
                }
            };
            if self.shared.notes.send(note).is_err() {
                return Ok(false);
            }
        }
        for waiting in self.waiting(client)? {
            if self.run.stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            if waiting.hangs_on.iter().any(|on| refused.contains(on)) {
                continue;
            }
            let note = self.archive_document(&waiting)?;
            if self.shared.notes.send(note).is_err() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_archived(&self, kept: &Oid) -> Result<bool, RunError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM dossier WHERE kept = ? AND state = 'archived')",
        )?;
        Ok(statement.query_row([kept.as_str()], |row| row.get(0))?)
    }

    /// The documents of a client that are still to be archived, attachments last.
    fn waiting(&self, client: &str) -> Result<Vec<Waiting>, RunError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT number, file, digest, case_id, relationship, conversion FROM item INDEXED BY item_client
             WHERE client = ? AND state = 'sound'
             ORDER BY said ->> '$.main_document' IS NOT NULL, number",
        )?;
        let rows = statement.query_map([client], |row| {
            Ok(Waiting {
                number: row.get(0)?,
                file: row.get(1)?,
                digest: row.get(2)?,
                hangs_on: [row.get(3)?, row.get(4)?],
                conversion: row.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn archive_document(&mut self, waiting: &Waiting) -> Result<Note, RunError> {
        let Waiting { number, file, digest: known, .. } = waiting;
        let number = *number;
        let foreign = || WorkError::Foreign("a sound document without a file".to_owned());
        let at = file.and_then(|at| usize::try_from(at).ok()).ok_or_else(foreign)?;
        let conversion = read_conversion(waiting.conversion.clone())?;
        let bytes = carried(self.run.delivery, at, conversion.as_ref(), HANDED_IN);
        let stopped = || self.run.stop.load(Ordering::Relaxed);
        let Some(_place) = self.shared.room.take(bytes, &stopped) else {
            return Err(RunError::Stopped);
        };
        let Ok(bytes) = self.run.delivery.read(at) else {
            return Ok(Note::Refused { number, told: vec![of_file(FaultKind::UnreadableFile)] });
        };
        // What was judged is what is handed in.
        if digest(&SHA256, &bytes).as_ref() != known.as_slice() {
            return Ok(Note::Refused {
                number,
                told: vec![of_file(FaultKind::ChangedSinceRehearsal)],
            });
        }
        let archived = archived_of(self.shared.folder, bytes, conversion.as_ref());
        let Some((part, bytes)) = archived else {
            return Ok(Note::Refused {
                number,
                told: vec![of_file(FaultKind::ChangedSinceRehearsal)],
            });
        };
        let document = document(&self.connection, number)?;
        let size = bytes.len() as u64;
        let id = identifiers::document(self.run.mapping, &document.source_id);
        let submission = document.submission(self.run.mapping, part, bytes);
        Ok(match self.hand_in(&id, submission)? {
            Ok(receipt) => Note::Archived { number, receipt, bytes: size },
            Err(told) => Note::Refused { number, told },
        })
    }

    /// Hands in until there is an answer: the receipt, or why it was not taken.
    fn hand_in(
        &mut self,
        id: &Oid,
        mut submission: Submission,
    ) -> Result<Result<String, Vec<Told>>, RunError> {
        if let Some(signature) = self.run.signer.sign(&submission).map_err(RunError::Signature)? {
            submission.parts.push((Part::Signature, signature));
        }
        let (mut asked, mut failed) = (0, 0);
        let begun = Stopwatch::now();
        loop {
            if self.shared.pace.wait(&|| self.run.stop.load(Ordering::Relaxed)) {
                return Err(RunError::Stopped);
            }
            match self.door.archive(&submission) {
                Answer::Archived(receipt) => {
                    self.shared.failed.store(0, Ordering::Relaxed);
                    return Ok(Ok(receipt));
                }
                // Of a run that was broken off: the same document with a signature of then.
                Answer::Otherwise(differs) if differs == ["signature"] => {
                    return self.door.receipt(id).map(Ok).map_err(RunError::NoAnswer);
                }
                Answer::Otherwise(differs) => return Ok(Err(vec![archived_otherwise(&differs)])),
                Answer::Refused(told) => return Ok(Err(told)),
                Answer::Shut(why) => return Err(RunError::Shut(why)),
                Answer::Later(_) if begun.elapsed() >= BUSY => {
                    return Err(RunError::NoAnswer(busy()));
                }
                Answer::Later(after) => {
                    // It was not taken: nothing is on its way.
                    if self.rest(after) {
                        return Err(RunError::Stopped);
                    }
                }
                // It may be this document, or this moment; whether it was taken nobody knows.
                Answer::Failed(why) => {
                    self.shared.unanswered.store(true, Ordering::Relaxed);
                    failed += 1;
                    if failed > ASKED_AGAIN {
                        let before = self.shared.failed.fetch_add(1, Ordering::Relaxed);
                        if before + 1 >= FAILS_IN_A_ROW {
                            return Err(RunError::NoAnswer(why));
                        }
                        return Ok(Err(vec![archive_failed(why)]));
                    }
                    if self.rest(FIRST_WAIT * 2u32.pow(failed - 1)) {
                        return Err(RunError::Stopped);
                    }
                }
                Answer::NoAnswer(why) => {
                    self.shared.unanswered.store(true, Ordering::Relaxed);
                    asked += 1;
                    if asked == PATIENCE || self.rest(FIRST_WAIT * 2u32.pow(asked - 1)) {
                        return Err(RunError::NoAnswer(why));
                    }
                }
            }
        }
    }

    /// Waits, and answers whether the run was stopped meanwhile.
    fn rest(&self, time: Duration) -> bool {
        rest(&|| self.run.stop.load(Ordering::Relaxed), time)
    }
}

/// Asks until there is an answer: what was asked for, or why it is not given. An archive that is busy, or away for a moment,
/// has lost nothing, and nobody says so.
pub(crate) fn asked<T>(
    stopped: &dyn Fn() -> bool,
    mut ask: impl FnMut() -> Result<T, NotRead>,
) -> Result<Result<T, String>, RunError> {
    let (mut asked, mut broken) = (0, 0);
    let begun = Stopwatch::now();
    loop {
        let (why, wait) = match ask() {
            Ok(given) => return Ok(Ok(given)),
            Err(NotRead::Refused(why)) => return Ok(Err(why)),
            Err(NotRead::Shut(why)) => return Err(RunError::Shut(why)),
            Err(NotRead::Later(_)) if begun.elapsed() >= BUSY => {
                return Err(RunError::NoAnswer(busy()));
            }
            Err(NotRead::Later(after)) => ("it is busy".to_owned(), after),
            Err(NotRead::Broken(why)) if broken == ASKED_AGAIN => return Ok(Err(why)),
            Err(NotRead::Broken(why)) => {
                broken += 1;
                (why, FIRST_WAIT * 2u32.pow(broken - 1))
            }
            Err(NotRead::NoAnswer(why)) => {
                asked += 1;
                (why, FIRST_WAIT * 2u32.pow(asked - 1))
            }
        };
        if asked == PATIENCE {
            return Err(RunError::NoAnswer(why));
        }
        if rest(stopped, wait) {
            return Err(RunError::Stopped);
        }
    }
}

/// What is told of an archive that was busy for long.
fn busy() -> String {
    format!("it has been busy for {} minutes", BUSY.as_secs() / 60)
}

/// Waits, and answers whether it was stopped meanwhile.
fn rest(stopped: &dyn Fn() -> bool, time: Duration) -> bool {
    let until = Stopwatch::now() + time;
    while Stopwatch::now() < until {
        if stopped() {
            return true;
        }
        thread::sleep(Duration::from_millis(20).min(until.duration_since(Stopwatch::now())));
    }
    false
}

/// How often a document is in memory while it is handed in: itself, and the form in which it goes.
const HANDED_IN: u64 = 2;

/// How much memory a document takes that is in memory so often, in bytes.
pub(crate) fn carried(
    delivery: &Delivery,
    at: usize,
    conversion: Option<&Conversion>,
    times: u64,
) -> u64 {
    let source = delivery.entries().get(at).map_or(0, |entry| entry.size);
    source.max(times * conversion.map_or(source, |conversion| conversion.bytes))
}

/// What is archived of a source file: the file itself, or what was made of it; `None` where that is gone.
pub(crate) fn archived_of(
    folder: &Path,
    source: Vec<u8>,
    conversion: Option<&Conversion>,
) -> Option<(Part, Vec<u8>)> {
    match conversion {
        Some(conversion) => {
            // It is wanted no more, and may be large.
            drop(source);
            conversion.part().zip(conversion::kept(folder, conversion))
        }
        None => Kind::of(&source).part().map(|part| (part, source)),
    }
}

fn of_file(kind: FaultKind) -> Told {
    Told {
        code: kind.code().to_owned(),
        element: "file".to_owned(),
        rule: "OLD-9".to_owned(),
        value: None,
        args: BTreeMap::new(),
    }
}

fn archive_failed(why: String) -> Told {
    Told {
        code: FaultKind::ArchiveFailed.code().to_owned(),
        element: "document".to_owned(),
        rule: "OLD-9".to_owned(),
        value: Some(why),
        args: BTreeMap::new(),
    }
}

fn archived_otherwise(differs: &[String]) -> Told {
    Told {
        code: FaultKind::ArchivedOtherwise.code().to_owned(),
        element: "document".to_owned(),
        rule: "OLD-9".to_owned(),
        value: Some(differs.join(", ")),
        args: BTreeMap::new(),
    }
}

/// How much of a pace that was not kept is caught up with.
const CAUGHT_UP: Duration = Duration::from_millis(500);

/// So many documents a second and no more, over all doors.
pub(crate) struct Pace(Option<(Duration, Mutex<Stopwatch>)>);

impl Pace {
    pub(crate) fn new(most: Option<u32>) -> Self {
        let each = most.filter(|most| *most > 0).map(|most| Duration::from_secs(1) / most);
        Self(each.map(|each| (each, Mutex::new(Stopwatch::now()))))
    }

    /// Waits for the next turn, and answers whether it was stopped meanwhile.
    pub(crate) fn wait(&self, stopped: &dyn Fn() -> bool) -> bool {
        let Some((each, next)) = &self.0 else { return false };
        let turn = {
            let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = turn(*next, Stopwatch::now());
            *next = turn + *each;
            turn
        };
        rest(stopped, turn.saturating_duration_since(Stopwatch::now()))
    }
}

/// When the next has its turn, which was planned for a moment: what was slow is caught up with, but not all of a long
/// wait at once.
fn turn(planned: Stopwatch, now: Stopwatch) -> Stopwatch {
    planned.max(now.checked_sub(CAUGHT_UP).unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_is_caught_up_with_for_a_while() {
        let planned = Stopwatch::now();
        let check = |late: u64, turn_after: u64| {
            let now = planned + Duration::from_millis(late);
            let expected = planned + Duration::from_millis(turn_after);
            assert_eq!(turn(planned, now), expected, "{late} ms late");
        };
        check(0, 0);
        check(499, 0);
        check(500, 0);
        check(2000, 1500);
        assert_eq!(
            turn(planned + Duration::from_secs(1), planned),
            planned + Duration::from_secs(1)
        );
    }
}
