//! What the desk tells of a batch as a whole: what its rows have in common and in what they differ, what the archive refused,
//! and what an undo left.

use std::sync::atomic::AtomicBool;

use varanto_kit::deliveries::SourceSystem;
use varanto_workbench::answers::{Answer, Decision};
use varanto_workbench::mapping::Target;
use varanto_workbench::queue::{QueueError, UndoneSoFar};
use varanto_workbench::work::State;

use crate::archive::Archive;
use crate::queue::{again, cause, open, permit};
use crate::queued_rows::{Small, both, hetu, line, paper, says};
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

/// OLD-7: other rows of the client are found by what the source calls the client and by the code, also by one that somebody said
/// since; who looks for a code is told where one stands.
#[test]
fn other_rows_of_the_same_client_are_found() {
    let small = two_rows_of_one_client();
    let others = |place| {
        let (rows, count) = small.queue().others(&both(), place, 9).unwrap();
        assert_eq!(rows.len() as u64, count);
        rows.into_iter().map(|row| (row.place, row.has_code)).collect::<Vec<_>>()
    };
    assert_eq!((others(2), others(3), others(4)), (vec![(3, true)], vec![(2, false)], vec![]));
    small
        .answer(
            2,
            &[
                says(Target::IdentityCode, &hetu(1)),
                says(Target::NonDisclosure, "false"),
                says(Target::State, "ended"),
            ],
        )
        .unwrap();
    assert_eq!(others(3), [(2, true)]);
    // Somebody found out that another row is of this client, too.
    let named = ["client.family_name", "client.given_names"]
        .map(|name| says(Target::of_name(name).unwrap(), "Virta"));
    let all = [
        &[
            says(Target::IdentityCode, &hetu(1)),
            says(Target::State, "ended"),
            says(Target::NonDisclosure, "false"),
        ][..],
        &named,
    ]
    .concat();
    small.answer(4, &all).unwrap();
    assert_eq!(others(3), [(2, true), (4, true)]);
}

/// Client 1 has rows 2, which lacks the code, and 3.
fn two_rows_of_one_client() -> Small {
    Small::with(|small| {
        small.rows[0] = line(1, "", "Muistio", "Suvanto");
        small.rows[1] = line(2, &hetu(1), "Muistio", "Suvanto").replace("D2;2;", "D2;1;");
        "4;P;K".clone_into(&mut small.clients[3]);
    })
}

/// OLD-7: what an answer is against on other rows of the client is told before it is kept: how the client stands, what the client
/// is called, which code is the client's, an order of non-disclosure, and a document older than its client.
#[test]
fn what_an_answer_is_against_is_told() {
    let small = two_rows_of_one_client();
    let against = |place: u64, given: &[Answer]| {
        let told = small.queue().against(&both(), place, given).unwrap();
        told.all.into_iter().map(|one| (one.kind.code(), one.places)).collect::<Vec<_>>()
    };
    let code = |number| says(Target::IdentityCode, &hetu(number));
    let state = |state: &str| says(Target::State, state);
    assert_eq!(against(2, &[code(1), state("ended")]), []);
    let stands = [("client-of-two-states", vec![3])];
    assert_eq!(against(2, &[code(1), state("deceased")]), stands);
    assert_eq!(against(2, &[state("active")]), stands, "as the source calls the client");
    let other = [("client-of-two-codes", vec![3])];
    let named = |name: &str| says(Target::GivenNames, name);
    assert_eq!(against(2, &[code(9), state("ended"), named("Anna")]), other);
    assert_eq!(against(4, &[code(1), state("ended"), named("Anna Maria")]), []);
    assert_eq!(
        against(4, &[code(1), state("ended"), named("Bertta")]),
        [("code-of-two-names", vec![3])]
    );
    let order = [code(4), state("ended"), says(Target::NonDisclosure, "false")];
    assert!(against(4, &order).contains(&("order-on-another-row", vec![5])));
    assert_eq!(
        against(3, &[says(Target::WrittenAt, "1949-12-31")]),
        [("written-before-birth", vec![])]
    );
    assert_eq!(against(3, &[says(Target::Language, "sv")]), [], "it is not of that");
    // What was answered since counts, and what is not brought does not.
    let all = [code(1), state("deceased"), says(Target::NonDisclosure, "false")];
    small.answer(2, &all).unwrap();
    let stands = [("client-of-two-states", vec![2])];
    assert_eq!(against(3, &[state("ended")]), stands);
    small.answer(2, &[Answer::NotBrought(Decision::StaysElsewhere)]).unwrap();
    assert_eq!(against(3, &[state("deceased")]), []);
}

/// OLD-7, ACC-2: the files of the delivery are found by a part of the name, those of no row first; no table is one, and what
/// somebody named for a row is that row's.
#[test]
fn files_of_the_delivery_are_found_by_name() {
    let small = Small::with(|small| {
        for name in ["Kansio/Muistio A.xhtml", "muistio b.xhtml"] {
            small.papers.insert(name.into(), paper(9));
        }
        small.papers.remove("1.xhtml");
    });
    let files = |named: &str, strays: bool, from, most| {
        let found = small.queue().files(&both(), (named, strays), (from, most)).unwrap();
        let files = found.files.into_iter().map(|file| (file.name, file.row));
        (files.collect::<Vec<_>>(), found.next)
    };
    let [a, b] = ["Kansio/Muistio A.xhtml", "muistio b.xhtml"].map(str::to_owned);
    let (strays, next) = files("", true, 0, 9);
    assert_eq!((&strays, next), (&vec![(a.clone(), None), (b.clone(), None)], None));
    let (first, next) = files("MUISTIO", true, 0, 1);
    assert_eq!(first, [(a.clone(), None)]);
    assert_eq!(
        files("MUISTIO", true, next.expect("there is more"), 1),
        (vec![(b.clone(), None)], None)
    );
    assert_eq!(files("2.", false, 0, 9).0, [("2.xhtml".to_owned(), Some(3))]);
    assert_eq!(files("csv", false, 0, 9).0, [], "tables are none");
    small.answer(2, &[says(Target::File, &b)]).unwrap();
    assert_eq!(files("", true, 0, 9).0, [(a, None)]);
    assert_eq!(files("b.x", false, 0, 9).0, [(b, Some(2))]);
}
