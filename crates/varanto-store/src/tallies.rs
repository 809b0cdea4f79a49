//! Counts kept while archiving, so that no report walks the documents.

use std::collections::BTreeMap;
use std::sync::Arc;

use varanto_domain::archive::documents::{DocumentGroup, archiving_delay_millis};
use varanto_domain::archive::monitoring::Delays;
use varanto_domain::ids::{Oid, VersionKey};
use varanto_domain::time::{FinnishDay, Instant};

use crate::engine::params;
use crate::{ReadTx, StoreError, WriteTx};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// How many versions a register holds of one kind and month.
#[derive(Debug, Clone)]
pub struct TallyRow {
    /// In whose register.
    pub controller: Oid,
    /// The year and month (1 to 12) in which they were written.
    pub month: (i16, i8),
    /// Their group.
    pub group: DocumentGroup,
    /// Their specific or else general type.
    pub document_type: Option<String>,
    /// How many.
    pub versions: u64,
    /// Bytes of content as sent.
    pub content_bytes: u64,
}

/// The delays of one register's documents archived on one day.
#[derive(Debug, Clone)]
pub struct DelayRow {
    /// In whose register.
    pub controller: Oid,
    /// The day of archiving.
    pub day: FinnishDay,
    /// How many versions.
    pub versions: u64,
    /// Their delays together, in milliseconds.
    pub total_millis: u64,
    /// The longest, in milliseconds.
    pub most_millis: u64,
    /// How many within an hour, a day and a week.
    pub within: [u64; 3],
}

/// The delays of versions that arrived in one way from one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArrivalRow {
    /// How they arrived, as JSON.
    pub arrival: Arc<str>,
    /// The unit that recorded them.
    pub unit: Option<Oid>,
    /// How soon they came.
    pub delays: Delays,
}

/// Submissions of one sender that were turned down for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnedDownRow {
    /// Who sent them, as lines name the actor.
    pub actor: Arc<str>,
    /// For which organisation.
    pub organisation: Option<Arc<str>>,
    /// The controller of the register that they named; `None`: none was read, or it was before lines told it.
    pub register: Option<String>,
    /// `refused` or `denied`.
    pub outcome: Arc<str>,
    /// The denial's code, or those of the faults with commas between them.
    pub reason: Arc<str>,
    /// How many.
    pub submissions: u64,
}

/// The counts, made anew from the versions.
#[derive(Default)]
struct Recount {
    /// Versions and bytes, by controller, month, group and type.
    tallies: BTreeMap<[i64; 4], [i64; 2]>,
    /// As the columns of `archiving_delay`, by controller and day.
    delays: BTreeMap<[i64; 2], [i64; 6]>,
}

impl Recount {
    fn add(&mut self, version: [i64; 6]) {
        let [controller, written, archived, group, kind, bytes] = version;
        let (written, archived) = (Instant::from_millis(written), Instant::from_millis(archived));
        let tally = [controller, month_of(FinnishDay::of(written)), group, kind];
        let tally = self.tallies.entry(tally).or_default();
        tally[0] += 1;
        tally[1] = tally[1].wrapping_add(bytes);
        let group = usize::try_from(group).ok().and_then(|group| DocumentGroup::ALL.get(group));
        let delay = group.and_then(|group| archiving_delay_millis(*group, written, archived));
        if let Some(millis) = delay {
            self.add_delay(controller, archived, millis);
        }
    }

    fn add_delay(&mut self, controller: i64, archived: Instant, millis: i64) {
        let day = [controller, i64::from(FinnishDay::of(archived).number())];
        let delay = self.delays.entry(day).or_default();
        let within = [HOUR, DAY, WEEK].map(|limit| i64::from(millis <= limit));
        delay[0] += 1;
        delay[1] = delay[1].wrapping_add(millis);
        delay[2] = delay[2].max(millis);
        for (count, one) in delay[3..].iter_mut().zip(within) {
            *count += one;
        }
    }
}

/// The month as the store keeps it.
fn month_of(day: FinnishDay) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month()) - 1
}

