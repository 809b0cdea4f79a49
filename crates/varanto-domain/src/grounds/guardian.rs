//! Guardians (huoltajat) of a minor.

use crate::access::{Action, Basis, Denial, Grant, Obligation, Question, Who};
use crate::archive::documents::DocumentGroup;

/// A guardian sees the child's documents that say so, and one who has custody may give the disclosure permission; a
/// guardian sets no refusals, and is not told whether there are any. Under a personal-safety order nothing that
/// tells where the child is.
///
/// # Errors
/// [`Denial::NotAGuardian`], [`Denial::NotAMinor`], [`Denial::NotForCitizens`].
///
/// Source: CIT-4, DIS-5; national-specs 6.7.
pub(super) fn find(action: Action, question: &Question<'_>) -> Result<Grant, Denial> {
    let Who::Citizen { client: asker, .. } = question.caller.who else {
        return Err(Denial::RoleDoesNotFit);
    };
    let guards = |(guardian, days): &(_, crate::time::Validity)| {
        *guardian == asker && days.contains(question.day)
    };
    if !question.client.guardians.iter().any(guards) {
        return Err(Denial::NotAGuardian);
    }
    if !question.client.is_minor(question.day) {
        return Err(Denial::NotAMinor);
    }
    if question.document.group == DocumentGroup::Refusal {
        return Err(Denial::NotForCitizens);
    }
    let has_custody = || question.client.custody.iter().any(guards);
    let permits = action.records() && question.document.group == DocumentGroup::Permission;
    if permits && !has_custody() {
        return Err(Denial::NotAGuardian);
    }
    if action.looks() || permits {
        return Ok(Grant::on(Basis::Guardianship).obliging_if(
            action.looks() && question.client.hides_whereabouts(),
            Obligation::MaskWhereabouts,
        ));
    }
    Err(Denial::NotForCitizens)
}
