//! A controller's register taken into another archive: all of it is there afterwards, acts there as before, and is proven there;
//! what is wrong with a package keeps all of it out; and what was broken off goes on.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use varanto_app::retention::{HoldQuery, Proposal};
use varanto_app::transfer::{
    Kind, TakeInPlan, TakeInStep, TakenRegister, TransferError, TransferRequest,
};
use varanto_app::verify::{Held, verify_receipt};
use varanto_app::{App, AppError, AppOptions};
use varanto_domain::access::Purpose;
use varanto_domain::faults::Fault;
use varanto_domain::persons::PersonFacts;
use varanto_domain::relationship::RoadStep;
use varanto_domain::time::{Clock, FinnishDay};
use varanto_formats::receipts;
use varanto_formats::register_package::{self, GONE, GoneFile, METS, VersionFile};
use varanto_formats::synthetic::Draw;

use crate::access::{code, neighbours_relationship};
use crate::damage::{TAKEN, archive_of_everything, columns, flip};
use crate::transfer::{
    compare, elsewhere, elsewhere_with, export, files_in, number, originals, request,
};
use crate::world::{
    COUNTY, KEEPER, SetClock, System, World, ask, client, copy, harm, oid, on_server, options,
};

/// The archive of [`elsewhere`] in its folder, opened again.
fn reopened(folder: &Path) -> World {
    let clock = SetClock::at("2026-12-01T10:00:00+02:00");
    let options = AppOptions { origin: "elsewhere.example.fi/log".into(), ..options(folder) };
    let app = App::open(&options, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
    World::around(app, &clock, &Arc::new(tempfile::tempdir().unwrap()))
}

/// Takes a package in.
fn take_in(world: &World, controller: &str, place: &Path) -> TakenRegister {
    match world.app.take_in_register(&request(controller), (place, None), |_| {}) {
        Ok(taken) => taken,
        Err(TransferError::App(AppError::Refused(faults))) => {
            panic!("{}", crate::world::told(&faults))
        }
        Err(error) => panic!("{error}"),
    }
}

fn refused<T: std::fmt::Debug>(done: Result<T, TransferError>) -> Vec<Fault> {
    match done {
        Err(TransferError::App(AppError::Refused(faults))) => faults,
        other => panic!("{other:?}"),
    }
}

/// What keeps a package out, each as `code value`.
fn faults(world: &World, controller: &str, place: &Path) -> Vec<String> {
    let lines = world.contents().log_lines;
    let versions = number(world, "SELECT count(*) FROM document_version");
    let request = request(controller);
    let planned = refused(world.app.plan_take_in(&request, (place, None), |_| {}));
    let done = refused(world.app.take_in_register(&request, (place, None), |_| {}));
    assert_eq!(planned, done, "told is what is done");
    assert_eq!(world.contents().log_lines, lines + 2, "each try leaves a line");
    assert_eq!(number(world, "SELECT count(*) FROM document_version"), versions);
    assert_eq!(number(world, "SELECT count(*) FROM taken_file"), 0);
    let value = |one: &Fault| one.value.clone().unwrap_or_default();
    done.iter().map(|one| format!("{} {}", one.code(), value(one))).collect()
}

/// What rows follow from documents, by what they name.
fn facts(world: &World) -> Vec<Vec<String>> {
    let queries = [
        "SELECT oid, old, last_day, service_tasks, road, of_deceased FROM relationship ORDER BY oid",
        "SELECT oid, closed, closed_on, joint FROM client_case ORDER BY oid",
        "SELECT count(*), sum(first_day), sum(last_day) FROM register_use_right",
        "SELECT oid, version, state, archived_at, written_at FROM document_version ORDER BY oid",
    ];
    queries.into_iter().flat_map(|sql| ask(world.folder.path(), sql)).collect()
}

/// OPS-3, ARC-1, ARC-15, LOG-1: both registers of an archive are taken into one in which there is nothing: all of it is there,
/// holds there and compares as the same; a second run adds nothing.
#[test]
fn registers_are_taken_into_an_empty_archive_whole() {
    let (world, other) = (archive_of_everything(), elsewhere());
    let at = |name: &str| world.folder.path().join(name);
    for (controller, name) in [(COUNTY, "county"), (KEEPER, "keeper.tar")] {
        let exported = export(&world, controller, &at(name));
        let planned: TakeInPlan =
            other.app.plan_take_in(&request(controller), (&at(name), None), |_| {}).unwrap();
        assert_eq!((planned.there, planned.begun), (0, None));
        assert_eq!(planned.summary, exported.summary);
        let mut steps = Vec::new();
        let taken = other.app.take_in_register(&request(controller), (&at(name), None), |step| {
            steps.push(step);
        });
        let taken = taken.unwrap();
        assert_eq!(taken.kept, exported.summary.versions);
        assert!(taken.comparison.agrees(), "{:?}", taken.comparison);
        assert!(steps.contains(&TakeInStep::Versions(taken.kept, taken.kept)), "{steps:?}");
        assert!(compare(&other, controller, &at(name)).agrees());
        assert_eq!(other.damage(), Vec::<String>::new());

        let lines = other.contents().log_lines;
        let again = take_in(&other, controller, &at(name));
        assert_eq!((again.kept, again.beside, again.plan.begun), (0, 0, Some(true)));
        assert!(again.comparison.agrees());
        assert_eq!(other.contents().log_lines, lines + 1, "that it was compared");
    }
    let of = |kind| compare(&other, KEEPER, &at("keeper.tar")).beside[&kind];
    assert_eq!((of(Kind::Holds).same, of(Kind::Statements).same), (1, 4));
    let of = |kind| compare(&other, COUNTY, &at("county")).beside[&kind];
    assert_eq!((of(Kind::Choices).same, of(Kind::Identities).same), (2, 1));
    assert!(of(Kind::Corrections).same > 0);
    assert_eq!(facts(&world), facts(&other));
    // What rows follow from is the same to the byte when they are made anew.
    other.app.reindex().unwrap();
    assert_eq!(facts(&world), facts(&other));
    assert_eq!(other.damage(), Vec::<String>::new());
}

/// OPS-3, ARC-14, ARC-15: a version that was taken in has a receipt that holds here, its signatures as they were, who brought it
/// and when; and what the archive that it is from proves is kept beside it.
#[test]
fn what_was_taken_in_is_proven_here_and_there() {
    let (world, other) = (archive_of_everything(), elsewhere());
    let place = world.folder.path().join("out");
    export(&world, COUNTY, &place);
    take_in(&other, COUNTY, &place);
    let county = other.county();
    let mut signed = 0;
    for (name, path) in files_in(&place).iter().filter(|(name, _)| name.ends_with("archive.json")) {
        let file: VersionFile = register_package::read(&std::fs::read(path).unwrap()).unwrap();
        let id = oid(&file.document_id);
        let proof = other.app.prove_document(&county, &id, Purpose::READ_INVALIDATED).unwrap();
        let printed = receipts::write(&proof.receipt);
        let exported = other.app.export_checkpoint(Some(&proof.receipt)).unwrap();
        let verdict =
            verify_receipt(printed.as_bytes(), exported.as_bytes(), &Held::default()).unwrap();
        assert!(verdict.faults.is_empty(), "{name}: {:?}", verdict.faults);
        assert_eq!(proof.receipt.archived_at.to_string(), file.archived_at);
        let evidence = proof.signatures.map(|(_, evidence)| evidence);
        signed += usize::from(evidence.is_some());
        assert_eq!(
            evidence.as_deref(),
            file.proof.signatures.as_ref().map(receipts::CoveredSignatures::evidence)
        );
    }
    assert!(signed > 0);
    let again = world.folder.path().join("again");
    export(&other, COUNTY, &again);
    assert_eq!(originals(&place), originals(&again));
    let kept = number(&other, "SELECT count(*) FROM taken_version");
    assert_eq!(kept, number(&other, "SELECT count(*) FROM document_version"));
}

/// OPS-3: a register is taken into an archive that has another, of which nothing changes; a client whom both know is one.
#[test]
fn a_register_is_taken_in_beside_another() {
    let (world, other) = (archive_of_everything(), elsewhere());
    let relationship = neighbours_relationship(&other, &client(1));
    let before = ask(other.folder.path(), "SELECT count(*), sum(leaf) FROM document_version");
    let clients = number(&other, "SELECT count(*) FROM client_identifier");
    let place = world.folder.path().join("out.tar");
    let exported = export(&world, COUNTY, &place);
    let taken = take_in(&other, COUNTY, &place);
    assert!(taken.comparison.agrees(), "{:?}", taken.comparison);
    assert_eq!(other.damage(), Vec::<String>::new());
    let of_neighbour = "SELECT count(*), sum(leaf) FROM document_version WHERE controller =
        (SELECT number FROM term WHERE text = '1.2.246.10.90000002')";
    assert_eq!(ask(other.folder.path(), of_neighbour), before);
    assert_eq!(
        number(&other, "SELECT count(*) FROM document_version"),
        exported.summary.versions + 1
    );
    let own = number(&world, "SELECT count(*) FROM client_identifier");
    assert!(number(&other, "SELECT count(*) FROM client_identifier") < clients + own);
    let neighbour = other.caller(System::Neighbour);
    other.app.open_document(&neighbour, &relationship.id(), Purpose::READ).unwrap();
}

/// OPS-3, ARC-12, ARC-3, RUR-2: the register goes on in the new archive as in the old: what is held is not destroyed, what was
/// destroyed is not archived again, documents get their next versions, and producers serve by their rights.
#[test]
fn a_register_that_was_taken_in_goes_on() {
    let (world, other) = (archive_of_everything(), elsewhere());
    let at = |name: &str| world.folder.path().join(name);
    for (controller, name) in [(COUNTY, "county"), (KEEPER, "keeper")] {
        export(&world, controller, &at(name));
        take_in(&other, controller, &at(name));
    }
    let sql = "SELECT oid FROM document_version WHERE version_key IN
        (SELECT set_key FROM retention_hold WHERE lifted_line IS NULL)";
    assert_eq!(ask(other.folder.path(), sql).len(), 1);
    let [aino, _] = ["aino", "olli"].map(|who| crate::destruction::archivist(&other, who, KEEPER));
    let holds = other.app.list_holds(&aino, &HoldQuery::default()).unwrap().holds;
    let [hold] = holds.as_slice() else { panic!("{holds:?}") };
    assert_eq!(hold.explanation.as_deref(), Some("Tutkimus jatkuu"));
    other.tell(vec![(
        client(12).code,
        PersonFacts { died_on: FinnishDay::parse("2020-01-01"), ..PersonFacts::default() },
    )]);
    let proposal = Proposal { documents: vec![hold.document.clone()], dry_run: false };
    match other.app.propose_destruction(&aino, &proposal) {
        Err(AppError::Refused(faults)) => assert_eq!(faults[0].code(), "document-held"),
        done => panic!("{done:?}"),
    }
    other.app.lift_hold(&aino, &hold.id).unwrap();
    assert!(other.app.propose_destruction(&aino, &proposal).is_ok());

    let gone = "SELECT count(*) FROM taken_gone";
    assert!(number(&other, gone) > 0);
    assert_eq!(number(&world, "SELECT count(*) FROM destroyed_version"), number(&other, gone));
    let told = std::fs::read(at("keeper").join(register_package::file_of_lines(GONE, 1))).unwrap();
    let told: Vec<GoneFile> = register_package::read_lines(&told).unwrap();
    let again = other.relationship(&client(14)).set("document_id", told[0].document_id.as_str());
    let again = again.set("set_id", told[0].document_id.as_str());
    let done = other.app.archive_document(&other.county(), again.submission());
    assert_eq!(code(done), "another-register", "the identifier names what is gone for good");

    let dossier = other.open_case(&client(70));
    let note = other.note(&dossier);
    other.archive(&note);
    other.archive(&other.next_version(&note));
    let place = world.folder.path().join("county");
    let after = compare(&other, COUNTY, &place);
    assert!(after.versions.missing == 0 && after.versions.differ == 0 && after.versions.beyond > 0);
    assert_eq!(other.damage(), Vec::<String>::new());
}

/// OPS-3, REL-7: the controller goes on on the road that it took, and a register that has begun one here keeps it.
#[test]
fn the_controllers_road_comes_along() {
    let (world, other) = (World::new(), elsewhere());
    let from = FinnishDay::parse("2027-01-01").unwrap();
    world.app.step_road(&oid(COUNTY), RoadStep::Begin(from)).unwrap();
    world.archive(&world.relationship(&client(1)));
    let place = world.folder.path().join("out");
    export(&world, COUNTY, &place);
    assert!(take_in(&other, COUNTY, &place).comparison.agrees());
    let there = world.app.tell_road(&oid(COUNTY)).unwrap();
    assert_eq!(there.state.long_from, Some(from));
    assert_eq!(other.app.tell_road(&oid(COUNTY)).unwrap(), there);

    let third = elsewhere();
    let later = FinnishDay::parse("2027-06-01").unwrap();
    third.app.step_road(&oid(COUNTY), RoadStep::Begin(later)).unwrap();
    take_in(&third, COUNTY, &place);
    assert_eq!(third.app.tell_road(&oid(COUNTY)).unwrap().state.long_from, Some(later));
}

/// OPS-3, ARC-15: of a package that does not hold nothing is taken in, and every fault is told at once, each where it is.
#[test]
fn a_package_that_does_not_hold_is_kept_out() {
    let (world, other) = (archive_of_everything(), elsewhere());
    let place = world.folder.path().join("out");
    export(&world, COUNTY, &place);
    let files = files_in(&place);
    let content = |end: &str| {
        let found = files.iter().filter(|(name, _)| name.ends_with(end));
        found.map(|(name, path)| (name.clone(), path.clone())).collect::<Vec<_>>()
    };
    let (flipped, gone) = (content("view.xhtml").remove(3), content("structured.json").remove(5));
    let mut bytes = std::fs::read(&flipped.1).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&flipped.1, bytes).unwrap();
    std::fs::remove_file(&gone.1).unwrap();
    // A version with all its files, the first of a document that has another.
    let versions = content("archive.json").into_iter().filter_map(|(_, path)| {
        let file: VersionFile = register_package::read(&std::fs::read(&path).unwrap()).unwrap();
        (file.version == 2).then_some(file.set_id)
    });
    let set = versions.max().unwrap();
    let first = content("archive.json").into_iter().find(|(name, _)| name.contains(&set)).unwrap();
    std::fs::remove_dir_all(first.1.parent().unwrap()).unwrap();
    let told = faults(&other, COUNTY, &place);
    let has = |one: &str| assert!(told.iter().any(|told| told.contains(one)), "{one}: {told:?}");
    has(&format!("package-does-not-hold {}", flipped.0));
    has(&format!("package-does-not-hold {}", gone.0));
    has(&format!("package-does-not-hold {}", first.0));
    has(&format!("versions-missing {set}"));
    has(&format!("package-does-not-hold {METS}"));
    assert_eq!(other.damage(), Vec::<String>::new());
    let wrong = other.app.take_in_register(&request(KEEPER), (&place, None), |_| {});
    assert!(matches!(wrong, Err(TransferError::OtherRegister(of)) if of == COUNTY));
}

