use std::sync::Arc;

use super::*;

const WHOLE: &str = r#"
form = 1
source = "vanha"
batch = "1"
created_at = "2026-11-20T12:00:00+02:00"
node = "1.2.246.10.99900011.11.2026"
joined_on = "2024-01-01"

[index]
file = "index.csv"
form = "csv"

[document]
document = { column = "ID" }
file = { column = "FILE" }
"client.identity_code" = { column = "HETU" }
"client.family_name" = { column = "NIMI", take = "first" }
"client.given_names" = { column = "NIMI", take = "rest" }
client_state = [
  { when = { KUOLLUT = "*" }, constant = "deceased" },
  { column = "TILA", codes = { P = "ended", V = "active" } },
]
"controller.id" = { constant = "1.2.246.10.99900011" }
"controller.name" = { constant = "Hyvinvointialue" }
"operating_unit.id" = { constant = "1.2.246.10.99900011.10.0" }
"operating_unit.name" = { constant = "Hyvinvointialue" }
service_task = { column = "REK", codes = { TT = "26" }, otherwise = "24" }
written_at = { column = "PVM", day = ["%d.%m.%Y", "%Y-%m-%d"] }
general_type = { column = "LAJI" }
"#;

fn row(values: &[(&str, &str)]) -> Row {
    let (columns, values): (Vec<String>, Vec<String>) =
        values.iter().map(|(column, value)| ((*column).to_owned(), (*value).to_owned())).unzip();
    Row { number: 2, columns: Arc::from(columns), values, surplus: 0, lacking: 0, broken: None }
}

/// OLD-7, OLD-9: the first step that fits and has a value gives it; a value that none takes is told.
#[test]
fn a_value_is_made_by_the_first_step_that_fits() {
    let mapping = read(WHOLE).unwrap();
    for (target, values, made) in [
        (Target::State, &[("TILA", "P"), ("KUOLLUT", "")][..], Ok(Some("ended"))),
        (Target::State, &[("TILA", "P"), ("KUOLLUT", "1.1.2001")], Ok(Some("deceased"))),
        (Target::State, &[("TILA", "?"), ("KUOLLUT", "")], Err(WhyUnmapped::NotNamed)),
        (Target::State, &[("TILA", ""), ("KUOLLUT", "")], Ok(None)),
        (Target::ServiceTask, &[("REK", "TT")], Ok(Some("26"))),
        (Target::ServiceTask, &[("REK", "muu")], Ok(Some("24"))),
        (Target::FamilyName, &[("NIMI", "VIRTANEN Anna Maria")], Ok(Some("VIRTANEN"))),
        (Target::GivenNames, &[("NIMI", "VIRTANEN Anna Maria")], Ok(Some("Anna Maria"))),
        (Target::FamilyName, &[("NIMI", "von Essen, Anna")], Ok(Some("von Essen"))),
        (Target::GivenNames, &[("NIMI", "von Essen, Anna")], Ok(Some("Anna"))),
        (Target::GivenNames, &[("NIMI", "VIRTANEN")], Ok(None)),
        (Target::FamilyName, &[("NIMI", "Vir\u{fffd}nen A")], Err(WhyUnmapped::Undecodable)),
        (Target::WrittenAt, &[("PVM", "1.3.2012")], Ok(Some("2012-03-01"))),
        (Target::WrittenAt, &[("PVM", "2012-03-01")], Ok(Some("2012-03-01"))),
        (Target::WrittenAt, &[("PVM", "31.2.2012")], Err(WhyUnmapped::NoDay)),
        (Target::WrittenAt, &[("PVM", "1.3.12")], Err(WhyUnmapped::NoDay)),
        (Target::WrittenAt, &[("PVM", "keväällä")], Err(WhyUnmapped::NoDay)),
        (Target::Language, &[("KIELI", "sv")], Ok(None)),
    ] {
        let found = mapping.value(target, &row(values)).map_err(|unmapped| unmapped.why);
        assert_eq!(found, made.map(|made| made.map(str::to_owned)), "{target:?} {values:?}");
    }
}

