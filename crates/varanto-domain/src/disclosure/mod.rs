//! What the client allows and refuses, and by which rule of the day documents go to others.
//!
//! Source: DIS-1 to DIS-3; national-specs 6.4, annexes A.3 and A.4.

mod dated;
mod documents;

pub use dated::{DatedRule, Needs, RULES_OF_DISCLOSURE, rule_on};
pub use documents::{
    DisclosurePermission, Giver, MANDATED, PermissionContent, PermissionSaid, Permissions,
    REPRESENTATIVES, RefusalContent, RefusalEntry, Refusals, Refused, is_will,
};

#[cfg(test)]
mod tests;
