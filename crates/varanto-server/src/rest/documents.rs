//! Documents over REST: archive, find, open, invalidate.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use varanto_app::archive::{InvalidationRequest, OpenedContent, OpenedWhole, Submission};
use varanto_domain::access::{Purpose, Reason, Situation};
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_formats::query::short;
use varanto_formats::view::ViewLanguage;
use varanto_formats::xhtml::SAFE_COPY_MEDIA_TYPE;

use super::caller::Asker;
use super::parameters::Parameters;
use super::problem::Problem;
use super::{body, documents_json, multipart, query_json};
use crate::doors::Doors;
use crate::frame::language_of;
use crate::texts::Language;

type Answer = Result<Response, Problem>;

/// `POST /documents`: archives one document.
pub async fn archive(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let (submission, faults) = submission(&headers, sent, &doors).await?;
    let archived = doors.work(move |app| app.archive_sent(&asker.0, submission, faults)).await?;
    let status = if archived.resent { StatusCode::OK } else { StatusCode::CREATED };
    let place = format!("{}/documents/{}", super::routes::BASE, archived.receipt.document);
    let answer = documents_json::archived(&archived, language_of(&headers));
    Ok((status, [(header::LOCATION, place)], json(answer)).into_response())
}

/// `POST /documents/_search`: finds documents, a page at a time.
pub async fn search(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let bytes = body::read(&headers, sent, &doors.config.limits).await?;
    let query = query_json::read(&headers, &bytes)?;
    let found = doors.work(move |app| app.find_documents(&asker.0, &query)).await?;
    Ok(json(documents_json::page(&found)).into_response())
}

/// `GET /documents/{oid}`: the metadata.
pub async fn read(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
) -> Answer {
    let (oid, purpose) = (document(&oid)?, purpose(&parameters)?);
    let view = doors.work(move |app| app.open_document(&asker.0, &oid, purpose)).await?;
    Ok(json(documents_json::view(&view)).into_response())
}

/// `GET /documents/{oid}/content`: the form that `Accept` chooses, or all of it, metadata too, as it was handed in.
pub async fn content(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let (oid, purpose) = (document(&oid)?, purpose(&parameters)?);
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let accept = accept.unwrap_or("*/*");
    // Nobody gets the whole who did not ask for it first of all.
    if accept.split([',', ';']).next().is_some_and(|first| first.trim() == FORM) {
        let opened = doors.work(move |app| app.open_whole(&asker.0, &oid, purpose)).await?;
        return Ok(whole(&opened));
    }
    let opened = doors.work(move |app| app.open_content(&asker.0, &oid, None, purpose)).await?;
    let (part, bytes) = chosen(opened, accept)?;
    Ok(bytes_of(part, bytes, &headers))
}

/// What a whole version comes in.
const FORM: &str = "multipart/form-data";

/// A version whole in one answer: metadata and parts, by the names under which they were handed in.
fn whole(opened: &OpenedWhole) -> Response {
    let metadata = ("metadata", "application/json", opened.metadata.as_bytes());
    let parts = opened.parts.iter();
    let parts = parts.map(|(part, bytes)| (part.name(), part.media_type(), bytes.as_slice()));
    let (kind, body) = multipart::form(std::iter::once(metadata).chain(parts));
    ([(header::CONTENT_TYPE, &*kind), (header::CACHE_CONTROL, "no-store")], body).into_response()
}

