//! Several reports of one source added up: what one batch left open and another brought is open no more.
//!
//! Each report is checked by itself first, and all are of one archive, by the key of its checkpoints: what a test archive
//! has is not archived. What was archived and is undone by a later report is archived no more. A document of a source and
//! edition has one identifier in every report, for that follows from the source's own; and each line tells whose it is, by
//! marks that name nobody. An open row is settled by a document of the same client alone, of another report, and each
//! document settles one row of a report: of two rows with one number or one file there must be two. Where nobody can tell
//! whose a row is, its number and its very bytes say that it is the same; where it has none of these, the organisation's
//! word in another batch's mapping file, which stands in the head of that one's report. A file that no row named is settled by
//! another batch that archived these bytes as a document that was not archived before. Source: OLD-9.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use serde::Serialize;
use varanto_domain::faults::FaultKind;
use varanto_formats::checkpoints;

use crate::reconciliation::{Entry, Head, MadeEntry, ReportError, Sum, verify};
use crate::whose::{Kin, Whose};

/// What several reports say together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Together {
    /// How many reports were added up.
    pub reports: usize,
    /// How many of them are of a form of before, which tells of no case or old relationship.
    pub of_rows_alone: usize,
    /// How many of them are of a form of before, which does not tell whose a row is.
    pub without_whose: usize,
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
    /// Of each report, what its head says.
    heads: Vec<Said>,
    /// Each document that is archived or left out.
    accounts: Vec<Account>,
    /// Of each document's identifier, where its accounts are.
    by_document: HashMap<Id, Vec<usize>>,
    /// Of each digest of a file, where the accounts of documents of these bytes are.
    by_digest: HashMap<Id, Vec<usize>>,
    /// Of each batch and row that was left out, where its account is.
    by_row: HashMap<(usize, u64), usize>,
    /// Of each case and old relationship, which report found last that it agrees.
    made: HashMap<String, usize>,
    /// Of each batch and row, the documents that it is said to be, by which report.
    said: HashMap<(String, u64), Vec<Word>>,
}

/// Which report says it of a row, and which documents that is.
type Word = (usize, Vec<Id>);

/// What the head of a report says.
struct Said {
    /// The batch.
    batch: String,
    /// Whether what people leave out is decided by two.
    by_two: bool,
}

/// What stands for an identifier or a digest in memory, where there may be a million of them.
type Id = [u8; 16];

fn id(text: &str) -> Id {
    let mut id = Id::default();
    id.copy_from_slice(&digest(&SHA256, text.as_bytes()).as_ref()[..16]);
    id
}

/// A document of which it is known where it is.
struct Account {
    document: Option<Id>,
    /// The file's.
    sha256: Option<Id>,
    whose: Option<Whose>,
    /// Which report told it last.
    report: usize,
    how: How,
}

/// How a document is accounted for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Archived,
    LeftOut,
    /// Two people decided that the source has none that could be read.
    Without,
    /// It was, and a later report says otherwise.
    NoMore,
}

/// What one report has while its rows are settled.
#[derive(Default)]
struct Here {
    /// The documents that it archived itself.
    archived: HashSet<Id>,
    /// The accounts that settled one of its rows already.
    used: HashSet<usize>,
}

/// What keeps the file of a row from being known though it may be there.
const OF_A_FILE_THAT_IS_THERE: [FaultKind; 8] = [
    FaultKind::AmbiguousFile,
    FaultKind::UnreadableFile,
    FaultKind::FileTooLarge,
    FaultKind::Undecodable,
    FaultKind::UnmappedValue,
    FaultKind::SurplusValues,
    FaultKind::MissingValues,
    FaultKind::UnreadableRow,
];

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

/// Adds reports up. What was left out settles what an earlier report left open, and never what a later one does: the batch
/// that was to bring it did not. No report settles what it leaves open itself.
///
/// # Errors
/// A report that does not hold, or that is of another source, edition or archive than the first.
pub fn add_up(reports: &[PathBuf]) -> Result<Together, ReportError> {
    let mut told = Vec::new();
    for path in reports {
        let (head, sum) = verify(path)?;
        told.push((head, path, sum));
    }
    check_alike(&told)?;
    // Moments are written alike, so that their texts are in their order.
    told.sort_by(|one, other| one.0.made_at.cmp(&other.0.made_at));
    let paths: Vec<&PathBuf> = told.iter().map(|(_, path, _)| *path).collect();
    let heads: Vec<&Head> = told.iter().map(|(head, ..)| head).collect();
    let (mut together, open) = sum_of(&heads, &|at, line| each(paths[at], line))?;
    for (at, one) in open {
        together.open.push(Open { report: paths[at].clone(), ..one });
    }
    for (head, path, sum) in told {
        let (report, table, batch) = (path.clone(), head.table, head.batch);
        together.tables.push(OfTable { report, table, batch, sum });
    }
    Ok(together)
}

