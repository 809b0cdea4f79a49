//! The files of a package on their way to the disk: in a folder, or in one tar file. Until all of them are there they stand
//! beside, under a name of their own, and what a broken run left is begun anew.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use varanto_formats::package::FileEntry;
use varanto_formats::register_package::ABOUT;

use super::TransferError;

/// A package that is being written.
pub(super) struct Writer {
    place: PathBuf,
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
        if place.symlink_metadata().is_ok() {
            return Err(TransferError::Taken(place.to_owned()));
        }
        let mut partial = place.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let failed = |why| TransferError::File { path: partial.clone(), why };
        let into = if is_tar(place) {
            let file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&partial)
                .map_err(failed)?;
            Into::Tar(Box::new(tar::Builder::new(io::BufWriter::new(file))))
        } else {
            clear(&partial)?;
            make_folder(&partial).map_err(failed)?;
            Into::Folder
        };
        let (place, root) = (place.to_owned(), root.to_owned());
        Ok(Self { place, partial, into, root, made, bytes: 0 })
    }

    /// How many bytes the files have so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes a file, and answers what a list tells of it.
    pub(super) fn put(&mut self, name: &str, data: &[u8]) -> Result<FileEntry, TransferError> {
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

    /// Ends the package: all of it is on the disk, and then has its name.
    pub(super) fn finish(self) -> Result<(), TransferError> {
        let failed = |why| TransferError::File { path: self.partial.clone(), why };
        match self.into {
            Into::Folder => {
                // One call for all the files: there may be millions.
                let folder = File::open(&self.partial).map_err(failed)?;
                rustix::fs::syncfs(&folder).map_err(|error| failed(error.into()))?;
            }
            Into::Tar(builder) => {
                let file = builder.into_inner().map_err(failed)?;
                let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
                file.sync_all().map_err(failed)?;
            }
        }
        if self.place.symlink_metadata().is_ok() {
            return Err(TransferError::Taken(self.place));
        }
        std::fs::rename(&self.partial, &self.place).map_err(failed)?;
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
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(data)
}

fn sync(path: &Path) -> Result<(), TransferError> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|why| TransferError::File { path: path.to_owned(), why })
}

/// Takes away what a broken run left; what is none of a package stays, and is told.
fn clear(partial: &Path) -> Result<(), TransferError> {
    if partial.symlink_metadata().is_err() {
        return Ok(());
    }
    let failed = |why| TransferError::File { path: partial.to_owned(), why };
    let is_ours = partial.join(ABOUT).is_file();
    let is_empty = || std::fs::read_dir(partial).is_ok_and(|mut inside| inside.next().is_none());
    if is_ours || is_empty() {
        std::fs::remove_dir_all(partial).map_err(failed)
    } else {
        Err(TransferError::Taken(partial.to_owned()))
    }
}
