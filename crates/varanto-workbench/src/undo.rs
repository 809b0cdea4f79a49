//! Undoing a batch that is not confirmed: its documents are invalidated. Nothing is erased: that they were there, and why
//! they are invalidated, stays in the archive; and so do the closed cases and old relationships, which no archive
//! invalidates. Source: OLD-9, ARC-3.

use std::sync::atomic::AtomicBool;

use rusqlite::params;
use varanto_domain::ids::Oid;

use crate::delivery::Delivery;
use crate::documents::read_document;
use crate::door::Door;
use crate::identifiers;
use crate::mapping::Mapping;
use crate::reconciliation::check_reconciled;
use crate::run::{RunError, asked, check_rehearsed};
use crate::work::{RECONCILED, State, UNDONE_EDITION, Work, WorkError, read_values};

/// How many are noted down together.
const TOGETHER: i64 = 100;

/// Says that a batch stays: it cannot be undone any more.
///
/// # Errors
/// A batch with something still to be archived, or that was not reconciled as it is now; what SQLite says.
pub fn confirm(work: &Work, at: &str) -> Result<(), RunError> {
    let left = work.count(State::Sound)?;
    if left > 0 {
        let what =
            format!("{left} documents are sound and not archived yet; run the batch to its end");
        return Err(RunError::NotRehearsed(what));
    }
    if work.count(State::Archived)? == 0 {
        return Err(RunError::NotRehearsed("nothing of the batch is archived".to_owned()));
    }
    check_reconciled(work)?;
    Ok(work.set_about("confirmed_at", at)?)
}

/// What became of an undo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Undone {
    /// Documents that are invalidated, now or before.
    pub undone: u64,
    /// Rows that were never noted as archived, and whose document the archive has of another batch, or does not show: they
    /// are left as they are.
    pub left: u64,
}

/// Undoes a batch: invalidates what it archived, and nothing that another batch did, though it has the same identifier.
/// Broken off, it is gone on with by undoing again. What the archive does not invalidate holds up nothing else.
///
/// # Errors
/// A batch that is confirmed, or of which nothing was ever sent; [`RunError::NotUndone`] with the first of those that the
/// archive did not invalidate, when all the others are; an archive that does not answer.
pub fn undo(
    work: &mut Work,
    delivery: &Delivery,
    mapping: &Mapping,
    door: &mut dyn Door,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Undone, RunError> {
    if let Some(at) = work.about("confirmed_at")? {
        return Err(RunError::NotRehearsed(format!("the batch was confirmed on {at}, and stays")));
    }
    check_rehearsed(work, delivery, mapping)?;
    if !work.sends()? && work.count(State::Undone)? == 0 {
        let what = "nothing of the batch was sent from this folder: there is nothing to undo";
        return Err(RunError::NotRehearsed(what.to_owned()));
    }
    work.forget_about(RECONCILED)?;
    work.set_about(UNDONE_EDITION, &mapping.edition.to_string())?;
    let total =
        work.count(State::Archived)? + work.count(State::Sound)? + work.count(State::Refused)?;
    let why = format!("undo of batch {} of {}", mapping.batch, mapping.source);
    let mut undoing = Undoing { mapping, why, done: Undone::default(), refused: None };
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
            work.together(|work| -> Result<(), WorkError> {
                for (number, state) in &states {
                    work.connection()
                        .prepare_cached("UPDATE item SET state = ? WHERE number = ?")?
                        .execute(params![state.name(), number])?;
                }
                Ok(())
            })?;
            seen += some.len() as u64;
            progress(seen.min(total), total);
            ended?;
        }
    }
    if let Some((count, first)) = undoing.refused {
        let more = if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
        return Err(RunError::NotUndone(format!("{first}{more}")));
    }
    work.end_sending()?;
    Ok(undoing.done)
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
    done: Undone,
    /// How many the archive did not invalidate, and the first of them with its reason.
    refused: Option<(u64, String)>,
}

impl Undoing<'_> {
    /// What becomes of a row; `None` where it stays as it is.
    fn row(&mut self, row: &Candidate, door: &mut dyn Door) -> Result<Option<State>, RunError> {
        let foreign = |what: &str| WorkError::Foreign(what.to_owned());
        let id = Oid::parse(&row.document).map_err(|_| foreign("an identifier"))?;
        let never = AtomicBool::new(false);
        // A run that was killed has archived documents that it could not note down; another batch may have archived the
        // same document, too. A case is of one batch.
        if !row.noted {
            let values = read_values(&row.said)?;
            let document = read_document(values, &mut Vec::new());
            let document = document.ok_or_else(|| foreign("a document that does not read"))?;
            let case = identifiers::case(self.mapping, &document);
            let own = asked(&never, || door.read_whole(&id))?
                .is_ok_and(|whole| case_of(&whole.metadata).as_deref() == Some(case.as_str()));
            if !own {
                self.done.left += 1;
                return Ok(Some(State::Read));
            }
        }
        match asked(&never, || door.invalidate(&id, &self.why))? {
            Ok(true) => {
                self.done.undone += 1;
                Ok(Some(State::Undone))
            }
            Ok(false) => Ok(Some(State::Read)),
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
