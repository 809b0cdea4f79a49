//! The workbench on dirty deliveries, from end to end.

mod archive;
mod cases_and_clients;
mod deployment;
mod desk;
mod looking_back;
mod misread;
mod proposal;
mod queue;
mod queued_rows;
mod rehearsal;
mod relationships;
mod run;
mod scans;
mod settled;
mod source;
mod undoing;
mod world;
