//! The short road and the long road: on which one each controller is, and the move between them (REL-7).

mod step;

pub use step::RoadTold;
pub(crate) use step::roads_in_log;
