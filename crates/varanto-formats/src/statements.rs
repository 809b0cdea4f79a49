//! What clients tell of themselves, as JSON: as it is kept, and as it is answered.

use serde::{Deserialize, Serialize};
use varanto_domain::statements::{ContactFacts, ContactLanguage, OwnPlan, Said, StatementKind};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contact {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    telephone: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    email: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    street: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    postcode: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    town: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    interpreter: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    goals: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    wishes: String,
}

/// What is kept of a telling: what is said, and who told it for the client, by name.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told_by: Option<String>,
    said: serde_json::Value,
}

/// What is kept of a telling, printed in one fixed way.
#[must_use]
pub fn keep(said: &Said, told_by: Option<&str>) -> String {
    let said = serde_json::from_str(&write(said)).expect("what was printed reads");
    let kept = Kept { told_by: told_by.map(str::to_owned), said };
    serde_json::to_string(&kept).expect("texts make JSON")
}

/// What was kept of a telling, as it was printed; `None` when it does not read.
#[must_use]
pub fn kept(kind: StatementKind, text: &str) -> Option<(Said, Option<String>)> {
    let Kept { told_by, said } = serde_json::from_str(text).ok()?;
    Some((read(kind, &said.to_string())?, told_by))
}

/// What is said, printed in one fixed way.
#[must_use]
pub fn write(said: &Said) -> String {
    let printed = match said {
        Said::Contact(facts) => {
            let ContactFacts { telephone, email, street, postcode, town, language, interpreter } =
                facts.clone();
            let language = language.map(|one| one.tag().to_owned());
            serde_json::to_string(&Contact {
                telephone,
                email,
                street,
                postcode,
                town,
                language,
                interpreter,
            })
        }
        Said::Plan(OwnPlan { goals, wishes }) => {
            serde_json::to_string(&Plan { goals: goals.clone(), wishes: wishes.clone() })
        }
    };
    printed.expect("texts make JSON")
}

/// What was said, as it was printed; `None` when it does not read.
#[must_use]
pub fn read(kind: StatementKind, text: &str) -> Option<Said> {
    match kind {
        StatementKind::Contact => {
            let one: Contact = serde_json::from_str(text).ok()?;
            let language = match one.language {
                Some(tag) => Some(ContactLanguage::of_tag(&tag)?),
                None => None,
            };
            Some(Said::Contact(ContactFacts {
                telephone: one.telephone,
                email: one.email,
                street: one.street,
                postcode: one.postcode,
                town: one.town,
                language,
                interpreter: one.interpreter,
            }))
        }
        StatementKind::Plan => {
            let Plan { goals, wishes } = serde_json::from_str(text).ok()?;
            Some(Said::Plan(OwnPlan { goals, wishes }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CIT-5: what is told is read as it was written; what was not written so does not read.
    #[test]
    fn what_is_told_is_read_as_it_was_written() {
        let contact = ContactFacts {
            telephone: "+358 40 123 4567".to_owned(),
            town: "Säkylä".to_owned(),
            language: Some(ContactLanguage::Swedish),
            ..ContactFacts::default()
        };
        let plan =
            OwnPlan { goals: "Asun \"kotona\".\nKäyn töissä.".to_owned(), ..OwnPlan::default() };
        for said in [
            Said::Contact(contact),
            Said::Plan(plan),
            Said::nothing(StatementKind::Contact),
            Said::nothing(StatementKind::Plan),
        ] {
            assert!(read(said.kind(), &write(&said)) == Some(said.clone()), "{said:?}");
            for name in [None, Some("Aino \"A\" Suvanto")] {
                let again = kept(said.kind(), &keep(&said, name));
                assert!(again == Some((said.clone(), name.map(str::to_owned))), "{said:?}");
            }
        }
        assert_eq!(write(&Said::nothing(StatementKind::Plan)), "{}");
        for broken in ["", "{\"goals\":1}", "{\"telephone\":\"\",\"more\":\"\"}"] {
            for kind in StatementKind::ALL {
                assert!(read(kind, broken).is_none(), "{broken}");
            }
        }
        assert!(read(StatementKind::Contact, "{\"language\":\"en\"}").is_none());
    }
}
