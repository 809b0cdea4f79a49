//! What the rows of a delivery say together of clients and their cases: whose a document is, how long a case lasted, and
//! what goes with what.

use std::fs;
use std::sync::atomic::AtomicBool;

use rusqlite::Connection;
use serde_json::Value;
use varanto_app::Registry;
use varanto_domain::access::{LookReason, Purpose, Reason};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::register_documents::{CLIENT_HAS_DIED, CLOSING_IS_SUPPOSED};
use varanto_domain::archive::retention::{Period, Retention};
use varanto_domain::faults::FaultKind;
use varanto_domain::ids::Oid;
use varanto_domain::time::FinnishDay;
use varanto_kit::county::{County, CountySize};
use varanto_workbench::answers::{Answer, Person};
use varanto_workbench::dossiers::{Dossier, each_dossier};
use varanto_workbench::identifiers;
use varanto_workbench::mapping::{self, Target};
use varanto_workbench::report::Report;
use varanto_workbench::run::RunError;
use varanto_workbench::work::{State, Work};

use crate::archive::Archive;
use crate::queue::{archivist, codes, person, seen};
use crate::queued_rows::{Small, both, hetu, line, paper, says};
use crate::world::now;

/// The line of a document of client 1.
fn of_first(number: u32) -> String {
    line(number, &hetu(1), "Muistio", "Suvanto").replacen(&format!(";{number};"), ";1;", 1)
}

/// An identity code of somebody born on a day, such as `010120` of 2020.
fn born(day: &str) -> String {
    let number = day.parse::<usize>().unwrap() * 1000 + 901;
    let sign = b"0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31];
    format!("{day}A901{}", char::from(sign))
}

fn faults(small: &Small, document: &str) -> Vec<String> {
    small.made(document, Target::Document).1
}

/// What a column of the work file holds of a document.
fn kept(small: &Small, column: &str, document: &str) -> Option<String> {
    let work = Connection::open(small.path("batch/work.sqlite")).unwrap();
    let sql = format!("SELECT {column} FROM item WHERE source_id = ?");
    work.query_row(&sql, [document], |row| row.get(0)).unwrap()
}

fn archive(small: &Small) -> Archive {
    let until = FinnishDay::new(2026, 11, 20).unwrap();
    let county = County::new(1, CountySize { clients: 4, documents: 20 }, until);
    Archive::with(&county, &small.path("archive"))
}

fn run(small: &Small, archive: &Archive) -> (u64, u64) {
    let mut work = Work::open(&small.path("batch")).unwrap();
    let stop = AtomicBool::new(false);
    let done = small.run_through(&mut work, vec![archive.door()], &stop).unwrap();
    (done.archived, done.refused)
}

/// OLD-9: under one identity code stand two siblings: both are asked about, whatever their family name; who has a given
/// name in common is one person, however it is written.
#[test]
fn siblings_under_one_code_are_found() {
    for (other, found) in [
        ("Virta Matti", true),
        ("Koski Anna", false),
        ("Virta Maria Anna", false),
        ("VIRTA ANNA", false),
        ("Virta A.", false),
    ] {
        let small = Small::with(|small| small.rows[1] = of_first(2).replace("Virta Anna", other));
        let expected: &[&str] = if found { &["code-of-two-names"] } else { &[] };
        for document in ["D1", "D2"] {
            assert_eq!(faults(&small, document), expected, "{other}");
        }
        assert_eq!(faults(&small, "D3"), [""; 0]);
    }
    // Letters beyond those of English have a small form, too, and a Mac writes them in two.
    let small = Small::with(|small| {
        small.rows[0] = small.rows[0].replace("Virta Anna", "VIRTA \u{c5}KE");
        small.rows[1] = of_first(2).replace("Virta Anna", "Virta a\u{30a}ke");
    });
    assert_eq!(faults(&small, "D1"), [""; 0]);
}

