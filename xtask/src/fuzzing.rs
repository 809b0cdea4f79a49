//! Fuzzing: every parser is given changed input for a while, with the compiler's own coverage.

use std::path::Path;

use crate::commands::{answer_of, cargo, program, root, run, run_showing};
use crate::report::Suite;
use crate::system;

/// How the compiler marks the paths that input takes; these work on stable Rust, and are those of
/// `fuzz/README.md`.
const FLAGS: [&str; 6] = [
    "--cfg fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Builds the fuzz targets and runs each for so many seconds.
pub(crate) fn run_all(seconds: u32) -> Result<Vec<Suite>, String> {
    let targets = targets()?;
    if !system::has_compiler() {
        println!("skipped: no C++ compiler");
        return Ok(targets.iter().map(|name| Suite::skipped(&format!("fuzz {name}"))).collect());
    }
    let host = host()?;
    let mut build =
        cargo(&["build", "--release", "--locked", "--manifest-path", "fuzz/Cargo.toml"]);
    build.args(["--target", &host]).env("RUSTFLAGS", FLAGS.join(" "));
    if !run(build)?.well {
        return Ok(vec![Suite::single("the fuzz targets build", false)]);
    }
    targets.iter().map(|name| run_one(name, &host, seconds)).collect()
}

fn run_one(name: &str, host: &str, seconds: u32) -> Result<Suite, String> {
    println!("\n--- fuzz {name}, {seconds} s");
    let (corpus, crashes) = (format!("fuzz/corpus/{name}"), format!("fuzz/artifacts/{name}/"));
    for folder in [&corpus, &crashes] {
        std::fs::create_dir_all(root().join(folder))
            .map_err(|error| format!("{folder}: {error}"))?;
    }
    let time = format!("-max_total_time={seconds}");
    let kept = format!("-artifact_prefix={crashes}");
    let seeds = format!("fuzz/seeds/{name}");
    let mut arguments =
        vec![time.as_str(), &kept, "-max_len=20000", "-timeout=10", "-rss_limit_mb=2048", &corpus];
    if root().join(&seeds).is_dir() {
        arguments.push(&seeds);
    }
    let binary = root().join(format!("fuzz/target/{host}/release/{name}"));
    // Its progress and its dictionary are for those who fuzz for hours.
    let worth_showing = |line: &str| !line.starts_with(['#', '"']);
    let ended = run_showing(program(&binary.to_string_lossy(), &arguments), worth_showing)?;
    Ok(Suite::single(&format!("fuzz {name}"), ended.well))
}

/// The names of the targets: one file each.
fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("fuzz/targets");
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(told)? {
        let name = entry.map_err(told)?.file_name();
        let name = Path::new(&name);
        if name.extension().is_some_and(|extension| extension == "rs") {
            names.extend(name.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

fn host() -> Result<String, String> {
    answer_of(program("rustc", &["-vV"]))
        .and_then(|told| {
            told.lines().find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        })
        .ok_or_else(|| "rustc -vV does not tell the host".to_owned())
}
