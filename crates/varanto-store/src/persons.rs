//! What the population register says of clients: what holds, and what held before.

use varanto_domain::access::log::LogLine;
use varanto_domain::archive::proof;
use varanto_domain::ids::{ClientIdentifier, ClientKey, PersonalIdentityCode};
use varanto_domain::time::Instant;

use crate::engine::params;
use crate::keys::DataKey;
use crate::{ReadTx, StoreError, WriteTx};

/// A client as the population register is asked of it, and what it said last.
#[derive(Clone)]
pub struct PersonRow {
    /// The identity code.
    pub code: PersonalIdentityCode,
    /// The moment of which the register told last; `None`: it has told nothing.
    pub told_at: Option<Instant>,
    /// What it said, as it was kept; `None`: nothing.
    pub facts: Option<Vec<u8>>,
    /// How many times it has said something other than before.
    number: i64,
}

/// What is encrypted of a row of `person`: all that decisions turn on, so that no column can be changed
/// unnoticed.
struct State {
    code: PersonalIdentityCode,
    told_at: Option<Instant>,
    number: i64,
}

const PERSON: &[u8] = b"person";
const FACTS: &str = "person-facts";

impl State {
    fn seal(&self, key: &DataKey) -> Vec<u8> {
        let told = self.told_at.map_or_else(|| "-".to_owned(), |at| at.millis().to_string());
        let text = format!("{} {} {told}", self.code.reveal(), self.number);
        key.seal(PERSON, text.as_bytes())
    }

    fn open(key: &DataKey, sealed: &[u8]) -> Option<Self> {
        let text = String::from_utf8(key.open(PERSON, sealed)?).ok()?;
        let mut words = text.split(' ');
        let code = PersonalIdentityCode::parse(words.next()?).ok()?;
        let number = words.next()?.parse().ok()?;
        let told_at = match words.next()? {
            "-" => None,
            millis => Some(Instant::from_millis(millis.parse().ok()?)),
        };
        Some(Self { code, told_at, number })
    }
}

fn place_of_facts(number: i64) -> Vec<u8> {
    format!("{FACTS} {number}").into_bytes()
}

/// What a line of the log says of facts that came: their salted digest.
fn told_of_facts(key: &DataKey, number: i64, facts: &[u8]) -> String {
    let digest = proof::salted(&key.salt(FACTS, number), facts);
    format!("number={number} facts={}", proof::to_base64(&digest))
}

