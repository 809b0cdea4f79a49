//! `varanto roads`: on which road a controller is, the short one or the long one. Source: REL-7.

use clap::Subcommand;
use serde_json::json;
use varanto_app::roads::{Move, RoadTold};
use varanto_domain::ids::Oid;
use varanto_domain::relationship::{Road, RoadStep};
use varanto_domain::time::FinnishDay;

use super::output::Progress;
use super::{Context, Failure, archive, oid};
use crate::rest::problem::ToldFault;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Tell on which road a controller is, and how many of its relationships are on which.
    Status {
        /// The controller's OID.
        #[arg(value_parser = oid)]
        controller: Oid,
    },
    /// Have relationships opened on the long road from a day on.
    Begin {
        /// The controller's OID.
        #[arg(value_parser = oid)]
        controller: Oid,
        /// The first day, today or later.
        #[arg(long, value_parser = day)]
        from: FinnishDay,
    },
    /// Tell what a run would do, relationship by relationship, and write nothing but a line in the log.
    Rehearse {
        /// The controller's OID.
        #[arg(value_parser = oid)]
        controller: Oid,
        /// Rehearse the way back instead.
        #[arg(long)]
        back: bool,
    },
    /// Move the controller's active relationships with their cases to the long road. Broken off, it is gone on
    /// with by running it again.
    Run {
        /// The controller's OID.
        #[arg(value_parser = oid)]
        controller: Oid,
        /// Leave it to the archive, which does it behind its open doors the next time they are opened.
        #[arg(long)]
        when_open: bool,
    },
    /// Move them back to the short road, and have the controller stay there; until it is confirmed.
    Undo {
        /// The controller's OID.
        #[arg(value_parser = oid)]
        controller: Oid,
        /// Leave it to the archive, as with `run`.
        #[arg(long)]
        when_open: bool,
    },
    /// Open relationships on the short road again, and leave those that were moved where they are.
    Withdraw {
        /// The controller's OID.
        #[arg(value_parser = oid)]
        controller: Oid,
    },
    /// Confirm that there is no way back, once no active relationship is left on the short road.
    Confirm {
        /// The controller's OID.
        #[arg(value_parser = oid)]
        controller: Oid,
    },
}

fn day(text: &str) -> Result<FinnishDay, String> {
    FinnishDay::parse(text).ok_or_else(|| "a day such as 2027-01-01".to_owned())
}

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    archive::must_hold_archive(context)?;
    let (controller, step) = match command {
        Command::Status { controller } => {
            let told = archive::to_read(context)?.tell_road(&controller)?;
            return tell(&told, context);
        }
        Command::Rehearse { controller, back } => {
            let to = if back { Road::Short } else { Road::Long };
            return move_all(&controller, Move { to, rehearsal: true }, context);
        }
        Command::Run { controller, when_open: true } => (controller, RoadStep::Move(Road::Long)),
        Command::Undo { controller, when_open: true } => (controller, RoadStep::Move(Road::Short)),
        Command::Run { controller, .. } => {
            return move_all(&controller, Move { to: Road::Long, rehearsal: false }, context);
        }
        Command::Undo { controller, .. } => {
            return move_all(&controller, Move { to: Road::Short, rehearsal: false }, context);
        }
        Command::Begin { controller, from } => (controller, RoadStep::Begin(from)),
        Command::Withdraw { controller } => (controller, RoadStep::Withdraw),
        Command::Confirm { controller } => (controller, RoadStep::Confirm),
    };
    let app = archive::to_change(context)?;
    let told = app.step_road(&controller, step);
    let told = told.map_err(|error| {
        archive::not_loaded(controller.as_str(), error, context.output.language())
    })?;
    app.close();
    tell(&told, context)
}

fn tell(told: &RoadTold, context: &Context) -> Result<(), Failure> {
    let RoadTold { controller, state, counts } = told;
    let value = json!({
        "controller": controller.as_str(),
        "long_from": state.long_from.map(|day| day.to_string()),
        "confirmed": state.confirmed,
        "moving_to": state.moving.map(Road::code),
        "short": counts.short,
        "long": counts.long,
        "resting": counts.resting,
    });
    let road = match (state.long_from, state.confirmed) {
        (None, _) => "on the short road".to_owned(),
        (Some(from), false) => format!("on the long road from {from} on, not confirmed"),
        (Some(from), true) => format!("on the long road since {from}, confirmed"),
    };
    let moving = state.moving.map_or_else(String::new, |to| {
        format!(" Relationships are being moved to the {} road.", to.code())
    });
    let words = format!(
        "{controller} is {road}.{moving} Relationships: {} active on the short road, {} on the long road; {} \
         have ended or are old and stay where they are.",
        counts.short, counts.long, counts.resting
    );
    context.output.one(&value, &words)
}

/// Moves a controller's relationships, or rehearses it: a line for each that stays where it is or has something
/// to be known, then the counts.
fn move_all(controller: &Oid, how: Move, context: &Context) -> Result<(), Failure> {
    let app = if how.rehearsal { archive::to_read(context)? } else { archive::to_change(context)? };
    app.trust_signatures(crate::anchors::read(&context.config.signatures)?);
    let language = context.output.language();
    let mut progress = Progress::new("relationships", 0);
    let mut rows = Vec::new();
    let summary = app.move_relationships(controller, how, &mut |done, total, report| {
        progress.at(done, total);
        let told = report.faults.iter().map(|fault| (fault, "stays"));
        let told = told.chain(report.remarks.iter().map(|remark| (remark, "remark")));
        rows.extend(told.map(|(fault, what)| {
            let fault = ToldFault::of(fault, language);
            let words = format!("{} {}", fault.message, fault.right);
            vec![report.relationship.to_string(), what.to_owned(), fault.code.to_owned(), words]
        }));
    });
    let summary =
        summary.map_err(|error| archive::not_loaded(controller.as_str(), error, language))?;
    progress.end();
    app.close();
    let value = json!({
        "controller": controller.as_str(),
        "to": how.to.code(),
        "rehearsal": how.rehearsal,
        "moved": summary.moved,
        "services": summary.services,
        "remarked": summary.remarked,
        "stay": summary.refused,
        "relationships": rows.iter().map(|row| {
            json!({ "relationship": row[0], "what": row[1], "code": row[2], "words": row[3] })
        }).collect::<Vec<_>>(),
    });
    let mut lines: Vec<String> = rows.iter().map(|row| row.join("  ")).collect();
    lines.push(format!(
        "{} relationships {} the {} road with {} services; {} stay where they are, {} have \
         something to be known.",
        summary.moved,
        if how.rehearsal { "would be moved to" } else { "were moved to" },
        how.to.code(),
        summary.services,
        summary.refused,
        summary.remarked
    ));
    context.output.one(&value, &lines.join("\n"))
}
