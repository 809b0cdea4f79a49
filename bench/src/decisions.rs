//! What a decision costs: alone, and hit by hit in the list of a client with hundreds of documents.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant as Stopwatch;

use varanto_app::AppOptions;
use varanto_app::archive::DocumentQuery;
use varanto_app::callers::PersonFacts;
use varanto_domain::access::{
    Action, Caller, ClientFacts, Display, DocumentFacts, LookReason, Purpose, Question, Reason,
    Subject, decide,
};
use varanto_domain::archive::documents::{DocumentGroup, VersionState};
use varanto_domain::ids::{ClientIdentifier, Oid};
use varanto_domain::relationship::{Branch, RegisterUseRight, Side};
use varanto_domain::time::{FinnishDay, Validity};
use varanto_kit::county::CountySize;

use crate::archive::spread;
use crate::measure::run;
use crate::world::{World, until};

type Failure = Box<dyn std::error::Error>;

/// A client of whom so many documents are archived has a long list.
const LONG: usize = 500;
/// With so many documents for each client, the few with most have a long list.
const PER_CLIENT: u64 = 90;
/// How often a decision is asked alone.
const ASKED: u32 = 2_000_000;

/// Prints what decisions cost in a store of so many documents.
pub(crate) fn decisions(documents: u64, looks: u64, dir: Option<&Path>) -> Result<(), Failure> {
    let temporary = tempfile::tempdir()?;
    let folder = dir.unwrap_or(temporary.path());
    let clients = u32::try_from(documents / PER_CLIENT)?.max(200);
    let documents = documents.max(u64::from(clients) * PER_CLIENT);
    let world = World::open(
        &AppOptions::in_folder(folder.join("archive")),
        CountySize { clients, documents },
    )?;
    if world.app.contents()?.versions < documents * 9 / 10 {
        world.load(0..clients, 8)?;
    }
    let mut long: Vec<u32> =
        (0..clients).filter(|number| world.county.documents_of(*number) >= LONG).collect();
    long.sort_by_key(|number| world.county.documents_of(*number));
    let sizes: Vec<usize> = long.iter().map(|number| world.county.documents_of(*number)).collect();
    let long: Vec<ClientIdentifier> = long
        .iter()
        .map(|number| world.county.client(*number))
        .filter(|person| !person.temporary)
        .map(|person| ClientIdentifier::Code(person.code))
        .collect();
    println!(
        "{} documents of {clients} clients, {} clients with {LONG} or more: half with up to {}, the most {}",
        world.app.contents()?.versions,
        long.len(),
        sizes.get(sizes.len() / 2).unwrap_or(&0),
        sizes.last().unwrap_or(&0)
    );
    alone(&world);
    let workers = workers(&world)?;
    let reason = Reason::Look(LookReason::Correction);
    let list = |caller: &Caller, place: usize, reason: Option<Reason>| {
        let query = DocumentQuery {
            client: Some(long[place].clone()),
            limit: DocumentQuery::USUAL,
            reason,
            ..DocumentQuery::default()
        };
        black_box(world.app.find_documents(caller, &query).expect("a list"));
    };
    // Told apart: the first look at each of them, whose pages nobody has read since the store was opened.
    let first = run(1, long.len() as u64, std::process::id(), |number| {
        list(&world.caller, usize::try_from(number).expect("an index") % long.len(), None);
    });
    println!("  first list of each, a system of the controller  {}", first.row());
    for (name, caller, reason) in [
        ("a system of the controller", &world.caller, None),
        ("a worker in case context", &workers[0], None),
        ("a worker who gives a reason", &workers[1], Some(reason)),
        ("a worker to whom all is denied", &workers[1], None),
    ] {
        for callers in [1, 16] {
            let listed = run(callers, looks, std::process::id(), |number| {
                let place = usize::try_from(spread(number)).expect("an index") % long.len();
                list(caller, place, reason);
            });
            println!("  list for {name}, {callers:>2} callers  {}", listed.row());
        }
    }
    Ok(())
}

/// A worker of the unit that serves most clients, and one of the operating unit, which serves none.
fn workers(world: &World) -> Result<[Caller; 2], Failure> {
    let own = &world.county.organisations()[0];
    let worker = |unit: &Oid| {
        let facts = PersonFacts {
            subject: "t.tyontekija".into(),
            registration_number: None,
            role: "worker".into(),
            organisation: own.id.clone(),
            unit: Some(unit.clone()),
            duty: None,
            strong: true,
        };
        world.app.caller_of_person(facts).map_err(varanto_app::callers::Unknown::code)
    };
    let mut serving = worker(&own.operating_unit)?;
    serving.units = own.units.iter().map(|unit| unit.id.clone()).collect::<Vec<_>>().into();
    Ok([serving, worker(&own.operating_unit)?])
}

/// One decision about one document of a client with a dozen rights, over and over.
fn alone(world: &World) {
    let client = ClientFacts { rights: rights(world), ..ClientFacts::default() };
    let document = document(world);
    let worker =
        Caller { units: vec![client.rights[11].holder.clone()].into(), ..world.caller.clone() };
    let purposes = [
        ("own register", &world.caller, Purpose::READ),
        ("own register, with a reason", &world.caller, Purpose::READ.because(Reason::OF_LOOKS[0])),
        ("own register, the last of twelve units", &worker, Purpose::READ),
    ];
    for (name, caller, purpose) in purposes {
        let began = Stopwatch::now();
        for _ in 0..ASKED {
            let question = Question::new(caller, &document, &client, purpose, until());
            let _ = black_box(decide(black_box(Action::List), black_box(&question)));
        }
        let each = began.elapsed().as_secs_f64() / f64::from(ASKED);
        println!("  decision alone, {name}: {:.3} microseconds", each * 1e6);
    }
}

fn rights(world: &World) -> Vec<RegisterUseRight> {
    let controller = world.county.organisations()[0].id.clone();
    let first = FinnishDay::new(2020, 1, 1).expect("the calendar has that day");
    let right = |number: u32| RegisterUseRight {
        controller: controller.clone(),
        organiser: controller.clone(),
        relationship: controller.clone(),
        branch: Branch::ServiceTask(Arc::from(if number == 11 { "24" } else { "25" })),
        services: Vec::new(),
        holder: Oid::parse(&format!("{controller}.10.{number}")).expect("an OID"),
        side: if number.is_multiple_of(2) { Side::Producer } else { Side::Organiser },
        validity: Validity { first, last: None },
        suspensions: Vec::new(),
    };
    (0..12).map(right).collect()
}

fn document(world: &World) -> DocumentFacts {
    let controller = world.county.organisations()[0].id.clone();
    DocumentFacts {
        id: controller.clone(),
        set: controller.clone(),
        client: None,
        controller,
        unit: None,
        group: DocumentGroup::LaterPhase,
        state: VersionState::InForce,
        service_task: Some("24".into()),
        subject: Subject::Ordinary,
        display: Display::UNREAD,
        signed: true,
        written_at: until().start(),
        joint: Arc::from([]),
    }
}
