use std::collections::BTreeSet;
use std::sync::Arc;

use super::table::{OTHER_COUNTYS_UNIT, RELATIONS, Relation, World, a_code};
use super::*;
use crate::archive::destruction::{DestructionFacts, may_go};
use crate::archive::documents::{DocumentGroup, VersionState};
use crate::archive::elements::Element;
use crate::archive::metadata::{RawMetadata, RawValue};
use crate::archive::retention::{CountedFrom, Period, Retention, RetentionRule};
use crate::disclosure::Refused;
use crate::ids::{ClientKey, Oid, VersionKey};
use crate::relationship::{InCase, Side};
use crate::time::{FinnishDay, Instant, Validity};

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

/// Makes a world, asks, and holds the answer's code against what is expected.
fn check(
    situation: Situation,
    action: Action,
    make: impl Fn(&mut World),
    expected: Result<&str, &str>,
) {
    let mut world = World::usual();
    make(&mut world);
    let answer = world.answer(action, situation);
    let told = answer.as_ref().map(|grant| grant.basis.code()).map_err(|denial| denial.code());
    assert_eq!(told, expected, "{situation:?} {action:?}");
}

/// ACC-6: no cell is undecided, and in each situation something is permitted and something is not.
#[test]
fn the_table_has_a_cell_for_every_action_group_and_state() {
    for situation in Situation::ALL {
        let mut cells = Vec::new();
        for relation in RELATIONS.iter().filter(|one| one.situation == situation) {
            let answers = relation.answers();
            assert_eq!(answers.len(), Action::ALL.len());
            cells.extend(answers.into_iter().flat_map(|one| one.cells).flatten());
        }
        assert!(cells.iter().any(Result::is_ok), "{situation:?} permits nothing");
        assert!(cells.iter().any(Result::is_err), "{situation:?} denies nothing");
    }
}

/// ACC-6: each denial is met in the table, but for the one that outsiders are told in its place, for
/// what is found out when a form is asked for, and for those of who judges looks, keeps users and approves lists.
#[test]
fn every_denial_is_met_in_the_table() {
    let met: Vec<&str> = RELATIONS
        .iter()
        .flat_map(Relation::answers)
        .flat_map(|answers| answers.cells)
        .flatten()
        .filter_map(|cell| cell.err().map(Denial::code))
        .collect();
    let unmet: Vec<&str> = Denial::ALL
        .iter()
        .map(|denial| denial.code())
        .filter(|code| !met.contains(code))
        .filter(|code| {
            let forms =
                ["not-disclosed", "cannot-be-masked", "cannot-be-printed", "names-other-clients"];
            let users = ["own-look", "another-keepers-users", "main-user-without-identity-code"];
            // Of a list of documents, not of one.
            let lists = ["approved-before"];
            !forms.contains(code) && !users.contains(code) && !lists.contains(code)
        })
        .collect();
    assert_eq!(unmet, Vec::<&str>::new());
}

/// ACC-5: operators administer, and see nothing of any document in any situation.
#[test]
fn operators_are_kept_out_of_the_content() {
    for situation in Situation::ALL {
        for action in Action::ALL {
            let expected = match action {
                Action::Administer => Ok("operation"),
                _ => Err("operator-sees-nothing"),
            };
            check(situation, action, World::operator, expected);
        }
        check(situation, Action::Administer, |_| {}, Err("operators-alone"));
    }
}

/// ACC-1: a weak login records what needs no signature; it reads nothing and receives nothing.
#[test]
fn a_weak_login_records_and_does_nothing_else() {
    use Action::{Invalidate, List, Read, Store};
    let weak = |world: &mut World| world.weak_person(Role::Worker);
    let signed = |world: &mut World| {
        world.weak_person(Role::Worker);
        world.document.signed = true;
    };
    for action in [Read, List, Invalidate] {
        check(Situation::OwnRegister, action, weak, Err("weak-login"));
    }
    check(Situation::OwnRegister, Store, weak, Ok("case-context"));
    check(Situation::OwnRegister, Store, signed, Err("weak-login"));
    check(Situation::Disclosure, Read, weak, Err("weak-login"));
}

/// ACC-1, ACC-2: who logs in records what the role serves clients with: workers every group, producers' workers no old
/// documents; who keeps the archive or oversees it records nothing.
#[test]
fn a_person_records_what_the_role_allows() {
    use DocumentGroup::{Case, LaterPhase, Old, PhaseOne, Relationship};
    let records = |role: Role, group: DocumentGroup, expected: Result<&str, &str>| {
        let make = |world: &mut World| {
            world.person(role);
            world.document.group = group;
        };
        check(Situation::OwnRegister, Action::Store, make, expected);
    };
    for group in [Old, PhaseOne, Relationship, Case, LaterPhase] {
        records(Role::Worker, group, Ok("case-context"));
        records(Role::ResponsibleWorker, group, Ok("case-context"));
        records(Role::Archivist, group, Err("not-certified"));
        records(Role::DataProtectionOfficer, group, Err("not-certified"));
    }
    records(Role::ProducerWorker, PhaseOne, Ok("case-context"));
    records(Role::ProducerWorker, Old, Err("not-certified"));
}

/// ACC-3: a worker without case context corrects a document for a stated reason, and cannot let the own unit in:
/// whose unit serves is said in case context alone.
#[test]
fn nobody_lets_the_own_unit_in_by_saying_why() {
    let version = |group: DocumentGroup, serves: bool, expected: Result<&str, &str>| {
        let make = |world: &mut World| {
            world.person(Role::Worker);
            world.reason = Some(Reason::Look(LookReason::Urgent));
            world.document.group = group;
            if !serves {
                world.client.rights.clear();
            }
        };
        check(Situation::OwnRegister, Action::Version, make, expected);
    };
    version(DocumentGroup::Relationship, true, Ok("case-context"));
    version(DocumentGroup::Relationship, false, Err("case-context-missing"));
    version(DocumentGroup::LaterPhase, false, Ok("stated-reason"));
}

/// JOI-4, OLD-1: each document group needs its own certification, old documents another than new.
#[test]
fn a_system_archives_what_it_is_certified_for() {
    use DocumentGroup::{Case, LaterPhase, Old, PhaseOne};
    use Function::{ArchiveOldDocuments, ArchivePhaseOne, ArchiveStructured};
    let certified = |function: Function, group: DocumentGroup, expected: Result<&str, &str>| {
        let make = |world: &mut World| {
            world.caller.functions = vec![function];
            world.document.group = group;
        };
        check(Situation::OwnRegister, Action::Store, make, expected);
    };
    certified(ArchiveStructured, LaterPhase, Ok("own-register"));
    certified(ArchiveStructured, Old, Err("not-certified"));
    certified(ArchiveStructured, PhaseOne, Err("not-certified"));
    certified(ArchiveOldDocuments, Old, Ok("own-register"));
    certified(ArchiveOldDocuments, LaterPhase, Err("not-certified"));
    certified(ArchiveOldDocuments, Case, Ok("own-register"));
    certified(ArchivePhaseOne, PhaseOne, Ok("own-register"));
    certified(Function::Read, LaterPhase, Err("not-certified"));
}

/// ARC-3: an invalidated version shows itself only to those who may invalidate and ask for it.
#[test]
fn an_invalidated_version_is_hidden_from_normal_use() {
    use Function::{Invalidate, Read};
    let check_state = |functions: &[Function], state, on_purpose, expected| {
        let make = |world: &mut World| {
            world.caller.functions = functions.to_vec();
            world.document.state = state;
            world.invalidated_too = on_purpose;
        };
        check(Situation::OwnRegister, Action::Read, make, expected);
    };
    check_state(&[Read], VersionState::Replaced, false, Ok("own-register"));
    check_state(&[Read], VersionState::Invalidated, false, Err("version-invalidated"));
    check_state(&[Read], VersionState::Invalidated, true, Err("version-invalidated"));
    check_state(&[Read, Invalidate], VersionState::Invalidated, true, Ok("own-register"));
    check_state(&[Read, Invalidate], VersionState::Invalidated, false, Err("version-invalidated"));
    let strangers = |world: &mut World| {
        world.other_county();
        world.document.state = VersionState::Invalidated;
    };
    check(Situation::OwnRegister, Action::Read, strangers, Err("another-register"));
    check(Situation::RegisterUse, Action::Read, strangers, Err("register-use-right-missing"));
}

