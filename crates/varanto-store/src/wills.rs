//! What clients permit and refuse: rows derived from every version of the documents of their will.

use varanto_domain::archive::documents::{DocumentGroup, VersionState};
use varanto_domain::disclosure::{Giver, PermissionSaid, RefusalEntry, Refused};
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::time::FinnishDay;

use crate::engine::params;
use crate::{ReadTx, StoreError, VersionRow, WriteTx};

type RawRefusal = (i64, String, Option<i32>, i64);
type RawPermission = (i64, Option<i32>, i32, i64);

impl ReadTx<'_> {
    /// What a client refuses: the entries of the refusal document in force.
    pub fn list_refusals(&self, client: ClientKey) -> Result<Vec<RefusalEntry>, StoreError> {
        const SQL: &str = "SELECT kept.kind, kept.refused, kept.set_on, kept.by_representative
            FROM refusal AS kept
            JOIN document_version AS said ON said.version_key = kept.version_key
            WHERE kept.client_key = ?1 AND said.state = 0
            ORDER BY kept.version_key, kept.place";
        let raw: Vec<RawRefusal> = self
            .all(SQL, [client.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        let damaged = || StoreError::Damaged(format!("the refusals of client {}", client.0));
        raw.into_iter().map(|raw| entry(raw).ok_or_else(damaged)).collect()
    }

    /// What a version of a refusal document refuses, wherever the version stands.
    pub fn refusals_of(&self, version: VersionKey) -> Result<Vec<RefusalEntry>, StoreError> {
        const SQL: &str = "SELECT kind, refused, set_on, by_representative, place FROM refusal
            WHERE version_key = ?1 AND client_key = ?2 ORDER BY place";
        let client = self.version_of_key(version)?.client;
        let raw: Vec<(RawRefusal, i64)> = self.all(SQL, [version.0, client.0], |row| {
            Ok(((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?), row.get(4)?))
        })?;
        let damaged = || StoreError::Damaged(format!("the refusals of version {}", version.0));
        let in_place = |(expected, (raw, place)): (i64, (RawRefusal, i64))| {
            (place == expected).then(|| entry(raw)).flatten().ok_or_else(damaged)
        };
        (0..).zip(raw).map(in_place).collect()
    }

    /// What the versions of a client's permission document say, oldest first, each with where it stands.
    pub fn list_permissions(
        &self,
        client: ClientKey,
    ) -> Result<Vec<(VersionState, PermissionSaid)>, StoreError> {
        const SQL: &str = "SELECT kept.granted, kept.given_on, kept.informed_on,
            kept.by_representative, said.state
            FROM disclosure_permission AS kept
            JOIN document_version AS said ON said.version_key = kept.version_key
            WHERE kept.client_key = ?1 ORDER BY kept.version_key";
        let raw: Vec<(RawPermission, i64)> = self.all(SQL, [client.0], |row| {
            let said = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((said, row.get(4)?))
        })?;
        let damaged = || StoreError::Damaged(format!("the permissions of client {}", client.0));
        let known = |(raw, state): (RawPermission, i64)| {
            Some((*VersionState::ALL.get(usize::try_from(state).ok()?)?, permission(raw)?))
        };
        raw.into_iter().map(|raw| known(raw).ok_or_else(damaged)).collect()
    }

    /// What a version of a permission document says, wherever the version stands.
    pub fn permission_of(&self, version: VersionKey) -> Result<Option<PermissionSaid>, StoreError> {
        const SQL: &str = "SELECT granted, given_on, informed_on, by_representative
            FROM disclosure_permission WHERE version_key = ?1 AND client_key = ?2";
        let client = self.version_of_key(version)?.client;
        let raw: Option<RawPermission> = self.optional(SQL, [version.0, client.0], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        let damaged = || StoreError::Damaged(format!("the permission of version {}", version.0));
        raw.map(|raw| permission(raw).ok_or_else(damaged)).transpose()
    }

    /// The document of a client's will of a group that is in force.
    pub fn find_will(
        &self,
        client: ClientKey,
        group: DocumentGroup,
    ) -> Result<Option<VersionRow>, StoreError> {
        const SQL: &str = "SELECT version_key FROM document_version
            WHERE client_key = ?1 AND document_group = ?2 AND state = 0
            ORDER BY version_key DESC LIMIT 1";
        let key = self.optional(SQL, [client.0, group as i64], |row| row.get(0).map(VersionKey))?;
        key.map(|key| self.version_of_key(key)).transpose()
    }
}

impl WriteTx<'_> {
    /// Keeps what a version of a refusal document refuses, in place of what was kept of it.
    pub fn keep_refusals(
        &mut self,
        client: ClientKey,
        version: VersionKey,
        entries: &[RefusalEntry],
    ) -> Result<(), StoreError> {
        const CLEAR: &str = "DELETE FROM refusal WHERE client_key = ?1 AND version_key = ?2";
        const SQL: &str = "INSERT INTO refusal
            (client_key, version_key, place, kind, refused, set_on, by_representative)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.execute(CLEAR, [client.0, version.0])?;
        for (place, entry) in (0i64..).zip(entries) {
            let (kind, refused) = match &entry.refused {
                Refused::Controller(controller) => (0, controller.as_str()),
                Refused::ServiceTask(task) => (1, &**task),
                Refused::Document(document) => (2, document.as_str()),
            };
            let set_on = entry.set_on.map(FinnishDay::number);
            let by = entry.by == Giver::Representative;
            self.execute(SQL, params![client.0, version.0, place, kind, refused, set_on, by])?;
        }
        Ok(())
    }

    /// Keeps what a version of a permission document says, in place of what was kept of it.
    pub fn keep_permission(
        &mut self,
        client: ClientKey,
        version: VersionKey,
        said: &PermissionSaid,
    ) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO disclosure_permission
            (client_key, version_key, granted, given_on, informed_on, by_representative)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (client_key, version_key) DO UPDATE SET granted = excluded.granted,
            given_on = excluded.given_on, informed_on = excluded.informed_on,
            by_representative = excluded.by_representative";
        let given_on = said.given_on.map(FinnishDay::number);
        let (informed_on, by) = (said.informed_on.number(), said.by == Giver::Representative);
        self.execute(SQL, params![client.0, version.0, said.granted, given_on, informed_on, by])
            .map(drop)
    }

    /// Drops the rows that no document of the will stands behind.
    pub(crate) fn drop_stray_wills(&mut self) -> Result<(), StoreError> {
        const REFUSALS: &str = "DELETE FROM refusal WHERE NOT EXISTS
            (SELECT 1 FROM document_version AS said WHERE said.version_key = refusal.version_key
            AND said.client_key = refusal.client_key AND said.document_group = ?1)";
        const PERMISSIONS: &str = "DELETE FROM disclosure_permission WHERE NOT EXISTS
            (SELECT 1 FROM document_version AS said
            WHERE said.version_key = disclosure_permission.version_key
            AND said.client_key = disclosure_permission.client_key AND said.document_group = ?1)";
        self.execute(REFUSALS, [DocumentGroup::Refusal as i64])?;
        self.execute(PERMISSIONS, [DocumentGroup::Permission as i64]).map(drop)
    }
}

