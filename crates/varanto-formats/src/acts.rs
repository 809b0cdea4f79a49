//! What is asked of the archive about relationships and cases, as JSON. Every fault is told at once.

use std::sync::Arc;

use varanto_domain::archive::metadata::identity_code_fault;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, PersonalIdentityCode, TemporaryIdentifier};
use varanto_domain::relationship::{
    Asked, CaseAct, HandOver, Maker, Named, NewCase, NewRelationship, OwnService, Purchase,
    RelationshipAct, Served,
};
use varanto_domain::structures::Content;

use crate::content;
use crate::members::{Faults, Object, Place};

/// The members that every request has or may have.
const SHARED: [&str; 3] = ["document_id", "based_on", "professional"];

/// Every act on a relationship, with the members that it takes.
pub const RELATIONSHIP_ACTS: [(&str, &[&str]); 11] = [
    ("begin-service", &["service_task", "unit", "case", "first_day", "last_day"]),
    (
        "hand-over",
        &[
            "service_task",
            "producer",
            "implementer",
            "services",
            "case",
            "purchase",
            "first_day",
            "last_day",
        ],
    ),
    ("end-service", &["service_task", "unit", "case", "last_day"]),
    ("suspend-service", &["service_task", "unit", "case", "first_day", "last_day"]),
    ("resume-service", &["service_task", "unit", "case", "first_day"]),
    ("set-workers", &["workers"]),
    ("set-risks", &["risks"]),
    ("set-related-persons", &["persons"]),
    ("begin-child-protection", &["first_day"]),
    ("end-child-protection", &["last_day"]),
    ("end", &["last_day", "grounds"]),
];

/// Every act on a case, with the members that it takes.
pub const CASE_ACTS: [(&str, &[&str]); 5] = [
    ("close", &["closed_on"]),
    ("reopen", &[]),
    ("join", &["client", "joined_at"]),
    ("leave", &["client", "left_at"]),
    ("set-other-persons", &["persons"]),
];

/// Reads the opening of a relationship.
///
/// # Errors
/// Every fault.
pub fn read_new_relationship(bytes: &[u8]) -> Result<Asked<NewRelationship>, Vec<Fault>> {
    const KNOWN: [&str; 11] = [
        "relationship_id",
        "controller",
        "organiser",
        "operating_unit",
        "client",
        "language",
        "non_disclosure",
        "service_task",
        "unit",
        "first_day",
        "last_day",
    ];
    read(bytes, &KNOWN, |object| {
        let controller = object.required("controller").and_then(|place| place.oid());
        let organiser = object.optional("organiser", |place| place.oid());
        let relationship = object.required("relationship_id").and_then(|place| place.oid());
        let operating_unit = object.required("operating_unit").and_then(|place| place.oid());
        let client = object.required("client").and_then(named);
        let language =
            object.optional("language", |place| place.word(&[("fi", "fi"), ("sv", "sv")]));
        let non_disclosure = object.required("non_disclosure").and_then(|place| place.switch());
        let service = own_service(object);
        let controller = controller?;
        Some(NewRelationship {
            relationship: relationship?,
            organiser: organiser?.unwrap_or_else(|| controller.clone()),
            controller,
            operating_unit: operating_unit?,
            client: client?,
            language: language?.unwrap_or("fi").to_owned(),
            non_disclosure: non_disclosure?,
            service: service?,
        })
    })
}

/// Reads the opening of a case.
///
/// # Errors
/// Every fault.
pub fn read_new_case(bytes: &[u8]) -> Result<Asked<NewCase>, Vec<Fault>> {
    const KNOWN: [&str; 7] =
        ["case_id", "relationship_id", "service_task", "name", "name_detail", "opened_on", "unit"];
    read(bytes, &KNOWN, |object| {
        let case = object.required("case_id").and_then(|place| place.oid());
        let relationship = object.required("relationship_id").and_then(|place| place.oid());
        let service_task = required_text(object, "service_task");
        let name = required_text(object, "name");
        let name_detail = object.optional("name_detail", |place| place.text().map(str::to_owned));
        let opened_on = object.required("opened_on").and_then(|place| place.day());
        let unit = object.optional("unit", |place| place.oid());
        Some(NewCase {
            case: case?,
            relationship: relationship?,
            service_task: service_task?,
            name: name?,
            name_detail: name_detail?,
            opened_on: opened_on?,
            unit: unit?,
        })
    })
}

/// Reads an act on a relationship.
///
/// # Errors
/// Every fault.
pub fn read_relationship_act(bytes: &[u8]) -> Result<Asked<RelationshipAct>, Vec<Fault>> {
    read_act(bytes, &RELATIONSHIP_ACTS, relationship_act)
}

