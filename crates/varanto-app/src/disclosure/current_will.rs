//! What a client permits and refuses today, as whoever serves the client may see it (DIS-2).

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{Action, Caller, Denial, Grant, Purpose, Situation, Who};
use varanto_domain::archive::documents::{DocumentGroup, VersionState};
use varanto_domain::disclosure::{
    DisclosurePermission, Giver, PermissionSaid, Permissions, RefusalEntry,
};
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
    /// Who gave or withdrew it last; `None`: nobody has.
    pub by: Option<Giver>,
}

/// What a client permits and refuses, as a citizen is told it.
#[derive(Debug, Clone)]
pub struct TheWill {
    /// The permission.
    pub permission: CurrentPermission,
    /// The refusals; `None`: they are not this citizen's to know.
    pub refusals: Option<CurrentRefusals>,
    /// Whether the citizen may say more than see.
    pub may_say: bool,
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
        self.refusals_in(&self.inquiry(caller, reading(caller), self.clock.now()), client)
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
        self.permission_in(&self.inquiry(caller, reading(caller), self.clock.now()), client)
    }

    /// What a client permits and refuses, as a citizen may see it who acts in a situation: as the client, a guardian or by a
    /// mandate. What a guardian gives is the permission alone, and no refusals are told.
    ///
    /// # Errors
    /// As [`App::current_refusals`].
    ///
    /// Source: CIT-5, DIS-2, DIS-5; national-specs 6.7.
    pub fn will_of(
        &self,
        caller: &Caller,
        client: PersonalIdentityCode,
        situation: Situation,
    ) -> Result<TheWill, AppError> {
        let purpose = Purpose::READ.in_situation(situation);
        let inquiry = self.inquiry(caller, purpose, self.clock.now());
        self.learn_of_principal(&inquiry, client)?;
        let permission = self.permission_in(&inquiry, client)?;
        let refusals = match situation {
            Situation::Guardian => None,
            _ => Some(self.refusals_in(&inquiry, client)?),
        };
        let may_say = self.store.read::<_, AppError>(|tx| {
            let asked = inquiry.client_of(tx, &ClientIdentifier::Code(client))?;
            let group = DocumentGroup::Permission;
            Ok(inquiry.decide_of_will(tx, asked, group, Action::Store)?.is_ok())
        })?;
        Ok(TheWill { permission, refusals, may_say })
    }

    /// Asks the registers on which it turns whether a citizen may say another's will. Whether the archive knows the
    /// other makes no difference to what is asked.
    ///
    /// Source: DIS-5; national-specs 6.7.
    pub(crate) fn learn_of_principal(
        &self,
        inquiry: &Inquiry<'_>,
        client: PersonalIdentityCode,
    ) -> Result<(), AppError> {
        if matches!(inquiry.situation(), Some(Situation::Guardian | Situation::Mandate)) {
            self.learn_of_person(inquiry, client)?;
            self.learn_mandates_of_client(inquiry, Some(&ClientIdentifier::Code(client)))?;
        }
        Ok(())
    }

    fn refusals_in(
        &self,
        inquiry: &Inquiry<'_>,
        client: PersonalIdentityCode,
    ) -> Result<CurrentRefusals, AppError> {
        self.current(inquiry, client, DocumentGroup::Refusal, "refusals", |tx, client, document| {
            Ok(CurrentRefusals { document, entries: tx.list_refusals(client)? })
        })
    }

    fn permission_in(
        &self,
        inquiry: &Inquiry<'_>,
        client: PersonalIdentityCode,
    ) -> Result<CurrentPermission, AppError> {
        let group = DocumentGroup::Permission;
        self.current(inquiry, client, group, "permission", |tx, client, document| {
            let versions = tx.list_permissions(client)?;
            let said = Permissions::of(&versions);
            let (informed_on, permission) = (said.informed_on, said.permission);
            let by = said_last(&versions).map(|said| said.by);
            Ok(CurrentPermission { document, informed_on, permission, by })
        })
    }

    /// One look at a client's will: facts, decision, log line, and only then what was read.
    fn current<T>(
        &self,
        inquiry: &Inquiry<'_>,
        client: PersonalIdentityCode,
        group: DocumentGroup,
        detail: &str,
        read: impl FnOnce(&ReadTx<'_>, ClientKey, Option<(Oid, u32)>) -> Result<T, StoreError>,
    ) -> Result<T, AppError> {
        let identifier = ClientIdentifier::Code(client);
        let (will, answer) = self.store.read::<_, AppError>(|tx| {
            let will = Will::find(tx, inquiry, &identifier, group)?;
            let answer = match (&will.answer, will.asked) {
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
            at: inquiry.now(),
            event: Event::Open,
            outcome,
            actor: Actor::of(inquiry.caller()),
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

/// What the version in force says of the permission, where it was given or withdrawn: to be informed alone says nothing.
pub(super) fn said_last(versions: &[(VersionState, PermissionSaid)]) -> Option<PermissionSaid> {
    let in_force = versions.iter().rfind(|(state, _)| *state == VersionState::InForce);
    in_force.map(|(_, said)| *said).filter(|said| said.given_on.is_some())
}

/// A client's will of one kind, and what is decided of it.
pub(super) struct Will {
    /// Whose it is; `None` of one of whom nothing is archived.
    pub(super) client: Option<ClientKey>,
    /// By which key it is asked for; `None` where nothing is archived and the asker is told so in no other way.
    asked: Option<ClientKey>,
    /// The document in force.
    pub(super) row: Option<VersionRow>,
    /// The decision.
    pub(super) answer: Result<Grant, Denial>,
    /// Whether it may be said too: of citizens a matter of its own, of everybody else the same.
    pub(super) says: Result<Grant, Denial>,
}

impl Will {
    /// Finds it, and decides whether it may be read: the document in force, or where there is none, one in its place. A
    /// guardian is told what is permitted and shown no document of it, which tells more: of one in its place, always.
    pub(super) fn find(
        tx: &ReadTx<'_>,
        inquiry: &Inquiry<'_>,
        client: &ClientIdentifier,
        group: DocumentGroup,
    ) -> Result<Self, StoreError> {
        let (client, asked) = (tx.find_client(client)?, inquiry.client_of(tx, client)?);
        let row = match client {
            Some(client) => tx.find_will(client, group)?,
            None => None,
        };
        let of_guardian = inquiry.situation() == Some(Situation::Guardian);
        let answer = match row.as_ref().filter(|_| !of_guardian) {
            Some(row) => inquiry.decide(tx, row, Action::Read)?.answer,
            None => inquiry.decide_of_will(tx, asked, group, Action::Read)?,
        };
        let says = match inquiry.caller().who {
            Who::Citizen { .. } => inquiry.decide_of_will(tx, asked, group, Action::Store)?,
            _ => answer.clone(),
        };
        Ok(Self { client, asked, row, answer, says })
    }

    fn document(&self) -> Option<(Oid, u32)> {
        self.row.as_ref().map(|row| (row.oid.clone(), row.number))
    }
}
