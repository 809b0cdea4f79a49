//! Making derived rows anew from the documents that they follow from.

use std::collections::HashSet;

use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::archive::references::{KnownCase, KnownRelationship};
use varanto_domain::disclosure::{PermissionSaid, RefusalEntry, is_will};
use varanto_domain::ids::{PersonalIdentityCode, VersionKey};
use varanto_domain::relationship::RegisterUseRight;

use crate::documents::VersionRow;
use crate::{ReadTx, StoreError, WriteTx};

/// A relationship or case document in force, or a document of a client's will. It goes to the caller's reading function and no further.
pub struct RegisterDocument {
    /// Its row.
    pub row: VersionRow,
    /// Its metadata.
    pub record: Vec<u8>,
    /// The parts of its content.
    pub parts: Vec<Vec<u8>>,
}

/// What follows from such a document.
pub enum DerivedRows {
    /// A relationship and its rights.
    Relationship(KnownRelationship, Vec<RegisterUseRight>),
    /// A case.
    Case(KnownCase),
    /// What is refused.
    Refusals(Vec<RefusalEntry>),
    /// What is permitted.
    Permission(PermissionSaid),
}

/// Reads what follows from a document, and its client's identity code; `None`: it does not read.
pub type Derive<'d, E> =
    dyn FnMut(&ReadTx<'_>, &RegisterDocument) -> Result<Option<Derived>, E> + 'd;

/// What follows from a document, and its client's identity code where there is one.
pub type Derived = (DerivedRows, Option<PersonalIdentityCode>);

/// How much was made anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reindexed {
    /// Relationships.
    pub relationships: u64,
    /// Rights.
    pub rights: u64,
    /// Cases.
    pub cases: u64,
    /// Versions of documents of clients' will.
    pub wills: u64,
    /// Delegations, of the lines of the use log that tell of them.
    pub delegations: u64,
    /// Documents of clients whose key was destroyed: their rows stay as they are.
    pub erased: u64,
    /// Documents that do not read; their rows stay as they are.
    pub unread: u64,
}

impl ReadTx<'_> {
    /// Hands a document in force to a reading function: what follows from it is made anew of it. `None` when
    /// its client's key was destroyed.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it does not open.
    pub fn read_register_document<T>(
        &self,
        version: VersionKey,
        read: impl FnOnce(&RegisterDocument) -> T,
    ) -> Result<Option<T>, StoreError> {
        let row = self.version_of_key(version)?;
        if self.client_data_key(row.client)?.is_none() && self.is_erased(row.client)? {
            return Ok(None);
        }
        let record = self.open_record(&row)?;
        let parts = self.content_of(row.version, row.client, &row.parts)?;
        Ok(Some(read(&RegisterDocument { row, record, parts })))
    }

    /// Hands the documents in force of a relationship's cases to a reading function, oldest first.
    ///
    /// # Errors
    /// As [`ReadTx::read_register_document`].
    pub fn read_case_documents(
        &self,
        relationship_key: i64,
        mut read: impl FnMut(&RegisterDocument),
    ) -> Result<(), StoreError> {
        const SQL: &str = "SELECT version_key FROM document_version
            INDEXED BY case_document_by_relationship
            WHERE relationship_key = ?1 AND document_group = 1 AND state = 0 ORDER BY version_key";
        for version in self.all(SQL, [relationship_key], |row| row.get(0))? {
            self.read_register_document(VersionKey(version), &mut read)?;
        }
        Ok(())
    }
}

