//! What a producer is told of its rights, and when.

use std::sync::Arc;

use super::rights::{RegisterUseRight, Side};
use super::rights_change::RightChange;
use crate::ids::Oid;
use crate::time::FinnishDay;

/// A notice to the unit that holds a right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it tells.
    pub kind: NoticeKind,
    /// The unit that is told.
    pub holder: Oid,
    /// The client relationship.
    pub relationship: Oid,
    /// The service task's code; `None`: the whole relationship.
    pub service_task: Option<Arc<str>>,
    /// The social services' codes.
    pub services: Vec<Arc<str>>,
    /// The day that it is about: the right's first, or its last.
    pub day: FinnishDay,
    /// The day from which on it is told.
    pub told_from: FinnishDay,
}

/// What a notice tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NoticeKind {
    /// A right was opened; the day is its first.
    Opened,
    /// A right is about to end; the day is its last.
    Ending,
    /// A right was taken out of the document; the day is that of the version without it.
    Withdrawn,
}

impl NoticeKind {
    /// Every kind; the place in this list is what the store keeps.
    pub const ALL: [Self; 3] = [Self::Opened, Self::Ending, Self::Withdrawn];

    /// Its stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Opened => "right-opened",
            Self::Ending => "right-ending",
            Self::Withdrawn => "right-withdrawn",
        }
    }
}

/// How many days before its last one a right is told to be about to end.
pub const DAYS_BEFORE_THE_END: i32 = 14;

/// What follows for the producers' notices from one change of a right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldOfChange {
    /// What is to be told.
    pub notices: Vec<Notice>,
    /// Whether what was told of the end before holds no more.
    pub end_moved: bool,
}

/// What the holder of a changed right is to be told. The organiser's own units are told nothing: their
/// organisation made the change. Nothing is told of a right that was over when it was written down.
///
/// Source: RUR-5; own-choices.
#[must_use]
pub fn told_of(change: &RightChange, today: FinnishDay) -> ToldOfChange {
    let of = |right: &RegisterUseRight, kind, day, told_from| Notice {
        kind,
        holder: right.holder.clone(),
        relationship: right.relationship.clone(),
        service_task: right.branch.service_task().map(Arc::from),
        services: right.services.clone(),
        day,
        told_from,
    };
    let nothing = ToldOfChange { notices: Vec::new(), end_moved: false };
    let over = |right: &RegisterUseRight| right.validity.last.is_some_and(|last| last < today);
    match (&change.before, &change.after) {
        (_, Some(after)) if after.side == Side::Organiser => nothing,
        (None, Some(after)) if over(after) => nothing,
        (before, Some(after)) => {
            let first = after.validity.first;
            let opened = before.is_none().then(|| of(after, NoticeKind::Opened, first, today));
            let earlier = before.as_ref().map(|right| right.validity.last);
            let end_moved = earlier.is_some_and(|earlier| earlier != after.validity.last);
            let ending = after.validity.last.filter(|_| earlier.is_none() || end_moved);
            let ending = ending.map(|last| {
                let told_from = last.plus_days(-DAYS_BEFORE_THE_END).max(today);
                of(after, NoticeKind::Ending, last, told_from)
            });
            ToldOfChange { notices: opened.into_iter().chain(ending).collect(), end_moved }
        }
        (Some(before), None) if before.side != Side::Organiser && !over(before) => {
            let withdrawn = of(before, NoticeKind::Withdrawn, today, today);
            ToldOfChange { notices: vec![withdrawn], end_moved: true }
        }
        (_, None) => nothing,
    }
}
