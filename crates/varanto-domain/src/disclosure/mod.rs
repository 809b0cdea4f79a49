//! What the client allows and refuses, and by which rule of the day documents go to others.
//!
//! Source: DIS-1 to DIS-3, DIS-6; national-specs 6.4, annexes A.3 and A.4.

mod dated;
mod documents;
mod handing_over;

pub use dated::{DatedRule, Needs, RULES_OF_DISCLOSURE, rule_on};
pub use documents::{
    DisclosurePermission, Giver, MANDATED, PermissionContent, PermissionSaid, Permissions,
    REPRESENTATIVES, RefusalContent, RefusalEntry, Refusals, Refused, is_will,
};
pub use handing_over::{AskedFor, HandedAs, OutsideRequest, Receiver, ReceiverKind, goes_unnamed};

#[cfg(test)]
mod tests;
