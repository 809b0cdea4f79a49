//! What people complete of a batch: answered alone or together, checked by another one, taken in by the next rehearsal.

use std::collections::{BTreeMap, BTreeSet};

use varanto_app::Registry;
use varanto_domain::access::{
    Caller, Denial, OldDataPermit, Role, Sector, Strength, Who, may_complete_old_data,
};
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::Oid;
use varanto_kit::deliveries::SourceSystem;
use varanto_workbench::answers::{Answer, Decision, Person};
use varanto_workbench::mapping::{self, Target};
use varanto_workbench::queue::{Cause, Queue, QueueError, Seen, has_nothing_to_bring};
use varanto_workbench::work::State;

use crate::world::{World, faults, now};

pub(crate) fn archivist(registers: Vec<Oid>) -> Caller {
    let role = Role::Archivist;
    Caller {
        who: Who::Person {
            subject: "arja".into(),
            registration_number: None,
            role,
            unit: None,
            duty: None,
            strength: Strength::Strong,
        },
        organisation: Oid::parse("1.2.246.10.1").unwrap(),
        registers,
        units: [].into(),
        functions: role.functions(),
        sector: Sector::SocialWelfare,
        by_register: None,
    }
}

pub(crate) fn permit(queue: &Queue) -> OldDataPermit {
    let controllers = queue.controllers().unwrap();
    may_complete_old_data(&archivist(controllers.clone()), &controllers).unwrap()
}

pub(crate) fn person(name: &str) -> Person {
    Person { actor: format!("person:{name}"), also: Vec::new(), name: name.to_owned() }
}

/// A batch that was rehearsed, by a mapping with these lines before the others.
fn rehearsed(system: SourceSystem, documents: u32, lines: &str) -> World {
    let mut world = World::new(system, documents);
    let path = world.folder.path().join("mapping.toml");
    let text = format!("{lines}\n{}", std::fs::read_to_string(&path).unwrap());
    world.mapping = mapping::read(&text).unwrap();
    std::fs::write(&path, text).unwrap();
    again(&world);
    world
}

/// Rehearses once more.
pub(crate) fn again(world: &World) {
    let work = world.rehearse();
    let text = std::fs::read_to_string(world.folder.path().join("mapping.toml")).unwrap();
    work.remember(&world.place(), &text, &[]).unwrap();
}

pub(crate) fn open(world: &World) -> Queue {
    Queue::open(&world.batch()).unwrap().expect("a batch that was rehearsed")
}

pub(crate) fn cause(queue: &Queue, code: &str) -> Cause {
    let causes = queue.causes(&permit(queue)).unwrap();
    causes.into_iter().find(|cause| cause.code == code).unwrap_or_else(|| panic!("no {code}"))
}

/// The first row that has this fault and no other.
fn first(queue: &Queue, code: &str) -> u64 {
    let permit = permit(queue);
    let rows = queue.rows(&permit, &cause(queue, code), 0, 100).unwrap();
    let alone = |place: u64| queue.row(&permit, place).unwrap().faults.len() == 1;
    rows.iter().map(|row| row.place).find(|place| alone(*place)).expect("a row of one fault")
}

/// What is shown of a row.
pub(crate) fn seen(queue: &Queue, place: u64) -> Seen {
    queue.row(&permit(queue), place).unwrap().seen
}

/// What is shown of all rows of a cause.
pub(crate) fn all(queue: &Queue, cause: &Cause) -> Seen {
    queue.seen_of(&permit(queue), cause).unwrap().unwrap()
}

/// What is shown of all rows of a cause to whoever leaves them out.
pub(crate) fn all_to_leave(queue: &Queue, cause: &Cause) -> Seen {
    queue.seen_to_leave(&permit(queue), cause).unwrap().unwrap().0
}

pub(crate) fn codes(refused: Result<impl Sized, QueueError>) -> Vec<&'static str> {
    match refused {
        Err(QueueError::Refused(faults)) => faults.iter().map(Fault::code).collect(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("nothing was refused"),
    }
}

