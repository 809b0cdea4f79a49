//! Which document group needs which metadata, element by element (ARC-2).

use serde_json::{Value, json};
use varanto_app::AppError;
use varanto_domain::archive::documents::{DocumentGroup, Form};
use varanto_domain::archive::elements::{Condition, Element, ElementKind, Obligation};
use varanto_domain::archive::metadata::{self, Against};
use varanto_domain::faults::Fault;
use varanto_domain::ids::Oid;
use varanto_domain::time::{Clock, FinnishDay};
use varanto_formats::synthetic::{self, FinnishText, Fullness};
use varanto_formats::{content, metadata as format};

use crate::world::{
    COUNTY, Dossier, Draft, KEEPER, System, UNIT, World, about, client, structure_of,
};

/// A sound draft of a group.
fn sound(world: &World, group: DocumentGroup, open: &Dossier, old: &Dossier) -> Draft {
    let control = |type_arc: &str| {
        let structure = structure_of(type_arc);
        let made = synthetic::document(structure, 5, Fullness::Typical, &mut FinnishText::new());
        let mut draft = world.relationship(&open.client).drop("relationship_id");
        // Refused is what a controller of the register keeps.
        let made = content::write(&made).replace("1.2.246.10.8888881.10.9", COUNTY);
        draft.structured = Some(about(&open.client, &made));
        draft
            .set("group", group.code())
            .set("structure", structure.oid.as_str())
            .set("controller.id", KEEPER)
    };
    match group {
        DocumentGroup::Relationship => world.relationship(&client(50)),
        DocumentGroup::Case => world.case(&open.client, &open.relationship),
        DocumentGroup::PhaseOne => world.phase_one(open),
        DocumentGroup::Old => world.old(old),
        DocumentGroup::LaterPhase => world.note(open),
        DocumentGroup::Permission => control("1505.8"),
        DocumentGroup::Refusal => control("1505.9"),
    }
}

/// A value of the kind an element takes.
fn value(world: &World, element: Element) -> Value {
    match element.row().kind {
        ElementKind::Oid | ElementKind::OwnOid if element == Element::ClientTemporaryRoot => {
            format!("{COUNTY}.22.2026").into()
        }
        ElementKind::Oid | ElementKind::OwnOid => world.new_oid().into(),
        ElementKind::PartyOid if element.path().contains("unit") => UNIT.into(),
        ElementKind::PartyOid => COUNTY.into(),
        ElementKind::Text(_) => "Teksti".into(),
        ElementKind::Code(set) => {
            let registry = world.app.registry();
            let set = Oid::parse(set).unwrap();
            let known = registry.code_sets().all().find(|one| one.oid == set);
            let code = known.and_then(|set| set.values.first()).map(|code| code.code.clone());
            code.unwrap_or_else(|| "1".into()).into()
        }
        ElementKind::Choice(choices) => choices[0].into(),
        ElementKind::Instant => "2026-11-01T12:00:00+02:00".into(),
        ElementKind::Day => "2026-11-01".into(),
        ElementKind::Number => 2.into(),
        ElementKind::Switch => false.into(),
        ElementKind::IdentityCode => client(1).code.reveal().into(),
        ElementKind::TemporaryIdentifier => "010171A998W".into(),
        ElementKind::RegistrationNumber => "29900000001".into(),
        ElementKind::Language => "fi".into(),
    }
}

/// The codes that are told at an element.
fn told_at(world: &World, draft: &Draft, element: Element) -> Vec<&'static str> {
    match world.app.archive_document(&world.caller(System::County), draft.submission()) {
        Ok(_) => Vec::new(),
        Err(AppError::Refused(faults)) => {
            faults.iter().filter(|fault| fault.element == element.path()).map(Fault::code).collect()
        }
        Err(error) => panic!("{element:?}: {error:?}"),
    }
}

fn has(draft: &Draft, element: Element) -> bool {
    let mut at = &draft.metadata;
    for name in element.path().split('.') {
        at = &at[name];
    }
    !at.is_null()
}

/// The draft with a condition made to hold; `None` where it cannot in the group.
fn with(draft: Draft, group: DocumentGroup, condition: Condition) -> Option<Draft> {
    Some(match condition {
        Condition::LaterVersion => draft.set("version", 2),
        Condition::Structured | Condition::NoTemporaryIdentifier => draft,
        Condition::NoIdentityCode => draft.drop("client.identity_code"),
        Condition::Minor => {
            let code = varanto_domain::ids::PersonalIdentityCode::compose(
                FinnishDay::new(2015, 2, 3).unwrap(),
                903,
            );
            draft
                .set("client.identity_code", code.unwrap().reveal())
                .set("client.birth_date", "2015-02-03")
        }
        Condition::BeforeServiceTasksOf2016 => draft.set("written_at", "2015-01-02T12:00:00+02:00"),
        Condition::HeldBack => draft.set("special_content", "K"),
        Condition::NoServiceUnit => draft.drop("service_unit.id"),
        Condition::CaseClosed if group == DocumentGroup::Case => {
            draft.closed_on("2024-02-29").drop("case_closed_on")
        }
        Condition::CaseClosed => return None,
    })
}

