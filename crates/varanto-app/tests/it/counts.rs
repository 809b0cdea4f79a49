//! Counts of what is inside, and the delay between ready and archived (ARC-13, OPS-4).

use varanto_app::AppError;
use varanto_domain::access::Caller;
use varanto_domain::archive::monitoring::Sender;
use varanto_domain::time::FinnishDay;

use crate::access::{code, producers_note, worker};
use crate::bad_input::refused;
use crate::destruction::archivist;
use crate::world::{
    COUNTY, NEIGHBOUR, PRODUCER, PRODUCERS_UNIT, System, UNIT, World, client, oid, serving,
};

/// ARC-13: the delay of each register and day, by how long it took.
#[test]
fn the_delay_between_ready_and_archived_is_told() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let old = world.open_old_case(&client(1));
    world.clock.set("2026-11-10T12:00:00+02:00");
    let ready = |at: &str| {
        world.archive(&world.note(&dossier).set("written_at", at).set("created_at", at));
    };
    ready("2026-11-10T11:30:00+02:00");
    ready("2026-11-10T11:00:00+02:00");
    ready("2026-11-09T13:00:00+02:00");
    ready("2026-11-04T12:00:00+02:00");
    ready("2026-10-01T12:00:00+03:00");
    // A clock that runs ahead a little is no delay; old documents have none.
    ready("2026-11-10T12:05:00+02:00");
    world.archive(&world.old(&old));
    let delays = world.app.archiving_delays(&world.county(), &oid(COUNTY), 1).unwrap();
    let [day] = delays.as_slice() else { panic!("one day was asked for") };
    assert_eq!(day.day.to_string(), "2026-11-10");
    assert_eq!(day.versions, 6);
    assert_eq!(day.within, [3, 4, 5]);
    let hours = |hours: u64| hours * 3_600_000;
    assert_eq!(day.most_millis, hours(40 * 24 + 1));
    let all = hours(1) / 2 + hours(1) + hours(23) + hours(6 * 24) + hours(40 * 24 + 1);
    assert_eq!(day.total_millis, all);
    let delays = world.app.archiving_delays(&world.county(), &oid(COUNTY), 10).unwrap();
    let days: Vec<String> = delays.iter().map(|delay| delay.day.to_string()).collect();
    assert_eq!(days, ["2026-11-10", "2026-11-02"]);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CAS-6, ARC-13: how soon documents came is told by system and unit, and what was turned down by system and rule, in the register
