//! Relationships and cases: rows derived from the newest versions of their documents.

use varanto_domain::archive::references::{KnownCase, KnownRelationship};
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::relationship::{InCase, Road};
use varanto_domain::time::{FinnishDay, Instant};

use crate::engine::{Row, params};
use crate::oids;
use crate::{ReadTx, StoreError, WriteTx};

/// A relationship and the key it is stored under.
#[derive(Debug, Clone)]
pub struct RelationshipRow {
    /// Its key.
    pub key: i64,
    /// What it says.
    pub known: KnownRelationship,
    /// The version that says it.
    pub from: VersionKey,
}

/// A case and the keys it is stored under.
#[derive(Debug, Clone)]
pub struct CaseRow {
    /// Its key.
    pub key: i64,
    /// The key of its relationship.
    pub relationship_key: i64,
    /// What it says.
    pub known: KnownCase,
    /// The version that says it.
    pub from: VersionKey,
}

type RawRelationship = (i64, Vec<u8>, i64, i64, i64, Option<i32>, String, i64, i64, i64);

fn raw_relationship(row: &Row<'_>) -> Result<RawRelationship, StoreError> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
        row.get(9)?,
    ))
}

/// A column that holds yes or no.
fn switch(number: i64, table: &str, key: i64) -> Result<bool, StoreError> {
    match number {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(StoreError::Damaged(format!("{table} {key}"))),
    }
}

fn in_case(row: &Row<'_>) -> Result<InCase, StoreError> {
    let moment = |column| row.get::<Option<i64>>(column).map(|at| at.map(Instant::from_millis));
    Ok(InCase { client: ClientKey(row.get(0)?), joined_at: moment(1)?, left_at: moment(2)? })
}

