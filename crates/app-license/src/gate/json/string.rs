//! Reading strings: checked once, eight bytes at a time.

use super::error::{Error, ErrorKind};
use super::text::Str;
use super::walk::Walk;
use crate::gate::work;

/// Marks the first of eight bytes that ends the plain run of a string (a quote, a backslash or a
/// control character) by its highest bit; 0 when none does. Only the lowest mark is exact.
#[inline]
const fn run_ends(chunk: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const fn has_zero(v: u64) -> u64 {
        v.wrapping_sub(ONES) & !v & HIGH
    }
    let quote = has_zero(chunk ^ (ONES.wrapping_mul(b'"' as u64)));
    let backslash = has_zero(chunk ^ (ONES.wrapping_mul(b'\\' as u64)));
    let control = chunk.wrapping_sub(ONES.wrapping_mul(0x20)) & !chunk & HIGH;
    quote | backslash | control
}

impl<'a> Walk<'a> {
    /// Reads a string; the scanner stands at its opening quote.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Str<'a>, Error> {
        let start = self.at.wrapping_add(1);
        let escapes = self.pass_string()?;
        let text = self.text.get(start..self.at.wrapping_sub(1));
        text.map(|text| Str::checked(text, escapes))
            .ok_or_else(|| self.error(ErrorKind::Syntax))
    }

    /// Goes past a string; answers whether it has escapes.
    pub(super) fn pass_string(&mut self) -> Result<bool, Error> {
        self.step();
        let start = self.at;
        let mut escapes = false;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            // where a word has 64 bits; WebAssembly has such words too
            let wide = cfg!(any(target_pointer_width = "64", target_arch = "wasm32"));
            let run = match rest.first_chunk::<8>().filter(|_| wide) {
                Some(chunk) => match run_ends(u64::from_le_bytes(*chunk)) {
                    0 => {
                        self.at = self.at.wrapping_add(8);
                        continue;
                    }
                    marks => Some(marks.trailing_zeros() as usize / 8),
                },
                None => rest
                    .iter()
                    .position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f)),
            };
            let Some(run) = run else {
                self.at = self.text.len();
                return Err(self.error(ErrorKind::UnexpectedEnd));
            };
            self.at = self.at.wrapping_add(run);
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escapes = true;
                    self.escape()?;
                }
                _ => return Err(self.error(ErrorKind::InvalidString)),
            }
        }
        work::count(self.at.wrapping_sub(start));
        self.step();
        Ok(escapes)
    }

    fn escape(&mut self) -> Result<(), Error> {
        self.step();
        match self.byte() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.step();
                Ok(())
            }
            Some(b'u') => {
                self.step();
                self.hex()
            }
            Some(_) => Err(self.error(ErrorKind::InvalidString)),
            None => Err(self.error(ErrorKind::UnexpectedEnd)),
        }
    }

    fn hex(&mut self) -> Result<(), Error> {
        for _ in 0..4 {
            match self.byte() {
                Some(byte) if byte.is_ascii_hexdigit() => self.step(),
                Some(_) => return Err(self.error(ErrorKind::InvalidString)),
                None => return Err(self.error(ErrorKind::UnexpectedEnd)),
            }
        }
        Ok(())
    }
}
