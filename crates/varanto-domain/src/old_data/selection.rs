//! Which old documents an organisation brings to the archive.

use super::ClientState;
use crate::archive::key_documents::GENERAL_TYPES;
use crate::archive::retention::is_sample_day;
use crate::time::FinnishDay;

/// What an organisation chose to bring of a service task.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Choice {
    /// Everything.
    #[default]
    All,
    /// What is kept for ever, and the clients of the sample days.
    PermanentAndSample,
    /// Assessments, decisions, plans and summaries of those who are clients today: the least that is recommended.
    KeyDocumentsOfActive,
    /// Nothing: it is kept elsewhere.
    Nothing,
}

impl Choice {
    /// Each of them.
    pub const ALL: [Self; 4] =
        [Self::All, Self::PermanentAndSample, Self::KeyDocumentsOfActive, Self::Nothing];

    /// Its word in mapping files and in the archive plan.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::PermanentAndSample => "permanent-and-sample",
            Self::KeyDocumentsOfActive => "key-documents-of-active",
            Self::Nothing => "nothing",
        }
    }

    /// The choice of a word.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }

    /// Whether the choice takes a document, or why it leaves it out.
    ///
    /// # Errors
    /// Why it is left out, for the organisation must know where it is kept instead.
    ///
    /// Source: OLD-8; document 002, "Organisaatio voi viedä kaikki vanhat asiakastiedot", "… tai organisaatio
    /// voi viedä vain osan", "minimisuositus".
    pub fn takes(self, document: &Selectable<'_>) -> Result<(), LeftOut> {
        let is_key = document.general_type.is_some_and(|kind| GENERAL_TYPES.contains(&kind));
        match self {
            Self::All => Ok(()),
            Self::PermanentAndSample if document.permanent => Ok(()),
            Self::PermanentAndSample if document.born.is_some_and(is_sample_day) => Ok(()),
            Self::PermanentAndSample => Err(LeftOut::NeitherPermanentNorSample),
            Self::KeyDocumentsOfActive if document.state != ClientState::Active => {
                Err(LeftOut::NotOfAnActiveClient)
            }
            Self::KeyDocumentsOfActive if is_key => Ok(()),
            Self::KeyDocumentsOfActive => Err(LeftOut::NoKeyDocument),
            Self::Nothing => Err(LeftOut::TaskKeptElsewhere),
        }
    }
}

/// What the choice turns on.
#[derive(Clone, Copy, Debug)]
pub struct Selectable<'a> {
    /// How the client stands with the controller.
    pub state: ClientState,
    /// The client's day of birth, where it is known.
    pub born: Option<FinnishDay>,
    /// Whether the source says that the document is kept for ever.
    pub permanent: bool,
    /// The general document type.
    pub general_type: Option<&'a str>,
}

/// Why a document is not brought.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LeftOut {
    /// It is kept for a time, and the client was born on no sample day.
    NeitherPermanentNorSample,
    /// The client is none today.
    NotOfAnActiveClient,
    /// It is no assessment, decision, plan or summary.
    NoKeyDocument,
    /// Nothing of its service task is brought.
    TaskKeptElsewhere,
}

impl LeftOut {
    /// Its word in reports.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NeitherPermanentNorSample => "neither-permanent-nor-sample",
            Self::NotOfAnActiveClient => "not-of-an-active-client",
            Self::NoKeyDocument => "no-key-document",
            Self::TaskKeptElsewhere => "task-kept-elsewhere",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> FinnishDay {
        FinnishDay::parse(text).unwrap()
    }

    /// OLD-8: all; only permanent and sample ones; only active clients' key documents; nothing.
    #[test]
    fn an_organisation_brings_what_it_chose() {
        use ClientState::{Active, Deceased, Ended};
        let any = Selectable { state: Ended, born: None, permanent: false, general_type: None };
        let sample = Selectable { born: Some(day("1950-05-18")), ..any };
        let other = Selectable { born: Some(day("1950-05-19")), ..any };
        let permanent = Selectable { permanent: true, ..other };
        let plan = Selectable { state: Active, general_type: Some("15"), ..other };
        let note = Selectable { general_type: Some("7"), ..plan };
        let plan_of_one_who_died = Selectable { state: Deceased, ..plan };
        for (choice, document, answer) in [
            (Choice::All, other, Ok(())),
            (Choice::PermanentAndSample, sample, Ok(())),
            (Choice::PermanentAndSample, permanent, Ok(())),
            (Choice::PermanentAndSample, other, Err("neither-permanent-nor-sample")),
            (Choice::PermanentAndSample, any, Err("neither-permanent-nor-sample")),
            (Choice::KeyDocumentsOfActive, plan, Ok(())),
            (Choice::KeyDocumentsOfActive, note, Err("no-key-document")),
            (Choice::KeyDocumentsOfActive, plan_of_one_who_died, Err("not-of-an-active-client")),
            (Choice::KeyDocumentsOfActive, permanent, Err("not-of-an-active-client")),
            (Choice::Nothing, permanent, Err("task-kept-elsewhere")),
        ] {
            assert_eq!(choice.takes(&document).map_err(LeftOut::code), answer, "{choice:?}");
        }
    }
}
