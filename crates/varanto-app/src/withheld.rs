//! What may be shown only once its log line is on disk (design D2).

use varanto_store::{Durable, LineEvidence};

/// Content read on a snapshot, not yet shown to anybody.
///
/// There is no way to it but [`Withheld::release`], which asks for a durable log line.
pub(crate) struct Withheld<T>(T);

impl<T> Withheld<T> {
    /// Withholds a value.
    pub(crate) fn new(value: T) -> Self {
        Self(value)
    }

    /// Releases the value against the line that tells of the look.
    pub(crate) fn release(self, _line: &Durable<LineEvidence>) -> T {
        self.0
    }
}
