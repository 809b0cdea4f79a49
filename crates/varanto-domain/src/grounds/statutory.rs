//! Disclosure by law: an official's right to information, with its section as the coded reason.

use super::disclosure::{both_able, told_of};
use crate::access::{Basis, Denial, Grant, Obligation, Question, Sector};
use crate::disclosure::{Needs, rule_on};

/// The sections are of the Act that came into force with the disclosure permission; before that day
/// none of them can be named. They give the right to officials of social welfare.
///
/// # Errors
/// What is missing.
///
/// Source: DIS-1, DIS-3, DIS-4; national-specs 6.4.
pub(super) fn find(question: &Question<'_>) -> Result<Grant, Denial> {
    if question.caller.sector != Sector::SocialWelfare {
        return Err(Denial::RoleDoesNotFit);
    }
    let in_force = rule_on(question.day).is_some_and(|rule| rule.needs == Needs::Permission);
    let reason = question.statutory_reason().filter(|_| in_force);
    let reason = reason.ok_or(Denial::StatutoryReasonNeeded)?;
    both_able(question)?;
    let grant = Grant::on(Basis::Statutory).obliging(Obligation::LogReason(reason));
    Ok(told_of(grant, question))
}
