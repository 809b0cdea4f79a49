//! A document's metadata (kuvailutiedot): from what was sent to what may be archived.

use std::borrow::Cow;
use std::sync::Arc;

use super::documents::{
    DocumentGroup, Form, service_tasks_of_2011_begin, service_tasks_of_2016_begin,
};
use super::elements::{Condition, Element, ElementKind, Obligation};
use crate::codes::{CodeSets, CodeVerdict, ServiceTask, ValidationLevel, sets};
use crate::faults::{Fault, FaultKind};
use crate::ids::{
    ClientIdentifier, IdentityCodeError, Oid, PersonalIdentityCode, TemporaryIdentifier,
    TemporaryIdentifierError,
};
use crate::relationship::Road;
use crate::structures;
use crate::time::{FinnishDay, Instant};

/// A metadata value as it was sent, before anything is known of its form.
#[derive(Debug, Clone, PartialEq)]
pub enum RawValue<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A whole number.
    Whole(i64),
    /// Yes or no.
    Switch(bool),
    /// Something no element takes: the name of its JSON type.
    Unfit(&'static str),
}

/// Metadata as sent: the elements that were there. Unknown ones never come this far.
#[derive(Debug, Clone)]
pub struct RawMetadata<'a> {
    /// One place for each element of the table.
    values: Vec<Option<RawValue<'a>>>,
}

impl Default for RawMetadata<'_> {
    fn default() -> Self {
        Self { values: vec![None; Element::ALL.len()] }
    }
}

impl<'a> RawMetadata<'a> {
    /// Adds an element. The reader sees to it that none comes twice.
    pub fn insert(&mut self, element: Element, value: RawValue<'a>) {
        self.values[element as usize] = Some(value);
    }

    /// Takes an element out.
    pub fn remove(&mut self, element: Element) {
        self.values[element as usize] = None;
    }

    /// The value of an element, if it was sent.
    #[must_use]
    pub fn get(&self, element: Element) -> Option<&RawValue<'a>> {
        self.values[element as usize].as_ref()
    }

    /// The elements of which these metadata and others do not say the same. How a moment or an OID is
    /// written is no difference.
    ///
    /// Source: ARC-6, ARC-15.
    #[must_use]
    pub fn differences(&self, other: &RawMetadata<'_>) -> Vec<Element> {
        let same = |element: Element| match (self.get(element), other.get(element)) {
            (Some(RawValue::Text(one)), Some(RawValue::Text(other))) => {
                one == other || same_text(element.row().kind, one, other)
            }
            (one, other) => one == other,
        };
        Element::ALL.iter().copied().filter(|element| !same(*element)).collect()
    }

    pub(super) fn text(&self, element: Element) -> Option<&str> {
        match self.get(element) {
            Some(RawValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The client's identity code, or else the temporary identifier, when it reads.
    pub(super) fn client_identifier(&self) -> Option<ClientIdentifier> {
        identity_code(self)
            .map(ClientIdentifier::Code)
            .or_else(|| temporary_identifier(self).map(ClientIdentifier::Temporary))
    }
}

/// Whether two texts say the same in the form of their element; texts without that form say nothing.
fn same_text(kind: ElementKind, one: &str, other: &str) -> bool {
    fn alike<T: PartialEq>(texts: [&str; 2], read: impl Fn(&str) -> Option<T>) -> bool {
        let [one, other] = texts.map(read);
        one.is_some() && one == other
    }
    match kind {
        ElementKind::Oid | ElementKind::OwnOid | ElementKind::PartyOid => {
            alike([one, other], |text| Oid::parse_either(text).ok())
        }
        ElementKind::Instant => alike([one, other], Instant::parse),
        ElementKind::Day => alike([one, other], FinnishDay::parse),
        ElementKind::Language => one.eq_ignore_ascii_case(other),
        _ => false,
    }
}

/// The client a document is about.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientFacts {
    /// By what the client is known: the identity code where there is one.
    pub identifier: ClientIdentifier,
    /// The temporary identifier that came beside an identity code.
    pub earlier_identifier: Option<TemporaryIdentifier>,
    /// Etunimet.
    pub given_names: PersonName,
    /// Kutsumanimi.
    pub call_name: Option<PersonName>,
    /// Sukunimi.
    pub family_name: PersonName,
    /// Sukupuoli, a code.
    pub sex: Option<Arc<str>>,
    /// Syntymäaika.
    pub birth_date: Option<FinnishDay>,
    /// Turvakielto.
    pub non_disclosure: Option<bool>,
}

impl ClientFacts {
    /// The temporary identifier, alone or beside an identity code.
    #[must_use]
    pub fn temporary_identifier(&self) -> Option<&TemporaryIdentifier> {
        match &self.identifier {
            ClientIdentifier::Code(_) => self.earlier_identifier.as_ref(),
            ClientIdentifier::Temporary(temporary) => Some(temporary),
        }
    }

    /// The day of birth: as sent, else as the identity code states it.
    #[must_use]
    pub fn birth_day(&self) -> Option<FinnishDay> {
        self.birth_date.or(match &self.identifier {
            ClientIdentifier::Code(code) => Some(code.birth_day()),
            ClientIdentifier::Temporary(_) => None,
        })
    }
}

/// A client's name. `Debug` is masked.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonName(Arc<str>);

impl PersonName {
    /// The name. Never for logs, metrics or error texts.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PersonName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// A free text of the metadata. `Debug` is masked.
pub type FreeText = PersonName;

/// An organisation or unit named in the metadata: its OID, and its name as it was that day.
#[derive(Debug, Clone, PartialEq)]
pub struct Party {
    /// Its OID.
    pub id: Oid,
    /// Its name, as written into the document.
    pub name: Option<Arc<str>>,
}

/// The professional who made the document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Professional {
    /// Registration number (Terhikki or Suosikki).
    pub registration_number: Option<Arc<str>>,
    /// Etunimet.
    pub given_names: Option<Arc<str>>,
    /// Sukunimi.
    pub family_name: Option<Arc<str>>,
}

/// What a later version replaces.
#[derive(Debug, Clone, PartialEq)]
pub struct Replaces {
    /// The version replaced.
    pub document: Oid,
    /// Why, a code.
    pub reason: Option<Arc<str>>,
    /// The code set of the reason, when it is not our own.
    pub reason_set: Option<Oid>,
}

/// The service task of a document made before the 2016 classification.
#[derive(Debug, Clone, PartialEq)]
pub struct OriginalTask {
    /// `1989` or `2011`.
    pub code_set: Arc<str>,
    /// The code in that set.
    pub code: Arc<str>,
}

/// The system that made the document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Software {
    /// Its maker.
    pub manufacturer: Option<Arc<str>>,
    /// Its name.
    pub product: Option<Arc<str>>,
    /// Its version.
    pub version: Option<Arc<str>>,
}

