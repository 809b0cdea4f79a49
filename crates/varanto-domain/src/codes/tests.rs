use super::*;

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn day(text: &str) -> FinnishDay {
    FinnishDay::parse(text).unwrap()
}

fn verdict(sets: &CodeSets, set: &str, code: &str, on: &str) -> &'static str {
    match sets.judge(&oid(set), code, day(on)) {
        CodeVerdict::Known(_) => "known",
        CodeVerdict::Unknown { level, .. } => level.code(),
        CodeVerdict::NotInForce { .. } => "not in force",
        CodeVerdict::UnknownSet => "unknown set",
    }
}

fn set(version: &str, values: &[(&str, Option<&str>, Option<&str>)]) -> CodeSet {
    CodeSet {
        oid: oid(sets::CASE_STATE),
        version: version.to_owned(),
        names: Names { fi: "Asian tila".to_owned(), sv: None },
        level: ValidationLevel::Closed,
        values: values
            .iter()
            .map(|(code, first, last)| Code {
                code: (*code).to_owned(),
                names: Names { fi: "Suljettu".to_owned(), sv: None },
                first: first.map(day),
                last: last.map(day),
                own_choice: false,
            })
            .collect(),
        built_in: false,
    }
}

/// REG-2: what is known today ships inside, and is counted so that none falls out.
#[test]
fn the_tables_hold_every_known_set_and_value() {
    let sets = CodeSets::built_in();
    let all: Vec<&CodeSet> = sets.all().collect();
    assert_eq!(all.len(), 85 + 20 + 2);
    let values: usize = all.iter().map(|set| set.values.len()).sum();
    assert_eq!(values, 397 + 33 + 10);
    for (set, count) in [
        (sets::SERVICE_TASK, 7),
        ("1.2.246.537.6.1243", 22),
        ("1.2.246.537.6.1282", 12),
        ("1.2.246.537.6.1251", 29),
        ("1.2.246.537.6.1280", 7),
        (sets::DOCUMENT_GROUP, 7),
        (sets::DOCUMENT_TYPE, 198 + 16),
        (sets::SOCIAL_SERVICE, 13),
    ] {
        let held = all.iter().find(|held| held.oid == oid(set)).unwrap();
        assert_eq!(held.values.len(), count, "{set}");
    }
    for set in all {
        assert!(!set.names.fi.is_empty());
        let codes: std::collections::HashSet<_> = set.values.iter().map(|v| &v.code).collect();
        assert_eq!(codes.len(), set.values.len(), "{} has a code twice", set.oid);
    }
}

#[test]
fn a_closed_set_refuses_what_an_open_set_takes() {
    let sets = CodeSets::built_in();
    for (set, code, expected) in [
        ("1.2.246.537.6.1221", "24", "known"),
        ("1.2.246.537.6.1221.201601", "24", "known"),
        ("1.2.246.537.6.1221.209901", "24", "known"),
        ("1.2.246.537.6.1221", "11", "closed"),
        ("1.2.246.537.6.1221.209901", "11", "closed"),
        ("1.2.246.537.6.1222.201601", "15", "known"),
        ("1.2.246.537.6.1222", "77", "open"),
        ("1.2.246.537.6.1251", "60", "warn"),
        ("1.2.246.537.6.886.2001", "1", "open"),
        ("1.2.246.537.6.999999", "1", "unknown set"),
        ("1.2.246.537.6", "1", "unknown set"),
        (sets::INVALIDATION_REASON, "99", "known"),
        (sets::REPLACEMENT_REASON, "5", "closed"),
    ] {
        assert_eq!(verdict(&sets, set, code, "2026-03-23"), expected, "{set} {code}");
    }
    let CodeVerdict::Unknown { allowed, .. } =
        sets.judge(&oid(sets::SERVICE_TASK), "11", day("2026-03-23"))
    else {
        panic!("11 is no service task");
    };
    assert_eq!(allowed, ["10", "15", "20", "23", "24", "25", "26"]);
}

