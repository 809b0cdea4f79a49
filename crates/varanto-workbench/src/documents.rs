//! What the archive is handed: old documents, and the cases and old relationships that they hang on, each as a
//! submission.
//!
//! Source: OLD-1 to OLD-5; document 002 and national-specs 2.3, annexes A.1 and A.2.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use varanto_app::Registry;
use varanto_app::archive::Submission;
use varanto_domain::archive::documents::{DocumentGroup, Form, Part};
use varanto_domain::archive::register_documents::{CLIENT_HAS_DIED, CLOSING_IS_SUPPOSED};
use varanto_domain::codes::{ServiceTask, sets};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{IdentityCodeError, Oid, PersonalIdentityCode};
use varanto_domain::old_data::ClientState;
use varanto_domain::structures::Structure;
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::view::{Heading, ViewLanguage};
use varanto_formats::{content, view};

use crate::identifiers;
use crate::mapping::{Mapping, Target};

/// The structure of relationship documents.
const RELATIONSHIP: &str = "1.2.246.537.6.1505.1.2023.6.1";
/// The structure of case documents.
const CASE: &str = "1.2.246.537.6.1505.2.2022.6.28";
/// The system of OIDs in content.
const OIDS: &str = "urn:oid:1.2.246.1";
/// The system of identity codes in content.
const CODES: &str = "urn:oid:1.2.246.21";
/// The name of a case that none of the names fits (muu).
const OTHER_CASE: &str = "99";
/// Secret, ready for archiving, of the register of social welfare, not shown to the client.
const CONFIDENTIAL: &str = "6";
const READY: &str = "3";
const SOCIAL_REGISTER: &str = "1";
pub(crate) const FOR_EVER: &str = "1";
const NO_SPECIAL_CONTENT: &str = "E";

/// What the mapping made of a row, by target.
pub type Values = BTreeMap<Target, String>;

/// An old document as the mapping says that it is. What it says has the right form; whether it holds is for the
/// archive's own checks.
#[derive(Debug, Clone)]
pub struct OldDocument {
    /// The source's own identifier.
    pub source_id: String,
    /// That of the document that it is an attachment of.
    pub main: Option<String>,
    /// The client's identity code.
    pub code: PersonalIdentityCode,
    /// How the client stands with the controller.
    pub state: ClientState,
    /// The active relationship, of an active client.
    pub relationship: Option<Oid>,
    /// The controller.
    pub controller: Oid,
    /// The operating unit.
    pub unit: Oid,
    /// The service task of 2016.
    pub service_task: String,
    /// Which case of the client and service task.
    pub case: Option<String>,
    /// The batch in which the document was archived that it is an attachment of, where that was said.
    pub main_batch: Option<String>,
    /// When it was written.
    pub written: Instant,
    /// Everything that was said.
    pub values: Values,
}

impl OldDocument {
    /// What tells one client from another.
    #[must_use]
    pub fn client(&self) -> &str {
        self.code.reveal()
    }

    /// The day on which it was written.
    #[must_use]
    pub fn day(&self) -> FinnishDay {
        FinnishDay::of(self.written)
    }

    /// Takes another document's operating unit.
    pub(crate) fn take_unit(&mut self, other: &Self) {
        self.unit = other.unit.clone();
        for target in [Target::OperatingUnit, Target::OperatingUnitName] {
            match other.values.get(&target) {
                Some(value) => self.values.insert(target, value.clone()),
                None => self.values.remove(&target),
            };
        }
    }

    fn said(&self, target: Target) -> Option<&str> {
        self.values.get(&target).map(String::as_str)
    }

    /// The document with its content as a submission.
    #[must_use]
    pub fn submission(&self, mapping: &Mapping, part: Part, content: Vec<u8>) -> Submission {
        let metadata = self.metadata(mapping, part).bytes();
        Submission { metadata, parts: vec![(part, content)] }
    }

