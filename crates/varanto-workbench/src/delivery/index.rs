//! The index of a delivery: what a source system says of its documents, a row for each.

use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use csv::StringRecord;

use super::bounded::{Kept, LONGEST_ROW, is_too_long};
use super::lines::{self, Encoding};
use super::{Delivery, DeliveryError, sheets, trees};

/// In which form an index is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexForm {
    /// Values with a separator between, the columns' names in the first line.
    Csv {
        /// What stands between the values.
        separator: u8,
    },
    /// A sheet of a spreadsheet, the columns' names in the first row that holds any.
    Xlsx {
        /// The sheet's name; the first sheet without one.
        sheet: Option<String>,
    },
    /// An XML document in which one element is a row. A column is the path to a text or an attribute in it:
    /// `asiakas/hetu`, `asiakas/@tunnus`.
    Xml {
        /// The element's name.
        row: String,
    },
    /// One JSON object a line. A column is the path to a value in it: `asiakas.hetu`.
    JsonLines,
}

impl IndexForm {
    /// Its name in a mapping file.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Csv { .. } => "csv",
            Self::Xlsx { .. } => "xlsx",
            Self::Xml { .. } => "xml",
            Self::JsonLines => "jsonl",
        }
    }
}

/// Where an index is and how it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// The file's name in the delivery.
    pub file: String,
    /// Its form.
    pub form: IndexForm,
    /// Its encoding; a spreadsheet has one of its own.
    pub encoding: Encoding,
}

/// A row of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it stands: the row of a table, of which the first names the columns; the how-manieth element or object.
    pub number: u64,
    /// The columns' names.
    pub columns: Arc<[String]>,
    /// Their values, trimmed; shorter than the columns where a line ends early.
    pub values: Vec<String>,
    /// How many values came that no column is there for.
    pub surplus: usize,
    /// How many columns of a table no value came for: the line ends early.
    pub lacking: usize,
    /// Why the row does not read at all.
    pub broken: Option<String>,
}

impl Row {
    /// The value of a column; `None` where it is empty or there is no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> Option<&str> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.values.get(at).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// The rows of an index, in its order. An error ends them.
pub type Rows = Box<dyn Iterator<Item = Result<Row, DeliveryError>> + Send>;

impl Index {
    /// The rows of the index.
    ///
    /// # Errors
    /// A file that is not there, cannot be read, or has not the form that is said.
    pub fn rows(&self, delivery: &Delivery) -> Result<Rows, DeliveryError> {
        let read = delivery.stream(&self.file)?;
        match &self.form {
            IndexForm::Csv { separator } => {
                csv_rows(self.file.clone(), lines::as_utf8(read, self.encoding), *separator)
            }
            IndexForm::Xlsx { sheet } => sheets::rows(&self.file, read, sheet.as_deref()),
            IndexForm::Xml { row } => {
                Ok(trees::xml_rows(&self.file, lines::as_utf8(read, self.encoding), row))
            }
            IndexForm::JsonLines => {
                Ok(trees::json_rows(&self.file, lines::as_utf8(read, self.encoding)))
            }
        }
    }

    /// The index that a file looks like; `None` where it looks like none.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn guess(delivery: &Delivery, file: &str) -> Result<Option<Self>, DeliveryError> {
        let read = delivery.stream(file)?;
        let failed = |error: std::io::Error| DeliveryError::index(file, &error);
        let beginning = lines::beginning(read).map_err(failed)?;
        let encoding = Encoding::guess(&beginning);
        let mut text = String::new();
        let form = if beginning.starts_with(b"PK") {
            Some(IndexForm::Xlsx { sheet: None })
        } else {
            let mut decoded = lines::as_utf8(Box::new(Cursor::new(beginning)), encoding);
            decoded.read_to_string(&mut text).map_err(failed)?;
            match text.trim_start().chars().next() {
                Some('<')
                    if Path::new(file)
                        .extension()
                        .is_some_and(|ending| ending.eq_ignore_ascii_case("xml")) =>
                {
                    trees::repeated_element(&text).map(|row| IndexForm::Xml { row })
                }
                Some('{') => Some(IndexForm::JsonLines),
                _ => separator(&text).map(|separator| IndexForm::Csv { separator }),
            }
        };
        Ok(form.map(|form| Self { file: file.to_owned(), form, encoding }))
    }
}

/// The separator that the first line has most of, where the next lines have it too.
fn separator(text: &str) -> Option<u8> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let (first, second) = (lines.next()?, lines.next().unwrap_or_default());
    let count = |line: &str, sign: u8| line.bytes().filter(|byte| *byte == sign).count();
    let found = [b';', b'\t', b',', b'|'].into_iter().max_by_key(|sign| count(first, *sign))?;
    (count(first, found) > 0 && (second.is_empty() || count(second, found) > 0)).then_some(found)
}

