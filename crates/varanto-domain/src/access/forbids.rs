//! What forbids, whatever the ground.

use super::caller::Who;
use super::denial::Denial;
use super::facts::{Display, GuardianMark, Subject};
use super::question::{Action, Question, Situation};
use crate::archive::documents::DocumentGroup;
use crate::disclosure::is_will;
use crate::time::FinnishDay;

type Forbidden = Result<(), Denial>;

/// Every rule that forbids, for the situation.
pub(super) fn check(action: Action, question: &Question<'_>) -> Forbidden {
    if action == Action::Administer {
        return Ok(());
    }
    duty(question)?;
    let situation = question.situation;
    if situation.discloses() {
        disclosure(question)
    } else if situation.uses_register() {
        register_use(action, question)?;
        taking_back(action, question)
    } else if situation.of_citizens() && action.looks() {
        citizens_view(question)
    } else {
        taking_back(action, question)
    }
}

/// A worker takes back what the own unit recorded, and hides nobody else's work.
///
/// Source: ARC-3; own-choices.
fn taking_back(action: Action, question: &Question<'_>) -> Forbidden {
    if action == Action::Invalidate && question.is_anothers_to_take_back() {
        Err(Denial::AnotherUnitsDocument)
    } else {
        Ok(())
    }
}

/// A worker whose duty names its service tasks has no business in others. A statutory disclosure is
/// no part of the daily duty.
///
/// Source: ACC-2.
fn duty(question: &Question<'_>) -> Forbidden {
    let Who::Person { duty: Some(duty), role, .. } = &question.caller.who else { return Ok(()) };
    let Some(task) = &question.document.service_task else { return Ok(()) };
    let daily = role.serves_clients() && question.situation != Situation::StatutoryDisclosure;
    if daily && !duty.contains(task) { Err(Denial::OutsideDuty) } else { Ok(()) }
}

/// What forbids a disclosure whosever client it is asked through: what any of the clients whom a document
/// names refuses holds the whole of it back, and so does a death.
///
/// Source: REL-4, DIS-2, OLD-3.
pub(super) fn any_client(question: &Question<'_>) -> Forbidden {
    if !question.situation.discloses() {
        return Ok(());
    }
    if question.client.is_dead(question.day) {
        return Err(Denial::OnPaperAlone);
    }
    if question.situation == Situation::StatutoryDisclosure { Ok(()) } else { refused(question) }
}

/// What the client refuses.
///
/// Source: DIS-2.
fn refused(question: &Question<'_>) -> Forbidden {
    let document = question.document;
    let task = document.service_task.as_deref();
    let refusals = &question.client.refusals;
    if refusals.cover(&document.controller, task, &document.id, &document.set) {
        return Err(Denial::RefusedByClient);
    }
    Ok(())
}

/// Held back by default are old and phase I documents, and what the client says of disclosure itself;
/// then whatever the client refuses. A right by law overrides both but for the client's own
/// documents of will. A deceased client's documents go on paper alone.
///
/// Source: DIS-2, DIS-3, OLD-3.
fn disclosure(question: &Question<'_>) -> Forbidden {
    let document = question.document;
    if question.client.is_dead(question.day) {
        return Err(Denial::OnPaperAlone);
    }
    if is_will(document.group) {
        return Err(Denial::HeldBack);
    }
    if question.situation == Situation::StatutoryDisclosure {
        return Ok(());
    }
    if matches!(document.group, DocumentGroup::Old | DocumentGroup::PhaseOne) {
        return Err(Denial::HeldBack);
    }
    refused(question)
}

/// What a producer may not touch in the organiser's register: documents of other times and of the
/// client's will; the organiser's own; those of other makers. A refusal is not asked: it never blocks
/// the organiser from its own producer.
///
/// Source: RUR-2, RUR-4, RUR-6, DIS-2.
fn register_use(action: Action, question: &Question<'_>) -> Forbidden {
    let group = question.document.group;
    if group == DocumentGroup::Old || is_will(group) {
        return Err(Denial::NotOfTheService);
    }
    if action.looks() {
        return Ok(());
    }
    let organisers = matches!(group, DocumentGroup::Relationship | DocumentGroup::Case);
    match (organisers, question.situation) {
        (true, Situation::WideRegisterUse) => Ok(()),
        (true, _) => Err(Denial::OrganisersDocument),
        (false, _) if question.is_own_work() => Ok(()),
        (false, _) => Err(Denial::AnotherMakersDocument),
    }
}

/// What is not in the citizen's view.
///
/// Source: CIT-2 to CIT-4, OLD-3.
fn citizens_view(question: &Question<'_>) -> Forbidden {
    let document = question.document;
    let guardian = question.situation == Situation::Guardian;
    let (display, day) = (&document.display, question.day);
    in_citizens_view(document.subject, document.group, display, day, guardian)
}

/// Whether a document is in the citizen's view: not by kind for good, by a professional's decision for a time or for
/// good, and from guardians by what the document says of them.
///
/// # Errors
/// [`Denial::ExcludedFromView`], [`Denial::SpecialContent`], [`Denial::Delayed`], and of guardians
/// [`Denial::GuardiansNotSaid`], [`Denial::HiddenFromGuardians`], [`Denial::GuardianDecisionOpen`].
///
/// Source: CIT-2 to CIT-4, OLD-3.
pub fn in_citizens_view(
    subject: Subject,
    group: DocumentGroup,
    display: &Display,
    day: FinnishDay,
    guardian: bool,
) -> Forbidden {
    let shown = subject.is_in_the_view(display);
    if !shown || matches!(group, DocumentGroup::Old | DocumentGroup::PhaseOne) {
        return Err(Denial::ExcludedFromView);
    }
    if display.special_content {
        return Err(Denial::SpecialContent);
    }
    if display.delayed_until.is_some_and(|until| day <= until) {
        return Err(Denial::Delayed);
    }
    match display.guardians {
        _ if !guardian => Ok(()),
        GuardianMark::Shown => Ok(()),
        GuardianMark::NotSaid => Err(Denial::GuardiansNotSaid),
        GuardianMark::Hidden => Err(Denial::HiddenFromGuardians),
        GuardianMark::HiddenByProducer => Err(Denial::GuardianDecisionOpen),
    }
}
