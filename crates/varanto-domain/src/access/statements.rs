//! Who tells something of a client, and who is shown it.

use super::permit::Heard;
use super::{Action, Basis, Denial, Question, ReadPermit, StatementPermit, Who, decide};
use crate::ids::ClientKey;
use crate::mandates::{self, Matter};
use crate::statements::Voice;

/// Decides what of a client's statements a citizen is shown: the client the own ones, and the plans that guardians told; who has
/// the client's mandate to see documents what the client told, as it stands now; a guardian what that guardian told. It is asked as of the client's
/// will. A teenager's own word is no guardian's to see, nor one guardian's address the other's, nor the child's; and what tells
/// where a client under a personal-safety order is, is not shown by mandate. `speaker` is the number that names the citizen
/// alone.
///
/// # Errors
/// As [`decide`]; [`Denial::MandateDoesNotCover`] also for a mandate to say the will alone; [`Denial::CannotBeMasked`];
/// [`Denial::RoleDoesNotFit`] for who is no citizen.
///
/// Source: CIT-5, DIS-5, ARC-10; own-choices.
pub fn may_see_statements(
    question: &Question<'_>,
    speaker: ClientKey,
) -> Result<StatementPermit, Denial> {
    let grant = decide(Action::Read, question)?;
    let heard = match grant.basis {
        Basis::OwnData => Heard::Client,
        Basis::Mandate => {
            mandate_to_see(question)?;
            if grant.masks() {
                return Err(Denial::CannotBeMasked);
            }
            Heard::Mandate
        }
        Basis::Guardianship => Heard::Guardian(speaker),
        _ => return Err(Denial::RoleDoesNotFit),
    };
    Ok(StatementPermit::new(grant.basis, named_by(question), heard))
}

/// Who says the will by mandate sees the will too; what the client tells is more than that.
fn mandate_to_see(question: &Question<'_>) -> Result<(), Denial> {
    let Who::Citizen { client: asker, .. } = question.caller.who else {
        return Err(Denial::RoleDoesNotFit);
    };
    let held = question.client.mandates.iter().filter(|held| held.holder == asker);
    mandates::covers(held.map(|held| &held.mandate), Matter::SeeDocuments, question.day)
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
/// client in the controller's register or by a register-use right, see the whole, and while the relationship `runs`.
/// `guardians`: those who have custody of a minor today; of others nothing is told that they told. Who is disclosed to, keeps the archive or reviews
/// is shown none: the client told it to those who serve. `named`: every key of the client.
///
/// Source: CIT-5, ACC-2, ARC-10, RUR-2; own-choices.
#[must_use]
pub fn statements_beside(
    permit: &ReadPermit,
    named: &[ClientKey],
    runs: bool,
    guardians: Vec<ClientKey>,
) -> Option<StatementPermit> {
    let of_client = named.contains(&permit.client());
    let sees = works_with(permit.basis()) && runs && of_client && permit.whole().is_ok();
    let heard = Heard::Serving(guardians);
    sees.then(|| StatementPermit::new(permit.basis(), named.to_vec(), heard))
}

/// Whether somebody who sees a document on a ground works with the client. A worker without case context does for the stated
/// reason, which is judged afterwards.
const fn works_with(basis: Basis) -> bool {
    match basis {
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
    }
}

fn named_by(question: &Question<'_>) -> Vec<ClientKey> {
    question.client.key.into_iter().chain(question.client.identities.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Oid;
    use crate::statements::{Statement, StatementKind};

    /// CIT-5, ACC-2: on which grounds what a client tells is seen beside the relationship.
    #[test]
    fn who_works_with_the_client_sees() {
        let sees: Vec<&str> =
            Basis::ALL.into_iter().filter(|one| works_with(*one)).map(Basis::code).collect();
        let expected =
            ["own-register", "case-context", "stated-reason", "register-use", "wide-register-use"];
        assert_eq!(sees, expected);
    }

    /// CIT-5, DIS-5, ARC-10: who hears whom: each row says what of the client's and of two guardians' contact facts and plans is
    /// opened, and whether what was told before is.
    #[test]
    fn each_hears_what_is_theirs() {
        let (mother, father) = (ClientKey(-7), ClientKey(-8));
        let voices = [Voice::Client, Voice::Guardian(mother), Voice::Guardian(father)];
        let check = |heard: Heard, expected: &str, earlier: bool| {
            let permit = StatementPermit::new(Basis::OwnData, vec![ClientKey(3)], heard);
            let mut opened = String::new();
            for voice in voices {
                for kind in StatementKind::ALL {
                    let (client, number) = (ClientKey(3), 1);
                    let controller = Oid::parse("1.2.3").unwrap();
                    let (key, said, line, forgotten) = (1, String::new(), 1, None);
                    let one = Statement {
                        key,
                        client,
                        kind,
                        voice,
                        number,
                        controller,
                        said,
                        line,
                        forgotten,
                    };
                    let of_another = Statement { client: ClientKey(4), ..one.clone() };
                    assert!(!permit.opens(&of_another));
                    opened.push(if permit.opens(&one) { 'x' } else { '-' });
                }
            }
            assert_eq!((opened.as_str(), permit.opens_earlier()), (expected, earlier));
        };
        // Contact facts and plan: of the client, the mother, the father.
        check(Heard::Client, "xx-x-x", true);
        check(Heard::Mandate, "xx----", false);
        check(Heard::Guardian(mother), "--xx--", true);
        check(Heard::Serving(vec![]), "xx----", false);
        check(Heard::Serving(vec![mother]), "xxxx--", false);
        check(Heard::Serving(vec![mother, father]), "xxxxxx", false);
    }
}
