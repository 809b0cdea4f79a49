//! Clients' choices of a producer. Rows follow from lines of the use log.

use varanto_domain::access::TransferPermit;
use varanto_domain::access::log::{Event, KeptLine};
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::relationship::{
    ProducerChoice, ProducerOffer, RegisterUseRight, joined, parted, told_choices,
};
use varanto_domain::time::FinnishDay;

use crate::engine::{Row, params};
use crate::{ReadTx, StoreError, WriteTx, oids};

macro_rules! choices_sql {
    ($which:literal) => {
        concat!(
            "SELECT choice_key, controller, client_key, relationship, service_task, service, units, offered_line, ",
            "chosen, chosen_line, ended_line, serving, handed_to FROM producer_choice ",
            $which
        )
    };
}

fn damaged(key: i64) -> StoreError {
    StoreError::Damaged(format!("producer choice {key}"))
}

impl ReadTx<'_> {
    fn choice_of(&self, row: &Row<'_>) -> Result<ProducerChoice, StoreError> {
        let key = row.get(0)?;
        let relationship: Vec<u8> = row.get(3)?;
        let service: Option<i64> = row.get(5)?;
        let units = parted(&row.get::<String>(6)?).ok_or_else(|| damaged(key))?;
        let serving = row.get::<Option<String>>(11)?;
        let chosen = match (row.get::<Option<i64>>(8)?, row.get::<Option<i64>>(9)?) {
            (None, None) => None,
            (Some(unit), Some(line)) => Some((self.oid_term(unit)?, line)),
            _ => return Err(damaged(key)),
        };
        Ok(ProducerChoice {
            key,
            controller: self.oid_term(row.get(1)?)?,
            client: ClientKey(row.get(2)?),
            relationship: oids::unpack(&relationship).ok_or_else(|| damaged(key))?,
            offer: ProducerOffer {
                service_task: self.term(row.get(4)?)?.to_string(),
                service: match service {
                    Some(service) => Some(self.term(service)?.to_string()),
                    None => None,
                },
                units,
            },
            serving: match serving {
                Some(units) => Some(parted(&units).ok_or_else(|| damaged(key))?),
                None => None,
            },
            offered: row.get(7)?,
            chosen,
            ended: row.get(10)?,
        })
    }

    /// A choice by its key.
    pub fn find_choice(&self, key: i64) -> Result<Option<ProducerChoice>, StoreError> {
        const SQL: &str = choices_sql!("WHERE choice_key = ?1");
        self.optional(SQL, [key], |row| self.choice_of(row))
    }

    /// The choices that were offered to a client under one of the client's keys, oldest first; those that were taken back too.
    pub fn list_choices(&self, client: ClientKey) -> Result<Vec<ProducerChoice>, StoreError> {
        const SQL: &str =
            choices_sql!("INDEXED BY choice_by_client WHERE client_key = ?1 ORDER BY choice_key");
        self.all(SQL, [client.0], |row| self.choice_of(row))
    }

    /// At most so many choices in a register in which something is chosen and that were neither taken back nor decided, oldest
    /// first, after a key: none of a relationship that had ended before a day.
    pub fn chosen_in_register(
        &self,
        register: &Oid,
        today: FinnishDay,
        after: i64,
        most: usize,
    ) -> Result<Vec<ProducerChoice>, StoreError> {
        const SQL: &str = choices_sql!(
            "INDEXED BY choice_by_register WHERE controller = ?1 AND choice_key > ?2 \
             AND chosen_line IS NOT NULL AND ended_line IS NULL AND handed_to IS NULL \
             AND NOT EXISTS (SELECT 1 FROM relationship AS of \
             WHERE of.oid = producer_choice.relationship AND of.last_day < ?3) \
             ORDER BY choice_key LIMIT ?4"
        );
        let Some(register) = self.find_term(register.as_str())? else { return Ok(Vec::new()) };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let which = params![register, after, today.number(), most];
        self.all(SQL, which, |row| self.choice_of(row))
    }

    /// The day on which a choice was offered.
    pub fn offered_on(&self, choice: &ProducerChoice) -> Result<FinnishDay, StoreError> {
        Ok(FinnishDay::of(self.log_line(choice.offered)?.at))
    }

    /// The choices of a register, oldest first.
    pub fn choices_of_register(
        &self,
        permit: &TransferPermit,
    ) -> Result<Vec<ProducerChoice>, StoreError> {
        const SQL: &str = choices_sql!("WHERE controller = ?1 ORDER BY choice_key");
        let Some(register) = self.find_term(permit.controller().as_str())? else {
            return Ok(Vec::new());
        };
        self.all(SQL, [register], |row| self.choice_of(row))
    }

    /// The choices that are kept other than the log tells.
    pub(crate) fn wrong_choices(&self) -> Result<Vec<(String, &'static str)>, StoreError> {
        const LINES: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail FROM use_log
            WHERE event = ?1 ORDER BY line";
        const SQL: &str = choices_sql!("ORDER BY choice_key");
        let lines = self.all(LINES, [Event::Choice as i64], |row| Ok(self.kept_line(row)))?;
        let lines: Vec<KeptLine> = lines.into_iter().collect::<Result<_, _>>()?;
        let (told, mut found, mut wrong) = (told_choices(&lines), 0, Vec::new());
        let row = |row: &Row<'_>| {
            Ok((row.get::<i64>(0)?, self.choice_of(row), row.get::<Option<i64>>(12)?))
        };
        for (key, row, mark) in self.all(SQL, [], row)? {
            match row {
                Ok(choice) if told.get(&key) == Some(&choice) => {
                    found += 1;
                    if !self.is_decided_as_marked(&choice, mark)? {
                        let what = "is decided otherwise than the rights tell";
                        wrong.push((format!("producer choice {key}"), what));
                    }
                }
                Ok(_) | Err(StoreError::Damaged(_)) => {
                    wrong.push((format!("producer choice {key}"), "is other than the log tells"));
                }
                Err(error) => return Err(error),
            }
        }
        // Those of relationships whose documents were destroyed are gone with them.
        let mut kept = 0;
        for choice in told.values() {
            kept += usize::from(self.find_relationship(&choice.relationship)?.is_some());
        }
        if found < kept {
            let place = "producer choices".to_owned();
            wrong.push((place, "one that the log tells of is missing"));
        }
        Ok(wrong)
    }
}

