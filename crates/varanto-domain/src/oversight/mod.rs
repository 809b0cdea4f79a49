//! Oversight: what is seen of the use log, by whom, and what in it strikes the eye.
//!
//! * [`lines`]: which lines are a controller's business, and what of them;
//! * [`hints`]: what a reviewer should look at twice, and why;
//! * [`own_view`]: what a client is shown of the looks at their own documents;
//! * [`openings`]: break-glass, and the judgement of it.

pub mod hints;
pub mod lines;
pub mod openings;
pub mod own_view;
