//! Reading what a request carries: within its size, within its time, to its end.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_formats::json_fault;

use crate::config::Limits;
use crate::doors::Doors;
use crate::rest::problem::Problem;

/// The whole body.
///
/// # Errors
/// 413 when it is too large, 408 when it is too slow, 400 when it breaks off.
pub async fn read(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Bytes, Problem> {
    if declared_length(headers).is_some_and(|length| length > limits.body_bytes as u64) {
        return Err(Problem::too_large(limits.body_bytes));
    }
    let slow = |time: Duration| {
        let seconds = time.as_secs();
        let fault = Fault::new(FaultKind::WrongForm, "body", "ARC-1");
        Problem::new(StatusCode::REQUEST_TIMEOUT, "timeout")
            .arg("seconds", seconds)
            .with(fault.arg("expected", format!("≤ {seconds} s")))
    };
    match tokio::time::timeout(limits.body_time(), collect(body, limits)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(Broken::TooLarge)) => Err(Problem::too_large(limits.body_bytes)),
        Ok(Err(Broken::Stalled)) => Err(slow(limits.pause_time())),
        Ok(Err(Broken::Truncated)) => Err(truncated("Content-Length")),
        Err(_) => Err(slow(limits.body_time())),
    }
}

/// The body ended before its end; `expected` names what marks the end.
#[must_use]
pub fn truncated(expected: &str) -> Problem {
    let fault = Fault::new(FaultKind::WrongForm, "body", "ARC-1").arg("expected", expected);
    Problem::new(StatusCode::BAD_REQUEST, "truncated-upload").with(fault)
}

enum Broken {
    TooLarge,
    Stalled,
    Truncated,
}

async fn collect(mut body: Body, limits: &Limits) -> Result<Bytes, Broken> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    loop {
        let frame = tokio::time::timeout(limits.pause_time(), body.frame())
            .await
            .map_err(|_| Broken::Stalled)?;
        let Some(frame) = frame else { break };
        let Ok(data) = frame.map_err(|_| Broken::Truncated)?.into_data() else { continue };
        if first.len() + all.len() + data.len() > limits.body_bytes {
            return Err(Broken::TooLarge);
        }
        if first.is_empty() && all.is_empty() {
            first = data;
            continue;
        }
        all.extend_from_slice(&std::mem::take(&mut first));
        all.extend_from_slice(&data);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The media type of a request in lower case, its parameters left aside.
#[must_use]
pub fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A JSON body as a value of ours: unknown members are refused by name.
///
/// # Errors
/// 415 for another media type, 400 with one fault for text that is not the JSON looked for.
pub fn json<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
    must_be_json(headers)?;
    serde_json::from_slice(body).map_err(|error| Problem::fault(json_fault::of(&error)))
}

/// What a whole JSON body asks, as `read` reads it.
///
/// # Errors
/// As [`read`] and [`json`], and every fault that the reading finds.
pub async fn told<T, E>(
    doors: &Doors,
    headers: &HeaderMap,
    body: Body,
    read_json: fn(&[u8]) -> Result<T, E>,
) -> Result<T, Problem>
where
    Problem: From<E>,
{
    let bytes = read(headers, body, &doors.config.limits).await?;
    must_be_json(headers)?;
    Ok(read_json(&bytes)?)
}

/// That the body is said to be JSON.
///
/// # Errors
/// 415 when it is said to be something else.
pub fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    match media_type(headers).as_str() {
        "application/json" => Ok(()),
        _ => Err(unsupported("application/json")),
    }
}

/// 415, naming what is taken.
#[must_use]
pub fn unsupported(expected: &str) -> Problem {
    let fault = Fault::new(FaultKind::WrongValue, "content-type", "ARC-1");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type")
        .arg("expected", expected)
        .with(fault.arg("expected", expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Ask {
        #[expect(dead_code, reason = "only its reading is looked at")]
        client: String,
        #[expect(dead_code, reason = "only its reading is looked at")]
        limit: Option<u32>,
    }

    fn fault(body: &str) -> Fault {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "application/json; charset=utf-8".parse().unwrap());
        json::<Ask>(&headers, body.as_bytes()).unwrap_err().faults.remove(0)
    }

    #[test]
    fn a_misspelt_member_is_refused_by_name_and_the_known_ones_are_told() {
        let fault = fault(r#"{"client":"x","limt":3}"#);
        assert_eq!((fault.code(), fault.element.as_str()), ("unknown-element", "limt"));
        assert_eq!(fault.args, [("known", "client or limit".to_owned())]);
    }

    #[test]
    fn no_value_that_was_sent_is_told_back() {
        let fault = fault(r#"{"client":"x","limit":"010199-900X"}"#);
        assert_eq!((fault.code(), fault.element.as_str()), ("wrong-type", "line 1, column 35"));
        assert!(!format!("{fault:?}").contains("010199"));

        for value in ["expected 010199-900X", "x, expected 010199-900X at line 1"] {
            let fault = self::fault(&format!(r#"{{"client":"x","limit":"{value}"}}"#));
            assert_eq!(fault.args, [("expected", "u32".to_owned())]);
        }
        let name = format!("{}, expected 010199-900X", "x".repeat(40));
        let fault = self::fault(&format!(r#"{{"{name}":1}}"#));
        assert_eq!(fault.element, "x".repeat(40));
        assert_eq!(fault.args, [("known", "client or limit".to_owned())]);
    }

    #[test]
    fn text_that_breaks_off_is_told_with_its_place() {
        assert_eq!(fault(r#"{"client":"x""#).code(), "not-json");
        assert_eq!(fault("{}").code(), "missing-element");
    }
}
