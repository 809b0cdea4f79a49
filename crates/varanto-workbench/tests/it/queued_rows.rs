//! What people complete is of the row that they were shown, and of no other one: whatever becomes of the delivery, the
//! mapping file and the queue between two looks.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rusqlite::Connection;
use varanto_app::Registry;
use varanto_domain::access::{OldDataPermit, may_complete_old_data};
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_workbench::answers::{Answer, Decision, Person};
use varanto_workbench::delivery::Delivery;
use varanto_workbench::door::Door;
use varanto_workbench::mapping::{self, Target};
use varanto_workbench::queue::{Cause, File, Queue, QueueError, QueuedRow, Seen};
use varanto_workbench::rehearsal::{Rehearsal, RehearsalError};
use varanto_workbench::run::{Done, Run, RunError};
use varanto_workbench::showing::show;
use varanto_workbench::work::{State, Unseen, Work};

use crate::archive::{Unsigned, silent_door};
use crate::queue::{all, archivist, cause, codes, permit, person, seen};
use crate::world::now;

const HEAD: &str = "DOKNRO;ASNRO;HETU;NIMI;LAJI;PVM;TIEDOSTO;REKISTERI";
const OWN: &str = "1.2.246.10.99900011";
const OTHER: &str = "1.2.246.10.99900012";

const MAPPING: &str = r#"form = 1
source = "pieni"
batch = "1"
created_at = "2026-11-20T12:00:00+02:00"
node = "1.2.246.10.99900011.11.2026"
joined_on = "2024-01-01"
kept_elsewhere = "Paperiarkisto"

[index]
file = "INDEKSI.CSV"
form = "csv"

[beside.asiakas]
file = "ASIAKKAAT.CSV"
form = "csv"
key = "ASNRO"
on = "ASNRO"

[document]
document = { column = "DOKNRO" }
file = { column = "TIEDOSTO" }
client = { column = "ASNRO" }
"client.identity_code" = { column = "HETU" }
"client.family_name" = { column = "NIMI", take = "first" }
"client.given_names" = { column = "NIMI", take = "rest" }
"client.non_disclosure" = { column = "asiakas.TURVA", codes = { K = "true", E = "false" } }
client_state = { column = "asiakas.TILA", codes = { P = "ended" } }
written_at = { column = "PVM" }
general_type = { column = "LAJI", codes = { "Päätös" = "11", "Muistio" = "2" } }
service_task = { constant = "26" }
language = { constant = "fi" }
"controller.id" = { column = "REKISTERI", codes = { Suvanto = "1.2.246.10.99900011", Salo = "1.2.246.10.99900012" } }
"controller.name" = { constant = "Suvannon hyvinvointialue" }
"operating_unit.id" = { constant = "1.2.246.10.99900011.10.0" }
"operating_unit.name" = { constant = "Suvannon hyvinvointialue" }
"#;

/// An identity code of the numbers that nobody has.
pub(crate) fn hetu(number: u32) -> String {
    let digits = 10_150 * 1000 + 900 + number;
    let sign = b"0123456789ABCDEFHJKLMNPRSTUVWXY"[digits as usize % 31];
    format!("010150-{}{}", 900 + number, char::from(sign))
}

/// A small delivery, as it is by now.
pub(crate) struct Small {
    folder: tempfile::TempDir,
    pub(crate) mapping: String,
    /// The lines of the index.
    pub(crate) rows: Vec<String>,
    /// The lines of the table beside it.
    pub(crate) clients: Vec<String>,
    pub(crate) papers: BTreeMap<String, String>,
}

impl Small {
    /// Clients 1 to 4 with a document each, a line each: the line of client 1 is row 2.
    fn new() -> Self {
        let mut small = Self {
            folder: tempfile::tempdir().unwrap(),
            mapping: MAPPING.to_owned(),
            rows: Vec::new(),
            clients: Vec::new(),
            papers: BTreeMap::new(),
        };
        for number in 1..=4 {
            small.clients.push(format!("{number};P;E"));
            small.rows.push(line(number, &hetu(number), "Muistio", "Suvanto"));
            small.papers.insert(format!("{number}.xhtml"), paper(number));
        }
        small
    }

    pub(crate) fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut small = Self::new();
        change(&mut small);
        small.rehearse();
        small
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn deliver(&self) {
        let _ = fs::remove_dir_all(self.path("delivery"));
        fs::create_dir(self.path("delivery")).unwrap();
        let write = |name: &str, text: String| {
            let path = self.path("delivery").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("INDEKSI.CSV", format!("{HEAD}\n{}\n", self.rows.join("\n")));
        write("ASIAKKAAT.CSV", format!("ASNRO;TILA;TURVA\n{}\n", self.clients.join("\n")));
        self.papers.iter().for_each(|(name, text)| write(name, text.clone()));
    }

    /// Delivers what there is by now, and rehearses it.
    pub(crate) fn rehearse(&self) -> Work {
        self.try_rehearse().unwrap()
    }

    pub(crate) fn try_rehearse(&self) -> Result<Work, RehearsalError> {
        self.deliver();
        let delivery = Delivery::open(&self.path("delivery")).unwrap();
        let registry = Registry::alone(&[], &[]).unwrap();
        let mut work = Work::open(&self.path("batch")).unwrap();
        let rehearsal = Rehearsal {
            delivery: &delivery,
            mapping: &mapping::read(&self.mapping).unwrap(),
            registry: &registry,
            now: now(),
            checkers: 1,
            progress: &|_, _, _| {},
        };
        rehearsal.run(&mut work, &AtomicBool::new(false))?;
        work.remember(&self.path("delivery"), &self.mapping, &[]).unwrap();
        Ok(work)
    }

    /// A run without a door: it begins, and has nobody to send by.
    fn run(&self) -> Result<Done, RunError> {
        let mut work = Work::open(&self.path("batch")).unwrap();
        self.run_through(&mut work, Vec::new(), &AtomicBool::new(true))
    }

    pub(crate) fn run_through(
        &self,
        work: &mut Work,
        doors: Vec<Box<dyn Door>>,
        stop: &AtomicBool,
    ) -> Result<Done, RunError> {
        let delivery = Delivery::open(&self.path("delivery")).unwrap();
        let registry = Registry::alone(&[], &[]).unwrap();
        let run = Run {
            delivery: &delivery,
            mapping: &mapping::read(&self.mapping).unwrap(),
            registry: &registry,
            signer: &Unsigned,
            most_each_second: None,
            stop,
            progress: &|_| {},
        };
        run.run(work, doors)
    }

    pub(crate) fn queue(&self) -> Queue {
        Queue::open(&self.path("batch")).unwrap().unwrap()
    }

    pub(crate) fn row(&self, place: u64) -> QueuedRow {
        let queue = self.queue();
        queue.row(&both(), place).unwrap()
    }

    /// Answers of a row as it was shown.
    fn answer_seen(
        &self,
        (place, seen): (u64, &Seen),
        given: &[Answer],
        by: &Person,
    ) -> Result<(), QueueError> {
        let registry = Registry::alone(&[], &[]).unwrap();
        self.queue().answer(&both(), (place, seen), given, (by, now()), &registry).map(drop)
    }

    /// Answers of a row as it is now.
    pub(crate) fn answer(&self, place: u64, given: &[Answer]) -> Result<(), QueueError> {
        let row = self.row(place);
        let leaves = given.iter().any(|one| matches!(one, Answer::NotBrought(_)));
        let seen = if leaves { row.seen_to_leave } else { row.seen };
        self.answer_seen((place, &seen), given, &person("aino"))
    }

    /// What the rehearsal made of a row, by what the source calls the document: a value, and the codes of its faults.
    pub(crate) fn made(&self, document: &str, target: Target) -> (Option<String>, Vec<String>) {
        let work = Connection::open(self.path("batch/work.sqlite")).unwrap();
        let sql = format!(
            "SELECT number, said ->> '$.\"{}\"' FROM item WHERE source_id = ?",
            target.name()
        );
        let (number, value): (i64, Option<String>) =
            work.query_row(&sql, [document], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let mut faults =
            work.prepare("SELECT DISTINCT code FROM fault WHERE number = ? ORDER BY code").unwrap();
        let codes = faults.query_map([number], |row| row.get(0)).unwrap();
        (value, codes.map(Result::unwrap).collect())
    }
}

pub(crate) fn line(number: u32, code: &str, kind: &str, register: &str) -> String {
    format!(
        "D{number};{number};{code};Virta Anna;{kind};2018-05-{number:02};{number}.xhtml;{register}"
    )
}

pub(crate) fn paper(number: u32) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"fi\">\
         <head><title>Muistio</title></head><body><h1>Muistio</h1><p>Kirjaus {number}.</p></body></html>\n"
    )
}

