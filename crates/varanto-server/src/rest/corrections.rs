//! Requests to correct documents over REST, for who answers them: those that wait, one with its document, and the answer.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use varanto_app::archive::{Answered, CorrectionSeen, Corrections};
use varanto_domain::archive::corrections::Answer as Said;
use varanto_domain::faults::{Fault, FaultKind};

use super::caller::Asker;
use super::parameters::Parameters;
use super::problem::Problem;
use super::{body, documents, documents_json};
use crate::doors::Doors;

type Answer = Result<Response, Problem>;

/// How many requests a page has: at most, and when the caller does not say.
const MOST: usize = 100;
const USUAL: usize = 20;

const RULE: &str = "CIT-6";

/// `GET /corrections`: the requests that wait, oldest first.
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
        move |app: &varanto_app::App| app.list_corrections(&asker.0, cursor.as_deref(), limit);
    let page = doors.work(listed).await?;
    Ok(unkept(&ToldPage::of(&page)))
}

/// `GET /corrections/{request}`: a request with its document.
pub async fn read(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
) -> Answer {
    let seen = doors.work(move |app| app.show_correction(&asker.0, &id)).await?;
    Ok(unkept(&ToldRequest::of(&seen)))
}

/// `POST /corrections/{request}/answer`: that it was corrected or invalidated, or that nothing is.
pub async fn answer(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let bytes = body::read(&headers, sent, &doors.config.limits).await?;
    let told: AnswerBody = body::json(&headers, &bytes)?;
    let Some(how) = Said::of_code(&told.how) else {
        let fault = Fault::new(FaultKind::WrongValue, "how", RULE);
        let expected = Said::ALL.map(Said::code).join(", ");
        return Err(Problem::fault(fault.arg("expected", expected)));
    };
    let words = told.words.unwrap_or_default();
    doors.work(move |app| app.answer_correction(&asker.0, &id, how, &words)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswerBody {
    how: String,
    words: Option<String>,
}

/// An answer that tells of clients: nothing on the way keeps it.
fn unkept(told: &impl Serialize) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], documents::answer(told)).into_response()
}

#[derive(Serialize)]
struct ToldPage<'a> {
    corrections: Vec<ToldRequest<'a>>,
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct ToldRequest<'a> {
    request: &'a str,
    state: &'static str,
    document_id: String,
    asked_at: String,
    asked_as: &'static str,
    answer_by: String,
    wanted: &'a str,
    may_answer: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered: Option<ToldAnswer<'a>>,
    document: Box<RawValue>,
}

#[derive(Serialize)]
struct ToldAnswer<'a> {
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected_by: Option<String>,
}

impl<'a> ToldPage<'a> {
    fn of(page: &'a Corrections) -> Self {
        let corrections = page.corrections.iter().map(ToldRequest::of).collect();
        Self { corrections, next: page.next.as_deref() }
    }
}

impl<'a> ToldRequest<'a> {
    fn of(seen: &'a CorrectionSeen) -> Self {
        let asked = &seen.correction;
        let answered = |answered: &'a Answered| ToldAnswer {
            at: answered.at.to_string(),
            words: answered.words.as_deref(),
            corrected_by: answered.by.as_ref().map(ToString::to_string),
        };
        Self {
            request: &asked.id,
            state: asked.answered.as_ref().map_or("waiting", |answered| answered.how.code()),
            document_id: asked.document.to_string(),
            asked_at: asked.asked_at.to_string(),
            asked_as: asked.asked_as.code(),
            answer_by: asked.answer_by.to_string(),
            wanted: &asked.wanted,
            may_answer: seen.answers.iter().map(|one| one.code()).collect(),
            answered: asked.answered.as_ref().map(answered),
            document: RawValue::from_string(documents_json::view(&seen.document))
                .expect("the archive prints JSON"),
        }
    }
}
