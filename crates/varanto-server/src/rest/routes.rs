//! The table of operations: what the router serves, the OpenAPI document tells and the API page
//! shows, from one place, so that they cannot drift apart.

use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use varanto_domain::access::Who;

use crate::doors::Doors;
use crate::frame::CallerName;
use crate::pace::Standing;
use crate::priority;
use crate::rest::caller::{self, Asker};
use crate::rest::parameters::Parameters;
use crate::rest::problem::Problem;
use crate::tls::{PeerAddress, PeerCertificate};
use crate::turned_away::Turned;

/// Where the REST interface begins.
pub const BASE: &str = "/api/v1";

/// One operation.
#[derive(Clone, Copy)]
pub struct Operation {
    /// Names it, and its texts: `archive_document`.
    pub id: &'static str,
    /// Its group: `documents`, `proof`, `registers`, `running`.
    pub tag: &'static str,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Its path under [`BASE`], with `{parameters}`.
    pub path: &'static str,
    /// Query parameters that it takes; all others are refused.
    pub query: &'static [Query],
    /// What it takes as a body.
    pub takes: Option<Takes>,
    /// What it answers when all is well: status, media type, name of the schema.
    pub answers: &'static [(u16, &'static str, &'static str)],
    /// Problems it may answer with beside those that every operation may.
    pub problems: &'static [u16],
    /// Whether strangers may call it.
    pub open: bool,
    /// What serves it.
    pub serve: fn() -> MethodRouter<Doors>,
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// A query parameter.
#[derive(Debug, Clone, Copy)]
pub struct Query {
    /// Its name, also of its text.
    pub name: &'static str,
    /// Its JSON Schema type: `boolean`, `integer`, `string`.
    pub kind: &'static str,
    /// Whether it must be given.
    pub needed: bool,
}

/// A body that an operation takes.
#[derive(Debug, Clone, Copy)]
pub struct Takes {
    /// Its media type.
    pub media_type: &'static str,
    /// The name of its schema.
    pub schema: &'static str,
    /// An example, in JSON.
    pub example: &'static str,
}

impl Operation {
    /// The whole path.
    #[must_use]
    pub fn full_path(&self) -> String {
        format!("{BASE}{}", self.path)
    }

    /// The names of the path's parameters.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('{').skip(1).filter_map(|rest| rest.split('}').next())
    }
}

/// The router of every operation in the table.
pub fn router(doors: &Doors, table: &'static [Operation]) -> Router<Doors> {
    table.iter().fold(Router::new(), |router, operation| {
        let gate = from_fn_with_state((doors.clone(), operation), gate);
        router.route(&operation.full_path(), (operation.serve)().layer(gate))
    })
}

