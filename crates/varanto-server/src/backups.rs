//! Backups that the open archive takes by itself, at the configured pace. Source: OPS-3, OPS-4.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use varanto_app::backup::{self, KeepRule, Point, Pruned, Stopped};
use varanto_app::{App, StoreError};
use varanto_domain::time::{Clock, Instant};

use crate::clock::MachineClock;
use crate::config::{Backup, Config};

/// After a failure it is tried again sooner than the pace says, but no sooner than this.
const AFTER_FAILING: Duration = Duration::from_mins(5);

/// Takes backups for as long as the doors are open, and thins them out.
pub async fn go_on(app: App, config: Config) {
    metrics::counter!("varanto_backups_failed_total").increment(0);
    let open = Open::default();
    let of_config = config.clone();
    // A folder that cannot be read is told of by the backup that is tried at once.
    let mut wait =
        tokio::task::spawn_blocking(move || until_due(&of_config)).await.unwrap_or_default();
    loop {
        tokio::time::sleep(wait).await;
        let (app, one, shut) = (app.clone(), config.clone(), Arc::clone(&open.shut));
        let round = tokio::task::spawn_blocking(move || take_and_thin(&app, &one, &shut));
        let taken = match round.await {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => {
                tracing::error!(%error, "a backup was not taken");
                false
            }
            Err(error) => {
                tracing::error!(%error, "a backup broke down");
                false
            }
        };
        let every = config.backup.every();
        wait = if taken { every } else { every.min(AFTER_FAILING) };
        metrics::counter!("varanto_backups_failed_total").increment(u64::from(!taken));
    }
}

/// Says that the doors are shut when it goes: a backup that is being taken then stops, and loses no piece.
#[derive(Default)]
struct Open {
    shut: Arc<AtomicBool>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shut.store(true, Ordering::Relaxed);
    }
}

/// Takes one backup into the configured folder, and thins the folder out, also when there was no room for it.
fn take_and_thin(app: &App, config: &Config, shut: &AtomicBool) -> Result<Point, StoreError> {
    let options = config.app_options();
    let folder = backup::to_write(&config.backup.folder, &options)?;
    let going = |_, _| if shut.load(Ordering::Relaxed) { Err(Stopped) } else { Ok(()) };
    let taken = app.back_up(&options, &folder, going);
    if let Ok(point) = &taken {
        tell(point);
        let Point { name, bytes, added, .. } = point;
        tracing::info!(point = %name, bytes, added, "a backup was taken");
    }
    match folder.prune(&config.backup.keep(), false) {
        Ok(Pruned { gone, freed, .. }) => {
            tracing::info!(gone = gone.len(), freed, "backups thinned out");
        }
        Err(error) => tracing::error!(%error, "the folder of backups was not thinned out"),
    }
    taken
}

/// How long until the next backup is due: at once when there is none, or none that reads.
fn until_due(config: &Config) -> Duration {
    match newest(config) {
        Ok(Some(point)) => {
            tell(&point);
            left(point.taken_at, config.backup.every(), MachineClock.now())
        }
        _ => Duration::ZERO,
    }
}

/// What is left of the time between two backups.
fn left(newest: Instant, every: Duration, now: Instant) -> Duration {
    // A clock that was set back leaves no backup in the future to wait for.
    let since = u64::try_from(now.millis() - newest.millis()).map_or(every, Duration::from_millis);
    every.saturating_sub(since)
}

/// The newest backup of the configured folder.
pub fn newest(config: &Config) -> Result<Option<Point>, StoreError> {
    let keys = config.app_options().key_folder;
    backup::to_read(&config.backup.folder, &keys)?.point_at(None)
}

fn tell(point: &Point) {
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit in a float")]
    let seconds = (point.taken_at.millis() / 1000) as f64;
    metrics::gauge!("varanto_backup_newest_timestamp_seconds").set(seconds);
}

impl Backup {
    /// How long lies between two backups.
    #[must_use]
    pub fn every(&self) -> Duration {
        Duration::from_mins(self.every_minutes)
    }

    /// Which of them stay.
    #[must_use]
    pub fn keep(&self) -> KeepRule {
        KeepRule { last: self.keep_last, days: self.keep_days, months: self.keep_months }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OPS-3, OPS-4: open doors take a backup at once when there is none in a folder that was begun, and thin it out; a
    /// folder that nobody began may be a disk that is not there, and stays as it is.
    #[tokio::test(flavor = "multi_thread")]
    async fn an_open_archive_takes_backups_and_thins_them_out() {
        let home = tempfile::tempdir().unwrap();
        let backup = Backup { folder: home.path().join("backups"), ..Backup::default() };
        let config = Config { data: home.path().join("data"), backup, ..Config::default() };
        let options = config.app_options();
        let app = App::open(&options, Arc::new(MachineClock)).unwrap();
        let (open, shut) = (AtomicBool::new(false), AtomicBool::new(true));
        let unbegun = take_and_thin(&app, &config, &open);
        assert!(matches!(unbegun, Err(StoreError::NotABackup(_))));
        assert!(!config.backup.folder.exists());
        backup::begin(&config.backup.folder, &options).unwrap();
        let going_on = tokio::spawn(go_on(app.clone(), config.clone()));
        let first = loop {
            match newest(&config) {
                Ok(Some(point)) => break point,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        };
        going_on.abort();
        let backup = Backup { keep_last: 1, keep_days: 0, keep_months: 0, ..config.backup.clone() };
        let config = Config { backup, ..config };
        // The round of the task may still hold the folder for a moment.
        let second = loop {
            match take_and_thin(&app, &config, &open) {
                Err(StoreError::BackupBusy(_)) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                done => break done.unwrap(),
            }
        };
        assert!(second.taken_at >= first.taken_at && second.added < first.added);
        let stopped = take_and_thin(&app, &config, &shut);
        assert!(matches!(stopped, Err(StoreError::Closed)), "the doors are shut");
        let left = backup::to_read(&config.backup.folder, &options.key_folder).unwrap().list();
        assert_eq!(left.unwrap().whole, [second]);
        let within = Backup { folder: config.data.join("backups"), ..Backup::default() };
        let refused = take_and_thin(&app, &Config { backup: within, ..config }, &open);
        assert!(matches!(refused, Err(StoreError::File { .. })), "backups outlive the data folder");
    }

    /// OPS-3: the next backup is due a whole pace after the newest, at once when that is past, and a clock
    /// that was set back puts nothing off.
    #[test]
    fn the_next_backup_is_due_a_pace_after_the_newest() {
        let at = |text| Instant::parse(text).unwrap();
        let hour = Duration::from_hours(1);
        let left = |now| left(at("2026-03-23T08:00:00Z"), hour, at(now));
        assert_eq!(left("2026-03-23T08:00:00Z"), hour);
        assert_eq!(left("2026-03-23T08:45:00Z"), Duration::from_mins(15));
        assert_eq!(left("2026-03-23T09:00:00Z"), Duration::ZERO);
        assert_eq!(left("2026-03-24T09:00:00Z"), Duration::ZERO);
        assert_eq!(left("2026-03-22T09:00:00Z"), Duration::ZERO);
    }
}
