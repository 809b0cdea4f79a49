//! Making the county: its documents archived in the order of each client's time, by several threads.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use varanto_app::archive::{InvalidationRequest, Submission};
use varanto_app::{App, AppError};
use varanto_domain::access::{Caller, Denial};
use varanto_domain::archive::documents::{DocumentGroup, Form, Part};
use varanto_domain::disclosure::Refused;
use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;
use varanto_domain::joining::Certificate;
use varanto_domain::time::{Clock, FinnishDay, Instant};
use varanto_formats::will::{Identified, Named, PermissionAct, RefusalAct, WillRequest};
use varanto_kit::county::{County, Event, Made};

use super::facts::Sample;
use super::{DemoError, Stop};
use crate::clock::MachineClock;
use crate::doors::Doors;

/// How many threads archive at the same time: their documents share commits.
const THREADS: usize = 8;

/// A clock that lives through five years as the county's documents do.
#[derive(Debug, Default)]
struct CountyClock(AtomicI64);

impl Clock for CountyClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// The making of a county.
pub struct Making {
    doors: Doors,
    county: Arc<County>,
    callers: HashMap<Oid, Caller>,
    /// The clients in the order in which they are made: those to look for come first.
    order: Vec<u32>,
    /// Clients whom the other county serves too: one permits disclosure, one permits it and refuses for
    /// the county, one has not been asked.
    shared: Vec<(u32, Sharing)>,
    next_place: AtomicUsize,
    made: AtomicU64,
    working: AtomicU32,
    waiting: AtomicU64,
    refused: Mutex<Vec<String>>,
    stop: Stop,
}

impl std::fmt::Debug for Making {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Making({} made)", self.made.load(Ordering::Relaxed))
    }
}

impl Making {
    /// The making of a county whose registers are loaded.
    #[must_use]
    pub fn of(doors: Doors, county: Arc<County>) -> Arc<Self> {
        let callers = callers(&doors.app);
        let mut order: Vec<u32> = county.sample_clients().iter().map(|one| one.number).collect();
        let samples = order.clone();
        order.extend((0..county.size().clients).filter(|number| !samples.contains(number)));
        let day = FinnishDay::of(MachineClock.now());
        let adults =
            county.sample_clients().into_iter().filter(|one| one.born.years_until(day) >= 18);
        let shared = adults.map(|one| one.number).zip(Sharing::ALL).collect();
        Arc::new(Self {
            doors,
            county,
            callers,
            order,
            shared,
            next_place: AtomicUsize::new(0),
            made: AtomicU64::new(0),
            working: AtomicU32::new(0),
            waiting: AtomicU64::new(0),
            refused: Mutex::new(Vec::new()),
            stop: Stop::default(),
        })
    }

    /// Tells what there is to look for. The first client's documents are archived now, so that the
    /// commands that are shown work from the start; the others' are made first of all.
    pub(super) fn samples(&self, most: usize) -> Result<Vec<Sample>, DemoError> {
        let clients = self.county.sample_clients();
        let told = clients.into_iter().take(most).enumerate();
        told.map(|(place, client)| self.sample(client.number, place == 0)).collect()
    }

    fn sample(&self, number: u32, now: bool) -> Result<Sample, DemoError> {
        let mut sample = Sample {
            identity_code: self.county.client(number).code.reveal().to_owned(),
            ..Sample::default()
        };
        let (app, clock) = self.archivist();
        for event in self.county.events_of(number..number + 1) {
            if let Event::Archive(made) = &event {
                sample.controller.get_or_insert_with(|| made.sender.to_string());
                remember(&mut sample, made);
            }
            if now {
                self.happen(&app, &clock, event).map_err(DemoError::Sample)?;
            }
        }
        if now {
            self.share(&app, &clock, number).map_err(DemoError::Sample)?;
        }
        sample.shared = self.sharing(number).map(Sharing::code);
        Ok(sample)
    }

