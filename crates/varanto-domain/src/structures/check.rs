//! Whether content fits its structure: the same verdict as the national JSON Schema, every fault at
//! once.

use super::pointer::Place;
use super::{Content, Field, FieldKind, FieldObligation, Structure};
use crate::faults::{Fault, FaultKind};
use crate::ids::Oid;

/// Checks content against its structure, and answers with every fault in it; none for sound content.
///
/// Each element is a JSON pointer (`structured:/asia_asiakirja/asiakas/0/henkilotunnus`), and each
/// rule names the structure and the row (`1505.2 row 5`). Values are told only where they are codes or
/// code systems; never free text, names, identifiers of persons or dates, which may be of birth. Of a
/// malformed date only the length is told.
///
/// Conditional obligations are not in the schema and not here: see
/// [`check_conditions`](super::check_conditions).
///
/// Source: ARC-5; national-specs 1.4.
#[must_use]
pub fn check(structure: &Structure, content: &Content) -> Vec<Fault> {
    let mut checker = Checker { structure, faults: Vec::new() };
    checker.document(content);
    checker.faults
}

/// The forms of [`FaultKind::WrongForm`].
const DATE: &str = "YYYY, YYYY-MM or YYYY-MM-DD";
const MOMENT: &str = "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ";

/// The members of a value that is an object in JSON, and whether each must be there.
type Parts = &'static [(&'static str, bool)];

const CODE: Parts = &[("system", true), ("code", true), ("display", true)];
const IDENTIFIER: Parts = &[("system", false), ("value", true)];
const QUANTITY: Parts = &[("value", true), ("code", true)];

struct Checker<'s> {
    structure: &'s Structure,
    faults: Vec<Fault>,
}

impl<'s> Checker<'s> {
    fn document(&mut self, content: &Content) {
        let top = Place::TOP;
        let Content::Object(members) = content else {
            return self.wrong_type(None, content, "object", &top);
        };
        let root = &*self.structure.root;
        for (key, value) in members {
            let place = top.member(key);
            if &**key == root {
                self.group(&self.structure.fields, None, value, &place);
            } else {
                self.unknown(None, root.to_owned(), &place);
            }
        }
        if content.member(root).is_none() {
            let fault = self.fault(FaultKind::MissingElement, None, &top.member(root));
            self.faults.push(fault.arg("name", &self.structure.title.fi));
        }
    }

    /// Checks an object whose members are rows. `of` is the row that holds them, `None` at the root.
    fn group(&mut self, rows: &'s [Field], of: Option<&Field>, content: &Content, place: &Place) {
        let Content::Object(members) = content else {
            return self.wrong_type(of, content, "object", place);
        };
        let (mut next, mut obligatory_found) = (0, 0);
        for (key, value) in members {
            let place = place.member(key);
            let Some(at) = find(rows, key, next) else {
                let known: Vec<&str> = rows.iter().map(|row| &*row.key).collect();
                self.unknown(of, known.join(", "), &place);
                continue;
            };
            next = at + 1;
            obligatory_found += usize::from(is_obligatory(&rows[at]));
            self.row(&rows[at], value, &place);
        }
        // No member occurs twice (the reader sees to it), so counting is enough on the sound path.
        if obligatory_found < rows.iter().filter(|row| is_obligatory(row)).count() {
            self.missing(rows, content, place);
        }
    }

    fn missing(&mut self, rows: &'s [Field], content: &Content, place: &Place) {
        for row in rows.iter().filter(|row| is_obligatory(row)) {
            if content.member(&row.key).is_none() {
                self.push(FaultKind::MissingElement, Some(row), &place.member(&row.key));
            }
        }
    }

    fn row(&mut self, row: &'s Field, content: &Content, place: &Place) {
        if !row.repeats {
            return self.value(row, content, place);
        }
        let Content::List(entries) = content else {
            return self.wrong_type(Some(row), content, "list", place);
        };
        if entries.is_empty() && is_obligatory(row) {
            let fault = self.fault(FaultKind::TooFewEntries, Some(row), place);
            self.faults.push(fault.arg("least", 1));
        }
        for (at, entry) in entries.iter().enumerate() {
            self.value(row, entry, &place.entry(at));
        }
    }

