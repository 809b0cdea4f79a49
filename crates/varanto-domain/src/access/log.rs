//! The use log (käyttöloki): one line for every look, search, store and refusal (LOG-1).

use std::fmt::Write;

use super::{Basis, Caller, Denial, Strength, Who};
use crate::ids::{ClientKey, Oid, VersionKey};
use crate::time::Instant;

/// What was done, or tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// A document was archived, or its submission refused.
    Archive,
    /// A document's metadata or content was opened.
    Open,
    /// A search was made.
    Search,
    /// A version was invalidated.
    Invalidate,
    /// A caller was turned away before anything was asked.
    TurnedAway,
    /// A register, structure or code set was loaded.
    Administer,
    /// A submission was checked, and nothing of it kept.
    Check,
    /// A document of another controller was opened or searched for: a disclosure, given or denied.
    Disclose,
    /// It was asked why something may be done with a document or not, or who may see it.
    Explain,
    /// What the population register says of a client came, other than before.
    PersonFacts,
}

impl Event {
    /// Every event; the place in this list is what the store keeps.
    pub const ALL: [Self; 10] = [
        Self::Archive,
        Self::Open,
        Self::Search,
        Self::Invalidate,
        Self::TurnedAway,
        Self::Administer,
        Self::Check,
        Self::Disclose,
        Self::Explain,
        Self::PersonFacts,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Archive => "archive",
            Self::Open => "open",
            Self::Search => "search",
            Self::Invalidate => "invalidate",
            Self::TurnedAway => "turned-away",
            Self::Administer => "administer",
            Self::Check => "check",
            Self::Disclose => "disclose",
            Self::Explain => "explain",
            Self::PersonFacts => "person-facts",
        }
    }
}

/// How it was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Permitted, on this ground.
    Permitted(Basis),
    /// Denied by this rule.
    Denied(Denial),
    /// What was sent is wrong: the codes of its faults.
    Refused(Vec<&'static str>),
    /// The archive's own work, on nobody's data.
    Done,
}

impl Outcome {
    /// `permitted`, `denied`, `refused` or `done`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Permitted(_) => "permitted",
            Self::Denied(_) => "denied",
            Self::Refused(_) => "refused",
            Self::Done => "done",
        }
    }

    /// The ground, the denial, or the faults' codes, each once.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Permitted(basis) => basis.code().to_owned(),
            Self::Denied(denial) => denial.code().to_owned(),
            Self::Refused(codes) => {
                let mut codes = codes.clone();
                codes.sort_unstable();
                codes.dedup();
                codes.join(",")
            }
            Self::Done => String::new(),
        }
    }
}

/// Who acted, as the log keeps it: `system:<id>`, `person:<subject>`, `operator`, or `nobody` when
/// the caller was turned away unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The system or person.
    pub name: String,
    /// The organisation, if known.
    pub organisation: Option<String>,
    /// The system's certificate, the person's registration number, role and unit.
    pub detail: Option<String>,
}

impl Actor {
    /// The actor that a caller is.
    #[must_use]
    pub fn of(caller: &Caller) -> Self {
        let organisation = Some(caller.organisation.to_string());
        match &caller.who {
            Who::System { id, certificate } => Self {
                name: format!("system:{id}"),
                organisation,
                detail: Some(format!("certificate {certificate}")),
            },
            Who::Person { subject, registration_number, role, unit, strength, .. } => {
                let role = role.code();
                let number = registration_number.as_deref().unwrap_or("-");
                let unit = unit.as_ref().map_or("-", |unit| unit.as_str());
                let login = if *strength == Strength::Strong { "" } else { " login weak" };
                Self {
                    name: format!("person:{subject}"),
                    organisation,
                    detail: Some(format!("number {number} role {role} unit {unit}{login}")),
                }
            }
            Who::Citizen { client, .. } => {
                Self { name: format!("citizen:{}", client.0), organisation, detail: None }
            }
            Who::Operator => Self { name: "operator".into(), organisation: None, detail: None },
        }
    }

    /// The actor of a caller that could not be told.
    #[must_use]
    pub fn nobody() -> Self {
        Self { name: "nobody".into(), organisation: None, detail: None }
    }
}

/// One line of the use log. It names the client by the archive's own key, never by identity code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: Instant,
    /// What.
    pub event: Event,
    /// How it was decided.
    pub outcome: Outcome,
    /// Who.
    pub actor: Actor,
    /// Whose data.
    pub client: Option<ClientKey>,
    /// Which version.
    pub version: Option<VersionKey>,
    /// What else a reviewer needs: the parts opened, the number of hits and their keys, the reason
    /// of an invalidation. Codes and numbers only.
    pub detail: String,
}

/// What a line says of a version, beside its key: it binds receipts to the document. Empty when the
/// line tells of no version.
#[must_use]
pub fn told_of(document: &Oid, number: u32, set: &Oid) -> String {
    format!("{document} version {number} of {set}")
}

/// A field of a line in its hashed form.
#[must_use]
pub fn field_of<'l>(canonical: &'l str, name: &str) -> Option<&'l str> {
    canonical.lines().find_map(|line| {
        let (length, value) = line.strip_prefix(name)?.strip_prefix(' ')?.split_once(' ')?;
        (length.parse() == Ok(value.len())).then_some(value)
    })
}

/// The line as it is hashed: every field by name, in one order, lengths before texts, so that no
/// two lines share a form. `about` is the client, the version, and what [`told_of`] says of it.
#[must_use]
pub fn canonical(
    sequence: i64,
    at: Instant,
    codes: (&str, &str, &str),
    actor: &Actor,
    about: (Option<ClientKey>, Option<VersionKey>, &str),
    detail: &str,
) -> String {
    let mut text = String::with_capacity(256);
    let mut field = |name: &str, value: &str| {
        let _ = writeln!(text, "{name} {} {value}", value.len());
    };
    field("sequence", &sequence.to_string());
    field("at", &at.millis().to_string());
    field("event", codes.0);
    field("outcome", codes.1);
    field("reason", codes.2);
    field("actor", &actor.name);
    field("organisation", actor.organisation.as_deref().unwrap_or_default());
    field("actor-detail", actor.detail.as_deref().unwrap_or_default());
    field("client", &about.0.map(|key| key.0.to_string()).unwrap_or_default());
    field("version", &about.1.map(|key| key.0.to_string()).unwrap_or_default());
    field("document", about.2);
    field("detail", detail);
    text
}