/// OLD-7: rows wait by cause, each once for each of its causes; like cases are answered together, others alone, and the next
/// rehearsal takes in what was answered and finds it sound. Whoever opens the file anew finds every answer.
#[test]
fn what_people_complete_is_taken_in_by_the_next_rehearsal() {
    let world = rehearsed(SourceSystem::Aamu, 700, "");
    let registry = Registry::alone(&[], &[]).unwrap();
    let aino = person("aino");
    let queue = open(&world);
    let permit = permit(&queue);
    let before = queue.progress(&permit).unwrap();
    let found = faults(&world.batch());
    // What else is wrong with a row whose values are shifted is not asked.
    let of_source = |code: &str| code == "surplus-values";
    let shifted: BTreeSet<u64> =
        found.iter().filter(|(_, code)| of_source(code)).map(|(place, _)| *place).collect();
    let asked = found.iter().filter(|(place, code)| of_source(code) || !shifted.contains(place));
    let mut planted: BTreeMap<&str, u64> = BTreeMap::new();
    asked.clone().for_each(|(_, code)| *planted.entry(code).or_default() += 1);
    let of_several = |place: u64| asked.clone().filter(|(at, _)| *at == place).count() > 1;
    let causes = queue.causes(&permit).unwrap();
    for (code, count) in planted.iter().filter(|(code, _)| **code != "main-document-not-brought") {
        let open: u64 = causes.iter().filter(|one| one.code == **code).map(|one| one.rows).sum();
        assert_eq!(open, *count, "{code}");
    }
    assert!(before.open > 0 && before.completed == 0, "{before:?}");

    let unnamed = cause(&queue, "unmapped-value");
    let named = queue.rows(&permit, &unnamed, 0, 100).unwrap();
    let open_for_more = named.iter().filter(|row| of_several(row.place)).count() as u64;
    assert!(open_for_more > 0, "a row of an unknown type with another fault");
    let given = Answer::Value(Target::GeneralType, "2".into());
    let wrong = Answer::Value(Target::GeneralType, "2\n3".into());
    let refused = queue.answer_all(
        &permit,
        (&unnamed, &all(&queue, &unnamed)),
        &wrong,
        (&aino, now()),
        &registry,
    );
    assert_eq!(codes(refused), ["wrong-form"]);
    let other = Answer::Value(Target::Language, "fi".into());
    let refused = queue.answer_all(
        &permit,
        (&unnamed, &all(&queue, &unnamed)),
        &other,
        (&aino, now()),
        &registry,
    );
    assert_eq!(codes(refused), ["wrong-value"], "an answer to something else");
    let done = queue
        .answer_all(&permit, (&unnamed, &all(&queue, &unnamed)), &given, (&aino, now()), &registry)
        .unwrap();
    assert_eq!((done.answered, done.left), (unnamed.rows, 0));
    drop(queue);

    let queue = open(&world);
    assert!(queue.causes(&permit).unwrap().iter().all(|one| one.code != "unmapped-value"));
    let unread = first(&queue, "unreadable-day");
    let seen = seen(&queue, unread);
    let day = |text: &str| [Answer::Value(Target::WrittenAt, text.into())];
    let refused = queue.answer(&permit, (unread, &seen), &day("eilen"), (&aino, now()), &registry);
    assert_eq!(codes(refused), ["wrong-form"]);
    // Of before the service tasks of 2016: the row would want the original one, too, and that is said at once.
    let more =
        queue.answer(&permit, (unread, &seen), &day("1999-05-04"), (&aino, now()), &registry);
    assert!(codes(more).contains(&"missing-conditional-element"));
    queue.answer(&permit, (unread, &seen), &day("2023-05-04"), (&aino, now()), &registry).unwrap();
    let late =
        queue.answer(&permit, (unread, &seen), &day("2023-05-05"), (&aino, now()), &registry);
    assert_eq!(codes(late), ["changed-meanwhile"]);
    let told = queue.progress(&permit).unwrap();
    assert_eq!(told.open + told.completed, before.open + open_for_more, "{told:?}");
    drop(queue);

    again(&world);
    let queue = open(&world);
    let after = queue.progress(&permit).unwrap();
    assert_eq!((after.open, after.completed), (told.open, 0), "{after:?}");
    let made_sound = told.completed - open_for_more;
    assert!(after.sound >= before.sound + made_sound, "{before:?} {after:?}");
    let row = queue.row(&permit, unread).unwrap();
    assert_eq!(row.values.get(&Target::WrittenAt).map(String::as_str), Some("2023-05-04"));
    assert_eq!((row.state.as_str(), row.faults.len()), ("sound", 0));
}

