//! Sessions of people at the pages: found by their secret alone, over when they end, on either engine (ACC-1, OPS-1).

use serde_json::json;
use varanto_app::recording::FoundEarlier;
use varanto_app::sessions::{SessionOwner, SessionSecret};
use varanto_app::users::Loading;
use varanto_domain::access::sessions::SessionLimits;

use crate::world::{COUNTY, World, client, on_server};

const MINUTE: u64 = 60_000;
const LIMITS: SessionLimits =
    SessionLimits { idle: 30 * MINUTE.cast_signed(), whole: 120 * MINUTE.cast_signed() };

fn aino() -> SessionOwner {
    SessionOwner::Professional("aino".to_owned())
}

fn begin(world: &World, owner: &SessionOwner, content: &str) -> SessionSecret {
    world.app.begin_session(owner, content.as_bytes().to_vec(), None).unwrap()
}

/// What a session holds; `None`: it is over.
fn held(world: &World, secret: &SessionSecret) -> Option<String> {
    let found = world.app.find_session(secret, LIMITS).unwrap()?;
    if found.is_to_be_noted {
        world.app.note_session(secret).unwrap();
    }
    Some(String::from_utf8(found.content).unwrap())
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
        let found = world.app.find_session(&secret, LIMITS).unwrap();
        found.map(|found| found.is_to_be_noted)
    };
    for (minutes, tries) in [(20, true), (0, false), (20, true), (20, true), (0, false)] {
        assert_eq!(asks(minutes), Some(tries), "{minutes}");
    }
    let changed = world.app.change_session(&secret, LIMITS, |held| Some((held.to_vec(), ())));
    assert_eq!(changed.unwrap(), Some(()));
    let world = world.reopen();
    assert!(world.app.find_session(&secret, LIMITS).unwrap().is_none(), "nobody else saw it");
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
    let found = FoundEarlier::default();
    world.app.keep_earlier(&secret, Some((7, &found))).unwrap();
    assert!(world.app.earlier_for(&secret, 7).unwrap().is_some());
    assert!(world.app.earlier_for(&secret, 8).unwrap().is_none());
    world.app.keep_earlier(&secret, None).unwrap();
    assert!(world.app.earlier_for(&secret, 7).unwrap().is_none());
    world.app.keep_earlier(&secret, Some((7, &found))).unwrap();
    world.app.end_session(&secret).unwrap();
    assert!(world.app.earlier_for(&secret, 7).unwrap().is_none());
    let over = world.app.change_session(&secret, LIMITS, |held| Some((held.to_vec(), ()))).unwrap();
    assert_eq!(over, None);
}
