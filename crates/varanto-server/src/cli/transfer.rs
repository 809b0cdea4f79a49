//! `varanto export`: a controller's whole register out of the archive, as a package that needs no program to be read. It
//! asks for the archivist's own login, and the log tells whose it was; who runs the archive holds its keys and its
//! configuration, and is bound by that log alone. Source: OPS-3, ACC-5.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use varanto_app::App;
use varanto_app::callers::TurnedAway;
use varanto_app::transfer::{ExportPlan, TransferError, TransferRequest, TransferStep};
use varanto_domain::access::Caller;
use varanto_domain::archive::transfer::TransferReason;
use varanto_domain::ids::Oid;

use super::output::{Progress, bytes_in_words};
use super::{Context, Failure, archive, oid};
use crate::clock::MachineClock;
use crate::rest::caller::facts;
use crate::rest::problem::Problem;
use crate::tokens::Tokens;

/// Take a controller's whole register out as a package: a folder, or a file whose name ends in .tar.
///
/// The doors must be closed. Every version goes byte for byte, with its metadata, its proof and its lines of the use log; what
/// was destroyed goes as leaves. Broken off, the same command begins anew. `varanto verify --package` checks the package
/// without any archive.
#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    who: Who,
    /// The controller's OID.
    #[arg(long, value_name = "OID", value_parser = oid)]
    controller: Oid,
    /// Where to: a folder that is made, or a file that ends in .tar. What is there already is not written over.
    #[arg(long, value_name = "PLACE")]
    to: PathBuf,
    /// Tell what would go and about how large it would be, and make nothing. The doors must be closed for this, too: who may
    /// not take the register out leaves a line.
    #[arg(long)]
    dry_run: bool,
}

/// Who takes a register out, and why.
#[derive(Debug, Args)]
struct Who {
    /// A file with the bearer token of the keeper of the controller's archive.
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// Why: change-of-archive, change-of-controller, safekeeping, by-law.
    #[arg(long, value_parser = reason)]
    reason: TransferReason,
    /// What the controller's own papers call it; it stands in the use log.
    #[arg(long)]
    reference: String,
}

fn reason(text: &str) -> Result<TransferReason, String> {
    let all = || TransferReason::ALL.map(TransferReason::code).join(", ");
    TransferReason::of_code(text).ok_or_else(|| format!("one of {}", all()))
}

impl Who {
    fn request(&self, controller: &Oid) -> TransferRequest {
        let (controller, reason) = (controller.clone(), self.reason);
        TransferRequest { controller, reason, reference: self.reference.clone() }
    }

    /// The caller whom the token makes; whoever it does not make one leaves a line.
    fn caller(&self, app: &App, context: &Context) -> Result<Caller, Failure> {
        let tokens = Tokens::new(&context.config.tokens, None, Arc::new(MachineClock));
        let token = read_token(&self.token_file)?;
        let known = tokens.verify(&token).and_then(|person| {
            app.caller_of_person(facts(&tokens, &person)?).map_err(Problem::unknown)
        });
        known.map_err(|problem| {
            let turned = TurnedAway { code: problem.code, certificate: None, times: 1 };
            match app.log_turned_away(&turned) {
                Ok(()) => told(&problem, context),
                Err(error) => failed(error.into(), context),
            }
        })
    }
}

fn read_token(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file);
    let text = text.map_err(|error| Failure::of(format!("{}: {error}", file.display())))?;
    Ok(text.trim().to_owned())
}

/// A problem in the reader's words.
fn told(problem: &Problem, context: &Context) -> Failure {
    if !problem.faults.is_empty() {
        return Failure::Faults(problem.faults.clone(), context.output.language());
    }
    let told = problem.tell(context.output.language(), "", "");
    Failure::of(format!("{} ({}): {}", told.title, told.code, told.detail))
}

fn failed(error: TransferError, context: &Context) -> Failure {
    match error {
        TransferError::App(error) => told(&Problem::of(error, 0), context),
        other => Failure::of(other),
    }
}

pub(super) fn export(options: &Export, context: &Context) -> Result<(), Failure> {
    archive::must_hold_archive(context)?;
    let request = options.who.request(&options.controller);
    let app = archive::to_change(context)?;
    let caller = options.who.caller(&app, context)?;
    if options.dry_run {
        let plan =
            app.plan_export(&caller, &request).map_err(|error| failed(error.into(), context))?;
        app.close();
        return tell_plan(&plan, context);
    }
    let mut shown = Shown::default();
    let done = app.export_register(&caller, &request, &options.to, |step| shown.step(step));
    shown.end();
    let done = done.map_err(|error| failed(error, context))?;
    app.close();
    let summary = &done.summary;
    let value = json!({
        "exported": true, "controller": options.controller.as_str(),
        "to": options.to.display().to_string(), "summary": summary, "bytes": done.bytes,
        "sha256": done.checksum, "verifier_key": done.verifier_key,
    });
    let words = format!(
        "{} versions ({} of attachments), {} destroyed, {} erased and {} log lines are in {}: {}.\n\
         SHA-256 of its list, which the use log tells, too:\n{}\nCheck it with\n\
         varanto verify --package {} --key \"{}\"",
        summary.versions,
        summary.attachments,
        summary.destroyed,
        summary.erased,
        summary.log_lines,
        options.to.display(),
        bytes_in_words(done.bytes),
        done.checksum,
        options.to.display(),
        done.verifier_key,
    );
    context.output.one(&value, &words)
}

fn tell_plan(plan: &ExportPlan, context: &Context) -> Result<(), Failure> {
    let size = &plan.size;
    let value = json!({
        "dry_run": true, "versions": size.versions, "attachments": size.attachments,
        "erased": size.erased, "destroyed": size.destroyed, "content_bytes": size.content_bytes,
        "log_lines_looked_through": size.lines, "about_bytes": plan.about_bytes,
    });
    let words = format!(
        "{} versions ({} of attachments) with {} of content would go, and {} destroyed ones as leaves; of {} lines of the \
         use log those that are its business. About {} of room. Nothing was made.",
        size.versions,
        size.attachments,
        bytes_in_words(size.content_bytes),
        size.destroyed + size.erased,
        size.lines,
        bytes_in_words(plan.about_bytes),
    );
    context.output.one(&value, &words)
}

/// The progress of one part of the work after the other.
#[derive(Default)]
struct Shown {
    what: &'static str,
    bar: Option<Progress>,
}

impl Shown {
    fn step(&mut self, step: TransferStep) {
        match step {
            TransferStep::Versions(done, all) => self.at("versions", done, all),
            TransferStep::Lines(done, all) => self.at("log lines looked through", done, all),
        }
    }

    fn at(&mut self, what: &'static str, done: u64, all: u64) {
        if what != self.what {
            self.end();
            self.what = what;
        }
        self.bar.get_or_insert_with(|| Progress::new(what, all)).at(done, all);
    }

    fn end(&mut self) {
        if let Some(mut bar) = self.bar.take() {
            bar.end();
        }
    }
}
