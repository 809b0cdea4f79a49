//! Archiving, finding, reading, invalidating and proving documents.

mod archive_document;
mod examine;
mod find_documents;
mod invalidate_document;
mod open_document;
mod prove_document;
pub(crate) mod record;
mod references;

pub use archive_document::{Archived, Submission};
pub use find_documents::{DocumentQuery, FoundDocuments};
pub use invalidate_document::InvalidationRequest;
pub use open_document::{DocumentView, OpenedContent, VersionList};
pub use prove_document::DocumentProof;
