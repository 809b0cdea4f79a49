//! What bars before anything is asked of the document: authentication, certification, standing, state.

use super::caller::{Caller, Function, Role, Strength, Who};
use super::denial::Denial;
use super::question::{Action, Question, Situation};
use crate::archive::documents::{DocumentGroup, VersionState};

type Barred = Result<(), Denial>;

/// How the caller was authenticated, whatever the document: operators administer, and nothing else;
/// nobody else does. A weak login is for recording.
///
/// Source: ACC-1, ACC-5.
pub(super) fn authentication(action: Action, question: &Question<'_>) -> Barred {
    let administers = action == Action::Administer;
    match &question.caller.who {
        Who::Operator if administers => Ok(()),
        Who::Operator => Err(Denial::OperatorSeesNothing),
        _ if administers => Err(Denial::OperatorsAlone),
        Who::System { .. }
        | Who::Citizen { strength: Strength::Strong, .. }
        | Who::Person { strength: Strength::Strong, .. } => Ok(()),
        Who::Person { .. } if action.records() && !question.situation.discloses() => Ok(()),
        Who::Person { .. } | Who::Citizen { .. } => Err(Denial::WeakLogin),
    }
}

/// What bars a caller from looking at anything, before it is known what at.
pub(super) fn look(caller: &Caller) -> Barred {
    match &caller.who {
        Who::Operator => Err(Denial::OperatorSeesNothing),
        Who::Person { strength: Strength::Weak, .. }
        | Who::Citizen { strength: Strength::Weak, .. } => Err(Denial::WeakLogin),
        Who::Citizen { .. } => Ok(()),
        Who::System { .. } | Who::Person { .. } if caller.may(Function::Read) => Ok(()),
        Who::System { .. } | Who::Person { .. } => Err(Denial::NotCertified(Function::Read)),
    }
}

/// Whether the system is certified for what it does, or the role allows it, whatever the document.
///
/// Source: JOI-4, ACC-2.
pub(super) fn certification(action: Action, question: &Question<'_>) -> Barred {
    let caller = question.caller;
    if matches!(caller.who, Who::Citizen { .. } | Who::Operator) {
        return Ok(());
    }
    let needs = |function| {
        if caller.may(function) { Ok(()) } else { Err(Denial::NotCertified(function)) }
    };
    match action {
        Action::Read | Action::List | Action::Disclose => needs(Function::Read)?,
        Action::Store | Action::Version => {
            let any = functions_for(DocumentGroup::Relationship);
            if !any.iter().any(|function| caller.may(*function)) {
                return Err(Denial::NotCertified(any[0]));
            }
        }
        Action::Invalidate => needs(Function::Invalidate)?,
        Action::Administer => {}
    }
    if question.situation.uses_register() {
        needs(Function::RegisterUse)?;
    }
    if question.situation.discloses() {
        needs(Function::Disclosure)?;
    }
    Ok(())
}

/// What recording this very document asks of the caller: certification for its group, and a strong login
/// where it needs a signature. It tells of what kind the document is, so it is asked of those alone who
/// have a ground to know.
///
/// Source: JOI-4, ACC-1.
pub(super) fn recording(action: Action, question: &Question<'_>) -> Barred {
    let caller = question.caller;
    if !action.records() || matches!(caller.who, Who::Citizen { .. } | Who::Operator) {
        return Ok(());
    }
    if matches!(caller.who, Who::Person { strength: Strength::Weak, .. })
        && question.document.signed
    {
        return Err(Denial::WeakLogin);
    }
    let any = functions_for(question.document.group);
    if any.iter().any(|function| caller.may(*function)) {
        Ok(())
    } else {
        Err(Denial::NotCertified(any[0]))
    }
}

/// The functions of which one is enough to archive a document of the group. Old documents hang on
/// relationships and cases, so a system that archives nothing else makes those too.
const fn functions_for(group: DocumentGroup) -> &'static [Function] {
    use Function::{ArchiveOldDocuments, ArchivePhaseOne, ArchiveStructured};
    match group {
        DocumentGroup::Old => &[ArchiveOldDocuments],
        DocumentGroup::PhaseOne => &[ArchivePhaseOne],
        DocumentGroup::Relationship | DocumentGroup::Case => {
            &[ArchiveStructured, ArchivePhaseOne, ArchiveOldDocuments]
        }
        DocumentGroup::LaterPhase | DocumentGroup::Permission | DocumentGroup::Refusal => {
            &[ArchiveStructured]
        }
    }
}

/// Whether the situation is the caller's to ask in: by kind of caller, by role, and by whose register
/// it is.
///
/// Source: ACC-2, ACC-3.
pub(super) fn standing(action: Action, question: &Question<'_>) -> Barred {
    let caller = question.caller;
    let situation = question.situation;
    if action == Action::Administer {
        return Ok(());
    }
    let is_citizen = matches!(caller.who, Who::Citizen { .. });
    if is_citizen != situation.of_citizens() {
        return Err(Denial::RoleDoesNotFit);
    }
    if is_citizen {
        return Ok(());
    }
    if situation == Situation::ClientWill {
        let fits = caller.is_system() || caller.role().is_some_and(Role::serves_clients);
        return if fits { Ok(()) } else { Err(Denial::RoleDoesNotFit) };
    }
    let owns = caller.owns(&question.document.controller);
    let fits = match situation {
        Situation::Archivist => caller.role() == Some(Role::Archivist),
        Situation::DataProtectionReview => caller.role() == Some(Role::DataProtectionOfficer),
        _ => caller.is_system() || caller.role().is_some_and(Role::serves_clients),
    };
    if !fits {
        return Err(Denial::RoleDoesNotFit);
    }
    if situation.uses_register() || situation.discloses() {
        if owns {
            return Err(Denial::SituationDoesNotFit);
        }
        if situation.discloses() && !action.looks() {
            return Err(Denial::AnotherRegister);
        }
    } else if !owns {
        return Err(Denial::AnotherRegister);
    }
    Ok(())
}

/// The document's own state: an invalidated version is hidden from all but those who may invalidate it, a worker
/// what the own unit recorded, and ask for it expressly. Citizens, and those to whom it is disclosed, see the version in force
/// alone: what was restricted later would be seen in an earlier one.
///
/// Source: ARC-3.
pub(super) fn state(action: Action, question: &Question<'_>) -> Barred {
    let situation = question.situation;
    let newest_alone = situation.of_citizens() || situation.discloses();
    match (action, question.document.state) {
        (Action::Store | Action::Invalidate | Action::Administer, _)
        | (_, VersionState::InForce) => Ok(()),
        (_, VersionState::Invalidated) => {
            let on_purpose = action.looks()
                && question.invalidated_too
                && question.caller.may(Function::Invalidate)
                && !question.is_anothers_to_take_back()
                && !newest_alone;
            if on_purpose { Ok(()) } else { Err(Denial::Invalidated) }
        }
        (_, VersionState::Replaced) if newest_alone => Err(Denial::Replaced),
        (_, VersionState::Replaced) => Ok(()),
    }
}
