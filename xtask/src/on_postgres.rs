//! The tests of the store and of the operations once more, on PostgreSQL.

use serde_json::Value;

use crate::commands::{answer_of, cargo, program, root, run_showing};
use crate::report::{Successes, Suite, suites_of_cargo_test};
use crate::system;

/// Whose tests run on either engine: the crate, and the target with them.
const SUITES: [(&str, &str); 2] = [("varanto-store", "varanto_store"), ("varanto-app", "it")];

/// Left out unless all is to be run: minutes of questions about rules, which know nothing of the database.
const LONG: [&str; 2] = ["--skip", "differential::"];

/// Runs them.
///
/// # Errors
/// When they do not build.
pub(crate) fn run(long: bool) -> Result<Vec<Suite>, String> {
    if !system::has_postgres() {
        return Ok(vec![Suite::skipped("store and operations on PostgreSQL")]);
    }
    let arguments = ["test", "--workspace", "--locked", "--no-run", "--message-format=json"];
    let built = answer_of(cargo(&arguments)).ok_or("the tests do not build")?;
    let mut suites = Vec::new();
    for (package, target) in SUITES {
        let name = format!("{package} on PostgreSQL");
        let executable = executable(&built, package, target)
            .ok_or_else(|| format!("{package} has no tests in {target}"))?;
        let mut command = program(&executable, &["--show-output"]);
        command.args(if long { &LONG[..0] } else { &LONG });
        command.current_dir(root().join("crates").join(package));
        command.env("VARANTO_TEST_ENGINE", "postgres");
        let mut successes = Successes::default();
        let ended = run_showing(command, |line| successes.worth_showing(line))?;
        let told = suites_of_cargo_test(&ended.printed);
        let failed = told.iter().all(|suite| suite.failed == 0) && !ended.well;
        suites.extend(told.into_iter().map(|suite| Suite { name: name.clone(), ..suite }));
        suites.extend(failed.then(|| Suite::single(&name, false)));
    }
    Ok(suites)
}

/// The program with the tests of a target, in what cargo tells of what it built.
fn executable(built: &str, package: &str, target: &str) -> Option<String> {
    let artifacts = built.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut wanted = artifacts.filter(|artifact| {
        let of_package = artifact["package_id"].as_str().is_some_and(|id| id.contains(package));
        of_package && artifact["target"]["name"] == target && artifact["profile"]["test"] == true
    });
    wanted.find_map(|artifact| artifact["executable"].as_str().map(str::to_owned))
}
