//! Separators of several bytes: what reads rows takes one byte between two values.

use std::io::{self, Read};

/// The byte that stands for a separator: UTF-8 has none like it.
pub(super) const MARK: u8 = 0xFF;

/// A text in UTF-8 in which each separator is [`MARK`].
pub(super) struct Marked {
    text: Box<dyn Read + Send>,
    separator: Vec<u8>,
    /// What was read and may be the beginning of a separator.
    pending: Vec<u8>,
    ready: Vec<u8>,
    at: usize,
}

impl Marked {
    pub(super) fn new(text: Box<dyn Read + Send>, separator: &[u8]) -> Self {
        let separator = separator.to_vec();
        Self { text, separator, pending: Vec::new(), ready: Vec::new(), at: 0 }
    }

    /// Reads on; nothing is ready afterwards at the end alone.
    fn more(&mut self) -> io::Result<()> {
        (self.ready, self.at) = (Vec::new(), 0);
        let mut piece = [0; 8192];
        while self.ready.is_empty() {
            let count = self.text.read(&mut piece)?;
            if count == 0 {
                self.ready = std::mem::take(&mut self.pending);
                return Ok(());
            }
            self.pending.extend_from_slice(&piece[..count]);
            let mut done = 0;
            while done + self.separator.len() <= self.pending.len() {
                if self.pending[done..].starts_with(&self.separator) {
                    self.ready.push(MARK);
                    done += self.separator.len();
                } else {
                    self.ready.push(self.pending[done]);
                    done += 1;
                }
            }
            self.pending.drain(..done);
        }
        Ok(())
    }
}

impl Read for Marked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.ready.len() {
            self.more()?;
        }
        let given = buffer.len().min(self.ready.len() - self.at);
        buffer[..given].copy_from_slice(&self.ready[self.at..self.at + given]);
        self.at += given;
        Ok(given)
    }
}
