//! Conversions: what is neither PDF/A nor XHTML that the archive takes becomes one of them, where the mapping file chooses it.
//!
//! A file is converted once. What was made is kept in the batch's folder under the source's digest with a record of the
//! tool, its version and what was left out, so that rehearsal, run and reconciliation speak of the same bytes; where
//! content is seen that what is made would not have, nothing is made, and that is told. Source: OLD-1, OLD-7, OLD-9.

mod ghostscript;
mod hypertext;
mod office;
mod poppler;
mod scan;
mod text;
mod tools;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant as Stopwatch};

use aws_lc_rs::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::{Fault, FaultKind};

use crate::delivery::Encoding;
use crate::kind::Kind;

use tools::Tools;

/// What a mapping file chooses to convert.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// The kinds of files that are converted.
    pub kinds: BTreeSet<Kind>,
    /// The encoding of texts that are not UTF-8 and name none themselves.
    pub encoding: Option<Encoding>,
}

impl Chosen {
    /// The kinds that can be chosen.
    pub const KINDS: [Kind; 9] = [
        Kind::Text,
        Kind::Html,
        Kind::Xhtml,
        Kind::Jpeg,
        Kind::Png,
        Kind::Tiff,
        Kind::Pdf,
        Kind::Docx,
        Kind::Rtf,
    ];
}

/// How a document was converted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    /// The SHA-256 of the source file, hexadecimal.
    pub source: String,
    /// What the source file is.
    pub kind: String,
    /// What converted it.
    pub tool: String,
    /// The tool's version.
    pub version: String,
    /// The part that it is archived as.
    pub part: String,
    /// The SHA-256 of what was made, hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub bytes: u64,
    /// What was left out of what was made: nothing that is content.
    pub left_out: Vec<String>,
}

impl Conversion {
    /// The part that it is archived as.
    #[must_use]
    pub fn part(&self) -> Option<Part> {
        [Part::Pdf, Part::View].into_iter().find(|part| part.name() == self.part)
    }
}

/// What a tool made of a file.
struct Made {
    part: Part,
    bytes: Vec<u8>,
    tool: &'static str,
    version: String,
    left_out: Vec<String>,
}

impl Made {
    /// Made by this program.
    fn here(part: Part, bytes: Vec<u8>, left_out: Vec<String>) -> Self {
        Self { part, bytes, tool: "varanto", version: VERSION.to_owned(), left_out }
    }
}

/// The version of this program: what tools made was asked for and examined by it.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Why a file is not converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotConverted {
    /// The tool did not do it.
    Failed {
        /// Why not, in words that hold nothing of the file.
        reason: String,
    },
    /// It has content that what is made would not have.
    Loses {
        /// What.
        what: String,
    },
}

impl NotConverted {
    pub(crate) fn here(reason: impl Into<String>) -> Self {
        Self::Failed { reason: reason.into() }
    }

    /// The fault of the document.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let fault = |kind| Fault::new(kind, "file", "OLD-1");
        match self {
            Self::Failed { reason } => fault(FaultKind::NotConverted).arg("reason", reason),
            Self::Loses { what } => fault(FaultKind::ConversionLoses).arg("what", what),
        }
    }
}

/// Converts the files of a batch, and keeps what was made.
#[derive(Debug)]
pub struct Converter<'a> {
    chosen: &'a Chosen,
    tools: Tools,
    /// The batch's folder.
    folder: &'a Path,
    /// The folder in which its tools work.
    working: OnceLock<Result<Working, NotConverted>>,
    /// Two who want the same file converted wait for one another: it is converted once.
    busy: [Mutex<()>; STRIPES],
    /// How many files of each kind were converted, and how long that took; not what was kept from an earlier time.
    took: Mutex<BTreeMap<Kind, (u64, Duration)>>,
}

/// How long a file of a kind takes to be converted, where no file has shown it: on two cores of 2024, an ordinary file.
#[must_use]
pub const fn assumed(kind: Kind) -> Duration {
    match kind {
        Kind::Docx | Kind::Rtf => Duration::from_secs(3),
        Kind::Pdf => Duration::from_millis(700),
        Kind::Jpeg | Kind::Png | Kind::Tiff => Duration::from_millis(20),
        _ => Duration::from_millis(2),
    }
}

