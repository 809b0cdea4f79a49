//! The operator's file of users: loaded, tried, and written out as the register stands (ACC-2).

use std::collections::{BTreeSet, HashMap};

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::user_file::{Change, Hand, HeldRight, ToldRight, changes_of_file};
use varanto_domain::access::users::UserRight;
use varanto_domain::access::{Basis, Role};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, Oid};
use varanto_domain::time::Instant;
use varanto_formats::users::{self, UserEntry};
use varanto_store::{NewUserRight, OPERATOR, ReadTx, StoreError, UserLookup, UserRow, WriteTx};

use super::{ENDED, GRANTED, right_of, told_of};
use crate::administer::LoadError;
use crate::sessions::end_sessions_of;
use crate::{App, AppError, Registry};

/// How a file of users is loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loading {
    /// Tell what would change, and change nothing.
    pub dry_run: bool,
    /// Undo what main users did, too.
    pub overrule: bool,
    /// The file holds the main users of each organisation that it names; everybody else stays as they are.
    pub main_users_alone: bool,
}

/// What a file of users changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadedUsers {
    /// Each right that is ended or granted.
    pub changes: Vec<UserChange>,
    /// How many rights stay as they were.
    pub kept: usize,
    /// Organisations that kept no register of their users before: from now on nobody of theirs comes in without a
    /// right.
    pub begins: Vec<Oid>,
}

/// A right that a file of users ends or grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChange {
    /// The right.
    pub right: UserRight,
    /// Whether it is granted; else it is ended.
    pub granted: bool,
    /// Whether that undoes what a main user did.
    pub undoes: bool,
}

impl LoadedUsers {
    /// How many rights are granted.
    #[must_use]
    pub fn granted(&self) -> usize {
        self.changes.iter().filter(|change| change.granted).count()
    }

    /// How many rights are ended.
    #[must_use]
    pub fn ended(&self) -> usize {
        self.changes.len() - self.granted()
    }

    /// Whether something of it undoes what a main user did.
    #[must_use]
    pub fn undoes(&self) -> bool {
        self.changes.iter().any(|change| change.undoes)
    }
}

impl App {
    /// Loads the users of organisations: of each that the file names, its whole register, or its main users. Rights that
    /// are in it no more are ended; each that is granted or ended leaves its line. What organisers keep stays as it is.
    ///
    /// # Errors
    /// Every fault of the file: what does not read, organisations and units that are not in the register or not each
    /// other's, rights told twice, main users without an identity code. [`LoadError::Undoes`] where it would undo what
    /// main users did, unless it shall.
    ///
    /// Source: ACC-2, JOI-3.
    pub fn load_users(&self, file: &[u8], how: Loading) -> Result<LoadedUsers, LoadError> {
        let entries = users::read(file).map_err(LoadError::Faults)?;
        let mut faults = faults_of(&self.registry(), &entries);
        if how.main_users_alone {
            faults.extend(faults_of_roles(&entries));
        }
        if how.dry_run {
            let plan = self.store.read(|tx| Plan::of(tx, &entries, how))?;
            return plan.judged(faults);
        }
        let now = self.clock.now();
        let turn = move |tx: &mut WriteTx<'_>| {
            let plan = Plan::of(tx, &entries, how)?;
            let steps = plan.steps.clone();
            let judged = plan.judged(faults.clone());
            if judged.as_ref().is_ok_and(|loaded| how.overrule || !loaded.undoes()) {
                take(tx, &steps, now)?;
            }
            Ok(judged)
        };
        let loaded = self.store.write::<_, AppError>(turn)?.value?;
        if loaded.undoes() && !how.overrule {
            return Err(LoadError::Undoes(loaded));
        }
        self.registry.refresh_users(&self.store);
        Ok(loaded)
    }

    /// The register of users as it stands, as a file that [`App::load_users`] takes: what organisations keep themselves, of
    /// these, or of all when none is named. Who somebody is as a person is not in it.
    ///
    /// # Errors
    /// When the archive fails.
    ///
    /// Source: ACC-2.
    pub fn export_users(&self, organisations: &[Oid]) -> Result<String, AppError> {
        let of = |row: &&UserRow| {
            let wanted = organisations.is_empty() || organisations.contains(&row.organisation);
            wanted && row.organiser.is_none() && row.ended_at.is_none()
        };
        let mut rights = self.store.read::<_, StoreError>(|tx| {
            let rows = tx.list_all_user_rights()?;
            rows.iter().filter(of).map(right_of).collect::<Result<Vec<UserRight>, _>>()
        })?;
        rights.sort_by(|one, other| one.organisation.cmp(&other.organisation));
        Ok(users::write(&rights))
    }
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

/// The entries that name no main users, where the file is to name these alone.
fn faults_of_roles(entries: &[UserEntry]) -> impl Iterator<Item = Fault> {
    let others = entries.iter().enumerate().filter(|(_, one)| one.right.role != Role::MainUser);
    others.map(|(place, _)| {
        let fault = Fault::new(FaultKind::WrongValue, format!("users/{place}/role"), "JOI-3");
        fault.arg("expected", Role::MainUser.code())
    })
}

/// What a file changes, and how.
struct Plan {
    loaded: LoadedUsers,
    steps: Vec<Step>,
    /// The main users of whom nobody knows who they are as a person.
    unknown: Vec<usize>,
}

#[derive(Clone)]
enum Step {
    End(UserRow),
    Grant(UserRight, Option<UserLookup>),
}

