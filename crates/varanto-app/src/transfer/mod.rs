//! A controller's whole register out of an archive, as a package that is checked without it, taken into another archive, and
//! held against one (OPS-3).

mod beside;
mod checking;
mod compare;
mod export;
mod files;
mod kept;
mod reading;
mod replay;
mod restate;
mod take_in;
mod told;

use std::path::PathBuf;

use varanto_domain::archive::documents::Part;
use varanto_domain::archive::transfer::TransferReason;
use varanto_domain::ids::Oid;

use crate::{AppError, StoreError};

pub use compare::{Compared, Kind, RegisterComparison};
pub use export::{ExportPlan, ExportedRegister, TransferStep};
pub(crate) use reading::{ReadPackage, Reader, walk};
pub use take_in::{TakeInPlan, TakeInStep, TakenRegister};

/// The largest file of a package: what is written is what is read.
const LARGEST: u64 = 1 << 30;

/// Whose register goes, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferRequest {
    /// The controller.
    pub controller: Oid,
    /// Why.
    pub reason: TransferReason,
    /// What the controller's own papers call it: their reference, which stands in the log.
    pub reference: String,
}

impl TransferRequest {
    /// What the lines of the log say of what is done.
    fn words(&self, what: &str) -> String {
        let Self { controller, reason, reference } = self;
        format!("{what} controller={controller} why={} reference={reference}", reason.code())
    }
}

/// Why a register was not taken out, or in.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// What the archive answers.
    #[error(transparent)]
    App(#[from] AppError),
    /// A file that cannot be read or written.
    #[error("{}: {why}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// A package of another controller's register.
    #[error("the package is of the register of {0}")]
    OtherRegister(String),
    /// Something is there already, and is not written over.
    #[error("{} is there already; nothing was written over it", .0.display())]
    Taken(PathBuf),
}

impl TransferError {
    /// Its stable name in the line that ends an export.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::App(_) => "archive",
            Self::File { .. } => "disk",
            Self::OtherRegister(_) => "other-register",
            Self::Taken(_) => "taken",
        }
    }
}

impl From<StoreError> for TransferError {
    fn from(error: StoreError) -> Self {
        Self::App(error.into())
    }
}

/// The name of a part's file.
pub(crate) fn file_of(part: Part) -> String {
    let suffix = match part {
        Part::Structured => "json",
        Part::View => "xhtml",
        Part::Pdf => "pdf",
        Part::National | Part::Frame => "xml",
        Part::Signature => "jws",
    };
    format!("{}.{suffix}", part.name())
}
