//! A run archives what is sound, once, however often it is broken off.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use varanto_app::Registry;
use varanto_kit::deliveries::SourceSystem;
use varanto_workbench::addition::add_up;
use varanto_workbench::delivery::Delivery;
use varanto_workbench::door::Door;
use varanto_workbench::reconciliation::{Reconciliation, ReportError, Sum, verify};
use varanto_workbench::report::Report;
use varanto_workbench::run::{Done, Run, RunError};
use varanto_workbench::showing::show;
use varanto_workbench::undo::confirm;
use varanto_workbench::work::{State, Work};

use crate::archive::{Archive, Unsigned};
use crate::source;
use crate::world::{World, faults, told};

const DOCUMENTS: u32 = 250;

pub(crate) fn run(
    world: &World,
    work: &mut Work,
    doors: Vec<Box<dyn Door>>,
    stop: &AtomicBool,
) -> Result<Done, RunError> {
    let delivery = Delivery::open(&world.place()).unwrap();
    let registry = Registry::alone(&[], &[]).unwrap();
    let run = Run {
        delivery: &delivery,
        mapping: &world.mapping,
        registry: &registry,
        signer: &Unsigned,
        most_each_second: None,
        stop,
        progress: &|_| {},
    };
    run.run(work, doors)
}

/// Reconciles, and notes that it was done.
pub(crate) fn reconcile(
    world: &World,
    work: &Work,
    doors: Vec<Box<dyn Door>>,
    report: &Path,
) -> Result<Sum, ReportError> {
    reconcile_at(world, work, doors, report, "2026-11-25T12:00:00Z")
}

/// As [`reconcile`], at a moment.
pub(crate) fn reconcile_at(
    world: &World,
    work: &Work,
    doors: Vec<Box<dyn Door>>,
    report: &Path,
    made_at: &str,
) -> Result<Sum, ReportError> {
    let delivery = Delivery::open(&world.place()).unwrap();
    let registry = Registry::alone(&[], &[]).unwrap();
    let reconciliation = Reconciliation {
        delivery: &delivery,
        mapping: &world.mapping,
        registry: &registry,
        made_at,
        most_each_second: None,
        stop: &AtomicBool::new(false),
        progress: &|_, _| {},
    };
    let sum = reconciliation.run(work, doors, report)?;
    reconciliation.note_verdict(work, &sum)?;
    reconciliation.note_reported(work, &sum)?;
    Ok(sum)
}

fn archives_what_is_sound(system: SourceSystem) {
    let world = World::new(system, DOCUMENTS);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let before = archive.versions();
    let (sound, dossiers) = (work.count(State::Sound).unwrap(), work.dossiers().unwrap());
    let earlier = faults(&world.batch());
    let stop = AtomicBool::new(false);
    let done = run(&world, &mut work, vec![archive.door(), archive.door()], &stop).unwrap();
    let anew: Vec<u64> =
        faults(&world.batch()).difference(&earlier).map(|(place, _)| *place).collect();
    assert_eq!(done.refused, 0, "{}", told(&world.batch(), &anew));
    assert_eq!(done.archived, sound);
    assert_eq!(archive.versions() - before, sound + dossiers);
    assert!(sound > u64::from(DOCUMENTS) * 8 / 10 && dossiers > 20, "{sound} {dossiers}");
    // A second run has nothing to do, and adds nothing.
    let again = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    assert_eq!((again.archived, again.refused), (0, 0));
    assert_eq!(archive.versions() - before, sound + dossiers);
    source::holds(&world, &archive);
    reconciles(&world, &work, &archive);
}

