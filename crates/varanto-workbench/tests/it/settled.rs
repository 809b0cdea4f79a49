//! What a report says is settled is settled: from the desk and the run to reports of several batches that are added up.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use varanto_app::Registry;
use varanto_domain::time::FinnishDay;
use varanto_kit::county::{County, CountySize};
use varanto_workbench::addition::add_up;
use varanto_workbench::answers::{Answer, Decision};
use varanto_workbench::delivery::Delivery;
use varanto_workbench::mapping::{self, Target};
use varanto_workbench::queue::QueueError;
use varanto_workbench::reconciliation::{Reconciliation, Sum, verify};
use varanto_workbench::work::{State, Work};

use crate::archive::Archive;
use crate::queue::{codes, person, seen};
use crate::queued_rows::{Small, both, hetu, line, paper, says};
use crate::world::{faults, now};

const TWICE: Answer = Answer::NotBrought(Decision::DeliveredTwice);

fn archive(small: &Small) -> Archive {
    let until = FinnishDay::new(2026, 11, 20).unwrap();
    let county = County::new(1, CountySize { clients: 4, documents: 20 }, until);
    Archive::with(&county, &small.path("archive"))
}

/// Archives what is sound of what was rehearsed, and reports it.
fn reported(small: &Small, archive: &Archive, name: &str) -> (PathBuf, Sum) {
    let mut work = Work::open(&small.path("batch")).unwrap();
    small.run_through(&mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let delivery = Delivery::open(&small.path("delivery")).unwrap();
    let registry = Registry::alone(&[], &[]).unwrap();
    let path = small.path(name);
    let reconciliation = Reconciliation {
        delivery: &delivery,
        mapping: &mapping::read(&small.mapping).unwrap(),
        registry: &registry,
        made_at: &format!("2026-11-25T12:00:00Z {name}"),
        most_each_second: None,
        stop: &AtomicBool::new(false),
        progress: &|_, _| {},
    };
    let sum = reconciliation.run(&work, vec![archive.door()], &path).unwrap();
    assert_eq!(verify(&path).unwrap().1, sum);
    (path, sum)
}

/// Another batch, of these rows and files.
fn second(small: &mut Small, rows: &[String], papers: &[(&str, u32)]) {
    small.mapping = small.mapping.replacen("batch = \"1\"", "batch = \"2\"", 1);
    small.rows = rows.to_vec();
    small.papers =
        papers.iter().map(|(name, number)| ((*name).to_owned(), paper(*number))).collect();
    fs::remove_dir_all(small.path("batch")).unwrap();
    small.rehearse();
}

/// The rows that are open in reports together.
fn open(reports: &[&PathBuf]) -> Vec<Option<u64>> {
    let paths: Vec<PathBuf> = reports.iter().map(|path| (*path).clone()).collect();
    let together = add_up(&paths).unwrap();
    assert_eq!(together.source_may_be_destroyed, together.open.is_empty());
    together.open.iter().map(|one| one.row).collect()
}

fn of_client(number: u32, document: &str, file: &str) -> String {
    let row = line(number, &hetu(number), "Muistio", "Suvanto");
    row.replacen(&format!("D{number};"), &format!("{document};"), 1)
        .replace(&format!("{number}.xhtml"), file)
}

/// OLD-9: a decision about two people, with one number and one scan: when the second batch brings it of one of them, the other
/// one's row stays open, and is settled when the copy of the file is brought.
#[test]
fn one_file_of_two_clients_is_settled_by_both_documents() {
    for brought in [1, 2] {
        let mut small = Small::with(|small| {
            small.rows = vec![of_client(1, "D7", "7.xhtml"), of_client(2, "D7", "7.xhtml")];
            small.papers = [("7.xhtml".to_owned(), paper(7))].into();
        });
        let archive = archive(&small);
        let (first, sum) = reported(&small, &archive, "1.jsonl");
        assert_eq!((sum.archived, sum.open), (0, 2));
        assert_eq!(open(&[&first]), [Some(2), Some(3)], "a report settles nothing of its own");
        let rows = [of_client(1, "D7", "7.xhtml"), of_client(2, "D7-b", "7-b.xhtml")];
        let papers = [("7.xhtml", 7), ("7-b.xhtml", 7)];
        second(&mut small, &rows[..brought], &papers[..brought]);
        let (later, sum) = reported(&small, &archive, "2.jsonl");
        assert_eq!((sum.archived, sum.source_may_be_destroyed), (brought as u64, true));
        let expected = if brought == 1 { vec![Some(3)] } else { Vec::new() };
        assert_eq!(open(&[&first, &later]), expected);
        let text = fs::read_to_string(&first).unwrap();
        assert!(
            text.contains("\"whose\":{") && !text.contains("Virta") && !text.contains(&hetu(1))
        );
    }
}

/// OLD-9: a file that was missing is brought by a document of the same client, and not by one that has the same number.
#[test]
fn a_missing_file_is_settled_by_no_document_of_another_client() {
    for client in [1, 2] {
        let mut small = Small::with(|small| {
            small.papers.remove("1.xhtml");
        });
        let archive = archive(&small);
        let (first, sum) = reported(&small, &archive, "1.jsonl");
        assert_eq!((sum.archived, sum.open), (3, 1));
        second(&mut small, &[of_client(client, "D1", "9.xhtml")], &[("9.xhtml", 9)]);
        let (later, sum) = reported(&small, &archive, "2.jsonl");
        assert_eq!(sum.archived, 1);
        let expected = if client == 1 { Vec::new() } else { vec![Some(2)] };
        assert_eq!(open(&[&first, &later]), expected, "{client}");
    }
}

/// OLD-9, OLD-7: a row that did not read names no document; what it was says the mapping file of the batch that brings it.
#[test]
fn a_row_that_did_not_read_is_settled_by_what_the_next_mapping_says() {
    let mut small = Small::with(|small| small.rows[0] = "x".repeat(3 << 20));
    let archive = archive(&small);
    let (first, sum) = reported(&small, &archive, "1.jsonl");
    assert_eq!((sum.archived, sum.open, sum.strays), (3, 1, 1));
    let rows = [of_client(1, "D1", "1.xhtml")];
    second(&mut small, &rows, &[("1.xhtml", 1)]);
    let (silent, _) = reported(&small, &archive, "2.jsonl");
    assert_eq!(
        open(&[&first, &silent]),
        [Some(2)],
        "its file is brought, and the row says nothing"
    );
    small.mapping.push_str("\n[settles.1]\n2 = \"D1\"\n");
    second(&mut small, &rows, &[("1.xhtml", 1)]);
    let (said, sum) = reported(&small, &archive, "3.jsonl");
    assert_eq!(sum.archived, 1, "{sum:?}");
    assert_eq!(open(&[&first, &said]), []);
    for wrong in [
        "\n[settles.2]\n2 = \"D1\"\n",
        "\n[settles.1]\nzwei = \"D1\"\n",
        "\n[settles.1]\n2 = \" \"\n",
    ] {
        let text = small.mapping.replace("\n[settles.1]\n2 = \"D1\"\n", wrong);
        let told = mapping::read(&text).unwrap_err().to_string();
        assert!(told.contains("settles."), "{told}");
    }
}

/// What is asked of a row whose client the source does not name by code.
fn named(number: u32) -> [Answer; 3] {
    [
        says(Target::IdentityCode, &hetu(number)),
        says(Target::NonDisclosure, "false"),
        says(Target::State, "ended"),
    ]
}

/// OLD-7, OLD-9: the same paper twice without an identity code goes from the desk to a report with nothing open, in whatever
/// order people complete one row and leave the other one out; and whoever of the two the source names.
#[test]
fn the_same_paper_twice_comes_to_its_end() {
    type Step = fn(&Small) -> Result<(), QueueError>;
    let complete: Step = |small| small.answer(4, &named(3));
    let complete_other: Step = |small| small.answer(5, &named(3));
    let leave: Step = |small| small.answer(4, &[TWICE]);
    let leave_other: Step = |small| small.answer(5, &[TWICE]);
    let again: Step = |small| {
        small.rehearse();
        Ok(())
    };
    let ways: [(&str, &[Step]); 6] = [
        ("", &[leave_other, complete]),
        ("", &[complete, leave_other]),
        ("", &[complete, complete_other, again, leave_other]),
        ("", &[leave_other, again, complete]),
        ("", &[complete, again, leave_other]),
        // Of one the source has the code: what was said of the other one stays beneath its decision.
        ("code", &[complete, again, leave, again]),
    ];
    for (at, (other, steps)) in ways.into_iter().enumerate() {
        let small = Small::with(|small| {
            small.rows[2] = line(3, "", "Muistio", "Suvanto");
            let code = if other.is_empty() { String::new() } else { hetu(3) };
            small.rows[3] = line(3, &code, "Muistio", "Suvanto");
            small.papers.remove("4.xhtml");
        });
        for step in steps {
            step(&small).unwrap();
        }
        let left = small.queue().progress(&both()).unwrap();
        assert_eq!(left.open, 0, "{at}: {left:?}");
        let work = small.rehearse();
        assert_eq!(faults(&small.path("batch")), [].into(), "{at}");
        assert_eq!(work.count(State::LeftOut).unwrap(), 1, "{at}");
        drop(work);
        let (path, sum) = reported(&small, &archive(&small), "1.jsonl");
        assert_eq!((sum.archived, sum.left_out, sum.open), (3, 1, 0), "{at}");
        assert!(sum.source_may_be_destroyed && open(&[&path]).is_empty(), "{at}");
    }
}

/// OLD-7, OLD-6: of two rows that the source says alike, what people said of the one that is to be left out is on the one that
/// stays, too; else it would be lost.
#[test]
fn what_people_said_of_a_row_is_not_lost_with_it() {
    let small = Small::with(|small| {
        small.rows[3] = small.rows[2].clone();
        small.papers.remove("4.xhtml");
    });
    let order = [says(Target::NonDisclosure, "true")];
    small.answer(5, &order).unwrap();
    for rehearsed in [false, true] {
        let decisions = |place| small.row(place).decisions.contains(&Decision::DeliveredTwice);
        assert_eq!([4, 5].map(decisions), [true, false], "{rehearsed}");
        assert_eq!(codes(small.answer(5, &[TWICE])), ["decision-does-not-fit"]);
        small.rehearse();
    }
}

/// OLD-7, OLD-9: a row that names no file is closed by two people, as one whose file is missing; a row of separators alone is
/// none, and counted as a spreadsheet counts it.
#[test]
fn a_row_that_names_no_file_is_closed_by_two() {
    let small = Small::with(|small| {
        small.mapping = format!("checked_by_two = true\n{}", small.mapping)
            .replace("kept_elsewhere = \"Paperiarkisto\"\n", "");
        small.rows[0] = small.rows[0].replace("1.xhtml", "");
        small.papers.remove("1.xhtml");
        small.rows.insert(1, ";;;;;;;".to_owned());
        small.rows.push("\"\"; ;;;;;;".to_owned());
    });
    let batch = small.path("batch");
    assert_eq!(faults(&batch), [(2, "missing-element".to_owned())].into());
    assert_eq!(small.row(4).values[&Target::Document], "D2", "the empty row is row 3");
    assert_eq!(small.row(2).decisions, [Decision::NothingToBring]);
    small.answer(2, &[Answer::NotBrought(Decision::NothingToBring)]).unwrap();
    let queue = small.queue();
    queue.check(&both(), &[(2, seen(&queue, 2))], (&person("bertta"), now())).unwrap();
    drop(queue);
    assert_eq!(small.rehearse().count(State::LeftOut).unwrap(), 1);
    let (path, sum) = reported(&small, &archive(&small), "1.jsonl");
    assert_eq!((sum.rows, sum.archived, sum.without_document, sum.open), (4, 3, 1, 0));
    assert!(sum.source_may_be_destroyed && open(&[&path]).is_empty());
}

/// OLD-7: a row that somebody completed and that is faulty for another cause by now was seen so by nobody.
#[test]
fn another_cause_of_a_row_that_was_answered_is_unseen() {
    let small = Small::with(|small| {
        small.rows[0] = line(1, "", "Muistio", "Suvanto").replace("2018-05-01", "1940-05-01");
    });
    Work::open(&small.path("batch")).unwrap().note_seen().unwrap();
    small.answer(2, &named(1)).unwrap();
    let unseen = small.rehearse().unseen().unwrap();
    assert_eq!((unseen.rows, unseen.places), (1, vec![2]));
    assert!(faults(&small.path("batch")).contains(&(2, "written-before-birth".to_owned())));
    // Told, and the same once more.
    assert_eq!(small.rehearse().unseen().unwrap().rows, 0);
}

/// OLD-7: a row that the index does not have is missing, also when a run has begun.
#[test]
fn a_row_that_is_not_there_is_missing() {
    let small = Small::with(|_| {});
    let look = |place| small.queue().row(&both(), place).map(drop);
    assert!(matches!(look(99_999), Err(QueueError::Missing)));
    reported(&small, &archive(&small), "1.jsonl");
    assert!(matches!(look(99_999), Err(QueueError::Missing)));
    assert_eq!(codes(look(2)), ["batch-begun"]);
}

/// ARC-4, OLD-9: why a main document is not brought is said, and what helps.
#[test]
fn why_a_main_document_is_not_brought_is_said() {
    let small = Small::with(|small| {
        let main = "main_document = { column = \"LAJI\", codes = { Muistio = \"D1\", Muu = \"D9\", Oma = \"D3\", Liite = \"D2\" } }\n";
        small.mapping = small.mapping.replace("written_at =", &format!("{main}written_at ="));
        small.mapping = small.mapping.replace(
            "\"Päätös\" = \"11\", ",
            "\"Päätös\" = \"11\", Muu = \"7\", Oma = \"7\", Liite = \"7\", ",
        );
        small.rows[0] = line(1, &hetu(1), "Muu", "Suvanto");
        small.rows[1] = line(2, &hetu(2), "Muistio", "Suvanto");
        small.rows[2] = line(3, &hetu(3), "Oma", "Suvanto");
        small.rows[3] = line(4, &hetu(4), "Liite", "Suvanto");
    });
    let told = crate::world::told(&small.path("batch"), &[2, 3, 4, 5]);
    for (place, reason) in [
        (2, "it is not in this delivery"),
        (3, "that one is an attachment itself"),
        (4, "the row names itself"),
        (5, "that one is an attachment itself"),
    ] {
        let expected = format!("{place}: main_document");
        let line = told.lines().find(|line| line.starts_with(&expected));
        assert!(line.is_some_and(|line| line.contains(reason)), "{place} {told}");
    }
}
