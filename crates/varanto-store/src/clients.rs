//! Which client an identifier names.

use rusqlite::params;
use varanto_domain::ids::{ClientIdentifier, ClientKey, TemporaryIdentifier};

use crate::{ReadTx, StoreError, WriteTx};

/// Bytes of the keyed digest kept: enough that no two of a nation's codes meet.
const LOOKUP_BYTES: usize = 16;

fn lookup_text(identifier: &ClientIdentifier) -> String {
    match identifier {
        ClientIdentifier::Code(code) => format!("code {}", code.reveal()),
        ClientIdentifier::Temporary(temporary) => temporary_text(temporary),
    }
}

fn temporary_text(temporary: &TemporaryIdentifier) -> String {
    format!("temporary {} {}", temporary.root(), temporary.reveal())
}

impl ReadTx<'_> {
    /// The client whom an identifier names, if anything was ever archived about that client.
    pub fn find_client(
        &self,
        identifier: &ClientIdentifier,
    ) -> Result<Option<ClientKey>, StoreError> {
        const SQL: &str = "SELECT client_key FROM client_identifier WHERE lookup = ?1";
        let lookup = self.keys().lookup_hash(&lookup_text(identifier));
        self.optional(SQL, [&lookup[..LOOKUP_BYTES]], |row| row.get(0).map(ClientKey))
    }
}

impl WriteTx<'_> {
    /// Makes a client known under an identifier, with a data key of its own.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the identifier names a client already.
    pub fn insert_client(
        &mut self,
        identifier: &ClientIdentifier,
    ) -> Result<ClientKey, StoreError> {
        const SQL: &str = "INSERT INTO client_identifier (lookup, client_key) VALUES (?1, ?2)";
        let client = ClientKey(self.next_key());
        let lookup = self.keys().lookup_hash(&lookup_text(identifier));
        self.execute(SQL, params![&lookup[..LOOKUP_BYTES], client.0])?;
        self.make_client_key(client)?;
        Ok(client)
    }
}
