//! Conditional obligations: what must be there under a condition. The national schemas only note
//! them, so they are rules of ours, kept as a table (`tables/conditions.txt`) keyed by structure and
//! row.

use super::condition_table::{Demand, Fact, Placed, Reach, Rule, Test, Trial, rules};
use super::pointer::Place;
use super::{Content, Field, FieldKind, FieldObligation, Structure};
use crate::faults::{Fault, FaultKind};
use crate::time::FinnishDay;

/// What the conditions need to know from outside the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionFacts {
    /// The day on which the conditions are judged: when the document was made.
    pub day: FinnishDay,
    /// The client's day of birth. `None`: not known, and rules of adults and minors do not apply.
    pub client_birth_day: Option<FinnishDay>,
    /// Whether a client-information system made the document, rather than the client in OmaKanta.
    pub made_in_client_system: bool,
    /// Whether it is about a shelter's service (turvakotipalvelu).
    pub shelter_service: bool,
    /// Whether it is a case document in a closed state. Codes of states are data, so the caller asks
    /// the code sets.
    pub case_closed: bool,
}

impl ConditionFacts {
    /// Facts of a document made that day in a client-information system, of which nothing else is
    /// known.
    #[must_use]
    pub const fn on(day: FinnishDay) -> Self {
        Self {
            day,
            client_birth_day: None,
            made_in_client_system: true,
            shelter_service: false,
            case_closed: false,
        }
    }

    fn tell(&self, fact: Fact) -> bool {
        let age = || self.client_birth_day.map(|born| born.years_until(self.day));
        match fact {
            Fact::Adult => age().is_some_and(|age| age >= 18),
            Fact::Minor => age().is_some_and(|age| age < 18),
            Fact::ClientSystem => self.made_in_client_system,
            Fact::ShelterService => self.shelter_service,
            Fact::ClosedCase => self.case_closed,
        }
    }
}

/// Checks the conditional obligations of content that [`check`](super::check()) found sound, and
/// answers with every one that is not met.
///
/// The faults are of kind [`FaultKind::MissingConditionalElement`]. Their arg `condition` is a stable
/// name of the condition, such as `when-no`; `other` is the Finnish name of the row that it looks at,
/// if any, and `values` the codes it looks for. A rule holds in every version of its structure that
/// has the rows it names. What counts as given is not empty.
///
/// Which rules there are, and which obligations cannot be decided, is told in
/// `docs/conditional-rules.md`.
///
/// Source: ARC-5; national-specs annex A; the notes of the national structures.
#[must_use]
pub fn check_conditions(
    structure: &Structure,
    content: &Content,
    facts: &ConditionFacts,
) -> Vec<Fault> {
    judged(structure, content, facts, None).map(|judge| judge.faults).unwrap_or_default()
}

/// Whether the conditions of a row hold now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The row's place, as a fault would name it.
    pub element: String,
    /// Whether the condition holds, so that the row must be given.
    pub holds: bool,
    /// Whether another row will do in its place.
    pub or_another: bool,
}

/// The rows that are obligatory under a condition, in every group that the content has: whether it holds
/// now, given or not. What people fill in shows a row when this says so, so it can ask for nothing else than
/// [`check_conditions`] does.
///
/// A row that several rules ask for is told once; it is asked for when one of them holds.
///
/// Source: ARC-5, CAS-1; national-specs annex A.
#[must_use]
pub fn asked_for(structure: &Structure, content: &Content, facts: &ConditionFacts) -> Vec<Asked> {
    let judge = judged(structure, content, facts, Some(Vec::new()));
    judge.and_then(|judge| judge.asked).unwrap_or_default()
}

fn judged<'c>(
    structure: &'c Structure,
    content: &'c Content<'c>,
    facts: &'c ConditionFacts,
    asked: Option<Vec<Asked>>,
) -> Option<Judge<'c>> {
    let root = content.member(&structure.root)?;
    let mut judge = Judge { structure, root, facts, faults: Vec::new(), asked };
    let place = Place::TOP;
    let place = place.member(&structure.root);
    judge.anywhere(&structure.fields, root, &place);
    for placed in rules().of(structure.type_arc()) {
        judge.placed(
            placed,
            &placed.group,
            Group { rows: &structure.fields, content: root },
            &place,
        );
    }
    Some(judge)
}

