//! What tests need from the system's packages: installed where that is allowed, else told.

use std::process::Command;

use crate::commands::{answer_of, program, run};
use crate::report::Suite;

/// One thing that tests need.
struct Need {
    about: &'static str,
    /// Any of these, asked for its version, is enough.
    programs: &'static [&'static str],
    /// What Debian and its kin call the packages.
    packages: &'static [&'static str],
    /// What is not tested without it.
    without: &'static str,
}

const NEEDS: [Need; 10] = [
    Need {
        about: "a C++ compiler",
        programs: &["c++", "clang++", "g++"],
        packages: &["g++"],
        without: "the parsers are not fuzzed",
    },
    Need {
        about: "Chromium, with fonts",
        programs: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
        packages: &["chromium", "fonts-dejavu-core"],
        without: "the pages are not opened in a browser",
    },
    Need {
        about: "xmlsec1",
        programs: &["xmlsec1"],
        packages: &["xmlsec1"],
        without: "XML signatures are not held against an independent implementation",
    },
    Need {
        about: "qpdf",
        programs: &["qpdf"],
        packages: &["qpdf"],
        without: "the structure of printed PDF files is not checked by an independent implementation",
    },
    Need {
        about: "poppler",
        programs: &["pdfinfo"],
        packages: &["poppler-utils"],
        without: "printed PDF files are not opened by another reader",
    },
    Need {
        about: "strace",
        programs: &["strace"],
        packages: &["strace"],
        without: "no power cut is simulated from what the archive asks of the disk",
    },
    Need {
        about: "SoftHSM",
        programs: &["softhsm2-util"],
        packages: &["softhsm2"],
        without: "nothing is signed with a key in a token",
    },
    Need {
        about: "PostgreSQL",
        programs: &["psql"],
        packages: &["postgresql"],
        without: "the store and the operations run on the embedded engine alone",
    },
    Need {
        about: "Ghostscript",
        programs: &["gs"],
        packages: &["ghostscript"],
        without: "no PDF file of old client data is converted to PDF/A",
    },
    Need {
        about: "LibreOffice",
        programs: &["soffice"],
        packages: &["libreoffice-writer-nogui"],
        without: "no letter of old client data is converted to PDF/A",
    },
];

/// Installs what is missing when it may; one suite tells what is there.
pub(crate) fn provide() -> Result<Vec<Suite>, String> {
    let mut missing: Vec<&Need> = NEEDS.iter().filter(|need| found(need).is_none()).collect();
    if !missing.is_empty() && may_install() {
        install(&missing)?;
        missing.retain(|need| found(need).is_none());
    }
    for need in &NEEDS {
        match found(need) {
            Some(version) => println!("{}: {version}", need.about),
            None => tell(need),
        }
    }
    let suites = NEEDS.iter().map(|need| match found(need) {
        Some(_) => Suite::single(need.about, true),
        None => Suite::skipped(need.about),
    });
    Ok(suites.collect())
}

/// The browser's program, if there is one that starts.
pub(crate) fn browser() -> Option<&'static str> {
    NEEDS[1].programs.iter().copied().find(|name| version(name).is_some())
}

/// Whether there is PostgreSQL.
pub(crate) fn has_postgres() -> bool {
    found(&NEEDS[7]).is_some()
}

/// Whether there is a C++ compiler.
pub(crate) fn has_compiler() -> bool {
    found(&NEEDS[0]).is_some()
}

fn found(need: &Need) -> Option<String> {
    need.programs.iter().find_map(|name| version(name))
}

fn version(name: &str) -> Option<String> {
    let answer = answer_of(program(name, &["--version"])).or_else(|| told_of(name))?;
    answer.lines().next().map(|line| line.trim().to_owned())
}

/// Poppler's programs tell their version on the error stream, and only when asked briefly.
fn told_of(name: &str) -> Option<String> {
    let output = program(name, &["-v"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Packages may be installed by root where there is apt-get.
fn may_install() -> bool {
    let root = answer_of(program("id", &["-u"])).is_some_and(|id| id.trim() == "0");
    root && version("apt-get").is_some()
}

fn install(missing: &[&Need]) -> Result<(), String> {
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    let apt = |arguments: &[&str]| -> Command {
        let mut command = program("apt-get", arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    let install = [&["install", "--yes", "--no-install-recommends"], packages.as_slice()].concat();
    // When it does not go well, what is missing is told all the same.
    run(apt(&["update"]))?;
    run(apt(&install))?;
    Ok(())
}

fn tell(need: &Need) {
    println!("missing: {}; without it {}", need.about, need.without);
    println!("  Debian, Ubuntu: sudo apt-get install {}", need.packages.join(" "));
    println!(
        "  elsewhere: any package that brings one of {} to the path",
        need.programs.join(", ")
    );
}
