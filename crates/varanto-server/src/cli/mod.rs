//! The command line: `varanto <command>`.
//!
//! Exit codes: 0 all went well, 1 it did not (what was sent is wrong, damage was found, a file is
//! missing), 2 the command line itself is wrong. `check` keeps 1 for faults in what it checked, and
//! answers 2 whenever it could not run.

mod archive;
mod backup;
mod bulletin;
mod certificates;
mod check;
mod demo;
mod doctor;
mod generate;
mod import;
mod moving;
mod output;
mod persons;
mod plan;
mod proof;
mod registers;
mod retention;
mod roads;
mod serve;
mod sign;
mod structures;
mod transfer;
mod users;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use varanto_domain::ids::Oid;

use crate::config::{Config, SAMPLE};
use crate::texts::Language;
use crate::tls;

use output::Failure;
use output::Output;

/// An open archive for Finnish social-welfare client data.
#[derive(Debug, Parser)]
#[command(name = "varanto", version, max_term_width = 100, arg_required_else_help = true)]
struct Line {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
struct Common {
    /// The configuration file; without it `VARANTO_CONFIG` names one, or the defaults hold.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The data directory, instead of the configuration's.
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print JSON for machines instead of text for people.
    #[arg(long, global = true)]
    json: bool,
    /// The language: of faults and their remedies, and of everything that `import` answers: fi, sv or en. Else the terminal's.
    #[arg(
        long,
        visible_alias = "lang",
        global = true,
        value_name = "LANGUAGE",
        value_parser = language
    )]
    language: Option<Language>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open a demonstration: a synthetic county, made while the doors are open already.
    Demo(demo::Options),
    /// Open the archive's doors, until SIGTERM or Ctrl-C.
    Serve,
    /// Check documents as archiving would, without an archive: every fault, its place, rule and remedy.
    Check(check::Options),
    /// Sign a national document or a submission, with a key in a file or in a token.
    Sign(sign::Options),
    /// Verify everything that is stored, or a receipt offline.
    Verify(proof::Verify),
    /// Make everything that is derived from documents anew from the documents alone.
    Reindex,
    /// Take sealed backups into a folder elsewhere, list, check and thin them out.
    #[command(subcommand)]
    Backup(backup::Command),
    /// Bring a backup back as a data directory, and verify it.
    Restore(backup::Restore),
    Move(moving::Options),
    Export(transfer::Export),
    TakeIn(transfer::TakeIn),
    Compare(transfer::Compare),
    /// Export the signed state of the proof log.
    #[command(subcommand)]
    Checkpoint(proof::Checkpoint),
    /// Import, list, show and compare national document structures.
    #[command(subcommand)]
    Structures(structures::Command),
    /// Import, list and show code sets.
    #[command(subcommand, name = "codesets")]
    CodeSets(registers::CodeSets),
    /// Import and list organisations and their units.
    #[command(subcommand)]
    Organisations(registers::Register),
    /// Import and list client-information systems and their certification.
    #[command(subcommand)]
    Systems(registers::Register),
    /// Load what the population register says of clients.
    #[command(subcommand)]
    Persons(persons::Command),
    /// Load the users of organisations, against whom logins are held.
    #[command(subcommand)]
    Users(users::Command),
    /// Tell what is kept no longer, hold documents, and have them destroyed.
    #[command(subcommand)]
    Retention(retention::Command),
    /// Tell and change on which road a controller's relationships and cases are.
    #[command(subcommand)]
    Roads(roads::Command),
    /// Print the facts of the self-monitoring plan: what is kept where, who may, which systems.
    Plan(plan::Options),
    /// Bring old client data from a delivery to the archive: rehearse, run, reconcile, confirm.
    #[command(subcommand)]
    Import(import::Command),
    /// Make a synthetic county of any size as files, or a dirty delivery of old client data.
    Generate(generate::Options),
    /// Look for what would keep the archive from working.
    Doctor,
    /// Show the configuration, check it, or print a commented sample of it.
    Config {
        /// Print a sample with every key, its default and what it means.
        #[arg(long)]
        sample: bool,
    },
    /// Issue, list, show and revoke the certificates of systems that may come in.
    #[command(subcommand)]
    Certificates(certificates::Command),
    /// Tell joined organisations of disturbances and planned breaks.
    #[command(subcommand)]
    Bulletin(bulletin::Command),
}

