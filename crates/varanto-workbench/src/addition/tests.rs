use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::*;
use crate::plan::Plan;
use crate::reconciliation::SettledRow;
use crate::undo::UndoneEdition;
use crate::whose::tests::of_client;

/// A document of client 1.
fn entry(outcome: &str, sha256: Option<&str>) -> Entry {
    Entry {
        row: Some(1),
        sha256: sha256.map(str::to_owned),
        bytes: None,
        outcome: outcome.to_owned(),
        why: None,
        document: Some("1.2.246.10.1.11.1".to_owned()),
        whose: Some(of_client(1, 1)),
        conversion: None,
        completed: Vec::new(),
        receipt: None,
    }
}

fn faulty(why: &str, sha256: Option<&str>) -> Entry {
    Entry { why: Some(why.to_owned()), ..entry("faulty", sha256) }
}

fn head(batch: &str) -> Head {
    Head {
        form: 4,
        source: "pieni".to_owned(),
        batch: batch.to_owned(),
        edition: 1,
        table: "INDEKSI.CSV".to_owned(),
        made_at: "2026-11-25T12:00:00Z".to_owned(),
        plan: Plan {
            joined_on: "2024-01-01".to_owned(),
            brought: [].into(),
            kept_elsewhere: String::new(),
            converted: Vec::new(),
            checked_by_two: false,
        },
        undone: Vec::new(),
        settles: Vec::new(),
        checkpoint: RawValue::from_string("{}".to_owned()).unwrap(),
    }
}

fn by_two(batch: &str) -> Head {
    let mut head = head(batch);
    head.plan.checked_by_two = true;
    head
}

/// A report: its head, and its rows by number.
fn report(head: Head, rows: impl IntoIterator<Item = Entry>) -> (Head, Vec<Entry>) {
    (head, (2..).zip(rows).map(|(row, one)| Entry { row: Some(row), ..one }).collect())
}

fn added_up(reports: &[(Head, Vec<Entry>)]) -> (Together, Vec<(usize, Option<u64>)>) {
    let heads: Vec<&Head> = reports.iter().map(|(head, _)| head).collect();
    let each = |at: usize, line: &mut dyn FnMut(Line)| {
        for one in &reports[at].1 {
            let text = serde_json::to_string(one).unwrap();
            line(Line::Row(Box::new(serde_json::from_str(&text).unwrap())));
        }
        Ok(())
    };
    let (together, open) = sum_of(&heads, &each).unwrap();
    (together, open.into_iter().map(|(at, one)| (at, one.row)).collect())
}

/// Whether all of it is settled.
fn is_settled(reports: &[(Head, Vec<Entry>)]) -> bool {
    let (together, open) = added_up(reports);
    assert_eq!(together.source_may_be_destroyed, open.is_empty());
    open.is_empty()
}

/// Whether one row is settled by one of another batch.
fn settles(open: Entry, other: Entry) -> bool {
    is_settled(&[report(head("1"), [open]), report(by_two("2"), [other])])
}

/// OLD-9: a row is settled by a document of its own client in its own register alone, whatever number and file it has; where
/// nobody can tell whose it is, by the same number and bytes.
#[test]
fn a_row_is_settled_by_no_document_of_another_client() {
    for why in ["missing-element", "not-pdf", "missing-file", "same-source-identifier"] {
        let sum = Some("aa").filter(|_| why != "missing-file");
        for (whose, expected) in [
            (Some(of_client(1, 1)), true),
            (Some(of_client(2, 1)), false),
            (Some(of_client(1, 2)), false),
            (None, why == "missing-element" || why == "not-pdf"),
        ] {
            for outcome in ["archived", "left-out"] {
                let one = || Entry { whose: whose.clone(), ..entry(outcome, Some("aa")) };
                assert_eq!(settles(faulty(why, sum), one()), expected, "{why} {outcome} {whose:?}");
            }
        }
    }
    // Of whom the row does not say: the bytes tell that it is the same, and nothing else does.
    let nobody = |sum| Entry { whose: None, ..faulty("not-pdf,missing-element", sum) };
    assert!(settles(nobody(Some("aa")), entry("archived", Some("aa"))));
    assert!(!settles(nobody(Some("aa")), entry("archived", Some("bb"))));
    assert!(!settles(nobody(None), entry("archived", Some("bb"))));
}

