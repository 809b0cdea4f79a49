//! A small OIDC provider for persons, for demonstration and tests.
//!
//! Real tokens (ES256), discovery, keys, and the authorization code flow with PKCE; in place of a
//! card reader, a plain page that lists the demonstration's people. Scripts take their tokens from
//! [`Provider::token_for`]. Source: ACC-1, design 5.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_lc_rs::digest;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use varanto_domain::time::Clock;

use crate::outside::{self, Identities};

const CODE_LIFETIME_MILLIS: i64 = 60_000;
const TOKEN_LIFETIME: Duration = Duration::from_hours(8);

/// A person of the demonstration. All of it is made up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// What scripts call the person: `sosiaalityontekija-1`.
    pub id: String,
    /// The person's name.
    pub name: String,
    /// The role's code, such as `professional` or `archivist`.
    pub role: String,
    /// The role in words, for the login page.
    pub title: String,
    /// The organisation's OID.
    pub organisation: String,
    /// The organisation's name.
    pub organisation_name: String,
    /// The unit's OID.
    pub unit: String,
    /// The unit's name.
    pub unit_name: String,
    /// The professional registration number, for those who have one.
    pub registration_number: Option<String>,
    /// Whether the person logs in with a card; else with a password.
    pub strong: bool,
    /// The identity code, of a citizen who comes for themself; of a professional none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_code: Option<String>,
    /// Further positions that the person works in, besides the one above.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Position>,
}

/// One of several positions of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The role's code.
    pub role: String,
    /// The organisation's OID.
    pub organisation: String,
    /// The unit's OID.
    pub unit: String,
}

/// What a token says of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who made the token.
    pub iss: String,
    /// Whom it is about: [`User::id`].
    pub sub: String,
    /// Whom it is for.
    pub aud: String,
    /// When it ends, seconds after 1970.
    pub exp: i64,
    /// When it begins, seconds after 1970.
    pub nbf: i64,
    /// When it was made, seconds after 1970.
    pub iat: i64,
    /// When the person showed who it is, seconds after 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How the person was authenticated: `strong` or `weak`.
    pub acr: String,
    /// The name.
    pub name: String,
    /// The given names.
    pub given_name: String,
    /// The family name.
    pub family_name: String,
    /// The role's code; of citizens none, nor what follows from it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// The organisation's OID.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub organisation: String,
    /// The unit's OID.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The professional registration number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration_number: Option<String>,
    /// All positions, of a person who works in several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positions: Vec<Position>,
    /// The identity code of a citizen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_code: Option<String>,
    /// What the asking client sent along, given back (OIDC Core 3.1.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

/// The provider. Cheap to clone.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    issuer: String,
    audience: String,
    redirects: Vec<String>,
    users: Vec<User>,
    key: EncodingKey,
    keys: JwkSet,
    key_id: String,
    clock: Arc<dyn Clock>,
    codes: Mutex<HashMap<String, Code>>,
    shown_ago: AtomicI64,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.0.issuer)
    }
}

/// What a code stands for, until it is used or a minute has passed.
struct Code {
    user: usize,
    ask: Ask,
    until: i64,
}

