//! The client's will: whoever serves the client reads it and records it, in whosever register it is kept.

use crate::access::{Action, Basis, Denial, Grant, Question, Sector};
use crate::disclosure::is_will;

/// What a client permits and refuses acts on every controller at once, so its documents are in one
/// register for all; a controller that serves the client reads and continues them there. It takes back
/// what it has recorded by mistake, and nobody else's. About any other document the answer is the one
/// of a client who is not the asker's, so that it tells nothing.
///
/// # Errors
/// [`Denial::NoRelationship`], [`Denial::AnotherMakersDocument`], [`Denial::AnotherRegister`].
///
/// Source: DIS-2; national-specs 6.4.
pub(super) fn find(action: Action, question: &Question<'_>) -> Result<Grant, Denial> {
    let serves = question.caller.sector == Sector::SocialWelfare
        && question.client.is_served_by(question.caller, question.day);
    if !is_will(question.document.group) || !serves {
        return Err(Denial::NoRelationship);
    }
    match action {
        Action::Read | Action::List | Action::Store | Action::Version => {
            Ok(Grant::on(Basis::ServesClient))
        }
        Action::Invalidate if question.is_own_work() => Ok(Grant::on(Basis::ServesClient)),
        Action::Invalidate => Err(Denial::AnotherMakersDocument),
        Action::Disclose | Action::Administer => Err(Denial::AnotherRegister),
    }
}
