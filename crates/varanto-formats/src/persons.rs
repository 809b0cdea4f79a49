//! What the population register says of persons, as JSON of our own: the register's answer, the file that
//! an operator loads, and what the archive keeps.
//!
//! ```json
//! {"told_at": "2026-11-02T06:00:00Z", "persons": [
//!   {"identity_code": "…", "born_on": "2015-03-02", "died_on": "2026-10-30",
//!    "safety_order": {"first_day": "2026-01-10", "last_day": "2027-01-09"},
//!    "guardians": [{"identity_code": "…", "kind": "custody", "first_day": "2015-03-02"}]}]}
//! ```
//!
//! `kind` is `custody`, `information-right` or `guardianship`. A person whom the register does not know is
//! left out; a member that is left out says that there is none. The question is
//! `{"persons": ["…", "…"]}`, or `{"guardian": "…"}` for those whose matters somebody looks after. An unknown member is
//! a fault, and no fault shows a value.
//!
//! Source: REG-5, ARC-10, DIS-5.

use std::collections::HashMap;

use varanto_domain::archive::metadata::identity_code_fault;
use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::persons::{Guardian, GuardianKind, PersonFacts};
use varanto_domain::structures::Content;
use varanto_domain::time::{FinnishDay, Instant, Validity};

use crate::code_sets::object;
use crate::content;
use crate::members::{Faults, Object, Place};

const RULE: &str = "REG-5";

/// What the register told at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonAnswer {
    /// The moment.
    pub told_at: Instant,
    /// Each person at most once.
    pub persons: Vec<(PersonalIdentityCode, PersonFacts)>,
}

/// Reads an answer of the register, or a file.
///
/// # Errors
/// What makes it no JSON, or else every fault, each at its path (`persons/3/born_on`).
pub fn read(bytes: &[u8]) -> Result<PersonAnswer, Vec<Fault>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let content = content::read(bytes, "file").map_err(|fault| vec![fault])?;
    let faults = Faults::of_persons(RULE);
    let file = Place::root(&content, &faults).object(&["told_at", "persons"]).and_then(|file| {
        let told_at = file.required("told_at").and_then(|place| place.instant());
        let mut seen = HashMap::new();
        let persons = file.required("persons").and_then(Place::list).and_then(|places| {
            let read: Vec<_> = places.into_iter().map(|one| person_of(one, &mut seen)).collect();
            read.into_iter().collect::<Option<Vec<_>>>()
        });
        Some(PersonAnswer { told_at: told_at?, persons: persons? })
    });
    faults.or(file)
}

/// Prints an answer.
#[must_use]
pub fn write(answer: &PersonAnswer) -> String {
    let persons = answer.persons.iter().map(|(code, facts)| {
        let mut members = vec![("identity_code".into(), text(code.reveal()))];
        members.extend(facts_members(facts));
        Content::Object(members)
    });
    content::write(&object([
        ("told_at", Some(text(&answer.told_at.to_string()))),
        ("persons", Some(Content::List(persons.collect()))),
    ]))
}

/// Reads the facts of one person as the archive keeps them.
///
/// # Errors
/// As [`read`].
pub fn read_facts(bytes: &[u8]) -> Result<PersonFacts, Vec<Fault>> {
    let content = content::read(bytes, "facts").map_err(|fault| vec![fault])?;
    let faults = Faults::of_persons(RULE);
    let facts = Place::root(&content, &faults).object(&MEMBERS[1..]).and_then(|one| facts_of(&one));
    faults.or(facts)
}

/// Prints the facts of one person as the archive keeps them: the same facts give the same text.
#[must_use]
pub fn write_facts(facts: &PersonFacts) -> String {
    content::write(&Content::Object(facts_members(facts)))
}

/// Prints the question about persons.
#[must_use]
pub fn write_question(codes: &[PersonalIdentityCode]) -> String {
    let codes = codes.iter().map(|code| text(code.reveal())).collect();
    content::write(&object([("persons", Some(Content::List(codes)))]))
}

/// Prints the question about those whose matters somebody looks after.
#[must_use]
pub fn write_guardian_question(guardian: PersonalIdentityCode) -> String {
    content::write(&object([("guardian", Some(text(guardian.reveal())))]))
}

