//! The checkout's own files: every one that is text, none that was built.

use std::fs;
use std::path::Path;

use crate::commands::root;

/// A text file of the checkout.
pub(crate) struct SourceFile {
    /// Its path from the checkout's folder, with `/` between.
    pub(crate) path: String,
    /// What it holds.
    pub(crate) text: String,
}

/// What was built or made by running, and git's own.
const MADE: [&str; 6] = ["target", ".git", "corpus", "artifacts", "varanto-data", "node_modules"];

/// Every text file, in the order of their paths.
pub(crate) fn files() -> Result<Vec<SourceFile>, String> {
    let mut found = Vec::new();
    gather(&root(), "", &mut found)?;
    found.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(found)
}

fn gather(folder: &Path, prefix: &str, found: &mut Vec<SourceFile>) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(told)? {
        let entry = entry.map_err(told)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // In a linked work tree `.git` is a file, and not of the project either.
        if MADE.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(told)?;
        if kind.is_dir() {
            gather(&entry.path(), &format!("{path}/"), found)?;
        } else if kind.is_file() {
            let bytes = fs::read(entry.path()).map_err(told)?;
            if let Ok(text) = String::from_utf8(bytes) {
                found.push(SourceFile { path, text });
            }
        }
    }
    Ok(())
}

impl SourceFile {
    /// Whether its name ends so.
    pub(crate) fn is(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|own| own == extension)
    }

    /// Whether the whole file is tests.
    pub(crate) fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.split('/').any(|part| part == "tests")
    }

    /// Its lines outside tests, each with its number from 1. Tests stand at the end of a file.
    pub(crate) fn lines_outside_tests(&self) -> Vec<(usize, &str)> {
        if self.is_test() {
            return Vec::new();
        }
        let lines: Vec<&str> = self.text.lines().collect();
        let module = |line: &&str| line.starts_with("mod ") && line.ends_with('{');
        let opens_tests = |at: &usize| {
            let item = lines[*at..].iter().find(|line| !line.starts_with("#["));
            lines[*at] == "#[cfg(test)]" && item.is_some_and(module)
        };
        let tests_begin = (0..lines.len()).find(opens_tests);
        let end = tests_begin.unwrap_or(lines.len());
        (1..).zip(lines.into_iter().take(end)).collect()
    }
}
