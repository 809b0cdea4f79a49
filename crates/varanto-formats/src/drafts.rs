//! What is kept of a draft: JSON of our own, read by nobody else.

use std::borrow::Cow;

use varanto_domain::structures::Content;

use crate::content;

/// What somebody has written so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Whether a minor's document may be given to the guardians, a code; empty: not said yet.
    pub guardians: String,
    /// Why the version before is replaced, a code; empty where none is.
    pub reason: String,
    /// The content as it was typed.
    pub content: Content<'static>,
}

/// Prints a draft.
#[must_use]
pub fn write(draft: &Draft) -> String {
    let text = |text: &str| Content::Text(Cow::Owned(text.to_owned()));
    content::write(&Content::object([
        ("guardians", text(&draft.guardians)),
        ("reason", text(&draft.reason)),
        ("content", draft.content.clone()),
    ]))
}

/// Reads what [`write()`] printed; `None` for anything else.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Draft> {
    let mut read = content::read(bytes, "draft").ok()?;
    let written = read.take("content")?.to_owned_content();
    let text = |name| read.member(name).and_then(Content::text);
    Some(Draft {
        guardians: text("guardians")?.to_owned(),
        // Drafts were kept without one before there were corrections.
        reason: text("reason").unwrap_or_default().to_owned(),
        content: written,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_reads_back_as_it_was_written() {
        let draft = Draft {
            guardians: "1".to_owned(),
            reason: "3".to_owned(),
            content: Content::object([("a", Content::of_text("\"<\n")), ("b", Content::Null)]),
        };
        assert_eq!(read(write(&draft).as_bytes()), Some(draft.clone()));
        let before = Draft { reason: String::new(), ..draft.clone() };
        assert_eq!(read(write(&draft).replace(r#""reason":"3","#, "").as_bytes()), Some(before));
        assert_eq!(read(b"{}"), None);
        assert_eq!(read(b"{"), None);
    }
}
