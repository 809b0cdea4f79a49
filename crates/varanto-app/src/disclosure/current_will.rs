//! What a client permits and refuses today, as whoever serves the client may see it (DIS-2).

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{Action, Caller, Denial, Grant, Purpose, Situation, Who};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::disclosure::{DisclosurePermission, Permissions, RefusalEntry};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid, PersonalIdentityCode};
use varanto_domain::time::FinnishDay;
use varanto_store::{ReadTx, StoreError, VersionRow};

use crate::inquiry::Inquiry;
use crate::withheld::Withheld;
use crate::{App, AppError};

/// What a client refuses.
#[derive(Debug, Clone)]
pub struct CurrentRefusals {
    /// The document that says it, and its version; `None`: the client has never said anything.
    pub document: Option<(Oid, u32)>,
    /// What is refused, in the document's order.
    pub entries: Vec<RefusalEntry>,
}

/// What a client permits.
#[derive(Debug, Clone)]
pub struct CurrentPermission {
    /// The document that says it, and its version; `None`: the client has never been asked.
    pub document: Option<(Oid, u32)>,
    /// The day on which the client was first informed.
    pub informed_on: Option<FinnishDay>,
    /// The permission, if one is given.
    pub permission: Option<DisclosurePermission>,
}

/// In what situation a caller reads a client's will: a citizen about themself, everybody else as who serves the client.
const fn reading(caller: &Caller) -> Purpose {
    match caller.who {
        Who::Citizen { .. } => Purpose::READ.in_situation(Situation::Citizen),
        _ => WILL,
    }
}

/// In what situation a client's will is read and recorded by who serves the client.
pub(super) const WILL: Purpose = Purpose::READ.in_situation(Situation::ClientWill);

impl App {
    /// What a client refuses today. A client who is not the caller's and one of whom nothing is archived
    /// are answered alike.
    ///
    /// # Errors
    /// [`AppError::Denied`], logged as the answer is.
    pub fn current_refusals(
        &self,
        caller: &Caller,
        client: PersonalIdentityCode,
    ) -> Result<CurrentRefusals, AppError> {
        self.current(caller, client, DocumentGroup::Refusal, "refusals", |tx, client, document| {
            Ok(CurrentRefusals { document, entries: tx.list_refusals(client)? })
        })
    }

    /// What a client permits today, and since when the client is informed.
    ///
    /// # Errors
    /// As [`App::current_refusals`].
    pub fn current_permission(
        &self,
        caller: &Caller,
        client: PersonalIdentityCode,
    ) -> Result<CurrentPermission, AppError> {
        let group = DocumentGroup::Permission;
        self.current(caller, client, group, "permission", |tx, client, document| {
            let said = Permissions::of(&tx.list_permissions(client)?);
            let (informed_on, permission) = (said.informed_on, said.permission);
            Ok(CurrentPermission { document, informed_on, permission })
        })
    }

    /// One look at a client's will: facts, decision, log line, and only then what was read.
    fn current<T>(
        &self,
        caller: &Caller,
        client: PersonalIdentityCode,
        group: DocumentGroup,
        detail: &str,
        read: impl FnOnce(&ReadTx<'_>, ClientKey, Option<(Oid, u32)>) -> Result<T, StoreError>,
    ) -> Result<T, AppError> {
        let now = self.clock.now();
        let inquiry = self.inquiry(caller, reading(caller), now);
        let identifier = ClientIdentifier::Code(client);
        let (will, answer) = self.store.read::<_, AppError>(|tx| {
            let will = Will::find(tx, &inquiry, &identifier, group)?;
            let answer = match (&will.answer, will.client) {
                (Ok(_), Some(client)) => Some(Withheld::new(read(tx, client, will.document())?)),
                _ => None,
            };
            Ok((will, answer))
        })?;
        let (outcome, words) = match &will.answer {
            Ok(grant) => (Outcome::Permitted(grant.basis), grant.log_words()),
            Err(denial) => (Outcome::Denied(*denial), String::new()),
        };
        let line = self.write_line(LogLine {
            at: now,
            event: Event::Open,
            outcome,
            actor: Actor::of(caller),
            client: will.client,
            version: will.row.as_ref().map(|row| row.version),
            detail: format!("{detail}{words}"),
        })?;
        match (will.answer, answer) {
            (Ok(_), Some(answer)) => Ok(answer.release(&line)),
            (Err(denial), _) => Err(AppError::Denied(denial)),
            (Ok(_), None) => Err(AppError::Denied(Denial::NoRelationship)),
        }
    }
}

/// A client's will of one kind, and what is decided of it.
pub(super) struct Will {
    /// Whose it is; `None` of one of whom nothing is archived.
    pub(super) client: Option<ClientKey>,
    /// The document in force.
    pub(super) row: Option<VersionRow>,
    /// The decision.
    pub(super) answer: Result<Grant, Denial>,
}

impl Will {
    /// Finds it, and decides whether it may be read: the document in force, or where there is none, one in its place.
    pub(super) fn find(
        tx: &ReadTx<'_>,
        inquiry: &Inquiry<'_>,
        client: &ClientIdentifier,
        group: DocumentGroup,
    ) -> Result<Self, StoreError> {
        let client = tx.find_client(client)?;
        let row = match client {
            Some(client) => tx.find_will(client, group)?,
            None => None,
        };
        let answer = match &row {
            Some(row) => inquiry.decide(tx, row, Action::Read)?.answer,
            None => inquiry.decide_of_will(tx, client, group)?,
        };
        Ok(Self { client, row, answer })
    }

    fn document(&self) -> Option<(Oid, u32)> {
        self.row.as_ref().map(|row| (row.oid.clone(), row.number))
    }
}
