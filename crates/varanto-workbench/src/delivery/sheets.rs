//! Spreadsheets (XLSX) as indexes.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use calamine::{Data, Reader, Xlsx, XlsxError};
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;
use zip::read::ZipFile;

use super::bounded::{LONGEST_ROW, TooLong, is_too_long};
use super::index::{NO_HEADER, NO_ROWS, columns, numbered};
use super::{DeliveryError, LARGEST, Row, index::Rows};

/// The most that the parts of a spreadsheet may hold unpacked: its texts are read into memory.
const UNPACKED: u64 = 1024 * 1024 * 1024;
/// The most of its texts, which stand beside its cells and are all in memory.
const TEXTS: u64 = 128 * 1024 * 1024;
/// What a text takes in memory besides itself.
const OF_TEXT: u64 = 40;
/// The most of a part that is no XML by its name: none of them is read.
const OTHERS: u64 = 64 * 1024 * 1024;
/// What is said of one that is refused.
const TOO_LARGE: &str = "the spreadsheet is too large to be read; save the sheet as CSV";
/// So many rows wait to be taken.
const WAITING: usize = 16;

/// A row's number, and its cells with their columns.
type Cells = (u64, Vec<(usize, String)>);

/// A spreadsheet that is read. It is a zip archive, so it is read from a file.
fn book(file: &str, read: Box<dyn Read + Send>) -> Result<Xlsx<BufReader<File>>, DeliveryError> {
    let failed = |reason: &dyn ToString| DeliveryError::index(file, reason);
    let mut whole = tempfile::tempfile().map_err(|error| failed(&error))?;
    let count =
        io::copy(&mut read.take(LARGEST + 1), &mut whole).map_err(|error| failed(&error))?;
    if count > LARGEST {
        return Err(DeliveryError::TooLarge(file.to_owned(), count));
    }
    check_parts(&mut whole).map_err(|error| failed(&error))?;
    Xlsx::new(BufReader::new(whole)).map_err(|error| failed(&error))
}

/// What the sheets of a spreadsheet are called, in their order.
pub(super) fn names(file: &str, read: Box<dyn Read + Send>) -> Result<Vec<String>, DeliveryError> {
    book(file, read).map(|book| book.sheet_names())
}

/// The rows of a sheet. Of its cells a row is in memory.
pub(super) fn rows(
    file: &str,
    read: Box<dyn Read + Send>,
    sheet: Option<&str>,
    header: Option<u64>,
) -> Result<Rows, DeliveryError> {
    let failed = |reason: &dyn ToString| DeliveryError::index(file, reason);
    let mut book = book(file, read)?;
    let first = book.sheet_names().into_iter().next();
    let sheet = sheet.map(str::to_owned).or(first).ok_or_else(|| failed(&"there is no sheet"))?;
    // Cells are read through the book: both stay in a thread of their own.
    let (send, taken) = sync_channel::<Result<Cells, String>>(WAITING);
    thread::spawn(move || {
        if let Err(error) = send_rows(&mut book, &sheet, &send) {
            let _ = send.send(Err(error));
        }
    });
    let mut is_first = true;
    let (number, names) = loop {
        match taken.recv() {
            Ok(Ok(row)) if header.is_none_or(|header| row.0 >= header) => break row,
            Ok(Ok(_)) => is_first = false,
            Ok(Err(error)) => return Err(failed(&error)),
            Err(_) => return Err(failed(if is_first { &NO_ROWS } else { &NO_HEADER })),
        }
    };
    if header.is_some_and(|header| header > 0 && number != header) {
        return Err(failed(&NO_HEADER));
    }
    let is_row = header == Some(0);
    // Where no row names the columns, the first one of the sheet is the first.
    let first = names.first().map_or(0, |(at, _)| if is_row { 0 } else { *at });
    let width = names.last().map_or(0, |(at, _)| at + 1 - first);
    let table = Sheet { file: file.to_owned(), first, columns: numbered(width).into() };
    if is_row {
        let row = std::iter::once(Ok((number, names)));
        return Ok(Box::new(row.chain(taken).map(move |row| table.row(row))));
    }
    let names = table.row(Ok((number, names)))?.values;
    let table = Sheet { columns: columns(file, &names)?.into(), ..table };
    Ok(Box::new(taken.into_iter().map(move |row| table.row(row))))
}

/// A sheet of which the columns are known.
struct Sheet {
    file: String,
    /// The column of the sheet that is the first of the table.
    first: usize,
    columns: Arc<[String]>,
}

impl Sheet {
    fn row(&self, row: Result<Cells, String>) -> Result<Row, DeliveryError> {
        let (number, cells) = row.map_err(|error| DeliveryError::index(&self.file, &error))?;
        let mut values = vec![String::new(); self.columns.len()];
        let mut surplus = 0;
        for (at, value) in cells {
            match at.checked_sub(self.first).and_then(|at| values.get_mut(at)) {
                Some(place) => *place = value,
                None => surplus += 1,
            }
        }
        let columns = Arc::clone(&self.columns);
        Ok(Row { number, columns, values, surplus, lacking: 0, broken: None })
    }
}

