//! A single flipped bit anywhere is found, and told where (ARC-15, LOG-1).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::Value;
use serde_json::json;
use varanto_app::archive::{DocumentQuery, InvalidationRequest, LookedAt};
use varanto_app::certificates::KnownCertificate;
use varanto_app::oversight::{IdentityRequest, OpeningQuery, OpeningRequest};
use varanto_app::recording::FoundEarlier;
use varanto_app::relationship::ChoiceEnd;
use varanto_app::retention::{HoldRequest, Proposal};
use varanto_app::sessions::SessionOwner;
use varanto_app::statements::Tells;
use varanto_app::users::Loading;
use varanto_domain::access::{LookReason, Purpose, Reason, Role, Situation};
use varanto_domain::archive::conformance::ConformanceLevel;
use varanto_domain::archive::corrections::Answer;
use varanto_domain::archive::destruction::{HoldReason, ListState};
use varanto_domain::disclosure::Refused;
use varanto_domain::identities::{IdentityAct, IdentityReason};
use varanto_domain::ids::Oid;
use varanto_domain::oversight::openings::Judgement;
use varanto_domain::persons::PersonFacts;
use varanto_domain::relationship::ProducerOffer;
use varanto_domain::statements::{ContactFacts, OwnPlan, Said, StatementKind};
use varanto_domain::time::{Clock, FinnishDay, Instant};
use varanto_formats::persons::{PersonAnswer, write};
use varanto_formats::synthetic::Draw;

use crate::oversight::person;
use crate::signatures::{signers, with_jws};
use crate::world::{
    COUNTY, Client, KEEPER, NEIGHBOUR, OPERATING_UNIT, PRODUCERS_OTHER_UNIT, PRODUCERS_UNIT, TASK,
    UNIT, World, client, copy, long, oid, on_server, open, serving, unknown,
};

/// An archive with some of everything, closed.
pub(crate) fn archive_of_everything() -> World {
    let world = World::new();
    for number in 1..=4 {
        let mut producer = serving(PRODUCERS_UNIT, "2026-01-01", "2026-03-31");
        producer["palveluntoteuttaja"] =
            vec![serving(PRODUCERS_OTHER_UNIT, "2026-02-01", "")].into();
        let again = serving(PRODUCERS_UNIT, "2026-09-01", "");
        let relationship = world.relationship(&client(number)).served_by(vec![producer, again]);
        let dossier = world.open_case_under(&relationship, &client(number));
        let notes: Vec<_> = (0..6).map(|_| world.note(&dossier)).collect();
        for note in &notes {
            world.archive(note);
        }
        world.archive(&world.next_version(&notes[0]));
        world.archive(&world.note(&dossier).set("main_document", notes[1].text("document_id")));
        let reason = InvalidationRequest { reason: "1".into(), explanation: Some("Virhe".into()) };
        world.app.invalidate_document(&world.county(), &notes[2].id(), &reason).unwrap();
        world.archive(&world.phase_one(&dossier));
        world.clock.forward_millis(86_400_000);
        let old = world.open_old_case(&client(number));
        world.archive(&world.old(&old));
    }
    let joint = world.open_case(&client(5));
    crate::recording::begin_a_note(&world, &joint);
    let note = world.note(&joint);
    world.archive(&note);
    let worker = crate::access::worker(&world, COUNTY, UNIT);
    world.app.begin_correction(&worker, &client(5).identifier(), &note.id()).unwrap();
    let (signers, now) = (signers(), world.clock.now().to_string());
    world.app.trust_signatures(signers.trust(&[], ConformanceLevel::Warn));
    let joint_notes: Vec<_> = (0..3)
        .map(|_| {
            let signed = with_jws(world.note(&joint).submission(), &signers.county, &now);
            world.app.archive_document(&world.county(), signed).unwrap().receipt.document
        })
        .collect();
    world.archive(&joint_case(&world, &joint.relationship));
    let told = |minutes: i64, died: &str| {
        let facts = PersonFacts { died_on: FinnishDay::parse(died), ..PersonFacts::default() };
        let told_at = Instant::from_millis(world.clock.now().millis() + minutes * 60_000);
        let persons = vec![(client(1).code, facts.clone()), (client(2).code, facts)];
        write(&PersonAnswer { told_at, persons }).into_bytes()
    };
    world.app.load_persons(&told(-2, "2026-11-01"), false).unwrap();
    world.app.load_persons(&told(-1, "2026-11-02"), false).unwrap();
    world.know(&client(5));
    for (number, note) in joint_notes.iter().enumerate() {
        let id = ask_to_correct(&world, &client(5), note);
        let (county, why) = (world.county(), "Niin se oli.");
        if number == 0 {
            world.app.answer_correction(&county, &id, Answer::Refused, why).unwrap();
        }
    }
    tell_of_oneself(&world, &client(5));
    choose_producers(&world, &joint.relationship);
    world.archive(&world.permission(&client(5), Some(true)));
    let refused = [Refused::Controller(oid(COUNTY)), Refused::ServiceTask("24".into())];
    world.archive(&world.refusal(&client(5), &refused));
    held_and_destroyed(&world);
    join_identifiers(&world);
    looks_without_context(&world, &joint.relationship_document);
    world.app.find_documents(&world.county(), &DocumentQuery::default()).unwrap();
    world
}

