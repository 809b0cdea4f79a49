//! Examining a submission: everything that can be told without asking what is archived.

use std::sync::Arc;

use varanto_domain::access::{Caller, Who};
use varanto_domain::archive::documents::{DocumentGroup, Form, Part};
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::{self, Against, Metadata};
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_domain::archive::parties;
use varanto_domain::archive::references::{Naming, RegisterContent};
use varanto_domain::archive::register_documents::{
    CaseContent, RelationshipContent, client_document_disagreement,
};
use varanto_domain::archive::view_agreement::{self, ShownView};
use varanto_domain::codes::CodeSets;
use varanto_domain::disclosure::{PermissionContent, RefusalContent};
use varanto_domain::faults::{Fault, FaultKind, Stage};
use varanto_domain::ids::Oid;
use varanto_domain::relationship::RelationshipUnits;
use varanto_domain::structures::{self, ConditionFacts, Content, Structure};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::{content, metadata as metadata_format, xhtml};

use super::archive_document::Submission;
use super::pdf_file::PdfRules;
use crate::{Registry, StructureState};

/// What an examination found.
pub(super) struct Examined {
    /// The metadata, when they hold.
    pub(super) metadata: Option<Metadata>,
    /// What its references hang on, as far as it is sound.
    pub(super) naming: Option<Naming>,
    /// The form of the content, when the parts make one.
    pub(super) form: Option<Form>,
    /// The structure of a structured document.
    pub(super) structure: Option<Arc<Structure>>,
    /// What a relationship or case document says, or one of what the client permits and refuses.
    pub(super) register_content: RegisterContent,
    /// Every fault, each with its stage.
    pub(super) faults: Vec<Fault>,
    /// What keeps nothing out, and is told all the same.
    pub(super) remarks: Vec<Fault>,
}

/// What a submission is examined by.
#[derive(Clone, Copy)]
pub(super) struct ExaminedBy<'a> {
    /// Who sends it; without one, the organisations are not judged.
    pub(super) caller: Option<&'a Caller>,
    /// What is loaded.
    pub(super) registry: &'a Registry,
    /// How PDF files are judged.
    pub(super) pdf: &'a PdfRules,
    /// When.
    pub(super) now: Instant,
}

/// The faults found so far; what is added is marked with the stage it was found in.
struct Found(Vec<Fault>);

impl Found {
    fn add(&mut self, stage: Stage, faults: impl IntoIterator<Item = Fault>) {
        self.0.extend(faults.into_iter().map(|fault| fault.at(stage)));
    }

    /// Faults of codes belong to their own stage.
    fn add_metadata(&mut self, faults: impl IntoIterator<Item = Fault>) {
        self.0.extend(faults.into_iter().map(|fault| {
            let stage = match fault.kind {
                FaultKind::UnknownCode | FaultKind::CodeNotInForce => Stage::CodeSets,
                _ => Stage::Header,
            };
            fault.at(stage)
        }));
    }
}

