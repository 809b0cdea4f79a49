//! What clients tell of themselves: told and seen at the citizens' door, and seen beside the relationship by those who serve
//! (CIT-5).

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{
    self, Basis, Caller, Denial, Purpose, Situation, StatementPermit, Who,
};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey, PersonalIdentityCode};
use varanto_domain::statements::{Said, Statement, StatementKind, Voice, standing};
use varanto_domain::time::Instant;
use varanto_formats::statements;
use varanto_store::{ReadTx, StoreError, WriteTx};

use crate::inquiry::{Inquiry, Learnt};
use crate::withheld::Withheld;
use crate::{App, AppError};

const RULE: &str = "CIT-5";

/// A statement, as who may see it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldStatement {
    /// What is said.
    pub said: Said,
    /// When it was told.
    pub at: Instant,
    /// On what ground: as the client, a guardian, or by mandate.
    pub told_as: Basis,
    /// In whose voice.
    pub voice: Voice,
    /// The so-manieth of its kind in this voice.
    pub number: u32,
}

/// What was told of a client, as a citizen sees it.
#[derive(Debug, Clone)]
pub struct OwnStatements {
    /// What stands: in the voice that the citizen tells in first.
    pub standing: Vec<ToldStatement>,
    /// What was told before, the newest first.
    pub earlier: Vec<ToldStatement>,
    /// The voice in which the citizen tells; `None` for one who only sees.
    pub tells_as: Option<Voice>,
}

impl OwnStatements {
    /// What stands of a kind in the voice that the citizen tells in.
    #[must_use]
    pub fn own(&self, kind: StatementKind) -> Option<&ToldStatement> {
        let own = |one: &&ToldStatement| Some(one.voice) == self.tells_as;
        self.standing.iter().filter(own).find(|one| one.said.kind() == kind)
    }
}

/// What telling answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// It is kept.
    Kept,
    /// It was said just so already.
    Unchanged,
}

impl App {
    /// What was told of a client, as a citizen may see it who acts in a situation.
    ///
    /// # Errors
    /// [`AppError::Denied`], logged as the answer is.
    ///
    /// Source: CIT-5, DIS-5.
    pub fn own_statements(
        &self,
        caller: &Caller,
        client: PersonalIdentityCode,
        situation: Situation,
    ) -> Result<OwnStatements, AppError> {
        let purpose = Purpose::READ.in_situation(situation);
        let inquiry = self.inquiry(caller, purpose, self.clock.now());
        self.learn_of_principal(&inquiry, client)?;
        let (known, answer) = self.store.read::<_, AppError>(|tx| {
            let known = tx.find_client(&ClientIdentifier::Code(client))?;
            let Asked { sees, tells } = Asked::of(tx, &inquiry, client)?;
            let answer = match sees {
                Ok(permit) => {
                    let told = own(tx, &permit, known, tells.ok().map(|(_, voice)| voice))?;
                    Ok((permit.basis(), Withheld::new(told)))
                }
                Err(denial) => Err(denial),
            };
            Ok((known, answer))
        })?;
        let outcome = match &answer {
            Ok((basis, _)) => Outcome::Permitted(*basis),
            Err(denial) => Outcome::Denied(*denial),
        };
        let line = line(caller, inquiry.now(), outcome, known, "act=show".to_owned());
        let line = self.write_line(line)?;
        answer.map(|(_, told)| told.release(&line)).map_err(AppError::Denied)
    }

