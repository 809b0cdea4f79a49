//! The seven service tasks of 2016, and what those of 1989 and 2011 became.

use crate::ids::Oid;

/// A service task of social welfare (palvelutehtävä), in the classification of 2016.
///
/// All seven values are known, so the type is closed. Source: national-specs 5.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ServiceTask {
    /// Lastensuojelu.
    ChildProtection,
    /// Päihdehuolto.
    SubstanceAbuse,
    /// Vammaispalvelut.
    Disability,
    /// Iäkkäiden palvelut.
    OlderPeople,
    /// Lapsiperheiden palvelut.
    Families,
    /// Perheoikeudelliset palvelut.
    FamilyLaw,
    /// Työikäisten palvelut.
    WorkingAge,
}

impl ServiceTask {
    /// All seven, by code.
    pub const ALL: [Self; 7] = [
        Self::ChildProtection,
        Self::SubstanceAbuse,
        Self::Disability,
        Self::OlderPeople,
        Self::Families,
        Self::FamilyLaw,
        Self::WorkingAge,
    ];

    /// The code in the national set.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::ChildProtection => "10",
            Self::SubstanceAbuse => "15",
            Self::Disability => "20",
            Self::OlderPeople => "23",
            Self::Families => "24",
            Self::FamilyLaw => "25",
            Self::WorkingAge => "26",
        }
    }

    /// The task of a code, or `None` when there is no such task.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.code() == code)
    }

    /// The name in Finnish.
    #[must_use]
    pub const fn name_fi(self) -> &'static str {
        match self {
            Self::ChildProtection => "Lastensuojelu",
            Self::SubstanceAbuse => "Päihdehuolto",
            Self::Disability => "Vammaispalvelut",
            Self::OlderPeople => "Iäkkäiden palvelut",
            Self::Families => "Lapsiperheiden palvelut",
            Self::FamilyLaw => "Perheoikeudelliset palvelut",
            Self::WorkingAge => "Työikäisten palvelut",
        }
    }

    /// The name in Swedish.
    #[must_use]
    pub const fn name_sv(self) -> &'static str {
        match self {
            Self::ChildProtection => "Barnskydd",
            Self::SubstanceAbuse => "Missbrukarvård",
            Self::Disability => "Service för personer med funktionsnedsättning",
            Self::OlderPeople => "Äldreservice",
            Self::Families => "Service för barnfamiljer",
            Self::FamilyLaw => "Familjerättslig service",
            Self::WorkingAge => "Service för personer i arbetsför ålder",
        }
    }
}

/// What one service task of 1989 or 2011 became in 2016.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskMapping {
    /// The old code set, without a version arc.
    pub set: Oid,
    /// The old code.
    pub code: String,
    /// The tasks it may have become; one or more.
    pub tasks: Vec<ServiceTask>,
}
