//! The frame around every request: its identifier, its language, its time, its log line, and the
//! words of whatever went wrong.
//!
//! Log lines and metrics hold route templates, codes and identifiers of systems; never addresses as
//! sent, queries, bodies or client data (OPS-4, design D8).

use std::any::Any;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use crate::certificates::hex;
use crate::doors::Doors;
use crate::pages::{self, Visitor};
use crate::rest::problem::Problem;
use crate::texts::Language;
use crate::tls::PeerCertificate;

/// The identifier of a request, a random UUID: in its answer, its log line and its problem.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Who asked, for the log line of the request; set by whoever finds out.
#[derive(Debug, Clone)]
pub struct CallerName(pub String);

/// A route outside the table of operations: what metrics and log lines call it.
const UNMATCHED: &str = "unmatched";

/// Frames a request and its answer.
pub async fn around(State(doors): State<Doors>, mut request: Request, next: Next) -> Response {
    let id = request_id();
    let language = language_asked(&request);
    let html = wants_page(&request);
    let api = request.uri().path().starts_with("/api/v1");
    let route = route_of(&request);
    let method = method_name(request.method());
    let shown = request.extensions().get().cloned().unwrap_or(PeerCertificate::None);
    let verdict = doors.judge.judge_again(&shown);
    let system = system_of(&verdict);
    request.extensions_mut().insert(RequestId(id.clone()));
    request.extensions_mut().insert(language);
    request.extensions_mut().insert(verdict);
    let trace = trace_of(request.headers()).unwrap_or_else(|| id.replace('-', ""));
    let span = tracing::info_span!("request", %id, %trace, %method, %route);
    let started = Instant::now();

    let mut response = within_limits(&doors, request, next).instrument(span.clone()).await;

    let caller = response.extensions_mut().remove::<CallerName>().map_or(system, |name| name.0);
    let code = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => {
            let code = problem.code;
            let mut kept = Kept::of(&mut response);
            let language = kept.language.unwrap_or(language);
            let visitor = kept.visitor.take();
            response = told(&doors, &problem, language, &id, (html && !api, visitor));
            kept.put_back(&mut response);
            code
        }
        None => "",
    };
    let status = response.status();
    let seconds = started.elapsed().as_secs_f64();
    span.in_scope(|| {
        let (status, millis) = (status.as_u16(), format!("{:.3}", seconds * 1e3));
        tracing::info!(status, millis, caller, code, "answered");
    });
    count(&route, method, status, seconds);
    dress(&doors, response.headers_mut(), &id, api);
    response
}

async fn within_limits(doors: &Doors, request: Request, next: Next) -> Response {
    let limits = &doors.config.limits;
    let Ok(_slot) = doors.slots.try_acquire() else {
        return Problem::busy(limits.retry_after_seconds).into_response();
    };
    let most = limits.answer_time() + limits.body_time();
    match tokio::time::timeout(most, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(StatusCode::GATEWAY_TIMEOUT, "answer-timeout")
            .arg("seconds", most.as_secs())
            .into_response(),
    }
}

/// What a panic becomes: one problem, the connection and the process live on.
#[must_use]
pub fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::internal().into_response()
}

/// What an answer keeps when its problem is put into words: the cookies that were set, the language and the
/// visitor that were found out.
struct Kept {
    language: Option<Language>,
    visitor: Option<Visitor>,
    cookies: Vec<HeaderValue>,
}

impl Kept {
    fn of(response: &mut Response) -> Self {
        let cookies = response.headers().get_all(header::SET_COOKIE).into_iter().cloned().collect();
        let extensions = response.extensions_mut();
        Self { language: extensions.remove(), visitor: extensions.remove(), cookies }
    }

