//! Delegations: what organisers let producers' main users keep. Rows derived from the lines of the use log that tell of
//! them.

use varanto_domain::access::keeping::Delegation;
use varanto_domain::access::log::KeptLine;
use varanto_domain::ids::Oid;
use varanto_domain::time::Instant;

use crate::engine::{Row, params};
use crate::{ReadTx, StoreError, WriteTx};

/// A delegation, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationRow {
    /// The line that tells of it, which is its number.
    pub line: i64,
    /// What it says.
    pub delegation: Delegation,
    /// When it was given.
    pub given_at: Instant,
    /// The line that tells of its withdrawal, and when.
    pub withdrawn: Option<(i64, Instant)>,
}

type Raw = (i64, i64, i64, String, i64, Option<i64>, Option<i64>);

fn raw(row: &Row<'_>) -> Result<Raw, StoreError> {
    let (line, organiser, producer) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok((line, organiser, producer, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
}

macro_rules! delegations_sql {
    ($which:literal) => {
        concat!(
            "SELECT line, organiser, producer, said, given_at, withdrawn_line, withdrawn_at ",
            "FROM delegation ",
            $which
        )
    };
}

impl DelegationRow {
    /// The rows that lines tell of, oldest first; lines in their order.
    #[must_use]
    pub fn of_lines<'l>(lines: impl IntoIterator<Item = &'l KeptLine>) -> Vec<Self> {
        let mut rows: Vec<Self> = Vec::new();
        for line in lines.into_iter().filter(|line| &*line.outcome == "permitted") {
            if let Some(delegation) = Delegation::read(&line.detail) {
                let (line, given_at) = (line.number, line.at);
                rows.push(Self { line, delegation, given_at, withdrawn: None });
            } else if let Some((number, _)) = Delegation::withdrawn_by(&line.detail)
                && let Some(row) = rows.iter_mut().find(|row| row.line == number)
            {
                row.withdrawn = Some((line.number, line.at));
            }
        }
        rows
    }
}

impl ReadTx<'_> {
    /// A delegation by its number.
    pub fn find_delegation(&self, line: i64) -> Result<Option<DelegationRow>, StoreError> {
        const SQL: &str = delegations_sql!("WHERE line = ?1");
        let raw = self.optional(SQL, [line], raw)?;
        raw.map(|raw| self.delegation_of(raw)).transpose()
    }

    /// At most `most` delegations by an organisation, or to it, given before a number, newest first.
    pub fn list_delegations(
        &self,
        organisation: &Oid,
        under: i64,
        most: usize,
    ) -> Result<Vec<DelegationRow>, StoreError> {
        const SQL: &str = delegations_sql!(
            "WHERE (organiser = ?1 OR producer = ?1) AND line < ?2 ORDER BY line DESC LIMIT ?3"
        );
        let Some(term) = self.find_term(organisation.as_str())? else { return Ok(Vec::new()) };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let raw = self.all(SQL, params![term, under, most], raw)?;
        raw.into_iter().map(|raw| self.delegation_of(raw)).collect()
    }

    /// Every delegation, withdrawn ones too, oldest first.
    pub fn list_all_delegations(&self) -> Result<Vec<DelegationRow>, StoreError> {
        const SQL: &str = delegations_sql!("ORDER BY line");
        let raw = self.all(SQL, [], raw)?;
        raw.into_iter().map(|raw| self.delegation_of(raw)).collect()
    }

    fn delegation_of(&self, raw: Raw) -> Result<DelegationRow, StoreError> {
        let (line, organiser, producer, said, given_at, withdrawn_line, withdrawn_at) = raw;
        let damaged = || StoreError::Damaged(format!("delegation {line}"));
        let delegation = Delegation::read(&said).ok_or_else(damaged)?;
        let party = |term: i64| match self.oid_term(term) {
            Err(StoreError::Damaged(_)) => Err(damaged()),
            party => party,
        };
        if (party(organiser)?, party(producer)?)
            != (delegation.organiser.clone(), delegation.producer.clone())
        {
            return Err(damaged());
        }
        let withdrawn = match (withdrawn_line, withdrawn_at) {
            (Some(line), Some(at)) => Some((line, Instant::from_millis(at))),
            (None, None) => None,
            _ => return Err(damaged()),
        };
        Ok(DelegationRow { line, delegation, given_at: Instant::from_millis(given_at), withdrawn })
    }
}

impl WriteTx<'_> {
    /// Keeps a delegation that a line tells of.
    pub fn insert_delegation(&mut self, row: &DelegationRow) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO delegation VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let organiser = self.make_term(row.delegation.organiser.as_str())?;
        let producer = self.make_term(row.delegation.producer.as_str())?;
        let (line, said, given_at) = (row.line, row.delegation.detail(), row.given_at.millis());
        let withdrawn_line = row.withdrawn.map(|(line, _)| line);
        let withdrawn_at = row.withdrawn.map(|(_, at)| at.millis());
        let params =
            params![line, organiser, producer, said, given_at, withdrawn_line, withdrawn_at];
        self.tell_others()?;
        self.execute(SQL, params).map(drop)
    }

    /// Withdraws a delegation that a line tells of.
    pub fn withdraw_delegation(
        &mut self,
        number: i64,
        line: i64,
        at: Instant,
    ) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE delegation SET withdrawn_line = ?2, withdrawn_at = ?3
            WHERE line = ?1 AND withdrawn_line IS NULL";
        self.tell_others()?;
        self.execute(SQL, params![number, line, at.millis()]).map(drop)
    }

    /// Makes the delegations anew from the lines that tell of them; answers how many there are.
    pub(crate) fn rebuild_delegations(&mut self) -> Result<u64, StoreError> {
        let (mut lines, mut after) = (Vec::new(), 0);
        loop {
            let page = self.list_lines_of_users(after)?;
            let Some(end) = page.last() else { break };
            after = end.number;
            lines.extend(page);
        }
        self.execute("DELETE FROM delegation", [])?;
        let rows = DelegationRow::of_lines(&lines);
        for row in &rows {
            self.insert_delegation(row)?;
        }
        Ok(rows.len() as u64)
    }
}
