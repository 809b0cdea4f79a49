//! `varanto verify` and `varanto checkpoint`: is everything as it was acknowledged. Source: ARC-15.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;
use varanto_app::App;
use varanto_app::verify::{
    Held, PackageFault, PackageVerdict, Progress as Step, ReceiptProblem, ReceiptVerdict,
    StoreVerdict, verify_certificate, verify_package, verify_receipt, verify_register,
};
use varanto_domain::archive::documents::Part;
use varanto_domain::time::Clock;

use super::output::Progress;
use super::{Context, Failure, archive};
use crate::clock::MachineClock;
use crate::operating::Verified;

/// Verify the whole store, or one receipt or package offline.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// A receipt, as archiving answered it. No store is needed.
    #[arg(long, requires = "checkpoint", value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// A checkpoint, exported from the archive with `checkpoint export`.
    #[arg(long, requires = "receipt", value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// A package that was handed over on request, or a whole register that `export` took out: a folder, or a file that
    /// ends in .tar. No store is needed.
    #[arg(long, conflicts_with = "receipt", value_name = "PLACE")]
    package: Option<PathBuf>,
    /// A certificate of destruction. No store is needed.
    #[arg(long, conflicts_with_all = ["receipt", "package"], value_name = "FILE")]
    destruction: Option<PathBuf>,
    /// The SHA-256 of the package, or of a register's list, as the archive's log tells it.
    #[arg(long, requires = "package", value_name = "HEX")]
    checksum: Option<String>,
    /// The archive's verifier key, from a source that you trust. Without it the key in the
    /// checkpoint's file, or in the package, is used.
    #[arg(long)]
    key: Option<String>,
    /// A part of the document, to be held against the receipt: structured=FILE, view=FILE,
    /// pdf=FILE, national=FILE, frame=FILE or signature=FILE. Give every part that the document has.
    #[arg(long, requires = "receipt", value_name = "NAME=FILE", value_parser = named_part)]
    part: Vec<(Part, PathBuf)>,
    /// The answer of `GET …/proof`, whose metadata are to be held against the receipt.
    #[arg(long, requires = "receipt", value_name = "FILE")]
    metadata: Option<PathBuf>,
}

fn named_part(text: &str) -> Result<(Part, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("NAME=FILE is needed")?;
    let part = Part::of_name(name)
        .ok_or("the parts are: structured, view, pdf, national, frame, signature")?;
    Ok((part, file.into()))
}

