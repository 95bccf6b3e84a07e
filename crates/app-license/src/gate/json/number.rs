//! Numbers, by the grammar of RFC 8259, kept as written.

use super::error::{Error, ErrorKind};
use super::walk::Walk;

impl<'a> Walk<'a> {
    pub(super) fn number(&mut self) -> Result<&'a str, Error> {
        let start = self.at;
        if self.byte() == Some(b'-') {
            self.step();
        }
        match self.byte() {
            Some(b'0') => self.step(),
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(self.error(ErrorKind::Syntax)),
        }
        if self.byte() == Some(b'.') {
            self.step();
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.step();
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.step();
            }
            self.digits()?;
        }
        self.text
            .get(start..self.at)
            .ok_or_else(|| self.error(ErrorKind::Syntax))
    }

    fn digits(&mut self) -> Result<(), Error> {
        let start = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.step();
        }
        if self.at == start {
            Err(self.error(ErrorKind::Syntax))
        } else {
            Ok(())
        }
    }
}
