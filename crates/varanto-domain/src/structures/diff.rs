//! What changed from one version of a structure to the next.

use super::{Field, FieldKind, FieldObligation, Names, Structure};

/// One change between two structures.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where: the JSON path of the row without list indexes, `/asia_asiakirja/asiakas/sukunimi`.
    pub path: String,
    /// What changed there.
    pub what: Difference,
}

/// How a row differs.
#[derive(Debug, Clone, PartialEq)]
pub enum Difference {
    /// The row is new.
    Added(FieldObligation),
    /// The row is gone.
    Removed,
    /// It became more or less obligatory.
    Obligation {
        /// Before.
        old: FieldObligation,
        /// After.
        new: FieldObligation,
    },
    /// It holds something else; rows under a group are told one by one instead.
    Kind {
        /// Before.
        old: FieldKind,
        /// After.
        new: FieldKind,
    },
    /// It began (`true`) or ceased to repeat.
    Repeats(bool),
    /// It has another name.
    Name {
        /// Before.
        old: Names,
        /// After.
        new: Names,
    },
    /// It stands under another row number, and so in another place, than its neighbours' changes
    /// explain.
    Moved,
}

/// Every change from `old` to `new`, in the order of the new structure, removals after the rows
/// that stayed under the same parent.
///
/// Source: REG-3.
#[must_use]
pub fn diff(old: &Structure, new: &Structure) -> Vec<Change> {
    let mut changes = Vec::new();
    let root = format!("/{}", new.root);
    let mut note = |path: &str, what| changes.push(Change { path: path.to_owned(), what });
    if old.root != new.root {
        note(&format!("/{}", old.root), Difference::Removed);
        note(&root, Difference::Added(FieldObligation::Obligatory));
    }
    if old.title != new.title {
        note(&root, Difference::Name { old: old.title.clone(), new: new.title.clone() });
    }
    compare(&old.fields, &new.fields, &root, &mut changes);
    changes
}

fn compare(old: &[Field], new: &[Field], parent: &str, changes: &mut Vec<Change>) {
    let kept: Vec<&str> =
        old.iter().map(|f| &*f.key).filter(|key| find(new, key).is_some()).collect();
    let mut place = 0;
    for field in new {
        let path = format!("{parent}/{}", field.key);
        let Some(before) = find(old, &field.key) else {
            changes.push(Change { path, what: Difference::Added(field.obligation) });
            continue;
        };
        if kept.get(place).is_some_and(|key| *key != &*field.key) {
            changes.push(Change { path: path.clone(), what: Difference::Moved });
        }
        place += 1;
        compare_field(before, field, &path, changes);
    }
    let gone = old.iter().filter(|field| find(new, &field.key).is_none());
    changes.extend(gone.map(|field| Change {
        path: format!("{parent}/{}", field.key),
        what: Difference::Removed,
    }));
}

fn compare_field(old: &Field, new: &Field, path: &str, changes: &mut Vec<Change>) {
    let mut note = |what| changes.push(Change { path: path.to_owned(), what });
    if old.names != new.names {
        note(Difference::Name { old: old.names.clone(), new: new.names.clone() });
    }
    if old.obligation != new.obligation {
        note(Difference::Obligation { old: old.obligation, new: new.obligation });
    }
    if old.repeats != new.repeats {
        note(Difference::Repeats(new.repeats));
    }
    match (&old.kind, &new.kind) {
        (FieldKind::Group(before), FieldKind::Group(after)) => {
            compare(before, after, path, changes);
        }
        (before, after) if before != after => {
            note(Difference::Kind { old: before.clone(), new: after.clone() });
        }
        _ => {}
    }
}

fn find<'a>(fields: &'a [Field], key: &str) -> Option<&'a Field> {
    fields.iter().find(|field| &*field.key == key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Oid;
    use crate::time::FinnishDay;

    fn field(key: &str, kind: FieldKind) -> Field {
        Field {
            row: 1,
            key: key.into(),
            names: Names { fi: key.to_owned(), sv: None },
            kind,
            obligation: FieldObligation::Optional,
            repeats: false,
        }
    }

    fn structure(fields: Vec<Field>) -> Structure {
        Structure {
            oid: Oid::parse("1.2.246.537.6.1506.15007.2024.11.28").unwrap(),
            title: Names { fi: "Suunnitelma".to_owned(), sv: None },
            first_day: FinnishDay::new(2024, 11, 28).unwrap(),
            component_library: "2024-11-13".to_owned(),
            document_type: "Suunnitelma".to_owned(),
            subject: None,
            author: None,
            root: "suunnitelma".into(),
            fields,
        }
    }

    fn check(old: Vec<Field>, new: Vec<Field>, wanted: &[(&str, Difference)]) {
        let found: Vec<(String, Difference)> = diff(&structure(old), &structure(new))
            .into_iter()
            .map(|change| (change.path, change.what))
            .collect();
        let wanted: Vec<(String, Difference)> =
            wanted.iter().map(|(path, what)| ((*path).to_owned(), what.clone())).collect();
        assert_eq!(found, wanted);
    }

    /// REG-3: an operator sees what a new version asks of the systems that use it.
    #[test]
    fn each_change_of_a_row_is_told_by_its_path() {
        use FieldKind::{Date, Group, Text};
        let plan = |field: Field| vec![field];
        let must = |mut field: Field| {
            field.obligation = FieldObligation::Obligatory;
            field
        };
        let many = |mut field: Field| {
            field.repeats = true;
            field
        };

        check(plan(field("paikka", Text)), plan(field("paikka", Text)), &[]);
        check(
            plan(field("paikka", Text)),
            plan(many(must(field("paikka", Date)))),
            &[
                (
                    "/suunnitelma/paikka",
                    Difference::Obligation {
                        old: FieldObligation::Optional,
                        new: FieldObligation::Obligatory,
                    },
                ),
                ("/suunnitelma/paikka", Difference::Repeats(true)),
                ("/suunnitelma/paikka", Difference::Kind { old: Text, new: Date }),
            ],
        );
        check(
            plan(field("asiakas", Group(vec![field("ika", Text), field("nimi", Text)]))),
            plan(field("asiakas", Group(vec![field("nimi", Text), field("kunta", Text)]))),
            &[
                ("/suunnitelma/asiakas/kunta", Difference::Added(FieldObligation::Optional)),
                ("/suunnitelma/asiakas/ika", Difference::Removed),
            ],
        );
        check(
            vec![field("a", Text), field("b", Text)],
            vec![field("b", Text), field("a", Text)],
            &[("/suunnitelma/b", Difference::Moved), ("/suunnitelma/a", Difference::Moved)],
        );
    }
}
