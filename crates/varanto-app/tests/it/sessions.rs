//! Sessions of people at the pages: found by their secret alone, over when they end, on either engine (ACC-1, OPS-1).

use serde_json::json;
use varanto_app::archive::InvalidationRequest;
use varanto_app::recording::{EarlierDocument, FoundEarlier};
use varanto_app::sessions::{FoundSession, MOST_OF_ONE, SessionOwner, SessionSecret, SessionSeen};
use varanto_app::users::Loading;
use varanto_domain::access::sessions::SessionLimits;
use varanto_domain::ids::Oid;
use varanto_domain::time::Instant;

use crate::world::{COUNTY, MONDAY, World, client, harm, oid, on_server};

const MINUTE: u64 = 60_000;
const LIMITS: SessionLimits =
    SessionLimits { idle: 30 * MINUTE.cast_signed(), whole: 120 * MINUTE.cast_signed() };

fn aino() -> SessionOwner {
    SessionOwner::Professional("aino".to_owned())
}

fn begin(world: &World, owner: &SessionOwner, content: &str) -> SessionSecret {
    world.app.begin_session(owner, content.as_bytes().to_vec(), None).unwrap()
}

/// A session that lasts.
fn found(world: &World, secret: &SessionSecret) -> Option<FoundSession> {
    match world.app.find_session(secret, LIMITS).unwrap() {
        SessionSeen::Lasts(found) => Some(found),
        SessionSeen::Renewed | SessionSeen::Over => None,
    }
}

/// What a session holds; `None`: it is over.
fn held(world: &World, secret: &SessionSecret) -> Option<String> {
    let found = found(world, secret)?;
    if found.is_to_be_noted {
        world.app.note_session(secret).unwrap();
    }
    Some(String::from_utf8(found.content).unwrap())
}

/// Keeps in a session that documents of the first client said something for the draft 7.
fn keep(world: &World, secret: &SessionSecret, documents: &[Oid]) {
    let document = |document: &Oid| EarlierDocument {
        document: document.clone(),
        structure: document.clone(),
        written_at: Instant::from_millis(0),
        stands: true,
    };
    let documents = documents.iter().map(document).collect();
    let found = FoundEarlier { documents, ..FoundEarlier::default() };
    world.app.keep_earlier(secret, (&client(1).identifier(), 7), &found).unwrap();
}

fn found_for(world: &World, secret: &SessionSecret, draft: i64) -> Option<FoundEarlier> {
    world.app.earlier_for(secret, (&client(1).identifier(), draft)).unwrap()
}

/// REL-9, ARC-3, ARC-12: what earlier documents said is offered for as long as they stand, and to drafts about that client alone.
#[test]
fn what_was_found_is_told_for_as_long_as_its_document_stands() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    world.archive(&world.relationship(&client(2)));
    let note = || world.archive(&world.note(&dossier)).receipt.document;
    let (one, other) = (note(), note());
    let secret = begin(&world, &aino(), "");
    keep(&world, &secret, &[one.clone(), other.clone(), oid("1.2.3")]);
    let stands = || {
        let found = found_for(&world, &secret, 7).unwrap();
        found.documents.iter().map(|one| one.stands).collect::<Vec<bool>>()
    };
    assert_eq!(stands(), [true, true, false], "the third is not there");
    let why = InvalidationRequest { reason: "1".into(), explanation: None };
    world.app.invalidate_document(&world.county(), &one, &why).unwrap();
    assert_eq!(stands(), [false, true, false]);
    for another in [client(2), client(3)] {
        let of = (&another.identifier(), 7);
        assert!(world.app.earlier_for(&secret, of).unwrap().is_none());
    }
}

/// ACC-1, D8: a session is found by its own secret, and what it holds is on the disk in no form that reads without it.
#[test]
fn a_session_opens_with_its_own_secret_alone() {
    let world = World::new();
    let content = "Aino Esimerkki 010180-9015";
    let (one, other) = (begin(&world, &aino(), content), begin(&world, &aino(), "other"));
    assert_ne!(one.reveal(), other.reveal());
    assert_eq!(held(&world, &one).as_deref(), Some(content));
    assert_eq!(held(&world, &other).as_deref(), Some("other"));
    for word in ["", "x", &one.reveal()[1..]] {
        assert_eq!(held(&world, &SessionSecret::of_cookie(word)), None, "{word}");
    }
    assert_eq!(format!("{one:?} {:?}", aino()), "SessionSecret(***) SessionOwner(***)");
    if on_server() {
        return;
    }
    world.app.clone().close();
    let kept = std::fs::read(world.folder.path().join("varanto.db")).unwrap();
    for word in [content, one.reveal(), "aino"] {
        assert!(!kept.windows(word.len()).any(|bytes| bytes == word.as_bytes()), "{word}");
    }
}

