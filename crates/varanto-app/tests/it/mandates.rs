//! Mandates of adults: who has one says the mandate register each time, what it covers says the mandate.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use varanto_app::archive::DocumentQuery;
use varanto_app::mandates::MandateRegister;
use varanto_app::oversight::OwnLogQuery;
use varanto_domain::access::{Caller, Purpose, Role, Situation};
use varanto_domain::disclosure::Refused;
use varanto_domain::ids::Oid;
use varanto_domain::mandates::{Mandate, Matter};
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::{FinnishDay, Validity};
use varanto_formats::mandates::MandateQuestion;
use varanto_formats::will::{Identified, Named, PermissionAct, RefusalAct, WillRequest};

use crate::access::code;
use crate::oversight::{officer, own_log_of, person};
use crate::whereabouts::{secret_in, telling_note};
use crate::wills::recording;
use crate::world::{COUNTY, Client, Dossier, System, UNIT, World, client};

const BY_MANDATE: Purpose = Purpose::READ.in_situation(Situation::Mandate);

/// A register that says what it was told to say of any two persons, and remembers whom it was asked about.
#[derive(Default)]
struct Told {
    mandates: Mutex<Vec<Mandate>>,
    silent: Mutex<bool>,
    asked: AtomicUsize,
    last: Mutex<Option<MandateQuestion>>,
}

impl MandateRegister for Told {
    fn ask(&self, question: &MandateQuestion) -> Result<Vec<Mandate>, String> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        *self.last.lock().unwrap() = Some(*question);
        if *self.silent.lock().unwrap() {
            return Err("it does not answer".to_owned());
        }
        Ok(self.mandates.lock().unwrap().clone())
    }
}

/// An adult with a case, a relative who is a client too, and a register that knows of no mandate yet.
pub(crate) struct Relatives {
    pub(crate) world: World,
    pub(crate) adult: Client,
    relative: Client,
    pub(crate) caller: Caller,
    pub(crate) dossier: Dossier,
    register: Arc<Told>,
}

impl Relatives {
    pub(crate) fn new() -> Self {
        let world = World::new();
        let adult = client(1);
        let dossier = world.open_case(&adult);
        let relative = client(7);
        world.open_case(&relative);
        let caller = world.citizen(&relative);
        let register = Arc::new(Told::default());
        world.app.connect_mandate_register(Arc::clone(&register) as Arc<dyn MandateRegister>);
        let all = Self { world, adult, relative, caller, dossier, register };
        all.know(PersonFacts::default());
        all
    }

    /// The population register tells of the adult.
    fn know(&self, facts: PersonFacts) {
        let born_on = Some(self.adult.code.birth_day());
        self.world.tell(vec![(self.adult.code, PersonFacts { born_on, ..facts })]);
    }

    pub(crate) fn mandate(&self, matters: &[Matter], last: Option<&str>) {
        let day = |text| FinnishDay::parse(text).unwrap();
        let days = Validity { first: day("2026-01-01"), last: last.map(day) };
        *self.register.mandates.lock().unwrap() = vec![Mandate { matters: matters.to_vec(), days }];
    }

    fn withdraw(&self) {
        self.register.mandates.lock().unwrap().clear();
    }

    fn asked(&self) -> usize {
        self.register.asked.load(Ordering::SeqCst)
    }

    fn opens(&self, id: &Oid) -> &'static str {
        code(self.world.app.open_content(&self.caller, id, None, BY_MANDATE))
    }

    fn found(&self) -> usize {
        let query = DocumentQuery {
            client: Some(self.adult.identifier()),
            situation: Some(Situation::Mandate),
            ..DocumentQuery::default()
        };
        self.world.app.find_documents(&self.caller, &query).unwrap().hits.len()
    }

    fn acting<A>(&self, act: A, role: &'static str, mandate_shown: bool) -> WillRequest<A> {
        let (given_names, family_name) =
            (self.relative.given.clone(), self.relative.family.clone());
        let name = Named { given_names, family_name };
        let representative = Identified { code: self.relative.code, name };
        WillRequest {
            representative: Some((representative, role)),
            mandate_shown,
            ..recording(&self.adult, UNIT, act)
        }
    }

    fn permits(&self, caller: &Caller, role: &'static str, shown: bool) -> &'static str {
        let request = self.acting(PermissionAct::Give, role, shown);
        code(self.world.app.record_permission(caller, &request))
    }
}