/// An authorization request (OIDC Core 3.1.2.1, RFC 7636).
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ask {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    state: String,
    nonce: Option<String>,
    code_challenge: String,
    code_challenge_method: String,
    /// The languages that the person reads, the best first (OIDC Core 3.1.2.1).
    ui_locales: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Exchange {
    grant_type: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
}

impl Provider {
    /// A provider with a key of its own, made now.
    ///
    /// `redirects` are the addresses that a browser may be sent back to.
    ///
    /// # Panics
    /// When the system has no source of random bytes to make a key from.
    #[must_use]
    pub fn new(
        issuer: &str,
        audience: &str,
        redirects: Vec<String>,
        users: Vec<User>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let pair = rcgen::KeyPair::generate().expect("P-256 keys can be made");
        let pem = pair.serialize_pem();
        let key = EncodingKey::from_ec_pem(pem.as_bytes()).expect("the key was just made");
        let mut public =
            Jwk::from_encoding_key(&key, Algorithm::ES256).expect("the key was just made");
        let key_id = random_text();
        public.common.key_id = Some(key_id.clone());
        Self(Arc::new(Inner {
            issuer: issuer.trim_end_matches('/').to_owned(),
            audience: audience.to_owned(),
            redirects,
            users,
            key,
            keys: JwkSet { keys: vec![public] },
            key_id,
            clock,
            codes: Mutex::new(HashMap::new()),
            shown_ago: AtomicI64::new(0),
        }))
    }

    /// From now on it is a provider that asks nobody anew: its people showed who they are so many seconds ago.
    pub fn ask_nobody_anew(&self, seconds: i64) {
        self.0.shown_ago.store(seconds, Ordering::Relaxed);
    }

    /// The people who can log in.
    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.0.users
    }

    /// The issuer, as it stands in tokens.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The public keys, as JSON.
    ///
    /// # Panics
    /// Never: a key set is always JSON.
    #[must_use]
    pub fn keys_json(&self) -> String {
        serde_json::to_string(&self.0.keys).expect("a key set is always JSON")
    }

    /// A token for a person that a script acts as; `None` for an unknown one.
    #[must_use]
    pub fn token_for(&self, user: &str, lifetime: Duration) -> Option<String> {
        let user = self.0.users.iter().find(|known| known.id == user)?;
        Some(self.sign(&self.claims(user, lifetime, None)))
    }

    /// What a token would say of a person. Tests change it and [`Provider::sign`] it.
    #[must_use]
    pub fn claims(&self, user: &User, lifetime: Duration, nonce: Option<String>) -> Claims {
        let now = self.0.clock.now().millis() / 1000;
        let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX / 2);
        let (given, family) = user.name.rsplit_once(' ').unwrap_or((&user.name, ""));
        let own = Position {
            role: user.role.clone(),
            organisation: user.organisation.clone(),
            unit: user.unit.clone(),
        };
        let several = !user.further.is_empty();
        let positions = several.then(|| [vec![own], user.further.clone()].concat());
        Claims {
            iss: self.0.issuer.clone(),
            sub: user.id.clone(),
            aud: self.0.audience.clone(),
            exp: now.saturating_add(seconds),
            nbf: now,
            iat: now,
            auth_time: Some(now - self.0.shown_ago.load(Ordering::Relaxed)),
            acr: if user.strong { "strong" } else { "weak" }.to_owned(),
            name: user.name.clone(),
            given_name: given.to_owned(),
            family_name: family.to_owned(),
            role: user.role.clone(),
            organisation: user.organisation.clone(),
            unit: user.unit.clone(),
            registration_number: user.registration_number.clone(),
            positions: positions.unwrap_or_default(),
            identity_code: user.identity_code.clone(),
            nonce,
        }
    }

    /// Signs claims with the provider's key.
    ///
    /// # Panics
    /// Never: the key fits its algorithm.
    #[must_use]
    pub fn sign(&self, claims: &Claims) -> String {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some(self.0.key_id.clone());
        jsonwebtoken::encode(&header, claims, &self.0.key).expect("the key fits its algorithm")
    }

    /// Opens the provider's addresses on a port that was taken for them; the issuer is that port's.
    ///
    /// # Errors
    /// When the certificates do not read.
    pub fn open(
        &self,
        port: std::net::TcpListener,
        identities: &Identities,
    ) -> std::io::Result<()> {
        outside::open_to_all(self.router(), port, identities)
    }

    /// The provider's addresses, to be nested under the path of its issuer.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .route("/authorize", get(login_page).post(log_in))
            .route("/token", post(exchange))
            .route("/end", get(end))
            .with_state(self.clone())
    }

    fn check(&self, ask: &Ask) -> Result<(), &'static str> {
        if !self.0.redirects.contains(&ask.redirect_uri) {
            return Err("redirect_uri is not one that this provider knows");
        }
        if ask.response_type != "code" {
            return Err("response_type must be code");
        }
        if ask.code_challenge_method != "S256" || ask.code_challenge.len() != 43 {
            return Err("PKCE with S256 is needed (RFC 7636)");
        }
        Ok(())
    }

    fn code_for(&self, user: usize, ask: Ask) -> String {
        let now = self.0.clock.now().millis();
        let code = random_text();
        let mut codes = self.0.codes.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, code| code.until > now);
        codes.insert(code.clone(), Code { user, ask, until: now + CODE_LIFETIME_MILLIS });
        code
    }

    fn redeem(&self, exchange: &Exchange) -> Option<Claims> {
        let now = self.0.clock.now().millis();
        let mut codes = self.0.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let code = codes.remove(&exchange.code)?;
        let proof = digest::digest(&digest::SHA256, exchange.code_verifier.as_bytes());
        let good = code.until > now
            && exchange.grant_type == "authorization_code"
            && exchange.redirect_uri == code.ask.redirect_uri
            && URL_SAFE_NO_PAD.encode(proof) == code.ask.code_challenge;
        let user = self.0.users.get(code.user)?;
        good.then(|| self.claims(user, TOKEN_LIFETIME, code.ask.nonce))
    }
}

