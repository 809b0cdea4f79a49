//! Tools of others, run within bounds: so long, so much memory, a folder and an environment of their own, and where the
//! system allows it no network. What one began ends with it. Each is asked once which version it is.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tempfile::TempDir;

use super::NotConverted;

/// How long a tool may work on one file.
const PATIENCE: Duration = Duration::from_mins(2);
/// The address space of a tool, in kilobytes.
const MEMORY: u64 = 4 * 1024 * 1024;
/// The largest file that a tool may write, in blocks of 512 bytes.
const LARGEST: u64 = 2 * 200 * 1024;
/// Lets a tool work within bounds, which hold also where this program is ended before the tool: the first three values
/// are memory, size of files and seconds.
const BOUNDED: &str =
    "ulimit -v $1 && ulimit -f $2 && ulimit -t $3 && seconds=$3 && shift 3 || exit 125
if unshare -rn true 2>/dev/null; then exec unshare -rn timeout -s KILL $seconds \"$@\"; fi
exec timeout -s KILL $seconds \"$@\"";
/// What a tool says goes here.
const SAID: &str = "said";
/// What `timeout` ends with where there is no such program, or none that runs.
const NO_PROGRAM: [i32; 2] = [126, 127];
/// The signal that ends a tool which takes too long.
const KILLED: i32 = 9;

/// A tool of others.
#[derive(Debug)]
pub(super) struct Tool {
    pub(super) name: &'static str,
    program: PathBuf,
    /// What it is asked its version with.
    asked_with: &'static str,
    /// What Debian and its kin call the package that it comes with.
    package: &'static str,
    version: OnceLock<Result<String, NotConverted>>,
}

/// The tools that do what this program does not do itself.
#[derive(Debug)]
pub(super) struct Tools {
    pub(super) office: Tool,
    pub(super) ghostscript: Tool,
    pub(super) texts: Tool,
    pub(super) pictures: Tool,
    pub(super) pages: Tool,
    patience: Duration,
}

impl Tools {
    /// Tools that stand where the system looks for programs.
    pub(super) fn of_system() -> Self {
        Self::named(|program| PathBuf::from(program), PATIENCE)
    }

    pub(super) fn named(place: impl Fn(&str) -> PathBuf, patience: Duration) -> Self {
        let tool = |name, program: &str, asked_with, package| Tool {
            name,
            program: place(program),
            asked_with,
            package,
            version: OnceLock::new(),
        };
        Self {
            office: tool("LibreOffice", "soffice", "--version", "libreoffice-writer-nogui"),
            ghostscript: tool("Ghostscript", "gs", "--version", "ghostscript"),
            texts: tool("pdftotext", "pdftotext", "-v", "poppler-utils"),
            pictures: tool("pdfimages", "pdfimages", "-v", "poppler-utils"),
            pages: tool("pdftoppm", "pdftoppm", "-v", "poppler-utils"),
            patience,
        }
    }

    /// The version of a tool.
    ///
    /// # Errors
    /// It is not on this machine, or does not run.
    pub(super) fn version(&self, tool: &Tool, working: &Path) -> Result<String, NotConverted> {
        let ask = || {
            let place = Workplace::new(self, working)?;
            let said = place.told(tool, [tool.asked_with])?;
            let said = String::from_utf8_lossy(&said);
            let line = said.lines().map(str::trim).find(|line| !line.is_empty());
            line.map(str::to_owned).ok_or_else(|| tool.failed("it does not tell its version"))
        };
        tool.version.get_or_init(ask).clone()
    }
}

impl Tool {
    pub(super) fn failed(&self, reason: &str) -> NotConverted {
        NotConverted::here(format!("{}: {reason}", self.name))
    }
}

/// A folder in which tools work on one file. It is gone when the work is done.
pub(super) struct Workplace<'a> {
    tools: &'a Tools,
    folder: TempDir,
}

impl<'a> Workplace<'a> {
    pub(super) fn new(tools: &'a Tools, working: &Path) -> Result<Self, NotConverted> {
        super::private_folder(working).map_err(|error| NotConverted::here(error.to_string()))?;
        let folder =
            tempfile::tempdir_in(working).map_err(|error| NotConverted::here(error.to_string()))?;
        Ok(Self { tools, folder })
    }

    /// Where a file or folder of it is.
    pub(super) fn path(&self, name: &str) -> Result<PathBuf, NotConverted> {
        let folder = fs::canonicalize(self.folder.path());
        let folder = folder.map_err(|error| NotConverted::here(error.to_string()))?;
        Ok(folder.join(name))
    }