/// Metadata that hold: every obligatory element there, every value of its form (ARC-2).
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is the element of the same name in the table")]
pub struct Metadata {
    pub document_id: Oid,
    pub set_id: Oid,
    pub version: u32,
    pub replaces: Option<Replaces>,
    pub group: DocumentGroup,
    pub general_type: Option<Arc<str>>,
    pub specific_type: Option<Arc<str>>,
    pub structure: Option<Oid>,
    pub written_at: Instant,
    pub created_at: Instant,
    pub language: Option<Arc<str>>,
    pub confidentiality: Arc<str>,
    pub client: ClientFacts,
    pub professional: Professional,
    pub controller: Party,
    pub organiser: Option<Party>,
    pub service_unit: Option<Party>,
    pub operating_unit: Option<Party>,
    pub producer: Option<Party>,
    pub guardian_disclosure: Option<Arc<str>>,
    pub case_id: Option<Oid>,
    pub case_opened_on: Option<FinnishDay>,
    pub case_closed_on: Option<FinnishDay>,
    pub relationship_id: Option<Oid>,
    pub view_format: Arc<str>,
    pub structured_format: Option<Arc<str>>,
    pub software: Software,
    pub service_task: Option<Arc<str>>,
    pub original_service_task: Option<OriginalTask>,
    pub record_state: Arc<str>,
    pub register_type: Arc<str>,
    pub retention_class: Arc<str>,
    pub special_content: Option<Arc<str>>,
    pub inaccessible_reason: Option<Arc<str>>,
    pub restriction_argument: Option<FreeText>,
    pub display_delay_until: Option<FinnishDay>,
    pub service_process: Option<Arc<str>>,
    pub main_document: Option<Oid>,
}

impl Metadata {
    /// The unit that made the document: the service unit, or for old documents the operating unit.
    #[must_use]
    pub fn unit(&self) -> Option<&Party> {
        self.service_unit.as_ref().or(self.operating_unit.as_ref())
    }
}

/// What the metadata are checked against.
#[derive(Clone, Copy)]
pub struct Against<'a> {
    /// The form of the content that came with them; `None` when the parts make none.
    pub form: Option<Form>,
    /// The code sets.
    pub code_sets: &'a CodeSets,
    /// Whether a closed case is spoken of (a case document in state closed).
    pub case_closed: bool,
    /// Now: nothing may have been written later.
    pub now: Instant,
}

/// Makes metadata of what was sent, or tells every fault in it.
///
/// Every element is checked for itself and against the obligations of the document's group; then the
/// elements against each other. Only when all hold is there metadata.
///
/// # Errors
/// All faults at once, in the table's order. Source: ARC-2; national-specs 2.1 to 2.4.
pub fn check(raw: &RawMetadata<'_>, against: &Against<'_>) -> Result<Metadata, Vec<Fault>> {
    let mut faults = Vec::new();
    // Codes are judged on the day the document was written; a day of it is worked out once.
    let day = written_day(raw).unwrap_or_else(|| FinnishDay::of(against.now));
    let judged = (against.code_sets, day);
    let group = group_of(raw, &mut faults);
    for element in Element::ALL.iter().copied() {
        if let Some(value) = raw.get(element) {
            check_value(raw, element, value, judged, &mut faults);
        }
        if let Some(group) = group {
            check_obligation(raw, element, group, against, &mut faults);
        }
    }
    check_together(raw, group, against, &mut faults);
    match (group, faults.is_empty()) {
        (Some(group), true) => Ok(assemble(raw, group)),
        _ => Err(faults),
    }
}

fn group_of(raw: &RawMetadata<'_>, faults: &mut Vec<Fault>) -> Option<DocumentGroup> {
    match raw.get(Element::Group) {
        None => {
            faults.push(missing(Element::Group));
            None
        }
        Some(RawValue::Text(code)) => {
            let group = DocumentGroup::of_code(code);
            if group.is_none() && !code.is_empty() {
                let known = DocumentGroup::ALL.map(DocumentGroup::code).join(", ");
                faults.push(
                    fault_of(FaultKind::UnknownCode, Element::Group, code)
                        .arg("code_set", sets::DOCUMENT_GROUP)
                        .arg("allowed", known),
                );
            }
            group
        }
        Some(_) => None,
    }
}

fn missing(element: Element) -> Fault {
    fault(FaultKind::MissingElement, element).arg("name", element.path())
}

fn fault(kind: FaultKind, element: Element) -> Fault {
    Fault::new(kind, element.path(), "ARC-2")
}