impl ReadTx<'_> {
    /// What is known of a client as a person; `None` for one without an identity code.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when a row does not open, or the newest facts are missing.
    pub fn find_person(&self, client: ClientKey) -> Result<Option<PersonRow>, StoreError> {
        const SQL: &str = "SELECT sealed FROM person WHERE client_key = ?1";
        const FACTS: &str = "SELECT number, sealed FROM person_facts WHERE client_key = ?1
            ORDER BY number DESC LIMIT 1";
        let Some(sealed) = self.optional(SQL, [client.0], |row| row.get::<Vec<u8>>(0))? else {
            return Ok(None);
        };
        // Of a client whose key was destroyed nothing is known any more.
        let Some(key) = self.client_data_key(client)? else { return Ok(None) };
        let damaged = || StoreError::Damaged(format!("the person of client {}", client.0));
        let state = State::open(&key, &sealed).ok_or_else(damaged)?;
        let newest: Option<(i64, Vec<u8>)> =
            self.optional(FACTS, [client.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let facts = match newest {
            Some((number, sealed)) if number == state.number => {
                Some(key.open(&place_of_facts(number), &sealed).ok_or_else(damaged)?)
            }
            None if state.number == 0 => None,
            _ => return Err(damaged()),
        };
        Ok(Some(PersonRow {
            code: state.code,
            told_at: state.told_at,
            facts,
            number: state.number,
        }))
    }

    /// What the register said of a client, in turn, newest first.
    pub fn list_person_facts(&self, client: ClientKey) -> Result<Vec<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT number, sealed FROM person_facts WHERE client_key = ?1
            ORDER BY number DESC";
        let Some(key) = self.client_data_key(client)? else { return Ok(Vec::new()) };
        let rows: Vec<(i64, Vec<u8>)> =
            self.all(SQL, [client.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.into_iter()
            .map(|(number, sealed)| {
                key.open(&place_of_facts(number), &sealed).ok_or_else(|| {
                    StoreError::Damaged(format!("person facts {number} of client {}", client.0))
                })
            })
            .collect()
    }

    /// Clients of whom the register is to be asked by now, those that wait longest first.
    pub fn list_due_persons(
        &self,
        now: Instant,
        most: usize,
    ) -> Result<Vec<(ClientKey, PersonalIdentityCode)>, StoreError> {
        const SQL: &str = "SELECT client_key, sealed FROM person WHERE due_at <= ?1
            ORDER BY due_at, client_key LIMIT ?2";
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows: Vec<(i64, Vec<u8>)> =
            self.all(SQL, params![now.millis(), most], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut due = Vec::with_capacity(rows.len());
        for (client, sealed) in rows {
            let client = ClientKey(client);
            let Some(key) = self.client_data_key(client)? else { continue };
            let damaged = || StoreError::Damaged(format!("the person of client {}", client.0));
            due.push((client, State::open(&key, &sealed).ok_or_else(damaged)?.code));
        }
        Ok(due)
    }

    /// How many clients the register is to be asked about by now.
    pub fn count_due_persons(&self, now: Instant) -> Result<u32, StoreError> {
        self.one("SELECT count(*) FROM person WHERE due_at <= ?1", [now.millis()], |row| row.get(0))
    }

    /// Rows of persons that are not as they were kept: what does not open, leads to another client, has
    /// lost facts, or is not what its log line tells of.
    pub(crate) fn wrong_persons(&self) -> Result<Vec<(String, &'static str)>, StoreError> {
        const CLIENTS: &str = "SELECT client_key FROM person
            UNION SELECT client_key FROM person_facts";
        let mut wrong = Vec::new();
        for client in self.all(CLIENTS, [], |row| row.get(0).map(ClientKey))? {
            let place = format!("person of client {}", client.0);
            let key = match self.client_data_key(client) {
                Ok(Some(key)) => key,
                // Destroyed by intent, or told where keys are verified.
                Ok(None) | Err(StoreError::Damaged(_)) => continue,
                Err(error) => return Err(error),
            };
            match self.find_person(client) {
                Ok(Some(person)) => {
                    if self.find_client(&ClientIdentifier::Code(person.code))? != Some(client) {
                        wrong.push((place.clone(), "is not found by its identity code"));
                    }
                    let lines = self.count_lines_of_facts(client)?;
                    if lines != person.number {
                        wrong.push((place.clone(), "has other facts than the log tells of"));
                    }
                }
                Ok(None) => wrong.push((place.clone(), "is missing")),
                Err(StoreError::Damaged(_)) => wrong.push((place.clone(), "does not open")),
                Err(error) => return Err(error),
            }
            for number in self.wrong_facts(client, &key)? {
                wrong.push((format!("{place}: facts {number}"), "no log line tells of them so"));
            }
        }
        Ok(wrong)
    }

    fn count_lines_of_facts(&self, client: ClientKey) -> Result<i64, StoreError> {
        const SQL: &str = "SELECT count(*) FROM person_facts AS kept
            JOIN use_log ON use_log.line = kept.line
            WHERE kept.client_key = ?1 AND use_log.client_key = ?1";
        self.one(SQL, [client.0], |row| row.get(0))
    }

    fn wrong_facts(&self, client: ClientKey, key: &DataKey) -> Result<Vec<i64>, StoreError> {
        const SQL: &str = "SELECT number, sealed, detail FROM person_facts AS kept
            LEFT JOIN use_log ON use_log.line = kept.line AND use_log.client_key = ?1
            WHERE kept.client_key = ?1";
        type Raw = (i64, Vec<u8>, Option<String>);
        let rows: Vec<Raw> =
            self.all(SQL, [client.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let told = |(number, sealed, detail): &Raw| {
            let facts = key.open(&place_of_facts(*number), sealed)?;
            let told = told_of_facts(key, *number, &facts);
            detail.as_ref().filter(|detail| detail.starts_with(&told)).map(drop)
        };
        Ok(rows.iter().filter(|row| told(row).is_none()).map(|row| row.0).collect())
    }
}

impl WriteTx<'_> {
    /// Notes that the register is to be asked of a client, at once; of one who is noted already, nothing
    /// changes.
    pub fn insert_person(
        &mut self,
        client: ClientKey,
        code: PersonalIdentityCode,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO person (client_key, sealed, due_at) VALUES (?1, ?2, ?3)
            ON CONFLICT (client_key) DO NOTHING";
        let state = State { code, told_at: None, number: 0 };
        let (now, key) = (self.now().millis(), self.make_client_key(client)?);
        self.execute(SQL, params![client.0, state.seal(&key), now])?;
        Ok(())
    }

    /// Keeps what the register said of a client at a moment; with another text than before as one more
    /// row of its history, told by `line`, whose detail is completed with the digest. Answers whether it
    /// was other than before. What is older than what is kept changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] for a client of whom there is no person.
    pub fn keep_person_facts(
        &mut self,
        client: ClientKey,
        told_at: Instant,
        due_at: Instant,
        facts: &[u8],
        line: LogLine,
    ) -> Result<bool, StoreError> {
        const FACTS: &str = "INSERT INTO person_facts (client_key, number, sealed, line)
            VALUES (?1, ?2, ?3, ?4)";
        const PERSON: &str = "UPDATE person SET sealed = ?2, due_at = ?3 WHERE client_key = ?1";
        let missing = || StoreError::Damaged(format!("the person of client {}", client.0));
        let known = self.find_person(client)?.ok_or_else(missing)?;
        if known.told_at.is_some_and(|before| told_at < before) {
            return Ok(false);
        }
        let key = self.client_data_key(client)?.ok_or_else(missing)?;
        let changed = known.facts.as_deref() != Some(facts);
        let number = known.number + i64::from(changed);
        if changed {
            let told = told_of_facts(&key, number, facts);
            let detail = format!("{told} {}", line.detail);
            let written = self.log(&LogLine { detail, ..line })?;
            let sealed = key.seal(&place_of_facts(number), facts);
            self.execute(FACTS, params![client.0, number, sealed, written.number])?;
        }
        let state = State { code: known.code, told_at: Some(told_at), number };
        self.execute(PERSON, params![client.0, state.seal(&key), due_at.millis()])?;
        Ok(changed)
    }

    /// Asks the register of a client not before a moment: it had nothing to tell.
    pub fn postpone_person(
        &mut self,
        client: ClientKey,
        due_at: Instant,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE person SET due_at = ?2 WHERE client_key = ?1";
        self.execute(SQL, params![client.0, due_at.millis()])?;
        Ok(())
    }
}