/// ACC-2, ACC-3: a worker reads in case context, or says why; a system answers for its own users.
#[test]
fn a_worker_without_case_context_gives_a_reason() {
    let worker = |world: &mut World| world.person(Role::Worker);
    let stranger = |world: &mut World| {
        world.person(Role::Worker);
        world.client.rights.clear();
    };
    let with_reason = |world: &mut World| {
        stranger(world);
        world.reason = Some(Reason::Look(LookReason::FirstContact));
    };
    let with_section = |world: &mut World| {
        stranger(world);
        world.reason = Some(Reason::Statutory(StatutoryGround::Section56));
    };
    let own = Situation::OwnRegister;
    check(own, Action::Read, worker, Ok("case-context"));
    check(own, Action::Read, stranger, Err("case-context-missing"));
    check(own, Action::Read, with_reason, Ok("stated-reason"));
    check(own, Action::Read, with_section, Err("case-context-missing"));
    check(own, Action::Version, stranger, Err("case-context-missing"));
    check(own, Action::Store, |_| {}, Ok("own-register"));
    check(own, Action::Read, |world| world.client.rights.clear(), Ok("own-register"));
    let yesterday = |world: &mut World| {
        world.person(Role::Worker);
        world.client.rights[0].validity.last = Some(world.day.plus_days(-1));
    };
    check(own, Action::Read, yesterday, Err("case-context-missing"));
}

/// OLD-3: a look at a deceased client, and at old documents of a former one, is justified.
#[test]
fn looks_at_ended_and_deceased_clients_are_justified() {
    let own = Situation::OwnRegister;
    let ended = |world: &mut World| world.client.relationships.clear();
    let ended_old = |world: &mut World| {
        world.client.relationships.clear();
        world.document.group = DocumentGroup::Old;
    };
    let old_reason = |world: &mut World| {
        ended_old(world);
        world.reason = Some(Reason::Look(LookReason::InformationRequest));
    };
    let deceased = |world: &mut World| world.client.died_on = Some(world.day);
    check(own, Action::Read, ended, Ok("own-register"));
    check(own, Action::Read, ended_old, Err("ended-wants-reason"));
    check(own, Action::List, ended_old, Err("ended-wants-reason"));
    check(own, Action::Read, old_reason, Ok("own-register"));
    check(own, Action::Read, deceased, Err("deceased-wants-reason"));
    check(own, Action::Store, deceased, Ok("own-register"));
    let tomorrow = |world: &mut World| world.client.died_on = Some(world.day.plus_days(1));
    check(own, Action::Read, tomorrow, Ok("own-register"));
}

/// OLD-3: the population register tells who has died; of whom it has never told, an old relationship does whose source knew
/// it, unless somebody serves the client today.
#[test]
fn death_is_taken_from_an_old_relationship_where_the_register_never_told() {
    let today = World::usual().day;
    let (yesterday, tomorrow) = (today.plus_days(-1), today.plus_days(1));
    // Told at all, the day of death, said by the source, the last day of a relationship of today; dead.
    let (never, told) = (false, true);
    for (told, died, said, runs_until, dead) in [
        (told, None, false, None, false),
        (told, Some(today), false, None, true),
        (told, Some(tomorrow), true, None, false),
        (told, None, true, None, false),
        (told, None, true, Some(yesterday), false),
        (never, None, false, Some(yesterday), false),
        (never, None, true, Some(yesterday), true),
        (never, None, true, Some(today), false),
        (never, None, true, None, false),
    ] {
        let mut client = World::usual().client;
        (client.person_told, client.died_on) = (told, died);
        client.relationships.truncate(1);
        client.relationships[0].last_day = runs_until;
        let old = client.relationships[0].clone();
        client.relationships.push(RelationshipSpan { old: true, of_deceased: said, ..old });
        assert_eq!(client.is_dead(today), dead, "{told} {died:?} {said} {runs_until:?}");
    }
    let by_the_source = |world: &mut World| {
        world.client.person_told = false;
        world.client.relationships.truncate(1);
        let only = &mut world.client.relationships[0];
        (only.old, only.of_deceased) = (true, true);
    };
    check(Situation::OwnRegister, Action::Read, by_the_source, Err("deceased-wants-reason"));
    let statutory = Situation::StatutoryDisclosure;
    let elsewhere = |world: &mut World| {
        by_the_source(world);
        world.by_law();
    };
    check(statutory, Action::List, elsewhere, Err("on-paper-alone"));
}

/// RUR-1 to RUR-4: a producer reads and records while its right runs, both end days included, and
/// leaves the organiser's documents alone.
#[test]
fn a_producer_works_while_its_register_use_right_is_in_force() {
    let between = |first: &str, last: &str, expected: Result<&str, &str>| {
        let make = |world: &mut World| world.producer(day(first), Some(day(last)), "24");
        for action in [Action::Read, Action::Store, Action::Version, Action::Invalidate] {
            check(Situation::RegisterUse, action, make, expected);
        }
    };
    between("2026-11-26", "2026-12-31", Err("register-use-right-not-yet"));
    between("2026-11-25", "2026-12-31", Ok("register-use"));
    between("2026-01-01", "2026-11-25", Ok("register-use"));
    between("2026-01-01", "2026-11-24", Err("register-use-right-ended"));
    let organisers = |group| {
        move |world: &mut World| {
            world.serving_producer();
            world.document.group = group;
        }
    };
    for group in [DocumentGroup::Relationship, DocumentGroup::Case] {
        check(Situation::RegisterUse, Action::Read, organisers(group), Ok("register-use"));
        let changed = Err("organisers-document");
        check(Situation::RegisterUse, Action::Version, organisers(group), changed);
        check(Situation::RegisterUse, Action::Store, organisers(group), changed);
    }
}

/// DIS-2, RUR-2: a refusal never blocks the organiser from its own producer.
#[test]
fn a_refusal_does_not_touch_the_register_use_right() {
    let refused = |world: &mut World| {
        world.serving_producer();
        world.client.refusals.0.push(Refused::Controller(world.document.controller.clone()));
        world.client.permission = None;
    };
    check(Situation::RegisterUse, Action::Read, refused, Ok("register-use"));
}

/// DIS-1, design D9: before 2024 informing opens, from 2024 the permission; each day by its own rule.
#[test]
fn disclosure_goes_by_the_rule_of_the_day() {
    let on = |text: &str, informed: bool, permitted: bool, expected: Result<&str, &str>| {
        let make = |world: &mut World| {
            world.other_county();
            world.day = day(text);
            world.client.informed_on = informed.then(|| day("2020-01-01"));
            world.client.permission = world.client.permission.filter(|_| permitted);
        };
        check(Situation::Disclosure, Action::Read, make, expected);
    };
    on("2021-10-31", true, true, Err("no-disclosure-yet"));
    on("2021-11-01", true, false, Ok("informed"));
    on("2023-12-31", true, false, Ok("informed"));
    on("2023-12-31", false, true, Err("client-not-informed"));
    on("2024-01-01", true, false, Err("disclosure-permission-missing"));
    on("2024-01-01", false, true, Ok("disclosure-permission"));
}

/// DIS-2, DIS-3: what is refused or held back is not disclosed but by law, with the section named.
#[test]
fn refusals_and_hold_backs_yield_to_the_law_alone() {
    let cases = [
        ("a controller", Some(Refused::Controller(oid("1.2.246.10.90000001"))), None),
        ("a service task", Some(Refused::ServiceTask("24".into())), None),
        ("a document", Some(Refused::Document(oid("1.2.246.10.90000001.95.1"))), None),
        ("an old document", None, Some(DocumentGroup::Old)),
        ("a phase I document", None, Some(DocumentGroup::PhaseOne)),
    ];
    for (what, refusal, group) in cases {
        let hold_back = |world: &mut World| {
            world.client.refusals.0.extend(refusal.clone());
            world.document.group = group.unwrap_or(world.document.group);
        };
        let expected = if group.is_some() { "held-back-by-default" } else { "refused-by-client" };
        let asked = |world: &mut World| {
            world.other_county();
            hold_back(world);
        };
        check(Situation::Disclosure, Action::Read, asked, Err(expected));
        let by_law = |world: &mut World| {
            world.by_law();
            hold_back(world);
        };
        check(Situation::StatutoryDisclosure, Action::Read, by_law, Ok("statutory"));
        let unnamed = |world: &mut World| {
            by_law(world);
            world.reason = None;
        };
        let wanted = Err("statutory-reason-needed");
        check(Situation::StatutoryDisclosure, Action::Read, unnamed, wanted);
        assert!(Denial::HeldBack.as_told_outside() == Denial::NotDisclosed, "{what}");
    }
}

