//! Archiving, finding, reading, invalidating and proving documents.

mod archive_document;
mod check;
mod check_part;
mod client_summary;
mod corrections;
pub(crate) mod examine;
mod explain_access;
mod find_documents;
mod invalidate_by_message;
mod invalidate_document;
pub(crate) mod joint_cases;
mod looked_at;
pub(crate) mod make_view;
pub(crate) mod next_version;
mod open_document;
pub(crate) mod parcel;
mod pdf_file;
mod prove_document;
pub(crate) mod record;
mod references;
mod restrict_showing;
pub(crate) mod retention;
pub(crate) mod show_document;
mod shown_after;
mod signatures;
pub(crate) mod system_signature;
mod take_message;
pub(crate) mod whereabouts;

pub use archive_document::{Archived, Submission};
pub use check::{CheckOptions, Checked, check_message, check_submission};
pub use check_part::check_part;
pub use client_summary::{
    ClientSummary, SummaryCase, SummaryDocument, SummaryItem, SummaryQuery, SummaryRelationship,
};
pub use corrections::{Answered, Correction, CorrectionSeen, Corrections, MOST_WORDS};
pub use explain_access::{AccessList, AccessQuestion, Explained, Onlooker, WhoLooks};
pub use find_documents::{DocumentQuery, FoundDocuments};
pub use invalidate_document::{
    Afterwards, InvalidationDone, InvalidationRequest, InvalidationTold, Stands,
};
pub use looked_at::LookedAt;
pub(crate) use open_document::Seen;
pub use open_document::{DocumentView, OpenedContent, OpenedWhole, VersionList};
pub use pdf_file::{PdfOpinion, PdfRules, PdfValidator};
pub use prove_document::{DocumentProof, ProvedContent, SignatureMaterial};
pub use restrict_showing::{Restricted, Showing, ShowingAsked};
pub use shown_after::ShownAfter;
pub use signatures::SignatureTrust;
pub use system_signature::{SystemKey, SystemKeys};
pub use take_message::{Sent, Taken, TakenMessage};
