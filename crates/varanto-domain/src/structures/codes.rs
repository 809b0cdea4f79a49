//! Whether the codes in content are values of their code sets on the day.

use super::check::is_short_code;
use super::pointer::Place;
use super::walk::each_value;
use super::{Content, Field, FieldKind, Structure};
use crate::codes::{CodeSets, CodeVerdict, ValidationLevel};
use crate::faults::{Fault, FaultKind};
use crate::ids::Oid;
use crate::time::FinnishDay;

/// Judges every code of the content, on the day the document was made, and answers with those that
/// their code set refuses. Content that [`check`](super::check()) found unsound is judged as far as it
/// has the form of its structure.
///
/// A code is refused when its set is closed and does not have it, or when the set has it but not for
/// that day. A code of a set that is open, or that nobody loaded, is taken. Where the structure lists
/// the values itself, its list alone decides, and [`check`](super::check()) has judged them. The version
/// of the set that the content names is asked, if it is loaded.
///
/// Source: ARC-5, REG-2.
#[must_use]
pub fn check_codes(
    structure: &Structure,
    content: &Content,
    code_sets: &CodeSets,
    day: FinnishDay,
) -> Vec<Fault> {
    let mut judge = Judge { structure, code_sets, day, faults: Vec::new() };
    each_value(structure, content, &mut |row, given, place| {
        if let FieldKind::Code { code_set: Some(set), allowed, .. } = &row.kind
            && allowed.is_empty()
        {
            judge.code(row, set, given, place);
        }
    });
    judge.faults
}

struct Judge<'s> {
    structure: &'s Structure,
    code_sets: &'s CodeSets,
    day: FinnishDay,
    faults: Vec<Fault>,
}

impl Judge<'_> {
    fn code(&mut self, row: &Field, set: &Oid, content: &Content, place: &Place) {
        let Some(code) = content.member("code").and_then(Content::text) else { return };
        let named = content.member("system").and_then(Content::text);
        let named = named.and_then(|system| Oid::parse_either(system).ok());
        let asked = named.filter(|named| named.is_under(set));
        let verdict = self.code_sets.judge(asked.as_ref().unwrap_or(set), code, self.day);

        let (kind, arg) = match verdict {
            CodeVerdict::Unknown { level: ValidationLevel::Closed, allowed } => {
                (FaultKind::UnknownCode, ("allowed", allowed.join(", ")))
            }
            CodeVerdict::NotInForce { .. } => {
                (FaultKind::CodeNotInForce, ("day", self.day.to_string()))
            }
            CodeVerdict::Known(_) | CodeVerdict::Unknown { .. } | CodeVerdict::UnknownSet => return,
        };
        let place = place.member("code");
        let fault = Fault::new(kind, place.element(), self.structure.rule(Some(row)))
            .arg("name", &row.names.fi)
            .arg("code_set", set)
            .arg(arg.0, arg.1);
        self.faults.push(if is_short_code(code) { fault.value(code) } else { fault });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{content, structure};
    use super::*;
    use crate::codes::{Code, CodeSet};
    use crate::structures::Names;

    fn day(text: &str) -> FinnishDay {
        FinnishDay::parse(text).unwrap()
    }

    fn value(code: &str, first: Option<&str>) -> Code {
        Code {
            code: code.to_owned(),
            names: Names::default(),
            first: first.map(day),
            last: None,
            own_choice: false,
        }
    }

    /// Service tasks with 24, and from 2026 on 27, as the only ones.
    fn code_sets(level: ValidationLevel) -> CodeSets {
        CodeSets::empty().with_sets(vec![CodeSet {
            oid: Oid::parse("1.2.246.537.6.1221").unwrap(),
            version: "201601".to_owned(),
            names: Names::default(),
            level,
            values: vec![value("24", None), value("27", Some("2026-01-01"))],
            built_in: false,
        }])
    }

    fn check(level: ValidationLevel, task: &str, on: &str, expected: &[FaultKind]) -> Vec<Fault> {
        let code = |code: &str| json!({ "system": "urn:oid:1.2.246.537.6.1221.201601", "code": code, "display": "" });
        let note: Value = json!({ "merkinta_asian_vireilletulosta": {
            "palvelutehtava": [code("24"), code(task)],
        } });
        let faults =
            check_codes(structure("1506.19001"), &content(&note), &code_sets(level), day(on));
        let kinds: Vec<FaultKind> = faults.iter().map(|fault| fault.kind).collect();
        assert_eq!(kinds, expected, "{task} on {on}");
        faults
    }

    /// REG-2: a closed set refuses what it does not have, an open one takes it; days count in both.
    #[test]
    fn a_code_must_be_in_its_closed_set_and_in_force() {
        use ValidationLevel::{Closed, Open, Warn};
        check(Closed, "24", "2025-12-31", &[]);
        check(Closed, "27", "2026-01-01", &[]);
        check(Closed, "27", "2025-12-31", &[FaultKind::CodeNotInForce]);
        check(Open, "98", "2026-01-01", &[]);
        check(Warn, "98", "2026-01-01", &[]);
        let faults = check(Closed, "98", "2026-01-01", &[FaultKind::UnknownCode]);
        let fault = &faults[0];
        assert_eq!(
            fault.element,
            "structured:/merkinta_asian_vireilletulosta/palvelutehtava/1/code"
        );
        assert_eq!((&*fault.rule, fault.value.as_deref()), ("1506.19001 row 6", Some("98")));
        assert!(fault.args.contains(&("allowed", "24, 27".to_owned())));
    }

    #[test]
    fn a_code_that_may_be_an_identity_code_is_not_shown() {
        let faults =
            check(ValidationLevel::Closed, "010190-900P", "2026-01-01", &[FaultKind::UnknownCode]);
        assert!(!format!("{faults:?}").contains("010190"));
    }
}