/// What may be known of the world's document, where it is not seen.
fn seen_with(world: &World, situation: Situation) -> Option<&'static str> {
    let (version, client) = (VersionKey(1), ClientKey(1));
    let version = VersionFacts { version, client, document: world.document.clone() };
    let told = world.asked(situation, |question| super::seen_with(&version, question));
    told.ok().flatten().map(SeenWith::code)
}

/// DIS-3, ACC-4: to whom the client permits disclosure may know that something is held back by default; of what is refused,
/// without permission, of one who has died, and where it is hidden where the client is, nothing is known.
#[test]
fn what_is_held_back_by_default_may_be_known_of() {
    let check = |make: &dyn Fn(&mut World), expected: Option<&str>| {
        let mut world = World::usual();
        world.other_county();
        world.document.group = DocumentGroup::Old;
        make(&mut world);
        assert_eq!(seen_with(&world, Situation::Disclosure), expected);
    };
    let told = Some("statutory-ground");
    check(&|_| {}, told);
    check(&|world| world.document.group = DocumentGroup::PhaseOne, told);
    check(&|world| world.document.group = DocumentGroup::LaterPhase, None);
    check(&|world| world.document.group = DocumentGroup::Refusal, None);
    let refused = Refused::Controller(oid("1.2.246.10.90000001"));
    check(&|world| world.client.refusals.0.push(refused.clone()), None);
    check(&|world| world.client.permission = None, None);
    check(&|world| world.client.relationships.truncate(1), None);
    check(&|world| world.client.died_on = Some(day("2026-01-01")), None);
    check(&|world| world.client.safety_order = true, None);
    check(&|world| world.client.person_known = false, None);
}

/// OLD-3, ACC-3: the own side may know that a reason is wanted of it where nothing else is; a worker without case context
/// may not.
#[test]
fn the_own_side_may_know_that_a_reason_is_wanted() {
    let check = |make: &dyn Fn(&mut World), expected: Option<&str>| {
        let mut world = World::usual();
        world.client.died_on = Some(day("2026-01-01"));
        make(&mut world);
        assert_eq!(seen_with(&world, Situation::OwnRegister), expected);
    };
    check(&|_| {}, Some("reason"));
    check(&|world| world.client.died_on = None, None);
    check(&|world| world.person(Role::Worker), Some("reason"));
    let stranger = |world: &mut World| {
        world.person(Role::Worker);
        world.client.rights.clear();
    };
    check(&stranger, None);
}

/// DIS-1: one who does not serve the client learns nothing of permission or refusal.
#[test]
fn who_does_not_serve_the_client_learns_nothing() {
    for permitted in [true, false] {
        let make = |world: &mut World| {
            world.other_county();
            world.client.relationships.truncate(1);
            world.client.permission = world.client.permission.filter(|_| permitted);
            world.document.state = VersionState::Invalidated;
        };
        let expected = Err("receiver-without-relationship");
        check(Situation::Disclosure, Action::Read, make, expected);
    }
}

/// DIS-4: every disclosure obliges to its log line, and lets the client follow it.
#[test]
fn a_disclosure_is_told() {
    let mut world = World::usual();
    world.by_law();
    let grant = world.answer(Action::Read, Situation::StatutoryDisclosure).unwrap();
    let section = Reason::Statutory(StatutoryGround::Section64);
    let expected =
        [Obligation::LogReason(section), Obligation::LogDisclosure, Obligation::TellClient];
    assert_eq!(grant.obligations, expected);
    assert_eq!(grant.log_words(), " reason=act-703-2023-64 disclosed");
}

/// CIT-2: by subject and by age, some documents are never in the citizen's view.
#[test]
fn some_documents_are_never_shown_to_citizens() {
    let about = |subject, expected| {
        let make = |world: &mut World| {
            world.citizen(ClientKey(1));
            world.document.subject = subject;
        };
        check(Situation::Citizen, Action::Read, make, expected);
    };
    about(Subject::of_type("15007"), Ok("own-data"));
    for kind in ["4025", "16008", "1011", "15019", "1014", "15025", "4000", "7005"] {
        about(Subject::of_type(kind), Err("excluded-from-view"));
    }
    for group in [DocumentGroup::Old, DocumentGroup::PhaseOne] {
        let make = |world: &mut World| {
            world.citizen(ClientKey(1));
            world.document.group = group;
        };
        check(Situation::Citizen, Action::Read, make, Err("excluded-from-view"));
    }
}

/// CIT-3: a delay ends with its day; special content hides for good.
#[test]
fn a_professional_holds_back_for_a_time_or_for_good() {
    let until = |text: &str, expected| {
        let make = |world: &mut World| {
            world.citizen(ClientKey(1));
            world.document.display.delayed_until = Some(day(text));
        };
        check(Situation::Citizen, Action::Read, make, expected);
    };
    until("2026-11-24", Ok("own-data"));
    until("2026-11-25", Err("showing-delayed"));
    let special = |world: &mut World| {
        world.citizen(ClientKey(1));
        world.document.display.special_content = true;
    };
    check(Situation::Citizen, Action::Read, special, Err("special-content"));
}

/// CIT-4: guardians see what is said to be theirs to see; a producer alone cannot decide it.
#[test]
fn guardians_see_what_every_document_says_of_them() {
    use GuardianMark::{Hidden, HiddenByProducer, NotSaid, Shown};
    let marked = |mark, expected| {
        let make = |world: &mut World| world.minor_with_guardian(mark);
        check(Situation::Guardian, Action::Read, make, expected);
    };
    marked(Shown, Ok("guardianship"));
    marked(Hidden, Err("hidden-from-guardians"));
    marked(HiddenByProducer, Err("guardian-decision-open"));
    marked(NotSaid, Err("guardians-not-said"));
}

/// CIT-4, DIS-5: a guardian with custody gives the child's permission and sees its document as any other; of the child's
/// refusals, whatever is said of them, nothing is told; a right to information gives no permission.
#[test]
fn guardians_give_the_permission_and_are_told_of_no_refusals() {
    use GuardianMark::{Hidden, NotSaid, Shown};
    let of = |group, mark| {
        move |world: &mut World| {
            world.minor_with_guardian(mark);
            world.document.group = group;
        }
    };
    let permission = |mark| of(DocumentGroup::Permission, mark);
    for action in [Action::Read, Action::List, Action::Store, Action::Version] {
        for mark in [NotSaid, Shown, Hidden] {
            let refusals = of(DocumentGroup::Refusal, mark);
            check(Situation::Guardian, action, refusals, Err("not-for-citizens"));
        }
    }
    check(Situation::Guardian, Action::Read, permission(NotSaid), Err("guardians-not-said"));
    check(Situation::Guardian, Action::Version, permission(Hidden), Ok("guardianship"));
    let informed = |world: &mut World| {
        permission(Shown)(world);
        world.client.custody.clear();
    };
    check(Situation::Guardian, Action::Read, informed, Ok("guardianship"));
    check(Situation::Guardian, Action::Version, informed, Err("not-a-guardian"));
}

/// DIS-5: who may say an adult's will by mandate sees what it says, and no other document.
#[test]
fn who_says_a_will_by_mandate_sees_it() {
    use crate::mandates::Matter::{SayWill, SeeDocuments};
    use DocumentGroup::{LaterPhase, Permission, Refusal};
    let of = |group, matter| {
        move |world: &mut World| {
            world.mandate(
                &[matter],
                Validity { first: FinnishDay::new(2020, 1, 1).unwrap(), last: None },
            );
            world.document.group = group;
        }
    };
    for group in [Permission, Refusal] {
        check(Situation::Mandate, Action::Read, of(group, SayWill), Ok("mandate"));
        check(Situation::Mandate, Action::Store, of(group, SayWill), Ok("mandate"));
        check(Situation::Mandate, Action::Read, of(group, SeeDocuments), Ok("mandate"));
        let sees = of(group, SeeDocuments);
        check(Situation::Mandate, Action::Store, sees, Err("mandate-does-not-cover"));
    }
    let other = of(LaterPhase, SayWill);
    check(Situation::Mandate, Action::Read, other, Err("mandate-does-not-cover"));
}

