//! The tables as this program makes them, and rows on their way into them, whatever engine keeps them.

use super::{Session, Statements, Value, embedded, server};
use crate::StoreError;
use crate::migrations::{MIGRATIONS, apply};

/// A table as this program makes it.
pub(crate) struct Table {
    pub(crate) name: String,
    /// Each column, with what of its kind stands for nothing.
    pub(crate) columns: Vec<(String, Value<'static>)>,
    /// The columns in which no two rows are the same, in their order.
    key: Vec<String>,
}

/// The tables, by name.
pub(crate) fn tables() -> Result<Vec<Table>, StoreError> {
    const TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    const COLUMNS: &str = "SELECT name, type, pk FROM pragma_table_info(?1) ORDER BY cid";
    let fresh = Session::Embedded(embedded::Session::in_memory()?);
    apply(&fresh, MIGRATIONS)?;
    let mut tables = Vec::new();
    for name in fresh.all(TABLES, [], |row| row.get::<String>(0))? {
        let (mut columns, mut key) = (Vec::new(), Vec::new());
        fresh.each(COLUMNS, [name.as_str()], |row| {
            let (column, kind, place): (String, String, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            if place > 0 {
                key.push((place, column.clone()));
            }
            let missing = match kind.as_str() {
                "INTEGER" => Value::Integer(None),
                "TEXT" => Value::Text(None),
                "BLOB" => Value::Blob(None),
                _ => return Err(StoreError::Database(format!("{name}.{column} is {kind}"))),
            };
            columns.push((column, missing));
            Ok(())
        })?;
        key.sort();
        let key = key.into_iter().map(|(_, column)| column).collect();
        tables.push(Table { name, columns, key });
    }
    Ok(tables)
}

impl Table {
    /// How many rows it has; within a transaction.
    pub(crate) fn count(&self, session: &Session) -> Result<u64, StoreError> {
        let mut rows = 0;
        session.each(&format!("SELECT count(*) FROM {}", self.name), [], |row| {
            rows = row.get::<i64>(0)?.cast_unsigned();
            Ok::<_, StoreError>(())
        })?;
        Ok(rows)
    }

    /// What gives its rows in the order of their keys.
    pub(crate) fn select(&self) -> String {
        format!("SELECT {} FROM {} ORDER BY {}", self.names(), self.name, self.key.join(", "))
    }

    /// Its columns' names.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    }
}

/// Rows on their way into a table.
pub(crate) enum Filling<'s> {
    Embedded(embedded::Filling<'s>),
    Server(server::Filling<'s>),
}

impl Session {
    /// Begins to fill a table, within a transaction. Nothing else is asked of the session meanwhile.
    pub(crate) fn fill(&self, table: &Table) -> Result<Filling<'_>, StoreError> {
        Ok(match self {
            Self::Embedded(own) => Filling::Embedded(own.fill(table)?),
            Self::Server(own) => Filling::Server(own.fill(table)?),
        })
    }
}

impl Filling<'_> {
    /// Puts a row into the table.
    pub(crate) fn put(&mut self, values: &[Value<'_>]) -> Result<(), StoreError> {
        match self {
            Self::Embedded(own) => own.put(values),
            Self::Server(own) => own.put(values),
        }
    }

    /// Waits until all of them are there.
    pub(crate) fn end(self) -> Result<(), StoreError> {
        match self {
            Self::Embedded(_) => Ok(()),
            Self::Server(own) => own.end(),
        }
    }
}
