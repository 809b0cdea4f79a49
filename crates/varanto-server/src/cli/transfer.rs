//! `varanto export`: a controller's whole register out of the archive, as a package that needs no program to be read; `varanto
//! take-in`, which takes such a package into another archive, as whoever runs the machine; and
//! `varanto compare`, which holds one against an archive. Taking out and comparing
//! ask for the archivist's own login, and the log tells whose it was; who runs the archive holds its keys and its
//! configuration, and is bound by that log alone. Source: OPS-3, ACC-5.

use std::iter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};
use varanto_app::callers::TurnedAway;
use varanto_app::transfer::{
    Compared, ExportPlan, RegisterComparison, TakeInPlan, TakeInStep, TakenRegister, TransferError,
    TransferRequest, TransferStep,
};
use varanto_app::{App, AppError};
use varanto_domain::access::Caller;
use varanto_domain::archive::transfer::TransferReason;
use varanto_domain::ids::Oid;

use super::output::{Progress, as_table, bytes_in_words};
use super::proof::holds;
use super::{Context, Failure, archive, oid};
use crate::clock::MachineClock;
use crate::rest::caller::facts;
use crate::rest::problem::{Problem, ToldFault};
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
    /// Take out what is kept of the archive that the register was taken in from instead: its proofs and the lines of its log.
    #[arg(long, conflicts_with = "dry_run")]
    taken_in: bool,
}

/// Take a controller's register in, from the package that another archive made of it.
///
/// The doors must be closed. The package is checked first, all of it: whole, signed, every proof, and nothing in this archive that
/// stands against it; every fault is told at once, and then nothing is taken in. Every version comes byte for byte with its
/// signatures, who brought it and when, and gets its own line and proof here; invalidations, holds, corrections and what clients
/// told come along; the other archive's proofs and log are kept beside. Broken off, the same command goes on where it was; run
/// again, it adds nothing. At the end the archive is held against the package, as `compare` does. Exit code 1 where they differ.
#[derive(Debug, Args)]
pub(super) struct TakeIn {
    /// The controller's OID.
    #[arg(long, value_name = "OID", value_parser = oid)]
    controller: Oid,
    /// The package: a folder, or a file that ends in .tar.
    #[arg(long, value_name = "PLACE")]
    package: PathBuf,
    /// The verifier key of the archive that the package is from, from a source that you trust. Without it the package's own is
    /// taken.
    #[arg(long)]
    key: Option<String>,
    /// Why: change-of-archive, change-of-controller, safekeeping, by-law.
    #[arg(long, value_parser = reason)]
    reason: TransferReason,
    /// What the controller's own papers call it; it stands in the use log.
    #[arg(long)]
    reference: String,
    /// Check the package, tell what would be taken in, and take nothing in.
    #[arg(long)]
    dry_run: bool,
}

/// Hold a register's package against the archive: whether both have the same, and what not.
///
/// The doors must be closed. The package is checked first, as `varanto verify --package` does. Then every version of it is held
/// against the archive's byte for byte, with its place, state and invalidation, and holds, corrections and what clients told.
/// Of the archive that the package came out of, proofs and arrivals are compared, too. Exit code 1 where anything differs.
#[derive(Debug, Args)]
pub(super) struct Compare {
    #[command(flatten)]
    who: Who,
    /// The controller's OID.
    #[arg(long, value_name = "OID", value_parser = oid)]
    controller: Oid,
    /// The package: a folder, or a file that ends in .tar.
    #[arg(long, value_name = "PLACE")]
    package: PathBuf,
    /// The verifier key of the archive that the package is from, from a source that you trust. Without it the package's own is
    /// taken.
    #[arg(long)]
    key: Option<String>,
}

