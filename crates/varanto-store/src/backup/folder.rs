//! The folder of backups: its key, its lock, and its pieces on disk.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::PIECE_BYTES;
use crate::StoreError;
use crate::keys::{DataKey, KeyRing, make_backup_key, make_folder, open_backup_key, sync_folder};

const HEAD: &str = "backup.txt";
const LOCK: &str = "backup.lock";
const FIRST_LINE: &str = "varanto backups 1";
const PIECES: &str = "pieces";
const POINTS: &str = "points";
/// Where a backup gathers what it adds, until all of it is on disk.
const COMING: &str = "coming";
const LEVEL: i32 = 3;
/// The longest list of a point that is read: that of some hundred terabytes.
const LONGEST_LIST: usize = 1 << 36;

/// The name of a piece: a keyed digest of what is in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct PieceName(pub(crate) [u8; 32]);

impl PieceName {
    pub(crate) fn hex(&self) -> String {
        hex(&self.0)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        unhex(text).map(Self)
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// A folder of backups, open. While one process writes in it, no other reads or writes there.
pub struct BackupFolder {
    path: PathBuf,
    origin: String,
    key: DataKey,
    _lock: File,
}

impl BackupFolder {
    /// Begins a folder of backups, unless it was begun before: makes it when it is missing or empty. Only who names
    /// the folder begins it, so that a disk that is not there is not taken for a new one.
    ///
    /// # Errors
    /// [`StoreError::NotABackup`] when other things lie there; those of [`BackupFolder::open_to_write`].
    pub fn begin(path: &Path, ring: &KeyRing, origin: &str) -> Result<(), StoreError> {
        if path.join(HEAD).exists() {
            return Ok(());
        }
        if holds_other_things(path) {
            return Err(StoreError::NotABackup(path.into()));
        }
        make_folder(path).map_err(|error| StoreError::file(path, &error))?;
        let _lock = lock(path, &to_write(), File::try_lock)?;
        for inside in [path.join(PIECES), path.join(POINTS)] {
            make_folder(&inside).map_err(|error| StoreError::file(&inside, &error))?;
        }
        sync_folder(path)?;
        if path.join(HEAD).exists() {
            return Ok(());
        }
        let key = BASE64.encode(make_backup_key(ring).0);
        let head = format!("{FIRST_LINE}\norigin {origin}\nkey {key}\n");
        write_whole(&path.join(HEAD), head.as_bytes())
    }

    /// Opens a folder that was begun, to add a backup or to thin them out.
    ///
    /// # Errors
    /// [`StoreError::NotABackup`] when it was not begun, or its disk is not there; [`StoreError::BackupBusy`],
    /// [`StoreError::BackupOfAnother`], [`StoreError::WrongKeys`].
    pub fn open_to_write(path: &Path, ring: &KeyRing, origin: &str) -> Result<Self, StoreError> {
        if !path.join(HEAD).exists() {
            return Err(StoreError::NotABackup(path.into()));
        }
        let folder = Self::open(path, ring, lock(path, &to_write(), File::try_lock)?)?;
        if folder.origin != origin {
            let origin = folder.origin;
            return Err(StoreError::BackupOfAnother { folder: path.into(), origin });
        }
        folder.clear_coming()?;
        Ok(folder)
    }

    /// Opens the folder to list, check or restore what is in it.
    ///
    /// # Errors
    /// [`StoreError::NotABackup`], [`StoreError::BackupBusy`] while a backup is being made,
    /// [`StoreError::WrongKeys`].
    pub fn open_to_read(path: &Path, ring: &KeyRing) -> Result<Self, StoreError> {
        if !path.join(HEAD).exists() {
            return Err(StoreError::NotABackup(path.into()));
        }
        // It may lie on a disk that cannot be written to.
        let to_read = OpenOptions::new().read(true).clone();
        Self::open(path, ring, lock(path, &to_read, File::try_lock_shared)?)
    }

    fn open(path: &Path, ring: &KeyRing, lock: File) -> Result<Self, StoreError> {
        let head = fs::read_to_string(path.join(HEAD)).ok();
        let (origin, wrapped) = head
            .and_then(|head| read_head(&head))
            .ok_or_else(|| StoreError::NotABackup(path.into()))?;
        let key = open_backup_key(ring, &wrapped).ok_or(StoreError::WrongKeys(
            "the backups were made with another key-encryption key",
        ))?;
        Ok(Self { path: path.into(), origin, key, _lock: lock })
    }

    /// The name of the proof log of the archive whose backups lie here.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub(crate) fn pieces(&self) -> PathBuf {
        self.path.join(PIECES)
    }

    pub(crate) fn points(&self) -> PathBuf {
        self.path.join(POINTS)
    }

    fn place_of(&self, name: &PieceName) -> PathBuf {
        let hex = name.hex();
        self.pieces().join(&hex[..2]).join(hex)
    }

    /// What an earlier backup gathered and did not end.
    fn clear_coming(&self) -> Result<(), StoreError> {
        let coming = self.path.join(COMING);
        match fs::remove_dir_all(&coming) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(StoreError::file(&coming, &error))
            }
            _ => Ok(()),
        }
    }

    /// Keeps a piece unless it is here already. It is in its place only when it is on disk. Answers its name, and how
    /// many bytes it takes newly.
    pub(crate) fn bring(&self, plain: &[u8]) -> Result<(PieceName, u64), StoreError> {
        let name = PieceName(self.key.name("piece", plain));
        let place = self.place_of(&name);
        if place.exists() {
            return Ok((name, 0));
        }
        let sealed = self.seal(&piece_place(&name), plain)?;
        let coming = self.path.join(COMING);
        make_folder(&coming).map_err(|error| StoreError::file(&coming, &error))?;
        let row = place.parent().unwrap_or(&self.path);
        make_folder(row).map_err(|error| StoreError::file(row, &error))?;
        let coming = coming.join(name.hex());
        let failed = |error: std::io::Error| StoreError::file(&coming, &error);
        let mut file = File::create(&coming).map_err(failed)?;
        file.write_all(&sealed).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&coming, &place).map_err(failed)?;
        Ok((name, sealed.len() as u64))
    }

    /// Makes it durable that pieces are in their places, and that all of them are there.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] names a piece that is not there.
    pub(crate) fn settle<'n>(
        &self,
        names: impl Iterator<Item = &'n PieceName>,
    ) -> Result<(), StoreError> {
        let mut shelves = BTreeSet::new();
        for name in names {
            let place = self.place_of(name);
            if !place.is_file() {
                return Err(StoreError::Damaged(format!(
                    "piece {} of the backup is missing",
                    name.hex()
                )));
            }
            shelves.extend(place.parent().map(Path::to_path_buf));
        }
        for shelf in &shelves {
            sync_folder(shelf)?;
        }
        sync_folder(&self.pieces())?;
        sync_folder(&self.path)
    }

    /// Puts a piece aside that is not as it was made, so that the next backup makes it anew. What cannot be done is
    /// left: the disk may be one to read only.
    pub(crate) fn put_aside(&self, name: &PieceName) {
        let place = self.place_of(name);
        let _ = fs::rename(&place, place.with_extension("damaged"));
    }

    /// What is in a piece.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is missing or is not as it was made.
    pub(crate) fn piece(&self, name: &PieceName) -> Result<Vec<u8>, StoreError> {
        let damaged =
            |why: &str| StoreError::Damaged(format!("piece {} of the backup {why}", name.hex()));
        let place = self.place_of(name);
        let sealed = match fs::read(&place) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(damaged("is missing")),
            read => read.map_err(|error| StoreError::file(&place, &error))?,
        };
        let plain = self
            .unseal(&piece_place(name), &sealed, PIECE_BYTES)
            .ok_or_else(|| damaged("is not as it was made"))?;
        if self.key.name("piece", &plain) == name.0 {
            Ok(plain)
        } else {
            Err(damaged("is another"))
        }
    }

    /// Compresses and encrypts for a place, which alone opens it again.
    pub(crate) fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let small = zstd::bulk::compress(plain, LEVEL).map_err(|error| StoreError::File {
            path: self.path.clone(),
            why: error.to_string(),
        })?;
        Ok(self.key.seal(place.as_bytes(), &small))
    }

    fn unseal(&self, place: &str, sealed: &[u8], most: usize) -> Option<Vec<u8>> {
        zstd::bulk::decompress(&self.key.open(place.as_bytes(), sealed)?, most).ok()
    }

    /// Opens one part of a point.
    pub(crate) fn unseal_part(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let small = self.key.open(place.as_bytes(), sealed)?;
        let bytes = zstd::zstd_safe::get_frame_content_size(&small).ok()??;
        let bytes = usize::try_from(bytes).ok().filter(|bytes| *bytes <= LONGEST_LIST)?;
        zstd::bulk::decompress(&small, bytes).ok()
    }
}

