//! What a batch did is undone while nobody relies on it, and whoever relied on it is told.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use varanto_app::Registry;
use varanto_app::archive::Submission;
use varanto_domain::archive::documents::Part;
use varanto_domain::ids::Oid;
use varanto_kit::deliveries::SourceSystem;
use varanto_workbench::addition::add_up;
use varanto_workbench::delivery::Delivery;
use varanto_workbench::door::{Answer, Door};
use varanto_workbench::reconciliation::{Reconciliation, Sum, verify};
use varanto_workbench::rehearsal::RehearsalError;
use varanto_workbench::run::RunError;
use varanto_workbench::undo::{Stays, Undo, Undone, confirm};
use varanto_workbench::work::{State, Work};

use crate::archive::Archive;
use crate::run::{reconcile, reconcile_at, run};
use crate::world::World;

const AT: &str = "2026-11-25T12:30:00Z";

pub(crate) fn undo(
    world: &World,
    work: &mut Work,
    archive: &Archive,
    source_is_there: bool,
) -> Result<Undone, RunError> {
    let delivery = Delivery::open(&world.place()).unwrap();
    let never = AtomicBool::new(false);
    let undo = Undo {
        delivery: &delivery,
        mapping: &world.mapping,
        at: AT,
        source_is_there,
        stop: &never,
    };
    undo.run(work, &mut *archive.door(), &mut |_, _, _| {})
}

/// OLD-9: an undo that is ended before its end has noted down what it did, and is gone on with.
#[test]
fn an_undo_that_is_stopped_goes_on() {
    let world = World::whole(SourceSystem::Portti, 250);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let done = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let delivery = Delivery::open(&world.place()).unwrap();
    let stop = AtomicBool::new(false);
    let undo = Undo {
        delivery: &delivery,
        mapping: &world.mapping,
        at: AT,
        source_is_there: false,
        stop: &stop,
    };
    let stopped = undo.run(&mut work, &mut *archive.door(), &mut |_, done, _| {
        stop.store(done >= 100, Ordering::Relaxed);
    });
    assert!(matches!(stopped, Err(RunError::Stopped)), "{stopped:?}");
    let undone = work.count(State::Undone).unwrap();
    assert!(undone >= 30 && undone < done.archived, "{undone}");
    stop.store(false, Ordering::Relaxed);
    // Of a batch of which a part is undone nothing is confirmed, and nothing more is archived.
    let path = world.folder.path().join("report.jsonl");
    let sum = reconcile(&world, &work, vec![archive.door()], &path).unwrap();
    assert_eq!((sum.archived, sum.source_may_be_destroyed), (done.archived - undone, false));
    assert!(confirm(&work, "2026-11-25").unwrap_err().to_string().contains("undo it to its end"));
    let refused = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false));
    assert!(refused.unwrap_err().to_string().contains("undo it to its end"));
    let rest = undo.run(&mut work, &mut *archive.door(), &mut |_, _, _| {}).unwrap();
    assert_eq!((rest.undone, rest.left, rest.counted), (done.archived, 0, true));
    let mut door = archive.door();
    let in_force = archived_documents(&world).into_iter().filter(|id| door.read_whole(id).is_ok());
    assert_eq!(in_force.count(), 0);
}

/// Every document that is or was archived by the batch.
fn archived_documents(world: &World) -> Vec<Oid> {
    let work = rusqlite::Connection::open(world.batch().join("work.sqlite")).unwrap();
    let sql = "SELECT document FROM item WHERE state IN ('archived', 'undone')";
    let mut statement = work.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(|id| Oid::parse(&id.unwrap()).unwrap()).collect()
}