/// ARC-3, ACC-4: a permit is for the version that was asked about, whatever the question named.
#[test]
fn a_permit_is_for_the_version_it_was_decided_for() {
    let world = World::usual();
    let other = World::usual().document;
    let version =
        VersionFacts { version: VersionKey(7), client: ClientKey(3), document: other.clone() };
    let stranger = VersionFacts {
        document: DocumentFacts { controller: oid("1.2.246.10.90000002"), ..other },
        ..version.clone()
    };
    let question =
        Question::new(&world.caller, &world.document, &world.client, Purpose::READ, world.day);
    let permit = may_read(&version, &question).unwrap();
    assert_eq!((permit.version(), permit.client()), (VersionKey(7), ClientKey(3)));
    assert_eq!(may_read(&stranger, &question).unwrap_err(), Denial::AnotherRegister);
}

/// ACC-4: each denial names its rule, its law, what is missing and whom to ask, and has its own code.
#[test]
fn denials_tell_all_and_have_codes_of_their_own() {
    let mut codes: Vec<&str> = Denial::ALL.iter().map(|denial| denial.code()).collect();
    let all = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all);
    for denial in Denial::ALL {
        assert!(denial.law().contains('/'), "{denial:?}");
        assert!(Missing::ALL.contains(&denial.missing()) && Ask::ALL.contains(&denial.ask()));
    }
}

/// RUR-5: the notices to a unit are told to those that act for it, with a strong login, whose system or role
/// may use registers.
#[test]
fn notices_are_told_to_those_that_act_for_the_unit() {
    let unit = World::usual().caller.units[0].clone();
    let check = |change: &dyn Fn(&mut Caller), of: &Oid, expected: Result<&Oid, &str>| {
        let mut caller = World::usual().caller;
        change(&mut caller);
        let told = may_be_told(&caller, of);
        let told = told.as_ref().map(NoticePermit::holder).map_err(|denial| denial.code());
        assert_eq!(told, expected);
    };
    let person = |role, strength| Who::Person {
        subject: "t".into(),
        registration_number: None,
        role,
        unit: None,
        duty: None,
        strength,
    };
    check(&|_| {}, &unit, Ok(&unit));
    check(&|_| {}, &oid("1.2.3"), Err("register-use-right-missing"));
    check(&|one| one.functions = vec![Function::Read], &unit, Err("not-certified"));
    let worker =
        |strength| move |one: &mut Caller| one.who = person(Role::ProducerWorker, strength);
    check(&worker(Strength::Strong), &unit, Ok(&unit));
    check(&worker(Strength::Weak), &unit, Err("weak-login"));
    check(&|one| one.who = Who::Operator, &unit, Err("operator-sees-nothing"));
    let citizen = Who::Citizen { client: ClientKey(1), code: a_code(), strength: Strength::Strong };
    check(&|one| one.who = citizen.clone(), &unit, Err("role-does-not-fit"));
}

/// CIT-4: the organiser decides what guardians see; a producer alone can only keep it back until then.
#[test]
fn a_producers_mark_alone_shows_guardians_nothing() {
    let check = |code: Option<&str>, by_organiser, expected| {
        assert_eq!(GuardianMark::of(code, by_organiser), expected, "{code:?} {by_organiser}");
    };
    check(Some("1"), true, GuardianMark::Shown);
    check(Some("2"), true, GuardianMark::Hidden);
    check(None, true, GuardianMark::NotSaid);
    check(Some("1"), false, GuardianMark::NotSaid);
    check(Some("2"), false, GuardianMark::HiddenByProducer);
    check(None, false, GuardianMark::NotSaid);
}

/// REL-4: a document of a joint case concerns those who were in the case when it was written, from the moment of
/// joining to before that of leaving; a case document names all who ever were.
#[test]
fn a_document_concerns_those_who_were_in_the_case() {
    let mut document = World::usual().document;
    let at = |hour: i64| Instant::from_millis(hour * 3_600_000);
    let time = |client, joined: Option<i64>, left: Option<i64>| InCase {
        client: ClientKey(client),
        joined_at: joined.map(at),
        left_at: left.map(at),
    };
    document.joint = Arc::from([
        time(1, Some(0), None),
        time(2, Some(10), Some(20)),
        time(2, Some(30), None),
        time(3, None, None),
    ]);
    let mut check = |hour: i64, concerned: &[i64]| {
        document.written_at = at(hour);
        let keys: Vec<ClientKey> = concerned.iter().copied().map(ClientKey).collect();
        assert_eq!(document.concerned(), keys, "{hour}");
        assert_eq!(document.named(), keys, "{hour}");
        assert!(keys.iter().all(|key| document.concerns(Some(*key))), "{hour}");
        assert!(!document.concerns(None) && !document.concerns(Some(ClientKey(3))));
    };
    check(9, &[1]);
    check(10, &[1, 2]);
    check(19, &[1, 2]);
    check(20, &[1]);
    check(30, &[1, 2]);
    document.group = DocumentGroup::Case;
    document.written_at = at(5);
    assert_eq!(document.concerned(), [ClientKey(1)]);
    assert_eq!(document.named(), [1, 2, 3].map(ClientKey));
}

/// REL-4, CIT-4: what a document says of guardians is said of the client whose it is, and of no other.
#[test]
fn guardians_of_another_child_in_the_case_see_nothing() {
    let of_the_other = |world: &mut World| {
        world.minor_with_guardian(GuardianMark::Shown);
        world.through_the_other();
    };
    check(Situation::Guardian, Action::Read, of_the_other, Err("guardians-not-said"));
}

/// REL-4: who has a ground for each client whom a joint document names sees all of it; who has one for the first alone
/// sees that there is the document, and nothing of the others.
#[test]
fn without_a_ground_for_each_nothing_is_told_of_the_others() {
    for served in [true, false] {
        let mut world = World::usual();
        world.person(Role::Worker);
        world.joint();
        if !served {
            world.others[0].rights.clear();
        }
        let grant = world.answer(Action::Read, Situation::OwnRegister).unwrap();
        assert_eq!(grant.hides_others(), !served);
        let beside: Vec<ClientKey> = grant.beside.iter().map(|(client, _)| *client).collect();
        let others: Vec<ClientKey> = world.others.iter().filter_map(|other| other.key).collect();
        assert_eq!(beside, if served { others } else { Vec::new() });
    }
}

/// REL-4: of a client of whom nothing is known no joint document is shown to anybody.
#[test]
fn a_joint_document_of_an_unknown_client_is_not_shown() {
    let unknown = |world: &mut World| {
        world.joint();
        world.others.clear();
    };
    check(Situation::OwnRegister, Action::Read, unknown, Err("another-clients-document"));
    check(Situation::OwnRegister, Action::Version, unknown, Ok("own-register"));
}

/// A professional of a role, with all that the role allows.
fn professional(role: Role, strength: Strength) -> Caller {
    let mut world = World::usual();
    world.person(role);
    if let Who::Person { strength: login, .. } = &mut world.caller.who {
        *login = strength;
    }
    Caller { functions: role.functions(), ..world.caller }
}

/// ACC-2, ARC-3: client work reads, follows disclosures and rights, and takes back what it recorded, the keeper of the
/// archive invalidates, the data-protection officer reads, and a main user has nothing to do with documents.
#[test]
fn a_role_allows_what_its_work_needs() {
    use Function::{Disclosure, Invalidate, Read, RegisterUse};
    for role in Role::ALL {
        let of = |function| role.functions().contains(&function);
        assert_eq!(of(Read), role != Role::MainUser, "{role:?}");
        assert_eq!(of(RegisterUse), role.serves_clients(), "{role:?}");
        let between_controllers = matches!(role, Role::Worker | Role::ResponsibleWorker);
        assert_eq!(of(Disclosure), between_controllers, "{role:?}");
        let takes_back = role.serves_clients() || role == Role::Archivist;
        assert_eq!(of(Invalidate), takes_back, "{role:?}");
    }
}

/// ARC-3: a worker takes back what a unit of the worker's own recorded, in case context alone, and sees it afterwards when it
/// is asked for; what another unit recorded is the keeper's of the archive.
#[test]
fn a_worker_takes_back_what_the_own_unit_recorded() {
    let recorded_by = |own: bool, served: bool, reason: Option<Reason>| {
        move |world: &mut World| {
            world.person(Role::Worker);
            world.reason = reason;
            world.invalidated_too = true;
            if !own {
                world.document.unit = Some(oid(OTHER_COUNTYS_UNIT));
            }
            if !served {
                world.client.rights.clear();
            }
        }
    };
    let (here, invalidate) = (Situation::OwnRegister, Action::Invalidate);
    let reason = Some(Reason::Look(LookReason::Correction));
    check(here, invalidate, recorded_by(true, true, None), Ok("case-context"));
    check(here, invalidate, recorded_by(true, false, None), Err("case-context-missing"));
    check(here, invalidate, recorded_by(true, false, reason), Err("case-context-missing"));
    for served in [true, false] {
        let others = recorded_by(false, served, reason);
        check(here, invalidate, others, Err("another-units-document"));
    }
    for (own, expected) in [(true, Ok("case-context")), (false, Err("version-invalidated"))] {
        let gone = |world: &mut World| {
            recorded_by(own, true, None)(world);
            world.document.state = VersionState::Invalidated;
        };
        check(here, Action::Read, gone, expected);
    }
}

