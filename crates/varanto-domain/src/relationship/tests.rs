use std::borrow::Cow;

use super::*;
use crate::ids::Oid;
use crate::structures::Content;
use crate::time::FinnishDay;

const HOME_CARE: &str = "1.2.246.10.90000003.10.11";
const CLEANING: &str = "1.2.246.10.90000004.10.11";
const COUNTYS_UNIT: &str = "1.2.246.10.90000001.10.11";

fn text(text: &str) -> Content<'static> {
    Content::Text(Cow::Owned(text.to_owned()))
}

fn object(members: Vec<(&'static str, Content<'static>)>) -> Content<'static> {
    Content::Object(members.into_iter().map(|(key, value)| (Cow::Borrowed(key), value)).collect())
}

fn coded(code: &str) -> Content<'static> {
    object(vec![("code", text(code))])
}

/// A unit from its first day to its last; `""`: until further notice.
fn unit(oid: &str, first: &str, last: &str) -> Vec<(&'static str, Content<'static>)> {
    let mut members =
        vec![("palveluyksikon_nimi", coded(oid)), ("asiakkuuden_alkamispvm", text(first))];
    if !last.is_empty() {
        members.push(("asiakkuuden_paattymispvm", text(last)));
    }
    members
}

fn task(code: &str, producers: Vec<Vec<(&'static str, Content<'static>)>>) -> Content<'static> {
    object(vec![
        ("palvelutehtava", coded(code)),
        (
            "palvelunjarjestajan_palveluyksikko",
            Content::List(vec![object(unit(COUNTYS_UNIT, "2026-01-01", ""))]),
        ),
        ("palveluntuottaja", Content::List(producers.into_iter().map(object).collect())),
    ])
}

struct Relationship {
    tasks: Vec<Content<'static>>,
    ended: &'static str,
    old: bool,
    child_protection: Option<(&'static str, &'static str)>,
}

impl Relationship {
    fn of(tasks: Vec<Content<'static>>) -> Self {
        Self { tasks, ended: "", old: false, child_protection: None }
    }

    fn units(self) -> RelationshipUnits {
        let mut heading = vec![("asiakkuuden_alkamispvm", text("2026-01-01"))];
        if !self.ended.is_empty() {
            heading.push(("asiakkuuden_paattymispvm", text(self.ended)));
        }
        if self.old {
            heading.push(("vanha_asiakkuus", Content::Switch(true)));
        }
        let mut members = vec![
            ("sosiaalihuollon_asiakkuus", object(heading)),
            ("sosiaalihuollon_palvelutehtava", Content::List(self.tasks)),
        ];
        if let Some((first, last)) = self.child_protection {
            let mut days = vec![("lastensuojelun_asiakkuuden_alkamispvm", text(first))];
            if !last.is_empty() {
                days.push(("lastensuojelun_asiakkuuden_paattymispvm", text(last)));
            }
            members.push(("lastensuojelun_asiakkuus", object(days)));
        }
        RelationshipUnits::read(&object(vec![("asiakkuusasiakirja", object(members))]))
    }

    fn rights(self) -> Vec<RegisterUseRight> {
        self.units().rights(&Parties {
            controller: Oid::parse("1.2.246.10.90000001").unwrap(),
            organiser: Oid::parse("1.2.246.10.90000001").unwrap(),
            relationship: Oid::parse("1.2.246.10.90000001.95.2026.1").unwrap(),
        })
    }
}

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

/// What a unit's only right in the relationship tells on a day.
fn check(rights: &[RegisterUseRight], unit: &str, on: &str, expected: &str) {
    let held: Vec<_> = rights.iter().filter(|right| right.holder.as_str() == unit).collect();
    let told = match held.as_slice() {
        [] => "no right".to_owned(),
        [right] => match right.standing_on(day(on)) {
            Standing::InForce => "in force".to_owned(),
            Standing::NotYet(first) => format!("from {first}"),
            Standing::Suspended(again) => format!("again from {again}"),
            Standing::Ended(last) => format!("until {last}"),
        },
        several => format!("{} rights", several.len()),
    };
    assert_eq!(told, expected, "{unit} on {on}");
}