/// Lets a request through to its operation: who asks is told first, then what is asked. What cannot
/// be let through leaves one line in the use log (LOG-1).
async fn gate(
    State((doors, operation)): State<(Doors, &'static Operation)>,
    mut request: Request,
    next: Next,
) -> Response {
    let turned = turned(&request);
    if let Err(problem) = doors.hear_others().await {
        return problem.into_response();
    }
    let found = found(&doors, operation, &mut request);
    // A refused caller may try no oftener than any stranger.
    let standing = standing(&doors, operation, found.as_ref().ok(), &turned);
    if let Some(standing) = standing.filter(Standing::is_over) {
        let problem = Problem::rate_limited(standing.retry_after());
        let logged = log_turned_away(&doors, problem.code, turned).await;
        let mut response = logged.err().unwrap_or(problem).into_response();
        standing.show(response.headers_mut());
        return response;
    }
    let mut response = match found {
        Ok(asker) => {
            let gives_way = priority::gives_way(request.headers());
            priority::scoped(gives_way, let_through(&doors, operation, asker, request, next)).await
        }
        Err(problem) => told_to_stranger(&doors, problem, turned).await.into_response(),
    };
    if let Some(standing) = standing {
        standing.show(response.headers_mut());
    }
    response
}

/// Takes what the operation costs of the caller's minute.
fn standing(
    doors: &Doors,
    operation: &Operation,
    found: Option<&Option<(Asker, CallerName)>>,
    turned: &Turned,
) -> Option<Standing> {
    let limits = &doors.config.limits;
    let (caller, limit) = match found {
        Some(Some((asker, name))) if matches!(asker.0.who, Who::System { .. }) => {
            (name.0.clone(), limits.system_units)
        }
        Some(Some((_, name))) => (name.0.clone(), limits.person_units),
        Some(None) | None => (turned.name(), limits.person_units),
    };
    let units = if operation.method == "GET" { 1 } else { 5 };
    doors.pace.take(&caller, units, limit, Instant::now())
}

/// Tells a stranger why it is turned away. One who shows nothing at all is told of in the request's own
/// log line alone.
async fn told_to_stranger(doors: &Doors, problem: Problem, turned: Turned) -> Problem {
    if problem.code == "authentication-needed" {
        return problem;
    }
    match log_turned_away(doors, problem.code, turned).await {
        Ok(()) => problem,
        Err(failed) => failed,
    }
}

/// Logs that somebody was turned away, as the ledger lets it.
pub(crate) async fn log_turned_away(
    doors: &Doors,
    code: &'static str,
    turned: Turned,
) -> Result<(), Problem> {
    match doors.turned_away.take(code, turned, Instant::now()) {
        Some(line) => doors.work(move |app| app.log_turned_away(&line)).await,
        None => Ok(()),
    }
}

async fn let_through(
    doors: &Doors,
    operation: &Operation,
    asker: Option<(Asker, CallerName)>,
    mut request: Request,
    next: Next,
) -> Response {
    let known: Vec<&str> = operation.query.iter().map(|query| query.name).collect();
    let mut response = match Parameters::read(request.uri().query(), &known) {
        Ok(parameters) => {
            request.extensions_mut().insert(parameters);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    if let Some((asker, name)) = asker {
        if let Some(code) = unlogged(&response) {
            let done = doors.work(move |app| app.log_unreadable(&asker.0, code)).await;
            if let Err(problem) = done {
                return problem.into_response();
            }
        }
        response.extensions_mut().insert(name);
    }
    response
}

/// The caller of an operation that is not open to all, put into the request for its handler.
fn found(
    doors: &Doors,
    operation: &Operation,
    request: &mut Request,
) -> Result<Option<(Asker, CallerName)>, Problem> {
    if operation.open {
        return Ok(None);
    }
    let shown = caller::shown(doors, request)?;
    let asker = caller::asker(doors, &shown)?;
    request.extensions_mut().insert(asker.clone());
    Ok(Some((asker, shown.log_name())))
}

/// Who it is that may be turned away: by certificate, else by address.
pub(crate) fn turned(request: &Request) -> Turned {
    let print = match request.extensions().get::<PeerCertificate>() {
        Some(PeerCertificate::Trusted(certificate)) => Some(certificate.fingerprint.as_str()),
        Some(PeerCertificate::Refused(refused)) => Some(refused.fingerprint.as_str()),
        Some(PeerCertificate::None) | None => None,
    };
    let address = request.extensions().get::<PeerAddress>().and_then(|peer| peer.0);
    Turned::of(print, address)
}

/// The code of a refusal that no operation has logged, because it never came to one.
pub(crate) fn unlogged(response: &Response) -> Option<&'static str> {
    let problem = response.extensions().get::<Problem>()?;
    let ours = problem.logged || problem.status.is_server_error();
    let code = match problem.faults.first() {
        Some(fault) if problem.code == "faults" => fault.code(),
        _ => problem.code,
    };
    (!ours).then_some(code)
}

/// What an address answers to a method that it does not take.
#[must_use]
pub fn wrong_method(path: Option<&str>, table: &[Operation]) -> Problem {
    let takes = |method: &str| {
        table.iter().any(|one| path == Some(one.full_path().as_str()) && one.method == method)
    };
    let allow = match (takes("GET"), takes("POST")) {
        (true, true) => "GET, HEAD, POST",
        (false, true) => "POST",
        _ => "GET, HEAD",
    };
    let mut problem =
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed").arg("allowed", allow);
    problem.allow = Some(allow);
    problem
}
