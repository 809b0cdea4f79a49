//! Documents, their versions and metadata, what they hang on, and how their integrity is proven.

pub mod conformance;
pub mod corrections;
pub mod destruction;
pub mod documents;
pub mod elements;
pub mod key_documents;
pub mod metadata;
pub mod monitoring;
pub mod parties;
pub mod proof;
pub mod receipt;
pub mod references;
pub mod register_documents;
pub mod retention;
pub mod signatures;
pub mod transfer;
pub mod view_agreement;
