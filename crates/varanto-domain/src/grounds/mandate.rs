//! A mandate (valtuus) of another adult.

use crate::access::{Action, Basis, Denial, Grant, Obligation, Question, Who};

/// Who has an adult's mandate sees what the adult would see. Saying what the adult permits and
/// refuses is no part of it: legal representatives do that at a unit.
///
/// # Errors
/// [`Denial::MandateMissing`], [`Denial::NotAnAdult`], [`Denial::NotForCitizens`].
///
/// Source: DIS-5; national-specs 6.7.
pub(super) fn find(action: Action, question: &Question<'_>) -> Result<Grant, Denial> {
    let Who::Citizen { client: asker, .. } = question.caller.who else {
        return Err(Denial::RoleDoesNotFit);
    };
    let mandated = |(holder, days): &(_, crate::time::Validity)| {
        *holder == asker && days.contains(question.day)
    };
    if !question.client.mandates.iter().any(mandated) {
        return Err(Denial::MandateMissing);
    }
    if question.client.is_minor(question.day) {
        return Err(Denial::NotAnAdult);
    }
    if !action.looks() {
        return Err(Denial::NotForCitizens);
    }
    Ok(Grant::on(Basis::Mandate)
        .obliging_if(question.client.hides_whereabouts(), Obligation::MaskWhereabouts))
}
