//! Installations out of an export: one JSON record a line, or a list of them; also with gzip.
//!
//! Reading JSON takes longer than joining it, so lines are read ahead in blocks and the blocks on
//! two threads; one at a time joins what it has read. Nothing depends on their order.

use std::io::{BufRead, BufReader, Chain, Cursor, ErrorKind as IoKind, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};

use flate2::read::MultiGzDecoder;

use super::installations::{ReadError, Unreadable};
use super::key::KeyHasher;
use super::list::List;
use super::{Error, ErrorKind, InstallationRow, Reconciler};
use crate::report::{ErrorKind as Kind, foreign};

/// The longest line, in bytes.
const MAX_LINE: usize = 1 << 20;
/// The bytes of a block of lines, about.
const BLOCK: usize = 1 << 17;
/// How many blocks are read ahead.
const AHEAD: usize = 4;
/// How many threads read JSON.
const THREADS: usize = 2;
/// How many bytes tell what an export is.
const HEAD: u64 = 64;

/// Whole lines, one behind the other.
#[derive(Debug, Default)]
struct Block {
    text: Vec<u8>,
    /// The number of its first line.
    first: u64,
}

/// What the threads share.
struct Shared<'r> {
    reconciler: &'r mut Reconciler,
    unreadable: Lines,
    failed: Option<Error>,
}

/// Lines that could not be read, and the first of them.
#[derive(Debug, Default)]
struct Lines {
    count: u64,
    first: Option<(u64, Error)>,
}

impl Lines {
    fn add(&mut self, line: u64, error: Error) {
        self.count = self.count.saturating_add(1);
        if self.first.as_ref().is_none_or(|(known, _)| line < *known) {
            self.first = Some((line, error));
        }
    }

    fn merge(&mut self, other: Self) {
        let count = self.count.saturating_add(other.count);
        if let Some((line, error)) = other.first {
            self.add(line, error);
        }
        self.count = count;
    }
}

/// The first bytes, and all of it.
type Peeked<R> = (Vec<u8>, Chain<Cursor<Vec<u8>>, R>);

fn peek<R: BufRead>(mut lines: R) -> std::io::Result<Peeked<R>> {
    let mut head = Vec::new();
    lines.by_ref().take(HEAD).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(lines)))
}

impl Reconciler {
    /// Takes installations from an export: one JSON record a line, or a JSON list of records, each
    /// read as [`InstallationRow::from_json`] does; also with gzip. Empty lines are skipped. Some
    /// hundred kilobytes are in memory, and two threads read them.
    ///
    /// # Errors
    /// `read`; `not_installations` for another encoding, another kind of file, and one that was cut
    /// off; `nothing_readable` when there are records and none can be read; those of
    /// [`Reconciler::installation`].
    pub fn read_ndjson(&mut self, lines: impl BufRead) -> Result<Unreadable, ReadError> {
        let (head, mut lines) = peek(lines)?;
        if !head.starts_with(&[0x1f, 0x8b]) {
            return self.read_plain(&head, &mut lines);
        }
        let plain = BufReader::with_capacity(BLOCK, MultiGzDecoder::new(lines));
        let read = peek(plain).map_err(ReadError::from);
        let read = read.and_then(|(head, mut lines)| self.read_plain(&head, &mut lines));
        read.map_err(|error| match &error {
            ReadError::Io(io) => match io.kind() {
                IoKind::UnexpectedEof | IoKind::InvalidInput | IoKind::InvalidData => {
                    ReadError::other("gzip data that is damaged or cut off; fetch it again")
                }
                _ => error,
            },
            _ => error,
        })
    }

    fn read_plain(
        &mut self,
        head: &[u8],
        lines: &mut dyn BufRead,
    ) -> Result<Unreadable, ReadError> {
        match foreign(head) {
            Some(Kind::Encoding { found }) => {
                let found = format!("{found}; convert it to UTF-8 first, for example with iconv");
                return Err(ReadError::other(&found));
            }
            Some(Kind::NotAReport { found }) => return Err(ReadError::other(found)),
            _ => {}
        }
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        if head.trim_ascii_start().first() != Some(&b'[') {
            return self.read_lines(lines, "line");
        }
        let mut list = List::new(lines);
        let read = self.read_lines(BufReader::with_capacity(BLOCK, &mut list), "record");
        if read.is_ok() && list.is_open() {
            let found = "a list without its end: it was cut off, or a record in it is broken";
            return Err(ReadError::other(found));
        }
        read
    }

