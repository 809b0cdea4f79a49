//! Random relationships and cases, there and back again: the same rights at every moment.

use std::borrow::Cow;

use super::super::*;
use crate::archive::register_documents::CaseContent;
use crate::codes::CodeSets;
use crate::faults::FaultKind;
use crate::ids::Oid;
use crate::structures::Content;
use crate::time::FinnishDay;

const TASKS: [&str; 3] = ["10", "24", "26"];

/// Random numbers that are the same in every run.
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn one_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    fn day(&mut self) -> FinnishDay {
        FinnishDay::parse("2026-01-01").unwrap().plus_days(i32::try_from(self.below(60)).unwrap())
    }
}

fn text(text: impl Into<String>) -> Content<'static> {
    Content::Text(Cow::Owned(text.into()))
}

fn written(day: FinnishDay) -> Content<'static> {
    text(day.to_string())
}

fn coded(code: &str) -> Content<'static> {
    Content::object([("code", text(code))])
}

fn entry(draw: &mut Draw, running: bool) -> Content<'static> {
    let unit = format!("1.2.246.10.90000003.10.{}", 11 + draw.below(3));
    let first = draw.day();
    let mut entry = Content::object([
        ("palveluyksikon_nimi", coded(&unit)),
        ("asiakkuuden_alkamispvm", written(first)),
    ]);
    if !running || draw.one_in(2) {
        let last = first.plus_days(i32::try_from(draw.below(30)).unwrap());
        entry.set("asiakkuuden_paattymispvm", written(last));
    }
    entry
}

fn entries(draw: &mut Draw, running: bool, most: u64) -> Vec<Content<'static>> {
    (0..draw.below(most + 1)).map(|_| entry(draw, running)).collect()
}

fn producers(draw: &mut Draw, running: bool) -> Vec<Content<'static>> {
    let mut producers = entries(draw, running, 3);
    for producer in &mut producers {
        if draw.one_in(2) {
            producer.set("sosiaalipalvelu", Content::List(vec![coded("45"), coded("7")]));
        }
        for under in entries(draw, running, 2) {
            producer.push("palveluntoteuttaja", under);
        }
    }
    producers
}

fn case(draw: &mut Draw, number: u64, task: &str, joint: bool) -> CaseInDossier {
    let closed = draw.one_in(3);
    let mut about = Content::object([
        ("palvelutehtava", coded(task)),
        ("avauspaiva", written(draw.day())),
        ("tila", coded(if closed { "2" } else { "1" })),
        ("yhteinen_asia", Content::Switch(joint)),
    ]);
    if closed {
        about.set("paattymispaiva", text("2026-03-31"));
    }
    let content = Content::object([("asia_asiakirja", Content::object([("asian_tiedot", about)]))]);
    let said = CaseContent::read(&content, &CodeSets::built_in(), draw.day());
    let id = Oid::parse(&format!("1.2.246.10.90000001.95.2026.{number}")).unwrap();
    CaseInDossier { id, said, content }
}

fn dossier(draw: &mut Draw) -> Dossier {
    let running = draw.one_in(2);
    let mut heading = Content::object([("asiakkuuden_alkamispvm", text("2026-01-01"))]);
    if draw.one_in(3) {
        heading.set("asiakkuuden_paattymispvm", written(draw.day()));
    }
    let mut root = Content::object([("sosiaalihuollon_asiakkuus", heading)]);
    for whole in entries(draw, running, 1) {
        root.push("palvelunjarjestajan_palveluyksikko", whole);
    }
    let mut cases = Vec::new();
    for task in TASKS.iter().take(1 + usize::try_from(draw.below(3)).unwrap()) {
        let mut of_task = Content::object([("palvelutehtava", coded(task))]);
        for own in entries(draw, running, 2) {
            of_task.push("palvelunjarjestajan_palveluyksikko", own);
        }
        for producer in producers(draw, running) {
            of_task.push("palveluntuottaja", producer);
        }
        root.push("sosiaalihuollon_palvelutehtava", of_task);
        for _ in 0..draw.below(4) {
            let joint = draw.one_in(4);
            let number = cases.len() as u64 + 1;
            cases.push(case(draw, number, task, joint));
        }
    }
    if draw.one_in(2) {
        let mut days =
            Content::object([("lastensuojelun_asiakkuuden_alkamispvm", text("2026-01-01"))]);
        if draw.one_in(2) {
            days.set("lastensuojelun_asiakkuuden_paattymispvm", written(draw.day()));
        }
        root.set("lastensuojelun_asiakkuus", days);
    }
    Dossier { relationship: Content::object([("asiakkuusasiakirja", root)]), cases }
}

fn parties() -> Parties {
    let county = Oid::parse("1.2.246.10.90000001").unwrap();
    Parties::of(&county, None, &Oid::parse("1.2.246.10.90000001.95.2026.99").unwrap())
}

