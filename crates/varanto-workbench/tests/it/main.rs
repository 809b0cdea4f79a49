//! The workbench on dirty deliveries, from end to end.

mod rehearsal;
mod world;
