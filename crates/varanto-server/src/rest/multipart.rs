//! `multipart/form-data` (RFC 7578), read from a whole body without copying its parts.

use bytes::Bytes;

use crate::rest::body::{self, unsupported};
use crate::rest::problem::Problem;

/// The most parts that a form of ours can have, before reading on is a waste.
const MOST_PARTS: usize = 16;

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its media type in lower case, parameters left aside; empty when none is told.
    pub media_type: String,
    /// Its bytes.
    pub content: Bytes,
}

/// The parts of a form, in the order sent.
///
/// # Errors
/// 415 when the media type is another or names no boundary, 400 when the form ends too early or
/// its frame is broken.
pub fn parts(content_type: &str, body: &Bytes) -> Result<Vec<Part>, Problem> {
    let boundary = boundary(content_type).ok_or_else(|| unsupported("multipart/form-data"))?;
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    let mut at = opening(body, &delimiter[2..])?;
    let mut all = Vec::new();
    loop {
        match body.get(at..at + 2) {
            Some(b"--") => return Ok(all),
            Some(b"\r\n") => at += 2,
            Some(_) => return Err(Problem::bad_request("multipart: text after a boundary")),
            None => return Err(truncated()),
        }
        let head_end = find(body, at, b"\r\n\r\n").ok_or_else(truncated)?;
        let content = head_end + 4;
        // An empty part's delimiter begins with the line end that ends its head.
        let end = find(body, head_end + 2, &delimiter).ok_or_else(truncated)?;
        let (name, media_type) = head(&body[at..head_end])?;
        all.push(Part { name, media_type, content: body.slice(content.min(end)..end) });
        if all.len() > MOST_PARTS {
            return Err(Problem::bad_request("multipart: too many parts"));
        }
        at = end + delimiter.len();
    }
}

fn truncated() -> Problem {
    body::truncated("--boundary--")
}

fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
    })?;
    (!value.is_empty() && value.len() <= 70).then_some(value)
}

fn opening(body: &[u8], dashed: &[u8]) -> Result<usize, Problem> {
    if body.starts_with(dashed) {
        return Ok(dashed.len());
    }
    if body.len() < dashed.len() && dashed.starts_with(body) {
        return Err(truncated());
    }
    Err(Problem::bad_request("multipart: the body does not begin with its boundary"))
}

fn find(body: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let mut at = from;
    while at + what.len() <= body.len() {
        let step = body[at..=body.len() - what.len()].iter().position(|b| *b == what[0])?;
        at += step;
        if body[at..].starts_with(what) {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn head(bytes: &[u8]) -> Result<(String, String), Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| Problem::bad_request("multipart: a part's head is not text"))?;
    let value = |wanted: &str| {
        text.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let name = value("content-disposition")
        .and_then(|disposition| disposition.strip_prefix("form-data"))
        .and_then(|rest| rest.split(';').find_map(|part| part.trim().strip_prefix("name=")))
        .map(|name| name.trim_matches('"').to_owned())
        .ok_or_else(|| Problem::bad_request("multipart: a part without a name"))?;
    let media_type = value("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    Ok((name, media_type.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use varanto_kit::http::Multipart;

    fn form() -> Multipart {
        Multipart::new()
            .part("metadata", "application/json", b"{}")
            .part("empty", "text/plain", b"")
            .part("view", "Application/XHTML+XML; charset=utf-8", b"<p>\r\n--\r\n</p>")
    }

    #[test]
    fn parts_come_back_byte_for_byte() {
        let kind = form().content_type();
        let form = form();
        let kind_of_this = form.content_type();
        assert_ne!(kind, kind_of_this);
        let parts = parts(&kind_of_this, &form.finish()).unwrap();

        let told: Vec<_> = parts
            .iter()
            .map(|p| (p.name.as_str(), p.media_type.as_str(), &p.content[..]))
            .collect();
        assert_eq!(
            told,
            [
                ("metadata", "application/json", &b"{}"[..]),
                ("empty", "text/plain", b""),
                ("view", "application/xhtml+xml", b"<p>\r\n--\r\n</p>"),
            ]
        );
    }

    #[test]
    fn a_form_cut_anywhere_is_told_as_truncated() {
        let form = form();
        let kind = form.content_type();
        let whole = form.finish();
        // The last two bytes are the line end after the closing boundary, which nobody needs.
        for cut in 0..whole.len() - 4 {
            let problem = parts(&kind, &whole.slice(..cut)).unwrap_err();
            assert_eq!(problem.code, "truncated-upload", "cut at {cut}");
        }
        assert!(parts(&kind, &whole).is_ok());
    }

    #[test]
    fn another_media_type_and_a_nameless_part_are_refused() {
        let body = Bytes::from_static(b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--");
        let code = |kind: &str| parts(kind, &body).unwrap_err().code;
        assert_eq!(code("application/json"), "unsupported-media-type");
        assert_eq!(code("multipart/form-data"), "unsupported-media-type");
        assert_eq!(code("multipart/form-data; boundary=b"), "bad-request");
        assert_eq!(code("multipart/form-data; boundary=other"), "bad-request");
    }
}
