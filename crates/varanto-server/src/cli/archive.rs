//! Opening the archive for a command.

use std::sync::Arc;

use serde_json::json;
use varanto_app::App;
use varanto_app::administer::LoadError;

use super::{Context, Failure};
use crate::clock::MachineClock;
use crate::texts::Language;

/// The archive, to be changed: its doors must be closed.
pub(super) fn to_change(context: &Context) -> Result<App, Failure> {
    Ok(App::open(&context.config.app_options(), Arc::new(MachineClock))?)
}

/// The archive, to be read only; its doors may be open beside. Nothing is made where there is none.
pub(super) fn to_read(context: &Context) -> Result<App, Failure> {
    must_hold_archive(context)?;
    Ok(App::open_read_only(&context.config.app_options(), Arc::new(MachineClock))?)
}

/// That there is an archive: nothing is to be made where there is none.
pub(super) fn must_hold_archive(context: &Context) -> Result<(), Failure> {
    let options = context.config.app_options();
    match &options.server {
        None => must_hold(context, "varanto.db"),
        Some(_) if App::exists(&options)? => Ok(()),
        Some(server) => Err(Failure::of(format!("there is no archive at {}", server.url))),
    }
}

/// That the data directory is that of an archive: it holds a file which every archive has.
pub(super) fn must_hold(context: &Context, file: &str) -> Result<(), Failure> {
    let file = context.config.data.join(file);
    if file.is_file() {
        return Ok(());
    }
    let folder = context.config.data.display();
    Err(Failure::of(format!("there is no archive in {folder}: {} is not there", file.display())))
}

/// `varanto reindex`: makes the rows that follow from documents anew. Source: REL-1, REL-2, RUR-1.
pub(super) fn reindex(context: &Context) -> Result<(), Failure> {
    must_hold_archive(context)?;
    let done = to_change(context)?.reindex()?;
    let value = json!({
        "relationships": done.relationships,
        "rights": done.rights,
        "cases": done.cases,
        "erased": done.erased,
        "unread": done.unread,
    });
    let words = format!(
        "{} relationships, {} rights and {} cases made anew from their documents; {} of destroyed \
         keys and {} unreadable left as they were.",
        done.relationships, done.rights, done.cases, done.erased, done.unread
    );
    context.output.one(&value, &words)
}

/// Why a file was not loaded, in the reader's language.
pub(super) fn not_loaded(file: &str, error: LoadError, language: Language) -> Failure {
    match error {
        LoadError::Faults(faults) => Failure::Faults(faults, language),
        LoadError::Schema(faults) => {
            let lines = faults.iter().map(|fault| format!("{file}: {fault}"));
            Failure::Words(lines.collect::<Vec<_>>().join("\n"))
        }
        other => Failure::Words(format!("{file}: {other}")),
    }
}
