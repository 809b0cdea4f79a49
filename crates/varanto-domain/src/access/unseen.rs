//! What one who may not see a document may know of it all the same.

use super::denial::Denial;
use super::permit::Basis;
use super::question::{Action, LookReason, Question, Reason};
use super::{VersionFacts, about, decide};
use crate::disclosure::is_will;

/// What more has to be said for documents to be seen: told in general terms, of all of a client's together, never of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SeenWith {
    /// A reason, of a client who has died or is no client any more.
    Reason,
    /// A section of the law, of what is held back by default.
    StatutoryGround,
}

impl SeenWith {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Reason, Self::StatutoryGround];

    /// Its stable name; texts hang on it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reason => "reason",
            Self::StatutoryGround => "statutory-ground",
        }
    }
}

/// With what more a version would be seen; `Ok(None)` when it is seen as it was asked for.
///
/// The controller's own side may know that a reason is wanted of it where nothing else is: a system, and a worker whose
/// unit serves the client; to one without case context it would tell that the register holds something at all. Another
/// controller to which the client permits disclosure may know that there are old or phase I documents, for it sees the
/// relationships that they hang on, and an official needs to know it to use the right by law. What the client refuses
/// stays between the client and the archive, and so does everything where it is hidden where the client is, and
/// what is of other clients too.
///
/// # Errors
/// The denial, of which nothing may be known.
///
/// Source: DIS-3, ACC-3, ACC-4, OLD-3; national-specs 6.3 to 6.5.
pub fn seen_with(
    version: &VersionFacts,
    question: &Question<'_>,
) -> Result<Option<SeenWith>, Denial> {
    let question = about(version, question);
    let Err(denial) = decide(Action::List, &question) else { return Ok(None) };
    match denial {
        Denial::DeceasedWantsReason | Denial::EndedWantsReason => {
            let reason = Some(Reason::Look(LookReason::InformationRequest));
            let grant = decide(Action::List, &Question { reason, ..question })?;
            let in_context = matches!(grant.basis, Basis::OwnRegister | Basis::CaseContext);
            in_context.then_some(Some(SeenWith::Reason)).ok_or(denial)
        }
        Denial::HeldBack => {
            let (document, client) = (question.document, question.client);
            let task = document.service_task.as_deref();
            let refused =
                client.refusals.cover(&document.controller, task, &document.id, &document.set);
            let told = !is_will(document.group)
                && !refused
                && !client.hides_whereabouts()
                && question.others.is_empty();
            told.then_some(Some(SeenWith::StatutoryGround)).ok_or(denial)
        }
        denial => Err(denial),
    }
}