/// OLD-9: a document that is older than its client is a parent's or another child's; a person who looked lets it stand.
#[test]
fn a_document_that_is_older_than_its_client_is_found() {
    let small = Small::with(|small| {
        small.rows[0] = line(1, &born("010120"), "Muistio", "Suvanto");
        small.rows[1] = line(2, &born("010118"), "Muistio", "Suvanto");
    });
    assert_eq!(faults(&small, "D1"), ["written-before-birth"]);
    assert_eq!(faults(&small, "D2"), [""; 0]);
    small.answer(2, &[Answer::Stands(FaultKind::WrittenBeforeBirth)]).unwrap();
    small.rehearse();
    assert_eq!(faults(&small, "D1"), [""; 0]);
    small.answer(2, &[says(Target::WrittenAt, "2017-01-01")]).unwrap();
    small.rehearse();
    assert_eq!(faults(&small, "D1"), ["written-before-birth"], "another day is looked at anew");
}

/// OLD-5, OLD-9: a document outside the days of its case, and a case that is closed in the future, are faults.
#[test]
fn the_days_of_a_case_are_held_against_its_documents() {
    for (said, found) in [
        ("case_closed_on = { constant = \"2018-05-01\" }", &["D2", "D3", "D4"][..]),
        ("case_opened_on = { constant = \"2018-05-03\" }", &["D1", "D2"]),
        ("case_closed_on = { constant = \"2099-01-01\" }", &["D1", "D2", "D3", "D4"]),
        ("case_closed_on = { constant = \"2019-01-01\" }", &[]),
    ] {
        let small = Small::with(|small| small.mapping += said);
        let wrong: Vec<&str> = ["D1", "D2", "D3", "D4"]
            .into_iter()
            .filter(|document| faults(&small, document) == ["wrong-time"])
            .collect();
        assert_eq!(wrong, found, "{said}");
    }
}

/// ARC-12, OLD-2: no period is counted from a closing that nobody said; from one that the source said it is.
#[test]
fn a_period_is_counted_from_a_closing_that_was_said() {
    for (said, last) in [
        ("", None),
        ("case_closed_on = { constant = \"2019-06-30\" }", FinnishDay::parse("2029-06-30")),
    ] {
        let small = Small::with(|small| small.mapping += said);
        let archive = archive(&small);
        assert_eq!(run(&small, &archive), (4, 0));
        let document = Oid::parse(&kept(&small, "document", "D1").unwrap()).unwrap();
        let reader = archivist(archive.caller.registers.clone());
        let purpose = Purpose::READ.because(Reason::Look(LookReason::Supervision));
        let kept = archive.app.open_document(&reader, &document, purpose).unwrap().retention;
        let Retention { rule, period } = kept.unwrap();
        assert_eq!(rule.code(), "adults");
        match (period, last) {
            (Period::NotYetCounted(from), None) => assert_eq!(from.code(), "case-closed"),
            (Period::Until { last, .. }, Some(expected)) => assert_eq!(last, expected),
            other => panic!("{other:?}"),
        }
    }
}

/// OLD-3: of a client who has died there is one case for each service task; others have those of the source.
#[test]
fn who_has_died_has_one_case_for_each_service_task() {
    for (state, cases) in [("ended", 2), ("deceased", 1)] {
        let small = Small::with(|small| {
            small.rows[1] = of_first(2);
            small.mapping = small.mapping.replace("P = \"ended\"", &format!("P = \"{state}\""))
                + "case = { column = \"DOKNRO\" }\n";
        });
        let mut found = ["D1", "D2"].map(|document| kept(&small, "case_id", document)).to_vec();
        found.dedup();
        assert_eq!(found.len(), cases, "{state}");
    }
}

/// OLD-3: the old relationship of a client who has died says so, for those of whom no population register tells anything; that
/// of any other does not.
#[test]
fn an_old_relationship_says_that_its_client_has_died() {
    for (state, said) in [("ended", None), ("deceased", Some(CLIENT_HAS_DIED))] {
        let small = Small::with(|small| {
            small.mapping = small.mapping.replace("P = \"ended\"", &format!("P = \"{state}\""));
        });
        let archive = archive(&small);
        assert_eq!(run(&small, &archive), (4, 0), "{state}");
        let relationship = kept(&small, "relationship", "D1").unwrap();
        let (_, content) = made(&archive, &small, &relationship);
        let heading = &content["asiakkuusasiakirja"]["sosiaalihuollon_asiakkuus"];
        assert_eq!(heading["asiakkuuden_paattymisen_perustelu"].as_str(), said, "{state}");
    }
}