/// A fault that shows the value, unless it is client data.
fn fault_of(kind: FaultKind, element: Element, value: &str) -> Fault {
    let fault = fault(kind, element);
    if element.row().personal { fault } else { fault.value(value) }
}

fn check_obligation(
    raw: &RawMetadata<'_>,
    element: Element,
    group: DocumentGroup,
    against: &Against<'_>,
    faults: &mut Vec<Fault>,
) {
    let there = raw.get(element).is_some();
    match element.obligation(group) {
        Obligation::Obligatory if !there && element != Element::Group => {
            faults.push(missing(element));
        }
        Obligation::Forbidden if there => {
            faults.push(fault(FaultKind::ForbiddenElement, element).arg("name", element.path()));
        }
        Obligation::Conditional(condition) => {
            let holds = condition_holds(condition, raw, against);
            if holds && !there {
                faults.push(
                    fault(FaultKind::MissingConditionalElement, element)
                        .arg("name", element.path())
                        .arg("condition", condition.code()),
                );
            } else if !holds && there && !condition.optional_otherwise() {
                faults.push(
                    fault(FaultKind::ForbiddenElement, element)
                        .arg("name", element.path())
                        .arg("condition", condition.code()),
                );
            }
        }
        _ => {}
    }
}

/// Whether the condition holds, as far as the elements that decide it can be read.
fn condition_holds(condition: Condition, raw: &RawMetadata<'_>, against: &Against<'_>) -> bool {
    match condition {
        Condition::LaterVersion => {
            matches!(raw.get(Element::Version), Some(RawValue::Whole(version)) if *version > 1)
        }
        Condition::Structured => against.form == Some(Form::Structured),
        Condition::NoTemporaryIdentifier => raw.get(Element::ClientTemporaryId).is_none(),
        Condition::NoIdentityCode => raw.get(Element::ClientIdentityCode).is_none(),
        Condition::Minor => client_is_minor(raw),
        Condition::BeforeServiceTasksOf2016 => {
            written_day(raw).is_some_and(|day| day < service_tasks_of_2016_begin())
        }
        Condition::HeldBack => {
            raw.text(Element::SpecialContent) == Some("K")
                || raw.get(Element::DisplayDelay).is_some()
        }
        Condition::NoServiceUnit => raw.get(Element::ServiceUnitId).is_none(),
        Condition::CaseClosed => against.case_closed,
    }
}

fn written_day(raw: &RawMetadata<'_>) -> Option<FinnishDay> {
    raw.text(Element::WrittenAt).and_then(Instant::parse).map(FinnishDay::of)
}

fn client_is_minor(raw: &RawMetadata<'_>) -> bool {
    let sent = raw.text(Element::ClientBirthDate).and_then(FinnishDay::parse);
    let from_code = || identity_code(raw).map(|code| code.birth_day());
    match (sent.or_else(from_code), written_day(raw)) {
        (Some(born), Some(day)) => born.years_until(day) < 18,
        _ => false,
    }
}

fn check_value(
    raw: &RawMetadata<'_>,
    element: Element,
    value: &RawValue<'_>,
    judged: (&CodeSets, FinnishDay),
    faults: &mut Vec<Fault>,
) {
    let wrong_type =
        |expected: &'static str| fault(FaultKind::WrongType, element).arg("expected", expected);
    match (element.row().kind, value) {
        (ElementKind::Number, RawValue::Whole(number)) => {
            if !(1..=i64::from(u32::MAX)).contains(number) {
                faults.push(
                    fault_of(FaultKind::WrongForm, element, &number.to_string())
                        .arg("expected", "1…4294967295"),
                );
            }
        }
        (ElementKind::Number, _) => faults.push(wrong_type("number")),
        (ElementKind::Switch, RawValue::Switch(_)) => {}
        (ElementKind::Switch, _) => faults.push(wrong_type("boolean")),
        (kind, RawValue::Text(text)) => {
            faults.extend(check_text(raw, element, kind, text, judged));
        }
        _ => faults.push(wrong_type("string")),
    }
}

fn check_text(
    raw: &RawMetadata<'_>,
    element: Element,
    kind: ElementKind,
    text: &str,
    judged: (&CodeSets, FinnishDay),
) -> Option<Fault> {
    let wrong_form = |expected: &str| {
        Some(fault_of(FaultKind::WrongForm, element, text).arg("expected", expected))
    };
    match kind {
        ElementKind::Oid | ElementKind::OwnOid | ElementKind::PartyOid => {
            Oid::parse(text).is_err().then(|| fault_of(FaultKind::NotAnOid, element, text))
        }
        ElementKind::Text(_) if text.trim().is_empty() => {
            Some(fault(FaultKind::EmptyText, element))
        }
        ElementKind::Text(most) => {
            if text.chars().any(char::is_control) && element != Element::RestrictionArgument {
                return Some(
                    fault(FaultKind::WrongForm, element).arg("expected", "no control characters"),
                );
            }
            (text.chars().count() > usize::from(most))
                .then(|| fault(FaultKind::TooLarge, element).arg("limit", most))
        }
        // Told by `group_of`, because no element can be judged without it.
        ElementKind::Code(_) if element == Element::Group && !text.is_empty() => None,
        // A reason of another set than ours: which sets there are is not public.
        ElementKind::Code(_)
            if element == Element::ReplacesReason
                && raw.get(Element::ReplacesReasonSet).is_some() =>
        {
            let formed = (1..=20).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            if formed { None } else { wrong_form("1–20 letters and digits") }
        }
        ElementKind::Code(code_set) => check_code(element, code_set, text, judged.1, judged.0),
        ElementKind::Choice(choices) if !choices.contains(&text) => wrong_form(&choices.join(", ")),
        ElementKind::Instant if Instant::parse(text).is_none() => {
            wrong_form("2026-03-23T10:54:24+02:00")
        }
        ElementKind::Day if FinnishDay::parse(text).is_none() => wrong_form("2026-03-23"),
        ElementKind::RegistrationNumber
            if text.is_empty() || text.len() > 11 || !text.bytes().all(|b| b.is_ascii_digit()) =>
        {
            wrong_form("1–11 digits")
        }
        ElementKind::Language
            if text.len() != 2 || !text.bytes().all(|b| b.is_ascii_alphabetic()) =>
        {
            wrong_form("fi, sv, …")
        }
        ElementKind::IdentityCode => PersonalIdentityCode::parse(text)
            .err()
            .map(|error| identity_code_fault(element.path(), error)),
        ElementKind::TemporaryIdentifier => check_temporary_identifier(raw, text),
        _ => None,
    }
}