async fn discovery(State(provider): State<Provider>) -> Response {
    let at = provider.issuer();
    axum::Json(json!({
        "issuer": at,
        "authorization_endpoint": format!("{at}/authorize"),
        "token_endpoint": format!("{at}/token"),
        "jwks_uri": format!("{at}/keys"),
        "end_session_endpoint": format!("{at}/end"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "scopes_supported": ["openid"],
    }))
    .into_response()
}

async fn keys(State(provider): State<Provider>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], provider.keys_json()).into_response()
}

async fn login_page(State(provider): State<Provider>, ask: Query<Ask>) -> Response {
    match provider.check(&ask) {
        Ok(()) => page(&provider, &ask),
        Err(reason) => (StatusCode::BAD_REQUEST, reason).into_response(),
    }
}

async fn log_in(State(provider): State<Provider>, body: Bytes) -> Response {
    #[derive(Deserialize)]
    struct Choice {
        user: String,
    }
    let (Some(ask), Some(choice)) = (form::<Ask>(&body), form::<Choice>(&body)) else {
        return (StatusCode::BAD_REQUEST, "not the form of the login page").into_response();
    };
    if let Err(reason) = provider.check(&ask) {
        return (StatusCode::BAD_REQUEST, reason).into_response();
    }
    let Some(user) = provider.users().iter().position(|user| user.id == choice.user) else {
        return (StatusCode::BAD_REQUEST, "nobody by that name").into_response();
    };
    let (back, state) = (ask.redirect_uri.clone(), encode(&ask.state));
    let code = provider.code_for(user, ask);
    Redirect::to(&format!("{back}?code={code}&state={state}")).into_response()
}

/// RP-initiated logout: nobody is logged in here for longer than a login takes, so it only leads back.
async fn end(State(provider): State<Provider>, asked: Query<HashMap<String, String>>) -> Response {
    let back = asked.get("post_logout_redirect_uri").cloned().unwrap_or_default();
    if !provider.0.redirects.contains(&back) {
        return (StatusCode::BAD_REQUEST, "post_logout_redirect_uri is not known").into_response();
    }
    let state = asked.get("state").map(|state| encode(state)).unwrap_or_default();
    Redirect::to(&format!("{back}?state={state}")).into_response()
}

async fn exchange(State(provider): State<Provider>, body: Bytes) -> Response {
    let claims = form::<Exchange>(&body).and_then(|exchange| provider.redeem(&exchange));
    let Some(claims) = claims else {
        let error = json!({ "error": "invalid_grant" });
        return (StatusCode::BAD_REQUEST, axum::Json(error)).into_response();
    };
    let token = provider.sign(&claims);
    let answer = json!({
        "access_token": token,
        "id_token": token,
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFETIME.as_secs(),
    });
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(answer)).into_response()
}

/// The words of the login page in one language.
struct PageWords {
    tag: &'static str,
    title: &'static str,
    lead: &'static str,
    professionals: &'static str,
    citizens: &'static str,
    log_in: &'static str,
}

