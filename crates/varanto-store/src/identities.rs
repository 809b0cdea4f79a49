//! Which temporary identifiers are joined to which identity codes: rows that follow from lines of the use log.

use std::collections::BTreeSet;

use varanto_domain::access::log::{Event, KeptLine};
use varanto_domain::identities::{IdentityJoin, joins_of};
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::time::Instant;

use crate::engine::{Row, params};
use crate::{ReadTx, StoreError, WriteTx};

fn join_of(row: &Row<'_>) -> Result<IdentityJoin, StoreError> {
    let parted: (Option<i64>, Option<i64>) = (row.get(4)?, row.get(5)?);
    Ok(IdentityJoin {
        line: row.get(0)?,
        temporary: ClientKey(row.get(1)?),
        person: ClientKey(row.get(2)?),
        joined_at: Instant::from_millis(row.get(3)?),
        parted: parted.0.zip(parted.1.map(Instant::from_millis)),
    })
}

impl ReadTx<'_> {
    /// The join of a temporary identifier's client that holds.
    pub fn find_identity_join(
        &self,
        temporary: ClientKey,
    ) -> Result<Option<IdentityJoin>, StoreError> {
        const SQL: &str =
            "SELECT line, temporary_key, person_key, joined_at, parted_line, parted_at
            FROM identity_join WHERE temporary_key = ?1 AND parted_line IS NULL";
        self.optional(SQL, [temporary.0], join_of)
    }

    /// Every key of the person whom a key names: first that of the identity code, then those of the temporary
    /// identifiers that are joined to it, oldest first. A client of whom nothing is joined has the one.
    ///
    /// Source: ARC-11.
    pub fn identities_of(&self, client: ClientKey) -> Result<Vec<ClientKey>, StoreError> {
        const SQL: &str = "SELECT person_key, temporary_key FROM identity_join
            WHERE parted_line IS NULL AND (temporary_key = ?1 OR person_key = ?1)";
        let of_person = |key: ClientKey| -> Result<Vec<(i64, i64)>, StoreError> {
            self.all(SQL, [key.0], |row| Ok((row.get(0)?, row.get(1)?)))
        };
        let mut joins = of_person(client)?;
        let person = joins.first().map_or(client, |(person, _)| ClientKey(*person));
        if person != client {
            joins = of_person(person)?;
        }
        let mut keys: Vec<ClientKey> = joins.into_iter().map(|(_, key)| ClientKey(key)).collect();
        keys.sort_unstable();
        keys.insert(0, person);
        Ok(keys)
    }

    /// By which key a person is named whom a key names: the first of [`ReadTx::identities_of`].
    pub fn person_of(&self, client: ClientKey) -> Result<ClientKey, StoreError> {
        Ok(self.find_identity_join(client)?.map_or(client, |join| join.person))
    }

    /// How many documents in force a client has in a controller's register.
    pub fn count_documents(&self, client: ClientKey, controller: &Oid) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT count(*) FROM document_version INDEXED BY version_by_client
            WHERE client_key = ?1 AND controller = ?2 AND state = 0";
        let Some(term) = self.find_term(controller.as_str())? else { return Ok(0) };
        self.one(SQL, [client.0, term], |row| row.get::<i64>(0).map(i64::cast_unsigned))
    }

    pub(crate) fn identity_joins_kept(&self) -> Result<Vec<IdentityJoin>, StoreError> {
        const SQL: &str =
            "SELECT line, temporary_key, person_key, joined_at, parted_line, parted_at
            FROM identity_join ORDER BY line";
        self.all(SQL, [], join_of)
    }

    fn identity_joins_told(&self) -> Result<Vec<IdentityJoin>, StoreError> {
        const SQL: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail FROM use_log
            WHERE event = ?1 AND client_key IS NOT NULL ORDER BY line";
        let lines = self.all(SQL, [Event::Identity as i64], |row| Ok(self.kept_line(row)))?;
        let lines: Vec<KeptLine> = lines.into_iter().collect::<Result<_, _>>()?;
        Ok(joins_of(&lines))
    }

    /// Joins that are kept other than the log tells: the line of each, and what is wrong.
    pub(crate) fn wrong_identity_joins(&self) -> Result<Vec<(String, &'static str)>, StoreError> {
        let (kept, told) = (self.identity_joins_kept()?, self.identity_joins_told()?);
        let (keeps, tells): (BTreeSet<_>, BTreeSet<_>) =
            (kept.iter().collect(), told.iter().collect());
        let stray = kept.iter().filter(|one| !tells.contains(one));
        let stray =
            stray.map(|one| (format!("identity join {}", one.line), "no log line tells of it so"));
        let missing = told.iter().filter(|one| !keeps.contains(one));
        let missing =
            missing.map(|one| (format!("log line {}", one.line), "is in no row of identity joins"));
        Ok(stray.chain(missing).collect())
    }
}

impl WriteTx<'_> {
    /// Keeps that a temporary identifier was joined, as a line tells.
    pub fn insert_identity_join(&mut self, join: &IdentityJoin) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO identity_join
            (line, temporary_key, person_key, joined_at, parted_line, parted_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let (line, at) = join.parted.map(|(line, at)| (line, at.millis())).unzip();
        let (temporary, person) = (join.temporary.0, join.person.0);
        let params = params![join.line, temporary, person, join.joined_at.millis(), line, at];
        self.execute(SQL, params).map(drop)
    }

    /// Keeps that what a line joined was parted, as another line tells.
    pub fn part_identities(
        &mut self,
        joined: i64,
        line: i64,
        at: Instant,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE identity_join SET parted_line = ?2, parted_at = ?3
            WHERE line = ?1 AND parted_line IS NULL";
        self.execute(SQL, params![joined, line, at.millis()]).map(drop)
    }

    /// Makes the rows of joins anew from the log.
    pub(crate) fn rebuild_identity_joins(&mut self) -> Result<(), StoreError> {
        let told = self.identity_joins_told()?;
        self.execute("DELETE FROM identity_join", [])?;
        told.iter().try_for_each(|join| self.insert_identity_join(join))
    }
}
