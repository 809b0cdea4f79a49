//! Disclosure between controllers: what another county sees of a client's documents, and when it stops.

use varanto_app::archive::{AccessQuestion, DocumentQuery, SummaryQuery};
use varanto_app::oversight::LogQuery;
use varanto_domain::access::log::Event;
use varanto_domain::access::{
    Action, Caller, Denial, LookReason, Obligation, Purpose, Reason, Role, Situation,
    StatutoryGround,
};
use varanto_domain::archive::register_documents::CLIENT_HAS_DIED;
use varanto_domain::disclosure::Refused;
use varanto_domain::ids::Oid;
use varanto_domain::persons::PersonFacts;
use varanto_domain::time::{Clock, FinnishDay};
use varanto_formats::persons::{PersonAnswer, write};
use varanto_formats::view::ViewLanguage;
use varanto_formats::will::{PermissionAct, RefusalAct};

use crate::access::{code, neighbours_relationship, worker};
use crate::oversight::person;
use crate::wills::recording;
use crate::world::{
    COUNTY, Client, Dossier, Draft, NEIGHBOUR, NEIGHBOURS_UNIT, OPERATING_UNIT, System, TASK, UNIT,
    World, ask, client, oid, paper, registers,
};

const ASKED: Purpose = Purpose::READ.in_situation(Situation::Disclosure);
const BY_LAW: Purpose = Purpose::READ
    .in_situation(Situation::StatutoryDisclosure)
    .because(Reason::Statutory(StatutoryGround::Section64));

/// The population register tells of a client today.
fn tell(world: &World, who: &Client, facts: PersonFacts) {
    let answer = PersonAnswer { told_at: world.clock.now(), persons: vec![(who.code, facts)] };
    let kept = world.app.load_persons(write(&answer).as_bytes(), false).unwrap();
    assert_eq!(kept.clients, 1);
}

/// A client of both counties, who permits disclosure; the county has a note with an attachment.
struct Shared {
    world: World,
    who: Client,
    dossier: Dossier,
    note: Draft,
    attachment: Draft,
}

impl Shared {
    fn new() -> Self {
        let world = World::new();
        let who = client(1);
        let dossier = world.open_case(&who);
        neighbours_relationship(&world, &who);
        let note = world.note(&dossier);
        world.archive(&note);
        let attachment = world.note(&dossier).set("main_document", note.text("document_id"));
        world.archive(&attachment);
        tell(&world, &who, PersonFacts::default());
        let shared = Self { world, who, dossier, note, attachment };
        shared.permission(PermissionAct::Give);
        shared
    }

    fn neighbour(&self) -> Caller {
        self.world.caller(System::Neighbour)
    }

    fn permission(&self, act: PermissionAct) {
        let request = recording(&self.who, UNIT, act);
        self.world.app.record_permission(&self.world.county(), &request).unwrap();
    }

    fn refusal(&self, act: RefusalAct) {
        let request = recording(&self.who, NEIGHBOURS_UNIT, act);
        self.world.app.record_refusal(&self.neighbour(), &request).unwrap();
    }

    fn found(&self, caller: &Caller, purpose: Purpose) -> Vec<Oid> {
        let query = DocumentQuery {
            client: Some(self.who.identifier()),
            situation: purpose.situation,
            reason: purpose.reason,
            limit: 1,
            ..DocumentQuery::default()
        };
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let page = DocumentQuery { cursor, ..query.clone() };
            let page = self.world.app.find_documents(caller, &page).unwrap();
            all.extend(page.hits.into_iter().map(|hit| hit.document));
            cursor = page.next;
            if cursor.is_none() {
                return all;
            }
        }
    }

    /// Asks for the note by every way; all must answer alike, and a search shows it or does not.
    fn check(&self, caller: &Caller, purpose: Purpose, expected: &str) {
        let (app, id) = (&self.world.app, self.note.id());
        assert_eq!(code(app.open_document(caller, &id, purpose)), expected, "open");
        assert_eq!(code(app.open_content(caller, &id, None, purpose)), expected, "content");
        assert_eq!(code(app.list_versions(caller, &id, purpose)), expected, "versions");
        assert_eq!(code(app.prove_document(caller, &id, purpose)), expected, "proof");
        let page = app.show_document(caller, &id, purpose, ViewLanguage::Finnish);
        assert_eq!(code(page), expected, "page");
        let print = app.print_document(caller, &id, purpose, ViewLanguage::Finnish);
        assert_eq!(code(print), expected, "print");
        let asked = AccessQuestion { document: id.clone(), action: Action::Read, purpose };
        let told = app.explain_access(caller, &asked).unwrap().answer;
        assert_eq!(told.map_or_else(Denial::code, |_| "yes"), expected, "explain");
        let elsewhere = purpose.situation.is_some_and(Situation::discloses);
        let whom = if expected == "yes" && elsewhere { "another-register" } else { expected };
        assert_eq!(code(app.list_access(caller, &id, purpose)), whom, "access list");
        assert_eq!(self.found(caller, purpose).contains(&id), expected == "yes", "search");
    }
}