/// that was named; people are not told apart.
#[test]
fn how_archiving_goes_is_told_by_who_sends() {
    let world = World::new();
    let served = vec![serving(PRODUCERS_UNIT, "2026-10-05", "")];
    let relationship = world.relationship(&client(1)).served_by(served);
    let dossier = world.open_case_under(&relationship, &client(1));
    world.clock.set("2026-11-10T12:00:00+02:00");
    for at in ["2026-11-10T11:30:00+02:00", "2026-11-04T12:00:00+02:00"] {
        world.archive(&world.note(&dossier).set("written_at", at).set("created_at", at));
    }
    let of_producer = producers_note(&world, &dossier);
    world.archive_as(System::Producer, &of_producer);
    let unknown = || world.note(&dossier).set("case_id", world.new_oid()).submission();
    for _ in 0..2 {
        refused(&world, System::County, unknown());
    }
    let of_producer = of_producer.set("document_id", world.new_oid());
    refused(&world, System::Producer, of_producer.submission());
    let theirs = world.app.archive_document(&world.caller(System::Neighbour), unknown());
    assert_eq!(code(theirs), "another-register");

    let keeper = archivist(&world, "aino", COUNTY);
    let day = |text: &str| FinnishDay::parse(text).unwrap();
    let tell = |by: &Caller, of: &str, from: &str, until: &str| {
        world.app.tell_archiving(by, &oid(of), (day(from), day(until)))
    };
    let told = tell(&keeper, COUNTY, "2026-11-03", "2026-11-10").unwrap();
    let delays = told.delays.iter().map(|one| {
        (one.sender.clone(), one.unit.as_ref().map(ToString::to_string), one.delays.within)
    });
    let system = |id: &str| Sender::System(id.to_owned());
    let expected = [
        (system("county"), Some(UNIT.to_owned()), [1, 1, 2]),
        (system("producer"), Some(PRODUCERS_UNIT.to_owned()), [1, 1, 1]),
    ];
    assert_eq!(delays.collect::<Vec<_>>(), expected);
    assert_eq!(told.delays[0].delays.longest_millis, 6 * 24 * 3_600_000);
    let turned_down = told.turned_down.iter().map(|one| {
        let rules = one.by_rule.iter().map(|rule| (rule.code.as_str(), rule.denied));
        let organisation = one.organisation.as_deref().unwrap_or_default();
        (one.sender.clone(), organisation, one.submissions, rules.collect::<Vec<_>>())
    });
    let turned_down: Vec<_> = turned_down.collect();
    assert_eq!(turned_down[0].0, system("county"));
    assert_eq!((turned_down[0].1, turned_down[0].2), (COUNTY, 2));
    assert!(turned_down[0].3.contains(&("unknown-case", false)), "{turned_down:?}");
    assert_eq!(
        (&turned_down[1].0, turned_down[1].1, turned_down[1].2, &turned_down[1].3),
        (&system("neighbour"), NEIGHBOUR, 1, &vec![("another-register", true)])
    );
    assert_eq!((turned_down[2].1, turned_down[2].2, turned_down.len()), (PRODUCER, 1, 3));
    let before = tell(&keeper, COUNTY, "2026-10-01", "2026-11-01").unwrap();
    assert!(before.turned_down.is_empty() && before.delays.is_empty(), "{before:?}");

    let lines = world.contents().log_lines;
    for (by, of, from, until, expected) in [
        (&keeper, NEIGHBOUR, "2026-11-01", "2026-11-10", "another-register"),
        (&worker(&world, COUNTY, UNIT), COUNTY, "2026-11-01", "2026-11-10", "role-does-not-fit"),
        (&keeper, COUNTY, "2026-11-10", "2026-11-09", "wrong-value"),
        (&keeper, COUNTY, "2025-11-09", "2026-11-10", "wrong-value"),
    ] {
        let told: Result<_, AppError> = tell(by, of, from, until);
        assert_eq!(code(told), expected, "{from}–{until}");
    }
    assert_eq!(world.contents().log_lines, lines + 4);
}

/// OPS-4: the counts are what a recount gives, and refusals count nothing.
#[test]
fn the_counts_are_what_a_recount_gives() {
    let world = World::new();
    let (first, second) = (world.open_case(&client(1)), world.open_case(&client(2)));
    let mut bytes = 0;
    for dossier in [&first, &second] {
        for _ in 0..3 {
            let note = world.note(dossier);
            bytes += note.submission().parts.iter().map(|(_, part)| part.len() as u64).sum::<u64>();
            world.archive(&note);
        }
    }
    let before = world.contents();
    refused(
        &world,
        System::County,
        world.note(&first).set("case_id", world.new_oid()).submission(),
    );
    let contents = world.contents();
    assert_eq!((contents.clients, contents.versions), (2, 10));
    assert_eq!(contents.by_type, [("19005".to_owned(), 6)]);
    let groups: Vec<(&str, u64)> =
        contents.by_group.iter().map(|(group, count)| (group.code(), *count)).collect();
    assert_eq!(groups, [("1", 2), ("2", 2), ("5", 6)]);
    assert_eq!(contents.by_month, [((2026, 11), 10)]);
    assert_eq!(contents.by_controller, [(oid(COUNTY), 10)]);
    assert!(contents.content_bytes > bytes);
    assert_eq!(contents.content_bytes, before.content_bytes);
    assert_eq!(contents.proof_leaves, contents.log_lines + contents.versions);
    assert_eq!(world.damage(), Vec::<String>::new());
}
