//! The clients whom one's own unit serves, and who the client of a relationship or a draft is.

use varanto_app::recording::{Begun, Writer};
use varanto_domain::access::Caller;
use varanto_domain::ids::ClientIdentifier;
use varanto_formats::view::ViewLanguage;

use crate::access::{code, worker};
use crate::world::{
    COUNTY, Dossier, NEIGHBOUR, NEIGHBOURS_UNIT, NOTE, PRODUCER, PRODUCERS_OTHER_UNIT,
    PRODUCERS_UNIT, UNIT, World, client, oid, serving, structure_of,
};

fn listed(world: &World, caller: &Caller) -> Vec<ClientIdentifier> {
    let page = world.app.list_served_clients(caller, None, 30).unwrap();
    page.clients.into_iter().map(|one| one.client).collect()
}

/// A client whom a producer's unit serves until a day.
fn served(world: &World, number: u16, last: &str) -> Dossier {
    let who = client(number);
    let units = vec![serving(PRODUCERS_UNIT, "2026-01-01", last)];
    world.open_case_under(&world.relationship(&who).served_by(units), &who)
}

/// CAS-3, RUR-1, RUR-3: a unit is shown the clients whom it serves today, each with a line, and nobody whose right is over, nobody of
/// another unit; who the client is is not told once the right has ended, by a relationship or a draft.
#[test]
fn a_unit_is_shown_its_own_clients_while_its_rights_run() {
    let world = World::new();
    let (one, other) = (served(&world, 1, ""), served(&world, 2, "2026-11-10"));
    served(&world, 3, "2026-10-01");
    let producer = worker(&world, PRODUCER, PRODUCERS_UNIT);
    let (first, second) = (one.client.identifier(), other.client.identifier());

    let lines = world.contents().log_lines;
    assert_eq!(listed(&world, &producer), [first.clone(), second.clone()]);
    assert_eq!(world.contents().log_lines, lines + 2, "a line for each who is shown");
    assert_eq!(listed(&world, &worker(&world, COUNTY, UNIT)).len(), 3);
    for nobody in
        [worker(&world, PRODUCER, PRODUCERS_OTHER_UNIT), worker(&world, NEIGHBOUR, NEIGHBOURS_UNIT)]
    {
        assert!(listed(&world, &nobody).is_empty());
    }

    // In pages of one, each once.
    let page = world.app.list_served_clients(&producer, None, 1).unwrap();
    assert_eq!(page.clients.len(), 1);
    let page = world.app.list_served_clients(&producer, page.next.as_deref(), 1).unwrap();
    assert_eq!((page.clients[0].client.clone(), page.next), (second.clone(), None));
    let wrong = world.app.list_served_clients(&producer, Some("nonsense"), 1);
    assert_eq!(code(wrong), "bad-cursor");

    let relationship = oid(&other.relationship);
    let of = |caller: &Caller| world.app.client_of_relationship(caller, &relationship);
    assert_eq!(of(&producer).unwrap(), second);
    assert_eq!(code(of(&worker(&world, NEIGHBOUR, NEIGHBOURS_UNIT))), "another-register");
    let begun = Begun {
        client: second.clone(),
        case: oid(&other.case),
        structure: structure_of(NOTE).oid.clone(),
        language: ViewLanguage::Finnish,
    };
    let writer = Writer {
        given_names: "Testi".into(),
        family_name: "Hoitaja".into(),
        registration_number: None,
    };
    let draft = world.app.begin_draft(&producer, &writer, &begun).unwrap();
    let of_draft = |caller: &Caller| world.app.client_of_draft(caller, draft);
    assert_eq!(of_draft(&producer).unwrap(), second);
    assert_eq!(code(of_draft(&worker(&world, COUNTY, UNIT))), "not-found", "another's draft");
    assert_eq!(world.app.list_own_drafts(&producer).unwrap().len(), 1);
    assert!(world.app.list_own_drafts(&worker(&world, COUNTY, UNIT)).unwrap().is_empty());

    world.clock.set("2026-11-11T08:00:00+02:00");
    assert_eq!(listed(&world, &producer), [first]);
    assert_eq!(code(of(&producer)), "register-use-right-ended");
    assert_eq!(code(of_draft(&producer)), "register-use-right-ended");
    assert_eq!(world.app.list_own_drafts(&producer).unwrap().len(), 1, "the draft waits");
}

/// CAS-1, REL-4: a relationship is shown as this client's, and as another's it is not there.
#[test]
fn a_relationship_is_no_other_clients() {
    let world = World::new();
    let (one, other) = (served(&world, 1, ""), served(&world, 2, ""));
    let caller = worker(&world, COUNTY, UNIT);
    let relationship = oid(&one.relationship);
    let shown = |dossier: &Dossier| {
        let of = dossier.client.identifier();
        let purpose = varanto_domain::access::Purpose::READ;
        code(world.app.show_relationship_of(&caller, &of, &relationship, purpose))
    };
    assert_eq!((shown(&one), shown(&other)), ("yes", "not-found"));
}
