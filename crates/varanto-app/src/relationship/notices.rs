//! Notices to the units of producers: a right was opened, is about to end, was withdrawn (RUR-5).

use std::collections::BTreeMap;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{self, Basis, Caller};
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::relationship::{
    Notice, NoticeKind, RegisterUseRight, RightChange, Side, Standing, changes, told_of,
};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{NoticeFilter, NoticeRow, ReadTx, StoreError, WriteTx};

use crate::withheld::Withheld;
use crate::{App, AppError};

/// Which notices are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NoticeQuery {
    /// Those behind this one, as it was told.
    pub after: i64,
    /// Those that were acknowledged too.
    pub acknowledged_too: bool,
    /// At most so many; 0: [`NoticeQuery::USUAL`].
    pub limit: usize,
}

impl NoticeQuery {
    /// The most notices of one page.
    pub const MOST: usize = 100;
    /// The notices of a page when the caller does not say.
    pub const USUAL: usize = 20;
}

/// A page of notices.
#[derive(Debug, Clone)]
pub struct NoticePage {
    /// The notices, oldest first.
    pub notices: Vec<ToldNotice>,
    /// Whether there are more behind the last one.
    pub more: bool,
}

/// A notice as the unit is told it.
#[derive(Debug, Clone)]
pub struct ToldNotice {
    /// Names it.
    pub id: i64,
    /// What it tells.
    pub notice: Notice,
    /// When it was made.
    pub made_at: Instant,
    /// When it was acknowledged.
    pub acknowledged_at: Option<Instant>,
    /// The open cases that the right is about; none once it is over.
    pub cases: Vec<Oid>,
}

impl App {
    /// Tells the notices of the caller's units, a page at a time, oldest first.
    ///
    /// # Errors
    /// [`AppError::Denied`]; logged.
    ///
    /// Source: RUR-5.
    pub fn list_notices(
        &self,
        caller: &Caller,
        query: NoticeQuery,
    ) -> Result<NoticePage, AppError> {
        let now = self.clock.now();
        let today = FinnishDay::of(now);
        let most = match query.limit {
            0 => NoticeQuery::USUAL,
            more => more.min(NoticeQuery::MOST),
        };
        if let Err(denial) = access::may_receive_notices(caller) {
            self.log(caller, Event::Notice, Outcome::Denied(denial), now)?;
            return Err(AppError::Denied(denial));
        }
        let (told, page) = self.store.read::<_, AppError>(|tx| {
            let mut rows = Vec::new();
            for unit in caller.units.iter() {
                let Ok(permit) = access::may_be_told(caller, unit) else { continue };
                let NoticeQuery { mut after, acknowledged_too, .. } = query;
                let mut found = Vec::new();
                while found.len() <= most {
                    let filter =
                        NoticeFilter { after, told_on: today, acknowledged_too, most: most + 1 };
                    let page = tx.list_notices(&permit, filter)?;
                    let Some(last) = page.last() else { break };
                    after = last.key;
                    for row in page {
                        if is_in_reach(tx, caller, unit, row.relationship_key)? {
                            found.push(row);
                        }
                    }
                }
                rows.extend(found);
            }
            rows.sort_by_key(|row| row.key);
            let more = rows.len() > most;
            rows.truncate(most);
            let mut told: BTreeMap<ClientKey, usize> = BTreeMap::new();
            for row in &rows {
                *told.entry(row.client).or_default() += 1;
            }
            let notices = rows.into_iter().map(|row| told_notice(tx, row, today));
            let notices = notices.collect::<Result<_, StoreError>>()?;
            Ok((told, Withheld::new(NoticePage { notices, more })))
        })?;
        let line = |client: Option<ClientKey>, told: usize| LogLine {
            at: now,
            event: Event::Notice,
            outcome: Outcome::Permitted(Basis::RegisterUse),
            actor: Actor::of(caller),
            client,
            version: None,
            detail: format!("told={told}"),
        };
        let mut lines: Vec<LogLine> =
            told.into_iter().map(|(client, told)| line(Some(client), told)).collect();
        if lines.is_empty() {
            lines.push(line(None, 0));
        }
        Ok(page.release(&self.write_lines(lines)?))
    }

