//! Undoing a batch that is not confirmed: its documents are invalidated. Nothing is erased: that they were there, and why
//! they are invalidated, stays in the archive; and so do the closed cases and old relationships, which no archive
//! invalidates. Source: OLD-9, ARC-3.

use rusqlite::params;
use varanto_domain::ids::Oid;

use crate::door::Door;
use crate::mapping::Mapping;
use crate::run::RunError;
use crate::work::{State, Work, WorkError};

/// How many are noted down together.
const TOGETHER: i64 = 100;

/// Says that a batch stays: it cannot be undone any more.
///
/// # Errors
/// A batch with something still to be archived; what SQLite says.
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
    Ok(work.set_about("confirmed_at", at)?)
}

/// Undoes a batch. Broken off, it is gone on with by undoing again.
///
/// # Errors
/// A batch that is confirmed; an archive that refuses.
pub fn undo(
    work: &mut Work,
    mapping: &Mapping,
    door: &mut dyn Door,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<u64, RunError> {
    if let Some(at) = work.about("confirmed_at")? {
        return Err(RunError::NotRehearsed(format!("the batch was confirmed on {at}, and stays")));
    }
    let why = format!("undo of batch {} of {}", mapping.batch, mapping.source);
    let total = work.count(State::Archived)?;
    let mut done = 0;
    loop {
        // Attachments before what they are attached to.
        let some: Vec<(i64, String)> = query(
            work,
            "SELECT number, document FROM item WHERE state = 'archived'
             ORDER BY said ->> '$.main_document' IS NULL, number DESC LIMIT ?",
        )?;
        if some.is_empty() {
            break;
        }
        let mut undone = Vec::new();
        let ended = some.iter().try_for_each(|(number, document)| {
            invalidate(door, document, &why)?;
            undone.push(*number);
            Ok::<_, RunError>(())
        });
        work.together(|work| -> Result<(), WorkError> {
            for number in &undone {
                work.connection()
                    .prepare_cached("UPDATE item SET state = 'undone' WHERE number = ?")?
                    .execute([number])?;
            }
            Ok(())
        })?;
        done += undone.len() as u64;
        progress(done, total);
        ended?;
    }
    Ok(done)
}

fn query(work: &Work, query: &str) -> Result<Vec<(i64, String)>, RunError> {
    let mut statement = work.connection().prepare_cached(query)?;
    let rows = statement.query_map(params![TOGETHER], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn invalidate(door: &mut dyn Door, document: &str, why: &str) -> Result<(), RunError> {
    let id = Oid::parse(document).map_err(|_| WorkError::Foreign("an identifier".to_owned()))?;
    door.invalidate(&id, why).map_err(RunError::NoAnswer)
}
