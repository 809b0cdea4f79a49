//! Login of people to the pages: OIDC's authorization code with PKCE, state and nonce, and what the login leaves,
//! a session in a cookie that no script reads.
//!
//! Nothing of a login that is under way is kept here: a secret in the browser's own cookie is what state, nonce
//! and verifier are made of, under a seal that every server over the same archive knows. So a login that one began
//! another ends. Source: ACC-1, ACC-5; RFC 9700, RFC 7636, OIDC Core 3.1.

pub mod gate;
mod held;
pub mod sessions;

use std::sync::Arc;

use aws_lc_rs::{constant_time, digest, hmac};
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use varanto_app::sessions::SessionSecret;
use varanto_domain::access::sessions::SessionTimes;
use zeroize::Zeroizing;

use crate::config;
use crate::desk;
use crate::doors::Doors;
use crate::names::Names;
use crate::outbound::{ConnectionError, Outbound, Place};
use crate::pages::{Shell, Visitor, redirect, rendered};
use crate::rest::problem::Problem;
use crate::rest::routes;
use crate::texts::Language;
use crate::tokens::{LoggedIn, LoggedInAs, Wanted};
use crate::turned_away::Turned;

use held::Held;
use sessions::Session;

pub use gate::{Fields, Visit};

/// The cookie of a session.
pub const COOKIE: &str = "__Host-varanto";
/// The cookie of a login that is under way.
const UNDER_WAY: &str = "__Host-varanto-login";
/// How long a login may take.
const UNDER_WAY_SECONDS: u32 = 600;

/// Where the provider sends the browser back to.
#[must_use]
pub fn way_back(base: &str) -> String {
    format!("{base}/login/back")
}

/// Where the provider sends the browser back to once its own session has ended.
#[must_use]
pub fn way_out(base: &str) -> String {
    format!("{base}/login/ended")
}

/// The connection to the login provider.
#[derive(Debug)]
pub struct Provider {
    authorization: String,
    /// Where the provider's own session is ended, if it can be.
    end: Option<String>,
    max_age: u64,
    /// Seals what a browser keeps of a login that is under way; of this archive alone, whichever server it asks.
    seal: hmac::Key,
    client: String,
    secret: Option<Zeroizing<String>>,
    tokens: Outbound,
}

impl Provider {
    /// The provider of a configuration; `None` where it names none. `secret` is known to every server over the archive,
    /// and to nobody else. Called on the runtime that it is asked on.
    ///
    /// # Errors
    /// As [`Outbound::to`]; a secret that cannot be read.
    pub fn of(config: &config::Config, secret: &[u8; 32]) -> Result<Option<Self>, ConnectionError> {
        let login = &config.login;
        let Some(tokens) = Outbound::to(&Place {
            name: "login",
            address: &login.token_address,
            authority: login.authority.as_deref(),
            certificate: None,
            key: None,
            token_file: None,
            seconds: login.seconds,
        })?
        else {
            return Ok(None);
        };
        let read = |path: &std::path::PathBuf| {
            let text = std::fs::read_to_string(path).map_err(|error| ConnectionError {
                name: "login",
                path: path.clone(),
                reason: error.to_string(),
            })?;
            Ok(Zeroizing::new(text.trim().to_owned()))
        };
        Ok(Some(Self {
            authorization: login.authorization_address.clone(),
            end: Some(login.end_address.clone()).filter(|address| !address.is_empty()),
            max_age: login.max_age,
            seal: hmac::Key::new(hmac::HMAC_SHA256, secret),
            client: config.tokens.audience.clone(),
            secret: login.client_secret_file.as_ref().map(read).transpose()?,
            tokens,
        }))
    }

