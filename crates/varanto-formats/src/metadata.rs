//! Metadata as JSON: nested objects named after the elements of the domain's table.

use std::fmt::Write;
use std::ops::Range;

use varanto_domain::archive::elements::{Element, ElementKind};
use varanto_domain::archive::metadata::{Metadata, RawMetadata, RawValue};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::structures::Content;

use crate::content;

/// Reads the metadata part of a submission.
///
/// An element that the table does not have is a fault, never ignored; so is a member that occurs
/// twice. The elements that can be read are given besides, so that their own faults are told too.
///
/// # Errors
/// The one fault that keeps anything from being read: no JSON, or no object.
pub fn read(bytes: &[u8]) -> Result<(RawMetadata<'_>, Vec<Fault>), Fault> {
    let content = content::read(bytes, "metadata")?;
    let Content::Object(members) = content else {
        return Err(Fault::new(FaultKind::WrongType, "metadata", "ARC-2").arg("expected", "object"));
    };
    let mut raw = RawMetadata::default();
    let mut faults = Vec::new();
    read_members(members, "", &mut raw, &mut faults);
    Ok((raw, faults))
}

fn read_members<'a>(
    members: Vec<(std::borrow::Cow<'a, str>, Content<'a>)>,
    under: &str,
    raw: &mut RawMetadata<'a>,
    faults: &mut Vec<Fault>,
) {
    for (name, value) in members {
        let path = if under.is_empty() { name.into_owned() } else { format!("{under}.{name}") };
        match (Element::of_path(&path), value) {
            (Some(element), value) => raw.insert(element, raw_value(element, value)),
            (None, Content::Object(members)) if is_group(&path) => {
                read_members(members, &path, raw, faults);
            }
            (None, _) if is_group(&path) => faults
                .push(Fault::new(FaultKind::WrongType, path, "ARC-2").arg("expected", "object")),
            (None, _) => faults.push(
                Fault::new(FaultKind::UnknownElement, path, "ARC-2").arg("known", known_at(under)),
            ),
        }
    }
}

fn raw_value(element: Element, value: Content<'_>) -> RawValue<'_> {
    match value {
        Content::Text(text) => RawValue::Text(text),
        Content::Switch(switch) => RawValue::Switch(switch),
        Content::Number(number) => match number.parse() {
            Ok(whole) => RawValue::Whole(whole),
            Err(_) if element.row().kind == ElementKind::Number => RawValue::Unfit("fraction"),
            Err(_) => RawValue::Unfit("number"),
        },
        Content::Null => RawValue::Unfit("null"),
        Content::List(_) => RawValue::Unfit("array"),
        Content::Object(_) => RawValue::Unfit("object"),
    }
}

/// Whether elements lie under this path.
fn is_group(path: &str) -> bool {
    Element::ALL
        .iter()
        .any(|element| element.path().strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
}

/// The names that may stand in the object at this path.
fn known_at(under: &str) -> String {
    let mut known: Vec<&str> = Vec::new();
    for element in Element::ALL {
        let rest = match under {
            "" => Some(element.path()),
            under => element.path().strip_prefix(under).and_then(|rest| rest.strip_prefix('.')),
        };
        let name = rest.and_then(|rest| rest.split('.').next());
        if let Some(name) = name.filter(|name| known.last() != Some(name)) {
            known.push(name);
        }
    }
    known.join(", ")
}

/// Prints metadata as JSON, elements in the table's order, no spaces. The same metadata gives the
/// same text always.
#[must_use]
pub fn write(metadata: &Metadata) -> String {
    let mut values = Values::default();
    metadata.for_each(|element, value| values.push(element, &value));
    values.write()
}

/// Prints metadata that nobody has checked yet in the same form.
#[must_use]
pub fn write_raw(raw: &RawMetadata<'_>) -> String {
    let mut values = Values::default();
    for element in Element::ALL {
        if let Some(value) = raw.get(*element) {
            values.push(*element, value);
        }
    }
    values.write()
}

/// Values printed one after another, each with the place where it is.
#[derive(Default)]
struct Values {
    printed: Vec<u8>,
    places: Vec<(Element, Range<usize>)>,
}

impl Values {
    fn push(&mut self, element: Element, value: &RawValue<'_>) {
        let start = self.printed.len();
        let out = &mut self.printed;
        let printed = match value {
            RawValue::Text(text) => serde_json::to_writer(out, text.as_ref()),
            RawValue::Whole(number) => serde_json::to_writer(out, number),
            RawValue::Switch(switch) => serde_json::to_writer(out, switch),
            RawValue::Unfit(_) => serde_json::to_writer(out, &()),
        };
        printed.expect("a text, number or switch is JSON, and memory takes it");
        self.places.push((element, start..self.printed.len()));
    }

    fn write(mut self) -> String {
        self.places.sort_unstable_by_key(|(element, _)| *element);
        let printed = std::str::from_utf8(&self.printed).expect("JSON is UTF-8");
        write_values(self.places.iter().map(|(element, place)| (*element, &printed[place.clone()])))
    }
}

fn write_values<'a>(values: impl Iterator<Item = (Element, &'a str)>) -> String {
    let mut text = String::with_capacity(2048);
    let mut open: Vec<&str> = Vec::new();
    text.push('{');
    let mut first = true;
    for (element, value) in values {
        let mut names: Vec<&str> = element.path().split('.').collect();
        let name = names.pop().expect("a path has a last name");
        let shared = open.iter().zip(&names).take_while(|(open, name)| open == name).count();
        for _ in shared..open.len() {
            text.push('}');
            first = false;
        }
        open.truncate(shared);
        for group in &names[shared..] {
            comma(&mut text, &mut first);
            let _ = write!(text, "\"{group}\":{{");
            open.push(group);
            first = true;
        }
        comma(&mut text, &mut first);
        let _ = write!(text, "\"{name}\":{value}");
    }
    for _ in 0..=open.len() {
        text.push('}');
    }
    text
}

fn comma(text: &mut String, first: &mut bool) {
    if !*first {
        text.push(',');
    }
    *first = false;
}
