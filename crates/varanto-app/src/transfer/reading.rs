//! Reading a package, file by file in the order in which it was written, and checking all of it on the way: one version
//! and the list of one part are in memory at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};

use varanto_domain::archive::documents::Part;
use varanto_domain::archive::proof::{self, CheckpointBody, Hash, sha256};
use varanto_domain::archive::receipt::{digested_content, digested_metadata};
use varanto_domain::time::Instant;
use varanto_formats::checkpoints;
use varanto_formats::package::{FileEntry, hexadecimal};
use varanto_formats::receipts::Covered;
use varanto_formats::register_package::{
    ABOUT, ARCHIVE, About, CERTIFICATES, CHOICES, CORRECTIONS, FORM, FORM_BEFORE, GONE, GoneFile,
    HOLDS, IDENTITIES, LOG, LineFile, MATERIAL, METADATA, METS, PARTS, SIGNED, STATEMENTS, SUMMARY,
    Summary, VersionFile, is_of_lines, mets, note, read, read_lines,
};
use varanto_store::verified_note;

use super::files::is_tar;
use super::{LARGEST, TransferError, file_of};
use crate::verify::{PackageFault, verify_certificate};

/// The most faults that are told one by one.
const MOST_TOLD: usize = 1000;

/// Hands every file of a package to `visit`, in the order in which packages are written: what it is about first, then the
/// parts, each with its list last, then the rest, and the list of all at the end.
///
/// # Errors
/// What the disk answers, and the first of `visit`.
pub(crate) fn walk(
    place: &Path,
    visit: &mut dyn FnMut(&str, Found) -> Result<(), TransferError>,
) -> Result<(), TransferError> {
    if !place.is_dir() && is_tar(place) {
        return walk_tar(place, visit);
    }
    if place.join(ABOUT).symlink_metadata().is_ok() {
        visit_file(place, ABOUT, visit)?;
    }
    for name in names_in(place, "")? {
        if name != METS && name != SIGNED {
            walk_folder(place, &name, visit)?;
        }
    }
    for last in [METS, SIGNED] {
        if place.join(last).symlink_metadata().is_ok() {
            visit_file(place, last, visit)?;
        }
    }
    Ok(())
}

/// A file of a package.
pub(crate) enum Found {
    /// Its bytes.
    Data(Vec<u8>),
    /// It is no plain file, or too large to be one of a package.
    Odd,
}

fn failed(path: PathBuf) -> impl FnOnce(std::io::Error) -> TransferError {
    move |why| TransferError::File { path, why }
}

/// The names in a folder, in their order.
fn names_in(place: &Path, folder: &str) -> Result<Vec<String>, TransferError> {
    let path = place.join(folder);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&path).map_err(failed(path.clone()))? {
        let entry = entry.map_err(failed(path.clone()))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        names.push(if folder.is_empty() { name } else { format!("{folder}/{name}") });
    }
    // The parts before what follows from them; the list of a part after its files.
    let late = |name: &String| name == "metadata" || name.ends_with(METS);
    names.sort_by_key(|name| (late(name), name.clone()));
    Ok(names)
}

fn walk_folder(
    place: &Path,
    name: &str,
    visit: &mut dyn FnMut(&str, Found) -> Result<(), TransferError>,
) -> Result<(), TransferError> {
    let path = place.join(name);
    let kind = path.symlink_metadata().map_err(failed(path.clone()))?;
    if kind.is_dir() {
        return names_in(place, name)?.iter().try_for_each(|one| walk_folder(place, one, visit));
    }
    // It came first.
    if name == ABOUT { Ok(()) } else { visit_file(place, name, visit) }
}

fn visit_file(
    place: &Path,
    name: &str,
    visit: &mut dyn FnMut(&str, Found) -> Result<(), TransferError>,
) -> Result<(), TransferError> {
    let path = place.join(name);
    let kind = path.symlink_metadata().map_err(failed(path.clone()))?;
    if !kind.is_file() || kind.len() > LARGEST {
        return visit(name, Found::Odd);
    }
    let data = std::fs::read(&path).map_err(failed(path))?;
    visit(name, Found::Data(data))
}

