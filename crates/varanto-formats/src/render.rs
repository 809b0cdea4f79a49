//! Documents for print and disclosure: tagged PDF/A-2a, accessible (PDF/UA-1), made of a structured
//! document's content or of a view.
//!
//! What is made holds real text in the order of reading, headings, lists and tables as such, the
//! language, a title and bookmarks; every page names the document and its client, its number, and
//! where the archive keeps it. The writer's own checks are on: a file that breaks PDF/A-2a or PDF/UA-1
//! is not given out. The same document gives the same bytes.
//!
//! A print is made anew from what is archived and is no original: the archive keeps none.
//!
//! Source: ARC-1; national-specs 1.3 and 1.4.

mod blocks;
mod fonts;
mod from_structure;
mod from_view;
mod layout;
mod table;
mod writing;

use varanto_domain::faults::{Fault, FaultKind};
use varanto_domain::structures::{Content, Structure};
use varanto_domain::time::{FinnishDay, Instant};

use crate::view::ViewLanguage;

/// What stands around a printed document's content.
#[derive(Debug, Clone)]
pub struct Cover<'a> {
    /// The document's name, where the content has no title of its own.
    pub title: &'a str,
    /// The general document type, such as `Suunnitelma`.
    pub document_type: &'a str,
    /// The organisation's name.
    pub organisation: &'a str,
    /// The client's name, as it stands on every page; empty leaves the place empty.
    pub client: &'a str,
    /// The day the document was written.
    pub written_on: Option<FinnishDay>,
    /// What the foot of every page says of the archive's copy: identifier, version, time.
    pub archived: &'a str,
    /// When the document was archived: the file's own time.
    pub archived_at: Instant,
    /// The language of labels and of the file.
    pub language: ViewLanguage,
}

/// The most pages that a print has.
pub const MAX_PAGES: usize = 5_000;

/// Prints a structured document: the rows of its structure that have content, in its order.
///
/// # Errors
/// A fault when the document is too long to print, or holds what no PDF/A file can.
pub fn structured(
    structure: &Structure,
    content: &Content<'_>,
    cover: &Cover<'_>,
) -> Result<Vec<u8>, Fault> {
    let paper = from_structure::paper(structure, content, cover.language);
    writing::write(&paper, cover, "structured:")
}

/// Prints a view: its text, tables and pictures, from the tree that the gate has read.
///
/// # Errors
/// The fault for which the view cannot be read, and as [`structured`].
pub fn view(bytes: &[u8], cover: &Cover<'_>) -> Result<Vec<u8>, Fault> {
    let paper = from_view::paper(bytes)?;
    writing::write(&paper, cover, "view:")
}

fn unprintable(element: &str, reason: &str) -> Fault {
    Fault::new(FaultKind::Unprintable, element, "ARC-1").arg("reason", reason)
}

#[cfg(test)]
mod tests;