/// OLD-3: who has died for one controller lives for none.
#[test]
fn nobody_is_dead_and_alive() {
    let small = Small::with(|small| {
        small.clients[0] = "1;K;E".to_owned();
        small.mapping = small.mapping.replace("P = \"ended\"", "P = \"ended\", K = \"deceased\"");
        small.rows[1] = line(2, &hetu(1), "Muistio", "Salo");
    });
    for (document, found) in [("D1", true), ("D2", true), ("D3", false)] {
        let found: &[&str] = if found { &["client-of-two-states"] } else { &[] };
        assert_eq!(faults(&small, document), found, "{document}");
    }
}

/// OLD-8, ARC-4: an attachment goes the way of its main document, and waits for one that has faults.
#[test]
fn an_attachment_goes_the_way_of_its_main_document() {
    let attached = "main_document = { when = { DOKNRO = \"D2\" }, constant = \"D1\" }\n\
                    relationship_id = { constant = \"1.2.246.10.99900011.95.2020.1\" }\n";
    let chosen = |small: &mut Small| {
        small.mapping = small
            .mapping
            .replace("[index]", "[bring]\notherwise = \"key-documents-of-active\"\n\n[index]")
            .replace("P = \"ended\"", "P = \"active\"")
            + attached;
        small.rows[1] = of_first(2);
    };
    let left_out = |small: &Small| {
        ["D1", "D2", "D3"].map(|document| kept(small, "left_out", document).unwrap_or_default())
    };
    let none = "no-key-document";
    let small = Small::with(|small| {
        chosen(small);
        small.rows[0] = small.rows[0].replace("Muistio", "Päätös");
    });
    assert_eq!(left_out(&small), ["", "", none], "a note that is attached to a decision");
    assert_eq!(faults(&small, "D2"), [""; 0]);
    let small = Small::with(|small| {
        chosen(small);
        small.rows[1] = small.rows[1].replace("Muistio", "Päätös");
    });
    assert_eq!(left_out(&small), [none, none, none], "a decision that is attached to a note");
    let small = Small::with(|small| {
        chosen(small);
        small.rows[0] = small.rows[0].replace("Muistio", "Jokin");
    });
    assert_eq!(left_out(&small), ["", "", none]);
    assert_eq!(faults(&small, "D2"), ["main-document-not-brought"]);
}

/// ARC-4, OLD-9: an attachment that was mended when its main document was archived already comes in a later batch, into
/// the case of that document.
#[test]
fn an_attachment_comes_after_its_main_document() {
    let attached = "main_document = { when = { DOKNRO = \"D2\" }, constant = \"D1\" }\n";
    let mut small = Small::with(|small| {
        small.rows[1] = of_first(2).replace("Muistio", "Jokin");
        small.mapping += attached;
    });
    let archive = archive(&small);
    assert_eq!(run(&small, &archive), (3, 0));
    let case = kept(&small, "case_id", "D1");
    fs::remove_dir_all(small.path("batch")).unwrap();
    small.rows = vec![of_first(2)];
    small.mapping = small.mapping.replace("batch = \"1\"", "batch = \"2\"");
    small.rehearse();
    assert_eq!(faults(&small, "D2"), ["main-document-not-brought"]);
    small.mapping += "main_document_batch = { constant = \"1\" }\n";
    let work = small.rehearse();
    assert_eq!((work.count(State::Sound).unwrap(), work.dossiers().unwrap()), (1, 0));
    assert_eq!(kept(&small, "case_id", "D2"), case);
    let before = archive.versions();
    assert_eq!(run(&small, &archive), (1, 0));
    assert_eq!(archive.versions(), before + 1, "no second case");
}

