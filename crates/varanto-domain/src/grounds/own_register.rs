//! The own register: systems of the organisation, and workers whose unit serves the client.

use crate::access::{Action, Basis, Denial, Grant, Obligation, Question};
use crate::archive::documents::DocumentGroup;
use crate::relationship::Side;

/// A system answers for its own users' duty and case context, as its certification demands. A worker
/// who logs in here is asked for them: a unit of the worker's serves the client, or the worker says
/// why. Recording a new document needs no context: what comes in is the organisation's own. The next version of
/// a relationship document, which says whose unit serves, is made in case context alone; and so is handing over
/// on request: with a reason alone a worker would carry a client's documents out of the house. So is invalidating: what was
/// recorded for somebody whom the unit does not serve is for the keeper of the archive.
///
/// # Errors
/// [`Denial::NoCaseContext`], or the reason that is wanted.
///
/// Source: ACC-2, ACC-3, ARC-3, DIS-6, OLD-3.
pub(super) fn find(action: Action, question: &Question<'_>) -> Result<Grant, Denial> {
    match action {
        Action::Disclose if question.caller.is_system() || serves(question) => {
            super::hand_over(question)
        }
        Action::Disclose => Err(Denial::NoCaseContext),
        Action::Store => Ok(Grant::on(basis_of_recording(question))),
        Action::Read | Action::List => look(question),
        Action::Version | Action::Invalidate if question.caller.is_system() => {
            Ok(Grant::on(Basis::OwnRegister))
        }
        // With a reason alone a worker would let the own unit in for good.
        Action::Version if question.document.group == DocumentGroup::Relationship => {
            in_context(question)
        }
        Action::Version => in_duty(question),
        Action::Invalidate => in_context(question),
        Action::Administer => Err(Denial::OperatorsAlone),
    }
}

fn basis_of_recording(question: &Question<'_>) -> Basis {
    if serves(question) { Basis::CaseContext } else { Basis::OwnRegister }
}

fn in_context(question: &Question<'_>) -> Result<Grant, Denial> {
    if serves(question) { Ok(Grant::on(Basis::CaseContext)) } else { Err(Denial::NoCaseContext) }
}

fn look(question: &Question<'_>) -> Result<Grant, Denial> {
    let reason = super::reason_of_old_looks(question)?;
    if question.caller.is_system() {
        let grant = Grant::on(Basis::OwnRegister);
        return Ok(reason.map_or(grant.clone(), |one| grant.obliging(Obligation::LogReason(one))));
    }
    let grant = in_duty(question)?;
    let logged = grant.obligations.iter().any(|one| matches!(one, Obligation::LogReason(_)));
    Ok(match reason {
        Some(reason) if !logged => grant.obliging(Obligation::LogReason(reason)),
        _ => grant,
    })
}

/// A worker in case context; or with a reason, stated now or for hours that last, and then without what tells where the client is.
fn in_duty(question: &Question<'_>) -> Result<Grant, Denial> {
    if serves(question) {
        return Ok(Grant::on(Basis::CaseContext));
    }
    let reason = question.stated_reason().ok_or(Denial::NoCaseContext)?;
    Ok(Grant::on(Basis::StatedReason)
        .obliging_if(question.client.hides_whereabouts(), Obligation::MaskWhereabouts)
        .obliging(Obligation::LogReason(reason)))
}

/// The case context (asiayhteys): a unit of the caller's serves the client today as the controller's
/// own, for the document's service task or for the whole relationship.
///
/// Source: ACC-3; national-specs 6.3.
fn serves(question: &Question<'_>) -> bool {
    if question.caller.is_system() {
        return false;
    }
    let document = question.document;
    question.client.rights_of(question.caller, &document.controller).any(|right| {
        right.side == Side::Organiser
            && right.in_force_on(question.day)
            && document.service_task.as_deref().is_none_or(|task| right.branch.covers(task))
    })
}
