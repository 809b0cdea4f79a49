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

/// What the client's side sees of a document by how it is shown: what is not seen is denied as the citizen's view denies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InTheView {
    /// The client.
    pub client: Forbidden,
    /// The guardians of a minor.
    pub guardians: Forbidden,
}

impl InTheView {
    /// What is seen on a day.
    ///
    /// Source: CIT-3, CIT-4.
    #[must_use]
    pub fn of(subject: Subject, group: DocumentGroup, display: &Display, day: FinnishDay) -> Self {
        let client = in_citizens_view(subject, group, display, day, false);
        // What is said of guardians is told also while nobody sees the document: it counts when the delay is over.
        let open = Display { delayed_until: None, special_content: false, ..*display };
        Self { client, guardians: in_citizens_view(subject, group, &open, day, true).and(client) }
    }

    /// What is seen of a document of which no version is in force.
    pub const NOTHING: Self =
        Self { client: Err(Denial::Invalidated), guardians: Err(Denial::Invalidated) };
}

/// Whether the client, or a minor's guardians, see more of a document by the second way of showing it than by the first, or
/// sooner.
///
/// Source: ARC-3, CIT-3, CIT-4; own-choices.
#[must_use]
pub fn shows_more(
    [before, after]: [(Subject, DocumentGroup, &Display); 2],
    day: FinnishDay,
    minor: bool,
) -> bool {
    // What is open on a day stays open: the first day of the second way is the one to ask about.
    let opens = after.2.delayed_until.map_or(day, |until| day.max(until.plus_days(1)));
    let more = |guardian| {
        let seen = |(subject, group, display)| {
            in_citizens_view(subject, group, display, opens, guardian).is_ok()
        };
        seen(after) && !seen(before)
    };
    more(false) || (minor && more(true))
}

/// Whether somebody who may invalidate a version may also bring back one of which the client's side sees more: the keeper of
/// the archive, and the systems of the register's own controller. A worker says how a document is shown where that is said,
/// and lifts nothing that another unit or the controller decided by taking a version back.
///
/// Source: ARC-3, CIT-3, RUR-4; own-choices.
#[must_use]
pub fn may_show_more(caller: &super::Caller, keeper: bool, controller: &crate::ids::Oid) -> bool {
    keeper || (caller.is_system() && caller.owns(controller))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ARC-3, CIT-3, CIT-4: more is seen where what was hidden or delayed is not, or not so long, and where guardians see what
    /// they did not.
    #[test]
    fn what_shows_more_is_known() {
        let day = |text| FinnishDay::parse(text).unwrap();
        let today = day("2026-11-27");
        let guarded = |guardians| Display { guardians, ..Display::OPEN };
        let open = guarded(GuardianMark::Shown);
        let hidden = Display { special_content: true, ..open };
        let delayed = |until| Display { delayed_until: Some(day(until)), ..open };
        let (over, soon, late) =
            (delayed("2026-11-26"), delayed("2026-12-01"), delayed("2027-01-01"));
        let not_said = guarded(GuardianMark::NotSaid);
        let kept_from = guarded(GuardianMark::Hidden);
        for (before, after, minor, expected) in [
            (open, open, true, false),
            (hidden, open, false, true),
            (hidden, soon, false, true),
            (open, hidden, true, false),
            (soon, open, false, true),
            (over, open, false, false),
            (late, soon, false, true),
            (soon, late, false, false),
            (late, hidden, false, false),
            (kept_from, open, true, true),
            (kept_from, open, false, false),
            (not_said, open, true, true),
            (open, kept_from, true, false),
        ] {
            let of = |display| (Subject::Ordinary, DocumentGroup::LaterPhase, display);
            let more = shows_more([of(&before), of(&after)], today, minor);
            assert_eq!(more, expected, "{before:?} {after:?} {minor}");
        }
    }
}