#[test]
fn versions_stand_side_by_side_and_codes_keep_their_days() {
    let first = set("202001", &[("A", None, Some("2023-12-31")), ("B", None, None)]);
    let second = set("202401", &[("B", None, None), ("C", Some("2024-01-01"), None)]);
    let sets = CodeSets::empty().with_sets(vec![first, second]);
    let set = sets::CASE_STATE;

    assert_eq!(verdict(&sets, set, "A", "2023-12-31"), "known");
    assert_eq!(verdict(&sets, set, "A", "2024-01-01"), "not in force");
    assert_eq!(verdict(&sets, set, "C", "2023-12-31"), "not in force");
    assert_eq!(verdict(&sets, set, "C", "2024-01-01"), "known");
    assert_eq!(verdict(&sets, &format!("{set}.202001"), "C", "2024-01-01"), "closed");
    assert_eq!(verdict(&sets, &format!("{set}.202401"), "A", "2023-01-01"), "closed");
    assert_eq!(verdict(&sets, set, "D", "2024-01-01"), "closed");
}

#[test]
fn one_code_may_return_with_other_days() {
    let twice = set("1", &[("A", Some("2024-01-01"), None), ("A", None, Some("2020-12-31"))]);
    let sets = CodeSets::empty().with_sets(vec![twice]);
    for (on, expected) in
        [("2020-12-31", "known"), ("2022-01-01", "not in force"), ("2024-01-01", "known")]
    {
        assert_eq!(verdict(&sets, sets::CASE_STATE, "A", on), expected, "{on}");
    }
}

/// REG-2: our own values stand in only until the official list is loaded.
#[test]
fn loading_the_official_set_replaces_our_own_choice() {
    let sets = CodeSets::built_in();
    assert_eq!(sets.case_state_is_closed("2", day("2026-01-01")), Some(true));
    assert_eq!(sets.case_state_is_closed("1", day("2026-01-01")), Some(false));

    let official = CodeSet { names: Names::default(), ..set("201601", &[("9", None, None)]) };
    let sets = sets.with_sets(vec![official]);
    let held: Vec<&CodeSet> = sets.all().filter(|held| held.oid == oid(sets::CASE_STATE)).collect();
    assert_eq!((held.len(), held[0].names.fi.as_str()), (1, "Sosiaalihuolto - Asian tila"));
    assert_eq!(sets.case_state_is_closed("2", day("2026-01-01")), None);
    assert_eq!(sets.case_state_is_closed("9", day("2026-01-01")), Some(true));
}

#[test]
fn the_seven_service_tasks_agree_with_their_code_set() {
    let sets = CodeSets::built_in();
    for task in ServiceTask::ALL {
        let names = sets.name_of(&oid(sets::SERVICE_TASK), task.code(), day("2026-01-01")).unwrap();
        assert_eq!(
            (names.fi.as_str(), names.sv.as_deref()),
            (task.name_fi(), Some(task.name_sv()))
        );
        assert_eq!(ServiceTask::from_code(task.code()), Some(task));
    }
}

#[test]
fn an_old_service_task_maps_to_its_known_successors_or_to_nothing() {
    use ServiceTask as T;
    let sets = CodeSets::built_in();
    let of = |set: &str, code: &str| sets.original_task_maps_to(&oid(set), code).to_vec();
    assert_eq!(of("1.2.246.537.6.1259", "10"), [T::FamilyLaw]);
    assert_eq!(of("1.2.246.537.6.1259.201601", "13"), [T::OlderPeople, T::Families, T::WorkingAge]);
    assert_eq!(of("1.2.246.537.6.1283", "12"), [T::FamilyLaw]);
    assert_eq!(of("1.2.246.537.6.1283", "99"), []);

    let loaded = TaskMapping {
        set: oid(sets::SERVICE_TASK_2011),
        code: "99".into(),
        tasks: vec![T::Disability],
    };
    let sets = sets.with_mappings(vec![loaded]);
    assert_eq!(sets.original_task_maps_to(&oid(sets::SERVICE_TASK_2011), "99"), [T::Disability]);
    assert_eq!(sets.all_mappings().len(), 5);
}
