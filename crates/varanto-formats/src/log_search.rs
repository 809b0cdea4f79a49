//! What is asked of the use log as it comes over REST. Every fault in it is told at once.

use serde::Deserialize;
use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::access::{LookReason, Reason};
use varanto_domain::archive::metadata::identity_code_fault;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::identities::IdentityReason;
use varanto_domain::ids::{ClientIdentifier, Oid, PersonalIdentityCode, TemporaryIdentifier};
use varanto_domain::oversight::openings::Judgement;
use varanto_domain::time::{FinnishDay, Instant};

use crate::json_fault;
use crate::search::{Client, SearchError, Temporary, client_of, moment, temporary_of};

/// The most lines or hints that one page may be asked for.
pub const MOST: usize = 100;

/// What a search for lines asks, typed.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct LogTerms {
    pub client: Option<ClientIdentifier>,
    pub actor: Option<String>,
    pub from: Option<Instant>,
    pub before: Option<Instant>,
    pub event: Option<Event>,
    pub outcome: Option<String>,
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

/// What a review of days asks, typed.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct HintTerms {
    pub actor: Option<String>,
    pub from: Option<FinnishDay>,
    pub until: Option<FinnishDay>,
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

/// Whose own log is asked for, typed.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct OwnLogTerms {
    pub client: ClientIdentifier,
    pub representative: Option<PersonalIdentityCode>,
    pub from: Option<Instant>,
    pub before: Option<Instant>,
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

/// What is to be opened without case context, typed.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct OpeningTerms {
    pub client: ClientIdentifier,
    pub reason: LookReason,
    pub hours: Option<u32>,
}

/// Which identifiers are to be joined or parted, typed.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct IdentityTerms {
    pub temporary_id: TemporaryIdentifier,
    pub identity_code: PersonalIdentityCode,
    pub reason: IdentityReason,
}

