//! A mandate (valtuus) of another adult.

use crate::access::{Action, Basis, Denial, Grant, Obligation, Question, Who};
use crate::disclosure::is_will;
use crate::mandates::{self, Matter};

/// Who has an adult's mandate sees what the adult would see, and says what the adult permits and refuses:
/// each only where the mandate covers it and while it runs. Who says the will sees it too. It ends with the client's death. Under a
/// personal-safety order nothing that tells where the client is.
///
/// # Errors
/// [`Denial::MandateMissing`], [`Denial::NotAnAdult`], [`Denial::NotForCitizens`],
/// [`Denial::MandateDoesNotCover`].
///
/// Source: DIS-5, CIT-5; national-specs 6.7.
pub(super) fn find(action: Action, question: &Question<'_>) -> Result<Grant, Denial> {
    let Who::Citizen { client: asker, .. } = question.caller.who else {
        return Err(Denial::RoleDoesNotFit);
    };
    let (client, day) = (question.client, question.day);
    let held = || {
        let held = client.mandates.iter().filter(|held| held.holder == asker);
        held.map(|held| &held.mandate)
    };
    let runs = held().any(|mandate| mandate.days.contains(day));
    if !runs || client.is_dead(day) {
        return Err(Denial::MandateMissing);
    }
    if !mandates::is_of_age(client.born_on, day) {
        return Err(Denial::NotAnAdult);
    }
    let of_will = is_will(question.document.group);
    let says_will = action.records() && of_will;
    if !action.looks() && !says_will {
        return Err(Denial::NotForCitizens);
    }
    let covers = |matter| mandates::covers(held(), matter, day);
    if says_will {
        covers(Matter::SayWill)?;
    } else if !of_will || covers(Matter::SayWill).is_err() {
        covers(Matter::SeeDocuments)?;
    }
    Ok(Grant::on(Basis::Mandate)
        .obliging_if(action.looks() && client.hides_whereabouts(), Obligation::MaskWhereabouts))
}