/// Hands on each row that holds anything: rows that were emptied stay in a sheet.
fn send_rows(
    book: &mut Xlsx<BufReader<File>>,
    sheet: &str,
    send: &SyncSender<Result<Cells, String>>,
) -> Result<(), String> {
    let told = |error: XlsxError| error.to_string();
    let mut cells = book.worksheet_cells_reader(sheet).map_err(told)?;
    let mut row: Cells = (0, Vec::new());
    while let Some(cell) = cells.next_cell().map_err(told)? {
        let (down, across) = cell.get_position();
        let number = u64::from(down) + 1;
        if number != row.0 && !row.1.is_empty() && send.send(Ok(std::mem::take(&mut row))).is_err()
        {
            return Ok(());
        }
        row.0 = number;
        let value = text(&cell.get_value().clone().into());
        if !value.is_empty() {
            row.1.push((across as usize, value));
        }
    }
    if !row.1.is_empty() {
        let _ = send.send(Ok(row));
    }
    Ok(())
}

/// Refuses a spreadsheet whose parts would not fit into memory: whoever reads it takes a cell whole, however long it is,
/// and all texts that stand beside the cells.
fn check_parts(whole: &mut File) -> io::Result<()> {
    let mut package = ZipArchive::new(&mut *whole).map_err(io::Error::other)?;
    let mut sum = 0;
    for at in 0..package.len() {
        let part = package.by_index(at).map_err(io::Error::other)?;
        sum += part.size();
        let name = part.name().map_err(io::Error::other)?.into_owned();
        let is_xml = [".xml", ".rels"].iter().any(|end| name.ends_with(end));
        if sum > UNPACKED || (!is_xml && part.size() > OTHERS) {
            return Err(io::Error::other(TOO_LARGE));
        }
        if is_xml {
            check_part(part, &name)?;
        }
    }
    whole.rewind()
}

/// Reads a part of a spreadsheet through, and refuses a row, a text or a mark in it that is longer than any is, and more texts
/// than fit into memory.
fn check_part(part: ZipFile<'_, &mut File>, name: &str) -> io::Result<()> {
    let size = part.size();
    let most = if name.ends_with("sharedStrings.xml") { TEXTS } else { UNPACKED };
    let check = |texts: u64| {
        let fits = size.saturating_add(texts.saturating_mul(OF_TEXT)) <= most;
        if fits { Ok(()) } else { Err(io::Error::other(TOO_LARGE)) }
    };
    let since = Cell::new(0);
    let mut xml = quick_xml::Reader::from_reader(BufReader::new(Narrow { part, since: &since }));
    let (mut texts, mut row) = (0, 0);
    // A row, or a text that stands beside.
    let mut inside: Option<String> = None;
    let mut piece = Vec::new();
    loop {
        piece.clear();
        match xml.read_event_into(&mut piece) {
            Ok(Event::Eof) => return Ok(()),
            Ok(Event::Start(mark)) if inside.is_none() => match mark.local_name().as_ref() {
                "row" => {
                    row = said(&mark, "r").unwrap_or(row + 1);
                    inside = Some("row".to_owned());
                }
                "si" => {
                    texts += 1;
                    check(texts)?;
                    inside = Some("si".to_owned());
                }
                // Whoever reads them believes how many there are said to be.
                "sst" => check(said(&mark, "uniqueCount").unwrap_or_default())?,
                _ => {}
            },
            Ok(Event::End(mark)) if inside.as_deref() == Some(mark.local_name().as_ref()) => {
                inside = None;
            }
            Ok(_) => {}
            Err(quick_xml::Error::Io(error)) if is_too_long(&error) => {
                let place = match inside.as_deref() {
                    Some("row") => format!("row {row}"),
                    _ => name.to_owned(),
                };
                let told = format!("{place}: longer than {LONGEST_ROW} bytes; no row is as long");
                return Err(io::Error::other(told));
            }
            Err(error) => return Err(io::Error::other(format!("{name}: {error}"))),
        }
        if inside.is_none() {
            since.set(0);
        }
    }
}

/// The number that an attribute says.
fn said(mark: &BytesStart<'_>, name: &str) -> Option<u64> {
    mark.try_get_attribute(name).ok()??.value.parse().ok()
}

/// A part of which no row may be too long.
struct Narrow<'p, R> {
    part: R,
    /// What was read since the row began, or the mark.
    since: &'p Cell<u64>,
}

impl<R: Read> Read for Narrow<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > LONGEST_ROW {
            return Err(io::Error::other(TooLong));
        }
        let read = self.part.read(buffer)?;
        self.since.set(self.since.get() + read as u64);
        Ok(read)
    }
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
