//! Who may do what: the question, the facts, the decision (design 3).
//!
//! [`decide`] is the one place where it is decided. It asks in this order, and the first *no* ends it:
//! how the caller was authenticated and what it is certified for; whether the situation is the
//! caller's to ask in; what recording such a document asks for; the document's own state; what forbids; and last, on what ground it may be.
//! Forbidding wins. Without a ground there is no permit. The grounds are in [`crate::grounds`].
//!
//! A document of a joint case is asked for through one of the clients whom it concerns, and then of the
//! others whom it names.
//!
//! The permits that open, take in and hide documents are made here of a decision, and nowhere else.

mod bars;
mod caller;
mod denial;
mod facts;
mod forbids;
pub mod joint;
pub mod keeping;
pub mod log;
mod permit;
mod question;
pub mod sessions;
mod statements;
pub mod table;
mod unseen;
pub mod user_file;
pub mod users;
pub mod whereabouts;

pub use caller::{ByRegister, Caller, Function, Role, Sector, Strength, Who};
pub use denial::{Ask, Denial, Missing};
pub use facts::{
    ClientFacts, Display, DocumentFacts, GuardianMark, RelationshipSpan, Subject, VersionFacts,
};
pub use forbids::{InTheView, in_citizens_view, may_show_more, shows_more};
pub use permit::{
    ArchivePermit, Basis, ContinuePermit, DestroyPermit, Grant, InvalidatePermit, LogPermit,
    NoticePermit, Obligation, OldDataPermit, ReadPermit, StatementPermit, TransferPermit,
    WholePermit,
};
pub use question::{
    Action, LookReason, Purpose, Question, Reason, RequestGround, Situation, StatutoryGround,
};
pub use statements::{may_make_statement, may_see_statements, statements_beside};
pub use unseen::{SeenWith, seen_with};

use crate::archive::destruction::Over;
use crate::grounds;
use crate::ids::Oid;

/// Decides.
///
/// The caller counts as who they are in that register; of a client's will, which is in one register for all, as
/// who they are where the client is served; and one to whom a document is disclosed, who receives it into a register
/// of their own, as who they are there.
///
/// In a register that is not the caller's own the ground is asked before anything that hangs on the
/// document is told: one who has no ground learns nothing of it.
///
/// # Errors
/// The first denial in the order of the module's text.
///
/// Source: ACC-1 to ACC-6, ARC-10, DIS-1 to DIS-4, CIT-2 to CIT-4, RUR-1 to RUR-4, OLD-3, ARC-3, JOI-3, JOI-4,
/// REL-4; design D3, D9.
pub fn decide(action: Action, question: &Question<'_>) -> Result<Grant, Denial> {
    let here = match question.situation {
        Situation::ClientWill => Ok(question.caller),
        Situation::Disclosure | Situation::StatutoryDisclosure => question.caller.at_home(),
        _ => question.caller.in_register(&question.document.controller),
    };
    let question = &Question { caller: here?, ..*question };
    let own = question.client.key == question.document.client || action == Action::Administer;
    let grant = if own {
        through_one(action, question, Ok(()))?
    } else {
        let document = question.document.as_of(question.client.key);
        let barred = joint::concerned(action, question);
        through_one(action, &Question { document: &document, ..*question }, barred)?
    };
    joint::with_all(action, question, grant)
}

/// Decides as if the document were of the one client alone. `barred`: what else bars.
fn through_one(
    action: Action,
    question: &Question<'_>,
    barred: Result<(), Denial>,
) -> Result<Grant, Denial> {
    bars::authentication(action, question)?;
    bars::certification(action, question)?;
    bars::standing(action, question)?;
    let barred = barred
        .and_then(|()| bars::recording(action, question))
        .and_then(|()| bars::state(action, question))
        .and_then(|()| forbids::check(action, question));
    let grant = if question.caller.owns(&question.document.controller) {
        barred?;
        grounds::find(action, question)?
    } else {
        let ground = grounds::find(action, question)?;
        barred.map(|()| ground)?
    };
    // Whoever sees where a client under an order is, is seen to have seen it.
    let unmasked = action.looks() && question.client.safety_order && !grant.masks();
    Ok(grant.obliging_if(unmasked, Obligation::LogSafetyOrder))
}

/// What bars a caller from looking at anything at all, whatever it looks for.
///
/// # Errors
/// [`Denial::WeakLogin`], [`Denial::NotCertified`].
///
/// Source: ACC-1, JOI-4.
pub fn may_look(caller: &Caller) -> Result<(), Denial> {
    bars::look(caller)
}