/// OLD-9: what one batch left open and another brought is settled when their reports are added up; a row that shares
/// its identifier with another is settled by its own file alone.
#[test]
fn the_reports_of_two_batches_add_up() {
    let mut world = World::new(SourceSystem::Aamu, 150);
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let mut reports = Vec::new();
    let text = std::fs::read_to_string(world.folder.path().join("mapping.toml")).unwrap();
    for batch in ["1", "2"] {
        let index = world.place().join("ASIAKIRJAT.CSV");
        if batch == "2" {
            // What was faulty is delivered again, by a mapping that knows one type more.
            let rows: Vec<u64> =
                faults(&world.batch()).into_iter().map(|(place, _)| place).collect();
            let lines = std::fs::read(&index).unwrap();
            let lines: Vec<&[u8]> = lines.split_inclusive(|byte| *byte == b'\n').collect();
            let kept = (1..).zip(&lines).filter(|(row, _)| *row == 1 || rows.contains(row));
            let kept: Vec<u8> = kept.flat_map(|(_, line)| line.to_vec()).collect();
            std::fs::write(&index, kept).unwrap();
            std::fs::remove_dir_all(world.batch()).unwrap();
        }
        let text = text.replace("batch = \"1\"", &format!("batch = \"{batch}\""));
        let text = if batch == "1" { text.replace("\"Lausunto\" = \"7\", ", "") } else { text };
        world.mapping = varanto_workbench::mapping::read(&text).unwrap();
        let mut work = world.rehearse();
        run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
        let path = world.folder.path().join(format!("{batch}.jsonl"));
        let sum = reconcile(&world, &work, vec![archive.door()], &path).unwrap();
        reports.push((path, sum));
    }
    let (first, second) = (&reports[0].1, &reports[1].1);
    assert!(second.archived > 0 && second.open > 0, "{second:?}");
    let paths: Vec<std::path::PathBuf> = reports.iter().map(|(path, _)| path.clone()).collect();
    let alone = add_up(&paths[..1]).unwrap();
    assert_eq!(alone.open.len() as u64, first.open + first.strays);
    let together = add_up(&paths).unwrap();
    assert_eq!(together.archived, first.archived + second.archived);
    // Each says by itself of which table it is, and what of that was left out and why.
    let told: Vec<_> = together
        .tables
        .iter()
        .map(|one| (one.table.as_str(), one.batch.as_str(), &one.sum))
        .collect();
    assert_eq!(told, [("ASIAKIRJAT.CSV", "1", first), ("ASIAKIRJAT.CSV", "2", second)]);
    assert!(!together.source_may_be_destroyed);
    let rows = together.open.iter().filter(|one| one.row.is_some()).count() as u64;
    assert_eq!(rows, second.open, "{:?}", together.open);
}

/// OLD-7, OLD-9: everything that is known of a row is shown, and nobody's identity code.
#[test]
fn a_row_is_shown_with_everything_that_is_known_of_it() {
    let world = World::new(SourceSystem::Aamu, 150);
    let work = world.rehearse();
    let delivery = Delivery::open(&world.place()).unwrap();
    let faulty: Vec<u64> = faults(&world.batch()).into_iter().map(|(place, _)| place).collect();
    let converted: i64 = rusqlite::Connection::open(world.batch().join("work.sqlite"))
        .unwrap()
        .query_row("SELECT place FROM item WHERE conversion IS NOT NULL LIMIT 1", [], |row| {
            row.get(0)
        })
        .unwrap();
    for place in faulty.iter().copied().take(5).chain([converted.unsigned_abs()]) {
        let shown = show(&work, &delivery, &world.mapping, place).unwrap().unwrap();
        assert!(shown.source.iter().any(|(column, _)| column == "asiakas.NIMI"), "{shown:?}");
        assert_eq!(shown.faults.is_empty(), !faulty.contains(&place));
        assert_eq!(shown.conversion.is_some(), place == converted.unsigned_abs());
        let text = format!("{shown:?}");
        for client in (0..60).chain(500_000..500_200) {
            assert!(!text.contains(world.county.client(client).code.reveal()), "{text}");
        }
    }
    assert!(show(&work, &delivery, &world.mapping, 99_999).unwrap().is_none());
}

