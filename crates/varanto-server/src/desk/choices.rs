//! Offering a client producers to choose from, and what clients chose. What may be offered and seen the operations decide.
//! Source: CIT-5, CAS-1, CAS-4.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use varanto_app::relationship::{ChoiceEnd, ChoiceMade, ChoiceSeen, RelationshipState};
use varanto_domain::access::Basis;
use varanto_domain::codes::sets;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_domain::relationship::{ChoiceState, MOST_OFFERED, ProducerOffer};
use varanto_domain::time::{FinnishDay, Instant};

use super::acts::{MANY, coded, producers};
use crate::doors::Doors;
use crate::login::gate::{Fields, Visit};
use crate::login::sessions::OpenClient;
use crate::names::Names;
use crate::pages::{Shell, Words, redirect, rendered};
use crate::reading::{self, ClientFrame, Page};
use crate::rest::problem::{Problem, ToldFault};

/// How many choices a page has.
const CHOICES: usize = 30;

/// A choice on a page.
pub(crate) struct ShownChoice {
    pub(crate) id: String,
    pub(crate) task: String,
    pub(crate) service: Option<String>,
    pub(crate) controller: String,
    pub(crate) units: Vec<OfferedUnit>,
    /// The key of where it stands, and the look of its mark.
    pub(crate) state: (&'static str, &'static str),
    /// Whether the client may choose.
    pub(crate) open: bool,
    /// What was chosen last.
    pub(crate) chosen: Option<ChosenUnit>,
    /// The unit that got the service.
    pub(crate) handed_to: Option<String>,
    pub(crate) offered_at: Instant,
    pub(crate) ended_at: Option<Instant>,
}

/// A unit that may be chosen.
pub(crate) struct OfferedUnit {
    pub(crate) id: String,
    /// Its name, with its organisation.
    pub(crate) name: String,
    pub(crate) chosen: bool,
    /// Whether it is valid still.
    pub(crate) valid: bool,
}

/// A unit that was chosen.
pub(crate) struct ChosenUnit {
    pub(crate) name: String,
    pub(crate) at: Instant,
    /// The key of who chose.
    pub(crate) by: String,
    pub(crate) valid: bool,
}

impl ShownChoice {
    pub(crate) fn of(seen: &ChoiceSeen, names: &Names<'_>, today: FinnishDay) -> Self {
        let offer = &seen.offer;
        let valid = |unit: &Oid| names.registry.registers().is_valid_on(unit, today);
        let unit = |unit: &Oid| OfferedUnit {
            id: unit.to_string(),
            name: names.unit_of(unit),
            chosen: seen.chosen.as_ref() == Some(unit),
            valid: valid(unit),
        };
        let chosen = seen.chosen.as_ref().zip(seen.chosen_at);
        Self {
            id: seen.id.clone(),
            task: names.task(&offer.service_task, today),
            service: offer.service.as_deref().map(|code| {
                names.coded(sets::SOCIAL_SERVICE, code, today).unwrap_or_else(|| code.to_owned())
            }),
            controller: names.organisation(seen.controller.as_str()),
            units: offer.units.iter().map(unit).collect(),
            state: match seen.state {
                ChoiceState::Waits => ("choice.waits", "wait"),
                ChoiceState::Chosen(_) => ("choice.chosen", "good"),
                ChoiceState::HandedTo(_) => ("choice.handed", "good"),
                ChoiceState::RelationshipEnded => ("choice.relationship_ended", ""),
                ChoiceState::TakenBack => ("choice.taken_back", ""),
            },
            open: seen.state.is_open(),
            chosen: chosen.map(|(unit, at)| ChosenUnit {
                name: names.unit_of(unit),
                at,
                by: format!("choice.by-{}", seen.chosen_as.unwrap_or(Basis::OwnData).code()),
                valid: valid(unit),
            }),
            handed_to: match &seen.state {
                ChoiceState::HandedTo(unit) => Some(names.unit_of(unit)),
                _ => None,
            },
            offered_at: seen.offered_at,
            ended_at: seen.ended_at,
        }
    }

    /// The key of where it stands, as who chooses is told.
    pub(crate) fn own_state(&self) -> &'static str {
        match self.state.0 {
            "choice.waits" => "choice.own_waits",
            "choice.chosen" => "choice.own_chosen",
            other => other,
        }
    }

    /// When what was chosen was, and by whom, in words.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    pub(crate) fn chosen_at(&self, words: &Words) -> String {
        let Some(chosen) = &self.chosen else { return String::new() };
        let (at, who) = (words.moment(&chosen.at), words.of(&chosen.by));
        words.with("choice.chosen_at", &[("at", &at), ("who", &who)])
    }

    /// The unit that was chosen, as a form tells it; empty: none was.
    pub(crate) fn chosen_unit(&self) -> &str {
        self.units.iter().find(|one| one.chosen).map_or("", |one| one.id.as_str())
    }
}