/// A group's rows and what stands in it.
#[derive(Clone, Copy)]
struct Group<'c> {
    rows: &'c [Field],
    content: &'c Content<'c>,
}

struct Judge<'c> {
    structure: &'c Structure,
    root: &'c Content<'c>,
    facts: &'c ConditionFacts,
    faults: Vec<Fault>,
    /// What [`asked_for`] tells; nobody else wants it made.
    asked: Option<Vec<Asked>>,
}

impl<'c> Judge<'c> {
    /// Applies the rules that hold anywhere to a group and to those in it.
    fn anywhere(&mut self, rows: &'c [Field], content: &'c Content<'c>, place: &Place) {
        if rows.iter().any(is_conditional) {
            self.group_anywhere(Group { rows, content }, place);
        }
        let Content::Object(members) = content else { return };
        for (key, value) in members {
            let Some(row) = rows.iter().find(|row| *row.key == **key) else { continue };
            let FieldKind::Group(rows) = &row.kind else { continue };
            let place = place.member(key);
            match value {
                Content::List(entries) => {
                    for (at, entry) in entries.iter().enumerate() {
                        self.anywhere(rows, entry, &place.entry(at));
                    }
                }
                value => self.anywhere(rows, value, &place),
            }
        }
    }

    fn group_anywhere(&mut self, group: Group<'c>, place: &Place) {
        for_each_rule_anywhere(group.rows, |rule, targets| self.judge(rule, targets, group, place));
    }

    /// Applies a rule in each entry of the group that it is placed in.
    fn placed(&mut self, placed: &'c Placed, path: &[&str], group: Group<'c>, place: &Place) {
        let Some((key, rest)) = path.split_first() else {
            let exists = |target: &&Reach| row_at(group.rows, target).is_some();
            let targets: Vec<&Reach> = placed.rule.demand.targets().iter().filter(exists).collect();
            if !targets.is_empty() {
                self.judge(&placed.rule, &targets, group, place);
            }
            return;
        };
        let Some(row) = group.rows.iter().find(|row| *row.key == **key) else { return };
        let (FieldKind::Group(rows), Some(value)) = (&row.kind, group.content.member(key)) else {
            return;
        };
        let place = place.member(key);
        match value {
            Content::List(entries) => {
                for (at, entry) in entries.iter().enumerate() {
                    self.placed(placed, rest, Group { rows, content: entry }, &place.entry(at));
                }
            }
            value => self.placed(placed, rest, Group { rows, content: value }, &place),
        }
    }

    fn judge(&mut self, rule: &Rule, targets: &[&Reach], group: Group<'c>, place: &Place) {
        let holds = rule.tests.iter().all(|test| self.holds(test, group)) != rule.unless;
        if let Some(asked) = &mut self.asked {
            let or_another = targets.len() > 1 && !matches!(rule.demand, Demand::GiveAll(_));
            for target in targets {
                let element = format!("{}/{}", place.element(), target.keys.join("/"));
                ask(asked, Asked { element, holds, or_another });
            }
        }
        if !holds {
            return;
        }
        let given = |target: &Reach| any(group.content, &target.keys, &mut is_given);
        let missing: Vec<&Reach> = match rule.demand {
            Demand::Give(_) if targets.iter().any(|target| given(target)) => return,
            Demand::GiveAll(_) if !targets.iter().any(|target| given(target)) => return,
            Demand::GiveAll(_) => targets.iter().copied().filter(|target| !given(target)).collect(),
            Demand::AnswerYes(_)
                if targets.iter().any(|target| any(group.content, &target.keys, &mut is_yes)) =>
            {
                return;
            }
            Demand::Give(_) | Demand::AnswerYes(_) => targets.iter().copied().take(1).collect(),
        };
        for target in missing {
            self.faults.push(self.fault(rule, target, targets, group, place));
        }
    }

