//! What is kept of registers that were taken in from another archive, beside the register itself: how that archive proves it.
//! Lines of the use log tell of each taking in; the line that it began with names it.

use std::collections::BTreeMap;

use varanto_domain::access::TransferPermit;
use varanto_domain::access::log::{Event, KeptLine};
use varanto_domain::ids::{ClientKey, Oid, VersionKey};

use crate::content::Place;
use crate::engine::params;
use crate::log_lines::OPERATOR;
use crate::oids;
use crate::{ReadTx, StoreError, WriteTx};

const FILE: &str = "taken file";
const VERSION: &str = "taken version";
/// How the lines begin that tell of a taking in.
const TAKE_IN: &str = "take-in ";
/// How the detail of a line begins, or a word of it, that another archive's log has too.
const TAKEN_IN: &str = "taken-in=";

/// A register that was taken in, or began to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The line that tells that it began.
    pub line: KeptLine,
    /// Whose register.
    pub controller: Oid,
    /// The SHA-256 of the package's list.
    pub package: String,
    /// The name of the proof log of the archive that the package is from.
    pub archive: String,
    /// The line that tells that all of it is in; `None`: it was broken off.
    pub ended: Option<KeptLine>,
}

impl Taken {
    fn of(line: KeptLine) -> Option<Self> {
        let word = |name: &str| line.word(name).map(str::to_owned);
        Some(Self {
            controller: Oid::parse(line.word("controller")?).ok()?,
            package: word("package")?,
            archive: word("archive")?,
            ended: None,
            line,
        })
    }

    /// How much of something the line of its end tells.
    fn told(&self, what: &str) -> Option<i64> {
        self.ended.as_ref()?.word(what)?.parse().ok()
    }
}

