//! Texts that recur, kept once each and named by numbers.

use std::sync::Arc;

use varanto_domain::ids::Oid;

use crate::{ReadTx, StoreError, WriteTx};

impl ReadTx<'_> {
    /// The number of a text, or `None` when nothing was ever kept under it.
    pub(crate) fn find_term(&self, text: &str) -> Result<Option<i64>, StoreError> {
        const SQL: &str = "SELECT number FROM term WHERE text = ?1";
        if let Some(number) = self.terms().number(text) {
            return Ok(Some(number));
        }
        let number = self.optional(SQL, [text], |row| row.get(0))?;
        if let (Some(number), true) = (number, self.is_durable()) {
            self.terms().keep(number, &Arc::from(text));
        }
        Ok(number)
    }

    /// The text of a number.
    pub(crate) fn term(&self, number: i64) -> Result<Arc<str>, StoreError> {
        const SQL: &str = "SELECT text FROM term WHERE number = ?1";
        if let Some(text) = self.terms().text(number) {
            return Ok(text);
        }
        let text: Option<String> = self.optional(SQL, [number], |row| row.get(0))?;
        let text: Arc<str> =
            text.ok_or_else(|| StoreError::Damaged(format!("term {number} is missing")))?.into();
        if self.is_durable() {
            self.terms().keep(number, &text);
        }
        Ok(text)
    }

    /// The OID that a number stands for.
    pub(crate) fn oid_term(&self, number: i64) -> Result<Oid, StoreError> {
        let text = self.term(number)?;
        Oid::parse(&text).map_err(|_| StoreError::Damaged(format!("term {number} is no OID")))
    }
}

impl WriteTx<'_> {
    /// The number of a text, which gets one when it has none.
    pub(crate) fn make_term(&mut self, text: &str) -> Result<i64, StoreError> {
        const SQL: &str = "INSERT INTO term (number, text)
            VALUES ((SELECT coalesce(max(number), 0) + 1 FROM term), ?1) RETURNING number";
        if let Some(number) = self.terms().number(text) {
            return Ok(number);
        }
        let number = match self.find_term(text)? {
            Some(number) => number,
            None => self.one(SQL, [text], |row| row.get(0))?,
        };
        self.note_term(number, text.into());
        Ok(number)
    }

    /// As [`WriteTx::make_term`], for a text that may be missing.
    pub(crate) fn make_term_if(&mut self, text: Option<&str>) -> Result<Option<i64>, StoreError> {
        text.map(|text| self.make_term(text)).transpose()
    }
}
