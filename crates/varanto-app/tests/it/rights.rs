//! Register-use rights: what relationship documents may say of units, and what follows from it.

use serde_json::json;

use crate::bad_input::check;
use crate::world::{
    CLOSED_UNIT, COUNTY, Draft, NEIGHBOURS_UNIT, PRODUCERS_OTHER_UNIT, PRODUCERS_UNIT, World,
    client, serving,
};

const TASK: &str = "structured:/asiakkuusasiakirja/sosiaalihuollon_palvelutehtava/0";
const OWN_UNIT: &str =
    "/asiakkuusasiakirja/sosiaalihuollon_palvelutehtava/0/palvelunjarjestajan_palveluyksikko/0";

/// RUR-7: the units that a relationship document names exist, are in force where their days reach, and
/// are of the right organisation.
#[test]
fn a_relationship_names_units_that_the_register_bears_out() {
    let world = World::new();
    let served = |unit: &str, first: &str, last: &str| {
        world.relationship(&client(1)).served_by(vec![serving(unit, first, last)])
    };
    let unknown = |draft: &Draft, place: &str| {
        let element = format!("{TASK}/{place}/0/palveluyksikon_nimi/code");
        check(&world, draft, &[("unknown-unit", &element, "RUR-7")]);
    };
    unknown(&served(&format!("{COUNTY}.10.999"), "2026-01-01", ""), "palveluntuottaja");
    unknown(&served("Hoiva Oy", "2026-01-01", ""), "palveluntuottaja");
    unknown(&served(CLOSED_UNIT, "2026-01-01", ""), "palveluntuottaja");
    unknown(&served(CLOSED_UNIT, "2023-01-01", ""), "palveluntuottaja");
    let own = |unit: &str| {
        let draft = world.relationship(&client(1));
        draft.content(&format!("{OWN_UNIT}/palveluyksikon_nimi/code"), unit)
    };
    unknown(&own(NEIGHBOURS_UNIT), "palvelunjarjestajan_palveluyksikko");
    unknown(&own(PRODUCERS_UNIT), "palvelunjarjestajan_palveluyksikko");
    let mut producer = serving(PRODUCERS_UNIT, "2026-01-01", "");
    producer["palveluntoteuttaja"] = vec![serving(CLOSED_UNIT, "2026-02-01", "")].into();
    let draft = world.relationship(&client(1)).served_by(vec![producer]);
    unknown(&draft, "palveluntuottaja/0/palveluntoteuttaja");
    // What served in the past may have been closed since.
    world.archive(&served(CLOSED_UNIT, "2022-01-01", "2023-06-30"));
}

/// RUR-1: nobody may guess when a right begins or ends.
#[test]
fn the_days_of_a_right_are_full_days_in_their_order() {
    let world = World::new();
    let served = |first: &str, last: &str| {
        let days = serving(PRODUCERS_UNIT, first, last);
        world.relationship(&client(1)).served_by(vec![days])
    };
    let first = format!("{TASK}/palveluntuottaja/0/asiakkuuden_alkamispvm");
    let last = format!("{TASK}/palveluntuottaja/0/asiakkuuden_paattymispvm");
    check(&world, &served("2026-01", ""), &[("wrong-form", &first, "RUR-1")]);
    check(&world, &served("2026-01-01", "2026"), &[("wrong-form", &last, "RUR-1")]);
    check(&world, &served("2026-01-02", "2026-01-01"), &[("wrong-time", &last, "RUR-1")]);
    world.archive(&served("2026-01-01", "2026-01-01"));
}

/// REL-3: a relationship ends only when no case is open and no service runs.
#[test]
fn a_relationship_with_open_cases_or_services_does_not_end() {
    const ENDS: &str =
        "structured:/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/asiakkuuden_paattymispvm";
    let world = World::new();
    let relationship =
        world.relationship(&client(1)).served_by(vec![serving(PRODUCERS_UNIT, "2026-01-01", "")]);
    world.archive(&relationship);
    let id = relationship.text("relationship_id");
    let cases = [world.case(&client(1), &id), world.case(&client(1), &id)];
    for case in &cases {
        world.archive(case);
    }
    let producer = format!("{TASK}/palveluntuottaja/0/asiakkuuden_paattymispvm");
    let ended = world.next_version(&relationship).ended_on("2026-10-31");
    check(
        &world,
        &ended,
        &[
            ("open-case", ENDS, "REL-3"),
            ("open-case", ENDS, "REL-3"),
            ("service-runs", &producer, "REL-3"),
        ],
    );
    let ended = ended.served_by(vec![serving(PRODUCERS_UNIT, "2026-01-01", "2026-10-31")]);
    world.archive(&world.next_version(&cases[0]).closed_on("2026-10-31"));
    check(&world, &ended, &[("open-case", ENDS, "REL-3")]);
    world.archive(&world.next_version(&cases[1]).closed_on("2026-10-31"));
    world.archive(&ended);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// RUR-1, RUR-8, REL-1: each version of the relationship document leaves the rights that it makes, and
/// none of those before.
#[test]
fn rights_follow_the_newest_version_of_the_relationship() {
    let world = World::new();
    let first = world.relationship(&client(1)).served_by(vec![serving(
        PRODUCERS_UNIT,
        "2026-01-01",
        "2026-03-31",
    )]);
    world.archive(&first);
    let mut producer = serving(PRODUCERS_UNIT, "2026-01-01", "2026-03-31");
    producer["palveluntoteuttaja"] =
        json!([serving(PRODUCERS_OTHER_UNIT, "2026-02-01", "2026-02-28")]);
    let again = serving(PRODUCERS_UNIT, "2026-09-01", "");
    let second = world.next_version(&first).served_by(vec![producer, again]);
    world.archive(&second);
    world.archive(&world.next_version(&second).served_by(vec![serving(
        PRODUCERS_UNIT,
        "2026-09-01",
        "",
    )]));
    assert_eq!(world.damage(), Vec::<String>::new());
}
