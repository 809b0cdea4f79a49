//! Notices to the units of producers.

use std::sync::Arc;

use varanto_domain::access::NoticePermit;
use varanto_domain::archive::proof::{Hash, sha256};
use varanto_domain::ids::{ClientKey, Oid};
use varanto_domain::relationship::{Notice, NoticeKind};
use varanto_domain::time::{FinnishDay, Instant};

use crate::engine::{Row, params};
use crate::{ReadTx, StoreError, WriteTx};

/// A notice and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its key.
    pub key: i64,
    /// The key of its relationship.
    pub relationship_key: i64,
    /// Whom it is about.
    pub client: ClientKey,
    /// What it tells.
    pub notice: Notice,
    /// When it was made.
    pub made_at: Instant,
    /// When it was acknowledged.
    pub acknowledged_at: Option<Instant>,
}

/// Which notices of a unit are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoticeFilter {
    /// Those behind this key.
    pub after: i64,
    /// Those that are told on this day.
    pub told_on: FinnishDay,
    /// Those that were acknowledged too.
    pub acknowledged_too: bool,
    /// At most so many.
    pub most: usize,
}

type Raw = (i64, i64, i64, i64, Option<i64>, String, i32, i32, i64, Option<i64>);

fn raw(row: &Row<'_>) -> Result<Raw, StoreError> {
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

impl ReadTx<'_> {
    /// The unit that a notice is for.
    pub fn holder_of_notice(&self, key: i64) -> Result<Option<Oid>, StoreError> {
        const SQL: &str = "SELECT holder FROM notice WHERE notice_key = ?1";
        let holder = self.optional(SQL, [key], |row| row.get(0))?;
        holder.map(|holder| self.oid_term(holder)).transpose()
    }

    /// The key of the relationship that a notice is about.
    pub fn relationship_of_notice(&self, key: i64) -> Result<Option<i64>, StoreError> {
        const SQL: &str = "SELECT relationship_key FROM notice WHERE notice_key = ?1";
        self.optional(SQL, [key], |row| row.get(0))
    }

    /// The notices of the unit that `permit` is for, oldest first.
    pub fn list_notices(
        &self,
        permit: &NoticePermit,
        filter: NoticeFilter,
    ) -> Result<Vec<NoticeRow>, StoreError> {
        const SQL: &str = "SELECT notice_key, relationship_key, client_key, kind, service_task,
            services, day, told_from, made_at, acknowledged_at FROM notice
            WHERE holder = ?1 AND notice_key > ?2 AND told_from <= ?3
            AND (?4 = 1 OR acknowledged_at IS NULL) ORDER BY notice_key LIMIT ?5";
        let Some(holder) = self.find_term(permit.holder().as_str())? else {
            return Ok(Vec::new());
        };
        let most = i64::try_from(filter.most).unwrap_or(i64::MAX);
        let told_on = filter.told_on.number();
        let rows = self.all(
            SQL,
            params![holder, filter.after, told_on, filter.acknowledged_too, most],
            raw,
        )?;
        rows.into_iter().map(|raw| self.notice_of(permit.holder(), raw)).collect()
    }

    /// The digest of what a notice's row holds.
    fn notice_digest(&self, key: i64) -> Result<Hash, StoreError> {
        const SQL: &str = "SELECT concat_ws(' ', notice_key, relationship_key, client_key, holder,
            kind, coalesce(CAST(service_task AS TEXT), '-'), day, told_from, made_at,
            coalesce(CAST(acknowledged_at AS TEXT), '-'), services) FROM notice WHERE notice_key = ?1";
        let row: String = self.one(SQL, [key], |row| row.get(0))?;
        Ok(sha256(row.as_bytes()))
    }

    /// The notices whose rows are not as they were written.
    pub(crate) fn wrong_notices(&self) -> Result<Vec<i64>, StoreError> {
        const SQL: &str = "SELECT notice_key, digest FROM notice ORDER BY notice_key";
        let mut wrong = Vec::new();
        for (key, digest) in
            self.all(SQL, [], |row| Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?)))?
        {
            if self.notice_digest(key)? != digest[..] {
                wrong.push(key);
            }
        }
        Ok(wrong)
    }

    fn notice_of(&self, holder: &Oid, raw: Raw) -> Result<NoticeRow, StoreError> {
        let (key, relationship_key, client, kind, task, services, day, told_from, made_at, seen) =
            raw;
        let damaged = || StoreError::Damaged(format!("notice {key}"));
        let kind = usize::try_from(kind).ok().and_then(|kind| NoticeKind::ALL.get(kind));
        let day_of = |number| FinnishDay::from_number(number).ok_or_else(damaged);
        let notice = Notice {
            kind: *kind.ok_or_else(damaged)?,
            holder: holder.clone(),
            relationship: self.relationship_of_key(relationship_key)?.known.id,
            service_task: task.map(|task| self.term(task)).transpose()?,
            services: services.lines().map(Arc::from).collect(),
            day: day_of(day)?,
            told_from: day_of(told_from)?,
        };
        Ok(NoticeRow {
            key,
            relationship_key,
            client: ClientKey(client),
            notice,
            made_at: Instant::from_millis(made_at),
            acknowledged_at: seen.map(Instant::from_millis),
        })
    }
}

