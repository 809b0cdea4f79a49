//! The one configuration: read from one TOML file, and the one place that reads the environment.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use varanto_app::archive::{PdfRules, PdfValidator};
use varanto_app::{AppOptions, SearchLimits, ServerPlace};
use varanto_domain::archive::conformance::{
    ConformanceException, ConformanceLevel, ConformanceLevels,
};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::retention::{KindsOfRecords, PermanentOrder};
use varanto_domain::ids::Oid;

use crate::validator::CommandValidator;

/// The sample that `varanto config --sample` prints: every key with its default, told in words.
pub const SAMPLE: &str = include_str!("../assets/varanto.sample.toml");

/// What an operator may choose. A key that nobody defined is refused.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The directory that holds the archive, its keys and its certificates.
    pub data: PathBuf,
    /// Where the doors are.
    pub listen: Listen,
    /// How much and how long a request may take.
    pub limits: Limits,
    /// The database and its writer.
    pub store: Store,
    /// Whose client certificates are trusted besides the archive's own.
    pub clients: Clients,
    /// Whose tokens persons may show; none without an issuer.
    pub tokens: Tokens,
    /// How people log in to the pages; nobody without addresses.
    pub login: Login,
    /// How PDF files are judged by the clauses of PDF/A.
    pub pdfa: PdfA,
    /// Whose electronic signatures are trusted, and how much they are asked for.
    pub signatures: Signatures,
    /// Where it is asked what the population register says of clients.
    pub population_register: PopulationRegister,
    /// Where it is asked what mandates clients have given.
    pub mandate_register: MandateRegister,
    /// Where backups go, and how often.
    pub backup: Backup,
    /// Which documents have retention periods of their own.
    pub retention: Retention,
    /// Where the batches of old client data are that archivists complete.
    pub old_data: OldData,
    /// Where registers go that are taken out.
    pub transfer: Transfer,
    /// What the pages tell to everybody.
    pub pages: Pages,
    /// What the program tells about itself.
    pub log: Log,
}

/// Where the doors are.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Socket addresses to listen on, with TLS.
    pub addresses: Vec<SocketAddr>,
    /// Names in the server's certificate, besides `localhost` and `127.0.0.1`.
    pub names: Vec<String>,
    /// The address that others know the archive by; the first socket address when empty.
    pub public_base: String,
    /// Socket addresses for operators: there, and nowhere else, stands the page of how the archive does.
    pub operators: Vec<SocketAddr>,
}

/// How much and how long a request may take.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest body taken, in bytes.
    pub body_bytes: usize,
    /// How long the head of a request may take, in seconds.
    pub head_seconds: u64,
    /// How long the body of a request may take, in seconds.
    pub body_seconds: u64,
    /// How long the longest pause inside a body may be, in seconds.
    pub pause_seconds: u64,
    /// How long an answer may take, in seconds.
    pub answer_seconds: u64,
    /// How many requests are worked on at the same time; the rest are told to come back.
    pub concurrent: usize,
    /// What a refused caller is told to wait, in seconds.
    pub retry_after_seconds: u32,
    /// How much each system may ask in a minute, in units; 0: any amount. Reading costs one unit,
    /// archiving, searching and invalidating five.
    pub system_units: u32,
    /// The same for each person, and for each address of those who show nothing that opens.
    pub person_units: u32,
    /// How many versions of a register are looked through for one page of a search.
    pub search_rows: usize,
    /// How long one page of a search may take, in seconds; then it is refused as too wide.
    pub search_seconds: u64,
}

/// Which database the archive is in.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// SQLite: a file in the data directory.
    #[default]
    Sqlite,
    /// A database of a PostgreSQL server.
    Postgres,
}

/// The store.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// Which database it is.
    pub engine: Engine,
    /// The address of the PostgreSQL database, without a password.
    pub url: String,
    /// A file with the password, where the server wants one.
    pub password_file: Option<PathBuf>,
    /// A PEM file of the authorities whose certificate the server shows.
    pub authority: Option<PathBuf>,
    /// The name of the proof log, unique in the world; it cannot change later.
    pub origin: String,
    /// How many writes may wait.
    pub queue: usize,
    /// How many snapshot readers there are.
    pub readers: usize,
    /// How many writes one commit may hold.
    pub group: usize,
}