/// OLD-7: one person under two logins is not two.
#[test]
fn nobody_checks_under_another_login() {
    let small = Small::with(|small| {
        small.mapping = small.mapping.replace("[index]", "checked_by_two = true\n\n[index]");
        small.papers.insert("5.xhtml".to_owned(), paper(5));
        small.rows[0] = line(1, &hetu(1), "Jokin", "Suvanto");
    });
    small.answer(2, &[says(Target::GeneralType, "2")]).unwrap();
    let queue = small.queue();
    let shown = [(2, seen(&queue, 2))];
    let other_login = Person { also: vec!["person:aino".to_owned()], ..person("aino.m") };
    let refused = queue.check(&both(), &shown, (&other_login, now()));
    assert_eq!(codes(refused), ["own-answer"]);
    assert_eq!(queue.check(&both(), &shown, (&person("aino.m"), now())).unwrap().answered, 1);
}

/// A case or relationship as the archive has it: its metadata, and its content as it is structured.
fn made(archive: &Archive, small: &Small, kept: &str) -> (Value, Value) {
    let mapping = mapping::read(&small.mapping).unwrap();
    let document = identifiers::document_of(&mapping, &Oid::parse(kept).unwrap());
    let whole = archive.door().read_whole(&document).unwrap();
    let content = whole.parts.iter().find(|(part, _)| *part == Part::Structured).unwrap();
    let read = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap();
    (read(&whole.metadata), read(&content.1))
}

/// OLD-2, OLD-5: which cases there are and how long they last follows from what the rows say of them; a last day that nobody
/// said is marked as supposed.
#[test]
fn cases_are_as_the_rows_say() {
    let of_first_row = |target: &str, value: &str| {
        format!("{target} = {{ when = {{ DOKNRO = \"D1\" }}, constant = \"{value}\" }}\n")
    };
    let of_each = |target: &str, value: &str| format!("{target} = {{ constant = \"{value}\" }}\n");
    let each_its_own = "case = { column = \"DOKNRO\" }\n".to_owned();
    let [first, second] = ["2018-05-01", "2018-05-02"];
    let (named, closed) = (of_each("case", "A 12"), "case_closed_on");
    let (opened, later) = ("2017-01-01", "2019-01-01");
    for (said, of_d1, of_d2, name, supposed) in [
        (String::new(), [first, second], [first, second], "", true),
        (named.clone(), [first, second], [first, second], "A 12", true),
        (each_its_own.clone(), [first, first], [second, second], "D1", true),
        (of_each("case_opened_on", opened), [opened, second], [opened, second], "", true),
        (of_each(closed, later), [first, later], [first, later], "", false),
        // One row speaks for all where the source names the case, and for itself where it does not.
        (of_first_row(closed, later), [first, later], [first, later], "", true),
        (named + &of_first_row(closed, later), [first, later], [first, later], "A 12", false),
        (
            each_its_own + &of_first_row(closed, later),
            [first, later],
            [second, second],
            "D1",
            false,
        ),
    ] {
        let small = Small::with(|small| {
            small.rows[1] = of_first(2);
            small.mapping += &said;
        });
        let archive = archive(&small);
        assert_eq!(run(&small, &archive), (4, 0), "{said}");
        let cases = ["D1", "D2"].map(|document| kept(&small, "case_id", document).unwrap());
        assert_eq!(cases[0] == cases[1], of_d1 == of_d2, "{said}");
        for (case, lasts) in cases.iter().zip([of_d1, of_d2]) {
            let (metadata, _) = made(&archive, &small, case);
            let days =
                ["case_opened_on", "case_closed_on"].map(|day| metadata[day].as_str().unwrap());
            assert_eq!(days, lasts, "{said}");
        }
        let (_, content) = made(&archive, &small, &cases[0]);
        let told = &content["asia_asiakirja"]["asian_tiedot"]["lisatieto_luokkaan_muu"];
        let told = told.as_str().unwrap();
        assert_eq!(told.contains(CLOSING_IS_SUPPOSED), supposed, "{said}: {told}");
        assert!(told.contains(name), "{said}: {told}");
    }
}

