//! What a new version of a relationship document changes in the rights.

use super::rights::RegisterUseRight;

/// One right that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RightChange {
    /// As it was; `None`: it is new.
    pub before: Option<RegisterUseRight>,
    /// As it is; `None`: it is not there any more.
    pub after: Option<RegisterUseRight>,
}

/// Every right that differs, in the order of those after and then those that are gone.
///
/// Source: RUR-1, RUR-5.
#[must_use]
pub fn changes(before: &[RegisterUseRight], after: &[RegisterUseRight]) -> Vec<RightChange> {
    let earlier = |right: &RegisterUseRight| before.iter().find(|one| same(one, right));
    let new = after.iter().filter_map(|right| {
        let held = earlier(right);
        (held != Some(right))
            .then(|| RightChange { before: held.cloned(), after: Some(right.clone()) })
    });
    let gone = before.iter().filter(|right| !after.iter().any(|one| same(one, right)));
    let gone = gone.map(|right| RightChange { before: Some(right.clone()), after: None });
    new.chain(gone).collect()
}

/// Whether two are the same right, whatever their days.
fn same(one: &RegisterUseRight, other: &RegisterUseRight) -> bool {
    one.holder == other.holder
        && one.branch == other.branch
        && one.side == other.side
        && one.services == other.services
}
