//! What a client is shown of the looks at their own documents. The rules are its own: the whole log is for
//! reviewers, and tells more than a client may be told of others and of what is being looked into.
//!
//! Source: LOG-2, DIS-4, CIT-2, CIT-3; national-specs 6.7 and 6.8.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::lines::MASKED;
use crate::access::log::{Event, KeptLine};
use crate::access::{Basis, Display, LookReason, Reason, Role, Subject};
use crate::archive::documents::DocumentGroup;
use crate::disclosure::ReceiverKind;
use crate::ids::{ClientKey, Oid, VersionKey};
use crate::time::{FinnishDay, Instant};

/// A document that a line tells of, as far as the client's view turns on it.
#[derive(Debug, Clone)]
pub struct LookedAt {
    /// The version.
    pub version: VersionKey,
    /// The clients whom it concerns: several in a joint case.
    pub clients: Vec<ClientKey>,
    /// Its group.
    pub group: DocumentGroup,
    /// Its specific type, where it has one.
    pub kind: Option<Arc<str>>,
    /// What it is about.
    pub subject: Subject,
    /// How it is held back from the client.
    pub display: Display,
}

/// Who looked, as a client is told: never a worker's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Onlooker {
    /// A person of an organisation, in a role and for a unit.
    Person(Option<Role>, Option<Oid>),
    /// A system of an organisation, for the users whom the organisation answers for.
    System,
    /// Another citizen: a guardian, or one with a mandate; the ground says which.
    Citizen,
    /// Who it was is not told.
    Masked,
}

/// What was done about what [clients tell of themselves](crate::statements), and choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TouchedStatements {
    /// It was shown.
    Seen,
    /// It was told, changed or taken out.
    Told,
    /// A producer was chosen for the client, or the choice undone.
    Picked,
    /// The producers that the client may choose from were shown, and what was chosen.
    SeenChoices,
}

/// A look, as its client is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownLook {
    /// When.
    pub at: Instant,
    /// Who.
    pub onlooker: Onlooker,
    /// Tells the looks of one onlooker from another's, and says nothing else.
    pub apart: u64,
    /// The onlooker's organisation.
    pub organisation: Option<String>,
    /// What kinds of documents: group and specific type, each kind once.
    pub kinds: Vec<(DocumentGroup, Option<Arc<str>>)>,
    /// What was done about what the client tells, if anything was.
    pub statements: Option<TouchedStatements>,
    /// On what ground.
    pub ground: Basis,
    /// For which coded reason, where one was given.
    pub reason: Option<Reason>,
    /// Whether it left the controller: a disclosure.
    pub disclosed: bool,
    /// To whom it was handed over, outside the electronic way; `None` for every other look.
    pub handed_to: Option<HandedTo>,
}

/// To whom documents were handed over, as a client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedTo {
    /// What kind of receiver.
    pub kind: ReceiverKind,
    /// Which one, of an organisation.
    pub organisation: Option<String>,
    /// Under which reference of the controller's the request is kept.
    pub reference: Option<String>,
}

/// Why a line is not shown to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeldBack {
    /// Nothing was looked at: a denial, a refusal, recording, administration.
    NoLook,
    /// The client's own look.
    OwnLook,
    /// The day after has not passed yet.
    TooNew,
    /// More than two years ago.
    TooOld,
    /// Looked at for supervision or an authority's inquiry, which may still be going on.
    Supervision,
    /// All that was looked at is another person's.
    AnotherPersons,
    /// All that was looked at is kept from the client's view.
    HiddenDocument,
    /// The ground is none that this program knows.
    UnknownGround,
}

impl HeldBack {
    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoLook => "no-look",
            Self::OwnLook => "own-look",
            Self::TooNew => "too-new",
            Self::TooOld => "too-old",
            Self::Supervision => "supervision",
            Self::AnotherPersons => "another-persons",
            Self::HiddenDocument => "hidden-document",
            Self::UnknownGround => "unknown-ground",
        }
    }
}

/// Days that must have passed between a look and the day on which it is shown.
pub const DELAY_DAYS: i32 = 1;
/// Days for which looks of supervision are held back.
pub const SUPERVISION_DAYS: i32 = 180;
/// Years after which a look is not shown any more.
pub const SHOWN_YEARS: i16 = 2;

