//! RFC 9457 problems: what the archive says when it says no, in the reader's language.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use varanto_app::callers::Unknown;
use varanto_app::{AppError, StoreError};
use varanto_domain::access::Denial;
use varanto_domain::faults::{Fault, FaultKind, Stage};
use varanto_formats::search::SearchError;

use crate::pages::Words;
use crate::texts::{self, Language};
use crate::tls::RefusedCertificate;

/// What went wrong, as facts; turned into text when the reader's language is known.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The stable code.
    pub code: &'static str,
    /// The HTTP status.
    pub status: StatusCode,
    /// The requirement or national rule behind it.
    pub rule: Option<Cow<'static, str>>,
    /// What the texts need.
    pub args: Vec<(&'static str, String)>,
    /// Every fault of what was sent.
    pub faults: Vec<Fault>,
    /// When to try again, in seconds.
    pub retry_after: Option<u32>,
    /// Methods that the address takes, for 405.
    pub allow: Option<&'static str>,
    /// What the law denies, when that is the problem: the texts are its own then.
    pub denial: Option<Denial>,
    /// Whether the use log has its line already.
    pub logged: bool,
}

impl Problem {
    /// A problem with a code that has texts under `problem.<code>`.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str) -> Self {
        Self {
            code,
            status,
            rule: None,
            args: Vec::new(),
            faults: Vec::new(),
            retry_after: None,
            allow: None,
            denial: None,
            logged: false,
        }
    }

    /// What was sent has these faults.
    #[must_use]
    pub fn faults(faults: Vec<Fault>) -> Self {
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "faults").arg("count", faults.len());
        problem.faults = faults;
        problem
    }

    /// One fault of the request itself, such as an unknown parameter.
    #[must_use]
    pub fn fault(fault: Fault) -> Self {
        let mut problem = Self::faults(vec![fault]);
        problem.status = StatusCode::BAD_REQUEST;
        problem
    }

    /// A search that is none: 400 for text that does not read, 422 with every fault of its values.
    #[must_use]
    pub fn search(error: SearchError) -> Self {
        match error {
            SearchError::Unreadable(fault) => Self::fault(fault),
            SearchError::Faults(faults) => Self::faults(faults),
        }
    }

    /// What a body says wrong: text that is no JSON is one fault of its own.
    fn of_body(faults: Vec<Fault>) -> Self {
        match faults.as_slice() {
            [fault] if fault.kind == FaultKind::NotJson => Self::fault(fault.clone()),
            _ => Self::faults(faults),
        }
    }

    /// There is no such thing, or the asker may not know of it.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found")
    }

    /// Too much is going on; come back in so many seconds.
    #[must_use]
    pub fn busy(seconds: u32) -> Self {
        let mut problem =
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy").arg("seconds", seconds);
        problem.retry_after = Some(seconds);
        problem
    }

    /// The caller has asked as much as it may in a minute; come back in so many seconds.
    #[must_use]
    pub fn rate_limited(seconds: u32) -> Self {
        Self { code: "rate-limited", status: StatusCode::TOO_MANY_REQUESTS, ..Self::busy(seconds) }
            .rule("OPS-4")
    }

    /// The archive is not open yet.
    #[must_use]
    pub fn not_ready(seconds: u32) -> Self {
        Self { code: "not-ready", ..Self::busy(seconds) }
    }

    /// The body is larger than the archive takes.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        let fault = Fault::new(FaultKind::TooLarge, "body", "ARC-1").arg("limit", limit);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large").arg("limit", limit).with(fault)
    }

    /// The request cannot be read, for a reason told in technical words.
    #[must_use]
    pub fn bad_request(reason: impl std::fmt::Display) -> Self {
        let fault = Fault::new(FaultKind::WrongForm, "body", "ARC-1");
        Self::new(StatusCode::BAD_REQUEST, "bad-request")
            .arg("reason", reason)
            .with(fault.arg("expected", "multipart/form-data (RFC 7578)"))
    }

    /// The archive failed. What happened is in the log under the request's identifier.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    }

    /// Who asks must say who they are.
    #[must_use]
    pub fn authentication_needed() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "authentication-needed").rule("ACC-1")
    }

    /// A certificate and a token together: the use log would know only one of the two.
    #[must_use]
    pub fn two_callers() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "two-callers").rule("ACC-1")
    }

    /// The certificate that the peer showed opens nothing.
    #[must_use]
    pub fn certificate(refused: &RefusedCertificate) -> Self {
        let when = refused.when.map_or_else(|| "–".to_owned(), |when| when.to_string());
        Self::new(StatusCode::UNAUTHORIZED, refused.reason.code()).rule("ACC-1").arg("when", when)
    }

    /// What an operation answered. `seconds` are told to those who should come back.
    #[must_use]
    pub fn of(error: AppError, seconds: u32) -> Self {
        let conflict = |code| Self::new(StatusCode::CONFLICT, code).rule("ARC-3");
        let mut problem = match error {
            AppError::Denied(denial) => Self::denied(denial),
            AppError::Refused(faults) => Self::faults(faults),
            AppError::NotFound => Self::not_found(),
            AppError::DuplicateWithOtherBytes { differs, .. } => {
                conflict("duplicate-with-other-bytes").arg("differs", differs.join(", "))
            }
            AppError::ChangedMeanwhile { newest } => {
                conflict("changed-meanwhile").arg("newest", newest)
            }
            AppError::Unfinished(faults) => {
                let count = faults.len();
                let problem = conflict("unfinished-documents").rule("RUR-5").arg("count", count);
                Self { faults, ..problem }
            }
            AppError::AlreadyInvalidated(_) => conflict("already-invalidated"),
            AppError::NotShown(fault) => {
                let available = "structured, view, pdf";
                Self::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable")
                    .arg("available", available)
                    .with(fault)
            }
            AppError::NotSigned(why) => {
                tracing::error!(%why, "a system's key does not sign");
                let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "not-signed");
                problem.retry_after = Some(seconds);
                return problem.rule("ARC-6");
            }
            AppError::Store(error) => return Self::of_store(&error, seconds),
        };
        problem.logged = true;
        problem
    }

    /// What the law denies.
    #[must_use]
    pub fn denied(denial: Denial) -> Self {
        let mut problem = Self::new(StatusCode::FORBIDDEN, denial.code()).rule(denial.rule());
        problem.denial = Some(denial);
        match denial {
            Denial::NotCertified(function) => problem.arg("function", function.code()),
            _ => problem,
        }
    }

    /// A genuine certificate or token that makes no caller.
    #[must_use]
    pub fn unknown(unknown: Unknown) -> Self {
        Self::new(StatusCode::FORBIDDEN, unknown.code()).rule("ACC-1")
    }

    fn of_store(error: &StoreError, seconds: u32) -> Self {
        match error {
            StoreError::Busy => Self::busy(seconds),
            StoreError::Closed => Self::not_ready(seconds),
            StoreError::Unavailable(_) => {
                tracing::error!(%error, "the database cannot be used");
                Self { code: "unavailable", ..Self::busy(seconds) }
            }
            StoreError::OutcomeUnknown(_) => {
                tracing::error!(%error, "the database was lost during a commit");
                Self { code: "outcome-unknown", ..Self::busy(seconds) }
            }
            StoreError::DiskFull => {
                tracing::error!("the disk is full");
                Self { code: "disk-full", ..Self::busy(seconds) }
            }
            other => {
                tracing::error!(error = %other, "the store failed");
                Self::internal()
            }
        }
    }

    /// Names the rule behind it.
    #[must_use]
    pub fn rule(mut self, rule: impl Into<Cow<'static, str>>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// Adds the fault of the request that is behind it, and names the fault's rule.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.rule = Some(fault.rule.clone());
        self.faults.push(fault);
        self
    }

    /// Adds something that the texts speak of.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// The problem as the reader sees it.
    #[must_use]
    pub fn tell(&self, language: Language, instance: &str, base: &str) -> Told {
        let value = |name: &str| match name {
            "instance" => Some(Cow::Owned(instance.to_owned())),
            _ => self.args.iter().find(|(known, _)| *known == name).map(|(_, v)| v.as_str().into()),
        };
        let family = if self.denial.is_some() { "denial" } else { "problem" };
        let text =
            |part: &str| texts::fill(language, &format!("{family}.{}.{part}", self.code), value);
        Told {
            kind: format!("{base}/problems/{}", self.code),
            title: text("title"),
            status: self.status.as_u16(),
            detail: text("detail"),
            code: self.code.into(),
            rule: self.rule.clone(),
            instance: format!("urn:uuid:{instance}"),
            denial: self.denial.map(|denial| ToldDenial::of(denial, language)),
            differs: self.differing(),
            faults: self.faults.iter().map(|fault| ToldFault::of(fault, language)).collect(),
        }
    }

    /// The parts that differ, of what is archived already with other bytes.
    fn differing(&self) -> Vec<String> {
        let differs = self.args.iter().find(|(name, _)| *name == "differs");
        differs.map_or_else(Vec::new, |(_, all)| all.split(", ").map(str::to_owned).collect())
    }

    /// The answer in JSON.
    #[must_use]
    pub fn answer(&self, language: Language, instance: &str, base: &str) -> Response {
        let body = serde_json::to_vec(&self.tell(language, instance, base))
            .expect("texts and numbers are always JSON");
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        self.head(headers, language);
        response
    }

    /// The headers that every form of the answer has.
    pub fn head(&self, headers: &mut axum::http::HeaderMap, language: Language) {
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            let how = HeaderValue::from_static("Bearer realm=\"varanto\"");
            headers.insert(header::WWW_AUTHENTICATE, how);
        }
    }
}

