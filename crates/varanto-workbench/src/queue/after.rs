//! What a run, or an undo, left of a batch: what the archive refused, what is faulty still, and rows whose documents the
//! archive has. Nobody completes them here; they are read.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};
use varanto_domain::access::OldDataPermit;
use varanto_domain::ids::Oid;

use super::{Cause, Counted, Key, Listed, Queue, QueueError, key, read_key, shown, words};
use crate::answers::{Given, given};
use crate::work::{RowName, State};

/// Faults of rows that are so far: of those that the archive refused, what it said.
macro_rules! left {
    ($what:expr, $end:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM item JOIN fault USING (number)
             WHERE item.state = ?1 AND fault.by_archive = (?1 = 'refused') AND ",
            shown!(),
            " ",
            $end
        )
    };
}

const EVERY: &str =
    left!(concat!(key!(), ", item.number, fault.rowid, ", words!()), "ORDER BY item.number");
const OF_CAUSE: &str = left!(
    "DISTINCT item.place, coalesce(item.day, substr(item.said ->> '$.written_at', 1, 10)), item.said ->> '$.general_type', item.state",
    "AND fault.code = ?2 AND fault.rule = ?4 AND CASE WHEN fault.element LIKE 'original_service_task.%'
       THEN 'original_service_task' ELSE fault.element END = ?3
     AND (fault.code <> 'unmapped-value' OR (fault.value IS ?5
       AND (fault.args ->> '$.step') || ' ' || (fault.args ->> '$.column') IS ?6))
     AND item.place > ?7 ORDER BY item.place LIMIT ?8"
);

/// A row whose document the archive has, or had: what it says is a document's of the archive, and decided of like any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The row.
    pub place: u64,
    /// How far it is.
    pub state: String,
    /// The day on which the document was written.
    pub day: Option<String>,
    /// The general document type.
    pub general_type: Option<String>,
    /// What the document is called in the archive.
    pub document: Option<Oid>,
    /// What was answered.
    pub given: Vec<Given>,
}

impl Queue {
    /// What the rows that are so far have as faults, the most frequent first: those that the archive refused, or those that a
    /// run left faulty.
    ///
    /// # Errors
    /// [`QueueError::NotPermitted`], and what SQLite says.
    pub fn left(&self, permit: &OldDataPermit, state: State) -> Result<Vec<Cause>, QueueError> {
        self.permitted(permit)?;
        let mut statement = self.work.connection().prepare_cached(EVERY)?;
        let mut rows = statement.query([state.name()])?;
        let mut causes: BTreeMap<Key, Counted> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let (number, fault): (i64, i64) = (row.get(5)?, row.get(6)?);
            let counted = causes.entry(read_key(row)?).or_insert_with(|| Counted::from(fault));
            counted.add(number, fault, row.get_ref(7)?.as_str().unwrap_or_default());
        }
        self.causes_of(causes)
    }

    /// The cause of a name among those that a run left, and how far its rows are.
    ///
    /// # Errors
    /// As [`Queue::left`].
    pub fn left_for(
        &self,
        permit: &OldDataPermit,
        id: &str,
    ) -> Result<Option<(State, Cause)>, QueueError> {
        for state in [State::Refused, State::Faulty] {
            let found = self.left(permit, state)?.into_iter().find(|cause| cause.id == id);
            if let Some(cause) = found {
                return Ok(Some((state, cause)));
            }
        }
        Ok(None)
    }

    /// The rows of such a cause behind one, so many at most.
    ///
    /// # Errors
    /// As [`Queue::left`].
    pub fn left_rows(
        &self,
        permit: &OldDataPermit,
        (state, cause): (State, &Cause),
        after: u64,
        most: usize,
    ) -> Result<Vec<Listed>, QueueError> {
        self.permitted(permit)?;
        let Cause { code, element, rule, value, met, .. } = cause;
        let (after, most) = (after.cast_signed(), i64::try_from(most).unwrap_or(i64::MAX));
        let state = state.name();
        self.listed(OF_CAUSE, params![state, code, element, rule, value, met, after, most])
    }

    /// A row whose document the archive has, or had; `None` where it is none.
    ///
    /// # Errors
    /// As [`Queue::left`].
    pub fn settled(
        &self,
        permit: &OldDataPermit,
        place: u64,
    ) -> Result<Option<Settled>, QueueError> {
        self.permitted(permit)?;
        let mut statement = self.work.connection().prepare_cached(concat!(
            "SELECT state, document, row, day, said ->> '$.general_type' FROM item
             WHERE place = ? AND receipt IS NOT NULL AND ",
            shown!()
        ))?;
        let found = statement.query_row([place.cast_signed()], |row| {
            let (document, name): (Option<String>, RowName) = (row.get(1)?, row.get(2)?);
            let (day, general_type) = (row.get(3)?, row.get(4)?);
            let document = document.and_then(|document| Oid::parse(&document).ok());
            let state = row.get(0)?;
            Ok((Settled { place, state, day, general_type, document, given: Vec::new() }, name))
        });
        let Some((settled, name)) = found.optional()? else { return Ok(None) };
        Ok(Some(Settled { given: given(&self.work, &name)?, ..settled }))
    }
}
