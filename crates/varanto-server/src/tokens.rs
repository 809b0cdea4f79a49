//! Bearer tokens of persons: signed JWTs of the one login provider that the configuration names.
//!
//! Source: ACC-1; RFC 7519, RFC 8725.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use axum::http::StatusCode;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::time::Clock;

use crate::rest::problem::Problem;

const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::ES256, Algorithm::EdDSA, Algorithm::PS256, Algorithm::RS256];

/// A person that a good token tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Whom the token is about, in the provider's words.
    pub sub: String,
    /// The role's code.
    pub role: String,
    /// The organisation's OID.
    pub organisation: String,
    /// The unit's OID.
    pub unit: Option<String>,
    /// The professional registration number.
    pub registration_number: Option<String>,
    /// The service tasks of the person's duty, as codes; those of the unit when not given.
    #[serde(default)]
    pub service_tasks: Option<Vec<String>>,
    /// How the person was authenticated, in the provider's words; empty when it does not say.
    #[serde(default)]
    pub acr: String,
}

/// One of several positions of a person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Position {
    /// The role's code.
    pub role: String,
    /// The organisation's OID.
    pub organisation: String,
    /// The unit's OID.
    pub unit: Option<String>,
    /// The service tasks of the duty, as codes.
    #[serde(default)]
    pub service_tasks: Option<Vec<String>>,
}

/// Somebody whom an identity token tells of, at the pages' login.
#[derive(Clone, PartialEq, Eq)]
pub struct LoggedIn {
    /// The given names.
    pub given_names: String,
    /// The family name.
    pub family_name: String,
    /// As whom.
    pub who: LoggedInAs,
}

/// A professional or a citizen.
#[derive(Clone, PartialEq, Eq)]
pub enum LoggedInAs {
    /// A professional, in each of the positions worked in: one at least.
    Professional(Vec<Person>),
    /// A citizen.
    Citizen {
        /// Who.
        code: PersonalIdentityCode,
        /// Whether the login was a strong one.
        strong: bool,
    },
}

impl std::fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.who {
            LoggedInAs::Professional(_) => "LoggedIn(professional)",
            LoggedInAs::Citizen { .. } => "LoggedIn(citizen)",
        })
    }
}

/// What a login's token tells besides what makes a [`Person`].
#[derive(Deserialize)]
struct LoginClaims {
    nonce: Option<String>,
    #[serde(default)]
    given_name: String,
    #[serde(default)]
    family_name: String,
    identity_code: Option<String>,
    #[serde(default)]
    positions: Vec<Position>,
    #[serde(default)]
    acr: String,
    /// When the person showed the issuer who it is.
    auth_time: Option<i64>,
}

/// The login that a token must have been made for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// What the provider gives back.
    pub nonce: &'a str,
    /// The first moment at which the person may have shown who it is, in seconds after 1970.
    pub since: i64,
}

/// The claims that this archive checks itself, by its own clock.
#[derive(Deserialize)]
struct Times {
    exp: i64,
    nbf: Option<i64>,
}

/// Verifies tokens; takes none when no issuer is set.
pub struct Tokens {
    issuer: String,
    audience: String,
    strong: Vec<String>,
    leeway: i64,
    file: Option<PathBuf>,
    keys: RwLock<(Option<SystemTime>, Arc<JwkSet>)>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tokens({})", self.issuer)
    }
}

impl Tokens {
    /// A verifier as configured; `keys` are the issuer's when they come from no file.
    #[must_use]
    pub fn new(
        config: &crate::config::Tokens,
        keys: Option<JwkSet>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let keys = keys.unwrap_or(JwkSet { keys: Vec::new() });
        let tokens = Self {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            strong: config.strong_levels.clone(),
            leeway: i64::try_from(config.leeway_seconds).unwrap_or(i64::MAX / 4),
            file: config.jwks_file.clone(),
            keys: RwLock::new((None, Arc::new(keys))),
            clock,
        };
        tokens.refresh();
        tokens
    }