/// OLD-9: a conversion that was changed after the rehearsal is not archived.
#[test]
fn a_conversion_that_was_changed_is_not_archived() {
    let world = World::new(SourceSystem::Kaisla, 60);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let mut spoilt = 0;
    for folder in std::fs::read_dir(world.batch().join("converted")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "json") {
                std::fs::write(path, b"<html/>").unwrap();
                spoilt += 1;
            }
        }
    }
    let sound = work.count(State::Sound).unwrap();
    let done = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    // What is converted and has another fault is not handed in at all.
    assert!(done.refused > 0 && done.refused <= spoilt, "{done:?} {spoilt}");
    assert_eq!(done.archived + done.refused, sound);
}

/// Makes the report, checks it by itself, and spoils it in each way.
fn reconciles(world: &World, work: &Work, archive: &Archive) {
    let path = world.folder.path().join("reconciliation.jsonl");
    let sum = reconcile(world, work, vec![archive.door()], &path).unwrap();
    let archived = work.count(State::Archived).unwrap();
    let faulty = work.count(State::Faulty).unwrap();
    assert_eq!((sum.rows, sum.archived, sum.open), (world.delivered.rows, archived, faulty));
    assert!(sum.converted > 5, "{sum:?}");
    assert_eq!(sum.cases + sum.old_relationships, work.dossiers().unwrap());
    assert!(sum.cases > 10 && sum.old_relationships > 10, "{sum:?}");
    assert_eq!(sum.made_open, 0);
    assert_eq!(sum.strays, world.delivered.strays);
    assert!(!sum.source_may_be_destroyed, "faults are open");
    let (head, told) = verify(&path).unwrap();
    assert_eq!((head.source, told), (world.mapping.source.clone(), sum));
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|line| line.contains("\"archived\"")).unwrap();
    let spoilt = |spoil: &dyn Fn(&mut Vec<String>)| {
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        spoil(&mut lines);
        std::fs::write(&path, lines.join("\n")).unwrap();
        assert!(verify(&path).is_err());
    };
    // A row that is left out, told twice, made archived, or proven by another's receipt; a sum that says more.
    spoilt(&|lines| drop(lines.remove(first)));
    spoilt(&|lines| lines.insert(first, lines[first].clone()));
    let faulty = lines.iter().position(|line| line.contains("\"faulty\"")).unwrap();
    spoilt(&|lines| lines[faulty] = lines[faulty].replace("\"faulty\"", "\"archived\""));
    let other = lines[first].split_once("\"receipt\"").unwrap().1.to_owned();
    let second = first
        + 1
        + lines[first + 1..].iter().position(|line| line.contains("\"archived\"")).unwrap();
    spoilt(&|lines| {
        let (start, _) = lines[second].split_once("\"receipt\"").unwrap();
        lines[second] = format!("{start}\"receipt\"{other}");
    });
    let last = lines.len() - 1;
    spoilt(&|lines| lines[last] = lines[last].replace("\"open\":", "\"open\":1"));
    spoilt(&|lines| drop(lines.pop()));
    // A case that is left out, told twice, or proven by another's receipt.
    let made = lines.iter().position(|line| line.contains("\"made\":\"case\"")).unwrap();
    spoilt(&|lines| drop(lines.remove(made)));
    spoilt(&|lines| lines.insert(made, lines[made].clone()));
    spoilt(&|lines| {
        let (start, _) = lines[made].split_once("\"receipt\"").unwrap();
        lines[made] = format!("{start}\"receipt\"{other}");
    });
    let converted = lines.iter().position(|line| line.contains("\"conversion\"")).unwrap();
    spoilt(&|lines| lines[converted] = lines[converted].replace("\"source\":\"", "\"source\":\"0"));
}

