//! Break-glass: opening a client's documents without case context, for a reason and for some hours, and the
//! controller's queue in which each opening is judged (ACC-3, LOG-2).

use std::fmt::Write;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{self, Basis, Caller, LookReason, Reason};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid};
use varanto_domain::oversight::openings::{Judgement, MOST_HOURS, Opening, USUAL_HOURS, may_judge};
use varanto_domain::time::Instant;
use varanto_store::{OpeningRow, ReadTx, StoreError, WriteTx};

use super::reviewer::line_of_review;
use crate::withheld::Withheld;
use crate::{App, AppError};

/// What a worker asks to open.
#[derive(Debug, Clone, PartialEq)]
pub struct OpeningRequest {
    /// Whose documents.
    pub client: ClientIdentifier,
    /// Why.
    pub reason: LookReason,
    /// For how many hours, up to [`MOST_HOURS`]; `None`: [`USUAL_HOURS`].
    pub hours: Option<u32>,
}

/// What was opened. Whether the registers hold anything of the client is not told by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenedUp {
    /// For which reason.
    pub reason: LookReason,
    /// Until when, this instant no more.
    pub until: Instant,
}

/// Which openings to list.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OpeningQuery {
    /// In these states; none: new ones, and those questioned.
    pub states: Vec<Judgement>,
    /// At most so many, up to [`OpeningQuery::MOST`]; 0: [`OpeningQuery::USUAL`].
    pub limit: usize,
    /// Where the page before ended, as it was answered.
    pub cursor: Option<String>,
}

impl OpeningQuery {
    /// The most openings of one page.
    pub const MOST: usize = varanto_formats::log_search::MOST;
    /// The openings of a page when the caller does not say.
    pub const USUAL: usize = 20;

    fn states(&self) -> Vec<Judgement> {
        if self.states.is_empty() {
            vec![Judgement::New, Judgement::Questioned]
        } else {
            self.states.clone()
        }
    }

    fn cursor_scope(&self, caller: &Caller) -> Vec<u8> {
        format!("varanto/openings/1 {} {:?}", caller.organisation, self.states()).into_bytes()
    }
}

/// An opening as a reviewer sees it.
#[derive(Debug, Clone)]
pub struct QueuedOpening {
    /// Its identifier.
    pub id: String,
    /// Whose documents: the same word for the same client, as lines name it.
    pub client: String,
    /// What it says.
    pub opening: Opening,
    /// The line of the use log that tells of it.
    pub line: i64,
    /// Who judged it last, and when.
    pub judged: Option<(String, Instant)>,
}

/// One page of the queue, newest first.
#[derive(Debug, Clone)]
pub struct OpeningPage {
    /// The openings.
    pub openings: Vec<QueuedOpening>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

impl App {
    /// Opens a client's documents in the worker's own registers for some hours: until then no look at them wants
    /// case context or a reason again. Each register's reviewers find it in their queue.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] for too many hours or none; each logged.
    ///
    /// Source: ACC-3.
    pub fn open_up(&self, caller: &Caller, request: &OpeningRequest) -> Result<OpenedUp, AppError> {
        let now = self.clock.now();
        if let Err(denial) = access::may_open_up(caller) {
            self.log(caller, Event::BreakGlass, Outcome::Denied(denial), now)?;
            return Err(AppError::Denied(denial));
        }
        let hours = request.hours.unwrap_or(USUAL_HOURS);
        if !(1..=MOST_HOURS).contains(&hours) {
            let fault = Fault::new(FaultKind::WrongValue, "hours", "ACC-3");
            let fault = fault.arg("expected", format!("1–{MOST_HOURS}"));
            self.log(caller, Event::BreakGlass, Outcome::Refused(vec![fault.code()]), now)?;
            return Err(AppError::Refused(vec![fault]));
        }
        let until = Opening::end_of(now, hours);
        let (worker, asked) = (caller.clone(), request.clone());
        self.store.write::<_, AppError>(move |tx| {
            let actor = Actor::of(&worker);
            let held = held_in(tx, &worker, &asked.client)?;
            let reason = Reason::Look(asked.reason).code();
            let mut detail = format!("reason={reason} hours={hours}");
            if let Some((_, controllers)) = &held {
                let named: Vec<&str> = controllers.iter().map(Oid::as_str).collect();
                let _ = write!(detail, " registers={}", named.join(","));
            }
            let line = tx.log(&LogLine {
                at: now,
                event: Event::BreakGlass,
                outcome: Outcome::Permitted(Basis::StatedReason),
                actor: actor.clone(),
                client: held.as_ref().map(|(client, _)| *client),
                version: None,
                detail,
            })?;
            let Some((client, controllers)) = held else { return Ok(()) };
            for controller in controllers {
                let opening = Opening {
                    controller,
                    actor: actor.name.clone(),
                    reason: asked.reason,
                    opened_at: now,
                    until,
                    state: Judgement::New,
                };
                tx.insert_opening(client, &opening, line.number)?;
            }
            Ok(())
        })?;
        Ok(OpenedUp { reason: request.reason, until })
    }

