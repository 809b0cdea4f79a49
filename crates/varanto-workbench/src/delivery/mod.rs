//! A delivery of old client data: an index and the files that it names, in a folder, a zip or a tar archive.
//!
//! Nothing is unpacked and nothing outside the delivery is read: a file is there when the delivery lists it.
//! Source: OLD-9.

mod archives;
mod bounded;
mod index;
mod lines;
mod objects;
mod separators;
mod sheets;
mod trees;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, Digest, SHA256};
use unicode_normalization::UnicodeNormalization;

pub(crate) use index::{HEADING, NO_ROWS};
pub use index::{Index, IndexForm, Row, Rows};
pub use lines::Encoding;
pub(crate) use lines::LatinNine;
pub(crate) use lines::decoded;

use archives::{TarEntries, ZipEntries};

/// The largest file that is read, in bytes. What is archived of it may not be as large.
pub const LARGEST: u64 = 200 * 1024 * 1024;
/// So many files a zip archive may hold: its list of contents is read into memory whole.
const MOST_IN_ZIP: usize = 500_000;
/// So many files and folders a folder or a tar archive may hold: their names are in memory.
const MOST_FILES: usize = 1_000_000;
/// What is kept of a file beside its name, in bytes: its size and place, and hashes of its name.
const KEPT_OF_FILE: u64 = 160;
/// What the list of contents of a zip archive keeps of a file besides.
const KEPT_OF_ZIPPED: u64 = 400;

/// Why a delivery cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// A file or folder cannot be read.
    #[error("{}: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// No folder, zip or tar archive.
    #[error("{}: neither a folder nor a zip or tar archive; unpack one that is compressed as a whole", .0.display())]
    UnknownForm(PathBuf),
    /// A zip archive with too many files.
    #[error("{}: more than {MOST_IN_ZIP} files in one zip archive; unpack it and give the folder", .0.display())]
    TooMany(PathBuf),
    /// A folder or a tar archive with too many files.
    #[error("{}: more than {MOST_FILES} files and folders; divide the delivery, each part with an index of its own, and give each a batch", .0.display())]
    MoreFiles(PathBuf),
    /// A zip archive whose list of contents names one file twice: the second would hide the first.
    #[error("{}: several files of one name in one zip archive", .0.display())]
    EqualNames(PathBuf),
    /// Links, and whatever else is no file: nobody would miss what is passed over.
    #[error("{}: {} no file but a link or the like, {} first; put the file itself in its place", .0.display(), of_links(*.1), .2)]
    Links(PathBuf, usize, String),
    /// A file that the delivery does not hold.
    #[error("{0}: there is no such file in the delivery")]
    Missing(String),
    /// A file that is larger than what is read.
    #[error("{0}: {1} bytes; at most {LARGEST} are read")]
    TooLarge(String, u64),
    /// An index that does not read.
    #[error("{file}: {reason}")]
    Index {
        /// The index.
        file: String,
        /// Why not, and where.
        reason: String,
    },
}

fn of_links(count: usize) -> String {
    if count == 1 { "one entry is".to_owned() } else { format!("{count} entries are") }
}

impl DeliveryError {
    /// That a delivery has only files; else the first of those that are none.
    fn only_files(place: &Path, mut others: Vec<String>) -> Result<(), Self> {
        others.sort();
        let count = others.len();
        others
            .into_iter()
            .next()
            .map_or(Ok(()), |first| Err(Self::Links(place.to_owned(), count, first)))
    }

    fn unreadable(path: &Path, reason: &dyn ToString) -> Self {
        Self::Unreadable { path: path.to_owned(), reason: reason.to_string() }
    }

    pub(crate) fn index(file: &str, reason: &dyn ToString) -> Self {
        Self::Index { file: file.to_owned(), reason: reason.to_string() }
    }
}

/// A file of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name from the top of the delivery, with `/` between folders. A name that is no UTF-8 is read as
    /// Windows-1252, as old systems write it.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

