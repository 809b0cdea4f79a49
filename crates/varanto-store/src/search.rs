//! Lists of versions, newest first, in pages.

use varanto_domain::archive::documents::{DocumentGroup, VersionState};
use varanto_domain::ids::{ClientKey, Oid, VersionKey};
use varanto_domain::relationship::InCase;
use varanto_domain::time::Instant;

use crate::documents::{RawVersion, VersionRow};
use crate::engine::params;
use crate::{ReadTx, StoreError};

/// Where to look: it decides which index is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The documents of one client.
    Client(ClientKey),
    /// The documents of one client in a joint case that were written while another was in it.
    InCase {
        /// Whose they are.
        client: ClientKey,
        /// The case.
        case_key: i64,
        /// The other's time in it.
        time: InCase,
    },
    /// The documents in one controller's register.
    Register(Oid),
}

/// What narrows a list. `None` narrows nothing.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "each field is the column of the same name")]
pub struct Filter {
    pub controller: Option<Oid>,
    pub case_key: Option<i64>,
    pub relationship_key: Option<i64>,
    pub group: Option<DocumentGroup>,
    pub general_type: Option<String>,
    pub specific_type: Option<String>,
    pub service_task: Option<String>,
    pub organiser: Option<Oid>,
    pub unit: Option<Oid>,
    pub main: Option<VersionKey>,
    /// Written at or after this instant.
    pub from: Option<Instant>,
    /// Written before this instant.
    pub before: Option<Instant>,
    /// No older than this place, which belongs to the list: where one stretch of a walk ends.
    pub until: Option<After>,
    /// Only these states.
    pub states: Vec<VersionState>,
}

/// The last entry of the page before; the next page begins after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct After {
    /// When it was written.
    pub written_at: Instant,
    /// Its key.
    pub version: VersionKey,
}

impl Filter {
    /// The places between which the list lies, as one bound each, so that the index is entered at
    /// the one and left at the other: under the first, at or over the second.
    fn bounds(&self, after: Option<After>) -> [After; 2] {
        let before = |at: Instant| After { written_at: at, version: VersionKey(i64::MIN) };
        let newest = After { written_at: Instant::from_millis(i64::MAX), version: NO_KEY };
        let oldest = before(Instant::from_millis(i64::MIN));
        let under = after.unwrap_or(newest).min(self.before.map_or(newest, before));
        let least = self.until.unwrap_or(oldest).max(self.from.map_or(oldest, before));
        [under, least]
    }
}

/// Greater than every key there is.
const NO_KEY: VersionKey = VersionKey(i64::MAX);

macro_rules! list_sql {
    ($scope:literal) => {
        concat!(
            "SELECT version_key, client_key, set_key, version, state, document_group, form, ",
            "controller, case_key, relationship_key, main_key, written_at, archived_at, ",
            "content_bytes, leaf, oid, arrival, unit, service_task, specific_type ",
            "FROM document_version ",
            $scope,
            " AND (written_at, version_key) < (?2, ?3)",
            " AND (written_at, version_key) >= (?4, ?5)",
            " AND (?6 >> CAST(state AS INTEGER)) & 1 = 1",
            " AND (?7 IS NULL OR controller = ?7)",
            " AND (?8 IS NULL OR case_key = ?8)",
            " AND (?9 IS NULL OR relationship_key = ?9)",
            " AND (?10 IS NULL OR document_group = ?10)",
            " AND (?11 IS NULL OR general_type = ?11)",
            " AND (?12 IS NULL OR specific_type = ?12)",
            " AND (?13 IS NULL OR service_task = ?13)",
            " AND (?14 IS NULL OR organiser = ?14)",
            " AND (?15 IS NULL OR unit = ?15)",
            " AND (?16 IS NULL OR main_key = ?16)",
            " ORDER BY written_at DESC, version_key DESC LIMIT ?17"
        )
    };
}

