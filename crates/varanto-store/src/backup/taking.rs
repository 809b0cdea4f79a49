//! Taking a backup: the pages of one snapshot, and the files beside the database.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{self, SHA256};
use varanto_domain::time::Instant;

use super::PIECE_BYTES;
use super::folder::BackupFolder;
use super::point::{KeptFile, Point};
use crate::store::{DATABASE_FILE, LOCK_FILE};
use crate::{Store, StoreError};

/// A file on its way into the folder, piece by piece.
struct Coming<'f> {
    folder: &'f BackupFolder,
    kept: KeptFile,
    digest: digest::Context,
    /// What does not fill a piece yet.
    rest: Vec<u8>,
    added: u64,
}

impl<'f> Coming<'f> {
    fn new(folder: &'f BackupFolder, name: &str, mode: u32) -> Self {
        let kept =
            KeptFile { name: name.into(), mode, bytes: 0, sha256: [0; 32], pieces: Vec::new() };
        let rest = Vec::with_capacity(PIECE_BYTES);
        Self { folder, kept, digest: digest::Context::new(&SHA256), rest, added: 0 }
    }

    fn write(&mut self, mut bytes: &[u8]) -> Result<(), StoreError> {
        self.digest.update(bytes);
        self.kept.bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE_BYTES - self.rest.len()));
            self.rest.extend_from_slice(now);
            bytes = later;
            if self.rest.len() == PIECE_BYTES {
                self.bring()?;
            }
        }
        Ok(())
    }

    fn bring(&mut self) -> Result<(), StoreError> {
        let (name, added) = self.folder.bring(&self.rest)?;
        self.kept.pieces.push(name);
        self.added += added;
        self.rest.clear();
        Ok(())
    }

    /// The whole file, and how many bytes it added.
    fn end(mut self) -> Result<(KeptFile, u64), StoreError> {
        if !self.rest.is_empty() {
            self.bring()?;
        }
        self.kept.sha256 =
            self.digest.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes");
        Ok((self.kept, self.added))
    }
}

impl Store {
    /// Takes a backup into a folder: one snapshot of the database, while others write on, and the files
    /// `beside` it in the data folder. `progress` hears how many bytes of how many were looked at. Answers
    /// when the point is on disk.
    ///
    /// # Errors
    /// What the disk and the database answer; then the folder holds no new point.
    pub fn back_up(
        &self,
        folder: &BackupFolder,
        data: &Path,
        beside: &[PathBuf],
        now: Instant,
        mut progress: impl FnMut(u64, u64) -> Going,
    ) -> Result<Point, StoreError> {
        let mut files = Vec::with_capacity(beside.len() + 1);
        let mut point = self.read(|tx| {
            let checkpoint = tx.newest_checkpoint()?;
            let total = tx.session().pages()?.count_bytes()?;
            let mut coming = Coming::new(folder, DATABASE_FILE, 0o600);
            tx.session().pages()?.each_page::<StoreError>(|page| {
                coming.write(page)?;
                if coming.rest.is_empty() {
                    progress(coming.kept.bytes, total).map_err(|Stopped| StoreError::Closed)?;
                    keeps_up(folder, data)?;
                }
                Ok(())
            })?;
            let (file, added) = coming.end()?;
            let point = Point {
                name: Point::name_of(now),
                taken_at: now,
                log_size: checkpoint.body.size,
                checkpoint: checkpoint.note,
                bytes: file.bytes,
                added,
            };
            files.push(file);
            Ok::<_, StoreError>(point)
        })?;
        for path in beside {
            let Some((file, added)) = bring_file(folder, data, path)? else { continue };
            point.bytes += file.bytes;
            point.added += added;
            files.push(file);
        }
        folder.settle(files.iter().flat_map(|file| &file.pieces))?;
        folder.write_point(&point, &files)?;
        Ok(point)
    }
}

/// Whether whoever waits for a backup still does.
pub type Going = Result<(), Stopped>;

/// A backup is not waited for any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

/// While a snapshot is read, the write-ahead log only grows. Past this it would endanger the archive for its backup.
const LONGEST_LOG: u64 = 2 << 30;

fn keeps_up(folder: &BackupFolder, data: &Path) -> Result<(), StoreError> {
    let log = fs::metadata(data.join(format!("{DATABASE_FILE}-wal"))).map_or(0, |log| log.len());
    if log <= LONGEST_LOG {
        return Ok(());
    }
    let why =
        "is too slow: the write-ahead log grew past 2 GiB while the backup was taken".to_owned();
    Err(StoreError::File { path: folder.pieces(), why })
}

/// `None` for a file that went away since it was listed.
fn bring_file(
    folder: &BackupFolder,
    data: &Path,
    name: &Path,
) -> Result<Option<(KeptFile, u64)>, StoreError> {
    let path = data.join(name);
    let failed = |error: std::io::Error| StoreError::file(&path, &error);
    let unkept =
        || StoreError::File { path: path.clone(), why: "its name cannot be kept".to_owned() };
    let text = name.to_str().filter(|text| !text.contains(['\n', '\r'])).ok_or_else(unkept)?;
    let mut file = match File::open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    let mut coming = Coming::new(folder, text, mode_of(&file.metadata().map_err(failed)?));
    let mut bytes = vec![0; PIECE_BYTES];
    loop {
        match file.read(&mut bytes).map_err(failed)? {
            0 => return coming.end().map(Some),
            read => coming.write(&bytes[..read])?,
        }
    }
}

#[cfg(unix)]
fn mode_of(data: &fs::Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o777
}

#[cfg(not(unix))]
fn mode_of(_data: &fs::Metadata) -> u32 {
    0o600
}

/// The files in a data folder that belong in a backup besides the database, by their names in it:
/// certificates, tokens, what the program keeps there. Never what lies under one of `apart`: the keys, and
/// the backups themselves.
pub fn files_beside(data: &Path, apart: &[&Path]) -> Result<Vec<PathBuf>, StoreError> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let path = data.join(&folder);
        let failed = |error: std::io::Error| StoreError::file(&path, &error);
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = folder.join(entry.file_name());
            // What a link leads to is kept in its place.
            let Ok(kind) = fs::metadata(entry.path()) else { continue };
            let is_apart = apart.iter().any(|apart| data.join(&name) == **apart);
            if is_apart || is_the_databases(&name) {
                continue;
            }
            if kind.is_dir() {
                // Not through a link: it may lead back here.
                if !entry.path().is_symlink() {
                    folders.push(name);
                }
            } else if kind.is_file() {
                found.push(name);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The database with what SQLite lays beside it, and the lock: the snapshot stands for them.
fn is_the_databases(name: &Path) -> bool {
    let name = name.to_string_lossy();
    name == LOCK_FILE || name.starts_with(DATABASE_FILE)
}