/// Decides whether the use log may be reviewed: by the data-protection officer and the keeper of the
/// archive, in the registers of their own organisation, strongly authenticated. What of a line they
/// see is in [`crate::oversight`].
///
/// # Errors
/// [`Denial::OperatorSeesNothing`], [`Denial::WeakLogin`], [`Denial::RoleDoesNotFit`].
///
/// Source: LOG-2, ACC-2, ACC-5; national-specs 6.9.
pub fn may_review_log(caller: &Caller) -> Result<LogPermit, Denial> {
    match &caller.who {
        Who::Operator => Err(Denial::OperatorSeesNothing),
        Who::Person { role: Role::DataProtectionOfficer | Role::Archivist, strength, .. } => {
            match strength {
                Strength::Strong => Ok(LogPermit::new(caller)),
                Strength::Weak => Err(Denial::WeakLogin),
            }
        }
        Who::Person { .. } | Who::System { .. } | Who::Citizen { .. } => {
            Err(Denial::RoleDoesNotFit)
        }
    }
}

/// Decides whether a citizen may be told of the looks at the own documents, in the registers of these controllers:
/// strongly authenticated. What of a line a client is told is in [`crate::oversight::own_view`].
///
/// # Errors
/// [`Denial::OperatorSeesNothing`], [`Denial::WeakLogin`], [`Denial::RoleDoesNotFit`].
///
/// Source: LOG-2, CIT-1, ACC-1.
pub fn may_see_own_looks(caller: &Caller, controllers: Vec<Oid>) -> Result<LogPermit, Denial> {
    match &caller.who {
        Who::Operator => Err(Denial::OperatorSeesNothing),
        Who::Citizen { client, strength: Strength::Strong, .. } => {
            Ok(LogPermit::of_client(caller, *client, controllers))
        }
        Who::Citizen { strength: Strength::Weak, .. } => Err(Denial::WeakLogin),
        Who::Person { .. } | Who::System { .. } => Err(Denial::RoleDoesNotFit),
    }
}

/// Decides whether somebody may open clients' documents without case context, for some hours: workers of
/// clients, in registers of their own, who may read and are strongly authenticated.
///
/// # Errors
/// [`Denial::OperatorSeesNothing`], [`Denial::WeakLogin`], [`Denial::NotCertified`],
/// [`Denial::RoleDoesNotFit`].
///
/// Source: ACC-3, ACC-1, ACC-2.
pub fn may_open_up(caller: &Caller) -> Result<(), Denial> {
    bars::look(caller)?;
    let serves = caller.role().is_some_and(Role::serves_clients);
    if serves && !caller.registers.is_empty() { Ok(()) } else { Err(Denial::RoleDoesNotFit) }
}

/// Decides whether somebody may join a temporary identifier to an identity code, and part them again: the keeper of
/// the archive of the organisation that issued it, strongly authenticated. `nodes` are the organisation's own, `root`
/// is the node of the identifier. A wrong join shows one person's documents to those who serve another, so nobody
/// else may, a system least of all.
///
/// # Errors
/// [`Denial::OperatorSeesNothing`], [`Denial::WeakLogin`], [`Denial::RoleDoesNotFit`],
/// [`Denial::AnotherRegister`].
///
/// Source: ARC-11, ACC-1, ACC-2; own-choices.
pub fn may_join_identities(caller: &Caller, nodes: &[Oid], root: &Oid) -> Result<(), Denial> {
    match &caller.who {
        Who::Operator => Err(Denial::OperatorSeesNothing),
        Who::Person { role: Role::Archivist, strength, .. } => match strength {
            Strength::Weak => Err(Denial::WeakLogin),
            Strength::Strong if nodes.iter().any(|node| root.is_under(node)) => Ok(()),
            Strength::Strong => Err(Denial::AnotherRegister),
        },
        Who::Person { .. } | Who::System { .. } | Who::Citizen { .. } => {
            Err(Denial::RoleDoesNotFit)
        }
    }
}

/// Decides whether a version may be read.
///
/// # Errors
/// As [`decide`].
pub fn may_read(version: &VersionFacts, question: &Question<'_>) -> Result<ReadPermit, Denial> {
    decide(Action::Read, &about(version, question))
        .map(|grant| ReadPermit::new(version, question.client.key, grant))
}

/// Decides whether a version may be shown in a list.
///
/// # Errors
/// As [`decide`].
pub fn may_list(version: &VersionFacts, question: &Question<'_>) -> Result<ReadPermit, Denial> {
    decide(Action::List, &about(version, question))
        .map(|grant| ReadPermit::new(version, question.client.key, grant))
}

/// Decides whether a version may be handed over outside the electronic way.
///
/// # Errors
/// As [`decide`].
///
/// Source: DIS-6.
pub fn may_disclose(version: &VersionFacts, question: &Question<'_>) -> Result<ReadPermit, Denial> {
    decide(Action::Disclose, &about(version, question))
        .map(|grant| ReadPermit::new(version, question.client.key, grant))
}

