//! `varanto certificates`: who may come in by certificate.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use serde_json::json;
use varanto_app::certificates::news_of;
use varanto_app::{App, AppOptions, OpenError, StoreError};
use varanto_domain::ids::Oid;
use varanto_domain::time::{Clock, Instant};

use super::{Context, Failure, archive};
use crate::certificates::{Authority, CertificateFacts, ClientOrder, write_private};
use crate::clock::MachineClock;
use crate::known_certificates::bring_together;

/// How long it may take until the server of the folder has told the others.
const TOLD_WITHIN: Duration = Duration::from_secs(15);
/// How often it is asked whether they know.
const ASK_EVERY: Duration = Duration::from_millis(200);

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
    /// List the certificates issued here, and by other servers over the same database as far as it can be asked.
    List,
    /// Show one certificate, likewise.
    Show {
        /// Its serial number.
        serial: String,
    },
    /// Revoke a certificate; open doors notice within seconds, those of other servers too.
    Revoke {
        /// Its serial number.
        serial: String,
        /// Revoke it also where this server does not know it, as while the database is away: any serial number is taken.
        #[arg(long)]
        not_known_here: bool,
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
    if !matches!(command, Command::Issue { .. })
        && let Err(error) = hear(context, &authority, now)
    {
        warn("what other servers issued and revoked may be missing", error)?;
    }
    match command {
        Command::Issue { system, organisation, name, days, out } => {
            let until = Instant::from_millis(now.millis() + i64::from(days) * DAY_MILLIS);
            let order =
                ClientOrder { system, organisation, organisation_name: name, from: now, until };
            issue(&authority, &order, &out, context)?;
            // It is made and good: whoever runs this again would have two.
            share(context, &authority, now).or_else(|error| {
                warn("it is made; other servers do not list it until they hear of it", error)
            })
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
        Command::Revoke { serial, not_known_here } => {
            if not_known_here {
                authority.revoke_not_known(&serial, now)?;
            } else {
                authority.revoke(&serial, now)?;
            }
            context.output.one(&json!({ "revoked": serial }), &format!("revoked {serial}"))?;
            share(context, &authority, now)
        }
    }
}

/// Says what does not keep the command from its work.
fn warn(what: &str, error: Failure) -> Result<(), Failure> {
    let Failure::Words(why) = &error else { return Err(error) };
    eprintln!("varanto: {what}: {why}");
    Ok(())
}

/// How an archive is opened beside others; `None`: it has no others, being in a file, or is not there yet.
fn among_others(context: &Context) -> Result<Option<AppOptions>, Failure> {
    let options = AppOptions { together: true, ..context.config.app_options() };
    let is_among = options.server.is_some() && App::exists(&options)?;
    Ok(is_among.then_some(options))
}

/// Hears what other servers over the same database issued and revoked; tells nothing.
fn hear(context: &Context, own: &Authority, now: Instant) -> Result<(), Failure> {
    let Some(options) = among_others(context)? else { return Ok(()) };
    let others = App::open_read_only(&options, Arc::new(MachineClock))?;
    Ok(own.take_in(&news_of(&others.certificates()?, &own.known()?), now)?)
}

/// Tells other servers over the same database what was issued and revoked here, and hears of theirs; answers when they know.
/// An archive in a file has no others.
fn share(context: &Context, own: &Authority, now: Instant) -> Result<(), Failure> {
    let Some(options) = among_others(context)? else { return Ok(()) };
    let clock = || Arc::new(MachineClock);
    let others = App::open_read_only(&options, clock())?;
    own.take_in(&news_of(&others.certificates()?, &own.known()?), now)?;
    let all_know = || -> Result<bool, Failure> {
        Ok(news_of(&own.known()?, &others.certificates()?).is_empty())
    };
    if all_know()? {
        return Ok(());
    }
    match App::open(&options, clock()) {
        Ok(app) => {
            let told = bring_together(&app, own, now);
            app.close();
            return Ok(told?);
        }
        // The server of this folder is open, and tells them.
        Err(OpenError::Store(StoreError::Locked(_))) => {}
        Err(error) => return Err(error.into()),
    }
    for _ in 0..TOLD_WITHIN.as_millis() / ASK_EVERY.as_millis() {
        std::thread::sleep(ASK_EVERY);
        if all_know()? {
            return Ok(());
        }
    }
    Err(Failure::of(
        "it is done here, and other servers do not know of it yet: the server of this data directory tells them \
         once it can write",
    ))
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