/// Which openings are asked for, typed.
#[derive(Debug, Clone, Default, PartialEq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct QueueTerms {
    pub states: Vec<Judgement>,
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct OwnLogSearch {
    client: Option<Client>,
    representative: Option<Representative>,
    from: Option<String>,
    before: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Who asks for the client.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Representative {
    identity_code: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct ToOpen {
    client: Option<Client>,
    reason: Option<String>,
    hours: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Identities {
    temporary_id: Option<Temporary>,
    identity_code: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct QueueSearch {
    states: Vec<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Which users are asked for, typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the member of the same name")]
pub struct UserTerms {
    pub history: bool,
    pub organisation: Option<Oid>,
    pub limit: Option<usize>,
    pub cursor: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct UserSearch {
    history: bool,
    organisation: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Judged {
    state: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct LogSearch {
    client: Option<Client>,
    actor: Option<String>,
    from: Option<String>,
    before: Option<String>,
    event: Option<String>,
    outcome: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct HintSearch {
    actor: Option<String>,
    from: Option<String>,
    until: Option<String>,
    limit: Option<usize>,
    cursor: Option<String>,
}

/// Reads a search for lines.
///
/// # Errors
/// The first thing that keeps it from being one, or every fault of its values.
pub fn read_lines(bytes: &[u8]) -> Result<LogTerms, SearchError> {
    let asked: LogSearch = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of("LOG-2");
    let terms = LogTerms {
        actor: reading.actor(asked.actor),
        from: reading.moment("from", asked.from),
        before: reading.moment("before", asked.before),
        event: reading.coded("event", asked.event, Event::of_code, Event::ALL.map(Event::code)),
        outcome: reading.coded("outcome", asked.outcome, outcome_of, Outcome::CODES),
        limit: reading.limit(asked.limit),
        cursor: asked.cursor,
        client: asked.client.and_then(|client| client_of(client, &mut reading.faults)),
    };
    reading.finish(terms)
}

/// Reads a review of days.
///
/// # Errors
/// As [`read_lines`].
pub fn read_hints(bytes: &[u8]) -> Result<HintTerms, SearchError> {
    let asked: HintSearch = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of("LOG-2");
    let terms = HintTerms {
        actor: reading.actor(asked.actor),
        from: reading.day("from", asked.from),
        until: reading.day("until", asked.until),
        limit: reading.limit(asked.limit),
        cursor: asked.cursor,
    };
    reading.finish(terms)
}

/// Reads whose own log is asked for.
///
/// # Errors
/// As [`read_lines`].
pub fn read_own_log(bytes: &[u8]) -> Result<OwnLogTerms, SearchError> {
    let asked: OwnLogSearch = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of("LOG-2");
    let from = reading.moment("from", asked.from);
    let before = reading.moment("before", asked.before);
    let limit = reading.limit(asked.limit);
    let client = reading.client(asked.client);
    let representative = asked
        .representative
        .and_then(|one| reading.identity_code("representative.identity_code", &one.identity_code));
    let cursor = asked.cursor;
    let terms =
        client.map(|client| OwnLogTerms { client, representative, from, before, limit, cursor });
    reading.finish_whole(terms)
}

/// Reads what is to be opened without case context.
///
/// # Errors
/// As [`read_lines`].
pub fn read_opening(bytes: &[u8]) -> Result<OpeningTerms, SearchError> {
    let asked: ToOpen = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of("ACC-3");
    let reason = reading.needed("reason", asked.reason);
    let all = LookReason::ALL.map(|reason| Reason::Look(reason).code());
    let reason = reading.coded("reason", reason, look_reason_of, all);
    let client = reading.client(asked.client);
    let hours = asked.hours;
    let terms = client.zip(reason).map(|(client, reason)| OpeningTerms { client, reason, hours });
    reading.finish_whole(terms)
}

/// Reads which identifiers are to be joined or parted, and why.
///
/// # Errors
/// As [`read_lines`].
pub fn read_identities(bytes: &[u8]) -> Result<IdentityTerms, SearchError> {
    let asked: Identities = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of("ARC-11");
    let reason = reading.needed("reason", asked.reason);
    let all = IdentityReason::ALL.map(IdentityReason::code);
    let reason = reading.coded("reason", reason, IdentityReason::of_code, all);
    let given = reading.needed("temporary_id", asked.temporary_id);
    let temporary =
        given.and_then(|given| temporary_of(&given, "temporary_id", &mut reading.faults));
    let code = reading.needed("identity_code", asked.identity_code);
    let code = code.and_then(|code| reading.identity_code("identity_code", &code));
    let terms = temporary.zip(code).zip(reason).map(|((temporary_id, identity_code), reason)| {
        IdentityTerms { temporary_id, identity_code, reason }
    });
    reading.finish_whole(terms)
}

/// Reads which openings are asked for.
///
/// # Errors
/// As [`read_lines`].
pub fn read_queue(bytes: &[u8]) -> Result<QueueTerms, SearchError> {
    let asked: QueueSearch = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of("LOG-2");
    let states = asked.states.into_iter().filter_map(|state| {
        reading.coded(
            "states",
            Some(state),
            Judgement::of_code,
            Judgement::ALL.map(Judgement::code),
        )
    });
    let states = states.collect();
    let terms = QueueTerms { states, limit: reading.limit(asked.limit), cursor: asked.cursor };
    reading.finish(terms)
}

/// Reads which users are asked for.
///
/// # Errors
/// As [`read_lines`].
pub fn read_users(bytes: &[u8]) -> Result<UserTerms, SearchError> {
    let asked: UserSearch = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of("ACC-2");
    let limit = reading.limit(asked.limit);
    let read = |text: &str| Oid::parse(text).ok();
    let organisation = reading.read("organisation", asked.organisation, read, "1.2.246.10.1234567");
    let (history, cursor) = (asked.history, asked.cursor);
    reading.finish(UserTerms { history, organisation, limit, cursor })
}

/// Reads how an opening is judged.
///
/// # Errors
/// As [`read_lines`].
pub fn read_judgement(bytes: &[u8]) -> Result<Judgement, SearchError> {
    let asked: Judged = serde_json::from_slice(bytes).map_err(unreadable)?;
    let mut reading = Reading::of("LOG-2");
    let all = Judgement::ALL.map(Judgement::code);
    let state = reading.coded("state", Some(asked.state), Judgement::of_code, all);
    reading.finish_whole(state)
}

fn look_reason_of(code: &str) -> Option<LookReason> {
    match Reason::of_code(code)? {
        Reason::Look(reason) => Some(reason),
        Reason::Statutory(_) | Reason::Request(_) => None,
    }
}

fn outcome_of(code: &str) -> Option<String> {
    Outcome::CODES.contains(&code).then(|| code.to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err asks for")]
pub(crate) fn unreadable(error: serde_json::Error) -> SearchError {
    SearchError::Unreadable(json_fault::of(&error))
}

/// Values being read, and the faults found in them.
pub(crate) struct Reading {
    rule: &'static str,
    faults: Vec<Fault>,
}

impl Reading {
    /// Nothing read yet; faults name this rule.
    pub(crate) const fn of(rule: &'static str) -> Self {
        Self { rule, faults: Vec::new() }
    }

    /// Tells that a value is none of those expected. It is not told itself.
    pub(crate) fn wrong(&mut self, name: &str, expected: impl Into<String>) {
        let fault = Fault::new(FaultKind::WrongForm, name, self.rule);
        self.faults.push(fault.arg("expected", expected.into()));
    }

    /// The value of a text that reads, or a fault that says what would.
    fn read<T>(
        &mut self,
        name: &str,
        text: Option<String>,
        read: impl FnOnce(&str) -> Option<T>,
        expected: impl Into<String>,
    ) -> Option<T> {
        let value = read(&text?);
        if value.is_none() {
            self.wrong(name, expected);
        }
        value
    }

    fn moment(&mut self, name: &str, text: Option<String>) -> Option<Instant> {
        self.read(name, text, moment, "2026-03-23, 2026-03-23T10:54:24+02:00")
    }

    /// A day.
    pub(crate) fn day(&mut self, name: &str, text: Option<String>) -> Option<FinnishDay> {
        self.read(name, text, FinnishDay::parse, "2026-03-23")
    }

    /// An identifier, or each of several.
    pub(crate) fn oid(&mut self, name: &str, text: &str) -> Option<Oid> {
        let read = Oid::parse(text).ok();
        if read.is_none() {
            self.faults.push(Fault::new(FaultKind::NotAnOid, name, self.rule));
        }
        read
    }

    pub(crate) fn coded<T, const N: usize>(
        &mut self,
        name: &str,
        text: Option<String>,
        read: fn(&str) -> Option<T>,
        all: [&str; N],
    ) -> Option<T> {
        self.read(name, text, read, all.join(", "))
    }

    /// A person or a system as lines name it.
    fn actor(&mut self, text: Option<String>) -> Option<String> {
        let named = |text: &str| {
            let kinds = ["person:", "system:"];
            kinds.iter().any(|kind| text.starts_with(kind)).then(|| text.to_owned())
        };
        self.read("actor", text, named, "person:…, system:…")
    }

    pub(crate) fn limit(&mut self, limit: Option<usize>) -> Option<usize> {
        if limit.is_some_and(|limit| !(1..=MOST).contains(&limit)) {
            self.wrong("limit", format!("1–{MOST}"));
        }
        limit
    }

    /// A member that must be there.
    pub(crate) fn needed<T>(&mut self, name: &str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            let fault = Fault::new(FaultKind::MissingElement, name, self.rule);
            self.faults.push(fault.arg("name", name));
        }
        value
    }

    fn identity_code(&mut self, at: &str, text: &str) -> Option<PersonalIdentityCode> {
        let read = PersonalIdentityCode::parse(text);
        read.map_err(|error| self.faults.push(identity_code_fault(at, error))).ok()
    }

    pub(crate) fn client(&mut self, client: Option<Client>) -> Option<ClientIdentifier> {
        let client = self.needed("client", client)?;
        client_of(client, &mut self.faults)
    }

    /// As [`Reading::finish`], for terms that are missing when one of them has a fault.
    pub(crate) fn finish_whole<T>(self, terms: Option<T>) -> Result<T, SearchError> {
        match terms {
            Some(terms) => self.finish(terms),
            None => Err(SearchError::Faults(self.faults)),
        }
    }

    /// The terms, when nothing was wrong with them.
    pub(crate) fn finish<T>(self, terms: T) -> Result<T, SearchError> {
        if self.faults.is_empty() { Ok(terms) } else { Err(SearchError::Faults(self.faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<T: std::fmt::Debug>(read: Result<T, SearchError>) -> Vec<(&'static str, String)> {
        match read.unwrap_err() {
            SearchError::Unreadable(fault) => vec![(fault.code(), fault.element)],
            SearchError::Faults(faults) => {
                faults.into_iter().map(|fault| (fault.code(), fault.element)).collect()
            }
        }
    }

    #[test]
    fn every_fault_of_a_search_for_lines_is_told_at_once() {
        let text = br#"{"actor":"aino","from":"soon","before":"x","event":"seen","outcome":"yes",
            "limit":0,"client":{"identity_code":"180418A903M"}}"#;
        let elements = ["actor", "from", "before", "event", "outcome", "limit"];
        let mut expected: Vec<_> = elements.map(|name| ("wrong-form", name.to_owned())).into();
        expected.push(("identity-code-check", "client.identity_code".to_owned()));
        assert_eq!(told(read_lines(text)), expected);
        assert_eq!(told(read_lines(br#"{"user":"x"}"#)), [("unknown-element", "user".to_owned())]);
    }

    #[test]
    fn whose_log_what_to_open_and_how_it_is_judged_are_read_with_every_fault() {
        let told_of = |elements: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
            elements.iter().map(|(code, element)| (*code, (*element).to_owned())).collect()
        };
        let missing = told_of(&[("missing-element", "client")]);
        assert_eq!(told(read_own_log(b"{}")), missing);
        let both = told_of(&[("missing-element", "reason"), ("missing-element", "client")]);
        assert_eq!(told(read_opening(b"{}")), both);
        let text = br#"{"reason":"act-703-2023-64","client":{"identity_code":"180418A903L"}}"#;
        assert_eq!(told(read_opening(text)), told_of(&[("wrong-form", "reason")]));
        let text = br#"{"reason":"urgent","hours":2,"client":{"identity_code":"180418A903L"}}"#;
        let terms = read_opening(text).unwrap();
        assert_eq!((terms.reason, terms.hours), (LookReason::Urgent, Some(2)));
        let terms = read_queue(br#"{"states":["new","seen"],"limit":3}"#).unwrap();
        assert_eq!(terms.states, [Judgement::New, Judgement::Seen]);
        assert_eq!(told(read_queue(br#"{"states":["x"]}"#)), told_of(&[("wrong-form", "states")]));
        assert_eq!(read_judgement(br#"{"state":"approved"}"#).unwrap(), Judgement::Approved);
        assert_eq!(told(read_judgement(br#"{"state":"x"}"#)), told_of(&[("wrong-form", "state")]));
    }

    /// ARC-11: both identifiers and the reason are needed, and every fault is told at once.
    #[test]
    fn which_identifiers_are_joined_is_read() {
        let told_of = |codes: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
            codes.iter().map(|(code, element)| (*code, (*element).to_owned())).collect()
        };
        let all = ["reason", "temporary_id", "identity_code"].map(|name| ("missing-element", name));
        assert_eq!(told(read_identities(b"{}")), told_of(&all));
        let text = br#"{"reason":"x","identity_code":"180418A903M",
            "temporary_id":{"root":"1.2.3","extension":"010111A998W"}}"#;
        let wrong = [
            ("wrong-form", "reason"),
            ("temporary-identifier-form", "temporary_id.root"),
            ("identity-code-check", "identity_code"),
        ];
        assert_eq!(told(read_identities(text)), told_of(&wrong));
        let text = br#"{"reason":"code-given","identity_code":"180418A903L",
            "temporary_id":{"root":"1.2.246.10.1234567.22.2026","extension":"010111A998W"}}"#;
        let terms = read_identities(text).unwrap();
        assert_eq!(terms.reason, IdentityReason::CodeGiven);
        assert_eq!(terms.temporary_id.reveal(), "010111A998W");
    }

    #[test]
    fn a_search_for_lines_and_a_review_of_days_are_read() {
        let terms = read_lines(
            br#"{"actor":"person:aino","from":"2026-03-01","event":"open",
            "outcome":"denied","limit":7}"#,
        )
        .unwrap();
        assert_eq!(terms.actor.as_deref(), Some("person:aino"));
        assert_eq!(terms.from, FinnishDay::new(2026, 3, 1).map(FinnishDay::start));
        assert_eq!((terms.event, terms.outcome.as_deref()), (Some(Event::Open), Some("denied")));
        let terms = read_hints(br#"{"from":"2026-03-01","until":"2026-03-07"}"#).unwrap();
        assert_eq!(
            (terms.from, terms.until),
            (FinnishDay::new(2026, 3, 1), FinnishDay::new(2026, 3, 7))
        );
        assert_eq!(
            told(read_hints(br#"{"from":"1.3.2026"}"#)),
            [("wrong-form", "from".to_owned())]
        );
    }
}
