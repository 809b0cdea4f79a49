//! `varanto backup` and `varanto restore`: sealed snapshots elsewhere, and how they come back. Source: OPS-3.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use varanto_app::App;
use varanto_app::backup::{self, BackupFolder, KeepRule, Point, Points};
use varanto_domain::time::Instant;

use super::output::Progress;
use super::{Context, Failure, archive, proof};
use crate::clock::MachineClock;
use crate::config::Engine;

/// Which folder of backups, and with which keys.
#[derive(Debug, Args)]
pub(super) struct From {
    /// The folder of backups; the configuration's `backup.folder` without it.
    #[arg(long, value_name = "FOLDER")]
    from: Option<PathBuf>,
    /// The folder with a copy of the key files; that of the data directory without it.
    #[arg(long, value_name = "FOLDER")]
    keys: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Take a backup now; the archive's doors may be open.
    Take {
        /// The folder of backups, made when missing; the configuration's `backup.folder` without it.
        #[arg(long, value_name = "FOLDER")]
        to: Option<PathBuf>,
    },
    /// List the instants that can be restored.
    List(From),
    /// Read every piece of a backup; with --restore-in, bring it back for a trial and verify all of it.
    Check {
        #[command(flatten)]
        from: From,
        /// The newest backup at or before this instant; the newest of all without it.
        #[arg(long, value_name = "INSTANT", value_parser = instant)]
        at: Option<Instant>,
        /// A folder, missing or empty, for a trial restore that is verified and taken away again.
        #[arg(long, value_name = "FOLDER")]
        restore_in: Option<PathBuf>,
    },
    /// Take away backups that the rule does not keep. The newest always stays.
    Prune {
        /// The folder of backups; the configuration's `backup.folder` without it.
        #[arg(long, value_name = "FOLDER")]
        from: Option<PathBuf>,
        /// Keep the newest so many; the configuration's `backup.keep_last` without it.
        #[arg(long, value_name = "NUMBER")]
        last: Option<usize>,
        /// Keep the newest of each of so many days; `backup.keep_days` without it.
        #[arg(long, value_name = "NUMBER")]
        days: Option<usize>,
        /// Keep the newest of each of so many months; `backup.keep_months` without it.
        #[arg(long, value_name = "NUMBER")]
        months: Option<usize>,
        /// Only tell which would go.
        #[arg(long)]
        dry_run: bool,
    },
}

/// Bring a backup back as a data directory, and verify it.
#[derive(Debug, Args)]
pub(super) struct Restore {
    #[command(flatten)]
    from: From,
    /// The data directory to make; it must be missing or empty.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// The newest backup at or before this instant; the newest of all without it.
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Instant>,
    /// Do not verify what came back. Do so later, before the doors open: varanto verify --data FOLDER.
    #[arg(long)]
    unverified: bool,
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).ok_or_else(|| "an instant such as 2026-03-23T12:00:00+02:00".to_owned())
}

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::Take { to } => take(to.as_deref(), context),
        Command::List(from) => list(&from, context),
        Command::Check { from, at, restore_in } => check(&from, at, restore_in.as_deref(), context),
        Command::Prune { from, last, days, months, dry_run } => {
            let keep = &context.config.backup;
            let rule = KeepRule {
                last: last.unwrap_or(keep.keep_last),
                days: days.unwrap_or(keep.keep_days),
                months: months.unwrap_or(keep.keep_months),
            };
            prune(from.as_deref(), &rule, dry_run, context)
        }
    }
}

fn take(to: Option<&Path>, context: &Context) -> Result<(), Failure> {
    let app = archive::to_read(context)?;
    let options = context.config.app_options();
    let at = folder_of(to, context)?;
    backup::begin(at, &options)?;
    let folder = backup::to_write(at, &options)?;
    let mut bar = Progress::new("taking a backup (bytes)", 1);
    let going = |done, total| {
        bar.at(done, total);
        Ok(())
    };
    let point = app.back_up(&options, &folder, going)?;
    bar.end();
    let words = format!(
        "Backup {} is on disk: {} leaves of the proof log, {} bytes, {} of them new in the folder.",
        point.name, point.log_size, point.bytes, point.added
    );
    context.output.one(&told(&point), &words)
}

fn list(from: &From, context: &Context) -> Result<(), Failure> {
    let Points { whole: points, damaged } = open(from, context)?.list()?;
    for name in &damaged {
        eprintln!(
            "varanto: backup {name} does not read; nothing is thinned out until its file is taken away"
        );
    }
    if points.is_empty() && !context.output.is_json() {
        return context.output.one(&json!([]), "There is no backup in the folder yet.");
    }
    let row = |point: &Point| {
        vec![
            point.taken_at.to_string(),
            point.log_size.to_string(),
            point.bytes.to_string(),
            point.added.to_string(),
            point.name.clone(),
        ]
    };
    let columns = ["taken", "log size", "bytes", "added", "name"];
    context.output.rows(&columns, points.iter().map(row).collect())
}