#[derive(Template)]
#[template(path = "desk/choices.html")]
struct ListPage {
    shell: Shell,
    form_token: String,
    made: Vec<Made>,
    next: Option<String>,
    first: bool,
}

struct Made {
    choice: ShownChoice,
    client: String,
    relationship: Oid,
}

/// `GET /fi/desk/choices/`: what clients chose, oldest first.
pub(super) async fn list(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Query(asked): Query<HashMap<String, String>>,
) -> Page {
    let (caller, after) = (Arc::clone(&visit.caller), asked.get("after").cloned());
    let first = after.is_none();
    let listed =
        doors.work(move |app| app.list_choices_made(&caller, after.as_deref(), CHOICES)).await?;
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let (shell, today) = (Shell::of(&doors, &visit), FinnishDay::of(doors.clock.now()));
    let one = |made: &ChoiceMade| Made {
        choice: ShownChoice::of(&made.choice, &names, today),
        client: format!("{} {}", made.name.given, made.name.family).trim().to_owned(),
        relationship: made.choice.relationship.clone(),
    };
    let next = listed.next.as_ref().map(|next| {
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("after", next).finish();
        shell.to(&format!("/desk/choices/?{query}"))
    });
    let page = ListPage {
        form_token: visit.session.form_token.clone(),
        made: listed.choices.iter().map(one).collect(),
        next,
        first,
        shell,
    };
    Ok(rendered(&page, visit.language))
}

#[derive(Template)]
#[template(path = "desk/choice.html")]
struct OfferPage {
    shell: Shell,
    frame: ClientFrame,
    path: String,
    controller: String,
    /// Codes, names, and whether each is chosen.
    tasks: Vec<(String, String, bool)>,
    services: Vec<(String, String, bool)>,
    units: Vec<(String, String, bool)>,
    /// What narrows the list of units, where it is long.
    search: Option<String>,
    most: usize,
    /// Faults of the task and of the units, and others.
    wrong_task: Option<String>,
    wrong_units: Vec<String>,
    faults: Vec<String>,
}

/// The client and the relationship of the address.
struct Place {
    client: OpenClient,
    relationship: Oid,
    path: String,
}

impl Place {
    fn of(visit: &Visit, path: &HashMap<String, String>) -> Result<Self, Problem> {
        let part = |name: &str| path.get(name).map_or("", String::as_str);
        let client = visit.client(part("client"))?;
        let relationship = Oid::parse(part("relationship")).map_err(|_| Problem::not_found())?;
        let base = reading::base(visit.side, &client.handle);
        Ok(Self { path: format!("{base}choices/{relationship}/"), relationship, client })
    }
}

/// `GET …/choices/{relationship}/`: the form.
pub(super) async fn form(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    offer_page(&doors, &visit, &place, &Fields::default(), &[]).await
}

async fn offer_page(
    doors: &Doors,
    visit: &Visit,
    place: &Place,
    sent: &Fields,
    faults: &[Fault],
) -> Page {
    let (caller, client) = (Arc::clone(&visit.caller), place.client.clone());
    let relationship = place.relationship.clone();
    let looked = doors
        .work(move |app| {
            app.show_relationship_of(&caller, &client.client, &relationship, client.purpose())
        })
        .await;
    let state = match looked {
        Ok(state) => state,
        Err(problem) => return Ok(reading::locked(doors, visit, &place.client, problem)),
    };
    let page = made(doors, visit, place, &state, sent, faults);
    let mut response = rendered(&page, visit.language);
    if !faults.is_empty() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

fn made(
    doors: &Doors,
    visit: &Visit,
    place: &Place,
    state: &RelationshipState,
    sent: &Fields,
    faults: &[Fault],
) -> OfferPage {
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language: visit.language };
    let today = FinnishDay::of(doors.clock.now());
    let ticked: Vec<&str> =
        sent.all().filter(|(name, _)| *name == "unit").map(|(_, unit)| unit).collect();
    let whole = producers(&names, &state.controller, today, "", &ticked);
    let search = (whole.len() > MANY).then(|| sent.text("q").to_owned());
    let mut units = match search.as_deref() {
        Some(words) => producers(&names, &state.controller, today, words, &ticked),
        None => whole,
    };
    units.truncate(MANY);
    let only = state.service_tasks.len() == 1;
    let of = |element: &str, fault: &&Fault| fault.element.starts_with(element);
    let told = |fault: &Fault| {
        let label = |field: &str| Some(format!("choice.{field}"));
        let told = ToldFault::labelled(fault, visit.language, label);
        let unit = fault.value.as_deref().and_then(|unit| Oid::parse(unit).ok());
        let unit = unit.map(|unit| format!("{}: ", names.unit_of(&unit))).unwrap_or_default();
        format!("{unit}{} {}", told.message, told.right)
    };
    let shell = Shell::of(doors, visit);
    let task = |code: &String| {
        (code.clone(), names.task(code, today), only || sent.text("service_task") == code)
    };
    let mut services = vec![(String::new(), shell.words.of("act.any_service"))];
    services.extend(coded(&names, sets::SOCIAL_SERVICE, today));
    let chosen = |(code, name): (String, String)| {
        let is = sent.text("service") == code;
        (code, name, is)
    };
    let tick = |(unit, name): (String, String)| {
        let is = ticked.contains(&unit.as_str());
        (unit, name, is)
    };
    let others = faults.iter().filter(|one| !of("service_task", one) && !of("units", one));
    OfferPage {
        frame: ClientFrame::of(visit, &place.client),
        path: place.path.clone(),
        controller: names.organisation(state.controller.as_str()),
        tasks: state.service_tasks.iter().map(task).collect(),
        services: services.into_iter().map(chosen).collect(),
        units: units.into_iter().map(tick).collect(),
        search,
        most: MOST_OFFERED,
        wrong_task: faults.iter().find(|one| of("service_task", one)).map(|fault| {
            match fault.kind {
                FaultKind::StandsOtherwise => shell.words.of("choice.offered_already"),
                _ => told(fault),
            }
        }),
        wrong_units: faults.iter().filter(|one| of("units", one)).map(told).collect(),
        faults: others.map(told).collect(),
        shell,
    }
}

