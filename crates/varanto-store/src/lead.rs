//! Who does the work in the background, where several programs have the store open: one of them at a time.

use crate::engine::{Database, Session};
use crate::{Store, StoreError};

/// The lead in the work in the background. It is lost when the program ends, or its connection to the database does; then
/// another may have it.
pub struct Lead {
    /// None: the database is a file, so nobody else can have it open.
    session: Option<Session>,
}

impl Store {
    /// Takes the lead, when nobody has it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] while the database cannot be asked.
    pub fn try_to_lead(&self) -> Result<Option<Lead>, StoreError> {
        let Database::Server(address) = self.database() else {
            return Ok(Some(Lead { session: None }));
        };
        Ok(Session::open_leading(address)?.map(|session| Lead { session: Some(session) }))
    }
}

impl Lead {
    /// Whether nobody else can have the lead. Asks the database.
    #[must_use]
    pub fn lasts(&self) -> bool {
        self.session.as_ref().is_none_or(|session| session.has_table("store_fact").is_ok())
    }
}

impl std::fmt::Debug for Lead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.session.is_some() { "Lead(shared)" } else { "Lead(alone)" })
    }
}
