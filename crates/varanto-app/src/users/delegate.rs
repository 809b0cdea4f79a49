//! Delegations: an organiser lets the main users of a producer keep the producer's users, and takes it back (JOI-3).

use varanto_domain::access::keeping::{
    Delegation, Keeper, day_faults, keepers_of_users, producer_faults, unit_faults,
};
use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{Caller, Denial, Role};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{DelegationRow, StoreError, WriteTx};

use super::keep::{MainUser, end_row, line_of_act, line_of_refusal};
use super::{Sight, UserQuery, line_of_reading, right_of};
use crate::withheld::Withheld;
use crate::{App, AppError};

/// A delegation, as those see it whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDelegation {
    /// Its number.
    pub id: i64,
    /// What it says.
    pub delegation: Delegation,
    /// When it was given.
    pub given_at: Instant,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Instant>,
}

/// One page of delegations, newest first.
#[derive(Debug, Clone)]
pub struct DelegationPage {
    /// The delegations.
    pub delegations: Vec<ListedDelegation>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

/// A delegation that was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// The delegation.
    pub delegation: ListedDelegation,
    /// How many rights ended with it.
    pub ended: usize,
}

impl From<DelegationRow> for ListedDelegation {
    fn from(row: DelegationRow) -> Self {
        Self {
            id: row.line,
            delegation: row.delegation,
            given_at: row.given_at,
            withdrawn_at: row.withdrawn.map(|(_, at)| at),
        }
    }
}

