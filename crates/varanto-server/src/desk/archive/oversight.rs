//! The use log and its hints, and the queue of looks without case context.

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use serde::Deserialize;
use varanto_app::oversight::{
    HintQuery, LogQuery, OpeningQuery, QueuedOpening, ReviewedLine, ToldHint,
};
use varanto_domain::access::Reason;
use varanto_domain::access::log::{Event, Outcome};
use varanto_domain::archive::metadata::identity_code_fault;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, PersonalIdentityCode};
use varanto_domain::oversight::hints::HintFact;
use varanto_domain::oversight::openings::Judgement;
use varanto_domain::time::{FinnishDay, Instant};

use super::{Frame, faults_of, old_log};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::names::Names;
use crate::pages::{Shell, Words, redirect, rendered};
use crate::reading::Page;
use crate::rest::problem::Problem;

#[derive(Template)]
#[template(path = "archive/log.html")]
struct LogPage {
    shell: Shell,
    frame: Frame,
    events: Vec<(&'static str, String, bool)>,
    outcomes: Vec<(&'static str, String, bool)>,
    /// What was asked, by field; the identity code among it, on this very page alone.
    asked: HashMap<&'static str, String>,
    lines: Vec<ShownLine>,
    next: Option<String>,
}

struct ShownLine {
    number: i64,
    at: Instant,
    event: String,
    outcome: String,
    mark: &'static str,
    who: String,
    place: String,
    ground: String,
    client: Option<String>,
    documents: Vec<String>,
    elsewhere: bool,
    /// What the line says, in words where it is known how.
    told: Vec<String>,
    /// The line's own words, where they are not said otherwise.
    detail: String,
}

/// The fields of the form, which each further page sends again.
const ASKED: [&str; 6] = ["identity_code", "actor", "event", "outcome", "from", "until"];

/// `GET /fi/desk/archive/log/`: the newest lines.
pub(super) async fn log(State(doors): State<Doors>, Extension(visit): Extension<Visit>) -> Page {
    log_page(&doors, &visit, HashMap::new(), None).await
}

/// `POST /fi/desk/archive/log/`: lines that fit. Whom it is about stands in no address.
pub(super) async fn search(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let asked = ASKED.map(|name| (name, fields.text(name).to_owned())).into();
    let cursor = fields.given("cursor").map(str::to_owned);
    log_page(&doors, &visit, asked, cursor).await
}

async fn log_page(
    doors: &Doors,
    visit: &Visit,
    asked: HashMap<&'static str, String>,
    cursor: Option<String>,
) -> Page {
    let (query, mut faults) = query_of(&asked, cursor);
    let (mut lines, mut next) = (Vec::new(), None);
    if faults.is_empty() {
        let caller = visit.caller.clone();
        match doors.work(move |app| app.review_log(&caller, &query)).await {
            Ok(page) => (lines, next) = (page.lines, page.next),
            Err(problem) => faults = faults_of(problem)?,
        }
    }
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let shell = Shell::of(doors, visit);
    let chosen = |name: &str, code: &str| asked.get(name).is_some_and(|one| one == code);
    let event = |event: &Event| {
        let code = event.code();
        (code, event_word(shell.words, code), chosen("event", code))
    };
    let outcome = |code: &&'static str| {
        let word = shell.words.of(&format!("archive.outcome-{code}"));
        (*code, word, chosen("outcome", code))
    };
    let page = LogPage {
        events: Event::ALL.iter().map(event).collect(),
        outcomes: Outcome::CODES.iter().map(outcome).collect(),
        lines: lines.iter().map(|line| ShownLine::of(line, &names, shell.words)).collect(),
        frame: Frame::of(visit, &faults),
        asked,
        next,
        shell,
    };
    Ok(rendered(&page, visit.language))
}

fn event_word(words: Words, code: &str) -> String {
    words.of(&format!("archive.event-{code}"))
}

fn query_of(
    asked: &HashMap<&'static str, String>,
    cursor: Option<String>,
) -> (LogQuery, Vec<Fault>) {
    let text = |name: &str| asked.get(name).map_or("", |text| text.trim());
    let mut faults = Vec::new();
    let client = match text("identity_code").to_uppercase() {
        none if none.is_empty() => None,
        code => match PersonalIdentityCode::parse(&code) {
            Ok(code) => Some(ClientIdentifier::Code(code)),
            Err(why) => {
                faults.push(identity_code_fault("identity_code", why));
                None
            }
        },
    };
    let actor = match text("actor") {
        "" => None,
        named if named.contains(':') => Some(named.to_owned()),
        subject => Some(format!("person:{subject}")),
    };
    let mut day = |name: &'static str| match text(name) {
        "" => None,
        given => {
            let day = FinnishDay::parse(given);
            if day.is_none() {
                let fault = Fault::new(FaultKind::WrongForm, name, "LOG-2");
                faults.push(fault.arg("expected", "2026-11-27"));
            }
            day
        }
    };
    let from = day("from").map(FinnishDay::start);
    let before = day("until").map(|until| until.plus_days(1).start());
    let event = Event::of_code(text("event"));
    let outcome = Outcome::CODES.into_iter().find(|code| *code == text("outcome"));
    for (name, known) in [("event", event.is_some()), ("outcome", outcome.is_some())] {
        if !known && !text(name).is_empty() {
            faults.push(Fault::new(FaultKind::WrongForm, name, "LOG-2").arg("expected", "-"));
        }
    }
    let outcome = outcome.map(str::to_owned);
    (LogQuery { client, actor, from, before, event, outcome, limit: 0, cursor }, faults)
}

