//! The walk over the values that a document's content gives for a structure's rows.

use super::pointer::Place;
use super::{Content, Field, FieldKind, Structure};

/// Hands every value that stands at a row of the structure to `visit`, each entry of a list for
/// itself, with the place where it stands. Members that the structure does not have are passed by.
pub(super) fn each_value(
    structure: &Structure,
    content: &Content,
    visit: &mut impl FnMut(&Field, &Content, &Place),
) {
    if let Some(root) = content.member(&structure.root) {
        group(&structure.fields, root, &Place::TOP.member(&structure.root), visit);
    }
}

fn group(
    rows: &[Field],
    content: &Content,
    place: &Place,
    visit: &mut impl FnMut(&Field, &Content, &Place),
) {
    let Content::Object(members) = content else { return };
    for (key, given) in members {
        let Some(row) = rows.iter().find(|row| *row.key == **key) else { continue };
        let place = place.member(key);
        match given {
            Content::List(entries) => {
                for (at, entry) in entries.iter().enumerate() {
                    value(row, entry, &place.entry(at), visit);
                }
            }
            given => value(row, given, &place, visit),
        }
    }
}

fn value(
    row: &Field,
    content: &Content,
    place: &Place,
    visit: &mut impl FnMut(&Field, &Content, &Place),
) {
    match &row.kind {
        FieldKind::Group(rows) => group(rows, content, place, visit),
        _ => visit(row, content, place),
    }
}
