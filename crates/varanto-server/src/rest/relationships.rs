//! Relationships and cases over REST: open, act, read.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use varanto_app::relationship::{How, NoticeQuery, Written};
use varanto_app::{App, AppError};
use varanto_domain::access::Caller;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::relationship::Asked;
use varanto_domain::time::FinnishDay;
use varanto_formats::acts;

use super::caller::Asker;
use super::parameters::Parameters;
use super::problem::Problem;
use super::{body, documents, relationships_json};
use crate::doors::Doors;
use crate::frame::language_of;

type Answer = Result<Response, Problem>;

/// `POST /relationships`: opens a client relationship.
pub async fn open(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let told = body::told(&doors, &headers, sent, acts::read_new_relationship).await?;
    write(&doors, asker, &parameters, &headers, told, App::open_relationship).await
}

/// `POST /relationships/{oid}/acts`: writes the next version of a relationship.
pub async fn act(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let oid = documents::document(&oid)?;
    let told = body::told(&doors, &headers, sent, acts::read_relationship_act).await?;
    let act = move |app: &App, caller: &Caller, asked: &Asked<_>, how| {
        app.act_on_relationship(caller, &oid, asked, how)
    };
    write(&doors, asker, &parameters, &headers, told, act).await
}

/// `GET /relationships/{oid}`: the relationship as the archive knows it.
pub async fn show(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
) -> Answer {
    let (oid, purpose) = (documents::document(&oid)?, documents::purpose(&parameters)?);
    let state = doors.work(move |app| app.show_relationship(&asker.0, &oid, purpose)).await?;
    Ok(documents::json(relationships_json::relationship(&state)).into_response())
}

/// `GET /relationships/{oid}/workers`: who is and was responsible, or on one day.
pub async fn workers(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
) -> Answer {
    let (oid, purpose) = (documents::document(&oid)?, documents::purpose(&parameters)?);
    let on = match parameters.get("on") {
        Some(text) => Some(FinnishDay::parse(text).ok_or_else(|| {
            let fault = Fault::new(FaultKind::WrongForm, "on", "REL-11");
            Problem::fault(fault.arg("expected", "2026-11-02"))
        })?),
        None => None,
    };
    let shown = doors.work(move |app| app.show_workers(&asker.0, &oid, on, purpose)).await?;
    let answer = documents::json(relationships_json::workers(&shown));
    Ok(([(header::CACHE_CONTROL, NO_STORE)], answer).into_response())
}

/// `POST /cases`: opens a case.
pub async fn open_case(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let told = body::told(&doors, &headers, sent, acts::read_new_case).await?;
    write(&doors, asker, &parameters, &headers, told, App::open_case).await
}

/// `POST /cases/{oid}/acts`: writes the next version of a case.
pub async fn act_on_case(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let oid = documents::document(&oid)?;
    let told = body::told(&doors, &headers, sent, acts::read_case_act).await?;
    let act = move |app: &App, caller: &Caller, asked: &Asked<_>, how| {
        app.act_on_case(caller, &oid, asked, how)
    };
    write(&doors, asker, &parameters, &headers, told, act).await
}

/// `GET /cases/{oid}`: the case as the archive knows it.
pub async fn show_case(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
) -> Answer {
    let (oid, purpose) = (documents::document(&oid)?, documents::purpose(&parameters)?);
    let state = doors.work(move |app| app.show_case(&asker.0, &oid, purpose)).await?;
    Ok(documents::json(relationships_json::case(&state)).into_response())
}

/// `GET /notices`: what the caller's units are told of their rights.
pub async fn notices(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
) -> Answer {
    let most = NoticeQuery::MOST;
    let limit = parameters.parsed::<usize>("limit", "1–100")?;
    if limit.is_some_and(|limit| !(1..=most).contains(&limit)) {
        let fault = Fault::new(FaultKind::WrongForm, "limit", "RUR-5");
        return Err(Problem::fault(fault.arg("expected", format!("1–{most}"))));
    }
    let query = NoticeQuery {
        after: parameters.parsed::<i64>("after", "the id of a notice")?.unwrap_or(i64::MIN),
        acknowledged_too: parameters.parsed::<bool>("acknowledged", "true, false")? == Some(true),
        limit: limit.unwrap_or(NoticeQuery::USUAL),
    };
    let page = doors.work(move |app| app.list_notices(&asker.0, query)).await?;
    let answer = documents::json(relationships_json::notices(&page));
    Ok(([(header::CACHE_CONTROL, NO_STORE)], answer).into_response())
}

/// `POST /notices/{id}/acknowledgement`: a unit has taken note.
pub async fn acknowledge(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
) -> Answer {
    let id = id.parse::<i64>().map_err(|_| Problem::not_found())?;
    doors.work(move |app| app.acknowledge_notice(&asker.0, id)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Does what was asked, or tries it.
async fn write<T: Send + Sync + 'static>(
    doors: &Doors,
    asker: Asker,
    parameters: &Parameters,
    headers: &HeaderMap,
    told: Asked<T>,
    act: impl FnOnce(&App, &Caller, &Asked<T>, How) -> Result<Written, AppError> + Send + 'static,
) -> Answer {
    let said =
        |name| Ok::<_, Problem>(parameters.parsed::<bool>(name, "true, false")? == Some(true));
    let how = How {
        dry_run: said("dry_run")?,
        confirmed: said("confirm")?,
        reason: documents::purpose(parameters)?.reason,
    };
    let place = format!("{}/documents/{}", super::routes::BASE, told.document);
    let written = doors.work(move |app| act(app, &asker.0, &told, how)).await?;
    let answer = documents::json(relationships_json::written(&written, language_of(headers)));
    let status = match &written.outcome {
        Ok(archived) if !archived.resent => StatusCode::CREATED,
        _ => StatusCode::OK,
    };
    let mut response = (status, answer).into_response();
    if written.outcome.is_ok()
        && let Ok(place) = place.parse()
    {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    Ok(response)
}

/// What an act answers is client data.
const NO_STORE: header::HeaderValue = header::HeaderValue::from_static("no-store");
