//! The organiser's work on relationships and cases: each operation writes a document version, and
//! archives it by the one road that all documents take (REL-1 to REL-4, REL-8 to REL-12, RUR-1 to RUR-8).

mod act;
mod choices;
pub(crate) mod compose;
pub(crate) mod notices;
mod open;
pub(crate) mod served_clients;
mod show_case;
mod show_relationship;
mod show_workers;
mod unfinished;

pub use choices::{ChoiceEnd, ChoiceMade, ChoiceSeen, ChoicesMade};
pub use compose::{How, Preview, Written};
pub use notices::{NoticePage, NoticeQuery, ToldNotice};
pub use served_clients::{ServedClient, ServedClients};
pub use show_case::CaseState;
pub use show_relationship::{CaseBrief, RelationshipState};
pub use show_workers::WorkersShown;
