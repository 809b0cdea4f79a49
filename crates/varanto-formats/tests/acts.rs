//! Acts on made-up relationships and cases: what an act does not concern stays as it is.

use std::sync::Arc;

use proptest::prelude::*;
use varanto_domain::archive::register_documents::RelationshipContent;
use varanto_domain::codes::CodeSets;
use varanto_domain::ids::{ClientIdentifier, Oid, PersonalIdentityCode};
use varanto_domain::joining::Registers;
use varanto_domain::relationship::{
    Branch, CaseAct, HandOver, Named, OwnService, RelationshipAct, Served, Side, UnitEntry, Wording,
};
use varanto_domain::structures::{self, Content, Structure, built_in};
use varanto_domain::time::{FinnishDay, Instant, Validity};
use varanto_formats::synthetic::{self, FinnishText, Fullness};

fn structure(type_arc: &str) -> &'static Structure {
    let of_type = built_in().iter().filter(|structure| structure.type_arc() == type_arc);
    of_type.max_by_key(|structure| structure.first_day).unwrap()
}

fn made(type_arc: &str, seed: u64, full: bool) -> Content<'static> {
    let fullness = if full { Fullness::Full } else { Fullness::Typical };
    synthetic::document(structure(type_arc), seed, fullness, &mut FinnishText::new())
}

fn day(number: i32) -> FinnishDay {
    FinnishDay::new(2026, 1, 1).unwrap().plus_days(number)
}

fn unit(number: u8) -> Oid {
    Oid::parse(&format!("1.2.246.10.90000003.10.{number}")).unwrap()
}

fn days() -> impl Strategy<Value = Validity> {
    (0i32..300, proptest::option::of(-2i32..200)).prop_map(|(first, span)| Validity {
        first: day(first),
        last: span.map(|span| day(first + span)),
    })
}

fn task() -> impl Strategy<Value = Arc<str>> {
    prop_oneof![Just(Arc::from("10")), Just(Arc::from("24")), Just(Arc::from("26"))]
}

fn served() -> impl Strategy<Value = Served> {
    (task(), 0u8..4).prop_map(|(task, number)| Served {
        service_task: Some(task),
        unit: unit(number),
        case: None,
    })
}

fn entry(of: &str) -> Vec<Content<'static>> {
    vec![Content::object([("sukunimi", Content::of_text(of)), ("etunimet", Content::of_text(of))])]
}

fn act() -> impl Strategy<Value = RelationshipAct> {
    use RelationshipAct as Act;
    prop_oneof![
        3 => (task(), 0u8..4, days()).prop_map(|(service_task, number, days)| {
            Act::BeginService(OwnService { service_task, unit: unit(number), days, case: None })
        }),
        4 => (task(), 0u8..4, proptest::option::of(0u8..4), days()).prop_map(
            |(service_task, producer, implementer, days)| Act::HandOver(HandOver {
                service_task,
                producer: unit(producer),
                implementer: implementer.map(unit),
                services: vec![Arc::from("45")],
                days,
                case: None,
                purchase: None,
            })
        ),
        3 => (served(), 0i32..400).prop_map(|(of, last)| {
            Act::EndService { of, last_day: day(last) }
        }),
        3 => (served(), 0i32..300, 0i32..60).prop_map(|(of, first, span)| {
            Act::SuspendService { of, first_day: day(first), last_day: day(first + span) }
        }),
        3 => (served(), 0i32..400).prop_map(|(of, first)| {
            Act::ResumeService { of, first_day: day(first) }
        }),
        1 => "[a-z]{1,4}".prop_map(|name| Act::SetWorkers(entry(&name))),
        1 => "[a-z]{1,4}".prop_map(|name| Act::SetRelatedPersons(entry(&name))),
        1 => Just(Act::SetRisks(Vec::new())),
        1 => (0i32..300).prop_map(|first| Act::BeginChildProtection { first_day: day(first) }),
        1 => (0i32..400).prop_map(|last| Act::EndChildProtection { last_day: day(last) }),
        1 => (300i32..400).prop_map(|last| Act::End { last_day: day(last), grounds: None }),
    ]
}

