//! The register of users: loaded from files, kept by main users, held against logins, read by reviewers (ACC-2, JOI-3).

mod damage;
mod delegate;
mod keep;
mod load;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use varanto_domain::access::keeping::{Keeper, KeptRight};
use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::users::{Ending, UserRight, register_begins};
use varanto_domain::access::{Basis, Caller, Denial, Role};
use varanto_domain::ids::Oid;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::users;
use varanto_store::{ReadTx, StoreError, UserLookup, UserRow};

use crate::withheld::Withheld;
use crate::{App, AppError};

pub(crate) use damage::damage_of;
pub use delegate::{DelegationPage, ListedDelegation, Withdrawn};
pub use keep::GrantRequest;
pub use load::{LoadedUsers, Loading, UserChange};

/// Which users to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserQuery {
    /// Whether rights that were ended are listed too.
    pub history: bool,
    /// Users of this organisation alone.
    pub organisation: Option<Oid>,
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

/// A right of a user as reviewers and main users see it.
#[derive(Debug, Clone)]
pub struct ListedUser {
    /// Its identifier.
    pub id: String,
    /// The right.
    pub right: UserRight,
    /// The delegation that it hangs on.
    pub delegation: Option<i64>,
    /// Whether the person's identity code is known.
    pub identity_code_known: bool,
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

/// The rights of an organisation's users that were not ended, by who keeps them and by subject. An organisation that
/// has kept a single one keeps a register, also when all have ended.
#[derive(Debug, Clone, Default)]
pub(crate) struct OrganisationsUsers {
    /// Those that it keeps itself.
    pub(crate) own: Option<HashMap<String, Vec<UserRight>>>,
    /// Those that organisers keep, each for its own register.
    pub(crate) kept: BTreeMap<Oid, OrganisersUsers>,
}

/// The rights of an organisation's users that an organiser keeps.
#[derive(Debug, Clone, Default)]
pub(crate) struct OrganisersUsers {
    /// From which day on nobody comes into the organiser's register without.
    pub(crate) begins: Option<FinnishDay>,
    /// The rights, by subject.
    pub(crate) rights: HashMap<String, Vec<UserRight>>,
}

impl OrganisersUsers {
    /// Whether they alone count on a day.
    pub(crate) fn has_begun(&self, day: FinnishDay) -> bool {
        self.begins.is_some_and(|first| first <= day)
    }
}

/// The users of every organisation.
pub(crate) type UserRegister = HashMap<Oid, OrganisationsUsers>;

/// Reads the register as it stands.
pub(crate) fn register_of(rows: &[UserRow]) -> Result<UserRegister, StoreError> {
    let mut register = UserRegister::new();
    for row in rows {
        let users = register.entry(row.organisation.clone()).or_default();
        let right = right_of(row)?;
        let rights = match &row.organiser {
            None => users.own.get_or_insert_default(),
            Some(organiser) => {
                let users = users.kept.entry(organiser.clone()).or_default();
                let ended = row
                    .ended_at
                    .map(|at| Ending { on: FinnishDay::of(at), by_granter: row.ended_by_granter });
                let begins = register_begins(&right, FinnishDay::of(row.granted_at), ended);
                users.begins = users.begins.into_iter().chain(begins).min();
                &mut users.rights
            }
        };
        if row.ended_at.is_none() {
            rights.entry(right.subject.clone()).or_default().push(right);
        }
    }
    Ok(register)
}

pub(crate) fn right_of(row: &UserRow) -> Result<UserRight, StoreError> {
    let damaged = || StoreError::Damaged(format!("user right {}", row.key));
    let right = users::read_right(&row.right).map_err(|_| damaged())?;
    // Nothing but what the right itself says binds the column to it.
    if right.organisation != row.organisation {
        return Err(damaged());
    }
    Ok(UserRight { organiser: row.organiser.clone(), ..right })
}

/// The other logins of the person of a login, as far as the register of users knows them by the same identity code: of every
/// organisation, and of rights that were ended too. Each is named as the log names its actor.
///
/// Source: ARC-12, OLD-7, ACC-2.
pub(crate) fn other_logins(tx: &ReadTx<'_>, actor: &str) -> Result<Vec<String>, StoreError> {
    let mut known = Vec::new();
    for row in tx.list_all_user_rights()? {
        known.push((Actor::name_of(&right_of(&row)?.subject), row.lookup));
    }
    let own: Vec<&UserLookup> = known
        .iter()
        .filter(|(name, _)| name == actor)
        .filter_map(|(_, one)| one.as_ref())
        .collect();
    let same = known.iter().filter(|(name, lookup)| {
        name != actor && lookup.as_ref().is_some_and(|lookup| own.contains(&lookup))
    });
    let mut others: Vec<String> = same.map(|(name, _)| name.clone()).collect();
    others.sort_unstable();
    others.dedup();
    Ok(others)
}

fn kept_of(row: &UserRow) -> Result<KeptRight, StoreError> {
    Ok(KeptRight { right: right_of(row)?, delegation: row.delegation })
}

fn listed(row: &UserRow) -> Result<ListedUser, StoreError> {
    Ok(ListedUser {
        id: row.key.to_string(),
        right: right_of(row)?,
        delegation: row.delegation,
        identity_code_known: row.lookup.is_some(),
        granted_at: row.granted_at,
        ended_at: row.ended_at,
    })
}

/// Who reads the register: one who reviews, or one who keeps users.
enum Sight {
    Reviewer(Basis),
    Keepers(Vec<Keeper>),
}

impl Sight {
    const fn basis(&self) -> Basis {
        match self {
            Self::Reviewer(basis) => *basis,
            Self::Keepers(_) => Basis::KeepsUsers,
        }
    }