/// Whose client certificates are trusted besides the archive's own.
#[derive(Debug, Clone, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Clients {
    /// PEM files of certificate authorities.
    pub authorities: Vec<PathBuf>,
    /// PEM files of their revocation lists.
    pub revocation_lists: Vec<PathBuf>,
}

/// Whose tokens persons may show.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Tokens {
    /// The issuer, as it stands in `iss`; empty when persons cannot come in by token.
    pub issuer: String,
    /// The audience that must stand in `aud`.
    pub audience: String,
    /// The issuer's public keys (a JWK set), as a file; read again when it changes.
    pub jwks_file: Option<PathBuf>,
    /// The values of `acr` that tell of a strong login; any other, or none, is a weak one.
    pub strong_levels: Vec<String>,
    /// How far the issuer's clock may be from ours, in seconds.
    pub leeway_seconds: u64,
}

/// How people log in to the pages: at the issuer of [`Tokens`], by OIDC's authorization code with PKCE. The
/// audience of tokens is the client's identifier there.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Login {
    /// The issuer's authorization endpoint, which browsers are sent to; empty when nobody logs in.
    pub authorization_address: String,
    /// The issuer's token endpoint (HTTPS).
    pub token_address: String,
    /// A PEM file of the authorities whose certificate the token endpoint shows.
    pub authority: Option<PathBuf>,
    /// A file with the client's secret, where the issuer wants one.
    pub client_secret_file: Option<PathBuf>,
    /// How long ago a person may have shown the issuer who it is when a login begins, in seconds; 0: shows it
    /// anew each time.
    pub max_age: u64,
    /// The issuer's endpoint that ends the person's session there too (RP-initiated logout); empty: it has none.
    pub end_address: String,
    /// How long the token endpoint may take, in seconds.
    pub seconds: u64,
    /// How long a session lasts in which nothing is asked, in minutes.
    pub idle_minutes: u64,
    /// How long a session lasts at most, in hours.
    pub whole_hours: u64,
}

/// How PDF files are judged by the clauses of PDF/A; the gate holds in any case.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct PdfA {
    /// How much a broken clause weighs, where no exception holds.
    pub level: Level,
    /// Other levels for a controller's documents, a group's, or both.
    pub exceptions: Vec<LevelException>,
    /// A validator as a program and its arguments; none when empty.
    pub validator: Vec<String>,
    /// How long the validator may take, in seconds.
    pub validator_seconds: u64,
}

/// Whose electronic signatures are trusted, and how much they are asked for.
#[derive(Debug, Clone, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Signatures {
    /// Certificates of the authorities that are trusted: files or folders of them, PEM or DER.
    pub anchors: Vec<PathBuf>,
    /// Certificates that may stand between a signer's and an anchor, likewise.
    pub intermediates: Vec<PathBuf>,
    /// Revocation lists, likewise.
    pub revocation_lists: Vec<PathBuf>,
    /// Addresses (HTTP) that revocation lists are fetched from.
    pub revocation_list_addresses: Vec<String>,
    /// How much signatures are asked for, where no exception holds.
    pub level: Level,
    /// Other levels for a controller's documents, a group's, or both.
    pub exceptions: Vec<LevelException>,
    /// The keys by which the archive signs as systems of organisations.
    pub systems: Vec<SystemKeyPlace>,
}

/// Where the key of an organisation's system is: in a file, or in a token that a PKCS #11 module speaks to.
#[derive(Debug, Clone, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct SystemKeyPlace {
    /// The organisation's OID.
    pub organisation: String,
    /// The certificate of its system (PEM).
    pub certificate: PathBuf,
    /// The key (PKCS #8, PEM).
    pub key: Option<PathBuf>,
    /// The PKCS #11 module of the token that holds the key.
    pub module: Option<PathBuf>,
    /// The token's label.
    pub token: String,
    /// The key's label in the token.
    pub key_label: String,
    /// The file with the token's PIN.
    pub pin_file: PathBuf,
}

impl Signatures {
    /// How much signatures are asked for, of every document.
    #[must_use]
    pub fn levels(&self) -> ConformanceLevels {
        levels(self.level, &self.exceptions)
    }
}

fn levels(level: Level, exceptions: &[LevelException]) -> ConformanceLevels {
    let exceptions = exceptions.iter().filter_map(LevelException::read).collect();
    ConformanceLevels { level: level.into(), exceptions }
}

