//! The organisation's archive plan for a source: what is brought of which service task, what is left where it is, and
//! what is converted. It is recorded in each reconciliation. Source: OLD-8, LOG-3; document 002, "Huomioi
//! Kanta-arkistoinnin toteutuksessa".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use varanto_domain::codes::ServiceTask;

use crate::kind::Kind;
use crate::mapping::Mapping;

/// A plan, as a mapping file chooses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The day since which documents are archived as of today, and are no old data.
    pub joined_on: String,
    /// The choice for each service task of 2016.
    pub brought: BTreeMap<String, String>,
    /// Where the rest is kept, in the organisation's words.
    pub kept_elsewhere: String,
    /// The kinds of files that are converted.
    pub converted: Vec<String>,
    /// Whether what people complete, and leave out, counts only when another person has checked it.
    pub checked_by_two: bool,
}

impl Plan {
    /// The plan that a mapping file chooses.
    #[must_use]
    pub fn of(mapping: &Mapping) -> Self {
        let choice = |task: &ServiceTask| {
            let code = task.code();
            (code.to_owned(), mapping.choice(code).name().to_owned())
        };
        Self {
            joined_on: mapping.joined_on.to_string(),
            brought: ServiceTask::ALL.iter().map(choice).collect(),
            kept_elsewhere: mapping.kept_elsewhere.clone(),
            converted: mapping
                .convert
                .kinds
                .iter()
                .copied()
                .map(Kind::name)
                .map(str::to_owned)
                .collect(),
            checked_by_two: mapping.checked_by_two,
        }
    }
}
