//! What comes to the door of national messages: a frame alone or in an envelope, a pair in two parts,
//! or the JSON of the nation's test validator.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use serde::Deserialize;
use varanto_app::archive::Sent;
use varanto_domain::faults::{Fault, FaultKind, Stage};

use crate::doors::Doors;
use crate::rest::body;
use crate::rest::multipart::{self, Part};
use crate::rest::problem::Problem;

/// What is taken, for the answer to anything else.
const TAKEN: &str = "multipart/related, multipart/form-data, text/xml, application/xml, \
                     application/soap+xml, application/json";

/// A request as it was read.
pub(super) struct Request {
    pub(super) sent: Sent,
    /// The number that the test validator's caller gave it.
    pub(super) message_id: Option<String>,
}

/// The form of the nation's test validator (national-specs 1.6).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    #[serde(rename = "messageId")]
    message_id: String,
    #[serde(rename = "palveluPyynto")]
    request: String,
    #[serde(rename = "level")]
    _level: Option<String>,
    #[serde(rename = "siirtokehysXml")]
    frame: String,
    #[serde(rename = "asiakirjaXml")]
    document: String,
}

pub(super) async fn read(
    headers: &HeaderMap,
    sent: Body,
    doors: &Doors,
) -> Result<Request, Problem> {
    let kind = body::media_type(headers);
    let several = matches!(kind.as_str(), "multipart/related" | "multipart/form-data");
    let xml = matches!(kind.as_str(), "text/xml" | "application/xml" | "application/soap+xml");
    if !several && !xml && kind != "application/json" {
        return Err(body::unsupported(TAKEN));
    }
    let bytes = body::read(headers, sent, &doors.config.limits).await?;
    let plain = |sent| Request { sent, message_id: None };
    if xml {
        return Ok(plain(Sent { frame: bytes.to_vec(), ..Sent::default() }));
    }
    if several {
        let header = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        return pair(header.unwrap_or_default(), &bytes).map(plain);
    }
    let pair: Pair = body::json(headers, &bytes)?;
    let (frame, document) = (pair.frame.into_bytes(), Some(pair.document.into_bytes()));
    let message_id = Some(pair.message_id.chars().take(64).collect());
    Ok(Request { sent: Sent { frame, document, request: Some(pair.request) }, message_id })
}

/// The frame and the document: by their names in a form, by their order otherwise.
fn pair(content_type: &str, bytes: &Bytes) -> Result<Sent, Problem> {
    let mut parts = multipart::parts(content_type, bytes)?;
    let named = |name: &str| parts.iter().position(|part| part.name == name);
    if let (Some(frame), Some(document)) = (named("frame"), named("document"))
        && document < frame
    {
        parts.swap(frame, document);
    }
    let content = |part: &Part| part.content.to_vec();
    match parts.as_slice() {
        [frame] => Ok(Sent { frame: content(frame), ..Sent::default() }),
        [frame, document] => {
            Ok(Sent { frame: content(frame), document: Some(content(document)), ..Sent::default() })
        }
        _ => {
            let fault = Fault::new(FaultKind::WrongParts, "body", "nat 3.1");
            Err(Problem::fault(fault.arg("expected", "frame, document").at(Stage::Mime)))
        }
    }
}