    /// Lists the openings in the registers of the reviewer's organisation.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] for a cursor of another list; each logged.
    ///
    /// Source: LOG-2, ACC-3.
    pub fn list_openings(
        &self,
        caller: &Caller,
        query: &OpeningQuery,
    ) -> Result<OpeningPage, AppError> {
        let now = self.clock.now();
        let permit = self.log_permit(caller)?;
        let scope = query.cursor_scope(caller);
        let under = match self.read_cursor(&scope, query.cursor.as_deref(), "LOG-2") {
            Ok(place) => place.map_or(i64::MAX, |[key, _]| key),
            Err(fault) => {
                self.log(caller, Event::Review, Outcome::Refused(vec![fault.code()]), now)?;
                return Err(AppError::Refused(vec![fault]));
            }
        };
        let limit = match query.limit {
            0 => OpeningQuery::USUAL,
            more => more.min(OpeningQuery::MOST),
        };
        let states = query.states();
        let mut rows = self.store.read::<_, StoreError>(|tx| {
            let mut rows: Vec<OpeningRow> = Vec::new();
            for register in permit.registers() {
                rows.extend(tx.find_openings(&permit, register, &states, under, limit + 1)?);
            }
            for row in &mut rows {
                row.client = tx.person_of(row.client)?;
            }
            Ok(rows)
        })?;
        rows.sort_by_key(|row| std::cmp::Reverse(row.key));
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| self.write_cursor(&scope, [row.key, 0]));
        let detail = rows.iter().fold("openings lines=".to_owned(), |mut text, row| {
            let comma = if text.ends_with('=') { "" } else { "," };
            let _ = write!(text, "{comma}{}", row.line);
            text
        });
        let openings = rows.into_iter().map(|row| self.queued(row)).collect();
        let page = Withheld::new(OpeningPage { openings, next });
        let line = self.write_line(line_of_review(caller, &permit, now, None, detail))?;
        Ok(page.release(&line))
    }