impl Plan {
    fn of(tx: &ReadTx<'_>, entries: &[UserEntry], how: Loading) -> Result<Self, StoreError> {
        let mut plan =
            Self { loaded: LoadedUsers::default(), steps: Vec::new(), unknown: Vec::new() };
        let organisations: BTreeSet<&Oid> =
            entries.iter().map(|entry| &entry.right.organisation).collect();
        for organisation in organisations {
            plan.organisation(tx, organisation, entries, how)?;
        }
        plan.unknown.sort_unstable();
        Ok(plan)
    }

    fn organisation(
        &mut self,
        tx: &ReadTx<'_>,
        organisation: &Oid,
        entries: &[UserEntry],
        how: Loading,
    ) -> Result<(), StoreError> {
        let mut rows = tx.list_user_rights(organisation, i64::MAX, usize::MAX)?;
        rows.retain(|row| row.organisation == *organisation && row.organiser.is_none());
        rows.reverse();
        if rows.is_empty() {
            self.loaded.begins.push(organisation.clone());
        }
        let rights: Vec<UserRight> = rows.iter().map(right_of).collect::<Result<_, _>>()?;
        let counts = |right: &UserRight| !how.main_users_alone || right.role == Role::MainUser;
        let held: Vec<(&UserRow, &UserRight)> =
            rows.iter().zip(&rights).filter(|(_, right)| counts(right)).collect();
        let told: Vec<(usize, &UserEntry, Option<UserLookup>)> = entries
            .iter()
            .enumerate()
            .filter(|(_, entry)| entry.right.organisation == *organisation)
            .map(|(place, entry)| {
                let code = entry.code.map(ClientIdentifier::Code);
                (place, entry, code.map(|code| tx.lookup_of_user(&code)))
            })
            .collect();
        for (place, entry, lookup) in &told {
            let tells = |(row, right): &(&UserRow, &UserRight)| {
                let theirs = right.subject == entry.right.subject && row.ended_at.is_none();
                theirs && row.lookup.is_some()
            };
            let known = lookup.is_some() || held.iter().any(tells);
            if entry.right.role == Role::MainUser && !known {
                self.unknown.push(*place);
            }
        }
        let hand = |by_operator: bool| if by_operator { Hand::Operator } else { Hand::MainUser };
        let held_rights: Vec<HeldRight<'_, UserLookup>> = held
            .iter()
            .map(|(row, right)| HeldRight {
                right,
                person: row.lookup.as_ref(),
                granted: hand(row.granted_by_operator),
                ended: row.ended_line.map(|line| (line, hand(row.ended_by_operator))),
            })
            .collect();
        let told_rights: Vec<ToldRight<'_, UserLookup>> = told
            .iter()
            .map(|(_, entry, person)| ToldRight { right: &entry.right, person: person.as_ref() })
            .collect();
        let changes = changes_of_file(&held_rights, &told_rights);
        let granted = changes.iter().filter(|one| matches!(one, Change::Grant { .. })).count();
        self.loaded.kept += told.len() - granted;
        for change in changes {
            let (right, granted, undoes) = match change {
                Change::End { held: at, undoes } => {
                    self.steps.push(Step::End(held[at].0.clone()));
                    (held[at].1.clone(), false, undoes)
                }
                Change::Grant { told: at, person, undoes } => {
                    let right = told[at].1.right.clone();
                    self.steps.push(Step::Grant(right.clone(), person));
                    (right, true, undoes)
                }
            };
            self.loaded.changes.push(UserChange { right, granted, undoes });
        }
        Ok(())
    }

    /// What the file changes, or every fault of it. A main user is known under any login, so that nobody grants a right to
    /// themself.
    fn judged(self, mut faults: Vec<Fault>) -> Result<LoadedUsers, LoadError> {
        faults.extend(self.unknown.into_iter().map(|place| {
            let at = format!("users/{place}/identity_code");
            Fault::new(FaultKind::MissingElement, at, "JOI-3").arg("name", "identity_code")
        }));
        if faults.is_empty() { Ok(self.loaded) } else { Err(LoadError::Faults(faults)) }
    }
}

/// Ends and grants what a file changes, each with its line.
fn take(tx: &mut WriteTx<'_>, steps: &[Step], now: Instant) -> Result<(), StoreError> {
    for step in steps {
        match step {
            Step::End(row) => {
                let right = right_of(row)?;
                let line = tx.log(&operators_line(&right, ENDED, now))?;
                tx.end_user_right(row.key, line.number, now)?;
                end_sessions_of(tx, &right.subject)?;
            }
            Step::Grant(right, lookup) => {
                let line = tx.log(&operators_line(right, GRANTED, now))?;
                let printed = users::write_right(right).into_bytes();
                let new = NewUserRight {
                    organisation: &right.organisation,
                    organiser: None,
                    delegation: None,
                    right: &printed,
                    lookup: lookup.as_ref(),
                };
                tx.insert_user_right(&new, line.number, now)?;
            }
        }
    }
    Ok(())
}

/// The operator's line, under the eyes of the organisation whose user it is.
fn operators_line(right: &UserRight, what: &str, at: Instant) -> LogLine {
    LogLine {
        at,
        event: Event::Users,
        outcome: Outcome::Permitted(Basis::Operation),
        actor: Actor {
            name: OPERATOR.into(),
            organisation: Some(right.organisation.to_string()),
            detail: None,
        },
        client: None,
        version: None,
        detail: told_of(what, right, None),
    }
}
