//! The register-use right: a producer works in the organiser's register.

use crate::access::{Action, Basis, Denial, Grant, Question, Situation};
use crate::relationship::{RegisterUseRight, Side, Standing};

/// One right in force that covers the document is enough; without one, the right that tells most
/// explains the denial: one that is interrupted before one that has ended, and that before one that
/// has not begun.
///
/// The relationship document, which has no service task, is read under any right in the register; a
/// wide right covers every service of the client. What may be written is forbidden elsewhere: here
/// the right must be in force for reading and writing alike.
///
/// # Errors
/// The denial names the rule that the right falls under.
///
/// Source: RUR-1 to RUR-4, RUR-6, RUR-8; national-specs 6.2.
pub(super) fn find(action: Action, question: &Question<'_>) -> Result<Grant, Denial> {
    if action == Action::Disclose {
        return Err(Denial::AnotherRegister);
    }
    let document = question.document;
    let wide = question.situation == Situation::WideRegisterUse;
    let held = || {
        let rights = question.client.rights_of(question.caller, &document.controller);
        rights.filter(|right| right.side != Side::Organiser)
    };
    let covers = |right: &&RegisterUseRight| {
        wide || document.service_task.as_deref().is_none_or(|task| right.branch.covers(task))
    };
    if held().next().is_none() {
        return Err(Denial::RightMissing);
    }
    if wide && !question.client.wide_in.contains(&document.controller) {
        return Err(Denial::NoWideRight);
    }
    let standings: Vec<Standing> =
        held().filter(covers).map(|right| right.standing_on(question.day)).collect();
    let any = |is: fn(&Standing) -> bool| standings.iter().any(is);
    if any(|one| matches!(one, Standing::InForce)) {
        return Ok(Grant::on(if wide { Basis::WideRegisterUse } else { Basis::RegisterUse }));
    }
    Err(if any(|one| matches!(one, Standing::Suspended(_))) {
        Denial::RightSuspended
    } else if any(|one| matches!(one, Standing::Ended(_))) {
        Denial::RightEnded
    } else if any(|one| matches!(one, Standing::NotYet(_))) {
        Denial::RightNotYet
    } else {
        Denial::RightForOtherService
    })
}
