use std::borrow::Cow;

use super::*;
use crate::archive::documents::VersionState;
use crate::ids::Oid;
use crate::structures::Content;
use crate::time::FinnishDay;

fn text(value: &str) -> Content<'_> {
    Content::Text(Cow::Borrowed(value))
}

fn object<'a>(members: Vec<(&'a str, Content<'a>)>) -> Content<'a> {
    Content::Object(members.into_iter().map(|(key, value)| (Cow::Borrowed(key), value)).collect())
}

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

const LIST: &str = "rekisterinpitajaa_koskevat_luovutuskiellot";
const ENTRY: &str = "rekisterinpitajaa_koskeva_luovutuskielto";
const WHOSE: &str = "rekisterinpitaja_jonka_tietojen_luovutus_kielletaan";

/// A refusal document that refuses for these controllers in one entry.
fn refusal<'a>(controllers: &[&'a str], role: Option<&'a str>) -> Content<'a> {
    let codes = controllers.iter().map(|code| object(vec![("code", text(code))])).collect();
    let mut entry =
        vec![(WHOSE, Content::List(codes)), ("kiellon_asettamisen_ajankohta", text("2026-03-01"))];
    if let Some(role) = role {
        entry.push(("kieltaja_on_laillinen_edustaja", Content::Switch(true)));
        let person = object(vec![("rooli", object(vec![("code", text(role))]))]);
        let people = Content::List(vec![person]);
        entry.push(("henkilo_joka_kieltaa_asiakastietojen_luovuttamisen", people));
    }
    let list = object(vec![(ENTRY, Content::List(vec![object(entry)]))]);
    object(vec![("kieltoasiakirja", object(vec![(LIST, list)]))])
}

/// DIS-2: one entry may refuse for several controllers; each is refused since its day.
#[test]
fn each_controller_of_an_entry_is_refused() {
    let read = RefusalContent::read(&refusal(&["1.2.246.10.1", "1.2.246.10.2"], None));
    let expected = [oid("1.2.246.10.1"), oid("1.2.246.10.2")].map(Refused::Controller);
    assert_eq!(read.refused(), expected);
    assert!(read.entries.iter().all(|one| one.by == Giver::Client));
    assert_eq!(read.entries[0].set_on, FinnishDay::new(2026, 3, 1));
}

/// DIS-2: a document and a service task are refused by their own lists, a document in all versions.
#[test]
fn three_lists_refuse_three_kinds_of_things() {
    let task = object(vec![("code", text("25"))]);
    let tasks = object(vec![("palvelutehtava_jonka_tietojen_luovutus_kielletaan", task)]);
    let tasks = object(vec![("palvelutehtavaa_koskeva_luovutuskielto", tasks)]);
    let document = object(vec![("oid_tunnus", object(vec![("value", text("1.2.3"))]))]);
    let documents = object(vec![("asiakirja_jonka_luovutus_kielletaan", document)]);
    let documents = object(vec![("asiakirjaa_koskeva_luovutuskielto", documents)]);
    let read = RefusalContent::read(&object(vec![(
        "kieltoasiakirja",
        object(vec![
            ("palvelutehtavaa_koskevat_luovutuskiellot", tasks),
            ("asiakirjoja_koskevat_luovutuskiellot", documents),
        ]),
    )]));
    let refusals = Refusals(read.refused());
    let (county, other) = (oid("1.2.246.10.1"), oid("1.2.9"));
    assert!(refusals.cover(&county, Some("25"), &other, &other));
    assert!(!refusals.cover(&county, Some("24"), &other, &other));
    assert!(!refusals.cover(&county, None, &other, &other));
    assert!(refusals.cover(&county, None, &oid("1.2.3"), &other));
    assert!(refusals.cover(&county, None, &other, &oid("1.2.3")));
}

/// DIS-2: a refusal that cannot be acted upon is refused as a whole, and so is a wrong representative.
#[test]
fn what_cannot_be_acted_upon_is_a_fault() {
    let faults = |content: &Content<'_>| RefusalContent::read(content).faults.len();
    assert_eq!(faults(&refusal(&["Suvannon hyvinvointialue"], None)), 1);
    assert_eq!(faults(&refusal(&["1.2.246.10.1"], Some("31"))), 0);
    assert_eq!(faults(&refusal(&["1.2.246.10.1"], Some("11"))), 1);
    let read = RefusalContent::read(&refusal(&["1.2.246.10.1"], Some("31")));
    assert_eq!(read.entries[0].by, Giver::Representative);
}

/// DIS-1, DIS-2: the switch says whether the permission is in force; withdrawn, nothing is left of it.
#[test]
fn a_permission_is_given_and_withdrawn_by_its_switch() {
    let says = |switch: bool| {
        let heading = object(vec![
            ("luovutuslupa", Content::Switch(switch)),
            ("luovutusluvan_antamisen_ajankohta", text("2026-03-01")),
        ]);
        let root = object(vec![("voimassa_oleva_luovutuslupa", heading)]);
        let content = object(vec![("luovutuslupa_asiakirja", root)]);
        let said = PermissionContent::read(&content).said(FinnishDay::new(2026, 3, 1).unwrap());
        Permissions::of(&[(VersionState::InForce, said)]).permission
    };
    let given = says(true).unwrap();
    assert!(!given.in_force_on(FinnishDay::new(2026, 2, 28).unwrap()));
    assert!(given.in_force_on(FinnishDay::new(2026, 3, 1).unwrap()));
    assert_eq!(says(false), None);
}

/// DIS-1: a client who was informed once stays informed; the version in force alone says whether
/// disclosure is permitted, and an invalidated one says nothing.
#[test]
fn informing_is_kept_and_the_newest_version_permits() {
    use VersionState::{InForce, Invalidated, Replaced};
    let day = |month| FinnishDay::new(2022, month, 1).unwrap();
    let said = |month, granted| PermissionSaid {
        granted,
        given_on: granted.then(|| day(month)),
        informed_on: day(month),
        by: Giver::Client,
    };
    let check = |versions: &[(VersionState, PermissionSaid)], permitted, informed| {
        let all = Permissions::of(versions);
        assert_eq!((all.permission.is_some(), all.informed_on), (permitted, informed));
    };
    check(&[], false, None);
    check(&[(InForce, said(1, false))], false, Some(day(1)));
    check(&[(Replaced, said(1, false)), (InForce, said(2, true))], true, Some(day(1)));
    check(&[(Replaced, said(1, true)), (InForce, said(2, false))], false, Some(day(1)));
    check(&[(Invalidated, said(1, true)), (InForce, said(2, false))], false, Some(day(2)));
    check(&[(Invalidated, said(1, true))], false, None);
}

/// DIS-1, design D9: every day since the first has exactly one rule.
#[test]
fn the_dated_rules_leave_no_gap() {
    let mut day = FinnishDay::new(2021, 11, 1).unwrap();
    assert_eq!(rule_on(day.plus_days(-1)), None);
    while day.year() < 2030 {
        let (year, month, number) = (day.year(), day.month(), day.day());
        let at = (year, month, number);
        let holding = RULES_OF_DISCLOSURE
            .iter()
            .filter(|rule| rule.first <= at && rule.last.is_none_or(|last| at <= last));
        assert_eq!(holding.count(), 1, "{day}");
        day = day.plus_days(1);
    }
}