/// DIS-1: with the permission another county that serves the client opens and finds the documents, its
/// worker by the unit that serves; without it nothing, and withdrawn it stops at once.
#[test]
fn a_permission_discloses_and_its_withdrawal_stops_it() {
    let shared = Shared::new();
    let neighbour = shared.neighbour();
    shared.check(&neighbour, ASKED, "yes");
    shared.check(&worker(&shared.world, NEIGHBOUR, NEIGHBOURS_UNIT), ASKED, "yes");
    shared.check(&worker(&shared.world, NEIGHBOUR, UNIT), ASKED, "receiver-without-relationship");
    // A situation is never guessed.
    shared.check(&neighbour, Purpose::READ, "another-register");
    shared.permission(PermissionAct::Withdraw);
    shared.check(&neighbour, ASKED, "disclosure-permission-missing");
    shared.permission(PermissionAct::Give);
    shared.check(&neighbour, ASKED, "yes");
}

/// DIS-2: a refusal that comes between list and open acts at once, whichever of the three it is, and is told
/// as any document that is not disclosed; withdrawn, it is over at once.
#[test]
fn a_refusal_acts_between_list_and_open() {
    let shared = Shared::new();
    let neighbour = shared.neighbour();
    let refusals = [
        Refused::Controller(oid(COUNTY)),
        Refused::ServiceTask(TASK.into()),
        Refused::Document(shared.note.id()),
    ];
    for refused in refusals {
        assert!(shared.found(&neighbour, ASKED).contains(&shared.note.id()));
        shared.refusal(RefusalAct::Refuse(refused.clone()));
        shared.check(&neighbour, ASKED, "not-disclosed");
        // The county itself is not concerned, and the law overrides.
        shared.check(&shared.world.county(), Purpose::READ, "yes");
        shared.check(&neighbour, BY_LAW, "yes");
        shared.refusal(RefusalAct::Withdraw(refused));
        shared.check(&neighbour, ASKED, "yes");
    }
    let other = Refused::ServiceTask("25".into());
    shared.refusal(RefusalAct::Refuse(other));
    shared.check(&neighbour, ASKED, "yes");
}

/// DIS-2, ARC-4: a document that is refused is so in all its versions and with its attachments, named by
/// whichever version; its attachments alone leave it.
#[test]
fn a_refused_document_takes_its_versions_and_attachments_with_it() {
    let shared = Shared::new();
    let neighbour = shared.neighbour();
    let attached = |expected: usize| {
        let view = shared.world.app.open_document(&neighbour, &shared.note.id(), ASKED).unwrap();
        assert_eq!(view.attachments.len(), expected);
    };
    attached(1);
    shared.refusal(RefusalAct::Refuse(Refused::Document(shared.attachment.id())));
    attached(0);
    shared.check(&neighbour, ASKED, "yes");
    shared.refusal(RefusalAct::Withdraw(Refused::Document(shared.attachment.id())));

    let second = shared.world.next_version(&shared.note);
    shared.world.archive(&second);
    let third = shared.world.next_version(&second);
    shared.world.archive(&third);
    shared.refusal(RefusalAct::Refuse(Refused::Document(second.id())));
    let open = |id: &Oid| code(shared.world.app.open_document(&neighbour, id, ASKED));
    assert_eq!(open(&third.id()), "not-disclosed");
    assert_eq!(open(&shared.attachment.id()), "not-disclosed");
    assert_eq!(open(&shared.note.id()), "not-disclosed");
    assert!(!shared.found(&neighbour, ASKED).contains(&third.id()));
}