impl Alike {
    const fn found(self) -> Found {
        match self.count {
            1 => Found::One(self.first as usize),
            several => Found::Several(several as usize),
        }
    }
}

/// How an index's name of a file was found among the delivery's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// This file.
    One(usize),
    /// No file.
    None,
    /// So many files fit, and none fits better: nobody but a person can tell which is meant.
    Several(usize),
}

/// A delivery that was opened.
#[derive(Debug)]
pub struct Delivery {
    place: PathBuf,
    /// The folders that were listed, or the archive.
    listed: Vec<PathBuf>,
    entries: Vec<Entry>,
    content: Content,
    by_name: HashMap<u64, Alike>,
    /// Names by their likeness, and last parts of names.
    by_likeness: HashMap<u64, Alike>,
}

/// How many files are like a name, and the first of them. Names are kept as their hashes, for a delivery may
/// have millions.
#[derive(Debug, Clone, Copy)]
struct Alike {
    first: u32,
    count: u32,
}

#[derive(Debug)]
enum Content {
    /// The paths of files whose names the system writes otherwise; all others are where their names say.
    Folder(BTreeMap<usize, PathBuf>),
    Zip(ZipEntries),
    Tar(TarEntries),
}

impl Delivery {
    /// Opens a folder, a zip or a tar archive, and lists what is in it.
    ///
    /// # Errors
    /// What cannot be read, or has another form.
    pub fn open(place: &Path) -> Result<Self, DeliveryError> {
        Self::of_at_most(MOST_FILES, place)
    }

    fn of_at_most(most: usize, place: &Path) -> Result<Self, DeliveryError> {
        let unreadable = |error: std::io::Error| DeliveryError::unreadable(place, &error);
        let mut listed = vec![place.to_owned()];
        let (entries, content) = if fs::metadata(place).map_err(unreadable)?.is_dir() {
            let (mut found, mut others) = (Vec::new(), Vec::new());
            list_folder(place, "", most, (&mut found, &mut listed, &mut others))?;
            DeliveryError::only_files(place, others)?;
            // The order of a folder is chance; a delivery has one order.
            found.sort_by(|one, other| one.0.name.cmp(&other.0.name));
            let mut paths = BTreeMap::new();
            let entries = found.into_iter().enumerate().map(|(at, (entry, path))| {
                paths.extend(path.map(|path| (at, path)));
                entry
            });
            (entries.collect(), Content::Folder(paths))
        } else if archives::is_zip(place).map_err(unreadable)? {
            let (entries, zip) = ZipEntries::open(place)?;
            (entries, Content::Zip(zip))
        } else if archives::is_tar(place).map_err(unreadable)? {
            let (entries, tar) = TarEntries::open(place, most)?;
            (entries, Content::Tar(tar))
        } else {
            return Err(DeliveryError::UnknownForm(place.to_owned()));
        };
        let (by_name, by_likeness) = names(&entries);
        Ok(Self { place: place.to_owned(), listed, entries, content, by_name, by_likeness })
    }

    /// The folders that were listed, the delivery's own first; or the archive.
    pub(crate) fn listed(&self) -> &[PathBuf] {
        &self.listed
    }

    /// The folder or archive.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Every file, in the order of names.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The file that an index means: the one of exactly that name, else the only one that differs in case or in
    /// the kind of slash, else, where no folder is named, the only one so called in any folder.
    #[must_use]
    pub fn find(&self, named: &str) -> Found {
        let name = tidy(named);
        let exact = self.by_name.get(&hash(&name));
        if let Some(exact) = exact.filter(|exact| self.entries[exact.first as usize].name == name) {
            return exact.found();
        }
        let name = likeness(&name);
        let Some(alike) = self.by_likeness.get(&hash(&name)) else { return Found::None };
        let first = likeness(&self.entries[alike.first as usize].name);
        if first != name && last_part(&first) != name { Found::None } else { alike.found() }
    }

