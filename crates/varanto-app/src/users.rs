//! The register of users: loaded from files, held against logins, read by reviewers (ACC-2).

use std::collections::{BTreeSet, HashMap};

use varanto_domain::access::log::{Actor, Event, KeptLine, LogLine, Outcome};
use varanto_domain::access::users::{NotAUser, UserRight, narrowed};
use varanto_domain::access::{Basis, Caller, Who};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, Oid};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::users::{self, UserEntry};
use varanto_store::{Damage, ReadTx, StoreError, UserRow, WriteTx};

use crate::administer::LoadError;
use crate::callers::Unknown;
use crate::withheld::Withheld;
use crate::{App, AppError, Registry};

/// What became of a file of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeptUsers {
    /// Rights that are new or other than before.
    pub granted: usize,
    /// Rights that are not in the file any more.
    pub ended: usize,
    /// Rights that stay as they were.
    pub kept: usize,
}

/// Which users to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// Whether rights that were ended are listed too.
    pub history: bool,
    /// At most so many, up to [`UserQuery::MOST`]; 0: [`UserQuery::USUAL`].
    pub limit: usize,
    /// Where the page before ended, as it was answered.
    pub cursor: Option<String>,
}

impl UserQuery {
    /// The most rights of one page.
    pub const MOST: usize = varanto_formats::log_search::MOST;
    /// The rights of a page when the caller does not say.
    pub const USUAL: usize = 20;
}

/// A right of a user as a reviewer sees it.
#[derive(Debug, Clone)]
pub struct ListedUser {
    /// The right.
    pub right: UserRight,
    /// When it was granted.
    pub granted_at: Instant,
    /// When it was ended.
    pub ended_at: Option<Instant>,
}

/// One page of rights, newest first.
#[derive(Debug, Clone)]
pub struct UserPage {
    /// The rights.
    pub users: Vec<ListedUser>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<String>,
}

/// The rights in force by organisation and subject; an organisation whose rights have all ended keeps a register
/// all the same.
pub(crate) type UserRegister = HashMap<Oid, HashMap<String, Vec<UserRight>>>;

/// Reads the register as it stands.
pub(crate) fn register_of(rows: &[UserRow]) -> Result<UserRegister, StoreError> {
    let mut register = UserRegister::new();
    for row in rows {
        let users = register.entry(row.organisation.clone()).or_default();
        if row.ended_at.is_none() {
            let right = right_of(row)?;
            users.entry(right.subject.clone()).or_default().push(right);
        }
    }
    Ok(register)
}

pub(crate) fn right_of(row: &UserRow) -> Result<UserRight, StoreError> {
    let damaged = |_| StoreError::Damaged(format!("user right {}", row.key));
    users::read_right(&row.right).map_err(damaged)
}

/// What the register leaves of a login; everything where the organisation keeps none.
pub(crate) fn held_against(
    registry: &Registry,
    organisation: &Oid,
    who: Who,
    today: FinnishDay,
) -> Result<Who, Unknown> {
    let Some(users) = registry.users(organisation) else { return Ok(who) };
    let none = Vec::new();
    let rights = match &who {
        Who::Person { subject, .. } => users.get(subject).unwrap_or(&none),
        _ => &none,
    };
    narrowed(who, rights, today).map_err(|why| match why {
        NotAUser::NoRight => Unknown::User,
        NotAUser::LoginTooWeak => Unknown::WeakUser,
    })
}

impl App {
    /// Loads the users of organisations: of each that the file names, its whole register. Rights that are in it no
    /// more are ended; each that is granted or ended leaves its line.
    ///
    /// # Errors
    /// Every fault of the file: what does not read, organisations and units that are not in the register or not each
    /// other's, rights told twice.
    ///
    /// Source: ACC-2.
    pub fn load_users(&self, file: &[u8]) -> Result<KeptUsers, LoadError> {
        let entries = users::read(file).map_err(LoadError::Faults)?;
        let faults = faults_of(&self.registry(), &entries);
        if !faults.is_empty() {
            return Err(LoadError::Faults(faults));
        }
        let now = self.clock.now();
        let turn = move |tx: &mut WriteTx<'_>| replace(tx, &entries, now);
        let kept = self.store.write::<_, AppError>(turn)?.value;
        self.registry.refresh(&self.store)?;
        Ok(kept)
    }