/// DIS-2: a relationship document tells of its service tasks, so a refusal of one of them keeps it back.
#[test]
fn a_refused_service_task_is_told_of_by_no_relationship_document() {
    let shared = Shared::new();
    let id = oid(&shared.dossier.relationship_document);
    let open = || code(shared.world.app.open_document(&shared.neighbour(), &id, ASKED));
    assert_eq!(open(), "yes");
    shared.refusal(RefusalAct::Refuse(Refused::ServiceTask("25".into())));
    assert_eq!(open(), "yes");
    shared.refusal(RefusalAct::Refuse(Refused::ServiceTask(TASK.into())));
    assert_eq!(open(), "not-disclosed");
    assert!(!shared.found(&shared.neighbour(), ASKED).contains(&id));
}

/// DIS-3: old and phase I documents, replaced versions and what the client says of disclosure are held back,
/// and told as refused ones are; by law the first two are given.
#[test]
fn what_is_held_back_is_told_as_what_is_refused() {
    let shared = Shared::new();
    let (world, neighbour) = (&shared.world, shared.neighbour());
    let phase_one = world.phase_one(&shared.dossier);
    world.archive(&phase_one);
    let old = world.old(&world.open_old_case(&shared.who)).pdf(paper().to_vec());
    world.archive_as(System::OldDocuments, &old);
    let next = world.next_version(&shared.note);
    world.archive(&next);
    let will = world.app.current_permission(&world.county(), shared.who.code).unwrap();
    let will = will.document.unwrap().0;
    let open = |id: &Oid, purpose| code(world.app.open_document(&neighbour, id, purpose));
    for id in [&phase_one.id(), &old.id(), &shared.note.id()] {
        assert_eq!(open(id, ASKED), "not-disclosed");
    }
    assert_eq!(open(&next.id(), ASKED), "yes");
    for (id, expected) in [(phase_one.id(), "yes"), (old.id(), "yes")] {
        assert_eq!(open(&id, BY_LAW), expected);
    }
    // The register of wills discloses to nobody.
    for purpose in [ASKED, BY_LAW] {
        assert_eq!(open(&will, purpose), "controller-not-able");
    }
    let found = shared.found(&neighbour, ASKED);
    assert!(found.contains(&next.id()) && !found.contains(&old.id()), "{found:?}");
}

/// DIS-1, JOI-5: both sides must have taken disclosure into use on the day; and what a disclosure must not be
/// given without must be known of the client.
#[test]
fn nothing_is_disclosed_by_or_to_one_who_is_not_able() {
    let shared = Shared::new();
    let neighbour = shared.neighbour();
    let of = |controller: &str, last: Option<&str>| {
        let mut loaded = registers();
        for one in loaded["organisations"].as_array_mut().unwrap() {
            if one["oid"] == controller {
                one["disclosure"] = serde_json::json!({"first_day": "2025-01-01"});
                if let Some(last) = last {
                    one["disclosure"]["last_day"] = last.into();
                }
            }
        }
        shared.world.app.load_registers("world", loaded.to_string().into_bytes()).unwrap();
    };
    of(COUNTY, Some("2026-11-01"));
    shared.check(&neighbour, ASKED, "controller-not-able");
    of(NEIGHBOUR, Some("2026-11-01"));
    shared.check(&neighbour, ASKED, "receiver-not-able");
    shared.check(&neighbour, BY_LAW, "receiver-not-able");
    of(COUNTY, None);
    shared.check(&neighbour, ASKED, "yes");
    // What was told the day before yesterday is not known any more.
    shared.world.clock.set("2026-11-04T10:00:00+02:00");
    shared.check(&neighbour, ASKED, "controller-not-able");
    tell(&shared.world, &shared.who, PersonFacts::default());
    shared.check(&neighbour, ASKED, "yes");
}