fn walk_tar(
    place: &Path,
    visit: &mut dyn FnMut(&str, Found) -> Result<(), TransferError>,
) -> Result<(), TransferError> {
    let broken = || failed(place.to_owned());
    let file = File::open(place).map_err(broken())?;
    let mut archive = tar::Archive::new(std::io::BufReader::new(file));
    let mut root: Option<String> = None;
    for entry in archive.entries().map_err(broken())? {
        let mut entry = entry.map_err(broken())?;
        let kind = entry.header().entry_type();
        let path = entry.path().map_err(broken())?.to_string_lossy().into_owned();
        if kind.is_dir() && is_plain(path.trim_end_matches('/')) {
            continue;
        }
        // All files are in one folder, which the first of them tells.
        let root = root.get_or_insert_with(|| root_of(&path)).as_str();
        let name = path.strip_prefix(root).filter(|_| is_plain(&path));
        let (Some(name), true, ..=LARGEST) = (name, kind.is_file(), entry.size()) else {
            visit(&path, Found::Odd)?;
            continue;
        };
        let mut data = Vec::new();
        entry.read_to_end(&mut data).map_err(broken())?;
        visit(name, Found::Data(data))?;
    }
    // What stands behind the end is read by programs that pass over ends.
    let mut rest = archive.into_inner();
    loop {
        let bytes = rest.fill_buf().map_err(broken())?;
        if bytes.is_empty() {
            return Ok(());
        }
        if bytes.iter().any(|byte| *byte != 0) {
            return visit("after the end of the file", Found::Odd);
        }
        let read = bytes.len();
        rest.consume(read);
    }
}

/// The folder of a tar file that its first file, what the package is about, stands in, with its slash.
fn root_of(first: &str) -> String {
    let root = first.strip_suffix(ABOUT).filter(|root| root.find('/') == root.len().checked_sub(1));
    root.unwrap_or_default().to_owned()
}

/// Whether a name leads to one place in the folder in which it is unpacked, and says so in one way.
fn is_plain(name: &str) -> bool {
    let odd = |part: &str| ["", ".", ".."].contains(&part) || part.contains(['\\', '\0']);
    !name.split('/').any(odd)
}

/// A version as it was read out of a package and found sound.
pub(crate) struct VersionRead {
    /// What is kept of it beside its metadata and its content.
    pub(crate) file: VersionFile,
    /// Its metadata as they are kept.
    pub(crate) record: Vec<u8>,
    /// Its parts, in their order.
    pub(crate) parts: Vec<(Part, Vec<u8>)>,
}

/// A package being read.
pub(crate) struct Reader {
    key: Option<String>,
    about: Option<About>,
    checkpoint: Option<CheckpointBody>,
    public: Option<(String, Vec<u8>)>,
    /// The part whose list has not come, and its files.
    part: Option<(String, Vec<FileEntry>)>,
    top: Vec<FileEntry>,
    document: Option<(String, BTreeMap<String, Vec<u8>>)>,
    list: Option<[u8; 32]>,
    /// Whether the signature has come, and whether it holds.
    signed: Option<bool>,
    summary: Option<Summary>,
    counted: Summary,
    faults: Vec<PackageFault>,
    untold: u64,
}

/// What reading a package to its end found.
pub(crate) struct ReadPackage {
    pub(crate) about: Option<About>,
    pub(crate) summary: Summary,
    /// The SHA-256 of its list.
    pub(crate) checksum: String,
    /// The key under which everything was checked.
    pub(crate) key: Option<String>,
    /// The size of the log to which the proofs lead.
    pub(crate) log_size: u64,
    /// The root of that log.
    pub(crate) root: Option<Hash>,
    pub(crate) faults: Vec<PackageFault>,
    /// How many faults more there are.
    pub(crate) untold: u64,
}

impl Reader {
    /// What the package is of, once that has come.
    pub(crate) const fn about(&self) -> Option<&About> {
        self.about.as_ref()
    }

    /// A reader that trusts a key; without one that of the package is taken.
    pub(crate) fn new(key: Option<&str>) -> Self {
        Self {
            key: key.map(|key| key.trim().to_owned()),
            about: None,
            checkpoint: None,
            public: None,
            part: None,
            top: Vec::new(),
            document: None,
            list: None,
            signed: None,
            summary: None,
            counted: Summary::default(),
            faults: Vec::new(),
            untold: 0,
        }
    }

