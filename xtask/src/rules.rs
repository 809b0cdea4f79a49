//! `docs/rules.md`: every rule that the code cites, what states it and what tests it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::commands::root;
use crate::source::{self, SourceFile};

/// The rules in one sentence each, so that the pages can be read without the catalogue.
const CATALOGUE: &str = include_str!("../rules.txt");
const PAGE: &str = "docs/rules.md";

/// Where a rule is cited.
#[derive(Default)]
struct Cited {
    stated: BTreeSet<String>,
    tested: BTreeSet<String>,
}

/// Writes the page.
pub(crate) fn write() -> Result<(), String> {
    let page = page_of(&source::files()?);
    std::fs::write(root().join(PAGE), page).map_err(|error| format!("{PAGE}: {error}"))?;
    println!("{PAGE} is current");
    Ok(())
}

/// Rules that nobody knows, and a page that is not current.
pub(crate) fn faults(files: &[SourceFile]) -> Vec<String> {
    let catalogue = catalogue();
    let mut faults: Vec<String> = cited(files)
        .keys()
        .filter(|id| !catalogue.contains_key(*id))
        .map(|id| format!("{} is cited, and xtask/rules.txt does not know it", name(*id)))
        .collect();
    let kept = files.iter().find(|file| file.path == PAGE).map(|file| file.text.as_str());
    if kept != Some(page_of(files).as_str()) {
        faults.push(format!("{PAGE} is not current: run cargo xtask rules"));
    }
    faults
}

/// A rule: its area's place in [`AREAS`], and its number.
type Id = (usize, u32);

/// The areas in the catalogue's order, each with its name.
const AREAS: [(&str, &str); 13] = [
    ("ARC", "The archive"),
    ("REL", "Client relationship and case"),
    ("OLD", "Old client data"),
    ("RUR", "Register-use right"),
    ("ACC", "Who may do what"),
    ("DIS", "Disclosure, refusals and consent"),
    ("CIT", "The citizen's view"),
    ("JOI", "Joining"),
    ("REG", "Registers and code sets"),
    ("CAS", "The professional's desk"),
    ("RES", "Residents, management and secondary use"),
    ("LOG", "Logs"),
    ("OPS", "Running it"),
];

fn name(id: Id) -> String {
    format!("{}-{}", AREAS[id.0].0, id.1)
}

/// The catalogue: a line each, the id, two spaces or more, the sentence.
fn catalogue() -> BTreeMap<Id, &'static str> {
    CATALOGUE
        .lines()
        .filter_map(|line| Some((*ids(line).first()?, line.split_once("  ")?.1.trim())))
        .collect()
}

fn page_of(files: &[SourceFile]) -> String {
    let (catalogue, cited) = (catalogue(), cited(files));
    let mut page = String::from(
        "# The rules in the code\n\nMade by `cargo xtask rules` from the doc comments; a test says when it is not \
         current. A rule is *stated* where code\nor a type carries it out, and *tested* by the tests \
         that name it; many more tests touch it unnamed.\n",
    );
    for (area, (short, long)) in AREAS.iter().enumerate() {
        let own = cited.iter().filter(|(id, _)| id.0 == area);
        if own.clone().next().is_none() {
            continue;
        }
        let _ = writeln!(page, "\n## {short} · {long}");
        for (id, places) in own {
            let says = catalogue.get(id).unwrap_or(&"");
            let _ = writeln!(page, "\n**{}** {says}\n", name(*id));
            for (word, list) in [("stated", &places.stated), ("tested", &places.tested)] {
                for place in list {
                    let _ = writeln!(page, "- {word}: {place}");
                }
            }
        }
    }
    let absent: Vec<String> =
        catalogue.keys().filter(|id| !cited.contains_key(id)).map(|id| name(*id)).collect();
    let _ = writeln!(page, "\n## Not in the code yet\n\n{}", absent.join(", "));
    page
}