/// ACC-1: a session that is in use goes on, to its end in any case; what has ended is cleared away, and where there are
/// too many, those that were quiet longest end.
#[test]
fn a_session_ends_by_itself_and_is_cleared_away() {
    let world = World::new();
    let forward = |minutes: u64| world.clock.forward_millis((minutes * MINUTE).cast_signed());
    let (used, quiet) = (begin(&world, &aino(), "used"), begin(&world, &aino(), "quiet"));
    for _ in 0..5 {
        forward(23);
        assert_eq!(held(&world, &used).as_deref(), Some("used"));
    }
    assert_eq!(held(&world, &quiet), None, "nobody asked for half an hour");
    assert_eq!(world.app.clear_sessions(LIMITS, 9).unwrap(), 1);
    forward(5);
    assert_eq!(held(&world, &used), None, "two hours are over");
    assert_eq!(world.app.clear_sessions(LIMITS, 9).unwrap(), 1);
    assert_eq!(world.app.clear_sessions(LIMITS, 9).unwrap(), 0);

    let three = ["first", "second", "third"].map(|name| {
        forward(1);
        begin(&world, &aino(), name)
    });
    forward(2);
    assert!(held(&world, &three[0]).is_some());
    assert_eq!(world.app.clear_sessions(LIMITS, 2).unwrap(), 1);
    let left = three.each_ref().map(|one| held(&world, one).is_some());
    assert_eq!(left, [true, false, true]);
}

/// ACC-1, OPS-2: whoever is at work is not thrown out where that cannot be noted; it is tried once a minute, and counts at
/// the server that saw it alone.
#[test]
fn who_is_at_work_stays_so_while_nothing_can_be_noted() {
    let world = World::new();
    let secret = begin(&world, &aino(), "at work");
    let asks = |minutes: u64| {
        world.clock.forward_millis((minutes * MINUTE).cast_signed());
        found(&world, &secret).map(|found| found.is_to_be_noted)
    };
    for (minutes, tries) in [(20, true), (0, false), (20, true), (20, true), (0, false)] {
        assert_eq!(asks(minutes), Some(tries), "{minutes}");
    }
    let changed = world.app.change_session(&secret, LIMITS, |held| Some((held.to_vec(), ())));
    assert_eq!(changed.unwrap(), Some(()));
    let world = world.reopen();
    assert!(found(&world, &secret).is_none(), "nobody else saw it");
}

/// ACC-2: who goes on as another caller does so under another secret, for no longer; a new login in the same browser ends
/// the one before.
#[test]
fn a_session_that_goes_on_otherwise_has_another_secret() {
    let world = World::new();
    let first = begin(&world, &aino(), "first");
    world.clock.forward_millis(20 * MINUTE.cast_signed());
    let renew = |secret: &SessionSecret| world.app.renew_session(secret, LIMITS, b"second".into());
    let second = renew(&first).unwrap().unwrap();
    assert_eq!((held(&world, &first), renew(&first).unwrap().is_some()), (None, false));
    assert_eq!(held(&world, &second).as_deref(), Some("second"));
    for _ in 0..4 {
        world.clock.forward_millis(25 * MINUTE.cast_signed() - 1);
        let lasts = held(&world, &second).is_some();
        assert!(lasts, "it was in use");
    }
    world.clock.forward_millis(4);
    assert_eq!(held(&world, &second), None, "two hours after the first began");
    let third = begin(&world, &aino(), "third");
    let fourth = world.app.begin_session(&aino(), b"fourth".into(), Some(third.clone())).unwrap();
    assert_eq!((held(&world, &third), held(&world, &fourth)), (None, Some("fourth".into())));
}

/// ACC-1: whoever logs out is out at once, of one session or of all; a right that is ended ends the person's sessions, and
/// nobody else's.
#[test]
fn what_was_ended_lets_nobody_in() {
    let world = World::new();
    let olli = SessionOwner::Professional("olli".to_owned());
    let citizen = SessionOwner::Citizen(client(1).code);
    let open =
        || [aino(), aino(), olli.clone(), citizen.clone()].map(|one| begin(&world, &one, "x"));
    let of =
        |sessions: &[SessionSecret; 4]| sessions.each_ref().map(|one| held(&world, one).is_some());
    let sessions = open();
    world.app.end_session(&sessions[0]).unwrap();
    world.app.end_session(&sessions[0]).unwrap();
    assert_eq!(of(&sessions), [false, true, true, true]);
    assert_eq!(world.app.end_all_sessions(&sessions[0]).unwrap(), 0, "it is none's any more");
    let sessions = open();
    let beside = world.app.sessions_beside(&sessions[1], LIMITS).unwrap();
    assert_eq!(beside.iter().filter(|(_, own)| *own).count(), 1);
    assert_eq!(beside.len(), 3, "one of before, and two now");
    assert_eq!(world.app.end_all_sessions(&sessions[0]).unwrap(), 3);
    assert_eq!(of(&sessions), [false, false, true, true]);

    let sessions = open();
    let user = |subject: &str| {
        json!({"subject": subject, "organisation": COUNTY, "given_names": "Aino",
        "family_name": "Testi", "role": "worker", "units": [], "first_day": "2020-01-01",
        "granted_by": "Olli Testi", "identity_code": client(6).code.reveal()})
    };
    for users in [json!([user("aino"), user("olli")]), json!([user("olli")])] {
        let file = json!({ "users": users }).to_string();
        world.app.load_users(file.as_bytes(), Loading::default()).unwrap();
    }
    assert_eq!(of(&sessions), [false, false, true, true]);
}