    fn value(&mut self, row: &'s Field, content: &Content, place: &Place) {
        match &row.kind {
            FieldKind::Group(rows) => self.group(rows, Some(row), content, place),
            FieldKind::Text | FieldKind::Name => {
                if self.text(row, content, place).is_some_and(str::is_empty) && is_obligatory(row) {
                    self.push(FaultKind::EmptyText, Some(row), place);
                }
            }
            FieldKind::SignatureLine => drop(self.text(row, content, place)),
            FieldKind::Date => self.formed(row, content, place, is_date, DATE),
            FieldKind::Moment => self.formed(row, content, place, is_moment, MOMENT),
            FieldKind::Switch => {
                if !matches!(content, Content::Switch(_)) {
                    self.wrong_type(Some(row), content, "true or false", place);
                }
            }
            FieldKind::Number => self.number(row, content, place),
            FieldKind::Phrase(texts) => {
                let text = self.text(row, content, place);
                if text.is_some_and(|text| !texts.iter().any(|phrase| phrase == text)) {
                    self.push(FaultKind::WrongPhrase, Some(row), place);
                }
            }
            FieldKind::Quantity => self.parts(row, QUANTITY, content, place),
            FieldKind::Identifier { .. } => self.parts(row, IDENTIFIER, content, place),
            FieldKind::Code { .. } => self.parts(row, CODE, content, place),
        }
    }

    /// Checks a value that is an object in JSON though it is one row.
    fn parts(&mut self, row: &'s Field, parts: Parts, content: &Content, place: &Place) {
        let Content::Object(members) = content else {
            return self.wrong_type(Some(row), content, "object", place);
        };
        for (key, value) in members {
            let place = place.member(key);
            if parts.iter().any(|(part, _)| part == key) {
                self.part(row, key, value, &place);
            } else {
                let known: Vec<&str> = parts.iter().map(|(part, _)| *part).collect();
                self.unknown(Some(row), known.join(", "), &place);
            }
        }
        for (part, _) in parts.iter().filter(|(_, obligatory)| *obligatory) {
            if content.member(part).is_none() {
                self.push(FaultKind::MissingElement, Some(row), &place.member(part));
            }
        }
    }

    fn part(&mut self, row: &'s Field, part: &str, content: &Content, place: &Place) {
        if matches!((&row.kind, part), (FieldKind::Quantity, "value")) {
            return self.number(row, content, place);
        }
        let Some(text) = self.text(row, content, place) else { return };
        let FieldKind::Code { code_set, system, allowed } = &row.kind else { return };
        match part {
            "system" => self.code_system(row, code_set.as_ref(), system.as_deref(), text, place),
            "code" if !allowed.is_empty() && !allowed.iter().any(|code| code == text) => {
                let set = code_set.as_ref().map(Oid::as_str).or(system.as_deref());
                let fault = self.fault(FaultKind::UnknownCode, Some(row), place);
                let fault = fault.arg("code_set", set.unwrap_or_default());
                let fault = fault.arg("allowed", allowed.join(", "));
                self.faults.push(with_value(fault, text, is_short_code));
            }
            _ => {}
        }
    }

    fn code_system(
        &mut self,
        row: &Field,
        code_set: Option<&Oid>,
        own: Option<&str>,
        text: &str,
        place: &Place,
    ) {
        let right = match (code_set, own) {
            (Some(set), _) => names_code_set(text, set),
            (None, Some(own)) => text == own,
            (None, None) => true,
        };
        if right {
            return;
        }
        let expected = match code_set {
            Some(set) => format!("urn:oid:{set}"),
            None => own.unwrap_or_default().to_owned(),
        };
        let fault = self.fault(FaultKind::WrongCodeSystem, Some(row), place);
        let fault = fault.arg("expected", expected);
        self.faults.push(with_value(fault, text, |text| Oid::parse_either(text).is_ok()));
    }

