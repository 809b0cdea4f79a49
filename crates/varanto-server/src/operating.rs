//! How the archive does, for whoever runs it: the figures of a moment, as metrics and as a page, with what to do where one
//! wants a look. No client data, and nothing is asked of the database: the page is there when it is not.
//!
//! The page is served at the addresses of `listen.operators` alone. Source: OPS-4.

use std::path::Path;

use axum::Router;
use axum::extract::{Path as PathOf, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::{Deserialize, Serialize};
use varanto_app::{COMMIT_BUCKETS_MICROS, StoreError, StoreMetrics};
use varanto_domain::time::Instant;

use crate::backups;
use crate::certificates::{Authority, end_of, write_private};
use crate::doors::Doors;
use crate::pages::{Shell, Words, redirect, rendered};
use crate::rest::problem::Problem;
use crate::texts::Language;

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1000;
/// How long before it ends a certificate wants a look: the server's own is renewed a month before.
const CERTIFICATE_DAYS: i64 = 14;
/// How long after a verification another is due.
const VERIFY_DAYS: i64 = 14;
/// The slowest of a hundred commits that needs no look, in microseconds.
const SLOW_COMMIT: u64 = 100_000;
/// The file of the data directory that tells of the last verification.
const VERIFIED_FILE: &str = "verified.json";

/// The last verification of the whole archive, as its command left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// When it ended, in milliseconds after 1970.
    pub at: i64,
    /// In how many places damage was found.
    pub damaged: usize,
}

impl Verified {
    /// Notes it in a data directory.
    ///
    /// # Errors
    /// What the file system answered.
    pub fn note(self, data: &Path) -> Result<(), crate::certificates::CertificateError> {
        let text = serde_json::to_vec(&self).expect("numbers print");
        write_private(&data.join(VERIFIED_FILE), &text)
    }

    /// The one that was noted; `None`: there was none that can be read.
    #[must_use]
    pub fn of(data: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(data.join(VERIFIED_FILE)).ok()?).ok()
    }
}

/// The room of a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// What is free for the program.
    pub free: u64,
    /// All of it.
    pub whole: u64,
}

impl Room {
    /// The room of the disk that a path is on; `None` when it cannot be told.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let told = rustix::fs::statvfs(path).ok()?;
        let bytes = |blocks: u64| blocks.saturating_mul(told.f_frsize);
        Some(Self { free: bytes(told.f_bavail), whole: bytes(told.f_blocks) })
    }
}

/// What is known of backups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackupsSeen {
    /// The archive takes none itself: the database's own are.
    Elsewhere,
    /// One is being taken.
    Going,
    /// There is none that can be read.
    Missing,
    /// The newest is of this moment.
    Newest(Instant),
}

/// How the archive does at a moment.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The moment.
    pub at: Instant,
    /// Whether requests can be worked on.
    pub ready: bool,
    /// How many requests are worked on, and how many may be.
    pub requests: (u64, u64),
    /// How many operations wait to be written, and how many may.
    pub waiting: (u64, u64),
    /// What the store counted.
    pub store: StoreMetrics,
    /// The room of the data directory's disk.
    pub room: Option<Room>,
    /// When certificates end, by what they are for.
    pub certificates: Vec<(&'static str, Instant)>,
    /// Since when certificates are not told to other servers, or theirs not heard; `None`: they are.
    pub certificates_apart: Option<Instant>,
    /// What is known of backups, and how far apart they are to be, in milliseconds.
    pub backups: (BackupsSeen, i64),
    /// The last verification.
    pub verified: Option<Verified>,
}

impl Facts {
    /// Looks. It reads files, and asks nothing of the database.
    #[must_use]
    pub fn of(doors: &Doors) -> Self {
        let config = &doors.config;
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let most = config.limits.concurrent;
        let in_work = most.saturating_sub(doors.slots.available_permits());
        let now = doors.clock.now();
        let every = i64::try_from(config.backup.every().as_millis()).unwrap_or(i64::MAX);
        Self {
            at: now,
            ready: doors.ready(),
            requests: (count(in_work), count(most)),
            waiting: (count(doors.app.queue_length()), count(config.store.queue)),
            store: doors.app.store_metrics(),
            room: Room::of(&config.data),
            certificates: certificates(&Authority::existing(&config.data), now),
            certificates_apart: doors.certificates_apart.since(),
            backups: (backups_seen(doors), every),
            verified: Verified::of(&config.data),
        }
    }