/// A level for some documents.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct LevelException {
    /// The controller's OID.
    pub controller: Option<String>,
    /// The code of the document group.
    pub group: Option<String>,
    /// The level.
    pub level: Level,
}

/// How much it weighs that a document falls short.
#[derive(Debug, Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The document is refused.
    Refuse,
    /// The document is taken, and what is broken is told with the receipt.
    #[default]
    Warn,
    /// Nothing is refused.
    Off,
}

impl From<Level> for ConformanceLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Refuse => Self::Refuse,
            Level::Warn => Self::Warn,
            Level::Off => Self::Off,
        }
    }
}

impl LevelException {
    /// The exception as the rule knows it; `None` when it names nothing, or what there is not.
    fn read(&self) -> Option<ConformanceException> {
        let controller = self.controller.as_deref().map(Oid::parse).transpose().ok()?;
        let group = self.group.as_deref();
        let group = match group {
            Some(code) => Some(DocumentGroup::of_code(code)?),
            None => None,
        };
        let names_something = controller.is_some() || group.is_some();
        names_something.then_some(ConformanceException {
            controller,
            group,
            level: self.level.into(),
        })
    }
}

impl PdfA {
    fn rules(&self, folder: &Path) -> PdfRules {
        let validator = CommandValidator {
            command: self.validator.clone(),
            time: Duration::from_secs(self.validator_seconds),
            folder: folder.to_path_buf(),
        };
        let validator: Arc<dyn PdfValidator> = Arc::new(validator);
        PdfRules {
            levels: levels(self.level, &self.exceptions),
            flavour: None,
            validator: (!self.validator.is_empty()).then_some(validator),
        }
    }
}

/// Which documents have retention periods of their own, by their specific types: the nation's codes are not public.
#[derive(Debug, Clone, Deserialize, PartialEq, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Vouchers (tositteet).
    pub vouchers: Vec<String>,
    /// Decisions on client fees, and reports of income.
    pub fees: Vec<String>,
    /// Types of family law that are never about a child.
    pub of_adults: Vec<String>,
    /// What the National Archives order to be kept for ever.
    pub permanent: Vec<KeptForEver>,
}

/// What the National Archives order to be kept for ever: each thing that is said narrows it.
#[derive(Debug, Clone, Deserialize, PartialEq, Default)]
#[serde(deny_unknown_fields, default)]
pub struct KeptForEver {
    /// The service task of 2016, a code.
    pub service_task: Option<String>,
    /// The general document type, a code.
    pub general_type: Option<String>,
    /// The specific document type, a code.
    pub specific_type: Option<String>,
    /// The first year in which it was written.
    pub from_year: Option<i16>,
    /// The last year in which it was written.
    pub to_year: Option<i16>,
}

impl Retention {
    /// What a period turns on.
    fn kinds(&self) -> KindsOfRecords {
        let order = |said: &KeptForEver| PermanentOrder {
            service_task: said.service_task.clone(),
            general_type: said.general_type.clone(),
            specific_type: said.specific_type.clone(),
            from_year: said.from_year,
            to_year: said.to_year,
        };
        KindsOfRecords {
            vouchers: self.vouchers.clone(),
            fees: self.fees.clone(),
            of_adults: self.of_adults.clone(),
            permanent: self.permanent.iter().map(order).collect(),
        }
    }
}

/// Where it is asked what the population register says of clients.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct PopulationRegister {
    /// The address (HTTPS) that questions are posted to; empty when there is no connection.
    pub address: String,
    /// A PEM file of the authorities whose certificate the register shows.
    pub authority: Option<PathBuf>,
    /// A PEM file of the certificate that is shown to it.
    pub certificate: Option<PathBuf>,
    /// A PEM file of the certificate's key.
    pub key: Option<PathBuf>,
    /// A file with the token that is shown to it.
    pub token_file: Option<PathBuf>,
    /// How long an answer may take, in seconds.
    pub seconds: u64,
    /// How many clients are asked about at once.
    pub batch: usize,
    /// How often each client is asked about, in hours.
    pub hours: u64,
}