/// Examines metadata, content and view, each fault told. Source: ARC-1, ARC-2, ARC-5.
///
/// `sent` are the faults of how it was sent, told with the rest.
pub(super) fn examine(submission: &Submission, sent: Vec<Fault>, by: &ExaminedBy<'_>) -> Examined {
    let (registry, now) = (by.registry, by.now);
    let form = submission.form();
    let mut faults = Found(Vec::new());
    faults.add(Stage::Mime, sent);
    let raw = match metadata_format::read(&submission.metadata) {
        // That there is none was told with how it was sent.
        _ if faults.0.iter().any(|fault| fault.element == "metadata") => RawMetadata::default(),
        Ok((raw, found)) => {
            faults.add(Stage::Header, found);
            raw
        }
        Err(fault) => {
            faults.add(Stage::WellFormed, [fault]);
            RawMetadata::default()
        }
    };
    let unreadable = faults.0.iter().any(|fault| fault.element.starts_with("metadata"));
    if form.is_none() {
        faults.add(Stage::Mime, [wrong_parts(submission)]);
    }
    let structure = structure_of(&raw, form, registry, now, &mut faults);
    let document = text(&raw, Element::DocumentId).and_then(|id| Oid::parse(id).ok());
    let mut remarks = check_pdf(submission, &raw, by.pdf, &mut faults);
    let shown = check_view(submission, document.as_ref(), form, &mut faults, &mut remarks);
    let content = read_structured(submission, form, &mut faults);
    let today = FinnishDay::of(now);
    let register_content = register_content(&raw, content.as_ref(), registry.code_sets(), today);
    let mut accepted = None;
    if let (Some(structure), Some(content)) = (&structure, &content) {
        let mut facts = condition_facts(&raw, structure, &register_content, today);
        facts.made_in_client_system = !by_citizen(&raw, by.caller);
        let sound = check_structured(structure, content, &facts, registry.code_sets(), &mut faults);
        accepted = sound.then_some((structure, content));
    }
    let case_closed = matches!(&register_content, RegisterContent::Case(case) if case.closed);
    let against = Against { form, code_sets: registry.code_sets(), case_closed, now };
    let metadata = if unreadable { Err(Vec::new()) } else { metadata::check(&raw, &against) };
    let metadata = metadata.map_err(|found| faults.add_metadata(found)).ok();
    if let Some(caller) = by.caller {
        faults.add(Stage::Header, parties::check(&raw, caller, registry.registers()));
        let found = match &register_content {
            RegisterContent::Relationship(said) => unit_faults(&said.units, &raw, registry, today),
            RegisterContent::Case(said) => unit_faults(&said.units, &raw, registry, today),
            RegisterContent::Refusals(said) => said.unknown_controllers(registry.registers()),
            RegisterContent::Permission(_) | RegisterContent::None => Vec::new(),
        };
        faults.add(Stage::Conditions, found);
    }
    faults.add(Stage::Header, check_form(&raw, form));
    if let Some(metadata) = &metadata {
        let found = match &register_content {
            RegisterContent::Relationship(relationship) => relationship.disagreements(metadata),
            RegisterContent::Case(case) => case.disagreements(metadata),
            RegisterContent::Refusals(refusals) => {
                untold(refusals.disagreements(metadata), &faults)
            }
            RegisterContent::Permission(permission) => {
                untold(permission.disagreements(metadata), &faults)
            }
            RegisterContent::None => structure
                .as_ref()
                .zip(content.as_ref())
                .and_then(|(structure, content)| {
                    client_document_disagreement(&structure.root, content, metadata)
                })
                .into_iter()
                .collect(),
        };
        faults.add(Stage::Conditions, found);
        if let (Some(shown), Some((structure, content))) = (&shown, accepted) {
            let agreement = view_agreement::compare(shown, structure, content, metadata.into());
            faults.add(Stage::View, agreement.faults);
            remarks.extend(agreement.remarks.into_iter().map(|remark| remark.at(Stage::View)));
        }
    }
    let sound = metadata.as_ref().map(Naming::of);
    let naming = sound.or_else(|| Naming::of_faulty(&raw, &faults.0));
    Examined { metadata, naming, form, structure, register_content, faults: faults.0, remarks }
}

/// What was not told of the same element before: the structure may know the same rule.
fn untold(mut found: Vec<Fault>, told: &Found) -> Vec<Fault> {
    found.retain(|fault| told.0.iter().all(|before| before.element != fault.element));
    found
}

/// The subject group of a shelter's documents, as published.
const SHELTER_SUBJECT: &str = "Turvakotipalvelun asiakasasiakirjat";

fn text<'a>(raw: &'a RawMetadata<'_>, element: Element) -> Option<&'a str> {
    match raw.get(element) {
        Some(RawValue::Text(text)) => Some(text),
        _ => None,
    }
}

/// The day on which the document was written.
fn written_day(raw: &RawMetadata<'_>, today: FinnishDay) -> FinnishDay {
    text(raw, Element::WrittenAt).and_then(Instant::parse).map_or(today, FinnishDay::of)
}

/// The controller and the organiser.
fn organisers(raw: &RawMetadata<'_>) -> Vec<Oid> {
    let named = [Element::ControllerId, Element::OrganiserId];
    named.iter().filter_map(|element| Oid::parse(text(raw, *element)?).ok()).collect()
}

