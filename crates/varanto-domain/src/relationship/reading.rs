//! From the content of a relationship document, and on the long road of its cases' documents, to the units
//! that serve and their days.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::rights::{Branch, RegisterUseRight, Side};
use crate::codes::ServiceTask;
use crate::ids::Oid;
use crate::structures::Content;
use crate::time::{FinnishDay, Validity};

/// What the document's metadata say of the register, beside its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    /// In whose register it is.
    pub controller: Oid,
    /// Who organises.
    pub organiser: Oid,
    /// The relationship that it is about.
    pub relationship: Oid,
}

impl Parties {
    /// The parties of a relationship document's metadata; without an organiser the controller is it.
    #[must_use]
    pub fn of(controller: &Oid, organiser: Option<&Oid>, relationship: &Oid) -> Self {
        Self {
            controller: controller.clone(),
            organiser: organiser.unwrap_or(controller).clone(),
            relationship: relationship.clone(),
        }
    }
}

/// The units that a relationship document or a case document names, entry by entry, and the
/// child-protection relationship beside them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RelationshipUnits {
    /// Every entry, in the document's order.
    pub entries: Vec<UnitEntry>,
    /// The days of the child-protection relationship, where there is one (REL-8).
    pub child_protection: Option<Validity>,
    /// JSON pointers of days that are no full days, so that nobody knows when a right begins or ends.
    pub unclear_days: Vec<String>,
    /// Vanha asiakkuus: it carries no rights.
    old: bool,
    /// The last day of the relationship.
    whole_end: Option<FinnishDay>,
    /// The last day of the child-protection relationship.
    protection_end: Option<FinnishDay>,
}

/// One entry: a unit and the days of its client relationship, as written.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitEntry {
    /// Where it stands in the content.
    pub pointer: String,
    /// What of the relationship it is about.
    pub branch: Branch,
    /// The unit's code as written; an OID where it is sound.
    pub unit: String,
    /// Whose unit; an implementer's producer as an OID, where it is sound.
    pub side: Side,
    /// The services' codes, in order.
    pub services: Vec<Arc<str>>,
    /// The first day and the last one; `None` when one of them is unclear.
    pub days: Option<Validity>,
    /// An implementer's: the day on which its producer ends, where that has one.
    pub(super) ends_with: Option<FinnishDay>,
}

impl UnitEntry {
    /// The unit, if its code is an OID.
    #[must_use]
    pub fn unit_oid(&self) -> Option<Oid> {
        Oid::parse_either(&self.unit).ok()
    }
}

/// A day that may be missing, and may be unclear.
enum Day {
    Missing,
    Full(FinnishDay),
    Unclear,
}

impl RelationshipUnits {
    /// Reads the content of a relationship document that its structure has accepted. On the long road it
    /// names no units: its cases do.
    ///
    /// An entry without a last day ends with what stands around it: an implementer with its producer,
    /// a unit of child protection with the child-protection relationship, all with the client
    /// relationship. A last day that the organiser wrote counts as it is, also when it lies later.
    ///
    /// Source: RUR-1, RUR-3, REL-5, REL-8; annex A.1 rows 96, 126, 142, 159, 176.
    #[must_use]
    pub fn read(content: &Content<'_>) -> Self {
        let mut units = Self::default();
        let Some(root) = content.member("asiakkuusasiakirja") else { return units };
        let heading = root.member("sosiaalihuollon_asiakkuus");
        units.old = matches!(
            heading.and_then(|heading| heading.member("vanha_asiakkuus")),
            Some(Content::Switch(true))
        );
        units.whole_end =
            units.last_of(heading, "sosiaalihuollon_asiakkuus", "asiakkuuden_paattymispvm");
        units.child_protection(root.member("lastensuojelun_asiakkuus"));
        let pointer = format!("{ROOT}/palvelunjarjestajan_palveluyksikko");
        let own = root.member("palvelunjarjestajan_palveluyksikko");
        units.list(own, &pointer, &Branch::WholeRelationship, &Side::Organiser, None);
        let tasks = root.member("sosiaalihuollon_palvelutehtava").map(Content::entries);
        for (at, task) in tasks.unwrap_or_default().iter().enumerate() {
            let Some(code) = code(task, "palvelutehtava") else { continue };
            let place = format!("{ROOT}/sosiaalihuollon_palvelutehtava/{at}");
            units.service_task(task, &place, &Branch::ServiceTask(code));
        }
        units
    }