/// OLD-9: who stops an undo before it did anything has undone nothing, and is asked the next time.
#[test]
fn an_undo_that_is_regretted_undid_nothing() {
    let world = World::whole(SourceSystem::Portti, 20);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let path = world.folder.path().join("report.jsonl");
    assert!(reconcile(&world, &work, vec![archive.door()], &path).unwrap().source_may_be_destroyed);
    // A later report that says otherwise takes nothing back of what was given away.
    let later = reconcile(&world, &work, vec![archive.door_that_fails(4)], &path).unwrap();
    assert_eq!((later.open + later.made_open, later.source_may_be_destroyed), (1, false));
    assert!(undo(&world, &mut work, &archive, false).is_err(), "a report said so");
    let delivery = Delivery::open(&world.place()).unwrap();
    let (stop, mapping) = (AtomicBool::new(true), &world.mapping);
    let regretted =
        Undo { delivery: &delivery, mapping, at: AT, source_is_there: true, stop: &stop };
    let stopped = regretted.run(&mut work, &mut *archive.door(), &mut |_, _, _| {});
    assert!(matches!(stopped, Err(RunError::Stopped)), "{stopped:?}");
    assert_eq!(work.count(State::Undone).unwrap(), 0);
    assert!(reconcile(&world, &work, vec![archive.door()], &path).unwrap().source_may_be_destroyed);
    assert_eq!(verify(&path).unwrap().0.undone, []);
    assert!(undo(&world, &mut work, &archive, false).is_err(), "it is asked again");
    confirm(&work, "2026-11-25").unwrap();
}

/// OLD-9: of a work file of before nobody knows what its report said: an undo asks, and confirming wants a new report.
#[test]
fn what_an_earlier_program_reported_is_not_known() {
    let world = World::whole(SourceSystem::Portti, 20);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    work.set_about("reconciled", "{\"at\":\"2026-11-20T12:00:00Z\",\"archived\":20}").unwrap();
    assert!(confirm(&work, "2026-11-25").is_err());
    let refused = undo(&world, &mut work, &archive, false).unwrap_err().to_string();
    assert!(refused.contains("--source-is-there"), "{refused}");
}

/// OLD-9: a batch that is not confirmed is undone: everything in it is invalidated; raised to another edition, the
/// same delivery is archived anew. A confirmed batch stays.
#[test]
fn a_batch_is_undone_until_it_is_confirmed() {
    let mut world = World::new(SourceSystem::Portti, 40);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let stop = AtomicBool::new(false);
    assert!(confirm(&work, "2026-11-25").is_err(), "nothing is archived");
    let done = run(&world, &mut work, vec![archive.door()], &stop).unwrap();
    let undone = undo(&world, &mut work, &archive, false).unwrap();
    assert_eq!((undone.undone, undone.left), (done.archived, 0));
    assert_eq!(undone.cases + undone.old_relationships, work.dossiers().unwrap());
    assert!(undone.cases > 0 && undone.old_relationships > 0, "{undone:?}");
    assert_eq!(work.count(State::Undone).unwrap(), done.archived);
    // The identifiers of that edition are used up.
    assert!(matches!(world.try_rehearse(), Err(RehearsalError::Undone(1))));
    let contents = archive.app.contents().unwrap();
    world.mapping.edition += 1;
    let mut work = world.rehearse();
    let again = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    assert_eq!((again.archived, again.refused), (done.archived, 0));
    assert!(archive.app.contents().unwrap().versions > contents.versions);
    assert!(confirm(&work, "2026-11-25").is_err(), "it was not reconciled");
    let path = world.folder.path().join("report.jsonl");
    reconcile(&world, &work, vec![archive.door()], &path).unwrap();
    confirm(&work, "2026-11-25").unwrap();
    assert!(undo(&world, &mut work, &archive, true).is_err(), "it stays");
}

