//! The use log (käyttöloki): one line for every look, search, store and refusal (LOG-1).

use std::fmt::Write;
use std::sync::Arc;

use super::{Basis, Caller, Denial, Role, Strength, Who};
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
    /// Lines of this log were read.
    Review,
    /// A client's documents were opened without case context, for some hours.
    BreakGlass,
    /// A look without case context was judged.
    Judge,
    /// A producer's unit was told of its rights, or acknowledged it.
    Notice,
    /// A right of a user was granted or ended.
    Users,
    /// A register was asked whether somebody may act for another: that of mandates, or for a citizen that of the
    /// population.
    Mandate,
    /// A temporary identifier was joined to an identity code, or parted from it.
    Identity,
    /// A document was held, or let go of; a list of documents to be destroyed was made, approved, withdrawn, carried out.
    Retention,
    /// A version was destroyed.
    Destroy,
    /// A correction of a document was asked for, answered, or the request taken back.
    Correction,
    /// Old data that are not archived yet were looked at, or completed.
    OldData,
    /// A controller's whole register was taken out of the archive, or into it.
    Transfer,
    /// A client, or one who acts for a client, told something of the client, or saw what was told.
    Statement,
    /// A choice of a producer was offered, made, seen or taken back.
    Choice,
}

impl Event {
    /// Every event; the place in this list is what the store keeps.
    pub const ALL: [Self; 24] = [
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
        Self::Review,
        Self::BreakGlass,
        Self::Judge,
        Self::Notice,
        Self::Users,
        Self::Mandate,
        Self::Identity,
        Self::Retention,
        Self::Destroy,
        Self::Correction,
        Self::OldData,
        Self::Transfer,
        Self::Statement,
        Self::Choice,
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
            Self::Review => "review",
            Self::BreakGlass => "break-glass",
            Self::Judge => "judge",
            Self::Notice => "notice",
            Self::Users => "users",
            Self::Mandate => "mandate",
            Self::Identity => "identity",
            Self::Retention => "retention",
            Self::Destroy => "destroy",
            Self::Correction => "correction",
            Self::OldData => "old-data",
            Self::Transfer => "transfer",
            Self::Statement => "statement",
            Self::Choice => "choice",
        }
    }

    /// The event with this name.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.code() == code)
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
    /// Every outcome's name.
    pub const CODES: [&'static str; 4] = ["permitted", "denied", "refused", "done"];

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
                    name: Self::name_of(subject),
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

    /// What lines call whoever logs in with a name.
    #[must_use]
    pub fn name_of(subject: &str) -> String {
        format!("{PERSON}{subject}")
    }

    /// Whether it is a person who logged in.
    #[must_use]
    pub fn is_person(&self) -> bool {
        self.name.starts_with(PERSON)
    }

    /// The actor of a caller that could not be told.
    #[must_use]
    pub fn nobody() -> Self {
        Self { name: "nobody".into(), organisation: None, detail: None }
    }
}

/// How the name of a person begins who logged in.
pub const PERSON: &str = "person:";

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

/// A line as it was kept. What was decided stands in it by code: a line outlives the rules that it
/// was written under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptLine {
    /// Its number; later lines have greater ones.
    pub number: i64,
    /// When.
    pub at: Instant,
    /// What.
    pub event: Event,
    /// How it was decided: the code of an [`Outcome`].
    pub outcome: Arc<str>,
    /// The ground, the denial, or the faults' codes.
    pub reason: Arc<str>,
    /// Who.
    pub actor: Actor,
    /// Whose data.
    pub client: Option<ClientKey>,
    /// Which version.
    pub version: Option<VersionKey>,
    /// What else was told: see [`LogLine::detail`].
    pub detail: String,
}

impl KeptLine {
    /// Every version that the line tells of, each once: the one that it is about, those that a search
    /// showed, those that were listed beside.
    #[must_use]
    pub fn versions(&self) -> Vec<VersionKey> {
        let mut all: Vec<VersionKey> = self.version.into_iter().collect();
        let shown = self.word("versions").unwrap_or_default().split(',');
        let beside = self.detail.split(' ').filter(|word| is_number(word));
        all.extend(shown.chain(beside).filter_map(|key| key.parse().ok().map(VersionKey)));
        let mut seen = std::collections::HashSet::new();
        all.retain(|version| seen.insert(*version));
        all
    }

