//! What the population register says of clients, and what turns on it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use varanto_app::AppError;
use varanto_app::administer::LoadError;
use varanto_app::archive::{DocumentQuery, SummaryQuery};
use varanto_app::persons::{AskError, KeptPersons, PopulationRegister};
use varanto_domain::access::{Caller, Denial, LookReason, Purpose, Reason, Role};
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::FinnishDay;
use varanto_formats::persons::{PersonAnswer, write};

use crate::oversight::person;
use crate::world::{
    COUNTY, OPERATING_UNIT, SetClock, System, World, ask, client, instant, justified,
};

/// A register that says what it was told to say, and counts how often it was asked.
#[derive(Default)]
pub(crate) struct Told {
    persons: Mutex<Vec<(PersonalIdentityCode, PersonFacts)>>,
    silent: Mutex<bool>,
    asked: AtomicUsize,
    clock: Mutex<Option<Arc<SetClock>>>,
}

impl Told {
    pub(crate) fn in_world(world: &World) -> Arc<Self> {
        let told = Arc::new(Self::default());
        *told.clock.lock().unwrap() = Some(Arc::clone(&world.clock));
        let register = Arc::clone(&told) as Arc<dyn PopulationRegister>;
        world.app.connect_population_register(register, Duration::from_hours(12));
        told
    }

    pub(crate) fn say(&self, code: PersonalIdentityCode, facts: PersonFacts) {
        let mut persons = self.persons.lock().unwrap();
        persons.retain(|(known, _)| *known != code);
        persons.push((code, facts));
    }

    fn answer(
        &self,
        is_asked: impl Fn(&&(PersonalIdentityCode, PersonFacts)) -> bool,
    ) -> PersonAnswer {
        use varanto_domain::time::Clock;
        let told_at = self.clock.lock().unwrap().as_ref().expect("in a world").now();
        let known = self.persons.lock().unwrap();
        PersonAnswer { told_at, persons: known.iter().filter(is_asked).cloned().collect() }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl PopulationRegister for Told {
    fn ask(&self, codes: &[PersonalIdentityCode]) -> Result<PersonAnswer, String> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if *self.silent.lock().unwrap() {
            return Err("it does not answer".to_owned());
        }
        Ok(self.answer(|(code, _)| codes.contains(code)))
    }

    fn ask_of_guardian(&self, guardian: PersonalIdentityCode) -> Result<PersonAnswer, String> {
        Ok(self.answer(|(_, facts)| facts.guardians.iter().any(|one| one.code == guardian)))
    }
}

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

fn dead_since(text: &str) -> PersonFacts {
    PersonFacts { died_on: Some(day(text)), ..PersonFacts::default() }
}

fn told(at: &str, persons: &[(PersonalIdentityCode, PersonFacts)]) -> Vec<u8> {
    write(&PersonAnswer { told_at: instant(at), persons: persons.to_vec() }).into_bytes()
}

fn denied<T: std::fmt::Debug>(answer: Result<T, AppError>) -> &'static str {
    match answer {
        Err(AppError::Denied(denial)) => denial.code(),
        other => panic!("{other:?}"),
    }
}

/// REG-5: a client is asked about from the first archiving on, and again when it is time; what was told and
/// has not changed leaves one line and one row.
#[test]
fn every_client_is_asked_about_at_first_and_again_when_it_is_time() {
    let world = World::new();
    let (one, other) = (client(1), client(2));
    let register = Told::in_world(&world);
    world.open_case(&one);
    world.open_case(&other);
    register.say(one.code, dead_since("2026-10-30"));
    assert_eq!(world.app.ask_due_persons(100).unwrap(), 2);
    assert_eq!(world.app.ask_due_persons(100).unwrap(), 0);
    world.clock.forward_millis(12 * 3_600_000);
    assert_eq!(world.app.ask_due_persons(1).unwrap(), 1);
    assert_eq!(world.app.ask_due_persons(100).unwrap(), 1);
    assert_eq!(register.asked(), 3);
    assert_eq!(lines_of_facts(&world), 1);
    assert_eq!(world.damage(), Vec::<String>::new());
}

fn lines_of_facts(world: &World) -> i64 {
    let sql = "SELECT count(*) FROM use_log JOIN term ON term.number = use_log.actor
        WHERE term.text = 'archive' AND client_key IS NOT NULL";
    ask(world.folder.path(), sql)[0][0].parse().unwrap()
}

/// REG-5: a register that does not answer leaves everybody due, and a refusal to answer is told.
#[test]
fn a_silent_register_leaves_everybody_due() {
    let world = World::new();
    world.open_case(&client(1));
    assert!(matches!(world.app.ask_due_persons(10), Err(AskError::NotConnected)));
    let register = Told::in_world(&world);
    *register.silent.lock().unwrap() = true;
    assert!(matches!(world.app.ask_due_persons(10), Err(AskError::Silent(_))));
    *register.silent.lock().unwrap() = false;
    assert_eq!(world.app.ask_due_persons(10).unwrap(), 1);
}