impl WriteTx<'_> {
    /// Counts a version in.
    pub fn count_version(
        &mut self,
        controller: &Oid,
        written: FinnishDay,
        kind: (DocumentGroup, Option<&str>),
        content_bytes: u64,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO tally VALUES (?1, ?2, ?3, ?4, 1, ?5)
            ON CONFLICT (controller, month, document_group, document_type) DO UPDATE SET
            versions = tally.versions + 1,
            content_bytes = tally.content_bytes + excluded.content_bytes";
        let controller = self.make_term(controller.as_str())?;
        let document_type = self.make_term_if(kind.1)?.unwrap_or(0);
        let month = month_of(written);
        let bytes = content_bytes.cast_signed();
        self.execute(SQL, params![controller, month, kind.0 as i64, document_type, bytes])?;
        Ok(())
    }

    /// Counts a delay in. Source: ARC-13.
    pub fn count_delay(
        &mut self,
        controller: &Oid,
        archived: FinnishDay,
        millis: i64,
    ) -> Result<(), StoreError> {
        const SQL: &str =
            "INSERT INTO archiving_delay AS kept VALUES (?1, ?2, 1, ?3, ?3, ?4, ?5, ?6)
            ON CONFLICT (controller, day) DO UPDATE SET versions = kept.versions + 1,
            total_millis = kept.total_millis + excluded.total_millis,
            most_millis = CASE WHEN kept.most_millis > excluded.most_millis
            THEN kept.most_millis ELSE excluded.most_millis END,
            within_hour = kept.within_hour + excluded.within_hour,
            within_day = kept.within_day + excluded.within_day,
            within_week = kept.within_week + excluded.within_week";
        let controller = self.make_term(controller.as_str())?;
        let within = [HOUR, DAY, WEEK].map(|limit| i64::from(millis <= limit));
        self.execute(
            SQL,
            params![controller, archived.number(), millis, within[0], within[1], within[2]],
        )?;
        Ok(())
    }
}

impl WriteTx<'_> {
    /// Counts a version out that is destroyed. What was told of delays stays.
    pub(crate) fn uncount_version(&mut self, version: VersionKey) -> Result<(), StoreError> {
        const SQL: &str =
            "UPDATE tally SET versions = versions - 1, content_bytes = content_bytes - ?5
            WHERE controller = ?1 AND month = ?2 AND document_group = ?3 AND document_type = ?4";
        const NONE: &str = "DELETE FROM tally WHERE controller = ?1 AND month = ?2
            AND document_group = ?3 AND document_type = ?4 AND versions = 0";
        const VERSION: &str = "SELECT controller, written_at, document_group,
            coalesce(specific_type, general_type, 0), content_bytes
            FROM document_version WHERE version_key = ?1";
        let [controller, written, group, kind, bytes]: [i64; 5] =
            self.one(VERSION, [version.0], |row| {
                Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
            })?;
        let month = month_of(FinnishDay::of(Instant::from_millis(written)));
        self.execute(SQL, params![controller, month, group, kind, bytes])?;
        self.execute(NONE, params![controller, month, group, kind])?;
        Ok(())
    }
}

impl WriteTx<'_> {
    /// Makes the counts anew from the versions.
    pub(crate) fn rebuild_counts(&mut self) -> Result<(), StoreError> {
        const TALLY: &str = "INSERT INTO tally VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        const DELAY: &str = "INSERT INTO archiving_delay VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let recount = self.recount()?;
        self.execute("DELETE FROM tally", [])?;
        self.execute("DELETE FROM archiving_delay", [])?;
        for (key, kept) in recount.tallies {
            self.execute(TALLY, params![key[0], key[1], key[2], key[3], kept[0], kept[1]])?;
        }
        for (day, kept) in recount.delays {
            let [versions, total, most, hour, within_day, week] = kept;
            let row = params![day[0], day[1], versions, total, most, hour, within_day, week];
            self.execute(DELAY, row)?;
        }
        Ok(())
    }
}

