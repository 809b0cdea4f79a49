//! A form's parts, and what its faults of frame become.

use bytes::Bytes;
use varanto_formats::multipart::{self, FormError};

use crate::rest::body::{self, unsupported};
use crate::rest::problem::Problem;

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name; empty where a related part has none.
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
    let found = multipart::parts(content_type, body).map_err(|error| match error {
        FormError::OtherMediaType => unsupported("multipart/form-data"),
        FormError::Truncated => body::truncated("--boundary--"),
        FormError::Broken(reason) => Problem::bad_request(format_args!("multipart: {reason}")),
    })?;
    let part = |found: multipart::Part| Part {
        content: body.slice(found.content),
        name: found.name,
        media_type: found.media_type,
    };
    Ok(found.into_iter().map(part).collect())
}

/// A form of these parts, and the media type that names what parts them.
///
/// # Panics
/// Where the system has no random bytes.
pub fn form<'p>(parts: impl IntoIterator<Item = (&'p str, &'p str, &'p [u8])>) -> (String, Bytes) {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).expect("the system has a source of random bytes");
    // No content holds it by chance.
    let boundary = format!("varanto-{:032x}", u128::from_be_bytes(random));
    let body = multipart::write(&boundary, parts);
    (format!("multipart/form-data; boundary={boundary}"), body.into())
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
    fn a_form_of_ours_comes_back_as_it_was() {
        let sent = [
            ("pdf", "application/pdf", &b"%PDF-\r\n--"[..]),
            ("signature", "application/jose", b""),
        ];
        let (kind, body) = super::form(sent);
        let back = parts(&kind, &body).unwrap();
        let told: Vec<_> =
            back.iter().map(|p| (p.name.as_str(), p.media_type.as_str(), &p.content[..])).collect();
        assert_eq!(told, sent);
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