/// OLD-8, OLD-9: everything that is wrong with a mapping file is told at once, with the key.
#[test]
fn every_fault_of_a_mapping_file_is_told_at_once() {
    let spoilt = WHOLE
        .replace("form = 1\n", "form = 2\n")
        .replace("source = \"vanha\"", "source = \"van ha\"")
        .replace("joined_on = \"2024-01-01\"", "joined_on = \"1.1.2024\"")
        .replace("general_type = { column = \"LAJI\" }", "kind = { column = \"LAJI\" }")
        .replace("take = \"rest\"", "take = \"second\"")
        .replace(
            "[index]",
            "[bring]\n\"26\" = \"some\"\n\"99\" = \"all\"\n\"24\" = \"nothing\"\n\n[index]",
        );
    let BadMapping(faults) = read(&spoilt).unwrap_err();
    let told = faults.join("\n");
    for key in [
        "form:",
        "source:",
        "joined_on:",
        "document.kind:",
        "document.general_type: must be said",
        "document.client.given_names[0].take:",
        "bring.26:",
        "bring.99:",
        "kept_elsewhere:",
    ] {
        assert!(told.contains(key), "{key} in\n{told}");
    }
    // What every document has is said of each word; of what it may lack, a word may mean nothing.
    let asked = "service_task = { column = \"REK\", codes = { TT = \"26\", PH = \"\" }, otherwise = \" \" }";
    let asked = WHOLE.replace(
        "service_task = { column = \"REK\", codes = { TT = \"26\" }, otherwise = \"24\" }",
        asked,
    );
    let BadMapping(faults) = read(&asked).unwrap_err();
    assert_eq!(
        faults,
        [
            "document.service_task: nothing is said for the word \"PH\", and each document has one",
            "document.service_task: nothing is said for other words, and each document has one",
        ]
    );
    // What is made has not the form of what it is made for: told when the file is read, in the words that it takes.
    let asked = WHOLE
        .replace("V = \"active\"", "V = \"activ\"")
        .replace("constant = \"1.2.246.10.99900011\"", "constant = \"hva\"");
    let BadMapping(faults) = read(&asked).unwrap_err();
    assert_eq!(
        faults,
        [
            "document.client_state: the word \"V\" is made \"activ\"; expected ended, active or deceased",
            "document.controller.id: the constant is made \"hva\"; expected an OID",
        ]
    );
    let optional = "language = { column = \"KIELI\", codes = { s = \"sv\", x = \"\" } }\n";
    assert!(read(&format!("{WHOLE}\n{optional}")).is_ok());
    // A key that nobody knows is no mapping's.
    assert!(read(&WHOLE.replace("batch", "bacth")).is_err());
    assert!(read("").is_err());
}

/// OLD-8: a service task that is not named has the choice of the rest, and that is everything where nothing is said.
#[test]
fn each_service_task_has_its_choice() {
    let text = WHOLE.replace(
        "[index]",
        "kept_elsewhere = \"paperiarkisto\"\n\n[bring]\n\"26\" = \"permanent-and-sample\"\notherwise = \"nothing\"\n\n[index]",
    );
    let mapping = read(&text).unwrap();
    assert_eq!(mapping.choice("26"), Choice::PermanentAndSample);
    assert_eq!(mapping.choice("10"), Choice::Nothing);
    assert_eq!(read(WHOLE).unwrap().choice("10"), Choice::All);
}

/// OLD-9: an encoding that nobody knows is told with those that are, and a separator may have any signs but those of lines
/// and quotation.
#[test]
fn encodings_and_separators_of_a_mapping_file() {
    let with =
        |more: &str| read(&WHOLE.replace("form = \"csv\"\n", &format!("form = \"csv\"\n{more}\n")));
    for holds in [
        "separator = \"¤\"\nencoding = \"ISO-8859-15\"",
        "separator = \"||\"\nencoding = \"iso-646-fi\"",
        "separator = \"\\t\"\nencoding = \"cp865\"",
    ] {
        assert!(with(holds).is_ok(), "{holds}");
    }
    let BadMapping(faults) = with("separator = \"\"\nencoding = \"ebcdic\"").unwrap_err();
    let [separator, encoding] = faults.as_slice() else { panic!("{faults:?}") };
    assert!(separator.starts_with("index.separator: expected one sign or several"), "{separator}");
    for known in ["index.encoding: expected ", "iso-8859-15", "cp437", "iso-646-fi"] {
        assert!(encoding.contains(known), "{known} in {encoding}");
    }
    assert!(with("separator = \"a\\nb\"").is_err() && with("separator = \"\\\"\"").is_err());
}