/// OPS-1: what two requests change at once is kept, both of it; what earlier documents say goes with the session, and is
/// one draft's.
#[test]
fn what_a_session_holds_is_changed_in_order() {
    let world = World::new();
    let secret = begin(&world, &aino(), "");
    std::thread::scope(|scope| {
        for letter in ["a", "b", "c", "d"] {
            let (app, secret) = (&world.app, &secret);
            scope.spawn(move || {
                for _ in 0..5 {
                    let add =
                        move |held: &[u8]| Some(([held, letter.as_bytes()].concat(), held.len()));
                    assert!(app.change_session(secret, LIMITS, add).unwrap().is_some());
                }
            });
        }
    });
    let text = held(&world, &secret).unwrap();
    for letter in ["a", "b", "c", "d"] {
        assert_eq!(text.matches(letter).count(), 5, "{text}");
    }
    world.archive(&world.relationship(&client(1)));
    keep(&world, &secret, &[]);
    assert!(found_for(&world, &secret, 7).is_some());
    assert!(found_for(&world, &secret, 8).is_none());
    world.app.forget_earlier(&secret).unwrap();
    assert!(found_for(&world, &secret, 7).is_none());
    keep(&world, &secret, &[]);
    world.app.end_session(&secret).unwrap();
    assert!(found_for(&world, &secret, 7).is_none());
    let over = world.app.change_session(&secret, LIMITS, |held| Some((held.to_vec(), ()))).unwrap();
    assert_eq!(over, None);
}

/// ACC-1, REL-9: what a session found and is not as it was kept is not told, and is to be looked for again; the session goes on.
#[test]
fn what_was_found_and_is_damaged_keeps_nobody_from_the_draft() {
    let world = World::new();
    let secret = begin(&world, &aino(), "at work");
    world.archive(&world.relationship(&client(1)));
    keep(&world, &secret, &[]);
    let world = world.reopen_after(|folder| {
        assert_eq!(harm(folder, "UPDATE session SET found = sealed"), 1);
    });
    assert!(found_for(&world, &secret, 7).is_none());
    assert_eq!(held(&world, &secret).as_deref(), Some("at work"));
    keep(&world, &secret, &[]);
    assert!(found_for(&world, &secret, 7).is_some());
    let world = world.reopen_after(|folder| {
        assert_eq!(harm(folder, "UPDATE session SET sealed = found"), 1);
    });
    assert_eq!(held(&world, &secret), None, "who has the cookie logs in again");
    assert_eq!(world.app.end_all_sessions(&secret).unwrap(), 1, "and can end it");
}

/// ACC-1: whoever logs out ends what came of the session, also when another secret took its place in the same moment; and a
/// secret that was replaced and comes again a while later tells that two have the session.
#[test]
fn logging_out_ends_what_came_of_the_session() {
    let world = World::new();
    let renew = |secret: &SessionSecret| world.app.renew_session(secret, LIMITS, b"x".into());
    for ends_with in 0..3 {
        let (first, other) = (begin(&world, &aino(), "first"), begin(&world, &aino(), "other"));
        let second = renew(&first).unwrap().unwrap();
        let third = renew(&second).unwrap().unwrap();
        keep(&world, &third, &[]);
        assert_eq!(world.app.sessions_beside(&third, LIMITS).unwrap().len(), 2, "{ends_with}");
        let seen = |secret| world.app.find_session(secret, LIMITS).unwrap();
        assert!(matches!(seen(&first), SessionSeen::Over), "it was asked before, perhaps");
        world.clock.forward_millis(2 * MINUTE.cast_signed());
        assert!(matches!(seen(&first), SessionSeen::Renewed));
        assert!(matches!(seen(&second), SessionSeen::Renewed));
        world.app.end_session([&first, &second, &third][ends_with]).unwrap();
        for secret in [&first, &second, &third] {
            assert!(matches!(seen(secret), SessionSeen::Over), "{ends_with}");
        }
        assert_eq!(held(&world, &other).as_deref(), Some("other"), "another login lasts");
        world.app.end_all_sessions(&other).unwrap();
    }
    let first = begin(&world, &aino(), "first");
    let second = renew(&first).unwrap().unwrap();
    world.app.begin_session(&aino(), Vec::new(), Some(first)).unwrap();
    assert_eq!(held(&world, &second), None, "a new login in the browser ends it, too");
}