/// Where it is asked what mandates clients have given.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct MandateRegister {
    /// The address (HTTPS) that questions are posted to; empty when there is no connection.
    pub address: String,
    /// A PEM file of the authorities whose certificate the register shows.
    pub authority: Option<PathBuf>,
    /// A PEM file of the certificate that is shown to it.
    pub certificate: Option<PathBuf>,
    /// A PEM file of the certificate's key.
    pub key: Option<PathBuf>,
    /// A file with the token that is shown to it.
    pub token_file: Option<PathBuf>,
    /// How long an answer may take, in seconds.
    pub seconds: u64,
}

/// What the pages tell to everybody.
#[derive(Debug, Clone, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Pages {
    /// Whether the landing page tells how much is in the archive and how it grew.
    pub show_counts: bool,
}

/// Where backups go, how often, and which of them stay.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Backup {
    /// The folder of backups; the archive takes none by itself when it is empty.
    pub folder: PathBuf,
    /// How long lies between two backups, in minutes.
    pub every_minutes: u64,
    /// The newest so many stay.
    pub keep_last: usize,
    /// The newest of each of so many days stays.
    pub keep_days: usize,
    /// The newest of each of so many months stays.
    pub keep_months: usize,
}

/// Old client data on their way into the archive.
#[derive(Debug, Clone, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct OldData {
    /// The folder whose folders are the batches that archivists complete at their desk; empty: there are none.
    pub batches: PathBuf,
}

/// Registers that are taken out of the archive.
#[derive(Debug, Clone, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Transfer {
    /// The folder into which keepers of archives take their registers out at the desk; empty: the command alone does.
    pub folder: PathBuf,
}

/// What the program tells about itself.
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// Lines for people, or JSON objects for machines.
    pub format: LogFormat,
    /// What is told: a level, or a filter such as `info,varanto=debug`.
    pub filter: String,
}

/// Lines for people, or JSON objects for machines.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line of text an event.
    Plain,
    /// One JSON object an event.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("varanto-data"),
            listen: Listen::default(),
            limits: Limits::default(),
            store: Store::default(),
            clients: Clients::default(),
            tokens: Tokens::default(),
            login: Login::default(),
            pdfa: PdfA::default(),
            signatures: Signatures::default(),
            population_register: PopulationRegister::default(),
            mandate_register: MandateRegister::default(),
            backup: Backup::default(),
            retention: Retention::default(),
            old_data: OldData::default(),
            transfer: Transfer::default(),
            pages: Pages::default(),
            log: Log::default(),
        }
    }
}

impl Default for PdfA {
    fn default() -> Self {
        Self {
            level: Level::default(),
            exceptions: Vec::new(),
            validator: Vec::new(),
            validator_seconds: 20,
        }
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            addresses: vec![SocketAddr::from(([127, 0, 0, 1], 8443))],
            names: Vec::new(),
            public_base: String::new(),
            operators: Vec::new(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 50 * 1024 * 1024,
            head_seconds: 10,
            body_seconds: 60,
            pause_seconds: 10,
            answer_seconds: 30,
            concurrent: 512,
            retry_after_seconds: 2,
            system_units: 2_000_000,
            person_units: 6_000,
            search_rows: 100_000,
            search_seconds: 5,
        }
    }
}

impl Default for Store {
    fn default() -> Self {
        Self {
            engine: Engine::default(),
            url: String::new(),
            password_file: None,
            authority: None,
            origin: "varanto.local/log".into(),
            queue: 1024,
            readers: 4,
            group: 256,
        }
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            audience: "varanto".into(),
            jwks_file: None,
            strong_levels: vec!["strong".into()],
            leeway_seconds: 30,
        }
    }
}

impl Default for Login {
    fn default() -> Self {
        Self {
            authorization_address: String::new(),
            token_address: String::new(),
            authority: None,
            client_secret_file: None,
            seconds: 5,
            idle_minutes: 30,
            whole_hours: 10,
            max_age: 0,
            end_address: String::new(),
        }
    }
}

impl Default for PopulationRegister {
    fn default() -> Self {
        Self {
            address: String::new(),
            authority: None,
            certificate: None,
            key: None,
            token_file: None,
            seconds: 3,
            batch: 100,
            hours: 12,
        }
    }
}

impl Default for MandateRegister {
    fn default() -> Self {
        Self {
            address: String::new(),
            authority: None,
            certificate: None,
            key: None,
            token_file: None,
            seconds: 3,
        }
    }
}

