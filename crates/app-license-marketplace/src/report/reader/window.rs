//! The bounded part of a report that is in memory.

use std::fmt;
use std::io::{self, Chain, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::super::error::{Error, ErrorKind, Position};

/// Bytes that are read at a time.
const WINDOW: usize = 256 * 1024;

/// The largest record that is read, in bytes. Honest ones have a few thousand.
pub const MAX_RECORD: usize = 1 << 20;

/// Where the bytes come from.
enum Input<R> {
    Plain(R),
    Gzip(Box<MultiGzDecoder<Chain<Cursor<Vec<u8>>, R>>>),
    /// Nothing comes any more.
    Gone,
}

/// The window: `buffer[start..end]` is what is not yet used.
pub(super) struct Window<R> {
    input: Input<R>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes before the buffer.
    base: u64,
    /// Up to where lines are counted, in the buffer, and how many there are.
    counted: (usize, u64),
    at_end: bool,
    failure: Option<ErrorKind>,
}

impl<R> fmt::Debug for Window<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window")
            .field("base", &self.base)
            .field("start", &self.start)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl<R: Read> Window<R> {
    pub(super) const fn new(input: R) -> Self {
        Self {
            input: Input::Plain(input),
            buffer: Vec::new(),
            start: 0,
            end: 0,
            base: 0,
            counted: (0, 0),
            at_end: false,
            failure: None,
        }
    }

    /// What is in memory and not yet used.
    pub(super) fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The text that begins so many bytes before what is not yet used.
    pub(super) fn used(&self, length: usize) -> &[u8] {
        let from = self.start.saturating_sub(length);
        self.buffer.get(from..self.start).unwrap_or_default()
    }

    /// Marks bytes as used.
    pub(super) fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }

    /// The byte at an offset of the rest, counted from the start of the report.
    pub(super) fn offset(&self, at: usize) -> u64 {
        let inside = self.start.saturating_add(at);
        self.base
            .saturating_add(u64::try_from(inside).unwrap_or(u64::MAX))
    }

    /// The place at an offset of the rest. What is before it is not asked for again.
    pub(super) fn position(&mut self, at: usize, record: u64) -> Position {
        let inside = self.start.saturating_add(at).min(self.end);
        let (from, lines) = self.counted;
        let lines = match self.buffer.get(from..inside) {
            Some(new) => {
                let lines = lines.saturating_add(newlines(new));
                self.counted = (inside, lines);
                lines
            }
            // before what is counted: an error at an earlier place than the last one
            None => lines.saturating_sub(self.buffer.get(inside..from).map_or(0, newlines)),
        };
        Position {
            byte: self.offset(at),
            line: lines.saturating_add(1),
            record,
        }
    }

    /// Reads more; whether there is more. There is not at the end of the report, after a failure,
    /// and when the rest is as large as a record may be.
    pub(super) fn more(&mut self) -> bool {
        if self.at_end || self.is_full() {
            return false;
        }
        self.compact();
        if self.end == self.buffer.len() {
            let larger = self.buffer.len().saturating_mul(2).max(WINDOW);
            self.buffer.resize(larger, 0);
        }
        let before = self.end;
        while self.end < self.buffer.len() {
            match self.read() {
                Ok(0) => {
                    self.at_end = true;
                    break;
                }
                Ok(count) => self.end = self.end.saturating_add(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failure = Some(self.kind_of(error));
                    self.at_end = true;
                    break;
                }
            }
        }
        self.end > before
    }

    /// Whether the rest is as large as a record may be.
    pub(super) fn is_full(&self) -> bool {
        self.rest().len() >= MAX_RECORD
    }

    /// Whether nothing more comes.
    pub(super) const fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// Uses up empty lines; the first byte that is none of them.
    pub(super) fn skip_line_ends(&mut self) -> Option<u8> {
        loop {
            let ends = self
                .rest()
                .iter()
                .take_while(|b| matches!(b, b'\n' | b'\r'));
            self.consume(ends.count());
            if let Some(byte) = self.rest().first() {
                return Some(*byte);
            }
            if !self.more() {
                return None;
            }
        }
    }

    /// Moves the rest to the front of the buffer.
    fn compact(&mut self) {
        let (from, lines) = self.counted;
        let new = self.buffer.get(from..self.start).map_or(0, newlines);
        if from < self.start {
            self.counted = (0, lines.saturating_add(new));
        } else {
            self.counted.0 = from.saturating_sub(self.start);
        }
        self.base = self.offset(0);
        #[cfg(test)]
        super::work::looked(self.end.saturating_sub(self.start));
        self.buffer.copy_within(self.start..self.end, 0);
        self.end = self.end.saturating_sub(self.start);
        self.start = 0;
    }

    fn read(&mut self) -> io::Result<usize> {
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        match &mut self.input {
            Input::Plain(input) => input.read(free),
            Input::Gzip(input) => input.read(free),
            Input::Gone => Ok(0),
        }
    }

    fn kind_of(&self, error: io::Error) -> ErrorKind {
        match (&self.input, error.kind()) {
            (Input::Gzip(_), io::ErrorKind::UnexpectedEof) => ErrorKind::Truncated {
                within: "the gzip data",
            },
            (Input::Gzip(_), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => {
                ErrorKind::Gzip(error)
            }
            _ => ErrorKind::Read(error),
        }
    }

    /// Why nothing more comes, if that is a failure.
    pub(super) fn take_failure(&mut self) -> Option<ErrorKind> {
        self.failure.take()
    }

    /// The failure, or that the report was cut off.
    pub(super) fn end(&mut self, within: &'static str, record: u64) -> Error {
        let kind = self
            .failure
            .take()
            .unwrap_or(ErrorKind::Truncated { within });
        let length = self.rest().len();
        Error::new(kind, self.position(length, record))
    }

    /// Decompresses what is read and what comes.
    pub(super) fn decompress(&mut self) {
        let read = self.rest().to_vec();
        self.start = 0;
        self.end = 0;
        self.at_end = false;
        // a failure of the input comes again, from within the decoder
        self.failure = None;
        self.input = match std::mem::replace(&mut self.input, Input::Gone) {
            Input::Plain(input) => {
                let input = Cursor::new(read).chain(input);
                Input::Gzip(Box::new(MultiGzDecoder::new(input)))
            }
            other => other,
        };
    }

    /// Uses up white space, reading on as needed; the first other byte.
    pub(super) fn skip_white(&mut self) -> Option<u8> {
        loop {
            let white = self.rest().iter().take_while(|b| is_white(**b)).count();
            self.consume(white);
            if let Some(byte) = self.rest().first() {
                return Some(*byte);
            }
            if !self.more() {
                return None;
            }
        }
    }
}

/// White space of JSON.
pub(super) const fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\r' | b'\t')
}

fn newlines(bytes: &[u8]) -> u64 {
    #[cfg(test)]
    super::work::looked(bytes.len());
    u64::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u64::MAX)
}