impl WriteTx<'_> {
    /// Keeps a notice.
    pub fn insert_notice(
        &mut self,
        relationship_key: i64,
        client: ClientKey,
        notice: &Notice,
        made_at: Instant,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO notice VALUES
            (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, NULL, ?11)";
        let key = self.next_key();
        let holder = self.make_term(notice.holder.as_str())?;
        let task = self.make_term_if(notice.service_task.as_deref())?;
        self.execute(
            SQL,
            params![
                key,
                relationship_key,
                client.0,
                holder,
                notice.kind as i64,
                task,
                notice.services.join("\n"),
                notice.day.number(),
                notice.told_from.number(),
                made_at.millis(),
                b"".as_slice(),
            ],
        )?;
        self.seal_notice(key)
    }

    /// Keeps the digest of what a notice's row holds now.
    fn seal_notice(&mut self, key: i64) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE notice SET digest = ?2 WHERE notice_key = ?1";
        let digest = self.notice_digest(key)?;
        self.execute(SQL, params![key, &digest[..]])?;
        Ok(())
    }

    /// Drops what was told of the end of a right that ends on another day now, unless the unit has
    /// acknowledged it.
    pub fn drop_ending_notices(
        &mut self,
        relationship_key: i64,
        holder: &Oid,
        service_task: Option<&str>,
        services: &[Arc<str>],
    ) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM notice WHERE relationship_key = ?1 AND holder = ?2
            AND service_task IS NOT DISTINCT FROM ?3 AND services = ?4 AND kind = 1 AND acknowledged_at IS NULL";
        let holder = self.make_term(holder.as_str())?;
        let task = self.make_term_if(service_task)?;
        self.execute(SQL, params![relationship_key, holder, task, services.join("\n")])?;
        Ok(())
    }

    /// Marks a notice of the unit that `permit` is for as acknowledged; one that is so already stays as
    /// it is. Answers whom it is about; `None` when there is no such notice.
    pub fn acknowledge_notice(
        &mut self,
        permit: &NoticePermit,
        key: i64,
        at: Instant,
    ) -> Result<Option<ClientKey>, StoreError> {
        const FIND: &str = "SELECT client_key FROM notice WHERE notice_key = ?1 AND holder = ?2";
        const MARK: &str = "UPDATE notice SET acknowledged_at = ?2
            WHERE notice_key = ?1 AND acknowledged_at IS NULL";
        let Some(holder) = self.find_term(permit.holder().as_str())? else { return Ok(None) };
        let client = self.optional(FIND, [key, holder], |row| row.get(0).map(ClientKey))?;
        if client.is_some() {
            self.execute(MARK, params![key, at.millis()])?;
            self.seal_notice(key)?;
        }
        Ok(client)
    }
}
