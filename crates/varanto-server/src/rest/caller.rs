//! Who asks: what a certificate and a token show of the caller, and whom the archive knows by it.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::header;

use varanto_app::callers::PersonFacts;
use varanto_domain::access::Caller;
use varanto_domain::ids::Oid;
use varanto_domain::joining::Certificate;

use crate::doors::Doors;
use crate::frame::CallerName;
use crate::rest::problem::Problem;
use crate::tls::{PeerCertificate, TrustedCertificate};
use crate::tokens::{Person, Tokens};

/// What the caller has shown: one or the other, so that the use log names whoever asked.
#[derive(Debug, Clone)]
pub enum Shown {
    /// The system's certificate.
    System(Arc<TrustedCertificate>),
    /// The person's token.
    Person(Person),
}

impl Shown {
    /// The caller's name in the log line of the request.
    #[must_use]
    pub fn log_name(&self) -> CallerName {
        CallerName(match self {
            Self::System(certificate) => format!("system:{}", certificate.system),
            Self::Person(person) => format!("person:{}", person.sub),
        })
    }
}

/// What the caller of a request has shown.
///
/// # Errors
/// 401, with the reason, for a refused certificate, a bad token, or neither of them; 400 for a
/// certificate and a token together.
pub fn shown(doors: &Doors, request: &Request) -> Result<Shown, Problem> {
    let certificate = match request.extensions().get::<PeerCertificate>() {
        Some(PeerCertificate::Trusted(certificate)) => Some(Arc::clone(certificate)),
        Some(PeerCertificate::Refused(refused)) => return Err(Problem::certificate(refused)),
        Some(PeerCertificate::None) | None => None,
    };
    match (certificate, request.headers().get(header::AUTHORIZATION)) {
        (Some(_), Some(_)) => Err(Problem::two_callers()),
        (Some(certificate), None) => Ok(Shown::System(certificate)),
        (None, Some(value)) => {
            let token = value.to_str().ok().and_then(bearer).unwrap_or_default();
            Ok(Shown::Person(doors.tokens.verify(token)?))
        }
        (None, None) => Err(Problem::authentication_needed()),
    }
}

/// The caller of a request, in its extensions once the gate has let it through.
#[derive(Debug, Clone)]
pub struct Asker(pub Arc<Caller>);

/// Whom the archive knows by what was shown.
///
/// # Errors
/// 403 when the archive knows no such system, organisation or role.
pub fn asker(doors: &Doors, shown: &Shown) -> Result<Asker, Problem> {
    let known = match shown {
        Shown::System(certificate) => doors.app.caller_of_certificate(&Certificate {
            subject_serial: Some(&certificate.organisation),
            fingerprint: &certificate.digest,
            common_name: Some(&certificate.system),
        }),
        Shown::Person(person) => doors.app.caller_of_person(facts(&doors.tokens, person)?),
    };
    known.map(|caller| Asker(Arc::new(caller))).map_err(Problem::unknown)
}

/// What a person's token tells, for the archive to know the person by.
///
/// # Errors
/// 401 for a token that tells less than is needed.
pub fn facts(tokens: &Tokens, person: &Person) -> Result<PersonFacts, Problem> {
    let lacking = |claim: &str| {
        Problem::new(axum::http::StatusCode::UNAUTHORIZED, "token-incomplete")
            .rule("ACC-1")
            .arg("claim", claim)
    };
    let unit = person.unit.as_deref().map(Oid::parse).transpose().map_err(|_| lacking("unit"))?;
    Ok(PersonFacts {
        subject: person.sub.clone(),
        registration_number: person.registration_number.clone(),
        role: person.role.clone(),
        organisation: Oid::parse(&person.organisation).map_err(|_| lacking("organisation"))?,
        unit,
        duty: person.service_tasks.clone(),
        strong: tokens.is_strong(person),
    })
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
