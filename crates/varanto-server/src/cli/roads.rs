//! `varanto roads`: on which road a controller is, the short one or the long one. Source: REL-7.

use clap::Subcommand;
use serde_json::json;
use varanto_app::roads::RoadTold;
use varanto_domain::ids::Oid;
use varanto_domain::relationship::RoadStep;
use varanto_domain::time::FinnishDay;

use super::{Context, Failure, archive, oid};

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
    /// Stay on the short road after all.
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
    archive::must_hold(context, "varanto.db")?;
    let (controller, step) = match command {
        Command::Status { controller } => {
            let told = archive::to_read(context)?.tell_road(&controller)?;
            return tell(&told, context);
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
        "short": counts.short,
        "long": counts.long,
        "resting": counts.resting,
    });
    let road = match (state.long_from, state.confirmed) {
        (None, _) => "on the short road".to_owned(),
        (Some(from), false) => format!("on the long road from {from} on, not confirmed"),
        (Some(from), true) => format!("on the long road since {from}, confirmed"),
    };
    let words = format!(
        "{controller} is {road}. Relationships: {} active on the short road, {} on the long road; {} \
         have ended or are old and stay where they are.",
        counts.short, counts.long, counts.resting
    );
    context.output.one(&value, &words)
}
