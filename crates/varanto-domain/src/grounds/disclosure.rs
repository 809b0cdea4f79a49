//! Disclosure between controllers: what the client permits, by the rule of the day.

use crate::access::{Basis, Denial, Grant, Obligation, Question, Sector};
use crate::disclosure::{Needs, rule_on};

/// The asker's own relationship with the client comes first: who has none learns nothing of what the
/// client permits. Then both sides must be able, and the client must have been informed (until the
/// end of 2023) or have given the permission (since). Health care needs the client's consent.
///
/// # Errors
/// What is missing.
///
/// Source: DIS-1, DIS-4; design D9; national-specs 6.4.
pub(super) fn find(question: &Question<'_>) -> Result<Grant, Denial> {
    let client = question.client;
    if question.caller.sector == Sector::SocialWelfare
        && !client.is_served_by(question.caller, question.day)
    {
        return Err(Denial::NoRelationship);
    }
    let rule = rule_on(question.day).ok_or(Denial::NoDisclosureYet)?;
    both_able(question)?;
    let basis = match (question.caller.sector, rule.needs) {
        (Sector::HealthCare, _) => {
            let consents = client.health_consent.is_some_and(|one| one.contains(question.day));
            if !consents {
                return Err(Denial::HealthConsentMissing);
            }
            Basis::HealthConsent
        }
        (Sector::SocialWelfare, Needs::Informing) => {
            if client.informed_on.is_none_or(|informed| informed > question.day) {
                return Err(Denial::NotInformed);
            }
            Basis::Informed
        }
        (Sector::SocialWelfare, Needs::Permission) => {
            if !client.permission.is_some_and(|given| given.in_force_on(question.day)) {
                return Err(Denial::PermissionMissing);
            }
            Basis::Permission
        }
    };
    Ok(told_of(Grant::on(basis), question))
}

/// Whether both sides have joined and are able: the controller that gives, and one of those for which
/// the asker works.
///
/// Source: DIS-1, JOI-5; 004.
pub(super) fn both_able(question: &Question<'_>) -> Result<(), Denial> {
    let able = &question.client.able;
    if !able.contains(&question.document.controller) {
        return Err(Denial::ControllerNotAble);
    }
    if !question.caller.registers.iter().any(|register| able.contains(register)) {
        return Err(Denial::ReceiverNotAble);
    }
    Ok(())
}

/// What every disclosure obliges to.
pub(super) fn told_of(grant: Grant, question: &Question<'_>) -> Grant {
    grant
        .obliging_if(question.client.hides_whereabouts(), Obligation::MaskWhereabouts)
        .obliging(Obligation::LogDisclosure)
        .obliging(Obligation::TellClient)
}
