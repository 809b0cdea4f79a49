//! A stand-in for the population register, for demonstration and tests: it speaks the archive's own JSON
//! form over HTTPS, since the register's interface is not public. It knows what it was told to say.
//!
//! Source: REG-5, design 5.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::Clock;
use varanto_formats::persons::{PersonAnswer, read_question, write};

use crate::outside::{self, Identities};

/// The stand-in. Cheap to clone.
#[derive(Clone)]
pub struct StandIn(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    token: Option<String>,
    persons: Mutex<HashMap<PersonalIdentityCode, PersonFacts>>,
    asked: AtomicU64,
    silent: AtomicBool,
    garbled: AtomicBool,
}

impl std::fmt::Debug for StandIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StandIn({} asked)", self.asked())
    }
}

impl StandIn {
    /// A register that knows nobody yet, and answers those alone who show the token, if there is one.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, token: Option<&str>) -> Self {
        Self(Arc::new(Inner {
            clock,
            token: token.map(|token| format!("Bearer {token}")),
            persons: Mutex::default(),
            asked: AtomicU64::new(0),
            silent: AtomicBool::new(false),
            garbled: AtomicBool::new(false),
        }))
    }

    /// From now on it says this of a person.
    pub fn say(&self, code: PersonalIdentityCode, facts: PersonFacts) {
        self.0.persons.lock().unwrap_or_else(PoisonError::into_inner).insert(code, facts);
    }

    /// Lets questions wait without an answer, or answers again.
    pub fn fall_silent(&self, silent: bool) {
        self.0.silent.store(silent, Ordering::Relaxed);
    }

    /// Answers with what nobody can read, or sensibly again.
    pub fn garble(&self, garbled: bool) {
        self.0.garbled.store(garbled, Ordering::Relaxed);
    }

    /// How many persons were asked about.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.0.asked.load(Ordering::Relaxed)
    }

    /// Its one route, `POST /persons`.
    pub fn router(&self) -> Router {
        Router::new().route("/persons", post(answer)).with_state(self.clone())
    }

    /// Opens it on a port of its own, to those who show a certificate of the authority.
    ///
    /// # Errors
    /// When no port is free, or the certificates do not read.
    pub async fn open(&self, identities: &Identities) -> io::Result<SocketAddr> {
        outside::open(self.router(), identities).await
    }
}

async fn answer(State(register): State<StandIn>, headers: HeaderMap, body: Bytes) -> Response {
    let inner = &register.0;
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if inner.token.as_deref().is_some_and(|token| shown != Some(token)) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(codes) = read_question(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    inner.asked.fetch_add(codes.len() as u64, Ordering::Relaxed);
    if inner.silent.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
    if inner.garbled.load(Ordering::Relaxed) {
        return "<persons/>".into_response();
    }
    let known = inner.persons.lock().unwrap_or_else(PoisonError::into_inner);
    let told = codes.into_iter().filter_map(|code| Some((code, known.get(&code)?.clone())));
    let answer = PersonAnswer { told_at: inner.clock.now(), persons: told.collect() };
    ([(header::CONTENT_TYPE, "application/json")], write(&answer)).into_response()
}
