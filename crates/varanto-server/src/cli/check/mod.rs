//! `varanto check`: a validator in a box. It runs the stages of archiving on files and keeps nothing,
//! so it needs no archive and no server. Source: ARC-1, ARC-2, ARC-5, ARC-6.

mod kinds;
mod telling;

use std::fs;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use varanto_app::Registry;
use varanto_app::archive::{
    CheckOptions, Checked, PdfRules, SignatureTrust, Submission, check_message, check_part,
    check_submission,
};
use varanto_domain::archive::conformance::{ConformanceLevel, ConformanceLevels};
use varanto_domain::ids::Oid;
use varanto_domain::time::{Clock, FinnishDay, Instant};
use varanto_formats::pdf::Flavour;
use varanto_formats::signature::Trust;

use super::Failure;
use super::output::{Output, Progress};
use crate::anchors;
use crate::clock::MachineClock;
use crate::texts::Language;
use kinds::{Item, Kind, KnownFile};
use telling::{PassedOver, Told, Verdict, What};

/// The largest file that is read, in bytes: no part and no message may be larger.
const MAX_BYTES: u64 = 200 * 1024 * 1024;
/// How many bytes at the beginning of a file tell what it is.
const BEGINNING: u64 = 256 * 1024;
/// The exit code when the check could not run: that of a wrong command line too.
pub(super) const COULD_NOT_RUN: u8 = 2;

/// Check documents as archiving would, without an archive: every fault, with its place, rule and remedy.
///
/// Takes any mix of files and folders. Each file is recognised by what stands in it, and what belongs
/// together is checked together: the metadata of the REST interface with the parts in the same folder,
/// a national document with the frame that names it. Nothing is stored, sent or changed.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Options {
    /// Frames and national documents (XML), metadata and structured content (JSON), views (XHTML) and
    /// PDF files, or folders of them.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How PDF files are judged: a flavour to hold them against (1a, 1b, 2a, 2b, 2u, 3a, 3b, 3u), and how
    /// much a broken clause weighs (refuse, warn, off); both with a comma. By default each file is
    /// held against what it says to be, and a broken clause is a fault.
    #[arg(long, value_name = "FLAVOUR|LEVEL", value_delimiter = ',', value_parser = pdfa)]
    pdfa: Vec<PdfA>,
    /// National structure files (JSON Schema) of this folder besides those inside the program.
    #[arg(long, value_name = "DIR")]
    structures: Option<PathBuf>,
    /// Code-set files (CSV or JSON) besides those inside the program.
    #[arg(long = "codesets", value_name = "FILE")]
    code_sets: Vec<PathBuf>,
    /// A folder with the certificates of the authorities whose signatures are trusted, and their revocation
    /// lists (PEM or DER). Without one, no issuer is known.
    #[arg(long, value_name = "DIR")]
    anchors: Option<PathBuf>,
    /// How much it weighs that a signature is missing or not trusted (refuse, warn, off). By default it is a
    /// fault with --anchors, and a remark without.
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    signatures: Option<ConformanceLevel>,
    /// The structure that structured content without metadata is on; else the newest one that fits.
    #[arg(long, value_name = "OID", value_parser = super::oid)]
    structure: Option<Oid>,
    /// The moment to judge by, such as 2026-11-20 or 2026-11-20T12:00:00+02:00, instead of now.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Instant>,
}

const HELP: &str = "\
Exit codes: 0 all are sound, 1 some are not, 2 the check could not run.

Examples:
  varanto check document.pdf --pdfa 2b         hold a PDF file against PDF/A-2b
  varanto check outgoing/ --json | jq '.checked[] | select(.sound | not)'
  varanto check frame.xml document.xml         a national message, whose frame may hold the document too
  varanto check metadata.json structured.json view.xhtml --structures sosmeta/ --lang fi

What cannot be checked without an archive, or without what was not given, is told for each: whether
organisations are registered, what a document refers to (its case, its relationship, the version that
it replaces), and the frame of a national document alone.";

