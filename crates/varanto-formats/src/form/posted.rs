//! What a browser posts, as content.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use varanto_domain::structures::{Content, Field, FieldKind, FieldObligation, Structure};

use super::choices::CodeLists;
use super::typed;

/// The most entries of one repeating row.
pub const MAX_ENTRIES: usize = 200;

/// The most controls of one form.
pub const MAX_FIELDS: usize = 20_000;

/// Why what was posted is no form of the structure. Nothing of it was read: a part would be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostedFault {
    /// A name that no control of the form has, or that two have.
    Name(String),
    /// More controls than any form has, or more entries of a row.
    TooMany,
}

/// Reads what was posted of a form of the structure: the content as it was typed, with a place for every row.
/// [`finished`] takes out what was left empty.
///
/// Line ends become line feeds, as browsers make them others; control characters, which no view can show, become
/// spaces.
///
/// # Errors
/// When it is not all of a form of the structure.
///
/// Source: CAS-1.
pub fn read(
    structure: &Structure,
    posted: &[(String, String)],
    lists: &CodeLists,
) -> Result<Content<'static>, PostedFault> {
    if posted.len() > MAX_FIELDS {
        return Err(PostedFault::TooMany);
    }
    let mut reader = Reader { values: HashMap::new(), entries: HashMap::new(), lists };
    for (name, value) in posted {
        if reader.values.insert(name, cleaned(value)).is_some() {
            return Err(PostedFault::Name(name.clone()));
        }
    }
    let root = format!("/{}", structure.root);
    for (name, _) in posted {
        let beside = name.strip_prefix('~').unwrap_or(name);
        for (at, step) in numbered_steps(beside) {
            let list = reader.entries.entry(&beside[..at]).or_default();
            list.insert(step);
            if list.len() > MAX_ENTRIES {
                return Err(PostedFault::TooMany);
            }
        }
    }
    let content = reader.group(&structure.fields, &root);
    if let Some(name) = reader.values.keys().min() {
        return Err(PostedFault::Name((*name).to_owned()));
    }
    Ok(Content::Object(vec![(Cow::Owned(structure.root.to_string()), content)]))
}

/// The steps of a pointer that number the entry of a list, each with the length of the pointer before it.
fn numbered_steps(name: &str) -> impl Iterator<Item = (usize, usize)> {
    name.match_indices('/').filter_map(|(at, _)| {
        let step = name[at + 1..].split('/').next()?;
        let digits = !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
        Some((at, digits.then(|| step.parse().ok()).flatten()?))
    })
}

fn cleaned(value: &str) -> String {
    let text = value.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { ' ' } else { c }).collect()
}

struct Reader<'r> {
    /// What is not read yet.
    values: HashMap<&'r str, String>,
    /// The numbers of the entries that something was posted of, by the list's name.
    entries: HashMap<&'r str, BTreeSet<usize>>,
    lists: &'r CodeLists<'r>,
}

impl Reader<'_> {
    fn group(&mut self, fields: &[Field], at: &str) -> Content<'static> {
        let mut members = Vec::with_capacity(fields.len());
        for field in fields {
            let name = format!("{at}/{}", field.key);
            let value = if field.repeats {
                let numbers = self.entries.get(name.as_str()).cloned().unwrap_or_default();
                let entry = |number| {
                    self.value(field, &format!("{name}/{number}")).unwrap_or(Content::Null)
                };
                Some(Content::List(numbers.into_iter().map(entry).collect()))
            } else {
                self.value(field, &name)
            };
            members.extend(value.map(|value| (Cow::Owned(field.key.to_string()), value)));
        }
        Content::Object(members)
    }

    fn value(&mut self, field: &Field, name: &str) -> Option<Content<'static>> {
        match &field.kind {
            FieldKind::Group(fields) => Some(self.group(fields, name)),
            FieldKind::Quantity => {
                let value = self.values.remove(format!("{name}/value").as_str());
                let unit = self.values.remove(format!("{name}/code").as_str());
                typed::quantity(value.as_deref(), unit.as_deref())
            }
            _ => {
                let kept = self.values.remove(format!("~{name}").as_str());
                let value = self.values.remove(name)?;
                typed::read(field, &value, kept.as_deref(), self.lists)
            }
        }
    }
}

/// Content with a place for every row: each group that is not repeated, each list, and one entry at least where
/// one must be or where it is a single value.
pub(super) fn laid(structure: &Structure, content: &Content) -> Content<'static> {
    let root = content.member(&structure.root);
    let root = laid_group(&structure.fields, root);
    Content::Object(vec![(Cow::Owned(structure.root.to_string()), root)])
}

fn laid_group(fields: &[Field], content: Option<&Content>) -> Content<'static> {
    let mut members = Vec::with_capacity(fields.len());
    for field in fields {
        let value = content.and_then(|content| content.member(&field.key));
        let value = if field.repeats {
            let entries = match value {
                Some(Content::List(entries)) => entries.as_slice(),
                _ => &[],
            };
            let mut laid: Vec<Content> =
                entries.iter().map(|entry| laid_value(field, Some(entry))).collect();
            let single = !matches!(field.kind, FieldKind::Group(_));
            if laid.is_empty() && (single || is_obligatory(field)) {
                laid.push(laid_value(field, None));
            }
            Content::List(laid)
        } else {
            laid_value(field, value)
        };
        members.push((Cow::Owned(field.key.to_string()), value));
    }
    Content::Object(members)
}