/// OLD-9: the report is the same, byte for byte, through however many doors it is read back, and however often the archive
/// is busy or away meanwhile; no more is read in a second than was said.
#[test]
fn a_report_is_the_same_through_any_number_of_doors() {
    let world = World::new(SourceSystem::Portti, 90);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let delivery = Delivery::open(&world.place()).unwrap();
    let registry = Registry::alone(&[], &[]).unwrap();
    let report = |doors: Vec<Box<dyn Door>>, most: Option<u32>| {
        let path = world.folder.path().join("report.jsonl");
        let told = Mutex::new(Vec::new());
        let reconciliation = Reconciliation {
            delivery: &delivery,
            mapping: &world.mapping,
            registry: &registry,
            made_at: "2026-11-25T12:00:00Z",
            most_each_second: most,
            stop: &AtomicBool::new(false),
            progress: &|done, total| told.lock().unwrap().push((done, total)),
        };
        let sum = reconciliation.run(&work, doors, &path).unwrap();
        let mut told = told.into_inner().unwrap();
        told.sort_unstable();
        let all = sum.rows + sum.cases + sum.old_relationships;
        assert!(told.into_iter().eq((1..=all).map(|done| (done, all))));
        assert_eq!(verify(&path).unwrap().1, sum);
        (sum, std::fs::read_to_string(path).unwrap())
    };
    let (sum, alone) = report(vec![archive.door()], None);
    assert!(sum.archived > 60, "{sum:?}");
    let several = (0..7).map(|_| archive.busy_door()).collect();
    let began = Instant::now();
    let (again, together) = report(several, Some(150));
    let read = sum.archived + sum.cases + sum.old_relationships;
    let least = Duration::from_millis((read - 1) * 1000 / 150);
    assert!(began.elapsed() >= least, "{:?} {least:?}", began.elapsed());
    assert_eq!(again, sum);
    // Each look is a line in the archive's log, and so the log of the head is another one; everything else is the same.
    let rows = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(rows(&together), rows(&alone));
}

/// OLD-9: a file that comes into the delivery while it is read back is in no line of the report, and would be destroyed with
/// the source: there is no report then.
#[test]
fn what_comes_into_a_delivery_meanwhile_is_not_passed_over() {
    let world = World::new(SourceSystem::Portti, 20);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let delivery = Delivery::open(&world.place()).unwrap();
    let registry = Registry::alone(&[], &[]).unwrap();
    let reconciliation = Reconciliation {
        delivery: &delivery,
        mapping: &world.mapping,
        registry: &registry,
        made_at: "2026-11-25T12:00:00Z",
        most_each_second: None,
        stop: &AtomicBool::new(false),
        progress: &|_, _| std::fs::write(world.place().join("000.pdf"), b"new").unwrap(),
    };
    let report = world.folder.path().join("report.jsonl");
    let ended = reconciliation.run(&work, vec![archive.door()], &report);
    assert!(
        matches!(&ended, Err(ReportError::Run(RunError::NotRehearsed(told))) if told.contains("delivery")),
        "{ended:?}"
    );
}

/// OLD-9: an archive that lets nobody in any more has not lost its documents: the reconciliation ends, and reports nothing.
#[test]
fn a_reconciliation_that_is_not_let_in_reports_nothing() {
    let world = World::new(SourceSystem::Portti, 40);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let path = world.folder.path().join("report.jsonl");
    let doors = vec![archive.door_that_shuts_after(9), archive.door_that_shuts_after(9)];
    let ended = reconcile(&world, &work, doors, &path);
    assert!(matches!(ended, Err(ReportError::Run(RunError::Shut(_)))), "{ended:?}");
    assert!(verify(&path).is_err(), "it has no end");
    assert!(confirm(&work, "2026-11-25").is_err(), "it was not reconciled");
    // The real reason is told, whatever another line waits for.
    let doors = vec![archive.door_that_stays_busy(), archive.door_that_shuts_after(9)];
    let ended = reconcile(&world, &work, doors, &path);
    assert!(matches!(ended, Err(ReportError::Run(RunError::Shut(_)))), "{ended:?}");
}

/// OLD-9: a document at which the archive fails is asked for again; where it fails still, that one is unreadable, and what it
/// answered is told.
#[test]
fn a_document_that_the_archive_fails_to_give_is_asked_for_again() {
    let world = World::new(SourceSystem::Portti, 40);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let path = world.folder.path().join("report.jsonl");
    let unreadable = |times| {
        reconcile(&world, &work, vec![archive.door_that_fails(times)], &path).unwrap();
        let report = std::fs::read_to_string(&path).unwrap();
        let lines = report.lines().filter(|line| line.contains("\"unreadable\""));
        lines.filter(|line| line.contains("500 internal")).count()
    };
    assert_eq!((unreadable(3), unreadable(4)), (0, 1));
}

