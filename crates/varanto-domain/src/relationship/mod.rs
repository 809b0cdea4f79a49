//! Client relationships: which units serve a client, and what register-use rights follow from it.
//!
//! A right is no record of its own. It arises when the organiser marks a unit and the first day of
//! the unit's client relationship on the relationship document, and ends by the last day marked
//! there. Everything here is read out of that document and says nothing that it does not say.
//!
//! The published structures follow the short road: units and producers stand on the relationship
//! document. No structure of the long road is published, so no case document can carry a right.
//!
//! Source: RUR-1, RUR-8, REL-5, REL-8; national-specs 4, 6.2, annex A.1.

mod check;
mod reading;
mod rights;

pub use reading::{Parties, RelationshipUnits, UnitEntry};
pub use rights::{Branch, RegisterUseRight, Side, Standing};

#[cfg(test)]
mod tests;
