//! The answer to a message: an acknowledgement, in an envelope where the message had one; or JSON.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use varanto_app::archive::{Taken, TakenMessage};
use varanto_domain::faults::{Fault, FaultKind, Stage};
use varanto_domain::time::Instant;
use varanto_formats::national::ARCHIVE_DEVICE;
use varanto_formats::national::acknowledgement::{self, Acknowledgement, Detail, Verdict};
use varanto_formats::national::frame::Id;
use varanto_formats::national::soap::{self, Blame, Version};

use crate::rest::documents::json;
use crate::rest::problem::{Problem, ToldFault};
use crate::rest::routes;
use crate::texts::{self, Language};

/// In which form the sender wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// As messages of this kind are answered.
    Usual,
    /// As the REST interface answers.
    Json,
    /// As problems of RFC 9457.
    Problem,
}

/// What `Accept` asks for.
pub(super) fn wanted(headers: &HeaderMap) -> Wanted {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let first = accept.unwrap_or_default().split([',', ';']).next().unwrap_or_default().trim();
    match first {
        "application/json" => Wanted::Json,
        "application/problem+json" => Wanted::Problem,
        _ => Wanted::Usual,
    }
}

/// How and when an answer is told.
pub(super) struct Telling {
    pub(super) language: Language,
    pub(super) id: String,
    pub(super) made_at: Instant,
}

/// The answer in the form of the REST interface.
pub(super) fn in_json(
    result: Result<Taken, Problem>,
    remarks: &[Fault],
) -> Result<Response, Problem> {
    match result? {
        Taken::Archived(archived) => {
            let status = if archived.resent { StatusCode::OK } else { StatusCode::CREATED };
            let receipt = varanto_formats::receipts::write(&archived.receipt);
            let place = place_of(&archived.receipt.document);
            let told: Vec<&str> = remarks.iter().map(Fault::code).collect();
            let headers =
                [(header::LOCATION.as_str(), place), ("varanto-remarks", told.join(", "))];
            Ok((status, headers, json(receipt)).into_response())
        }
        Taken::Invalidated(_) => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

fn place_of(document: &varanto_domain::ids::Oid) -> String {
    format!("{}/documents/{document}", routes::BASE)
}

/// The remarks of a sound submission.
pub(super) fn remarks_json(remarks: &[Fault], language: Language) -> String {
    let told: Vec<ToldFault> = remarks.iter().map(|one| ToldFault::of(one, language)).collect();
    serde_json::json!({ "remarks": told }).to_string()
}

/// The acknowledgement of a message.
pub(super) fn acknowledge(
    taken: &TakenMessage,
    result: &Result<Taken, Problem>,
    telling: &Telling,
) -> Response {
    let (status, verdict, mut details) = match result {
        Ok(done) => done_details(done, telling.language),
        Err(problem) => problem_details(problem, telling),
    };
    let remarks = taken.remarks.iter().map(|one| detail_of(one, 'W', telling.language));
    details.extend(remarks);
    let told = Acknowledgement {
        id: Id { root: ARCHIVE_DEVICE.to_owned(), extension: Some(telling.id.clone()) },
        created: telling.made_at,
        receiver: taken.sender.clone(),
        verdict,
        target: taken.id.clone(),
        details,
    };
    let mut response = in_envelope(taken.envelope, status, &told);
    if let Err(problem) = result {
        problem.head(response.headers_mut(), telling.language);
    }
    response
}

/// SOAP carries acknowledgements of every kind with 200; what the archive itself failed in, and a header
/// that it does not understand, is a SOAP fault.
fn in_envelope(envelope: Option<Version>, status: StatusCode, told: &Acknowledgement) -> Response {
    let xml = acknowledgement::write(told);
    let Some(version) = envelope else {
        return (status, [(header::CONTENT_TYPE, "application/xml")], xml).into_response();
    };
    let kind = format!("{}; charset=utf-8", version.media_type());
    let not_understood = FaultKind::HeaderNotUnderstood.code();
    let blame = if told.verdict == Verdict::Rejected && status.is_server_error() {
        Some((Blame::Receiver, status))
    } else if told.details.iter().any(|detail| detail.code == not_understood) {
        // Both versions of SOAP send their faults with 500.
        Some((Blame::MustUnderstand, StatusCode::INTERNAL_SERVER_ERROR))
    } else {
        None
    };
    if let Some((blame, status)) = blame {
        let detail = told.details.first();
        let (code, text) = detail.map_or(("", ""), |detail| (&detail.code, &detail.text));
        let fault = soap::fault(version, blame, code, text);
        return (status, [(header::CONTENT_TYPE, kind)], fault).into_response();
    }
    let body = soap::envelope(version, &xml);
    (StatusCode::OK, [(header::CONTENT_TYPE, kind)], body).into_response()
}

fn done_details(done: &Taken, language: Language) -> (StatusCode, Verdict, Vec<Detail>) {
    let (status, code, location) = match done {
        Taken::Archived(archived) if archived.resent => {
            (StatusCode::OK, "resent", place_of(&archived.receipt.document))
        }
        Taken::Archived(archived) => {
            (StatusCode::CREATED, "archived", place_of(&archived.receipt.document))
        }
        Taken::Invalidated(document) => (StatusCode::OK, "invalidated", place_of(document)),
    };
    let detail = Detail {
        kind: 'I',
        code: code.to_owned(),
        text: texts::text(language, &format!("acknowledgement.{code}")),
        location: Some(location),
        ..Detail::default()
    };
    (status, Verdict::Accepted, vec![detail])
}

fn problem_details(problem: &Problem, telling: &Telling) -> (StatusCode, Verdict, Vec<Detail>) {
    let language = telling.language;
    let told = problem.tell(language, &telling.id, "");
    let server = problem.status.is_server_error();
    let verdict = if server { Verdict::Rejected } else { Verdict::Error };
    if !problem.faults.is_empty() {
        let details = problem.faults.iter().map(|fault| detail_of(fault, 'E', language));
        return (problem.status, verdict, details.collect());
    }
    let detail = Detail {
        kind: 'E',
        code: told.code.into_owned(),
        stage: None,
        rule: told.rule.map(std::borrow::Cow::into_owned),
        text: told.detail,
        location: None,
    };
    (problem.status, verdict, vec![detail])
}

fn detail_of(fault: &Fault, kind: char, language: Language) -> Detail {
    let told = ToldFault::of(fault, language);
    Detail {
        kind,
        code: told.code.to_owned(),
        stage: fault.stage.map(|stage: Stage| stage.code().to_owned()),
        rule: Some(told.rule),
        text: format!("{} {}", told.message, told.right),
        location: Some(told.path.unwrap_or(told.element)),
    }
}
