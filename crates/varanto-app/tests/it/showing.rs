//! How documents are shown to the client's side: delayed, hidden, given to guardians, and told before it is done.

use varanto_app::AppError;
use varanto_app::archive::{InvalidationRequest, LookedAt, Restricted, Showing, ShowingAsked};
use varanto_app::relationship::How;
use varanto_domain::access::{Caller, Denial, LookReason, Purpose, Reason, Role, Situation};
use varanto_domain::archive::documents::Part;
use varanto_domain::faults::Fault;
use varanto_domain::ids::{Oid, PersonalIdentityCode};
use varanto_domain::time::FinnishDay;

use crate::access::{code, producers_note, worker};
use crate::destruction::archivist;
use crate::guardians::{citizen, newest_client};
use crate::world::{
    COUNTY, Client, Dossier, PRODUCER, PRODUCERS_UNIT, System, UNIT, World, client, serving,
};

const AS_CLIENT: Purpose = Purpose::READ.in_situation(Situation::Citizen);

struct Shown {
    world: World,
    dossier: Dossier,
    client: Caller,
}

impl Shown {
    /// A client with a case that a producer's unit serves, too.
    fn of(who: &Client) -> Self {
        let world = World::new();
        let served = vec![serving(PRODUCERS_UNIT, "2026-01-01", "")];
        let relationship = world.relationship(who).served_by(served);
        let dossier = world.open_case_under(&relationship, who);
        let client = citizen(newest_client(&world));
        Self { world, dossier, client }
    }

    fn restrict(
        &self,
        caller: &Caller,
        document: &Oid,
        showing: Showing,
        dry_run: bool,
    ) -> (Oid, Result<Restricted, AppError>) {
        let version = self.world.app.identifier_for(caller);
        let asked = ShowingAsked { version: version.clone(), showing };
        let of = self.dossier.client.identifier();
        let looked_at = LookedAt { document, of: Some(&of) };
        let how = How { dry_run, ..How::default() };
        (version, self.world.app.restrict_showing(caller, looked_at, &asked, how))
    }

    fn opens(&self, document: &Oid) -> &'static str {
        code(self.world.app.open_content(&self.client, document, None, AS_CLIENT))
    }

    /// What was written.
    fn content(&self, document: &Oid) -> Vec<(Part, Vec<u8>)> {
        let (caller, part) = (worker(&self.world, COUNTY, UNIT), Some(Part::Structured));
        self.world.app.open_content(&caller, document, part, Purpose::READ).unwrap().parts
    }
}

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

fn delayed(text: &str) -> Showing {
    let argument = Some("Kerrotaan ensin tapaamisessa.".to_owned());
    Showing {
        delayed_until: Some(day(text)),
        reason: Some("1".into()),
        argument,
        ..Showing::default()
    }
}

fn hidden() -> Showing {
    Showing { hidden: true, reason: Some("1".into()), ..Showing::default() }
}

