//! The work: one file per operation. An operation asks the facts, asks the rule, logs, acts.
//!
//! Everything goes through [`App`]; the doors name nothing below it. Operations are synchronous and
//! may wait for the disk, so a door runs them where waiting is allowed.

mod acting;
pub mod administer;
pub mod archive;
pub mod backup;
pub mod callers;
pub mod certificates;
mod citizens;
mod cursor;
mod derived;
mod dictionaries;
pub mod disclosure;
mod error;
mod inquiry;
pub mod mandates;
pub mod moving;
pub mod old_data;
pub mod oversight;
pub mod persons;
pub mod plan;
pub mod recording;
mod registry;
pub mod relationship;
pub mod retention;
pub mod roads;
pub mod sessions;
pub mod statements;
pub mod statistics;
pub mod transfer;
pub mod users;
pub mod verify;
mod withheld;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use varanto_domain::archive::retention::KindsOfRecords;
use varanto_domain::time::Clock;
use varanto_store::{KeyRing, ServerAddress, Store, StoreOptions};

pub use error::{AppError, OpenError};
pub use registry::{Registry, StructureEntry, StructureState};
pub use varanto_store::{COMMIT_BUCKETS_MICROS, Lead, Reindexed, StoreError, StoreMetrics};

use archive::{PdfRules, SignatureTrust, SystemKeys};
use dictionaries::Dictionaries;
use registry::RegistryHolder;

/// Where and how an archive is opened.
#[derive(Debug, Clone)]
pub struct AppOptions {
    /// The folder that holds everything; made when it is missing.
    pub folder: PathBuf,
    /// The folder of the key files; kept apart from the data where there is a better place.
    pub key_folder: PathBuf,
    /// The name of the proof log, unique in the world, such as `archive.example.fi/log`.
    pub origin: String,
    /// How many operations may wait for the writer before further ones are turned away.
    pub queue: usize,
    /// How many snapshots may be read at once.
    pub readers: usize,
    /// How many operations are committed together at most.
    pub group: usize,
    /// How PDF files are judged.
    pub pdf: PdfRules,
    /// How much work one search may be.
    pub search: SearchLimits,
    /// Which types of documents have retention periods of their own.
    pub kinds_of_records: KindsOfRecords,
    /// The server whose database the archive is in; none: it is in a file of the folder.
    pub server: Option<ServerPlace>,
    /// Whether other servers may have the same database open for writing at the same time; a file is one program's alone.
    pub together: bool,
}

/// A database of PostgreSQL, and what is needed to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerPlace {
    /// Its address, without a password.
    pub url: String,
    /// A file with the password, where the server wants one.
    pub password_file: Option<PathBuf>,
    /// A file (PEM) with the authority of the server's certificate.
    pub authority: Option<PathBuf>,
}

impl ServerPlace {
    fn address(&self) -> Result<ServerAddress, StoreError> {
        let read = |path: &PathBuf| {
            std::fs::read(path)
                .map_err(|error| StoreError::File { path: path.clone(), why: error.to_string() })
        };
        let password = self.password_file.as_ref().map(read).transpose()?;
        let password = password.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
        let authority = self.authority.as_ref().map(read).transpose()?;
        ServerAddress::new(&self.url, password.as_deref(), authority.as_deref())
    }
}

/// How much work one search may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchLimits {
    /// How many versions of a register are looked through for one page; its cursor goes on there.
    pub rows: usize,
    /// How long one page may take; then the search is refused as too wide.
    pub time: Duration,
}

impl Default for SearchLimits {
    fn default() -> Self {
        Self { rows: 100_000, time: Duration::from_secs(5) }
    }
}

impl AppOptions {
    /// The usual sizes, everything in one folder.
    #[must_use]
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            key_folder: folder.join("keys"),
            folder,
            origin: "varanto.local/log".to_owned(),
            queue: 1024,
            readers: 4,
            group: 256,
            pdf: PdfRules::default(),
            search: SearchLimits::default(),
            kinds_of_records: KindsOfRecords::default(),
            server: None,
            together: false,
        }
    }

    fn of_store(&self) -> Result<StoreOptions, StoreError> {
        Ok(StoreOptions {
            queue: self.queue,
            readers: self.readers,
            group: self.group,
            server: self.server.as_ref().map(ServerPlace::address).transpose()?,
            together: self.together,
            ..StoreOptions::of_origin(&self.origin)
        })
    }
}