impl ReadTx<'_> {
    /// Every tally, by controller and month.
    pub fn list_tallies(&self) -> Result<Vec<TallyRow>, StoreError> {
        const SQL: &str = "SELECT controller, month, document_group, document_type, versions,
            content_bytes FROM tally ORDER BY controller, month, document_group, document_type";
        type Raw = (i64, i64, i64, i64, i64, i64);
        let raw: Vec<Raw> = self.all(SQL, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })?;
        raw.into_iter()
            .map(|(controller, month, group, document_type, versions, bytes)| {
                let damaged = || StoreError::Damaged("a row of the tally".into());
                let group = usize::try_from(group).ok().and_then(|n| DocumentGroup::ALL.get(n));
                Ok(TallyRow {
                    controller: self.oid_term(controller)?,
                    month: (
                        i16::try_from(month.div_euclid(12)).map_err(|_| damaged())?,
                        i8::try_from(month.rem_euclid(12) + 1).map_err(|_| damaged())?,
                    ),
                    group: *group.ok_or_else(damaged)?,
                    document_type: match document_type {
                        0 => None,
                        number => Some(self.term(number)?.to_string()),
                    },
                    versions: versions.cast_unsigned(),
                    content_bytes: bytes.cast_unsigned(),
                })
            })
            .collect()
    }

    /// The delays of a register, newest day first.
    pub fn list_delays(&self, controller: &Oid, days: usize) -> Result<Vec<DelayRow>, StoreError> {
        const SQL: &str = "SELECT day, versions, total_millis, most_millis, within_hour,
            within_day, within_week FROM archiving_delay WHERE controller = ?1
            ORDER BY day DESC LIMIT ?2";
        let Some(number) = self.find_term(controller.as_str())? else { return Ok(Vec::new()) };
        let most = i64::try_from(days).unwrap_or(i64::MAX);
        let raw: Vec<(i32, [i64; 6])> = self.all(SQL, [number, most], |row| {
            let mut counts = [0; 6];
            for (column, count) in counts.iter_mut().enumerate() {
                *count = row.get(column + 1)?;
            }
            Ok((row.get(0)?, counts))
        })?;
        Ok(raw
            .into_iter()
            .filter_map(|(day, counts)| {
                let [versions, total, most, hour, in_day, week] = counts.map(i64::cast_unsigned);
                Some(DelayRow {
                    controller: controller.clone(),
                    day: FinnishDay::from_number(day)?,
                    versions,
                    total_millis: total,
                    most_millis: most,
                    within: [hour, in_day, week],
                })
            })
            .collect())
    }

    /// The counts as the versions give them.
    fn recount(&self) -> Result<Recount, StoreError> {
        const VERSIONS: &str = "SELECT controller, written_at, archived_at, document_group,
            coalesce(specific_type, general_type, 0), content_bytes FROM document_version";
        const DESTROYED: &str =
            "SELECT controller, archived_at, delay FROM destroyed_version WHERE delay IS NOT NULL";
        let mut recount = Recount::default();
        self.each(VERSIONS, [], |row| {
            let mut values = [0i64; 6];
            for (column, value) in values.iter_mut().enumerate() {
                *value = row.get(column)?;
            }
            recount.add(values);
            Ok::<_, StoreError>(())
        })?;
        // What was told of delays is true of what was destroyed since, too.
        self.each(DESTROYED, [], |row| {
            let archived = Instant::from_millis(row.get(1)?);
            recount.add_delay(row.get(0)?, archived, row.get(2)?);
            Ok::<_, StoreError>(())
        })?;
        Ok(recount)
    }

    /// The rows of the counts that a recount of the versions does not give, each by its place.
    pub(crate) fn wrong_counts(&self) -> Result<Vec<String>, StoreError> {
        const TALLIES: &str = "SELECT controller, month, document_group, document_type, versions,
            content_bytes FROM tally";
        const DELAYS: &str = "SELECT controller, day, versions, total_millis, most_millis,
            within_hour, within_day, within_week FROM archiving_delay";
        let mut recount = self.recount()?;
        let mut wrong = Vec::new();
        let tallies: Vec<([i64; 4], [i64; 2])> = self.all(TALLIES, [], |row| {
            let key = [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?];
            Ok((key, [row.get(4)?, row.get(5)?]))
        })?;
        for (key, kept) in tallies {
            if recount.tallies.remove(&key) != Some(kept) {
                wrong.push(format!("tally {key:?}"));
            }
        }
        let delays: Vec<([i64; 2], [i64; 6])> = self.all(DELAYS, [], |row| {
            let mut kept = [0; 6];
            for (column, value) in kept.iter_mut().enumerate() {
                *value = row.get(column + 2)?;
            }
            Ok(([row.get(0)?, row.get(1)?], kept))
        })?;
        for (key, kept) in delays {
            if recount.delays.remove(&key) != Some(kept) {
                wrong.push(format!("archiving delay {key:?}"));
            }
        }
        wrong.extend(recount.tallies.keys().map(|key| format!("tally {key:?}")));
        wrong.extend(recount.delays.keys().map(|key| format!("archiving delay {key:?}")));
        Ok(wrong)
    }

    /// How soon the versions of a register were archived that were ready at or after an instant and before another: by how they
    /// arrived and the unit that recorded them. Old documents have no delay, and of what was destroyed nothing is told.
    ///
    /// # Errors
    /// [`StoreError::Overtime`] when it takes too long.
    ///
    /// Source: ARC-13, CAS-6.
    pub fn list_delays_by_arrival(
        &self,
        controller: &Oid,
        (from, before): (Instant, Instant),
    ) -> Result<Vec<ArrivalRow>, StoreError> {
        const SQL: &str = "SELECT arrival, unit, document_group, written_at, archived_at
            FROM document_version INDEXED BY version_by_register
            WHERE controller = ?1 AND written_at >= ?2 AND written_at < ?3";
        let Some(number) = self.find_term(controller.as_str())? else { return Ok(Vec::new()) };
        let mut found: BTreeMap<(i64, Option<i64>), Delays> = BTreeMap::new();
        self.each(SQL, [number, from.millis(), before.millis()], |row| {
            let group = usize::try_from(row.get::<i64>(2)?).ok();
            let group = group.and_then(|place| DocumentGroup::ALL.get(place));
            let group = *group.ok_or_else(|| StoreError::Damaged("a version's group".into()))?;
            let [written, archived] = [row.get(3)?, row.get(4)?].map(Instant::from_millis);
            if let Some(millis) = archiving_delay_millis(group, written, archived) {
                found.entry((row.get(0)?, row.get(1)?)).or_default().add(millis);
            }
            Ok::<_, StoreError>(())
        })?;
        let told = |((arrival, unit), delays): ((i64, Option<i64>), Delays)| {
            let unit = unit.map(|unit| self.oid_term(unit)).transpose()?;
            Ok(ArrivalRow { arrival: self.term(arrival)?, unit, delays })
        };
        found.into_iter().map(told).collect()
    }

    /// What was sent at or after an instant and before another and is not archived, of all registers: by who sent it, to which
    /// register, and why not.
    ///
    /// # Errors
    /// [`StoreError::Overtime`] when it takes too long.
    ///
    /// Source: CAS-6, LOG-1.
    pub fn list_turned_down(
        &self,
        (from, before): (Instant, Instant),
    ) -> Result<Vec<TurnedDownRow>, StoreError> {
        const SQL: &str = "SELECT actor, organisation, outcome, reason, detail
            FROM use_log INDEXED BY log_of_turned_down
            WHERE event = 0 AND (version_key IS NULL OR detail = 'resent') AND at >= ?1 AND at < ?2";
        let mut found: BTreeMap<([i64; 3], Option<i64>, String), u64> = BTreeMap::new();
        self.each(SQL, [from.millis(), before.millis()], |row| {
            let detail: String = row.get(4)?;
            let words = detail.split(' ').filter_map(|word| word.strip_prefix("register="));
            let register = words.map(str::to_owned).next().unwrap_or_default();
            let key = ([row.get(0)?, row.get(2)?, row.get(3)?], row.get(1)?, register);
            *found.entry(key).or_default() += 1;
            Ok::<_, StoreError>(())
        })?;
        let mut rows = Vec::new();
        for (([actor, outcome, reason], organisation, register), submissions) in found {
            let outcome = self.term(outcome)?;
            if &*outcome == "permitted" {
                continue;
            }
            rows.push(TurnedDownRow {
                actor: self.term(actor)?,
                organisation: organisation.map(|one| self.term(one)).transpose()?,
                register: Some(register).filter(|register| !register.is_empty()),
                outcome,
                reason: self.term(reason)?,
                submissions,
            });
        }
        Ok(rows)
    }

    /// How many clients anything is archived about.
    pub fn count_clients(&self) -> Result<u64, StoreError> {
        self.one("SELECT count(*) FROM client_key", [], |row| {
            row.get::<i64>(0).map(i64::cast_unsigned)
        })
    }
}
