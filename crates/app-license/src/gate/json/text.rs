//! Strings: kept with their escapes, decoded only when asked.

use core::fmt;

use crate::gate::work;

/// A JSON string, borrowed with its escapes still in it. Comparing decodes. Half of a character that is written
/// by two escapes, as a text has it that was cut in the middle, reads as U+FFFD.
///
/// ```
/// use app_license::json::{Scanner, Str, Value};
/// let Value::String(s) = Scanner::<1>::from_text(r#""\u0061ctive""#).value()? else { panic!() };
/// assert_eq!(s.plain(), None);
/// assert_eq!(s, Str::from("active"));
/// assert_eq!(s.to_string(), "active");
/// # Ok::<(), app_license::json::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Str<'a> {
    text: &'a str,
    written: Written,
}

/// As wide as a word: a byte would leave padding, and copying a string, which happens for each that is read,
/// would then read more than was just written, which processors wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
enum Written {
    Plain,
    WithEscapes,
}

impl<'a> Str<'a> {
    /// Text between quotes of JSON that was checked; `escapes` says whether it holds any.
    #[inline]
    pub(super) const fn checked(text: &'a str, escapes: bool) -> Self {
        let written = if escapes {
            Written::WithEscapes
        } else {
            Written::Plain
        };
        Self { text, written }
    }

    /// Text between quotes of JSON that was checked before.
    pub(super) fn escaped(text: &'a str) -> Self {
        Self::checked(text, text.as_bytes().contains(&b'\\'))
    }

    /// The text itself when nothing in it is escaped: the usual case.
    #[must_use]
    #[inline]
    pub const fn plain(&self) -> Option<&'a str> {
        if self.has_escapes() {
            None
        } else {
            Some(self.text)
        }
    }

    /// The text as it stands between the quotes, with its escapes.
    ///
    /// ```
    /// use app_license::json::{Scanner, Str, Value};
    /// let value = Scanner::<1>::from_text(r#""a\nb""#).value()?;
    /// assert!(matches!(value, Value::String(s) if s.as_written() == r"a\nb"));
    /// # Ok::<(), app_license::json::Error>(())
    /// ```
    #[must_use]
    pub const fn as_written(&self) -> &'a str {
        self.text
    }

    const fn has_escapes(&self) -> bool {
        matches!(self.written, Written::WithEscapes)
    }

    /// Whether the string is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The characters, decoded.
    #[must_use]
    pub fn chars(&self) -> Chars<'a> {
        Chars {
            chars: self.text.chars(),
            escapes: self.has_escapes(),
        }
    }

    /// A number that equal strings have in common, however they are written.
    pub(super) fn hash(&self) -> u32 {
        work::count(self.text.len());
        let mut hash = Hash::new();
        match self.plain() {
            Some(text) => {
                let (words, tail) = text.as_bytes().as_chunks::<8>();
                words.iter().for_each(|w| hash.word(u64::from_le_bytes(*w)));
                tail.iter().for_each(|b| hash.byte(*b));
            }
            None => self.chars().for_each(|c| {
                let mut utf8 = [0; 4];
                c.encode_utf8(&mut utf8).bytes().for_each(|b| hash.byte(b));
            }),
        }
        hash.finish()
    }
}

/// A hash of bytes, by words of eight. Not hard to collide: whoever compares bounds how often.
struct Hash {
    state: u64,
    word: u64,
    filled: u32,
}

impl Hash {
    const fn new() -> Self {
        Self {
            state: 0,
            word: 0,
            filled: 0,
        }
    }

    #[inline]
    fn word(&mut self, word: u64) {
        let mixed = self.state.rotate_left(5) ^ word;
        self.state = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    #[inline]
    fn byte(&mut self, byte: u8) {
        self.word |= u64::from(byte) << (self.filled & 63);
        self.filled = self.filled.wrapping_add(8);
        if self.filled == 64 {
            self.word(self.word);
            (self.word, self.filled) = (0, 0);
        }
    }

    /// The high half, which every bit of the input has had its part in.
    fn finish(mut self) -> u32 {
        self.word(self.word);
        self.word(u64::from(self.filled));
        u32::try_from(self.state >> 32).unwrap_or_default()
    }
}

impl<'a> From<&'a str> for Str<'a> {
    fn from(text: &'a str) -> Self {
        Self::checked(text, false)
    }
}

impl PartialEq for Str<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        work::count(self.text.len().min(other.text.len()));
        match (self.plain(), other.plain()) {
            (Some(a), Some(b)) => a == b,
            _ => same_decoded(self.chars(), other.chars()),
        }
    }
}

impl Eq for Str<'_> {}

#[cold]
fn same_decoded(one: Chars<'_>, other: Chars<'_>) -> bool {
    one.eq(other)
}

impl fmt::Display for Str<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.plain() {
            Some(text) => f.write_str(text),
            None => self.chars().try_for_each(|c| fmt::Write::write_char(f, c)),
        }
    }
}

/// The decoded characters of a [`Str`].
#[derive(Debug, Clone)]
pub struct Chars<'a> {
    chars: core::str::Chars<'a>,
    escapes: bool,
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        work::count(1);
        let c = self.chars.next()?;
        if c != '\\' || !self.escapes {
            return Some(c);
        }
        Some(match self.chars.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => {
                let unit = self.unit()?;
                let low = self.low_after(unit);
                match low {
                    Some(low) => {
                        let pair = (unit & 0x3ff) << 10 | (low & 0x3ff);
                        char::from_u32(pair.wrapping_add(0x1_0000))?
                    }
                    // half of a character, as of a text that was cut
                    None => char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER),
                }
            }
            other => other,
        })
    }
}

impl Chars<'_> {
    /// The second half of a character of which this unit is the first, if it follows.
    fn low_after(&mut self, high: u32) -> Option<u32> {
        if !(0xd800..0xdc00).contains(&high) {
            return None;
        }
        let mut after = self.clone();
        let is_unit = after.chars.next()? == '\\' && after.chars.next()? == 'u';
        let low = is_unit.then(|| after.unit()).flatten()?;
        (0xdc00..0xe000).contains(&low).then(|| {
            *self = after;
            low
        })
    }

    fn unit(&mut self) -> Option<u32> {
        let mut unit = 0_u32;
        for _ in 0..4 {
            unit = (unit << 4) | self.chars.next()?.to_digit(16)?;
        }
        Some(unit)
    }
}