/// ARC-2: for every group and every element: what is obligatory is missed, what is forbidden is
/// told, and what is conditional follows its condition.
#[test]
fn every_element_is_held_to_its_obligation_in_every_group() {
    let world = World::new();
    let (open, old) = (world.open_case(&client(1)), world.open_old_case(&client(1)));
    let mut checked = 0;
    for group in DocumentGroup::ALL {
        for element in Element::ALL.iter().copied() {
            let place = format!("{group:?} {element:?}");
            let draft = || sound(&world, group, &open, &old);
            let told = |draft: &Draft| told_at(&world, draft, element);
            checked += 1;
            match element.obligation(group) {
                Obligation::Obligatory => {
                    assert!(has(&draft(), element), "{place}: in the sound draft");
                    let found = told(&draft().drop(element.path()));
                    assert_eq!(found, ["missing-element"], "{place}");
                }
                Obligation::Forbidden => {
                    let found = told(&draft().set(element.path(), value(&world, element)));
                    assert!(found.contains(&"forbidden-element"), "{place}: {found:?}");
                }
                Obligation::Optional => {
                    let odd =
                        ["missing-element", "missing-conditional-element", "forbidden-element"];
                    let without = told(&draft().drop(element.path()));
                    let given = told(&draft().set(element.path(), value(&world, element)));
                    for found in [without, given] {
                        assert!(!found.iter().any(|code| odd.contains(code)), "{place}: {found:?}");
                    }
                }
                Obligation::Conditional(condition) => {
                    if let Some(draft) = with(draft(), group, condition) {
                        let found = told(&draft.drop(element.path()));
                        let expected = "missing-conditional-element";
                        let structured = sound(&world, group, &open, &old).structured.is_some();
                        let holds = condition != Condition::Structured || structured;
                        assert_eq!(found.contains(&expected), holds, "{place}: {found:?}");
                    }
                    let given = draft().set(element.path(), value(&world, element));
                    let found = told(&given);
                    let fits = condition.optional_otherwise() || condition == Condition::Structured;
                    assert_eq!(found.contains(&"forbidden-element"), !fits, "{place}: {found:?}");
                }
            }
        }
    }
    assert_eq!(checked, 7 * Element::ALL.len());
}

/// ARC-2: printed metadata read back are the same, whatever is given; and printed again, the same
/// text.
#[test]
fn printed_metadata_read_back_are_the_same() {
    let world = World::new();
    let (open, old) = (world.open_case(&client(1)), world.open_old_case(&client(1)));
    let registry = world.app.registry();
    for group in DocumentGroup::ALL {
        let mut draft = sound(&world, group, &open, &old);
        for element in Element::ALL.iter().copied() {
            let given = match element.obligation(group) {
                Obligation::Optional => true,
                Obligation::Conditional(condition) => condition.optional_otherwise(),
                _ => false,
            };
            // A set of reasons stands with its reason alone.
            let alone =
                element == Element::ReplacesReasonSet && !has(&draft, Element::ReplacesReason);
            if given && !alone && !has(&draft, element) {
                draft = draft.set(element.path(), value(&world, element));
            }
        }
        // Names with everything that JSON must escape.
        let name = "Ääkkönen \"Ä\" \\ 𝔎 </script>";
        draft = draft.set("client.given_names", name).set("client.call_name", name);
        let form = match (&draft.structured, &draft.pdf) {
            (Some(_), _) => Form::Structured,
            (None, Some(_)) => Form::Pdf,
            (None, None) => Form::Xhtml,
        };
        let against = Against {
            form: Some(form),
            code_sets: registry.code_sets(),
            case_closed: false,
            now: world.clock.now(),
        };
        let parse = |text: &str| {
            let (raw, faults) = format::read(text.as_bytes()).unwrap();
            assert!(faults.is_empty(), "{faults:?}");
            metadata::check(&raw, &against)
                .unwrap_or_else(|faults| panic!("{group:?}: {}", crate::world::told(&faults)))
        };
        let first = parse(&draft.metadata.to_string());
        let printed = format::write(&first);
        let second = parse(&printed);
        assert_eq!(first, second);
        assert_eq!(format::write(&second), printed);
        let read: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(read["client"]["given_names"], json!(name));
    }
}

/// The disclosure permission and the refusal hang on no case, and are archived like any other.
#[test]
fn permissions_and_refusals_are_archived() {
    let world = World::new();
    let (open, old) = (world.open_case(&client(1)), world.open_old_case(&client(1)));
    for group in [DocumentGroup::Permission, DocumentGroup::Refusal] {
        world.archive(&sound(&world, group, &open, &old));
    }
    assert_eq!(world.damage(), Vec::<String>::new());
}
