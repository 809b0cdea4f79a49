//! Tagging, for level A: the tree of structure elements, their types and languages.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Object};

use super::clauses as c;
use super::objects::{Objects, dictionary_of, shown};
use super::report::Report;

/// The structure types of the PDF standard.
const TYPES: &str = "Document Part Art Sect Div BlockQuote Caption TOC TOCI Index NonStruct Private P H \
H1 H2 H3 H4 H5 H6 L LI Lbl LBody Table TR TH TD THead TBody TFoot Span Quote Note Reference BibEntry Code \
Link Annot Ruby RB RT RP Warichu WT WP Figure Formula Form";
/// The types that PDF 1.4 did not have yet.
const LATER: &str = "Annot Ruby RB RT RP Warichu WT WP THead TBody TFoot";

/// The most structure elements looked at.
const MAX_ELEMENTS: usize = 500_000;

/// Judges the tags of a file.
pub(super) fn check(objects: Objects<'_>, report: &mut Report) {
    let Some(catalog) = objects.catalog() else { return };
    let marked = objects
        .dictionary(catalog, b"MarkInfo")
        .is_some_and(|mark| objects.is_true(mark, b"Marked"));
    if !marked {
        report.add(&c::MARKED, None, "no MarkInfo with Marked true");
    }
    if let Some(language) = objects.string(catalog, b"Lang") {
        check_language(language, report);
    }
    let Some(tree) = objects.dictionary(catalog, b"StructTreeRoot") else {
        report.add(&c::STRUCTURE_TREE, None, "no StructTreeRoot");
        return;
    };
    let roles = objects.dictionary(tree, b"RoleMap");
    if let Some(roles) = roles {
        check_roles(objects, roles, report);
    }
    let mut seen = BTreeSet::new();
    let mut waiting = kids(objects, tree);
    while let Some(element) = waiting.pop() {
        if !seen.insert(std::ptr::from_ref(element) as usize) {
            continue;
        }
        if seen.len() > MAX_ELEMENTS {
            report.complete = false;
            return;
        }
        if let Some(kind) = objects.name(element, b"S") {
            check_type(objects, kind, roles, report);
        }
        if let Some(language) = objects.string(element, b"Lang") {
            check_language(language, report);
        }
        waiting.extend(kids(objects, element));
    }
}

/// The marked contents that a structure element gives a text to be read instead of them.
pub(super) fn replaced(objects: Objects<'_>) -> BTreeSet<i64> {
    let mut found = BTreeSet::new();
    let Some(tree) = objects.catalog().and_then(|one| objects.dictionary(one, b"StructTreeRoot"))
    else {
        return found;
    };
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<_> = kids(objects, tree).into_iter().map(|kid| (kid, false)).collect();
    while let Some((element, replaced)) = waiting.pop() {
        if !seen.insert(std::ptr::from_ref(element) as usize) || seen.len() > MAX_ELEMENTS {
            continue;
        }
        let replaced = replaced || element.has(b"ActualText");
        if replaced {
            let contents = match objects.get(element, b"K") {
                Some(Object::Array(kids)) => {
                    kids.iter().filter_map(|kid| objects.follow(kid)).collect()
                }
                kid => Vec::from_iter(kid),
            };
            found.extend(contents.into_iter().filter_map(|kid| match kid {
                Object::Integer(content) => Some(*content),
                other => objects.integer(dictionary_of(other)?, b"MCID"),
            }));
        }
        waiting.extend(kids(objects, element).into_iter().map(|kid| (kid, replaced)));
    }
    found
}

/// The structure elements right under one; marked contents and annotations are none.
fn kids<'d>(objects: Objects<'d>, element: &'d Dictionary) -> Vec<&'d Dictionary> {
    let kids = match objects.get(element, b"K") {
        Some(Object::Array(kids)) => kids.iter().collect(),
        Some(kid) => vec![kid],
        None => Vec::new(),
    };
    let kids = kids.into_iter().filter_map(|kid| objects.follow(kid).and_then(dictionary_of));
    kids.filter(|kid| kid.has(b"S")).collect()
}

fn is_standard(kind: &[u8]) -> bool {
    TYPES.split(' ').any(|one| one.as_bytes() == kind)
}

fn check_roles(objects: Objects<'_>, roles: &Dictionary, report: &mut Report) {
    for (kind, _) in roles {
        // Part 1 goes by PDF 1.4, whose files map the later types.
        let later = LATER.split(' ').any(|one| one.as_bytes() == kind.as_slice());
        if is_standard(kind) && report.flavour.part != 1 && !later {
            let to = objects.name(roles, kind);
            if to.is_some_and(|to| to != kind.as_slice()) {
                report.add(&c::ROLE_MAP, None, format!("{} is mapped", shown(kind)));
            }
        }
        let mut at = kind.as_slice();
        let mut passed = Vec::new();
        while let Some(next) = objects.name(roles, at).filter(|_| !is_standard(at)) {
            if passed.contains(&at) || passed.len() > 100 {
                report.add(&c::ROLE_MAP, None, "a circle");
                break;
            }
            passed.push(at);
            at = next;
        }
    }
}

fn check_type(objects: Objects<'_>, kind: &[u8], roles: Option<&Dictionary>, report: &mut Report) {
    if std::str::from_utf8(kind).is_err() {
        report.add(&c::NAME_UTF8, None, "a structure type");
    }
    let mut at = kind;
    for _ in 0..100 {
        if is_standard(at) {
            return;
        }
        match roles.and_then(|roles| objects.name(roles, at)) {
            Some(next) => at = next,
            None => break,
        }
    }
    report.add(&c::ROLE_MAP, None, format!("{} is mapped to no standard type", shown(kind)));
}

/// Judges a language tag: a language of letters, and after hyphens whatever further tells it.
pub(super) fn check_language(language: &[u8], report: &mut Report) {
    let utf16 = language.strip_prefix(b"\xfe\xff");
    let text: Vec<u8> = match utf16 {
        Some(units) => units
            .chunks(2)
            .map(|unit| if unit[0] == 0 { unit[unit.len() - 1] } else { b'?' })
            .collect(),
        None => language.to_vec(),
    };
    // An empty text says that the language is not known.
    if text.is_empty() {
        return;
    }
    let sound = text.split(|byte| *byte == b'-').enumerate().all(|(at, one)| {
        (1..=8).contains(&one.len())
            && one.iter().all(|byte| match at {
                0 => byte.is_ascii_alphabetic(),
                _ => byte.is_ascii_alphanumeric(),
            })
    });
    if !sound {
        report.add(&c::LANGUAGE, None, "another form");
    }
}