    fn fault(&mut self, fault: PackageFault) {
        if self.faults.len() < MOST_TOLD {
            self.faults.push(fault);
        } else {
            self.untold += 1;
        }
    }

    /// Takes the next file, and answers the version that is whole with it, if one is.
    pub(crate) fn file(&mut self, name: &str, found: Found) -> Option<VersionRead> {
        // After the list nothing comes but its signature, and after that nothing: nobody would hold it against the list.
        let in_its_place = match (self.list.is_some(), self.signed.is_some()) {
            (false, _) => name != SIGNED,
            (true, false) => name == SIGNED,
            (true, true) => false,
        };
        let data = match found {
            Found::Data(data) if in_its_place && is_plain(name) => data,
            _ => {
                self.fault(PackageFault::Unlisted(name.to_owned()));
                return None;
            }
        };
        let entry = FileEntry::of(name, None, &data);
        if let Some((part, inside)) =
            name.strip_prefix(PARTS).and_then(|rest| rest.strip_prefix('/')?.split_once('/'))
        {
            return self.file_of_part(part, inside, entry, data);
        }
        let done = self.end_document();
        self.end_part(None);
        match name {
            METS => self.list(&data),
            SIGNED => self.signature(&data),
            _ => {
                self.top.push(entry);
                self.beside(name, &data);
            }
        }
        done
    }

    fn file_of_part(
        &mut self,
        part: &str,
        inside: &str,
        entry: FileEntry,
        data: Vec<u8>,
    ) -> Option<VersionRead> {
        if self.part.as_ref().is_none_or(|(open, _)| open != part) {
            let done = self.end_document();
            self.end_part(None);
            self.part = Some((part.to_owned(), Vec::new()));
            let more = self.file_of_part(part, inside, entry, data);
            return done.or(more);
        }
        if inside == METS {
            let done = self.end_document();
            self.top.push(entry);
            self.end_part(Some(&data));
            return done;
        }
        if let Some((_, files)) = &mut self.part {
            files.push(FileEntry { name: inside.to_owned(), ..entry });
        }
        let (folder, file) = inside.strip_prefix("data/")?.split_once('/')?;
        let mut done = None;
        if self.document.as_ref().is_none_or(|(open, _)| open != folder) {
            done = self.end_document();
            self.document = Some((folder.to_owned(), BTreeMap::new()));
        }
        if let Some((_, files)) = &mut self.document {
            files.insert(file.to_owned(), data);
        }
        done
    }

    /// What the package is about comes first; without it no proof leads anywhere.
    fn beside(&mut self, name: &str, data: &[u8]) {
        let unreadable = || PackageFault::File(name.to_owned());
        match name {
            // What came first is what the faults are told of; that there are two is one of them.
            ABOUT if self.about.is_some() => {}
            SUMMARY if self.summary.is_some() => {}
            ABOUT => match read::<About>(data)
                .filter(|about| [FORM, FORM_BEFORE].contains(&about.form.as_str()))
            {
                Some(about) => self.begin(about),
                None => self.fault(unreadable()),
            },
            SUMMARY => match read(data) {
                Some(summary) => self.summary = Some(summary),
                None => self.fault(unreadable()),
            },
            _ if is_of_lines(name, GONE) => match read_lines::<GoneFile>(data) {
                Some(gone) => gone.iter().for_each(|one| self.gone(one)),
                None => self.fault(unreadable()),
            },
            _ if is_of_lines(name, LOG) => match read_lines::<LineFile>(data) {
                Some(lines) => lines.iter().for_each(|line| self.line(line)),
                None => self.fault(unreadable()),
            },
            _ if name.starts_with(CERTIFICATES) => self.certificate(name, data),
            _ if name.starts_with(MATERIAL) => {
                let own = format!("{MATERIAL}/{}.der", hexadecimal(&sha256(data)));
                if own != name {
                    self.fault(unreadable());
                }
            }
            _ if is_of_lines(name, HOLDS) => self.counted.holds += lines_in(data),
            _ if is_of_lines(name, CORRECTIONS) => self.counted.corrections += lines_in(data),
            _ if is_of_lines(name, STATEMENTS) => self.counted.statements += lines_in(data),
            _ if is_of_lines(name, CHOICES) => self.counted.choices += lines_in(data),
            _ if is_of_lines(name, IDENTITIES) => self.counted.identities += lines_in(data),
            _ => {}
        }
    }

