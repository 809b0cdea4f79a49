//! Correction requests: what is asked to be put right in documents, and what is answered. Rows follow from lines of the use log.

use varanto_domain::access::log::{Event, KeptLine};
use varanto_domain::archive::corrections::{CorrectionRequest, Ended, Ending, told};
use varanto_domain::archive::proof;
use varanto_domain::ids::{ClientKey, Oid, VersionKey};

use crate::content::Place;
use crate::engine::{Row, params};
use crate::{ReadTx, StoreError, WriteTx};

macro_rules! requests_sql {
    ($which:literal) => {
        concat!(
            "SELECT request_key, controller, unit, client_key, set_key, version_key, wanted, asked_line, ending, ",
            "by_version, answered, ended_line FROM correction_request ",
            $which
        )
    };
}

/// Which words of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// What is asked.
    Wanted,
    /// What is answered.
    Answered,
}

impl Words {
    const fn place(self, key: i64) -> Place {
        let what = match self {
            Self::Wanted => "correction request",
            Self::Answered => "correction answer",
        };
        Place { what, key }
    }
}

fn damaged(key: i64) -> StoreError {
    StoreError::Damaged(format!("correction request {key}"))
}

impl ReadTx<'_> {
    fn request_of(&self, row: &Row<'_>) -> Result<CorrectionRequest, StoreError> {
        let key = row.get(0)?;
        let unit: Option<i64> = row.get(2)?;
        let ended: (Option<i64>, Option<i64>, Option<String>, Option<i64>) =
            (row.get(8)?, row.get(9)?, row.get(10)?, row.get(11)?);
        let ended = match ended {
            (None, None, None, None) => None,
            (Some(ending), by, Some(answered), Some(line)) => {
                let how = Ending::of_code(&self.term(ending)?, by.map(VersionKey));
                Some(Ended { how: how.ok_or_else(|| damaged(key))?, answered, line })
            }
            _ => return Err(damaged(key)),
        };
        Ok(CorrectionRequest {
            key,
            controller: self.oid_term(row.get(1)?)?,
            unit: unit.map(|unit| self.oid_term(unit)).transpose()?,
            client: ClientKey(row.get(3)?),
            set: VersionKey(row.get(4)?),
            version: VersionKey(row.get(5)?),
            wanted: row.get(6)?,
            asked: row.get(7)?,
            ended,
        })
    }

    /// The line by its number.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when there is no such line.
    pub fn log_line(&self, number: i64) -> Result<KeptLine, StoreError> {
        let found = self.find_log_line(number)?;
        found.ok_or_else(|| StoreError::Damaged(format!("log line {number}")))
    }

    /// A request by its key.
    pub fn find_correction(&self, key: i64) -> Result<Option<CorrectionRequest>, StoreError> {
        const SQL: &str = requests_sql!("WHERE request_key = ?1");
        self.optional(SQL, [key], |row| self.request_of(row))
    }

    /// The requests about a document, oldest first.
    pub fn corrections_of_set(
        &self,
        set: VersionKey,
    ) -> Result<Vec<CorrectionRequest>, StoreError> {
        const SQL: &str =
            requests_sql!("INDEXED BY correction_by_set WHERE set_key = ?1 ORDER BY request_key");
        self.all(SQL, [set.0], |row| self.request_of(row))
    }

    /// The requests about a client's documents, newest first.
    pub fn corrections_of_client(
        &self,
        client: ClientKey,
    ) -> Result<Vec<CorrectionRequest>, StoreError> {
        const SQL: &str = requests_sql!(
            "INDEXED BY correction_by_client WHERE client_key = ?1 ORDER BY request_key DESC"
        );
        self.all(SQL, [client.0], |row| self.request_of(row))
    }

    /// At most so many requests that wait in a register, oldest first, after a key.
    pub fn waiting_in_register(
        &self,
        register: &Oid,
        after: i64,
        most: usize,
    ) -> Result<Vec<CorrectionRequest>, StoreError> {
        const SQL: &str = requests_sql!(
            "INDEXED BY correction_by_register WHERE controller = ?1 AND request_key > ?2 \
             AND ended_line IS NULL ORDER BY request_key LIMIT ?3"
        );
        self.waiting(SQL, register, after, most)
    }

    /// As [`ReadTx::waiting_in_register`], about what a unit recorded, in whichever register.
    pub fn waiting_for_unit(
        &self,
        unit: &Oid,
        after: i64,
        most: usize,
    ) -> Result<Vec<CorrectionRequest>, StoreError> {
        const SQL: &str = requests_sql!(
            "INDEXED BY correction_by_unit WHERE unit = ?1 AND request_key > ?2 \
             AND ended_line IS NULL ORDER BY request_key LIMIT ?3"
        );
        self.waiting(SQL, unit, after, most)
    }

    fn waiting(
        &self,
        sql: &'static str,
        whose: &Oid,
        after: i64,
        most: usize,
    ) -> Result<Vec<CorrectionRequest>, StoreError> {
        let Some(whose) = self.find_term(whose.as_str())? else { return Ok(Vec::new()) };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.all(sql, [whose, after, most], |row| self.request_of(row))
    }

    /// Words of a request; `None` when there are none, or when the document is destroyed.
    pub fn words_of_correction(
        &self,
        request: &CorrectionRequest,
        words: Words,
    ) -> Result<Option<String>, StoreError> {
        const WANTED: &str = "SELECT wanted_text FROM correction_request WHERE request_key = ?1";
        const ANSWERED: &str = "SELECT answer_text FROM correction_request WHERE request_key = ?1";
        let (sql, digest) = match words {
            Words::Wanted => (WANTED, Some(&request.wanted)),
            Words::Answered => (ANSWERED, request.ended.as_ref().map(|ended| &ended.answered)),
        };
        let sealed: Option<Vec<u8>> = self.one(sql, [request.key], |row| row.get(0))?;
        let (Some(sealed), Some(key)) = (sealed, self.client_data_key(request.client)?) else {
            return Ok(None);
        };
        let place = words.place(request.key);
        let text = self.open_parts(&key, place, &sealed)?.pop();
        let salt = key.salt(place.what, place.key);
        let said = |text: &Vec<u8>| proof::to_base64(&proof::salted(&salt, text));
        let text = text.filter(|text| Some(&said(text)) == digest);
        let text = text.and_then(|text| String::from_utf8(text).ok());
        Ok(Some(text.ok_or_else(|| damaged(request.key))?))
    }

    /// The requests that are kept other than the log tells.
    pub(crate) fn wrong_corrections(&self) -> Result<Vec<(String, &'static str)>, StoreError> {
        const LINES: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail FROM use_log
            WHERE event = ?1 ORDER BY line";
        const SQL: &str = requests_sql!("ORDER BY request_key");
        let lines = self.all(LINES, [Event::Correction as i64], |row| Ok(self.kept_line(row)))?;
        let lines: Vec<KeptLine> = lines.into_iter().collect::<Result<_, _>>()?;
        let (told, mut found, mut wrong) = (told(&lines), 0, Vec::new());
        for (key, row) in self.all(SQL, [], |row| Ok((row.get::<i64>(0)?, self.request_of(row))))? {
            let place = format!("correction request {key}");
            match row {
                Ok(request) if told.get(&key) == Some(&request) => {
                    found += 1;
                    if !self.says_so(&request)? {
                        wrong.push((place, "has other words than its line tells"));
                    }
                }
                Ok(_) | Err(StoreError::Damaged(_)) => {
                    wrong.push((place, "is other than the log tells"));
                }
                Err(error) => return Err(error),
            }
        }
        if found < told.len() {
            let place = "correction requests".to_owned();
            wrong.push((place, "one that the log tells of is missing"));
        }
        Ok(wrong)
    }

    fn says_so(&self, request: &CorrectionRequest) -> Result<bool, StoreError> {
        let answered = request.ended.as_ref().map_or("", |ended| &ended.answered);
        for (words, digest) in [(Words::Wanted, &*request.wanted), (Words::Answered, answered)] {
            let said = match self.words_of_correction(request, words) {
                Ok(Some(_)) => !digest.is_empty(),
                Ok(None) => {
                    digest.is_empty()
                        || self.is_destroyed(request.set)?
                        || self.is_erased(request.client)?
                }
                Err(StoreError::Damaged(_)) => false,
                Err(error) => return Err(error),
            };
            if !said {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl WriteTx<'_> {
    /// The salted digest of words of a request, as its line tells it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the client's key is gone.
    pub fn digest_of_words(
        &self,
        client: ClientKey,
        key: i64,
        words: Words,
        text: &str,
    ) -> Result<String, StoreError> {
        let place = words.place(key);
        let salt = self.data_key(client)?.salt(place.what, place.key);
        Ok(proof::to_base64(&proof::salted(&salt, text.as_bytes())))
    }

    fn sealed_words(
        &self,
        request: &CorrectionRequest,
        words: Words,
        text: &str,
    ) -> Result<Vec<u8>, StoreError> {
        let key = self.data_key(request.client)?;
        self.seal_parts(&key, words.place(request.key), 0, &[text.as_bytes()])
    }

    /// Keeps a request that a line tells of.
    pub fn insert_correction(
        &mut self,
        request: &CorrectionRequest,
        wanted: &str,
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO correction_request (request_key, controller, unit, client_key,
            set_key, version_key, wanted, wanted_text, asked_line)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let sealed = self.sealed_words(request, Words::Wanted, wanted)?;
        let controller = self.make_term(request.controller.as_str())?;
        let unit = match &request.unit {
            Some(unit) => Some(self.make_term(unit.as_str())?),
            None => None,
        };
        let CorrectionRequest { key, client, set, version, wanted, asked, .. } = request;
        let row =
            params![*key, controller, unit, client.0, set.0, version.0, wanted, sealed, *asked];
        self.execute(SQL, row).map(drop)
    }

    /// Ends a request, as a line tells.
    pub fn end_correction(
        &mut self,
        request: &CorrectionRequest,
        ended: &Ended,
        answer: Option<&str>,
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "UPDATE correction_request SET ending = ?2, by_version = ?3, answered = ?4,
            answer_text = ?5, ended_line = ?6 WHERE request_key = ?1";
        let sealed = match answer {
            Some(text) => Some(self.sealed_words(request, Words::Answered, text)?),
            None => None,
        };
        let ending = self.make_term(ended.how.code())?;
        let by = ended.how.by().map(|by| by.0);
        self.execute(SQL, params![request.key, ending, by, &ended.answered, sealed, ended.line])
            .map(drop)
    }
}