/// OPS-3: what stands against a package in the archive is told at once: another document under one of its identifiers, a register
/// that goes on here, a controller that nobody knows, structures that are not loaded; and a package of the archive's own.
#[test]
fn what_stands_against_a_package_is_told_at_once() {
    let (world, other) = (World::new(), elsewhere());
    let mine = world.relationship(&client(1));
    world.archive(&mine);
    let dossier = world.open_case(&client(2));
    world.archive(&world.note(&dossier));
    let place = world.folder.path().join("out");
    export(&world, COUNTY, &place);
    let theirs = mine.clone().set("written_at", "2026-11-01T08:00:00Z");
    other.archive(&theirs);
    other.archive(&other.relationship(&client(3)));
    let told = faults(&other, COUNTY, &place);
    assert_eq!(
        told,
        [
            format!("identifier-taken {}", mine.text("document_id")),
            format!("register-goes-on {COUNTY}")
        ]
    );
    let told = faults(&world, COUNTY, &place);
    assert_eq!(told, ["package-of-this-archive varanto.local/log"]);

    let empty = elsewhere_with(false, None);
    let told = faults(&empty, COUNTY, &place);
    assert_eq!(told, [format!("no-controller {COUNTY}")]);
    let form = TransferRequest { reference: client(1).code.reveal().into(), ..request(COUNTY) };
    let told = refused(empty.app.take_in_register(&form, (&place, None), |_| {}));
    assert_eq!((told.len(), told[0].code()), (1, "wrong-form"));
    let other_key = Some("archive.example.fi/log+8fa27683+AQ");
    let told = refused(other.app.plan_take_in(&request(COUNTY), (&place, other_key), |_| {}));
    assert!(told.iter().any(|one| one.code() == "package-does-not-hold"), "{told:?}");
}