    /// Keeps what a citizen tells of a client: the next version of its kind in the citizen's voice. `after` is the number of the
    /// version that the citizen saw, 0 for none: over another nothing is written. Who tells the same again changes nothing.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] with every fault, and where another version came between; each logged.
    ///
    /// Source: CIT-5, DIS-5.
    pub fn tell(
        &self,
        caller: &Caller,
        client: PersonalIdentityCode,
        situation: Situation,
        said: &Said,
        after: u32,
    ) -> Result<Telling, AppError> {
        let (purpose, now) = (Purpose::READ.in_situation(situation), self.clock.now());
        let learnt = {
            let inquiry = self.inquiry(caller, purpose, now);
            self.learn_of_principal(&inquiry, client)?;
            inquiry.learnt()
        };
        let (caller, said, registry) = (caller.clone(), said.clone(), self.registry());
        let turn = move |tx: &mut WriteTx<'_>| {
            let inquiry = Inquiry::new(&caller, purpose, registry.clone(), now);
            let inquiry = inquiry.with(Learnt::clone(&learnt));
            let known = tx.find_client(&ClientIdentifier::Code(client))?;
            let log = |tx: &mut WriteTx<'_>, outcome, detail: &str| {
                tx.log(&line(&caller, now, outcome, known, detail.to_owned()))
            };
            let (permit, voice) = match Asked::of(tx, &inquiry, client)?.tells {
                Ok(tells) => tells,
                Err(denial) => {
                    log(tx, Outcome::Denied(denial), "act=tell")?;
                    return Err(AppError::Denied(denial));
                }
            };
            let before = newest(tx, known, said.kind(), voice)?;
            let faults = match faults(tx, &permit, before.as_ref(), &said, after)? {
                Found::Faults(faults) => faults,
                Found::TheSame => {
                    log(tx, Outcome::Permitted(permit.basis()), "act=unchanged")?;
                    return Ok(Telling::Unchanged);
                }
            };
            if !faults.is_empty() {
                let codes = faults.iter().map(Fault::code).collect();
                log(tx, Outcome::Refused(codes), "act=tell")?;
                return Err(AppError::Refused(faults));
            }
            let known = match known {
                Some(known) => known,
                None => tx.insert_client(&ClientIdentifier::Code(client))?,
            };
            let (key, text) = (tx.next_key(), statements::write(&said));
            let mut statement = Statement {
                key,
                client: known,
                kind: said.kind(),
                voice,
                number: before.map_or(1, |before| before.number + 1),
                controller: caller.organisation.clone(),
                said: tx.digest_of_said(known, key, &text)?,
                line: 0,
            };
            let outcome = Outcome::Permitted(permit.basis());
            let line = line(&caller, now, outcome, Some(known), statement.detail());
            statement.line = tx.log(&line)?.number;
            tx.insert_statement(&statement, &text)?;
            Ok(Telling::Kept)
        };
        Ok(self.store.write::<_, AppError>(turn)?.value)
    }
}

/// What is decided of a citizen who asks about a client's statements.
struct Asked {
    sees: Result<StatementPermit, Denial>,
    tells: Result<(StatementPermit, Voice), Denial>,
}

impl Asked {
    fn of(
        tx: &ReadTx<'_>,
        inquiry: &Inquiry<'_>,
        client: PersonalIdentityCode,
    ) -> Result<Self, StoreError> {
        let asked = inquiry.client_of(tx, &ClientIdentifier::Code(client))?;
        let Who::Citizen { code, .. } = inquiry.caller().who else {
            let denied = Denial::RoleDoesNotFit;
            return Ok(Self { sees: Err(denied), tells: Err(denied) });
        };
        let speaker = tx.number_of_citizen(code);
        // Of the two documents of the will the permission is the one that guardians may say.
        inquiry.ask_of_will(tx, asked, DocumentGroup::Permission, |question| Self {
            sees: access::may_see_statements(question, speaker),
            tells: access::may_make_statement(question, speaker),
        })
    }
}

fn line(
    caller: &Caller,
    at: Instant,
    outcome: Outcome,
    client: Option<ClientKey>,
    detail: String,
) -> LogLine {
    let (actor, event) = (Actor::of(caller), Event::Statement);
    LogLine { at, event, outcome, actor, client, version: None, detail }
}

