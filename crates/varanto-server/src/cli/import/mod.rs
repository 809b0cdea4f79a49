//! `varanto import`: old client data from a delivery to the archive. Source: OLD-1 to OLD-9.

mod deployment;
mod door;
mod plan;
mod rehearsed;
mod reported;
mod stopping;
mod telling;

use std::collections::BTreeSet;
use std::fs::TryLockError;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant as Stopwatch;

use aws_lc_rs::digest::{Context as Digest, SHA256};
use clap::{Args, Subcommand};
use serde_json::json;
use varanto_app::Registry;
use varanto_domain::archive::signatures::{Doubt, Flaw, Signature};
use varanto_domain::faults::FaultKind;
use varanto_domain::time::Clock;
use varanto_formats::signature::{Trust, jws};
use varanto_workbench::addition;
use varanto_workbench::delivery::Delivery;
use varanto_workbench::door::Door;
use varanto_workbench::mapping::{self, Mapping};
use varanto_workbench::proposal;
use varanto_workbench::queue::Queue;
use varanto_workbench::reconciliation::{self, Reconciliation, ReportError};
use varanto_workbench::rehearsal::{Rehearsal, RehearsalError, Stage};
use varanto_workbench::relationships;
use varanto_workbench::report::{Report, write_lists};
use varanto_workbench::run::{self, Done, Run, RunError};
use varanto_workbench::showing;
use varanto_workbench::undo::{self, Stays, Undo};
use varanto_workbench::work::{State, Work};

use super::output::Progress;
use super::{Context, Failure};
use crate::anchors;
use crate::clock::MachineClock;
use crate::texts::{self, Language};
use door::{SystemKey, To};
use rehearsed::Besides;
use stopping::{Stopping, Way};
use telling::{LeftOpen, Say};

/// How many documents are on their way at once, where nobody says.
const AT_ONCE: usize = 16;