    fn put_back(self, response: &mut Response) {
        for cookie in self.cookies {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

fn told(
    doors: &Doors,
    problem: &Problem,
    language: Language,
    id: &str,
    (html, visitor): (bool, Option<Visitor>),
) -> Response {
    if html {
        pages::problem_page(problem, language, id, &doors.base, visitor)
    } else {
        problem.answer(language, id, &doors.base)
    }
}

fn request_id() -> String {
    let mut bytes = [0u8; 16];
    // Without randomness the identifier is all zeroes; requests are still answered.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let text = hex(&bytes);
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

/// The trace that a request belongs to, by the W3C's `traceparent`; `None` when it names none. A
/// request without one begins a trace of its own.
fn trace_of(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let parts: Vec<&str> = text.splitn(5, '-').collect();
    let [version, trace, parent, flags, ..] = parts.as_slice() else { return None };
    let hexadecimal = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let named = |text: &str, digits: usize| {
        hexadecimal(text, digits) && text.bytes().any(|byte| byte != b'0')
    };
    // Later versions may add parts; version 00 has these four, and ff is none.
    let whole = parts.len() == 4 || *version != "00";
    let sound = hexadecimal(version, 2) && *version != "ff" && hexadecimal(flags, 2) && whole;
    (sound && named(trace, 32) && named(parent, 16)).then(|| (*trace).to_owned())
}

/// The language that `Accept-Language` asks for.
#[must_use]
pub fn language_of(headers: &HeaderMap) -> Language {
    let value = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Language::accepted(value.unwrap_or_default())
}

/// The language of the address where it names one, else the one that `Accept-Language` asks for.
fn language_asked(request: &Request) -> Language {
    let part = request.uri().path().split('/').nth(1).unwrap_or_default();
    Language::of_path(part).unwrap_or_else(|| language_of(request.headers()))
}

fn wants_page(request: &Request) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

fn route_of(request: &Request) -> String {
    let matched = request.extensions().get::<MatchedPath>();
    matched.map_or_else(|| UNMATCHED.to_owned(), |path| path.as_str().to_owned())
}

/// The method's name for metrics and log lines. Strangers may send any word as a method.
fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|known| method == known).unwrap_or("other")
}

fn system_of(verdict: &PeerCertificate) -> String {
    match verdict {
        PeerCertificate::Trusted(certificate) => certificate.system.clone(),
        PeerCertificate::Refused(refused) => format!("refused:{}", &refused.fingerprint[..16]),
        PeerCertificate::None => "-".to_owned(),
    }
}

fn count(route: &str, method: &'static str, status: StatusCode, seconds: f64) {
    let labels = [
        ("route", route.to_owned()),
        ("method", method.to_owned()),
        ("status", status.as_u16().to_string()),
    ];
    metrics::counter!("varanto_requests_total", &labels).increment(1);
    metrics::histogram!("varanto_request_seconds", "route" => route.to_owned()).record(seconds);
}

/// Headers that every answer wears.
fn dress(doors: &Doors, headers: &mut HeaderMap, id: &str, api: bool) {
    let policy = if api { pages::API_POLICY } else { pages::PAGE_POLICY };
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ("content-security-policy", policy),
        ("vary", "accept, accept-language, cookie"),
    ];
    for (name, value) in fixed {
        let name = HeaderName::from_static(name);
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if api {
        let keep = HeaderValue::from_static("no-store");
        headers.entry(header::CACHE_CONTROL).or_insert(keep);
    }
    if !doors.base.starts_with("https://localhost") {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OPS-4: a caller's trace is carried on when it is one; anything else begins a new one.
    #[test]
    fn a_trace_is_taken_from_a_sound_traceparent_alone() {
        const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
        let check = |sent: &str, taken: bool| {
            let mut headers = HeaderMap::new();
            headers.insert("traceparent", HeaderValue::from_str(sent).unwrap());
            assert_eq!(trace_of(&headers).as_deref(), taken.then_some(TRACE), "{sent}");
        };
        check(&format!("00-{TRACE}-00f067aa0ba902b7-01"), true);
        check(&format!("01-{TRACE}-00f067aa0ba902b7-01-more"), true);
        check(&format!("00-{TRACE}-00f067aa0ba902b7-01-more"), false);
        check(&format!("ff-{TRACE}-00f067aa0ba902b7-01"), false);
        check(&format!("00-{TRACE}-0000000000000000-01"), false);
        check("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false);
        check("010190-900A", false);
        assert_eq!(trace_of(&HeaderMap::new()), None);
    }
}