    /// Starts the threads that make the rest.
    pub fn start(self: &Arc<Self>) {
        self.doors.progress.plan(self.county.size().documents);
        for _ in 0..THREADS {
            let making = Arc::clone(self);
            making.working.fetch_add(1, Ordering::Relaxed);
            std::thread::spawn(move || {
                making.work();
                making.working.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }

    /// Whether no thread works any more.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.working.load(Ordering::Relaxed) == 0
    }

    /// How many documents are made.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// How many documents of producers wait for the right to use the organiser's register.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// What the archive refused, with the codes of the faults; nothing, or there is a mistake.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes no more.
    pub fn stop(&self) {
        self.stop.set();
        while !self.ended() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// One thread: client after client, until there are none left.
    fn work(&self) {
        let (app, clock) = self.archivist();
        loop {
            let place = self.next_place.fetch_add(1, Ordering::Relaxed);
            let Some(number) = self.order.get(place).copied() else { return };
            for event in self.county.events_of(number..number + 1) {
                if self.stop.is_set() {
                    return;
                }
                let archives = matches!(event, Event::Archive(_));
                self.note(self.happen(&app, &clock, event));
                if archives {
                    let made = self.made.fetch_add(1, Ordering::Relaxed) + 1;
                    self.doors.progress.made(made);
                }
            }
            self.note(self.share(&app, &clock, number));
        }
    }

    fn note(&self, happened: Result<(), String>) {
        if let Err(why) = happened {
            self.refused.lock().unwrap_or_else(PoisonError::into_inner).push(why);
        }
    }

    fn sharing(&self, number: u32) -> Option<Sharing> {
        self.shared.iter().find(|(client, _)| *client == number).map(|(_, sharing)| *sharing)
    }

    /// Lets the other county serve a client too, and its unit record what the client permits and refuses.
    fn share(&self, app: &App, clock: &CountyClock, number: u32) -> Result<(), String> {
        let Some(sharing) = self.sharing(number) else { return Ok(()) };
        let mut made = self.county.events_of(number..number + 1).filter_map(|event| match event {
            Event::Archive(made) => self.county.in_neighbours_register(&made),
            Event::Invalidate { .. } => None,
        });
        let Some(relationship) = made.next() else { return Ok(()) };
        let now = clock.now();
        self.happen(app, clock, Event::Archive(relationship))?;
        clock.0.store(now.millis(), Ordering::Relaxed);
        if sharing == Sharing::Silent {
            return Ok(());
        }
        let caller = self.caller(&self.county.neighbour().id)?;
        let permission = self.request(number, PermissionAct::Give);
        patiently(|| app.record_permission(caller, &permission).map(drop))
            .map_err(|error| told("permission", &error))?;
        if sharing == Sharing::Refuses {
            let register = Refused::Controller(self.county.organisations()[0].id.clone());
            let refusal = self.request(number, RefusalAct::Refuse(register));
            patiently(|| app.record_refusal(caller, &refusal).map(drop))
                .map_err(|error| told("refusal", &error))?;
        }
        Ok(())
    }

    /// What the first unit of the other county records of a client's will.
    fn request<A>(&self, number: u32, act: A) -> WillRequest<A> {
        let client = self.county.client(number);
        let unit = &self.county.neighbour().units[0];
        let named = |given: &str, family: &str| Named {
            given_names: given.to_owned(),
            family_name: family.to_owned(),
        };
        let worker = &unit.workers[0];
        WillRequest {
            client: Identified {
                code: client.code,
                name: named(&client.given_names, &client.family_name),
            },
            act,
            unit: Some(unit.id.clone()),
            language: None,
            professional: Some(named(&worker.given_names, &worker.family_name)),
            title: Some(worker.title.to_owned()),
            representative: None,
            mandate_shown: false,
            explanation: None,
        }
    }

    fn archivist(&self) -> (App, Arc<CountyClock>) {
        let clock = Arc::new(CountyClock::default());
        (self.doors.app.with_clock(Arc::clone(&clock) as Arc<dyn Clock>), clock)
    }

    /// Lets one event happen, waiting while the archive is busy.
    fn happen(&self, app: &App, clock: &CountyClock, event: Event) -> Result<(), String> {
        match event {
            Event::Archive(made) => {
                clock.0.store(made.at.millis(), Ordering::Relaxed);
                let caller = self.caller(&made.sender)?;
                let document = made.document_id.to_string();
                let submission =
                    Submission { metadata: made.metadata_json.into_bytes(), parts: made.parts };
                match patiently(|| app.archive_document(caller, submission.clone()).map(drop)) {
                    Err(AppError::Denied(Denial::AnotherRegister)) => {
                        self.waiting.fetch_add(1, Ordering::Relaxed);
                        Ok(())
                    }
                    other => other.map_err(|error| told(&document, &error)),
                }
            }
            Event::Invalidate { at, sender, document, reason } => {
                clock.0.store(at.millis(), Ordering::Relaxed);
                let caller = self.caller(&sender)?;
                let request = InvalidationRequest { reason: reason.to_owned(), explanation: None };
                match patiently(|| app.invalidate_document(caller, &document, &request)) {
                    Ok(()) | Err(AppError::AlreadyInvalidated(_)) => Ok(()),
                    Err(error) => Err(told(document.as_str(), &error)),
                }
            }
        }
    }

    fn caller(&self, sender: &Oid) -> Result<&Caller, String> {
        self.callers.get(sender).ok_or_else(|| format!("no system acts for {sender}"))
    }
}

/// What a client whom the other county serves too says of disclosure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sharing {
    /// It is permitted.
    Permits,
    /// It is permitted, but not of the county's register.
    Refuses,
    /// Nothing.
    Silent,
}

impl Sharing {
    const ALL: [Self; 3] = [Self::Permits, Self::Refuses, Self::Silent];

    const fn code(self) -> &'static str {
        match self {
            Self::Permits => "permits",
            Self::Refuses => "refuses",
            Self::Silent => "silent",
        }
    }
}

/// The callers that the county's systems are, by the organisation that each acts for.
fn callers(app: &App) -> HashMap<Oid, Caller> {
    let registry = app.registry();
    let mut all = HashMap::new();
    for system in registry.registers().systems() {
        for organisation in &system.organisations {
            let certificate = Certificate {
                subject_serial: Some(organisation.as_str()),
                fingerprint: &[0; 32],
                common_name: Some(&system.id),
            };
            if let Ok(caller) = app.caller_of_certificate(&certificate) {
                all.insert(organisation.clone(), caller);
            }
        }
    }
    all
}

/// Tries again while the archive is busy with others.
fn patiently(mut act: impl FnMut() -> Result<(), AppError>) -> Result<(), AppError> {
    loop {
        match act() {
            Err(AppError::Store(varanto_app::StoreError::Busy)) => {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            other => return other,
        }
    }
}

fn told(document: &str, error: &AppError) -> String {
    match error {
        AppError::Refused(faults) => {
            let fault = |fault: &Fault| format!("{} {}", fault.code(), fault.element);
            let faults: Vec<String> = faults.iter().map(fault).collect();
            format!("{document}: {}", faults.join(", "))
        }
        other => format!("{document}: {other}"),
    }
}

fn remember(sample: &mut Sample, made: &Made) {
    let document = made.document_id.to_string();
    let told: serde_json::Value = serde_json::from_str(&made.metadata_json).unwrap_or_default();
    if made.group == DocumentGroup::Relationship {
        sample.active = is_active(made);
    }
    if matches!(made.group, DocumentGroup::Relationship | DocumentGroup::Case) {
        let id = |name: &str| told[name].as_str().map(str::to_owned);
        sample.relationship_id = id("relationship_id").or(sample.relationship_id.take());
        sample.case_id = id("case_id").or(sample.case_id.take());
        sample.service_task = id("service_task").or(sample.service_task.take());
        let unit = told["service_unit"]["id"].as_str().map(str::to_owned);
        sample.unit = unit.or(sample.unit.take());
    }
    match (made.group, made.form) {
        (DocumentGroup::Relationship, _) => sample.relationships.push(document),
        (DocumentGroup::Case, _) => sample.cases.push(document),
        (_, Form::Structured) => sample.structured.push(document),
        (_, Form::Xhtml) => sample.views.push(document),
        (_, Form::Pdf) => sample.pdfs.push(document),
    }
}

/// Whether a relationship document tells of a relationship that runs.
fn is_active(made: &Made) -> bool {
    const HEADING: &str = "/asiakkuusasiakirja/sosiaalihuollon_asiakkuus";
    let structured = made.parts.iter().find(|(part, _)| *part == Part::Structured);
    let content: Option<serde_json::Value> =
        structured.and_then(|(_, bytes)| serde_json::from_slice(bytes).ok());
    let heading = content.as_ref().and_then(|content| content.pointer(HEADING));
    heading.is_some_and(|heading| {
        heading.get("asiakkuuden_paattymispvm").is_none()
            && heading.get("vanha_asiakkuus").is_none()
    })
}