    fn begin(&mut self, about: About) {
        let key = self.key.get_or_insert_with(|| about.verifier_key.clone()).clone();
        if key != about.verifier_key {
            self.fault(PackageFault::OtherKey);
        }
        self.public = checkpoints::verifier(&key);
        let signed = self
            .public
            .as_ref()
            .and_then(|(origin, public)| verified_note(origin, public, &about.checkpoint));
        self.checkpoint = signed.and_then(CheckpointBody::parse);
        if self.checkpoint.as_ref().is_none_or(|body| body.origin != about.archive) {
            self.fault(PackageFault::CheckpointSignature);
        }
        self.about = Some(about);
    }

    fn leads(&self, leaf: &proof::LeafProof) -> bool {
        let body = self.checkpoint.as_ref();
        body.is_some_and(|body| leaf.root(body.size) == Some(body.root))
    }

    fn line(&mut self, line: &LineFile) {
        self.counted.log_lines += 1;
        self.counted.log_lines_in_part += u64::from(line.in_part);
        let sound = line.seal().is_some_and(|(salt, leaf)| {
            let hash = |salt| proof::log_leaf(&proof::salted(salt, line.text.as_bytes()));
            salt.as_ref().is_none_or(|salt| hash(salt) == leaf.leaf) && self.leads(&leaf)
        });
        if !sound {
            self.fault(PackageFault::Line(line.number.to_string()));
        }
    }

    fn gone(&mut self, gone: &GoneFile) {
        match gone.how.as_str() {
            "destroyed" => self.counted.destroyed += 1,
            _ => self.counted.erased += 1,
        }
        if !gone.leaf().is_some_and(|leaf| self.leads(&leaf)) {
            self.fault(PackageFault::Proof(gone.document_id.clone()));
        }
    }

    fn certificate(&mut self, name: &str, data: &[u8]) {
        self.counted.certificates += 1;
        let text = std::str::from_utf8(data).unwrap_or_default();
        if verify_certificate(text, self.key.as_deref()).is_err() {
            self.fault(PackageFault::File(name.to_owned()));
        }
    }

    /// Ends the version whose files have come, and answers it when it is sound.
    fn end_document(&mut self) -> Option<VersionRead> {
        let (folder, files) = self.document.take()?;
        self.counted.versions += 1;
        match self.version(&folder, files) {
            Ok(version) => {
                self.counted.attachments += u64::from(version.file.main_document_id.is_some());
                let content = version.parts.iter().filter(|(part, _)| part.is_content());
                self.counted.content_bytes +=
                    content.map(|(_, data)| data.len() as u64).sum::<u64>();
                Some(version)
            }
            Err(fault) => {
                self.fault(fault);
                None
            }
        }
    }

    fn version(
        &self,
        folder: &str,
        mut files: BTreeMap<String, Vec<u8>>,
    ) -> Result<VersionRead, PackageFault> {
        // Its number in the part, so that versions come in the order in which they were archived.
        let document = folder.split_once('-').map_or(folder, |(_, document)| document);
        let lacks = |name: &str| {
            let part = self.part.as_ref().map_or("", |(part, _)| part);
            PackageFault::File(format!("{PARTS}/{part}/data/{folder}/{name}"))
        };
        let file = files.remove(ARCHIVE).and_then(|data| read::<VersionFile>(&data));
        let file = file.ok_or_else(|| lacks(ARCHIVE))?;
        let record = files.remove(METADATA).ok_or_else(|| lacks(METADATA))?;
        let mut parts = Vec::new();
        for name in &file.parts {
            let part = Part::of_name(name).ok_or_else(|| lacks(ARCHIVE))?;
            let data = files.remove(&file_of(part)).ok_or_else(|| lacks(&file_of(part)))?;
            parts.push((part, data));
        }
        let of = || document.to_owned();
        let seal = file.proof.seal().ok_or_else(|| PackageFault::Proof(of()))?;
        let slices: Vec<(Part, &[u8])> =
            parts.iter().map(|(part, data)| (*part, data.as_slice())).collect();
        let content = proof::salted(&seal.content_salt, &digested_content(&slices));
        let digested = digested_metadata(&record, &file.proof.columns);
        let metadata = proof::salted(&seal.metadata_salt, &digested);
        if proof::version_leaf(&content, &metadata) != seal.leaf.leaf {
            return Err(PackageFault::Content(of()));
        }
        if !self.leads(&seal.leaf) {
            return Err(PackageFault::Proof(of()));
        }
        let covered = Covered {
            record: String::new(),
            columns: file.proof.columns.clone(),
            signatures: file.proof.signatures.clone(),
        };
        if !covered.evidence_fits() || !self.says_so(document, &file) {
            return Err(PackageFault::Metadata(of()));
        }
        Ok(VersionRead { file, record, parts })
    }