impl App {
    /// Lets the main users of a producer keep its users, within what the delegation says. Who they are is said by
    /// granting each a right as main user that hangs on it.
    ///
    /// # Errors
    /// [`AppError::Denied`] to one who is no main user of the organiser; [`AppError::Refused`] with every fault; each
    /// logged.
    ///
    /// Source: JOI-3.
    pub fn delegate_users(
        &self,
        caller: &Caller,
        delegation: &Delegation,
    ) -> Result<ListedDelegation, AppError> {
        let now = self.clock.now();
        let today = FinnishDay::of(now);
        let Delegation { organiser, producer, units, validity, .. } = delegation;
        let registry = self.registry();
        let parties = (organiser, producer);
        let mut faults = producer_faults(registry.registers(), parties, "producer", today);
        faults.extend(unit_faults(units, &registry.units_of(producer), producer));
        faults.extend(day_faults(validity, today));
        let (by, said) = (caller.clone(), delegation.clone());
        let turn = move |tx: &mut WriteTx<'_>| {
            let refused = |tx: &mut WriteTx<'_>, answer: AppError| {
                let what = format!("delegate organiser={}", said.organiser);
                tx.log(&line_of_refusal(&by, &what, &answer, now))?;
                Err(answer)
            };
            if let Err(answer) = may_delegate(tx, &by, &said.organiser, now)? {
                return refused(tx, answer);
            }
            if !faults.is_empty() {
                return refused(tx, AppError::Refused(faults.clone()));
            }
            let line = tx.log(&line_of_act(&by, said.detail(), now))?.number;
            let row =
                DelegationRow { line, delegation: said.clone(), given_at: now, withdrawn: None };
            tx.insert_delegation(&row)?;
            Ok(row)
        };
        let row = self.store.write::<_, AppError>(turn)?.value;
        Ok(row.into())
    }

    /// Withdraws a delegation, from the next request on. The rights of main users that hang on it end with it; those
    /// that they granted end too, or stay the organiser's to keep, as the organiser says.
    ///
    /// # Errors
    /// As [`App::delegate_users`]; [`AppError::NotFound`] also for another organiser's.
    ///
    /// Source: JOI-3.
    pub fn withdraw_delegation(
        &self,
        caller: &Caller,
        id: &str,
        ends_rights: bool,
    ) -> Result<Withdrawn, AppError> {
        let now = self.clock.now();
        let (by, number) = (caller.clone(), id.parse::<i64>().ok());
        let turn = move |tx: &mut WriteTx<'_>| {
            let refused = |tx: &mut WriteTx<'_>, answer: AppError| {
                tx.log(&line_of_refusal(&by, "withdraw", &answer, now))?;
                Err(answer)
            };
            if let Err(answer) = may_delegate(tx, &by, &by.organisation, now)? {
                return refused(tx, answer);
            }
            let row = match number {
                Some(number) => tx.find_delegation(number)?,
                None => None,
            };
            let Some(row) = row.filter(|row| row.delegation.organiser == by.organisation) else {
                return refused(tx, AppError::NotFound);
            };
            if row.withdrawn.is_some() {
                let fault = Fault::new(FaultKind::EndedAlready, "delegation", "JOI-3");
                return refused(tx, AppError::Refused(vec![fault]));
            }
            let detail = Delegation::withdrawal(row.line, ends_rights);
            let line = tx.log(&line_of_act(&by, detail, now))?.number;
            tx.withdraw_delegation(row.line, line, now)?;
            let mut ended = 0;
            for right in tx.list_user_rights_under(row.line)? {
                if ends_rights || right_of(&right)?.role == Role::MainUser {
                    end_row(tx, &by, &right, now)?;
                    ended += 1;
                }
            }
            let row = DelegationRow { withdrawn: Some((line, now)), ..row };
            Ok(Withdrawn { delegation: row.into(), ended })
        };
        let done = self.store.write::<_, AppError>(turn)?.value;
        self.registry.refresh_users(&self.store);
        Ok(done)
    }

    /// Lists the delegations by the reader's organisation and to it; for a delegated main user the one that it acts
    /// under. The reading is a line of the log.
    ///
    /// # Errors
    /// As [`App::list_users`].
    ///
    /// Source: JOI-3, LOG-2.
    pub fn list_delegations(
        &self,
        caller: &Caller,
        query: &UserQuery,
    ) -> Result<DelegationPage, AppError> {
        let now = self.clock.now();
        let today = FinnishDay::of(now);
        let sight = self.sight_of_users(caller)?;
        let of = query.organisation.as_ref().map_or("", Oid::as_str);
        let list = format!("varanto/delegations/1 {} {} {of}", caller.organisation, query.history);
        let under = match self.read_cursor(list.as_bytes(), query.cursor.as_deref(), "JOI-3") {
            Ok(place) => place.map_or(i64::MAX, |[line, _]| line),
            Err(fault) => {
                self.log(caller, Event::Review, Outcome::Refused(vec![fault.code()]), now)?;
                return Err(AppError::Refused(vec![fault]));
            }
        };
        let limit = match query.limit {
            0 => UserQuery::USUAL,
            more => more.min(UserQuery::MOST),
        };
        let wanted = |row: &DelegationRow| {
            let of = query.organisation.as_ref().is_none_or(|of| *of == row.delegation.producer);
            let lasts = row.withdrawn.is_none()
                && row.delegation.validity.last.is_none_or(|last| today <= last);
            of && (query.history || lasts) && is_seen(&sight, row)
        };
        let rows = self.store.read::<_, StoreError>(|tx| {
            let (mut rows, mut under) = (Vec::new(), under);
            loop {
                let page = tx.list_delegations(&caller.organisation, under, limit + 1)?;
                let full = page.len() > limit;
                under = page.last().map_or(under, |row| row.line);
                rows.extend(page.into_iter().filter(wanted));
                if !full || rows.len() > limit {
                    return Ok(rows);
                }
            }
        })?;
        let end = rows.get(limit.saturating_sub(1)).filter(|_| rows.len() > limit);
        let next = end.map(|row| self.write_cursor(list.as_bytes(), [row.line, 0]));
        let delegations: Vec<ListedDelegation> =
            rows.into_iter().take(limit).map(Into::into).collect();
        let detail = format!("delegations told={}", delegations.len());
        let line = line_of_reading(caller, &sight, detail, now);
        let page = Withheld::new(DelegationPage { delegations, next });
        Ok(page.release(&self.write_line(line)?))
    }
}

/// Whether a delegation is seen: of an organisation that gave it or has it, or by one who acts under it.
fn is_seen(sight: &Sight, row: &DelegationRow) -> bool {
    let Sight::Keepers(keepers) = sight else { return true };
    let Delegation { organiser, producer, .. } = &row.delegation;
    keepers.iter().any(|keeper| match keeper {
        Keeper::Organisation(own) => own == organiser || own == producer,
        Keeper::Delegated { number, .. } => *number == row.line,
    })
}

/// That the caller is a main user of the organiser, and answers for it.
fn may_delegate(
    tx: &mut WriteTx<'_>,
    caller: &Caller,
    organiser: &Oid,
    now: Instant,
) -> Result<Result<(), AppError>, StoreError> {
    let main_user = match MainUser::of(tx, caller, now)? {
        Ok(main_user) => main_user,
        Err(denial) => return Ok(Err(AppError::Denied(denial))),
    };
    let mut theirs = keepers_of_users(&main_user.keepers, organiser, None);
    Ok(theirs.next().map(drop).ok_or(AppError::Denied(Denial::NotTheirUsers)))
}
