//! What clients permit and refuse: reading it, and recording it as the next version of its document.

mod current_will;
mod record_will;

pub use current_will::{CurrentPermission, CurrentRefusals};
pub use record_will::Recorded;
