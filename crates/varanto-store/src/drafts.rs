//! Drafts: what people have begun to record and not archived.

use rusqlite::params;
use varanto_domain::access::ArchivePermit;
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::time::Instant;

use crate::content::Place;
use crate::keys::DataKey;
use crate::{ReadTx, Store, StoreError, WriteTx};

/// A draft, without what is written in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// Its key.
    pub key: i64,
    /// Whom it is about.
    pub client: ClientKey,
    /// The key of the case that it belongs to.
    pub case: i64,
    /// The structure that it is written on.
    pub structure: Oid,
    /// The identifier that its document will have.
    pub document: Oid,
    /// The language that it is written in.
    pub language: String,
    /// How often it was saved.
    pub edition: i64,
    /// When it was begun.
    pub begun_at: Instant,
    /// When it was saved last.
    pub saved_at: Instant,
}

/// A draft to be kept.
#[derive(Debug, Clone)]
pub struct NewDraft<'a> {
    /// Its key.
    pub key: i64,
    /// Whom it is about.
    pub client: ClientKey,
    /// The key of the case that it belongs to.
    pub case: i64,
    /// Who writes it.
    pub author: &'a str,
    /// The structure that it is written on.
    pub structure: &'a Oid,
    /// The identifier that its document will have.
    pub document: &'a Oid,
    /// The language that it is written in.
    pub language: &'a str,
}

/// What is written in a draft, compressed and encrypted on the caller's thread.
pub struct SealedDraft(Vec<u8>);

const DRAFT: &str = "draft";

impl Store {
    /// As [`Store::seal_content`], for what is written in a draft.
    pub fn seal_draft(
        &self,
        key: &DataKey,
        draft: i64,
        written: &[u8],
    ) -> Result<SealedDraft, StoreError> {
        let place = Place { what: DRAFT, key: draft };
        Ok(SealedDraft(self.seal_parts(0, key, place, &[written])?))
    }
}

impl ReadTx<'_> {
    /// The author's own draft of this key.
    pub fn find_draft(&self, author: &str, key: i64) -> Result<Option<DraftRow>, StoreError> {
        const SQL: &str =
            "SELECT draft_key, client_key, case_key, structure, edition, begun_at, saved_at,
            document, language
            FROM draft WHERE draft_key = ?1 AND author = ?2";
        let Some(author) = self.find_term(author)? else { return Ok(None) };
        Ok(self.drafts(SQL, [key, author])?.pop())
    }

    /// The author's drafts about a client, the last saved one first.
    pub fn list_drafts(
        &self,
        author: &str,
        client: ClientKey,
    ) -> Result<Vec<DraftRow>, StoreError> {
        const SQL: &str =
            "SELECT draft_key, client_key, case_key, structure, edition, begun_at, saved_at,
            document, language
            FROM draft WHERE author = ?1 AND client_key = ?2
            ORDER BY saved_at DESC, draft_key DESC";
        let Some(author) = self.find_term(author)? else { return Ok(Vec::new()) };
        self.drafts(SQL, [author, client.0])
    }

    /// How many drafts an author has.
    pub fn count_drafts(&self, author: &str) -> Result<i64, StoreError> {
        const SQL: &str = "SELECT count(*) FROM draft WHERE author = ?1";
        let Some(author) = self.find_term(author)? else { return Ok(0) };
        self.one(SQL, [author], |row| row.get(0))
    }

    /// What is written in a draft, for one who may archive what it will be. Nobody else than its author has its
    /// row.
    pub fn draft_written(
        &self,
        _permit: &ArchivePermit,
        draft: &DraftRow,
    ) -> Result<Vec<u8>, StoreError> {
        const SQL: &str = "SELECT sealed FROM draft WHERE draft_key = ?1";
        let sealed: Vec<u8> = self.one(SQL, [draft.key], |row| row.get(0))?;
        let key = self.data_key(draft.client)?;
        let place = Place { what: DRAFT, key: draft.key };
        let mut parts = self.open_parts(&key, place, &sealed)?;
        let damaged = || StoreError::Damaged(format!("draft {}", draft.key));
        parts.pop().filter(|_| parts.is_empty()).ok_or_else(damaged)
    }

    fn drafts(&self, sql: &'static str, of: [i64; 2]) -> Result<Vec<DraftRow>, StoreError> {
        type Raw = ([i64; 7], String, String);
        let raw: Vec<Raw> = self.all(sql, of, |row| {
            let mut numbers = [0; 7];
            for (at, number) in numbers.iter_mut().enumerate() {
                *number = row.get(at)?;
            }
            Ok((numbers, row.get(7)?, row.get(8)?))
        })?;
        raw.into_iter()
            .map(|(numbers, document, language)| {
                let [key, client, case, structure, edition, begun_at, saved_at] = numbers;
                let damaged = |_| StoreError::Damaged(format!("draft {key}"));
                Ok(DraftRow {
                    key,
                    client: ClientKey(client),
                    case,
                    structure: self.oid_term(structure)?,
                    document: Oid::parse(&document).map_err(damaged)?,
                    language,
                    edition,
                    begun_at: Instant::from_millis(begun_at),
                    saved_at: Instant::from_millis(saved_at),
                })
            })
            .collect()
    }
}

impl WriteTx<'_> {
    /// Keeps a new draft, in its first edition.
    pub fn insert_draft(
        &mut self,
        draft: &NewDraft<'_>,
        sealed: &SealedDraft,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO draft (draft_key, client_key, case_key, author, structure,
            document, language, edition, begun_at, saved_at, sealed)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?8, ?9)";
        let author = self.make_term(draft.author)?;
        let structure = self.make_term(draft.structure.as_str())?;
        let now = self.now().millis();
        self.execute(
            SQL,
            params![
                draft.key,
                draft.client.0,
                draft.case,
                author,
                structure,
                draft.document.as_str(),
                draft.language,
                now,
                sealed.0
            ],
        )?;
        Ok(())
    }

    /// Keeps the next edition of a draft, if the one seen last is the newest still; answers whether it is.
    pub fn update_draft(
        &mut self,
        key: i64,
        seen: i64,
        sealed: &SealedDraft,
    ) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE draft SET sealed = ?3, edition = edition + 1, saved_at = ?4
            WHERE draft_key = ?1 AND edition = ?2";
        let now = self.now().millis();
        Ok(self.execute(SQL, params![key, seen, sealed.0, now])? == 1)
    }

    /// Takes a draft away.
    pub fn delete_draft(&mut self, key: i64) -> Result<(), StoreError> {
        self.execute("DELETE FROM draft WHERE draft_key = ?1", [key])?;
        Ok(())
    }

    /// Takes away the drafts that nobody has saved since.
    pub fn delete_drafts_before(&mut self, since: Instant) -> Result<usize, StoreError> {
        self.execute("DELETE FROM draft WHERE saved_at < ?1", [since.millis()])
    }

    pub(crate) fn delete_drafts_of(&mut self, client: ClientKey) -> Result<(), StoreError> {
        self.execute("DELETE FROM draft WHERE client_key = ?1", [client.0])?;
        Ok(())
    }
}
