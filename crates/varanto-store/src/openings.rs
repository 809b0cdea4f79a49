//! Openings: looks without case context, and where the judgement of each stands.

use varanto_domain::access::log::Event;
use varanto_domain::access::{Basis, LogPermit, Reason};
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::oversight::openings::{Judgement, Opening, is_stated};
use varanto_domain::time::Instant;

use crate::engine::{Row, params};
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
             AND (?3 >> CAST(state AS INTEGER)) & 1 = 1 ORDER BY opening_key DESC LIMIT ?4"
        );
        let Some(register) = self.find_term(register.as_str())? else { return Ok(Vec::new()) };
        let states: i64 = states.iter().map(|state| 1 << (*state as i64)).sum();
        let params = params![register, under, states, i64::try_from(most).unwrap_or(i64::MAX)];
        self.all(SQL, params, |row| Ok(self.opening_of(row)))?.into_iter().collect()
    }

    /// Whether a controller's register holds anything of a client's under one key: a document, a place in a joint case, or what
    /// the client told.
    pub fn register_holds(&self, controller: &Oid, client: ClientKey) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT 1 FROM document_version INDEXED BY version_by_client
            WHERE client_key = ?1 AND controller = ?2 LIMIT 1";
        const IN_A_CASE: &str = "SELECT 1 FROM case_client AS there INDEXED BY case_by_client
            JOIN client_case AS joint ON joint.case_key = there.case_key
            WHERE there.client_key = ?1 AND there.joined_at IS NOT NULL AND joint.controller = ?2 LIMIT 1";
        const TOLD: &str = "SELECT 1 FROM client_statement INDEXED BY statement_by_client
            WHERE client_key = ?1 AND controller = ?2 LIMIT 1";
        let Some(term) = self.find_term(controller.as_str())? else { return Ok(false) };
        let held = |sql| self.optional(sql, [client.0, term], |_| Ok(()));
        Ok(held(SQL)?.is_some() || held(IN_A_CASE)?.is_some() || held(TOLD)?.is_some())
    }

    /// What of the queue is not as the log tells it: openings of which no line tells so, judgements that are other than
    /// judged last, and looks for a stated reason that are in no queue.
    pub(crate) fn wrong_openings(&self) -> Result<Vec<(String, &'static str)>, StoreError> {
        const OPENINGS: &str = openings_sql!(
            "WHERE (client_key, opening_key) > (?1, ?2) ORDER BY client_key, opening_key LIMIT 256"
        );
        let mut wrong = Vec::new();
        let mut last = (i64::MIN, i64::MIN);
        let mut judgements = (None, Vec::new());
        loop {
            let read = |row: &Row<'_>| Ok(((row.get(1)?, row.get(0)?), self.opening_of(row)));
            let page: Vec<((i64, i64), _)> = self.all(OPENINGS, [last.0, last.1], read)?;
            let Some(end) = page.last() else { break };
            last = end.0;
            for ((client, key), row) in page {
                let place = format!("opening {key}");
                let row = match row {
                    Ok(row) => row,
                    Err(StoreError::Damaged(_)) => {
                        wrong.push((place, "does not read"));
                        continue;
                    }
                    Err(error) => return Err(error),
                };
                if !self.is_told_so(&row)? {
                    wrong.push((place.clone(), "no log line tells of it so"));
                }
                if judgements.0 != Some(client) {
                    let lines = self.list_lines_about(row.client, Event::Judge)?;
                    judgements = (Some(client), lines);
                }
                let (state, judged) = row.opening.judged_by(row.line, &judgements.1);
                let kept = row.judged.as_ref().map(|(judge, at)| (judge.as_str(), *at));
                if (state, judged) != (row.opening.state, kept) {
                    wrong.push((place, "is judged other than the log tells"));
                }
            }
        }
        self.looks_in_no_queue(&mut wrong)?;
        Ok(wrong)
    }

    /// Whether the line of an opening tells of it, and of a look, one of its documents is in the register.
    fn is_told_so(&self, row: &OpeningRow) -> Result<bool, StoreError> {
        let Some(line) = self.find_log_line(row.line)? else { return Ok(false) };
        if !row.opening.is_told_by(row.client, &line) {
            return Ok(false);
        }
        if line.event == Event::BreakGlass {
            return Ok(true);
        }
        for version in line.versions() {
            let controller = match self.find_destroyed(version)? {
                Some(gone) => gone.controller,
                None => self.version_of_key(version)?.controller,
            };
            if controller == row.opening.controller {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn looks_in_no_queue(&self, wrong: &mut Vec<(String, &'static str)>) -> Result<(), StoreError> {
        const LINES: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail FROM use_log
            WHERE line > ?1 AND reason = ?2 AND client_key IS NOT NULL ORDER BY line LIMIT 512";
        const OF_CLIENT: &str = openings_sql!("WHERE client_key = ?1 AND actor = ?2");
        let Some(reason) = self.find_term(Basis::StatedReason.code())? else { return Ok(()) };
        let mut last = 0;
        loop {
            let read =
                |row: &Row<'_>| Ok((row.get(0)?, row.get(8)?, row.get(5)?, self.kept_line(row)));
            let page: Vec<(i64, i64, i64, _)> = self.all(LINES, [last, reason], read)?;
            let Some(end) = page.last() else { return Ok(()) };
            last = end.0;
            for (number, client, actor, line) in page {
                // A line that does not read is told of where lines are held against their leaves.
                let Ok(line) = line else { continue };
                if !is_stated(&line) {
                    continue;
                }
                let queued =
                    self.all(OF_CLIENT, [client, actor], |row| Ok(self.opening_of(row)))?;
                let queued = queued.iter().flatten();
                let mut queued =
                    queued.filter(|row| row.line == number || row.opening.answers_for(&line));
                if queued.next().is_none() {
                    wrong.push((format!("log line {number}"), "is in no queue of openings"));
                }
            }
        }
    }

    fn opening_of(&self, row: &Row<'_>) -> Result<OpeningRow, StoreError> {
        let key: i64 = row.get(0)?;
        let damaged = || StoreError::Damaged(format!("opening {key}"));
        let Some(Reason::Look(reason)) = Reason::of_code(&self.term(row.get(4)?)?) else {
            return Err(damaged());
        };
        let state = usize::try_from(row.get::<i64>(7)?).ok();
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