fn cited(files: &[SourceFile]) -> BTreeMap<Id, Cited> {
    let mut found: BTreeMap<Id, Cited> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is("rs") && !file.path.starts_with("xtask/")) {
        let tests_from = file.lines_outside_tests().len();
        let lines: Vec<&str> = file.text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let comment = line.trim_start();
            let inner = comment.starts_with("//!");
            if !inner && !comment.starts_with("///") {
                continue;
            }
            for id in ids(comment) {
                let cited = found.entry(id).or_default();
                let place = place_of(file, &lines[at..], inner);
                let list = if at < tests_from { &mut cited.stated } else { &mut cited.tested };
                list.insert(place);
            }
        }
    }
    found
}

/// The file, and the item that the comment belongs to.
fn place_of(file: &SourceFile, from: &[&str], inner: bool) -> String {
    let short = file.path.strip_prefix("crates/varanto-").unwrap_or(&file.path);
    let link = format!("[{}](../{})", short.replacen("/src/", "/", 1), file.path);
    let item = from
        .iter()
        .map(|line| line.trim_start())
        .find(|line| !line.starts_with("//") && !line.starts_with("#["));
    match item.map(name_of_item) {
        Some(item) if !inner && !item.is_empty() => format!("{link} `{item}`"),
        _ => link,
    }
}

/// The name that an item's first line gives it.
fn name_of_item(line: &str) -> String {
    const MARKS: [&str; 12] = [
        "pub",
        "pub(crate)",
        "pub(super)",
        "const",
        "static",
        "async",
        "fn",
        "struct",
        "enum",
        "type",
        "mod",
        "trait",
    ];
    let word = line.split_whitespace().find(|word| !MARKS.contains(word)).unwrap_or_default();
    word.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
}

/// The ids in a text; `ARC-1 to ARC-3` means all three.
fn ids(text: &str) -> Vec<Id> {
    let mut found = Vec::new();
    let mut range_from: Option<Id> = None;
    for word in text.split_whitespace() {
        let Some(id) = id_of(word) else {
            if word != "to" {
                range_from = None;
            }
            continue;
        };
        match range_from.take_if(|from| from.0 == id.0 && from.1 < id.1) {
            Some(from) => found.extend((from.1 + 1..=id.1).map(|number| (id.0, number))),
            None => found.push(id),
        }
        range_from = Some(id).filter(|_| word.ends_with(|letter: char| letter.is_ascii_digit()));
    }
    found
}

fn id_of(word: &str) -> Option<Id> {
    let word = word.trim_matches(|letter: char| !letter.is_ascii_alphanumeric());
    let (area, number) = word.split_once('-')?;
    let area = AREAS.iter().position(|(short, _)| *short == area)?;
    Some((area, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_with_their_ranges() {
        assert_eq!(ids("Source: ARC-1, OLD-2; national-specs 2.1"), [(0, 1), (2, 2)]);
        assert_eq!(ids("(ARC-1 to ARC-3, ARC-5)."), [(0, 1), (0, 2), (0, 3), (0, 5)]);
        assert_eq!(ids("ARC-1, and to ARC-3"), [(0, 1), (0, 3)]);
        assert_eq!(ids("UTF-8, ARC-x, XYZ-1"), []);
    }

    #[test]
    fn a_citation_is_told_with_its_item_and_whether_it_is_a_test() {
        let text = "//! The door (OPS-4).\n\n/// Opens.\n///\n/// Source: ARC-8.\n#[must_use]\n\
                    pub fn open() {}\n\n#[cfg(test)]\nmod tests {\n    /// ARC-8: opens.\n    #[test]\n    \
                    fn it_opens() {}\n}\n";
        let file = SourceFile { path: "crates/varanto-x/src/a.rs".into(), text: text.into() };
        let page = page_of(&[file]);
        assert!(page.contains("- stated: [x/a.rs](../crates/varanto-x/src/a.rs) `open`"), "{page}");
        assert!(page.contains("- tested: [x/a.rs](../crates/varanto-x/src/a.rs) `it_opens`"));
        assert!(page.contains("- stated: [x/a.rs](../crates/varanto-x/src/a.rs)\n"));
    }

    #[test]
    fn every_line_of_the_catalogue_is_a_rule_with_a_sentence() {
        assert_eq!(catalogue().len(), CATALOGUE.lines().count());
    }
}