    /// Lists the users of the reviewer's own organisation. The reading is a line of the log.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] for a cursor of another list; each logged.
    ///
    /// Source: ACC-2, LOG-2.
    pub fn list_users(&self, caller: &Caller, query: &UserQuery) -> Result<UserPage, AppError> {
        let now = self.clock.now();
        let permit = self.log_permit(caller)?;
        let list = format!("varanto/users/1 {} {}", caller.organisation, query.history);
        let under = match self.read_cursor(list.as_bytes(), query.cursor.as_deref(), "ACC-2") {
            Ok(place) => place.map_or(i64::MAX, |[key, _]| key),
            Err(fault) => {
                self.log(caller, Event::Review, Outcome::Refused(vec![fault.code()]), now)?;
                return Err(AppError::Refused(vec![fault]));
            }
        };
        let limit = match query.limit {
            0 => UserQuery::USUAL,
            more => more.min(UserQuery::MOST),
        };
        let organisation = caller.organisation.clone();
        let history = query.history;
        let rows = self.store.read::<_, StoreError>(|tx| {
            let (mut rows, mut under) = (Vec::new(), under);
            loop {
                let page = tx.list_user_rights(&organisation, under, limit + 1)?;
                let full = page.len() > limit;
                under = page.last().map_or(under, |row| row.key);
                rows.extend(page.into_iter().filter(|row| history || row.ended_at.is_none()));
                if !full || rows.len() > limit {
                    return Ok(rows);
                }
            }
        })?;
        let end = rows.get(limit.saturating_sub(1)).filter(|_| rows.len() > limit);
        let next = end.map(|row| self.write_cursor(list.as_bytes(), [row.key, 0]));
        let listed = rows.iter().take(limit).map(|row| {
            let (granted_at, ended_at) = (row.granted_at, row.ended_at);
            Ok(ListedUser { right: right_of(row)?, granted_at, ended_at })
        });
        let users = listed.collect::<Result<Vec<_>, StoreError>>()?;
        let line = LogLine {
            at: now,
            event: Event::Review,
            outcome: Outcome::Permitted(permit.basis()),
            actor: Actor::of(caller),
            client: None,
            version: None,
            detail: format!("users told={}", users.len()),
        };
        let page = Withheld::new(UserPage { users, next });
        Ok(page.release(&self.write_line(line)?))
    }
}

/// What of the register is not as the log tells it: rights of which no line tells so, and lines of which no right is
/// kept.
///
/// Source: ARC-15, ACC-2.
pub(crate) fn damage_of(tx: &ReadTx<'_>) -> Result<Vec<Damage>, StoreError> {
    let mut told: HashMap<i64, KeptLine> = HashMap::new();
    let mut after = 0;
    loop {
        let page = tx.list_lines_of_users(after)?;
        let Some(end) = page.last() else { break };
        after = end.number;
        let steps = page.into_iter().filter(|line| &*line.outcome == "permitted");
        told.extend(steps.map(|line| (line.number, line)));
    }
    let mut damage = Vec::new();
    for row in tx.list_all_user_rights()? {
        let place = format!("user right {}", row.key);
        let right = right_of(&row)?;
        let mut is_told = |number: i64, what: &str, at: Instant| {
            let expected = line_of(&right, what, at);
            told.remove(&number).is_some_and(|line| {
                (line.at, &line.detail) == (at, &expected.detail)
                    && line.actor.organisation.as_deref() == Some(row.organisation.as_str())
            })
        };
        if !is_told(row.granted_line, GRANTED, row.granted_at) {
            damage.push(Damage::at(&place, "no log line tells of it so"));
        }
        let ended = match (row.ended_line, row.ended_at) {
            (Some(line), Some(at)) => is_told(line, ENDED, at),
            (line, at) => line.is_none() && at.is_none(),
        };
        if !ended {
            damage.push(Damage::at(&place, "no log line tells of its end so"));
        }
    }
    let mut lost: Vec<i64> = told.into_keys().collect();
    lost.sort_unstable();
    let of_none = "tells of a user's right that is not kept so";
    damage.extend(lost.into_iter().map(|line| Damage::at(format!("log line {line}"), of_none)));
    Ok(damage)
}