/// OLD-1 to OLD-5, OLD-9: what is sound of the oldest system's delivery is archived with its cases and relationships.
#[test]
fn what_is_sound_of_the_oldest_system_is_archived() {
    archives_what_is_sound(SourceSystem::Aamu);
}

/// OLD-6: what three owners wrote is archived in the register of the one who has it now.
#[test]
fn what_is_sound_of_the_system_with_three_owners_is_archived() {
    archives_what_is_sound(SourceSystem::Kaisla);
}

/// OLD-9: a run that is cut off again and again, each time with an answer on its way, archives the same as one that
/// is not.
#[test]
fn a_run_that_is_cut_off_archives_nothing_twice_and_loses_nothing() {
    let world = World::new(SourceSystem::Portti, DOCUMENTS);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let before = archive.versions();
    let (sound, dossiers) = (work.count(State::Sound).unwrap(), work.dossiers().unwrap());
    for cut in 0..6 {
        let stop = Arc::new(AtomicBool::new(false));
        let doors = vec![archive.door_that_ends_after(7 * cut, &stop), archive.door()];
        let ended = run(&world, &mut work, doors, &stop);
        assert!(matches!(ended, Err(RunError::NoAnswer(_))), "{ended:?}");
    }
    // The work file itself is lost with all that was noted in it: everything is handed in again.
    drop(work);
    std::fs::remove_dir_all(world.batch()).unwrap();
    let mut work = world.rehearse();
    let done =
        run(&world, &mut work, vec![archive.door(), archive.door()], &AtomicBool::new(false))
            .unwrap();
    assert_eq!((done.archived, done.refused), (sound, 0));
    assert_eq!(archive.versions() - before, sound + dossiers);
    source::holds(&world, &archive);
}

/// OLD-9: a document at which the archive fails, however often it is handed in, is refused with what the archive answered; the
/// run goes on, and the next one hands it in again. At all of them it fails for another cause, and the run ends.
#[test]
fn a_document_at_which_the_archive_fails_ends_no_run() {
    let world = World::whole(SourceSystem::Portti, 240);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let sound = work.count(State::Sound).unwrap();
    let going = || AtomicBool::new(false);
    let doors = (0..24).map(|_| archive.door_that_fails_at("{")).collect();
    let ended = run(&world, &mut work, doors, &going());
    assert!(matches!(&ended, Err(RunError::NoAnswer(why)) if why == "500 internal"), "{ended:?}");
    let known = rusqlite::Connection::open(world.batch().join("work.sqlite")).unwrap();
    let last = "SELECT document FROM item WHERE state IN ('sound', 'refused') ORDER BY number DESC LIMIT 1";
    let one: String = known.query_row(last, [], |row| row.get(0)).unwrap();
    let doors = vec![archive.door_that_fails_at(&one), archive.door_that_fails_at(&one)];
    let done = run(&world, &mut work, doors, &going()).unwrap();
    assert_eq!((done.archived, done.refused), (sound - 1, 1));
    let report = Report::of(&work).unwrap();
    let told =
        report.faults.iter().map(|group| (group.code.as_str(), group.rows, group.value.as_deref()));
    assert_eq!(told.collect::<Vec<_>>(), [("archive-failed", 1, Some("500 internal"))]);
    let done = run(&world, &mut work, vec![archive.door()], &going()).unwrap();
    assert_eq!((done.archived, done.refused), (1, 0));
}

