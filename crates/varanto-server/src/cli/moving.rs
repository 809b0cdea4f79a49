//! `varanto move`: from the file to PostgreSQL and back. Source: OPS-1.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use varanto_app::moving::{
    MovePlan, MoveStep, MovedArchive, MovedTable, Moving, Way, move_archive, plan_move,
};
use varanto_app::verify::Progress as Verifying;
use varanto_domain::time::Clock;

use super::output::{Progress, as_table};
use super::{Context, Failure};
use crate::certificates::hex;
use crate::clock::MachineClock;

/// Move the archive from the file in the data directory to the database that the configuration names, or back.
///
/// The doors must be closed. The archive is verified, every row is copied, each table is held against its copy, and the
/// copy is verified. Only then is the old one closed to those who would write; it is kept. Broken off, the archive is
/// where it was, and the same command begins anew.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where to: postgres, the database that the configuration names, or sqlite, varanto.db in the data directory.
    #[arg(long, value_enum, value_name = "ENGINE")]
    to: Target,
    /// Only look whether it can be done, and tell how much there is.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Target {
    Postgres,
    Sqlite,
}

pub(super) fn run(options: &Options, context: &Context) -> Result<(), Failure> {
    let at = context.config.app_options();
    if at.server.is_none() {
        return Err(Failure::of(
            "the configuration names no PostgreSQL database; give [store] its engine = \"postgres\" and url, whichever \
             way the archive is moved",
        ));
    }
    let way = match options.to {
        Target::Postgres => Way::ToServer,
        Target::Sqlite => Way::ToFile,
    };
    if options.dry_run {
        return tell_plan(&plan_move(&at, way)?, context);
    }
    let clock: Arc<dyn Clock> = Arc::new(MachineClock);
    let mut shown = Shown { what: "", bar: None };
    let moved = move_archive(&at, way, &clock, |step| shown.step(step))?;
    shown.end();
    tell(&moved, way, context)
}

/// The progress of one part of the work after the other.
struct Shown {
    what: &'static str,
    bar: Option<Progress>,
}

impl Shown {
    fn step(&mut self, step: MoveStep) {
        let rows = |step: Verifying| match step {
            Verifying::Database | Verifying::Tiles(_) => 0,
            Verifying::Rows(rows) => rows,
        };
        match step {
            MoveStep::Verifying(step) => self.at("verifying the archive (rows)", rows(step), None),
            MoveStep::Rows(Moving::Copying, done, all) => self.at("copying rows", done, Some(all)),
            MoveStep::Rows(Moving::Comparing, done, all) => {
                self.at("comparing rows", done, Some(all));
            }
            MoveStep::VerifyingCopy(step) => self.at("verifying the copy (rows)", rows(step), None),
        }
    }

    fn at(&mut self, what: &'static str, done: u64, all: Option<u64>) {
        if what != self.what {
            self.end();
            self.what = what;
        }
        let all = all.unwrap_or(done).max(1);
        self.bar.get_or_insert_with(|| Progress::new(what, all)).at(done, all);
    }

    fn end(&mut self) {
        if let Some(mut bar) = self.bar.take() {
            bar.end();
        }
    }
}

fn tell_plan(plan: &MovePlan, context: &Context) -> Result<(), Failure> {
    let rows: u64 = plan.tables.iter().map(|(_, rows)| rows).sum();
    let value = json!({
        "dry_run": true, "to": plan.place.display().to_string(), "copied": plan.copied, "rows": rows,
        "tables": plan.tables.iter().map(|(table, rows)| json!({ "table": table, "rows": rows })).collect::<Vec<_>>(),
    });
    let of_table = |(table, rows): &(String, u64)| vec![table.clone(), rows.to_string()];
    let table = as_table(&["table", "rows"], &plan.tables.iter().map(of_table).collect::<Vec<_>>());
    let done = if plan.copied {
        "a copy is there already, of a move that was broken off; it would be gone on with"
    } else {
        "nothing is there yet"
    };
    let words = format!(
        "{table}\n\n{rows} rows would be moved to {}: {done}. Nothing was written.",
        plan.place.display()
    );
    context.output.one(&value, &words)
}

fn tell(moved: &MovedArchive, way: Way, context: &Context) -> Result<(), Failure> {
    let verdict = &moved.verdict;
    let rows: u64 = moved.tables.iter().map(|table| table.rows).sum();
    let value: Value = json!({
        "moved": true, "to": moved.place.display().to_string(), "rows": rows,
        "tables": moved.tables.iter().map(|table| {
            json!({ "table": table.table, "rows": table.rows, "sha256": hex(&table.sha256) })
        }).collect::<Vec<_>>(),
        "versions": verdict.versions, "log_lines": verdict.lines, "leaves": verdict.leaves,
        "checkpoint": verdict.checkpoint,
    });
    let of_table =
        |table: &MovedTable| vec![table.table.clone(), table.rows.to_string(), hex(&table.sha256)];
    let columns = ["table", "rows", "sha256 on both sides"];
    let table = as_table(&columns, &moved.tables.iter().map(of_table).collect::<Vec<_>>());
    let then = match way {
        Way::ToServer => {
            "Open the doors with this configuration. varanto.db takes no writes any more; keep it until PostgreSQL's own \
             backups are taken, then take it away."
        }
        Way::ToFile => {
            "Take engine and what belongs to it out of [store], then open the doors. The database takes no writes any \
             more; keep it until a backup of the file is taken, then drop it."
        }
    };
    let words = format!(
        "{table}\n\nThe archive is in {} now: {rows} rows, the same on both sides. What is there verifies: {} versions, {} \
         log lines, and a proof log of {} leaves with the same signed head:\n\n{}\n{then}",
        moved.place.display(),
        verdict.versions,
        verdict.lines,
        verdict.leaves,
        verdict.checkpoint
    );
    context.output.one(&value, &words)
}
