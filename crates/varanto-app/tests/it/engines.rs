//! Moving an archive from one engine to the other and back: all of it comes along, or it stays where it is. They run where
//! the tests are about PostgreSQL.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;
use varanto_app::archive::InvalidationRequest;
use varanto_app::callers::PersonFacts;
use varanto_app::moving::{
    MoveError, MoveStep, MovedArchive, Moving, Way, move_archive, plan_move,
};
use varanto_app::users::Loading;
use varanto_app::{App, AppError, AppOptions, OpenError, ServerPlace, StoreError};
use varanto_domain::time::Clock;
use varanto_kit::postgres;

use crate::damage::archive_of_everything;
use crate::world::{
    COUNTY, PRODUCERS_UNIT, SetClock, UNIT, World, client, harm, oid, options, serving,
};

/// An archive of PostgreSQL that is closed, with a second database for it to go to.
struct Site {
    clock: Arc<SetClock>,
    folder: Arc<TempDir>,
    /// As it was made.
    first: AppOptions,
    /// The same folder, with a database in which there is nothing yet.
    second: AppOptions,
}

impl Site {
    fn of(world: World) -> Self {
        let server = postgres::of_tests().unwrap();
        let (clock, folder) = (Arc::clone(&world.clock), Arc::clone(&world.folder));
        world.app.close();
        let first = options(folder.path());
        let url = server.address(&server.create(None).unwrap());
        let second = Some(ServerPlace { url, password_file: None, authority: None });
        let second = AppOptions { server: second, ..first.clone() };
        Self { clock, folder, first, second }
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::<SetClock>::clone(&self.clock)
    }

    fn go(&self, options: &AppOptions, way: Way) -> Result<MovedArchive, MoveError> {
        move_archive(options, way, &self.clock(), |_| {})
    }

    /// Moves, and breaks off at a step.
    fn break_off(&self, options: &AppOptions, way: Way, at: impl Fn(MoveStep) -> bool) {
        let broken = AssertUnwindSafe(|| {
            move_archive(options, way, &self.clock(), |step| assert!(!at(step), "broken off"))
        });
        assert!(catch_unwind(broken).is_err());
    }

    fn open(&self, options: &AppOptions) -> Result<App, OpenError> {
        App::open(options, self.clock())
    }

    /// The same archive in the file.
    fn in_file(&self) -> AppOptions {
        AppOptions { server: None, ..self.first.clone() }
    }

    fn has_file(&self) -> bool {
        self.folder.path().join("varanto.db").exists()
    }

    fn file(&self) -> &Path {
        self.folder.path()
    }
}

fn site(make: impl FnOnce() -> World) -> Option<Site> {
    if postgres::of_tests().is_none() {
        println!("skipped: moving needs PostgreSQL");
        return None;
    }
    Some(Site::of(make()))
}

fn small() -> World {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    for _ in 0..3 {
        world.archive(&world.note(&dossier));
    }
    world
}

fn is_moved(opened: &Result<App, OpenError>) -> bool {
    matches!(opened, Err(OpenError::Store(StoreError::Moved(_))))
}

