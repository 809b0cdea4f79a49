//! From a draft to the document: looked at, or archived on the one road (CAS-1, ARC-1).

use serde_json::json;
use varanto_domain::access::Caller;
use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::archive::conformance::ConformanceLevel;
use varanto_domain::archive::documents::{DocumentGroup, Part};
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::signatures::{Needed, needed};
use varanto_domain::faults::Fault;
use varanto_domain::ids::{ClientIdentifier, Oid};
use varanto_domain::structures::Content;
use varanto_formats::{content, form, metadata};

use super::{Corrected, OpenDraft, Writer, born, name_of_party, unit_of};
use crate::archive::make_view::made;
use crate::archive::next_version::{next_of, put};
use crate::archive::system_signature::signed_text;
use crate::archive::{Archived, Submission};
use crate::derived::oid;
use crate::relationship::compose::PROGRAM;
use crate::{App, AppError, Registry};

/// What a draft would be as a document.
#[derive(Debug, Clone)]
pub struct Looked {
    /// Its view, when one can be made.
    pub view: Option<String>,
    /// Every fault that archiving would tell; empty when it would be archived.
    pub faults: Vec<Fault>,
    /// What would be remarked on.
    pub remarks: Vec<Fault>,
    /// Who is to sign it.
    pub signing: ToSign,
}

/// Who is to sign what a draft becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSign {
    /// Whose signature such a document needs.
    pub needed: Needed,
    /// How much it weighs that it has none such.
    pub level: ConformanceLevel,
    /// The organisation whose system signs it here when nobody else has; `None`: the archive has no key of it.
    pub system: Option<Oid>,
    /// What a professional's signature is made over, outside the archive: it names the parts of the document as it
    /// stands, by their digests.
    pub text: String,
}

impl App {
    /// Makes the document of an open draft and checks it as archiving would; nothing is kept but a line in the log.
    ///
    /// # Errors
    /// [`AppError::Denied`] for one who may not archive into the case; logged.
    ///
    /// Source: CAS-1, ARC-2, ARC-5.
    pub fn look_at_draft(
        &self,
        caller: &Caller,
        writer: &Writer,
        open: &OpenDraft,
    ) -> Result<Looked, AppError> {
        let now = self.clock.now();
        let registry = self.registry();
        let submission = submission(&registry, caller, writer, open);
        let view =
            submission.part(Part::View).map(|view| String::from_utf8_lossy(view).into_owned());
        let mut checked = self.check_in_the_making(caller, &submission, Vec::new(), now)?;
        if view.is_none() {
            checked.faults.retain(|fault| fault.element != "parts");
        }
        let codes = checked.faults.iter().map(Fault::code).collect();
        let sound = checked.faults.is_empty();
        let outcome = if sound { Outcome::Done } else { Outcome::Refused(codes) };
        self.log(caller, Event::Check, outcome, now)?;
        let specific = open.paper.structure.specific_type().unwrap_or_default();
        let (controller, group) = (&open.facts_of_case.controller, DocumentGroup::LaterPhase);
        let signing = ToSign {
            needed: needed(group, Some(general_type(specific))),
            level: self.signature_trust().levels.level_for(Some(controller), Some(group)),
            system: self.system_that_signs(caller, controller),
            text: signed_text(&submission),
        };
        Ok(Looked { view, faults: checked.faults, remarks: checked.remarks, signing })
    }

    /// Archives the document of an open draft; the draft is gone then. When the program ends between the two, the
    /// draft is found archived when it is opened next, for its document's identifier is its own. `signature` is a
    /// professional's own, made over [`ToSign::text`]; without it the organisation's system signs, where the archive
    /// has its key.
    ///
    /// # Errors
    /// As [`App::archive_document`]; [`AppError::NotSigned`]. The draft stays.
    ///
    /// Source: CAS-1, CAS-2, ARC-6, ARC-13.
    pub fn archive_draft(
        &self,
        caller: &Caller,
        writer: &Writer,
        open: &OpenDraft,
        signature: Option<&str>,
    ) -> Result<Archived, AppError> {
        let registry = self.registry();
        let mut submission = submission(&registry, caller, writer, open);
        if let Some(signature) = signature {
            submission.parts.push((Part::Signature, signature.trim().as_bytes().to_vec()));
        } else {
            let named = (&open.facts_of_case.controller, &open.paper.document);
            let now = self.clock.now();
            submission = self.signed_by_system(caller, submission, named, now)?;
        }
        let archived = self.archive_document(caller, submission)?;
        let number = open.number;
        self.store.write::<_, AppError>(move |tx| Ok(tx.delete_draft(number)?))?;
        Ok(archived)
    }
}

