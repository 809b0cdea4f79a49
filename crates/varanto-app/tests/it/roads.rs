//! The short road and the long road: documents of both, and on which one a controller is.

use serde_json::{Value, json};
use varanto_app::AppError;
use varanto_app::administer::LoadError;
use varanto_domain::ids::Oid;
use varanto_domain::relationship::{Road, RoadStep};
use varanto_domain::structures::OWN_STRUCTURES;
use varanto_domain::time::FinnishDay;

use crate::world::{
    COUNTY, Client, Dossier, Draft, NEIGHBOUR, PRODUCERS_OTHER_UNIT, PRODUCERS_UNIT, System, UNIT,
    World, client, oid, serving,
};

pub(crate) fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

impl World {
    /// Has the county on the long road from a day on.
    pub(crate) fn begins_the_long_road(&self, from: &str) {
        self.app.step_road(&oid(COUNTY), RoadStep::Begin(day(from))).unwrap();
    }

    fn step(&self, of: &str, step: RoadStep) -> &'static str {
        match self.app.step_road(&oid(of), step) {
            Ok(_) => "done",
            Err(LoadError::Faults(faults)) => faults[0].code(),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// A relationship document of the long road.
    pub(crate) fn long_relationship(&self, who: &Client) -> Draft {
        let mut draft = self.relationship(who);
        let root = draft.structured.as_mut().unwrap().get_mut("asiakkuusasiakirja").unwrap();
        root.as_object_mut().unwrap().remove("sosiaalihuollon_palvelutehtava");
        draft.set("structure", format!("{OWN_STRUCTURES}.1.2026.1.1"))
    }

    /// A case document of the long road, with these members beside those of a case.
    pub(crate) fn long_case(&self, who: &Client, relationship: &str, services: &Value) -> Draft {
        let mut draft = self.case(who, relationship);
        let root = draft.structured.as_mut().unwrap().get_mut("asia_asiakirja").unwrap();
        for (key, value) in services.as_object().unwrap() {
            root[key] = value.clone();
        }
        draft.set("structure", format!("{OWN_STRUCTURES}.2.2026.1.1"))
    }

    /// The rights of a client's relationship, as the archive tells them.
    pub(crate) fn services(&self, relationship: &str) -> String {
        let state = self
            .app
            .show_relationship(
                &self.county(),
                &oid(relationship),
                varanto_domain::access::Purpose::READ,
            )
            .unwrap();
        let told: Vec<String> = state.services.iter().map(|right| format!("{right:?}")).collect();
        format!("{:?}\n{}", state.service_tasks, told.join("\n"))
    }
}

/// A unit of the organiser's own from its first day to its last; `""`: until further notice.
pub(crate) fn own(unit: &str, first: &str, last: &str) -> Value {
    let mut own = serving(unit, first, last);
    own.as_object_mut().unwrap().remove("sosiaalipalvelu");
    own
}

/// What archiving is answered: `yes`, or the faults' codes.
pub(crate) fn answer(world: &World, draft: &Draft) -> String {
    match world.app.archive_document(&world.county(), draft.submission()) {
        Ok(_) => "yes".into(),
        Err(AppError::Refused(faults)) => {
            let told = |fault: &varanto_domain::faults::Fault| fault.code().to_owned();
            faults.iter().map(told).collect::<Vec<_>>().join(" ")
        }
        Err(other) => panic!("{other:?}"),
    }
}

/// REL-7: a controller's road is a dated fact of the log: it begins on a day that has not passed, can be taken
/// back until it is confirmed, and is one controller's own.
#[test]
fn a_controllers_road_is_begun_taken_back_and_confirmed() {
    let world = World::new();
    let begin = |from| RoadStep::Begin(day(from));
    assert_eq!(world.step(COUNTY, RoadStep::Confirm), "road-not-begun");
    assert_eq!(world.step(COUNTY, RoadStep::Withdraw), "road-not-begun");
    assert_eq!(world.step(COUNTY, begin("2026-11-01")), "wrong-time");
    assert_eq!(world.step(UNIT, begin("2027-01-01")), "no-controller");
    assert_eq!(world.step(COUNTY, begin("2027-01-01")), "done");
    assert_eq!(world.step(COUNTY, begin("2027-02-01")), "done");
    let road = |of: &str, on| world.app.registry().roads().of_controller(&oid(of)).on(day(on));
    assert_eq!((road(COUNTY, "2027-01-31"), road(COUNTY, "2027-02-01")), (Road::Short, Road::Long));
    assert_eq!(road(NEIGHBOUR, "2027-02-01"), Road::Short);
    assert_eq!(world.step(COUNTY, RoadStep::Withdraw), "done");
    assert_eq!(road(COUNTY, "2027-02-01"), Road::Short);
    let short = world.relationship(&client(1));
    world.archive(&short);
    assert_eq!(world.step(COUNTY, begin("2026-11-02")), "done");
    assert_eq!(world.step(COUNTY, begin("2026-12-01")), "nothing-changes");
    assert_eq!(world.step(COUNTY, RoadStep::Confirm), "relationships-left");
    let told = world.app.tell_road(&oid(COUNTY)).unwrap();
    assert_eq!((told.counts.short, told.counts.long, told.counts.resting), (1, 0, 0));
    // What the log tells is what holds after the next opening, and nothing else is kept.
    let world = world.reopen();
    let state = world.app.registry().roads().of_controller(&oid(COUNTY));
    assert_eq!((state.long_from, state.confirmed), (Some(day("2026-11-02")), false));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// REL-7, ARC-16: relationships are opened on the road of the day that they are written on; versions and cases
/// follow the road of their relationship; old relationships have one road.
#[test]
fn a_document_on_the_other_road_is_refused() {
    let world = World::new();
    let before = world.relationship(&client(1));
    world.archive(&before);
    assert_eq!(answer(&world, &world.long_relationship(&client(2))), "other-road");
    world.begins_the_long_road("2026-11-02");
    assert_eq!(answer(&world, &world.relationship(&client(2))), "other-road");
    let long = world.long_relationship(&client(2));
    world.archive(&long);
    // A relationship that was opened before stays on its road, and so do its cases.
    let own = before.text("relationship_id");
    let second = world.next_version(&before);
    assert_eq!(answer(&world, &second), "yes");
    assert_eq!(answer(&world, &world.long_case(&client(1), &own, &json!({}))), "other-road");
    assert_eq!(answer(&world, &world.case(&client(1), &own)), "yes");
    let id = long.text("relationship_id");
    assert_eq!(answer(&world, &world.case(&client(2), &id)), "other-road");
    assert_eq!(answer(&world, &world.long_case(&client(2), &id, &json!({}))), "yes");
    // Nobody takes a single document to the other road: a relationship moves with all its cases.
    let mut moved = world.long_relationship(&client(1)).set("relationship_id", own.clone());
    let next = world.next_version(&second);
    for element in ["document_id", "set_id", "version", "replaces"] {
        moved.metadata[element] = next.metadata[element].clone();
    }
    moved.structured.as_mut().unwrap()["asiakkuusasiakirja"]["asiakkuuden_yksilointitunnus"]["value"] =
        own.into();
    assert_eq!(answer(&world, &moved), "other-road");
    assert_eq!(answer(&world, &world.old_relationship(&client(3))), "yes");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// REL-6, RUR-1, RUR-8: the same units in a case of the long road and in a relationship of the short one make the
/// same rights; `reindex` makes them anew from the documents.
#[test]
fn the_same_units_make_the_same_rights_on_both_roads() {
    let producers = || {
        vec![serving(PRODUCERS_UNIT, "2026-01-01", "2026-03-31"), {
            let mut again = serving(PRODUCERS_UNIT, "2026-09-01", "");
            again["palveluntoteuttaja"] =
                vec![serving(PRODUCERS_OTHER_UNIT, "2026-09-15", "")].into();
            again
        }]
    };
    let own = own(UNIT, "2024-01-08", "");
    let world = World::new();
    let short = world.relationship(&client(1)).served_by(producers());
    world.archive(&short);
    world.archive(&world.case(&client(1), &short.text("relationship_id")));
    world.begins_the_long_road("2026-11-02");
    let long = world.long_relationship(&client(2));
    world.archive(&long);
    let id = long.text("relationship_id");
    // Of two cases of the task each names a part of what serves.
    let first =
        json!({"palvelunjarjestajan_palveluyksikko": [own], "palveluntuottaja": [producers()[0]]});
    world.archive(&world.long_case(&client(2), &id, &first));
    world.archive(&world.long_case(
        &client(2),
        &id,
        &json!({"palveluntuottaja": [producers()[1]]}),
    ));
    let of = |relationship: &str| world.services(relationship).replace(relationship, "…");
    assert_eq!(of(&id), of(&short.text("relationship_id")));
    assert!(of(&id).contains("suspensions: [Validity"), "{}", of(&id));
    let before = of(&id);
    world.app.reindex().unwrap();
    assert_eq!(of(&id), before);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// REL-6, RUR-2: a producer whose right stands on a case reads and records under it like under one that stands on
/// the relationship, until its last day; and a unit that serves the whole relationship serves every task.
#[test]
fn a_right_on_a_case_opens_what_one_on_the_relationship_opens() {
    let world = World::new();
    world.begins_the_long_road("2026-11-02");
    let long = world.long_relationship(&client(1));
    world.archive(&long);
    let id = long.text("relationship_id");
    let services = json!({"koko_asiakkuuden_palveluyksikko": [own(UNIT, "2024-01-08", "")],
        "palveluntuottaja": [serving(PRODUCERS_UNIT, "2026-11-01", "2026-11-30")]});
    let case = world.long_case(&client(1), &id, &services);
    world.archive(&case);
    let dossier = Dossier {
        client: client(1),
        relationship: id.clone(),
        case: case.text("case_id"),
        relationship_document: long.text("document_id"),
        case_document: case.text("document_id"),
    };
    let note = world.note(&dossier);
    world.archive(&note);
    let producer = world.caller(System::Producer);
    let reads = |of: &Oid| {
        let purpose = varanto_domain::access::Purpose::READ;
        match world.app.open_content(&producer, of, None, purpose) {
            Ok(_) => "yes",
            Err(AppError::Denied(denial)) => denial.code(),
            Err(other) => panic!("{other:?}"),
        }
    };
    assert_eq!([reads(&note.id()), reads(&case.id()), reads(&long.id())], ["yes"; 3]);
    world.clock.set("2026-12-01T10:00:00+02:00");
    assert_eq!(reads(&note.id()), "register-use-right-ended");
    let told = world.services(&id);
    assert!(told.contains("WholeRelationship"), "{told}");
}

/// REL-3, REL-6: a case of the long road is closed when no service runs in it.
#[test]
fn a_case_is_not_closed_while_a_service_runs_in_it() {
    let world = World::new();
    world.begins_the_long_road("2026-11-02");
    let long = world.long_relationship(&client(1));
    world.archive(&long);
    let id = long.text("relationship_id");
    let of =
        |last: &str| json!({"palvelunjarjestajan_palveluyksikko": [own(UNIT, "2024-01-08", last)]});
    let closed = |last| world.long_case(&client(1), &id, &of(last)).closed_on("2026-10-31");
    assert_eq!(answer(&world, &closed("")), "service-runs");
    assert_eq!(answer(&world, &closed("2026-10-31")), "yes");
}
