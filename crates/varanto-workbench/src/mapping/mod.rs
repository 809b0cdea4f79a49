//! The mapping file: how what a source system says becomes what the archive asks.
//!
//! Readable, versioned, kept beside the batch: whoever asks later why a document is where it is finds it here.
//! Source: OLD-4, OLD-6 to OLD-9.

mod file;
mod recipe;

use std::collections::{BTreeMap, BTreeSet};

use varanto_domain::ids::Oid;
use varanto_domain::old_data::Choice;
use varanto_domain::time::{FinnishDay, Instant};

pub use file::{BadMapping, check_name, read};
use recipe::Days;
pub use recipe::{Condition, Recipe, Span, Step, Unmapped, WhyUnmapped};
pub(crate) use recipe::{day_in_form, no_value};

use crate::conversion::Chosen;
use crate::delivery::{Index, Row};

macro_rules! targets {
    ($($(#[doc = $doc:literal])* $name:ident $path:literal $required:literal;)*) => {
        /// What a mapping says of each document.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Target { $($(#[doc = $doc])* $name,)* }

        impl Target {
            /// Each of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in mapping files: that of the metadata element, where it is one.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $path,)* }
            }

            /// Whether a mapping must say it.
            #[must_use]
            pub const fn is_required(self) -> bool {
                match self { $(Self::$name => $required,)* }
            }
        }
    };
}

targets! {
    /// The source's own identifier of the document: no other document of the source has it.
    Document "document" true;
    /// The file, as the delivery names it.
    File "file" true;
    /// The source's identifier of the document that this one is an attachment of.
    MainDocument "main_document" false;
    /// The batch in which that document was archived; this one where it is not said.
    MainBatch "main_document_batch" false;
    /// What the organisation calls one client over all rows; the identity code where it is not said.
    Client "client" false;
    /// The client's identity code.
    IdentityCode "client.identity_code" true;
    /// Family name.
    FamilyName "client.family_name" true;
    /// Given names.
    GivenNames "client.given_names" true;
    /// Day of birth; that of the identity code where it is not said.
    BirthDate "client.birth_date" false;
    /// Sex, a code.
    Sex "client.sex" false;
    /// Whether there is a non-disclosure order.
    NonDisclosure "client.non_disclosure" false;
    /// How the client stands with the controller: `ended`, `active` or `deceased`.
    State "client_state" true;
    /// The active relationship in the archive, for active clients.
    Relationship "relationship_id" false;
    /// The controller of today, an OID: the successor of the one who wrote the document.
    Controller "controller.id" true;
    /// The controller's name.
    ControllerName "controller.name" true;
    /// The operating unit, an OID.
    OperatingUnit "operating_unit.id" true;
    /// Its name.
    OperatingUnitName "operating_unit.name" true;
    /// The service task of 2016.
    ServiceTask "service_task" true;
    /// The service task of 1989 or 2011, such as `1989:13`.
    OriginalTask "original_service_task" false;
    /// The day or moment that it was written.
    WrittenAt "written_at" true;
    /// The general document type.
    GeneralType "general_type" true;
    /// The specific document type.
    SpecificType "specific_type" false;
    /// The language, two letters.
    Language "language" false;
    /// Given names of the professional who wrote it.
    ProfessionalGivenNames "professional.given_names" false;
    /// Family name of the professional.
    ProfessionalFamilyName "professional.family_name" false;
    /// The retention class; `1`, for ever, where it is not said.
    RetentionClass "retention_class" false;
    /// Which case of the client it belongs to; one case for each service task where it is not said, and for who has died.
    Case "case" false;
    /// The day on which that case was opened; that of its first document where it is not said.
    CaseOpened "case_opened_on" false;
    /// The day on which it was closed; where it is not said nobody knows, and no period is counted from the supposed one.
    CaseClosed "case_closed_on" false;
}

impl Target {
    /// The target of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|target| target.name() == name)
    }

    /// Whether it is another thing for each document, and not the same for all of a client's.
    #[must_use]
    pub const fn is_of_the_document(self) -> bool {
        matches!(
            self,
            Self::Document
                | Self::File
                | Self::MainDocument
                | Self::MainBatch
                | Self::WrittenAt
                | Self::GeneralType
                | Self::SpecificType
        )
    }

    /// Whether it tells of the client, and not of the document.
    #[must_use]
    pub const fn is_of_the_client(self) -> bool {
        matches!(
            self,
            Self::FamilyName
                | Self::GivenNames
                | Self::BirthDate
                | Self::Sex
                | Self::NonDisclosure
                | Self::State
                | Self::Relationship
        )
    }

    /// Whether it is a day that conditions of other targets may turn on.
    #[must_use]
    pub const fn is_a_day(self) -> bool {
        matches!(self, Self::WrittenAt | Self::BirthDate | Self::CaseOpened | Self::CaseClosed)
    }

    /// Whether its values are client data, which no fault and no report shows.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        matches!(
            self,
            Self::Client
                | Self::IdentityCode
                | Self::FamilyName
                | Self::GivenNames
                | Self::BirthDate
                | Self::Sex
                | Self::NonDisclosure
                | Self::File
                | Self::Document
                | Self::MainDocument
                | Self::Case
                | Self::ProfessionalGivenNames
                | Self::ProfessionalFamilyName
        )
    }
}

