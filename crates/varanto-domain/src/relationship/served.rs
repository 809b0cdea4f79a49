//! Who serves a client on a day, stated a second time.
//!
//! The rights that decisions turn on are made in `reading.rs`. This says from the same contents, and from the
//! rules alone, who serves on one day; it shares no code with the first, so that a move between the roads is
//! held against both. Slow and plain on purpose.
//!
//! Source: REL-7, RUR-1, RUR-3, RUR-8, REL-8.

use std::collections::BTreeSet;

use super::moving::Dossier;
use super::rights::{RegisterUseRight, Side};
use crate::structures::Content;
use crate::time::FinnishDay;

/// One who serves on a day: the unit, whose it is, for whom, of which task, with which services.
pub type Serving = (String, &'static str, String, String, Vec<String>);

/// Who serves on a day, by the contents of a relationship's and its cases' documents.
#[must_use]
pub fn serving_on(dossier: &Dossier, day: FinnishDay) -> BTreeSet<Serving> {
    let mut found = BTreeSet::new();
    let Some(root) = dossier.relationship.member("asiakkuusasiakirja") else { return found };
    let heading = root.member("sosiaalihuollon_asiakkuus");
    if let Some(Content::Switch(true)) = heading.and_then(|it| it.member("vanha_asiakkuus")) {
        return found;
    }
    let relationship_ends = end(heading, "asiakkuuden_paattymispvm");
    let protection_ends =
        end(root.member("lastensuojelun_asiakkuus"), "lastensuojelun_asiakkuuden_paattymispvm");
    let ends = |task: &str| {
        let protection = if task == "10" { protection_ends } else { latest() };
        relationship_ends.min(protection)
    };
    let mut places: Vec<(&Content<'_>, &str, String)> =
        vec![(root, "palvelunjarjestajan_palveluyksikko", String::new())];
    for task in all(root, "sosiaalihuollon_palvelutehtava") {
        let Some(code) = code(task, "palvelutehtava") else { continue };
        places.push((task, "palvelunjarjestajan_palveluyksikko", code.clone()));
        places.push((task, "palveluntuottaja", code));
    }
    for case in &dossier.cases {
        let Some(root) = case.content.member("asia_asiakirja") else { continue };
        let task = root.member("asian_tiedot").and_then(|about| code(about, "palvelutehtava"));
        let Some(task) = task else { continue };
        places.push((root, "koko_asiakkuuden_palveluyksikko", String::new()));
        places.push((root, "palvelunjarjestajan_palveluyksikko", task.clone()));
        places.push((root, "palveluntuottaja", task));
    }
    for (parent, list, task) in places {
        for entry in all(parent, list) {
            let of_producer = list == "palveluntuottaja";
            let side = if of_producer { "producer" } else { "organiser" };
            let unit = code(entry, "palveluyksikon_nimi").unwrap_or_default();
            if serves(entry, day, ends(&task)) {
                let services = services(entry);
                found.insert((unit.clone(), side, String::new(), task.clone(), services));
            }
            let producer_ends = match days(entry) {
                Some((_, Some(last))) => last,
                Some((_, None)) => ends(&task),
                None => earliest(),
            };
            for under in all(entry, "palveluntoteuttaja") {
                if of_producer && serves(under, day, producer_ends) {
                    let one = code(under, "palveluyksikon_nimi").unwrap_or_default();
                    let services = services(under);
                    found.insert((one, "implementer", unit.clone(), task.clone(), services));
                }
            }
        }
    }
    found.retain(|(unit, ..)| !unit.is_empty());
    found
}

/// The same by rights.
#[must_use]
pub fn in_force_on(rights: &[RegisterUseRight], day: FinnishDay) -> BTreeSet<Serving> {
    let told = |right: &RegisterUseRight| {
        let producer = match &right.side {
            Side::Implementer { producer } => producer.to_string(),
            _ => String::new(),
        };
        let task = right.branch.service_task().unwrap_or_default().to_owned();
        let services = right.services.iter().map(ToString::to_string).collect();
        (right.holder.to_string(), right.side.code(), producer, task, services)
    };
    rights.iter().filter(|right| right.in_force_on(day)).map(told).collect()
}

/// The days on which who serves could change, with those around them: between two of them nothing does.
#[must_use]
pub fn days_that_matter(dossiers: &[&Dossier]) -> BTreeSet<FinnishDay> {
    fn look(content: &Content<'_>, found: &mut BTreeSet<FinnishDay>) {
        match content {
            Content::Text(text) => {
                if let Some(day) = FinnishDay::parse(text) {
                    found.extend([day.plus_days(-1), day, day.plus_days(1)]);
                }
            }
            Content::List(entries) => entries.iter().for_each(|entry| look(entry, found)),
            Content::Object(members) => members.iter().for_each(|(_, member)| look(member, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    for dossier in dossiers {
        look(&dossier.relationship, &mut found);
        dossier.cases.iter().for_each(|case| look(&case.content, &mut found));
    }
    found
}

/// The first day on which two dossiers, or the rights beside them, do not say the same; `None`: there is none.
#[must_use]
pub fn differ_on(
    (before, rights_before): (&Dossier, &[RegisterUseRight]),
    (after, rights_after): (&Dossier, &[RegisterUseRight]),
) -> Option<FinnishDay> {
    days_that_matter(&[before, after]).into_iter().find(|day| {
        let said = serving_on(before, *day);
        said != serving_on(after, *day)
            || said != in_force_on(rights_before, *day)
            || said != in_force_on(rights_after, *day)
    })
}

fn earliest() -> FinnishDay {
    FinnishDay::new(1, 1, 1).expect("the calendar has it")
}

fn latest() -> FinnishDay {
    FinnishDay::new(9999, 12, 31).expect("the calendar has it")
}

fn serves(entry: &Content<'_>, day: FinnishDay, ends: FinnishDay) -> bool {
    days(entry).is_some_and(|(first, last)| first <= day && day <= last.unwrap_or(ends))
}

/// The first day and the last; `None` when one of them is no full day.
fn days(entry: &Content<'_>) -> Option<(FinnishDay, Option<FinnishDay>)> {
    let first = FinnishDay::parse(entry.member("asiakkuuden_alkamispvm")?.text()?)?;
    match entry.member("asiakkuuden_paattymispvm") {
        None => Some((first, None)),
        Some(last) => Some((first, Some(FinnishDay::parse(last.text()?)?))),
    }
}

/// The last day of a heading: none is the latest there is, an unclear one the earliest.
fn end(heading: Option<&Content<'_>>, key: &str) -> FinnishDay {
    match heading.and_then(|heading| heading.member(key)) {
        None => latest(),
        Some(day) => day.text().and_then(FinnishDay::parse).unwrap_or(earliest()),
    }
}

fn all<'c>(parent: &'c Content<'_>, key: &str) -> &'c [Content<'c>] {
    parent.member(key).map(Content::entries).unwrap_or_default()
}

fn code(parent: &Content<'_>, key: &str) -> Option<String> {
    let text = parent.member(key)?.member("code")?.text()?;
    Some(text.strip_prefix("urn:oid:").unwrap_or(text).to_owned())
}

fn services(entry: &Content<'_>) -> Vec<String> {
    let codes = all(entry, "sosiaalipalvelu").iter().filter_map(|one| one.member("code")?.text());
    let mut codes: Vec<String> = codes.map(str::to_owned).collect();
    codes.sort();
    codes.dedup();
    codes
}