impl WriteTx<'_> {
    /// Makes the rows of relationships, rights, cases and wills anew, those of delegations and joins of the log, and the
    /// counts. Rows that no document in force stands behind go. Clients whom nothing told yet that the population register is to be asked
    /// about are noted.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a document does not open, or what `derive` answers: nothing has
    /// changed then.
    pub fn reindex<E: From<StoreError>>(
        &mut self,
        derive: &mut Derive<'_, E>,
    ) -> Result<Reindexed, E> {
        let mut done = Reindexed::default();
        let relationships = self.rebuild(DocumentGroup::Relationship, derive, &mut done)?;
        self.drop_relationships(&relationships)?;
        let cases = self.rebuild(DocumentGroup::Case, derive, &mut done)?;
        self.drop_cases(&cases)?;
        self.rebuild(DocumentGroup::Permission, derive, &mut done)?;
        self.rebuild(DocumentGroup::Refusal, derive, &mut done)?;
        self.drop_stray_wills()?;
        done.delegations = self.rebuild_delegations()?;
        self.rebuild_counts()?;
        self.rebuild_identity_joins()?;
        Ok(done)
    }

    /// Rebuilds the rows of one group; answers the keys that documents in force stand behind. Documents of
    /// the will have rows for every version, the others for the one in force.
    fn rebuild<E: From<StoreError>>(
        &mut self,
        group: DocumentGroup,
        derive: &mut Derive<'_, E>,
        done: &mut Reindexed,
    ) -> Result<HashSet<i64>, E> {
        const NEXT: &str = "SELECT version_key FROM document_version WHERE version_key > ?1
            AND document_group = ?2 AND state <= ?3 ORDER BY version_key LIMIT 512";
        let (mut last, mut keys) = (i64::MIN, HashSet::new());
        let oldest_state = if is_will(group) { 2 } else { 0 };
        loop {
            let page: Vec<i64> =
                self.all(NEXT, [last, group as i64, oldest_state], |row| row.get(0))?;
            let Some(newest) = page.last() else { return Ok(keys) };
            last = *newest;
            for version in page {
                let row = self.version_of_key(VersionKey(version))?;
                let of_case = group == DocumentGroup::Case;
                keys.extend(if of_case { row.case_key } else { row.relationship_key });
                let read = |document: &RegisterDocument| derive(self, document);
                match self.read_register_document(row.version, read)?.transpose()? {
                    Some(Some((rows, code))) => {
                        self.keep_derived(&row, rows, done)?;
                        if let Some(code) = code {
                            self.insert_person(row.client, code)?;
                        }
                    }
                    Some(None) => done.unread += 1,
                    None => done.erased += 1,
                }
            }
        }
    }

    fn keep_derived(
        &mut self,
        row: &VersionRow,
        rows: DerivedRows,
        done: &mut Reindexed,
    ) -> Result<(), StoreError> {
        match (rows, row.relationship_key, row.case_key) {
            (DerivedRows::Relationship(known, rights), Some(key), _) => {
                self.execute("DELETE FROM relationship WHERE relationship_key = ?1", [key])?;
                self.upsert_relationship(Some(key), &known, row.version)?;
                self.replace_rights(key, row.client, &rights)?;
                done.relationships += 1;
                done.rights += rights.len() as u64;
            }
            (DerivedRows::Case(known), Some(relationship), Some(key)) => {
                self.execute("DELETE FROM client_case WHERE case_key = ?1", [key])?;
                self.upsert_case(Some(key), relationship, &known, row.version)?;
                done.cases += 1;
            }
            (DerivedRows::Refusals(entries), ..) => {
                self.keep_refusals(row.client, row.version, &entries)?;
                done.wills += 1;
            }
            (DerivedRows::Permission(said), ..) => {
                self.keep_permission(row.client, row.version, &said)?;
                done.wills += 1;
            }
            _ => done.unread += 1,
        }
        Ok(())
    }

    /// Drops the relationships that no document stands behind, and every right of such a one.
    fn drop_relationships(&mut self, kept: &HashSet<i64>) -> Result<(), StoreError> {
        const KEYS: &str = "SELECT relationship_key FROM relationship
            UNION SELECT relationship_key FROM register_use_right
            UNION SELECT relationship_key FROM right_suspension";
        for key in self.all(KEYS, [], |row| row.get::<i64>(0))? {
            if !kept.contains(&key) {
                self.execute("DELETE FROM relationship WHERE relationship_key = ?1", [key])?;
                self.execute("DELETE FROM register_use_right WHERE relationship_key = ?1", [key])?;
                self.execute("DELETE FROM right_suspension WHERE relationship_key = ?1", [key])?;
            }
        }
        Ok(())
    }

    fn drop_cases(&mut self, kept: &HashSet<i64>) -> Result<(), StoreError> {
        const KEYS: &str =
            "SELECT case_key FROM client_case UNION SELECT case_key FROM case_client";
        for key in self.all(KEYS, [], |row| row.get::<i64>(0))? {
            if !kept.contains(&key) {
                self.execute("DELETE FROM client_case WHERE case_key = ?1", [key])?;
                self.execute("DELETE FROM case_client WHERE case_key = ?1", [key])?;
            }
        }
        Ok(())
    }
}