/// Producers offered twice: the first offer was taken back, and of the second one was chosen.
fn choose_producers(world: &World, relationship: &str) {
    let (county, me) = (world.county(), world.citizen(&client(5)));
    for service in [None, Some("45".to_owned())] {
        let offer = ProducerOffer {
            service_task: TASK.into(),
            service,
            units: vec![oid(PRODUCERS_UNIT), oid(PRODUCERS_OTHER_UNIT)],
        };
        let offered = world.app.offer_choice(&county, &oid(relationship), None, &offer).unwrap();
        let unit = oid(PRODUCERS_OTHER_UNIT);
        let (code, citizen) = (client(5).code, Situation::Citizen);
        world.app.pick_producer(&me, code, citizen, &offered.id, Some(&unit)).unwrap();
        if offer.service.is_none() {
            let end = ChoiceEnd { id: offered.id.clone(), ..ChoiceEnd::default() };
            world.app.end_choice(&county, &end).unwrap();
        }
    }
}

/// What a client tells of themself: a plan, twice, and how to be reached.
fn tell_of_oneself(world: &World, who: &Client) {
    let plan = |goals: &str| Said::Plan(OwnPlan { goals: goals.into(), wishes: String::new() });
    let telephone = "040 1234567".into();
    let contact = Said::Contact(ContactFacts { telephone, ..ContactFacts::default() });
    let caller = world.citizen(who);
    let (client, situation) = (who.code, Situation::Citizen);
    for (said, after) in [
        (plan("Asun kotona."), 0),
        (plan("Käyn töissä."), 1),
        (plan("Opiskelen."), 2),
        (contact, 0),
    ] {
        let tells = Tells { client, situation, said, told_by: None, after };
        world.app.tell(&caller, &tells).unwrap();
    }
    let first = (StatementKind::Plan, 1);
    world.app.forget_statement(&caller, client, situation, first).unwrap();
}

/// A correction request about a document of a client's.
fn ask_to_correct(world: &World, who: &Client, document: &Oid) -> String {
    let (caller, of) = (world.citizen(who), who.identifier());
    let document = LookedAt { document, of: Some(&of) };
    let asked = world.app.ask_correction(&caller, document, Situation::Citizen, "Se on väärin.");
    asked.unwrap().id
}