    /// About how much memory the list of the files takes, in bytes.
    pub(crate) fn list_bytes(&self) -> u64 {
        let names = self.entries.iter().map(|entry| entry.name.len() as u64).sum::<u64>();
        let (times, zipped) = match self.content {
            Content::Zip(_) => (3, KEPT_OF_ZIPPED),
            Content::Folder(_) | Content::Tar(_) => (1, 0),
        };
        times * names + self.entries.len() as u64 * (KEPT_OF_FILE + zipped)
    }

    /// Lets somebody read a file in order, whatever its size.
    fn reading<T>(
        &self,
        at: usize,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> io::Result<T> {
        match &self.content {
            Content::Folder(_) => read(&mut fs::File::open(self.path(at))?),
            Content::Zip(zip) => zip.reading(at, read),
            Content::Tar(tar) => read(&mut tar.part(at)),
        }
    }

    /// The first bytes of a file, so many at most.
    pub(crate) fn beginning(&self, at: usize, most: u64) -> io::Result<Vec<u8>> {
        self.reading(at, |file| {
            let mut bytes = Vec::new();
            file.take(most).read_to_end(&mut bytes)?;
            Ok(bytes)
        })
    }

    /// The SHA-256 of a file.
    pub(crate) fn sum(&self, at: usize) -> io::Result<Digest> {
        self.reading(at, |file| {
            let mut sum = Context::new(&SHA256);
            digest_to_end(file, &mut sum)?;
            Ok(sum.finish())
        })
    }

    /// Where a file of a folder lies.
    fn path(&self, at: usize) -> Cow<'_, Path> {
        let of_odd_name = match &self.content {
            Content::Folder(paths) => paths.get(&at),
            Content::Zip(_) | Content::Tar(_) => None,
        };
        of_odd_name.map_or_else(
            || Cow::Owned(self.place.join(&self.entries[at].name)),
            |path| Cow::Borrowed(path.as_path()),
        )
    }

    /// The bytes of a file.
    ///
    /// # Errors
    /// A file that cannot be read, or is too large.
    pub fn read(&self, at: usize) -> Result<Vec<u8>, DeliveryError> {
        let missing = || DeliveryError::Missing(format!("file {at}"));
        let entry = self.entries.get(at).ok_or_else(missing)?;
        if entry.size > LARGEST {
            return Err(DeliveryError::TooLarge(entry.name.clone(), entry.size));
        }
        let read = match &self.content {
            Content::Folder(_) => fs::read(self.path(at)),
            Content::Zip(zip) => zip.read(at, entry.size),
            Content::Tar(tar) => tar.read(at),
        };
        let place = || self.place.join(&entry.name);
        let bytes = read.map_err(|error| DeliveryError::unreadable(&place(), &error))?;
        let size = bytes.len() as u64;
        if size > LARGEST {
            return Err(DeliveryError::TooLarge(entry.name.clone(), size));
        }
        Ok(bytes)
    }

