//! Reading the use log, newest line first, in pages.

use std::sync::Arc;

use varanto_domain::access::LogPermit;
use varanto_domain::access::log::{Event, KeptLine, PERSON};
use varanto_domain::archive::documents::DocumentGroup;
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::time::Instant;

use crate::engine::{Row, params};
use crate::oids;
use crate::{ReadTx, StoreError};

/// What narrows a list of lines. `None` narrows nothing.
#[derive(Debug, Clone, Default)]
pub struct LogFilter {
    /// About this client, by whichever of the client's keys; none: about anybody.
    pub clients: Vec<ClientKey>,
    /// By this actor, as lines name it.
    pub actor: Option<String>,
    /// At or after this instant.
    pub from: Option<Instant>,
    /// Before this instant.
    pub before: Option<Instant>,
    /// Of this event.
    pub event: Option<Event>,
    /// With this outcome, by its code.
    pub outcome: Option<String>,
}

/// The last line of the page before; the next page begins under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogPlace {
    /// When it was written.
    pub at: Instant,
    /// Its number.
    pub number: i64,
}

/// A version that a line tells of.
#[derive(Debug, Clone)]
pub struct LoggedVersion {
    /// The version.
    pub version: VersionKey,
    /// Whose it is.
    pub client: ClientKey,
    /// Its identifier.
    pub document: Oid,
    /// In whose register it is.
    pub controller: Oid,
    /// Its group.
    pub group: DocumentGroup,
    /// Its specific document type, where it has one.
    pub specific_type: Option<Arc<str>>,
    /// Of one that was destroyed, whether it named other clients: nothing more is known of it.
    pub destroyed: Option<bool>,
}

/// How lines name the operator of the archive.
pub const OPERATOR: &str = "operator";

macro_rules! lines_sql {
    ($which:literal) => {
        concat!(
            "SELECT line, at, event, outcome, reason, actor, organisation, actor_detail, ",
            "client_key, version_key, detail, leaf FROM use_log ",
            $which,
            " AND (at, line) < (?1, ?2) AND at >= ?3",
            " AND (?4 IS NULL OR client_key = ?4)",
            " AND (?5 IS NULL OR actor = ?5)",
            " AND (?6 IS NULL OR event = ?6)",
            " AND (?7 IS NULL OR outcome = ?7)",
            " ORDER BY at DESC, line DESC LIMIT ?8"
        )
    };
}