impl ReadTx<'_> {
    /// The relationship with this OID.
    pub fn find_relationship(&self, oid: &Oid) -> Result<Option<RelationshipRow>, StoreError> {
        const SQL: &str = "SELECT relationship_key, oid, client_key, controller, old, last_day,
            service_tasks, road, version_key, of_deceased FROM relationship WHERE oid = ?1";
        let raw = self.optional(SQL, [oids::pack(oid)], raw_relationship)?;
        raw.map(|raw| self.relationship_of(raw)).transpose()
    }

    /// The relationships of a client, oldest first.
    pub fn list_relationships(
        &self,
        client: ClientKey,
    ) -> Result<Vec<RelationshipRow>, StoreError> {
        const SQL: &str = "SELECT relationship_key, oid, client_key, controller, old, last_day,
            service_tasks, road, version_key, of_deceased FROM relationship WHERE client_key = ?1 ORDER BY relationship_key";
        let raw = self.all(SQL, [client.0], raw_relationship)?;
        raw.into_iter().map(|raw| self.relationship_of(raw)).collect()
    }

    /// The relationship of a key that is known to exist.
    pub fn relationship_of_key(&self, key: i64) -> Result<RelationshipRow, StoreError> {
        const SQL: &str = "SELECT relationship_key, oid, client_key, controller, old, last_day,
            service_tasks, road, version_key, of_deceased FROM relationship WHERE relationship_key = ?1";
        let raw = self.optional(SQL, [key], raw_relationship)?;
        let raw =
            raw.ok_or_else(|| StoreError::Damaged(format!("relationship {key} is missing")))?;
        self.relationship_of(raw)
    }

    fn relationship_of(&self, raw: RawRelationship) -> Result<RelationshipRow, StoreError> {
        let (key, oid, client, controller, old, last_day, tasks, road, from, of_deceased) = raw;
        let id = oids::unpack(&oid)
            .ok_or_else(|| StoreError::Damaged(format!("the OID of relationship {key}")))?;
        Ok(RelationshipRow {
            key,
            known: KnownRelationship {
                id,
                client: ClientKey(client),
                controller: self.oid_term(controller)?,
                old: switch(old, "relationship", key)?,
                last_day: last_day.and_then(FinnishDay::from_number),
                of_deceased: switch(of_deceased, "relationship", key)?,
                service_tasks: tasks.split_whitespace().map(str::to_owned).collect(),
                road: Road::ALL[usize::from(switch(road, "relationship", key)?)],
            },
            from: VersionKey(from),
        })
    }

    /// The case with this OID.
    pub fn find_case(&self, oid: &Oid) -> Result<Option<CaseRow>, StoreError> {
        const SQL: &str = "SELECT case_key FROM client_case WHERE oid = ?1";
        let key = self.optional(SQL, [oids::pack(oid)], |row| row.get(0))?;
        key.map(|key| self.case_of_key(key)).transpose()
    }

    /// The open cases of a relationship, oldest first.
    pub fn list_open_cases(&self, relationship_key: i64) -> Result<Vec<Oid>, StoreError> {
        const SQL: &str = "SELECT case_key, oid FROM client_case
            WHERE relationship_key = ?1 AND closed = 0 ORDER BY case_key";
        let raw: Vec<(i64, Vec<u8>)> =
            self.all(SQL, [relationship_key], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let oid = |(key, oid): (i64, Vec<u8>)| {
            oids::unpack(&oid).ok_or_else(|| StoreError::Damaged(format!("case {key}")))
        };
        raw.into_iter().map(oid).collect()
    }

    /// The cases of a relationship, oldest first.
    pub fn list_cases(&self, relationship_key: i64) -> Result<Vec<CaseRow>, StoreError> {
        const SQL: &str =
            "SELECT case_key FROM client_case WHERE relationship_key = ?1 ORDER BY case_key";
        let keys: Vec<i64> = self.all(SQL, [relationship_key], |row| row.get(0))?;
        keys.into_iter().map(|key| self.case_of_key(key)).collect()
    }

    /// The clients of a case, and the time of each in it, in their order.
    fn list_case_clients(&self, key: i64) -> Result<Vec<InCase>, StoreError> {
        const SQL: &str = "SELECT client_key, joined_at, left_at, place FROM case_client
            WHERE case_key = ?1 ORDER BY place";
        let rows: Vec<(InCase, i64)> =
            self.all(SQL, [key], |row| Ok((in_case(row)?, row.get(3)?)))?;
        let in_place = |(expected, (one, place)): (i64, (InCase, i64))| {
            let damaged = || StoreError::Damaged(format!("the clients of case {key}"));
            (place == expected).then_some(one).ok_or_else(damaged)
        };
        (0..).zip(rows).map(in_place).collect()
    }

    /// Who is in a joint case, and when; nobody in one that is not joint.
    pub fn list_joint_clients(&self, key: i64) -> Result<Vec<InCase>, StoreError> {
        const SQL: &str = "SELECT client_key, joined_at, left_at FROM case_client WHERE case_key =
            (SELECT case_key FROM client_case WHERE case_key = ?1 AND joint = 1) ORDER BY place";
        self.all(SQL, [key], in_case)
    }

    /// The joint cases that somebody is in, or was, with each time in them.
    pub fn list_times_in_joint_cases(
        &self,
        client: ClientKey,
    ) -> Result<Vec<(i64, InCase)>, StoreError> {
        const SQL: &str = "SELECT client_key, joined_at, left_at, case_key FROM case_client
            INDEXED BY case_by_client WHERE client_key = ?1 AND joined_at IS NOT NULL";
        let mut all = self.all(SQL, [client.0], |row| Ok((row.get(3)?, in_case(row)?)))?;
        all.sort_unstable();
        Ok(all)
    }

    /// Whether old documents hang on a case, in whatever state.
    pub fn holds_old_documents(&self, case_key: i64) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT 1 FROM document_version INDEXED BY old_version_by_case
            WHERE case_key = ?1 AND document_group = 3 LIMIT 1";
        Ok(self.optional(SQL, [case_key], |_| Ok(()))?.is_some())
    }

    /// The case of a key that is known to exist.
    pub fn case_of_key(&self, key: i64) -> Result<CaseRow, StoreError> {
        const SQL: &str = "SELECT oid, relationship_key, controller, closed, closed_on, joint,
            service_task, version_key FROM client_case WHERE case_key = ?1";
        type Raw = (Vec<u8>, i64, i64, i64, Option<i32>, i64, i64, i64);
        let raw: Option<Raw> = self.optional(SQL, [key], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
            ))
        })?;
        let damaged = || StoreError::Damaged(format!("case {key}"));
        let (oid, relationship_key, controller, closed, closed_on, joint, task, from) =
            raw.ok_or_else(damaged)?;
        Ok(CaseRow {
            key,
            relationship_key,
            known: KnownCase {
                id: oids::unpack(&oid).ok_or_else(damaged)?,
                clients: self.list_case_clients(key)?,
                controller: self.oid_term(controller)?,
                relationship: self.relationship_of_key(relationship_key)?.known,
                closed: switch(closed, "case", key)?,
                closed_on: closed_on.and_then(FinnishDay::from_number),
                joint: switch(joint, "case", key)?,
                service_task: self.term(task)?.to_string(),
            },
            from: VersionKey(from),
        })
    }
}