    /// Acknowledges a notice of one of the caller's units.
    ///
    /// # Errors
    /// [`AppError::NotFound`] also for another unit's notice; [`AppError::Denied`]; each logged.
    ///
    /// Source: RUR-5.
    pub fn acknowledge_notice(&self, caller: &Caller, id: i64) -> Result<(), AppError> {
        let now = self.clock.now();
        let actor = Actor::of(caller);
        let caller = caller.clone();
        self.store.write::<_, AppError>(move |tx| {
            let mut line = LogLine {
                at: now,
                event: Event::Notice,
                outcome: Outcome::Permitted(Basis::RegisterUse),
                actor: actor.clone(),
                client: None,
                version: None,
                detail: "acknowledged".to_owned(),
            };
            let answer = match access::may_receive_notices(&caller) {
                Err(denial) => Err(AppError::Denied(denial)),
                Ok(()) => acknowledged(tx, &caller, id, now)?.ok_or(AppError::NotFound),
            };
            match &answer {
                Ok(client) => line.client = Some(*client),
                Err(AppError::Denied(denial)) => line.outcome = Outcome::Denied(*denial),
                Err(_) => line.outcome = Outcome::Refused(vec!["not-found"]),
            }
            tx.log(&line)?;
            answer.map(drop)
        })?;
        Ok(())
    }
}

/// Marks a notice as acknowledged; another unit's is told as one that is not there.
fn acknowledged(
    tx: &mut WriteTx<'_>,
    caller: &Caller,
    id: i64,
    now: Instant,
) -> Result<Option<ClientKey>, StoreError> {
    let Some(holder) = tx.holder_of_notice(id)? else { return Ok(None) };
    let Ok(permit) = access::may_be_told(caller, &holder) else { return Ok(None) };
    let Some(relationship) = tx.relationship_of_notice(id)? else { return Ok(None) };
    if !is_in_reach(tx, caller, &holder, relationship)? {
        return Ok(None);
    }
    tx.acknowledge_notice(&permit, id, now)
}

/// Whether the caller acts for a unit in the register in which a relationship is: users whom an organiser keeps for a
/// producer are told of its own clients alone.
fn is_in_reach(
    tx: &ReadTx<'_>,
    caller: &Caller,
    unit: &Oid,
    relationship: i64,
) -> Result<bool, StoreError> {
    if caller.by_register.is_none() {
        return Ok(true);
    }
    let controller = tx.relationship_of_key(relationship)?.known.controller;
    Ok(caller.acts_for(unit, &controller))
}

fn told_notice(
    tx: &ReadTx<'_>,
    row: NoticeRow,
    today: FinnishDay,
) -> Result<ToldNotice, StoreError> {
    let rights = tx.list_rights(row.relationship_key)?;
    let right = rights.iter().map(|held| &held.right).find(|right| is_about(&row.notice, right));
    let right = right.filter(|right| !matches!(right.standing_on(today), Standing::Ended(_)));
    let mut cases = Vec::new();
    if let Some(right) = right {
        let all = tx.list_cases(row.relationship_key)?.into_iter().map(|case| case.known);
        let open = all.filter(|case| !case.closed && right.branch.covers(&case.service_task));
        cases.extend(open.map(|case| case.id));
    }
    let NoticeRow { key, notice, made_at, acknowledged_at, .. } = row;
    Ok(ToldNotice { id: key, notice, made_at, acknowledged_at, cases })
}

/// Whether a notice is about a right, whatever its days.
fn is_about(notice: &Notice, right: &RegisterUseRight) -> bool {
    right.side != Side::Organiser
        && right.holder == notice.holder
        && right.branch.service_task() == notice.service_task.as_deref()
        && right.services == notice.services
}

/// Plans what the producers' units of a relationship are told of the ends of its rights, and nothing else; what was planned of
/// them before goes.
///
/// Source: RUR-5.
pub(crate) fn plan_endings(
    tx: &mut WriteTx<'_>,
    relationship_key: i64,
    at: Instant,
) -> Result<(), StoreError> {
    let client = tx.relationship_of_key(relationship_key)?.known.client;
    let rights: Vec<_> =
        tx.list_rights(relationship_key)?.into_iter().map(|row| row.right).collect();
    for change in changes(&[], &rights) {
        let told = told_of(&change, FinnishDay::of(at)).notices;
        for notice in told.iter().filter(|notice| notice.kind == NoticeKind::Ending) {
            let Notice { holder, service_task, services, .. } = notice;
            tx.drop_ending_notices(relationship_key, holder, service_task.as_deref(), services)?;
            tx.insert_notice(relationship_key, client, notice, at)?;
        }
    }
    Ok(())
}

/// Keeps what the producers are to be told of the changes that a version makes, in its own transaction.
pub(crate) fn keep_notices(
    tx: &mut WriteTx<'_>,
    relationship_key: i64,
    client: ClientKey,
    changes: &[RightChange],
    at: Instant,
) -> Result<(), StoreError> {
    for change in changes {
        let told = told_of(change, FinnishDay::of(at));
        if told.end_moved
            && let Some(right) = change.before.as_ref().or(change.after.as_ref())
        {
            let task = right.branch.service_task();
            tx.drop_ending_notices(relationship_key, &right.holder, task, &right.services)?;
        }
        for notice in &told.notices {
            tx.insert_notice(relationship_key, client, notice, at)?;
        }
    }
    Ok(())
}