/// OLD-3: a deceased client's documents are disclosed to nobody, by law neither.
#[test]
fn a_deceased_clients_documents_are_given_on_paper_alone() {
    let shared = Shared::new();
    let neighbour = shared.neighbour();
    let died_on = FinnishDay::new(2026, 11, 1);
    tell(&shared.world, &shared.who, PersonFacts { died_on, ..PersonFacts::default() });
    shared.check(&neighbour, ASKED, "on-paper-alone");
    shared.check(&neighbour, BY_LAW, "on-paper-alone");
}

/// OLD-3: of whom the population register never told anything, an old relationship says who has died whose source knew it; once
/// the register tells that the client lives, that holds, and the keeper of the archive finds what contradicts it.
#[test]
fn an_old_relationship_tells_of_a_death_that_no_register_told() {
    let world = World::new();
    let who = client(1);
    let grounds = "/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/asiakkuuden_paattymisen_perustelu";
    let relationship = world.old_relationship(&who).content(grounds, CLIENT_HAS_DIED);
    world.archive(&relationship);
    let other = client(2);
    let of_other = world.old_relationship(&other).content(grounds, "Asiakas on muuttanut.");
    world.archive(&of_other);
    let (county, neighbour) = (world.county(), world.caller(System::Neighbour));
    let open = |caller: &Caller, document: &Draft, purpose| {
        code(world.app.open_document(caller, &document.id(), purpose))
    };
    let archivist = person(&world, Role::Archivist, COUNTY, None);
    let reason = Some(Reason::Look(LookReason::Supervision));
    let query = DocumentQuery { death_contradicted: true, reason, ..DocumentQuery::default() };
    let contradicted = || -> Vec<Oid> {
        let found = world.app.find_documents(&archivist, &query).unwrap();
        found.hits.into_iter().map(|hit| hit.document).collect()
    };
    assert_eq!(open(&county, &relationship, Purpose::READ), "deceased-wants-reason");
    assert_eq!(open(&county, &of_other, Purpose::READ), "yes");
    // Of whom nothing is known no controller is able to disclose.
    assert_eq!(open(&neighbour, &relationship, BY_LAW), "controller-not-able");
    assert_eq!(contradicted(), []);

    tell(&world, &who, PersonFacts::default());
    assert_eq!(open(&county, &relationship, Purpose::READ), "yes");
    assert_eq!(open(&neighbour, &relationship, BY_LAW), "yes");
    assert_eq!(contradicted(), [relationship.id()]);
    let worker = person(&world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    for caller in [&county, &worker, &neighbour] {
        assert_eq!(code(world.app.find_documents(caller, &query)), "role-does-not-fit");
    }
    assert_eq!(world.damage(), Vec::<String>::new());

    let died_on = FinnishDay::new(2026, 11, 1);
    tell(&world, &who, PersonFacts { died_on, ..PersonFacts::default() });
    assert_eq!(open(&county, &relationship, Purpose::READ), "deceased-wants-reason");
    assert_eq!(contradicted(), [], "both say the same");
}

/// OLD-3: who is served today lives, whatever an old relationship says.
#[test]
fn who_is_served_today_is_not_dead_by_an_old_relationship() {
    let world = World::new();
    let who = client(1);
    let dossier = world.open_case(&who);
    let note = world.note(&dossier);
    world.archive(&note);
    let grounds = "/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/asiakkuuden_paattymisen_perustelu";
    world.archive(&world.old_relationship(&who).content(grounds, CLIENT_HAS_DIED));
    assert_eq!(code(world.app.open_document(&world.county(), &note.id(), Purpose::READ)), "yes");
}

/// DIS-1, design D9: a day of 2023 is judged by the rule of 2023: the client was informed, and no permission
/// was needed; a right by law could not be named yet.
#[test]
fn a_day_of_2023_needs_informing_alone() {
    let world = World::new();
    world.clock.set("2023-12-28T10:00:00+02:00");
    let who = client(1);
    let relationship = world.relationship(&who);
    world.archive(&relationship);
    neighbours_relationship(&world, &who);
    let tomorrow = |day: &str| {
        world.clock.set(&format!("{day}T10:00:00+02:00"));
        tell(&world, &who, PersonFacts::default());
    };
    let open = |purpose| {
        let neighbour = world.caller(System::Neighbour);
        code(world.app.open_document(&neighbour, &relationship.id(), purpose))
    };
    tell(&world, &who, PersonFacts::default());
    assert_eq!(open(ASKED), "client-not-informed");
    let informed = recording(&who, UNIT, PermissionAct::Inform);
    world.app.record_permission(&world.county(), &informed).unwrap();
    assert_eq!(open(ASKED), "yes");
    assert_eq!(open(BY_LAW), "statutory-reason-needed");
    tomorrow("2023-12-31");
    assert_eq!(open(ASKED), "yes");
    tomorrow("2024-01-01");
    assert_eq!(open(ASKED), "disclosure-permission-missing");
    assert_eq!(open(BY_LAW), "yes");
    let given = recording(&who, UNIT, PermissionAct::Give);
    world.app.record_permission(&world.county(), &given).unwrap();
    assert_eq!(open(ASKED), "yes");
}

/// DIS-4: each disclosure, given or denied, leaves its line: who, to whom, what, from whose register, why;
/// and the permit obliges to tell the client.
#[test]
fn every_disclosure_is_told_in_the_log() {
    let shared = Shared::new();
    let neighbour = shared.neighbour();
    let lines = || {
        let sql = "SELECT outcome.text || ' ' || reason.text || ' ' || detail FROM use_log
            JOIN term AS outcome ON outcome.number = use_log.outcome
            JOIN term AS reason ON reason.number = use_log.reason
            WHERE event = 7 ORDER BY line";
        ask(shared.world.folder.path(), sql).concat()
    };
    let (app, id) = (&shared.world.app, shared.note.id());
    let way = format!("from={COUNTY} to={NEIGHBOUR}");
    app.open_content(&neighbour, &id, None, ASKED).unwrap();
    assert_eq!(
        lines().last().unwrap(),
        &format!("permitted disclosure-permission content disclosed {way}")
    );
    app.open_content(&neighbour, &id, None, BY_LAW).unwrap();
    assert_eq!(
        lines().last().unwrap(),
        &format!("permitted statutory content reason=act-703-2023-64 disclosed {way}")
    );
    shared.refusal(RefusalAct::Refuse(Refused::Controller(oid(COUNTY))));
    app.open_content(&neighbour, &id, None, ASKED).unwrap_err();
    let denied = lines().pop().unwrap();
    assert_eq!(denied, format!("denied refused-by-client content {way}"));
    let asked = AccessQuestion { document: id, action: Action::Read, purpose: BY_LAW };
    let grant = app.explain_access(&neighbour, &asked).unwrap().answer.unwrap();
    assert!(grant.obligations.contains(&Obligation::TellClient));
}

/// ARC-9, DIS-1, DIS-4: a summary asked for in disclosure holds what another county may be given, each item told as a
/// disclosure; unasked, and without the permission, nothing of it.
#[test]
fn a_summary_discloses_what_the_client_permits() {
    let shared = Shared::new();
    let decision = shared.world.note(&shared.dossier).set("general_type", "11");
    shared.world.archive(&decision);
    let neighbour = shared.neighbour();
    let countys = |situation| {
        let client = shared.who.identifier();
        let query = SummaryQuery { client, enriched: true, situation, reason: None };
        let summary = shared.world.app.client_summary(&neighbour, &query).unwrap();
        let own = summary.relationships.iter().filter(|one| one.item.controller == oid(NEIGHBOUR));
        assert_eq!(own.count(), 1);
        [summary.relationships.len() - 1, summary.cases.len(), summary.documents.len()]
    };
    assert_eq!(countys(None), [0, 0, 0]);
    assert_eq!(countys(Some(Situation::Disclosure)), [1, 1, 1]);
    let officer = person(&shared.world, Role::DataProtectionOfficer, COUNTY, None);
    let lines = LogQuery { event: Some(Event::Disclose), ..LogQuery::default() };
    let lines = shared.world.app.review_log(&officer, &lines).unwrap().lines;
    assert_eq!(lines.len(), 3);
    let told = format!("summary enriched disclosed to={NEIGHBOUR}");
    assert!(lines.iter().all(|line| line.detail == told), "{lines:?}");
    shared.permission(PermissionAct::Withdraw);
    assert_eq!(countys(Some(Situation::Disclosure)), [0, 0, 0]);
}
