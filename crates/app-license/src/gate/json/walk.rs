//! What walks the text, whatever the number of keys: one copy of it in a program.

use super::error::{Error, ErrorKind, Kind};
use super::keys::{Keys, Refused, Table};
use super::text::Str;
use super::value::Value;
use crate::gate::work;

/// How deep objects and arrays that are walked may nest.
pub const MAX_DEPTH: u8 = 64;

/// A place in the text, and what is open there. Where the keys of open objects are many, they are in a
/// table that each call is given.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    depth: u8,
    keys: Keys,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(text: &'a str, room: usize) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            keys: Keys::new(room),
        }
    }

    #[inline]
    pub(super) fn peek(&mut self) -> Result<Kind, Error> {
        match self.token()? {
            b'"' => Ok(Kind::String),
            b'{' => Ok(Kind::Object),
            b'[' => Ok(Kind::Array),
            b't' | b'f' => Ok(Kind::Bool),
            b'n' => Ok(Kind::Null),
            b'-' | b'0'..=b'9' => Ok(Kind::Number),
            _ => Err(self.error(ErrorKind::Syntax)),
        }
    }

    #[inline]
    pub(super) fn value(&mut self) -> Result<Value<'a>, Error> {
        match self.peek()? {
            Kind::String => self.string().map(Value::String),
            Kind::Object => {
                let start = self.at;
                self.skip()?;
                self.since(start).map(Value::Object)
            }
            Kind::Array => {
                let start = self.at;
                self.skip()?;
                self.since(start).map(Value::Array)
            }
            Kind::Number => self.number().map(Value::Number),
            Kind::Bool | Kind::Null => self.word(),
        }
    }

    /// The text from a place to here.
    pub(super) fn since(&self, start: usize) -> Result<&'a str, Error> {
        self.text
            .get(start..self.at)
            .ok_or_else(|| self.error(ErrorKind::Syntax))
    }

    /// Opens an object and answers where its first key goes.
    pub(super) fn open_object(&mut self) -> Result<usize, Error> {
        self.expect(Kind::Object)?;
        self.enter()?;
        Ok(self.keys.open())
    }

    pub(super) fn open_array(&mut self) -> Result<(), Error> {
        self.expect(Kind::Array)?;
        self.enter()
    }

    /// The next key of the open object whose first key is at `first_key`, up to its value; none
    /// when the object closes.
    pub(super) fn next_key(
        &mut self,
        first_key: usize,
        table: &mut dyn Table,
    ) -> Result<Option<Str<'a>>, Error> {
        let mut next = self.token()?;
        if next == b'}' {
            self.keys.close(first_key, table);
            self.leave();
            return Ok(None);
        }
        if self.keys.open() > first_key {
            if next != b',' {
                return Err(self.error(ErrorKind::Syntax));
            }
            self.step();
            next = self.token()?;
        }
        if next != b'"' {
            return Err(self.error(ErrorKind::Syntax));
        }
        let key = self.key(first_key, table)?;
        if self.token()? != b':' {
            return Err(self.error(ErrorKind::Syntax));
        }
        self.step();
        Ok(Some(key))
    }

    /// Goes to the next item of an open array; false when the array closes.
    pub(super) fn next_item(&mut self, first: &mut bool) -> Result<bool, Error> {
        match self.token()? {
            b']' => {
                self.leave();
                Ok(false)
            }
            b',' if !*first => {
                self.step();
                // a value must follow: `]` does not begin one
                Ok(true)
            }
            _ if *first => {
                *first = false;
                Ok(true)
            }
            _ => Err(self.error(ErrorKind::Syntax)),
        }
    }

    fn expect(&mut self, kind: Kind) -> Result<(), Error> {
        if self.peek()? == kind {
            Ok(())
        } else {
            Err(self.error(ErrorKind::Expected(kind)))
        }
    }

    fn enter(&mut self) -> Result<(), Error> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error(ErrorKind::TooDeep));
        }
        self.depth = self.depth.wrapping_add(1);
        self.step();
        Ok(())
    }

    fn leave(&mut self) {
        self.step();
        self.depth = self.depth.saturating_sub(1);
    }

    /// Reads a key and remembers it until its object closes.
    fn key(&mut self, first_key: usize, table: &mut dyn Table) -> Result<Str<'a>, Error> {
        let start = self.at;
        let key = self.string()?;
        match self
            .keys
            .add(self.text, key, start.wrapping_add(1), first_key, table)
        {
            Ok(()) => Ok(key),
            Err(refused) => Err(Error {
                kind: match refused {
                    Refused::Duplicate => ErrorKind::DuplicateKey,
                    Refused::TooMany => ErrorKind::TooManyKeys,
                },
                offset: start,
            }),
        }
    }

    pub(super) fn word(&mut self) -> Result<Value<'a>, Error> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let (value, len) = match rest {
            [b't', b'r', b'u', b'e', ..] => (Value::Bool(true), 4),
            [b'f', b'a', b'l', b's', b'e', ..] => (Value::Bool(false), 5),
            [b'n', b'u', b'l', b'l', ..] => (Value::Null, 4),
            _ => return Err(self.error(ErrorKind::Syntax)),
        };
        self.at = self.at.wrapping_add(len);
        Ok(value)
    }

    #[inline]
    pub(super) fn token(&mut self) -> Result<u8, Error> {
        self.space();
        self.byte()
            .ok_or_else(|| self.error(ErrorKind::UnexpectedEnd))
    }

    #[inline]
    pub(super) fn space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.step();
        }
    }

    #[inline]
    pub(super) fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    pub(super) fn step(&mut self) {
        work::count(1);
        self.at = self.at.wrapping_add(1);
    }

    #[cold]
    pub(super) const fn error(&self, kind: ErrorKind) -> Error {
        Error {
            kind,
            offset: self.at,
        }
    }
}