fn check(
    from: &From,
    at: Option<Instant>,
    restore_in: Option<&Path>,
    context: &Context,
) -> Result<(), Failure> {
    let folder = open(from, context)?;
    let point = point_at(&folder, at)?;
    if let Some(into) = restore_in {
        let tried = try_restore(folder, &point, into, from, context);
        // Whatever came of it, no archive with its keys is left lying about.
        let swept = empty(into);
        return tried.and(Ok(swept?));
    }
    let mut bar = Progress::new("reading the backup (bytes)", point.bytes);
    folder.check(&point, |done, total| bar.at(done, total))?;
    bar.end();
    let words = format!("Every piece of backup {} is as it was made.", point.name);
    context.output.one(&told(&point), &words)
}

fn try_restore(
    folder: BackupFolder,
    point: &Point,
    into: &Path,
    from: &From,
    context: &Context,
) -> Result<(), Failure> {
    bring_back(&folder, point, into, context)?;
    // Verifying takes long, and the next backup need not wait for it.
    drop(folder);
    backup::bring_keys(&keys_of(from, context), &into.join("keys"))?;
    verify(point, into, context)
}

fn empty(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { std::fs::remove_dir_all(path)? } else { std::fs::remove_file(path)? }
    }
    Ok(())
}

fn prune(
    from: Option<&Path>,
    rule: &KeepRule,
    dry_run: bool,
    context: &Context,
) -> Result<(), Failure> {
    let at = folder_of(from, context)?;
    if !at.is_dir() {
        return Err(Failure::of(format!("{}: there is no such folder", at.display())));
    }
    let folder = backup::to_write(at, &context.config.app_options())?;
    let done = folder.prune(rule, dry_run)?;
    let value = json!({
        "gone": done.gone, "kept": done.kept, "freed_bytes": done.freed, "dry_run": dry_run,
    });
    let mut words = match done.freed {
        Some(freed) => {
            format!("{} backups went, {} stay; {freed} bytes are free.", done.gone.len(), done.kept)
        }
        None => format!("{} backups would go, {} would stay.", done.gone.len(), done.kept),
    };
    for name in &done.gone {
        let _ = write!(words, "\n{name}");
    }
    context.output.one(&value, &words)
}

/// `varanto restore`.
pub(super) fn restore(options: &Restore, context: &Context) -> Result<(), Failure> {
    let folder = open(&options.from, context)?;
    let point = point_at(&folder, options.at)?;
    bring_back(&folder, &point, &options.to, context)?;
    backup::bring_keys(&keys_of(&options.from, context), &options.to.join("keys"))?;
    let to = options.to.display();
    eprintln!("Backup {} is back in {to}, with the keys.", point.name);
    if options.unverified {
        let words =
            format!("It is not verified. Before the doors open: varanto verify --data {to}");
        return context.output.one(&told(&point), &words);
    }
    verify(&point, &options.to, context)
}

fn bring_back(
    folder: &BackupFolder,
    point: &Point,
    into: &Path,
    context: &Context,
) -> Result<(), Failure> {
    let (theirs, ours) = (folder.origin(), &context.config.store.origin);
    if theirs != ours {
        let words = "give the configuration of that archive with --config";
        return Err(Failure::of(format!(
            "these are backups of {theirs:?}, not of {ours:?}; {words}"
        )));
    }
    let mut bar = Progress::new("restoring (bytes)", point.bytes);
    folder.restore(point, into, |done, total| bar.at(done, total))?;
    bar.end();
    Ok(())
}

/// Verifies what came back: that it is the point, and all that it proves.
fn verify(point: &Point, data: &Path, context: &Context) -> Result<(), Failure> {
    let mut config = context.config.clone();
    config.data = data.into();
    // What a backup brings back is a file, whatever the archive is in by now.
    config.store.engine = Engine::Sqlite;
    let restored = Context { config, output: context.output };
    let app = App::open_read_only(&restored.config.app_options(), Arc::new(MachineClock))?;
    if app.checkpoint()? != point.checkpoint {
        return Err(Failure::of("what came back is another state of the proof log".to_owned()));
    }
    proof::verify_all(&app, &restored)
}

fn point_at(folder: &BackupFolder, at: Option<Instant>) -> Result<Point, Failure> {
    folder.point_at(at)?.ok_or_else(|| match at {
        Some(at) => {
            Failure::of(format!("no backup was taken by {at}; varanto backup list tells which"))
        }
        None => Failure::of("there is no backup in the folder yet".to_owned()),
    })
}

fn open(from: &From, context: &Context) -> Result<BackupFolder, Failure> {
    Ok(backup::to_read(folder_of(from.from.as_deref(), context)?, &keys_of(from, context))?)
}

fn keys_of(from: &From, context: &Context) -> PathBuf {
    from.keys.clone().unwrap_or_else(|| context.config.app_options().key_folder)
}

fn folder_of<'f>(given: Option<&'f Path>, context: &'f Context) -> Result<&'f Path, Failure> {
    let configured = context.config.backup.folder.as_path();
    given.or((!configured.as_os_str().is_empty()).then_some(configured)).ok_or_else(|| {
        Failure::of(
            "which folder of backups? Name it here, or as backup.folder in the configuration",
        )
    })
}

fn told(point: &Point) -> Value {
    json!({
        "name": point.name, "taken": point.taken_at.to_string(), "log_size": point.log_size,
        "bytes": point.bytes, "added": point.added,
    })
}