/// OLD-9: of two rows with one number or one file there must be two documents of the same bytes, each of its own client.
#[test]
fn of_two_rows_there_are_two_documents() {
    let row = |client: u8, why: &str| Entry {
        whose: Some(of_client(client, 1)),
        ..faulty(why, Some("aa"))
    };
    let other = |client: u8, number: u8, outcome: &str| Entry {
        document: Some(format!("1.2.246.10.1.11.{number}")),
        whose: Some(of_client(client, 1)),
        ..entry(outcome, Some("aa"))
    };
    for why in [
        "same-source-identifier",
        "file-of-another-row",
        "file-of-another-row,same-source-identifier",
    ] {
        let open = |later: Vec<Entry>, clients: [u8; 2]| {
            let first = report(head("1"), clients.map(|client| row(client, why)));
            added_up(&[first, report(head("2"), later)]).1
        };
        assert_eq!(open(vec![other(1, 1, "archived")], [1, 2]), [(0, Some(3))], "{why}");
        // One file, a decision about two people: each has it under a number of its own by now.
        assert_eq!(open(vec![other(1, 1, "archived"), other(2, 7, "archived")], [1, 2]), []);
        assert_eq!(
            open(vec![other(1, 1, "archived"), other(1, 7, "archived")], [1, 2]),
            [(0, Some(3))]
        );
        // The same paper twice of one client.
        assert_eq!(open(vec![other(1, 1, "archived")], [1, 1]), [(0, Some(3))]);
        assert_eq!(open(vec![other(1, 1, "archived"), other(1, 1, "left-out")], [1, 1]), []);
        let elsewhere = Entry { sha256: Some("bb".to_owned()), ..other(2, 7, "archived") };
        assert_eq!(open(vec![other(1, 1, "archived"), elsewhere], [1, 2]), [(0, Some(3))]);
    }
    // A row that gives no cause for its decision is no document for its likes.
    let doubt = || row(1, "decision-does-not-fit");
    let two = report(head("1"), [other(1, 1, "archived"), doubt()]);
    assert_eq!(added_up(&[two]).1, [(0, Some(3))]);
    let two = report(head("1"), [other(1, 1, "not-archived"), doubt()]);
    let one = report(head("2"), [other(1, 1, "archived")]);
    assert_eq!(added_up(&[two, one]).1, [(0, Some(3))]);
}

/// OLD-7, OLD-9: a file that lies there is settled by what was left out with the very same file, and not by a row of
/// another batch that was left out because it had none.
#[test]
fn what_was_left_out_without_a_file_settles_none() {
    let settles_as =
        |left_out, sum, why: &str| settles(faulty(why, sum), entry("left-out", left_out));
    assert!(settles_as(Some("aa"), Some("aa"), "missing-element"));
    assert!(!settles_as(Some("bb"), Some("aa"), "missing-element"));
    assert!(!settles_as(None, Some("aa"), "missing-element"));
    // Of a file that could not be read nobody knows what it is; of one that is not there, everybody.
    assert!(!settles_as(None, None, "unreadable-file"));
    assert!(!settles_as(Some("aa"), None, "unreadable-file"));
    assert!(settles_as(None, None, "missing-file"));
    assert!(settles_as(Some("aa"), None, "wrong-form,missing-file"));
    // A row that names no file has none either.
    assert!(settles_as(None, None, "missing-element"));
    assert!(!settles_as(None, None, "ambiguous-file,missing-element"));
}

/// OLD-9: a file that was broken and comes repaired is another one; where it is not known whose a file is, it is not.
#[test]
fn a_repaired_file_settles_the_broken_one() {
    let settles = |why: &str| settles(faulty(why, Some("aa")), entry("archived", Some("bb")));
    assert!(settles("not-pdf"));
    assert!(settles("missing-element,not-converted"));
    assert!(!settles("missing-element"));
    assert!(!settles("not-pdf,file-of-another-row"));
}