fn piece_place(name: &PieceName) -> String {
    format!("varanto/backup/piece/{}", name.hex())
}

/// Whether there is more in a folder than what a making of it that was broken off leaves behind.
fn holds_other_things(path: &Path) -> bool {
    let Ok(inside) = fs::read_dir(path) else { return false };
    let ours = [LOCK, "backup.coming", PIECES, POINTS];
    inside.flatten().any(|entry| !ours.iter().any(|name| entry.file_name() == *name))
}

fn to_write() -> OpenOptions {
    OpenOptions::new().write(true).create(true).truncate(false).clone()
}

fn lock(
    path: &Path,
    options: &OpenOptions,
    lock: fn(&File) -> Result<(), TryLockError>,
) -> Result<File, StoreError> {
    let at = path.join(LOCK);
    let file = options.open(&at).map_err(|error| StoreError::file(&at, &error))?;
    match lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::BackupBusy(path.into())),
        Err(TryLockError::Error(error)) => Err(StoreError::file(&at, &error)),
    }
}

fn read_head(text: &str) -> Option<(String, Vec<u8>)> {
    let mut lines = text.lines();
    (lines.next()? == FIRST_LINE).then_some(())?;
    let origin = lines.next()?.strip_prefix("origin ")?.to_owned();
    let key = BASE64.decode(lines.next()?.strip_prefix("key ")?).ok()?;
    Some((origin, key))
}

/// Writes a file so that it is there whole or not at all.
pub(crate) fn write_whole(to: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let coming = to.with_extension("coming");
    let failed = |error: std::io::Error| StoreError::file(to, &error);
    let mut file = File::create(&coming).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    fs::rename(&coming, to).map_err(failed)?;
    to.parent().map_or(Ok(()), sync_folder)
}
