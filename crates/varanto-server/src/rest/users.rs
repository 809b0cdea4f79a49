//! The register of users over REST: read, kept by main users, and let to producers' main users.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use varanto_app::users::{
    DelegationPage, GrantRequest, ListedDelegation, ListedUser, UserPage, UserQuery, Withdrawn,
};
use varanto_domain::access::Strength;
use varanto_domain::ids::Oid;
use varanto_formats::log_search::{self, UserTerms};
use varanto_formats::users::{self as forms, Grant};

use super::caller::Asker;
use super::problem::Problem;
use super::{body, documents};
use crate::doors::Doors;

type Answer = Result<Response, Problem>;

/// `POST /users/_search`: the users that the asker may see, with what was granted and ended before.
pub async fn search(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let terms = body::told(&doors, &headers, sent, log_search::read_users).await?;
    let page = doors.work(move |app| app.list_users(&asker.0, &query_of(terms))).await?;
    Ok(documents::answer(&ToldUsers::of(&page)))
}

/// `GET /users/{user}`: one right.
pub async fn show(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
) -> Answer {
    let user = doors.work(move |app| app.show_user(&asker.0, &id)).await?;
    Ok(documents::answer(&ToldUser::of(&user)))
}

/// `POST /users`: grants a right.
pub async fn grant(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let request = request_of(body::told(&doors, &headers, sent, forms::read_grant).await?);
    let user = doors.work(move |app| app.grant_user(&asker.0, &request)).await?;
    Ok((StatusCode::CREATED, documents::answer(&ToldUser::of(&user))).into_response())
}

/// `POST /users/{user}/change`: ends a right and grants another in its place.
pub async fn change(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let request = request_of(body::told(&doors, &headers, sent, forms::read_grant).await?);
    let user = doors.work(move |app| app.change_user(&asker.0, &id, &request)).await?;
    Ok(documents::answer(&ToldUser::of(&user)))
}

/// `POST /users/{user}/end`: ends a right.
pub async fn end(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
) -> Answer {
    let user = doors.work(move |app| app.end_user(&asker.0, &id)).await?;
    Ok(documents::answer(&ToldUser::of(&user)))
}

/// `POST /delegations`: lets a producer's main users keep its users.
pub async fn delegate(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let terms = body::told(&doors, &headers, sent, forms::read_delegation).await?;
    let delegation = terms.by(asker.0.organisation.clone());
    let given = doors.work(move |app| app.delegate_users(&asker.0, &delegation)).await?;
    Ok((StatusCode::CREATED, documents::answer(&ToldDelegation::of(&given))).into_response())
}

/// `POST /delegations/_search`: the delegations by the asker's organisation and to it.
pub async fn search_delegations(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let terms = body::told(&doors, &headers, sent, log_search::read_users).await?;
    let page = doors.work(move |app| app.list_delegations(&asker.0, &query_of(terms))).await?;
    Ok(documents::answer(&ToldDelegations::of(&page)))
}

/// `POST /delegations/{delegation}/withdrawal`: takes a delegation back.
pub async fn withdraw(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let ends = body::told(&doors, &headers, sent, forms::read_withdrawal).await?;
    let done = doors.work(move |app| app.withdraw_delegation(&asker.0, &id, ends)).await?;
    Ok(documents::answer(&ToldWithdrawal::of(&done)))
}

fn query_of(terms: UserTerms) -> UserQuery {
    UserQuery {
        history: terms.history,
        organisation: terms.organisation,
        limit: terms.limit.unwrap_or(UserQuery::USUAL),
        cursor: terms.cursor,
    }
}

fn request_of(Grant { entry, delegation }: Grant) -> GrantRequest {
    GrantRequest { right: entry.right, person: entry.code, delegation }
}

const fn login_of(login: Strength) -> &'static str {
    match login {
        Strength::Strong => "strong",
        Strength::Weak => "weak",
    }
}

#[derive(Serialize)]
struct ToldUsers<'a> {
    users: Vec<ToldUser<'a>>,
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct ToldUser<'a> {
    user: &'a str,
    subject: &'a str,
    organisation: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    organiser: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delegation: Option<String>,
    given_names: &'a str,
    family_name: &'a str,
    identity_code_known: bool,
    role: &'static str,
    units: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tasks: Option<Vec<&'a str>>,
    login: &'static str,
    first_day: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_day: Option<String>,
    granted_by: &'a str,
    granted_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
}

impl<'a> ToldUsers<'a> {
    fn of(page: &'a UserPage) -> Self {
        Self { users: page.users.iter().map(ToldUser::of).collect(), next: page.next.as_deref() }
    }
}

impl<'a> ToldUser<'a> {
    fn of(one: &'a ListedUser) -> Self {
        let right = &one.right;
        let tasks = right.service_tasks.as_ref();
        Self {
            user: &one.id,
            subject: &right.subject,
            organisation: right.organisation.as_str(),
            organiser: right.organiser.as_ref().map(Oid::as_str),
            delegation: one.delegation.map(|number| number.to_string()),
            given_names: &right.given_names,
            family_name: &right.family_name,
            identity_code_known: one.identity_code_known,
            role: right.role.code(),
            units: right.units.iter().map(Oid::as_str).collect(),
            service_tasks: tasks.map(|tasks| tasks.iter().map(AsRef::as_ref).collect()),
            login: login_of(right.login),
            first_day: right.validity.first.to_string(),
            last_day: right.validity.last.map(|day| day.to_string()),
            granted_by: &right.granted_by,
            granted_at: one.granted_at.to_string(),
            ended_at: one.ended_at.map(|at| at.to_string()),
        }
    }
}

#[derive(Serialize)]
struct ToldDelegations<'a> {
    delegations: Vec<ToldDelegation<'a>>,
    next: Option<&'a str>,
}

#[derive(Serialize)]
struct ToldDelegation<'a> {
    delegation: String,
    organiser: &'a str,
    producer: &'a str,
    units: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tasks: Option<Vec<&'a str>>,
    login: &'static str,
    first_day: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_day: Option<String>,
    given_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    withdrawn_at: Option<String>,
}

#[derive(Serialize)]
struct ToldWithdrawal<'a> {
    #[serde(flatten)]
    delegation: ToldDelegation<'a>,
    ended_rights: usize,
}

impl<'a> ToldDelegations<'a> {
    fn of(page: &'a DelegationPage) -> Self {
        let delegations = page.delegations.iter().map(ToldDelegation::of).collect();
        Self { delegations, next: page.next.as_deref() }
    }
}

impl<'a> ToldDelegation<'a> {
    fn of(one: &'a ListedDelegation) -> Self {
        let said = &one.delegation;
        let tasks = said.service_tasks.as_ref();
        Self {
            delegation: one.id.to_string(),
            organiser: said.organiser.as_str(),
            producer: said.producer.as_str(),
            units: said.units.iter().map(Oid::as_str).collect(),
            service_tasks: tasks.map(|tasks| tasks.iter().map(AsRef::as_ref).collect()),
            login: login_of(said.login),
            first_day: said.validity.first.to_string(),
            last_day: said.validity.last.map(|day| day.to_string()),
            given_at: one.given_at.to_string(),
            withdrawn_at: one.withdrawn_at.map(|at| at.to_string()),
        }
    }
}

impl<'a> ToldWithdrawal<'a> {
    fn of(done: &'a Withdrawn) -> Self {
        let delegation = ToldDelegation::of(&done.delegation);
        Self { delegation, ended_rights: done.ended }
    }
}
