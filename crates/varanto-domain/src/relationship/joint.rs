//! Who is in a joint case, and when.

use crate::ids::ClientKey;
use crate::time::Instant;

/// A client's time in a case (asiaan liittymishetki, asiasta poistumishetki). A client who leaves and joins
/// again has several.
///
/// Source: REL-4; national-specs 4, annex A.2 rows 8 and 9.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InCase {
    /// The client.
    pub client: ClientKey,
    /// Since when; `None` where the document does not say, as in a case that is not joint.
    pub joined_at: Option<Instant>,
    /// Until when; the moment itself counts out.
    pub left_at: Option<Instant>,
}

impl InCase {
    /// Whether the client is in the case at a moment. Nobody is whose joining no document tells.
    ///
    /// Source: REL-4.
    #[must_use]
    pub fn lasts_at(&self, at: Instant) -> bool {
        self.joined_at.is_some_and(|joined| joined <= at)
            && self.left_at.is_none_or(|left| at < left)
    }
}