/// OLD-9: what an older report found archived, and a newer one does not, is not: whatever it was the last time.
#[test]
fn the_last_look_at_a_document_counts() {
    for (outcome, batch, settled_after) in [
        ("unreadable", "1", false),
        ("differs", "1", false),
        ("unproven", "2", false),
        ("not-archived", "1", false),
        // Another batch that has the same row and was not run.
        ("not-archived", "2", true),
        ("faulty", "1", true),
    ] {
        let first = || report(head("1"), [entry("archived", Some("aa"))]);
        let later = || report(head(batch), [entry(outcome, Some("aa"))]);
        assert_eq!(is_settled(&[first(), later()]), settled_after, "{outcome}");
        assert!(is_settled(&[first(), later(), first()]), "{outcome}");
    }
}

/// OLD-9: what one batch left out, and a later one was to bring and did not, is nowhere; and that there is no document
/// is settled where two people decided it.
#[test]
fn what_was_left_out_before_settles_nothing_that_came_later() {
    let left_out = || report(by_two("1"), [entry("left-out", Some("aa"))]);
    for outcome in ["faulty", "refused", "not-archived"] {
        assert!(
            !is_settled(&[left_out(), report(head("2"), [entry(outcome, Some("aa"))])]),
            "{outcome}"
        );
    }
    let none = || Entry { why: Some("nothing-to-bring".to_owned()), ..entry("left-out", None) };
    assert!(is_settled(&[report(by_two("1"), [none()])]));
    assert!(!is_settled(&[report(head("1"), [none()])]));
    assert!(settles(none(), none()), "two decided it in a later batch");
    // A decision that was taken back settles nothing.
    let faulty = || report(head("1"), [faulty("missing-element", Some("aa"))]);
    let left_out = || report(head("2"), [entry("left-out", Some("aa"))]);
    assert!(is_settled(&[faulty(), left_out()]));
    let back = report(head("2"), [entry("refused", Some("aa"))]);
    assert!(!is_settled(&[faulty(), left_out(), back]));
}

/// OLD-9, OLD-7: what another batch's mapping file says of a row that did not read settles it, once those documents are there;
/// what a batch says of its own rows does not, nor of what the archive has otherwise.
#[test]
fn a_row_that_did_not_read_is_settled_by_the_organisations_word() {
    let document = |number: u8| format!("1.2.246.10.1.11.{number}");
    let word = |of: &str, by: &str, numbers: &[u8]| {
        let documents = numbers.iter().copied().map(document).collect();
        let settles = vec![SettledRow { batch: of.to_owned(), row: 2, documents }];
        Head { settles, ..head(by) }
    };
    let unread = |outcome: &str| {
        Entry { document: None, whose: None, ..faulty("unreadable-row", None) }.with(outcome)
    };
    let brought = |by: Head| report(by, [entry("archived", Some("aa"))]);
    let open = |head: Head, outcome: &str| {
        is_settled(&[report(super::tests::head("1"), [unread(outcome)]), brought(head)])
    };
    assert!(!open(head("2"), "faulty"));
    assert!(open(word("1", "2", &[1]), "faulty"));
    assert!(!open(word("1", "2", &[1, 9]), "faulty"), "one of two is nowhere");
    assert!(!open(word("1", "2", &[]), "faulty"));
    assert!(!open(word("3", "2", &[1]), "faulty"), "of another batch");
    assert!(!open(word("1", "2", &[1]), "differs"));
    let own = report(word("1", "1", &[1]), [unread("faulty"), entry("archived", Some("aa"))]);
    assert!(!is_settled(&[own]));
    // What stood there was of a document that the first batch archived.
    let own = report(head("1"), [unread("faulty"), entry("archived", Some("aa"))]);
    assert!(is_settled(&[own, report(word("1", "2", &[1]), [])]));
}

