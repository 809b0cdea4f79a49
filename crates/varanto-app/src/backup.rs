//! Backups: taken beside everything else, brought back, thinned out (OPS-3).
//!
//! What is in a backup is sealed under the key ring, so taking one shows nothing to anybody, and is no
//! look at client data.

use std::fs;
use std::path::{Path, absolute};

pub use varanto_store::{BackupFolder, Going, KeepRule, Point, Points, Pruned, Stopped};
use varanto_store::{
    CHECKPOINT_SIGNING_FILE, KEY_ENCRYPTION_FILE, KeyRing, StoreError, files_beside,
};

use crate::{App, AppOptions};

impl App {
    /// Takes a backup of the archive and the files beside it, while others write on; `progress` hears how many
    /// bytes of how many were looked at, and says whether to go on. Answers when the point is on disk.
    ///
    /// # Errors
    /// What the disks and the database answer, [`StoreError::Closed`] when it was stopped; then the folder holds no
    /// new point.
    pub fn back_up(
        &self,
        options: &AppOptions,
        folder: &BackupFolder,
        progress: impl FnMut(u64, u64) -> Going,
    ) -> Result<Point, StoreError> {
        let beside = files_beside(&options.folder, &[&options.key_folder])?;
        self.store.back_up(folder, &options.folder, &beside, self.clock.now(), progress)
    }
}

/// Begins a folder of backups of this archive, unless it was begun before.
///
/// # Errors
/// [`StoreError::File`] when it lies within the data folder, which backups are to outlive; else those of
/// [`BackupFolder::begin`].
pub fn begin(folder: &Path, options: &AppOptions) -> Result<(), StoreError> {
    apart(folder, options)?;
    BackupFolder::begin(folder, &KeyRing::open(&options.key_folder)?, &options.origin)
}

/// Opens a folder of backups of this archive to write in it.
///
/// # Errors
/// As [`begin`], and those of [`BackupFolder::open_to_write`].
pub fn to_write(folder: &Path, options: &AppOptions) -> Result<BackupFolder, StoreError> {
    apart(folder, options)?;
    BackupFolder::open_to_write(folder, &KeyRing::open(&options.key_folder)?, &options.origin)
}

fn apart(folder: &Path, options: &AppOptions) -> Result<(), StoreError> {
    // What is not there yet lies where its name says.
    let whole = |path: &Path| {
        fs::canonicalize(path).or_else(|_| absolute(path)).unwrap_or_else(|_| path.into())
    };
    if !whole(folder).starts_with(whole(&options.folder)) {
        return Ok(());
    }
    let why = "lies within the data folder, which backups are to outlive".to_owned();
    Err(StoreError::File { path: folder.into(), why })
}

/// Opens a folder of backups to list, check or restore what is in it.
///
/// # Errors
/// Those of [`KeyRing::open`] and [`BackupFolder::open_to_read`].
pub fn to_read(folder: &Path, key_folder: &Path) -> Result<BackupFolder, StoreError> {
    BackupFolder::open_to_read(folder, &KeyRing::open(key_folder)?)
}

/// Lays a copy of the key files into a folder, where an archive that was restored looks for them.
///
/// # Errors
/// [`StoreError::File`] for what cannot be read or written.
pub fn bring_keys(from: &Path, to: &Path) -> Result<(), StoreError> {
    for file in [KEY_ENCRYPTION_FILE, CHECKPOINT_SIGNING_FILE] {
        let (from, to) = (from.join(file), to.join(file));
        let failed = |path: &Path, error: &std::io::Error| StoreError::File {
            path: path.into(),
            why: error.to_string(),
        };
        let parent = to.parent().unwrap_or(&to);
        fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        close_to_others(parent, 0o700).map_err(|error| failed(parent, &error))?;
        fs::copy(&from, &to).map_err(|error| failed(&from, &error))?;
        close_to_others(&to, 0o600).map_err(|error| failed(&to, &error))?;
    }
    Ok(())
}

#[cfg(unix)]
fn close_to_others(path: &Path, mode: u32) -> std::io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
}

#[cfg(not(unix))]
fn close_to_others(_path: &Path, _mode: u32) -> std::io::Result<()> {
    Ok(())
}
