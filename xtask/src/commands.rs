//! Running other programs: what they print goes on to the reader, and is kept for counting.

use std::io::{BufRead, BufReader, Write, pipe};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a program that has ended left behind.
pub(crate) struct Ended {
    /// Whether it ended well.
    pub(crate) well: bool,
    /// Everything it printed, both streams in the order in which it was printed.
    pub(crate) printed: String,
}

/// The folder of the checkout.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().expect("xtask lies in the checkout").to_path_buf()
}

/// Cargo, in the checkout's folder.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    program(env!("CARGO"), arguments)
}

/// A program, in the checkout's folder, without anything to read.
pub(crate) fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs a command, printing what it prints while it runs.
pub(crate) fn run(command: Command) -> Result<Ended, String> {
    run_showing(command, |_| true)
}

/// Runs a command, printing those of its lines that are worth showing while it runs. All are kept.
pub(crate) fn run_showing(
    mut command: Command,
    mut worth_showing: impl FnMut(&str) -> bool,
) -> Result<Ended, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let told = |error: std::io::Error| format!("{name} does not run: {error}");
    let (reader, writer) = pipe().map_err(told)?;
    command.stdout(writer.try_clone().map_err(told)?).stderr(writer);
    let mut child = command.spawn().map_err(told)?;
    // The command holds the pipe's other end; without this the reading would never end.
    drop(command);
    let mut printed = String::new();
    let mut lines = BufReader::new(reader);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).map_err(told)? > 0 {
        let text = String::from_utf8_lossy(&line);
        if worth_showing(text.trim_end()) {
            print!("{text}");
        }
        printed.push_str(&text);
        line.clear();
    }
    std::io::stdout().flush().map_err(told)?;
    let status = child.wait().map_err(told)?;
    Ok(Ended { well: status.success(), printed })
}

/// What a command prints on its standard output, if it ends well.
pub(crate) fn answer_of(mut command: Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