fn language(text: &str) -> Result<Language, String> {
    Language::of_tag(text).ok_or_else(|| "one of fi, sv, en".to_owned())
}

fn oid(text: &str) -> Result<Oid, String> {
    Oid::parse(text).map_err(|_| "an OID such as 1.2.246.10.1234567.10.0".to_owned())
}

/// What a command works with.
struct Context {
    config: Config,
    output: Output,
}

/// Runs the program; the whole of `main`.
#[must_use]
pub fn run() -> ExitCode {
    tls::install_cryptography();
    let line = Line::parse();
    let json = line.common.json;
    let unable = match line.command {
        Command::Check(_) => ExitCode::from(check::COULD_NOT_RUN),
        _ => ExitCode::FAILURE,
    };
    match context(&line.common).and_then(|context| dispatch(line.command, &context)) {
        Ok(code) => code,
        Err(failure) => {
            failure.tell(json);
            unable
        }
    }
}

fn context(common: &Common) -> Result<Context, Failure> {
    let mut config = Config::load(common.config.as_deref())?;
    if let Some(data) = &common.data {
        config.data.clone_from(data);
    }
    let of_terminal = || {
        let text = crate::config::environment("LANG").unwrap_or_default();
        Language::of_tag(text.split(['_', '.']).next().unwrap_or_default())
    };
    let language = common.language.or_else(of_terminal).unwrap_or(Language::English);
    Ok(Context { config, output: Output::new(common.json, language) })
}

fn dispatch(command: Command, context: &Context) -> Result<ExitCode, Failure> {
    let done = match command {
        Command::Check(options) => return check::run(&options, context.output),
        Command::Config { sample: true } => {
            print!("{SAMPLE}");
            Ok(())
        }
        Command::Config { sample: false } => show_config(context),
        Command::Demo(options) => demo::run(&options),
        Command::Serve => serve::run(context),
        Command::Sign(options) => sign::run(&options, context),
        Command::Verify(options) => proof::verify(&options, context),
        Command::Reindex => archive::reindex(context),
        Command::Retention(command) => retention::run(command, context),
        Command::Backup(command) => backup::run(command, context),
        Command::Restore(options) => backup::restore(&options, context),
        Command::Move(options) => moving::run(&options, context),
        Command::Export(options) => transfer::export(&options, context),
        Command::TakeIn(options) => return transfer::take_in(&options, context),
        Command::Compare(options) => return transfer::compare(&options, context),
        Command::Checkpoint(command) => proof::checkpoint(&command, context),
        Command::Structures(command) => structures::run(command, context),
        Command::CodeSets(command) => registers::code_sets(command, context),
        Command::Organisations(command) => registers::organisations(command, context),
        Command::Systems(command) => registers::systems(command, context),
        Command::Persons(command) => persons::run(command, context),
        Command::Users(command) => users::run(command, context),
        Command::Roads(command) => roads::run(command, context),
        Command::Plan(options) => plan::run(&options, context),
        Command::Import(command) => return import::run(command, context),
        Command::Generate(options) => generate::run(&options, context),
        Command::Doctor => doctor::run(context),
        Command::Certificates(command) => certificates::run(command, context),
        Command::Bulletin(command) => bulletin::run(command, context),
    };
    done.map(|()| ExitCode::SUCCESS)
}

fn show_config(context: &Context) -> Result<(), Failure> {
    let config = &context.config;
    let addresses: Vec<String> = config.listen.addresses.iter().map(ToString::to_string).collect();
    let rows = vec![
        vec!["data".to_owned(), config.data.display().to_string()],
        vec!["listen".to_owned(), addresses.join(", ")],
        vec!["public base".to_owned(), config.public_base()],
        vec!["largest body".to_owned(), format!("{} bytes", config.limits.body_bytes)],
        vec!["token issuer".to_owned(), config.tokens.issuer.clone()],
    ];
    context.output.rows(&["key", "value"], rows)
}