impl ReadTx<'_> {
    /// At most `most` versions in the scope that pass the filter, newest first.
    ///
    /// Whoever calls this decides every hit before it is shown: the filter only narrows (design D3).
    pub fn find_versions(
        &self,
        scope: &Scope,
        filter: &Filter,
        after: Option<After>,
        most: usize,
    ) -> Result<Vec<VersionRow>, StoreError> {
        const OF_CLIENT: &str = list_sql!("INDEXED BY version_by_client WHERE client_key = ?1");
        const OF_REGISTER: &str = list_sql!("INDEXED BY version_by_register WHERE controller = ?1");
        let Some(terms) = self.filter_terms(filter)? else { return Ok(Vec::new()) };
        let (sql, scope) = match scope {
            Scope::Client(client) => (OF_CLIENT, client.0),
            Scope::InCase { client, case_key, time } => {
                if filter.case_key.is_some_and(|asked| asked != *case_key) {
                    return Ok(Vec::new());
                }
                let filter = Filter {
                    case_key: Some(*case_key),
                    from: filter.from.max(time.joined_at),
                    before: match (filter.before, time.left_at) {
                        (Some(asked), Some(left)) => Some(asked.min(left)),
                        (asked, left) => asked.or(left),
                    },
                    ..filter.clone()
                };
                return self.find_versions(&Scope::Client(*client), &filter, after, most);
            }
            Scope::Register(controller) => match self.find_term(controller.as_str())? {
                Some(number) => (OF_REGISTER, number),
                None => return Ok(Vec::new()),
            },
        };
        let states: i64 = filter.states.iter().map(|state| 1 << (*state as i64)).sum();
        let [controller, general, specific, task, organiser, unit] = terms;
        let [under, least] = filter.bounds(after);
        let raw = self.all(
            sql,
            params![
                scope,
                under.written_at.millis(),
                under.version.0,
                least.written_at.millis(),
                least.version.0,
                states,
                controller,
                filter.case_key,
                filter.relationship_key,
                filter.group.map(|group| group as i64),
                general,
                specific,
                task,
                organiser,
                unit,
                filter.main.map(|main| main.0),
                i64::try_from(most).unwrap_or(i64::MAX),
            ],
            RawVersion::read,
        )?;
        raw.iter().map(|raw| self.version_of(raw)).collect()
    }

    /// The place that lies `rows` versions further down a register, whatever else the filter asks;
    /// `None` when the register, or the filter's span of time, ends before. Only the index is read.
    pub fn place_further(
        &self,
        register: &Oid,
        filter: &Filter,
        after: Option<After>,
        rows: usize,
    ) -> Result<Option<After>, StoreError> {
        const SQL: &str = "SELECT written_at, version_key FROM document_version \
            INDEXED BY version_by_register WHERE controller = ?1 \
            AND (written_at, version_key) < (?2, ?3) AND (written_at, version_key) >= (?4, ?5) \
            ORDER BY written_at DESC, version_key DESC LIMIT 1 OFFSET ?6";
        let Some(controller) = self.find_term(register.as_str())? else { return Ok(None) };
        let [under, least] = filter.bounds(after);
        let bounds = (under.written_at.millis(), under.version.0);
        let least = (least.written_at.millis(), least.version.0);
        let rows = i64::try_from(rows.saturating_sub(1)).unwrap_or(i64::MAX);
        let params = [controller, bounds.0, bounds.1, least.0, least.1, rows];
        self.optional(SQL, params, |row| {
            let written_at = Instant::from_millis(row.get(0)?);
            Ok(After { written_at, version: VersionKey(row.get(1)?) })
        })
    }

    /// The numbers of the filter's texts; `None` when one of them was never kept, so that nothing
    /// can be found.
    fn filter_terms(&self, filter: &Filter) -> Result<Option<[Option<i64>; 6]>, StoreError> {
        let texts = [
            filter.controller.as_ref().map(Oid::as_str),
            filter.general_type.as_deref(),
            filter.specific_type.as_deref(),
            filter.service_task.as_deref(),
            filter.organiser.as_ref().map(Oid::as_str),
            filter.unit.as_ref().map(Oid::as_str),
        ];
        let mut terms = [None; 6];
        for (term, text) in terms.iter_mut().zip(texts) {
            let Some(text) = text else { continue };
            *term = self.find_term(text)?;
            if term.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(terms))
    }
}
