//! Register-use rights: rows derived from the newest versions of relationship documents.

use std::sync::Arc;

use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::relationship::{Branch, RegisterUseRight, Side};
use varanto_domain::time::{FinnishDay, Validity};

use crate::engine::{Row, params};
use crate::oids;
use crate::{ReadTx, StoreError, WriteTx};

/// A right and where it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct RightRow {
    /// The key of its relationship.
    pub relationship_key: i64,
    /// Its place among the relationship's rights.
    pub place: i64,
    /// Whose relationship it is.
    pub client: ClientKey,
    /// What it says.
    pub right: RegisterUseRight,
}

/// A row before its terms are looked up.
struct RawRight {
    relationship_key: i64,
    place: i64,
    client: i64,
    relationship: Vec<u8>,
    /// Controller, organiser and holder.
    parties: [i64; 3],
    service_task: Option<i64>,
    services: String,
    side: i64,
    producer: Option<i64>,
    days: (i32, Option<i32>),
}

impl RawRight {
    /// Reads the columns of `rights_sql`.
    fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            relationship_key: row.get(0)?,
            place: row.get(1)?,
            client: row.get(2)?,
            relationship: row.get(3)?,
            parties: [row.get(4)?, row.get(5)?, row.get(6)?],
            service_task: row.get(7)?,
            services: row.get(8)?,
            side: row.get(9)?,
            producer: row.get(10)?,
            days: (row.get(11)?, row.get(12)?),
        })
    }
}

macro_rules! rights_sql {
    ($which:literal) => {
        concat!(
            "SELECT held.relationship_key, held.place, held.client_key, of.oid, held.controller, ",
            "held.organiser, held.holder, held.service_task, held.services, held.side, ",
            "held.producer, held.first_day, held.last_day FROM register_use_right AS held ",
            "JOIN relationship AS of ON of.relationship_key = held.relationship_key ",
            $which,
            " ORDER BY held.relationship_key, held.place"
        )
    };
}

impl ReadTx<'_> {
    /// The rights of one relationship, in their places.
    pub fn list_rights(&self, relationship_key: i64) -> Result<Vec<RightRow>, StoreError> {
        const SQL: &str = rights_sql!("WHERE held.relationship_key = ?1");
        let raw = self.all(SQL, [relationship_key], RawRight::read)?;
        raw.iter().map(|raw| self.right_of(raw)).collect()
    }

    /// The rights of all relationships of a client.
    pub fn list_rights_of_client(&self, client: ClientKey) -> Result<Vec<RightRow>, StoreError> {
        const SQL: &str = rights_sql!("WHERE held.client_key = ?1");
        let raw = self.all(SQL, [client.0], RawRight::read)?;
        raw.iter().map(|raw| self.right_of(raw)).collect()
    }

    /// At most `most` rights that a unit holds, those after a place in the order of relationship and
    /// place: pages of all that it holds, ended ones too.
    pub fn list_rights_of_holder(
        &self,
        holder: &Oid,
        after: (i64, i64),
        most: usize,
    ) -> Result<Vec<RightRow>, StoreError> {
        const SQL: &str = concat!(
            rights_sql!(
                "WHERE held.holder = ?1 AND (held.relationship_key, held.place) > (?2, ?3)"
            ),
            " LIMIT ?4"
        );
        let Some(holder) = self.find_term(holder.as_str())? else { return Ok(Vec::new()) };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let raw = self.all(SQL, [holder, after.0, after.1, most], RawRight::read)?;
        raw.iter().map(|raw| self.right_of(raw)).collect()
    }

    fn right_of(&self, raw: &RawRight) -> Result<RightRow, StoreError> {
        let place = (raw.relationship_key, raw.place);
        let damaged =
            || StoreError::Damaged(format!("right {} of relationship {}", place.1, place.0));
        let [controller, organiser, holder] = raw.parties;
        let day = |number| FinnishDay::from_number(number).ok_or_else(damaged);
        let side = match (raw.side, raw.producer) {
            (0, None) => Side::Organiser,
            (1, None) => Side::Producer,
            (2, Some(producer)) => Side::Implementer { producer: self.oid_term(producer)? },
            _ => return Err(damaged()),
        };
        let branch = match raw.service_task {
            Some(task) => Branch::ServiceTask(self.term(task)?),
            None => Branch::WholeRelationship,
        };
        let right = RegisterUseRight {
            controller: self.oid_term(controller)?,
            organiser: self.oid_term(organiser)?,
            relationship: oids::unpack(&raw.relationship).ok_or_else(damaged)?,
            branch,
            services: raw.services.lines().map(Arc::from).collect(),
            holder: self.oid_term(holder)?,
            side,
            validity: Validity { first: day(raw.days.0)?, last: raw.days.1.map(day).transpose()? },
            suspensions: self.suspensions(place)?,
        };
        let client = ClientKey(raw.client);
        Ok(RightRow { relationship_key: place.0, place: place.1, client, right })
    }

    fn suspensions(&self, place: (i64, i64)) -> Result<Vec<Validity>, StoreError> {
        const SQL: &str = "SELECT first_day, last_day FROM right_suspension
            WHERE relationship_key = ?1 AND place = ?2 ORDER BY first_day";
        let days: Vec<(i32, i32)> =
            self.all(SQL, [place.0, place.1], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let damaged =
            || StoreError::Damaged(format!("a suspension of a right of relationship {}", place.0));
        let day = |number| FinnishDay::from_number(number).ok_or_else(damaged);
        let span = |(first, last)| Ok(Validity { first: day(first)?, last: Some(day(last)?) });
        days.into_iter().map(span).collect()
    }
}