    /// Where the browser is sent to log in.
    fn address(&self, under_way: &UnderWay, back: &str) -> String {
        let challenge = digest::digest(&digest::SHA256, under_way.part("verifier").as_bytes());
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client)
            .append_pair("redirect_uri", back)
            .append_pair("scope", "openid")
            .append_pair("state", &under_way.part("state"))
            .append_pair("nonce", &under_way.part("nonce"))
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256")
            .append_pair("ui_locales", under_way.language.tag())
            .append_pair("max_age", &self.max_age.to_string())
            .finish();
        // A provider that knows no max_age knows this.
        let anew = if self.max_age == 0 { "&prompt=login" } else { "" };
        with_query(&self.authorization, &format!("{query}{anew}"))
    }

    /// Where the browser is sent to end the provider's own session. The identity token is no hint in it: it tells who
    /// the person is, and addresses are kept.
    fn end_address(&self, language: Language, base: &str) -> Option<String> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &self.client)
            .append_pair("post_logout_redirect_uri", &way_out(base))
            .append_pair("state", language.tag())
            .append_pair("ui_locales", language.tag())
            .finish();
        self.end.as_ref().map(|end| with_query(end, &query))
    }

    /// What the browser keeps of a login that is under way.
    fn seal(&self, under_way: &UnderWay) -> String {
        let (language, begun) = (under_way.language.tag(), under_way.begun);
        let text = format!("{language}.{}.{begun}", under_way.secret);
        let seal = URL_SAFE_NO_PAD.encode(hmac::sign(&self.seal, text.as_bytes()));
        format!("{text}.{seal}")
    }

    /// The login that a browser says is under way: one that was begun here, not long ago.
    fn under_way(&self, headers: &HeaderMap, now: i64) -> Option<UnderWay> {
        let (text, seal) = cookie(headers, UNDER_WAY)?.rsplit_once('.')?;
        let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
        hmac::verify(&self.seal, text.as_bytes(), &seal).ok()?;
        let mut parts = text.split('.');
        let language = Language::of_tag(parts.next()?)?;
        let (secret, begun) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
        let lasts = now.saturating_sub(begun) <= i64::from(UNDER_WAY_SECONDS);
        lasts.then_some(UnderWay { language, secret, begun })
    }

    /// What a token must have been made for.
    fn wanted<'a>(&self, nonce: &'a str, begun: i64) -> Wanted<'a> {
        let age = i64::try_from(self.max_age).unwrap_or(i64::MAX);
        Wanted { nonce, since: begun.saturating_sub(age) }
    }

    /// The identity token that a code is exchanged for.
    fn exchange(&self, code: &str, verifier: &str, back: &str) -> Result<String, Problem> {
        #[derive(Deserialize)]
        struct Answer {
            id_token: String,
        }
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", back)
            .append_pair("client_id", &self.client)
            .append_pair("code_verifier", verifier);
        if let Some(secret) = &self.secret {
            form.append_pair("client_secret", secret);
        }
        let answer = self.tokens.post_form(form.finish()).map_err(|reason| {
            tracing::warn!(reason, "the login provider gave no token");
            Problem::new(StatusCode::BAD_GATEWAY, "login-provider-silent").rule("ACC-1")
        })?;
        serde_json::from_slice::<Answer>(&answer)
            .map(|answer| answer.id_token)
            .map_err(|_| refused("token-malformed"))
    }
}

fn with_query(address: &str, query: &str) -> String {
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}{query}")
}

/// A login that is under way, as the browser's cookie tells it.
struct UnderWay {
    language: Language,
    secret: String,
    /// When it began, in seconds after 1970.
    begun: i64,
}

impl UnderWay {
    /// One of the things that the provider is told, or is to tell back: it says nothing of the others.
    fn part(&self, name: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, name.as_bytes()))
    }
}

/// The routes of login and logout.
pub fn router() -> Router<Doors> {
    Router::new()
        .route("/{language}/login/", get(page))
        .route("/{language}/login/begin", get(begin))
        .route("/login/back", get(back))
        .route("/{language}/login/ended/", get(ended))
        .route("/{language}/login/end", get(end_there))
        .route("/login/ended", get(back_from_end))
        .route("/{language}/position/", get(positions).post(choose))
        .route("/{language}/sessions/", get(list))
        .route("/{language}/logout", post(end))
        .layer(map_response(kept_by_nobody))
}

