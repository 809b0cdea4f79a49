//! Whether what content gives as personal identity codes are such codes.

use super::pointer::Place;
use super::walk::each_value;
use super::{Content, Field, FieldKind, Structure};
use crate::faults::{Fault, FaultKind};
use crate::ids::{IdentityCodeError, PersonalIdentityCode};

/// Judges every identity code of the content: an identifier whose structure or whose own `system`
/// says that it is one (`urn:oid:1.2.246.21`, with or without `urn:oid:`). Temporary identifiers have
/// other systems and are not judged.
///
/// The national schemas take any text here, so this is apart from [`check`](super::check()). The code
/// itself is never told. Content that [`check`](super::check()) found unsound is judged as far as it
/// has the form of its structure.
///
/// Source: ARC-5; national-specs 2.4.
#[must_use]
pub fn check_identity_codes(structure: &Structure, content: &Content) -> Vec<Fault> {
    let mut faults = Vec::new();
    each_value(structure, content, &mut |row, given, place| {
        faults.extend(identity_code_fault(structure, row, given, place));
    });
    faults
}

fn identity_code_fault(
    structure: &Structure,
    row: &Field,
    content: &Content,
    place: &Place,
) -> Option<Fault> {
    let FieldKind::Identifier { system } = &row.kind else { return None };
    let own = content.member("system").and_then(Content::text);
    let systems = [system.as_deref(), own];
    if !systems.into_iter().flatten().any(is_of_identity_codes) {
        return None;
    }
    let code = content.member("value").and_then(Content::text)?;
    let error = PersonalIdentityCode::parse(code).err()?;
    let rule = structure.rule(Some(row));
    let fault = Fault::new(kind_of(error), place.member("value").element(), rule);
    Some(fault.arg("name", &row.names.fi))
}

fn is_of_identity_codes(system: &str) -> bool {
    system.strip_prefix("urn:oid:").unwrap_or(system) == PersonalIdentityCode::ROOT
}

/// The kind of fault that a wrong identity code is.
pub(crate) fn kind_of(error: IdentityCodeError) -> FaultKind {
    match error {
        IdentityCodeError::Form => FaultKind::IdentityCodeForm,
        IdentityCodeError::Century => FaultKind::IdentityCodeCentury,
        IdentityCodeError::BirthDate => FaultKind::IdentityCodeBirthDate,
        IdentityCodeError::IndividualNumber => FaultKind::IdentityCodeNumber,
        IdentityCodeError::CheckCharacter => FaultKind::IdentityCodeCheck,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{content, structure};
    use super::*;

    fn check(client: &Value) -> Vec<Fault> {
        let case = json!({ "asia_asiakirja": { "asiakas": [{ "sukunimi": "Testi" }, client] } });
        check_identity_codes(structure("1505.2"), &content(&case))
    }

    fn expect(client: &Value, expected: &[FaultKind]) {
        let faults = check(client);
        let kinds: Vec<FaultKind> = faults.iter().map(|fault| fault.kind).collect();
        assert_eq!(kinds, expected);
    }

    fn code(system: &str, value: &str) -> Value {
        json!({ "henkilotunnus": { "system": system, "value": value } })
    }

    /// ARC-5: every identity code in content holds, and each wrong one is told at its pointer.
    #[test]
    fn an_identity_code_in_content_must_hold() {
        for system in ["1.2.246.21", "urn:oid:1.2.246.21", "urn:oid:1.2.3"] {
            expect(&code(system, "010190-900P"), &[]);
            expect(&code(system, "010190-900R"), &[FaultKind::IdentityCodeCheck]);
        }
        expect(&json!({ "henkilotunnus": { "value": "" } }), &[FaultKind::IdentityCodeForm]);
        expect(&code("1.2.246.21", "310290-900P"), &[FaultKind::IdentityCodeBirthDate]);
        expect(&code("1.2.246.21", "010190?900P"), &[FaultKind::IdentityCodeCentury]);
        expect(&code("1.2.246.21", "010190-001P"), &[FaultKind::IdentityCodeNumber]);

        let faults = check(&code("1.2.246.21", "010190-900R"));
        assert_eq!(
            (&*faults[0].element, &*faults[0].rule),
            ("structured:/asia_asiakirja/asiakas/1/henkilotunnus/value", "1505.2 row 5")
        );
        assert!(!format!("{faults:?}").contains("010190"));
    }

    /// ARC-11: issuers of temporary identifiers do not all follow the check rule.
    #[test]
    fn a_temporary_identifier_is_no_identity_code() {
        let temporary = |system: &str| json!({ "tilapainen_yksilointitunnus": { "system": system, "value": "010111A998W" } });
        expect(&temporary("1.2.246.10.2012566.22.2026"), &[]);
        expect(&temporary("urn:oid:1.2.246.21"), &[FaultKind::IdentityCodeCheck]);
    }
}
