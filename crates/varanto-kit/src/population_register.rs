//! A stand-in for the population register, for demonstration and tests: it speaks the archive's own JSON
//! form over HTTPS, since the register's interface is not public. It knows what it was told to say.
//!
//! Source: REG-5, design 5.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::Clock;
use varanto_formats::persons::{PersonAnswer, PersonQuestion, read_question, write};

use crate::outside::{self, Identities, Manner};

/// The stand-in. Cheap to clone.
#[derive(Clone)]
pub struct StandIn(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    manner: Manner,
    persons: Mutex<HashMap<PersonalIdentityCode, PersonFacts>>,
    asked: AtomicU64,
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
            manner: Manner::asking_for(token),
            persons: Mutex::default(),
            asked: AtomicU64::new(0),
        }))
    }

    /// From now on it says this of a person.
    pub fn say(&self, code: PersonalIdentityCode, facts: PersonFacts) {
        self.0.persons.lock().unwrap_or_else(PoisonError::into_inner).insert(code, facts);
    }

    /// Lets questions wait without an answer, or answers again.
    pub fn fall_silent(&self, silent: bool) {
        self.0.manner.fall_silent(silent);
    }

    /// Answers with what nobody can read, or sensibly again.
    pub fn garble(&self, garbled: bool) {
        self.0.manner.garble(garbled);
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
    if !inner.manner.admits(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let Ok(asked) = read_question(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let count = if let PersonQuestion::Persons(codes) = &asked { codes.len() as u64 } else { 1 };
    inner.asked.fetch_add(count, Ordering::Relaxed);
    let told = || {
        let known = inner.persons.lock().unwrap_or_else(PoisonError::into_inner);
        let is_asked = |code: &PersonalIdentityCode, facts: &PersonFacts| match &asked {
            PersonQuestion::Persons(codes) => codes.contains(code),
            PersonQuestion::OfGuardian(one) => {
                facts.guardians.iter().any(|known| known.code == *one)
            }
        };
        let told = known.iter().filter(|(code, facts)| is_asked(code, facts));
        let mut persons: Vec<_> = told.map(|(code, facts)| (*code, facts.clone())).collect();
        persons.sort_unstable_by_key(|(code, _)| *code);
        write(&PersonAnswer { told_at: inner.clock.now(), persons })
    };
    inner.manner.answer(told).await
}