    /// Reads records of a line each; what is said of a place counts them by this name.
    fn read_lines(
        &mut self,
        lines: impl BufRead,
        name: &'static str,
    ) -> Result<Unreadable, ReadError> {
        let before = self.summary.installations;
        let (send, receive) = sync_channel::<Block>(AHEAD);
        let receive = Mutex::new(receive);
        let hasher = self.hasher();
        let shared = Mutex::new(Shared {
            reconciler: &mut *self,
            unreadable: Lines::default(),
            failed: None,
        });
        let failed = AtomicBool::new(false);
        let too_long = std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| read_blocks(&receive, &hasher, &shared, &failed));
            }
            let read = split(lines, |block| {
                send.send(block).is_ok() && !failed.load(Ordering::Relaxed)
            });
            drop(send); // the threads end
            read
        });
        let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = shared.failed {
            return Err(error.into());
        }
        let mut unreadable = shared.unreadable;
        unreadable.merge(too_long?);
        let first = unreadable.first;
        let unreadable = Unreadable {
            count: unreadable.count,
            first: first.map(|(at, error)| format!("{name} {at}: {error}")),
        };
        self.read_any(before, unreadable)
    }
}

/// Makes blocks of whole lines, until nobody takes them; answers the lines that are too long.
fn split(
    mut lines: impl BufRead,
    mut take: impl FnMut(Block) -> bool,
) -> Result<Lines, std::io::Error> {
    let mut too_long = Lines::default();
    let mut block = Block {
        text: Vec::with_capacity(BLOCK),
        first: 1,
    };
    loop {
        let read = lines.fill_buf()?;
        let read = read.get(..BLOCK).unwrap_or(read);
        let length = read.len();
        if length == 0 {
            break;
        }
        block.text.extend_from_slice(read);
        lines.consume(length);
        if block.text.len() < BLOCK {
            continue;
        }
        match memchr::memrchr(b'\n', &block.text) {
            Some(end) => {
                let mut rest = Vec::with_capacity(BLOCK);
                rest.extend(block.text.drain(end.saturating_add(1)..));
                let next = Block {
                    text: rest,
                    first: block.first.saturating_add(newlines(&block.text)),
                };
                if !take(std::mem::replace(&mut block, next)) {
                    return Ok(too_long);
                }
            }
            None if block.text.len() > MAX_LINE => {
                lines.skip_until(b'\n')?;
                too_long.add(block.first, longer());
                // an empty line in its place keeps the numbers of those behind it
                block.text.clear();
                block.text.push(b'\n');
            }
            None => {}
        }
    }
    take(block);
    Ok(too_long)
}

fn newlines(text: &[u8]) -> u64 {
    u64::try_from(memchr::memchr_iter(b'\n', text).count()).unwrap_or(u64::MAX)
}

fn longer() -> Error {
    let reason = format!("it is longer than {MAX_LINE} bytes");
    ErrorKind::Installation { reason }.into()
}

/// Reads blocks until none comes any more.
fn read_blocks(
    blocks: &Mutex<Receiver<Block>>,
    hasher: &KeyHasher,
    shared: &Mutex<Shared<'_>>,
    failed: &AtomicBool,
) {
    loop {
        let next = blocks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(block) = next else { return };
        let mut unreadable = Lines::default();
        let mut rows = Vec::new();
        let mut start = 0;
        let ends = memchr::memchr_iter(b'\n', &block.text).chain([block.text.len()]);
        for (number, end) in (block.first..).zip(ends) {
            let line = block.text.get(start..end).unwrap_or_default();
            start = end.saturating_add(1);
            let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            match row(line) {
                Ok(row) => rows.push(row),
                Err(error) => unreadable.add(number, error),
            }
        }
        let sought = rows.iter().map(|row| (row, row.sought(hasher)));
        let sought: Vec<_> = sought.collect();
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.unreadable.merge(unreadable);
        if shared.failed.is_none() {
            shared.failed = shared.reconciler.installations(&sought).err();
            if shared.failed.is_some() {
                failed.store(true, Ordering::Relaxed);
            }
        }
    }
}

fn row(line: &[u8]) -> Result<InstallationRow<'_>, Error> {
    if line.len() > MAX_LINE {
        return Err(longer());
    }
    let text = std::str::from_utf8(line).map_err(|_| {
        let reason = "it is not UTF-8".to_owned();
        Error::from(ErrorKind::Installation { reason })
    })?;
    InstallationRow::from_json(text)
}

#[cfg(test)]
mod tests {
    use app_license::UnixTime;

    use super::super::{Options, Reconciler};
    use super::{BLOCK, MAX_LINE};

    #[test]
    fn the_first_line_that_cannot_be_read_is_named_across_blocks() {
        let record = r#"{"key":{"connect":"tenant"}}"#;
        let good = format!("{record}\n").repeat(BLOCK / 16);
        let lines = good.lines().count();
        let long = "x".repeat(MAX_LINE + 10);
        let text = format!("\u{feff}{good}{long}\n{good}not json\n\n{good}{record}");
        let mut reconciler = Reconciler::new(Options::at(UnixTime::EPOCH));
        let unreadable = reconciler.read_ndjson(text.as_bytes()).unwrap();
        assert_eq!(unreadable.count, 2);
        let first = unreadable.first.unwrap();
        assert!(
            first.starts_with(&format!("line {}: ", lines + 1)) && first.contains("longer than"),
            "{first}"
        );
        let installations = reconciler.finish().unwrap().summary().installations;
        assert_eq!(installations, 3 * lines as u64 + 1);
    }
}