/// Every statement of a client, under whichever of the client's keys.
fn all_of(tx: &ReadTx<'_>, client: ClientKey) -> Result<Vec<Statement>, StoreError> {
    let mut all = Vec::new();
    for key in tx.identities_of(client)? {
        all.extend(tx.list_statements(key)?);
    }
    Ok(all)
}

fn newest(
    tx: &ReadTx<'_>,
    client: Option<ClientKey>,
    kind: StatementKind,
    voice: Voice,
) -> Result<Option<Statement>, StoreError> {
    let all = client.map(|client| all_of(tx, client)).transpose()?.unwrap_or_default();
    let mut found = standing(&all).into_iter().filter(|one| (one.kind, one.voice) == (kind, voice));
    Ok(found.next().cloned())
}

enum Found {
    Faults(Vec<Fault>),
    /// It was said just so already.
    TheSame,
}

/// What is wrong with what is told over the version before.
fn faults(
    tx: &ReadTx<'_>,
    permit: &StatementPermit,
    before: Option<&Statement>,
    said: &Said,
    after: u32,
) -> Result<Found, StoreError> {
    let stands = match before {
        Some(before) => told(tx, permit, before)?.map(|told| told.said),
        None => None,
    };
    if stands.as_ref() == Some(said) {
        return Ok(Found::TheSame);
    }
    let mut faults = said.faults();
    if said.is_nothing() && stands.is_none() {
        faults.push(Fault::new(FaultKind::EmptyText, "said", RULE));
    }
    if before.map_or(0, |before| before.number) != after {
        let fault = Fault::new(FaultKind::StandsOtherwise, "said", RULE);
        faults.push(fault.arg("state", "changed"));
    }
    Ok(Found::Faults(faults))
}

/// A statement with what is said; `None` when the client's key is destroyed.
fn told(
    tx: &ReadTx<'_>,
    permit: &StatementPermit,
    statement: &Statement,
) -> Result<Option<ToldStatement>, StoreError> {
    let Some(text) = tx.said_in(permit, statement)? else { return Ok(None) };
    let line = tx.log_line(statement.line)?;
    let damaged = || StoreError::Damaged(format!("client statement {}", statement.key));
    let basis = Basis::ALL.into_iter().find(|basis| basis.code() == &*line.reason);
    Ok(Some(ToldStatement {
        said: statements::read(statement.kind, &text).ok_or_else(damaged)?,
        at: line.at,
        told_as: basis.ok_or_else(damaged)?,
        voice: statement.voice,
        number: statement.number,
    }))
}

fn own(
    tx: &ReadTx<'_>,
    permit: &StatementPermit,
    client: Option<ClientKey>,
    tells_as: Option<Voice>,
) -> Result<OwnStatements, StoreError> {
    let mut all = client.map(|client| all_of(tx, client)).transpose()?.unwrap_or_default();
    all.retain(|one| permit.opens(one));
    let stands: Vec<i64> = standing(&all).into_iter().map(|one| one.key).collect();
    let (mut now, mut earlier) = (Vec::new(), Vec::new());
    for one in &all {
        let list = if stands.contains(&one.key) { &mut now } else { &mut earlier };
        list.extend(told(tx, permit, one)?);
    }
    now.sort_by_key(|one| (one.said.kind(), Some(one.voice) != tells_as, one.at));
    earlier.sort_by_key(|one| std::cmp::Reverse(one.at));
    Ok(OwnStatements { standing: now, earlier, tells_as })
}

/// What stands of what was told of a client, for one who sees it beside the relationship. What was taken back is not told.
pub(crate) fn beside(
    tx: &ReadTx<'_>,
    permit: &StatementPermit,
    client: ClientKey,
) -> Result<Vec<ToldStatement>, StoreError> {
    let mut all = all_of(tx, client)?;
    all.retain(|one| permit.opens(one));
    let mut shown = Vec::new();
    for one in standing(&all) {
        shown.extend(told(tx, permit, one)?.filter(|told| !told.said.is_nothing()));
    }
    Ok(shown)
}