/// The fault that a wrong identity code makes at an element. The code itself is never shown.
#[must_use]
pub fn identity_code_fault(element: &str, error: IdentityCodeError) -> Fault {
    Fault::new(structures::identity_code_fault_kind(error), element, "nat 2.4")
}

fn check_temporary_identifier(raw: &RawMetadata<'_>, extension: &str) -> Option<Fault> {
    let root = Oid::parse(raw.text(Element::ClientTemporaryRoot)?).ok()?;
    let error = TemporaryIdentifier::new(&root, extension).err()?;
    let (element, expected) = match error {
        TemporaryIdentifierError::Root => {
            (Element::ClientTemporaryRoot, "1.2.246.10.<business id>.22.<year>")
        }
        TemporaryIdentifierError::Extension => (Element::ClientTemporaryId, "010111A998W"),
    };
    Some(
        Fault::new(FaultKind::TemporaryIdentifierForm, element.path(), "ARC-11")
            .arg("expected", expected),
    )
}

fn check_code(
    element: Element,
    code_set: &str,
    code: &str,
    day: FinnishDay,
    code_sets: &CodeSets,
) -> Option<Fault> {
    let set = Oid::parse(code_set).expect("the table's code sets are OIDs");
    if code.is_empty() {
        return Some(fault(FaultKind::EmptyText, element));
    }
    match code_sets.judge(&set, code, day) {
        CodeVerdict::Unknown { level: ValidationLevel::Closed, allowed, .. } => Some(
            fault_of(FaultKind::UnknownCode, element, code)
                .arg("code_set", code_set)
                .arg("allowed", allowed.join(", "))
                .arg("allowed_fi", code_sets.named(&set, &allowed, day, |names| Some(&names.fi)))
                .arg(
                    "allowed_sv",
                    code_sets.named(&set, &allowed, day, |names| names.sv.as_deref()),
                ),
        ),
        CodeVerdict::NotInForce { .. } => Some(
            fault_of(FaultKind::CodeNotInForce, element, code)
                .arg("code_set", code_set)
                .arg("day", day),
        ),
        _ => None,
    }
}

/// The rules between elements.
fn check_together(
    raw: &RawMetadata<'_>,
    group: Option<DocumentGroup>,
    against: &Against<'_>,
    faults: &mut Vec<Fault>,
) {
    check_versions(raw, faults);
    check_fixed_values(raw, group, against, faults);
    check_times(raw, against.now, faults);
    check_types(raw, group, faults);
    check_client(raw, faults);
    check_original_task(raw, against, faults);
    if raw.get(Element::ReplacesReasonSet).is_some() && raw.get(Element::ReplacesReason).is_none() {
        faults.push(missing(Element::ReplacesReason));
    }
    let original = (Element::OriginalTaskSet, Element::OriginalTaskCode);
    for (one, other) in [original, (original.1, original.0)] {
        if raw.get(one).is_some() && raw.get(other).is_none() && group == Some(DocumentGroup::Old) {
            let written = written_day(raw);
            if written.is_some_and(|day| day >= service_tasks_of_2016_begin()) {
                faults.push(missing(other));
            }
        }
    }
}

fn disagreement(element: Element, other: Element, rule: &'static str) -> Fault {
    Fault::new(FaultKind::Disagreement, element.path(), rule).arg("other", other.path())
}

fn check_versions(raw: &RawMetadata<'_>, faults: &mut Vec<Fault>) {
    let (Some(RawValue::Whole(version)), Some(document), Some(set)) =
        (raw.get(Element::Version), raw.text(Element::DocumentId), raw.text(Element::SetId))
    else {
        return;
    };
    if *version == 1 && document != set {
        faults.push(
            disagreement(Element::SetId, Element::DocumentId, "nat 2.4")
                .value(set)
                .arg("expected", document),
        );
    }
    if *version > 1 && document == set {
        faults.push(
            disagreement(Element::DocumentId, Element::SetId, "nat 3.4")
                .value(document)
                .arg("expected", "≠ set_id"),
        );
    }
    if raw.text(Element::ReplacesDocument) == Some(document) {
        faults.push(
            disagreement(Element::ReplacesDocument, Element::DocumentId, "nat 3.4")
                .value(document)
                .arg("expected", "≠ document_id"),
        );
    }
}

fn check_fixed_values(
    raw: &RawMetadata<'_>,
    group: Option<DocumentGroup>,
    against: &Against<'_>,
    faults: &mut Vec<Fault>,
) {
    let mut fixed = vec![(Element::RecordState, "3"), (Element::Confidentiality, "6")];
    if let Some(form) = against.form {
        fixed.push((Element::ViewFormat, form.view_format()));
        fixed.push((Element::StructuredFormat, "5"));
    }
    if !matches!(group, Some(DocumentGroup::Permission | DocumentGroup::Refusal)) {
        fixed.push((Element::RegisterType, "1"));
    }
    for (element, expected) in fixed {
        if let Some(found) = raw.text(element)
            && found != expected
            && !found.is_empty()
        {
            faults.push(fault_of(FaultKind::WrongValue, element, found).arg("expected", expected));
        }
    }
}

