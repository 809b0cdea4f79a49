//! What clients tell of themselves: told and seen at the citizens' door, and seen beside the relationship by those who serve
//! (CIT-5).

use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{
    self, Basis, Caller, Denial, Purpose, Situation, StatementPermit, Who,
};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, ClientKey, PersonalIdentityCode};
use varanto_domain::statements::{
    MOST_VERSIONS, Said, Statement, StatementKind, Voice, name_of_teller, standing,
};
use varanto_domain::time::Instant;
use varanto_formats::statements;
use varanto_store::{ReadTx, StoreError, WriteTx};

use crate::acting::Acting;
use crate::inquiry::Inquiry;
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
    /// The name of who told it for the client.
    pub told_by: Option<String>,
    /// In whose voice.
    pub voice: Voice,
    /// Which one it is of its kind in this voice, counted from 1.
    pub number: u32,
}

/// What was told of a client, as a citizen sees it.
#[derive(Debug, Clone)]
pub struct OwnStatements {
    /// What stands: in the voice that the citizen tells in first.
    pub standing: Vec<ToldStatement>,
    /// What was told before, the newest first; nothing by mandate.
    pub earlier: Vec<ToldStatement>,
    /// Whether a guardian told how to be reached, which is shown to those who serve alone.
    pub withheld: bool,
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

/// How much of it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// A page.
    Page,
    /// All of it, to be kept.
    Copy,
}

/// What a citizen tells of a client.
#[derive(Debug, Clone)]
pub struct Tells {
    /// Of whom.
    pub client: PersonalIdentityCode,
    /// As whom.
    pub situation: Situation,
    /// What.
    pub said: Said,
    /// The name of who tells it for another, as the login has it.
    pub told_by: Option<String>,
    /// The number of the version that the citizen saw, 0 for none.
    pub after: u32,
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
        extent: Extent,
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
        let detail = match extent {
            Extent::Page => "statements",
            Extent::Copy => "statements copy",
        };
        let acting = Acting::of(caller, Event::Open, inquiry.now()).about_client(known);
        let line = self.write_line(acting.line(outcome, detail))?;
        answer.map(|(_, told)| told.release(&line)).map_err(AppError::Denied)
    }

    /// Keeps what a citizen tells of a client: the next version of its kind in the citizen's voice. Over another version than the
    /// one that was seen nothing is written. Who tells the same again changes nothing.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] with every fault, and where another version came between; each logged.
    ///
    /// Source: CIT-5, DIS-5.
    pub fn tell(&self, caller: &Caller, tells: &Tells) -> Result<Telling, AppError> {
        let (purpose, now) = (Purpose::READ.in_situation(tells.situation), self.clock.now());
        let decider = self.decider_of_citizen(caller, purpose, now, tells.client)?;
        let acting = Acting::of(caller, Event::Statement, now);
        let tells = Tells { said: tells.said.tidied(), ..tells.clone() };
        let turn = move |tx: &mut WriteTx<'_>| {
            let inquiry = decider.inquiry();
            let known = tx.find_client(&ClientIdentifier::Code(tells.client))?;
            let acting = acting.about_client(known);
            let (permit, voice) = match Asked::of(tx, &inquiry, tells.client)?.tells {
                Ok(tells) => tells,
                Err(denial) => return Err(acting.deny(tx, denial)?),
            };
            let all = versions(tx, known, tells.said.kind(), voice)?;
            match judge(tx, &permit, &all, &tells)? {
                Judged::TheSame => {
                    acting.permit(tx, permit.basis(), "act=unchanged")?;
                    return Ok(Telling::Unchanged);
                }
                Judged::Faulty(faults) => return Err(acting.refuse(tx, faults)?),
                Judged::Sound => {}
            }
            let client = match known {
                Some(known) => known,
                None => tx.insert_client(&ClientIdentifier::Code(tells.client))?,
            };
            let told_by = tells.told_by.as_deref().map(name_of_teller);
            let told_by = told_by.filter(|_| tells.situation != Situation::Citizen);
            let (key, text) = (tx.next_key(), statements::keep(&tells.said, told_by.as_deref()));
            let mut statement = Statement {
                key,
                client,
                kind: tells.said.kind(),
                voice,
                number: all.last().map_or(1, |before| before.number + 1),
                controller: decider.caller().organisation.clone(),
                said: tx.digest_of_said(client, key, &text)?,
                line: 0,
                forgotten: None,
            };
            let acting = acting.about_client(Some(client));
            statement.line = acting.permit(tx, permit.basis(), statement.detail())?;
            tx.insert_statement(&statement, &text)?;
            Ok(Telling::Kept)
        };
        Ok(self.store.write::<_, AppError>(turn)?.value)
    }

    /// Takes the words of an earlier version out for good, as who told it: the client, or the guardian. What stands is changed
    /// first. Who takes it out again changes nothing.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for one that is not the citizen's; [`AppError::Denied`], also by mandate; [`AppError::Refused`] for
    /// what stands. Each logged.
    ///
    /// Source: CIT-5; document 001: the plan is kept by the client.
    pub fn forget_statement(
        &self,
        caller: &Caller,
        client: PersonalIdentityCode,
        situation: Situation,
        (kind, number): (StatementKind, u32),
    ) -> Result<(), AppError> {
        let (purpose, now) = (Purpose::READ.in_situation(situation), self.clock.now());
        let decider = self.decider_of_citizen(caller, purpose, now, client)?;
        let acting = Acting::of(caller, Event::Statement, now);
        let turn = move |tx: &mut WriteTx<'_>| {
            let inquiry = decider.inquiry();
            let known = tx.find_client(&ClientIdentifier::Code(client))?;
            let acting = acting.about_client(known);
            let (permit, voice) = match Asked::of(tx, &inquiry, client)?.tells {
                Ok((permit, voice)) if permit.opens_earlier() => (permit, voice),
                Ok(_) => return Err(acting.deny(tx, Denial::NotForCitizens)?),
                Err(denial) => return Err(acting.deny(tx, denial)?),
            };
            let all = versions(tx, known, kind, voice)?;
            let Some(place) = all.iter().position(|one| one.number == number) else {
                return Err(acting.not_found(tx)?);
            };
            if place + 1 == all.len() {
                let fault = Fault::new(FaultKind::StandsOtherwise, "said", RULE);
                return Err(acting.refuse(tx, vec![fault.arg("state", "in-force")])?);
            }
            let statement = &all[place];
            if statement.forgotten.is_some() {
                acting.permit(tx, permit.basis(), "act=unchanged")?;
                return Ok(());
            }
            let acting = acting.about_client(Some(statement.client));
            let line = acting.permit(tx, permit.basis(), statement.detail_of_end())?;
            tx.forget_statement(statement, line)?;
            Ok(())
        };
        self.store.write::<_, AppError>(turn).map(|done| done.value)
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