fn laid_value(field: &Field, value: Option<&Content>) -> Content<'static> {
    match &field.kind {
        FieldKind::Group(fields) => laid_group(fields, value),
        _ => value.map_or(Content::Null, Content::to_owned_content),
    }
}

fn is_obligatory(field: &Field) -> bool {
    field.obligation == FieldObligation::Obligatory
}

/// The content of a form without what was left empty: the document that it makes. Groups and lists that must be
/// there are, with an entry at least, so that a fault has its field.
#[must_use]
pub fn finished(structure: &Structure, content: &Content) -> Content<'static> {
    let root = content.member(&structure.root);
    let root = root.and_then(|root| finished_group(&structure.fields, root, true));
    let root = root.unwrap_or(Content::Object(Vec::new()));
    Content::Object(vec![(Cow::Owned(structure.root.to_string()), root)])
}

/// `None`: there is nothing in the group, and it need not be there.
fn finished_group(fields: &[Field], content: &Content, must: bool) -> Option<Content<'static>> {
    if !must && !is_group_filled(fields, content) {
        return None;
    }
    let mut members = Vec::new();
    for field in fields {
        let value = content.member(&field.key).unwrap_or(&Content::Null);
        let finished = if field.repeats {
            finished_list(field, value)
        } else {
            finished_value(field, value, is_obligatory(field))
        };
        members.extend(finished.map(|value| (Cow::Owned(field.key.to_string()), value)));
    }
    Some(Content::Object(members))
}

fn finished_list(field: &Field, value: &Content) -> Option<Content<'static>> {
    let Content::List(entries) = value else {
        return is_filled(&field.kind, value).then(|| value.to_owned_content());
    };
    let mut kept: Vec<Content> =
        entries.iter().filter_map(|entry| finished_value(field, entry, false)).collect();
    let is_group = matches!(field.kind, FieldKind::Group(_));
    if kept.is_empty() && is_group && is_obligatory(field) {
        kept.extend(finished_value(field, &Content::Object(Vec::new()), true));
    }
    (!kept.is_empty()).then_some(Content::List(kept))
}

fn finished_value(field: &Field, value: &Content, must: bool) -> Option<Content<'static>> {
    match (&field.kind, value) {
        (FieldKind::Group(fields), Content::Object(_)) => finished_group(fields, value, must),
        (FieldKind::Group(fields), Content::Null) => {
            finished_group(fields, &Content::Object(Vec::new()), must)
        }
        _ => is_filled(&field.kind, value).then(|| value.to_owned_content()),
    }
}

/// Whether something was filled in.
pub(super) fn is_filled(kind: &FieldKind, content: &Content) -> bool {
    match (kind, content) {
        (_, Content::Null) => false,
        (_, Content::List(entries)) => entries.iter().any(|entry| is_filled(kind, entry)),
        (FieldKind::Group(fields), _) => is_group_filled(fields, content),
        (_, Content::Text(text)) => !text.is_empty(),
        (_, Content::Object(members)) => !members.is_empty(),
        (_, Content::Switch(_) | Content::Number(_)) => true,
    }
}

fn is_group_filled(fields: &[Field], content: &Content) -> bool {
    fields
        .iter()
        .any(|field| content.member(&field.key).is_some_and(|value| is_filled(&field.kind, value)))
}

/// Adds an empty entry to the list of this name; false where there is no such list, or no room in it.
pub fn add_entry(structure: &Structure, content: &mut Content<'_>, list: &str) -> bool {
    let Some(field) = row_of(structure, list).filter(|field| field.repeats) else { return false };
    let blank = laid_value(field, None);
    match content.at_mut(list) {
        Some(Content::List(entries)) if entries.len() < MAX_ENTRIES => {
            entries.push(blank);
            true
        }
        _ => false,
    }
}

/// Takes out the entry of this name; false where there is none.
pub fn remove_entry(content: &mut Content<'_>, entry: &str) -> bool {
    let Some((list, number)) = entry.rsplit_once('/') else { return false };
    match (content.at_mut(list), number.parse::<usize>()) {
        (Some(Content::List(entries)), Ok(number)) if number < entries.len() => {
            entries.remove(number);
            true
        }
        _ => false,
    }
}

/// The row that a name is of.
fn row_of<'s>(structure: &'s Structure, name: &str) -> Option<&'s Field> {
    let mut steps = name.strip_prefix('/')?.split('/');
    if steps.next() != Some(&*structure.root) {
        return None;
    }
    let is_number = |step: &str| step.bytes().all(|byte| byte.is_ascii_digit());
    let mut fields = structure.fields.as_slice();
    let mut found = None;
    for step in steps.filter(|step| !is_number(step)) {
        let field = fields.iter().find(|field| *field.key == *step)?;
        if let FieldKind::Group(below) = &field.kind {
            fields = below;
        } else {
            fields = &[];
        }
        found = Some(field);
    }
    found
}
