//! Undoing a batch that is not confirmed: its documents are invalidated. Nothing is erased: that they were there, and why
//! they are invalidated, stays in the archive; and so do the closed cases and old relationships, which no archive
//! invalidates. Source: OLD-9, ARC-3.

use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::params;
use serde::{Deserialize, Serialize};
use varanto_domain::ids::Oid;

use crate::delivery::Delivery;
use crate::documents::read_document;
use crate::door::{Door, Invalidated};
use crate::dossiers::DossierKind;
use crate::identifiers;
use crate::mapping::Mapping;
use crate::reconciliation::{check_reconciled, said_destroyable};
use crate::run::{RunError, asked, check_rehearsed};
use crate::work::{
    LATER_NOT_TOLD, LATER_STAYS, RECONCILED, State, UNDONE, UNDONE_EDITION, Work, WorkError,
    read_values,
};

/// How many are noted down together.
const TOGETHER: i64 = 100;

/// Says that a batch stays: it cannot be undone any more.
///
/// # Errors
/// A batch with something still to be archived, or that was not reconciled as it is now; what SQLite says.
pub fn confirm(work: &Work, at: &str) -> Result<(), RunError> {
    let left = work.count(State::Sound)?;
    if left > 0 {
        let what = format!(
            "documents that are sound and not archived yet: {left}; run the batch to its end"
        );
        return Err(RunError::NotRehearsed(what));
    }
    if work.count(State::Undone)? > 0 {
        let what = "an undo of the batch has begun; undo it to its end";
        return Err(RunError::NotRehearsed(what.to_owned()));
    }
    if work.count(State::Archived)? == 0 {
        return Err(RunError::NotRehearsed("nothing of the batch is archived".to_owned()));
    }
    check_reconciled(work)?;
    Ok(work.set_about("confirmed_at", at)?)
}

/// An edition of a batch that was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndoneEdition {
    /// The edition.
    pub edition: u32,
    /// When the undo began.
    pub at: String,
    /// When the last report of it was made, where that said that the source may be destroyed: it is so no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported: Option<String>,
}

/// Every edition of a batch that was undone from its folder, the first one first.
pub(crate) fn undone_editions(work: &Work) -> Result<Vec<UndoneEdition>, RunError> {
    let foreign = |_| WorkError::Foreign("undone editions that do not read".to_owned());
    let Some(kept) = work.about(UNDONE)? else { return Ok(Vec::new()) };
    Ok(serde_json::from_str(&kept).map_err(foreign)?)
}

/// Notes that the edition is undone; an undo that is gone on with is the one that began.
fn note_undone(work: &Work, undone: UndoneEdition) -> Result<(), RunError> {
    let mut all = undone_editions(work)?;
    match all.iter_mut().find(|one| one.edition == undone.edition) {
        Some(begun) => begun.reported = begun.reported.take().or(undone.reported),
        None => all.push(undone.clone()),
    }
    work.set_about(UNDONE_EDITION, &undone.edition.to_string())?;
    Ok(work.set_about(UNDONE, &serde_json::to_string(&all).expect("texts and numbers print"))?)
}

/// What became of an undo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Undone {
    /// Documents that are invalidated, now or before.
    pub undone: u64,
    /// Rows that were never noted as archived, and whose document the archive has of another batch, or does not show: they
    /// are left as they are.
    pub left: u64,
    /// Later versions that stay in force.
    pub stays: Stays,
    /// Closed cases that stay in the archive without documents.
    pub cases: u64,
    /// Old relationships that stay likewise.
    pub old_relationships: u64,
    /// Whether these are all that stay: the archive may not have answered when they were counted.
    pub counted: bool,
}

/// Later versions that an undo left in force, as it is known of all its goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stays {
    /// Rows of whose document somebody made a later version meanwhile: that one stays in force.
    pub later: Vec<u64>,
    /// Rows of which the archive did not tell whether somebody did.
    pub not_told: Vec<u64>,
}

impl Stays {
    /// What the undo of a batch left in force until now.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn of(work: &Work) -> Result<Self, RunError> {
        let rows = |key| -> Result<Vec<u64>, RunError> {
            let kept = work.about(key)?.unwrap_or_else(|| "[]".to_owned());
            Ok(serde_json::from_str(&kept).map_err(|_| foreign("rows that do not read"))?)
        };
        Ok(Self { later: rows(LATER_STAYS)?, not_told: rows(LATER_NOT_TOLD)? })
    }

    /// Notes what was met since it was noted last.
    fn note(&mut self, work: &Work) -> Result<(), RunError> {
        let mut all = Self::of(work)?;
        for (key, met, known) in [
            (LATER_STAYS, &mut self.later, &mut all.later),
            (LATER_NOT_TOLD, &mut self.not_told, &mut all.not_told),
        ] {
            if !met.is_empty() {
                known.append(met);
                work.set_about(key, &serde_json::to_string(known).expect("numbers print"))?;
            }
        }
        Ok(())
    }
}