    fn metadata(&self, mapping: &Mapping, part: Part) -> Members {
        let form = if part == Part::Pdf { Form::Pdf } else { Form::Xhtml };
        let mut metadata = Members::new();
        let id = identifiers::document(mapping, &self.source_id);
        metadata.head(&id, DocumentGroup::Old, self.written, mapping.created_at);
        metadata.client(&self.values);
        metadata.parties(self);
        metadata.set("view_format", form.view_format());
        metadata.set("case_id", identifiers::case(mapping, self).as_str());
        metadata.set("service_task", &self.service_task);
        if let Some((set, code)) = self.said(Target::OriginalTask).and_then(|t| t.split_once(':')) {
            metadata.set("original_service_task.code_set", set);
            metadata.set("original_service_task.code", code);
        }
        for target in [
            Target::GeneralType,
            Target::SpecificType,
            Target::Language,
            Target::ProfessionalGivenNames,
            Target::ProfessionalFamilyName,
        ] {
            metadata.maybe(target.name(), self.said(target));
        }
        metadata.life(self.said(Target::RetentionClass).unwrap_or(FOR_EVER));
        let main = self.main.as_ref().map(|main| identifiers::document(mapping, main));
        metadata.maybe("main_document", main.as_ref().map(Oid::as_str));
        metadata
    }
}

/// A row as far as it reads, so that whatever else is wrong with it is told as well.
#[derive(Debug)]
pub(crate) struct Draft {
    /// With something that stands for each value that is missing or does not read.
    document: OldDocument,
    unknown: BTreeSet<Target>,
}

impl Draft {
    /// The document, where everything reads that it wants.
    pub(crate) fn whole(self) -> Option<OldDocument> {
        self.as_whole().is_some().then_some(self.document)
    }

    /// The document, where everything reads that it wants.
    pub(crate) fn as_whole(&self) -> Option<&OldDocument> {
        self.unknown.is_empty().then_some(&self.document)
    }

    /// The day on which it was written.
    pub(crate) fn day(&self) -> Option<FinnishDay> {
        self.knows(Target::WrittenAt).then(|| self.document.day())
    }

    /// How its client stands with the controller.
    pub(crate) fn state(&self) -> Option<ClientState> {
        self.knows(Target::State).then_some(self.document.state)
    }

    /// What was said of it and reads.
    pub(crate) fn said(&self, target: Target) -> Option<&str> {
        self.document.said(target)
    }

    /// Whether neither a value nor one that does not read is there.
    pub(crate) fn says_nothing_of(&self, target: Target) -> bool {
        self.knows(target) && self.document.said(target).is_none()
    }

    fn knows(&self, target: Target) -> bool {
        !self.unknown.contains(&target)
    }

    /// What can be handed in of it: elements that are not known are not in it.
    pub(crate) fn submission(&self, mapping: &Mapping, part: Part, content: Vec<u8>) -> Submission {
        let mut metadata = self.document.metadata(mapping, part);
        self.unknown.iter().copied().flat_map(elements_of).for_each(|path| metadata.remove(path));
        Submission { metadata: metadata.bytes(), parts: vec![(part, content)] }
    }

    /// Whether an element is not in the submission because of a value of the row of which that is told.
    pub(crate) fn leaves_out(&self, element: &str) -> bool {
        self.unknown.iter().copied().flat_map(elements_of).any(|path| *path == element)
    }
}

/// The elements that are made of a value alone.
const fn elements_of(target: Target) -> &'static [&'static str] {
    match target {
        // Where no code is, a temporary one would be wanted.
        Target::IdentityCode => &[
            "client.identity_code",
            "client.birth_date",
            "client.temporary_id.root",
            "client.temporary_id.extension",
        ],
        Target::Controller => &["controller.id", "organiser.id"],
        Target::OperatingUnit => &["operating_unit.id"],
        Target::ServiceTask => &["service_task"],
        Target::OriginalTask => &["original_service_task.code_set", "original_service_task.code"],
        Target::WrittenAt => &["written_at"],
        _ => &[],
    }
}

/// The document of what the mapping said, or every value that has not its form.
pub(crate) fn read_document(values: Values, faults: &mut Vec<Fault>) -> Option<OldDocument> {
    read_draft(values, faults).whole()
}

