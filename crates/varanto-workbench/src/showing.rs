//! Everything that is known of one row: what the source says, what the mapping made of it, what was found, and where
//! it is on its way. Source: OLD-7, OLD-9.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;
use serde_json::Value;
use varanto_domain::ids::PersonalIdentityCode;

use crate::answers::{Given, given};
use crate::conversion::{Conversion, hexadecimal};
use crate::delivery::Delivery;
use crate::mapping::Mapping;
use crate::reading::source_row;
use crate::rehearsal::RehearsalError;
use crate::report::{FaultGroup, faults_of};
use crate::work::{RowName, Work, read_conversion, read_values};

/// How long an identity code is.
const CODE: usize = 11;
/// What stands for one.
const MASKED: &str = "******-****";

/// What is known of a row.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The columns with their values, those of the tables beside too.
    pub source: Vec<(String, String)>,
    /// What the mapping made of them, by name.
    pub made: BTreeMap<String, String>,
    /// What people completed.
    pub completed: Vec<Completed>,
    /// Whether what they completed counts only when another person has checked it.
    pub checked_by_two: bool,
    /// The file's name in the delivery.
    pub file: Option<String>,
    /// What the file is, its bytes and its SHA-256.
    pub content: Option<(String, u64, String)>,
    /// How it is converted.
    pub conversion: Option<Conversion>,
    /// How far it is.
    pub state: String,
    /// Why it is not brought.
    pub left_out: Option<String>,
    /// The document, its case and its relationship in the archive.
    pub called: [Option<String>; 3],
    /// The receipt.
    pub receipt: Option<Value>,
    /// Every fault.
    pub faults: Vec<FaultGroup>,
}

/// Something that a person completed.
#[derive(Debug, Clone)]
pub struct Completed {
    /// By name: of a value, the decision on the row, or the fault that may stand.
    pub what: String,
    /// The value, without identity codes; empty where nothing is known.
    pub value: String,
    /// Who, as the use log names the actor, by name, and when.
    pub by: String,
    /// The name.
    pub name: String,
    /// When.
    pub at: String,
    /// Who checked it, by name, and when.
    pub checked: Option<(String, String, String)>,
}

impl Completed {
    fn of(given: Given) -> Self {
        let (by, at) = given.by;
        Self {
            what: given.answer.element(),
            value: masked(given.answer.value()),
            by: by.actor,
            name: by.name,
            at,
            checked: given.checked.map(|(by, at)| (by.actor, by.name, at)),
        }
    }
}

/// What is known of a row; `None` where the index has no such row. Identity codes are masked.
///
/// # Errors
/// What cannot be read.
pub fn show(
    work: &Work,
    delivery: &Delivery,
    mapping: &Mapping,
    place: u64,
) -> Result<Option<Shown>, RehearsalError> {
    let mut statement = work.connection().prepare(
        "SELECT number, said, file, kind, bytes, digest, conversion, state, left_out, document, case_id, relationship,
           receipt, row
         FROM item WHERE place = ? ORDER BY number",
    )?;
    let found = statement.query_row([place.cast_signed()], |row| {
        let content: (Option<String>, Option<i64>, Option<Vec<u8>>) =
            (row.get(3)?, row.get(4)?, row.get(5)?);
        let called = [row.get(9)?, row.get(10)?, row.get(11)?];
        let receipt: Option<String> = row.get(12)?;
        let shown = Shown {
            source: Vec::new(),
            made: BTreeMap::new(),
            completed: Vec::new(),
            checked_by_two: mapping.checked_by_two,
            file: None,
            content: match content {
                (Some(kind), Some(bytes), Some(sum)) => {
                    Some((kind, bytes.unsigned_abs(), hexadecimal(&sum)))
                }
                _ => None,
            },
            conversion: None,
            state: row.get(7)?,
            left_out: row.get(8)?,
            called,
            receipt: receipt.and_then(|receipt| serde_json::from_str(&receipt).ok()),
            faults: Vec::new(),
        };
        let (number, said): (i64, String) = (row.get(0)?, row.get(1)?);
        let name: Option<RowName> = row.get(13)?;
        let (file, conversion): (Option<i64>, Option<String>) = (row.get(2)?, row.get(6)?);
        Ok((shown, (number, name), said, file, conversion))
    });
    let Some((mut shown, (number, name), said, file, conversion)) = found.optional()? else {
        return Ok(None);
    };
    let values = read_values(&said)?;
    shown.made =
        values.iter().map(|(target, value)| (target.name().to_owned(), masked(value))).collect();
    if let Some(name) = name {
        shown.completed = given(work, &name)?.into_iter().map(Completed::of).collect();
    }
    let entry = file.and_then(|at| delivery.entries().get(usize::try_from(at).ok()?));
    shown.file = entry.map(|entry| masked(&entry.name));
    shown.conversion = read_conversion(conversion)?;
    shown.faults = faults_of(work, number)?;
    if let Some(row) = source_row(mapping, work, place)? {
        let pairs = row.columns.iter().zip(&row.values);
        shown.source = pairs.map(|(column, value)| (column.clone(), masked(value))).collect();
    }
    Ok(Some(shown))
}

/// A value without the identity codes in it.
fn masked(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(first) = rest.chars().next() {
        let code = rest.get(..CODE).filter(|part| PersonalIdentityCode::parse(part).is_ok());
        if code.is_some() {
            out.push_str(MASKED);
            rest = &rest[CODE..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OLD-9: no identity code is shown, wherever in a value it stands.
    #[test]
    fn identity_codes_are_masked() {
        assert_eq!(masked("080850-901K"), MASKED);
        assert_eq!(masked("äiti 080850-901K, 12"), format!("äiti {MASKED}, 12"));
        assert_eq!(masked("ei mitään 080850-9"), "ei mitään 080850-9");
    }
}
