//! The facts of the self-monitoring plan.

use std::collections::BTreeMap;

use serde_json::json;
use varanto_app::users::Loading;
use varanto_domain::access::{Role, Strength};
use varanto_domain::archive::documents::DocumentGroup;

use crate::world::{COUNTY, NEIGHBOUR, TASK, UNIT, World, client, oid};

/// LOG-3: the plan tells which registers hold what kinds of documents, who may by the register of users, with
/// persons counted and not named, whose logins alone are taken, and which systems are certified for what.
#[test]
fn the_plan_tells_what_is_kept_who_may_and_which_systems() {
    use DocumentGroup::{Case, LaterPhase, PhaseOne, Relationship};
    let world = World::new();
    let dossier = world.open_case(&client(1));
    world.archive(&world.note(&dossier));
    world.archive(&world.phase_one(&dossier));
    let user = |subject: &str, role: Role, last: &str| {
        json!({"subject": subject, "organisation": COUNTY, "given_names": "Aino", "family_name": "Testi",
            "role": role.code(), "units": [UNIT], "service_tasks": [TASK], "first_day": "2026-01-01",
            "last_day": last, "granted_by": "Olli Testi"})
    };
    let users = [
        user("aino", Role::Worker, "2026-12-31"),
        user("olli", Role::Worker, "2026-12-31"),
        user("past", Role::Worker, "2026-10-31"),
        user("arkki", Role::Archivist, "2026-12-31"),
    ];
    world
        .app
        .load_users(json!({ "users": users }).to_string().as_bytes(), Loading::default())
        .unwrap();

    let facts = world.app.plan_facts().unwrap();
    assert_eq!(facts.day.to_string(), "2026-11-02");
    let register = |of: &str| facts.registers.iter().find(|one| one.controller == oid(of)).unwrap();
    let kinds = BTreeMap::from([(Relationship, 1), (Case, 1), (LaterPhase, 1), (PhaseOne, 1)]);
    assert_eq!(register(COUNTY).kinds, kinds);
    assert!(register(NEIGHBOUR).kinds.is_empty());
    let told: Vec<_> = facts.users.iter().map(|one| (one.role, one.persons, one.login)).collect();
    let strong = Strength::Strong;
    assert_eq!(told, [(Role::Worker, 2, strong), (Role::Archivist, 1, strong)]);
    assert_eq!(facts.users[0].units, [oid(UNIT)]);
    assert!(facts.logins_alone.contains(&oid(NEIGHBOUR)));
    assert!(!facts.logins_alone.contains(&oid(COUNTY)));
    let systems = world.app.registry().registers().systems().to_vec();
    assert!(!systems.is_empty() && facts.systems == systems);
    assert!(!format!("{facts:?}").contains("aino"));
}
