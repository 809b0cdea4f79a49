//! What clients permit and refuse: reading it, and recording it as the next version of its document. And what the
//! controller hands over on requests from outside.

mod current_will;
mod hand_over;
mod package;
pub(crate) mod record_will;

pub use current_will::{CurrentPermission, CurrentRefusals, TheWill};
pub use hand_over::{MOST_DOCUMENTS, PlannedDocument, PlannedPackage};
pub use package::{Extent, Package, PackageWords};
pub use record_will::Recorded;