    /// Puts a file into it, in folders that may not be there yet.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> Result<(), NotConverted> {
        let path = self.folder.path().join(name);
        let put = |path: &Path| {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, bytes)
        };
        put(&path).map_err(|error| NotConverted::here(error.to_string()))
    }

    /// What a tool made, if it did.
    pub(super) fn made(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.path().join(name)).ok()
    }

    /// Lets a tool work.
    pub(super) fn run<S: AsRef<OsStr>>(
        &self,
        tool: &Tool,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<(), NotConverted> {
        // What a tool says may quote the file: it goes with the folder.
        self.told(tool, arguments).map(drop)
    }

    /// Lets a tool work, and reads what it said.
    pub(super) fn told<S: AsRef<OsStr>>(
        &self,
        tool: &Tool,
        arguments: impl IntoIterator<Item = S>,
    ) -> Result<Vec<u8>, NotConverted> {
        let failed = |error: std::io::Error| tool.failed(&error.to_string());
        let folder = self.folder.path();
        let said = File::create(folder.join(SAID)).map_err(failed)?;
        let seconds = self.tools.patience.as_secs().max(1);
        let bounds = [MEMORY, LARGEST, seconds].map(|bound| bound.to_string());
        let mut command = Command::new("sh");
        command.args(["-c", BOUNDED, "sh"]).args(bounds).arg(&tool.program).args(arguments);
        command.current_dir(folder).env_clear();
        command.env("PATH", env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()));
        command.env("HOME", folder).env("TMPDIR", folder).env("LANG", "C.UTF-8").env("TZ", "UTC");
        command.stdin(Stdio::null()).stderr(said.try_clone().map_err(failed)?).stdout(said);
        let mut child = command.process_group(0).spawn().map_err(failed)?;
        let status = child.wait().map_err(failed)?;
        end_group(child.id());
        match (status.code(), status.signal()) {
            (Some(0), _) => fs::read(folder.join(SAID)).map_err(failed),
            (Some(code), _) if NO_PROGRAM.contains(&code) => {
                Err(tool.failed(&format!("it is not on this machine; install {}", tool.package)))
            }
            (Some(code), _) if code == 128 + KILLED => Err(tool.failed("it took too long")),
            (_, Some(KILLED)) => Err(tool.failed("it took too long")),
            _ => Err(tool.failed("it broke off")),
        }
    }
}

/// Ends what a tool left behind.
fn end_group(leader: u32) {
    let group = format!("-{leader}");
    let mut kill = Command::new("sh");
    kill.args(["-c", "kill -s KILL -- \"$1\"", "sh", &group]);
    let _ = kill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// Whether tools are on this machine; where one is not, the test that asks is skipped, and says so.
#[cfg(test)]
pub(super) fn on_this_machine(tools: &Tools, wanted: impl Fn(&Tools) -> Vec<&Tool>) -> bool {
    let folder = tempfile::tempdir().expect("a folder for tests");
    let missing =
        wanted(tools).into_iter().find(|tool| tools.version(tool, folder.path()).is_err());
    if let Some(missing) = missing {
        eprintln!("{} is not on this machine: skipped", missing.name);
    }
    missing.is_none()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

    use super::*;

    /// A program that stands in for every tool.
    fn stand_in(folder: &Path, text: &str) -> Tools {
        let path = folder.join("tool");
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Tools::named(|_| path.clone(), Duration::from_secs(1))
    }

    /// OLD-7: a tool that is missing, hangs, fails, or writes without end is told; nothing that it began goes on, and
    /// nothing that it made is left.
    #[test]
    fn a_tool_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let working = folder.path().join("converting");
        let mark = folder.path().join("mark");
        let child = format!("(sleep 3; touch {}) &", mark.display());
        for (text, reason) in [
            (format!("{child} sleep 60"), "Ghostscript: it took too long"),
            (format!("{child} exit 3"), "Ghostscript: it broke off"),
            ("while true; do :; done".to_owned(), "Ghostscript: it took too long"),
            ("exec head -c 300000000 /dev/zero".to_owned(), "Ghostscript: it broke off"),
        ] {
            let tools = stand_in(folder.path(), &text);
            let began = Instant::now();
            let place = Workplace::new(&tools, &working).unwrap();
            let told = place.told(&tools.ghostscript, ["x"]);
            assert_eq!(told, Err(NotConverted::here(reason)), "{text}");
            drop(place);
            assert!(began.elapsed() < Duration::from_secs(20), "{text}");
            assert_eq!(fs::read_dir(&working).unwrap().count(), 0);
        }
        std::thread::sleep(Duration::from_secs(3));
        assert!(!mark.exists(), "what the tool began went on");
        let nowhere = Tools::named(|_| "/nonexistent".into(), Duration::from_secs(1));
        let told = nowhere.version(&nowhere.ghostscript, &working);
        let reason = "Ghostscript: it is not on this machine; install ghostscript";
        assert_eq!(told, Err(NotConverted::here(reason)));
    }

    /// OLD-1: a tool sees nothing of the environment that this program was started in.
    #[test]
    fn a_tool_has_an_environment_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let tools = stand_in(folder.path(), "env");
        let place = Workplace::new(&tools, folder.path()).unwrap();
        let told = String::from_utf8(place.told(&tools.ghostscript, ["x"]).unwrap()).unwrap();
        let mut names: Vec<&str> =
            told.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        // What the shell itself sets.
        names.retain(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(name));
        names.sort_unstable();
        assert_eq!(names, ["HOME", "LANG", "PATH", "TMPDIR", "TZ"]);
    }
}
