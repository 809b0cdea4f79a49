//! The archive to measure, with a synthetic county in it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use varanto_app::archive::{InvalidationRequest, Submission};
use varanto_app::{App, AppError, AppOptions};
use varanto_domain::access::Caller;
use varanto_domain::archive::documents::{DocumentGroup, Form};
use varanto_domain::ids::Oid;
use varanto_domain::joining::Certificate;
use varanto_domain::time::{Clock, FinnishDay, Instant};
use varanto_kit::county::{County, CountySize, Event, Made};

type Failure = Box<dyn std::error::Error>;

/// A clock that shows what it is told, and moves on by itself a little with every look.
pub(crate) struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::Relaxed))
    }
}

impl SetClock {
    fn at(instant: Instant) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(instant.millis())))
    }
}

/// The day on which the county's five years end.
pub(crate) fn until() -> FinnishDay {
    FinnishDay::new(2026, 11, 20).expect("the calendar has that day")
}

/// The archive, its county, and the caller that the county's system is.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) county: County,
    pub(crate) caller: Caller,
}

/// A document ready to be archived again and again under measurement.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) submission: Submission,
    pub(crate) document: Oid,
    pub(crate) client: varanto_domain::ids::ClientIdentifier,
}

impl World {
    /// Opens an archive and loads the county's registers.
    pub(crate) fn open(place: &AppOptions, size: CountySize) -> Result<Self, Failure> {
        let clock = SetClock::at(until().plus_days(2).start());
        let app = App::open(place, clock)?;
        let county = County::new(1, size, until());
        app.load_registers("county", county.registers_json().into_bytes())
            .map_err(|error| format!("the county's register: {error:?}"))?;
        app.load_registers("systems", county.systems_json().into_bytes())
            .map_err(|error| format!("the county's systems: {error:?}"))?;
        let own = county.organisations()[0].id.to_string();
        let certificate =
            Certificate { subject_serial: Some(&own), fingerprint: &[0; 32], common_name: None };
        let caller = app
            .caller_of_certificate(&certificate)
            .map_err(|unknown| format!("the county's system: {}", unknown.code()))?;
        Ok(Self { app, county, caller })
    }

    /// Archives an event; answers whether it was a document.
    pub(crate) fn happen(&self, event: Event) -> Result<bool, AppError> {
        match event {
            Event::Archive(made) => {
                self.app.archive_document(&self.caller, submission(made))?;
                Ok(true)
            }
            Event::Invalidate { document, reason, .. } => {
                let request = InvalidationRequest { reason: reason.to_owned(), explanation: None };
                match self.app.invalidate_document(&self.caller, &document, &request) {
                    Ok(()) | Err(AppError::Denied(_)) => Ok(false),
                    Err(error) => Err(error),
                }
            }
        }
    }

    /// Archives the events of these clients on several threads.
    pub(crate) fn load(&self, clients: std::ops::Range<u32>, threads: u32) -> Result<u64, Failure> {
        let width = clients.len().div_ceil(threads as usize).max(1) as u32;
        let loaded = std::thread::scope(|scope| {
            let parts: Vec<_> = (clients.start..clients.end)
                .step_by(width as usize)
                .map(|from| {
                    let to = (from + width).min(clients.end);
                    scope.spawn(move || -> Result<u64, String> {
                        let mut loaded = 0;
                        for event in self.county.events_of(from..to) {
                            let told = tell(&event);
                            match self.happen(event) {
                                Ok(document) => loaded += u64::from(document),
                                Err(error) => return Err(format!("{told}: {error:?}")),
                            }
                        }
                        Ok(loaded)
                    })
                })
                .collect();
            parts
                .into_iter()
                .map(|part| part.join().expect("a loader broke down"))
                .sum::<Result<u64, String>>()
        })?;
        Ok(loaded)
    }

    fn archive(&self, made: Made) -> Result<(), Failure> {
        let archived = self.app.archive_document(&self.caller, submission(made));
        archived.map(drop).map_err(|error| format!("{error:?}").into())
    }

    /// Archives the relationships and cases of all clients and the first document on each structure,
    /// so that its dictionary is trained; gives so many structured client documents to archive under
    /// measurement.
    pub(crate) fn prepare(&self, clients: u32, documents: usize) -> Result<Vec<Prepared>, Failure> {
        let mut prepared = Vec::with_capacity(documents);
        let mut warm = std::collections::HashSet::new();
        for event in self.county.events_of(0..clients) {
            let Event::Archive(made) = event else { continue };
            let first = made.metadata_json.contains("\"version\":1,");
            let attached = made.metadata_json.contains("\"main_document\"");
            match made.group {
                DocumentGroup::Relationship | DocumentGroup::Case => self.archive(made)?,
                DocumentGroup::LaterPhase
                    if first && !attached && made.form == Form::Structured =>
                {
                    if warm.insert(structure_of(&made)?) {
                        self.archive(made)?;
                    } else if prepared.len() < documents {
                        prepared.push(prepare(made)?);
                    }
                }
                _ => {}
            }
        }
        Ok(prepared)
    }
}

fn tell(event: &Event) -> String {
    match event {
        Event::Archive(made) => format!("{} {:?}", made.document_id, made.group),
        Event::Invalidate { document, .. } => format!("invalidate {document}"),
    }
}

/// The submission of a made document.
pub(crate) fn submission(made: Made) -> Submission {
    Submission { metadata: made.metadata_json.into_bytes(), parts: made.parts }
}

fn structure_of(made: &Made) -> Result<String, Failure> {
    let metadata: serde_json::Value = serde_json::from_str(&made.metadata_json)?;
    Ok(metadata["structure"].as_str().unwrap_or_default().to_owned())
}

fn prepare(made: Made) -> Result<Prepared, Failure> {
    use varanto_domain::ids::{ClientIdentifier, PersonalIdentityCode, TemporaryIdentifier};
    let document = made.document_id.clone();
    let metadata: serde_json::Value = serde_json::from_str(&made.metadata_json)?;
    let client = if let Some(code) = metadata["client"]["identity_code"].as_str() {
        ClientIdentifier::Code(
            PersonalIdentityCode::parse(code).map_err(|_| "an identity code that does not read")?,
        )
    } else {
        let id = &metadata["client"]["temporary_id"];
        let root = Oid::parse(id["root"].as_str().unwrap_or_default())
            .map_err(|_| "a temporary identifier's root that does not read")?;
        let given = TemporaryIdentifier::new(&root, id["extension"].as_str().unwrap_or_default())
            .map_err(|_| "a temporary identifier that does not read")?;
        ClientIdentifier::Temporary(given)
    };
    Ok(Prepared { submission: submission(made), document, client })
}