impl ShownLine {
    fn of(line: &ReviewedLine, names: &Names<'_>, words: Words) -> Self {
        let role = line.role.map(|role| words.of(&format!("role.{}", role.code())));
        let unit = line.unit.as_ref().map(|unit| names.unit(unit));
        let organisation = line.organisation.as_deref().map(|id| names.organisation(id));
        let place: Vec<String> = [role, unit, organisation].into_iter().flatten().collect();
        let ground = match line.outcome.as_str() {
            "permitted" => words.of(&format!("ground.{}", line.reason)),
            "denied" => words.of(&format!("denial.{}.title", line.reason)),
            _ => line.reason.clone(),
        };
        let told = (line.event == Event::OldData)
            .then(|| old_log::told(&line.detail, names, words, FinnishDay::of(line.at)))
            .flatten();
        Self {
            number: line.number,
            at: line.at,
            event: event_word(words, line.event.code()),
            outcome: words.of(&format!("archive.outcome-{}", line.outcome)),
            mark: if line.outcome == "permitted" { "good" } else { "wait" },
            who: line.actor.clone(),
            place: place.join(", "),
            ground,
            client: line.client.clone(),
            documents: line.documents.iter().map(ToString::to_string).collect(),
            elsewhere: line.elsewhere,
            detail: if told.is_some() { String::new() } else { line.detail.clone() },
            told: told.unwrap_or_default(),
        }
    }
}

#[derive(Template)]
#[template(path = "archive/hints.html")]
struct HintsPage {
    shell: Shell,
    frame: Frame,
    asked: HashMap<&'static str, String>,
    days: Option<(FinnishDay, FinnishDay)>,
    hints: Vec<ShownHint>,
    next: Option<String>,
}

struct ShownHint {
    kind: String,
    day: FinnishDay,
    who: String,
    client: Option<String>,
    lines: String,
    facts: Vec<String>,
}

/// `GET /fi/desk/archive/hints/`: which days to look over.
pub(super) async fn hints(State(doors): State<Doors>, Extension(visit): Extension<Visit>) -> Page {
    hints_page(&doors, &visit, HashMap::new(), HintQuery::default(), Vec::new()).await
}

/// `POST /fi/desk/archive/hints/`: what of some days strikes the eye.
pub(super) async fn review(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let names = ["actor", "from", "until"];
    let asked: HashMap<_, _> = names.map(|name| (name, fields.text(name).to_owned())).into();
    let actor = fields.given("actor").map(|named| {
        if named.contains(':') { named.to_owned() } else { format!("person:{named}") }
    });
    let mut faults = Vec::new();
    let mut day = |name: &'static str| {
        let day = FinnishDay::parse(fields.text(name));
        if day.is_none() && fields.given(name).is_some() {
            let fault = Fault::new(FaultKind::WrongForm, name, "LOG-2");
            faults.push(fault.arg("expected", "2026-11-27"));
        }
        day
    };
    let (from, until) = (day("from"), day("until"));
    let cursor = fields.given("cursor").map(str::to_owned);
    let query = HintQuery { actor, from, until, limit: 0, cursor };
    hints_page(&doors, &visit, asked, query, faults).await
}

async fn hints_page(
    doors: &Doors,
    visit: &Visit,
    asked: HashMap<&'static str, String>,
    query: HintQuery,
    mut faults: Vec<Fault>,
) -> Page {
    let caller = visit.caller.clone();
    let mut found = None;
    if faults.is_empty() {
        match doors.work(move |app| app.hint_at_looks(&caller, &query)).await {
            Ok(told) => found = Some(told),
            Err(problem) => faults = faults_of(problem)?,
        }
    }
    let shell = Shell::of(doors, visit);
    let hint = |one: &ToldHint| ShownHint::of(one, shell.words);
    let page = HintsPage {
        days: found.as_ref().map(|found| found.days),
        hints: found.iter().flat_map(|found| &found.hints).map(hint).collect(),
        next: found.and_then(|found| found.next),
        frame: Frame::of(visit, &faults),
        asked,
        shell,
    };
    Ok(rendered(&page, visit.language))
}