/// The permit of who keeps the archives of both controllers.
pub(crate) fn both() -> OldDataPermit {
    let controllers = [OWN, OTHER].map(|one| Oid::parse(one).unwrap());
    may_complete_old_data(&archivist(controllers.to_vec()), &controllers).unwrap()
}

pub(crate) fn says(target: Target, value: &str) -> Answer {
    Answer::Value(target, value.to_owned())
}

fn code(number: u32) -> Answer {
    says(Target::IdentityCode, &hetu(number))
}

/// A client whom the source does not name by code, how that client stands, and that there is no order of non-disclosure.
fn named(number: u32) -> Vec<Answer> {
    vec![code(number), says(Target::NonDisclosure, "false"), ended()]
}

fn ended() -> Answer {
    says(Target::State, "ended")
}

/// That a row is of another client, with everything that is said of one.
fn another(number: u32) -> Vec<Answer> {
    let facts = [
        (Target::FamilyName, "Virta"),
        (Target::GivenNames, "Anna"),
        (Target::NonDisclosure, "false"),
        (Target::State, "ended"),
    ];
    let facts = facts.into_iter().map(|(target, value)| says(target, value));
    [code(number)].into_iter().chain(facts).collect()
}

fn sound(value: impl Into<String>) -> (Option<String>, Vec<String>) {
    (Some(value.into()), Vec::new())
}

/// OLD-7: the form of a document is kept of no other one that came into its place meanwhile, whatever was answered, left
/// out, checked, taken back or given to all.
#[test]
fn an_answer_to_something_else_than_was_shown_is_refused() {
    let mut small = Small::with(|small| {
        small.mapping = format!("checked_by_two = true\n{}", small.mapping);
        small.rows[0] = line(1, "", "Muistio", "Suvanto");
        small.rows[1] = line(2, "", "Outo", "Suvanto");
        small.rows[2] = line(3, "", "Outo", "Suvanto");
    });
    let (aino, bertta) = (person("aino"), person("bertta"));
    let shown = small.row(2);
    small.answer(3, &named(2)).unwrap();
    let checked = [(3, small.row(3).seen)];
    let unnamed = cause(&small.queue(), "unmapped-value");
    assert_eq!(unnamed.rows, 2);
    let for_all = all(&small.queue(), &unnamed);

    small.rows.insert(0, line(4, "", "Outo", "Suvanto"));
    small.papers.insert("4.xhtml".into(), paper(4));
    small.rows.truncate(4);
    small.rehearse();
    let late = |given: &[Answer]| codes(small.answer_seen((2, &shown.seen), given, &aino));
    assert_eq!(late(&[code(1)]), ["changed-meanwhile"]);
    assert_eq!(late(&[Answer::NotBrought(Decision::StaysElsewhere)]), ["changed-meanwhile"]);
    let queue = small.queue();
    let registry = Registry::alone(&[], &[]).unwrap();
    let given = says(Target::GeneralType, "2");
    let late = queue.answer_all(&both(), (&unnamed, &for_all), &given, (&aino, now()), &registry);
    assert_eq!(codes(late), ["changed-meanwhile"], "three rows by now, and two were shown");
    assert_eq!(codes(queue.check(&both(), &checked, (&bertta, now()))), ["changed-meanwhile"]);
    assert_eq!(
        codes(queue.take_back(&both(), &checked, (&person("aino"), now()))),
        ["changed-meanwhile"]
    );
    assert_eq!(queue.answered(&both(), None, 0, 9).unwrap()[0].place, 4, "it went with its row");
}

/// OLD-7: who checks what another one completed checks what they were shown, and nothing that came after.
#[test]
fn a_check_is_of_what_the_checker_saw() {
    let small = Small::with(|small| {
        small.mapping = format!("checked_by_two = true\n{}", small.mapping);
        small.rows[0] = line(1, "", "Muistio", "Suvanto");
    });
    let (aino, bertta) = (person("aino"), person("bertta"));
    small.answer(2, &named(1)).unwrap();
    let shown = [(2, small.row(2).seen)];
    small.answer(2, &another(9)).unwrap();
    let queue = small.queue();
    assert_eq!(codes(queue.check(&both(), &shown, (&bertta, now()))), ["changed-meanwhile"]);
    let shown = [(2, small.row(2).seen)];
    assert_eq!(codes(queue.check(&both(), &shown, (&aino, now()))), ["own-answer"]);
    assert_eq!(queue.check(&both(), &shown, (&bertta, now())).unwrap().answered, 1);
    small.rehearse();
    assert_eq!(small.made("D1", Target::IdentityCode), sound(hetu(9)));
}

/// OLD-7: no paper of another row is shown beside a form, and no form beside another delivery than was rehearsed: neither
/// after a file came or went, nor when one was exchanged for another of the same size.
#[test]
fn a_row_is_shown_with_its_own_paper_or_not_at_all() {
    let small = Small::with(|small| small.rows[0] = line(1, "", "Muistio", "Suvanto"));
    let shown = |place| match small.queue().file(&both(), place) {
        Ok(File::Page(page)) => page.contains(&format!("Kirjaus {}.", place - 1)).to_string(),
        Ok(other) => panic!("{other:?}"),
        Err(QueueError::Changed) => "changed".to_owned(),
        Err(error) => panic!("{error}"),
    };
    assert_eq!(shown(2), "true");
    let paper_of = |number: u32| small.path(&format!("delivery/{number}.xhtml"));
    fs::write(paper_of(1), paper(2)).unwrap();
    assert_eq!(shown(2), "changed", "another paper of the same size");
    fs::write(paper_of(1), paper(1)).unwrap();
    fs::write(small.path("delivery/0.xhtml"), paper(9)).unwrap();
    assert_eq!(shown(2), "changed", "every file is one further by now");
    let row = small.queue().row(&both(), 2);
    assert!(matches!(row, Err(QueueError::Changed)), "{row:?}");
    let registry = Registry::alone(&[], &[]).unwrap();
    let queue = small.queue();
    let listed = queue.rows(&both(), &cause(&queue, "missing-element"), 0, 9).unwrap();
    let answered =
        queue.answer(&both(), (2, &listed[0].seen), &[code(1)], (&person("a"), now()), &registry);
    assert!(matches!(answered, Err(QueueError::Changed)), "{answered:?}");
    fs::remove_file(small.path("delivery/0.xhtml")).unwrap();
    assert_eq!(shown(2), "true");
}

