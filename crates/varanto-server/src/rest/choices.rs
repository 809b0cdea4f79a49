//! Clients' choices of a producer over REST: offering, taking an offer back, and what clients chose.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use varanto_app::relationship::{ChoiceEnd, ChoiceMade, ChoiceSeen};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::{ClientIdentifier, Oid};
use varanto_domain::relationship::{ChoiceState, ProducerOffer};

use super::caller::Asker;
use super::parameters::Parameters;
use super::problem::Problem;
use super::{body, documents};
use crate::doors::Doors;

type Answer = Result<Response, Problem>;

/// How many choices a page has: at most, and when the caller does not say.
const MOST: usize = 100;
const USUAL: usize = 20;

const RULE: &str = "CIT-5";

/// `POST /relationships/{oid}/choices`: offers the client producers to choose from.
pub async fn offer(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(oid): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let relationship = documents::document(&oid)?;
    let bytes = body::read(&headers, sent, &doors.config.limits).await?;
    let told: OfferBody = body::json(&headers, &bytes)?;
    let offer = told.offer()?;
    let offered =
        move |app: &varanto_app::App| app.offer_choice(&asker.0, &relationship, None, &offer);
    let seen = doors.work(offered).await?;
    Ok((StatusCode::CREATED, unkept(&ToldChoice::of(&seen))).into_response())
}

/// `POST /choices/{choice}/end`: takes an offer back.
pub async fn end(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
) -> Answer {
    let end = ChoiceEnd { id, ..ChoiceEnd::default() };
    doors.work(move |app| app.end_choice(&asker.0, &end)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /choices`: what clients chose and nothing was handed over for yet, oldest first.
pub async fn list(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
) -> Answer {
    let limit = parameters.parsed::<usize>("limit", "1–100")?.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        let fault = Fault::new(FaultKind::WrongForm, "limit", RULE);
        return Err(Problem::fault(fault.arg("expected", format!("1–{MOST}"))));
    }
    let cursor = parameters.get("cursor").map(str::to_owned);
    let listed =
        move |app: &varanto_app::App| app.list_choices_made(&asker.0, cursor.as_deref(), limit);
    let page = doors.work(listed).await?;
    let choices = page.choices.iter().map(ToldMade::of).collect();
    Ok(unkept(&ToldPage { choices, next: page.next.as_deref() }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfferBody {
    service_task: String,
    service: Option<String>,
    units: Vec<String>,
}

impl OfferBody {
    fn offer(self) -> Result<ProducerOffer, Problem> {
        let (mut units, mut faults) = (Vec::new(), Vec::new());
        for (place, unit) in self.units.iter().enumerate() {
            if let Ok(unit) = Oid::parse(unit) {
                units.push(unit);
            } else {
                let element = format!("units/{place}");
                faults.push(Fault::new(FaultKind::NotAnOid, element, RULE));
            }
        }
        if !faults.is_empty() {
            return Err(Problem::faults(faults));
        }
        Ok(ProducerOffer { service_task: self.service_task, service: self.service, units })
    }
}

/// An answer that tells of clients: nothing on the way keeps it.
fn unkept(told: &impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], documents::answer(told)).into_response()
}

#[derive(Serialize)]
struct ToldPage<'a> {
    choices: Vec<ToldMade<'a>>,
    next: Option<&'a str>,
}

/// A choice, as answers tell it.
#[derive(Serialize)]
pub(super) struct ToldChoice<'a> {
    choice: &'a str,
    state: &'static str,
    relationship_id: String,
    service_task: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    units: Vec<String>,
    offered_at: String,
    /// The unit that was chosen last.
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<String>,
    /// The unit that got the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    handed_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen_as: Option<&'static str>,
}

impl<'a> ToldChoice<'a> {
    pub(super) fn of(seen: &'a ChoiceSeen) -> Self {
        Self {
            choice: &seen.id,
            state: seen.state.code(),
            relationship_id: seen.relationship.to_string(),
            service_task: &seen.offer.service_task,
            service: seen.offer.service.as_deref(),
            units: seen.offer.units.iter().map(Oid::to_string).collect(),
            offered_at: seen.offered_at.to_string(),
            unit: seen.chosen.as_ref().map(Oid::to_string),
            handed_to: match &seen.state {
                ChoiceState::HandedTo(unit) => Some(unit.to_string()),
                _ => None,
            },
            chosen_at: seen.chosen_at.map(|at| at.to_string()),
            chosen_as: seen.chosen_as.map(varanto_domain::access::Basis::code),
        }
    }
}

#[derive(Serialize)]
struct ToldMade<'a> {
    #[serde(flatten)]
    choice: ToldChoice<'a>,
    client: ToldClient<'a>,
}

#[derive(Serialize)]
struct ToldClient<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_code: Option<&'a str>,
    given_names: &'a str,
    family_name: &'a str,
}

impl<'a> ToldMade<'a> {
    fn of(made: &'a ChoiceMade) -> Self {
        let identity_code = match &made.client {
            ClientIdentifier::Code(code) => Some(code.reveal()),
            ClientIdentifier::Temporary(_) => None,
        };
        let (given_names, family_name) = (&*made.name.given, &*made.name.family);
        let client = ToldClient { identity_code, given_names, family_name };
        Self { choice: ToldChoice::of(&made.choice), client }
    }
}