/// OPS-2, OPS-3: broken off wherever, the same call goes on: nothing is there twice, and all of it at the end.
#[test]
fn a_taking_in_that_was_broken_off_goes_on() {
    let (world, other) = (archive_of_everything(), elsewhere());
    let place = world.folder.path().join("out");
    let exported = export(&world, COUNTY, &place);
    let stops: [fn(TakeInStep) -> bool; 4] = [
        |step| matches!(step, TakeInStep::Checking(30)),
        |step| matches!(step, TakeInStep::Beside(200)),
        |step| matches!(step, TakeInStep::Versions(done, _) if done >= 64),
        |step| matches!(step, TakeInStep::Comparing(20)),
    ];
    for stop in stops {
        let broken = std::panic::AssertUnwindSafe(|| {
            other
                .app
                .take_in_register(&request(COUNTY), (&place, None), |step| assert!(!stop(step)))
        });
        assert!(std::panic::catch_unwind(broken).is_err());
        assert_eq!(other.damage(), Vec::<String>::new());
    }
    let taken = take_in(&other, COUNTY, &place);
    assert!(taken.comparison.agrees(), "{:?}", taken.comparison);
    assert_eq!(taken.comparison.versions.same, exported.summary.versions);
    let begun = "SELECT count(*) FROM use_log WHERE event = 21 AND detail LIKE '% begun'";
    assert_eq!(number(&other, begun), 1);
}

