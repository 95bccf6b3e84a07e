//! The steps through CSV: the header, then a line each.

use std::io::Read;

use super::csv::Csv;
use super::{Format, MAX_RECORD, Reader, State, Text};
use crate::report::error::{Error, ErrorKind, FoundByte};
use crate::report::kind::Kind;

impl<K: Kind, R: Read> Reader<K, R> {
    pub(super) fn csv_header(&mut self) -> Option<Result<Text, Error>> {
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

    pub(super) fn csv(&mut self) -> Option<Result<Text, Error>> {
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
                        found: FoundByte(b'\n'),
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
                if matches!(kind, ErrorKind::NoField) {
                    if csv.is_blank(&line) {
                        self.window.consume(line.used);
                        return None;
                    }
                    let error = self.bad(0, kind);
                    self.window.consume(line.used);
                    return Some(Err(error));
                }
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
}