/// How a client's old relationships are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Grouping {
    /// One old relationship for each service task. Source: document 002.
    #[default]
    PerServiceTask,
    /// One old relationship for all of the client's service tasks.
    One,
}

impl Grouping {
    const ALL: [Self; 2] = [Self::PerServiceTask, Self::One];

    const fn name(self) -> &'static str {
        match self {
            Self::PerServiceTask => "per-service-task",
            Self::One => "one",
        }
    }
}

/// A table beside the index, whose rows are found by a value of the index's.
#[derive(Debug, Clone)]
pub struct Join {
    /// What its columns are called by: `asiakas` makes `asiakas.SUKUNIMI`.
    pub name: String,
    /// Where it is.
    pub index: Index,
    /// Its own column with the value.
    pub key: String,
    /// The column of the index, or of an earlier table, with the same value.
    pub on: String,
}

/// What a person says of a row of another batch that no report can tell: what stands there is these documents. One that did
/// not read names none, and whose a row is may have been said wrongly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settles {
    /// The other batch.
    pub batch: String,
    /// Where the row stands in it.
    pub row: u64,
    /// What the source calls the documents.
    pub documents: Vec<String>,
}

/// A mapping that was read and holds.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The SHA-256 of the file, hexadecimal.
    pub digest: String,
    /// What the source system is called. Identifiers follow from it: another name makes other documents.
    pub source: String,
    /// Which batch of the source this is. A second batch gives the same documents the same identifiers, and old
    /// relationships of its own, for those are never updated.
    pub batch: String,
    /// Raised after a batch was undone, so that its documents can be archived anew under other identifiers.
    pub edition: u32,
    /// The moment that the archived documents are said to have been made at.
    pub created_at: Instant,
    /// Under which node identifiers are made: that of the organisation whose system archives.
    pub node: Oid,
    /// The day on which the organisation joined: what was written since is no old data.
    pub joined_on: FinnishDay,
    /// Since when the service tasks of 2016 were in use, where later than the nation.
    pub tasks_of_2016_from: Option<FinnishDay>,
    /// How old relationships are made.
    pub relationships: Grouping,
    /// Whether the same content twice for one client and day is meant, and not a fault.
    pub keep_both: bool,
    /// Whether what a person completes counts only when another one has checked it.
    pub checked_by_two: bool,
    /// Where the rest is kept, in the organisation's own words.
    pub kept_elsewhere: String,
    /// What is brought, by service task.
    pub choices: BTreeMap<String, Choice>,
    /// What is brought of the service tasks that are not named.
    pub otherwise: Choice,
    /// What is converted.
    pub convert: Chosen,
    /// The index.
    pub index: Index,
    /// The tables beside it.
    pub joins: Vec<Join>,
    /// What it says of rows of other batches.
    pub settles: Vec<Settles>,
    recipes: BTreeMap<Target, Recipe>,
}

impl Mapping {
    /// What is brought of a service task.
    #[must_use]
    pub fn choice(&self, task: &str) -> Choice {
        self.choices.get(task).copied().unwrap_or(self.otherwise)
    }

    /// What the mapping makes of a row for a target; `None` where nothing is said.
    ///
    /// # Errors
    /// A value that no step of the mapping takes.
    pub fn value(&self, target: Target, row: &Row) -> Result<Option<String>, Unmapped> {
        self.value_with(target, row, &|_| None)
    }

    /// What the mapping makes of a row where people said some of it: a day that they said is the one that conditions turn
    /// on.
    ///
    /// # Errors
    /// A value that no step of the mapping takes, or a condition on a day that does not read.
    pub(crate) fn value_with(
        &self,
        target: Target,
        row: &Row,
        said: &dyn Fn(Target) -> Option<String>,
    ) -> Result<Option<String>, Unmapped> {
        let days = Days { mapping: self, row, said };
        self.recipes.get(&target).map_or(Ok(None), |recipe| recipe.value(&days, target))
    }

    /// What turns on a day or the client's age, by a condition.
    pub(crate) fn turning_on_days(&self) -> impl Iterator<Item = Target> {
        let turns = self.recipes.iter().filter(|(_, recipe)| recipe.turns_on_days());
        turns.map(|(target, _)| *target)
    }

    /// Whether it says something of a target.
    #[must_use]
    pub fn says(&self, target: Target) -> bool {
        self.recipes.contains_key(&target)
    }

    /// What a table beside says of a document, or one that is found by a value of it: with its own columns, or as long as
    /// they hold something.
    #[must_use]
    pub fn said_beside(&self, table: &str) -> BTreeSet<Target> {
        let mut tables = vec![format!("{table}.")];
        // A table may be joined to an earlier one alone.
        for join in &self.joins {
            if tables.iter().any(|before| join.on.starts_with(before)) {
                tables.push(format!("{}.", join.name));
            }
        }
        let of_them = |recipe: &Recipe| {
            recipe.every_column().any(|column| tables.iter().any(|table| column.starts_with(table)))
        };
        self.recipes
            .iter()
            .filter(|(_, recipe)| of_them(recipe))
            .map(|(target, _)| *target)
            .collect()
    }

    /// Every column that the mapping names and that must be there, with the target.
    pub fn columns(&self) -> impl Iterator<Item = (Target, &str)> {
        self.recipes
            .iter()
            .flat_map(|(target, recipe)| recipe.columns().map(move |column| (*target, column)))
    }
}

#[cfg(test)]
mod tests;
