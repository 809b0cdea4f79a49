//! How much it weighs that a document falls short: that a PDF file breaks a clause of the standard that it
//! says to keep, that a signature is missing or not trusted.

use crate::archive::documents::DocumentGroup;
use crate::ids::Oid;

/// How much it weighs that a document falls short of what is asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ConformanceLevel {
    /// The document is refused.
    Refuse,
    /// The document is taken, and what it lacks is told with the receipt.
    #[default]
    Warn,
    /// Nothing is refused for it.
    Off,
}

impl ConformanceLevel {
    /// Every level, strictest first.
    pub const ALL: [Self; 3] = [Self::Refuse, Self::Warn, Self::Off];

    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Warn => "warn",
            Self::Off => "off",
        }
    }
}

/// A level for some documents: those of an organisation, of a group, or of both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConformanceException {
    /// The controller whose documents it is for; `None` for everybody's.
    pub controller: Option<Oid>,
    /// The group that it is for; `None` for every group.
    pub group: Option<DocumentGroup>,
    /// The level.
    pub level: ConformanceLevel,
}

/// Which level holds for which documents.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConformanceLevels {
    /// Where no exception holds.
    pub level: ConformanceLevel,
    /// The exceptions.
    pub exceptions: Vec<ConformanceException>,
}

impl ConformanceLevels {
    /// One level for all documents.
    #[must_use]
    pub fn all(level: ConformanceLevel) -> Self {
        Self { level, exceptions: Vec::new() }
    }

    /// The level for a document. The exception that says most holds: one for a controller and a group
    /// before one for the controller, that before one for the group. Of two that say as much, the
    /// stricter holds. What is not known of a faulty document is nobody's and of no group.
    ///
    /// Source: ARC-1, ARC-6, OLD-1.
    #[must_use]
    pub fn level_for(
        &self,
        controller: Option<&Oid>,
        group: Option<DocumentGroup>,
    ) -> ConformanceLevel {
        let fits = |one: &&ConformanceException| {
            one.controller.as_ref().is_none_or(|own| Some(own) == controller)
                && one.group.is_none_or(|own| Some(own) == group)
        };
        let weight = |one: &&ConformanceException| {
            let strictness = ConformanceLevel::ALL.len()
                - ConformanceLevel::ALL.iter().position(|level| *level == one.level).unwrap_or(0);
            (one.controller.is_some(), one.group.is_some(), strictness)
        };
        let holds = self.exceptions.iter().filter(fits).max_by_key(weight);
        holds.map_or(self.level, |one| one.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ARC-1: a county may ask more of its old papers than of the rest, and another nothing at all.
    #[test]
    fn the_exception_that_says_most_holds() {
        use ConformanceLevel::{Off, Refuse, Warn};
        let county = Oid::parse("1.2.246.10.99900011.10.0").unwrap();
        let other = Oid::parse("1.2.246.10.99900029.10.0").unwrap();
        let exception = |controller: Option<&Oid>, group, level| ConformanceException {
            controller: controller.cloned(),
            group,
            level,
        };
        let levels = ConformanceLevels {
            level: Warn,
            exceptions: vec![
                exception(None, Some(DocumentGroup::Old), Off),
                exception(Some(&county), None, Refuse),
                exception(Some(&county), Some(DocumentGroup::PhaseOne), Off),
                exception(Some(&county), Some(DocumentGroup::PhaseOne), Warn),
            ],
        };
        let check = |controller: Option<&Oid>, group, level| {
            assert_eq!(levels.level_for(controller, group), level);
        };
        check(Some(&other), Some(DocumentGroup::LaterPhase), Warn);
        check(Some(&other), Some(DocumentGroup::Old), Off);
        check(Some(&county), Some(DocumentGroup::Old), Refuse);
        check(Some(&county), Some(DocumentGroup::PhaseOne), Warn);
        check(Some(&county), None, Refuse);
        check(None, None, Warn);
        assert_eq!(ConformanceLevels::all(Off).level_for(Some(&county), None), Off);
    }
}
