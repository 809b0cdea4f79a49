//! What the desk tells of a batch as a whole: what its rows have in common and in what they differ, what the archive refused,
//! and what an undo left.

use std::sync::atomic::AtomicBool;

use varanto_kit::deliveries::SourceSystem;
use varanto_workbench::queue::{QueueError, UndoneSoFar};
use varanto_workbench::work::State;

use crate::archive::Archive;
use crate::queue::{again, cause, open, permit};
use crate::queued_rows::{Small, both};
use crate::run::run;
use crate::undoing::undo;
use crate::world::World;

/// OLD-7: what a cause's rows are faulty of in other words is told with how many have them; a row that wants something for two
/// causes is counted by both, and the batch says how many do.
#[test]
fn causes_tell_in_what_their_rows_differ() {
    let small = Small::with(|small| {
        for (number, text) in
            [(1, "%PDF-1.4 katkesi"), (2, "%PDF-1.4 tämäkin"), (3, "%PDF-1.4 rikki\n%%EOF")]
        {
            small.papers.insert(format!("{number}.xhtml"), text.to_owned());
        }
        small.rows[0] = small.rows[0].replace("Muistio", "Outo");
    });
    let queue = small.queue();
    let broken = cause(&queue, "not-pdf");
    let words: Vec<(&str, u64)> =
        broken.words.iter().map(|(args, rows)| (args["reason"].as_str(), *rows)).collect();
    let expected =
        [("the file does not end with %%EOF", 2), ("the objects of the file cannot be read", 1)];
    assert_eq!((broken.rows, words.as_slice()), (3, &expected[..]));
    assert!(!broken.is_of_one_kind());
    let listed = queue.causes(&both()).unwrap();
    assert_eq!(
        listed.iter().find(|one| one.id == broken.id),
        Some(&broken),
        "told alike in the list"
    );
    let unnamed = cause(&queue, "unmapped-value");
    assert!(unnamed.is_of_one_kind() && unnamed.rows == 1, "{unnamed:?}");
    let rows = queue.rows(&both(), &broken, 0, 9).unwrap();
    let causes: Vec<u64> = rows.iter().map(|row| row.causes).collect();
    assert_eq!(causes[0], causes[1] + 1, "{causes:?} {listed:?}");
    let several = causes.iter().filter(|causes| **causes > 1).count() as u64;
    let told = queue.progress(&both()).unwrap();
    assert_eq!((told.open, told.several), (3, several), "{told:?}");
    let counted: u64 = listed.iter().map(|cause| cause.rows).sum();
    assert_eq!(counted, causes.iter().sum::<u64>(), "each row is counted by each of its causes");
}

/// OLD-7: a batch knows that its delivery is another one by now, and that it is back as it was.
#[test]
fn a_batch_knows_that_its_delivery_was_changed() {
    let small = Small::with(|_| {});
    let changed = || small.queue().has_another_delivery(&both()).unwrap();
    assert!(!changed());
    let file = small.path("delivery/uusi.xhtml");
    std::fs::write(&file, "yksi lisää").unwrap();
    assert!(changed());
    std::fs::remove_file(&file).unwrap();
    assert!(!changed());
    std::fs::rename(small.path("delivery"), small.path("muualla")).unwrap();
    assert!(changed(), "it is gone");
}

/// OLD-7, OLD-9: after a run the batch tells what the archive refused and why, row by row; what it took is opened in the archive
/// alone. An undone batch says which edition comes next, and each row is in one count.
#[test]
fn a_run_and_an_undo_are_looked_back_at() {
    let world = World::new(SourceSystem::Portti, 250);
    let mut work = world.rehearse();
    let archive =
        Archive::without_relationships(&world.county, &world.folder.path().join("archive"));
    let done = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    assert!(done.refused > 0 && done.archived > 0, "{done:?}");
    let text = std::fs::read_to_string(world.folder.path().join("mapping.toml")).unwrap();
    work.remember(&world.place(), &text, &[]).unwrap();
    let queue = open(&world);
    let permit = permit(&queue);
    let told = queue.progress(&permit).unwrap();
    assert_eq!((told.archived, told.refused, told.begun), (done.archived, done.refused, true));
    let refused = queue.left(&permit, State::Refused).unwrap();
    let unknown = refused.iter().find(|cause| cause.code == "unknown-relationship").unwrap();
    assert_eq!(unknown.rows, done.refused);
    let (state, found) = queue.left_for(&permit, &unknown.id).unwrap().expect("by its name");
    assert_eq!((state, &found), (State::Refused, unknown));
    let rows = queue.left_rows(&permit, (state, unknown), 0, 1000).unwrap();
    assert_eq!(rows.len() as u64, done.refused);
    assert!(rows.iter().all(|row| row.state == "refused"));
    let one = queue.row(&permit, rows[0].place).unwrap();
    assert!(one.begun && one.faults.iter().any(|fault| fault.code == "unknown-relationship"));
    assert_eq!(queue.settled(&permit, rows[0].place).unwrap(), None);
    let faulty = queue.left(&permit, State::Faulty).unwrap();
    assert!(!faulty.is_empty() && faulty.iter().all(|cause| cause.rows <= told.faulty));
    let of_row = |state: &str| {
        let rows = rusqlite::Connection::open(world.batch().join("work.sqlite")).unwrap();
        let sql = "SELECT min(place) FROM item WHERE state = ? AND receipt IS NOT NULL";
        rows.query_row(sql, [state], |row| row.get::<_, i64>(0)).unwrap().unsigned_abs()
    };
    let place = of_row("archived");
    let settled = queue.settled(&permit, place).unwrap().expect("it is archived");
    assert_eq!(settled.state, "archived");
    assert_eq!(queue.whose(place).unwrap().document, settled.document, "the line names it");
    assert!(matches!(queue.row(&permit, place), Err(QueueError::Refused(_))), "nothing of it");

    undo(&world, &mut work, &archive, false).unwrap();
    let told = queue.progress(&permit).unwrap();
    assert_eq!((told.undone, told.next_edition, told.begun), (UndoneSoFar::All, Some(2), false));
    let sound = told.sound - told.archived - told.refused;
    let all = told.invalidated + told.read + sound + told.refused + told.faulty + told.left_out;
    assert_eq!((all, told.invalidated), (told.rows, done.archived), "{told:?}");
    let settled = queue.settled(&permit, of_row("undone")).unwrap().expect("it was archived");
    assert_eq!(settled.state, "undone");
    drop(queue);
    let mut world = world;
    world.mapping.edition = 2;
    again(&world);
    assert_eq!(open(&world).progress(&permit).unwrap().undone, UndoneSoFar::Nothing);
}