/// The way of a delivery: `rehearse` as often as it takes, `run`, `reconcile`, `confirm`.
///
/// Exit codes: 0 all is done, 1 something is left: faulty rows after `rehearse`, refused ones after `run`, a source that
/// may not be destroyed yet after `reconcile`; and 1 whenever a command could not do its work; 3 it was ended in order before
/// its end, by Ctrl-C, SIGTERM or `pause`, and says with which command it is gone on with.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Look at a delivery and propose a mapping file for it, with the questions that remain.
    New {
        /// The delivery: a folder, a zip or a tar archive.
        delivery: PathBuf,
        /// What the source system is called: letters, digits, and - _ . between. Identifiers follow from it.
        #[arg(long, value_name = "NAME")]
        source: String,
        /// Where the mapping file is written; a file that is there is left alone.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Read and check everything as archiving would, tell every fault, and send nothing.
    Rehearse {
        #[command(flatten)]
        batch: Batch,
        /// Code-set files (CSV or JSON) besides those inside the program.
        #[arg(long = "codesets", value_name = "FILE")]
        code_sets: Vec<PathBuf>,
    },
    /// Ask the archive for the active relationships of the batch's active clients of whom the source names none, and keep them
    /// in the batch's folder: rehearse again, and each row has its own.
    Relationships {
        #[command(flatten)]
        batch: Batch,
        #[command(flatten)]
        to: To,
        /// Ask for all of them once more, also for those that were found before.
        #[arg(long)]
        anew: bool,
    },
    /// Print the organisation's archive plan for the source, as the mapping file chooses it: what is brought, what is
    /// kept where, and for how long.
    Plan {
        /// The mapping file.
        #[arg(long, value_name = "FILE")]
        mapping: PathBuf,
        /// The folder of a batch that was rehearsed: its numbers are added.
        #[arg(long, value_name = "DIR")]
        batch: Option<PathBuf>,
    },
    /// Archive what was rehearsed and is sound. Broken off at any moment, it is gone on with by running it again.
    Run {
        #[command(flatten)]
        batch: Batch,
        #[command(flatten)]
        to: To,
        #[command(flatten)]
        signing: SigningKey,
        #[command(flatten)]
        speed: Speed,
        /// Archive what is sound though rows are faulty, or wait at the archivist's desk: once a run has begun, they come in
        /// another batch alone.
        #[arg(long)]
        leave_open: bool,
    },
    /// End whatever works in a batch's folder, from another terminal: what is on its way is waited for, and noted down. It
    /// is gone on with by its own command.
    Pause {
        /// The batch's folder.
        #[arg(long, value_name = "DIR")]
        batch: PathBuf,
    },
    /// Tell how far a batch is.
    Status {
        /// The batch's folder.
        #[arg(long, value_name = "DIR")]
        batch: PathBuf,
    },
    /// Tell everything that is known of one row: what the source says, what the mapping made of it, what was found,
    /// and where it is on its way. Identity codes are masked, names are not.
    Show {
        #[command(flatten)]
        batch: Batch,
        /// The row, as rehearse and faults.csv name it.
        #[arg(long, value_name = "NUMBER")]
        row: u64,
    },
    /// Report, row by row, that each source document is archived and readable, byte for byte, or why it is not.
    Reconcile {
        #[command(flatten)]
        batch: Batch,
        #[command(flatten)]
        to: To,
        #[command(flatten)]
        signing: SigningKey,
        #[command(flatten)]
        speed: Speed,
        /// Where the report is written; its signature beside it, with .jws at the end of its name. A report that is there
        /// stays until this one is whole.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check a report of `reconcile` by itself: its lines, its sum, its receipts and its signature.
    Verify {
        /// The report.
        report: PathBuf,
        /// A folder with the authorities of the signer's certificate (PEM or DER); without one the signature is
        /// not checked.
        #[arg(long, value_name = "DIR")]
        anchors: Option<PathBuf>,
    },
    /// The deployment test of old-data archiving (käyttöönottokoe): a trial archiving with a test person, each step
    /// passed or failed and why. What it archives is invalidated at its end.
    DeploymentTest {
        #[command(flatten)]
        to: To,
        #[command(flatten)]
        signing: SigningKey,
        #[command(flatten)]
        trial: deployment::Options,
    },
    /// Add up the reports of several batches of one source: what is open in one and archived in another is settled.
    AddUp {
        /// The reports.
        #[arg(required = true)]
        reports: Vec<PathBuf>,
        /// A folder with the authorities of the signer's certificate, as for verify.
        #[arg(long, value_name = "DIR")]
        anchors: Option<PathBuf>,
    },
    /// Confirm a batch: it cannot be undone any more.
    Confirm {
        /// The batch's folder.
        #[arg(long, value_name = "DIR")]
        batch: PathBuf,
    },
    /// Undo a batch that is not confirmed: its documents are invalidated.
    Undo {
        #[command(flatten)]
        batch: Batch,
        #[command(flatten)]
        to: To,
        /// The source is there still. To be said where a report of the batch said that it may be destroyed: once it is, an
        /// undo leaves the documents nowhere.
        #[arg(long)]
        source_is_there: bool,
    },
}

/// A delivery and what is made of it.
#[derive(Debug, Args)]
pub(super) struct Batch {
    /// The delivery: a folder, a zip or a tar archive.
    delivery: PathBuf,
    /// The mapping file.
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// The batch's folder: what is known between two runs. It holds client data, and is made readable for its owner
    /// alone.
    #[arg(id = "batch", long = "batch", value_name = "DIR")]
    folder: PathBuf,
}

/// How fast documents go.
#[derive(Debug, Args)]
pub(super) struct Speed {
    /// How many documents are on their way at once.
    #[arg(long, default_value_t = AT_ONCE, value_name = "COUNT")]
    at_once: usize,
    /// The most documents a second, so that daily use of the archive keeps its speed.
    #[arg(long, value_name = "COUNT")]
    most: Option<u32>,
}

impl Speed {
    fn doors(&self, to: &To) -> Result<Vec<Box<dyn Door>>, Failure> {
        to.doors(self.at_once.clamp(1, 64))
    }
}

/// The system's signature.
#[derive(Debug, Args)]
pub(super) struct SigningKey {
    /// The certificate of the system's signature (PEM): old documents are signed by the system.
    #[arg(long, value_name = "FILE")]
    signing_certificate: PathBuf,
    /// Its key (PKCS #8, PEM).
    #[arg(long, value_name = "FILE")]
    signing_key: PathBuf,
}

impl SigningKey {
    fn read(&self) -> Result<SystemKey, Failure> {
        SystemKey::read(&self.signing_certificate, &self.signing_key)
    }
}

struct Opened {
    delivery: Delivery,
    mapping: Mapping,
    /// The mapping file's text.
    text: String,
    work: Work,
}

/// The mapping file of a path.
fn read_mapping(path: &Path) -> Result<Mapping, Failure> {
    read_mapping_text(path).map(|(mapping, _)| mapping)
}

fn read_mapping_text(path: &Path) -> Result<(Mapping, String), Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::of(format!("{}: {error}", path.display())))?;
    let mapping = mapping::read(&text);
    let failed = |error| Failure::of(format!("{}:\n{error}", path.display()));
    Ok((mapping.map_err(failed)?, text))
}