impl ReadTx<'_> {
    /// Whether a choice is marked as decided as the rights tell. What was decided before there were marks has none.
    fn is_decided_as_marked(
        &self,
        choice: &ProducerChoice,
        mark: Option<i64>,
    ) -> Result<bool, StoreError> {
        let Some(mark) = mark else { return Ok(true) };
        let Some(found) = self.find_relationship(&choice.relationship)? else { return Ok(true) };
        let rights: Vec<_> =
            self.list_rights(found.key)?.into_iter().map(|row| row.right).collect();
        let handed = choice.handed_to(self.offered_on(choice)?, &rights);
        Ok(handed.map(|unit| self.find_term(unit.as_str())).transpose()?.flatten() == Some(mark))
    }
}

impl WriteTx<'_> {
    /// Marks the choices of a relationship that rights decide, and those no more that they do not: no list reads what is decided.
    ///
    /// Source: CIT-5, RUR-1.
    pub fn mark_decided_choices(
        &mut self,
        relationship_key: i64,
        client: ClientKey,
        rights: &[RegisterUseRight],
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE producer_choice SET handed_to = ?2 WHERE choice_key = ?1
            AND handed_to IS DISTINCT FROM ?2";
        let choices = self.list_choices(client)?;
        if choices.is_empty() {
            return Ok(());
        }
        let relationship = self.relationship_of_key(relationship_key)?.known.id;
        for choice in choices.iter().filter(|choice| choice.relationship == relationship) {
            let handed = choice.handed_to(self.offered_on(choice)?, rights);
            let unit = self.make_term_if(handed.map(Oid::as_str))?;
            self.execute(SQL, params![choice.key, unit])?;
        }
        Ok(())
    }

    /// Keeps a choice whose offer a line tells of.
    pub fn insert_choice(&mut self, choice: &ProducerChoice) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO producer_choice (choice_key, controller, client_key,
            relationship, service_task, service, units, offered_line, serving)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let ProducerChoice { key, controller, client, relationship, offer, offered, .. } = choice;
        let controller = self.make_term(controller.as_str())?;
        let task = self.make_term(&offer.service_task)?;
        let service = match &offer.service {
            Some(service) => Some(self.make_term(service)?),
            None => None,
        };
        let relationship = oids::pack(relationship);
        let row = params![
            *key,
            controller,
            client.0,
            relationship,
            task,
            service,
            joined(&offer.units),
            *offered,
            choice.serving.as_deref().map(joined)
        ];
        self.execute(SQL, row).map(drop)
    }

    /// Notes what was picked, as a line tells; `None`: nothing any more.
    pub fn pick_producer(
        &mut self,
        choice: &ProducerChoice,
        picked: Option<(&Oid, i64)>,
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "UPDATE producer_choice SET chosen = ?2, chosen_line = ?3 WHERE choice_key = ?1";
        let unit = match picked {
            Some((unit, _)) => Some(self.make_term(unit.as_str())?),
            None => None,
        };
        let line = picked.map(|(_, line)| line);
        self.execute(SQL, params![choice.key, unit, line]).map(drop)
    }

    /// Takes away the choices of a relationship whose document was destroyed: what a client was offered and picked goes with it.
    /// The lines of the log stay.
    ///
    /// Source: ARC-12.
    pub(crate) fn drop_choices(&mut self, relationship_key: i64) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM producer_choice WHERE relationship =
            (SELECT oid FROM relationship WHERE relationship_key = ?1)";
        self.execute(SQL, [relationship_key]).map(drop)
    }

    /// Notes that an offer was taken back, as a line tells.
    pub fn end_choice(&mut self, choice: &ProducerChoice, line: i64) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE producer_choice SET ended_line = ?2 WHERE choice_key = ?1";
        self.execute(SQL, params![choice.key, line]).map(drop)
    }
}
