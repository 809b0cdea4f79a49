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
        (Target::WrittenAt, &[("PVM", "1.3.12")], Err(WhyUnmapped::NoForm)),
        (Target::WrittenAt, &[("PVM", "keväällä")], Err(WhyUnmapped::NoForm)),
        (Target::WrittenAt, &[("PVM", "45.13.2012")], Err(WhyUnmapped::NoDay)),
        (Target::WrittenAt, &[("PVM", "31.2.2012 12:00")], Err(WhyUnmapped::NoForm)),
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

/// The classes of 1989 and 2011 by the day and the task by the client's age, as an archivist writes them.
const BY_DAYS: &str = r#"
original_service_task = [
  { when = { written_at = { before = "2011-01-01" } }, constant = "1989:13" },
  { when = { written_at = { from = 2011-01-01, before = "2016-03-01" }, LUOKAT = "*" }, constant = "2011:17" },
]
"#;
const BY_AGE: &str = r#"service_task = [
  { when = { "client.age" = { before = 18 } }, constant = "24" },
  { when = { "client.age" = { from = 65 } }, constant = "23" },
  { constant = "26" },
]"#;

/// OLD-4, OLD-6: a day that the mapping makes of the row, of whatever form, and the client's age on it decide which step
/// fits; what people said of a day counts in place of the source's.
#[test]
fn a_step_may_turn_on_a_day_or_on_the_age_at_it() {
    let task = "service_task = { column = \"REK\", codes = { TT = \"26\" }, otherwise = \"24\" }";
    let text = format!("{}{BY_DAYS}", WHOLE.replace(task, BY_AGE));
    let mapping = read(&text).unwrap();
    for (written, code, original, task) in [
        ("31.12.2010", "080850-901K", Some("1989:13"), "26"),
        ("2011-01-01", "080850-901K", Some("2011:17"), "26"),
        ("29.2.2016", "080850-901K", Some("2011:17"), "23"),
        ("1.3.2016", "080850-901K", None, "23"),
        ("7.8.2015", "080850-901K", Some("2011:17"), "26"),
        ("8.8.2015", "080850-901K", Some("2011:17"), "23"),
        ("7.8.1968", "080850-901K", Some("1989:13"), "24"),
        ("8.8.1968", "080850-901K", Some("1989:13"), "26"),
    ] {
        let row = row(&[("PVM", written), ("HETU", code), ("LUOKAT", "x")]);
        let value = |target| mapping.value(target, &row).unwrap();
        assert_eq!(value(Target::OriginalTask).as_deref(), original, "{written}");
        assert_eq!(value(Target::ServiceTask).as_deref(), Some(task), "{written}");
    }
    // All conditions of a step hold, or it does not fit.
    let without = row(&[("PVM", "1.5.2012"), ("HETU", "080850-901K"), ("LUOKAT", "")]);
    assert_eq!(mapping.value(Target::OriginalTask, &without), Ok(None));
    // Of a day that does not read nobody knows; what people said of it decides.
    for (written, code) in [("31.2.2012", "080850-901K"), ("", "080850-901K"), ("1.5.2012", "?")] {
        let row = row(&[("PVM", written), ("HETU", code), ("LUOKAT", "x")]);
        let why = mapping.value(Target::ServiceTask, &row).map_err(|unmapped| unmapped.why);
        assert_eq!(why, Err(WhyUnmapped::DayUnknown), "{written} {code}");
        let said = |target| match target {
            Target::WrittenAt => Some("2013-05-01".to_owned()),
            Target::IdentityCode => Some("080850-901K".to_owned()),
            _ => None,
        };
        let task = mapping.value_with(Target::ServiceTask, &row, &said);
        assert_eq!(task, Ok(Some("26".to_owned())));
    }
    let turning: Vec<Target> = mapping.turning_on_days().collect();
    assert_eq!(turning, [Target::ServiceTask, Target::OriginalTask]);
}

