//! Documents that name several clients: those of joint cases (yhteinen asia).
//!
//! Such a document is reached through one of the clients whom it concerns, and all of it is for those alone who
//! have a ground for each whom it names. One who has a ground for the one learns that there is the document,
//! and nothing of the others.

use super::facts::ClientFacts;
use super::question::{Action, Question, Situation};
use super::{Denial, Grant, Obligation, forbids, through_one};
use crate::archive::elements::Element;
use crate::archive::metadata::RawMetadata;
use crate::ids::ClientKey;

/// The metadata elements that say nothing of any client: what the document is, in which case, whose work, and
/// how it is kept. Those that are left out tell who a client is, of whose relationship the case is, or what was
/// thought of one of the clients when the document was made.
///
/// Source: REL-4; own-choices.
pub const OF_NOBODY: [Element; 38] = [
    Element::DocumentId,
    Element::SetId,
    Element::Version,
    Element::ReplacesDocument,
    Element::ReplacesReason,
    Element::ReplacesReasonSet,
    Element::Group,
    Element::GeneralType,
    Element::SpecificType,
    Element::Structure,
    Element::WrittenAt,
    Element::CreatedAt,
    Element::Language,
    Element::Confidentiality,
    Element::ControllerId,
    Element::ControllerName,
    Element::OrganiserId,
    Element::OrganiserName,
    Element::ServiceUnitId,
    Element::ServiceUnitName,
    Element::OperatingUnitId,
    Element::OperatingUnitName,
    Element::ProducerId,
    Element::ProducerName,
    Element::CaseId,
    Element::CaseOpened,
    Element::CaseClosed,
    Element::ViewFormat,
    Element::StructuredFormat,
    Element::SoftwareManufacturer,
    Element::SoftwareProduct,
    Element::SoftwareVersion,
    Element::ServiceTask,
    Element::RecordState,
    Element::RegisterType,
    Element::RetentionClass,
    Element::ServiceProcess,
    Element::MainDocument,
];

/// The metadata without what tells of other clients than the one through whom the document is reached. They
/// name the client whose it is: `own` says whether that is the one, and then only free text is left out.
///
/// Source: REL-4.
#[must_use]
pub fn hide_clients<'a>(raw: &RawMetadata<'a>, own: bool) -> RawMetadata<'a> {
    let mut shown = RawMetadata::default();
    for element in Element::ALL.iter().copied() {
        let tells = if own {
            element == Element::RestrictionArgument
        } else {
            !OF_NOBODY.contains(&element)
        };
        if let (Some(value), false) = (raw.get(element), tells) {
            shown.insert(element, value.clone());
        }
    }
    shown
}

/// Whether a document may be asked for through a client whose it is not: one whom it concerns, and for a look.
/// What is recorded, changed and taken back is so through the client whose document it is.
///
/// Source: REL-4.
pub(super) fn concerned(action: Action, question: &Question<'_>) -> Result<(), Denial> {
    let outward = action.looks() || action == Action::Disclose;
    if outward && question.document.concerns(question.client.key) {
        Ok(())
    } else {
        Err(Denial::AnotherClients)
    }
}

/// What is granted through one client, seen with all whom the document names: what one of them refuses is not
/// disclosed; what tells where one of them is is masked; and without a ground for each, nothing is told of the
/// others. What is handed over outside the electronic way goes to one person, of whom nobody knows a ground
/// for the others.
///
/// # Errors
/// What any of the clients forbids; [`Denial::AnotherClients`] when nothing is known of one of them.
///
/// Source: REL-4, DIS-1, DIS-2, ARC-10, ARC-11; own-choices.
pub(super) fn with_all(
    action: Action,
    question: &Question<'_>,
    grant: Grant,
) -> Result<Grant, Denial> {
    if !action.looks() && action != Action::Disclose {
        return Ok(grant);
    }
    let named = question.document.named().into_iter();
    // A case may name one person by several identifiers: each one's log tells of the look.
    let (again, named): (Vec<ClientKey>, Vec<ClientKey>) = named
        .filter(|client| Some(*client) != question.client.key)
        .partition(|client| question.client.is(*client));
    let mut others = Vec::new();
    for client in named {
        let known = question.others.iter().find(|facts| facts.key == Some(client));
        let facts: &ClientFacts = known.ok_or(Denial::AnotherClients)?;
        forbids::any_client(&Question { client: facts, ..*question })?;
        others.push((client, facts));
    }
    let grounds: Option<Vec<(ClientKey, Grant)>> = others
        .iter()
        .map(|(client, facts)| Some((*client, ground(action, question, facts)?)))
        .collect();
    if let Some(grounds) = grounds {
        return Ok(grant.beside(grounds).named_again(&again));
    }
    let masks = others.iter().any(|(_, facts)| facts.hides_whereabouts());
    let hidden = grant.obliging(Obligation::HideOthers);
    let hidden = if masks { hidden.masking() } else { hidden };
    Ok(hidden.named_again(&again))
}

/// The ground for another client whom the document names, as if the document were that client's own. A citizen
/// may have it as the client, as a guardian or by a mandate.
fn ground(action: Action, question: &Question<'_>, facts: &ClientFacts) -> Option<Grant> {
    if action == Action::Disclose {
        return None;
    }
    let document = question.document.as_of(facts.key);
    let ways: &[Situation] = if question.situation.of_citizens() {
        &[Situation::Citizen, Situation::Guardian, Situation::Mandate]
    } else {
        std::slice::from_ref(&question.situation)
    };
    ways.iter().find_map(|situation| {
        let asked =
            Question { client: facts, document: &document, situation: *situation, ..*question };
        through_one(action, &asked, Ok(())).ok()
    })
}
