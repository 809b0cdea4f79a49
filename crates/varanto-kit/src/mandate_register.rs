//! A stand-in for the mandate register, for demonstration and tests: it speaks the archive's own JSON form over
//! HTTPS, since what the national service offers (Suomi.fi-valtuudet) wants a session of the holder's own. It
//! knows what it was told to say.
//!
//! Source: DIS-5; national-specs 6.7.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::mandates::Mandate;
use varanto_formats::mandates::{MandateQuestion, read_question, write};

use crate::outside::{self, Identities, Manner};

/// The stand-in. Cheap to clone.
#[derive(Clone)]
pub struct StandIn(Arc<Inner>);

/// Who acts, and for whom.
type Pair = (PersonalIdentityCode, PersonalIdentityCode);

struct Inner {
    manner: Manner,
    mandates: Mutex<HashMap<Pair, Vec<Mandate>>>,
}

impl std::fmt::Debug for StandIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StandIn")
    }
}

impl StandIn {
    /// A register in which nobody has a mandate yet, and which answers those alone who show the token, if there
    /// is one.
    #[must_use]
    pub fn new(token: Option<&str>) -> Self {
        Self(Arc::new(Inner { manner: Manner::asking_for(token), mandates: Mutex::default() }))
    }

    /// From now on it answers a question with these.
    pub fn say(&self, question: MandateQuestion, mandates: Vec<Mandate>) {
        let mut known = self.0.mandates.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert((question.holder, question.principal), mandates);
    }

    /// Lets questions wait without an answer, or answers again.
    pub fn fall_silent(&self, silent: bool) {
        self.0.manner.fall_silent(silent);
    }

    /// Answers with what nobody can read, or sensibly again.
    pub fn garble(&self, garbled: bool) {
        self.0.manner.garble(garbled);
    }

    /// Its one route, `POST /mandates`.
    pub fn router(&self) -> Router {
        Router::new().route("/mandates", post(answer)).with_state(self.clone())
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
    let told = || {
        let known = inner.mandates.lock().unwrap_or_else(PoisonError::into_inner);
        write(known.get(&(asked.holder, asked.principal)).map(Vec::as_slice).unwrap_or_default())
    };
    inner.manner.answer(told).await
}
