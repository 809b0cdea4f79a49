//! `multipart/form-data` (RFC 7578) and `multipart/related` (RFC 2387), read from a whole body without
//! copying its parts.

use std::ops::Range;

/// The most parts that a form of ours can have, before reading on is a waste.
const MOST_PARTS: usize = 16;

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name; empty where a related part has none.
    pub name: String,
    /// Its media type in lower case, parameters left aside; empty when none is told.
    pub media_type: String,
    /// Where its bytes are in the body.
    pub content: Range<usize>,
}

/// Why a body is no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormError {
    /// The media type is another, or names no boundary.
    OtherMediaType,
    /// The form ends too early.
    Truncated,
    /// Its frame is broken, in technical words.
    Broken(&'static str),
}

/// The parts of a form, in the order sent.
///
/// # Errors
/// Why the body is no form.
pub fn parts(content_type: &str, body: &[u8]) -> Result<Vec<Part>, FormError> {
    let (related, boundary) = boundary(content_type).ok_or(FormError::OtherMediaType)?;
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    let mut at = opening(body, &delimiter[2..])?;
    let mut all = Vec::new();
    loop {
        match body.get(at..at + 2) {
            Some(b"--") => return Ok(all),
            Some(b"\r\n") => at += 2,
            Some(_) => return Err(FormError::Broken("text after a boundary")),
            None => return Err(FormError::Truncated),
        }
        let head_end = find(body, at, b"\r\n\r\n").ok_or(FormError::Truncated)?;
        let content = head_end + 4;
        // An empty part's delimiter begins with the line end that ends its head.
        let end = find(body, head_end + 2, &delimiter).ok_or(FormError::Truncated)?;
        let (name, media_type) = head(&body[at..head_end], related)?;
        all.push(Part { name, media_type, content: content.min(end)..end });
        if all.len() > MOST_PARTS {
            return Err(FormError::Broken("too many parts"));
        }
        at = end + delimiter.len();
    }
}

/// About what stands beside a part, in bytes.
const BESIDE_PART: usize = 256;

/// A form of these parts, each a name, a media type and its bytes. No part may hold the boundary.
#[must_use]
pub fn write<'p>(
    boundary: &str,
    parts: impl IntoIterator<Item = (&'p str, &'p str, &'p [u8])>,
) -> Vec<u8> {
    let parts: Vec<_> = parts.into_iter().collect();
    // A part may be large: it is not moved from place to place while the body grows.
    let size = parts.iter().map(|(_, _, bytes)| bytes.len() + BESIDE_PART).sum();
    let mut body = Vec::with_capacity(size);
    for (name, media_type, bytes) in parts {
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\nContent-Type: {media_type}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    body
}

/// Whether the parts are related ones rather than those of a form, and what parts them.
fn boundary(content_type: &str) -> Option<(bool, &str)> {
    let (kind, parameters) = content_type.split_once(';')?;
    let related = kind.trim().eq_ignore_ascii_case("multipart/related");
    if !related && !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
    })?;
    (!value.is_empty() && value.len() <= 70).then_some((related, value))
}

fn opening(body: &[u8], dashed: &[u8]) -> Result<usize, FormError> {
    if body.starts_with(dashed) {
        return Ok(dashed.len());
    }
    if body.len() < dashed.len() && dashed.starts_with(body) {
        return Err(FormError::Truncated);
    }
    Err(FormError::Broken("the body does not begin with its boundary"))
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

fn head(bytes: &[u8], related: bool) -> Result<(String, String), FormError> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| FormError::Broken("a part's head is not text"))?;
    let value = |wanted: &str| {
        text.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let name = value("content-disposition")
        .and_then(|disposition| disposition.strip_prefix("form-data"))
        .and_then(|rest| rest.split(';').find_map(|part| part.trim().strip_prefix("name=")))
        .map(|name| name.trim_matches('"').to_owned());
    let coded = value("content-transfer-encoding").is_some_and(|coding| {
        !["binary", "8bit", "7bit"].iter().any(|plain| coding.eq_ignore_ascii_case(plain))
    });
    if coded {
        return Err(FormError::Broken("a part with a transfer encoding"));
    }
    let name = match name {
        None if !related => return Err(FormError::Broken("a part without a name")),
        name => name.unwrap_or_default(),
    };
    let media_type = value("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    Ok((name, media_type.to_ascii_lowercase()))
}
