//! The gate before every page of people who are logged in: who comes is told first, what a form sends is held
//! against its session, and what cannot be let through leaves its line in the use log (LOG-1).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use aws_lc_rs::constant_time;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use varanto_domain::access::Caller;
use varanto_domain::access::log::Actor;
use varanto_domain::ids::Oid;

use super::sessions::{OpenClient, Session};
use super::{refused, session_of};
use crate::doors::Doors;
use crate::frame::CallerName;
use crate::pages::{Visitor, redirect};
use crate::rest::body;
use crate::rest::caller::{self, Asker, Shown};
use crate::rest::problem::Problem;
use crate::rest::routes;
use crate::texts::Language;
use crate::tokens::{LoggedInAs, Person};

/// Whose pages they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The desks of professionals.
    Desk,
    /// A citizen's own.
    Own,
}

/// A visit of one who is logged in, in a request's extensions once the gate has let it through.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The session.
    pub session: Arc<Session>,
    /// Who asks, as every operation takes it.
    pub caller: Arc<Caller>,
    /// The language of the page.
    pub language: Language,
    /// The path of the page without its language: `/desk/`.
    pub path: String,
    /// What stands behind it: `?kind=19`; empty where nothing does.
    pub query: String,
    /// Whose pages these are.
    pub side: Side,
}

impl Visit {
    /// The client that a word of an address names.
    ///
    /// # Errors
    /// 404: the word is of another session, of one that is over, or of a client opened long ago.
    pub fn client(&self, handle: &str) -> Result<OpenClient, Problem> {
        let closed = || Problem::new(StatusCode::NOT_FOUND, "client-not-open").rule("ACC-1");
        self.session.client(handle).ok_or_else(closed)
    }

    /// The client and the document that an address names, `client` by its word and `oid`.
    ///
    /// # Errors
    /// As [`Visit::client`]; 404 for what is no identifier.
    pub fn document(&self, path: &HashMap<String, String>) -> Result<(OpenClient, Oid), Problem> {
        let part = |name: &str| path.get(name).map_or("", String::as_str);
        let client = self.client(part("client"))?;
        let document = Oid::parse(part("oid")).map_err(|_| Problem::not_found())?;
        Ok((client, document))
    }

    /// An address in the language of the page: of `/desk/`, `/fi/desk/`.
    #[must_use]
    pub fn to(&self, path: &str) -> String {
        format!("/{}{path}", self.language.tag())
    }
}

/// What a form sent, once the gate has held it against its session.
#[derive(Clone, Default)]
pub struct Fields(Arc<Vec<(String, String)>>);

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fields({})", self.0.len())
    }
}

impl Fields {
    /// The value of a field without the space around it; empty for one that was not sent.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.given(name).unwrap_or_default()
    }

    /// The value of a field that holds something.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(known, _)| known == name)?.1.trim();
        (!value.is_empty()).then_some(value)
    }

    /// Every field in the order in which it was sent.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The routes behind the gate of a side.
pub fn behind(doors: &Doors, side: Side, routes: Router<Doors>) -> Router<Doors> {
    routes.route_layer(from_fn_with_state((doors.clone(), side), gate))
}

