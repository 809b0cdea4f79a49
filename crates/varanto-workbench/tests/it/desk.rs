//! What whoever completes rows meets at the desk: what is asked together, attachments of what is left out, identifiers and
//! files that are given to a row, rows that the source alone mends, and what is counted.

use rusqlite::Connection;
use varanto_app::Registry;
use varanto_domain::faults::FaultKind;
use varanto_workbench::answers::{Answer, Decision};
use varanto_workbench::mapping::Target;
use varanto_workbench::queue::{
    AtDesk, Attachments, File, Kept, Progress, QueueError, Seen, TakenBack,
};
use varanto_workbench::work::State;

use crate::queue::{all_to_leave, cause, codes, person};
use crate::queued_rows::{Small, both, hetu, line, paper, says};
use crate::world::now;

fn progress(small: &Small) -> Progress {
    small.queue().progress(&both()).unwrap()
}

/// What whoever keeps the batch's folder is told of the desk.
fn at_desk(small: &Small) -> AtDesk {
    small.queue().at_desk().unwrap().expect("no run has begun")
}

/// Keeps answers of a row as it is now, and tells what became of them.
fn keep(small: &Small, place: u64, given: &[Answer]) -> Kept {
    let row = small.row(place);
    let leaves = given.iter().any(|one| matches!(one, Answer::NotBrought(_)));
    let seen = if leaves { row.seen_to_leave } else { row.seen };
    let registry = Registry::alone(&[], &[]).unwrap();
    let by = (&person("aino"), now());
    small.queue().answer(&both(), (place, &seen), given, by, &registry).unwrap()
}

/// Takes back what was answered of a row.
fn take_back(small: &Small, place: u64) -> TakenBack {
    let taken = [(place, small.row(place).seen)];
    small.queue().take_back(&both(), &taken, (&person("aino"), now())).unwrap()
}

fn left_out(decision: Decision) -> [Answer; 1] {
    [Answer::NotBrought(decision)]
}

/// OLD-7: what must be said of a client whom the source does not name by code is asked from the start, and a code that does
/// not read is told with whatever is missing; of whom is no client any more no relationship is asked.
#[test]
fn what_goes_with_an_identity_code_is_asked_with_it() {
    let small = Small::with(|small| {
        small.rows[0] = line(1, "", "Muistio", "Suvanto");
        let relationship = "relationship_id = { when = { \"asiakas.TILA\" = \"V\" }, column = \"asiakas.TURVA\" }\n";
        small.mapping =
            small.mapping.replace("written_at =", &format!("{relationship}written_at ="));
    });
    let asked = [Target::NonDisclosure, Target::State, Target::Relationship];
    assert_eq!(Vec::from_iter(small.row(2).must_say), asked);
    let mistyped = says(Target::IdentityCode, &hetu(1).replace("010150", "010151"));
    let told = codes(small.answer(2, std::slice::from_ref(&mistyped)));
    assert_eq!(told, ["wrong-form", "missing-element", "missing-element", "missing-element"]);
    let (order, code) =
        (says(Target::NonDisclosure, "false"), says(Target::IdentityCode, &hetu(1)));
    let state = |state: &str| says(Target::State, state);
    let all = |code: &Answer, stands: &str| [code.clone(), order.clone(), state(stands)];
    assert_eq!(codes(small.answer(2, &all(&mistyped, "ended"))), ["wrong-form"]);
    assert_eq!(codes(small.answer(2, &all(&code, "active"))), ["missing-element"], "of today");
    small.answer(2, &all(&code, "deceased")).unwrap();
    assert!(small.row(2).must_say.is_empty());
    small.rehearse();
    assert_eq!(small.made("D1", Target::State), (Some("deceased".into()), Vec::new()));
    assert_eq!(small.made("D1", Target::Relationship), (None, Vec::new()));
}

/// A document of client 1 whose file is broken, in row 2, and its attachment, in row 3.
fn with_an_attachment() -> Small {
    Small::with(|small| {
        let main = "main_document = { when = { LAJI = \"Liite\" }, constant = \"D1\" }\n";
        small.mapping = small.mapping.replace("written_at =", &format!("{main}written_at ="));
        small.mapping =
            small.mapping.replace("Muistio\" = \"2\"", "Muistio\" = \"2\", Liite = \"7\"");
        small.rows[1] = line(2, &hetu(1), "Liite", "Suvanto").replace("D2;2;", "D2;1;");
        small.papers.insert("1.xhtml".into(), "%PDF-1.4 katkesi".into());
    })
}

