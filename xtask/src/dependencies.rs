//! Dependencies: every licence is one of the list, and every direct one has a line with its reason
//! in `docs/dependencies.md`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::commands::{answer_of, cargo, root};
use crate::report::Suite;

const ALLOWED: &str = include_str!("../licences.txt");
const PAGE: &str = "docs/dependencies.md";

/// Checks licences and the page of reasons.
pub(crate) fn check() -> Result<Vec<Suite>, String> {
    let (workspace, fuzz) = (metadata("Cargo.toml")?, metadata("fuzz/Cargo.toml")?);
    let page = std::fs::read_to_string(root().join(PAGE)).map_err(|e| format!("{PAGE}: {e}"))?;
    let mut direct = direct_of(&workspace);
    for (name, users) in direct_of(&fuzz) {
        direct.entry(name).or_default().extend(users);
    }
    Ok(vec![
        told("every licence is allowed", &faults_of_licences(&[&workspace, &fuzz])),
        told("every direct dependency has its reason", &faults_of_page(&page, &direct)),
    ])
}

fn told(name: &str, faults: &[String]) -> Suite {
    for fault in faults {
        println!("{fault}");
    }
    Suite::single(name, faults.is_empty())
}

fn metadata(manifest: &str) -> Result<Value, String> {
    let asked =
        cargo(&["metadata", "--format-version", "1", "--locked", "--manifest-path", manifest]);
    let answer = answer_of(asked)
        .ok_or_else(|| format!("cargo metadata of {manifest} fails: is its lock file current?"))?;
    serde_json::from_str(&answer).map_err(|error| error.to_string())
}

fn packages(metadata: &Value) -> impl Iterator<Item = &Value> {
    metadata["packages"].as_array().into_iter().flatten()
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_default()
}

/// The packages of others that each of our manifests names, with the names of those manifests.
fn direct_of(metadata: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let members: BTreeSet<&str> = metadata["workspace_members"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for package in packages(metadata).filter(|package| members.contains(text(package, "id"))) {
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if dependency["source"].is_string() {
                let users = found.entry(text(dependency, "name").to_owned()).or_default();
                users.insert(text(package, "name").trim_start_matches("varanto-").to_owned());
            }
        }
    }
    found
}

fn faults_of_licences(all: &[&Value]) -> Vec<String> {
    let allowed: BTreeSet<&str> =
        ALLOWED.lines().filter(|line| !line.starts_with('#')).filter_map(first_word).collect();
    let mut faults = BTreeSet::new();
    for package in all.iter().flat_map(|metadata| packages(metadata)) {
        let licence = text(package, "license");
        if package["source"].is_string() && !is_allowed(licence, &allowed) {
            faults.insert(format!(
                "{} {}: licence {licence:?} is not in xtask/licences.txt",
                text(package, "name"),
                text(package, "version")
            ));
        }
    }
    faults.into_iter().collect()
}

fn first_word(line: &str) -> Option<&str> {
    line.split("  ").next().map(str::trim).filter(|word| !word.is_empty())
}

/// Whether a licence expression can be met with allowed licences: one side of an `OR`, both of an
/// `AND`. The old way of writing `OR` is a slash.
fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let expression = expression.replace('/', " OR ");
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let well = any_side(&mut words, allowed);
    well && words.next().is_none()
}

type Words<'w> = std::iter::Peekable<std::str::SplitWhitespace<'w>>;

fn any_side(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> bool {
    let mut well = all_sides(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        // Both sides are read, whatever the first one gave.
        well |= all_sides(words, allowed);
    }
    well
}

fn all_sides(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> bool {
    let mut well = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        well &= one(words, allowed);
    }
    well
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> bool {
    match words.next() {
        Some("(") => {
            let well = any_side(words, allowed);
            words.next_if_eq(&")").is_some() && well
        }
        Some(name) if words.next_if_eq(&"WITH").is_some() => {
            let exception = words.next().unwrap_or_default();
            allowed.contains(format!("{name} WITH {exception}").as_str())
        }
        Some(name) => allowed.contains(name),
        None => false,
    }
}

/// What the page of reasons lacks, or has too much of. A line is
/// `| name | users, with commas | reason |`.
fn faults_of_page(page: &str, direct: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for line in page.lines().filter_map(|line| line.strip_prefix("| `")) {
        let Some((name, rest)) = line.split_once('`') else { continue };
        let cells: Vec<&str> = rest.split('|').map(str::trim).collect();
        let (users, reason) = (cells.get(1).unwrap_or(&""), cells.get(2).unwrap_or(&""));
        let users: BTreeSet<String> = users.split(", ").map(str::to_owned).collect();
        seen.insert(name.to_owned());
        match direct.get(name) {
            None => faults.push(format!("{PAGE}: nobody uses {name} directly")),
            Some(real) if *real != users => {
                faults.push(format!("{PAGE}: {name} is used by {}", joined(real)));
            }
            Some(_) if reason.len() < 10 => faults.push(format!("{PAGE}: {name} has no reason")),
            Some(_) => {}
        }
    }
    for (name, users) in direct.iter().filter(|(name, _)| !seen.contains(*name)) {
        faults.push(format!("{PAGE}: {name}, used by {}, has no line", joined(users)));
    }
    faults
}

fn joined(users: &BTreeSet<String>) -> String {
    users.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_allowed_when_a_choice_of_it_is() {
        let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]);
        let check = |expression, expected| {
            assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
        };
        check("MIT", true);
        check("MIT/Apache-2.0", true);
        check("Apache-2.0 OR MIT", true);
        check("MIT AND Apache-2.0", false);
        check("ISC AND (Apache-2.0 OR MIT)", true);
        check("ISC AND (Apache-2.0 OR GPL-3.0)", false);
        check("Apache-2.0 WITH LLVM-exception", true);
        check("Apache-2.0 WITH GCC-exception", false);
        check("GPL-3.0", false);
        check("", false);
        check("MIT MIT", false);
    }

    #[test]
    fn the_page_names_each_dependency_with_its_users_and_a_reason_and_no_other() {
        let direct = BTreeMap::from([
            ("jiff".to_owned(), BTreeSet::from(["domain".to_owned()])),
            ("zstd".to_owned(), BTreeSet::from(["store".to_owned(), "bench".to_owned()])),
        ]);
        let good =
            "| `jiff` | domain | days and instants |\n| `zstd` | bench, store | compression |";
        assert_eq!(faults_of_page(good, &direct), Vec::<String>::new());
        let check = |page: &str, word: &str| {
            let faults = faults_of_page(page, &direct);
            assert!(faults.iter().any(|fault| fault.contains(word)), "{word}: {faults:?}");
        };
        check("| `jiff` | domain | days and instants |", "zstd, used by bench, store, has no line");
        check("| `zstd` | store | compression |", "zstd is used by bench, store");
        check("| `jiff` | domain |  |", "jiff has no reason");
        check("| `serde` | domain | because it is there |", "nobody uses serde");
    }
}
