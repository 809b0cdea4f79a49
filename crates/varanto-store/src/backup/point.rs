//! A point: one instant of the archive that can be restored.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use varanto_domain::archive::proof::Hash;
use varanto_domain::time::Instant;

use super::folder::{BackupFolder, PieceName, hex, unhex, write_whole};
use crate::StoreError;

const FIRST_LINE: &str = "varanto backup point 1";
const ENDING: &str = "point";

/// One instant of the archive that can be restored, as far as a list tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Its name, by which a restore asks for it; in order of time.
    pub name: String,
    /// When it was taken.
    pub taken_at: Instant,
    /// How many leaves the proof log had.
    pub log_size: u64,
    /// The signed checkpoint of the proof log, as a C2SP signed note.
    pub checkpoint: String,
    /// Bytes of its files.
    pub bytes: u64,
    /// Bytes of the pieces that it added to the folder.
    pub added: u64,
}

impl Point {
    /// The name of a point taken then.
    pub(crate) fn name_of(taken_at: Instant) -> String {
        let millis = taken_at.millis().rem_euclid(1000);
        let second = taken_at.plus_millis(-millis).to_string().replace(['-', ':', 'Z'], "");
        format!("{second}.{millis:03}Z")
    }

    fn summary(&self) -> String {
        let Self { taken_at, log_size, checkpoint, bytes, added, .. } = self;
        let (taken, checkpoint) = (taken_at.millis(), BASE64.encode(checkpoint));
        [
            FIRST_LINE.to_owned(),
            format!("taken {taken}"),
            format!("log {log_size}"),
            format!("checkpoint {checkpoint}"),
            format!("bytes {bytes}"),
            format!("added {added}"),
        ]
        .join("\n")
    }

    fn read(name: &str, text: &str) -> Option<Self> {
        let mut lines = text.lines();
        (lines.next()? == FIRST_LINE).then_some(())?;
        let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix(' ');
        Some(Self {
            name: name.to_owned(),
            taken_at: Instant::from_millis(value("taken")?.parse().ok()?),
            log_size: value("log")?.parse().ok()?,
            checkpoint: String::from_utf8(BASE64.decode(value("checkpoint")?).ok()?).ok()?,
            bytes: value("bytes")?.parse().ok()?,
            added: value("added")?.parse().ok()?,
        })
    }
}

/// What is in a folder of backups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Points {
    /// The points that can be restored, the newest last.
    pub whole: Vec<Point>,
    /// The names of those that do not read.
    pub damaged: Vec<String>,
}

/// A file of the archive, as a point keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptFile {
    /// Its name in the data folder, with `/` between folders.
    pub(crate) name: String,
    /// Its permission bits.
    pub(crate) mode: u32,
    pub(crate) bytes: u64,
    pub(crate) sha256: Hash,
    pub(crate) pieces: Vec<PieceName>,
}

/// One line a file, and below it one line a piece; the name comes last for it may hold spaces.
fn write_files(files: &[KeptFile]) -> String {
    let mut text = String::new();
    for KeptFile { name, mode, bytes, sha256, pieces } in files {
        let _ = writeln!(text, "file {mode:o} {bytes} {} {name}", hex(sha256));
        for piece in pieces {
            let _ = writeln!(text, "{}", piece.hex());
        }
    }
    text
}

fn read_files(text: &str) -> Option<Vec<KeptFile>> {
    let mut files: Vec<KeptFile> = Vec::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("file ") else {
            files.last_mut()?.pieces.push(PieceName::parse(line)?);
            continue;
        };
        let mut words = rest.splitn(4, ' ');
        files.push(KeptFile {
            mode: u32::from_str_radix(words.next()?, 8).ok()?,
            bytes: words.next()?.parse().ok()?,
            sha256: unhex(words.next()?)?,
            name: words.next()?.to_owned(),
            pieces: Vec::new(),
        });
    }
    Some(files)
}

impl BackupFolder {
    /// Every point, from the least of the archive to the most, which is also their order in time while no clock is set
    /// back.
    ///
    /// # Errors
    /// When the folder cannot be read. Points that do not read stand beside the others.
    pub fn list(&self) -> Result<Points, StoreError> {
        let mut points = Points::default();
        for name in self.names()? {
            match self.parts(&name) {
                Ok((point, _)) => points.whole.push(point),
                Err(StoreError::Damaged(_)) => points.damaged.push(name),
                Err(error) => return Err(error),
            }
        }
        points.whole.sort_by(|one, other| {
            (one.log_size, one.taken_at, &one.name).cmp(&(
                other.log_size,
                other.taken_at,
                &other.name,
            ))
        });
        Ok(points)
    }

    /// The newest whole point taken at or before an instant; the newest of all without one.
    ///
    /// # Errors
    /// As [`BackupFolder::list`].
    pub fn point_at(&self, latest: Option<Instant>) -> Result<Option<Point>, StoreError> {
        let mut points = self.list()?.whole.into_iter();
        Ok(points.rfind(|point| latest.is_none_or(|latest| point.taken_at <= latest)))
    }

    /// The files of a point.
    pub(crate) fn files(&self, point: &str) -> Result<Vec<KeptFile>, StoreError> {
        let (_, list) = self.parts(point)?;
        let list = self
            .unseal_part(&list_place(point), &list)
            .and_then(|list| read_files(std::str::from_utf8(&list).ok()?));
        list.ok_or_else(|| broken(point))
    }

    /// Writes a point: from then on it can be restored.
    pub(crate) fn write_point(&self, point: &Point, files: &[KeptFile]) -> Result<(), StoreError> {
        let summary = self.seal(&summary_place(&point.name), point.summary().as_bytes())?;
        let list = self.seal(&list_place(&point.name), write_files(files).as_bytes())?;
        let length = u32::try_from(summary.len()).expect("a summary is some lines");
        let bytes = [length.to_be_bytes().as_slice(), &summary, &list].concat();
        write_whole(&self.path_of(&point.name), &bytes)
    }

    /// Takes a point away. Its pieces stay until they are swept.
    pub(crate) fn drop_point(&self, name: &str) -> Result<(), StoreError> {
        let path = self.path_of(name);
        fs::remove_file(&path).map_err(|error| StoreError::file(&path, &error))
    }

    fn path_of(&self, name: &str) -> PathBuf {
        self.points().join(format!("{name}.{ENDING}"))
    }

    /// The names of all points.
    pub(crate) fn names(&self) -> Result<Vec<String>, StoreError> {
        let folder = self.points();
        let failed = |error: std::io::Error| StoreError::file(&folder, &error);
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(ENDING)?.strip_suffix('.'));
            names.extend(name.map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// A point's summary, and its list still sealed.
    fn parts(&self, name: &str) -> Result<(Point, Vec<u8>), StoreError> {
        let path = self.path_of(name);
        let bytes = fs::read(&path).map_err(|error| StoreError::file(&path, &error))?;
        let read = || {
            let (length, rest) = bytes.split_first_chunk()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (summary, list) = rest.split_at_checked(length)?;
            let text = self.unseal_part(&summary_place(name), summary)?;
            Some((Point::read(name, std::str::from_utf8(&text).ok()?)?, list.to_vec()))
        };
        read().ok_or_else(|| broken(name))
    }
}

fn broken(name: &str) -> StoreError {
    StoreError::Damaged(format!("point {name} of the backup is not as it was made"))
}

fn summary_place(name: &str) -> String {
    format!("varanto/backup/point/{name}")
}

fn list_place(name: &str) -> String {
    format!("varanto/backup/list/{name}")
}