/// What the mapping said as far as it reads, and every value that has not its form. Values that are missing were told before.
pub(crate) fn read_draft(mut values: Values, faults: &mut Vec<Fault>) -> Draft {
    let mut unknown = BTreeSet::new();
    let text = |target: Target| values.get(&target).map(String::as_str);
    let wrong = |target: Target, expected: &str| {
        let fault =
            Fault::new(FaultKind::WrongForm, target.name(), "OLD-1").arg("expected", expected);
        match values.get(&target) {
            Some(value) if !target.is_personal() => fault.value(value),
            _ => fault,
        }
    };
    macro_rules! read {
        ($target:expr, $read:expr, $expected:literal) => {{
            let read = text($target).map($read);
            if read.as_ref().is_some_and(Option::is_none) {
                faults.push(wrong($target, $expected));
                unknown.insert($target);
            }
            read.flatten()
        }};
    }
    let code = match text(Target::IdentityCode).map(PersonalIdentityCode::parse) {
        Some(Err(error)) => {
            faults.push(wrong(Target::IdentityCode, right_code(error)));
            unknown.insert(Target::IdentityCode);
            None
        }
        Some(Ok(code)) => Some(code),
        None => None,
    };
    let state = read!(Target::State, ClientState::of_name, "ended, active or deceased");
    let of_two_parts = |text: &str| text.split_once(':').map(|_| ());
    let _ = read!(Target::OriginalTask, of_two_parts, "1989 or 2011, a colon and the code");
    let controller = read!(Target::Controller, |text| Oid::parse(text).ok(), "an OID");
    let unit = read!(Target::OperatingUnit, |text| Oid::parse(text).ok(), "an OID");
    let relationship = read!(Target::Relationship, |text| Oid::parse(text).ok(), "an OID");
    let written = read!(Target::WrittenAt, moment, "a day or a moment");
    for target in [Target::CaseOpened, Target::CaseClosed] {
        let _ = read!(target, FinnishDay::parse, "a day");
    }
    let source_id = text(Target::Document).map(str::to_owned);
    let main = text(Target::MainDocument).map(str::to_owned);
    let service_task = text(Target::ServiceTask).map(str::to_owned);
    // Of who has died there is one case for each service task, whatever cases the source has. Source: OLD-3; document 002.
    let case = text(Target::Case).filter(|_| state != Some(ClientState::Deceased));
    let case = case.map(str::to_owned);
    let main_batch = text(Target::MainBatch).filter(|_| main.is_some()).map(str::to_owned);
    for (target, is_missing) in [
        (Target::IdentityCode, code.is_none()),
        (Target::State, state.is_none()),
        (Target::Controller, controller.is_none()),
        (Target::OperatingUnit, unit.is_none()),
        (Target::ServiceTask, service_task.is_none()),
        (Target::WrittenAt, written.is_none()),
        (Target::Document, source_id.is_none()),
    ] {
        if is_missing {
            unknown.insert(target);
        }
    }
    values.retain(|target, _| !unknown.contains(target));
    if let Some(code) = &code {
        values.entry(Target::BirthDate).or_insert_with(|| code.birth_day().to_string());
    }
    let document = OldDocument {
        source_id: source_id.unwrap_or_default(),
        main,
        code: code.unwrap_or_else(nobody),
        state: state.unwrap_or(ClientState::Ended),
        relationship,
        controller: controller.unwrap_or_else(nowhere),
        unit: unit.unwrap_or_else(nowhere),
        service_task: service_task.unwrap_or_default(),
        case,
        main_batch,
        written: written.unwrap_or(Instant::from_millis(0)),
        values,
    };
    Draft { document, unknown }
}

/// What an identity code must be that is wrong in this.
const fn right_code(error: IdentityCodeError) -> &'static str {
    match error {
        IdentityCodeError::Form => {
            "a personal identity code of eleven characters, such as 010190-900P"
        }
        IdentityCodeError::Century => {
            "a personal identity code whose seventh character tells the century (+ - Y X W V U A B C D E F)"
        }
        IdentityCodeError::BirthDate => {
            "a personal identity code that begins with a day of birth that there is"
        }
        IdentityCodeError::IndividualNumber => {
            "a personal identity code whose individual number is at least 002"
        }
        IdentityCodeError::CheckCharacter => {
            "a personal identity code whose check character, the last one, is right: compare it character by character"
        }
    }
}

