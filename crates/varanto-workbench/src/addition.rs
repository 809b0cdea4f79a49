//! Several reports of one source added up: what one batch left open and another brought is open no more.
//!
//! Each report is checked by itself first, and all are of one archive, by the key of its checkpoints: what a test archive
//! has is not archived. What was archived and is undone by a later report is archived no more. A row is the same document
//! in every report of a source and edition, for its identifier follows from the source's own; a row that has a file is
//! settled by a document of the same file alone. A file that no row named is settled by another batch that archived these
//! bytes as a document that was not archived before. Source: OLD-9.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Serialize;
use varanto_domain::faults::FaultKind;
use varanto_formats::checkpoints;

use crate::reconciliation::{Entry, Head, MadeEntry, ReportError, Sum, verify};

/// What several reports say together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Together {
    /// How many reports were added up.
    pub reports: usize,
    /// How many of them are of a form of before, which tells of no case or old relationship.
    pub of_rows_alone: usize,
    /// Documents that are archived in one of them.
    pub archived: u64,
    /// Documents that the organisation left out, and that no batch archived.
    pub left_out: u64,
    /// Those of them of which two people decided that the source has none that could be read.
    pub without_document: u64,
    /// What each report says by itself of its own table, in the order in which they were made.
    pub tables: Vec<OfTable>,
    /// What no batch settled, by report.
    pub open: Vec<Open>,
    /// Whether nothing is open.
    pub source_may_be_destroyed: bool,
}

/// What a report says by itself: which table of the source it is of, and what was left out of that and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfTable {
    /// The report.
    pub report: PathBuf,
    /// The source's table, as the delivery names it.
    pub table: String,
    /// The batch.
    pub batch: String,
    /// Its sum, with the reasons of what was left out.
    pub sum: Sum,
}

/// Something that no batch settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Open {
    /// The report that tells of it.
    pub report: PathBuf,
    /// The row; `None` for a file that no row names.
    pub row: Option<u64>,
    /// The file's SHA-256.
    pub sha256: Option<String>,
    /// What the case or old relationship is called, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// What became of it.
    pub outcome: String,
    /// Why.
    pub why: Option<String>,
}

/// What the reports archived and left out.
#[derive(Default)]
struct Settled {
    /// Of each archived document, the file's digest, and which report found it last.
    archived: HashMap<String, (String, usize)>,
    /// Of each report, its batch.
    batches: Vec<String>,
    /// Of each document that was left out, what its last report says of it.
    left_out: HashMap<String, LeftOut>,
    /// Of each digest, the archived documents.
    by_digest: HashMap<String, Vec<String>>,
    /// Of each case and old relationship, which report found last that it agrees.
    made: HashMap<String, usize>,
}

/// What is mended by another file in place of the one that was delivered.
const BROKEN: [FaultKind; 11] = [
    FaultKind::EmptyFile,
    FaultKind::UnreadableFile,
    FaultKind::FileTooLarge,
    FaultKind::FileWantsConversion,
    FaultKind::NotConverted,
    FaultKind::ConversionLoses,
    FaultKind::NotPdf,
    FaultKind::NotPdfA,
    FaultKind::ForbiddenInPdf,
    FaultKind::PdfAClause,
    FaultKind::NotXhtml,
];

/// What a report says of a document that was left out.
struct LeftOut {
    /// Which report it is, by when they were made.
    report: usize,
    /// The file's digest, if it has one.
    sha256: Option<String>,
    /// Whether people decided that there is no document.
    without_document: bool,
}