    /// Judges an opening: seen, questioned, approved. What is questioned opens nothing any more.
    ///
    /// # Errors
    /// [`AppError::NotFound`] also for one in another register; [`AppError::Denied`] for the own look;
    /// [`AppError::Refused`] for a state that may not follow; each logged.
    ///
    /// Source: LOG-2.
    pub fn judge_opening(
        &self,
        caller: &Caller,
        id: &str,
        to: Judgement,
    ) -> Result<QueuedOpening, AppError> {
        let now = self.clock.now();
        let permit = self.log_permit(caller)?;
        let key: Option<i64> = id.parse().ok();
        let actor = Actor::of(caller);
        let turn = move |tx: &mut WriteTx<'_>| {
            let mut line = LogLine {
                at: now,
                event: Event::Judge,
                outcome: Outcome::Permitted(permit.basis()),
                actor: actor.clone(),
                client: None,
                version: None,
                detail: format!("state={}", to.code()),
            };
            let found = match key {
                Some(key) => tx.find_opening(key)?,
                None => None,
            };
            let Some(mut row) = found.filter(|row| permit.covers(&row.opening.controller)) else {
                line.outcome = Outcome::Refused(vec!["not-found"]);
                tx.log(&line)?;
                return Err(AppError::NotFound);
            };
            line.client = Some(row.client);
            let _ = write!(line.detail, " line={} register={}", row.line, row.opening.controller);
            if let Err(denial) = may_judge(&permit, &actor.name, &row.opening) {
                line.outcome = Outcome::Denied(denial);
                tx.log(&line)?;
                return Err(AppError::Denied(denial));
            }
            let next = row.opening.state.next();
            if !next.contains(&to) {
                let expected: Vec<&str> = next.iter().map(|state| state.code()).collect();
                let fault = Fault::new(FaultKind::WrongValue, "state", "LOG-2");
                line.outcome = Outcome::Refused(vec![fault.code()]);
                tx.log(&line)?;
                let expected =
                    if expected.is_empty() { "-".to_owned() } else { expected.join(", ") };
                return Err(AppError::Refused(vec![fault.arg("expected", expected)]));
            }
            tx.log(&line)?;
            tx.judge_opening(row.key, to, &actor.name, now)?;
            row.opening.state = to;
            row.judged = Some((actor.name.clone(), now));
            row.client = tx.person_of(row.client)?;
            Ok(row)
        };
        let row = self.store.write::<_, AppError>(turn)?.value;
        Ok(self.queued(row))
    }

    fn queued(&self, row: OpeningRow) -> QueuedOpening {
        QueuedOpening {
            id: row.key.to_string(),
            client: self.client_reference(row.client),
            opening: row.opening,
            line: row.line,
            judged: row.judged,
        }
    }
}

/// A client whom an identifier names, and the caller's own registers that hold something of the client.
fn held_in(
    tx: &ReadTx<'_>,
    caller: &Caller,
    client: &ClientIdentifier,
) -> Result<Option<(ClientKey, Vec<Oid>)>, StoreError> {
    let Some(client) = tx.find_client(client)? else { return Ok(None) };
    let (mut held, identities) = (Vec::new(), tx.identities_of(client)?);
    for controller in &caller.registers {
        for key in &identities {
            if !held.contains(controller) && tx.register_holds(controller, *key)? {
                held.push(controller.clone());
            }
        }
    }
    Ok((!held.is_empty()).then_some((client, held)))
}

/// A look for a stated reason, to be put into the register's queue with its line.
#[derive(Debug, Clone)]
pub(crate) struct StatedLook {
    /// Which of the lines tells of it, by its place.
    pub(crate) line: usize,
    /// Whose documents.
    pub(crate) client: ClientKey,
    /// What was looked at, as an opening of that one look.
    pub(crate) opening: Opening,
}

/// The look that a grant made, if it was for a stated reason and without case context.
pub(crate) fn stated_look(
    caller: &Caller,
    grant: &access::Grant,
    (line, client, controller): (usize, ClientKey, &Oid),
    now: Instant,
) -> Option<StatedLook> {
    let reason = grant.obligations.iter().find_map(|one| match one {
        access::Obligation::LogReason(Reason::Look(reason)) => Some(*reason),
        _ => None,
    })?;
    (grant.basis == Basis::StatedReason).then(|| StatedLook {
        line,
        client,
        opening: Opening {
            controller: controller.clone(),
            actor: Actor::of(caller).name,
            reason,
            opened_at: now,
            until: now,
            state: Judgement::New,
        },
    })
}

/// Puts looks into the queue. A further look of the same day, or under what was opened for hours, is in
/// the queue already.
pub(crate) fn queue_looks(
    tx: &mut WriteTx<'_>,
    looks: &[StatedLook],
    lines: &[i64],
) -> Result<(), StoreError> {
    for look in looks {
        let one = &look.opening;
        let morning = varanto_domain::time::FinnishDay::of(one.opened_at).start();
        let known = tx.list_openings(look.client, &one.actor, morning)?.into_iter().any(|row| {
            let same = row.opening.controller == one.controller && row.opening.reason == one.reason;
            let open = row.opening.is_in_force(one.opened_at);
            let waits = row.opening.state == Judgement::New && row.opening.opened_at >= morning;
            same && (open || waits)
        });
        if !known {
            let line = lines.get(look.line).copied().unwrap_or_default();
            tx.insert_opening(look.client, one, line)?;
        }
    }
    Ok(())
}