/// Every statement of a client, under whichever of the client's keys.
fn all_of(tx: &ReadTx<'_>, client: ClientKey) -> Result<Vec<Statement>, StoreError> {
    let mut all = Vec::new();
    for key in tx.identities_of(client)? {
        all.extend(tx.list_statements(key)?);
    }
    Ok(all)
}

/// The versions of a kind in a voice, oldest first.
fn versions(
    tx: &ReadTx<'_>,
    client: Option<ClientKey>,
    kind: StatementKind,
    voice: Voice,
) -> Result<Vec<Statement>, StoreError> {
    let mut all = client.map(|client| all_of(tx, client)).transpose()?.unwrap_or_default();
    all.retain(|one| (one.kind, one.voice) == (kind, voice));
    all.sort_by_key(|one| one.number);
    Ok(all)
}

enum Judged {
    /// It is to be kept.
    Sound,
    /// It is not.
    Faulty(Vec<Fault>),
    /// It was said just so already.
    TheSame,
}

/// What is to be done with what is told over the versions before.
fn judge(
    tx: &ReadTx<'_>,
    permit: &StatementPermit,
    all: &[Statement],
    tells: &Tells,
) -> Result<Judged, StoreError> {
    let before = all.last();
    let stands = before.map(|before| told(tx, permit, before)).transpose()?.flatten();
    let stands = stands.map(|told| told.said);
    if stands.as_ref() == Some(&tells.said) {
        return Ok(Judged::TheSame);
    }
    let mut faults = tells.said.faults();
    if tells.said.is_nothing() && stands.is_none() {
        faults.push(Fault::new(FaultKind::EmptyText, "said", RULE));
    }
    if before.map_or(0, |before| before.number) != tells.after {
        let fault = Fault::new(FaultKind::StandsOtherwise, "said", RULE);
        faults.push(fault.arg("state", "changed"));
    }
    if all.iter().filter(|one| one.forgotten.is_none()).count() >= MOST_VERSIONS {
        let fault = Fault::new(FaultKind::TooManyVersions, "said", RULE);
        faults.push(fault.arg("limit", MOST_VERSIONS));
    }
    Ok(if faults.is_empty() { Judged::Sound } else { Judged::Faulty(faults) })
}

/// A statement with what is said; `None` when it was taken out, or the client's key is destroyed.
fn told(
    tx: &ReadTx<'_>,
    permit: &StatementPermit,
    statement: &Statement,
) -> Result<Option<ToldStatement>, StoreError> {
    let Some(text) = tx.said_in(permit, statement)? else { return Ok(None) };
    let line = tx.log_line(statement.line)?;
    let damaged = || StoreError::Damaged(format!("client statement {}", statement.key));
    let basis = Basis::ALL.into_iter().find(|basis| basis.code() == &*line.reason);
    let (said, told_by) = statements::kept(statement.kind, &text).ok_or_else(damaged)?;
    Ok(Some(ToldStatement {
        said,
        at: line.at,
        told_as: basis.ok_or_else(damaged)?,
        told_by,
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
    let all = client.map(|client| all_of(tx, client)).transpose()?.unwrap_or_default();
    let stands: Vec<i64> = standing(&all).into_iter().map(|one| one.key).collect();
    let withheld = permit.basis() == Basis::OwnData
        && all.iter().any(|one| stands.contains(&one.key) && !permit.opens(one));
    let (mut now, mut earlier) = (Vec::new(), Vec::new());
    for one in all.iter().filter(|one| permit.opens(one)) {
        if stands.contains(&one.key) {
            now.extend(told(tx, permit, one)?);
        } else if permit.opens_earlier() {
            earlier.extend(told(tx, permit, one)?);
        }
    }
    now.sort_by_key(|one| (one.said.kind(), Some(one.voice) != tells_as, one.at));
    earlier.sort_by_key(|one| std::cmp::Reverse((one.at, one.number)));
    Ok(OwnStatements { standing: now, earlier, withheld, tells_as })
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