/// OLD-7, ARC-4: the attachments of a document that is left out do not wait for it any more: each is asked about, and can
/// be brought as a document of its own; when the decision is taken back, they wait again.
#[test]
fn attachments_of_what_is_left_out_are_asked_about() {
    let small = with_an_attachment();
    assert_eq!((progress(&small).waiting, small.row(2).attachments), (1, vec![3]));
    assert_eq!(at_desk(&small), AtDesk { open: 1, waiting: 1, ..AtDesk::default() });
    small.answer(2, &left_out(Decision::NothingToBring)).unwrap();
    let orphans = || cause(&small.queue(), "main-document-not-brought");
    assert_eq!((orphans().rows, progress(&small).waiting, progress(&small).left_out), (1, 0, 1));
    take_back(&small, 2);
    assert_eq!((progress(&small).waiting, progress(&small).left_out), (1, 0));
    small.answer(2, &left_out(Decision::NothingToBring)).unwrap();
    small.answer(3, &[says(Target::MainDocument, "")]).unwrap();
    assert_eq!((progress(&small).open, progress(&small).completed), (0, 1));
    assert_eq!(at_desk(&small), AtDesk { completed: 1, left_out: 1, ..AtDesk::default() });
    small.rehearse();
    assert_eq!(at_desk(&small), AtDesk::default(), "it was taken in");
    assert_eq!(small.made("D2", Target::MainDocument), (None, Vec::new()));
}

/// OLD-7, OLD-8, ARC-4: what stays elsewhere takes its attachments along, and is counted as left out at once.
#[test]
fn attachments_stay_where_their_main_document_stays() {
    let small = with_an_attachment();
    small.answer(2, &left_out(Decision::StaysElsewhere)).unwrap();
    let given: Vec<Answer> = small.row(3).given.into_iter().map(|one| one.answer).collect();
    assert_eq!(given, left_out(Decision::StaysElsewhere));
    let told = progress(&small);
    assert_eq!((told.left_out, told.completed, told.open, told.waiting), (2, 0, 0, 0), "{told:?}");
    assert_eq!(small.rehearse().count(State::LeftOut).unwrap(), 2);
    assert_eq!(progress(&small).left_out, 2);
}

/// OLD-7: of two rows with one identifier one is given another, and neither waits any more; one that a third row has is no
/// other one.
#[test]
fn one_of_two_equal_identifiers_is_given_another() {
    let small = Small::with(|small| small.rows[1] = small.rows[1].replacen("D2;", "D1;", 1));
    let name = |id: &str| small.answer(3, &[says(Target::Document, id)]);
    assert_eq!(cause(&small.queue(), "same-source-identifier").rows, 2);
    assert_eq!(codes(name("D1")), ["same-source-identifier"], "it is so still");
    assert_eq!(codes(name("D3")), ["same-source-identifier"]);
    name("D1-b").unwrap();
    let told = progress(&small);
    assert_eq!((told.open, told.completed), (0, 1), "row 2 keeps its own: {told:?}");
    let third = codes(small.answer(4, &[says(Target::Document, "D1-b")]));
    assert_eq!(third, ["same-source-identifier"], "it was given to row 3");
    assert_eq!(small.rehearse().count(State::Sound).unwrap(), 4);
}

/// OLD-7: of a row whose values are shifted nothing is completed, for it would be said of other columns; it is counted
/// apart, and can stay elsewhere.
#[test]
fn a_row_whose_values_are_shifted_is_mended_in_the_source() {
    let small =
        Small::with(|small| small.rows[0] = small.rows[0].replace(";Suvanto", ";Suvanto;x"));
    let told = progress(&small);
    assert_eq!((told.open, told.of_source), (0, 1), "{told:?}");
    assert_eq!(small.queue().causes(&both()).unwrap().len(), 1, "what follows from it is no cause");
    let refused = codes(small.answer(2, &[says(Target::Language, "sv")]));
    assert_eq!(refused, ["mended-in-the-source"]);
    small.answer(2, &left_out(Decision::StaysElsewhere)).unwrap();
    let told = progress(&small);
    assert_eq!((told.of_source, told.left_out), (0, 1), "{told:?}");
    // Whether it has a document, a row that is shifted does not tell.
    let small = Small::with(|small| {
        small.rows[0] = small.rows[0].replace(";Suvanto", ";Suvanto;x");
        small.papers.remove("1.xhtml");
    });
    assert_eq!(small.row(2).decisions, [Decision::StaysElsewhere]);
    let refused = codes(small.answer(2, &left_out(Decision::NothingToBring)));
    assert_eq!(refused, ["decision-does-not-fit"]);
}