    fn holds(&self, test: &Test, group: Group<'c>) -> bool {
        let Some(reach) = &test.reach else {
            return matches!(test.trial, Trial::Fact(fact) if self.facts.tell(fact));
        };
        let from = if reach.from_top { self.root } else { group.content };
        match &test.trial {
            Trial::Is(answers) => any(from, &reach.keys, &mut |value| {
                answer(value).is_some_and(|answer| answers.contains(&answer))
            }),
            Trial::IsNot(code) => any(from, &reach.keys, &mut |value| {
                answer(value).is_some_and(|answer| answer != *code)
            }),
            Trial::Given => any(from, &reach.keys, &mut is_given),
            Trial::Missing => !any(from, &reach.keys, &mut is_given),
            Trial::Fact(fact) => self.facts.tell(*fact),
        }
    }

    fn fault(
        &self,
        rule: &Rule,
        target: &Reach,
        targets: &[&Reach],
        group: Group<'c>,
        place: &Place,
    ) -> Fault {
        let element = format!("{}/{}", place.element(), target.keys.join("/"));
        let row = row_at(group.rows, target);
        let names = targets.iter().filter_map(|target| row_at(group.rows, target));
        let names: Vec<&str> = names.map(|row| row.names.fi.as_str()).collect();
        let fault =
            Fault::new(FaultKind::MissingConditionalElement, element, self.structure.rule(row))
                .arg("name", names.join(" / "))
                .arg("condition", rule.condition());
        let Some(test) = rule.tests.first() else { return fault };
        let other = test.reach.as_ref().and_then(|reach| {
            row_at(if reach.from_top { &self.structure.fields } else { group.rows }, reach)
        });
        let fault = match other {
            Some(row) => fault.arg("other", &row.names.fi),
            None => fault,
        };
        match &test.trial {
            Trial::Is(answers) => fault.arg("values", answers.join(", ")),
            Trial::IsNot(code) => fault.arg("values", code),
            _ => fault,
        }
    }
}

/// Adds what a rule asks for to what others do: the rule that holds and leaves no choice says most.
fn ask(asked: &mut Vec<Asked>, more: Asked) {
    match asked.iter_mut().find(|known| known.element == more.element) {
        Some(known) if (more.holds, !more.or_another) > (known.holds, !known.or_another) => {
            *known = more;
        }
        Some(_) => {}
        None => asked.push(more),
    }
}

/// The rules that hold anywhere and are about a group with these rows, each with the rows it asks
/// for. A row that one rule asks for among others is not asked for by the later ones.
fn for_each_rule_anywhere(rows: &[Field], mut apply: impl FnMut(&Rule, &[&Reach])) {
    let mut asked: Vec<&str> = Vec::new();
    for rule in rules().anywhere() {
        let among = rule.demand.targets();
        let is_asked = |target: &&Reach| {
            row_at(rows, target).is_some_and(is_conditional) && !asked.contains(&target.last())
        };
        let targets: Vec<&Reach> = among.iter().filter(is_asked).collect();
        let least = among.len().min(2);
        if targets.len() < least || !rule.tests.iter().all(|test| test.has_rows(rows)) {
            continue;
        }
        apply(rule, &targets);
        if among.len() > 1 {
            asked.extend(targets.iter().map(|target| target.last()));
        }
    }
}

impl Test {
    /// Whether the group has the row that the test looks at, so that the rule is about such a group.
    fn has_rows(&self, rows: &[Field]) -> bool {
        self.reach.as_ref().is_none_or(|reach| row_at(rows, reach).is_some())
    }
}

fn is_conditional(row: &Field) -> bool {
    row.obligation == FieldObligation::Conditional
}

fn row_at<'f>(rows: &'f [Field], reach: &Reach) -> Option<&'f Field> {
    let (last, groups) = reach.keys.split_last()?;
    let find = |rows: &'f [Field], key: &str| rows.iter().find(|row| *row.key == *key);
    let rows = groups.iter().try_fold(rows, |rows, key| match &find(rows, key)?.kind {
        FieldKind::Group(rows) => Some(rows.as_slice()),
        _ => None,
    })?;
    find(rows, last)
}