/// Adds reports up. What was left out settles what an earlier report left open, and never what a later one does: the batch
/// that was to bring it did not.
///
/// # Errors
/// A report that does not hold, or that is of another source, edition or archive than the first.
pub fn add_up(reports: &[PathBuf]) -> Result<Together, ReportError> {
    let mut heads = Vec::new();
    let mut sums = HashMap::new();
    for path in reports {
        let (head, sum) = verify(path)?;
        heads.push((head, path));
        sums.insert(path, sum);
    }
    check_alike(&heads)?;
    // Moments are written alike, so that their texts are in their order.
    heads.sort_by(|one, other| one.0.made_at.cmp(&other.0.made_at));
    let batches = heads.iter().map(|(head, _)| head.batch.clone()).collect();
    let mut settled = Settled { batches, ..Settled::default() };
    for (number, (head, path)) in heads.iter().enumerate() {
        each(path, &mut |line| match line {
            Line::Row(entry) => settled.note(*entry, number, head.plan.checked_by_two),
            Line::Made(made) => settled.note_made(made, number),
        })?;
    }
    let mut together = Together { reports: reports.len(), ..Together::default() };
    for (head, path) in &heads {
        let Some(sum) = sums.remove(*path) else { continue };
        let (report, table, batch) = ((*path).clone(), head.table.clone(), head.batch.clone());
        together.tables.push(OfTable { report, table, batch, sum });
    }
    together.of_rows_alone = heads.iter().filter(|(head, _)| !head.tells_of_made()).count();
    together.archived = settled.archived.len() as u64;
    let left_out = settled.left_out.iter().filter(|one| !settled.archived.contains_key(one.0));
    for (_, one) in left_out {
        together.left_out += 1;
        together.without_document += u64::from(one.without_document);
    }
    let mut told = HashSet::new();
    for (number, (_, path)) in heads.iter().enumerate() {
        let report = || (*path).clone();
        let mut here = HashSet::new();
        each(path, &mut |line| {
            let Line::Row(entry) = line else { return };
            let entry = *entry;
            here.extend(entry.document.filter(|_| entry.outcome == "archived"));
        })?;
        each(path, &mut |line| match line {
            Line::Row(entry) if settled.settles(&entry, number, &here) => {}
            Line::Row(entry) => {
                let Entry { row, sha256, document, outcome, why, .. } = *entry;
                if document.is_none_or(|one| told.insert((one, sha256.clone()))) {
                    let (report, kept) = (report(), None);
                    together.open.push(Open { report, row, sha256, kept, outcome, why });
                }
            }
            Line::Made(made) if settled.settles_made(&made, number) => {}
            Line::Made(MadeEntry { kept, outcome, why, .. }) => {
                if told.insert((kept.clone(), None)) {
                    let (report, kept) = (report(), Some(kept));
                    together.open.push(Open {
                        report,
                        row: None,
                        sha256: None,
                        kept,
                        outcome,
                        why,
                    });
                }
            }
        })?;
    }
    together.source_may_be_destroyed =
        together.open.is_empty() && together.archived + together.left_out > 0;
    Ok(together)
}

/// That all reports are of one source, edition and archive, and that none of them is of an edition that was undone.
fn check_alike(heads: &[(Head, &PathBuf)]) -> Result<(), ReportError> {
    let wrong = |path: &PathBuf, reason: String| ReportError::File { path: path.clone(), reason };
    for (head, path) in heads {
        let undone = heads.iter().filter(|(other, _)| other.batch == head.batch);
        let undone = undone.flat_map(|(other, by)| other.undone.iter().map(move |one| (one, by)));
        // Of the same edition another report tells row by row that it is undone.
        let mut undone = undone.filter(|(one, by)| one.edition == head.edition && *by != path);
        let later = heads.iter().any(|(other, _)| other.edition > head.edition);
        if let Some((one, by)) = undone.next().filter(|_| later) {
            let by = by.display();
            return Err(wrong(
                path,
                format!("the batch was undone on {}, as {by} says: leave this report out", one.at),
            ));
        }
    }
    let mut of_all: Option<(&str, u32, String)> = None;
    for (head, path) in heads {
        let key = checkpoints::read(head.checkpoint.get().as_bytes());
        let key = key.map_err(|fault| wrong(path, fault.code().to_owned()))?;
        let own = (head.source.as_str(), head.edition, key.verifier_key);
        let first = of_all.get_or_insert_with(|| own.clone());
        let other = match () {
            () if first.0 != own.0 => "source",
            () if first.1 != own.1 => "edition",
            () if first.2 != own.2 => "archive",
            () => continue,
        };
        return Err(wrong(path, format!("of another {other} than the first report")));
    }
    Ok(())
}