/// OLD-7: a file that is named for a row can be looked at before it is kept, and none that is another row's; what was named
/// is what the row's file is then.
#[test]
fn a_file_that_is_named_is_shown_before() {
    let small = Small::with(|small| {
        small.papers.insert("9.xhtml".into(), paper(9));
        small.papers.remove("1.xhtml");
    });
    let queue = small.queue();
    let named = queue.named_file(&both(), 2, "9.xhtml").unwrap().expect("the delivery has it");
    assert_eq!(named.paper.bytes, paper(9).len() as u64);
    let digest = named.paper.digest.as_str();
    let shown = queue.file_at(&both(), 2, (Some(named.at), digest)).unwrap();
    assert!(matches!(shown, File::Page(page) if page.contains("Kirjaus 9.")));
    for other in ["2.xhtml", "INDEKSI.CSV", "indeksi.csv", "Asiakkaat.csv", "ei.xhtml"] {
        assert_eq!(queue.named_file(&both(), 2, other).unwrap(), None, "{other}");
    }
    for at in 0..40 {
        let shown = queue.file_at(&both(), 2, (Some(at), ""));
        assert!(matches!(shown, Err(QueueError::Missing)), "{at}");
    }
    small.answer(2, &[says(Target::File, "9.xhtml")]).unwrap();
    assert_eq!(small.row(2).file.as_ref(), Some(&named.paper));
    let own = |digest: &str| small.queue().file_at(&both(), 2, (None, digest));
    assert!(matches!(own(digest), Ok(File::Page(page)) if page.contains("Kirjaus 9.")));
    let of_row_3 = small.row(3).file.unwrap().digest;
    for other in ["", of_row_3.as_str()] {
        assert!(matches!(own(other), Err(QueueError::Missing)), "{other}");
    }
    assert_eq!(small.queue().named_file(&both(), 3, "9.xhtml").unwrap(), None, "row 2 has it");
    let taken = codes(small.answer(3, &[says(Target::File, "9.XHTML")]));
    assert_eq!(taken, ["file-of-another-row"]);
}

/// OLD-7, ACC-2: a table of the delivery is no row's file, whatever the mapping file calls it.
#[test]
fn a_table_is_shown_by_no_name() {
    let small = Small::with(|small| {
        small.mapping = small.mapping.replace("ASIAKKAAT.CSV", "asiakkaat.csv");
        small.mapping = small.mapping.replace("INDEKSI.CSV", "indeksi.csv");
    });
    let queue = small.queue();
    for table in ["ASIAKKAAT.CSV", "asiakkaat.csv", "INDEKSI.CSV", "indeksi.csv"] {
        assert_eq!(queue.named_file(&both(), 2, table).unwrap(), None, "{table}");
        let refused = codes(small.answer(2, &[says(Target::File, table)]));
        assert_eq!(refused, ["wrong-value"], "{table}");
    }
}

/// OLD-7: what somebody answered of an attachment is not lost when its main document stays elsewhere, and one that hangs on
/// another document by now does not stay with it; what stayed comes back when the decision is taken back.
#[test]
fn attachments_that_somebody_answered_stay_with_nothing() {
    let small = with_an_attachment();
    let given = || small.row(3).given.into_iter().map(|one| one.answer).collect::<Vec<_>>();
    small.answer(2, &left_out(Decision::StaysElsewhere)).unwrap();
    take_back(&small, 2);
    assert_eq!(given(), Vec::new(), "it comes back with its main document");
    assert_eq!(progress(&small).left_out, 0);
    let other = says(Target::MainDocument, "D4");
    small.answer(3, std::slice::from_ref(&other)).unwrap();
    assert_eq!(small.row(2).attachments, Vec::<u64>::new());
    small.answer(2, &left_out(Decision::StaysElsewhere)).unwrap();
    assert_eq!(given(), [other]);
}

/// OLD-7: an attachment of two rows with one identifier stays while one of them is brought.
#[test]
fn an_attachment_stays_with_the_row_that_is_brought() {
    let small = Small::with(|small| {
        let main = "main_document = { when = { LAJI = \"Liite\" }, constant = \"D1\" }\n";
        small.mapping = small.mapping.replace("written_at =", &format!("{main}written_at ="));
        small.mapping =
            small.mapping.replace("Muistio\" = \"2\"", "Muistio\" = \"2\", Liite = \"7\"");
        small.rows[1] = line(2, &hetu(1), "Liite", "Suvanto").replace("D2;2;", "D2;1;");
        small.rows[2] = small.rows[2].replacen("D3;", "D1;", 1);
    });
    small.answer(4, &left_out(Decision::StaysElsewhere)).unwrap();
    assert!(small.row(3).given.is_empty(), "row 2 has the identifier, too, and is brought");
    small.answer(2, &left_out(Decision::StaysElsewhere)).unwrap();
    assert_eq!(small.row(3).given.len(), 1);
}

