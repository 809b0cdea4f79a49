//! The register of users: rights as they were granted and ended. A row is never changed but for its end. Each is sealed
//! with what its other columns say, so that none of them is changed unseen.

use varanto_domain::access::log::{Event, KeptLine};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid};
use varanto_domain::time::Instant;

use crate::engine::{Row, params};
use crate::{ReadTx, StoreError, WriteTx};

/// A right of a user, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Its key.
    pub key: i64,
    /// The organisation whose user it is.
    pub organisation: Oid,
    /// The organiser that keeps it, where it is not the organisation itself.
    pub organiser: Option<Oid>,
    /// The delegation that it hangs on.
    pub delegation: Option<i64>,
    /// The right, as it was printed.
    pub right: Vec<u8>,
    /// When it was granted.
    pub granted_at: Instant,
    /// The line that tells of it.
    pub granted_line: i64,
    /// When it was ended: replaced or taken away.
    pub ended_at: Option<Instant>,
    /// The line that tells of that.
    pub ended_line: Option<i64>,
    /// Whether who granted it ended it.
    pub ended_by_granter: bool,
    /// Whether the operator granted it, by a file.
    pub granted_by_operator: bool,
    /// Whether the operator ended it.
    pub ended_by_operator: bool,
    /// The client who the user is.
    pub client: Option<ClientKey>,
    /// Under what the user's identity code is found, where one was told.
    pub lookup: Option<UserLookup>,
}

/// Under what a user's identity code is found. The code itself is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserLookup(Vec<u8>);

/// A right to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewUserRight<'r> {
    /// Whose user it is.
    pub organisation: &'r Oid,
    /// The organiser that keeps it, where it is not the organisation itself.
    pub organiser: Option<&'r Oid>,
    /// The delegation that it hangs on.
    pub delegation: Option<i64>,
    /// The right, as it is printed.
    pub right: &'r [u8],
    /// Under what the user's identity code is found.
    pub lookup: Option<&'r UserLookup>,
}

macro_rules! users_sql {
    ($which:literal) => {
        concat!(
            "SELECT held.user_key, held.organisation, held.sealed, held.granted_at, held.ended_at, ",
            "held.lookup, named.client_key, held.granted_line, held.ended_line, held.organiser, ",
            "held.delegation, granted.actor IS NOT DISTINCT FROM ended.actor, ",
            "granted.actor IS NOT DISTINCT FROM operator.number, ",
            "ended.actor IS NOT DISTINCT FROM operator.number FROM user_right AS held ",
            "LEFT JOIN term AS operator ON operator.text = 'operator' ",
            "LEFT JOIN use_log AS granted ON granted.line = held.granted_line ",
            "LEFT JOIN use_log AS ended ON ended.line = held.ended_line ",
            "LEFT JOIN client_identifier AS named ON named.lookup = held.lookup ",
            $which
        )
    };
}

