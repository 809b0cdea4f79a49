//! The project's own automation: `cargo xtask test`, `rules`, `pictures`. All of it is Rust.

mod commands;
mod decision_table;
mod dependencies;
mod fuzzing;
mod metadata_table;
mod on_postgres;
mod pictures;
mod report;
mod rules;
mod source;
mod steps;
mod system;
mod tidiness;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test [--long] [--only STEP]   runs every suite; the last line counts them all
cargo xtask test --list                   names the steps
cargo xtask rules                         writes docs/rules.md, docs/decision-table.md, the table of docs/metadata.md
cargo xtask pictures                      starts the demonstration and takes the tour's pictures

--long       long versions: 100 rounds of kill -9, a minute of fuzzing for each parser
--only STEP  that step alone; may be given several times
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test", rest @ ..] => steps::test(rest),
        ["rules"] => rules::write()
            .and_then(|()| metadata_table::write())
            .and_then(|()| decision_table::write()),
        ["pictures"] => pictures::take(),
        ["--help" | "-h" | "help"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!("what to do is not clear: {}\n\n{HELP}", words.join(" "))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            // The report of the tests tells all itself, and its last line stays the last.
            if !reason.is_empty() {
                eprintln!("{reason}");
            }
            ExitCode::FAILURE
        }
    }
}
