//! The database beneath the store. No room but this one knows which it is.

mod embedded;
mod values;

use std::ops::ControlFlow;

pub(crate) use embedded::Session;
pub(crate) use values::{Bind, Cells, Params, Row, Value, params};

use crate::StoreError;

impl Session {
    /// The one row that the statement must give.
    pub(crate) fn one<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let found = self.optional(sql, params, read)?;
        found.ok_or_else(|| StoreError::Database("a statement gave no row".into()))
    }

    /// The first row of the statement, if it gives any.
    pub(crate) fn optional<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let (mut read, mut found) = (Some(read), None);
        params.give(|values| {
            self.visit(sql, values, &mut |row| {
                found = read.take().map(|read| read(row));
                ControlFlow::Break(())
            })
        })?;
        found.transpose()
    }

    /// Every row of the statement, in its order.
    pub(crate) fn all<T>(
        &self,
        sql: &'static str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        self.each(sql, params, |row| {
            rows.push(read(row)?);
            Ok::<_, StoreError>(())
        })?;
        Ok(rows)
    }

    /// Hands every row of the statement to `visit` as it comes, for lists too long for memory.
    ///
    /// # Errors
    /// The database's error, or the first of `visit`, which ends the walk.
    pub(crate) fn each<E: From<StoreError>>(
        &self,
        sql: &'static str,
        params: impl Params,
        mut visit: impl FnMut(&Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut failed = None;
        params.give(|values| {
            self.visit(sql, values, &mut |row| match visit(row) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            })
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Runs a statement that gives no rows; answers how many rows it changed.
    pub(crate) fn execute(
        &self,
        sql: &'static str,
        params: impl Params,
    ) -> Result<usize, StoreError> {
        params.give(|values| self.run(sql, values))
    }
}