/// The units that a register document names, against the organisation register.
fn unit_faults(
    units: &RelationshipUnits,
    raw: &RawMetadata<'_>,
    registry: &Registry,
    today: FinnishDay,
) -> Vec<Fault> {
    units.faults(&organisers(raw), written_day(raw, today), registry.registers())
}

fn wrong_parts(submission: &Submission) -> Fault {
    let content = submission.parts.iter().map(|(part, _)| part).filter(|part| part.is_content());
    let sent: Vec<&str> = content.map(|part| part.name()).collect();
    Fault::new(FaultKind::WrongParts, "parts", "ARC-1")
        .value(sent.join(" + "))
        .arg("expected", "structured + view, view, pdf")
}

/// Which groups take which forms: register documents are always structured; documents of phase I
/// are views, old ones views or PDF files.
fn check_form(raw: &RawMetadata<'_>, form: Option<Form>) -> Option<Fault> {
    let form = form?;
    let group = text(raw, Element::Group).and_then(DocumentGroup::of_code)?;
    let fits = match group {
        group if group.always_structured() => form == Form::Structured,
        DocumentGroup::PhaseOne => form == Form::Xhtml,
        DocumentGroup::Old => form != Form::Structured,
        _ => true,
    };
    let expected = match group {
        DocumentGroup::PhaseOne => "view",
        DocumentGroup::Old => "view, pdf",
        _ => "structured + view",
    };
    let sent: Vec<&str> = form.parts().iter().map(|part| part.name()).collect();
    (!fits).then(|| {
        Fault::new(FaultKind::WrongParts, "parts", "ARC-1")
            .value(sent.join(" + "))
            .arg("expected", expected)
    })
}

fn structure_of(
    raw: &RawMetadata<'_>,
    form: Option<Form>,
    registry: &Registry,
    now: Instant,
    faults: &mut Found,
) -> Option<Arc<Structure>> {
    let oid = Oid::parse(text(raw, Element::Structure)?).ok()?;
    if form != Some(Form::Structured) {
        return None;
    }
    let fault = |kind| Fault::new(kind, Element::Structure.path(), "ARC-5").value(oid.as_str());
    let Some(entry) = registry.structure(&oid) else {
        let known: Vec<String> = registry
            .structures()
            .filter(|entry| oid.is_under_text(&entry.structure.type_oid()))
            .map(|entry| entry.structure.oid.to_string())
            .collect();
        let unknown = fault(FaultKind::UnknownStructure).arg("known", known.join(", "));
        faults.add(Stage::Schema, [unknown]);
        return None;
    };
    let day = text(raw, Element::WrittenAt).and_then(Instant::parse).unwrap_or(now);
    let day = FinnishDay::of(day);
    let withdrawn = entry.state == StructureState::Withdrawn;
    if withdrawn || day < entry.structure.first_day {
        let last = if withdrawn { "withdrawn" } else { "" };
        let not_in_force = fault(FaultKind::StructureNotInForce)
            .arg("first", entry.structure.first_day)
            .arg("last", last);
        faults.add(Stage::Schema, [not_in_force]);
    }
    Some(Arc::clone(&entry.structure))
}

/// The view of a structured document is tied to it and has the nation's form; one that stands alone
/// need only be safe. Answers what a structured document's view shows.
fn check_view(
    submission: &Submission,
    document: Option<&Oid>,
    form: Option<Form>,
    faults: &mut Found,
    remarks: &mut Vec<Fault>,
) -> Option<ShownView> {
    let view = submission.part(Part::View)?;
    if form != Some(Form::Structured) {
        faults.add(Stage::View, xhtml::check(view, None));
        return None;
    }
    let examined = xhtml::examine(view, document);
    let sound = examined.faults.is_empty();
    faults.add(Stage::View, examined.faults);
    remarks.extend(examined.remarks.into_iter().map(|remark| remark.at(Stage::View)));
    sound.then_some(examined.shown)
}