#[derive(Debug, Clone, Copy)]
enum PdfA {
    Flavour(Flavour),
    Level(ConformanceLevel),
}

fn pdfa(text: &str) -> Result<PdfA, String> {
    let level = level(text).ok();
    let flavour = Flavour::parse(text).filter(|flavour| flavour.is_judged());
    flavour
        .map(PdfA::Flavour)
        .or(level.map(PdfA::Level))
        .ok_or_else(|| "a flavour such as 2b, or refuse, warn or off".to_owned())
}

fn level(text: &str) -> Result<ConformanceLevel, String> {
    let level = ConformanceLevel::ALL.into_iter().find(|level| level.name() == text);
    level.ok_or_else(|| "refuse, warn or off".to_owned())
}

fn moment(text: &str) -> Result<Instant, String> {
    let day =
        || FinnishDay::parse(text).and_then(|day| Instant::parse(&format!("{day}T12:00:00+02:00")));
    Instant::parse(text)
        .or_else(day)
        .ok_or_else(|| "a day such as 2026-11-20, or an instant with its offset".to_owned())
}

/// Runs the check; the exit code tells how it went.
pub(super) fn run(options: &Options, output: Output) -> Result<ExitCode, Failure> {
    let verdict = check(options, output.language())?;
    verdict.print(output)?;
    Ok(if verdict.all_sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check(options: &Options, language: Language) -> Result<Verdict, Failure> {
    let registry = registry(options, language)?;
    let now = options.at.unwrap_or_else(|| MachineClock.now());
    let pdf = pdf_rules(&options.pdfa);
    let signatures = trust(options)?;
    let how = CheckOptions { now, caller: None, pdf: &pdf, signatures: &signatures };
    let (files, passed_over) = collect(&options.files)?;
    if files.is_empty() {
        let what =
            "there is nothing to check: no frame, document, metadata, content, view or PDF file";
        let names: Vec<String> =
            passed_over.iter().map(|file| file.path.display().to_string()).collect();
        return Err(Failure::of(
            format!("{what} in {}", names.join(", ")).trim_end_matches(" in "),
        ));
    }
    let items = kinds::together(&files);
    let total = items.len() as u64;
    let mut progress = progress(total);
    let mut verdict = Verdict::new(passed_over);
    for (done, item) in (1..).zip(items) {
        verdict.add(check_item(&item, &files, options.structure.as_ref(), &registry, &how)?);
        if let Some(progress) = &mut progress {
            progress.at(done, total);
        }
    }
    if let Some(progress) = &mut progress {
        progress.end();
    }
    Ok(verdict)
}

/// Progress is for those who wait before a terminal.
fn progress(count: u64) -> Option<Progress> {
    let waits = count > 20 && std::io::stderr().is_terminal();
    waits.then(|| Progress::new("checking", count))
}

fn pdf_rules(asked: &[PdfA]) -> PdfRules {
    let mut rules = PdfRules {
        levels: ConformanceLevels::all(ConformanceLevel::Refuse),
        ..PdfRules::default()
    };
    for one in asked {
        match one {
            PdfA::Flavour(flavour) => rules.flavour = Some(*flavour),
            PdfA::Level(level) => rules.levels = ConformanceLevels::all(*level),
        }
    }
    rules
}

/// Whose signatures are trusted.
fn trust(options: &Options) -> Result<SignatureTrust, Failure> {
    let (trust, usual) = match &options.anchors {
        Some(folder) => {
            let trust = anchors::read_folder(folder).map_err(Failure::of)?;
            if trust.anchors() == 0 {
                return Err(Failure::of(format!("no certificate in {}", folder.display())));
            }
            (trust, ConformanceLevel::Refuse)
        }
        None => (Trust::default(), ConformanceLevel::Warn),
    };
    let levels = ConformanceLevels::all(options.signatures.unwrap_or(usual));
    Ok(SignatureTrust { trust, levels })
}

fn registry(options: &Options, language: Language) -> Result<Registry, Failure> {
    let mut paths = Vec::new();
    if let Some(folder) = &options.structures {
        super::structures::collect(folder, &mut paths)?;
        if paths.is_empty() {
            return Err(Failure::of(format!("{}: no .json files", folder.display())));
        }
    }
    paths.sort();
    let read = |paths: &[PathBuf]| {
        paths
            .iter()
            .map(|path| fs::read(path).map_err(|error| unreadable(path, &error)))
            .collect::<Result<Vec<_>, _>>()
    };
    Registry::alone(&read(&paths)?, &read(&options.code_sets)?).map_err(|bad| {
        let file = |place: usize| paths.iter().chain(&options.code_sets).nth(place);
        let lines = bad.iter().flat_map(|(place, error)| {
            let file = file(*place).map(|file| file.display().to_string()).unwrap_or_default();
            super::structures::lines_of(&file, error, language)
        });
        Failure::Words(lines.collect::<Vec<_>>().join("\n"))
    })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::of(format!("{}: {error}", path.display()))
}

/// The files that were recognised, and those that were not.
fn collect(given: &[PathBuf]) -> Result<(Vec<KnownFile>, Vec<PassedOver>), Failure> {
    let mut paths = Vec::new();
    for path in given {
        walk(path, &mut paths)?;
    }
    let mut seen = std::collections::HashSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for path in paths {
        // Most of what lies about in folders need not be read whole.
        let may_be = kinds::kind_of(&beginning(&path)?).is_some();
        let bytes = if may_be { read(&path)? } else { Vec::new() };
        match kinds::kind_of(&bytes) {
            Some(kind) => known.push(KnownFile::of(path, kind, &bytes)),
            None => unknown.push(PassedOver { by_name: given.contains(&path), path }),
        }
    }
    Ok((known, unknown))
}

/// As much of a file as tells what it is.
fn beginning(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| unreadable(path, &error))?;
    file.take(BEGINNING).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let length = fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    if length > MAX_BYTES {
        return Err(Failure::of(format!("{}: larger than {MAX_BYTES} bytes", path.display())));
    }
    fs::read(path).map_err(|error| unreadable(path, &error))
}

fn walk(path: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let about = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !about.is_dir() {
        paths.push(path.to_path_buf());
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(|error| unreadable(path, &error))?;
    let mut inner = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(path, &error))?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // A link could lead round in a circle.
        let linked = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        if !hidden && !linked {
            inner.push(entry.path());
        }
    }
    inner.sort();
    inner.iter().try_for_each(|path| walk(path, paths))
}