const PAGE_WORDS: [PageWords; 3] = [
    PageWords {
        tag: "fi",
        title: "Kuka olet?",
        lead: "Esittelyn henkilöt ovat keksittyjä, ja tämä sivu on varmennekortin ja Suomi.fi-tunnistuksen \
               sijalla. Valitse, kenenä kirjaudut.",
        professionals: "Ammattihenkilöt",
        citizens: "Asiakkaat ja heidän läheisensä",
        log_in: "Kirjaudu",
    },
    PageWords {
        tag: "sv",
        title: "Vem är du?",
        lead: "Demonstrationens personer är påhittade, och den här sidan står i stället för certifikatkortet \
               och Suomi.fi-identifikationen. Välj vem du loggar in som.",
        professionals: "Yrkesutbildade personer",
        citizens: "Klienter och deras närstående",
        log_in: "Logga in",
    },
    PageWords {
        tag: "en",
        title: "Who are you?",
        lead: "The people of the demonstration are made up, and this page stands in for the certificate card \
               and Suomi.fi identification. Choose whom you log in as.",
        professionals: "Professionals",
        citizens: "Clients and those close to them",
        log_in: "Log in",
    },
];

/// The page in place of a card reader, in the look of the archive that it stands beside.
fn page(provider: &Provider, ask: &Ask) -> Response {
    let hidden = hidden_fields(ask);
    let wanted = ask.ui_locales.as_deref().unwrap_or_default();
    let words = PAGE_WORDS.iter().find(|words| words.tag == wanted).unwrap_or(&PAGE_WORDS[0]);
    let cards = |citizens: bool| -> String {
        let users = provider.users().iter();
        let users = users.filter(|user| user.identity_code.is_some() == citizens);
        users.map(|user| card(user, &hidden, words)).collect()
    };
    let group = |title: &str, cards: String| {
        let shown = !cards.is_empty();
        let group = || format!("<h2>{title}</h2><ul class=\"people\">{cards}</ul>");
        shown.then(group).unwrap_or_default()
    };
    let html = format!(
        "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/assets/varanto.css\"></head>\
         <body><main class=\"frame\"><h1>{title}</h1><p class=\"lead\">{lead}</p>{professionals}{citizens}</main>\
         </body></html>",
        tag = words.tag,
        title = words.title,
        lead = words.lead,
        professionals = group(words.professionals, cards(false)),
        citizens = group(words.citizens, cards(true)),
    );
    let back = ask.redirect_uri.split('/').take(3).collect::<Vec<_>>().join("/");
    let policy = format!(
        "default-src 'none'; style-src 'self'; font-src 'self'; form-action 'self' {back}; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    let mut response = Html(html).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        let name = HeaderName::from_static("content-security-policy");
        response.headers_mut().insert(name, policy);
    }
    response
}

fn card(user: &User, hidden: &str, words: &PageWords) -> String {
    let told = [&user.title, &user.unit_name, &user.organisation_name];
    let told: Vec<String> =
        told.into_iter().filter(|text| !text.is_empty()).map(|text| escape(text)).collect();
    format!(
        "<li><form method=\"post\"><h3>{}</h3><p>{}</p>{hidden}\
         <button name=\"user\" value=\"{id}\" aria-label=\"{log_in}: {name}\">{log_in}</button></form></li>",
        escape(&user.name),
        told.join("<br>"),
        id = escape(&user.id),
        name = escape(&user.name),
        log_in = words.log_in,
    )
}

