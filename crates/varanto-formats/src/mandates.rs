//! What the mandate register tells, as JSON of our own: whether one person has mandates of another.
//!
//! ```json
//! {"holder": "…", "principal": "…"}
//! {"mandates": [{"matters": ["see-documents", "say-will"],
//!                "first_day": "2026-01-01", "last_day": "2026-12-31"}]}
//! ```
//!
//! The first is the question, the second the answer. A matter that the archive does not know is another
//! service's business and lends nothing here. An unknown member is a fault, and no fault shows a value.
//!
//! Source: DIS-5; national-specs 6.7.

use varanto_domain::faults::Fault;
use varanto_domain::ids::PersonalIdentityCode;
use varanto_domain::mandates::{Mandate, Matter};
use varanto_domain::structures::Content;

use crate::code_sets::object;
use crate::content;
use crate::members::{Faults, Place};
use crate::persons::{code_of, text};

const RULE: &str = "DIS-5";

/// Who would act, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MandateQuestion {
    /// Who would act.
    pub holder: PersonalIdentityCode,
    /// For whom.
    pub principal: PersonalIdentityCode,
}

/// Prints the question.
#[must_use]
pub fn write_question(question: &MandateQuestion) -> String {
    content::write(&object([
        ("holder", Some(text(question.holder.reveal()))),
        ("principal", Some(text(question.principal.reveal()))),
    ]))
}

/// Reads the question.
///
/// # Errors
/// What makes it no JSON, or else every fault, each at its path.
pub fn read_question(bytes: &[u8]) -> Result<MandateQuestion, Vec<Fault>> {
    let content = content::read(bytes, "question").map_err(|fault| vec![fault])?;
    let faults = Faults::of_persons(RULE);
    let question = Place::root(&content, &faults).object(&["holder", "principal"]);
    let question = question.and_then(|asked| {
        let holder = asked.required("holder").and_then(|place| code_of(&place));
        let principal = asked.required("principal").and_then(|place| code_of(&place));
        Some(MandateQuestion { holder: holder?, principal: principal? })
    });
    faults.or(question)
}

/// Prints an answer.
#[must_use]
pub fn write(mandates: &[Mandate]) -> String {
    let printed = mandates.iter().map(|mandate| {
        let matters = mandate.matters.iter().map(|matter| text(matter.code()));
        object([
            ("matters", Some(Content::List(matters.collect()))),
            ("first_day", Some(text(&mandate.days.first.to_string()))),
            ("last_day", mandate.days.last.map(|last| text(&last.to_string()))),
        ])
    });
    content::write(&object([("mandates", Some(Content::List(printed.collect())))]))
}

/// Reads an answer.
///
/// # Errors
/// As [`read_question`].
pub fn read(bytes: &[u8]) -> Result<Vec<Mandate>, Vec<Fault>> {
    let content = content::read(bytes, "answer").map_err(|fault| vec![fault])?;
    let faults = Faults::of_persons(RULE);
    let mandates = Place::root(&content, &faults)
        .object(&["mandates"])
        .and_then(|answer| answer.required("mandates"))
        .and_then(|mandates| mandates.all(mandate_of));
    faults.or(mandates)
}

fn mandate_of(place: Place<'_>) -> Option<Mandate> {
    let mandate = place.object(&["matters", "first_day", "last_day"])?;
    let named = mandate.required("matters").and_then(|place| place.all(|matter| matter.text()));
    let days = mandate.validity();
    let matters = named?.into_iter().filter_map(Matter::of_code).collect();
    Some(Mandate { matters, days: days? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"{"mandates": [
        {"matters": ["see-documents", "renew-prescriptions"], "first_day": "2026-01-01"},
        {"matters": ["say-will"], "first_day": "2026-01-01", "last_day": "2026-06-30"}]}"#;

    /// DIS-5: what the register tells is read with its days, and a matter of others lends nothing.
    #[test]
    fn an_answer_is_read_and_printed_again() {
        let told = read(ANSWER.as_bytes()).unwrap();
        assert_eq!(told[0].matters, [Matter::SeeDocuments]);
        assert_eq!(told[1].matters, [Matter::SayWill]);
        assert_eq!(read(write(&told).as_bytes()), Ok(told));
    }

    /// DIS-5: every fault is told at once, and none shows whom it is about.
    #[test]
    fn every_fault_of_an_answer_or_question_is_told() {
        let wrong =
            r#"{"mandates": [{"matters": "all", "first_day": "soon", "who": "010190-900P"}]}"#;
        let faults = read(wrong.as_bytes()).unwrap_err();
        assert_eq!(faults.len(), 3, "{faults:?}");
        let question = r#"{"holder": "010190-900A", "principal": "x"}"#;
        let faults = read_question(question.as_bytes()).unwrap_err();
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(!format!("{faults:?}").contains("010190"), "{faults:?}");
    }
}
