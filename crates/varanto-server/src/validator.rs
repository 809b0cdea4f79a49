//! A full PDF/A validator as a command: it gets the file, and its exit code is its answer.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use varanto_app::archive::{PdfOpinion, PdfValidator};
use varanto_formats::pdf::Flavour;

/// The most bytes of its output that are read; the rest is thrown away.
const MAX_OUTPUT: u64 = 64 * 1024;
/// The most signs of its output that are told.
const MAX_TOLD: usize = 300;
/// How long its output is waited for once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How often it is asked whether it has ended.
const PAUSE: Duration = Duration::from_millis(10);

/// A command that is given one file.
#[derive(Debug, Clone)]
pub struct CommandValidator {
    /// The program and its arguments; `{file}` and `{flavour}` in them stand for those. Without
    /// `{file}` the program reads the file from its standard input.
    pub command: Vec<String>,
    /// How long it may take.
    pub time: Duration,
    /// Where the file is kept meanwhile, if it is to be named.
    pub folder: PathBuf,
}

impl PdfValidator for CommandValidator {
    fn judge(&self, file: &[u8], flavour: Flavour) -> Result<PdfOpinion, String> {
        let named = self.command.iter().any(|part| part.contains("{file}"));
        let kept = named.then(|| self.keep(file)).transpose()?;
        let path = kept.as_ref().map(|kept| kept.path().display().to_string()).unwrap_or_default();
        let parts: Vec<String> = self
            .command
            .iter()
            .map(|part| part.replace("{file}", &path).replace("{flavour}", &flavour.to_string()))
            .collect();
        let (program, arguments) = parts.split_first().ok_or("no command")?;
        let mut command = Command::new(program);
        command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
        command.stdin(if named { Stdio::null() } else { Stdio::piped() });
        let child =
            command.spawn().map_err(|error| format!("it did not start: {}", error.kind()))?;
        let (status, output) = self.wait(child, if named { None } else { Some(file.to_vec()) })?;
        match status.code() {
            Some(0) => Ok(PdfOpinion::Conforms),
            Some(1) => Ok(PdfOpinion::Breaks(told(&output))),
            Some(code) => Err(format!("it ended with code {code}")),
            None => Err("it was stopped by a signal".to_owned()),
        }
    }
}

impl CommandValidator {
    /// The file under a name that only the archive's own user may read; it goes when it is dropped.
    fn keep(&self, file: &[u8]) -> Result<tempfile::NamedTempFile, String> {
        let failed =
            |error: std::io::Error| format!("the file could not be kept: {}", error.kind());
        let mut kept = tempfile::Builder::new()
            .prefix("validate-")
            .suffix(".pdf")
            .tempfile_in(&self.folder)
            .map_err(failed)?;
        kept.write_all(file).and_then(|()| kept.flush()).map_err(failed)?;
        Ok(kept)
    }

    /// Feeds and reads the program beside each other, and stops it when its time is over.
    fn wait(
        &self,
        mut child: Child,
        input: Option<Vec<u8>>,
    ) -> Result<(std::process::ExitStatus, Vec<u8>), String> {
        if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
            // A program that has seen enough closes its input; that is its own affair.
            thread::spawn(move || drop(pipe.write_all(&input)));
        }
        let pipe = child.stdout.take();
        let (print, printed) = mpsc::channel();
        thread::spawn(move || {
            let mut output = Vec::new();
            if let Some(mut pipe) = pipe {
                let _ = pipe.by_ref().take(MAX_OUTPUT).read_to_end(&mut output);
                let _ = print.send(output);
                let _ = std::io::copy(&mut pipe, &mut std::io::sink());
            }
        });
        let until = Instant::now() + self.time;
        loop {
            match child.try_wait() {
                Ok(Some(status)) => {
                    // What it started may hold its output open for longer than it ran.
                    let output = printed.recv_timeout(LAST_WORDS).unwrap_or_default();
                    return Ok((status, output));
                }
                Ok(None) if Instant::now() < until => thread::sleep(PAUSE),
                Ok(None) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(format!("it took longer than {} seconds", self.time.as_secs()));
                }
                Err(error) => return Err(format!("it was lost: {}", error.kind())),
            }
        }
    }
}

/// The beginning of what it printed, as one line.
fn told(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let plain = text.chars().map(|sign| if sign.is_control() { ' ' } else { sign });
    let line: String = plain.collect();
    let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(MAX_TOLD).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(command: &[&str], seconds: u64) -> Result<PdfOpinion, String> {
        let folder = tempfile::tempdir().unwrap();
        let validator = CommandValidator {
            command: command.iter().map(|part| (*part).to_owned()).collect(),
            time: Duration::from_secs(seconds),
            folder: folder.path().to_owned(),
        };
        let flavour = Flavour::parse("2b").unwrap();
        let answer = validator.judge(&vec![b'x'; 300_000], flavour);
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 0, "a file was left behind");
        answer
    }

    #[test]
    fn a_program_answers_by_its_exit_code() {
        let sh = |script: &str| asked(&["sh", "-c", script], 20);
        assert_eq!(sh("test $(wc -c) = 300000"), Ok(PdfOpinion::Conforms));
        assert_eq!(sh("exit 0"), Ok(PdfOpinion::Conforms));
        let breaks = |words: &str| Ok(PdfOpinion::Breaks(words.to_owned()));
        assert_eq!(
            sh("cat > /dev/null; echo 'clause   6.1.3'; echo broken; exit 1"),
            breaks("clause 6.1.3 broken")
        );
        assert_eq!(sh("exit 3"), Err("it ended with code 3".to_owned()));
        assert_eq!(sh("kill -9 $$"), Err("it was stopped by a signal".to_owned()));
    }

    #[test]
    fn a_program_is_given_the_file_by_name_where_it_asks_for_it() {
        let script = "test $(wc -c < \"$1\") = 300000 && test \"$2\" = 2b";
        let command = ["sh", "-c", script, "sh", "{file}", "{flavour}"];
        assert_eq!(asked(&command, 20), Ok(PdfOpinion::Conforms));
    }

    /// What does not start or does not end is told, and is never a yes.
    #[test]
    fn a_program_that_says_nothing_is_no_yes() {
        let missing = asked(&["/nowhere/validator"], 20);
        assert_eq!(missing, Err("it did not start: entity not found".to_owned()));
        assert_eq!(asked(&["sleep", "60"], 1), Err("it took longer than 1 seconds".to_owned()));
        assert!(asked(&[], 1).is_err());
    }

    #[test]
    fn a_program_that_prints_without_end_is_read_to_a_point() {
        let Ok(PdfOpinion::Breaks(words)) =
            asked(&["sh", "-c", "head -c 5000000 /dev/zero | tr '\\0' a; exit 1"], 20)
        else {
            panic!("another answer");
        };
        assert_eq!(words.len(), MAX_TOLD);
    }
}