impl ReadTx<'_> {
    /// At most `most` lines that pass the filter, newest first. Whoever calls this decides of each what
    /// of it may be seen.
    pub fn find_log_lines(
        &self,
        _permit: &LogPermit,
        filter: &LogFilter,
        after: Option<LogPlace>,
        most: usize,
    ) -> Result<Vec<KeptLine>, StoreError> {
        let [first, others @ ..] = filter.clients.as_slice() else {
            return self.log_lines_of(None, filter, after, most);
        };
        let mut lines = self.log_lines_of(Some(*first), filter, after, most)?;
        for client in others {
            lines.extend(self.log_lines_of(Some(*client), filter, after, most)?);
        }
        if !others.is_empty() {
            lines.sort_by_key(|line| std::cmp::Reverse((line.at, line.number)));
            lines.truncate(most);
        }
        Ok(lines)
    }

    fn log_lines_of(
        &self,
        client: Option<ClientKey>,
        filter: &LogFilter,
        after: Option<LogPlace>,
        most: usize,
    ) -> Result<Vec<KeptLine>, StoreError> {
        const OF_CLIENT: &str = lines_sql!("INDEXED BY log_by_client WHERE client_key = ?4");
        const OF_ACTOR: &str = lines_sql!("INDEXED BY log_by_actor WHERE actor = ?5");
        const OF_ALL: &str = lines_sql!("INDEXED BY log_by_time WHERE at >= ?3");
        let (sql, actor) = match (client, &filter.actor) {
            (Some(_), actor) => (OF_CLIENT, actor),
            (None, actor @ Some(_)) => (OF_ACTOR, actor),
            (None, None) => (OF_ALL, &None),
        };
        let mut terms = [None, None];
        for (term, text) in terms.iter_mut().zip([actor, &filter.outcome]) {
            let Some(text) = text else { continue };
            *term = self.find_term(text)?;
            if term.is_none() {
                return Ok(Vec::new());
            }
        }
        let newest = LogPlace { at: Instant::from_millis(i64::MAX), number: i64::MAX };
        let before = |at| LogPlace { at, number: i64::MIN };
        let under = after.unwrap_or(newest).min(filter.before.map_or(newest, before));
        let lines = self.all(
            sql,
            params![
                under.at.millis(),
                under.number,
                filter.from.map_or(i64::MIN, Instant::millis),
                client.map(|client| client.0),
                terms[0],
                filter.event.map(|event| event as i64),
                terms[1],
                i64::try_from(most).unwrap_or(i64::MAX),
            ],
            |row| Ok(self.kept_line(row)),
        )?;
        lines.into_iter().collect()
    }

    /// The details of the operator's lines that begin so, oldest first. They tell of no client.
    pub fn administered(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        const SQL: &str = "SELECT detail FROM use_log INDEXED BY log_by_actor
            WHERE actor = ?1 AND event = ?2 AND client_key IS NULL
            AND substr(detail, 1, length(?3)) = ?3 ORDER BY line";
        let Some(operator) = self.find_term(OPERATOR)? else { return Ok(Vec::new()) };
        self.all(SQL, params![operator, Event::Administer as i64, prefix], |row| row.get(0))
    }

    /// The people who acted in a time, as lines name them; whoever calls this decides of each of their lines what of it
    /// may be seen.
    pub fn list_people_of_lines(
        &self,
        _permit: &LogPermit,
        from: Instant,
        before: Instant,
    ) -> Result<Vec<Arc<str>>, StoreError> {
        const SQL: &str = "SELECT DISTINCT actor FROM use_log INDEXED BY log_by_time
            WHERE at >= ?1 AND at < ?2";
        let actors = self.all(SQL, [from.millis(), before.millis()], |row| row.get::<i64>(0))?;
        let mut people = Vec::new();
        for actor in actors {
            people.push(self.term(actor)?);
        }
        people.retain(|actor| actor.starts_with(PERSON));
        people.sort_unstable();
        Ok(people)
    }

    /// What of a version has to be known to say whose business a line about it is. It opens nothing.
    pub fn logged_version(
        &self,
        _permit: &LogPermit,
        version: VersionKey,
    ) -> Result<Option<LoggedVersion>, StoreError> {
        const SQL: &str = "SELECT client_key, oid, controller, document_group, specific_type
            FROM document_version WHERE version_key = ?1";
        let damaged = || StoreError::Damaged(format!("the row of version {}", version.0));
        let read = |row: &Row<'_>| {
            let group = usize::try_from(row.get::<i64>(3)?).ok();
            let group = group.and_then(|place| DocumentGroup::ALL.get(place));
            Ok::<_, StoreError>(LoggedVersion {
                version,
                client: ClientKey(row.get(0)?),
                document: oids::unpack(&row.get::<Vec<u8>>(1)?).ok_or_else(damaged)?,
                controller: self.oid_term(row.get(2)?)?,
                group: *group.ok_or_else(damaged)?,
                specific_type: row
                    .get::<Option<i64>>(4)?
                    .map(|kind| self.term(kind))
                    .transpose()?,
                destroyed: None,
            })
        };
        if let Some(found) = self.optional(SQL, [version.0], |row| Ok(read(row)))?.transpose()? {
            return Ok(Some(found));
        }
        Ok(self.find_destroyed(version)?.map(|gone| LoggedVersion {
            version,
            client: gone.client,
            document: gone.document,
            controller: gone.controller,
            group: gone.group,
            specific_type: gone.specific_type.as_deref().map(Arc::from),
            destroyed: Some(gone.joint),
        }))
    }

    /// Whether anything of a client's is in one of the registers that a reviewer may see, under whichever of the
    /// client's keys.
    pub fn is_client_of(&self, permit: &LogPermit, client: ClientKey) -> Result<bool, StoreError> {
        for key in self.identities_of(client)? {
            for controller in permit.registers() {
                if self.register_holds(controller, key)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
