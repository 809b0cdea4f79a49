//! `varanto certificates`: who may come in by certificate.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;
use varanto_domain::ids::Oid;
use varanto_domain::time::{Clock, Instant};

use super::{Context, Failure, archive};
use crate::certificates::{Authority, CertificateFacts, ClientOrder, write_private};
use crate::clock::MachineClock;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make a certificate and key for a system.
    Issue {
        /// The system's identifier in the system register.
        #[arg(long)]
        system: String,
        /// The OID of the organisation that the system acts for.
        #[arg(long, value_parser = super::oid)]
        organisation: Oid,
        /// The organisation's name, for people who look at the certificate.
        #[arg(long, default_value = "")]
        name: String,
        /// For how many days it is good.
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: u16,
        /// The directory that gets SYSTEM.pem and SYSTEM.key.
        #[arg(long, default_value = ".")]
        out: PathBuf,
    },
    /// List the certificates issued here.
    List,
    /// Show one certificate.
    Show {
        /// Its serial number.
        serial: String,
    },
    /// Revoke a certificate; open doors notice within seconds.
    Revoke {
        /// Its serial number.
        serial: String,
    },
}

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    let now = MachineClock.now();
    let config = &context.config;
    let authority = if let Command::Issue { .. } = command {
        Authority::open(&config.data, &config.listen.names, now)?
    } else {
        archive::must_hold(context, "pki/ca.pem")?;
        Authority::existing(&config.data)
    };
    match command {
        Command::Issue { system, organisation, name, days, out } => {
            let until = Instant::from_millis(now.millis() + i64::from(days) * DAY_MILLIS);
            let order =
                ClientOrder { system, organisation, organisation_name: name, from: now, until };
            issue(&authority, &order, &out, context)
        }
        Command::List => {
            let rows = authority.list()?.into_iter().map(row).collect();
            context.output.rows(&COLUMNS, rows)
        }
        Command::Show { serial } => {
            let all = authority.list()?;
            let found = all.into_iter().find(|one| one.serial == serial);
            let found = found.ok_or_else(|| Failure::of(format!("no certificate {serial}")))?;
            let names = COLUMNS.iter().map(ToString::to_string);
            let rows = names.zip(row(found)).map(|(name, value)| vec![name, value]).collect();
            context.output.rows(&["fact", "value"], rows)
        }
        Command::Revoke { serial } => {
            authority.revoke(&serial, now)?;
            context.output.one(&json!({ "revoked": serial }), &format!("revoked {serial}"))
        }
    }
}

fn issue(
    authority: &Authority,
    order: &ClientOrder,
    out: &std::path::Path,
    context: &Context,
) -> Result<(), Failure> {
    let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if order.system.is_empty() || !order.system.chars().all(plain) {
        return Err(Failure::of("a system's identifier has letters, digits, - _ and . only"));
    }
    std::fs::create_dir_all(out)?;
    let issued = authority.issue(order)?;
    let certificate = out.join(format!("{}.pem", order.system));
    let key = out.join(format!("{}.key", order.system));
    write_private(&certificate, issued.certificate_pem.as_bytes())?;
    write_private(&key, issued.key_pem.as_bytes())?;
    let value = json!({
        "serial": issued.serial,
        "certificate": certificate,
        "key": key,
        "authority": authority.authority_file(),
    });
    let words = format!(
        "serial       {}\ncertificate  {}\nkey          {}\nauthority    {}",
        issued.serial,
        certificate.display(),
        key.display(),
        authority.authority_file().display()
    );
    context.output.one(&value, &words)
}

const COLUMNS: [&str; 7] =
    ["serial", "system", "organisation", "from", "until", "revoked", "fingerprint"];

fn row(facts: CertificateFacts) -> Vec<String> {
    vec![
        facts.serial,
        facts.system,
        facts.organisation,
        facts.from,
        facts.until,
        facts.revoked.unwrap_or_default(),
        facts.fingerprint,
    ]
}