/// ACC-2, LOG-2: the data-protection officer sees lists, opens a document for a reason, and does nothing else.
#[test]
fn an_officer_opens_for_a_reason() {
    let officer = |reason: Option<Reason>| {
        move |world: &mut World| {
            world.person(Role::DataProtectionOfficer);
            world.reason = reason;
        }
    };
    let review = Situation::DataProtectionReview;
    let reason = Some(Reason::Look(LookReason::Correction));
    check(review, Action::List, officer(None), Ok("review"));
    check(review, Action::Read, officer(None), Err("reason-needed"));
    check(review, Action::Read, officer(reason), Ok("review"));
}

/// ACC-1, JOI-4: who may look at anything at all: strongly authenticated, and certified for reading or in a
/// role that reads; a citizen always at the own data, the operator never.
#[test]
fn a_look_needs_a_strong_login_and_a_certification() {
    let system = World::usual().caller;
    let uncertified = Caller { functions: vec![Function::RegisterUse], ..system.clone() };
    let operator = Caller { who: Who::Operator, ..system.clone() };
    let citizen = |strength| {
        let who = Who::Citizen { client: ClientKey(1), code: a_code(), strength };
        Caller { who, functions: Vec::new(), ..World::usual().caller }
    };
    let worker = |strength| professional(Role::Worker, strength);
    let powerless = Caller { functions: Vec::new(), ..worker(Strength::Strong) };
    let cases = [
        (&system, Ok(()), Err("role-does-not-fit")),
        (&uncertified, Err("not-certified"), Err("not-certified")),
        (&operator, Err("operator-sees-nothing"), Err("operator-sees-nothing")),
        (&citizen(Strength::Strong), Ok(()), Err("role-does-not-fit")),
        (&citizen(Strength::Weak), Err("weak-login"), Err("weak-login")),
        (&worker(Strength::Strong), Ok(()), Ok(())),
        (&worker(Strength::Weak), Err("weak-login"), Err("weak-login")),
        (&powerless, Err("not-certified"), Err("not-certified")),
        (&professional(Role::Archivist, Strength::Strong), Ok(()), Err("role-does-not-fit")),
    ];
    for (caller, look, opening) in cases {
        assert_eq!(may_look(caller).map_err(Denial::code), look, "{caller:?}");
        assert_eq!(may_open_up(caller).map_err(Denial::code), opening, "{caller:?}");
    }
    // A producer's worker keeps no register to open.
    let mut producers = professional(Role::ProducerWorker, Strength::Strong);
    producers.registers.clear();
    assert_eq!(may_open_up(&producers).map_err(Denial::code), Err("role-does-not-fit"));
}

/// ARC-3: what is sent again is compared by whoever may archive into the register of the version that is there,
/// wherever that version stands now.
#[test]
fn what_is_sent_again_is_compared_in_its_own_register() {
    let world = World::usual();
    let question =
        Question::new(&world.caller, &world.document, &world.client, Purpose::READ, world.day);
    let version =
        |document| VersionFacts { version: VersionKey(7), client: ClientKey(1), document };
    for state in VersionState::ALL {
        let document = DocumentFacts { state, ..world.document.clone() };
        assert!(may_compare_resent(&version(document), &question).is_ok(), "{state:?}");
    }
    let elsewhere =
        DocumentFacts { controller: oid("1.2.246.10.90000002"), ..world.document.clone() };
    let answer = may_compare_resent(&version(elsewhere), &question);
    assert_eq!(answer.unwrap_err(), Denial::AnotherRegister);
}

/// ACC-4: what is missing and whom to ask have words of their own.
#[test]
fn what_is_missing_and_whom_to_ask_have_codes() {
    let missing: BTreeSet<&str> = Missing::ALL.iter().map(|one| one.code()).collect();
    let ask: BTreeSet<&str> = Ask::ALL.iter().map(|one| one.code()).collect();
    assert_eq!((missing.len(), ask.len()), (Missing::ALL.len(), Ask::ALL.len()));
}

