//! Reads the tables of known values that are part of the program.
//!
//! The tables are ours and a test reads them all, so a malformed line is a fault of the program.

use super::{Code, CodeSet, ServiceTask, TaskMapping, ValidationLevel};
use crate::ids::Oid;
use crate::structures::Names;

/// The sets of a table: `@` lines begin a set, the lines after it are its values.
pub(super) fn read_sets(text: &str) -> Vec<CodeSet> {
    let mut sets: Vec<CodeSet> = Vec::new();
    for line in lines(text) {
        if let Some(set) = line.strip_prefix("@ ") {
            sets.push(set_of(set));
        } else {
            sets.last_mut().expect("a value follows its set").values.push(value_of(line));
        }
    }
    sets
}

/// The mappings of a table, one a line.
pub(super) fn read_mappings(text: &str) -> Vec<TaskMapping> {
    lines(text)
        .map(|line| {
            let [set, code, tasks] = cells(line);
            TaskMapping {
                set: Oid::parse(set).expect("an OID of the table"),
                code: code.to_owned(),
                tasks: tasks
                    .split(' ')
                    .map(|task| ServiceTask::from_code(task).expect("a service task of 2016"))
                    .collect(),
            }
        })
        .collect()
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn cells<const N: usize>(line: &str) -> [&str; N] {
    let cells: Vec<&str> = line.split(" | ").collect();
    cells.try_into().unwrap_or_else(|_| panic!("{N} cells in {line}"))
}

fn set_of(line: &str) -> CodeSet {
    let [oid, version, level, fi, sv, _source, _why] = cells(line);
    CodeSet {
        oid: Oid::parse(oid).expect("an OID of the table"),
        version: known(version).unwrap_or_default(),
        names: names(fi, sv),
        level: ValidationLevel::from_code(level).expect("a level of the table"),
        values: Vec::new(),
        built_in: true,
    }
}

fn value_of(line: &str) -> Code {
    let [code, fi, sv, source] = cells(line);
    Code {
        code: code.to_owned(),
        names: names(fi, sv),
        first: None,
        last: None,
        own_choice: source == "own choice",
    }
}

fn names(fi: &str, sv: &str) -> Names {
    Names { fi: known(fi).unwrap_or_default(), sv: known(sv) }
}

fn known(cell: &str) -> Option<String> {
    (cell != "-").then(|| cell.to_owned())
}
