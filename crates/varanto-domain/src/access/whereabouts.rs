//! What tells where a client is, and what is left of a document when that is masked (ARC-10).
//!
//! Masking lets through what is known to tell no place, and nothing else: a rule that takes out what is known
//! to tell one would let through what nobody thought of.

use crate::archive::elements::Element;
use crate::archive::metadata::{RawMetadata, RawValue};
use crate::codes::CodeSets;
use crate::ids::{Oid, PersonalIdentityCode};
use crate::structures::{Content, Field, FieldKind, Structure};
use crate::time::FinnishDay;

/// The metadata elements that are not shown: units and producers, whose names and identifiers tell the
/// place; the organiser, that may be the municipality; free text; and the node of a temporary identifier,
/// which names who gave it.
///
/// Source: ARC-10.
pub const MASKED_ELEMENTS: [Element; 11] = [
    Element::OrganiserId,
    Element::OrganiserName,
    Element::ServiceUnitId,
    Element::ServiceUnitName,
    Element::OperatingUnitId,
    Element::OperatingUnitName,
    Element::ProducerId,
    Element::ProducerName,
    Element::RestrictionArgument,
    Element::ClientTemporaryRoot,
    Element::ClientTemporaryId,
];

/// Elements that hold identifiers of documents, cases and relationships: under another organisation's node
/// they tell who made or serves.
const IDENTIFIERS: [Element; 6] = [
    Element::DocumentId,
    Element::SetId,
    Element::ReplacesDocument,
    Element::CaseId,
    Element::RelationshipId,
    Element::MainDocument,
];

/// The rows of published structures that are left out with all under them, whatever they hold: by the JSON
/// member that the national name gives (osoite, yhteystiedot, kotikunta and their kin).
///
/// Source: ARC-10; the national structures of annexes A and B, row names as published.
pub const PLACES: [&str; 14] = [
    "osoite",
    "kayntiosoite",
    "postiosoite",
    "yhteysosoite",
    "tilapainen_osoite",
    "yhteystiedot",
    "sijoituspaikan_yhteystiedot",
    "sijoituspaikka",
    "kotikunta",
    "tilapainen_asuinkunta",
    "kunta",
    "puhelinnumero",
    "sahkopostiosoite",
    "salaiset_yhteystiedot",
];

/// The code sets whose values tell a place: municipalities, the organisation register, kinds of placement.
///
/// Source: ARC-10; national-specs annex C.
pub const PLACE_CODE_SETS: [&str; 3] =
    ["1.2.246.537.6.21", "1.2.246.537.6.202", "1.2.246.537.6.1216"];

/// The names of persons, which are shown; every other name and all free text may tell a place.
const PERSONS_NAMES: [&str; 3] = ["sukunimi", "etunimet", "kutsumanimi"];

/// The metadata without what tells where the client is.
///
/// Source: ARC-10.
#[must_use]
pub fn mask_metadata<'a>(raw: &RawMetadata<'a>) -> RawMetadata<'a> {
    let controller = oid_at(raw, Element::ControllerId);
    let mut masked = RawMetadata::default();
    for element in Element::ALL.iter().copied() {
        let tells = MASKED_ELEMENTS.contains(&element)
            || (IDENTIFIERS.contains(&element) && names_another(raw, element, controller.as_ref()));
        if let (Some(value), false) = (raw.get(element), tells) {
            masked.insert(element, value.clone());
        }
    }
    masked
}

/// Whether an identifier may be shown beside a controller's name: one under another organisation's node
/// tells who made the document or serves the client.
///
/// Source: ARC-10.
#[must_use]
pub fn is_of_the_controller(id: &Oid, controller: &Oid) -> bool {
    id.organisation_node().is_some() && id.organisation_node() == controller.organisation_node()
}

fn oid_at(raw: &RawMetadata<'_>, element: Element) -> Option<Oid> {
    match raw.get(element) {
        Some(RawValue::Text(text)) => Oid::parse(text).ok(),
        _ => None,
    }
}