impl Entry {
    fn with(self, outcome: &str) -> Self {
        Self { outcome: outcome.to_owned(), ..self }
    }
}

/// A line of a report, of few documents, files and clients, so that they meet.
fn line() -> impl Strategy<Value = Entry> {
    let outcomes = prop::sample::select(vec![
        "archived",
        "left-out",
        "faulty",
        "refused",
        "not-archived",
        "differs",
        "unreadable",
        "unproven",
        "undone",
        "no-row",
    ]);
    let causes = prop::sample::select(vec![
        None,
        Some("missing-element"),
        Some("nothing-to-bring"),
        Some("delivered-twice"),
        Some("same-source-identifier"),
        Some("file-of-another-row,missing-element"),
        Some("not-pdf"),
        Some("missing-file"),
        Some("decision-does-not-fit"),
        Some("unreadable-row"),
    ]);
    let of = |number: u8| prop::option::of(0..number);
    (outcomes, causes, of(3), of(2), of(2)).prop_map(|(outcome, why, document, sum, client)| {
        Entry {
            document: document.map(|one| format!("1.2.246.10.1.11.{one}")),
            whose: client.map(|one| of_client(one, 1)),
            why: why.map(str::to_owned),
            ..entry(outcome, sum.map(|one| ["aa", "bb"][usize::from(one)]))
        }
    })
}

proptest! {
    /// OLD-9: what one report says by itself is what it says when it is added up: whatever stands in it.
    #[test]
    fn one_report_says_the_same_when_it_is_added_up(
        lines in vec(line(), 0..8),
        two in any::<bool>(),
        undone in prop::option::of(1..3u32),
        own_word in any::<bool>(),
    ) {
        let mut head = if two { by_two("1") } else { head("1") };
        head.undone.extend(undone.map(|edition| UndoneEdition {
            edition,
            at: "2026-11-25".to_owned(),
            reported: None,
        }));
        if own_word {
            let documents = vec!["1.2.246.10.1.11.1".to_owned()];
            head.settles.push(SettledRow { batch: "1".to_owned(), row: 2, documents });
        }
        // As `verify` asks: a document is archived once, with a file; and no report finds what it has undone.
        let mut told = HashSet::new();
        let lines = lines.into_iter().filter(|one| match one.outcome.as_str() {
            "archived" if one.sha256.is_none() || one.document.is_none() => false,
            "archived" | "undone" => one.document.as_ref().is_none_or(|id| told.insert(id.clone())),
            _ => true,
        });
        let (head, lines) = report(head, lines);
        let lines: Vec<Entry> = lines
            .into_iter()
            .map(|one| if one.outcome == "no-row" { Entry { row: None, ..one } } else { one })
            .collect();
        let mut sum = Sum::default();
        for one in &lines {
            sum.count(one);
        }
        sum.conclude(&head);
        let unsettled = sum.open + sum.strays + if two { 0 } else { sum.without_document };
        let (together, open) = added_up(&[(head, lines)]);
        prop_assert_eq!(together.source_may_be_destroyed, sum.source_may_be_destroyed);
        prop_assert_eq!(open.len() as u64, unsettled);
        prop_assert_eq!(together.archived, sum.archived);
    }

    /// OLD-9: a later report of another batch never settles a row by a document of another client.
    #[test]
    fn no_document_of_another_client_settles_a_row(
        lines in vec(line(), 1..6),
        later in vec(line(), 1..6),
    ) {
        let of = |client: u8, lines: Vec<Entry>| -> Vec<Entry> {
            lines
                .into_iter()
                .map(|one| Entry { whose: Some(of_client(client, 1)), ..one })
                .filter(|one| one.outcome != "no-row")
                .collect()
        };
        let alone = report(head("1"), of(1, lines));
        let known = added_up(std::slice::from_ref(&alone)).1;
        let with = added_up(&[alone, report(by_two("2"), of(2, later))]).1;
        let of_first: Vec<_> = with.into_iter().filter(|(at, _)| *at == 0).collect();
        prop_assert_eq!(of_first, known);
    }
}