fn absolute(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

impl Batch {
    fn open(&self) -> Result<Opened, Failure> {
        let (mapping, text) = read_mapping_text(&self.mapping)?;
        let work = Work::open(&self.folder)?;
        if absolute(&self.folder).starts_with(absolute(&self.delivery)) {
            return Err(Failure::of("the batch's folder lies in the delivery; name one beside it"));
        }
        Ok(Opened { mapping, text, delivery: Delivery::open(&self.delivery)?, work })
    }

    /// The command that rehearses it.
    fn rehearsed_by(&self, code_sets: &[PathBuf]) -> String {
        let word = |path: &Path| path.display().to_string();
        let mut words = ["varanto", "import", "rehearse"].map(str::to_owned).to_vec();
        words.push(word(&self.delivery));
        for (option, path) in [("--mapping", &self.mapping), ("--batch", &self.folder)] {
            words.extend([option.to_owned(), word(path)]);
        }
        words.extend(code_sets.iter().flat_map(|path| ["--codesets".to_owned(), word(path)]));
        words.extend(stopping::common_options(stopping::typed()));
        stopping::command_line(words)
    }
}

/// Progress of these commands, in the language that is asked for.
fn progress(context: &Context, what: &str, total: u64) -> Progress {
    let say = Say::of(context);
    Progress::said(say.0, &say.text(what), total)
}

/// The exit code of a command that was ended in order before its end.
const STOPPED: u8 = 3;

/// How a command came to its end.
enum Ended {
    AllDone,
    /// Something is left to be done.
    Left,
    /// It was ended before.
    Stopped,
}

impl Ended {
    const fn with(all_done: bool) -> Self {
        if all_done { Self::AllDone } else { Self::Left }
    }
}

/// Does what is asked; the exit code tells whether something is left to be done. What keeps it from that is told in the language
/// that is asked for.
pub(super) fn run(command: Command, context: &Context) -> Result<ExitCode, Failure> {
    let language = context.output.language();
    done(command, context).map_err(|failure| failure.of_workbench(language))
}

fn done(command: Command, context: &Context) -> Result<ExitCode, Failure> {
    let all_done = match command {
        Command::Rehearse { batch, code_sets } => {
            return rehearse(&batch, &code_sets, context).map(ExitCode::from);
        }
        Command::Run { batch, to, signing, speed, leave_open } => {
            let ended = archive(&batch, &to, (&signing, &speed), leave_open, context);
            return ended.map(ExitCode::from);
        }
        Command::Reconcile { batch, to, signing, speed, out } => {
            let ended = reconcile(&batch, &to, &signing, &speed, &out, context);
            return ended.map(ExitCode::from);
        }
        Command::Undo { batch, to, source_is_there } => {
            return take_back(&batch, &to, source_is_there, context).map(ExitCode::from);
        }
        Command::Relationships { batch, to, anew } => {
            return look_up(&batch, &to, anew, context).map(ExitCode::from);
        }
        Command::New { delivery, source, out } => {
            propose(&delivery, &source, &out, context).map(|()| true)?
        }
        Command::Plan { mapping, batch } => {
            plan::print(&mapping, batch.as_deref(), context).map(|()| true)?
        }
        Command::Show { batch, row } => show(&batch, row, context).map(|()| true)?,
        Command::DeploymentTest { to, signing, trial } => {
            deployment::test(&to, &signing, &trial, context)?
        }
        Command::AddUp { reports, anchors } => add_up(&reports, anchors.as_deref(), context)?,
        Command::Status { batch } => status(&batch, context).map(|()| true)?,
        Command::Pause { batch } => pause(&batch, context).map(|()| true)?,
        Command::Verify { report, anchors } => {
            verify(&report, anchors.as_deref(), context).map(|()| true)?
        }
        Command::Confirm { batch } => confirm(&batch, context).map(|()| true)?,
    };
    Ok(Ended::with(all_done).into())
}

impl From<Ended> for ExitCode {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::AllDone => Self::SUCCESS,
            Ended::Left => Self::FAILURE,
            Ended::Stopped => Self::from(STOPPED),
        }
    }
}

fn propose(delivery: &Path, source: &str, out: &Path, context: &Context) -> Result<(), Failure> {
    let language = context.output.language();
    mapping::check_name(source).map_err(|wanted| Failure::of(format!("--source: {wanted}")))?;
    let say = |words: &str| texts::of_workbench(language, words);
    let wording = proposal::Wording { say: &say, swedish: language == Language::Swedish };
    let delivery = Delivery::open(delivery)?;
    let proposal = proposal::propose(&delivery, source, registry(&[])?.code_sets(), wording)?;
    let write = |path: &Path, text: &str| {
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Failure::of(format!("{} is there already; name another file", path.display()))
            }
            _ => Failure::of(format!("{}: {error}", path.display())),
        };
        let mut file = std::fs::File::create_new(path).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)
    };
    let index = proposal.index.map(|text| (out.with_file_name(proposal::FILES), text));
    if let Some((path, text)) = &index {
        write(path, text)?;
    }
    write(out, &proposal.text)?;
    let index = index.map(|(path, _)| path);
    let unread: Vec<_> =
        proposal.unread.iter().map(|(file, why)| json!({ "file": file, "why": why })).collect();
    let value = json!({
        "mapping": out, "questions": proposal.questions, "index": index, "unread": unread,
    });
    let say = Say::of(context);
    let questions = say.count("question", proposal.questions as u64);
    let path = out.display().to_string();
    let mut told = vec![("path", &*path), ("questions", &questions)];
    let index = index.map(|index| index.display().to_string());
    let words = match &index {
        None => say.with("proposed", &told),
        Some(index) => {
            told.push(("index", index));
            say.with("proposed_index", &told)
        }
    };
    let mut lines = vec![words];
    if !proposal.unread.is_empty() {
        lines.push(say.text("proposed_unread"));
    }
    let unread = proposal.unread.iter();
    lines.extend(
        unread.map(|(file, why)| format!("  {file}: {}", texts::of_workbench(language, why))),
    );
    context.output.one(&value, &lines.join("\n"))
}

