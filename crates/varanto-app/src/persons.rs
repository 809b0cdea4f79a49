//! What the population register says of clients: asked for, loaded from a file, kept (REG-5, ARC-10).
//!
//! Nothing is asked inside a transaction: what is due is read, the register is asked, and what it told is
//! kept in turns of their own.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{Action, Basis, Caller, Strength, Who};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid, PersonalIdentityCode};
use varanto_domain::mandates::is_of_age;
use varanto_domain::persons::{PersonFacts, is_known_on};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::persons::{self, PersonAnswer};
use varanto_store::{ReadTx, StoreError, VersionRow, WriteTx};

use crate::administer::{LoadError, administration};
use crate::inquiry::Inquiry;
use crate::{App, AppError};

/// The population register (väestötietojärjestelmä), or what stands between it and the archive.
pub trait PopulationRegister: Send + Sync {
    /// What it says of some persons; those it does not know are not in the answer. It may take its time,
    /// and sets itself a limit.
    ///
    /// # Errors
    /// Why it told nothing, in words without any client data.
    fn ask(&self, codes: &[PersonalIdentityCode]) -> Result<PersonAnswer, String>;

    /// What it says of those whose matters somebody looks after.
    ///
    /// # Errors
    /// As [`PopulationRegister::ask`]; also where it does not tell of guardians that way.
    fn ask_of_guardian(&self, guardian: PersonalIdentityCode) -> Result<PersonAnswer, String>;
}

/// A connected register, and how often it is asked about each client.
pub(crate) struct Connected {
    register: Arc<dyn PopulationRegister>,
    every: Duration,
    rest: Rest,
}

/// Until when nobody waits for a register: it did not answer.
#[derive(Default)]
pub(crate) struct Rest(Mutex<Option<Instant>>);

/// How long no decision waits for a register that did not answer.
const REST_MILLIS: i64 = 30_000;
/// How far the register's clock may be ahead.
const AHEAD_MILLIS: i64 = 5 * 60 * 1000;
/// How soon a client is asked about again where no register is connected: when one is, at once.
const UNCONNECTED: Duration = Duration::from_hours(12);
/// How many persons are kept in one turn on the writer.
const IN_ONE_TURN: usize = 64;

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KeptPersons {
    /// Clients of whom it told.
    pub clients: u64,
    /// Clients of whom it told other than before.
    pub changed: u64,
    /// Clients of whom the same was told of a later moment already: nothing was kept.
    pub older: u64,
    /// Persons of whom nothing is archived: nothing was kept.
    pub strangers: u64,
}

/// Why the register could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// None is connected.
    #[error("no population register is connected")]
    NotConnected,
    /// It told nothing.
    #[error("the population register told nothing: {0}")]
    Silent(String),
    /// The store failed.
    #[error(transparent)]
    App(#[from] AppError),
}

