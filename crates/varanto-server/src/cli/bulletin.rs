//! `varanto bulletin`: what joined organisations are told. Source: OPS-4.

use clap::Subcommand;
use serde_json::json;
use varanto_domain::time::{Clock, Instant};

use super::{Context, Failure};
use crate::bulletins::{Bulletin, Bulletins, Severity};
use crate::clock::MachineClock;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Publish a bulletin; it shows on the landing page and in the interface at once.
    Publish {
        /// How bad it is.
        #[arg(long, value_enum, default_value = "notice")]
        severity: Severity,
        /// The text in Finnish.
        #[arg(long)]
        fi: String,
        /// The text in Swedish.
        #[arg(long)]
        sv: String,
        /// The text in English.
        #[arg(long)]
        en: String,
        /// When it stops being shown, such as 2026-03-23T12:00:00+02:00.
        #[arg(long, value_parser = instant)]
        until: Option<Instant>,
    },
    /// Withdraw a bulletin.
    Withdraw {
        /// Its number.
        number: u32,
    },
    /// List all bulletins, withdrawn ones too.
    List,
}

fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).ok_or_else(|| "an instant such as 2026-03-23T12:00:00+02:00".to_owned())
}

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    let bulletins = Bulletins::of(&context.config.data);
    let now = MachineClock.now();
    match command {
        Command::Publish { severity, fi, sv, en, until } => {
            std::fs::create_dir_all(&context.config.data)?;
            let number = bulletins.publish(Bulletin {
                number: 0,
                severity,
                published: now.to_string(),
                until: until.map(|until| until.to_string()),
                withdrawn: None,
                fi,
                sv,
                en,
            })?;
            context.output.one(&json!({ "number": number }), &format!("published as {number}"))
        }
        Command::Withdraw { number } => {
            if !bulletins.withdraw(number, now)? {
                return Err(Failure::of(format!("no bulletin {number} to withdraw")));
            }
            context.output.one(&json!({ "withdrawn": number }), &format!("withdrew {number}"))
        }
        Command::List => {
            if !context.config.data.is_dir() {
                let folder = context.config.data.display();
                return Err(Failure::of(format!("there is no archive in {folder}")));
            }
            let rows = bulletins.list()?.into_iter().map(row).collect();
            let columns = ["number", "severity", "published", "until", "withdrawn", "fi"];
            context.output.rows(&columns, rows)
        }
    }
}

fn row(bulletin: Bulletin) -> Vec<String> {
    vec![
        bulletin.number.to_string(),
        bulletin.severity.code().to_owned(),
        bulletin.published,
        bulletin.until.unwrap_or_default(),
        bulletin.withdrawn.unwrap_or_default(),
        bulletin.fi,
    ]
}