fn confirm(folder: &Path, context: &Context) -> Result<(), Failure> {
    undo::confirm(&existing(folder)?, &MachineClock.now().to_string())?;
    context.output.one(&json!({ "confirmed": true }), &Say::of(context).text("confirmed"))
}

/// The work file of a folder that has one.
fn existing(folder: &Path) -> Result<Work, Failure> {
    if !folder.join("work.sqlite").is_file() {
        return Err(Failure::of(format!("{}: no batch was rehearsed there", folder.display())));
    }
    Ok(Work::open(folder)?)
}

fn registry(code_sets: &[PathBuf]) -> Result<Registry, Failure> {
    let read = |file: &PathBuf| {
        std::fs::read(file).map_err(|error| Failure::of(format!("{}: {error}", file.display())))
    };
    let files = code_sets.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Registry::alone(&[], &files).map_err(|bad| {
        let lines = bad.iter().map(|(at, error)| format!("{}: {error}", code_sets[*at].display()));
        Failure::of(lines.collect::<Vec<_>>().join("\n"))
    })
}

fn rehearse(batch: &Batch, code_sets: &[PathBuf], context: &Context) -> Result<Ended, Failure> {
    let mut opened = batch.open()?;
    let stopping = Stopping::listen(&batch.folder, Way::Alone, context)?;
    let began = Stopwatch::now();
    if !opened.rehearse(code_sets, &stopping, context)? {
        return telling::rehearsal_stopped(&batch.rehearsed_by(code_sets), false, context);
    }
    let report = opened.tell(began, context)?;
    Ok(Ended::with(report.count(State::Faulty) == 0))
}

fn look_up(batch: &Batch, to: &To, anew: bool, context: &Context) -> Result<Ended, Failure> {
    let opened = batch.open()?;
    let stopping = Stopping::listen(&batch.folder, Way::Alone, context)?;
    run::check_rehearsed(&opened.work, &opened.delivery, &opened.mapping)?;
    let mut doors = to.doors(1)?;
    let mut door = doors.pop().ok_or_else(|| Failure::of("no door"))?;
    let mut bar = progress(context, "asking", 0);
    let mut at = |done, total| bar.at(done, total);
    let told = relationships::look_up(&opened.work, &mut *door, anew, stopping.flag(), &mut at);
    let told = match told {
        Err(RunError::Stopped) => return telling::look_up_stopped(context),
        told => told?,
    };
    bar.end();
    telling::looked_up(&told, context)?;
    Ok(Ended::with(told.is_whole()))
}

fn pause(folder: &Path, context: &Context) -> Result<(), Failure> {
    let work = existing(folder)?;
    let paused = stopping::pause(folder)?;
    telling::paused(paused, &Report::of(&work)?, context)
}

impl Opened {
    /// Rehearses, with a bar that tells how far it is. Whether it came to its end.
    fn rehearse(
        &mut self,
        code_sets: &[PathBuf],
        stopping: &Stopping,
        context: &Context,
    ) -> Result<bool, Failure> {
        let registry = registry(code_sets)?;
        let bar = Mutex::new((progress(context, "reading", 0), Stage::Reading));
        let tell = |stage: Stage, done: u64, total: u64| {
            let Ok(mut bar) = bar.lock() else { return };
            // Comparing is one step, with nothing to count.
            if stage == Stage::Comparing {
                return;
            }
            if bar.1 != stage {
                bar.0.end();
                *bar = (progress(context, "checking", total), stage);
            }
            bar.0.at(done, total.max(done));
        };
        let rehearsal = Rehearsal {
            delivery: &self.delivery,
            mapping: &self.mapping,
            registry: &registry,
            now: MachineClock.now(),
            checkers: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            progress: &tell,
        };
        match rehearsal.run(&mut self.work, stopping.flag()) {
            Err(RehearsalError::Stopped) => return Ok(false),
            done => done?,
        }
        let code_sets: Vec<PathBuf> = code_sets.iter().map(|path| absolute(path)).collect();
        self.work.remember(&absolute(self.delivery.place()), &self.text, &code_sets)?;
        if let Ok(mut bar) = bar.lock() {
            bar.0.end();
        }
        Ok(true)
    }

    /// Takes in what people completed since the last rehearsal, by another one of the same delivery, mapping and code sets;
    /// with which these are, where that one was stopped.
    fn take_answers_in(
        &mut self,
        stopping: &Stopping,
        context: &Context,
    ) -> Result<Option<Vec<PathBuf>>, Failure> {
        run::check_rehearsed(&self.work, &self.delivery, &self.mapping)?;
        if !self.work.answers_wait()? {
            return Ok(None);
        }
        let Some(code_sets) = self.work.code_sets()? else {
            let what =
                "the code sets are other ones than those that were rehearsed; rehearse again";
            return Err(Failure::of(what));
        };
        Ok((!self.rehearse(&code_sets, stopping, context)?).then_some(code_sets))
    }