/// Reads the files of one item again, so that no more than these are held at a time, and checks them.
fn check_item(
    item: &Item,
    files: &[KnownFile],
    structure: Option<&Oid>,
    registry: &Registry,
    how: &CheckOptions<'_>,
) -> Result<Told, Failure> {
    let bytes = |place: usize| read(&files[place].path);
    let (what, checked): (What, Checked) = match item {
        Item::Submission { metadata, parts } => {
            let parts = parts.iter().filter_map(|place| match files[*place].kind {
                Kind::Part(part) => Some(bytes(*place).map(|bytes| (part, bytes))),
                Kind::Metadata => None,
            });
            let parts = parts.collect::<Result<Vec<_>, _>>()?;
            let submission = Submission { metadata: bytes(*metadata)?, parts };
            (What::Submission, check_submission(&submission, registry, how))
        }
        Item::Pair { frame, document } => {
            let (frame, document) = (bytes(*frame)?, bytes(*document)?);
            (What::Message, check_message(Some(&frame), Some(&document), registry, how))
        }
        Item::Lone(place) => {
            let file = &files[*place];
            match file.kind {
                Kind::Part(part) => {
                    let checked = check_part(part, &bytes(*place)?, structure, registry, how);
                    (What::of(part), checked)
                }
                Kind::Metadata => {
                    let submission = Submission { metadata: bytes(*place)?, parts: Vec::new() };
                    (What::Submission, check_submission(&submission, registry, how))
                }
            }
        }
    };
    let paths = item.files().into_iter().map(|place| files[place].path.clone()).collect();
    Ok(Told::new(paths, what, checked))
}
