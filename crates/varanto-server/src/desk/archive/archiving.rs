//! How archiving goes in the own registers: how soon documents come and what is turned down, by who sends it. Counts alone.
//!
//! Source: CAS-6, ARC-13.

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use varanto_app::statistics::{ArchivingTold, RuleCount, SenderDelays, SenderTurnedDown};
use varanto_domain::archive::monitoring::Sender;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;

use super::{Frame, faults_of};
use crate::doors::Doors;
use crate::login::gate::Visit;
use crate::names::Names;
use crate::pages::{Shell, rendered};
use crate::reading::Page;
use crate::texts;

/// Over how many days it is told when none are named.
const DAYS: i32 = 30;

#[derive(Template)]
#[template(path = "archive/archiving.html")]
struct ArchivingPage {
    shell: Shell,
    frame: Frame,
    /// The days as they stand in the form.
    from: String,
    until: String,
    registers: Vec<Register>,
}

/// What is told of one register.
struct Register {
    name: String,
    delays: Vec<Delayed>,
    turned_down: Vec<Refused>,
}

struct Delayed {
    sender: String,
    unit: String,
    versions: u64,
    /// Of a hundred, within an hour, a day and a week.
    within: [u64; 3],
    /// The longest delay, in hours.
    longest: u64,
}

struct Refused {
    sender: String,
    organisation: String,
    submissions: u64,
    rules: Vec<Rule>,
}

struct Rule {
    code: String,
    words: String,
    submissions: u64,
}

/// `GET /fi/desk/archive/archiving/`: over the days that the address names, else the last thirty.
pub(super) async fn page(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<HashMap<String, String>>,
) -> Page {
    let today = FinnishDay::of(doors.clock.now());
    let mut faults = Vec::new();
    let mut day = |name: &'static str, usual: FinnishDay| {
        let given = asked.get(name).map_or("", |text| text.trim());
        let day = if given.is_empty() { Some(usual) } else { FinnishDay::parse(given) };
        if day.is_none() {
            let fault = Fault::new(FaultKind::WrongForm, name, "CAS-6");
            faults.push(fault.arg("expected", "2026-11-27"));
        }
        (if given.is_empty() { usual.to_string() } else { given.to_owned() }, day)
    };
    let (from, first) = day("from", today.plus_days(1 - DAYS));
    let (until, last) = day("until", today);
    let mut told = Vec::new();
    if let (Some(first), Some(last)) = (first, last) {
        let caller = visit.caller.clone();
        let tell = move |app: &varanto_app::App| {
            let tell = |register: &Oid| {
                let told = app.tell_archiving(&caller, register, (first, last))?;
                Ok((register.clone(), told))
            };
            caller.registers.iter().map(tell).collect::<Result<Vec<_>, _>>()
        };
        match doors.work(tell).await {
            Ok(all) => told = all,
            Err(problem) => faults = faults_of(problem)?,
        }
    }
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let page = ArchivingPage {
        registers: told.iter().map(|(of, told)| Register::of(of, told, &names)).collect(),
        frame: Frame::of(&visit, &faults),
        shell: Shell::of(&doors, &visit),
        from,
        until,
    };
    let mut response = rendered(&page, visit.language);
    if !faults.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

impl Register {
    fn of(controller: &Oid, told: &ArchivingTold, names: &Names<'_>) -> Self {
        Self {
            name: names.organisation(controller.as_str()),
            delays: told.delays.iter().map(|one| Delayed::of(one, controller, names)).collect(),
            turned_down: told.turned_down.iter().map(|one| Refused::of(one, names)).collect(),
        }
    }
}

impl Delayed {
    fn of(one: &SenderDelays, controller: &Oid, names: &Names<'_>) -> Self {
        let delays = &one.delays;
        let share = |count: u64| (count * 100).checked_div(delays.versions).unwrap_or(0);
        Self {
            sender: sender(&one.sender, names),
            unit: match &one.unit {
                Some(unit) if names.is_of(unit, controller) => names.unit(unit),
                Some(unit) => names.unit_of(unit),
                None => names.of("archive.no_unit"),
            },
            versions: delays.versions,
            within: delays.within.map(share),
            longest: delays.longest_millis.div_ceil(3_600_000),
        }
    }
}

impl Refused {
    fn of(one: &SenderTurnedDown, names: &Names<'_>) -> Self {
        Self {
            sender: sender(&one.sender, names),
            organisation: one
                .organisation
                .as_deref()
                .map_or_else(String::new, |id| names.organisation(id)),
            submissions: one.submissions,
            rules: one.by_rule.iter().map(|rule| Rule::of(rule, names)).collect(),
        }
    }
}

impl Rule {
    /// The rule in words, without what was sent: its place and value stand in no log.
    fn of(one: &RuleCount, names: &Names<'_>) -> Self {
        let code = &one.code;
        let key = if one.denied {
            format!("denial.{code}.title")
        } else {
            format!("fault.{code}.message")
        };
        let words = texts::find(names.language, &key)
            .map(|_| texts::fill(names.language, &key, |_| Some("…".into())));
        let words = words.unwrap_or_else(|| names.of("archive.rule_unknown"));
        Self { code: code.clone(), words, submissions: one.submissions }
    }
}

fn sender(sender: &Sender, names: &Names<'_>) -> String {
    match sender {
        Sender::System(id) => names.system(id),
        Sender::People => names.of("archive.sender_people"),
        Sender::Archive => names.of("archive.sender_archive"),
    }
}