/// ACC-1: the secret that another took the place of is known for as long as the session may last, and no longer; a login is
/// gone on with so often and not for ever.
#[test]
fn what_was_replaced_is_known_for_as_long_as_the_session_may_last() {
    let world = World::new();
    let first = begin(&world, &aino(), "first");
    let mut newest = first.clone();
    let renew = |secret: &SessionSecret| world.app.renew_session(secret, LIMITS, b"x".into());
    for _ in 0..4 {
        newest = renew(&newest).unwrap().unwrap();
        world.clock.forward_millis(25 * MINUTE.cast_signed());
        assert!(held(&world, &newest).is_some());
        assert_eq!(world.app.clear_sessions(LIMITS, 99).unwrap(), 0);
    }
    assert!(matches!(world.app.find_session(&first, LIMITS).unwrap(), SessionSeen::Renewed));
    world.clock.forward_millis(20 * MINUTE.cast_signed());
    assert!(matches!(world.app.find_session(&first, LIMITS).unwrap(), SessionSeen::Over));
    assert_eq!(world.app.clear_sessions(LIMITS, 99).unwrap(), 5);

    let mut last = begin(&world, &aino(), "again");
    let mut renewed = 0;
    while let Some(next) = renew(&last).unwrap() {
        (last, renewed) = (next, renewed + 1);
    }
    assert_eq!((renewed, held(&world, &last)), (49, None));
}

/// ACC-1: one person is logged in at ten places at most: with one more the oldest ends, and nobody else's.
#[test]
fn a_person_is_logged_in_at_so_many_places_and_no_more() {
    let world = World::new();
    let olli = begin(&world, &SessionOwner::Professional("olli".to_owned()), "olli");
    let mut sessions = Vec::new();
    for number in 0..MOST_OF_ONE + 2 {
        world.clock.forward_millis(1_000);
        let one = begin(&world, &aino(), &number.to_string());
        // One that went on under another secret counts once.
        let renewed = world.app.renew_session(&one, LIMITS, b"x".into()).unwrap().unwrap();
        sessions.push(renewed);
    }
    let lasting: Vec<bool> = sessions.iter().map(|one| held(&world, one).is_some()).collect();
    assert_eq!(lasting, [[false; 2].as_slice(), &[true; MOST_OF_ONE]].concat());
    assert_eq!(
        world.app.sessions_beside(&sessions[5], LIMITS).unwrap().len(),
        MOST_OF_ONE,
        "and so many are told"
    );
    assert!(held(&world, &olli).is_some());
}

/// ACC-1, OPS-1: servers whose clocks differ by less than an hour let a person go on, and neither takes a session from the
/// other; what a clock that was wrong by far noted lets nobody in, and goes.
#[test]
fn clocks_that_differ_take_no_session_from_anybody() {
    let world = World::new();
    // Each server as what it sees of the one archive, by its own clock.
    let asked_at = |minutes: i64| {
        world.clock.set(MONDAY);
        world.clock.forward_millis(minutes * MINUTE.cast_signed());
    };
    let (ahead, behind, wrong) = (0, -50, 400 * 24 * 60);
    asked_at(ahead);
    let of_ahead = begin(&world, &aino(), "begun ahead");
    asked_at(behind);
    let of_behind = begin(&world, &aino(), "begun behind");
    assert_eq!(held(&world, &of_ahead).as_deref(), Some("begun ahead"));
    asked_at(ahead);
    assert_eq!(held(&world, &of_behind), None, "quiet for too long, by this clock");
    let later = LIMITS.longer(60 * MINUTE.cast_signed());
    for clock in [ahead, behind] {
        asked_at(clock);
        assert_eq!(world.app.clear_sessions(later, 99).unwrap(), 0);
    }
    assert_eq!(held(&world, &of_behind).as_deref(), Some("begun behind"), "and there it lasts");

    asked_at(wrong);
    let of_wrong = begin(&world, &aino(), "of a wrong clock");
    asked_at(ahead);
    assert_eq!(held(&world, &of_wrong), None);
    assert_eq!(world.app.clear_sessions(later, 99).unwrap(), 1);
    asked_at(wrong);
    assert_eq!(held(&world, &of_wrong), None);
}
