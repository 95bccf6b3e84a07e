//! Reports of any size, in one pass and a bounded window.

mod csv;
mod document;
mod fields;
mod scan;
mod window;

use std::fmt;
use std::io::Read;
use std::marker::PhantomData;
use std::sync::{Arc, LazyLock};

use self::csv::Csv;
use self::document::{Head, Page, Resync};
use self::fields::Fields;
use self::scan::{Scan, Stop};
use self::window::Window;
use super::error::{Error, ErrorKind, Found, Position};
use super::kind::Kind;
use super::record::Record;

/// The largest record that is read, in bytes. Honest ones have a few thousand.
pub const MAX_RECORD: usize = 1 << 20;

static NO_COLUMNS: LazyLock<Arc<[String]>> = LazyLock::new(|| Arc::new([]));

/// What a report is written in.
///
/// ```
/// use app_license_marketplace::report::{Format, LicenseReader};
/// let mut reader = LicenseReader::new(&b"cloudId,status\nc-1,active\n"[..]);
/// reader.next().unwrap()?;
/// assert_eq!(reader.format(), Some(Format::Csv));
/// # Ok::<(), app_license_marketplace::report::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// A JSON array of records, as the export is.
    Array,
    /// A page of the list of records, as the API answers; or several, one after the other.
    Page,
    /// One record a line, or one JSON object after the other.
    Lines,
    /// CSV with a header.
    Csv,
}

/// Whether the whole report was read.
///
/// ```
/// use app_license_marketplace::report::{Completeness, LicenseReader};
/// let mut reader = LicenseReader::new(&b"[{}, {\"cloudId\":"[..]);
/// while let Some(_) = reader.next() {}
/// assert_eq!(reader.completeness(), Completeness::Partial);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Completeness {
    /// It is still being read.
    Unfinished,
    /// To its end, every record.
    Complete,
    /// To its end, but so many records are bad.
    WithoutBadRecords(u64),
    /// Not to its end: it was cut off, is damaged, or reading was to stop at the first bad record.
    Partial,
}

/// How far a reader is.
///
/// ```
/// use app_license_marketplace::report::LicenseReader;
/// let mut reader = LicenseReader::new(&b"[{}, 7]"[..]);
/// while let Some(_) = reader.next() {}
/// let progress = reader.progress();
/// assert_eq!((progress.bytes(), progress.records(), progress.bad()), (7, 1, 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    bytes: u64,
    records: u64,
    bad: u64,
}