/// OLD-7, ARC-4: who leaves a document out was shown what hangs on it, and whatever somebody answered of that meanwhile is
/// shown first.
#[test]
fn what_is_left_out_is_what_was_shown_with_its_attachments() {
    let small = with_an_attachment();
    let (plain, shown) = (small.row(2).seen, small.row(2).seen_to_leave);
    small.answer(3, &[says(Target::Language, "sv")]).unwrap();
    assert_eq!(small.row(2).seen, plain, "who completes row 2 is held up by nobody");
    let registry = Registry::alone(&[], &[]).unwrap();
    let leave = |seen: &Seen| {
        let (by, given) = ((&person("bertta"), now()), left_out(Decision::StaysElsewhere));
        small.queue().answer(&both(), (2, seen), &given, by, &registry)
    };
    assert_eq!(codes(leave(&shown)), ["changed-meanwhile"]);
    let kept = leave(&small.row(2).seen_to_leave).unwrap();
    assert_eq!(kept.attachments, Attachments { stay: 0, wait: 1 }, "it was answered");
}

/// OLD-7, ARC-4: a row that somebody said is an attachment of a document is one, before any rehearsal; and one of a document
/// that was given another identifier is none of it any more.
#[test]
fn attachments_are_those_that_people_last_said() {
    let small = with_an_attachment();
    small.answer(4, &[says(Target::MainDocument, "D1")]).unwrap();
    assert_eq!(small.row(2).attachments, [3, 4]);
    let kept = keep(&small, 2, &left_out(Decision::StaysElsewhere));
    assert_eq!(kept.attachments, Attachments { stay: 1, wait: 1 });
    assert_eq!(take_back(&small, 2), TakenBack { rows: 1, attachments: 1, apart: Vec::new() });
    let renamed = Small::with(|small| {
        let main = "main_document = { when = { LAJI = \"Päätös\" }, constant = \"D1\" }\n";
        small.mapping = small.mapping.replace("written_at =", &format!("{main}written_at ="));
        small.rows[1] = line(2, &hetu(1), "Päätös", "Suvanto").replace("D2;2;", "D2;1;");
    });
    assert_eq!(renamed.row(2).attachments, [3]);
    renamed.answer(2, &[says(Target::Document, "D1-b")]).unwrap();
    assert_eq!(renamed.row(2).attachments, Vec::<u64>::new());
}

/// OLD-7, ARC-4: whoever takes the decision on a main document back is told of its attachments that do not come with it:
/// somebody said meanwhile that they are documents of their own, or decided of them; after a rehearsal, too.
#[test]
fn attachments_that_do_not_come_back_are_told() {
    let small = with_an_attachment();
    let brought_back = || take_back(&small, 2).apart;
    small.answer(2, &left_out(Decision::NothingToBring)).unwrap();
    small.answer(3, &[says(Target::MainDocument, "")]).unwrap();
    assert_eq!(brought_back(), [3]);
    small.answer(2, &left_out(Decision::NothingToBring)).unwrap();
    small.rehearse();
    assert_eq!(brought_back(), [3], "the source says so still");
    assert_eq!(take_back(&small, 3).apart, Vec::<u64>::new(), "no decision was taken back");
    small.rehearse();
    small.answer(3, &left_out(Decision::StaysElsewhere)).unwrap();
    small.answer(2, &left_out(Decision::NothingToBring)).unwrap();
    assert_eq!(brought_back(), [3], "it stays by a decision of its own");
    // Both ticked at once: it comes back with its main document, or by itself.
    take_back(&small, 3);
    small.answer(2, &left_out(Decision::StaysElsewhere)).unwrap();
    let ticked = [2, 3].map(|place| (place, small.row(place).seen));
    let taken = small.queue().take_back(&both(), &ticked, (&person("aino"), now())).unwrap();
    assert_eq!((taken.attachments, taken.apart), (1, Vec::new()));
    assert_eq!(progress(&small).left_out, 0);
}

/// OLD-7, ARC-4: a decision that the last rehearsal found not to fit lets its attachments wait still.
#[test]
fn attachments_wait_for_a_main_document_whose_decision_does_not_fit() {
    let mut small = with_an_attachment();
    small.answer(2, &left_out(Decision::NothingToBring)).unwrap();
    small.papers.insert("1.xhtml".into(), paper(1));
    small.rehearse();
    assert!(small.made("D1", Target::Document).1.contains(&"decision-does-not-fit".to_owned()));
    let told = progress(&small);
    assert_eq!((told.waiting, told.open), (1, 1), "{told:?}");
}