impl ShownHint {
    fn of(one: &ToldHint, words: Words) -> Self {
        let hint = &one.hint;
        let numbers: Vec<String> = hint.lines.iter().map(ToString::to_string).collect();
        Self {
            kind: words.of(&format!("hint.{}", hint.reason.code())),
            day: hint.day,
            who: hint.user.to_string(),
            client: one.client.clone(),
            lines: numbers.join(", "),
            facts: hint.facts.iter().map(|(fact, value)| told_fact(*fact, value, words)).collect(),
        }
    }
}

/// A fact of a hint, in words.
fn told_fact(fact: HintFact, value: &str, words: Words) -> String {
    let named = |key: fn(&str) -> String| {
        value.split(", ").map(|code| words.of(&key(code))).collect::<Vec<_>>().join("; ")
    };
    let value = match fact {
        HintFact::Codes => named(|code| format!("denial.{code}.title")),
        HintFact::Reasons => named(|code| format!("reason.{code}")),
        _ => value.to_owned(),
    };
    words.with(&format!("hint_fact.{}", fact.code()), &[("value", &value)])
}

#[derive(Template)]
#[template(path = "archive/looks.html")]
struct LooksPage {
    shell: Shell,
    frame: Frame,
    looks: Vec<ShownOpening>,
    next: Option<String>,
}

struct ShownOpening {
    id: String,
    state: String,
    mark: &'static str,
    who: String,
    reason: String,
    client: String,
    opened_at: Instant,
    /// Until when, of one for some hours.
    until: Option<Instant>,
    judged: Option<(String, Instant)>,
    /// The states that may follow: code and word.
    next: Vec<(&'static str, String)>,
}

impl ShownOpening {
    fn of(one: QueuedOpening, words: Words) -> Self {
        let opening = one.opening;
        let word = |state: Judgement| words.of(&format!("archive.judged-{}", state.code()));
        Self {
            id: one.id,
            state: word(opening.state),
            mark: match opening.state {
                Judgement::Approved | Judgement::Seen => "good",
                Judgement::New => "wait",
                Judgement::Questioned => "bad",
            },
            who: opening.actor,
            reason: words.of(&format!("reason.{}", Reason::Look(opening.reason).code())),
            client: one.client,
            opened_at: opening.opened_at,
            until: (opening.until > opening.opened_at).then_some(opening.until),
            judged: one.judged,
            next: opening
                .state
                .next()
                .iter()
                .map(|state| (state.code(), words.of(&format!("archive.judge-{}", state.code()))))
                .collect(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Paged {
    cursor: Option<String>,
}

/// `GET /fi/desk/archive/looks/`: the looks that wait for judgement.
pub(super) async fn looks(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(paged): Query<Paged>,
) -> Page {
    looks_page(&doors, &visit, paged.cursor, &[]).await
}

async fn looks_page(
    doors: &Doors,
    visit: &Visit,
    cursor: Option<String>,
    faults: &[Fault],
) -> Page {
    let caller = visit.caller.clone();
    let query = OpeningQuery { states: Vec::new(), limit: 0, cursor };
    let found = doors.work(move |app| app.list_openings(&caller, &query)).await?;
    let shell = Shell::of(doors, visit);
    let older = |cursor: String| shell.to(&format!("/desk/archive/looks/?cursor={cursor}"));
    let page = LooksPage {
        next: found.next.map(older),
        looks: found.openings.into_iter().map(|one| ShownOpening::of(one, shell.words)).collect(),
        frame: Frame::of(visit, faults),
        shell,
    };
    Ok(rendered(&page, visit.language))
}

/// `POST /fi/desk/archive/looks/`: seen, questioned, approved.
pub(super) async fn judge(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
) -> Page {
    let Some((id, state)) = fields.text("judge").split_once(' ') else {
        return Err(Problem::not_found());
    };
    let state = Judgement::of_code(state).ok_or_else(Problem::not_found)?;
    let (caller, id) = (visit.caller.clone(), id.to_owned());
    match doors.work(move |app| app.judge_opening(&caller, &id, state)).await {
        Ok(_) => Ok(redirect(&visit.to("/desk/archive/looks/"))),
        Err(problem) => {
            let faults = faults_of(problem)?;
            looks_page(&doors, &visit, None, &faults).await
        }
    }
}
