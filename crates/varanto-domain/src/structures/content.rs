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

    /// The value at a JSON pointer, to be changed; `None` where nothing stands.
    pub fn at_mut(&mut self, pointer: &str) -> Option<&mut Content<'a>> {
        let mut at = self;
        for step in pointer.split('/').skip(1) {
            at = match at {
                Content::Object(members) => {
                    members.iter_mut().find(|(name, _)| name == step).map(|(_, value)| value)?
                }
                Content::List(entries) => entries.get_mut(step.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(at)
    }

    /// Gives an object a member, in place of one of the same name; what is no object stays as it is.
    pub fn set(&mut self, key: &'static str, value: Content<'a>) {
        let Content::Object(members) = self else { return };
        match members.iter_mut().find(|(name, _)| name == key) {
            Some((_, held)) => *held = value,
            None => members.push((Cow::Borrowed(key), value)),
        }
    }

    /// Takes a member out of an object.
    pub fn take(&mut self, key: &str) -> Option<Content<'a>> {
        let Content::Object(members) = self else { return None };
        let at = members.iter().position(|(name, _)| name == key)?;
        Some(members.remove(at).1)
    }

    /// Adds an entry to the list that is a member; makes the list where there is none.
    pub fn push(&mut self, key: &'static str, entry: Content<'a>) {
        let Content::Object(members) = self else { return };
        match members.iter_mut().find(|(name, _)| name == key) {
            Some((_, Content::List(entries))) => entries.push(entry),
            Some((_, other)) => {
                let one = std::mem::replace(other, Content::Null);
                *other = Content::List(vec![one, entry]);
            }
            None => members.push((Cow::Borrowed(key), Content::List(vec![entry]))),
        }
    }

    /// An object of these members.
    #[must_use]
    pub fn object<const N: usize>(members: [(&'static str, Content<'a>); N]) -> Self {
        let named = |(key, value): (&'static str, _)| (Cow::Borrowed(key), value);
        Content::Object(members.into_iter().map(named).collect())
    }

    /// A text of its own.
    #[must_use]
    pub fn of_text(text: &(impl ToString + ?Sized)) -> Self {
        Content::Text(Cow::Owned(text.to_string()))
    }

    /// The same content, borrowing from nothing.
    #[must_use]
    pub fn to_owned_content(&self) -> Content<'static> {
        let own = |text: &Cow<'_, str>| Cow::Owned(text.to_string());
        match self {
            Content::Null => Content::Null,
            Content::Switch(switch) => Content::Switch(*switch),
            Content::Number(number) => Content::Number(own(number)),
            Content::Text(text) => Content::Text(own(text)),
            Content::List(entries) => {
                Content::List(entries.iter().map(Content::to_owned_content).collect())
            }
            Content::Object(members) => {
                let member = |(key, value): &(Cow<'_, str>, Content<'_>)| {
                    (own(key), value.to_owned_content())
                };
                Content::Object(members.iter().map(member).collect())
            }
        }
    }
}