/// Whom a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonQuestion {
    /// These persons.
    Persons(Vec<PersonalIdentityCode>),
    /// Those whose matters this person looks after.
    OfGuardian(PersonalIdentityCode),
}

/// Reads a question.
///
/// # Errors
/// As [`read`].
pub fn read_question(bytes: &[u8]) -> Result<PersonQuestion, Vec<Fault>> {
    let content = content::read(bytes, "question").map_err(|fault| vec![fault])?;
    let faults = Faults::of_persons(RULE);
    let asked = Place::root(&content, &faults).object(&["persons", "guardian"]).and_then(|file| {
        if let Some(guardian) = file.optional("guardian", |place| code_of(&place))? {
            return Some(PersonQuestion::OfGuardian(guardian));
        }
        let persons = file.required("persons")?;
        persons.all(|place| code_of(&place)).map(PersonQuestion::Persons)
    });
    faults.or(asked)
}

const MEMBERS: [&str; 5] = ["identity_code", "born_on", "died_on", "safety_order", "guardians"];

fn person_of(
    place: Place<'_>,
    seen: &mut HashMap<PersonalIdentityCode, usize>,
) -> Option<(PersonalIdentityCode, PersonFacts)> {
    let person = place.object(&MEMBERS)?;
    let code = person.required("identity_code").and_then(|place| {
        let code = code_of(&place)?;
        let at = seen.len();
        let first = *seen.entry(code).or_insert(at);
        if first != at {
            let first = format!("persons/{first}");
            place.fault(FaultKind::DuplicateEntry, |fault| fault.arg("first", first));
            return None;
        }
        Some(code)
    });
    let facts = facts_of(&person);
    Some((code?, facts?))
}

fn facts_of(person: &Object<'_>) -> Option<PersonFacts> {
    let born_on = person.optional("born_on", |place| place.day());
    let died_on = person.optional("died_on", |place| place.day());
    let safety_order = person
        .optional("safety_order", |place| place.object(&["first_day", "last_day"])?.validity());
    let guardians = person.optional("guardians", |place| place.all(guardian_of));
    Some(PersonFacts {
        born_on: born_on?,
        died_on: died_on?,
        safety_order: safety_order?,
        guardians: guardians?.unwrap_or_default(),
    })
}

fn guardian_of(place: Place<'_>) -> Option<Guardian> {
    let guardian = place.object(&["identity_code", "kind", "first_day", "last_day"])?;
    let code = guardian.required("identity_code").and_then(|place| code_of(&place));
    let words = GuardianKind::ALL.map(|kind| (kind.code(), kind));
    let kind = guardian.required("kind").and_then(|place| place.word(&words));
    let days = guardian.validity();
    Some(Guardian { code: code?, kind: kind?, days: days? })
}

pub(crate) fn code_of(place: &Place<'_>) -> Option<PersonalIdentityCode> {
    match PersonalIdentityCode::parse(place.text()?) {
        Ok(code) => Some(code),
        Err(error) => {
            let fault = identity_code_fault("", error);
            place.fault(fault.kind, |made| made);
            None
        }
    }
}

type Member = (std::borrow::Cow<'static, str>, Content<'static>);

fn facts_members(facts: &PersonFacts) -> Vec<Member> {
    let day = |name: &'static str, day: Option<FinnishDay>| {
        day.map(|day| (name.into(), text(&day.to_string())))
    };
    let mut members: Vec<Member> = Vec::new();
    members.extend(day("born_on", facts.born_on));
    members.extend(day("died_on", facts.died_on));
    members.extend(
        facts.safety_order.map(|days| ("safety_order".into(), Content::Object(of_days(days)))),
    );
    if !facts.guardians.is_empty() {
        let guardians = facts.guardians.iter().map(|guardian| {
            let mut members: Vec<Member> = vec![
                ("identity_code".into(), text(guardian.code.reveal())),
                ("kind".into(), text(guardian.kind.code())),
            ];
            members.extend(of_days(guardian.days));
            Content::Object(members)
        });
        members.push(("guardians".into(), Content::List(guardians.collect())));
    }
    members
}

fn of_days(days: Validity) -> Vec<Member> {
    let mut members: Vec<Member> = vec![("first_day".into(), text(&days.first.to_string()))];
    members.extend(days.last.map(|last| ("last_day".into(), text(&last.to_string()))));
    members
}