    /// Tells what the last rehearsal found.
    fn tell(&self, began: Stopwatch, context: &Context) -> Result<Report, Failure> {
        let report = Report::of(&self.work)?;
        let lists = write_lists(&self.work, &rehearsed::sentence(context))?;
        rehearsed::report(&report, &Besides::Rehearsed(began.elapsed(), &lists), context)?;
        self.work.note_seen()?;
        Ok(report)
    }
}

fn status(folder: &Path, context: &Context) -> Result<(), Failure> {
    let report = Report::of(&existing(folder)?)?;
    // Before a rehearsal came to its end there is no queue.
    let queue = Queue::open(folder)?;
    let desk = queue.map(|queue| queue.at_desk()).transpose()?.flatten();
    rehearsed::report(&report, &Besides::Asked(desk), context)
}

/// What a run would leave for another batch, that is not begun yet; `None` where there is nothing.
fn left_open(batch: &Batch, work: &Work) -> Result<Option<LeftOpen>, Failure> {
    let desk = Queue::open(&batch.folder)?.map(|queue| queue.at_desk()).transpose()?.flatten();
    let Some(desk) = desk else { return Ok(None) };
    let unreadable = FaultKind::UnreadableRow.code();
    let faults = Report::of(work)?.faults;
    let unread = faults.iter().filter(|group| group.code == unreadable).map(|group| group.rows);
    let left = LeftOpen { faulty: work.count(State::Faulty)?, unread: unread.sum(), desk };
    Ok((left.faulty > 0).then_some(left))
}

fn archive(
    batch: &Batch,
    to: &To,
    (signing, speed): (&SigningKey, &Speed),
    leave_open: bool,
    context: &Context,
) -> Result<Ended, Failure> {
    let began = Stopwatch::now();
    let mut opened = batch.open()?;
    let stopping = Stopping::listen(&batch.folder, Way::Alone, context)?;
    if let Some(code_sets) = opened.take_answers_in(&stopping, context)? {
        return telling::rehearsal_stopped(&batch.rehearsed_by(&code_sets), true, context);
    }
    let changed = opened.work.unseen()?;
    if changed.rows > 0 {
        opened.tell(began, context)?;
        eprintln!("{}", telling::made_faulty(&changed, context));
        return Ok(Ended::Left);
    }
    if let Some(left) = left_open(batch, &opened.work)? {
        eprintln!("{}", telling::leaves_open(&left, leave_open, context));
        if !leave_open {
            return Ok(Ended::Left);
        }
    }
    let registry = registry(&[])?;
    let signer = signing.read()?;
    let doors = speed.doors(to)?;
    let total = opened.work.count(State::Sound)?;
    let bar = Mutex::new(progress(context, "archiving", total));
    let tell = |done: Done| {
        if let Ok(mut bar) = bar.lock() {
            bar.at(done.archived + done.refused, total);
        }
    };
    let began = Stopwatch::now();
    let run = Run {
        delivery: &opened.delivery,
        mapping: &opened.mapping,
        registry: &registry,
        signer: &signer,
        most_each_second: speed.most,
        stop: stopping.flag(),
        progress: &tell,
    };
    let done = run.run(&mut opened.work, doors);
    let silent = match &done {
        Err(RunError::NoAnswer(why)) => Some(why.as_str()),
        _ => None,
    };
    let may_end_early = done.is_ok() || silent.is_some();
    if stopping.was_asked() && may_end_early && opened.work.count(State::Sound)? > 0 {
        let done = (&Report::of(&opened.work)?, opened.work.dossiers_made()?);
        return telling::run_stopped(done, silent, context);
    }
    let done = done?;
    if let Ok(mut bar) = bar.lock() {
        bar.end();
    }
    telling::archived(done, began.elapsed(), context)
}

fn reconcile(
    batch: &Batch,
    to: &To,
    signing: &SigningKey,
    speed: &Speed,
    out: &Path,
    context: &Context,
) -> Result<Ended, Failure> {
    let opened = batch.open()?;
    let stopping = Stopping::listen(&batch.folder, Way::Beside, context)?;
    let signer = signing.read()?;
    let bar = Mutex::new(progress(context, "reconciling", 0));
    let made_at = MachineClock.now().to_string();
    let registry = registry(&[])?;
    let reconciliation = Reconciliation {
        delivery: &opened.delivery,
        mapping: &opened.mapping,
        registry: &registry,
        made_at: &made_at,
        most_each_second: speed.most,
        stop: stopping.flag(),
        progress: &|done, total| {
            if let Ok(mut bar) = bar.lock() {
                bar.at(done, total);
            }
        },
    };
    // Broken off, it leaves the report that was there before, with its signature.
    let (unfinished, held) = unfinished(out)?;
    let sum = match reconciliation.run(&opened.work, speed.doors(to)?, &unfinished) {
        Err(ReportError::Run(RunError::Stopped)) => {
            std::fs::remove_file(&unfinished).map_err(failed(&unfinished))?;
            return telling::reconciliation_stopped(context);
        }
        done => done?,
    };
    if let Ok(mut bar) = bar.lock() {
        bar.end();
    }
    reconciliation.note_verdict(&opened.work, &sum)?;
    let made = signer.sign_text(&signed_text(&unfinished)?).map_err(Failure::of)?;
    put_in_place(&unfinished, &made, out)?;
    drop(held);
    reconciliation.note_reported(&opened.work, &sum)?;
    reported::sum(&sum, out, context)?;
    Ok(Ended::with(sum.source_may_be_destroyed))
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    move |error| Failure::of(format!("{}: {error}", path.display()))
}

