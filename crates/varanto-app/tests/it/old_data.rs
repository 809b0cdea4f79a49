//! Old client data that are not archived yet: who may look at a delivery's rows, and the line of each look.

use varanto_app::AppError;
use varanto_app::old_data::{OldDataAct, OldDataLook, OldDataRow};
use varanto_app::oversight::LogQuery;
use varanto_domain::access::log::Event;
use varanto_domain::access::{Denial, Role};
use varanto_domain::ids::ClientIdentifier;

use crate::oversight::person;
use crate::world::{COUNTY, NEIGHBOUR, World, client, oid, unknown};

/// OLD-7, LOG-1: the keeper of the archive of every controller that a batch names looks at its rows, and each look is a line
/// with the client, where the archive knows the client; every denial is a line without one.
#[test]
fn each_look_at_a_row_of_old_data_is_a_line() {
    let world = World::new();
    let known = client(1);
    world.open_case(&known);
    let look = |controllers: &[&str], clients| OldDataLook {
        act: OldDataAct::Look,
        batch: "eka".into(),
        controllers: controllers.iter().map(|one| oid(one)).collect(),
        rows: vec![OldDataRow {
            place: 12,
            clients,
            document: Some(oid("1.2.246.10.1.11.9")),
            file: Some("ab12".into()),
        }],
        together: None,
    };
    let code = |one: &crate::world::Client| match one.identifier() {
        ClientIdentifier::Code(code) => vec![code],
        ClientIdentifier::Temporary(_) => Vec::new(),
    };
    let archivist = person(&world, Role::Archivist, COUNTY, None);
    let worker = person(&world, Role::Worker, COUNTY, None);
    let own = look(&[COUNTY], code(&known));
    assert!(world.app.may_complete_old_data(&archivist, &own).unwrap().covers(&own.controllers));
    let stranger = look(&[COUNTY], code(&unknown(2)));
    assert!(world.app.may_complete_old_data(&archivist, &stranger).is_ok());
    // The source says one client, and who completed the row another one: both are told.
    let also = client(3);
    world.open_case(&also);
    let both = look(&[COUNTY], [code(&known), code(&also), code(&known)].concat());
    assert!(world.app.may_complete_old_data(&archivist, &both).is_ok());
    let together = OldDataLook {
        act: OldDataAct::Answer,
        rows: Vec::new(),
        together: Some("cause=ab element=general_type count=7".into()),
        ..own.clone()
    };
    assert!(world.app.may_complete_old_data(&archivist, &together).is_ok());
    let denied = |caller, look| match world.app.may_complete_old_data(caller, look) {
        Err(AppError::Denied(denial)) => denial,
        other => panic!("{other:?}"),
    };
    assert_eq!(denied(&worker, &own), Denial::RoleDoesNotFit);
    let shared = look(&[COUNTY, NEIGHBOUR], code(&known));
    assert_eq!(denied(&archivist, &shared), Denial::AnotherRegister);
    let batches = [own.controllers.clone(), shared.controllers.clone(), Vec::new()];
    let listed = world.app.may_list_old_data(&archivist, &batches).unwrap();
    assert_eq!(listed.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, false]);
    assert!(world.app.may_list_old_data(&worker, &batches).is_err());

    let officer = person(&world, Role::DataProtectionOfficer, COUNTY, None);
    let query = LogQuery { event: Event::of_code("old-data"), ..LogQuery::default() };
    let lines = world.app.review_log(&officer, &query).unwrap().lines;
    let told: Vec<_> = lines
        .iter()
        .rev()
        .map(|line| (line.outcome.as_str(), line.client.is_some(), line.detail.as_str()))
        .collect();
    let row = "act=look batch=eka row=12 document=1.2.246.10.1.11.9 file=ab12";
    let denied = "act=look batch=eka row=12";
    let list = "act=list batch=-";
    assert_eq!(
        told,
        [
            ("permitted", true, row),
            ("permitted", false, row),
            ("permitted", true, row),
            ("permitted", true, row),
            ("permitted", false, "act=answer batch=eka cause=ab element=general_type count=7"),
            ("denied", false, denied),
            ("denied", false, denied),
            ("permitted", false, list),
            ("denied", false, list),
        ]
    );
}
