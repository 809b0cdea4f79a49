//! Restoring a point, and checking that it could be.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use aws_lc_rs::digest::{self, SHA256};

use super::folder::BackupFolder;
use super::point::{KeptFile, Point};
use crate::StoreError;
use crate::keys::{make_folder, sync_folder};

impl BackupFolder {
    /// Reads every piece of a point and holds each file against its digest. Nothing is written.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] names the first piece or file that is not as it was made.
    pub fn check(&self, point: &Point, progress: impl FnMut(u64, u64)) -> Result<(), StoreError> {
        self.each_file(point, progress, |_| Ok(Sink::Nowhere))
    }

    /// Writes the files of a point into a folder that is missing or empty; it appears when it is whole.
    ///
    /// # Errors
    /// [`StoreError::File`] when something is in the folder, and as for [`BackupFolder::check`].
    pub fn restore(
        &self,
        point: &Point,
        into: &Path,
        progress: impl FnMut(u64, u64),
    ) -> Result<(), StoreError> {
        let failed = |error: std::io::Error| StoreError::file(into, &error);
        if fs::read_dir(into).is_ok_and(|mut inside| inside.next().is_some()) {
            let why = "is not empty; a restore never writes over anything".to_owned();
            return Err(StoreError::File { path: into.into(), why });
        }
        let coming = beside(into);
        if coming.exists() {
            fs::remove_dir_all(&coming).map_err(failed)?;
        }
        make_folder(&coming).map_err(failed)?;
        self.each_file(point, progress, |file| {
            let path = coming.join(within(&file.name)?);
            let parent = path.parent().unwrap_or(&coming);
            make_folder(parent).map_err(|error| StoreError::file(parent, &error))?;
            let out = create(&path, file.mode).map_err(|error| StoreError::file(&path, &error))?;
            Ok(Sink::File(out, path))
        })?;
        sync_folder(&coming)?;
        if into.exists() {
            fs::remove_dir(into).map_err(failed)?;
        }
        fs::rename(&coming, into).map_err(failed)?;
        match into.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            Some(parent) => sync_folder(parent),
            None => sync_folder(Path::new(".")),
        }
    }

    fn each_file(
        &self,
        point: &Point,
        mut progress: impl FnMut(u64, u64),
        mut open: impl FnMut(&KeptFile) -> Result<Sink, StoreError>,
    ) -> Result<(), StoreError> {
        let mut done = 0;
        for file in self.files(&point.name)? {
            let mut sink = open(&file)?;
            let mut digest = digest::Context::new(&SHA256);
            let mut bytes = 0;
            for name in &file.pieces {
                let piece = self.piece(name)?;
                digest.update(&piece);
                sink.write(&piece)?;
                bytes += piece.len() as u64;
                progress(done + bytes, point.bytes);
            }
            if bytes != file.bytes || digest.finish().as_ref() != file.sha256 {
                let what = format!("{} in point {} of the backup", file.name, point.name);
                return Err(StoreError::Damaged(what));
            }
            sink.end()?;
            done += bytes;
        }
        Ok(())
    }
}

/// Where a restore gathers what it brings back, on the same disk.
fn beside(into: &Path) -> PathBuf {
    let mut name = into.file_name().unwrap_or_default().to_os_string();
    name.push(".restoring");
    into.with_file_name(name)
}

/// Where a file goes.
enum Sink {
    Nowhere,
    File(File, PathBuf),
}

impl Sink {
    fn write(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        match self {
            Self::Nowhere => Ok(()),
            Self::File(file, path) => {
                file.write_all(bytes).map_err(|error| StoreError::file(path, &error))
            }
        }
    }

    fn end(self) -> Result<(), StoreError> {
        match self {
            Self::Nowhere => Ok(()),
            Self::File(file, path) => {
                file.sync_all().map_err(|error| StoreError::file(&path, &error))?;
                path.parent().map_or(Ok(()), sync_folder)
            }
        }
    }
}

/// A name that stays within its folder.
fn within(name: &str) -> Result<&Path, StoreError> {
    let path = Path::new(name);
    let inside = path.components().all(|part| matches!(part, Component::Normal(_)));
    if inside {
        Ok(path)
    } else {
        Err(StoreError::Damaged(format!("a backup names the file {name}")))
    }
}

fn create(path: &Path, mode: u32) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}