/// A problem in words (RFC 9457).
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// An address that says more about this kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// What kind of problem it is, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong here and what helps.
    pub detail: String,
    /// The stable code.
    pub code: Cow<'static, str>,
    /// The rule behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Cow<'static, str>>,
    /// The request's identifier, as it stands in the log.
    pub instance: String,
    /// Of a denial: its law, what is missing, whom to ask.
    #[serde(flatten)]
    pub denial: Option<ToldDenial>,
    /// Of what is archived already with other bytes: the parts that differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differs: Vec<String>,
    /// Every fault of what was sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<ToldFault>,
}

/// What helps against a denial (ACC-4).
#[derive(Debug, Clone, Serialize)]
pub struct ToldDenial {
    /// The act or order, with the section where one is known.
    pub law: &'static str,
    /// What would have to be there.
    pub missing: Coded,
    /// Whom to ask.
    pub ask: Coded,
}

impl ToldDenial {
    /// The words of a denial.
    #[must_use]
    pub fn of(denial: Denial, language: Language) -> Self {
        Self {
            law: denial.law(),
            missing: Coded::of("missing", denial.missing().code(), language),
            ask: Coded::of("ask", denial.ask().code(), language),
        }
    }
}

/// A code and its text in the reader's language.
#[derive(Debug, Clone, Serialize)]
pub struct Coded {
    /// The stable code.
    pub code: &'static str,
    /// The text.
    pub text: String,
}

