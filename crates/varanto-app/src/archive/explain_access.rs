//! Why something may be done with a document or not, and who may see it (ACC-4).

use std::sync::Arc;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{
    Action, Caller, Denial, Grant, LookReason, Purpose, Reason, Role, Situation, Strength, Who,
};
use varanto_domain::ids::Oid;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{ReadTx, StoreError, VersionRow};

use super::LookedAt;
use crate::callers::{caller_of_person, caller_of_system};
use crate::inquiry::{Decided, Inquiry};
use crate::withheld::Withheld;
use crate::{App, AppError, Registry};

/// What a caller asks about itself.
#[derive(Debug, Clone)]
pub struct AccessQuestion {
    /// About which version.
    pub document: Oid,
    /// What it would do; see [`AccessQuestion::ACTIONS`].
    pub action: Action,
    /// In which situation, and why.
    pub purpose: Purpose,
}

impl AccessQuestion {
    /// What can be done with a version that is archived.
    pub const ACTIONS: [Action; 4] =
        [Action::Read, Action::List, Action::Version, Action::Invalidate];
}

/// The decision, explained. It opens nothing.
#[derive(Debug, Clone)]
pub struct Explained {
    /// In which situation it was decided: the one named, or the caller's usual one.
    pub situation: Situation,
    /// The day by whose rules.
    pub day: FinnishDay,
    /// The ground and what it obliges to, or why not.
    pub answer: Result<Grant, Denial>,
}

/// Who may open a document on a day.
#[derive(Debug, Clone)]
pub struct AccessList {
    /// The day.
    pub day: FinnishDay,
    /// Those who may.
    pub onlookers: Vec<Onlooker>,
}

/// One who may open a document, and why.
#[derive(Debug, Clone)]
pub struct Onlooker {
    /// Who.
    pub who: WhoLooks,
    /// The organisation.
    pub organisation: Oid,
    /// The organiser from whom people of a producer have their rights as users, where it keeps them.
    pub users_kept_by: Option<Oid>,
    /// In which situation.
    pub situation: Situation,
    /// Whether a coded reason must be given.
    pub with_reason: bool,
    /// The ground, and what it obliges to.
    pub grant: Grant,
}

/// A system, or people of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhoLooks {
    /// The system with this id.
    System(String),
    /// People of a role, in a unit; `None`: wherever they work.
    People(Role, Option<Oid>),
}

impl App {
    /// Explains what is decided when the caller asks to do something with a version. Who asks for a
    /// disclosure is told no more of a denial than when asking for the document itself.
    ///
    /// # Errors
    /// [`AppError::NotFound`], logged as the answer is.
    pub fn explain_access(
        &self,
        caller: &Caller,
        asked: &AccessQuestion,
    ) -> Result<Explained, AppError> {
        let detail = format!("action={}", asked.action.code());
        let (situation, answer, day) = self.explained(
            caller,
            &asked.document,
            asked.purpose,
            &detail,
            |tx, inquiry, row| inquiry.decide(tx, row, asked.action),
            |_, _, _| Ok(()),
        )?;
        let answer = answer.map(|(grant, ())| grant);
        let answer = answer.map_err(|denial| told(situation, denial));
        Ok(Explained { situation, day, answer })
    }

    /// Lists who may open a version today: systems, units and roles, each by asking the decision. Only
    /// those who may open it themselves in a register of their own are told; and of the units that
    /// serve the client they are told those alone that may open this document.
    ///
    /// # Errors
    /// [`AppError::NotFound`], [`AppError::Denied`]; each logged.
    pub fn list_access<'a>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        purpose: Purpose,
    ) -> Result<AccessList, AppError> {
        let registry = self.registry();
        let decide = |tx: &ReadTx<'_>, inquiry: &Inquiry<'_>, row: &VersionRow| {
            let decided = inquiry.decide(tx, row, Action::Read)?;
            let own = caller.owns(&row.controller);
            let answer = decided.answer.and_then(|grant| match grant {
                _ if !own => Err(Denial::AnotherRegister),
                grant if grant.hides_others() => Err(Denial::NamesOthers),
                // Who serves the client tells where the client is.
                grant if grant.masks() => Err(Denial::CannotBeMasked),
                grant => Ok(grant),
            });
            Ok(Decided { answer, ..decided })
        };
        let (situation, answer, day) =
            self.explained(caller, document, purpose, "who", decide, |tx, inquiry, row| {
                let holders = inquiry.holders(tx, row)?;
                onlookers(tx, row, &registry, &holders, inquiry.now())
            })?;
        let (_, onlookers) = answer.map_err(|denial| AppError::Denied(told(situation, denial)))?;
        Ok(AccessList { day, onlookers })
    }

    /// One question about a version: facts, decision, log line, and only then the answer.
    fn explained<'a, T>(
        &self,
        caller: &Caller,
        document: impl Into<LookedAt<'a>>,
        purpose: Purpose,
        detail: &str,
        decide: impl FnOnce(&ReadTx<'_>, &Inquiry<'_>, &VersionRow) -> Result<Decided, StoreError>,
        more: impl FnOnce(&ReadTx<'_>, &Inquiry<'_>, &VersionRow) -> Result<T, StoreError>,
    ) -> Result<Answered<T>, AppError> {
        let now = self.clock.now();
        let inquiry = self.inquiry(caller, purpose, now);
        let looked_at = document.into();
        if !self.narrow_to_client(&inquiry, looked_at)? {
            self.log_not_found(caller, Event::Explain)?;
            return Err(AppError::NotFound);
        }
        let document = looked_at.document;
        self.learn_mandates_of(&inquiry, document)?;
        self.learn_before_deciding(&inquiry, document)?;
        let found = self.store.read::<_, AppError>(|tx| {
            let Some(row) = tx.find_version(document)? else { return Ok(None) };
            let Decided { through, situation, answer } = decide(tx, &inquiry, &row)?;
            let answer = match answer {
                Ok(grant) => Ok((grant, Withheld::new(more(tx, &inquiry, &row)?))),
                Err(denial) => Err(denial),
            };
            Ok(Some((row, through, situation, answer)))
        })?;
        let Some((row, through, situation, answer)) = found else {
            self.log_not_found(caller, Event::Explain)?;
            return Err(AppError::NotFound);
        };
        let outcome = match &answer {
            Ok((grant, _)) => Outcome::Permitted(grant.basis),
            Err(denial) => Outcome::Denied(*denial),
        };
        let mut detail = format!("{detail} situation={}", situation.code());
        if purpose.invalidated_too {
            detail.push_str(" invalidated-too");
        }
        if let Ok((grant, _)) = &answer {
            detail.push_str(&grant.log_words());
        }
        let line = self.write_line(LogLine {
            at: now,
            event: Event::Explain,
            outcome,
            actor: Actor::of(caller),
            client: Some(through),
            version: Some(row.version),
            detail,
        })?;
        let answer = answer.map(|(grant, withheld)| (grant, withheld.release(&line)));
        Ok((situation, answer, FinnishDay::of(now)))
    }
}

