//! Zip and tar archives, read where they stand: each file by its place, from as many threads as ask.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use tar::EntryType;
use zip::ZipArchive;

use super::{DeliveryError, Entry, MOST_IN_ZIP, lines};

/// So large an index in a zip archive may be, unpacked: it stands on the disk while it is read.
const LARGEST_INDEX: u64 = 4 * 1024 * 1024 * 1024;

/// Whether a file begins as a zip archive does; an empty one has its end alone.
pub(super) fn is_zip(place: &Path) -> io::Result<bool> {
    let mut beginning = [0; 4];
    let read = File::open(place)?.read(&mut beginning)?;
    Ok(read == 4 && matches!(&beginning, b"PK\x03\x04" | b"PK\x05\x06"))
}

/// Whether a file has the mark of a tar archive.
pub(super) fn is_tar(place: &Path) -> io::Result<bool> {
    let mut mark = [0; 5];
    let file = File::open(place)?;
    Ok(file.read_exact_at(&mut mark, 257).is_ok() && &mark == b"ustar")
}

/// A file that many read at once, each at a place of its own.
#[derive(Debug, Clone)]
pub(super) struct Shared {
    file: Arc<File>,
    at: u64,
    size: u64,
}

impl Shared {
    fn open(place: &Path) -> io::Result<Self> {
        let file = File::open(place)?;
        let size = file.metadata()?.len();
        Ok(Self { file: Arc::new(file), at: 0, size })
    }
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Shared {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

/// How many files a zip archive says that it lists, at its end: of as many as two bytes cannot say, in the record before
/// that. `None` where no end is found.
fn listed(file: &Shared) -> io::Result<Option<u64>> {
    /// The end of the list without its comment, which is as long as a number of two bytes can say.
    const END: u64 = 22;
    /// What stands before it, and tells where the larger record is.
    const LOCATOR: u64 = 20;
    let begins = file.size.saturating_sub(END + u64::from(u16::MAX));
    let end = bytes_at(file, begins, END + u64::from(u16::MAX))?;
    let Some(at) = end.windows(4).rposition(|mark| mark == b"PK\x05\x06") else { return Ok(None) };
    let Some(count) = end.get(at + 10..).and_then(|rest| rest.first_chunk()) else {
        return Ok(None);
    };
    let count = u16::from_le_bytes(*count);
    let locator = match (begins + at as u64).checked_sub(LOCATOR) {
        Some(before) if count == u16::MAX => bytes_at(file, before, LOCATOR)?,
        _ => Vec::new(),
    };
    let Some(place) =
        locator.strip_prefix(b"PK\x06\x07\0\0\0\0").and_then(|rest| rest.first_chunk())
    else {
        return Ok(Some(u64::from(count)));
    };
    let record = bytes_at(file, u64::from_le_bytes(*place), 40)?;
    let count = record.strip_prefix(b"PK\x06\x06").and_then(|rest| rest.last_chunk());
    Ok(count.map(|count| u64::from_le_bytes(*count)))
}

fn bytes_at(file: &Shared, at: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Shared { at, ..file.clone() }.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The files of a zip archive.
#[derive(Debug)]
pub(super) struct ZipEntries {
    archive: ZipArchive<Shared>,
    /// For each entry of the delivery, its number in the archive.
    numbers: Vec<u32>,
}

impl ZipEntries {
    pub(super) fn open(place: &Path) -> Result<(Vec<Entry>, Self), DeliveryError> {
        let unreadable = |error: &dyn ToString| DeliveryError::unreadable(place, error);
        let shared = Shared::open(place).map_err(|error| unreadable(&error))?;
        let listed = listed(&shared).map_err(|error| unreadable(&error))?;
        let mut archive = ZipArchive::new(shared).map_err(|error| unreadable(&error))?;
        let listed =
            listed.ok_or_else(|| unreadable(&"it does not say how many files it lists"))?;
        if listed != archive.len() as u64 {
            return Err(DeliveryError::EqualNames(place.to_owned()));
        }
        if archive.len() > MOST_IN_ZIP {
            return Err(DeliveryError::TooMany(place.to_owned()));
        }
        let (mut found, mut others) = (Vec::new(), Vec::new());
        for number in 0..archive.len() {
            let file = archive.by_index_raw(number).map_err(|error| unreadable(&error))?;
            let name = lines::name_of_bytes(file.name_raw());
            if file.is_symlink() {
                others.push(name);
            } else if file.is_file() {
                found.push((Entry { name, size: file.size() }, number));
            }
        }
        DeliveryError::only_files(place, others)?;
        found.sort_by(|one, other| one.0.name.cmp(&other.0.name));
        let numbers = found.iter().filter_map(|(_, number)| u32::try_from(*number).ok()).collect();
        Ok((found.into_iter().map(|(entry, _)| entry).collect(), Self { archive, numbers }))
    }

    /// The bytes of a file of a size that is told, which is no more than is read.
    pub(super) fn read(&self, at: usize, size: u64) -> io::Result<Vec<u8>> {
        self.reading(at, |file| {
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
            // What the list of contents says of a size is a claim: a small archive can hold endless files.
            file.take(size + 1).read_to_end(&mut bytes)?;
            if bytes.len() as u64 != size {
                return Err(io::Error::other("it has another size than the archive lists"));
            }
            Ok(bytes)
        })
    }

    /// Lets somebody read a file in order.
    pub(super) fn reading<T>(
        &self,
        at: usize,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut archive = self.archive.clone();
        read(&mut archive.by_index(self.numbers[at] as usize).map_err(io::Error::other)?)
    }

    /// A compressed file cannot be read on from another thread's archive, so an index is read whole.
    pub(super) fn stream(&self, at: usize) -> io::Result<Box<dyn Read + Send>> {
        let mut archive = self.archive.clone();
        let mut file = archive.by_index(self.numbers[at] as usize).map_err(io::Error::other)?;
        let mut whole = tempfile::tempfile()?;
        // Its size is a claim here, too.
        if io::copy(&mut file.by_ref().take(LARGEST_INDEX + 1), &mut whole)? > LARGEST_INDEX {
            return Err(io::Error::other(format!("an index of more than {LARGEST_INDEX} bytes")));
        }
        whole.rewind()?;
        Ok(Box::new(BufReader::new(whole)))
    }
}

/// The files of a tar archive.
#[derive(Debug)]
pub(super) struct TarEntries {
    file: Shared,
    /// For each entry of the delivery, where it begins and how long it is.
    places: Vec<(u64, u64)>,
}

impl TarEntries {
    pub(super) fn open(place: &Path, most: usize) -> Result<(Vec<Entry>, Self), DeliveryError> {
        let unreadable = |error: io::Error| DeliveryError::unreadable(place, &error);
        let file = Shared::open(place).map_err(unreadable)?;
        let length = std::fs::metadata(place).map_err(unreadable)?.len();
        let mut archive = tar::Archive::new(file.clone());
        let (mut found, mut others) = (Vec::new(), Vec::new());
        for entry in archive.entries_with_seek().map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            if found.len() + others.len() == most {
                return Err(DeliveryError::MoreFiles(place.to_owned()));
            }
            let name = lines::name_of_bytes(&entry.path_bytes());
            let name = name.trim_start_matches("./").to_owned();
            match entry.header().entry_type() {
                EntryType::Regular | EntryType::Continuous => {
                    let size = entry.size();
                    // What follows in an archive that was cut off nobody knows of, the rows of an index least of all.
                    if entry.raw_file_position().saturating_add(size) > length {
                        let reason = format!("it ends in the middle of {name}: fetch it anew");
                        return Err(DeliveryError::unreadable(place, &reason));
                    }
                    found.push((Entry { name, size }, (entry.raw_file_position(), size)));
                }
                EntryType::Directory | EntryType::XGlobalHeader => {}
                _ => others.push(name),
            }
        }
        DeliveryError::only_files(place, others)?;
        found.sort_by(|one, other| one.0.name.cmp(&other.0.name));
        let (entries, places) = found.into_iter().unzip();
        Ok((entries, Self { file, places }))
    }

    pub(super) fn part(&self, at: usize) -> io::Take<Shared> {
        let (begins, size) = self.places[at];
        Shared { at: begins, ..self.file.clone() }.take(size)
    }

    pub(super) fn read(&self, at: usize) -> io::Result<Vec<u8>> {
        let size = self.places[at].1;
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
        self.part(at).read_to_end(&mut bytes)?;
        // An archive that was cut off ends in the middle of a file.
        if bytes.len() as u64 != size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }

    pub(super) fn stream(&self, at: usize) -> Box<dyn Read + Send> {
        Box::new(BufReader::new(self.part(at)))
    }
}
