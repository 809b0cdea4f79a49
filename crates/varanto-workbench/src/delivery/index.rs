//! The index of a delivery: what a source system says of its documents, a row for each.

use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use csv::ByteRecord;

use super::bounded::{BeforeRow, Kept, LONGEST_ROW, is_too_long};
use super::lines::{self, Encoding, LatinNine};
use super::separators::{MARK, Marked};
use super::{Delivery, DeliveryError, objects, sheets, trees};

/// In which form an index is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexForm {
    /// Values with a separator between, the columns' names in the first line.
    Csv {
        /// What stands between the values: one sign or several.
        separator: String,
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
    /// A JSON document with a list of objects.
    Json {
        /// The path to the list; without one the document is the list.
        row: Option<String>,
    },
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
            Self::Json { .. } => "json",
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
    /// The row of a table that names the columns; nought where none does, and a column is called by its number. `None`: the first
    /// that holds anything.
    pub header: Option<u64>,
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

    /// Whether nothing stands in it.
    fn is_empty(&self) -> bool {
        self.broken.is_none() && self.surplus == 0 && self.values.iter().all(String::is_empty)
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
                let text = lines::as_utf8(read, self.encoding);
                csv_rows(self.file.clone(), text, separator, self.header)
            }
            IndexForm::Xlsx { sheet } => {
                sheets::rows(&self.file, read, sheet.as_deref(), self.header)
            }
            IndexForm::Xml { row } => {
                Ok(trees::xml_rows(&self.file, lines::as_utf8(read, self.encoding), row))
            }
            IndexForm::JsonLines => {
                Ok(trees::json_rows(&self.file, lines::as_utf8(read, self.encoding)))
            }
            IndexForm::Json { row } => {
                let text = lines::as_utf8(read, self.encoding);
                Ok(trees::list_rows(&self.file, text, row.as_deref()))
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
        let mut encoding = Encoding::guess(&beginning);
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
                Some('{') if trees::begins_with_lines(&text) => Some(IndexForm::JsonLines),
                Some('{' | '[') => objects::list_in(&text),
                _ => {
                    if lines::has_braces_in_words(&text) {
                        encoding = Encoding::SevenBits;
                    }
                    separator(&text, may_begin_later(file))
                        .map(|separator| IndexForm::Csv { separator })
                }
            }
        };
        Ok(form.map(|form| Self { file: file.to_owned(), form, encoding, header: None }))
    }

    /// Every table of a file: of a spreadsheet each sheet is one.
    ///
    /// # Errors
    /// A file that does not read, or in which no table is seen, and why.
    pub(crate) fn tables(delivery: &Delivery, file: &str) -> Result<Vec<Self>, DeliveryError> {
        let Some(index) = Self::guess(delivery, file)? else {
            return Err(DeliveryError::index(file, &no_table(file)));
        };
        let IndexForm::Xlsx { .. } = index.form else { return Ok(vec![index]) };
        let names = sheets::names(file, delivery.stream(file)?)?;
        if names.len() < 2 {
            return Ok(vec![index]);
        }
        let of_sheet = |name| Self { form: IndexForm::Xlsx { sheet: Some(name) }, ..index.clone() };
        Ok(names.into_iter().map(of_sheet).collect())
    }

    /// The sheet of a spreadsheet, where one is named.
    pub(crate) fn sheet(&self) -> Option<&str> {
        match &self.form {
            IndexForm::Xlsx { sheet } => sheet.as_deref(),
            _ => None,
        }
    }

    /// What to call it: the file, and the sheet where one is named.
    pub(crate) fn called(&self) -> String {
        match self.sheet() {
            Some(sheet) => format!("{} ({sheet})", self.file),
            None => self.file.clone(),
        }
    }

    /// What an index in Windows-1252 would be in ISO-8859-15: the whole of it is looked at.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub(crate) fn latin_nine(&self, delivery: &Delivery) -> Result<LatinNine, DeliveryError> {
        if self.encoding != Encoding::WINDOWS_1252 {
            return Ok(LatinNine::No);
        }
        let read = delivery.stream(&self.file)?;
        lines::latin_nine(read).map_err(|error| DeliveryError::index(&self.file, &error))
    }
}

