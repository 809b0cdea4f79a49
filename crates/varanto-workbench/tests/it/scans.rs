//! Scans without an index: the files are listed, and people complete what nobody said of them.

use std::fs;
use std::sync::atomic::AtomicBool;

use varanto_app::Registry;
use varanto_workbench::delivery::Delivery;
use varanto_workbench::mapping::{self, Target};
use varanto_workbench::proposal::{FILES, propose};
use varanto_workbench::queue::Queue;
use varanto_workbench::rehearsal::Rehearsal;
use varanto_workbench::work::{State, Work};

use crate::proposal::IN_ENGLISH;
use crate::queue::{permit, person, seen};
use crate::queued_rows::{hetu, paper, says};
use crate::world::{faults, now};

/// A picture of one grey.
fn scan(grey: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 8, 8);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[grey; 64]).unwrap();
    bytes
}

/// A proposal with its questions answered, and nothing else.
fn answered(text: String) -> String {
    let own = "1.2.246.10.99900011";
    [
        ("#created_at", "created_at = \"2026-11-20T12:00:00+02:00\"".to_owned()),
        ("#node", format!("node = \"{own}.11.2026\"")),
        ("#joined_on", "joined_on = \"2024-01-01\"".to_owned()),
        ("#\"controller.id\"", format!("\"controller.id\" = {{ constant = \"{own}\" }}")),
        ("#\"controller.name\"", "\"controller.name\" = { constant = \"Suvanto\" }".to_owned()),
        (
            "#\"operating_unit.id\"",
            format!("\"operating_unit.id\" = {{ constant = \"{own}.10.0\" }}"),
        ),
        (
            "#\"operating_unit.name\"",
            "\"operating_unit.name\" = { constant = \"Suvanto\" }".to_owned(),
        ),
    ]
    .into_iter()
    .fold(text, |text, (asked, answer)| {
        let line = text
            .lines()
            .find(|line| line.starts_with(asked))
            .unwrap_or_else(|| panic!("{asked} in\n{text}"))
            .to_owned();
        text.replace(&line, &answer)
    })
}

/// OLD-7: of a folder of scans an index and a mapping file are proposed; what is answered at the desk makes them sound.
#[test]
fn scans_without_an_index_are_completed_by_people() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("delivery");
    fs::create_dir_all(place.join("1998")).unwrap();
    fs::write(place.join("1998/sk;anni 1.png"), scan(200)).unwrap();
    fs::write(place.join("1998/2.png"), scan(100)).unwrap();
    fs::write(place.join("3.xhtml"), paper(3)).unwrap();
    let registry = Registry::alone(&[], &[]).unwrap();
    let proposal =
        propose(&Delivery::open(&place).unwrap(), "skannit", registry.code_sets(), IN_ENGLISH)
            .unwrap();
    let index = proposal.index.expect("the delivery has no index");
    assert!(index.starts_with("file;kind;bytes\n1998/2.png;png;"), "{index}");
    assert!(
        index.contains("\"1998/sk;anni 1.png\";png;") && index.contains("3.xhtml;xhtml;"),
        "{index}"
    );
    assert_eq!(proposal.questions, proposal.text.matches("# QUESTION:").count());
    fs::write(place.join(FILES), index).unwrap();
    let text = answered(proposal.text);
    let mapping = mapping::read(&text).unwrap();
    let batch = folder.path().join("batch");
    let rehearse = || {
        let delivery = Delivery::open(&place).unwrap();
        let mut work = Work::open(&batch).unwrap();
        let rehearsal = Rehearsal {
            delivery: &delivery,
            mapping: &mapping,
            registry: &registry,
            now: now(),
            checkers: 1,
            progress: &|_, _, _| {},
        };
        rehearsal.run(&mut work, &AtomicBool::new(false)).unwrap();
        work.remember(&place, &text, &[]).unwrap();
        work
    };
    assert_eq!(rehearse().count(State::Faulty).unwrap(), 3);
    let found = faults(&batch);
    assert!(found.iter().all(|(_, code)| code == "missing-element"), "{found:?}");
    let queue = Queue::open(&batch).unwrap().unwrap();
    for place in 2..=4 {
        let given = [
            says(Target::IdentityCode, &hetu(1)),
            says(Target::FamilyName, "Virta"),
            says(Target::GivenNames, "Anna"),
            says(Target::NonDisclosure, "false"),
            says(Target::State, "ended"),
            says(Target::ServiceTask, "26"),
            says(Target::WrittenAt, &format!("2018-05-0{place}")),
            says(Target::GeneralType, "11"),
        ];
        let shown = seen(&queue, place);
        queue
            .answer(&permit(&queue), (place, &shown), &given, (&person("aino"), now()), &registry)
            .unwrap();
    }
    let work = rehearse();
    assert_eq!((work.count(State::Sound).unwrap(), faults(&batch).len()), (3, 0));
}