impl ReadTx<'_> {
    /// Every right of every organisation, ended ones too, as they were granted.
    pub fn list_all_user_rights(&self) -> Result<Vec<UserRow>, StoreError> {
        const SQL: &str = users_sql!("ORDER BY held.user_key");
        self.all(SQL, [], |row| Ok(self.user_of(row)))?.into_iter().collect()
    }

    /// A right by its key.
    pub fn find_user_right(&self, key: i64) -> Result<Option<UserRow>, StoreError> {
        const SQL: &str = users_sql!("WHERE held.user_key = ?1");
        self.optional(SQL, [key], |row| Ok(self.user_of(row)))?.transpose()
    }

    /// The rights that hang on a delegation and were not ended, oldest first.
    pub fn list_user_rights_under(&self, delegation: i64) -> Result<Vec<UserRow>, StoreError> {
        const SQL: &str = users_sql!(
            "WHERE held.organiser IS NOT NULL AND held.delegation = ?1 AND held.ended_at IS NULL \
             ORDER BY held.user_key"
        );
        self.all(SQL, [delegation], |row| Ok(self.user_of(row)))?.into_iter().collect()
    }

    /// At most `most` rights of an organisation's users, and those of others' that it keeps as an organiser, that
    /// were granted before a key, newest first.
    pub fn list_user_rights(
        &self,
        organisation: &Oid,
        under: i64,
        most: usize,
    ) -> Result<Vec<UserRow>, StoreError> {
        const SQL: &str = users_sql!(
            "WHERE (held.organisation = ?1 OR held.organiser = ?1) AND held.user_key < ?2 \
             ORDER BY held.user_key DESC LIMIT ?3"
        );
        let Some(term) = self.find_term(organisation.as_str())? else { return Ok(Vec::new()) };
        let params = params![term, under, i64::try_from(most).unwrap_or(i64::MAX)];
        self.all(SQL, params, |row| Ok(self.user_of(row)))?.into_iter().collect()
    }

    /// At most 512 lines of the log after a number that tell of users' rights, oldest first.
    pub fn list_lines_of_users(&self, after: i64) -> Result<Vec<KeptLine>, StoreError> {
        const SQL: &str = "SELECT line, at, event, outcome, reason, actor, organisation,
            actor_detail, client_key, version_key, detail FROM use_log
            WHERE line > ?1 AND event = ?2 ORDER BY line LIMIT 512";
        self.all(SQL, [after, Event::Users as i64], |row| Ok(self.kept_line(row)))?
            .into_iter()
            .collect()
    }

    /// Whether a user is the person of an identifier; none is whose identity code was not told.
    #[must_use]
    pub fn is_user(&self, user: &UserRow, identifier: &ClientIdentifier) -> bool {
        user.lookup.as_ref() == Some(&self.lookup_of_user(identifier))
    }

    /// Under what a user of an identity code is found.
    #[must_use]
    pub fn lookup_of_user(&self, identifier: &ClientIdentifier) -> UserLookup {
        UserLookup(self.keys().lookup(identifier).to_vec())
    }

    fn user_of(&self, row: &Row<'_>) -> Result<UserRow, StoreError> {
        let key: i64 = row.get(0)?;
        let sealed: Vec<u8> = row.get(2)?;
        let organiser = row.get::<Option<i64>>(9)?;
        let organiser = organiser.map(|organiser| self.oid_term(organiser)).transpose()?;
        let (delegation, lookup): (Option<i64>, Option<Vec<u8>>) = (row.get(10)?, row.get(5)?);
        let store_key = self.keys().store_key();
        let right = store_key
            .open(&scope(key, organiser.as_ref(), delegation, lookup.as_deref()), &sealed)
            .or_else(|| {
                // Sealed before organisers kept rights.
                let first = organiser.is_none() && delegation.is_none();
                first.then(|| {
                    store_key.open(&format!("varanto/user/1 {key}").into_bytes(), &sealed)
                })?
            });
        Ok(UserRow {
            key,
            organisation: self.oid_term(row.get(1)?)?,
            organiser,
            delegation,
            right: right.ok_or_else(|| StoreError::Damaged(format!("user right {key}")))?,
            granted_at: Instant::from_millis(row.get(3)?),
            ended_at: row.get::<Option<i64>>(4)?.map(Instant::from_millis),
            lookup: lookup.map(UserLookup),
            client: row.get::<Option<i64>>(6)?.map(ClientKey),
            granted_line: row.get(7)?,
            ended_line: row.get(8)?,
            ended_by_granter: row.get(11)?,
            granted_by_operator: row.get(12)?,
            ended_by_operator: row.get::<bool>(13)? && row.get::<Option<i64>>(8)?.is_some(),
        })
    }
}

impl WriteTx<'_> {
    /// Keeps a right that a line tells of.
    pub fn insert_user_right(
        &mut self,
        right: &NewUserRight<'_>,
        line: i64,
        at: Instant,
    ) -> Result<i64, StoreError> {
        const SQL: &str = "INSERT INTO user_right
            (user_key, organisation, sealed, lookup, granted_at, granted_line, organiser, delegation)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let key = self.next_key();
        let organisation = self.make_term(right.organisation.as_str())?;
        let organiser = self.make_term_if(right.organiser.map(Oid::as_str))?;
        let lookup = right.lookup.map(|lookup| lookup.0.as_slice());
        let scope = scope(key, right.organiser, right.delegation, lookup);
        let sealed = self.keys().store_key().seal(&scope, right.right);
        let at = at.millis();
        let delegation = right.delegation;
        let params = params![key, organisation, sealed, lookup, at, line, organiser, delegation];
        self.tell_others()?;
        self.execute(SQL, params)?;
        Ok(key)
    }

    /// Ends a right that a line tells of.
    pub fn end_user_right(&mut self, key: i64, line: i64, at: Instant) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE user_right SET ended_at = ?2, ended_line = ?3
            WHERE user_key = ?1 AND ended_at IS NULL";
        self.tell_others()?;
        self.execute(SQL, params![key, at.millis(), line]).map(drop)
    }
}

/// What a right opens with: its own place, and what its other columns say.
fn scope(
    key: i64,
    organiser: Option<&Oid>,
    delegation: Option<i64>,
    lookup: Option<&[u8]>,
) -> Vec<u8> {
    let organiser = organiser.map_or("-", Oid::as_str);
    let delegation = delegation.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let mut scope = format!("varanto/user/2 {key} {organiser} {delegation} ").into_bytes();
    scope.extend(lookup.unwrap_or(b"-"));
    scope
}