/// Why no table is seen in a file, and what helps.
const fn no_table_in(ending: &str) -> &'static str {
    match ending.as_bytes() {
        b"xml" => {
            "no element comes again and again in it; say in the mapping file which one is a row"
        }
        b"json" | b"jsonl" => {
            "neither a JSON object a line nor a list of objects is seen in it; make a JSON object of each row, a line each (jq -c)"
        }
        _ => "no separator is seen in its first lines; say in the mapping file which it is",
    }
}

fn no_table(file: &str) -> &'static str {
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    no_table_in(&ending.to_lowercase())
}

/// How far below the first line the columns' names may stand, where a heading is above them.
pub(crate) const HEADING: usize = 20;

/// Whether a table is one by its name, so that it may begin with a heading: what begins so elsewhere is a text.
fn may_begin_later(file: &str) -> bool {
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending).to_lowercase();
    matches!(&*ending, "csv" | "tsv")
}

/// The separator that the first line has most of, where the next lines have it too; or, of one that may begin with a heading, the
/// first line that has any.
fn separator(text: &str, may_begin_later: bool) -> Option<String> {
    let lines: Vec<&str> =
        text.lines().filter(|line| !line.trim().is_empty()).take(HEADING + 2).collect();
    let firsts = if may_begin_later { HEADING } else { 1 };
    (0..lines.len().min(firsts)).find_map(|at| separator_of(&lines[at..]))
}

fn separator_of(lines: &[&str]) -> Option<String> {
    let (first, second) = (lines.first()?, lines.get(1).copied().unwrap_or_default());
    let count = |line: &str, sign: &str| line.matches(sign).count();
    let all = ["~", "^", "¤", ";", "\t", ",", "|"];
    let found = all.into_iter().max_by_key(|sign| count(first, sign))?;
    (count(first, found) > 0 && (second.is_empty() || count(second, found) > 0))
        .then(|| found.to_owned())
}

fn csv_rows(
    file: String,
    text: Box<dyn Read + Send>,
    separator: &str,
    header: Option<u64>,
) -> Result<Rows, DeliveryError> {
    let (text, mark): (Box<dyn Read + Send>, u8) = match separator.as_bytes() {
        [one] => (text, *one),
        several => (Box::new(Marked::new(text, several)), MARK),
    };
    let mut reader = csv_reader(Kept::new(text), mark);
    let separator = separator.to_owned();
    let (mut record, mut number) = (ByteRecord::new(), 0);
    // The row of the names, or the first one where there are none.
    let names = loop {
        let at = reader.position().byte();
        reader.get_mut().begin(at);
        let read = reader.read_byte_record(&mut record);
        if !read.map_err(|error| DeliveryError::index(&file, &error))? {
            let none = if number == 0 { NO_ROWS } else { NO_HEADER };
            return Err(DeliveryError::index(&file, &none));
        }
        number += 1 + reader.get_ref().before_row(at).empty;
        if header.is_none_or(|header| number >= header) {
            break values(&record, &separator);
        }
    };
    if header.is_some_and(|header| header > 0 && number != header) {
        return Err(DeliveryError::index(&file, &NO_HEADER));
    }
    let is_row = header == Some(0);
    let columns: Arc<[String]> =
        if is_row { numbered(names.len()) } else { columns(&file, &names)? }.into();
    let reader = Some(reader);
    let mut table = Table { file, separator, mark, columns, reader, number, line: 0 };
    let first = is_row.then(|| Ok(table.row(names)));
    let rows = first.into_iter().chain(std::iter::from_fn(move || table.next()));
    // A row of separators alone is none, as in a spreadsheet; it is counted.
    Ok(Box::new(rows.filter(|row| !row.as_ref().is_ok_and(Row::is_empty))))
}

/// What is told of a table without anything in it.
pub(crate) const NO_ROWS: &str = "the index has no rows";
/// What is told where no columns' names stand in the row that is said.
pub(super) const NO_HEADER: &str = "nothing stands in the row that header names";

/// Columns that nothing names, by their number.
pub(super) fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|number| number.to_string()).collect()
}

fn csv_reader(text: Kept, mark: u8) -> csv::Reader<Kept> {
    csv::ReaderBuilder::new().delimiter(mark).flexible(true).has_headers(false).from_reader(text)
}

