//! A controller's move between the roads: rehearsed, run, broken off, undone, confirmed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;
use varanto_app::administer::LoadError;
use varanto_app::roads::{Move, MoveReport, MoveSummary};
use varanto_domain::access::Purpose;
use varanto_domain::archive::documents::Part;
use varanto_domain::relationship::{Road, RoadState, RoadStep};
use varanto_domain::structures::OWN_STRUCTURES;

use crate::roads::{day, own};
use crate::world::{
    COUNTY, Draft, PRODUCERS_OTHER_UNIT, PRODUCERS_UNIT, UNIT, World, client, copy, harm, oid,
    serving,
};

const REHEARSED: Move = Move { to: Road::Long, rehearsal: true };
const THERE: Move = Move { to: Road::Long, rehearsal: false };
const BACK: Move = Move { to: Road::Short, rehearsal: false };
const FOLDER: &str = "VARANTO_TEST_MOVE_FOLDER";

impl World {
    fn moves(&self, how: Move) -> Result<(MoveSummary, Vec<MoveReport>), &'static str> {
        let mut reports = Vec::new();
        let told = &mut |_, _, report: &MoveReport| reports.push(report.clone());
        match self.app.move_relationships(&oid(COUNTY), how, told) {
            Ok(summary) => Ok((summary, reports)),
            Err(LoadError::Faults(faults)) => Err(faults[0].code()),
            Err(other) => panic!("{other:?}"),
        }
    }

    /// A relationship that a producer serves with an interruption, its implementer with it.
    fn served(&self, number: u16) -> Draft {
        let mut first = serving(PRODUCERS_UNIT, "2026-01-01", "2026-03-31");
        first["palveluntoteuttaja"] = vec![serving(PRODUCERS_OTHER_UNIT, "2026-02-01", "")].into();
        let again = serving(PRODUCERS_UNIT, "2026-09-01", "");
        self.relationship(&client(number)).served_by(vec![first, again])
    }

    /// Clients of every kind that can be moved, each with an open case; their relationships.
    fn movable(&self) -> Vec<String> {
        let whole = "/asiakkuusasiakirja/palvelunjarjestajan_palveluyksikko";
        let mut drafts = vec![
            self.served(1),
            self.relationship(&client(2)),
            self.served(3).content(whole, vec![own(UNIT, "2025-01-01", "2026-12-31")]),
        ];
        drafts.extend((4..8).map(|number| self.served(number)));
        for (draft, number) in drafts.iter().zip(1..) {
            self.open_case_under(draft, &client(number));
        }
        drafts.iter().map(|draft| draft.text("relationship_id")).collect()
    }

    /// What every question of these relationships' rights turns on.
    fn answers(&self, relationships: &[String]) -> String {
        relationships.iter().map(|one| self.services(one)).collect()
    }

    /// The road of a relationship's newest document, and of its cases', by their structures.
    fn structures(&self, relationship: &str) -> Vec<bool> {
        let state =
            self.app.show_relationship(&self.county(), &oid(relationship), Purpose::READ).unwrap();
        let documents = std::iter::once(state.document)
            .chain(state.cases.into_iter().map(|case| case.document));
        let is_long = |document| {
            let opened = self.app.open_document(&self.county(), &document, Purpose::READ).unwrap();
            opened.metadata.contains(OWN_STRUCTURES)
        };
        documents.flatten().map(is_long).collect()
    }
}

fn faults(reports: &[MoveReport], relationship: &str) -> Vec<&'static str> {
    let of = reports.iter().find(|report| report.relationship == oid(relationship)).unwrap();
    of.faults.iter().map(varanto_domain::faults::Fault::code).collect()
}

