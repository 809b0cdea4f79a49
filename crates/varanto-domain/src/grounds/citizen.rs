//! The citizen's own data.

use crate::access::{Action, Basis, Denial, Grant, Question, Who};
use crate::disclosure::is_will;

/// Citizens see what is about themselves, and say what they permit and refuse.
///
/// # Errors
/// [`Denial::AnotherPersons`], [`Denial::NotForCitizens`].
///
/// Source: CIT-1, CIT-5, ARC-11.
pub(super) fn find(action: Action, question: &Question<'_>) -> Result<Grant, Denial> {
    let own = match question.caller.who {
        Who::Citizen { client, .. } => {
            question.document.client == question.client.key && question.client.is(client)
        }
        _ => false,
    };
    if !own {
        return Err(Denial::AnotherPersons);
    }
    if action.looks() || (action.records() && is_will(question.document.group)) {
        return Ok(Grant::on(Basis::OwnData));
    }
    Err(Denial::NotForCitizens)
}