impl Progress {
    /// Bytes that were used, after decompression.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.bytes
    }

    /// Records that were read.
    #[must_use]
    pub const fn records(self) -> u64 {
        self.records
    }

    /// Records that could not be read.
    #[must_use]
    pub const fn bad(self) -> u64 {
        self.bad
    }
}

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
    compressed: bool,
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
            compressed: false,
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

    /// Whether the report is compressed.
    ///
    /// ```
    /// use app_license_marketplace::report::LicenseReader;
    /// assert!(!LicenseReader::new(&b"[]"[..]).is_compressed());
    /// ```
    #[must_use]
    pub const fn is_compressed(&self) -> bool {
        self.compressed
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
    /// let mut reader = LicenseReader::new(&b"[\n{}]"[..]);
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
            self.compressed = true;
            self.window.decompress();
            self.window.more();
        }
        if let Some(kind) = document::foreign(self.window.rest()) {
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
                if let Some(kind) = document::foreign(self.window.rest()) {
                    return Some(Err(self.fail(0, kind)));
                }
                return self.csv_header();
            }
        }
        None
    }

    /// Before a JSON document, or at the end of the report.
    fn document(&mut self) -> Option<Result<Text, Error>> {
        match self.window.skip_white() {
            None => self.finish(),
            Some(b'[') => {
                self.window.consume(1);
                self.format.get_or_insert(Format::Array);
                self.list_begins(false);
                None
            }
            Some(b'{') => self.head(),
            Some(byte) => Some(Err(self.fail(0, document::trailing(byte)))),
        }
    }

    fn head(&mut self) -> Option<Result<Text, Error>> {
        let head = loop {
            match document::head(self.window.rest(), &self.fields, &mut self.page) {
                Ok(head) => break head,
                Err(Stop::Bad(bad)) => {
                    let found = "JSON that is not well-formed";
                    return Some(Err(self.fail(bad.0, ErrorKind::NotAReport { found })));
                }
                Err(Stop::More) if self.window.more() => {}
                Err(Stop::More) => return Some(Err(self.end_of("the document"))),
            }
        };
        let page = Some(Format::Page);
        match head {
            Head::Page(used) => {
                self.format = page;
                self.window.consume(used);
                self.list_begins(true);
            }
            Head::Single(used) => {
                self.format = page;
                self.window.consume(used);
                self.state = State::Single;
            }
            Head::NoRecords(used) => {
                self.format = page;
                self.window.consume(used);
                self.state = State::Tail;
            }
            Head::Record => {
                self.format.get_or_insert(Format::Lines);
                self.state = State::Lines;
            }
            Head::Nothing(found) => {
                let list = K::LIST;
                return Some(Err(self.fail(0, ErrorKind::NoList { list, found })));
            }
        }
        None
    }

    const fn list_begins(&mut self, in_page: bool) {
        let last = Last::Open;
        self.state = State::List { in_page, last };
    }

    fn list(&mut self, in_page: bool, last: Last) -> Option<Result<Text, Error>> {
        let after = |last| State::List { in_page, last };
        let Some(byte) = self.window.skip_white() else {
            return Some(Err(self.end_of("the list of records")));
        };
        match (last, byte) {
            (Last::Open | Last::Record, b']') => {
                self.window.consume(1);
                self.state = if in_page {
                    State::Tail
                } else {
                    State::Document
                };
                None
            }
            (Last::Record, b',') => {
                self.window.consume(1);
                self.state = after(Last::Comma);
                None
            }
            (Last::Record, _) => {
                let kind = ErrorKind::Syntax {
                    expected: "`,` or `]`",
                    found: Found(byte),
                };
                self.state = after(Last::Comma);
                if byte == b'{' {
                    // only the comma is missing, but who knows what else is
                    return Some(Err(self.bad(0, kind)));
                }
                Some(Err(self.skip_broken(0, kind, after(Last::Record))))
            }
            (Last::Comma, b']') => {
                let kind = ErrorKind::Syntax {
                    expected: "a record",
                    found: Found(byte),
                };
                self.state = after(Last::Record);
                Some(Err(self.bad(0, kind)))
            }
            (_, b'{') => Some(self.object(after(Last::Record))),
            _ => Some(Err(self.no_object(after(Last::Record)))),
        }
    }

    /// A value in the list that is no record.
    fn no_object(&mut self, then: State) -> Error {
        loop {
            let mut scan = Scan::new(self.window.rest(), 0);
            match scan.value() {
                Ok(value) => {
                    let found = match scan.slice(value).first() {
                        Some(b'[') => "a list",
                        Some(b'n') => "null",
                        Some(b't' | b'f') => "true or false",
                        Some(b'-' | b'0'..=b'9') => "a number",
                        _ => "a text",
                    };
                    let used = scan.at;
                    let kind = ErrorKind::Shape {
                        field: K::LIST.to_owned(),
                        expected: "a list of objects",
                        found,
                    };
                    let error = self.bad(0, kind);
                    self.window.consume(used);
                    self.state = then;
                    return error;
                }
                Err(Stop::Bad(bad)) => return self.skip_broken(bad.0, bad.1, then),
                Err(Stop::More) if self.window.more() => {}
                Err(Stop::More) if self.window.is_full() => {
                    let limit = MAX_RECORD;
                    return self.skip_broken(0, ErrorKind::TooLarge { limit }, then);
                }
                Err(Stop::More) => return self.end_of("a record"),
            }
        }
    }

    /// A record, at its brace.
    fn object(&mut self, then: State) -> Result<Text, Error> {
        loop {
            match self.fields.record(self.window.rest()) {
                Ok(length) => {
                    self.state = then;
                    let text = self.window.rest().get(..length).unwrap_or_default();
                    let Err(wrong) = std::str::from_utf8(text) else {
                        self.records = self.records.saturating_add(1);
                        self.position = self.window.position(0, self.number());
                        self.window.consume(length);
                        return Ok(Text::Used(length));
                    };
                    let at = wrong.valid_up_to();
                    let byte = text.get(at).copied().unwrap_or_default();
                    let error = self.bad(at, ErrorKind::NotUtf8 { byte });
                    self.window.consume(length);
                    return Err(error);
                }
                Err(Stop::Bad(bad)) => return Err(self.skip_broken(bad.0, bad.1, then)),
                Err(Stop::More) if self.window.more() => {}
                Err(Stop::More) if self.window.is_full() => {
                    let limit = MAX_RECORD;
                    return Err(self.skip_broken(0, ErrorKind::TooLarge { limit }, then));
                }
                Err(Stop::More) => return Err(self.end_of("a record")),
            }
        }
    }

    /// Counts a broken record and goes on behind it.
    #[cold]
    fn skip_broken(&mut self, at: usize, kind: ErrorKind, then: State) -> Error {
        let error = self.bad(at, kind);
        self.state = then;
        if then == State::Lines {
            self.skip_line(true);
            return error;
        }
        if !self.skip_frame() {
            // where it went wrong may be far behind what is wrong
            self.window.consume(1);
            self.resync();
        }
        error
    }

    /// Skips a broken record whose brackets are in order.
    fn skip_frame(&mut self) -> bool {
        if self.window.offset(0) < self.no_frame_before {
            return false;
        }
        let (length, whole) = loop {
            match scan::frame(self.window.rest()) {
                Some(length) => break (length, true),
                None if self.window.more() => {}
                None => break (self.window.rest().len(), false),
            }
        };
        // more of the window, to see what follows
        if whole && self.window.rest().len() == length {
            self.window.more();
        }
        let rest = self.window.rest().get(length..).unwrap_or_default();
        let next = rest.iter().find(|b| !window::is_white(**b));
        if whole && matches!(next, Some(b',' | b']')) {
            self.window.consume(length);
            return true;
        }
        self.no_frame_before = self.window.offset(length);
        false
    }

    /// Goes on to what looks like the end of a record before another one.
    fn resync(&mut self) {
        loop {
            let at_end = self.window.is_at_end();
            match document::resync(self.window.rest(), at_end) {
                Resync::At(at) => return self.window.consume(at),
                Resync::Keep(keep) => {
                    let length = self.window.rest().len();
                    self.window.consume(length.saturating_sub(keep));
                    if !self.window.more() {
                        if self.window.is_full() {
                            self.window.consume(length);
                        } else if at_end {
                            return self.window.consume(length);
                        }
                    }
                }
            }
        }
    }

    /// Skips to the next line, or, of JSON, to the next one that begins with a brace.
    fn skip_line(&mut self, to_brace: bool) {
        loop {
            let rest = self.window.rest();
            let mut ends = memchr::memchr_iter(b'\n', rest).map(|at| at.saturating_add(1));
            let found = ends.find(|at| !to_brace || matches!(rest.get(*at), Some(b'{') | None));
            let used = found.unwrap_or(rest.len());
            let done = found.is_some_and(|at| at < rest.len());
            self.window.consume(used);
            if done {
                return;
            }
            let found = found.is_some();
            if !self.window.more() && !self.window.is_full() {
                return;
            }
            if found && (!to_brace || self.window.rest().starts_with(b"{")) {
                return;
            }
        }
    }

    fn tail(&mut self) -> Option<Result<Text, Error>> {
        loop {
            match document::tail(self.window.rest(), &mut self.page) {
                Ok(used) => {
                    self.window.consume(used);
                    self.state = State::Document;
                    return None;
                }
                Err(Stop::More) if self.window.more() => {}
                Err(Stop::More) => return Some(Err(self.end_of("the page"))),
                Err(Stop::Bad(bad)) => {
                    let found = match bad.1 {
                        ErrorKind::Syntax { found, .. } => found,
                        _ => Found(b'{'),
                    };
                    return Some(Err(self.fail(bad.0, ErrorKind::Trailing { found })));
                }
            }
        }
    }

    fn lines(&mut self) -> Option<Result<Text, Error>> {
        match self.window.skip_white() {
            None => self.finish(),
            Some(b'{') => Some(self.object(State::Lines)),
            Some(byte) => {
                let kind = ErrorKind::Syntax {
                    expected: "a record",
                    found: Found(byte),
                };
                let error = self.bad(0, kind);
                self.skip_line(true);
                Some(Err(error))
            }
        }
    }

    fn csv_header(&mut self) -> Option<Result<Text, Error>> {
        self.format = Some(Format::Csv);
        loop {
            let rest = self.window.rest();
            let first_line = rest.split(|b| matches!(b, b'\n' | b'\r')).next();
            let mut csv = Csv::new(first_line.unwrap_or_default());
            let Some(line) = csv.line(rest, self.window.is_at_end()) else {
                if self.window.more() || self.window.is_at_end() {
                    continue;
                }
                let limit = MAX_RECORD;
                return Some(Err(self.fail(0, ErrorKind::TooLarge { limit })));
            };
            if let Err(kind) = csv.header::<K>(&line) {
                return Some(Err(self.fail(0, kind)));
            }
            self.window.consume(line.used);
            self.csv = Some(csv);
            self.state = State::Csv;
            return None;
        }
    }

    fn csv(&mut self) -> Option<Result<Text, Error>> {
        // empty lines are none
        if self.window.skip_line_ends().is_none() {
            return self.finish();
        }
        loop {
            let csv = self.csv.as_mut()?;
            let at_end = self.window.is_at_end();
            let Some(line) = csv.line(self.window.rest(), at_end) else {
                if self.window.more() || self.window.is_at_end() {
                    continue;
                }
                let limit = MAX_RECORD;
                let error = self.bad(0, ErrorKind::TooLarge { limit });
                self.skip_line(false);
                return Some(Err(error));
            };
            let raw = self.window.rest().get(..line.used).unwrap_or_default();
            let quotes = memchr::memchr_iter(b'"', raw).count();
            let ended = raw.ends_with(b"\n") || raw.ends_with(b"\r");
            if at_end && quotes % 2 == 1 && line.used == self.window.rest().len() {
                // a quote that is never closed: the end of the report, or a broken line
                if raw.iter().filter(|b| **b == b'\n').count() <= usize::from(ended) {
                    return Some(Err(self.end_of("a record")));
                }
                let error = self.bad(
                    0,
                    ErrorKind::Syntax {
                        expected: "a closing quote",
                        found: Found(b'\n'),
                    },
                );
                self.skip_line(false);
                return Some(Err(error));
            }
            if let Err(wrong) = std::str::from_utf8(raw) {
                let at = wrong.valid_up_to();
                let byte = raw.get(at).copied().unwrap_or_default();
                let error = self.bad(at, ErrorKind::NotUtf8 { byte });
                self.window.consume(line.used);
                return Some(Err(error));
            }
            if let Err(kind) = csv.record(&line, &mut self.fields) {
                if at_end && !ended && line.used == self.window.rest().len() {
                    return Some(Err(self.end_of("a record")));
                }
                // a quote that is not closed makes one line of several: only the first is lost
                let error = self.bad(0, kind);
                self.skip_line(false);
                return Some(Err(error));
            }
            self.records = self.records.saturating_add(1);
            self.position = self.window.position(0, self.number());
            self.window.consume(line.used);
            return Some(Ok(Text::Cells));
        }
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

    /// A fault of the report.
    fn fail(&mut self, at: usize, kind: ErrorKind) -> Error {
        let number = self.number();
        Error::new(kind, self.window.position(at, number))
    }

    /// The report ends where it must not, or cannot be read on.
    fn end_of(&mut self, within: &'static str) -> Error {
        let number = self.number();
        self.window.end(within, number)
    }
}