/// Nothing of a login is kept by the browser or on the way.
async fn kept_by_nobody(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// How many units of a minute's pace a step of a login takes: each costs the provider and the archive work.
const STEP_UNITS: u32 = 2;

/// Takes a step of a login from the pace of the address that it comes from.
fn paced(doors: &Doors, request: &Request) -> Result<(), Problem> {
    let name = format!("login:{}", routes::turned(request).name());
    let limit = doors.config.limits.person_units;
    let standing = doors.pace.take(&name, STEP_UNITS, limit, std::time::Instant::now());
    match standing.filter(crate::pace::Standing::is_over) {
        Some(standing) => Err(Problem::rate_limited(standing.retry_after())),
        None => Ok(()),
    }
}

#[derive(askama::Template)]
#[template(path = "login.html")]
struct LoginPage {
    shell: Shell,
    offered: bool,
    demonstration: bool,
}

/// `GET /fi/login/`: what logging in means here, and the way to it.
async fn page(State(doors): State<Doors>, Path(language): Path<String>) -> Response {
    let Some(language) = Language::of_path(&language) else {
        return Problem::not_found().into_response();
    };
    let page = LoginPage {
        shell: Shell::new(language, "/login/"),
        offered: doors.login.is_some(),
        demonstration: doors.demo.get().is_some(),
    };
    rendered(&page, language)
}

/// `GET /fi/login/begin`: to the provider. A link leads here and no form: where a form may lead is bound by the
/// policy of its page.
async fn begin(
    State(doors): State<Doors>,
    Path(language): Path<String>,
    request: Request,
) -> Response {
    let (Some(language), Some(provider)) = (Language::of_path(&language), &doors.login) else {
        return Problem::not_found().into_response();
    };
    if let Err(problem) = paced(&doors, &request) {
        return turned_away(&doors, problem, routes::turned(&request)).await;
    }
    let begun = seconds(&doors);
    let under_way = UnderWay { language, secret: random_word(), begun };
    let mut response = redirect(&provider.address(&under_way, &way_back(&doors.base)));
    set_cookie(&mut response, UNDER_WAY, &provider.seal(&under_way), Some(UNDER_WAY_SECONDS));
    response
}

/// The moment in seconds after 1970.
fn seconds(doors: &Doors) -> i64 {
    doors.clock.now().millis() / 1000
}

/// `GET /login/back`: from the provider, with a code or a refusal.
async fn back(State(doors): State<Doors>, request: Request) -> Response {
    let turned = routes::turned(&request);
    if let Err(problem) = paced(&doors, &request) {
        return turned_away(&doors, problem, turned).await;
    }
    let now = seconds(&doors);
    let under_way = doors.login.as_ref().and_then(|login| login.under_way(request.headers(), now));
    let language = under_way.as_ref().map(|one| one.language);
    // Whoever was logged in in this browser is so no more.
    let before = cookie(request.headers(), COOKIE);
    match come_in(&doors, under_way, request.uri().query(), before).await {
        Ok((secret, home)) => {
            let mut response = redirect(&home);
            set_cookie(&mut response, COOKIE, secret.reveal(), None);
            set_cookie(&mut response, UNDER_WAY, "", Some(0));
            response
        }
        Err(problem) => {
            let logged = routes::log_turned_away(&doors, problem.code, turned).await;
            let mut response = logged.err().unwrap_or(problem).into_response();
            set_cookie(&mut response, UNDER_WAY, "", Some(0));
            response.extensions_mut().insert(language.unwrap_or_default());
            response
        }
    }
}

#[derive(Deserialize, Default)]
struct Answered {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    error: Option<String>,
}

/// The secret of a new session and where it begins, or why there is none.
async fn come_in(
    doors: &Doors,
    under_way: Option<UnderWay>,
    query: Option<&str>,
    before: Option<&str>,
) -> Result<(SessionSecret, String), Problem> {
    let provider = doors.login.clone().ok_or_else(Problem::not_found)?;
    let mut answered = Answered::default();
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        match name.as_ref() {
            "code" => answered.code = value.into_owned(),
            "state" => answered.state = value.into_owned(),
            "error" => answered.error = Some(value.into_owned()),
            _ => {}
        }
    }
    let under_way = under_way.ok_or_else(|| refused("login-not-begun-here"))?;
    if !same(&answered.state, &under_way.part("state")) {
        return Err(refused("login-not-begun-here"));
    }
    if answered.error.is_some() || answered.code.is_empty() {
        return Err(refused("login-refused"));
    }
    let (verifier, nonce) = (under_way.part("verifier"), under_way.part("nonce"));
    let back = way_back(&doors.base);
    let wanted = provider.wanted(&nonce, under_way.begun);
    let exchanged =
        tokio::task::spawn_blocking(move || provider.exchange(&answered.code, &verifier, &back));
    let token = exchanged.await.map_err(|_| Problem::internal())??;
    let logged_in = doors.tokens.verify_login(&token, wanted)?;
    begin_session(doors, logged_in, under_way.language, before).await
}

