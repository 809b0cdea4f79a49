//! Joining a temporary identifier to the identity code of whose it turned out to be, and parting them again
//! (ARC-11).

use varanto_domain::access::log::{Actor, Event, LogLine, Outcome};
use varanto_domain::access::{self, Basis, Caller};
use varanto_domain::faults::Fault;
use varanto_domain::identities::{IdentityAct, IdentityFacts, IdentityJoin, IdentityReason, check};
use varanto_domain::ids::{
    ClientIdentifier, ClientKey, Oid, PersonalIdentityCode, TemporaryIdentifier,
};
use varanto_domain::joining::Organisation;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_store::{ReadTx, StoreError, WriteTx};

use crate::{App, AppError};

/// Which identifiers, and what of them.
#[derive(Debug, Clone)]
pub struct IdentityRequest {
    /// What is done.
    pub act: IdentityAct,
    /// Why.
    pub reason: IdentityReason,
    /// The temporary identifier.
    pub temporary: TemporaryIdentifier,
    /// The identity code.
    pub code: PersonalIdentityCode,
    /// Whether it is only tried: everything is checked, nothing is kept but a line in the log.
    pub dry_run: bool,
}

/// What was done, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityAnswer {
    /// When.
    pub at: Instant,
    /// How many documents in force the caller's own registers hold under the temporary identifier.
    pub temporary_documents: u64,
    /// And under the identity code, with the other temporary identifiers that are joined to it.
    pub code_documents: u64,
}

/// What was found of the two identifiers within a turn.
struct Found {
    /// The client of the temporary identifier, where the caller's registers hold something of it.
    temporary: Option<ClientKey>,
    person: Option<ClientKey>,
    /// Whether the caller's registers hold something of that person, but for what is under the temporary identifier.
    person_is_known: bool,
    /// The join of the temporary identifier that holds.
    join: Option<IdentityJoin>,
    documents: [u64; 2],
    faults: Vec<Fault>,
}

impl Found {
    /// The person, where a line about a try may tell of one: how many lines there are tells who reads them.
    fn told_person(&self) -> Option<ClientKey> {
        self.person.filter(|_| self.person_is_known)
    }
}

impl App {
    /// Joins a temporary identifier to an identity code, or parts them: from that moment on every rule sees one
    /// person, or two again. No document is changed. The line of the identity code tells of the join, and one beside it
    /// stands in the log of the temporary identifier.
    ///
    /// # Errors
    /// [`AppError::Denied`]; [`AppError::Refused`] with every reason why not; each logged.
    ///
    /// Source: ARC-11, LOG-1.
    pub fn act_on_identities(
        &self,
        caller: &Caller,
        request: &IdentityRequest,
    ) -> Result<IdentityAnswer, AppError> {
        let now = self.clock.now();
        let registry = self.registry();
        let issuer = registry.registers().organisation(&caller.organisation);
        let nodes = issuer.map(Organisation::own_nodes).unwrap_or_default();
        if let Err(denial) = access::may_join_identities(caller, &nodes, request.temporary.root()) {
            self.log(caller, Event::Identity, Outcome::Denied(denial), now)?;
            return Err(AppError::Denied(denial));
        }
        let (caller, request) = (caller.clone(), request.clone());
        let turn = move |tx: &mut WriteTx<'_>| {
            let found = find(tx, &caller, &request, FinnishDay::of(now))?;
            let (act, reason) = (request.act, request.reason);
            let line = |outcome, client, detail| LogLine {
                at: now,
                event: Event::Identity,
                outcome,
                actor: Actor::of(&caller),
                client,
                version: None,
                detail,
            };
            let Some(temporary) = found.temporary.filter(|_| found.faults.is_empty()) else {
                let codes = found.faults.iter().map(Fault::code).collect();
                let (outcome, detail) = (Outcome::Refused(codes), act.detail_beside(reason));
                tx.log(&line(outcome.clone(), found.temporary, detail.clone()))?;
                if let Some(person) = found.told_person() {
                    tx.log(&line(outcome, Some(person), detail))?;
                }
                return Err(AppError::Refused(found.faults));
            };
            let [temporary_documents, code_documents] = found.documents;
            let answer = IdentityAnswer { at: now, temporary_documents, code_documents };
            if request.dry_run {
                let detail = format!("{} dry-run", act.detail_beside(reason));
                for client in [Some(temporary), found.told_person()].into_iter().flatten() {
                    tx.log(&line(Outcome::Done, Some(client), detail.clone()))?;
                }
                return Ok(answer);
            }
            let person = match found.person {
                Some(person) => person,
                None => tx.insert_client(&ClientIdentifier::Code(request.code))?,
            };
            let permitted = Outcome::Permitted(Basis::Archivist);
            let detail = act.detail(reason, temporary);
            let told = tx.log(&line(permitted.clone(), Some(person), detail))?.number;
            tx.log(&line(permitted, Some(temporary), act.detail_beside(reason)))?;
            match found.join {
                Some(join) => tx.part_identities(join.line, told, now)?,
                None => tx.insert_identity_join(&IdentityJoin {
                    line: told,
                    temporary,
                    person,
                    joined_at: now,
                    parted: None,
                })?,
            }
            Ok(answer)
        };
        Ok(self.store.write::<_, AppError>(turn)?.value)
    }
}