/// Who takes a register out, or holds one against a package, and why.
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
    if options.taken_in {
        let files = app.export_taken_in(&caller, &request, &options.to);
        let files = files.map_err(|error| failed(error, context))?;
        app.close();
        let to = options.to.display().to_string();
        let value = json!({ "exported": true, "taken_in": true, "to": to, "files": files });
        let words = format!("{files} files of what other archives prove and log are in {to}.");
        return context.output.one(&value, &words);
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

pub(super) fn take_in(options: &TakeIn, context: &Context) -> Result<ExitCode, Failure> {
    archive::must_hold_archive(context)?;
    let (controller, reason) = (options.controller.clone(), options.reason);
    let request = TransferRequest { controller, reason, reference: options.reference.clone() };
    let app = archive::to_change(context)?;
    let package = (options.package.as_path(), options.key.as_deref());
    let mut shown = Shown::default();
    let step = |step| shown.take_in(step);
    if options.dry_run {
        let plan = app.plan_take_in(&request, package, step);
        shown.end();
        let plan = plan.map_err(|error| kept_out(error, context))?;
        app.close();
        return tell_take_in(&plan, context).map(|()| ExitCode::SUCCESS);
    }
    let done = app.take_in_register(&request, package, step);
    shown.end();
    let done = done.map_err(|error| kept_out(error, context))?;
    app.close();
    let comparison = &done.comparison;
    let mut value = compared(comparison, options.key.is_some());
    let more = json!({
        "taken_in": true, "controller": options.controller.as_str(), "kept": done.kept,
        "there_before": done.plan.summary.versions - done.kept, "beside": done.beside,
        "left_in_package": done.left,
    });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    let words = format!("{}\n{}", words_of_taken(&done), words_of(comparison));
    context.output.one(&value, &words)?;
    Ok(if comparison.agrees() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn words_of_taken(done: &TakenRegister) -> String {
    if done.plan.begun == Some(true) {
        return "All of the package was taken in before; nothing was added.".to_owned();
    }
    let mut words = format!(
        "{} versions were taken in now, and {} of what stands beside documents; {} versions were there already.",
        done.kept,
        done.beside,
        done.plan.summary.versions - done.kept,
    );
    if done.left > 0 {
        let left = format!(
            " {} of what stands beside documents stay in the package alone: what they are about is destroyed, erased, or parted again.",
            done.left
        );
        words.push_str(&left);
    }
    words
}

/// What keeps a package out: every fault in a table with its rule, and below it what to do, once for each kind.
fn kept_out(error: TransferError, context: &Context) -> Failure {
    let TransferError::App(AppError::Refused(faults)) = error else {
        return failed(error, context);
    };
    let language = context.output.language();
    if context.output.is_json() {
        return Failure::Faults(faults, language);
    }
    let told: Vec<ToldFault> = faults.iter().map(|fault| ToldFault::of(fault, language)).collect();
    let row = |one: &ToldFault| vec![one.code.to_owned(), one.rule.clone(), one.message.clone()];
    let rows: Vec<Vec<String>> = told.iter().map(row).collect();
    let mut remedies: Vec<String> = Vec::new();
    for one in &told {
        let remedy = format!("{}: {}", one.code, one.right);
        if !remedies.contains(&remedy) {
            remedies.push(remedy);
        }
    }
    let table = as_table(&["fault", "rule", "what is wrong"], &rows);
    Failure::of(format!("nothing was taken in\n{table}\n\n{}", remedies.join("\n")))
}

fn tell_take_in(plan: &TakeInPlan, context: &Context) -> Result<(), Failure> {
    let summary = &plan.summary;
    let value = json!({
        "dry_run": true, "register": plan.about, "sha256": plan.checksum, "summary": summary,
        "new": summary.versions - plan.there, "there": plan.there, "begun": plan.begun.is_some(),
        "taken_in_before": plan.begun == Some(true), "verifier_key": plan.key,
    });
    let row = |what: &str, count: u64| vec![what.to_owned(), count.to_string()];
    let rows = [
        row("versions, new", summary.versions - plan.there),
        row("versions, here already", plan.there),
        row("of all, attachments", summary.attachments),
        row("holds", summary.holds),
        row("requests for corrections", summary.corrections),
        row("what clients told", summary.statements),
        row("choices of producers", summary.choices),
        row("joined identifiers", summary.identities),
        row("gone: identifiers that nothing takes again", summary.destroyed + summary.erased),
        row("lines of the other archive's log, kept beside", summary.log_lines),
        row("certificates of destruction, kept beside", summary.certificates),
    ];
    let state = match plan.begun {
        None => "Nothing of it was taken in before.",
        Some(false) => "It was begun and broken off; the same command without --dry-run goes on.",
        Some(true) => "All of it was taken in before.",
    };
    let words = format!(
        "The package holds, and nothing stands against it: the register {} of {}, as it was on {}.\n{}\n{state} Nothing was \
         taken in now.",
        plan.about.controller,
        plan.about.archive,
        plan.about.exported_at,
        as_table(&["would be taken in", ""], &rows),
    );
    context.output.one(&value, &words)
}

pub(super) fn compare(options: &Compare, context: &Context) -> Result<ExitCode, Failure> {
    archive::must_hold_archive(context)?;
    let request = options.who.request(&options.controller);
    let app = archive::to_change(context)?;
    let caller = options.who.caller(&app, context)?;
    let mut bar = Progress::new("files", 0);
    let package = (options.package.as_path(), options.key.as_deref());
    let done = app.compare_register(&caller, &request, package, |files| bar.at(files, files));
    bar.end();
    let done = done.map_err(|error| failed(error, context))?;
    app.close();
    holds(&done.verdict.faults, done.verdict.untold)?;
    let agrees = done.agrees();
    let value = compared(&done, options.key.is_some());
    context.output.one(&value, &words_of(&done))?;
    Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was found, for machines.
fn compared(done: &RegisterComparison, key_pinned: bool) -> Value {
    let differ: Vec<Value> = done
        .differ
        .iter()
        .map(|(document, what)| json!({ "document_id": document, "differs": what }))
        .collect();
    let beside: serde_json::Map<String, Value> =
        done.beside.iter().map(|(kind, found)| (kind.code().to_owned(), json!(found))).collect();
    json!({
        "agrees": done.agrees(), "sha256": done.verdict.checksum, "of_this_archive": done.own,
        "log_agrees": done.log_agrees, "versions": done.versions, "missing": done.missing,
        "differ": differ, "beyond": done.beyond, "beside": beside,
        "verifier_key": done.verdict.key, "key_pinned": key_pinned,
    })
}

/// What was found, as a table, and each document that is not the same on both sides.
fn words_of(done: &RegisterComparison) -> String {
    let row = |what: &str, found: &Compared| {
        let Compared { same, missing, differ, beyond } = found;
        vec![
            what.to_owned(),
            same.to_string(),
            missing.to_string(),
            differ.to_string(),
            beyond.to_string(),
        ]
    };
    let beside = done.beside.iter().map(|(kind, found)| row(kind.code(), found));
    let rows: Vec<Vec<String>> =
        iter::once(row("versions", &done.versions)).chain(beside).collect();
    let mut lines = vec![if done.agrees() {
        "The package holds, and the archive has the same.".to_owned()
    } else {
        "The package holds. The archive does not have the same:".to_owned()
    }];
    lines.push(as_table(&["", "same", "missing", "differ", "beyond"], &rows));
    if !done.log_agrees {
        lines.push(
            "The log to which its proofs lead is not the beginning of the archive's.".to_owned(),
        );
    }
    if !done.own {
        lines.push("It is of another archive: when and by whom versions came, and proofs, were not compared.".to_owned());
    }
    lines.extend(done.missing.iter().map(|document| format!("missing  {document}")));
    lines.extend(
        done.differ
            .iter()
            .map(|(document, what)| format!("differs  {document}  {}", what.join(", "))),
    );
    lines.extend(done.beyond.iter().map(|document| format!("beyond   {document}")));
    lines.join("\n")
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

    fn take_in(&mut self, step: TakeInStep) {
        match step {
            TakeInStep::Checking(files) => self.at("checking the package (files)", files, files),
            TakeInStep::Beside(files) => self.at("keeping what is beside (files)", files, files),
            TakeInStep::Versions(done, all) => self.at("taking versions in", done, all),
            TakeInStep::Comparing(files) => self.at("comparing (files)", files, files),
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