    /// Reads the units that serve in a case, out of the content of its document. On the short road it
    /// names none: its relationship does.
    ///
    /// Source: REL-6; own-choices.
    #[must_use]
    pub fn read_case(content: &Content<'_>) -> Self {
        let mut units = Self::default();
        let Some(root) = content.member("asia_asiakirja") else { return units };
        let Some(task) =
            root.member("asian_tiedot").and_then(|about| code(about, "palvelutehtava"))
        else {
            return units;
        };
        let pointer = format!("{CASE_ROOT}/{WHOLE_UNITS}");
        let whole = root.member(WHOLE_UNITS);
        units.list(whole, &pointer, &Branch::WholeRelationship, &Side::Organiser, None);
        units.service_task(root, CASE_ROOT, &Branch::ServiceTask(task));
        units
    }

    /// A relationship's units with those that its cases name: what ends with the relationship ends with it
    /// wherever it stands.
    ///
    /// Source: REL-6, REL-7.
    #[must_use]
    pub fn with_cases(mut self, cases: impl IntoIterator<Item = Self>) -> Self {
        for case in cases {
            self.entries.extend(case.entries);
            self.unclear_days.extend(case.unclear_days);
        }
        self
    }

    /// Whether the relationship is an old one.
    #[must_use]
    pub const fn is_old(&self) -> bool {
        self.old
    }

    /// The organiser's own units of one service task, its producers and their implementers.
    fn service_task(&mut self, task: &Content<'_>, place: &str, branch: &Branch) {
        let own = task.member("palvelunjarjestajan_palveluyksikko");
        let pointer = format!("{place}/palvelunjarjestajan_palveluyksikko");
        self.list(own, &pointer, branch, &Side::Organiser, None);
        let producers = task.member("palveluntuottaja").map(Content::entries).unwrap_or_default();
        for (at, producer) in producers.iter().enumerate() {
            let pointer = format!("{place}/palveluntuottaja/{at}");
            let entry = self.entry(producer, pointer.clone(), branch, Side::Producer, None);
            let unit = entry.unit_oid();
            let ends = match entry.days {
                Some(days) => days.last,
                None => FinnishDay::new(1, 1, 1),
            };
            self.entries.push(entry);
            // Without the producer nobody knows for whom the implementer works.
            let Some(unit) = unit else { continue };
            let side = Side::Implementer { producer: unit };
            let list = producer.member("palveluntoteuttaja");
            let pointer = format!("{pointer}/palveluntoteuttaja");
            self.list(list, &pointer, branch, &side, ends);
        }
    }

    fn list(
        &mut self,
        list: Option<&Content<'_>>,
        pointer: &str,
        branch: &Branch,
        side: &Side,
        end: Option<FinnishDay>,
    ) {
        for (at, one) in list.map(Content::entries).unwrap_or_default().iter().enumerate() {
            let entry = self.entry(one, format!("{pointer}/{at}"), branch, side.clone(), end);
            self.entries.push(entry);
        }
    }

    fn entry(
        &mut self,
        content: &Content<'_>,
        pointer: String,
        branch: &Branch,
        side: Side,
        ends_with: Option<FinnishDay>,
    ) -> UnitEntry {
        let first = self.day(content, &pointer, "asiakkuuden_alkamispvm");
        let last = self.day(content, &pointer, "asiakkuuden_paattymispvm");
        let days = match (first, last) {
            (Day::Full(first), Day::Missing) => Some(Validity { first, last: None }),
            (Day::Full(first), Day::Full(last)) => Some(Validity { first, last: Some(last) }),
            _ => None,
        };
        let listed = content.member("sosiaalipalvelu").map(Content::entries).unwrap_or_default();
        let services = listed.iter().filter_map(code_of);
        let mut services: Vec<Arc<str>> =
            services.filter(|code| !code.is_empty() && !code.contains(char::is_control)).collect();
        services.sort_unstable();
        services.dedup();
        let unit = code(content, "palveluyksikon_nimi");
        UnitEntry {
            pointer,
            branch: branch.clone(),
            unit: unit.as_deref().unwrap_or_default().to_owned(),
            side,
            services,
            days,
            ends_with,
        }
    }

