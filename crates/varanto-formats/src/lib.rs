//! The script: bytes to domain values and back.
//!
//! Parsers and printers for everything that crosses the archive's wall. No I/O, no rule of the law:
//! what a value may be is the domain's to say, how it is spelt is said here.

pub mod acts;
pub mod certificates;
pub mod checkpoints;
pub mod code_sets;
pub mod content;
pub mod drafts;
pub mod form;
pub mod handing_over;
pub mod json_fault;
pub mod log_search;
pub mod mandates;
mod members;
pub mod metadata;
pub mod multipart;
pub mod national;
pub mod national_schema;
pub mod package;
pub mod pdf;
pub mod persons;
pub mod query;
pub mod receipts;
pub mod register_package;
pub mod registers;
pub mod render;
pub mod retention;
pub mod search;
pub mod sheet;
pub mod signature;
pub mod statements;
pub mod structure_notes;
pub mod summary_search;
pub mod synthetic;
pub mod users;
pub mod view;
pub mod will;
pub mod xhtml;
mod xml;
pub mod zip;

/// The largest part that the archive takes as content, in bytes, whatever its configuration lets in.
pub const LARGEST_PART: usize = 50_000_000;
