//! The steps through JSON: documents, lists, records, and what stands behind a list.

use std::io::Read;

use super::document::{self, Head};
use super::scan::{Scan, Stop};
use super::{Format, Last, MAX_RECORD, Reader, State, Text};
use crate::report::error::{Error, ErrorKind, FoundByte};
use crate::report::kind::Kind;

impl<K: Kind, R: Read> Reader<K, R> {
    /// Before a JSON document, or at the end of the report.
    pub(super) fn document(&mut self) -> Option<Result<Text, Error>> {
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

    pub(super) fn head(&mut self) -> Option<Result<Text, Error>> {
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

    pub(super) const fn list_begins(&mut self, in_page: bool) {
        let last = Last::Open;
        self.state = State::List { in_page, last };
    }

    pub(super) fn list(&mut self, in_page: bool, last: Last) -> Option<Result<Text, Error>> {
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
                    found: FoundByte(byte),
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
                    found: FoundByte(byte),
                };
                self.state = after(Last::Record);
                Some(Err(self.bad(0, kind)))
            }
            (_, b'{') => Some(self.object(after(Last::Record))),
            _ => Some(Err(self.no_object(after(Last::Record)))),
        }
    }

    /// A value in the list that is no record.
    pub(super) fn no_object(&mut self, then: State) -> Error {
        loop {
            let mut scan = Scan::new(self.window.rest(), 0);
            let scanned = scan.value();
            #[cfg(test)]
            super::work::looked(scan.at);
            match scanned {
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
    pub(super) fn object(&mut self, then: State) -> Result<Text, Error> {
        loop {
            match self.fields.record(self.window.rest()) {
                Ok((length, is_ascii)) => {
                    self.state = then;
                    if self.fields.is_empty() {
                        let error = self.bad(0, ErrorKind::NoField);
                        self.window.consume(length);
                        return Err(error);
                    }
                    let text = self.window.rest().get(..length).unwrap_or_default();
                    let checked = if is_ascii {
                        Ok("")
                    } else {
                        std::str::from_utf8(text)
                    };
                    let Err(wrong) = checked else {
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

    pub(super) fn tail(&mut self) -> Option<Result<Text, Error>> {
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
                        _ => FoundByte(b'{'),
                    };
                    return Some(Err(self.fail(bad.0, ErrorKind::Trailing { found })));
                }
            }
        }
    }

    pub(super) fn lines(&mut self) -> Option<Result<Text, Error>> {
        match self.window.skip_white() {
            None => self.finish(),
            Some(b'{') => Some(self.object(State::Lines)),
            Some(byte) => {
                let kind = ErrorKind::Syntax {
                    expected: "a record",
                    found: FoundByte(byte),
                };
                let error = self.bad(0, kind);
                self.skip_line(true);
                Some(Err(error))
            }
        }
    }
}
