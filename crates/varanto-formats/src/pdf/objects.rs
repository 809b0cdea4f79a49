//! Looking objects up, past references and whatever the file may hold instead.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

/// The most bytes of one stream looked into.
pub(super) const MAX_STREAM: usize = 32 << 20;

/// The objects of a file.
#[derive(Clone, Copy)]
pub(super) struct Objects<'d> {
    pub(super) document: &'d Document,
}

impl<'d> Objects<'d> {
    /// What a reference leads to; `None` for what is missing or null.
    pub(super) fn follow(self, object: &'d Object) -> Option<&'d Object> {
        let (_, object) = self.document.dereference(object).ok()?;
        (!object.is_null()).then_some(object)
    }

    /// The object that a reference names in the end.
    pub(super) fn id_of(self, object: &'d Object) -> Option<ObjectId> {
        self.document.dereference(object).ok()?.0
    }

    pub(super) fn get(self, dictionary: &'d Dictionary, key: &[u8]) -> Option<&'d Object> {
        self.follow(entry(dictionary, key)?)
    }

    pub(super) fn id(self, dictionary: &'d Dictionary, key: &[u8]) -> Option<ObjectId> {
        self.id_of(entry(dictionary, key)?)
    }

    /// A dictionary, or a stream's.
    pub(super) fn dictionary(self, from: &'d Dictionary, key: &[u8]) -> Option<&'d Dictionary> {
        self.get(from, key).and_then(dictionary_of)
    }

    pub(super) fn array(self, dictionary: &'d Dictionary, key: &[u8]) -> Option<&'d [Object]> {
        self.get(dictionary, key)?.as_array().ok().map(Vec::as_slice)
    }

    pub(super) fn stream(self, dictionary: &'d Dictionary, key: &[u8]) -> Option<&'d Stream> {
        self.get(dictionary, key)?.as_stream().ok()
    }

    pub(super) fn name(self, dictionary: &'d Dictionary, key: &[u8]) -> Option<&'d [u8]> {
        self.get(dictionary, key)?.as_name().ok()
    }

    pub(super) fn string(self, dictionary: &'d Dictionary, key: &[u8]) -> Option<&'d [u8]> {
        self.get(dictionary, key)?.as_str().ok()
    }

    pub(super) fn integer(self, dictionary: &'d Dictionary, key: &[u8]) -> Option<i64> {
        self.get(dictionary, key)?.as_i64().ok()
    }

    pub(super) fn number(self, dictionary: &'d Dictionary, key: &[u8]) -> Option<f32> {
        self.get(dictionary, key)?.as_float().ok()
    }

    pub(super) fn is_true(self, dictionary: &'d Dictionary, key: &[u8]) -> bool {
        self.get(dictionary, key).and_then(|flag| flag.as_bool().ok()).unwrap_or(false)
    }

    pub(super) fn numbers(self, dictionary: &'d Dictionary, key: &[u8]) -> Option<Vec<f32>> {
        let entries = self.array(dictionary, key)?;
        entries.iter().map(|entry| self.follow(entry)?.as_float().ok()).collect()
    }

    /// Numbers that count something.
    pub(super) fn numbers_whole(
        self,
        dictionary: &'d Dictionary,
        key: &[u8],
    ) -> Option<Vec<usize>> {
        let entries = self.array(dictionary, key)?;
        let whole = |entry: &'d Object| usize::try_from(self.follow(entry)?.as_i64().ok()?).ok();
        entries.iter().map(whole).collect()
    }

    /// One dictionary, or those of an array.
    pub(super) fn dictionaries(self, from: &'d Dictionary, key: &[u8]) -> Vec<&'d Dictionary> {
        entry(from, key).map(|object| self.dictionaries_in(object)).unwrap_or_default()
    }

    /// The dictionary that an object is, or those of the array that it is.
    pub(super) fn dictionaries_in(self, object: &'d Object) -> Vec<&'d Dictionary> {
        match self.follow(object) {
            Some(Object::Array(entries)) => entries
                .iter()
                .filter_map(|entry| self.follow(entry).and_then(dictionary_of))
                .collect(),
            Some(object) => dictionary_of(object).into_iter().collect(),
            None => Vec::new(),
        }
    }

    pub(super) fn catalog(self) -> Option<&'d Dictionary> {
        self.document.catalog().ok()
    }

    /// The pages, each once.
    pub(super) fn pages(self) -> Vec<(ObjectId, &'d Dictionary)> {
        let mut seen = BTreeSet::new();
        let pages = self.document.page_iter().filter(|id| seen.insert(*id));
        pages.filter_map(|id| Some((id, self.document.get_dictionary(id).ok()?))).collect()
    }

    /// A page's value, its own or inherited; with whether it is its own.
    pub(super) fn inherited(self, page: &'d Dictionary, key: &[u8]) -> Option<(&'d Object, bool)> {
        let mut node = page;
        for depth in 0..64 {
            if let Some(found) = self.get(node, key) {
                return Some((found, depth == 0));
            }
            node = self.dictionary(node, b"Parent")?;
        }
        None
    }

    /// Everything that the trailer leads to: each object that stands by itself.
    pub(super) fn reachable(self) -> BTreeSet<ObjectId> {
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<&Object> = self.document.trailer.iter().map(|(_, v)| v).collect();
        while let Some(object) = waiting.pop() {
            match object {
                Object::Reference(id) if seen.insert(*id) => {
                    waiting.extend(self.document.objects.get(id));
                }
                object => waiting.extend(
                    parts(object)
                        .filter(|part| matches!(part, Object::Reference(_)) || holds(part)),
                ),
            }
        }
        seen
    }
}

/// An entry of a dictionary.
///
/// Most dictionaries are so small that looking through them costs less than hashing the key; and where the
/// parser's own `get` finds nothing, it writes a message.
pub(super) fn entry<'d>(dictionary: &'d Dictionary, key: &[u8]) -> Option<&'d Object> {
    const SMALL: usize = 8;
    if dictionary.len() > SMALL {
        return dictionary.as_hashmap().get(key);
    }
    dictionary.iter().find(|(name, _)| name.as_slice() == key).map(|(_, value)| value)
}

/// Whether a dictionary says to be of this type.
pub(super) fn is_a(dictionary: &Dictionary, kind: &[u8]) -> bool {
    entry(dictionary, b"Type").and_then(|one| one.as_name().ok()) == Some(kind)
}

/// Whether an object has objects in it.
pub(super) fn holds(object: &Object) -> bool {
    matches!(object, Object::Array(_) | Object::Dictionary(_) | Object::Stream(_))
}

/// The objects right in an object, as they stand.
pub(super) fn parts(object: &Object) -> impl Iterator<Item = &Object> {
    let entries = match object {
        Object::Array(entries) => entries.as_slice(),
        _ => &[],
    };
    let values = dictionary_of(object).into_iter().flatten().map(|(_, value)| value);
    entries.iter().chain(values)
}

pub(super) fn dictionary_of(object: &Object) -> Option<&Dictionary> {
    match object {
        Object::Dictionary(dictionary) => Some(dictionary),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

/// A stream's content without its filters.
pub(super) fn content(stream: &Stream) -> Option<Vec<u8>> {
    stream.get_plain_content_with_limit(MAX_STREAM).ok()
}

/// A name for a report: only such letters as the standard's own names have.
pub(super) fn shown(name: &[u8]) -> String {
    let plain = name.iter().take(40).all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    if plain {
        String::from_utf8_lossy(&name[..name.len().min(40)]).into_owned()
    } else {
        "?".into()
    }
}