/// The archive, open. Cheap to clone; all clones are the same archive.
#[derive(Clone)]
pub struct App {
    store: Store,
    registry: Arc<RegistryHolder>,
    dictionaries: Arc<Dictionaries>,
    clock: Arc<dyn Clock>,
    search: SearchLimits,
    pdf: Arc<PdfRules>,
    kinds_of_records: Arc<KindsOfRecords>,
    signatures: Arc<RwLock<Arc<SignatureTrust>>>,
    system_keys: Arc<RwLock<Arc<SystemKeys>>>,
    persons: Arc<RwLock<Option<Arc<persons::Connected>>>>,
    mandates: Arc<RwLock<Option<Arc<mandates::Connected>>>>,
    in_use: Arc<sessions::InUse>,
}

impl App {
    /// The same archive for work that gives way to other work: what it writes waits for what others write.
    #[must_use]
    pub fn giving_way(&self) -> Self {
        Self { store: self.store.giving_way(), ..self.clone() }
    }

    /// Opens the archive, making it when the folder holds none.
    ///
    /// # Errors
    /// What the store or a loaded register file answers.
    pub fn open(options: &AppOptions, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let store_options = options.of_store()?;
        let ring = if KeyRing::exists(&options.key_folder) {
            KeyRing::open(&options.key_folder)?
        } else if Store::exists(&options.folder, &store_options)? {
            return Err(StoreError::WrongKeys("the key files are missing").into());
        } else {
            KeyRing::create(&options.key_folder)?
        };
        let store = Store::open(&options.folder, ring, &store_options, Arc::clone(&clock))?;
        Self::over(store, clock, options)
    }

    /// Whether there is an archive to open.
    ///
    /// # Errors
    /// What the server of the database answers.
    pub fn exists(options: &AppOptions) -> Result<bool, StoreError> {
        Store::exists(&options.folder, &options.of_store()?)
    }

    /// Opens an archive for reading only, beside the process that writes it: for `verify`.
    ///
    /// # Errors
    /// What the store answers; there must be one.
    pub fn open_read_only(options: &AppOptions, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let ring = KeyRing::open(&options.key_folder)?;
        let store = Store::open_read_only(&options.folder, ring, &options.of_store()?)?;
        Self::over(store, clock, options)
    }

    fn over(store: Store, clock: Arc<dyn Clock>, options: &AppOptions) -> Result<Self, OpenError> {
        let registry = Arc::new(RegistryHolder::load(&store)?);
        let (search, pdf) = (options.search, Arc::new(options.pdf.clone()));
        let kinds_of_records = Arc::new(options.kinds_of_records.clone());
        Ok(Self {
            store,
            registry,
            clock,
            search,
            pdf,
            kinds_of_records,
            dictionaries: Arc::default(),
            signatures: Arc::default(),
            system_keys: Arc::default(),
            persons: Arc::default(),
            mandates: Arc::default(),
            in_use: Arc::default(),
        })
    }

    /// The same archive with another clock: the demonstration's loader lives through five years.
    #[must_use]
    pub fn with_clock(&self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self.clone() }
    }

    /// The same archive, whose searches may take so much.
    #[must_use]
    pub fn with_search_limits(&self, search: SearchLimits) -> Self {
        Self { search, ..self.clone() }
    }

    /// From now on signatures are checked against these anchors and lists, and asked for at these levels.
    /// At first there are no anchors, and the usual level is to warn.
    pub fn trust_signatures(&self, trust: SignatureTrust) {
        let mut kept = self.signatures.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Arc::new(trust);
    }

    /// What signatures are checked against now.
    #[must_use]
    pub fn signature_trust(&self) -> Arc<SignatureTrust> {
        Arc::clone(&self.signatures.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is loaded: structures, code sets, organisations, systems. A snapshot.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.current(&self.store)
    }

    /// Now, by the archive's clock.
    #[must_use]
    pub fn now(&self) -> varanto_domain::time::Instant {
        self.clock.now()
    }

    /// What the store counted since it was opened.
    #[must_use]
    pub fn store_metrics(&self) -> StoreMetrics {
        self.store.metrics()
    }

    /// Whether other servers may have the archive's database open, too.
    #[must_use]
    pub fn has_others(&self) -> bool {
        self.store.has_others()
    }

    /// Takes in what other servers have changed of what is kept in memory: registers, users, roads and keys.
    ///
    /// # Errors
    /// What the store answers; also when what they changed cannot be read: by what was before nobody is let in.
    pub fn hear_others(&self) -> Result<(), AppError> {
        self.store.listen()?;
        Ok(self.registry.reach(&self.store)?)
    }

    /// Connects to ask for the lead in the work in the background.
    ///
    /// # Errors
    /// What the store answers.
    pub fn ask_for_lead(&self) -> Result<Lead, AppError> {
        Ok(self.store.ask_for_lead()?)
    }

    /// How many operations wait for the writer.
    #[must_use]
    pub fn queue_length(&self) -> usize {
        self.store.queue_length()
    }

    /// Ends the archive's work: what waits is done, then nothing more is taken.
    pub fn close(self) {
        self.store.close();
    }
}