impl Settled {
    /// Notes a line; reports are noted in the order in which they were made.
    fn note(&mut self, entry: Entry, report: usize, by_two: bool) {
        let without_document = entry.is_without_document();
        let Some(document) = entry.document else { return };
        match (entry.outcome.as_str(), entry.sha256) {
            ("archived", Some(sum)) => {
                self.by_digest.entry(sum.clone()).or_default().push(document.clone());
                self.archived.insert(document, (sum, report));
            }
            ("undone", _) => {
                if let Some((sum, _)) = self.archived.remove(&document)
                    && let Some(same) = self.by_digest.get_mut(&sum)
                {
                    same.retain(|one| *one != document);
                }
            }
            // That there is no document two people decide.
            ("left-out", _) if without_document && !by_two => {}
            ("left-out", sha256) => {
                self.left_out.insert(document, LeftOut { report, sha256, without_document });
            }
            _ => {}
        }
    }

    /// Whether a later report than the one that found a document archived does not find it there.
    fn is_denied(&self, entry: &Entry, report: usize, found: usize) -> bool {
        let not_there = match entry.outcome.as_str() {
            "differs" | "unreadable" | "unproven" => true,
            // Of another batch that is not run yet it says nothing.
            "not-archived" => self.batches.get(report) == self.batches.get(found),
            _ => false,
        };
        not_there && report > found
    }

    fn note_made(&mut self, made: MadeEntry, report: usize) {
        if made.outcome == "archived" {
            self.made.insert(made.kept, report);
        }
    }

    /// Whether a case or old relationship agrees, in this report or in a later one.
    fn settles_made(&self, made: &MadeEntry, report: usize) -> bool {
        self.made.get(&made.kept).is_some_and(|agreed| *agreed >= report)
    }

    /// Whether something of a report is settled; `here` are the documents that the report itself archived.
    fn settles(&self, entry: &Entry, report: usize, here: &HashSet<String>) -> bool {
        match (entry.outcome.as_str(), &entry.document) {
            ("left-out", document) if entry.is_without_document() => {
                let document = document.as_deref().unwrap_or_default();
                self.archived.contains_key(document) || self.left_out.contains_key(document)
            }
            // Where it was undone afterwards, a later report tells so.
            ("archived" | "left-out", _) => true,
            ("no-row", _) => {
                let same = entry.sha256.as_ref().and_then(|sum| self.by_digest.get(sum));
                same.is_some_and(|documents| documents.iter().any(|one| !here.contains(one)))
            }
            (_, Some(document)) => {
                let shared = [FaultKind::SameSourceIdentifier, FaultKind::FileOfAnotherRow];
                let is_of_two = entry.why.as_deref().is_some_and(|why| {
                    why.split(',').any(|code| shared.iter().any(|kind| kind.code() == code))
                });
                // A broken file comes repaired, and is another one then.
                let is_broken = entry.why.as_deref().is_some_and(|why| {
                    !is_of_two
                        && why.split(',').any(|code| BROKEN.iter().any(|one| one.code() == code))
                });
                match self.archived.get(document) {
                    Some((_, found)) if self.is_denied(entry, report, *found) => false,
                    Some(_) if is_broken => true,
                    Some((sum, _)) => is_same(entry.sha256.as_ref(), Some(sum), is_of_two),
                    // What was left out without a file says nothing of one that is there, also where it was not read.
                    None => self.left_out.get(document).is_some_and(|left| {
                        let none = FaultKind::MissingFile.code();
                        let why = entry.why.as_deref().unwrap_or_default();
                        let has_file =
                            entry.sha256.is_some() || !why.split(',').any(|one| one == none);
                        let same = is_same(entry.sha256.as_ref(), left.sha256.as_ref(), has_file);
                        left.report > report && !is_of_two && same
                    }),
                }
            }
            _ => false,
        }
    }
}

/// Whether two rows are of the same file, as far as is known: where both have one, it is the same one.
fn is_same(one: Option<&String>, other: Option<&String>, both_needed: bool) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => !both_needed,
    }
}

/// A line of a report that is neither its head nor its sum.
enum Line {
    /// A row, or a file that no row names.
    Row(Box<Entry>),
    /// A case or old relationship.
    Made(MadeEntry),
}

