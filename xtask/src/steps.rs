//! `cargo xtask test`: every step runs, even after one failed.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::commands::{cargo, run, run_showing};
use crate::report::{StepReport, Successes, Suite, suites_of_cargo_test};
use crate::{dependencies, fuzzing, on_postgres, report, system, tidiness};

/// One step: its name, what it is about, and how it runs.
struct Step {
    name: &'static str,
    about: &'static str,
    run: fn(bool) -> Result<Vec<Suite>, String>,
}

const STEPS: [Step; 10] = [
    Step { name: "system", about: "what tests need from the system's packages", run: packages },
    Step { name: "format", about: "rustfmt changes nothing", run: format },
    Step { name: "tidiness", about: "the house's own rules", run: tidy },
    Step { name: "licences", about: "every dependency's licence and reason", run: licences },
    Step { name: "clippy", about: "no warning in any target", run: clippy },
    Step { name: "rustdoc", about: "every link in the code's documentation", run: rustdoc },
    Step { name: "tests", about: "unit, integration, corpora and doc tests", run: tests },
    Step { name: "postgres", about: "the store and the operations on PostgreSQL", run: postgres },
    Step { name: "fuzz", about: "every parser on changed input", run: fuzz },
    Step { name: "bench", about: "the bench runs, tiny", run: bench },
];

/// Runs the steps that the arguments choose, and prints the report.
///
/// # Errors
/// When a check failed, or the arguments cannot be understood.
pub(crate) fn test(arguments: &[&str]) -> Result<(), String> {
    let mut long = false;
    let mut chosen = BTreeSet::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "--long" => long = true,
            "--list" => {
                list();
                return Ok(());
            }
            "--only" => {
                let name = rest.next().copied().unwrap_or_default();
                if !STEPS.iter().any(|step| step.name == name) {
                    return Err(format!("--only {name}: no such step; --list names them"));
                }
                chosen.insert(name);
            }
            other => return Err(format!("{other}: not known; --long, --only STEP, --list")),
        }
    }
    let wanted = |step: &&Step| chosen.is_empty() || chosen.contains(step.name);
    let reports: Vec<StepReport> =
        STEPS.iter().filter(wanted).map(|step| run_step(step, long)).collect();
    if report::print(&reports) { Ok(()) } else { Err(String::new()) }
}

fn list() {
    for step in &STEPS {
        println!("{:<10} {}", step.name, step.about);
    }
}

fn run_step(step: &Step, long: bool) -> StepReport {
    println!("\n=== {}: {}", step.name, step.about);
    let begun = Instant::now();
    let suites = (step.run)(long).unwrap_or_else(|reason| {
        println!("{reason}");
        vec![Suite::single(step.about, false)]
    });
    let took: Duration = begun.elapsed();
    println!("=== {} took {:.1} s", step.name, took.as_secs_f64());
    StepReport { name: step.name, took, suites }
}

fn packages(_long: bool) -> Result<Vec<Suite>, String> {
    system::provide()
}

fn format(_long: bool) -> Result<Vec<Suite>, String> {
    let check = |which: &[&str]| {
        let mut command = cargo(&[&["fmt"], which, &["--", "--check"]].concat());
        // A plain terminal, so that no colours come into a file.
        command.env("TERM", "dumb");
        run(command)
    };
    let ours = check(&["--all"])?;
    let fuzz = check(&["--manifest-path", "fuzz/Cargo.toml"])?;
    Ok(vec![
        Suite::single("rustfmt of the workspace", ours.well),
        Suite::single("rustfmt of fuzz", fuzz.well),
    ])
}

fn tidy(_long: bool) -> Result<Vec<Suite>, String> {
    tidiness::check()
}

fn licences(_long: bool) -> Result<Vec<Suite>, String> {
    dependencies::check()
}

fn clippy(_long: bool) -> Result<Vec<Suite>, String> {
    let all = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    Ok(vec![Suite::single("clippy", run(cargo(&all))?.well)])
}

fn rustdoc(_long: bool) -> Result<Vec<Suite>, String> {
    let mut command =
        cargo(&["doc", "--workspace", "--no-deps", "--locked", "--document-private-items"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    Ok(vec![Suite::single("the code's documentation", run(command)?.well)])
}

fn tests(long: bool) -> Result<Vec<Suite>, String> {
    let mut command =
        cargo(&["test", "--workspace", "--locked", "--no-fail-fast", "--", "--show-output"]);
    if long {
        command.env("VARANTO_LONG", "1");
    }
    let mut successes = Successes::default();
    let ended = run_showing(command, |line| successes.worth_showing(line))?;
    let mut suites = suites_of_cargo_test(&ended.printed);
    // A crate that does not compile, or a suite that was killed, leaves no counts behind.
    if !ended.well && suites.iter().all(|suite| suite.failed == 0) {
        suites.push(Suite::single("cargo test ends well", false));
    }
    Ok(suites)
}

fn postgres(long: bool) -> Result<Vec<Suite>, String> {
    on_postgres::run(long)
}

fn fuzz(long: bool) -> Result<Vec<Suite>, String> {
    fuzzing::run_all(if long { 60 } else { 5 })
}

fn bench(_long: bool) -> Result<Vec<Suite>, String> {
    println!("an unoptimised build: the figures only say that the bench runs");
    let ended = run(cargo(&[
        "run",
        "--locked",
        "--package",
        "varanto-bench",
        "--",
        "operations",
        "--documents",
        "300",
        "--callers",
        "1,4",
    ]))?;
    Ok(vec![Suite::single("bench, tiny", ended.well)])
}