/// OLD-9, ARC-3: an undo invalidates what its own batch archived, and nothing that another batch did, though the document has
/// the same identifier in both: given again by mistake, only rehearsed, or archived by a run that could not note it down.
#[test]
fn an_undo_leaves_what_another_batch_archived() {
    let mut world = World::new(SourceSystem::Portti, 40);
    let text = std::fs::read_to_string(world.folder.path().join("mapping.toml")).unwrap();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let undo = |world: &World, work: &mut Work| {
        let undone = undo(world, work, &archive, false)?;
        Ok::<_, RunError>((undone.undone, undone.left))
    };
    let mut work = world.rehearse();
    assert!(undo(&world, &mut work).is_err(), "nothing was sent");
    let done = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let documents: Vec<String> = rusqlite::Connection::open(world.batch().join("work.sqlite"))
        .unwrap()
        .prepare("SELECT document FROM item WHERE state = 'archived'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let in_force = || {
        let mut door = archive.door();
        documents.iter().filter(|id| door.read_whole(&Oid::parse(id).unwrap()).is_ok()).count()
    };
    assert_eq!(in_force() as u64, done.archived);
    std::fs::rename(world.batch(), world.folder.path().join("first")).unwrap();
    // The whole delivery once more, as another batch.
    world.mapping =
        varanto_workbench::mapping::read(&text.replace("batch = \"1\"", "batch = \"2\"")).unwrap();
    let mut work = world.rehearse();
    assert!(undo(&world, &mut work).is_err(), "it was only rehearsed");
    let again = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    assert_eq!((again.archived, again.refused), (0, done.archived));
    let undone = undo(&world, &mut work).unwrap();
    assert_eq!(undone, (0, done.archived));
    assert_eq!(in_force(), documents.len(), "what the first batch archived stays");
    // Nothing of it is archived: the folder is free for another edition.
    world.mapping.edition += 1;
    world.rehearse();
    // What a run archived and could not note down goes with its batch.
    std::fs::remove_dir_all(world.batch()).unwrap();
    std::fs::rename(world.folder.path().join("first"), world.batch()).unwrap();
    world.mapping = varanto_workbench::mapping::read(&text).unwrap();
    let mut work = Work::open(&world.batch()).unwrap();
    rusqlite::Connection::open(world.batch().join("work.sqlite"))
        .unwrap()
        .execute("UPDATE item SET state = 'sound', receipt = NULL WHERE state = 'archived'", [])
        .unwrap();
    assert_eq!(undo(&world, &mut work).unwrap(), (done.archived, 0));
    assert_eq!(in_force(), 0);
}

/// OLD-9, ARC-3: what somebody made of a document meanwhile is theirs: an undo leaves it in force, and tells its row.
#[test]
fn a_later_version_of_somebody_stays() {
    let world = World::whole(SourceSystem::Portti, 30);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let (place, later) = replaced(&world, &archive, 0);
    let undone = undo(&world, &mut work, &archive, false).unwrap();
    assert_eq!((undone.undone, undone.stays.later), (30, vec![place]));
    assert!(archive.door().read_whole(&later).is_ok(), "it is in force");
}

