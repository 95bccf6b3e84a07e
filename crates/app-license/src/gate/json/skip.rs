//! Skipping an object or an array: checked to be JSON, without recursion and without a look at
//! its keys.

use super::error::{Error, ErrorKind, Kind};
use super::walk::Walk;

/// How deep objects and arrays that are skipped may nest.
pub const MAX_SKIPPED_DEPTH: usize = 4096;

/// What is open inside the value that is skipped: one bit a level, set for an object.
struct Open {
    levels: [u64; MAX_SKIPPED_DEPTH / 64],
    depth: usize,
}

impl Open {
    const NONE: Self = Self {
        levels: [0; MAX_SKIPPED_DEPTH / 64],
        depth: 0,
    };

    /// Whether there was room for one level more.
    fn enter(&mut self, object: bool) -> bool {
        let bit = 1_u64.wrapping_shl(u32::try_from(self.depth % 64).unwrap_or_default());
        let Some(levels) = self.levels.get_mut(self.depth / 64) else {
            return false;
        };
        *levels = (*levels & !bit) | if object { bit } else { 0 };
        self.depth = self.depth.wrapping_add(1);
        true
    }

    const fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// Whether the innermost is an object; none when nothing is open.
    fn innermost(&self) -> Option<bool> {
        let at = self.depth.checked_sub(1)?;
        let shift = u32::try_from(at % 64).unwrap_or_default();
        Some(self.levels.get(at / 64)?.wrapping_shr(shift) & 1 == 1)
    }
}

impl Walk<'_> {
    /// Takes one value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        let mut open = Open::NONE;
        loop {
            match self.peek()? {
                Kind::String => self.pass_string().map(drop)?,
                Kind::Number => self.number().map(drop)?,
                Kind::Bool | Kind::Null => self.word().map(drop)?,
                kind @ (Kind::Object | Kind::Array) => {
                    let object = kind == Kind::Object;
                    if !open.enter(object) {
                        return Err(self.error(ErrorKind::TooDeep));
                    }
                    self.step();
                    if self.token()? != closing(object) {
                        if object {
                            self.skip_key()?;
                        }
                        continue;
                    }
                }
            }
            if !self.next_skipped(&mut open)? {
                return Ok(());
            }
        }
    }

    /// After a value: closes what ends here, and goes on to the next value of what does not. False
    /// when nothing is open any more.
    fn next_skipped(&mut self, open: &mut Open) -> Result<bool, Error> {
        while let Some(object) = open.innermost() {
            let next = self.token()?;
            if next == b',' {
                self.step();
                if object {
                    self.skip_key()?;
                }
                return Ok(true);
            }
            if next != closing(object) {
                return Err(self.error(ErrorKind::Syntax));
            }
            self.step();
            open.leave();
        }
        Ok(false)
    }

    fn skip_key(&mut self) -> Result<(), Error> {
        if self.token()? != b'"' {
            return Err(self.error(ErrorKind::Syntax));
        }
        self.pass_string()?;
        if self.token()? != b':' {
            return Err(self.error(ErrorKind::Syntax));
        }
        self.step();
        Ok(())
    }
}

const fn closing(object: bool) -> u8 {
    if object { b'}' } else { b']' }
}
