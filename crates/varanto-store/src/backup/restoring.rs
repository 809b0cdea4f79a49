//! Restoring a point, and checking that it could be.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use aws_lc_rs::digest::{self, SHA256};
use rusqlite::Connection;

use super::folder::BackupFolder;
use super::point::{KeptFile, Point};
use crate::StoreError;
use crate::keys::{make_folder, sync_folder};
use crate::store::DATABASE_FILE;

impl BackupFolder {
    /// Reads every piece of a point and holds each file against its digest. A piece that is not as it was made is put
    /// aside, so that the next backup makes it anew if the archive still has it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] names the first piece or file that is not as it was made.
    pub fn check(&self, point: &Point, progress: impl FnMut(u64, u64)) -> Result<(), StoreError> {
        self.each_file(point, progress, |_| Ok(Sink::Nowhere))
    }

    /// Writes the files of a point into a folder that is missing or empty. The database comes to its place last, when
    /// all is on disk: a restore that was broken off leaves no archive.
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
        make_folder(into).map_err(failed)?;
        if fs::read_dir(into).map_err(failed)?.next().is_some() {
            let why = "is not empty; a restore never writes over anything".to_owned();
            return Err(StoreError::File { path: into.into(), why });
        }
        let gathered = into.join(GATHERED);
        fs::create_dir(&gathered).map_err(failed)?;
        let written = self.each_file(point, progress, |file| {
            let path = gathered.join(within(&file.name)?);
            let parent = path.parent().unwrap_or(&gathered);
            make_folder(parent).map_err(|error| StoreError::file(parent, &error))?;
            let out = create(&path, file.mode).map_err(|error| StoreError::file(&path, &error))?;
            Ok(Sink::File(out, path))
        });
        if let Err(error) = written {
            // What is half is ours alone, and nobody's archive.
            let _ = fs::remove_dir_all(&gathered);
            return Err(error);
        }
        forget_sessions(&gathered.join(DATABASE_FILE))?;
        let names =
            fs::read_dir(&gathered).map_err(failed)?.flatten().map(|entry| entry.file_name());
        let (last, first): (Vec<_>, Vec<_>) = names.partition(|name| name == DATABASE_FILE);
        sync_folder(&gathered)?;
        for name in first.into_iter().chain(last) {
            sync_folder(into)?;
            fs::rename(gathered.join(&name), into.join(&name)).map_err(failed)?;
        }
        fs::remove_dir(&gathered).map_err(failed)?;
        sync_folder(into)
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
                let piece = self.piece(name).inspect_err(|error| {
                    if matches!(error, StoreError::Damaged(_)) {
                        self.put_aside(name);
                    }
                })?;
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

/// Ends every login of the time of the backup: who was logged out since, or had a right that ended, must not be let in again.
///
/// Source: JOI-6, OPS-3.
fn forget_sessions(database: &Path) -> Result<(), StoreError> {
    const KNOWN: &str =
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'session'";
    if !database.exists() {
        return Ok(());
    }
    let opened = Connection::open(database)?;
    if opened.query_row(KNOWN, [], |row| row.get::<_, bool>(0))? {
        opened.execute("DELETE FROM session", [])?;
    }
    opened.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Where a restore gathers what it brings back, within its goal.
const GATHERED: &str = "restoring";

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
