//! What goes into statements and comes out of rows: whole numbers, texts and bytes, any of which may be missing.

use crate::StoreError;

/// A value for a statement. What is missing has its kind nevertheless, for an engine that wants to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'v> {
    Integer(Option<i64>),
    Text(Option<&'v str>),
    Blob(Option<&'v [u8]>),
}

/// What can be given to a statement.
pub(crate) trait Bind {
    fn value(&self) -> Value<'_>;
}

/// What of a kind stands for nothing.
pub(crate) trait Missing {
    const MISSING: Value<'static>;
}

macro_rules! bind {
    ($($kind:ident: $($type:ty => |$of:ident| $value:expr),+;)+) => {$($(
        impl Bind for $type {
            fn value(&self) -> Value<'_> {
                let $of = self;
                Value::$kind(Some($value))
            }
        }
        impl Missing for $type {
            const MISSING: Value<'static> = Value::$kind(None);
        }
    )+)+};
}

bind! {
    Integer: i64 => |number| *number, i32 => |number| i64::from(*number), u32 => |number| i64::from(*number),
        bool => |yes| i64::from(*yes);
    Text: str => |text| text, String => |text| text;
    Blob: [u8] => |bytes| bytes, Vec<u8> => |bytes| bytes;
}

impl<T: Bind + ?Sized> Bind for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: Missing + ?Sized> Missing for &T {
    const MISSING: Value<'static> = T::MISSING;
}

impl<T: Bind + Missing> Bind for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(T::MISSING, Bind::value)
    }
}

/// The values of a statement, in the order of `?1`, `?2` and so on.
pub(crate) trait Params {
    /// Hands the values to a function and answers what it does.
    fn give<T>(self, to: impl FnOnce(&[Value<'_>]) -> T) -> T;
}

impl Params for &[&dyn Bind] {
    fn give<T>(self, to: impl FnOnce(&[Value<'_>]) -> T) -> T {
        let values: Vec<Value<'_>> = self.iter().map(|value| value.value()).collect();
        to(&values)
    }
}

impl Params for [&dyn Bind; 0] {
    fn give<T>(self, to: impl FnOnce(&[Value<'_>]) -> T) -> T {
        to(&[])
    }
}

macro_rules! arrays {
    ($($length:literal)+) => {$(
        impl<V: Bind> Params for [V; $length] {
            fn give<T>(self, to: impl FnOnce(&[Value<'_>]) -> T) -> T {
                to(&self.each_ref().map(Bind::value))
            }
        }
    )+};
}

arrays!(1 2 3 4 5 6);

/// Values of several kinds for a statement.
macro_rules! params {
    ($($value:expr),+ $(,)?) => {
        &[$(&$value as &dyn $crate::engine::Bind),+] as &[&dyn $crate::engine::Bind]
    };
}
pub(crate) use params;

/// The columns of one row, counted from nought; `None` for what is missing. A column of another kind is an error.
pub(crate) trait Cells {
    fn integer(&self, column: usize) -> Result<Option<i64>, StoreError>;
    fn text(&self, column: usize) -> Result<Option<&str>, StoreError>;
    fn blob(&self, column: usize) -> Result<Option<&[u8]>, StoreError>;
}

/// One row of what a statement gives.
pub(crate) struct Row<'r>(&'r dyn Cells);

impl<'r> Row<'r> {
    pub(crate) fn of(cells: &'r dyn Cells) -> Self {
        Self(cells)
    }

    /// A column, counted from nought.
    pub(crate) fn get<T: Column<'r>>(&self, column: usize) -> Result<T, StoreError> {
        T::read(self.0, column)
    }
}

/// What a column can be read as.
pub(crate) trait Column<'r>: Sized {
    fn read(cells: &'r dyn Cells, column: usize) -> Result<Self, StoreError>;
}

/// What a column can be read as that is not missing.
pub(crate) trait Datum<'r>: Sized {
    fn find(cells: &'r dyn Cells, column: usize) -> Result<Option<Self>, StoreError>;
}

impl<'r, T: Datum<'r>> Column<'r> for T {
    fn read(cells: &'r dyn Cells, column: usize) -> Result<Self, StoreError> {
        T::find(cells, column)?
            .ok_or_else(|| StoreError::Database(format!("column {column} of a row is missing")))
    }
}

impl<'r, T: Datum<'r>> Column<'r> for Option<T> {
    fn read(cells: &'r dyn Cells, column: usize) -> Result<Self, StoreError> {
        T::find(cells, column)
    }
}

impl Datum<'_> for i64 {
    fn find(cells: &dyn Cells, column: usize) -> Result<Option<Self>, StoreError> {
        cells.integer(column)
    }
}

impl Datum<'_> for bool {
    fn find(cells: &dyn Cells, column: usize) -> Result<Option<Self>, StoreError> {
        Ok(cells.integer(column)?.map(|number| number != 0))
    }
}

macro_rules! narrow {
    ($($type:ty)+) => {$(
        impl Datum<'_> for $type {
            fn find(cells: &dyn Cells, column: usize) -> Result<Option<Self>, StoreError> {
                let narrowed = cells.integer(column)?.map(Self::try_from).transpose();
                narrowed.map_err(|_| StoreError::Database(format!("column {column} of a row is out of range")))
            }
        }
    )+};
}

narrow!(i32 u32);

impl Datum<'_> for String {
    fn find(cells: &dyn Cells, column: usize) -> Result<Option<Self>, StoreError> {
        Ok(cells.text(column)?.map(str::to_owned))
    }
}

impl<'r> Datum<'r> for &'r str {
    fn find(cells: &'r dyn Cells, column: usize) -> Result<Option<Self>, StoreError> {
        cells.text(column)
    }
}

impl Datum<'_> for Vec<u8> {
    fn find(cells: &dyn Cells, column: usize) -> Result<Option<Self>, StoreError> {
        Ok(cells.blob(column)?.map(<[u8]>::to_vec))
    }
}

impl<'r> Datum<'r> for &'r [u8] {
    fn find(cells: &'r dyn Cells, column: usize) -> Result<Option<Self>, StoreError> {
        cells.blob(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_keeps_its_kind() {
        let values = params![Some(7i64), None::<i32>, None::<&str>, None::<Vec<u8>>, true];
        let expected = [
            Value::Integer(Some(7)),
            Value::Integer(None),
            Value::Text(None),
            Value::Blob(None),
            Value::Integer(Some(1)),
        ];
        values.give(|values| assert_eq!(values, expected));
    }
}
