//! Drafts: what people have begun to record and not archived.

use varanto_domain::access::ArchivePermit;
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::time::Instant;

use crate::content::Place;
use crate::engine::{Params, params};
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
    /// The version that its document replaces; `None`: it is new.
    pub replaces: Option<Oid>,
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
    /// The version that its document replaces; `None`: it is new.
    pub replaces: Option<&'a Oid>,
}

/// What is written in a draft, compressed and encrypted on the caller's thread.
pub struct SealedDraft(Vec<u8>);

const DRAFT: &str = "draft";

impl Store {
    /// As [`Store::seal_content`], for what is written in an edition of a draft. Beside it stands what the draft's row
    /// says, so that a row changed there is told.
    pub fn seal_draft(
        &self,
        key: &DataKey,
        draft: &NewDraft<'_>,
        edition: i64,
        written: &[u8],
    ) -> Result<SealedDraft, StoreError> {
        let place = Place { what: DRAFT, key: draft.key };
        let row = told(draft, edition);
        Ok(SealedDraft(self.seal_parts(0, key, place, &[written, row.as_bytes()])?))
    }
}

/// What the row of a draft says, in one line; when it was begun and saved is known to the writer alone.
fn told(draft: &NewDraft<'_>, edition: i64) -> String {
    let NewDraft { key, client, case, author, structure, document, language, replaces } = draft;
    let replaces = replaces.map(|version| format!(" replaces {version}")).unwrap_or_default();
    format!(
        "{key} {} {case} {edition} {structure} {document} {language}{replaces} {author}",
        client.0
    )
}

impl DraftRow {
    /// The draft as it is to be kept again.
    #[must_use]
    pub fn by<'a>(&'a self, author: &'a str) -> NewDraft<'a> {
        NewDraft {
            key: self.key,
            client: self.client,
            case: self.case,
            author,
            structure: &self.structure,
            document: &self.document,
            language: &self.language,
            replaces: self.replaces.as_ref(),
        }
    }
}

impl ReadTx<'_> {
    /// The author's own draft of this key.
    pub fn find_draft(&self, author: &str, key: i64) -> Result<Option<DraftRow>, StoreError> {
        const SQL: &str =
            "SELECT draft_key, client_key, case_key, structure, edition, begun_at, saved_at,
            document, language, replaces
            FROM draft WHERE draft_key = ?1 AND author = ?2";
        let Some(author) = self.find_term(author)? else { return Ok(None) };
        Ok(self.drafts(SQL, [key, author])?.pop())
    }

    /// All drafts of an author, the last saved one first.
    pub fn list_drafts_of_author(&self, author: &str) -> Result<Vec<DraftRow>, StoreError> {
        const SQL: &str =
            "SELECT draft_key, client_key, case_key, structure, edition, begun_at, saved_at,
            document, language, replaces
            FROM draft WHERE author = ?1 ORDER BY saved_at DESC, draft_key DESC";
        let Some(author) = self.find_term(author)? else { return Ok(Vec::new()) };
        self.drafts(SQL, [author])
    }

    /// The author's drafts about a client, the last saved one first.
    pub fn list_drafts(
        &self,
        author: &str,
        client: ClientKey,
    ) -> Result<Vec<DraftRow>, StoreError> {
        const SQL: &str =
            "SELECT draft_key, client_key, case_key, structure, edition, begun_at, saved_at,
            document, language, replaces
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
        self.open_draft(draft)
    }

    fn open_draft(&self, draft: &DraftRow) -> Result<Vec<u8>, StoreError> {
        const SQL: &str = "SELECT sealed, author FROM draft WHERE draft_key = ?1";
        let (sealed, author): (Vec<u8>, i64) =
            self.one(SQL, [draft.key], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let damaged = || StoreError::Damaged(format!("draft {}", draft.key));
        let author = self.term(author)?;
        let key = self.client_data_key(draft.client)?.ok_or_else(damaged)?;
        let place = Place { what: DRAFT, key: draft.key };
        let parts = self.open_parts(&key, place, &sealed).map_err(|_| damaged())?;
        let [written, row] = <[Vec<u8>; 2]>::try_from(parts).map_err(|_| damaged())?;
        let as_told = row == told(&draft.by(&author), draft.edition).as_bytes();
        if as_told { Ok(written) } else { Err(damaged()) }
    }

    /// The drafts that are not as they were written.
    pub(crate) fn wrong_drafts(&self) -> Result<Vec<(String, &'static str)>, StoreError> {
        const KEYS: &str = "SELECT draft_key, 0 FROM draft ORDER BY draft_key";
        const SQL: &str =
            "SELECT draft_key, client_key, case_key, structure, edition, begun_at, saved_at,
            document, language, replaces
            FROM draft WHERE draft_key = ?1 AND ?2 = 0";
        let keys: Vec<[i64; 2]> = self.all(KEYS, [], |row| Ok([row.get(0)?, row.get(1)?]))?;
        let mut wrong = Vec::new();
        for of in keys {
            let opened = self
                .drafts(SQL, of)
                .and_then(|rows| rows.iter().try_for_each(|row| self.open_draft(row).map(drop)));
            match opened {
                Ok(()) => {}
                Err(StoreError::Damaged(_)) => {
                    wrong.push((format!("draft {}", of[0]), "is not as it was written"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(wrong)
    }

    fn drafts(&self, sql: &'static str, of: impl Params) -> Result<Vec<DraftRow>, StoreError> {
        type Raw = ([i64; 7], String, String, Option<String>);
        let raw: Vec<Raw> = self.all(sql, of, |row| {
            let mut numbers = [0; 7];
            for (at, number) in numbers.iter_mut().enumerate() {
                *number = row.get(at)?;
            }
            Ok((numbers, row.get(7)?, row.get(8)?, row.get(9)?))
        })?;
        raw.into_iter()
            .map(|(numbers, document, language, replaces)| {
                let [key, client, case, structure, edition, begun_at, saved_at] = numbers;
                let damaged = |_| StoreError::Damaged(format!("draft {key}"));
                Ok(DraftRow {
                    key,
                    client: ClientKey(client),
                    case,
                    structure: self.oid_term(structure)?,
                    document: Oid::parse(&document).map_err(damaged)?,
                    language,
                    replaces: replaces.as_deref().map(Oid::parse).transpose().map_err(damaged)?,
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
            document, language, replaces, edition, begun_at, saved_at, sealed)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9, ?9, ?10)";
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
                draft.replaces.map(Oid::as_str),
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