/// Decides whether somebody may ask which documents' retention periods are over: the keeper of the archive. Each
/// document is decided of by itself.
///
/// # Errors
/// [`Denial::RoleDoesNotFit`].
///
/// Source: ARC-12, ACC-2.
pub fn may_propose_destruction(caller: &Caller) -> Result<(), Denial> {
    match caller.role() {
        Some(Role::Archivist) => Ok(()),
        _ => Err(Denial::RoleDoesNotFit),
    }
}

/// What bars a caller from placing holds, and from having documents destroyed, whichever: the keeper of the archive
/// does, strongly authenticated.
///
/// # Errors
/// As [`may_look`]; [`Denial::RoleDoesNotFit`].
///
/// Source: ARC-12, ACC-1, ACC-2.
pub fn may_keep_retention(caller: &Caller) -> Result<(), Denial> {
    bars::look(caller)?;
    may_propose_destruction(caller)
}

/// Decides whether a version may be destroyed: by the keeper of the controller's archive, who may see it whole, when its
/// document is kept no longer.
///
/// # Errors
/// As [`decide`] for a list; [`Denial::RoleDoesNotFit`] also for what is over of another document.
///
/// Source: ARC-12.
pub fn may_destroy(
    version: &VersionFacts,
    question: &Question<'_>,
    over: &Over,
) -> Result<DestroyPermit, Denial> {
    may_keep_retention(question.caller)?;
    let seen = may_list(version, question)?;
    seen.whole()?;
    if *over.set() != version.document.set || seen.basis() != Basis::Archivist {
        return Err(Denial::RoleDoesNotFit);
    }
    Ok(DestroyPermit::new(version))
}

/// What bars a caller from being told of any correction request: those who serve clients, systems and the keepers of archives
/// are told, each of what they may see.
///
/// # Errors
/// As [`may_look`]; [`Denial::RoleDoesNotFit`].
///
/// Source: CIT-6, ACC-2.
pub fn may_answer_corrections(caller: &Caller) -> Result<(), Denial> {
    bars::look(caller)?;
    let archivist = caller.role() == Some(Role::Archivist);
    let serves = caller.role().is_some_and(Role::serves_clients);
    if caller.is_system() || archivist || serves { Ok(()) } else { Err(Denial::RoleDoesNotFit) }
}

/// What bars a caller from being told what clients chose, whichever: those who serve clients, and systems, are told, each of
/// what they may see.
///
/// # Errors
/// As [`may_look`]; [`Denial::RoleDoesNotFit`].
///
/// Source: CIT-5, ACC-2.
pub fn may_be_told_choices(caller: &Caller) -> Result<(), Denial> {
    bars::look(caller)?;
    let serves = caller.role().is_some_and(Role::serves_clients);
    if caller.is_system() || serves { Ok(()) } else { Err(Denial::RoleDoesNotFit) }
}

/// Decides whether old client data that are not archived yet may be looked at and completed: by the keeper of the archive
/// of every controller that the delivery's rows name, strongly authenticated. What is in a delivery is nobody's else:
/// no relationship or case of the archive says who serves these clients.
///
/// # Errors
/// As [`may_look`]; [`Denial::RoleDoesNotFit`]; [`Denial::AnotherRegister`] also where the rows name no controller.
///
/// Source: OLD-7, OLD-6, ACC-1, ACC-2; own-choices.
pub fn may_complete_old_data(
    caller: &Caller,
    controllers: &[Oid],
) -> Result<OldDataPermit, Denial> {
    bars::look(caller)?;
    if caller.role() != Some(Role::Archivist) {
        return Err(Denial::RoleDoesNotFit);
    }
    let keeps = |controller: &Oid| caller.registers.contains(controller);
    if controllers.is_empty() || !controllers.iter().all(keeps) {
        return Err(Denial::AnotherRegister);
    }
    Ok(OldDataPermit::new(controllers))
}

/// Decides whether a controller's whole register may be taken out of the archive, or into it: by the keeper of the
/// controller's archive, strongly authenticated. Orders of non-disclosure, holds and what is kept from the client's own
/// view hinder nothing: the register stays the controller's, whatever archive it is in.
///
/// # Errors
/// As [`may_look`]; [`Denial::RoleDoesNotFit`], [`Denial::AnotherRegister`], [`Denial::NoUserHere`].
///
/// Source: OPS-3, OLD-6, ACC-1, ACC-2, ACC-5; own-choices.
pub fn may_transfer_register(caller: &Caller, controller: &Oid) -> Result<TransferPermit, Denial> {
    bars::look(caller)?;
    let here = caller.in_register(controller)?;
    if here.role() != Some(Role::Archivist) {
        Err(Denial::RoleDoesNotFit)
    } else if here.owns(controller) {
        Ok(TransferPermit::new(controller))
    } else {
        Err(Denial::AnotherRegister)
    }
}