/// OPS-1: an archive goes from PostgreSQL to a file and on to PostgreSQL, row for row and to the same head of its log;
/// where it was it takes no writes any more, and where it is it goes on.
#[test]
fn an_archive_moves_to_a_file_and_back() {
    let Some(site) = site(archive_of_everything) else { return };
    let there = plan_move(&site.first, Way::ToFile).unwrap();
    assert!(!there.copied && !site.has_file(), "looking writes nothing");
    let to_file = site.go(&site.first, Way::ToFile).unwrap();
    let planned: Vec<_> = to_file.tables.iter().map(|one| (one.table.clone(), one.rows)).collect();
    assert_eq!(there.tables, planned);
    let empty: Vec<_> = planned.iter().filter(|(_, rows)| *rows == 0).collect();
    println!("{} tables; empty: {empty:?}", planned.len());
    assert!(planned.len() > 25 && empty.len() < 4, "{empty:?}");
    assert_eq!(
        std::fs::read_dir(site.file())
            .unwrap()
            .flatten()
            .filter(|file| file.file_name() == "moving")
            .count(),
        0
    );
    assert!(is_moved(&site.open(&site.first)), "the database it came from");
    let left = App::open_read_only(&site.first, site.clock()).unwrap();
    assert_eq!(left.verify_store(|_| {}).unwrap().damage, Vec::new(), "it may be looked at");
    drop(left);

    let to_server = site.go(&site.second, Way::ToServer).unwrap();
    assert_eq!(to_server.tables, to_file.tables);
    assert_eq!(to_server.verdict.checkpoint, to_file.verdict.checkpoint);
    assert!(is_moved(&site.open(&site.in_file())), "the file it came from");
    let app = site.open(&site.second).unwrap();
    let before = app.contents().unwrap();
    let world = World::around(app, &site.clock, &site.folder);
    let served = serving(PRODUCERS_UNIT, "2026-01-01", "");
    world.archive(&world.relationship(&client(30)).served_by(vec![served]));
    assert_eq!(world.contents().versions, before.versions + 1);
    let verdict = world.app.verify_store(|_| {}).unwrap();
    assert_eq!(verdict.damage, Vec::new());
    assert!(verdict.leaves > to_file.verdict.leaves);
}

/// OPS-2: a move that is broken off while it copies has moved nothing, and begins anew; broken off when the copy is made,
/// it goes on from it.
#[test]
fn a_move_that_is_broken_off_begins_anew_or_goes_on() {
    let Some(site) = site(small) else { return };
    let rows = |step| matches!(step, MoveStep::Rows(Moving::Copying, 40, _));
    let verifying = |step| matches!(step, MoveStep::VerifyingCopy(_));
    site.break_off(&site.first, Way::ToFile, rows);
    assert!(!site.has_file());
    site.break_off(&site.first, Way::ToFile, verifying);
    assert!(!site.has_file());
    assert!(
        !plan_move(&site.first, Way::ToFile).unwrap().copied,
        "a file counts when it is in its place"
    );
    let to_file = site.go(&site.first, Way::ToFile).unwrap();

    site.break_off(&site.second, Way::ToServer, rows);
    assert!(!plan_move(&site.second, Way::ToServer).unwrap().copied, "nothing of it was kept");
    site.break_off(&site.second, Way::ToServer, verifying);
    assert!(plan_move(&site.second, Way::ToServer).unwrap().copied);
    let to_server = site.go(&site.second, Way::ToServer).unwrap();
    assert_eq!(to_server.tables, to_file.tables);
    site.open(&site.second).unwrap().close();
    assert!(is_moved(&site.open(&site.in_file())));
}

/// A worker by whose login it is seen whether a right is held.
fn aino() -> PersonFacts {
    PersonFacts {
        subject: "aino".into(),
        registration_number: None,
        role: "worker".into(),
        organisation: oid(COUNTY),
        unit: Some(oid(UNIT)),
        duty: None,
        strong: true,
    }
}

/// A file of users by which that worker's right ends on a day.
fn users(last_day: &str) -> Vec<u8> {
    let user = json!({"subject": "aino", "organisation": COUNTY, "given_names": "Aino", "family_name": "Testi",
        "role": "worker", "units": [UNIT], "identity_code": client(6).code.reveal(),
        "first_day": "2026-01-01", "last_day": last_day, "granted_by": "Olli Testi"});
    json!({ "users": [user] }).to_string().into_bytes()
}