/// Whether any value at the path passes; lists on the way and at the end are gone through.
fn any<'c>(
    content: &'c Content<'c>,
    keys: &[&str],
    passes: &mut impl FnMut(&'c Content<'c>) -> bool,
) -> bool {
    if let Content::List(entries) = content {
        return entries.iter().any(|entry| any(entry, keys, passes));
    }
    match keys.split_first() {
        None => passes(content),
        Some((key, rest)) => content.member(key).is_some_and(|value| any(value, rest, passes)),
    }
}

/// Whether a value says something: an empty text, list or object, or an identifier or code whose
/// value is empty, is not given.
fn is_given(content: &Content) -> bool {
    match content {
        Content::Null => false,
        Content::Text(text) => !text.is_empty(),
        Content::List(entries) => entries.iter().any(is_given),
        Content::Object(members) => match content.member("value").or(content.member("code")) {
            Some(Content::Text(text)) => !text.is_empty(),
            _ => !members.is_empty(),
        },
        Content::Switch(_) | Content::Number(_) => true,
    }
}

fn is_yes(content: &Content) -> bool {
    matches!(content, Content::Switch(true))
}

/// What a switch or a code answers.
fn answer<'c>(content: &'c Content<'c>) -> Option<&'c str> {
    match content {
        Content::Switch(true) => Some("yes"),
        Content::Switch(false) => Some("no"),
        _ => content.member("code").and_then(Content::text),
    }
}

