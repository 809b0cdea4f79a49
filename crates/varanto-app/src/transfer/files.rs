//! The files of a package on their way to the disk: in a folder, or in one tar file. Until all of them are there they stand
//! in a folder beside, which is its owner's alone and is marked as ours; what a broken run left in such a one is begun anew.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use varanto_formats::package::FileEntry;

use super::{LARGEST, TransferError};

/// What tells that a folder beside is ours: made first, and taken away last.
const MARK: &str = "varanto-export";
/// The package in that folder.
const PACKAGE: &str = "package";

/// A package that is being written.
pub(super) struct Writer {
    place: PathBuf,
    /// The folder beside, which goes when all is done.
    beside: PathBuf,
    /// The package in it.
    partial: PathBuf,
    into: Into,
    /// The folder in a tar file that all files are in.
    root: String,
    made: u64,
    bytes: u64,
}

enum Into {
    Folder,
    Tar(Box<tar::Builder<io::BufWriter<File>>>),
}

impl Writer {
    /// Begins a package: a tar file where the name ends so, else a folder. `root`: its name in a tar file; `made`: when, in
    /// seconds after 1970.
    pub(super) fn begin(place: &Path, root: &str, made: u64) -> Result<Self, TransferError> {
        // `sub/` and `sub/.` are `sub`.
        let place: PathBuf = place.components().collect();
        let Some(name) = place.file_name() else { return Err(TransferError::Taken(place)) };
        if place.symlink_metadata().is_ok() {
            return Err(TransferError::Taken(place));
        }
        let mut beside = name.to_owned();
        beside.push(".partial");
        let beside = place.with_file_name(beside);
        clear(&beside)?;
        let failed = |why| TransferError::File { path: beside.clone(), why };
        DirBuilder::new().mode(0o700).create(&beside).map_err(failed)?;
        write(&beside.join(MARK), b"").map_err(failed)?;
        let partial = beside.join(PACKAGE);
        let into = if is_tar(&place) {
            let file = make_file(&partial).map_err(failed)?;
            Into::Tar(Box::new(tar::Builder::new(io::BufWriter::new(file))))
        } else {
            make_folder(&partial).map_err(failed)?;
            Into::Folder
        };
        Ok(Self { place, beside, partial, into, root: root.to_owned(), made, bytes: 0 })
    }

    /// How many bytes the files have so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes a file, and answers what a list tells of it.
    pub(super) fn put(&mut self, name: &str, data: &[u8]) -> Result<FileEntry, TransferError> {
        if data.len() as u64 > LARGEST {
            let (path, why) = (self.partial.join(name), io::ErrorKind::FileTooLarge.into());
            return Err(TransferError::File { path, why });
        }
        self.bytes += data.len() as u64;
        let done = match &mut self.into {
            Into::Folder => write(&self.partial.join(name), data),
            Into::Tar(builder) => {
                let mut header = tar::Header::new_gnu();
                header.set_size(data.len() as u64);
                header.set_mode(0o600);
                header.set_mtime(self.made);
                builder.append_data(&mut header, format!("{}/{name}", self.root), data)
            }
        };
        done.map_err(|why| TransferError::File { path: self.partial.join(name), why })?;
        Ok(FileEntry::of(name, None, data))
    }

    /// Ends the package: all of it is on the disk, and has its name once it is told of.
    pub(super) fn finish(self) -> Result<Written, TransferError> {
        let failed = |why| TransferError::File { path: self.partial.clone(), why };
        match self.into {
            Into::Folder => sync_all(&self.partial).map_err(failed)?,
            Into::Tar(builder) => {
                let file = builder.into_inner().map_err(failed)?;
                let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
                file.sync_all().map_err(failed)?;
            }
        }
        Ok(Written { place: self.place, beside: self.beside, partial: self.partial })
    }
}

/// A package that is whole and on the disk, and does not have its name yet.
pub(super) struct Written {
    place: PathBuf,
    beside: PathBuf,
    partial: PathBuf,
}

impl Written {
    /// Gives it its name.
    pub(super) fn name(self) -> Result<(), TransferError> {
        let failed = |why| TransferError::File { path: self.place.clone(), why };
        if self.place.symlink_metadata().is_ok() {
            return Err(TransferError::Taken(self.place));
        }
        std::fs::rename(&self.partial, &self.place).map_err(failed)?;
        clear(&self.beside)?;
        match self.place.parent() {
            Some(parent) if parent.as_os_str().is_empty() => sync(Path::new(".")),
            Some(parent) => sync(parent),
            None => Ok(()),
        }
    }
}

/// Whether a package of this name is one tar file.
pub(super) fn is_tar(place: &Path) -> bool {
    place.extension().is_some_and(|end| end.eq_ignore_ascii_case("tar"))
}

fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn write(path: &Path, data: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        make_folder(parent)?;
    }
    make_file(path)?.write_all(data)
}

/// A file that is its owner's alone; one that is there, or a link, is not opened.
fn make_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Waits until a folder and all that is in it is on the disk. Most of it is there by then, and what others write is not
/// waited for.
fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(folder)?.sync_all()
}

fn sync(path: &Path) -> Result<(), TransferError> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|why| TransferError::File { path: path.to_owned(), why })
}

/// Takes away what a run left, its mark last; what is none of ours stays, and is told.
fn clear(beside: &Path) -> Result<(), TransferError> {
    let Ok(kind) = beside.symlink_metadata() else { return Ok(()) };
    let failed = |why| TransferError::File { path: beside.to_owned(), why };
    let mark = beside.join(MARK);
    if kind.is_dir() && mark.symlink_metadata().is_ok_and(|mark| mark.is_file()) {
        let package = beside.join(PACKAGE);
        match package.symlink_metadata() {
            Ok(kind) if kind.is_dir() => std::fs::remove_dir_all(&package).map_err(failed)?,
            Ok(_) => std::fs::remove_file(&package).map_err(failed)?,
            Err(_) => {}
        }
        std::fs::remove_file(&mark).map_err(failed)?;
    }
    // One without anything in it is what is left when the mark was not made yet, or is gone.
    match kind.is_dir().then(|| std::fs::remove_dir(beside)) {
        Some(Ok(())) => Ok(()),
        _ => Err(TransferError::Taken(beside.to_owned())),
    }
}