    /// The value of a word `name=value` of the detail.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<&str> {
        self.detail.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
    }

    /// Whether the detail has the word `name=value`.
    #[must_use]
    pub fn says(&self, name: &str, value: &str) -> bool {
        let has = |word: &str| word.strip_prefix(name)?.strip_prefix('=').map(|said| said == value);
        self.detail.split(' ').any(|word| has(word) == Some(true))
    }

    /// The detail without what it tells of documents and persons: no key, no number of hits, no register.
    /// These are told apart, to those whose business they are.
    #[must_use]
    pub fn plain_detail(&self) -> String {
        let tells = |word: &&str| {
            let of_documents = [
                "hits=",
                "versions=",
                "from=",
                "register=",
                "registers=",
                "holder=",
                "temporary=",
                "speaker=",
            ];
            let of_choice = ["choice=", "controller=", "relationship=", "task=", "serv", "unit"];
            let of_choice = of_choice.iter().filter(|_| self.event == Event::Choice);
            let mut told_apart = of_documents.iter().chain(of_choice);
            !is_number(word) && !told_apart.any(|name| word.starts_with(name))
        };
        self.detail.split(' ').filter(tells).collect::<Vec<_>>().join(" ")
    }

    /// The role in which a person acted.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        Role::of_code(self.after("role")?)
    }

    /// The unit for which a person acted.
    #[must_use]
    pub fn unit(&self) -> Option<Oid> {
        Oid::parse(self.after("unit")?).ok()
    }

    /// The word after a name in what is told of the person. Read from the end: what stands before came
    /// from the login.
    fn after(&self, name: &str) -> Option<&str> {
        let detail = self.actor.detail.as_deref().filter(|_| self.actor.is_person())?;
        let mut words =
            detail.split(' ').rev().skip_while(|word| *word == "weak" || *word == "login");
        let (unit, _, role) = (words.next()?, words.next()?, words.next()?);
        Some(if name == "unit" { unit } else { role })
    }

    /// The line as it is hashed; see [`canonical`].
    #[must_use]
    pub fn canonical(&self, told: &str) -> String {
        canonical(
            self.number,
            self.at,
            (self.event.code(), &self.outcome, &self.reason),
            &self.actor,
            (self.client, self.version, told),
            &self.detail,
        )
    }
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|letter| letter.is_ascii_digit())
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

#[cfg(test)]
mod tests {
    use super::*;

    /// LOG-1: each event has a name of its own, by which it is found again.
    #[test]
    fn events_are_found_by_their_names() {
        for (place, event) in Event::ALL.into_iter().enumerate() {
            assert!(!event.code().is_empty());
            assert_eq!(Event::of_code(event.code()), Some(event), "{place}");
        }
        assert_eq!(Event::of_code("nothing"), None);
    }

    /// LOG-1: a line says how it was decided and by which rule; of faults each code once, in order.
    #[test]
    fn an_outcome_tells_its_reason() {
        let refused = Outcome::Refused(vec!["wrong-form", "not-json", "wrong-form"]);
        let outcomes = [
            (Outcome::Permitted(Basis::CaseContext), "permitted", "case-context"),
            (Outcome::Denied(Denial::WeakLogin), "denied", "weak-login"),
            (refused, "refused", "not-json,wrong-form"),
            (Outcome::Done, "done", ""),
        ];
        let codes: Vec<&str> = outcomes.iter().map(|(outcome, ..)| outcome.code()).collect();
        assert_eq!(codes, Outcome::CODES);
        for (outcome, code, reason) in outcomes {
            assert_eq!((outcome.code(), &*outcome.reason()), (code, reason));
        }
    }

    /// LOG-3: the hashed form tells every field by name, with the length of its text before it: it is what receipts and
    /// proofs are made of, so it stays letter for letter.
    #[test]
    fn the_hashed_form_tells_every_field() {
        let mut line = KeptLine {
            number: 7,
            at: Instant::from_millis(1_700_000_000_123),
            event: Event::ALL[0],
            outcome: "permitted".into(),
            reason: "case-context".into(),
            actor: Actor {
                name: "aino".into(),
                organisation: Some("1.2.246.10.1".into()),
                detail: None,
            },
            client: Some(ClientKey(3)),
            version: Some(VersionKey(12)),
            detail: "note\nclient 1 9".into(),
        };
        let oid = |text: &str| Oid::parse(text).unwrap();
        let told = told_of(&oid("1.2.246.10.1.14.2"), 2, &oid("1.2.246.10.1.14.1"));
        assert_eq!(told, "1.2.246.10.1.14.2 version 2 of 1.2.246.10.1.14.1");
        let (event, text) = (line.event.code(), line.canonical(&told));
        let event = format!("event {} {event}", event.len());
        let expected = format!(
            "sequence 1 7\nat 13 1700000000123\n{event}\noutcome 9 permitted\nreason 12 case-context\nactor 4 aino\n\
            organisation 12 1.2.246.10.1\nactor-detail 0 \nclient 1 3\nversion 2 12\n\
            document 48 {told}\ndetail 15 note\nclient 1 9\n"
        );
        assert_eq!(text, expected);
        // No later text passes for a field: the first of a name is the field itself.
        for (name, value) in [("actor", "aino"), ("client", "3"), ("document", &*told)] {
            assert_eq!(field_of(&text, name), Some(value), "{name}");
        }
        assert_eq!(field_of(&text, "nothing"), None);
        assert_eq!(field_of("actor 3 aino\n", "actor"), None, "a length that is not the text's");
        (line.client, line.version) = (None, None);
        assert_eq!(field_of(&line.canonical(""), "client"), Some(""));
    }
}
