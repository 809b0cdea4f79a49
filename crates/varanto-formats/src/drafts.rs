//! What is kept of a draft: JSON of our own, read by nobody else.

use std::borrow::Cow;

use varanto_domain::ids::Oid;
use varanto_domain::structures::Content;
use varanto_domain::time::FinnishDay;

use crate::content;

/// The most values that one draft has from earlier documents.
const MOST_TAKEN: usize = 500;

/// A value that was taken over from an earlier document.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// The name of its control.
    pub name: String,
    /// The version that it was taken from.
    pub document: Oid,
    /// The structure of that.
    pub structure: Oid,
    /// When that was written.
    pub written_on: FinnishDay,
    /// The value as it was taken.
    pub value: Content<'static>,
}

/// What somebody has written so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Whether a minor's document may be given to the guardians, a code; empty: not said yet.
    pub guardians: String,
    /// Why the version before is replaced, a code; empty where none is.
    pub reason: String,
    /// The content as it was typed.
    pub content: Content<'static>,
    /// What of it was taken over from earlier documents, and stands as it was taken.
    pub taken: Vec<Taken>,
}

impl Draft {
    /// Forgets where values were taken from that were changed since.
    pub fn forget_changed(&mut self) {
        let Self { content, taken, .. } = self;
        taken.retain(|one| content.at_mut(&one.name).as_deref() == Some(&one.value));
        taken.truncate(MOST_TAKEN);
    }
}

/// Prints what a value was taken from, as the page carries it.
#[must_use]
pub fn write_taken(taken: &Taken) -> String {
    content::write(&taken_content(taken))
}

/// Reads what [`write_taken`] printed; `None` for anything else.
#[must_use]
pub fn read_taken(bytes: &[u8]) -> Option<Taken> {
    taken_of(&content::read(bytes, "draft").ok()?)
}

fn taken_content(taken: &Taken) -> Content<'static> {
    Content::object([
        ("name", Content::of_text(&taken.name)),
        ("document", Content::of_text(&taken.document)),
        ("structure", Content::of_text(&taken.structure)),
        ("written_on", Content::of_text(&taken.written_on)),
        ("value", taken.value.clone()),
    ])
}

fn taken_of(read: &Content<'_>) -> Option<Taken> {
    let text = |name| read.member(name).and_then(Content::text);
    Some(Taken {
        name: text("name")?.to_owned(),
        document: Oid::parse(text("document")?).ok()?,
        structure: Oid::parse(text("structure")?).ok()?,
        written_on: FinnishDay::parse(text("written_on")?)?,
        value: read.member("value")?.to_owned_content(),
    })
}

/// Prints a draft.
#[must_use]
pub fn write(draft: &Draft) -> String {
    let text = |text: &str| Content::Text(Cow::Owned(text.to_owned()));
    content::write(&Content::object([
        ("guardians", text(&draft.guardians)),
        ("reason", text(&draft.reason)),
        ("content", draft.content.clone()),
        ("taken", Content::List(draft.taken.iter().map(taken_content).collect())),
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
        // Nor was anything taken over before there were earlier documents to take it from.
        taken: read
            .member("taken")
            .map_or(&[][..], Content::entries)
            .iter()
            .filter_map(taken_of)
            .collect(),
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
            taken: vec![Taken {
                name: "/a".to_owned(),
                document: Oid::parse("1.2.3").unwrap(),
                structure: Oid::parse("1.2.4").unwrap(),
                written_on: FinnishDay::new(2026, 11, 2).unwrap(),
                value: Content::of_text("\"<\n"),
            }],
        };
        let taken = &draft.taken[0];
        assert_eq!(read_taken(write_taken(taken).as_bytes()).as_ref(), Some(taken));
        let mut changed = draft.clone();
        changed.forget_changed();
        assert_eq!(changed.taken.len(), 1, "what stands as it was taken keeps its source");
        changed.content = Content::object([("a", Content::of_text("muuta"))]);
        changed.forget_changed();
        assert_eq!(changed.taken, [], "what was changed since has none");
        assert_eq!(read(write(&draft).as_bytes()), Some(draft.clone()));
        let before = Draft { reason: String::new(), ..draft.clone() };
        assert_eq!(read(write(&draft).replace(r#""reason":"3","#, "").as_bytes()), Some(before));
        assert_eq!(read(b"{}"), None);
        assert_eq!(read(b"{"), None);
    }
}