    /// Sets the figures that are only looked at when somebody asks.
    pub fn tell_metrics(&self) {
        let StoreMetrics { commits, .. } = self.store;
        if let Some(Room { free, whole }) = self.room {
            metrics::gauge!("varanto_disk_free_bytes").set(float(free));
            metrics::gauge!("varanto_disk_bytes").set(float(whole));
        }
        for (what, ends) in &self.certificates {
            let gauge =
                metrics::gauge!("varanto_certificate_ends_timestamp_seconds", "of" => *what);
            gauge.set(seconds(*ends));
        }
        let together = if self.certificates_apart.is_none() { 1.0 } else { 0.0 };
        metrics::gauge!("varanto_certificates_together").set(together);
        if let Some(Verified { at, damaged }) = self.verified {
            let at = seconds(Instant::from_millis(at));
            metrics::gauge!("varanto_verified_timestamp_seconds").set(at);
            let damaged = u64::try_from(damaged).unwrap_or(u64::MAX);
            metrics::gauge!("varanto_verify_damaged_places").set(float(damaged));
        }
        let ends = COMMIT_BUCKETS_MICROS.iter().map(|end| (float(*end) / 1e6).to_string());
        let mut within = 0;
        for (end, count) in ends.chain(["+Inf".to_owned()]).zip(commits) {
            within += count;
            metrics::counter!("varanto_commits_within_total", "le" => end).absolute(within);
        }
    }

    /// What a person is told of it: what wants a look first.
    #[must_use]
    pub fn rows(&self, words: Words) -> Vec<Row> {
        let mut rows = vec![
            self.readiness(words),
            self.queue(words),
            self.requests_row(words),
            self.commits(words),
            self.failures(words),
            self.disk(words),
        ];
        rows.extend(self.certificates.iter().map(|(what, ends)| {
            let well = ends.millis() - self.at.millis() > CERTIFICATE_DAYS * DAY_MILLIS;
            Row::new(words, &format!("certificate-{what}"), words.moment(ends), well)
        }));
        rows.push(self.certificates_row(words));
        rows.push(self.backups_row(words));
        rows.push(self.verified_row(words));
        rows.sort_by_key(|row| row.well);
        rows
    }

    fn readiness(&self, words: Words) -> Row {
        let seen = if self.ready { "operator.is-ready" } else { "operator.is-not-ready" };
        Row::new(words, "ready", words.of(seen), self.ready)
    }

    fn queue(&self, words: Words) -> Row {
        let (waiting, most) = self.waiting;
        Row::new(words, "queue", of_most(words, self.waiting), waiting < most.div_ceil(2))
    }

    fn requests_row(&self, words: Words) -> Row {
        let (in_work, most) = self.requests;
        Row::new(words, "requests", of_most(words, self.requests), in_work < most.div_ceil(2))
    }

    fn commits(&self, words: Words) -> Row {
        let slowest = within(&self.store.commits, 99);
        let seen = match slowest {
            Slowest::None => words.of("operator.nothing-yet"),
            Slowest::Within(micros) => words.with("operator.within", &[("ms", &millis(micros))]),
            Slowest::Over(micros) => words.with("operator.over", &[("ms", &millis(micros))]),
        };
        let well = match slowest {
            Slowest::None => true,
            Slowest::Within(micros) => micros <= SLOW_COMMIT,
            Slowest::Over(_) => false,
        };
        Row::new(words, "commits", seen, well)
    }

    fn failures(&self, words: Words) -> Row {
        let failed = self.store.failed_groups.saturating_add(self.store.turned_away);
        let seen = words.with(
            "operator.failures-seen",
            &[
                ("failed", &words.number(&self.store.failed_groups)),
                ("turned", &words.number(&self.store.turned_away)),
                ("waits", &words.number(&self.store.turn_waits)),
            ],
        );
        Row::new(words, "failures", seen, failed == 0)
    }

    fn disk(&self, words: Words) -> Row {
        let Some(Room { free, whole }) = self.room else {
            return Row::new(words, "disk", words.of("operator.not-known"), false);
        };
        let seen = words.with(
            "operator.disk-seen",
            &[("free", &gigabytes(words, free)), ("whole", &gigabytes(words, whole))],
        );
        Row::new(words, "disk", seen, free > whole / 10)
    }

    fn certificates_row(&self, words: Words) -> Row {
        let seen = match self.certificates_apart {
            None => words.of("operator.revocations-known"),
            Some(since) => {
                words.with("operator.revocations-since", &[("at", &words.moment(&since))])
            }
        };
        Row::new(words, "revocations", seen, self.certificates_apart.is_none())
    }

    fn backups_row(&self, words: Words) -> Row {
        let (seen, every) = self.backups;
        let (text, well) = match seen {
            BackupsSeen::Elsewhere => (words.of("operator.backups-elsewhere"), true),
            BackupsSeen::Going => (words.of("operator.backups-going"), true),
            BackupsSeen::Missing => (words.of("operator.backups-missing"), false),
            BackupsSeen::Newest(at) => {
                // One of the future says that a clock was wrong, then or now.
                let age = self.at.millis() - at.millis();
                (words.moment(&at), (0..=every.saturating_mul(2)).contains(&age))
            }
        };
        Row::new(words, "backups", text, well)
    }

