//! Nothing of an index or of a table beside it is taken for what it is not.

use varanto_workbench::mapping::Target;

use crate::queued_rows::{Small, hetu, line};

/// What says whether there is an order of non-disclosure, in the mapping of the small delivery.
const ORDER: &str = "{ column = \"asiakas.TURVA\", codes = { K = \"true\", E = \"false\" } }";

/// The small delivery with the third document of client 1, and another way to orders of non-disclosure.
fn small(order: &str, clients: &[&str]) -> Small {
    Small::with(|small| {
        small.mapping = small.mapping.replace(ORDER, order);
        small.rows[2] = line(3, &hetu(1), "Muistio", "Suvanto");
        small.clients = clients.iter().map(|one| (*one).to_owned()).collect();
    })
}

fn codes(small: &Small, document: &str) -> Vec<String> {
    small.made(document, Target::NonDisclosure).1
}

/// OLD-3, OLD-9: a row of a table beside that is shifted, or cut off, would give a client another's state and take an order of
/// non-disclosure away: all of them are told at once, and nothing is made of any.
#[test]
fn a_shifted_or_cut_row_of_a_table_beside_ends_the_rehearsal() {
    let clients = |small: &mut Small| {
        small.clients = vec!["1;P;E".into(), "2;P;E;K".into(), "3;P".into(), "4;P;E;".into()];
    };
    let mut small = Small::with(|_| {});
    clients(&mut small);
    let told = small.try_rehearse().err().unwrap().to_string();
    assert!(told.starts_with("ASIAKKAAT.CSV: "), "{told}");
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].contains("more values") && lines[0].ends_with(": 3, 5"), "{told}");
    assert!(lines[1].contains("fewer values") && lines[1].ends_with(": 4"), "{told}");
}

/// OLD-3: a word about an order that does not read, whatever is wrong with it, holds the client's other rows; so does one that
/// the encoding broke, and the error of a spreadsheet.
#[test]
fn an_order_in_whatever_does_not_read_holds_the_other_rows() {
    let bare = "{ column = \"asiakas.TURVA\" }";
    let by_when =
        "[{ when = { \"asiakas.TURVA\" = \"K\" }, constant = \"true\" }, { constant = \"false\" }]";
    for (order, word, code) in [
        (bare, "K", "unmapped-value"),
        (bare, "1", "unmapped-value"),
        (ORDER, "K\u{fffd}", "undecodable"),
        (by_when, "\u{fffd}", "undecodable"),
        (by_when, "#N/A", "error-of-sheet"),
        (ORDER, "#PUUTTUU!", "error-of-sheet"),
    ] {
        let small = small(order, &[&format!("1;P;{word}"), "2;P;", "3;P;", "4;P;"]);
        assert_eq!(codes(&small, "D1"), [code], "{order} {word}");
        assert_eq!(codes(&small, "D3"), ["order-on-another-row"], "{order} {word}");
        assert_eq!(codes(&small, "D2"), [""; 0], "{order} {word}");
    }
    // What the mapping file names word for word is said.
    let named = "{ column = \"asiakas.TURVA\", codes = { \"#N/A\" = \"false\" } }";
    let small = small(named, &["1;P;#N/A", "2;P;", "3;P;", "4;P;"]);
    assert_eq!((codes(&small, "D1"), codes(&small, "D3")), (vec![], vec![]));
}

/// OLD-3: the error of a spreadsheet is no day of death, and a number that does not read names nobody.
#[test]
fn the_error_of_a_spreadsheet_makes_nobody_dead() {
    let small = Small::with(|small| {
        small.mapping = small.mapping.replace(
            "client_state = { column = \"asiakas.TILA\", codes = { P = \"ended\" } }",
            "client_state = [{ when = { \"asiakas.TURVA\" = \"*\" }, constant = \"deceased\" }, { constant = \"ended\" }]",
        ).replace(ORDER, "{ constant = \"false\" }");
        small.clients =
            vec!["1;P;#N/A".into(), "2;P;4.5.2015".into(), "#REF!;P;".into(), "4;P;".into()];
        small.rows[2] = line(3, &hetu(3), "Muistio", "Suvanto").replacen(";3;", ";#REF!;", 1);
    });
    assert_eq!(small.made("D1", Target::State), (None, vec!["error-of-sheet".to_owned()]));
    assert_eq!(small.made("D2", Target::State), (Some("deceased".to_owned()), vec![]));
    assert!(codes(&small, "D3").contains(&"no-row-beside".to_owned()));
    assert_eq!(small.made("D4", Target::State), (Some("ended".to_owned()), vec![]));
}