/// DIS-5: who has an adult's mandate sees the adult's documents, while it runs and where it covers that; a
/// mandate that is withdrawn shows nothing from the next look on.
#[test]
fn one_with_a_mandate_sees_what_it_covers_while_it_runs() {
    let all = Relatives::new();
    let note = all.world.note(&all.dossier);
    all.world.archive(&note);
    let note = note.id();
    assert_eq!((all.opens(&note), all.found()), ("mandate-missing", 0));
    all.mandate(&[Matter::SayWill], None);
    assert_eq!((all.opens(&note), all.found()), ("mandate-does-not-cover", 0));
    all.mandate(&[Matter::SeeDocuments], Some("2026-11-02"));
    assert_eq!(all.opens(&note), "yes");
    let shown = all.found();
    assert!(shown > 0);
    let asked = all.register.last.lock().unwrap().unwrap();
    assert_eq!(asked, MandateQuestion { holder: all.relative.code, principal: all.adult.code });
    all.withdraw();
    assert_eq!((all.opens(&note), all.found()), ("mandate-missing", 0));
    all.mandate(&[Matter::SeeDocuments], Some("2026-11-02"));
    all.world.clock.set("2026-11-03T10:00:00+02:00");
    all.know(PersonFacts::default());
    assert_eq!((all.opens(&note), all.found()), ("mandate-missing", 0));
    // In the usual situation a citizen asks about themself, and the register about nobody.
    all.mandate(&Matter::ALL, None);
    let asked = all.asked();
    let plain = all.world.app.open_content(&all.caller, &note, None, Purpose::READ);
    assert_eq!((code(plain), all.asked()), ("another-persons-document", asked));
    assert_eq!(all.opens(&note), "yes");
    // The client's death ends it.
    all.know(PersonFacts { died_on: FinnishDay::parse("2026-11-03"), ..PersonFacts::default() });
    assert_eq!((all.opens(&note), all.found()), ("mandate-missing", 0));
}

/// DIS-5: a register that does not answer gives nobody a mandate, and is not waited for again for half a minute.
#[test]
fn what_the_register_does_not_say_holds_for_nothing() {
    let all = Relatives::new();
    let note = all.world.note(&all.dossier);
    all.world.archive(&note);
    all.mandate(&Matter::ALL, None);
    *all.register.silent.lock().unwrap() = true;
    assert_eq!((all.opens(&note.id()), all.asked()), ("mandate-missing", 1));
    *all.register.silent.lock().unwrap() = false;
    assert_eq!((all.opens(&note.id()), all.asked()), ("mandate-missing", 1));
    all.world.clock.forward_millis(30_000);
    assert_eq!((all.opens(&note.id()), all.asked()), ("yes", 2));
}

/// DIS-5, CIT-2, CIT-3: what is held back from the client is held back from one with a mandate.
#[test]
fn what_is_held_back_is_held_back_from_one_with_a_mandate() {
    let all = Relatives::new();
    all.mandate(&Matter::ALL, None);
    let held = |path: &str, value: &str| {
        let note = all.world.note(&all.dossier).set(path, value).set("inaccessible_reason", "1");
        all.world.archive(&note);
        note.id()
    };
    assert_eq!(all.opens(&held("special_content", "K")), "special-content");
    assert_eq!(all.opens(&held("display_delay_until", "2026-11-03")), "showing-delayed");
    let paper = all.world.phase_one(&all.dossier);
    all.world.archive(&paper);
    assert_eq!(all.opens(&paper.id()), "excluded-from-view");
}

/// DIS-5, ARC-10: of a client under a safety order one with a mandate sees nothing that tells the place.
#[test]
fn one_with_a_mandate_of_a_client_under_an_order_sees_no_place() {
    let all = Relatives::new();
    all.mandate(&Matter::ALL, None);
    let note = telling_note(&all.world, &all.dossier);
    all.world.archive(&note);
    let order = Validity { first: FinnishDay::parse("2026-01-10").unwrap(), last: None };
    for (order, masked) in [(None, false), (Some(order), true)] {
        all.know(PersonFacts { safety_order: order, ..PersonFacts::default() });
        let app = &all.world.app;
        let view = app.open_document(&all.caller, &note.id(), BY_MANDATE).unwrap();
        let opened = app.open_content(&all.caller, &note.id(), None, BY_MANDATE).unwrap();
        let parts: Vec<_> =
            opened.parts.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect();
        let told = format!("{view:?} {}", parts.join(" "));
        assert_eq!((view.masked, secret_in(&told).is_none()), (masked, masked), "{told}");
    }
}

/// DIS-5, DIS-2: at a unit one with a mandate says what the client permits and refuses, when the register says
/// that the mandate covers it or a mandate in writing is shown; other representatives need none.
#[test]
fn one_with_a_mandate_says_the_will_where_it_covers_that() {
    let all = Relatives::new();
    let county = all.world.county();
    assert_eq!(all.permits(&county, "34", false), "mandate-not-confirmed");
    all.mandate(&[Matter::SeeDocuments], None);
    assert_eq!(all.permits(&county, "34", false), "mandate-not-confirmed");
    let asked = all.asked();
    assert_eq!(all.permits(&county, "32", false), "yes");
    assert_eq!(all.asked(), asked);
    all.mandate(&[Matter::SayWill], None);
    let task = Refused::ServiceTask("24".into());
    let refuses = all.acting(RefusalAct::Refuse(task.clone()), "34", false);
    assert_eq!(code(all.world.app.record_refusal(&county, &refuses)), "yes");
    let entries = all.world.app.current_refusals(&county, all.adult.code).unwrap().entries;
    assert_eq!(entries.len(), 1);
    all.withdraw();
    let withdraws = all.acting(RefusalAct::Withdraw(task.clone()), "34", false);
    assert_eq!(code(all.world.app.record_refusal(&county, &withdraws)), "mandate-not-confirmed");
    let asked = all.asked();
    let shown = all.acting(RefusalAct::Withdraw(task), "34", true);
    assert_eq!(code(all.world.app.record_refusal(&county, &shown)), "yes");
    assert_eq!(all.asked(), asked);
}

