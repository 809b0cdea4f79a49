//! A search as it comes over REST. Every fault in it is told at once.

use serde::Deserialize;
use varanto_domain::access::{Reason, Situation};
use varanto_domain::archive::documents::{DocumentGroup, VersionState};
use varanto_domain::archive::metadata::identity_code_fault;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{
    ClientIdentifier, Oid, PersonalIdentityCode, TemporaryIdentifier, TemporaryIdentifierError,
};
use varanto_domain::time::{FinnishDay, Instant};

use crate::json_fault;

/// The most hits that one page may be asked for.
pub const MOST: usize = 100;

/// What a search asks, typed.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct SearchTerms {
    pub client: Option<ClientIdentifier>,
    pub case: Option<Oid>,
    pub relationship: Option<Oid>,
    pub main_document: Option<Oid>,
    pub controller: Option<Oid>,
    pub organiser: Option<Oid>,
    pub unit: Option<Oid>,
    pub service_task: Option<String>,
    pub general_type: Option<String>,
    pub specific_type: Option<String>,
    pub group: Option<DocumentGroup>,
    pub from: Option<Instant>,
    pub before: Option<Instant>,
    pub due_on: Option<FinnishDay>,
    pub death_contradicted: bool,
    pub situation: Option<Situation>,
    pub reason: Option<Reason>,
    pub states: Vec<VersionState>,
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

/// Why a text is no search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchError {
    /// It is not the JSON object looked for.
    Unreadable(Fault),
    /// Its values have these faults.
    Faults(Vec<Fault>),
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Search {
    client: Option<Client>,
    case: Option<String>,
    relationship: Option<String>,
    main_document: Option<String>,
    controller: Option<String>,
    organiser: Option<String>,
    unit: Option<String>,
    service_task: Option<String>,
    general_type: Option<String>,
    specific_type: Option<String>,
    group: Option<String>,
    from: Option<String>,
    before: Option<String>,
    due_on: Option<String>,
    death_contradicted: bool,
    situation: Option<String>,
    reason: Option<String>,
    states: Vec<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Client {
    identity_code: Option<String>,
    temporary_id: Option<Temporary>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Temporary {
    root: String,
    extension: String,
}

/// Reads a search.
///
/// # Errors
/// The first thing that keeps it from being one, or every fault of its values.
pub fn read(bytes: &[u8]) -> Result<SearchTerms, SearchError> {
    let search: Search = serde_json::from_slice(bytes)
        .map_err(|error| SearchError::Unreadable(json_fault::of(&error)))?;
    let mut faults = Vec::new();
    let terms = made(search, &mut faults);
    if faults.is_empty() { Ok(terms) } else { Err(SearchError::Faults(faults)) }
}

fn made(search: Search, faults: &mut Vec<Fault>) -> SearchTerms {
    let mut oid = |name: &str, text: Option<String>| -> Option<Oid> {
        let read = Oid::parse(&text?);
        read.map_err(|_| faults.push(Fault::new(FaultKind::NotAnOid, name, "ARC-8"))).ok()
    };
    let mut query = SearchTerms {
        case: oid("case", search.case),
        relationship: oid("relationship", search.relationship),
        main_document: oid("main_document", search.main_document),
        controller: oid("controller", search.controller),
        organiser: oid("organiser", search.organiser),
        unit: oid("unit", search.unit),
        service_task: search.service_task,
        general_type: search.general_type,
        specific_type: search.specific_type,
        death_contradicted: search.death_contradicted,
        limit: search.limit,
        cursor: search.cursor,
        ..SearchTerms::default()
    };
    let mut wrong = |name: &str, expected: String| {
        faults.push(Fault::new(FaultKind::WrongForm, name, "ARC-8").arg("expected", expected));
    };
    if let Some(code) = search.group {
        query.group = DocumentGroup::of_code(&code);
        if query.group.is_none() {
            wrong("group", DocumentGroup::ALL.map(DocumentGroup::code).join(", "));
        }
    }
    for (name, text, into) in
        [("from", search.from, &mut query.from), ("before", search.before, &mut query.before)]
    {
        let Some(text) = text else { continue };
        *into = moment(&text);
        if into.is_none() {
            wrong(name, "2026-03-23, 2026-03-23T10:54:24+02:00".to_owned());
        }
    }
    if let Some(text) = search.due_on {
        query.due_on = FinnishDay::parse(&text);
        if query.due_on.is_none() {
            wrong("due_on", "2026-03-23".to_owned());
        }
    }
    if let Some(code) = search.situation {
        query.situation = Situation::of_code(&code);
        if query.situation.is_none() {
            wrong("situation", Situation::ALL.map(Situation::code).join(", "));
        }
    }
    if let Some(code) = search.reason {
        query.reason = Reason::of_look(&code);
        if query.reason.is_none() {
            wrong("reason", Reason::OF_LOOKS.map(Reason::code).join(", "));
        }
    }
    for name in search.states {
        match VersionState::of_name(&name) {
            Some(state) => query.states.push(state),
            None => wrong("states", VersionState::ALL.map(VersionState::name).join(", ")),
        }
    }
    if query.limit.is_some_and(|limit| !(1..=MOST).contains(&limit)) {
        wrong("limit", format!("1–{MOST}"));
    }
    query.client = search.client.and_then(|client| client_of(client, faults));
    query
}

/// A day means its first instant in Finland.
pub(crate) fn moment(text: &str) -> Option<Instant> {
    FinnishDay::parse(text).map(FinnishDay::start).or_else(|| Instant::parse(text))
}

pub(crate) fn client_of(client: Client, faults: &mut Vec<Fault>) -> Option<ClientIdentifier> {
    match (client.identity_code, client.temporary_id) {
        (Some(code), None) => match PersonalIdentityCode::parse(&code) {
            Ok(code) => Some(ClientIdentifier::Code(code)),
            Err(error) => {
                faults.push(identity_code_fault("client.identity_code", error));
                None
            }
        },
        (None, Some(given)) => {
            temporary_of(&given, "client.temporary_id", faults).map(ClientIdentifier::Temporary)
        }
        _ => {
            let fault = Fault::new(FaultKind::WrongForm, "client", "ARC-8");
            faults.push(fault.arg("expected", "identity_code | temporary_id"));
            None
        }
    }
}

/// The temporary identifier that is given at an element, or a fault.
pub(crate) fn temporary_of(
    given: &Temporary,
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<TemporaryIdentifier> {
    let Ok(root) = Oid::parse(&given.root) else {
        faults.push(Fault::new(FaultKind::NotAnOid, format!("{at}.root"), "ARC-8"));
        return None;
    };
    let read = TemporaryIdentifier::new(&root, &given.extension);
    read.map_err(|error| faults.push(temporary_fault(at, error))).ok()
}

fn temporary_fault(at: &str, error: TemporaryIdentifierError) -> Fault {
    let (half, expected) = match error {
        TemporaryIdentifierError::Root => ("root", "1.2.246.10.<business id>.22.<year>"),
        TemporaryIdentifierError::Extension => ("extension", "010111A998W"),
    };
    let fault = Fault::new(FaultKind::TemporaryIdentifierForm, format!("{at}.{half}"), "ARC-11");
    fault.arg("expected", expected)
}