/// The numbers of the rows that some rule asks for.
#[cfg(test)]
pub(super) fn decided_rows(structure: &Structure) -> std::collections::HashSet<u16> {
    fn anywhere(rows: &[Field], decided: &mut std::collections::HashSet<u16>) {
        for_each_rule_anywhere(rows, |_, targets| {
            decided.extend(
                targets.iter().filter_map(|target| row_at(rows, target)).map(|row| row.row),
            );
        });
        for row in rows {
            if let FieldKind::Group(rows) = &row.kind {
                anywhere(rows, decided);
            }
        }
    }
    let mut decided = std::collections::HashSet::new();
    anywhere(&structure.fields, &mut decided);
    for placed in rules().of(structure.type_arc()) {
        for target in placed.rule.demand.targets() {
            let keys = [placed.group.as_slice(), &target.keys].concat();
            let row = row_at(&structure.fields, &Reach { keys, from_top: true });
            decided.insert(row.expect("a rule names rows of its structure").row);
        }
    }
    decided
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::built_in;
    use super::*;

    /// Rules of the control documents stand as they are in annex A; each example is the part of a
    /// document that they look at.
    fn check(type_arc: &str, facts: ConditionFacts, document: &Value, expected: &[(&str, &str)]) {
        let structure = built_in().iter().find(|known| known.type_arc() == type_arc).unwrap();
        let content = super::super::tests::content(&json!({ &*structure.root: document }));
        let faults = check_conditions(structure, &content, &facts);
        let arg = |fault: &Fault, wanted: &str| {
            let found = fault.args.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let prefix = format!("structured:/{}/", structure.root);
        let found: Vec<(String, String)> = faults
            .iter()
            .map(|fault| (fault.element.replace(&prefix, ""), arg(fault, "condition")))
            .collect();
        let found: Vec<(&str, &str)> =
            found.iter().map(|(element, condition)| (&**element, &**condition)).collect();
        assert_eq!(found, expected, "{type_arc} {document}");
        for fault in &faults {
            assert_eq!(fault.kind, FaultKind::MissingConditionalElement);
            assert!(fault.rule.starts_with(&format!("{type_arc} row ")), "{}", fault.rule);
            assert!(!arg(fault, "name").is_empty());
        }
    }

    fn any_day() -> ConditionFacts {
        ConditionFacts::on(FinnishDay::parse("2026-03-23").unwrap())
    }

    fn code(code: &str) -> Value {
        json!({ "system": "urn:oid:1.2", "code": code, "display": "" })
    }

    /// 1505.1 rows 1, 95, 96, 124, 126: what a relationship needs, and what an old one need not.
    #[test]
    fn a_relationship_names_itself_its_units_and_its_tasks_unless_it_is_old() {
        let unit = json!([{ "palveluyksikon_nimi": code("1.2.246.10.1.10.1") }]);
        let sound = json!({
            "asiakkuuden_yksilointitunnus": { "value": "1.2.246.10.1.95.2026.1" },
            "palvelunjarjestajan_toimintayksikko": code("1.2.246.10.1"),
            "sosiaalihuollon_palvelutehtava": [{ "palvelunjarjestajan_palveluyksikko": unit }],
        });
        check("1505.1", any_day(), &sound, &[]);
        check(
            "1505.1",
            any_day(),
            &json!({ "palvelunjarjestajan_palveluyksikko": unit }),
            &[
                ("asiakkuuden_yksilointitunnus", "unless-yes"),
                ("palvelunjarjestajan_toimintayksikko", "unless-yes"),
                ("sosiaalihuollon_palvelutehtava", "unless-yes"),
            ],
        );
        let old = json!({
            "sosiaalihuollon_asiakkuus": { "vanha_asiakkuus": true },
            "palvelunjarjestajan_palveluyksikko": unit,
        });
        check("1505.1", any_day(), &old, &[]);
        let without_unit = json!({ "sosiaalihuollon_asiakkuus": { "vanha_asiakkuus": true } });
        check(
            "1505.1",
            any_day(),
            &without_unit,
            &[("palvelunjarjestajan_palveluyksikko", "one-of")],
        );
    }

    /// 1505.1 rows 14 to 16 and 58.
    #[test]
    fn a_client_has_an_identifier_and_an_old_client_an_identity_code_and_a_birth_day() {
        let rest = json!({
            "asiakkuuden_yksilointitunnus": { "value": "1.2.3" },
            "palvelunjarjestajan_toimintayksikko": code("1"),
            "palvelunjarjestajan_palveluyksikko": [{ "palveluyksikon_nimi": code("1") }],
            "sosiaalihuollon_palvelutehtava": [{ "palvelutehtava": code("24") }],
        });
        let with = |client: Value, old: bool| {
            let mut document = rest.clone();
            document["asiakas"] = client;
            document["sosiaalihuollon_asiakkuus"] = json!({ "vanha_asiakkuus": old });
            document
        };
        let code = json!({ "henkilotunnus": { "value": "010190-900P" } });
        let temporary = json!({ "tilapainen_yksilointitunnus": { "value": "010190-900P" } });
        let both = json!({ "henkilotunnus": { "value": "010190-900P" }, "syntymaaika": "1990" });
        check("1505.1", any_day(), &with(code.clone(), false), &[]);
        check("1505.1", any_day(), &with(temporary.clone(), false), &[]);
        check("1505.1", any_day(), &with(json!({}), false), &[("asiakas/henkilotunnus", "one-of")]);
        let emptied = json!({ "henkilotunnus": { "value": "" } });
        check("1505.1", any_day(), &with(emptied, false), &[("asiakas/henkilotunnus", "one-of")]);
        check("1505.1", any_day(), &with(both.clone(), true), &[]);
        check("1505.1", any_day(), &with(code, true), &[("asiakas/syntymaaika", "when-yes")]);
        check(
            "1505.1",
            any_day(),
            &with(temporary, true),
            &[("asiakas/henkilotunnus", "when-yes"), ("asiakas/syntymaaika", "when-yes")],
        );
        let shelter = ConditionFacts { shelter_service: true, ..any_day() };
        check(
            "1505.1",
            shelter,
            &with(both, false),
            &[("asiakas/elaa_avoliitossa", "shelter-service")],
        );
    }

    /// 1505.1 row 77.
    #[test]
    fn a_guardian_or_other_representative_has_its_authority_told() {
        let persons = json!({
            "asiakkuuden_yksilointitunnus": { "value": "1.2.3" },
            "palvelunjarjestajan_toimintayksikko": code("1"),
            "palvelunjarjestajan_palveluyksikko": [{ "palveluyksikon_nimi": code("1") }],
            "sosiaalihuollon_palvelutehtava": [{ "palvelutehtava": code("24") }],
            "asiakkaaseen_liittyvat_henkilot": [
                { "rooli": [code("12")] },
                { "rooli": [code("12"), code("31")] },
                { "rooli": [code("34")], "toimivalta": "raha-asiat" },
            ],
        });
        check(
            "1505.1",
            any_day(),
            &persons,
            &[("asiakkaaseen_liittyvat_henkilot/1/toimivalta", "when-code")],
        );
    }

    /// 1505.2 rows 5, 6, 8, 13, 16 and 17.
    #[test]
    fn a_case_tells_its_other_name_its_end_and_who_shares_it() {
        let client = json!({ "henkilotunnus": { "value": "010190-900P" } });
        let joined = json!({
            "tilapainen_yksilointitunnus": { "value": "010190-900P" },
            "asiaan_liittymishetki": "2026-03-01T10:00:00Z",
        });
        let heading = |joint: bool, name: &str| json!({ "yhteinen_asia": joint, "nimi": code(name), "tila": code("2") });
        let case = |clients: &[&Value], heading: Value| json!({ "asiakas": clients, "asian_tiedot": heading });
        check("1505.2", any_day(), &case(&[&client], heading(false, "1")), &[]);
        check(
            "1505.2",
            any_day(),
            &case(&[&json!({})], heading(false, "1")),
            &[("asiakas/0/henkilotunnus", "one-of")],
        );
        check("1505.2", any_day(), &case(&[&joined, &joined], heading(true, "1")), &[]);
        check(
            "1505.2",
            any_day(),
            &case(&[&joined, &client], heading(true, "1")),
            &[("asiakas/1/asiaan_liittymishetki", "when-yes")],
        );
        check(
            "1505.2",
            any_day(),
            &case(&[&client], heading(false, "99")),
            &[("asian_tiedot/lisatieto_luokkaan_muu", "when-code")],
        );
        let closed = ConditionFacts { case_closed: true, ..any_day() };
        check(
            "1505.2",
            closed,
            &case(&[&client], heading(false, "1")),
            &[("asian_tiedot/paattymispaiva", "case-closed")],
        );
    }

    /// 1505.8 rows 7, 10 to 12 and 18; 1505.9 rows 11, 14 to 16, 23, 38 and 46.
    #[test]
    fn a_permission_or_refusal_by_a_representative_names_that_person() {
        let made_by = json!({ "laatija": { "sukunimi": "Meikäläinen" } });
        let omakanta = ConditionFacts { made_in_client_system: false, ..any_day() };
        let missing = ("ammattihenkilon_laatima_asiakirja/laatija", "made-in-client-system");
        for structure in ["1505.8", "1505.9"] {
            check(structure, omakanta, &json!({}), &[]);
            check(structure, any_day(), &json!({}), &[missing]);
            let made = json!({ "ammattihenkilon_laatima_asiakirja": made_by });
            check(structure, any_day(), &made, &[]);
        }

        let giver = |giver: Value| json!({ "luovutusluvan_antaja_on_laillinen_edustaja": true, "luovutusluvan_antaja": giver });
        check("1505.8", omakanta, &giver(json!([{ "edunvalvojan_tunniste": "12" }])), &[]);
        check("1505.8", omakanta, &giver(json!([])), &[("luovutusluvan_antaja", "when-yes")]);
        check(
            "1505.8",
            omakanta,
            &giver(json!([{ "sukunimi": "Meikäläinen" }])),
            &[("luovutusluvan_antaja/0/henkilotunnus", "one-of")],
        );

        let refusal = json!({
            "palvelutehtavaa_koskevat_luovutuskiellot": {
                "palvelutehtavaa_koskeva_luovutuskielto": [
                    { "kieltaja_on_laillinen_edustaja": false },
                    { "kieltaja_on_laillinen_edustaja": true },
                ],
            },
        });
        check(
            "1505.9",
            omakanta,
            &refusal,
            &[(
                "palvelutehtavaa_koskevat_luovutuskiellot/palvelutehtavaa_koskeva_luovutuskielto/1/henkilo_joka_kieltaa_asiakastietojen_luovuttamisen",
                "when-yes",
            )],
        );
    }

    /// Rules that hold wherever a group has the rows: here in an application and a decision.
    #[test]
    fn rules_of_shared_groups_hold_in_every_structure() {
        let applied = |service: Value| json!({ "hakemus": { "haettava_palvelu": [service] } });
        check("1506.3006", any_day(), &applied(json!({ "kuvaus": "kotiapua" })), &[]);
        check(
            "1506.3006",
            any_day(),
            &applied(json!({ "kuvaus": "" })),
            &[("hakemus/haettava_palvelu/0/sosiaalipalvelu", "one-of")],
        );
        let audit = json!({ "paihteiden_kaytto": { "alkoholin_kaytto": {
            "kayttotiheys": code("M004011"),
        } } });
        check(
            "1506.15015",
            any_day(),
            &audit,
            &[
                (
                    "paihteiden_kaytto/alkoholin_kaytto/alkoholin_kayttomaara_yhdella_kayttokerralla",
                    "all-or-none",
                ),
                (
                    "paihteiden_kaytto/alkoholin_kaytto/kuusi_alkoholiannosta_yhdella_kayttokerralla",
                    "all-or-none",
                ),
            ],
        );
    }

    /// CAS-1: a row is asked for exactly when its absence would be a fault, and told with its condition's state
    /// when given too.
    #[test]
    fn what_is_asked_for_is_what_would_be_missed() {
        let check = |document: Value, expected: &[(&str, bool, bool)]| {
            let structure = super::super::tests::structure("1505.2");
            let content = super::super::tests::content(&json!({ &*structure.root: document }));
            let found = asked_for(structure, &content, &any_day());
            let found: Vec<(&str, bool, bool)> = found
                .iter()
                .map(|asked| {
                    let place = asked.element.strip_prefix("structured:/asia_asiakirja/").unwrap();
                    (place, asked.holds, asked.or_another)
                })
                .collect();
            assert_eq!(found, expected, "{document}");
        };
        let named = |code_of_name: &str| json!({ "asian_tiedot": { "nimi": code(code_of_name) } });
        let rows = |other_name: bool| {
            [
                ("asian_tiedot/lisatieto_luokkaan_muu", other_name, false),
                ("asian_tiedot/paattymispaiva", false, false),
            ]
        };
        check(named("1"), &rows(false));
        check(named("99"), &rows(true));
        let mut given = named("99");
        given["asian_tiedot"]["lisatieto_luokkaan_muu"] = "perhetyö".into();
        check(given, &rows(true));
        check(
            json!({ "asiakas": [{ "henkilotunnus": { "value": "010190-900P" } }] }),
            &[
                ("asiakas/0/henkilotunnus", true, true),
                ("asiakas/0/tilapainen_yksilointitunnus", true, true),
                ("asiakas/0/asiaan_liittymishetki", false, false),
            ],
        );
    }

    #[test]
    fn rules_of_client_documents_look_at_their_own_rows() {
        let urgency = ("arvio_asian_kiireellisyydesta", "when-other-code");
        let note = |task: &str| json!({ "palvelutehtava": [code(task)] });
        check("1506.19001", any_day(), &note("25"), &[]);
        check("1506.19001", any_day(), &note("24"), &[urgency]);

        check("1506.19009", any_day(), &json!({ "pyydetyt_tiedot": "lausunto" }), &[]);
        check(
            "1506.19009",
            any_day(),
            &json!({ "liite": [{ "nimi": "lausunto" }] }),
            &[("saadut_tiedot", "when-missing"), ("tietojen_saamisen_paivamaara", "when-given")],
        );

        let born = FinnishDay::parse("2008-03-24");
        let shelter = |client_birth_day| ConditionFacts {
            shelter_service: true,
            client_birth_day,
            ..any_day()
        };
        check("1506.19012", shelter(born), &json!({}), &[]);
        check(
            "1506.19012",
            shelter(born.map(|day| day.plus_days(-1))),
            &json!({}),
            &[
                (
                    "turvakotipalvelua_koskevat_tiedot/asiakkaan_asumisjarjestelyt_turvakotijakson_jalkeen",
                    "shelter-service",
                ),
                (
                    "turvakotipalvelua_koskevat_tiedot/asuminen_vakivallan_tekijan_kanssa",
                    "shelter-service",
                ),
            ],
        );
    }
}
