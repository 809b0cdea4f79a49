//! Keeping users: main users grant, change and end rights of users, their organisation's own and those of the
//! producers that work in its system; delegated ones those of their producer (JOI-3, ACC-2).

use varanto_domain::access::keeping::{
    Delegation, Keeper, day_faults, ending_faults, granting_faults, keepers_of_users,
    may_keep_users, producer_faults, register_use_faults, unit_faults,
};
use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::users::UserRight;
use varanto_domain::access::{Basis, Caller, Denial, Role};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, Oid, PersonalIdentityCode};
use varanto_domain::relationship::RegisterUseRight;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::users;
use varanto_store::{NewUserRight, ReadTx, StoreError, UserLookup, UserRow, WriteTx};

use super::{ENDED, GRANTED, ListedUser, kept_of, line_of_reading, listed, right_of, told_of};
use crate::sessions::end_sessions_of;
use crate::withheld::Withheld;
use crate::{App, AppError, Registry};

/// A right that a main user would grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRequest {
    /// The right. Who grants it is told by the archive.
    pub right: UserRight,
    /// As whom the person is known as a client. A grant needs it, a change keeps what is known.
    pub person: Option<PersonalIdentityCode>,
    /// The delegation for which a producer's main user is named, or under which a delegated one grants. A delegated
    /// one need not say it; a change keeps the one that the right hangs on.
    pub delegation: Option<i64>,
}

/// How many register-use rights of a unit are looked through at once.
const PAGE: usize = 512;

impl App {
    /// Grants a right: it counts from the next request on. What is in force just so is answered as it is.
    ///
    /// # Errors
    /// [`AppError::Denied`] to one who keeps no users, or not these; [`AppError::Refused`] with every fault; each
    /// logged.
    ///
    /// Source: JOI-3, ACC-2.
    pub fn grant_user(
        &self,
        caller: &Caller,
        request: &GrantRequest,
    ) -> Result<ListedUser, AppError> {
        let (registry, asked) = (self.registry(), request.clone());
        let what = told_of_try("grant", &asked.right);
        self.keep_users(caller, what, move |tx, main_user| {
            let answer = main_user.grant(tx, &registry, &asked, None)?;
            Ok(answer.map(|grant| vec![Step::Grant(Box::new(grant))]))
        })
    }

    /// Changes a right: the old one is ended and the new one granted, in one moment, so that nothing is overwritten.
    ///
    /// # Errors
    /// As [`App::grant_user`]; [`AppError::NotFound`] also for a right that the main user may not see.
    ///
    /// Source: JOI-3, ACC-2.
    pub fn change_user(
        &self,
        caller: &Caller,
        id: &str,
        request: &GrantRequest,
    ) -> Result<ListedUser, AppError> {
        let (registry, asked, id) = (self.registry(), request.clone(), id.to_owned());
        let what = told_of_try("change", &asked.right);
        self.keep_users(caller, what, move |tx, main_user| {
            let old = main_user.find(tx, &id)?;
            let mut faults = match main_user.end(&old)? {
                Ok(()) => Vec::new(),
                Err(Refusal::Faults(faults)) => faults,
                Err(denied) => return Ok(Err(denied)),
            };
            let before = right_of(&old)?;
            let kept = [
                ("subject", before.subject == asked.right.subject),
                ("organisation", before.organisation == asked.right.organisation),
                ("organiser", before.organiser == asked.right.organiser),
            ];
            let told = asked.person.map(|code| tx.lookup_of_user(&ClientIdentifier::Code(code)));
            let same = told.is_none() || old.lookup.is_none() || told == old.lookup;
            for (name, _) in kept.into_iter().chain([("identity_code", same)]).filter(|one| !one.1)
            {
                let fault = Fault::new(FaultKind::WrongValue, name, "JOI-3");
                faults.push(fault.arg("expected", "as it is in the right that is changed"));
            }
            let granted = main_user.grant(tx, &registry, &asked, Some(&old))?;
            Ok(match granted {
                Ok(granted) if faults.is_empty() => {
                    Ok(vec![Step::End(Box::new(old)), Step::Grant(Box::new(granted))])
                }
                Ok(_) => Err(Refusal::Faults(faults)),
                Err(Refusal::Faults(more)) => {
                    faults.extend(more.into_iter().filter(|one| one.element != "subject"));
                    Err(Refusal::Faults(faults))
                }
                Err(denied) => Err(denied),
            })
        })
    }

