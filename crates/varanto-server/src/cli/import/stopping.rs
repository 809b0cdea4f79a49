//! Ending in order: Ctrl-C, SIGTERM, and `varanto import pause` from another terminal. Source: OLD-9.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep;

use super::super::{Context, Failure};
use super::telling;
use crate::texts::{self, Language};

/// The file in a batch's folder that is locked by whatever works in it.
const AT_WORK: &str = "at-work";
/// The file in a batch's folder that asks whatever works in it to end.
const PAUSE: &str = "pause";
/// How often that file is looked for.
const LOOKED_EVERY: Duration = Duration::from_millis(200);
/// What programs answer that a second Ctrl-C or SIGTERM ended, as shells tell it.
const INTERRUPTED: i32 = 130;
const TERMINATED: i32 = 143;

/// Hears whether a command that works in a batch's folder is to end in order.
pub(super) struct Stopping {
    told: Arc<Told>,
    /// Locked as long as the command works.
    _at_work: File,
}

/// What a command is told.
#[derive(Default)]
struct Told {
    /// That somebody asked it to end.
    asked: AtomicBool,
    /// What the work itself looks at, and sets when it ends.
    stop: AtomicBool,
}

impl Stopping {
    /// Listens from now on. Once it was asked to end, the second signal ends the program at once.
    ///
    /// # Errors
    /// That another command works in the folder.
    pub(super) fn listen(folder: &Path, way: Way, context: &Context) -> Result<Self, Failure> {
        let language = context.output.language();
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let within = runtime.enter();
        let signals = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
        drop(within);
        let at_work = at_work(folder)?;
        hold(&at_work, way, folder, language)?;
        let pause = folder.join(PAUSE);
        take_away(&pause)?;
        let told = Arc::new(Told::default());
        let tells = Arc::clone(&told);
        thread::spawn(move || runtime.block_on(listen(signals, &pause, (&tells, language))));
        Ok(Self { told, _at_work: at_work })
    }

    /// Whether somebody asked it to end.
    pub(super) fn was_asked(&self) -> bool {
        self.told.asked.load(Ordering::Relaxed)
    }

    /// What the work looks at.
    pub(super) fn flag(&self) -> &AtomicBool {
        &self.told.stop
    }
}

/// How a command works in a batch's folder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It changes what is known of the batch.
    Alone,
    /// It reads, beside others that do.
    Beside,
}

/// Locks the folder, unless another command works in it; `pause` holds it for a moment alone.
fn hold(at_work: &File, way: Way, folder: &Path, language: Language) -> Result<(), Failure> {
    for _ in 0..5 {
        let held = match way {
            Way::Alone => at_work.try_lock(),
            Way::Beside => at_work.try_lock_shared(),
        };
        match held {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => thread::sleep(LOOKED_EVERY),
            Err(TryLockError::Error(error)) => return Err(failed(folder)(error)),
        }
    }
    Err(Failure::of(telling::another_works(folder, language)))
}

async fn listen(
    [mut interrupt, mut terminate]: [Signal; 2],
    pause: &Path,
    (told, language): (&Told, Language),
) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        () = asked_to_pause(pause) => {}
    }
    told.asked.store(true, Ordering::Relaxed);
    told.stop.store(true, Ordering::Relaxed);
    eprintln!("{}", texts::text(language, "import.ending"));
    let code = tokio::select! {
        _ = interrupt.recv() => INTERRUPTED,
        _ = terminate.recv() => TERMINATED,
    };
    exit(code);
}

async fn asked_to_pause(pause: &Path) {
    while !pause.exists() {
        sleep(LOOKED_EVERY).await;
    }
}

/// Has whatever works in a batch's folder end in order, and waits for it. Whether anything worked there.
pub(super) fn pause(folder: &Path) -> Result<bool, Failure> {
    let (at_work, pause) = (at_work(folder)?, folder.join(PAUSE));
    let mut worked = false;
    loop {
        match at_work.try_lock() {
            Ok(()) => {
                take_away(&pause)?;
                return Ok(worked);
            }
            Err(TryLockError::WouldBlock) => worked = true,
            Err(TryLockError::Error(error)) => return Err(failed(folder)(error)),
        }
        // A command that begins takes away what was asked before.
        if !pause.exists() {
            fs::write(&pause, "").map_err(failed(&pause))?;
        }
        thread::sleep(LOOKED_EVERY);
    }
}

fn at_work(folder: &Path) -> Result<File, Failure> {
    let path: PathBuf = folder.join(AT_WORK);
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    file.map_err(failed(&path))
}

fn take_away(pause: &Path) -> Result<(), Failure> {
    match fs::remove_file(pause) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(pause)(error)),
        _ => Ok(()),
    }
}

fn failed(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    move |error| Failure::of(format!("{}: {error}", path.display()))
}

/// The words of the command that was typed.
pub(super) fn typed() -> impl Iterator<Item = String> {
    std::env::args_os().map(|word| word.to_string_lossy().into_owned())
}

/// Those words of a command that every command takes: where another one is named to go on with, it answers in the same
/// language and form.
pub(super) fn common_options(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut words = words.peekable();
    let mut common = Vec::new();
    while let Some(word) = words.next() {
        let (name, is_whole) = match word.split_once('=') {
            Some((name, _)) => (name, true),
            None => (&*word, false),
        };
        match name {
            "--json" => common.push(word),
            "--language" | "--lang" | "--config" | "--data" => {
                let value = if is_whole { None } else { words.next() };
                common.extend([Some(word), value].into_iter().flatten());
            }
            _ => {}
        }
    }
    common
}

/// A command line as it was typed, for whoever types it again.
pub(super) fn command_line(words: impl IntoIterator<Item = String>) -> String {
    let plain = |sign: char| sign.is_alphanumeric() || "-_./:=,@+".contains(sign);
    let quoted = |word: String| {
        if !word.is_empty() && word.chars().all(plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    };
    words.into_iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_typed_again() {
        let line = |words: &[&str]| command_line(words.iter().map(|word| (*word).to_owned()));
        assert_eq!(line(&["varanto", "import", "run", "a/b"]), "varanto import run a/b");
        assert_eq!(
            line(&["run", "vanha aineisto", "d'or", ""]),
            "run 'vanha aineisto' 'd'\\''or' ''"
        );
    }

    /// OLD-9: a command that is named in place of the one that was typed answers in the same language and form.
    #[test]
    fn what_every_command_takes_is_kept() {
        let typed = "varanto import run portti --language sv --batch b --json --most 5 --data=d";
        let common = common_options(typed.split(' ').map(str::to_owned));
        assert_eq!(common, ["--language", "sv", "--json", "--data=d"]);
    }

    /// OLD-9: who pauses a batch in which nothing works waits for nobody.
    #[test]
    fn nothing_is_paused_where_nothing_works() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!pause(folder.path()).unwrap());
        assert!(!folder.path().join(PAUSE).exists());
    }
}