/// The values of a row, trimmed. Where a separator stands in one, between quotation marks, it is itself again.
fn values(record: &ByteRecord, separator: &str) -> Vec<String> {
    let value = |bytes: &[u8]| {
        if bytes.contains(&MARK) {
            let parts = bytes.split(|byte| *byte == MARK).map(String::from_utf8_lossy);
            parts.collect::<Vec<_>>().join(separator).trim().to_owned()
        } else {
            String::from_utf8_lossy(bytes).trim().to_owned()
        }
    };
    record.iter().map(value).collect()
}

/// A table of values with separators.
struct Table {
    file: String,
    separator: String,
    /// The byte that stands for the separator.
    mark: u8,
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
        let mut record = ByteRecord::new();
        self.number += 1;
        let read = reader.read_byte_record(&mut record);
        // Lines without anything are passed over, and counted: people look for the row in a spreadsheet.
        let BeforeRow { at, empty, feeds } = reader.get_ref().before_row(at);
        self.number += empty;
        let line = line + feeds;
        let long = record.as_slice().len() as u64 > LONGEST_ROW;
        let values = if long { Vec::new() } else { values(&record, &self.separator) };
        match read {
            Ok(true) if long => self.go_on_after(at, line),
            Ok(true) if self.swallows(&values) => self.go_on_after(at, line),
            Ok(true) => Some(Ok(self.row(values))),
            Ok(false) => {
                self.reader = None;
                None
            }
            Err(error) if is_long(&error) => self.go_on_after(at, line),
            Err(error) => Some(Err(self.ended(&error))),
        }
    }

    fn row(&self, mut values: Vec<String>) -> Row {
        let surplus = values.len().saturating_sub(self.columns.len());
        let lacking = self.columns.len().saturating_sub(values.len());
        values.truncate(self.columns.len());
        let columns = Arc::clone(&self.columns);
        Row { number: self.number, columns, values, surplus, lacking, broken: None }
    }

    /// Whether a value holds whole rows: a quotation mark was opened in one row, and closed by one of another. Of many lines
    /// it is enough that they have as many separators as rows would have, whatever one of them looks like; of two or three,
    /// each must be a row. Of two columns alone it is not told from a text with a separator in it.
    fn swallows(&self, values: &[String]) -> bool {
        const MANY: usize = 4;
        let between = self.columns.len().saturating_sub(1);
        let fits = values.len() == self.columns.len();
        let holds_rows = |value: &str| {
            let value = value.replace("\r\n", "\n").replace('\r', "\n");
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
        between > 1 && values.iter().any(|value| holds_rows(value))
    }

    /// How many separators are in a line. A comma with a space behind it is one of a sentence.
    fn separators(&self, line: &str) -> usize {
        let of_sentence = |at: usize| self.separator == "," && line[at + 1..].starts_with(' ');
        line.match_indices(&self.separator).filter(|(at, _)| !of_sentence(*at)).count()
    }

    /// A row that is none: too long, or one that holds others; mostly by a quotation mark that nobody closed. Its first line is
    /// a fault, and the lines after it are read as rows of their own.
    fn go_on_after(&mut self, at: u64, line: u64) -> Option<Result<Row, DeliveryError>> {
        let text = self.reader.take()?.into_inner();
        match text.after_line(at) {
            Ok(text) => self.reader = Some(csv_reader(text, self.mark)),
            Err(error) => return Some(Err(self.ended(&error))),
        }
        self.line = line;
        let reason = format!(
            "line {line} begins a value with a quotation mark that is not closed in its row, or never ends"
        );
        let mut row = self.row(Vec::new());
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

/// The names of the columns. Those that have one name are told apart by a number behind it, so that none hides another:
/// a mapping that names one of them says which.
pub(super) fn columns(file: &str, names: &[String]) -> Result<Vec<String>, DeliveryError> {
    let mut columns: Vec<String> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let mut alike = names.iter().enumerate().filter(|(_, other)| *other == name);
        let several = alike.clone().nth(1).is_some();
        let number = alike.position(|(other, _)| other == at).unwrap_or_default() + 1;
        let own =
            if several && !name.is_empty() { format!("{name} ({number})") } else { name.clone() };
        if !own.is_empty() && columns.contains(&own) {
            return Err(DeliveryError::index(file, &format!("two columns are called {own:?}")));
        }
        columns.push(own);
    }
    if columns.iter().all(String::is_empty) {
        return Err(DeliveryError::index(file, &"the first row names no column"));
    }
    Ok(columns)
}