    /// The last day of a heading; a day that is unclear is the earliest there is, so that no right
    /// outlives it.
    fn last_of(&mut self, of: Option<&Content<'_>>, name: &str, key: &str) -> Option<FinnishDay> {
        match self.day(of?, &format!("{ROOT}/{name}"), key) {
            Day::Missing => None,
            Day::Full(day) => Some(day),
            Day::Unclear => FinnishDay::new(1, 1, 1),
        }
    }

    /// Reads the child-protection relationship.
    fn child_protection(&mut self, of: Option<&Content<'_>>) {
        const NAME: &str = "lastensuojelun_asiakkuus";
        let pointer = format!("{ROOT}/{NAME}");
        let Some(heading) = of else { return };
        let first = self.day(heading, &pointer, "lastensuojelun_asiakkuuden_alkamispvm");
        let last = self.last_of(of, NAME, "lastensuojelun_asiakkuuden_paattymispvm");
        if let Day::Full(first) = first {
            self.child_protection = Some(Validity { first, last });
        }
        self.protection_end = last;
    }

    /// The day on which an entry ends that has no last day of its own.
    fn end_of(&self, entry: &UnitEntry) -> Option<FinnishDay> {
        let protects = entry.branch.service_task() == Some(ServiceTask::ChildProtection.code());
        let protection = self.protection_end.filter(|_| protects);
        entry.ends_with.or_else(|| sooner(protection, self.whole_end))
    }

    fn day(&mut self, of: &Content<'_>, pointer: &str, key: &str) -> Day {
        let Some(written) = of.member(key) else { return Day::Missing };
        if let Some(day) = written.text().and_then(FinnishDay::parse) {
            return Day::Full(day);
        }
        self.unclear_days.push(format!("{pointer}/{key}"));
        Day::Unclear
    }

    /// The rights that the entries make. Entries of one unit for the same services join to one right,
    /// and the days between them are its suspensions.
    ///
    /// Source: RUR-1, RUR-8.
    #[must_use]
    pub fn rights(&self, parties: &Parties) -> Vec<RegisterUseRight> {
        if self.old {
            return Vec::new();
        }
        let mut spans: BTreeMap<_, Vec<Validity>> = BTreeMap::new();
        for entry in &self.entries {
            let (Some(holder), Some(days)) = (entry.unit_oid(), entry.days) else { continue };
            let days =
                Validity { first: days.first, last: days.last.or_else(|| self.end_of(entry)) };
            let backwards = days.last.is_some_and(|last| last < days.first);
            if !backwards {
                let of = (&entry.branch, holder, &entry.side, &entry.services);
                spans.entry(of).or_default().push(days);
            }
        }
        let right = |((branch, holder, side, services), spans): ((_, _, _, _), Vec<Validity>)| {
            let (validity, suspensions) = joined(spans);
            let (branch, side): (&Branch, &Side) = (branch, side);
            let services: &Vec<Arc<str>> = services;
            RegisterUseRight {
                controller: parties.controller.clone(),
                organiser: parties.organiser.clone(),
                relationship: parties.relationship.clone(),
                branch: branch.clone(),
                services: services.clone(),
                holder,
                side: side.clone(),
                validity,
                suspensions,
            }
        };
        spans.into_iter().map(right).collect()
    }
}

const ROOT: &str = "/asiakkuusasiakirja";
const CASE_ROOT: &str = "/asia_asiakirja";
/// On a case, the units that serve the whole relationship.
const WHOLE_UNITS: &str = "koko_asiakkuuden_palveluyksikko";

/// From the first day of all spans to the last one, and the gaps between them. There is at least one.
fn joined(mut spans: Vec<Validity>) -> (Validity, Vec<Validity>) {
    spans.sort_by_key(|span| span.first);
    let mut whole = spans[0];
    let mut gaps = Vec::new();
    for span in &spans[1..] {
        let Some(last) = whole.last else { break };
        if last.plus_days(1) < span.first {
            let gap = Validity { first: last.plus_days(1), last: Some(span.first.plus_days(-1)) };
            gaps.push(gap);
        }
        whole.last = span.last.map(|next| next.max(last));
    }
    (whole, gaps)
}

fn sooner(a: Option<FinnishDay>, b: Option<FinnishDay>) -> Option<FinnishDay> {
    a.into_iter().chain(b).min()
}

fn code(parent: &Content<'_>, key: &str) -> Option<Arc<str>> {
    code_of(parent.member(key)?)
}

fn code_of(coding: &Content<'_>) -> Option<Arc<str>> {
    coding.member("code")?.text().map(Arc::from)
}