fn giver(by_representative: i64) -> Option<Giver> {
    match by_representative {
        0 => Some(Giver::Client),
        1 => Some(Giver::Representative),
        _ => None,
    }
}

/// A day that may be missing; `None` for a number that is no day.
#[expect(clippy::option_option, reason = "missing and damaged are two things")]
fn day(number: Option<i32>) -> Option<Option<FinnishDay>> {
    number.map_or(Some(None), |number| FinnishDay::from_number(number).map(Some))
}

fn entry((kind, refused, set_on, by): RawRefusal) -> Option<RefusalEntry> {
    let refused = match kind {
        0 => Refused::Controller(Oid::parse(&refused).ok()?),
        1 => Refused::ServiceTask(refused.into()),
        2 => Refused::Document(Oid::parse(&refused).ok()?),
        _ => return None,
    };
    Some(RefusalEntry { refused, set_on: day(set_on)?, by: giver(by)? })
}

fn permission((granted, given_on, informed_on, by): RawPermission) -> Option<PermissionSaid> {
    let granted = match granted {
        0 => false,
        1 => true,
        _ => return None,
    };
    Some(PermissionSaid {
        granted,
        given_on: day(given_on)?,
        informed_on: FinnishDay::from_number(informed_on)?,
        by: giver(by)?,
    })
}
