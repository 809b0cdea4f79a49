//! Bounds for what is read of an index at once: a quotation mark that nobody closed, or an element that never ends,
//! would be read into memory to the end of the delivery.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// So much is read for one row, and no more.
pub(super) const LONGEST_ROW: u64 = 1024 * 1024;

/// Why reading ended: one row is longer than any is.
#[derive(Debug, thiserror::Error)]
#[error("a row is longer than {LONGEST_ROW} bytes")]
pub(super) struct TooLong;

/// Counts what is read since the row began.
#[derive(Debug, Clone, Default)]
pub(super) struct Watch(Arc<AtomicU64>);

impl Watch {
    /// Another row begins.
    pub(super) fn begin(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A text of which no row may be too long.
pub(super) struct Bounded {
    text: Box<dyn Read + Send>,
    watch: Watch,
}

impl Bounded {
    pub(super) fn new(text: Box<dyn Read + Send>) -> (Self, Watch) {
        let watch = Watch::default();
        (Self { text, watch: watch.clone() }, watch)
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.watch.0.load(Ordering::Relaxed) > LONGEST_ROW {
            return Err(io::Error::other(TooLong));
        }
        let read = self.text.read(buffer)?;
        self.watch.0.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// What stands before a row, and is passed over.
pub(super) struct BeforeRow {
    /// The byte at which the row itself begins.
    pub(super) at: u64,
    /// How many lines without anything there are.
    pub(super) empty: u64,
    /// How many line feeds.
    pub(super) feeds: u64,
}

/// A text of which the bytes of the last row are kept, so that reading can go on after its first line.
pub(super) struct Kept {
    text: Box<dyn Read + Send>,
    /// What was read before, and is read again.
    again: Cursor<Vec<u8>>,
    /// What was read since the row began, and how much was read before it.
    row: Vec<u8>,
    before: u64,
}

impl Kept {
    pub(super) fn new(text: Box<dyn Read + Send>) -> Self {
        Self { text, again: Cursor::default(), row: Vec::new(), before: 0 }
    }

    /// A row begins at this byte: what stands before it is not read again.
    pub(super) fn begin(&mut self, at: u64) {
        // So seldom that it costs nothing, and so often that little is kept.
        if at - self.before > LONGEST_ROW / 8 {
            // The byte before stays: a carriage return makes a line feed after it part of the row that ended.
            let gone = usize::try_from(at - self.before - 1).unwrap_or(self.row.len());
            self.row.drain(..gone.min(self.row.len()));
            self.before = at - 1;
        }
    }

    /// What stands without anything before the row at this byte. A row that ended with a carriage return leaves its line feed
    /// there, which is no line.
    pub(super) fn before_row(&self, at: u64) -> BeforeRow {
        let from = usize::try_from(at - self.before).unwrap_or_default().min(self.row.len());
        let (row, mut last) = (&self.row[from..], self.row[..from].last());
        let mut before = BeforeRow { at, empty: 0, feeds: 0 };
        for byte in row.iter().take_while(|byte| is_line_break(**byte)) {
            before.at += 1;
            before.feeds += u64::from(*byte == b'\n');
            before.empty += u64::from(!(*byte == b'\n' && last == Some(&b'\r')));
            last = Some(byte);
        }
        before
    }

    /// The text after the first line of the row that begins at this byte.
    pub(super) fn after_line(self, at: u64) -> io::Result<Self> {
        let from = usize::try_from(at - self.before).unwrap_or_default().min(self.row.len());
        let row = &self.row[from..];
        let Some(end) = row.iter().position(|byte| is_line_break(*byte)) else {
            return self.after_endless_line();
        };
        let two = row[end..].starts_with(b"\r\n");
        let mut again = row[end + 1 + usize::from(two)..].to_vec();
        let read = usize::try_from(self.again.position()).unwrap_or(usize::MAX);
        again.extend(self.again.get_ref().iter().skip(read));
        Ok(Self { again: Cursor::new(again), ..Self::new(self.text) })
    }

    fn more(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.again.read(buffer)? {
            0 => self.text.read(buffer),
            read => Ok(read),
        }
    }

    /// Passes over the rest of a line that has no end within the bounds.
    fn after_endless_line(mut self) -> io::Result<Self> {
        let mut byte = [0];
        while self.more(&mut byte)? > 0 && !is_line_break(byte[0]) {}
        if byte == *b"\r" && self.more(&mut byte)? > 0 && byte != *b"\n" {
            let read = usize::try_from(self.again.position()).unwrap_or(usize::MAX);
            let rest = self.again.get_ref().iter().skip(read);
            self.again = Cursor::new(byte.iter().chain(rest).copied().collect());
        }
        Ok(Self { again: self.again, ..Self::new(self.text) })
    }
}

impl Read for Kept {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.row.len() as u64 > 2 * LONGEST_ROW {
            return Err(io::Error::other(TooLong));
        }
        let read = self.more(buffer)?;
        self.row.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

/// Whether a byte ends a line.
const fn is_line_break(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Whether an error says that a row is too long.
pub(super) fn is_too_long(error: &io::Error) -> bool {
    error.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<TooLong>)
}