/// `GET /documents/{oid}/content/{part}`: one part, byte for byte.
pub async fn part(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path((oid, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Answer {
    let (oid, purpose) = (document(&oid)?, purpose(&parameters)?);
    let part = Part::of_name(&name).ok_or_else(Problem::not_found)?;
    let opened =
        doors.work(move |app| app.open_content(&asker.0, &oid, Some(part), purpose)).await?;
    let (part, bytes) = opened.parts.into_iter().next().ok_or_else(Problem::not_found)?;
    Ok(bytes_of(part, bytes, &headers))
}

/// `GET /documents/{oid}/page`: the view as a page that a browser may show.
pub async fn page(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let (oid, purpose) = (document(&oid)?, purpose(&parameters)?);
    let language = language(&parameters, &headers)?;
    let page = doors.work(move |app| app.show_document(&asker.0, &oid, purpose, language)).await?;
    let policy = [
        (header::CONTENT_TYPE, SAFE_COPY_MEDIA_TYPE),
        (header::CONTENT_SECURITY_POLICY, SHOWN_POLICY),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((policy, page).into_response())
}

/// `GET /documents/{oid}/print`: the document as a tagged PDF/A file.
pub async fn print(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let (oid, purpose) = (document(&oid)?, purpose(&parameters)?);
    let language = language(&parameters, &headers)?;
    let name = format!("inline; filename=\"{oid}.pdf\"");
    let printed =
        doors.work(move |app| app.print_document(&asker.0, &oid, purpose, language)).await?;
    let fixed = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((fixed, printed).into_response())
}

/// What a shown view may do in a browser: nothing, in no origin at all; its own pictures and styles
/// are shown. Stands in the answer itself, whatever the frame around every answer says.
pub(super) const SHOWN_POLICY: &str = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The language of what is shown: `language`, else the one that `Accept-Language` prefers.
pub(super) fn language(
    parameters: &Parameters,
    headers: &HeaderMap,
) -> Result<ViewLanguage, Problem> {
    let asked = parameters.parsed::<ViewLanguage>("language", "fi, sv")?;
    Ok(asked.unwrap_or_else(|| match language_of(headers) {
        Language::Swedish => ViewLanguage::Swedish,
        _ => ViewLanguage::Finnish,
    }))
}

/// `POST /views`: makes the view of structured content that is about to be archived.
pub async fn make_view(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let language = language(&parameters, &headers)?;
    let (submission, faults) = submission(&headers, sent, &doors).await?;
    let made = doors.work(move |app| app.make_view(&asker.0, submission, faults, language)).await?;
    let fixed = [
        (header::CONTENT_TYPE, Part::View.media_type()),
        (header::CONTENT_SECURITY_POLICY, SHOWN_POLICY),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((fixed, made).into_response())
}

/// `GET /documents/{oid}/versions`: every version that the caller may see.
pub async fn versions(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
) -> Answer {
    let (oid, purpose) = (document(&oid)?, purpose(&parameters)?);
    let list = doors.work(move |app| app.list_versions(&asker.0, &oid, purpose)).await?;
    Ok(json(documents_json::versions(&list)).into_response())
}

/// `POST /documents/{oid}/invalidation`: hides a version from normal use; with `dry_run`, tells what that would come to.
pub async fn invalidate(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    Path(oid): Path<String>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let oid = document(&oid)?;
    let dry_run = parameters.parsed::<bool>("dry_run", "true, false")? == Some(true);
    let bytes = body::read(&headers, sent, &doors.config.limits).await?;
    let told: InvalidationBody = body::json(&headers, &bytes)?;
    let request = InvalidationRequest { reason: told.reason, explanation: told.explanation };
    if dry_run {
        let purpose = Purpose::READ;
        let told = doors
            .work(move |app| app.tell_invalidation(&asker.0, &oid, purpose, Some(&request)))
            .await?;
        return Ok(json(documents_json::invalidation(&told)).into_response());
    }
    doors.work(move |app| app.invalidate_document(&asker.0, &oid, &request)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvalidationBody {
    reason: String,
    explanation: Option<String>,
}

/// The document that an address names.
pub(super) fn document(text: &str) -> Result<Oid, Problem> {
    Oid::parse(text).map_err(|_| Problem::fault(Fault::new(FaultKind::NotAnOid, "oid", "ARC-2")))
}

/// What the caller says of a look: the situation, the reason, and whether an invalidated version is
/// asked for expressly.
pub(super) fn purpose(parameters: &Parameters) -> Result<Purpose, Problem> {
    Ok(Purpose {
        situation: coded(parameters.get("situation"), "situation", Situation::of_code, || {
            Situation::ALL.map(Situation::code).join(", ")
        })?,
        reason: coded(parameters.get("reason"), "reason", Reason::of_look, || {
            Reason::OF_LOOKS.map(Reason::code).join(", ")
        })?,
        invalidated_too: parameters.parsed::<bool>("invalidated", "true, false")? == Some(true),
    })
}

/// A value that one of the rules' own codes names, if it was given.
fn coded<T>(
    given: Option<&str>,
    name: &str,
    of_code: impl Fn(&str) -> Option<T>,
    all: impl Fn() -> String,
) -> Result<Option<T>, Problem> {
    let read = |text| {
        of_code(text).ok_or_else(|| {
            Problem::fault(Fault::new(FaultKind::WrongValue, name, "ACC-3").arg("expected", all()))
        })
    };
    given.map(read).transpose()
}

/// An answer that is JSON already.
pub(crate) fn json(text: String) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text)
}

/// An answer of ours as JSON.
pub(crate) fn answer(told: &impl Serialize) -> Response {
    json(serde_json::to_string(told).expect("texts and numbers are always JSON")).into_response()
}

/// The submission in a form, with the faults of the form itself: they are told with those of what is
/// in it, so that a part in the wrong wrapping is examined all the same.
async fn submission(
    headers: &HeaderMap,
    sent: Body,
    doors: &Doors,
) -> Result<(Submission, Vec<Fault>), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    if body::media_type(headers) != "multipart/form-data" {
        return Err(body::unsupported("multipart/form-data"));
    }
    let bytes = body::read(headers, sent, &doors.config.limits).await?;
    let mut faults = Vec::new();
    let mut metadata = None;
    let mut parts: Vec<(Part, Vec<u8>)> = Vec::new();
    for part in multipart::parts(&kind, &bytes)? {
        let known = Part::of_name(&part.name).filter(|part| is_taken(*part));
        let expected = known.map_or("application/json", Part::media_type);
        let again = metadata.is_some() && part.name == "metadata"
            || parts.iter().any(|(found, _)| Some(*found) == known);
        if again {
            faults.push(Fault::new(FaultKind::DuplicateMember, part.name, "ARC-1"));
            continue;
        }
        if known.is_none() && part.name != "metadata" {
            faults.push(
                Fault::new(FaultKind::UnknownElement, short(&part.name), "ARC-1")
                    .arg("known", "metadata, structured, view, pdf, signature"),
            );
            continue;
        }
        let several = known == Some(Part::Signature) && part.media_type == SEVERAL_SIGNATURES;
        if part.media_type != expected && !several {
            faults.push(
                Fault::new(FaultKind::WrongValue, format!("{}:content-type", part.name), "ARC-1")
                    .arg("expected", expected),
            );
        }
        if let Some(known) = known {
            parts.push((known, part.content.to_vec()));
        } else {
            metadata = Some(part.content.to_vec());
        }
    }
    if metadata.is_none() {
        let fault = Fault::new(FaultKind::MissingElement, "metadata", "ARC-1");
        faults.push(fault.arg("name", "metadata"));
    }
    Ok((Submission { metadata: metadata.unwrap_or_default(), parts }, faults))
}

/// The media type of a signature part that holds several, in JSON.
const SEVERAL_SIGNATURES: &str = "application/jose+json";

/// Whether a submission over REST may hold the part.
fn is_taken(part: Part) -> bool {
    part.is_content() || part == Part::Signature
}

/// The part that `Accept` asks for: structured content first where anything will do.
fn chosen(opened: OpenedContent, accept: &str) -> Result<(Part, Vec<u8>), Problem> {
    let available: Vec<&str> = opened.parts.iter().map(|(part, _)| part.media_type()).collect();
    let wanted = accept.split(',').map(|one| one.split(';').next().unwrap_or_default().trim());
    let position = wanted.into_iter().find_map(|wanted| {
        available.iter().position(|found| {
            let family = found.split('/').next().unwrap_or_default();
            wanted == *found || wanted == "*/*" || wanted == format!("{family}/*")
        })
    });
    if let Some(place) = position {
        return opened.parts.into_iter().nth(place).ok_or_else(Problem::not_found);
    }
    let available = available.join(", ");
    let fault = Fault::new(FaultKind::WrongValue, "accept", "ARC-1").arg("expected", &available);
    Err(Problem::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable")
        .arg("available", &available)
        .with(fault))
}

/// Bytes as they were archived; 304 for one who has them already. Every look is logged all the same,
/// and no cache on the way may keep what it saw.
fn bytes_of(part: Part, bytes: Vec<u8>, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", crate::certificates::fingerprint(&bytes));
    let held = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let same = held.is_some_and(|held| held.split(',').any(|one| one.trim() == tag));
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let several = part == Part::Signature && bytes.first() == Some(&b'{');
        let kind = if several { SEVERAL_SIGNATURES } else { part.media_type() };
        ([(header::CONTENT_TYPE, kind)], bytes).into_response()
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use varanto_domain::time::Instant;

    fn opened() -> OpenedContent {
        OpenedContent {
            document: Oid::parse("1.2.3").unwrap(),
            archived_at: Instant::from_millis(0),
            parts: vec![(Part::Structured, b"{}".to_vec()), (Part::View, b"<div/>".to_vec())],
        }
    }

    fn check(accept: &str, expected: &str) {
        let answer = chosen(opened(), accept);
        let told = answer.map_or_else(|problem| problem.code, |(part, _)| part.name());
        assert_eq!(told, expected, "{accept}");
    }

    #[test]
    fn accept_chooses_the_form_of_the_content() {
        check("*/*", "structured");
        check("application/xhtml+xml", "view");
        check("text/html, application/xhtml+xml;q=0.9, */*;q=0.1", "view");
        check("application/pdf", "not-acceptable");
        check("application/*", "structured");
    }
}
