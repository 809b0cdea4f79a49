//! Old client data: what was written before the organisation joined, and how it is archived.
//!
//! Source: OLD-1 to OLD-8; document 002 of the sources.

mod days;
mod names;
mod selection;

pub use days::{CaseDays, CaseRows, OldDays, case_of_rows, is_before_birth, wrong_days};
pub use names::have_a_name_in_common;
pub use selection::{Choice, LeftOut, Selectable};

use crate::archive::documents::service_tasks_of_2016_begin;
use crate::time::FinnishDay;

/// How a client stands with the controller when old documents are archived.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClientState {
    /// The relationship has ended.
    Ended,
    /// The client is one today.
    Active,
    /// The client has died.
    Deceased,
}

impl ClientState {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Ended, Self::Active, Self::Deceased];

    /// Its word in mapping files and reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Active => "active",
            Self::Deceased => "deceased",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// On which relationship the closed cases with the old documents hang: an active client has one
    /// relationship alone, with old and new; everybody else gets old relationships.
    ///
    /// Source: OLD-2, OLD-3, OLD-5.
    #[must_use]
    pub const fn hangs_on(self) -> HangsOn {
        match self {
            Self::Active => HangsOn::ActiveRelationship,
            Self::Ended | Self::Deceased => HangsOn::OldRelationship,
        }
    }
}

/// The kind of relationship that cases with old documents hang on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HangsOn {
    /// An old relationship (vanha asiakkuus), made for these documents and never updated.
    OldRelationship,
    /// The one active relationship, which is there before.
    ActiveRelationship,
}

/// Whether an old document needs its original service task, of 1989 or 2011, beside that of 2016: when it was
/// written before 1.3.2016, or before the organisation took the service tasks of 2016 into use.
///
/// Source: OLD-4; document 002, "Palvelutehtävätietoja tarvitaan kaksi".
#[must_use]
pub fn needs_original_task(written: FinnishDay, in_use_from: Option<FinnishDay>) -> bool {
    written < tasks_of_2016_in_use(in_use_from)
}

/// Since when an organisation's documents have the service task of 2016 alone: from the nation's day, or from the day on
/// which it took the tasks of 2016 into use, where that was later. An original task on a document of that day or later is
/// none that the rules ask for; nor do they refuse it.
///
/// Source: OLD-4; document 002, "jos 2016 palvelutehtävälukitusta ei ole otettu käyttöön".
#[must_use]
pub fn tasks_of_2016_in_use(in_use_from: Option<FinnishDay>) -> FinnishDay {
    let nation = service_tasks_of_2016_begin();
    in_use_from.map_or(nation, |day| day.max(nation))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> FinnishDay {
        FinnishDay::parse(text).unwrap()
    }

    /// OLD-4: two service tasks for documents made before 1.3.2016, and after it where the 2016 class was not in
    /// use.
    #[test]
    fn a_document_of_before_the_tasks_of_2016_names_its_original_one() {
        for (written, in_use_from, needed) in [
            ("1994-05-02", None, true),
            ("2016-02-29", None, true),
            ("2016-03-01", None, false),
            ("2016-02-29", Some("2015-01-01"), true),
            ("2016-12-31", Some("2017-01-01"), true),
            ("2017-01-01", Some("2017-01-01"), false),
        ] {
            let in_use_from = in_use_from.map(day);
            assert_eq!(needs_original_task(day(written), in_use_from), needed, "{written}");
        }
    }

    /// OLD-2, OLD-3, OLD-5: an active client's old documents hang on the one relationship, those of former and
    /// of deceased clients on old relationships.
    #[test]
    fn only_an_active_client_has_old_documents_on_a_relationship_of_today() {
        let on_the_active: Vec<&str> = ClientState::ALL
            .into_iter()
            .filter(|state| state.hangs_on() == HangsOn::ActiveRelationship)
            .map(ClientState::name)
            .collect();
        assert_eq!(on_the_active, ["active"]);
    }
}