impl ReadTx<'_> {
    /// The registers that were taken in, or began to be, oldest first.
    ///
    /// # Errors
    /// The database's.
    pub fn list_taken(&self) -> Result<Vec<Taken>, StoreError> {
        const SQL: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail FROM use_log INDEXED BY log_by_actor
            WHERE actor = ?1 AND event = ?2 AND client_key IS NULL
            AND substr(detail, 1, length(?3)) = ?3 ORDER BY line";
        let Some(operator) = self.find_term(OPERATOR)? else { return Ok(Vec::new()) };
        let params = params![operator, Event::Transfer as i64, TAKE_IN];
        let lines = self.all(SQL, params, |row| Ok(self.kept_line(row)))?;
        let mut taken: BTreeMap<i64, Taken> = BTreeMap::new();
        for line in lines {
            let line = line?;
            let of = line.word("taken").and_then(|number| number.parse().ok());
            if line.detail.ends_with(" begun") {
                taken.extend(Taken::of(line).map(|one| (one.line.number, one)));
            } else if line.detail.ends_with(" ended")
                && let Some(one) = of.and_then(|number: i64| taken.get_mut(&number))
            {
                one.ended.get_or_insert(line);
            }
        }
        Ok(taken.into_values().collect())
    }

    /// The names of the files that are kept of a taking in.
    pub fn list_taken_files(
        &self,
        permit: &TransferPermit,
        taken: &Taken,
    ) -> Result<Vec<String>, StoreError> {
        const SQL: &str = "SELECT name FROM taken_file WHERE taken = ?1 ORDER BY name";
        is_of(permit, taken)?;
        self.all(SQL, [taken.line.number], |row| row.get(0))
    }

    /// A file that is kept of a taking in, as it stood in the package.
    pub fn taken_file(
        &self,
        permit: &TransferPermit,
        taken: &Taken,
        name: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT file_key FROM taken_file WHERE taken = ?1 AND name = ?2";
        is_of(permit, taken)?;
        let key = self.optional(SQL, params![taken.line.number, name], |row| row.get(0))?;
        key.map(|key| self.open_taken_file(key)).transpose()
    }

    fn open_taken_file(&self, key: i64) -> Result<Vec<u8>, StoreError> {
        const SQL: &str = "SELECT taken, name, sealed FROM taken_file WHERE file_key = ?1";
        let (taken, name, sealed): (i64, String, Vec<u8>) =
            self.one(SQL, [key], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let damaged = || StoreError::Damaged(format!("taken file {key}"));
        let parts = self.open_parts(self.keys().store_key(), Place { what: FILE, key }, &sealed)?;
        let [of, named, bytes] = <[_; 3]>::try_from(parts).map_err(|_| damaged())?;
        if of != taken.to_string().as_bytes() || named != name.as_bytes() {
            return Err(damaged());
        }
        Ok(bytes)
    }

    /// What the archive that a version was taken in from kept of it beside its metadata and its content, with the taking in; `None`:
    /// it came otherwise, or its client's key is destroyed.
    pub fn taken_version(
        &self,
        permit: &TransferPermit,
        version: VersionKey,
    ) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
        let row = self.version_of_key(version)?;
        if row.controller != *permit.controller() {
            return Err(StoreError::Damaged("a permit for another register".into()));
        }
        self.open_taken_version(version, row.client)
    }

    fn open_taken_version(
        &self,
        version: VersionKey,
        client: ClientKey,
    ) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
        const SQL: &str = "SELECT taken, sealed FROM taken_version WHERE version_key = ?1";
        let read = |row: &crate::engine::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        let found: Option<(i64, Vec<u8>)> = self.optional(SQL, [version.0], read)?;
        let Some((taken, sealed)) = found else { return Ok(None) };
        let Some(key) = self.client_data_key(client)? else { return Ok(None) };
        let damaged = || StoreError::Damaged(format!("taken version {}", version.0));
        let parts = self.open_parts(&key, Place { what: VERSION, key: version.0 }, &sealed)?;
        let [of, bytes] = <[_; 2]>::try_from(parts).map_err(|_| damaged())?;
        if of == taken.to_string().as_bytes() { Ok(Some((taken, bytes))) } else { Err(damaged()) }
    }

    /// The words by which lines say that they are another archive's too, as far as a taking in restated them.
    ///
    /// Source: OPS-3.
    pub fn restated(&self, taken: i64) -> Result<Vec<String>, StoreError> {
        const SQL: &str = "SELECT detail FROM use_log WHERE line > ?1 AND event <> ?2
            AND detail LIKE ?3";
        let word = format!("{TAKEN_IN}{taken}:");
        let like = format!("%{word}%");
        let details: Vec<String> =
            self.all(SQL, params![taken, Event::Archive as i64, like], |row| row.get(0))?;
        let words = details.iter().filter_map(|detail| {
            let one = detail.split(' ').find(|one| one.starts_with(word.as_str()))?;
            Some(one.to_owned())
        });
        Ok(words.collect())
    }

    fn digest_of_gone(&self, oid: &[u8], taken: i64, controller: i64) -> Vec<u8> {
        let text = format!("taken gone {oid:?} {taken} {controller}");
        self.keys().lookup_hash(&text).to_vec()
    }

    /// What is kept of registers that were taken in, other than it was kept or than the lines tell.
    pub(crate) fn wrong_takings(&self) -> Result<Vec<(String, &'static str)>, StoreError> {
        let taken = self.list_taken()?;
        let mut wrong = self.wrong_taken_files(&taken)?;
        wrong.extend(self.wrong_taken_versions(&taken)?);
        wrong.extend(self.wrong_taken_gone(&taken)?);
        Ok(wrong)
    }

    fn wrong_taken_files(
        &self,
        taken: &[Taken],
    ) -> Result<Vec<(String, &'static str)>, StoreError> {
        const SQL: &str = "SELECT file_key, taken FROM taken_file ORDER BY file_key";
        let (mut wrong, mut counted) = (Vec::new(), BTreeMap::<i64, i64>::new());
        let rows = self.all(SQL, [], |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)))?;
        for (key, of) in rows {
            *counted.entry(of).or_default() += 1;
            match self.open_taken_file(key) {
                Ok(_) => {}
                Err(StoreError::Damaged(_)) => {
                    wrong.push((format!("taken file {key}"), "is not as it was taken in"));
                }
                Err(error) => return Err(error),
            }
        }
        for one in taken {
            let number = one.line.number;
            let found = counted.remove(&number).unwrap_or_default();
            if one.told("files").is_some_and(|told| told != found) {
                wrong.push((
                    format!("taken file of {number}"),
                    "one that the log tells of is missing",
                ));
            }
        }
        let stray = counted.into_keys();
        wrong.extend(stray.map(|of| (format!("taken file of {of}"), "no log line tells of it")));
        Ok(wrong)
    }

    fn wrong_taken_versions(
        &self,
        taken: &[Taken],
    ) -> Result<Vec<(String, &'static str)>, StoreError> {
        const SQL: &str = "SELECT version_key FROM taken_version ORDER BY version_key";
        const LOST: &str =
            "SELECT log.version_key FROM use_log AS log JOIN document_version AS kept
            ON kept.version_key = log.version_key WHERE log.event = 0
            AND substr(log.detail, 1, 9) = 'taken-in=' AND NOT EXISTS (SELECT 1 FROM taken_version
            AS other WHERE other.version_key = log.version_key) LIMIT 1000";
        const STRAY: &str = "SELECT version_key FROM taken_version AS kept WHERE NOT EXISTS
            (SELECT 1 FROM document_version AS other WHERE other.version_key = kept.version_key)
            LIMIT 1000";
        let place = |key: i64| format!("taken version {key}");
        let mut wrong = Vec::new();
        for key in self.all(STRAY, [], |row| row.get::<i64>(0))? {
            wrong.push((place(key), "belongs to no version"));
        }
        for key in self.all(LOST, [], |row| row.get::<i64>(0))? {
            wrong.push((place(key), "is missing, and the log tells of it"));
        }
        let known = |of: i64| taken.iter().any(|one| one.line.number == of);
        for key in self.all(SQL, [], |row| row.get::<i64>(0))? {
            if wrong.iter().any(|(one, _)| *one == place(key)) {
                continue;
            }
            let row = match self.version_of_key(VersionKey(key)) {
                Ok(row) => row,
                Err(StoreError::Damaged(_)) => continue,
                Err(error) => return Err(error),
            };
            match self.open_taken_version(row.version, row.client) {
                Ok(None) if self.is_erased(row.client)? => {}
                Ok(Some((of, _))) if known(of) => {}
                Ok(_) | Err(StoreError::Damaged(_)) => {
                    wrong.push((place(key), "is not as it was taken in"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(wrong)
    }

    fn wrong_taken_gone(&self, taken: &[Taken]) -> Result<Vec<(String, &'static str)>, StoreError> {
        const SQL: &str = "SELECT oid, taken, controller, digest FROM taken_gone";
        type Gone = (Vec<u8>, i64, i64, Vec<u8>);
        let rows: Vec<Gone> =
            self.all(SQL, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let (mut wrong, mut counted) = (Vec::new(), BTreeMap::<i64, i64>::new());
        for (oid, of, controller, digest) in rows {
            *counted.entry(of).or_default() += 1;
            if self.digest_of_gone(&oid, of, controller) != digest {
                let named = oids::unpack(&oid).map(|oid| oid.to_string()).unwrap_or_default();
                wrong.push((format!("taken gone {named}"), "is not as it was taken in"));
            }
        }
        for one in taken {
            let found = counted.get(&one.line.number).copied().unwrap_or_default();
            if one.told("gone").is_some_and(|told| told != found) {
                let place = format!("taken gone of {}", one.line.number);
                wrong.push((place, "one that the log tells of is missing"));
            }
        }
        Ok(wrong)
    }
}

fn is_of(permit: &TransferPermit, taken: &Taken) -> Result<(), StoreError> {
    if taken.controller == *permit.controller() {
        return Ok(());
    }
    Err(StoreError::Damaged("a permit for another register".into()))
}

impl WriteTx<'_> {
    /// Keeps a file of a package that is taken in, once.
    pub fn keep_taken_file(
        &mut self,
        taken: i64,
        name: &str,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        const KNOWN: &str =
            "SELECT EXISTS (SELECT 1 FROM taken_file WHERE taken = ?1 AND name = ?2)";
        const SQL: &str =
            "INSERT INTO taken_file (file_key, taken, name, sealed) VALUES (?1, ?2, ?3, ?4)";
        if self.one(KNOWN, params![taken, name], |row| row.get::<bool>(0))? {
            return Ok(());
        }
        let key = self.next_key();
        let parts = [taken.to_string().into_bytes(), name.as_bytes().to_vec()];
        let place = Place { what: FILE, key };
        let sealed =
            self.seal_parts(self.keys().store_key(), place, 0, &[&parts[0], &parts[1], bytes])?;
        self.execute(SQL, params![key, taken, name, sealed]).map(drop)
    }

    /// Keeps what another archive kept of a version that is taken in.
    pub fn keep_taken_version(
        &mut self,
        taken: i64,
        (version, client): (VersionKey, ClientKey),
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO taken_version (version_key, taken, sealed) VALUES (?1, ?2, ?3)";
        let key = self.data_key(client)?;
        let place = Place { what: VERSION, key: version.0 };
        let sealed = self.seal_parts(&key, place, 0, &[taken.to_string().as_bytes(), bytes])?;
        self.execute(SQL, params![version.0, taken, sealed]).map(drop)
    }

    /// Keeps that a document is gone in the archive that its register is taken in from, once.
    pub fn keep_taken_gone(
        &mut self,
        taken: i64,
        document: &Oid,
        controller: &Oid,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO taken_gone (oid, taken, controller, digest)
            VALUES (?1, ?2, ?3, ?4) ON CONFLICT (oid) DO NOTHING";
        let (oid, controller) = (oids::pack(document), self.make_term(controller.as_str())?);
        let digest = self.digest_of_gone(&oid, taken, controller);
        self.execute(SQL, params![oid, taken, controller, digest]).map(drop)
    }

    /// How many files and how many documents that are gone are kept of a taking in.
    pub fn count_taken(&self, taken: i64) -> Result<(i64, i64), StoreError> {
        const FILES: &str = "SELECT count(*) FROM taken_file WHERE taken = ?1";
        const GONE: &str = "SELECT count(*) FROM taken_gone WHERE taken = ?1";
        let count = |sql| self.one(sql, [taken], |row| row.get(0));
        Ok((count(FILES)?, count(GONE)?))
    }
}