impl Coded {
    /// A code of a family of texts.
    #[must_use]
    pub fn of(family: &str, code: &'static str, language: Language) -> Self {
        Self { code, text: texts::fill(language, &format!("{family}.{code}"), |_| None) }
    }
}

/// One fault in words.
#[derive(Debug, Clone, Serialize)]
pub struct ToldFault {
    /// The stable code.
    pub code: &'static str,
    /// Where it is.
    pub element: String,
    /// What was found, where it is no client data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The rule broken.
    pub rule: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub right: String,
    /// What both speak of besides, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub args: BTreeMap<&'static str, String>,
    /// In which stage of the checking it was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<&'static str>,
    /// Where in the message, when `element` is the name of another form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl ToldFault {
    /// The words of a fault of a form on a page, which name its field by the label that it wears there.
    pub(crate) fn labelled(
        fault: &Fault,
        language: Language,
        key_of: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let field = fault.element.split('/').next().unwrap_or_default();
        let label = key_of(field).and_then(|key| texts::find(language, &key));
        let mut labelled = fault.clone();
        // Who reads a page reads days as the language writes them; what is expected is said as it is written.
        let words = Words(language);
        let told = labelled.args.iter_mut().filter(|(name, _)| *name != "expected");
        for value in told.map(|(_, value)| value).chain(labelled.value.iter_mut()) {
            *value = words.in_sentence(value).into_owned();
        }
        if let Some(label) = label {
            label.clone_into(&mut labelled.element);
            for (_, value) in labelled.args.iter_mut().filter(|(_, value)| value == field) {
                label.clone_into(value);
            }
        }
        let (element, value) = (fault.element.clone(), fault.value.clone());
        Self { element, value, ..Self::of(&labelled, language) }
    }

