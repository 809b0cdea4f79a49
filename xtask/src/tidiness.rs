//! Tidiness: the house's own rules that no other tool checks, one suite, one check each.

use std::collections::BTreeSet;
use std::path::Path;

use crate::commands::root;
use crate::decision_table;
use crate::metadata_table;
use crate::report::{NO_CHECKS, Suite};
use crate::rules;
use crate::source::{self, SourceFile};

/// A rule of the house: what it says, and what breaks it.
type Rule = (&'static str, fn(&[SourceFile]) -> Vec<String>);

const RULES: [Rule; 10] = [
    ("nothing is left to do", unfinished),
    ("no unwrap outside tests", unwraps),
    ("no test is ignored", ignored),
    ("no path of a machine", machine_paths),
    ("no file lies deeper than the house", too_deep),
    ("no function over 80 lines", long_functions),
    ("every link and path in the pages leads somewhere", broken_links),
    ("every rule cited is known, and docs/rules.md is current", rules::faults),
    ("docs/metadata.md has the table that is in the code", metadata_table::faults),
    ("docs/decision-table.md says what is decided", decision_table::faults),
];

/// The longest function outside tests, from its head to its closing brace.
const LONGEST: usize = 80;

/// The deepest path of code: `crates/x/src/area/file/part.rs`; most end one step earlier.
const DEEPEST: usize = 6;

/// Checks every rule.
pub(crate) fn check() -> Result<Vec<Suite>, String> {
    let files = source::files()?;
    let suites = RULES.iter().map(|(says, broken_by)| {
        let faults = broken_by(&files);
        for fault in &faults {
            println!("{fault}");
        }
        Suite::single(says, faults.is_empty())
    });
    Ok(suites.collect())
}

fn code(files: &[SourceFile]) -> impl Iterator<Item = &SourceFile> {
    files.iter().filter(|file| file.is("rs"))
}

fn pages(files: &[SourceFile]) -> impl Iterator<Item = &SourceFile> {
    files.iter().filter(|file| file.is("md"))
}

fn place(file: &SourceFile, line: usize, what: &str) -> String {
    format!("{}:{line}: {what}", file.path)
}

// The words below are put together, so that this file does not break its own rules.

fn unfinished(files: &[SourceFile]) -> Vec<String> {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let calls = [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!(")];
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| file.is("rs") || file.is("toml") || file.is("md")) {
        for (number, line) in (1..).zip(file.text.lines()) {
            let is_word = |word: &&str| {
                line.split(|letter: char| !letter.is_alphanumeric()).any(|own| own == *word)
            };
            if let Some(word) = words.iter().find(|word| is_word(word)) {
                faults.push(place(file, number, word));
            }
            if let Some(call) = calls.iter().find(|call| line.contains(**call)) {
                faults.push(place(file, number, call));
            }
        }
    }
    faults
}

fn unwraps(files: &[SourceFile]) -> Vec<String> {
    let call = concat!(".unw", "rap()");
    let mut faults = Vec::new();
    for file in code(files).filter(|file| !file.path.starts_with("fuzz/")) {
        for (number, line) in file.lines_outside_tests() {
            if line.contains(call) && !line.trim_start().starts_with("//") {
                faults.push(place(file, number, "say why it cannot fail: expect(\"…\")"));
            }
        }
    }
    faults
}

fn ignored(files: &[SourceFile]) -> Vec<String> {
    let mark = concat!("#[ign", "ore");
    let mut faults = Vec::new();
    for file in code(files) {
        for (number, line) in (1..).zip(file.text.lines()) {
            let is_check = !NO_CHECKS.iter().any(|reason| line.contains(reason));
            if line.trim_start().starts_with(mark) && is_check {
                faults.push(place(file, number, "an ignored test tells nothing"));
            }
        }
    }
    faults
}

fn machine_paths(files: &[SourceFile]) -> Vec<String> {
    let places = [
        concat!("/wo", "rk/"),
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
    ];
    let mut faults = Vec::new();
    for file in files.iter().filter(|file| !file.path.starts_with("licences/")) {
        for (number, line) in (1..).zip(file.text.lines()) {
            let begins = |at: usize| {
                !line[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '.')
            };
            let told = |path: &&str| line.match_indices(*path).any(|(at, _)| begins(at));
            if let Some(path) = places.iter().find(|path| told(path)) {
                faults.push(place(file, number, path));
            }
        }
    }
    faults
}

fn too_deep(files: &[SourceFile]) -> Vec<String> {
    code(files)
        .filter(|file| file.path.split('/').count() > DEEPEST)
        .map(|file| format!("{}: an area that outgrows its folder becomes two areas", file.path))
        .collect()
}

/// The code is formatted, so a function ends at the first brace that stands under its head.
fn long_functions(files: &[SourceFile]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in code(files) {
        let mut open: Option<(usize, usize, String)> = None;
        for (number, line) in file.lines_outside_tests() {
            let indent = line.len() - line.trim_start().len();
            match &open {
                Some((begun, head, name)) if line.trim_end() == "}" || line.trim() == "}" => {
                    if indent == *head {
                        let lines = number - begun + 1;
                        if lines > LONGEST {
                            faults.push(place(file, *begun, &format!("{name} has {lines} lines")));
                        }
                        open = None;
                    }
                }
                Some(_) => {}
                None => {
                    open = function_begun(line).map(|name| (number, indent, name));
                    if line.trim_end().ends_with('}') || line.trim_end().ends_with(';') {
                        open = None;
                    }
                }
            }
        }
    }
    faults
}

fn function_begun(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let mark = words.find(|word| {
        !word.starts_with("pub") && !matches!(*word, "const" | "async" | "unsafe" | "in" | "crate)")
    })?;
    let name = words.next().filter(|_| mark == "fn")?;
    Some(name.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect())
}

fn broken_links(files: &[SourceFile]) -> Vec<String> {
    let mut faults = Vec::new();
    for file in pages(files) {
        let mut in_example = false;
        for (number, line) in (1..).zip(file.text.lines()) {
            if line.trim_start().starts_with("```") {
                in_example = !in_example;
            }
            if in_example {
                continue;
            }
            for target in links(line).filter(|target| !leads(file, target, files)) {
                faults.push(place(file, number, &format!("{target} leads nowhere")));
            }
            for path in code_paths(line).filter(|path| !root().join(path).exists()) {
                faults.push(place(file, number, &format!("{path} does not exist")));
            }
        }
    }
    faults
}

fn links(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("](").filter_map(|(at, mark)| {
        let rest = &line[at + mark.len()..];
        rest.find(')').map(|end| &rest[..end])
    })
}

fn leads(page: &SourceFile, target: &str, files: &[SourceFile]) -> bool {
    if target.starts_with("https://") || target.starts_with("http://") {
        return true;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    if path.is_empty() {
        return anchors(&page.text).contains(anchor);
    }
    let wanted = Path::new(&page.path).parent().unwrap_or(Path::new("")).join(path);
    if !root().join(&wanted).exists() {
        return false;
    }
    let wanted = plain(&wanted);
    let text = files.iter().find(|file| file.path == wanted).map(|file| file.text.as_str());
    anchor.is_empty() || text.is_some_and(|text| anchors(text).contains(anchor))
}

/// A path without its `..`.
fn plain(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part.as_os_str().to_string_lossy().as_ref() {
            ".." => drop(parts.pop()),
            "." => {}
            name => parts.push(name.to_owned()),
        }
    }
    parts.join("/")
}

/// The anchors that headings get: lower case, letters and digits, a hyphen for each space.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            let kept =
                words.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.map(|letter| if letter == ' ' { '-' } else { letter }).collect()
        })
        .collect()
}

