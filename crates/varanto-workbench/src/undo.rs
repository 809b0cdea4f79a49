//! Undoing a batch that is not confirmed: its documents are invalidated. Nothing is erased: that they were there, and why
//! they are invalidated, stays in the archive; and so do the closed cases and old relationships, which no archive
//! invalidates. Source: OLD-9, ARC-3.

use rusqlite::params;
use varanto_domain::ids::Oid;

use crate::delivery::Delivery;
use crate::door::Door;
use crate::mapping::Mapping;
use crate::reconciliation::check_reconciled;
use crate::run::{RunError, check_rehearsed};
use crate::work::{RECONCILED, State, UNDONE_EDITION, Work, WorkError};

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

/// Undoes a batch. Broken off, it is gone on with by undoing again.
///
/// # Errors
/// A batch that is confirmed; an archive that refuses.
pub fn undo(
    work: &mut Work,
    delivery: &Delivery,
    mapping: &Mapping,
    door: &mut dyn Door,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<u64, RunError> {
    if let Some(at) = work.about("confirmed_at")? {
        return Err(RunError::NotRehearsed(format!("the batch was confirmed on {at}, and stays")));
    }
    check_rehearsed(work, delivery, mapping)?;
    let why = format!("undo of batch {} of {}", mapping.batch, mapping.source);
    work.forget_about(RECONCILED)?;
    work.set_about(UNDONE_EDITION, &mapping.edition.to_string())?;
    // A run that was killed has archived documents that it could not note down: those are asked for too.
    let total =
        work.count(State::Archived)? + work.count(State::Sound)? + work.count(State::Refused)?;
    let (mut seen, mut undone) = (0, 0);
    for statement in [ATTACHMENTS, THE_REST] {
        loop {
            let some = query(work, statement)?;
            if some.is_empty() {
                break;
            }
            let mut states = Vec::new();
            let ended = some.iter().try_for_each(|(number, document)| {
                let id = Oid::parse(document)
                    .map_err(|_| WorkError::Foreign("an identifier".to_owned()))?;
                let was_there = door.invalidate(&id, &why).map_err(RunError::NotUndone)?;
                states.push((*number, if was_there { State::Undone } else { State::Read }));
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
            seen += states.len() as u64;
            undone += states.iter().filter(|(_, state)| *state == State::Undone).count() as u64;
            progress(seen, total);
            ended?;
        }
    }
    work.end_sending()?;
    Ok(undone)
}

/// Attachments go before what they are attached to.
const ATTACHMENTS: &str =
    "SELECT number, document FROM item WHERE state IN ('archived', 'sound', 'refused')
  AND said ->> '$.main_document' IS NOT NULL LIMIT ?";
const THE_REST: &str =
    "SELECT number, document FROM item WHERE state IN ('archived', 'sound', 'refused') LIMIT ?";

fn query(work: &Work, query: &str) -> Result<Vec<(i64, String)>, RunError> {
    let mut statement = work.connection().prepare_cached(query)?;
    let rows = statement.query_map(params![TOGETHER], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
