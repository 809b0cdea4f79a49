//! Values as they are typed; how a form is read; what it asks for. All 202 structures: `tests/national_structures.rs`.

use std::collections::HashSet;

use varanto_domain::codes::CodeSets;
use varanto_domain::ids::Oid;
use varanto_domain::structures::{built_in, check};
use varanto_domain::time::FinnishDay;

use super::*;
use crate::content;
use crate::structure_notes::StructureNotes;

const NOTE: &str = "/merkinta_tapaamisesta_tai_yhteydenotosta";

fn day() -> FinnishDay {
    FinnishDay::parse("2026-11-26").unwrap()
}

/// Works with what a form is made with.
fn with<T>(work: impl FnOnce(&MadeWith) -> T) -> T {
    let code_sets = CodeSets::built_in();
    let unit = Oid::parse("1.2.246.10.90000001.10.11").unwrap();
    let organisations = [(unit, "Perhepalvelut".to_owned())];
    let lists = CodeLists {
        code_sets: &code_sets,
        organisations: &organisations,
        notes: &StructureNotes::default(),
        day: day(),
        language: ViewLanguage::Finnish,
    };
    work(&MadeWith { lists: &lists, facts: &ConditionFacts::on(day()) })
}

fn structure(type_arc: &str) -> &'static Structure {
    built_in().iter().find(|structure| structure.type_arc() == type_arc).unwrap()
}

fn field(kind: FieldKind) -> Field {
    Field {
        row: 1,
        key: "rivi".into(),
        names: Names { fi: "Rivi".to_owned(), sv: None },
        kind,
        obligation: FieldObligation::Optional,
        repeats: false,
    }
}

fn posted(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| (format!("{NOTE}{name}"), (*value).to_owned())).collect()
}

/// CAS-1: what is typed becomes what the structure wants, or stays as it was typed.
#[test]
fn people_write_days_clocks_and_numbers_as_they_are_used_to() {
    use FieldKind::{Date, Moment, Number};

    let check = |kind: FieldKind, typed: &str, expected: Result<&str, &str>, again: &str| {
        let field = field(kind);
        with(|with| {
            let read = typed::read(&field, typed, None, with.lists);
            let json = read.as_ref().map(content::write).unwrap_or_default();
            let expected = match expected {
                Ok(json) => json.to_owned(),
                Err(kept) => format!("\"{kept}\""),
            };
            assert_eq!(json, expected, "{typed}");
            let shown = read.map(|read| typed::shown(&field, &read, with.lists));
            assert_eq!(shown.unwrap_or_default(), again, "{typed}");
        });
    };
    check(Date, "23.3.2026", Ok("\"2026-03-23\""), "23.3.2026");
    check(Date, " 03.03.2026 ", Ok("\"2026-03-03\""), "3.3.2026");
    check(Date, "3.2026", Ok("\"2026-03\""), "3.2026");
    check(Date, "2026", Ok("\"2026\""), "2026");
    check(Date, "2026-03-23", Err("2026-03-23"), "23.3.2026");
    check(Date, "31.2.2026", Err("31.2.2026"), "31.2.2026");
    check(Date, "ensi viikolla", Err("ensi viikolla"), "ensi viikolla");
    check(Date, "23.3.26", Err("23.3.26"), "23.3.26");
    check(Date, "  ", Ok(""), "");

    check(Moment, "23.3.2026 klo 9.05", Ok("\"2026-03-23T09:05:00+02:00\""), "23.3.2026 klo 9.05");
    check(Moment, "1.7.2026 14:30", Ok("\"2026-07-01T14:30:00+03:00\""), "1.7.2026 klo 14.30");
    check(Moment, "7.2026", Ok("\"2026-07\""), "7.2026");
    check(Moment, "29.3.2026 3.30", Err("29.3.2026 3.30"), "29.3.2026 3.30");
    check(Moment, "1.7.2026 25.00", Err("1.7.2026 25.00"), "1.7.2026 25.00");
    let utc = "2026-03-23T10:54:24.5Z";
    check(Moment, utc, Err(utc), utc);

    check(Number, "1,5", Ok("1.5"), "1,5");
    check(Number, "-12", Ok("-12"), "-12");
    check(Number, "1\u{a0}200,50", Ok("1200.50"), "1200,50");
    check(Number, "007", Err("007"), "007");
    check(Number, "noin 5", Err("noin 5"), "noin 5");
    check(Number, "1e9", Err("1e9"), "1e9");
    check(Number, "1234567890123456", Err("1234567890123456"), "1234567890123456");
}

