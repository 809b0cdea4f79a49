//! What earlier documents say in the rows that a form has empty.

use varanto_domain::structures::{Content, Field, FieldKind, Structure};

use super::posted::is_filled;

/// A document that was written before.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'e> {
    /// On which structure.
    pub structure: &'e Structure,
    /// What is in it.
    pub content: &'e Content<'e>,
}

/// A value that an earlier document has in a row that the form has empty.
#[derive(Debug, Clone, PartialEq)]
pub struct EarlierValue {
    /// The name of its control.
    pub name: String,
    /// The value.
    pub value: Content<'static>,
    /// Which of the documents has it.
    pub place: usize,
}

/// What the documents have for the empty rows of a form; for each row the first of them that has something. A row is the same in
/// two structures where it stands at the same place under the root and holds the same kind of value. The
/// entries of what repeats are of one document alone, so that no two persons are mixed. Rows that are known otherwise are not
/// looked for, and neither are the writer, identifiers and fixed texts: they are of one document alone.
///
/// Source: REL-9.
#[must_use]
pub fn earlier(
    structure: &Structure,
    content: &Content,
    known: &[&str],
    documents: &[Earlier],
) -> Vec<EarlierValue> {
    let before = documents.iter().enumerate().filter_map(|(place, one)| {
        let content = one.content.member(&one.structure.root)?;
        Some(Before { place, fields: &one.structure.fields, content })
    });
    let (before, root) = (before.collect::<Vec<_>>(), format!("/{}", structure.root));
    let mut looking = Looking { known, found: Vec::new() };
    let fields = structure.fields.iter().filter(|field| &*field.key != "laatija");
    looking.group(fields, content.member(&structure.root), &root, &before);
    looking.found
}

/// Puts a value into an empty row of a form; false where there is no such row, or something in it.
pub fn take_over(content: &mut Content<'static>, name: &str, value: &Content<'static>) -> bool {
    match content.at_mut(name) {
        Some(place) if is_empty(place) => {
            *place = value.clone();
            true
        }
        _ => false,
    }
}

fn is_empty(content: &Content) -> bool {
    match content {
        Content::Null => true,
        Content::Text(text) => text.is_empty(),
        Content::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// A group of an earlier document.
struct Before<'e> {
    place: usize,
    fields: &'e [Field],
    content: &'e Content<'e>,
}

/// A row of an earlier document.
type Row<'e> = (usize, &'e Field, &'e Content<'e>);

struct Looking<'k> {
    known: &'k [&'k str],
    found: Vec<EarlierValue>,
}

impl Looking<'_> {
    fn group<'f>(
        &mut self,
        fields: impl Iterator<Item = &'f Field>,
        content: Option<&Content>,
        at: &str,
        before: &[Before<'_>],
    ) {
        for field in fields {
            let name = format!("{at}/{}", field.key);
            let held = content.and_then(|content| content.member(&field.key));
            let same: Vec<Row> = before
                .iter()
                .filter_map(|one| {
                    let is_same = |f: &&Field| f.key == field.key && f.repeats == field.repeats;
                    let theirs = one.fields.iter().find(is_same)?;
                    Some((one.place, theirs, one.content.member(&field.key)?))
                })
                .filter(|(_, theirs, value)| is_filled(&theirs.kind, value))
                .collect();
            if !field.repeats {
                self.value(field, held, name, &same);
                continue;
            }
            let Some((place, theirs, entries)) = same.first() else { continue };
            let entries = entries.entries().iter();
            for (number, (own, entry)) in
                held.map_or(&[][..], Content::entries).iter().zip(entries).enumerate()
            {
                let one = [(*place, *theirs, entry)];
                self.value(field, Some(own), format!("{name}/{number}"), &one);
            }
        }
    }

    fn value(&mut self, field: &Field, held: Option<&Content>, name: String, same: &[Row<'_>]) {
        if let FieldKind::Group(fields) = &field.kind {
            let before = same.iter().filter_map(|(place, theirs, content)| match &theirs.kind {
                FieldKind::Group(fields) => Some(Before { place: *place, fields, content }),
                _ => None,
            });
            let before: Vec<Before> = before.collect();
            return self.group(fields.iter(), held, &name, &before);
        }
        let of_one_document_alone = matches!(
            field.kind,
            FieldKind::Identifier { .. } | FieldKind::Phrase(_) | FieldKind::SignatureLine
        );
        if of_one_document_alone
            || self.known.contains(&name.as_str())
            || held.is_some_and(|held| is_filled(&field.kind, held))
        {
            return;
        }
        if let Some((place, _, value)) =
            same.iter().find(|(_, theirs, _)| theirs.kind == field.kind)
        {
            let value = value.to_owned_content();
            self.found.push(EarlierValue { name, value, place: *place });
        }
    }
}