/// What a client is told of a line of the own log. `person` are the client's keys: several while temporary identifiers
/// are joined to the identity code.
///
/// A look is shown once a whole day has passed, and for two years. It says which organisation, role and
/// unit, what kinds of documents, and the ground; not which document, and no worker's name. Documents
/// that are kept from the client's view are not told of, and a look at nothing else is not shown: that
/// somebody looked would tell that there is one. Of documents of other persons nothing is told. What was looked at for supervision is shown when half a year has passed.
///
/// # Errors
/// The first reason to hold the line back.
///
/// Source: LOG-2, DIS-4, CIT-2, CIT-3, ARC-11; national-specs 6.7.
pub fn shown_to_client(
    line: &KeptLine,
    documents: &[LookedAt],
    person: &[ClientKey],
    today: FinnishDay,
) -> Result<ShownLook, HeldBack> {
    let statements = touched_statements(line);
    let looked = matches!(line.event, Event::Open | Event::Search | Event::Disclose)
        || line.event == Event::Choice && statements.is_some();
    // What the client tells hangs on no document.
    let alone = documents.is_empty() && statements.is_some();
    let something = alone || looked && !documents.is_empty();
    if !something || &*line.outcome != "permitted" {
        return Err(HeldBack::NoLook);
    }
    let ground = Basis::ALL.into_iter().find(|basis| basis.code() == &*line.reason);
    let ground = ground.ok_or(HeldBack::UnknownGround)?;
    if person.iter().any(|key| line.actor.name == format!("citizen:{}", key.0)) {
        return Err(HeldBack::OwnLook);
    }
    let day = FinnishDay::of(line.at);
    if today.number() - day.number() <= DELAY_DAYS {
        return Err(HeldBack::TooNew);
    }
    if day.years_until(today) >= SHOWN_YEARS {
        return Err(HeldBack::TooOld);
    }
    let reason = line.word("reason").and_then(Reason::of_code);
    let supervises = ground == Basis::Review
        || matches!(
            reason,
            Some(Reason::Look(LookReason::Supervision | LookReason::OfficialInquiry))
        );
    if supervises && today.number() - day.number() <= SUPERVISION_DAYS {
        return Err(HeldBack::Supervision);
    }
    let own = documents.iter().filter(|one| one.clients.iter().any(|key| person.contains(key)));
    let own: Vec<&LookedAt> = own.collect();
    if own.is_empty() && !alone {
        return Err(HeldBack::AnotherPersons);
    }
    let mut kinds = Vec::new();
    for one in own.into_iter().filter(|one| !is_hidden(one, today)) {
        let kind = (one.group, one.kind.clone());
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if kinds.is_empty() && !alone {
        return Err(HeldBack::HiddenDocument);
    }
    let onlooker = onlooker(line);
    Ok(ShownLook {
        at: line.at,
        // A citizen comes in by the door of the keeper of wills, and looks for no organisation.
        organisation: line.actor.organisation.clone().filter(|_| onlooker != Onlooker::Citizen),
        onlooker,
        apart: {
            let mut hasher = DefaultHasher::new();
            line.actor.name.hash(&mut hasher);
            hasher.finish()
        },
        kinds,
        statements,
        ground,
        reason,
        disclosed: line.event == Event::Disclose,
        handed_to: handed_to(line),
    })
}

/// What a line tells of what the client tells: a telling, or a look at it or beside it.
pub(super) fn touched_statements(line: &KeptLine) -> Option<TouchedStatements> {
    let first = line.detail.split(' ').next();
    match line.event {
        Event::Statement if matches!(line.word("act"), Some("tell" | "forget")) => {
            Some(TouchedStatements::Told)
        }
        Event::Choice if line.says("act", "pick") => Some(TouchedStatements::Picked),
        Event::Open if first == Some("statements") || line.word("statements").is_some() => {
            Some(TouchedStatements::Seen)
        }
        Event::Open if first == Some("choices") && line.word("shown").is_some() => {
            Some(TouchedStatements::SeenChoices)
        }
        _ => None,
    }
}

/// To whom a line tells that documents were handed over.
fn handed_to(line: &KeptLine) -> Option<HandedTo> {
    if line.event != Event::Disclose {
        return None;
    }
    let kind = ReceiverKind::of_code(line.word("receiver")?)?;
    let told = |name| line.word(name).map(str::to_owned);
    Some(HandedTo { kind, organisation: told("to"), reference: told("reference") })
}

/// Whether a document is kept from the client's view by its kind, for a time, or for good. Old documents
/// and those of phase I are not in the view either, but nothing about them is secret from the client.
fn is_hidden(document: &LookedAt, today: FinnishDay) -> bool {
    !document.subject.is_in_the_view(&document.display)
        || document.display.special_content
        || document.display.delayed_until.is_some_and(|until| today <= until)
}

fn onlooker(line: &KeptLine) -> Onlooker {
    if line.actor.is_person() {
        Onlooker::Person(line.role(), line.unit())
    } else if line.actor.name.starts_with("citizen:") {
        Onlooker::Citizen
    } else if line.actor.name == MASKED {
        Onlooker::Masked
    } else {
        Onlooker::System
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::log::Actor;

    const CLIENT: ClientKey = ClientKey(7);

    fn document() -> LookedAt {
        LookedAt {
            version: VersionKey(1),
            clients: vec![CLIENT],
            group: DocumentGroup::LaterPhase,
            kind: Some("19005".into()),
            subject: Subject::Ordinary,
            display: Display::default(),
        }
    }

    fn line() -> KeptLine {
        KeptLine {
            number: 1,
            at: Instant::parse("2026-03-02T10:00:00+02:00").unwrap(),
            event: Event::Open,
            outcome: "permitted".into(),
            reason: "case-context".into(),
            actor: Actor {
                name: "person:aino".into(),
                organisation: Some("1.2.246.10.1".into()),
                detail: Some("number 123 role worker unit 1.2.246.10.1.10".into()),
            },
            client: Some(CLIENT),
            version: Some(VersionKey(1)),
            detail: "content".into(),
        }
    }

    fn check(line: &KeptLine, documents: &[LookedAt], today: &str, expected: Result<usize, &str>) {
        let today = FinnishDay::parse(today).unwrap();
        let told = shown_to_client(line, documents, &[CLIENT], today);
        let told = told.map(|shown| shown.kinds.len()).map_err(HeldBack::code);
        assert_eq!(told, expected, "{line:?} on {today}");
    }

    /// LOG-2, CIT-5: that somebody saw or changed what the client tells is told, with a document and without one; not beside a
    /// document that is hidden, nor what was only tried.
    #[test]
    fn who_saw_or_changed_what_the_client_tells_is_told() {
        let today = FinnishDay::new(2026, 3, 4).unwrap();
        let by = |event, detail: &str| KeptLine {
            event,
            reason: "mandate".into(),
            actor: Actor { name: "citizen:9".into(), organisation: None, detail: None },
            version: None,
            detail: detail.into(),
            ..line()
        };
        let told = |line: &KeptLine, documents: &[LookedAt]| {
            shown_to_client(line, documents, &[CLIENT], today).map(|shown| shown.statements)
        };
        let seen = Ok(Some(TouchedStatements::Seen));
        let changed = Ok(Some(TouchedStatements::Told));
        assert_eq!(told(&by(Event::Open, "statements"), &[]), seen);
        assert_eq!(told(&by(Event::Statement, "act=tell statement=5"), &[]), changed);
        assert_eq!(told(&by(Event::Statement, "act=forget statement=5"), &[]), changed);
        let picked = Ok(Some(TouchedStatements::Picked));
        assert_eq!(told(&by(Event::Choice, "act=pick choice=5 unit=1.2.3"), &[]), picked);
        let choices = Ok(Some(TouchedStatements::SeenChoices));
        assert_eq!(told(&by(Event::Open, "choices shown=2"), &[]), choices);
        let picked_beside = by(Event::Choice, "act=pick choice=5 unit=1.2.3");
        assert_eq!(told(&picked_beside, &[document()]), picked);
        assert_eq!(told(&by(Event::Open, "choices"), &[]), Err(HeldBack::NoLook));
        assert_eq!(told(&by(Event::Choice, "act=unchanged"), &[]), Err(HeldBack::NoLook));
        assert_eq!(told(&by(Event::Open, "permission"), &[]), Err(HeldBack::NoLook));
        let denied = KeptLine { outcome: "denied".into(), ..by(Event::Statement, "act=tell") };
        assert_eq!(told(&denied, &[]), Err(HeldBack::NoLook));
        let beside = KeptLine { detail: "relationship statements=2".into(), ..line() };
        assert_eq!(told(&beside, &[document()]), seen);
        assert_eq!(told(&line(), &[document()]), Ok(None));
        let mut hidden = document();
        hidden.display.special_content = true;
        assert_eq!(told(&beside, &[hidden]), Err(HeldBack::HiddenDocument));
    }

    /// LOG-2: a client is told the organisation, the role, the unit, the kinds and the ground, and no name.
    #[test]
    fn a_client_is_told_who_looked_at_what_and_why() {
        let today = FinnishDay::new(2026, 3, 4).unwrap();
        let stated = KeptLine {
            reason: "stated-reason".into(),
            detail: "content reason=urgent".into(),
            ..line()
        };
        let shown = shown_to_client(&stated, &[document(), document()], &[CLIENT], today).unwrap();
        let unit = Oid::parse("1.2.246.10.1.10").ok();
        assert_eq!(shown.onlooker, Onlooker::Person(Some(Role::Worker), unit));
        assert_eq!(shown.organisation.as_deref(), Some("1.2.246.10.1"));
        assert_eq!(shown.kinds, [(DocumentGroup::LaterPhase, Some("19005".into()))]);
        assert_eq!(shown.ground, Basis::StatedReason);
        assert_eq!(shown.reason, Some(Reason::Look(LookReason::Urgent)));
        assert!(!shown.disclosed && !format!("{shown:?}").contains("aino"));
    }

    /// DIS-6, DIS-4: of what was handed over on request a client is told to whom, on what ground, and under which
    /// reference the controller keeps the request.
    #[test]
    fn a_client_is_told_to_whom_documents_were_handed_over() {
        let today = FinnishDay::new(2026, 3, 4).unwrap();
        let handed = KeptLine {
            event: Event::Disclose,
            reason: "on-request".into(),
            detail:
                "paper reason=by-law disclosed receiver=authority to=1.2.246.10.9 reference=12/2026"
                    .into(),
            ..line()
        };
        let shown = shown_to_client(&handed, &[document()], &[CLIENT], today).unwrap();
        assert_eq!(shown.reason, Reason::of_code("by-law"));
        let told = HandedTo {
            kind: ReceiverKind::Authority,
            organisation: Some("1.2.246.10.9".into()),
            reference: Some("12/2026".into()),
        };
        assert_eq!((shown.disclosed, shown.handed_to), (true, Some(told)));
        let tried = KeptLine { event: Event::Search, ..handed };
        assert_eq!(
            shown_to_client(&tried, &[document()], &[CLIENT], today).unwrap().handed_to,
            None
        );
        let electronic =
            KeptLine { event: Event::Disclose, detail: "content from=1.2 to=1.3".into(), ..line() };
        let shown = shown_to_client(&electronic, &[document()], &[CLIENT], today).unwrap();
        assert_eq!(shown.handed_to, None);
    }

    /// LOG-2: of a guardian's look no organisation is told, and of one that is masked not that a system made it.
    #[test]
    fn who_looked_is_told_as_what_it_was() {
        let today = FinnishDay::new(2026, 3, 4).unwrap();
        let told = |name: &str, organisation: Option<&str>| {
            let organisation = organisation.map(str::to_owned);
            let actor = Actor { name: name.into(), organisation, detail: None };
            let line = KeptLine { actor, reason: "guardianship".into(), ..line() };
            let shown = shown_to_client(&line, &[document()], &[CLIENT], today).unwrap();
            (shown.onlooker, shown.organisation)
        };
        assert_eq!(told("citizen:8", Some("1.2.246.10.9")), (Onlooker::Citizen, None));
        assert_eq!(told(MASKED, None), (Onlooker::Masked, None));
        let system = told("system:desk", Some("1.2.246.10.1"));
        assert_eq!(system, (Onlooker::System, Some("1.2.246.10.1".into())));
    }

    /// LOG-2: a look is shown once a whole day has passed, and for two years.
    #[test]
    fn a_look_is_shown_after_a_day_and_for_two_years() {
        check(&line(), &[document()], "2026-03-02", Err("too-new"));
        check(&line(), &[document()], "2026-03-03", Err("too-new"));
        check(&line(), &[document()], "2026-03-04", Ok(1));
        check(&line(), &[document()], "2028-03-01", Ok(1));
        check(&line(), &[document()], "2028-03-02", Err("too-old"));
    }

    /// LOG-2: denials, recording and searches that showed nothing are no looks, nor are the client's own.
    #[test]
    fn what_is_no_look_at_the_clients_documents_is_not_shown() {
        let day = "2026-04-01";
        check(&KeptLine { outcome: "denied".into(), ..line() }, &[document()], day, Err("no-look"));
        check(&KeptLine { event: Event::Archive, ..line() }, &[document()], day, Err("no-look"));
        check(&KeptLine { event: Event::Review, ..line() }, &[document()], day, Err("no-look"));
        check(&KeptLine { event: Event::Search, ..line() }, &[], day, Err("no-look"));
        check(&KeptLine { event: Event::Search, ..line() }, &[document()], day, Ok(1));
        check(&KeptLine { event: Event::Disclose, ..line() }, &[document()], day, Ok(1));
        check(
            &KeptLine { reason: "of-old".into(), ..line() },
            &[document()],
            day,
            Err("unknown-ground"),
        );
        let by = |name: &str, reason: &str| KeptLine {
            actor: Actor { name: name.into(), organisation: None, detail: None },
            reason: reason.into(),
            ..line()
        };
        check(&by("citizen:7", "own-data"), &[document()], day, Err("own-look"));
        check(&by("citizen:8", "guardianship"), &[document()], day, Ok(1));
        check(&by("system:desk", "own-register"), &[document()], day, Ok(1));
    }

    /// CIT-2, CIT-3: a look at nothing but what is kept from the client's view is not told of.
    #[test]
    fn hidden_documents_are_not_told_of() {
        let day = "2026-04-01";
        let of = |subject| LookedAt { subject, ..document() };
        for (subject, expected) in [
            (Subject::Ordinary, Ok(1)),
            (Subject::Parenthood, Err("hidden-document")),
            (Subject::Shelter, Err("hidden-document")),
            (Subject::Violence, Err("hidden-document")),
            (Subject::Adoption, Err("hidden-document")),
            (Subject::Custody, Err("hidden-document")),
        ] {
            check(&line(), &[of(subject)], day, expected);
        }
        let held = |display| LookedAt { display, ..document() };
        let adoption = Display { adoption_shown: true, ..Display::default() };
        check(&line(), &[LookedAt { display: adoption, ..of(Subject::Adoption) }], day, Ok(1));
        let special = Display { special_content: true, ..Display::default() };
        check(&line(), &[held(special)], day, Err("hidden-document"));
        check(&line(), &[held(Display::UNREAD)], day, Err("hidden-document"));
        let until = FinnishDay::new(2026, 4, 1);
        let delayed = Display { delayed_until: until, ..Display::default() };
        check(&line(), &[held(delayed)], day, Err("hidden-document"));
        check(&line(), &[held(delayed)], "2026-04-02", Ok(1));
        // Beside others, the hidden one is left out.
        let old = LookedAt { group: DocumentGroup::Old, kind: None, ..document() };
        check(&line(), &[document(), of(Subject::Shelter), old], day, Ok(2));
    }

    /// LOG-2: of another person's documents nothing is told.
    #[test]
    fn another_persons_documents_are_not_told_of() {
        let other =
            LookedAt { clients: vec![ClientKey(8)], group: DocumentGroup::Case, ..document() };
        check(&line(), std::slice::from_ref(&other), "2026-04-01", Err("another-persons"));
        check(&line(), &[document(), other], "2026-04-01", Ok(1));
    }

    /// LOG-2: supervision is told of when half a year has passed.
    #[test]
    fn supervision_is_told_of_later() {
        let reasons = [
            ("stated-reason", "content reason=supervision"),
            ("stated-reason", "content reason=official-inquiry"),
            ("archivist", "content reason=supervision"),
            ("review", "by=client"),
        ];
        for (ground, detail) in reasons {
            let line = KeptLine { reason: ground.into(), detail: detail.into(), ..line() };
            check(&line, &[document()], "2026-08-29", Err("supervision"));
            check(&line, &[document()], "2026-08-30", Ok(1));
        }
    }
}