const FOLDER: &str = "VARANTO_TEST_TAKE_IN_FOLDER";
const PACKAGE: &str = "VARANTO_TEST_TAKE_IN_PACKAGE";

/// Takes a package in, and tells each step, until it is killed. Runs as a process of its own.
#[test]
#[ignore = "runs as a process of its own, in the next test"]
fn takes_in_until_killed() {
    let (Some(folder), Some(place)) = (std::env::var_os(FOLDER), std::env::var_os(PACKAGE)) else {
        return;
    };
    let world = reopened(Path::new(&folder));
    let place = Path::new(&place);
    let done = world.app.take_in_register(&request(COUNTY), (place, None), |step| {
        println!("STEP {step:?}");
    });
    println!("DONE {}", done.unwrap().comparison.agrees());
}

/// Lets a process take a package in until it tells a step, and kills it then; `false`: it was done before.
fn killed_at(folder: &Path, package: &Path, step: &str) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["taking_in::takes_in_until_killed", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .env(PACKAGE, package)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let heard = lines.any(|line| line.contains(&format!("STEP {step}")));
    child.kill().unwrap();
    child.wait().unwrap();
    heard
}

/// OPS-2, OPS-3: SIGKILL in the middle, again and again: what is there is whole each time, and all of it at the end, once.
#[test]
fn a_taking_in_that_is_killed_goes_on() {
    if on_server() {
        return;
    }
    let (world, other) = (archive_of_everything(), elsewhere());
    let place = world.folder.path().join("out");
    let exported = export(&world, COUNTY, &place);
    let folder = Arc::clone(&other.folder);
    other.app.clone().close();
    drop(other);
    let all = exported.summary.versions;
    let mut versions = Vec::new();
    for step in [
        "Checking(40)".to_owned(),
        "Beside(3)".to_owned(),
        "Beside(240)".to_owned(),
        format!("Versions(0, {all})"),
        format!("Versions(32, {all})"),
        format!("Versions(64, {all})"),
        format!("Versions({all}, {all})"),
        "Comparing(2)".to_owned(),
    ] {
        assert!(killed_at(folder.path(), &place, &step), "{step} was not heard of");
        let world = reopened(folder.path());
        assert_eq!(world.damage(), Vec::<String>::new(), "{step}");
        versions.push(world.contents().versions);
        world.app.close();
    }
    println!("{versions:?}");
    assert!(versions.iter().any(|some| *some > 0 && *some < all), "{versions:?}");
    let other = reopened(folder.path());
    let taken = take_in(&other, COUNTY, &place);
    assert!(taken.comparison.agrees(), "{:?}", taken.comparison);
    assert_eq!(other.contents().versions, all);
    assert_eq!(other.damage(), Vec::<String>::new());
    let begun = "SELECT count(*) FROM use_log WHERE event = 21 AND detail LIKE '% begun'";
    assert_eq!(ask(folder.path(), begun)[0][0], "1");
    other.app.close();
}