/// CIT-3, CIT-4: how a document is held back stands in its metadata: a delay to a day, the mark of special content
/// (K), and what is said of guardians.
#[test]
fn the_metadata_say_how_a_document_is_held_back() {
    let display = |told: &[(Element, &'static str)], by_organiser| {
        let mut metadata = RawMetadata::default();
        for (element, text) in told {
            metadata.insert(*element, RawValue::Text((*text).into()));
        }
        Display::of(&metadata, by_organiser)
    };
    let open = display(&[(Element::SpecialContent, "E")], true);
    assert_eq!(open, Display::default());
    let held = display(
        &[
            (Element::DisplayDelay, "2026-12-24"),
            (Element::SpecialContent, "K"),
            (Element::GuardianDisclosure, "1"),
        ],
        true,
    );
    assert_eq!(held.delayed_until, Some(day("2026-12-24")));
    assert!(held.special_content && !held.adoption_shown);
    assert_eq!(held.guardians, GuardianMark::Shown);
    let by_producer = display(&[(Element::GuardianDisclosure, "2")], false);
    assert_eq!(by_producer.guardians, GuardianMark::HiddenByProducer);
}

/// LOG-1, ARC-10: who acted stands in the line with role, unit and how they logged in; and what the grant obliges
/// the log to keep.
#[test]
fn a_line_tells_who_acted_and_what_it_was_obliged_to() {
    use super::log::Actor;
    let detail = |strength| Actor::of(&professional(Role::Worker, strength)).detail.unwrap();
    let unit = "1.2.246.10.90000001.10.1";
    assert_eq!(detail(Strength::Strong), format!("number - role worker unit {unit}"));
    assert_eq!(detail(Strength::Weak), format!("number - role worker unit {unit} login weak"));
    let system = Actor::of(&World::usual().caller);
    assert_eq!(
        (&*system.name, system.detail.as_deref()),
        ("system:system", Some("certificate 00"))
    );

    let mut world = World::usual();
    world.person(Role::Worker);
    world.client.safety_order = true;
    let own = world.answer(Action::Read, Situation::OwnRegister).unwrap();
    assert_eq!(own.log_words(), " safety-order");
    world.client.rights.clear();
    world.reason = Some(Reason::Look(LookReason::Urgent));
    let other = world.answer(Action::Read, Situation::OwnRegister).unwrap();
    assert_eq!(other.log_words(), " masked reason=urgent");
}

/// LOG-2, JOI-2: a reviewer answers for the own organisation's people and for the controllers of its line, reads
/// the lines of those registers, and of a version elsewhere not even how it is held back.
#[test]
fn a_reviewer_reads_the_lines_of_the_own_registers() {
    let (own, tenant, other) =
        (oid("1.2.246.10.90000001"), oid("1.2.246.10.90000007"), oid("1.2.246.10.90000002"));
    let mut caller = professional(Role::DataProtectionOfficer, Strength::Strong);
    caller.registers = vec![own.clone(), tenant.clone()];
    let permit = may_review_log(&caller).unwrap();
    assert_eq!(permit.registers(), [own.clone(), tenant.clone()]);
    assert_eq!(permit.organisations().collect::<Vec<_>>(), [&own, &tenant]);
    for (organisation, expected) in [(&own, true), (&tenant, true), (&other, false)] {
        assert_eq!(permit.covers(organisation), expected, "{organisation}");
        assert_eq!(permit.answers_for(organisation.as_str()), expected, "{organisation}");
        let document =
            DocumentFacts { controller: organisation.clone(), ..World::usual().document };
        let version = VersionFacts { version: VersionKey(7), client: ClientKey(3), document };
        let record = permit.for_the_record(&version).map(|permit| permit.version());
        assert_eq!(record, expected.then_some(VersionKey(7)), "{organisation}");
    }
    caller.registers = vec![tenant.clone()];
    let permit = may_review_log(&caller).unwrap();
    assert!(permit.answers_for(own.as_str()) && permit.answers_for(tenant.as_str()));
    assert!(permit.masks_whereabouts());
    let keeper = may_review_log(&professional(Role::Archivist, Strength::Strong)).unwrap();
    assert!(!keeper.masks_whereabouts());
}

/// LOG-2, ACC-1: a citizen alone is told of the looks at the own documents, strongly authenticated: in every register, and
/// answering for nobody.
#[test]
fn a_citizen_alone_is_told_of_the_looks_at_the_own_documents() {
    let county = oid("1.2.246.10.90000001");
    let who = |who| Caller { who, ..World::usual().caller };
    let citizen = |strength| who(Who::Citizen { client: ClientKey(1), code: a_code(), strength });
    let answer =
        |caller: &Caller| may_see_own_looks(caller, vec![county.clone()]).map_err(Denial::code);
    let permit = answer(&citizen(Strength::Strong)).unwrap();
    assert_eq!(permit.client(), Some(ClientKey(1)));
    assert!(permit.covers(&county) && !permit.masks_whereabouts());
    assert!(!permit.answers_for(county.as_str()));
    assert_eq!(permit.basis(), Basis::OwnData);
    assert_eq!(answer(&citizen(Strength::Weak)).unwrap_err(), "weak-login");
    assert_eq!(answer(&who(Who::Operator)).unwrap_err(), "operator-sees-nothing");
    assert_eq!(answer(&World::usual().caller).unwrap_err(), "role-does-not-fit");
    let officer = professional(Role::DataProtectionOfficer, Strength::Strong);
    assert_eq!(answer(&officer).unwrap_err(), "role-does-not-fit");
}

/// DIS-6, OLD-3: handing over wants a legal basis that fits the living and the dead; a section of the law fits both, and a
/// look's reason is none.
#[test]
fn handing_over_wants_a_legal_basis_that_fits() {
    let own = Situation::OwnRegister;
    let asked = |reason: Option<Reason>, dead: bool, expected| {
        let make = |world: &mut World| {
            world.reason = reason;
            world.client.died_on = dead.then_some(world.day);
        };
        check(own, Action::Disclose, make, expected);
    };
    let unfit = Err("request-ground-does-not-fit");
    for (ground, of_the_living, of_the_dead) in [
        (RequestGround::DataSubject, Ok("on-request"), unfit),
        (RequestGround::Representative, Ok("on-request"), unfit),
        (RequestGround::Consent, Ok("on-request"), unfit),
        (RequestGround::Party, Ok("on-request"), Ok("on-request")),
        (RequestGround::ByLaw, Ok("on-request"), Ok("on-request")),
        (RequestGround::AfterDeath, unfit, Ok("on-request")),
    ] {
        asked(Some(Reason::Request(ground)), false, of_the_living);
        asked(Some(Reason::Request(ground)), true, of_the_dead);
    }
    for dead in [false, true] {
        let section = Reason::Statutory(StatutoryGround::Section64);
        asked(Some(section), dead, Ok("on-request"));
        asked(Some(Reason::Look(LookReason::Urgent)), dead, Err("reason-needed"));
        asked(None, dead, Err("reason-needed"));
    }
}

/// DIS-6, ACC-3: a worker hands over in case context alone, the keeper of the archive and a system without.
#[test]
fn a_worker_hands_over_in_case_context_alone() {
    let request = |world: &mut World| {
        world.reason = Some(Reason::Request(RequestGround::DataSubject));
        world.client.rights.clear();
    };
    let of = |role| {
        move |world: &mut World| {
            world.person(role);
            request(world);
        }
    };
    let (own, disclose) = (Situation::OwnRegister, Action::Disclose);
    check(own, disclose, of(Role::Worker), Err("case-context-missing"));
    let opened = |world: &mut World| {
        of(Role::Worker)(world);
        world.client.opened.push((world.document.controller.clone(), LookReason::Urgent));
    };
    check(own, disclose, opened, Err("case-context-missing"));
    let serves = |world: &mut World| {
        world.person(Role::Worker);
        world.reason = Some(Reason::Request(RequestGround::DataSubject));
    };
    check(own, disclose, serves, Ok("on-request"));
    check(own, disclose, request, Ok("on-request"));
    check(Situation::Archivist, disclose, of(Role::Archivist), Ok("on-request"));
}

/// DIS-6, ACC-1, ACC-2: who may hand over anything at all: the controller's own systems, workers and keeper of the
/// archive, strongly authenticated and with a register of their own.
#[test]
fn the_controllers_own_side_hands_over() {
    let handing = |caller: &Caller| may_hand_over(caller).map_err(Denial::code);
    let system = World::usual().caller;
    assert_eq!(handing(&system), Ok(()));
    for role in Role::ALL {
        let expected = match role {
            Role::MainUser => Err("not-certified"),
            Role::DataProtectionOfficer => Err("role-does-not-fit"),
            _ => Ok(()),
        };
        assert_eq!(handing(&professional(role, Strength::Strong)), expected, "{role:?}");
        let weak = professional(role, Strength::Weak);
        assert_eq!(handing(&weak), Err("weak-login"), "{role:?}");
    }
    let citizen = Who::Citizen { client: ClientKey(1), code: a_code(), strength: Strength::Strong };
    let citizen = Caller { who: citizen, ..system.clone() };
    assert_eq!(handing(&citizen), Err("role-does-not-fit"));
    assert_eq!(handing(&Caller { functions: vec![], ..system.clone() }), Err("not-certified"));
    assert_eq!(
        handing(&Caller { who: Who::Operator, ..system.clone() }),
        Err("operator-sees-nothing")
    );
    for without in [system, professional(Role::ProducerWorker, Strength::Strong)] {
        let without = Caller { registers: Vec::new(), ..without };
        assert_eq!(handing(&without), Err("another-register"));
    }
}

/// ARC-12, ACC-2: the keeper of the archive alone asks whose retention period is over.
#[test]
fn the_archivist_proposes_what_is_destroyed() {
    for role in Role::ALL {
        let expected = if role == Role::Archivist { Ok(()) } else { Err(Denial::RoleDoesNotFit) };
        assert_eq!(may_propose_destruction(&professional(role, Strength::Strong)), expected);
    }
    let system = World::usual().caller;
    assert_eq!(may_propose_destruction(&system), Err(Denial::RoleDoesNotFit));
}

/// ARC-12, ACC-1, ACC-2: the keeper of the archive alone, strongly authenticated, places holds and has documents
/// destroyed.
#[test]
fn the_archivist_keeps_the_retention() {
    let keeping = |caller: &Caller| may_keep_retention(caller).map_err(Denial::code);
    for role in Role::ALL {
        let expected = match role {
            Role::Archivist => Ok(()),
            Role::MainUser => Err("not-certified"),
            _ => Err("role-does-not-fit"),
        };
        assert_eq!(keeping(&professional(role, Strength::Strong)), expected, "{role:?}");
        assert_eq!(keeping(&professional(role, Strength::Weak)), Err("weak-login"), "{role:?}");
    }
    let system = World::usual().caller;
    assert_eq!(keeping(&system), Err("role-does-not-fit"));
    let operator = Caller { who: Who::Operator, ..system };
    assert_eq!(keeping(&operator), Err("operator-sees-nothing"));
}

/// CIT-6, ACC-1, ACC-2: of correction requests systems, those who serve clients and the keeper of the archive are told,
/// strongly authenticated.
#[test]
fn who_answers_for_documents_is_told_of_correction_requests() {
    let told = |caller: &Caller| may_answer_corrections(caller).map_err(Denial::code);
    for role in Role::ALL {
        let expected = match role {
            Role::MainUser => Err("not-certified"),
            Role::DataProtectionOfficer => Err("role-does-not-fit"),
            _ => Ok(()),
        };
        assert_eq!(told(&professional(role, Strength::Strong)), expected, "{role:?}");
        assert_eq!(told(&professional(role, Strength::Weak)), Err("weak-login"), "{role:?}");
    }
    let system = World::usual().caller;
    assert_eq!(told(&system), Ok(()));
    let citizen = Who::Citizen { client: ClientKey(1), code: a_code(), strength: Strength::Strong };
    assert_eq!(told(&Caller { who: citizen, ..system.clone() }), Err("role-does-not-fit"));
    assert_eq!(told(&Caller { who: Who::Operator, ..system }), Err("operator-sees-nothing"));
}

/// ARC-12: the keeper of the controller's archive destroys a version of a document that is kept no longer, seen whole; no
/// other document because of it, none of another's register, and nobody else does.
#[test]
fn what_is_over_is_destroyed_by_the_archivist() {
    let since = day("2010-01-01");
    let period = Period::Until { from: CountedFrom::CaseClosed, since, last: day("2022-01-01") };
    let versions = [Retention { rule: RetentionRule::Adults, period }];
    let over = |set: &Oid| {
        let facts = DestructionFacts {
            set,
            newest: set,
            versions: &versions,
            held: false,
            others_hang: false,
            being_recorded: false,
            approved: None,
        };
        may_go(day("2026-11-25"), &facts).unwrap()
    };
    let destroy = |make: fn(&mut World), situation, another_is_over: bool| {
        let mut world = World::usual();
        world.person(Role::Archivist);
        make(&mut world);
        let (version, client) = (VersionKey(7), ClientKey(1));
        let version = VersionFacts { version, client, document: world.document.clone() };
        let set = if another_is_over {
            oid("1.2.246.10.90000001.95.2")
        } else {
            version.document.set.clone()
        };
        let permit = world.asked(situation, |asked| may_destroy(&version, asked, &over(&set)));
        permit.map(|permit| (permit.version(), permit.client())).map_err(Denial::code)
    };
    let archivist = Situation::Archivist;
    assert_eq!(destroy(|_| {}, archivist, false), Ok((VersionKey(7), ClientKey(1))));
    assert_eq!(destroy(|_| {}, archivist, true), Err("role-does-not-fit"));
    assert_eq!(destroy(|_| {}, Situation::OwnRegister, false), Err("role-does-not-fit"));
    let worker: fn(&mut World) = |world| world.person(Role::Worker);
    assert_eq!(destroy(worker, Situation::OwnRegister, false), Err("role-does-not-fit"));
    let weak: fn(&mut World) = |world| world.weak_person(Role::Archivist);
    assert_eq!(destroy(weak, archivist, false), Err("weak-login"));
    let elsewhere: fn(&mut World) = |world| world.document.controller = oid("1.2.246.10.90000002");
    assert_eq!(destroy(elsewhere, archivist, false), Err("another-register"));
}

/// DIS-6: reasons of looks and legal bases of requests are told apart by their names.
#[test]
fn a_legal_basis_is_no_reason_of_a_look() {
    for reason in Reason::all() {
        assert_eq!(Reason::of_code(reason.code()), Some(reason));
        let request = matches!(reason, Reason::Request(_));
        assert_eq!(Reason::of_look(reason.code()).is_none(), request);
        let look = matches!(reason, Reason::Look(_));
        assert_eq!(Reason::of_request(reason.code()).is_none(), look);
    }
}

/// ARC-11, ACC-1, ACC-2: the keeper of the archive of the organisation that issued a temporary identifier joins it, and
/// nobody else; under whose node it lies says who issued it.
#[test]
fn the_issuers_archivist_joins_identifiers() {
    let nodes = [oid("1.2.246.10.90000001"), oid("1.2.246.10.90000077")];
    let check = |caller: &Caller, root: &str, expected: Result<(), Denial>| {
        assert_eq!(may_join_identities(caller, &nodes, &oid(root)), expected, "{caller:?} {root}");
    };
    let own = "1.2.246.10.90000001.22.2026";
    for role in Role::ALL {
        let keeper = role == Role::Archivist;
        let expected = if keeper { Ok(()) } else { Err(Denial::RoleDoesNotFit) };
        check(&professional(role, Strength::Strong), own, expected);
    }
    let keeper = professional(Role::Archivist, Strength::Strong);
    check(&keeper, "1.2.246.10.90000077.3.22.2026", Ok(()));
    check(&keeper, "1.2.246.10.90000002.22.2026", Err(Denial::AnotherRegister));
    check(&keeper, "1.2.246.10.900000011.22.2026", Err(Denial::AnotherRegister));
    check(&professional(Role::Archivist, Strength::Weak), own, Err(Denial::WeakLogin));
    check(&World::usual().caller, own, Err(Denial::RoleDoesNotFit));
    let operator = Caller { who: Who::Operator, ..keeper };
    check(&operator, own, Err(Denial::OperatorSeesNothing));
}

/// ARC-11, REL-4, CIT-1: a document that names one person by two identifiers names nobody else by them: no ground is asked
/// for the second, each one's log tells of the look, and the citizen with the identity code sees it as the own one.
#[test]
fn a_person_with_two_identifiers_is_one() {
    let mut world = World::usual();
    let (own, second) = (world.client.key.unwrap(), ClientKey(77));
    let since = Some(Instant::from_millis(0));
    let both = [own, second].map(|client| InCase { client, joined_at: since, left_at: None });
    world.document.joint = both.into();
    let read = |world: &World| {
        let version =
            VersionFacts { version: VersionKey(7), client: own, document: world.document.clone() };
        let permit = world.asked(Situation::OwnRegister, |question| may_read(&version, question));
        permit.map(|permit| {
            let looks: Vec<ClientKey> = permit.looks_at().map(|(client, _)| client).collect();
            (looks, permit.grant().hides_others())
        })
    };
    // Of the second nothing is known: not joined, it is somebody else.
    assert_eq!(read(&world), Err(Denial::AnotherClients));
    world.client.identities = vec![own, second];
    assert_eq!(read(&world), Ok((vec![own, second], false)));
    world.document.joint = [].into();
    let citizen = |world: &mut World, key| {
        world.citizen(key);
        world.answer(Action::Read, Situation::Citizen)
    };
    world.document.display = Display::OPEN;
    assert!(citizen(&mut world, second).is_ok());
    assert!(citizen(&mut world, own).is_ok());
    assert_eq!(citizen(&mut world, ClientKey(78)), Err(Denial::AnotherPersons));
}

/// ACC-3, ARC-3, REL-4: a question holds all that the caller says of it, and what is known of the others.
#[test]
fn a_question_holds_what_the_caller_says() {
    let world = World::usual();
    let reason = Reason::Look(LookReason::Urgent);
    let said = Purpose::READ_INVALIDATED.in_situation(Situation::Archivist).because(reason);
    let others = [&world.client];
    let question = Question::new(&world.caller, &world.document, &world.client, said, world.day);
    let question = question.beside(&others);
    assert_eq!((question.situation, question.reason), (Situation::Archivist, Some(reason)));
    assert!(question.invalidated_too && question.others == others);
    let plain =
        Question::new(&world.caller, &world.document, &world.client, Purpose::READ, world.day);
    assert_eq!((plain.situation, plain.reason), (Situation::OwnRegister, None));
    assert!(!plain.invalidated_too && plain.others.is_empty());
}

/// ACC-1: who names no situation is taken by its role, and then by whose register it is; a disclosure is never guessed.
#[test]
fn the_usual_situation_follows_who_asks_and_whose_register_it_is() {
    type Make = fn(&mut World);
    let usual = |make: Make| {
        let mut world = World::usual();
        make(&mut world);
        Situation::usual(&world.caller, &world.document, &world.client, world.day)
    };
    let table: [(Make, Situation); 13] = [
        (|_| {}, Situation::OwnRegister),
        (|world| world.person(Role::Worker), Situation::OwnRegister),
        (|world| world.person(Role::Archivist), Situation::Archivist),
        (|world| world.person(Role::DataProtectionOfficer), Situation::DataProtectionReview),
        (|world| world.citizen(ClientKey(1)), Situation::Citizen),
        (World::serving_producer, Situation::RegisterUse),
        (
            |world| {
                world.serving_producer();
                world.client.wide_in = vec![world.document.controller.clone()];
            },
            Situation::WideRegisterUse,
        ),
        (
            |world| {
                world.serving_producer();
                world.client.wide_in = vec![oid("1.2.246.10.90000002")];
            },
            Situation::RegisterUse,
        ),
        // An organiser that works in another's register on its own side of the right.
        (
            |world| {
                world.serving_producer();
                for right in &mut world.client.rights {
                    right.side = Side::Organiser;
                }
            },
            Situation::OwnRegister,
        ),
        (
            |world| {
                world.other_countys_worker();
                world.document.controller = oid("1.2.246.10.90000002");
            },
            Situation::OwnRegister,
        ),
        (|world| world.document.group = DocumentGroup::Permission, Situation::ClientWill),
        // What it does for itself as a producer is done in its own register all the same.
        (
            |world| {
                for right in &mut world.client.rights {
                    right.side = Side::Producer;
                }
            },
            Situation::OwnRegister,
        ),
        // One that does not serve the client.
        (
            |world| {
                world.document.group = DocumentGroup::Permission;
                world.client.rights.clear();
                world.client.relationships.clear();
            },
            Situation::OwnRegister,
        ),
    ];
    for (place, (make, expected)) in table.into_iter().enumerate() {
        assert_eq!(usual(make), expected, "{place}");
    }
}

/// DIS-2, JOI-3: a client's will is read by whoever serves the client, as who they are where they serve: that the
/// controller in whose register it lies keeps users of theirs, and not this one, takes nothing from them.
#[test]
fn a_will_is_read_as_who_one_is_where_the_client_is_served() {
    let mut world = World::usual();
    world.document.group = DocumentGroup::Permission;
    world.kept_controllers_worker(true);
    let grant = world.answer(Action::Read, Situation::ClientWill).unwrap();
    assert_eq!(grant.basis, Basis::ServesClient);
    assert_eq!(world.answer(Action::Read, Situation::OwnRegister), Err(Denial::NoUserHere));
}

/// DIS-2, RUR-3: a worker serves the client in the own register by a right there, held by a unit of one's own; neither
/// a right in another's register nor another's unit makes it so.
#[test]
fn a_right_serves_in_its_own_register_by_its_own_unit() {
    let serves = |holder: &str, controller: &str| {
        let mut world = World::usual();
        world.other_countys_worker();
        for right in &mut world.client.rights {
            right.holder = oid(holder);
            right.controller = oid(controller);
        }
        world.client.is_served_by(&world.caller, world.day)
    };
    let (own, another) = ("1.2.246.10.90000002", "1.2.246.10.90000001");
    let unit = |make: fn(&mut World)| {
        let mut world = World::usual();
        make(&mut world);
        world.caller.units[0].as_str().to_owned()
    };
    let (own_unit, countys_unit) = (unit(World::other_countys_worker), unit(|_| {}));
    assert!(serves(&own_unit, own));
    assert!(!serves(&own_unit, another));
    assert!(!serves(&countys_unit, own));
}

/// REL-4, DIS-2: what the other client of a joint case refuses holds the whole document back from a disclosure, and not
/// from one by law.
#[test]
fn what_either_client_refuses_is_not_disclosed() {
    let refuses = |make: fn(&mut World), situation| {
        let mut world = World::usual();
        make(&mut world);
        world.joint();
        world.others[0].refusals.0.push(Refused::ServiceTask("24".into()));
        world.answer(Action::Read, situation).map(drop)
    };
    let (asked, by_law) = (Situation::Disclosure, Situation::StatutoryDisclosure);
    assert_eq!(refuses(World::other_county, asked), Err(Denial::RefusedByClient));
    assert_eq!(refuses(World::by_law, by_law), Ok(()));
}

/// ACC-2: a duty that names its service tasks keeps a worker to these in the daily work; a statutory disclosure is none
/// of it, and whoever keeps the archive has no duty in it.
#[test]
fn a_duty_keeps_to_its_service_tasks() {
    let with = |role: Role, tasks: &[&str], situation| {
        let mut world = World::usual();
        world.person(role);
        if let Who::Person { duty, .. } = &mut world.caller.who {
            *duty = Some(tasks.iter().map(|task| Arc::from(*task)).collect());
        }
        world.answer(Action::Read, situation).map(drop)
    };
    let own = Situation::OwnRegister;
    assert_eq!(with(Role::Worker, &["24"], own), Ok(()));
    assert_eq!(with(Role::Worker, &["25", "24"], own), Ok(()));
    assert_eq!(with(Role::Worker, &["25"], own), Err(Denial::OutsideDuty));
    assert_eq!(with(Role::Worker, &[], own), Err(Denial::OutsideDuty));
    assert_eq!(with(Role::Archivist, &["25"], Situation::Archivist), Ok(()));
    let mut world = World::usual();
    world.by_law();
    world.person(Role::Worker);
    if let Who::Person { duty, .. } = &mut world.caller.who {
        *duty = Some(vec![Arc::from("25")]);
    }
    assert!(world.answer(Action::Read, Situation::StatutoryDisclosure).is_ok());
}

/// ACC-6: every action and situation is found by its name, and nothing else is.
#[test]
fn actions_and_situations_are_found_by_their_names() {
    for action in Action::ALL {
        assert_eq!(Action::of_code(action.code()), Some(action));
    }
    for situation in Situation::ALL {
        assert_eq!(Situation::of_code(situation.code()), Some(situation));
    }
    assert_eq!((Action::of_code("look"), Situation::of_code("")), (None, None));
}

/// REL-4: through another client only the metadata that tell of nobody are shown; through the client whose the
/// document is, all but the free text of why it is held back.
#[test]
fn metadata_through_another_client_tell_of_nobody() {
    let mut raw = RawMetadata::default();
    for element in Element::ALL.iter().copied() {
        raw.insert(element, RawValue::Text("x".into()));
    }
    for element in Element::ALL.iter().copied() {
        let through = |own| joint::hide_clients(&raw, own).get(element).is_some();
        assert_eq!(through(true), element != Element::RestrictionArgument, "{element:?}");
        assert_eq!(through(false), joint::OF_NOBODY.contains(&element), "{element:?}");
    }
}

/// OLD-7, OLD-6, ACC-1, ACC-2: old data that are not archived yet are looked at and completed by the keeper of the archive
/// of every controller that the delivery names, and by nobody else.
#[test]
fn the_archivist_of_every_controller_completes_old_data() {
    let register = World::usual().document.controller;
    let other = crate::ids::Oid::parse("1.2.246.10.4").unwrap();
    let of = |caller: &Caller, controllers: &[crate::ids::Oid]| {
        may_complete_old_data(caller, controllers)
            .map(|permit| permit.covers(controllers))
            .map_err(Denial::code)
    };
    for role in Role::ALL {
        let expected = match role {
            Role::MainUser => Err("not-certified"),
            Role::Archivist => Ok(true),
            _ => Err("role-does-not-fit"),
        };
        let caller = professional(role, Strength::Strong);
        assert_eq!(of(&caller, std::slice::from_ref(&register)), expected, "{role:?}");
        let weak = professional(role, Strength::Weak);
        assert_eq!(of(&weak, std::slice::from_ref(&register)), Err("weak-login"), "{role:?}");
    }
    let archivist = professional(Role::Archivist, Strength::Strong);
    assert_eq!(of(&archivist, &[register.clone(), other.clone()]), Err("another-register"));
    assert_eq!(of(&archivist, std::slice::from_ref(&other)), Err("another-register"));
    assert_eq!(of(&archivist, &[]), Err("another-register"));
    let system = World::usual().caller;
    assert_eq!(of(&system, std::slice::from_ref(&register)), Err("role-does-not-fit"));
    let operator = Caller { who: Who::Operator, ..system };
    assert_eq!(of(&operator, std::slice::from_ref(&register)), Err("operator-sees-nothing"));
    let permit = may_complete_old_data(&archivist, std::slice::from_ref(&register)).unwrap();
    assert!(!permit.covers(&[register, other]));
}

/// OPS-3, ACC-2, ACC-5: a controller's whole register is taken out and in by the keeper of its own archive, with a strong
/// login, and by nobody else.
#[test]
fn the_archivist_of_the_controller_moves_its_register() {
    let register = World::usual().document.controller;
    let other = crate::ids::Oid::parse("1.2.246.10.4").unwrap();
    let of = |caller: &Caller, controller: &crate::ids::Oid| {
        may_transfer_register(caller, controller)
            .map(|permit| permit.controller() == controller)
            .map_err(Denial::code)
    };
    for role in Role::ALL {
        let expected = match role {
            Role::MainUser => Err("not-certified"),
            Role::Archivist => Ok(true),
            _ => Err("role-does-not-fit"),
        };
        let caller = professional(role, Strength::Strong);
        assert_eq!(of(&caller, &register), expected, "{role:?}");
        let weak = professional(role, Strength::Weak);
        assert_eq!(of(&weak, &register), Err("weak-login"), "{role:?}");
    }
    let archivist = professional(Role::Archivist, Strength::Strong);
    assert_eq!(of(&archivist, &other), Err("another-register"));
    let system = World::usual().caller;
    assert_eq!(of(&system, &register), Err("role-does-not-fit"));
    let operator = Caller { who: Who::Operator, ..system };
    assert_eq!(of(&operator, &register), Err("operator-sees-nothing"));
}
