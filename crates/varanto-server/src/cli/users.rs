//! `varanto users`: the register of users. Source: ACC-2, JOI-3.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;
use varanto_app::administer::LoadError;
use varanto_app::users::{LoadedUsers, Loading, UserChange};
use varanto_domain::ids::Oid;

use super::output::as_table;
use super::{Context, Failure, archive, oid};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Load the users of organisations from a JSON file: of each organisation that it names, all of them.
    ///
    /// The archive's doors must be closed, but for a dry run. Rights that the file has no more are ended; what was
    /// granted and ended stays in the history. What organisers keep for producers through their main users stays as it
    /// is. What main users did since is told, and is undone only when that is said.
    Import {
        /// The file; `varanto users export` writes one.
        file: PathBuf,
        /// Tell what would change, and change nothing.
        #[arg(long)]
        dry_run: bool,
        /// Undo what main users did, too.
        #[arg(long)]
        overrule: bool,
        /// The file names the main users of organisations, and everybody else stays as they are.
        #[arg(long)]
        main_users: bool,
    },
    /// Write the register of users as it stands, as a file that `import` takes, without identity codes: they stay
    /// known.
    Export {
        /// Organisations; all when none is named.
        #[arg(value_parser = oid)]
        organisations: Vec<Oid>,
    },
}

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    archive::must_hold_archive(context)?;
    match command {
        Command::Import { file, dry_run, overrule, main_users } => {
            let how = Loading { dry_run, overrule, main_users_alone: main_users };
            import(&file, how, context)
        }
        Command::Export { organisations } => {
            let told = archive::to_read(context)?.export_users(&organisations)?;
            Ok(std::io::stdout().lock().write_all(told.as_bytes())?)
        }
    }
}

fn import(file: &Path, how: Loading, context: &Context) -> Result<(), Failure> {
    let app = if how.dry_run { archive::to_read(context)? } else { archive::to_change(context)? };
    let loaded = app.load_users(&std::fs::read(file)?, how);
    app.close();
    let (loaded, done) = match loaded {
        Ok(loaded) => (loaded, !how.dry_run),
        Err(LoadError::Undoes(loaded)) => (loaded, false),
        Err(error) => {
            let file = file.display().to_string();
            return Err(archive::not_loaded(&file, error, context.output.language()));
        }
    };
    tell(&loaded, done, context)?;
    if loaded.undoes() && !how.overrule {
        return Err(Failure::of(
            "nothing was changed: the file would undo what main users did (marked !). Begin with what `varanto \
             users export` writes, or say `--overrule`.",
        ));
    }
    Ok(())
}

/// What of a change is told, by column.
const COLUMNS: [&str; 8] =
    ["undoes", "what", "organisation", "subject", "role", "units", "days", "granted_by"];

fn tell(loaded: &LoadedUsers, done: bool, context: &Context) -> Result<(), Failure> {
    let row = |change: &UserChange| {
        let right = &change.right;
        let units: Vec<&str> = right.units.iter().map(Oid::as_str).collect();
        let last = right.validity.last.map(|day| day.to_string()).unwrap_or_default();
        let told = [
            if change.undoes { "!" } else { "" },
            if change.granted { "granted" } else { "ended" },
            right.organisation.as_str(),
            &right.subject,
            right.role.code(),
            &units.join(" "),
            &format!("{}..{last}", right.validity.first),
            &right.granted_by,
        ];
        told.map(str::to_owned).to_vec()
    };
    let rows: Vec<Vec<String>> = loaded.changes.iter().map(row).collect();
    let value = json!({
        "done": done,
        "granted": loaded.granted(),
        "ended": loaded.ended(),
        "kept": loaded.kept,
        "begins": loaded.begins.iter().map(Oid::as_str).collect::<Vec<_>>(),
        "changes": rows.iter().map(|row| {
            COLUMNS.into_iter().zip(row).collect::<BTreeMap<_, _>>()
        }).collect::<Vec<_>>(),
    });
    let mut words = if rows.is_empty() { String::new() } else { as_table(&COLUMNS, &rows) + "\n" };
    for organisation in &loaded.begins {
        let _ = writeln!(
            words,
            "{organisation} keeps a register from then on: nobody of its comes in without a right."
        );
    }
    let [granted, ended] = [loaded.granted(), loaded.ended()];
    let would = if done { "" } else { "would be " };
    let _ =
        write!(words, "{granted} rights {would}granted, {ended} ended, {} as before", loaded.kept);
    context.output.one(&value, &words)
}
