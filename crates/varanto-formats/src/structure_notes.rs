//! What the nation's structure files say to people: what to write in a row, and what its values are called.
//!
//! No rule needs it, so no [`Structure`](varanto_domain::structures::Structure) holds it; a form shows it.

use std::collections::HashMap;

use varanto_domain::structures::{Content, Names};

use crate::content;
use crate::national_schema::in_language;

/// What a structure's file says to people beside its rows: what to write there, and the names of values that no
/// code set has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StructureNotes {
    rows: HashMap<u16, RowNotes>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct RowNotes {
    help: Option<Names>,
    values: Vec<(String, Names)>,
}

impl StructureNotes {
    /// What the file says of filling in a row.
    #[must_use]
    pub fn help(&self, row: u16) -> Option<&Names> {
        self.rows.get(&row)?.help.as_ref()
    }

    /// The name of a value that the structure lists itself.
    #[must_use]
    pub fn value(&self, row: u16, code: &str) -> Option<&Names> {
        let values = &self.rows.get(&row)?.values;
        values.iter().find(|(known, _)| known == code).map(|(_, names)| names)
    }
}

/// Reads what a published structure file says to people. A file that is no JSON says nothing.
///
/// The names of values stand in a text (`1 = Isyys, 2 = Äitiys`), so only the values that the file allows are
/// looked for in it.
///
/// Source: CAS-1.
#[must_use]
pub fn read(bytes: &[u8]) -> StructureNotes {
    let mut rows = HashMap::new();
    if let Ok(file) = content::read(bytes, "schema") {
        collect_notes(&file, &mut rows);
    }
    StructureNotes { rows }
}

fn collect_notes(node: &Content, rows: &mut HashMap<u16, RowNotes>) {
    let core = node.member("items").unwrap_or(node);
    let notes = core.member("sosmeta");
    let row = notes.and_then(|notes| match notes.member("rowNumber")? {
        Content::Number(row) => row.parse().ok(),
        _ => None,
    });
    if let (Some(row), Some(notes)) = (row, notes) {
        let found = row_notes(notes);
        if found != RowNotes::default() {
            rows.insert(row, found);
        }
    }
    if let Some(Content::Object(members)) = core.member("properties") {
        for (_, node) in members {
            collect_notes(node, rows);
        }
    }
}

fn row_notes(notes: &Content) -> RowNotes {
    let told = |name: &str, language: &str| {
        let text = in_language(notes.member(name), language).map(str::trim);
        text.filter(|text| !text.is_empty() && *text != "-")
    };
    let help = told("description", "fi")
        .map(|fi| Names { fi: fi.to_owned(), sv: told("description", "sv").map(str::to_owned) });
    let accepted = notes.member("acceptedValues").map(Content::entries).unwrap_or_default();
    let codes: Vec<&str> =
        accepted.iter().filter_map(|note| note.member("value")?.text()).collect();
    let listed = |language: &str| {
        let text = told("valueSet", language).or_else(|| told("classification", language));
        text.map(|text| values_named(text, &codes)).unwrap_or_default()
    };
    let (fi, sv) = (listed("fi"), listed("sv"));
    let values = fi.into_iter().map(|(code, name)| {
        let sv = sv.iter().find(|(known, _)| *known == code).map(|(_, name)| name.clone());
        (code, Names { fi: name, sv })
    });
    RowNotes { help, values: values.collect() }
}

/// The names in a text that lists values: `1 = Isyys, 2 = Äitiys`.
fn values_named(text: &str, codes: &[&str]) -> Vec<(String, String)> {
    let mut places: Vec<(usize, usize, &str)> = codes
        .iter()
        .filter_map(|code| {
            text.match_indices(code).find_map(|(at, _)| {
                let begins = !text[..at].ends_with(char::is_alphanumeric);
                let rest = &text[at + code.len()..];
                let name = rest.trim_start().strip_prefix('=')?;
                begins.then(|| (at, text.len() - name.len(), *code))
            })
        })
        .collect();
    places.sort_unstable();
    let ends: Vec<usize> = places.iter().skip(1).map(|(at, ..)| *at).chain([text.len()]).collect();
    let named = places.into_iter().zip(ends).filter(|((_, from, _), end)| from <= end);
    named
        .map(|((_, from, code), end)| {
            let close = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
            (code.to_owned(), text[from..end].trim_matches(close).to_owned())
        })
        .filter(|(_, name)| !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CAS-1: names of values are taken from the text that lists them, whatever stands in the names.
    #[test]
    fn values_are_named_by_the_text_that_lists_them() {
        let check = |text: &str, codes: &[&str], expected: &[(&str, &str)]| {
            let named = values_named(text, codes);
            let named: Vec<(&str, &str)> = named.iter().map(|(a, b)| (&**a, &**b)).collect();
            assert_eq!(named, expected, "{text}");
        };
        let parents = "Sisäinen luokitus: 1 = Isyys (lapsi, isä), 2 = Äitiys,\n10 =Muu";
        check(
            parents,
            &["1", "2", "10"],
            &[("1", "Isyys (lapsi, isä)"), ("2", "Äitiys"), ("10", "Muu")],
        );
        check(
            "Y30 = Asiakas,\nY32 = Organisaatio",
            &["Y30", "Y32", "Y33"],
            &[("Y30", "Asiakas"), ("Y32", "Organisaatio")],
        );
        check("Koodistopalvelin: THL 1.2.246", &["1", "2"], &[]);
    }
}
