//! Counts of what is inside, and the delay between ready and archived (ARC-13, OPS-4).

use crate::world::{COUNTY, World, client, oid};

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
    crate::bad_input::refused(
        &world,
        crate::world::System::County,
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