/// OLD-2: an old relationship for each service task, or one for all of the client's, over the days of all its cases.
#[test]
fn old_relationships_are_for_each_task_or_one_for_all() {
    let two_tasks =
        "service_task = [{ when = { DOKNRO = \"D2\" }, constant = \"24\" }, { constant = \"26\" }]";
    let [first, second] = ["2018-05-01", "2018-05-02"];
    for (grouping, of_d1, of_d2) in [
        ("per-service-task", (first, first, &["26"][..]), (second, second, &["24"][..])),
        ("one", (first, second, &["24", "26"]), (first, second, &["24", "26"])),
    ] {
        let small = Small::with(|small| {
            small.rows[1] = of_first(2);
            small.mapping = small
                .mapping
                .replace("service_task = { constant = \"26\" }", two_tasks)
                .replace("[index]", &format!("relationships = \"{grouping}\"\n\n[index]"));
        });
        let report = Report::of(&Work::open(&small.path("batch")).unwrap()).unwrap();
        let all = &report.made;
        let relationships = if grouping == "one" { 3 } else { 4 };
        assert_eq!(
            (all.clients, all.relationships, all.cases, all.documents),
            (3, relationships, 4, 4),
            "{grouping}: a client of two tasks is one client, and one relationship for both is one"
        );
        let archive = archive(&small);
        assert_eq!(run(&small, &archive), (4, 0), "{grouping}");
        let found = ["D1", "D2"].map(|document| kept(&small, "relationship", document).unwrap());
        assert_eq!(found[0] == found[1], grouping == "one");
        assert_ne!(
            kept(&small, "case_id", "D1"),
            kept(&small, "case_id", "D2"),
            "a case for each task"
        );
        for (relationship, (first, last, tasks)) in found.iter().zip([of_d1, of_d2]) {
            let (_, content) = made(&archive, &small, relationship);
            let about = &content["asiakkuusasiakirja"];
            let heading = &about["sosiaalihuollon_asiakkuus"];
            assert_eq!(heading["vanha_asiakkuus"], true);
            assert_eq!(
                (&heading["asiakkuuden_alkamispvm"], &heading["asiakkuuden_paattymispvm"]),
                (&Value::from(first), &Value::from(last)),
                "{grouping}"
            );
            let named = about["sosiaalihuollon_palvelutehtava"].as_array().unwrap();
            let named: Vec<&str> =
                named.iter().map(|task| task["palvelutehtava"]["code"].as_str().unwrap()).collect();
            assert_eq!(named, tasks, "{grouping}");
        }
    }
}

/// OLD-4: an organisation that took the service tasks of 2016 into use later names the original one until then.
#[test]
fn the_original_task_is_asked_until_the_tasks_of_2016_were_in_use() {
    let original = "original_service_task = { when = { DOKNRO = [\"D1\", \"D2\"] }, constant = \"2011:17\" }\n";
    for (from, said, asked, needless) in [
        (None, "", &[][..], 0),
        (None, original, &[], 2),
        (Some("2016-03-01"), "", &[], 0),
        (Some("2018-05-02"), original, &[], 1),
        (Some("2018-05-03"), "", &["D1", "D2"], 0),
        (Some("2018-05-03"), original, &[], 0),
        (Some("2018-05-04"), original, &["D3"], 0),
        (Some("2019-01-01"), "", &["D1", "D2", "D3", "D4"], 0),
    ] {
        let small = Small::with(|small| {
            let from =
                from.map(|from| format!("service_tasks_of_2016_from = \"{from}\"\n\n[index]"));
            let from = from.unwrap_or_else(|| "[index]".to_owned());
            small.mapping = small.mapping.replace("[index]", &from) + said;
        });
        let found: Vec<&str> = ["D1", "D2", "D3", "D4"]
            .into_iter()
            .filter(|document| !faults(&small, document).is_empty())
            .collect();
        assert_eq!(found, asked, "{from:?} {said}");
        // The archive takes an original task that nobody asks for; that it is named is told.
        let told = Report::of(&Work::open(&small.path("batch")).unwrap()).unwrap().needless_tasks;
        assert_eq!(told.count, needless, "{from:?} {said}");
        assert_eq!(told.examples.len() as u64, needless);
        for document in asked {
            assert_eq!(faults(&small, document), ["missing-conditional-element"]);
        }
    }
}