    /// Ends a right, from the next request on.
    ///
    /// # Errors
    /// As [`App::change_user`].
    ///
    /// Source: JOI-3, ACC-2.
    pub fn end_user(&self, caller: &Caller, id: &str) -> Result<ListedUser, AppError> {
        let id = id.to_owned();
        let row = self.store.read(|tx| user_of(tx, &id))?;
        // Of others' users not even whose they are is told, in the own organisation's log.
        let row = row.filter(|row| concerns(row, caller));
        let right = row.as_ref().map(right_of).transpose()?;
        let what = right.map_or_else(|| "end".to_owned(), |right| told_of_try("end", &right));
        self.keep_users(caller, what, move |tx, main_user| {
            let row = main_user.find(tx, &id)?;
            let answer = main_user.end(&row)?;
            Ok(answer.map(|()| vec![Step::End(Box::new(row))]))
        })
    }

    /// Shows one right, in force or ended.
    ///
    /// # Errors
    /// [`AppError::NotFound`] also for a right that is not the reader's to see; [`AppError::Denied`]; each logged.
    ///
    /// Source: ACC-2, JOI-3, LOG-2.
    pub fn show_user(&self, caller: &Caller, id: &str) -> Result<ListedUser, AppError> {
        let now = self.clock.now();
        let sight = self.sight_of_users(caller)?;
        let found = self.store.read(|tx| user_of(tx, id))?;
        let found = found.filter(|row| concerns(row, caller));
        let user = found.map(|row| listed(&row)).transpose()?;
        let Some(user) = user.filter(|one| sight.sees(one)) else {
            self.log_not_found(caller, Event::Review)?;
            return Err(AppError::NotFound);
        };
        let line = line_of_reading(caller, &sight, format!("user={id}"), now);
        Ok(Withheld::new(user).release(&self.write_line(line)?))
    }

    /// One act of a main user: facts, rule, log, act, in one turn. What was granted counts with the next request.
    fn keep_users(
        &self,
        caller: &Caller,
        what: String,
        decide: impl Fn(&ReadTx<'_>, &MainUser) -> Result<Result<Vec<Step>, Refusal>, Stopped>
        + Send
        + 'static,
    ) -> Result<ListedUser, AppError> {
        let now = self.clock.now();
        let by = caller.clone();
        let turn = move |tx: &mut WriteTx<'_>| {
            let answer = match MainUser::of(tx, &by, now)? {
                Ok(main_user) => match decide(tx, &main_user) {
                    Ok(Ok(steps)) => return take(tx, &by, &steps, now),
                    Ok(Err(Refusal::Denied(denial))) => AppError::Denied(denial),
                    Ok(Err(Refusal::Faults(faults))) => AppError::Refused(faults),
                    Err(Stopped::NotFound) => AppError::NotFound,
                    Err(Stopped::Store(error)) => return Err(error.into()),
                },
                Err(denial) => AppError::Denied(denial),
            };
            tx.log(&line_of_refusal(&by, &what, &answer, now))?;
            Err(answer)
        };
        let done = self.store.write::<_, AppError>(turn)?.value;
        self.registry.refresh_users(&self.store);
        Ok(done)
    }
}

/// Whether a right is of the caller's organisation, or kept by it.
fn concerns(row: &UserRow, caller: &Caller) -> bool {
    row.organisation == caller.organisation || row.organiser.as_ref() == Some(&caller.organisation)
}

/// What a line tells of an act that may be refused: whose user, and in whose register. It is the business of both.
fn told_of_try(what: &str, right: &UserRight) -> String {
    let organiser = right.organiser.as_ref();
    let organiser = organiser.map(|organiser| format!(" organiser={organiser}"));
    format!("{what} organisation={}{}", right.organisation, organiser.unwrap_or_default())
}

/// Why an act is not done.
pub(super) enum Refusal {
    Denied(Denial),
    Faults(Vec<Fault>),
}