/// ACC-2, OPS-2: a right that another server over the same database ended is ended here from the next request on, and what
/// it loaded is loaded.
#[test]
fn a_right_that_another_server_ended_is_ended() {
    let Some(site) = site(World::new) else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let first = AppOptions { together: true, ..site.first.clone() };
    let second = AppOptions { folder: elsewhere.path().to_owned(), ..first.clone() };
    let (first, second) = (site.open(&first).unwrap(), site.open(&second).unwrap());
    let organisations = || second.registry().registers().organisations().len();
    let before = organisations();
    first.load_users(&users("2027-12-31"), Loading::default()).unwrap();
    second.hear_others().unwrap();
    assert!(second.caller_of_person(aino()).is_ok());
    first.load_users(&users("2026-10-31"), Loading::default()).unwrap();
    assert!(first.caller_of_person(aino()).is_err());
    second.hear_others().unwrap();
    assert!(second.caller_of_person(aino()).is_err());
    assert_eq!(organisations(), before);
    let more = json!({"organisations": [{"oid": "1.2.246.10.90000077", "names": {"fi": "Toinen"},
        "kind": "private", "controller": false, "first_day": "2020-01-01"}]});
    first.load_registers("more", more.to_string().into_bytes()).unwrap();
    second.hear_others().unwrap();
    assert_eq!(organisations(), before + 1);

    // By what is of before nobody is let in; and who may no more is known all the same.
    first.load_users(&users("2027-12-31"), Loading::default()).unwrap();
    second.hear_others().unwrap();
    let server = postgres::of_tests().unwrap();
    let name = site.first.server.as_ref().unwrap().url.rsplit('=').next().unwrap();
    let harm = "UPDATE register_file SET content = content || '\\x00' WHERE name = 'more'";
    server.ask(name, harm).unwrap();
    first.load_users(&users("2026-10-31"), Loading::default()).unwrap();
    let unheard = second.hear_others().unwrap_err().to_string();
    assert!(unheard.contains("cannot be read"), "{unheard}");
    assert!(second.caller_of_person(aino()).is_err());
}

/// Does the same at two servers at the same moment.
fn at_once<T: Send>(
    servers: [&App; 2],
    work: impl Fn(usize, &App) -> Result<T, AppError> + Sync,
) -> [Result<T, AppError>; 2] {
    let together = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        let threads = [0, 1].map(|number| {
            let (together, work) = (&together, &work);
            scope.spawn(move || {
                together.wait();
                work(number, servers[number])
            })
        });
        threads.map(|thread| thread.join().unwrap())
    })
}

/// OPS-2, ARC-4: of two servers that make the next version of one document at the same moment one does, and the other is
/// told; a client whom both bring first is one client; what is brought to both is archived once; and the whole archive is
/// as it should be.
#[test]
fn two_servers_that_change_the_same_do_it_one_after_the_other() {
    if postgres::of_tests().is_none() {
        println!("skipped: it needs PostgreSQL");
        return;
    }
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let world = world.reopen_with(|options| AppOptions { together: true, ..options });
    let elsewhere = tempfile::tempdir().unwrap();
    let here = AppOptions { together: true, ..options(world.folder.path()) };
    let there = AppOptions { folder: elsewhere.path().to_owned(), ..here };
    let clock = Arc::<SetClock>::clone(&world.clock) as Arc<dyn Clock>;
    let second = App::open(&there, clock).unwrap();
    let servers = [&world.app, &second];
    let clients = world.contents().clients;
    for round in 2..8 {
        let county = world.county();
        let note = world.note(&dossier);
        let same = at_once(servers, |_, at| at.archive_document(&county, note.submission()));
        let receipts = same.map(|one| one.unwrap().receipt);
        assert_eq!(receipts[0], receipts[1], "one document, one receipt");

        let rivals = [world.next_version(&note), world.next_version(&note)];
        let made = at_once(servers, |number, at| {
            at.archive_document(&county, rivals[number].submission())
        });
        let winner = usize::from(made[0].is_err());
        match (&made[winner], &made[1 - winner]) {
            (Ok(_), Err(AppError::Store(error))) => panic!("{error}"),
            (Ok(_), Err(_)) => {}
            other => panic!("{other:?}"),
        }
        let next = world.next_version(&rivals[winner]);
        let why = InvalidationRequest { reason: "1".into(), explanation: None };
        let gone = rivals[winner].id();
        let both = at_once(servers, |number, at| {
            if number == 0 {
                return at.invalidate_document(&county, &gone, &why).map(drop);
            }
            at.archive_document(&county, next.submission()).map(drop)
        });
        for one in &both {
            assert!(!matches!(one, Err(AppError::Store(_))), "{both:?}");
        }

        let who = client(round);
        let unknown = [world.relationship(&who), world.relationship(&who)];
        let brought = at_once(servers, |number, at| {
            at.archive_document(&county, unknown[number].submission())
        });
        assert!(brought.iter().any(Result::is_ok), "{brought:?}");
    }
    assert_eq!(world.contents().clients, clients + 6, "each is one client");
    assert_eq!(world.damage(), Vec::<String>::new());
    second.close();
}