fn names_another(raw: &RawMetadata<'_>, element: Element, controller: Option<&Oid>) -> bool {
    let id = oid_at(raw, element);
    !id.zip(controller).is_some_and(|(id, controller)| is_of_the_controller(&id, controller))
}

/// Structured content without what tells where the client is: what the structure's rows hold as codes of
/// lists that tell no place, days, switches, numbers, identity codes and persons' names. Free text, other
/// names and identifiers, and whatever no row says what it is, is left out. Codes are named anew, by the
/// code sets of the day.
///
/// Source: ARC-10.
#[must_use]
pub fn mask_content(
    structure: &Structure,
    content: &Content<'_>,
    code_sets: &CodeSets,
    day: FinnishDay,
) -> Content<'static> {
    let masking = Masking { code_sets, day };
    let root = content.member(&structure.root);
    let shown = root.and_then(|root| masking.group(&structure.fields, root));
    let shown = shown.unwrap_or_else(|| Content::Object(Vec::new()));
    Content::Object(vec![(structure.root.to_string().into(), shown)])
}

struct Masking<'m> {
    code_sets: &'m CodeSets,
    day: FinnishDay,
}

impl Masking<'_> {
    fn group(&self, rows: &[Field], content: &Content<'_>) -> Option<Content<'static>> {
        let Content::Object(members) = content else { return None };
        let mut shown = Vec::new();
        for (key, given) in members {
            let row = rows.iter().find(|row| *row.key == **key);
            let Some(row) = row.filter(|row| !PLACES.contains(&&*row.key)) else { continue };
            let value = match given {
                Content::List(entries) => {
                    let left: Vec<_> =
                        entries.iter().filter_map(|entry| self.value(row, entry)).collect();
                    (!left.is_empty()).then_some(Content::List(left))
                }
                given => self.value(row, given),
            };
            shown.extend(value.map(|value| (row.key.to_string().into(), value)));
        }
        (!shown.is_empty()).then_some(Content::Object(shown))
    }

    fn value(&self, row: &Field, given: &Content<'_>) -> Option<Content<'static>> {
        match (&row.kind, given) {
            (FieldKind::Group(rows), given) => self.group(rows, given),
            (FieldKind::Switch, Content::Switch(yes)) => Some(Content::Switch(*yes)),
            (FieldKind::Date | FieldKind::Moment, Content::Text(text)) if is_time(text) => {
                Some(text_of(text))
            }
            (FieldKind::Number, Content::Number(number)) => {
                Some(Content::Number(number.to_string().into()))
            }
            (FieldKind::Quantity, given) => match given.member("value") {
                Some(Content::Number(number)) => Some(Content::Object(vec![(
                    "value".into(),
                    Content::Number(number.to_string().into()),
                )])),
                _ => None,
            },
            (FieldKind::Phrase(published), Content::Text(text)) => {
                published.iter().any(|phrase| phrase == text).then(|| text_of(text))
            }
            (FieldKind::Name, Content::Text(text)) => {
                PERSONS_NAMES.contains(&&*row.key).then(|| text_of(text))
            }
            (FieldKind::Identifier { .. }, given) => identity_code(given),
            (FieldKind::Code { code_set, allowed, .. }, given) => {
                self.code(code_set.as_ref(), allowed, given)
            }
            _ => None,
        }
    }

    /// A code that its row or its code set knows, with the name that the code set has for it.
    fn code(
        &self,
        code_set: Option<&Oid>,
        allowed: &[String],
        given: &Content<'_>,
    ) -> Option<Content<'static>> {
        if code_set.is_some_and(|set| PLACE_CODE_SETS.contains(&set.as_str())) {
            return None;
        }
        let code = given.member("code").and_then(Content::text)?;
        let named = code_set.and_then(|set| self.code_sets.name_of(set, code, self.day));
        if named.is_none() && !allowed.iter().any(|one| one == code) {
            return None;
        }
        let mut members = vec![("code".into(), text_of(code))];
        members.extend(named.map(|names| ("display".into(), text_of(&names.fi))));
        Some(Content::Object(members))
    }
}