/// ARC-3, CIT-3: of a version that came back when the one after it was invalidated, it is said how it is shown as of any other.
#[test]
fn a_version_that_came_back_is_hidden_like_any_other() {
    let shown = Shown::of(&client(1));
    let world = &shown.world;
    let caller = worker(world, COUNTY, UNIT);
    let note = world.note(&shown.dossier);
    world.archive_as(System::County, &note);
    let (delayed, done) = shown.restrict(&caller, &note.id(), delayed("2026-11-20"), false);
    assert!(done.unwrap().archived.is_some());
    let reason = InvalidationRequest { reason: "4".into(), explanation: None };
    world.app.invalidate_document(&world.county(), &delayed, &reason).unwrap();
    assert_eq!(shown.opens(&note.id()), "yes");
    let (third, done) = shown.restrict(&caller, &note.id(), hidden(), false);
    assert_eq!(done.unwrap().archived.map(|archived| archived.receipt.version), Some(3));
    assert_eq!(
        (shown.opens(&third), shown.opens(&note.id())),
        ("special-content", "version-replaced")
    );
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-3, CIT-3: of a version that hides or delays a document it is told who would see more without it, and a worker does
/// not take it back, nor a producer's system; the keeper of the archive does, who was told.
#[test]
fn what_hides_a_document_is_not_a_workers_to_take_back() {
    let shown = Shown::of(&client(1));
    let world = &shown.world;
    world.know(&client(1));
    let (own, producer) = (worker(world, COUNTY, UNIT), worker(world, PRODUCER, PRODUCERS_UNIT));
    let keeper = archivist(world, "aino", COUNTY);
    let reason = InvalidationRequest { reason: "4".into(), explanation: None };
    let looks = |caller: &Caller| {
        if caller.role() == Some(Role::Archivist) {
            Purpose::READ
                .in_situation(Situation::Archivist)
                .because(Reason::Look(LookReason::Correction))
        } else {
            Purpose::READ
        }
    };
    let told = |caller: &Caller, of: &Oid| {
        world.app.tell_invalidation(caller, of, looks(caller), None).unwrap()
    };
    let takes_back =
        |caller: &Caller, of: &Oid| code(world.app.invalidate_document(caller, of, &reason));

    for (hides, denial) in
        [(hidden(), Denial::SpecialContent), (delayed("2026-11-20"), Denial::Delayed)]
    {
        let note = world.note(&shown.dossier);
        world.archive_as(System::County, &note);
        let (second, done) = shown.restrict(&own, &note.id(), hides, false);
        assert!(done.unwrap().archived.is_some());
        for caller in [&own, &keeper] {
            let seen = told(caller, &second).shown.unwrap();
            let both = (seen.before.unwrap().client, seen.after.unwrap().client, seen.more);
            assert_eq!(both, (Err(denial), Ok(()), true));
        }
        let kept_from = told(&own, &second).kept_from;
        assert_eq!(kept_from.iter().map(Fault::code).collect::<Vec<_>>(), ["shows-more"]);
        assert_eq!(told(&keeper, &second).kept_from, []);
        assert_eq!(
            (takes_back(&own, &second), shown.opens(&second)),
            ("shows-more", denial.code())
        );
        assert_eq!(takes_back(&keeper, &second), "yes");
        assert_eq!(shown.opens(&note.id()), "yes");
    }

    // Where the earlier version is taken back first, nothing is shown, and the worker takes back both.
    let note = world.note(&shown.dossier);
    world.archive_as(System::County, &note);
    let (second, _) = shown.restrict(&own, &note.id(), hidden(), false);
    assert_eq!((takes_back(&own, &note.id()), takes_back(&own, &second)), ("yes", "yes"));

    // What the organiser's worker hid of a producer's note the producer's side does not show again.
    let note = producers_note(world, &shown.dossier);
    world.archive_as(System::Producer, &note);
    let (second, _) = shown.restrict(&own, &note.id(), hidden(), false);
    assert_eq!(takes_back(&producer, &second), "shows-more");
    assert_eq!(takes_back(&world.caller(System::Producer), &second), "shows-more");
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// CIT-3: a note is delayed to a day and another hidden; what the client would see is told before, and is what the client sees
/// after. What was written and when stays, byte for byte.
#[test]
fn a_note_is_delayed_and_another_hidden() {
    let shown = Shown::of(&client(1));
    let world = &shown.world;
    let caller = worker(world, COUNTY, UNIT);
    let note = || {
        let note = world.note(&shown.dossier);
        world.archive_as(System::County, &note);
        note.id()
    };
    let (one, other) = (note(), note());
    assert_eq!((shown.opens(&one), shown.opens(&other)), ("yes", "yes"));

    let before = world.contents().versions;
    let (_, tried) = shown.restrict(&caller, &one, delayed("2026-11-20"), true);
    let tried = tried.unwrap();
    assert_eq!((tried.before.client, tried.after.client), (Ok(()), Err(Denial::Delayed)));
    assert_eq!((world.contents().versions, shown.opens(&one)), (before, "yes"), "only tried");

    let (later, done) = shown.restrict(&caller, &one, delayed("2026-11-20"), false);
    assert!(done.unwrap().archived.is_some());
    // Sent once more, nothing more is done.
    let asked = ShowingAsked { version: later.clone(), showing: delayed("2026-11-20") };
    let of = shown.dossier.client.identifier();
    let looked_at = LookedAt { document: &one, of: Some(&of) };
    let versions = world.contents().versions;
    assert!(world.app.restrict_showing(&caller, looked_at, &asked, How::default()).is_ok());
    assert_eq!(world.contents().versions, versions);
    assert_eq!((shown.opens(&later), shown.opens(&one)), ("showing-delayed", "version-replaced"));
    assert_eq!(shown.content(&later), shown.content(&one));
    let view = |id: &Oid| world.app.open_document(&caller, id, Purpose::READ).unwrap().metadata;
    let written = |id: &Oid| {
        let told: serde_json::Value = serde_json::from_str(&view(id)).unwrap();
        (told["written_at"].clone(), told["professional"].clone())
    };
    assert_eq!(written(&later), written(&one));

    let (never, done) = shown.restrict(&caller, &other, hidden(), false);
    assert_eq!(done.unwrap().after.client, Err(Denial::SpecialContent));
    assert_eq!(shown.opens(&never), "special-content");
    world.clock.set("2026-11-21T10:00:00+02:00");
    assert_eq!((shown.opens(&later), shown.opens(&never)), ("yes", "special-content"));

    // Taken back, it is shown again.
    let (again, done) = shown.restrict(&caller, &never, Showing::default(), false);
    assert_eq!(done.unwrap().before.client, Err(Denial::SpecialContent));
    assert_eq!(shown.opens(&again), "yes");
    assert!(world.damage().is_empty());
}

/// CIT-3: who restricts says why; what is said already is not said again.
#[test]
fn a_restriction_says_why() {
    let shown = Shown::of(&client(1));
    let caller = worker(&shown.world, COUNTY, UNIT);
    let note = shown.world.note(&shown.dossier);
    shown.world.archive_as(System::County, &note);
    let note = note.id();
    for (showing, expected) in [
        (Showing { reason: None, ..hidden() }, "missing-conditional-element"),
        (Showing::default(), "nothing-changes"),
        (delayed("2026-10-20"), "wrong-time"),
    ] {
        for dry_run in [true, false] {
            let before = shown.world.contents();
            let (_, answer) = shown.restrict(&caller, &note, showing.clone(), dry_run);
            assert_eq!(code(answer), expected, "{showing:?} {dry_run}");
            let after = shown.world.contents();
            assert_eq!(after.versions, before.versions);
            assert!(after.log_lines > before.log_lines, "each refusal is a line");
        }
    }
}

/// CIT-3, RUR-4: whoever may not write the next version restricts nothing: a producer of others' notes, a client, another
/// controller's worker; nor as another client's.
#[test]
fn nobody_restricts_what_is_not_theirs() {
    let shown = Shown::of(&client(1));
    let world = &shown.world;
    let (note, own) = (world.note(&shown.dossier), producers_note(world, &shown.dossier));
    world.archive_as(System::County, &note);
    world.archive_as(System::Producer, &own);
    let producer = worker(world, PRODUCER, PRODUCERS_UNIT);
    let tries = |caller: &Caller, of: &Oid| code(shown.restrict(caller, of, hidden(), true).1);
    assert_eq!(tries(&producer, &note.id()), "another-makers-document");
    assert_eq!(tries(&producer, &own.id()), "yes");
    assert_eq!(tries(&shown.client, &note.id()), "not-for-citizens");
    let elsewhere = worker(world, crate::world::NEIGHBOUR, crate::world::NEIGHBOURS_UNIT);
    assert_eq!(tries(&elsewhere, &note.id()), "another-register");

    let other = world.open_case(&client(2));
    let of = other.client.identifier();
    let id = note.id();
    let looked_at = LookedAt { document: &id, of: Some(&of) };
    let caller = worker(world, COUNTY, UNIT);
    assert_eq!(code(world.app.show_showing(&caller, looked_at, Purpose::READ)), "not-found");
}

/// CIT-4: what the organiser's worker says of guardians counts also of a producer's note, and confirms what the producer said;
/// who only delays a note decides nothing of guardians.
#[test]
fn the_organiser_decides_of_guardians_on_a_producers_note() {
    let born = day("2015-03-02");
    let child = Client {
        code: PersonalIdentityCode::compose(born, 905).unwrap(),
        given: "Pikku Testi".into(),
        family: "Suvanto".into(),
        temporary: false,
    };
    let shown = Shown::of(&child);
    let world = &shown.world;
    let caller = worker(world, COUNTY, UNIT);
    let decides = |code: &str| Showing { guardians: Some(code.into()), ..Showing::default() };
    for (said, decided, before, after) in [
        ("2", "1", Err(Denial::GuardianDecisionOpen), Ok(())),
        ("1", "1", Err(Denial::GuardiansNotSaid), Ok(())),
        ("2", "2", Err(Denial::GuardianDecisionOpen), Err(Denial::HiddenFromGuardians)),
    ] {
        let note = producers_note(world, &shown.dossier).set("guardian_disclosure", said);
        world.archive_as(System::Producer, &note);
        let (_, done) = shown.restrict(&caller, &note.id(), decides(decided), false);
        let done = done.unwrap();
        assert!(done.minor);
        assert_eq!(
            (done.before.guardians, done.after.guardians),
            (before, after),
            "{said} {decided}"
        );
    }

    let note = producers_note(world, &shown.dossier).set("guardian_disclosure", "1");
    world.archive_as(System::Producer, &note);
    let (later, done) = shown.restrict(&caller, &note.id(), delayed("2026-11-20"), false);
    assert_eq!(
        done.unwrap().after.guardians,
        Err(Denial::GuardiansNotSaid),
        "told although it is delayed"
    );
    let view = world.app.open_document(&caller, &later, Purpose::READ).unwrap();
    let told: serde_json::Value = serde_json::from_str(&view.metadata).unwrap();
    assert_eq!(told["service_unit"]["id"], PRODUCERS_UNIT, "it stays the producer's");
    assert_eq!(told["guardian_disclosure"], "1");
}