/// ARC-15: what is kept beside a register that was taken in is verified, too: one bit in any column, or a row that is gone.
#[test]
fn damage_to_what_is_kept_beside_is_found() {
    if on_server() {
        return;
    }
    let (world, other) = (archive_of_everything(), elsewhere());
    let place = world.folder.path().join("out");
    export(&world, KEEPER, &place);
    take_in(&other, KEEPER, &place);
    let folder = Arc::clone(&other.folder);
    other.app.clone().close();
    let verdict = |change: &mut dyn FnMut(&Path)| {
        let copied = tempfile::tempdir().unwrap();
        copy(folder.path(), copied.path());
        change(copied.path());
        let world = reopened(copied.path());
        let damage = world.damage();
        world.app.close();
        damage
    };
    assert_eq!(verdict(&mut |_| {}), Vec::<String>::new());
    let mut draw = Draw::new(11);
    for table in TAKEN {
        let place = table.replace('_', " ");
        let names_it = |said: &[String]| said.iter().any(|one| one.contains(&place));
        for column in columns(folder.path(), table) {
            let said = verdict(&mut |copied| drop(flip(copied, table, &column, &mut draw)));
            assert!(names_it(&said), "{table}.{column}: {said:?}");
        }
        let gone = format!("DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})");
        let said = verdict(&mut |copied| assert_eq!(harm(copied, &gone), 1));
        assert!(names_it(&said), "{table}: {said:?}");
    }
}