impl Default for Backup {
    fn default() -> Self {
        let folder = PathBuf::new();
        Self { folder, every_minutes: 60, keep_last: 48, keep_days: 30, keep_months: 12 }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Plain, filter: "info".into() }
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is not a configuration: not TOML, an unknown key, a wrong type.
    #[error("the configuration is wrong: {0}")]
    Wrong(#[from] toml::de::Error),
    /// A value that cannot work.
    #[error("the configuration is wrong: {key}: {reason}")]
    Impossible {
        /// The key, with dots.
        key: &'static str,
        /// Why it cannot work.
        reason: &'static str,
    },
}

impl Config {
    /// The configuration of a file, or of the file that `VARANTO_CONFIG` names, or the defaults.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        match file.map(Path::to_path_buf).or_else(|| environment("VARANTO_CONFIG").map(Into::into))
        {
            Some(path) => {
                let text = std::fs::read_to_string(&path)
                    .map_err(|source| ConfigError::Unreadable { path, source })?;
                Self::read(&text)
            }
            None => Ok(Self::default()),
        }
    }

    /// The configuration a TOML text tells.
    pub fn read(text: &str) -> Result<Self, ConfigError> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let rules = [
            (self.listen.addresses.is_empty(), "listen.addresses", "at least one is needed"),
            (self.limits.body_bytes < 1024, "limits.body_bytes", "under 1024 nothing fits in"),
            (self.limits.concurrent == 0, "limits.concurrent", "at least one is needed"),
            (self.limits.body_seconds == 0, "limits.body_seconds", "at least one is needed"),
            (self.limits.head_seconds == 0, "limits.head_seconds", "at least one is needed"),
            (self.limits.answer_seconds == 0, "limits.answer_seconds", "at least one is needed"),
            (self.limits.search_rows == 0, "limits.search_rows", "at least one is needed"),
            (self.limits.search_seconds == 0, "limits.search_seconds", "at least one is needed"),
            (
                self.store.engine == Engine::Postgres && self.store.url.is_empty(),
                "store.url",
                "the address of the PostgreSQL database is needed",
            ),
            (
                self.store.engine == Engine::Sqlite
                    && (!self.store.url.is_empty()
                        || self.store.password_file.is_some()
                        || self.store.authority.is_some()),
                "store.engine",
                "an address is of use to the engine postgres alone",
            ),
            (
                self.store.engine == Engine::Postgres && !self.backup.folder.as_os_str().is_empty(),
                "backup.folder",
                "a database of PostgreSQL is backed up by its own means: pg_basebackup, continuous archiving",
            ),
            (self.store.readers == 0, "store.readers", "at least one is needed"),
            (self.store.queue == 0, "store.queue", "at least one is needed"),
            (self.store.group == 0, "store.group", "at least one is needed"),
            (
                self.pdfa.exceptions.iter().any(|one| one.read().is_none()),
                "pdfa.exceptions",
                "each names a controller by its OID, a document group by its code, or both",
            ),
            (
                self.signatures.exceptions.iter().any(|one| one.read().is_none()),
                "signatures.exceptions",
                "each names a controller by its OID, a document group by its code, or both",
            ),
            (
                self.pdfa.validator_seconds == 0
                    || self.pdfa.validator_seconds >= self.limits.answer_seconds,
                "pdfa.validator_seconds",
                "at least one, and less than limits.answer_seconds",
            ),
            (self.backup.every_minutes == 0, "backup.every_minutes", "at least one is needed"),
            (
                !self.tokens.issuer.is_empty() && self.tokens.audience.is_empty(),
                "tokens.audience",
                "an issuer needs an audience",
            ),
        ];
        match rules
            .into_iter()
            .chain(self.rules_of_login())
            .chain(self.rules_of_registers())
            .find(|(broken, ..)| *broken)
        {
            Some((_, key, reason)) => Err(ConfigError::Impossible { key, reason }),
            None => Ok(()),
        }
    }

    /// What the login of people wants.
    fn rules_of_login(&self) -> [(bool, &'static str, &'static str); 5] {
        let login = &self.login;
        let named = !login.authorization_address.is_empty();
        [
            (
                named && self.tokens.issuer.is_empty(),
                "tokens.issuer",
                "people log in at the issuer of tokens",
            ),
            (
                named == login.token_address.is_empty(),
                "login.token_address",
                "the two addresses are given together",
            ),
            (
                named && login.authority.is_none(),
                "login.authority",
                "an address needs the authorities of its certificate",
            ),
            (
                login.seconds == 0 || login.seconds >= self.limits.answer_seconds,
                "login.seconds",
                "at least one, and less than limits.answer_seconds",
            ),
            (
                login.idle_minutes == 0 || login.whole_hours == 0,
                "login.idle_minutes",
                "a session lasts a minute at least, whole_hours an hour",
            ),
        ]
    }

    /// What the connections to registers outside want.
    fn rules_of_registers(&self) -> [(bool, &'static str, &'static str); 8] {
        [
            (
                !self.population_register.address.is_empty()
                    && self.population_register.authority.is_none(),
                "population_register.authority",
                "an address needs the authorities of its certificate",
            ),
            (
                self.population_register.certificate.is_some()
                    != self.population_register.key.is_some(),
                "population_register.key",
                "a certificate needs its key, and a key its certificate",
            ),
            (
                self.population_register.seconds == 0
                    || self.population_register.seconds >= self.limits.answer_seconds,
                "population_register.seconds",
                "at least one, and less than limits.answer_seconds",
            ),
            (
                !(1..=1000).contains(&self.population_register.batch),
                "population_register.batch",
                "from 1 to 1000",
            ),
            (
                !(1..=24).contains(&self.population_register.hours),
                "population_register.hours",
                "from 1 to 24: what was told the day before yesterday is not known any more",
            ),
            (
                !self.mandate_register.address.is_empty()
                    && self.mandate_register.authority.is_none(),
                "mandate_register.authority",
                "an address needs the authorities of its certificate",
            ),
            (
                self.mandate_register.certificate.is_some() != self.mandate_register.key.is_some(),
                "mandate_register.key",
                "a certificate needs its key, and a key its certificate",
            ),
            (
                self.mandate_register.seconds == 0
                    || self.mandate_register.seconds >= self.limits.answer_seconds,
                "mandate_register.seconds",
                "at least one, and less than limits.answer_seconds",
            ),
        ]
    }

    /// How the archive is opened.
    #[must_use]
    pub fn app_options(&self) -> AppOptions {
        AppOptions {
            origin: self.store.origin.clone(),
            queue: self.store.queue,
            readers: self.store.readers,
            group: self.store.group,
            pdf: self.pdfa.rules(&self.data),
            search: SearchLimits {
                rows: self.limits.search_rows,
                time: Duration::from_secs(self.limits.search_seconds),
            },
            kinds_of_records: self.retention.kinds(),
            server: (self.store.engine == Engine::Postgres).then(|| ServerPlace {
                url: self.store.url.clone(),
                password_file: self.store.password_file.clone(),
                authority: self.store.authority.clone(),
            }),
            ..AppOptions::in_folder(&self.data)
        }
    }

    /// The address that others know the archive by, without a slash at its end.
    #[must_use]
    pub fn public_base(&self) -> String {
        if !self.listen.public_base.is_empty() {
            return self.listen.public_base.trim_end_matches('/').to_owned();
        }
        match self.listen.addresses.first() {
            Some(address) if address.ip().is_loopback() || address.ip().is_unspecified() => {
                format!("https://localhost:{}", address.port())
            }
            Some(address) => format!("https://{address}"),
            None => "https://localhost".into(),
        }
    }
}