/// Where a report is written until it has its end, and what holds that for this reconciliation alone. What another one left
/// when it was broken off is written over.
fn unfinished(out: &Path) -> Result<(PathBuf, std::fs::File), Failure> {
    for number in 1..=64 {
        let end = if number == 1 { ".part".to_owned() } else { format!(".{number}.part") };
        let path = beside(out, &end);
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&path);
        let file = file.map_err(failed(&path))?;
        match file.try_lock() {
            // It may have taken its place as a report between the two.
            Ok(()) if is_at(&file, &path) => return Ok((path, file)),
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(failed(&path)(error)),
        }
    }
    Err(Failure::of(format!("{}: too many reconciliations write it at once", out.display())))
}

fn is_at(file: &std::fs::File, path: &Path) -> bool {
    let inode = |facts: std::fs::Metadata| (facts.dev(), facts.ino());
    let (own, there) = (file.metadata().map(inode), std::fs::metadata(path).map(inode));
    own.ok().is_some_and(|own| there.ok() == Some(own))
}

/// Puts a report in the place of the one before. Its signature is there before it, under a name of its own, and so at every
/// moment one of the two signatures is that of the report; on the disk, when this returns.
fn put_in_place(unfinished: &Path, signature: &str, out: &Path) -> Result<(), Failure> {
    let (place, next) = (signature_of(out), next_signature_of(out));
    if next.exists() && out.exists() && fits(&next, out)? {
        // Another one was broken off here: the report that is there has this signature.
        std::fs::rename(&next, &place).map_err(failed(&place))?;
    }
    let made = beside(unfinished, ".jws");
    write_durably(&made, signature.as_bytes()).map_err(failed(&made))?;
    std::fs::rename(&made, &next).map_err(failed(&next))?;
    sync_folder(out)?;
    std::fs::rename(unfinished, out).map_err(failed(out))?;
    sync_folder(out)?;
    std::fs::rename(&next, &place).map_err(failed(&place))?;
    sync_folder(out)
}

fn sync_folder(file: &Path) -> Result<(), Failure> {
    let folder = file.parent().filter(|one| !one.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::File::open(folder).and_then(|one| one.sync_all()).map_err(failed(folder))
}

/// Whether a signature is of a report, whoever made it.
fn fits(signature: &Path, report: &Path) -> Result<bool, Failure> {
    let sent = std::fs::read(signature).map_err(failed(signature))?;
    let checked = jws::verify(&sent, &signed_text(report)?, &Trust::default(), MachineClock.now());
    Ok(!checked.is_empty() && checked.iter().all(|one| one.found.flaws.is_empty()))
}

fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// What is signed of a report: what it is, and its digest.
fn signed_text(report: &Path) -> Result<String, Failure> {
    let failed = |error| Failure::of(format!("{}: {error}", report.display()));
    let mut file = std::fs::File::open(report).map_err(failed)?;
    let mut digest = Digest::new(&SHA256);
    let mut piece = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut piece).map_err(failed)?;
        if read == 0 {
            return Ok(format!("varanto-reconciliation/1\n{:?}\n", digest.finish()));
        }
        digest.update(&piece[..read]);
    }
}

fn signature_of(report: &Path) -> PathBuf {
    beside(report, ".jws")
}

/// Where a report's signature is until it takes the place of the one before.
fn next_signature_of(report: &Path) -> PathBuf {
    beside(report, ".jws.next")
}

/// The file beside another one whose name has this at its end.
fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn show(batch: &Batch, row: u64, context: &Context) -> Result<(), Failure> {
    let Opened { delivery, mapping, work, .. } = batch.open()?;
    run::check_rehearsed(&work, &delivery, &mapping)?;
    let shown = showing::show(&work, &delivery, &mapping, row)?;
    let shown = shown.ok_or_else(|| Failure::of(format!("the index has no row {row}")))?;
    rehearsed::row(&shown, context)
}

fn add_up(reports: &[PathBuf], anchors: Option<&Path>, context: &Context) -> Result<bool, Failure> {
    for report in reports {
        signer(report, anchors, Say::of(context))?;
    }
    let together = addition::add_up(reports)?;
    reported::together(&together, anchors.is_some(), context)?;
    Ok(together.source_may_be_destroyed)
}