/// Stands for a code that is not known: one of those that nobody has.
fn nobody() -> PersonalIdentityCode {
    PersonalIdentityCode::parse("010100A900F").expect("a constant code")
}

/// Stands for an organisation that is not known.
fn nowhere() -> Oid {
    Oid::parse("1.2.246.10").expect("a constant OID")
}

/// A day becomes its first moment; a time of day without an offset is Finland's.
pub(crate) fn moment(text: &str) -> Option<Instant> {
    let of_day = || FinnishDay::parse(text).map(FinnishDay::start);
    let of_time = || {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        let zoned = local.in_tz("Europe/Helsinki").ok()?;
        Instant::parse(&zoned.timestamp().to_string())
    };
    Instant::parse(text).or_else(of_day).or_else(of_time)
}

/// A closed case with old documents.
#[derive(Debug, Clone)]
pub struct OldCase<'a> {
    /// One of its documents: client, controller and service task are the same in all. Its unit is that of the last one.
    pub one: &'a OldDocument,
    /// The first day.
    pub opened: FinnishDay,
    /// The last day.
    pub closed: FinnishDay,
    /// Whether the source says so; else the last day is supposed.
    pub closing_is_known: bool,
    /// The relationship that it hangs on.
    pub relationship: Oid,
}

/// An old relationship (vanha asiakkuus).
#[derive(Debug, Clone)]
pub struct OldRelationship<'a> {
    /// One of its documents, with the unit of the last one.
    pub one: &'a OldDocument,
    /// Its identifier.
    pub id: Oid,
    /// The first day.
    pub first: FinnishDay,
    /// The last day.
    pub last: FinnishDay,
    /// The service tasks of its cases.
    pub tasks: Vec<String>,
    /// Whether any of its documents says that there is a non-disclosure order.
    pub non_disclosure: bool,
}

/// Makes the register-control documents that old documents hang on.
#[derive(Debug, Clone, Copy)]
pub struct Composer<'a> {
    /// The mapping.
    pub mapping: &'a Mapping,
    /// The structures and code sets.
    pub registry: &'a Registry,
}

