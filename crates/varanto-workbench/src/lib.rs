//! The migration workbench: old client data from delivery to archive.
//!
//! The workbench stands outside the archive. It reads a delivery, makes documents of it by the mapping file, checks
//! them as archiving would, and hands them in at the door like any client-information system. What it knows between
//! two runs is in one work file.
//!
//! Source: OLD-1 to OLD-10; document 002 of the sources.

pub mod addition;
pub mod answers;
mod comparison;
pub mod conversion;
pub mod delivery;
pub mod deployment_test;
pub mod documents;
pub mod door;
pub mod dossiers;
pub mod identifiers;
pub mod kind;
pub mod mapping;
pub mod plan;
pub mod proposal;
pub mod queue;
mod reading;
mod reading_back;
pub mod reconciliation;
pub mod rehearsal;
pub mod relationships;
pub mod report;
mod room;
pub mod run;
pub mod showing;
pub mod undo;
pub mod whose;
pub mod work;
