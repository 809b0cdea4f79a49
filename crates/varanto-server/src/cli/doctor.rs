//! `varanto doctor`: what would keep the archive from working, found before it does.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use varanto_app::{App, StoreError};
use varanto_domain::time::{Clock, Instant};

use super::{Context, Failure};
use crate::backups;
use crate::certificates::end_of;
use crate::clock::MachineClock;

/// One finding: what was looked at, whether it is well, and what was seen.
struct Finding {
    what: &'static str,
    well: bool,
    seen: String,
}

pub(super) fn run(context: &Context) -> Result<(), Failure> {
    let config = &context.config;
    let findings = vec![
        clock(),
        data(&config.data),
        archive(context),
        private(&config.data.join("keys")),
        private(&config.data.join("pki")),
        certificate(&config.data.join("pki/server.pem")),
        certificate(&config.data.join("pki/ca.pem")),
        addresses(context),
        tokens(context),
        backups(context),
    ];
    let ill = findings.iter().filter(|finding| !finding.well).count();
    let rows = findings.into_iter().map(|finding| {
        let verdict = if finding.well { "well" } else { "look here" };
        vec![finding.what.to_owned(), verdict.to_owned(), finding.seen]
    });
    context.output.rows(&["what", "verdict", "seen"], rows.collect())?;
    if ill > 0 { Err(Failure::of(format!("{ill} things need a look"))) } else { Ok(()) }
}

/// A clock before the program was written is a clock that stands still.
fn clock() -> Finding {
    let now = MachineClock.now();
    let well = Instant::parse("2026-11-01T00:00:00Z").is_some_and(|earliest| now > earliest);
    Finding { what: "clock", well, seen: now.to_string() }
}

fn data(folder: &Path) -> Finding {
    let probe = folder.join(".doctor");
    let written = fs::write(&probe, b"well");
    let _ = fs::remove_file(&probe);
    let seen = match &written {
        Ok(()) => folder.display().to_string(),
        Err(error) => format!("{}: {error}", folder.display()),
    };
    Finding { what: "data directory", well: written.is_ok(), seen }
}

fn archive(context: &Context) -> Finding {
    let opened = App::open_read_only(&context.config.app_options(), Arc::new(MachineClock));
    let looked = opened.map_err(|error| error.to_string()).and_then(|app| {
        let contents = app.contents().map_err(|error| error.to_string())?;
        app.checkpoint().map_err(|error| error.to_string())?;
        Ok(format!("{} versions of {} clients", contents.versions, contents.clients))
    });
    let well = looked.is_ok();
    Finding { what: "archive", well, seen: looked.unwrap_or_else(|error| error) }
}

/// Keys that others than their owner can read are no keys.
fn private(folder: &Path) -> Finding {
    let open_to_others = |path: &Path| {
        fs::metadata(path)
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o077 != 0)
    };
    let Ok(entries) = fs::read_dir(folder) else {
        let seen = format!("{}: not there", folder.display());
        return Finding { what: "key files", well: false, seen };
    };
    let open: Vec<String> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| open_to_others(path))
        .map(|path| path.display().to_string())
        .collect();
    let seen = if open.is_empty() { folder.display().to_string() } else { open.join(", ") };
    Finding { what: "key files", well: open.is_empty(), seen }
}

fn certificate(file: &Path) -> Finding {
    let until = fs::read(file).ok().and_then(|text| end_of(&text));
    let well = until.is_some_and(|until| until > MachineClock.now());
    let seen = match until {
        Some(until) => format!("{} until {until}", file.display()),
        None => format!("{}: not there", file.display()),
    };
    Finding { what: "certificate", well, seen }
}

fn addresses(context: &Context) -> Finding {
    let busy: Vec<String> = context
        .config
        .listen
        .addresses
        .iter()
        .filter_map(|address| {
            TcpListener::bind(address).err().map(|why| format!("{address}: {why}"))
        })
        .collect();
    let seen = if busy.is_empty() {
        "free to listen on".to_owned()
    } else {
        format!("{} (the archive itself, when it is open)", busy.join(", "))
    };
    Finding { what: "addresses", well: busy.is_empty(), seen }
}

/// A backup is late when the next two are due.
fn backups(context: &Context) -> Finding {
    let config = &context.config;
    if config.backup.folder.as_os_str().is_empty() {
        let seen = "none are taken by the archive itself (backup.folder)".to_owned();
        return Finding { what: "backups", well: true, seen };
    }
    let (well, seen) = match backups::newest(config) {
        Ok(Some(_)) if on_the_same_disk(&config.backup.folder, &config.data) => {
            (false, "they lie on the disk of the archive, and are lost with it".to_owned())
        }
        Ok(Some(point)) => {
            let age = MachineClock.now().millis() - point.taken_at.millis();
            let paces = 2 * config.backup.every().as_millis();
            // One of the future says that a clock was wrong, then or now.
            let well = u128::try_from(age).is_ok_and(|age| age <= paces);
            (well, format!("the newest is of {}", point.taken_at))
        }
        Err(StoreError::BackupBusy(_)) => (true, "one is being taken".to_owned()),
        Ok(None) => (false, "there is none yet".to_owned()),
        Err(error) => (false, error.to_string()),
    };
    Finding { what: "backups", well, seen }
}

fn on_the_same_disk(one: &Path, other: &Path) -> bool {
    let disk = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
    disk(one) == disk(other)
}

fn tokens(context: &Context) -> Finding {
    let tokens = &context.config.tokens;
    let read = tokens.jwks_file.as_ref().map(|file| {
        let text = fs::read(file).map_err(|error| error.to_string())?;
        serde_json::from_slice::<jsonwebtoken::jwk::JwkSet>(&text)
            .map(|set| format!("{} keys of {}", set.keys.len(), tokens.issuer))
            .map_err(|error| error.to_string())
    });
    let (well, seen) = match read {
        Some(Ok(seen)) => (true, seen),
        Some(Err(error)) => (false, error),
        None if tokens.issuer.is_empty() => (true, "persons do not come in by token".to_owned()),
        None => (false, "an issuer without tokens.jwks_file".to_owned()),
    };
    Finding { what: "tokens", well, seen }
}