/// CAS-1, REG-2: a code is chosen by its name, its code or both; another one only where the set is open.
#[test]
fn a_code_is_chosen_by_its_name_or_its_code() {
    let code = |set: &str| {
        let code_set = Some(Oid::parse(set).unwrap());
        field(FieldKind::Code { code_set, system: None, allowed: Vec::new() })
    };
    let check = |field: &Field, typed: &str, expected: &str| {
        with(|with| {
            let read = typed::read(field, typed, None, with.lists).unwrap();
            assert_eq!(content::write(&read), expected, "{typed}");
            assert!(typed::code_kept(field, &read, with.lists).is_none(), "{typed}");
        });
    };
    let task = code("1.2.246.537.6.1221");
    let families = r#"{"system":"urn:oid:1.2.246.537.6.1221.201601","code":"24","display":"Lapsiperheiden palvelut"}"#;
    for typed in ["24", "lapsiperheiden palvelut", "Lapsiperheiden palvelut (24)"] {
        check(&task, typed, families);
    }
    check(&task, "98", "\"98\"");
    check(&task, "perhe", "\"perhe\"");
    let service = code("1.2.246.537.6.1222");
    let typed = |name: &str| {
        format!(
            r#"{{"system":"urn:oid:1.2.246.537.6.1222.201601","code":"987","display":"{name}"}}"#
        )
    };
    check(&service, "987 Uusi palvelu", &typed("Uusi palvelu"));
    check(&service, "Uusi palvelu (987)", &typed("Uusi palvelu"));
    check(&service, "987", &typed("987"));
    check(&service, "uusi palvelu", "\"uusi palvelu\"");
    check(
        &code("1.2.246.537.6.202"),
        "perhepalvelut",
        r#"{"system":"urn:oid:1.2.246.537.6.202.2008","code":"1.2.246.10.90000001.10.11","display":"Perhepalvelut"}"#,
    );
}

/// CAS-1: a form is read whole or not at all.
#[test]
fn what_no_row_takes_is_refused_and_not_dropped() {
    let check = |pairs: &[(&str, &str)], expected: Result<(), PostedFault>| {
        let read = with(|with| read(structure("1506.19005"), &posted(pairs), with.lists));
        assert_eq!(read.map(drop), expected);
    };
    let name = |name: &str| Err(PostedFault::Name(format!("{NOTE}{name}")));
    check(&[], Ok(()));
    check(&[("/asiakas/0/sukunimi", "Aho"), ("/asiakas/7/sukunimi", "Salo")], Ok(()));
    check(&[("/asiakas/0/lempinimi", "Ana")], name("/asiakas/0/lempinimi"));
    check(&[("/asiakas/sukunimi", "Aho")], name("/asiakas/sukunimi"));
    check(&[("/paivamaara/0", "1.3.2026")], name("/paivamaara/0"));
    check(&[("/paivamaara", "1.3.2026"), ("/paivamaara", "2.3.2026")], name("/paivamaara"));
    check(
        &[("/asiakas/18446744073709551616/sukunimi", "Aho")],
        name("/asiakas/18446744073709551616/sukunimi"),
    );
    let many: Vec<String> = (0..=MAX_ENTRIES).map(|at| format!("/asiakas/{at}/sukunimi")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "Aho")).collect();
    check(&many, Err(PostedFault::TooMany));
}

/// CAS-1: rows are added and taken out without touching the others.
#[test]
fn entries_are_added_and_taken_out() {
    let structure = structure("1506.19005");
    let pairs = posted(&[("/asiakas/0/sukunimi", "Aho"), ("/asiakas/3/sukunimi", "Salo")]);
    let mut content = with(|with| read(structure, &pairs, with.lists)).unwrap();
    let names = |content: &Content| -> Vec<String> {
        let form = with(|with| Form::of(structure, content, &[], with));
        let mut names = Vec::new();
        form.each(&mut |row| {
            if let (true, Holds::Line(typed)) = (row.name.ends_with("/sukunimi"), &row.holds) {
                names.push(format!("{} {typed}", row.name.strip_prefix(NOTE).unwrap()));
            }
        });
        names.retain(|name| name.starts_with("/asiakas"));
        names
    };
    assert_eq!(names(&content), ["/asiakas/0/sukunimi Aho", "/asiakas/1/sukunimi Salo"]);
    assert!(add_entry(structure, &mut content, &format!("{NOTE}/asiakas")));
    assert_eq!(names(&content)[2], "/asiakas/2/sukunimi ");
    assert!(remove_entry(&mut content, &format!("{NOTE}/asiakas/0")));
    assert_eq!(names(&content), ["/asiakas/0/sukunimi Salo", "/asiakas/1/sukunimi "]);
    assert!(!remove_entry(&mut content, &format!("{NOTE}/asiakas/9")));
    assert!(!add_entry(structure, &mut content, &format!("{NOTE}/paivamaara")));
    assert!(!add_entry(structure, &mut content, &format!("{NOTE}/asiakas/0/sukunimi")));
    let left = finished(structure, &content);
    assert_eq!(left.at_mut_len(&format!("{NOTE}/asiakas")), 1);
}

