//! Who tells something of a client, and who is shown it.

use super::{Action, Basis, Denial, Question, ReadPermit, StatementPermit, decide};
use crate::ids::ClientKey;
use crate::statements::Voice;

/// Decides what of a client's statements a citizen is shown: the client all of them, who has the client's mandate what the
/// client told, a guardian what that guardian told. It is asked as of the client's will, which whoever may say it also sees. A
/// teenager's own word is no guardian's to see, nor one guardian's address the other's; and what tells where a client under a
/// personal-safety order is, is not shown by mandate. `speaker` is the number that names the citizen alone.
///
/// # Errors
/// As [`decide`]; [`Denial::CannotBeMasked`]; [`Denial::RoleDoesNotFit`] for who is no citizen.
///
/// Source: CIT-5, DIS-5, ARC-10; own-choices.
pub fn may_see_statements(
    question: &Question<'_>,
    speaker: ClientKey,
) -> Result<StatementPermit, Denial> {
    let grant = decide(Action::Read, question)?;
    let voices = match grant.basis {
        Basis::OwnData => None,
        Basis::Mandate if grant.masks() => return Err(Denial::CannotBeMasked),
        Basis::Mandate => Some(vec![Voice::Client]),
        Basis::Guardianship => Some(vec![Voice::Guardian(speaker)]),
        _ => return Err(Denial::RoleDoesNotFit),
    };
    Ok(StatementPermit::new(grant.basis, named_by(question), voices))
}

/// Decides whether a citizen tells something of a client, and in which voice: the client and who has the client's mandate as
/// the client, a guardian with custody as a guardian. Nobody tells who may not see what was told before in that voice: they
/// would write over it unseen.
///
/// # Errors
/// As [`may_see_statements`], and as [`decide`] for saying the will.
///
/// Source: CIT-5, DIS-5; own-choices.
pub fn may_make_statement(
    question: &Question<'_>,
    speaker: ClientKey,
) -> Result<(StatementPermit, Voice), Denial> {
    let grant = decide(Action::Store, question)?;
    let sees = may_see_statements(question, speaker)?;
    let voice = match grant.basis {
        Basis::Guardianship => Voice::Guardian(speaker),
        _ => Voice::Client,
    };
    Ok((sees, voice))
}

/// Which of a client's statements are shown beside the relationship to one who sees its document: those who work with the
/// client in the controller's register or by a register-use right, see the whole, and while the relationship `runs`; what
/// guardians told while the client `is_minor`. Who is disclosed to, keeps the archive or reviews is shown none: the client told
/// it to those who serve. `named`: every key of the client.
///
/// Source: CIT-5, ACC-2, ARC-10, RUR-2; own-choices.
#[must_use]
pub fn statements_beside(
    permit: &ReadPermit,
    named: &[ClientKey],
    runs: bool,
    is_minor: bool,
) -> Option<StatementPermit> {
    let serves = match permit.basis() {
        Basis::OwnRegister
        | Basis::CaseContext
        | Basis::StatedReason
        | Basis::RegisterUse
        | Basis::WideRegisterUse => true,
        Basis::Informed
        | Basis::Permission
        | Basis::HealthConsent
        | Basis::Statutory
        | Basis::ServesClient
        | Basis::Archivist
        | Basis::OwnData
        | Basis::Guardianship
        | Basis::Mandate
        | Basis::Review
        | Basis::OnRequest
        | Basis::Operation
        | Basis::KeepsUsers => false,
    };
    let of_client = named.contains(&permit.client());
    if !(serves && runs && of_client && permit.whole().is_ok()) {
        return None;
    }
    let voices = (!is_minor).then(|| vec![Voice::Client]);
    Some(StatementPermit::new(permit.basis(), named.to_vec(), voices))
}

fn named_by(question: &Question<'_>) -> Vec<ClientKey> {
    question.client.key.into_iter().chain(question.client.identities.iter().copied()).collect()
}