/// OLD-4, OLD-9: what a condition cannot mean is told with its key.
#[test]
fn a_condition_that_cannot_be_is_told() {
    for (step, told) in [
        (
            "written_at = { before = \"1.3.2016\" }",
            "written_at.before: expected a day, such as 2016-03-01",
        ),
        (
            "written_at = { until = \"2016-03-01\" }",
            "written_at.until: there is nothing of that name",
        ),
        ("written_at = { }", "written_at: from, before or both must be said"),
        (
            "written_at = { from = \"2016-03-01\", before = \"2016-03-01\" }",
            "written_at: nothing lies between from and before",
        ),
        ("PVM = { before = \"2016-03-01\" }", "PVM: expected one of client.birth_date, written_at"),
        ("\"client.age\" = { from = \"65\" }", "client.age.from: expected an age in years"),
        ("TILA = 3", "TILA: expected a value, a list of values"),
        (
            "case_closed_on = { before = \"2016-03-01\" }",
            "a condition turns on case_closed_on, which is not said",
        ),
    ] {
        let line = format!("language = {{ when = {{ {step} }}, constant = \"fi\" }}\n");
        let BadMapping(faults) = read(&format!("{WHOLE}{line}")).unwrap_err();
        assert!(faults.len() == 1 && faults[0].contains(told), "{step}: {faults:?}");
    }
    let day = "written_at = { column = \"PVM\", day = [\"%d.%m.%Y\", \"%Y-%m-%d\"] }";
    let own =
        "written_at = { when = { written_at = { from = \"2016-03-01\" } }, column = \"PVM\" }";
    let BadMapping(faults) = read(&WHOLE.replace(day, own)).unwrap_err();
    assert_eq!(
        faults,
        ["document.written_at: what conditions on days and ages turn on turns on none itself"]
    );
}

/// OLD-9: a path or a moment that stands in two columns is one value, and what every path begins with is taken away.
#[test]
fn values_of_two_columns_are_one() {
    let with = |step: &str| WHOLE.replace("document = { column = \"ID\" }", step);
    let made = |step: &str, pairs: &[(&str, &str)]| {
        read(&with(step)).unwrap().value(Target::Document, &row(pairs))
    };
    let path =
        r#"document = { column = ["KANSIO", "NIMI"], between = '\', without = 'C:\Vienti\' }"#;
    for (folder, name, expected) in [
        (r"c:\vienti\1998", "1.pdf", Some(r"1998\1.pdf")),
        (r"c:\vienti\1998\", r"\1.pdf", Some(r"1998\\1.pdf")),
        ("1998", "1.pdf", Some(r"1998\1.pdf")),
        ("", "1.pdf", Some("1.pdf")),
        ("", "", None),
    ] {
        let found = made(path, &[("KANSIO", folder), ("NIMI", name)]);
        assert_eq!(found, Ok(expected.map(str::to_owned)), "{folder}");
    }
    let moment = r#"document = { column = ["PVM", "KLO"], between = " ", day = "%d.%m.%Y %H.%M" }"#;
    let found = made(moment, &[("PVM", "3.4.2012"), ("KLO", "8.30")]);
    assert_eq!(found, Ok(Some("2012-04-03T08:30:00".to_owned())));
    let unread = made(moment, &[("PVM", "3.4.2012"), ("KLO", "aamulla")]).unwrap_err();
    assert_eq!((&*unread.column, &*unread.value), ("PVM + KLO", "3.4.2012 aamulla"));
    for (step, told) in [
        (r#"document = { column = ["ID"], between = "-" }"#, "two columns or more"),
        (r#"document = { constant = "1", between = "-" }"#, "either a column or a constant"),
        (r#"document = { constant = "1", without = "-" }"#, "without is for values of a column"),
    ] {
        let BadMapping(faults) = read(&with(step)).unwrap_err();
        assert!(faults.iter().any(|fault| fault.contains(told)), "{step}: {faults:?}");
    }
}

/// OLD-9: a word is put before or after a value, so that tables of one system have numbers of their own.
#[test]
fn a_word_is_put_around_a_value() {
    let with = |step: &str| WHOLE.replace("document = { column = \"ID\" }", step);
    let step = "document = { column = \"ID\", prefix = \"P-\", suffix = \".a\" }";
    let mapping = read(&with(step)).unwrap();
    let made = |value| mapping.value(Target::Document, &row(&[("ID", value)]));
    assert_eq!(made("12"), Ok(Some("P-12.a".to_owned())));
    assert_eq!(made(""), Ok(None));
    for step in [
        "document = { constant = \"1\", prefix = \"P-\" }",
        "document = { column = \"ID\", codes = { a = \"b\" }, suffix = \"x\" }",
    ] {
        let BadMapping(faults) = read(&with(step)).unwrap_err();
        let told = "document.document[0]: prefix and suffix are for values of a column that stay as they are";
        assert_eq!(faults, [told]);
    }
}
