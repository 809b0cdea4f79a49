//! What whoever completes rows meets at the desk: what is asked together, attachments of what is left out, identifiers and
//! files that are given to a row, rows that the source alone mends, and what is counted.

use varanto_workbench::answers::{Answer, Decision};
use varanto_workbench::mapping::Target;
use varanto_workbench::queue::{File, Progress, QueueError};
use varanto_workbench::work::State;

use crate::queue::{cause, codes};
use crate::queued_rows::{Small, both, hetu, line, paper, says};

fn progress(small: &Small) -> Progress {
    small.queue().progress(&both()).unwrap()
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
    small.answer(2, &left_out(Decision::NothingToBring)).unwrap();
    let orphans = || cause(&small.queue(), "main-document-not-brought");
    assert_eq!((orphans().rows, progress(&small).waiting, progress(&small).left_out), (1, 0, 1));
    let taken = [(2, small.row(2).seen)];
    let by = crate::queue::person("aino");
    small.queue().take_back(&both(), &taken, (&by, crate::world::now())).unwrap();
    assert_eq!((progress(&small).waiting, progress(&small).left_out), (1, 0));
    small.answer(2, &left_out(Decision::NothingToBring)).unwrap();
    small.answer(3, &[says(Target::MainDocument, "")]).unwrap();
    assert_eq!((progress(&small).open, progress(&small).completed), (0, 1));
    small.rehearse();
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
    assert_eq!(named.bytes, paper(9).len() as u64);
    let shown = queue.file_at(&both(), 2, (named.at, named.digest.as_str())).unwrap();
    assert!(matches!(shown, File::Page(page) if page.contains("Kirjaus 9.")));
    for other in ["2.xhtml", "INDEKSI.CSV", "indeksi.csv", "Asiakkaat.csv", "ei.xhtml"] {
        assert_eq!(queue.named_file(&both(), 2, other).unwrap(), None, "{other}");
    }
    for at in 0..40 {
        let shown = queue.file_at(&both(), 2, (at, ""));
        assert!(matches!(shown, Err(QueueError::Missing)), "{at}");
    }
    small.answer(2, &[says(Target::File, "9.xhtml")]).unwrap();
    assert_eq!(small.row(2).file, Some((named.kind, named.bytes)));
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
    let taken = [(2, small.row(2).seen)];
    let by = crate::queue::person("aino");
    small.queue().take_back(&both(), &taken, (&by, crate::world::now())).unwrap();
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
