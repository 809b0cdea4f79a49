use std::sync::Arc;

use super::*;
use crate::access::log::Actor;
use crate::time::Instant;

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn until(last: &str) -> Retention {
    let (since, last) = (day(last).plus_years(-10), day(last));
    let period = Period::Until { from: CountedFrom::CaseClosed, since, last };
    Retention { rule: RetentionRule::Adults, period }
}

const FOR_EVER: Retention = Retention { rule: RetentionRule::Sample, period: Period::ForEver };
const WAITS: Retention = Retention {
    rule: RetentionRule::ChildProtection,
    period: Period::NotYetCounted(CountedFrom::Death),
};

const TODAY: &str = "2026-11-26";

/// What is told: the last day of keeping, or why it is kept.
fn told(facts: &DestructionFacts<'_>) -> String {
    match may_go(day(TODAY), facts) {
        Ok(over) => over.because().last.to_string(),
        Err(why) => why.code().to_owned(),
    }
}

fn check(versions: &[Retention], change: fn(&mut DestructionFacts<'_>), expected: &str) {
    let set = oid("1.2.246.10.1.95.1");
    let (held, others_hang, being_recorded) = (false, false, false);
    let newest = &set;
    let mut facts = DestructionFacts {
        set: &set,
        newest,
        versions,
        held,
        others_hang,
        being_recorded,
        approved: None,
    };
    change(&mut facts);
    assert_eq!(told(&facts), expected);
}

/// ARC-12: a document goes when the period of each of its versions is over, and never before; what is kept for ever stays.
#[test]
fn a_document_goes_when_every_version_is_over() {
    check(&[until("2026-11-25")], |_| {}, "2026-11-25");
    check(&[until("2026-11-26")], |_| {}, "period-runs");
    check(&[until("2020-01-01"), until("2024-05-05"), until("2021-01-01")], |_| {}, "2024-05-05");
    check(&[until("2020-01-01"), until("2027-01-01")], |_| {}, "period-runs");
    check(&[FOR_EVER], |_| {}, "period-runs");
    check(&[until("2020-01-01"), FOR_EVER], |_| {}, "period-runs");
    check(&[WAITS], |_| {}, "period-runs");
    check(&[], |_| {}, "not-permitted");
}

/// ARC-12: what is held never goes, nor what others hang on, nor what somebody is recording beside.
#[test]
fn a_hold_keeps_what_is_over() {
    let over = [until("2020-01-01")];
    check(&over, |facts| facts.held = true, "held");
    check(&[FOR_EVER], |facts| facts.held = true, "held");
    check(&over, |facts| facts.others_hang = true, "others-hang");
    check(&over, |facts| facts.being_recorded = true, "being-recorded");
}

/// ARC-12: what was approved for one reason does not go for another, and no version goes that was not there.
#[test]
fn what_is_over_for_another_reason_was_not_approved() {
    let over = [until("2020-01-01")];
    let (set, newest) = (oid("1.2.246.10.1.95.1"), oid("1.2.246.10.1.95.2"));
    for (rule, since, last, approved, expected) in [
        (RetentionRule::Adults, "2010-01-01", "2020-01-01", &newest, "2020-01-01"),
        (RetentionRule::Adults, "2009-12-31", "2019-12-31", &newest, "changed"),
        (RetentionRule::FamilyLaw, "2010-01-01", "2020-01-01", &newest, "changed"),
        (RetentionRule::Adults, "2010-01-01", "2020-01-01", &set, "changed"),
    ] {
        let from = CountedFrom::CaseClosed;
        let because = OverBecause { rule, from, since: day(since), last: day(last) };
        let facts = DestructionFacts {
            set: &set,
            newest: &newest,
            versions: &over,
            held: false,
            others_hang: false,
            being_recorded: false,
            approved: Some((approved, because)),
        };
        assert_eq!(told(&facts), expected);
    }
}

/// ARC-12: two different archivists approve; the same person never twice, by another login neither where the registration
/// number tells.
#[test]
fn nobody_approves_twice() {
    let who = |name: &str, number: &str| {
        let detail = Some(format!("number {number} role archivist unit -"));
        Approver::of(&Actor { name: format!("person:{name}"), organisation: None, detail })
    };
    let may = |before: &[Approver], by: &Approver| may_approve(before, by);
    let twice = Err(Denial::ApprovedBefore);
    assert_eq!(may(&[], &who("aino", "-")), Ok(()));
    assert_eq!(may(&[who("aino", "-")], &who("aino", "-")), twice);
    assert_eq!(may(&[who("aino", "-")], &who("aino", "29900000001")), twice);
    assert_eq!(may(&[who("aino", "29900000001")], &who("a.virtanen", "29900000001")), twice);
    assert_eq!(may(&[who("aino", "-")], &who("olli", "-")), Ok(()));
    assert_eq!(may(&[who("aino", "29900000001")], &who("olli", "29900000002")), Ok(()));
}

fn line(number: i64, event: Event, version: Option<i64>, detail: &str) -> KeptLine {
    KeptLine {
        number,
        at: Instant::from_millis(number),
        event,
        outcome: Arc::from("permitted"),
        reason: Arc::from("archivist"),
        actor: Actor { name: "person:aino".into(), organisation: None, detail: None },
        client: Some(ClientKey(5)),
        version: version.map(VersionKey),
        detail: detail.to_owned(),
    }
}

fn list() -> DestructionList {
    DestructionList {
        key: 7,
        controller: oid("1.2.246.10.1"),
        entries: 2,
        digest: digest_of(&[]),
        made: 1,
        approvals: Vec::new(),
        fates: BTreeMap::new(),
        ended: None,
        certificate: None,
    }
}

/// ARC-12: a list goes forward alone: proposed, approved by two, begun, done; withdrawn while nothing of it is destroyed.
#[test]
fn a_list_goes_forward_alone() {
    let list = list();
    let approval = list.detail_of_approval();
    let destroyed = "destruction=7 place=0 row=x";
    let kept = list.detail_of_keeping(1, KeptBecause::Held);
    let made = line(1, Event::Retention, None, &list.detail());
    let act = |number, detail: &str| line(number, Event::Retention, None, detail);
    let approved = [made.clone(), act(2, &approval), act(3, &approval)];
    let begun = [approved.to_vec(), vec![line(4, Event::Destroy, Some(9), destroyed)]].concat();
    let done = [begun.clone(), vec![act(5, &kept), act(6, &list.detail_of_end("c"))]].concat();
    let withdrawn = [approved.to_vec(), vec![act(4, &list.detail_of_withdrawal())]].concat();
    for (lines, expected) in [
        (&[made.clone()][..], ListState::Proposed),
        (&approved[..2], ListState::Proposed),
        (&approved[..], ListState::Approved),
        (&begun[..], ListState::Begun),
        (&done[..], ListState::Done),
        (&withdrawn[..], ListState::Withdrawn),
    ] {
        assert_eq!(Told::of(lines).lists[&7].state(), expected);
    }
    let states = |is: fn(ListState) -> bool| ListState::ALL.into_iter().filter(move |one| is(*one));
    let codes = |is| states(is).map(ListState::code).collect::<Vec<_>>();
    assert_eq!(codes(ListState::takes_approval), ["proposed"]);
    assert_eq!(codes(ListState::may_be_withdrawn), ["proposed", "approved"]);
    assert_eq!(codes(ListState::may_be_stopped), ["begun"]);
    assert_eq!(codes(ListState::may_be_carried_out), ["approved", "begun"]);
    assert_eq!(codes(ListState::is_open), ["proposed", "approved", "begun"]);
}

/// ARC-12: an approval is of these very entries: one of others is none.
#[test]
fn an_approval_names_what_it_approves() {
    let (list, mut other) = (list(), list());
    other.digest = "x=".to_owned();
    let lines = [
        line(1, Event::Retention, None, &list.detail()),
        line(2, Event::Retention, None, &other.detail_of_approval()),
        line(3, Event::Retention, None, &list.detail_of_approval()),
    ];
    assert_eq!(Told::of(&lines).lists[&7].approvals, [3]);
}

/// ARC-12, ARC-15: of a hold, a list and a destroyed version the lines tell all; what was denied or refused tells nothing.
#[test]
fn lines_tell_of_holds_whole() {
    let hold = Hold {
        key: 3,
        controller: oid("1.2.246.10.1"),
        client: ClientKey(5),
        set: VersionKey(11),
        reason: HoldReason::Research,
        explained: String::new(),
        placed: 1,
        lifted: None,
    };
    let placed = line(1, Event::Retention, None, &hold.detail());
    let lifted = line(2, Event::Retention, None, &hold.detail_of_lifting());
    assert_eq!(Told::of(std::slice::from_ref(&placed)).holds[&3], hold);
    let both = Told::of(&[placed.clone(), lifted.clone()]);
    assert_eq!(both.holds[&3], Hold { lifted: Some(2), ..hold });
    let denied = KeptLine { outcome: Arc::from("denied"), ..lifted };
    assert_eq!(Told::of(&[placed, denied]).holds[&3].lifted, None);
    let gone = DestroyedVersion {
        version: VersionKey(9),
        client: ClientKey(5),
        row: "row".into(),
        entry: (7, 0),
        line: 4,
    };
    let told = Told::of(&[line(4, Event::Destroy, Some(9), &gone.detail())]);
    let told = &told.destroyed[&VersionKey(9)];
    assert!(told.tells_of(&gone));
    for other in [
        DestroyedVersion { client: ClientKey(6), ..gone.clone() },
        DestroyedVersion { row: "rows".into(), ..gone.clone() },
        DestroyedVersion { entry: (7, 1), ..gone.clone() },
        DestroyedVersion { line: 5, ..gone.clone() },
    ] {
        assert!(!told.tells_of(&other), "{other:?}");
    }
}

/// ARC-12: the digest is of every entry and of why it goes.
#[test]
fn the_digest_covers_every_entry() {
    let because = OverBecause {
        rule: RetentionRule::Adults,
        from: CountedFrom::CaseClosed,
        since: day("2010-01-01"),
        last: day("2020-01-01"),
    };
    let entry = |place, set, document: &str| Entry {
        place,
        set: VersionKey(set),
        document: oid(document),
        because,
    };
    let one = digest_of(&[entry(0, 1, "1.2.3")]);
    let changed = Entry {
        because: OverBecause { last: day("2020-01-02"), ..because },
        ..entry(0, 1, "1.2.3")
    };
    for other in [
        digest_of(&[]),
        digest_of(&[entry(1, 1, "1.2.3")]),
        digest_of(&[entry(0, 2, "1.2.3")]),
        digest_of(&[entry(0, 1, "1.2.4")]),
        digest_of(&[changed]),
        digest_of(&[entry(0, 1, "1.2.3"), entry(1, 2, "1.2.4")]),
    ] {
        assert_ne!(one, other);
    }
}