/// Each line of a report that is neither its head nor its sum.
fn each(path: &Path, line: &mut dyn FnMut(Line)) -> Result<(), ReportError> {
    let failed = |error: std::io::Error| ReportError::File {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let file = File::open(path).map_err(failed)?;
    for text in BufReader::new(file).lines().skip(1) {
        let text = text.map_err(failed)?;
        let read = match serde_json::from_str::<Entry>(&text) {
            Ok(row) => Some(Line::Row(Box::new(row))),
            Err(_) => serde_json::from_str(&text).ok().map(Line::Made),
        };
        if let Some(read) = read {
            line(read);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(outcome: &str, sha256: Option<&str>) -> Entry {
        Entry {
            row: Some(1),
            sha256: sha256.map(str::to_owned),
            bytes: None,
            outcome: outcome.to_owned(),
            why: None,
            document: Some("1.2.246.10.1.11.1".to_owned()),
            conversion: None,
            completed: Vec::new(),
            receipt: None,
        }
    }

    /// OLD-9, OLD-7: a file that lies there is settled by what was left out with the very same file, and not by a row of
    /// another batch that was left out because it had none.
    #[test]
    fn what_was_left_out_without_a_file_settles_none() {
        let settles_as = |left_out, faulty, why: &str| {
            let mut settled = Settled::default();
            settled.note(entry("left-out", left_out), 1, false);
            let faulty = Entry { why: Some(why.to_owned()), ..entry("faulty", faulty) };
            settled.settles(&faulty, 0, &HashSet::new())
        };
        let settles = |left_out, faulty| settles_as(left_out, faulty, "missing-element");
        assert!(settles(Some("aa"), Some("aa")));
        assert!(!settles(Some("bb"), Some("aa")));
        assert!(!settles(None, Some("aa")));
        // Of a file that could not be read nobody knows what it is; of one that is not there, everybody.
        assert!(!settles_as(None, None, "unreadable-file"));
        assert!(!settles_as(Some("aa"), None, "unreadable-file"));
        assert!(settles_as(None, None, "missing-file"));
        assert!(settles_as(Some("aa"), None, "wrong-form,missing-file"));
    }

    /// OLD-9: a file that was broken and comes repaired is another one; where it is not known whose a file is, it is not.
    #[test]
    fn a_repaired_file_settles_the_broken_one() {
        let mut settled = Settled::default();
        settled.note(entry("archived", Some("bb")), 1, false);
        let settles = |why: &str| {
            let faulty = Entry { why: Some(why.to_owned()), ..entry("faulty", Some("aa")) };
            settled.settles(&faulty, 0, &HashSet::new())
        };
        assert!(settles("not-pdf"));
        assert!(settles("missing-element,not-converted"));
        assert!(!settles("missing-element"));
        assert!(!settles("not-pdf,file-of-another-row"));
    }

    /// OLD-9: what an older report found archived, and a newer one does not, is not: whatever it was the last time.
    #[test]
    fn the_last_look_at_a_document_counts() {
        for (outcome, same_batch, settled_after, settled_before) in [
            ("unreadable", true, false, true),
            ("differs", true, false, true),
            ("unproven", false, false, true),
            ("not-archived", true, false, true),
            // Another batch that has the same row and was not run.
            ("not-archived", false, true, true),
            ("faulty", true, true, true),
        ] {
            let other = if same_batch { "1" } else { "2" };
            let batches = ["1", other, "1"].map(str::to_owned).to_vec();
            let mut settled = Settled { batches, ..Settled::default() };
            settled.note(entry("archived", Some("aa")), 0, false);
            let later = entry(outcome, Some("aa"));
            assert_eq!(settled.settles(&later, 1, &HashSet::new()), settled_after, "{outcome}");
            settled.note(entry("archived", Some("aa")), 2, false);
            assert_eq!(settled.settles(&later, 1, &HashSet::new()), settled_before, "{outcome}");
        }
    }

    /// OLD-9: what one batch left out, and a later one was to bring and did not, is nowhere; and that there is no document
    /// is settled where two people decided it.
    #[test]
    fn what_was_left_out_before_settles_nothing_that_came_later() {
        let mut settled = Settled::default();
        settled.note(entry("left-out", Some("aa")), 0, true);
        for outcome in ["faulty", "refused", "not-archived"] {
            let later = entry(outcome, Some("aa"));
            assert!(!settled.settles(&later, 1, &HashSet::new()), "{outcome}");
        }
        let none = || Entry { why: Some("nothing-to-bring".to_owned()), ..entry("left-out", None) };
        for by_two in [false, true] {
            let mut settled = Settled::default();
            settled.note(none(), 0, by_two);
            assert_eq!(settled.settles(&none(), 0, &HashSet::new()), by_two);
        }
    }
}
