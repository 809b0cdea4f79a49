//! What the mandate register says: asked each time that an answer turns on it, and never kept (DIS-5).
//!
//! Nothing is asked inside a transaction. What the register does not say, or does not say in time, holds for
//! nothing. Each question leaves a line in the use log, with what was told.

use std::sync::{Arc, PoisonError};

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{Basis, Caller, Denial, Situation, Strength, Who};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid, PersonalIdentityCode};
use varanto_domain::mandates::{self, HeldMandate, Mandate, Matter};
use varanto_domain::time::FinnishDay;
use varanto_formats::mandates::MandateQuestion;
use varanto_store::{ReadTx, StoreError};

use crate::inquiry::{Inquiry, facts_of_version, has_died};
use crate::persons::Rest;
use crate::{App, AppError};

/// The mandate register (Suomi.fi-valtuudet), or what stands between it and the archive.
pub trait MandateRegister: Send + Sync {
    /// The mandates that somebody has of another, as they are now. It may take its time, and sets itself a limit.
    ///
    /// # Errors
    /// Why it told nothing, in words without any client data.
    fn ask(&self, question: &MandateQuestion) -> Result<Vec<Mandate>, String>;
}

/// A connected register.
pub(crate) struct Connected {
    register: Arc<dyn MandateRegister>,
    rest: Rest,
}

/// What was told, and for whom the question was asked.
struct Told {
    client: Option<ClientKey>,
    /// The same, also of one of whom nothing is archived.
    principal: ClientKey,
    holder: ClientKey,
    mandates: Option<Vec<Mandate>>,
}

impl App {
    /// From now on the register is asked where something turns on a mandate.
    pub fn connect_mandate_register(&self, register: Arc<dyn MandateRegister>) {
        let mut kept = self.mandates.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(Arc::new(Connected { register, rest: Rest::default() }));
    }

    /// Asks for the mandates that a citizen has of the clients of a document, before it is decided.
    ///
    /// Source: DIS-5.
    pub(crate) fn learn_mandates_of(
        &self,
        inquiry: &Inquiry<'_>,
        document: &Oid,
    ) -> Result<(), AppError> {
        let Some(holder) = by_mandate(inquiry) else { return Ok(()) };
        let questions = self.store.read::<_, AppError>(|tx| {
            let mut questions = Vec::new();
            let Some(row) = tx.find_version(document)? else { return Ok(questions) };
            for client in facts_of_version(tx, &row)?.document.concerned() {
                let principal = code_of(tx, client)?;
                questions.extend(principal.map(|principal| MandateQuestion { holder, principal }));
            }
            Ok(questions)
        })?;
        questions.into_iter().try_for_each(|question| self.learn_mandates(inquiry, question))
    }

    /// Asks for the mandates that a citizen has of a client whose documents are searched for. Whether the
    /// archive knows the client makes no difference to what is asked.
    ///
    /// Source: DIS-5.
    pub(crate) fn learn_mandates_of_client(
        &self,
        inquiry: &Inquiry<'_>,
        client: Option<&ClientIdentifier>,
    ) -> Result<(), AppError> {
        let (Some(holder), Some(client)) = (by_mandate(inquiry), client) else { return Ok(()) };
        let principal = self.store.read::<_, AppError>(|tx| {
            Ok(match client {
                ClientIdentifier::Code(code) => Some(*code),
                ClientIdentifier::Temporary(_) => match tx.find_client(client)? {
                    Some(client) => code_of(tx, client)?,
                    None => None,
                },
            })
        })?;
        principal.map_or(Ok(()), |principal| {
            self.learn_mandates(inquiry, MandateQuestion { holder, principal })
        })
    }

    fn learn_mandates(
        &self,
        inquiry: &Inquiry<'_>,
        question: MandateQuestion,
    ) -> Result<(), AppError> {
        let told = self.ask_mandates(inquiry.caller(), &question)?;
        if let Some(mandates) = told.mandates {
            let (client, holder) = (told.principal, told.holder);
            let held = mandates.into_iter().map(|mandate| HeldMandate { holder, mandate });
            inquiry.learn_mandates(client, held.collect());
        }
        Ok(())
    }

