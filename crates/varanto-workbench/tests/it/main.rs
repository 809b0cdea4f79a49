//! The workbench on dirty deliveries, from end to end.

mod archive;
mod proposal;
mod rehearsal;
mod run;
mod world;