#[derive(Debug, Subcommand)]
pub(super) enum Checkpoint {
    /// Export the newest signed checkpoint with the key that verifies it.
    Export {
        /// A receipt that the checkpoint is to be checked against: adds the proof that the log only
        /// grew since.
        #[arg(long, value_name = "FILE")]
        receipt: Option<PathBuf>,
        /// The file to write; standard output without it.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

pub(super) fn verify(options: &Verify, context: &Context) -> Result<(), Failure> {
    match (&options.receipt, &options.checkpoint) {
        (Some(receipt), Some(checkpoint)) => offline(receipt, checkpoint, options, context),
        _ if options.package.is_some() => package(options, context),
        _ if options.destruction.is_some() => destruction(options, context),
        _ if options.key.is_some() => {
            Err(Failure::of("--key goes with --receipt, --package or --destruction".to_owned()))
        }
        _ => whole_store(context),
    }
}

/// A certificate of destruction, offline. Source: ARC-12.
fn destruction(options: &Verify, context: &Context) -> Result<(), Failure> {
    let Some(file) = &options.destruction else { return Ok(()) };
    let note = std::fs::read_to_string(file)?;
    let verdict = verify_certificate(&note, options.key.as_deref())
        .map_err(|fault| Failure::of(format!("the certificate does not hold: {}", fault.code())))?;
    let certificate = &verdict.certificate;
    let [destroyed, versions, kept] = certificate.sums();
    let done: Vec<String> =
        certificate.carried_out.iter().map(|(by, at)| format!("{by} ({at})")).collect();
    let by: Vec<&str> = certificate.approvals.iter().map(|(by, _)| by.as_str()).collect();
    let value = json!({
        "holds": true, "destruction": certificate.list.to_string(),
        "controller": certificate.controller.as_str(), "destroyed": destroyed,
        "versions": versions, "kept": kept, "approved_by": by,
        "carried_out": certificate.carried_out.iter().map(|(by, at)| {
            json!({ "by": by, "at": at.to_string() })
        }).collect::<Vec<_>>(),
        "verifier_key": verdict.key, "key_pinned": options.key.is_some(),
    });
    let mut words = format!(
        "The certificate holds: {destroyed} documents ({versions} versions) of the register {} are \
         destroyed, {kept} were kept; approved by {}, carried out by {}.",
        certificate.controller,
        by.join(" and "),
        done.join(" and ")
    );
    if options.key.is_none() {
        let _ = write!(
            words,
            "\nThe key was not pinned: it is the one in the certificate, which whoever made it could \
             have chosen. Compare it with one from a source you trust, or give that with --key:\n{}",
            verdict.key
        );
    }
    context.output.one(&value, &words)
}

/// A package, offline. Source: DIS-6.
fn package(options: &Verify, context: &Context) -> Result<(), Failure> {
    let Some(file) = &options.package else { return Ok(()) };
    let (key, checksum) = (options.key.as_deref(), options.checksum.as_deref());
    if file.is_dir() || file.extension().is_some_and(|end| end.eq_ignore_ascii_case("tar")) {
        return register(file, key, checksum, context);
    }
    let verdict = verify_package(&std::fs::read(file)?, key, checksum)
        .map_err(|fault| Failure::of(format!("the package does not hold: {}", fault.code())))?;
    holds(&verdict.faults, 0)?;
    let value = json!({
        "holds": true, "sha256": verdict.checksum, "checksum_given": checksum.is_some(),
        "form": verdict.index.form, "given_on": verdict.index.given_on,
        "reference": verdict.index.reference, "documents": verdict.index.documents.len(),
        "proven": verdict.proven, "with_content": verdict.with_content,
        "verifier_key": verdict.key, "key_pinned": key.is_some(),
    });
    context.output.one(&value, &words_of_package(&verdict, key.is_some(), checksum.is_some()))
}

/// That a package has no fault, or all that it has.
pub(super) fn holds(faults: &[PackageFault], untold: u64) -> Result<(), Failure> {
    if faults.is_empty() {
        return Ok(());
    }
    let told = faults.iter().map(|fault| match fault.place() {
        Some(place) => format!("{} ({place})", fault.code()),
        None => fault.code().to_owned(),
    });
    let more = (untold > 0).then(|| format!("and {untold} more"));
    let told: Vec<String> = told.chain(more).collect();
    Err(Failure::of(format!("the package does not hold: {}", told.join(", "))))
}

/// A whole register, offline. Source: OPS-3.
fn register(
    place: &Path,
    key: Option<&str>,
    checksum: Option<&str>,
    context: &Context,
) -> Result<(), Failure> {
    let mut bar = Progress::new("files", 0);
    let verdict = verify_register(place, key, |files| bar.at(files, files))?;
    bar.end();
    let mut faults = verdict.faults;
    if checksum.is_some_and(|told| !told.trim().eq_ignore_ascii_case(&verdict.checksum)) {
        faults.push(PackageFault::OtherChecksum);
    }
    holds(&faults, verdict.untold)?;
    let summary = &verdict.summary;
    let value = json!({
        "holds": true, "sha256": verdict.checksum, "checksum_given": checksum.is_some(),
        "register": verdict.about, "summary": summary, "log_size": verdict.log_size,
        "verifier_key": verdict.key, "key_pinned": key.is_some(),
    });
    let about = verdict.about.as_ref();
    let mut words = format!(
        "The package holds: the register {} of {}, as it was on {}. {} versions with their whole content, \
         {} destroyed and {} log lines are proven to be in the archive's log of {} entries.",
        about.map_or("", |about| &about.controller),
        about.map_or("", |about| &about.archive),
        about.map_or("", |about| &about.exported_at),
        summary.versions,
        summary.destroyed,
        summary.log_lines,
        verdict.log_size,
    );
    if let (Some(own), false) = (&verdict.key, key.is_some()) {
        let _ = write!(
            words,
            "\nThe key was not pinned: it is the one in the package, which whoever made it could \
             have chosen. Compare it with one from a source you trust, or give that with --key:\n{own}"
        );
    }
    context.output.one(&value, &words)
}

fn words_of_package(verdict: &PackageVerdict, key_pinned: bool, checksum_given: bool) -> String {
    let index = &verdict.index;
    let mut words = format!(
        "The package holds: {} documents, given on {} under {}. {} of them are proven to be in the \
         archive's log, {} with their whole content.",
        index.documents.len(),
        index.given_on,
        index.reference,
        verdict.proven,
        verdict.with_content
    );
    if !checksum_given {
        let _ = write!(
            words,
            "\nNo checksum was given. That of the whole is the one below; whoever gave the package \
             can tell whether the archive's log has the same:\n{}",
            verdict.checksum
        );
    }
    if let (Some(own), false) = (&verdict.key, key_pinned) {
        let _ = write!(
            words,
            "\nThe key was not pinned: it is the one in the package, which whoever made it could \
             have chosen. Compare it with one from a source you trust, or give that with --key:\n{own}"
        );
    }
    words
}

fn offline(
    receipt: &Path,
    checkpoint: &Path,
    options: &Verify,
    context: &Context,
) -> Result<(), Failure> {
    let mut parts = Vec::new();
    for (part, file) in &options.part {
        parts.push((*part, std::fs::read(file)?));
    }
    let metadata = options.metadata.as_ref().map(std::fs::read).transpose()?;
    let held = Held { key: options.key.clone(), parts, metadata };
    let verdict = verify_receipt(&std::fs::read(receipt)?, &std::fs::read(checkpoint)?, &held)
        .map_err(|problem| Failure::of(format!("{}: {problem:?}", problem.code())))?;
    if !verdict.faults.is_empty() {
        let codes: Vec<&str> = verdict.faults.iter().map(ReceiptProblem::code).collect();
        return Err(Failure::of(format!("the receipt does not hold: {}", codes.join(", "))));
    }
    let document = verdict.receipt.document.to_string();
    let value = json!({
        "document_id": document, "holds": true, "log_size": verdict.size,
        "verifier_key": verdict.key, "key_pinned": held.key.is_some(),
        "content_checked": !held.parts.is_empty(), "metadata_checked": held.metadata.is_some(),
    });
    context.output.one(&value, &words(&verdict, &held))
}

fn words(verdict: &ReceiptVerdict, held: &Held) -> String {
    let mut words = format!(
        "The receipt holds: version {} of {} is in the log of {} entries, as it was on {}.",
        verdict.receipt.version,
        verdict.receipt.document,
        verdict.size,
        verdict.receipt.archived_at
    );
    words.push_str(match (held.parts.is_empty(), held.metadata.is_some()) {
        (true, false) => "\nNeither content nor metadata were given to be held against it.",
        (true, true) => "\nThe metadata are those that were archived. No content was given.",
        (false, false) => "\nThe content is the one that was archived. No metadata were given.",
        (false, true) => "\nThe content and the metadata are those that were archived.",
    });
    if held.key.is_none() {
        let _ = write!(
            words,
            "\nThe key was not pinned: it is the one in the checkpoint's own file, which whoever \
             made the file could have chosen. Compare it with one from a source you trust, or give \
             that with --key:\n{}",
            verdict.key
        );
    }
    words
}

fn whole_store(context: &Context) -> Result<(), Failure> {
    verify_all(&archive::to_read(context)?, context)
}

/// Verifies everything in an archive, tells what was found, and notes in the data directory when it was.
pub(super) fn verify_all(app: &App, context: &Context) -> Result<(), Failure> {
    let contents = app.contents()?;
    let mut bar = Progress::new("verifying", contents.proof_leaves.max(1));
    let total = contents.proof_leaves.max(1);
    let verdict = app.verify_store(|step| match step {
        Step::Database => bar.at(0, total),
        Step::Tiles(_) => {}
        Step::Rows(rows) => bar.at(rows.min(total), total),
    })?;
    bar.end();
    let verified = Verified { at: MachineClock.now().millis(), damaged: verdict.damage.len() };
    if let Err(error) = verified.note(&context.config.data) {
        // What is verified may lie where nothing can be written.
        eprintln!("varanto: when it was verified is not noted: {error}");
    }
    tell(&verdict, context)
}

fn tell(verdict: &StoreVerdict, context: &Context) -> Result<(), Failure> {
    let damage: Vec<_> =
        verdict.damage.iter().map(|one| json!({ "place": one.place, "what": one.what })).collect();
    let value = json!({
        "versions": verdict.versions,
        "log_lines": verdict.lines,
        "erased": verdict.erased,
        "destroyed": verdict.destroyed,
        "leaves": verdict.leaves,
        "tiles": verdict.tiles,
        "checkpoint": verdict.checkpoint,
        "damage": damage,
    });
    let mut words = format!(
        "{} versions, {} log lines, {} leaves in {} tiles, {} erased, {} destroyed.",
        verdict.versions,
        verdict.lines,
        verdict.leaves,
        verdict.tiles,
        verdict.erased,
        verdict.destroyed
    );
    for one in &verdict.damage {
        let _ = write!(words, "\ndamaged: {}: {}", one.place, one.what);
    }
    if verdict.damage.is_empty() {
        words.push_str("\nEverything is as it was acknowledged.");
    }
    context.output.one(&value, &words)?;
    match verdict.damage.len() {
        0 => Ok(()),
        count => Err(Failure::of(format!("damage was found in {count} places"))),
    }
}

pub(super) fn checkpoint(command: &Checkpoint, context: &Context) -> Result<(), Failure> {
    let Checkpoint::Export { receipt, out } = command;
    let receipt = match receipt {
        Some(file) => Some(
            varanto_formats::receipts::read(&std::fs::read(file)?)
                .map_err(|fault| Failure::Faults(vec![fault], context.output.language()))?,
        ),
        None => None,
    };
    let text = archive::to_read(context)?.export_checkpoint(receipt.as_ref())?;
    if let Some(file) = out {
        return Ok(std::fs::write(file, text)?);
    }
    println!("{text}");
    Ok(())
}