/// DIS-5: who may not record for a client learns nothing of the client's mandates by trying: the register is
/// not even asked.
#[test]
fn a_stranger_learns_nothing_of_mandates() {
    let all = Relatives::new();
    all.mandate(&Matter::ALL, None);
    let stranger = all.world.caller(System::Neighbour);
    assert_eq!(all.permits(&stranger, "34", false), "receiver-without-relationship");
    let query = OwnLogQuery { representative: Some(all.relative.code), ..own_log_of(&all.adult) };
    let elsewhere = person(&all.world, Role::DataProtectionOfficer, crate::world::NEIGHBOUR, None);
    assert!(all.world.app.own_log(&elsewhere, &query).unwrap().looks.is_empty());
    let worker = person(&all.world, Role::Worker, COUNTY, Some(UNIT));
    assert_eq!(code(all.world.app.own_log(&worker, &query)), "role-does-not-fit");
    assert_eq!(all.asked(), 0);
}

/// DIS-5, LOG-2: the client's own log is given to one with a mandate to see documents, and never where it would
/// tell where the client is.
#[test]
fn the_own_log_is_given_by_mandate() {
    let all = Relatives::new();
    let note = all.world.note(&all.dossier);
    all.world.archive(&note);
    let worker = person(&all.world, Role::Worker, COUNTY, Some(UNIT));
    all.world.app.open_content(&worker, &note.id(), None, Purpose::READ).unwrap();
    all.world.clock.set("2026-11-04T10:00:00+02:00");
    all.know(PersonFacts::default());
    let officer = officer(&all.world);
    let query = OwnLogQuery { representative: Some(all.relative.code), ..own_log_of(&all.adult) };
    let told = || all.world.app.own_log(&officer, &query);
    assert_eq!(code(told()), "mandate-missing");
    all.mandate(&[Matter::SayWill], None);
    assert_eq!(code(told()), "mandate-does-not-cover");
    all.mandate(&[Matter::SeeDocuments], None);
    assert_eq!(told().unwrap().looks.len(), 1);
    let days = Validity { first: FinnishDay::parse("2026-01-10").unwrap(), last: None };
    all.know(PersonFacts { safety_order: Some(days), ..PersonFacts::default() });
    assert_eq!(code(told()), "cannot-be-masked");
    // The client's death ends the mandate at a unit too.
    let died_on = FinnishDay::parse("2026-11-03");
    all.know(PersonFacts { died_on, ..PersonFacts::default() });
    assert_eq!(code(told()), "mandate-missing");
    // The client is told of the look by mandate.
    all.know(PersonFacts::default());
    assert_eq!(all.opens(&note.id()), "yes");
    all.world.clock.set("2026-11-06T10:00:00+02:00");
    all.know(PersonFacts::default());
    let looks = all.world.app.own_log(&officer, &own_log_of(&all.adult)).unwrap().looks;
    assert!(looks.iter().any(|look| look.ground.code() == "mandate"), "{looks:?}");
}

/// DIS-5, CIT-5: at the citizens' door who holds a mandate says an adult's will where it covers that, sees it with either
/// kind, and is told nothing without one; once the mandate is over it lets nothing more be said.
#[test]
fn a_citizen_says_anothers_will_by_a_mandate_that_covers_it() {
    let all = Relatives::new();
    let register = crate::persons::Told::in_world(&all.world);
    let born_on = Some(all.adult.code.birth_day());
    register.say(all.adult.code, PersonFacts { born_on, ..PersonFacts::default() });
    let says = |act| {
        let request = WillRequest {
            unit: None,
            professional: None,
            title: None,
            ..all.acting(act, "34", false)
        };
        code(all.world.app.record_permission(&all.caller, &request))
    };
    let sees = || {
        let told = all.world.app.will_of(&all.caller, all.adult.code, Situation::Mandate);
        told.map(|told| told.may_say)
    };
    assert_eq!((code(sees()), says(PermissionAct::Give)), ("mandate-missing", "mandate-missing"));
    all.mandate(&[Matter::SeeDocuments], None);
    assert!(!sees().unwrap());
    assert_eq!(says(PermissionAct::Give), "mandate-does-not-cover");
    all.mandate(&[Matter::SayWill], None);
    assert!(sees().unwrap());
    assert_eq!(says(PermissionAct::Give), "yes");
    assert_eq!(says(PermissionAct::Withdraw), "yes");
    all.mandate(&[Matter::SayWill], Some("2026-11-01"));
    assert_eq!((code(sees()), says(PermissionAct::Give)), ("mandate-missing", "mandate-missing"));
}
