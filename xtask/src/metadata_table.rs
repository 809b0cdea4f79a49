//! The table in `docs/metadata.md`: what each document group needs of each metadata element.

use std::fmt::Write as _;

use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::elements::{Element, ElementKind, Obligation};

use crate::commands::root;
use crate::source::SourceFile;

const PAGE: &str = "docs/metadata.md";
const BEGIN: &str = "<!-- the table: cargo xtask rules -->\n";
const END: &str = "<!-- the table ends -->\n";

/// Writes the table into the page.
pub(crate) fn write() -> Result<(), String> {
    let told = |error: std::io::Error| format!("{PAGE}: {error}");
    let page = std::fs::read_to_string(root().join(PAGE)).map_err(told)?;
    let page = with_table(&page).ok_or_else(|| format!("{PAGE} has no place for the table"))?;
    std::fs::write(root().join(PAGE), page).map_err(told)?;
    println!("{PAGE} is current");
    Ok(())
}

/// A page that does not say what the code does.
pub(crate) fn faults(files: &[SourceFile]) -> Vec<String> {
    let kept = files.iter().find(|file| file.path == PAGE).map(|file| file.text.as_str());
    match kept {
        Some(page) if with_table(page).as_deref() == Some(page) => Vec::new(),
        _ => vec![format!("{PAGE} is not current: run cargo xtask rules")],
    }
}

fn with_table(page: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n{END}{after}", table()))
}

fn table() -> String {
    let mut text = String::from("| Element | Holds |");
    for group in DocumentGroup::ALL {
        let _ = write!(text, " {} |", heading(group));
    }
    let _ = write!(text, "\n|---|---|{}\n", "---|".repeat(DocumentGroup::ALL.len()));
    for element in Element::ALL {
        let row = element.row();
        let _ = write!(text, "| `{}` {} | {} |", row.path, row.finnish, held(row.kind));
        for group in DocumentGroup::ALL {
            let _ = write!(text, " {} |", said(element.obligation(group)));
        }
        text.push('\n');
    }
    text
}

fn heading(group: DocumentGroup) -> String {
    let name = match group {
        DocumentGroup::Relationship => "relationship",
        DocumentGroup::Case => "case",
        DocumentGroup::PhaseOne => "phase I",
        DocumentGroup::Old => "old",
        DocumentGroup::LaterPhase => "phase II and later",
        DocumentGroup::Permission => "permission",
        DocumentGroup::Refusal => "refusal",
    };
    format!("{name} ({})", group.code())
}

fn said(obligation: Obligation) -> String {
    match obligation {
        Obligation::Obligatory => "**yes**".to_owned(),
        Obligation::Conditional(condition) if condition.optional_otherwise() => {
            format!("`{}`, else may", condition.code())
        }
        Obligation::Conditional(condition) => format!("`{}`", condition.code()),
        Obligation::Optional => "may".to_owned(),
        Obligation::Forbidden => "–".to_owned(),
    }
}

fn held(kind: ElementKind) -> String {
    match kind {
        ElementKind::Oid => "OID".to_owned(),
        ElementKind::OwnOid => "OID under the sender's node".to_owned(),
        ElementKind::PartyOid => "OID in the organisation register".to_owned(),
        ElementKind::Text(most) => format!("text, 1–{most}"),
        ElementKind::Code(set) => format!("code of {set}"),
        ElementKind::Choice(values) => format!("one of {}", values.join(", ")),
        ElementKind::Instant => "instant with offset".to_owned(),
        ElementKind::Day => "day".to_owned(),
        ElementKind::Number => "number from 1".to_owned(),
        ElementKind::Switch => "true, false".to_owned(),
        ElementKind::IdentityCode => "identity code".to_owned(),
        ElementKind::TemporaryIdentifier => "11 characters".to_owned(),
        ElementKind::RegistrationNumber => "1–11 digits".to_owned(),
        ElementKind::Language => "ISO 639-1".to_owned(),
    }
}