    /// Whether somebody may act at a unit for a client, in one matter, by what the register says now.
    ///
    /// # Errors
    /// [`AppError::Denied`] by the rule, or because the register said nothing.
    ///
    /// Source: DIS-5.
    pub(crate) fn check_mandate(
        &self,
        caller: &Caller,
        question: &MandateQuestion,
        matter: Matter,
    ) -> Result<(), AppError> {
        let told = self.ask_mandates(caller, question)?;
        let today = FinnishDay::of(self.clock.now());
        let died = self.store.read::<_, AppError>(|tx| {
            Ok(told.client.map(|client| has_died(tx, client, today)).transpose()?)
        })?;
        let mandates = told.mandates.filter(|_| died != Some(true)).unwrap_or_default();
        mandates::may_act_for(&question.principal, &mandates, matter, today)
            .map_err(AppError::Denied)
    }

    /// Notes that a mandate in writing was shown at a unit.
    pub(crate) fn note_mandate_shown(
        &self,
        caller: &Caller,
        question: &MandateQuestion,
    ) -> Result<(), AppError> {
        self.log_mandate(caller, question, true, "shown").map(drop)
    }

    /// Asks, and leaves the line that tells of it.
    fn ask_mandates(&self, caller: &Caller, question: &MandateQuestion) -> Result<Told, AppError> {
        let now = self.clock.now();
        let connected = self.mandates.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mandates = connected.filter(|one| !one.rest.lasts(now)).and_then(|connected| {
            let told = connected.register.ask(question);
            if told.is_err() {
                connected.rest.begin(now);
            }
            told.ok()
        });
        let words = words_of(mandates.as_deref());
        let client = self.log_mandate(caller, question, mandates.is_some(), &words)?;
        let (principal, holder) = self.store.read::<_, AppError>(|tx| {
            Ok((tx.key_of_citizen(question.principal)?, tx.key_of_citizen(question.holder)?))
        })?;
        Ok(Told { client, principal, holder, mandates })
    }

    /// The line that tells for whom it was asked, who would act, and what was told. Answers who the client is to the
    /// archive.
    fn log_mandate(
        &self,
        caller: &Caller,
        question: &MandateQuestion,
        told: bool,
        words: &str,
    ) -> Result<Option<ClientKey>, AppError> {
        let (client, holder) = self.store.read::<_, AppError>(|tx| {
            let client = tx.find_client(&ClientIdentifier::Code(question.principal))?;
            Ok((client, tx.key_of_citizen(question.holder)?))
        })?;
        self.write_line(LogLine {
            at: self.clock.now(),
            event: Event::Mandate,
            outcome: if told {
                Outcome::Permitted(Basis::Mandate)
            } else {
                Outcome::Denied(Denial::MandateMissing)
            },
            actor: Actor::of(caller),
            client,
            version: None,
            detail: format!("holder={} told={words}", holder.0),
        })?;
        Ok(client)
    }
}

/// The identity code of a client: that of the key, or to which its temporary identifier is joined.
pub(crate) fn code_of(
    tx: &ReadTx<'_>,
    client: ClientKey,
) -> Result<Option<PersonalIdentityCode>, StoreError> {
    Ok(tx.find_person(tx.person_of(client)?)?.map(|person| person.code))
}

/// Who asks by mandate: a citizen with a strong login, in that situation.
fn by_mandate(inquiry: &Inquiry<'_>) -> Option<PersonalIdentityCode> {
    match inquiry.caller().who {
        Who::Citizen { code, strength: Strength::Strong, .. }
            if inquiry.situation() == Some(Situation::Mandate) =>
        {
            Some(code)
        }
        _ => None,
    }
}

/// What was told, as a word of the log: each mandate's matters and days.
fn words_of(mandates: Option<&[Mandate]>) -> String {
    let Some(mandates) = mandates else { return "nothing".to_owned() };
    if mandates.is_empty() {
        return "none".to_owned();
    }
    let words = mandates.iter().map(|mandate| {
        let matters: Vec<&str> = mandate.matters.iter().map(|matter| matter.code()).collect();
        let last = mandate.days.last.map(|last| last.to_string()).unwrap_or_default();
        format!("{}:{}/{last}", matters.join("+"), mandate.days.first)
    });
    words.collect::<Vec<_>>().join(",")
}