/// The secret of a new session and where it begins, for somebody whom the archive lets in.
async fn begin_session(
    doors: &Doors,
    logged_in: LoggedIn,
    language: Language,
    before: Option<&str>,
) -> Result<(SessionSecret, String), Problem> {
    doors.hear_others().await?;
    let tag = language.tag();
    let held = Held::of(logged_in);
    match &held.logged_in.who {
        LoggedInAs::Citizen { code, strong } => {
            if !strong {
                return Err(refused("citizen-login-too-weak"));
            }
            let (code, strong) = (*code, *strong);
            let known = doors.work(move |app| app.caller_of_citizen(code, strong)).await?;
            known.map_err(Problem::unknown)?;
            let secret = sessions::begin(doors, &held, before).await?;
            Ok((secret, format!("/{tag}/own/")))
        }
        LoggedInAs::Professional(positions) => {
            // One whom the archive does not let in in any position is told so now.
            let mut known = positions.iter().map(|one| gate::asker_of(doors, one));
            let first = known.next().unwrap_or_else(|| Err(refused("token-incomplete")));
            if let Err(problem) = first
                && known.all(|one| one.is_err())
            {
                return Err(problem);
            }
            let secret = sessions::begin(doors, &held, before).await?;
            Ok((secret, format!("/{tag}{}", first_of_desks(&held))))
        }
    }
}

/// Where the work of a session's position begins.
fn first_of_desks(held: &Held) -> &'static str {
    desk::menu(held.role())[0].path
}

/// The session of the cookie that a browser shows, when it lasts still.
async fn session_of(doors: &Doors, headers: &HeaderMap) -> Result<Option<Arc<Session>>, Problem> {
    match cookie(headers, COOKIE) {
        Some(cookie) => sessions::find(doors, cookie).await,
        None => Ok(None),
    }
}

#[derive(askama::Template)]
#[template(path = "position.html")]
struct PositionPage {
    shell: Shell,
    form_token: String,
    positions: Vec<(usize, String)>,
}

/// `GET /fi/position/`: in which of several positions to go on.
async fn positions(
    State(doors): State<Doors>,
    Path(language): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let language = Language::of_path(&language).ok_or_else(Problem::not_found)?;
    let Some(session) = session_of(&doors, &headers).await? else {
        return Ok(redirect(&format!("/{}/login/", language.tag())));
    };
    if session.is_citizens() {
        return Ok(redirect(&format!("/{}/own/", language.tag())));
    }
    let registry = doors.app.registry();
    let names = Names { registry: &registry, language };
    let page = PositionPage {
        shell: Shell {
            visitor: Some(Visitor::of(&registry, &session, gate::Side::Desk, language)),
            ..Shell::new(language, "/position/")
        },
        form_token: session.form_token.clone(),
        positions: session.positions().iter().map(|one| names.place(one)).enumerate().collect(),
    };
    Ok(rendered(&page, language))
}