/// Holds, placed and lifted, and a list of which one document was destroyed and another kept.
fn held_and_destroyed(world: &World) {
    let who = client(12);
    world.archive(&world.relationship(&who));
    let wills = [
        world.permission(&who, Some(true)),
        world.refusal(&who, &[Refused::ServiceTask("24".into())]),
    ];
    for will in &wills {
        world.archive(will);
    }
    world.know(&who);
    ask_to_correct(world, &who, &wills[0].id());
    let died_on = FinnishDay::parse("2020-01-01");
    world.tell(vec![(who.code, PersonFacts { died_on, ..PersonFacts::default() })]);
    let [aino, olli] =
        ["aino", "olli"].map(|subject| crate::destruction::archivist(world, subject, KEEPER));
    let hold = |explanation: &str| {
        let explanation = Some(explanation.to_owned());
        let (document, reason) = (wills[1].id(), HoldReason::Research);
        world.app.place_hold(&aino, &HoldRequest { document, reason, explanation }).unwrap()
    };
    let lifted = hold("Tutkimus päättyi");
    world.app.lift_hold(&olli, &lifted.id).unwrap();
    let documents = wills.iter().map(crate::world::Draft::id).collect();
    let list = world.app.propose_destruction(&aino, &Proposal { documents, dry_run: false });
    let list = list.unwrap().id.unwrap();
    for archivist in [&aino, &olli] {
        world.app.approve_destruction(archivist, &list).unwrap();
    }
    hold("Tutkimus jatkuu");
    let done = world.app.carry_out_destruction(&olli, &list, 10).unwrap();
    assert_eq!(done.state, ListState::Done);
}

/// Temporary identifiers that are joined to identity codes, one of them parted again.
fn join_identifiers(world: &World) {
    let archivist = person(world, Role::Archivist, COUNTY, None);
    for number in [7, 8] {
        let stranger = unknown(number);
        world.archive(&world.relationship(&stranger));
        let mut request = IdentityRequest {
            act: IdentityAct::Join,
            reason: IdentityReason::CodeGiven,
            temporary: stranger.temporary_id(),
            code: client(9).code,
            dry_run: false,
        };
        world.app.act_on_identities(&archivist, &request).unwrap();
        if number == 7 {
            (request.act, request.reason) = (IdentityAct::Part, IdentityReason::Mistaken);
            world.app.act_on_identities(&archivist, &request).unwrap();
        }
    }
}

/// Looks without case context, single ones and for hours, of which some are judged; and users who came and went.
fn looks_without_context(world: &World, document: &str) {
    let worker = person(world, Role::Worker, COUNTY, Some(OPERATING_UNIT));
    let reason = Reason::Look(LookReason::Correction);
    world.app.open_document(&worker, &oid(document), Purpose::READ.because(reason)).unwrap();
    let query = DocumentQuery {
        client: Some(client(5).identifier()),
        reason: Some(reason),
        ..DocumentQuery::default()
    };
    let lines = world.contents().log_lines;
    assert!(!world.app.find_documents(&worker, &query).unwrap().hits.is_empty());
    assert!(world.contents().log_lines > lines);
    for (number, reason) in [(4, LookReason::Urgent), (5, LookReason::FirstContact)] {
        let client = client(number).identifier();
        let opening = OpeningRequest { client, reason, hours: Some(2) };
        world.app.open_up(&worker, &opening).unwrap();
    }
    let officer = person(world, Role::DataProtectionOfficer, COUNTY, None);
    let queue = world.app.list_openings(&officer, &OpeningQuery::default()).unwrap().openings;
    // The joint case is a look at each of its two clients.
    assert_eq!(queue.len(), 4);
    for state in [Judgement::Seen, Judgement::Questioned] {
        world.app.judge_opening(&officer, &queue[0].id, state).unwrap();
    }
    let user = |subject: &str| {
        json!({"subject": subject, "organisation": NEIGHBOUR,
        "given_names": "Aino", "family_name": "Testi", "role": "worker", "units": [],
        "identity_code": client(6).code.reveal(), "first_day": "2026-01-01", "granted_by": "Olli Testi"})
    };
    for users in [json!([user("a"), user("b")]), json!([user("b")])] {
        let file = json!({ "users": users }).to_string();
        world.app.load_users(file.as_bytes(), Loading::default()).unwrap();
    }
    crate::keeping::kept_by_main_users(world);
    let issued = |serial: &str, revoked_at: Option<Instant>| KnownCertificate {
        serial: serial.to_owned(),
        certificate: b"certificate".to_vec(),
        revoked_at,
    };
    let both = vec![issued("0a", None), issued("0b", Some(world.clock.now()))];
    world.app.take_in_certificates(both).unwrap();
    let aino = SessionOwner::Professional("aino".into());
    for owner in [aino, SessionOwner::Citizen(client(5).code)] {
        let secret = world.app.begin_session(&owner, b"who".to_vec(), None).unwrap();
        let found = FoundEarlier::default();
        world.app.keep_earlier(&secret, (&client(5).identifier(), 1), &found).unwrap();
    }
}