/// What the file says that the registers do not bear.
fn faults_of(registry: &Registry, entries: &[UserEntry]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    for (place, entry) in entries.iter().enumerate() {
        let at = |name: &str| format!("users/{place}/{name}");
        let organisation = &entry.right.organisation;
        if registry.registers().organisation(organisation).is_none() {
            let fault = Fault::new(FaultKind::UnknownOrganisation, at("organisation"), "ACC-2");
            faults.push(fault.value(organisation.as_str()));
        } else {
            let theirs = registry.units_of(organisation);
            for (nth, unit) in entry.right.units.iter().enumerate() {
                if !theirs.contains(unit) {
                    let fault =
                        Fault::new(FaultKind::WrongValue, at(&format!("units/{nth}")), "ACC-2");
                    faults.push(fault.arg("expected", format!("a unit of {organisation}")));
                }
            }
        }
        let printed = users::write_right(&entry.right).into_bytes();
        let first = *seen.entry(printed).or_insert(place);
        if first != place {
            let fault = Fault::new(FaultKind::DuplicateEntry, format!("users/{place}"), "ACC-2");
            faults.push(fault.arg("first", format!("users/{first}")));
        }
    }
    faults
}

/// Puts the entries into the place of what the organisations had.
fn replace(
    tx: &mut WriteTx<'_>,
    entries: &[UserEntry],
    now: Instant,
) -> Result<KeptUsers, AppError> {
    let mut kept = KeptUsers::default();
    let organisations: BTreeSet<&Oid> =
        entries.iter().map(|entry| &entry.right.organisation).collect();
    for organisation in organisations {
        let held = tx.list_user_rights(organisation, i64::MAX, usize::MAX)?;
        let mut held: Vec<UserRow> =
            held.into_iter().filter(|row| row.ended_at.is_none()).collect();
        let theirs = entries.iter().filter(|entry| entry.right.organisation == *organisation);
        let mut new = Vec::new();
        for entry in theirs {
            let printed = users::write_right(&entry.right).into_bytes();
            let person = entry.code.map(ClientIdentifier::Code);
            let same =
                |row: &UserRow| row.right == printed && tx.is_same_user(row, person.as_ref());
            if let Some(at) = held.iter().position(same) {
                held.swap_remove(at);
                kept.kept += 1;
            } else {
                new.push((entry, printed, person));
            }
        }
        for row in held {
            let right = right_of(&row)?;
            let line = tx.log(&line_of(&right, ENDED, now))?;
            tx.end_user_right(row.key, line.number, now)?;
            kept.ended += 1;
        }
        for (entry, printed, person) in new {
            let line = tx.log(&line_of(&entry.right, GRANTED, now))?;
            tx.insert_user_right(organisation, &printed, person.as_ref(), line.number, now)?;
            kept.granted += 1;
        }
    }
    Ok(kept)
}

/// What a line tells of a right.
const GRANTED: &str = "granted";
const ENDED: &str = "ended";

/// The operator's line, under the eyes of the organisation whose user it is.
fn line_of(right: &UserRight, what: &str, at: Instant) -> LogLine {
    LogLine {
        at,
        event: Event::Users,
        outcome: Outcome::Permitted(Basis::Operation),
        actor: Actor {
            name: "operator".into(),
            organisation: Some(right.organisation.to_string()),
            detail: None,
        },
        client: None,
        version: None,
        detail: format!("{what} person:{} role={}", right.subject, right.role.code()),
    }
}