    fn verified_row(&self, words: Words) -> Row {
        let Some(Verified { at, damaged }) = self.verified else {
            return Row::new(words, "verified", words.of("operator.never"), false);
        };
        let moment = words.moment(&Instant::from_millis(at));
        let damaged = u64::try_from(damaged).unwrap_or(u64::MAX);
        let places = words.number(&damaged);
        let seen = words.with("operator.verified-seen", &[("at", &moment), ("damaged", &places)]);
        let lately = self.at.millis().saturating_sub(at) <= VERIFY_DAYS * DAY_MILLIS;
        Row::new(words, "verified", seen, damaged == 0 && lately)
    }
}

/// One thing that was looked at, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub what: String,
    /// What was seen.
    pub seen: String,
    /// Whether it is well.
    pub well: bool,
    /// What to do where it is not.
    pub remedy: String,
}

impl Row {
    fn new(words: Words, key: &str, seen: String, well: bool) -> Self {
        let remedy = words.of(&format!("operator.{key}-remedy"));
        Self { what: words.of(&format!("operator.{key}")), seen, well, remedy }
    }
}

/// The slowest of a share of commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slowest {
    /// There was no commit.
    None,
    /// It took so many microseconds at most.
    Within(u64),
    /// It took more than so many microseconds.
    Over(u64),
}

/// How long the slowest of so many of a hundred commits took.
fn within(commits: &[u64; COMMIT_BUCKETS_MICROS.len() + 1], percent: u64) -> Slowest {
    let all: u64 = commits.iter().sum();
    if all == 0 {
        return Slowest::None;
    }
    let wanted = (all * percent).div_ceil(100);
    let mut counted = 0;
    for (end, count) in COMMIT_BUCKETS_MICROS.iter().zip(commits) {
        counted += count;
        if counted >= wanted {
            return Slowest::Within(*end);
        }
    }
    Slowest::Over(COMMIT_BUCKETS_MICROS[COMMIT_BUCKETS_MICROS.len() - 1])
}

/// When the server's certificate, the authority's, and the next of the systems' end. What has ended or was revoked is
/// looked after.
fn certificates(own: &Authority, now: Instant) -> Vec<(&'static str, Instant)> {
    let of_file = |path: &Path| std::fs::read(path).ok().and_then(|pem| end_of(&pem));
    let of_systems = own.known().ok().and_then(|known| {
        let in_use = known.iter().filter(|one| one.revoked_at.is_none());
        in_use.filter_map(|one| end_of(&one.certificate)).filter(|end| *end > now).min()
    });
    let all = [
        ("server", of_file(&own.server_files().0)),
        ("authority", of_file(&own.authority_file())),
        ("system", of_systems),
    ];
    all.into_iter().filter_map(|(what, end)| Some((what, end?))).collect()
}

fn backups_seen(doors: &Doors) -> BackupsSeen {
    if doors.config.backup.folder.as_os_str().is_empty() {
        return BackupsSeen::Elsewhere;
    }
    match backups::newest(&doors.config) {
        Ok(Some(point)) => BackupsSeen::Newest(point.taken_at),
        Err(StoreError::BackupBusy(_)) => BackupsSeen::Going,
        Ok(None) | Err(_) => BackupsSeen::Missing,
    }
}

fn of_most(words: Words, (number, most): (u64, u64)) -> String {
    let (number, most) = (words.number(&number), words.number(&most));
    words.with("operator.of-most", &[("number", &number), ("most", &most)])
}

fn millis(micros: u64) -> String {
    if micros < 1_000 { format!("0.{:02}", micros / 10) } else { (micros / 1_000).to_string() }
}

