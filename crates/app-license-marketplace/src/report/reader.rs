//! Reports of any size, in one pass and a bounded window.

mod broken;
mod csv;
mod document;
mod fields;
mod json;
mod progress;
pub(crate) mod scan;
mod table;
mod window;
#[cfg(test)]
mod work;

use std::fmt;
use std::io::Read;
use std::marker::PhantomData;
use std::sync::{Arc, LazyLock};

use self::csv::Csv;
use self::document::Page;
use self::fields::Fields;
use self::window::Window;
use super::error::{Error, ErrorKind, Position};
use super::kind::Kind;
use super::record::Record;

pub(crate) use self::document::foreign;
pub use self::progress::{Completeness, Format, Progress};
pub use self::window::MAX_RECORD;

static NO_COLUMNS: LazyLock<Arc<[String]>> = LazyLock::new(|| Arc::new([]));

/// Where in the report the reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first byte.
    Start,
    /// Before a JSON document.
    Document,
    /// Within a list; whether of a page, and what came last.
    List { in_page: bool, last: Last },
    /// Before the one record of a page.
    Single,
    /// Behind the list of a page.
    Tail,
    /// Between records, one a line.
    Lines,
    /// Between records of CSV.
    Csv,
    /// At the end.
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Open,
    Record,
    Comma,
}

/// Where the text of the record at hand is.
#[derive(Debug, Clone, Copy)]
enum Text {
    /// The last bytes of the window that were used.
    Used(usize),
    /// The cells of the line.
    Cells,
}

/// A reader of reports. [`LicenseReader`](super::LicenseReader) and
/// [`TransactionReader`](super::TransactionReader) are its names for the two kinds.
///
/// It holds a window of a few hundred kilobytes, or a few megabytes where records are that large,
/// however long the report is.
///
/// ```
/// use app_license_marketplace::report::{LicenseField, LicenseReader};
/// let report = std::fs::File::open("report.json").ok();
/// # let report = Some(&br#"{"totalCount":1,"licenses":[{"cloudId":"c-1","status":"active"}]}"#[..]);
/// let mut reader = LicenseReader::new(report.unwrap())
///     .select(&[LicenseField::CloudId]) // the other fields are checked and skipped
///     .strict(true); // the first bad record ends it
/// while let Some(license) = reader.next() {
///     assert_eq!(license?.cloud_id().unwrap(), "c-1");
/// }
/// assert_eq!(reader.total_count(), Some(1));
/// # Ok::<(), app_license_marketplace::report::Error>(())
/// ```
pub struct Reader<K: Kind, R> {
    window: Window<R>,
    fields: Fields<K>,
    csv: Option<Csv>,
    page: Page,
    state: State,
    format: Option<Format>,
    strict: bool,
    partial: bool,
    records: u64,
    bad: u64,
    /// Up to here, frames of broken records have been looked for in vain.
    no_frame_before: u64,
    position: Position,
}

impl<K: Kind, R> fmt::Debug for Reader<K, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("window", &self.window)
            .field("state", &self.state)
            .field("format", &self.format)
            .field("records", &self.records)
            .field("bad", &self.bad)
            .finish_non_exhaustive()
    }
}

impl<K: Kind, R: Read> Reader<K, R> {
    /// A reader of this input, which needs no buffer of its own. Nothing is read yet.
    pub fn new(input: R) -> Self {
        Self {
            window: Window::new(input),
            fields: Fields::new(),
            csv: None,
            page: Page::default(),
            state: State::Start,
            format: None,
            strict: false,
            partial: false,
            records: 0,
            bad: 0,
            no_frame_before: 0,
            position: Position {
                byte: 0,
                line: 1,
                record: 0,
            },
        }
    }

    /// Keeps these fields alone; the others, and unknown ones, are checked and skipped.
    #[must_use]
    pub fn select(mut self, fields: &[K::Field]) -> Self {
        self.fields.select(fields);
        self
    }

    /// Whether the first bad record ends the reading. By default the next one is read.
    #[must_use]
    pub const fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// What the report is written in, once it is known.
    #[must_use]
    pub const fn format(&self) -> Option<Format> {
        self.format
    }

    /// How many records the list has by the words of its last page.
    #[must_use]
    pub const fn total_count(&self) -> Option<u64> {
        self.page.total
    }