    /// Whether a right of the own organisation's users, or one that it keeps, is seen.
    fn sees(&self, one: &ListedUser) -> bool {
        let seen = |keeper: &Keeper| keeper.sees(&one.right, one.delegation);
        match self {
            Self::Reviewer(_) => true,
            Self::Keepers(keepers) => keepers.iter().any(seen),
        }
    }
}

impl App {
    /// Lists the users of the reader's own organisation, and those whom it keeps for producers; for a main user those
    /// whom it keeps. The reading is a line of the log.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] for a cursor of another list; each logged.
    ///
    /// Source: ACC-2, JOI-3, LOG-2.
    pub fn list_users(&self, caller: &Caller, query: &UserQuery) -> Result<UserPage, AppError> {
        let now = self.clock.now();
        let sight = self.sight_of_users(caller)?;
        let of = query.organisation.as_ref().map_or("", Oid::as_str);
        let list = format!("varanto/users/2 {} {} {of}", caller.organisation, query.history);
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
        let wanted = |row: &UserRow| {
            let of = query.organisation.as_ref().is_none_or(|of| *of == row.organisation);
            of && (query.history || row.ended_at.is_none())
        };
        let rows = self.store.read::<_, StoreError>(|tx| {
            let (mut rows, mut under) = (Vec::new(), under);
            loop {
                let page = tx.list_user_rights(&caller.organisation, under, limit + 1)?;
                let full = page.len() > limit;
                under = page.last().map_or(under, |row| row.key);
                for row in page.iter().filter(|row| wanted(row)) {
                    let one = listed(row)?;
                    if sight.sees(&one) {
                        rows.push((row.key, one));
                    }
                }
                if !full || rows.len() > limit {
                    return Ok(rows);
                }
            }
        })?;
        let more = rows.len() > limit;
        let end = rows.get(limit.saturating_sub(1)).filter(|_| more).map(|(key, _)| *key);
        let next = end.map(|key| self.write_cursor(list.as_bytes(), [key, 0]));
        let users: Vec<ListedUser> = rows.into_iter().take(limit).map(|(_, one)| one).collect();
        let line = line_of_reading(caller, &sight, format!("users told={}", users.len()), now);
        Ok(Withheld::new(UserPage { users, next }).release(&self.write_line(line)?))
    }

    /// Whose users a main user keeps, by the rights of the moment: what may be chosen when a right is granted.
    ///
    /// # Errors
    /// [`AppError::Denied`] to one who keeps none, logged.
    ///
    /// Source: JOI-3, ACC-2.
    pub fn kept_by(&self, caller: &Caller) -> Result<Vec<Keeper>, AppError> {
        match self.sight_of_users(caller)? {
            Sight::Keepers(keepers) => Ok(keepers),
            Sight::Reviewer(_) => {
                let denial = Denial::RoleDoesNotFit;
                self.log(caller, Event::Review, Outcome::Denied(denial), self.clock.now())?;
                Err(AppError::Denied(denial))
            }
        }
    }

    /// Who reads the register of users; a denial is logged.
    fn sight_of_users(&self, caller: &Caller) -> Result<Sight, AppError> {
        if caller.role() != Some(Role::MainUser) {
            return Ok(Sight::Reviewer(self.log_permit(caller)?.basis()));
        }
        let now = self.clock.now();
        let keepers = self.store.read(|tx| keep::keepers_of(tx, caller, now))?;
        match keepers {
            Ok(keepers) => Ok(Sight::Keepers(keepers)),
            Err(denial) => {
                self.log(caller, Event::Review, Outcome::Denied(denial), now)?;
                Err(AppError::Denied(denial))
            }
        }
    }
}

/// The line that tells of a reading of the register.
fn line_of_reading(caller: &Caller, sight: &Sight, detail: String, at: Instant) -> LogLine {
    LogLine {
        at,
        event: Event::Review,
        outcome: Outcome::Permitted(sight.basis()),
        actor: Actor::of(caller),
        client: None,
        version: None,
        detail,
    }
}

/// What a line tells of a right.
const GRANTED: &str = "granted";
const ENDED: &str = "ended";

/// What a line tells of a right that was granted or ended.
fn told_of(what: &str, right: &UserRight, delegation: Option<i64>) -> String {
    let mut text = format!("{what} person:{} role={}", right.subject, right.role.code());
    if let Some(organiser) = &right.organiser {
        let _ = write!(text, " organisation={} organiser={organiser}", right.organisation);
    }
    if let Some(delegation) = delegation {
        let _ = write!(text, " under={delegation}");
    }
    text
}
