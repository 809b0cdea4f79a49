//! The demonstration: a believable synthetic county in an archive of its own, open while the rest of
//! it is still being made.

mod facts;
mod making;
mod population;
mod signing;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use varanto_app::administer::LoadError;
use varanto_app::users::Loading;
use varanto_domain::time::{Clock, FinnishDay};
use varanto_kit::county::{County, CountySize};
use varanto_kit::oidc::Provider;

use crate::certificates::write_private;
use crate::clock::MachineClock;
use crate::config::{Config, Log};
use crate::doors::Doors;
use crate::opening::{Opening, OpeningError};
use crate::server::Server;

pub use facts::{DemoFile, Sample};
pub use making::Making;
pub use population::PersonSample;
pub use signing::prepare as signatures;

/// The seed of the one demonstration county.
const SEED: u64 = 20_261_123;

/// How many clients `demo.json` names.
const SAMPLES: usize = 4;

/// What the demonstration is asked for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The directory that holds everything.
    pub directory: PathBuf,
    /// The port; 0 for any that is free.
    pub port: u16,
    /// How large the county is.
    pub size: CountySize,
}

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The archive does not open.
    #[error(transparent)]
    Opening(#[from] OpeningError),
    /// The county's registers do not load.
    #[error("the county's registers do not load: {0}")]
    Registers(#[from] LoadError),
    /// A file cannot be written.
    #[error(transparent)]
    Certificate(#[from] crate::certificates::CertificateError),
    /// A file cannot be read or made.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// The doors do not open.
    #[error(transparent)]
    Server(#[from] crate::server::ServerError),
    /// A sample is not accepted, which tests rule out.
    #[error("a sample document was not accepted: {0}")]
    Sample(String),
}

/// What a county in a directory was made from, so that going on later makes the same one.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
struct Plan {
    until: String,
    clients: u32,
    documents: u64,
    complete: bool,
}

/// A demonstration that is open.
#[derive(Debug)]
pub struct Demo {
    /// Its doors.
    pub doors: Doors,
    /// What `demo.json` tells.
    pub file: DemoFile,
    /// How the rest is being made.
    pub making: Arc<Making>,
    /// How large the county is, whatever was asked: it may have been there before.
    pub size: CountySize,
    server: Server,
    directory: PathBuf,
}

impl Demo {
    /// Opens the demonstration: registers, certificates, people, a few clients; the rest follows in
    /// threads of its own.
    pub fn open(wish: &Wish) -> Result<Self, DemoError> {
        std::fs::create_dir_all(&wish.directory)?;
        let directory = wish.directory.canonicalize()?;
        let (county, complete) = planned(&directory, wish.size)?;
        let county = Arc::new(county);
        let mut config = config(&directory, wish.port);
        config.signatures = signing::prepare(&directory, &county)?;
        let mut provider = None;
        let mut opening =
            Opening::prepare(config, Arc::new(MachineClock), |config, authority, base| {
                let made = facts::provider(&county, base);
                made.issuer().clone_into(&mut config.tokens.issuer);
                config.login = facts::login(&made, authority);
                let keys = serde_json::from_str(&made.keys_json()).ok();
                provider = Some(made);
                keys
            })?;
        let provider: Provider = provider.expect("the keys were asked for");
        let doors = opening.doors.clone();
        doors.app.load_registers("county", county.registers_json().into_bytes())?;
        doors.app.load_registers("systems", county.systems_json().into_bytes())?;
        // What a main user has changed at the doors stays.
        match doors.app.load_users(county.users_json().as_bytes(), Loading::default()) {
            Ok(_) | Err(LoadError::Undoes(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let register = population::connect(&directory, &county, &mut opening)?;
        let making = Making::of(doors.clone(), Arc::clone(&county));
        let samples = making.samples(SAMPLES)?;
        let file = facts::gather(&directory, &opening, &county, &provider, samples, complete)?;
        let _ = doors.demo.set(facts::shown(&file, &county, &provider, signing::cards(&directory)));
        let beside = axum::Router::new()
            .nest("/oidc", provider.router())
            .nest(population::PATH, register.router());
        let server = opening.open(beside)?;
        write_json(&directory.join("demo.json"), &file)?;
        if !complete {
            making.start();
        }
        let size = county.size();
        Ok(Self { doors, file, making, size, server, directory })
    }

    /// Writes down that everything is made.
    pub fn complete(&mut self) -> Result<(), DemoError> {
        let plan_file = self.directory.join("plan.json");
        let mut plan: Plan =
            serde_json::from_slice(&std::fs::read(&plan_file)?).map_err(std::io::Error::other)?;
        plan.complete = true;
        write_json(&plan_file, &plan)?;
        self.file.complete = true;
        write_json(&self.directory.join("demo.json"), &self.file)
    }

    /// The folder in which the archivist's desk finds batches of old client data.
    #[must_use]
    pub fn batches(&self) -> &Path {
        &self.doors.config.old_data.batches
    }

    /// Ends: makes no more, lets running requests end, closes the archive.
    pub async fn end(self) {
        self.making.stop();
        self.doors.end();
        self.server.end().await;
        self.doors.app.clone().close();
    }
}

fn config(directory: &Path, port: u16) -> Config {
    let mut config = Config { data: directory.join("archive"), ..Config::default() };
    config.listen.addresses = vec![([127, 0, 0, 1], port).into()];
    config.pages.show_counts = true;
    config.old_data.batches = directory.join("batches");
    config.transfer.folder = directory.join("transfers");
    config.log = Log { filter: "warn".into(), ..Log::default() };
    config
}

/// The county of a directory, and whether it was made to its end; a new one for a new directory.
fn planned(directory: &Path, size: CountySize) -> Result<(County, bool), DemoError> {
    let file = directory.join("plan.json");
    let plan = if let Ok(text) = std::fs::read(&file) {
        serde_json::from_slice(&text).map_err(std::io::Error::other)?
    } else {
        let plan = Plan {
            until: FinnishDay::of(MachineClock.now()).to_string(),
            clients: size.clients,
            documents: size.documents,
            complete: false,
        };
        write_json(&file, &plan)?;
        plan
    };
    let until = FinnishDay::parse(&plan.until)
        .ok_or_else(|| std::io::Error::other("plan.json names no day"))?;
    let size = CountySize { clients: plan.clients, documents: plan.documents };
    Ok((County::new(SEED, size, until), plan.complete))
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), DemoError> {
    let text = serde_json::to_vec_pretty(value).map_err(std::io::Error::other)?;
    Ok(write_private(path, &text)?)
}

/// A flag that threads look at.
#[derive(Debug, Default)]
struct Stop(AtomicBool);

impl Stop {
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