/// `POST /fi/position/`: goes on in it, as another caller and so in another session.
async fn choose(
    State(doors): State<Doors>,
    Path(language): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let language = Language::of_path(&language).ok_or_else(Problem::not_found)?;
    let turned = routes::turned(&request);
    let (parts, body) = request.into_parts();
    let Some(session) = session_of(&doors, &parts.headers).await? else {
        return Err(logged(&doors, refused("session-ended"), turned).await);
    };
    let chosen = match gate::fields(&doors, &parts.headers, body, &session).await {
        Ok(fields) => fields.text("position").parse().ok(),
        Err(problem) => return Err(logged(&doors, problem, turned).await),
    };
    let renewed = match chosen {
        Some(position) => session.choose(&doors, position).await?,
        None => None,
    };
    let Some((secret, held)) = renewed else {
        return Ok(redirect(&format!("/{}/position/", language.tag())));
    };
    let mut response = redirect(&format!("/{}{}", language.tag(), first_of_desks(&held)));
    set_cookie(&mut response, COOKIE, secret.reveal(), None);
    Ok(response)
}

#[derive(askama::Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    shell: Shell,
    form_token: String,
    sessions: Vec<(SessionTimes, bool)>,
}

/// `GET /fi/sessions/`: where one is logged in, and the way to end all of it.
async fn list(
    State(doors): State<Doors>,
    Path(language): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let language = Language::of_path(&language).ok_or_else(Problem::not_found)?;
    let Some(session) = session_of(&doors, &headers).await? else {
        return Ok(redirect(&format!("/{}/login/", language.tag())));
    };
    let side = if session.is_citizens() { gate::Side::Own } else { gate::Side::Desk };
    let sessions = session.beside(&doors).await?;
    let visitor = Visitor::of(&doors.app.registry(), &session, side, language);
    let page = SessionsPage {
        shell: Shell { visitor: Some(visitor), ..Shell::new(language, "/sessions/") },
        form_token: session.form_token.clone(),
        sessions,
    };
    Ok(rendered(&page, language))
}

#[derive(askama::Template)]
#[template(path = "ended.html")]
struct EndedPage {
    shell: Shell,
    /// Whether the provider's own session is ended next.
    goes_on: bool,
}

/// `GET /fi/login/ended/`: the session here is over; where the provider has a session of its own that can be ended, the
/// browser goes on to end it. A page stands between, for no form may lead elsewhere.
async fn ended(
    State(doors): State<Doors>,
    Path(language): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let language = Language::of_path(&language).ok_or_else(Problem::not_found)?;
    if let Some(home) = still_in(&doors, request.headers(), language).await? {
        return Ok(home);
    }
    let can = doors.login.as_ref().is_some_and(|login| login.end.is_some());
    let goes_on = can && request.uri().query() != Some("there");
    let page = EndedPage { shell: Shell::new(language, "/login/ended/"), goes_on };
    Ok(rendered(&page, language))
}

/// `GET /fi/login/end`: to the provider, to end its session.
async fn end_there(
    State(doors): State<Doors>,
    Path(language): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let language = Language::of_path(&language).ok_or_else(Problem::not_found)?;
    let login = doors.login.as_ref().ok_or_else(Problem::not_found)?;
    if let Some(home) = still_in(&doors, &headers, language).await? {
        return Ok(home);
    }
    let address = login.end_address(language, &doors.base);
    address.map(|address| redirect(&address)).ok_or_else(Problem::not_found)
}

/// Home, where the session lasts still: nobody is told that it is over who is logged in, and no link of another site ends
/// anything.
async fn still_in(
    doors: &Doors,
    headers: &HeaderMap,
    language: Language,
) -> Result<Option<Response>, Problem> {
    let session = session_of(doors, headers).await?;
    Ok(session.map(|session| {
        let home = if session.is_citizens() { "own" } else { "desk" };
        redirect(&format!("/{}/{home}/", language.tag()))
    }))
}

/// `GET /login/ended`: from the provider, whose session is over.
async fn back_from_end(request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let state = pairs.find(|(name, _)| name == "state").map(|(_, value)| value);
    let language = state.and_then(|tag| Language::of_tag(&tag)).unwrap_or_default();
    redirect(&format!("/{}/login/ended/?there", language.tag()))
}