    fn formed(
        &mut self,
        row: &Field,
        content: &Content,
        place: &Place,
        is_formed: fn(&str) -> bool,
        expected: &'static str,
    ) {
        let Some(text) = self.text(row, content, place) else { return };
        if !is_formed(text) {
            let fault = self.fault(FaultKind::WrongForm, Some(row), place);
            let told = format!("text of {} characters", text.chars().count());
            self.faults.push(fault.arg("expected", expected).value(told));
        }
    }

    fn number(&mut self, row: &Field, content: &Content, place: &Place) {
        if !matches!(content, Content::Number(_)) {
            self.wrong_type(Some(row), content, "number", place);
        }
    }

    /// The text that a value must be; a fault and `None` when it is none.
    fn text<'c>(&mut self, row: &Field, content: &'c Content, place: &Place) -> Option<&'c str> {
        let text = content.text();
        if text.is_none() {
            self.wrong_type(Some(row), content, "text", place);
        }
        text
    }

    fn wrong_type(
        &mut self,
        row: Option<&Field>,
        content: &Content,
        expected: &'static str,
        place: &Place,
    ) {
        let fault = self.fault(FaultKind::WrongType, row, place).value(type_of(content));
        self.faults.push(fault.arg("expected", expected));
    }

    fn unknown(&mut self, of: Option<&Field>, known: String, place: &Place) {
        let fault = Fault::new(FaultKind::UnknownElement, place.element(), self.rule(of));
        self.faults.push(fault.arg("known", known));
    }

    fn push(&mut self, kind: FaultKind, row: Option<&Field>, place: &Place) {
        let fault = self.fault(kind, row, place);
        self.faults.push(fault);
    }

    fn fault(&self, kind: FaultKind, row: Option<&Field>, place: &Place) -> Fault {
        let fault = Fault::new(kind, place.element(), self.rule(row));
        match row {
            Some(row) => fault.arg("name", &row.names.fi),
            None => fault,
        }
    }

    fn rule(&self, row: Option<&Field>) -> String {
        self.structure.rule(row)
    }
}

fn is_obligatory(row: &Field) -> bool {
    row.obligation == FieldObligation::Obligatory
}

/// The row with this member, looked for from `next` on first: documents mostly keep the order of
/// their structure.
fn find(rows: &[Field], key: &str, next: usize) -> Option<usize> {
    let (before, after) = rows.split_at(next.min(rows.len()));
    let at = |rows: &[Field]| rows.iter().position(|row| &*row.key == key);
    at(after).map(|at| before.len() + at).or_else(|| at(before))
}

fn type_of(content: &Content) -> &'static str {
    match content {
        Content::Null => "null",
        Content::Switch(_) => "true or false",
        Content::Number(_) => "number",
        Content::Text(_) => "text",
        Content::List(_) => "list",
        Content::Object(_) => "object",
    }
}

/// Whether a code's system is `urn:oid:` and the code set, alone or with further arcs of digits.
fn names_code_set(system: &str, set: &Oid) -> bool {
    let version = system.strip_prefix("urn:oid:").and_then(|oid| oid.strip_prefix(set.as_str()));
    version.is_some_and(|arcs| {
        let digits = |arc: &str| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit());
        arcs.is_empty() || arcs.strip_prefix('.').is_some_and(|arcs| arcs.split('.').all(digits))
    })
}

/// A year, a month or a day as the schema's pattern takes it: a day from 00 to 31 of any month.
fn is_date(text: &str) -> bool {
    calendar_part(text.as_bytes()).is_some_and(|(rest, _)| rest.is_empty())
}

/// A date as [`is_date`] takes it, or a day with a time and its offset.
fn is_moment(text: &str) -> bool {
    calendar_part(text.as_bytes())
        .is_some_and(|(rest, to_the_day)| rest.is_empty() || to_the_day && is_clock_part(rest))
}

/// What is left after the calendar part, and whether that reached the day.
fn calendar_part(text: &[u8]) -> Option<(&[u8], bool)> {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let (year, rest) = text.split_at_checked(4)?;
    if !year.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let Some(rest) = rest.strip_prefix(b"-") else { return Some((rest, false)) };
    let rest = two_digits(rest, 1, 12)?;
    let Some(rest) = rest.strip_prefix(b"-") else { return Some((rest, false)) };
    Some((two_digits(rest, 0, 31)?, true))
}