/// OLD-7, OLD-8: a row is left out for a reason that it gives cause for; of rows with the same content one stays, however
/// many are left out as delivered twice.
#[test]
fn what_is_left_out_by_decision_loses_no_document() {
    let world = rehearsed(SourceSystem::Portti, 1200, "");
    let registry = Registry::alone(&[], &[]).unwrap();
    let aino = person("aino");
    let queue = open(&world);
    let permit = permit(&queue);
    let leave = |decision| [Answer::NotBrought(decision)];
    let unnamed = first(&queue, "unmapped-value");
    let misfit = leave(Decision::NothingToBring);
    let to_leave = |place| queue.row(&permit, place).unwrap().seen_to_leave;
    let refused =
        queue.answer(&permit, (unnamed, &to_leave(unnamed)), &misfit, (&aino, now()), &registry);
    assert_eq!(codes(refused), ["decision-does-not-fit"], "its file is sound");
    let causes = queue.causes(&permit).unwrap();
    let gone = causes
        .iter()
        .find(|cause| has_nothing_to_bring(&cause.code, &cause.element))
        .expect("no file");
    let gone = queue.rows(&permit, gone, 0, 1).unwrap()[0].place;
    queue.answer(&permit, (gone, &to_leave(gone)), &misfit, (&aino, now()), &registry).unwrap();
    let twice = cause(&queue, "same-content");
    let given = Answer::NotBrought(Decision::DeliveredTwice);
    let shown = all_to_leave(&queue, &twice);
    let done =
        queue.answer_all(&permit, (&twice, &shown), &given, (&aino, now()), &registry).unwrap();
    assert_eq!(done.answered + done.left, twice.rows);
    assert!(done.left > 0 && done.answered > 0, "{done:?}");
    assert!(queue.causes(&permit).unwrap().iter().all(|one| one.code != "same-content"));
    drop(queue);

    again(&world);
    let queue = open(&world);
    let left: u64 = world.rehearse().count(State::LeftOut).unwrap();
    assert_eq!(left, done.answered + 1);
    assert!(!faults(&world.batch()).iter().any(|(_, code)| code == "same-content"));
    assert!(!faults(&world.batch()).iter().any(|(_, code)| code == "decision-does-not-fit"));
    drop(queue);
}