/// The document as it would be sent: the content without what was left empty, its view, and its metadata. It was written
/// when the draft was saved last, so that the same edition makes the same document, and what was signed is what is archived.
fn submission(
    registry: &Registry,
    caller: &Caller,
    writer: &Writer,
    open: &OpenDraft,
) -> Submission {
    let finished: Content = form::finished(&open.paper.structure, &open.draft.content);
    let mut submission = Submission {
        metadata: match &open.corrects {
            Some(before) => next(registry, caller, writer, open, before),
            None => first(registry, caller, writer, open).to_string(),
        }
        .into_bytes(),
        parts: vec![(Part::Structured, content::write(&finished).into_bytes())],
    };
    // Without a view the checks tell what keeps it from being made.
    if let Some(view) = made(&submission, registry, open.paper.language) {
        submission.parts.push((Part::View, view.into_bytes()));
    }
    submission
}

/// The metadata of the next version of a document: by who corrects it, and for the rest as the version before has them. In a
/// joint case the time of writing says whom a document concerns, and stays.
///
/// Source: ARC-3, REL-4; own-choices.
fn next(
    registry: &Registry,
    caller: &Caller,
    writer: &Writer,
    open: &OpenDraft,
    before: &Corrected,
) -> String {
    let Ok((raw, _)) = metadata::read(&before.record) else { return "{}".to_owned() };
    let replaced = (&before.document, &*open.draft.reason);
    let mut raw = next_of(raw, &open.paper.document, replaced, before.next, open.begun_at);
    let unit_before = oid(&raw, Element::ServiceUnitId);
    let mut set = |element, value: Option<&str>| put(&mut raw, element, value);
    if !before.joint {
        set(Element::WrittenAt, Some(&open.saved_at.to_string()));
    }
    set(Element::ProfessionalGivenNames, Some(&writer.given_names));
    set(Element::ProfessionalFamilyName, Some(&writer.family_name));
    set(Element::ProfessionalNumber, writer.registration_number.as_deref());
    if let Some(unit) = unit_of(caller).filter(|unit| unit_before.as_ref() != Some(*unit)) {
        set(Element::ServiceUnitId, Some(unit.as_str()));
        set(Element::ServiceUnitName, Some(&name_of_party(registry, unit)));
        set(Element::OperatingUnitId, None);
        set(Element::OperatingUnitName, None);
    }
    let own = caller.owns(&open.facts_of_case.controller);
    let producer = (!own).then_some(&caller.organisation);
    set(Element::ProducerId, producer.map(Oid::as_str));
    set(Element::ProducerName, producer.map(|id| name_of_party(registry, id)).as_deref());
    // A producer's word is no decision of the organiser's: who corrects it says anew whether guardians see the document.
    if open.minor || before.is_others {
        let guardians = Some(&*open.draft.guardians).filter(|code| !code.is_empty());
        set(Element::GuardianDisclosure, guardians);
    }
    metadata::write_raw(&raw)
}

/// The metadata of a new document.
fn first(
    registry: &Registry,
    caller: &Caller,
    writer: &Writer,
    open: &OpenDraft,
) -> serde_json::Value {
    let case = &open.facts_of_case;
    let party = |id: &Oid| json!({ "id": id.as_str(), "name": name_of_party(registry, id) });
    let document = open.paper.document.as_str();
    let specific = open.paper.structure.specific_type().unwrap_or_default();
    let mut client = json!({
        "given_names": case.name.given, "family_name": case.name.family,
    });
    match &case.client {
        ClientIdentifier::Code(code) => client["identity_code"] = code.reveal().into(),
        ClientIdentifier::Temporary(id) => {
            client["temporary_id"] = json!({
                "root": id.root().as_str(), "extension": id.reveal(),
            });
        }
    }
    if let Some(born) = born(&case.client) {
        client["birth_date"] = born.to_string().into();
    }
    let mut professional = json!({
        "given_names": writer.given_names, "family_name": writer.family_name,
    });
    if let Some(number) = &writer.registration_number {
        professional["registration_number"] = number.as_str().into();
    }
    let mut told = json!({
        "document_id": document, "set_id": document, "version": 1,
        "group": DocumentGroup::LaterPhase.code(),
        "general_type": general_type(specific), "specific_type": specific,
        "structure": open.paper.structure.oid.as_str(),
        "written_at": open.saved_at.to_string(), "created_at": open.begun_at.to_string(),
        "language": open.paper.language.tag(),
        "confidentiality": "6",
        "client": client,
        "professional": professional,
        "controller": party(&case.controller),
        "organiser": party(&case.controller),
        "case_id": case.case.as_str(), "service_task": case.service_task,
        "view_format": "2", "structured_format": "5",
        "software": { "manufacturer": "Varanto", "product": "Varanto", "version": PROGRAM },
        "record_state": "3", "register_type": "1", "retention_class": "1", "special_content": "E",
    });
    if let Some(unit) = unit_of(caller) {
        told["service_unit"] = party(unit);
    }
    if !caller.owns(&case.controller) {
        told["producer"] = party(&caller.organisation);
    }
    if !open.draft.guardians.is_empty() {
        told["guardian_disclosure"] = open.draft.guardians.as_str().into();
    }
    told
}

/// The general type of a specific one: the code without its last three digits.
///
/// Source: national-specs annex B; own-choices.
fn general_type(specific: &str) -> &str {
    &specific[..specific.len().saturating_sub(3)]
}