trait Length {
    fn at_mut_len(&self, pointer: &str) -> usize;
}

impl Length for Content<'_> {
    fn at_mut_len(&self, pointer: &str) -> usize {
        self.to_owned_content().at_mut(pointer).map_or(0, |list| list.entries().len())
    }
}

/// CAS-1: a condition that the checker knows asks for its row in the form, and the fault stands beside it.
#[test]
fn a_row_is_asked_for_when_its_condition_holds_and_its_fault_stands_beside_it() {
    let structure = structure("1506.19001");
    let root = "/merkinta_asian_vireilletulosta";
    let urgency = format!("{root}/arvio_asian_kiireellisyydesta");
    let need = |task: &str| {
        let pairs = [(format!("{root}/palvelutehtava/0"), task.to_owned())];
        with(|with| {
            let content = read(structure, &pairs, with.lists).unwrap();
            let mut faults = check(structure, &finished(structure, &content));
            let conditions = structures::check_conditions(structure, &content, with.facts);
            faults.extend(conditions);
            let form = Form::of(structure, &content, &faults, with);
            let mut found = None;
            form.each(&mut |row| {
                if row.name == urgency {
                    found = Some((row.need, row.faults.len()));
                }
            });
            let beside: HashSet<&str> = form.faulty().iter().map(|row| &*row.name).collect();
            assert!(beside.contains(format!("{root}/vireilletulopaiva").as_str()), "{beside:?}");
            assert!(beside.contains(format!("{root}/asiakas/0/sukunimi").as_str()), "{beside:?}");
            assert!(form.faults.is_empty());
            found.unwrap()
        })
    };
    assert_eq!(need("24"), (Need::Asked, 1));
    assert_eq!(need("25"), (Need::NotAsked, 0));
}

/// CAS-1: a fault and its field find each other by name.
#[test]
fn the_element_of_a_fault_is_the_name_of_its_control() {
    assert_eq!(name_of("structured:/a/b/0/c"), Some("/a/b/0/c"));
    assert_eq!(name_of("structured:"), None);
    assert_eq!(name_of("client.identity_code"), None);
    assert_eq!(element_of("/a/b/0/c"), "structured:/a/b/0/c");
}

/// REL-9: what earlier documents have for empty rows of a form of their kind is offered, the newest first, and nothing else: not the
/// writer, no identifier, nothing that is known already or stands there, and nothing of two documents in one entry.
#[test]
fn earlier_documents_offer_what_a_form_lacks() {
    use crate::synthetic::{self, FinnishText, Fullness};
    let note = structure("1506.19005");
    let made = |seed| synthetic::document(note, seed, Fullness::Full, &mut FinnishText::new());
    let (newer, older) = (made(1), made(2));
    let sources = [
        Earlier { structure: note, content: &newer },
        Earlier { structure: note, content: &older },
    ];
    let mut form = laid_for_tests(note);
    let known = format!("{NOTE}/paivamaara");
    let found = earlier(note, &form, &[&known], &sources);
    assert!(!found.is_empty());
    assert!(found.iter().all(|one| one.place == 0), "the newest that has it");
    let of = |name: &str| found.iter().any(|one| one.name.contains(name));
    assert!(!of("/laatija/") && !of("henkilotunnus") && !of(&known), "{found:?}");
    let names: HashSet<&str> = found.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names.len(), found.len(), "each row once");

    let one = &found[0];
    assert!(take_over(&mut form, &one.name, &one.value));
    assert_eq!(form.at_mut(&one.name).as_deref(), Some(&one.value));
    assert!(!take_over(&mut form, &one.name, &one.value), "what stands there is not replaced");
    let again = earlier(note, &form, &[&known], &sources);
    assert_eq!(again.len(), found.len() - 1);

    // In another structure the same row is the same row, where it holds the same kind of value.
    let other = structure("1506.19004");
    let of_other = earlier(other, &laid_for_tests(other), &[], &sources);
    let root = format!("/{}", other.root);
    assert!(of_other.iter().all(|one| one.name.starts_with(&root)), "{of_other:?}");
    let nothing = Content::Object(Vec::new());
    assert_eq!(earlier(note, &form, &[], &[Earlier { structure: note, content: &nothing }]), []);
}

/// A form in which nothing is written yet.
fn laid_for_tests(structure: &Structure) -> Content<'static> {
    posted::laid(structure, &Content::Null)
}