impl Composer<'_> {
    /// The document of a case.
    #[must_use]
    pub fn case(&self, case: &OldCase<'_>) -> Submission {
        let id = identifiers::case(self.mapping, case.one);
        let about = json!({
            "asiatunnus": { "system": OIDS, "value": id.as_str() },
            "nimi": coded(&format!("urn:oid:{}", sets::CASE_NAME), OTHER_CASE, "Muu"),
            "lisatieto_luokkaan_muu": further_information(case),
            "tila": self.closed_state(case.closed),
            "avauspaiva": case.opened.to_string(),
            "paattymispaiva": case.closed.to_string(),
            "yhteinen_asia": false,
            "palvelutehtava": task(&case.one.service_task),
        });
        let content = json!({ "asia_asiakirja": {
            "palvelunjarjestajan_toimintayksikko": unit(case.one),
            "asiakas": [person(&case.one.values)],
            "asian_tiedot": about,
        }});
        let mut metadata = self.register_document(case.one, &id, DocumentGroup::Case, CASE);
        metadata.set("case_id", id.as_str());
        metadata.set("case_opened_on", &case.opened.to_string());
        metadata.set("case_closed_on", &case.closed.to_string());
        metadata.set("relationship_id", case.relationship.as_str());
        metadata.set("service_task", &case.one.service_task);
        self.structured(metadata, &id, CASE, &content, case.one)
    }

    /// The document of an old relationship.
    #[must_use]
    pub fn relationship(&self, relationship: &OldRelationship<'_>) -> Submission {
        let one = relationship.one;
        let mut client = person(&one.values);
        client["turvakielto"] = json!(relationship.non_disclosure);
        let tasks: Vec<Value> =
            relationship.tasks.iter().map(|code| json!({ "palvelutehtava": task(code) })).collect();
        let mut heading = json!({
            "vanha_asiakkuus": true,
            "asiakkuuden_alkamispvm": relationship.first.to_string(),
            "asiakkuuden_paattymispvm": relationship.last.to_string(),
        });
        if one.state == ClientState::Deceased {
            heading["asiakkuuden_paattymisen_perustelu"] = CLIENT_HAS_DIED.into();
        }
        let content = json!({ "asiakkuusasiakirja": {
            "asiakas": client,
            "sosiaalihuollon_asiakkuus": heading,
            "palvelunjarjestajan_toimintayksikko": unit(one),
            // The structure asks for a service unit, which old data do not know.
            "palvelunjarjestajan_palveluyksikko": [{
                "palveluyksikon_nimi": unit(one),
                "asiakkuuden_alkamispvm": relationship.first.to_string(),
                "asiakkuuden_paattymispvm": relationship.last.to_string(),
            }],
            "sosiaalihuollon_palvelutehtava": tasks,
        }});
        let group = DocumentGroup::Relationship;
        let mut metadata = self.register_document(one, &relationship.id, group, RELATIONSHIP);
        metadata.set("relationship_id", relationship.id.as_str());
        self.structured(metadata, &relationship.id, RELATIONSHIP, &content, one)
    }

    fn register_document(
        &self,
        one: &OldDocument,
        kept: &Oid,
        group: DocumentGroup,
        structure: &str,
    ) -> Members {
        let mut metadata = Members::new();
        let id = identifiers::document_of(self.mapping, kept);
        // It is written when old data are archived, however old these are.
        metadata.head(&id, group, self.mapping.created_at, self.mapping.created_at);
        metadata.client(&one.values);
        metadata.parties(one);
        metadata.set("structure", structure);
        metadata.set("language", "fi");
        // These documents want a service unit, which old data do not know: the operating unit stands for it.
        metadata.set("service_unit.id", one.unit.as_str());
        metadata.maybe("service_unit.name", one.said(Target::OperatingUnitName));
        metadata.set("view_format", Form::Structured.view_format());
        metadata.set("structured_format", "5");
        metadata.set("software.manufacturer", "Varanto");
        metadata.set("software.product", "varanto import");
        // The form of what it makes: another release makes the same documents.
        metadata.set("software.version", "2");
        metadata.life(FOR_EVER);
        metadata
    }

    /// Content with the view that shows it.
    fn structured(
        &self,
        metadata: Members,
        kept: &Oid,
        structure: &str,
        said: &Value,
        one: &OldDocument,
    ) -> Submission {
        let structure = self.structure(structure);
        let bytes = said.to_string().into_bytes();
        let read = content::read(&bytes, "structured").expect("JSON that was just written reads");
        let id = identifiers::document_of(self.mapping, kept);
        let heading = Heading {
            document: &id,
            organisation: one.said(Target::OperatingUnitName).unwrap_or_default(),
            document_type: &structure.title.fi,
            made_on: None,
            language: ViewLanguage::Finnish,
        };
        let view = view::render(structure, &read, &heading).into_bytes();
        let parts = vec![(Part::Structured, bytes), (Part::View, view)];
        Submission { metadata: metadata.bytes(), parts }
    }

    fn structure(&self, oid: &str) -> &Structure {
        let oid = Oid::parse(oid).expect("a constant OID");
        &self.registry.structure(&oid).expect("the structure is inside the program").structure
    }

    fn closed_state(&self, day: FinnishDay) -> Value {
        let sets = self.registry.code_sets();
        let known = sets.all().filter(|set| set.oid.as_str() == sets::CASE_STATE);
        let codes = known.flat_map(|set| set.values.iter());
        let closed = codes
            .filter(|value| sets.case_state_is_closed(&value.code, day) == Some(true))
            .map(|value| value.code.as_str())
            .next()
            .unwrap_or("2");
        coded(&format!("urn:oid:{}", sets::CASE_STATE), closed, "Suljettu")
    }
}