    /// Where a file lies that is one of its own, and not a part of an archive.
    #[must_use]
    pub(crate) fn path_of(&self, name: &str) -> Option<Cow<'_, Path>> {
        match (&self.content, self.find(name)) {
            (Content::Folder(_), Found::One(at)) => Some(self.path(at)),
            _ => None,
        }
    }

    /// A digest of the names and sizes of all files, and of the content of some.
    ///
    /// # Errors
    /// A file that is not there, or cannot be read.
    pub fn fingerprint<'n>(
        &self,
        files: impl Iterator<Item = &'n str>,
    ) -> Result<String, DeliveryError> {
        let mut digest = Context::new(&SHA256);
        for entry in &self.entries {
            digest.update(entry.name.as_bytes());
            digest.update(&[0]);
            digest.update(&entry.size.to_be_bytes());
        }
        for name in files {
            let mut file = self.stream(name)?;
            digest_to_end(&mut file, &mut digest)
                .map_err(|error| DeliveryError::index(name, &error))?;
        }
        Ok(format!("{:?}", digest.finish()))
    }

    /// A file of the delivery to read in order, such as an index of any length.
    ///
    /// # Errors
    /// A file that is not there, or cannot be read.
    pub fn stream(&self, name: &str) -> Result<Box<dyn Read + Send>, DeliveryError> {
        let Found::One(at) = self.find(name) else {
            return Err(DeliveryError::Missing(name.to_owned()));
        };
        let opened = match &self.content {
            Content::Folder(_) => {
                fs::File::open(self.path(at)).map(|file| Box::new(file) as Box<_>)
            }
            Content::Zip(zip) => zip.stream(at),
            Content::Tar(tar) => Ok(tar.stream(at)),
        };
        opened.map_err(|error| DeliveryError::unreadable(&self.place.join(name), &error))
    }
}

/// Takes what is left of a file into a digest.
fn digest_to_end(file: &mut dyn Read, digest: &mut Context) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        digest.update(&piece[..read]);
    }
}

/// A name as an index writes it, as a delivery lists it.
fn tidy(name: &str) -> String {
    let name = name.trim().replace('\\', "/");
    let name = name.trim_start_matches("./").trim_start_matches('/');
    name.to_owned()
}

/// A name without what systems change of it: large and small letters, and letters in two signs, as a Mac writes ä.
fn likeness(name: &str) -> String {
    if name.is_ascii() {
        name.to_ascii_lowercase()
    } else {
        name.nfc().collect::<String>().to_lowercase()
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, last)| last)
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

fn names(entries: &[Entry]) -> (HashMap<u64, Alike>, HashMap<u64, Alike>) {
    let mut by_name: HashMap<u64, Alike> = HashMap::with_capacity(entries.len());
    let mut by_likeness: HashMap<u64, Alike> = HashMap::with_capacity(entries.len());
    for (first, entry) in (0u32..).zip(entries) {
        // Two of one name are told apart by nobody.
        by_name.entry(hash(&entry.name)).or_insert(Alike { first, count: 0 }).count += 1;
        let lower = likeness(&entry.name);
        let last = last_part(&lower);
        let beside = (last != lower).then_some(last);
        for like in [Some(&*lower), beside].into_iter().flatten() {
            let known = by_likeness.entry(hash(like)).or_insert(Alike { first, count: 0 });
            known.count += 1;
        }
    }
    (by_name, by_likeness)
}

/// A file, with where it lies where its name does not tell.
type Listed = (Entry, Option<PathBuf>);

/// Adds the files of a folder and of those in it, and the names of what is none. Links are not followed: what they point to
/// is no part of the delivery.
fn list_folder(
    folder: &Path,
    above: &str,
    most: usize,
    (found, listed, others): (&mut Vec<Listed>, &mut Vec<PathBuf>, &mut Vec<String>),
) -> Result<(), DeliveryError> {
    let unreadable = |error: std::io::Error| DeliveryError::unreadable(folder, &error);
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let facts = entry.metadata().map_err(unreadable)?;
        // The delivery's own folder is none of them.
        if found.len() + listed.len() > most {
            return Err(DeliveryError::MoreFiles(listed[0].clone()));
        }
        let name = lines::name_of_file(&entry.file_name());
        let name = if above.is_empty() { name } else { format!("{above}/{name}") };
        if facts.is_dir() {
            listed.push(entry.path());
            list_folder(&entry.path(), &name, most, (found, listed, others))?;
        } else if facts.is_file() {
            // A name in another encoding, or with a backslash, is not the one that the system knows.
            let path = Some(entry.path()).filter(|path| *path != listed[0].join(&name));
            found.push((Entry { name, size: facts.len() }, path));
        } else {
            others.push(name);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