fn text_of(text: &str) -> Content<'static> {
    Content::Text(text.to_owned().into())
}

/// Days and instants are digits and what stands between them.
fn is_time(text: &str) -> bool {
    text.len() <= 35 && text.bytes().all(|b| b.is_ascii_digit() || b"-:.+TZ".contains(&b))
}

fn identity_code(given: &Content<'_>) -> Option<Content<'static>> {
    let value = given.member("value").and_then(Content::text)?;
    PersonalIdentityCode::parse(value).ok()?;
    let system = format!("urn:oid:{}", PersonalIdentityCode::ROOT);
    Some(Content::Object(vec![
        ("system".into(), text_of(&system)),
        ("value".into(), text_of(value)),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::structures::{FieldObligation, Names, built_in};

    fn rows<'s>(fields: &'s [Field], all: &mut Vec<&'s Field>) {
        for field in fields {
            all.push(field);
            if let FieldKind::Group(under) = &field.kind {
                rows(under, all);
            }
        }
    }

    fn all_rows() -> Vec<&'static Field> {
        let mut all = Vec::new();
        for structure in built_in() {
            rows(&structure.fields, &mut all);
        }
        all
    }

    /// ARC-10: each row that is left out by name, and each code set of places, is in the structures, so that
    /// a misspelt one is told.
    #[test]
    fn every_row_and_code_set_that_tells_a_place_is_published() {
        let all = all_rows();
        for place in PLACES {
            assert!(all.iter().any(|row| *row.key == *place), "{place}");
        }
        for place in PLACE_CODE_SETS {
            let bound = |row: &&&Field| matches!(&row.kind, FieldKind::Code { code_set: Some(set), .. } if set.as_str() == place);
            assert!(all.iter().any(|row| bound(&row)), "{place}");
        }
    }

    /// ARC-10: no row whose name speaks of an address, a place, a municipality, a unit or a contact lets
    /// anything through but a switch, a day, or a group in which the same is asked of each row.
    #[test]
    fn no_row_that_speaks_of_a_place_lets_a_value_through() {
        let day = FinnishDay::new(2026, 11, 2).unwrap();
        let sets = CodeSets::built_in();
        let masking = Masking { code_sets: &sets, day };
        let speaks =
            ["osoite", "kunta", "yksikko", "puhelin", "posti", "yhteystie", "organisaatio"];
        for row in all_rows() {
            if !speaks.iter().any(|word| row.key.contains(word)) || PLACES.contains(&&*row.key) {
                continue;
            }
            let given = Content::Object(vec![
                ("system".into(), text_of("urn:oid:1.2.246.537.6.202")),
                ("code".into(), text_of("1.2.246.10.1")),
                ("value".into(), text_of("Kotikatu 1")),
                ("display".into(), text_of("Kotikatu 1")),
            ]);
            for given in [text_of("Kotikatu 1"), given] {
                assert_eq!(masking.value(row, &given), None, "{}", row.names.fi);
            }
        }
    }

    fn row(key: &str, kind: FieldKind) -> Field {
        let names = Names { fi: key.to_owned(), sv: None };
        let obligation = FieldObligation::Optional;
        Field { row: 1, key: key.into(), names, kind, obligation, repeats: true }
    }

    fn object(members: &[(&'static str, Content<'static>)]) -> Content<'static> {
        Content::Object(members.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
    }

    /// ARC-10: what is known to tell no place is shown, each kind of row by its own rule, and nothing else.
    #[test]
    fn what_tells_no_place_is_shown_and_nothing_else() {
        let day = FinnishDay::new(2026, 11, 2).unwrap();
        let sets = CodeSets::built_in();
        let masking = Masking { code_sets: &sets, day };
        let number = |text: &'static str| Content::Number(text.into());
        let oid = |text: &str| Some(Oid::parse(text).unwrap());
        let code = |code_set: Option<Oid>, allowed: &[&str]| FieldKind::Code {
            code_set,
            system: None,
            allowed: allowed.iter().map(|one| (*one).to_owned()).collect(),
        };
        let coded = |code: &'static str| {
            object(&[("code", text_of(code)), ("display", text_of("Kätkölä"))])
        };
        let bare = |code: &'static str| object(&[("code", text_of(code))]);
        let identity = |value: &'static str| {
            object(&[("system", text_of("urn:oid:1.2.246.21")), ("value", text_of(value))])
        };
        let identifier = FieldKind::Identifier { system: None };
        let phrase = FieldKind::Phrase(vec!["Päätös".to_owned()]);
        let same = |given: &Content<'static>| Some(given.clone());
        let (yes, seven) = (Content::Switch(true), number("7"));
        let quantity = object(&[("value", seven.clone()), ("unit", text_of("Kätkölä"))]);
        let cases = [
            ("kesto", FieldKind::Switch, yes.clone(), same(&yes)),
            ("kesto", FieldKind::Switch, text_of("Kätkölä"), None),
            ("paiva", FieldKind::Date, text_of("2026-11"), Some(text_of("2026-11"))),
            (
                "paiva",
                FieldKind::Moment,
                text_of("2026-11-02T09:00:00+02:00"),
                Some(text_of("2026-11-02T09:00:00+02:00")),
            ),
            ("paiva", FieldKind::Date, text_of("Kätkölä"), None),
            ("paiva", FieldKind::Date, text_of(&"1".repeat(36)), None),
            ("maara", FieldKind::Number, seven.clone(), same(&seven)),
            ("maara", FieldKind::Number, text_of("Kätkölä"), None),
            ("maara", FieldKind::Quantity, quantity, Some(object(&[("value", seven.clone())]))),
            ("maara", FieldKind::Quantity, text_of("Kätkölä"), None),
            ("fraasi", phrase.clone(), text_of("Päätös"), Some(text_of("Päätös"))),
            ("fraasi", phrase, text_of("Kätkölä"), None),
            ("sukunimi", FieldKind::Name, text_of("Testi"), Some(text_of("Testi"))),
            ("yksikon_nimi", FieldKind::Name, text_of("Kätkölä"), None),
            ("selite", FieldKind::Text, text_of("Kätkölä"), None),
            ("rivi", FieldKind::SignatureLine, text_of("Kätkölä"), None),
            ("tunnus", identifier.clone(), identity("010190-900P"), Some(identity("010190-900P"))),
            ("tunnus", identifier, identity("1.2.246.10.3"), None),
            ("koodi", code(None, &["1"]), coded("1"), Some(bare("1"))),
            ("koodi", code(None, &["1"]), coded("2"), None),
            ("koodi", code(oid("1.2.246.537.6.21"), &["1"]), coded("1"), None),
            ("koodi", code(oid("1.2.246.537.6.999999"), &[]), coded("1"), None),
        ];
        for (key, kind, given, expected) in cases {
            let row = row(key, kind);
            assert_eq!(masking.value(&row, &given), expected, "{row:?} {given:?}");
        }
    }

    /// ARC-10: a code is named anew by its code set, whatever name came with it.
    #[test]
    fn a_code_is_named_by_its_code_set() {
        let day = FinnishDay::new(2026, 11, 2).unwrap();
        let sets = CodeSets::built_in();
        let masking = Masking { code_sets: &sets, day };
        let tasks = Oid::parse("1.2.246.537.6.1221").unwrap();
        let name = sets.name_of(&tasks, "24", day).unwrap().fi.clone();
        let kind = FieldKind::Code { code_set: Some(tasks), system: None, allowed: Vec::new() };
        let given = object(&[("code", text_of("24")), ("display", text_of("Kätkölä"))]);
        let expected = object(&[("code", text_of("24")), ("display", text_of(&name))]);
        assert_eq!(masking.value(&row("palvelutehtava", kind), &given), Some(expected));
    }

    /// ARC-10: of a group what is left is shown, entry by entry; rows of places go with all under them, as does what no
    /// row says what it is, and a group of which nothing is left.
    #[test]
    fn of_a_group_what_is_left_is_shown() {
        let day = FinnishDay::new(2026, 11, 2).unwrap();
        let sets = CodeSets::built_in();
        let masking = Masking { code_sets: &sets, day };
        let switch = || row("kylla", FieldKind::Switch);
        let rows = [
            switch(),
            row("selite", FieldKind::Text),
            row("osoite", FieldKind::Group(vec![switch()])),
            row("jakso", FieldKind::Group(vec![switch(), row("selite", FieldKind::Text)])),
        ];
        let (yes, secret) = (Content::Switch(true), text_of("Kätkölä"));
        let shown = object(&[("kylla", yes.clone())]);
        let hidden = object(&[("selite", secret.clone())]);
        let given = object(&[
            ("kylla", yes.clone()),
            ("selite", secret.clone()),
            ("osoite", shown.clone()),
            ("tuntematon", yes.clone()),
            (
                "jakso",
                Content::List(vec![
                    object(&[("kylla", yes), ("selite", secret.clone())]),
                    hidden.clone(),
                ]),
            ),
        ]);
        let expected =
            object(&[("kylla", Content::Switch(true)), ("jakso", Content::List(vec![shown]))]);
        assert_eq!(masking.group(&rows, &given), Some(expected));
        assert_eq!(
            masking.group(&rows, &object(&[("jakso", Content::List(vec![hidden.clone()]))])),
            None
        );
        assert_eq!(masking.group(&rows, &hidden), None);
        assert_eq!(masking.group(&rows, &secret), None);
    }

    /// ARC-10: of the metadata go the units, producers and organisers, free text, the node of a temporary identifier, and
    /// identifiers under another organisation's node than the controller's.
    #[test]
    fn metadata_are_shown_without_whose_work_it_was() {
        let (own, other) = ("1.2.246.10.1.14.7", "1.2.246.10.3.14.7");
        let text = |text: &str| RawValue::Text(text.to_owned().into());
        for element in Element::ALL.iter().copied() {
            for id in [own, other, "Kätkölä"] {
                let mut raw = RawMetadata::default();
                raw.insert(Element::ControllerId, text("1.2.246.10.1"));
                raw.insert(element, text(id));
                let masked = mask_metadata(&raw);
                let controller = element == Element::ControllerId;
                let expected = !MASKED_ELEMENTS.contains(&element)
                    && (id == own || !IDENTIFIERS.contains(&element));
                assert_eq!(masked.get(element).is_some(), expected, "{element:?} {id}");
                assert!(controller || masked.get(Element::ControllerId).is_some());
            }
            // Of a document whose controller nobody knows no identifier is shown.
            let mut raw = RawMetadata::default();
            raw.insert(element, text(own));
            let expected = !MASKED_ELEMENTS.contains(&element) && !IDENTIFIERS.contains(&element);
            assert_eq!(mask_metadata(&raw).get(element).is_some(), expected, "{element:?}");
        }
        let oid = |text: &str| Oid::parse(text).unwrap();
        assert!(is_of_the_controller(&oid(own), &oid("1.2.246.10.1")));
        assert!(!is_of_the_controller(&oid(other), &oid("1.2.246.10.1")));
        assert!(!is_of_the_controller(&oid("1.2.246.537.6.1"), &oid("1.2.246.537.6.2")));
    }
}