/// Makes a later version of the document that the batch archived at this place among its own; where its row stands, and
/// what it is called.
fn replaced(world: &World, archive: &Archive, at: u32) -> (u64, Oid) {
    let work = rusqlite::Connection::open(world.batch().join("work.sqlite")).unwrap();
    let sql = "SELECT place, document FROM item WHERE state = 'archived' AND said ->> '$.main_document' IS NULL
      ORDER BY number LIMIT 1 OFFSET ?";
    let (place, document): (i64, String) =
        work.query_row(sql, [at], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let first = archive.door().read_whole(&Oid::parse(&document).unwrap()).unwrap();
    let mut metadata: serde_json::Value = serde_json::from_slice(&first.metadata).unwrap();
    let later = format!("{document}1");
    metadata["document_id"] = later.as_str().into();
    metadata["version"] = 2.into();
    metadata["replaces"] = serde_json::json!({ "document_id": document, "reason": "4" });
    let parts = first.parts.into_iter().filter(|(part, _)| *part != Part::Signature).collect();
    let submission = Submission { metadata: metadata.to_string().into_bytes(), parts };
    let answer = archive.door().archive(&submission);
    assert!(matches!(answer, Answer::Archived(_)), "{answer:?}");
    (place.unsigned_abs(), Oid::parse(&later).unwrap())
}

/// OLD-9: an undo that is ended in the midst of what it notes down together has noted down each document that it
/// invalidated, and what it left in force is told at its end, in whatever go it was met.
#[test]
fn what_an_undo_met_before_it_was_stopped_is_told() {
    let world = World::whole(SourceSystem::Portti, 60);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let done = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let (early, _) = replaced(&world, &archive, 0);
    let (late, _) = replaced(&world, &archive, 40);
    let stop = Arc::new(AtomicBool::new(false));
    let undo = |work: &mut Work, door: &mut dyn Door| {
        let delivery = Delivery::open(&world.place()).unwrap();
        let mapping = &world.mapping;
        let undo =
            Undo { delivery: &delivery, mapping, at: AT, source_is_there: false, stop: &stop };
        undo.run(work, door, &mut |_, _, _| {})
    };
    let mut door = archive.door_that_stops_undo_after(20, &stop);
    let stopped = undo(&mut work, &mut *door);
    assert!(matches!(stopped, Err(RunError::Stopped)), "{stopped:?}");
    assert_eq!(work.count(State::Undone).unwrap(), 20);
    assert_eq!(Stays::of(&work).unwrap(), Stays { later: vec![early], not_told: Vec::new() });
    let mut door = archive.door();
    let in_force = archived_documents(&world).into_iter().filter(|id| door.read_whole(id).is_ok());
    // Those that were replaced are read still: one of them is invalidated.
    assert_eq!(in_force.count() as u64, done.archived - 20);
    stop.store(false, Ordering::Relaxed);
    let rest = undo(&mut work, &mut *archive.door()).unwrap();
    let stays = Stays { later: vec![early, late], not_told: Vec::new() };
    assert_eq!((rest.undone, rest.stays), (done.archived, stays));
}

/// OLD-9: what was run or undone while a report was made is in none.
#[test]
fn no_report_is_made_of_a_batch_that_changes() {
    let world = World::whole(SourceSystem::Portti, 20);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let (delivery, path) = (Delivery::open(&world.place()).unwrap(), world.folder.path().join("r"));
    let (registry, stop) = (Registry::alone(&[], &[]).unwrap(), AtomicBool::new(false));
    let made = |progress: &(dyn Fn(u64, u64) + Sync)| {
        let reconciliation = Reconciliation {
            delivery: &delivery,
            mapping: &world.mapping,
            registry: &registry,
            made_at: "2026-11-25T12:00:00Z",
            most_each_second: None,
            stop: &stop,
            progress,
        };
        let made = reconciliation.run(&work, vec![archive.door()], &path);
        made.map(|sum| sum.source_may_be_destroyed).map_err(|error| error.to_string())
    };
    assert_eq!(made(&|_, _| {}), Ok(true));
    let other = world.batch().join("work.sqlite");
    let sql = "UPDATE item SET state = 'undone' WHERE number = (SELECT max(number) FROM item)";
    let refused = made(&|_, _| {
        rusqlite::Connection::open(&other).unwrap().execute(sql, []).unwrap();
    });
    assert!(refused.as_ref().is_err_and(|why| why.contains("meanwhile")), "{refused:?}");
}

/// OLD-9: what an earlier version of the program rehearsed or began is neither run nor reconciled by this one, and says what
/// helps; it can be undone.
#[test]
fn what_another_version_of_the_program_made_is_not_gone_on_with() {
    let world = World::whole(SourceSystem::Portti, 20);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let of_before = |work: &Work| work.set_about("made_by", "0").unwrap();
    of_before(&work);
    let go = |work: &mut Work| {
        let done = run(&world, work, vec![archive.door()], &AtomicBool::new(false));
        done.map_err(|error| error.to_string())
    };
    assert!(go(&mut work).unwrap_err().contains("rehearse it again"));
    let mut work = world.rehearse();
    go(&mut work).unwrap();
    of_before(&work);
    assert!(go(&mut work).unwrap_err().contains("or undo it"));
    let path = world.folder.path().join("report.jsonl");
    let refused = reconcile(&world, &work, vec![archive.door()], &path);
    assert!(refused.unwrap_err().to_string().contains("or undo it"));
    assert_eq!(undo(&world, &mut work, &archive, false).unwrap().undone, 20);
}

/// OLD-9: whoever was told that the source may be destroyed may have destroyed it: an undo wants to be told that it is there
/// still, and every later report of the batch tells of it.
#[test]
fn an_undo_after_a_report_is_asked_about_and_told() {
    let mut world = World::whole(SourceSystem::Portti, 30);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let done = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let report = |world: &World, work: &Work, name: &str, at: &str| -> (PathBuf, Sum) {
        let path = world.folder.path().join(name);
        let sum = reconcile_at(world, work, vec![archive.door()], &path, at).unwrap();
        (path, sum)
    };
    let (first, sum) = report(&world, &work, "first.jsonl", "2026-11-25T12:00:00Z");
    assert!(sum.source_may_be_destroyed, "{sum:?}");
    assert_eq!(verify(&first).unwrap().0.undone, []);
    let refused = undo(&world, &mut work, &archive, false).unwrap_err().to_string();
    for told in ["2026-11-25T12:00:00Z", "--source-is-there"] {
        assert!(refused.contains(told), "{refused}");
    }
    assert_eq!(work.count(State::Archived).unwrap(), done.archived, "nothing was undone");
    undo(&world, &mut work, &archive, true).unwrap();

    // A report of the same edition tells it row by row, and in its head; the first one alone does not.
    let (after, sum) = report(&world, &work, "after.jsonl", "2026-11-25T13:00:00Z");
    assert_eq!((sum.archived, sum.open, sum.made_open), (0, done.archived, 0));
    let told = &verify(&after).unwrap().0.undone;
    let of =
        |told: &[varanto_workbench::undo::UndoneEdition]| -> Vec<(u32, String, Option<String>)> {
            told.iter().map(|one| (one.edition, one.at.clone(), one.reported.clone())).collect()
        };
    let reported = Some("2026-11-25T12:00:00Z".to_owned());
    assert_eq!(of(told), [(1, AT.to_owned(), reported.clone())]);
    assert!(add_up(std::slice::from_ref(&first)).unwrap().source_may_be_destroyed);
    for order in [[&first, &after], [&after, &first]] {
        let together = add_up(&order.map(Clone::clone)).unwrap();
        assert!(!together.source_may_be_destroyed && together.archived == 0, "{together:?}");
        let open = together.open.iter();
        assert!(open.clone().all(|one| one.outcome == "undone" && one.report == after));
        assert_eq!(open.len() as u64, done.archived);
    }

    // Of the next edition, too: the report of the first is left out.
    world.mapping.edition += 1;
    let mut work = world.rehearse();
    run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let (second, sum) = report(&world, &work, "second.jsonl", "2026-11-25T14:00:00Z");
    assert!(sum.source_may_be_destroyed, "{sum:?}");
    assert_eq!(of(&verify(&second).unwrap().0.undone), [(1, AT.to_owned(), reported)]);
    let refused = add_up(&[first, second.clone()]).unwrap_err().to_string();
    assert!(refused.contains("first.jsonl") && refused.contains("was undone on"), "{refused}");
    assert!(add_up(&[second]).unwrap().source_may_be_destroyed);
}

/// A line of a report without whose the row is.
fn without_whose(line: &str) -> String {
    let Some((before, after)) = line.split_once(",\"whose\":{") else { return line.to_owned() };
    let (_, after) = after.split_once('}').unwrap();
    format!("{before}{after}")
}

/// OLD-9: a report outlives the program that made it: one whose lines tell of rows alone is read as it was meant, and one of a
/// form that is not known is no report.
#[test]
fn a_report_of_the_form_of_before_is_read() {
    let world = World::whole(SourceSystem::Portti, 30);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let path = world.folder.path().join("report.jsonl");
    let sum = reconcile(&world, &work, vec![archive.door()], &path).unwrap();
    assert!(sum.cases > 0 && sum.old_relationships > 0, "{sum:?}");
    let written = std::fs::read_to_string(&path).unwrap();
    let as_form = |form: u32, made: bool, whose: bool| {
        let of_rows = |line: &&str| made || !line.starts_with("{\"made\":");
        let lines = written.lines().filter(of_rows).map(|line| {
            let line = line.replacen("{\"form\":4,", &format!("{{\"form\":{form},"), 1);
            let line = if whose { line } else { without_whose(&line) };
            let Some((before, after)) = line.split_once(",\"cases\":") else { return line };
            let after = if made { format!(",\"cases\":{after}") } else { String::new() };
            let end = if made { "" } else { ",\"source_may_be_destroyed\":true}" };
            format!("{before}{after}{end}")
        });
        let other = world.folder.path().join(format!("form-{form}-{made}-{whose}.jsonl"));
        std::fs::write(&other, lines.map(|line| line + "\n").collect::<String>()).unwrap();
        other
    };

    // One that tells of cases, and not whose the rows are.
    let third = as_form(3, true, false);
    let (head, of_third) = verify(&third).unwrap();
    assert!(head.tells_of_made() && !head.tells_whose());
    assert_eq!(of_third, sum);
    let together = add_up(&[third]).unwrap();
    assert_eq!((together.of_rows_alone, together.without_whose), (0, 1));
    assert!(together.source_may_be_destroyed);

    let before = as_form(2, false, false);
    let (head, of_rows) = verify(&before).unwrap();
    assert!(!head.tells_of_made() && of_rows.source_may_be_destroyed, "{of_rows:?}");
    assert_eq!(of_rows, Sum { cases: 0, old_relationships: 0, ..sum });
    let together = add_up(&[before, path.clone()]).unwrap();
    assert_eq!((together.of_rows_alone, together.open.len()), (1, 0), "{together:?}");
    assert!(together.source_may_be_destroyed);
    for (form, made, whose, told) in [
        (1, false, false, "a report of form 1; this program reads 2 to 4"),
        (5, true, true, "a report of form 5"),
        (2, true, false, "unknown field `made`"),
        (3, true, true, "unknown field `whose`"),
        // Whoever takes the cases out of the lines and the sum of a report of today leaves no sum.
        (3, false, false, "unknown field `rows`"),
    ] {
        let refused = verify(&as_form(form, made, whose)).map(|(_, sum)| sum);
        let expected = matches!(&refused, Err(error) if error.to_string().contains(told));
        assert!(expected, "{form} {made}: {refused:?}");
    }
}

/// OLD-9: a case or old relationship that the archive has otherwise than it was handed in is told in its line, keeps the source
/// from being destroyed and the batch from being confirmed.
#[test]
fn cases_and_relationships_are_held_against_what_was_sent() {
    for kind in ["case", "relationship"] {
        let mut world = World::whole(SourceSystem::Portti, 30);
        let mut work = world.rehearse();
        let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
        run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
        // What one of them was made of is not what the archive has: its client's name, word by word.
        let text = std::fs::read_to_string(world.folder.path().join("mapping.toml")).unwrap();
        let known = rusqlite::Connection::open(world.batch().join("work.sqlite")).unwrap();
        let sql = "SELECT kept, receipt FROM dossier WHERE kind = ? ORDER BY kept LIMIT 2";
        let two: Vec<(String, String)> = known
            .prepare(sql)
            .unwrap()
            .query_map([kind], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let (kept, own) = &two[0];
        let path = world.folder.path().join("report.jsonl");
        let set = |receipt: &str| {
            let sql = "UPDATE dossier SET receipt = ? WHERE kept = ?";
            known.execute(sql, [receipt, kept]).unwrap();
        };
        set(&two[1].1);
        let sum = reconcile(&world, &work, vec![archive.door()], &path).unwrap();
        assert_eq!((sum.open, sum.made_open, sum.source_may_be_destroyed), (0, 1, false));
        let report = std::fs::read_to_string(&path).unwrap();
        let line = report.lines().find(|line| line.contains("\"unproven\"")).unwrap();
        assert!(line.contains(kept.as_str()) && line.contains(&format!("\"made\":\"{kind}\"")));
        let open = add_up(std::slice::from_ref(&path)).unwrap().open;
        assert_eq!(open[0].kept.as_deref(), Some(kept.as_str()));
        assert!(confirm(&work, "2026-11-25").is_err(), "one does not agree");
        set(own);
        let later = world.folder.path().join("later.jsonl");
        reconcile_at(&world, &work, vec![archive.door()], &later, "2026-11-25T13:00:00Z").unwrap();
        assert!(
            add_up(&[path.clone(), later]).unwrap().source_may_be_destroyed,
            "it agrees by now"
        );

        // Made of other words than the archive has: the moment at which all of them are said to be written.
        let moved = text.replace("2026-11-20T12:00:00", "2026-11-20T13:00:00");
        let fitting = std::mem::replace(
            &mut world.mapping,
            varanto_workbench::mapping::read(&moved).unwrap(),
        );
        world.mapping.digest = fitting.digest;
        let sum = reconcile(&world, &work, vec![archive.door()], &path).unwrap();
        assert_eq!((sum.archived, sum.cases, sum.old_relationships), (0, 0, 0));
        assert_eq!(sum.made_open, work.dossiers().unwrap());
        let report = std::fs::read_to_string(&path).unwrap();
        let line = report.lines().find(|line| line.contains(kept.as_str())).unwrap();
        assert!(line.contains("\"differs\"") && line.contains("written_at"), "{line}");
    }
}