/// A quarter of an hour: how far a sender's clock may run ahead of ours.
const CLOCK_LEEWAY_MILLIS: i64 = 15 * 60 * 1000;

/// No client document is older: identity codes begin with those born in this year too.
const EARLIEST_YEAR: i16 = 1800;

fn check_times(raw: &RawMetadata<'_>, now: Instant, faults: &mut Vec<Fault>) {
    for element in [Element::WrittenAt, Element::CreatedAt] {
        if let Some(text) = raw.text(element)
            && let Some(at) = Instant::parse(text)
            && at.millis() > now.millis() + CLOCK_LEEWAY_MILLIS
        {
            faults.push(
                fault_of(FaultKind::WrongTime, element, text).arg("expected", format!("≤ {now}")),
            );
        }
    }
    let day = |element| raw.text(element).and_then(FinnishDay::parse);
    let earliest = FinnishDay::new(EARLIEST_YEAR, 1, 1).expect("the first day of a year");
    for element in
        [Element::WrittenAt, Element::CreatedAt, Element::CaseOpened, Element::CaseClosed]
    {
        let Some(text) = raw.text(element) else { continue };
        let of_moment = || Instant::parse(text).map(FinnishDay::of);
        if day(element).or_else(of_moment).is_some_and(|day| day < earliest) {
            faults.push(
                fault_of(FaultKind::WrongTime, element, text)
                    .arg("expected", format!("≥ {earliest}")),
            );
        }
    }
    if let (Some(opened), Some(closed)) = (day(Element::CaseOpened), day(Element::CaseClosed))
        && closed < opened
    {
        faults.push(
            fault_of(FaultKind::WrongTime, Element::CaseClosed, &closed.to_string())
                .arg("expected", format!("≥ {opened}")),
        );
    }
}

/// The original service task is judged in the set that it is of; where the mapping knows it, the
/// service task of 2016 is one of those that it may have become (OLD-4).
/// What a task of 2011 on a document of before 2011 must be.
const OF_1989: &str =
    "the classification of 1989 (1989:…), for that of 2011 was not in use on that day";

fn check_original_task(raw: &RawMetadata<'_>, against: &Against<'_>, faults: &mut Vec<Fault>) {
    let (Some(named), Some(code)) =
        (raw.text(Element::OriginalTaskSet), raw.text(Element::OriginalTaskCode))
    else {
        return;
    };
    let code_set = match named {
        "1989" => sets::SERVICE_TASK_1989,
        "2011" => sets::SERVICE_TASK_2011,
        _ => return,
    };
    let day = written_day(raw).unwrap_or_else(|| FinnishDay::of(against.now));
    if named == "2011" && day < service_tasks_of_2011_begin() {
        faults.push(
            Fault::new(FaultKind::WrongValue, Element::OriginalTaskSet.path(), "OLD-4")
                .value(named)
                .arg("expected", OF_1989),
        );
    }
    if !code.trim().is_empty() {
        faults.extend(check_code(
            Element::OriginalTaskCode,
            code_set,
            code,
            day,
            against.code_sets,
        ));
    }
    let set = Oid::parse(code_set).expect("the code sets' OIDs are constant");
    let mapped = against.code_sets.original_task_maps_to(&set, code);
    if let Some(task) = raw.text(Element::ServiceTask)
        && !mapped.is_empty()
        && mapped.iter().all(|one| one.code() != task)
    {
        let told = |told: &dyn Fn(&ServiceTask) -> String| {
            mapped.iter().map(told).collect::<Vec<_>>().join(", ")
        };
        faults.push(
            disagreement(Element::ServiceTask, Element::OriginalTaskCode, "OLD-4")
                .value(task)
                .arg("expected", told(&|one| one.code().to_owned()))
                .arg("expected_fi", told(&|one| format!("{} {}", one.code(), one.name_fi())))
                .arg("expected_sv", told(&|one| format!("{} {}", one.code(), one.name_sv()))),
        );
    }
}

/// The structure, the specific type and the group name one another (national-specs 9).
fn check_types(raw: &RawMetadata<'_>, group: Option<DocumentGroup>, faults: &mut Vec<Fault>) {
    let (Some(group), Some(structure)) =
        (group, raw.text(Element::Structure).and_then(|text| Oid::parse(text).ok()))
    else {
        return;
    };
    let arc = match (group, raw.text(Element::SpecificType)) {
        (DocumentGroup::LaterPhase, Some(specific)) => {
            format!("{}.{specific}", group.structure_arc())
        }
        (DocumentGroup::Relationship | DocumentGroup::Case, _) => {
            Road::of_structure(&structure).structures_of(group)
        }
        _ => group.structure_arc().to_owned(),
    };
    if !structure.is_under_text(&arc) {
        let other =
            if group == DocumentGroup::LaterPhase { Element::SpecificType } else { Element::Group };
        faults.push(
            disagreement(Element::Structure, other, "nat 9")
                .value(structure.as_str())
                .arg("expected", format!("{arc}.…")),
        );
    }
}

fn check_client(raw: &RawMetadata<'_>, faults: &mut Vec<Fault>) {
    let code = identity_code(raw);
    let born = raw.text(Element::ClientBirthDate).and_then(FinnishDay::parse);
    if let (Some(code), Some(born)) = (code, born)
        && code.birth_day() != born
    {
        faults.push(
            disagreement(Element::ClientBirthDate, Element::ClientIdentityCode, "nat 2.4")
                .arg("expected", "client.identity_code"),
        );
    }
    for (here, there) in [
        (Element::ClientTemporaryId, Element::ClientTemporaryRoot),
        (Element::ClientTemporaryRoot, Element::ClientTemporaryId),
    ] {
        let code_given = raw.get(Element::ClientIdentityCode).is_some();
        if code_given && raw.get(here).is_some() && raw.get(there).is_none() {
            faults.push(missing(there));
        }
    }
}