/// RUR-1, RUR-3: the right begins and ends with the days of the unit, and both end days count.
#[test]
fn a_right_arises_with_the_units_first_day_and_ends_with_its_last() {
    let rights =
        Relationship::of(vec![task("23", vec![unit(HOME_CARE, "2026-03-01", "2026-06-30")])])
            .rights();
    check(&rights, HOME_CARE, "2026-02-28", "from 2026-03-01");
    check(&rights, HOME_CARE, "2026-03-01", "in force");
    check(&rights, HOME_CARE, "2026-06-30", "in force");
    check(&rights, HOME_CARE, "2026-07-01", "until 2026-06-30");
    check(&rights, CLEANING, "2026-04-01", "no right");
    check(&rights, COUNTYS_UNIT, "2026-01-01", "in force");
}

/// RUR-1: the implementer named by the producer has a right of its own, no longer than the producer's
/// unless the organiser says so.
#[test]
fn an_implementer_ends_with_its_producer_unless_it_has_a_day_of_its_own() {
    let with = |last: &str| {
        let mut producer = unit(HOME_CARE, "2026-03-01", "2026-06-30");
        let implementer = object(unit(CLEANING, "2026-04-01", last));
        producer.push(("palveluntoteuttaja", Content::List(vec![implementer])));
        Relationship::of(vec![task("23", vec![producer])]).rights()
    };
    check(&with(""), CLEANING, "2026-03-31", "from 2026-04-01");
    check(&with(""), CLEANING, "2026-06-30", "in force");
    check(&with(""), CLEANING, "2026-07-01", "until 2026-06-30");
    check(&with("2026-07-31"), CLEANING, "2026-07-31", "in force");
    let rights = with("");
    let implementer = rights.iter().find(|right| right.holder.as_str() == CLEANING).unwrap();
    assert_eq!(implementer.side, Side::Implementer { producer: Oid::parse(HOME_CARE).unwrap() });
}

/// RUR-8: a service that was interrupted and goes on is one right with its suspension kept.
#[test]
fn days_between_two_spans_of_one_unit_are_a_suspension() {
    let spans = vec![
        unit(HOME_CARE, "2026-09-01", ""),
        unit(HOME_CARE, "2026-03-01", "2026-05-31"),
        unit(HOME_CARE, "2026-06-01", "2026-06-30"),
    ];
    let rights = Relationship::of(vec![task("23", spans)]).rights();
    check(&rights, HOME_CARE, "2026-02-28", "from 2026-03-01");
    check(&rights, HOME_CARE, "2026-06-01", "in force");
    check(&rights, HOME_CARE, "2026-06-30", "in force");
    check(&rights, HOME_CARE, "2026-07-01", "again from 2026-09-01");
    check(&rights, HOME_CARE, "2026-08-31", "again from 2026-09-01");
    check(&rights, HOME_CARE, "2026-09-01", "in force");
    let right = rights.iter().find(|right| right.holder.as_str() == HOME_CARE).unwrap();
    assert_eq!(right.suspensions.len(), 1);
    assert_eq!(right.spans().len(), 2);
    assert_eq!(right.spans()[0].last, Some(day("2026-06-30")));
    assert_eq!(right.spans()[1].first, day("2026-09-01"));
}

/// RUR-3: late recording only by the day that the organiser set; without one nothing outlives the
/// relationship.
#[test]
fn no_right_outlives_its_relationship_unless_the_organiser_says_so() {
    let with = |last: &str| {
        let tasks = vec![task("23", vec![unit(HOME_CARE, "2026-03-01", last)])];
        Relationship { ended: "2026-06-30", ..Relationship::of(tasks) }.rights()
    };
    check(&with(""), HOME_CARE, "2026-06-30", "in force");
    check(&with(""), HOME_CARE, "2026-07-01", "until 2026-06-30");
    check(&with("2026-07-14"), HOME_CARE, "2026-07-14", "in force");
    check(&with("2026-07-14"), HOME_CARE, "2026-07-15", "until 2026-07-14");
}

/// REL-8: what serves child protection ends with the child-protection relationship; other service
/// tasks do not.
#[test]
fn the_end_of_child_protection_ends_its_units_alone() {
    let producer = |first| vec![unit(HOME_CARE, first, "")];
    let of = |code| Relationship {
        child_protection: Some(("2026-01-01", "2026-06-30")),
        ..Relationship::of(vec![task(code, producer("2026-03-01"))])
    };
    check(&of("10").rights(), HOME_CARE, "2026-06-30", "in force");
    check(&of("10").rights(), HOME_CARE, "2026-07-01", "until 2026-06-30");
    check(&of("24").rights(), HOME_CARE, "2026-07-01", "in force");
    let units = of("10").units();
    assert_eq!(units.child_protection.map(|days| days.first), Some(day("2026-01-01")));
}

