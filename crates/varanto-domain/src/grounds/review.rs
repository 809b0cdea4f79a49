//! A data-protection officer's review of what was done.

use crate::access::{Action, Basis, Denial, Grant, Obligation, Question};

/// The officer sees lists without what tells where the client is, and opens a document for a reason.
///
/// # Errors
/// [`Denial::ReasonNeeded`]; [`Denial::RoleDoesNotFit`] for anything but looking.
///
/// Source: ACC-2, LOG-2.
pub(super) fn find(action: Action, question: &Question<'_>) -> Result<Grant, Denial> {
    let grant = Grant::on(Basis::Review)
        .obliging_if(question.client.hides_whereabouts(), Obligation::MaskWhereabouts);
    match (action, question.look_reason()) {
        (Action::Read | Action::List, Some(reason)) => {
            Ok(grant.obliging(Obligation::LogReason(reason)))
        }
        (Action::List, None) => Ok(grant),
        (Action::Read, None) => Err(Denial::ReasonNeeded),
        _ => Err(Denial::RoleDoesNotFit),
    }
}
