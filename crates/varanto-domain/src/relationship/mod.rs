//! Client relationships: which units serve a client, and what register-use rights follow from it.
//!
//! A right is no record of its own. It arises when the organiser marks a unit and the first day of
//! the unit's client relationship on the relationship document, and ends by the last day marked
//! there. Everything here is read out of that document and says nothing that it does not say.
//!
//! The published structures follow the short road: units and producers stand on the relationship
//! document. On the long road they stand on the documents of its cases (see [`road`]), and the same
//! rights follow.
//!
//! Source: RUR-1, RUR-8, REL-5, REL-6, REL-8; national-specs 4, 6.2, annex A.1.

mod acts;
mod case_transitions;
mod check;
mod choices;
mod joint;
mod moving;
mod next_version;
mod notices;
mod opening;
mod reading;
mod rights;
mod rights_change;
pub mod road;
pub mod served;
mod transitions;
mod wording;
mod workers;

pub use acts::{
    Asked, CaseAct, HandOver, Named, NewCase, NewRelationship, OwnService, Purchase,
    RelationshipAct, Served, ServiceOfAct,
};
pub use choices::{
    ChoiceState, MOST_OFFERED, OfferedAmong, ProducerChoice, ProducerOffer, joined, parted,
    told_choices,
};
pub use joint::InCase;
pub use moving::{CaseInDossier, Dossier, MovedDossier, MovedService};
pub use next_version::{
    Maker, Making, new_case_metadata, new_relationship_metadata, next_metadata,
};
pub use notices::{DAYS_BEFORE_THE_END, Notice, NoticeKind, ToldOfChange, told_of};
pub use opening::{open_case, open_relationship};
pub use reading::{Parties, RelationshipUnits, UnitEntry};
pub use rights::{Branch, RegisterUseRight, Side, Standing};
pub use rights_change::{RightChange, changes};
pub use road::{Road, RoadState, RoadStep, Roads};
pub use wording::Wording;
pub use workers::{Responsibility, ResponsibleWorker, WorkersOfVersion, responsibilities};

#[cfg(test)]
mod tests;
