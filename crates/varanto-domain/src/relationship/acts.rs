//! What the organiser does to a relationship or a case: each act is one new version of its document.

use std::sync::Arc;

use super::next_version::Maker;
use crate::ids::{ClientIdentifier, Oid};
use crate::structures::Content;
use crate::time::{FinnishDay, Instant, Validity};

/// Something asked of the archive that it writes a document version for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<T> {
    /// The version's identifier, under a node of the sender's.
    pub document: Oid,
    /// The version that the asker has seen; `None`: whichever is in force.
    pub based_on: Option<Oid>,
    /// The professional who answers for it, where one is named.
    pub maker: Option<Maker>,
    /// What is to be done.
    pub what: T,
}

/// An act on a client relationship.
#[derive(Debug, Clone, PartialEq)]
pub enum RelationshipAct {
    /// A unit of the organiser's own begins to serve the client. A service task that is not there yet
    /// comes along.
    BeginService(OwnService),
    /// A service is handed to a producer's unit, or to its implementer: a register-use right arises.
    HandOver(HandOver),
    /// The last day of a unit's service; a later one than before lets it record late.
    EndService {
        /// Which service.
        of: Served,
        /// Its last day.
        last_day: FinnishDay,
    },
    /// The service is interrupted, and goes on after it.
    SuspendService {
        /// Which service.
        of: Served,
        /// The first day without it.
        first_day: FinnishDay,
        /// The last day without it.
        last_day: FinnishDay,
    },
    /// A service that ended begins again as it was; one that is interrupted goes on sooner.
    ResumeService {
        /// Which service.
        of: Served,
        /// The first day.
        first_day: FinnishDay,
    },
    /// The own worker and the responsible workers, in place of those before.
    SetWorkers(Vec<Content<'static>>),
    /// The risk information, in place of that before.
    SetRisks(Vec<Content<'static>>),
    /// The related persons, in place of those before.
    SetRelatedPersons(Vec<Content<'static>>),
    /// The child-protection relationship begins.
    BeginChildProtection {
        /// Its first day.
        first_day: FinnishDay,
    },
    /// The child-protection relationship ends.
    EndChildProtection {
        /// Its last day.
        last_day: FinnishDay,
    },
    /// The relationship ends.
    End {
        /// Its last day.
        last_day: FinnishDay,
        /// Why (asiakkuuden päättymisen perustelu).
        grounds: Option<String>,
    },
}

/// A unit of the organiser's that serves the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnService {
    /// The service task's code.
    pub service_task: Arc<str>,
    /// The unit.
    pub unit: Oid,
    /// On which days.
    pub days: Validity,
    /// On the long road, the case that it serves in; `None`: the one open case of the task.
    pub case: Option<Oid>,
}

/// A service handed to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// The service task's code; the relationship has it already.
    pub service_task: Arc<str>,
    /// The producer's unit.
    pub producer: Oid,
    /// The unit that carries it out for the producer.
    pub implementer: Option<Oid>,
    /// The social services' codes.
    pub services: Vec<Arc<str>>,
    /// On which days.
    pub days: Validity,
    /// As of [`OwnService`].
    pub case: Option<Oid>,
    /// How it is bought, where that is told: on the long road alone.
    pub purchase: Option<Purchase>,
}

/// How the organiser buys a service (hankintatapa).
///
/// Source: REL-6; own-choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purchase {
    /// Ostopalvelu.
    PurchasedService,
    /// Palveluseteli.
    Voucher,
    /// Maksusitoumus.
    PaymentCommitment,
}

impl Purchase {
    /// Every kind, with its stable name, and its code and name in documents.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 3] = [
        (Self::PurchasedService, "purchased-service", "1", "Ostopalvelu"),
        (Self::Voucher, "voucher", "2", "Palveluseteli"),
        (Self::PaymentCommitment, "payment-commitment", "3", "Maksusitoumus"),
    ];
}

/// A service that a unit gives already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The service task's code; `None`: the unit stands on the relationship itself.
    pub service_task: Option<Arc<str>>,
    /// The unit: the organiser's own, a producer's or an implementer's.
    pub unit: Oid,
    /// On the long road, the case that it serves in; `None`: the one case in which it serves.
    pub case: Option<Oid>,
}

