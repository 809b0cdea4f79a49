//! The keeper of a controller's archive (arkistonhoitaja).

use crate::access::{Action, Basis, Denial, Grant, Obligation, Question};

/// In the registers of the own organisation alone: looks, invalidates, hands over on request. Needs no
/// case context; says why where everybody must.
///
/// # Errors
/// The reason that is wanted; [`Denial::RoleDoesNotFit`] for recording.
///
/// Source: ACC-2, OLD-3; national-specs 6.9.
pub(super) fn find(action: Action, question: &Question<'_>) -> Result<Grant, Denial> {
    match action {
        Action::Read | Action::List => {
            let reason = super::reason_of_old_looks(question)?.or(question.look_reason());
            let grant = Grant::on(Basis::Archivist);
            Ok(match reason {
                Some(reason) => grant.obliging(Obligation::LogReason(reason)),
                None => grant,
            })
        }
        Action::Invalidate => Ok(Grant::on(Basis::Archivist)),
        Action::Disclose => super::hand_over(question),
        Action::Store | Action::Version | Action::Administer => Err(Denial::RoleDoesNotFit),
    }
}