impl<'a> Converter<'a> {
    /// A converter of a batch, with the tools that are on this machine.
    #[must_use]
    pub fn new(chosen: &'a Chosen, folder: &'a Path) -> Self {
        Self::with(chosen, Tools::of_system(), folder)
    }

    fn with(chosen: &'a Chosen, tools: Tools, folder: &'a Path) -> Self {
        // What tools left behind when a rehearsal was ended is of clients.
        let _ = Working::remove_left(folder);
        let (busy, took) = ([const { Mutex::new(()) }; STRIPES], Mutex::default());
        Self { chosen, tools, folder, working: OnceLock::new(), busy, took }
    }

    /// How many files of each kind it has converted, and how long that took.
    #[must_use]
    pub fn took(self) -> BTreeMap<Kind, (u64, Duration)> {
        std::mem::take(&mut *self.took.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether files of a kind are to be converted.
    #[must_use]
    pub fn takes(&self, kind: Kind) -> bool {
        self.chosen.kinds.contains(&kind)
    }

    /// What is made of a file: kept from an earlier time, or made now.
    ///
    /// # Errors
    /// Why it is not converted.
    pub fn convert(
        &self,
        kind: Kind,
        source: &[u8],
    ) -> Result<(Conversion, Vec<u8>), NotConverted> {
        let sum = digest(&SHA256, source);
        let stripe = usize::from(sum.as_ref()[0]) % STRIPES;
        let _alone = self.busy[stripe].lock().unwrap_or_else(PoisonError::into_inner);
        let sum = hexadecimal(sum.as_ref());
        let kept = self.folder.join(FOLDER).join(&sum[..2]);
        let name = format!("{sum}.{}", self.recipe(kind)?);
        if let Some(known) = kept_before(&kept, &name) {
            return Ok(known);
        }
        let began = Stopwatch::now();
        let made = match kind {
            Kind::Text => text::convert(source, self.chosen.encoding)?,
            Kind::Html | Kind::Xhtml => hypertext::convert(kind, source, self.chosen.encoding)?,
            Kind::Jpeg | Kind::Png | Kind::Tiff => scan::convert(kind, source)?,
            Kind::Pdf => ghostscript::convert(source, &self.tools, self.working()?)?,
            Kind::Docx | Kind::Rtf => office::convert(kind, source, &self.tools, self.working()?)?,
            _ => return Err(NotConverted::here(format!("no way from {}", kind.name()))),
        };
        let conversion = Conversion {
            source: sum,
            kind: kind.name().to_owned(),
            tool: made.tool.to_owned(),
            version: made.version,
            part: made.part.name().to_owned(),
            sha256: hexadecimal(digest(&SHA256, &made.bytes).as_ref()),
            bytes: made.bytes.len() as u64,
            left_out: made.left_out,
        };
        keep(&kept, &name, &conversion, &made.bytes)
            .map_err(|error| NotConverted::here(error.to_string()))?;
        let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        let (files, time) = took.entry(kind).or_default();
        (*files, *time) = (*files + 1, *time + began.elapsed());
        Ok((conversion, made.bytes))
    }

    /// Forgets what was made of a file, for the archive would not take it: it is made anew another time.
    pub fn forget(&self, kind: Kind, conversion: &Conversion) {
        let (Some(first), Ok(recipe)) = (conversion.source.get(..2), self.recipe(kind)) else {
            return;
        };
        let name = format!("{}.{recipe}", conversion.source);
        // Without its record a file is none; where neither goes, the next rehearsal judges it again.
        for name in [record_part(&name), name] {
            let _ = fs::remove_file(self.folder.join(FOLDER).join(first).join(name));
        }
    }

    /// How a kind is converted: another way, or another version of a tool, makes another file of the same source.
    fn recipe(&self, kind: Kind) -> Result<String, NotConverted> {
        let encoding = self.chosen.encoding.unwrap_or(Encoding::UTF_8).name();
        let recipe = format!("{}-{VERSION}", kind.name());
        let tool = match kind {
            Kind::Text | Kind::Html | Kind::Xhtml => return Ok(format!("{recipe}-{encoding}")),
            Kind::Pdf => &self.tools.ghostscript,
            Kind::Docx | Kind::Rtf => &self.tools.office,
            _ => return Ok(recipe),
        };
        let version = self.tools.version(tool, self.working()?)?;
        Ok(format!("{recipe}-{}", version.replace(|sign: char| !sign.is_ascii_alphanumeric(), ".")))
    }

    /// The folder in which its tools work.
    fn working(&self) -> Result<&Path, NotConverted> {
        let made = self.working.get_or_init(|| {
            Working::new(self.folder).map_err(|error| NotConverted::here(error.to_string()))
        });
        made.as_ref().map(|working| working.own.as_path()).map_err(Clone::clone)
    }
}

/// A folder in which the tools of one converter work, beside those of others: of the desk, while a rehearsal goes on. It is
/// gone with the converter, and where that ended before, the next one removes it.
#[derive(Debug)]
struct Working {
    /// The batch's folder.
    folder: PathBuf,
    own: PathBuf,
    /// Locked as long as tools may work there.
    _held: File,
}

impl Working {
    fn new(folder: &Path) -> io::Result<Self> {
        private_folder(folder)?;
        let alone = File::open(folder)?;
        alone.lock()?;
        let all = folder.join(WORKING);
        private_folder(&all)?;
        let own = tempfile::tempdir_in(&all)?.keep();
        let held = File::create(own.join(HELD))?;
        held.lock()?;
        Ok(Self { folder: folder.to_owned(), own, _held: held })
    }

    /// Removes the folders of converters that are no more.
    fn remove_left(folder: &Path) -> io::Result<()> {
        let all = folder.join(WORKING);
        if !all.exists() {
            return Ok(());
        }
        // Nobody makes one meanwhile, which is not held for a moment.
        let alone = File::open(folder)?;
        alone.lock()?;
        for entry in fs::read_dir(&all)? {
            let path = entry?.path();
            // Of those without this file are those that an earlier version of the program left.
            let held = File::open(path.join(HELD)).is_ok_and(|held| held.try_lock().is_err());
            if !held {
                fs::remove_dir_all(path)?;
            }
        }
        fs::remove_dir(all)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.own);
        if let Ok(alone) = File::open(&self.folder)
            && alone.lock().is_ok()
        {
            // The last one takes the folder of all with it.
            let _ = fs::remove_dir(self.folder.join(WORKING));
        }
    }
}

/// So many files can be converted at once: more than any machine does.
const STRIPES: usize = 64;
/// What was made stands here, in the batch's folder.
const FOLDER: &str = "converted";
/// How the names of records end.
const RECORD: &str = ".json";
/// Tools work here, in the batch's folder, those of each converter in a folder of its own.
const WORKING: &str = "converting";
/// The file in such a folder that is locked as long as its converter is there.
const HELD: &str = "held";

fn private_folder(folder: &Path) -> std::io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Keeps what was made, and then its record: where there is a record, all is there.
fn keep(folder: &Path, name: &str, record: &Conversion, bytes: &[u8]) -> std::io::Result<()> {
    private_folder(folder)?;
    let record = serde_json::to_vec(record).expect("texts and numbers print");
    for (ending, bytes) in [(record_part(name), &*record), (name.to_owned(), bytes)].iter().rev() {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o600))?;
        file.as_file().sync_all()?;
        file.persist(folder.join(ending))?;
    }
    Ok(())
}

fn record_part(name: &str) -> String {
    format!("{name}{RECORD}")
}

fn kept_before(folder: &Path, name: &str) -> Option<(Conversion, Vec<u8>)> {
    let record = fs::read(folder.join(record_part(name))).ok()?;
    let record: Conversion = serde_json::from_slice(&record).ok()?;
    let bytes = fs::read(folder.join(name)).ok()?;
    (hexadecimal(digest(&SHA256, &bytes).as_ref()) == record.sha256).then_some((record, bytes))
}

/// The bytes of a conversion that the batch's folder keeps; `None` where they are not those of then.
#[must_use]
pub fn kept(folder: &Path, conversion: &Conversion) -> Option<Vec<u8>> {
    let within = folder.join(FOLDER).join(conversion.source.get(..2)?);
    let begins = format!("{}.{}-", conversion.source, conversion.kind);
    let entries = fs::read_dir(within).ok()?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names
        .filter(|name| name.starts_with(&begins) && !name.ends_with(RECORD))
        .filter_map(|name| {
            fs::read(folder.join(FOLDER).join(&conversion.source[..2]).join(name)).ok()
        })
        .find(|bytes| hexadecimal(digest(&SHA256, bytes).as_ref()) == conversion.sha256)
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests;
