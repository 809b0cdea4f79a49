//! Openings: looks without case context, and where the judgement of each stands.

use rusqlite::{Row, params};
use varanto_domain::access::{LogPermit, Reason};
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::oversight::openings::{Judgement, Opening};
use varanto_domain::time::Instant;

use crate::{ReadTx, StoreError, WriteTx};

/// An opening and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpeningRow {
    /// Its key.
    pub key: i64,
    /// Whose documents.
    pub client: ClientKey,
    /// What it says.
    pub opening: Opening,
    /// The line of the use log that tells of it.
    pub line: i64,
    /// Who judged it last, and when.
    pub judged: Option<(String, Instant)>,
}

macro_rules! openings_sql {
    ($which:literal) => {
        concat!(
            "SELECT opening_key, client_key, controller, actor, reason, opened_at, until, state, ",
            "line, judged_by, judged_at FROM opening ",
            $which
        )
    };
}

impl ReadTx<'_> {
    /// What somebody has opened of a client and that lasts at an instant or beyond, or began at an instant or
    /// later.
    pub fn list_openings(
        &self,
        client: ClientKey,
        actor: &str,
        since: Instant,
    ) -> Result<Vec<OpeningRow>, StoreError> {
        const SQL: &str = openings_sql!(
            "WHERE client_key = ?1 AND actor = ?2 AND (until >= ?3 OR opened_at >= ?3) \
             ORDER BY opening_key"
        );
        let Some(actor) = self.find_term(actor)? else { return Ok(Vec::new()) };
        let params = params![client.0, actor, since.millis()];
        self.all(SQL, params, |row| Ok(self.opening_of(row)))?.into_iter().collect()
    }

    /// An opening by its key.
    pub fn find_opening(&self, key: i64) -> Result<Option<OpeningRow>, StoreError> {
        const SQL: &str = openings_sql!("WHERE opening_key = ?1");
        self.optional(SQL, [key], |row| Ok(self.opening_of(row)))?.transpose()
    }

    /// At most `most` openings in a register in one of the states, newest first, under a key.
    pub fn find_openings(
        &self,
        _permit: &LogPermit,
        register: &Oid,
        states: &[Judgement],
        under: i64,
        most: usize,
    ) -> Result<Vec<OpeningRow>, StoreError> {
        const SQL: &str = openings_sql!(
            "INDEXED BY opening_by_register WHERE controller = ?1 AND opening_key < ?2 \
             AND (?3 >> state) & 1 ORDER BY opening_key DESC LIMIT ?4"
        );
        let Some(register) = self.find_term(register.as_str())? else { return Ok(Vec::new()) };
        let states: i64 = states.iter().map(|state| 1 << (*state as i64)).sum();
        let params = params![register, under, states, i64::try_from(most).unwrap_or(i64::MAX)];
        self.all(SQL, params, |row| Ok(self.opening_of(row)))?.into_iter().collect()
    }

    /// Whether a controller's register holds anything of a client's.
    pub fn register_holds(&self, controller: &Oid, client: ClientKey) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT 1 FROM document_version INDEXED BY version_by_client
            WHERE client_key = ?1 AND controller = ?2 LIMIT 1";
        let Some(term) = self.find_term(controller.as_str())? else { return Ok(false) };
        Ok(self.optional(SQL, [client.0, term], |_| Ok(()))?.is_some())
    }

    fn opening_of(&self, row: &Row<'_>) -> Result<OpeningRow, StoreError> {
        let key: i64 = row.get(0)?;
        let damaged = || StoreError::Damaged(format!("opening {key}"));
        let Some(Reason::Look(reason)) = Reason::of_code(&self.term(row.get(4)?)?) else {
            return Err(damaged());
        };
        let state = usize::try_from(row.get::<_, i64>(7)?).ok();
        let state = state.and_then(|place| Judgement::ALL.get(place));
        let judge: Option<i64> = row.get(9)?;
        let at: Option<i64> = row.get(10)?;
        let judged = match (judge, at) {
            (Some(judge), Some(at)) => {
                Some((self.term(judge)?.to_string(), Instant::from_millis(at)))
            }
            _ => None,
        };
        Ok(OpeningRow {
            key,
            client: ClientKey(row.get(1)?),
            opening: Opening {
                controller: self.oid_term(row.get(2)?)?,
                actor: self.term(row.get(3)?)?.to_string(),
                reason,
                opened_at: Instant::from_millis(row.get(5)?),
                until: Instant::from_millis(row.get(6)?),
                state: *state.ok_or_else(damaged)?,
            },
            line: row.get(8)?,
            judged,
        })
    }
}

impl WriteTx<'_> {
    /// Keeps an opening that a line tells of, and answers its key.
    pub fn insert_opening(
        &mut self,
        client: ClientKey,
        opening: &Opening,
        line: i64,
    ) -> Result<i64, StoreError> {
        const SQL: &str = "INSERT INTO opening (opening_key, client_key, controller, actor, reason,
            opened_at, until, state, line) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let key = self.next_key();
        let controller = self.make_term(opening.controller.as_str())?;
        let actor = self.make_term(&opening.actor)?;
        let reason = self.make_term(Reason::Look(opening.reason).code())?;
        self.execute(
            SQL,
            params![
                key,
                client.0,
                controller,
                actor,
                reason,
                opening.opened_at.millis(),
                opening.until.millis(),
                opening.state as i64,
                line,
            ],
        )?;
        Ok(key)
    }

    /// Keeps how an opening was judged, by whom and when.
    pub fn judge_opening(
        &mut self,
        key: i64,
        state: Judgement,
        judge: &str,
        at: Instant,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE opening SET state = ?2, judged_by = ?3, judged_at = ?4
            WHERE opening_key = ?1";
        let judge = self.make_term(judge)?;
        self.execute(SQL, params![key, state as i64, judge, at.millis()]).map(drop)
    }
}