/// Makes the typed metadata. Every value was checked before.
fn assemble(raw: &RawMetadata<'_>, group: DocumentGroup) -> Metadata {
    use Element as E;
    let shared = |element| raw.text(element).map(Arc::<str>::from);
    let needed = |element| shared(element).expect("obligatory elements are there");
    let oid = |element| raw.text(element).and_then(|text| Oid::parse(text).ok());
    let day = |element| raw.text(element).and_then(FinnishDay::parse);
    let at = |element| raw.text(element).and_then(Instant::parse).expect("checked");
    let name = |element| shared(element).map(PersonName);
    let party = |id, name| oid(id).map(|id| Party { id, name: shared(name) });
    Metadata {
        document_id: oid(E::DocumentId).expect("checked"),
        set_id: oid(E::SetId).expect("checked"),
        version: match raw.get(E::Version) {
            Some(RawValue::Whole(version)) => u32::try_from(*version).expect("checked"),
            _ => unreachable!("the version was checked"),
        },
        replaces: oid(E::ReplacesDocument).map(|document| Replaces {
            document,
            reason: shared(E::ReplacesReason),
            reason_set: oid(E::ReplacesReasonSet),
        }),
        group,
        general_type: shared(E::GeneralType),
        specific_type: shared(E::SpecificType),
        structure: oid(E::Structure),
        written_at: at(E::WrittenAt),
        created_at: at(E::CreatedAt),
        language: shared(E::Language),
        confidentiality: needed(E::Confidentiality),
        client: ClientFacts {
            identifier: raw.client_identifier().expect("one of the two identifiers was checked"),
            earlier_identifier: identity_code(raw).and_then(|_| temporary_identifier(raw)),
            given_names: name(E::ClientGivenNames).expect("checked"),
            call_name: name(E::ClientCallName),
            family_name: name(E::ClientFamilyName).expect("checked"),
            sex: shared(E::ClientSex),
            birth_date: day(E::ClientBirthDate),
            non_disclosure: match raw.get(E::ClientNonDisclosure) {
                Some(RawValue::Switch(order)) => Some(*order),
                _ => None,
            },
        },
        professional: Professional {
            registration_number: shared(E::ProfessionalNumber),
            given_names: shared(E::ProfessionalGivenNames),
            family_name: shared(E::ProfessionalFamilyName),
        },
        controller: party(E::ControllerId, E::ControllerName).expect("checked"),
        organiser: party(E::OrganiserId, E::OrganiserName),
        service_unit: party(E::ServiceUnitId, E::ServiceUnitName),
        operating_unit: party(E::OperatingUnitId, E::OperatingUnitName),
        producer: party(E::ProducerId, E::ProducerName),
        guardian_disclosure: shared(E::GuardianDisclosure),
        case_id: oid(E::CaseId),
        case_opened_on: day(E::CaseOpened),
        case_closed_on: day(E::CaseClosed),
        relationship_id: oid(E::RelationshipId),
        view_format: needed(E::ViewFormat),
        structured_format: shared(E::StructuredFormat),
        software: Software {
            manufacturer: shared(E::SoftwareManufacturer),
            product: shared(E::SoftwareProduct),
            version: shared(E::SoftwareVersion),
        },
        service_task: shared(E::ServiceTask),
        original_service_task: shared(E::OriginalTaskSet)
            .zip(shared(E::OriginalTaskCode))
            .map(|(code_set, code)| OriginalTask { code_set, code }),
        record_state: needed(E::RecordState),
        register_type: needed(E::RegisterType),
        retention_class: needed(E::RetentionClass),
        special_content: shared(E::SpecialContent),
        inaccessible_reason: shared(E::InaccessibleReason),
        restriction_argument: name(E::RestrictionArgument),
        display_delay_until: day(E::DisplayDelay),
        service_process: shared(E::ServiceProcess),
        main_document: oid(E::MainDocument),
    }
}

fn identity_code(raw: &RawMetadata<'_>) -> Option<PersonalIdentityCode> {
    PersonalIdentityCode::parse(raw.text(Element::ClientIdentityCode)?).ok()
}

fn temporary_identifier(raw: &RawMetadata<'_>) -> Option<TemporaryIdentifier> {
    let root = Oid::parse(raw.text(Element::ClientTemporaryRoot)?).ok()?;
    TemporaryIdentifier::new(&root, raw.text(Element::ClientTemporaryId)?).ok()
}