/// Reads an act on a case.
///
/// # Errors
/// Every fault.
pub fn read_case_act(bytes: &[u8]) -> Result<Asked<CaseAct>, Vec<Fault>> {
    read_act(bytes, &CASE_ACTS, case_act)
}

fn relationship_act(act: &str, object: &Object<'_>) -> Option<RelationshipAct> {
    let day = |name: &str| object.required(name).and_then(|place| place.day());
    Some(match act {
        "begin-service" => RelationshipAct::BeginService(own_service(object)?),
        "hand-over" => RelationshipAct::HandOver(hand_over(object)?),
        "end-service" => {
            let (of, last_day) = (served(object), day("last_day"));
            RelationshipAct::EndService { of: of?, last_day: last_day? }
        }
        "suspend-service" => {
            let (of, first_day, last_day) = (served(object), day("first_day"), day("last_day"));
            RelationshipAct::SuspendService { of: of?, first_day: first_day?, last_day: last_day? }
        }
        "resume-service" => {
            let (of, first_day) = (served(object), day("first_day"));
            RelationshipAct::ResumeService { of: of?, first_day: first_day? }
        }
        "set-workers" => RelationshipAct::SetWorkers(contents(object, "workers")?),
        "set-risks" => RelationshipAct::SetRisks(contents(object, "risks")?),
        "set-related-persons" => RelationshipAct::SetRelatedPersons(contents(object, "persons")?),
        "begin-child-protection" => {
            RelationshipAct::BeginChildProtection { first_day: day("first_day")? }
        }
        "end-child-protection" => {
            RelationshipAct::EndChildProtection { last_day: day("last_day")? }
        }
        _ => {
            let last_day = day("last_day");
            let grounds = object.optional("grounds", |place| place.text().map(str::to_owned));
            RelationshipAct::End { last_day: last_day?, grounds: grounds? }
        }
    })
}

fn case_act(act: &str, object: &Object<'_>) -> Option<CaseAct> {
    let instant = |name: &str| object.required(name).and_then(|place| place.instant());
    Some(match act {
        "close" => {
            CaseAct::Close { closed_on: object.required("closed_on").and_then(|day| day.day())? }
        }
        "reopen" => CaseAct::Reopen,
        "join" => {
            let client = object.required("client").and_then(named);
            let joined_at = instant("joined_at");
            CaseAct::Join { client: client?, joined_at: joined_at? }
        }
        "leave" => {
            let client = object
                .required("client")
                .and_then(|place| identifier(&place.object(&["identity_code", "temporary_id"])?));
            let left_at = instant("left_at");
            CaseAct::Leave { client: client?, left_at: left_at? }
        }
        _ => CaseAct::SetOtherPersons(contents(object, "persons")?),
    })
}

/// A list replaces another, so who sends it says which version it was made from.
const REPLACES: [&str; 4] =
    ["set-workers", "set-risks", "set-related-persons", "set-other-persons"];