    /// The address of the next page, as the last page has it.
    ///
    /// ```
    /// use app_license_marketplace::report::LicenseReader;
    /// let page = br#"{"_links":{"next":{"href":"/rest/3/x"}},"licenses":[]}"#;
    /// let mut reader = LicenseReader::new(&page[..]);
    /// assert!(reader.next().is_none());
    /// assert_eq!(reader.next_page(), Some("/rest/3/x"));
    /// ```
    #[must_use]
    pub fn next_page(&self) -> Option<&str> {
        self.page.next.as_deref()
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            bytes: self.window.offset(0),
            records: self.records,
            bad: self.bad,
        }
    }

    /// Whether the whole report was read.
    #[must_use]
    pub fn completeness(&self) -> Completeness {
        match (self.state, self.partial, self.bad) {
            (_, true, _) => Completeness::Partial,
            (State::Done, _, 0) => Completeness::Complete,
            (State::Done, _, bad) => Completeness::WithoutBadRecords(bad),
            _ => Completeness::Unfinished,
        }
    }

    /// The place of the last record, or of the last error.
    ///
    /// ```
    /// use app_license_marketplace::report::LicenseReader;
    /// let mut reader = LicenseReader::new(&b"[\n{\"tier\":\"x\"}]"[..]);
    /// while let Some(_) = reader.next() {}
    /// assert_eq!(reader.position().line(), 2);
    /// ```
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The next record, or what is wrong with it; nothing at the end.
    ///
    /// After an error that [is fatal](Error::is_fatal) comes nothing more. It is no `Iterator`,
    /// because records borrow from the reader;
    /// [`to_owned_record`](Record::to_owned_record) makes one that does not.
    #[expect(
        clippy::should_implement_trait,
        reason = "records borrow from the reader, which an Iterator cannot say"
    )]
    pub fn next(&mut self) -> Option<Result<Record<'_, K>, Error>> {
        let text = match self.advance()? {
            Ok(text) => text,
            Err(error) => {
                self.position = error.position();
                if error.is_fatal() || self.strict {
                    self.state = State::Done;
                    self.partial = true;
                }
                return Some(Err(error));
            }
        };
        let (bytes, columns) = match (text, &self.csv) {
            (Text::Cells, Some(csv)) => (csv.text(), &csv.columns),
            (Text::Used(length), _) => (self.window.used(length), &*NO_COLUMNS),
            (Text::Cells, None) => (&[][..], &*NO_COLUMNS),
        };
        Some(Ok(Record {
            // checked when the record was scanned; this is the second look at it
            text: std::str::from_utf8(bytes).unwrap_or_default(),
            spans: &self.fields.spans,
            extras: &self.fields.extras,
            columns,
            position: self.position,
            kind: PhantomData,
        }))
    }

    /// Goes on to the next record.
    fn advance(&mut self) -> Option<Result<Text, Error>> {
        loop {
            let step = match self.state {
                State::Done => return None,
                State::Start => self.start(),
                State::Document => self.document(),
                State::List { in_page, last } => self.list(in_page, last),
                State::Single => Some(self.object(State::Tail)),
                State::Tail => self.tail(),
                State::Lines => self.lines(),
                State::Csv => self.csv(),
            };
            if step.is_some() {
                return step;
            }
        }
    }

    /// Finds out what the report is by its first bytes.
    fn start(&mut self) -> Option<Result<Text, Error>> {
        self.window.more();
        if self.window.rest().starts_with(&[0x1f, 0x8b]) {
            self.window.decompress();
            self.window.more();
        }
        if let Some(kind) = foreign(self.window.rest()) {
            return Some(Err(self.fail(0, kind)));
        }
        if self.window.rest().starts_with(b"\xef\xbb\xbf") {
            self.window.consume(3);
        }
        match self.window.skip_white() {
            None => {
                let kind = self.window.take_failure().unwrap_or(ErrorKind::Empty);
                return Some(Err(self.fail(0, kind)));
            }
            Some(b'[' | b'{') => self.state = State::Document,
            Some(_) => {
                // the pattern for markup again, now behind white space and the byte order mark
                if let Some(kind) = foreign(self.window.rest()) {
                    return Some(Err(self.fail(0, kind)));
                }
                return self.csv_header();
            }
        }
        None
    }

    /// The end of the report, unless the input failed just there.
    fn finish(&mut self) -> Option<Result<Text, Error>> {
        if let Some(kind) = self.window.take_failure() {
            return Some(Err(self.fail(0, kind)));
        }
        self.state = State::Done;
        None
    }

    /// The number of the record at hand.
    const fn number(&self) -> u64 {
        self.records.saturating_add(self.bad)
    }

    /// A bad record.
    fn bad(&mut self, at: usize, kind: ErrorKind) -> Error {
        self.bad = self.bad.saturating_add(1);
        let number = self.number();
        Error::new(kind, self.window.position(at, number))
    }

    /// A fault of the report: nothing behind it is read, whatever the kind.
    fn fail(&mut self, at: usize, kind: ErrorKind) -> Error {
        self.state = State::Done;
        self.partial = true;
        let number = self.number();
        Error::new(kind, self.window.position(at, number))
    }

    /// The report ends where it must not, or cannot be read on.
    fn end_of(&mut self, within: &'static str) -> Error {
        let number = self.number();
        self.window.end(within, number)
    }
}