/// OLD-7: where two must look, an answer counts when another person has checked it, and its giver does not check it; what
/// is taken back waits anew.
#[test]
fn where_two_must_look_the_second_one_counts() {
    let world = rehearsed(SourceSystem::Aamu, 1200, "checked_by_two = true");
    let registry = Registry::alone(&[], &[]).unwrap();
    let (aino, bertta) = (person("aino"), person("bertta"));
    let queue = open(&world);
    let permit = permit(&queue);
    let unnamed = cause(&queue, "unmapped-value");
    let given = Answer::Value(Target::GeneralType, "2".into());
    queue
        .answer_all(&permit, (&unnamed, &all(&queue, &unnamed)), &given, (&aino, now()), &registry)
        .unwrap();
    let told = queue.progress(&permit).unwrap();
    assert_eq!((told.to_check, told.completed), (unnamed.rows, 0));
    let rows = queue.answered(&permit, Some(&bertta), 0, 1000).unwrap();
    let places: Vec<(u64, Seen)> = rows.into_iter().map(|row| (row.place, row.seen)).collect();
    assert_eq!(places.len() as u64, unnamed.rows);
    let own = queue.answered(&permit, Some(&aino), 0, 1000).unwrap();
    assert!(own.is_empty(), "nobody is asked to check their own answers");
    assert_eq!(queue.own_to_check(&permit, &aino).unwrap(), unnamed.rows);
    assert_eq!(queue.own_to_check(&permit, &bertta).unwrap(), 0);
    let next = |after| queue.next_to_check(&permit, &bertta, after).unwrap();
    assert_eq!(next(0), Some(places[0].0));
    assert_eq!(next(places[0].0), Some(places[1].0));
    assert_eq!(next(places[places.len() - 1].0), Some(places[0].0), "from the first on again");
    assert_eq!(queue.next_to_check(&permit, &aino, 0).unwrap(), None);
    assert_eq!(codes(queue.check(&permit, &places, (&aino, now()))), ["own-answer"]);
    again(&world);
    let sound = |code: &str| !faults(&world.batch()).iter().any(|(_, found)| found == code);
    assert!(!sound("unmapped-value"), "nobody has checked it");
    assert!(!sound("answer-not-checked"), "and it waits");
    let (one, rest) = places.split_first().unwrap();
    assert_eq!(
        queue.take_back(&permit, std::slice::from_ref(one), (&aino, now())).unwrap().rows,
        1
    );
    assert_eq!(queue.check(&permit, rest, (&bertta, now())).unwrap().answered, rest.len() as u64);
    assert_eq!(queue.progress(&permit).unwrap().completed, rest.len() as u64);
    again(&world);
    let left = faults(&world.batch());
    let left: Vec<&u64> =
        left.iter().filter(|(_, c)| c == "unmapped-value").map(|(p, _)| p).collect();
    assert_eq!(left, [&one.0]);
}

/// OLD-7, ACC-2: no queue is opened by a permit for other controllers, and a fault that may stand is let stand by name.
#[test]
fn a_queue_answers_to_its_own_permit() {
    let world = rehearsed(SourceSystem::Portti, 600, "");
    let registry = Registry::alone(&[], &[]).unwrap();
    let queue = open(&world);
    let elsewhere = vec![Oid::parse("1.2.246.10.77").unwrap()];
    let theirs = may_complete_old_data(&archivist(elsewhere.clone()), &elsewhere).unwrap();
    let denied =
        |answer: Result<(), QueueError>| assert!(matches!(answer, Err(QueueError::NotPermitted)));
    denied(queue.progress(&theirs).map(drop));
    denied(queue.causes(&theirs).map(drop));
    denied(queue.row(&theirs, 1).map(drop));
    denied(queue.file(&theirs, 1).map(drop));
    denied(queue.answered(&theirs, None, 0, 9).map(drop));
    denied(queue.take_back(&theirs, &[(1, Seen::default())], (&person("a"), now())).map(drop));
    denied(queue.check(&theirs, &[(1, Seen::default())], (&person("a"), now())).map(drop));
    let controllers = queue.controllers().unwrap();
    let denial = may_complete_old_data(&archivist(elsewhere), &controllers).unwrap_err();
    assert_eq!(denial, Denial::AnotherRegister);

    let permit = permit(&queue);
    let twice = cause(&queue, "same-content");
    let stands = Answer::Stands(FaultKind::SameContent);
    queue
        .answer_all(
            &permit,
            (&twice, &all(&queue, &twice)),
            &stands,
            (&person("a"), now()),
            &registry,
        )
        .unwrap();
    again(&world);
    assert!(!faults(&world.batch()).iter().any(|(_, code)| code == "same-content"));
}