fn verify(report: &Path, anchors: Option<&Path>, context: &Context) -> Result<(), Failure> {
    let (head, sum) = reconciliation::verify(report)?;
    let signer = signer(report, anchors, Say::of(context))?;
    reported::verified(&head, &sum, signer.as_deref(), context)
}

/// Who signed a report, where it is asked: with a certificate that leads to one of the anchors, or the report does not hold.
/// The key of the archive stands in the report itself, and so the signature alone ties it to somebody.
fn signer(report: &Path, anchors: Option<&Path>, say: Say) -> Result<Option<String>, Failure> {
    let Some(folder) = anchors else { return Ok(None) };
    let trust: Trust = anchors::read_folder(folder)?;
    // Broken off at its very end, a reconciliation leaves the signature under the other name.
    let next = next_signature_of(report);
    let own = !next.exists() || !fits(&next, report)?;
    let signature = if own { signature_of(report) } else { next };
    let sent = std::fs::read(&signature)
        .map_err(|error| Failure::of(format!("{}: {error}", signature.display())))?;
    let checked = jws::verify(&sent, &signed_text(report)?, &trust, MachineClock.now());
    let against = checked.iter().flat_map(|one| against(&one.found)).collect::<BTreeSet<_>>();
    if !against.is_empty() {
        return Err(Failure::of(does_not_hold(&against, say)));
    }
    let signed = checked.into_iter().find_map(|one| one.found.signer);
    signed.map(|signer| Some(signer.name)).ok_or_else(|| Failure::of("the report has no signature"))
}

/// That a report's signature does not hold: by codes, and a sentence for each.
fn does_not_hold(against: &BTreeSet<&str>, say: Say) -> String {
    let codes = against.iter().copied().collect::<Vec<_>>().join(", ");
    let mut words = say.with("signature_does_not_hold", &[("codes", &codes)]);
    for code in against {
        words.push(' ');
        words.push_str(&say.text(&format!("signature-{code}")));
    }
    words
}

/// What speaks against a report's signature. That no list tells whether the certificate is revoked does not: a folder of
/// anchors mostly has none.
fn against(signature: &Signature) -> impl Iterator<Item = &'static str> {
    let flaws = signature.flaws.iter().map(Flaw::code);
    let doubts = signature
        .doubts
        .iter()
        .filter(|doubt| doubt.is_grave() && !matches!(doubt, Doubt::RevocationUnknown));
    flaws.chain(doubts.map(Doubt::code))
}

fn take_back(
    batch: &Batch,
    to: &To,
    source_is_there: bool,
    context: &Context,
) -> Result<Ended, Failure> {
    let mut opened = batch.open()?;
    let stopping = Stopping::listen(&batch.folder, Way::Alone, context)?;
    let mut doors = to.doors(1)?;
    let mut door = doors.pop().ok_or_else(|| Failure::of("no door"))?;
    let mut bar = (progress(context, "undoing", 0), undo::Stage::Rows);
    let Opened { delivery, mapping, work, .. } = &mut opened;
    let at = MachineClock.now().to_string();
    let undo = Undo { delivery, mapping, at: &at, source_is_there, stop: stopping.flag() };
    let mut tell = |stage: undo::Stage, done: u64, total: u64| {
        if bar.1 != stage {
            bar.0.end();
            bar = (progress(context, "counting", total), stage);
        }
        bar.0.at(done, total);
    };
    let undone = match undo.run(work, &mut *door, &mut tell) {
        Err(RunError::Stopped) => {
            return telling::undo_stopped(&Report::of(work)?, &Stays::of(work)?, context);
        }
        Err(error) => {
            // What it left in force until then is told in any case.
            let stays = telling::in_force(&Stays::of(work)?, context);
            if !stays.is_empty() {
                eprintln!("{}", stays.trim_start());
            }
            return Err(error.into());
        }
        Ok(done) => done,
    };
    bar.0.end();
    telling::undone(&undone, context).map(|()| Ended::AllDone)
}

#[cfg(test)]
mod tests {
    use varanto_domain::time::FinnishDay;
    use varanto_kit::county::{County, CountySize};
    use varanto_kit::deliveries::{self, SourceSystem};

    use super::*;

    fn in_language(language: Language, words: &str) -> String {
        let said = texts::of_workbench(language, words);
        assert_ne!(said, words, "{language}");
        said
    }

