//! Who does the work in the background, where several programs have the store open: one of them at a time.

use crate::engine::{Database, Session};
use crate::{Store, StoreError};

/// A connection by which the lead in the work in the background is taken and held. The lead is lost when the program ends,
/// or this connection does; then another may have it.
pub struct Lead {
    /// None: the database is a file, so nobody else can have it open.
    session: Option<Session>,
}

impl Store {
    /// Connects to ask for the lead.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] while the database cannot be asked.
    pub fn ask_for_lead(&self) -> Result<Lead, StoreError> {
        let Database::Server(address) = self.database() else { return Ok(Lead { session: None }) };
        Ok(Lead { session: Some(Session::open_leading(address)?) })
    }
}

impl Lead {
    /// Takes the lead, when nobody has it.
    ///
    /// # Errors
    /// As [`Store::ask_for_lead`]; then the connection is of no more use.
    pub fn take(&self) -> Result<bool, StoreError> {
        self.session.as_ref().map_or(Ok(true), Session::take_lead)
    }

    /// Whether the lead that was taken is held still. Asks the database.
    #[must_use]
    pub fn lasts(&self) -> bool {
        self.session.as_ref().is_none_or(Session::answers)
    }
}

impl std::fmt::Debug for Lead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.session.is_some() { "Lead(shared)" } else { "Lead(alone)" })
    }
}
