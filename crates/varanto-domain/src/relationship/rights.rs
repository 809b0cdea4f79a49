//! One register-use right: whose, for what, on which days.

use std::sync::Arc;

use crate::ids::Oid;
use crate::time::{FinnishDay, Validity};

/// The right of a unit to use the organiser's register for one client's service
/// (rekisterinkäyttöoikeus); for the organiser's own units, that the unit serves the client.
///
/// Purchased services, vouchers and payment commitments make the same right: the document does not
/// tell them apart.
///
/// Source: RUR-1, RUR-8; national-specs 6.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterUseRight {
    /// In whose register the client relationship is.
    pub controller: Oid,
    /// Who organises the service.
    pub organiser: Oid,
    /// The client relationship (asiakkuuden yksilöintitunnus).
    pub relationship: Oid,
    /// How much of the relationship it is about.
    pub branch: Branch,
    /// The social services (sosiaalipalvelu), as codes in order; empty where the document names none.
    pub services: Vec<Arc<str>>,
    /// The unit that holds it (palveluyksikkö).
    pub holder: Oid,
    /// Whose unit it is.
    pub side: Side,
    /// The days from the first to the last one marked; both count.
    pub validity: Validity,
    /// Spans within the validity in which the service was interrupted; both ends of each count. In
    /// order, apart from each other, and each with a last day: the service goes on after it.
    pub suspensions: Vec<Validity>,
}

/// Which part of a relationship a unit serves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Branch {
    /// Every service task: the unit stands on the relationship itself.
    WholeRelationship,
    /// One service task, by its code.
    ServiceTask(Arc<str>),
}

impl Branch {
    /// Whether documents of a service task belong to the branch.
    #[must_use]
    pub fn covers(&self, service_task: &str) -> bool {
        match self {
            Self::WholeRelationship => true,
            Self::ServiceTask(task) => **task == *service_task,
        }
    }

    /// The service task's code, if it is about one.
    #[must_use]
    pub fn service_task(&self) -> Option<&str> {
        match self {
            Self::WholeRelationship => None,
            Self::ServiceTask(task) => Some(task),
        }
    }
}

/// Whose a unit is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The organiser's own unit (palvelunjärjestäjän palveluyksikkö).
    Organiser,
    /// A producer's unit (palveluntuottaja).
    Producer,
    /// The unit that carries the service out for a producer (palveluntoteuttaja).
    Implementer {
        /// The producer's unit.
        producer: Oid,
    },
}

impl Side {
    /// Its stable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Organiser => "organiser",
            Self::Producer => "producer",
            Self::Implementer { .. } => "implementer",
        }
    }
}

/// Where a right stands on a day, with the day that it turned or turns on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// In force.
    InForce,
    /// Not yet: this is its first day.
    NotYet(FinnishDay),
    /// Interrupted: in force again from this day on.
    Suspended(FinnishDay),
    /// Over: this was its last day.
    Ended(FinnishDay),
}

impl RegisterUseRight {
    /// Where it stands on a day. Both end days belong to the right, and to each suspension.
    ///
    /// Source: RUR-3, RUR-8.
    #[must_use]
    pub fn standing_on(&self, day: FinnishDay) -> Standing {
        if day < self.validity.first {
            return Standing::NotYet(self.validity.first);
        }
        if let Some(last) = self.validity.last.filter(|last| *last < day) {
            return Standing::Ended(last);
        }
        let interrupted = self.suspensions.iter().find(|span| span.contains(day));
        match interrupted.and_then(|span| span.last) {
            Some(last) => Standing::Suspended(last.plus_days(1)),
            None => Standing::InForce,
        }
    }

    /// Whether it is in force on a day.
    #[must_use]
    pub fn in_force_on(&self, day: FinnishDay) -> bool {
        self.standing_on(day) == Standing::InForce
    }

    /// The spans of days in which it is in force, in order.
    #[must_use]
    pub fn spans(&self) -> Vec<Validity> {
        let mut spans = Vec::with_capacity(self.suspensions.len() + 1);
        let mut first = self.validity.first;
        for suspension in &self.suspensions {
            spans.push(Validity { first, last: Some(suspension.first.plus_days(-1)) });
            if let Some(last) = suspension.last {
                first = last.plus_days(1);
            }
        }
        spans.push(Validity { first, last: self.validity.last });
        spans
    }
}
