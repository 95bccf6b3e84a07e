//! Broken records: they are counted, and reading goes on behind them.

use std::io::Read;

use super::document::{self, Resync};
use super::{Reader, State, scan, window};
use crate::report::error::{Error, ErrorKind};
use crate::report::kind::Kind;

impl<K: Kind, R: Read> Reader<K, R> {
    /// Counts a broken record and goes on behind it.
    #[cold]
    pub(super) fn skip_broken(&mut self, at: usize, kind: ErrorKind, then: State) -> Error {
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
    pub(super) fn skip_frame(&mut self) -> bool {
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
    pub(super) fn resync(&mut self) {
        loop {
            let at_end = self.window.is_at_end();
            let found = document::resync(self.window.rest(), at_end);
            #[cfg(test)]
            super::work::looked(match found {
                Resync::At(at) => at,
                Resync::Keep(_) => self.window.rest().len(),
            });
            match found {
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
    pub(super) fn skip_line(&mut self, to_brace: bool) {
        loop {
            let rest = self.window.rest();
            let mut ends = memchr::memchr_iter(b'\n', rest).map(|at| at.saturating_add(1));
            let found = ends.find(|at| !to_brace || matches!(rest.get(*at), Some(b'{') | None));
            let used = found.unwrap_or(rest.len());
            #[cfg(test)]
            super::work::looked(used);
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
}