/// `POST …/choices/{relationship}/`: narrows the list of units, or offers.
pub(super) async fn offer(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let place = Place::of(&visit, &path)?;
    if fields.text("do") == "search" {
        return offer_page(&doors, &visit, &place, &fields, &[]).await;
    }
    let units = fields.all().filter(|(name, _)| *name == "unit");
    let units = units.filter_map(|(_, unit)| Oid::parse(unit).ok()).collect();
    let offer = ProducerOffer {
        service_task: fields.text("service_task").to_owned(),
        service: fields.given("service").map(str::to_owned),
        units,
    };
    if offer.service_task.is_empty() {
        let fault = Fault::new(FaultKind::MissingElement, "service_task", "CIT-5");
        let fault = fault.arg("name", "service_task");
        return offer_page(&doors, &visit, &place, &fields, &[fault]).await;
    }
    let (caller, client) = (Arc::clone(&visit.caller), place.client.clone());
    let relationship = place.relationship.clone();
    let done = doors
        .work(move |app| app.offer_choice(&caller, &relationship, Some(&client.client), &offer))
        .await;
    match done {
        Ok(_) => Ok(redirect(&visit.to(&back(&visit, &place.client, "offered")))),
        Err(problem) if problem.denial.is_none() && !problem.faults.is_empty() => {
            offer_page(&doors, &visit, &place, &fields, &problem.faults).await
        }
        Err(problem) => Ok(reading::locked(&doors, &visit, &place.client, problem)),
    }
}

fn back(visit: &Visit, client: &OpenClient, done: &str) -> String {
    format!("{}?choice={done}", reading::base(visit.side, &client.handle))
}

/// The key of what was done just now.
pub(super) fn told(asked: &HashMap<String, String>) -> Option<&'static str> {
    match asked.get("choice")?.as_str() {
        "offered" => Some("choice.done_offered"),
        "ended" => Some("choice.done_ended"),
        "stood" => Some("choice.stood_otherwise"),
        _ => None,
    }
}

/// `POST …/choices/end`: takes an offer back. One that is decided meanwhile is shown as it stands.
pub(super) async fn end(
    State(doors): State<Doors>,
    Extension(visit): Extension<Visit>,
    Extension(fields): Extension<Fields>,
    Path(path): Path<HashMap<String, String>>,
) -> Page {
    let client = visit.client(path.get("client").map_or("", String::as_str))?;
    let end = ChoiceEnd {
        id: fields.text("choice").to_owned(),
        of: Some(client.client.clone()),
        chosen: Some(fields.given("chosen").and_then(|unit| Oid::parse(unit).ok())),
    };
    let caller = Arc::clone(&visit.caller);
    match doors.work(move |app| app.end_choice(&caller, &end)).await {
        Ok(()) => Ok(redirect(&visit.to(&back(&visit, &client, "ended")))),
        Err(problem) if problem.denial.is_none() && !problem.faults.is_empty() => {
            Ok(redirect(&visit.to(&back(&visit, &client, "stood"))))
        }
        Err(problem) => Ok(reading::locked(&doors, &visit, &client, problem)),
    }
}