/// The right of whoever runs the machine to hold a register that is taken into its archive against the package that it comes
/// from. They have the package, and with it all of the register, in the clear; the archive tells them what of it is the same,
/// and shows nothing.
///
/// Source: OPS-3, ACC-5; own-choices.
pub fn takes_register_in(controller: &Oid) -> TransferPermit {
    TransferPermit::new(controller)
}

/// Decides whether somebody is told how archiving goes in a controller's register, by who sends documents and by unit: the keeper
/// of the controller's archive is.
///
/// # Errors
/// As [`may_look`]; [`Denial::RoleDoesNotFit`], [`Denial::AnotherRegister`], [`Denial::NoUserHere`].
///
/// Source: CAS-6, ARC-13, ACC-2.
pub fn may_monitor_archiving(caller: &Caller, controller: &Oid) -> Result<(), Denial> {
    may_transfer_register(caller, controller).map(drop)
}

/// What bars a caller from handing over anything at all: the controller's own side does, its systems, its
/// workers and the keeper of its archive.
///
/// # Errors
/// As [`may_look`]; [`Denial::RoleDoesNotFit`], [`Denial::AnotherRegister`].
///
/// Source: DIS-6, ACC-2.
pub fn may_hand_over(caller: &Caller) -> Result<(), Denial> {
    bars::look(caller)?;
    let archivist = caller.role() == Some(Role::Archivist);
    let serves = caller.role().is_some_and(Role::serves_clients);
    if !(caller.is_system() || archivist || serves) {
        Err(Denial::RoleDoesNotFit)
    } else if caller.registers.is_empty() {
        Err(Denial::AnotherRegister)
    } else {
        Ok(())
    }
}

/// Decides whether a version may be invalidated.
///
/// # Errors
/// As [`decide`].
pub fn may_invalidate(
    version: &VersionFacts,
    question: &Question<'_>,
) -> Result<InvalidatePermit, Denial> {
    let grant = decide(Action::Invalidate, &about(version, question))?;
    Ok(InvalidatePermit::new(version, grant))
}

/// Decides whether a document may be archived: a first version, or one that replaces another.
///
/// # Errors
/// As [`decide`].
pub fn may_archive(replaces: bool, question: &Question<'_>) -> Result<ArchivePermit, Denial> {
    let action = if replaces { Action::Version } else { Action::Store };
    decide(action, question).map(ArchivePermit::new)
}

/// Decides whether the next version of a document is the caller's to make, and what the one before says may be taken
/// over into it.
///
/// # Errors
/// As [`decide`] for archiving a version.
pub fn may_continue(
    version: &VersionFacts,
    question: &Question<'_>,
) -> Result<ContinuePermit, Denial> {
    decide(Action::Version, &about(version, question)).map(|_| ContinuePermit::new(version))
}

/// Decides whether what the caller sends again may be compared with what is archived, and answered
/// with its receipt. Whoever may archive into the register may; nothing of the content is shown.
///
/// # Errors
/// As [`decide`] for archiving. Source: ARC-3, ACC-2.
pub fn may_compare_resent(
    version: &VersionFacts,
    question: &Question<'_>,
) -> Result<ReadPermit, Denial> {
    // Where the version stands now is no matter to storing: it is the same document, or a conflict.
    decide(Action::Store, &about(version, question))
        .map(|grant| ReadPermit::new(version, question.client.key, grant))
}

/// What bars a caller from being told of register-use rights, whosever they are.
///
/// # Errors
/// [`Denial::WeakLogin`], [`Denial::NotCertified`], [`Denial::RoleDoesNotFit`].
///
/// Source: RUR-5, ACC-1, JOI-4.
pub fn may_receive_notices(caller: &Caller) -> Result<(), Denial> {
    bars::look(caller)?;
    if matches!(caller.who, Who::Citizen { .. }) {
        return Err(Denial::RoleDoesNotFit);
    }
    if caller.may(Function::RegisterUse) {
        Ok(())
    } else {
        Err(Denial::NotCertified(Function::RegisterUse))
    }
}

/// Decides whether a caller is told the notices to a unit: those that act for the unit are, about clients in the
/// registers in which they do.
///
/// # Errors
/// As [`may_receive_notices`]; [`Denial::RightMissing`] for a unit of others.
///
/// Source: RUR-5.
pub fn may_be_told(caller: &Caller, unit: &Oid) -> Result<NoticePermit, Denial> {
    may_receive_notices(caller)?;
    if caller.units.contains(unit) {
        Ok(NoticePermit::new(unit))
    } else {
        Err(Denial::RightMissing)
    }
}

/// The question, about the very version that the permit will be for.
fn about<'a>(version: &'a VersionFacts, question: &Question<'a>) -> Question<'a> {
    Question { document: &version.document, ..*question }
}

#[cfg(test)]
mod tests;