    /// Whether what is told of a version is what the digest of its metadata covers.
    fn says_so(&self, document: &str, file: &VersionFile) -> bool {
        let columns: Vec<&str> = file.proof.columns.split('\n').collect();
        let at = |place: usize| columns.get(place).copied().unwrap_or_default();
        let archived = Instant::parse(&file.archived_at).map(|at| at.millis().to_string());
        let controller = self.about.as_ref().map(|about| about.controller.as_str());
        file.document_id == document
            && at(3) == file.version.to_string()
            && Some(at(9)) == controller
            && Some(at(16)) == archived.as_deref()
            && at(18) == file.arrival
            && at(19) == document
    }

    /// Ends the part whose files have come, with its list.
    fn end_part(&mut self, list: Option<&[u8]>) {
        let Some((part, files)) = self.part.take() else { return };
        let place = format!("{PARTS}/{part}/");
        let Some(list) = list else { return self.fault(PackageFault::Unlisted(place)) };
        match mets::read(list) {
            Some(listed) => self.compare(&place, &listed, &files),
            None => self.fault(PackageFault::File(format!("{place}{METS}"))),
        }
    }

    /// Holds the files that came against a list.
    fn compare(&mut self, place: &str, listed: &[FileEntry], found: &[FileEntry]) {
        let mut by_name: BTreeMap<&str, &FileEntry> = BTreeMap::new();
        for file in found {
            if by_name.insert(&file.name, file).is_some() {
                self.fault(PackageFault::Unlisted(format!("{place}{}", file.name)));
            }
        }
        for file in listed {
            if by_name.remove(file.name.as_str()) != Some(file) {
                self.fault(PackageFault::File(format!("{place}{}", file.name)));
            }
        }
        for name in by_name.into_keys() {
            self.fault(PackageFault::Unlisted(format!("{place}{name}")));
        }
    }

    fn list(&mut self, data: &[u8]) {
        self.list = Some(sha256(data));
        let found = std::mem::take(&mut self.top);
        match mets::read(data) {
            Some(listed) => self.compare("", &listed, &found),
            None => self.fault(PackageFault::NoIndex),
        }
    }

    fn signature(&mut self, data: &[u8]) {
        let text = std::str::from_utf8(data).unwrap_or_default();
        let said = self.public.as_ref().and_then(|(origin, key)| verified_note(origin, key, text));
        let own = self.about.as_ref().zip(self.list.as_ref());
        let holds = said.is_some() && said == own.map(|(about, list)| note(about, list)).as_deref();
        self.signed = Some(holds);
    }

    /// Ends the reading.
    pub(crate) fn end(mut self) -> (Option<VersionRead>, ReadPackage) {
        let done = self.end_document();
        self.end_part(None);
        if self.about.is_none() {
            self.fault(PackageFault::NotAPackage);
        }
        if self.list.is_none() {
            self.fault(PackageFault::NoIndex);
        }
        for left in std::mem::take(&mut self.top) {
            self.fault(PackageFault::Unlisted(left.name));
        }
        if self.signed != Some(true) {
            self.fault(PackageFault::NotSigned);
        }
        if self.summary.as_ref() != Some(&self.counted) {
            self.fault(PackageFault::Counts);
        }
        let package = ReadPackage {
            summary: self.counted,
            checksum: self.list.map(|list| hexadecimal(&list)).unwrap_or_default(),
            key: self.key.filter(|_| self.about.is_some()),
            log_size: self.checkpoint.as_ref().map_or(0, |body| body.size),
            root: self.checkpoint.map(|body| body.root),
            about: self.about,
            faults: self.faults,
            untold: self.untold,
        };
        (done, package)
    }
}

fn lines_in(data: &[u8]) -> u64 {
    data.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() as u64
}