    /// OLD-7, OLD-9: whatever a proposal says and asks is said in the language: of each system, and of scans without an index.
    #[test]
    fn a_proposal_is_said_in_each_language() {
        let registry = registry(&[]).unwrap();
        let until = FinnishDay::parse("2026-11-01").unwrap();
        let county = County::new(1, CountySize { clients: 60, documents: 1200 }, until);
        for language in [Language::Finnish, Language::Swedish] {
            let say = |words: &str| in_language(language, words);
            let wording = proposal::Wording { say: &say, swedish: language == Language::Swedish };
            let propose = |place: &Path| {
                let delivery = Delivery::open(place).unwrap();
                proposal::propose(&delivery, "vanha", registry.code_sets(), wording).unwrap()
            };
            for system in [SourceSystem::Aamu, SourceSystem::Kaisla, SourceSystem::Portti] {
                let folder = tempfile::tempdir().unwrap();
                deliveries::write(system, &county, 3, 120, 30, folder.path()).unwrap();
                let zip = folder.path().join("delivery.zip");
                let place = if zip.exists() { zip } else { folder.path().join("delivery") };
                let proposal = propose(&place);
                let asked = if language == Language::Swedish { "# FRÅGA:" } else { "# KYSYMYS:" };
                assert_eq!(proposal.questions, proposal.text.matches(asked).count());
                assert!(!proposal.text.contains("QUESTION"), "{}", proposal.text);
                assert!(mapping::read(&proposal.text).is_err(), "an answer is asked for");
            }
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("1.png"), [0x89, b'P', b'N', b'G']).unwrap();
            assert!(propose(folder.path()).index.is_some());
        }
    }

    /// OLD-9: whatever speaks against a report's signature is said by its code and in a sentence, in each language.
    #[test]
    fn what_speaks_against_a_signature_is_said() {
        let flaws = [Flaw::Content, Flaw::Time, Flaw::Metadata, Flaw::Value, Flaw::Form("")];
        let doubts = [
            Doubt::IssuerUnknown,
            Doubt::NotYetInForce,
            Doubt::Expired,
            Doubt::Revoked(None),
            Doubt::Purpose,
            Doubt::KindDiffers,
            Doubt::Malformed(String::new()),
        ];
        let codes = flaws.iter().map(Flaw::code).chain(doubts.iter().map(Doubt::code));
        for code in codes.collect::<Vec<_>>() {
            for language in Language::ALL {
                let told = does_not_hold(&BTreeSet::from([code]), Say(language));
                assert!(told.contains(code) && !told.contains("import."), "{language} {told}");
            }
        }
    }

    /// OLD-9: each fault of a mapping file is said in the language.
    #[test]
    fn faults_of_a_mapping_file_are_said_in_each_language() {
        const BAD: &str = r#"
form = 2
source = "van ha"
batch = "2"
relationships = "many"
twice = "thrice"
[bring]
"99" = "all"
"26" = "some"
"24" = "nothing"
[convert]
kinds = ["doc"]
encoding = "ebcdic"
[index]
file = "i"
form = "csv"
separator = ""
[beside.one]
file = "b"
form = "xml"
key = "K"
on = "K"
[settles.2]
5 = []
five = "D-5"
[document]
kind = { column = "A" }
document = { column = "A", constant = "b" }
"client.family_name" = { column = "N", take = "second" }
service_task = { column = "R", codes = { A = "" }, otherwise = " " }
client_state = [{ column = "T", codes = { V = "activ", P = "" } }, { constant = "dead" }]
original_service_task = { column = "L", codes = { A = "13" } }
"controller.id" = { constant = "hva" }
file = { column = "F", codes = { A = "b" }, prefix = "x" }
written_at = { when = { written_at = { from = "2016-03-01" } }, column = "P" }
general_type = { column = "L", otherwise = "2" }
language = [
  { when = { written_at = { before = "1.3.2016" } }, constant = "fi" },
  { when = { written_at = { until = "2016-03-01" } }, constant = "fi" },
  { when = { written_at = { } }, constant = "fi" },
  { when = { written_at = { from = "2016-03-01", before = "2016-03-01" } }, constant = "fi" },
  { when = { P = { before = "2016-03-01" } }, constant = "fi" },
  { when = { "client.age" = { from = "65" } }, constant = "fi" },
  { when = { T = 3 }, constant = "fi" },
  { when = { case_closed_on = { before = "2016-03-01" } }, constant = "fi" },
]
"#;
        let told = mapping::read(BAD).unwrap_err().to_string();
        assert!(told.lines().count() > 30, "{told}");
        for language in [Language::Finnish, Language::Swedish] {
            for line in told
                .lines()
                .filter(|line| !line.starts_with("bring.26") && !line.contains(".take:"))
            {
                let said = in_language(language, line);
                for english in ["expected", "is made", " must ", "nothing", "there is"] {
                    assert!(!said.contains(english), "{said}");
                }
            }
        }
        // Lists of what can be said stay as they are, after words in the language.
        let take = told.lines().find(|line| line.contains(".take:")).unwrap();
        assert!(in_language(Language::Swedish, take).contains("här ska stå first, rest"));
        assert!(told.contains("nothing is said for the word \"P\", and each document has one: ended, active or deceased"));
        assert!(
            told.contains("bring.99: there is no such service task of 2016; name one of 10, 15")
        );
    }

    /// Reconciliations into one place at once do not write over each other; what was broken off is written over.
    #[test]
    fn each_unfinished_report_has_a_name_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("report.jsonl");
        let (first, held) = unfinished(&out).unwrap();
        let (second, _held) = unfinished(&out).unwrap();
        assert_eq!(first, folder.path().join("report.jsonl.part"));
        assert_eq!(second, folder.path().join("report.jsonl.2.part"));
        drop(held);
        assert_eq!(unfinished(&out).unwrap().0, first);
    }
}