    /// Whether the person was authenticated strongly, by card or the like. What the configuration
    /// does not name is weak.
    #[must_use]
    pub fn is_strong(&self, person: &Person) -> bool {
        self.strong.contains(&person.acr)
    }

    /// Reads the key file again when it has changed. An unreadable file leaves the keys as they were.
    pub fn refresh(&self) {
        let Some(path) = &self.file else { return };
        let changed = std::fs::metadata(path).and_then(|found| found.modified()).ok();
        if changed.is_none()
            || self.keys.read().unwrap_or_else(PoisonError::into_inner).0 == changed
        {
            return;
        }
        let read = std::fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let Some(keys) = read else {
            tracing::warn!(file = %path.display(), "the key set cannot be read");
            return;
        };
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = (changed, Arc::new(keys));
    }

    /// The person that a token tells of.
    ///
    /// # Errors
    /// 401 with a code that says which check failed; `token-of-a-citizen` for one with an identity code.
    pub fn verify(&self, token: &str) -> Result<Person, Problem> {
        let claims = self.claims(token)?;
        // Whoever comes as a citizen comes to the citizen's own pages, and to nothing else.
        if !claims["identity_code"].is_null() {
            return Err(refused("token-of-a-citizen"));
        }
        person(claims)
    }

    /// Whom the token of a login tells of, when it was made for that very login.
    ///
    /// # Errors
    /// As [`Tokens::verify`]; `token-wrong-nonce` for one of another login, `login-too-old` for one whose person was not
    /// asked anew, as who begins a login after another on the same device must be.
    ///
    /// Source: ACC-1; OIDC Core 3.1.3.7, 15.1.
    pub fn verify_login(&self, token: &str, wanted: Wanted<'_>) -> Result<LoggedIn, Problem> {
        let claims = self.claims(token)?;
        let told: LoginClaims =
            Deserialize::deserialize(&claims).map_err(|_| refused("token-malformed"))?;
        if told.nonce.as_deref() != Some(wanted.nonce) {
            return Err(refused("token-wrong-nonce"));
        }
        match told.auth_time {
            None => return Err(refused("token-incomplete").arg("claim", "auth_time")),
            Some(at) if at.saturating_add(self.leeway) < wanted.since => {
                return Err(refused("login-too-old"));
            }
            Some(at) if at > (self.clock.now().millis() / 1000).saturating_add(self.leeway) => {
                return Err(refused("token-not-yet-valid"));
            }
            Some(_) => {}
        }
        let who = if let Some(code) = &told.identity_code {
            // One login is one person.
            if !told.positions.is_empty() || !claims["role"].is_null() {
                return Err(refused("token-of-a-citizen"));
            }
            let code = PersonalIdentityCode::parse(code)
                .map_err(|_| refused("token-incomplete").arg("claim", "identity_code"))?;
            LoggedInAs::Citizen { code, strong: self.strong.contains(&told.acr) }
        } else {
            let first = person(claims)?;
            let further = told.positions.into_iter().map(|one| Person {
                role: one.role,
                organisation: one.organisation,
                unit: one.unit,
                service_tasks: one.service_tasks,
                ..first.clone()
            });
            let mut all: Vec<Person> = further.collect();
            if all.is_empty() {
                all.push(first);
            }
            LoggedInAs::Professional(all)
        };
        Ok(LoggedIn { given_names: told.given_name, family_name: told.family_name, who })
    }

