//! On what ground something may be done: one file for each.
//!
//! A ground is asked once nothing bars and nothing forbids. It answers with the basis and the
//! obligations, or with the denial that names what is missing.

mod archivist;
mod citizen;
mod disclosure;
mod guardian;
mod mandate;
mod own_register;
mod register_use;
mod review;
mod statutory;
mod will;

use crate::access::{Action, Basis, Denial, Grant, Obligation, Question, Reason, Situation};
use crate::archive::documents::DocumentGroup;

/// The ground of the situation.
pub(crate) fn find(action: Action, question: &Question<'_>) -> Result<Grant, Denial> {
    if action == Action::Administer {
        return Ok(Grant::on(Basis::Operation));
    }
    match question.situation {
        Situation::OwnRegister => own_register::find(action, question),
        Situation::RegisterUse | Situation::WideRegisterUse => register_use::find(action, question),
        Situation::Disclosure => disclosure::find(question),
        Situation::StatutoryDisclosure => statutory::find(question),
        Situation::ClientWill => will::find(action, question),
        Situation::Archivist => archivist::find(action, question),
        Situation::Citizen => citizen::find(action, question),
        Situation::Guardian => guardian::find(action, question),
        Situation::Mandate => mandate::find(action, question),
        Situation::DataProtectionReview => review::find(action, question),
    }
}

/// What the controller's own side must say before it looks at a client who has died, and at old
/// documents of one who is no client any more.
///
/// Source: OLD-3, ACC-3; national-specs 6.3.
fn reason_of_old_looks(question: &Question<'_>) -> Result<Option<Reason>, Denial> {
    let document = question.document;
    let wanted = if question.client.is_dead(question.day) {
        Denial::DeceasedWantsReason
    } else if document.group == DocumentGroup::Old
        && !question.client.is_active_in(&document.controller, question.day)
    {
        Denial::EndedWantsReason
    } else {
        return Ok(None);
    };
    question.stated_reason().map(Some).ok_or(wanted)
}

/// The controller's handing over of a document outside the electronic way, on request: always on a legal basis
/// that fits, always told in the disclosure log; a deceased client's on paper, after a check.
///
/// # Errors
/// [`Denial::ReasonNeeded`], [`Denial::RequestGroundDoesNotFit`].
///
/// Source: DIS-4, DIS-6, OLD-3.
fn hand_over(question: &Question<'_>) -> Result<Grant, Denial> {
    let reason = question.request_reason().ok_or(Denial::ReasonNeeded)?;
    if let Reason::Request(ground) = reason
        && !ground.fits(question.client.is_dead(question.day))
    {
        return Err(Denial::RequestGroundDoesNotFit);
    }
    Ok(Grant::on(Basis::OnRequest)
        .obliging_if(question.client.hides_whereabouts(), Obligation::MaskWhereabouts)
        .obliging(Obligation::LogReason(reason))
        .obliging(Obligation::LogDisclosure)
        .obliging(Obligation::TellClient)
        .obliging_if(question.client.is_dead(question.day), Obligation::OnPaperAlone))
}
