//! The MIME body in a frame's text: one document, in base64.
//!
//! Source: national-specs 3.1.

use std::borrow::Cow;

use varanto_domain::faults::{Fault, FaultKind, Stage};

use super::base64;

/// The longest line of a head, and the most lines of one.
const LONGEST_LINE: usize = 2_000;
const MOST_LINES: usize = 64;

/// The document in a MIME body, and how its part names itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The document's bytes.
    pub document: Vec<u8>,
    /// The part's `Content-ID`, without angle brackets.
    pub content_id: Option<String>,
}

/// Reads a body: a head, then one part of `multipart/related` that holds the document.
///
/// # Errors
/// What keeps the document from being found.
pub fn read(text: &str) -> Result<Carried, Fault> {
    let refuse = |reason: &'static str| {
        Fault::new(FaultKind::NotMime, PATH, "nat 3.1")
            .arg("reason", reason)
            .path(PATH)
            .at(Stage::Mime)
    };
    let (head, body) = head(text.trim_start()).map_err(refuse)?;
    let kind = head.value("content-type").ok_or_else(|| refuse("no Content-Type"))?;
    let boundary = boundary(kind).ok_or_else(|| refuse("no multipart/related with a boundary"))?;
    let part = only_part(body, &boundary).map_err(refuse)?;
    let (head, content) = self::head(part).map_err(refuse)?;
    let kind = head.value("content-type").unwrap_or("text/xml");
    let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
    if !["text/xml", "application/xml"].iter().any(|xml| kind.trim().eq_ignore_ascii_case(xml)) {
        return Err(refuse("a part that is not text/xml"));
    }
    if parameter(parameters, "charset")
        .is_some_and(|charset| !charset.eq_ignore_ascii_case("utf-8"))
    {
        return Err(refuse("a part in another character set than UTF-8"));
    }
    let encoding = head.value("content-transfer-encoding").unwrap_or_default();
    if !encoding.trim().eq_ignore_ascii_case("base64") {
        return Err(refuse("a part that is not in base64"));
    }
    let document = base64::decode(content).map_err(|reason| {
        Fault::new(FaultKind::NotBase64, PATH, "nat 3.1")
            .arg("reason", reason)
            .path(PATH)
            .at(Stage::Mime)
    })?;
    let content_id =
        head.value("content-id").map(|id| id.trim().trim_matches(['<', '>']).to_owned());
    Ok(Carried { document, content_id })
}

/// Where a body stands in its frame.
pub(super) const PATH: &str = "controlActProcess/subject/clinicalDocument/text";

/// Prints a body for a document.
#[must_use]
pub fn write(document: &[u8], id: &str) -> String {
    let boundary = format!("varanto-{id}");
    let text = base64::encode(document);
    let mut out = format!(
        "Message-ID: <{id}>\nMIME-Version: 1.0\n\
         Content-Type: multipart/related; boundary=\"{boundary}\"; type=\"text/xml\"\n\n\
         --{boundary}\nContent-Type: text/xml; charset=UTF-8\n\
         Content-Transfer-Encoding: BASE64\nContent-ID: <{id}>\n\n"
    );
    for line in text.as_bytes().chunks(76) {
        out.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        out.push('\n');
    }
    out.push_str("--");
    out.push_str(&boundary);
    out.push_str("--\n");
    out
}

struct Head<'t>(Vec<(&'t str, Cow<'t, str>)>);

impl Head<'_> {
    fn value(&self, wanted: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.as_ref())
    }
}

