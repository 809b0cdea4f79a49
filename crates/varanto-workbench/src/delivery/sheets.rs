//! Spreadsheets (XLSX) as indexes.

use std::io::{self, Cursor, Read};
use std::sync::Arc;

use calamine::{Data, Reader, Xlsx};

use super::index::check_columns;
use super::{DeliveryError, LARGEST, Row, index::Rows};

/// The rows of a sheet. A spreadsheet is a zip archive, so it is read whole; a sheet holds a million rows at most.
pub(super) fn rows(
    file: &str,
    read: Box<dyn Read + Send>,
    sheet: Option<&str>,
) -> Result<Rows, DeliveryError> {
    let failed = |reason: &dyn ToString| DeliveryError::index(file, reason);
    let mut bytes = Vec::new();
    let count =
        io::copy(&mut read.take(LARGEST + 1), &mut bytes).map_err(|error| failed(&error))?;
    if count > LARGEST {
        return Err(DeliveryError::TooLarge(file.to_owned(), count));
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| failed(&error))?;
    let range = match sheet {
        Some(name) => book.worksheet_range(name).map_err(|error| failed(&error))?,
        None => book
            .worksheet_range_at(0)
            .ok_or_else(|| failed(&"there is no sheet"))?
            .map_err(|error| failed(&error))?,
    };
    let first = range.start().map_or(0, |(row, _)| u64::from(row)) + 1;
    let texts = |row: &[Data]| -> Vec<String> { row.iter().map(text).collect() };
    let Some(header) = range.rows().next() else {
        return Err(failed(&"the sheet is empty"));
    };
    let columns: Arc<[String]> = texts(header).into();
    check_columns(file, &columns)?;
    let height = range.height();
    let rows = (1..height).filter_map(move |at| {
        let from = u32::try_from(at).ok()?;
        let values = range.range(
            (range.start()?.0 + from, range.start()?.1),
            (range.start()?.0 + from, range.end()?.1),
        );
        let values: Vec<String> = values.rows().next()?.iter().map(text).collect();
        let number = first + at as u64;
        // Rows that were emptied stay in the sheet.
        values.iter().any(|value| !value.is_empty()).then(|| {
            let columns = Arc::clone(&columns);
            Ok(Row { number, columns, values, surplus: 0, lacking: 0, broken: None })
        })
    });
    Ok(Box::new(rows))
}

/// A cell as text: days as `2012-03-01`, moments as `2012-03-01T10:15:00`, numbers without a needless point.
fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) => text.trim().to_owned(),
        Data::DateTime(moment) if moment.is_datetime() => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let day = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute, second) == (0, 0, 0) {
                day
            } else {
                format!("{day}T{hour:02}:{minute:02}:{second:02}")
            }
        }
        other => other.to_string().trim().to_owned(),
    }
}