impl Limits {
    /// How long the body of a request may take.
    #[must_use]
    pub fn body_time(&self) -> Duration {
        Duration::from_secs(self.body_seconds)
    }

    /// How long the longest pause inside a body may be.
    #[must_use]
    pub fn pause_time(&self) -> Duration {
        Duration::from_secs(self.pause_seconds.max(1))
    }

    /// How long an answer may take.
    #[must_use]
    pub fn answer_time(&self) -> Duration {
        Duration::from_secs(self.answer_seconds)
    }
}

/// A variable of the environment; empty ones count as missing. The only reader of the environment.
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_printed_sample_is_the_defaults_word_for_word() {
        assert_eq!(Config::read(SAMPLE).unwrap(), Config::default());
    }

    #[test]
    fn a_misspelt_key_is_refused_by_name() {
        let error = Config::read("[limits]\nbody_byte = 5000\n").unwrap_err().to_string();
        assert!(error.contains("body_byte"), "{error}");
        assert!(Config::read("dataa = \"x\"").is_err());
    }

    #[test]
    fn an_impossible_value_is_refused_with_its_key() {
        let error = Config::read("[store]\nreaders = 0\n").unwrap_err().to_string();
        assert!(error.contains("store.readers"), "{error}");
    }

    #[test]
    fn levels_of_pdf_a_are_read_with_their_exceptions() {
        let text = "[pdfa]\nlevel = \"refuse\"\nvalidator = [\"validate\", \"{file}\"]\n\
                    [[pdfa.exceptions]]\ncontroller = \"1.2.246.10.99900011.10.0\"\ngroup = \"4\"\nlevel = \"off\"\n";
        let config = Config::read(text).unwrap();
        let rules = config.app_options().pdf;
        let county = Oid::parse("1.2.246.10.99900011.10.0").unwrap();
        let level = |group| rules.levels.level_for(Some(&county), Some(group));
        assert_eq!(level(DocumentGroup::Old), ConformanceLevel::Off);
        assert_eq!(level(DocumentGroup::PhaseOne), ConformanceLevel::Refuse);
        assert!(rules.validator.is_some());
        for wrong in [
            "[[signatures.exceptions]]\nlevel = \"off\"\n",
            "[[pdfa.exceptions]]\nlevel = \"off\"\n",
            "[[pdfa.exceptions]]\ngroup = \"77\"\nlevel = \"off\"\n",
            "[[pdfa.exceptions]]\ncontroller = \"county\"\nlevel = \"off\"\n",
            "[pdfa]\nvalidator_seconds = 30\n",
            "[pdfa]\nlevel = \"strict\"\n",
        ] {
            assert!(Config::read(wrong).is_err(), "{wrong}");
        }
    }

    /// REG-5: a connection that cannot work, or that would leave facts unknown, is refused with its key.
    #[test]
    fn a_connection_to_the_population_register_is_whole() {
        let whole =
            "[population_register]\naddress = \"https://a.example/\"\nauthority = \"a.pem\"\n";
        assert!(Config::read(whole).is_ok());
        for (wrong, key) in [
            ("authority = \"a.pem\"", "authority"),
            ("hours = 25", "hours"),
            ("batch = 0", "batch"),
            ("seconds = 30", "seconds"),
            ("certificate = \"c.pem\"", "key"),
        ] {
            let text = match key {
                "authority" => whole.replace(wrong, ""),
                _ => format!("{whole}{wrong}\n"),
            };
            let error = Config::read(&text).unwrap_err().to_string();
            assert!(error.contains(&format!("population_register.{key}")), "{error}");
        }
    }

    /// DIS-5: a connection to the mandate register that cannot work is refused with its key.
    #[test]
    fn a_connection_to_the_mandate_register_is_whole() {
        let whole = "[mandate_register]\naddress = \"https://a.example/\"\nauthority = \"a.pem\"\n";
        assert!(Config::read(whole).is_ok());
        for (wrong, key) in [
            (whole.replace("authority = \"a.pem\"", ""), "authority"),
            (format!("{whole}seconds = 30\n"), "seconds"),
            (format!("{whole}key = \"k.pem\"\n"), "key"),
        ] {
            let error = Config::read(&wrong).unwrap_err().to_string();
            assert!(error.contains(&format!("mandate_register.{key}")), "{error}");
        }
    }

    /// ARC-6: how much signatures are asked for is chosen by register and group.
    #[test]
    fn the_levels_of_signatures_are_read_with_their_registers_and_groups() {
        let text = "[signatures]\nlevel = \"refuse\"\n[[signatures.exceptions]]\n\
                    controller = \"1.2.246.10.1\"\ngroup = \"4\"\nlevel = \"off\"\n";
        let levels = Config::read(text).unwrap().signatures.levels();
        let county = Oid::parse("1.2.246.10.1").unwrap();
        let level = |group| levels.level_for(Some(&county), Some(group));
        assert_eq!(level(DocumentGroup::Old), ConformanceLevel::Off);
        assert_eq!(level(DocumentGroup::Case), ConformanceLevel::Refuse);
    }

    #[test]
    fn the_public_base_has_no_slash_at_its_end() {
        let config = Config::read("[listen]\npublic_base = \"https://a.example/\"").unwrap();
        assert_eq!(config.public_base(), "https://a.example");
        assert_eq!(Config::default().public_base(), "https://localhost:8443");
    }
}