/// The lines up to the first empty one, and what follows it. A line that begins with white space
/// belongs to the one before.
fn head(text: &str) -> Result<(Head<'_>, &str), &'static str> {
    let mut lines: Vec<(&str, Cow<'_, str>)> = Vec::new();
    let mut rest = text;
    loop {
        let (line, after) = rest.split_once('\n').ok_or("the text breaks off in a head")?;
        let line = line.strip_suffix('\r').unwrap_or(line);
        rest = after;
        if line.trim().is_empty() {
            return Ok((Head(lines), rest));
        }
        if line.len() > LONGEST_LINE || lines.len() >= MOST_LINES {
            return Err("a head that is too long");
        }
        if line.starts_with([' ', '\t'])
            && let Some((_, value)) = lines.last_mut()
        {
            if value.len() > LONGEST_LINE {
                return Err("a head that is too long");
            }
            let value = value.to_mut();
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let (name, value) = line.split_once(':').ok_or("a line of a head without a colon")?;
        let name = name.trim();
        if lines.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
            return Err("a head with the same line twice");
        }
        lines.push((name, Cow::Borrowed(value.trim())));
    }
}

fn boundary(kind: &str) -> Option<String> {
    let (kind, parameters) = kind.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/related") {
        return None;
    }
    let value = parameter(parameters, "boundary")?;
    (!value.is_empty() && value.len() <= 70).then(|| value.to_owned())
}

fn parameter<'t>(parameters: &'t str, wanted: &str) -> Option<&'t str> {
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"'))
    })
}

/// The one part between the boundaries.
fn only_part<'t>(body: &'t str, boundary: &str) -> Result<&'t str, &'static str> {
    let mut part: Option<(usize, usize)> = None;
    let (mut at, mut open, mut count) = (0, None, 0);
    for line in body.split_inclusive('\n') {
        let begin = at;
        at += line.len();
        let Some(rest) = line.strip_prefix("--").and_then(|line| line.strip_prefix(boundary))
        else {
            continue;
        };
        let rest = rest.trim_end();
        if !(rest.is_empty() || rest == "--") {
            continue;
        }
        if let Some(start) = open.replace(at) {
            part.get_or_insert((start, begin));
            count += 1;
        }
        if rest == "--" {
            return match (part, count) {
                (Some((start, end)), 1) => Ok(&body[start..end]),
                (None, _) => Err("no part"),
                _ => Err("more than one part"),
            };
        }
    }
    Err("the last boundary is missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str) -> String {
        let fault = read(text).unwrap_err();
        assert_eq!(fault.stage, Some(Stage::Mime));
        fault.args[0].1.clone()
    }

    #[test]
    fn a_document_comes_back_from_its_body() {
        for document in [&b"<ClinicalDocument/>"[..], &[0xC3, 0xA4].repeat(4000), b""] {
            let text = write(document, "1.2.3");
            let carried = read(&text).unwrap();
            assert_eq!(carried.document, document);
            assert_eq!(carried.content_id.as_deref(), Some("1.2.3"));
            assert_eq!(read(&text.replace('\n', "\r\n")).unwrap(), carried);
            assert_eq!(read(&format!("\n  {text}  ")).unwrap(), carried);
        }
    }

    #[test]
    fn a_body_that_is_not_one_document_in_base64_is_refused() {
        let sound = write(b"<a/>", "1.2.3");
        let changed = |from: &str, to: &str| reason(&sound.replacen(from, to, 1));
        assert_eq!(
            changed("multipart/related", "multipart/mixed"),
            "no multipart/related with a boundary"
        );
        assert_eq!(changed("BASE64", "8bit"), "a part that is not in base64");
        assert_eq!(
            changed("text/xml; charset=UTF-8", "text/xml; charset=ISO-8859-1"),
            "a part in another character set than UTF-8"
        );
        assert_eq!(
            changed("text/xml; charset", "application/pdf; charset"),
            "a part that is not text/xml"
        );
        assert_eq!(changed("PGEvPg==", "PGEvPg="), "base64 with a wrong end or padding");
        assert_eq!(changed("PGEvPg==", "PGEv!Pg=="), "a character outside the base64 alphabet");
        assert_eq!(changed("--varanto-1.2.3--", ""), "the last boundary is missing");
        assert_eq!(changed("--varanto-1.2.3\n", ""), "no part");
        let part =
            sound.split("--varanto-1.2.3\n").nth(1).unwrap().split("--varanto").next().unwrap();
        let twice = format!("--varanto-1.2.3\n{part}--varanto-1.2.3--");
        assert_eq!(changed("--varanto-1.2.3--", &twice), "more than one part");
        assert_eq!(reason(""), "the text breaks off in a head");
        assert_eq!(reason("x\n\n"), "a line of a head without a colon");
        let twice = "Content-Type: a\nContent-type: b\n\n";
        assert_eq!(reason(twice), "a head with the same line twice");
    }
}
