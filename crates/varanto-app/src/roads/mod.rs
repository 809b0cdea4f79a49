//! The short road and the long road: on which one each controller is, and the move between them (REL-7).

mod move_relationships;
mod step;

pub use move_relationships::{Move, MoveReport, MoveSummary, Told};
pub use step::RoadTold;
pub(crate) use step::roads_in_log;