/// OLD-7, ARC-4: of many rows that are left out together it is told how many attachments hang on them, and what becomes of
/// these; nothing is kept where one of them was answered meanwhile.
#[test]
fn attachments_of_many_are_told_together() {
    let small = Small::with(|small| {
        let main = "main_document = { when = { LAJI = \"Liite\" }, column = \"ASNRO\", codes = { 1 = \"D1\", 2 = \"D2\" } }\n";
        small.mapping = small.mapping.replace("written_at =", &format!("{main}written_at ="));
        small.mapping =
            small.mapping.replace("Muistio\" = \"2\"", "Muistio\" = \"2\", Liite = \"7\"");
        small.rows[2] = line(3, &hetu(1), "Liite", "Suvanto").replace("D3;3;", "D3;1;");
        small.rows[3] = line(4, &hetu(2), "Liite", "Suvanto").replace("D4;4;", "D4;2;");
        small.papers.insert("1.xhtml".into(), String::new());
        small.papers.insert("2.xhtml".into(), String::new());
    });
    let (queue, registry) = (small.queue(), Registry::alone(&[], &[]).unwrap());
    let empty = cause(&queue, "empty-file");
    let shown = queue.seen_to_leave(&both(), &empty).unwrap().unwrap();
    assert_eq!((empty.rows, shown.1), (2, 2));
    let leave = |seen: &Seen, decision| {
        let (by, given) = ((&person("aino"), now()), Answer::NotBrought(decision));
        small.queue().answer_all(&both(), (&empty, seen), &given, by, &registry)
    };
    small.answer(5, &[says(Target::Language, "sv")]).unwrap();
    assert_eq!(codes(leave(&shown.0, Decision::StaysElsewhere)), ["changed-meanwhile"]);
    let bulk = leave(&all_to_leave(&queue, &empty), Decision::StaysElsewhere).unwrap();
    assert_eq!((bulk.answered, bulk.attachments), (2, Attachments { stay: 1, wait: 1 }));
    for place in [2, 3] {
        take_back(&small, place);
    }
    let bulk = leave(&all_to_leave(&queue, &empty), Decision::NothingToBring).unwrap();
    assert_eq!((bulk.answered, bulk.attachments), (2, Attachments { stay: 0, wait: 2 }));
}

/// OLD-7: what is said together with a file that is named is said beside that one, and is not asked again.
#[test]
fn what_is_said_with_a_file_is_said_beside_it() {
    let small = Small::with(|small| {
        small.papers.insert("9.xhtml".into(), paper(9));
        small.rows[1] = line(2, "", "Muistio", "Suvanto");
    });
    small.answer(2, &[says(Target::File, "9.xhtml"), says(Target::GeneralType, "11")]).unwrap();
    small.rehearse();
    assert_eq!(small.made("D1", Target::GeneralType), (Some("11".into()), Vec::new()));
}

/// OLD-7, OLD-9: what was decided of a row that is shifted, or let stand, before nobody could any more counts as little: it
/// can stay elsewhere alone.
#[test]
fn an_older_decision_on_a_shifted_row_does_not_fit() {
    let small = Small::with(|small| {
        small.rows[0] = small.rows[0].replace(";Suvanto", ";Suvanto;x");
        small.rows[1] =
            small.rows[1].replace("2018-05-02", "1931-05-02").replace(";Suvanto", ";Suvanto;x");
        small.papers.remove("1.xhtml");
    });
    let left = || small.rehearse().count(State::LeftOut).unwrap();
    let work = Connection::open(small.path("batch/work.sqlite")).unwrap();
    for place in [2, 3] {
        small.answer(place, &left_out(Decision::StaysElsewhere)).unwrap();
    }
    assert_eq!(left(), 2);
    for older in [Decision::NothingToBring, Decision::DeliveredTwice] {
        work.execute("UPDATE answer SET value = ? WHERE element = 'row'", [older.code()]).unwrap();
        assert_eq!(left(), 0);
        let faults = small.made("D1", Target::Document).1;
        assert!(faults.contains(&"decision-does-not-fit".to_owned()), "{faults:?}");
    }
    let stands = FaultKind::WrittenBeforeBirth.code();
    let sql = "UPDATE answer SET element = 'stands:' || ?1, value = ?1";
    work.execute(sql, [stands]).unwrap();
    small.rehearse();
    let faults = small.made("D2", Target::Document).1;
    assert!(faults.contains(&stands.to_owned()), "{faults:?}");
}