/// OLD-9: nothing is archived by another mapping or of another delivery than those that were rehearsed.
#[test]
fn what_was_changed_since_the_rehearsal_is_not_archived() {
    let mut world = World::new(SourceSystem::Portti, 20);
    let mut work = world.rehearse();
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    let before = archive.versions();
    let text = std::fs::read_to_string(world.folder.path().join("mapping.toml")).unwrap();
    let rehearsed = world.mapping.clone();
    world.mapping = varanto_workbench::mapping::read(&format!("# other\n{text}")).unwrap();
    let refused = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false));
    assert!(
        matches!(&refused, Err(RunError::NotRehearsed(told)) if told.contains("mapping")),
        "{refused:?}"
    );
    world.mapping = rehearsed;
    std::fs::write(world.place().join("000.pdf"), b"new").unwrap();
    let refused = run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false));
    assert!(
        matches!(&refused, Err(RunError::NotRehearsed(told)) if told.contains("delivery")),
        "{refused:?}"
    );
    assert_eq!(archive.versions(), before);
}

/// OLD-1, OLD-7, OLD-9: a letter and a PDF file that is no PDF/A are converted, archived and proven, with what converted
/// them; one that would lose a word waits for a person. Where the tools are missing, that is told of each.
#[test]
fn letters_and_pdf_files_go_from_delivery_to_report() {
    const WAYS: [(&str, &[u8]); 2] = [
        ("LibreOffice", include_bytes!("../../assets/tests/kirje.docx")),
        ("Ghostscript", include_bytes!("../../assets/tests/plain.pdf")),
    ];
    let mut world = World::new(SourceSystem::Aamu, 60);
    let sound = {
        let _work = world.rehearse();
        let work = rusqlite::Connection::open(world.batch().join("work.sqlite")).unwrap();
        let sql =
            "SELECT place, file FROM item WHERE state = 'sound' AND kind = 'pdf' ORDER BY place";
        let mut statement = work.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            let (place, file): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok((place.unsigned_abs(), usize::try_from(file).unwrap()))
        });
        rows.unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    let delivery = Delivery::open(&world.place()).unwrap();
    let path = |at: usize| world.place().join(&delivery.entries()[sound[at].1].name);
    let field = b"{\\rtf1 \\field}";
    for (at, bytes) in [WAYS[0].1, WAYS[1].1, field].into_iter().enumerate() {
        std::fs::write(path(at), bytes).unwrap();
    }
    let mapping = world.folder.path().join("mapping.toml");
    let text = std::fs::read_to_string(mapping).unwrap();
    let text = text.replace("kinds = [", "kinds = [\"pdf\", ");
    world.mapping = varanto_workbench::mapping::read(&text).unwrap();
    let mut work = world.rehearse();
    let told = faults(&world.batch());
    let told_of = |at: usize| -> Vec<&str> {
        told.iter()
            .filter(|(place, _)| *place == sound[at].0)
            .map(|(_, code)| code.as_str())
            .collect()
    };
    assert_eq!(told_of(2), ["conversion-loses"]);
    if let Some(missing) = ["soffice", "gs", "pdftotext"].into_iter().find(|tool| !is_there(tool)) {
        eprintln!("{missing} is not on this machine: what it converts is not tested");
        let told = [told_of(0), told_of(1)].concat();
        assert!(told.contains(&"not-converted"), "{told:?}");
        return;
    }
    assert_eq!([told_of(0), told_of(1)].concat(), Vec::<&str>::new());
    let archive = Archive::with(&world.county, &world.folder.path().join("archive"));
    run(&world, &mut work, vec![archive.door()], &AtomicBool::new(false)).unwrap();
    let report = world.folder.path().join("reconciliation.jsonl");
    reconcile(&world, &work, vec![archive.door()], &report).unwrap();
    verify(&report).unwrap();
    let text = std::fs::read_to_string(&report).unwrap();
    for (tool, _) in WAYS {
        let line = text.lines().find(|line| line.contains(&format!("\"tool\":\"{tool}\"")));
        assert!(line.is_some_and(|line| line.contains("\"archived\"")), "{tool}: {line:?}");
    }
}

fn is_there(tool: &str) -> bool {
    std::process::Command::new(tool).arg("-v").output().is_ok()
}