/// What an undo is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Rows that may have a document in the archive.
    Rows,
    /// Cases and old relationships that stay there: they are counted.
    Emptied,
}

/// Is told what an undo is at, how much of it is done, and of how much.
pub type Tell<'a> = &'a mut dyn FnMut(Stage, u64, u64);

/// An undo of a batch.
pub struct Undo<'a> {
    /// The delivery.
    pub delivery: &'a Delivery,
    /// The mapping that it was rehearsed by.
    pub mapping: &'a Mapping,
    /// When it is undone.
    pub at: &'a str,
    /// Whether whoever undoes says that the source is there still. It is asked where a report said that it may be destroyed.
    pub source_is_there: bool,
    /// Ends it before its end, with everything noted down that is undone: it is gone on with by undoing again.
    pub stop: &'a AtomicBool,
}

impl Undo<'_> {
    /// Undoes a batch: invalidates what it archived, and nothing that another batch did, though it has the same identifier.
    /// Broken off, it is gone on with by undoing again. What the archive does not invalidate holds up nothing else.
    ///
    /// # Errors
    /// A batch that is confirmed, or of which nothing was ever sent, or whose source may be gone;
    /// [`RunError::NotUndone`] with the first of those that the archive did not invalidate, when all the others are; an
    /// archive that does not answer.
    pub fn run(
        &self,
        work: &mut Work,
        door: &mut dyn Door,
        progress: Tell<'_>,
    ) -> Result<Undone, RunError> {
        let edition = self.begin(work)?;
        let mapping = self.mapping;
        let total = work.count(State::Archived)?
            + work.count(State::Sound)?
            + work.count(State::Refused)?;
        let why = format!("undo of batch {} of {}", mapping.batch, mapping.source);
        let stop = self.stop;
        let mut undoing = Undoing { mapping, why, stop, stays: Stays::default(), refused: None };
        let mut seen = 0;
        for statement in [ATTACHMENTS, THE_REST] {
            let mut last = 0;
            loop {
                let some = query(work, statement, last)?;
                let Some(end) = some.last().map(|row| row.number) else { break };
                last = end;
                let mut states = Vec::new();
                let ended = some.iter().try_for_each(|row| {
                    if let Some(state) = undoing.row(row, door)? {
                        states.push((row.number, state));
                    }
                    Ok::<_, RunError>(())
                });
                work.together(|work| -> Result<(), RunError> {
                    if states.iter().any(|(_, state)| *state == State::Undone) {
                        note_undone(work, edition.clone())?;
                    }
                    undoing.stays.note(work)?;
                    for (number, state) in &states {
                        work.connection()
                            .prepare_cached("UPDATE item SET state = ? WHERE number = ?")?
                            .execute(params![state.name(), number])?;
                    }
                    Ok(())
                })?;
                seen += some.len() as u64;
                progress(Stage::Rows, seen.min(total), total);
                ended?;
            }
        }
        if let Some((count, first)) = undoing.refused {
            let more = if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
            return Err(RunError::NotUndone(format!("{first}{more}")));
        }
        work.end_sending()?;
        let mut done = Undone {
            undone: work.count(State::Undone)?,
            left: left(work)?,
            stays: Stays::of(work)?,
            ..Undone::default()
        };
        // All of it is undone, whether what stays can be counted or not.
        let mut counted = |emptied, all| progress(Stage::Emptied, emptied, all);
        done.counted = self.count_emptied(work, door, &mut done, &mut counted).is_ok();
        Ok(done)
    }

    /// That the batch can be undone. It is from the first document on that is invalidated.
    fn begin(&self, work: &Work) -> Result<UndoneEdition, RunError> {
        let not = |what: String| Err(RunError::NotRehearsed(what));
        if let Some(at) = work.about("confirmed_at")? {
            return not(format!("the batch was confirmed on {at}, and stays"));
        }
        check_rehearsed(work, self.delivery, self.mapping)?;
        if !work.sends()? && work.count(State::Undone)? == 0 {
            let what = "nothing of the batch was sent from this folder: there is nothing to undo";
            return not(what.to_owned());
        }
        let reported = said_destroyable(work)?;
        if let Some(at) = reported.as_ref().filter(|_| !self.source_is_there) {
            return not(format!(
                "the report of {at} said that the source may be destroyed; where it is, an undo leaves the documents \
                 nowhere. Find out that it is there still, and say so: --source-is-there"
            ));
        }
        work.forget_about(RECONCILED)?;
        Ok(UndoneEdition { edition: self.mapping.edition, at: self.at.to_owned(), reported })
    }

    /// How many cases and old relationships the batch made, which stay. What a run that was killed made and could not note
    /// down is asked for.
    fn count_emptied(
        &self,
        work: &Work,
        door: &mut dyn Door,
        done: &mut Undone,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), RunError> {
        let sql = "SELECT kept, kind, state = 'archived' FROM dossier WHERE state IN ('archived', 'sound')";
        let mut statement = work.connection().prepare(sql)?;
        let made = statement.query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?))
        })?;
        let stopped = || self.stop.load(Ordering::Relaxed);
        let all = work.dossiers()?;
        for (at, one) in (0..).zip(made) {
            let (kept, kind, noted) = one?;
            progress(at, all);
            let kept = Oid::parse(&kept).map_err(|_| foreign("an identifier"))?;
            let id = identifiers::document_of(self.mapping, &kept);
            if noted || asked(&stopped, || door.read_whole(&id))?.is_ok() {
                let is_case = kind == DossierKind::Case.name();
                *(if is_case { &mut done.cases } else { &mut done.old_relationships }) += 1;
            }
        }
        Ok(())
    }
}

