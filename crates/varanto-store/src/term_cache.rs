//! Terms that are known to be on disk, in memory: most rows name a dozen of them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// How many terms are kept; beyond it the database is asked. National codes, units and systems are
/// some tens of thousands.
const MOST: usize = 200_000;

/// The terms, by text and by number.
#[derive(Default)]
pub(crate) struct TermCache {
    both: RwLock<BothWays>,
}

type BothWays = (HashMap<Arc<str>, i64>, HashMap<i64, Arc<str>>);

impl TermCache {
    pub(crate) fn number(&self, text: &str) -> Option<i64> {
        self.both.read().unwrap_or_else(PoisonError::into_inner).0.get(text).copied()
    }

    pub(crate) fn text(&self, number: i64) -> Option<Arc<str>> {
        self.both.read().unwrap_or_else(PoisonError::into_inner).1.get(&number).cloned()
    }

    pub(crate) fn forget(&self) {
        *self.both.write().unwrap_or_else(PoisonError::into_inner) = BothWays::default();
    }

    /// Keeps a term that is known to be on disk.
    pub(crate) fn keep(&self, number: i64, text: &Arc<str>) {
        let mut both = self.both.write().unwrap_or_else(PoisonError::into_inner);
        if both.1.len() < MOST {
            both.0.insert(Arc::clone(text), number);
            both.1.insert(number, Arc::clone(text));
        }
    }
}