/// What is said of a case that none of the names fits, and of its last day where nobody knows that.
fn further_information(case: &OldCase<'_>) -> String {
    let mut text = "Vanhat asiakasasiakirjat".to_owned();
    if let Some(named) = &case.one.case {
        text = format!("{text}: {named}");
    }
    if !case.closing_is_known {
        text.push_str(CLOSING_IS_SUPPOSED);
    }
    text
}

fn coded(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

fn task(code: &str) -> Value {
    let name = ServiceTask::from_code(code).map_or("", ServiceTask::name_fi);
    coded(&format!("urn:oid:{}.201601", sets::SERVICE_TASK), code, name)
}

fn unit(one: &OldDocument) -> Value {
    let name = one.said(Target::OperatingUnitName).unwrap_or(one.unit.as_str());
    coded(&format!("urn:oid:{}.2008", sets::ORGANISATIONS), one.unit.as_str(), name)
}

fn person(values: &Values) -> Value {
    let said = |target| values.get(&target).map_or("", String::as_str);
    json!({
        "sukunimi": said(Target::FamilyName),
        "etunimet": said(Target::GivenNames),
        "henkilotunnus": { "system": CODES, "value": said(Target::IdentityCode) },
        "syntymaaika": said(Target::BirthDate),
    })
}

/// The members of a metadata object; a point in a name leads into a member.
struct Members(Map<String, Value>);

impl Members {
    fn new() -> Self {
        Self(Map::new())
    }

    fn put(&mut self, path: &str, value: Value) {
        let mut at = &mut self.0;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                at.insert(name.to_owned(), value);
                return;
            }
            let below = at.entry(name).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(below) = below else { return };
            at = below;
        }
    }

    fn set(&mut self, path: &str, value: &str) {
        self.put(path, Value::String(value.to_owned()));
    }

    fn maybe(&mut self, path: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.set(path, value);
        }
    }

    fn remove(&mut self, path: &str) {
        match path.split_once('.') {
            None => drop(self.0.remove(path)),
            Some((above, below)) => {
                if let Some(Value::Object(members)) = self.0.get_mut(above) {
                    members.remove(below);
                }
            }
        }
    }

    fn head(&mut self, id: &Oid, group: DocumentGroup, written: Instant, created: Instant) {
        self.set("document_id", id.as_str());
        self.set("set_id", id.as_str());
        self.put("version", json!(1));
        self.set("group", group.code());
        self.set("written_at", &written.to_string());
        self.set("created_at", &created.to_string());
        self.set("confidentiality", CONFIDENTIAL);
    }

    fn client(&mut self, values: &Values) {
        for target in [
            Target::IdentityCode,
            Target::GivenNames,
            Target::FamilyName,
            Target::BirthDate,
            Target::Sex,
        ] {
            self.maybe(target.name(), values.get(&target).map(String::as_str));
        }
        if let Some(switch) = values.get(&Target::NonDisclosure) {
            let value = match switch.as_str() {
                "true" => json!(true),
                "false" => json!(false),
                other => json!(other),
            };
            self.put(Target::NonDisclosure.name(), value);
        }
    }

    /// The operating unit is enough: old documents name no service unit. Source: document 002.
    fn parties(&mut self, one: &OldDocument) {
        for (role, id, name) in [
            ("controller", &one.controller, Target::ControllerName),
            ("organiser", &one.controller, Target::ControllerName),
            ("operating_unit", &one.unit, Target::OperatingUnitName),
        ] {
            self.set(&format!("{role}.id"), id.as_str());
            self.maybe(&format!("{role}.name"), one.said(name));
        }
    }

    fn life(&mut self, retention: &str) {
        self.set("record_state", READY);
        self.set("register_type", SOCIAL_REGISTER);
        self.set("retention_class", retention);
        self.set("special_content", NO_SPECIAL_CONTENT);
    }

    fn bytes(self) -> Vec<u8> {
        Value::Object(self.0).to_string().into_bytes()
    }
}
