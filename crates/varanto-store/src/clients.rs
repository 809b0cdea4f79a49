//! Which client an identifier names.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use varanto_domain::ids::{ClientIdentifier, ClientKey, PersonalIdentityCode, TemporaryIdentifier};

use crate::engine::params;
use crate::keys::Keys;
use crate::{ReadTx, StoreError, WriteTx};

/// Bytes of the keyed digest kept: enough that no two of a nation's codes meet.
const LOOKUP_BYTES: usize = 16;

/// How many clients are kept in memory by their identifiers; beyond it the database is asked.
const CLIENTS_KEPT: usize = 200_000;

/// Under what a client is found.
type Lookup = [u8; LOOKUP_BYTES];

/// Clients that are known to be on disk, in memory. What an identifier names never changes.
#[derive(Default)]
pub(crate) struct ClientCache(RwLock<HashMap<Lookup, ClientKey>>);

impl ClientCache {
    pub(crate) fn find(&self, lookup: &Lookup) -> Option<ClientKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(lookup).copied()
    }

    pub(crate) fn forget(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn keep(&self, lookup: Lookup, client: ClientKey) {
        let mut clients = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if clients.len() < CLIENTS_KEPT {
            clients.insert(lookup, client);
        }
    }
}

impl Keys {
    /// Under what a client is found by this identifier.
    pub(crate) fn lookup(&self, identifier: &ClientIdentifier) -> Lookup {
        let hash = self.lookup_hash(&lookup_text(identifier));
        *hash.first_chunk().expect("a digest is longer than a lookup")
    }
}

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
        let lookup = self.keys().lookup(identifier);
        if let Some(client) = self.clients().find(&lookup) {
            return Ok(Some(client));
        }
        let found = self.optional(SQL, [&lookup[..]], |row| row.get(0).map(ClientKey))?;
        if let (Some(client), true) = (found, self.is_durable()) {
            self.clients().keep(lookup, client);
        }
        Ok(found)
    }

    /// Who a citizen is to the archive: the client, or where nothing was ever archived about that client, a number that
    /// names nobody else. It is made of the identity code under a key of the store and kept nowhere; keys of clients
    /// are positive, these numbers are not.
    ///
    /// Source: CIT-1; design D8.
    pub fn key_of_citizen(&self, code: PersonalIdentityCode) -> Result<ClientKey, StoreError> {
        match self.find_client(&ClientIdentifier::Code(code))? {
            Some(client) => Ok(client),
            None => Ok(self.number_of_citizen(code)),
        }
    }

    /// The number that names a citizen alone, client or not: it stays the same when the citizen becomes one. Made and kept as
    /// [`ReadTx::key_of_citizen`] says.
    #[must_use]
    pub fn number_of_citizen(&self, code: PersonalIdentityCode) -> ClientKey {
        let hash = self.keys().lookup_hash(&format!("citizen {}", code.reveal()));
        let number = hash.first_chunk().expect("a digest is longer than a number");
        ClientKey(i64::from_le_bytes(*number) | i64::MIN)
    }
}

impl WriteTx<'_> {
    /// Makes a client known under an identifier, with a data key of its own. Of one with an identity
    /// code the population register is to be asked.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the identifier names a client already.
    pub fn insert_client(
        &mut self,
        identifier: &ClientIdentifier,
    ) -> Result<ClientKey, StoreError> {
        const SQL: &str = "INSERT INTO client_identifier (lookup, client_key) VALUES (?1, ?2)";
        let client = ClientKey(self.next_key());
        let lookup = self.keys().lookup(identifier);
        self.execute(SQL, params![&lookup[..], client.0])?;
        self.make_client_key(client)?;
        if let ClientIdentifier::Code(code) = identifier {
            self.insert_person(client, *code)?;
        }
        Ok(client)
    }
}