/// REL-5: a unit of one service task serves that task alone; one of the relationship serves all.
#[test]
fn a_branch_covers_its_own_service_task() {
    let rights =
        Relationship::of(vec![task("23", vec![unit(HOME_CARE, "2026-03-01", "")])]).rights();
    let right = rights.iter().find(|right| right.side == Side::Producer).unwrap();
    assert!(right.branch.covers("23") && !right.branch.covers("24"));
    assert!(Branch::WholeRelationship.covers("24"));
}

/// OLD-2, RUR-1: an old relationship carries no right; nor does an entry whose days are unclear or
/// run backwards.
#[test]
fn what_is_old_or_unclear_makes_no_right() {
    let tasks = |first, last| vec![task("23", vec![unit(HOME_CARE, first, last)])];
    let old = Relationship { old: true, ..Relationship::of(tasks("2026-03-01", "")) };
    check(&old.rights(), HOME_CARE, "2026-04-01", "no right");
    for (first, last) in [("2026-03", ""), ("2026-03-01", "2026"), ("2026-03-01", "2026-02-28")] {
        let units = Relationship::of(tasks(first, last));
        check(&units.rights(), HOME_CARE, "2026-04-01", "no right");
    }
    let unclear = Relationship::of(tasks("2026-03-01", "2026")).units().unclear_days;
    let pointer = "/asiakkuusasiakirja/sosiaalihuollon_palvelutehtava/0/palveluntuottaja/0";
    assert_eq!(unclear, [format!("{pointer}/asiakkuuden_paattymispvm")]);
    let ended = Relationship { ended: "2026", ..Relationship::of(tasks("2026-03-01", "")) };
    check(&ended.rights(), HOME_CARE, "2026-04-01", "no right");
}

/// The notices that a change makes, in words: kind, day, told from.
fn told(before: &[RegisterUseRight], after: &[RegisterUseRight], today: &str) -> Vec<String> {
    let today = FinnishDay::parse(today).unwrap();
    let told = changes(before, after).into_iter().map(|change| told_of(&change, today));
    let word =
        |notice: Notice| format!("{} {} from {}", notice.kind.code(), notice.day, notice.told_from);
    told.flat_map(|told| told.notices).map(word).collect()
}

/// RUR-5: a right that opens is told at once, one that ends two weeks before its last day; to the producers
/// alone, and nothing of what was over when it was written down.
#[test]
fn notices_follow_from_what_a_version_changes() {
    let rights = |first: &str, last: &str| {
        let right = |right: &RegisterUseRight| right.side == Side::Producer;
        let task = task("24", vec![unit(HOME_CARE, first, last)]);
        let parties = Parties {
            controller: Oid::parse("1.2.3").unwrap(),
            organiser: Oid::parse("1.2.3").unwrap(),
            relationship: Oid::parse("1.2.4").unwrap(),
        };
        let all = Relationship::of(vec![task]).units().rights(&parties);
        assert_eq!(all.iter().filter(|one| right(one)).count(), 1);
        all
    };
    let open = rights("2026-03-01", "");
    let ends = rights("2026-03-01", "2026-06-30");
    let none = Vec::<String>::new();
    assert_eq!(told(&[], &open, "2026-02-01"), ["right-opened 2026-03-01 from 2026-02-01"]);
    assert_eq!(told(&open, &open, "2026-02-01"), none);
    let ending = ["right-ending 2026-06-30 from 2026-06-16"];
    assert_eq!(told(&open, &ends, "2026-05-01"), ending);
    assert_eq!(told(&open, &ends, "2026-06-20"), ["right-ending 2026-06-30 from 2026-06-20"]);
    assert_eq!(told(&ends, &open, "2026-05-01"), none);
    assert_eq!(told(&[], &ends, "2026-07-01"), none);
    let both =
        ["right-opened 2026-03-01 from 2026-06-30", "right-ending 2026-06-30 from 2026-06-30"];
    assert_eq!(told(&[], &ends, "2026-06-30"), both);
    let own = &open[..1];
    assert_eq!(own[0].side, Side::Organiser);
    assert_eq!(told(&[], own, "2026-02-01"), none);
    assert_eq!(told(&open, own, "2026-05-01"), ["right-withdrawn 2026-05-01 from 2026-05-01"]);
    assert_eq!(told(&ends, &ends[..1], "2026-07-01"), none);
}