fn hidden_fields(ask: &Ask) -> String {
    let all = serde_json::to_value(ask).unwrap_or_default();
    let fields = all.as_object().into_iter().flatten();
    let field = |(name, value): (&String, &serde_json::Value)| {
        let value = escape(value.as_str()?);
        Some(format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"))
    };
    fields.filter_map(field).collect()
}

/// The fields of an `application/x-www-form-urlencoded` body.
fn form<T: serde::de::DeserializeOwned>(body: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(body).ok()?;
    let uri: Uri = format!("/?{text}").parse().ok()?;
    Query::try_from_uri(&uri).ok().map(|Query(fields)| fields)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// Percent-encodes a query value.
fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn random_text() -> String {
    let mut random = [0; 24];
    aws_lc_rs::rand::fill(&mut random).expect("the system has a source of random bytes");
    URL_SAFE_NO_PAD.encode(random)
}

#[cfg(test)]
mod tests {
    use super::*;
    use varanto_domain::time::Instant;

    struct Noon;
    impl Clock for Noon {
        fn now(&self) -> Instant {
            Instant::from_millis(1_800_000_000_000)
        }
    }

    fn provider() -> Provider {
        let user = User {
            id: "sosiaalityontekija-1".into(),
            name: "Aino Esimerkki".into(),
            role: "professional".into(),
            title: "sosiaalityöntekijä".into(),
            organisation: "1.2.246.10.1234567.10.0".into(),
            organisation_name: "Koivuranta".into(),
            unit: "1.2.246.10.1234567.10.1".into(),
            unit_name: "Lapsiperheet".into(),
            registration_number: Some("99900000001".into()),
            strong: true,
            identity_code: None,
            further: Vec::new(),
        };
        let back = vec!["https://localhost/back".to_owned()];
        Provider::new("https://localhost/oidc/", "varanto", back, vec![user], Arc::new(Noon))
    }

    fn ask() -> Ask {
        let proof = digest::digest(&digest::SHA256, b"secret-verifier");
        Ask {
            response_type: "code".into(),
            client_id: "varanto".into(),
            redirect_uri: "https://localhost/back".into(),
            scope: "openid".into(),
            state: "a b".into(),
            nonce: Some("n".into()),
            code_challenge: URL_SAFE_NO_PAD.encode(proof),
            code_challenge_method: "S256".into(),
            ui_locales: None,
        }
    }

    fn exchange(code: &str, verifier: &str) -> Exchange {
        Exchange {
            grant_type: "authorization_code".into(),
            code: code.into(),
            redirect_uri: "https://localhost/back".into(),
            code_verifier: verifier.into(),
        }
    }

    #[test]
    fn a_token_verifies_with_the_published_keys() {
        let provider = provider();
        let token = provider.token_for("sosiaalityontekija-1", Duration::from_mins(1)).unwrap();
        let keys: JwkSet = serde_json::from_str(&provider.keys_json()).unwrap();
        let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
        let key = jsonwebtoken::DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
        let mut rules = jsonwebtoken::Validation::new(Algorithm::ES256);
        rules.set_audience(&["varanto"]);
        rules.validate_exp = false;

        let claims = jsonwebtoken::decode::<Claims>(&token, &key, &rules).unwrap().claims;

        assert_eq!(claims.sub, "sosiaalityontekija-1");
        assert_eq!(claims.iss, "https://localhost/oidc");
        assert_eq!(claims.exp, 1_800_000_060);
        assert_eq!(provider.token_for("nobody", Duration::ZERO), None);
    }

    #[test]
    fn a_code_is_good_once_and_only_with_its_verifier() {
        let provider = provider();
        let code = provider.code_for(0, ask());
        assert!(provider.redeem(&exchange(&code, "another-verifier")).is_none());

        let code = provider.code_for(0, ask());
        let claims = provider.redeem(&exchange(&code, "secret-verifier")).unwrap();
        assert_eq!(claims.nonce.as_deref(), Some("n"));
        assert!(provider.redeem(&exchange(&code, "secret-verifier")).is_none());
    }

    #[test]
    fn an_unknown_way_back_and_a_flow_without_pkce_are_refused() {
        let provider = provider();
        assert!(provider.check(&ask()).is_ok());
        let elsewhere = Ask { redirect_uri: "https://evil.example/".into(), ..ask() };
        assert!(provider.check(&elsewhere).is_err());
        assert!(provider.check(&Ask { code_challenge_method: "plain".into(), ..ask() }).is_err());
    }

    #[test]
    fn form_fields_are_read_and_state_is_encoded_on_the_way_back() {
        let fields: Exchange = form(
            b"grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fa&code_verifier=v",
        )
        .unwrap();
        assert_eq!(fields.redirect_uri, "https://a");
        assert_eq!(encode("a b&c"), "a%20b%26c");
    }
}
