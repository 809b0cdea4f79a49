//! What the client's side sees of a document before its version in force is invalidated, and after (ARC-3, CIT-3, CIT-4).

use varanto_domain::access::{Display, DocumentFacts, InTheView, shows_more};
use varanto_formats::metadata;
use varanto_store::{ReadTx, StoreError, VersionRow};

use super::restrict_showing::{damaged, is_of_minor};
use crate::inquiry::{Inquiry, facts_of_version};

/// What the client's side sees of a document before its version in force is invalidated, and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownAfter {
    /// Before; `None`: not the caller's to know.
    pub before: Option<InTheView>,
    /// After; `None`: not the caller's to know.
    pub after: Option<InTheView>,
    /// Whether the client is a minor.
    pub minor: bool,
    /// Whether the client or the guardians see more afterwards, or sooner, or it cannot be told that they do not.
    pub more: bool,
}

/// How a version is shown were it in force.
struct Showing {
    facts: DocumentFacts,
    display: Display,
    minor: bool,
}

impl Showing {
    fn seen(&self, inquiry: &Inquiry<'_>) -> InTheView {
        InTheView::of(self.facts.subject, self.facts.group, &self.display, inquiry.today())
    }
}

/// Tells of the version in force, and of the one that comes back when it is invalidated.
///
/// Source: ARC-3, CIT-3, CIT-4.
pub(super) fn shown_after(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    row: &VersionRow,
    comes_back: Option<&VersionRow>,
) -> Result<ShownAfter, StoreError> {
    let before = showing(tx, inquiry, row)?;
    let after = match comes_back {
        Some(row) => showing(tx, inquiry, row)?,
        None => None,
    };
    let minor = [&before, &after].into_iter().flatten().any(|one| one.minor);
    let more = match (&before, &after) {
        (Some(before), Some(after)) => {
            let of = |one: &Showing| (one.facts.subject, one.facts.group);
            let [(subject, group), (subject_then, group_then)] = [of(before), of(after)];
            let both =
                [(subject, group, &before.display), (subject_then, group_then, &after.display)];
            shows_more(both, inquiry.today(), minor)
        }
        _ => comes_back.is_some(),
    };
    let nothing = comes_back.is_none().then_some(InTheView::NOTHING);
    Ok(ShownAfter {
        before: before.map(|one| one.seen(inquiry)),
        after: after.map(|one| one.seen(inquiry)).or(nothing),
        minor,
        more,
    })
}

/// How a version is shown, for one who may read it whole.
fn showing(
    tx: &ReadTx<'_>,
    inquiry: &Inquiry<'_>,
    row: &VersionRow,
) -> Result<Option<Showing>, StoreError> {
    let Ok(permit) = inquiry.may_read(tx, row)? else { return Ok(None) };
    let Ok(whole) = permit.whole() else { return Ok(None) };
    let record = tx.record(&whole, row)?;
    let (raw, _) = metadata::read(&record).map_err(|_| damaged())?;
    Ok(Some(Showing {
        facts: facts_of_version(tx, row)?.document,
        display: Display::of(&raw, inquiry.is_organisers(row)),
        minor: is_of_minor(&raw, inquiry.now()),
    }))
}