/// The lines of a report, one after the other.
type EachLine<'a> = &'a dyn Fn(usize, &mut dyn FnMut(Line)) -> Result<(), ReportError>;

/// What reports with these heads and lines say together, and what is open, by report.
fn sum_of(
    heads: &[&Head],
    each: EachLine<'_>,
) -> Result<(Together, Vec<(usize, Open)>), ReportError> {
    let mut settled = Settled::default();
    let mut rows = 0u64;
    for (number, head) in heads.iter().enumerate() {
        settled.note_head(head, number);
        each(number, &mut |line| match line {
            Line::Row(entry) => {
                rows += u64::from(entry.row.is_some());
                settled.note(*entry, number);
            }
            Line::Made(made) => settled.note_made(made, number),
        })?;
    }
    let mut together = Together { reports: heads.len(), ..settled.counted() };
    together.of_rows_alone = heads.iter().filter(|head| !head.tells_of_made()).count();
    together.without_whose = heads.iter().filter(|head| !head.tells_whose()).count();
    let (mut open, mut told) = (Vec::new(), HashSet::new());
    for number in 0..heads.len() {
        let of_report = settled.open_in(number, each)?;
        // What another report told already is not told again; two rows of one are two.
        let keys: Vec<Id> = of_report.iter().filter_map(|(key, _)| *key).collect();
        let anew =
            of_report.into_iter().filter(|(key, _)| key.is_none_or(|key| !told.contains(&key)));
        open.extend(anew.map(|(_, one)| (number, one)));
        told.extend(keys);
    }
    let undone = heads.iter().any(|head| head.is_undone());
    together.source_may_be_destroyed = open.is_empty() && rows > 0 && !undone;
    Ok((together, open))
}

