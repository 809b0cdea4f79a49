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
    if question.caller.sector == Sector::SocialWelfare && !receives_the_client(question) {
        return Err(Denial::NoRelationship);
    }
    let rule = rule_on(question.day).ok_or(Denial::NoDisclosureYet)?;
    if !client.able.contains(&question.document.controller) {
        return Err(Denial::ControllerNotAble);
    }
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

/// Whether the client is the asker's: an active relationship in one of its registers, and for a
/// worker, a unit of the worker's that serves the client there.
fn receives_the_client(question: &Question<'_>) -> bool {
    let caller = question.caller;
    caller.registers.iter().any(|register| {
        question.client.is_active_in(register, question.day)
            && (caller.is_system()
                || question
                    .client
                    .rights_of(caller, register)
                    .any(|right| right.in_force_on(question.day)))
    })
}

/// What every disclosure obliges to.
pub(super) fn told_of(grant: Grant, question: &Question<'_>) -> Grant {
    grant
        .obliging_if(question.client.safety_order, Obligation::MaskWhereabouts)
        .obliging(Obligation::LogDisclosure)
        .obliging(Obligation::TellClient)
}