fn joint_case(world: &World, relationship: &str) -> crate::world::Draft {
    let other = client(6);
    let mut draft = world
        .case(&client(5), relationship)
        .content("/asia_asiakirja/asian_tiedot/yhteinen_asia", true)
        .content("/asia_asiakirja/asiakas/0/asiaan_liittymishetki", "2024-01-09T08:00:00Z")
        .content("/asia_asiakirja/asiakas/0/asiasta_poistumishetki", "2026-12-01T08:00:00Z");
    let clients =
        draft.structured.as_mut().unwrap().pointer_mut("/asia_asiakirja/asiakas").unwrap();
    let mut second = clients[0].clone();
    second["henkilotunnus"] = crate::world::identity(&other);
    second["syntymaaika"] = other.born().into();
    clients.as_array_mut().unwrap().push(second);
    draft
}

fn database(folder: &Path) -> PathBuf {
    folder.join("varanto.db")
}

/// A number above every key given: one that is higher than needed tells of nothing.
const HORIZON: &str = "key_horizon";

/// What a verification of the store in a folder says: damage, or the error that keeps it from being
/// opened or read.
fn verdict(world: &World, folder: &Path) -> Vec<String> {
    let app = match open(folder, &world.clock) {
        Ok(app) => app,
        Err(error) => return vec![format!("does not open: {error}")],
    };
    let said = match app.verify_store(|_| {}) {
        Ok(verdict) => {
            verdict.damage.iter().map(|one| format!("{}: {}", one.place, one.what)).collect()
        }
        Err(error) => vec![format!("does not read: {error}")],
    };
    app.close();
    said
}

/// A value with one bit changed.
fn flipped(value: Value, draw: &mut Draw) -> Value {
    match value {
        Value::Integer(number) => {
            // Small numbers stay small, as codes and days are.
            let bits = (65 - number.unsigned_abs().leading_zeros()).max(2) as usize;
            Value::Integer(number ^ (1 << draw.below(bits.min(62))))
        }
        Value::Blob(mut bytes) => {
            let at = draw.below(bytes.len());
            bytes[at] ^= 1 << draw.below(8);
            Value::Blob(bytes)
        }
        Value::Text(text) => {
            let mut bytes = text.into_bytes();
            let at = draw.below(bytes.len());
            bytes[at] ^= 1;
            Value::Text(String::from_utf8_lossy(&bytes).into_owned())
        }
        Value::Null => Value::Integer(1),
        Value::Real(real) => Value::Real(real + 1.0),
    }
}

/// Columns that no evidence hangs on: when a key was made, a draft begun and saved, a dictionary trained, a file loaded, when the
/// population register is to be asked again, a session
/// was in use, a
/// checkpoint sealed, by whom and up to which key; and how large the log was at earlier checkpoints, all of which the newest one
/// continues.
const NO_EVIDENCE: &[(&str, &str)] = &[
    ("opening", "opening_key"),
    ("checkpoint", "sealed_at"),
    ("checkpoint", "size"),
    ("checkpoint", "writer"),
    ("checkpoint", "last_key"),
    ("client_key", "made_at"),
    ("client_key", "destroyed_at"),
    ("dictionary", "trained_at"),
    ("dictionary", "subject"),
    ("draft", "begun_at"),
    ("draft", "saved_at"),
    ("person", "due_at"),
    ("register_file", "loaded_at"),
    ("session", "asked_at"),
    ("signature_material", "kept_at"),
];