/// That all reports are of one source, edition and archive, and that none of them is of an edition that was undone.
fn check_alike(told: &[(Head, &PathBuf, Sum)]) -> Result<(), ReportError> {
    let heads: Vec<(&Head, &PathBuf)> = told.iter().map(|(head, path, _)| (head, *path)).collect();
    let wrong = |path: &PathBuf, reason: String| ReportError::File { path: path.clone(), reason };
    for (head, path) in &heads {
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
    for (head, path) in &heads {
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
    fn note_head(&mut self, head: &Head, report: usize) {
        for one in &head.settles {
            let said = self.said.entry((one.batch.clone(), one.row)).or_default();
            said.push((report, one.documents.iter().map(|one| id(one)).collect()));
        }
        self.heads.push(Said { batch: head.batch.clone(), by_two: head.plan.checked_by_two });
    }

    /// Notes a line; reports are noted in the order in which they were made.
    fn note(&mut self, entry: Entry, report: usize) {
        let batch = self.batch_of(report);
        if let Some(row) = entry.row
            && let Some(before) = self.by_row.remove(&(batch, row))
            // A later report of the batch says of the row what counts.
            && self.accounts[before].report < report
        {
            self.accounts[before].how = How::NoMore;
        }
        let how = match entry.outcome.as_str() {
            "archived" if entry.sha256.is_some() && entry.document.is_some() => How::Archived,
            "undone" => return self.take_back(entry.document.as_deref().map(id)),
            // That there is no document two people decide.
            "left-out" if entry.is_without_document() && !self.heads[report].by_two => return,
            "left-out" if entry.is_without_document() => How::Without,
            "left-out" => How::LeftOut,
            _ => return,
        };
        let Entry { document, sha256, whose, row, .. } = entry;
        let (document, sha256) = (document.as_deref().map(id), sha256.as_deref().map(id));
        let at = self.accounts.len();
        match (how, row) {
            // One document, whichever report found it last.
            (How::Archived, _) => self.take_back(document),
            (_, Some(row)) => drop(self.by_row.insert((batch, row), at)),
            (_, None) => {}
        }
        if let Some(document) = document {
            self.by_document.entry(document).or_default().push(at);
        }
        if let Some(sum) = sha256 {
            self.by_digest.entry(sum).or_default().push(at);
        }
        self.accounts.push(Account { document, sha256, whose, report, how });
    }

    /// The first report of the batch that a report is of.
    fn batch_of(&self, report: usize) -> usize {
        let own = &self.heads[report].batch;
        self.heads.iter().position(|one| one.batch == *own).unwrap_or(report)
    }

    /// A document is archived no more, or by what is told of it now.
    fn take_back(&mut self, document: Option<Id>) {
        let known = document.and_then(|document| self.by_document.get(&document));
        for at in known.into_iter().flatten() {
            if self.accounts[*at].how == How::Archived {
                self.accounts[*at].how = How::NoMore;
            }
        }
    }

    fn note_made(&mut self, made: MadeEntry, report: usize) {
        if made.agrees() {
            self.made.insert(made.kept, report);
        }
    }

    /// How many documents are archived, left out, and without one.
    fn counted(&self) -> Together {
        let mut together = Together::default();
        let archived = self.accounts.iter().filter(|one| one.how == How::Archived);
        let mut told: HashSet<Id> = archived.clone().filter_map(|one| one.document).collect();
        together.archived = archived.count() as u64;
        for one in self.accounts.iter().filter(|one| matches!(one.how, How::LeftOut | How::Without))
        {
            if one.document.is_none_or(|document| told.insert(document)) {
                together.left_out += 1;
                together.without_document += u64::from(one.how == How::Without);
            }
        }
        together
    }

    /// What a report leaves open and no other one settles.
    fn open_in(
        &self,
        report: usize,
        each: EachLine<'_>,
    ) -> Result<Vec<(Option<Id>, Open)>, ReportError> {
        let mut here = Here::default();
        each(report, &mut |line| {
            let Line::Row(entry) = line else { return };
            if entry.outcome == "archived" {
                here.archived.extend(entry.document.as_deref().map(id));
            }
        })?;
        let mut open = Vec::new();
        each(report, &mut |line| match line {
            Line::Row(entry) if self.settles(&entry, report, &mut here) => {}
            Line::Row(entry) => {
                let Entry { row, sha256, document, outcome, why, whose, .. } = *entry;
                let key = document.map(|one| id(&format!("{one} {sha256:?} {whose:?}")));
                let report = PathBuf::new();
                open.push((key, Open { report, row, sha256, kept: None, outcome, why }));
            }
            Line::Made(made) if self.settles_made(&made, report) => {}
            Line::Made(MadeEntry { kept, outcome, why, .. }) => {
                let key = Some(id(&kept));
                let (report, kept) = (PathBuf::new(), Some(kept));
                open.push((key, Open { report, row: None, sha256: None, kept, outcome, why }));
            }
        })?;
        Ok(open)
    }

    /// Whether a case or old relationship agrees, in this report's line or in a later report.
    fn settles_made(&self, made: &MadeEntry, report: usize) -> bool {
        made.agrees() || self.made.get(&made.kept).is_some_and(|agreed| *agreed > report)
    }

    /// Whether something of a report is settled.
    fn settles(&self, entry: &Entry, report: usize, here: &mut Here) -> bool {
        let is_settled = match entry.outcome.as_str() {
            "left-out" => !entry.is_without_document() || self.heads[report].by_two,
            // Where it was undone afterwards, a later report tells so.
            "archived" => true,
            "no-row" => {
                let same = entry.sha256.as_deref().and_then(|sum| self.by_digest.get(&id(sum)));
                same.is_some_and(|same| same.iter().any(|at| self.is_archived_elsewhere(*at, here)))
            }
            _ => false,
        };
        if is_settled || entry.outcome == "no-row" {
            return is_settled;
        }
        self.is_said(entry, report) || self.finds_an_account(entry, report, here)
    }

    fn is_archived_elsewhere(&self, at: usize, here: &Here) -> bool {
        let Account { how, document, .. } = &self.accounts[at];
        let own = document.is_some_and(|document| here.archived.contains(&document));
        *how == How::Archived && !own
    }

    /// Whether another batch's report says which documents a row is, and all of these are accounted for. What the archive has
    /// otherwise than it was handed in is nobody's to say.
    fn is_said(&self, entry: &Entry, report: usize) -> bool {
        let own = &self.heads[report].batch;
        if ["differs", "unreadable", "unproven", "undone"].contains(&entry.outcome.as_str()) {
            return false;
        }
        let Some(row) = entry.row else { return false };
        let said = self.said.get(&(own.clone(), row));
        said.into_iter().flatten().any(|(by, documents)| {
            let is_there = |document: &Id| {
                let known = self.by_document.get(document).into_iter().flatten();
                known.into_iter().any(|at| self.accounts[*at].how != How::NoMore)
            };
            self.heads[*by].batch != *own && !documents.is_empty() && documents.iter().all(is_there)
        })
    }

    /// Takes an account for an open row, where there is one that no other row of the report took.
    fn finds_an_account(&self, entry: &Entry, report: usize, here: &mut Here) -> bool {
        let of_it = |map: &HashMap<Id, Vec<usize>>, key: &Option<String>| {
            key.as_deref().and_then(|key| map.get(&id(key))).cloned().unwrap_or_default()
        };
        let mut known = of_it(&self.by_document, &entry.document);
        // Of two rows with one number or one file, one may have been given another number.
        if is_of_two(entry) {
            known.extend(of_it(&self.by_digest, &entry.sha256));
        }
        let fits = |at: &usize| !here.used.contains(at) && self.fits(entry, report, *at, here);
        let found = known.into_iter().find(fits);
        found.is_some_and(|at| here.used.insert(at))
    }

    /// Whether an account is that of an open row.
    fn fits(&self, entry: &Entry, report: usize, at: usize, here: &Here) -> bool {
        let account = &self.accounts[at];
        let kin = match (&entry.whose, &account.whose) {
            (Some(own), Some(other)) => own.to(other),
            _ => Kin::Unknown,
        };
        let sha256 = entry.sha256.as_deref().map(id);
        let same = sha256.is_some() && sha256 == account.sha256;
        let told_after = account.report > report;
        match (account.how, kin) {
            (How::NoMore, _) | (_, Kin::Another) => false,
            (How::Archived, _) if !self.is_archived_elsewhere(at, here) => false,
            (How::Archived, _) if self.is_denied(entry, report, account.report) => false,
            (How::LeftOut | How::Without, _) if !told_after => false,
            // Whose it is nobody knows: the number and the very bytes say that it is the same.
            (_, Kin::Unknown) => same && !is_of_two(entry),
            (_, Kin::Same) if is_of_two(entry) => same,
            (How::Archived, Kin::Same) => same || entry.sha256.is_none() || is_broken(entry),
            // What was left out without a file says nothing of one that is there, also where it was not read.
            (How::LeftOut | How::Without, Kin::Same) => {
                same || (sha256.is_none() && names_no_file(entry))
            }
        }
    }

    /// Whether a later report than the one that found a document archived does not find it there.
    fn is_denied(&self, entry: &Entry, report: usize, found: usize) -> bool {
        let not_there = match entry.outcome.as_str() {
            "differs" | "unreadable" | "unproven" | "undone" => true,
            // Of another batch that is not run yet it says nothing.
            "not-archived" => self.heads[report].batch == self.heads[found].batch,
            _ => false,
        };
        not_there && report > found
    }
}

/// Whether one of these faults is among the causes of a row.
fn has(entry: &Entry, kinds: &[FaultKind]) -> bool {
    let why = entry.why.as_deref().unwrap_or_default();
    why.split(',').any(|code| kinds.iter().any(|kind| kind.code() == code))
}

/// Whether a row has its number or its file in common with another one.
fn is_of_two(entry: &Entry) -> bool {
    has(entry, &[FaultKind::SameSourceIdentifier, FaultKind::FileOfAnotherRow])
}

/// Whether its file is broken, or people decided that it is none: it comes repaired, and is another one then.
fn is_broken(entry: &Entry) -> bool {
    entry.is_without_document() || has(entry, &BROKEN)
}

/// Whether a row has no file: it names none, or one that the delivery does not have.
fn names_no_file(entry: &Entry) -> bool {
    has(entry, &[FaultKind::MissingFile])
        || entry.is_without_document()
        || (entry.sha256.is_none()
            && has(entry, &[FaultKind::MissingElement])
            && !has(entry, &OF_A_FILE_THAT_IS_THERE))
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
mod tests;