fn read_act<T>(
    bytes: &[u8],
    acts: &[(&'static str, &[&str])],
    act: impl Fn(&str, &Object<'_>) -> Option<T>,
) -> Result<Asked<T>, Vec<Fault>> {
    let content = content::read(bytes, "body").map_err(|fault| vec![fault])?;
    let named = content.member("act").and_then(Content::text);
    let known = acts.iter().find(|(name, _)| Some(*name) == named);
    let mut members = vec!["act"];
    members.extend(known.map(|(_, members)| *members).unwrap_or_default());
    if known.is_none() {
        // Which members it takes is not known either.
        members.extend(acts.iter().flat_map(|(_, members)| members.iter().copied()));
    }
    read_content(&content, &members, |object| {
        let words: Vec<(&str, &str)> = acts.iter().map(|(name, _)| (*name, *name)).collect();
        let word = object.required("act").and_then(|place| place.word(&words))?;
        if REPLACES.contains(&word) {
            object.required("based_on");
        }
        act(word, object)
    })
}

fn read<T>(
    bytes: &[u8],
    known: &[&str],
    what: impl Fn(&Object<'_>) -> Option<T>,
) -> Result<Asked<T>, Vec<Fault>> {
    let content = content::read(bytes, "body").map_err(|fault| vec![fault])?;
    read_content(&content, known, what)
}

fn read_content<T>(
    content: &Content<'_>,
    known: &[&str],
    what: impl Fn(&Object<'_>) -> Option<T>,
) -> Result<Asked<T>, Vec<Fault>> {
    let faults = Faults::of("REL-1");
    let known: Vec<&str> = known.iter().copied().chain(SHARED).collect();
    let asked = Place::root(content, &faults).object(&known).and_then(|object| {
        let document = object.required("document_id").and_then(|place| place.oid());
        let based_on = object.optional("based_on", |place| place.oid());
        let maker = object.optional("professional", maker);
        let what = what(&object);
        Some(Asked { document: document?, based_on: based_on?, maker: maker?, what: what? })
    });
    // What was sent may be an identity code in the wrong place: it is not told back.
    faults
        .or(asked)
        .map_err(|faults| faults.into_iter().map(|fault| Fault { value: None, ..fault }).collect())
}

fn required_text(object: &Object<'_>, name: &str) -> Option<Arc<str>> {
    object.required(name).and_then(|place| place.text().map(Arc::from))
}

fn own_service(object: &Object<'_>) -> Option<OwnService> {
    let service_task = required_text(object, "service_task");
    let unit = object.required("unit").and_then(|place| place.oid());
    let days = object.validity();
    let case = object.optional("case", |place| place.oid());
    Some(OwnService { service_task: service_task?, unit: unit?, days: days?, case: case? })
}

fn hand_over(object: &Object<'_>) -> Option<HandOver> {
    let service_task = required_text(object, "service_task");
    let producer = object.required("producer").and_then(|place| place.oid());
    let implementer = object.optional("implementer", |place| place.oid());
    let services =
        object.optional("services", |place| place.all(|code| code.text().map(Arc::<str>::from)));
    let days = object.validity();
    let case = object.optional("case", |place| place.oid());
    let kinds = Purchase::ALL.map(|(kind, word, ..)| (word, kind));
    let purchase = object.optional("purchase", |place| place.word(&kinds));
    Some(HandOver {
        service_task: service_task?,
        producer: producer?,
        implementer: implementer?,
        services: services?.unwrap_or_default(),
        days: days?,
        case: case?,
        purchase: purchase?,
    })
}

fn served(object: &Object<'_>) -> Option<Served> {
    let service_task = object.optional("service_task", |place| place.text().map(Arc::from));
    let unit = object.required("unit").and_then(|place| place.oid());
    let case = object.optional("case", |place| place.oid());
    Some(Served { service_task: service_task?, unit: unit?, case: case? })
}

/// A list in the nation's own form: its structure is held against it when the version is archived.
fn contents(object: &Object<'_>, name: &str) -> Option<Vec<Content<'static>>> {
    let place = object.required(name)?;
    place.all(|entry| Some(entry.value().to_owned_content()))
}

fn maker(place: Place<'_>) -> Option<Maker> {
    let object = place.object(&["registration_number", "given_names", "family_name"])?;
    let number = object.optional("registration_number", |place| place.text().map(str::to_owned));
    let given = object.required("given_names").and_then(|place| place.text().map(str::to_owned));
    let family = object.required("family_name").and_then(|place| place.text().map(str::to_owned));
    Some(Maker { registration_number: number?, given_names: given?, family_name: family? })
}

fn named(place: Place<'_>) -> Option<Named> {
    const KNOWN: [&str; 5] =
        ["identity_code", "temporary_id", "given_names", "family_name", "birth_date"];
    let object = place.object(&KNOWN)?;
    let given = object.required("given_names").and_then(|place| place.text().map(str::to_owned));
    let family = object.required("family_name").and_then(|place| place.text().map(str::to_owned));
    let birth_date = object.optional("birth_date", |place| place.day());
    let identifier = identifier(&object);
    Some(Named {
        identifier: identifier?,
        given_names: given?,
        family_name: family?,
        birth_date: birth_date?,
    })
}

/// The identity code, or else the whole temporary identifier. Neither is ever told back.
fn identifier(object: &Object<'_>) -> Option<ClientIdentifier> {
    let code = object.optional("identity_code", |place| {
        let text = place.text()?;
        let read = PersonalIdentityCode::parse(text);
        let kind = |error| identity_code_fault("", error).kind;
        read.map_err(|error| place.fault(kind(error), |fault| fault)).ok()
    })?;
    let temporary = object.optional("temporary_id", |place| {
        let parts = place.object(&["root", "extension"])?;
        let root = parts.required("root").and_then(|place| place.oid());
        let extension = parts.required("extension").and_then(|place| place.text());
        let read = TemporaryIdentifier::new(&root?, extension?);
        let wrong = |fault: Fault| fault.arg("expected", "1.2.246.10.<business id>.22.<year>");
        read.map_err(|_| parts.place().fault(FaultKind::TemporaryIdentifierForm, wrong)).ok()
    })?;
    match (code, temporary) {
        (Some(code), None) => Some(ClientIdentifier::Code(code)),
        (None, Some(temporary)) => Some(ClientIdentifier::Temporary(temporary)),
        _ => {
            let expected = |fault: Fault| fault.arg("expected", "identity_code | temporary_id");
            object.place().fault(FaultKind::WrongForm, expected);
            None
        }
    }
}