/// ACC-2, OPS-2: a right that another program ended while this one had lost the database is ended here too.
#[test]
fn a_right_that_was_ended_by_another_program_is_ended() {
    let Some(site) = site(World::new) else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let other = AppOptions { folder: elsewhere.path().to_owned(), ..site.first.clone() };
    let first = site.open(&site.first).unwrap();
    first.load_users(&users("2027-12-31"), Loading::default()).unwrap();
    assert!(first.caller_of_person(aino()).is_ok());
    let server = postgres::of_tests().unwrap();
    let name = site.first.server.as_ref().unwrap().url.rsplit('=').next().unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    server.ask(name, end).unwrap();
    let second = site.open(&other).unwrap();
    second.load_users(&users("2026-10-31"), Loading::default()).unwrap();
    second.close();
    // Whatever is read or written tells that the database was away.
    first.contents().unwrap();
    assert!(first.caller_of_person(aino()).is_err());
}

/// OPS-2: what is at the target is not written over: neither another's tables, nor another archive, nor this one when it
/// went on since.
#[test]
fn a_target_with_anything_in_it_is_refused() {
    let Some(site) = site(small) else { return };
    let refused = |options: &AppOptions, way| {
        let refused = site.go(options, way);
        let why =
            matches!(&refused, Err(MoveError::Open(OpenError::Store(StoreError::NotEmpty(_)))));
        assert!(why, "{refused:?}");
    };
    std::fs::write(site.file().join("varanto.db"), "somebody's").unwrap();
    refused(&site.first, Way::ToFile);
    assert_eq!(std::fs::read(site.file().join("varanto.db")).unwrap(), b"somebody's");
    std::fs::remove_file(site.file().join("varanto.db")).unwrap();
    site.go(&site.first, Way::ToFile).unwrap();
    // The first database holds the same, closed.
    refused(&site.first, Way::ToServer);
    let server = postgres::of_tests().unwrap();
    let name = site.second.server.as_ref().unwrap().url.rsplit('=').next().unwrap();
    server.ask(name, "CREATE TABLE theirs (number int)").unwrap();
    refused(&site.second, Way::ToServer);
    server.ask(name, "DROP TABLE theirs").unwrap();
    // A copy that was made, and changed before the move was gone on with.
    site.break_off(&site.second, Way::ToServer, |step| matches!(step, MoveStep::VerifyingCopy(_)));
    server.ask(name, "UPDATE tally SET versions = versions + 1").unwrap();
    refused(&site.second, Way::ToServer);
    let app = site.open(&site.in_file()).unwrap();
    assert_eq!(app.verify_store(|_| {}).unwrap().damage, Vec::new());
}

/// OPS-2: an archive whose doors are open is not moved, nor one that is damaged; an empty database is not begun where the
/// archive is in a file beside.
#[test]
fn what_is_open_or_damaged_stays_where_it_is() {
    let Some(site) = site(small) else { return };
    let locked = |answer: Result<MovedArchive, MoveError>| {
        assert!(
            matches!(answer, Err(MoveError::Open(OpenError::Store(StoreError::Locked(_))))),
            "{answer:?}"
        );
    };
    let app = site.open(&site.first).unwrap();
    locked(site.go(&site.first, Way::ToFile));
    app.close();
    assert_eq!(harm(site.file(), "UPDATE content SET sealed = sealed || '\\x00'::bytea"), 5);
    let damaged = site.go(&site.first, Way::ToFile);
    assert!(
        matches!(&damaged, Err(MoveError::Damaged(what)) if what.contains("version")),
        "{damaged:?}"
    );
    assert!(!site.has_file());
    harm(site.file(), "UPDATE content SET sealed = substr(sealed, 1, length(sealed) - 1)");
    site.go(&site.first, Way::ToFile).unwrap();

    let begun = site.open(&site.second);
    assert!(matches!(begun, Err(OpenError::Store(StoreError::NotMoved(_)))));
    let app = site.open(&site.in_file()).unwrap();
    locked(site.go(&site.second, Way::ToServer));
    app.close();
    assert!(!plan_move(&site.second, Way::ToServer).unwrap().copied);
}
