//! Oversight: reading the use log, and what in it strikes the eye.

mod break_glass;
mod hint_at_looks;
mod identities;
mod own_log;
mod review_log;
mod reviewer;

pub use break_glass::{OpenedUp, OpeningPage, OpeningQuery, OpeningRequest, QueuedOpening};
pub(crate) use break_glass::{StatedLook, queue_looks, stated_look};

pub use hint_at_looks::{FoundHints, HintQuery, ToldHint};
pub use identities::{IdentityAnswer, IdentityRequest};
pub use own_log::{OwnLog, OwnLogQuery};
pub use review_log::{LogPage, LogQuery, ReviewedLine};