/// `Thh:mm:ss`, a fraction or none, and `Z` or an offset up to 14 hours.
fn is_clock_part(text: &[u8]) -> bool {
    let seconds = |text: &[u8]| -> Option<usize> {
        let rest = two_digits(text.strip_prefix(b"T")?, 0, 23)?;
        let rest = two_digits(rest.strip_prefix(b":")?, 0, 59)?;
        let rest = two_digits(rest.strip_prefix(b":")?, 0, 59)?;
        Some(rest.len())
    };
    let Some(left) = seconds(text) else { return false };
    let mut rest = &text[text.len() - left..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return false;
        }
        rest = &fraction[digits..];
    }
    rest == b"Z" || is_offset(rest)
}

fn is_offset(text: &[u8]) -> bool {
    let Some(offset) = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")) else {
        return false;
    };
    let minutes = two_digits(offset, 0, 13)
        .and_then(|rest| two_digits(rest.strip_prefix(b":")?, 0, 59))
        .is_some_and(<[u8]>::is_empty);
    minutes || offset == b"14:00"
}

/// What is left after two digits that make a number within the bounds.
fn two_digits(text: &[u8], least: u8, most: u8) -> Option<&[u8]> {
    let [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] = text else { return None };
    let number = (tens - b'0') * 10 + (ones - b'0');
    (least..=most).contains(&number).then_some(rest)
}

/// Adds the value found if it is of a sort that tells nothing of the client.
fn with_value(fault: Fault, text: &str, may_tell: fn(&str) -> bool) -> Fault {
    if may_tell(text) { fault.value(text) } else { fault }
}

