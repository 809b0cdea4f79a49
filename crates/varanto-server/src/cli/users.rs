//! `varanto users`: the register of users. Source: ACC-2.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::{Context, Failure, archive};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Load the users of organisations from a JSON file: of each organisation that it names, all of them.
    ///
    /// The archive's doors must be closed. Rights that the file has no more are ended; what was granted and ended
    /// stays in the history. What organisers keep for producers through their main users stays as it is.
    Import {
        /// The file.
        file: PathBuf,
    },
}

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    let Command::Import { file } = command;
    archive::must_hold(context, "varanto.db")?;
    let app = archive::to_change(context)?;
    let kept = app.load_users(&std::fs::read(&file)?).map_err(|error| {
        archive::not_loaded(&file.display().to_string(), error, context.output.language())
    })?;
    app.close();
    let value = json!({ "granted": kept.granted, "ended": kept.ended, "kept": kept.kept });
    let words =
        format!("{} rights granted, {} ended, {} as before", kept.granted, kept.ended, kept.kept);
    context.output.one(&value, &words)
}
