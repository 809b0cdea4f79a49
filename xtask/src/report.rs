//! The report: what each suite passed, failed and skipped, and how long each step took.

use std::time::Duration;

/// Why a function that stands among the tests is not run as one: it is no check. Each begins with
/// one of these words.
pub(crate) const NO_CHECKS: [&str; 2] = ["runs as a process of its own", "a measurement"];

/// What one suite answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Suite {
    /// Its name.
    pub(crate) name: String,
    /// How many checks held.
    pub(crate) passed: usize,
    /// How many did not.
    pub(crate) failed: usize,
    /// How many could not be made here.
    pub(crate) skipped: usize,
}

impl Suite {
    /// A suite of a single check.
    pub(crate) fn single(name: &str, well: bool) -> Self {
        let (passed, failed) = (usize::from(well), usize::from(!well));
        Self { name: name.to_owned(), passed, failed, skipped: 0 }
    }

    /// A suite of a single check that could not be made.
    pub(crate) fn skipped(name: &str) -> Self {
        Self { name: name.to_owned(), skipped: 1, ..Self::default() }
    }
}

/// A step that has run.
pub(crate) struct StepReport {
    /// Its name.
    pub(crate) name: &'static str,
    /// How long it took.
    pub(crate) took: Duration,
    /// What its suites answered.
    pub(crate) suites: Vec<Suite>,
}

/// Follows what `cargo test … -- --show-output` prints, so that what sound tests said is left out.
#[derive(Default)]
pub(crate) struct Successes {
    inside: bool,
}

impl Successes {
    /// Whether a reader wants the line: all but what tests printed that passed, unless it says that
    /// they were skipped.
    pub(crate) fn worth_showing(&mut self, line: &str) -> bool {
        if line == "successes:" {
            self.inside = true;
        } else if line == "failures:" || line.starts_with("test result: ") {
            self.inside = false;
        }
        !self.inside || line.starts_with("skipped:")
    }
}

/// The suites in what `cargo test … -- --show-output` printed.
///
/// A test that printed a line beginning with `skipped:` could not be made, so it counts as skipped
/// and not as passed; an ignored one is skipped too, unless it is no check ([`NO_CHECKS`]).
pub(crate) fn suites_of_cargo_test(printed: &str) -> Vec<Suite> {
    let mut suites = Vec::new();
    let (mut name, mut package) = (String::from("tests"), String::new());
    let mut test_skipped = false;
    let (mut skipped, mut no_checks) = (0, 0);
    for line in printed.lines() {
        let trimmed = line.trim_start();
        if let Some(target) = trimmed.strip_prefix("Running ").filter(|_| line != trimmed) {
            name = name_of_target(target, &mut package);
        } else if let Some(library) = trimmed.strip_prefix("Doc-tests ") {
            name = format!("{library} (doc tests)");
        } else if line.starts_with("---- ") && line.ends_with(" stdout ----") {
            test_skipped = false;
        } else if line.starts_with("skipped:") && !test_skipped {
            test_skipped = true;
            skipped += 1;
        } else if let Some((_, reason)) = line.split_once(" ... ignored, ") {
            no_checks += usize::from(NO_CHECKS.iter().any(|known| reason.starts_with(known)));
        } else if let Some(counts) = line.strip_prefix("test result: ") {
            let count = |word: &str| count_before(counts, word);
            suites.push(Suite {
                name: name.clone(),
                passed: count("passed").saturating_sub(skipped),
                failed: count("failed"),
                skipped: count("ignored").saturating_sub(no_checks) + skipped,
            });
            (skipped, no_checks, test_skipped) = (0, 0, false);
        }
    }
    suites.retain(|suite| suite.passed + suite.failed + suite.skipped > 0);
    suites
}

/// `unittests src/lib.rs (target/debug/deps/varanto_app-0123456789abcdef)` in words. The unit tests of
/// a package come first and name it; its other targets follow.
fn name_of_target(target: &str, package: &mut String) -> String {
    let (source, binary) = target.split_once(" (").unwrap_or((target, ""));
    if let Some(source) = source.strip_prefix("unittests ") {
        let file = binary.trim_end_matches(')').rsplit(['/', '\\']).next().unwrap_or_default();
        file.rsplit_once('-').map_or(file, |(stem, _)| stem).clone_into(package);
        return match source {
            "src/main.rs" => format!("{package} (unit tests of the program)"),
            _ => format!("{package} (unit tests)"),
        };
    }
    format!("{package} ({source})")
}

fn count_before(counts: &str, word: &str) -> usize {
    counts
        .split([';', '.'])
        .filter_map(|part| part.trim().strip_suffix(word))
        .find_map(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

/// The table of every suite and its last line; whether nothing failed.
pub(crate) fn print(steps: &[StepReport]) -> bool {
    let widest = steps.iter().flat_map(|step| &step.suites).map(|suite| suite.name.len()).max();
    let wide = widest.unwrap_or(0).max(24);
    let mut sum = Suite::default();
    println!(
        "\n{:<12} {:<wide$} {:>7} {:>7} {:>8} {:>8}",
        "step", "suite", "passed", "failed", "skipped", "seconds"
    );
    for step in steps {
        for (at, suite) in step.suites.iter().enumerate() {
            let (name, time) = match at {
                0 => (step.name, format!("{:.1}", step.took.as_secs_f64())),
                _ => ("", String::new()),
            };
            println!(
                "{name:<12} {:<wide$} {:>7} {:>7} {:>8} {time:>8}",
                suite.name, suite.passed, suite.failed, suite.skipped
            );
            sum.passed += suite.passed;
            sum.failed += suite.failed;
            sum.skipped += suite.skipped;
        }
    }
    println!("\n{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.skipped);
    sum.failed == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
   Compiling varanto-domain v0.1.0
     Running unittests src/lib.rs (target/debug/deps/varanto_domain-0f1e)

running 4 tests
test a ... ok
test b ... ignored, too slow here
test c ... ignored, a measurement

successes:

---- structures::tests::all stdout ----
skipped: national structures, corpora missing
skipped: told twice

---- other stdout ----
some words about skipped: nothing

test result: ok. 2 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.01s

     Running tests/national_structures.rs (target/debug/deps/national_structures-9a)
test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
     Running unittests src/main.rs (target/debug/deps/varanto-77)
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
   Doc-tests varanto_domain
test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
";

    #[test]
    fn what_sound_tests_said_is_left_out_unless_they_were_skipped() {
        let mut successes = Successes::default();
        let shown: Vec<&str> =
            PRINTED.lines().filter(|line| successes.worth_showing(line)).collect();
        let shown = shown.join("\n");
        for wanted in ["test a ... ok", "skipped: told twice", "test result: ok. 2", "Doc-tests"] {
            assert!(shown.contains(wanted), "{wanted} is not in {shown}");
        }
        assert!(!shown.contains("some words"), "{shown}");
    }

    #[test]
    fn every_suite_is_counted_and_a_skipped_test_is_not_a_passed_one() {
        let suite = |name: &str, passed, failed, skipped| Suite {
            name: name.to_owned(),
            passed,
            failed,
            skipped,
        };
        assert_eq!(
            suites_of_cargo_test(PRINTED),
            [
                suite("varanto_domain (unit tests)", 1, 0, 2),
                suite("varanto_domain (tests/national_structures.rs)", 4, 1, 0),
                suite("varanto_domain (doc tests)", 5, 0, 0),
            ]
        );
    }
}