/// OPS-1, OPS-3: from a server into a file and back into another server, all the same. It runs where the tests are about
/// PostgreSQL.
#[test]
fn a_register_goes_from_one_engine_to_the_other() {
    if varanto_kit::postgres::of_tests().is_none() {
        println!("skipped: it is about PostgreSQL");
        return;
    }
    let world = archive_of_everything();
    let at = |name: &str| world.folder.path().join(name);
    export(&world, COUNTY, &at("out"));
    let file = elsewhere_with(true, Some(|options| AppOptions { server: None, ..options }));
    assert!(take_in(&file, COUNTY, &at("out")).comparison.agrees());
    assert!(file.folder.path().join("varanto.db").is_file());
    assert_eq!(file.damage(), Vec::<String>::new());
    export(&file, COUNTY, &at("again.tar"));
    let server = elsewhere_with(
        true,
        Some(|options| AppOptions { origin: "third.example.fi/log".into(), ..options }),
    );
    assert!(take_in(&server, COUNTY, &at("again.tar")).comparison.agrees());
    assert!(compare(&server, COUNTY, &at("out")).agrees());
    assert_eq!(server.damage(), Vec::<String>::new());
}

/// OPS-3, ARC-15, LOG-1: what the archive that a register was taken in from proves and logs is taken out by the keeper of the
/// register, as it stood in the package, and by nobody else.
#[test]
fn what_is_kept_beside_is_read_by_the_keeper_of_the_register() {
    let (world, other) = (archive_of_everything(), elsewhere());
    let place = world.folder.path().join("out");
    export(&world, COUNTY, &place);
    take_in(&other, COUNTY, &place);
    let to = other.folder.path().join("kept");
    let officer = crate::oversight::officer(&other);
    let denied = other.app.export_taken_in(&officer, &request(COUNTY), &to);
    assert!(matches!(denied, Err(TransferError::App(AppError::Denied(_)))), "{denied:?}");
    let archivist = crate::transfer::archivist(COUNTY);
    let files = other.app.export_taken_in(&archivist, &request(COUNTY), &to).unwrap();
    let kept = files_in(&to);
    assert_eq!(kept.len() as u64, files);
    let mut lines = 0;
    for (name, path) in &kept {
        let (_, name) = name.split_once('/').unwrap();
        let bytes = std::fs::read(path).unwrap();
        if let Some(document) = name.strip_prefix("versions/") {
            let file: VersionFile = register_package::read(&bytes).unwrap();
            assert_eq!(format!("{}.json", file.document_id), document);
        } else {
            assert_eq!(bytes, std::fs::read(place.join(name)).unwrap(), "{name}");
            lines += usize::from(name.starts_with(register_package::LOG));
        }
    }
    assert_eq!(lines, 1);
    assert!(kept.keys().any(|name| name.ends_with(register_package::SIGNED)));
}