/// Paths of the checkout that a page names in backticks.
fn code_paths(line: &str) -> impl Iterator<Item = &str> {
    const ROOMS: [&str; 6] = ["crates/", "docs/", "xtask/", "fuzz/", "bench/", "licences/"];
    line.split('`').skip(1).step_by(2).filter(|path| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
        ROOMS.iter().any(|room| path.starts_with(room)) && path.chars().all(plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> SourceFile {
        SourceFile { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn what_breaks_a_rule_is_found_and_where() {
        let check =
            |rule: fn(&[SourceFile]) -> Vec<String>, path: &str, text: &str, found: usize| {
                let faults = rule(&[file(path, text)]);
                assert_eq!(faults.len(), found, "{text}: {faults:?}");
            };
        check(unfinished, "a.rs", concat!("// TO", "DO later"), 1);
        check(unfinished, "a.rs", concat!("x(TO", "DOS)"), 0);
        check(unwraps, "a.rs", concat!("let x = y.unw", "rap();"), 1);
        check(unwraps, "a/tests.rs", concat!("let x = y.unw", "rap();"), 0);
        check(unwraps, "a.rs", concat!("#[cfg(test)]\nmod tests {\n    y.unw", "rap();\n}"), 0);
        let allowed = "#[cfg(test)]\n#[expect(lint, reason = \"small\")]\nmod tests {\n";
        check(unwraps, "a.rs", &format!("{allowed}{}", concat!("    y.unw", "rap();\n}")), 0);
        check(ignored, "a.rs", concat!("    #[ign", "ore = \"slow\"]"), 1);
        check(ignored, "a.rs", concat!("    #[ign", "ore = \"a measurement\"]"), 0);
        check(machine_paths, "a.rs", concat!("see \"/ho", "me/aino/x\""), 1);
        check(machine_paths, "a.rs", concat!("docs/ho", "me/x and ../ho", "me/x"), 0);
        check(too_deep, "crates/x/src/a/b/c/d.rs", "", 1);
        check(too_deep, "crates/x/src/a/b.rs", "", 0);
    }

    #[test]
    fn a_long_function_is_found_by_its_name() {
        let body = |lines: usize| {
            format!("impl X {{\n    pub(crate) fn f(\n{}    }}\n}}\n", "        a;\n".repeat(lines))
        };
        assert_eq!(long_functions(&[file("a.rs", &body(78))]), Vec::<String>::new());
        assert_eq!(long_functions(&[file("a.rs", &body(79))]), ["a.rs:2: f has 81 lines"]);
    }

    #[test]
    fn links_lead_to_files_and_headings() {
        let page =
            "# The house\nSee [code](../xtask/src/main.rs), [above](#the-house), `xtask/src`.\n";
        assert_eq!(broken_links(&[file("docs/a.md", page)]), Vec::<String>::new());
        let check = |line: &str| {
            let faults = broken_links(&[file("docs/a.md", line)]);
            assert_eq!(faults.len(), 1, "{line}: {faults:?}");
        };
        check("[gone](gone.md)");
        check("[gone](#gone)");
        check("`crates/varanto-gone/src/lib.rs`");
    }
}