/// OLD-4, OLD-7: a day that a person completes decides what turns on it, and nobody is asked for that besides.
#[test]
fn what_turns_on_a_day_follows_from_the_one_that_a_person_says() {
    let by_day = "service_task = [{ when = { written_at = { before = \"2018-05-01\" } }, constant = \"24\" }, \
                  { constant = \"26\" }]";
    let small = Small::with(|small| {
        small.rows[0] = small.rows[0].replace("2018-05-01", "2018-02-31");
        small.mapping = small
            .mapping
            .replace("service_task = { constant = \"26\" }", by_day)
            .replace("{ column = \"PVM\" }", "{ column = \"PVM\", day = \"%Y-%m-%d\" }");
    });
    assert_eq!(faults(&small, "D1"), ["unreadable-day"]);
    let told = Report::of(&small.rehearse()).unwrap().faults;
    let unread = told.iter().find(|one| one.code == "unreadable-day").unwrap();
    assert_eq!(unread.args["reason"], "2018-02-31 is no day of the calendar");
    assert!(!unread.args["what"].contains("Add the form"), "no form makes a day of it");
    small.answer(2, &[says(Target::WrittenAt, "2018-04-30")]).unwrap();
    small.rehearse();
    assert_eq!(faults(&small, "D1"), [""; 0]);
    assert_eq!(kept(&small, "task", "D1").as_deref(), Some("24"));
}

/// OLD-8: of active clients assessments, decisions, plans and summaries are brought, and nothing else of anybody.
#[test]
fn key_documents_of_active_clients_are_brought() {
    let (no_key, not_active) = ("no-key-document", "not-of-an-active-client");
    for (state, kind, reason) in [
        ("active", "1", ""),
        ("active", "11", ""),
        ("active", "15", ""),
        ("active", "16", ""),
        ("active", "2", no_key),
        ("active", "7", no_key),
        ("active", "19", no_key),
        ("ended", "11", not_active),
        ("ended", "2", not_active),
        ("deceased", "15", not_active),
    ] {
        let small = Small::with(|small| {
            small.mapping = small
                .mapping
                .replace("[index]", "[bring]\notherwise = \"key-documents-of-active\"\n\n[index]")
                .replace("P = \"ended\"", &format!("P = \"{state}\""))
                .replace("Muistio = \"2\"", &format!("Muistio = \"{kind}\""))
                .replace("\"Muistio\" = \"2\"", &format!("\"Muistio\" = \"{kind}\""))
                + "relationship_id = { constant = \"1.2.246.10.99900011.95.2020.1\" }\n";
        });
        assert_eq!(kept(&small, "left_out", "D1").unwrap_or_default(), reason, "{state} {kind}");
        let found = faults(&small, "D1");
        assert_eq!(found, [""; 0], "{state} {kind}");
    }
}

/// OLD-2: a case whose documents have several units is of the unit that had it last, and so is the old relationship.
#[test]
fn a_case_is_of_the_unit_that_had_it_last() {
    let [first, second] = ["1.2.246.10.99900011.10.0", "1.2.246.10.99900011.10.7"];
    let unit = format!("\"operating_unit.id\" = {{ constant = \"{first}\" }}");
    for (of_second, expected) in [("D2", second), ("D1", first)] {
        let small = Small::with(|small| {
            small.rows[1] = of_first(2);
            let units = format!(
                "\"operating_unit.id\" = [{{ when = {{ DOKNRO = \"{of_second}\" }}, constant = \"{second}\" }}, \
                 {{ constant = \"{first}\" }}]"
            );
            small.mapping = small.mapping.replace(&unit, &units);
        });
        let work = Connection::open(small.path("batch/work.sqlite")).unwrap();
        let (mapping, registry) =
            (mapping::read(&small.mapping).unwrap(), Registry::alone(&[], &[]).unwrap());
        let mut found = Vec::new();
        let mut each = |dossier: Dossier| {
            let metadata: Value = serde_json::from_slice(&dossier.submission.metadata).unwrap();
            found.push(metadata["operating_unit"]["id"].as_str().unwrap().to_owned());
            Ok::<_, RunError>(())
        };
        each_dossier(&work, &mapping, &registry, Some(&hetu(1)), &mut each).unwrap();
        assert_eq!(found, [expected, expected], "{of_second} is of another unit");
    }
}