/// REL-7, ARC-16: a rehearsal tells what a run does and writes nothing; a run moves what can be moved, each with
/// all its cases, and what cannot stays and is told why; run again it moves nothing more; every right is as it was,
/// there and back; confirmed, there is no way back.
#[test]
fn a_controller_is_moved_to_the_long_road_and_back() {
    let world = World::new();
    let movable = world.movable();
    let without = world.served(20);
    world.archive(&without);
    let closed = world.served(21);
    world.archive(&closed);
    world.archive(&world.closed_case(&client(21), &closed.text("relationship_id")));
    let old = world.open_old_case(&client(22));
    let two = world.open_case_under(&world.served(23), &client(23));
    world.archive(&world.case(&client(23), &two.relationship));
    let all: Vec<String> = movable.iter().chain([&two.relationship]).cloned().collect();
    let stuck = [without.text("relationship_id"), closed.text("relationship_id")];
    let before = world.answers(&all);
    let stuck_before = world.answers(&stuck);
    let versions = world.contents().versions;

    let (rehearsed, reports) = world.moves(REHEARSED).unwrap();
    assert_eq!((rehearsed.moved, rehearsed.refused, rehearsed.remarked), (8, 2, 1));
    assert_eq!(faults(&reports, &stuck[0]), ["service-without-case"]);
    assert_eq!(faults(&reports, &stuck[1]), ["service-without-open-case"]);
    assert_eq!(world.contents().versions, versions);
    assert_eq!(world.moves(THERE), Err("road-not-begun"));

    world.begins_the_long_road("2026-11-02");
    assert_eq!(world.moves(THERE).unwrap(), (rehearsed, reports));
    assert_eq!(world.answers(&all), before);
    assert_eq!(world.answers(&stuck), stuck_before);
    for one in &all {
        assert!(world.structures(one).iter().all(|long| *long), "{one}");
    }
    assert!(!world.structures(&stuck[1]).iter().any(|long| *long));
    assert!(!world.structures(&old.relationship)[0]);
    assert_eq!(world.damage(), Vec::<String>::new());
    world.app.reindex().unwrap();
    assert_eq!(world.answers(&all), before);
    assert_eq!(world.damage(), Vec::<String>::new());
    let (again, _) = world.moves(THERE).unwrap();
    assert_eq!((again.moved, again.refused), (0, 2));
    assert_eq!(world.app.tell_road(&oid(COUNTY)).unwrap().counts.short, 2);
    let confirm = || world.app.step_road(&oid(COUNTY), RoadStep::Confirm);
    assert!(confirm().is_err());

    let (back, _) = world.moves(BACK).unwrap();
    assert_eq!((back.moved, back.refused), (8, 0));
    assert_eq!(world.answers(&all), before);
    assert!(!all.iter().any(|one| world.structures(one).contains(&true)));
    assert_eq!(world.app.tell_road(&oid(COUNTY)).unwrap().state.long_from, None);
    assert_eq!(world.damage(), Vec::<String>::new());

    world.begins_the_long_road("2026-11-02");
    world.archive(&world.case(&client(20), &stuck[0]));
    world.archive(&world.case(&client(21), &stuck[1]));
    let (done, _) = world.moves(THERE).unwrap();
    assert_eq!((done.moved, done.refused), (10, 0));
    assert_eq!((world.answers(&all), world.answers(&stuck)), (before, stuck_before));
    confirm().unwrap();
    assert_eq!(world.moves(BACK), Err("road-confirmed"));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// REL-7: where the rights in the rows would not be those after the move, nothing of that relationship stays, and
/// the others are moved.
#[test]
fn a_relationship_whose_rights_would_differ_stays_whole() {
    let world = World::new();
    let movable = world.movable();
    world.begins_the_long_road("2026-11-02");
    let spoilt = "UPDATE register_use_right SET last_day = last_day - 1
        WHERE relationship_key = (SELECT min(relationship_key) FROM register_use_right)
        AND last_day IS NOT NULL";
    let folder = std::sync::Arc::clone(&world.folder);
    world.app.clone().close();
    assert!(harm(folder.path(), spoilt) > 0);
    let world = world.reopen();
    let versions = world.contents().versions;
    let (done, reports) = world.moves(THERE).unwrap();
    assert_eq!((done.moved, done.refused), (movable.len() as u64 - 1, 1));
    assert_eq!(faults(&reports, &movable[0]), ["rights-differ"]);
    assert!(!world.structures(&movable[0]).contains(&true));
    assert_eq!(world.contents().versions, versions + 2 * done.moved);
    world.app.reindex().unwrap();
    assert_eq!(world.moves(THERE).unwrap().0.moved, 1);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// REL-7: a move that was left to the archive, or broken off, is gone on with when its doors are opened.
#[test]
fn a_move_is_left_to_the_archive() {
    let world = World::new();
    let movable = world.movable();
    let before = world.answers(&movable);
    let step = |step| world.app.step_road(&oid(COUNTY), step).unwrap();
    assert_eq!(world.app.go_on_with_moves(&|| true).unwrap(), vec![]);
    world.begins_the_long_road("2026-11-02");
    for to in [Road::Long, Road::Short] {
        assert_eq!(step(RoadStep::Move(to)).state.moving, Some(to));
        let done = world.app.go_on_with_moves(&|| true).unwrap();
        assert_eq!((done.len(), done[0].1.moved), (1, movable.len() as u64));
        assert_eq!(world.answers(&movable), before);
        assert_eq!(world.app.go_on_with_moves(&|| true).unwrap(), vec![]);
    }
    assert_eq!(world.app.tell_road(&oid(COUNTY)).unwrap().state, RoadState::default());
}

/// REL-7, OPS-2: whoever loses the work in the background leaves a move where it is, and another goes on with the rest.
#[test]
fn a_move_is_left_to_who_does_the_work_now() {
    let world = World::new();
    let movable = world.movable().len();
    assert!(movable > 1, "{movable}");
    world.begins_the_long_road("2026-11-02");
    world.app.step_road(&oid(COUNTY), RoadStep::Move(Road::Long)).unwrap();
    let asked = std::cell::Cell::new(0);
    let once = || asked.replace(asked.get() + 1) == 0;
    assert_eq!(world.app.go_on_with_moves(&once).unwrap(), vec![], "it did not come to its end");
    assert_eq!(asked.get(), 2);
    assert_eq!(world.app.tell_road(&oid(COUNTY)).unwrap().state.moving, Some(Road::Long));
    let done = world.app.go_on_with_moves(&|| true).unwrap();
    assert_eq!((done.len(), done[0].1.moved), (1, movable as u64 - 1));
}

/// REL-7, RUR-5: a move tells no producer of rights that opened or were withdrawn, for none did.
#[test]
fn a_move_tells_producers_nothing() {
    let world = World::new();
    world.movable();
    let notices = || {
        let query = varanto_app::relationship::NoticeQuery { limit: 100, ..Default::default() };
        let producer = world.caller(crate::world::System::Producer);
        world.app.list_notices(&producer, query).unwrap().notices.len()
    };
    let before = notices();
    world.begins_the_long_road("2026-11-02");
    world.moves(THERE).unwrap();
    world.moves(BACK).unwrap();
    assert_eq!(notices(), before);
}

/// REL-7: how a service is bought has no place on the short road: it is told, and the version before keeps it.
#[test]
fn going_back_tells_what_has_no_place_there() {
    let world = World::new();
    world.begins_the_long_road("2026-11-02");
    let long = world.long_relationship(&client(1));
    world.archive(&long);
    let id = long.text("relationship_id");
    let mut bought = serving(PRODUCERS_UNIT, "2026-11-01", "");
    bought["hankintatapa"] =
        json!({"system": "asia_asiakirja/hankintatapa", "code": "2", "display": "Palveluseteli"});
    let services = json!({"palvelunjarjestajan_palveluyksikko": [own(UNIT, "2024-01-08", "")],
        "palveluntuottaja": [bought]});
    let case = world.long_case(&client(1), &id, &services);
    world.archive(&case);
    let before = world.services(&id);
    let (back, reports) = world.moves(BACK).unwrap();
    assert_eq!((back.moved, back.remarked), (1, 1));
    assert_eq!(reports[0].remarks[0].code(), "purchase-not-carried");
    assert_eq!(world.services(&id), before);
    let kept =
        world.app.open_content(&world.county(), &case.id(), Some(Part::Structured), Purpose::READ);
    assert!(String::from_utf8_lossy(&kept.unwrap().parts[0].1).contains("Palveluseteli"));
}

/// REL-7: others work in the archive while relationships are moved: what they archive and what is moved are both
/// there, and no right is lost.
#[test]
fn the_archive_is_in_use_while_a_controller_is_moved() {
    let world = World::new();
    let movable = world.movable();
    let before = world.answers(&movable);
    world.begins_the_long_road("2026-11-02");
    std::thread::scope(|threads| {
        threads.spawn(|| {
            for number in 100..115 {
                let long = world.long_relationship(&client(number));
                world.archive(&long);
                let id = long.text("relationship_id");
                let services = json!({"palvelunjarjestajan_palveluyksikko":
                    [own(UNIT, "2024-01-08", "")]});
                world.archive(&world.long_case(&client(number), &id, &services));
            }
        });
        threads.spawn(|| {
            for _ in 0..10 {
                assert_eq!(world.answers(&movable), before);
            }
        });
        assert_eq!(world.moves(THERE).unwrap().0.moved, movable.len() as u64);
    });
    assert_eq!(world.answers(&movable), before);
    assert_eq!(world.app.tell_road(&oid(COUNTY)).unwrap().counts.long, movable.len() as u64 + 15);
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// Moves a controller until it is killed or done. Runs as a process of its own.
#[test]
#[ignore = "runs as a process of its own, in the next test"]
fn moves_until_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let world = World::beside(Path::new(&folder), 5_000_000);
    world.moves(THERE).unwrap();
    world.app.close();
}

/// REL-7, OPS-2: a move that is killed anywhere and gone on with comes to the same end, and at every kill each
/// relationship is whole on one road with the rights it had.
#[test]
fn a_killed_move_is_gone_on_with() {
    let world = World::new();
    let movable = world.movable();
    let before = world.answers(&movable);
    world.begins_the_long_road(&day("2026-11-02").to_string());
    let folder = tempfile::tempdir().unwrap();
    let from = std::sync::Arc::clone(&world.folder);
    world.app.clone().close();
    copy(from.path(), folder.path());
    let mut kills = 0;
    for round in 0u64..40 {
        let random = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), round);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["moving::moves_until_killed", "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(50 + random % (100 + round * 60)));
        let done = child.try_wait().unwrap().is_some_and(|status| status.success());
        let _ = child.kill();
        child.wait().unwrap();
        let beside = World::beside(folder.path(), 9_000_000);
        assert_eq!(beside.damage(), Vec::<String>::new(), "round {round}");
        assert_eq!(beside.answers(&movable), before, "round {round}");
        for one in &movable {
            let roads = beside.structures(one);
            assert!(roads.iter().all(|road| *road == roads[0]), "round {round} {one} {roads:?}");
        }
        let left = beside.app.tell_road(&oid(COUNTY)).unwrap().counts.short;
        beside.app.close();
        kills += u32::from(!done);
        if left == 0 {
            println!("{kills} kills");
            return;
        }
    }
    panic!("not done after {kills} kills");
}