fn gigabytes(words: Words, bytes: u64) -> String {
    words.number(&(bytes / 1_000_000_000))
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people, to a millionth of it")]
fn float(number: u64) -> f64 {
    number as f64
}

fn seconds(at: Instant) -> f64 {
    float(u64::try_from(at.millis() / 1000).unwrap_or_default())
}

#[derive(askama::Template)]
#[template(path = "operator.html")]
struct OperatorPage {
    shell: Shell,
    at: Instant,
    all_well: bool,
    ill: usize,
    rows: Vec<Row>,
}

/// The page, for the operators' addresses alone.
pub fn router() -> Router<Doors> {
    Router::new()
        .route("/operator/", get(|| async { redirect("/fi/operator/") }))
        .route("/{language}/operator/", get(page))
}

/// `GET /fi/operator/`: how the archive does.
async fn page(State(doors): State<Doors>, PathOf(language): PathOf<String>) -> Response {
    let Some(language) = Language::of_path(&language) else {
        return Problem::not_found().into_response();
    };
    let looking = doors.clone();
    let Ok(facts) = tokio::task::spawn_blocking(move || Facts::of(&looking)).await else {
        return Problem::internal().into_response();
    };
    let rows = facts.rows(Words(language));
    let page = OperatorPage {
        shell: Shell::new(language, "/operator/"),
        at: facts.at,
        all_well: rows.iter().all(|row| row.well),
        ill: rows.iter().filter(|row| !row.well).count(),
        rows,
    };
    rendered(&page, language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(commits: &[(usize, u64)]) -> StoreMetrics {
        let mut counted = [0; COMMIT_BUCKETS_MICROS.len() + 1];
        for (bucket, count) in commits {
            counted[*bucket] = *count;
        }
        StoreMetrics {
            groups: 0,
            operations: 0,
            failed_groups: 0,
            turned_away: 0,
            waiting: 0,
            commit_micros: 0,
            commits: counted,
            superseded: false,
            turn_waits: 0,
        }
    }

    fn well() -> Facts {
        let now = Instant::from_millis(1_800_000_000_000);
        let days = |days: i64| Instant::from_millis(now.millis() + days * DAY_MILLIS);
        Facts {
            at: now,
            ready: true,
            requests: (3, 64),
            waiting: (0, 1024),
            store: store(&[(2, 99), (9, 1)]),
            room: Some(Room { free: 500_000_000_000, whole: 1_000_000_000_000 }),
            certificates: vec![("server", days(300)), ("authority", days(7000))],
            certificates_apart: None,
            backups: (BackupsSeen::Newest(now), 3_600_000),
            verified: Some(Verified { at: days(-7).millis(), damaged: 0 }),
        }
    }

    #[test]
    fn the_slowest_of_a_hundred_commits_is_told_by_its_bucket() {
        for (commits, percent, told) in [
            (&[][..], 99, Slowest::None),
            (&[(0, 1)], 99, Slowest::Within(250)),
            (&[(2, 99), (9, 1)], 99, Slowest::Within(1_000)),
            (&[(2, 98), (9, 2)], 99, Slowest::Within(250_000)),
            (&[(2, 98), (10, 2)], 99, Slowest::Over(250_000)),
            (&[(2, 98), (10, 2)], 50, Slowest::Within(1_000)),
        ] {
            assert_eq!(within(&store(commits).commits, percent), told, "{commits:?}");
        }
    }

    /// OPS-4: what wants a look is told first, with what to do; what is well is told as such, in each language.
    #[test]
    fn what_wants_a_look_is_told_with_its_remedy() {
        let ill = |facts: &Facts| -> Vec<String> {
            let rows = facts.rows(Words(Language::English));
            let first = rows.iter().take_while(|row| !row.well).count();
            assert_eq!(first, rows.iter().filter(|row| !row.well).count(), "they stand first");
            rows.into_iter().take(first).map(|row| row.what).collect()
        };
        assert_eq!(ill(&well()), Vec::<String>::new());
        let key = |key: &str| Words(Language::English).of(&format!("operator.{key}"));
        let now = well().at;
        let later = |days: i64| Instant::from_millis(now.millis() + days * DAY_MILLIS);
        for (facts, what) in [
            (Facts { ready: false, ..well() }, "ready"),
            (Facts { waiting: (512, 1024), ..well() }, "queue"),
            (Facts { requests: (32, 64), ..well() }, "requests"),
            (Facts { store: store(&[(9, 1)]), ..well() }, "commits"),
            (
                Facts { store: StoreMetrics { failed_groups: 1, ..store(&[]) }, ..well() },
                "failures",
            ),
            (Facts { room: Some(Room { free: 10, whole: 100 }), ..well() }, "disk"),
            (Facts { room: None, ..well() }, "disk"),
            (Facts { certificates: vec![("system", later(14))], ..well() }, "certificate-system"),
            (Facts { certificates_apart: Some(now), ..well() }, "revocations"),
            (Facts { backups: (BackupsSeen::Missing, 1), ..well() }, "backups"),
            (Facts { backups: (BackupsSeen::Newest(later(-1)), 3_600_000), ..well() }, "backups"),
            (Facts { backups: (BackupsSeen::Newest(later(1)), 3_600_000), ..well() }, "backups"),
            (Facts { verified: None, ..well() }, "verified"),
            (
                Facts { verified: Some(Verified { at: now.millis(), damaged: 1 }), ..well() },
                "verified",
            ),
            (
                Facts {
                    verified: Some(Verified { at: later(-15).millis(), damaged: 0 }),
                    ..well()
                },
                "verified",
            ),
        ] {
            assert_eq!(ill(&facts), [key(what)], "{what}");
            for language in Language::ALL {
                for row in facts.rows(Words(language)) {
                    assert!(!row.remedy.contains("operator.") && !row.what.contains("operator."));
                }
            }
        }
    }
}