impl App {
    /// From now on the register is asked about each client so often.
    pub fn connect_population_register(
        &self,
        register: Arc<dyn PopulationRegister>,
        every: Duration,
    ) {
        let connected = Connected { register, every, rest: Rest::default() };
        let mut kept = self.persons.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Arc::new(connected));
    }

    fn connected(&self) -> Option<Arc<Connected>> {
        self.persons.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks about the clients that are due, at most so many; answers how many these were.
    ///
    /// # Errors
    /// When no register is connected, or it told nothing: the same clients are due then.
    ///
    /// Source: REG-5; design D13.
    pub fn ask_due_persons(&self, most: usize) -> Result<usize, AskError> {
        let connected = self.connected().ok_or(AskError::NotConnected)?;
        let now = self.clock.now();
        let due = self.store.read::<_, AppError>(|tx| Ok(tx.list_due_persons(now, most)?))?;
        if !due.is_empty() {
            self.ask(&connected, &due)?;
        }
        Ok(due.len())
    }

    /// How many clients are to be asked about by now.
    pub fn count_due_persons(&self) -> Result<u32, AppError> {
        let now = self.clock.now();
        self.store.read(|tx| Ok(tx.count_due_persons(now)?))
    }

    /// Loads what the register told from a file, for those who have no connection to it; a dry run keeps
    /// nothing and tells what would be kept.
    ///
    /// # Errors
    /// Every fault of the file.
    ///
    /// Source: REG-5.
    pub fn load_persons(&self, file: &[u8], dry_run: bool) -> Result<KeptPersons, LoadError> {
        let answer = persons::read(file).map_err(LoadError::Faults)?;
        let now = self.clock.now();
        if answer.told_at.millis() > now.millis() + AHEAD_MILLIS {
            let fault = Fault::new(FaultKind::WrongTime, "told_at", "REG-5")
                .arg("expected", format!("≤ {now}"));
            return Err(LoadError::Faults(vec![fault]));
        }
        if dry_run {
            return Ok(self.would_keep(&answer)?);
        }
        let kept = self.keep_told(&answer, "file", UNCONNECTED)?;
        let detail = format!("load persons clients={} changed={}", kept.clients, kept.changed);
        self.write_line(administration(now, &detail))?;
        Ok(kept)
    }

    /// Asks about the clients whom a version names before it is decided, when the answer turns on facts that are not
    /// known today. A register that does not answer is no reason to wait again: it is decided by what is
    /// known.
    ///
    /// Source: ARC-10, DIS-1; design D13.
    pub(crate) fn learn_before_deciding(
        &self,
        inquiry: &Inquiry<'_>,
        document: &Oid,
    ) -> Result<(), AppError> {
        self.learn(inquiry, None, |tx| {
            let mut turning = BTreeSet::new();
            if let Some(row) = tx.find_version(document)? {
                turning.extend(inquiry.turns_on_persons(tx, &row)?);
            }
            Ok(turning)
        })
    }

    /// As [`App::learn_before_deciding`], about the clients of a list: asked where what is shown turns on it alone, so
    /// that no time tells of documents of which nothing is shown. `find` answers what the list is of, in the time that a
    /// search may take.
    ///
    /// # Errors
    /// [`StoreError::Overtime`] also when that takes longer.
    ///
    /// Source: ARC-10, DIS-1; design D13.
    pub(crate) fn learn_before_listing(
        &self,
        inquiries: &[&Inquiry<'_>],
        action: Action,
        find: impl Fn(&ReadTx<'_>) -> Result<Vec<VersionRow>, StoreError>,
    ) -> Result<(), AppError> {
        for inquiry in inquiries {
            self.learn(inquiry, Some(self.search.time), |tx| {
                let mut turning = BTreeSet::new();
                for row in find(tx)? {
                    let identities = tx.identities_of(row.client)?;
                    if !identities.first().is_some_and(|one| turning.contains(one)) {
                        turning.extend(inquiry.shows_by_persons(tx, &row, action)?);
                    }
                }
                Ok(turning)
            })?;
        }
        Ok(())
    }

    /// Asks about somebody at this moment, for one question alone: what is told is kept nowhere, but for the line that tells
    /// who asked about whom. Whether the archive knows the person makes no difference to what is asked. Of one of whom it
    /// does not tell nothing is known. A citizen's question that is not answered lets nobody else's rest.
    ///
    /// Source: DIS-5, CIT-4, LOG-1.
    pub(crate) fn learn_of_person(
        &self,
        inquiry: &Inquiry<'_>,
        code: PersonalIdentityCode,
    ) -> Result<(), AppError> {
        let connected = self.connected().filter(|one| !one.rest.lasts(self.clock.now()));
        let answer = connected.and_then(|connected| connected.register.ask(&[code]).ok());
        let told = answer.and_then(|answer| self.fresh(answer)).unwrap_or_default();
        let told = told.into_iter().find(|(told, _)| *told == code).map(|(_, facts)| facts);
        let (client, known) = self.store.read::<_, AppError>(|tx| {
            Ok((tx.key_of_citizen(code)?, tx.find_client(&ClientIdentifier::Code(code))?))
        })?;
        let detail = format!("about={} told={}", client.0, u8::from(told.is_some()));
        self.log_person_question(inquiry.caller(), known, detail)?;
        inquiry.learn_person(client, told);
        Ok(())
    }

    /// The children whose documents a citizen may ask to see as a guardian, by what the register says at this moment; kept
    /// nowhere. Whether the archive knows them is no matter, and so not told. `None`: the register does not tell.
    ///
    /// # Errors
    /// What the store answers.
    ///
    /// Source: CIT-4, DIS-5, LOG-1.
    pub fn children_of(
        &self,
        caller: &Caller,
    ) -> Result<Option<Vec<PersonalIdentityCode>>, AppError> {
        let Who::Citizen { code, strength: Strength::Strong, .. } = caller.who else {
            return Ok(None);
        };
        let connected = self.connected().filter(|one| !one.rest.lasts(self.clock.now()));
        // One that does not tell of guardians answers other questions all the same: nobody rests for it.
        let answer = connected.and_then(|one| one.register.ask_of_guardian(code).ok());
        let Some(told) = answer.and_then(|answer| self.fresh(answer)) else { return Ok(None) };
        let today = FinnishDay::of(self.clock.now());
        let children = told.into_iter().filter(|(_, facts)| {
            let minor = facts.born_on.is_some_and(|born| !is_of_age(Some(born), today));
            minor && facts.died_on.is_none() && facts.is_in_care_of(code, today)
        });
        let children: Vec<PersonalIdentityCode> = children.map(|(code, _)| code).collect();
        self.log_person_question(caller, None, format!("children told={}", children.len()))?;
        Ok(Some(children))
    }

    /// The line of a citizen's question to the register.
    fn log_person_question(
        &self,
        caller: &Caller,
        client: Option<ClientKey>,
        detail: String,
    ) -> Result<(), AppError> {
        self.write_line(LogLine {
            at: self.clock.now(),
            event: Event::Mandate,
            outcome: Outcome::Permitted(Basis::OwnData),
            actor: Actor::of(caller),
            client,
            version: None,
            detail,
        })
        .map(drop)
    }

    /// What an answer says, when it is of today.
    fn fresh(&self, answer: PersonAnswer) -> Option<Vec<(PersonalIdentityCode, PersonFacts)>> {
        let now = self.clock.now();
        let ahead = answer.told_at.millis() > now.millis() + AHEAD_MILLIS;
        let known = is_known_on(answer.told_at.min(now), FinnishDay::of(now));
        (!ahead && known).then_some(answer.persons)
    }

    /// Asks about the clients whose facts are wanted, unless the register rests.
    fn learn(
        &self,
        inquiry: &Inquiry<'_>,
        time: Option<Duration>,
        wanted: impl Fn(&ReadTx<'_>) -> Result<BTreeSet<ClientKey>, AppError>,
    ) -> Result<(), AppError> {
        let now = self.clock.now();
        let Some(connected) = self.connected().filter(|one| !one.rest.lasts(now)) else {
            return Ok(());
        };
        let find = |tx: &ReadTx<'_>| {
            let mut unknown = Vec::new();
            for client in wanted(tx)? {
                unknown.extend(tx.find_person(client)?.map(|person| (client, person.code)));
            }
            Ok::<_, AppError>(unknown)
        };
        let unknown = match time {
            Some(time) => self.store.read_within(time, find)?,
            None => self.store.read(find)?,
        };
        if unknown.is_empty() {
            return Ok(());
        }
        match self.ask(&connected, &unknown) {
            Ok(_) => inquiry.forget(),
            Err(AskError::App(error)) => return Err(error),
            Err(AskError::Silent(_) | AskError::NotConnected) => connected.rest.begin(now),
        }
        Ok(())
    }

    fn ask(
        &self,
        connected: &Connected,
        clients: &[(ClientKey, PersonalIdentityCode)],
    ) -> Result<KeptPersons, AskError> {
        let codes: Vec<PersonalIdentityCode> = clients.iter().map(|(_, code)| *code).collect();
        let mut answer = connected.register.ask(&codes).map_err(AskError::Silent)?;
        let now = self.clock.now();
        if answer.told_at.millis() > now.millis() + AHEAD_MILLIS {
            return Err(AskError::Silent("its clock is ahead".to_owned()));
        }
        // A clock that is a little ahead makes no tomorrow of today.
        answer.told_at = answer.told_at.min(now);
        answer.persons.retain(|(code, _)| codes.contains(code));
        let told: Vec<PersonalIdentityCode> =
            answer.persons.iter().map(|(code, _)| *code).collect();
        let kept = self.keep_told(&answer, "register", connected.every)?;
        let untold: Vec<ClientKey> = clients
            .iter()
            .filter(|(_, code)| !told.contains(code))
            .map(|(client, _)| *client)
            .collect();
        let due_at = after(now, connected.every);
        self.store
            .write::<_, AppError>(move |tx| {
                untold.iter().try_for_each(|client| tx.postpone_person(*client, due_at))?;
                Ok(())
            })
            .map_err(AskError::App)?;
        Ok(kept)
    }

    fn keep_told(
        &self,
        answer: &PersonAnswer,
        source: &'static str,
        every: Duration,
    ) -> Result<KeptPersons, AppError> {
        let now = self.clock.now();
        let due_at = after(now, every);
        let mut kept = KeptPersons::default();
        for persons in answer.persons.chunks(IN_ONE_TURN) {
            let (persons, told_at) = (persons.to_vec(), answer.told_at);
            let turn = self.store.write::<_, AppError>(move |tx| {
                let mut kept = KeptPersons::default();
                for (code, facts) in &persons {
                    keep_one(tx, (*code, facts), (told_at, due_at, now), source, &mut kept)?;
                }
                Ok(kept)
            })?;
            kept.clients += turn.value.clients;
            kept.changed += turn.value.changed;
            kept.older += turn.value.older;
            kept.strangers += turn.value.strangers;
        }
        Ok(kept)
    }

    fn would_keep(&self, answer: &PersonAnswer) -> Result<KeptPersons, AppError> {
        self.store.read::<_, AppError>(|tx| {
            let mut kept = KeptPersons::default();
            for (code, facts) in &answer.persons {
                let client = tx.find_client(&ClientIdentifier::Code(*code))?;
                let known = client.map(|client| tx.find_person(client)).transpose()?.flatten();
                let Some(known) = known else {
                    kept.strangers += 1;
                    continue;
                };
                if known.told_at.is_some_and(|before| answer.told_at < before) {
                    kept.older += 1;
                    continue;
                }
                kept.clients += 1;
                let text = persons::write_facts(facts);
                kept.changed += u64::from(known.facts.as_deref() != Some(text.as_bytes()));
            }
            Ok(kept)
        })
    }
}

impl Rest {
    pub(crate) fn lasts(&self, now: Instant) -> bool {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| now < until)
    }

    pub(crate) fn begin(&self, now: Instant) {
        let until = Instant::from_millis(now.millis() + REST_MILLIS);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }
}

fn after(now: Instant, span: Duration) -> Instant {
    let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    Instant::from_millis(now.millis().saturating_add(millis))
}

fn keep_one(
    tx: &mut WriteTx<'_>,
    (code, facts): (PersonalIdentityCode, &PersonFacts),
    (told_at, due_at, now): (Instant, Instant, Instant),
    source: &str,
    kept: &mut KeptPersons,
) -> Result<(), StoreError> {
    let client = tx.find_client(&ClientIdentifier::Code(code))?;
    let known = client.map(|client| tx.find_person(client)).transpose()?.flatten();
    let (Some(client), Some(known)) = (client, known) else {
        kept.strangers += 1;
        return Ok(());
    };
    if known.told_at.is_some_and(|before| told_at < before) {
        kept.older += 1;
        return Ok(());
    }
    let line = LogLine {
        at: now,
        event: Event::PersonFacts,
        outcome: Outcome::Done,
        actor: Actor { name: "archive".into(), organisation: None, detail: None },
        client: Some(client),
        version: None,
        detail: format!("source={source}"),
    };
    let text = persons::write_facts(facts);
    let changed = tx.keep_person_facts(client, told_at, due_at, text.as_bytes(), line)?;
    kept.clients += 1;
    kept.changed += u64::from(changed);
    Ok(())
}