/// Why an act was not decided.
pub(super) enum Stopped {
    NotFound,
    Store(StoreError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// A right to be granted, with what it hangs on.
struct Granted {
    right: UserRight,
    delegation: Option<i64>,
    lookup: Option<UserLookup>,
}

enum Step {
    Grant(Box<Granted>),
    End(Box<UserRow>),
}

/// The line of an act that was denied or refused.
pub(super) fn line_of_refusal(
    caller: &Caller,
    what: &str,
    answer: &AppError,
    at: Instant,
) -> LogLine {
    let outcome = match answer {
        AppError::Denied(denial) => Outcome::Denied(*denial),
        AppError::Refused(faults) => Outcome::Refused(faults.iter().map(Fault::code).collect()),
        _ => Outcome::Refused(vec!["not-found"]),
    };
    LogLine { outcome, ..line_of_act(caller, what.to_owned(), at) }
}

/// The line of a main user's act.
pub(super) fn line_of_act(caller: &Caller, detail: String, at: Instant) -> LogLine {
    LogLine {
        at,
        event: Event::Users,
        outcome: Outcome::Permitted(Basis::KeepsUsers),
        actor: Actor::of(caller),
        client: None,
        version: None,
        detail,
    }
}

/// Takes the steps, each with its line; answers the right of the last one.
fn take(
    tx: &mut WriteTx<'_>,
    caller: &Caller,
    steps: &[Step],
    now: Instant,
) -> Result<ListedUser, AppError> {
    let mut last = None;
    for step in steps {
        last = Some(match step {
            Step::End(row) => end_row(tx, caller, row, now)?,
            Step::Grant(granted) => insert(tx, caller, granted, now)?,
        });
    }
    let key = last.ok_or(AppError::NotFound)?;
    Ok(listed(&tx.find_user_right(key)?.ok_or(AppError::NotFound)?)?)
}

/// Ends a right, with its line.
pub(super) fn end_row(
    tx: &mut WriteTx<'_>,
    caller: &Caller,
    row: &UserRow,
    now: Instant,
) -> Result<i64, StoreError> {
    let right = right_of(row)?;
    let detail = told_of(ENDED, &right, row.delegation);
    let line = tx.log(&line_of_act(caller, detail, now))?;
    tx.end_user_right(row.key, line.number, now)?;
    end_sessions_of(tx, &right.subject)?;
    Ok(row.key)
}

/// Keeps a right, with its line; one that is in force just so stays as it is.
fn insert(
    tx: &mut WriteTx<'_>,
    caller: &Caller,
    granted: &Granted,
    now: Instant,
) -> Result<i64, StoreError> {
    let Granted { right, delegation, lookup } = granted;
    let printed = users::write_right(right).into_bytes();
    let held = tx.list_user_rights(&right.organisation, i64::MAX, usize::MAX)?;
    let same = held.iter().find(|row| {
        row.ended_at.is_none()
            && row.right == printed
            && (&row.organiser, &row.delegation) == (&right.organiser, delegation)
            && row.lookup == *lookup
    });
    if let Some(row) = same {
        let detail = format!("user={}", row.key);
        tx.log(&LogLine { event: Event::Review, ..line_of_act(caller, detail, now) })?;
        return Ok(row.key);
    }
    let line = tx.log(&line_of_act(caller, told_of(GRANTED, right, *delegation), now))?;
    let new = NewUserRight {
        organisation: &right.organisation,
        organiser: right.organiser.as_ref(),
        delegation: *delegation,
        right: &printed,
        lookup: lookup.as_ref(),
    };
    tx.insert_user_right(&new, line.number, now)
}

/// Whose users a caller keeps, now.
///
/// # Errors
/// Within, why the caller keeps none.
pub(super) fn keepers_of(
    tx: &ReadTx<'_>,
    caller: &Caller,
    now: Instant,
) -> Result<Result<Vec<Keeper>, Denial>, StoreError> {
    Ok(MainUser::of(tx, caller, now)?.map(|main_user| main_user.keepers))
}

/// A main user who acts, by the rights of the moment.
pub(super) struct MainUser {
    subject: String,
    /// The main user's own rows in the register.
    rows: Vec<UserRow>,
    names: String,
    today: FinnishDay,
    pub(super) keepers: Vec<Keeper>,
}

impl MainUser {
    pub(super) fn of(
        tx: &ReadTx<'_>,
        caller: &Caller,
        now: Instant,
    ) -> Result<Result<Self, Denial>, StoreError> {
        let subject = match may_keep_users(caller) {
            Ok(subject) => subject,
            Err(denial) => return Ok(Err(denial)),
        };
        let today = FinnishDay::of(now);
        let (mut keepers, mut names, mut rows) = (Vec::new(), String::new(), Vec::new());
        for row in tx.list_user_rights(&caller.organisation, i64::MAX, usize::MAX)? {
            let kept = kept_of(&row)?;
            let own = row.organisation == caller.organisation && kept.right.subject == subject;
            if !own || row.ended_at.is_some() {
                continue;
            }
            let under = kept.delegation.map(|number| tx.find_delegation(number)).transpose()?;
            let under = under.flatten().filter(|row| row.withdrawn.is_none());
            if let Some(keeper) = Keeper::by(&kept, under.map(|row| row.delegation), today) {
                names = format!("{} {}", kept.right.given_names, kept.right.family_name);
                keepers.push(keeper);
            }
            rows.push(row);
        }
        if keepers.is_empty() {
            return Ok(Err(Denial::RoleDoesNotFit));
        }
        // Under another login the person could keep the own rights.
        if rows.iter().all(|row| row.lookup.is_none()) {
            return Ok(Err(Denial::MainUserWithoutCode));
        }
        Ok(Ok(Self { subject: subject.to_owned(), rows, names, today, keepers }))
    }

    /// A right that the main user may see.
    fn find(&self, tx: &ReadTx<'_>, id: &str) -> Result<UserRow, Stopped> {
        let row = user_of(tx, id)?.ok_or(Stopped::NotFound)?;
        let right = right_of(&row)?;
        let seen = self.keepers.iter().any(|keeper| keeper.sees(&right, row.delegation));
        if seen { Ok(row) } else { Err(Stopped::NotFound) }
    }

    fn end(&self, row: &UserRow) -> Result<Result<(), Refusal>, StoreError> {
        let right = right_of(row)?;
        let fitting = self
            .best_keeper(&right, |keeper| Ok((ending_faults(keeper, &self.subject, &right), ())))?;
        let mut faults = match fitting {
            Ok((faults, ())) => faults,
            Err(denial) => return Ok(Err(Refusal::Denied(denial))),
        };
        if row.ended_at.is_some() {
            faults.push(Fault::new(FaultKind::EndedAlready, "user", "JOI-3"));
        }
        Ok(if faults.is_empty() { Ok(()) } else { Err(Refusal::Faults(faults)) })
    }

    /// By which of the main user's own rights a right is kept best, with what speaks against it: the fewest faults. Of
    /// several delegations each may reach other units.
    fn best_keeper<T>(
        &self,
        right: &UserRight,
        mut judge: impl FnMut(&Keeper) -> Result<(Vec<Fault>, T), StoreError>,
    ) -> Result<Result<(Vec<Fault>, T), Denial>, StoreError> {
        let mut best: Option<(Vec<Fault>, T)> = None;
        let (organisation, organiser) = (&right.organisation, right.organiser.as_ref());
        for keeper in keepers_of_users(&self.keepers, organisation, organiser) {
            let judged = judge(keeper)?;
            if best.as_ref().is_none_or(|(fewest, _)| judged.0.len() < fewest.len()) {
                best = Some(judged);
            }
        }
        Ok(best.ok_or(Denial::NotTheirUsers))
    }

    /// The right as it would be granted, or every reason why not. `old`: the right that is changed; who the person is,
    /// and what it hangs on, stays.
    ///
    /// Nobody grants a right to themself, under whichever login: so everybody's identity code is known.
    fn grant(
        &self,
        tx: &ReadTx<'_>,
        registry: &Registry,
        asked: &GrantRequest,
        old: Option<&UserRow>,
    ) -> Result<Result<Granted, Refusal>, StoreError> {
        let right = UserRight { granted_by: self.names.clone(), ..asked.right.clone() };
        let fitting = self.best_keeper(&right, |keeper| {
            let (by, under) = self.hangs_on(tx, keeper, asked, old)?;
            let delegation = delegation_of(tx, by)?;
            let mut faults = granting_faults(keeper, &self.subject, &right, delegation.as_ref());
            let own = keeper.delegation();
            if own.is_none() && asked.delegation.is_some() && !names_main_user(&right) {
                let fault = Fault::new(FaultKind::ForbiddenElement, "delegation", "JOI-3");
                faults.push(fault.arg("name", "delegation"));
            }
            if let Some(number) = under.filter(|_| under != by)
                && let Some(row) = tx.find_delegation(number)?
                && row.withdrawn.is_none()
            {
                faults.extend(row.delegation.beyond_days(&right));
            }
            Ok((faults, (under, delegation.filter(|_| own.is_some()))))
        })?;
        let (mut faults, (delegation, bound)) = match fitting {
            Ok(fitting) => fitting,
            Err(denial) => return Ok(Err(Refusal::Denied(denial))),
        };
        let told = asked.person.map(|code| tx.lookup_of_user(&ClientIdentifier::Code(code)));
        let lookup = told.or_else(|| old.and_then(|old| old.lookup.clone()));
        if lookup.is_none() {
            let fault = Fault::new(FaultKind::MissingElement, "identity_code", "JOI-3");
            faults.push(fault.arg("name", "identity_code"));
        } else if right.subject != self.subject && self.rows.iter().any(|row| row.lookup == lookup)
        {
            faults.push(Fault::new(FaultKind::OwnUserRight, "identity_code", "JOI-3"));
        }
        faults.extend(self.register_faults(registry, &right));
        if let Some(bound) = bound {
            let reached = bound.reached(&right, &registry.units_of(&right.organisation));
            let held = rights_of_units(tx, &reached)?;
            faults.extend(register_use_faults(&right, &reached, held.iter(), self.today));
        }
        if !faults.is_empty() {
            return Ok(Err(Refusal::Faults(faults)));
        }
        Ok(Ok(Granted { right, delegation, lookup }))
    }

    /// The delegation by which a right is judged, and the one that it hangs on. That is the one that the main user acts
    /// under, or of a producer's main user the one named, if it is the organiser's for that producer and lasts. Where
    /// `old` is changed, the right hangs on what it hung on: a change neither frees it of a withdrawal nor exposes it.
    fn hangs_on(
        &self,
        tx: &ReadTx<'_>,
        keeper: &Keeper,
        asked: &GrantRequest,
        old: Option<&UserRow>,
    ) -> Result<(Option<i64>, Option<i64>), StoreError> {
        let right = &asked.right;
        let before = old.and_then(|row| row.delegation);
        Ok(match (keeper.delegation(), asked.delegation) {
            (Some(own), Some(named)) if named != own => (None, None),
            (Some(own), None) if old.is_some() => (Some(own), before),
            (Some(own), _) => (Some(own), Some(own)),
            (None, named) if names_main_user(right) => {
                let number = named.or(before);
                let row = number.map(|number| tx.find_delegation(number)).transpose()?.flatten();
                let fits = row.is_some_and(|row| {
                    Some(&row.delegation.organiser) == right.organiser.as_ref()
                        && row.delegation.producer == right.organisation
                        && row.withdrawn.is_none()
                        && row.delegation.validity.last.is_some_and(|last| self.today <= last)
                });
                let number = number.filter(|_| fits);
                (number, number)
            }
            (None, _) => (None, before),
        })
    }

    /// What the organisation register says against a right.
    fn register_faults(&self, registry: &Registry, right: &UserRight) -> Vec<Fault> {
        let organisation = &right.organisation;
        let mut faults = match &right.organiser {
            None => Vec::new(),
            Some(organiser) => {
                let parties = (organiser, organisation);
                producer_faults(registry.registers(), parties, "organisation", self.today)
            }
        };
        faults.extend(unit_faults(&right.units, &registry.units_of(organisation), organisation));
        faults.extend(day_faults(&right.validity, self.today));
        faults
    }
}

/// Whether a right names a main user of a producer.
fn names_main_user(right: &UserRight) -> bool {
    right.organiser.is_some() && right.role == Role::MainUser
}

fn delegation_of(tx: &ReadTx<'_>, number: Option<i64>) -> Result<Option<Delegation>, StoreError> {
    let Some(number) = number else { return Ok(None) };
    Ok(tx.find_delegation(number)?.map(|row| row.delegation))
}

fn user_of(tx: &ReadTx<'_>, id: &str) -> Result<Option<UserRow>, StoreError> {
    match id.parse() {
        Ok(key) => tx.find_user_right(key),
        Err(_) => Ok(None),
    }
}

/// The register-use rights of units.
fn rights_of_units(tx: &ReadTx<'_>, units: &[Oid]) -> Result<Vec<RegisterUseRight>, StoreError> {
    let mut all = Vec::new();
    for unit in units {
        let mut after = (i64::MIN, i64::MIN);
        loop {
            let page = tx.list_rights_of_holder(unit, after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = (last.relationship_key, last.place);
            all.extend(page.into_iter().map(|row| row.right));
        }
    }
    Ok(all)
}
