//! A structured document's content: the JSON tree, as the rules read it.

use std::borrow::Cow;

/// A JSON value. Borrows from the bytes it was read from where it can.
///
/// Member order is kept and no member occurs twice: the reader in `varanto-formats` refuses those.
#[derive(Debug, Clone, PartialEq)]
pub enum Content<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Switch(bool),
    /// A number, as it was written.
    Number(Cow<'a, str>),
    /// A text.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Content<'a>>),
    /// An object: members in the order they stand.
    Object(Vec<(Cow<'a, str>, Content<'a>)>),
}

impl<'a> Content<'a> {
    /// The member of an object; `None` for a missing one and for anything that is no object.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&Content<'a>> {
        match self {
            Content::Object(members) => {
                members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of a list; any other value is the one entry of itself.
    #[must_use]
    pub fn entries(&self) -> &[Content<'a>] {
        match self {
            Content::List(entries) => entries,
            other => std::slice::from_ref(other),
        }
    }
}
