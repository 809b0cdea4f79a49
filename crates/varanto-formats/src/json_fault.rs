//! JSON that is not the object looked for, as a fault.

use varanto_domain::faults::{Fault, FaultKind};

use crate::query::short;

/// What serde says, as a fault. Its texts name members and types, never values of strings: those it
/// would quote are cut away, and only what it expects after the last of them is told.
#[must_use]
pub fn of(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let named = |before: &str| text.strip_prefix(before).and_then(|rest| rest.split('`').next());
    if let Some(name) = named("unknown field `") {
        let known = expected(&text).replace('`', "");
        let known = known.trim_start_matches("one of ");
        return Fault::new(FaultKind::UnknownElement, short(name), "ARC-2").arg("known", known);
    }
    if let Some(name) = named("missing field `") {
        return Fault::new(FaultKind::MissingElement, name, "ARC-2").arg("name", name);
    }
    if let Some(name) = named("duplicate field `") {
        return Fault::new(FaultKind::DuplicateMember, name, "ARC-2");
    }
    let at = format!("line {}, column {}", error.line(), error.column());
    if error.is_data() {
        return Fault::new(FaultKind::WrongType, at, "ARC-2").arg("expected", expected(&text));
    }
    Fault::new(FaultKind::NotJson, "body", "ARC-2").arg("reason", at)
}

/// What serde expects: the end of its text, after everything that was sent.
fn expected(text: &str) -> &str {
    let (_, expected) = text.rsplit_once(", expected ").unwrap_or_default();
    expected.split(" at line").next().unwrap_or_default()
}