/// The facts, so far as the caller's own registers tell them, and what they say against the act.
fn find(
    tx: &ReadTx<'_>,
    caller: &Caller,
    request: &IdentityRequest,
    today: FinnishDay,
) -> Result<Found, StoreError> {
    let identifier = ClientIdentifier::Temporary(request.temporary.clone());
    let mut temporary = tx.find_client(&identifier)?;
    if !holds(tx, caller, temporary.as_slice())? {
        temporary = None;
    }
    let person = tx.find_client(&ClientIdentifier::Code(request.code))?;
    let mut facts =
        IdentityFacts { temporary_is_known: temporary.is_some(), ..IdentityFacts::default() };
    let (mut join, mut documents, mut person_is_known) = (None, [0, 0], false);
    if let Some(temporary) = temporary {
        join = tx.find_identity_join(temporary)?;
        facts.joined = join.as_ref().map(|join| Some(join.person) == person);
        facts.since = join.as_ref().map(|join| join.joined_at);
        let mut theirs = match person {
            Some(person) => tx.identities_of(person)?,
            None => Vec::new(),
        };
        theirs.retain(|key| *key != temporary);
        person_is_known = holds(tx, caller, &theirs)?;
        facts.both_active = both_active(tx, caller, (temporary, &theirs), today)?;
        documents = [count(tx, caller, &[temporary])?, count(tx, caller, &theirs)?];
    }
    let faults = check(request.act, request.reason, &facts);
    Ok(Found { temporary, person, person_is_known, join, documents, faults })
}

/// Whether the caller's registers hold anything under one of the keys.
fn holds(tx: &ReadTx<'_>, caller: &Caller, clients: &[ClientKey]) -> Result<bool, StoreError> {
    for client in clients {
        for register in &caller.registers {
            if tx.register_holds(register, *client)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn count(tx: &ReadTx<'_>, caller: &Caller, clients: &[ClientKey]) -> Result<u64, StoreError> {
    let mut documents = 0;
    for client in clients {
        for register in &caller.registers {
            documents += tx.count_documents(*client, register)?;
        }
    }
    Ok(documents)
}

/// The active relationships of the one in those of the caller's registers in which the others have one too.
fn both_active(
    tx: &ReadTx<'_>,
    caller: &Caller,
    (one, others): (ClientKey, &[ClientKey]),
    today: FinnishDay,
) -> Result<Vec<Oid>, StoreError> {
    let active = |client: ClientKey| {
        let all = tx.list_relationships(client)?.into_iter().map(|row| row.known);
        let active = all.filter(|known| {
            !known.old
                && known.last_day.is_none_or(|last| last >= today)
                && caller.owns(&known.controller)
        });
        Ok::<_, StoreError>(active.collect::<Vec<_>>())
    };
    let mut theirs = Vec::new();
    for other in others {
        theirs.extend(active(*other)?.into_iter().map(|known| known.controller));
    }
    let own = active(one)?.into_iter().filter(|known| theirs.contains(&known.controller));
    Ok(own.map(|known| known.id).collect())
}