/// REL-6, REL-7: whatever can be moved answers every question of rights on every day as before, on the long road
/// and back on the short one; the second statement says the same as the rights on each; nothing of a service is
/// lost on the way.
#[test]
fn a_move_there_and_back_changes_no_right_on_any_day() {
    let (mut moved, mut stayed, mut suspended) = (0, 0, 0);
    for seed in 0..400 {
        let before = dossier(&mut Draw(seed));
        let rights = before.units().rights(&parties());
        suspended += rights.iter().filter(|right| !right.suspensions.is_empty()).count();
        let Ok(there) = before.to_long() else {
            stayed += 1;
            continue;
        };
        let long = there.dossier.units().rights(&parties());
        assert_eq!(long, rights, "{seed}");
        let there = there.dossier;
        assert_eq!(served::differ_on((&before, &rights), (&there, &long)), None, "{seed}");
        let root = there.relationship.member("asiakkuusasiakirja").unwrap();
        assert_eq!(root.member("sosiaalihuollon_palvelutehtava"), None);
        let back = there.to_short().unwrap();
        assert!(back.remarks.is_empty());
        let short = back.dossier.units().rights(&parties());
        assert_eq!(short, rights, "{seed}");
        assert_eq!(served::differ_on((&there, &long), (&back.dossier, &short)), None, "{seed}");
        assert_eq!(back.dossier.cases, before.cases);
        moved += 1;
    }
    assert!(moved > 40 && stayed > 40 && suspended > 40, "{moved} {stayed} {suspended}");
}

/// REL-7: the second statement is one: a service that is shortened, given to another unit or another task, or left
/// out, is found on the first day that is not as before.
#[test]
fn the_second_statement_finds_what_is_not_as_before() {
    let mut found = 0;
    for seed in 0..120 {
        let draw = &mut Draw(seed);
        let before = dossier(draw);
        let rights = before.units().rights(&parties());
        let mut spoilt = before.clone();
        let pointer = "/asiakkuusasiakirja/sosiaalihuollon_palvelutehtava/0/palveluntuottaja/0";
        let Some(entry) = spoilt.relationship.at_mut(pointer) else { continue };
        match draw.below(3) {
            0 => entry.set("asiakkuuden_paattymispvm", text("2025-12-31")),
            1 => entry.set("palveluyksikon_nimi", coded("1.2.246.10.90000003.10.99")),
            _ => entry.set("sosiaalipalvelu", Content::List(vec![coded("99")])),
        }
        let other = spoilt.units().rights(&parties());
        let same_days = (0..150).all(|day| {
            let day = FinnishDay::parse("2025-12-01").unwrap().plus_days(day);
            served::in_force_on(&rights, day) == served::in_force_on(&other, day)
        });
        let differs = served::differ_on((&before, &rights), (&spoilt, &other));
        assert_eq!(differs.is_none(), same_days, "{seed}");
        found += usize::from(differs.is_some());
    }
    assert!(found > 30, "{found}");
}

/// REL-7: each reason why a relationship stays where it is, all told at once.
#[test]
fn what_has_no_place_on_the_long_road_is_told() {
    let draw = &mut Draw(1);
    let serving = || {
        Content::object([
            ("palveluyksikon_nimi", coded("1.2.246.10.90000003.10.11")),
            ("asiakkuuden_alkamispvm", text("2026-01-01")),
        ])
    };
    let relationship = |tasks: &[&str]| {
        let mut root = Content::object([]);
        for task in tasks {
            let of = Content::object([
                ("palvelutehtava", coded(task)),
                ("palveluntuottaja", Content::List(vec![serving()])),
            ]);
            root.push("sosiaalihuollon_palvelutehtava", of);
        }
        Content::object([("asiakkuusasiakirja", root)])
    };
    let mut of = |task: &str, closed: bool, joint: bool| loop {
        let case = case(draw, 1, task, joint);
        if case.said.closed == closed {
            return case;
        }
    };
    let check =
        |relationship: Content<'static>, cases: Vec<CaseInDossier>, expected: &[FaultKind]| {
            let told = Dossier { relationship, cases }.to_long();
            let kinds: Vec<FaultKind> = told
                .map_or_else(|faults| faults.iter().map(|fault| fault.kind).collect(), |_| vec![]);
            assert_eq!(kinds, expected);
        };
    check(relationship(&["24"]), vec![of("24", false, false)], &[]);
    check(relationship(&["24"]), vec![], &[FaultKind::ServiceWithoutCase]);
    let closed = of("24", true, false);
    check(relationship(&["24"]), vec![closed], &[FaultKind::ServiceWithoutOpenCase]);
    let joint = of("24", false, true);
    check(relationship(&["24"]), vec![joint], &[FaultKind::ServiceInJointCase]);
    let (mine, other) = (of("24", false, false), of("26", false, false));
    check(relationship(&["24"]), vec![mine, other], &[FaultKind::ServiceTaskDiffers]);
    let both = [FaultKind::ServiceWithoutCase, FaultKind::ServiceWithoutCase];
    check(relationship(&["24", "26"]), vec![], &both);
}