/// OLD-7: of a row whose file a person named anew that file is shown; and what was answered with another one beside
/// is confirmed with this one, or the row waits.
#[test]
fn an_answer_is_of_the_file_that_was_beside() {
    let mut small = Small::with(|small| {
        small.papers.insert("9.xhtml".into(), paper(9));
        small.rows[1] = line(2, "", "Muistio", "Suvanto");
    });
    let shown = |small: &Small, place| match small.queue().file(&both(), place) {
        Ok(File::Page(page)) => page.split("Kirjaus ").nth(1).unwrap()[..1].to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(shown(&small, 2), "1");
    assert_eq!(codes(small.answer(2, &[says(Target::File, "8.xhtml")])), ["missing-file"]);
    small.answer(2, &[says(Target::GeneralType, "11")]).unwrap();
    small.answer(2, &[says(Target::File, "9.xhtml")]).unwrap();
    assert_eq!(shown(&small, 2), "9");
    let kind = |small: &Small, document| {
        small.rehearse();
        small.made(document, Target::GeneralType)
    };
    let waits = |value: &str| (Some(value.to_owned()), vec!["answer-of-another-file".to_owned()]);
    assert_eq!(kind(&small, "D1"), waits("11"), "the type was told of another file");
    let right = || Answer::Stands(varanto_domain::faults::FaultKind::AnswerOfAnotherFile);
    small.answer(2, &[right()]).unwrap();
    assert!(small.queue().causes(&both()).unwrap().iter().all(|one| one.element != "row"));
    assert_eq!(kind(&small, "D1"), sound("11"));

    // The source gives another paper under the same name: of a row that was completed, and of one that was left out.
    small.answer(3, &named(2)).unwrap();
    small.answer(4, &[Answer::NotBrought(Decision::StaysElsewhere)]).unwrap();
    assert_eq!(small.rehearse().count(State::LeftOut).unwrap(), 1);
    small.papers.insert("2.xhtml".into(), paper(7));
    small.papers.insert("3.xhtml".into(), paper(8));
    assert_eq!(small.rehearse().count(State::LeftOut).unwrap(), 0);
    assert_eq!(kind(&small, "D2"), waits("2"));
    assert_eq!(small.made("D3", Target::GeneralType), waits("2"));
    small.answer(4, &[right()]).unwrap();
    assert_eq!(small.rehearse().count(State::LeftOut).unwrap(), 1, "the decision is right, too");
    // Whoever answers anew was shown the rest beside the new one.
    small.answer(3, &[says(Target::Language, "sv")]).unwrap();
    assert_eq!(kind(&small, "D2"), sound("2"));
}

/// OLD-7: rows are alike where the source says the same word in them; a row whose values are shifted is like no other
/// one, and what rows lack they do not have in common.
#[test]
fn like_rows_are_those_of_which_the_source_says_the_same() {
    let small = Small::with(|small| {
        small.rows[0] = line(1, &hetu(1), "Outo", "Suvanto");
        small.rows[1] = line(2, &hetu(2), "Outo", "Suvanto");
        small.rows[2] = line(3, &hetu(3), "Kumma", "Suvanto");
        small.rows[3] = format!("{};yli", line(4, &hetu(4), "Kumma", "Suvanto"));
    });
    let queue = small.queue();
    let causes = queue.causes(&both()).unwrap();
    let places = |cause: &Cause| -> Vec<u64> {
        queue.rows(&both(), cause, 0, 9).unwrap().iter().map(|row| row.place).collect()
    };
    let of = |value: &str| {
        let unnamed =
            |one: &&Cause| one.code == "unmapped-value" && one.value.as_deref() == Some(value);
        causes.iter().find(unnamed).unwrap()
    };
    assert_eq!(places(of("Outo")), [2, 3]);
    assert_eq!(places(of("Kumma")), [4]);
    let shifted = cause(&queue, "surplus-values");
    assert_eq!((places(&shifted), causes.len()), (vec![5], 3), "the shifted row alone");
    let registry = Registry::alone(&[], &[]).unwrap();
    let aino = person("aino");
    let give = |cause: &Cause| {
        let given = says(Target::GeneralType, "2");
        queue.answer_all(&both(), (cause, &all(&queue, cause)), &given, (&aino, now()), &registry)
    };
    assert_eq!(codes(give(&shifted)), ["wrong-value"]);
    assert_eq!(give(of("Outo")).unwrap().answered, 2);
    small.rehearse();
    let kind = |document| small.made(document, Target::GeneralType);
    assert_eq!((kind("D1"), kind("D2")), (sound("2"), sound("2")));
    assert_eq!(kind("D3").1, ["unmapped-value"]);
    assert_eq!(kind("D4").1, ["surplus-values", "unmapped-value"]);
}

/// OLD-7: an answer stays with the row that says the very same, wherever it stands, also where the source does not name
/// the document; a row that says something else has none, and what is of no row any more is told.
#[test]
fn an_answer_stays_with_its_row_and_goes_to_no_other_one() {
    let nameless = |number: u32| {
        let known = line(number, "", "Muistio", "Suvanto");
        known.trim_start_matches(&format!("D{number}")).to_owned()
    };
    let mut small = Small::with(|small| small.rows = vec![nameless(1), nameless(2)]);
    small.answer(2, &[named(1), vec![says(Target::Document, "D1")]].concat()).unwrap();
    small.rows.insert(0, nameless(3));
    small.rehearse();
    assert_eq!(small.made("D1", Target::IdentityCode), sound(hetu(1)));
    assert!(small.row(2).given.is_empty(), "the row that stands there by now");
    assert_eq!(small.row(3).given.len(), 4);
    assert_eq!(small.queue().progress(&both()).unwrap().lost, 0);

    let known = small.rows[1].replace("Muistio", "Päätös");
    let before = std::mem::replace(&mut small.rows[1], known);
    small.rehearse();
    assert!(small.row(3).given.is_empty(), "it says something else");
    assert_eq!(small.queue().progress(&both()).unwrap().lost, 1);
    let lost = small.queue().lost(&both(), 9).unwrap();
    assert_eq!((lost[0].place, lost[0].elements.len(), lost[0].by.as_str()), (2, 4, "aino"));
    small.rows[1] = before;
    // Of what stands beside it, too.
    small.clients[0] = "1;P;K".into();
    small.rehearse();
    assert!(small.row(3).given.is_empty(), "another client stands beside it");
    small.clients[0] = "1;P;E".into();
    small.rehearse();
    assert_eq!(small.made("D1", Target::IdentityCode), sound(hetu(1)));

    // What named the document is taken back, and what is answered then still counts.
    let queue = small.queue();
    assert_eq!(
        queue.take_back(&both(), &[(3, seen(&queue, 3))], (&person("aino"), now())).unwrap().rows,
        1
    );
    small.answer(3, &[named(7), vec![says(Target::Document, "D7")]].concat()).unwrap();
    small.rehearse();
    assert_eq!(small.made("D7", Target::IdentityCode), sound(hetu(7)));
}

/// OLD-9: of a row that does not read nothing else is told: what it holds is not known.
#[test]
fn a_row_that_does_not_read_has_that_fault_alone() {
    let small = Small::with(|small| small.rows[0] = "x".repeat(3 << 20));
    let found = crate::world::faults(&small.path("batch"));
    let of_row: Vec<&str> =
        found.iter().filter(|(place, _)| *place == 2).map(|(_, code)| &**code).collect();
    assert_eq!(of_row, ["unreadable-row"]);
}

/// OLD-9: whatever else is wrong with a row is told with it: no fault of one value hides what is wrong with another, with
/// the file, or with the rules of old data.
#[test]
fn every_fault_of_a_row_is_told() {
    const PAPER: Option<&str> = Some("");
    const BROKEN: Option<&str> = Some("%PDF-1.7 broken");
    const LETTER: Option<&str> = Some("Kirje.");
    const WRONG: &str = "010150-901X";
    let good = hetu(1);
    let check = |file: Option<&str>, [code, kind, day, task]: [&str; 4], expected: &[&str]| {
        let small = Small::with(|small| {
            match file {
                None => drop(small.papers.remove("1.xhtml")),
                Some("") => {}
                Some(text) => drop(small.papers.insert("1.xhtml".into(), text.into())),
            }
            small.rows[0] = line(1, code, kind, "Suvanto").replace("2018-05-01", day);
            let constant = format!("constant = \"{task}\"");
            small.mapping = small.mapping.replace("constant = \"26\"", &constant);
        });
        assert_eq!(small.made("D1", Target::Document).1, expected);
    };
    let (may, joined, early) = ("2018-05-01", "2025-05-01", "2012-05-01");
    check(PAPER, [&good, "Muistio", may, "26"], &[]);
    // The file beside the code, and the code beside the file.
    let pdf = ["not-pdf", "pdf-a-clause"];
    check(BROKEN, ["", "Muistio", may, "26"], &["missing-element", pdf[0], pdf[1]]);
    check(BROKEN, [WRONG, "Muistio", may, "26"], &[pdf[0], pdf[1], "wrong-form"]);
    check(LETTER, ["", "Muistio", may, "26"], &["file-wants-conversion", "missing-element"]);
    check(None, [WRONG, "Muistio", may, "26"], &["missing-file", "wrong-form"]);
    // The rules of old data and what archiving asks, beside either.
    check(None, [&good, "Muistio", may, "99"], &["missing-file", "unknown-code"]);
    check(LETTER, [&good, "Muistio", may, "99"], &["file-wants-conversion", "unknown-code"]);
    check(PAPER, ["", "Muistio", joined, "26"], &["missing-element", "not-old-data"]);
    let no_task = "missing-conditional-element";
    check(PAPER, ["", "Muistio", early, "26"], &[no_task, "missing-element"]);
    check(None, [&good, "Muistio", early, "26"], &[no_task, "missing-file"]);
    check(
        BROKEN,
        [WRONG, "Jokin", joined, "99"],
        &["not-old-data", pdf[0], pdf[1], "unknown-code", "unmapped-value", "wrong-form"],
    );
    // A value that does not read is no other fault's cause.
    check(PAPER, [&good, "Muistio", "31.2.", "26"], &["wrong-form"]);
    check(PAPER, ["", "Muistio", may, "26"], &["missing-element"]);
    // In a row with a value too many, too.
    let shifted = Small::with(|small| {
        small.papers.insert("1.xhtml".into(), LETTER.unwrap().into());
        small.rows[0] = line(1, "", "Muistio", "Suvanto") + ";liikaa";
    });
    let expected = ["file-wants-conversion", "missing-element", "surplus-values"];
    assert_eq!(shifted.made("D1", Target::Document).1, expected);
}

/// OLD-7: of equal rows each has its own answers.
#[test]
fn equal_rows_are_told_apart() {
    let small = Small::with(|small| {
        small.rows = vec![line(1, "", "Muistio", "Suvanto"); 2];
    });
    small.answer(3, &[says(Target::GeneralType, "11")]).unwrap();
    assert!(small.row(2).given.is_empty());
    small.rehearse();
    assert!(small.row(2).given.is_empty());
    assert_eq!(small.row(3).given.len(), 1);
}

/// OLD-7, OLD-9: a decision counts as long as the row gives cause for it: a paper that was repaired is brought, and what
/// stays elsewhere stays only where there is an elsewhere.
#[test]
fn a_decision_is_judged_anew_at_each_rehearsal() {
    let mut small = Small::with(|small| {
        small.papers.insert("1.xhtml".into(), String::new());
        small.papers.remove("2.xhtml");
        small.rows[2] = line(3, "", "Muistio", "Suvanto");
    });
    let left_out = |small: &Small| small.rehearse().count(State::LeftOut).unwrap();
    let decide = |small: &Small, place, decision| {
        small.answer(place, &[Answer::NotBrought(decision)]).unwrap();
    };
    decide(&small, 2, Decision::NothingToBring);
    decide(&small, 3, Decision::NothingToBring);
    decide(&small, 4, Decision::StaysElsewhere);
    assert_eq!(left_out(&small), 3);
    assert_eq!(small.made("D2", Target::Document).1, [""; 0], "who is not brought wants nothing");

    small.papers.insert("1.xhtml".into(), paper(1));
    small.papers.insert("2.xhtml".into(), paper(2));
    small.mapping = small.mapping.replace("kept_elsewhere = \"Paperiarkisto\"\n", "");
    assert_eq!(left_out(&small), 0);
    let faults = |document| small.made(document, Target::Document).1;
    assert_eq!(faults("D1"), ["answer-of-another-file", "decision-does-not-fit"]);
    assert_eq!(faults("D2"), ["decision-does-not-fit"]);
    assert_eq!(faults("D3"), ["decision-does-not-fit", "missing-element"], "judged as any other");
    // Taken back, or completed, the row is brought.
    let queue = small.queue();
    assert_eq!(
        queue.take_back(&both(), &[(2, seen(&queue, 2))], (&person("aino"), now())).unwrap().rows,
        1
    );
    assert_eq!(cause(&queue, "decision-does-not-fit").rows, 2, "it waits for nobody any more");
    small.answer(4, &named(3)).unwrap();
    small.rehearse();
    assert_eq!(small.made("D1", Target::IdentityCode), sound(hetu(1)));
    assert_eq!(small.made("D3", Target::IdentityCode), sound(hetu(3)));
}

/// OLD-7: where two must look, a row that somebody corrected waits: neither what the source says nor what is not checked
/// is brought, also when a value that was checked is corrected once more, and when a row is to be left out.
#[test]
fn what_is_not_checked_lets_nothing_wrong_through() {
    let small =
        Small::with(|small| small.mapping = format!("checked_by_two = true\n{}", small.mapping));
    let (aino, bertta) = (person("aino"), person("bertta"));
    let check = || {
        let queue = small.queue();
        queue.check(&both(), &[(2, seen(&queue, 2))], (&bertta, now())).unwrap()
    };
    let made = || {
        small.rehearse();
        small.made("D1", Target::IdentityCode)
    };
    let waits = |value| (Some(hetu(value)), vec!["answer-not-checked".to_owned()]);
    assert_eq!(made(), sound(hetu(1)), "a code that is right in form, and another person's");
    small.answer(2, &another(8)).unwrap();
    assert_eq!(made(), waits(1));
    let queue = small.queue();
    assert!(
        queue.causes(&both()).unwrap().is_empty(),
        "it waits for a check, and for nothing else"
    );
    assert_eq!(queue.progress(&both()).unwrap().to_check, 1);
    check();
    assert_eq!(made(), sound(hetu(8)));
    small.answer_seen((2, &small.row(2).seen), &another(9), &aino).unwrap();
    assert_eq!(made(), waits(1), "not the source's wrong one again");
    check();
    assert_eq!(made(), sound(hetu(9)));
    small.answer(2, &[Answer::NotBrought(Decision::StaysElsewhere)]).unwrap();
    assert_eq!(made(), waits(1));
    check();
    made();
    assert_eq!(small.rehearse().count(State::LeftOut).unwrap(), 1);
    // What two had agreed on is taken back by two.
    let queue = small.queue();
    assert_eq!(queue.take_back(&both(), &[(2, seen(&queue, 2))], (&aino, now())).unwrap().rows, 1);
    assert_eq!(made(), waits(1));
    assert_eq!(small.row(2).given[0].answer, Answer::TakenBack);
    check();
    assert_eq!(made(), sound(hetu(1)));
    assert!(small.row(2).given.is_empty());
}

/// OLD-7, OLD-6, OLD-9: a document is in another row, too, where that row says all the same of it: not for another
/// controller, and not without the order of non-disclosure.
#[test]
fn a_row_is_delivered_twice_where_another_says_all_the_same() {
    let mut small = Small::with(|small| {
        // Client 1 in four rows with the same content: twice for Suvanto, once for Salo, and once by another number.
        let row = |paper: u32, client: u32, register: &str| {
            format!(
                "T{paper};{client};{};Virta Anna;Muistio;2018-05-01;{paper}.xhtml;{register}",
                hetu(1)
            )
        };
        small.rows = vec![
            row(1, 1, "Suvanto"),
            row(2, 1, "Suvanto"),
            row(3, 1, "Salo"),
            row(4, 1, "Suvanto"),
        ];
        (1..=4).for_each(|number| {
            small.papers.insert(format!("{number}.xhtml"), paper(1));
        });
    });
    let decisions = |place| small.row(place).decisions.contains(&Decision::DeliveredTwice);
    assert_eq!(
        [2, 3, 4, 5].map(decisions),
        [true, true, false, true],
        "each controller archives its own"
    );
    let order = [says(Target::NonDisclosure, "true")];
    small.answer(5, &order).unwrap();
    small.rehearse();
    let decisions = |place| small.row(place).decisions.contains(&Decision::DeliveredTwice);
    assert_eq!([2, 3, 4, 5].map(decisions), [true, true, false, false], "one has the order");
    let queue = small.queue();
    let twice = cause(&queue, "same-content");
    let registry = Registry::alone(&[], &[]).unwrap();
    let leave = Answer::NotBrought(Decision::DeliveredTwice);
    let done = queue
        .answer_all(
            &both(),
            (&twice, &all(&queue, &twice)),
            &leave,
            (&person("a"), now()),
            &registry,
        )
        .unwrap();
    assert_eq!(
        (done.answered, done.left),
        (2, 2),
        "the one with the order stays, and each controller's"
    );
    assert_eq!(small.rehearse().count(State::LeftOut).unwrap(), 2);
    // The row that stayed says something else by now: those that were left out are brought again.
    small.rows[3] = small.rows[3].replace("Suvanto", "Salo");
    assert_eq!(small.rehearse().count(State::LeftOut).unwrap(), 0);
    assert!(small.made("T1", Target::Document).1.contains(&"decision-does-not-fit".to_owned()));
}

/// OLD-7, OLD-6, ACC-2: whose register a document comes into is not said at the desk, and a row that names no controller
/// who reads is shown to nobody.
#[test]
fn a_row_of_an_unknown_controller_is_shown_to_nobody() {
    let small = Small::with(|small| {
        small.rows[0] = line(1, "", "Muistio", "Kaukainen kunta");
        small.rows[1] = line(2, "", "Muistio", "Suvanto");
    });
    let queue = small.queue();
    let own = [Oid::parse(OWN).unwrap()];
    assert_eq!(queue.controllers().unwrap(), own);
    let permit = permit(&queue);
    let missing = |answer: Result<(), QueueError>| {
        assert!(matches!(answer, Err(QueueError::Missing)), "{answer:?}");
    };
    missing(queue.row(&permit, 2).map(drop));
    missing(queue.file(&permit, 2).map(drop));
    missing(queue.whose(2).map(drop));
    assert!(queue.causes(&permit).unwrap().iter().all(|cause| cause.element != "controller.id"));
    assert_eq!(queue.rows(&permit, &cause(&queue, "missing-element"), 0, 9).unwrap().len(), 1);
    let told = queue.progress(&permit).unwrap();
    assert_eq!((told.rows, told.open, told.unnamed), (4, 1, 1));
    let theirs = [named(2), vec![says(Target::Controller, OTHER)]].concat();
    assert_eq!(codes(small.answer(3, &theirs)), ["wrong-value"]);
}

/// OLD-7: what a missing row beside would say, of orders of non-disclosure and of death, is said by a person, each of it,
/// or the row waits.
#[test]
fn what_a_row_beside_would_say_is_asked_for() {
    let small = Small::with(|small| small.clients.remove(0).clear());
    let made = || small.made("D1", Target::State).1;
    assert_eq!(made(), ["missing-element", "no-row-beside"]);
    let row = small.row(2);
    assert_eq!(Vec::from_iter(row.must_say), [Target::NonDisclosure, Target::State]);
    let stands = || Answer::Stands(varanto_domain::faults::FaultKind::NoRowBeside);
    let refused = |given: &[Answer]| codes(small.answer(2, given));
    assert_eq!(refused(&[stands()]), ["missing-element", "missing-element"]);
    assert_eq!(refused(&[stands(), ended()]), ["missing-element"]);
    let open = says(Target::NonDisclosure, "");
    assert_eq!(refused(&[stands(), ended(), open]), ["missing-element"], "yes or no");
    small.answer(2, &[stands(), ended(), says(Target::NonDisclosure, "true")]).unwrap();
    small.rehearse();
    assert_eq!(small.made("D1", Target::NonDisclosure), sound("true"));
}

/// OLD-7: a row that names nobody beside, where that table says who has an order of non-disclosure, is asked for it as one
/// that is missing there.
#[test]
fn a_row_without_a_key_has_no_order_by_silence() {
    let small = Small::with(|small| small.rows[0] = small.rows[0].replacen("D1;1;", "D1;;", 1));
    assert_eq!(small.made("D1", Target::State).1, ["missing-element", "no-row-beside"]);
    let wanted = [Target::NonDisclosure, Target::State];
    assert_eq!(Vec::from_iter(small.row(2).must_say), wanted);
}

/// OLD-7: what a person let stand they let stand as it was: with another code or name of the client it is asked anew.
#[test]
fn what_stands_falls_with_what_it_was_of() {
    let small = Small::with(|small| {
        small.rows[1] = line(2, &hetu(1), "Muistio", "Suvanto").replace("Virta Anna", "Koski Eero");
        small.rows[2] = line(3, &hetu(3), "Muistio", "Suvanto").replace("Virta Anna", "Salo Otto");
    });
    let faults = || small.made("D2", Target::Document).1;
    assert_eq!(faults(), ["code-of-two-names"]);
    let stands = Answer::Stands(varanto_domain::faults::FaultKind::CodeOfTwoNames);
    small.answer(3, &[stands]).unwrap();
    small.answer(3, &[says(Target::Language, "sv")]).unwrap();
    small.rehearse();
    assert_eq!(faults(), [""; 0], "another value leaves it standing");
    let names = [says(Target::FamilyName, "Koski"), says(Target::GivenNames, "Eero")];
    small.answer(3, &[&another(3)[..], &names].concat()).unwrap();
    small.rehearse();
    assert_eq!(faults(), ["code-of-two-names"], "another person's code");
}

/// OLD-7: once a run has begun nothing is completed any more, and none begins while something that was completed waits.
#[test]
fn a_run_and_the_queue_do_not_cross() {
    let small = Small::with(|small| small.rows[0] = line(1, "", "Muistio", "Suvanto"));
    let work = Work::open(&small.path("batch")).unwrap();
    let run = || small.run();
    small.answer(2, &named(1)).unwrap();
    assert!(work.answers_wait().unwrap());
    assert!(run().is_err(), "what was completed waits");
    small.rehearse();
    run().unwrap();
    small.answer(3, &another(9)).unwrap();
    small.rehearse();
    // A run that was killed may have archived what the work file does not know of.
    work.set_about("sending", "begun").unwrap();
    assert_eq!(codes(small.answer(3, &another(9))), ["batch-begun"]);
    let queue = small.queue();
    assert_eq!(
        codes(queue.take_back(&both(), &[(2, seen(&queue, 2))], (&person("aino"), now()))),
        ["batch-begun"]
    );
    assert!(small.row(2).begun);
    assert!(matches!(small.try_rehearse(), Err(RehearsalError::Sending)));
    run().unwrap();
    small.rehearse();
    small.answer(3, &another(9)).unwrap();
    // A rehearsal that was killed leaves nothing to be run or completed.
    work.clear().unwrap();
    assert!(run().is_err() && work.code_sets().unwrap().is_none());
    assert!(Queue::open(&small.path("batch")).unwrap().is_none());
}

/// OLD-7: who answers while the work file is written is told so, and nothing is lost or half done.
#[test]
fn a_busy_batch_says_so() {
    let small = Small::with(|small| small.rows[0] = line(1, "", "Muistio", "Suvanto"));
    let shown = small.row(2).seen;
    let other = Connection::open(small.path("batch/work.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answered = small.answer_seen((2, &shown), &named(1), &person("aino"));
    assert!(matches!(answered, Err(QueueError::Busy)), "{answered:?}");
    other.execute_batch("ROLLBACK").unwrap();
    small.answer_seen((2, &shown), &named(1), &person("aino")).unwrap();
}

/// OLD-7: rows that are not brought give no other row a fault.
#[test]
fn a_row_that_is_left_out_contradicts_nobody() {
    let small = Small::with(|small| {
        // One client number with two codes, and one code with two names.
        small.rows[1] = line(1, &hetu(2), "Muistio", "Suvanto")
            .replace("D1;", "D2;")
            .replace("1.xhtml", "2.xhtml");
        small.rows[3] = line(4, &hetu(3), "Muistio", "Suvanto").replace("Virta Anna", "Koski Eero");
    });
    let faults = |document| small.made(document, Target::Document).1;
    assert_eq!(faults("D1"), ["client-of-two-codes"]);
    assert_eq!(faults("D3"), ["code-of-two-names"]);
    small.answer(3, &[Answer::NotBrought(Decision::StaysElsewhere)]).unwrap();
    small.answer(5, &[Answer::NotBrought(Decision::StaysElsewhere)]).unwrap();
    small.rehearse();
    assert_eq!((faults("D1"), faults("D3")), (Vec::new(), Vec::new()));
}

/// OLD-7, LOG-1: the line of a look is of the client whom the source names and of the one whom the row was completed to.
#[test]
fn a_look_is_of_every_client_that_a_row_may_be_of() {
    let small = Small::with(|_| {});
    small.answer(2, &another(8)).unwrap();
    let whose = || small.queue().whose(2).unwrap();
    let codes = || -> Vec<String> {
        whose().clients.iter().map(|code| PersonalIdentityCode::reveal(code).to_owned()).collect()
    };
    assert_eq!(codes(), [hetu(1), hetu(8)]);
    let document = whose().document.unwrap().to_string();
    small.rehearse();
    assert_eq!(codes(), [hetu(1), hetu(8)], "also when it was taken in");
    let work = Connection::open(small.path("batch/work.sqlite")).unwrap();
    let made: String =
        work.query_row("SELECT document FROM item WHERE place = 2", [], |row| row.get(0)).unwrap();
    assert_eq!(document, made, "the line is found by the document, later");
}

/// OLD-7: what the source says of one client, of an order of non-disclosure, of death, is not said of another one whom a
/// person names: each of it is asked for, and asked again when the name changes again.
#[test]
fn what_is_said_of_one_client_is_not_said_of_another() {
    let small = Small::with(|_| {});
    let all = ["missing-element"; 4];
    assert_eq!(codes(small.answer(2, &[code(8)])), all);
    small.answer(2, &another(8)).unwrap();
    small.rehearse();
    assert_eq!(small.made("D1", Target::IdentityCode), sound(hetu(8)));
    assert_eq!(codes(small.answer(2, &[code(9)])), all, "they were said of the other one");
    small.answer(2, &[says(Target::Language, "sv")]).unwrap();
    // The same client by the same code, and one whom the source does not name: nothing is of another.
    small.answer(3, &[code(2)]).unwrap();
}

/// OLD-7: nothing is archived while something that was completed is of no row any more: the source's word may be the
/// wrong one that it was to replace.
#[test]
fn what_was_completed_does_not_fall_away_in_silence() {
    let mut small = Small::with(|_| {});
    small.answer(2, &another(8)).unwrap();
    let known = small.clients[0].replace("P;E", "P;K");
    let before = std::mem::replace(&mut small.clients[0], known);
    let work = small.rehearse();
    assert_eq!(small.made("D1", Target::IdentityCode), sound(hetu(1)), "as the source says");
    assert_eq!(varanto_workbench::report::Report::of(&work).unwrap().lost, 1);
    let run = || small.run().map_err(|error| error.to_string());
    assert!(run().unwrap_err().contains("not in the delivery any more"));
    let lost = shown_lost(&small);
    let forget = |lost: &[(String, Seen)], by: &str| {
        small.queue().forget_lost(&both(), lost, (&person(by), now()))
    };
    let other = [(lost[0].0.clone(), Seen::from("other"))];
    assert_eq!(codes(forget(&other, "aino")), ["changed-meanwhile"]);
    forget(&lost, "aino").unwrap();
    assert_eq!(codes(forget(&lost, "aino")), ["changed-meanwhile"], "it is gone");
    small.rehearse();
    run().unwrap();
    small.clients[0] = before;
}

/// What is shown of rows that are not there any more.
fn shown_lost(small: &Small) -> Vec<(String, Seen)> {
    let lost = small.queue().lost(&both(), 9).unwrap();
    lost.into_iter().map(|one| (one.row, one.seen)).collect()
}

/// OLD-7: what two had agreed on of a row that is not there any more is forgotten by two.
#[test]
fn what_two_agreed_on_is_forgotten_by_two() {
    let mut small =
        Small::with(|small| small.mapping = format!("checked_by_two = true\n{}", small.mapping));
    small.answer(2, &another(8)).unwrap();
    let queue = small.queue();
    queue.check(&both(), &[(2, seen(&queue, 2))], (&person("bertta"), now())).unwrap();
    small.clients[0] = "1;P;K".into();
    small.rehearse();
    let forget = |by: &str| {
        let lost = shown_lost(&small);
        small.queue().forget_lost(&both(), &lost, (&person(by), now()))
    };
    forget("aino").unwrap();
    assert_eq!(codes(forget("aino")), ["wrong-value"], "another person must");
    assert_eq!(small.queue().progress(&both()).unwrap().lost, 1);
    small.rehearse();
    assert!(small.run().is_err());
    forget("bertta").unwrap();
    assert_eq!(small.queue().progress(&both()).unwrap().lost, 0);
}

/// OLD-7: an order of non-disclosure that the source has is not taken away at the desk, also where the code was
/// mistyped; where the source names nobody by code, somebody says how it is.
#[test]
fn an_order_of_non_disclosure_is_neither_lifted_nor_left_open() {
    let small = Small::with(|small| {
        let (wrong, none) = (hetu(1).replace("010150", "010151"), String::new());
        small.rows[0] = line(1, &wrong, "Muistio", "Suvanto");
        small.rows[1] = line(2, &none, "Muistio", "Suvanto");
        small.clients[0] = "1;P;K".into();
    });
    let order = |said: &str| says(Target::NonDisclosure, said);
    assert_eq!(codes(small.answer(2, &[code(1), ended(), order("false")])), ["wrong-value"]);
    small.answer(2, &[code(1), ended()]).unwrap();
    assert_eq!(codes(small.answer(2, &[order("false")])), ["wrong-value"]);
    assert_eq!(codes(small.answer(3, &[code(2), ended()])), ["missing-element"]);
    small.answer(3, &[code(2), ended(), order("true")]).unwrap();
    small.rehearse();
    assert_eq!(small.made("D1", Target::NonDisclosure), sound("true"));
    assert_eq!(small.made("D2", Target::NonDisclosure), sound("true"));
    small.answer(4, &[order("false")]).unwrap();
}

/// OLD-7: a person names a file that is nobody else's: no table of the delivery, and no other row's paper.
#[test]
fn a_file_that_is_named_is_of_no_other_row() {
    let small = Small::with(|_| {});
    let name = |file: &str| codes(small.answer(2, &[says(Target::File, file)]));
    assert_eq!(name("ASIAKKAAT.CSV"), ["wrong-value"]);
    assert_eq!(name("INDEKSI.CSV"), ["wrong-value"]);
    assert_eq!(name("2.xhtml"), ["file-of-another-row"]);
}

/// OLD-7: one word of the source means one thing where one step of the mapping met it in one column.
#[test]
fn one_word_of_two_steps_is_two_causes() {
    let small = Small::with(|small| {
        small.mapping = small.mapping.replace(
            "general_type = { column = \"LAJI\", codes = { \"Päätös\" = \"11\", \"Muistio\" = \"2\" } }",
            "general_type = [{ when = { ASNRO = \"1\" }, column = \"LAJI\", codes = { A = \"11\" } }, \
             { column = \"LAJI\", codes = { \"Muistio\" = \"2\" } }]",
        );
        small.rows[0] = line(1, &hetu(1), "Outo", "Suvanto");
        small.rows[1] = line(2, &hetu(2), "Outo", "Suvanto");
    });
    let queue = small.queue();
    let causes = queue.causes(&both()).unwrap();
    let unnamed: Vec<&Cause> = causes.iter().filter(|one| one.code == "unmapped-value").collect();
    assert_eq!(unnamed.iter().map(|one| one.rows).collect::<Vec<_>>(), [1, 1]);
    let places = |cause| -> Vec<u64> {
        queue.rows(&both(), cause, 0, 9).unwrap().iter().map(|row| row.place).collect()
    };
    assert_ne!(places(unnamed[0]), places(unnamed[1]));
}

/// OLD-7: a cause of the client is none of the client's name or code.
#[test]
fn a_cause_reaches_its_own_element_alone() {
    let small = Small::with(|small| {
        small.mapping = small.mapping.replace(
            "client = { column = \"ASNRO\" }",
            "client = { column = \"ASNRO\", codes = { \"2\" = \"2\", \"3\" = \"3\", \"4\" = \"4\" } }",
        );
        small.mapping = small.mapping.replace(
            "\"client.family_name\" = { column = \"NIMI\", take = \"first\" }",
            "\"client.family_name\" = { column = \"NIMI\", take = \"first\", codes = { Virta = \"Virta\" } }",
        );
        small.rows[1] = line(2, &hetu(2), "Muistio", "Suvanto").replace("Virta Anna", "Koski Anna");
    });
    let queue = small.queue();
    let causes = queue.causes(&both()).unwrap();
    let client = causes.iter().find(|one| one.element == "client").unwrap();
    assert_eq!(client.rows, 1);
    let rows = queue.rows(&both(), client, 0, 9).unwrap();
    assert_eq!(rows.iter().map(|row| row.place).collect::<Vec<_>>(), [2]);
}

/// OLD-7, OLD-9: what a file is broken for the archive a person looks at each; of what is not there many are left out together.
#[test]
fn broken_files_are_left_out_one_by_one() {
    let small = Small::with(|small| {
        small.papers.insert("1.xhtml".into(), "%PDF-1.4 katkesi".into());
        small.papers.insert("2.xhtml".into(), String::new());
    });
    let queue = small.queue();
    let registry = Registry::alone(&[], &[]).unwrap();
    let leave = |code: &str| {
        let cause = cause(&queue, code);
        let given = Answer::NotBrought(Decision::NothingToBring);
        let by = (&person("a"), now());
        queue.answer_all(&both(), (&cause, &all(&queue, &cause)), &given, by, &registry)
    };
    assert_eq!(codes(leave("not-pdf")), ["wrong-value"]);
    assert_eq!(leave("empty-file").unwrap().answered, 1);
    small.answer(2, &[Answer::NotBrought(Decision::NothingToBring)]).unwrap();
    assert_eq!(small.rehearse().count(State::LeftOut).unwrap(), 2);
}

/// OLD-7: a rehearsal tells how many rows it made faulty that were sound, or found with another file, until somebody was told.
#[test]
fn what_a_rehearsal_changed_is_told() {
    let mut small = Small::with(|_| {});
    let unseen = |small: &Small| small.rehearse().unseen().unwrap().rows;
    assert_eq!(unseen(&small), 0);
    small.papers.insert("1.xhtml".into(), paper(9));
    assert_eq!(unseen(&small), 1, "of the same size and name");
    small.rows[1] = line(2, &hetu(2), "Outo", "Suvanto");
    assert_eq!(unseen(&small), 0, "another row is another one");
    small.papers.remove("3.xhtml");
    assert_eq!(unseen(&small), 1);
    Work::open(&small.path("batch")).unwrap().note_seen().unwrap();
    assert_eq!(Work::open(&small.path("batch")).unwrap().unseen().unwrap().rows, 0);
    assert_eq!(unseen(&small), 0);
}

/// OLD-7: where the source names nobody by code, the row beside may be of another client: how the client stands is said by
/// a person, and offered by nobody. Where the source names the client, nothing of it is asked.
#[test]
fn how_a_client_stands_whom_a_person_names_is_asked_for() {
    let small = Small::with(|small| small.rows[0] = line(1, "", "Muistio", "Suvanto"));
    assert_eq!(codes(small.answer(2, &[code(1)])), ["missing-element", "missing-element"]);
    let order = says(Target::NonDisclosure, "false");
    assert_eq!(codes(small.answer(2, &[code(1), order.clone()])), ["missing-element"]);
    small.answer(2, &[code(1), order, ended()]).unwrap();
    assert!(small.row(2).must_say.is_empty());
    small.answer(3, &[says(Target::GivenNames, "Anna Maria")]).unwrap();
    small.rehearse();
    assert_eq!(small.made("D1", Target::State), sound("ended"));
    // What was answered before this was asked for is not enough.
    let work = Connection::open(small.path("batch/work.sqlite")).unwrap();
    work.execute("DELETE FROM answer WHERE element = 'client_state'", []).unwrap();
    small.rehearse();
    assert_eq!(small.made("D1", Target::State), (None, vec!["missing-element".to_owned()]));
    assert_eq!(Vec::from_iter(small.row(2).must_say), [Target::State]);
}

/// OLD-7, OLD-8: who completes a row that the archive plan does not bring is told so at once, also of many rows together;
/// while the row wants something else, it is faulty and not left out.
#[test]
fn who_completes_a_row_that_is_not_brought_is_told() {
    let small = Small::with(|small| {
        small.mapping = small
            .mapping
            .replace("[index]", "[bring]\n\"26\" = \"all\"\notherwise = \"nothing\"\n\n[index]")
            .replace(
                "service_task = { constant = \"26\" }",
                "service_task = { column = \"LAJI\", codes = { \"Päätös\" = \"26\", Muistio = \"26\", Uusi = \"24\" } }",
            );
        small.rows[1] = line(2, &hetu(2), "Uusi", "Suvanto");
        small.rows[2] = line(3, &hetu(3), "Outo", "Suvanto");
        small.rows[3] = line(4, &hetu(4), "Outo", "Suvanto");
    });
    let registry = Registry::alone(&[], &[]).unwrap();
    let told = |place: u64, given: Answer| {
        let seen = small.row(place).seen;
        let by = (&person("aino"), now());
        let kept = small.queue().answer(&both(), (place, &seen), &[given], by, &registry).unwrap();
        kept.not_brought
    };
    let task = |code| says(Target::ServiceTask, code);
    assert_eq!(told(2, says(Target::GivenNames, "Anna Maria")), None);
    assert_eq!(told(2, task("24")), Some("task-kept-elsewhere"));
    assert_eq!(told(3, says(Target::GeneralType, "2")), Some("task-kept-elsewhere"));
    assert_eq!(told(4, task("24")), None, "its type is open yet");
    let causes = small.queue().causes(&both()).unwrap();
    let of_type = causes.iter().find(|one| one.element == "general_type").unwrap();
    let (by, given) = ((&person("aino"), now()), says(Target::GeneralType, "2"));
    let seen = all(&small.queue(), of_type);
    let queue = small.queue();
    let bulk = queue.answer_all(&both(), (of_type, &seen), &given, by, &registry).unwrap();
    assert_eq!((bulk.answered, bulk.not_brought), (2, 1), "the other one wants its task");
    small.rehearse();
    for document in ["D1", "D2", "D3"] {
        assert_eq!(small.made(document, Target::Document).1, Vec::<String>::new());
    }
    let work = Work::open(&small.path("batch")).unwrap();
    assert_eq!(work.count(State::LeftOut).unwrap(), 3);
}

/// OLD-7, OLD-8: where another person must check what was completed, nothing is left out before; who checks is told.
#[test]
fn who_checks_a_row_that_is_not_brought_is_told() {
    let small = Small::with(|small| {
        small.mapping = format!("checked_by_two = true\n{}", small.mapping)
            .replace("[index]", "[bring]\n\"26\" = \"all\"\notherwise = \"nothing\"\n\n[index]");
        small.rows[0] = line(1, "", "Muistio", "Suvanto");
    });
    let registry = Registry::alone(&[], &[]).unwrap();
    let seen = small.row(2).seen;
    let given = [named(1), vec![says(Target::ServiceTask, "24")]].concat();
    let by = (&person("aino"), now());
    let told = small.queue().answer(&both(), (2, &seen), &given, by, &registry).unwrap();
    assert_eq!(told.not_brought, None, "it waits for somebody else");
    let shown = [(2, small.row(2).seen)];
    let bulk = small.queue().check(&both(), &shown, (&person("bertta"), now())).unwrap();
    assert_eq!((bulk.answered, bulk.not_brought), (1, 1));
    small.rehearse();
    let work = Work::open(&small.path("batch")).unwrap();
    assert_eq!(work.count(State::LeftOut).unwrap(), 1);
}

/// OLD-7: one client with an order of non-disclosure on one row and none on another is asked about, and each of the rows
/// that have none names one that has it; nobody takes it away at the desk.
#[test]
fn an_order_on_one_row_is_asked_of_the_others() {
    let small = Small::with(|small| {
        // Two client numbers of one person, of whom one has the order.
        small.rows[2] = line(3, &hetu(1), "Muistio", "Suvanto");
        small.clients[0] = "1;P;K".into();
    });
    assert_eq!(small.made("D1", Target::NonDisclosure), sound("true"));
    let found = small.made("D3", Target::NonDisclosure);
    assert_eq!(found, (Some("false".to_owned()), vec!["order-on-another-row".to_owned()]));
    let fault = small.row(4).faults.remove(0);
    assert_eq!((fault.element.as_str(), &*fault.args["first"]), ("client.non_disclosure", "2"));
    let order = |said: &str| says(Target::NonDisclosure, said);
    assert_eq!(codes(small.answer(4, &[order("false")])), ["wrong-value"]);
    small.answer(4, &[order("true")]).unwrap();
    small.rehearse();
    assert_eq!(small.made("D3", Target::NonDisclosure), sound("true"));
}

/// OLD-7: a row whose code does not read, and one whose order does not read, hold the other rows of the client as one that
/// has the order does.
#[test]
fn an_order_on_a_row_that_does_not_read_holds_the_others() {
    let small = |code: &str, kind: &str| {
        Small::with(|small| {
            small.mapping = small.mapping.replace(
                "{ column = \"asiakas.TURVA\", codes = { K = \"true\", E = \"false\" } }",
                "{ column = \"LAJI\", codes = { \"Päätös\" = \"true\", Muistio = \"false\" } }",
            );
            small.rows[0] = line(1, code, kind, "Suvanto");
            // Another document of client 1.
            small.rows[1] = line(2, &hetu(1), "Muistio", "Suvanto").replacen(";2;", ";1;", 1);
        })
    };
    for (code, kind) in
        [("", "Päätös"), ("010150-900", "Päätös"), (&*hetu(1), "Outo"), ("", "Outo")]
    {
        let small = small(code, kind);
        let of = |document| small.made(document, Target::NonDisclosure).1;
        assert_eq!(of("D2"), ["order-on-another-row"], "{code} {kind}");
        assert!(!of("D1").is_empty() && !of("D1").contains(&"order-on-another-row".to_owned()));
        assert_eq!((of("D3"), of("D4")), (vec![], vec![]), "of other clients");
        assert_eq!(&*small.row(3).faults[0].args["first"], "2");
    }
    let alone = small("", "Muistio");
    assert_eq!(alone.made("D2", Target::NonDisclosure), sound("false"));
}

/// OLD-7: a file that came into a folder of the delivery is seen at the next look, and by whoever names a file after a look
/// of before.
#[test]
fn a_file_that_came_into_a_folder_is_seen() {
    let small = Small::with(|small| {
        small.papers.insert("muut/9.xhtml".to_owned(), paper(9));
    });
    let shown = || small.queue().row(&both(), 3).map(|row| row.place);
    shown().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2200));
    assert_eq!((shown().unwrap(), shown().unwrap()), (3, 3));
    let queue = small.queue();
    let seen = queue.row(&both(), 3).unwrap().seen;
    fs::write(small.path("delivery/muut/10.xhtml"), paper(10)).unwrap();
    assert!(matches!(shown(), Err(QueueError::Changed)));
    let registry = Registry::alone(&[], &[]).unwrap();
    let (given, aino) = ([says(Target::File, "muut/9.xhtml")], person("aino"));
    let named = queue.answer(&both(), (3, &seen), &given, (&aino, now()), &registry);
    assert!(matches!(named, Err(QueueError::Changed)), "{named:?}");
}

/// OLD-7: the work file of a version before, to which the columns were added, has nothing for people before it is rehearsed
/// again.
#[test]
fn a_work_file_of_before_is_no_queue() {
    let small = Small::with(|_| {});
    let open = || Queue::open(&small.path("batch")).unwrap().is_some();
    assert!(open());
    let work = Connection::open(small.path("batch/work.sqlite")).unwrap();
    work.execute_batch("UPDATE item SET heading = NULL, source = NULL; DELETE FROM heading")
        .unwrap();
    assert!(!open());
    small.rehearse();
    assert!(open());
}

/// OLD-7: a look lists no delivery again that is as it was, and shows nothing of one that is not.
#[test]
fn a_delivery_is_kept_open_while_it_is_the_same() {
    let small = Small::with(|_| {});
    assert_eq!(small.row(3).values[&Target::Document], "D2");
    // It is kept when it was the same for a while.
    let a_while = || std::thread::sleep(std::time::Duration::from_millis(2200));
    a_while();
    for _ in 0..3 {
        assert_eq!(small.row(3).source[0].value, "D2");
    }
    let index = small.path("delivery/INDEKSI.CSV");
    let text = fs::read_to_string(&index).unwrap();
    let shown = || small.queue().row(&both(), 3).map(|row| row.place);
    fs::write(&index, text.replace("Virta", "Virtä")).unwrap();
    assert!(matches!(shown(), Err(QueueError::Changed)));
    fs::write(&index, &text).unwrap();
    assert_eq!(shown().unwrap(), 3, "the same again");
    a_while();
    assert_eq!((shown().unwrap(), shown().unwrap()), (3, 3));
    fs::write(small.path("delivery/0.xhtml"), paper(9)).unwrap();
    assert!(matches!(shown(), Err(QueueError::Changed)), "a file came");
    fs::remove_file(small.path("delivery/0.xhtml")).unwrap();
    assert_eq!(shown().unwrap(), 3);
    a_while();
    assert_eq!((shown().unwrap(), shown().unwrap()), (3, 3));
    let file = says(Target::File, "5.xhtml");
    assert_eq!(codes(small.answer(3, &[file])), ["missing-file"]);
    // That a file was written anew its folder does not tell, and the row's own file is read at each look.
    fs::write(small.path("delivery/2.xhtml"), format!("{}<!-- -->", paper(2))).unwrap();
    assert!(matches!(small.queue().file(&both(), 3), Err(QueueError::Changed)));
}

/// OLD-7, OLD-9: a hand-in whose answer was lost may have archived something: the queue is closed until the run is gone on
/// with or undone.
#[test]
fn a_queue_stays_closed_after_an_answer_that_was_lost() {
    let small = Small::with(|small| small.rows[0] = line(1, "", "Muistio", "Suvanto"));
    let mut work = Work::open(&small.path("batch")).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let ended = small.run_through(&mut work, vec![silent_door(&stop)], &stop);
    assert!(matches!(ended, Err(RunError::NoAnswer(_))), "{ended:?}");
    assert_eq!(work.begun().unwrap(), 0, "the work file knows of nothing");
    assert!(small.row(2).begun && small.queue().progress(&both()).unwrap().begun);
    assert_eq!(codes(small.answer(2, &named(1))), ["batch-begun"]);
    assert!(matches!(small.try_rehearse(), Err(RehearsalError::Sending)));
}

/// OLD-7, OLD-8: rows that were sound and that a rehearsal leaves out by the choice of the mapping are told of before
/// anything is archived, as those that became faulty are.
#[test]
fn sound_rows_that_the_plan_leaves_out_are_told() {
    let mut small = Small::with(|_| {});
    small.mapping = small
        .mapping
        .replace("[index]", "[bring]\notherwise = \"key-documents-of-active\"\n\n[index]");
    let work = small.rehearse();
    assert_eq!(work.count(State::LeftOut).unwrap(), 4);
    assert_eq!(work.unseen().unwrap(), Unseen { rows: 4, places: vec![2, 3, 4, 5] });
    assert_eq!(small.rehearse().unseen().unwrap().rows, 0, "nothing more than the last time");
    // Whom a person leaves out nobody need be told of.
    let small = Small::with(|_| {});
    small.answer(2, &[Answer::NotBrought(Decision::StaysElsewhere)]).unwrap();
    let work = small.rehearse();
    assert_eq!((work.count(State::LeftOut).unwrap(), work.unseen().unwrap().rows), (1, 0));
}

/// OLD-7: a file that a person named is one that somebody has seen; one that came in place of another is told, by its row.
#[test]
fn a_file_that_a_person_named_is_no_surprise() {
    let mut small =
        Small::with(|small| small.rows[1] = small.rows[1].replace("2.xhtml", "1.xhtml"));
    let file_of_two = ["file-of-another-row".to_owned()];
    assert_eq!(small.made("D2", Target::Document).1, file_of_two);
    small.answer(3, &[says(Target::File, "2.xhtml")]).unwrap();
    let work = small.rehearse();
    assert_eq!((work.count(State::Sound).unwrap(), work.unseen().unwrap().rows), (4, 0));
    small.papers.insert("4.xhtml".to_owned(), paper(7));
    let unseen = small.rehearse().unseen().unwrap();
    assert_eq!(unseen, Unseen { rows: 1, places: vec![5] });
    // What was put in the place of the file that was named is told as well.
    small.papers.insert("2.xhtml".to_owned(), paper(8));
    assert_eq!(small.rehearse().unseen().unwrap(), Unseen { rows: 1, places: vec![3] });
}

/// OLD-7, OLD-9: whoever looks a row up sees what a person completed of it, who and when, and who checked it; and nobody's
/// identity code.
#[test]
fn what_a_person_completed_is_shown() {
    let small = Small::with(|small| {
        small.mapping = format!("checked_by_two = true\n{}", small.mapping);
        small.rows[0] = line(1, "", "Muistio", "Suvanto");
    });
    small.answer(2, &named(1)).unwrap();
    let shown = |place| {
        let work = Work::open(&small.path("batch")).unwrap();
        let delivery = Delivery::open(&small.path("delivery")).unwrap();
        show(&work, &delivery, &mapping::read(&small.mapping).unwrap(), place).unwrap().unwrap()
    };
    let waits = shown(2);
    let code = waits.completed.iter().find(|one| one.what == "client.identity_code").unwrap();
    assert_eq!(
        (code.value.as_str(), code.name.as_str()),
        ("******-****", person("aino").name.as_str())
    );
    assert_eq!((&code.by, &code.at), (&person("aino").actor, &now().to_string()));
    assert!(code.checked.is_none() && waits.checked_by_two && waits.completed.len() == 3);
    let queue = small.queue();
    queue.check(&both(), &[(2, seen(&queue, 2))], (&person("bertta"), now())).unwrap();
    let checked = shown(2).completed;
    assert!(
        checked
            .iter()
            .all(|one| one.checked.as_ref().is_some_and(|by| by.0 == person("bertta").actor))
    );
    assert!(shown(3).completed.is_empty());
}