/// The service that an act on a relationship is about: on the long road the act is one on a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceOfAct<'a> {
    /// The service task's code; `None`: the whole relationship.
    pub service_task: Option<&'a str>,
    /// The unit that serves already, or may do so: a producer's, whose implementer begins.
    pub unit: Option<&'a Oid>,
    /// Whether the unit must serve already.
    pub goes_on: bool,
    /// The case that is named.
    pub case: Option<&'a Oid>,
}

impl RelationshipAct {
    /// The service that it is about; `None` of an act that is about the relationship itself.
    #[must_use]
    pub fn service(&self) -> Option<ServiceOfAct<'_>> {
        match self {
            Self::BeginService(service) => Some(ServiceOfAct {
                service_task: Some(&service.service_task),
                unit: None,
                goes_on: false,
                case: service.case.as_ref(),
            }),
            Self::HandOver(service) => Some(ServiceOfAct {
                service_task: Some(&service.service_task),
                unit: service.implementer.as_ref().map(|_| &service.producer),
                goes_on: false,
                case: service.case.as_ref(),
            }),
            Self::EndService { of, .. }
            | Self::SuspendService { of, .. }
            | Self::ResumeService { of, .. } => Some(ServiceOfAct {
                service_task: of.service_task.as_deref(),
                unit: Some(&of.unit),
                goes_on: true,
                case: of.case.as_ref(),
            }),
            Self::SetWorkers(_)
            | Self::SetRisks(_)
            | Self::SetRelatedPersons(_)
            | Self::BeginChildProtection { .. }
            | Self::EndChildProtection { .. }
            | Self::End { .. } => None,
        }
    }
}

/// An act on a case.
#[derive(Debug, Clone, PartialEq)]
pub enum CaseAct {
    /// The case is closed.
    Close {
        /// On which day.
        closed_on: FinnishDay,
    },
    /// A closed case is open again.
    Reopen,
    /// Another client joins: the case is a joint one from then on.
    Join {
        /// Who.
        client: Named,
        /// When.
        joined_at: Instant,
    },
    /// A client leaves a joint case.
    Leave {
        /// Who.
        client: ClientIdentifier,
        /// When.
        left_at: Instant,
    },
    /// The other persons in the case, in place of those before.
    SetOtherPersons(Vec<Content<'static>>),
}

/// A client by identifier and name.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// By what the client is known.
    pub identifier: ClientIdentifier,
    /// Etunimet.
    pub given_names: String,
    /// Sukunimi.
    pub family_name: String,
    /// Syntymäaika; where it is missing, the identity code's.
    pub birth_date: Option<FinnishDay>,
}

impl Named {
    /// The day of birth, as given or as the identity code states it.
    #[must_use]
    pub fn born(&self) -> Option<FinnishDay> {
        self.birth_date.or(match &self.identifier {
            ClientIdentifier::Code(code) => Some(code.birth_day()),
            ClientIdentifier::Temporary(_) => None,
        })
    }
}

/// A client relationship to be opened, with the unit that begins to serve the client.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRelationship {
    /// Its identifier (asiakkuuden yksilöintitunnus).
    pub relationship: Oid,
    /// In whose register.
    pub controller: Oid,
    /// Who organises.
    pub organiser: Oid,
    /// The organiser's operating unit.
    pub operating_unit: Oid,
    /// Whose it is.
    pub client: Named,
    /// In which language its documents are written: `fi` or `sv`.
    pub language: String,
    /// Whether a personal-safety non-disclosure order is in force (turvakielto).
    pub non_disclosure: bool,
    /// The first service; its first day is the relationship's.
    pub service: OwnService,
}

/// A case to be opened under a relationship.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCase {
    /// Its identifier (asiatunnus).
    pub case: Oid,
    /// The relationship it belongs to.
    pub relationship: Oid,
    /// The service task's code.
    pub service_task: Arc<str>,
    /// What it is about, a code of the national set.
    pub name: Arc<str>,
    /// What it is about in words, where the code is *Muu*.
    pub name_detail: Option<String>,
    /// The day it was opened.
    pub opened_on: FinnishDay,
    /// On the long road, the organiser's own unit that begins to serve in it; `None`: the one that the
    /// relationship's document names as its service unit.
    pub unit: Option<Oid>,
}