/// REG-5: a file does what a connection does; a dry run keeps nothing; older and unknown are passed over.
#[test]
fn a_file_is_loaded_with_a_dry_run_before() {
    let world = World::new();
    let (one, stranger) = (client(1), client(2));
    let dossier = world.open_case(&one);
    let persons = [(one.code, dead_since("2026-10-30")), (stranger.code, PersonFacts::default())];
    let file = told("2026-11-02T06:00:00Z", &persons);
    let kept = KeptPersons { clients: 1, changed: 1, older: 0, strangers: 1 };
    assert_eq!(world.app.load_persons(&file, true).unwrap(), kept);
    let note = world.note(&dossier);
    world.archive(&note);
    world.app.open_document(&world.county(), &note.id(), Purpose::READ).unwrap();

    assert_eq!(world.app.load_persons(&file, false).unwrap(), kept);
    let look = world.app.open_document(&world.county(), &note.id(), Purpose::READ);
    assert_eq!(denied(look), "deceased-wants-reason");

    let older = told("2026-11-01T06:00:00Z", &[(one.code, PersonFacts::default())]);
    let passed = KeptPersons { older: 1, ..KeptPersons::default() };
    assert_eq!(world.app.load_persons(&older, false).unwrap(), passed);
    let again = KeptPersons { changed: 0, ..kept };
    assert_eq!(world.app.load_persons(&file, false).unwrap(), again);
    for (wrong, code) in
        [(told("2026-11-03T06:00:00Z", &[]), "wrong-time"), (b"[]".to_vec(), "wrong-type")]
    {
        match world.app.load_persons(&wrong, false) {
            Err(LoadError::Faults(faults)) => assert_eq!(faults[0].code(), code),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// OLD-3: from the day of death on, a look at the documents wants a reason, over every way to them, and
/// explaining says so; a death stays known however old the telling is.
#[test]
fn looks_at_a_deceased_clients_documents_want_a_reason() {
    let world = World::new();
    let one = client(1);
    let dossier = world.open_case(&one);
    let note = world.note(&dossier);
    world.archive(&note);
    let file = told("2026-11-02T06:00:00Z", &[(one.code, dead_since("2026-11-01"))]);
    world.app.load_persons(&file, false).unwrap();
    for later in ["2026-11-02T12:00:00+02:00", "2027-06-02T12:00:00+03:00"] {
        world.clock.set(later);
        let county = world.county();
        let plain = world.app.open_content(&county, &note.id(), None, Purpose::READ);
        assert_eq!(denied(plain), "deceased-wants-reason");
        let versions = world.app.list_versions(&county, &note.id(), Purpose::READ);
        assert_eq!(denied(versions), "deceased-wants-reason");
        let query = varanto_app::archive::DocumentQuery {
            client: Some(one.identifier()),
            ..Default::default()
        };
        assert!(world.app.find_documents(&county, &query).unwrap().hits.is_empty());
        let why = Some(Reason::Look(LookReason::InformationRequest));
        let query = varanto_app::archive::DocumentQuery { reason: why, ..query };
        assert!(!world.app.find_documents(&county, &query).unwrap().hits.is_empty());
        world.app.open_content(&county, &note.id(), None, justified()).unwrap();
        let asked = varanto_app::archive::AccessQuestion {
            document: note.id(),
            action: varanto_domain::access::Action::Read,
            purpose: Purpose::READ,
        };
        let explained = world.app.explain_access(&county, &asked).unwrap();
        assert_eq!(explained.answer.unwrap_err(), Denial::DeceasedWantsReason);
    }
}

/// ARC-10, DIS-1: a search and a summary ask the register before they are decided, once for the client; where nothing is
/// shown either way, nobody is asked about; and a register that does not answer is not waited for again at once.
#[test]
fn lists_of_a_client_ask_the_register_first() {
    let world = World::new();
    let one = client(1);
    let dossier = world.open_case(&one);
    world.archive(&world.note(&dossier));
    let register = Told::in_world(&world);
    register.say(one.code, PersonFacts::default());
    let worker = person(&world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    let reason = Some(Reason::Look(LookReason::Urgent));
    let masked = |caller: &Caller| {
        let client = Some(one.identifier());
        let query = DocumentQuery { client, reason, ..DocumentQuery::default() };
        let hits = world.app.find_documents(caller, &query).unwrap().hits;
        hits.iter().map(|hit| hit.masked).collect::<Vec<_>>()
    };
    let summed_up = |caller: &Caller| {
        let client = one.identifier();
        let query = SummaryQuery { client, enriched: false, situation: None, reason };
        let summary = world.app.client_summary(caller, &query).unwrap();
        summary.relationships.iter().map(|one| one.item.masked).collect::<Vec<_>>()
    };
    let stranger = world.caller(System::Neighbour);
    assert_eq!((masked(&stranger), summed_up(&stranger)), (vec![], vec![]));
    assert_eq!(register.asked(), 0);
    assert_eq!(masked(&worker), [false, false, false]);
    assert_eq!((summed_up(&worker), register.asked()), (vec![false], 1));
    world.clock.forward_millis(3 * 86_400_000);
    assert_eq!((summed_up(&worker), register.asked()), (vec![false], 2));
    assert_eq!((masked(&worker).len(), register.asked()), (3, 2));
    world.clock.forward_millis(3 * 86_400_000);
    *register.silent.lock().unwrap() = true;
    assert_eq!((masked(&worker), register.asked()), (vec![true, true, true], 3));
    assert_eq!((summed_up(&worker), register.asked()), (vec![true], 3));
}