/// How many rows were never noted as archived, and were left as they are, in whatever go.
fn left(work: &Work) -> Result<u64, RunError> {
    let sql = "SELECT count(*) FROM item WHERE state = 'read' AND receipt IS NULL";
    let count: i64 = work.connection().query_row(sql, [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

fn foreign(what: &str) -> WorkError {
    WorkError::Foreign(what.to_owned())
}

/// A row that may have a document in the archive.
struct Candidate {
    number: i64,
    place: i64,
    document: String,
    said: String,
    /// Whether this batch noted that it archived it.
    noted: bool,
}

struct Undoing<'a> {
    mapping: &'a Mapping,
    why: String,
    stop: &'a AtomicBool,
    /// Later versions that stay, and that are not noted yet.
    stays: Stays,
    /// How many the archive did not invalidate, and the first of them with its reason.
    refused: Option<(u64, String)>,
}

impl Undoing<'_> {
    /// What becomes of a row; `None` where it stays as it is.
    fn row(&mut self, row: &Candidate, door: &mut dyn Door) -> Result<Option<State>, RunError> {
        let id = Oid::parse(&row.document).map_err(|_| foreign("an identifier"))?;
        let stopped = || self.stop.load(Ordering::Relaxed);
        if stopped() {
            return Err(RunError::Stopped);
        }
        // A run that was killed has archived documents that it could not note down; another batch may have archived the
        // same document, too. A case is of one batch.
        if !row.noted {
            let values = read_values(&row.said)?;
            let document = read_document(values, &mut Vec::new());
            let document = document.ok_or_else(|| foreign("a document that does not read"))?;
            let case = identifiers::case(self.mapping, &document);
            let own = asked(&stopped, || door.read_whole(&id))?
                .is_ok_and(|whole| case_of(&whole.metadata).as_deref() == Some(case.as_str()));
            if !own {
                return Ok(Some(State::Read));
            }
        }
        match asked(&stopped, || door.invalidate(&id, &self.why))? {
            Ok(Invalidated::Unknown) => Ok(Some(State::Read)),
            Ok(invalidated) => {
                let place = row.place.unsigned_abs();
                match invalidated {
                    Invalidated::LaterStays => self.stays.later.push(place),
                    Invalidated::NotTold => self.stays.not_told.push(place),
                    Invalidated::Done | Invalidated::Unknown => {}
                }
                Ok(Some(State::Undone))
            }
            Err(why) => {
                let first = || (0, format!("row {}: {why}", row.place));
                self.refused.get_or_insert_with(first).0 += 1;
                Ok(None)
            }
        }
    }
}

/// The case that a document's metadata name.
fn case_of(metadata: &[u8]) -> Option<String> {
    let metadata: serde_json::Value = serde_json::from_slice(metadata).ok()?;
    Some(metadata.get("case_id")?.as_str()?.to_owned())
}

/// Attachments go before what they are attached to.
const ATTACHMENTS: &str = "SELECT number, place, document, said, state = 'archived' FROM item
  WHERE state IN ('archived', 'sound', 'refused') AND said ->> '$.main_document' IS NOT NULL AND number > ?1
  ORDER BY number LIMIT ?2";
const THE_REST: &str = "SELECT number, place, document, said, state = 'archived' FROM item
  WHERE state IN ('archived', 'sound', 'refused') AND said ->> '$.main_document' IS NULL AND number > ?1
  ORDER BY number LIMIT ?2";

fn query(work: &Work, query: &str, after: i64) -> Result<Vec<Candidate>, RunError> {
    let mut statement = work.connection().prepare_cached(query)?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Candidate {
            number: row.get(0)?,
            place: row.get(1)?,
            document: row.get(2)?,
            said: row.get(3)?,
            noted: row.get(4)?,
        })
    };
    let rows = statement.query_map(params![after, TOGETHER], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
