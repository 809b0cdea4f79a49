//! What was told of a client, as pages show it.

use varanto_app::statements::ToldStatement;
use varanto_domain::access::Basis;
use varanto_domain::statements::{OwnPlan, Said};
use varanto_domain::time::Instant;

use crate::pages::Words;

/// A statement on a page.
pub(crate) struct ShownStatement {
    /// The code of its kind.
    pub(crate) kind: &'static str,
    /// Who told it, and when, in words.
    pub(crate) by: String,
    pub(crate) at: Instant,
    /// Which version it is.
    pub(crate) number: u32,
    /// What is said: the key of the label, the words.
    pub(crate) rows: Vec<(String, String)>,
}

impl ShownStatement {
    pub(crate) fn of(told: &ToldStatement, words: Words) -> Self {
        let rows = match &told.said {
            Said::Contact(facts) => {
                let town = format!("{} {}", facts.postcode, facts.town);
                let address = [facts.street.as_str(), town.trim()];
                let address = address.into_iter().filter(|part| !part.is_empty());
                let language = facts.language.map(|one| words.of(&format!("told.{}", one.tag())));
                vec![
                    ("telephone", facts.telephone.clone()),
                    ("email", facts.email.clone()),
                    ("address", address.collect::<Vec<_>>().join(", ")),
                    ("contact_language", language.unwrap_or_default()),
                    ("interpreter", facts.interpreter.clone()),
                ]
            }
            Said::Plan(OwnPlan { goals, wishes }) => {
                vec![("goals", goals.clone()), ("wishes", wishes.clone())]
            }
        };
        let rows = rows.into_iter().filter(|(_, words)| !words.is_empty());
        Self {
            kind: told.said.kind().code(),
            by: by(told, words),
            at: told.at,
            number: told.number,
            rows: rows.map(|(name, words)| (format!("told.{name}"), words)).collect(),
        }
    }
}

/// Who told it, and when.
fn by(told: &ToldStatement, words: Words) -> String {
    let who = match told.told_as {
        Basis::Guardianship => "guardian",
        Basis::Mandate => "mandate",
        _ => "client",
    };
    let ending = if told.said.is_nothing() { "out" } else { "by" };
    let (name, at) = (told.told_by.as_deref().unwrap_or_default(), words.moment(&told.at));
    let told = words.with(&format!("told.{ending}_{who}"), &[("name", name), ("at", &at)]);
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}