    /// What a token says, when it is one of the issuer's, for us, and good now.
    fn claims(&self, token: &str) -> Result<serde_json::Value, Problem> {
        if self.issuer.is_empty() {
            return Err(refused("tokens-not-taken"));
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| refused("token-malformed"))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(refused("token-signature"));
        }
        let keys = Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner).1);
        let found = match &header.kid {
            Some(kid) => keys.find(kid),
            None => keys.keys.first(),
        };
        let key = found
            .and_then(|jwk| DecodingKey::from_jwk(jwk).ok())
            .ok_or_else(|| refused("token-signature"))?;
        let mut rules = Validation::new(header.alg);
        rules.set_audience(&[&self.audience]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<serde_json::Value>(token, &key, &rules)
            .map_err(|error| problem_of(error.kind()))?
            .claims;
        self.in_time(&claims)?;
        Ok(claims)
    }

    fn in_time(&self, claims: &serde_json::Value) -> Result<(), Problem> {
        let times: Times = Times::deserialize(claims)
            .map_err(|_| refused("token-incomplete").arg("claim", "exp"))?;
        let now = self.clock.now().millis() / 1000;
        if now > times.exp.saturating_add(self.leeway) {
            return Err(refused("token-expired"));
        }
        match times.nbf {
            Some(nbf) if now.saturating_add(self.leeway) < nbf => {
                Err(refused("token-not-yet-valid"))
            }
            _ => Ok(()),
        }
    }
}

fn person(claims: serde_json::Value) -> Result<Person, Problem> {
    serde_json::from_value(claims)
        .map_err(|error| refused("token-incomplete").arg("claim", missing_name(&error.to_string())))
}

fn problem_of(kind: &ErrorKind) -> Problem {
    match kind {
        ErrorKind::InvalidIssuer => refused("token-wrong-issuer"),
        ErrorKind::InvalidAudience => refused("token-wrong-audience"),
        ErrorKind::MissingRequiredClaim(name) => refused("token-incomplete").arg("claim", name),
        ErrorKind::Json(_)
        | ErrorKind::Base64(_)
        | ErrorKind::Utf8(_)
        | ErrorKind::InvalidToken => refused("token-malformed"),
        _ => refused("token-signature"),
    }
}

/// The name in serde's "missing field `x`".
fn missing_name(text: &str) -> String {
    text.split('`').nth(1).unwrap_or("?").to_owned()
}

