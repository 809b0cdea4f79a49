//! The active relationships of clients, looked up in the archive: no old system knows what the archive calls them.
//!
//! Asked is for each active client of a rehearsed batch of whom no relationship is said. What the archive answers stands in the
//! work file beside what a rehearsal finds, and no rehearsal forgets it: the next one takes it for each row that says none.
//! Source: OLD-5.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::OptionalExtension;
use varanto_domain::ids::{Oid, PersonalIdentityCode};

use crate::door::Door;
use crate::run::{RunError, asked};
use crate::work::{Work, WorkError};

/// What became of a look-up.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LookedUp {
    /// Clients of whom a relationship is known now, by controller.
    pub found: u64,
    /// Clients with no active relationship.
    pub none: u64,
    /// Clients with several.
    pub several: u64,
    /// Clients of whom the archive does not tell, with what it answered and how many there are.
    pub refused: Vec<(String, u64)>,
}

impl LookedUp {
    /// Whether one relationship is known of everybody.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.none == 0 && self.several == 0 && self.refused.is_empty()
    }
}

/// The active clients of whom neither the source nor a person says a relationship. What was looked up before stands in
/// `said` as if it were said.
const CLIENTS: &str = "SELECT DISTINCT item.controller, client FROM item
  LEFT JOIN active USING (controller, client)
  WHERE item.controller IS NOT NULL AND client IS NOT NULL AND said ->> '$.client_state' = 'active'
    AND left_out IS NULL
    AND (active.client IS NOT NULL OR said ->> '$.relationship_id' IS NULL)
  ORDER BY 1, 2";

/// Asks the archive for the relationships that are not known yet, or with `anew` for all of them. Broken off, what was answered
/// until then is kept, and another look-up goes on.
///
/// # Errors
/// What the work file says, that nobody comes in or answers, and that it was stopped.
pub fn look_up(
    work: &Work,
    door: &mut dyn Door,
    anew: bool,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<LookedUp, RunError> {
    let clients = clients(work)?;
    let mut done = LookedUp::default();
    for (at, (controller, client)) in (1..).zip(&clients) {
        let stopped = || stop.load(Ordering::Relaxed);
        if stopped() {
            return Err(RunError::Stopped);
        }
        // What was told before is known until something else is told, also where asking anew is broken off.
        let told = match known(work, controller, client)? {
            Some(Known::One(_)) if !anew => Ok(1),
            _ => {
                let (Ok(of), Ok(code)) =
                    (Oid::parse(controller), PersonalIdentityCode::parse(client))
                else {
                    continue;
                };
                let told = asked(&stopped, || door.active_relationships(&of, &code))?;
                if let Ok(found) = &told {
                    keep(work, [controller, client], found)?;
                }
                told.map(|found| found.len())
            }
        };
        match told {
            Ok(0) => done.none += 1,
            Ok(1) => done.found += 1,
            Ok(_) => done.several += 1,
            Err(why) => match done.refused.iter_mut().find(|(one, _)| *one == why) {
                Some((_, count)) => *count += 1,
                None => done.refused.push((why, 1)),
            },
        }
        progress(at, clients.len() as u64);
    }
    Ok(done)
}

fn clients(work: &Work) -> Result<BTreeSet<(String, String)>, WorkError> {
    let mut statement = work.connection().prepare(CLIENTS)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn keep(work: &Work, [controller, client]: [&str; 2], found: &[Oid]) -> Result<(), WorkError> {
    let one = if let [one] = found { Some(one.as_str()) } else { None };
    work.connection()
        .prepare_cached("INSERT OR REPLACE INTO active VALUES (?, ?, ?, ?)")?
        .execute((controller, client, one, i64::try_from(found.len()).unwrap_or(i64::MAX)))?;
    Ok(())
}

/// What the archive told of a client's active relationship.
pub(crate) enum Known {
    /// It is this one.
    One(String),
    /// There are so many.
    Not(i64),
}

/// What the archive told when it was asked; `None` where it was not.
pub(crate) fn known(
    work: &Work,
    controller: &str,
    client: &str,
) -> Result<Option<Known>, WorkError> {
    let sql = "SELECT relationship, count FROM active WHERE controller = ? AND client = ?";
    let mut statement = work.connection().prepare_cached(sql)?;
    let found = statement.query_row((controller, client), |row| {
        let one: Option<String> = row.get(0)?;
        Ok(one.map_or(Known::Not(row.get(1)?), Known::One))
    });
    Ok(found.optional()?)
}