/// Judges the PDF file at the level that holds for the controller's documents of this group; answers
/// the remarks.
fn check_pdf(
    submission: &Submission,
    raw: &RawMetadata<'_>,
    rules: &PdfRules,
    faults: &mut Found,
) -> Vec<Fault> {
    let Some(file) = submission.part(Part::Pdf) else { return Vec::new() };
    let controller = text(raw, Element::ControllerId).and_then(|id| Oid::parse(id).ok());
    let group = text(raw, Element::Group).and_then(DocumentGroup::of_code);
    let found = rules.check(file, rules.levels.level_for(controller.as_ref(), group));
    faults.add(Stage::View, found.faults);
    found.remarks.into_iter().map(|remark| remark.at(Stage::View)).collect()
}

fn read_structured<'a>(
    submission: &'a Submission,
    form: Option<Form>,
    faults: &mut Found,
) -> Option<Content<'a>> {
    let bytes = submission.part(Part::Structured)?;
    match content::read(bytes, Part::Structured.name()) {
        Ok(content) => (form == Some(Form::Structured)).then_some(content),
        Err(fault) => {
            faults.add(Stage::Schema, [fault]);
            None
        }
    }
}

/// Answers whether the structure itself accepts the content.
fn check_structured(
    structure: &Structure,
    content: &Content<'_>,
    facts: &ConditionFacts,
    code_sets: &CodeSets,
    faults: &mut Found,
) -> bool {
    let found = structures::check(structure, content);
    let sound = found.is_empty();
    faults.add(Stage::Schema, found);
    let codes = structures::check_codes(structure, content, code_sets, facts.day);
    faults.add(Stage::CodeSets, codes);
    faults.add(Stage::Conditions, structures::check_identity_codes(structure, content));
    if sound {
        faults.add(Stage::Conditions, structures::check_conditions(structure, content, facts));
    }
    sound
}

/// What a document of a group that rows follow from says.
pub(crate) fn register_content(
    raw: &RawMetadata<'_>,
    content: Option<&Content<'_>>,
    code_sets: &CodeSets,
    today: FinnishDay,
) -> RegisterContent {
    let group = text(raw, Element::Group).and_then(DocumentGroup::of_code);
    match (group, content) {
        (Some(DocumentGroup::Relationship), Some(content)) => {
            RegisterContent::Relationship(RelationshipContent::read(content))
        }
        (Some(DocumentGroup::Case), Some(content)) => {
            RegisterContent::Case(CaseContent::read(content, code_sets, today))
        }
        (Some(DocumentGroup::Refusal), Some(content)) => {
            RegisterContent::Refusals(RefusalContent::read(content))
        }
        (Some(DocumentGroup::Permission), Some(content)) => {
            RegisterContent::Permission(PermissionContent::read(content))
        }
        _ => RegisterContent::None,
    }
}

/// Whether a citizen said what a document says, at the archive's own door: of one that nobody sends, whether it names
/// neither author nor unit.
fn by_citizen(raw: &RawMetadata<'_>, caller: Option<&Caller>) -> bool {
    let named = [Element::ProfessionalFamilyName, Element::ServiceUnitId];
    caller.map_or_else(
        || named.iter().all(|element| raw.get(*element).is_none()),
        |caller| matches!(caller.who, Who::Citizen { .. }),
    )
}

/// Documents of a shelter's service are known by their structures' subject group. A relationship
/// document does not tell which service it is about, so there the condition is left to the
/// controller.
fn condition_facts(
    raw: &RawMetadata<'_>,
    structure: &Structure,
    content: &RegisterContent,
    today: FinnishDay,
) -> ConditionFacts {
    let day = written_day(raw, today);
    let sent = text(raw, Element::ClientBirthDate).and_then(FinnishDay::parse);
    let code = text(raw, Element::ClientIdentityCode);
    let from_code = code
        .and_then(|code| varanto_domain::ids::PersonalIdentityCode::parse(code).ok())
        .map(|code| code.birth_day());
    ConditionFacts {
        client_birth_day: sent.or(from_code),
        shelter_service: structure.subject.as_deref() == Some(SHELTER_SUBJECT),
        case_closed: matches!(content, RegisterContent::Case(case) if case.closed),
        ..ConditionFacts::on(day)
    }
}