/// Lets a request through to its page.
async fn gate(
    State((doors, side)): State<(Doors, Side)>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match through(&doors, side, request, next).await {
        Ok(response) | Err(response) => response,
    };
    let headers = response.headers_mut();
    // Neither the browser nor anything on the way keeps what a page showed.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn through(
    doors: &Doors,
    side: Side,
    request: Request,
    next: Next,
) -> Result<Response, Response> {
    let path = request.uri().path().to_owned();
    let (tag, rest) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
    let language = Language::of_path(tag).ok_or_else(|| Problem::not_found().into_response())?;
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let found = session_of(doors, request.headers()).await.map_err(IntoResponse::into_response)?;
    let Some(session) = found else {
        return Err(if reads {
            redirect(&format!("/{tag}/login/"))
        } else {
            refused("session-ended").into_response()
        });
    };
    let turned = routes::turned(&request);
    let asker = match asker(doors, side, &session).await {
        Ok(Some(asker)) => asker,
        Ok(None) => return Err(redirect(&format!("/{tag}/position/"))),
        Err(problem) => {
            let logged = routes::log_turned_away(doors, problem.code, turned).await;
            let mut response = logged.err().unwrap_or(problem).into_response();
            // Even who may do nothing here finds the way out, and to another position.
            let own = if session.is_citizens() { Side::Own } else { Side::Desk };
            let registry = doors.app.registry();
            response.extensions_mut().insert(Visitor::of(&registry, &session, own, language));
            return Err(response);
        }
    };
    let name = Actor::of(&asker.0).name;
    let units = if reads { 1 } else { 5 };
    let limit = doors.config.limits.person_units;
    let standing = doors.pace.take(&name, units, limit, Instant::now());
    if let Some(standing) = standing.filter(crate::pace::Standing::is_over) {
        let problem = Problem::rate_limited(standing.retry_after());
        let logged = routes::log_turned_away(doors, problem.code, turned).await;
        return Err(logged.err().unwrap_or(problem).into_response());
    }
    let registry = doors.app.registry();
    let (mut parts, sent) = request.into_parts();
    let body = if reads {
        sent
    } else {
        match fields(doors, &parts.headers, sent, &session).await {
            Ok(fields) => parts.extensions.insert(fields),
            Err(problem) => {
                let mut response = logged(doors, &asker, problem).await.into_response();
                response.extensions_mut().insert(Visitor::of(&registry, &session, side, language));
                return Err(response);
            }
        };
        Body::empty()
    };
    parts.extensions.insert(Visit {
        session: Arc::clone(&session),
        caller: Arc::clone(&asker.0),
        language,
        path: format!("/{rest}"),
        query: parts.uri.query().map(|query| format!("?{query}")).unwrap_or_default(),
        side,
    });
    let mut response = next.run(Request::from_parts(parts, body)).await;
    session.note_looks(doors);
    if let Some(code) = routes::unlogged(&response) {
        let done = doors.work(move |app| app.log_unreadable(&asker.0, code)).await;
        if let Err(problem) = done {
            return Err(problem.into_response());
        }
    }
    if response.extensions().get::<Problem>().is_some() {
        // The page that tells the problem is one of the visitor's, too.
        response.extensions_mut().insert(Visitor::of(&registry, &session, side, language));
    }
    response.extensions_mut().insert(CallerName(name));
    Ok(response)
}

/// A problem, once its line is written.
async fn logged(doors: &Doors, asker: &Asker, problem: Problem) -> Problem {
    let (asker, code) = (asker.clone(), problem.code);
    let done = doors.work(move |app| app.log_unreadable(&asker.0, code)).await;
    done.err().unwrap_or(problem)
}

/// Who the session's person is to the archive now: what was ended in a register counts from the next request on.
/// `None`: a position is to be chosen first.
async fn asker(doors: &Doors, side: Side, session: &Session) -> Result<Option<Asker>, Problem> {
    match (side, &session.logged_in.who) {
        (Side::Own, LoggedInAs::Citizen { code, strong }) => {
            let (code, strong) = (*code, *strong);
            let caller = doors.work(move |app| app.caller_of_citizen(code, strong)).await?;
            Ok(Some(Asker(Arc::new(caller.map_err(Problem::unknown)?))))
        }
        (Side::Desk, LoggedInAs::Professional(_)) => {
            session.professional().map(|person| asker_of(doors, person)).transpose()
        }
        _ => Err(Problem::new(StatusCode::FORBIDDEN, "pages-of-others").rule("ACC-2")),
    }
}

/// Whom the archive knows by a professional's login.
pub(super) fn asker_of(doors: &Doors, person: &Person) -> Result<Asker, Problem> {
    caller::asker(doors, &Shown::Person(person.clone()))
}

/// What a form sent, when it is a form of this session's own.
///
/// # Errors
/// 403 for a form of another session or of another site; as [`body::read`].
///
/// Source: OWASP ASVS 5.0 3.5.
pub(super) async fn fields(
    doors: &Doors,
    headers: &HeaderMap,
    sent: Body,
    session: &Session,
) -> Result<Fields, Problem> {
    let of_others = || Problem::new(StatusCode::FORBIDDEN, "form-of-others").rule("ACC-1");
    let from = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
    if from.is_some_and(|from| from != "same-origin") {
        return Err(of_others());
    }
    if body::media_type(headers) != "application/x-www-form-urlencoded" {
        return Err(body::unsupported("application/x-www-form-urlencoded"));
    }
    let bytes = body::read(headers, sent, &doors.config.limits).await?;
    let pairs: Vec<(String, String)> =
        form_urlencoded::parse(&bytes).map(|(name, value)| (name.into(), value.into())).collect();
    let fields = Fields(Arc::new(pairs));
    let shown = fields.text(TOKEN).as_bytes();
    match constant_time::verify_slices_are_equal(shown, session.form_token.as_bytes()) {
        Ok(()) => Ok(fields),
        Err(_) => Err(of_others()),
    }
}

/// The field of every form that holds the session's token.
pub const TOKEN: &str = "form_token";