fn refused(code: &'static str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, code).rule("ACC-1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use varanto_domain::time::Instant;
    use varanto_kit::oidc::{Claims, Provider, User};

    struct Noon;
    impl Clock for Noon {
        fn now(&self) -> Instant {
            Instant::from_millis(1_800_000_000_000)
        }
    }

    fn provider() -> Provider {
        let user = User {
            id: "aino".into(),
            name: "Aino Esimerkki".into(),
            role: "professional".into(),
            title: "sosiaalityöntekijä".into(),
            organisation: "1.2.246.10.1234567.10.0".into(),
            organisation_name: "Koivuranta".into(),
            unit: "1.2.246.10.1234567.10.1".into(),
            unit_name: "Lapsiperheet".into(),
            registration_number: None,
            strong: true,
            identity_code: None,
            further: Vec::new(),
        };
        Provider::new("https://a/oidc", "varanto", Vec::new(), vec![user], Arc::new(Noon))
    }

    fn tokens(provider: &Provider) -> Tokens {
        let config = crate::config::Tokens {
            issuer: "https://a/oidc".into(),
            ..crate::config::Tokens::default()
        };
        let keys = serde_json::from_str(&provider.keys_json()).unwrap();
        Tokens::new(&config, Some(keys), Arc::new(Noon))
    }

    fn check(change: impl Fn(&mut Claims), expected: &str) {
        let provider = provider();
        let mut claims = provider.claims(&provider.users()[0], Duration::from_mins(1), None);
        change(&mut claims);
        let answer = tokens(&provider).verify(&provider.sign(&claims));
        let code = answer.map_or_else(|problem| problem.code.to_owned(), |person| person.sub);
        assert_eq!(code, expected);
    }

    #[test]
    fn a_token_opens_only_with_the_right_issuer_audience_and_time() {
        check(|_| (), "aino");
        check(|claims| claims.exp -= 89, "aino");
        check(|claims| claims.exp -= 120, "token-expired");
        check(|claims| claims.nbf += 120, "token-not-yet-valid");
        check(|claims| claims.iss = "https://b".into(), "token-wrong-issuer");
        check(|claims| claims.aud = "another".into(), "token-wrong-audience");
    }

    /// ACC-1, CIT-1: a token with an identity code is none of the interface for systems, and one that tells of a
    /// professional too is nobody's.
    #[test]
    fn a_token_is_a_citizens_or_a_professionals() {
        let citizen = |claims: &mut Claims| claims.identity_code = Some("180418A903L".into());
        check(citizen, "token-of-a-citizen");
        let provider = provider();
        let mut claims = provider.claims(&provider.users()[0], Duration::from_mins(1), None);
        citizen(&mut claims);
        claims.nonce = Some("nonce".into());
        let login = |claims: &Claims| verify_login(&provider, claims);
        assert_eq!(login(&claims).err(), Some("token-of-a-citizen"));
        claims.role.clear();
        assert!(matches!(login(&claims), Ok(LoggedInAs::Citizen { .. })));
    }

    fn verify_login(provider: &Provider, claims: &Claims) -> Result<LoggedInAs, &'static str> {
        let wanted = Wanted { nonce: "nonce", since: 1_800_000_000 };
        let login = tokens(provider).verify_login(&provider.sign(claims), wanted);
        login.map(|login| login.who).map_err(|problem| problem.code)
    }

    /// ACC-1: who logs in has shown who it is since the login began, a little apart by the clocks; a provider that says
    /// nothing of it lets nobody in.
    #[test]
    fn a_login_is_of_one_who_was_asked_anew() {
        let provider = provider();
        let told = |auth_time: Option<i64>| {
            let nonce = Some("nonce".to_owned());
            let mut claims = provider.claims(&provider.users()[0], Duration::from_mins(1), nonce);
            claims.auth_time = auth_time;
            verify_login(&provider, &claims).err()
        };
        assert_eq!(told(Some(1_800_000_000)), None);
        assert_eq!(told(Some(1_799_999_970)), None);
        assert_eq!(told(Some(1_799_999_969)), Some("login-too-old"));
        assert_eq!(told(Some(1_800_000_031)), Some("token-not-yet-valid"));
        assert_eq!(told(Some(1_800_000_000_000)), Some("token-not-yet-valid"), "in milliseconds");
        assert_eq!(told(None), Some("token-incomplete"));
    }

    #[test]
    fn another_key_a_changed_claim_and_a_missing_signature_are_refused() {
        let ours = provider();
        let code = |token: &str| tokens(&ours).verify(token).unwrap_err().code;

        let theirs = provider().token_for("aino", Duration::from_mins(1)).unwrap();
        assert_eq!(code(&theirs), "token-signature");

        let good = ours.token_for("aino", Duration::from_mins(1)).unwrap();
        let parts: Vec<&str> = good.split('.').collect();
        let other = ours.token_for("aino", Duration::from_secs(61)).unwrap();
        let mixed = format!("{}.{}.{}", parts[0], other.split('.').nth(1).unwrap(), parts[2]);
        assert_eq!(code(&mixed), "token-signature");

        // {"alg":"none"} and an HMAC made with the public key are the classic forgeries.
        assert_eq!(code(&format!("eyJhbGciOiJub25lIn0.{}.", parts[1])), "token-malformed");
        assert_eq!(code(&format!("eyJhbGciOiJIUzI1NiJ9.{}.AA", parts[1])), "token-signature");
        assert_eq!(code("nonsense"), "token-malformed");
    }

    #[test]
    fn without_an_issuer_no_token_is_taken() {
        let tokens = Tokens::new(&crate::config::Tokens::default(), None, Arc::new(Noon));
        assert_eq!(tokens.verify("x").unwrap_err().code, "tokens-not-taken");
    }
}