/// Codes are short; an identity code is not that short.
pub(super) fn is_short_code(text: &str) -> bool {
    let formed = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '_';
    !text.is_empty() && text.len() <= 8 && text.chars().all(formed)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::built_in;
    use super::super::tests::content;
    use super::*;

    fn code(set: &str, code: &str) -> Value {
        json!({ "system": format!("urn:oid:1.2.246.537.{set}"), "code": code, "display": "x" })
    }

    /// A sound case document.
    fn case() -> Value {
        json!({ "asia_asiakirja": {
            "palvelunjarjestajan_toimintayksikko": code("6.202.2008", "1.2.246.10.1"),
            "asiakas": [{
                "sukunimi": "Meikäläinen",
                "etunimet": "Maija",
                "henkilotunnus": { "system": "1.2.246.21", "value": "010190-900P" },
                "asiaan_liittymishetki": "2026-03-01T10:00:00.5+02:00",
            }],
            "asian_tiedot": {
                "asiatunnus": { "value": "1.2.246.10.1.14.2026.1" },
                "nimi": code("6.1265", "1"),
                "tila": code("6.1501", "1"),
                "avauspaiva": "2026-03-01",
                "palvelutehtava": code("6.1221.201601", "24"),
                "yhteinen_asia": false,
            },
        } })
    }

    /// Puts a value into the case document (`Null` as the value takes the member out) and expects
    /// the faults, each as code, element without its beginning, and rule.
    fn check_case(at: &str, value: Value, expected: &[(&str, &str, &str)]) {
        let mut document = case();
        let (parent, key) = at.rsplit_once('/').unwrap();
        match document.pointer_mut(&format!("/asia_asiakirja{parent}")).unwrap() {
            Value::Object(members) if value.is_null() => drop(members.remove(key)),
            Value::Object(members) => drop(members.insert(key.to_owned(), value)),
            other => panic!("{other}"),
        }
        check_document(&document, expected);
    }

    fn check_document(document: &Value, expected: &[(&str, &str, &str)]) {
        let structure = built_in().iter().find(|known| known.type_arc() == "1505.2").unwrap();
        let faults = check(structure, &content(document));
        let shown: Vec<(&str, &str, &str)> = faults
            .iter()
            .map(|fault| {
                let element = fault.element.strip_prefix("structured:").unwrap();
                (
                    fault.code(),
                    element.strip_prefix("/asia_asiakirja").unwrap_or(element),
                    &*fault.rule,
                )
            })
            .collect();
        assert_eq!(shown, expected, "{document}");
    }

    #[test]
    fn sound_content_has_no_fault() {
        check_document(&case(), &[]);
    }

    #[test]
    fn each_fault_is_told_with_its_element_and_row() {
        check_case(
            "/asian_tiedot/tila",
            Value::Null,
            &[("missing-element", "/asian_tiedot/tila", "1505.2 row 14")],
        );
        check_case(
            "/asian_tiedot/tilaa",
            json!("x"),
            &[("unknown-element", "/asian_tiedot/tilaa", "1505.2 row 10")],
        );
        check_case("/tila", json!("x"), &[("unknown-element", "/tila", "1505.2")]);
        check_case(
            "/asiakas/0/sukunimi",
            json!(""),
            &[("empty-text", "/asiakas/0/sukunimi", "1505.2 row 3")],
        );
        check_case(
            "/asiakas/0/etunimet",
            json!(["Maija"]),
            &[("wrong-type", "/asiakas/0/etunimet", "1505.2 row 4")],
        );
        check_case("/asiakas", json!([]), &[("too-few-entries", "/asiakas", "1505.2 row 2")]);
        check_case("/asiakas", json!({}), &[("wrong-type", "/asiakas", "1505.2 row 2")]);
        check_case(
            "/asian_tiedot/yhteinen_asia",
            json!("false"),
            &[("wrong-type", "/asian_tiedot/yhteinen_asia", "1505.2 row 17")],
        );
        check_case(
            "/asian_tiedot/avauspaiva",
            json!("1.3.2026"),
            &[("wrong-form", "/asian_tiedot/avauspaiva", "1505.2 row 15")],
        );
    }

    #[test]
    fn a_code_or_identifier_is_an_object_of_its_own_members() {
        check_case(
            "/asian_tiedot/tila",
            json!("1"),
            &[("wrong-type", "/asian_tiedot/tila", "1505.2 row 14")],
        );
        check_case(
            "/asian_tiedot/tila",
            json!({ "code": "1", "text": "x" }),
            &[
                ("unknown-element", "/asian_tiedot/tila/text", "1505.2 row 14"),
                ("missing-element", "/asian_tiedot/tila/system", "1505.2 row 14"),
                ("missing-element", "/asian_tiedot/tila/display", "1505.2 row 14"),
            ],
        );
        for wrong in ["6.15011", "6.1502", "6.1501.", "6.1501.a", "6.1501.1..2"] {
            check_case(
                "/asian_tiedot/tila",
                code(wrong, "1"),
                &[("wrong-code-system", "/asian_tiedot/tila/system", "1505.2 row 14")],
            );
        }
        check_case("/asian_tiedot/tila", code("6.1501.201601.1", ""), &[]);
        check_case(
            "/asian_tiedot/asiatunnus",
            json!({ "system": "anything" }),
            &[("missing-element", "/asian_tiedot/asiatunnus/value", "1505.2 row 11")],
        );
        check_case(
            "/asian_tiedot/asiatunnus",
            json!({ "system": null, "value": 1 }),
            &[
                ("wrong-type", "/asian_tiedot/asiatunnus/system", "1505.2 row 11"),
                ("wrong-type", "/asian_tiedot/asiatunnus/value", "1505.2 row 11"),
            ],
        );
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let document = json!({ "asia_asiakirja": { "asiakas": [{ "sukunimi": "x" }, 1] }, "x": 1 });
        check_document(
            &document,
            &[
                ("missing-element", "/asiakas/0/etunimet", "1505.2 row 4"),
                ("wrong-type", "/asiakas/1", "1505.2 row 2"),
                ("missing-element", "/palvelunjarjestajan_toimintayksikko", "1505.2 row 1"),
                ("unknown-element", "/x", "1505.2"),
            ],
        );
    }

    #[test]
    fn content_without_its_root_is_told_so() {
        check_document(&json!({}), &[("missing-element", "", "1505.2")]);
        check_document(&json!([]), &[("wrong-type", "", "1505.2")]);
    }

    #[test]
    fn a_phrase_and_an_own_code_are_as_published() {
        let structure = |arc| built_in().iter().find(|known| known.type_arc() == arc).unwrap();
        let faults = |arc, document: &Value| check(structure(arc), &content(document));
        let found = |faults: &[Fault], kind| faults.iter().any(|fault| fault.kind == kind);

        let permission = json!({ "luovutuslupa_asiakirja": { "infoteksti": "Saa luovuttaa." } });
        assert!(found(&faults("1505.8", &permission), FaultKind::WrongPhrase));

        let plan = |system: &str, code: &str| {
            json!({ "lastensuojelun_asiakassuunnitelma": { "tama_asiakassuunnitelma_on": {
                "system": system, "code": code, "display": "",
            } } })
        };
        let own = "lastensuojelun_asiakassuunnitelma/tama_asiakassuunnitelma_on";
        let right = faults("1506.15009", &plan(own, "3"));
        assert!(!found(&right, FaultKind::UnknownCode));
        assert!(!found(&right, FaultKind::WrongCodeSystem));
        let wrong = faults("1506.15009", &plan("urn:oid:1.2", "4"));
        let unknown = wrong.iter().find(|fault| fault.kind == FaultKind::UnknownCode).unwrap();
        assert_eq!(unknown.value.as_deref(), Some("4"));
        assert!(found(&wrong, FaultKind::WrongCodeSystem));
    }

    /// The pattern that dates have in every national schema.
    #[test]
    fn a_date_may_lack_its_day_and_a_moment_its_time() {
        for (text, date, moment) in [
            ("2026", true, true),
            ("-0044", true, true),
            ("2026-03", true, true),
            ("2026-03-23", true, true),
            ("2026-02-31", true, true),
            ("2026-02-00", true, true),
            ("2026-3-23", false, false),
            ("2026-13", false, false),
            ("2026-03-32", false, false),
            ("2026-03-23\n", false, false),
            ("202", false, false),
            ("20266", false, false),
            ("٢٠٢٦", false, false),
            ("", false, false),
            ("2026-03-23T10:54:24Z", false, true),
            ("2026-03-23T10:54:24.123+14:00", false, true),
            ("2026-03-23T10:54:24-13:59", false, true),
            ("2026-03-23T10:54:24+14:01", false, false),
            ("2026-03-23T10:54:24.Z", false, false),
            ("2026-03-23T24:00:00Z", false, false),
            ("2026-03-23T10:54:24", false, false),
            ("2026-03-23T10:54Z", false, false),
            ("2026-03T10:54:24Z", false, false),
        ] {
            assert_eq!((is_date(text), is_moment(text)), (date, moment), "{text}");
        }
    }

    /// Private by default: what was sent stays out of faults unless it is a code or a code system. A
    /// date may be of birth.
    #[test]
    fn a_fault_never_shows_what_may_be_about_a_person() {
        let structure = built_in().iter().find(|known| known.type_arc() == "1505.2").unwrap();
        let mut document = case();
        for secret in ["010190-900P", "040-123 4567", "Meikäläinen", "040-1234567"] {
            document["asia_asiakirja"]["asian_tiedot"]["avauspaiva"] = json!(secret);
            document["asia_asiakirja"]["asian_tiedot"]["tila"]["system"] = json!(secret);
            document["asia_asiakirja"]["asiakas"][0]["sukunimi"] = json!([secret]);
            document["asia_asiakirja"]["010190-900P"] = json!(secret);
            let faults = check(structure, &content(&document));
            assert_eq!(faults.len(), 4);
            let shown = format!("{faults:?}");
            assert!(!shown.contains(secret) && !shown.contains("010190"), "{shown}");
        }
        document["asia_asiakirja"]["asian_tiedot"]["avauspaiva"] = json!("1.1.1990");
        let faults = check(structure, &content(&document));
        assert!(!format!("{faults:?}").contains("1.1.1990"), "{faults:?}");
        let told = |fault: &Fault| fault.value.as_deref() == Some("text of 8 characters");
        assert!(faults.iter().any(told), "{faults:?}");
    }
}
