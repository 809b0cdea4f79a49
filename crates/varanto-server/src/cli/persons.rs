//! `varanto persons`: what the population register says of clients, from a file. Source: REG-5.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::{Context, Failure, archive};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Load what the population register told from a JSON file, where there is no connection to it.
    ///
    /// The archive's doors must be closed. Persons of whom nothing is archived are passed over, and so is
    /// what is older than what is kept.
    Import {
        /// The file.
        file: PathBuf,
        /// Keep nothing; tell what would be kept.
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    let Command::Import { file, dry_run } = command;
    archive::must_hold_archive(context)?;
    let app = archive::to_change(context)?;
    let kept = app.load_persons(&std::fs::read(&file)?, dry_run).map_err(|error| {
        archive::not_loaded(&file.display().to_string(), error, context.output.language())
    })?;
    app.close();
    let value = json!({ "dry_run": dry_run, "clients": kept.clients, "changed": kept.changed,
        "older": kept.older, "strangers": kept.strangers });
    let words = format!(
        "{}{} clients, {} of them other than before; passed over: {} older than what is kept, {} of \
         whom nothing is archived",
        if dry_run { "would keep: " } else { "kept: " },
        kept.clients,
        kept.changed,
        kept.older,
        kept.strangers
    );
    context.output.one(&value, &words)
}