impl Metadata {
    /// The elements and their values, nearly in the table's order: what is printed, kept and hashed.
    pub fn for_each(&self, mut each: impl FnMut(Element, RawValue<'_>)) {
        use Element as E;
        let mut text = |element, value: Option<&str>| {
            if let Some(value) = value {
                each(element, RawValue::Text(Cow::Borrowed(value)));
            }
        };
        let day = |day: Option<FinnishDay>| day.map(|day| day.to_string());
        let party = |party: &Option<Party>| {
            party.as_ref().map_or((None, None), |one| (Some(one.id.clone()), one.name.clone()))
        };
        text(E::DocumentId, Some(self.document_id.as_str()));
        text(E::SetId, Some(self.set_id.as_str()));
        if let Some(Replaces { document, reason, reason_set: set }) = &self.replaces {
            text(E::ReplacesDocument, Some(document.as_str()));
            text(E::ReplacesReason, reason.as_deref());
            text(E::ReplacesReasonSet, set.as_ref().map(Oid::as_str));
        }
        text(E::Group, Some(self.group.code()));
        text(E::GeneralType, self.general_type.as_deref());
        text(E::SpecificType, self.specific_type.as_deref());
        text(E::Structure, self.structure.as_ref().map(Oid::as_str));
        text(E::WrittenAt, Some(&self.written_at.to_string()));
        text(E::CreatedAt, Some(&self.created_at.to_string()));
        text(E::Language, self.language.as_deref());
        text(E::Confidentiality, Some(&self.confidentiality));
        let (code, temporary) = match &self.client.identifier {
            ClientIdentifier::Code(code) => (Some(code), self.client.earlier_identifier.as_ref()),
            ClientIdentifier::Temporary(temporary) => (None, Some(temporary)),
        };
        text(E::ClientIdentityCode, code.map(PersonalIdentityCode::reveal));
        text(E::ClientTemporaryRoot, temporary.map(|given| given.root().as_str()));
        text(E::ClientTemporaryId, temporary.map(TemporaryIdentifier::reveal));
        text(E::ClientGivenNames, Some(self.client.given_names.reveal()));
        text(E::ClientCallName, self.client.call_name.as_ref().map(PersonName::reveal));
        text(E::ClientFamilyName, Some(self.client.family_name.reveal()));
        text(E::ClientSex, self.client.sex.as_deref());
        text(E::ClientBirthDate, day(self.client.birth_date).as_deref());
        text(E::ProfessionalNumber, self.professional.registration_number.as_deref());
        text(E::ProfessionalGivenNames, self.professional.given_names.as_deref());
        text(E::ProfessionalFamilyName, self.professional.family_name.as_deref());
        let controller = Some(self.controller.clone());
        for (id, name, found) in [
            (E::ControllerId, E::ControllerName, party(&controller)),
            (E::OrganiserId, E::OrganiserName, party(&self.organiser)),
            (E::ServiceUnitId, E::ServiceUnitName, party(&self.service_unit)),
            (E::OperatingUnitId, E::OperatingUnitName, party(&self.operating_unit)),
            (E::ProducerId, E::ProducerName, party(&self.producer)),
        ] {
            text(id, found.0.as_ref().map(Oid::as_str));
            text(name, found.1.as_deref());
        }
        text(E::GuardianDisclosure, self.guardian_disclosure.as_deref());
        text(E::CaseId, self.case_id.as_ref().map(Oid::as_str));
        text(E::CaseOpened, day(self.case_opened_on).as_deref());
        text(E::CaseClosed, day(self.case_closed_on).as_deref());
        text(E::RelationshipId, self.relationship_id.as_ref().map(Oid::as_str));
        text(E::ViewFormat, Some(&self.view_format));
        text(E::StructuredFormat, self.structured_format.as_deref());
        text(E::SoftwareManufacturer, self.software.manufacturer.as_deref());
        text(E::SoftwareProduct, self.software.product.as_deref());
        text(E::SoftwareVersion, self.software.version.as_deref());
        text(E::ServiceTask, self.service_task.as_deref());
        let original = self.original_service_task.as_ref();
        text(E::OriginalTaskSet, original.map(|task| &*task.code_set));
        text(E::OriginalTaskCode, original.map(|task| &*task.code));
        text(E::RecordState, Some(&self.record_state));
        text(E::RegisterType, Some(&self.register_type));
        text(E::RetentionClass, Some(&self.retention_class));
        text(E::SpecialContent, self.special_content.as_deref());
        text(E::InaccessibleReason, self.inaccessible_reason.as_deref());
        text(E::RestrictionArgument, self.restriction_argument.as_ref().map(PersonName::reveal));
        text(E::DisplayDelay, day(self.display_delay_until).as_deref());
        text(E::ServiceProcess, self.service_process.as_deref());
        text(E::MainDocument, self.main_document.as_ref().map(Oid::as_str));
        each(E::Version, RawValue::Whole(i64::from(self.version)));
        if let Some(order) = self.client.non_disclosure {
            each(E::ClientNonDisclosure, RawValue::Switch(order));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::CodeSet;
    use crate::structures::Names;

    fn against(code_sets: &CodeSets) -> Against<'_> {
        let now = Instant::parse("2026-11-23T12:00:00+02:00").unwrap();
        Against { form: None, code_sets, case_closed: false, now }
    }

    fn raw(elements: &[(Element, &'static str)]) -> RawMetadata<'static> {
        let mut raw = RawMetadata::default();
        for (element, text) in elements {
            raw.insert(*element, RawValue::Text(Cow::Borrowed(text)));
        }
        raw
    }

    fn faults_of_task(
        code_sets: &CodeSets,
        original: [&'static str; 2],
        task: &'static str,
    ) -> Vec<Fault> {
        let raw = raw(&[
            (Element::WrittenAt, "2012-01-01T12:00:00+02:00"),
            (Element::OriginalTaskSet, original[0]),
            (Element::OriginalTaskCode, original[1]),
            (Element::ServiceTask, task),
        ]);
        let mut faults = Vec::new();
        check_original_task(&raw, &against(code_sets), &mut faults);
        faults
    }

    /// ARC-6: metadata differ in what they say, not in how a moment or an OID is written.
    #[test]
    fn metadata_differ_in_what_they_say_and_not_in_how() {
        let one = [
            (Element::WrittenAt, "2026-03-23T10:54:24+02:00"),
            (Element::ControllerId, "1.2.246.10.1"),
            (Element::ClientIdentityCode, "010170-999R"),
            (Element::Language, "FI"),
            (Element::ServiceTask, "25"),
        ];
        let differences = |other: &[(Element, &'static str)]| raw(&one).differences(&raw(other));
        let mut other = one;
        other[0].1 = "2026-03-23T08:54:24Z";
        other[1].1 = "urn:oid:1.2.246.10.1";
        other[2].1 = "010170-999R";
        other[3].1 = "fi";
        assert_eq!(differences(&other), []);
        assert_eq!(differences(&other[1..]), [Element::WrittenAt]);
        for (place, changed) in
            ["2026-03-23T10:54:25+02:00", "1.2.246.10.2", "010170-998P", "sv", "26"]
                .into_iter()
                .enumerate()
        {
            let mut changed_too = other;
            changed_too[place].1 = changed;
            assert_eq!(differences(&changed_too), [one[place].0]);
        }
    }

    /// OLD-4: where the mapping is known, the task of 2016 is one that the old one became.
    #[test]
    fn an_original_service_task_became_one_of_those_it_maps_to() {
        let sets = CodeSets::built_in();
        for (original, sound) in [
            (["1989", "10"], &["25"][..]),
            (["1989", "13"], &["23", "24", "26"]),
            (["2011", "12"], &["25"]),
            (["2011", "17"], &["23", "24", "26"]),
        ] {
            for task in ["20", "21", "22", "23", "24", "25", "26", "27"] {
                let faults = faults_of_task(&sets, original, task);
                if sound.contains(&task) {
                    assert_eq!(faults, [], "{original:?} {task}");
                    continue;
                }
                let [fault] = faults.as_slice() else { panic!("{original:?} {task}: {faults:?}") };
                assert_eq!((fault.kind, &*fault.rule), (FaultKind::Disagreement, "OLD-4"));
                assert_eq!(fault.element, "service_task");
                let args = [
                    ("other", "original_service_task.code".to_owned()),
                    ("expected", sound.join(", ")),
                ];
                assert_eq!(fault.args[..2], args);
                let named = |at: usize| fault.args[at].1.split(", ").next().unwrap_or_default();
                let first = ServiceTask::from_code(sound[0]).unwrap();
                assert_eq!(named(2), format!("{} {}", sound[0], first.name_fi()));
                assert_eq!(named(3), format!("{} {}", sound[0], first.name_sv()));
            }
        }
        // What the mapping does not know may have become any task.
        assert_eq!(faults_of_task(&sets, ["1989", "12"], "20"), []);
    }

    /// OLD-4, REG-2: the code is judged in the set that it is said to be of, by the set's level.
    #[test]
    fn an_original_service_task_is_a_value_of_its_set() {
        let with = |level| {
            CodeSets::built_in().with_sets(vec![CodeSet {
                oid: Oid::parse(sets::SERVICE_TASK_1989).unwrap(),
                version: "209901".to_owned(),
                names: Names::default(),
                level,
                values: Vec::new(),
                built_in: false,
            }])
        };
        let kinds = |level, original| -> Vec<FaultKind> {
            faults_of_task(&with(level), original, "24").iter().map(|fault| fault.kind).collect()
        };
        assert_eq!(kinds(ValidationLevel::Closed, ["1989", "77"]), [FaultKind::UnknownCode]);
        assert_eq!(kinds(ValidationLevel::Open, ["1989", "77"]), []);
        assert_eq!(kinds(ValidationLevel::Closed, ["2011", "77"]), []);
    }

    /// OLD-4: what is older than the classification of 2011 was not classified by it; that of 1989 went on beside it.
    #[test]
    fn a_document_of_before_2011_has_no_service_task_of_2011() {
        let sets = CodeSets::built_in();
        for (written, original, sound) in [
            ("2010-12-31T23:59:59+02:00", ["2011", "17"], false),
            ("2011-01-01T00:00:00+02:00", ["2011", "17"], true),
            ("1994-05-02T12:00:00+03:00", ["2011", "12"], false),
            ("1994-05-02T12:00:00+03:00", ["1989", "13"], true),
            ("2014-05-02T12:00:00+03:00", ["1989", "13"], true),
        ] {
            let raw = raw(&[
                (Element::WrittenAt, written),
                (Element::OriginalTaskSet, original[0]),
                (Element::OriginalTaskCode, original[1]),
            ]);
            let mut faults = Vec::new();
            check_original_task(&raw, &against(&sets), &mut faults);
            let told: Vec<_> =
                faults.iter().map(|fault| (fault.kind, fault.element.as_str())).collect();
            let wrong = [(FaultKind::WrongValue, "original_service_task.code_set")];
            assert_eq!(told, if sound { &[][..] } else { &wrong }, "{written} {original:?}");
        }
    }

    /// ARC-2: nothing was written, and no case opened, before there are identity codes.
    #[test]
    fn times_before_1800_are_refused() {
        let sets = CodeSets::empty();
        let faults = |elements: &[(Element, &'static str)]| {
            let mut faults = Vec::new();
            check_times(&raw(elements), against(&sets).now, &mut faults);
            faults
        };
        let early = faults(&[
            (Element::WrittenAt, "1799-12-31T12:00:00+02:00"),
            (Element::CreatedAt, "0001-01-01T12:00:00Z"),
            (Element::CaseOpened, "1799-12-30"),
            (Element::CaseClosed, "1799-12-31"),
        ]);
        let elements: Vec<&str> = early.iter().map(|fault| fault.element.as_str()).collect();
        assert_eq!(elements, ["written_at", "created_at", "case_opened_on", "case_closed_on"]);
        for fault in &early {
            assert_eq!(fault.kind, FaultKind::WrongTime);
            assert_eq!(fault.args, [("expected", "≥ 1800-01-01".to_owned())]);
        }
        assert_eq!(
            faults(&[
                (Element::WrittenAt, "1800-01-02T12:00:00+02:00"),
                (Element::CaseOpened, "1800-01-01"),
            ]),
            []
        );
    }
}