    /// The words of a fault.
    #[must_use]
    pub fn of(fault: &Fault, language: Language) -> Self {
        let value = |name: &str| match name {
            "element" => Some(Cow::Borrowed(fault.element.as_str())),
            "value" => fault.value.as_deref().map(Cow::Borrowed),
            _ => texts::in_language(language, name, |name| {
                let args = fault.args.iter();
                let mut args = args.filter(|(_, value)| !value.is_empty());
                args.find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
            })
            .map(|value| texts::said(language, name, Cow::Borrowed(value))),
        };
        let text =
            |part: &str| texts::fill(language, &format!("fault.{}.{part}", fault.code()), value);
        Self {
            code: fault.code(),
            element: fault.element.clone(),
            value: fault.value.clone(),
            rule: fault.rule.to_string(),
            message: text("message"),
            right: text("right"),
            args: fault.args.iter().filter(|(_, value)| !value.is_empty()).cloned().collect(),
            stage: fault.stage.map(Stage::code),
            path: fault.path.as_deref().map(str::to_owned),
        }
    }
}

/// Carries the problem to the frame around every handler, which knows the reader's language.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Every code of a problem that the doors themselves answer with, but for refused certificates.
pub const CODES: &[&str] = &[
    "already-invalidated",
    "old-data-changed",
    "old-data-unreadable",
    "changed-meanwhile",
    "citizen-login-too-weak",
    "answer-timeout",
    "authentication-needed",
    "bad-request",
    "busy",
    "disk-full",
    "duplicate-with-other-bytes",
    "faults",
    "form-not-read",
    "form-of-others",
    "internal",
    "login-not-begun-here",
    "login-provider-silent",
    "client-not-open",
    "login-too-old",
    "login-refused",
    "method-not-allowed",
    "not-acceptable",
    "not-found",
    "not-ready",
    "not-signed",
    "outcome-unknown",
    "pages-of-others",
    "rate-limited",
    "session-ended",
    "timeout",
    "token-expired",
    "token-incomplete",
    "token-malformed",
    "token-not-yet-valid",
    "token-of-a-citizen",
    "token-signature",
    "token-wrong-audience",
    "token-wrong-issuer",
    "token-wrong-nonce",
    "tokens-not-taken",
    "too-large",
    "truncated-upload",
    "two-callers",
    "unavailable",
    "unfinished-documents",
    "unsupported-media-type",
];

impl From<SearchError> for Problem {
    fn from(error: SearchError) -> Self {
        Self::search(error)
    }
}

impl From<Vec<Fault>> for Problem {
    fn from(faults: Vec<Fault>) -> Self {
        Self::of_body(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::RefusalReason;
    use std::collections::BTreeSet;

    #[test]
    fn every_fault_has_its_texts_in_three_languages_and_no_text_is_unused() {
        let known: BTreeSet<&str> = FaultKind::ALL.iter().map(|kind| kind.code()).collect();
        for language in Language::ALL {
            let told: BTreeSet<&str> = texts::keys(language)
                .into_iter()
                .filter_map(|key| key.strip_prefix("fault.")?.strip_suffix(".message"))
                .collect();
            assert_eq!(told, known, "{language}");
            for code in &known {
                assert!(texts::find(language, &format!("fault.{code}.right")).is_some());
            }
        }
    }

    #[test]
    fn every_problem_has_its_texts_and_no_text_is_unused() {
        let reasons = RefusalReason::ALL.iter().map(|reason| reason.code());
        let unknown = Unknown::ALL.iter().map(|unknown| unknown.code());
        let known: BTreeSet<&str> = CODES.iter().copied().chain(reasons).chain(unknown).collect();
        for language in Language::ALL {
            let told: BTreeSet<&str> = texts::keys(language)
                .into_iter()
                .filter_map(|key| key.strip_prefix("problem.")?.strip_suffix(".title"))
                .collect();
            assert_eq!(told, known, "{language}");
        }
    }

    #[test]
    fn every_denial_has_its_texts_and_no_text_is_unused() {
        let known: BTreeSet<&str> = Denial::ALL.iter().map(|denial| denial.code()).collect();
        for language in Language::ALL {
            let told: BTreeSet<&str> = texts::keys(language)
                .into_iter()
                .filter_map(|key| key.strip_prefix("denial.")?.strip_suffix(".title"))
                .collect();
            assert_eq!(told, known, "{language}");
        }
    }

    #[test]
    fn a_fault_is_told_with_its_element_and_what_would_be_right() {
        let fault = Fault::new(FaultKind::WrongType, "metadata.language", "ARC-2")
            .arg("expected", "string");
        let told = Problem::faults(vec![fault]).tell(Language::English, "7", "https://a");

        assert_eq!(told.status, 422);
        assert_eq!(told.kind, "https://a/problems/faults");
        assert_eq!(told.faults[0].message, "Element metadata.language has the wrong type.");
        assert_eq!(told.faults[0].right, "Expected type: string.");
        assert_eq!(told.faults[0].rule, "ARC-2");
    }
}
