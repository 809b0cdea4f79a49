//! `varanto verify` and `varanto checkpoint`: is everything as it was acknowledged. Source: ARC-15.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;
use varanto_app::verify::{Progress as Step, ReceiptProblem, StoreVerdict, verify_receipt};

use super::output::Progress;
use super::{Context, Failure, archive};

/// Verify the whole store, or one receipt offline.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// A receipt, as archiving answered it. No store is needed.
    #[arg(long, requires = "checkpoint", value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// A checkpoint, exported from the archive or asked from /api/v1/checkpoint.
    #[arg(long, requires = "receipt", value_name = "FILE")]
    checkpoint: Option<PathBuf>,
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
        (Some(receipt), Some(checkpoint)) => offline(receipt, checkpoint, context),
        _ => whole_store(context),
    }
}

fn offline(receipt: &Path, checkpoint: &Path, context: &Context) -> Result<(), Failure> {
    let verdict = verify_receipt(&std::fs::read(receipt)?, &std::fs::read(checkpoint)?)
        .map_err(|problem| Failure::of(format!("{}: {problem:?}", problem.code())))?;
    if !verdict.faults.is_empty() {
        let codes: Vec<&str> = verdict.faults.iter().map(ReceiptProblem::code).collect();
        return Err(Failure::of(format!("the receipt does not hold: {}", codes.join(", "))));
    }
    let document = verdict.receipt.document.to_string();
    let value = json!({ "document_id": document, "holds": true, "log_size": verdict.size });
    let words = format!(
        "The receipt holds: version {} of {document} is in the log of {} entries, as it was on {}.",
        verdict.receipt.version, verdict.size, verdict.receipt.archived_at
    );
    context.output.one(&value, &words)
}

fn whole_store(context: &Context) -> Result<(), Failure> {
    let app = archive::to_read(context)?;
    let contents = app.contents()?;
    let mut bar = Progress::new("verifying", contents.proof_leaves.max(1));
    let total = contents.proof_leaves.max(1);
    let verdict = app.verify_store(|step| match step {
        Step::Database => bar.at(0, total),
        Step::Tiles(_) => {}
        Step::Rows(rows) => bar.at(rows.min(total), total),
    })?;
    bar.end();
    tell(&verdict, context)
}

fn tell(verdict: &StoreVerdict, context: &Context) -> Result<(), Failure> {
    let damage: Vec<_> =
        verdict.damage.iter().map(|one| json!({ "place": one.place, "what": one.what })).collect();
    let value = json!({
        "versions": verdict.versions,
        "log_lines": verdict.lines,
        "erased": verdict.erased,
        "leaves": verdict.leaves,
        "tiles": verdict.tiles,
        "checkpoint": verdict.checkpoint,
        "damage": damage,
    });
    let mut words = format!(
        "{} versions, {} log lines, {} leaves in {} tiles, {} erased.",
        verdict.versions, verdict.lines, verdict.leaves, verdict.tiles, verdict.erased
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