/// A denial as one who asks in the situation is told it.
fn told(situation: Situation, denial: Denial) -> Denial {
    if situation.discloses() { denial.as_told_outside() } else { denial }
}

/// In which situation, what with what more there is to tell, and by the rules of which day.
type Answered<T> = (Situation, Result<(Grant, T), Denial>, FinnishDay);

/// Those of all who might look that the decision lets.
fn onlookers(
    tx: &ReadTx<'_>,
    row: &VersionRow,
    registry: &Arc<Registry>,
    holders: &[Oid],
    now: Instant,
) -> Result<Vec<Onlooker>, StoreError> {
    let mut all = Vec::new();
    let reason = Reason::Look(LookReason::InformationRequest);
    for (who, caller) in candidates(registry, &row.controller, holders, FinnishDay::of(now)) {
        for (with_reason, purpose) in
            [(false, Purpose::READ), (true, Purpose::READ.because(reason))]
        {
            let inquiry = Inquiry::new(&caller, purpose, Arc::clone(registry), now);
            let Decided { situation, answer, .. } = inquiry.decide(tx, row, Action::Read)?;
            if let Ok(grant) = answer {
                let organisation = caller.organisation.clone();
                let kept = matches!(who, WhoLooks::People(..))
                    && registry.keeps_users(&row.controller, &organisation, FinnishDay::of(now));
                let users_kept_by = kept.then(|| row.controller.clone());
                all.push(Onlooker {
                    who,
                    organisation,
                    users_kept_by,
                    situation,
                    with_reason,
                    grant,
                });
                break;
            }
        }
    }
    Ok(all)
}

/// All who might look: systems in force of the controller and of those that serve the client; people of
/// the units that serve the client; people of the controller in no such unit; its archivists and
/// data-protection officers.
fn candidates(
    registry: &Registry,
    controller: &Oid,
    holders: &[Oid],
    today: FinnishDay,
) -> Vec<(WhoLooks, Caller)> {
    let registers = registry.registers();
    let systems = registers.systems().iter().filter(|system| system.validity.contains(today));
    let mut all: Vec<(WhoLooks, Caller)> = systems
        .flat_map(|system| system.organisations.iter().map(move |of| (system, of)))
        .filter(|(_, organisation)| registers.is_valid_on(organisation, today))
        .map(|(system, organisation)| {
            let caller = caller_of_system(registry, system, organisation, &[], today);
            (WhoLooks::System(system.id.clone()), caller)
        })
        .filter(|(_, caller)| {
            caller.owns(controller) || holders.iter().any(|unit| caller.units.contains(unit))
        })
        .collect();
    for unit in holders {
        let Some(organisation) = registers.organisation_of(unit) else { continue };
        let owns = registry.own_registers(&organisation.oid).contains(controller);
        let role = if owns { Role::Worker } else { Role::ProducerWorker };
        all.push(people(registry, &organisation.oid, role, Some(unit)));
    }
    for role in [Role::Worker, Role::Archivist, Role::DataProtectionOfficer] {
        all.push(people(registry, controller, role, None));
    }
    all
}

fn people(
    registry: &Registry,
    organisation: &Oid,
    role: Role,
    unit: Option<&Oid>,
) -> (WhoLooks, Caller) {
    let who = Who::Person {
        subject: String::new(),
        registration_number: None,
        role,
        unit: unit.cloned(),
        duty: None,
        strength: Strength::Strong,
    };
    (WhoLooks::People(role, unit.cloned()), caller_of_person(registry, organisation, who))
}