/// The tables of which only an archive has rows that took a register in; they are tried there.
pub(crate) const TAKEN: [&str; 3] = ["taken_file", "taken_version", "taken_gone"];

/// Every column of every table, one bit flipped in some rows of each: found, and the place named.
#[test]
fn a_flipped_bit_in_any_column_is_found() {
    if on_server() {
        return;
    }
    let world = archive_of_everything();
    assert_eq!(world.damage(), Vec::<String>::new());
    let folder = std::sync::Arc::clone(&world.folder);
    world.app.clone().close();
    let tables = [
        ("content", "content"),
        ("document_version", "version"),
        ("document_route", "version"),
        ("client_identifier", ""),
        ("relationship", "relationship"),
        ("client_case", "case"),
        ("case_client", "case"),
        ("register_use_right", "rights of relationship"),
        ("right_suspension", "rights of relationship"),
        ("invalidation", "invalidation"),
        ("use_log", "log line"),
        ("tally", "tally"),
        ("archiving_delay", "archiving delay"),
        ("tile", "tile"),
        ("checkpoint", "checkpoint"),
        ("client_key", "key"),
        ("term", ""),
        ("dictionary", "dictionary"),
        ("store_fact", ""),
        ("register_file", "file"),
        ("person", "person"),
        ("person_facts", "person"),
        ("refusal", "refusals of version"),
        ("disclosure_permission", "permission of version"),
        ("signature_evidence", "version"),
        ("signature_material", "signature"),
        ("notice", "notice"),
        ("opening", "opening"),
        ("identity_join", "identity join"),
        ("user_right", ""),
        ("delegation", "delegation"),
        ("draft", "draft"),
        ("session", "session"),
        ("client_certificate", "certificate"),
        ("retention_hold", "hold"),
        ("correction_request", "correction request"),
        ("client_statement", "client statement"),
        ("producer_choice", "producer choice"),
        ("destruction", "destruction"),
        ("destruction_entry", "destruction"),
        ("destroyed_version", "destroyed version"),
        ("schema_migration", ""),
    ];
    let names = tables.iter().map(|(table, _)| *table).chain(TAKEN);
    let told: BTreeSet<String> = names.map(str::to_owned).collect();
    assert_eq!(tables_of(folder.path()), told);
    let mut draw = Draw::new(7);
    let mut silent = Vec::new();
    for (table, place) in tables {
        for column in columns(folder.path(), table) {
            if NO_EVIDENCE.contains(&(table, column.as_str())) {
                continue;
            }
            for _ in 0..if long() { 20 } else { 2 } {
                let copied = tempfile::tempdir().unwrap();
                copy(folder.path(), copied.path());
                let Some(what) = flip(copied.path(), table, &column, &mut draw) else { continue };
                let said = verdict(&world, copied.path());
                if said.is_empty() || !said.iter().any(|line| line.contains(place)) {
                    silent.push(format!("{table}.{column} {what}: {said:?}"));
                }
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

/// The tables of a store, but the database's own.
fn tables_of(folder: &Path) -> BTreeSet<String> {
    let conn = Connection::open(database(folder)).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut statement = conn.prepare(sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.collect::<Result<_, _>>().unwrap()
}

pub(crate) fn columns(folder: &Path, table: &str) -> Vec<String> {
    read_columns(folder, table).unwrap()
}

/// The columns of a table; `None` when they cannot be read.
fn read_columns(folder: &Path, table: &str) -> Option<Vec<String>> {
    let conn = Connection::open(database(folder)).ok()?;
    let mut statement = conn.prepare("SELECT name FROM pragma_table_info(?1)").ok()?;
    let names = statement.query_map([table], |row| row.get(0)).ok()?;
    names.collect::<Result<_, _>>().ok()
}

/// Flips a bit of a column in a row drawn; `None` when no row has a value there.
pub(crate) fn flip(folder: &Path, table: &str, column: &str, draw: &mut Draw) -> Option<String> {
    let conn = Connection::open(database(folder)).unwrap();
    conn.pragma_update(None, "foreign_keys", false).unwrap();
    let count = |which: &str| {
        let sql = format!("SELECT count(*) FROM {table} {which}");
        conn.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    // Where no row has a value, one is given to a row.
    let which = match count(&format!("WHERE {column} IS NOT NULL")) {
        0 => String::new(),
        _ => format!("WHERE {column} IS NOT NULL"),
    };
    assert!(count(&which) > 0, "{table} has no row");
    let place = draw.below(usize::try_from(count(&which)).unwrap());
    let horizon = conn.query_row(
        &format!("SELECT * FROM {table} {which} LIMIT 1 OFFSET {place}"),
        [],
        |row| Ok(matches!(row.get(0)?, Value::Text(name) if name == HORIZON)),
    );
    if horizon.unwrap() {
        return None;
    }
    let sql = format!("SELECT {column} FROM {table} {which} LIMIT 1 OFFSET {place}");
    let before: Value = conn.query_row(&sql, [], |row| row.get(0)).ok()?;
    if matches!(&before, Value::Text(text) if text.is_empty()) {
        return None;
    }
    let primary = primary_key(&conn, table);
    let named: Vec<String> = primary.iter().map(|name| format!("{name} = ?")).collect();
    let keys = primary.join(", ");
    let sql = format!("SELECT {keys} FROM {table} {which} LIMIT 1 OFFSET {place}");
    let key: Vec<Value> =
        conn.query_row(&sql, [], |row| (0..primary.len()).map(|at| row.get(at)).collect()).unwrap();
    // A bit whose flip the table itself refuses, another is tried.
    for _ in 0..20 {
        let after = flipped(before.clone(), draw);
        if after == before {
            continue;
        }
        let sql = format!("UPDATE {table} SET {column} = ? WHERE {}", named.join(" AND "));
        let values: Vec<Value> = std::iter::once(after.clone()).chain(key.clone()).collect();
        if conn.execute(&sql, rusqlite::params_from_iter(values)).is_ok() {
            return Some(
                format!("row {key:?} {before:?} -> {after:?}").chars().take(300).collect(),
            );
        }
    }
    None
}

fn primary_key(conn: &Connection, table: &str) -> Vec<String> {
    let mut statement =
        conn.prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk").unwrap();
    let names = statement.query_map([table], |row| row.get(0)).unwrap();
    names.collect::<Result<_, _>>().unwrap()
}

/// The rows of the tables that are derived from documents.
fn derived(folder: &Path) -> String {
    let conn = Connection::open(database(folder)).unwrap();
    let mut said = String::new();
    for table in DERIVED {
        let mut statement = conn.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let count = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let values: Vec<Value> = (0..count).map(|at| row.get(at).unwrap()).collect();
            said = format!("{said}{table} {values:?}\n");
        }
    }
    said
}

const DERIVED: [&str; 10] = [
    "relationship",
    "client_case",
    "case_client",
    "register_use_right",
    "right_suspension",
    "tally",
    "archiving_delay",
    "refusal",
    "disclosure_permission",
    "identity_join",
];

/// The documents are the truth: what is derived from them can be thrown away, damaged or made up, and
/// made anew from them, the same to the byte (REL-1, REL-2, RUR-1).
#[test]
fn derived_rows_are_made_anew_from_documents_alone() {
    if on_server() {
        return;
    }
    let world = archive_of_everything();
    let folder = std::sync::Arc::clone(&world.folder);
    world.app.clone().close();
    let sound = derived(folder.path());
    for table in DERIVED {
        assert!(sound.contains(&format!("{table} ")), "{table} has no row");
    }
    let wiped = DERIVED.map(|table| format!("DELETE FROM {table}"));
    let spoilt = [
        "UPDATE register_use_right SET last_day = NULL, holder = controller".to_owned(),
        "UPDATE relationship SET old = 1, client_key = 5 WHERE old = 0".to_owned(),
        "INSERT INTO case_client VALUES (99, 0, 99, NULL, NULL)".to_owned(),
        "INSERT INTO right_suspension VALUES (99, 0, 1, 2)".to_owned(),
        "UPDATE tally SET versions = versions + 1".to_owned(),
        "UPDATE identity_join SET parted_line = NULL, parted_at = NULL".to_owned(),
    ];
    for statements in [&wiped[..], &spoilt[..]] {
        let copied = tempfile::tempdir().unwrap();
        copy(folder.path(), copied.path());
        let conn = Connection::open(database(copied.path())).unwrap();
        for statement in statements {
            assert!(conn.execute(statement, []).unwrap() > 0, "{statement}");
        }
        drop(conn);
        assert_ne!(verdict(&world, copied.path()), Vec::<String>::new());
        let app = open(copied.path(), &world.clock).unwrap();
        let done = app.reindex().unwrap();
        assert_eq!((done.relationships, done.cases, done.unread), (12, 10, 0));
        app.close();
        assert_eq!(derived(copied.path()), sound);
        assert_eq!(verdict(&world, copied.path()), Vec::<String>::new());
    }
}

/// Rows that are gone are missed, whatever table they were in.
#[test]
fn a_deleted_row_is_missed() {
    if on_server() {
        return;
    }
    let world = archive_of_everything();
    let folder = std::sync::Arc::clone(&world.folder);
    world.app.clone().close();
    let tables = [
        ("document_version", "leaf"),
        ("use_log", "leaf"),
        ("content", "content"),
        ("document_route", "identifier"),
        ("client_identifier", "client"),
        ("client_key", "key"),
        ("relationship", "relationship"),
        ("client_case", "case"),
        ("case_client", "case"),
        ("register_use_right", "rights of relationship"),
        ("right_suspension", "rights of relationship"),
        ("invalidation", "version"),
        ("tally", "tally"),
        ("archiving_delay", "archiving delay"),
        ("tile", "tile"),
        ("checkpoint", "checkpoint"),
        ("refusal", "refusals of version"),
        ("disclosure_permission", "permission of version"),
        ("opening", "queue"),
        ("identity_join", "identity joins"),
        ("user_right", "user"),
        ("delegation", "delegation"),
        ("retention_hold", "hold"),
        ("correction_request", "correction request"),
        ("client_statement", "client statement"),
        ("producer_choice", "producer choice"),
        ("destruction", "destruction"),
        ("destruction_entry", "destruction"),
        ("destroyed_version", "destroyed version"),
    ];
    for (table, place) in tables {
        let copied = tempfile::tempdir().unwrap();
        copy(folder.path(), copied.path());
        let conn = Connection::open(database(copied.path())).unwrap();
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        let key = primary_key(&conn, table).join(", ");
        let sql = format!(
            "DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} ORDER BY {key} DESC LIMIT 1)"
        );
        assert_eq!(conn.execute(&sql, []).unwrap(), 1);
        drop(conn);
        let said = verdict(&world, copied.path());
        assert!(said.iter().any(|line| line.contains(place)), "{table}: {said:?}");
    }
}

/// Everything that is read of a store: its schema, and every row of every table but the columns
/// that no evidence hangs on. `None` when it cannot be read.
fn everything(folder: &Path) -> Option<String> {
    let conn = Connection::open(database(folder)).ok()?;
    let mut said = String::new();
    let sql = "SELECT name, CAST(sql AS BLOB) FROM sqlite_schema ORDER BY name";
    let mut statement = conn.prepare(sql).ok()?;
    let schema: Vec<(String, Option<Vec<u8>>)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .ok()?
        .collect::<Result<_, _>>()
        .ok()?;
    for (table, made) in schema {
        let is_table = made.as_ref().is_some_and(|made| made.starts_with(b"CREATE TABLE"));
        said = format!("{said}{table} {made:?}\n");
        if !is_table {
            continue;
        }
        let columns: Vec<String> = read_columns(folder, &table)?
            .into_iter()
            .filter(|column| !NO_EVIDENCE.contains(&(table.as_str(), column.as_str())))
            .collect();
        let sql = format!("SELECT {} FROM {table} NOT INDEXED", columns.join(", "));
        let mut statement = conn.prepare(&sql).ok()?;
        let mut rows = statement.query([]).ok()?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next().ok()? {
            let values: Option<Vec<Value>> =
                (0..columns.len()).map(|at| row.get(at).ok()).collect();
            let line = format!("{:?}", values?);
            if !line.contains(HORIZON) {
                lines.push(line);
            }
        }
        lines.sort_unstable();
        said = format!("{said}{table}\n{}\n", lines.join("\n"));
    }
    Some(said)
}

/// The first line in which what is read differs.
fn difference(sound: &str, folder: &Path) -> String {
    let Some(read) = everything(folder) else { return "it cannot be read".into() };
    let mut pairs = sound.lines().zip(read.lines());
    let pair = pairs.find(|(before, after)| before != after);
    format!("{pair:?}").chars().take(800).collect()
}

/// A bit flipped anywhere in the file is found, unless everything reads as before: then it fell
/// where nothing is kept.
#[test]
fn a_flipped_bit_anywhere_in_the_file_is_found() {
    if on_server() {
        return;
    }
    let world = archive_of_everything();
    let folder = std::sync::Arc::clone(&world.folder);
    world.app.clone().close();
    let sound = everything(folder.path()).unwrap();
    let file = std::fs::read(database(folder.path())).unwrap();
    let mut draw = Draw::new(11);
    let (mut found, mut unused) = (0, 0);
    let copied = tempfile::tempdir().unwrap();
    copy(folder.path(), copied.path());
    for _ in 0..if long() { 4000 } else { 200 } {
        let (byte, bit) = (draw.below(file.len()), draw.below(8));
        let mut changed = file.clone();
        changed[byte] ^= 1 << bit;
        std::fs::write(database(copied.path()), &changed).unwrap();
        for rest in ["varanto.db-wal", "varanto.db-shm"] {
            let _ = std::fs::remove_file(copied.path().join(rest));
        }
        let same = everything(copied.path()).is_some_and(|read| read == sound);
        let said = verdict(&world, copied.path());
        if said.is_empty() {
            assert!(same, "bit {bit} of byte {byte}: {}", difference(&sound, copied.path()));
            unused += 1;
        } else {
            found += 1;
        }
    }
    println!("{found} flips found, {unused} where nothing is kept");
    assert!(found > 40, "{found} found, {unused} unused");
}

/// Design D5, D7: what was encrypted under a destroyed key is gone by intent; the tree stays whole,
/// and nothing else is called damaged.
#[test]
fn a_destroyed_key_is_no_damage() {
    if on_server() {
        return;
    }
    let world = archive_of_everything();
    let before = world.app.verify_store(|_| {}).unwrap();
    let folder = std::sync::Arc::clone(&world.folder);
    world.app.clone().close();
    let copied = tempfile::tempdir().unwrap();
    copy(folder.path(), copied.path());
    let conn = Connection::open(database(copied.path())).unwrap();
    let sql = "UPDATE client_key SET wrapped = NULL, destroyed_at = 1 WHERE client_key =
        (SELECT client_key FROM document_version WHERE document_group = 4 LIMIT 1)";
    assert_eq!(conn.execute(sql, []).unwrap(), 1);
    drop(conn);
    let app = open(copied.path(), &world.clock).unwrap();
    let verdict = app.verify_store(|_| {}).unwrap();
    assert!(verdict.damage.is_empty(), "{:?}", verdict.damage);
    assert!(verdict.erased > 5 && verdict.erased < verdict.versions, "{}", verdict.erased);
    assert_eq!((verdict.leaves, verdict.lines), (before.leaves, before.lines));
}
