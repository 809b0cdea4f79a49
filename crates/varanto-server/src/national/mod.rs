//! The door of national messages: a frame and its document in, an acknowledgement out; and the door
//! that checks them and keeps nothing.

mod answer;
mod request;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use varanto_app::AppError;
use varanto_app::archive::Checked;
use varanto_domain::faults::Fault;

use crate::doors::Doors;
use crate::frame::RequestId;
use crate::rest::caller::Asker;
use crate::rest::documents::json;
use crate::rest::problem::{Problem, ToldFault};
use crate::texts::Language;

use answer::Wanted;

type Answer = Result<Response, Problem>;

/// `POST /national/messages`: does what a frame asks, and acknowledges.
pub async fn take(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(language): Extension<Language>,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let request = request::read(&headers, sent, &doors).await?;
    let taken = doors.work(move |app| Ok(app.take_message(&asker.0, request.sent))).await?;
    if let Err(error) = &taken.result {
        doors.pulse.saw(error);
    }
    let seconds = doors.config.limits.retry_after_seconds;
    let result = taken.result.clone().map_err(|error: AppError| Problem::of(error, seconds));
    if answer::wanted(&headers) == Wanted::Json {
        return answer::in_json(result, &taken.remarks);
    }
    let made_at = doors.clock.now();
    Ok(answer::acknowledge(&taken, &result, &answer::Telling { language, id: id.0, made_at }))
}

/// `POST /national/validation`: checks a frame and its document, keeps nothing, and answers as the
/// nation's test validator does; or in our own form, when `Accept` asks for problems.
pub async fn check(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(language): Extension<Language>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let request = request::read(&headers, sent, &doors).await?;
    let (sent, message_id) = (request.sent, request.message_id);
    let checked: Checked = doors.work(move |app| app.check_message(&asker.0, &sent)).await?;
    if answer::wanted(&headers) == Wanted::Problem {
        return Ok(in_our_form(checked, language));
    }
    if checked.faults.is_empty() {
        return Ok(StatusCode::OK.into_response());
    }
    let description = numbered(&checked.faults, language);
    let answer = Refusal { message_id: message_id.as_deref(), description: &description };
    let text = serde_json::to_string(&answer).expect("texts are always JSON");
    Ok((StatusCode::BAD_REQUEST, json(text)).into_response())
}

#[derive(Serialize)]
struct Refusal<'a> {
    #[serde(rename = "messageId", skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    description: &'a str,
}

/// `1: …;2: …`, as the nation's test validator numbers what it found.
fn numbered(faults: &[Fault], language: Language) -> String {
    let lines = faults.iter().enumerate().map(|(number, fault)| {
        let told = ToldFault::of(fault, language);
        let stage = told.stage.unwrap_or("–");
        let place = told.path.as_deref().unwrap_or(&told.element);
        let text = format!(
            "{}: [{stage}] {place}: {} {} ({}, {})",
            number + 1,
            told.message,
            told.right,
            told.code,
            told.rule
        );
        text.replace(';', ",")
    });
    lines.collect::<Vec<_>>().join(";")
}

fn in_our_form(checked: Checked, language: Language) -> Response {
    if !checked.faults.is_empty() {
        let mut problem = Problem::faults(checked.faults);
        problem.logged = true;
        return problem.into_response();
    }
    let remarks = answer::remarks_json(&checked.remarks, language);
    ([(header::CONTENT_TYPE, "application/json")], remarks).into_response()
}