/// `POST /fi/logout`: the session is over at once, at every server; with `everywhere` all of the person's.
async fn end(
    State(doors): State<Doors>,
    Path(language): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let language = Language::of_path(&language).ok_or_else(Problem::not_found)?;
    let turned = routes::turned(&request);
    let (parts, body) = request.into_parts();
    let Some(secret) = cookie(&parts.headers, COOKIE) else { return Ok(let_go(language, None)) };
    let ended = match sessions::find(&doors, secret).await {
        Ok(Some(session)) => match gate::fields(&doors, &parts.headers, body, &session).await {
            Ok(fields) if fields.given("everywhere").is_some() => {
                sessions::end_all(&doors, secret).await
            }
            Ok(_) => sessions::end(&doors, secret).await,
            Err(problem) => return Err(logged(&doors, problem, turned).await),
        },
        // Another secret may have taken its place a moment ago: what came of it ends.
        Ok(None) => sessions::end(&doors, secret).await,
        Err(problem) => Err(problem),
    };
    Ok(let_go(language, ended.err()))
}

/// The answer to who logs out: the browser lets go of the session, the one place that has its secret, also where the database
/// did not take it in and the answer is the problem. The cookie comes with forms of our own pages alone.
fn let_go(language: Language, problem: Option<Problem>) -> Response {
    let mut response = match problem {
        None => redirect(&format!("/{}/login/ended/", language.tag())),
        Some(problem) => problem.into_response(),
    };
    set_cookie(&mut response, COOKIE, "", Some(0));
    // What the browser keeps of the pages goes too.
    let clear = HeaderValue::from_static("\"cache\"");
    response.headers_mut().insert("clear-site-data", clear);
    response
}

/// What is not let through, once its line is written.
async fn logged(doors: &Doors, problem: Problem, turned: Turned) -> Problem {
    let logged = routes::log_turned_away(doors, problem.code, turned).await;
    logged.err().unwrap_or(problem)
}

/// The answer to what is not let through, once its line is written.
async fn turned_away(doors: &Doors, problem: Problem, turned: Turned) -> Response {
    logged(doors, problem, turned).await.into_response()
}

/// A word of 256 random bits.
fn random_word() -> String {
    SessionSecret::random().reveal().to_owned()
}

/// The value of one of our cookies.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter();
    let pairs = all.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let mut named = pairs.filter_map(|pair| pair.trim().split_once('='));
    named.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Sets a cookie for this host alone, over TLS, out of reach of scripts, not sent from other sites' forms.
fn set_cookie(response: &mut Response, name: &str, value: &str, seconds: Option<u32>) {
    let age = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Lax{age}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Whether two words are the same, in a time that tells nothing of where they differ.
fn same(one: &str, other: &str) -> bool {
    constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

fn refused(code: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code).rule("ACC-1")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ACC-1: what the provider is told of a login leads to nothing else of it.
    #[test]
    fn the_parts_of_a_login_differ_and_belong_to_its_secret() {
        let login = |secret: &str| {
            let language = Language::Finnish;
            UnderWay { language, secret: secret.repeat(43), begun: 0 }
        };
        let (one, other) = (login("a"), login("b"));
        assert_ne!(one.part("state"), one.part("nonce"));
        assert_ne!(one.part("state"), one.part("verifier"));
        assert_ne!(one.part("state"), other.part("state"));
        assert_eq!(one.part("verifier").len(), 43, "RFC 7636 wants 43 characters at least");
    }

    /// JOI-6: who logs out leaves nothing in the browser, also where the database did not take it in.
    #[test]
    fn logging_out_leaves_nothing_in_the_browser() {
        let away = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
        for (problem, status) in [(None, 303), (Some(away), 503)] {
            let response = let_go(Language::Finnish, problem);
            assert_eq!(response.status().as_u16(), status);
            let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
            assert!(
                header("set-cookie").starts_with("__Host-varanto=; ")
                    && header("set-cookie").contains("Max-Age=0")
            );
            assert_eq!(header("clear-site-data"), "\"cache\"");
        }
    }

    #[test]
    fn our_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; __Host-varanto=x=y;c=d"));
        assert_eq!(cookie(&headers, COOKIE), Some("x=y"));
        assert_eq!(cookie(&headers, UNDER_WAY), None);
    }
}