pub(crate) fn text(text: &str) -> Content<'static> {
    Content::Text(text.to_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ANSWER: &str = r#"{"told_at": "2026-11-02T06:00:00Z", "persons": [
        {"identity_code": "180418A903L", "born_on": "2018-04-18", "died_on": "2026-10-30",
         "safety_order": {"first_day": "2026-01-10"},
         "guardians": [{"identity_code": "010190-900P", "kind": "custody", "first_day": "2018-04-18",
                        "last_day": "2036-04-17"}]}]}"#;

    #[test]
    fn an_answer_is_read_and_printed() {
        let answer = read(ANSWER.as_bytes()).unwrap();
        let (_, facts) = &answer.persons[0];
        assert_eq!(facts.guardians[0].kind, GuardianKind::Custody);
        assert_eq!(facts.safety_order.unwrap().last, None);
        assert_eq!(read(write(&answer).as_bytes()).unwrap(), answer);
        assert_eq!(read_facts(write_facts(facts).as_bytes()).unwrap(), *facts);
        let codes = [answer.persons[0].0];
        let read = |text: String| read_question(text.as_bytes()).unwrap();
        assert_eq!(read(write_guardian_question(codes[0])), PersonQuestion::OfGuardian(codes[0]));
        assert_eq!(read(write_question(&codes)), PersonQuestion::Persons(codes.to_vec()));
    }

    #[test]
    fn every_fault_of_an_answer_is_told_with_its_path_and_without_its_value() {
        let text = ANSWER
            .replace(
                "\"born_on\": \"2018-04-18\"",
                "\"born_on\": \"18.4.2018\", \"address\": \"x\"",
            )
            .replace("010190-900P", "010190-900X")
            .replace("custody", "uncle");
        let text = text.replace("2026-11-02T06:00:00Z", "today");
        let faults = read(text.as_bytes()).unwrap_err();
        let found: Vec<(&str, &str)> =
            faults.iter().map(|fault| (fault.code(), fault.element.as_str())).collect();
        assert_eq!(
            found,
            [
                ("wrong-form", "told_at"),
                ("unknown-element", "persons/0/address"),
                ("wrong-form", "persons/0/born_on"),
                ("identity-code-check", "persons/0/guardians/0/identity_code"),
                ("wrong-form", "persons/0/guardians/0/kind"),
            ]
        );
        assert!(faults.iter().all(|fault| fault.value.is_none()));
    }

    #[test]
    fn a_person_told_twice_is_a_fault() {
        let mut answer = read(ANSWER.as_bytes()).unwrap();
        answer.persons.push(answer.persons[0].clone());
        let faults = read(write(&answer).as_bytes()).unwrap_err();
        assert_eq!(faults[0].code(), "duplicate-entry");
        assert_eq!(faults[0].element, "persons/1/identity_code");
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(
            persons in prop::collection::vec(
                (0..40_000i32, prop::option::of(0..20_000i32), prop::option::of(0..20_000i32),
                 prop::collection::vec((0..40_000i32, 0..3usize, any::<bool>()), 0..4)), 0..5),
        ) {
            let from = FinnishDay::new(1920, 1, 1).unwrap();
            let code = |days: i32| {
                PersonalIdentityCode::compose(from.plus_days(days), 900).unwrap()
            };
            let mut answer = PersonAnswer { told_at: Instant::from_millis(7), persons: Vec::new() };
            for (born, died, order, guardians) in persons {
                let guardian = |(born, kind, open): (i32, usize, bool)| {
                    let first = from.plus_days(born);
                    let days = Validity { first, last: (!open).then_some(first) };
                    Guardian { code: code(born), kind: GuardianKind::ALL[kind], days }
                };
                let facts = PersonFacts {
                    born_on: Some(from.plus_days(born)),
                    died_on: died.map(|days| from.plus_days(days)),
                    safety_order: order
                        .map(|days| Validity { first: from.plus_days(days), last: None }),
                    guardians: guardians.into_iter().map(guardian).collect(),
                };
                if answer.persons.iter().all(|(known, _)| *known != code(born)) {
                    answer.persons.push((code(born), facts));
                }
            }
            prop_assert_eq!(read(write(&answer).as_bytes()).unwrap(), answer);
        }
    }
}