/// The unit and the service task that an act is about.
fn about(act: &RelationshipAct) -> Option<(Branch, Vec<Oid>)> {
    use RelationshipAct as Act;
    let branch = |task: &Arc<str>| Branch::ServiceTask(task.clone());
    match act {
        Act::BeginService(service) => {
            Some((branch(&service.service_task), vec![service.unit.clone()]))
        }
        Act::HandOver(service) => {
            let mut units = vec![service.producer.clone()];
            units.extend(service.implementer.clone());
            Some((branch(&service.service_task), units))
        }
        Act::EndService { of, .. }
        | Act::SuspendService { of, .. }
        | Act::ResumeService { of, .. } => {
            Some((branch(of.service_task.as_ref().unwrap()), vec![of.unit.clone()]))
        }
        _ => None,
    }
}

/// Everything but what an act may change: the content without the members that it is about, and the
/// entries of all other units, each with all that stands in it.
fn rest(content: &Content<'static>, act: &RelationshipAct) -> (Content<'static>, Vec<String>) {
    use RelationshipAct as Act;
    let mut left = content.clone();
    let root = left.at_mut("/asiakkuusasiakirja").unwrap();
    let mut others = Vec::new();
    match act {
        Act::SetWorkers(_) => drop(root.take("palveluista_vastaava_tyontekija")),
        Act::SetRelatedPersons(_) => drop(root.take("asiakkaaseen_liittyvat_henkilot")),
        Act::SetRisks(_) => drop(root.take("riskitieto")),
        Act::BeginChildProtection { .. } | Act::EndChildProtection { .. } => {
            drop(root.take("lastensuojelun_asiakkuus"));
        }
        Act::End { .. } => {
            let heading = left.at_mut("/asiakkuusasiakirja/sosiaalihuollon_asiakkuus").unwrap();
            heading.take("asiakkuuden_paattymispvm");
            heading.take("asiakkuuden_paattymisen_perustelu");
        }
        _ => {
            let (branch, units) = about(act).unwrap();
            let entries = RelationshipContent::read(content).units.entries;
            let is_about = |entry: &UnitEntry| {
                let own = entry.unit_oid().is_some_and(|unit| units.contains(&unit));
                let under = matches!(&entry.side, Side::Implementer { producer } if units.contains(producer));
                entry.branch == branch && (own || under)
            };
            let holds = |entry: &UnitEntry| {
                entries
                    .iter()
                    .any(|inner| inner.pointer.starts_with(&entry.pointer) && is_about(inner))
            };
            for entry in entries.iter().filter(|entry| !holds(entry)) {
                let printed = varanto_formats::content::write(
                    content.clone().at_mut(&entry.pointer).unwrap(),
                );
                others.push(format!("{:?} {printed}", entry.branch));
            }
            root.take("sosiaalihuollon_palvelutehtava");
        }
    }
    (left, others)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// REL-1, RUR-8: whatever an act does, what it is not about stays equal, the structure accepts what comes
    /// of it, and what is refused has a reason.
    #[test]
    fn an_act_changes_what_it_is_about_and_nothing_else(
        seed in 0u64..10_000, full in any::<bool>(), acts in proptest::collection::vec(act(), 1..14)
    ) {
        let (registers, code_sets) = (Registers::default(), CodeSets::built_in());
        let wording = Wording { registers: &registers, code_sets: &code_sets, day: day(200) };
        let mut content = made("1505.1", seed, full);
        for act in acts {
            match act.apply(&content, &wording) {
                Ok(next) => {
                    prop_assert_ne!(&next, &content);
                    prop_assert_eq!(rest(&next, &act), rest(&content, &act), "{:?}", act);
                    let faults = structures::check(structure("1505.1"), &next);
                    prop_assert_eq!(faults, vec![], "{:?}", act);
                    content = next;
                }
                Err(faults) => prop_assert!(!faults.is_empty()),
            }
        }
    }

    /// REL-2, REL-4: the same of cases.
    #[test]
    fn an_act_on_a_case_changes_what_it_is_about_and_nothing_else(
        seed in 0u64..10_000, kinds in proptest::collection::vec((0u8..5, 0i64..1000), 1..10)
    ) {
        let (registers, code_sets) = (Registers::default(), CodeSets::built_in());
        let wording = Wording { registers: &registers, code_sets: &code_sets, day: day(200) };
        let mut content = made("1505.2", seed, true);
        for (kind, number) in kinds {
            let code = PersonalIdentityCode::compose(FinnishDay::new(1980, 1, 1).unwrap(), 900).unwrap();
            let at = Instant::from_millis(4_000_000_000_000 + number * 1000);
            let identifier = ClientIdentifier::Code(code);
            let act = match kind {
                0 => CaseAct::Close { closed_on: FinnishDay::of(at) },
                1 => CaseAct::Reopen,
                2 => CaseAct::Join {
                    client: Named {
                        identifier,
                        given_names: "Aino".into(),
                        family_name: "Suvanto".into(),
                        birth_date: None,
                    },
                    joined_at: at,
                },
                3 => CaseAct::Leave { client: identifier, left_at: at },
                _ => CaseAct::SetOtherPersons(entry("Ilmari")),
            };
            let Ok(next) = act.apply(&content, &wording) else { continue };
            prop_assert_ne!(&next, &content);
            let rest = |content: &Content<'static>| {
                let mut left = content.clone();
                let about = left.at_mut("/asia_asiakirja/asian_tiedot").unwrap();
                for key in ["tila", "paattymispaiva", "yhteinen_asia"] {
                    about.take(key);
                }
                let root = left.at_mut("/asia_asiakirja").unwrap();
                let clients = root.take("asiakas").unwrap();
                if matches!(act, CaseAct::SetOtherPersons(_)) {
                    root.take("muut_asiaan_liittyvat_henkilot");
                }
                let named = |client: &Content<'static>| {
                    let mut named = client.clone();
                    named.take("asiaan_liittymishetki");
                    named.take("asiasta_poistumishetki");
                    named
                };
                (left, clients.entries().iter().map(named).collect::<Vec<_>>())
            };
            let (before, clients) = rest(&content);
            let (after, clients_after) = rest(&next);
            prop_assert_eq!(before, after);
            prop_assert_eq!(&clients_after[..clients.len()], &clients[..]);
            let faults = structures::check(structure("1505.2"), &next);
            prop_assert_eq!(faults, vec![]);
            content = next;
        }
    }
}

/// REL-1: every fault of what is asked is told at once, and nothing of it is told back.
#[test]
fn what_is_asked_is_read_whole_or_every_fault_is_told() {
    let told = |body: &str| {
        let faults = varanto_formats::acts::read_relationship_act(body.as_bytes()).unwrap_err();
        assert!(faults.iter().all(|fault| fault.value.is_none()), "{faults:?}");
        let told =
            |fault: &varanto_domain::faults::Fault| format!("{} {}", fault.code(), fault.element);
        faults.iter().map(told).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(told("{"), "not-json body:");
    assert_eq!(told("[]"), "wrong-type ");
    assert_eq!(told("{}"), "missing-element document_id, missing-element act");
    assert_eq!(
        told(r#"{"document_id":"010190-911X","act":"end","last_day":"1.1.2026","unit":"1.2.3"}"#),
        "unknown-element unit, not-an-oid document_id, wrong-form last_day"
    );
    assert_eq!(
        told(r#"{"document_id":"1.2.3","act":"set-risks","risks":{}}"#),
        "missing-element based_on, wrong-type risks"
    );
}