fn csv_rows(
    file: String,
    text: Box<dyn Read + Send>,
    separator: u8,
) -> Result<Rows, DeliveryError> {
    let mut reader = csv_reader(Kept::new(text), separator);
    let mut header = StringRecord::new();
    reader.read_record(&mut header).map_err(|error| DeliveryError::index(&file, &error))?;
    let columns: Arc<[String]> = header.iter().map(str::to_owned).collect();
    check_columns(&file, &columns)?;
    let mut table = Table { file, separator, columns, reader: Some(reader), number: 1, line: 0 };
    Ok(Box::new(std::iter::from_fn(move || table.next())))
}

fn csv_reader(text: Kept, separator: u8) -> csv::Reader<Kept> {
    csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text)
}

/// A table of values with separators.
struct Table {
    file: String,
    separator: u8,
    columns: Arc<[String]>,
    /// `None` once it ended.
    reader: Option<csv::Reader<Kept>>,
    /// The row of a spreadsheet, which people look for: a value may run over several lines.
    number: u64,
    /// How many lines were read before the reader of now began.
    line: u64,
}

impl Table {
    fn next(&mut self) -> Option<Result<Row, DeliveryError>> {
        let reader = self.reader.as_mut()?;
        let (at, line) = (reader.position().byte(), self.line + reader.position().line());
        reader.get_mut().begin(at);
        let mut record = StringRecord::new();
        self.number += 1;
        let read = reader.read_record(&mut record);
        let long = record.as_slice().len() as u64 > LONGEST_ROW;
        match read {
            Ok(true) if long => self.go_on_after(at, line),
            Ok(true) if self.swallows(&record) => self.go_on_after(at, line),
            Ok(true) => Some(Ok(self.row(&record))),
            Ok(false) => {
                self.reader = None;
                None
            }
            Err(error) if is_long(&error) => self.go_on_after(at, line),
            Err(error) => Some(Err(self.ended(&error))),
        }
    }

    fn row(&self, record: &StringRecord) -> Row {
        let mut values: Vec<String> = record.iter().map(str::to_owned).collect();
        let surplus = values.len().saturating_sub(self.columns.len());
        let lacking = self.columns.len().saturating_sub(values.len());
        values.truncate(self.columns.len());
        let columns = Arc::clone(&self.columns);
        Row { number: self.number, columns, values, surplus, lacking, broken: None }
    }

    /// Whether a value holds whole rows: a quotation mark was opened in one row, and closed by one of another. Of many lines
    /// it is enough that they have as many separators as rows would have, whatever one of them looks like; of two or three,
    /// each must be a row. Of two columns alone it is not told from a text with a separator in it.
    fn swallows(&self, record: &StringRecord) -> bool {
        const MANY: usize = 4;
        let between = self.columns.len().saturating_sub(1);
        let fits = record.len() == self.columns.len();
        let holds_rows = |value: &str| {
            let lines: Vec<usize> = value.split('\n').map(|line| self.separators(line)).collect();
            match lines.as_slice() {
                [_] | [] => false,
                many if many.len() >= MANY => {
                    many.iter().sum::<usize>() >= (many.len() - 1) * between
                }
                [first, inner @ .., last] => {
                    fits && first + last == between && inner.iter().all(|line| *line == between)
                }
            }
        };
        between > 1 && record.iter().any(holds_rows)
    }

    /// How many separators are in a line. A comma with a space behind it is one of a sentence.
    fn separators(&self, line: &str) -> usize {
        let bytes = line.as_bytes();
        let of_sentence = |at: usize| self.separator == b',' && bytes.get(at + 1) == Some(&b' ');
        let is_one = |(at, one): (usize, &u8)| *one == self.separator && !of_sentence(at);
        bytes.iter().enumerate().filter(|one| is_one(*one)).count()
    }

    /// A row that is none: too long, or one that holds others; mostly by a quotation mark that nobody closed. Its first line is
    /// a fault, and the lines after it are read as rows of their own.
    fn go_on_after(&mut self, at: u64, line: u64) -> Option<Result<Row, DeliveryError>> {
        let text = self.reader.take()?.into_inner();
        match text.after_line(at) {
            Ok(text) => self.reader = Some(csv_reader(text, self.separator)),
            Err(error) => return Some(Err(self.ended(&error))),
        }
        self.line = line;
        let reason = format!(
            "line {line}: a value begins with a quotation mark that is not closed in its row, or never ends"
        );
        let mut row = self.row(&StringRecord::new());
        row.lacking = 0;
        row.broken = Some(reason);
        Some(Ok(row))
    }

    fn ended(&mut self, error: &dyn ToString) -> DeliveryError {
        self.reader = None;
        DeliveryError::index(&self.file, error)
    }
}

fn is_long(error: &csv::Error) -> bool {
    matches!(error.kind(), csv::ErrorKind::Io(error) if is_too_long(error))
}

/// A name that two columns have would make one of them unreachable.
pub(super) fn check_columns(file: &str, columns: &[String]) -> Result<(), DeliveryError> {
    for (at, name) in columns.iter().enumerate() {
        if !name.is_empty() && columns[..at].contains(name) {
            return Err(DeliveryError::index(file, &format!("two columns are called {name:?}")));
        }
    }
    if columns.iter().all(String::is_empty) {
        return Err(DeliveryError::index(file, &"the first row names no column"));
    }
    Ok(())
}
