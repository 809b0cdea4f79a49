//! What clients tell of themselves. Rows follow from lines of the use log.

use std::collections::HashSet;

use varanto_domain::access::log::{Event, KeptLine};
use varanto_domain::access::{StatementPermit, TransferPermit};
use varanto_domain::archive::proof;
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::statements::{Statement, StatementKind, Voice, told};

use crate::content::Place;
use crate::engine::{Row, params};
use crate::{ReadTx, StoreError, WriteTx};

macro_rules! statements_sql {
    ($which:literal) => {
        concat!(
            "SELECT statement_key, client_key, kind, speaker, number, controller, said, line, ",
            "forgotten_line ",
            "FROM client_statement ",
            $which
        )
    };
}

const fn place(key: i64) -> Place {
    Place { what: "client statement", key }
}

fn damaged(key: i64) -> StoreError {
    StoreError::Damaged(format!("client statement {key}"))
}

impl ReadTx<'_> {
    fn statement_of(&self, row: &Row<'_>) -> Result<Statement, StoreError> {
        let key = row.get(0)?;
        let speaker: Option<i64> = row.get(3)?;
        let kind = StatementKind::of_code(&self.term(row.get(2)?)?);
        Ok(Statement {
            key,
            client: ClientKey(row.get(1)?),
            kind: kind.ok_or_else(|| damaged(key))?,
            voice: speaker.map_or(Voice::Client, |one| Voice::Guardian(ClientKey(one))),
            number: u32::try_from(row.get::<i64>(4)?).map_err(|_| damaged(key))?,
            controller: self.oid_term(row.get(5)?)?,
            said: row.get(6)?,
            line: row.get(7)?,
            forgotten: row.get(8)?,
        })
    }

    /// What was told of a client under one of the client's keys, oldest first, without what is said.
    pub fn list_statements(&self, client: ClientKey) -> Result<Vec<Statement>, StoreError> {
        const SQL: &str = statements_sql!(
            "INDEXED BY statement_by_client WHERE client_key = ?1 ORDER BY statement_key"
        );
        self.all(SQL, [client.0], |row| self.statement_of(row))
    }

    /// What is said in a statement; `None` when it was taken out, or the client's key is destroyed.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] also for a permit that does not open it.
    pub fn said_in(
        &self,
        permit: &StatementPermit,
        statement: &Statement,
    ) -> Result<Option<String>, StoreError> {
        if !permit.opens(statement) {
            return Err(StoreError::Damaged("a permit for other statements".into()));
        }
        self.said(statement)
    }

    fn said(&self, statement: &Statement) -> Result<Option<String>, StoreError> {
        const SQL: &str = "SELECT said_text FROM client_statement WHERE statement_key = ?1";
        let sealed: Option<Vec<u8>> = self.one(SQL, [statement.key], |row| row.get(0))?;
        let (Some(sealed), Some(key)) = (sealed, self.client_data_key(statement.client)?) else {
            return Ok(None);
        };
        let place = place(statement.key);
        let text = self.open_parts(&key, place, &sealed)?.pop();
        let salt = key.salt(place.what, place.key);
        let is_it =
            |text: &Vec<u8>| proof::to_base64(&proof::salted(&salt, text)) == statement.said;
        let text = text.filter(is_it).and_then(|text| String::from_utf8(text).ok());
        Ok(Some(text.ok_or_else(|| damaged(statement.key))?))
    }

    /// What was told in a register, oldest first, each with what is said.
    pub fn statements_of_register(
        &self,
        permit: &TransferPermit,
    ) -> Result<Vec<(Statement, Option<String>)>, StoreError> {
        const SQL: &str = statements_sql!("WHERE controller = ?1 ORDER BY statement_key");
        let Some(register) = self.find_term(permit.controller().as_str())? else {
            return Ok(Vec::new());
        };
        let all = self.all(SQL, [register], |row| self.statement_of(row))?;
        let with_words = |one: Statement| {
            let said = self.said(&one)?;
            Ok((one, said))
        };
        all.into_iter().map(with_words).collect()
    }

    /// The statements that are kept other than the log tells.
    pub(crate) fn wrong_statements(&self) -> Result<Vec<(String, &'static str)>, StoreError> {
        const LINES: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail FROM use_log
            WHERE event = ?1 ORDER BY line";
        const SQL: &str = statements_sql!("ORDER BY statement_key");
        let lines = self.all(LINES, [Event::Statement as i64], |row| Ok(self.kept_line(row)))?;
        let lines: Vec<KeptLine> = lines.into_iter().collect::<Result<_, _>>()?;
        let (told, mut found, mut wrong) = (told(&lines), HashSet::new(), Vec::new());
        for (key, row) in
            self.all(SQL, [], |row| Ok((row.get::<i64>(0)?, self.statement_of(row))))?
        {
            let place = format!("client statement {key}");
            match row {
                Ok(statement) if told.get(&key) == Some(&statement) => {
                    found.insert(key);
                    let said = match self.said(&statement) {
                        Ok(Some(_)) => statement.forgotten.is_none(),
                        Ok(None) => {
                            statement.forgotten.is_some() || self.is_erased(statement.client)?
                        }
                        Err(StoreError::Damaged(_)) => false,
                        Err(error) => return Err(error),
                    };
                    if !said {
                        wrong.push((place, "has other words than its line tells"));
                    }
                }
                Ok(_) | Err(StoreError::Damaged(_)) => {
                    wrong.push((place, "is other than the log tells"));
                }
                Err(error) => return Err(error),
            }
        }
        for key in told.keys().filter(|key| !found.contains(key)) {
            let place = format!("client statement {key}");
            if !wrong.iter().any(|(known, _)| *known == place) {
                wrong.push((place, "is missing, and the log tells of it"));
            }
        }
        Ok(wrong)
    }
}

impl WriteTx<'_> {
    /// The salted digest of what is said, as its line tells it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the client's key is gone.
    pub fn digest_of_said(
        &self,
        client: ClientKey,
        key: i64,
        said: &str,
    ) -> Result<String, StoreError> {
        let place = place(key);
        let salt = self.data_key(client)?.salt(place.what, place.key);
        Ok(proof::to_base64(&proof::salted(&salt, said.as_bytes())))
    }

    /// Keeps a statement that a line tells of.
    pub fn insert_statement(
        &mut self,
        statement: &Statement,
        said: &str,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO client_statement (statement_key, client_key, kind, speaker,
            number, controller, said, said_text, line)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let Statement { key, client, number, controller, line, .. } = statement;
        let data_key = self.data_key(*client)?;
        let sealed = self.seal_parts(&data_key, place(*key), 0, &[said.as_bytes()])?;
        let kind = self.make_term(statement.kind.code())?;
        let controller = self.make_term(Oid::as_str(controller))?;
        let speaker = match statement.voice {
            Voice::Client => None,
            Voice::Guardian(one) => Some(one.0),
        };
        let number = i64::from(*number);
        let row = params![
            *key,
            client.0,
            kind,
            speaker,
            number,
            controller,
            &statement.said,
            sealed,
            *line
        ];
        self.execute(SQL, row).map(drop)
    }

    /// Takes what is said out for good, as a line tells.
    pub fn forget_statement(&mut self, statement: &Statement, line: i64) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE client_statement SET said_text = NULL, forgotten_line = ?2
            WHERE statement_key = ?1";
        self.execute(SQL, [statement.key, line]).map(drop)
    }
}