impl WriteTx<'_> {
    /// Keeps what the newest version of a relationship document says. Answers its key.
    pub fn upsert_relationship(
        &mut self,
        key: Option<i64>,
        known: &KnownRelationship,
        from: VersionKey,
    ) -> Result<i64, StoreError> {
        const SQL: &str = "INSERT INTO relationship
            (relationship_key, oid, client_key, controller, old, last_day, service_tasks, road,
             version_key, of_deceased) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
            ON CONFLICT (relationship_key) DO UPDATE SET old = excluded.old,
            last_day = excluded.last_day, service_tasks = excluded.service_tasks,
            road = excluded.road, version_key = excluded.version_key, of_deceased = excluded.of_deceased";
        let key = key.unwrap_or_else(|| self.next_key());
        let controller = self.make_term(known.controller.as_str())?;
        self.execute(
            SQL,
            params![
                key,
                oids::pack(&known.id),
                known.client.0,
                controller,
                known.old,
                known.last_day.map(FinnishDay::number),
                known.service_tasks.join(" "),
                known.road as i64,
                from.0,
                known.of_deceased,
            ],
        )?;
        Ok(key)
    }

    /// Keeps what the newest version of a case document says. Answers its key.
    pub fn upsert_case(
        &mut self,
        key: Option<i64>,
        relationship_key: i64,
        known: &KnownCase,
        from: VersionKey,
    ) -> Result<i64, StoreError> {
        const SQL: &str = "INSERT INTO client_case
            (case_key, oid, relationship_key, controller, closed, closed_on, joint, service_task,
             version_key)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (case_key) DO UPDATE SET relationship_key = excluded.relationship_key,
            closed = excluded.closed, closed_on = excluded.closed_on, joint = excluded.joint,
            service_task = excluded.service_task, version_key = excluded.version_key";
        const LEAVE: &str = "DELETE FROM case_client WHERE case_key = ?1";
        const CLIENT: &str =
            "INSERT INTO case_client (case_key, place, client_key, joined_at, left_at)
            VALUES (?1, ?2, ?3, ?4, ?5)";
        let key = key.unwrap_or_else(|| self.next_key());
        let controller = self.make_term(known.controller.as_str())?;
        let task = self.make_term(&known.service_task)?;
        self.execute(
            SQL,
            params![
                key,
                oids::pack(&known.id),
                relationship_key,
                controller,
                known.closed,
                known.closed_on.map(FinnishDay::number),
                known.joint,
                task,
                from.0,
            ],
        )?;
        self.execute(LEAVE, [key])?;
        for (place, one) in (0i64..).zip(&known.clients) {
            let [joined, left] = [one.joined_at, one.left_at].map(|at| at.map(Instant::millis));
            self.execute(CLIENT, params![key, place, one.client.0, joined, left])?;
        }
        Ok(key)
    }
}