impl WriteTx<'_> {
    /// Keeps the rights that the newest version of a relationship document makes, in place of those
    /// before; the choices that they decide are marked.
    pub fn replace_rights(
        &mut self,
        relationship_key: i64,
        client: ClientKey,
        rights: &[RegisterUseRight],
    ) -> Result<(), StoreError> {
        const RIGHTS: &str = "DELETE FROM register_use_right WHERE relationship_key = ?1";
        const SUSPENSIONS: &str = "DELETE FROM right_suspension WHERE relationship_key = ?1";
        self.execute(RIGHTS, [relationship_key])?;
        self.execute(SUSPENSIONS, [relationship_key])?;
        for (place, right) in (0i64..).zip(rights) {
            self.insert_right((relationship_key, place), client, right)?;
        }
        self.mark_decided_choices(relationship_key, client, rights)
    }

    fn insert_right(
        &mut self,
        place: (i64, i64),
        client: ClientKey,
        right: &RegisterUseRight,
    ) -> Result<(), StoreError> {
        const RIGHT: &str = "INSERT INTO register_use_right
            (relationship_key, place, client_key, controller, organiser, service_task, services,
             holder, side, producer, first_day, last_day)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        const SUSPENSION: &str = "INSERT INTO right_suspension
            (relationship_key, place, first_day, last_day) VALUES (?1, ?2, ?3, ?4)";
        let (side, producer) = match &right.side {
            Side::Organiser => (0, None),
            Side::Producer => (1, None),
            Side::Implementer { producer } => (2, Some(producer)),
        };
        let controller = self.make_term(right.controller.as_str())?;
        let organiser = self.make_term(right.organiser.as_str())?;
        let holder = self.make_term(right.holder.as_str())?;
        let service_task = self.make_term_if(right.branch.service_task())?;
        let producer = self.make_term_if(producer.map(Oid::as_str))?;
        self.execute(
            RIGHT,
            params![
                place.0,
                place.1,
                client.0,
                controller,
                organiser,
                service_task,
                right.services.join("\n"),
                holder,
                side,
                producer,
                right.validity.first.number(),
                right.validity.last.map(FinnishDay::number),
            ],
        )?;
        for suspension in &right.suspensions {
            let last = suspension.last.unwrap_or(suspension.first).number();
            let first = suspension.first.number();
            self.execute(SUSPENSION, params![place.0, place.1, first, last])?;
        }
        Ok(())
    }
}
